//! One page that opens offline in any browser: the verdict and the five criteria first, then pictures, distributions, what
//! follows from material and tissue, findings, and at the end methods, sources and settings.
//!
//! Each section is a file of its own and writes nothing where its data are absent. Everything is in the page: styles, a
//! small script of our own, and the data that sections and the 3D view are drawn from. Without a script the page still
//! shows all figures, charts and the middle sections. Nothing is fetched.

mod access;
mod advice;
pub(super) mod chart;
mod checks;
mod data;
pub(super) mod fate;
mod findings;
mod flow;
mod markup;
mod methods;
pub(super) mod modulus;
mod places;
mod scale;
mod sections;
mod settings;
mod shown;
mod sizes;
mod strength;
mod summary;
mod view;
pub(super) mod views;

use std::fmt::Write as _;

pub(super) use markup::escape;
use shown::Shown;

use crate::criteria::DesignVerdict;
use crate::report::{DesignEntry, Report, words};

/// The parts of the script, in order.
const SCRIPT: [&str; 6] = [
    include_str!("block.js"),
    include_str!("sections.js"),
    include_str!("surface.js"),
    include_str!("camera.js"),
    include_str!("view.js"),
    include_str!("page.js"),
];

/// The report as HTML.
#[must_use]
pub fn render(report: &Report) -> String {
    let title = match &report.designs[..] {
        [design] => design.name.clone(),
        designs => format!("{} designs", designs.len()),
    };
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{} · poregauge</title>\n<style>\n{}</style>\n</head>\n<body>\n",
        escape(&title),
        include_str!("page.css")
    );
    if report.designs.len() > 1 {
        overview(&mut out, report);
    }
    for (k, design) in report.designs.iter().enumerate() {
        let _ = writeln!(out, "<main id=\"d{k}\">");
        self::design(&mut out, design, report, k);
        out.push_str("</main>\n");
    }
    let _ = writeln!(
        out,
        "<footer>{} {} · every figure, method and source of this page is in its text; nothing is fetched</footer>",
        escape(&report.tool.name),
        escape(&report.tool.version)
    );
    if report.designs.iter().any(|d| d.picture.is_some()) {
        out.push_str("<script>\n\"use strict\";\n(() => {\n");
        SCRIPT.iter().for_each(|part| out.push_str(part));
        out.push_str("})();\n</script>\n");
    }
    out.push_str("</body>\n</html>\n");
    out
}

/// All designs with their verdicts.
fn overview(out: &mut String, report: &Report) {
    out.push_str("<header><h1>poregauge</h1>\n<table class=\"overview\"><tr><th>design<th>verdict<th></tr>\n");
    for (k, design) in report.designs.iter().enumerate() {
        let verdict = design.verdict.map_or("measured", words::design_verdict);
        let conclusion = if design.verdict.is_some() { words::conclusion(design) } else { String::new() };
        let _ = writeln!(
            out,
            "<tr><td><a href=\"#d{k}\">{}</a><td class=\"mark {verdict}\">{verdict}<td>{}</tr>",
            escape(&design.name),
            escape(&conclusion)
        );
    }
    out.push_str("</table></header>\n");
}

fn design(out: &mut String, design: &DesignEntry, report: &Report, number: usize) {
    summary::render(out, design);
    if design.verdict != Some(DesignVerdict::Error) {
        checks::render(out, design);
        advice::render(out, design);
        if let Some(shown) = Shown::of(design, report.designs.len()) {
            sections::render(out, &shown, number);
            view::render(out, design, &shown, number);
            data::render(out, design, &shown, number);
        }
        sizes::render(out, design);
        access::render(out, design);
        flow::render(out, design);
        strength::render(out, design);
        modulus::render(out, design);
        fate::render(out, design);
    }
    findings::render(out, design);
    methods::render(out, design, report);
    settings::render(out, design);
}
