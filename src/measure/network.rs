//! The network of pores and throats of a design, for description: no figure and no verdict hangs on it.
//!
//! See [`crate::voxel::network`] for the watershed and the rule by which pores are told apart. 30 to 60 ns a voxel of void.

use super::interconnectivity::{reach, voxels};
use crate::design::{CutPores, Study, StudyError};
use crate::export::network::{Pore, PoreNetwork, Throat};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::voxel::network::{Network, Rule};
use crate::voxel::ridge::{mirrored, ridge as find_ridge};
use crate::voxel::widest::Basins;

/// Finds the pores and the throats.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn network(study: &Study<'_>, limits: &Limits, exec: &Exec) -> Result<PoreNetwork, StudyError> {
    let frame = *study.frame();
    let border = study.field.border;
    exec.stage("ridge of the void")?;
    let mut ridge = find_ridge(&study.field, &study.void, exec);
    if study.cut == CutPores::Mirror {
        ridge.balls.extend(mirrored(&study.field, &study.void, exec));
    }
    exec.checkpoint()?;
    exec.stage("pores and throats")?;
    let reach = reach(study, &ridge, limits, exec)?;
    let basins = Basins::new(&frame, border, &reach, limits, exec)?;
    exec.checkpoint()?;
    let rim = if border == Border::Open { study.inside.rim() } else { Mask::empty(frame.size) };
    let found = Network::new(&frame, border, &reach, &basins, &rim, Rule::of(&frame), exec);
    exec.checkpoint()?;
    let mut pores: Vec<Pore> = found
        .pores
        .iter()
        .map(|pore| Pore {
            at_um: frame.centre(frame.voxel(pore.peak)),
            diameter_um: 2.0 * f64::from(pore.radius),
            volume_mm3: pore.voxels as f64 * frame.voxel_volume() * 1e-9,
            coordination: 0,
            sides: [false; 6],
        })
        .collect();
    if border == Border::Open {
        for (s, side) in study.envelope.body.sides(&frame, &study.inside).iter().enumerate() {
            for voxel in voxels(std::iter::once(side), frame.size[0]) {
                if let Some(pore) = found.of(&basins, voxel) {
                    pores[pore as usize].sides[s] = true;
                }
            }
        }
    }
    let extent = frame.extent();
    let apart = |a: [f64; 3], b: [f64; 3]| {
        let mut d = V3::from(a) - V3::from(b);
        if border == Border::Periodic {
            d = V3::from_fn(|k, _| d[k] - extent[k] * (d[k] / extent[k]).round());
        }
        d.norm()
    };
    let throats = found
        .throats
        .iter()
        .map(|throat| {
            let at_um = frame.centre(frame.voxel(throat.voxel));
            let [a, b] = throat.pores.map(|p| p as usize);
            pores[a].coordination += 1;
            pores[b].coordination += 1;
            Throat {
                pores: [a, b],
                at_um,
                diameter_um: 2.0 * f64::from(throat.radius),
                length_um: apart(pores[a].at_um, at_um) + apart(at_um, pores[b].at_um),
            }
        })
        .collect();
    Ok(PoreNetwork { pores, throats })
}
