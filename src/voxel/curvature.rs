//! Growth by curvature: a set that fills its hollows, each part of its surface at the pace of its curvature.
//!
//! The surface moves outward with the normal speed κ where it is concave (κ > 0, the sum of both principal curvatures) and
//! stands still elsewhere; time has the unit of an area, µm². As a level set of φ, positive outside of the set,
//! ∂φ/∂s = min(0, |∇φ| div(∇φ/|∇φ|)) (Osher & Sethian 1988, doi:10.1016/0021-9991(88)90002-2): every level set of φ moves
//! by its own curvature, so φ need not be made a distance again. In a section of a prismatic pore the turning of the
//! surface is 2π in all (Gauss & Bonnet), so its open area falls by 2π for each unit of s whatever its shape, once no part
//! of its edge stands still: it closes at s = area/2π, a circle of diameter d at d²/8.
//!
//! Central differences of second order, explicit steps of 0.9 of what the equation of heat allows. Where φ has no slope,
//! two thirds of the Laplacian stand for the curvature term, the mean over directions. φ more than `DEEP` voxels below
//! the surface is left as it is.
//!
//! Beyond the faces of an open grid lie mirrors. The flow ends when nothing is left to cover, or when it stands: when the
//! last quarter of its time covered less than `STANDS` of all. 12 bytes a voxel; about 1 s for 2 million voxels and a
//! hundred steps on one core, and as many steps as the square of the pore's width in voxels.

use crate::grid::{Border, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;

/// Voxels below the surface from which on φ stays.
const DEEP: f64 = 3.0;

/// Share of all that the last quarter of the time has to cover for the flow to go on.
const STANDS: f64 = 1e-4;

/// Steps between two looks at what is covered.
const BETWEEN_LOOKS: usize = 16;

/// Time from which on the flow may be found to stand, in squares of a voxel.
const SOONEST: f64 = 20.0;

/// Squared slope below which the mean over directions takes over.
const FLAT: f32 = 1e-3;

/// The time in µm² at which each voxel of `hollow` is covered by what grows from where `phi` is negative; infinite where
/// that never comes, 0 outside of `hollow`.
///
/// # Errors
/// When the fields do not fit the memory budget.
pub fn covering_times(
    frame: &Frame,
    border: Border,
    phi: &[f32],
    hollow: &Mask,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let n = frame.size;
    let plane = n[0] * n[1];
    let mut now = limits.try_vec("the growth by curvature", frame.len(), 0.0f32)?;
    let mut next = limits.try_vec("the growth by curvature", frame.len(), 0.0f32)?;
    let mut times = limits.try_vec("the growth by curvature", frame.len(), 0.0f32)?;
    now.copy_from_slice(phi);
    next.copy_from_slice(phi);
    exec.chunks(&mut times, plane, |z, times| {
        for y in 0..n[1] {
            let first = frame.index(0, y, z);
            hollow.runs(y, z, |from, to| {
                for x in from..to {
                    times[x + n[0] * y] = if phi[first + x] > 0.0 { f32::INFINITY } else { 0.0 };
                }
            });
        }
    });
    let all = hollow.count();
    let step = 0.45 / frame.spacing.iter().map(|h| 1.0 / (h * h)).sum::<f64>();
    let smallest = frame.spacing.iter().copied().fold(f64::INFINITY, f64::min);
    // (time, voxels covered) at each look.
    let mut looks: Vec<(f64, u64)> = vec![(0.0, 0)];
    for k in 0usize.. {
        let s = step * k as f64;
        if k % BETWEEN_LOOKS == 0 {
            if exec.checkpoint().is_err() {
                break;
            }
            let open: u64 = exec
                .map(n[2], |z| times[plane * z..plane * (z + 1)].iter().filter(|t| t.is_infinite()).count() as u64)
                .into_iter()
                .sum();
            let covered = all - open;
            let before = looks.iter().rev().find(|l| l.0 <= 0.75 * s).map_or(0, |l| l.1);
            let stands = s >= SOONEST * smallest * smallest && ((covered - before) as f64) < STANDS * all as f64;
            if open == 0 || stands {
                break;
            }
            looks.push((s, covered));
        }
        advance(frame, border, &now, &mut next, step, exec);
        exec.chunks(&mut times, plane, |z, times| {
            let (old, new) = (&now[plane * z..plane * (z + 1)], &next[plane * z..plane * (z + 1)]);
            for ((time, old), new) in times.iter_mut().zip(old).zip(new) {
                if time.is_infinite() && *new <= 0.0 {
                    *time = (s + step * f64::from(old / (old - new))) as f32;
                }
            }
        });
        std::mem::swap(&mut now, &mut next);
    }
    Ok(times)
}

/// One step of all voxels.
fn advance(frame: &Frame, border: Border, now: &[f32], next: &mut [f32], step: f64, exec: &Exec) {
    let n = frame.size;
    let deep = (-DEEP * frame.coarsest()) as f32;
    let slopes = Slopes::new(frame.spacing);
    let (before, after) = (|i: usize, n: usize| neighbour(i, n, border, false), |i, n| neighbour(i, n, border, true));
    exec.chunks(next, n[0] * n[1], |z, plane| {
        let zs = [before(z, n[2]), z, after(z, n[2])];
        for y in 0..n[1] {
            let ys = [before(y, n[1]), y, after(y, n[1])];
            let rows = zs.map(|z| ys.map(|y| &now[frame.index(0, y, z)..frame.index(0, y, z) + n[0]]));
            for x in 0..n[0] {
                let middle = rows[1][1][x];
                let speed = if middle > deep {
                    slopes.speed(&rows, [before(x, n[0]), x, after(x, n[0])]).min(0.0)
                } else {
                    0.0
                };
                plane[x + n[0] * y] = middle + step as f32 * speed;
            }
        }
    });
}

/// The neighbour on a line of `n`; beyond its ends the mirror image or the other end.
fn neighbour(i: usize, n: usize, border: Border, up: bool) -> usize {
    match (up, border) {
        (true, _) if i + 1 < n => i + 1,
        (false, _) if i > 0 => i - 1,
        (true, Border::Periodic) => 0,
        (false, Border::Periodic) => n - 1,
        (_, Border::Open) => i,
    }
}

/// Rows of nine lines along x: by z, then y.
type Rows<'a> = [[&'a [f32]; 3]; 3];

/// Reciprocals of the spacing that differences are multiplied with.
struct Slopes {
    first: [f32; 3],
    second: [f32; 3],
    /// yz, xz, xy.
    mixed: [f32; 3],
}

impl Slopes {
    fn new([x, y, z]: [f64; 3]) -> Self {
        Self {
            first: [x, y, z].map(|h| (0.5 / h) as f32),
            second: [x, y, z].map(|h| (1.0 / (h * h)) as f32),
            mixed: [y * z, x * z, x * y].map(|h| (0.25 / h) as f32),
        }
    }

    /// |∇φ| div(∇φ/|∇φ|) in the middle of 27 values.
    #[inline]
    fn speed(&self, rows: &Rows<'_>, [a, x, b]: [usize; 3]) -> f32 {
        let v = |dz: usize, dy: usize, x: usize| rows[dz][dy][x];
        let middle = 2.0 * v(1, 1, x);
        let fx = (v(1, 1, b) - v(1, 1, a)) * self.first[0];
        let fy = (v(1, 2, x) - v(1, 0, x)) * self.first[1];
        let fz = (v(2, 1, x) - v(0, 1, x)) * self.first[2];
        let fxx = (v(1, 1, b) - middle + v(1, 1, a)) * self.second[0];
        let fyy = (v(1, 2, x) - middle + v(1, 0, x)) * self.second[1];
        let fzz = (v(2, 1, x) - middle + v(0, 1, x)) * self.second[2];
        let fyz = (v(2, 2, x) - v(2, 0, x) - v(0, 2, x) + v(0, 0, x)) * self.mixed[0];
        let fxz = (v(2, 1, b) - v(2, 1, a) - v(0, 1, b) + v(0, 1, a)) * self.mixed[1];
        let fxy = (v(1, 2, b) - v(1, 2, a) - v(1, 0, b) + v(1, 0, a)) * self.mixed[2];
        let (xx, yy, zz) = (fx * fx, fy * fy, fz * fz);
        let bent = fxx * (yy + zz) + fyy * (xx + zz) + fzz * (xx + yy)
            - 2.0 * (fx * fy * fxy + fx * fz * fxz + fy * fz * fyz)
            + FLAT * (2.0 / 3.0) * (fxx + fyy + fzz);
        bent / (xx + yy + zz + FLAT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covering times of the void where `signed` is positive, in a channel along z of `n` voxels across.
    fn channel(n: usize, h: f64, signed: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let frame = Frame { size: [n, n, 3], spacing: [h; 3], origin: [h / 2.0, h / 2.0, 0.0] };
        let place = |i: usize| frame.centre(frame.voxel(i));
        let phi: Vec<f32> = (0..frame.len()).map(|i| signed(place(i)[0], place(i)[1]) as f32).collect();
        let mut hollow = Mask::empty(frame.size);
        for (i, _) in phi.iter().enumerate().filter(|p| *p.1 >= 0.0) {
            let [x, y, z] = frame.voxel(i);
            hollow.insert(x, y, z);
        }
        let limits = Limits { memory: 1 << 30 };
        let times = covering_times(&frame, Border::Open, &phi, &hollow, &limits, &Exec::silent(2).unwrap()).unwrap();
        let mut all: Vec<f64> = (0..n * n).filter(|&i| phi[i] >= 0.0).map(|i| f64::from(times[i])).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    /// The share of a channel that is covered by `s`.
    fn covered(times: &[f64], s: f64) -> f64 {
        times.iter().filter(|t| **t <= s).count() as f64 / times.len() as f64
    }

    #[test]
    fn circular_and_square_channels_close_by_two_pi_of_area() {
        let tau = std::f64::consts::TAU;
        // The middle lies on a voxel, beside one and between four.
        for off in [0.0, 0.37, 0.5] {
            let (h, r) = (10.0, 187.0);
            let m = 225.0 + off * h;
            let circle = channel(45, h, |x, y| r - (x - m).hypot(y - m));
            let (area, last) = (std::f64::consts::PI * r * r, circle[circle.len() - 1]);
            assert!((last / (area / tau) - 1.0).abs() < 0.05, "circle, {off}: {last} against {}", area / tau);
            for share in [0.25, 0.5, 0.75] {
                let got = covered(&circle, share * area / tau);
                assert!((got - share).abs() < 0.02, "circle, {off}: {got} against {share}");
            }
            let w = 375.0;
            let square = channel(45, h, |x, y| w / 2.0 - (x - m).abs().max((y - m).abs()));
            let last = square[square.len() - 1];
            assert!((last / (w * w / tau) - 1.0).abs() < 0.05, "square, {off}: {last} against {}", w * w / tau);
            let got = covered(&square, 0.5 * w * w / tau);
            assert!((got - 0.5).abs() < 0.03, "square, {off}: {got}");
        }
    }

    #[test]
    fn a_finer_grid_is_nearer() {
        let off = |n: usize| {
            let (h, r) = (450.0 / n as f64, 187.0);
            let times = channel(n, h, |x, y| r - (x - 225.0).hypot(y - 225.0));
            (times[times.len() - 1] / (r * r / 2.0) - 1.0).abs()
        };
        assert!(off(60) < off(20) + 1e-3 && off(60) < 0.02, "{} then {}", off(20), off(60));
    }

    #[test]
    fn a_cross_starts_at_twice_the_pace_of_a_square() {
        // Eight concave corners turn the edge by 4π, four convex ones back by 2π, and these stand still.
        let (h, m) = (8.0, 303.0);
        let arms = |x: f64, y: f64| {
            let bar = |a: f64, b: f64| (240.0 - a.abs()).min(80.0 - b.abs());
            bar(x - m, y - m).max(bar(y - m, x - m))
        };
        let s = 2400.0;
        let area = |times: &[f64]| covered(times, s) * times.len() as f64 * h * h;
        let cross = area(&channel(75, h, arms));
        let square = area(&channel(75, h, |x, y| 240.0 - (x - m).abs().max((y - m).abs())));
        assert!((cross / square - 2.0).abs() < 0.1, "{cross} against {square}");
        assert!((square / (std::f64::consts::TAU * s) - 1.0).abs() < 0.1, "{square}");
    }

    #[test]
    fn flat_and_convex_surfaces_stand_still() {
        let slit = channel(40, 10.0, |x, _| 100.0 - (x - 200.0).abs());
        assert!(slit.iter().all(|t| t.is_infinite() || *t == 0.0));
        let rod = channel(40, 10.0, |x, y| (x - 200.0).hypot(y - 200.0) - 60.0);
        assert!(rod.iter().filter(|t| t.is_finite()).count() < rod.len() / 100);
    }

    #[test]
    fn a_sphere_closes_twice_as_fast_as_a_channel_at_any_number_of_threads() {
        let (n, h, r) = (36, 10.0, 150.0);
        let frame = Frame { size: [n; 3], spacing: [h; 3], origin: [0.0; 3] };
        let phi: Vec<f32> = (0..frame.len())
            .map(|i| {
                let p = frame.centre(frame.voxel(i)).map(|c| c - 176.0);
                (r - p.iter().map(|c| c * c).sum::<f64>().sqrt()) as f32
            })
            .collect();
        let limits = Limits { memory: 1 << 30 };
        let run = |threads| {
            let exec = Exec::silent(threads).unwrap();
            covering_times(&frame, Border::Open, &phi, &Mask::full(frame.size), &limits, &exec).unwrap()
        };
        let times = run(1);
        let last = f64::from(times.iter().copied().fold(0.0, f32::max));
        // r dr/ds = −2: s = r²/4.
        assert!((last / (r * r / 4.0) - 1.0).abs() < 0.05, "{last}");
        assert_eq!(times, run(3));
    }
}
