//! Fit into a cavity: how much room a body of any shape leaves round the solid at its tightest place.
//!
//! The room of a placing is the least depth below the wall of the cavity of any point of the solid's surface; where that is
//! negative, the solid sticks out by so much. A solid that only touches the wall fits: what lies on it to a thousandth of the
//! cavity's longest side has no room and sticks out by nothing. The solid is left as it is placed where it fits so. Else the
//! 24 ways to turn it by right angles are tried, each shifted to where the room is greatest; and where none of them holds it,
//! all other ways ([`pose`](super::pose)). A shift by s changes the room by s at most, so the
//! greatest room of all shifts in a box is at most that of the shift in its middle and half the diagonal of the box: boxes
//! that cannot hold the best are dropped, the others are cut into eight, the most promising first (branch and bound; Land &
//! Doig 1960, doi:10.2307/1910129). What is found lies within a tolerance of the greatest room over all shifts.
//!
//! That the solid fits is proven by the placing; that it does not, by its hull ([`larger`](super::larger)), or it is left
//! open.
//!
//! Points: corners of the solid's hull, which decide in a convex cavity, and the surface thinned to one point in each cell of
//! a coarse grid, for cavities that are not. While shifts are sought, the depth is that of [`Region`] as sampled and
//! interpolated; that of the placing that is told is taken from the triangles of the cavity.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashSet};

use nalgebra::{Matrix3, Rotation3, UnitQuaternion};

use super::figure::{Figure, Figures};
use super::larger::larger;
use super::pose::{Pose, room, search};
use crate::design::{Finding, Region, Severity, Solid, Study};
use crate::mesh::V3;
use crate::mesh::hull::convex_hull;
use crate::parallel::Exec;
use crate::units::{Length, Unit, significant};

/// Cells along the longest side that the surface is thinned to.
const CELLS: f64 = 48.0;

/// Part of the longest side of the cavity to which the greatest room is found.
const TOLERANCE: f64 = 1.0 / 256.0;

/// Shifts that are tried for each way to turn.
const TRIED: usize = 6000;

/// Places that are told, and how far they lie apart in parts of the diagonal.
const PLACES: usize = 3;
const APART: f64 = 1.0 / 4.0;

const AXES: [&str; 3] = ["x", "y", "z"];

/// What leaves it open where nothing proves that no placing holds the solid.
const UNPROVEN: &str = "turns and shifts that hold it";
const UNPROVEN_REMEDY: &str =
    "a search is no proof that there are none: place the design in its cavity by hand, or make it smaller";

/// Part of the longest side of the cavity within which the solid touches the wall.
const TOUCHES: f64 = 1e-3;

/// A way to turn by right angles: the axis that comes to lie along each axis, and its sense.
type Turn = [(usize, f64); 3];

/// The 24 ways, as placed first.
fn turns() -> Vec<Turn> {
    let mut all = Vec::new();
    for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2]] {
        let even = (order[1] + 3 - order[0]) % 3 == 1;
        for k in 0..8 {
            let sense: [f64; 3] = std::array::from_fn(|a| if k >> a & 1 == 1 { -1.0 } else { 1.0 });
            // A mirror image is another part.
            if (sense.iter().product::<f64>() > 0.0) == even {
                all.push(std::array::from_fn(|a| (order[a], sense[a])));
            }
        }
    }
    all
}

fn matrix(turn: &Turn) -> Matrix3<f64> {
    Matrix3::from_fn(|a, b| if turn[a].0 == b { turn[a].1 } else { 0.0 })
}

/// How the solid lies in the cavity.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Placing {
    /// By right angles, where it is.
    turn: Option<Turn>,
    pose: Pose,
    /// Least depth of its points, in µm; 0 where it touches.
    room: f64,
}

/// A box of shifts, by what it may hold at best.
struct Shifts {
    most: f64,
    middle: V3,
    half: V3,
}

impl PartialEq for Shifts {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Shifts {}

impl PartialOrd for Shifts {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Shifts {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |s: &Self| [s.middle.x, s.middle.y, s.middle.z];
        let by_place = place(other).iter().zip(place(self)).map(|(a, b)| a.total_cmp(&b)).find(|o| o.is_ne());
        self.most.total_cmp(&other.most).then(by_place.unwrap_or(Ordering::Equal))
    }
}

/// Points whose least depth is asked again and again: the ones that decided last come first.
struct Points(Vec<V3>);

impl Points {
    /// Least depth when shifted, or the first that is not above `enough`.
    fn least(&mut self, region: &Region, shift: &V3, enough: f64) -> f64 {
        let (mut least, mut which) = (f64::INFINITY, 0);
        for (k, p) in self.0.iter().enumerate() {
            let depth = region.depth(&(p + shift));
            if depth < least {
                (least, which) = (depth, k);
                if least <= enough {
                    break;
                }
            }
        }
        self.0.swap(0, which);
        least
    }
}

/// Lower and upper corner of points.
fn bounds(points: &[V3]) -> (V3, V3) {
    let first = points.first().copied().unwrap_or_default();
    points.iter().fold((first, first), |(low, high), p| (low.inf(p), high.sup(p)))
}

/// The shift with the greatest room that is above `best`, to a tolerance; `None` where there is none.
fn shifted(points: &mut Points, region: &Region, mut best: f64, tolerance: f64) -> Option<(V3, f64)> {
    let (low, high) = bounds(&points.0);
    // Between laying the lower corners of the boxes on each other and laying the upper ones.
    let (from, to) = (region.low - low, region.high - high);
    let middle = (from + to) / 2.0;
    let half = (to - from).abs() / 2.0 + V3::repeat(tolerance);
    let mut found = None;
    let mut queue = BinaryHeap::from([Shifts { most: f64::INFINITY, middle, half }]);
    for _ in 0..TRIED {
        let Some(shifts) = queue.pop().filter(|s| s.most > best + tolerance) else { break };
        // Points that lie no deeper than this make the box no better than the best.
        let reach = shifts.half.norm();
        let room = points.least(region, &shifts.middle, best + tolerance - reach);
        if room > best {
            best = room;
            found = Some((shifts.middle, room));
        }
        if room + reach <= best + tolerance {
            continue;
        }
        let half = shifts.half / 2.0;
        for k in 0..8 {
            let offset = V3::from_fn(|a, _| if k >> a & 1 == 1 { half[a] } else { -half[a] });
            queue.push(Shifts { most: room + reach, middle: shifts.middle + offset, half });
        }
    }
    found
}

/// The placing with the most room: as it is where it fits so.
fn place(points: &[V3], region: &Region) -> Placing {
    let longest = (region.high - region.low).max();
    let (tolerance, touches) = (TOLERANCE * longest, TOUCHES * longest);
    let placing = |turn: Option<Turn>, pose: Pose| {
        let room = room(points, region, &pose);
        Placing { turn, pose, room: if room >= -touches { room.max(0.0) } else { room } }
    };
    let all = turns();
    let mut best = placing(Some(all[0]), Pose { turn: Matrix3::identity(), shift: V3::zeros() });
    if best.room >= 0.0 {
        return best;
    }
    // By the sampled depth, which is what shifts are compared by.
    let mut sampled = Points(points.to_vec()).least(region, &V3::zeros(), f64::NEG_INFINITY);
    for turn in all {
        let matrix = matrix(&turn);
        let mut points = Points(points.iter().map(|p| matrix * p).collect());
        let (low, high) = bounds(&points.0);
        // In its box there is no more room than between the boxes.
        let most = ((region.high - region.low) - (high - low)).min() / 2.0;
        if most <= sampled + tolerance && sampled > f64::NEG_INFINITY {
            continue;
        }
        if let Some((shift, room)) = shifted(&mut points, region, sampled, tolerance) {
            sampled = room;
            best = placing(Some(turn), Pose { turn: matrix, shift });
        }
    }
    if best.room < 0.0
        && let Some((pose, room)) = search(points, region, best.room, touches)
        && room > best.room
    {
        best = placing(None, pose);
    }
    best
}

/// Corners of the hull, and the surface thinned.
fn points(study: &Study<'_>) -> Vec<V3> {
    let mut corners: Vec<V3> = Vec::new();
    let mut facets: Vec<[V3; 3]> = Vec::new();
    match &study.design.solid {
        Solid::Mesh(mesh) => {
            corners.extend(&mesh.mesh.vertices);
            facets.extend(&mesh.surface);
        }
        Solid::Volume { .. } => {
            let origin = V3::from(study.frame().origin);
            let own = study.field.surface.iter().map(|f| f.map(|c| origin + V3::from(c.map(f64::from))));
            facets.extend(own);
            corners.extend(facets.iter().flatten());
        }
    }
    let (low, high) = bounds(&corners);
    let mut points = convex_hull(&corners).map(|hull| hull.vertices).unwrap_or_default();
    let cell = ((high - low).max() / CELLS).max(f64::MIN_POSITIVE);
    let mut taken: HashSet<[i64; 3]> = HashSet::new();
    let mut pieces = facets;
    while let Some(t) = pieces.pop() {
        let long = (0..3).map(|k| (t[k] - t[(k + 1) % 3]).norm()).fold(0.0, f64::max);
        if long > cell {
            let [a, b, c] = t;
            let (ab, bc, ca) = ((a + b) / 2.0, (b + c) / 2.0, (c + a) / 2.0);
            pieces.extend([[a, ab, ca], [ab, b, bc], [ca, bc, c], [ab, bc, ca]]);
            continue;
        }
        points.extend(t.into_iter().filter(|p| taken.insert(std::array::from_fn(|a| (p[a] / cell).floor() as i64))));
    }
    points
}

/// Share of the solid that lies outside of the cavity.
fn outside(study: &Study<'_>, region: &Region, placing: &Placing) -> f64 {
    let frame = study.frame();
    let (mut all, mut out) = (0u64, 0u64);
    for (y, z) in (0..frame.size[2]).flat_map(|z| (0..frame.size[1]).map(move |y| (y, z))) {
        study.solid.runs(y, z, |from, to| {
            for x in from..to {
                all += 1;
                out += u64::from(region.depth(&placing.pose.of(&V3::from(frame.centre([x, y, z])))) < 0.0);
            }
        });
    }
    out as f64 / all.max(1) as f64
}

/// The points that stick out most, apart from one another, with how far.
fn sticking_out(points: &[V3], region: &Region, placing: &Placing) -> Vec<(V3, f64)> {
    let (low, high) = bounds(points);
    let mut out: Vec<(V3, f64)> =
        points.iter().map(|p| (*p, -region.near(&placing.pose.of(p), 1).0)).filter(|o| o.1 > 0.0).collect();
    out.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut told: Vec<(V3, f64)> = Vec::new();
    for (p, by) in out {
        if told.len() < PLACES && told.iter().all(|t| (t.0 - p).norm() >= APART * (high - low).norm()) {
            told.push((p, by));
        }
    }
    told
}

/// How a placing differs from the solid as it is, in words.
fn how(placing: &Placing) -> String {
    let shift: Vec<String> = placing.pose.shift.iter().map(|s| Length::from_um(*s).to_string()).collect();
    let shift = format!("shifted by {}", shift.join(", "));
    let Some(turn) = placing.turn else {
        let turn = UnitQuaternion::from_rotation_matrix(&Rotation3::from_matrix_unchecked(placing.pose.turn));
        let (axis, angle) = turn.axis_angle().map_or((V3::z(), 0.0), |(axis, angle)| (axis.into_inner(), angle));
        let axis: Vec<String> = axis.iter().map(|c| significant(*c, 4)).collect();
        let angle = significant(angle.to_degrees(), 4);
        return format!("turned by {angle}° about ({}) and {shift}", axis.join(", "));
    };
    if turn == turns()[0] {
        return shift;
    }
    let turn: Vec<String> = (0..3)
        .map(|a| {
            let (axis, sense) = turn[a];
            format!("its {}{} along {}", if sense < 0.0 { "-" } else { "" }, AXES[axis], AXES[a])
        })
        .collect();
    format!("turned, {}, and {shift}", turn.join(", "))
}

/// Measures the room in a cavity.
pub(super) fn measure(study: &Study<'_>, region: &Region, exec: &Exec, out: &mut Figures) {
    let points = points(study);
    if points.is_empty() {
        return;
    }
    let placing = place(&points, region);
    let as_placed = placing.turn == Some(turns()[0]) && placing.pose.shift == V3::zeros();
    let how = if as_placed { "as placed".to_owned() } else { how(&placing) };
    let grid = match study.design.solid {
        Solid::Mesh(_) => 0.0,
        Solid::Volume { .. } => study.frame().coarsest(),
    };
    let longest = (region.high - region.low).max();
    // There may be more room elsewhere, by so much; but what fits does fit.
    let found = match placing.room {
        _ if as_placed => 0.0,
        room if room >= 0.0 => room.min(TOLERANCE * longest),
        _ => TOLERANCE * longest,
    };
    let touches = if placing.room == 0.0 {
        format!("; it touches, to {}", Length::from_um(TOUCHES * longest))
    } else {
        String::new()
    };
    let method = format!("least depth of the solid's surface below the wall of {}, {how}{touches}", region.name);
    let wall = if region.is_mesh() { 0.0 } else { region.step() / 2.0 };
    let mut figure = Figure::new(placing.room, Unit::Micrometre, method).floor(found + grid + wall);
    if placing.room < 0.0 {
        let cavity: Vec<V3> = region.surface(exec).into_iter().flatten().collect();
        match larger(&points, &cavity, TOUCHES * longest + grid + wall) {
            Some(what) => {
                figure.method.push_str(&format!("; whichever way it lies: the {what} of its hull is too large"));
            }
            None => figure = figure.or(UNPROVEN, None, UNPROVEN_REMEDY),
        }
    }
    out.add("fit.cavity", figure);
    if placing.room >= 0.0 {
        out.add("fit.outside", Figure::new(0.0, Unit::One, format!("share of the solid outside of {}", region.name)));
        if !as_placed {
            let message = format!("fits {} only {how}", region.name);
            out.findings.push(Finding::new("fit.cavity_moved", Severity::Info, message));
        }
        return;
    }
    let share = outside(study, region, &placing);
    let method =
        format!("share of the solid's voxels outside of {} in the best place that was found, {how}", region.name);
    out.add("fit.outside", Figure::new(share, Unit::One, method).floor(0.02 * share));
    for (p, by) in sticking_out(&points, region, &placing) {
        let message = format!(
            "sticks out of {} by {} in the best place that was found, {how}: {} % of the solid lie outside",
            region.name,
            Length::from_um(by),
            significant(100.0 * share, 2)
        );
        out.findings.push(Finding::new("fit.outside", Severity::Warning, message).at([p.x, p.y, p.z]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_24_ways_to_turn_and_none_mirrors() {
        let all = turns();
        assert_eq!(all.len(), 24);
        let axes = [V3::x(), V3::y(), V3::z()];
        for (k, turn) in all.iter().enumerate() {
            let [x, y, z] = axes.map(|a| matrix(turn) * a);
            assert!((x.cross(&y) - z).norm() < 1e-12);
            assert!(all[..k].iter().all(|other| other != turn));
        }
        assert_eq!(matrix(&all[0]), Matrix3::identity());
    }
}
