//! The checks by criterion in one table: figure, limit and margin of each, what would make a failing one pass, and what
//! waits for a declaration.

use std::fmt::Write as _;

use super::markup::escape;
use crate::criteria::Verdict;
use crate::report::{CheckEntry, DesignEntry, words};

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let assessed = |c: &&CheckEntry| c.verdict != Verdict::NotAssessed;
    if design.checks.iter().any(|c| assessed(&c)) {
        out.push_str(
            "<h2>Checks</h2><table class=\"checks\"><thead><tr><th>check<th>verdict<th class=n>figure<th class=n>limit<th \
             class=n>margin</tr></thead>\n",
        );
        for (number, title) in words::CRITERIA {
            let checks: Vec<&CheckEntry> =
                design.checks.iter().filter(assessed).filter(|c| c.criterion == number).collect();
            if checks.is_empty() {
                continue;
            }
            let number = if number == 0 { String::new() } else { format!("{number} · ") };
            let _ =
                writeln!(out, "<tbody><tr class=\"group\"><th colspan=\"5\" scope=\"rowgroup\">{number}{title}</tr>");
            for check in checks {
                row(out, check);
            }
            out.push_str("</tbody>\n");
        }
        out.push_str("</table>\n");
    }
    waiting(out, design);
}

fn row(out: &mut String, check: &CheckEntry) {
    let (class, mark) = match check.verdict {
        Verdict::Pass => ("pass", "✓ "),
        Verdict::Fail => ("fail", "✗ "),
        Verdict::Inconclusive => ("inconclusive", if check.library { "~ " } else { "? " }),
        Verdict::Declared | Verdict::NotAssessed => ("", "– "),
    };
    let (figure, limit, margin) = check.measured.as_ref().map_or_else(Default::default, |m| {
        (words::checked(check, m), words::limits(check, m.unit), words::margin(check, m.unit))
    });
    let mut notes: Vec<String> = check.reason.clone().into_iter().collect();
    if matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive) {
        notes.extend(check.at_um.map(|at| format!("narrowest at {}", words::place(at))));
        notes.extend(check.advice.clone());
    }
    let advisory = if check.required { "" } else { "<small>advisory</small>" };
    let _ = writeln!(
        out,
        "<tr><td>{}<small>{}</small><td class=\"mark {class}\">{mark}{}{advisory}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
        escape(&words::title(check)),
        escape(&notes.join("; ")),
        words::verdict(check.verdict),
        escape(&figure),
        escape(&limit),
        escape(&margin),
    );
}

/// What waits for a declaration, by what is to be declared.
fn waiting(out: &mut String, design: &DesignEntry) {
    let groups = words::waiting(design);
    if groups.is_empty() {
        return;
    }
    out.push_str("<h2>Not assessed</h2>\n<ul class=\"waiting\">\n");
    for (reason, titles) in groups {
        let _ = writeln!(out, "<li>{}: <span>{}</span></li>", escape(reason), escape(&titles.join(", ")));
    }
    out.push_str("</ul>\n");
}
