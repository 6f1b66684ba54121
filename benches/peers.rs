//! One operation on one file, timed: the side of `benches/peers/run.py` that is ours.
//!
//! `peers OPERATION FILE THREADS [VOXELS]` prints, as JSON, wall and processor seconds of the operation (reading the file
//! apart, but for meshes) and figures to compare. Files are two-valued arrays (NPY) in which 1 is void, or a mesh (STL) of
//! a cube of 1 mm that is cut into VOXELS³. The thickness of an array is averaged VOXELS away from its border.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail loudly, and prints its figures")]

use std::path::Path;
use std::time::Instant;

use poregauge::design::{CutPores, Design, EnvelopeChoice, Options, Resolution, Study};
use poregauge::gauge::{Run, check};
use poregauge::grid::{Border, Connectivity, Mask};
use poregauge::input::load;
use poregauge::limits::Limits;
use poregauge::measure::{After, Needs, survey};
use poregauge::parallel::Exec;
use poregauge::solver::diffusion::{Ends, through};
use poregauge::solver::openings::Openings;
use poregauge::units::Length;
use poregauge::voxel::euler::euler;
use poregauge::voxel::labels::Labels;
use poregauge::voxel::ridge::{Phase, ridge};
use poregauge::voxel::thickness::{Owners, cover};
use serde_json::{Value, json};

/// Processor seconds of this process so far, user and system, where the system tells them (Linux, 100 ticks a second).
fn processor() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after = text.rsplit(')').next().unwrap_or_default();
    after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory that this process has had, in bytes.
fn peak() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|k| k.parse::<f64>().ok()).unwrap_or(0.0) * 1024.0
}

/// Runs and times.
fn timed(f: impl FnOnce() -> Value) -> Value {
    let (start, before) = (Instant::now(), processor());
    let figures = f();
    json!({
        "wall": start.elapsed().as_secs_f64(), "cpu": processor() - before, "peak": peak(), "figures": figures,
    })
}

fn design(path: &Path, exec: &Exec) -> Design {
    let limits = Limits::default();
    let volume = path.extension().is_some_and(|e| e == "npy");
    let options = Options {
        envelope: if volume { EnvelopeChoice::Grid } else { EnvelopeChoice::Box },
        spacing: volume.then(|| [Length::from_um(1.0); 3]),
        invert: volume,
        ..Options::default()
    };
    Design::new(load(path, &limits).unwrap(), &options, &limits, exec).unwrap()
}

fn study<'a>(design: &'a Design, voxels: Option<usize>, exec: &Exec) -> Study<'a> {
    let size = (design.envelope.body.high - design.envelope.body.low).max();
    let resolution = match voxels {
        Some(n) => Resolution::Spacing(size / n as f64),
        None => Resolution::Native { block: 1, shift: 0.0 },
    };
    Study::new(design, &design.envelope, resolution, CutPores::Open, &Limits::default(), exec).unwrap()
}

/// The void of an array.
fn void(design: &Design, exec: &Exec) -> Mask {
    study(design, None, exec).void
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    let [operation, path, threads, rest @ ..] = &arguments[..] else {
        println!("no operation: run benches/peers/run.py");
        return;
    };
    let path = Path::new(path);
    let exec = Exec::silent(threads.parse().unwrap()).unwrap();
    let voxels = rest.first().and_then(|n| n.parse::<usize>().ok());
    let limits = Limits::default();
    let needs = Needs { doubt: 1.0, ..Needs::default() };
    let result = match operation.as_str() {
        "field" => {
            let design = design(path, &exec);
            timed(|| {
                let study = study(&design, voxels, &exec);
                json!({"max": study.field.values.iter().copied().fold(0.0f32, f32::max)})
            })
        }
        "field-from-file" => timed(|| {
            let design = design(path, &exec);
            let study = study(&design, voxels, &exec);
            json!({"solid": 1.0 - study.void.count() as f64 / study.frame().len() as f64})
        }),
        "labels" => {
            let void = void(&design(path, &exec), &exec);
            timed(
                || json!({"pieces": Labels::new(&void, Connectivity::Six, Border::Open, &[], &exec).components.len()}),
            )
        }
        "euler" => {
            let design = design(path, &exec);
            let study = study(&design, None, &exec);
            timed(|| json!({"euler": euler(Border::Open, &study.solid, &study.inside, &exec).body}))
        }
        "thickness" => {
            let design = design(path, &exec);
            timed(|| {
                let study = study(&design, None, &exec);
                let balls = ridge(&study.field, &study.void, &exec).balls;
                let cover =
                    cover(&study.field, Phase::Void, &study.void, &balls, Owners::Each, &limits, &exec).unwrap();
                // Away from the border by the number that is given, where nothing of the shape is cut.
                let (frame, margin) = (study.frame(), voxels.unwrap_or(0));
                let (mut sum, mut count) = (0.0, 0.0);
                for i in 0..frame.len() {
                    let [x, y, z] = frame.voxel(i);
                    let inner = (0..3).all(|a| (margin..frame.size[a] - margin).contains(&[x, y, z][a]));
                    if inner && study.void.get(x, y, z) {
                        (sum, count) = (sum + f64::from(cover.diameter(i)), count + 1.0);
                    }
                }
                json!({"mean": sum / count})
            })
        }
        "surface" => {
            let design = design(path, &exec);
            timed(|| {
                let mut study = study(&design, None, &exec);
                let survey = survey(&mut study, &needs, After::Spent, &limits, &exec).unwrap();
                let area = |id: &str| survey.figures.figures.get(id).map_or(0.0, |f| f.value * 1e6);
                json!({"area": area("surface.area") + area("surface.closed_area")})
            })
        }
        "access" => {
            let design = design(path, &exec);
            timed(|| {
                let mut study = study(&design, None, &exec);
                let needs = Needs { interconnectivity: true, ..needs.clone() };
                let survey = survey(&mut study, &needs, After::Spent, &limits, &exec).unwrap();
                let figure = &survey.figures.figures["interconnectivity.percolation_diameter.z"];
                json!({"throat": figure.value})
            })
        }
        // As PoreSpy holds the ends, or as taufactor does.
        "diffusion" | "diffusion-faces" => {
            let held = if operation == "diffusion" { Ends::Centres } else { Ends::Faces };
            let void = void(&design(path, &exec), &exec);
            let frame = poregauge::grid::Frame { size: void.size(), spacing: [1.0; 3], origin: [0.5; 3] };
            timed(|| {
                // What leads from end to end.
                let [nx, ny, nz] = frame.size;
                let mut ends = [Mask::empty(frame.size), Mask::empty(frame.size)];
                for y in 0..ny {
                    ends[0].insert_run(y, 0, 0, nx);
                    ends[1].insert_run(y, nz - 1, 0, nx);
                }
                let labels = Labels::new(&void, Connectivity::Six, Border::Open, &[&ends[0], &ends[1]], &exec);
                let open = Openings::of_mask(&frame, Border::Open, &labels.select(|c| c.touches == 3), &exec);
                let d = through(&open, 2, held, &exec).unwrap().diffusivity;
                json!({"diffusivity": d})
            })
        }
        "measure" => timed(|| {
            let run = Run {
                options: Options {
                    spacing: Some([Length::from_um(1.0); 3]),
                    invert: true,
                    envelope: EnvelopeChoice::Grid,
                    ..Options::default()
                },
                measures: [
                    "volume",
                    "porosity",
                    "pore_size",
                    "strut",
                    "surface",
                    "interconnectivity",
                    "solid",
                    "topology",
                    "anisotropy",
                ]
                .map(str::to_owned)
                .to_vec(),
                ..Run::default()
            };
            let report = check(&[path.to_owned()], &run, &exec).unwrap();
            json!({"measurements": report.designs[0].measurements.len()})
        }),
        other => panic!("no operation {other}"),
    };
    println!("{result}");
}
