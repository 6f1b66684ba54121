//! Elasticity of the solid, by finite elements on its voxels.

pub mod brick;
pub mod level;
pub mod multigrid;
pub mod rigid;
pub mod solid;
pub mod stiffness;
pub mod traction;
pub mod uniaxial;

#[cfg(test)]
mod published;
