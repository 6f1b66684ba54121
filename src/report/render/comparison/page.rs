//! What changed, as one page that opens offline: the conclusion first, then where material is missing or extra, the checks
//! that changed, and the figures, those that differ before the rest.

use std::fmt::Write as _;

use super::super::html::{escape as e, views};
use super::{NAMED, heading, joint, laid, lump, more, signed, summary, value};
use crate::report::words::{self, symbol};
use crate::report::{Comparison, DifferenceEntry, FigureChange, PairEntry};
use crate::units::significant;

/// The comparison as a page.
#[must_use]
pub fn render(comparison: &Comparison) -> String {
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>What changed · poregauge</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        include_str!("../html/page.css")
    );
    for pair in &comparison.pairs {
        out.push_str("<main>");
        self::pair(&mut out, pair);
        out.push_str("</main>\n");
    }
    for (which, names) in [("old", &comparison.only_old), ("new", &comparison.only_new)] {
        if !names.is_empty() {
            let _ = writeln!(out, "<main><p>Only in the {which} report: {}</p></main>", e(&names.join(", ")));
        }
    }
    let _ = write!(
        out,
        "<footer>{} {} · nothing is fetched</footer>\n</body>\n</html>\n",
        e(&comparison.tool.name),
        e(&comparison.tool.version)
    );
    out
}

fn pair(out: &mut String, pair: &PairEntry) {
    let _ = writeln!(out, "<h1>{} → {}</h1>", e(&pair.old.name), e(&pair.new.name));
    conclusion(out, pair);
    let _ = writeln!(out, "<p class=\"facts\">{} → {}</p>", e(&heading(&pair.old)), e(&heading(&pair.new)));
    for error in pair.old.errors.iter().chain(&pair.new.errors) {
        let _ = writeln!(out, "<p class=\"error\"><strong>{}</strong> {}</p>", e(&error.kind), e(&error.message));
    }
    for note in &pair.notes {
        let _ = writeln!(out, "<p class=\"facts\">{}</p>", e(note));
    }
    if let Some(d) = &pair.difference {
        solid(out, d, pair);
    }
    checks(out, pair);
    figures(out, pair);
    distributions(out, pair);
    profiles(out, pair);
}

/// What changed in a line.
fn conclusion(out: &mut String, pair: &PairEntry) {
    let worse: Vec<&str> = pair.checks.iter().filter(|c| c.worse).map(|c| c.title.as_str()).collect();
    let different = pair.measures.values().filter(|c| c.different).count();
    let lumps = pair.difference.as_ref().map(|d| (d.missing.count, d.extra.count));
    let failed = !pair.old.errors.is_empty() || !pair.new.errors.is_empty();
    let changed = different > 0 || lumps.is_some_and(|(missing, extra)| missing + extra > 0);
    let (class, word) = match (failed, worse.is_empty(), changed) {
        (true, ..) => ("error", "ERROR"),
        (_, false, _) => ("fail", "WORSE"),
        (_, true, true) => ("inconclusive", "CHANGED"),
        (_, true, false) => ("pass", "THE SAME"),
    };
    let mut parts = Vec::new();
    if !worse.is_empty() {
        parts.push(format!("worse: {}", worse.join(", ")));
    }
    if let Some((missing, extra)) = lumps {
        let count = |n: usize, what: &str| match n {
            0 => format!("no {what} material"),
            1 => format!("1 lump of {what} material"),
            n => format!("{n} lumps of {what} material"),
        };
        parts.push(count(missing, "missing"));
        parts.push(count(extra, "extra"));
    }
    if !pair.measures.is_empty() {
        parts.push(format!("{different} of {} figures differ by more than both uncertainties", pair.measures.len()));
    }
    let _ = writeln!(out, "<p class=\"verdict {class}\"><b>{word}</b> <span>{}</span></p>", e(&parts.join("; ")));
}

fn solid(out: &mut String, d: &DifferenceEntry, pair: &PairEntry) {
    let _ = writeln!(out, "<h2>Solid, lumps thicker than {} µm</h2>", significant(d.tolerance_um, 2));
    if let Some(text) = laid(d) {
        let _ = writeln!(out, "<p class=\"facts\">{}</p>", e(&text));
    }
    views::render(out, d, &pair.views, NAMED);
    let mut number = 0;
    for (what, m) in [("missing", &d.missing), ("extra", &d.extra)] {
        let _ = writeln!(out, "<p><b>{}</b></p>", e(&summary(what, m)));
        if m.lumps.is_empty() {
            continue;
        }
        let _ = writeln!(out, "<ol start=\"{}\">", number + 1);
        for l in m.lumps.iter().take(NAMED) {
            number += 1;
            let _ = writeln!(out, "<li>{}</li>", e(&lump(l)));
        }
        out.push_str("</ol>\n");
        if let Some(text) = more(m) {
            let _ = writeln!(out, "<p class=\"facts\">{text}</p>");
        }
    }
}

fn checks(out: &mut String, pair: &PairEntry) {
    let changed: Vec<_> = pair.checks.iter().filter(|c| c.worse || c.better || c.old != c.new).collect();
    if changed.is_empty() {
        return;
    }
    out.push_str("<h2>Checks</h2><table class=\"changes\"><tr><th>check<th>old<th>new<th></tr>\n");
    for c in changed {
        let (class, word) = match (c.worse, c.better) {
            (true, _) => ("fail", "worse"),
            (_, true) => ("pass", "better"),
            _ => ("", "no figure differs"),
        };
        let _ = writeln!(
            out,
            "<tr><td>{}<td>{}<td>{}<td class=\"mark {class}\">{word}</tr>",
            e(&c.title),
            words::verdict(c.old),
            words::verdict(c.new)
        );
    }
    out.push_str("</table>\n");
}

fn figures(out: &mut String, pair: &PairEntry) {
    let (different, same): (Vec<_>, Vec<_>) = pair.measures.iter().partition(|(_, c)| c.different);
    if !different.is_empty() {
        out.push_str("<h2>Figures that differ</h2>\n");
        table(out, &different);
    }
    if !same.is_empty() {
        let _ =
            writeln!(out, "<details><summary>{} figures are the same within both uncertainties</summary>", same.len());
        table(out, &same);
        out.push_str("</details>\n");
    }
}

fn table(out: &mut String, rows: &[(&String, &FigureChange)]) {
    out.push_str(
        "<table class=\"changes\"><tr><th>measure<th class=n>old<th class=n>new<th class=n>difference<th class=n>joint \
         uncertainty</tr>\n",
    );
    for (id, c) in rows {
        let _ = writeln!(
            out,
            "<tr><td>{}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
            e(id),
            e(&value(id, c.old.as_ref())),
            e(&value(id, c.new.as_ref())),
            e(&signed(id, c)),
            e(&joint(id, c))
        );
    }
    out.push_str("</table>\n");
}

fn distributions(out: &mut String, pair: &PairEntry) {
    if pair.distributions.is_empty() {
        return;
    }
    out.push_str(
        "<h2>Distributions</h2><table class=\"changes\"><tr><th>of<th class=n>Wasserstein-1<th class=n>width of a \
         class<th class=n>Kolmogorov–Smirnov</tr>\n",
    );
    for (id, d) in &pair.distributions {
        let _ = writeln!(
            out,
            "<tr><td>{}<td class=n>{} {}<td class=n>± {}<td class=n>{}</tr>",
            e(id),
            significant(d.wasserstein_1, 3),
            symbol(d.unit),
            significant(d.resolution, 2),
            significant(d.kolmogorov_smirnov, 2)
        );
    }
    out.push_str("</table>\n");
}

fn profiles(out: &mut String, pair: &PairEntry) {
    if pair.profiles.is_empty() {
        return;
    }
    out.push_str(
        "<h2>Profiles</h2><table class=\"changes\"><tr><th>of<th class=n>mean difference<th class=n>greatest<th \
         class=n>at</tr>\n",
    );
    for (id, p) in &pair.profiles {
        let _ = writeln!(
            out,
            "<tr><td>{}<td class=n>{} %<td class=n>{} %<td class=n>{} mm</tr>",
            e(id),
            significant(100.0 * p.mean, 2),
            significant(100.0 * p.greatest, 2),
            significant(p.at_um / 1e3, 3)
        );
    }
    out.push_str("</table>\n");
}
