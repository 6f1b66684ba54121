//! Readers of volume formats.

pub mod npy;
pub mod nrrd;
mod samples;
pub mod tiff;
