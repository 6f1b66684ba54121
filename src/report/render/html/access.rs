//! The accessible void: how much of it spheres from outside can sweep, against their diameter.

use super::chart::Chart;
use crate::criteria::lengths_in;
use crate::report::DesignEntry;
use crate::units::significant;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let Some(d) = design.distributions.get("access").filter(|d| d.edges.len() > 1) else { return };
    out.push_str("<h2>Accessible void</h2>\n");
    let mut left: f64 = d.fraction.iter().sum();
    let share: Vec<f64> = std::iter::once(left)
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
    for check in &design.checks {
        let measure = check.measure.as_deref().unwrap_or_default();
        let asked = lengths_in(measure).first().copied().zip(check.min);
        if let (true, Some((diameter, least))) = (measure.starts_with("interconnectivity.accessible_"), asked) {
            let text = format!("asked: {} % by {} µm", significant(100.0 * least, 3), significant(diameter, 3));
            chart.asked(out, diameter, least, &text);
        }
    }
    chart.line(out, &d.edges, &share, "var(--accent)", "");
    Chart::end(out, "");
}
