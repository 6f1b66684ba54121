//! Where the time of one whole check goes: wall seconds of each stage, and peak memory.
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

/// Adds up the seconds between the beginnings of stages.
#[derive(Default)]
struct Clock(Mutex<(Option<(String, Instant)>, BTreeMap<String, f64>)>);

impl Progress for Clock {
    fn stage(&self, name: &str) {
        let mut state = self.0.lock().unwrap();
        let now = Instant::now();
        if let Some((last, since)) = state.0.replace((name.to_owned(), now)) {
            *state.1.entry(last).or_default() += (now - since).as_secs_f64();
        }
    }
}

/// The most memory that this process has had, in bytes, where the system tells it.
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
    for (name, seconds) in &clock.0.lock().unwrap().1 {
        println!("{seconds:8.2} s {:8.0} ns a voxel  {name}", seconds / voxels * 1e9);
    }
    println!("{all:8.2} s {:8.0} ns a voxel  in all", all / voxels * 1e9);
    if let Some(bytes) = peak() {
        println!("{:8.2} GB {:7.1} bytes a voxel at the peak", bytes as f64 / 1e9, bytes as f64 / voxels);
    }
}
