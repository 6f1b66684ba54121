//! Minimal residuals for symmetric systems that are not definite: slow flow, with its pressures.
//!
//! Method: Paige & Saunders 1975 (doi:10.1137/0712047), preconditioned by a symmetric, definite operator as in Elman,
//! Silvester & Wathen, *Finite Elements and Fast Iterative Solvers*. Seven vectors.

use super::multigrid::Solved;
use super::vector::{add_scaled, dot, update};
use crate::parallel::{Cancelled, Exec};

/// A symmetric system and an approximate inverse of it that is definite.
pub trait Symmetric {
    /// A·x into `out`.
    fn apply(&self, x: &[f32], out: &mut [f32], exec: &Exec);
    /// z ≈ A⁻¹ r.
    fn precondition(&mut self, r: &[f32], z: &mut [f32], exec: &Exec);
}

/// Solves A x = b from 0, until the residual in the norm of the preconditioner is `tolerance` of the first or `most`
/// iterations were made.
///
/// # Errors
/// When the run was cancelled.
pub fn minres(
    system: &mut impl Symmetric,
    b: Vec<f32>,
    tolerance: f64,
    most: usize,
    exec: &Exec,
) -> Result<(Vec<f32>, Solved), Cancelled> {
    let n = b.len();
    let zero = || vec![0.0f32; n];
    let mut x = zero();
    let (mut v, mut v_old, mut z, mut az) = (b, zero(), zero(), zero());
    let (mut w, mut w_old) = (zero(), zero());
    system.precondition(&v, &mut z, exec);
    let mut gamma = dot(&z, &v, exec).max(0.0).sqrt();
    let first = gamma;
    if first == 0.0 {
        return Ok((x, Solved { iterations: 0, residual: 0.0 }));
    }
    let (mut gamma_old, mut eta) = (1.0, gamma);
    let (mut s_old, mut s, mut c_old, mut c) = (0.0, 0.0, 1.0, 1.0);
    let mut iterations = 0;
    while eta.abs() > tolerance * first && iterations < most {
        exec.checkpoint()?;
        // z and v are γ times the vectors of the method.
        system.apply(&z, &mut az, exec);
        let delta = dot(&az, &z, exec) / (gamma * gamma);
        let before = if iterations > 0 { gamma / gamma_old } else { 0.0 };
        combine(&mut v_old, -before, [(1.0 / gamma, &az), (-delta / gamma, &v)], exec);
        std::mem::swap(&mut v_old, &mut v);
        // The present z is needed once more, A z is not.
        system.precondition(&v, &mut az, exec);
        std::mem::swap(&mut z, &mut az);
        let next = dot(&z, &v, exec).max(0.0).sqrt();
        let a0 = c * delta - c_old * s * gamma;
        let a1 = a0.hypot(next);
        let a2 = s * delta + c_old * c * gamma;
        let a3 = s_old * gamma;
        if a1 == 0.0 {
            break;
        }
        (c_old, c) = (c, a0 / a1);
        (s_old, s) = (s, next / a1);
        combine(&mut w_old, -a3 / a1, [(1.0 / (gamma * a1), &az), (-a2 / a1, &w)], exec);
        std::mem::swap(&mut w, &mut w_old);
        add_scaled(&mut x, c * eta, &w, exec);
        eta *= -s;
        (gamma_old, gamma) = (gamma, next);
        iterations += 1;
        if gamma == 0.0 {
            break;
        }
    }
    Ok((x, Solved { iterations, residual: eta.abs() / first }))
}

/// s·x + Σ t·y into x.
fn combine(x: &mut [f32], s: f64, others: [(f64, &[f32]); 2], exec: &Exec) {
    let [(t, y), (u, z)] = others;
    update(x, exec, |from, piece| {
        for ((x, y), z) in piece.iter_mut().zip(&y[from..]).zip(&z[from..]) {
            *x = (s * f64::from(*x) + t * f64::from(*y) + u * f64::from(*z)) as f32;
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, DVector};

    struct Dense(DMatrix<f32>);

    impl Symmetric for Dense {
        fn apply(&self, x: &[f32], out: &mut [f32], _exec: &Exec) {
            out.copy_from_slice((&self.0 * DVector::from_row_slice(x)).as_slice());
        }
        fn precondition(&mut self, r: &[f32], z: &mut [f32], _exec: &Exec) {
            for (k, (z, r)) in z.iter_mut().zip(r).enumerate() {
                *z = r / (1.0 + k as f32 / 5.0);
            }
        }
    }

    #[test]
    fn an_indefinite_system_is_solved() {
        let exec = Exec::silent(1).unwrap();
        let n = 12;
        let matrix =
            DMatrix::from_fn(
                n,
                n,
                |i, j| if i == j { [3.0, -2.0][i % 2] + i as f32 } else { 0.3 / (1 + i + j) as f32 },
            );
        let truth = DVector::from_fn(n, |i, _| (i as f32).sin());
        let b = &matrix * &truth;
        let (x, solved) = minres(&mut Dense(matrix), b.as_slice().to_vec(), 1e-6, 50, &exec).unwrap();
        assert!(solved.iterations <= 2 * n && (DVector::from_vec(x) - truth).norm() < 1e-4, "{solved:?}");
    }
}
