//! Where struts are thinner, or gaps narrower, than a process makes them.
//!
//! Balls of the ridge below the limit are gathered in the cells of a cubic grid, a sixteenth of the body's diagonal wide but
//! four limits at least. A cell is told by the least ball in it; its volume is what its balls paint. The cells with the most
//! are told first, each at least the width of a cell from those before. O(balls), 56 bytes for each cell in use.

use std::collections::BTreeMap;

use super::details::Place;
use super::figure::Figures;
use crate::design::{Finding, Severity, Study};
use crate::mesh::V3;
use crate::units::{Length, significant};
use crate::voxel::ridge::Ball;

/// Cosine of the contact angle from which on a ball counts as held between opposite walls: 120°.
pub(super) const OPPOSITE: f32 = -0.5;

/// Places that are told.
const FEW: usize = 3;

/// Cells along the body's diagonal.
const CELLS: f64 = 16.0;

/// Width of a cell in limits, at least.
const LIMITS: f64 = 4.0;

/// A ball of just the limit is not below it.
const SLACK: f64 = 1e-3;

/// Which of the two it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    /// Struts that are too thin.
    Solid,
    /// Gaps that are too narrow.
    Gap,
}

/// The places where balls held between opposite walls are below `limit` µm.
fn spots<'b>(study: &Study<'_>, balls: impl Iterator<Item = (&'b Ball, u32)>, limit: f64) -> Vec<Place> {
    let body = &study.envelope.body;
    let width = (LIMITS * limit).max((body.high - body.low).norm() / CELLS);
    let voxel = study.frame().voxel_volume() * 1e-9;
    let origin = V3::from(study.frame().origin);
    let mut cells: BTreeMap<[i64; 3], Place> = BTreeMap::new();
    for (ball, count) in balls {
        let diameter = 2.0 * f64::from(ball.radius);
        if ball.contact > OPPOSITE || count == 0 || diameter >= limit * (1.0 - SLACK) {
            continue;
        }
        let at = origin + V3::from(ball.centre.map(f64::from));
        let key = std::array::from_fn(|a| ((at[a] - body.low[a]) / width).floor() as i64);
        let nowhere = Place { at_um: at.into(), volume_mm3: 0.0, sphere_um: f64::INFINITY, throat_um: None };
        let cell = cells.entry(key).or_insert(nowhere);
        cell.volume_mm3 += f64::from(count) * voxel;
        if diameter < cell.sphere_um {
            (cell.at_um, cell.sphere_um) = (at.into(), diameter);
        }
    }
    let mut all: Vec<Place> = cells.into_values().collect();
    // A stable sort keeps those of one volume in the order of their cells.
    all.sort_by(|a, b| b.volume_mm3.total_cmp(&a.volume_mm3));
    let mut told: Vec<Place> = Vec::new();
    for place in all {
        let apart = |other: &Place| (V3::from(place.at_um) - V3::from(other.at_um)).norm() >= width;
        if told.len() < FEW && told.iter().all(apart) {
            told.push(place);
        }
    }
    told
}

/// Tells where a design is below what the process makes, where its figure `id` is, and puts the first place to the figure.
pub(super) fn tell<'b>(
    study: &Study<'_>,
    balls: impl Iterator<Item = (&'b Ball, u32)>,
    limit: Option<f64>,
    (lack, id): (Lack, &str),
    out: &mut Figures,
) {
    let (Some(limit), Some(figure)) = (limit, out.figures.get(id)) else { return };
    if figure.value >= limit * (1.0 - SLACK) {
        return;
    }
    let places = spots(study, balls, limit);
    if let Some(first) = places.first() {
        out.places.insert(id.to_owned(), first.at_um);
    }
    for place in places {
        let (width, least) = (significant(place.sphere_um, 3), Length::from_um(limit));
        let volume = super::voids::volume(place.volume_mm3 * 1e9);
        let (kind, message) = match lack {
            Lack::Solid => (
                "strut.thin",
                format!("{width} µm of solid where the process makes {least} or more; {volume} of it near here"),
            ),
            Lack::Gap => (
                "pore.narrow",
                format!(
                    "a gap of {width} µm where the process keeps {least} or more open; {volume} of such void near here"
                ),
            ),
        };
        out.findings.push(Finding::new(kind, Severity::Warning, message).at(place.at_um));
    }
}
