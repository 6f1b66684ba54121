//! Readers of mesh formats.

mod faces;
pub mod gltf;
pub mod obj;
pub mod off;
pub mod ply;
mod polygon;
pub mod stl;
pub mod threemf;
