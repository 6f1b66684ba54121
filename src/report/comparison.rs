//! What changed from one design to another: the result of `poregauge compare`, in a shape of its own.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorEntry, MeasuredEntry, Tool};
use crate::criteria::{DesignVerdict, Verdict};
use crate::picture::Projection;
use crate::units::Unit;

/// Name of the schema.
pub const COMPARE_SCHEMA: &str = "poregauge.compare/1";

/// A comparison.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Comparison {
    /// Name and version of this schema.
    pub schema: String,
    /// The program.
    pub tool: Tool,
    /// The designs that were compared: one pair, or those that two reports have in common.
    pub pairs: Vec<PairEntry>,
    /// Designs that only the old report has.
    pub only_old: Vec<String>,
    /// Designs that only the new report has.
    pub only_new: Vec<String>,
}

/// Two designs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct PairEntry {
    /// The one that was.
    pub old: SideEntry,
    /// The one that is.
    pub new: SideEntry,
    /// The figures by id.
    pub measures: BTreeMap<String, FigureChange>,
    /// How far distributions are apart, by id.
    pub distributions: BTreeMap<String, DistributionChange>,
    /// How far profiles are apart, by id.
    pub profiles: BTreeMap<String, ProfileChange>,
    /// The checks that both were judged by.
    pub checks: Vec<CheckChange>,
    /// Missing and extra material; null where there is none to be had.
    pub difference: Option<DifferenceEntry>,
    /// Why something is missing here.
    pub notes: Vec<String>,
    /// Where the solids differ, seen along each axis, beside the comparison; no part of the contract.
    #[serde(skip)]
    pub views: Vec<Projection>,
}

/// One of two designs.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SideEntry {
    /// Its name.
    pub name: String,
    /// The path of its file.
    pub path: String,
    /// Whether its figures come from a report.
    pub from_report: bool,
    /// Its verdict; null when it was only measured.
    pub verdict: Option<DesignVerdict>,
    /// Why it could not be measured.
    pub errors: Vec<ErrorEntry>,
}

/// A figure before and after.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct FigureChange {
    /// Its unit.
    pub unit: Unit,
    /// Before; null when there is none.
    pub old: Option<MeasuredEntry>,
    /// After; null when there is none.
    pub new: Option<MeasuredEntry>,
    /// New less old; null when one is missing.
    pub difference: Option<f64>,
    /// The sum of both uncertainties, and of what voxels leave open.
    pub joint_uncertainty: f64,
    /// Whether the difference exceeds it, or only one has the figure.
    pub different: bool,
}

/// How far two distributions are apart.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DistributionChange {
    /// Unit of the sizes.
    pub unit: Unit,
    /// Wasserstein-1 distance: the mean way that volume has to move along the sizes to turn one into the other, in their
    /// unit.
    pub wasserstein_1: f64,
    /// Kolmogorov–Smirnov distance: the greatest difference of the shares below a size.
    pub kolmogorov_smirnov: f64,
    /// What the widths of the classes leave open of the Wasserstein-1 distance.
    pub resolution: f64,
}

/// How far two profiles are apart, each taken from its own beginning.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ProfileChange {
    /// Mean of the differences, in the unit of the figure.
    pub mean: f64,
    /// Greatest difference, of means over a class of the coarser profile.
    pub greatest: f64,
    /// Where that is, from the beginning of the profiles.
    pub at_um: f64,
}

/// A check before and after.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct CheckChange {
    /// Its name.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Whether it has to pass.
    pub required: bool,
    /// Its verdict before.
    pub old: Verdict,
    /// Its verdict after.
    pub new: Verdict,
    /// Distance to the nearer limit before, positive when met.
    pub old_margin: Option<f64>,
    /// Distance to the nearer limit after.
    pub new_margin: Option<f64>,
    /// Whether the verdict got worse with a figure that differs, or with a failure; or a check that does not pass moved
    /// further from its limit by more than both uncertainties.
    pub worse: bool,
    /// The reverse.
    pub better: bool,
}

/// Missing and extra material, in the frame of the old design.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct DifferenceEntry {
    /// What is thinner than this does not count as a lump.
    pub tolerance_um: f64,
    /// Edge of the voxels that were compared.
    pub voxel_um: f64,
    /// Whether the new design was laid onto the old one; else it lies as the axes of the two files say.
    pub aligned: bool,
    /// By how much it was shifted, after it was turned.
    pub shift_um: [f64; 3],
    /// How it was turned about `about_um`: along the axis, in the frame of the old design, and as long as the angle; zero
    /// where it was only shifted.
    pub rotation_deg: [f64; 3],
    /// The point of the new design that the rotation leaves where it is, in its own frame.
    pub about_um: [f64; 3],
    /// Mean distance of the surfaces after that, each cut off at four voxels; null when it was not aligned.
    pub mean_distance_um: Option<f64>,
    /// Solid of the old design that the new one lacks.
    pub missing: MaterialEntry,
    /// Solid of the new design that the old one lacks.
    pub extra: MaterialEntry,
}

/// Material that only one of two designs has.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MaterialEntry {
    /// All of it, thin skins too.
    pub volume_mm3: f64,
    /// That of the lumps listed.
    pub lumps_mm3: f64,
    /// Number of lumps thicker than the tolerance.
    pub count: usize,
    /// The largest lumps, 50 at most, the largest first.
    pub lumps: Vec<LumpEntry>,
}

/// A lump of material.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct LumpEntry {
    /// Its centre of mass.
    pub at_um: [f64; 3],
    /// Its volume.
    pub volume_mm3: f64,
    /// Diameter of the largest sphere in it.
    pub thickness_um: f64,
    /// Its size along x, y, z.
    pub size_um: [f64; 3],
}

/// JSON Schema of comparisons.
#[must_use]
pub fn compare_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(Comparison)).unwrap_or_default()
}
