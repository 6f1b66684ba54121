//! The head of a design: its verdict, the state of the five criteria, and what was measured.

use std::fmt::Write as _;

use super::markup::escape;
use crate::criteria::Verdict;
use crate::report::{CheckEntry, DesignEntry, words};
use crate::units::significant;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let _ = writeln!(out, "<h1>{}</h1>", escape(&design.name));
    if let Some(verdict) = design.verdict {
        let word = words::design_verdict(verdict);
        let _ = writeln!(
            out,
            "<p class=\"verdict {word}\"><b>{}</b> <span>{}</span></p>",
            word.to_uppercase(),
            escape(&words::conclusion(design))
        );
    }
    for error in &design.errors {
        let at = error.at.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        let _ = writeln!(
            out,
            "<p class=\"error\"><strong>{}</strong> {}{}</p>",
            escape(&error.kind),
            escape(&error.message),
            escape(&at)
        );
    }
    criteria(out, design);
    facts(out, design);
}

/// The five criteria in their order, each with its state.
fn criteria(out: &mut String, design: &DesignEntry) {
    if design.checks.is_empty() {
        return;
    }
    out.push_str("<ol class=\"criteria\">\n");
    let mut all = words::CRITERIA;
    all.sort_by_key(|c| if c.0 == 0 { u8::MAX } else { c.0 });
    for (number, title) in all {
        let checks: Vec<&CheckEntry> = design.checks.iter().filter(|c| c.criterion == number).collect();
        if checks.is_empty() {
            continue;
        }
        let (class, mark, state) = state(&checks);
        let number = if number == 0 { String::new() } else { format!("<b>{number}</b> ") };
        let _ = writeln!(
            out,
            "<li class=\"{class}\"><span class=\"name\">{number}{title}</span><span class=\"state\">{mark} {state}</span></li>"
        );
    }
    out.push_str("</ol>\n");
}

/// Class, mark and words for the checks of a criterion; advisory ones count where they gate.
fn state(checks: &[&CheckEntry]) -> (&'static str, &'static str, String) {
    let counts: Vec<&&CheckEntry> = checks.iter().filter(|c| c.required || c.gates).collect();
    let of = |verdict: Verdict| counts.iter().filter(|c| c.verdict == verdict).count();
    let (failed, open, waiting) = (of(Verdict::Fail), of(Verdict::Inconclusive), of(Verdict::NotAssessed));
    let (passed, declared) = (of(Verdict::Pass), of(Verdict::Declared));
    let assessed = failed + open + passed;
    if failed > 0 {
        ("fail", "✗", format!("{failed} of {assessed} fail{}", if failed == 1 { "s" } else { "" }))
    } else if open > 0 {
        ("inconclusive", "?", format!("{open} of {assessed} undecided"))
    } else if passed > 0 {
        let rest = if waiting > 0 { format!(", {waiting} not assessed") } else { String::new() };
        ("pass", "✓", format!("{passed} of {assessed} pass{}{rest}", if passed == 1 { "es" } else { "" }))
    } else if declared > 0 {
        ("", "–", "declared".to_owned())
    } else {
        ("", "–", "not assessed".to_owned())
    }
}

fn facts(out: &mut String, design: &DesignEntry) {
    let source = &design.source;
    let mut facts = vec![source.path.clone()];
    facts.extend(source.format.as_ref().map(|f| f.to_uppercase()));
    facts.extend(source.triangles.map(|n| format!("{n} triangles")));
    facts.extend(source.voxels.map(|[x, y, z]| format!("{x} × {y} × {z} voxels")));
    facts.extend(source.watertight.map(|w| if w { "watertight" } else { "not watertight" }.to_owned()));
    if let Some(unit) = &source.unit {
        let assumed = if source.unit_assumed == Some(true) { " (assumed)" } else { "" };
        facts.push(format!("{unit}{assumed}"));
    }
    if let Some(e) = &design.envelope {
        let [x, y, z] = e.size_um.map(|s| significant(s / 1e3, 4));
        facts.push(format!("envelope: {} {x} × {y} × {z} mm ({})", e.kind, e.reason));
    }
    facts.extend(source.threshold.clone());
    if let Some(g) = &design.grid {
        let levels: Vec<String> = g.levels_um.iter().map(|h| significant(*h, 4)).collect();
        facts.push(format!("voxels of {} µm", levels.join(", then ")));
    }
    let _ = writeln!(out, "<p class=\"facts\">{}</p>", escape(&facts.join(" · ")));
}
