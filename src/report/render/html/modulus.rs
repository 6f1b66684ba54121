//! Young's modulus in every direction, drawn from the elasticity tensor of a repeating cell.

use std::fmt::Write as _;

use crate::picture::Modulus;
use crate::report::DesignEntry;
use crate::units::significant;

/// Size of the drawing.
pub(in crate::report::render) const SIZE: f64 = 300.0;

/// Height of the key below it.
pub(in crate::report::render) const KEY: f64 = 44.0;

/// Length of the greatest modulus in the drawing.
const RADIUS: f64 = 95.0;

/// Steps of the key.
const STEPS: usize = 24;

/// The body of a design's moduli, where its tensor was computed.
pub(in crate::report::render) fn of(design: &DesignEntry) -> Option<Modulus> {
    Modulus::of(design.details.tensors.get("stiffness.relative")?)
}

/// The colour of a modulus in parts of the greatest one, in less light the darker.
fn colour(m: &Modulus, share: f64, light: f64) -> String {
    let least = m.ends.0 / m.ends.1;
    // What is alike in all directions has one colour.
    let part = if least > 0.999 { 1.0 } else { ((share - least) / (1.0 - least)).clamp(0.0, 1.0) };
    let c = colorous::VIRIDIS.eval_continuous(part);
    let [r, g, b] = [c.r, c.g, c.b].map(|v| (f64::from(v) * light).round() as u8);
    format!("#{r:02x}{g:02x}{b:02x}")
}

/// Draws it, with its axes and the key, into a drawing of [`SIZE`] by [`SIZE`] and [`KEY`].
pub(in crate::report::render) fn draw(out: &mut String, m: &Modulus) {
    let at = |[x, y]: [f64; 2]| (SIZE / 2.0 + RADIUS * x, SIZE / 2.0 - RADIUS * y);
    for facet in &m.facets {
        let corners: Vec<String> =
            facet.corners.iter().map(|c| at(*c)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let fill = colour(m, facet.share, facet.light);
        let _ = writeln!(
            out,
            "<polygon points=\"{}\" fill=\"{fill}\" stroke=\"{fill}\" stroke-width=\"0.5\"/>",
            corners.join(" ")
        );
    }
    for (name, [from, to]) in ["x", "y", "z"].iter().zip(m.axes) {
        let ((x1, y1), (x2, y2), (tx, ty)) = (at(from), at(to), at(to.map(|c| 1.07 * c)));
        let _ = writeln!(
            out,
            "<line x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\" stroke=\"#555\"/>\
             <text x=\"{tx:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>",
            ty + 4.0
        );
    }
    let (left, wide) = (SIZE * 0.2, SIZE * 0.6 / STEPS as f64);
    let least = m.ends.0 / m.ends.1;
    for k in 0..STEPS {
        let share = least + (1.0 - least) * (k as f64 + 0.5) / STEPS as f64;
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"10\" fill=\"{}\"/>",
            left + k as f64 * wide,
            SIZE,
            wide + 0.3,
            colour(m, share, 1.0)
        );
    }
    for (x, value) in [(left, m.ends.0), (SIZE * 0.8, m.ends.1)] {
        let _ = writeln!(
            out,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            SIZE + 24.0,
            significant(value, 3)
        );
    }
    let _ = writeln!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">E*/Es along each direction</text>",
        SIZE / 2.0,
        SIZE + 40.0
    );
}

/// The drawing in the page.
pub(super) fn render(out: &mut String, design: &DesignEntry) {
    let Some(m) = of(design) else { return };
    let _ = writeln!(
        out,
        "<figure class=\"chart\"><svg viewBox=\"0 0 {SIZE} {}\" role=\"img\" aria-label=\"Young's modulus in every \
         direction\">",
        SIZE + KEY
    );
    draw(out, &m);
    out.push_str(
        "</svg><figcaption>The surface lies as far from the middle along each direction as the repeating cell is stiff along \
         it.</figcaption></figure>\n",
    );
}
