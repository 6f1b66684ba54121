//! A design on a coarse grid: how far the surface is from each sample, and how wide the pore or the strut is there.
//! Sections in any plane and the surface of the solid are drawn from it: the zero of the interpolated distance is sharper
//! than the grid, so a strut of two samples still reads as wide as it is.
//!
//! Every sample is a voxel of the study, one of a few along each axis, so its distance is as exact as the study's. 5 bytes
//! a sample, at most 160 samples along the longest side.

use crate::design::Study;
use crate::grid::{Frame, Mask};
use crate::parallel::Exec;

/// Samples along the longest side.
const SAMPLES: f64 = 160.0;

/// Steps of the stored distance in a spacing of the samples.
pub const STEPS: f64 = 16.0;

/// The greatest distance that is stored, in steps: only the surface itself is drawn.
const FAR: f64 = 1.5 * STEPS;

/// A design on a coarse grid.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// Where the samples lie.
    pub frame: Frame,
    /// Lower and upper corner of the box that they stand for, in µm.
    pub bounds: ([f64; 3], [f64; 3]),
    /// Distance to the surface in steps of the coarsest spacing over [`STEPS`], cut off at one and a half spacings; negative in
    /// solid, 0 and positive in void.
    pub distance: Vec<i8>,
    /// Diameter of pore or strut in µm; 0 where it was not measured, -1 in void outside of the envelope.
    pub diameter: Vec<f32>,
    /// Voxel of the study that the first sample is, and voxels from one sample to the next.
    first: [usize; 3],
    stride: [usize; 3],
}

impl Block {
    /// Samples the distances of a study; the diameters follow by [`fill`](Self::fill).
    #[must_use]
    pub fn new(study: &Study<'_>, exec: &Exec) -> Self {
        let fine = study.frame();
        let longest = fine.extent().into_iter().fold(0.0, f64::max);
        let stride: [usize; 3] = std::array::from_fn(|a| {
            ((longest / SAMPLES / fine.spacing[a] - 1e-6).ceil() as usize).clamp(1, fine.size[a])
        });
        let first = stride.map(|s| s / 2);
        let size: [usize; 3] = std::array::from_fn(|a| (fine.size[a] - first[a]).div_ceil(stride[a]));
        let frame = Frame {
            size,
            spacing: std::array::from_fn(|a| fine.spacing[a] * stride[a] as f64),
            origin: fine.centre(first),
        };
        let mut distance = vec![0i8; frame.len()];
        let mut diameter = vec![0.0f32; frame.len()];
        let step = frame.coarsest() / STEPS;
        let voxel = |k: usize, z: usize| {
            let (x, y) = (k % size[0], k / size[0]);
            let sample = [x, y, z];
            std::array::from_fn::<usize, 3, _>(|a| sample[a] * stride[a] + first[a])
        };
        exec.chunks(&mut distance, size[0] * size[1], |z, plane| {
            for (k, value) in plane.iter_mut().enumerate() {
                let [x, y, z] = voxel(k, z);
                let d = f64::from(study.field.values[fine.index(x, y, z)]);
                let steps = (d / step).round().clamp(-FAR, FAR);
                // The sign says which phase it is, however thin.
                *value = if d < 0.0 { steps.min(-1.0) } else { steps.max(0.0) } as i8;
            }
        });
        exec.chunks(&mut diameter, size[0] * size[1], |z, plane| {
            for (k, value) in plane.iter_mut().enumerate() {
                let [x, y, z] = voxel(k, z);
                if !study.inside.get(x, y, z) && study.field.values[fine.index(x, y, z)] >= 0.0 {
                    *value = -1.0;
                }
            }
        });
        Self { frame, bounds: fine.bounds(), distance, diameter, first, stride }
    }

    /// Every second sample along each axis.
    #[must_use]
    pub fn thinned(&self) -> Self {
        let size = self.frame.size.map(|n| (n / 2).max(1));
        let first: [usize; 3] = std::array::from_fn(|a| usize::from(self.frame.size[a] > 1));
        let frame = Frame { size, spacing: self.frame.spacing.map(|h| 2.0 * h), origin: self.frame.centre(first) };
        let mut thin = Self {
            frame,
            bounds: self.bounds,
            distance: Vec::with_capacity(frame.len()),
            diameter: Vec::with_capacity(frame.len()),
            first: std::array::from_fn(|a| self.first[a] + first[a] * self.stride[a]),
            stride: self.stride.map(|s| 2 * s),
        };
        for i in 0..frame.len() {
            let v = frame.voxel(i);
            let [x, y, z] = std::array::from_fn(|a| 2 * v[a] + first[a]);
            let j = self.frame.index(x, y, z);
            // Half as many steps, for the spacing is twice as long; the sign stays.
            thin.distance.push(match self.distance[j] {
                d if d < 0 => (d / 2).min(-1),
                d => d / 2,
            });
            thin.diameter.push(self.diameter[j]);
        }
        thin
    }

    /// Writes the diameters of a phase: `size` tells that of a voxel of the study.
    pub fn fill(&mut self, fine: &Frame, phase: &Mask, size: impl Fn(usize) -> f32 + Sync, exec: &Exec) {
        let [nx, ny, _] = self.frame.size;
        let (first, stride) = (self.first, self.stride);
        exec.chunks(&mut self.diameter, nx * ny, |z, plane| {
            for (k, value) in plane.iter_mut().enumerate() {
                let sample = [k % nx, k / nx, z];
                let [x, y, z] = std::array::from_fn(|a| sample[a] * stride[a] + first[a]);
                if phase.get(x, y, z) {
                    *value = size(fine.index(x, y, z));
                }
            }
        });
    }
}
