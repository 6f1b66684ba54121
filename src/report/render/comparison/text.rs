//! What changed, as text for a terminal of 80 columns.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::{NAMED, heading, joint, laid, lump, more, signed, summary, value};
use crate::report::words::{self, symbol, wrap};
use crate::report::{Comparison, DifferenceEntry, PairEntry};
use crate::units::significant;

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
            let figures = format!(
                "{} → {} {} {}",
                value(id, c.old.as_ref()),
                value(id, c.new.as_ref()),
                signed(id, c),
                joint(id, c)
            );
            let line = format!("     {} {figures}", pad(id, 42));
            let lines = format!("     {id}\n       {figures}");
            let _ = writeln!(out, "{}", if line.width() > 80 { lines } else { line });
        }
    }
    let same = pair.measures.len() - different.len();
    if same > 0 {
        let _ = writeln!(out, "\n  The same within both uncertainties: {same} of {} figures", pair.measures.len());
        for (id, c) in pair.measures.iter().filter(|(_, c)| !c.different) {
            let _ = writeln!(
                out,
                "     {} {} {} {}",
                pad(id, 42),
                pad(&value(id, c.new.as_ref()), 14),
                signed(id, c),
                joint(id, c)
            );
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
    if !pair.profiles.is_empty() {
        let _ = writeln!(out, "\n  Profiles (mean difference, greatest)");
        for (id, p) in &pair.profiles {
            let _ = writeln!(
                out,
                "     {} {} %, {} % at {} mm",
                pad(id, 16),
                significant(100.0 * p.mean, 2),
                significant(100.0 * p.greatest, 2),
                significant(p.at_um / 1e3, 3)
            );
        }
    }
    for note in &pair.notes {
        out.push('\n');
        item(out, "·", note);
    }
}

fn difference(out: &mut String, d: &DifferenceEntry) {
    let _ = writeln!(out, "\n  Solid, lumps thicker than {} µm", significant(d.tolerance_um, 2));
    if let Some(text) = laid(d) {
        item(out, "·", &text);
    }
    for (what, m) in [("missing", &d.missing), ("extra", &d.extra)] {
        item(out, if m.count == 0 { "✓" } else { "✗" }, &summary(what, m));
        for line in m.lumps.iter().take(NAMED).map(lump).chain(more(m)) {
            out.push_str(&wrap(&line, "         "));
        }
    }
}
