//! Ways of making a scaffold: what each makes, what it needs and what it leaves behind, with the source of every figure.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use crate::design::Region;
use crate::measure::BuildDirection;
use crate::text::{Step, place, placed, suggest};
use crate::units::Length;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    title: String,
    min_strut: String,
    min_gap: String,
    overhang_deg: Option<f64>,
    bridge: Option<String>,
    way_out: Option<String>,
    leaves: Option<Loose>,
    #[serde(default)]
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
    /// The longest flat underside that holds without support between two ends that carry it; `None` where none does.
    pub bridge: Option<Length>,
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
    /// The cavity that it shall go into.
    pub cavity: Option<Arc<Region>>,
}

fn table() -> BTreeMap<String, Raw> {
    toml::from_str(include_str!("processes.toml")).unwrap_or_default()
}

/// A process by name.
#[must_use]
pub fn process(name: &str) -> Option<Process> {
    checked(name, table().remove(name)?).ok()
}

/// A process of the user's own: the keys of one in `processes.toml`, without its name.
///
/// # Errors
/// When it is no such table, or a figure in it makes no sense: with line and column.
pub fn own_process(name: &str, text: &str) -> Result<Process, String> {
    let raw: Raw = toml::from_str(text).map_err(|e| suggest(e.to_string().trim_end()))?;
    checked(name, raw).map_err(|(key, what)| placed(place(text, &[Step::Key(key)]), &what))
}

/// The process that a table tells of; else the key that is wrong, and why.
fn checked(name: &str, raw: Raw) -> Result<Process, (&'static str, String)> {
    let length = |key: &'static str, text: &str| Length::parse_positive(text).map_err(|e| (key, e.to_string()));
    let way_out = match (raw.leaves, &raw.way_out) {
        (Some(what), Some(diameter)) => Some(WayOut { what, diameter: length("way_out", diameter)? }),
        (None, None) => None,
        (Some(_), None) => {
            return Err(("leaves", "what is left needs the width of its ways out, `way_out`".to_owned()));
        }
        (None, Some(_)) => {
            return Err(("way_out", "a way out needs what has to leave: `leaves`, \"powder\" or \"resin\"".to_owned()));
        }
    };
    if raw.overhang_deg.is_some_and(|angle| !(angle > 0.0 && angle < 90.0)) {
        return Err(("overhang_deg", "the angle from the build plane lies between 0 and 90 degrees".to_owned()));
    }
    if raw.bridge.is_some() && raw.overhang_deg.is_none() {
        return Err(("bridge", "bridges go with `overhang_deg`: without it nothing needs support".to_owned()));
    }
    Ok(Process {
        name: name.to_owned(),
        min_strut: length("min_strut", &raw.min_strut)?,
        min_gap: length("min_gap", &raw.min_gap)?,
        overhang_deg: raw.overhang_deg,
        bridge: raw.bridge.as_deref().map(|text| length("bridge", text)).transpose()?,
        way_out,
        title: raw.title,
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
            let more = process.way_out.map(|_| "way_out").into_iter().chain(process.bridge.map(|_| "bridge"));
            for key in ["min_strut", "min_gap", "overhang"].into_iter().chain(more) {
                let source = process.source.get(key).unwrap_or_else(|| panic!("{name} has no source of {key}"));
                let kinds = ["estimate", "recalled", "derived"];
                assert!(kinds.iter().any(|kind| source.starts_with(kind)), "{name}: {source}");
            }
        }
        assert_eq!(process("magic"), None);
    }

    #[test]
    fn a_process_of_ones_own_is_read_and_its_mistakes_are_placed() {
        let own = "title = \"our printer\"\nmin_strut = \"250um\"\nmin_gap = \"0.3mm\"\noverhang_deg = 40\nbridge = \"3mm\"\n";
        let read = own_process("ours", own).unwrap();
        assert_eq!((read.min_gap.um(), read.bridge.map(Length::um), read.way_out), (300.0, Some(3000.0), None));
        let wrong = |from: &str, to: &str| own_process("ours", &own.replace(from, to)).unwrap_err();
        assert!(wrong("250um", "250").starts_with("line 2, column 13: "), "{}", wrong("250um", "250"));
        assert!(wrong("= 40", "= 95").starts_with("line 4"), "{}", wrong("= 40", "= 95"));
        assert!(wrong("overhang_deg = 40\n", "").contains("nothing needs support"));
        assert!(wrong("min_gap", "min_gab").contains("did you mean `min_gap`"), "{}", wrong("min_gap", "min_gab"));
        assert!(wrong("bridge =", "way_out =").contains("`leaves`"));
        assert!(wrong("title = \"our printer\"\n", "").contains("title"));
    }

    #[test]
    fn what_is_trapped_is_measured_by_the_way_out() {
        assert_eq!(process("slm").unwrap().trapped().as_deref(), Some("interconnectivity.trapped_300um"));
        assert_eq!(process("fdm").unwrap().trapped(), None);
    }
}
