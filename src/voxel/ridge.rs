//! Maximal balls along the medial ridge of a distance field, with centres between voxels.
//!
//! The ball round a voxel p that touches the surface at its foot q only grows when its centre moves away from q, until
//! it touches the surface elsewhere: there it is a maximal ball, and it holds the one that it grew from (the shrinking
//! ball of Ma, Bae & Choi 2012, doi:10.1007/s00371-011-0594-7, grown from inside). Voxels whose ball comes to rest
//! within 1.2 voxels give a ball; all others are inside a ball of the ridge. On a slab, a cylinder or a
//! sphere the balls are exact whatever the position of the grid.
//!
//! Where the gradient is short a second ball moves on along the ridge, away from all that it touches, until it grows no
//! more or has gone 3/4 of a voxel: it finds the middle of a pore between voxels, where facets of a round wall would
//! hold the first one off the axis, and it fills the gaps between the balls of a corner.
//!
//! The triangles that a ball can touch next are those nearest to the 26 neighbours of p. A test on the gradient of the
//! distance, which has length 1 away from ridges, spares most voxels the search. O(voxels near ridges), no memory but
//! the balls.

use super::distance::DistanceField;
use crate::grid::{Border, Mask};
use crate::mesh::V3;
use crate::parallel::Exec;

/// How far a ball may move to count as lying on the ridge, in voxels of the coarsest spacing.
const REACH: f64 = 1.2;

/// Squared length of the gradient from which on a voxel is taken to lie away from ridges.
const SMOOTH: f64 = 0.95;

/// Squared length of the gradient up to which a ball is also moved along the ridge: it is 1/2 on the bisector of a square
/// corner and nearly 0 in the middle of a pore.
const CORE: f64 = 0.75;

/// Contacts in nearly the same direction (cosine) make no ridge: neighbouring facets of one surface.
const SAME_SIDE: f64 = 0.9;

/// The two sides of the surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Inside the material.
    Solid,
    /// Outside of it.
    Void,
}

impl Phase {
    /// Sign of the distance in this phase.
    #[must_use]
    pub fn sign(self) -> f64 {
        match self {
            Self::Solid => -1.0,
            Self::Void => 1.0,
        }
    }
}

/// A ball inside one phase.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ball {
    /// Centre in µm from the centre of voxel (0, 0, 0).
    pub centre: [f32; 3],
    /// Radius in µm.
    pub radius: f32,
    /// Index of the voxel that it grew from.
    pub voxel: u32,
    /// Whether the centre lies in the voxel that it grew from: one ball of many that grew to the same place.
    pub central: bool,
    /// Cosine of the widest angle between contacts seen from the centre: -1 between parallel walls, 0 in a square corner.
    pub contact: f32,
}

/// The maximal balls of a phase, in order of their voxels. Centres stay in `domain`, a part of the phase.
#[must_use]
pub fn ridge_balls(field: &DistanceField, domain: &Mask, exec: &Exec) -> Vec<Ball> {
    let [_, ny, nz] = field.frame.size;
    let planes = exec.map(nz, |z| {
        let mut balls = Vec::new();
        let mut triangles = Vec::with_capacity(27);
        for y in 0..ny {
            domain.runs(y, z, |from, to| {
                for x in from..to {
                    let gradient = gradient_squared(field, [x, y, z]);
                    if gradient < SMOOTH {
                        balls.extend(
                            ball(field, domain, [x, y, z], gradient < CORE, &mut triangles).into_iter().flatten(),
                        );
                    }
                }
            });
        }
        balls
    });
    planes.concat()
}

/// The index one step along an axis, or the index itself at an open border.
#[inline]
fn step(field: &DistanceField, voxel: [usize; 3], axis: usize, up: bool) -> (usize, f64) {
    let n = field.frame.size[axis];
    let mut next = voxel;
    match (up, field.border) {
        (true, _) if voxel[axis] + 1 < n => next[axis] += 1,
        (false, _) if voxel[axis] > 0 => next[axis] -= 1,
        (true, Border::Periodic) => next[axis] = 0,
        (false, Border::Periodic) => next[axis] = n - 1,
        _ => return (field.frame.index(voxel[0], voxel[1], voxel[2]), 0.0),
    }
    (field.frame.index(next[0], next[1], next[2]), 1.0)
}

fn gradient_squared(field: &DistanceField, voxel: [usize; 3]) -> f64 {
    (0..3)
        .map(|a| {
            let (up, su) = step(field, voxel, a, true);
            let (down, sd) = step(field, voxel, a, false);
            let width = (su + sd) * field.frame.spacing[a];
            if width == 0.0 { 0.0 } else { (f64::from(field.values[up] - field.values[down]) / width).powi(2) }
        })
        .sum()
}

fn ball(
    field: &DistanceField,
    domain: &Mask,
    voxel: [usize; 3],
    core: bool,
    triangles: &mut Vec<u32>,
) -> [Option<Ball>; 2] {
    let frame = &field.frame;
    let index = frame.index(voxel[0], voxel[1], voxel[2]);
    let p = field.local(voxel);
    let q = field.foot(field.nearest[index], &p);
    let d = (p - q).norm();
    let h = frame.coarsest();
    if d <= 1e-6 * h {
        return [None, None];
    }
    let n = (p - q) / d;
    neighbours(field, voxel, triangles);
    let most = REACH * h;
    let mut t = most;
    for _ in 0..8 {
        let c = p + n * t;
        let Some((touch, distance)) = nearest(field, triangles, &c) else { break };
        if distance >= d + t - 1e-5 * h {
            break;
        }
        let off = p - touch;
        let shrink = 2.0 * (d - n.dot(&off));
        if shrink <= 0.0 {
            break;
        }
        let next = ((off.norm_squared() - d * d) / shrink).max(0.0);
        if next >= t {
            break;
        }
        t = next;
    }
    if t >= most {
        return [None, None];
    }
    let mut c = p + n * t;
    if !holds(field, domain, &c) {
        t = 0.0;
        c = p;
    }
    let make = |c: V3, radius: f64, central: bool| {
        let contact = widest_contact(field, triangles, &c, radius);
        let held = contact <= SAME_SIDE || radius <= d;
        held.then_some(Ball {
            centre: [c.x as f32, c.y as f32, c.z as f32],
            radius: radius as f32,
            voxel: index as u32,
            central,
            contact: contact as f32,
        })
    };
    let central = (0..3).all(|a| (c[a] - p[a]).abs() <= 0.5001 * frame.spacing[a]);
    let first = make(c, d + t, central);
    if !core && first.is_some() {
        return [first, None];
    }
    let (top, radius) = climb(field, triangles, &p, c, d + t);
    let second = (radius > d + t && holds(field, domain, &top)).then(|| make(top, radius, true)).flatten();
    [first, second]
}

/// The nearest of the triangles' closest points to `c`, and its distance.
fn nearest(field: &DistanceField, triangles: &[u32], c: &V3) -> Option<(V3, f64)> {
    triangles.iter().map(|&s| field.foot(s, c)).fold(None, |best: Option<(V3, f64)>, f| {
        let distance = (f - c).norm();
        if best.is_none_or(|b| distance < b.1) { Some((f, distance)) } else { best }
    })
}

/// Cosine of the widest angle between the nearest contact of a ball and its others.
fn widest_contact(field: &DistanceField, triangles: &[u32], c: &V3, radius: f64) -> f64 {
    let Some((touch, distance)) = nearest(field, triangles, c) else { return 1.0 };
    if distance <= 0.0 {
        return 1.0;
    }
    let first = (touch - c) / distance;
    triangles
        .iter()
        .map(|&s| field.foot(s, c) - c)
        .filter(|f| f.norm() <= radius + 0.25 * field.frame.coarsest())
        .map(|f| f.normalize().dot(&first))
        .fold(1.0, f64::min)
}

/// The direction in which the distance to all walls rises fastest: of all weighted means of the directions away from
/// them the shortest (Gilbert 1966, doi:10.1137/0304007); nearly zero where none rises.
fn steepest(away: impl Iterator<Item = V3>, pushes: &mut Vec<V3>) -> V3 {
    pushes.clear();
    pushes.extend(away);
    let Some(&first) = pushes.first() else { return V3::zeros() };
    let mut mean = first;
    for _ in 0..24 {
        let least = pushes.iter().copied().fold(first, |best, v| if v.dot(&mean) < best.dot(&mean) { v } else { best });
        let toward = least - mean;
        let gain = -toward.dot(&mean);
        if gain <= 1e-3 * mean.norm_squared() {
            break;
        }
        mean += toward * (gain / toward.norm_squared()).min(1.0);
    }
    mean
}

/// Moves a ball along the ridge to where it is largest, staying within three quarters of a voxel of `p`: away from all that it touches.
fn climb(field: &DistanceField, triangles: &[u32], p: &V3, mut c: V3, mut radius: f64) -> (V3, f64) {
    let h = field.frame.coarsest();
    let mut length = 0.5 * h;
    let mut pushes = Vec::new();
    while length > 0.005 * h {
        // All that a step of this length could run into counts as touched.
        let away = triangles
            .iter()
            .map(|&s| c - field.foot(s, &c))
            .filter(|v| v.norm() <= radius + 0.5 * length)
            .filter_map(|v| v.try_normalize(0.0));
        let rise = steepest(away, &mut pushes);
        let Some(direction) = rise.try_normalize(0.02) else {
            length *= 0.6;
            continue;
        };
        let next = c + direction * length;
        match nearest(field, triangles, &next) {
            Some((_, r)) if r > radius && (next - p).amax() <= 0.75 * h => (c, radius) = (next, r),
            _ => length *= 0.6,
        }
    }
    (c, radius)
}

/// The different triangles nearest to the voxel and its 26 neighbours.
fn neighbours(field: &DistanceField, voxel: [usize; 3], triangles: &mut Vec<u32>) {
    triangles.clear();
    let ranges: [[usize; 3]; 3] = std::array::from_fn(|a| {
        let n = field.frame.size[a];
        let v = voxel[a];
        match field.border {
            Border::Periodic => [(v + n - 1) % n, v, (v + 1) % n],
            Border::Open => [v.saturating_sub(1), v, (v + 1).min(n - 1)],
        }
    });
    for z in ranges[2] {
        for y in ranges[1] {
            for x in ranges[0] {
                let t = field.nearest[field.frame.index(x, y, z)];
                if triangles.last() != Some(&t) && !triangles.contains(&t) {
                    triangles.push(t);
                }
            }
        }
    }
}

/// Whether the voxel nearest to a point belongs to the domain.
fn holds(field: &DistanceField, domain: &Mask, c: &V3) -> bool {
    let mut voxel = [0; 3];
    for a in 0..3 {
        let n = field.frame.size[a] as f64;
        let mut i = (c[a] / field.frame.spacing[a]).round();
        if field.border == Border::Periodic {
            i = i.rem_euclid(n);
        }
        // At an open border a centre may lie up to the face, half a voxel beyond the last centre.
        if field.border == Border::Open
            && (c[a] < -0.5 * field.frame.spacing[a] || c[a] > (n - 0.5) * field.frame.spacing[a])
        {
            return false;
        }
        voxel[a] = i.clamp(0.0, n - 1.0) as usize;
    }
    domain.get(voxel[0], voxel[1], voxel[2])
}
