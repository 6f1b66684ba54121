//! How far tissue has to come: the length of the way from the host to each place in the void.
//!
//! The host lies round the body. Tissue comes in through its faces and goes on through void that is wide enough for what
//! carries it, cells and vessels: a sphere of a stated diameter w has to pass. (1) The centres of such spheres move where
//! the surface is at least w/2 away; the ways of the centres from the faces solve |∇L| = 1 there
//! ([`eikonal`](crate::voxel::eikonal)). (2) The void beside, which the spheres touch but their centres do not reach, is
//! reached from them, up to √3·w/2 beyond, as far as the corner of three walls lies, and a voxel more for the grid. What
//! lies behind a throat narrower than w is not reached: its length is infinite. So is that of closed pores, and of the ends
//! of acute crevices.
//!
//! The weight of a voxel is the radius of the maximal ball near it, so that a throat is not read too narrow by the position
//! of the grid. A repeating cell has no faces: where its wide void winds round it, tissue counts as there from the start.
//!
//! 21 bytes a voxel beside the study.

use crate::design::{Study, StudyError};
use crate::grid::{Border, Connectivity, Frame, Mask};
use crate::limits::{LimitError, Limits};
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::eikonal::ways;
use crate::voxel::labels::{Labels, winds};
use crate::voxel::ridge::ridge;

/// Part of a diameter by which a throat may be narrower and still count: one of exactly 50 µm lets 50 µm pass.
const SLACK: f32 = 1e-3;

/// The ways from the host.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ways {
    /// Length of the way in µm to each voxel, infinite where none leads.
    pub length: Vec<f32>,
    /// How deep in µm a front is in the solid when the way opens ([`opening`](super::opening)), 0 where it was open at
    /// first; empty where all of them were.
    pub opened: Vec<f32>,
}

/// The ways to each voxel of the void; `throat` is the diameter in µm of what has to pass.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn inward(study: &Study<'_>, throat: f64, limits: &Limits, exec: &Exec) -> Result<Ways, StudyError> {
    let frame = *study.frame();
    let mut weight = limits.try_vec("the ways into the void", frame.len(), 0.0f32)?;
    weight.copy_from_slice(&study.field.values);
    let ridge = ridge(&study.field, &study.void, exec);
    exec.checkpoint()?;
    for (voxel, radius) in ridge.balls.iter().map(|b| (b.voxel, b.radius)).chain(ridge.beside) {
        let at = &mut weight[voxel as usize];
        *at = at.max(radius);
    }
    let wide = wide_part(&study.void, &weight, throat);
    drop(weight);
    let from: Vec<(usize, f32)> = if study.field.border == Border::Periodic {
        let labels = Labels::new(&wide, Connectivity::Six, Border::Periodic, &[], exec);
        let winding = labels.select(|c| (0..3).any(|a| c.touches & winds(a) != 0));
        list(&frame, &winding).map(|voxel| (voxel, 0.0)).collect()
    } else {
        entries(study, &wide)
    };
    let length = from_entries(&frame, study.field.border, &study.void, &wide, &from, throat, limits, exec)?;
    exec.checkpoint()?;
    Ok(Ways { length, opened: Vec::new() })
}

/// The voxels of a mask at the faces of the body, and how deep they lie in it.
pub(super) fn entries(study: &Study<'_>, wide: &Mask) -> Vec<(usize, f32)> {
    let (frame, body) = (study.frame(), &study.envelope.body);
    let mut faces = Mask::empty(frame.size);
    for side in &body.sides(frame, &study.inside) {
        faces.unite(side);
    }
    faces.intersect(wide);
    list(frame, &faces).map(|voxel| (voxel, body.depth(&V3::from(frame.centre(frame.voxel(voxel)))) as f32)).collect()
}

/// The voxels of the void that are at least half of `throat` away from the surface.
fn wide_part(void: &Mask, weight: &[f32], throat: f64) -> Mask {
    let [nx, ny, nz] = void.size();
    let least = (throat / 2.0) as f32 * (1.0 - SLACK);
    let mut wide = Mask::empty(void.size());
    for z in 0..nz {
        for y in 0..ny {
            let first = nx * (y + ny * z);
            void.runs(y, z, |from, to| {
                for x in (from..to).filter(|x| weight[first + x] >= least) {
                    wide.insert(x, y, z);
                }
            });
        }
    }
    wide
}

/// The voxels of a mask.
pub(super) fn list<'a>(frame: &'a Frame, mask: &'a Mask) -> impl Iterator<Item = usize> + 'a {
    (0..frame.len()).filter(move |&i| {
        let [x, y, z] = frame.voxel(i);
        mask.get(x, y, z)
    })
}

/// Lengths from entries through the wide part of a void, and from there into the void beside it.
fn from_entries(
    frame: &Frame,
    border: Border,
    void: &Mask,
    wide: &Mask,
    entries: &[(usize, f32)],
    throat: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<f32>, LimitError> {
    let mut lengths = ways(frame, border, wide, entries.iter().copied(), f32::INFINITY, limits, exec)?;
    let mut narrow = void.clone();
    narrow.subtract(wide);
    let reached: Vec<usize> = list(frame, wide).filter(|&i| lengths[i].is_finite()).collect();
    for (i, length) in beside(frame, border, &narrow, &reached, &lengths, throat, limits, exec)? {
        lengths[i] = length;
    }
    Ok(lengths)
}

/// The voxels of narrow void that spheres touch whose centres have been reached, and how long the ways to them are.
pub(super) fn beside(
    frame: &Frame,
    border: Border,
    narrow: &Mask,
    reached: &[usize],
    lengths: &[f32],
    throat: f64,
    limits: &Limits,
    exec: &Exec,
) -> Result<Vec<(usize, f32)>, LimitError> {
    if narrow.is_empty() {
        return Ok(Vec::new());
    }
    let most = (3f64.sqrt() * throat / 2.0 + frame.coarsest()) as f32;
    let beyond = ways(frame, border, narrow, reached.iter().map(|&i| (i, 0.0)), most, limits, exec)?;
    let mut touched = narrow.clone();
    for i in list(frame, narrow).filter(|&i| beyond[i].is_infinite()) {
        let [x, y, z] = frame.voxel(i);
        touched.remove(x, y, z);
    }
    drop(beyond);
    let from = reached.iter().map(|&i| (i, lengths[i])).collect::<Vec<_>>();
    let beside = ways(frame, border, &touched, from, f32::INFINITY, limits, exec)?;
    Ok(list(frame, &touched).map(|i| (i, beside[i])).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths from the voxels at z = 0 of a void given by its distance to the surface, for spheres of `throat`.
    fn lengths(frame: &Frame, distance: impl Fn([f64; 3]) -> f64, throat: f64) -> Vec<f32> {
        let mut void = Mask::empty(frame.size);
        let weight: Vec<f32> = (0..frame.len()).map(|i| distance(frame.centre(frame.voxel(i))) as f32).collect();
        for (i, _) in weight.iter().enumerate().filter(|w| *w.1 > 0.0) {
            let [x, y, z] = frame.voxel(i);
            void.insert(x, y, z);
        }
        let wide = wide_part(&void, &weight, throat);
        let half = frame.spacing[2] as f32 / 2.0;
        let entries: Vec<(usize, f32)> =
            list(frame, &wide).filter(|&i| frame.voxel(i)[2] == 0).map(|i| (i, half)).collect();
        let (limits, exec) = (Limits { memory: 1 << 30 }, Exec::silent(1).unwrap());
        from_entries(frame, Border::Open, &void, &wide, &entries, throat, &limits, &exec).unwrap()
    }

    #[test]
    fn a_straight_channel_is_as_long_as_it_is_deep() {
        let frame = Frame { size: [24, 24, 60], spacing: [10.0; 3], origin: [5.0; 3] };
        let circle = |p: [f64; 3]| 100.0 - (p[0] - 121.0).hypot(p[1] - 118.0);
        let all = lengths(&frame, circle, 50.0);
        for (i, length) in all.iter().enumerate() {
            let p = frame.centre(frame.voxel(i));
            if circle(p) > 0.0 {
                // At the wall the way bends by less than the width of what has to pass.
                let depth = p[2] as f32;
                assert!(*length >= depth - 1e-2 && *length < depth + 40.0, "{length} at {depth}");
            } else {
                assert!(length.is_infinite());
            }
            if circle(p) >= 25.0 {
                assert!((f64::from(*length) - p[2]).abs() < 1e-2, "{length} at {p:?}");
            }
        }
    }

    #[test]
    fn a_winding_way_is_longer_by_its_bends() {
        // Floors every 100 µm that leave open 60 µm on alternate sides of a channel 400 µm wide.
        let frame = Frame { size: [40, 8, 40], spacing: [10.0; 3], origin: [5.0; 3] };
        let floors = |p: [f64; 3]| {
            let level = (p[2] / 100.0).floor();
            let at = p[2] - 100.0 * level;
            let open = if level as i32 % 2 == 0 { p[0] > 340.0 } else { p[0] < 60.0 };
            if at >= 90.0 && !open { -1.0 } else { 40.0 }
        };
        let all = lengths(&frame, floors, 0.0);
        let top = all[frame.index(5, 4, 38)];
        // Taut: to the end of the first floor, three times across between the ends of floors, and up.
        let across = 290.0f64.hypot(90.0);
        assert!(f64::from(top) > 385.0 + 2.0 * across && f64::from(top) < 385.0 + 4.0 * across, "{top}");
        let straight = lengths(&frame, |_| 40.0, 0.0)[frame.index(5, 4, 38)];
        assert!((straight - 385.0).abs() < 1e-2, "{straight}");
    }

    #[test]
    fn a_throat_stops_what_is_wider() {
        // Two chambers joined by a round throat of 60 µm.
        let frame = Frame { size: [30, 30, 60], spacing: [10.0; 3], origin: [5.0; 3] };
        let chambers = |p: [f64; 3]| {
            let r = (p[0] - 150.0).hypot(p[1] - 150.0);
            let along = p[2] - 300.0;
            let throat = 30.0 - r;
            let chamber = (130.0 - r).min(along.abs() - 40.0);
            chamber.max(throat)
        };
        let beyond = frame.index(15, 15, 55);
        let open = lengths(&frame, chambers, 40.0);
        assert!((open[beyond] - 555.0).abs() < 5.0, "{}", open[beyond]);
        let shut = lengths(&frame, chambers, 80.0);
        assert!(shut[beyond].is_infinite() && shut[frame.index(15, 15, 10)].is_finite());
        // Behind the throat nothing is reached, before it all but what lies in the throat.
        let far = (0..frame.len()).filter(|&i| frame.centre(frame.voxel(i))[2] > 345.0).all(|i| shut[i].is_infinite());
        assert!(far);
    }
}
