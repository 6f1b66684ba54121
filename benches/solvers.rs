//! Time and iterations of the field solvers on a repeating gyroid sheet of 10 % solid.
//!
//! `cargo bench --bench solvers -- [SIZE] [THREADS] [elastic]`, with the word for elasticity alone, or with a file of SIZE³ bytes, x fastest, 1 for void, to solve for
//! diffusion along its axes as PoreSpy holds the ends: `cargo bench --bench solvers -- SIZE THREADS FILE`

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a benchmark may fail loudly, and prints")]

use std::f64::consts::TAU;
use std::time::Instant;

use poregauge::grid::{Border, Frame, Mask};
use poregauge::limits::Limits;
use poregauge::parallel::Exec;
use poregauge::solver::diffusion::{Ends, tensor, through};
use poregauge::solver::elastic::level::Hold;
use poregauge::solver::elastic::solid::Shares;
use poregauge::solver::elastic::stiffness::Body;
use poregauge::solver::flow::{Channel, Walls, along};
use poregauge::solver::openings::Openings;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|a| a.parse::<usize>().ok());
    let n = numbers.next().unwrap_or(128);
    let exec = Exec::silent(numbers.next().unwrap_or(2)).unwrap();
    let alone = std::env::args().any(|a| a == "elastic");
    if let Some(path) = std::env::args().skip(3).find(|a| !a.starts_with('-') && a != "elastic") {
        diffusion_of(&path, n, &exec);
        return;
    }
    let frame = Frame { size: [n; 3], spacing: [1.0; 3], origin: [0.5; 3] };
    // Distance to the sheet by the level over its slope, to first order.
    let field: Vec<f32> = (0..frame.len())
        .map(|i| {
            let [x, y, z] = frame.centre(frame.voxel(i)).map(|v| v / n as f64 * TAU);
            let level = x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
            let slope = [
                x.cos() * y.cos() - z.sin() * x.sin(),
                y.cos() * z.cos() - x.sin() * y.sin(),
                z.cos() * x.cos() - y.sin() * z.sin(),
            ];
            let slope = slope.iter().map(|s| s * s).sum::<f64>().sqrt().max(0.1) * TAU / n as f64;
            (level.abs() / slope - 0.0162 * n as f64) as f32
        })
        .collect();
    let all = Mask::full(frame.size);
    if !alone {
        diffusion(&frame, &field, &all, &exec);
    }
    elasticity(&frame, &field, &all, &exec);
}

/// Between ends, and of the cell.
fn diffusion(frame: &Frame, field: &[f32], all: &Mask, exec: &Exec) {
    let seconds = |start: Instant| start.elapsed().as_secs_f64();
    let start = Instant::now();
    let open = Openings::of_field(frame, Border::Open, field, all, exec);
    println!("void {:.4}, shares of faces {:.2} s", open.share(0, exec), seconds(start));
    let start = Instant::now();
    let d = through(&open, 2, Ends::Faces, exec).unwrap();
    println!("diffusion, one axis between ends: {:.2} s, {d:?}", seconds(start));
    let start = Instant::now();
    let cell = Openings::of_field(frame, Border::Periodic, field, all, exec);
    let (d, ends) = tensor(&cell, exec).unwrap();
    let iterations = ends.map(|e| e.solved.iterations);
    println!("diffusion, tensor of the cell: {:.2} s, {:.5} {:.5}, {iterations:?}", seconds(start), d[0][0], d[0][1]);
    drop((open, cell));
    flow_along(frame, field, exec);
}

/// Of the cell, between plates, and under uniform stress of all faces.
fn elasticity(frame: &Frame, field: &[f32], all: &Mask, exec: &Exec) {
    let seconds = |start: Instant| start.elapsed().as_secs_f64();
    let limits = Limits::default();
    for (name, border, hold) in [
        ("cell", Border::Periodic, Hold::Periodic),
        ("between plates", Border::Open, Hold::Plates(2)),
        ("uniform stress", Border::Open, Hold::Free),
    ] {
        let start = Instant::now();
        let shares = Shares::of_field(frame, border, field, all, &limits, exec).unwrap();
        let mut body = Body::new(&shares, hold, 0.3, exec).unwrap().unwrap();
        println!("elasticity, {name}: density {:.4}, levels {:.2} s", shares.density(), seconds(start));
        let start = Instant::now();
        if hold == Hold::Periodic {
            let (c, _, solved) = body.homogenised(exec).unwrap();
            println!("  six cases {:.2} s, {:?}", seconds(start), solved.map(|s| s.iterations));
            println!("  C11 {:.5} C12 {:.5} C44 {:.5}", c[(0, 0)], c[(0, 1)], c[(3, 3)]);
            let e = 1.0 / c.try_inverse().unwrap()[(0, 0)];
            println!("  E {e:.5}");
        } else if hold == Hold::Free {
            let bears = body.under_uniform_stress(exec).unwrap();
            println!("  six cases {:.2} s, E {:.5}", seconds(start), 1.0 / bears.own[0].unwrap_or(f64::INFINITY));
        } else {
            let (e, _, solved) = body.between_plates(2, exec).unwrap();
            println!("  one case {:.2} s, {solved:?}, E {e:.5}", seconds(start));
        }
    }
}

/// Slow flow along the axes between ends, and along one axis of the cell.
fn flow_along(frame: &Frame, field: &[f32], exec: &Exec) {
    // The void and the voxels beside it that the surface cuts.
    let mut keep = Mask::empty(frame.size);
    for (i, _) in field.iter().enumerate().filter(|(_, d)| **d > -1.0) {
        let [x, y, z] = frame.voxel(i);
        keep.insert(x, y, z);
    }
    let runs = [(Border::Open, 0), (Border::Open, 1), (Border::Open, 2), (Border::Periodic, 0)];
    for (border, axis) in runs {
        let start = Instant::now();
        let channel = Channel { frame: *frame, border, distance: field, keep: &keep };
        let flow = along(&channel, axis, Walls::Ignored, exec).unwrap();
        let (k, solved) = (flow.permeability[axis], flow.solved);
        let seconds = start.elapsed().as_secs_f64();
        println!("flow, {border:?}, axis {axis}: {seconds:.2} s, k {k:.5}, {solved:?}, balance {:.0e}", flow.balance);
    }
    println!("peak {:.2} GB", memory("VmHWM:") / 1e9);
}

/// Diffusion through voxels of two values, held at the centres of the first and last planes.
fn diffusion_of(path: &str, n: usize, exec: &Exec) {
    let bytes = std::fs::read(path).unwrap();
    let frame = Frame { size: [n; 3], spacing: [1.0; 3], origin: [0.5; 3] };
    let mut void = Mask::empty(frame.size);
    for (i, _) in bytes.iter().enumerate().filter(|(_, v)| **v == 1) {
        let [x, y, z] = frame.voxel(i);
        void.insert(x, y, z);
    }
    drop(bytes);
    let open = Openings::of_mask(&frame, Border::Open, &void, exec);
    drop(void);
    let before = memory("VmRSS:");
    for axis in 0..3 {
        let start = Instant::now();
        let d = through(&open, axis, Ends::Centres, exec).unwrap();
        println!("axis {axis}: Deff/D0 {:.7} in {:.2} s, {:?}", d.diffusivity, start.elapsed().as_secs_f64(), d.solved);
    }
    let took = |bytes: f64| bytes / (n * n * n) as f64;
    println!(
        "bytes a voxel: {:.1} of the process, {:.1} of the solve",
        took(memory("VmHWM:")),
        took(memory("VmHWM:") - before)
    );
}

/// What the system says of this process's memory, in bytes; 0 where it says nothing.
fn memory(of: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|l| l.strip_prefix(of));
    line.and_then(|l| l.split_whitespace().next()?.parse::<f64>().ok()).map_or(0.0, |kib| 1024.0 * kib)
}
