//! Degradation against tissue growth, where a timeline was asked for.

use std::fmt::Write as _;

use super::chart::Chart;
use crate::report::DesignEntry;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let Some(t) = &design.timeline else { return };
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
    Chart::end(out, "");
    out.push_str("<p class=\"key\">");
    for (.., colour, dash, name) in &curves {
        let _ = write!(
            out,
            "<span><svg class=\"line\" viewBox=\"0 0 28 8\" aria-hidden=\"true\"><line x1=\"0\" x2=\"28\" y1=\"4\" y2=\"4\" \
             stroke=\"{colour}\" stroke-width=\"2.5\" stroke-dasharray=\"{dash}\"/></svg>{name}</span>"
        );
    }
    out.push_str("<span>bands: the corners of the ranges that the literature gives</span></p>\n");
}
