//! Local thickness: for every voxel of a phase the largest ball inside the phase that covers it.
//!
//! After Hildebrand & Rüegsegger 1997 (doi:10.1046/j.1365-2818.1997.1340694.x). The balls are the maximal balls of the
//! ridge, painted in falling order of radius. Voxels that these miss, in crevices finer than the grid, take the ball
//! that grows from their own foot until the interpolated distance no longer follows.

use std::sync::atomic::AtomicU32;

use super::distance::DistanceField;
use super::paint::{BARE, Canvas};
use super::ridge::{Ball, Phase};
use crate::grid::{Border, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;

/// Whether it is wanted which ball covers each voxel, or only how many voxels each ball covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// For each voxel its ball: 4 bytes a voxel.
    Each,
    /// Counts alone.
    Counts,
}

/// Balls and what each of them covers.
#[derive(Clone, Debug)]
pub struct Cover<'a> {
    pub(super) balls: &'a [Ball],
    pub(super) more: Vec<Ball>,
    pub(super) counts: Vec<u32>,
    /// For each voxel of the target the number of its ball, [`BARE`] elsewhere; empty when only counts were wanted.
    pub owner: Vec<u32>,
}

impl Cover<'_> {
    /// The balls with the number of voxels that each covers.
    pub fn balls(&self) -> impl Iterator<Item = (&Ball, u32)> {
        self.balls.iter().chain(&self.more).zip(self.counts.iter().copied())
    }

    /// Diameter of the ball that covers a voxel, in µm; 0 where none does. Only where the owners were wanted.
    #[must_use]
    pub fn diameter(&self, voxel: usize) -> f32 {
        match self.owner.get(voxel) {
            None | Some(&BARE) => 0.0,
            Some(&owner) => {
                let n = owner as usize;
                2.0 * self.balls.get(n).unwrap_or_else(|| &self.more[n - self.balls.len()]).radius
            }
        }
    }
}

/// The maximal balls of a phase, and for each voxel of the domain the largest that covers it.
///
/// # Errors
/// When the fields do not fit the memory budget.
pub fn cover<'a>(
    field: &DistanceField,
    phase: Phase,
    domain: &Mask,
    balls: &'a [Ball],
    owners: Owners,
    limits: &Limits,
    exec: &Exec,
) -> Result<Cover<'a>, LimitError> {
    let voxels = if owners == Owners::Each { field.frame.len() } else { 0 };
    let mut owner = limits.try_vec("the thickness field", voxels, BARE)?;
    let mut canvas = Canvas::new(&field.frame, field.border, domain, field.slack, exec);
    let mut counts = Vec::new();
    let mut paint = |canvas: &mut Canvas, balls: &[Ball], first: u32| {
        let each: Vec<AtomicU32> = balls.iter().map(|_| AtomicU32::new(0)).collect();
        let owner = (owners == Owners::Each).then_some(&mut owner[..]);
        canvas.paint(balls, first, &each, owner, limits, exec)?;
        counts.extend(each.into_iter().map(AtomicU32::into_inner));
        Ok(())
    };
    paint(&mut canvas, balls, 0)?;
    let mut bare = Vec::new();
    canvas.bare(|voxel| bare.push(voxel));
    let more: Vec<Ball> = exec.map_items(&bare, |&voxel| grow(field, phase, voxel));
    paint(&mut canvas, &more, balls.len() as u32)?;
    Ok(Cover { balls, more, counts, owner })
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
