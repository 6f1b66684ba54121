//! One page that opens offline in any browser: the verdict and the criteria first, then pictures, distributions, the
//! course over time, findings, and at the end methods, sources and settings. No script, nothing fetched.

use std::fmt::Write as _;

use base64::Engine as _;

use crate::criteria::{DesignVerdict, Verdict};
use crate::design::Severity;
use crate::picture::Section;
use crate::report::{CheckEntry, DesignEntry, DistributionEntry, Report, TimelineEntry, words};
use crate::units::significant;

/// Colours of solid, of what lies outside, and of pores below and above the limits: told apart without colour vision.
const SOLID: [u8; 3] = [96, 96, 96];
const OUTSIDE: [u8; 4] = [0, 0, 0, 0];
const TOO_SMALL: [u8; 3] = [213, 94, 0];
const TOO_LARGE: [u8; 3] = [204, 121, 167];

/// The report as HTML.
#[must_use]
pub fn render(report: &Report) -> String {
    let title = match &report.designs[..] {
        [design] => design.name.clone(),
        designs => format!("{} designs", designs.len()),
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{} · poregauge</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        escape(&title),
        include_str!("html.css")
    );
    if report.designs.len() > 1 {
        out.push_str("<header><h1>poregauge</h1><div class=\"scroll\"><table><tr><th>design<th>verdict<th></tr>\n");
        for (k, design) in report.designs.iter().enumerate() {
            let verdict = design.verdict.map_or("measured", words::design_verdict);
            let _ = writeln!(
                out,
                "<tr><td><a href=\"#d{k}\">{}</a><td class=\"mark {verdict}\">{verdict}<td>{}</tr>",
                escape(&design.name),
                escape(&words::conclusion(design))
            );
        }
        out.push_str("</table></div></header>\n");
    }
    for (k, design) in report.designs.iter().enumerate() {
        let _ = writeln!(out, "<main id=\"d{k}\">");
        self::design(&mut out, design, report);
        out.push_str("</main>\n");
    }
    let _ = write!(
        out,
        "<main><p class=\"facts\">{} {}</p></main>\n</body>\n</html>\n",
        escape(&report.tool.name),
        escape(&report.tool.version)
    );
    out
}

fn design(out: &mut String, design: &DesignEntry, report: &Report) {
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
    facts(out, design);
    for error in &design.errors {
        let at = error.at.as_ref().map(|a| format!(" ({a})")).unwrap_or_default();
        let _ =
            writeln!(out, "<p><strong>{}</strong> {}{}</p>", escape(&error.kind), escape(&error.message), escape(&at));
    }
    if design.verdict == Some(DesignVerdict::Error) {
        return;
    }
    if !design.checks.is_empty() {
        checks(out, design);
    }
    pictures(out, design);
    distributions(out, design);
    if let Some(timeline) = &design.timeline {
        over_time(out, timeline);
    }
    findings(out, design);
    methods(out, design, report);
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

fn checks(out: &mut String, design: &DesignEntry) {
    for (number, title) in words::CRITERIA {
        let checks: Vec<&CheckEntry> = design.checks.iter().filter(|c| c.criterion == number).collect();
        if checks.is_empty() {
            continue;
        }
        let number = if number == 0 { String::new() } else { format!("{number} · ") };
        let _ = writeln!(
            out,
            "<h2>{number}{title}</h2><table class=\"checks\"><tr><th>check<th>verdict<th class=n>figure<th class=n>limit<th class=n>margin</tr>"
        );
        for check in checks {
            row(out, check);
        }
        out.push_str("</table>\n");
    }
}

fn row(out: &mut String, check: &CheckEntry) {
    let class = match check.verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
        Verdict::Declared | Verdict::NotAssessed => "",
    };
    let mark = match check.verdict {
        Verdict::Pass => "✓ ",
        Verdict::Fail => "✗ ",
        Verdict::Inconclusive => "? ",
        Verdict::Declared | Verdict::NotAssessed => "– ",
    };
    let (figure, limit, margin) = check.measured.as_ref().map_or_else(Default::default, |m| {
        (words::figure(m), words::limits(check, m.unit), words::margin(check, m.unit))
    });
    let mut notes: Vec<String> = check.reason.clone().into_iter().collect();
    if matches!(check.verdict, Verdict::Fail | Verdict::Inconclusive) {
        notes.extend(check.at_um.map(|at| format!("narrowest at {}", words::place(at))));
        notes.extend(check.advice.clone());
    }
    let advisory = if check.required { "" } else { ", advisory" };
    let _ = writeln!(
        out,
        "<tr><td>{}<small>{}</small><td class=\"mark {class}\">{mark}{}{advisory}<td class=n>{}<td class=n>{}<td class=n>{}</tr>",
        escape(&check.title),
        escape(&notes.join("; ")),
        words::verdict(check.verdict),
        escape(&figure),
        escape(&limit),
        escape(&margin),
    );
}

/// The limits on pore size that the checks ask for.
fn window(design: &DesignEntry) -> Option<(f64, f64)> {
    let check = design.checks.iter().find(|c| c.measure.as_deref() == Some("pore_size.d50"))?;
    Some((check.min.unwrap_or(0.0), check.max.unwrap_or(f64::INFINITY)))
}

fn pictures(out: &mut String, design: &DesignEntry) {
    if design.sections.is_empty() {
        return;
    }
    let window = window(design);
    let largest = design.sections.iter().flat_map(|s| &s.values).copied().fold(0.0, f32::max);
    let least = design.sections.iter().flat_map(|s| &s.values).copied().filter(|v| *v > 0.0).fold(largest, f32::min);
    let (low, high) = window
        .map_or((f64::from(least), f64::from(largest)), |(a, b)| (a.max(f64::from(least)), b.min(f64::from(largest))));
    out.push_str("<h2>Sections, coloured by pore size</h2><div class=\"pictures\">\n");
    for section in &design.sections {
        let axis = ["x", "y", "z"][section.axis.min(2)];
        let plane = ["y across, z up", "x across, z up", "x across, y up"][section.axis.min(2)];
        let _ = writeln!(
            out,
            "<figure><img alt=\"Section across {axis}\" src=\"data:image/png;base64,{}\"><figcaption>{axis} = {} mm; {plane}; {} × {} mm</figcaption></figure>",
            picture(section, window, low, high),
            significant(section.at_um / 1e3, 4),
            significant(section.size[0] as f64 * section.step_um / 1e3, 3),
            significant(section.size[1] as f64 * section.step_um / 1e3, 3),
        );
    }
    out.push_str("</div>\n<p class=\"key\">");
    let chip = |colour: [u8; 3], text: &str| {
        format!("<span><i style=\"background:rgb({},{},{})\"></i>{text}</span>", colour[0], colour[1], colour[2])
    };
    out.push_str(&chip(SOLID, "solid"));
    if let Some((a, b)) = window {
        out.push_str(&chip(TOO_SMALL, &format!("below {} µm", significant(a, 4))));
        out.push_str(&chip(TOO_LARGE, &format!("above {} µm", significant(b, 4))));
    }
    for k in 0..=4 {
        let t = f64::from(k) / 4.0;
        out.push_str(&chip(scale(t), &format!("{} µm", significant(low + t * (high - low), 3))));
    }
    out.push_str("</p>\n");
}

fn scale(t: f64) -> [u8; 3] {
    // The darkest end is too near to black.
    let c = colorous::VIRIDIS.eval_continuous(0.12 + 0.88 * t.clamp(0.0, 1.0));
    [c.r, c.g, c.b]
}

/// A section as a PNG in base64.
fn picture(section: &Section, window: Option<(f64, f64)>, low: f64, high: f64) -> String {
    let mut pixels = Vec::with_capacity(4 * section.values.len());
    for &value in &section.values {
        let v = f64::from(value);
        let colour = if v < 0.0 {
            pixels.extend(OUTSIDE);
            continue;
        } else if v == 0.0 {
            SOLID
        } else {
            match window {
                Some((a, _)) if v < a * (1.0 - 1e-3) => TOO_SMALL,
                Some((_, b)) if v > b * (1.0 + 1e-3) => TOO_LARGE,
                _ => scale(if high > low { (v - low) / (high - low) } else { 0.5 }),
            }
        };
        pixels.extend(colour);
        pixels.push(255);
    }
    let mut data = Vec::new();
    let mut encoder = png::Encoder::new(&mut data, section.size[0] as u32, section.size[1] as u32);
    encoder.set_color(png::ColorType::Rgba);
    // Writing into memory with the right number of pixels cannot fail.
    let _ = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    base64::engine::general_purpose::STANDARD.encode(data)
}

/// Size of a chart and its margins, in pixels.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 234.0;
const LEFT: f64 = 50.0;
const BOTTOM: f64 = 36.0;
const TOP: f64 = 24.0;

/// The frame of a chart: from data to pixels.
struct Chart {
    x: (f64, f64),
    y: (f64, f64),
}

impl Chart {
    fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let u = (x - self.x.0) / (self.x.1 - self.x.0).max(f64::MIN_POSITIVE);
        let v = (y - self.y.0) / (self.y.1 - self.y.0).max(f64::MIN_POSITIVE);
        (
            LEFT + u.clamp(0.0, 1.0) * (WIDTH - LEFT - 10.0),
            HEIGHT - BOTTOM - v.clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP),
        )
    }

    /// Begins the drawing with axes and their names.
    fn begin(&self, out: &mut String, name: &str, x_name: &str, y_name: &str, y_scale: f64) {
        let _ = writeln!(
            out,
            "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escape(name)
        );
        for k in 0..=4 {
            let t = f64::from(k) / 4.0;
            let (x, y) = (self.x.0 + t * (self.x.1 - self.x.0), self.y.0 + t * (self.y.1 - self.y.0));
            let ((px, _), (_, py)) = (self.at(x, self.y.0), self.at(self.x.0, y));
            let _ = writeln!(
                out,
                "<line x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{py:.1}\" y2=\"{py:.1}\" stroke=\"var(--line)\"/>\
                 <text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - 10.0,
                HEIGHT - BOTTOM + 16.0,
                significant(x, 3),
                LEFT - 6.0,
                py + 4.0,
                significant(y * y_scale, 2),
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><text x=\"4\" y=\"12\">{}</text>",
            (LEFT + WIDTH) / 2.0,
            HEIGHT - 4.0,
            escape(x_name),
            escape(y_name)
        );
    }

    fn line(&self, out: &mut String, x: &[f64], y: &[f64], colour: &str, dash: &str) {
        let points: Vec<String> =
            x.iter().zip(y).map(|(x, y)| self.at(*x, *y)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
            points.join(" ")
        );
    }

    fn band(&self, out: &mut String, x: &[f64], low: &[f64], high: &[f64], colour: &str) {
        let up = x.iter().zip(high);
        let back = x.iter().zip(low).rev();
        let points: Vec<String> =
            up.chain(back).map(|(x, y)| self.at(*x, *y)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>", points.join(" "));
    }
}

fn distributions(out: &mut String, design: &DesignEntry) {
    let of = |id: &str| design.distributions.get(id).filter(|d| d.edges.len() > 1);
    if let Some(d) = of("pore_size") {
        out.push_str("<h2>Pore size</h2>\n");
        bars(out, d, "Share of the void by pore size", window(design), "share of the void, %");
    }
    if let Some(d) = of("strut") {
        let least = design.checks.iter().find(|c| c.measure.as_deref() == Some("strut.ridge_d01")).and_then(|c| c.min);
        out.push_str("<h2>Strut thickness</h2>\n");
        bars(out, d, "Share of the solid by thickness", least.map(|l| (l, f64::INFINITY)), "share of the solid, %");
    }
    if let Some(d) = of("access") {
        out.push_str("<h2>Accessible void</h2>\n");
        let mut left = 1.0;
        let share: Vec<f64> = std::iter::once(1.0)
            .chain(d.fraction.iter().map(|f| {
                left -= f;
                f64::max(left, 0.0)
            }))
            .collect();
        let chart = Chart { x: (0.0, d.edges.last().copied().unwrap_or(1.0)), y: (0.0, 1.0) };
        chart.begin(
            out,
            "Void that spheres from outside can sweep",
            "diameter of the sphere, µm",
            "share of the void, %",
            100.0,
        );
        chart.line(out, &d.edges, &share, "var(--accent)", "");
        out.push_str("</svg>\n");
    }
}

/// A distribution as bars, the allowed window behind them.
fn bars(out: &mut String, d: &DistributionEntry, name: &str, window: Option<(f64, f64)>, y_name: &str) {
    let end = d.edges.last().copied().unwrap_or(1.0);
    let top = d.fraction.iter().copied().fold(0.0, f64::max);
    let chart = Chart { x: (0.0, end), y: (0.0, top) };
    chart.begin(out, name, "diameter, µm", y_name, 100.0);
    if let Some((a, b)) = window {
        let ((x0, y0), (x1, y1)) = (chart.at(a, 0.0), chart.at(b.min(end), top));
        let _ = writeln!(
            out,
            "<rect x=\"{x0:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"var(--band)\"><title>allowed</title></rect>",
            (x1 - x0).max(0.0),
            y0 - y1
        );
    }
    for (k, share) in d.fraction.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let ((x0, y0), (x1, y1)) = (chart.at(d.edges[k], 0.0), chart.at(d.edges[k + 1], *share));
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"var(--accent)\"><title>{}–{} µm: {} %</title></rect>",
            x0 + 0.5,
            (x1 - x0 - 1.0).max(0.5),
            y0 - y1,
            significant(d.edges[k], 4),
            significant(d.edges[k + 1], 4),
            significant(100.0 * share, 3)
        );
    }
    out.push_str("</svg>\n");
    if window.is_some() {
        out.push_str("<p class=\"key\"><span><i style=\"background:var(--band)\"></i>allowed</span></p>\n");
    }
}

fn over_time(out: &mut String, t: &TimelineEntry) {
    out.push_str("<h2>Degradation against tissue growth</h2>\n");
    let end = t.days.last().copied().unwrap_or(1.0).max(1.0);
    let chart = Chart { x: (0.0, end), y: (0.0, 1.0) };
    chart.begin(out, "Mass, stiffness and tissue over time", "days after implantation", "%", 100.0);
    let curves = [
        (&t.mass, &t.mass_low, &t.mass_high, "#0072b2", "", "mass of the scaffold"),
        (&t.stiffness, &t.stiffness_low, &t.stiffness_high, "#d55e00", "6 3", "its stiffness"),
        (&t.fill, &t.fill_low, &t.fill_high, "#009e73", "2 3", "tissue in the void"),
    ];
    for (typical, low, high, colour, dash, _) in &curves {
        chart.band(out, &t.days, low, high, colour);
        chart.line(out, &t.days, typical, colour, dash);
    }
    out.push_str("</svg>\n<p class=\"key\">");
    for (.., colour, _, name) in &curves {
        let _ = write!(out, "<span><i style=\"background:{colour}\"></i>{name}</span>");
    }
    out.push_str("<span>bands: the corners of the ranges</span></p>\n");
}

fn findings(out: &mut String, design: &DesignEntry) {
    if design.findings.is_empty() {
        return;
    }
    out.push_str("<h2>Findings</h2>\n<ul>\n");
    for f in &design.findings {
        let at = f.at_um.map(|p| format!(", at {}", words::place(p))).unwrap_or_default();
        let strong = if f.severity == Severity::Info { ("", "") } else { ("<strong>", "</strong>") };
        let _ = writeln!(out, "<li>{}{}{}{}</li>", strong.0, escape(&f.message), escape(&at), strong.1);
    }
    out.push_str("</ul>\n");
}

fn methods(out: &mut String, design: &DesignEntry, report: &Report) {
    out.push_str("<details><summary>Figures and methods</summary>\n<div class=\"scroll\"><table><tr><th>measure<th>figure<th>method</tr>\n");
    for (id, m) in &design.measurements {
        let figure = match m.range {
            Some(range) => words::with_range(m.value, range, words::symbol(m.unit)),
            None => words::with_uncertainty(m.value, m.uncertainty, words::symbol(m.unit)),
        };
        let _ = writeln!(out, "<tr><td>{id}<td class=n>{}<td>{}</tr>", escape(figure.trim_end()), escape(&m.method));
    }
    out.push_str("</table></div></details>\n");
    if !design.checks.is_empty() {
        out.push_str("<details><summary>Checks and their sources</summary>\n<div class=\"scroll\"><table><tr><th>check<th>requirement<th>source</tr>\n");
        for c in &design.checks {
            let _ =
                writeln!(out, "<tr><td>{}<td>{}<td>{}</tr>", escape(&c.id), escape(&c.requirement), escape(&c.source));
        }
        out.push_str("</table></div>\n");
        for criteria in report.criteria.iter().filter(|c| Some(&c.name) == design.criteria.as_ref()) {
            let _ = writeln!(
                out,
                "<p class=\"facts\">{}: {}. {}</p>",
                escape(&criteria.name),
                escape(&criteria.title),
                escape(&criteria.source)
            );
        }
        out.push_str("</details>\n");
    }
    out.push_str("<details><summary>File and settings</summary>\n<div class=\"scroll\"><table>\n");
    let mut rows: Vec<(String, String)> = vec![("file".to_owned(), design.source.path.clone())];
    rows.extend(design.source.sha256.clone().map(|hash| ("SHA-256".to_owned(), hash)));
    if let Some(g) = &design.grid {
        let [x, y, z] = g.size;
        rows.push(("grid".to_owned(), format!("{x} × {y} × {z} voxels, cut pores {}", g.cut_pores)));
    }
    rows.extend(design.settings.iter().map(|(name, s)| (name.clone(), format!("{} ({})", s.value, s.from))));
    for (name, value) in rows {
        let _ = writeln!(out, "<tr><th>{}<td>{}</tr>", escape(&name), escape(&value));
    }
    out.push_str("</table></div></details>\n");
}

/// Text that HTML shows as it is.
fn escape(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => shown.push_str("&amp;"),
            '<' => shown.push_str("&lt;"),
            '>' => shown.push_str("&gt;"),
            '"' => shown.push_str("&quot;"),
            c if c.is_control() => shown.push(' '),
            c => shown.push(c),
        }
    }
    shown
}
