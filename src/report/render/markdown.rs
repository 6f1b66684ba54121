//! Markdown, for a comment on a change or a page: a table of the designs, and one of the checks of each.

use std::fmt::Write as _;

use crate::criteria::{DesignVerdict, Verdict};
use crate::design::Severity;
use crate::report::{DesignEntry, Report, words};

/// The report as Markdown.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::from("# poregauge\n");
    if report.designs.iter().any(|d| d.verdict.is_some()) {
        out.push_str("\n| design | verdict | |\n| --- | --- | --- |\n");
        for design in &report.designs {
            let verdict = design.verdict.map_or("", mark);
            let _ = writeln!(out, "| {} | {verdict} | {} |", escape(&design.name), escape(&words::conclusion(design)));
        }
    }
    for design in &report.designs {
        self::design(&mut out, design);
    }
    out
}

fn mark(verdict: DesignVerdict) -> &'static str {
    match verdict {
        DesignVerdict::Pass => "✅ pass",
        DesignVerdict::Fail => "❌ fail",
        DesignVerdict::Inconclusive => "❔ inconclusive",
        DesignVerdict::Error => "⛔ error",
    }
}

fn design(out: &mut String, design: &DesignEntry) {
    let _ = writeln!(out, "\n## {}\n\n{}", escape(&design.name), escape(&design.source.path));
    for error in &design.errors {
        let at = error.at.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        let _ = writeln!(out, "\n**Error:** {}", escape(&format!("{}{at}", error.message)));
    }
    if !design.checks.is_empty() {
        out.push_str("\n| | check | figure | limit | margin | |\n| --- | --- | ---: | ---: | ---: | --- |\n");
        for (number, _) in words::CRITERIA {
            for check in design.checks.iter().filter(|c| c.criterion == number) {
                let mark = match check.verdict {
                    Verdict::Pass => "✅",
                    Verdict::Fail => "❌",
                    Verdict::Inconclusive => "❔",
                    Verdict::Declared | Verdict::NotAssessed => "–",
                };
                let (figure, limit, margin) = check.measured.as_ref().map_or_else(Default::default, |m| {
                    (words::checked(check, m), words::limits(check, m.unit), words::margin(check, m.unit))
                });
                let mut notes: Vec<String> = Vec::new();
                if !check.required {
                    notes.push("advisory".to_owned());
                }
                notes.extend(check.reason.clone());
                if matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive) {
                    notes.extend(check.at_um.map(|at| format!("at {}", words::place(at))));
                    notes.extend(check.advice.clone());
                }
                let _ = writeln!(
                    out,
                    "| {mark} | {} | {figure} | {limit} | {margin} | {} |",
                    escape(&words::title(check)),
                    escape(&notes.join("; "))
                );
            }
        }
    } else if !design.measurements.is_empty() {
        out.push_str("\n| measure | figure |\n| --- | ---: |\n");
        for (id, m) in &design.measurements {
            let figure = words::with_uncertainty(m.value, m.uncertainty, words::symbol(m.unit));
            let _ = writeln!(out, "| `{id}` | {} |", figure.trim_end());
        }
    }
    let advice = super::advice::sentences(design);
    if !advice.is_empty() {
        out.push_str("\n**What would make it pass**\n\n");
        for line in advice {
            let _ = writeln!(out, "- {}", escape(&line));
        }
    }
    let findings: Vec<_> = design.findings.iter().filter(|f| f.severity > Severity::Info).collect();
    if !findings.is_empty() {
        out.push('\n');
        for f in findings {
            let at = f.at_um.map(|p| format!(", at {}", words::place(p))).unwrap_or_default();
            let _ = writeln!(out, "- {}", escape(&format!("{}{at}", f.message)));
        }
    }
}

/// Text that Markdown shows as it is, on one line.
fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '|' | '*' | '_' | '`' | '[' | ']' | '#' | '~' => {
                shown.push('\\');
                shown.push(c);
            }
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '&' => shown.push_str("&amp;"),
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
    }
    shown
}
