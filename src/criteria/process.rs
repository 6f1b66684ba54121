//! Ways of making a scaffold, and the smallest strut of each.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::units::Length;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    title: String,
    min_strut: String,
}

/// A process.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// Its name in options.
    pub name: String,
    /// What it is.
    pub title: String,
    /// The smallest strut that it makes reliably.
    pub min_strut: Length,
}

fn table() -> BTreeMap<String, Raw> {
    toml::from_str(include_str!("processes.toml")).unwrap_or_default()
}

/// A process by name.
#[must_use]
pub fn process(name: &str) -> Option<Process> {
    let raw = table().remove(name)?;
    Some(Process { name: name.to_owned(), title: raw.title, min_strut: raw.min_strut.parse().ok()? })
}

/// The names of all processes.
#[must_use]
pub fn process_names() -> Vec<String> {
    table().into_keys().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_process_has_a_limit() {
        assert!(process_names().len() >= 6);
        for name in process_names() {
            assert!(process(&name).unwrap().min_strut.um() > 0.0);
        }
        assert_eq!(process("magic"), None);
    }
}
