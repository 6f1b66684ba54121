//! What becomes of a measured design: from its fields to the body that degrades, and to what follows from it.

use std::collections::BTreeMap;

use super::fields::resolution;
use super::run::Run;
use crate::design::{Design, Resolution, Study, StudyError};
use crate::fate::front::Front;
use crate::fate::ingrowth::inward;
use crate::fate::library::Law;
use crate::fate::timeline::{Timeline, default_days, timeline};
use crate::fate::{Body, Ground, GrowthLaw, Range, assess};
use crate::measure::{Figures, Level, Measurement};
use crate::parallel::Exec;
use crate::voxel::curvature::covering_times;

/// What of the void decides how tissue fills it, where growth is to be followed in the void; on the grid of solved fields.
pub(super) fn ground(design: &Design, run: &Run, exec: &Exec) -> Result<Option<Ground>, StudyError> {
    let law = run.growth;
    if law == GrowthLaw::Healing || run.material.is_none() || run.tissue.is_none() {
        return Ok(None);
    }
    exec.stage("ways of the tissue")?;
    let limits = &run.limits;
    let resolution = resolution(design, run.flow_resolution)?;
    let study = Study::new(design, &design.envelope, resolution, run.cut, limits, exec)?;
    let (frame, void) = (study.frame(), &study.void);
    let ways = inward(&study, run.tissue_throat.um(), limits, exec)?;
    let ground = if law == GrowthLaw::Curvature {
        exec.stage("growth by curvature")?;
        let phi = study.without_caps(limits, exec)?;
        let times = covering_times(frame, study.field.border, &phi, void, limits, exec)?;
        Ground::new(law, frame, void, &ways, &times, 0.0, exec)
    } else {
        Ground::new(law, frame, void, &ways, &study.field.values, frame.coarsest(), exec)
    };
    exec.checkpoint()?;
    Ok(Some(ground))
}

/// Thickness below which 95 % of the solid lies, in µm.
fn walls(figures: &Figures) -> Option<f64> {
    let strut = figures.distributions.get("strut")?;
    let mut below = 0.0;
    let k = strut.fraction.iter().position(|f| {
        below += f;
        below >= 0.95
    })?;
    strut.edges.get(k + 1).copied()
}

/// The computed modulus along the weakest axis, where something asked for it; else the estimate stands.
fn computed(measurements: &BTreeMap<String, Measurement>) -> Option<Range> {
    let axes = ["stiffness.x", "stiffness.y", "stiffness.z"].iter().filter_map(|id| measurements.get(*id));
    let weakest = axes.min_by(|a, b| a.value.total_cmp(&b.value))?;
    let (low, high) = weakest.range?;
    Some(Range { low, typical: weakest.value, high })
}

/// Adds what follows from material and tissue to the figures of a design.
pub(super) fn fate(
    measurements: &mut BTreeMap<String, Measurement>,
    fine: &mut Level,
    design: &Design,
    resolution: Resolution,
    ground: Option<Ground>,
    run: &Run,
    exec: &Exec,
) -> Result<Option<Timeline>, StudyError> {
    let Some(material) = &run.material else { return Ok(None) };
    let value = |id: &str| measurements.get(id).map(|m| m.value);
    let (Some(total), Some(solid)) = (value("volume.total"), value("volume.solid")) else { return Ok(None) };
    let figures = &mut fine.survey.figures;
    let erodes = matches!(material.law, Law::SurfaceErosion | Law::Corrosion) && material.measured.is_none();
    let front = if erodes {
        exec.stage("front through the solid")?;
        let study = Study::new(design, &design.envelope, resolution, run.cut, &run.limits, exec)?;
        let values = study.without_caps(&run.limits, exec)?;
        Front::of(study.frame(), &study.inside, &values, exec)
    } else {
        Front::default()
    };
    let body = Body { density: solid / total, front, walls: walls(figures), stiffness: computed(measurements), ground };
    let (more, findings) = assess(material, run.tissue.as_ref(), &body);
    measurements.extend(more);
    figures.findings.extend(findings);
    let (Some(days), Some(tissue)) = (&run.timeline, &run.tissue) else { return Ok(None) };
    let days = if days.is_empty() { default_days(tissue) } else { days.clone() };
    Ok(Some(timeline(material, tissue, &body, days)))
}
