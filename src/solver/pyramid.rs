//! Multigrid on [`Lattice`]s that halve along every axis from level to level: an approximate inverse, linear, symmetric and
//! definite, as MINRES needs it.
//!
//! Two damped Jacobi sweeps before and after the correction from the next level, with the dampings of the Chebyshev
//! polynomial for the upper five sixths of the spectrum. Corrections are interpolated linearly between the centres of
//! blocks and fall off towards walls as a straight line to 0 on the wall does; what is left is summed by the transpose. The
//! coarse operator is the same equation on the coarse grid: conductances of area over distance, and as losses those of
//! the fine grid taken from the centre of the block. Grids of odd size end in a block half as thick.
//!
//! About 6 bytes a value for the coarse levels, and one vector of the finest.

use super::lattice::Lattice;
use super::vector::update;
use crate::parallel::{Cancelled, Exec};

/// Dampings of the two sweeps.
const DAMPING: [f32; 2] = [0.57, 1.73];

/// One level below the finest, with its work vectors.
#[derive(Clone, Debug)]
struct Level {
    lattice: Lattice,
    b: Vec<f32>,
    x: Vec<f32>,
    t: Vec<f32>,
}

/// The approximate inverse.
#[derive(Clone, Debug)]
pub struct Pyramid {
    /// The operator.
    pub fine: Lattice,
    levels: Vec<Level>,
}

impl Pyramid {
    /// Builds the levels of `fine`.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(fine: Lattice, exec: &Exec) -> Result<Self, Cancelled> {
        let mut levels: Vec<Level> = Vec::new();
        loop {
            let last = levels.last().map_or(&fine, |l| &l.lattice);
            if last.size == [1; 3] {
                break;
            }
            let lattice = coarser(last, exec);
            exec.checkpoint()?;
            let zero = || vec![0.0; lattice.diagonal.len()];
            levels.push(Level { b: zero(), x: zero(), t: zero(), lattice });
        }
        Ok(Self { fine, levels })
    }

    /// z ≈ A⁻¹ r, with a work vector as long.
    pub fn precondition(&mut self, r: &[f32], z: &mut [f32], work: &mut [f32], exec: &Exec) {
        cycle(&self.fine, &mut self.levels, r, z, work, exec);
    }
}

/// Of an axis of a lattice: 2 where it is halved, 1 where one value is left.
fn factor(size: [usize; 3]) -> [usize; 3] {
    size.map(|n| if n > 1 { 2 } else { 1 })
}

/// How much of the value half a step further from a wall than a place is left there; `extra` is the loss beyond that of
/// a wall one step away, `step` the mean conductance.
#[inline]
fn fall(extra: f32, step: f32) -> f32 {
    1.0 / (1.0 + 0.5 * (extra / step).max(0.0))
}

fn mean(weight: [f32; 3]) -> f32 {
    (weight[0] + weight[1] + weight[2]) / 3.0
}

/// The next level.
fn coarser(fine: &Lattice, exec: &Exec) -> Lattice {
    let n = fine.size;
    let f = factor(n);
    let size: [usize; 3] = std::array::from_fn(|a| n[a].div_ceil(f[a]));
    let volume: usize = f.iter().product();
    let weight = std::array::from_fn(|a| fine.weight[a] * volume as f32 / (f[a] * f[a]) as f32);
    let step = mean(fine.weight);
    let index = |v: [usize; 3]| v[0] + n[0] * (v[1] + n[1] * v[2]);
    // What a block loses to walls; negative where no value of it takes part.
    let mut loss = vec![-1.0f32; size.iter().product()];
    exec.chunks(&mut loss, size[0] * size[1], |z, plane| {
        for (k, sum) in plane.iter_mut().enumerate() {
            let low = [k % size[0] * f[0], k / size[0] * f[1], z * f[2]];
            for c in 0..8usize {
                let v: [usize; 3] = std::array::from_fn(|a| low[a] + (c >> a & 1));
                if (0..3).any(|a| c >> a & 1 >= f[a] || v[a] >= n[a]) || fine.diagonal[index(v)] <= 0.0 {
                    continue;
                }
                let weight = fine.weight_at(v);
                let mut own = fine.diagonal[index(v)];
                for axis in 0..3 {
                    for up in [false, true] {
                        let Some(j) = fine.beside(v[axis], axis, up) else { continue };
                        let mut w = v;
                        w[axis] = j;
                        if fine.diagonal[index(w)] > 0.0 {
                            own -= weight[axis];
                        }
                    }
                }
                let own = own.max(0.0);
                *sum = sum.max(0.0) + own * fall(own, step);
            }
        }
    });
    let mut coarse = Lattice { size, wrap: fine.wrap, weight, halved: None, diagonal: Vec::new() };
    let mut diagonal = vec![0.0f32; loss.len()];
    exec.chunks(&mut diagonal, size[0] * size[1], |z, plane| {
        for (k, d) in plane.iter_mut().enumerate() {
            let v = [k % size[0], k / size[0], z];
            let own = loss[k + size[0] * size[1] * z];
            if own < 0.0 {
                continue;
            }
            let (mut all, mut open) = (0.0, 0.0);
            for axis in 0..3 {
                for up in [false, true] {
                    let Some(j) = coarse.beside(v[axis], axis, up) else { continue };
                    let mut w = v;
                    w[axis] = j;
                    all += weight[axis];
                    if loss[w[0] + size[0] * (w[1] + size[1] * w[2])] >= 0.0 {
                        open += weight[axis];
                    }
                }
            }
            *d = all.max(open + own);
        }
    });
    coarse.diagonal = diagonal;
    coarse
}

/// z ≈ A⁻¹ b.
fn cycle(lattice: &Lattice, below: &mut [Level], b: &[f32], z: &mut [f32], t: &mut [f32], exec: &Exec) {
    let d = &lattice.diagonal;
    let Some((next, rest)) = below.split_first_mut() else {
        update(z, exec, |from, piece| {
            for (k, z) in piece.iter_mut().enumerate() {
                *z = if d[from + k] > 0.0 { b[from + k] / d[from + k] } else { 0.0 };
            }
        });
        return;
    };
    update(t, exec, |from, piece| {
        let n = piece.len();
        let (b, d) = (&b[from..from + n], &d[from..from + n]);
        for k in 0..n {
            piece[k] = if d[k] > 0.0 { DAMPING[0] * b[k] / d[k] } else { 0.0 };
        }
    });
    sweep(lattice, DAMPING[1], b, t, z, exec);
    residual(lattice, b, z, t, exec);
    restrict(lattice, t, &next.lattice, &mut next.b, exec);
    cycle(&next.lattice, rest, &next.b, &mut next.x, &mut next.t, exec);
    interpolate(&next.lattice, &next.x, lattice, z, exec);
    sweep(lattice, DAMPING[1], b, z, t, exec);
    sweep(lattice, DAMPING[0], b, t, z, exec);
}

/// out = x + ω D⁻¹ (b − A x).
fn sweep(lattice: &Lattice, damping: f32, b: &[f32], x: &[f32], out: &mut [f32], exec: &Exec) {
    let [nx, ny, _] = lattice.size;
    exec.chunks(out, nx * ny, |z, plane| {
        for (y, row) in plane.chunks_mut(nx).enumerate() {
            lattice.row(x, y, z, row);
            let here = nx * (y + ny * z);
            let (x, b, d) = (&x[here..here + nx], &b[here..here + nx], &lattice.diagonal[here..here + nx]);
            for k in 0..nx {
                let next = x[k] + damping * (b[k] - row[k]) / d[k];
                row[k] = if d[k] > 0.0 { next } else { 0.0 };
            }
        }
    });
}

/// out = b − A x, less near walls as the correction is that comes back.
fn residual(lattice: &Lattice, b: &[f32], x: &[f32], out: &mut [f32], exec: &Exec) {
    let [nx, ny, _] = lattice.size;
    exec.chunks(out, nx * ny, |z, plane| {
        for (y, row) in plane.chunks_mut(nx).enumerate() {
            lattice.row(x, y, z, row);
            let here = nx * (y + ny * z);
            let (b, d) = (&b[here..here + nx], &lattice.diagonal[here..here + nx]);
            let (step, free) = (mean(lattice.weight), free(lattice, y, z));
            for k in 0..nx {
                let left = (b[k] - row[k]) * fall(d[k] - free, step);
                row[k] = if d[k] > 0.0 { left } else { 0.0 };
            }
        }
    });
}

/// The diagonal in a row far from walls.
fn free(lattice: &Lattice, y: usize, z: usize) -> f32 {
    let [wx, wy, wz] = lattice.weight;
    let count =
        |i: usize, axis: usize| [false, true].iter().filter(|up| lattice.beside(i, axis, **up).is_some()).count();
    2.0 * wx + count(y, 1) as f32 * wy + count(z, 2) as f32 * wz
}

/// The blocks that a value lies between, with their shares.
fn between(i: usize, factor: usize, coarse: usize, wrap: bool) -> [(usize, f32); 2] {
    let own = i / factor;
    if factor == 1 {
        return [(own, 1.0), (own, 0.0)];
    }
    let other = match (i % 2, own) {
        (0, 0) if wrap => coarse - 1,
        (0, 0) => 0,
        (0, k) => k - 1,
        (_, k) if k + 1 < coarse => k + 1,
        (_, _) if wrap => 0,
        (_, k) => k,
    };
    [(own, 0.75), (other, 0.25)]
}

/// For each block along an axis the values that lie on it, with their shares.
fn shares(fine: &Lattice, coarse: &Lattice, axis: usize) -> Vec<Vec<(usize, f32)>> {
    let f = factor(fine.size)[axis];
    let mut found = vec![Vec::new(); coarse.size[axis]];
    for i in 0..fine.size[axis] {
        for (block, share) in between(i, f, coarse.size[axis], fine.wrap) {
            if share > 0.0 {
                found[block].push((i, share));
            }
        }
    }
    found
}

/// Sums values over the blocks, into `out`.
fn restrict(fine: &Lattice, values: &[f32], coarse: &Lattice, out: &mut [f32], exec: &Exec) {
    let [nx, ny, _] = fine.size;
    let [cx, cy, _] = coarse.size;
    let [along_x, along_y, along_z] = std::array::from_fn(|a| shares(fine, coarse, a));
    exec.chunks(out, cx * cy, |cz, plane| {
        let mut sum = vec![0.0f32; nx];
        for (k, out) in plane.chunks_mut(cx).enumerate() {
            sum.fill(0.0);
            for (z, wz) in &along_z[cz] {
                for (y, wy) in &along_y[k] {
                    let here = nx * (y + ny * z);
                    let w = wz * wy;
                    for (sum, v) in sum.iter_mut().zip(&values[here..here + nx]) {
                        *sum += w * v;
                    }
                }
            }
            let listed = |block: usize| along_x[block].iter().map(|(x, w)| w * sum[*x]).sum::<f32>();
            if nx < 4 {
                out.iter_mut().enumerate().for_each(|(block, out)| *out = listed(block));
                continue;
            }
            // All but the ends have four values each, side by side.
            (out[0], out[cx - 1]) = (listed(0), listed(cx - 1));
            for (out, s) in out[1..cx - 1].iter_mut().zip(sum[1..].windows(4).step_by(2)) {
                *out = 0.25 * (s[0] + s[3]) + 0.75 * (s[1] + s[2]);
            }
        }
    });
}

/// Adds the values of blocks, as they are between their centres.
fn interpolate(coarse: &Lattice, values: &[f32], fine: &Lattice, out: &mut [f32], exec: &Exec) {
    let [nx, ny, _] = fine.size;
    let [cx, cy, cz] = coarse.size;
    let f = factor(fine.size);
    let step = mean(fine.weight);
    exec.chunks(out, nx * ny, |z, plane| {
        // With one more block at either end.
        let mut sum = vec![0.0f32; cx + 2];
        let mut spread = vec![0.0f32; 2 * cx];
        for (y, out) in plane.chunks_mut(nx).enumerate() {
            sum.fill(0.0);
            for (kz, wz) in between(z, f[2], cz, fine.wrap) {
                for (ky, wy) in between(y, f[1], cy, fine.wrap) {
                    let here = cx * (ky + cy * kz);
                    let w = wz * wy;
                    for (sum, v) in sum[1..=cx].iter_mut().zip(&values[here..here + cx]) {
                        *sum += w * v;
                    }
                }
            }
            (sum[0], sum[cx + 1]) = if fine.wrap { (sum[cx], sum[1]) } else { (sum[1], sum[cx]) };
            if f[0] == 1 {
                spread[0] = sum[1];
            } else {
                for (pair, s) in spread.chunks_exact_mut(2).zip(sum.windows(3)) {
                    (pair[0], pair[1]) = (0.75 * s[1] + 0.25 * s[0], 0.75 * s[1] + 0.25 * s[2]);
                }
            }
            let free = free(fine, y, z);
            let (d, spread) = (&fine.diagonal[nx * (y + ny * z)..][..nx], &spread[..nx]);
            for k in 0..nx {
                let more = spread[k] * fall(d[k] - free, step);
                out[k] += if d[k] > 0.0 { more } else { 0.0 };
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::lattice::tests::random;
    use super::super::vector::dot;
    use super::*;

    #[test]
    fn the_cycle_is_symmetric_and_definite_on_grids_of_any_size() {
        let exec = Exec::silent(2).unwrap();
        for (size, wrap, halved) in [([9, 7, 12], true, None), ([13, 6, 5], false, Some(0)), ([1, 8, 3], true, None)] {
            let lattice = random(size, wrap, halved);
            let vector = |of: fn(f32) -> f32| -> Vec<f32> {
                lattice.diagonal.iter().enumerate().map(|(i, d)| if *d > 0.0 { of(i as f32) } else { 0.0 }).collect()
            };
            let (p, q) = (vector(|i| (1.7 * i).sin()), vector(|i| (0.3 * i * i).cos()));
            let mut pyramid = Pyramid::new(lattice.clone(), &exec).unwrap();
            let (mut bp, mut bq, mut work) = (p.clone(), q.clone(), p.clone());
            pyramid.precondition(&p, &mut bp, &mut work, &exec);
            pyramid.precondition(&q, &mut bq, &mut work, &exec);
            let (one, two) = (dot(&bp, &q, &exec), dot(&bq, &p, &exec));
            let size = dot(&bp, &p, &exec);
            assert!((one - two).abs() < 1e-5 * size && size > 0.0, "{one} {two} {size}");
        }
    }

    #[test]
    fn a_cycle_takes_as_much_of_the_error_on_any_grid() {
        // A tube with its wall between grid lines: ‖I − B A‖ by repeated cycles.
        let exec = Exec::silent(2).unwrap();
        let mut rates = Vec::new();
        for n in [16usize, 32, 33] {
            let lattice = tube(n);
            let mut pyramid = Pyramid::new(lattice, &exec).unwrap();
            let d = pyramid.fine.diagonal.clone();
            let mut x: Vec<f32> =
                d.iter().enumerate().map(|(i, d)| if *d > 0.0 { (i as f32 * 12.9898).sin() } else { 0.0 }).collect();
            let (mut r, mut z, mut work) = (x.clone(), x.clone(), x.clone());
            let mut rate = 1.0;
            for _ in 0..8 {
                let before = dot(&x, &x, &exec).sqrt();
                pyramid.fine.apply(&x, &mut r, &exec);
                pyramid.precondition(&r, &mut z, &mut work, &exec);
                x.iter_mut().zip(&z).for_each(|(x, z)| *x -= z);
                rate = dot(&x, &x, &exec).sqrt() / before;
            }
            rates.push(rate);
        }
        assert!(rates.iter().all(|r| *r < 0.35), "{rates:?}");
    }

    /// Round tube along z of radius 0.37 n.
    fn tube(n: usize) -> Lattice {
        let depth = |x: usize, y: usize| {
            let off = |v: usize| v as f32 + 0.5 - n as f32 / 2.0;
            0.37 * n as f32 - off(x).hypot(off(y))
        };
        let mut lattice =
            Lattice { size: [n; 3], wrap: true, weight: [1.0; 3], halved: None, diagonal: vec![0.0; n * n * n] };
        for i in 0..n * n * n {
            let (x, y) = (i % n, i / n % n);
            let own = depth(x, y);
            if own > 0.0 {
                let beyond = [(x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)].map(|(x, y)| depth(x, y));
                let walls: f32 =
                    beyond.iter().map(|o| if *o > 0.0 { 1.0 } else { 1.0 / (own / (own - o)).max(0.05) }).sum();
                lattice.diagonal[i] = 2.0 + walls;
            }
        }
        lattice
    }
}
