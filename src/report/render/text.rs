//! Text for a terminal of 80 columns, readable without colour.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::criteria::{DesignVerdict, Verdict};
use crate::design::Severity;
use crate::report::{CheckEntry, DesignEntry, MeasuredEntry, Report};
use crate::units::{Length, Unit, significant};

/// Width of a line.
const WIDTH: usize = 80;

const CRITERIA: [(u8, &str); 6] = [
    (4, "Three-dimensional and porous"),
    (5, "Mouldable and strong"),
    (1, "Biocompatible"),
    (2, "Biodegradable, at a matched rate"),
    (3, "Cell interface"),
    (0, "Further checks"),
];

/// The report as text, with colours when asked.
#[must_use]
pub fn render(report: &Report, colour: bool) -> String {
    let paint = Paint { colour };
    let mut out = String::new();
    for (i, design) in report.designs.iter().enumerate() {
        if i > 0 {
            out.push('\n');
        }
        self::design(&mut out, design, paint);
    }
    if report.designs.len() > 1 && report.verdict.is_some() {
        out.push('\n');
        summary(&mut out, report, paint);
    }
    out
}

#[derive(Clone, Copy)]
struct Paint {
    colour: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        if self.colour { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    fn verdict(self, verdict: Verdict, text: &str) -> String {
        let colour = match verdict {
            Verdict::Pass => AnsiColor::Green,
            Verdict::Fail => AnsiColor::Red,
            Verdict::Inconclusive => AnsiColor::Yellow,
            Verdict::Declared | Verdict::NotAssessed => return self.with(Style::new().dimmed(), text),
        };
        self.with(Style::new().fg_color(Some(colour.into())), text)
    }

    fn design(self, verdict: DesignVerdict, text: &str) -> String {
        let colour = match verdict {
            DesignVerdict::Pass => AnsiColor::Green,
            DesignVerdict::Fail | DesignVerdict::Error => AnsiColor::Red,
            DesignVerdict::Inconclusive => AnsiColor::Yellow,
        };
        self.with(Style::new().bold().fg_color(Some(colour.into())), text)
    }

    fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }
}

fn design(out: &mut String, design: &DesignEntry, paint: Paint) {
    head(out, design, paint);
    for error in &design.errors {
        out.push('\n');
        let at = error.at.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        wrapped(out, &format!("{} {}{at}", error.kind, error.message), "     ");
    }
    if design.verdict.is_some() && design.errors.is_empty() {
        checks(out, design, paint);
    } else if design.errors.is_empty() {
        figures(out, design);
    }
    findings(out, design, paint);
    if let Some(verdict) = design.verdict {
        out.push('\n');
        let word = match verdict {
            DesignVerdict::Pass => "PASS",
            DesignVerdict::Fail => "FAIL",
            DesignVerdict::Inconclusive => "INCONCLUSIVE",
            DesignVerdict::Error => "ERROR",
        };
        let line = format!("{}: {}", design.name, conclusion(design));
        let mut text = String::new();
        wrapped(&mut text, &format!("{word}  {line}"), "      ");
        out.push_str(&text.trim_start().replacen(word, &paint.design(verdict, word), 1));
    }
}

fn head(out: &mut String, design: &DesignEntry, paint: Paint) {
    let source = &design.source;
    let file = source.path.rsplit('/').next().unwrap_or(&source.path);
    let mut facts = Vec::new();
    if let Some(format) = &source.format {
        facts.push(format.to_uppercase());
    }
    if let Some(n) = source.triangles {
        facts.push(format!("{} triangles", thousands(n)));
    }
    if let Some([x, y, z]) = source.voxels {
        facts.push(format!("{x} × {y} × {z} voxels"));
    }
    if let Some(w) = source.watertight {
        facts.push(if w { "watertight" } else { "not watertight" }.to_owned());
    }
    if let Some(unit) = &source.unit {
        facts.push(format!("{unit}{}", if source.unit_assumed == Some(true) { " (assumed)" } else { "" }));
    }
    row(out, &paint.bold(file), file, &facts.join(" · "));
    if let Some(e) = &design.envelope {
        let [x, y, z] = e.size_um.map(|s| significant(s / 1e3, 4));
        row(out, "envelope", "envelope", &format!("{} {x} × {y} × {z} mm ({})", e.kind, e.reason));
    }
    if let Some(t) = &source.threshold {
        row(out, "phases", "phases", t);
    }
    if let Some(g) = &design.grid {
        let levels: Vec<String> = g.levels_um.iter().map(|h| Length::from_um(*h).to_string()).collect();
        let text = format!(
            "{} · {} × {} × {} voxels · cut pores {}",
            levels.join(", then "),
            g.size[0],
            g.size[1],
            g.size[2],
            g.cut_pores
        );
        row(out, "resolution", "resolution", &text);
    }
}

/// A label and its text; a long label takes a line of its own.
fn row(out: &mut String, label: &str, plain: &str, text: &str) {
    const COLUMN: usize = 17;
    if text.is_empty() {
        let _ = writeln!(out, "{label}");
    } else if plain.width() + 2 > COLUMN {
        let _ = writeln!(out, "{label}");
        wrapped(out, text, &" ".repeat(COLUMN));
    } else {
        let mut body = String::new();
        wrapped(&mut body, text, &" ".repeat(COLUMN));
        let _ = write!(out, "{label}{}{}", " ".repeat(COLUMN - plain.width()), body.trim_start());
    }
}

fn checks(out: &mut String, design: &DesignEntry, paint: Paint) {
    for (number, title) in CRITERIA {
        let checks: Vec<&CheckEntry> = design.checks.iter().filter(|c| c.criterion == number).collect();
        if checks.is_empty() {
            continue;
        }
        let heading = if number == 0 { title.to_owned() } else { format!("{number}  {title}") };
        let _ = writeln!(out, "\n  {}", paint.bold(&heading));
        for check in checks {
            self::check(out, check, paint);
        }
    }
}

fn check(out: &mut String, check: &CheckEntry, paint: Paint) {
    let mark = match (check.verdict, check.required) {
        (Verdict::Pass, true) => "✓",
        (Verdict::Fail, true) => "✗",
        (Verdict::Inconclusive, true) => "?",
        (Verdict::Pass | Verdict::Fail | Verdict::Inconclusive, false) => "·",
        (Verdict::Declared | Verdict::NotAssessed, _) => "–",
    };
    let mark = paint.verdict(check.verdict, mark);
    let unit = check.measured.as_ref().map_or(Unit::One, |m| m.unit);
    let title = pad(&check.title, 19);
    match &check.measured {
        None => {
            let word = match check.verdict {
                Verdict::NotAssessed => "not assessed: ",
                Verdict::Declared => "declared: ",
                _ => "",
            };
            let mut text = String::new();
            wrapped(&mut text, &format!("{word}{}", check.reason.as_deref().unwrap_or("")), &" ".repeat(27));
            let _ = write!(out, "     {mark} {title} {}", text.trim_start());
        }
        Some(measured) => {
            let limit = limits(check, unit);
            let tail = if check.required { margin(check, unit) } else { tail_advisory(check) };
            let line = format!("{} {} {}", pad(&figure(measured), 20), pad(&limit, 18), tail);
            let _ = writeln!(out, "     {mark} {title} {}", line.trim_end());
        }
    }
    let mut notes = Vec::new();
    if check.measured.is_some() {
        notes.extend(check.reason.clone());
    }
    if check.verdict == Verdict::Fail || check.verdict == Verdict::Inconclusive {
        if let (Some(at), true) = (check.at_um, check.measured.is_some()) {
            notes.push(format!("narrowest at {}", place(at)));
        }
        notes.extend(check.advice.clone());
    }
    if !notes.is_empty() {
        wrapped(out, &notes.join("; "), "         ");
    }
}

fn tail_advisory(check: &CheckEntry) -> String {
    match check.verdict {
        Verdict::Fail => "advisory, not met".to_owned(),
        Verdict::Inconclusive => "advisory, open".to_owned(),
        _ => "advisory".to_owned(),
    }
}

fn limits(check: &CheckEntry, unit: Unit) -> String {
    let show = |v: f64| match unit {
        Unit::One => format!("{} %", significant(100.0 * v, 4)),
        Unit::Micrometre => format!("{} µm", significant(v, 4)),
        _ => format!("{} {}", significant(v, 4), short(unit)),
    };
    match (check.min, check.max) {
        (Some(min), Some(max)) => format!("{}–{}", significant(min, 4), show(max)),
        (Some(min), None) => format!("≥ {}", show(min)),
        (None, Some(max)) => format!("≤ {}", show(max)),
        (None, None) => String::new(),
    }
}

fn margin(check: &CheckEntry, unit: Unit) -> String {
    check.margin.map_or(String::new(), |m| {
        let m = if unit == Unit::One { 100.0 * m } else { m };
        let text = significant(m.abs(), 3);
        if text == "0" { "±0".to_owned() } else { format!("{}{text}", if m < 0.0 { "−" } else { "+" }) }
    })
}

/// A figure with its uncertainty, in per cent for ratios.
fn figure(m: &MeasuredEntry) -> String {
    let (scale, unit) = if m.unit == Unit::One { (100.0, "%") } else { (1.0, short(m.unit)) };
    with_uncertainty(m.value * scale, m.uncertainty * scale, unit)
}

/// `621 ± 4 µm`: both to the decimal that the uncertainty's first two digits allow.
fn with_uncertainty(value: f64, uncertainty: f64, unit: &str) -> String {
    if uncertainty <= 0.0 || uncertainty < 1e-6 * value.abs() {
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

fn short(unit: Unit) -> &'static str {
    match unit {
        Unit::One => "",
        Unit::Micrometre => "µm",
        Unit::SquareMillimetre => "mm²",
        Unit::CubicMillimetre => "mm³",
        Unit::PerMillimetre => "/mm",
    }
}

fn figures(out: &mut String, design: &DesignEntry) {
    let mut group = "";
    for (id, m) in &design.measurements {
        let this = id.split('.').next().unwrap_or("");
        if this != group {
            out.push('\n');
            group = this;
        }
        let value = with_uncertainty(m.value, m.uncertainty, short(m.unit));
        let _ = writeln!(out, "  {} {}", pad(id, 46), value.trim_end());
    }
}

fn findings(out: &mut String, design: &DesignEntry, paint: Paint) {
    let worth: Vec<_> =
        design.findings.iter().filter(|f| f.kind != "unit.assumed" || f.severity != Severity::Info).collect();
    if worth.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", paint.bold("Findings"));
    for f in worth {
        let at = f.at_um.map(|p| format!(", at {}", place(p))).unwrap_or_default();
        let mut text = String::new();
        wrapped(&mut text, &format!("{}{at}", f.message), "       ");
        let mark = match f.severity {
            Severity::Info => "·",
            Severity::Warning => "!",
            Severity::Error => "!!",
        };
        let _ = write!(out, "     {mark} {}", text.trim_start());
    }
}

/// What the verdict rests on, in words.
fn conclusion(design: &DesignEntry) -> String {
    if !design.errors.is_empty() {
        return "not measured".to_owned();
    }
    let of = |verdict: Verdict, required: bool| {
        design
            .checks
            .iter()
            .filter(|c| c.verdict == verdict && c.required == required)
            .map(|c| c.title.as_str())
            .collect::<Vec<_>>()
    };
    let assessed = design.checks.iter().filter(|c| c.required && !matches!(c.verdict, Verdict::NotAssessed)).count();
    let (failed, open) = (of(Verdict::Fail, true), of(Verdict::Inconclusive, true));
    let mut parts = Vec::new();
    if !failed.is_empty() {
        let verb = if failed.len() == 1 { "fails" } else { "fail" };
        parts.push(format!("{} of {assessed} checks {verb} ({})", failed.len(), failed.join(", ")));
    }
    if !open.is_empty() {
        parts.push(format!("{} of {assessed} undecided ({})", open.len(), open.join(", ")));
    }
    if parts.is_empty() {
        parts.push(format!("all {assessed} checks of geometry pass"));
    }
    let advisory = of(Verdict::Fail, false);
    if !advisory.is_empty() {
        parts.push(format!("advisory not met: {}", advisory.join(", ")));
    }
    let waiting: Vec<u8> = {
        let mut numbers: Vec<u8> = design
            .checks
            .iter()
            .filter(|c| c.required && c.verdict == Verdict::NotAssessed)
            .map(|c| c.criterion)
            .collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    };
    if !waiting.is_empty() {
        let list: Vec<String> = waiting.iter().map(u8::to_string).collect();
        parts.push(format!("parts of criteria {} not assessed", list.join(", ")));
    }
    parts.join("; ")
}

fn summary(out: &mut String, report: &Report, paint: Paint) {
    for design in &report.designs {
        let Some(verdict) = design.verdict else { continue };
        let word = match verdict {
            DesignVerdict::Pass => "pass",
            DesignVerdict::Fail => "fail",
            DesignVerdict::Inconclusive => "inconclusive",
            DesignVerdict::Error => "error",
        };
        let _ = writeln!(out, "  {} {}", paint.design(verdict, &pad(word, 13)), design.name);
    }
}

fn place([x, y, z]: [f64; 3]) -> String {
    format!("({:.3}, {:.3}, {:.3}) mm", x / 1e3, y / 1e3, z / 1e3)
}

fn thousands(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(c);
    }
    text
}

fn pad(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

/// Writes text in lines of at most 80 columns behind an indent. Control characters are made visible.
fn wrapped(out: &mut String, text: &str, indent: &str) {
    let mut line = String::new();
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    for word in clean.split_whitespace() {
        if !line.is_empty() && indent.width() + line.width() + 1 + word.width() > WIDTH {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    let _ = writeln!(out, "{indent}{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_show_as_many_digits_as_their_uncertainty_allows() {
        assert_eq!(with_uncertainty(90.2134, 0.0567, "%"), "90.213 ± 0.057 %");
        assert_eq!(with_uncertainty(621.37, 3.9, "µm"), "621.4 ± 3.9 µm");
        assert_eq!(with_uncertainty(100.0, 0.0, "%"), "100 %");
        assert_eq!(with_uncertainty(0.0, 0.0, "%"), "0 %");
        assert_eq!(with_uncertainty(1234.5, 60.0, "µm"), "1234 ± 60 µm");
    }
}
