//! Shapes with known answers, and the way from them to figures.

#![allow(dead_code, clippy::unwrap_used, reason = "a test may fail loudly, and uses what it needs")]

use std::path::Path;

use poregauge::design::{EnvelopeChoice, Options};
use poregauge::gauge::{Run, check};
use poregauge::mesh::{Mesh, V3};
use poregauge::parallel::Exec;
use poregauge::report::{DesignEntry, MeasurementEntry};
use poregauge::units::Length;
use poregauge::voxel::iso_surface::iso_surface;

/// The solid where `field` is negative, in the box from the origin to `size`, capped at its faces; `n` samples along
/// the longest side.
pub fn implicit(size: [f64; 3], n: usize, field: impl Fn(&V3) -> f64 + Sync) -> Mesh {
    let longest = size.iter().copied().fold(0.0, f64::max);
    let coordinates: [Vec<f64>; 3] = std::array::from_fn(|a| {
        let cells = ((size[a] / longest * n as f64).round() as usize).max(2);
        let inner = (0..=cells).map(|i| size[a] * i as f64 / cells as f64);
        std::iter::once(0.0).chain(inner).chain([size[a]]).collect()
    });
    let last = [0, 1, 2].map(|a| coordinates[a].len() - 1);
    let sample = |x: usize, y: usize, z: usize| {
        if [x, y, z].iter().zip(&last).any(|(i, l)| *i == 0 || i == l) {
            return 1.0;
        }
        let f = field(&V3::new(coordinates[0][x], coordinates[1][y], coordinates[2][z]));
        if f.abs() < 1e-6 { 1e-6f64.copysign(f) } else { f }
    };
    let exec = Exec::silent(2).unwrap();
    let single = |v: V3| v.map(|c| f64::from((c / 1e3) as f32) * 1e3);
    let triangles: Vec<[V3; 3]> =
        iso_surface([&coordinates[0], &coordinates[1], &coordinates[2]], sample, |v| *v, &exec)
            .into_iter()
            .map(|t| t.map(single))
            .filter(|[a, b, c]| a != b && b != c && c != a)
            .collect();
    Mesh::weld(&triangles).unwrap()
}

/// A box.
pub fn cuboid(low: [f64; 3], high: [f64; 3]) -> Mesh {
    let p = |i: usize| V3::new([low[0], high[0]][i & 1], [low[1], high[1]][i >> 1 & 1], [low[2], high[2]][i >> 2 & 1]);
    let quads = [[0, 2, 3, 1], [4, 5, 7, 6], [0, 1, 5, 4], [2, 6, 7, 3], [0, 4, 6, 2], [1, 3, 7, 5]];
    Mesh {
        vertices: (0..8).map(p).collect(),
        triangles: quads.iter().flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]]).collect(),
    }
}

/// Several meshes as one.
pub fn join(parts: &[Mesh]) -> Mesh {
    let mut all = Mesh::default();
    for part in parts {
        let base = all.vertices.len() as u32;
        all.vertices.extend(&part.vertices);
        all.triangles.extend(part.triangles.iter().map(|t| t.map(|v| v + base)));
    }
    all
}

/// A run that measures everything at one voxel size.
pub fn run(h: f64) -> Run {
    Run {
        options: Options { envelope: EnvelopeChoice::Box, ..Options::default() },
        measures: ["porosity", "surface", "solid", "strut", "pore_size", "interconnectivity"]
            .map(str::to_owned)
            .to_vec(),
        resolution: Some(Length::from_um(h)),
        ..Run::default()
    }
}

/// Measures a file.
pub fn measure_file(path: &Path, run: &Run, threads: usize) -> DesignEntry {
    let report = check(&[path.to_owned()], run, &Exec::silent(threads).unwrap()).unwrap();
    let design = report.designs.into_iter().next().unwrap();
    assert!(design.errors.is_empty(), "{:?}", design.errors);
    design
}

/// Measures a mesh at one voxel size.
pub fn measure(mesh: &Mesh, run: &Run) -> DesignEntry {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.stl");
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), mesh).unwrap();
    measure_file(&path, run, 2)
}

/// A figure of a design.
pub fn figure<'a>(design: &'a DesignEntry, id: &str) -> &'a MeasurementEntry {
    design.measurements.get(id).unwrap_or_else(|| panic!("no {id} among {:?}", design.measurements.keys()))
}

/// As [`assert_close`], for a curved shape whose facets put its own sizes off by at most `facets`.
pub fn assert_close_faceted(design: &DesignEntry, id: &str, truth: f64, percent: f64, facets: f64) {
    let m = figure(design, id);
    let off = (m.value - truth).abs();
    assert!(
        100.0 * off / truth <= percent,
        "{id}: {} against {truth}, {percent} % allowed (± {})",
        m.value,
        m.uncertainty
    );
    assert!(
        off <= m.uncertainty + facets,
        "{id}: {truth} lies outside {} ± {}, facets {facets}",
        m.value,
        m.uncertainty
    );
}

/// Asserts that a figure is within `percent` of the truth, and the truth within its stated interval.
pub fn assert_close(design: &DesignEntry, id: &str, truth: f64, percent: f64) {
    let m = figure(design, id);
    let off = 100.0 * (m.value - truth).abs() / truth.abs();
    assert!(off <= percent, "{id}: {} is {off:.2} % from {truth}, {percent} % allowed (± {})", m.value, m.uncertainty);
    assert!(
        (m.value - truth).abs() <= m.uncertainty + 1e-9 * truth.abs(),
        "{id}: {truth} lies outside {} ± {}",
        m.value,
        m.uncertainty
    );
}
