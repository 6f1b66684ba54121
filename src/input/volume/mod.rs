//! Readers of volume formats.

pub mod aim;
mod bmp;
pub mod dicom;
mod dicom_jpeg;
mod dicom_lengths;
mod dicom_pixels;
pub mod isq;
pub mod metaimage;
pub mod nifti;
pub mod npy;
pub mod npz;
pub mod nrrd;
pub mod placing;
pub mod raw;
mod samples;
pub mod skyscan;
pub mod slices;
pub mod tiff;
pub mod vti;
pub mod vtk;

use std::path::{Component, Path};

use super::{InputError, InputErrorKind};

/// The data file that a header names, from the folder of the header.
///
/// # Errors
/// When it lies elsewhere, is one of several, or cannot be read.
fn detached(folder: &Path, name: &str) -> Result<Vec<u8>, InputError> {
    if name.starts_with("LIST") || name.contains('%') {
        return Err(InputError::new(InputErrorKind::Unsupported, "has its voxels in several files".to_owned())
            .remedy("save it with one data file"));
    }
    // The name comes from the file: what lies outside its folder is not read on its word.
    let file = Path::new(name);
    if !file.components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir)) {
        return Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("has its voxels in `{name}`, outside its own folder"),
        )
        .remedy("put the data file beside the header and name it without a path"));
    }
    std::fs::read(folder.join(file)).map_err(|e| {
        InputError::new(InputErrorKind::Unreadable, format!("has its voxels in `{name}`, which cannot be read: {e}"))
    })
}
