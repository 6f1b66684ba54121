//! Scaffold and tissue over time: what is left of the one, what is there of the other, and what both carry.

use super::assess::{Body, Corner, corners};
use super::degradation::Course;
use super::library::{Material, Tissue};
use super::tissue::growings;

/// One quantity on each day: what is to be expected, and its range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Band {
    /// What is to be expected.
    pub typical: Vec<f64>,
    /// Least over the corners of the ranges.
    pub low: Vec<f64>,
    /// Greatest.
    pub high: Vec<f64>,
}

/// A timeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Timeline {
    /// Days after implantation.
    pub days: Vec<f64>,
    /// Share of the scaffold's mass.
    pub mass: Band,
    /// Share of its stiffness.
    pub stiffness: Band,
    /// Share of the void that is filled.
    pub fill: Band,
    /// Modulus of both side by side, in MPa.
    pub combined: Band,
}

/// Days to look at when none are given: from implantation to three times the day of nine tenths of the tissue.
#[must_use]
pub fn default_days(tissue: &Tissue) -> Vec<f64> {
    let end = 3.0 * tissue.t90_d.typical;
    (0..=12).map(|k| (end * f64::from(k) / 12.0).round()).collect()
}

/// The timeline of a body.
#[must_use]
pub fn timeline(material: &Material, tissue: &Tissue, body: &Body, days: Vec<f64>) -> Timeline {
    let growings = growings(tissue, body);
    let (typical, all) = corners(material, tissue, body, &growings);
    let band = |f: &dyn Fn(&Corner<'_>, &Course<'_>, f64) -> f64| {
        let value = |c: &Corner<'_>, t: f64| f(c, &Course::new(material, &body.front, c.pick), t);
        let mut band = Band::default();
        for &t in &days {
            let expected = value(&typical, t);
            let (low, high) =
                all.iter().map(|c| value(c, t)).fold((expected, expected), |(low, high), v| (low.min(v), high.max(v)));
            band.typical.push(expected);
            band.low.push(low);
            band.high.push(high);
        }
        band
    };
    let mass = band(&|_, course, t| course.mass(t));
    let stiffness = band(&|_, course, t| course.stiffness(t));
    let fill = band(&|c, _, t| c.growing.fill(t));
    let combined =
        band(&|c, course, t| c.e0 * course.stiffness(t) + c.et * c.growing.fill(t).powf(tissue.maturity_exponent));
    Timeline { mass, stiffness, fill, combined, days }
}
