//! Fit: how much room a build volume leaves round the solid along each axis.
//!
//! The room along an axis is the size of the volume less that of the box round the solid, as it is placed. Where that is
//! negative along some axis, the six ways to turn the box by right angles are tried, and the one with the most room along
//! its tightest axis is told, the axes being those of the volume. The boxes of meshes are exact; those of volumes are known
//! to a voxel.

use super::figure::{Figure, Figures};
use crate::design::{Finding, Severity, Solid, Study};
use crate::mesh::V3;
use crate::units::{Length, Unit};

const AXES: [&str; 3] = ["x", "y", "z"];

/// The ways to turn a box by right angles: which of its axes lies along x, y and z of the volume. As it is placed first.
const TURNS: [[usize; 3]; 6] = [[0, 1, 2], [1, 0, 2], [0, 2, 1], [2, 1, 0], [1, 2, 0], [2, 0, 1]];

/// Room that counts as none, in parts of the size: what single precision rounds.
const ROUNDED: f64 = 1e-6;

/// How a box lies in a volume, and the room round it along the axes of the volume, in µm.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Placed {
    turn: [usize; 3],
    room: [f64; 3],
}

impl Placed {
    fn least(&self) -> f64 {
        self.room.iter().copied().fold(f64::INFINITY, f64::min)
    }
}

/// How a box of this size goes into a volume: as it is placed where it fits so, else the way that leaves the most room.
fn place(size: [f64; 3], volume: [f64; 3]) -> Placed {
    let turned = |turn: [usize; 3]| {
        let room = |a: usize| {
            let room = volume[a] - size[turn[a]];
            if room.abs() <= ROUNDED * volume[a] { 0.0 } else { room }
        };
        Placed { turn, room: std::array::from_fn(room) }
    };
    let mut best = turned(TURNS[0]);
    if best.least() >= 0.0 {
        return best;
    }
    for turn in TURNS {
        let other = turned(turn);
        if other.least() > best.least() {
            best = other;
        }
    }
    best
}

/// The room along each axis of a build volume round a box of this size, in µm.
#[must_use]
pub fn room(size: [f64; 3], volume: [f64; 3]) -> [f64; 3] {
    place(size, volume).room
}

/// Corners of the box round the solid.
fn bounds(study: &Study<'_>) -> Option<(V3, V3)> {
    match &study.design.solid {
        Solid::Mesh(mesh) => mesh.mesh.bounds(),
        Solid::Volume { .. } => {
            let mut corners = study.field.surface.iter().flatten().map(|c| V3::from(c.map(f64::from)));
            let first = corners.next()?;
            Some(corners.fold((first, first), |(low, high), v| (low.inf(&v), high.sup(&v))))
        }
    }
}

/// Measures the room that a build volume of this size, in µm, leaves.
pub(super) fn measure(study: &Study<'_>, volume: [f64; 3], out: &mut Figures) {
    let Some((low, high)) = bounds(study) else { return };
    let size: [f64; 3] = (high - low).into();
    let placed = place(size, volume);
    let as_placed = placed.turn == TURNS[0];
    let turn: Vec<String> = (0..3).map(|a| format!("its {} along {}", AXES[placed.turn[a]], AXES[a])).collect();
    let turn = turn.join(", ");
    let how = if as_placed { "as placed".to_owned() } else { format!("turned, {turn}") };
    let figure = |value: f64, what: &str| {
        let method = format!("{what}: size of the build volume less that of the box round the solid, {how}");
        match study.design.solid {
            Solid::Mesh(_) => Figure::exact(value, Unit::Micrometre, method),
            Solid::Volume { .. } => Figure::new(value, Unit::Micrometre, method).floor(study.frame().coarsest()),
        }
    };
    for (axis, room) in AXES.iter().zip(placed.room) {
        out.add(format!("fit.{axis}"), figure(room, "room along an axis of the build volume"));
    }
    out.add("fit.least", figure(placed.least(), "room along the tightest axis of the build volume"));
    let (kind, severity, message) = if placed.least() < 0.0 {
        let over: Vec<String> = (0..3)
            .filter(|a| placed.room[*a] < 0.0)
            .map(|a| format!("{} too long along {}", Length::from_um(-placed.room[a]), AXES[a]))
            .collect();
        ("fit.too_large", Severity::Warning, format!("larger than the build volume, {how}: {}", over.join(", ")))
    } else if !as_placed {
        let message = format!("fits the build volume only when turned: {turn}; the build direction turns with it");
        ("fit.turned", Severity::Info, message)
    } else {
        return;
    };
    out.findings.push(Finding::new(kind, severity, message));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_turned_only_where_it_has_to_be() {
        let fits = place([10.0, 20.0, 30.0], [40.0, 40.0, 40.0]);
        assert_eq!(fits, Placed { turn: [0, 1, 2], room: [30.0, 20.0, 10.0] });
        // 30 goes only along x.
        let turned = place([10.0, 20.0, 30.0], [35.0, 25.0, 15.0]);
        assert_eq!(turned, Placed { turn: [2, 1, 0], room: [5.0, 5.0, 5.0] });
        // Nowhere, but best with the longest along the longest.
        let large = place([10.0, 20.0, 50.0], [35.0, 25.0, 15.0]);
        assert_eq!((large.turn, large.least()), ([2, 1, 0], -15.0));
        // What rounding takes away is no room and no lack of it.
        assert_eq!(place([10.000_001, 20.0, 30.0], [10.0, 20.0, 30.0]).room, [0.0; 3]);
    }

    #[test]
    fn the_best_turn_is_the_best_of_all_orders() {
        // Sorted against sorted leaves the most room along the tightest axis: no order beats it.
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            1.0 + (state >> 40) as f64 / f64::from(1u32 << 24) * 9.0
        };
        for _ in 0..500 {
            let (size, volume): ([f64; 3], [f64; 3]) =
                (std::array::from_fn(|_| next()), std::array::from_fn(|_| next()));
            let sorted = |mut v: [f64; 3]| {
                v.sort_by(f64::total_cmp);
                v
            };
            let (s, v) = (sorted(size), sorted(volume));
            let best = (0..3).map(|a| v[a] - s[a]).fold(f64::INFINITY, f64::min);
            let found = place(size, volume);
            let placed = (0..3).map(|a| volume[a] - size[a]).fold(f64::INFINITY, f64::min);
            if placed >= 0.0 {
                assert_eq!(found.turn, [0, 1, 2]);
            } else {
                assert!((found.least() - best).abs() < 1e-12, "{size:?} in {volume:?}");
            }
        }
    }
}
