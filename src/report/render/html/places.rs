//! Places of a design that a reader has to find: where checks fail, the throats that limit paths, and findings.

use super::markup::escape;
use crate::criteria::Verdict;
use crate::design::Severity;
use crate::report::{DesignEntry, words};
use crate::units::Unit;

/// At most this many are shown; the list of findings holds all.
const MOST: usize = 24;

/// A place.
pub(super) struct Place {
    /// Where, in µm of the input's frame.
    pub at: [f64; 3],
    /// What is there.
    pub text: String,
    /// Diameter of the sphere that just passes, in µm; 0 for none.
    pub diameter: f64,
    /// Whether the design fails there.
    pub fails: bool,
}

impl Place {
    /// Its class in the page.
    pub(super) fn class(&self) -> &'static str {
        if self.fails { "fail" } else { "note" }
    }

    /// Its text as HTML.
    pub(super) fn html(&self) -> String {
        format!("{} <small>{}</small>", escape(&self.text), escape(&words::place(self.at)))
    }
}

/// The places, failures first.
pub(super) fn places(design: &DesignEntry) -> Vec<Place> {
    let mut all: Vec<Place> = Vec::new();
    for check in &design.checks {
        let (Some(at), Some(measured)) = (check.at_um, &check.measured) else { continue };
        let fails = matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive);
        let diameter = if measured.unit == Unit::Micrometre { measured.value } else { 0.0 };
        all.push(Place { at, text: format!("{}: {}", check.title, words::checked(check, measured)), diameter, fails });
    }
    for (id, m) in &design.measurements {
        let checked = design.checks.iter().any(|c| c.asks(id));
        let (Some(at), Some(axis), false) =
            (m.at_um, id.strip_prefix("interconnectivity.percolation_diameter."), checked)
        else {
            continue;
        };
        let figure = words::with_uncertainty(m.value, m.uncertainty, words::symbol(m.unit));
        all.push(Place { at, text: format!("narrowest throat, {axis}: {figure}"), diameter: m.value, fails: false });
    }
    for finding in &design.findings {
        if let Some(at) = finding.at_um {
            let fails = finding.severity != Severity::Info;
            all.push(Place { at, text: finding.message.clone(), diameter: 0.0, fails });
        }
    }
    all.sort_by_key(|p| !p.fails);
    all.truncate(MOST);
    all
}
