//! One volume and one mesh that other programs wrote in every format (`tests/files/same.py` says which and how): the whole
//! report is the same to the last byte, apart from what it says about the file.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::path::{Path, PathBuf};

use common::{measure_file, run};
use poregauge::design::EnvelopeChoice;
use poregauge::gauge::Run;
use poregauge::input::RawLayout;
use poregauge::report::DesignEntry;
use poregauge::units::Length;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/same").join(name)
}

/// The report on a design without its file: its name, path, format, digest, what was assumed and noted about it.
fn figures(mut design: DesignEntry, but: &[&str]) -> String {
    let mut json = serde_json::to_value(&design).unwrap();
    let assumed = ["unit.assumed", "spacing.overridden", "file.trailing_bytes"];
    design.findings.retain(|f| !assumed.contains(&f.kind.as_str()));
    let all = json.as_object_mut().unwrap();
    all.insert("findings".to_owned(), serde_json::to_value(&design.findings).unwrap());
    all.remove("name");
    let source = all["source"].as_object_mut().unwrap();
    for key in ["path", "format", "sha256", "unit", "unit_assumed"].iter().chain(but) {
        assert!(source.remove(*key).is_some(), "{key}");
    }
    assert!(design.measurements.len() > 20, "{}", design.measurements.len());
    serde_json::to_string_pretty(&json).unwrap()
}

fn asked() -> Run {
    let mut run = run(10.0);
    run.resolution = None;
    run.measures.push("volume".to_owned());
    run.measures.push("anisotropy".to_owned());
    run.measures.push("topology".to_owned());
    run.options.envelope = EnvelopeChoice::Grid;
    run
}

/// The reports of files, but for some of what they say about the file, against that of the first.
fn all_same(names: &[&str], but: &[&str], mut run: impl FnMut(&str) -> Run) {
    let first = figures(measure_file(&file(names[0]), &run(names[0]), 2), but);
    for name in &names[1..] {
        let other = figures(measure_file(&file(name), &run(name), 2), but);
        let line = first.lines().zip(other.lines()).find(|(a, b)| a != b);
        assert!(first == other, "{name} differs from {}: {line:?}", names[0]);
    }
}

/// The names of the files in the folder that begin so, or do not.
fn names(begin: &[&str], so: bool) -> Vec<String> {
    let mut all: Vec<String> =
        std::fs::read_dir(file("")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.retain(|name| begin.iter().any(|b| name.starts_with(b)) == so && name != "float.raw");
    all.sort();
    all
}

#[test]
fn a_volume_has_the_same_report_in_every_format() {
    let all = names(&["frame", "mask"], false);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert!(all.len() >= 38, "{all:?}");
    let bare = ["npy", "npz", "raw", "slices-png", "slices-bmp", "slices-tif"];
    all_same(&all, &[], |name| {
        let mut run = asked();
        if bare.iter().any(|end| name.ends_with(end) && name != "raw") {
            run.options.spacing = Some([15.625, 15.625, 31.25].map(Length::from_um));
        }
        if name == "i32be.raw" {
            run.options.raw = Some(RawLayout { size: [24, 16, 16], kind: "i32be".parse().unwrap(), header: 0 });
        }
        run
    });
}

#[test]
fn a_mask_has_the_same_report_in_every_packed_form() {
    let all = names(&["mask"], true);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all.len(), 8, "{all:?}");
    // Which value solid has is the file's: 1 of a bit, 127 elsewhere.
    all_same(&all, &["threshold"], |name| {
        let mut run = asked();
        if name.ends_with("npy") {
            run.options.spacing = Some([15.625, 15.625, 31.25].map(Length::from_um));
        }
        run
    });
}

#[test]
fn a_mesh_has_the_same_report_in_every_format() {
    let all = names(&["frame"], true);
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(all.len(), 9, "{all:?}");
    all_same(&all, &[], |_| {
        let mut run = run(244.0);
        run.measures.push("volume".to_owned());
        run.measures.push("topology".to_owned());
        run
    });
}
