//! What changed, as text for a terminal of 80 columns and as a page.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::report::words::{self, place, symbol, wrap};
use crate::report::{Comparison, DifferenceEntry, FigureChange, MaterialEntry, MeasuredEntry, PairEntry, SideEntry};
use crate::units::{Unit, significant};

/// Lumps that are named one by one.
const NAMED: usize = 5;

/// The comparison as text.
#[must_use]
pub fn render(comparison: &Comparison) -> String {
    let mut out = String::new();
    for (k, pair) in comparison.pairs.iter().enumerate() {
        if k > 0 {
            out.push('\n');
        }
        self::pair(&mut out, pair);
    }
    for (which, names) in [("old", &comparison.only_old), ("new", &comparison.only_new)] {
        if !names.is_empty() {
            out.push_str(&wrap(&format!("only in the {which} report: {}", names.join(", ")), ""));
        }
    }
    out
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

fn item(out: &mut String, mark: &str, text: &str) {
    let body = wrap(text, "       ");
    let _ = write!(out, "     {mark} {}", body.trim_start());
}

fn heading(side: &SideEntry) -> String {
    let verdict = side.verdict.map(|v| format!(" · {}", words::design_verdict(v))).unwrap_or_default();
    let from = if side.from_report { " (from a report)" } else { "" };
    format!("{}{from}{verdict}", side.path)
}

/// A figure without its uncertainty.
fn value(m: Option<&MeasuredEntry>) -> String {
    m.map_or("–".to_owned(), |m| match m.unit {
        Unit::One => format!("{} %", significant(100.0 * m.value, 4)),
        unit => format!("{} {}", significant(m.value, 4), symbol(unit)).trim_end().to_owned(),
    })
}

fn signed(change: &FigureChange) -> String {
    let scale = if change.unit == Unit::One { 100.0 } else { 1.0 };
    match change.difference {
        None => "only one".to_owned(),
        Some(d) => {
            let sign = if d < 0.0 { "−" } else { "+" };
            format!("{sign}{}", significant((d * scale).abs(), 3))
        }
    }
}

fn joint(change: &FigureChange) -> String {
    let scale = if change.unit == Unit::One { 100.0 } else { 1.0 };
    format!("± {}", significant(change.joint_uncertainty * scale, 2))
}

fn pair(out: &mut String, pair: &PairEntry) {
    for (name, side) in [("old", &pair.old), ("new", &pair.new)] {
        let body = wrap(&heading(side), "       ");
        let _ = write!(out, "{name}    {}", body.trim_start());
        for error in &side.errors {
            item(out, "!!", &format!("{} {}", error.kind, error.message));
        }
    }
    let (worse, better): (Vec<_>, Vec<_>) = pair.checks.iter().filter(|c| c.worse || c.better).partition(|c| c.worse);
    for (title, checks) in [("Worse", worse), ("Better", better)] {
        if checks.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n  {title}");
        for c in checks {
            let advisory = if c.required { "" } else { " (advisory)" };
            item(
                out,
                if title == "Worse" { "✗" } else { "✓" },
                &format!("{}: {} → {}{advisory}", c.title, words::verdict(c.old), words::verdict(c.new)),
            );
        }
    }
    if let Some(d) = &pair.difference {
        difference(out, d);
    }
    let different: Vec<_> = pair.measures.iter().filter(|(_, c)| c.different).collect();
    if !different.is_empty() {
        let _ = writeln!(out, "\n  Different by more than both uncertainties");
        for (id, c) in &different {
            let _ = writeln!(
                out,
                "     {} {} → {} {} {}",
                pad(id, 42),
                value(c.old.as_ref()),
                value(c.new.as_ref()),
                signed(c),
                joint(c)
            );
        }
    }
    let same = pair.measures.len() - different.len();
    if same > 0 {
        let _ = writeln!(out, "\n  The same within both uncertainties: {same} of {} figures", pair.measures.len());
        for (id, c) in pair.measures.iter().filter(|(_, c)| !c.different) {
            let _ =
                writeln!(out, "     {} {} {} {}", pad(id, 42), pad(&value(c.new.as_ref()), 14), signed(c), joint(c));
        }
    }
    if !pair.distributions.is_empty() {
        let _ = writeln!(out, "\n  Distributions (Wasserstein-1, Kolmogorov–Smirnov)");
        for (id, d) in &pair.distributions {
            let _ = writeln!(
                out,
                "     {} {} ± {} {}, {}",
                pad(id, 12),
                significant(d.wasserstein_1, 3),
                significant(d.resolution, 2),
                symbol(d.unit),
                significant(d.kolmogorov_smirnov, 2)
            );
        }
    }
    for note in &pair.notes {
        out.push('\n');
        item(out, "·", note);
    }
}

fn shift(d: &DifferenceEntry) -> Option<String> {
    let [x, y, z] = d.shift_um.map(|s| significant(s, 4));
    let left = d.mean_distance_um.map(|m| format!("; surfaces then {} µm apart on average", significant(m, 2)));
    d.aligned.then(|| format!("new design shifted by ({x}, {y}, {z}) µm{}", left.unwrap_or_default()))
}

fn summary(what: &str, m: &MaterialEntry) -> String {
    if m.count == 0 {
        return format!("no {what} material (skins: {} mm³)", significant(m.volume_mm3, 2));
    }
    let noun = if m.count == 1 { "lump" } else { "lumps" };
    format!(
        "{what} material: {} {noun}, {} mm³ (with skins {} mm³)",
        m.count,
        significant(m.lumps_mm3, 3),
        significant(m.volume_mm3, 3)
    )
}

fn lines(m: &MaterialEntry) -> Vec<String> {
    let mut lines: Vec<String> = m
        .lumps
        .iter()
        .take(NAMED)
        .map(|l| {
            let [x, y, z] = l.size_um.map(|s| significant(s, 3));
            format!(
                "{} mm³ at {}, {x} × {y} × {z} µm, up to {} µm thick",
                significant(l.volume_mm3, 2),
                place(l.at_um),
                significant(l.thickness_um, 2)
            )
        })
        .collect();
    if m.count > NAMED {
        lines.push(format!("and {} more", m.count - NAMED));
    }
    lines
}

fn difference(out: &mut String, d: &DifferenceEntry) {
    let _ = writeln!(out, "\n  Solid, lumps thicker than {} µm", significant(d.tolerance_um, 2));
    if let Some(text) = shift(d) {
        item(out, "·", &text);
    }
    for (what, m) in [("missing", &d.missing), ("extra", &d.extra)] {
        item(out, if m.count == 0 { "✓" } else { "✗" }, &summary(what, m));
        for line in lines(m) {
            let body = wrap(&line, "         ");
            out.push_str(&body);
        }
    }
}

/// The comparison as a page that opens offline.
#[must_use]
pub fn html(comparison: &Comparison) -> String {
    let e = super::html::escape;
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>What changed · poregauge</title>\n<style>\n{}</style>\n\
         </head>\n<body>\n",
        include_str!("html/page.css")
    );
    for pair in &comparison.pairs {
        let _ = writeln!(out, "<main><h1>{} → {}</h1>", e(&pair.old.name), e(&pair.new.name));
        let _ = writeln!(out, "<p class=\"facts\">{} → {}</p>", e(&heading(&pair.old)), e(&heading(&pair.new)));
        for error in pair.old.errors.iter().chain(&pair.new.errors) {
            let _ = writeln!(out, "<p><strong>{}</strong> {}</p>", e(&error.kind), e(&error.message));
        }
        let changed: Vec<_> = pair.checks.iter().filter(|c| c.worse || c.better).collect();
        if !changed.is_empty() {
            out.push_str("<h2>Checks</h2><table><tr><th>check<th>old<th>new<th></tr>\n");
            for c in changed {
                let (class, word) = if c.worse { ("fail", "worse") } else { ("pass", "better") };
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
        if let Some(d) = &pair.difference {
            let _ = writeln!(
                out,
                "<h2>Solid, lumps thicker than {} µm</h2><p class=\"facts\">{}</p>",
                significant(d.tolerance_um, 2),
                e(&shift(d).unwrap_or_default())
            );
            for (what, m) in [("missing", &d.missing), ("extra", &d.extra)] {
                let _ = writeln!(out, "<p><b>{}</b></p><ul>", e(&summary(what, m)));
                for line in lines(m) {
                    let _ = writeln!(out, "<li>{}</li>", e(&line));
                }
                out.push_str("</ul>\n");
            }
        }
        out.push_str(
            "<h2>Figures</h2><div class=\"scroll\"><table><tr><th>measure<th class=n>old<th class=n>new<th \
             class=n>difference<th class=n>joint uncertainty<th></tr>\n",
        );
        for (id, c) in &pair.measures {
            let mark = if c.different { "<td class=\"mark fail\">different" } else { "<td>" };
            let _ = writeln!(
                out,
                "<tr><td>{}<td class=n>{}<td class=n>{}<td class=n>{}<td class=n>{}{mark}</tr>",
                e(id),
                e(&value(c.old.as_ref())),
                e(&value(c.new.as_ref())),
                e(&signed(c)),
                e(&joint(c))
            );
        }
        out.push_str("</table></div>\n");
        if !pair.distributions.is_empty() {
            out.push_str(
                "<h2>Distributions</h2><table><tr><th>of<th class=n>Wasserstein-1<th class=n>resolution<th \
                 class=n>Kolmogorov–Smirnov</tr>\n",
            );
            for (id, d) in &pair.distributions {
                let _ = writeln!(
                    out,
                    "<tr><td>{}<td class=n>{} {}<td class=n>{}<td class=n>{}</tr>",
                    e(id),
                    significant(d.wasserstein_1, 3),
                    symbol(d.unit),
                    significant(d.resolution, 2),
                    significant(d.kolmogorov_smirnov, 2)
                );
            }
            out.push_str("</table>\n");
        }
        for note in &pair.notes {
            let _ = writeln!(out, "<p>{}</p>", e(note));
        }
        out.push_str("</main>\n");
    }
    for (which, names) in [("old", &comparison.only_old), ("new", &comparison.only_new)] {
        if !names.is_empty() {
            let _ = writeln!(out, "<main><p>Only in the {which} report: {}</p></main>", e(&names.join(", ")));
        }
    }
    let _ = write!(
        out,
        "<main><p class=\"facts\">{} {}</p></main>\n</body>\n</html>\n",
        e(&comparison.tool.name),
        e(&comparison.tool.version)
    );
    out
}
