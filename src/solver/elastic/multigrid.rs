//! Multigrid for the elastic problem: an approximate inverse of its finest level, for conjugate gradients.
//!
//! Coarse elements span 2 × 2 × 2 finer ones; displacements between are interpolated linearly, which rigid motions and
//! uniform strains pass exactly. A coarse element has the energy of the finer ones within (Galerkin), so voids and partly
//! filled voxels weigh what they should. Chebyshev sweeps around the diagonal before and after; the last level is solved
//! directly. V-cycle, symmetric.
//!
//! Method: Adams, Brezina, Hu & Tuminaro, *Parallel multigrid smoothing*, doi:10.1016/S0021-9991(03)00194-3; Amir, Aage &
//! Lazarov, *On multigrid-CG for efficient topology optimization*, doi:10.1007/s00158-013-1015-5.

use std::collections::HashMap;

use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

use super::brick::DOFS;
use super::level::{Hold, Level, NONE, Rows};
use crate::parallel::{Cancelled, Exec};
use crate::solver::vector::{dot, update};

/// Sweeps before and after.
const SWEEPS: usize = 2;

/// The sweeps damp what lies between the largest eigenvalue and this part of it.
const BAND: f64 = 10.0;

/// Displacements that are few enough to be solved for directly.
const FEW: usize = 1500;

#[derive(Clone, Debug, Default)]
struct Work {
    b: Vec<[f32; 3]>,
    x: Vec<[f32; 3]>,
    r: Vec<[f32; 3]>,
    d: Vec<[f32; 3]>,
}

/// The approximate inverse.
#[derive(Clone, Debug)]
pub struct Multigrid {
    /// The levels, from fine to coarse.
    pub levels: Vec<Level>,
    /// Largest eigenvalue of each level's stiffness over its diagonal.
    largest: Vec<f64>,
    last: Option<Cholesky<f64, Dyn>>,
    work: Vec<Work>,
}

impl Multigrid {
    /// Builds the coarse levels.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(fine: Level, exec: &Exec) -> Result<Self, Cancelled> {
        let mut levels = vec![fine];
        loop {
            exec.checkpoint()?;
            let level = &levels[levels.len() - 1];
            if 3 * level.place.len() <= FEW {
                break;
            }
            match coarser(level, exec) {
                Some(next) => levels.push(next),
                None => break,
            }
        }
        let largest = levels.iter().map(|l| largest(l, exec)).collect();
        let coarsest = &levels[levels.len() - 1];
        let last = if 3 * coarsest.place.len() <= 2 * FEW { factorised(coarsest) } else { None };
        let work = levels.iter().map(|l| {
            let zero = || vec![[0.0f32; 3]; l.place.len()];
            Work { b: zero(), x: zero(), r: zero(), d: zero() }
        });
        Ok(Self { work: work.collect(), largest, last, levels })
    }

    /// z ≈ K⁻¹ r.
    pub fn precondition(&mut self, r: &[[f64; 3]], z: &mut [[f64; 3]], exec: &Exec) {
        // Single precision spans few decades: the residual is brought to size 1 first.
        let size = dot(r.as_flattened(), r.as_flattened(), exec).sqrt();
        if size == 0.0 {
            z.fill([0.0; 3]);
            return;
        }
        update(&mut self.work[0].b, exec, |from, piece| {
            for (b, r) in piece.iter_mut().zip(&r[from..]) {
                *b = r.map(|v| (v / size) as f32);
            }
        });
        cycle(&self.levels, &self.largest, self.last.as_ref(), &mut self.work, exec);
        let x = &self.work[0].x;
        update(z, exec, |from, piece| {
            for (z, x) in piece.iter_mut().zip(&x[from..]) {
                *z = x.map(|v| f64::from(v) * size);
            }
        });
    }
}

/// x ≈ K⁻¹ b on the first of the levels.
fn cycle(levels: &[Level], largest: &[f64], last: Option<&Cholesky<f64, Dyn>>, work: &mut [Work], exec: &Exec) {
    let level = &levels[0];
    let (own, rest) = work.split_at_mut(1);
    let Work { b, x, r, d } = &mut own[0];
    if levels.len() == 1 {
        match last {
            Some(factors) => {
                let mut v = DVector::from_iterator(3 * b.len(), b.as_flattened().iter().map(|v| f64::from(*v)));
                for (v, inverse) in v.iter_mut().zip(level.inverse.as_flattened()) {
                    *v *= f64::from(u8::from(*inverse != 0.0));
                }
                factors.solve_mut(&mut v);
                for ((x, v), inverse) in x.as_flattened_mut().iter_mut().zip(v.iter()).zip(level.inverse.as_flattened())
                {
                    *x = if *inverse == 0.0 { 0.0 } else { *v as f32 };
                }
            }
            None => {
                x.fill([0.0; 3]);
                r.copy_from_slice(b);
                sweep(level, largest[0], 12, x, r, d, exec);
            }
        }
        return;
    }
    x.fill([0.0; 3]);
    r.copy_from_slice(b);
    sweep(level, largest[0], SWEEPS, x, r, d, exec);
    subtract(level, d, r, exec);
    restrict(level, &levels[1], r, &mut rest[0].b, exec);
    cycle(&levels[1..], &largest[1..], last, rest, exec);
    prolong(level, &levels[1], &rest[0].x, x, exec);
    r.copy_from_slice(b);
    subtract(level, x, r, exec);
    sweep(level, largest[0], SWEEPS, x, r, d, exec);
}

/// r − K u into r.
fn subtract(level: &Level, u: &[[f32; 3]], r: &mut [[f32; 3]], exec: &Exec) {
    update(r, exec, |from, piece| {
        for (i, r) in piece.iter_mut().enumerate() {
            let ku = level.entry(&level.matrices, u, from + i);
            *r = std::array::from_fn(|c| r[c] - ku[c]);
        }
    });
}

/// Chebyshev sweeps on x, given r = b − K x; at the end r lacks the last step, which stands in d.
fn sweep(
    level: &Level,
    largest: f64,
    count: usize,
    x: &mut [[f32; 3]],
    r: &mut [[f32; 3]],
    d: &mut [[f32; 3]],
    exec: &Exec,
) {
    let (high, low) = (1.1 * largest, largest / BAND);
    let (middle, half) = ((high + low) / 2.0, (high - low) / 2.0);
    let sigma = middle / half;
    let mut rho = 1.0 / sigma;
    for k in 0..count {
        let (keep, step) = if k == 0 {
            (0.0, 1.0 / middle)
        } else {
            subtract(level, d, r, exec);
            let next = 1.0 / (2.0 * sigma - rho);
            let both = (next * rho, 2.0 * next / half);
            rho = next;
            both
        };
        let (keep, step) = (keep as f32, step as f32);
        update(d, exec, |from, piece| {
            for (i, d) in piece.iter_mut().enumerate() {
                let (inverse, r) = (level.inverse[from + i], r[from + i]);
                *d = std::array::from_fn(|c| if keep == 0.0 { 0.0 } else { keep * d[c] } + step * inverse[c] * r[c]);
            }
        });
        update(x, exec, |from, piece| {
            for (x, d) in piece.iter_mut().zip(&d[from..]) {
                *x = std::array::from_fn(|c| x[c] + d[c]);
            }
        });
    }
}

/// By how many voxels each axis is made coarser.
fn factors(level: &Level) -> [usize; 3] {
    level.cells.map(|n| if n > 2 && (level.hold != Hold::Periodic || n.is_multiple_of(2)) { 2 } else { 1 })
}

/// From the ratio of the two grids.
fn ratio(fine: &Level, coarse: &Level) -> [usize; 3] {
    std::array::from_fn(|a| fine.cells[a].div_ceil(coarse.cells[a]))
}

/// Adds the coarse displacements, interpolated, to x.
fn prolong(fine: &Level, coarse: &Level, e: &[[f32; 3]], x: &mut [[f32; 3]], exec: &Exec) {
    let f = ratio(fine, coarse);
    let p = coarse.points();
    update(x, exec, |from, piece| {
        for (i, x) in piece.iter_mut().enumerate() {
            let n = from + i;
            let at = fine.place[n].map(usize::from);
            let mut sum = [0.0f32; 3];
            for k in 0..8 {
                let mut weight = 1.0f32;
                let mut q = [0; 3];
                for a in 0..3 {
                    let (low, odd) = (at[a] / f[a], at[a] % f[a]);
                    q[a] = (low + (k >> a & 1)) % p[a];
                    weight *= match (odd, k >> a & 1) {
                        (0, 0) => 1.0,
                        (0, _) => 0.0,
                        _ => 0.5,
                    };
                }
                if weight > 0.0 {
                    let id = coarse.node_of[q[0] + p[0] * (q[1] + p[1] * q[2])];
                    if id != NONE {
                        (0..3).for_each(|c| sum[c] += weight * e[id as usize][c]);
                    }
                }
            }
            *x = std::array::from_fn(|c| if fine.inverse[n][c] == 0.0 { x[c] } else { x[c] + sum[c] });
        }
    });
}

/// The transpose of the interpolation: what of r each coarse node takes.
fn restrict(fine: &Level, coarse: &Level, r: &[[f32; 3]], b: &mut [[f32; 3]], exec: &Exec) {
    let f = ratio(fine, coarse);
    let p = fine.points();
    update(b, exec, |from, piece| {
        for (i, b) in piece.iter_mut().enumerate() {
            let n = from + i;
            let at = coarse.place[n].map(usize::from);
            let mut sum = [0.0f32; 3];
            for k in 0..27 {
                let offset = [k % 3, k / 3 % 3, k / 9];
                let mut weight = 1.0f32;
                let mut q = [0; 3];
                let mut there = true;
                for a in 0..3 {
                    let middle = at[a] * f[a] + offset[a];
                    // Offsets −1, 0, 1; with a factor of 1 only 0.
                    there &= f[a] == 2 || offset[a] == 1;
                    weight *= if offset[a] == 1 { 1.0 } else { 0.5 };
                    let wraps = fine.hold == Hold::Periodic;
                    there &= wraps || (middle >= 1 && middle - 1 < p[a]);
                    q[a] = if wraps { (middle + p[a] - 1) % p[a] } else { middle.wrapping_sub(1) };
                }
                if there {
                    let id = fine.node_of[q[0] + p[0] * (q[1] + p[1] * q[2])];
                    if id != NONE {
                        let (r, inverse) = (r[id as usize], fine.inverse[id as usize]);
                        (0..3).filter(|c| inverse[*c] != 0.0).for_each(|c| sum[c] += weight * r[c]);
                    }
                }
            }
            *b = std::array::from_fn(|c| if coarse.inverse[n][c] == 0.0 { 0.0 } else { sum[c] });
        }
    });
}

/// A child's matrix and scale, by the place of the child in its parent.
type Key = [(u32, u32); 8];

/// The next level; `None` when no axis can be halved.
fn coarser(level: &Level, exec: &Exec) -> Option<Level> {
    let f = factors(level);
    if f == [1; 3] {
        return None;
    }
    let n = level.cells;
    let cells: [usize; 3] = std::array::from_fn(|a| n[a].div_ceil(f[a]));
    let absent: Key = [(NONE, 0); 8];
    let mut children = vec![absent; cells.iter().product()];
    for (element, voxel) in level.elements.iter().zip(&level.voxel) {
        let i = *voxel as usize;
        let v = [i % n[0], i / n[0] % n[1], i / (n[0] * n[1])];
        let q: [usize; 3] = std::array::from_fn(|a| v[a] / f[a]);
        let slot = (0..3).map(|a| (v[a] % f[a]) << a).sum::<usize>();
        children[q[0] + cells[0] * (q[1] + cells[1] * q[2])][slot] = (element.matrix, element.scale.to_bits());
    }
    let mut known: HashMap<Key, u32> = HashMap::new();
    let mut keys: Vec<Key> = Vec::new();
    let mut voxels = Vec::new();
    for (i, key) in children.iter().enumerate().filter(|(_, key)| **key != absent) {
        let matrix = *known.entry(*key).or_insert_with(|| {
            keys.push(*key);
            keys.len() as u32 - 1
        });
        voxels.push((i as u32, matrix, 1.0f32));
    }
    drop(children);
    let weights = (0..8).map(|slot| interpolation(slot, f)).collect::<Vec<_>>();
    let matrices = exec.map_items(&keys, |key| {
        let mut sum = [[0.0f32; DOFS]; DOFS];
        for (slot, (matrix, scale)) in key.iter().enumerate().filter(|(_, child)| child.0 != NONE) {
            add_child(&mut sum, &level.matrices[*matrix as usize], f32::from_bits(*scale), &weights[slot]);
        }
        let rows: Rows<f32> = std::array::from_fn(|k| {
            std::array::from_fn(|j| [sum[3 * k][j], sum[3 * k + 1][j], sum[3 * k + 2][j], 0.0])
        });
        rows
    });
    Some(Level::new(cells, level.hold, voxels, matrices, exec))
}

/// Weights of the parent's corners at each corner of a child.
fn interpolation(slot: usize, f: [usize; 3]) -> [[f32; 8]; 8] {
    std::array::from_fn(|corner| {
        std::array::from_fn(|parent| {
            (0..3)
                .map(|a| {
                    let at = ((slot >> a & 1) + (corner >> a & 1)) as f32 / f[a] as f32;
                    if parent >> a & 1 == 1 { at } else { 1.0 - at }
                })
                .product()
        })
    })
}

/// Adds scale · Pᵀ M P.
fn add_child(sum: &mut [[f32; DOFS]; DOFS], matrix: &Rows<f32>, scale: f32, weight: &[[f32; 8]; 8]) {
    // M P first: rows of the child, columns of the parent.
    let mut half = [[0.0f32; DOFS]; DOFS];
    for k in 0..8 {
        for q in 0..8 {
            for parent in 0..8 {
                let w = weight[q][parent];
                if w != 0.0 {
                    for j in 0..3 {
                        for c in 0..3 {
                            half[3 * k + c][3 * parent + j] += w * matrix[k][3 * q + j][c];
                        }
                    }
                }
            }
        }
    }
    for k in 0..8 {
        for parent in 0..8 {
            let w = scale * weight[k][parent];
            if w != 0.0 {
                for c in 0..3 {
                    for (to, from) in sum[3 * parent + c].iter_mut().zip(&half[3 * k + c]) {
                        *to += w * from;
                    }
                }
            }
        }
    }
}

/// The largest eigenvalue of D⁻¹K, by the power method from a rough start.
fn largest(level: &Level, exec: &Exec) -> f64 {
    let n = level.place.len();
    let mut u: Vec<[f32; 3]> =
        (0..n).map(|i| std::array::from_fn(|c| if (i * 7 + c * 3) % 5 < 2 { 1.0 } else { -0.7 })).collect();
    let mut v = vec![[0.0f32; 3]; n];
    let mut value = 1.0;
    for _ in 0..12 {
        level.apply(&level.matrices, &u, &mut v, exec);
        update(&mut v, exec, |from, piece| {
            for (i, v) in piece.iter_mut().enumerate() {
                *v = std::array::from_fn(|c| v[c] * level.inverse[from + i][c]);
            }
        });
        let size = dot(v.as_flattened(), v.as_flattened(), exec).sqrt();
        let before = dot(u.as_flattened(), u.as_flattened(), exec).sqrt();
        if size == 0.0 {
            return 1.0;
        }
        value = size / before;
        let scale = (1.0 / size) as f32;
        update(&mut u, exec, |from, piece| {
            for (u, v) in piece.iter_mut().zip(&v[from..]) {
                *u = v.map(|v| v * scale);
            }
        });
    }
    value
}

/// Cholesky factors of a level's stiffness. Rigid motions that nothing holds back get the trace of a spring.
fn factorised(level: &Level) -> Option<Cholesky<f64, Dyn>> {
    let n = 3 * level.place.len();
    let mut matrix = DMatrix::<f64>::zeros(n, n);
    for element in &level.elements {
        let rows = &level.matrices[element.matrix as usize];
        for (k, row) in element.nodes.iter().enumerate() {
            for (q, column) in element.nodes.iter().enumerate() {
                for c in 0..3 {
                    for j in 0..3 {
                        matrix[(3 * *row as usize + c, 3 * *column as usize + j)] +=
                            f64::from(element.scale) * f64::from(rows[k][3 * q + j][c]);
                    }
                }
            }
        }
    }
    for (i, inverse) in level.inverse.as_flattened().iter().enumerate() {
        if *inverse == 0.0 {
            for j in 0..n {
                matrix[(i, j)] = 0.0;
                matrix[(j, i)] = 0.0;
            }
            matrix[(i, i)] = 1.0;
        } else {
            matrix[(i, i)] *= 1.0 + 1e-6;
        }
    }
    Cholesky::new(matrix)
}
