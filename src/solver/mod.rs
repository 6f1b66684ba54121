//! Fields by equation: diffusion, slow flow and elasticity on the voxels of a design.
//!
//! Scalar fields share one kernel: a [`conductor`] on the grid, coarse levels by [`aggregate`], a [`multigrid`] cycle
//! inside conjugate gradients. Slow flow couples three of a simpler kind ([`lattice`], [`pyramid`]) with the [`blocks`] of
//! one of those, inside minimal residuals. What has not converged is an error, never a figure.

pub mod aggregate;
pub mod blocks;
pub mod conductor;
pub mod diffusion;
pub mod elastic;
pub mod faces;
pub mod flow;
pub mod lattice;
pub mod minres;
pub mod multigrid;
pub mod openings;
pub mod pyramid;
pub mod reaction;
pub mod shares;
pub mod shear;
pub mod stokes;
pub mod vector;

use crate::limits::LimitError;
use crate::parallel::Cancelled;

/// Why a field has no solution to report.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SolveError {
    /// It did not converge.
    #[error("{what} did not converge: residual {residual:.1e} after {iterations} iterations; use another resolution")]
    NotConverged {
        /// Which equation.
        what: &'static str,
        /// Iterations made.
        iterations: usize,
        /// Residual reached, as a share of the right-hand side.
        residual: f64,
    },
    /// It does not fit the memory budget.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The run was cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}
