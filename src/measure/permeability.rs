//! Permeability of the void, by slow flow through it, and the shear stress on its walls when it is perfused.

use super::details::Tensor;
use super::fields::{AXES, Ends, FieldNeeds, closed_along, ended, resolved_along, taken};
use super::figure::{Distribution, Figure, Figures};
use crate::design::{Finding, Severity, Study, StudyError};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::solver::flow::{BYTES_PER_VOXEL, Channel, Walls, along};
use crate::units::Unit;

/// Square metres in a square micrometre.
const M2: f64 = 1e-12;

/// Part of the value by which it may be off whatever two resolutions say.
const FLOOR: f64 = 0.01;

/// The same of shear on walls, which is a slope at a wall that cuts voxels.
const SHEAR_FLOOR: f64 = 0.05;

/// Viscosity of culture medium at 37 °C in mPa s: an estimate between water (0.69) and medium with serum (about 0.9).
const VISCOSITY: f64 = 0.78;

/// Classes of the distribution of shear.
const CLASSES: usize = 40;

pub(super) fn measure(
    study: &Study<'_>,
    distance: &[f32],
    ends: &Ends,
    through: &[Option<Mask>; 3],
    needs: &FieldNeeds,
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
    let wanted = needs.flow();
    for axis in (0..3).filter(|a| wanted[*a] && ends.axes[*a]) {
        let Some(keep) = &through[axis] else {
            closed_along(axis, "permeability", out);
            continue;
        };
        if !resolved_along(study, &study.void, axis, exec) {
            let message = format!(
                "the void that leads through along {} is a single voxel wide at its narrowest, which resolves no flow: use \
                 a finer --flow-resolution, or a finer scan",
                AXES[axis]
            );
            out.findings.push(Finding::new("permeability.unresolved", Severity::Warning, message));
            continue;
        }
        let perfusion = needs.perfusion.filter(|_| needs.wall_shear[axis]);
        let walls = if perfusion.is_some() { Walls::Shear } else { Walls::Ignored };
        let mut flow = along(&Channel { frame, border, distance, keep }, axis, walls, exec)?;
        let k = flow.permeability[axis] * M2 * ends.fill;
        if k <= 0.0 {
            closed_along(axis, "permeability", out);
            continue;
        }
        if let Some(speed) = perfusion {
            // The declared velocity is that through the body, not through the grid around it.
            let shear = std::mem::take(&mut flow.wall_shear);
            shear_on_walls(
                shear,
                speed / ends.fill,
                axis,
                &format!("{method}; {}", ended(&flow.solved, flow.balance)),
                out,
            );
        }
        if !needs.permeability[axis] {
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

/// Mean and percentiles of the shear on the walls, and their distribution, for a mean velocity in µm/s.
fn shear_on_walls(mut shear: Vec<f32>, speed: f64, axis: usize, method: &str, out: &mut Figures) {
    if shear.is_empty() {
        return;
    }
    shear.sort_unstable_by(f32::total_cmp);
    let scale = speed * VISCOSITY;
    let at = |share: f64| scale * f64::from(shear[((shear.len() - 1) as f64 * share).round() as usize]);
    let mean = scale * shear.iter().map(|s| f64::from(*s)).sum::<f64>() / shear.len() as f64;
    let name = AXES[axis];
    let method = format!(
        "by area of wall, {} µm/s of medium of {VISCOSITY} mPa s through the whole cross-section along {name}; {method}",
        crate::units::significant(speed, 3)
    );
    for (id, value, what) in [("mean", mean, "mean"), ("d50", at(0.5), "median"), ("d95", at(0.95), "95th percentile")]
    {
        let figure = Figure::new(value, Unit::Millipascal, format!("{what} {method}")).floor(SHEAR_FLOOR * value);
        out.add(format!("wall_shear.{id}.{name}"), figure);
    }
    // The highest percent lies in the last class.
    let step = at(0.99) / CLASSES as f64;
    if step > 0.0 {
        let edges: Vec<f64> = (0..=CLASSES).map(|k| k as f64 * step).collect();
        let mut fraction = vec![0.0; CLASSES];
        for s in &shear {
            fraction[((scale * f64::from(*s) / step) as usize).min(CLASSES - 1)] += 1.0 / shear.len() as f64;
        }
        out.distributions
            .insert(format!("wall_shear.{name}"), Distribution { unit: Unit::Millipascal, edges, fraction });
    }
}

/// Says that a flow has to be declared.
pub(super) fn undeclared(out: &mut Figures) {
    let message =
        "shear on the walls needs a flow: declare the mean velocity of the medium, such as --perfusion 100um/s";
    out.findings.push(Finding::new("wall_shear.perfusion", Severity::Info, message.to_owned()));
}
