//! The parallel voxel core: one algorithm a file, on grids with physical spacing.
//!
//! Nothing here knows what is a scaffold, a pore or a limit; it knows phases, distances, balls and paths.

pub mod crofton;
pub mod curvature;
pub mod denoise;
pub mod distance;
pub mod eikonal;
pub mod euler;
pub mod hysteresis;
pub mod inside;
pub mod intercepts;
pub mod iso_surface;
pub mod labels;
pub mod nearby;
pub mod network;
pub mod paint;
pub mod passage;
pub mod reached;
pub mod ridge;
pub mod segmentation;
pub mod sharp_edges;
mod slabs;
pub mod thickness;
pub mod widest;
pub mod winding;
