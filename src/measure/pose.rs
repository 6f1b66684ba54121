//! Turning and shifting a body so that it lies in a cavity, whichever way.
//!
//! A pose turns the points of a body and then shifts them. How badly it lies is the sum of squares of what its points lack
//! of a depth m below the wall, Σ max(0, m − d)²; that is smooth, and is brought down by steps of Gauss and Newton, damped
//! after Levenberg & Marquardt (Marquardt 1963, doi:10.1137/0111030), in three small turns and three shifts. Where it comes
//! to nothing, every point lies at least m deep.
//!
//! From many poses the best are followed. They are those that lay the principal axes of the body along those of the cavity,
//! in all 24 ways, and turns spread evenly over all there are, after Alexa 2022 (doi:10.1109/CVPR52688.2022.00811), the
//! middle of the body on that of the cavity. What is found is a pose, not a proof that there is no better one.
//!
//! No chance and one thread, so that the pose is the same each time.

use nalgebra::{Matrix3, Matrix6, Rotation3, UnitQuaternion, Vector6};

use crate::design::Region;
use crate::mesh::V3;

/// Turns that are spread over all there are.
const SPREAD: usize = 192;

/// Poses that are followed to the end, and steps on the way there and to it.
const FOLLOWED: usize = 8;
const FIRST_STEPS: usize = 6;
const LAST_STEPS: usize = 60;

/// Points that are looked at first, and those that are followed by.
const FIRST_POINTS: usize = 200;
const LAST_POINTS: usize = 1500;

/// Times that points which stick out are taken in, and how many of them.
const ROUNDS: usize = 4;
const TAKEN: usize = 64;

/// Times that more room is asked for once a body fits.
const WIDENINGS: usize = 8;

/// How a body lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pose {
    pub(super) turn: Matrix3<f64>,
    pub(super) shift: V3,
}

impl Pose {
    pub(super) fn of(&self, p: &V3) -> V3 {
        self.turn * p + self.shift
    }
}

/// Least depth of points in a pose.
pub(super) fn room(points: &[V3], region: &Region, pose: &Pose) -> f64 {
    points.iter().map(|p| region.near(&pose.of(p), 1).0).fold(f64::INFINITY, f64::min)
}

/// A pose with more room than `best`, as far as one is found, and its room. The search ends when the body fits, sticking out
/// by no more than `touches`.
pub(super) fn search(points: &[V3], region: &Region, best: f64, touches: f64) -> Option<(Pose, f64)> {
    let (body, cavity) = (Spread::of(points.iter().copied()), Spread::of(region.inner()));
    let some = |n: usize| -> Vec<V3> { points.iter().step_by(points.len().div_ceil(n).max(1)).copied().collect() };
    let (few, many) = (some(FIRST_POINTS), some(LAST_POINTS));
    let mut begun: Vec<(f64, Pose)> = starts(&body, &cavity)
        .into_iter()
        .map(|turn| {
            let pose = Pose { turn, shift: cavity.middle - turn * body.middle };
            let (pose, lack) = settled(&few, region, pose, 0.0, FIRST_STEPS);
            (lack, pose)
        })
        .collect();
    begun.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut found: Option<(Pose, f64)> = None;
    for (_, pose) in begun.into_iter().take(FOLLOWED) {
        // The points that stick out most are taken in as they show.
        let mut many = many.clone();
        let (mut pose, _) = settled(&many, region, pose, 0.0, LAST_STEPS);
        for _ in 0..ROUNDS {
            let mut out: Vec<(f64, V3)> = points.iter().map(|p| (region.near(&pose.of(p), 1).0, *p)).collect();
            out.retain(|(depth, _)| *depth < 0.0);
            out.sort_by(|a, b| a.0.total_cmp(&b.0));
            if out.first().is_none_or(|(depth, _)| *depth >= -touches) {
                break;
            }
            many.extend(out.iter().take(TAKEN).map(|(_, p)| *p));
            pose = settled(&many, region, pose, 0.0, LAST_STEPS).0;
        }
        let mut least = room(points, region, &pose);
        // Ever more room is asked for, as long as that leads to more.
        let mut ask = (region.high - region.low).max() / 128.0;
        for _ in 0..if least >= -touches { WIDENINGS } else { 0 } {
            let (wider, _) = settled(&many, region, pose, least.max(0.0) + ask, LAST_STEPS / 2);
            let more = room(points, region, &wider);
            if more > least {
                (pose, least) = (wider, more);
            } else {
                ask /= 2.0;
            }
        }
        if found.as_ref().map_or(best, |f| f.1) < least {
            found = Some((pose, least));
        }
        if least >= -touches {
            break;
        }
    }
    found
}

/// Where points lie, and along which axes they are spread.
struct Spread {
    middle: V3,
    axes: Matrix3<f64>,
}

impl Spread {
    fn of(points: impl Iterator<Item = V3> + Clone) -> Self {
        let count = points.clone().count().max(1) as f64;
        let middle = points.clone().sum::<V3>() / count;
        let spread = points.map(|p| (p - middle) * (p - middle).transpose()).sum::<Matrix3<f64>>() / count;
        let eigen = spread.symmetric_eigen();
        let mut order = [0, 1, 2];
        order.sort_by(|a, b| eigen.eigenvalues[*b].total_cmp(&eigen.eigenvalues[*a]));
        let [long, wide] = [0, 1].map(|k| eigen.eigenvectors.column(order[k]).into_owned());
        Self { middle, axes: Matrix3::from_columns(&[long, wide, long.cross(&wide)]) }
    }
}

/// Turns to begin from.
fn starts(body: &Spread, cavity: &Spread) -> Vec<Matrix3<f64>> {
    let mut all = Vec::new();
    for order in [[0, 1, 2], [1, 2, 0], [2, 0, 1], [0, 2, 1], [2, 1, 0], [1, 0, 2]] {
        for k in 0..8 {
            let sense = |a: usize| if k >> a & 1 == 1 { -1.0 } else { 1.0 };
            let turn = Matrix3::from_fn(|i, j| if order[i] == j { sense(i) } else { 0.0 });
            if turn.determinant() > 0.0 {
                all.push(cavity.axes * turn * body.axes.transpose());
            }
        }
    }
    // Super-Fibonacci spirals.
    let (phi, psi) = (std::f64::consts::SQRT_2, 1.533_751_168_755_204_3);
    for k in 0..SPREAD {
        let s = k as f64 + 0.5;
        let (r, t) = ((s / SPREAD as f64).sqrt(), (1.0 - s / SPREAD as f64).sqrt());
        let (a, b) = (std::f64::consts::TAU * s / phi, std::f64::consts::TAU * s / psi);
        let q = nalgebra::Quaternion::new(t * b.cos(), r * a.sin(), r * a.cos(), t * b.sin());
        all.push(UnitQuaternion::from_quaternion(q).to_rotation_matrix().into_inner());
    }
    all
}

/// The pose after steps that bring down what points lack of a depth, and what they lack then.
fn settled(points: &[V3], region: &Region, mut pose: Pose, depth: f64, steps: usize) -> (Pose, f64) {
    let middle = points.iter().sum::<V3>() / points.len().max(1) as f64;
    let size = points.iter().map(|p| (p - middle).norm()).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
    let lack =
        |pose: &Pose| points.iter().map(|p| (depth - region.near(&pose.of(p), 0).0).max(0.0).powi(2)).sum::<f64>();
    let (mut now, mut damping) = (lack(&pose), 1e-3);
    let enough = (1e-7 * size).powi(2);
    for _ in 0..steps {
        if now <= enough {
            break;
        }
        // Turns about the middle, in parts of the size, so that they weigh as much as shifts.
        let about = pose.of(&middle);
        let (mut normal, mut right) = (Matrix6::<f64>::zeros(), Vector6::<f64>::zeros());
        for p in points {
            let at = pose.of(p);
            let (d, rise) = region.near(&at, 0);
            if d >= depth {
                continue;
            }
            let turning = (at - about).cross(&rise) / size;
            let row = Vector6::new(turning.x, turning.y, turning.z, rise.x, rise.y, rise.z);
            normal += row * row.transpose();
            right += row * (depth - d);
        }
        let scale = normal.trace().max(f64::MIN_POSITIVE) / 6.0;
        let mut better = None;
        for _ in 0..8 {
            let damped = normal + Matrix6::identity() * (damping * scale);
            let Some(step) = damped.cholesky().map(|c| c.solve(&right)) else { break };
            let turn = Rotation3::new(V3::new(step[0], step[1], step[2]) / size).into_inner();
            let shift = about + V3::new(step[3], step[4], step[5]) - turn * (about - pose.shift);
            let next = Pose { turn: turn * pose.turn, shift };
            let lacks = lack(&next);
            if lacks < now {
                better = Some((next, lacks));
                damping = (damping / 5.0).max(1e-9);
                break;
            }
            damping *= 4.0;
        }
        let Some((next, lacks)) = better else { break };
        let gain = now - lacks;
        (pose, now) = (next, lacks);
        if gain < 1e-9 * now {
            break;
        }
    }
    (pose, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_starts_are_turns_and_lie_close_to_every_other() {
        let along = Spread { middle: V3::zeros(), axes: Matrix3::identity() };
        let all = starts(&along, &along);
        assert_eq!(all.len(), 24 + SPREAD);
        for turn in &all {
            assert!((turn * turn.transpose() - Matrix3::identity()).amax() < 1e-9 && turn.determinant() > 0.0);
        }
        // No turn is further from all of them than 40°.
        for k in 0..500 {
            let angles = [1.0, 2.0, 3.0].map(|f: f64| (f64::from(k) * f * 0.754_877).rem_euclid(std::f64::consts::TAU));
            let turn = Rotation3::from_euler_angles(angles[0], angles[1], angles[2]).into_inner();
            let apart = |other: &Matrix3<f64>| ((turn.transpose() * other).trace() - 1.0) / 2.0;
            let nearest = all.iter().map(apart).fold(-1.0, f64::max);
            assert!(nearest > 40f64.to_radians().cos(), "{k}: {nearest}");
        }
    }
}
