//! The area that a disc and a rectangle along the axes have in common, in closed form.
//!
//! The part of the unit disc with X ≤ x and Y ≤ y has an elementary area: where the corner (x, y) lies in the disc it is
//! bounded by two chords that cross, else by one of them or none. A rectangle is what four such corners leave.

use std::f64::consts::PI;

/// Area of the part of the unit disc with X ≤ x.
fn segment(x: f64) -> f64 {
    let x = x.clamp(-1.0, 1.0);
    PI / 2.0 + x.asin() + x * (1.0 - x * x).sqrt()
}

/// Area of the part of the unit disc with X ≤ x and Y ≤ y.
fn corner(x: f64, y: f64) -> f64 {
    let (x, y) = (x.clamp(-1.0, 1.0), y.clamp(-1.0, 1.0));
    if x * x + y * y < 1.0 {
        return (segment(x) + segment(y)) / 2.0 - PI / 4.0 + x * y;
    }
    match (x > 0.0, y > 0.0) {
        (false, false) => 0.0,
        (false, true) => segment(x),
        (true, false) => segment(y),
        (true, true) => segment(x) + segment(y) - PI,
    }
}

/// Area of a rectangle inside a disc of this radius round the origin.
pub(super) fn area(radius: f64, [x0, x1]: [f64; 2], [y0, y1]: [f64; 2]) -> f64 {
    if radius <= 0.0 {
        return 0.0;
    }
    // Far inside and far outside without the rounding of large areas.
    let far = x0.abs().max(x1.abs()).hypot(y0.abs().max(y1.abs()));
    if far <= radius {
        return (x1 - x0) * (y1 - y0);
    }
    let gap = |a: f64, b: f64| {
        if a > 0.0 {
            a
        } else if b < 0.0 {
            -b
        } else {
            0.0
        }
    };
    if gap(x0, x1).hypot(gap(y0, y1)) >= radius {
        return 0.0;
    }
    let at = |x: f64, y: f64| corner(x / radius, y / radius);
    let part = at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0);
    (part * radius * radius).clamp(0.0, (x1 - x0) * (y1 - y0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The same by midpoints of strips, each as long as the chord allows.
    fn by_strips(radius: f64, x: [f64; 2], y: [f64; 2]) -> f64 {
        const STRIPS: usize = 4000;
        let width = (x[1] - x[0]) / STRIPS as f64;
        (0..STRIPS)
            .map(|k| {
                let at = x[0] + (k as f64 + 0.5) * width;
                let half = (radius * radius - at * at).max(0.0).sqrt();
                (y[1].min(half) - y[0].max(-half)).max(0.0) * width
            })
            .sum()
    }

    proptest! {
        #[test]
        fn the_closed_form_agrees_with_strips(
            radius in 0.2..3.0f64,
            (x, w) in (-3.0..3.0f64, 0.01..4.0f64),
            (y, h) in (-3.0..3.0f64, 0.01..4.0f64),
        ) {
            let (x, y) = ([x, x + w], [y, y + h]);
            let (found, truth) = (area(radius, x, y), by_strips(radius, x, y));
            prop_assert!((found - truth).abs() < 2e-4 * (1.0 + truth), "{} {}", found, truth);
        }
    }

    #[test]
    fn rectangles_that_share_the_plane_share_the_disc() {
        let (radius, n, h) = (7.3, 20, 0.8);
        let edge = |i: i32| f64::from(i - n / 2) * h;
        let sum: f64 = (0..n)
            .flat_map(|i| (0..n).map(move |j| area(radius, [edge(i), edge(i + 1)], [edge(j), edge(j + 1)])))
            .sum();
        assert!((sum / (PI * radius * radius) - 1.0).abs() < 1e-12, "{sum}");
    }
}
