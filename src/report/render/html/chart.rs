//! Charts as drawings in the page: axes with round numbers, lines, bands and bars. Small enough to be read on a phone.

use std::fmt::Write as _;

use super::markup::escape;
use crate::units::significant;

/// Size of a chart and its margins.
pub(in crate::report::render) const WIDTH: f64 = 460.0;
pub(in crate::report::render) const HEIGHT: f64 = 240.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 12.0;
const BOTTOM: f64 = 40.0;
const TOP: f64 = 24.0;

/// The frame of a chart: from data to the drawing.
pub(in crate::report::render) struct Chart {
    /// Ends of the axis across.
    pub x: (f64, f64),
    /// Ends of the axis up.
    pub y: (f64, f64),
}

impl Chart {
    pub(in crate::report::render) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let u = (x - self.x.0) / (self.x.1 - self.x.0).max(f64::MIN_POSITIVE);
        let v = (y - self.y.0) / (self.y.1 - self.y.0).max(f64::MIN_POSITIVE);
        (
            LEFT + u.clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT),
            HEIGHT - BOTTOM - v.clamp(0.0, 1.0) * (HEIGHT - BOTTOM - TOP),
        )
    }

    /// Begins the drawing with its name, axes and theirs; `y_scale` is what values up are multiplied with to be shown.
    pub(in crate::report::render) fn begin(
        &self,
        out: &mut String,
        name: &str,
        x_name: &str,
        y_name: &str,
        y_scale: f64,
    ) {
        let _ = writeln!(
            out,
            "<figure class=\"chart\"><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
            escape(name)
        );
        self.axes(out, x_name, y_name, y_scale);
    }

    /// The axes with their names and round numbers.
    pub(in crate::report::render) fn axes(&self, out: &mut String, x_name: &str, y_name: &str, y_scale: f64) {
        for x in ticks(self.x) {
            let (px, py) = self.at(x, self.y.0);
            let _ = writeln!(
                out,
                "<text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                py + 16.0,
                significant(x, 4)
            );
        }
        for y in ticks((self.y.0 * y_scale, self.y.1 * y_scale)) {
            let (px, py) = self.at(self.x.0, y / y_scale);
            let _ = writeln!(
                out,
                "<line x1=\"{px:.1}\" x2=\"{:.1}\" y1=\"{py:.1}\" y2=\"{py:.1}\" class=\"grid\"/>\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                WIDTH - RIGHT,
                px - 6.0,
                py + 4.0,
                significant(y, 4),
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text><text x=\"4\" y=\"13\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 6.0,
            escape(x_name),
            escape(y_name)
        );
    }

    /// Ends the drawing, with a caption where there is one.
    pub(in crate::report::render) fn end(out: &mut String, caption: &str) {
        out.push_str("</svg>");
        if !caption.is_empty() {
            let _ = write!(out, "<figcaption>{}</figcaption>", escape(caption));
        }
        out.push_str("</figure>\n");
    }

    pub(in crate::report::render) fn line(&self, out: &mut String, x: &[f64], y: &[f64], colour: &str, dash: &str) {
        let points: Vec<String> =
            x.iter().zip(y).map(|(x, y)| self.at(*x, *y)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" stroke-dasharray=\"{dash}\"/>",
            points.join(" ")
        );
    }

    /// The area between two curves.
    pub(in crate::report::render) fn band(&self, out: &mut String, x: &[f64], low: &[f64], high: &[f64], colour: &str) {
        let up = x.iter().zip(high);
        let back = x.iter().zip(low).rev();
        let points: Vec<String> =
            up.chain(back).map(|(x, y)| self.at(*x, *y)).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(out, "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.18\"/>", points.join(" "));
    }

    /// A mark at a place of the axis across, with its number at the top.
    pub(in crate::report::render) fn mark(&self, out: &mut String, x: f64, number: usize) {
        let ((px, bottom), (_, top)) = (self.at(x, self.y.0), self.at(x, self.y.1));
        let _ = writeln!(
            out,
            "<line x1=\"{px:.1}\" x2=\"{px:.1}\" y1=\"{top:.1}\" y2=\"{bottom:.1}\" class=\"limit\"/>\
             <text x=\"{px:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{number}</text>",
            // Neighbours stand at two heights.
            top - 3.0 - 10.0 * (number % 2) as f64
        );
    }

    /// What is allowed along the axis across, with its limits.
    pub(in crate::report::render) fn window(&self, out: &mut String, low: f64, high: f64) {
        let ((x0, y0), (x1, y1)) = (self.at(low, self.y.0), self.at(high, self.y.1));
        let _ = writeln!(
            out,
            "<rect x=\"{x0:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\" class=\"allowed\"><title>allowed</title></rect>",
            (x1 - x0).max(0.0),
            y0 - y1
        );
        for limit in [low, high] {
            if limit > self.x.0 && limit < self.x.1 {
                let (x, _) = self.at(limit, self.y.0);
                let _ =
                    writeln!(out, "<line x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{y1:.1}\" y2=\"{y0:.1}\" class=\"limit\"/>");
            }
        }
    }

    /// What is asked at one place: at least `y` at `x`.
    pub(in crate::report::render) fn asked(&self, out: &mut String, x: f64, y: f64, text: &str) {
        let ((px, py), (left, bottom)) = (self.at(x, y), self.at(self.x.0, self.y.0));
        let _ = writeln!(
            out,
            "<path d=\"M{left:.1} {py:.1}H{px:.1}V{bottom:.1}\" class=\"limit\" fill=\"none\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
            px + 6.0,
            py + 18.0,
            escape(text)
        );
    }

    /// A bar from `from` to `to`.
    pub(in crate::report::render) fn bar(
        &self,
        out: &mut String,
        (from, to): (f64, f64),
        height: f64,
        class: &str,
        title: &str,
    ) {
        let ((x0, y0), (x1, y1)) = (self.at(from, self.y.0), self.at(to, height));
        let _ = writeln!(
            out,
            "<rect x=\"{:.1}\" y=\"{y1:.1}\" width=\"{:.1}\" height=\"{:.1}\" class=\"{class}\"><title>{}</title></rect>",
            x0 + 0.4,
            (x1 - x0 - 0.8).max(0.5),
            y0 - y1,
            escape(title)
        );
    }
}

/// Round numbers between two ends: 4 to 8 of them.
fn ticks((from, to): (f64, f64)) -> Vec<f64> {
    let raw = (to - from).max(f64::MIN_POSITIVE) / 7.0;
    let power = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * power).find(|s| *s >= raw * (1.0 - 1e-9)).unwrap_or(raw);
    let first = (from / step - 1e-9).ceil() as i64;
    let last = (to / step + 1e-9).floor() as i64;
    (first..=last).map(|k| k as f64 * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        assert_eq!(ticks((0.0, 100.0)), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        for end in [0.013, 3.7, 41.0, 520.0, 99_999.0] {
            let all = ticks((0.0, end));
            assert!((4..=8).contains(&all.len()), "{end}: {all:?}");
            assert!(all.iter().all(|t| *t <= end * (1.0 + 1e-9)));
        }
    }
}
