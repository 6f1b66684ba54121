//! JSON, the contract.

use crate::report::Report;

/// The report as JSON.
#[must_use]
pub fn render(report: &Report) -> String {
    super::pretty(report)
}
