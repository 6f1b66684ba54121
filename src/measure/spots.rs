//! Where struts are thinner, or gaps narrower, than a process makes them.
//!
//! Balls of the ridge below the limit are gathered in the cells of a cubic grid, a sixteenth of the body's diagonal wide but
//! four limits at least. A cell is told by the ball at the first percentile of its volume, as the figures are, for the very
//! least ones sit in corners; its volume is what its balls paint. The cells with the most are told first, each at least the
//! width of a cell from those before. O(balls · log), 24 bytes for each ball below the limit.

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

/// Part of a cell's volume that lies in balls below the one that it is told by.
const PART: f64 = 0.01;

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
    let mut cells: BTreeMap<[i64; 3], Vec<(&Ball, u32)>> = BTreeMap::new();
    for (ball, count) in balls {
        let diameter = 2.0 * f64::from(ball.radius);
        if ball.contact > OPPOSITE || count == 0 || diameter >= limit * (1.0 - SLACK) {
            continue;
        }
        let at = origin + V3::from(ball.centre.map(f64::from));
        let key = std::array::from_fn(|a| ((at[a] - body.low[a]) / width).floor() as i64);
        cells.entry(key).or_default().push((ball, count));
    }
    let place = |mut balls: Vec<(&Ball, u32)>| {
        // Stable: equals stay in the order in which they were found.
        balls.sort_by(|a, b| a.0.radius.total_cmp(&b.0.radius));
        let all: f64 = balls.iter().map(|(_, count)| f64::from(*count)).sum();
        let mut below = 0.0;
        let first = balls.iter().find(|(_, count)| {
            below += f64::from(*count);
            below >= PART * all
        });
        let ball = first.map_or_else(Ball::default, |(ball, _)| **ball);
        Place {
            at_um: (origin + V3::from(ball.centre.map(f64::from))).into(),
            volume_mm3: all * voxel,
            sphere_um: 2.0 * f64::from(ball.radius),
            throat_um: None,
        }
    };
    let mut all: Vec<Place> = cells.into_values().map(place).collect();
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
