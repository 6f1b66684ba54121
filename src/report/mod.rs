//! The report: what was measured and judged, in the shape of the JSON contract. Every format is a view of it, and the
//! exit status comes from it alone.

mod advice;
mod build;
mod comparison;
mod inspection;
pub mod render;
pub mod words;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use advice::{
    AdviceEntry, ChangeEntry, ConflictEntry, IslandEntry, KnobEntry, TuningEntry, VerifiedEntry, WindowEntry,
    advice_entry,
};
pub use build::{Measured, design_entry, error_entry, finding_entry};
pub use comparison::{
    COMPARE_SCHEMA, CheckChange, Comparison, DifferenceEntry, DistributionChange, FigureChange, LumpEntry,
    MaterialEntry, PairEntry, ProfileChange, SideEntry, compare_schema,
};
pub use inspection::{FileEntry, INSPECT_SCHEMA, Inspection, MeshEntry, VolumeEntry, inspect_schema};

use crate::criteria::{Basis, DesignVerdict, Verdict, design_verdict};
use crate::design::Severity;
use crate::measure::Details;
use crate::picture::{Block, Strip};
use crate::units::Unit;

/// Name of the schema.
pub const SCHEMA: &str = "poregauge.report/1";

/// A report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    /// Name and version of this schema.
    pub schema: String,
    /// The program.
    pub tool: Tool,
    /// The criteria that designs were judged by.
    pub criteria: Vec<CriteriaEntry>,
    /// The worst verdict of the designs; null when nothing was judged.
    pub verdict: Option<DesignVerdict>,
    /// The designs, in the order given.
    pub designs: Vec<DesignEntry>,
}

/// The program that made a report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

impl Tool {
    /// This program.
    #[must_use]
    pub fn this() -> Self {
        Self { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

/// A set of criteria.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CriteriaEntry {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// Where it comes from.
    pub source: String,
}

/// A design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DesignEntry {
    /// The file's stem, made unique by its folder.
    pub name: String,
    /// Name of the criteria; null when it was only measured.
    pub criteria: Option<String>,
    /// The verdict; null when it was only measured.
    pub verdict: Option<DesignVerdict>,
    /// The file.
    pub source: SourceEntry,
    /// The body that it was measured in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<EnvelopeEntry>,
    /// The finest grid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<GridEntry>,
    /// What was set for it by the user, and where.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, SettingEntry>,
    /// The figures by id.
    pub measurements: BTreeMap<String, MeasurementEntry>,
    /// Distributions by id.
    pub distributions: BTreeMap<String, DistributionEntry>,
    /// Curves, places in the void and tensors that go with them.
    #[serde(flatten)]
    pub details: Details,
    /// The checks, in the order of the criteria.
    pub checks: Vec<CheckEntry>,
    /// What was found.
    pub findings: Vec<FindingEntry>,
    /// What would make it pass, where a check of its geometry fails.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<AdviceEntry>,
    /// Scaffold and tissue over time, where it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<TimelineEntry>,
    /// What pictures are drawn from, beside the report; no part of the contract.
    #[serde(skip)]
    pub picture: Option<Block>,
    /// Why it could not be measured.
    pub errors: Vec<ErrorEntry>,
}

/// Scaffold and tissue over time: arrays of one value a day, what is to be expected and its range.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TimelineEntry {
    /// Days after implantation.
    pub days: Vec<f64>,
    /// Share of the scaffold's mass that is left.
    pub mass: Vec<f64>,
    /// Its least.
    pub mass_low: Vec<f64>,
    /// Its greatest.
    pub mass_high: Vec<f64>,
    /// Share of the scaffold's stiffness that is left.
    pub stiffness: Vec<f64>,
    /// Its least.
    pub stiffness_low: Vec<f64>,
    /// Its greatest.
    pub stiffness_high: Vec<f64>,
    /// Share of the void that tissue fills.
    pub fill: Vec<f64>,
    /// Its least.
    pub fill_low: Vec<f64>,
    /// Its greatest.
    pub fill_high: Vec<f64>,
    /// Modulus of the scaffold, in MPa.
    #[serde(default)]
    pub scaffold: Vec<f64>,
    /// Its least.
    #[serde(default)]
    pub scaffold_low: Vec<f64>,
    /// Its greatest.
    #[serde(default)]
    pub scaffold_high: Vec<f64>,
    /// Modulus of the tissue, in MPa.
    #[serde(default)]
    pub tissue: Vec<f64>,
    /// Its least.
    #[serde(default)]
    pub tissue_low: Vec<f64>,
    /// Its greatest.
    #[serde(default)]
    pub tissue_high: Vec<f64>,
    /// Modulus of scaffold and tissue side by side, in MPa.
    pub combined: Vec<f64>,
    /// Its least.
    pub combined_low: Vec<f64>,
    /// Its greatest.
    pub combined_high: Vec<f64>,
    /// How deep the front is in a solid that erodes or corrodes, in µm, as is to be expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub front_um: Option<Vec<f64>>,
    /// Porosity of a solid that erodes or corrodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub porosity: Vec<f64>,
    /// Its least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub porosity_low: Vec<f64>,
    /// Its greatest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub porosity_high: Vec<f64>,
    /// Surface of what is left of it over the total volume, in 1/mm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surface_per_total_volume: Vec<f64>,
    /// Its least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surface_per_total_volume_low: Vec<f64>,
    /// Its greatest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub surface_per_total_volume_high: Vec<f64>,
    /// Mean size of its pores in µm, null once nothing of the solid is left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pore_size_um: Vec<Option<f64>>,
    /// Its least.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pore_size_um_low: Vec<Option<f64>>,
    /// Its greatest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pore_size_um_high: Vec<Option<f64>>,
    /// What happens on the way, as is to be expected, by day.
    #[serde(default)]
    pub events: Vec<EventEntry>,
    /// Which knob of the material would make it match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tuning: Option<TuningEntry>,
    /// A section of the solid, beside the report; no part of the contract.
    #[serde(skip)]
    pub strip: Option<Strip>,
}

impl TimelineEntry {
    /// How many of the first days tell how the geometry of an eroding solid changes: up to the one on which nothing of it is
    /// left at any rate.
    #[must_use]
    pub fn changing(&self) -> usize {
        let gone = self.porosity_low.iter().position(|p| *p >= 1.0);
        gone.map_or(self.porosity.len(), |k| k + 1)
    }
}

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EventEntry {
    /// The day.
    pub day: f64,
    /// What it is: `falls-apart`, `gone-before-tissue`, `least-support`, `gone`.
    pub kind: String,
    /// In words.
    pub text: String,
    /// Where, in the input's own frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_um: Option<[f64; 3]>,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

/// A setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SettingEntry {
    /// Its value, as it may be written on the command line.
    pub value: String,
    /// Where it was set: `command line`, `poregauge.toml`.
    pub from: String,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceEntry {
    /// The path as given, with `/`.
    pub path: String,
    /// Its format.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Unit of its numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the unit was assumed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit_assumed: Option<bool>,
    /// SHA-256 of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Number of triangles of a mesh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub triangles: Option<usize>,
    /// Whether the mesh is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub watertight: Option<bool>,
    /// Number of voxels of a volume along x, y, z.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voxels: Option<[usize; 3]>,
    /// Spacing of a volume, in µm.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spacing_um: Option<[f64; 3]>,
    /// How the phases of a volume were told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
}

/// The body that a design was measured in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EnvelopeEntry {
    /// What it is: `box`, `hull`, `cylinder`, `wrap`, `grid`, `file`.
    pub kind: String,
    /// `auto` or `given`.
    pub chosen: String,
    /// Why it was taken.
    pub reason: String,
    /// Its volume.
    pub volume_mm3: f64,
    /// Its size along x, y, z.
    pub size_um: [f64; 3],
}

/// The finest grid that a design was measured on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GridEntry {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// Their spacing.
    pub spacing_um: [f64; 3],
    /// Coarsest spacings of all grids, from the first to the last.
    pub levels_um: Vec<f64>,
    /// What became of pores that the envelope cuts: `open`, `clip`, `mirror`, `periodic`.
    pub cut_pores: String,
}

/// A figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasurementEntry {
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Half-width of the interval in which the truth lies.
    pub uncertainty: f64,
    /// Its least and greatest value, where these are not as far from it on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
    /// How it was got.
    pub method: String,
    /// The place that sets it, in the input's own frame.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_um: Option<[f64; 3]>,
    /// The region that it is taken in; its key is then the measure, `@` and the id of the region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionEntry>,
    /// The figure under other readings of the design, under which a verdict has to hold as well.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<AlternativeEntry>,
}

/// A region of a design.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegionEntry {
    /// Its id, as figures in it end: `z:0-0.33`.
    pub id: String,
    /// In a few words: `z 0–33 %`.
    pub name: String,
    /// What it is: `axial`, `radial` or `mask`.
    pub kind: String,
    /// The axis: of a slab the one that it lies across, of a shell the one that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub axis: Option<String>,
    /// Where it begins, as a part of the envelope's extent or radius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<f64>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<f64>,
    /// Where it begins, as a length from the lower end of the envelope or from the axis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_um: Option<f64>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_um: Option<f64>,
    /// The file of a mask, as it was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// SHA-256 of its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// A figure under another reading.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AlternativeEntry {
    /// The reading.
    pub reading: String,
    /// The value; null when there is none.
    pub value: Option<f64>,
}

/// A distribution by volume, or a profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DistributionEntry {
    /// Unit of the edges.
    pub unit: Unit,
    /// Edges of the classes.
    pub edges: Vec<f64>,
    /// Share of the volume in each class; of a profile (`porosity.x`), porosity in each class.
    pub fraction: Vec<f64>,
}

/// A check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckEntry {
    /// Its name.
    pub id: String,
    /// A few words.
    pub title: String,
    /// Which of the five criteria it belongs to; 0 for none.
    pub criterion: u8,
    /// The requirement.
    pub requirement: String,
    /// Id of its measure.
    pub measure: Option<String>,
    /// The region that it asks it of; absent for the whole design.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<RegionEntry>,
    /// Least value that passes, in the unit of the measure.
    pub min: Option<f64>,
    /// Greatest value that passes.
    pub max: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured.
    pub measured: Option<MeasuredEntry>,
    /// Distance to the nearer limit, positive when met.
    pub margin: Option<f64>,
    /// Whether it has to pass, and is not only advice.
    pub required: bool,
    /// Whether it keeps the design from passing, after `--strict` and the baseline.
    #[serde(default)]
    pub gates: bool,
    /// How much worse than the baseline it may get beyond both uncertainties, in the unit of the measure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// What sets the limit.
    pub basis: Basis,
    /// Where the limit comes from.
    pub source: String,
    /// Why the verdict is what it is, where figure and limit do not say it.
    pub reason: Option<String>,
    /// What would make it pass.
    pub advice: Option<String>,
    /// The place that sets the figure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_um: Option<[f64; 3]>,
    /// Whether only the ranges of a library leave it open: then it gates under `--strict` alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub library: bool,
    /// How it compares with the baseline, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineEntry>,
}

impl CheckEntry {
    /// The key of its figure among the measurements.
    #[must_use]
    pub fn figure(&self) -> Option<String> {
        let measure = self.measure.as_ref()?;
        Some(self.region.as_ref().map_or_else(|| measure.clone(), |region| format!("{measure}@{}", region.id)))
    }

    /// Whether it asks this measure of the whole design.
    #[must_use]
    pub fn asks(&self, measure: &str) -> bool {
        self.region.is_none() && self.measure.as_deref() == Some(measure)
    }
}

/// The verdict on a design of these checks.
#[must_use]
pub fn verdict_of(checks: &[CheckEntry]) -> DesignVerdict {
    design_verdict(checks.iter().filter(|c| c.gates).map(|c| c.verdict))
}

/// A check against the baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BaselineEntry {
    /// Its verdict in the baseline.
    pub verdict: Verdict,
    /// Its figure in the baseline, in the unit of the measure.
    pub value: Option<f64>,
    /// Whether it got worse by more than both uncertainties: only then it gates.
    pub worse: bool,
}

/// The figure of a check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MeasuredEntry {
    /// The value.
    pub value: f64,
    /// Its unit.
    pub unit: Unit,
    /// Half-width of the interval in which the truth lies.
    pub uncertainty: f64,
    /// Its least and greatest value, where these are not as far from it on either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f64; 2]>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingEntry {
    /// Kind.
    pub kind: String,
    /// How much it matters.
    pub severity: Severity,
    /// What was found.
    pub message: String,
    /// Where, in the input's own frame.
    pub at_um: Option<[f64; 3]>,
}

/// Why a design could not be measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErrorEntry {
    /// Kind.
    pub kind: String,
    /// What is wrong and what to do.
    pub message: String,
    /// Byte, line, triangle or page.
    pub at: Option<String>,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every design passes, or was measured.
    Fine,
    /// Some design fails or is inconclusive.
    Failed,
    /// Something could not be read, measured or understood.
    Undecided,
}

impl Status {
    /// The exit code: 0, 1 or 2.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Fine => 0,
            Self::Failed => 1,
            Self::Undecided => 2,
        }
    }
}

impl Report {
    /// A report of designs judged by the given criteria, or only measured.
    #[must_use]
    pub fn new(criteria: Vec<CriteriaEntry>, designs: Vec<DesignEntry>) -> Self {
        let rank = |v: &DesignVerdict| match v {
            DesignVerdict::Pass => 0,
            DesignVerdict::Inconclusive => 1,
            DesignVerdict::Fail => 2,
            DesignVerdict::Error => 3,
        };
        let judged = !criteria.is_empty();
        let verdict =
            designs.iter().filter_map(|d| d.verdict).max_by_key(rank).filter(|v| judged || *v == DesignVerdict::Error);
        Self { schema: SCHEMA.to_owned(), tool: Tool::this(), criteria, verdict, designs }
    }

    /// How the run ends: an error wins over a failure.
    #[must_use]
    pub fn status(&self) -> Status {
        let any = |verdict: DesignVerdict| self.designs.iter().any(|d| d.verdict == Some(verdict));
        if any(DesignVerdict::Error) || self.designs.is_empty() {
            Status::Undecided
        } else if any(DesignVerdict::Fail) || any(DesignVerdict::Inconclusive) {
            Status::Failed
        } else {
            Status::Fine
        }
    }
}

/// JSON Schema of reports.
#[must_use]
pub fn schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(Report)).unwrap_or_default()
}
