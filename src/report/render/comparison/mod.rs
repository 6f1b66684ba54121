//! What changed, in the formats for people: the same words in each.

mod page;
mod text;

pub use page::render as html;
pub use text::render;

use crate::report::words::{self, place, symbol};
use crate::report::{DifferenceEntry, FigureChange, LumpEntry, MaterialEntry, MeasuredEntry, SideEntry};
use crate::units::{Unit, significant};

/// Lumps that are named one by one.
const NAMED: usize = 5;

/// What is nearer to nothing is shown as nothing.
const NOTHING: f64 = 1e-9;

/// The least angle that is told, in degrees.
const ANGLE: f64 = 1e-3;

fn heading(side: &SideEntry) -> String {
    let verdict = side.verdict.map(|v| format!(" · {}", words::design_verdict(v))).unwrap_or_default();
    let from = if side.from_report { " (from a report)" } else { "" };
    format!("{}{from}{verdict}", side.path)
}

/// Factor and symbol that a figure is shown with: shares in per cent, counts and factors as they are.
fn shown(id: &str, unit: Unit) -> (f64, &'static str) {
    match unit {
        Unit::One if words::is_share(id) => (100.0, " %"),
        _ => (1.0, ""),
    }
}

fn number(value: f64, digits: i32) -> String {
    if value.abs() < NOTHING { "0".to_owned() } else { significant(value, digits) }
}

/// A figure without its uncertainty.
fn value(id: &str, m: Option<&MeasuredEntry>) -> String {
    m.map_or("–".to_owned(), |m| {
        let (scale, sign) = shown(id, m.unit);
        let unit = if sign.is_empty() { format!(" {}", symbol(m.unit)) } else { sign.to_owned() };
        // Permeabilities are far below 1 in their unit.
        let tiny = m.unit == Unit::SquareMetre;
        let text = if tiny { significant(m.value, 4) } else { number(scale * m.value, 4) };
        format!("{text}{unit}").trim_end().to_owned()
    })
}

fn signed(id: &str, change: &FigureChange) -> String {
    change.difference.map_or("only one".to_owned(), |d| {
        let text = if change.unit == Unit::SquareMetre {
            significant(d.abs(), 3)
        } else {
            number((d * shown(id, change.unit).0).abs(), 3)
        };
        let sign = if d < 0.0 { "−" } else { "+" };
        if text == "0" { "±0".to_owned() } else { format!("{sign}{text}") }
    })
}

fn joint(id: &str, change: &FigureChange) -> String {
    let scale = shown(id, change.unit).0;
    let exact = change.unit != Unit::SquareMetre && change.joint_uncertainty < NOTHING;
    if exact { "exact".to_owned() } else { format!("± {}", significant(change.joint_uncertainty * scale, 2)) }
}

/// How the new design was laid onto the old one.
fn laid(d: &DifferenceEntry) -> Option<String> {
    let mm = |p: [f64; 3]| p.map(|s| significant(s, 4)).join(", ");
    let [x, y, z] = d.rotation_deg;
    let angle = (x * x + y * y + z * z).sqrt();
    let turned = if angle < ANGLE {
        String::new()
    } else {
        let axis = [x, y, z].map(|a| format!("{:.3}", a / angle + 0.0)).join(", ");
        format!("turned by {}° about ({axis}) through {}, then ", significant(angle, 3), place(d.about_um))
    };
    if !d.aligned {
        return turned
            .strip_suffix(", then ")
            .map(|turned| format!("new design {turned}: so lie the axes of its file"));
    }
    let left = d.mean_distance_um.map(|m| format!("; surfaces then {} µm apart on average", significant(m, 2)));
    Some(format!("new design {turned}shifted by ({}) µm{}", mm(d.shift_um), left.unwrap_or_default()))
}

fn summary(what: &str, m: &MaterialEntry) -> String {
    if m.count == 0 {
        return format!("no {what} material (skins: {} mm³)", significant(m.volume_mm3, 2));
    }
    let noun = if m.count == 1 { "lump" } else { "lumps" };
    format!(
        "{what} material: {} {noun}, {} mm³ (with skins {} mm³)",
        m.count,
        significant(m.lumps_mm3, 3),
        significant(m.volume_mm3, 3)
    )
}

fn lump(l: &LumpEntry) -> String {
    let [x, y, z] = l.size_um.map(|s| significant(s, 3));
    format!(
        "{} mm³ at {}, {x} × {y} × {z} µm, up to {} µm thick",
        significant(l.volume_mm3, 2),
        place(l.at_um),
        significant(l.thickness_um, 2)
    )
}

/// What is not named one by one.
fn more(m: &MaterialEntry) -> Option<String> {
    (m.count > NAMED).then(|| format!("and {} more", m.count - NAMED))
}
