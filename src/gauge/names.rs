//! Designs and their files as reports name them.

use std::path::{Path, PathBuf};

/// A path as reports show it: with `/`, and what is no text escaped.
#[must_use]
pub fn showable(path: &Path) -> String {
    let mut shown = String::new();
    for part in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in part.valid().chars() {
            match c {
                '\\' if cfg!(windows) => shown.push('/'),
                c if c.is_control() => shown.extend(c.escape_default()),
                c => shown.push(c),
            }
        }
        for byte in part.invalid() {
            shown.push_str(&format!("\\x{byte:02X}"));
        }
    }
    shown
}

/// The files' stems, made unique by as many of their folders as it takes.
#[must_use]
pub fn names(files: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<String>> = files
        .iter()
        .map(|f| {
            let mut parts: Vec<String> = f
                .parent()
                .into_iter()
                .flat_map(|p| p.components())
                .map(|c| showable(Path::new(c.as_os_str())))
                .collect();
            parts.push(f.file_stem().map(|s| showable(Path::new(s))).unwrap_or_default());
            parts
        })
        .collect();
    let tail = |p: &Vec<String>, n: usize| p[p.len().saturating_sub(n)..].join("/");
    parts
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let unique = |n: usize| parts.iter().enumerate().all(|(j, q)| i == j || tail(q, n) != tail(p, n));
            let n = (1..=p.len()).find(|&n| unique(n)).unwrap_or(p.len());
            tail(p, n)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_stems_made_unique_by_folders() {
        let files = ["a/part.stl", "b/part.stl", "b/other.stl"].map(PathBuf::from);
        assert_eq!(names(&files), ["a/part", "b/part", "other"]);
    }
}
