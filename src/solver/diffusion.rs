//! Diffusion through the void: effective diffusivity, tortuosity factor, dead ends.
//!
//! The steady balance ∇·(D₀ ∇c) = 0 on the open void, walls tight. Between two ends the concentration is 1 on the outer
//! face of the first plane of voxels and 0 on that of the last, the sides are tight; on a repeating cell a mean gradient
//! is applied along each axis in turn, which gives the whole tensor. The effective diffusivity follows from the energy of
//! the solution, whose error is the square of the solution's own.
//!
//! Tortuosity factor τ = ε D₀ / Deff with ε the void that leads through along the axis, dead ends included
//! (Epstein 1989, doi:10.1016/0009-2509(89)85053-5).
//!
//! Finite volumes with open shares of faces. About 60 bytes a voxel, 8 to 30 iterations at any size of grid.

use std::sync::Arc;

use super::SolveError;
use super::conductor::{Conductor, Loss, OTHERS};
use super::multigrid::{Multigrid, Solved, conjugate_gradients};
use super::openings::Openings;
use crate::grid::Border;
use crate::parallel::Exec;

/// Bytes a voxel that the solution takes at its peak.
pub const BYTES_PER_VOXEL: u64 = 60;

/// Residual at which a solution is taken.
const TOLERANCE: f64 = 1e-6;

/// Largest difference between the flux through cross-sections at which a solution is taken.
const BALANCE: f64 = 0.01;

/// Iterations after which it is given up.
const MOST: usize = 400;

/// Where the concentration is held at the ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// On the outer faces of the grid.
    Faces,
    /// At the centres of the first and the last plane of voxels, as PoreSpy and OpenPNM have it: the sample is then one
    /// voxel shorter.
    Centres,
}

/// What a solution gave along one axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Through {
    /// Deff / D₀.
    pub diffusivity: f64,
    /// Largest difference between the flux through a cross-section and the mean one, as a share of it.
    pub balance: f64,
    /// Share of the void that carries less than 1 % of the mean flux of the void.
    pub stagnant: f64,
    /// How the solve ended.
    pub solved: Solved,
}

/// Conductances of whole faces along x, y, z, over the first spacing.
pub(super) fn weights(openings: &Openings) -> [f32; 3] {
    let h = openings.frame.spacing;
    // Conductance area / distance, against that of a cube of the first spacing.
    std::array::from_fn(|a| (h[0] * h[1] * h[2] / (h[a] * h[a]) / h[0]) as f32)
}

fn converged(what: &'static str, solved: Solved) -> Result<Solved, SolveError> {
    if solved.residual <= 10.0 * TOLERANCE {
        Ok(solved)
    } else {
        Err(SolveError::NotConverged { what, iterations: solved.iterations, residual: solved.residual })
    }
}

/// Diffusion from the lower to the upper end along `axis`.
///
/// # Errors
/// When it does not converge, or the run was cancelled.
pub fn through(openings: &Openings, axis: usize, ends: Ends, exec: &Exec) -> Result<Through, SolveError> {
    // What is held at the centres of the first and the last plane is held a whole step before and behind the others.
    let within;
    let (openings, to_face, first) = match ends {
        Ends::Faces => (openings, 2.0, 0.5),
        Ends::Centres => {
            within = openings.within(axis, exec);
            (&within, 1.0, 1.0)
        }
    };
    if openings.ends[axis].iter().any(|end| end.iter().all(|share| *share == 0)) {
        // Nothing comes in, or nothing goes out.
        return Ok(Through {
            diffusivity: 0.0,
            balance: 0.0,
            stagnant: 1.0,
            solved: Solved { iterations: 0, residual: 0.0 },
        });
    }
    let frame = &openings.frame;
    let weight = weights(openings);
    let held = |share: u8| to_face * weight[axis] / 255.0 * f32::from(share);
    let hold =
        Loss::Ends(axis, openings.ends[axis].each_ref().map(|end| end.iter().map(|share| held(*share)).collect()));
    // What comes in from the lower end.
    let b = |i: usize| {
        let v = frame.voxel(i);
        let [p, q] = OTHERS[axis];
        if v[axis] == 0 { held(openings.ends[axis][0][v[p] + frame.size[p] * v[q]]) } else { 0.0 }
    };
    let fine = Conductor::new(frame.size, Arc::clone(&openings.faces), weight, hold, exec);
    let n = frame.size[axis];
    let length = n as f64 - 1.0 + 2.0 * first;
    let mut c: Vec<f64> = (0..frame.len())
        .map(|i| {
            let k = frame.voxel(i)[axis] as f64 + first;
            if fine.diagonal[i] > 0.0 { 1.0 - k / length } else { 0.0 }
        })
        .collect();
    let mut mg = Multigrid::new(fine, exec)?;
    let solved = converged("diffusion", conjugate_gradients(&mut mg, b, &mut c, TOLERANCE, MOST, exec)?)?;
    let fine = mg.fine;
    let none = [0.0; 3];
    let at_ends: f64 = (0..2)
        .flat_map(|upper| {
            let value = if upper == 0 { 1.0 } else { 0.0 };
            let c = &c;
            openings.ends[axis][upper].iter().enumerate().map(move |(i, share)| {
                let [x, y, z] = openings.end_voxel(axis, upper == 1, i);
                f64::from(held(*share)) * (value - c[frame.index(x, y, z)]).powi(2)
            })
        })
        .sum();
    let energy = fine.energy((&c, none), (&c, none), exec) + at_ends;
    let area = frame.len() as f64 / n as f64;
    let diffusivity = energy * length / (area * f64::from(weight[axis]));
    let mut flux = planes(&fine, &c, axis, 0.0);
    // Behind the last plane lies the end.
    flux.pop();
    let balance = balanced(&flux, area * f64::from(weight[axis]) / length, solved)?;
    Ok(Through { diffusivity, balance, stagnant: stagnant(&fine, &c, [0.0; 3], exec), solved })
}

/// Largest difference between the flux through a cross-section and the mean one, as a share of it; 0 where next to nothing
/// flows, against the flux `free` through an empty body.
fn balanced(flux: &[f64], free: f64, solved: Solved) -> Result<f64, SolveError> {
    let mean = flux.iter().sum::<f64>() / flux.len().max(1) as f64;
    let most = flux.iter().map(|f| (f - mean).abs()).fold(0.0, f64::max);
    let nothing = 10.0 * TOLERANCE * free;
    if most > BALANCE * mean.abs() + nothing {
        let Solved { iterations, .. } = solved;
        return Err(SolveError::NotConverged {
            what: "the balance of diffusion",
            iterations,
            residual: most / mean.abs().max(nothing),
        });
    }
    Ok(if mean.abs() > nothing { most / mean.abs() } else { 0.0 })
}

/// Flux through each cross-section behind a plane of voxels; `step` is the fall of the mean gradient between two planes.
fn planes(fine: &Conductor, c: &[f64], axis: usize, step: f64) -> Vec<f64> {
    let [nx, ny, _] = fine.size;
    let mut flux = vec![0.0; fine.size[axis]];
    for (i, d) in fine.diagonal.iter().enumerate() {
        if *d > 0.0 {
            let k = [i % nx, i / nx % ny, i / (nx * ny)][axis];
            let (j, g) = fine.links(i)[2 * axis + 1];
            flux[k] += f64::from(g) * (c[i] - c[j] - step);
        }
    }
    flux
}

/// Share of the voxels whose flux is below 1 % of the mean one.
fn stagnant(fine: &Conductor, c: &[f64], step: [f64; 3], exec: &Exec) -> f64 {
    let plane = fine.size[0] * fine.size[1];
    let flux: Vec<Vec<f64>> = exec.map(fine.size[2], |z| {
        (z * plane..(z + 1) * plane)
            .filter(|i| fine.diagonal[*i] > 0.0)
            .map(|i| {
                let links = fine.links(i);
                let along = |a: usize| {
                    let through = |k: usize, sign: f64| {
                        let (j, g) = links[k];
                        f64::from(g) * (sign * (c[j] - c[i]) + step[a])
                    };
                    (through(2 * a, -1.0) + through(2 * a + 1, 1.0)) / 2.0
                };
                (0..3).map(|a| along(a).powi(2)).sum::<f64>().sqrt()
            })
            .collect()
    });
    let count: usize = flux.iter().map(Vec::len).sum();
    let mean = flux.iter().map(|f| f.iter().sum::<f64>()).sum::<f64>() / count.max(1) as f64;
    let slow = flux.iter().flatten().filter(|f| **f < 0.01 * mean).count();
    slow as f64 / count.max(1) as f64
}

/// The tensor Deff / D₀ of a repeating cell, and what the solves of its three axes gave.
///
/// # Errors
/// When it does not converge, or the run was cancelled.
pub fn tensor(openings: &Openings, exec: &Exec) -> Result<([[f64; 3]; 3], [Through; 3]), SolveError> {
    debug_assert_eq!(openings.border, Border::Periodic);
    let frame = &openings.frame;
    let weight = weights(openings);
    let fine = Conductor::new(frame.size, Arc::clone(&openings.faces), weight, Loss::None, exec);
    let mut mg = Multigrid::new(fine, exec)?;
    let unit = |a: usize| std::array::from_fn(|k| if k == a { 1.0 } else { 0.0 });
    let mut fields: Vec<Vec<f64>> = Vec::new();
    let mut ends = Vec::new();
    for a in 0..3 {
        // What the mean gradient brings into a voxel more than it takes out.
        let n = frame.size[a];
        let stride = [1, frame.size[0], frame.size[0] * frame.size[1]][a];
        let faces = Arc::clone(&openings.faces);
        let b = |i: usize| {
            let before = if (i / stride).is_multiple_of(n) { i + stride * (n - 1) } else { i - stride };
            weight[a] / 255.0 * (f32::from(faces[a][i]) - f32::from(faces[a][before]))
        };
        let mut c = vec![0.0f64; frame.len()];
        let flat = (0..frame.len()).all(|i| b(i) == 0.0);
        let solved = if flat {
            Solved { iterations: 0, residual: 0.0 }
        } else {
            converged("diffusion", conjugate_gradients(&mut mg, b, &mut c, TOLERANCE, MOST, exec)?)?
        };
        let free = (frame.len() / frame.size[a]) as f64 * f64::from(weight[a]);
        let balance = balanced(&planes(&mg.fine, &c, a, 1.0), free, solved)?;
        ends.push(Through { diffusivity: 0.0, balance, stagnant: stagnant(&mg.fine, &c, unit(a), exec), solved });
        fields.push(c);
    }
    let mut d = [[0.0; 3]; 3];
    for a in 0..3 {
        for b in a..3 {
            let energy = mg.fine.energy((&fields[a], unit(a)), (&fields[b], unit(b)), exec) / frame.len() as f64;
            // Gradients of one voxel's step along either axis; weights carry the spacing along one of them.
            let h = frame.spacing;
            let value = energy / f64::from(weight[a]) * h[b] / h[a];
            (d[a][b], d[b][a]) = (value, value);
        }
        ends[a].diffusivity = d[a][a];
    }
    Ok((d, [ends[0], ends[1], ends[2]]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Frame, Mask};

    fn frame(size: [usize; 3], spacing: [f64; 3]) -> Frame {
        Frame { size, spacing, origin: [0.0; 3] }
    }

    fn field(frame: &Frame, f: impl Fn([f64; 3]) -> f64) -> Vec<f32> {
        (0..frame.len()).map(|i| f(frame.centre(frame.voxel(i))) as f32).collect()
    }

    /// Openings of the void where `f` is positive, in a box or on a torus.
    fn openings(frame: &Frame, border: Border, f: impl Fn([f64; 3]) -> f64) -> Openings {
        let exec = Exec::silent(2).unwrap();
        Openings::of_field(frame, border, &field(frame, f), &Mask::full(frame.size), &exec)
    }

    #[test]
    fn an_empty_box_and_a_straight_channel_conduct_by_their_cross_section() {
        let exec = Exec::silent(2).unwrap();
        let frame = frame([13, 9, 20], [2.0, 3.0, 1.5]);
        for axis in 0..3 {
            let whole = through(&openings(&frame, Border::Open, |_| 100.0), axis, Ends::Faces, &exec).unwrap();
            assert!((whole.diffusivity - 1.0).abs() < 1e-5, "{whole:?}");
        }
        // A slot from x = 3.3 to 20.1 of 26 µm: the walls lie between grid lines.
        let slot = openings(&frame, Border::Open, |p| (p[0] + 1.0 - 3.3).min(20.1 - p[0] - 1.0));
        let along = through(&slot, 2, Ends::Faces, &exec).unwrap();
        assert!((along.diffusivity - 16.8 / 26.0).abs() < 2e-3, "{along:?}");
        assert!((slot.share(2, &exec) / along.diffusivity - 1.0).abs() < 1e-4);
        assert!(along.balance < 1e-4 && along.stagnant < 1e-9);
    }

    #[test]
    fn spheres_on_a_cubic_lattice_hinder_as_theory_says() {
        // Impermeable spheres of volume share f: Sangani & Acrivos 1983 (doi:10.1098/rspa.1983.0020), to f^(10/3).
        let exec = Exec::silent(2).unwrap();
        let r: f64 = 0.38;
        let f = 4.0 / 3.0 * std::f64::consts::PI * r.powi(3);
        let truth = 1.0 - 3.0 * f / (2.0 + f - 1.3047 * 0.75 * f.powf(10.0 / 3.0));
        let mut iterations = Vec::new();
        for (n, tolerance) in [(16, 4e-3), (32, 1.5e-3), (64, 5e-4)] {
            let frame = frame([n; 3], [1.0 / n as f64; 3]);
            let shape = openings(&frame, Border::Periodic, |p| {
                let q = p.map(|v| v + 0.5 / n as f64 - 0.5);
                q.iter().map(|v| v * v).sum::<f64>().sqrt() - r
            });
            assert!((shape.share(0, &exec) - (1.0 - f)).abs() < 0.3 / (n * n) as f64 + 1e-4);
            let (d, ends) = tensor(&shape, &exec).unwrap();
            assert!((d[0][0] / truth - 1.0).abs() < tolerance, "{n}: {} {truth}", d[0][0]);
            assert!(d[0][1].abs() < 1e-5 && (d[0][0] - d[2][2]).abs() < 1e-4 * d[0][0]);
            assert!(ends.iter().all(|e| e.balance > 0.0 && e.balance < 1e-3), "{ends:?}");
            iterations.push(ends[0].solved.iterations);
        }
        assert!(iterations[2] as f64 <= 1.3 * iterations[0] as f64, "{iterations:?}");
    }

    #[test]
    fn laminates_conduct_along_their_layers_and_not_across() {
        // Open layers of thickness 3.3 + 5.1 in a period of 14, across x: walls between grid lines on any grid.
        let exec = Exec::silent(2).unwrap();
        let truth = 8.4 / 14.0;
        let mut errors = Vec::new();
        for n in [14, 28, 56] {
            let h = 14.0 / n as f64;
            let frame = frame([n, 8, 6], [h, 1.0, 2.0]);
            let layers = openings(&frame, Border::Periodic, |p| {
                let x = p[0] + h / 2.0;
                (1.65 - (x - 3.0).abs()).max(2.55 - (x - 9.2).abs())
            });
            let (d, _) = tensor(&layers, &exec).unwrap();
            for a in [1, 2] {
                errors.push((d[a][a] - truth).abs());
                assert!((d[a][a] - truth).abs() < 1e-2 * truth, "{n}: {d:?}");
            }
            assert!(d[0].iter().all(|d| d.abs() < 1e-6) && d[1][2].abs() < 1e-6, "{d:?}");
        }
        // Exact but for shares kept in 255ths.
        assert!(errors.iter().all(|e| *e < 2e-3), "{errors:?}");
    }

    #[test]
    fn random_voxels_conduct_as_a_direct_solve_of_their_balance_says() {
        use proptest::prelude::*;
        let exec = Exec::silent(2).unwrap();
        let mut runner = proptest::test_runner::TestRunner::deterministic();
        let shapes = (2..7usize, 2..7usize, 2..7usize, any::<u64>());
        runner
            .run(&shapes, |(nx, ny, nz, seed)| {
                let frame = frame([nx, ny, nz], [1.0, 2.0, 0.5]);
                let mut void = Mask::empty(frame.size);
                let mut state = seed | 1;
                for i in 0..frame.len() {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    if state >> 33 & 3 != 0 {
                        let [x, y, z] = frame.voxel(i);
                        void.insert(x, y, z);
                    }
                }
                let shape = Openings::of_mask(&frame, Border::Open, &void, &exec);
                for axis in 0..3 {
                    for ends in [Ends::Faces, Ends::Centres] {
                        if ends == Ends::Centres && frame.size[axis] < 3 {
                            continue;
                        }
                        let got = through(&shape, axis, ends, &exec).unwrap().diffusivity;
                        let truth = direct(&frame, &void, axis, ends);
                        prop_assert!((got - truth).abs() < 1e-5, "{:?}: {} {}", ends, got, truth);
                    }
                }
                Ok(())
            })
            .unwrap();
    }

    /// Deff / D0 from a dense solve of the flux balance of every void voxel.
    fn direct(frame: &Frame, void: &Mask, axis: usize, ends: Ends) -> f64 {
        let n = frame.len();
        let h = frame.spacing;
        let conductance = |a: usize| h[0] * h[1] * h[2] / (h[a] * h[a]);
        let is_void = |v: [usize; 3]| void.get(v[0], v[1], v[2]);
        let mut a = nalgebra::DMatrix::<f64>::zeros(n, n);
        let mut b = nalgebra::DVector::<f64>::zeros(n);
        for i in 0..n {
            let v = frame.voxel(i);
            if ends == Ends::Centres && is_void(v) && (v[axis] == 0 || v[axis] + 1 == frame.size[axis]) {
                a[(i, i)] = 1.0;
                b[i] = if v[axis] == 0 { 1.0 } else { 0.0 };
                continue;
            }
            // A trace of a leak to 0 settles what hangs on nothing.
            a[(i, i)] += if is_void(v) { 1e-9 } else { 1.0 };
            for k in (0..3).filter(|_| is_void(v)) {
                for up in [false, true] {
                    let mut w = v;
                    let outside = if up { v[k] + 1 == frame.size[k] } else { v[k] == 0 };
                    if outside {
                        if k == axis && ends == Ends::Faces {
                            a[(i, i)] += 2.0 * conductance(k);
                            b[i] += if up { 0.0 } else { 2.0 * conductance(k) };
                        }
                        continue;
                    }
                    w[k] = if up { v[k] + 1 } else { v[k] - 1 };
                    if is_void(w) {
                        a[(i, i)] += conductance(k);
                        a[(i, frame.index(w[0], w[1], w[2]))] -= conductance(k);
                    }
                }
            }
        }
        let c = a.lu().solve(&b).unwrap();
        let step = [1, frame.size[0], frame.size[0] * frame.size[1]][axis];
        let flux: f64 = (0..n)
            .filter(|i| frame.voxel(*i)[axis] == 0 && is_void(frame.voxel(*i)))
            .map(|i| match ends {
                Ends::Faces => 2.0 * conductance(axis) * (1.0 - c[i]),
                Ends::Centres if is_void(frame.voxel(i + step)) => conductance(axis) * (1.0 - c[i + step]),
                Ends::Centres => 0.0,
            })
            .sum();
        let extent = frame.extent();
        let length = if ends == Ends::Faces { extent[axis] } else { extent[axis] - frame.spacing[axis] };
        flux * length / (extent[0] * extent[1] * extent[2] / extent[axis])
    }

    #[test]
    fn a_dead_end_carries_nothing() {
        let exec = Exec::silent(1).unwrap();
        let frame = frame([8, 8, 30], [1.0; 3]);
        let mut void = Mask::empty(frame.size);
        for z in 0..30 {
            void.insert(1, 1, z);
            if z < 20 {
                void.insert(5, 5, z);
            }
        }
        let d = through(&Openings::of_mask(&frame, Border::Open, &void, &exec), 2, Ends::Faces, &exec).unwrap();
        assert!((d.diffusivity - 1.0 / 64.0).abs() < 1e-7, "{d:?}");
        assert!((d.stagnant - 0.4).abs() < 1e-9, "{d:?}");
    }
}
