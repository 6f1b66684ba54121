//! Figures that need a field to be solved for: which are wanted, and what they share.

use super::figure::Figures;
use super::oxygen::Culture;
use super::{diffusion, oxygen, permeability, stiffness};
use crate::design::{Binarised, EnvelopeKind, Finding, Resolution, Severity, Solid, Study, StudyError};
use crate::grid::{Border, Connectivity, Mask};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::solver::multigrid::Solved;
use crate::voxel::labels::{Labels, winds};

/// Names of the axes, as ids end.
pub(super) const AXES: [&str; 3] = ["x", "y", "z"];

/// How the solid fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Failure {
    /// It yields: where the stress of von Mises reaches its strength.
    #[default]
    Yields,
    /// It cracks: where the greatest tension reaches a tenth of its compressive strength, or the greatest compression all of
    /// it. Ceramics bear ten to fifteen times more in compression than in tension (Ashby, *Materials Selection in
    /// Mechanical Design*).
    Cracks,
}

/// Which fields are wanted, along which axes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FieldNeeds {
    /// Diffusion through the void.
    pub diffusion: [bool; 3],
    /// Slow flow through the void.
    pub permeability: [bool; 3],
    /// Stiffness of the solid.
    pub stiffness: [bool; 3],
    /// Strength of the solid.
    pub strength: [bool; 3],
    /// Stiffness under uniform strain of all faces, an upper bound.
    pub bound: bool,
    /// Stiffness under uniform stress of all faces, a lower bound.
    pub lower: bool,
    /// Whether the grid is the one whose figures are told, not one that they are compared with: a solid that is a single
    /// voxel wide has none there.
    pub told: bool,
    /// How the solid fails.
    pub failure: Failure,
    /// Shear stress on the walls, for a mean flow that is declared.
    pub wall_shear: [bool; 3],
    /// Mean velocity of the medium through the whole cross-section, in µm/s.
    pub perfusion: Option<f64>,
    /// Ways for oxygen, and how deep it gets where cells are declared.
    pub oxygen: bool,
    /// The cells that use oxygen.
    pub culture: Option<Culture>,
}

impl FieldNeeds {
    /// Whether any is wanted.
    #[must_use]
    pub fn any(&self) -> bool {
        let axes = [self.diffusion, self.permeability, self.wall_shear, self.stiffness, self.strength];
        self.bound || self.lower || self.oxygen || axes.as_flattened().contains(&true)
    }

    /// Whether any is driven between two faces.
    fn driven(&self) -> bool {
        Self { oxygen: false, ..self.clone() }.any()
    }

    /// Along which axes flow has to be solved for.
    #[must_use]
    pub fn flow(&self) -> [bool; 3] {
        std::array::from_fn(|a| self.permeability[a] || (self.wall_shear[a] && self.perfusion.is_some()))
    }
}

/// Solves for what is needed.
///
/// # Errors
/// When a field does not converge or does not fit the memory budget, or the run was cancelled.
pub fn fields(study: &Study<'_>, needs: &FieldNeeds, limits: &Limits, exec: &Exec) -> Result<Figures, StudyError> {
    let mut out = Figures::default();
    let distance = distance(study, limits, exec)?;
    if needs.oxygen {
        exec.stage("oxygen in the void")?;
        oxygen::measure(study, &distance, needs.culture.as_ref(), limits, exec, &mut out)?;
    }
    if !needs.driven() {
        return Ok(out);
    }
    let Some(ends) = Ends::of(study, &mut out) else { return Ok(out) };
    let through: [Option<Mask>; 3] = std::array::from_fn(|a| {
        let wanted = ends.axes[a] && (needs.diffusion[a] || needs.flow()[a]);
        wanted.then(|| leading_through(study, a, exec)).flatten()
    });
    if needs.diffusion.contains(&true) {
        exec.stage("diffusion through the void")?;
        diffusion::measure(study, &distance, &ends, &through, needs.diffusion, limits, exec, &mut out)?;
    }
    if needs.wall_shear.contains(&true) && needs.perfusion.is_none() {
        permeability::undeclared(&mut out);
    }
    if needs.flow().contains(&true) {
        exec.stage("flow through the void")?;
        permeability::measure(study, &distance, &ends, &through, needs, limits, exec, &mut out)?;
    }
    if needs.bound || needs.lower || needs.stiffness.contains(&true) || needs.strength.contains(&true) {
        exec.stage("stiffness of the solid")?;
        stiffness::measure(study, &distance, &ends, needs, limits, exec, &mut out)?;
    }
    Ok(out)
}

/// Between which faces of the body a field is driven.
pub(super) struct Ends {
    /// Axes across which the body has two flat faces of one shape.
    pub axes: [bool; 3],
    /// Volume of the grid over that of the body.
    pub fill: f64,
}

impl Ends {
    /// `None`, with a finding, for bodies without such faces.
    pub(super) fn of(study: &Study<'_>, out: &mut Figures) -> Option<Self> {
        let body = &study.envelope.body;
        let round = body.planes.iter().filter(|p| p.normal.amax() > 1.0 - 1e-9).map(|p| p.normal.abs().imax());
        let axes = match body.kind {
            EnvelopeKind::Box | EnvelopeKind::Grid => [true; 3],
            EnvelopeKind::Cylinder => {
                // Some of the planes round a cylinder lie along the axes too; only its own axis has just two.
                let mut count = [0; 3];
                round.for_each(|a| count[a] += 1);
                let tilted =
                    |a: usize| body.planes.iter().any(|p| p.normal[a].abs() > 1e-9 && p.normal[a].abs() < 1.0 - 1e-9);
                std::array::from_fn(|a| count[a] == 2 && !tilted(a))
            }
            _ => [false; 3],
        };
        if axes == [false; 3] {
            let message = "diffusion, flow and stiffness are driven between two flat faces, which this envelope has not: \
                           use --envelope box, or crop a box out of the design";
            out.findings.push(Finding::new("fields.envelope", Severity::Warning, message.to_owned()));
            return None;
        }
        let frame = study.frame();
        Some(Self { axes, fill: frame.len() as f64 / study.inside.count().max(1) as f64 })
    }
}

/// Whether the phases are voxels, without a surface between them.
pub(super) fn two_valued(study: &Study<'_>) -> bool {
    let Solid::Volume { phases: Binarised::Two(..), frame, .. } = &study.design.solid else { return false };
    frame.size == study.frame().size
}

/// Signed distance to the surface without the cuts of the envelope, positive in the void; ± 0.5 for two values.
fn distance(study: &Study<'_>, limits: &Limits, exec: &Exec) -> Result<Vec<f32>, StudyError> {
    if !two_valued(study) {
        return Ok(study.without_caps(limits, exec)?);
    }
    let n = study.frame().size;
    let mut values = limits.try_vec("the phases", study.frame().len(), 0.5f32)?;
    exec.chunks(&mut values, n[0] * n[1], |z, plane| {
        for y in 0..n[1] {
            study.solid.runs(y, z, |from, to| plane[n[0] * y + from..n[0] * y + to].fill(-0.5));
        }
    });
    Ok(values)
}

/// The void that leads through along an axis, and the voxels beside it that the surface cuts; `None` where none does.
fn leading_through(study: &Study<'_>, axis: usize, exec: &Exec) -> Option<Mask> {
    let border = study.field.border;
    let kept = from_end_to_end(study, &study.void, axis, exec);
    if kept.is_empty() {
        return None;
    }
    if two_valued(study) {
        return Some(kept);
    }
    let mut grown = kept.clone();
    let [nx, ny, nz] = study.frame().size;
    let wrap = border == Border::Periodic;
    let around = |i: usize, n: usize| {
        let low = if i > 0 {
            i - 1
        } else if wrap {
            n - 1
        } else {
            i
        };
        let high = if i + 1 < n {
            i + 1
        } else if wrap {
            0
        } else {
            i
        };
        [low, high]
    };
    for z in 0..nz {
        for y in 0..ny {
            kept.runs(y, z, |from, to| {
                grown.insert_run(y, z, from.saturating_sub(1), (to + 1).min(nx));
                if wrap && from == 0 {
                    grown.insert(nx - 1, y, z);
                }
                if wrap && to == nx {
                    grown.insert(0, y, z);
                }
                around(y, ny).into_iter().for_each(|y| grown.insert_run(y, z, from, to));
                around(z, nz).into_iter().for_each(|z| grown.insert_run(y, z, from, to));
            });
        }
    }
    let mut others = study.void.clone();
    others.subtract(&kept);
    grown.subtract(&others);
    grown.intersect(&study.inside);
    Some(grown)
}

/// What of some void or solid leads through along an axis.
pub(super) fn from_end_to_end(study: &Study<'_>, phase: &Mask, axis: usize, exec: &Exec) -> Mask {
    let border = study.field.border;
    if border == Border::Periodic {
        let labels = Labels::new(phase, Connectivity::Six, border, &[], exec);
        return labels.select(|c| c.touches & winds(axis) != 0);
    }
    let sides = study.envelope.body.sides(study.frame(), &study.inside);
    let labels = Labels::new(phase, Connectivity::Six, border, &[&sides[2 * axis], &sides[2 * axis + 1]], exec);
    labels.select(|c| c.touches & 3 == 3)
}

/// Whether void or solid of two voxels or more in every direction leads through along an axis: less does not resolve a flow,
/// nor how a strut bends.
pub(super) fn resolved_along(study: &Study<'_>, phase: &Mask, axis: usize, exec: &Exec) -> bool {
    let [nx, ny, nz] = study.frame().size;
    let wrap = study.field.border == Border::Periodic;
    let next = |i: usize, n: usize| if i + 1 < n { Some(i + 1) } else { Some(0).filter(|_| wrap) };
    let mut wide = Mask::empty([nx, ny, nz]);
    for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
        let (Some(y1), Some(z1)) = (next(y, ny), next(z, nz)) else { continue };
        let rows = [(y, z), (y1, z), (y, z1), (y1, z1)];
        let all = |x: usize| rows.iter().all(|(y, z)| phase.get(x, *y, *z));
        phase.runs(y, z, |from, to| {
            for x in from..to {
                let Some(x1) = next(x, nx).filter(|x1| all(x) && all(*x1)) else { continue };
                for (y, z) in rows {
                    wide.insert(x, y, z);
                    wide.insert(x1, y, z);
                }
            }
        });
    }
    !from_end_to_end(study, &wide, axis, exec).is_empty()
}

/// Says that nothing leads through along an axis.
pub(super) fn closed_along(axis: usize, what: &str, out: &mut Figures) {
    let kind = "interconnectivity.does_not_percolate";
    let message = format!("no void leads through along {}: there is no {what} along it", AXES[axis]);
    out.findings.push(Finding::new(kind, Severity::Warning, message));
}

/// How the geometry was taken, for methods.
pub(super) fn taken(study: &Study<'_>) -> &'static str {
    if two_valued(study) { "voxels" } else { "voxels cut by the surface" }
}

/// How it was driven, for methods.
pub(super) fn driven(study: &Study<'_>) -> &'static str {
    if study.field.border == Border::Periodic { "repeating cell" } else { "between the ends, tight sides" }
}

/// Twice as coarse a resolution.
#[must_use]
pub fn coarser(resolution: Resolution) -> Resolution {
    match resolution {
        Resolution::Spacing(h) => Resolution::Spacing(2.0 * h),
        Resolution::Halvable(h) => Resolution::Halvable(2.0 * h),
        Resolution::Native { block, shift } => Resolution::Native { block: 2 * block, shift },
    }
}

/// How well a solve ended, for methods.
pub(super) fn ended(solved: &Solved, balance: f64) -> String {
    format!("residual {:.0e}, flux balanced to {balance:.0e}", solved.residual)
}
