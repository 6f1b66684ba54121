//! What belongs to figures without being one: curves, places in the void, throats, tensors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::units::Unit;

/// Places that a list holds at most, the largest first.
pub const MOST_PLACES: usize = 1000;

/// A share that depends on a length.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// Unit of the lengths.
    pub unit: Unit,
    /// The lengths, in rising order.
    pub at: Vec<f64>,
    /// The share at each of them.
    pub value: Vec<f64>,
    /// What it is and how it was got.
    pub method: String,
}

/// A part of the void.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Centre of the largest sphere in it, in µm of the input's own frame.
    pub at_um: [f64; 3],
    /// Its volume.
    pub volume_mm3: f64,
    /// Diameter of the largest sphere in it.
    pub sphere_um: f64,
    /// Diameter of the largest sphere that gets into it from outside; 0 where none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throat_um: Option<f64>,
}

/// Parts of the void of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Places {
    /// How many there are.
    pub count: usize,
    /// Their volume together.
    pub volume_mm3: f64,
    /// What they are.
    pub method: String,
    /// The largest of them, at most 1000, in falling order of volume.
    pub places: Vec<Place>,
}

/// A bottleneck of a path through the void.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Throat {
    /// Diameter of the largest sphere that passes.
    pub diameter_um: f64,
    /// Where it passes, in µm of the input's own frame.
    pub at_um: [f64; 3],
}

/// A vector or a tensor: rows of numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tensor {
    /// Unit of its entries.
    pub unit: Unit,
    /// Its rows.
    pub value: Vec<Vec<f64>>,
    /// What it is and how it was got.
    pub method: String,
}

/// All of it, by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Details {
    /// Shares that depend on a length, such as the void that spheres of a diameter can sweep.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub curves: BTreeMap<String, Curve>,
    /// For each axis the bottleneck of the widest path, and the next ones when those before are opened.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub throats: BTreeMap<String, Vec<Throat>>,
    /// Parts of the void that are closed, blind, out of reach or hold powder.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub voids: BTreeMap<String, Places>,
    /// Vectors and tensors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tensors: BTreeMap<String, Tensor>,
}
