//! A survey: every figure that was asked for, at one resolution.

use std::sync::Arc;

use super::figure::Figures;
use super::overhang::OverhangNeeds;
use super::placed::{ZoneNeeds, placed};
use super::{
    anisotropy, cavity, curvature, fit, gaps, interconnectivity, overhang, pieces, pore_size, porosity, profile, strut,
    surface, topology, zoned,
};
use crate::design::{CutPores, Region, Solid, Study, StudyError};
use crate::limits::{LimitError, Limits};
use crate::parallel::Exec;
use crate::picture::Block;
use crate::voxel::ridge::{Ball, Phase, Ridge, mirrored, ridge as find_ridge};
use crate::voxel::thickness::{Cover, Owners, cover};

/// Which figures are wanted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Needs {
    /// Pore sizes, with the ranges in µm whose share is wanted and their ids.
    pub pore_size: bool,
    /// Ranges of pore size.
    pub shares: Vec<(String, f64, f64)>,
    /// Profiles of the porosity.
    pub profiles: bool,
    /// Euler number and connectivity.
    pub topology: bool,
    /// Mean intercept lengths.
    pub anisotropy: bool,
    /// Strut sizes.
    pub strut: bool,
    /// What pictures are drawn from.
    pub pictures: bool,
    /// Paths and access.
    pub interconnectivity: bool,
    /// By how many voxels the input leaves sizes open: 1 for two-valued volumes.
    pub doubt: f64,
    /// Diameters in µm whose accessible share is wanted, with their ids.
    pub accessible: Vec<(String, f64)>,
    /// Whether the accessible void is wanted from each side as well.
    pub sides: bool,
    /// How many bottlenecks of the widest path along each axis are wanted with their places.
    pub throats: usize,
    /// Diameters in µm of the ways by which powder has to leave, with their ids.
    pub trapped: Vec<(String, f64)>,
    /// The thinnest strut in µm that can be made: thinner ones are told with their places.
    pub thinnest: Option<f64>,
    /// The narrowest gap in µm that stays open: narrower ones are told with their places.
    pub narrowest: Option<f64>,
    /// Surface that hangs over.
    pub overhang: Option<OverhangNeeds>,
    /// Size in µm of the volume that it is to be made in.
    pub build_volume: Option<[f64; 3]>,
    /// The cavity that it is to go into.
    pub cavity: Option<Arc<Region>>,
    /// How the surface bends.
    pub curvature: bool,
    /// Zones, and what is asked of each.
    pub zones: Vec<ZoneNeeds>,
}

/// What a survey gave, and on what grid.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// The figures.
    pub figures: Figures,
    /// Size of the grid.
    pub size: [usize; 3],
    /// Spacing of the grid, in µm.
    pub spacing: [f64; 3],
}

/// What becomes of a study that was surveyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// It is used again.
    Kept,
    /// It is not: its nearest triangles, 4 bytes a voxel, are freed once the balls are known.
    Spent,
}

/// Measures what is needed.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn survey(
    study: &mut Study<'_>,
    needs: &Needs,
    after: After,
    limits: &Limits,
    exec: &Exec,
) -> Result<Survey, StudyError> {
    survey_with(study, needs, None, after, limits, exec)
}

/// As [`survey`], with the ridge of the solid where it is at hand.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn survey_with(
    study: &mut Study<'_>,
    needs: &Needs,
    solid: Option<&Ridge>,
    after: After,
    limits: &Limits,
    exec: &Exec,
) -> Result<Survey, StudyError> {
    let mut figures = Figures::default();
    exec.stage("volumes and surface")?;
    let closed = porosity::measure(study, exec, &mut figures);
    surface::measure(study, &closed, exec, &mut figures);
    let zones = placed(study, &needs.zones, limits, exec)?;
    zoned::measure(study, &closed, &zones, exec, &mut figures);
    pieces::measure(study, exec, &mut figures);
    if needs.pictures {
        figures.picture = Some(Block::new(study, exec));
    }
    if needs.profiles {
        profile::measure(study, exec, &mut figures);
    }
    if needs.topology {
        topology::measure(study, exec, &mut figures);
    }
    if needs.anisotropy {
        anisotropy::measure(study, exec, &mut figures);
    }
    if let Some(overhang) = &needs.overhang {
        overhang::measure(study, overhang, &mut figures);
    }
    if let Some(volume) = needs.build_volume {
        fit::measure(study, volume, &mut figures);
    }
    if let Some(region) = &needs.cavity {
        exec.stage("room in the cavity")?;
        cavity::measure(study, region, exec, &mut figures);
    }
    if needs.curvature {
        curvature::measure(study, exec, &mut figures);
    }
    if needs.strut {
        exec.stage("strut thickness")?;
        strut::measure(study, needs, solid, &zones.list, limits, exec, &mut figures)?;
    }
    if needs.pore_size || needs.interconnectivity {
        exec.stage("ridge of the void")?;
        let mut ridge = find_ridge(&study.field, &study.void, exec);
        if study.cut == CutPores::Mirror {
            ridge.balls.extend(mirrored(&study.field, &study.void, exec));
        }
        exec.checkpoint()?;
        exec.stage("pore size")?;
        let cover = painted(study, &ridge.balls, limits, exec)?;
        let walled = (needs.pore_size && study.cut == CutPores::Clip).then(|| study.walled());
        // The walls of closed pores are told by the triangles.
        let walls = matches!(study.design.solid, Solid::Mesh(_)) && !closed.voxels.is_empty();
        if after == After::Spent && !walls {
            study.field.forget_nearest();
        }
        let study = &*study;
        if let Some(mut walled) = walled {
            let balls = find_ridge(&walled.field, &walled.void, exec).balls;
            let within = painted(&walled, &balls, limits, exec)?;
            walled.field.forget_nearest();
            pore_size::measure(&walled, &within, needs, &zones.list, limits, exec, &mut figures)?;
            gaps::measure(study, &cover, needs, exec, &mut figures);
        } else if needs.pore_size {
            pore_size::measure(study, &cover, needs, &zones.list, limits, exec, &mut figures)?;
        }
        if needs.interconnectivity {
            exec.stage("interconnectivity")?;
            interconnectivity::measure(study, &ridge, cover, &closed.voxels, needs, limits, exec, &mut figures)?;
        }
    }
    exec.checkpoint()?;
    Ok(Survey { figures, size: study.frame().size, spacing: study.frame().spacing })
}

/// The void, painted by its maximal balls.
fn painted<'a>(study: &Study<'_>, balls: &'a [Ball], limits: &Limits, exec: &Exec) -> Result<Cover<'a>, LimitError> {
    cover(&study.field, Phase::Void, &study.void, balls, Owners::Each, limits, exec)
}

/// Mean size of the pores in µm, as a survey measures it; `None` where there are none.
///
/// # Errors
/// When a field does not fit the memory budget, or the run was cancelled.
pub fn mean_pore(study: &Study<'_>, limits: &Limits, exec: &Exec) -> Result<Option<f64>, StudyError> {
    let walled = (study.cut == CutPores::Clip).then(|| study.walled());
    let study = walled.as_ref().unwrap_or(study);
    let mut balls = find_ridge(&study.field, &study.void, exec).balls;
    if study.cut == CutPores::Mirror {
        balls.extend(mirrored(&study.field, &study.void, exec));
    }
    exec.checkpoint()?;
    let mut figures = Figures::default();
    let cover = painted(study, &balls, limits, exec)?;
    pore_size::measure(study, &cover, &Needs::default(), &[], limits, exec, &mut figures)?;
    Ok(figures.figures.get("pore_size.mean").map(|figure| figure.value))
}
