//! What every fuzz target holds its reader to.
//!
//! `cargo +nightly fuzz run nifti corpus/nifti ../tests/files` starts one from the files that the tests read (what it finds
//! goes into the first folder); `cargo check` sees that all of them compile. `tests/mutations.rs` does a part of it without
//! a fuzzer.

use poregauge::input::{Content, InputError, Note};
use poregauge::limits::Limits;

/// A budget that no header's word may break.
pub const LIMITS: Limits = Limits { memory: 1 << 26 };

/// Accepts errors, and files whose values match their size and are numbers.
pub fn sound(read: Result<(Content, Vec<Note>), InputError>) {
    match read {
        Err(error) => assert!(!error.message.is_empty()),
        Ok((Content::Mesh { triangles, .. }, _)) => {
            assert!(triangles.iter().flatten().flatten().all(|c| c.is_finite()));
        }
        Ok((Content::Volume { volume, spacing, origin }, _)) => {
            assert_eq!(volume.size.iter().product::<usize>(), volume.levels.len());
            assert!((0..volume.levels.len()).all(|i| volume.levels.get(i).is_finite()));
            assert!(spacing.is_none_or(|s| s.spacing.iter().all(|v| v.is_finite() && *v > 0.0)));
            assert!(origin.iter().all(|o| o.is_finite()));
        }
    }
}
