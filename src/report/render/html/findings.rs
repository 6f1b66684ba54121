//! What was found in the design and its file.

use std::fmt::Write as _;

use super::markup::escape;
use crate::design::Severity;
use crate::report::{DesignEntry, words};

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    if design.findings.is_empty() {
        return;
    }
    out.push_str("<h2>Findings</h2>\n<ul class=\"findings\">\n");
    for f in &design.findings {
        let at = f.at_um.map(|p| format!(", at {}", words::place(p))).unwrap_or_default();
        let (class, mark) =
            if f.severity == Severity::Info { ("", "") } else { ("warning", "<b aria-label=\"warning\">!</b> ") };
        let _ = writeln!(out, "<li class=\"{class}\">{mark}{}{}</li>", escape(&f.message), escape(&at));
    }
    out.push_str("</ul>\n");
}
