//! Advice in words.

use super::advise::Advice;
use super::change::Change;
use super::loose::Piece;
use super::window::Conflict;
use crate::criteria::Check;
use crate::units::{Unit, significant};

/// Places that are named one by one.
const PLACES: usize = 3;

/// A figure with its unit.
fn show(value: f64, unit: Unit) -> String {
    match unit {
        Unit::One => format!("{} %", significant(100.0 * value, 3)),
        Unit::Micrometre => format!("{} µm", significant(value, 3)),
        _ => format!("{} {}", significant(value, 3), unit.symbol()),
    }
}

/// What a check asks: `porosity ≥ 90 %`.
pub(super) fn ask(check: &Check) -> String {
    let unit = check.measured.as_ref().map_or(Unit::One, |m| m.unit);
    let title = &check.rule.title;
    match check.limit.map(|l| (l.min, l.max)) {
        Some((Some(min), Some(max))) => format!("{title} {} to {}", show(min, unit), show(max, unit)),
        Some((Some(min), None)) => format!("{title} ≥ {}", show(min, unit)),
        Some((None, Some(max))) => format!("{title} ≤ {}", show(max, unit)),
        _ => title.clone(),
    }
}

/// `take about 12 µm off every surface`.
pub(super) fn offset(by: f64) -> String {
    let amount = significant(by.abs(), 2);
    if by < 0.0 {
        format!("take about {amount} µm off every surface")
    } else {
        format!("add about {amount} µm to every surface")
    }
}

/// `scale by about 1.08`.
pub(super) fn scale(by: f64) -> String {
    format!("scale by about {}", significant(by, 3))
}

/// A change in words.
pub(super) fn change(change: &Change, strut: f64) -> String {
    let mut parts = Vec::new();
    if change.remove_islands {
        parts.push("remove the loose pieces".to_owned());
    }
    if change.offset != 0.0 {
        let after = strut + 2.0 * change.offset;
        parts.push(format!(
            "{} (struts of about {} µm become {} µm)",
            offset(change.offset).replacen("about ", "", 1),
            significant(strut, 2),
            significant(after, 2)
        ));
    }
    if change.scale != 1.0 {
        parts.push(format!("scale by {}", significant(change.scale, 4)));
    }
    parts.join(", then ")
}

/// What becomes of loose pieces.
pub(super) fn islands(pieces: &[Piece]) -> String {
    let total: f64 = pieces.iter().map(|p| p.volume).sum();
    let places: Vec<String> = pieces
        .iter()
        .take(PLACES)
        .map(|p| format!("({:.3}, {:.3}, {:.3})", p.at[0] / 1e3, p.at[1] / 1e3, p.at[2] / 1e3))
        .collect();
    let (noun, them, which) =
        if pieces.len() == 1 { ("loose piece", "it", "at") } else { ("loose pieces", "each", "the largest at") };
    format!(
        "remove {} {noun} ({} mm³), or join {them} to the body: {which} {} mm",
        pieces.len(),
        significant(total * 1e-9, 2),
        places.join(", ")
    )
}

/// Why nothing passes.
pub(super) fn conflict(conflict: &Conflict, others: &[Check], advice: &Advice) -> String {
    let best = &conflict.best;
    let unit = best.measured.as_ref().map_or(Unit::One, |m| m.unit);
    // Where the figure alone would do, what stands against it is its uncertainty.
    let doubt = best.measured.as_ref().filter(|m| best.margin.is_some_and(|m| m >= 0.0) && m.uncertainty > 0.0);
    let doubt = doubt.map_or(String::new(), |m| format!(" ± {}", show(m.uncertainty, unit)));
    let value = best.measured.as_ref().map_or("none".to_owned(), |m| show(m.value, unit)) + &doubt;
    let (low, high) = best.limit.map_or((None, None), |l| (l.min, l.max));
    let wanted = match (low, high) {
        (Some(min), Some(max)) => format!("{} to {} asked", show(min, unit), show(max, unit)),
        (Some(min), None) => format!("{} at least asked", show(min, unit)),
        (None, Some(max)) => format!("{} at most asked", show(max, unit)),
        (None, None) => "more is asked".to_owned(),
    };
    let wanted = if doubt.is_empty() { wanted } else { format!("{wanted}: the uncertainty leaves it open") };
    let number = |value: f64| significant(value, 3).replace('-', "−");
    let range = format!(
        "offset from {} to {} µm with any scale from {} to {}",
        number(advice.searched_offset.0),
        number(advice.searched_offset.1),
        number(advice.searched_scale.0),
        number(advice.searched_scale.1)
    );
    if others.is_empty() {
        return format!("no {range} passes: {} is {value} at best, {wanted}", best.rule.title);
    }
    let others: Vec<String> = others.iter().map(ask).collect();
    format!(
        "no {range} passes: at this topology {} leave {} of about {value} at best, {wanted}",
        others.join(" and "),
        best.rule.title
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::criteria::{Context, built_in, judge};
    use crate::measure::Measurement;

    #[test]
    fn a_figure_that_would_do_is_told_with_what_stands_against_it() {
        let criteria = built_in("review").unwrap();
        let said = |value: f64, uncertainty: f64| {
            let id = "interconnectivity.accessible_100um";
            let measured = Measurement {
                value,
                unit: Unit::One,
                uncertainty,
                sampling: 0.0,
                exact: false,
                method: String::new(),
                alternatives: Vec::new(),
                at_um: None,
                range: None,
                ends: None,
                library: false,
            };
            let checks = judge(&criteria, &BTreeMap::from([(id.to_owned(), measured)]), &Context::default());
            let best = checks.into_iter().find(|c| c.rule.id == "accessible").unwrap();
            let why = Conflict { checks: vec![best.rule.id.clone()], best, at: (0.0, 1.0) };
            let advice = Advice {
                change: None,
                summary: String::new(),
                checks: BTreeMap::new(),
                islands: Vec::new(),
                predicted: Vec::new(),
                window: Vec::new(),
                conflict: None,
                searched_offset: (-12.6, 63.0),
                searched_scale: (0.1, 10.0),
            };
            conflict(&why, &[], &advice)
        };
        let open = said(0.963, 0.057);
        assert!(
            open.ends_with("is 96.3 % ± 5.7 % at best, 95 % at least asked: the uncertainty leaves it open"),
            "{open}"
        );
        let short = said(0.93, 0.001);
        assert!(short.ends_with("is 93 % at best, 95 % at least asked"), "{short}");
    }
}
