//! Multigrid cycle over a [`Hierarchy`]: an approximate inverse of a [`Conductor`], to be used inside a Krylov method.
//!
//! One damped Jacobi sweep before and after the correction from the next level. Each coarse level is solved by up to two
//! steps of conjugate gradients around itself, which makes the number of iterations independent of the size of the grid.
//! What is to be one symmetric linear operator visits the graphs by [`Cycle::Fixed`] instead.
//!
//! Work vectors take 4 bytes a voxel on the grid and about 4 more on the coarse levels.
//!
//! Method: Notay & Vassilevski, *Recursive Krylov-based multigrid cycles*, doi:10.1002/nla.542.

use super::aggregate::{Graph, Hierarchy, Last, NONE};
use super::conductor::Conductor;
use super::vector::{add_scaled, dot, scale_add, sum, update};
use crate::parallel::{Cancelled, Exec};

/// What becomes of a coarse level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cycle {
    /// Up to two steps of conjugate gradients: fastest, but not one linear operator.
    Krylov,
    /// Two plain visits (W-cycle): linear and symmetric.
    Fixed,
}

/// Damping of the Jacobi sweeps.
const DAMPING: f32 = 0.8;

/// By how much the correction of piecewise constants is too small in a fixed cycle: 2 far from walls.
const OVERCORRECTION: f64 = 1.6;

/// Work vectors of a level.
#[derive(Clone, Debug, Default)]
pub(super) struct Work {
    /// What is solved for.
    pub(super) b: Vec<f32>,
    /// What was found.
    pub(super) x: Vec<f32>,
    c: Vec<f32>,
    t: Vec<f32>,
    p: Vec<f32>,
    v: Vec<f32>,
    w: Vec<f32>,
}

impl Work {
    /// For each graph.
    pub(super) fn of(hierarchy: &Hierarchy, cycle: Cycle) -> Vec<Self> {
        let of = |g: &Graph| {
            let zero = || vec![0.0; g.diagonal.len()];
            let steps = || if cycle == Cycle::Krylov { zero() } else { Vec::new() };
            Self { b: zero(), x: zero(), c: zero(), t: zero(), p: steps(), v: zero(), w: steps() }
        };
        hierarchy.graphs.iter().map(of).collect()
    }
}

/// The approximate inverse.
#[derive(Clone, Debug)]
pub struct Multigrid {
    /// The operator.
    pub fine: Conductor,
    hierarchy: Hierarchy,
    work: Vec<Work>,
    smoothed: Vec<f32>,
}

impl Multigrid {
    /// Builds the levels of `fine`.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(fine: Conductor, exec: &Exec) -> Result<Self, Cancelled> {
        let hierarchy = Hierarchy::new(&fine, exec);
        exec.checkpoint()?;
        let work = Work::of(&hierarchy, Cycle::Krylov);
        Ok(Self { work, smoothed: vec![0.0; fine.diagonal.len()], hierarchy, fine })
    }

    /// z ≈ A⁻¹ r.
    pub fn precondition(&mut self, r: &[f32], z: &mut [f32], exec: &Exec) {
        let [nx, ny, nz] = self.fine.size;
        let plane = nx * ny;
        let Self { fine, hierarchy, work, smoothed } = self;
        let d = &fine.diagonal;
        let swept = |r: f32, d: f32| if d > 0.0 { DAMPING * r / d } else { 0.0 };
        update(smoothed, exec, |from, piece| {
            for (k, t) in piece.iter_mut().enumerate() {
                *t = swept(r[from + k], d[from + k]);
            }
        });
        // What is left of r, summed over the aggregates: those of two planes lie side by side.
        exec.for_each(hierarchy.slabs_of(&mut work[0].b), |s, slab| {
            slab.fill(0.0);
            let mut row = vec![0.0f32; nx];
            for z in 2 * s..(2 * s + 2).min(nz) {
                for y in 0..ny {
                    fine.row(smoothed, y, z, &mut row);
                    let here = nx * y + plane * z;
                    for (x, ax) in row.iter().enumerate() {
                        let to = hierarchy.aggregate[here + x];
                        if to != NONE {
                            slab[(to - hierarchy.slabs[s]) as usize] += r[here + x] - ax;
                        }
                    }
                }
            }
        });
        solve(&hierarchy.graphs, hierarchy.last.as_ref(), Cycle::Krylov, work, exec);
        let e = &work[0].x;
        update(smoothed, exec, |from, piece| {
            for (t, to) in piece.iter_mut().zip(&hierarchy.aggregate[from..]) {
                if *to != NONE {
                    *t += e[*to as usize];
                }
            }
        });
        exec.chunks(z, plane, |z, plane_z| {
            for (y, row) in plane_z.chunks_mut(nx).enumerate() {
                fine.row(smoothed, y, z, row);
                let here = nx * y + plane * z;
                for (x, out) in row.iter_mut().enumerate() {
                    let i = here + x;
                    *out = smoothed[i] + swept(r[i] - *out, d[i]);
                }
            }
        });
    }
}

/// x ≈ A⁻¹ b on the first of the graphs, by what the cycle says.
pub(super) fn solve(graphs: &[Graph], last: Option<&Last>, cycle: Cycle, work: &mut [Work], exec: &Exec) {
    let graph = &graphs[0];
    if let ([_], Some(factors)) = (graphs, last) {
        let Work { b, x, .. } = &mut work[0];
        factors.solve(b, x);
        return;
    }
    if cycle == Cycle::Fixed || graphs.len() == 1 {
        // Twice the same, so that each level hands on what the number of levels does not weaken (W-cycle).
        sweep_and_correct(graphs, last, cycle, work, exec);
        let Work { b, x, c, v, .. } = &mut work[0];
        x.copy_from_slice(c);
        multiply(graph, x, v, exec);
        add_scaled(b, -1.0, v, exec);
        sweep_and_correct(graphs, last, cycle, work, exec);
        let Work { x, c, .. } = &mut work[0];
        add_scaled(x, 1.0, c, exec);
        return;
    }
    // Two steps of flexible conjugate gradients.
    sweep_and_correct(graphs, last, cycle, work, exec);
    let Work { b, x, c, v, .. } = &mut work[0];
    multiply(graph, c, v, exec);
    let rho = dot(c, v, exec);
    if rho.abs() < f64::MIN_POSITIVE {
        x.fill(0.0);
        return;
    }
    let alpha = dot(c, b, exec) / rho;
    let before = dot(b, b, exec);
    add_scaled(b, -alpha, v, exec);
    update(x, exec, |from, piece| {
        for (x, c) in piece.iter_mut().zip(&c[from..]) {
            *x = (alpha * f64::from(*c)) as f32;
        }
    });
    if dot(b, b, exec) <= 0.0625 * before {
        return;
    }
    // The first direction is kept while the second is found.
    let Work { c, p, .. } = &mut work[0];
    std::mem::swap(c, p);
    sweep_and_correct(graphs, last, cycle, work, exec);
    let Work { b, x, c, p, v, w, .. } = &mut work[0];
    multiply(graph, c, w, exec);
    let gamma = dot(c, v, exec);
    let rho2 = dot(c, w, exec) - gamma * gamma / rho;
    if rho2 > 0.0 {
        let alpha2 = dot(c, b, exec) / rho2;
        let back = -alpha2 * gamma / rho;
        update(x, exec, |from, piece| {
            for ((x, c), p) in piece.iter_mut().zip(&c[from..]).zip(&p[from..]) {
                *x += (alpha2 * f64::from(*c) + back * f64::from(*p)) as f32;
            }
        });
    }
}

/// c ≈ A⁻¹ b: a sweep, the correction from the next level, a sweep.
fn sweep_and_correct(graphs: &[Graph], last: Option<&Last>, cycle: Cycle, work: &mut [Work], exec: &Exec) {
    let graph = &graphs[0];
    let d = &graph.diagonal;
    let swept = |r: f32, d: f32| if d > 0.0 { DAMPING * r / d } else { 0.0 };
    let (own, rest) = work.split_at_mut(1);
    let Work { b, c, t, .. } = &mut own[0];
    update(t, exec, |from, piece| {
        for (k, t) in piece.iter_mut().enumerate() {
            *t = swept(b[from + k], d[from + k]);
        }
    });
    if let Some(next) = rest.first_mut() {
        update(c, exec, |from, piece| {
            for (k, c) in piece.iter_mut().enumerate() {
                *c = b[from + k] - graph.entry(t, from + k);
            }
        });
        let (start, children) = &graph.children;
        update(&mut next.b, exec, |from, piece| {
            for (k, sum) in piece.iter_mut().enumerate() {
                let of = &children[start[from + k] as usize..start[from + k + 1] as usize];
                *sum = of.iter().map(|i| c[*i as usize]).sum();
            }
        });
        solve(&graphs[1..], last, cycle, rest, exec);
        let scale = if cycle == Cycle::Fixed { OVERCORRECTION as f32 } else { 1.0 };
        let e = &rest[0].x;
        update(t, exec, |from, piece| {
            for (t, p) in piece.iter_mut().zip(&graph.parent[from..]) {
                *t += scale * e[*p as usize];
            }
        });
    }
    update(c, exec, |from, piece| {
        for (k, c) in piece.iter_mut().enumerate() {
            let i = from + k;
            *c = t[i] + swept(b[i] - graph.entry(t, i), d[i]);
        }
    });
}

fn multiply(graph: &Graph, u: &[f32], out: &mut [f32], exec: &Exec) {
    update(out, exec, |from, piece| {
        for (k, out) in piece.iter_mut().enumerate() {
            *out = graph.entry(u, from + k);
        }
    });
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solved {
    /// Iterations taken.
    pub iterations: usize,
    /// ‖b − A x‖ / ‖b‖ at the end.
    pub residual: f64,
}

/// Solves A x = b by flexible conjugate gradients from the x given, until the residual is `tolerance` of b or `most`
/// iterations were made; the caller looks at what was reached. Steps are taken in single precision, x and its residual are
/// kept in double (iterative refinement). `b` gives the entries. 16 bytes a voxel beside x.
///
/// # Errors
/// When the run was cancelled.
pub fn conjugate_gradients(
    mg: &mut Multigrid,
    b: impl Fn(usize) -> f32 + Sync,
    x: &mut [f64],
    tolerance: f64,
    most: usize,
    exec: &Exec,
) -> Result<Solved, Cancelled> {
    let n = x.len();
    let squares = |from: usize, to: usize| (from..to).map(|i| f64::from(b(i)).powi(2)).sum();
    let size = sum(n, exec, squares).sqrt();
    let mut r = vec![0.0f32; n];
    let mut norm = residual(&mg.fine, &b, x, &mut r, exec);
    let (mut z, mut p, mut q) = (vec![0.0f32; n], vec![0.0f32; n], vec![0.0f32; n]);
    let (mut iterations, mut rz, mut alpha) = (0, 0.0, 0.0);
    let mut fresh = true;
    while norm > tolerance * size && iterations < most {
        exec.checkpoint()?;
        mg.precondition(&r, &mut z, exec);
        // β after Polak and Ribière: the preconditioner is not the same from step to step.
        let beta = if fresh || rz == 0.0 { 0.0 } else { -alpha * dot(&z, &q, exec) / rz };
        fresh = false;
        rz = dot(&r, &z, exec);
        scale_add(&mut p, beta, &z, exec);
        mg.fine.apply(&p, &mut q, exec);
        let pq = dot(&p, &q, exec);
        if pq <= 0.0 || !pq.is_finite() {
            break;
        }
        alpha = dot(&r, &p, exec) / pq;
        add_scaled(x, alpha, &p, exec);
        add_scaled(&mut r, -alpha, &q, exec);
        norm = dot(&r, &r, exec).sqrt();
        iterations += 1;
        if norm <= tolerance * size {
            // The residual that was carried along has its rounding: begin again from the true one if that is larger.
            norm = residual(&mg.fine, &b, x, &mut r, exec);
            fresh = true;
        }
    }
    let norm = residual(&mg.fine, &b, x, &mut r, exec);
    Ok(Solved { iterations, residual: if size > 0.0 { norm / size } else { 0.0 } })
}

/// b − A x into r, taken in double precision, and its size.
fn residual(fine: &Conductor, b: &(impl Fn(usize) -> f32 + Sync), x: &[f64], r: &mut [f32], exec: &Exec) -> f64 {
    let [nx, ny, _] = fine.size;
    exec.chunks(r, nx * ny, |z, plane| {
        let mut row = vec![0.0f64; nx];
        for (y, out) in plane.chunks_mut(nx).enumerate() {
            fine.row(x, y, z, &mut row);
            let here = nx * (y + ny * z);
            for (k, out) in out.iter_mut().enumerate() {
                *out = if fine.diagonal[here + k] > 0.0 { (f64::from(b(here + k)) - row[k]) as f32 } else { 0.0 };
            }
        }
    });
    dot(r, r, exec).sqrt()
}
