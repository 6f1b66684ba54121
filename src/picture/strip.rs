//! A section through a solid as depths below its open surface: what a front that moves inward leaves of it on any day is
//! what lies deeper than the front. 4 bytes a point.

use super::section::axes;
use crate::design::Study;

/// A section of depths.
#[derive(Clone, Debug, PartialEq)]
pub struct Strip {
    /// The axis that it is perpendicular to: 0 for x.
    pub axis: usize,
    /// Where it lies along the axis, in µm of the input's frame.
    pub at_um: f64,
    /// Points across and up.
    pub size: [usize; 2],
    /// Size across and up, in µm.
    pub extent_um: [f64; 2],
    /// Depth in µm of each point, row after row from the top: 0 and less in void, not a number outside of the body.
    pub depth: Vec<f32>,
}

impl Strip {
    /// The section across `axis` that cuts most and deepest solid, of those in the middle half; `field` has the distances to the surface
    /// without caps, negative in solid.
    #[must_use]
    pub fn of(study: &Study<'_>, field: &[f32], axis: usize) -> Self {
        let frame = study.frame();
        let [across, up] = axes(axis);
        let size = [across, up].map(|a| frame.size[a]);
        let extent = frame.extent();
        let mut voxel = [0; 3];
        voxel[axis] = fullest(study, field, axis);
        let at_um = frame.centre(voxel)[axis];
        let mut depth = Vec::with_capacity(size[0] * size[1]);
        for v in (0..size[1]).rev() {
            for u in 0..size[0] {
                (voxel[across], voxel[up]) = (u, v);
                let [x, y, z] = voxel;
                depth.push(if study.inside.get(x, y, z) { -field[frame.index(x, y, z)] } else { f32::NAN });
            }
        }
        Self { axis, at_um, size, extent_um: [extent[across], extent[up]], depth }
    }
}

/// The plane across an axis with most and deepest solid, of those in the middle half; the first of equals.
fn fullest(study: &Study<'_>, field: &[f32], axis: usize) -> usize {
    let frame = study.frame();
    let n = frame.size;
    let mut depth = vec![0.0f64; n[axis]];
    for z in 0..n[2] {
        for y in 0..n[1] {
            let first = frame.index(0, y, z);
            study.solid.runs(y, z, |from, to| {
                for x in from..to {
                    depth[[x, y, z][axis]] -= f64::from(field[first + x]);
                }
            });
        }
    }
    let middle = n[axis] / 4..(3 * n[axis]).div_ceil(4);
    middle.rev().max_by(|a, b| depth[*a].total_cmp(&depth[*b])).unwrap_or(0)
}
