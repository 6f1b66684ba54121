//! The fuzz targets: `cargo +nightly fuzz run nifti corpus/nifti ../tests/fuzz/nifti ../tests/files` starts one from what was
//! kept of earlier runs and the files that the tests read (what it finds goes into the first folder).
//!
//! What they do stands with the tests, which replay what was kept without a fuzzer.

#[path = "../../tests/common/targets.rs"]
mod targets;

pub use targets::{TARGETS, run};
