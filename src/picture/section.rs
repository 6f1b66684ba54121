//! Sections through the middle of a design, with the size of the pore at every point.

use crate::design::Study;

/// Samples along the longer side of a section.
const SAMPLES: usize = 360;

/// A section across an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    /// The axis that it is perpendicular to: 0 for x.
    pub axis: usize,
    /// Where it lies along the axis, in µm of the input's frame.
    pub at_um: f64,
    /// Samples across and up.
    pub size: [usize; 2],
    /// Distance between samples, in µm.
    pub step_um: f64,
    /// Row after row from the top: the pore's diameter in µm, 0 in solid, -1 outside of the envelope.
    pub values: Vec<f32>,
}

/// The three sections through the middle of the envelope; `size` tells the diameter of the pore at a voxel of the void.
#[must_use]
pub fn sections(study: &Study<'_>, size: impl Fn(usize) -> f32) -> Vec<Section> {
    let frame = *study.frame();
    (0..3)
        .map(|axis| {
            // Across and up, as a drawing shows them: y and z, x and z, x and y.
            let (across, up) = match axis {
                0 => (1, 2),
                1 => (0, 2),
                _ => (0, 1),
            };
            let extent = frame.extent();
            let step = extent[across].max(extent[up]) / SAMPLES as f64;
            let samples = [across, up].map(|a| ((extent[a] / step).round() as usize).max(1));
            let middle = frame.size[axis] / 2;
            let mut values = Vec::with_capacity(samples[0] * samples[1]);
            for row in 0..samples[1] {
                for column in 0..samples[0] {
                    let voxel = |a: usize, s: usize, n: usize| {
                        (((s as f64 + 0.5) / n as f64 * frame.size[a] as f64) as usize).min(frame.size[a] - 1)
                    };
                    let mut v = [middle; 3];
                    v[across] = voxel(across, column, samples[0]);
                    v[up] = voxel(up, samples[1] - 1 - row, samples[1]);
                    values.push(if study.void.get(v[0], v[1], v[2]) {
                        size(frame.index(v[0], v[1], v[2]))
                    } else if study.solid.get(v[0], v[1], v[2]) {
                        0.0
                    } else {
                        -1.0
                    });
                }
            }
            let mut at = [0; 3];
            at[axis] = middle;
            Section { axis, at_um: frame.centre(at)[axis], size: samples, step_um: step, values }
        })
        .collect()
}
