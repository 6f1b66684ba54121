//! Figures and measurements: a value, its unit, how it was got, and how far it may be off.

use std::collections::BTreeMap;

use super::details::Details;
use crate::design::Finding;
use crate::picture::Block;
use crate::units::Unit;

/// A figure at one resolution.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// How it was got, with every convention that matters.
    pub method: String,
    /// How far it may be off whatever the resolution, in its unit.
    pub floor: f64,
    /// The part of it that is how the parts of a small sample differ.
    pub sampling: f64,
    /// Whether it does not depend on the grid.
    pub exact: bool,
    /// The figure under another reading of the design.
    pub alternatives: Vec<Alternative>,
}

/// A figure under another reading of the same design; a verdict has to hold under both.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// The reading: `all void`, `hull as envelope`.
    pub reading: &'static str,
    /// The value under it; `None` when there is no figure under it.
    pub value: Option<f64>,
    /// What to do when the readings disagree.
    pub remedy: &'static str,
}

impl Figure {
    /// A figure that depends on the grid.
    #[must_use]
    pub fn new(value: f64, unit: Unit, method: impl Into<String>) -> Self {
        Self { value, unit, method: method.into(), floor: 0.0, sampling: 0.0, exact: false, alternatives: Vec::new() }
    }

    /// A figure that does not.
    #[must_use]
    pub fn exact(value: f64, unit: Unit, method: impl Into<String>) -> Self {
        Self { exact: true, ..Self::new(value, unit, method) }
    }

    /// The same, off by at least `floor`.
    #[must_use]
    pub fn floor(mut self, floor: f64) -> Self {
        self.floor = floor;
        self
    }

    /// The same with another reading beside it.
    #[must_use]
    pub fn or(mut self, reading: &'static str, value: Option<f64>, remedy: &'static str) -> Self {
        self.alternatives.push(Alternative { reading, value, remedy });
        self
    }
}

/// A figure with its uncertainty.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// The value, in `unit`.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Half-width of the interval in which the truth lies, in its unit.
    pub uncertainty: f64,
    /// The part of it that a larger sample would take away, and no finer grid.
    pub sampling: f64,
    /// Whether it does not depend on the grid, so that a finer one would not change it.
    pub exact: bool,
    /// How it was got.
    pub method: String,
    /// The figure under other readings of the design.
    pub alternatives: Vec<Alternative>,
    /// Where the figure is set, in µm of the input's frame: the throat of a path.
    pub at_um: Option<[f64; 3]>,
    /// Its least and greatest value, where these are not as far from it on either side.
    pub range: Option<(f64, f64)>,
    /// What makes it least and what greatest, in words that follow on "where".
    pub ends: Option<[String; 2]>,
    /// Whether the range is that of a library, not of anything measured on this design.
    pub library: bool,
}

/// A distribution by volume, or a profile.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// Unit of the edges.
    pub unit: Unit,
    /// Edges of the classes, one more than there are classes.
    pub edges: Vec<f64>,
    /// Share of the volume in each class; of a profile, porosity in each class.
    pub fraction: Vec<f64>,
}

/// What one look at a design gave.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The figures by id.
    pub figures: BTreeMap<String, Figure>,
    /// Distributions by id.
    pub distributions: BTreeMap<String, Distribution>,
    /// Where figures are set.
    pub places: BTreeMap<String, [f64; 3]>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Curves, places and tensors.
    pub details: Details,
    /// What pictures are drawn from, where they are wanted.
    pub picture: Option<Block>,
}

impl Figures {
    /// Adds a figure; what is not a finite number is left out, it is a defect of its measure.
    pub fn add(&mut self, id: impl Into<String>, figure: Figure) {
        if figure.value.is_finite() {
            // No -0 in a report.
            let figure = Figure { value: figure.value + 0.0, ..figure };
            self.figures.insert(id.into(), figure);
        }
    }
}
