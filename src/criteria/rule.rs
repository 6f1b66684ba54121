//! Rules: one check of a set of criteria, what it asks, of which part of the design, and by what right.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::process::Making;
use crate::fate::Support;
use crate::measure::Zone;

/// What sets a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The review itself.
    Review,
    /// A derivation from it.
    Derived,
    /// Another source.
    Other,
}

/// What of the process sets a limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ProcessLimit {
    /// Its smallest strut: at least that.
    Strut,
    /// Its smallest gap: at least that.
    Gap,
    /// The share of the void that may hold what its ways out do not let go.
    Trapped(f64),
    /// The share of the surface that may hang over further than it holds.
    Overhang(f64),
}

impl ProcessLimit {
    /// What a figure is held against, for people.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Strut => ">= smallest strut of the process".to_owned(),
            Self::Gap => ">= smallest gap of the process".to_owned(),
            Self::Trapped(most) => format!("<= {most}, by the ways out that the process needs"),
            Self::Overhang(most) => format!("<= {most}, along the build direction by the angle that the process holds"),
        }
    }
}

/// What a design shall go into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// The build volume of the machine.
    Machine,
    /// The cavity that it is made for.
    Cavity,
}

/// Something that has to be declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Declaration {
    /// The material of the scaffold.
    Material,
    /// The tissue that shall grow.
    Tissue,
    /// The load that it shall bear.
    Load,
    /// The process that makes it.
    Process,
}

impl Declaration {
    /// With its article, for messages.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Material => "a material",
            Self::Tissue => "a tissue",
            Self::Load => "a load",
            Self::Process => "a process",
        }
    }
}

/// A limit with the unit of its measure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limit {
    /// Least value that passes.
    pub min: Option<f64>,
    /// Greatest value that passes.
    pub max: Option<f64>,
}

/// What a rule asks.
#[derive(Clone, Debug, PartialEq)]
pub enum RuleKind {
    /// A figure within limits.
    Figure {
        /// The measure.
        measure: String,
        /// The limits.
        limit: Limit,
    },
    /// A figure against a limit of the declared process.
    Process {
        /// The measure.
        measure: String,
        /// What sets the limit.
        limit: ProcessLimit,
    },
    /// The room in what is declared, at least 0; asked only where it is declared.
    Room {
        /// The measure.
        measure: String,
        /// What the design shall go into.
        within: Within,
    },
    /// A figure above the declared load.
    Load {
        /// The measure.
        measure: String,
    },
    /// A figure within limits that depend on the class of the tissue; a class without limits is not asked.
    Class {
        /// The measure.
        measure: String,
        /// Least values.
        min: BTreeMap<Support, f64>,
        /// Greatest values.
        max: BTreeMap<Support, f64>,
    },
    /// Something that has to be declared.
    Declared(Vec<Declaration>),
}

/// One check of a set of criteria.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its name.
    pub id: String,
    /// A few words for reports.
    pub title: String,
    /// What it asks.
    pub kind: RuleKind,
    /// The region of the design that it asks it of; `None` for the whole.
    pub region: Option<Zone>,
    /// Whether a design fails by it.
    pub required: bool,
    /// How much worse than the baseline it may get beyond both uncertainties, in the unit of the measure.
    pub tolerance: f64,
    /// Which of the five criteria it belongs to; 0 for none.
    pub criterion: u8,
    /// What sets the limit.
    pub basis: Basis,
    /// Where the limit comes from.
    pub source: String,
    /// Why it matters.
    pub help: String,
    /// What would make a design pass.
    pub advice: Option<String>,
}

impl Rule {
    /// The measure that it needs.
    #[must_use]
    pub fn measure(&self) -> Option<&str> {
        match &self.kind {
            RuleKind::Figure { measure, .. }
            | RuleKind::Process { measure, .. }
            | RuleKind::Room { measure, .. }
            | RuleKind::Load { measure }
            | RuleKind::Class { measure, .. } => Some(measure),
            RuleKind::Declared(_) => None,
        }
    }

    /// The id of the figure that it needs: that of the measure, or of the measure in the region.
    #[must_use]
    pub fn figure(&self) -> Option<String> {
        let measure = self.measure()?;
        Some(self.region.as_ref().map_or_else(|| measure.to_owned(), |zone| zone.figure(measure)))
    }

    /// The same, with the measure that the declared process names in full; unchanged where it names none.
    #[must_use]
    pub fn made(&self, making: &Making) -> Self {
        let mut rule = self.clone();
        if let (RuleKind::Process { measure, limit }, Some(process)) = (&mut rule.kind, &making.process) {
            match limit {
                ProcessLimit::Trapped(_) => process.trapped().into_iter().for_each(|id| *measure = id),
                ProcessLimit::Overhang(_) if process.overhang_deg.is_some() => {
                    making.build.measure().clone_into(measure);
                }
                _ => {}
            }
        }
        rule
    }
}
