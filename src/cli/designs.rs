//! `check` and `measure`: from arguments to a run, and from its report to the formats asked for.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::args::{AxesArg, CheckArgs, ColorArg, CutArg, EnvelopeArg, FormatArg, InputArgs, MeasureArgs, RunArgs};
use super::{Failure, output, progress};
use crate::criteria::{
    Criteria, built_in, built_in_names, measure_ids, process, process_names, unit_of, unknown_measure,
};
use crate::design::{Axes, CutPores, EnvelopeChoice, Options, Threshold};
use crate::gauge::{self, Run};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::report::{Report, Status, render};
use crate::units::significant;

pub fn check(arguments: CheckArgs) -> Result<Status, Failure> {
    let criteria = criteria(&arguments.criteria)?;
    let process = arguments
        .process
        .map(|name| {
            process(&name).ok_or_else(|| {
                Failure::Message(format!("there is no process `{name}`: known are {}", process_names().join(", ")))
            })
        })
        .transpose()?;
    let mut run = run_of(&arguments.input, &arguments.run, &arguments.measures)?;
    run.criteria = Some(criteria);
    run.process = process;
    run.strict = arguments.strict;
    finish(&arguments.files, &run, &arguments.run)
}

pub fn measure(arguments: MeasureArgs) -> Result<Status, Failure> {
    let all = ["porosity", "surface", "solid", "strut", "pore_size", "interconnectivity"].map(str::to_owned);
    let wanted = if arguments.measures.is_empty() { all.to_vec() } else { arguments.measures };
    let run = run_of(&arguments.input, &arguments.run, &wanted)?;
    finish(&arguments.files, &run, &arguments.run)
}

/// Criteria by built-in name or file.
pub fn criteria(name: &str) -> Result<Criteria, Failure> {
    if built_in_names().contains(&name) {
        return built_in(name).map_err(|e| Failure::Message(e.to_string()));
    }
    let path = Path::new(name);
    if !path.exists() {
        let error = built_in(name).err().map(|e| e.to_string()).unwrap_or_default();
        return Err(Failure::Message(error));
    }
    let text = std::fs::read_to_string(path).map_err(|e| Failure::Message(format!("{name} cannot be read: {e}")))?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    Criteria::parse(&text, &stem).map_err(|e| Failure::Message(format!("{name}: {e}")))
}

fn run_of(input: &InputArgs, run: &RunArgs, measures: &[String]) -> Result<Run, Failure> {
    for id in measures {
        let family =
            measure_ids().iter().any(|m| m.strip_prefix(id.as_str()).is_some_and(|rest| rest.starts_with('.')));
        if !family && unit_of(id).is_none() {
            return Err(Failure::Message(unknown_measure(id)));
        }
    }
    let cut = match input.cut_pores {
        _ if input.periodic => CutPores::Periodic,
        CutArg::Open => CutPores::Open,
        CutArg::Clip => CutPores::Clip,
        CutArg::Periodic => CutPores::Periodic,
    };
    let options = Options {
        unit: input.unit,
        spacing: input.spacing.map(|s| s.0),
        axes: match input.axes {
            AxesArg::Xyz => Axes::Xyz,
            AxesArg::Zyx => Axes::Zyx,
        },
        threshold: threshold(&input.threshold)?,
        invert: input.invert,
        envelope: match input.envelope {
            EnvelopeArg::Auto => EnvelopeChoice::Auto,
            EnvelopeArg::Box => EnvelopeChoice::Box,
            EnvelopeArg::Hull => EnvelopeChoice::Hull,
            EnvelopeArg::Grid => EnvelopeChoice::Grid,
        },
    };
    Ok(Run {
        options,
        criteria: None,
        measures: measures.to_vec(),
        strict: false,
        resolution: input.resolution.0,
        max_voxels: input.max_voxels,
        cut,
        process: None,
        limits: run.memory.map_or_else(Limits::default, |memory| Limits { memory }),
    })
}

fn threshold(text: &str) -> Result<Threshold, Failure> {
    let number = |t: &str| t.trim().parse::<f32>().ok().filter(|v| v.is_finite());
    let wrong = || {
        Failure::Message(format!(
            "--threshold `{text}`: write `otsu`, a value such as `120`, or a range such as `100..180`"
        ))
    };
    if text == "otsu" {
        return Ok(Threshold::Otsu);
    }
    if let Some((low, high)) = text.split_once("..") {
        return match (number(low), number(high)) {
            (Some(low), Some(high)) if low < high => Ok(Threshold::Window(low, high)),
            _ => Err(wrong()),
        };
    }
    number(text).map(Threshold::Above).ok_or_else(wrong)
}

/// The formats with their files, in the order of the command line.
fn outputs(run: &RunArgs) -> Result<Vec<(FormatArg, Option<PathBuf>)>, Failure> {
    let mut pairs: Vec<(FormatArg, Option<PathBuf>)> = run.format.iter().map(|f| (*f, None)).collect();
    if pairs.is_empty() {
        pairs.push((FormatArg::Text, None));
    }
    if run.output.len() > pairs.len() {
        return Err(Failure::Message(
            "there are more -o than --format: each -o belongs to the --format before it".to_owned(),
        ));
    }
    // Files belong to the last formats: `--format text --format json -o f` writes JSON to f.
    let start = pairs.len() - run.output.len();
    for (pair, file) in pairs[start..].iter_mut().zip(&run.output) {
        pair.1 = Some(file.clone());
    }
    for (i, pair) in pairs.iter().enumerate() {
        if pair.1.is_some() && pairs[..i].iter().any(|p| p.1 == pair.1) {
            return Err(Failure::Message("two formats into the same file: give each its own -o".to_owned()));
        }
    }
    if pairs.iter().filter(|p| p.1.is_none()).count() > 1 {
        return Err(Failure::Message("two formats on standard output: give all but one a file with -o".to_owned()));
    }
    Ok(pairs)
}

fn finish(files: &[PathBuf], run: &Run, options: &RunArgs) -> Result<Status, Failure> {
    let outputs = outputs(options)?;
    output::end_on_interrupt();
    let started = Instant::now();
    let (progress, bar) = progress::spinner(!options.no_progress && !options.quiet);
    let exec = Exec::new(options.threads.map(usize::from), progress).map_err(|e| Failure::Message(e.to_string()))?;
    let report = gauge::check(files, run, &exec)?;
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    for (format, file) in &outputs {
        let colour = file.is_none() && colour(options.color);
        let text = show(&report, *format, colour);
        match file {
            Some(path) => output::write_file(path, |out| out.write_all(text.as_bytes()))?,
            None => {
                output::print(&text)?;
            }
        }
    }
    if !options.quiet {
        output::say(&format!("{} s", significant(started.elapsed().as_secs_f64(), 3)));
    }
    Ok(report.status())
}

fn show(report: &Report, format: FormatArg, colour: bool) -> String {
    match format {
        FormatArg::Text => render::text::render(report, colour),
        FormatArg::Json => render::json::render(report),
    }
}

fn colour(choice: ColorArg) -> bool {
    match choice {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}
