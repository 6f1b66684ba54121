//! Permeability of the void, by slow flow through it.

use super::details::Tensor;
use super::fields::{AXES, Ends, closed_along, ended, taken};
use super::figure::{Figure, Figures};
use crate::design::{Study, StudyError};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::solver::flow::{BYTES_PER_VOXEL, Channel, along};
use crate::units::Unit;

/// Square metres in a square micrometre.
const M2: f64 = 1e-12;

/// Part of the value by which it may be off whatever two resolutions say.
const FLOOR: f64 = 0.01;

pub(super) fn measure(
    study: &Study<'_>,
    distance: &[f32],
    ends: &Ends,
    through: &[Option<Mask>; 3],
    axes: [bool; 3],
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), StudyError> {
    let frame = *study.frame();
    let border = study.field.border;
    limits.check("the flow", frame.len() as u64, BYTES_PER_VOXEL)?;
    let driven = if border == Border::Periodic {
        "repeating cell under a mean force"
    } else {
        "fall of pressure between the ends, sides that slip"
    };
    let method = format!("Stokes flow on {}, {driven}", taken(study));
    let mut rows: Vec<Vec<f64>> = Vec::new();
    for axis in (0..3).filter(|a| axes[*a] && ends.axes[*a]) {
        let Some(keep) = &through[axis] else {
            closed_along(axis, "permeability", out);
            continue;
        };
        let flow = along(&Channel { frame, border, distance, keep }, axis, exec)?;
        let k = flow.permeability[axis] * M2 * ends.fill;
        if k <= 0.0 {
            closed_along(axis, "permeability", out);
            continue;
        }
        rows.push(flow.permeability.iter().map(|k| k * M2).collect());
        out.add(
            format!("permeability.{}", AXES[axis]),
            Figure::new(k, Unit::SquareMetre, format!("{method}; {}", ended(&flow.solved, flow.balance)))
                .floor(FLOOR * k),
        );
    }
    if border == Border::Periodic && rows.len() == 3 {
        out.details.tensors.insert("permeability".to_owned(), Tensor { unit: Unit::SquareMetre, value: rows, method });
    }
    Ok(())
}
