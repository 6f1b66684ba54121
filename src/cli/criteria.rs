//! Criteria by name or from a file, with the files that they extend.

use std::path::{Path, PathBuf};

use super::Failure;
use crate::criteria::{Criteria, CriteriaError, built_in, built_in_names, unknown};

/// Criteria by built-in name, or from a file in `folder`.
pub fn named(name: &str, folder: &Path) -> Result<Criteria, Failure> {
    if built_in_names().contains(&name) {
        return built_in(name).map_err(|e| Failure::Message(e.to_string()));
    }
    if !folder.join(name).exists() {
        let beside = beside(&folder.join(name));
        let known = built_in_names().into_iter().chain(beside.iter().map(String::as_str));
        return Err(Failure::Message(unknown(name, known).to_string()));
    }
    criteria_file(name, folder, &mut Vec::new()).map_err(|e| Failure::Message(format!("{name}: {e}")))
}

/// The TOML files of the folder that a file is looked for in.
fn beside(path: &Path) -> Vec<String> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|n| n.ends_with(".toml") && n != super::config::NAME).collect();
    names.sort();
    names
}

/// Criteria from a file, which may extend built-in ones or another file beside it; `open` are the files that led here.
fn criteria_file(name: &str, folder: &Path, open: &mut Vec<PathBuf>) -> Result<Criteria, CriteriaError> {
    let wrong = |what: String| CriteriaError::Syntax(what);
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let real = path.canonicalize().unwrap_or_else(|_| path.clone());
    if open.contains(&real) {
        return Err(wrong("extends itself: leave `extends` out of one of the files".to_owned()));
    }
    open.push(real);
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let here = path.parent().unwrap_or(Path::new("")).to_owned();
    let read = Criteria::parse_with(&text, &stem, &mut |base| {
        if built_in_names().contains(&base) || !here.join(base).is_file() {
            return built_in(base);
        }
        let below = Path::new(base).parent().map(|p| p.to_string_lossy().replace('\\', "/")).unwrap_or_default();
        let extended = criteria_file(base, &here, open).map_err(|e| wrong(format!("{base}: {e}")))?;
        Ok(extended.below(&below))
    });
    open.pop();
    read
}
