//! Sections in three planes, coloured by pore size: the middle ones as pictures, all others by a slider.

use std::fmt::Write as _;

use base64::Engine as _;

use super::markup::chip;
use super::scale::{SOLID, Scale, TOO_LARGE, TOO_SMALL, UNMEASURED, out_of_limits};
use super::shown::Shown;
use crate::picture::{Point, Section, axes};
use crate::units::significant;

/// Width of the stripes that mark what is out of the limits, in points.
const STRIPE: usize = 3;

pub(super) fn render(out: &mut String, shown: &Shown<'_>, number: usize) {
    let (block, scale) = (&shown.block, shown.pores.as_ref());
    out.push_str("<h2>Sections");
    out.push_str(if scale.is_some() { ", coloured by pore size</h2>\n" } else { "</h2>\n" });
    let _ = writeln!(out, "<div class=\"sections\" data-block=\"{number}\">");
    for axis in 0..3 {
        let n = block.frame.size[axis];
        let section = Section::of(block, axis, n / 2);
        let name = ["x", "y", "z"][axis];
        let [across, up] = axes(axis).map(|a| ["x", "y", "z"][a]);
        let (low, high) = block.bounds;
        let [width, height] = axes(axis).map(|a| high[a] - low[a]);
        let (length, text) = bar(width);
        let _ = writeln!(
            out,
            "<figure data-axis=\"{axis}\"><div class=\"frame\"><img alt=\"Section across {name} through the middle: {across} across, {up} up\" \
             width=\"{}\" height=\"{}\" src=\"data:image/png;base64,{}\"><span class=\"length\" style=\"width:{:.2}%\">{}</span></div>\n\
             <label class=\"needs-script\"><span>{name}</span><input type=\"range\" min=\"0\" max=\"{}\" value=\"{}\" step=\"1\" \
             aria-label=\"Position of the section along {name}\"></label>\n\
             <figcaption><output>{name} = {} mm</output> · {across} across, {up} up · {} × {} mm <span class=\"probe\"></span></figcaption></figure>",
            section.size[0],
            section.size[1],
            png(&section, scale),
            100.0 * length / width,
            text,
            n - 1,
            n / 2,
            significant(section.at_um / 1e3, 4),
            significant(width / 1e3, 3),
            significant(height / 1e3, 3),
        );
    }
    out.push_str("</div>\n");
    if let Some(scale) = scale {
        key(out, scale);
    }
}

/// What the colours mean.
fn key(out: &mut String, scale: &Scale) {
    out.push_str("<p class=\"key\">");
    out.push_str(&chip(SOLID, "", "solid"));
    if let Some((low, high)) = scale.limits {
        if low > 0.0 {
            out.push_str(&chip(TOO_SMALL, "small", &format!("below {} µm", significant(low, 4))));
        }
        if high.is_finite() {
            out.push_str(&chip(TOO_LARGE, "large", &format!("above {} µm", significant(high, 4))));
        }
    }
    out.push_str(&ramp(scale));
    out.push_str("</p>\n");
}

/// The scale as a strip with its ends.
pub(super) fn ramp(scale: &Scale) -> String {
    let stops: Vec<String> = (0..=8)
        .map(|k| {
            let [r, g, b] = scale.shade(f64::from(k) / 8.0);
            format!("rgb({r},{g},{b})")
        })
        .collect();
    format!(
        "<span class=\"ramp\">{} <i style=\"background:linear-gradient(90deg,{})\"></i> {} µm</span>",
        significant(scale.ends.0, 3),
        stops.join(","),
        significant(scale.ends.1, 3)
    )
}

/// Length and label of the bar that tells the scale of a picture of this width.
pub(super) fn bar(width: f64) -> (f64, String) {
    let bar = round_length(width / 3.0);
    (bar, if bar < 1e3 { format!("{bar} µm") } else { format!("{} mm", bar / 1e3) })
}

/// A length of one leading digit, 1, 2 or 5, of at most `most`.
fn round_length(most: f64) -> f64 {
    let power = 10f64.powf(most.max(1e-3).log10().floor());
    [5.0, 2.0, 1.0].into_iter().map(|m| m * power).find(|l| *l <= most).unwrap_or(power)
}

/// A section as a PNG in base64.
fn png(section: &Section, scale: Option<&Scale>) -> String {
    let mut pixels = Vec::with_capacity(4 * section.points.len());
    for (k, &point) in section.points.iter().enumerate() {
        let (x, y) = (k % section.size[0], k / section.size[0]);
        let colour = match (point, scale) {
            (Point::Outside, _) => [0; 4],
            (Point::Solid, _) => opaque(SOLID),
            (Point::Void(_), None) => opaque(UNMEASURED),
            (Point::Void(d), Some(scale)) => {
                let byte = scale.byte(f64::from(d));
                let striped = out_of_limits(byte) && (x + y) / STRIPE % 2 == 1;
                opaque(scale.colour(byte).map(|c| if striped { c / 4 * 3 } else { c }))
            }
        };
        pixels.extend(colour);
    }
    encoded(section.size, &pixels)
}

/// Pixels, four bytes each, as a PNG in base64.
pub(super) fn encoded(size: [usize; 2], pixels: &[u8]) -> String {
    let mut data = Vec::new();
    let mut encoder = png::Encoder::new(&mut data, size[0] as u32, size[1] as u32);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::High);
    // Writing into memory with the right number of pixels cannot fail.
    let _ = encoder.write_header().and_then(|mut writer| writer.write_image_data(pixels));
    base64::engine::general_purpose::STANDARD.encode(data)
}

pub(super) fn opaque([r, g, b]: [u8; 3]) -> [u8; 4] {
    [r, g, b, 255]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scale_bars_have_round_lengths() {
        for (most, expected) in [(1011.0, 1000.0), (999.0, 500.0), (460.0, 200.0), (100.0, 100.0), (0.3, 0.2)] {
            assert!((round_length(most) - expected).abs() < 1e-9, "{most}");
        }
    }
}
