//! Findings: what is worth knowing about a design, with its place.

/// How much a finding matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// The figures hold, but something about the design or its file is doubtful.
    Warning,
    /// A figure cannot be given, or not with confidence.
    Error,
}

/// Something found in a design.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Kind: `mesh.open_edges`, `unit.assumed` and so on.
    pub kind: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What was found, and what to do about it.
    pub message: String,
    /// Where, in µm of the input's own frame.
    pub at_um: Option<[f64; 3]>,
}

impl Finding {
    /// A finding without a place.
    #[must_use]
    pub fn new(kind: &'static str, severity: Severity, message: String) -> Self {
        Self { kind, severity, message, at_um: None }
    }

    /// The same with a place.
    #[must_use]
    pub fn at(mut self, place: [f64; 3]) -> Self {
        self.at_um = Some(place);
        self
    }
}
