//! `check` and `measure`: from arguments and `poregauge.toml` to runs, and from their report to the formats asked for.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use super::args::{CheckArgs, FormatArg, InspectArgs, InspectFormat, MeasureArgs, Outputs, RunArgs, TimelineArgs};
use super::config::Config;
use super::settings::{Resolver, Settings};
use super::values::ColorArg;
use super::{Failure, output, progress};
use crate::gauge::{self, Cache, Job};
use crate::limits::Limits;
use crate::parallel::Exec;
use crate::report::{Report, Status, render};
use crate::text::placed;
use crate::units::significant;

/// What `measure` measures when nothing is said.
pub const ALL: [&str; 8] =
    ["porosity", "surface", "solid", "strut", "pore_size", "interconnectivity", "topology", "anisotropy"];

pub fn check(arguments: CheckArgs) -> Result<Status, Failure> {
    let line = Settings {
        criteria: arguments.criteria,
        strict: arguments.strict.then_some(true),
        material: arguments.fate.material,
        tissue: arguments.fate.tissue,
        tissue_growth: arguments.fate.tissue_growth,
        tissue_throat: arguments.fate.tissue_throat,
        load: arguments.fate.load,
        measures: (!arguments.measures.is_empty()).then_some(arguments.measures),
        throats: arguments.throats.map(usize::from),
        ..Settings::of(&arguments.input).making(arguments.making)
    };
    let baseline = arguments.baseline.as_deref().map(read_report).transpose()?;
    let config = config()?;
    if arguments.files.is_empty() && config.is_none() {
        return Err(Failure::Message(
            "name the designs to check, or write a poregauge.toml with `poregauge init`".to_owned(),
        ));
    }
    let purpose = Purpose::Judge { verify_advice: arguments.verify_advice };
    finish(&arguments.files, config, line, purpose, baseline, &arguments.run)
}

pub fn measure(arguments: MeasureArgs) -> Result<Status, Failure> {
    let wanted = if arguments.measures.is_empty() { ALL.map(str::to_owned).to_vec() } else { arguments.measures };
    let throats = arguments.throats.map(usize::from);
    let line = Settings {
        measures: Some(wanted),
        material: arguments.material,
        throats,
        ..Settings::of(&arguments.input).making(arguments.making)
    };
    finish(&arguments.files, config()?, line, Purpose::Measure { plot: arguments.plot }, None, &arguments.run)
}

pub fn timeline(arguments: TimelineArgs) -> Result<Status, Failure> {
    let mut days = arguments.days;
    if days.iter().any(|d| !d.is_finite() || *d < 0.0) || days.windows(2).any(|w| w[0] >= w[1]) {
        return Err(Failure::Message("--days takes rising numbers from 0 on, such as `0,30,90`".to_owned()));
    }
    days.dedup();
    let axis = arguments.axis.map(|axis| axis as usize);
    let mut measures =
        vec!["porosity.total", "degradation", "tissue", "matching", "stiffness.estimated", "strength.estimated"];
    if arguments.stiffness_days.is_some() {
        measures.extend(axis.map_or(&["stiffness.x", "stiffness.y", "stiffness.z"][..], |a| {
            &["stiffness.x", "stiffness.y", "stiffness.z"][a..=a]
        }));
    }
    let line = Settings {
        material: arguments.fate.material,
        tissue: arguments.fate.tissue,
        tissue_growth: arguments.fate.tissue_growth,
        tissue_throat: arguments.fate.tissue_throat,
        load: arguments.fate.load,
        measures: Some(measures.into_iter().map(str::to_owned).collect()),
        ..Settings::of(&arguments.input)
    };
    let stiffness_days = arguments.stiffness_days.map(usize::from);
    let course = Course { days, stiffness_days, axis, plot: arguments.plot };
    finish(&arguments.files, config()?, line, Purpose::Timeline(course), None, &arguments.run)
}

pub fn inspect(arguments: &InspectArgs) -> Result<Status, Failure> {
    if arguments.schema {
        return output::print(&super::pretty(&crate::report::inspect_schema()));
    }
    let exec = Exec::new(None, Arc::new(crate::parallel::Silent)).map_err(|e| Failure::Message(e.to_string()))?;
    let limits = Limits::default();
    let run = Resolver::new(limits, &exec).run(&Settings::of(&arguments.input), Path::new(""), false)?;
    if let Some(to) = &arguments.export {
        let [file] = &arguments.files[..] else {
            return Err(Failure::Message("--export writes one file: name one file to read".to_owned()));
        };
        super::export::convert(file, to, &run.options, &limits, &exec)?;
    }
    let inspection = gauge::inspect(&arguments.files, &run.options, &limits, &exec)?;
    match arguments.format {
        InspectFormat::Text => output::print(&render::inspection::render(&inspection))?,
        InspectFormat::Json => {
            let value = serde_json::to_value(&inspection).unwrap_or_default();
            output::print(&super::pretty(&value))?
        }
    };
    let broken = inspection.files.iter().any(|f| !f.errors.is_empty());
    Ok(if broken { Status::Undecided } else { Status::Fine })
}

/// What designs are looked at for.
pub enum Purpose {
    /// Figures alone, and the file that moduli are drawn into.
    Measure { plot: Option<PathBuf> },
    /// Figures and verdicts, and whether advice is verified.
    Judge { verify_advice: bool },
    /// Their course over time.
    Timeline(Course),
}

/// What is asked of a course over time.
pub struct Course {
    /// Days to tell; none for a sensible choice.
    pub days: Vec<f64>,
    /// On how many days stiffness is computed.
    pub stiffness_days: Option<usize>,
    /// The axis that it is along.
    pub axis: Option<usize>,
    /// File of the drawing.
    pub plot: Option<PathBuf>,
}

/// The nearest `poregauge.toml`.
pub fn config() -> Result<Option<Config>, Failure> {
    match std::env::current_dir() {
        Ok(here) => Config::find(&here),
        Err(_) => Ok(None),
    }
}

fn read_report(path: &Path) -> Result<Report, Failure> {
    let wrong = |what: String| Failure::Message(format!("--baseline {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|e| wrong(format!("cannot be read: {e}")))?;
    let report: Report = serde_json::from_str(&text)
        .map_err(|e| wrong(format!("is no report of `poregauge check --format json`: {e}")))?;
    if report.schema != crate::report::SCHEMA {
        return Err(wrong(format!("has the schema `{}`, not `{}`", report.schema, crate::report::SCHEMA)));
    }
    Ok(report)
}

/// The runs of the files named, or of the designs of the configuration.
pub fn jobs(
    files: &[PathBuf],
    config: Option<&Config>,
    line: &Settings,
    purpose: &Purpose,
    pictures: bool,
    resolver: &mut Resolver<'_>,
) -> Result<Vec<Job>, Failure> {
    let nothing = Settings::default();
    let defaults = config.map_or(&nothing, |c| &c.defaults);
    let here = Path::new("");
    let listed = match config {
        Some(config) if files.is_empty() => config.files()?,
        _ => Vec::new(),
    };
    if files.is_empty() && listed.is_empty() {
        return Err(Failure::Message("poregauge.toml has no [[design]]: add one with `files = \"…\"`".to_owned()));
    }
    let chosen = files.iter().map(|f| (f.clone(), f.clone(), config.and_then(|c| c.entry(f)))).chain(
        listed.into_iter().filter_map(|(file, k)| {
            let config = config?;
            Some((config.folder.join(&file), file, config.entries.get(k)))
        }),
    );
    let mut jobs = Vec::new();
    for (file, shown, entry) in chosen {
        let number = entry.map(|e| e.number);
        let entry = entry.map_or(&nothing, |e| &e.settings);
        let layers = [("command line", line), ("poregauge.toml", entry), ("poregauge.toml", defaults)];
        // Files named on the command line lie here, those named in the configuration beside it.
        let folder = config.map_or(here, |c| c.folder.as_path());
        let lower = rooted(entry.clone().over(defaults.clone()), folder);
        let judge = matches!(purpose, Purpose::Judge { .. });
        let settings = line.clone().over(lower);
        let mut run =
            resolver.run(&settings, here, judge).map_err(|e| with_place(e, line, &settings, config, number))?;
        run.pictures = pictures;
        run.verify_advice = matches!(purpose, Purpose::Judge { verify_advice: true });
        if let Purpose::Timeline(course) = purpose {
            if run.material.is_none() || run.tissue.is_none() {
                return Err(Failure::Message(
                    "a timeline needs a material and a tissue: --material NAME --tissue NAME (see `poregauge materials \
                     list` and `poregauge tissues list`)"
                        .to_owned(),
                ));
            }
            run.timeline = Some(course.days.clone());
            (run.stiffness_days, run.axis) = (course.stiffness_days, course.axis);
        }
        let mut settings = Settings::in_force(&layers);
        if !judge {
            settings.retain(|name, _| !matches!(name.as_str(), "criteria" | "strict" | "measures"));
        }
        jobs.push(Job { file, shown, run: Arc::new(run), settings });
    }
    Ok(jobs)
}

/// A complaint about a value that the configuration names, with its place there.
fn with_place(
    failure: Failure,
    line: &Settings,
    settings: &Settings,
    config: Option<&Config>,
    entry: Option<usize>,
) -> Failure {
    let (Failure::Message(message), Some(config)) = (&failure, config) else { return failure };
    let own = line.shown();
    let about = |value: &str| value.split(',').any(|v| message.contains(&format!("`{v}`")));
    let place =
        ["criteria", "process", "material", "tissue", "envelope", "fits", "measures"].into_iter().find_map(|key| {
            settings.shown().get(key).filter(|value| !own.contains_key(key) && about(value))?;
            config.place(entry, key)
        });
    match place {
        Some(place) => Failure::Message(format!("{}: {}", super::config::NAME, placed(Some(place), message))),
        None => failure,
    }
}

/// Settings of a configuration with the paths in them made those of files in its folder.
fn rooted(mut settings: Settings, folder: &Path) -> Settings {
    let named = [&mut settings.criteria, &mut settings.envelope, &mut settings.material, &mut settings.tissue];
    for name in named.into_iter().chain([&mut settings.process, &mut settings.fits]) {
        if let Some(text) = name
            && folder.join(&*text).is_file()
        {
            *text = folder.join(&*text).to_string_lossy().into_owned();
        }
    }
    settings
}

/// The formats with their files: those of the command line, else those of the configuration, else text.
fn outputs(run: &RunArgs, config: Option<&Config>) -> Result<Outputs, Failure> {
    let mut pairs = run.outputs.clone();
    if pairs.is_empty() {
        pairs = config.map(|c| c.outputs.clone()).unwrap_or_default();
    }
    if pairs.is_empty() {
        pairs.push((FormatArg::Text, None));
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

/// The variable whose value signs the entries of the cache, where it is kept from one machine to the next.
const CACHE_SECRET: &str = "POREGAUGE_CACHE_SECRET";

/// The file with the secret that signs the entries else.
const SECRET_FILE: &str = "cache.key";

/// The folder of results that the user wants, if any. Without a secret nothing in it could be believed.
fn cache(options: &RunArgs) -> Option<Cache> {
    let folder = match &options.cache {
        Some(word) if word == Path::new("off") => return None,
        Some(folder) => folder.clone(),
        None => dirs::cache_dir()?.join("poregauge"),
    };
    let secret = match std::env::var_os(CACHE_SECRET).filter(|secret| !secret.is_empty()) {
        Some(secret) => secret.into_encoded_bytes(),
        None => gauge::secret_in(&dirs::data_local_dir()?.join("poregauge").join(SECRET_FILE))?,
    };
    Cache::new(folder, &secret)
}

fn finish(
    files: &[PathBuf],
    config: Option<Config>,
    line: Settings,
    purpose: Purpose,
    baseline: Option<Report>,
    options: &RunArgs,
) -> Result<Status, Failure> {
    let from_config = if files.is_empty() { config.as_ref() } else { None };
    let outputs = outputs(options, from_config)?;
    output::end_on_interrupt();
    let plot = match &purpose {
        Purpose::Timeline(course) => course.plot.as_deref(),
        Purpose::Measure { plot } => plot.as_deref(),
        Purpose::Judge { .. } => None,
    };
    for path in outputs.iter().filter_map(|o| o.1.as_deref()).chain(plot) {
        output::make_room(path)?;
    }
    let started = Instant::now();
    let (progress, bar) = progress::spinner(!options.no_progress && !options.quiet);
    let exec = Exec::new(options.threads.map(usize::from), progress).map_err(|e| Failure::Message(e.to_string()))?;
    let limits = options.memory.map_or_else(Limits::default, |memory| Limits { memory });
    let course = matches!(purpose, Purpose::Timeline(_));
    let pictures = (plot.is_some() && course) || outputs.iter().any(|o| o.0 == FormatArg::Html);
    let jobs = jobs(files, config.as_ref(), &line, &purpose, pictures, &mut Resolver::new(limits, &exec))?;
    let mut report = gauge::check_jobs(&jobs, cache(options).as_ref(), &exec)?;
    if let Some(baseline) = &baseline {
        report = gauge::against_baseline(report, baseline);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    for (format, file) in &outputs {
        let colour = file.is_none() && colour(options.color);
        let text = match format {
            FormatArg::Csv if course => render::csv::courses(&report),
            _ => show(&report, *format, colour, from_config.map_or(Path::new(""), |c| &c.folder)),
        };
        match file {
            Some(path) => output::write_file(path, |out| out.write_all(text.as_bytes()))?,
            None => {
                output::print(&text)?;
            }
        }
        if *format == FormatArg::Github {
            job_summary(&report)?;
        }
    }
    if let Some(path) = plot {
        let drawing = match purpose {
            Purpose::Timeline(_) => render::svg::render(&report),
            _ => render::svg::every_direction(&report).ok_or_else(|| {
                Failure::Message(
                    "--plot draws the moduli of a repeating cell: add --periodic and --measures stiffness".to_owned(),
                )
            })?,
        };
        plotted(path, &drawing)?;
    }
    if !options.quiet {
        output::say(&format!("{} s", significant(started.elapsed().as_secs_f64(), 3)));
    }
    Ok(report.status())
}

/// Writes a drawing as the file's name says.
fn plotted(path: &Path, drawing: &str) -> Result<(), Failure> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("svg")) {
        return output::write_file(path, |out| out.write_all(drawing.as_bytes()));
    }
    let picture = render::png::render(drawing)
        .ok_or_else(|| Failure::Message(format!("{}: too large for a picture: draw it as .svg", path.display())))?;
    output::write_file(path, |out| out.write_all(&picture))
}

/// The report in a format; the paths in it are relative to `base`.
fn show(report: &Report, format: FormatArg, colour: bool, base: &Path) -> String {
    let root = repository();
    let locate = |path: &str| relative(&base.join(path), root.as_deref()).unwrap_or_else(|| path.to_owned());
    match format {
        FormatArg::Text => render::text::render(report, colour),
        FormatArg::Json => render::json::render(report),
        FormatArg::Csv => render::csv::render(report),
        FormatArg::Markdown => render::markdown::render(report),
        FormatArg::Html => render::html::render(report),
        FormatArg::Junit => render::junit::render(report),
        FormatArg::Sarif => render::sarif::render(report, &locate),
        FormatArg::Github => render::github::render(report, &locate),
    }
}

/// The root of the repository that we are in, or else this folder.
fn repository() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    Some(here.ancestors().find(|folder| folder.join(".git").exists()).unwrap_or(&here).to_owned())
}

/// A path relative to the repository, with `/`; `None` where it lies outside.
fn relative(path: &Path, root: Option<&Path>) -> Option<String> {
    let absolute = std::path::absolute(path).ok()?;
    let relative = absolute.strip_prefix(root?).ok()?.to_string_lossy().into_owned();
    Some(if cfg!(windows) { relative.replace('\\', "/") } else { relative })
}

/// Adds the report to the job summary of a GitHub workflow, where there is one.
fn job_summary(report: &Report) -> Result<(), Failure> {
    let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|p| !p.is_empty()) else { return Ok(()) };
    let text = render::markdown::render(report);
    let append = || std::fs::OpenOptions::new().create(true).append(true).open(&path)?.write_all(text.as_bytes());
    append().map_err(|e: std::io::Error| Failure::Message(format!("the job summary cannot be written: {e}")))
}

fn colour(choice: ColorArg) -> bool {
    match choice {
        ColorArg::Always => true,
        ColorArg::Never => false,
        ColorArg::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
    }
}
