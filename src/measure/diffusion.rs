//! Tortuosity factor and effective diffusivity of the void, by the steady balance of diffusion.

use super::details::Tensor;
use super::fields::{AXES, Ends, closed_along, driven, ended, taken, two_valued};
use super::figure::{Figure, Figures};
use crate::design::{Study, StudyError};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::solver::diffusion::{self, Ends as Held};
use crate::solver::openings::Openings;
use crate::units::Unit;

/// Part of the value by which it may be off whatever two resolutions say.
const FLOOR: f64 = 0.002;

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
    let frame = study.frame();
    let border = study.field.border;
    limits.check("diffusion", frame.len() as u64, diffusion::BYTES_PER_VOXEL)?;
    let openings = |keep: &Mask| {
        if two_valued(study) {
            Openings::of_mask(frame, border, keep, exec)
        } else {
            Openings::of_field(frame, border, distance, keep, exec)
        }
    };
    let method = format!("finite volumes on {}, {}", taken(study), driven(study));
    let mut rows: Vec<Vec<f64>> = Vec::new();
    // The solution of a repeating cell holds for all axes that the same void leads through along.
    let mut known = None;
    for axis in (0..3).filter(|a| axes[*a] && ends.axes[*a]) {
        let Some(keep) = &through[axis] else {
            closed_along(axis, "tortuosity", out);
            continue;
        };
        let open = openings(keep);
        let through = if border == Border::Periodic {
            let (_, (tensor, through)) = match known.take() {
                Some((void, solution)) if void == keep => known.insert((void, solution)),
                _ => known.insert((keep, diffusion::tensor(&open, exec)?)),
            };
            rows.push(tensor[axis].to_vec());
            through[axis]
        } else {
            diffusion::through(&open, axis, Held::Faces, exec)?
        };
        let method = format!("{method}; {}", ended(&through.solved, through.balance));
        let share = if two_valued(study) { keep.count() as f64 / frame.len() as f64 } else { open.share(axis, exec) };
        let d = through.diffusivity;
        let id = AXES[axis];
        if d <= 0.0 {
            closed_along(axis, "tortuosity", out);
            continue;
        }
        let tau = share / d;
        let of = format!("ε D0/Deff of the void that leads through; {method}");
        out.add(format!("tortuosity.{id}"), Figure::new(tau, Unit::One, of).floor(FLOOR * tau));
        let d = d * ends.fill;
        let of = format!("Deff/D0; {method}");
        out.add(format!("diffusivity.{id}"), Figure::new(d, Unit::One, of).floor(FLOOR * d));
        let of = format!("share of that void with less than 1 % of its mean flux; {method}");
        out.add(
            format!("diffusivity.dead_end_fraction.{id}"),
            Figure::new(through.stagnant, Unit::One, of).floor(0.002),
        );
    }
    if rows.len() == 3 {
        let method = format!("effective diffusivity over D0; {method}");
        out.details.tensors.insert("diffusivity".to_owned(), Tensor { unit: Unit::One, value: rows, method });
    }
    Ok(())
}
