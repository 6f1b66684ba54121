//! Writers of meshes and volumes.

pub mod nrrd;
pub mod stl;
