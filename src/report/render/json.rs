//! JSON, the contract.

use crate::report::Report;

/// The report as JSON.
#[must_use]
pub fn render(report: &Report) -> String {
    // Serialising this structure cannot fail: its keys are strings, and figures are finite by construction.
    let mut text = serde_json::to_string_pretty(report).unwrap_or_default();
    text.push('\n');
    text
}
