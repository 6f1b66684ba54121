//! Holds the imports to the layers: a module uses lower layers only, or its own where the table says so.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};

/// Room, layer, and what it must not import although the layer would allow it.
const ROOMS: [(&str, u8, &[&str]); 22] = [
    ("units", 0, &[]),
    ("limits", 0, &[]),
    ("parallel", 0, &[]),
    ("text", 0, &[]),
    ("mesh", 1, &["grid"]),
    ("grid", 1, &["mesh"]),
    ("input", 2, &["voxel", "export", "generate"]),
    ("export", 2, &["input", "voxel", "generate"]),
    ("voxel", 2, &["input", "export", "generate"]),
    ("solver", 2, &["input", "export", "generate"]),
    ("generate", 2, &["input", "export"]),
    ("design", 3, &[]),
    ("measure", 4, &["input", "fate"]),
    ("fate", 4, &["input"]),
    ("picture", 4, &["input", "fate"]),
    ("criteria", 5, &["input", "voxel"]),
    ("advice", 5, &["input"]),
    ("report", 6, &["input", "voxel"]),
    ("gauge", 7, &["render"]),
    ("cli", 8, &[]),
    ("lib", 9, &[]),
    ("main", 9, &[]),
];

/// Layer 0 may use what stands before it in the table.
fn layer(room: &str) -> Option<(usize, u8, &'static [&'static str])> {
    ROOMS.iter().position(|r| r.0 == room).map(|i| (i, ROOMS[i].1, ROOMS[i].2))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
}

/// The rooms that a source text names in paths that begin with `crate::`, tests left out.
fn imports(text: &str) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        if line.trim_start().starts_with("//") {
            continue;
        }
        let mut rest = line;
        while let Some(at) = rest.find("crate::") {
            rest = &rest[at + "crate::".len()..];
            let path: Vec<String> = rest
                .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                .next()
                .unwrap_or("")
                .split("::")
                .filter(|s| !s.is_empty())
                .map(str::to_owned)
                .collect();
            found.push((number + 1, path));
        }
    }
    found
}

/// What is wrong with one file of a room.
fn offences(room: &str, text: &str) -> Vec<String> {
    let (index, own, forbidden) = layer(room).unwrap_or_else(|| panic!("`{room}` has no place in the table of rooms"));
    let mut wrong = Vec::new();
    for (line, path) in imports(text) {
        let Some(target) = path.first() else { continue };
        if target == room {
            continue;
        }
        let Some((other, layer, _)) = layer(target) else { continue };
        if layer > own || (own == 0 && layer == 0 && other > index) {
            wrong.push(format!("line {line}: {room} (layer {own}) imports {target} (layer {layer})"));
        }
        if path.iter().any(|p| forbidden.contains(&p.as_str())) {
            wrong.push(format!("line {line}: {room} must not import {}", path.join("::")));
        }
    }
    wrong
}

#[test]
fn imports_keep_to_the_layers() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&src, &mut all);
    assert!(all.len() > 50, "only {} files were seen", all.len());
    assert!(all.iter().any(|f| f.ends_with("voxel/distance.rs")));
    let mut wrong = Vec::new();
    for file in &all {
        let inside = file.strip_prefix(&src).unwrap();
        let room = inside.components().next().unwrap().as_os_str().to_string_lossy().replace(".rs", "");
        let text = fs::read_to_string(file).unwrap();
        wrong.extend(offences(&room, &text).into_iter().map(|w| format!("{}: {w}", inside.display())));
        if room != "parallel" && text.contains("rayon") {
            wrong.push(format!("{}: only parallel.rs may name the thread pool", inside.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_planted_offender_is_caught() {
    assert_eq!(offences("mesh", "use crate::grid::Frame;").len(), 1);
    assert_eq!(offences("measure", "use crate::cli::run;").len(), 1);
    assert_eq!(offences("gauge", "let x = crate::report::render::json::render(&r);").len(), 1);
    assert_eq!(offences("units", "use crate::limits::Limits;").len(), 1);
    assert!(offences("cli", "use crate::report::render;\nuse crate::mesh::Mesh;").is_empty());
    assert!(offences("mesh", "#[cfg(test)]\nuse crate::grid::Frame;").is_empty());
}
