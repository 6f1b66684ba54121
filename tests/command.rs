//! The command as a user runs it: exit codes, errors, formats, determinism.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod program;

use std::path::PathBuf;

use program::{code, mesh, poregauge, text};

/// A file with this content in a folder of its own.
fn file(folder: &tempfile::TempDir, name: &str, content: &[u8]) -> String {
    let path: PathBuf = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    path.to_string_lossy().into_owned()
}

#[test]
fn a_good_design_passes_and_a_bad_one_fails_by_what_is_wrong_with_it() {
    let good = poregauge(&["check", &mesh("pass-cubic.stl")]);
    assert_eq!(code(&good), 0, "{}", text(&good.stdout));
    assert!(text(&good.stdout).contains("PASS pass-cubic"));
    assert!(text(&good.stdout).lines().all(|l| l.chars().count() <= 80), "{}", text(&good.stdout));
    let small = poregauge(&["check", &mesh("fail-small-pores.stl"), "--format", "json", "--quiet"]);
    assert_eq!(code(&small), 1);
    let report: serde_json::Value = serde_json::from_slice(&small.stdout).unwrap();
    let failed: Vec<&str> = report["designs"][0]["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["verdict"] == "fail" && c["required"] == true)
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["pore-size", "pore-median"]);
}

#[test]
fn reports_are_valid_and_the_same_at_any_number_of_threads() {
    let schema: serde_json::Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bad = file(&folder, "bad.stl", b"");
    let run = |threads: &str| {
        poregauge(&[
            "check",
            &mesh("fail-small-pores.stl"),
            &mesh("scan.nrrd"),
            &bad,
            "--resolution",
            "40um",
            "--threads",
            threads,
            "--format",
            "json",
        ])
    };
    let (one, two) = (run("1"), run("2"));
    assert_eq!(one.stdout, two.stdout);
    assert_eq!(code(&one), 2, "an unreadable design leaves the run undecided");
    let report: serde_json::Value = serde_json::from_slice(&one.stdout).unwrap();
    let errors: Vec<String> = validator.iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["designs"].as_array().unwrap().len(), 3);
    assert_eq!(report["designs"][2]["errors"][0]["kind"], "input.empty");
}

#[test]
fn bad_input_is_refused_with_a_remedy_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let npy = |header: &str, body: &[u8]| {
        let mut data = b"\x93NUMPY\x01\x00".to_vec();
        data.extend((header.len() as u16).to_le_bytes());
        data.extend(header.as_bytes());
        data.extend(body);
        data
    };
    let one_value = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4, 4), }", &[7; 64]);
    let huge = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (99999, 99999, 99999), }", &[7; 64]);
    let two: Vec<u8> = (0..64).collect();
    let grey = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4, 4, 4), }", &two);
    let sheet = b"solid s\nfacet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\nendsolid s\n";
    for (name, content, extra, expected) in [
        ("empty.stl", &b""[..], &[][..], "is empty"),
        ("words.txt", b"hello, world", &[], "no format that is known"),
        ("sheet.stl", sheet, &[], "volume"),
        ("part.step", b"ISO-10303-21;\nHEADER;", &[], "STEP"),
        ("one.npy", &one_value, &["--spacing", "10um"], "same value"),
        ("huge.npy", &huge, &["--spacing", "10um"], "memory"),
        ("grey.npy", &grey, &[], "--spacing"),
        ("grey.npy", &grey, &["--spacing", "10um", "--threshold", "900"], "threshold"),
    ] {
        let path = file(&folder, name, content);
        let mut arguments = vec!["check", &path];
        arguments.extend(extra);
        let output = poregauge(&arguments);
        let shown = text(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(code(&output), 2, "{name}: {shown}");
        assert!(shown.contains(expected), "{name}: {shown}");
        assert!(!text(&output.stderr).contains("panicked"), "{name}");
    }
    for arguments in [
        &["check"][..],
        &["check", "x.stl", "--resolution", "20"],
        &["check", "x.stl", "--criteria", "none"],
        &["check", "x.stl", "--process", "magic"],
        &["measure", "x.stl", "--measures", "pore_size.d5"],
        &["check", "x.stl", "--format", "json", "--format", "text"],
        &["check", "x.stl", "-o", "a", "-o", "b"],
        &["generate", "cubic", "-o", "x.stl"],
    ] {
        let output = poregauge(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(!text(&output.stderr).is_empty(), "{arguments:?}");
    }
    assert!(text(&poregauge(&["check", "x.stl", "--resolution", "20"]).stderr).contains("20um"));
    let missing = poregauge(&["check", "no-such-file.stl"]);
    assert_eq!(code(&missing), 2);
    assert!(text(&missing.stdout).contains("cannot be read"));
}

#[test]
fn designs_that_are_broken_are_refused_and_overlaps_are_joined() {
    let holes = poregauge(&["check", &mesh("refused-holes.stl")]);
    assert_eq!(code(&holes), 2);
    assert!(text(&holes.stdout).contains("open edges"));
    let overlapping = poregauge(&[
        "measure",
        &mesh("overlapping-struts.stl"),
        "--measures",
        "porosity,solid",
        "--resolution",
        "40um",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&overlapping.stdout).unwrap();
    assert_eq!(code(&overlapping), 0);
    let design = &report["designs"][0];
    assert_eq!(design["measurements"]["solid.components"]["value"], 1.0);
    assert_eq!(design["source"]["watertight"], true);
    assert!(design["measurements"].get("strut.mean").is_none(), "only what was asked for");
}

#[test]
fn a_generated_design_is_what_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.stl").to_string_lossy().into_owned();
    let made = poregauge(&[
        "generate",
        "schwarz-p",
        "--porosity",
        "0.8",
        "--cell",
        "1mm",
        "--size",
        "1mm",
        "--samples",
        "24",
        "-o",
        &path,
    ]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    let output = poregauge(&[
        "measure",
        &path,
        "--measures",
        "porosity",
        "--envelope",
        "box",
        "--resolution",
        "50um",
        "--format",
        "json",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let porosity = report["designs"][0]["measurements"]["porosity.total"]["value"].as_f64().unwrap();
    assert!((porosity - 0.8).abs() < 2e-4, "{porosity}");
}

#[test]
fn inspect_tells_what_is_in_a_file() {
    let schema: serde_json::Value = serde_json::from_slice(&poregauge(&["inspect", "--schema"]).stdout).unwrap();
    let output = poregauge(&["inspect", &mesh("fail-closed-pores.stl"), &mesh("scan.nrrd"), "--format", "json"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&found));
    let (solid, scan) = (&found["files"][0]["mesh"], &found["files"][1]["volume"]);
    assert_eq!(solid["watertight"], true);
    assert!(solid["cavities"].as_u64().unwrap() > 0);
    // A cubic lattice of n cells has (n+1)³ nodes and 3 n (n+1)² struts: as many handles as struts less nodes, plus one.
    let lattice = poregauge(&["inspect", &mesh("pass-cubic.stl"), "--format", "json"]);
    let lattice: serde_json::Value = serde_json::from_slice(&lattice.stdout).unwrap();
    assert_eq!(lattice["files"][0]["mesh"]["genus"], 3 * 7 * 64 - 512 + 1);
    let counts: u64 = scan["counts"].as_array().unwrap().iter().map(|c| c.as_u64().unwrap()).sum();
    let voxels: u64 = scan["voxels"].as_array().unwrap().iter().map(|c| c.as_u64().unwrap()).product();
    assert_eq!(counts, voxels);
    let shown = text(&poregauge(&["inspect", &mesh("scan.nrrd")]).stdout);
    assert!(shown.contains("12 µm") && shown.lines().all(|l| l.chars().count() <= 80), "{shown}");
    assert_eq!(code(&poregauge(&["inspect", "none.stl"])), 2);
}

#[test]
fn every_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let output = poregauge(&["man", "--folder", folder.path().to_str().unwrap()]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let mut pages: Vec<String> =
        std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    pages.sort();
    // Pages that a page refers to are there.
    let mut named = 0;
    for page in &pages {
        let page = std::fs::read_to_string(folder.path().join(page)).unwrap();
        for line in page.lines().filter_map(|l| l.strip_suffix("(1)")) {
            let file = format!("{}.1", line.replace('\\', ""));
            assert!(pages.contains(&file), "{file}");
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
    let one = text(&poregauge(&["man", "criteria", "show"]).stdout);
    assert!(one.contains("poregauge\\-criteria\\-show"), "{one}");
    assert_eq!(code(&poregauge(&["man", "nothing"])), 2);
}
