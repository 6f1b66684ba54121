//! Reference designs with known answers: minimal surfaces, strut lattices and filament stacks.
//!
//! Meshes are closed and face outward, except where a design is meant to be faulty.

pub mod cubic;
pub mod struts;
pub mod tpms;

use crate::mesh::Mesh;

/// Why a design cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GenerateError(pub String);

/// Something wrong on purpose, to try a gauge on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Closed pores inside the struts.
    ClosedPores,
    /// Loose cubes in the pores.
    Islands,
    /// Two fifths of the triangles are missing.
    Holes,
}

/// Takes two of every five triangles out.
#[must_use]
pub fn with_holes(mut mesh: Mesh) -> Mesh {
    let mut n = 0;
    mesh.triangles.retain(|_| {
        n += 1;
        n % 5 < 3
    });
    mesh
}
