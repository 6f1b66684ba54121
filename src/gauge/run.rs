//! One run over any number of files: each design is measured on ever finer grids until its required checks are decided.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::blocks::block;
use super::cache::Cache;
use super::fate::{Eroding, Fate, eroding, fate, ground, softening, tuned};
use super::fields::{Solved, estimate, solve};
use super::names::{names, showable};
use super::plan::{Plan, plan};
use super::readings::{self, Beside, Readings};
use crate::advice::Tuning;
use crate::criteria::{Check, Context, Criteria, Declared, Making, MaterialRecord, judge};
use crate::design::{
    Binarised, CutPores, Design, DesignError, EnvelopeChoice, Finding, Options, Region, Resolution, Severity, Solid,
    Study, StudyError,
};
use crate::fate::timeline::Timeline;
use crate::fate::{GrowthLaw, Material, Tissue};
use crate::input::load_with;
use crate::limits::Limits;
use crate::measure::{After, Culture, Figures, Level, Measurement, Survey, alignment, combine, survey_with};
use crate::parallel::{Cancelled, Exec};
use crate::report::{CriteriaEntry, DesignEntry, Measured, Report, SettingEntry, design_entry, error_entry};
use crate::units::{Length, significant};
use crate::voxel::ridge::ridge;

/// What a run is asked for.
#[derive(Clone, Debug)]
pub struct Run {
    /// What the user says about the files.
    pub options: Options,
    /// The criteria; `None` to measure only.
    pub criteria: Option<Criteria>,
    /// Measures wanted beside those of the criteria.
    pub measures: Vec<String>,
    /// Whether advisory checks gate, and missing declarations fail.
    pub strict: bool,
    /// Voxel size; `None` to refine until decided.
    pub resolution: Option<Length>,
    /// Voxels of the finest grid.
    pub max_voxels: u64,
    /// Voxel size of solved fields; `None` for about 128³ voxels.
    pub flow_resolution: Option<Length>,
    /// What becomes of pores that the envelope cuts.
    pub cut: CutPores,
    /// How it is to be made.
    pub making: Making,
    /// The declared material.
    pub material: Option<Material>,
    /// The declared tissue.
    pub tissue: Option<Tissue>,
    /// By what law tissue grows.
    pub growth: GrowthLaw,
    /// The narrowest throat that tissue from the host passes.
    pub tissue_throat: Length,
    /// The declared load, in MPa.
    pub load: Option<f64>,
    /// Whether a timeline is wanted, and its days if they are given.
    pub timeline: Option<Vec<f64>>,
    /// On how many days of an eroding solid its stiffness is computed; `None` to estimate it.
    pub stiffness_days: Option<usize>,
    /// The axis whose stiffness a timeline follows: 0 for x; `None` for the weakest.
    pub axis: Option<usize>,
    /// The declared mean velocity of perfused medium, in µm/s.
    pub perfusion: Option<f64>,
    /// The declared cells in the void, and what they breathe.
    pub culture: Option<Culture>,
    /// How many bottlenecks along each axis are wanted with their places; 0 for as many as the measures ask for.
    pub throats: usize,
    /// Whether the report is to show pictures; they change no figure.
    pub pictures: bool,
    /// Whether the design is changed as advised and measured again.
    pub verify_advice: bool,
    /// Memory budget.
    pub limits: Limits,
}

/// Voxels of the finest grid when nothing else is said: the same on every machine.
pub const MAX_VOXELS: u64 = 1 << 27;

/// The narrowest throat that tissue passes when nothing is said: bone was seen to grow through 50 µm (recalled: Lu et al.
/// 1999), cells pass 20 µm.
pub const TISSUE_THROAT: Length = Length::from_um(50.0);

/// Voxels across a limit that a mesh or grey levels need, and that two values need.
const ACROSS: (f64, f64) = (4.0, 8.0);

/// Voxels by which two values leave sizes open: a wall of N voxels may be nearly one thicker or thinner. Shapes of 4 to 32
/// voxels read up to 0.64 off on average (`benches/peers/bias.md`).
const TWO_VALUED: f64 = 1.0;

/// Voxels across the smallest side of the body where no limit names a length.
pub(super) const ACROSS_BODY: f64 = 96.0;

impl Default for Run {
    /// Measures what is asked and judges nothing.
    fn default() -> Self {
        Self {
            options: Options::default(),
            criteria: None,
            measures: Vec::new(),
            strict: false,
            resolution: None,
            max_voxels: MAX_VOXELS,
            flow_resolution: None,
            cut: CutPores::default(),
            making: Making::default(),
            material: None,
            tissue: None,
            growth: GrowthLaw::Healing,
            tissue_throat: TISSUE_THROAT,
            load: None,
            timeline: None,
            stiffness_days: None,
            axis: None,
            perfusion: None,
            culture: None,
            throats: 0,
            pictures: false,
            verify_advice: false,
            limits: Limits::default(),
        }
    }
}

impl Run {
    /// All that can change a figure or a verdict, as text. Memory and threads cannot.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            self.options,
            self.criteria,
            self.measures,
            self.strict,
            self.resolution,
            self.max_voxels,
            self.cut,
            self.making,
            self.material,
            self.tissue,
            self.load,
            self.timeline,
            self.flow_resolution,
            self.perfusion,
            self.culture,
            self.throats,
            self.verify_advice,
            self.growth,
            self.tissue_throat,
            self.stiffness_days,
            self.axis
        )
    }
}

/// A file and what is asked about it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where the file lies.
    pub file: PathBuf,
    /// Its path as reports show it.
    pub shown: PathBuf,
    /// What is asked.
    pub run: Arc<Run>,
    /// What the user set for it, and where.
    pub settings: BTreeMap<String, SettingEntry>,
}

/// Voxels across the median strut below which figures of struts are not to be trusted.
const STRUTS_ACROSS: f64 = 6.0;

/// Measures and judges files. Files that cannot be used are reported as errors beside the others.
///
/// # Errors
/// When the run was cancelled.
pub fn check(files: &[PathBuf], run: &Run, exec: &Exec) -> Result<Report, Cancelled> {
    let run = Arc::new(run.clone());
    let job = |file: &PathBuf| Job {
        file: file.clone(),
        shown: file.clone(),
        run: Arc::clone(&run),
        settings: BTreeMap::new(),
    };
    check_jobs(&files.iter().map(job).collect::<Vec<_>>(), None, exec)
}

/// As [`check`], with a run for each file; results of unchanged files come from the cache.
///
/// # Errors
/// When the run was cancelled.
pub fn check_jobs(jobs: &[Job], cache: Option<&Cache>, exec: &Exec) -> Result<Report, Cancelled> {
    let names = names(&jobs.iter().map(|j| j.shown.clone()).collect::<Vec<_>>());
    let mut designs = Vec::new();
    let mut criteria: Vec<CriteriaEntry> = Vec::new();
    for (job, name) in jobs.iter().zip(names) {
        if let Some(c) = &job.run.criteria {
            let entry = CriteriaEntry { name: c.name.clone(), title: c.title.clone(), source: c.source.clone() };
            if !criteria.contains(&entry) {
                criteria.push(entry);
            }
        }
        let path = showable(&job.shown);
        // Pictures are not kept: a design that is to be shown is measured again.
        let cache = cache.filter(|_| !job.run.pictures);
        let key = cache.and_then(|cache| cache.key(&job.file, &job.run));
        let known = cache.zip(key.as_deref()).and_then(|(cache, key)| cache.get(key));
        let mut design = match known {
            Some(entry) => entry,
            None => {
                let entry = one(&job.file, name.clone(), path.clone(), &job.run, exec)?;
                if let (Some(cache), Some(key), true) = (cache, &key, entry.errors.is_empty()) {
                    cache.put(key, &entry);
                }
                entry
            }
        };
        design.name = name;
        design.source.path = path;
        design.settings = job.settings.clone();
        designs.push(design);
    }
    Ok(Report::new(criteria, designs))
}

/// The body that a mesh or a mask volume fills, to measure designs in.
///
/// # Errors
/// When the file cannot be used, in words for the user.
pub fn envelope_from(file: &Path, options: &Options, limits: &Limits, exec: &Exec) -> Result<EnvelopeChoice, String> {
    region_from(file, "--envelope", options, limits, exec).map(EnvelopeChoice::Region)
}

/// The body in a mesh or a mask file, for an option.
///
/// # Errors
/// When the file is none, in words behind the name of the option.
pub fn region_from(
    file: &Path,
    option: &str,
    options: &Options,
    limits: &Limits,
    exec: &Exec,
) -> Result<Arc<Region>, String> {
    let shown = showable(file);
    // A mask has no noise.
    let options = Options { envelope: EnvelopeChoice::Box, denoise: None, ..options.clone() };
    let design = load_with(file, options.raw.as_ref(), limits)
        .map_err(DesignError::from)
        .and_then(|loaded| Design::new(loaded, &options, limits, exec))
        .map_err(|e| format!("{option} {shown}: {e}"))?;
    if let Solid::Volume { phases, .. } = &design.solid
        && !matches!(phases, Binarised::Two(..))
    {
        return Err(format!("{option} {shown}: a mask has two values, this volume has more"));
    }
    let region = Region::of(&design, shown.clone(), limits, exec).map_err(|e| format!("{option} {shown}: {e}"))?;
    Ok(Arc::new(region))
}

/// The options of a run. One cell of an endless pattern and what stands between mirrors are boxes: of a volume its grid, of
/// a mesh the box along the axes.
pub(super) fn boxed(run: &Run) -> Result<Options, String> {
    let mut options = run.options.clone();
    if matches!(run.cut, CutPores::Periodic | CutPores::Mirror) {
        match options.envelope {
            EnvelopeChoice::Auto => options.envelope = EnvelopeChoice::Grid,
            EnvelopeChoice::Box | EnvelopeChoice::Grid => {}
            _ => {
                let what = match run.cut {
                    CutPores::Mirror => "mirrors are the faces of a box",
                    _ => "one cell of an endless pattern is a box",
                };
                return Err(format!("{what}: choose --envelope box, or grid of a volume"));
            }
        }
    }
    Ok(options)
}

/// Measures and judges one file.
pub(super) fn one(file: &Path, name: String, path: String, run: &Run, exec: &Exec) -> Result<DesignEntry, Cancelled> {
    exec.stage(&format!("reading {name}"))?;
    let options = match boxed(run) {
        Ok(options) => options,
        Err(message) => return Ok(error_entry(name, path, "envelope", message, None)),
    };
    let design = match load_with(file, options.raw.as_ref(), &run.limits)
        .map_err(DesignError::from)
        .and_then(|l| Design::new(l, &options, &run.limits, exec))
    {
        Ok(design) => design,
        Err(DesignError::Cancelled(c)) => return Err(c),
        Err(DesignError::Input(e)) => {
            let mut whole = e.clone();
            let at = whole.at.take();
            return Ok(error_entry(name, path, e.kind.id(), whole.to_string(), at));
        }
        Err(DesignError::Nothing { kind, message, remedy }) => {
            return Ok(error_entry(name, path, kind, format!("{message}: {remedy}"), None));
        }
    };
    let zones = run.criteria.iter().flat_map(|c| &c.rules).filter_map(|rule| rule.region.as_ref());
    if let Some(error) = zones.filter_map(|zone| zone.within(&design).err()).next() {
        return Ok(error_entry(name, path, "region", error.to_string(), None));
    }
    match measure_design(&design, run, exec) {
        Ok((mut measured, mut checks)) => {
            let advice = super::advise::advice(&design, &options, run, &measured.measurements, &mut checks, exec)?;
            if run.criteria.is_none() {
                // The ratio to the solid stands beside what a material makes of it.
                let asked = |id: &str| run.measures.iter().any(|m| id == m || id.starts_with(&format!("{m}.")));
                let wanted = |id: &String| asked(id) || asked(&id.replacen(".relative.", ".", 1));
                measured.measurements.retain(|id, _| wanted(id));
            }
            let judged = run.criteria.as_ref().map(|criteria| (criteria, run.strict, checks));
            Ok(DesignEntry { advice, ..design_entry(name, path, &design, measured, judged) })
        }
        Err(StudyError::Cancelled(c)) => Err(c),
        Err(e @ (StudyError::Body(_) | StudyError::Mirror)) => {
            Ok(error_entry(name, path, "envelope", e.to_string(), None))
        }
        Err(e @ StudyError::Resolution(_)) => Ok(error_entry(name, path, "resolution", e.to_string(), None)),
        Err(e @ StudyError::Limit(_)) => Ok(error_entry(name, path, "limit.memory", e.to_string(), None)),
        Err(e @ StudyError::OnePhase(_)) => Ok(error_entry(name, path, "design.one_phase", e.to_string(), None)),
        Err(e @ StudyError::Unsolved(_)) => Ok(error_entry(name, path, "field.not_converged", e.to_string(), None)),
    }
}

/// Measures and judges one design.
pub(super) fn measure_design(design: &Design, run: &Run, exec: &Exec) -> Outcome {
    match &design.solid {
        Solid::Mesh(_) => measure_mesh(design, run, exec),
        Solid::Volume { .. } => measure_volume(design, run, exec),
    }
}

type Outcome = Result<(Measured, Vec<Check>), StudyError>;

fn measured(
    fine: Level,
    measurements: BTreeMap<String, Measurement>,
    levels: Vec<f64>,
    cut: CutPores,
    (timeline, tuning): (Option<Timeline>, Option<Tuning>),
) -> Measured {
    let survey = fine.survey;
    Measured {
        measurements,
        distributions: survey.figures.distributions,
        details: survey.figures.details,
        findings: survey.figures.findings,
        picture: survey.figures.picture,
        size: survey.size,
        spacing: survey.spacing,
        levels,
        cut,
        timeline,
        tuning,
    }
}

/// The course of a design, and what would make it match.
fn course(fate: Option<Fate>, run: &Run, checks: &mut [Check], exec: &Exec) -> (Option<Timeline>, Option<Tuning>) {
    match fate {
        Some(fate) => (fate.timeline, tuned(&fate.body, run, checks, exec)),
        None => (None, None),
    }
}

/// The figures at a resolution, with those under other `readings` where they are wanted; and what a front leaves there of a
/// solid that erodes.
pub(super) fn level(
    design: &Design,
    resolution: Resolution,
    plan: &Plan,
    run: &Run,
    readings: Option<(&mut Readings, Beside<'_>)>,
    exec: &Exec,
) -> Result<(Level, Option<Eroding>), StudyError> {
    let mut study = Study::new(design, &design.envelope, resolution, run.cut, &run.limits, exec)?;
    if readings.as_ref().is_none_or(|(_, beside)| beside.coarse.is_none()) {
        // What is only compared with counts by its own voxels: it tells what these are off by.
        study.blocks = None;
    }
    let erodes = run.material.as_ref().is_some_and(Material::erodes);
    let ridge = erodes.then(|| ridge(&study.field, &study.solid, exec));
    exec.checkpoint()?;
    let eroding = erodes.then(|| eroding(&study, ridge.as_ref(), resolution, run, exec)).transpose()?;
    let others = if readings.is_some() { readings::of(design, run.cut) } else { Vec::new() };
    let after = if others.is_empty() { After::Spent } else { After::Kept };
    let survey = survey_with(&mut study, &plan.needs, ridge.as_ref(), after, &run.limits, exec)?;
    drop(ridge);
    let h = survey.spacing.iter().copied().fold(0.0, f64::max);
    let mut level = Level { h, survey };
    if let Some((readings, beside)) = readings.filter(|_| !others.is_empty()) {
        readings.add(&mut level, study, others, resolution, plan, run, beside, exec)?;
    }
    Ok((level, eroding))
}

pub(super) fn judged(
    run: &Run,
    measurements: &BTreeMap<String, Measurement>,
    unresolved: Vec<(&'static str, String)>,
    design: &Design,
    h: f64,
    across: f64,
) -> Vec<Check> {
    let from_shells = match &design.solid {
        Solid::Mesh(mesh) => mesh.separate() && run.cut != CutPores::Periodic && design.envelope.body.region.is_none(),
        Solid::Volume { .. } => false,
    };
    let declared = Declared {
        material: run.material.as_ref().map(|m| MaterialRecord {
            compatibility: m
                .compatibility
                .clone()
                .unwrap_or_else(|| format!("{}; no evidence of tissue compatibility (ISO 10993) is given", m.name)),
            cell_interface: m
                .cell_interface
                .clone()
                .unwrap_or_else(|| format!("{}; no evidence of cell attachment is given", m.name)),
        }),
        tissue: run.tissue.as_ref().map(|t| t.class),
        load: run.load,
        perfusion: run.perfusion.is_some(),
        cells: run.culture.is_some(),
    };
    let context = Context {
        declared,
        making: run.making.clone(),
        endless: run.cut == CutPores::Periodic,
        spacing: h,
        voxels_across: across,
        from_shells,
        unresolved,
    };
    run.criteria.as_ref().map(|c| judge(c, measurements, &context)).unwrap_or_default()
}

/// Adds the angle between the walls and the stiffest direction, where the tensors of both are known.
fn align(solved: &Solved, fine: &mut Level, measurements: &mut BTreeMap<String, Measurement>) {
    let figures = &mut fine.survey.figures;
    let stiffness = ["stiffness.relative", "stiffness.bound"].iter().find_map(|id| solved.tensors.get(*id));
    let (Some(fabric), Some(stiffness)) = (figures.details.tensors.get("anisotropy.fabric"), stiffness) else { return };
    match alignment(fabric, stiffness) {
        Some(Ok(figure)) => {
            let alone = Figures {
                figures: BTreeMap::from([("anisotropy.to_stiffness".to_owned(), figure)]),
                ..Figures::default()
            };
            let level = Level { h: fine.h, survey: Survey { figures: alone, ..Survey::default() } };
            measurements.extend(combine(&level, None, &[], 0.0));
        }
        Some(Err(finding)) => figures.findings.push(finding),
        None => {}
    }
}

/// What a run has to measure: the walls as well where a material is declared, for they decide how it degrades.
pub(super) fn plan_of(run: &Run) -> Plan {
    let loaded = run.load.is_some() && run.material.is_some();
    let mut plan = plan(&run.measures, run.criteria.as_ref(), &run.making, loaded);
    plan.needs.strut |= run.material.is_some();
    plan.needs.pictures = run.pictures;
    if run.stiffness_days.is_some() {
        (0..3).filter(|a| run.axis.is_none_or(|axis| axis == *a)).for_each(|a| plan.fields.stiffness[a] = true);
    }
    if run.throats > 0 {
        plan.needs.interconnectivity = true;
        plan.needs.throats = run.throats;
    }
    plan
}

fn measure_mesh(design: &Design, run: &Run, exec: &Exec) -> Outcome {
    let plan = plan_of(run);
    let body = &design.envelope.body;
    let extent = body.high - body.low;
    let cap = (extent.product() / run.max_voxels as f64).cbrt();
    let smallest = extent.min();
    let wanted = plan.shortest.map_or(smallest / ACROSS_BODY, |l| l / ACROSS.0).min(smallest / 16.0);
    let asked = run.resolution.map_or(wanted, Length::um);
    let mut h = asked.max(cap);
    if run.resolution.is_some() && (h > asked * 1.001 || asked > smallest / 4.0) {
        return Err(StudyError::Resolution(if h > asked {
            format!(
                "--resolution {} would take more than {} voxels: raise --max-voxels",
                Length::from_um(asked),
                run.max_voxels
            )
        } else {
            format!("--resolution {} is coarser than a quarter of the design's smallest side", Length::from_um(asked))
        }));
    }
    // Struts thinner than the coarser grid may miss all of its voxels: then a finer pair, or no figure to compare with.
    let mut readings = Readings::default();
    let alone = Beside { coarse: None, moved: &[], voxel: 0.0, across: ACROSS.0 };
    let (mut coarse, mut known) = loop {
        match level(design, Resolution::Spacing(2.0 * h), &plan, run, Some((&mut readings, alone)), exec) {
            Err(StudyError::OnePhase(_)) if run.resolution.is_none() && h > cap * 1.25 => h = (h / 2.0).max(cap),
            Err(StudyError::OnePhase(_)) => break (Level { h: 2.0 * h, survey: Survey::default() }, None),
            other => break other?,
        }
    };
    let mut levels = vec![coarse.h];
    let solved = solve(design, &plan.fields, run, exec)?;
    let fields = (ground(design, run, exec)?, softening(design, &solved.measurements, run, exec)?);
    loop {
        let others = Some((&mut readings, Beside { coarse: Some(&coarse), ..alone }));
        let (mut fine, eroding) = level(design, Resolution::Spacing(h), &plan, run, others, exec)?;
        levels.push(fine.h);
        let mut measurements = combine(&fine, Some(&coarse), &[], 0.0);
        measurements.extend(solved.measurements.clone());
        align(&solved, &mut fine, &mut measurements);
        estimate(&plan.fields, &mut measurements);
        let fronts = [eroding.as_ref(), known.as_ref()];
        let fate = fate(&mut measurements, &mut fine, design, fronts, fields.clone(), run, exec)?;
        let mut checks = judged(run, &measurements, solved.unresolved(), design, fine.h, ACROSS.0);
        // Where nothing is judged, struts are followed until they are as many voxels across as they have to be.
        let thin = run.criteria.is_none()
            && run.timeline.is_none()
            && plan.needs.strut
            && measurements.get("strut.d50").is_some_and(|m| m.value < STRUTS_ACROSS * fine.h);
        let open = thin || checks.iter().any(|c| (c.rule.required || run.strict) && c.refinable);
        let next = (h / 2.0).max(cap);
        if run.resolution.is_some() || !open || next > h / 1.25 {
            if let Some(m) = measurements.get("strut.d50").filter(|m| thin && m.value < STRUTS_ACROSS * fine.h) {
                let across = significant(m.value / fine.h, 2);
                fine.survey.figures.findings.push(Finding::new(
                    "strut.coarse",
                    Severity::Warning,
                    format!(
                        "the median strut is only {across} voxels across: figures of struts need a finer --resolution"
                    ),
                ));
            }
            solved.join(&mut fine.survey.figures);
            let course = course(fate, run, &mut checks, exec);
            return Ok((measured(fine, measurements, levels, run.cut, course), checks));
        }
        h = next;
        (coarse, known) = (fine, eroding);
    }
}

fn measure_volume(design: &Design, run: &Run, exec: &Exec) -> Outcome {
    let mut plan = plan_of(run);
    let Solid::Volume { phases, frame, .. } = &design.solid else {
        return Err(StudyError::OnePhase("nothing"));
    };
    let native = |block, shift| Resolution::Native { block, shift };
    let doubt = match phases {
        Binarised::Above { doubt, .. } => Some(*doubt),
        Binarised::Window { range, .. } => Some(0.05 * (range.1 - range.0)),
        Binarised::Two(..) => None,
    };
    let (block, joined) = block(frame, run)?;
    let (mut voxel, mut across) = (0.0, ACROSS.0);
    if doubt.is_none() {
        plan.needs.doubt = 1.0 / block as f64;
        (voxel, across) = (TWO_VALUED * frame.coarsest(), (ACROSS.1 / block as f64).max(ACROSS.0));
    }
    let mut readings = Readings::default();
    let alone = Beside { coarse: None, moved: &[], voxel, across };
    let half = native(2 * block, 0.0);
    let (mut coarse, mut known, mut moved) = (None, None, Vec::new());
    if doubt.is_some() || block > 1 {
        let found = match level(design, half, &plan, run, Some((&mut readings, alone)), exec) {
            // What is too thin for the coarser grid is not settled.
            Err(StudyError::OnePhase(_)) => {
                (Level { h: 2.0 * block as f64 * frame.coarsest(), survey: Survey::default() }, None)
            }
            found => found?,
        };
        (coarse, known) = (Some(found.0), found.1);
    } else if !readings::of(design, run.cut).is_empty() {
        // Blocks of two values are grey levels, nothing to compare with; but other readings are known from them.
        match level(design, half, &plan, run, Some((&mut readings, alone)), exec) {
            Ok(_) | Err(StudyError::OnePhase(_)) => {}
            Err(e) => return Err(e),
        }
    }
    if let Some(doubt) = doubt {
        let lasting = Run { material: None, ..run.clone() };
        for by in [doubt, -doubt] {
            match level(design, native(2 * block, by), &plan, &lasting, None, exec) {
                Ok((level, _)) => moved.push(level.survey),
                Err(StudyError::OnePhase(_)) => {}
                Err(e) => return Err(e),
            }
        }
    }
    let beside = Beside { coarse: coarse.as_ref(), moved: &moved, ..alone };
    let (mut fine, eroding) = level(design, native(block, 0.0), &plan, run, Some((&mut readings, beside)), exec)?;
    fine.survey.figures.findings.extend(joined);
    let mut measurements = combine(&fine, coarse.as_ref(), &moved, voxel);
    let solved = solve(design, &plan.fields, run, exec)?;
    measurements.extend(solved.measurements.clone());
    align(&solved, &mut fine, &mut measurements);
    let unresolved = solved.unresolved();
    solved.join(&mut fine.survey.figures);
    estimate(&plan.fields, &mut measurements);
    let fields = (ground(design, run, exec)?, softening(design, &measurements, run, exec)?);
    let fronts = [eroding.as_ref(), known.as_ref()];
    let fate = fate(&mut measurements, &mut fine, design, fronts, fields, run, exec)?;
    let mut checks = judged(run, &measurements, unresolved, design, fine.h, across);
    let course = course(fate, run, &mut checks, exec);
    let mut levels: Vec<f64> = coarse.iter().map(|c| c.h).collect();
    levels.push(fine.h);
    Ok((measured(fine, measurements, levels, run.cut, course), checks))
}
