//! What becomes of a measured design: from its fields to the body that degrades, and to what follows from it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::fields::resolution;
use super::run::Run;
use crate::advice::{Subject, Tuning, is_matching, tune};
use crate::criteria::{Check, Verdict, built_in};
use crate::design::{CutPores, Design, Resolution, Solid, Study, StudyError};
use crate::fate::adequacy::adequacy;
use crate::fate::apart::{AXES, Apart, falls_apart};
use crate::fate::freed::freed;
use crate::fate::front::Front;
use crate::fate::ingrowth::inward;
use crate::fate::opening::open;
use crate::fate::shielding::shielding;
use crate::fate::softening::Softening;
use crate::fate::timeline::{Timeline, default_days, timeline};
use crate::fate::{Body, Ground, GrowthLaw, Host, Library, Material, Range, assess};
use crate::measure::{Figures, Level, Measurement, coarser, mean_pore, remaining};
use crate::parallel::Exec;
use crate::picture::Strip;
use crate::voxel::curvature::covering_times;
use crate::voxel::ridge::Ridge;

/// Voxels of the grid on which pores are measured as they grow, about, and of the one that it is compared with; and depths of
/// the front at which they are.
const PORE_VOXELS: f64 = 400_000.0;
const FEWER_VOXELS: f64 = 120_000.0;
const PORE_DEPTHS: usize = 5;

/// What of the void decides how tissue fills it, on the grid of solved fields and on one twice as coarse.
#[derive(Clone, Default)]
pub(super) struct Grounds {
    fine: Option<Ground>,
    coarse: Option<Ground>,
}

/// What of the void decides how tissue fills it, where growth is to be followed in the void.
pub(super) fn ground(design: &Design, run: &Run, exec: &Exec) -> Result<Grounds, StudyError> {
    if run.growth == GrowthLaw::Healing || run.tissue.is_none() {
        return Ok(Grounds::default());
    }
    let Some(material) = &run.material else { return Ok(Grounds::default()) };
    let resolution = resolution(design, run.flow_resolution)?;
    let fine = ground_at(design, resolution, material, run, exec)?;
    let coarse = unless_thin(ground_at(design, coarser(resolution), material, run, exec))?;
    Ok(Grounds { fine: Some(fine), coarse })
}

/// Nothing where a solid is too thin for its grid.
fn unless_thin<T>(found: Result<T, StudyError>) -> Result<Option<T>, StudyError> {
    match found {
        Err(StudyError::OnePhase(_) | StudyError::Resolution(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// The same at a resolution.
fn ground_at(
    design: &Design,
    resolution: Resolution,
    material: &Material,
    run: &Run,
    exec: &Exec,
) -> Result<Ground, StudyError> {
    exec.stage("ways of the tissue")?;
    let (law, limits) = (run.growth, &run.limits);
    let study = Study::new(design, &design.envelope, resolution, run.cut, limits, exec)?;
    let (frame, void) = (study.frame(), &study.void);
    let mut ways = inward(&study, run.tissue_throat.um(), limits, exec)?;
    let uncapped = study.uncapped(limits, exec)?;
    if material.erodes() {
        exec.stage("ways that degradation opens")?;
        open(&study, &uncapped.values, run.tissue_throat.um(), &mut ways, limits, exec)?;
    }
    let times = if law == GrowthLaw::Curvature {
        exec.stage("growth by curvature")?;
        covering_times(frame, study.field.border, &uncapped.values, void, limits, exec)?
    } else {
        Vec::new()
    };
    let (locals, spread) =
        if law == GrowthLaw::Curvature { (&times, 0.0) } else { (&study.field.values, frame.coarsest()) };
    let freed = if material.erodes() { freed(&study, &uncapped, law, &ways, locals, exec) } else { Vec::new() };
    let mut ground = Ground::new(law, frame, void, &ways, (locals, spread), freed, exec);
    if run.cut == CutPores::Periodic {
        ground.host = Host::Everywhere;
    }
    exec.checkpoint()?;
    Ok(ground)
}

/// What a front leaves of the solid of a study.
#[derive(Clone)]
pub(super) struct Eroding {
    /// How fine the study was.
    resolution: Resolution,
    /// What is left, and when it falls apart.
    front: Front,
    /// A section, where it is to be drawn.
    strip: Option<Strip>,
}

/// What a front leaves of the solid of a study, when it falls apart, and a section where it is to be drawn; `ridge` is that
/// of the solid in the study's own field, where it is at hand.
pub(super) fn eroding(
    study: &Study<'_>,
    ridge: Option<&Ridge>,
    resolution: Resolution,
    run: &Run,
    exec: &Exec,
) -> Result<Eroding, StudyError> {
    exec.stage("front through the solid")?;
    let field = study.uncapped(&run.limits, exec)?;
    let front = Front::of(study.frame(), &study.inside, &field.values, exec);
    exec.stage("where the solid falls apart")?;
    let ridge = ridge.filter(|_| matches!(field, Cow::Borrowed(_)));
    let apart = soonest(falls_apart(study, &field, ridge, &run.limits, exec)?, run.axis);
    // Drawn along the axis that gives way, across y unless that is the axis.
    let axis = if apart.is_some_and(|a| a.axis == 1) { 0 } else { 1 };
    let strip = (run.pictures && run.timeline.is_some()).then(|| Strip::of(study, &field.values, axis));
    Ok(Eroding { resolution, front: Front { apart, ..front }, strip })
}

/// The front with how soft the solid becomes, and the sizes of pores that grow where a course is asked for.
fn front(
    eroding: &Eroding,
    design: &Design,
    (softening, most): (Option<Softening>, f64),
    run: &Run,
    exec: &Exec,
) -> Result<Front, StudyError> {
    let front = &eroding.front;
    let pores = match (&run.timeline, front.depth.last()) {
        (Some(_), Some(deepest)) => pores(design, eroding.resolution, (*deepest, most), run, exec)?,
        _ => Vec::new(),
    };
    Ok(Front { softening, pores, ..front.clone() })
}

/// Mean size of pores in µm at a few depths of the front, on a grid of few voxels; nothing where the solid is too thin for
/// it.
fn pores(
    design: &Design,
    resolution: Resolution,
    (deepest, most): (f64, f64),
    run: &Run,
    exec: &Exec,
) -> Result<Vec<(f64, f64)>, StudyError> {
    exec.stage("pores that grow")?;
    let resolution = match resolution {
        Resolution::Native { block, shift } => {
            let voxels = if let Solid::Volume { frame, .. } = &design.solid { frame.len() } else { 0 };
            let least = (voxels as f64 / most).cbrt().ceil() as usize;
            Resolution::Native { block: block.max(least), shift }
        }
        Resolution::Spacing(h) | Resolution::Halvable(h) => {
            let extent = design.envelope.body.high - design.envelope.body.low;
            Resolution::Spacing(h.max((extent.product() / most).cbrt()))
        }
    };
    let limits = &run.limits;
    let study = match unless_thin(Study::new(design, &design.envelope, resolution, run.cut, limits, exec))? {
        Some(study) => study,
        None => return Ok(Vec::new()),
    };
    let field = study.uncapped(limits, exec)?;
    let mut sizes = Vec::new();
    for k in 0..PORE_DEPTHS {
        exec.checkpoint()?;
        let depth = deepest * k as f64 / PORE_DEPTHS as f64;
        let Some(left) = study.eroded(&field, depth, limits, exec)? else { break };
        sizes.extend(mean_pore(&left, limits, exec)?.map(|size| (depth, size)));
    }
    Ok(sizes)
}

/// What a front leaves on a grid twice as coarse, without a section; of what is known where it is of that grid.
fn eroding_coarse(
    known: Option<&Eroding>,
    design: &Design,
    resolution: Resolution,
    run: &Run,
    exec: &Exec,
) -> Result<Option<Eroding>, StudyError> {
    let resolution = coarser(resolution);
    if let Some(known) = known.filter(|known| known.resolution == resolution) {
        return Ok(Some(known.clone()));
    }
    let run = Run { pictures: false, ..run.clone() };
    let study = unless_thin(Study::new(design, &design.envelope, resolution, run.cut, &run.limits, exec))?;
    study.map(|study| eroding(&study, None, resolution, &run, exec)).transpose()
}

/// What a grid twice as coarse makes of a body, with the share of solid at the end of what it leaves open; `None` where the
/// grid decides nothing. The computed stiffness has ranges of its own.
fn coarse(
    body: &Body,
    (off, ground): (f64, Option<Ground>),
    [eroding, known]: [Option<&Eroding>; 2],
    design: &Design,
    run: &Run,
    exec: &Exec,
) -> Result<Option<Body>, StudyError> {
    let ground = ground.or_else(|| body.ground.clone());
    let mut coarse = Body { density: (body.density + off).min(1.0), ground, ..body.clone() };
    if let Some(eroding) = eroding.filter(|e| !e.front.is_empty())
        && let Some(eroding) = eroding_coarse(known, design, eroding.resolution, run, exec)?
    {
        coarse.front = front(&eroding, design, (body.front.softening.clone(), FEWER_VOXELS), run, exec)?;
    }
    Ok((coarse != *body).then_some(coarse))
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
    let Some(apart) = falls_apart(&study, &field, None, limits, exec)?[axis] else { return Ok(None) };
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

/// Thickness below which a share of the solid lies, in µm.
fn walls(figures: &Figures, share: f64) -> Option<f64> {
    let strut = figures.distributions.get("strut")?;
    let mut below = 0.0;
    let k = strut.fraction.iter().position(|f| {
        below += f;
        below >= share
    })?;
    strut.edges.get(k + 1).copied()
}

/// The range of a figure of a material.
fn range(m: &Measurement) -> Option<Range> {
    m.range.map(|(low, high)| Range { low, typical: m.value, high })
}

/// The computed moduli along the weakest and the stiffest axis, where something asked for them; else the estimate stands.
fn computed(measurements: &BTreeMap<String, Measurement>) -> Option<[Range; 2]> {
    let axes = || ["stiffness.x", "stiffness.y", "stiffness.z"].iter().filter_map(|id| measurements.get(*id));
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

/// Adds what follows from material and tissue to the figures of a design. `eroding` is what a front leaves on the grid of
/// the figures, and on a coarser one where that is known.
pub(super) fn fate(
    measurements: &mut BTreeMap<String, Measurement>,
    fine: &mut Level,
    design: &Design,
    [eroding, known]: [Option<&Eroding>; 2],
    (grounds, softening): (Grounds, Option<Softening>),
    run: &Run,
    exec: &Exec,
) -> Result<Option<Fate>, StudyError> {
    let Some(material) = &run.material else { return Ok(None) };
    let value = |id: &str| measurements.get(id).map(|m| m.value);
    let (Some(total), Some(solid)) = (value("volume.total"), value("volume.solid")) else { return Ok(None) };
    let figures = &mut fine.survey.figures;
    let front = match eroding {
        Some(eroding) => front(eroding, design, (softening, PORE_VOXELS), run, exec)?,
        None => Front::default(),
    };
    let moduli = computed(measurements);
    let body = Body {
        density: solid / total,
        front,
        walls: walls(figures, 0.95),
        thinner: walls(figures, 0.05).zip(walls(figures, 0.5)).map(|(thin, half)| [thin, half]),
        strut: value("strut.d50"),
        stiffness: moduli.map(|[weakest, _]| weakest),
        ground: grounds.fine,
    };
    let (mut more, findings) = assess(material, run.tissue.as_ref(), &body);
    let off = measurements.get("volume.solid").map_or(0.0, |m| m.uncertainty) / total;
    let coarse = coarse(&body, (off, grounds.coarse), [eroding, known], design, run, exec)?;
    if let Some(coarse) = &coarse {
        let coarse = assess(material, run.tissue.as_ref(), coarse).0;
        more.iter_mut().for_each(|(id, figure)| widen(figure, coarse.get(id)));
    }
    measurements.extend(more);
    figures.findings.extend(findings);
    if let Some(tissue) = &run.tissue {
        let (figure, finding) = shielding(material, tissue, body.density, moduli.map(|[_, stiffest]| stiffest));
        measurements.extend(figure.map(|figure| ("matching.shielding".to_owned(), figure)));
        let strong = measurements.get("strength.weakest").and_then(range);
        let figure = adequacy(material, tissue, body.density, [moduli.map(|[weakest, _]| weakest), strong]);
        measurements.extend(figure.map(|figure| ("matching.adequacy".to_owned(), figure)));
        figures.findings.extend(finding);
    }
    let timeline = run.timeline.as_ref().zip(run.tissue.as_ref()).map(|(days, tissue)| {
        let days = if days.is_empty() { default_days(material, tissue, &body) } else { days.clone() };
        let mut course = timeline(material, tissue, &body, days.clone());
        if let Some(coarse) = &coarse {
            course.widen(&timeline(material, tissue, coarse, days));
        }
        Timeline { strip: eroding.and_then(|e| e.strip.clone()), ..course }
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
