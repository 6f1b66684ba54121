//! How much solid is left when its open surface has moved inward: for materials that erode or corrode.
//!
//! A uniform front at depth x leaves the solid that lies deeper than x below the surface that faces open void. Caps on
//! the envelope do not erode, for beyond them the solid goes on. The depths are the signed distances of the study,
//! sorted; voxels at the surface count in part. Exact for any shape up to the grid; pitting and the loss of pieces that
//! come apart are not in it, so that real parts go sooner.
//!
//! Its stiffness is that of a solver where one was asked, else a power of what is left; none once it has fallen apart.

use super::apart::Apart;
use super::softening::Softening;
use crate::grid::{Frame, Mask};
use crate::parallel::Exec;

/// The share of the solid that lies deeper than each depth.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Front {
    /// Depths in µm, rising from 0.
    pub depth: Vec<f64>,
    /// Share of the solid that is deeper.
    pub left: Vec<f64>,
    /// When it falls apart, and where.
    pub apart: Option<Apart>,
    /// How soft it becomes, where a solver was asked.
    pub softening: Option<Softening>,
}

/// Depths that are kept.
const STEPS: usize = 256;

impl Front {
    /// The front of the solid in `inside`, from signed distances to its open surface on `frame`.
    #[must_use]
    pub fn of(frame: &Frame, inside: &Mask, values: &[f32], exec: &Exec) -> Self {
        let deepest = f64::from(-values.iter().copied().fold(0.0, f32::min));
        if deepest <= 0.0 {
            return Self::default();
        }
        let h = frame.coarsest();
        let depth: Vec<f64> = (0..=STEPS).map(|k| deepest * 1.001 * k as f64 / STEPS as f64).collect();
        let planes = exec.map(frame.size[2], |z| {
            let mut sums = vec![0.0f64; STEPS + 1];
            for y in 0..frame.size[1] {
                let first = frame.index(0, y, z);
                inside.runs(y, z, |from, to| {
                    for value in &values[first + from..first + to] {
                        let d = -f64::from(*value);
                        // A voxel is passed over by the front from h/2 above its centre to h/2 below.
                        let whole = ((d - 0.5 * h) / depth[1]).floor().clamp(-1.0, STEPS as f64);
                        let none = ((d + 0.5 * h) / depth[1]).ceil().clamp(0.0, STEPS as f64);
                        for (k, sum) in sums.iter_mut().enumerate().take(none as usize + 1) {
                            if (k as f64) <= whole {
                                *sum += 1.0;
                            } else {
                                *sum += (0.5 + (d - depth[k]) / h).clamp(0.0, 1.0);
                            }
                        }
                    }
                });
            }
            sums
        });
        let mut left = vec![0.0; STEPS + 1];
        for sums in planes {
            left.iter_mut().zip(sums).for_each(|(l, s)| *l += s);
        }
        let all = left[0];
        left.iter_mut().for_each(|l| *l /= all);
        Self { depth, left, apart: None, softening: None }
    }

    /// The front of a straight strut of this width, eroding from all sides.
    #[must_use]
    pub fn strut(width: f64) -> Self {
        let depth: Vec<f64> = (0..=STEPS).map(|k| width / 2.0 * k as f64 / STEPS as f64).collect();
        let left = depth.iter().map(|d| (1.0 - 2.0 * d / width).powi(2)).collect();
        Self { depth, left, apart: None, softening: None }
    }

    /// The same in a solid that is scaled by a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            depth: self.depth.iter().map(|d| d * factor).collect(),
            left: self.left.clone(),
            apart: self.apart.map(|a| Apart { depth: a.depth * factor, ..a }),
            softening: self.softening.as_ref().map(|s| s.scaled(factor)),
        }
    }

    /// Share of the stiffness that is left when the front is this deep; by `power` of what is left where no solver was
    /// asked.
    #[must_use]
    pub fn stiffness(&self, depth: f64, power: f64) -> f64 {
        if self.apart.is_some_and(|a| depth >= a.depth) {
            return 0.0;
        }
        self.softening.as_ref().map_or_else(|| self.left(depth).powf(power), |s| s.left(depth))
    }

    /// Whether there is no depth at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.depth.is_empty()
    }

    /// Share of the solid that is left when the front is this deep.
    #[must_use]
    pub fn left(&self, depth: f64) -> f64 {
        let k = self.depth.partition_point(|d| *d <= depth);
        match (k.checked_sub(1), self.depth.get(k)) {
            (None, _) => 1.0,
            (Some(_), None) => 0.0,
            (Some(j), Some(next)) => {
                let w = (depth - self.depth[j]) / (next - self.depth[j]);
                self.left[j] + w * (self.left[k] - self.left[j])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Frame;

    /// The front of the solid where `signed` is negative, on a cube of 60 voxels.
    fn front(signed: impl Fn([f64; 3]) -> f64) -> Front {
        let frame = Frame { size: [60; 3], spacing: [2.0; 3], origin: [1.0; 3] };
        let values: Vec<f32> = (0..frame.len()).map(|i| signed(frame.centre(frame.voxel(i))) as f32).collect();
        Front::of(&frame, &Mask::full(frame.size), &values, &Exec::silent(2).unwrap())
    }

    #[test]
    fn slab_cylinder_and_sphere_erode_as_on_paper() {
        let r = 41.0f64;
        let axis = |p: [f64; 3], k: usize| p[k] - 60.3;
        for (power, solid) in [
            (1, front(|p| axis(p, 2).abs() - r)),
            (2, front(|p| axis(p, 0).hypot(axis(p, 1)) - r)),
            (3, front(|p| axis(p, 0).hypot(axis(p, 1)).hypot(axis(p, 2)) - r)),
        ] {
            for depth in [0.0, 5.0, 20.0, 35.0] {
                let truth = (1.0 - depth / r).powi(power);
                let left = solid.left(depth);
                assert!((left - truth).abs() < 0.012, "{power}, {depth}: {left} against {truth}");
            }
            assert_eq!(solid.left(1.1 * r), 0.0);
        }
    }
}
