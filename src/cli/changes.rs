//! `adjust` and `compare`: designs changed, and what changed from one to another.

use std::path::{Path, PathBuf};

use super::args::{AdjustArgs, CompareArgs, CompareFormat, CriteriaArgs, InputArgs, WorkArgs};
use super::designs::{ALL, Purpose, config, jobs};
use super::settings::{Resolver, Settings};
use super::{Failure, output, progress};
use crate::advice::Change;
use crate::export;
use crate::gauge::{self, Adjusted, Adjustment, How, Run, Side, WorkError};
use crate::grid::Frame;
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::report::{Report, Status, render};
use crate::units::{Length, significant};
use crate::voxel::inside::inside;

impl From<WorkError> for Failure {
    fn from(error: WorkError) -> Self {
        match error {
            WorkError::Cancelled(c) => c.into(),
            WorkError::Message(text) => Self::Message(text),
        }
    }
}

/// Voxels that a written volume may have.
const MAX_VOXELS: f64 = 1e9;

/// Runs the work with threads, memory and progress as asked.
fn with<T>(work: &WorkArgs, f: impl FnOnce(Limits, &Exec) -> Result<T, Failure>) -> Result<T, Failure> {
    output::end_on_interrupt();
    let (progress, bar) = progress::spinner(!work.no_progress && !work.quiet);
    let exec = Exec::new(work.threads.map(usize::from), progress).map_err(|e| Failure::Message(e.to_string()))?;
    let limits = work.memory.map_or_else(Limits::default, |memory| Limits { memory });
    let result = f(limits, &exec);
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    result
}

/// The runs of files, with what `poregauge.toml` says of them.
fn runs(files: &[PathBuf], line: &Settings, limits: Limits, exec: &Exec) -> Result<Vec<Run>, Failure> {
    let config = config()?;
    let judge = Purpose::Judge { verify_advice: false };
    let jobs = jobs(files, config.as_ref(), line, &judge, false, &mut Resolver::new(limits, exec))?;
    Ok(jobs.iter().map(|j| (*j.run).clone()).collect())
}

/// What the command line says of both.
fn settings(judge: &CriteriaArgs, input: &InputArgs) -> Settings {
    Settings {
        criteria: judge.criteria.clone(),
        strict: judge.strict.then_some(true),
        ..Settings::of(input).making(judge.making.clone())
    }
}

pub fn adjust(arguments: &AdjustArgs) -> Result<Status, Failure> {
    let given = Change {
        remove_islands: arguments.remove_islands,
        offset: arguments.offset.map_or(0.0, Length::um),
        scale: arguments.scale.unwrap_or(1.0),
    };
    let adjustment = match (arguments.advised, given == Change::NONE) {
        (true, _) => Adjustment::Advised,
        (false, false) => Adjustment::Given(given),
        (false, true) => {
            return Err(Failure::Message(
                "say what to change: --offset -12um, --scale 1.3, --remove-islands, or --advised".to_owned(),
            ));
        }
    };
    let wants = |suffix: &str| arguments.output.extension().is_some_and(|e| e.eq_ignore_ascii_case(suffix));
    if !wants("stl") && !wants("nrrd") {
        return Err(Failure::Message("-o must end in .stl, or in .nrrd for voxels".to_owned()));
    }
    output::make_room(&arguments.output)?;
    let line = settings(&arguments.judge, &arguments.input);
    let text = with(&arguments.work, |limits, exec| {
        let run = runs(std::slice::from_ref(&arguments.file), &line, limits, exec)?;
        let run = run.first().ok_or_else(|| Failure::Message("there is nothing to adjust".to_owned()))?;
        let adjusted = gauge::adjust(&arguments.file, run, adjustment, arguments.step, exec)?;
        if wants("stl") {
            output::write_file(&arguments.output, |out| export::stl::write(&mut { out }, &adjusted.mesh))?;
        } else {
            voxels(&adjusted, arguments, exec)?;
        }
        Ok(told(&adjusted, arguments))
    })?;
    output::print(&text)
}

/// Writes the changed design as voxels.
fn voxels(adjusted: &Adjusted, arguments: &AdjustArgs, exec: &Exec) -> Result<(), Failure> {
    let Some(voxel) = arguments.voxel.map(Length::um) else {
        return Err(Failure::Message("a .nrrd needs the size of its voxels: --voxel 20um".to_owned()));
    };
    let (low, high) = adjusted.mesh.bounds().ok_or_else(|| Failure::Message("the design is empty".to_owned()))?;
    let extent = high - low;
    let size: [usize; 3] = std::array::from_fn(|a| ((extent[a] / voxel - 1e-6).ceil().max(1.0)) as usize);
    if size.iter().map(|n| *n as f64).product::<f64>() > MAX_VOXELS {
        return Err(Failure::Message("the volume would have more than 10⁹ voxels: choose a larger --voxel".to_owned()));
    }
    let frame = Frame { size, spacing: [voxel; 3], origin: std::array::from_fn(|a| low[a] + voxel / 2.0) };
    let mask = inside(&frame, &adjusted.mesh, true, exec);
    output::write_file(&arguments.output, |out| export::nrrd::write(&mut { out }, &frame, None, &mask))
}

/// What was done, in words.
fn told(adjusted: &Adjusted, arguments: &AdjustArgs) -> String {
    let mut lines = Vec::new();
    if let Some(advice) = &adjusted.advice {
        lines.push(format!("advice      {advice}"));
    }
    if adjusted.change.remove_islands {
        let volume: f64 = adjusted.removed.iter().map(|p| p.volume).sum();
        lines.push(match adjusted.removed.len() {
            0 => "removed     no loose piece was found".to_owned(),
            1 => format!("removed     1 loose piece, {} mm³", significant(volume * 1e-9, 2)),
            n => format!("removed     {n} loose pieces, {} mm³", significant(volume * 1e-9, 2)),
        });
    }
    if let Some(step) = adjusted.step {
        let offset = adjusted.change.offset;
        let way = if offset < 0.0 { "inward" } else { "outward" };
        lines.push(format!(
            "offset      every surface {} µm {way}, on cells of {} µm",
            significant(offset.abs(), 4),
            significant(step, 3)
        ));
    }
    if adjusted.change.scale != 1.0 {
        lines.push(format!("scaled      by {}", significant(adjusted.change.scale, 6)));
    }
    let size = adjusted.size.map(|s| s.map(|v| significant(v / 1e3, 4)).join(" × "));
    lines.push(if size[0] == size[1] {
        format!("size        {} mm", size[1])
    } else {
        format!("size        {} mm → {} mm", size[0], size[1])
    });
    lines.push(format!(
        "porosity    {} % → {} %",
        significant(100.0 * adjusted.porosity[0], 4),
        significant(100.0 * adjusted.porosity[1], 4)
    ));
    lines.push(format!(
        "written     {} ({} triangles, mm)",
        gauge::showable(&arguments.output),
        adjusted.mesh.triangles.len()
    ));
    lines.push(String::new());
    lines.join("\n")
}

pub fn compare(arguments: &CompareArgs) -> Result<Status, Failure> {
    if arguments.schema {
        return output::print(&super::pretty(&crate::report::compare_schema()));
    }
    let files: Vec<&PathBuf> = arguments.old.iter().chain(&arguments.new).collect();
    let [old, new] = files[..] else {
        return Err(Failure::Message("compare needs two files: OLD and NEW".to_owned()));
    };
    if let Some(path) = &arguments.output {
        output::make_room(path)?;
    }
    let line =
        Settings { measures: Some(ALL.map(str::to_owned).to_vec()), ..settings(&arguments.judge, &arguments.input) };
    let how = How { align: arguments.align, tolerance: arguments.tolerance.map(Length::um) };
    let comparison = with(&arguments.work, |limits, exec| {
        let runs = runs(&[old.clone(), new.clone()], &line, limits, exec)?;
        let [first, second] = &runs[..] else {
            return Err(Failure::Message("compare needs two files: OLD and NEW".to_owned()));
        };
        let (a, b) = (side(old, first)?, side(new, second)?);
        Ok(gauge::compare(a, b, how, exec)?)
    })?;
    let text = match arguments.format {
        CompareFormat::Text => render::comparison::render(&comparison),
        CompareFormat::Json => {
            let value = serde_json::to_value(&comparison).map_err(|e| Failure::Message(e.to_string()))?;
            super::pretty(&value)
        }
        CompareFormat::Html => render::comparison::html(&comparison),
    };
    match &arguments.output {
        Some(path) => output::write_file(path, |out| out.write_all(text.as_bytes()))?,
        None => {
            output::print(&text)?;
        }
    }
    let broken = comparison.pairs.iter().any(|p| !p.old.errors.is_empty() || !p.new.errors.is_empty());
    Ok(if broken { Status::Undecided } else { Status::Fine })
}

/// A report where the file is JSON, else a design.
fn side<'a>(path: &'a Path, run: &'a Run) -> Result<Side<'a>, Failure> {
    let wrong = |what: String| Failure::Message(format!("{}: {what}", gauge::showable(path)));
    let mut first = [0u8; 64];
    let read = std::fs::File::open(path).and_then(|mut f| std::io::Read::read(&mut f, &mut first)).unwrap_or(0);
    if first[..read].iter().find(|b| !b.is_ascii_whitespace()) != Some(&b'{') {
        return Ok(Side::File(path, run));
    }
    let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|e| wrong(format!("is no report of `poregauge check --format json`: {e}")))?;
    if report.schema != crate::report::SCHEMA {
        return Err(wrong(format!("has the schema `{}`, not `{}`", report.schema, crate::report::SCHEMA)));
    }
    if report.designs.is_empty() {
        return Err(wrong("the report has no design".to_owned()));
    }
    Ok(Side::Report(report))
}
