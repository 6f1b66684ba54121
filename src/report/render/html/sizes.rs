//! Distributions of pore size and strut thickness, with what is allowed behind them.

use super::chart::Chart;
use super::scale::{pore_limits, strut_limits};
use crate::report::{DesignEntry, DistributionEntry};
use crate::units::significant;

pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let of = |id: &str| design.distributions.get(id).filter(|d| d.edges.len() > 1);
    let (pores, struts) = (of("pore_size"), of("strut"));
    if pores.is_none() && struts.is_none() {
        return;
    }
    out.push_str("<h2>Sizes by volume</h2>\n<div class=\"charts\">\n");
    if let Some(d) = pores {
        bars(out, d, "Pore size", "pore diameter, µm", "share of the void, %", pore_limits(design));
    }
    if let Some(d) = struts {
        bars(out, d, "Strut thickness", "strut thickness, µm", "share of the solid, %", strut_limits(design));
    }
    out.push_str("</div>\n");
}

/// A distribution as bars; those out of the limits are marked.
fn bars(out: &mut String, d: &DistributionEntry, name: &str, x: &str, y: &str, limits: Option<(f64, f64)>) {
    let end = d.edges.last().copied().unwrap_or(1.0);
    let top = d.fraction.iter().copied().fold(0.0, f64::max);
    // Limits that lie near are worth their room.
    let near = |limit: f64| if limit.is_finite() && limit <= 2.5 * end { limit * 1.05 } else { 0.0 };
    let right = limits.map_or(end, |(low, high)| end.max(near(low)).max(near(high)));
    let chart = Chart { x: (0.0, right), y: (0.0, top * 1.05) };
    chart.begin(out, name, x, y, 100.0);
    if let Some((low, high)) = limits {
        chart.window(out, low, high.min(right));
    }
    for (k, share) in d.fraction.iter().enumerate().filter(|(_, s)| **s > 0.0) {
        let (from, to) = (d.edges[k], d.edges[k + 1]);
        let outside = limits.is_some_and(|(low, high)| to <= low || from >= high);
        let title = format!("{}–{} µm: {} %", significant(from, 4), significant(to, 4), significant(100.0 * share, 3));
        chart.bar(out, (from, to), *share, if outside { "bar outside" } else { "bar" }, &title);
    }
    let caption = match limits {
        Some((low, high)) if high.is_finite() => {
            format!("{name}: allowed from {} to {} µm", significant(low, 4), significant(high, 4))
        }
        Some((low, _)) => format!("{name}: allowed from {} µm", significant(low, 4)),
        None => name.to_owned(),
    };
    Chart::end(out, &caption);
}
