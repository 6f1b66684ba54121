//! Stiffness of a porous body relative to its solid: the homogenised tensor of a repeating cell, the apparent modulus of a
//! sample between plates, and the bounds of uniform strain and uniform stress.
//!
//! *Repeating cell*: the six unit strains are applied as means; C follows from the energies of the six solutions and their
//! pairs, so its error is the square of theirs. *Sample between plates*: the two faces across an axis are pressed together
//! without friction, the others are free, as in a compression test; it lies below the modulus under uniform strain of all
//! faces, which is an upper bound, and above that under uniform stress ([`traction`](super::traction)), a lower one (Hazanov
//! & Huet 1994, doi:10.1016/0022-5096(94)90022-1).
//!
//! Strains and stresses are ordered xx, yy, zz, yz, xz, xy. All moduli are relative to that of the solid, whose Poisson
//! ratio is given. Partly filled voxels have their share of the modulus. About 250 bytes for each voxel with solid.

use nalgebra::{Matrix6, SVector, Vector6};

use super::brick::{DOFS, material, stiffness, strain, uniform};
use super::level::{Element, Hold, Level, Rows, rows};
use super::multigrid::Multigrid;
use super::rigid::Rigid;
use super::solid::{Shares, Span};
use crate::parallel::Exec;
use crate::solver::SolveError;
use crate::solver::multigrid::Solved;
use crate::solver::vector::{add_scaled, dot, scale_add, sum, update};

/// Residual at which a solution is taken.
const TOLERANCE: f64 = 1e-6;

/// Iterations after which it is given up.
const MOST: usize = 1000;

/// Displacements of one load case, of the nodes.
pub type Displacements = Vec<[f64; 3]>;

/// A loaded body.
#[derive(Debug)]
pub struct Body {
    mg: Multigrid,
    matrix: [Rows<f64>; 1],
    pub(super) side: [f64; 3],
    elasticity: Matrix6<f64>,
    /// Volume of the grid.
    pub(super) volume: f64,
    /// How it may move as a whole where nothing holds it.
    pub(super) rigid: Option<Rigid>,
    /// Share of the solid that hangs on nothing and was left out.
    pub left_out: f64,
}

/// Stress of the solid in one voxel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stress {
    /// Voxel of the grid.
    pub voxel: u32,
    /// Solid share of the voxel.
    pub share: f64,
    /// Stress at its centre.
    pub stress: [f64; 6],
}

impl Body {
    /// The part of the solid that spans; `None` where none does.
    ///
    /// # Errors
    /// When the run was cancelled.
    pub fn new(shares: &Shares, hold: Hold, poisson: f64, exec: &Exec) -> Result<Option<Self>, SolveError> {
        let span = match hold {
            Hold::Periodic => Span::Winding,
            Hold::Plates(axis) => Span::Across(axis),
            Hold::All => Span::Faces,
            Hold::Free => Span::Opposite,
        };
        let (voxels, left_out) = shares.carrying(span, exec);
        if voxels.is_empty() {
            return Ok(None);
        }
        // Lengths in units of the first spacing, so that single precision has no powers of micrometres to carry.
        let side = shares.frame.spacing.map(|h| h / shares.frame.spacing[0]);
        let elasticity = material(poisson);
        let brick = stiffness(side, &elasticity);
        let voxels = voxels.into_iter().map(|(v, s)| (v, 0, f32::from(s) / 255.0)).collect();
        let fine = Level::new(shares.frame.size, hold, voxels, vec![rows(&brick)], exec);
        let volume = shares.frame.len() as f64 * side.iter().product::<f64>();
        let rigid = (hold == Hold::Free).then(|| Rigid::new(&fine, side));
        let matrix = [rows(&brick)];
        Ok(Some(Self { mg: Multigrid::new(fine, exec)?, matrix, side, elasticity, volume, rigid, left_out }))
    }

    pub(super) fn fine(&self) -> &Level {
        &self.mg.levels[0]
    }

    fn gathered(element: &Element, u: &[[f64; 3]]) -> SVector<f64, DOFS> {
        SVector::from_fn(|i, _| u[element.nodes[i / 3] as usize][i % 3])
    }

    /// Solves K x = b from the x given.
    pub(super) fn solve(&mut self, b: &[[f64; 3]], x: &mut [[f64; 3]], exec: &Exec) -> Result<Solved, SolveError> {
        let n = b.len();
        let (mut z, mut p, mut q) = (vec![[0.0f64; 3]; n], vec![[0.0f64; 3]; n], vec![[0.0f64; 3]; n]);
        let mut r = b.to_vec();
        self.fine().apply(&self.matrix, x, &mut q, exec);
        add_scaled(r.as_flattened_mut(), -1.0, q.as_flattened(), exec);
        let size = dot(b.as_flattened(), b.as_flattened(), exec).sqrt();
        let mut norm = dot(r.as_flattened(), r.as_flattened(), exec).sqrt();
        let (mut iterations, mut rz, mut alpha) = (0, 0.0, 0.0);
        while norm > TOLERANCE * size && iterations < MOST {
            exec.checkpoint()?;
            self.mg.precondition(&r, &mut z, exec);
            if let Some(rigid) = &self.rigid {
                rigid.remove(&mut z, exec);
            }
            // After Polak and Ribière: single precision makes the preconditioner a little other from step to step.
            let beta = if rz == 0.0 { 0.0 } else { -alpha * dot(z.as_flattened(), q.as_flattened(), exec) / rz };
            rz = dot(r.as_flattened(), z.as_flattened(), exec);
            scale_add(p.as_flattened_mut(), beta, z.as_flattened(), exec);
            self.fine().apply(&self.matrix, &p, &mut q, exec);
            let pq = dot(p.as_flattened(), q.as_flattened(), exec);
            if pq <= 0.0 || !pq.is_finite() {
                break;
            }
            alpha = dot(r.as_flattened(), p.as_flattened(), exec) / pq;
            add_scaled(x.as_flattened_mut(), alpha, p.as_flattened(), exec);
            add_scaled(r.as_flattened_mut(), -alpha, q.as_flattened(), exec);
            norm = dot(r.as_flattened(), r.as_flattened(), exec).sqrt();
            iterations += 1;
        }
        let residual = if size > 0.0 { norm / size } else { 0.0 };
        if residual > TOLERANCE {
            return Err(SolveError::NotConverged { what: "elasticity", iterations, residual });
        }
        Ok(Solved { iterations, residual })
    }

    /// Displacements beside those of a mean strain, of a repeating cell.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn under_mean_strain(&mut self, e: &Vector6<f64>, exec: &Exec) -> Result<(Displacements, Solved), SolveError> {
        let n = self.fine().place.len();
        let mut b = vec![[0.0f64; 3]; n];
        // The strain is the same in every element, and so is its force but for the share.
        let force = stiffness(self.side, &self.elasticity) * uniform(e, [0.0; 3], self.side);
        for element in &self.fine().elements {
            for (k, node) in element.nodes.iter().enumerate() {
                for c in 0..3 {
                    b[*node as usize][c] -= f64::from(element.scale) * force[3 * k + c];
                }
            }
        }
        // Forces inside of the solid cancel but for rounding.
        let whole = force.amax();
        for v in b.as_flattened_mut().iter_mut().filter(|v| v.abs() < 1e-12 * whole) {
            *v = 0.0;
        }
        let mut x = vec![[0.0f64; 3]; n];
        let solved = self.solve(&b, &mut x, exec)?;
        Ok((x, solved))
    }

    /// Displacements of a body held at its faces as a uniform strain moves them.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn under_held_strain(&mut self, e: &Vector6<f64>, exec: &Exec) -> Result<(Displacements, Solved), SolveError> {
        let n = self.fine().place.len();
        let mut x: Displacements = self
            .fine()
            .place
            .iter()
            .map(|p| {
                let u = uniform(e, std::array::from_fn(|a| f64::from(p[a]) * self.side[a]), self.side);
                [u[0], u[1], u[2]]
            })
            .collect();
        // Between plates only the strain along their axis is given; the rest finds itself.
        let mut b = vec![[0.0f64; 3]; n];
        self.fine().apply(&self.matrix, &x, &mut b, exec);
        b.as_flattened_mut().iter_mut().for_each(|v| *v = -*v);
        let mut more = vec![[0.0f64; 3]; n];
        let solved = self.solve(&b, &mut more, exec)?;
        add_scaled(x.as_flattened_mut(), 1.0, more.as_flattened(), exec);
        Ok((x, solved))
    }

    /// Twice the stored energy per volume of the grid of two fields, each displacements and a mean strain beside them.
    #[must_use]
    pub fn energy(&self, u: (&[[f64; 3]], &Vector6<f64>), v: (&[[f64; 3]], &Vector6<f64>), exec: &Exec) -> f64 {
        let fine = self.fine();
        let k = stiffness(self.side, &self.elasticity);
        let (mean_u, mean_v) = (uniform(u.1, [0.0; 3], self.side), uniform(v.1, [0.0; 3], self.side));
        let total = sum(fine.elements.len(), exec, |from, to| {
            fine.elements[from..to]
                .iter()
                .map(|element| {
                    let (a, b) = (Self::gathered(element, u.0) + mean_u, Self::gathered(element, v.0) + mean_v);
                    f64::from(element.scale) * a.dot(&(k * b))
                })
                .sum()
        });
        total / self.volume
    }

    /// The elasticity tensor of a repeating cell, relative to the modulus of the solid; the six solutions and how they
    /// ended.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn homogenised(&mut self, exec: &Exec) -> Result<(Matrix6<f64>, [Displacements; 6], [Solved; 6]), SolveError> {
        let mut fields: [Displacements; 6] = Default::default();
        let mut solved = [Solved { iterations: 0, residual: 0.0 }; 6];
        for i in 0..6 {
            (fields[i], solved[i]) = self.under_mean_strain(&Vector6::ith(i, 1.0), exec)?;
        }
        let mut c = Matrix6::zeros();
        for i in 0..6 {
            for j in i..6 {
                let (e, f) = (Vector6::ith(i, 1.0), Vector6::ith(j, 1.0));
                c[(i, j)] = self.energy((&fields[i], &e), (&fields[j], &f), exec);
                c[(j, i)] = c[(i, j)];
            }
        }
        Ok((c, fields, solved))
    }

    /// The tensor under uniform strain of all faces, an upper bound for the effective one.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn bound(&mut self, exec: &Exec) -> Result<Matrix6<f64>, SolveError> {
        let mut fields: Vec<Displacements> = Vec::new();
        for i in 0..6 {
            fields.push(self.under_held_strain(&Vector6::ith(i, 1.0), exec)?.0);
        }
        let none = Vector6::zeros();
        let mut c = Matrix6::zeros();
        for i in 0..6 {
            for j in i..6 {
                c[(i, j)] = self.energy((&fields[i], &none), (&fields[j], &none), exec);
                c[(j, i)] = c[(i, j)];
            }
        }
        Ok(c)
    }

    /// Apparent modulus between plates across `axis`, relative to the solid's, and the displacements at strain 1.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn between_plates(&mut self, axis: usize, exec: &Exec) -> Result<(f64, Displacements, Solved), SolveError> {
        let (u, solved) = self.under_held_strain(&Vector6::ith(axis, 1.0), exec)?;
        let none = Vector6::zeros();
        Ok((self.energy((&u, &none), (&u, &none), exec), u, solved))
    }

    /// Stress at the centre of every voxel that carries, in units of the solid's modulus; `mean` is the strain beside the
    /// displacements.
    #[must_use]
    pub fn stresses(&self, u: &[[f64; 3]], mean: &Vector6<f64>, exec: &Exec) -> Vec<Stress> {
        let fine = self.fine();
        let b = strain([0.5; 3], self.side);
        let mut all = vec![Stress { voxel: 0, share: 0.0, stress: [0.0; 6] }; fine.elements.len()];
        update(&mut all, exec, |from, piece| {
            for (k, out) in piece.iter_mut().enumerate() {
                let element = &fine.elements[from + k];
                let stress = self.elasticity * (b * Self::gathered(element, u) + mean);
                *out = Stress {
                    voxel: fine.voxel[from + k],
                    share: f64::from(element.scale),
                    stress: std::array::from_fn(|i| stress[i]),
                };
            }
        });
        all
    }

    #[cfg(test)]
    fn nodes(&self) -> usize {
        self.fine().place.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Border, Frame, Mask};
    use crate::limits::Limits;

    fn frame(size: [usize; 3], spacing: [f64; 3]) -> Frame {
        Frame { size, spacing, origin: [0.0; 3] }
    }

    fn body(frame: &Frame, border: Border, hold: Hold, f: impl Fn([usize; 3]) -> bool) -> Option<Body> {
        let exec = Exec::silent(2).unwrap();
        let mut solid = Mask::empty(frame.size);
        for i in 0..frame.len() {
            let v = frame.voxel(i);
            if f(v) {
                solid.insert(v[0], v[1], v[2]);
            }
        }
        let shares = Shares::of_mask(frame, border, &solid, &Limits::default(), &exec).unwrap();
        Body::new(&shares, hold, 0.3, &exec).unwrap()
    }

    #[test]
    fn a_solid_block_has_the_tensor_of_its_material() {
        let exec = Exec::silent(2).unwrap();
        let frame = frame([6, 4, 8], [10.0, 15.0, 8.0]);
        let mut cell = body(&frame, Border::Periodic, Hold::Periodic, |_| true).unwrap();
        let (c, ..) = cell.homogenised(&exec).unwrap();
        assert!((c - material(0.3)).amax() < 1e-13, "{c}");
        for axis in 0..3 {
            let mut block = body(&frame, Border::Open, Hold::Plates(axis), |_| true).unwrap();
            let (e, u, _) = block.between_plates(axis, &exec).unwrap();
            assert!((e - 1.0).abs() < 1e-9, "{e}");
            assert_eq!(u.len(), block.nodes());
        }
        let bound = body(&frame, Border::Open, Hold::All, |_| true).unwrap().bound(&exec).unwrap();
        assert!((bound - material(0.3)).amax() < 1e-12);
    }

    #[test]
    fn plates_in_a_stack_with_nothing_between_are_plane_stress() {
        // Layers of solid across z: stiff along x and y as sheets in plane stress, nothing across.
        let exec = Exec::silent(2).unwrap();
        let frame = frame([8, 8, 8], [1.0; 3]);
        let mut cell = body(&frame, Border::Periodic, Hold::Periodic, |v| v[2] < 3).unwrap();
        let (c, ..) = cell.homogenised(&exec).unwrap();
        let (f, nu) = (3.0 / 8.0, 0.3);
        assert!((c[(0, 0)] - f / (1.0 - nu * nu)).abs() < 1e-6, "{c}");
        assert!((c[(0, 1)] - f * nu / (1.0 - nu * nu)).abs() < 1e-6);
        assert!((c[(5, 5)] - f * 0.5 / (1.0 + nu)).abs() < 1e-6);
        assert!(c[(2, 2)].abs() < 1e-6 && c[(3, 3)].abs() < 1e-6);
    }

    #[test]
    fn a_slender_lattice_is_as_stiff_as_its_struts() {
        // Square struts of width w along the three axes of a cell of n. Along an axis one strut stretches, joints stiffen it:
        // E lies between w²/n² and that over the free length. In shear beams of length n, clamped at both ends, bend
        // (Euler and Bernoulli): G = w⁴/(2 n⁴), and again more over the free length.
        let exec = Exec::silent(2).unwrap();
        let (n, w) = (48usize, 4usize);
        let frame = frame([n; 3], [1.0; 3]);
        let on = |i: usize| i < w;
        let mut cell = body(&frame, Border::Periodic, Hold::Periodic, |v| {
            (0..3).any(|a| (0..3).filter(|b| *b != a).all(|b| on(v[b])))
        })
        .unwrap();
        let (c, _, solved) = cell.homogenised(&exec).unwrap();
        let s = c.try_inverse().unwrap();
        let (e, g) = (1.0 / s[(0, 0)], 1.0 / s[(3, 3)]);
        let share = (w * w) as f64 / (n * n) as f64;
        let free = (n - w) as f64 / n as f64;
        assert!(solved.iter().all(|s| s.iterations < 15), "{solved:?}");
        assert!(e > share && e < share / free * 1.02, "{e} {share}");
        let ratio = w as f64 / n as f64;
        let beams = ratio.powi(4) / 2.0;
        assert!(g > beams && g < beams / free.powi(3) * 1.1, "{g} {beams}");
        // Cubic symmetry.
        assert!((c[(0, 0)] - c[(1, 1)]).abs() < 1e-6 * c[(0, 0)] && (c[(3, 3)] - c[(5, 5)]).abs() < 1e-5 * c[(3, 3)]);
    }

    #[test]
    fn solid_that_leads_nowhere_carries_nothing() {
        let frame = frame([8; 3], [1.0; 3]);
        let island = |v: [usize; 3]| v.iter().all(|c| (2..5).contains(c));
        assert!(body(&frame, Border::Periodic, Hold::Periodic, island).is_none());
        let column = |v: [usize; 3]| v[0] < 2 && v[1] < 2 || v[0] > 5 && v[2] < 3;
        let body = body(&frame, Border::Open, Hold::Plates(2), column).unwrap();
        assert!((body.left_out - 48.0 / 80.0).abs() < 1e-12);
    }
}
