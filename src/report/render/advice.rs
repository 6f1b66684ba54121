//! Advice on a design in the formats for people: the same sentences in each.

use crate::report::{AdviceEntry, DesignEntry, words};
use crate::units::significant;

/// The advice on a design as sentences; empty where there is none.
pub(super) fn sentences(design: &DesignEntry) -> Vec<String> {
    let Some(advice) = &design.advice else { return Vec::new() };
    let mut lines = Vec::new();
    if advice.summary.is_empty() {
        return lines;
    }
    lines.push(advice.summary.clone());
    let predicted: Vec<String> = design
        .checks
        .iter()
        .filter(|c| c.measured.is_some() && c.region.is_none())
        .filter_map(|c| {
            let m = advice.predicted.get(c.measure.as_ref()?)?;
            // What does not change is not worth a line.
            let before = c.measured.as_ref()?.value;
            ((m.value - before).abs() > 5e-3 * before.abs().max(1e-3)).then(|| format!("{} {}", c.title, about(m)))
        })
        .collect();
    if !predicted.is_empty() {
        lines.push(format!("predicted: {}", predicted.join(", ")));
    }
    if advice.change.is_some() && advice.verified.is_none() && design.checks.iter().any(|c| c.region.is_some()) {
        lines.push("checks of regions are not predicted: --verify-advice measures them".to_owned());
    }
    lines.extend(window(advice));
    lines.extend(command(design, advice));
    if let Some(verified) = &advice.verified {
        let word = verified.verdict.map_or("not measured", words::design_verdict);
        lines.push(format!("verified on the changed design: {word}: {}", verified.conclusion));
    }
    lines
}

/// A predicted figure: to the digits that a prediction has.
fn about(m: &crate::report::MeasuredEntry) -> String {
    let text = words::figure(m);
    text.split(" ± ")
        .next()
        .filter(|_| m.uncertainty == 0.0)
        .map_or_else(|| format!("about {text}"), |t| format!("about {t}"))
}

/// How far offset and scale may go.
fn window(advice: &AdviceEntry) -> Option<String> {
    let change = advice.change?;
    let (first, last) = (advice.window.first()?, advice.window.last()?);
    let least = advice.window.iter().map(|w| w.scale[0]).fold(f64::INFINITY, f64::min);
    let greatest = advice.window.iter().map(|w| w.scale[1]).fold(0.0, f64::max);
    let here = advice
        .window
        .iter()
        .min_by(|a, b| (a.offset_um - change.offset_um).abs().total_cmp(&(b.offset_um - change.offset_um).abs()))?;
    let show = |v: f64| significant(v, 3).replace('-', "−");
    Some(if advice.window.len() == 1 {
        format!("holds for scales from {} to {}", show(here.scale[0]), show(here.scale[1]))
    } else {
        format!(
            "holds within offsets from {} to {} µm and scales from {} to {}; at {} µm from {} to {}",
            show(first.offset_um),
            show(last.offset_um),
            show(least),
            show(greatest),
            show(here.offset_um),
            show(here.scale[0]),
            show(here.scale[1])
        )
    })
}

/// The command that makes the change.
fn command(design: &DesignEntry, advice: &AdviceEntry) -> Option<String> {
    let change = advice.change?;
    let path = &design.source.path;
    let mut text = if path.contains(char::is_whitespace) {
        format!("poregauge adjust \"{path}\"")
    } else {
        format!("poregauge adjust {path}")
    };
    if change.remove_islands {
        text.push_str(" --remove-islands");
    }
    if change.offset_um != 0.0 {
        text.push_str(&format!(" --offset {}um", change.offset_um));
    }
    if change.scale != 1.0 {
        text.push_str(&format!(" --scale {}", change.scale));
    }
    text.push_str(" -o adjusted.stl");
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{ChangeEntry, WindowEntry, error_entry};

    #[test]
    fn the_command_makes_the_change() {
        let mut design = error_entry("a".to_owned(), "x/a.stl".to_owned(), "", String::new(), None);
        assert!(sentences(&design).is_empty());
        design.advice = Some(AdviceEntry {
            summary: "remove".to_owned(),
            change: Some(ChangeEntry { remove_islands: true, offset_um: -12.5, scale: 1.08 }),
            predicted: Default::default(),
            window: vec![WindowEntry { offset_um: 0.0, scale: [1.06, 4.2] }],
            conflict: None,
            islands: Vec::new(),
            searched_offset_um: [-10.0, 10.0],
            searched_scale: [0.25, 6.0],
            verified: None,
        });
        let lines = sentences(&design);
        assert_eq!(lines[2], "poregauge adjust x/a.stl --remove-islands --offset -12.5um --scale 1.08 -o adjusted.stl");
        assert_eq!(lines[1], "holds for scales from 1.06 to 4.2");
    }
}
