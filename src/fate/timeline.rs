//! Scaffold and tissue over time: what is left of the one, what is there of the other, and what both carry.

use super::apart::AXES;
use super::assess::{Body, Corner, corners};
use super::degradation::Course;
use super::growth::CENTURY;
use super::library::Support;
use super::library::{Material, Tissue};
use super::matching::follow;
use super::tissue::growings;
use crate::picture::Strip;
use crate::units::significant;

/// One quantity on each day: what is to be expected, and its range over those of material and tissue and what the grid
/// leaves open.
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
    /// Modulus of the scaffold, in MPa.
    pub scaffold: Band,
    /// Modulus of the tissue, in MPa.
    pub tissue: Band,
    /// Modulus of both side by side, in MPa.
    pub combined: Band,
    /// How deep the front is in an eroding solid, in µm, as is to be expected.
    pub front: Option<Vec<f64>>,
    /// How the geometry changes as the front moves.
    pub geometry: Option<Geometry>,
    /// What happens on the way, as is to be expected, by day.
    pub events: Vec<Event>,
    /// A section of the solid, where the course is to be drawn.
    pub strip: Option<Strip>,
}

/// How the geometry of an eroding solid changes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Geometry {
    /// Porosity.
    pub porosity: Band,
    /// Mean size of pores in µm; not a number once nothing of the solid is left, empty where it was not measured.
    pub pore_size: Band,
    /// Surface over the total volume, in 1/mm.
    pub surface: Band,
}

impl Band {
    /// Widens it by how far another lies off on each day, up to a greatest value.
    fn widen(&mut self, other: &Self, most: f64) {
        for (k, typical) in self.typical.iter().enumerate() {
            let by = other.typical.get(k).map_or(f64::NAN, |other| (typical - other).abs());
            // Where one of both has no value, there is nothing to compare.
            if by.is_nan() {
                continue;
            }
            self.low[k] = (self.low[k] - by).max(0.0);
            self.high[k] = (self.high[k] + by).min(most).max(*typical);
        }
    }
}

impl Timeline {
    /// Widens the bands by what a coarser grid makes of the same days: that much the grid may leave open beside the ranges
    /// of material and tissue.
    pub fn widen(&mut self, coarse: &Self) {
        for (band, other, most) in [
            (&mut self.mass, &coarse.mass, 1.0),
            (&mut self.stiffness, &coarse.stiffness, 1.0),
            (&mut self.fill, &coarse.fill, 1.0),
            (&mut self.scaffold, &coarse.scaffold, f64::INFINITY),
            (&mut self.tissue, &coarse.tissue, f64::INFINITY),
            (&mut self.combined, &coarse.combined, f64::INFINITY),
        ] {
            band.widen(other, most);
        }
        if let (Some(geometry), Some(other)) = (&mut self.geometry, &coarse.geometry) {
            geometry.porosity.widen(&other.porosity, 1.0);
            geometry.surface.widen(&other.surface, f64::INFINITY);
            geometry.pore_size.widen(&other.pore_size, f64::INFINITY);
        }
    }
}

/// Something that happens on a day.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The day.
    pub day: f64,
    /// What it is: `falls-apart`, `gone-before-tissue`, `least-support`, `gone`.
    pub kind: &'static str,
    /// In words.
    pub text: String,
    /// Where, in the input's own frame.
    pub at_um: Option<[f64; 3]>,
}

/// Days to look at when none are given: from implantation to three times the day of nine tenths of the tissue, that of the
/// calibrated curve where these are never there.
#[must_use]
pub fn default_days(material: &Material, tissue: &Tissue, body: &Body) -> Vec<f64> {
    let growing = growings(material, tissue, body).typical;
    let t90 = if growing.t90 < CENTURY { growing.t90 } else { tissue.t90_d.typical };
    let end = 3.0 * t90;
    (0..=12).map(|k| (end * f64::from(k) / 12.0).round()).collect()
}

/// The timeline of a body.
#[must_use]
pub fn timeline(material: &Material, tissue: &Tissue, body: &Body, days: Vec<f64>) -> Timeline {
    let growings = growings(material, tissue, body);
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
    let scaffold = band(&|c, course, t| c.e0 * course.stiffness(t));
    let grown = band(&|c, _, t| c.et * c.growing.fill(t).powf(tissue.maturity_exponent));
    let course = Course::new(material, &body.front, typical.pick);
    let front = course.rate().map(|rate| days.iter().map(|t| rate * t).collect());
    let geometry = front.is_some().then(|| {
        let sized = !body.front.pores.is_empty();
        let depth = |course: &Course<'_>, t: f64| course.rate().unwrap_or(0.0) * t;
        Geometry {
            porosity: band(&|_, course, t| 1.0 - body.density * course.mass(t)),
            surface: band(&|_, course, t| 1e3 * body.density * body.front.area(depth(course, t))),
            pore_size: if sized {
                band(&|_, course, t| body.front.pore_size(depth(course, t)).unwrap_or(f64::NAN))
            } else {
                Band::default()
            },
        }
    });
    let events = events(&course, &typical, tissue, body);
    Timeline { geometry, mass, stiffness, fill, scaffold, tissue: grown, combined, front, events, strip: None, days }
}

/// What happens on the way at the expected values.
fn events(course: &Course<'_>, corner: &Corner<'_>, tissue: &Tissue, body: &Body) -> Vec<Event> {
    let found = follow(course, corner.e0, corner.growing, corner.et, tissue.maturity_exponent, tissue.class);
    let mut events = Vec::new();
    let mut add = |day: f64, kind, text: String, at_um| events.push(Event { day, kind, text, at_um });
    if let (Some(rate), Some(apart)) = (course.rate(), body.front.apart) {
        let text = format!("the scaffold falls apart along {}", AXES[apart.axis]);
        add(apart.depth / rate, "falls-apart", text, Some(apart.at_um));
    }
    if let Some(day) = found.early_day {
        let text = "less than 20 % of the scaffold and less than half of the tissue are there".to_owned();
        add(day, "gone-before-tissue", text, None);
    }
    if tissue.class != Support::NonStructural && found.dip < 1.0 {
        let share = significant(100.0 * found.dip, 3);
        let text = format!("least support: {share} % of the less stiff of scaffold and tissue");
        add(found.dip_day, "least-support", text, None);
    }
    if let Some(day) = found.gone_day {
        add(day, "gone", "5 % of the scaffold are left".to_owned(), None);
    }
    events.sort_by(|a, b| a.day.total_cmp(&b.day));
    events
}
