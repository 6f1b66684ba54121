//! Ways of making a scaffold: what each makes, what it needs and what it leaves behind, with the source of every figure.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::measure::BuildDirection;
use crate::units::Length;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    title: String,
    min_strut: String,
    min_gap: String,
    overhang_deg: Option<f64>,
    way_out: Option<String>,
    leaves: Option<Loose>,
    source: BTreeMap<String, String>,
}

/// What is left in the void of a part and has to get out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loose {
    /// Powder of the bed.
    Powder,
    /// Resin of the vat.
    Resin,
}

impl Loose {
    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Powder => "powder",
            Self::Resin => "resin",
        }
    }
}

/// The ways by which something has to get out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WayOut {
    /// What has to.
    pub what: Loose,
    /// The width of a way by which it does.
    pub diameter: Length,
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
    /// The smallest gap, a pore or a slot, that stays open.
    pub min_gap: Length,
    /// The least angle from the build plane, in degrees, at which a surface that faces down holds without support; `None`
    /// where nothing needs support.
    pub overhang_deg: Option<f64>,
    /// The ways that what it leaves in the void gets out by; `None` where nothing has to.
    pub way_out: Option<WayOut>,
    /// Where the figures come from.
    pub source: BTreeMap<String, String>,
}

impl Process {
    /// The measure of what is trapped in parts that it makes, where anything may be.
    #[must_use]
    pub fn trapped(&self) -> Option<String> {
        self.way_out.map(|way| format!("interconnectivity.trapped_{}um", way.diameter.um()))
    }
}

/// How a design is to be made: what of that decides about its shape.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Making {
    /// The declared process.
    pub process: Option<Process>,
    /// The direction in which layers are laid on one another.
    pub build: BuildDirection,
    /// Size along x, y, z of what the machine can make.
    pub volume: Option<[Length; 3]>,
}

fn table() -> BTreeMap<String, Raw> {
    toml::from_str(include_str!("processes.toml")).unwrap_or_default()
}

/// A process by name.
#[must_use]
pub fn process(name: &str) -> Option<Process> {
    let raw = table().remove(name)?;
    let length = |text: &str| Length::parse_positive(text).ok();
    let way_out = match (raw.leaves, raw.way_out.as_deref().map(length)) {
        (Some(what), Some(diameter)) => Some(WayOut { what, diameter: diameter? }),
        _ => None,
    };
    Some(Process {
        name: name.to_owned(),
        title: raw.title,
        min_strut: length(&raw.min_strut)?,
        min_gap: length(&raw.min_gap)?,
        overhang_deg: raw.overhang_deg,
        way_out,
        source: raw.source,
    })
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
    fn every_process_has_its_limits_and_their_sources() {
        for name in ["fdm", "sla", "dlp", "sls", "slm", "mew", "two-photon", "freeze"] {
            assert!(process_names().iter().any(|n| n == name), "{name}");
        }
        let raw = table();
        for name in process_names() {
            let process = process(&name).unwrap_or_else(|| panic!("{name} cannot be read"));
            assert!(process.min_strut.um() > 0.0 && process.min_gap.um() > 0.0);
            assert!(process.overhang_deg.is_none_or(|angle| angle > 0.0 && angle < 90.0));
            // What has to get out and by what way are told together, or not at all.
            assert_eq!(raw[&name].leaves.is_some(), raw[&name].way_out.is_some(), "{name}");
            assert_eq!(process.way_out.is_some(), raw[&name].way_out.is_some(), "{name}");
            // Every figure says where it comes from, and so does that nothing needs support.
            for key in ["min_strut", "min_gap", "overhang"].into_iter().chain(process.way_out.map(|_| "way_out")) {
                let source = process.source.get(key).unwrap_or_else(|| panic!("{name} has no source of {key}"));
                let kinds = ["estimate", "recalled", "derived"];
                assert!(kinds.iter().any(|kind| source.starts_with(kind)), "{name}: {source}");
            }
        }
        assert_eq!(process("magic"), None);
    }

    #[test]
    fn what_is_trapped_is_measured_by_the_way_out() {
        assert_eq!(process("slm").unwrap().trapped().as_deref(), Some("interconnectivity.trapped_300um"));
        assert_eq!(process("fdm").unwrap().trapped(), None);
    }
}
