//! Readers of mesh formats.

pub mod stl;
