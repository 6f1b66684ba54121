//! What was kept of fuzzing, in `tests/fuzz/TARGET`: every entry goes through its reader again, which is held to the same as
//! there.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "common/targets.rs"]
mod targets;

use std::path::{Path, PathBuf};

use targets::{TARGETS, run};

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn what_fuzzing_kept_is_read_or_refused() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz");
    let folders: Vec<String> =
        listed(&root).iter().map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    let names: Vec<&str> = TARGETS.iter().map(|t| t.0).collect();
    assert_eq!(folders, names, "every target has its folder");
    for name in names {
        let entries = listed(&root.join(name));
        assert!(entries.len() > 5, "{name}: {}", entries.len());
        for entry in entries {
            let data = std::fs::read(&entry).unwrap();
            let held = std::panic::catch_unwind(|| run(name, &data));
            assert!(held.is_ok(), "{}", entry.display());
        }
    }
}
