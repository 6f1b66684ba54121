//! How figures, limits and verdicts read in the formats for people.

use unicode_width::UnicodeWidthStr;

use super::{CheckEntry, DesignEntry, MeasuredEntry};
use crate::criteria::{DesignVerdict, Verdict};
use crate::units::{Unit, significant};

/// The criteria in the order of reports, with their titles; 0 gathers the checks that belong to none.
pub const CRITERIA: [(u8, &str); 6] = [
    (4, "Three-dimensional and porous"),
    (5, "Mouldable and strong"),
    (1, "Biocompatible"),
    (2, "Biodegradable, at a matched rate"),
    (3, "Cell interface"),
    (0, "Further checks"),
];

/// A verdict on a check in a word.
#[must_use]
pub const fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Declared => "declared",
        Verdict::NotAssessed => "not assessed",
    }
}

/// A verdict on a design in a word.
#[must_use]
pub const fn design_verdict(verdict: DesignVerdict) -> &'static str {
    match verdict {
        DesignVerdict::Pass => "pass",
        DesignVerdict::Fail => "fail",
        DesignVerdict::Inconclusive => "inconclusive",
        DesignVerdict::Error => "error",
    }
}

/// Symbol of a unit for people.
#[must_use]
pub const fn symbol(unit: Unit) -> &'static str {
    match unit {
        Unit::One => "",
        Unit::Micrometre => "µm",
        Unit::SquareMillimetre => "mm²",
        Unit::CubicMillimetre => "mm³",
        Unit::PerMillimetre => "/mm",
        Unit::PerSquareMillimetre => "/mm²",
        Unit::PerCubicMillimetre => "/mm³",
        Unit::Megapascal => "MPa",
        Unit::Millipascal => "mPa",
        Unit::SquareMetre => "m²",
        Unit::Day => "d",
        Unit::Degree => "°",
    }
}

/// Whether a ratio is a share, and shown in per cent; counts and factors are shown as they are.
#[must_use]
pub fn is_share(measure: &str) -> bool {
    let plain = ["topology.", "anisotropy.", "tortuosity.", "solid.components", "stiffness.zener", "stiffness.poisson"];
    !plain.iter().any(|p| measure.starts_with(p))
}

/// A figure with its uncertainty, in per cent for ratios.
#[must_use]
pub fn figure(m: &MeasuredEntry) -> String {
    let (scale, unit) = if m.unit == Unit::One { (100.0, "%") } else { (1.0, symbol(m.unit)) };
    match m.range {
        Some(range) => with_range(m.value * scale, range.map(|v| v * scale), unit),
        None => with_uncertainty(m.value * scale, m.uncertainty * scale, unit),
    }
}

/// The figure of a check, with as many digits as it takes to see on which side of its limits it lies.
#[must_use]
pub fn checked(check: &CheckEntry, m: &MeasuredEntry) -> String {
    beside(m, [check.min, check.max])
}

/// A figure beside limits.
fn beside(m: &MeasuredEntry, limits: [Option<f64>; 2]) -> String {
    let scale = if m.unit == Unit::One { 100.0 } else { 1.0 };
    let value = m.value * scale;
    let close = |limit: &&f64| m.value != **limit && significant(value, 5) == significant(**limit * scale, 5);
    let near = limits.iter().flatten().find(close);
    match near.filter(|_| m.range.is_none() && is_sharp(m.value, m.uncertainty)) {
        None => figure(m),
        Some(limit) => {
            let apart = (6..=17).find(|digits| significant(value, *digits) != significant(limit * scale, *digits));
            let unit = if m.unit == Unit::One { "%" } else { symbol(m.unit) };
            format!("{} {unit}", significant(value, apart.unwrap_or(17)))
        }
    }
}

/// Whether an uncertainty is too small to be shown.
fn is_sharp(value: f64, uncertainty: f64) -> bool {
    uncertainty <= 0.0 || uncertainty < 1e-6 * value.abs()
}

/// `9.8 (0–77) %`: a figure with its range.
#[must_use]
pub fn with_range(value: f64, [low, high]: [f64; 2], unit: &str) -> String {
    // What is next to nothing beside the range is nothing.
    let show = |v: f64| if v.abs() < 1e-3 * high.abs().clamp(1e-3, 1.0) { "0".to_owned() } else { significant(v, 2) };
    if show(low) == show(high) {
        return format!("{} {unit}", show(value));
    }
    format!("{} ({}–{}) {unit}", show(value), show(low), show(high))
}

/// `621 ± 4 µm`: both to the decimal that the uncertainty's first two digits allow.
#[must_use]
pub fn with_uncertainty(value: f64, uncertainty: f64, unit: &str) -> String {
    if unit == symbol(Unit::SquareMetre) && value != 0.0 {
        // Permeabilities are far below 1 in their unit.
        let power = value.abs().log10().floor();
        let [value, uncertainty] = [value, uncertainty].map(|v| v / 10f64.powf(power));
        return format!("({})e{power} {unit}", with_uncertainty(value, uncertainty, "").trim_end());
    }
    if is_sharp(value, uncertainty) {
        return format!("{} {unit}", significant(value, 5));
    }
    // Round the half-width up, so that the shown interval holds the stated one.
    let decimals = (1.0 - uncertainty.log10().floor()).clamp(0.0, 4.0) as usize;
    let decimals = decimals
        .min(4usize.saturating_sub(value.abs().max(1.0).log10().floor().max(0.0) as usize))
        .max(usize::from(value.abs() < 100.0));
    let step = 10f64.powi(-(decimals as i32));
    let shown = (uncertainty / step).ceil() * step;
    format!("{value:.decimals$} ± {shown:.decimals$} {unit}")
}

/// The limits of a check.
#[must_use]
pub fn limits(check: &CheckEntry, unit: Unit) -> String {
    let show = |v: f64| match unit {
        Unit::One => format!("{} %", significant(100.0 * v, 4)),
        Unit::Micrometre => format!("{} µm", significant(v, 4)),
        _ => format!("{} {}", significant(v, 4), symbol(unit)),
    };
    let bare = |v: f64| if unit == Unit::One { significant(100.0 * v, 4) } else { significant(v, 4) };
    match (check.min, check.max) {
        (Some(min), Some(max)) => format!("{}–{}", bare(min), show(max)),
        (Some(min), None) => format!("≥ {}", show(min)),
        (None, Some(max)) => format!("≤ {}", show(max)),
        (None, None) => String::new(),
    }
}

/// The distance to the nearer limit, with its sign.
#[must_use]
pub fn margin(check: &CheckEntry, unit: Unit) -> String {
    check.margin.map_or(String::new(), |m| {
        let m = if unit == Unit::One { 100.0 * m } else { m };
        let text = significant(m.abs(), 3);
        if text == "0" { "±0".to_owned() } else { format!("{}{text}", if m < 0.0 { "−" } else { "+" }) }
    })
}

/// The title of a check, with its region.
#[must_use]
pub fn title(check: &CheckEntry) -> String {
    match &check.region {
        Some(region) => format!("{}, {}", check.title, region.name),
        None => check.title.clone(),
    }
}

/// A check in one sentence: what was found against what is asked, and why.
#[must_use]
pub fn sentence(check: &CheckEntry) -> String {
    let title = title(check);
    let mut text = match &check.measured {
        Some(m) => format!("{title}: {}, asked {}", checked(check, m), limits(check, m.unit)),
        None => format!("{title}: {}", verdict(check.verdict)),
    };
    for part in check.reason.iter().chain(&check.advice) {
        text.push_str("; ");
        text.push_str(part);
    }
    text
}

/// Columns of text for people.
pub const WIDTH: usize = 80;

/// Text in lines of at most 80 columns behind an indent, a line break at the end. Control characters become blanks.
#[must_use]
pub fn wrap(text: &str, indent: &str) -> String {
    let mut out = String::new();
    let mut line = String::new();
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for word in clean.split_whitespace() {
        if !line.is_empty() && indent.width() + line.width() + 1 + word.width() > WIDTH {
            out.push_str(&format!("{indent}{line}\n"));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    out.push_str(&format!("{indent}{line}\n"));
    out
}

/// A place in millimetres.
#[must_use]
pub fn place([x, y, z]: [f64; 3]) -> String {
    format!("({:.3}, {:.3}, {:.3}) mm", x / 1e3, y / 1e3, z / 1e3)
}

/// What the verdict rests on, in words.
#[must_use]
pub fn conclusion(design: &DesignEntry) -> String {
    if !design.errors.is_empty() {
        return "not measured".to_owned();
    }
    let titles = |wanted: &dyn Fn(&CheckEntry) -> bool| {
        design.checks.iter().filter(|c| wanted(c)).map(title).collect::<Vec<_>>()
    };
    // Under `--strict` advisory checks count as well.
    let counts = |c: &CheckEntry| c.required || c.gates;
    let assessed = design.checks.iter().filter(|c| counts(c) && c.verdict != Verdict::NotAssessed).count();
    let failed = titles(&|c| c.verdict == Verdict::Fail && counts(c));
    let undecided = |ranges: bool| {
        titles(&|c| c.verdict == Verdict::Inconclusive && counts(c) && (c.library && !c.gates) == ranges)
    };
    let (open, ranges) = (undecided(false), undecided(true));
    let mut parts = Vec::new();
    if !failed.is_empty() {
        let verb = if failed.len() == 1 { "fails" } else { "fail" };
        parts.push(format!("{} of {assessed} checks {verb} ({})", failed.len(), failed.join("; ")));
    }
    if !open.is_empty() {
        parts.push(format!("{} of {assessed} undecided ({})", open.len(), open.join("; ")));
    }
    let wanting = design.checks.iter().filter(|c| c.verdict == Verdict::NotAssessed && c.gates).count();
    if wanting > 0 {
        let (noun, verb) = if wanting == 1 { ("check", "waits") } else { ("checks", "wait") };
        parts.push(format!("{wanting} required {noun} {verb} for a declaration, which --strict does not pass"));
    }
    if parts.is_empty() && !ranges.is_empty() {
        parts.push(format!("{} of {assessed} checks pass", assessed - ranges.len()));
    }
    if !ranges.is_empty() {
        parts.push(format!("left open by the ranges of the library: {}", ranges.join("; ")));
    }
    if parts.is_empty() {
        parts.push(if assessed == 1 {
            "the one check passes".to_owned()
        } else {
            format!("all {assessed} checks pass")
        });
    }
    let known = design.checks.iter().filter(|c| {
        matches!(c.verdict, Verdict::Fail | Verdict::Inconclusive)
            && counts(c)
            && c.baseline.as_ref().is_some_and(|b| !b.worse)
    });
    let known = known.count();
    if known > 0 {
        parts.push(format!("{known} of them known from the baseline"));
    }
    let advisory = titles(&|c| c.verdict == Verdict::Fail && !counts(c));
    if !advisory.is_empty() {
        parts.push(format!("advisory not met: {}", advisory.join("; ")));
    }
    let mut waiting: Vec<u8> =
        design.checks.iter().filter(|c| c.required && c.verdict == Verdict::NotAssessed).map(|c| c.criterion).collect();
    waiting.sort_unstable();
    waiting.dedup();
    if !waiting.is_empty() {
        let list: Vec<String> = waiting.iter().map(u8::to_string).collect();
        parts.push(format!("parts of criteria {} not assessed", list.join(", ")));
    }
    parts.join("; ")
}

/// What waits for a declaration, with the titles of the checks and their criteria.
#[must_use]
pub fn waiting(design: &DesignEntry) -> Vec<(&str, Vec<String>)> {
    let mut groups: Vec<(&str, Vec<String>)> = Vec::new();
    for (number, _) in CRITERIA {
        for check in design.checks.iter().filter(|c| c.criterion == number && c.verdict == Verdict::NotAssessed) {
            let reason = check.reason.as_deref().unwrap_or("");
            let title = format!("{} ({number})", title(check));
            match groups.iter_mut().find(|g| g.0 == reason) {
                Some(group) => group.1.push(title),
                None => groups.push((reason, vec![title])),
            }
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_show_as_many_digits_as_their_uncertainty_allows() {
        assert_eq!(with_uncertainty(90.2134, 0.0567, "%"), "90.213 ± 0.057 %");
        assert_eq!(with_uncertainty(621.37, 3.9, "µm"), "621.4 ± 3.9 µm");
        assert_eq!(with_uncertainty(3.2144e-9, 0.041e-9, "m²"), "(3.214 ± 0.041)e-9 m²");
        assert_eq!(with_uncertainty(100.0, 0.0, "%"), "100 %");
        assert_eq!(with_uncertainty(0.0, 0.0, "%"), "0 %");
        assert_eq!(with_uncertainty(1234.5, 60.0, "µm"), "1234 ± 60 µm");
        assert_eq!(with_range(9.81, [0.0011, 77.4], "%"), "9.8 (0.0011–77) %");
        assert_eq!(with_range(2.7e-86, [0.0, 2.5e-85], "%"), "0 %");
    }

    #[test]
    fn a_figure_shows_on_which_side_of_its_limit_it_lies() {
        const LIMITS: [Option<f64>; 2] = [Some(0.9), None];
        let exact = |value: f64| MeasuredEntry { value, uncertainty: 1e-9, unit: Unit::One, range: None };
        assert_eq!(beside(&exact(0.899_995_77), LIMITS), "89.9996 %");
        assert_eq!(beside(&exact(0.9), LIMITS), "90 %");
        assert_eq!(beside(&exact(0.912_345_678), LIMITS), "91.235 %");
        let open = MeasuredEntry { uncertainty: 1e-3, ..exact(0.899_995_77) };
        assert_eq!(beside(&open, LIMITS), figure(&open));
    }
}
