//! Void to which no way leads at first, and from when on one does as a front takes away the solid.
//!
//! A pore behind a throat that is too narrow, or behind a wall, is reached once the front has widened the throat or gone
//! through the wall. The depths of the front from 0 to where nothing is left are gone through in steps. With the front at
//! depth x a sphere of diameter w passes where the surface was at least w/2 − x away, or where what is left of the solid is
//! further than w/2; from what was reached before, the ways go on into what has opened ([`eikonal`](crate::voxel::eikonal)).
//! A way that opens late and is shorter than one that was open before is not taken: it would come to little, and later.
//!
//! A way counts as open at the end of the step in which it opens. 17 bytes a voxel beside the ways, and for each step a pass
//! over what opens in it.

use super::ingrowth::{Ways, beside, entries, list};
use crate::design::{Study, StudyError};
use crate::grid::{Border, Connectivity, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::voxel::eikonal::ways;
use crate::voxel::labels::{Labels, winds};
use crate::voxel::nearby::near;

/// Steps of the front.
const STEPS: usize = 16;

/// Lets the ways go on into what a front opens. `signed` has the distances to the surface that it starts from, in µm, and
/// `throat` is the diameter of what has to pass.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn open(
    study: &Study<'_>,
    signed: &[f32],
    throat: f64,
    found: &mut Ways,
    limits: &Limits,
    exec: &Exec,
) -> Result<(), StudyError> {
    let (frame, border) = (*study.frame(), study.field.border);
    let mut shut = study.void.clone();
    for i in list(&frame, &study.void).filter(|&i| found.length[i].is_finite()) {
        let [x, y, z] = frame.voxel(i);
        shut.remove(x, y, z);
    }
    let deepest = -signed.iter().copied().fold(0.0, f32::min);
    if shut.is_empty() || deepest <= 0.0 {
        return Ok(());
    }
    found.opened = limits.try_vec("when ways open", frame.len(), 0.0f32)?;
    // Of what lies in reach, centres and beside, ways go on.
    let mut reached = study.void.clone();
    reached.subtract(&shut);
    let half = (throat / 2.0) as f32;
    for step in 1..=STEPS {
        exec.checkpoint()?;
        let depth = deepest * 1.001 * step as f32 / STEPS as f32;
        let (mut left, mut wide) = (Mask::empty(frame.size), Mask::empty(frame.size));
        let mut void = study.inside.clone();
        for i in list(&frame, &study.inside) {
            let [x, y, z] = frame.voxel(i);
            if signed[i] + depth <= 0.0 && !study.void.get(x, y, z) {
                left.insert(x, y, z);
            } else if signed[i] + depth >= half {
                wide.insert(x, y, z);
            }
        }
        void.subtract(&left);
        // The surface lies half a voxel before the first centre of what is left.
        let mut far = void.clone();
        far.subtract(&near(&frame, border, &void, &left, f64::from(half) + frame.coarsest() / 2.0, exec));
        wide.unite(&far);
        wide.subtract(&reached);
        let mut sources: Vec<(usize, f32)> = if border == Border::Periodic {
            let mut whole = wide.clone();
            whole.unite(&reached);
            let labels = Labels::new(&whole, Connectivity::Six, border, &[], exec);
            let mut winding = labels.select(|c| (0..3).any(|a| c.touches & winds(a) != 0));
            winding.intersect(&wide);
            list(&frame, &winding).map(|i| (i, 0.0)).collect()
        } else {
            entries(study, &wide)
        };
        sources.extend(rim(study, &reached, &wide).map(|i| (i, found.length[i])));
        let lengths = ways(&frame, border, &wide, sources, f32::INFINITY, limits, exec)?;
        let centres: Vec<usize> = list(&frame, &wide).filter(|&i| lengths[i].is_finite()).collect();
        if centres.is_empty() {
            continue;
        }
        for &i in &centres {
            let [x, y, z] = frame.voxel(i);
            (found.length[i], found.opened[i]) = (lengths[i], depth);
            reached.insert(x, y, z);
            shut.remove(x, y, z);
        }
        drop(lengths);
        for (i, length) in beside(&frame, border, &shut, &centres, &found.length, throat, limits, exec)? {
            let [x, y, z] = frame.voxel(i);
            (found.length[i], found.opened[i]) = (length, depth);
            reached.insert(x, y, z);
            shut.remove(x, y, z);
        }
        if shut.is_empty() {
            break;
        }
    }
    Ok(())
}

/// The voxels of a mask that have a face in common with another.
fn rim<'a>(study: &'a Study<'_>, mask: &'a Mask, other: &'a Mask) -> impl Iterator<Item = usize> + 'a {
    let (frame, border) = (*study.frame(), study.field.border);
    list(study.frame(), mask).filter(move |&i| {
        let voxel = frame.voxel(i);
        (0..3).any(|a| {
            let n = frame.size[a];
            let at = |c: usize| {
                let mut beside = voxel;
                beside[a] = c;
                other.get(beside[0], beside[1], beside[2])
            };
            let (wraps, c) = (border == Border::Periodic, voxel[a]);
            (c > 0 || wraps) && at((c + n - 1) % n) || (c + 1 < n || wraps) && at((c + 1) % n)
        })
    })
}
