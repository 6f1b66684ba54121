//! Degradation against tissue growth, where a timeline was asked for: shares and moduli over time with their ranges, what
//! happens on the way, and sections of a solid that erodes.

use std::fmt::Write as _;

use base64::Engine as _;

use super::chart::Chart;
use super::markup::escape;
use super::scale::{SOLID, TOO_SMALL};
use crate::picture::Strip;
use crate::report::{DesignEntry, TimelineEntry};
use crate::units::significant;

/// Sections at most.
const SECTIONS: usize = 6;

/// A quantity over time: what is to be expected, its range, and how it is drawn.
pub(in crate::report::render) struct Curve<'a> {
    typical: &'a [f64],
    low: &'a [f64],
    high: &'a [f64],
    pub colour: &'static str,
    pub dash: &'static str,
    pub name: &'static str,
}

/// Mass, stiffness and tissue as shares.
pub(in crate::report::render) fn shares(t: &TimelineEntry) -> [Curve<'_>; 3] {
    [
        (&t.mass, &t.mass_low, &t.mass_high, "#0072b2", "", "mass of the scaffold"),
        (&t.stiffness, &t.stiffness_low, &t.stiffness_high, "#d55e00", "6 3", "its stiffness"),
        (&t.fill, &t.fill_low, &t.fill_high, "#009e73", "2 3", "tissue in the void"),
    ]
    .map(curve)
}

/// Moduli of scaffold, tissue and both.
pub(in crate::report::render) fn moduli(t: &TimelineEntry) -> [Curve<'_>; 3] {
    [
        (&t.scaffold, &t.scaffold_low, &t.scaffold_high, "#d55e00", "6 3", "scaffold"),
        (&t.tissue, &t.tissue_low, &t.tissue_high, "#009e73", "2 3", "tissue"),
        (&t.combined, &t.combined_low, &t.combined_high, "#333333", "", "both side by side"),
    ]
    .map(curve)
}

type Raw<'a> = (&'a Vec<f64>, &'a Vec<f64>, &'a Vec<f64>, &'static str, &'static str, &'static str);

fn curve((typical, low, high, colour, dash, name): Raw<'_>) -> Curve<'_> {
    Curve { typical, low, high, colour, dash, name }
}

/// The last day, and the frame of a chart up to it.
fn frame(t: &TimelineEntry, top: f64) -> Chart {
    Chart { x: (0.0, t.days.last().copied().unwrap_or(1.0).max(1.0)), y: (0.0, top) }
}

/// The chart of shares, and that of moduli up to a little above what is to be expected: ranges are cut off there.
pub(in crate::report::render) fn charts(t: &TimelineEntry) -> [Chart; 2] {
    let greatest = t.combined.iter().copied().fold(0.0, f64::max);
    [frame(t, 1.0), frame(t, (1.25 * greatest).max(1e-9))]
}

/// Draws curves with their ranges, and marks what happens.
pub(in crate::report::render) fn draw(out: &mut String, chart: &Chart, t: &TimelineEntry, curves: &[Curve<'_>]) {
    for c in curves.iter().filter(|c| c.typical.len() == t.days.len()) {
        chart.band(out, &t.days, c.low, c.high, c.colour);
        chart.line(out, &t.days, c.typical, c.colour, c.dash);
    }
    for (k, event) in t.events.iter().enumerate().filter(|(_, e)| e.day <= chart.x.1) {
        chart.mark(out, event.day, k + 1);
    }
}

/// What happens, in words, each with the number of its mark.
pub(in crate::report::render) fn events(t: &TimelineEntry) -> Vec<String> {
    let day = |e: &crate::report::EventEntry| format!("day {}: {}", significant(e.day, 3), e.text);
    t.events.iter().enumerate().map(|(k, e)| format!("{}  {}", k + 1, day(e))).collect()
}

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let Some(t) = &design.timeline else { return };
    out.push_str("<h2>Degradation against tissue growth</h2>\n<div class=\"charts\">\n");
    let [of_shares, of_moduli] = charts(t);
    of_shares.begin(out, "Mass, stiffness and tissue over time", "days after implantation", "%", 100.0);
    draw(out, &of_shares, t, &shares(t));
    Chart::end(out, "");
    of_moduli.begin(out, "Stiffness of scaffold and tissue over time", "days after implantation", "MPa", 1.0);
    draw(out, &of_moduli, t, &moduli(t));
    Chart::end(out, "");
    out.push_str("</div>\n");
    for curves in [shares(t), moduli(t)] {
        key(out, &curves);
    }
    out.push_str("<p class=\"key\"><span>bands: the corners of the ranges that the literature gives, and what the grid leaves open</span></p>\n");
    for line in events(t) {
        let _ = writeln!(out, "<p>{}</p>", escape(&line));
    }
    changing(out, t);
    if let Some(tuning) = &t.tuning {
        for line in std::iter::once(&tuning.summary).chain(tuning.knobs.iter().map(|k| &k.text)) {
            let _ = writeln!(out, "<p>{}</p>", escape(line));
        }
    }
    let Some(strip) = &t.strip else { return };
    out.push_str("<div class=\"sections\">\n");
    for (day, image) in images(t, strip) {
        let _ = writeln!(
            out,
            "<figure><div class=\"frame\"><img alt=\"Section of the solid on day {day}\" width=\"{}\" height=\"{}\" \
             src=\"data:image/png;base64,{image}\"></div><figcaption>day {day}</figcaption></figure>",
            strip.size[0], strip.size[1]
        );
    }
    out.push_str("</div>\n<p class=\"key\">solid that is left, and in colour what is gone by then</p>\n");
}

/// How the geometry of a solid that erodes or corrodes changes, as a table.
fn changing(out: &mut String, t: &TimelineEntry) {
    if t.porosity.is_empty() {
        return;
    }
    out.push_str(
        "<table class=\"figures\"><tr><th>day<th class=n>porosity, %<th class=n>mean pore, µm<th class=n>surface, 1/mm</tr>\n",
    );
    let ranged = |[typical, low, high]: [Option<f64>; 3], scale: f64| match (typical, low, high) {
        (Some(typical), Some(low), Some(high)) => {
            let [typical, low, high] = [typical, low, high].map(|v| significant(scale * v, 2));
            format!("{typical} ({low}–{high})")
        }
        _ => "–".to_owned(),
    };
    for (k, day) in t.days.iter().enumerate().take(t.changing()) {
        let at = |values: [&Vec<f64>; 3]| values.map(|v| v.get(k).copied());
        let porosity = ranged(at([&t.porosity, &t.porosity_low, &t.porosity_high]), 100.0);
        let surface = [&t.surface_per_total_volume, &t.surface_per_total_volume_low, &t.surface_per_total_volume_high];
        let surface = ranged(at(surface), 1.0);
        let sizes = [&t.pore_size_um, &t.pore_size_um_low, &t.pore_size_um_high];
        let pores = ranged(sizes.map(|v| v.get(k).copied().flatten()), 1.0);
        let day = significant(*day, 5);
        let _ = writeln!(out, "<tr><td>{day}<td class=n>{porosity}<td class=n>{pores}<td class=n>{surface}</tr>");
    }
    out.push_str("</table>\n");
}

fn key(out: &mut String, curves: &[Curve<'_>]) {
    out.push_str("<p class=\"key\">");
    for Curve { colour, dash, name, .. } in curves {
        let _ = write!(
            out,
            "<span><svg class=\"line\" viewBox=\"0 0 28 8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"28\" y1=\"4\" y2=\"4\" \
             stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/></svg>{name}</span>"
        );
    }
    out.push_str("</p>\n");
}

/// Pictures of the solid on a few days, as PNG in base64: the first day, and days evenly on until it is gone.
pub(in crate::report::render) fn images(t: &TimelineEntry, strip: &Strip) -> Vec<(String, String)> {
    let Some(front) = &t.front_um else { return Vec::new() };
    let there = t.mass.iter().take_while(|m| **m > 0.0).count();
    let shown = (there + 1).min(t.days.len());
    let count = shown.min(SECTIONS);
    let pick = |k: usize| if count < 2 { 0 } else { k * (shown - 1) / (count - 1) };
    (0..count).map(pick).map(|k| (significant(t.days[k], 4), picture(strip, front[k]))).collect()
}

/// The section when the front is this deep.
fn picture(strip: &Strip, front: f64) -> String {
    let mut pixels = Vec::with_capacity(4 * strip.depth.len());
    for depth in &strip.depth {
        pixels.extend(match f64::from(*depth) {
            d if d.is_nan() || d <= 0.0 => [255, 255, 255, 0],
            d if d > front => [SOLID[0], SOLID[1], SOLID[2], 255],
            _ => [TOO_SMALL[0], TOO_SMALL[1], TOO_SMALL[2], 90],
        });
    }
    let mut data = Vec::new();
    let mut encoder = png::Encoder::new(&mut data, strip.size[0] as u32, strip.size[1] as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    // Writing into memory with the right number of pixels cannot fail.
    let _ = encoder.write_header().and_then(|mut writer| writer.write_image_data(&pixels));
    base64::engine::general_purpose::STANDARD.encode(data)
}
