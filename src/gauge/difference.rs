//! Missing and extra material between two solids in one frame.
//!
//! Missing is what lies in the old solid and not in the new one, extra the reverse. Two surfaces never coincide to the
//! last micrometre, so the difference has a thin skin everywhere; what counts is thicker than a tolerance t: the opening
//! of the difference by a ball of diameter t. The distance of a point of the difference to its complement is the smaller
//! of its distances to the two surfaces; where that exceeds t/2 is a core, and all of the difference within t/2 (and half
//! a voxel) of a core is a lump, one for each 26-connected core. Voxel counts; 16 bytes a voxel.

use nalgebra::Matrix3;

use crate::advice::as_mesh;
use crate::design::{CutPores, Design, Solid, StudyError};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::Limits;
use crate::mesh::{Mesh, V3};
use crate::parallel::Exec;
use crate::picture::Projection;
use crate::report::{DifferenceEntry, LumpEntry, MaterialEntry};
use crate::voxel::distance::{DistanceField, Facet};
use crate::voxel::inside::inside;
use crate::voxel::labels::Labels;

use super::align::align;
use super::motion::Motion;

/// Voxels of the grid on which solids are compared, at most.
const VOXELS: f64 = 6e6;

/// Voxels across a strut where that is not too many.
const ACROSS: f64 = 5.0;

/// Voxels of the grid beyond the solids on each side.
const MARGIN: usize = 3;

/// The tolerance when none is given: this many voxels of a volume, or this part of the struts.
const TOLERANCE: (f64, f64) = (2.5, 0.25);

/// Lumps that are looked at: those with the largest cores.
const LISTED: usize = 50;

/// Share of the smaller solid's box that the other's has to hold for both to be in one frame.
const OVERLAP: f64 = 0.5;

/// How solids are laid onto each other, and what counts as different.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct How {
    /// Whether the new solid is turned and shifted onto the old one.
    pub align: bool,
    /// The tolerance in µm.
    pub tolerance: Option<f64>,
}

/// The difference, how the new solid was moved, and what it looks like along each axis.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) entry: DifferenceEntry,
    pub(super) motion: Motion,
    pub(super) views: Vec<Projection>,
}

/// The turn, mirrors among it, that takes places of the new design to those of the old one, where the axes of their files
/// differ.
pub(super) fn turn_between(old: &Design, new: &Design) -> Option<Matrix3<f64>> {
    old.source.lie.zip(new.source.lie).and_then(|(to, from)| to.turn_from(&from))
}

/// The difference; `None` where the solids do not lie in one frame. Unless it is aligned, the new solid is turned to the
/// axes of the old one where those of their files differ.
pub(super) fn difference(
    old: &Design,
    new: &Design,
    how: How,
    limits: &Limits,
    exec: &Exec,
) -> Result<Option<Found>, StudyError> {
    let voxel = |d: &Design| match &d.solid {
        Solid::Volume { frame, .. } => frame.coarsest(),
        Solid::Mesh(_) => 0.0,
    };
    let voxel = voxel(old).max(voxel(new));
    let turn = turn_between(old, new).filter(|_| !how.align);
    if turn.is_some_and(|turn| turn.determinant() < 0.0) {
        return Ok(None);
    }
    let (old, new) = (as_mesh(old, CutPores::Open, limits, exec)?, as_mesh(new, CutPores::Open, limits, exec)?);
    let (Solid::Mesh(old), Solid::Mesh(new)) = (&old.solid, &new.solid) else { return Ok(None) };
    let (Some(box_old), Some(box_new)) = (old.mesh.bounds(), new.mesh.bounds()) else { return Ok(None) };
    let strut = [old, new].map(|s| 4.0 * s.mesh.signed_volume().abs() / s.area().max(f64::MIN_POSITIVE));
    let strut = strut[0].max(strut[1]);
    let room = (box_old.1.sup(&box_new.1) - box_old.0.inf(&box_new.0)).product();
    let room = if how.align { (box_old.1 - box_old.0).product() } else { room };
    let tolerance = how.tolerance.unwrap_or_else(|| (TOLERANCE.0 * voxel).max(TOLERANCE.1 * strut));
    let h = (strut / ACROSS).min(tolerance / 2.0).max(voxel).max((room / VOXELS).cbrt());

    let mut motion = turn.map_or_else(Motion::none, Motion::turning);
    let mut left = None;
    if how.align {
        exec.stage("aligning")?;
        let (field, _) = field_of(&old.mesh, &old.surface, old.closed(), frame_of(box_old, h), limits, exec)?;
        let (best, residual) = align(&field, old, new, exec)?;
        motion = best;
        left = Some(residual);
    }
    let mesh = motion.mesh(&new.mesh);
    let Some(moved) = mesh.bounds() else { return Ok(None) };
    if !how.align && !one_frame(box_old, moved) {
        return Ok(None);
    }
    exec.stage("difference of the solids")?;
    let frame = frame_of((box_old.0.inf(&moved.0), box_old.1.sup(&moved.1)), h);
    limits.check("the difference of the solids", frame.len() as u64, 40)?;
    let (a, in_old) = field_of(&old.mesh, &old.surface, old.closed(), frame, limits, exec)?;
    let surface: Vec<[V3; 3]> = new.surface.iter().map(|t| t.map(|v| motion.apply(&v))).collect();
    let (b, in_new) = field_of(&mesh, &surface, new.closed(), frame, limits, exec)?;
    let material = |this: &Mask, other: &Mask| {
        let mut only = this.clone();
        only.subtract(other);
        material(&only, &frame, &a.values, &b.values, tolerance, exec)
    };
    let ((missing, lost), (extra, gained)) = (material(&in_old, &in_new), material(&in_new, &in_old));
    exec.checkpoint()?;
    let mut both = in_old;
    both.intersect(&in_new);
    let views = (0..3).map(|axis| Projection::of(&frame, axis, [&both, &lost, &gained])).collect();
    let entry = DifferenceEntry {
        tolerance_um: tolerance,
        voxel_um: h,
        aligned: how.align,
        shift_um: motion.shift.into(),
        rotation_deg: motion.degrees().into(),
        about_um: motion.about.into(),
        mean_distance_um: left,
        missing,
        extra,
    };
    Ok(Some(Found { entry, motion, views }))
}

fn one_frame(a: (V3, V3), b: (V3, V3)) -> bool {
    let common = a.1.inf(&b.1) - a.0.sup(&b.0);
    let smaller = (a.1 - a.0).product().min((b.1 - b.0).product());
    common.min() > 0.0 && common.product() >= OVERLAP * smaller
}

fn frame_of((low, high): (V3, V3), h: f64) -> Frame {
    let size = std::array::from_fn(|a| ((high[a] - low[a]) / h).ceil() as usize + 2 * MARGIN);
    let origin = std::array::from_fn(|a| {
        let middle = (low[a] + high[a]) / 2.0;
        let n: [usize; 3] = size;
        middle - (n[a] as f64 - 1.0) / 2.0 * h
    });
    Frame { size, spacing: [h; 3], origin }
}

/// Signed distances to the surface of a mesh, and the voxels inside of it.
fn field_of(
    mesh: &Mesh,
    surface: &[[V3; 3]],
    closed: bool,
    frame: Frame,
    limits: &Limits,
    exec: &Exec,
) -> Result<(DistanceField, Mask), StudyError> {
    let within = inside(&frame, mesh, closed, exec);
    let corner = |v: V3| std::array::from_fn(|a| (v[a] - frame.origin[a]) as f32);
    let surface: Vec<Facet> = surface.iter().map(|t| t.map(corner)).collect();
    if surface.is_empty() {
        return Err(StudyError::OnePhase("void"));
    }
    Ok((DistanceField::new(frame, Border::Open, surface, &within, limits, exec)?, within))
}

/// A difference with its lumps, and the voxels of those.
fn material(only: &Mask, frame: &Frame, a: &[f32], b: &[f32], tolerance: f64, exec: &Exec) -> (MaterialEntry, Mask) {
    let [_, ny, nz] = frame.size;
    let reach = tolerance / 2.0;
    let depth = |i: usize| f64::from(a[i].abs().min(b[i].abs()));
    let mut cores = Mask::empty(frame.size);
    for z in 0..nz {
        for y in 0..ny {
            only.runs(y, z, |from, to| {
                for x in (from..to).filter(|x| depth(frame.index(*x, y, z)) > reach) {
                    cores.insert(x, y, z);
                }
            });
        }
    }
    let mm3 = |voxels: u64| voxels as f64 * frame.voxel_volume() * 1e-9;
    let labels = Labels::new(&cores, Connectivity::TwentySix, Border::Open, &[], exec);
    // The outermost voxels of a lump lie half a voxel inside its surface on average.
    let spread = ball(frame, reach + frame.coarsest() / 2.0);
    let mut largest: Vec<_> = labels.components.iter().collect();
    largest.sort_by(|p, q| q.voxels.cmp(&p.voxels).then(p.first.cmp(&q.first)));
    let count = largest.len();
    let mut marked = Mask::empty(frame.size);
    let mut all: Vec<LumpEntry> = largest
        .into_iter()
        .take(LISTED)
        .map(|core| {
            let core = labels.select(|c| c.first == core.first);
            let (entry, voxels) = lump(&core, only, frame, &spread, &depth);
            marked.unite(&voxels);
            entry
        })
        .collect();
    all.sort_by(|p, q| q.volume_mm3.total_cmp(&p.volume_mm3).then(p.at_um[0].total_cmp(&q.at_um[0])));
    let lumps_mm3 = all.iter().map(|l| l.volume_mm3).sum();
    (MaterialEntry { volume_mm3: mm3(only.count()), lumps_mm3, count, lumps: all }, marked)
}

/// Steps to all voxels within a distance.
fn ball(frame: &Frame, radius: f64) -> Vec<[isize; 3]> {
    let r: [isize; 3] = std::array::from_fn(|a| (radius / frame.spacing[a]).floor() as isize);
    let mut steps = Vec::new();
    for z in -r[2]..=r[2] {
        for y in -r[1]..=r[1] {
            for x in -r[0]..=r[0] {
                let step = [x, y, z];
                let away: f64 = (0..3).map(|a| (step[a] as f64 * frame.spacing[a]).powi(2)).sum();
                if away <= radius * radius {
                    steps.push(step);
                }
            }
        }
    }
    steps
}

/// A lump, and its voxels.
fn lump(
    core: &Mask,
    only: &Mask,
    frame: &Frame,
    spread: &[[isize; 3]],
    depth: &impl Fn(usize) -> f64,
) -> (LumpEntry, Mask) {
    let mut whole = Mask::empty(frame.size);
    let mut thickest = 0.0f64;
    let [_, ny, nz] = frame.size;
    for z in 0..nz {
        for y in 0..ny {
            core.runs(y, z, |from, to| {
                for x in from..to {
                    thickest = thickest.max(depth(frame.index(x, y, z)));
                    for step in spread {
                        let at: [isize; 3] = std::array::from_fn(|a| [x, y, z][a] as isize + step[a]);
                        if (0..3).all(|a| at[a] >= 0 && (at[a] as usize) < frame.size[a]) {
                            whole.insert(at[0] as usize, at[1] as usize, at[2] as usize);
                        }
                    }
                }
            });
        }
    }
    whole.intersect(only);
    let (mut sum, mut low, mut high) = ([0.0; 3], [f64::INFINITY; 3], [f64::NEG_INFINITY; 3]);
    for z in 0..nz {
        for y in 0..ny {
            whole.runs(y, z, |from, to| {
                for x in from..to {
                    let c = frame.centre([x, y, z]);
                    for a in 0..3 {
                        sum[a] += c[a];
                        low[a] = low[a].min(c[a] - frame.spacing[a] / 2.0);
                        high[a] = high[a].max(c[a] + frame.spacing[a] / 2.0);
                    }
                }
            });
        }
    }
    let count = whole.count();
    let entry = LumpEntry {
        at_um: sum.map(|s| s / count.max(1) as f64),
        volume_mm3: count as f64 * frame.voxel_volume() * 1e-9,
        thickness_um: 2.0 * thickest,
        size_um: std::array::from_fn(|a| (high[a] - low[a]).max(0.0)),
    };
    (entry, whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skin_is_no_lump_and_a_block_is_one_of_its_size() {
        // A block of 20 × 10 × 10 voxels, and beside it a skin one voxel thick over 30 × 30.
        let exec = Exec::silent(1).unwrap();
        let frame = Frame { size: [60, 40, 40], spacing: [10.0; 3], origin: [5.0; 3] };
        let mut only = Mask::empty(frame.size);
        let block = |p: [usize; 3]| (5..25).contains(&p[0]) && (5..15).contains(&p[1]) && (5..15).contains(&p[2]);
        let skin = |p: [usize; 3]| p[0] == 40 && p[1] < 30 && p[2] < 30;
        let mut depths = vec![0.0f32; frame.len()];
        for i in 0..frame.len() {
            let p = frame.voxel(i);
            if block(p) || skin(p) {
                only.insert(p[0], p[1], p[2]);
                let edge = |a: usize, from: usize, to: usize| {
                    10.0 * (p[a] as f32 - from as f32 + 0.5).min(to as f32 - p[a] as f32 - 0.5)
                };
                depths[i] = if skin(p) { 5.0 } else { edge(0, 5, 25).min(edge(1, 5, 15)).min(edge(2, 5, 15)) };
            }
        }
        let (found, marked) = material(&only, &frame, &depths, &depths, 30.0, &exec);
        assert_eq!(found.count, 1);
        let lump = &found.lumps[0];
        assert_eq!(lump.at_um, [150.0, 100.0, 100.0]);
        assert!((lump.thickness_um - 90.0).abs() < 11.0);
        // The opening rounds edges and corners off, no more.
        let truth = 2e6 * 1e-9;
        assert!(lump.volume_mm3 > 0.75 * truth && lump.volume_mm3 <= truth * (1.0 + 1e-9), "{lump:?}");
        assert!((found.volume_mm3 - truth - 9e5 * 1e-9).abs() < 1e-12);
        assert!((marked.count() as f64 * frame.voxel_volume() * 1e-9 - lump.volume_mm3).abs() < 1e-12);
        assert!(!marked.get(40, 10, 10), "the skin is not marked");
    }
}
