//! Where the time of one whole check goes: wall seconds and peak memory of each stage.
//!
//! `cargo bench --bench stages -- [voxels along a side] [threads]`: a 10 mm cubic scaffold with 600 µm pores, checked by
//! `review` at one resolution. With `volume` behind the numbers: a scan of two values, a gyroid sheet of a tenth solid whose
//! cells are 64 voxels of 20 µm wide.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail loudly, and prints its table")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use poregauge::criteria::built_in;
use poregauge::design::{EnvelopeChoice, Options};
use poregauge::gauge::{Run, check};
use poregauge::generate::cubic::Cubic;
use poregauge::grid::{Frame, Mask};
use poregauge::parallel::{Exec, Progress};
use poregauge::units::Length;

/// What a stage took.
#[derive(Clone, Copy, Default)]
struct Stage {
    seconds: f64,
    /// The most memory in bytes that the process had meanwhile, where the system tells it.
    peak: u64,
}

/// Adds up the seconds between the beginnings of stages.
#[derive(Default)]
struct Clock(Mutex<(Option<(String, Instant)>, BTreeMap<String, Stage>)>);

impl Progress for Clock {
    fn stage(&self, name: &str) {
        let mut state = self.0.lock().unwrap();
        let now = Instant::now();
        if let Some((last, since)) = state.0.replace((name.to_owned(), now)) {
            let stage = state.1.entry(last).or_default();
            stage.seconds += (now - since).as_secs_f64();
            stage.peak = stage.peak.max(peak().unwrap_or(0));
        }
        // From here on the peak is that of what follows.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
}

/// The most memory that this process has had since it was last set back, in bytes, where the system tells it.
fn peak() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find(|l| l.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// Thirteen cells of 600 µm windows and 125 µm struts, nine tenths void: the block is 9.55 mm wide.
fn lattice(folder: &Path) -> PathBuf {
    let path = folder.join("cubic.stl");
    let mesh = Cubic { pore: 600.0, strut: 125.0, cells: 13 }.mesh(None);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    path
}

/// A gyroid sheet in so many voxels along a side.
fn scan(folder: &Path, n: usize) -> PathBuf {
    let wave: Vec<(f64, f64)> = (0..n).map(|i| (i as f64 * std::f64::consts::TAU / 64.0).sin_cos()).collect();
    let mut solid = Mask::empty([n; 3]);
    for ((z, (sz, cz)), (y, (sy, cy))) in
        wave.iter().enumerate().flat_map(|z| wave.iter().enumerate().map(move |y| (z, y)))
    {
        let within = |(sx, cx): &(f64, f64)| (sx * cy + sy * cz + sz * cx).abs() < 0.155;
        wave.iter().enumerate().filter(|(_, x)| within(x)).for_each(|(x, _)| solid.insert(x, y, z));
    }
    let path = folder.join("gyroid.vti");
    let frame = Frame { size: [n; 3], spacing: [20.0; 3], origin: [0.0; 3] };
    let mut out = std::io::BufWriter::new(std::fs::File::create(&path).unwrap());
    poregauge::export::vti::write(&mut out, &frame, None, &poregauge::export::mask_levels(&solid)).unwrap();
    path
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let n = numbers.next().unwrap_or(250);
    let threads = numbers.next().unwrap_or(2);
    let folder = tempfile::tempdir().unwrap();
    let volume = std::env::args().any(|a| a == "volume");
    let path = if volume { scan(folder.path(), n) } else { lattice(folder.path()) };
    let envelope = if volume { EnvelopeChoice::Grid } else { EnvelopeChoice::Box };
    let run = Run {
        options: Options { envelope, ..Options::default() },
        criteria: Some(built_in("review").unwrap()),
        resolution: (!volume).then(|| Length::from_um(9550.0 / n as f64)),
        max_voxels: 1 << 31,
        ..Run::default()
    };
    let clock = Arc::new(Clock::default());
    let exec = Exec::new(Some(threads), Arc::clone(&clock) as Arc<dyn Progress>).unwrap();
    let start = Instant::now();
    let report = check(&[path], &run, &exec).unwrap();
    let all = start.elapsed().as_secs_f64();
    clock.stage("end");
    let voxels = (n as f64).powi(3);
    println!("{n}³ voxels and half as many along each side, {threads} threads: {:?}", report.verdict);
    let stages = &clock.0.lock().unwrap().1;
    let row = |name: &str, Stage { seconds, peak }: Stage| {
        let (each, bytes) = (seconds / voxels * 1e9, peak as f64 / voxels);
        println!("{seconds:8.2} s {each:8.0} ns a voxel {bytes:7.1} bytes a voxel at the peak  {name}");
    };
    for (name, stage) in stages {
        row(name, *stage);
    }
    row("in all", Stage { seconds: all, peak: stages.values().map(|s| s.peak).max().unwrap_or(0) });
}
