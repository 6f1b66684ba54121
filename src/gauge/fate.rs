//! What becomes of a measured design: from its fields to the body that degrades, and to what follows from it.

use std::collections::BTreeMap;

use super::fields::resolution;
use super::run::Run;
use crate::advice::{Subject, Tuning, is_matching, tune};
use crate::criteria::{Check, Verdict, built_in};
use crate::design::{CutPores, Design, Resolution, Study, StudyError};
use crate::fate::apart::{AXES, Apart, falls_apart};
use crate::fate::front::Front;
use crate::fate::ingrowth::inward;
use crate::fate::shielding::shielding;
use crate::fate::softening::Softening;
use crate::fate::timeline::{Timeline, default_days, timeline};
use crate::fate::{Body, Ground, GrowthLaw, Host, Library, Material, Range, assess};
use crate::measure::{Figures, Level, Measurement, coarser, remaining};
use crate::parallel::Exec;
use crate::picture::Strip;
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
    let mut ground = if law == GrowthLaw::Curvature {
        exec.stage("growth by curvature")?;
        let phi = study.without_caps(limits, exec)?;
        let times = covering_times(frame, study.field.border, &phi, void, limits, exec)?;
        Ground::new(law, frame, void, &ways, &times, 0.0, exec)
    } else {
        Ground::new(law, frame, void, &ways, &study.field.values, frame.coarsest(), exec)
    };
    if run.cut == CutPores::Periodic {
        ground.host = Host::Everywhere;
    }
    exec.checkpoint()?;
    Ok(Some(ground))
}

/// What a front leaves of the solid, when it falls apart and how soft it becomes, and a section where it is to be drawn.
fn front(
    design: &Design,
    resolution: Resolution,
    softening: Option<Softening>,
    run: &Run,
    exec: &Exec,
) -> Result<(Front, Option<Strip>), StudyError> {
    exec.stage("front through the solid")?;
    let study = Study::new(design, &design.envelope, resolution, run.cut, &run.limits, exec)?;
    let field = study.uncapped(&run.limits, exec)?;
    let front = Front::of(study.frame(), &study.inside, &field.values, exec);
    exec.stage("where the solid falls apart")?;
    let apart = soonest(falls_apart(&study, &field, &run.limits, exec)?, run.axis);
    // Drawn along the axis that gives way, across y unless that is the axis.
    let axis = if apart.is_some_and(|a| a.axis == 1) { 0 } else { 1 };
    let strip = (run.pictures && run.timeline.is_some()).then(|| Strip::of(&study, &field.values, axis));
    Ok((Front { apart, softening, ..front }, strip))
}

/// What a front leaves at a resolution, without a section.
fn front_at(
    design: &Design,
    resolution: Resolution,
    softening: Option<Softening>,
    run: &Run,
    exec: &Exec,
) -> Result<Front, StudyError> {
    Ok(front(design, resolution, softening, &Run { pictures: false, ..run.clone() }, exec)?.0)
}

/// Widens the range of a figure by what a grid twice as coarse makes of it: that much the grid may leave open beside the
/// ranges of material and tissue.
fn widen(figure: &mut Measurement, coarse: Option<&Measurement>) {
    let (Some((low, high)), Some(coarse)) = (figure.range, coarse) else { return };
    let by = (figure.value - coarse.value).abs();
    let (low, high) = ((low - by).max(0.0), high + by);
    figure.range = Some((low, high));
    figure.uncertainty = (high - figure.value).max(figure.value - low);
}

/// The axis along which it falls apart first, of the one that was asked for.
fn soonest(apart: [Option<Apart>; 3], axis: Option<usize>) -> Option<Apart> {
    let wanted = apart.into_iter().flatten().filter(|a| axis.is_none_or(|axis| a.axis == axis));
    wanted.min_by(|a, b| a.depth.total_cmp(&b.depth))
}

/// How soft the solid becomes when a front moves inward, by finite elements at depths spread evenly from the first to that
/// at which it falls apart; along the axis asked for, else the weakest. On the grid of solved fields.
pub(super) fn softening(
    design: &Design,
    measurements: &BTreeMap<String, Measurement>,
    run: &Run,
    exec: &Exec,
) -> Result<Option<Softening>, StudyError> {
    let erodes = run.material.as_ref().is_some_and(Material::erodes);
    let Some(days) = run.stiffness_days.filter(|n| *n > 1 && erodes) else { return Ok(None) };
    let limits = &run.limits;
    let resolution = resolution(design, run.flow_resolution)?;
    let study = Study::new(design, &design.envelope, resolution, run.cut, limits, exec)?;
    let field = study.uncapped(limits, exec)?;
    let weakest = || {
        let of = |axis: usize| measurements.get(&format!("stiffness.{}", AXES[axis])).map(|m| (axis, m.value));
        (0..3).filter_map(of).min_by(|a, b| a.1.total_cmp(&b.1)).map(|w| w.0)
    };
    let Some(axis) = run.axis.or_else(weakest) else { return Ok(None) };
    let Some(apart) = falls_apart(&study, &field, limits, exec)?[axis] else { return Ok(None) };
    let mut points = Vec::new();
    for k in 0..days {
        exec.stage(&format!("stiffness of what is left, {} of {days}", k + 1))?;
        let depth = apart.depth * k as f64 / days as f64;
        let Some(modulus) = remaining(&study, &field.values, depth, axis, limits, exec)? else { return Ok(None) };
        points.push((depth, modulus));
    }
    points.push((apart.depth, 0.0));
    Ok(Softening::new(&points))
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

/// The computed moduli along the weakest and the stiffest axis, where something asked for them; else the estimate stands.
fn computed(measurements: &BTreeMap<String, Measurement>) -> Option<[Range; 2]> {
    let axes = || ["stiffness.x", "stiffness.y", "stiffness.z"].iter().filter_map(|id| measurements.get(*id));
    let range = |m: &Measurement| m.range.map(|(low, high)| Range { low, typical: m.value, high });
    let weakest = axes().min_by(|a, b| a.value.total_cmp(&b.value)).and_then(range)?;
    let stiffest = axes().max_by(|a, b| a.value.total_cmp(&b.value)).and_then(range)?;
    Some([weakest, stiffest])
}

/// What degrades, and its course where that was asked for.
pub(super) struct Fate {
    /// What of the design decides how it degrades.
    pub body: Body,
    /// Scaffold and tissue over time.
    pub timeline: Option<Timeline>,
}

/// Adds what follows from material and tissue to the figures of a design.
pub(super) fn fate(
    measurements: &mut BTreeMap<String, Measurement>,
    fine: &mut Level,
    design: &Design,
    resolution: Resolution,
    (ground, softening): (Option<Ground>, Option<Softening>),
    run: &Run,
    exec: &Exec,
) -> Result<Option<Fate>, StudyError> {
    let Some(material) = &run.material else { return Ok(None) };
    let value = |id: &str| measurements.get(id).map(|m| m.value);
    let (Some(total), Some(solid)) = (value("volume.total"), value("volume.solid")) else { return Ok(None) };
    let figures = &mut fine.survey.figures;
    let erodes = material.erodes();
    let (front, strip) =
        if erodes { front(design, resolution, softening, run, exec)? } else { (Front::default(), None) };
    let moduli = computed(measurements);
    let body = Body {
        density: solid / total,
        front,
        walls: walls(figures),
        strut: value("strut.d50"),
        stiffness: moduli.map(|[weakest, _]| weakest),
        ground,
    };
    let (mut more, findings) = assess(material, run.tissue.as_ref(), &body);
    if erodes {
        let coarse = match front_at(design, coarser(resolution), body.front.softening.clone(), run, exec) {
            // What is too thin for that grid is left as it is.
            Err(StudyError::OnePhase(_) | StudyError::Resolution(_)) => None,
            other => Some(other?),
        };
        if let Some(front) = coarse {
            let coarse = assess(material, run.tissue.as_ref(), &Body { front, ..body.clone() }).0;
            more.iter_mut().for_each(|(id, figure)| widen(figure, coarse.get(id)));
        }
    }
    measurements.extend(more);
    figures.findings.extend(findings);
    if let Some(tissue) = &run.tissue {
        let (figure, finding) = shielding(material, tissue, body.density, moduli.map(|[_, stiffest]| stiffest));
        measurements.extend(figure.map(|figure| ("matching.shielding".to_owned(), figure)));
        figures.findings.extend(finding);
    }
    let timeline = run.timeline.as_ref().zip(run.tissue.as_ref()).map(|(days, tissue)| {
        let days = if days.is_empty() { default_days(tissue, &body) } else { days.clone() };
        Timeline { strip, ..timeline(material, tissue, &body, days) }
    });
    Ok(Some(Fate { body, timeline }))
}

/// Which knob of the material would make it match, where a course is asked for or a check on matching fails; into these
/// checks it is put as their advice.
pub(super) fn tuned(body: &Body, run: &Run, checks: &mut [Check], exec: &Exec) -> Option<Tuning> {
    let (Some(material), Some(tissue)) = (&run.material, &run.tissue) else { return None };
    let fails = |c: &Check| c.verdict == Verdict::Fail && c.rule.measure().is_some_and(is_matching);
    if run.timeline.is_none() && !checks.iter().any(fails) {
        return None;
    }
    let library = Library::built_in().ok()?;
    let review = built_in("review").ok()?;
    let criteria = run.criteria.as_ref().unwrap_or(&review);
    let tuning = tune(&Subject { material, tissue, body, criteria }, &library, exec);
    for check in checks.iter_mut().filter(|c| fails(c)) {
        check.advice = Some(tuning.summary.clone());
    }
    Some(tuning)
}
