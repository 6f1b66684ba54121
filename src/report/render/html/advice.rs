//! What would make the design pass.

use std::fmt::Write as _;

use super::super::advice::sentences;
use super::markup::escape;
use crate::criteria::Verdict;
use crate::report::{CheckEntry, DesignEntry};

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let lines = sentences(design);
    if let Some((first, rest)) = lines.split_first() {
        let _ = writeln!(out, "<h2>What to change</h2>\n<p><strong>{}</strong></p>\n<ul>", escape(first));
        for line in rest {
            let text = escape(line);
            let text = if line.starts_with("poregauge ") { format!("<code>{text}</code>") } else { text };
            let _ = writeln!(out, "<li>{text}</li>");
        }
        out.push_str("</ul>\n");
        return;
    }
    // One sentence may stand for several checks.
    let mut sentences: Vec<(&str, Vec<&str>)> = Vec::new();
    let wanting = |c: &&CheckEntry| matches!(c.verdict, Verdict::Fail | Verdict::Inconclusive);
    for check in design.checks.iter().filter(wanting) {
        let Some(advice) = check.advice.as_deref() else { continue };
        match sentences.iter_mut().find(|s| s.0 == advice) {
            Some(known) => known.1.push(&check.title),
            None => sentences.push((advice, vec![&check.title])),
        }
    }
    if sentences.is_empty() {
        return;
    }
    out.push_str("<h2>What to change</h2>\n<ul>\n");
    for (advice, checks) in sentences {
        let _ = writeln!(out, "<li><strong>{}</strong>: {}</li>", escape(&checks.join(", ")), escape(advice));
    }
    out.push_str("</ul>\n");
}
