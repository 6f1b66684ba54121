//! Oxygen: how far it is to the outside along the void, and how deep oxygen gets when cells use it.
//!
//! The way to the outside is the shortest one through the open void to any face of the body. With cells in the void, oxygen
//! comes in by diffusion alone and is used as it is met (Michaelis–Menten): the steady balance says what is left at each
//! place. The depth of supply is the shortest way at which less than the limit is left; where the limit is nowhere reached
//! it is the longest way there is. Perfused medium brings more: this is the case at rest.

use super::fields::two_valued;
use super::figure::{Figure, Figures};
use crate::design::{Finding, Severity, Study, StudyError};
use crate::grid::{Border, Mask};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::parallel::Exec;
use crate::solver::openings::Openings;
use crate::solver::reaction::{Appetite, BYTES_PER_VOXEL, left};
use crate::units::{Length, Unit, significant};
use crate::voxel::eikonal::ways;

/// Diffusivity of oxygen in water at 37 °C, µm²/s, by the formula of Han & Bartels 1996 (doi:10.1021/jp952903y).
const DIFFUSIVITY: f64 = 2620.0;

/// Oxygen at which a cell uses half of what it could, mol/m³: a few µM, an estimate.
const HALF: f64 = 0.005;

/// Part of a way by which it may be off whatever two resolutions say.
const FLOOR: f64 = 0.01;

/// Cells and what they breathe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Culture {
    /// Cells in each millilitre of void.
    pub cells_per_ml: f64,
    /// What a cell uses when there is plenty, fmol/h.
    pub use_fmol_per_h: f64,
    /// Oxygen outside, mol/m³ (mM).
    pub outside_mm: f64,
    /// Oxygen below which cells suffer, mol/m³ (mM).
    pub limit_mm: f64,
}

impl Culture {
    /// With what is usual: mesenchymal stem cells use 98 fmol/h (Pattappa et al. 2011, doi:10.1002/jcp.22605), medium under
    /// air holds 0.2 mM, and 0.01 mM is 1 % of oxygen in the gas.
    #[must_use]
    pub const fn of(cells_per_ml: f64) -> Self {
        Self { cells_per_ml, use_fmol_per_h: 98.0, outside_mm: 0.2, limit_mm: 0.01 }
    }

    fn appetite(&self) -> Appetite {
        // 1e6 ml in a m³, 1e-15 mol in a fmol: mol/(m³ s) at plenty.
        let rate = self.cells_per_ml * 1e6 * self.use_fmol_per_h * 1e-15 / 3600.0;
        Appetite { rate: rate / self.outside_mm / DIFFUSIVITY, half: HALF / self.outside_mm }
    }
}

/// Measures the ways, and with a culture what is left.
pub(super) fn measure(
    study: &Study<'_>,
    distance: &[f32],
    culture: Option<&Culture>,
    limits: &Limits,
    exec: &Exec,
    out: &mut Figures,
) -> Result<(), StudyError> {
    let frame = *study.frame();
    if study.field.border == Border::Periodic {
        let message = "an endless pattern has no outside that oxygen comes from: measure the whole part".to_owned();
        out.findings.push(Finding::new("oxygen.no_outside", Severity::Warning, message));
        return Ok(());
    }
    limits.check("the supply of oxygen", frame.len() as u64, BYTES_PER_VOXEL)?;
    let rim = rim(study);
    let lengths = ways(&frame, Border::Open, &study.void, rim, f32::INFINITY, limits, exec)?;
    exec.checkpoint()?;
    let [_, ny, nz] = frame.size;
    let mut open = Mask::empty(frame.size);
    let mut farthest = (0usize, -1.0f32);
    for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
        study.void.runs(y, z, |from, to| {
            for x in from..to {
                let i = frame.index(x, y, z);
                if lengths[i].is_finite() {
                    open.insert(x, y, z);
                    if lengths[i] > farthest.1 {
                        farthest = (i, lengths[i]);
                    }
                }
            }
        });
    }
    if farthest.1 < 0.0 {
        let message = "no void leads out: there is no way for oxygen".to_owned();
        out.findings.push(Finding::new("oxygen.no_way", Severity::Warning, message));
        return Ok(());
    }
    let longest = f64::from(farthest.1);
    let h = frame.coarsest();
    let method = "longest of the shortest ways through the open void to the outside (fast marching)";
    out.add("oxygen.distance", Figure::new(longest, Unit::Micrometre, method).floor((FLOOR * longest).max(0.5 * h)));
    out.places.insert("oxygen.distance".to_owned(), frame.centre(frame.voxel(farthest.0)));
    let Some(culture) = culture else {
        let message = "say how many cells there are to know how deep oxygen gets: --cells 1e6/mL".to_owned();
        out.findings.push(Finding::new("oxygen.cells", Severity::Info, message));
        return Ok(());
    };
    let openings = if two_valued(study) {
        Openings::of_mask(&frame, Border::Open, &study.void, exec)
    } else {
        Openings::of_field(&frame, Border::Open, distance, &study.inside, exec)
    };
    let (share, solved) = left(&openings, &open, &study.inside, culture.appetite(), exec)?;
    let limit = culture.limit_mm / culture.outside_mm;
    let (mut starved, mut edge, mut depth, mut lowest) = (0usize, 0usize, longest, (farthest.0, f64::INFINITY));
    let [nx, plane] = [frame.size[0], frame.size[0] * ny];
    for z in 0..nz {
        for y in 0..ny {
            open.runs(y, z, |from, to| {
                for i in frame.index(from, y, z)..frame.index(to - 1, y, z) + 1 {
                    if share[i] < limit {
                        starved += 1;
                        depth = depth.min(f64::from(lengths[i]));
                    }
                    // Beside a voxel on the other side of the limit.
                    let v = frame.voxel(i);
                    let other = |a: usize, step: usize, up: bool| {
                        let there = if up { v[a] + 1 < frame.size[a] } else { v[a] > 0 };
                        let j = if up { i + step } else { i.wrapping_sub(step) };
                        let w = if there { frame.voxel(j) } else { v };
                        open.get(w[0], w[1], w[2]) && there && (share[j] < limit) != (share[i] < limit)
                    };
                    let steps = [1, nx, plane];
                    edge += usize::from((0..3).any(|a| other(a, steps[a], false) || other(a, steps[a], true)));
                    if share[i] < lowest.1 {
                        lowest = (i, share[i]);
                    }
                }
            });
        }
    }
    let method = format!(
        "{} cells/mL of void using {} fmol/h each at plenty, half of it at {HALF} mM; {} mM outside, limit {} mM; D = \
         {DIFFUSIVITY} µm²/s; residual {:.0e}",
        significant(culture.cells_per_ml, 3),
        significant(culture.use_fmol_per_h, 3),
        significant(culture.outside_mm, 3),
        significant(culture.limit_mm, 3),
        solved.residual
    );
    let of = format!(
        "shortest way to the outside of void with less oxygen than the limit, the longest way if none; {method}"
    );
    out.add("oxygen.depth", Figure::new(depth, Unit::Micrometre, of).floor((FLOOR * depth).max(0.5 * h)));
    let of = format!("least oxygen in the open void, as a share of that outside; {method}");
    out.add("oxygen.lowest", Figure::new(lowest.1, Unit::One, of).floor(2e-3));
    out.places.insert("oxygen.lowest".to_owned(), frame.centre(frame.voxel(lowest.0)));
    let part = starved as f64 / open.count() as f64;
    // The border runs somewhere between the two layers of voxels beside it: half a voxel either way.
    let of = format!("share of the open void with less oxygen than the limit; {method}");
    out.add("oxygen.starved_fraction", Figure::new(part, Unit::One, of).floor(edge as f64 / 4.0 / open.count() as f64));
    if starved > 0 {
        out.findings.push(
            Finding::new(
                "oxygen.starved",
                Severity::Warning,
                format!(
                    "at rest oxygen falls below {} mM {} from the outside: {} % of the open void starve",
                    significant(culture.limit_mm, 3),
                    Length::from_um(depth),
                    significant(100.0 * part, 3)
                ),
            )
            .at(frame.centre(frame.voxel(lowest.0))),
        );
    }
    Ok(())
}

/// The voxels of void at the faces of the body, with their depth.
fn rim(study: &Study<'_>) -> Vec<(usize, f32)> {
    let frame = study.frame();
    let body = &study.envelope.body;
    let mut faces = study.inside.rim();
    faces.intersect(&study.void);
    let [_, ny, nz] = frame.size;
    let mut list = Vec::new();
    for z in 0..nz {
        for y in 0..ny {
            faces.runs(y, z, |from, to| {
                for x in from..to {
                    let depth = body.depth(&V3::from(frame.centre([x, y, z])));
                    list.push((frame.index(x, y, z), depth.max(0.0) as f32));
                }
            });
        }
    }
    list
}
