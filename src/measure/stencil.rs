//! Stencils: masks that say which part of a design a zone is.
//!
//! A mask volume covers its solid voxels, box by box. A mesh is sampled on a grid over its own box, so that the faces of a
//! box are where they are and others lie within half a sample. A bit a sample.

use std::sync::Arc;

use nalgebra::Matrix3;

use crate::design::{Binarised, Design, Solid};
use crate::grid::{Frame, Lie, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::inside::inside;

/// Samples along the longest side of a mesh.
const SAMPLES: f64 = 256.0;

/// Parts of a turn that differ by less from 0 or 1 are those of quarter turns.
const STRAIGHT: f64 = 1e-6;

/// What a mask covers.
#[derive(Clone, PartialEq)]
pub struct Stencil {
    /// SHA-256 of the bytes of the file.
    pub sha256: String,
    frame: Frame,
    mask: Mask,
    /// How far from the file's own border that of the samples may lie, in µm: 0 of a volume.
    pub(super) off: f64,
    /// How its axes lie in the coordinates of the file, where the file says so.
    lie: Option<Lie>,
}

impl std::fmt::Debug for Stencil {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Stencil").field("sha256", &self.sha256).field("frame", &self.frame).finish_non_exhaustive()
    }
}

impl Stencil {
    /// What a design covers: the solid of a mesh, or the solid voxels of a volume; `None` where it is a volume of more
    /// than two values.
    ///
    /// # Errors
    /// When the samples do not fit the memory budget.
    pub fn of(design: &Design, limits: &Limits, exec: &Exec) -> Result<Option<Self>, LimitError> {
        let (sha256, lie) = (design.source.sha256.clone(), design.source.lie);
        match &design.solid {
            Solid::Mesh(solid) => {
                let (low, high) = solid.mesh.bounds().unwrap_or_default();
                let extent = high - low;
                let step = extent.max() / SAMPLES;
                let size: [usize; 3] = std::array::from_fn(|a| ((extent[a] / step - 1e-6).ceil() as usize).max(1));
                let spacing: [f64; 3] = std::array::from_fn(|a| extent[a] / size[a] as f64);
                let origin = std::array::from_fn(|a| low[a] + spacing[a] / 2.0);
                let frame = Frame { size, spacing, origin };
                limits.check("the mask of a region", Mask::bytes(frame.size), 1)?;
                let mask = inside(&frame, &solid.mesh, solid.closed(), exec);
                Ok(Some(Self { sha256, frame, mask, off: frame.coarsest() / 2.0, lie }))
            }
            Solid::Volume { phases, .. } if !matches!(phases, Binarised::Two(..)) => Ok(None),
            Solid::Volume { frame, levels, phases } => {
                limits.check("the mask of a region", Mask::bytes(frame.size), 1)?;
                let mut mask = Mask::empty(frame.size);
                for z in 0..frame.size[2] {
                    for y in 0..frame.size[1] {
                        for x in 0..frame.size[0] {
                            if phases.signed(levels.get(frame.index(x, y, z)), 0.0) < 0.0 {
                                mask.insert(x, y, z);
                            }
                        }
                    }
                }
                Ok(Some(Self { sha256, frame: *frame, mask, off: 0.0, lie }))
            }
        }
    }

    /// The turn to the axes of a design; `None` where they are its own, or one of both does not say how its axes lie.
    fn turn(&self, lie: Option<Lie>) -> Option<Matrix3<f64>> {
        lie.zip(self.lie).and_then(|(to, own)| to.turn_from(&own))
    }

    /// The stencil along the axes of a design. A quarter turn or a mirror moves its samples; at any other turn a place takes
    /// the nearest of them.
    ///
    /// # Errors
    /// When the turned samples do not fit the memory budget.
    pub(super) fn along(self: &Arc<Self>, lie: Option<Lie>, limits: &Limits) -> Result<Arc<Self>, LimitError> {
        let Some(turn) = self.turn(lie) else { return Ok(Arc::clone(self)) };
        let frame = self.frame.turned(&turn);
        limits.check("the turned mask of a region", Mask::bytes(frame.size), 1)?;
        let mut mask = Mask::empty(frame.size);
        for voxel in (0..frame.len()).map(|i| frame.voxel(i)) {
            if self.covers(&turn.tr_mul(&V3::from(frame.centre(voxel)))) {
                mask.insert(voxel[0], voxel[1], voxel[2]);
            }
        }
        let straight = turn.iter().all(|part| part.abs() < STRAIGHT || part.abs() > 1.0 - STRAIGHT);
        let off = if straight { self.off } else { self.off + frame.coarsest() / 2.0 };
        Ok(Arc::new(Self { sha256: self.sha256.clone(), frame, mask, off, lie }))
    }

    /// The box of its grid, along the axes of a design.
    pub(super) fn bounds(&self, lie: Option<Lie>) -> ([f64; 3], [f64; 3]) {
        self.turn(lie).map_or(self.frame, |turn| self.frame.turned(&turn)).bounds()
    }

    /// Whether it covers a point.
    pub(super) fn covers(&self, p: &V3) -> bool {
        let voxel: [Option<usize>; 3] = std::array::from_fn(|a| {
            let i = ((p[a] - self.frame.origin[a]) / self.frame.spacing[a]).round();
            (i >= 0.0 && i < self.frame.size[a] as f64).then_some(i as usize)
        });
        matches!(voxel, [Some(x), Some(y), Some(z)] if self.mask.get(x, y, z))
    }

    /// For each voxel of a grid along an axis the voxels of the stencil that it overlaps, each with the share of it that
    /// lies there.
    pub(super) fn overlaps(&self, frame: &Frame, axis: usize) -> Vec<Vec<(usize, f64)>> {
        let (own, other) = (self.frame.spacing[axis], frame.spacing[axis]);
        let start = self.frame.origin[axis] - own / 2.0;
        (0..frame.size[axis])
            .map(|i| {
                let low = frame.origin[axis] + (i as f64 - 0.5) * other - start;
                let high = low + other;
                let first = (low / own).floor().max(0.0) as usize;
                let last = ((high / own).ceil().max(0.0) as usize).min(self.frame.size[axis]);
                let part = |k: usize| ((high.min((k + 1) as f64 * own) - low.max(k as f64 * own)) / other).max(0.0);
                // A hair of overlap is rounding.
                (first..last).map(|k| (k, part(k))).filter(|(_, share)| *share > 1e-9).collect()
            })
            .collect()
    }

    /// The share that it covers of a box given by its overlaps along x, y and z.
    pub(super) fn share(&self, x: &[(usize, f64)], y: &[(usize, f64)], z: &[(usize, f64)]) -> f64 {
        let mut sum = 0.0;
        for &(k, c) in z {
            for &(j, b) in y {
                for &(i, a) in x {
                    if self.mask.get(i, j, k) {
                        sum += a * b * c;
                    }
                }
            }
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_mask_that_lies_aslant_is_no_claim_on_memory() {
        let limits = Limits { memory: 1 << 30 };
        let turn = nalgebra::Rotation3::from_euler_angles(0.6, 0.7, 0.8);
        let aslant = Lie { axes: [V3::x(), V3::y(), V3::z()].map(|axis| turn * axis), ..Lie::PLAIN };
        let stencil = |n: usize| {
            // No more of it is looked at than its size.
            let frame = Frame { size: [1, 1, n], spacing: [1.0; 3], origin: [0.0; 3] };
            Arc::new(Stencil {
                sha256: String::new(),
                frame,
                mask: Mask::empty([1, 1, 1]),
                off: 0.0,
                lie: Some(Lie::PLAIN),
            })
        };
        for n in [1_000_000, 1 << 40] {
            let refused = stencil(n).along(Some(aslant), &limits).unwrap_err();
            assert!(refused.needed > limits.memory, "{refused}");
        }
        // Along its own axes, and where nothing is known of the other's, it stays what it is.
        let own = stencil(1 << 40);
        assert!(Arc::ptr_eq(&own.along(Some(Lie::PLAIN), &limits).unwrap(), &own));
        assert!(Arc::ptr_eq(&own.along(None, &limits).unwrap(), &own));
    }
}
