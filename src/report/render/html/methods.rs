//! How every figure was got, and where every limit comes from.

use std::fmt::Write as _;

use super::markup::escape;
use crate::report::{DesignEntry, Report, words};

pub(super) fn render(out: &mut String, design: &DesignEntry, report: &Report) {
    if !design.measurements.is_empty() {
        out.push_str("<details><summary>Figures and methods</summary>\n<table class=\"figures\"><tr><th>measure<th class=n>figure<th>method</tr>\n");
        for (id, m) in &design.measurements {
            let figure = match m.range {
                Some(range) => words::with_range(m.value, range, words::symbol(m.unit)),
                None => words::with_uncertainty(m.value, m.uncertainty, words::symbol(m.unit)),
            };
            let _ =
                writeln!(out, "<tr><td>{}<td class=n>{}<td>{}</tr>", id, escape(figure.trim_end()), escape(&m.method));
        }
        out.push_str("</table></details>\n");
    }
    if design.checks.is_empty() {
        return;
    }
    out.push_str(
        "<details><summary>Checks and their sources</summary>\n<table class=\"figures\"><tr><th>check<th>requirement<th>source</tr>\n",
    );
    for c in &design.checks {
        let _ = writeln!(out, "<tr><td>{}<td>{}<td>{}</tr>", escape(&c.id), escape(&c.requirement), escape(&c.source));
    }
    out.push_str("</table>\n");
    for criteria in report.criteria.iter().filter(|c| Some(&c.name) == design.criteria.as_ref()) {
        let _ = writeln!(
            out,
            "<p class=\"facts\">{}: {}. {}</p>",
            escape(&criteria.name),
            escape(&criteria.title),
            escape(&criteria.source)
        );
    }
    out.push_str("</details>\n");
}
