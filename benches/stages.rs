//! Where the time of one whole check goes: wall seconds and peak memory of each stage.
//!
//! `cargo bench --bench stages -- [voxels along a side] [threads]`: a 10 mm cubic scaffold with 600 µm pores, checked by
//! `review` at one resolution.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail loudly, and prints its table")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use poregauge::criteria::built_in;
use poregauge::design::{EnvelopeChoice, Options};
use poregauge::gauge::{Run, check};
use poregauge::generate::cubic::Cubic;
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

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let n = numbers.next().unwrap_or(250);
    let threads = numbers.next().unwrap_or(2);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cubic.stl");
    // Thirteen cells of 600 µm windows and 125 µm struts, nine tenths void: the block is 9.55 mm wide.
    let mesh = Cubic { pore: 600.0, strut: 125.0, cells: 13 }.mesh(None);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    let run = Run {
        options: Options { envelope: EnvelopeChoice::Box, ..Options::default() },
        criteria: Some(built_in("review").unwrap()),
        resolution: Some(Length::from_um(9550.0 / n as f64)),
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
