//! Drawings (SVG 1.1) that stand by themselves: the course over time, for each design shares and moduli with their ranges,
//! what happens on the way, and sections of a solid that erodes; and Young's modulus in every direction.

use std::fmt::Write as _;

use super::html::chart::{HEIGHT, WIDTH};
use super::html::fate::{Curve, charts, draw, events, images, moduli, shares};
use super::html::modulus;
use crate::report::{DesignEntry, Report, TimelineEntry};

/// Space round and between the parts.
const GAP: f64 = 20.0;

/// Height of a line of text, and of a section.
const LINE: f64 = 18.0;
const SECTION: f64 = 130.0;

const STYLE: &str = "text{font:12px sans-serif;fill:#333}.title{font-weight:bold;font-size:14px}\
                     .grid{stroke:#ddd}.limit{stroke:#a00;stroke-dasharray:3 3}";

/// The drawing of all designs that have a course.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut body = String::new();
    let mut y = GAP;
    for (design, timeline) in report.designs.iter().filter_map(|d| Some((d, d.timeline.as_ref()?))) {
        let _ = writeln!(body, "<g transform=\"translate({GAP} {y:.0})\">");
        y += self::design(&mut body, design, timeline) + GAP;
        body.push_str("</g>\n");
    }
    whole(2.0 * WIDTH + 3.0 * GAP, y, &body)
}

/// The drawing of Young's modulus in every direction, of all designs whose tensor was computed; `None` where none was.
#[must_use]
pub fn every_direction(report: &Report) -> Option<String> {
    let mut body = String::new();
    let mut y = GAP;
    for (design, m) in report.designs.iter().filter_map(|d| Some((d, modulus::of(d)?))) {
        let _ = writeln!(body, "<g transform=\"translate({GAP} {y:.0})\">");
        text(&mut body, "title", 0.0, LINE, &design.name);
        modulus::draw(&mut body, &m);
        body.push_str("</g>\n");
        y += modulus::SIZE + modulus::KEY + GAP;
    }
    (!body.is_empty()).then(|| whole(modulus::SIZE + 2.0 * GAP, y, &body))
}

/// A drawing of this size.
fn whole(width: f64, y: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"{width:.0}\" \
         height=\"{y:.0}\" viewBox=\"0 0 {width:.0} {y:.0}\">\n<style>{STYLE}</style>\n\
         <rect width=\"{width:.0}\" height=\"{y:.0}\" fill=\"#fff\"/>\n{body}</svg>\n"
    )
}

/// Draws one design; how high it is.
fn design(out: &mut String, design: &DesignEntry, t: &TimelineEntry) -> f64 {
    let mut y = LINE;
    text(out, "title", 0.0, y, &design.name);
    y += LINE;
    let [of_shares, of_moduli] = charts(t);
    for (chart, x, unit, scale, curves) in
        [(of_shares, 0.0, "%", 100.0, shares(t)), (of_moduli, WIDTH + GAP, "MPa", 1.0, moduli(t))]
    {
        let _ = writeln!(out, "<g transform=\"translate({x:.0} {y:.0})\">");
        chart.axes(out, "days after implantation", unit, scale);
        draw(out, &chart, t, &curves);
        out.push_str("</g>\n");
        key(out, x, y + HEIGHT + LINE, &curves);
    }
    y += HEIGHT + LINE;
    for line in events(t) {
        y += LINE;
        text(out, "event", 0.0, y, &line);
    }
    if let Some(strip) = &t.strip {
        y += LINE / 2.0;
        for (k, (day, image)) in images(t, strip).into_iter().enumerate() {
            let x = k as f64 * (SECTION + GAP);
            let _ = writeln!(
                out,
                "<image x=\"{x:.0}\" y=\"{y:.0}\" width=\"{SECTION}\" height=\"{SECTION}\" \
                 xlink:href=\"data:image/png;base64,{image}\"/>"
            );
            text(out, "section", x, y + SECTION + LINE, &format!("day {day}"));
        }
        y += SECTION + LINE;
    }
    y + GAP
}

/// What the lines stand for.
fn key(out: &mut String, x: f64, y: f64, curves: &[Curve<'_>]) {
    let part = WIDTH / curves.len() as f64;
    for (k, Curve { colour, dash, name, .. }) in curves.iter().enumerate() {
        let x = x + k as f64 * part;
        let _ = writeln!(
            out,
            "<line x1=\"{x:.0}\" x2=\"{:.0}\" y1=\"{:.0}\" y2=\"{:.0}\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dash}\"/>",
            x + 28.0,
            y - 4.0,
            y - 4.0
        );
        text(out, "key", x + 34.0, y, name);
    }
}

fn text(out: &mut String, class: &str, x: f64, y: f64, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let _ = writeln!(out, "<text class=\"{class}\" x=\"{x:.0}\" y=\"{y:.0}\">{words}</text>");
}
