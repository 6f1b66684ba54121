//! Where two solids differ: both seen through along each axis, what is missing and what is extra marked.

use std::fmt::Write as _;

use super::markup::chip;
use super::sections::{bar, encoded, opaque};
use crate::picture::{Projection, axes};
use crate::report::DifferenceEntry;
use crate::units::significant;

/// Missing and extra material: vermilion and blue, that are told apart without seeing red or green (Okabe & Ito 2008).
const MISSING: [u8; 3] = [213, 94, 0];
const EXTRA: [u8; 3] = [0, 114, 178];

/// Solid that both have, where it is deepest.
const BOTH: [u8; 3] = [96, 104, 112];

/// How much of a colour the faintest trace shows: of what differs, and of what both have.
const FAINT: f64 = 0.55;
const THIN: f64 = 0.2;

/// Width of the stripes on what is missing, in points.
const STRIPE: usize = 2;

/// The views with the first lumps of both kinds numbered, `named` of each.
pub(in super::super) fn render(out: &mut String, d: &DifferenceEntry, views: &[Projection], named: usize) {
    if views.is_empty() {
        return;
    }
    out.push_str("<div class=\"sections\">\n");
    for view in views {
        let name = ["x", "y", "z"][view.axis];
        let [across, up] = axes(view.axis);
        let [width, height] = view.extent_um;
        let (length, text) = bar(width);
        let _ = write!(
            out,
            "<figure><div class=\"frame\"><img alt=\"Both designs seen along {name}: missing and extra material marked\" \
             width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\"><span class=\"length\" style=\"width:{:.2}%\">{text}</span>",
            view.size[0],
            view.size[1],
            picture(view),
            100.0 * length / width,
        );
        let lumps = [&d.missing, &d.extra].into_iter().flat_map(|m| m.lumps.iter().take(named));
        for (k, lump) in lumps.enumerate() {
            let at = |a: usize, low: f64, extent: f64| 100.0 * (lump.at_um[a] - low) / extent;
            let _ = write!(
                out,
                "<span class=\"pin fail\" style=\"left:{:.1}%;top:{:.1}%\">{}</span>",
                at(across, view.low_um[0], width),
                100.0 - at(up, view.low_um[1], height),
                k + 1
            );
        }
        let [across, up] = [across, up].map(|a| ["x", "y", "z"][a]);
        let _ = writeln!(
            out,
            "</div>\n<figcaption>seen along {name} · {across} across, {up} up · {} × {} mm</figcaption></figure>",
            significant(width / 1e3, 3),
            significant(height / 1e3, 3)
        );
    }
    out.push_str("</div>\n<p class=\"key\">");
    out.push_str(&chip(MISSING, "large", "missing"));
    out.push_str(&chip(EXTRA, "", "extra"));
    out.push_str(&chip(BOTH, "", "in both"));
    out.push_str("</p>\n");
}

/// A view as a PNG in base64.
fn picture(view: &Projection) -> String {
    let mut pixels = Vec::new();
    for (k, depth) in view.depths.iter().enumerate() {
        let (x, y) = (k % view.size[0], k / view.size[0]);
        let [both, missing, extra] = depth.map(|d| f64::from(d) / 255.0);
        let mix = |colour: [u8; 3], share: f64| {
            let [r, g, b] = colour;
            [r, g, b, (255.0 * (FAINT + (1.0 - FAINT) * share)).round() as u8]
        };
        pixels.extend(if missing > 0.0 {
            let [r, g, b, a] = mix(MISSING, missing);
            if (x + y) / STRIPE % 2 == 1 { opaque([r, g, b]) } else { [r, g, b, a / 2] }
        } else if extra > 0.0 {
            mix(EXTRA, extra)
        } else {
            let [r, g, b] = BOTH;
            let seen = if both > 0.0 { THIN + (1.0 - THIN) * both } else { 0.0 };
            [r, g, b, (255.0 * seen).round() as u8]
        });
    }
    encoded(view.size, &pixels)
}
