//! Verdicts: on a check and on a design, and what they depend on beside measurements.

use serde::{Deserialize, Serialize};

use super::process::Making;
use super::rule::{Limit, Rule};
use crate::fate::Support;
use crate::measure::Measurement;

/// Verdict on one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The requirement holds over the whole interval of uncertainty.
    Pass,
    /// It is broken over the whole interval.
    Fail,
    /// The interval straddles the limit, or the figure does not suffice.
    Inconclusive,
    /// Geometry cannot decide it; a record does.
    Declared,
    /// Geometry cannot decide it, and nothing was declared.
    NotAssessed,
}

/// Verdict on a design.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DesignVerdict {
    /// Every required check passes, is declared, or waits for a declaration.
    Pass,
    /// A required check fails.
    Fail,
    /// A required check is inconclusive and none fails.
    Inconclusive,
    /// The design could not be measured.
    Error,
}

/// A check with its outcome.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// The rule.
    pub rule: Rule,
    /// The requirement in symbols.
    pub requirement: String,
    /// Its limits, in the unit of the measure.
    pub limit: Option<Limit>,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured.
    pub measured: Option<Measurement>,
    /// Distance to the nearer limit, positive when met, in the unit of the measure.
    pub margin: Option<f64>,
    /// Why the verdict is not simply that of figure and limit.
    pub reason: Option<String>,
    /// Whether a finer grid could decide it.
    pub refinable: bool,
    /// Whether only the ranges of a library leave it open: then it gates under strict rules alone.
    pub library: bool,
    /// What would make it pass.
    pub advice: Option<String>,
}

/// What is declared of a design.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    /// The material: what its record says of tissue compatibility and of the cell interface.
    pub material: Option<MaterialRecord>,
    /// What the tissue asks of the scaffold.
    pub tissue: Option<Support>,
    /// The load in MPa that it has to bear.
    pub load: Option<f64>,
    /// Whether a flow of medium is.
    pub perfusion: bool,
    /// Whether cells are.
    pub cells: bool,
}

/// What the record of a material says, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct MaterialRecord {
    /// Of tissue compatibility.
    pub compatibility: String,
    /// Of the cell interface.
    pub cell_interface: String,
}

/// What a verdict depends on beside measurements.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// What is declared.
    pub declared: Declared,
    /// How it is to be made.
    pub making: Making,
    /// Whether it is one cell of an endless pattern.
    pub endless: bool,
    /// Coarsest spacing of the grid, in µm.
    pub spacing: f64,
    /// Voxels that a length must be across to be judged: 8 on two-valued volumes, 4 elsewhere.
    pub voxels_across: f64,
    /// Whether pieces, closed void and the like were decided without the grid.
    pub from_shells: bool,
    /// Families of measures that could not be taken, each with the reason: what is asked of them is left open.
    pub unresolved: Vec<(&'static str, String)>,
}

impl Check {
    /// Whether it keeps the design from passing. Under `strict` advisory checks count as required, a required check that
    /// waits for a declaration fails, and what only a library leaves open gates.
    #[must_use]
    pub fn gates(&self, strict: bool) -> bool {
        let required = self.rule.required;
        match self.verdict {
            Verdict::Pass | Verdict::Declared => false,
            Verdict::Fail => required || strict,
            Verdict::Inconclusive => strict || (required && !self.library),
            Verdict::NotAssessed => strict && required,
        }
    }
}

/// The verdict on a design, of the verdicts of the checks that gate: fail before inconclusive before pass.
#[must_use]
pub fn design_verdict(gating: impl IntoIterator<Item = Verdict>) -> DesignVerdict {
    let gating: Vec<Verdict> = gating.into_iter().collect();
    if gating.iter().any(|v| matches!(v, Verdict::Fail | Verdict::NotAssessed)) {
        DesignVerdict::Fail
    } else if gating.contains(&Verdict::Inconclusive) {
        DesignVerdict::Inconclusive
    } else {
        DesignVerdict::Pass
    }
}
