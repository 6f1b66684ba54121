//! The built-in criteria, each a file of the project.

use super::file::{Criteria, CriteriaError};
use crate::text::did_you_mean;

const PROFILES: [(&str, &str); 7] = [
    ("review", include_str!("profiles/review.toml")),
    ("bone-karageorgiou", include_str!("profiles/bone-karageorgiou.toml")),
    ("bone-interconnected", include_str!("profiles/bone-interconnected.toml")),
    ("bone-titanium", include_str!("profiles/bone-titanium.toml")),
    ("coating", include_str!("profiles/coating.toml")),
    ("cartilage", include_str!("profiles/cartilage.toml")),
    ("skin", include_str!("profiles/skin.toml")),
];

/// The names of the built-in criteria.
#[must_use]
pub fn built_in_names() -> Vec<&'static str> {
    PROFILES.iter().map(|p| p.0).collect()
}

/// Built-in criteria by name.
///
/// # Errors
/// When there are none of this name.
pub fn built_in(name: &str) -> Result<Criteria, CriteriaError> {
    let text = PROFILES.iter().find(|p| p.0 == name).map(|p| p.1);
    Criteria::parse(text.ok_or_else(|| unknown(name, built_in_names()))?, name)
}

/// That there are no criteria of this name; `near` are names that may have been meant.
pub fn unknown<'a>(name: &str, near: impl IntoIterator<Item = &'a str>) -> CriteriaError {
    let all = format!("built in are {}; a file needs its path", built_in_names().join(", "));
    CriteriaError::Unknown { name: name.to_owned(), instead: did_you_mean(name, near, &all) }
}
