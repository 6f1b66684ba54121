//! What the script draws sections and the 3D view from: the block of a design, packed and in base64, and what it means.

use std::fmt::Write as _;

use base64::Engine as _;
use serde_json::json;

use super::places::places;
use super::scale::{ABOVE, BELOW, SOLID, Scale, UNMEASURED};
use super::shown::Shown;
use crate::picture::STEPS;
use crate::report::DesignEntry;

pub(super) fn render(out: &mut String, design: &DesignEntry, shown: &Shown<'_>, number: usize) {
    let block = &shown.block;
    let places: Vec<_> = places(design)
        .iter()
        .map(|p| json!({ "at": p.at, "text": p.text, "diameter": p.diameter, "fails": p.fails }))
        .collect();
    let meaning = json!({
        "name": design.name,
        "size": block.frame.size,
        "origin": block.frame.origin,
        "spacing": block.frame.spacing,
        "low": block.bounds.0,
        "high": block.bounds.1,
        "steps": STEPS,
        "below": BELOW,
        "above": ABOVE,
        "solid": SOLID,
        "unmeasured": UNMEASURED,
        "pores": shown.pores.as_ref().map(table),
        "struts": shown.struts.as_ref().map(table),
        "places": places,
        "solidVolume": solid_volume(design),
    });
    let _ = writeln!(
        out,
        "<script type=\"application/json\" id=\"m{number}\">{}</script>",
        // No text may end the element.
        meaning.to_string().replace('<', "\\u003c")
    );
    let _ = writeln!(
        out,
        "<script type=\"text/plain\" id=\"b{number}\">{}</script>",
        base64::engine::general_purpose::STANDARD.encode(&shown.packed)
    );
}

/// Volume of the solid in mm³ as it was measured.
fn solid_volume(design: &DesignEntry) -> Option<f64> {
    let total = design.envelope.as_ref()?.volume_mm3;
    let void = design.measurements.get("porosity.total")?.value;
    Some((1.0 - void) * total)
}

/// For each byte its diameter in µm and its colour.
fn table(scale: &Scale) -> serde_json::Value {
    let all = 0..=255u8;
    json!({
        "diameters": all.clone().map(|b| (scale.diameter(b) * 10.0).round() / 10.0).collect::<Vec<_>>(),
        "colours": all.map(|b| scale.colour(b)).collect::<Vec<_>>(),
    })
}
