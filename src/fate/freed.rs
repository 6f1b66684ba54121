//! Void that a front frees as it moves into the solid, and how tissue comes into it.
//!
//! A place at the depth x below the surface is freed when the front is there, on day x/r. Tissue follows the surface back
//! from where it stood at first: once it has come to the void before the nearest point of the surface (the foot), it grows
//! from there by apposition, at its own pace v but never ahead of the front, so that the place is filled on the later of
//! the days x/r and T + x/v, T being the day on which tissue is at the foot. By curvature the place is filled when the void
//! at its foot is, and the front has passed: tissue that lies on a surface stays on it. Where that void stays bare, as
//! before a convex strut, so does what is freed behind it.
//!
//! The places are summed up in classes of the same way, depth and so on, as those of the void are.

use std::collections::BTreeMap;

use super::growth::{Class, GrowthLaw};
use super::ingrowth::Ways;
use crate::design::Study;
use crate::grid::Border;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::distance::DistanceField;

/// Classes of ways, of depths and of times at the foot.
const WAYS: f64 = 64.0;
const DEPTHS: f64 = 128.0;
const LOCALS: f64 = 64.0;

/// Parts of a voxel by depth, in voxels from its centre.
const PARTS: [f64; 5] = [-0.4, -0.2, 0.0, 0.2, 0.4];

/// How far beyond its foot, in voxels, the void before it is looked for.
const BEYOND: [f64; 3] = [0.5, 1.0, 1.5];

/// The places of the solid, with shares in voxels. `field` has the distances to the surface that the front starts from,
/// `locals` how soon the void fills beside the ways.
#[must_use]
pub fn freed(
    study: &Study<'_>,
    field: &DistanceField,
    law: GrowthLaw,
    ways: &Ways,
    locals: &[f32],
    exec: &Exec,
) -> Vec<Class> {
    let (frame, h) = (*study.frame(), study.frame().coarsest());
    let finite = |v: &[f32]| f64::from(v.iter().copied().filter(|v| v.is_finite()).fold(0.0, f32::max)).max(1e-9);
    let (longest, last) = (finite(&ways.length), finite(locals));
    let deepest = f64::from(-field.values.iter().copied().fold(0.0, f32::min)).max(1e-9);
    let planes = exec.map(frame.size[2], |z| {
        let mut classes: BTreeMap<[u32; 4], Class> = BTreeMap::new();
        for y in 0..frame.size[1] {
            study.solid.runs(y, z, |from, to| {
                for x in from..to {
                    let below = f64::from(-field.values[frame.index(x, y, z)]);
                    if below < 0.0 {
                        continue;
                    }
                    let (way, opened, at_foot) = match before(study, field, [x, y, z]) {
                        // Beyond the body lies the host.
                        Foot::Host => (0.0, 0.0, 0.0),
                        Foot::Buried => (f64::INFINITY, 0.0, 0.0),
                        Foot::Void(i) => (
                            f64::from(ways.length[i]),
                            ways.opened.get(i).map_or(0.0, |o| f64::from(*o)),
                            f64::from(locals[i]),
                        ),
                    };
                    for part in PARTS {
                        let depth = (below + part * h).clamp(0.0, deepest);
                        let local = if law == GrowthLaw::Curvature { at_foot } else { depth };
                        // An infinite way or time is a class of its own.
                        let class = |value: f64, most: f64, n: f64| (n * value / most) as u32;
                        let key = [
                            class(way, longest, WAYS),
                            (opened as f32).to_bits(),
                            class(local, last, LOCALS),
                            class(depth, deepest, DEPTHS),
                        ];
                        let share = 1.0 / PARTS.len() as f64;
                        classes.entry(key).or_default().add(&Class { way, opened, local, depth, share });
                    }
                }
            });
        }
        classes
    });
    let mut all: BTreeMap<[u32; 4], Class> = BTreeMap::new();
    for (key, class) in planes.into_iter().flatten() {
        all.entry(key).or_default().merge(&class);
    }
    all.into_values().map(Class::mean).collect()
}

/// What lies before the nearest point of the surface.
enum Foot {
    Void(usize),
    Host,
    Buried,
}

/// What lies before the foot of a voxel of solid.
fn before(study: &Study<'_>, field: &DistanceField, voxel: [usize; 3]) -> Foot {
    let (frame, p) = (study.frame(), field.local(voxel));
    let foot = field.foot(field.nearest[frame.index(voxel[0], voxel[1], voxel[2])], &p);
    let away: V3 = foot - p;
    let length = away.norm();
    if length < 1e-9 * frame.coarsest() {
        return Foot::Buried;
    }
    for beyond in BEYOND {
        let q = foot + away * (beyond * frame.coarsest() / length);
        let mut at = [0usize; 3];
        for a in 0..3 {
            let (n, c) = (frame.size[a] as i64, (q[a] / frame.spacing[a]).round() as i64);
            if (0..n).contains(&c) {
                at[a] = c as usize;
            } else if field.border == Border::Periodic {
                at[a] = c.rem_euclid(n) as usize;
            } else {
                return Foot::Host;
            }
        }
        if study.void.get(at[0], at[1], at[2]) {
            return Foot::Void(frame.index(at[0], at[1], at[2]));
        }
        if !study.inside.get(at[0], at[1], at[2]) {
            return Foot::Host;
        }
    }
    Foot::Buried
}
