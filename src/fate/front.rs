//! How much solid is left when its open surface has moved inward: for materials that erode or corrode.
//!
//! A uniform front at depth x leaves the solid that lies deeper than x below the surface that faces open void. Caps on
//! the envelope do not erode, for beyond them the solid goes on. The depths are the signed distances of the study,
//! sorted; voxels at the surface count in part. Exact for any shape up to the grid; pitting and the loss of pieces that
//! come apart are not in it, so that real parts go sooner.
//!
//! The surface that is left at depth x is what the front takes away there, -dV/dx: the voxels within half a voxel of it. The
//! size of pores is measured on what is left at a few depths.
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
    /// Share of the solid that the front takes away there, for each µm.
    pub area: Vec<f64>,
    /// Mean size of pores in µm at a few depths, where it was measured.
    pub pores: Vec<(f64, f64)>,
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
            // Voxels that lie beyond all of the depths before, and the shares of those that a front is in.
            let mut whole_until = vec![0u64; STEPS + 2];
            let mut sums = vec![0.0f64; STEPS + 1];
            let mut layers = vec![0u64; STEPS + 1];
            for y in 0..frame.size[1] {
                let first = frame.index(0, y, z);
                inside.runs(y, z, |from, to| {
                    for value in &values[first + from..first + to] {
                        let d = -f64::from(*value);
                        if d <= -0.5 * h {
                            continue;
                        }
                        // A voxel is passed over by the front from h/2 above its centre to h/2 below.
                        let whole = ((d - 0.5 * h) / depth[1]).floor().clamp(-1.0, STEPS as f64);
                        let none = ((d + 0.5 * h) / depth[1]).ceil().clamp(0.0, STEPS as f64);
                        for k in whole.max(0.0) as usize..=none as usize {
                            let off = d - depth[k];
                            layers[k] += u64::from(off > -0.5 * h && off <= 0.5 * h);
                        }
                        let first = (whole + 1.0) as usize;
                        whole_until[first] += 1;
                        for k in first..=none as usize {
                            sums[k] += (0.5 + (d - depth[k]) / h).clamp(0.0, 1.0);
                        }
                    }
                });
            }
            let mut beyond = 0;
            for k in (0..=STEPS).rev() {
                beyond += whole_until[k + 1];
                sums[k] += beyond as f64;
            }
            (sums, layers)
        });
        let mut left = vec![0.0; STEPS + 1];
        let mut layers = vec![0u64; STEPS + 1];
        for (sums, more) in planes {
            left.iter_mut().zip(sums).for_each(|(l, s)| *l += s);
            layers.iter_mut().zip(more).for_each(|(l, m)| *l += m);
        }
        let all = left[0];
        left.iter_mut().for_each(|l| *l /= all);
        let area = layers.into_iter().map(|count| count as f64 / (h * all)).collect();
        Self { depth, left, area, ..Self::default() }
    }

    /// The front of a straight strut of this width, eroding from all sides.
    #[must_use]
    pub fn strut(width: f64) -> Self {
        let depth: Vec<f64> = (0..=STEPS).map(|k| width / 2.0 * k as f64 / STEPS as f64).collect();
        let left = depth.iter().map(|d| (1.0 - 2.0 * d / width).powi(2)).collect();
        let area = depth.iter().map(|d| 4.0 / width * (1.0 - 2.0 * d / width)).collect();
        Self { depth, left, area, ..Self::default() }
    }

    /// The same in a solid that is scaled by a factor.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Self {
            depth: self.depth.iter().map(|d| d * factor).collect(),
            left: self.left.clone(),
            area: self.area.iter().map(|a| a / factor).collect(),
            pores: self.pores.iter().map(|(depth, size)| (depth * factor, size * factor)).collect(),
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
        self.at(&self.left, depth).unwrap_or(1.0)
    }

    /// Surface of what is left when the front is this deep, for the volume of the solid at first, in 1/µm.
    #[must_use]
    pub fn area(&self, depth: f64) -> f64 {
        self.at(&self.area, depth).unwrap_or(0.0)
    }

    /// Mean size of pores in µm when the front is this deep, beyond the last depth at which it was measured as before it;
    /// `None` where it was not measured, and where nothing is left.
    #[must_use]
    pub fn pore_size(&self, depth: f64) -> Option<f64> {
        if self.left(depth) <= 0.0 {
            return None;
        }
        let last = self.pores.len().checked_sub(1)?;
        let k = self.pores.partition_point(|p| p.0 <= depth).clamp(1, last.max(1));
        let (before, next) = (self.pores.get(k - 1)?, self.pores.get(k));
        let rise = next.map_or(0.0, |next| (next.1 - before.1) / (next.0 - before.0));
        Some(before.1 + (depth - before.0) * rise)
    }

    /// A value between those at the depths; 0 beyond the last, `None` where there is no front.
    fn at(&self, values: &[f64], depth: f64) -> Option<f64> {
        let k = self.depth.partition_point(|d| *d <= depth);
        let j = k.checked_sub(1)?;
        Some(self.depth.get(k).map_or(0.0, |next| {
            let w = (depth - self.depth[j]) / (next - self.depth[j]);
            values[j] + w * (values[k] - values[j])
        }))
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
                let (area, truth) = (solid.area(depth), f64::from(power) / r * (1.0 - depth / r).powi(power - 1));
                assert!((area - truth).abs() < 0.02 * f64::from(power) / r, "{power}, {depth}: {area} against {truth}");
            }
            assert_eq!(solid.area(1.1 * r), 0.0);
            assert_eq!(solid.left(1.1 * r), 0.0);
        }
    }
}
