//! Diffusion with consumption: how much of what comes from outside is left at each place of the void.
//!
//! D ∇²c = q c / (K + c) in the void (Michaelis–Menten: the rate q of plenty, half of it at c = K), walls tight, c = 1
//! outside of the body. Finite volumes with open shares of faces, on the kernel of [`diffusion`](super::diffusion).
//! Newton's method: each step is a balance of diffusion with a loss in each voxel. For c < 0 the rate is continued by its
//! slope at 0; the balance is then concave with a monotone inverse, so that from the second step on Newton's method rises to
//! the one solution from below, whatever it began with (Ortega & Rheinboldt 1970, theorem 13.3.4).
//!
//! About 60 bytes a voxel; 5 to 10 steps of 10 to 20 iterations.

use std::sync::Arc;

use super::SolveError;
use super::conductor::{Conductor, Loss, OTHERS};
use super::diffusion::weights;
use super::multigrid::{Multigrid, Solved, conjugate_gradients};
use super::openings::Openings;
use crate::grid::Mask;
use crate::parallel::Exec;

/// Bytes a voxel that the solution takes at its peak.
pub const BYTES_PER_VOXEL: u64 = 70;

/// Residual at which a linear solution is taken.
const TOLERANCE: f64 = 1e-6;

/// Iterations after which a linear solution is given up.
const MOST: usize = 400;

/// Change between two steps, as a share of what there is outside, at which the solution is taken.
const SETTLED: f64 = 1e-4;

/// Steps after which it is given up.
const STEPS: usize = 60;

/// How what diffuses is consumed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Appetite {
    /// Rate of plenty over diffusivity and over what there is outside, per µm².
    pub rate: f64,
    /// What there is when the rate is halved, as a share of what there is outside.
    pub half: f64,
}

impl Appetite {
    /// Rate at `c`, and its slope.
    fn at(self, c: f64) -> (f64, f64) {
        let Self { rate, half } = self;
        if c < 0.0 { (rate * c / half, rate / half) } else { (rate * c / (half + c), rate * half / (half + c).powi(2)) }
    }
}

/// What is left at each voxel of `void`, a part of `inside`, as a share of what there is outside; 1 elsewhere. Voxels
/// without a way to the outside hold nothing.
///
/// # Errors
/// When it does not converge, or the run was cancelled.
pub fn left(
    openings: &Openings,
    void: &Mask,
    inside: &Mask,
    appetite: Appetite,
    exec: &Exec,
) -> Result<(Vec<f64>, Solved), SolveError> {
    let frame = &openings.frame;
    let h = frame.spacing;
    let n = frame.len();
    let weight = weights(openings);
    let held = outside(openings, void, inside, weight, exec);
    // Volume of a voxel over the first spacing, as conductances are.
    let volume = h[1] * h[2];
    let plane = frame.size[0] * frame.size[1];
    let mut c = vec![0.0f64; n];
    each(&mut c, void, plane, exec, |_, c| *c = 1.0);
    let mut done = Solved { iterations: 0, residual: 0.0 };
    for step in 0..STEPS {
        exec.checkpoint()?;
        let (mut loss, mut b) = (held.clone(), held.clone());
        let now = &c;
        each(&mut loss, void, plane, exec, |i, loss| *loss += (volume * appetite.at(now[i]).1) as f32);
        each(&mut b, void, plane, exec, |i, b| {
            let (rate, slope) = appetite.at(now[i]);
            *b += (volume * (slope * now[i] - rate)) as f32;
        });
        let fine = Conductor::new(frame.size, Arc::clone(&openings.faces), weight, Loss::Each(loss), exec);
        let mut mg = Multigrid::new(fine, exec)?;
        let mut next = c.clone();
        let solved = conjugate_gradients(&mut mg, |i| b[i], &mut next, TOLERANCE, MOST, exec)?;
        done = Solved { iterations: done.iterations + solved.iterations, residual: solved.residual };
        if solved.residual > 10.0 * TOLERANCE {
            break;
        }
        let change = exec
            .map(frame.size[2], |z| {
                let of = z * plane..(z + 1) * plane;
                next[of.clone()].iter().zip(&c[of]).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
            })
            .into_iter()
            .fold(0.0, f64::max);
        c = next;
        if step > 0 && change < SETTLED {
            each(&mut c, void, plane, exec, |_, c| *c = c.clamp(0.0, 1.0));
            let mut other = inside.clone();
            other.subtract(void);
            each(&mut c, &other, plane, exec, |_, c| *c = 1.0);
            return Ok((c, done));
        }
    }
    Err(SolveError::NotConverged { what: "the supply", iterations: done.iterations, residual: done.residual })
}

/// Does something with each entry at a voxel of a set.
fn each<T: Send>(items: &mut [T], set: &Mask, plane: usize, exec: &Exec, f: impl Fn(usize, &mut T) + Sync) {
    let [nx, ny, _] = set.size();
    exec.chunks(items, plane, |z, items| {
        for y in 0..ny {
            set.runs(y, z, |from, to| (from..to).for_each(|x| f(x + nx * y + plane * z, &mut items[x + nx * y])));
        }
    });
}

/// Conductances from voxels of void to the outside of the body, half a voxel away.
fn outside(openings: &Openings, void: &Mask, inside: &Mask, weight: [f32; 3], exec: &Exec) -> Vec<f32> {
    let n = openings.frame.size;
    let mut held = vec![0.0f32; openings.frame.len()];
    each(&mut held, void, n[0] * n[1], exec, |i, held| {
        let v = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])];
        for a in 0..3 {
            for upper in [false, true] {
                let at_end = v[a] == if upper { n[a] - 1 } else { 0 };
                let share = if at_end {
                    let [p, q] = OTHERS[a];
                    openings.ends[a][usize::from(upper)].get(v[p] + n[p] * v[q]).copied().unwrap_or(0)
                } else {
                    let mut w = v;
                    w[a] = if upper { v[a] + 1 } else { v[a] - 1 };
                    255 * u8::from(!inside.get(w[0], w[1], w[2]))
                };
                *held += 2.0 * weight[a] / 255.0 * f32::from(share);
            }
        }
    });
    held
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Border, Frame};

    fn frame(size: [usize; 3], spacing: [f64; 3]) -> Frame {
        Frame { size, spacing, origin: std::array::from_fn(|a| spacing[a] / 2.0) }
    }

    /// A slit along x, open at both ends, of length `size · spacing`.
    fn slit(size: usize, spacing: f64, appetite: Appetite, threads: usize) -> (Frame, Vec<f64>) {
        let exec = Exec::silent(threads).unwrap();
        let frame = frame([size, 4, 6], [spacing, 3.0, 2.0]);
        let walls: Vec<f32> = vec![100.0; frame.len()];
        let all = Mask::full(frame.size);
        let mut openings = Openings::of_field(&frame, Border::Open, &walls, &all, &exec);
        // Tight sides.
        for a in 1..3 {
            openings.ends[a].iter_mut().for_each(|end| end.fill(0));
        }
        let (c, _) = left(&openings, &all, &all, appetite, &exec).unwrap();
        (frame, c)
    }

    #[test]
    fn a_first_order_appetite_leaves_a_hyperbolic_cosine() {
        // Far above what there is, half-saturation makes the rate proportional: c'' = k² c, k² = rate / half.
        let (length, half) = (400.0, 1e5);
        let k = 0.01f64;
        for (n, tolerance) in [(20usize, 6e-3), (40, 1.5e-3), (80, 4e-4)] {
            let (frame, c) = slit(n, length / n as f64, Appetite { rate: k * k * half, half }, 2);
            for (i, c) in c.iter().enumerate() {
                let x = frame.centre(frame.voxel(i))[0] - length / 2.0;
                let truth = (k * x).cosh() / (k * length / 2.0).cosh();
                assert!((c - truth).abs() < tolerance, "{n}: {x} {c} {truth}");
            }
        }
    }

    #[test]
    fn a_constant_appetite_leaves_a_parabola_and_then_nothing() {
        // With next to no half-saturation the rate is constant where there is any: c = 1 - q x (L - x) / 2 as long as that is
        // positive; beyond, the supply ends at the depth √(2 / q).
        let length = 600.0;
        let appetite = |q: f64| Appetite { rate: q, half: 1e-4 };
        let (frame, c) = slit(120, length / 120.0, appetite(1e-5), 2);
        for (i, c) in c.iter().enumerate() {
            let x = frame.centre(frame.voxel(i))[0];
            let truth = 1.0 - 1e-5 * x * (length - x) / 2.0;
            assert!((c - truth).abs() < 2e-3, "{x} {c} {truth}");
        }
        let q = 1e-4f64;
        let depth = (2.0 / q).sqrt();
        let (frame, c) = slit(120, length / 120.0, appetite(q), 2);
        for (i, c) in c.iter().enumerate() {
            let x = frame.centre(frame.voxel(i))[0];
            let x = x.min(length - x);
            let truth = if x < depth { (1.0 - x / depth).powi(2) } else { 0.0 };
            assert!((c - truth).abs() < 0.01, "{x} {c} {truth}");
        }
    }

    #[test]
    fn threads_change_nothing_and_shut_voids_hold_nothing() {
        let appetite = Appetite { rate: 1e-5, half: 0.03 };
        assert_eq!(slit(31, 10.0, appetite, 1), slit(31, 10.0, appetite, 3));
        let exec = Exec::silent(2).unwrap();
        let frame = frame([9, 9, 9], [10.0; 3]);
        let mut void = Mask::empty(frame.size);
        void.insert(4, 4, 4);
        let openings = Openings::of_mask(&frame, Border::Open, &void, &exec);
        let (c, _) = left(&openings, &void, &Mask::full(frame.size), appetite, &exec).unwrap();
        assert_eq!((c[frame.index(4, 4, 4)], c[frame.index(3, 4, 4)]), (0.0, 1.0));
    }
}
