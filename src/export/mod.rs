//! Writers of meshes, volumes and networks.

pub mod network;
pub mod nrrd;
pub mod stl;
