//! When a solid falls apart whose open surface moves inward, and where.
//!
//! A front at depth x leaves what lies deeper than x, so the solid still leads from one side to the other along an axis as
//! long as a path is left whose every place is deeper than x: the depth at which it falls apart is the least depth on the
//! widest path through it, and the place is where that path is narrowest
//! ([`passage`](crate::voxel::passage)). Weights are depths below the surface without the caps on the envelope, and near the
//! ridge the radii of the maximal balls, so that a strut is not read too thin by the position of the grid. A strut that the
//! faces of a box cut is deepest in the face itself: weights of the outermost voxels are the depths there. Of a repeating
//! cell the path winds round the axis. Paths step across faces (6-connected).

use crate::design::{EnvelopeKind, Study, StudyError};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::distance::DistanceField;
use crate::voxel::passage::{Goal, widest_passage};
use crate::voxel::ridge::{Ridge, ridge};

/// Names of the axes.
pub const AXES: [&str; 3] = ["x", "y", "z"];

/// Where a solid falls apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// The axis along which it no longer leads through: 0 for x.
    pub axis: usize,
    /// Depth of the front then, in µm.
    pub depth: f64,
    /// The place that gives way last on the widest path.
    pub at_um: [f64; 3],
}

/// For each axis when the solid falls apart along it; `None` where it does not lead through at first. `field` has the
/// distances to the surface without caps, `known` is the ridge of the solid in it, where that is at hand.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn falls_apart(
    study: &Study<'_>,
    field: &DistanceField,
    known: Option<&Ridge>,
    limits: &Limits,
    exec: &Exec,
) -> Result<[Option<Apart>; 3], StudyError> {
    let frame = field.frame;
    let mut depth = limits.try_vec("the paths through the solid", frame.len(), 0.0f32)?;
    exec.chunks(&mut depth, frame.size[0] * frame.size[1], |z, plane| {
        for y in 0..frame.size[1] {
            let first = frame.index(0, y, z);
            study.solid.runs(y, z, |from, to| {
                for x in from..to {
                    plane[x + frame.size[0] * y] = -field.values[first + x];
                }
            });
        }
    });
    let found;
    let ridge = match known {
        Some(known) => known,
        None => {
            found = ridge(field, &study.solid, exec);
            &found
        }
    };
    exec.checkpoint()?;
    for (voxel, radius) in ridge.balls.iter().map(|b| (b.voxel, b.radius)).chain(ridge.beside.iter().copied()) {
        let at = &mut depth[voxel as usize];
        *at = at.max(radius);
    }
    if field.border == Border::Open && matches!(study.envelope.body.kind, EnvelopeKind::Box | EnvelopeKind::Grid) {
        in_faces(field, &study.solid, &mut depth, exec);
    }
    let sides: Option<[Mask; 6]> = (field.border == Border::Open).then(|| {
        let mut sides = study.envelope.body.sides(&frame, &study.inside);
        sides.iter_mut().for_each(|side| side.intersect(&study.solid));
        sides
    });
    let found = [0, 1, 2].map(|axis| {
        let goal = match &sides {
            Some(sides) => Goal::Between(&sides[2 * axis], &sides[2 * axis + 1]),
            None => Goal::Round(axis),
        };
        let passage = widest_passage(&frame, field.border, &depth, goal, exec)?;
        Some(Apart { axis, depth: f64::from(passage.radius), at_um: frame.centre(passage.throat) })
    });
    exec.checkpoint()?;
    Ok(found)
}

/// Raises the depths of the outermost voxels of the grid to those in its faces, half a voxel further on: the distance from
/// there to the nearest of the triangles that are nearest to the voxel and its neighbours.
fn in_faces(field: &DistanceField, solid: &Mask, depth: &mut [f32], exec: &Exec) {
    let (frame, n) = (field.frame, field.frame.size);
    let strides = [1, n[0], n[0] * n[1]];
    exec.chunks(depth, n[0] * n[1], |z, plane| {
        for y in 0..n[1] {
            solid.runs(y, z, |from, to| {
                for x in from..to {
                    let voxel = [x, y, z];
                    let out: [f64; 3] = std::array::from_fn(|a| match voxel[a] {
                        0 => -frame.spacing[a] / 2.0,
                        last if last + 1 == n[a] => frame.spacing[a] / 2.0,
                        _ => 0.0,
                    });
                    if out == [0.0; 3] {
                        continue;
                    }
                    let (i, p) = (frame.index(x, y, z), field.local(voxel) + V3::from(out));
                    let below = (0..3).filter(|&a| voxel[a] > 0).map(|a| i - strides[a]);
                    let above = (0..3).filter(|&a| voxel[a] + 1 < n[a]).map(|a| i + strides[a]);
                    let nearest = std::iter::once(i).chain(below).chain(above).map(|j| field.nearest[j]);
                    let there = nearest.map(|t| (field.foot(t, &p) - p).norm()).fold(f64::INFINITY, f64::min);
                    let at = &mut plane[x + n[0] * y];
                    *at = at.max(there as f32);
                }
            });
        }
    });
}
