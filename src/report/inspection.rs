//! What is in a file and whether it can be trusted: the result of `poregauge inspect`, in a shape of its own.

use schemars::JsonSchema;
use serde::Serialize;

use super::{ErrorEntry, FindingEntry, Tool};

/// Name of the schema.
pub const INSPECT_SCHEMA: &str = "poregauge.inspect/1";

/// A look into files.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Inspection {
    /// Name and version of this schema.
    pub schema: String,
    /// The program.
    pub tool: Tool,
    /// The files, in the order given.
    pub files: Vec<FileEntry>,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct FileEntry {
    /// The path as given, with `/`.
    pub path: String,
    /// Its format.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// SHA-256 of its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Unit of its numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Whether the unit was assumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit_assumed: Option<bool>,
    /// Size of what it holds along x, y, z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size_um: Option<[f64; 3]>,
    /// The mesh, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mesh: Option<MeshEntry>,
    /// The volume, if it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeEntry>,
    /// What was found.
    pub findings: Vec<FindingEntry>,
    /// Why it cannot be used.
    pub errors: Vec<ErrorEntry>,
}

/// A mesh.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct MeshEntry {
    /// Number of triangles.
    pub triangles: usize,
    /// Number of different corners.
    pub vertices: usize,
    /// Number of connected surfaces.
    pub shells: usize,
    /// How many of them bound a cavity.
    pub cavities: usize,
    /// Handles of all surfaces together, where they are closed and every edge has two triangles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub genus: Option<i64>,
    /// Whether it is closed.
    pub watertight: bool,
    /// Whether no shell crosses, touches or hides in another: pieces and cavities are then beyond doubt.
    pub separate: bool,
    /// Edges of one triangle alone.
    pub open_edges: usize,
    /// Edges of more than two triangles.
    pub non_manifold_edges: usize,
    /// Pairs of triangles that cross or touch.
    pub intersections: usize,
    /// Triangles without area.
    pub degenerate_triangles: usize,
    /// Volume of the solid, when it is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub volume_mm3: Option<f64>,
    /// Area of its surface.
    pub area_mm2: f64,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct VolumeEntry {
    /// Number of voxels along x, y, z.
    pub voxels: [usize; 3],
    /// Distance between them, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spacing_um: Option<[f64; 3]>,
    /// Least and greatest value.
    pub range: [f64; 2],
    /// Edges of the classes of values.
    pub edges: Vec<f64>,
    /// Voxels in each class.
    pub counts: Vec<u64>,
    /// How the phases would be told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threshold: Option<String>,
    /// Share of the voxels that would be solid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub solid_share: Option<f64>,
}

/// JSON Schema of inspections.
#[must_use]
pub fn inspect_schema() -> serde_json::Value {
    serde_json::to_value(schemars::schema_for!(Inspection)).unwrap_or_default()
}
