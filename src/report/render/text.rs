//! Text for a terminal of 80 columns, readable without colour.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use crate::criteria::{DesignVerdict, Verdict};
use crate::design::Severity;
use crate::report::words::{
    CRITERIA, checked, conclusion, design_verdict, limits, margin, place, symbol, waiting, with_range,
    with_uncertainty, wrap,
};
use crate::report::{CheckEntry, DesignEntry, Report, TimelineEntry, TuningEntry};
use crate::units::{Length, Unit, significant};

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
        advice(out, design, paint);
    } else if design.errors.is_empty() {
        figures(out, design);
    }
    if let Some(timeline) = &design.timeline {
        over_time(out, timeline, paint);
        if let Some(tuning) = &timeline.tuning {
            self::tuning(out, tuning, paint);
        }
    }
    findings(out, design, paint);
    if let Some(verdict) = design.verdict {
        out.push('\n');
        let word = design_verdict(verdict).to_uppercase();
        let line = format!("{}: {}", design.name, conclusion(design));
        let mut text = String::new();
        wrapped(&mut text, &format!("{word}  {line}"), "      ");
        out.push_str(&text.trim_start().replacen(&word, &paint.design(verdict, &word), 1));
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
        let assessed = |c: &&CheckEntry| c.criterion == number && c.verdict != Verdict::NotAssessed;
        let checks: Vec<&CheckEntry> = design.checks.iter().filter(assessed).collect();
        if checks.is_empty() {
            continue;
        }
        let heading = if number == 0 { title.to_owned() } else { format!("{number}  {title}") };
        let _ = writeln!(out, "\n  {}", paint.bold(&heading));
        for check in checks {
            self::check(out, check, paint);
        }
    }
    not_assessed(out, design, paint);
}

/// What waits for a declaration, by what is to be declared.
fn not_assessed(out: &mut String, design: &DesignEntry, paint: Paint) {
    let groups = waiting(design);
    if groups.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", paint.bold("Not assessed"));
    for (reason, titles) in groups {
        let mut text = String::new();
        wrapped(&mut text, &format!("{reason}: {}", titles.join(", ")), "       ");
        let _ = write!(out, "     – {}", text.trim_start());
    }
}

/// What would make the design pass.
fn advice(out: &mut String, design: &DesignEntry, paint: Paint) {
    let lines = super::advice::sentences(design);
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n  {}", paint.bold("What would make it pass"));
    for line in lines {
        let mut text = String::new();
        wrapped(&mut text, &line, "       ");
        let _ = write!(out, "     · {}", text.trim_start());
    }
}

fn check(out: &mut String, check: &CheckEntry, paint: Paint) {
    let mark = match (check.verdict, check.required) {
        (Verdict::Pass, true) => "✓",
        (Verdict::Fail, true) => "✗",
        (Verdict::Inconclusive, true) if check.library => "~",
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
            let line = format!("{} {} {}", pad(&checked(check, measured), 20), pad(&limit, 18), tail);
            let _ = writeln!(out, "     {mark} {title} {}", line.trim_end());
        }
    }
    let mut notes: Vec<String> = check.region.iter().map(|region| format!("in {}", region.name)).collect();
    if check.measured.is_some() {
        notes.extend(check.reason.clone());
    }
    if check.verdict == Verdict::Fail || check.verdict == Verdict::Inconclusive {
        if let (Some(at), true) = (check.at_um, check.measured.is_some()) {
            notes.push(format!("{} at {}", set_by(&check.id), place(at)));
        }
        notes.extend(check.advice.clone());
    }
    if !notes.is_empty() {
        wrapped(out, &notes.join("; "), "         ");
    }
}

/// What is found at the place that sets a figure.
fn set_by(id: &str) -> &'static str {
    match id {
        _ if id.starts_with("strength") => "highest stress",
        _ if id.starts_with("strut") => "thinnest",
        _ => "narrowest",
    }
}

fn tail_advisory(check: &CheckEntry) -> String {
    match check.verdict {
        Verdict::Fail => "advisory ✗".to_owned(),
        Verdict::Inconclusive => "advisory ?".to_owned(),
        _ => "advisory".to_owned(),
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
        let value = match m.range {
            Some(range) => with_range(m.value, range, symbol(m.unit)),
            None => with_uncertainty(m.value, m.uncertainty, symbol(m.unit)),
        };
        let _ = writeln!(out, "  {} {}", pad(id, 46), value.trim_end());
    }
}

/// Scaffold and tissue over time, as a table.
fn over_time(out: &mut String, t: &TimelineEntry, paint: Paint) {
    let band = |typical: &[f64], low: &[f64], high: &[f64], k: usize, scale: f64| {
        let show = |v: f64| significant(v * scale, 2);
        format!("{} ({}–{})", show(typical[k]), show(low[k]), show(high[k]))
    };
    let _ = writeln!(out, "\n  {}", paint.bold("Over time"));
    let _ = writeln!(
        out,
        "     {} {} {} {} together, MPa",
        pad("day", 6),
        pad("mass, %", 14),
        pad("stiffness, %", 15),
        pad("tissue, %", 14)
    );
    for (k, day) in t.days.iter().enumerate() {
        let line = format!(
            "{} {} {} {} {}",
            pad(&significant(*day, 5), 6),
            pad(&band(&t.mass, &t.mass_low, &t.mass_high, k, 100.0), 14),
            pad(&band(&t.stiffness, &t.stiffness_low, &t.stiffness_high, k, 100.0), 15),
            pad(&band(&t.fill, &t.fill_low, &t.fill_high, k, 100.0), 14),
            band(&t.combined, &t.combined_low, &t.combined_high, k, 1.0)
        );
        let _ = writeln!(out, "     {line}");
    }
    changing(out, t, &band);
    if !(t.porosity.is_empty() || t.events.is_empty()) {
        out.push('\n');
    }
    for event in &t.events {
        let at = event.at_um.map(|p| format!(", at {}", place(p))).unwrap_or_default();
        let mut text = String::new();
        wrapped(&mut text, &format!("day {}: {}{at}", significant(event.day, 3), event.text), "       ");
        let _ = write!(out, "     · {}", text.trim_start());
    }
}

/// How the geometry of a solid that erodes or corrodes changes, as a table.
fn changing(out: &mut String, t: &TimelineEntry, band: &dyn Fn(&[f64], &[f64], &[f64], usize, f64) -> String) {
    if t.porosity.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n     {} {} {} surface, 1/mm", pad("day", 6), pad("porosity, %", 14), pad("pores, µm", 17));
    let sizes = |values: &[Option<f64>]| -> Vec<f64> { values.iter().map(|v| v.unwrap_or(f64::NAN)).collect() };
    let [mid, low, high] = [&t.pore_size_um, &t.pore_size_um_low, &t.pore_size_um_high].map(|v| sizes(v));
    for (k, day) in t.days.iter().enumerate().take(t.changing()) {
        let pores =
            if mid.get(k).is_some_and(|m| m.is_finite()) { band(&mid, &low, &high, k, 1.0) } else { "–".to_owned() };
        let surface = [&t.surface_per_total_volume, &t.surface_per_total_volume_low, &t.surface_per_total_volume_high];
        let line = format!(
            "{} {} {} {}",
            pad(&significant(*day, 5), 6),
            pad(&band(&t.porosity, &t.porosity_low, &t.porosity_high, k, 100.0), 14),
            pad(&pores, 17),
            band(surface[0], surface[1], surface[2], k, 1.0)
        );
        let _ = writeln!(out, "     {line}");
    }
}

/// Which knob of the material would make it match.
fn tuning(out: &mut String, t: &TuningEntry, paint: Paint) {
    let _ = writeln!(out, "\n  {}", paint.bold("What would make it match"));
    for line in std::iter::once(&t.summary).chain(t.knobs.iter().map(|k| &k.text)) {
        let mut text = String::new();
        wrapped(&mut text, line, "       ");
        let _ = write!(out, "     · {}", text.trim_start());
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

fn summary(out: &mut String, report: &Report, paint: Paint) {
    for design in &report.designs {
        let Some(verdict) = design.verdict else { continue };
        let word = design_verdict(verdict);
        let _ = writeln!(out, "  {} {}", paint.design(verdict, &pad(word, 13)), design.name);
    }
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

/// Writes text in lines of at most 80 columns behind an indent.
fn wrapped(out: &mut String, text: &str, indent: &str) {
    out.push_str(&wrap(text, indent));
}
