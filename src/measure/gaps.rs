//! Gaps: the narrowest pores and slots, what a process has to keep open.
//!
//! `pore_size.ridge_d01` is to the void what `strut.ridge_d01` is to the solid: the first percentile of local thickness
//! along the ridge, each ball weighted by the volume that it paints, without the balls whose contacts span less than 120°
//! seen from the centre. Those sit in corners, and beside pores that the envelope cuts open. A ball between opposite walls
//! is a gap wherever the body ends, so all the void counts. Walls that meet at less than 60° leave a wedge that narrows to
//! nothing, and it counts by its volume.

use super::figure::{Figure, Figures};
use super::sizes::Sizes;
use super::spots::{Lack, OPPOSITE, tell};
use super::survey::Needs;
use crate::design::{Binarised, Solid, Study};
use crate::parallel::Exec;
use crate::units::Unit;
use crate::voxel::thickness::Cover;

const ID: &str = "pore_size.ridge_d01";

/// By how many voxels the narrowest gaps of grey levels may be read low: noise roughens both walls by up to half a voxel, and
/// a low percentile finds where they come nearest. Two values leave sizes open by more than that already.
const ROUGH: f64 = 1.0;

/// By how many voxels they may be off elsewhere.
const CENTRED: f64 = 0.02;

/// Measures the narrowest gaps from the balls of the void and what they paint.
pub(super) fn measure(study: &Study<'_>, cover: &Cover<'_>, needs: &Needs, exec: &Exec, out: &mut Figures) {
    let held = cover.balls().filter(|(ball, _)| ball.contact <= OPPOSITE);
    let sizes = Sizes::new(held.map(|(ball, count)| (2.0 * f64::from(ball.radius), f64::from(count))), exec);
    let Some(value) = sizes.quantile(0.01) else { return };
    let method = "first percentile along the ridge, corners excluded; local thickness of void, sub-voxel centres";
    let grey = matches!(&study.design.solid, Solid::Volume { phases, .. } if !matches!(phases, Binarised::Two(..)));
    let floor = if grey { ROUGH } else { CENTRED } * study.frame().coarsest();
    out.add(ID, Figure::new(value, Unit::Micrometre, method).floor(floor));
    tell(study, cover.balls(), needs.narrowest, (Lack::Gap, ID), out);
}
