//! Views of the report, one format a file. A renderer counts nothing and decides nothing.

mod advice;
pub mod comparison;
pub mod csv;
pub mod github;
pub mod html;
pub mod inspection;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod png;
pub mod sarif;
pub mod svg;
pub mod text;

/// Data as JSON for people and programs, a line break at the end.
fn pretty(data: &impl serde::Serialize) -> String {
    // Keys are strings and figures are finite: an empty report in place of an error would be a lie.
    let text = serde_json::to_string_pretty(data).unwrap_or_else(|e| unreachable!("a report is plain data: {e}"));
    text + "\n"
}
