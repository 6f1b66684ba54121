//! Local thickness: for every voxel of a phase the largest ball inside the phase that covers it.
//!
//! After Hildebrand & Rüegsegger 1997 (doi:10.1046/j.1365-2818.1997.1340694.x). The balls are the maximal balls of the
//! ridge, painted in falling order of radius. Voxels that these miss, in crevices finer than the grid, take the ball
//! that grows from their own foot until the interpolated distance no longer follows.

use super::distance::DistanceField;
use super::paint::{BARE, paint};
use super::ridge::{Ball, Phase};
use crate::grid::{Border, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;

/// Balls and the one that covers each voxel.
#[derive(Clone, Debug)]
pub struct Cover {
    /// The balls.
    pub balls: Vec<Ball>,
    /// For each voxel of the target the index of its ball, [`BARE`] elsewhere.
    pub owner: Vec<u32>,
}

/// The maximal balls of a phase with centres in `domain`, and for each voxel of the domain the one with the greatest
/// `key` that covers it. With the radius as key this is the local thickness.
///
/// # Errors
/// When the fields do not fit the memory budget.
pub fn cover(
    field: &DistanceField,
    phase: Phase,
    domain: &Mask,
    balls: Vec<Ball>,
    key: impl Fn(&Ball) -> f32 + Sync,
    limits: &Limits,
    exec: &Exec,
) -> Result<Cover, LimitError> {
    let mut cover = Cover { balls, owner: limits.try_vec("the thickness field", field.frame.len(), BARE)? };
    let order = falling(&cover.balls, 0, &key, exec);
    paint(&field.frame, field.border, &cover.balls, &order, domain, &mut cover.owner, limits, exec)?;
    let more = leftovers(field, phase, domain, &cover.owner, exec);
    if !more.is_empty() {
        let first = cover.balls.len();
        cover.balls.extend(more);
        let order = falling(&cover.balls, first, &key, exec);
        paint(&field.frame, field.border, &cover.balls, &order, domain, &mut cover.owner, limits, exec)?;
    }
    Ok(cover)
}

/// Balls from `first` on that have a positive key, the greatest key first.
fn falling(balls: &[Ball], first: usize, key: &(impl Fn(&Ball) -> f32 + Sync), exec: &Exec) -> Vec<u32> {
    let keys: Vec<f32> = balls[first..].iter().map(key).collect();
    let wanted = |b: &usize| balls[*b].central && keys[*b - first] > 0.0;
    let mut order: Vec<u32> = (first..balls.len()).filter(wanted).map(|b| b as u32).collect();
    exec.sort_by_unique_key(&mut order, |&b| (!keys[b as usize - first].to_bits(), b));
    order
}

/// A ball for every voxel of the domain that is still bare.
fn leftovers(field: &DistanceField, phase: Phase, domain: &Mask, owner: &[u32], exec: &Exec) -> Vec<Ball> {
    let [_, ny, nz] = field.frame.size;
    let planes = exec.map(nz, |z| {
        let mut balls = Vec::new();
        for y in 0..ny {
            domain.runs(y, z, |from, to| {
                for x in from..to {
                    if owner[field.frame.index(x, y, z)] == BARE {
                        balls.push(grow(field, phase, [x, y, z]));
                    }
                }
            });
        }
        balls
    });
    planes.concat()
}

fn grow(field: &DistanceField, phase: Phase, voxel: [usize; 3]) -> Ball {
    let index = field.frame.index(voxel[0], voxel[1], voxel[2]);
    let p = field.local(voxel);
    let q = field.foot(field.nearest[index], &p);
    let d = (p - q).norm();
    let h = field.frame.coarsest();
    let mut t = 0.0;
    if d > 1e-6 * h {
        let n = (p - q) / d;
        while let Some(value) = interpolate(field, &(p + n * (t + 0.5 * h))) {
            if value * phase.sign() < d + t + 0.35 * h {
                break;
            }
            t += 0.5 * h;
        }
    }
    let c = if d > 1e-6 * h { p + (p - q) * (t / d) } else { p };
    Ball {
        centre: [c.x as f32, c.y as f32, c.z as f32],
        // A voxel on the surface itself has a ball of its own size, not of none.
        radius: (d + t).max(1e-3 * h) as f32,
        voxel: index as u32,
        central: true,
        contact: 1.0,
    }
}

/// The distance field between voxels, by trilinear interpolation; `None` outside an open frame.
fn interpolate(field: &DistanceField, c: &V3) -> Option<f64> {
    let mut low = [0; 3];
    let mut high = [0; 3];
    let mut weight = [0.0; 3];
    for a in 0..3 {
        let n = field.frame.size[a];
        let mut s = c[a] / field.frame.spacing[a];
        match field.border {
            Border::Periodic => s = s.rem_euclid(n as f64),
            Border::Open if s < 0.0 || s > n as f64 - 1.0 => return None,
            Border::Open => {}
        }
        let i = (s.floor() as usize).min(n - 1);
        low[a] = i;
        high[a] = match field.border {
            Border::Periodic => (i + 1) % n,
            Border::Open => (i + 1).min(n - 1),
        };
        weight[a] = s - i as f64;
    }
    let mut sum = 0.0;
    for corner in 0..8 {
        let pick = |a: usize| if corner >> a & 1 == 1 { (high[a], weight[a]) } else { (low[a], 1.0 - weight[a]) };
        let (x, y, z) = (pick(0), pick(1), pick(2));
        sum += x.1 * y.1 * z.1 * f64::from(field.values[field.frame.index(x.0, y.0, z.0)]);
    }
    Some(sum)
}
