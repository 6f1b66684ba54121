//! Figures against shapes whose answers are known on paper, at 20 voxels across.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::f64::consts::PI;

use common::{assert_close, assert_close_faceted, cuboid, figure, implicit, join, measure, run};
use poregauge::generate::cubic::Cubic;
use poregauge::mesh::V3;

/// Voxel size that puts 20 voxels across a length.
fn twenty(length: f64) -> f64 {
    length / 20.0
}

#[test]
fn plates_and_the_gap_between_them() {
    // Three plates of 100 µm with gaps of 400 µm between them.
    let plate = |z: f64| cuboid([0.0, 0.0, z], [2000.0, 2000.0, z + 100.0]);
    let design = measure(&join(&[plate(0.0), plate(500.0), plate(1000.0)]), &run(twenty(400.0)));
    assert_close(&design, "porosity.total", 800.0 / 1100.0, 1e-3);
    assert_close(&design, "pore_size.mean", 400.0, 0.5);
    assert_close(&design, "pore_size.max", 400.0, 0.5);
    assert_close(&design, "strut.max", 100.0, 1.0);
    assert_close(&design, "strut.ridge_d01", 100.0, 1.0);
    assert_close(&design, "surface.area", 4.0 * 4.0, 0.01);
    assert_close(&design, "solid.components", 3.0, 0.0);
    assert_close(&design, "solid.loose_fraction", 2.0 / 3.0, 1e-3);
    assert_close(&design, "interconnectivity.percolation_diameter.x", 400.0, 1.0);
    assert!(figure(&design, "interconnectivity.percolation_diameter.z").value == 0.0, "no way through plates");
}

#[test]
fn a_bubble_in_a_block() {
    let (side, r) = (1000.0, 200.0);
    let middle = V3::new(510.0, 493.0, 488.0);
    let mesh = implicit([side; 3], 80, |p| r - (p - middle).norm());
    let design = measure(&mesh, &run(twenty(2.0 * r)));
    let bubble = 4.0 / 3.0 * PI * r.powi(3) / side.powi(3);
    assert_close_by(&design, "porosity.closed", bubble, 0.5);
    assert_close_by(&design, "porosity.total", bubble, 0.5);
    assert!(figure(&design, "porosity.open").value.abs() < 1e-9);
    // Chords of the facets (the diagonal of a sample cell) lie inside the sphere by s²/8r.
    let facets = 2.0 * 3.0 * 12.5f64.powi(2) / (8.0 * r);
    assert_close_faceted(&design, "pore_size.mean", 2.0 * r, 1.0, facets);
    assert_close_faceted(&design, "pore_size.max", 2.0 * r, 1.0, facets);
    assert_close_by(&design, "surface.closed_area", 4.0 * PI * r * r * 1e-6, 0.5);
    assert_close(&design, "surface.cap_area", 6.0, 0.01);
    assert!(figure(&design, "interconnectivity.accessible_100um").value == 0.0);
}

#[test]
fn a_region_from_a_file_cuts_solid_that_goes_on() {
    // A square rod and a block, cut by a box and by a ball that lie within them and across.
    let rod = cuboid([0.0, 403.0, 395.0], [1000.0, 603.0, 595.0]);
    let block = cuboid([0.0; 3], [1000.0; 3]);
    let r = 300.0;
    let ball = implicit([1000.0; 3], 80, |p| (p - V3::new(510.0, 493.0, 488.0)).norm() - r);
    let bar = cuboid([110.0, 90.0, 120.0], [890.0, 910.0, 905.0]);
    // Three flanks of the rod and its end lie on the surface of the third region, which cuts it at the other end.
    let flush = cuboid([200.0, 403.0, 395.0], [1000.0, 603.0, 900.0]);
    for (solid, region, caps, open) in [
        (&rod, &bar, 2.0 * 0.04, 4.0 * 0.2 * 0.78),
        (&block, &ball, 4.0 * PI * r * r * 1e-6, 0.0),
        (&rod, &flush, 0.04 + 3.0 * 0.8 * 0.2 + 0.04, 0.8 * 0.2),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("region.stl");
        poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), region).unwrap();
        let mut run = run(twenty(200.0));
        let exec = poregauge::parallel::Exec::silent(2).unwrap();
        run.options.envelope = poregauge::gauge::envelope_from(&path, &run.options, &run.limits, &exec).unwrap();
        let design = measure(solid, &run);
        assert_close(&design, "surface.cap_area", caps, 1.0);
        let area = figure(&design, "surface.area").value;
        assert!((area - open).abs() < 0.01 * open.max(caps), "{area} against {open}");
    }
}

/// Within `percent`, for truths of the smooth shape that its facets only approach.
fn assert_close_by(design: &poregauge::report::DesignEntry, id: &str, truth: f64, percent: f64) {
    let value = figure(design, id).value;
    assert!((value / truth - 1.0).abs() * 100.0 <= percent, "{id}: {value} against {truth}");
}

#[test]
fn a_round_channel() {
    let r = 200.0;
    let mesh = implicit([600.0, 600.0, 1600.0], 100, |p| r - ((p.x - 307.0).powi(2) + (p.y - 289.0).powi(2)).sqrt());
    let design = measure(&mesh, &run(twenty(2.0 * r)));
    assert_close_by(&design, "porosity.total", PI * r * r / 0.36e6, 0.5);
    let facets = 2.0 * 3.0 * 16f64.powi(2) / (8.0 * r);
    assert_close_faceted(&design, "pore_size.mean", 2.0 * r, 1.0, facets);
    assert_close_faceted(&design, "interconnectivity.percolation_diameter.z", 2.0 * r, 1.0, facets);
    assert!(figure(&design, "interconnectivity.percolation_diameter.x").value == 0.0);
    assert_close_by(&design, "interconnectivity.accessible_100um", 1.0, 0.5);
    assert_close_by(&design, "surface.area", 2.0 * PI * r * 1600.0 * 1e-6, 0.5);
    assert_close(&design, "interconnectivity.through_fraction", 1.0, 0.1);
}

#[test]
fn a_square_channel_has_the_local_thickness_of_a_square() {
    // Mean of the local thickness of a square of width w: w·(1 − (4 − π)/12); the corners hold 1 − π/4 of it below w.
    let w = 400.0;
    let wall = |low: [f64; 2], high: [f64; 2]| cuboid([low[0], low[1], 0.0], [high[0], high[1], 1600.0]);
    let mesh = join(&[
        wall([0.0, 0.0], [200.0, 800.0]),
        wall([600.0, 0.0], [800.0, 800.0]),
        wall([200.0, 0.0], [600.0, 200.0]),
        wall([200.0, 600.0], [600.0, 800.0]),
    ]);
    let design = measure(&mesh, &run(twenty(w)));
    assert_close(&design, "porosity.total", 0.25, 1e-3);
    // The channel is cut at both ends, so the figure of all the void is the one to compare.
    let mean = figure(&design, "pore_size.mean").alternatives[0].value.unwrap();
    let truth = w * (1.0 - (4.0 - PI) / 12.0);
    assert!((mean / truth - 1.0).abs() < 0.02, "{mean} against {truth}");
    assert_close(&design, "pore_size.max", w, 0.5);
    assert_close(&design, "pore_size.d50", w, 0.5);
    assert_close(&design, "interconnectivity.percolation_diameter.z", w, 0.5);
    assert_close(&design, "solid.components", 1.0, 0.0);
    assert_close(&design, "surface.area", 4.0 * 0.4 * 1.6, 0.01);
}

#[test]
fn two_chambers_joined_by_a_throat() {
    // Chambers of radius 300 µm that open to both ends, and a neck of radius 80 µm between them.
    let chamber = |p: &V3, z: f64| 300.0 - (V3::new(p.x - 350.0, p.y - 350.0, p.z - z)).norm();
    let neck = |p: &V3| 80.0 - ((p.x - 350.0).powi(2) + (p.y - 350.0).powi(2)).sqrt();
    let mesh = implicit([700.0, 700.0, 1600.0], 120, |p| chamber(p, 250.0).max(chamber(p, 1350.0)).max(neck(p)));
    let design = measure(&mesh, &run(twenty(160.0)));
    let facets = 2.0 * 3.0 * 13.4f64.powi(2) / (8.0 * 80.0);
    assert_close_faceted(&design, "interconnectivity.percolation_diameter.z", 160.0, 2.0, facets);
    assert_close_faceted(&design, "pore_size.max", 600.0, 1.0, facets);
    let throat = figure(&design, "interconnectivity.percolation_diameter.z").at_um.unwrap();
    assert!(throat[2] > 520.0 && throat[2] < 1080.0 && (throat[0] - 350.0).abs() < 20.0, "{throat:?}");
}

#[test]
fn a_cubic_lattice() {
    // Window w; the sphere in a cell touches its twelve edges: √2·w.
    let lattice = Cubic { pore: 400.0, strut: 100.0, cells: 3 };
    let mut volumes = Vec::new();
    for h in [40.0, 20.0] {
        let design = measure(&lattice.mesh(None), &run(h));
        assert_close(&design, "porosity.total", lattice.porosity(), 1e-3);
        assert_close(&design, "pore_size.max", 400.0 * 2f64.sqrt(), 2.0);
        for axis in ["x", "y", "z"] {
            assert_close(&design, &format!("interconnectivity.percolation_diameter.{axis}"), 400.0, 2.0);
        }
        assert_close(&design, "interconnectivity.open_fraction", 1.0, 1e-6);
        volumes.push(figure(&design, "pore_size.mean").value);
        if h == 20.0 {
            assert_close(&design, "strut.ridge_d01", 100.0, 2.0);
            // All but the edges and corners between struts.
            assert_close_by(&design, "interconnectivity.accessible_100um", 1.0, 2.0);
            assert!(figure(&design, "solid.loose_fraction").value == 0.0);
        }
    }
    assert!((volumes[0] / volumes[1] - 1.0).abs() < 0.02, "{volumes:?}");
}

#[test]
fn errors_fall_with_refinement_and_scale_does_not_matter() {
    let r = 200.0;
    let shape = |scale: f64| {
        implicit([600.0 * scale, 600.0 * scale, 1600.0 * scale], 80, move |p| {
            r * scale - ((p.x - 303.0 * scale).powi(2) + (p.y - 291.0 * scale).powi(2)).sqrt()
        })
    };
    let mesh = shape(1.0);
    let mean = |h: f64| figure(&measure(&mesh, &run(h)), "pore_size.mean").value;
    let (coarse, fine) = ((mean(60.0) - 400.0).abs(), (mean(15.0) - 400.0).abs());
    assert!(fine < 1.2 && fine <= coarse + 1.0, "{coarse} {fine}");
    let large = figure(&measure(&shape(10.0), &run(200.0)), "pore_size.mean").value / 10.0;
    assert!((large - mean(20.0)).abs() < 0.1, "{large} {}", mean(20.0));
}

/// Three bars of width 100 that cross in the middle of a cell of 500: one cell of a cubic lattice of struts.
fn crossing_bars() -> poregauge::mesh::Mesh {
    let bar = |axis: usize| {
        let (mut low, mut high) = ([200.0; 3], [300.0; 3]);
        (low[axis], high[axis]) = (0.0, 500.0);
        cuboid(low, high)
    };
    join(&[bar(0), bar(1), bar(2)])
}

#[test]
fn a_periodic_cell_is_the_endless_lattice() {
    let (w, a) = (100.0f64, 500.0f64);
    let periodic = poregauge::gauge::Run { cut: poregauge::design::CutPores::Periodic, ..run(twenty(400.0)) };
    let design = measure(&crossing_bars(), &periodic);
    let solid = 3.0 * w * w * a - 2.0 * w.powi(3);
    assert_close(&design, "porosity.total", 1.0 - solid / a.powi(3), 1e-3);
    assert_close(&design, "pore_size.max", 400.0 * 2f64.sqrt(), 1.0);
    for axis in ["x", "y", "z"] {
        assert_close(&design, &format!("interconnectivity.percolation_diameter.{axis}"), 400.0, 1.0);
    }
    assert_close(&design, "interconnectivity.through_fraction", 1.0, 1e-9);
    assert_close(&design, "interconnectivity.accessible_100um", 1.0, 2.0);
    assert_eq!(figure(&design, "porosity.closed").value, 0.0);
    assert_eq!(figure(&design, "solid.loose_fraction").value, 0.0);
    assert_close(&design, "surface.area", 3.0 * 4.0 * w * (a - w) * 1e-6, 0.01);
}

#[test]
fn a_plate_bars_the_way_through_a_periodic_cell_and_an_island_is_loose() {
    let periodic = poregauge::gauge::Run { cut: poregauge::design::CutPores::Periodic, ..run(25.0) };
    let plate = cuboid([0.0, 0.0, 200.0], [500.0, 500.0, 300.0]);
    let island = cuboid([100.0, 100.0, 0.0], [200.0, 200.0, 100.0]);
    // The body is that of the plate and two corners that reach the ends of the cell.
    let ends = cuboid([0.0, 0.0, 400.0], [100.0, 100.0, 500.0]);
    let design = measure(&join(&[plate, island, ends]), &periodic);
    assert_eq!(figure(&design, "interconnectivity.percolation_diameter.z").value, 0.0);
    assert!(figure(&design, "interconnectivity.percolation_diameter.x").value > 100.0);
    let loose = 2.0 * 1e6 / (500.0 * 500.0 * 100.0 + 2.0 * 1e6);
    assert_close_by(&design, "solid.loose_fraction", loose, 1.0);
}

#[test]
fn overlapping_spheres_on_a_cubic_lattice() {
    // One cell of spherical pores of radius R at the corners of a lattice of constant a, a/2 < R < a/√2.
    let (a, r) = (500.0f64, 300.0f64);
    let field = |p: &V3| {
        let near = p.map(|c| c - a * (c / a).round());
        r - near.norm()
    };
    let mesh = implicit([a; 3], 60, field);
    let periodic = poregauge::gauge::Run { cut: poregauge::design::CutPores::Periodic, ..run(twenty(2.0 * r)) };
    let design = measure(&mesh, &periodic);
    // Each sphere loses six caps of height R − a/2 to its neighbours.
    let cap = |h: f64| PI * h * h * (3.0 * r - h) / 3.0;
    let void = (4.0 / 3.0 * PI * r.powi(3) - 6.0 * cap(r - a / 2.0)) / a.powi(3);
    assert_close_by(&design, "porosity.total", void, 0.5);
    let facets = 2.0 * 3.0 * (a / 60.0).powi(2) / (8.0 * r);
    assert_close_faceted(&design, "pore_size.max", 2.0 * r, 1.0, facets);
    let throat = 2.0 * (r * r - a * a / 4.0).sqrt();
    for axis in ["x", "y", "z"] {
        let id = format!("interconnectivity.percolation_diameter.{axis}");
        assert_close_faceted(&design, &id, throat, 2.0, 2.0 * 3.0 * (a / 60.0).powi(2) / (8.0 * throat / 2.0));
    }
    assert_close_by(&design, "surface.area", (4.0 * PI * r * r - 6.0 * 2.0 * PI * r * (r - a / 2.0)) * 1e-6, 0.5);
}

#[test]
fn crossing_round_channels() {
    // Three round channels along the axes through the middle of a cube.
    let (side, r) = (800.0f64, 200.0f64);
    let off = |p: &V3, axis: usize| {
        let q = p - V3::repeat(side / 2.0);
        (q.norm_squared() - q[axis] * q[axis]).sqrt()
    };
    let mesh = implicit([side; 3], 64, |p| r - (0..3).map(|a| off(p, a)).fold(f64::MAX, f64::min));
    let design = measure(&mesh, &run(twenty(2.0 * r)));
    let two = 16.0 / 3.0 * r.powi(3);
    let three = 8.0 * (2.0 - 2f64.sqrt()) * r.powi(3);
    let void = (3.0 * PI * r * r * side - 3.0 * two + three) / side.powi(3);
    assert_close_by(&design, "porosity.total", void, 0.5);
    // The sphere in the middle touches the three saddles between the channels.
    let facets = 2.0 * 3.0 * (side / 64.0).powi(2) / (8.0 * r);
    for axis in ["x", "y", "z"] {
        let id = format!("interconnectivity.percolation_diameter.{axis}");
        assert_close_faceted(&design, &id, 2.0 * r, 1.0, facets);
    }
    assert_close_by(&design, "interconnectivity.accessible_100um", 1.0, 0.5);
}

/// Area of the surface where `field` is zero in the unit cell, by lines along each axis: at every crossing the share of
/// the surface that faces the line, |∂f|/|∇f|, summed over the three axes.
fn area_by_lines(field: impl Fn([f64; 3]) -> f64) -> f64 {
    const LINES: usize = 60;
    let mut area = 0.0;
    for axis in 0..3 {
        for i in 0..LINES * LINES {
            let at = |t: f64| {
                let mut p = [0.0; 3];
                p[axis] = t;
                p[(axis + 1) % 3] = ((i % LINES) as f64 + 0.37) / LINES as f64;
                p[(axis + 2) % 3] = ((i / LINES) as f64 + 0.71) / LINES as f64;
                p
            };
            for k in 0..96 {
                let (mut low, mut high) = (k as f64 / 96.0, (k + 1) as f64 / 96.0);
                if (field(at(low)) < 0.0) == (field(at(high)) < 0.0) {
                    continue;
                }
                for _ in 0..40 {
                    let middle = f64::midpoint(low, high);
                    if (field(at(low)) < 0.0) == (field(at(middle)) < 0.0) { low = middle } else { high = middle }
                }
                let p = at(low);
                let slope: [f64; 3] = std::array::from_fn(|a| {
                    let step = |by: f64| {
                        let mut q = p;
                        q[a] += by;
                        field(q)
                    };
                    (step(1e-5) - step(-1e-5)) / 2e-5
                });
                let steep = slope.iter().map(|s| s * s).sum::<f64>().sqrt();
                area += slope[axis].abs() / steep / (LINES * LINES) as f64;
            }
        }
    }
    area
}

#[test]
fn minimal_surfaces_have_half_of_the_volume_and_their_area() {
    let tau = std::f64::consts::TAU;
    let cell = 1000.0;
    type Field = fn([f64; 3]) -> f64;
    let gyroid: Field = |[x, y, z]| x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
    let schwarz: Field = |[x, y, z]| x.cos() + y.cos() + z.cos();
    let diamond: Field = |[x, y, z]| {
        let (a, b, c) = (x.sin_cos(), y.sin_cos(), z.sin_cos());
        a.0 * b.0 * c.0 + a.0 * b.1 * c.1 + a.1 * b.0 * c.1 + a.1 * b.1 * c.0
    };
    for (field, known) in [(gyroid, 3.0916), (schwarz, 2.3526), (diamond, 3.8380)] {
        let truth = area_by_lines(|p| field(p.map(|c| c * tau)));
        assert!((truth / known - 1.0).abs() < 2e-3, "{truth} against {known}");
        let mesh = implicit([cell; 3], 64, |p| field([p.x, p.y, p.z].map(|c| c * tau / cell)));
        let periodic = poregauge::gauge::Run {
            cut: poregauge::design::CutPores::Periodic,
            measures: vec!["porosity".to_owned(), "surface".to_owned()],
            ..run(50.0)
        };
        let design = measure(&mesh, &periodic);
        assert_close_by(&design, "porosity.total", 0.5, 0.5);
        assert_close_by(&design, "surface.area", truth * cell * cell * 1e-6, 0.5);
    }
}
