//! The rigid motion, a rotation and a shift, that lays one solid onto another.
//!
//! Points on the surface of the one are carried to the distance field of the other; the motion makes the mean square of
//! their distances least. Distances are cut off, so that what is missing in one of them does not pull (a trimmed form of
//! the registration of points to a surface, Besl & McKay 1992, doi:10.1109/34.121791, with the distance field in place of
//! closest points, Fitzgibbon 2003, doi:10.1016/j.imavis.2003.09.004).
//!
//! 1. *Try.* All rotations within 15° of none, as rotation vectors on a cubic lattice whose steps move the surface by no
//!    more than its mean distance to a place in the body; each from two shifts, that of the centres of mass and that of
//!    the middles of the boxes, on a few points.
//! 2. *Refine* the best of them from coarse to fine: Levenberg–Marquardt steps in three angles and three shifts with the
//!    cut at 16, 8 and then 4 voxels, first on some points, the best one then on all.
//! 3. *Turn only where that helps.* The best shift alone is taken where the rotation takes less than a thirtieth off the
//!    distance, or moves no corner of the box by half a voxel: a body that is round has no rotation to be found.
//!
//! Capture range: 15° about any axis, and any shift, as long as the centres of mass or the middles of the boxes agree to
//! about half a pore once laid onto each other: a part that was cut off by the field of view may move them by more.
//! Sums go over fixed blocks. O((rotations + steps) · points); the result is good to about a tenth of a voxel.

use nalgebra::{Matrix6, Rotation3, Vector6};

use super::motion::Motion;
use crate::grid::Frame;
use crate::mesh::solid::SolidMesh;
use crate::mesh::{V3, area_vector};
use crate::parallel::{Cancelled, Exec};
use crate::voxel::distance::DistanceField;

/// Points on the surface that are looked at: in the end, of each refined start, and of each start.
const POINTS: [usize; 3] = [20_000, 2_500, 400];

/// Greatest angle that is tried, and the least step between two, in degrees.
const RANGE: f64 = 15.0;
const STEP: f64 = 0.75;

/// Starts that are refined.
const REFINED: usize = 12;

/// Where distances are cut off, in voxels: from coarse to fine.
const CUTS: [f64; 3] = [16.0, 8.0, 4.0];

/// Steps at each cut at most, the shortest that counts, in voxels, and how damping begins and changes.
const ROUNDS: usize = 30;
const SHORT: f64 = 1e-3;
const DAMPING: (f64, f64) = (1e-3, 10.0);

/// A rotation leaves at most this part of the distance that the best shift leaves, and moves a corner by this many
/// voxels.
const BETTER: f64 = 0.97;
const FELT: f64 = 0.5;

/// Points summed at a time.
const BLOCK: usize = 512;

/// Centre of mass of a solid.
#[must_use]
fn centre_of_mass(solid: &SolidMesh) -> V3 {
    let Some((low, high)) = solid.mesh.bounds() else { return V3::zeros() };
    let middle = (low + high) / 2.0;
    let (mut sum, mut volume) = (V3::zeros(), 0.0);
    for t in &solid.surface {
        let [a, b, c] = t.map(|v| v - middle);
        let v = a.dot(&b.cross(&c)) / 6.0;
        sum += (a + b + c) / 4.0 * v;
        volume += v;
    }
    if volume.abs() > 0.0 { middle + sum / volume } else { middle }
}

/// Centre of mass, and middle of the box.
fn middles(solid: &SolidMesh) -> [V3; 2] {
    let centre = centre_of_mass(solid);
    [centre, solid.mesh.bounds().map_or(centre, |(low, high)| (low + high) / 2.0)]
}

/// How `moving` has to be moved to lie on the `resting` solid, whose distance field is `field`, and the mean distance that
/// is left, in µm.
///
/// # Errors
/// When the run was cancelled.
pub(super) fn align(
    field: &DistanceField,
    resting: &SolidMesh,
    moving: &SolidMesh,
    exec: &Exec,
) -> Result<(Motion, f64), Cancelled> {
    let (from, to) = (middles(moving), middles(resting));
    let starts: [Motion; 2] = std::array::from_fn(|k| Motion::shifted(from[k], to[k] - from[k]));
    let [all, some, few] = POINTS.map(|n| points(moving, n));
    let search = Search::new(field, &all, from[0]);
    let best_of = |found: Vec<Motion>, points: &[V3]| {
        let scored = found.into_iter().map(|m| (search.distance(points, &m, exec), m));
        scored.min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, starts[0]))
    };
    let refined = |starts: &[Motion], freedom| -> Vec<Motion> {
        starts.iter().map(|m| search.refine(&some, *m, freedom, &CUTS, exec)).collect()
    };
    exec.stage("aligning")?;
    let (_, shift) = best_of(refined(&starts, Freedom::Shift), &some);
    let shift = search.refine(&all, shift, Freedom::Shift, &CUTS[2..], exec);
    let shift = (search.distance(&all, &shift, exec), shift);
    exec.stage("aligning with a rotation")?;
    let turned = search.tried(&starts, resting, &few, exec);
    let (_, turned) = best_of(refined(&turned, Freedom::Rigid), &some);
    let turned = search.refine(&all, turned, Freedom::Rigid, &CUTS[2..], exec);
    let turned = (search.distance(&all, &turned, exec), turned);
    exec.checkpoint()?;
    let felt = search.moves_a_corner(moving, &turned.1);
    let (left, motion) = if turned.0 < BETTER * shift.0 && felt { turned } else { shift };
    Ok((motion, left))
}

/// What a motion may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Freedom {
    Shift,
    Rigid,
}

/// Sums of a step: the normal matrix and the right side.
#[derive(Clone, Copy, Debug, Default)]
struct Normal {
    matrix: Matrix6<f64>,
    right: Vector6<f64>,
}

struct Search<'a> {
    field: &'a DistanceField,
    h: f64,
    /// Root mean square distance of the points from their middle.
    spread: f64,
}

impl<'a> Search<'a> {
    fn new(field: &'a DistanceField, points: &[V3], middle: V3) -> Self {
        let squares: f64 = points.iter().map(|p| (p - middle).norm_squared()).sum();
        let spread = (squares / points.len().max(1) as f64).sqrt();
        Self { field, h: field.frame.coarsest(), spread: spread.max(f64::MIN_POSITIVE) }
    }

    fn at(&self, p: &V3) -> f64 {
        distance(&self.field.frame, &self.field.values, p)
    }

    fn slope(&self, p: &V3) -> V3 {
        let d = self.h / 2.0;
        V3::from_fn(|a, _| {
            let mut step = V3::zeros();
            step[a] = d;
            (self.at(&(p + step)) - self.at(&(p - step))) / (2.0 * d)
        })
    }

    /// Sum over the points in fixed blocks.
    fn sum(&self, points: &[V3], exec: &Exec, f: impl Fn(&V3) -> f64 + Sync) -> f64 {
        let blocks = points.len().div_ceil(BLOCK);
        let part = |k: usize| points[k * BLOCK..((k + 1) * BLOCK).min(points.len())].iter().map(&f).sum::<f64>();
        exec.map(blocks, part).iter().sum::<f64>()
    }

    /// Mean distance after a motion, each cut off at the finest cut.
    fn distance(&self, points: &[V3], motion: &Motion, exec: &Exec) -> f64 {
        let cut = CUTS[2] * self.h;
        self.sum(points, exec, |p| self.at(&motion.apply(p)).abs().min(cut)) / points.len().max(1) as f64
    }

    fn square(&self, points: &[V3], motion: &Motion, cut: f64, exec: &Exec) -> f64 {
        self.sum(points, exec, |p| self.at(&motion.apply(p)).abs().min(cut).powi(2))
    }

    /// Mean distance to the surface of a place in the body.
    fn basin(&self, resting: &SolidMesh) -> f64 {
        let Some((low, high)) = resting.mesh.bounds() else { return self.h };
        let frame = &self.field.frame;
        let (mut sum, mut count) = (0.0, 0u64);
        for (i, value) in self.field.values.iter().enumerate() {
            let at = frame.centre(frame.voxel(i));
            if (0..3).all(|a| (low[a]..=high[a]).contains(&at[a])) {
                sum += f64::from(value.abs());
                count += 1;
            }
        }
        (sum / count.max(1) as f64).max(self.h)
    }

    /// The best of all rotations within reach, from each start.
    fn tried(&self, starts: &[Motion], resting: &SolidMesh, points: &[V3], exec: &Exec) -> Vec<Motion> {
        let step = (self.basin(resting) / self.spread).to_degrees().clamp(STEP, RANGE / 2.0);
        let n = (RANGE / step).ceil() as i32;
        let angle = |k: i32| (RANGE * f64::from(k) / f64::from(n)).to_radians();
        let mut all = Vec::new();
        for (z, y, x) in (-n..=n).flat_map(|z| (-n..=n).flat_map(move |y| (-n..=n).map(move |x| (z, y, x)))) {
            if x * x + y * y + z * z <= n * n {
                let rotation = Rotation3::new(V3::new(angle(x), angle(y), angle(z)));
                all.extend(starts.iter().map(|start| Motion { rotation, ..*start }));
            }
        }
        let cut = CUTS[1] * self.h;
        let cost = |m: &Motion| points.iter().map(|p| self.at(&m.apply(p)).abs().min(cut)).sum::<f64>();
        let mut scored: Vec<(f64, Motion)> = exec.map_items(&all, |m| (cost(m), *m));
        scored.sort_by(|a, b| a.0.total_cmp(&b.0));
        scored.into_iter().take(REFINED).map(|s| s.1).collect()
    }

    /// The motion nearby that leaves the least squares, cut by cut.
    fn refine(&self, points: &[V3], start: Motion, freedom: Freedom, cuts: &[f64], exec: &Exec) -> Motion {
        let mut motion = start;
        for cut in cuts.iter().map(|c| c * self.h) {
            let (mut damping, mut cost) = (DAMPING.0, self.square(points, &motion, cut, exec));
            for _ in 0..ROUNDS {
                let normal = self.normal(points, &motion, freedom, cut, exec);
                let Some((next, long)) = self.step(&motion, &normal, freedom, damping) else { break };
                let new = self.square(points, &next, cut, exec);
                if new < cost {
                    (motion, cost, damping) = (next, new, damping / DAMPING.1);
                } else {
                    damping *= DAMPING.1;
                }
                if long < SHORT * self.h {
                    break;
                }
            }
        }
        motion
    }

    /// The sums of a step. Angles are taken times the spread, so that all six unknowns are lengths.
    fn normal(&self, points: &[V3], motion: &Motion, freedom: Freedom, cut: f64, exec: &Exec) -> Normal {
        let centre = motion.about + motion.shift;
        let part = |k: usize| {
            let mut sums = Normal::default();
            for p in &points[k * BLOCK..((k + 1) * BLOCK).min(points.len())] {
                let q = motion.apply(p);
                let d = self.at(&q);
                if d.abs() >= cut {
                    continue;
                }
                let slope = self.slope(&q);
                let turn = match freedom {
                    Freedom::Shift => V3::zeros(),
                    Freedom::Rigid => (q - centre).cross(&slope) / self.spread,
                };
                let row = Vector6::new(slope.x, slope.y, slope.z, turn.x, turn.y, turn.z);
                sums.matrix += row * row.transpose();
                sums.right -= row * d;
            }
            sums
        };
        let parts = exec.map(points.len().div_ceil(BLOCK), part);
        parts.iter().fold(Normal::default(), |a, b| Normal { matrix: a.matrix + b.matrix, right: a.right + b.right })
    }

    /// The motion after a damped step, and how far that moves things; `None` where nothing is left to go by.
    fn step(&self, motion: &Motion, normal: &Normal, freedom: Freedom, damping: f64) -> Option<(Motion, f64)> {
        let mut matrix = normal.matrix;
        let mean = matrix.trace() / 6.0;
        if mean <= 0.0 {
            return None;
        }
        for k in 0..6 {
            matrix[(k, k)] += damping * (matrix[(k, k)] + mean);
        }
        let by = matrix.cholesky()?.solve(&normal.right);
        let shift = V3::new(by[0], by[1], by[2]);
        let angles = V3::new(by[3], by[4], by[5]) / self.spread;
        let rotation = match freedom {
            Freedom::Shift => motion.rotation,
            Freedom::Rigid => Rotation3::new(angles) * motion.rotation,
        };
        Some((Motion { rotation, shift: motion.shift + shift, ..*motion }, by.norm()))
    }

    /// Whether the rotation of a motion is felt at the corners of the box.
    fn moves_a_corner(&self, moving: &SolidMesh, motion: &Motion) -> bool {
        let Some((low, high)) = moving.mesh.bounds() else { return false };
        let corner = |k: usize| V3::from_fn(|a, _| (if k >> a & 1 == 1 { high[a] } else { low[a] }) - motion.about[a]);
        (0..8).map(corner).any(|c| (motion.rotation * c - c).norm() > FELT * self.h)
    }
}

/// About `count` points spread over the surface by area, always the same.
fn points(solid: &SolidMesh, count: usize) -> Vec<V3> {
    let total: f64 = solid.surface.iter().map(|t| area_vector(*t).norm()).sum();
    let share = total / count as f64;
    let mut points = Vec::new();
    let mut due = 0.5 * share;
    for t in &solid.surface {
        let area = area_vector(*t).norm();
        let mut within = due;
        while within < area {
            // Low-discrepancy points of the triangle (Kronecker sequence, folded).
            let n = points.len() as f64;
            let (mut u, mut v) = ((n * 0.754_877_666_246_692_7).fract(), (n * 0.569_840_290_998_053_3).fract());
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            points.push(t[0] + (t[1] - t[0]) * u + (t[2] - t[0]) * v);
            within += share;
        }
        due = within - area;
    }
    points
}

/// Distance at a point, interpolated; beyond the grid that of its nearest place on it, and the way there.
fn distance(frame: &Frame, values: &[f32], p: &V3) -> f64 {
    let (distance, beyond) = frame.interpolate((*p).into(), |i| f64::from(values[i]));
    distance + beyond
}
