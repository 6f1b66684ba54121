//! Readers of volume formats.

pub mod metaimage;
pub mod nifti;
pub mod npy;
pub mod npz;
pub mod nrrd;
mod samples;
pub mod slices;
pub mod tiff;
