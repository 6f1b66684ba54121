//! Young's modulus of a repeating cell along one axis, by as few load cases as its symmetry allows.
//!
//! The strain ε under a stress σ along the axis solves C ε = σ, where C times a strain is the mean stress of one load case.
//! That is solved by the conjugate directions of Lanczos: each further case is the part of the last mean stress that is
//! orthogonal to the strains before it. A cubic cell takes two cases, an orthotropic one three, any six at most. As all of C
//! does, the modulus follows from the energies of pairs of cases, so that its error is the square of theirs.

use nalgebra::{Matrix6, Vector6};

use super::stiffness::{Body, Displacements};
use crate::parallel::Exec;
use crate::solver::SolveError;

/// Part of the stress that may be off before another case is taken: the modulus is off by about its square.
const ROUNDING: f64 = 1e-4;

/// Modulus over the share of solid below which a cell carries nothing.
const NOTHING: f64 = 1e-7;

impl Body {
    /// Young's modulus of a repeating cell along `axis`, relative to that of the solid, and the number of load cases that it
    /// took; 0 where it carries nothing.
    ///
    /// # Errors
    /// When it does not converge, or the run was cancelled.
    pub fn modulus_along(&mut self, axis: usize, exec: &Exec) -> Result<(f64, usize), SolveError> {
        let nothing = NOTHING * self.density();
        let mut cases: Vec<(Vector6<f64>, Displacements)> = Vec::new();
        // C among the strains taken; those not taken are as stiff as the solid and bear nothing.
        let mut c = Matrix6::identity();
        let mut strain = Vector6::ith(axis, 1.0);
        loop {
            let (u, _) = self.under_mean_strain(&strain, exec)?;
            let mut stress = self.mean_stress((&u, &strain), exec);
            cases.push((strain, u));
            let last = cases.len() - 1;
            for i in 0..=last {
                let [(e, u), (f, v)] = [&cases[i], &cases[last]];
                c[(i, last)] = self.energy((u, e), (v, f), exec);
                c[(last, i)] = c[(i, last)];
            }
            c[(last, last)] += 1e-2 * nothing;
            // The first strain is along the axis, and so is the stress.
            let Some(answer) = c.lu().solve(&Vector6::ith(0, 1.0)) else { return Ok((0.0, cases.len())) };
            // Twice, for what rounding leaves the first time.
            for (known, _) in cases.iter().chain(&cases) {
                stress -= known * known.dot(&stress);
            }
            let modulus = 1.0 / answer[0];
            if modulus < nothing {
                return Ok((0.0, cases.len()));
            }
            if cases.len() == 6 || stress.norm() * answer[last].abs() <= ROUNDING {
                return Ok((modulus, cases.len()));
            }
            strain = stress.normalize();
        }
    }

    /// Share of the grid that is solid and carries.
    fn density(&self) -> f64 {
        let shares: f64 = self.fine().elements.iter().map(|e| f64::from(e.scale)).sum();
        shares * self.side.iter().product::<f64>() / self.volume
    }

    /// Mean stress of displacements and a mean strain beside them.
    fn mean_stress(&self, u: (&[[f64; 3]], &Vector6<f64>), exec: &Exec) -> Vector6<f64> {
        let still = vec![[0.0; 3]; u.0.len()];
        Vector6::from_fn(|i, _| self.energy(u, (&still, &Vector6::ith(i, 1.0)), exec))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::{Border, Frame, Mask};
    use crate::limits::Limits;
    use crate::solver::elastic::level::Hold;
    use crate::solver::elastic::solid::Shares;

    fn cell(size: [usize; 3], solid: impl Fn([usize; 3]) -> bool) -> Body {
        let exec = Exec::silent(2).unwrap();
        let frame = Frame { size, spacing: [1.0, 1.0, 1.25], origin: [0.0; 3] };
        let mut mask = Mask::empty(size);
        for v in (0..frame.len()).map(|i| frame.voxel(i)).filter(|v| solid(*v)) {
            mask.insert(v[0], v[1], v[2]);
        }
        let shares = Shares::of_mask(&frame, Border::Periodic, &mask, &Limits::default(), &exec).unwrap();
        Body::new(&shares, Hold::Periodic, 0.3, &exec).unwrap().unwrap()
    }

    /// The modulus from the whole tensor, and as few cases as are needed.
    fn compare(body: &mut Body, axis: usize) -> (f64, f64, usize) {
        let exec = Exec::silent(2).unwrap();
        let whole = body.homogenised(&exec).unwrap().0.try_inverse().unwrap();
        let (along, cases) = body.modulus_along(axis, &exec).unwrap();
        (1.0 / whole[(axis, axis)], along, cases)
    }

    #[test]
    fn struts_along_the_axes_take_as_few_cases_as_their_symmetry_has_moduli() {
        // Along z they are thicker and the voxels longer: tetragonal, and two cases along z; three along x.
        let (size, width) = ([16, 16, 14], [4, 4, 6]);
        let mut body = cell(size, |v| {
            let near = |b: usize, a: usize| (2 * v[b] + 1).abs_diff(size[b]) < width[a];
            (0..3).any(|a| (0..3).filter(|b| *b != a).all(|b| near(b, a)))
        });
        for (axis, most) in [(0, 3), (2, 2)] {
            let (whole, along, cases) = compare(&mut body, axis);
            assert!((along / whole - 1.0).abs() < 1e-6, "{along} {whole}");
            assert_eq!(cases, most);
        }
    }

    #[test]
    fn a_skew_cell_has_the_modulus_of_its_whole_tensor() {
        // A wall, a leaning wall and a rod: no symmetry at all.
        let mut body =
            cell([12, 12, 12], |[x, y, z]| x < 2 || (x + 2 * y + z) % 12 < 3 || ((y + z) % 12 < 3 && (x + z) % 12 < 3));
        for axis in 0..3 {
            let (whole, along, cases) = compare(&mut body, axis);
            assert!((along / whole - 1.0).abs() < 1e-5, "{along} {whole}");
            assert!(cases > 3, "{cases}");
        }
    }

    #[test]
    fn across_plates_with_nothing_between_the_modulus_is_nothing() {
        let exec = Exec::silent(2).unwrap();
        let mut plates = cell([8, 8, 8], |v| v[2] < 3);
        assert_eq!(plates.modulus_along(2, &exec).unwrap().0, 0.0);
        let (along, _) = plates.modulus_along(0, &exec).unwrap();
        assert!((along - 3.0 / 8.0).abs() < 1e-6, "{along}");
    }
}
