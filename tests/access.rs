//! What can get where: curves of accessible void, lists of pores, bottlenecks, chambers that hold powder.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;
mod program;

use std::f64::consts::PI;

use common::{figure, implicit, measure, run};
use poregauge::gauge::{Run, pore_network};
use poregauge::generate::cubic::Cubic;
use poregauge::mesh::{Mesh, V3};
use poregauge::parallel::Exec;
use poregauge::report::DesignEntry;
use program::{code, poregauge, text};

/// Distance to a line along z.
fn off(p: &V3, x: f64, y: f64) -> f64 {
    (p.x - x).hypot(p.y - y)
}

/// Volume of a sphere whose centre lies `depth` inside a plane that cuts it.
fn cut_sphere(r: f64, depth: f64) -> f64 {
    let cap = r - depth;
    4.0 / 3.0 * PI * r.powi(3) - PI * cap * cap * (3.0 * r - cap) / 3.0
}

/// The share of a curve at a diameter, between its points.
fn share(design: &DesignEntry, curve: &str, d: f64) -> f64 {
    let curve = &design.details.curves[curve];
    assert_eq!(curve.at.len(), curve.value.len());
    assert!(curve.value.windows(2).all(|w| w[1] <= w[0] + 1e-12), "a curve falls");
    let k = curve.at.partition_point(|at| *at < d).clamp(1, curve.at.len() - 1);
    let t = (d - curve.at[k - 1]) / (curve.at[k] - curve.at[k - 1]);
    curve.value[k - 1] * (1.0 - t) + curve.value[k] * t
}

#[test]
fn a_curve_is_a_step_at_the_throat() {
    // Two chambers of radius 300 µm that open to both ends by circles of radius 166, and a neck of radius 80 between them.
    let (r, depth) = (300.0f64, 250.0f64);
    let chamber = |p: &V3, z: f64| r - V3::new(p.x - 350.0, p.y - 350.0, p.z - z).norm();
    let mesh = implicit([700.0, 700.0, 1600.0], 120, |p| {
        chamber(p, depth).max(chamber(p, 1600.0 - depth)).max(80.0 - off(p, 350.0, 350.0))
    });
    let design = measure(&mesh, &run(10.0));
    let one = cut_sphere(r, depth);
    let neck = PI * 80.0 * 80.0 * (1100.0 - 2.0 * (r * r - 80.0f64.powi(2)).sqrt());
    let half = one / (2.0 * one + neck);
    // From all sides the chambers are open to spheres of 332 µm, the neck to 160.
    assert!(share(&design, "accessible_void", 100.0) > 0.985);
    assert!((share(&design, "accessible_void", 200.0) - 2.0 * half).abs() < 0.015);
    assert!(share(&design, "accessible_void", 380.0) < 0.01);
    // From one end the other chamber lies behind the neck; from the sides there is no way in.
    for end in ["accessible_void.-z", "accessible_void.+z"] {
        assert!(share(&design, end, 100.0) > 0.985);
        assert!((share(&design, end, 200.0) - half).abs() < 0.015, "{} {half}", share(&design, end, 200.0));
    }
    assert_eq!(share(&design, "accessible_void.+x", 1.0), 0.0);
    // Nine tenths of the void take a sphere of 332 µm: the neck is less than a tenth.
    let d90 = figure(&design, "interconnectivity.d90");
    let mouth = 2.0 * (r * r - depth * depth).sqrt();
    assert!((d90.value - mouth).abs() <= d90.uncertainty + 2.0, "{} ± {} against {mouth}", d90.value, d90.uncertainty);
    assert!(d90.uncertainty < 0.05 * mouth, "{}", d90.uncertainty);
}

#[test]
fn the_bottlenecks_come_in_the_order_of_their_widths() {
    // Three chambers in a row, necks of 120 and 180 µm, mouths of 265 µm.
    let centres = [150.0, 590.0, 1030.0];
    let mesh = implicit([500.0, 500.0, 1180.0], 110, |p| {
        let chambers = centres.map(|z| 200.0 - V3::new(p.x - 250.0, p.y - 250.0, p.z - z).norm());
        let neck = |r: f64, from: f64, to: f64| (r - off(p, 250.0, 250.0)).min(p.z - from).min(to - p.z);
        let necks = [neck(60.0, 150.0, 590.0), neck(90.0, 590.0, 1030.0)];
        chambers.into_iter().chain(necks).fold(f64::MIN, f64::max)
    });
    let design = measure(&mesh, &run(10.0));
    let throats = &design.details.throats["z"];
    let mouth = 2.0 * (200.0f64 * 200.0 - 150.0 * 150.0).sqrt();
    assert_eq!(throats.len(), 3);
    for (throat, truth) in throats.iter().zip([120.0, 180.0, mouth]) {
        assert!((throat.diameter_um / truth - 1.0).abs() < 0.03, "{throats:?} against {truth}");
    }
    assert_eq!(throats[0].diameter_um, figure(&design, "interconnectivity.percolation_diameter.z").value);
    assert!((throats[0].at_um[2] - 370.0).abs() < 40.0 && (throats[1].at_um[2] - 810.0).abs() < 60.0, "{throats:?}");
    assert!(!design.details.throats.contains_key("x"), "no way along x");
}

/// A block with a bubble, a blind channel, and a chamber behind a neck of 80 µm.
fn block() -> Mesh {
    implicit([1500.0, 1400.0, 1000.0], 120, |p| {
        let bubble = 120.0 - (p - V3::new(303.0, 298.0, 305.0)).norm();
        let channel = (100.0 - off(p, 1097.0, 302.0)).min(p.z - 400.0);
        let chamber = 250.0 - (p - V3::new(752.0, 999.0, 502.0)).norm();
        let neck = (40.0 - off(p, 752.0, 999.0)).min(p.z - 502.0);
        bubble.max(channel).max(chamber).max(neck)
    })
}

#[test]
fn pores_are_listed_by_what_is_wrong_with_them() {
    let ask = |id: &str| id.to_owned();
    let measures = vec![ask("interconnectivity"), ask("interconnectivity.trapped_60um"), ask("porosity")];
    let design = measure(&block(), &Run { measures, ..run(12.5) });
    let ball = |r: f64| 4.0 / 3.0 * PI * r.powi(3) * 1e-9;
    let near = |at: [f64; 3], truth: [f64; 3]| (V3::from(at) - V3::from(truth)).norm() < 15.0;

    let closed = &design.details.voids["closed"];
    assert_eq!(closed.count, 1);
    let bubble = &closed.places[0];
    assert!(near(bubble.at_um, [303.0, 298.0, 305.0]), "{bubble:?}");
    assert!((bubble.volume_mm3 / ball(120.0) - 1.0).abs() < 0.02 && (bubble.sphere_um / 240.0 - 1.0).abs() < 0.02);
    assert_eq!(bubble.throat_um, Some(0.0));

    let blind = &design.details.voids["blind"];
    assert_eq!(blind.count, 2, "{blind:?}");
    assert!(near(blind.places[0].at_um, [752.0, 999.0, 502.0]));
    let channel = PI * 100.0 * 100.0 * 600.0 * 1e-9;
    assert!((blind.places[1].volume_mm3 / channel - 1.0).abs() < 0.02, "{blind:?}");
    assert!((blind.places[1].throat_um.unwrap() / 200.0 - 1.0).abs() < 0.03);

    let unreached = &design.details.voids["unreached_100um"];
    assert_eq!(unreached.count, 1, "{unreached:?}");
    let chamber = &unreached.places[0];
    assert!((chamber.sphere_um / 500.0 - 1.0).abs() < 0.02 && near(chamber.at_um, [752.0, 999.0, 502.0]));
    assert!((chamber.throat_um.unwrap() / 80.0 - 1.0).abs() < 0.06, "{chamber:?}");
    let neck = PI * 40.0 * 40.0 * 250.0 * 1e-9;
    assert!((chamber.volume_mm3 / (ball(250.0) + neck) - 1.0).abs() < 0.02, "{chamber:?}");

    // One way out of the chamber, none out of the bubble; the channel is as wide as its mouth.
    let void = ball(120.0) + channel + ball(250.0) + neck;
    let trapped = figure(&design, "interconnectivity.trapped_60um").value;
    assert!((trapped - (1.0 - channel / void)).abs() < 0.02, "{trapped}");
    let kinds: Vec<&str> = design.findings.iter().map(|f| f.kind.as_str()).collect();
    for kind in ["void.closed", "void.blind", "void.unreached", "void.trapped"] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let finding = design.findings.iter().find(|f| f.kind == "void.unreached").unwrap();
    assert!(finding.message.contains("1 place") && finding.message.contains("behind a throat of 7"), "{finding:?}");
}

#[test]
fn a_lattice_has_crevices_but_nothing_out_of_reach() {
    let mesh = Cubic { pore: 400.0, strut: 100.0, cells: 3 }.mesh(None);
    let design = measure(&mesh, &run(25.0));
    assert!(figure(&design, "interconnectivity.accessible_100um").value < 0.999);
    assert!(!design.details.voids.contains_key("unreached_100um"), "{:?}", design.details.voids);
    assert!(!design.details.voids.contains_key("closed") && !design.details.voids.contains_key("blind"));
    // Windows all alike: the next bottleneck is as wide as the first, and elsewhere.
    let throats = &design.details.throats["x"];
    assert!(throats.len() == 3 && throats.iter().all(|t| (t.diameter_um / 400.0 - 1.0).abs() < 0.02), "{throats:?}");
    assert!((throats[0].at_um[0] - throats[1].at_um[0]).abs() > 200.0, "{throats:?}");
}

#[test]
fn the_network_of_a_lattice_is_the_lattice() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lattice.stl");
    let mesh = Cubic { pore: 400.0, strut: 100.0, cells: 3 }.mesh(None);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    // A pore in each cell, a window in each wall between two cells; sizes a third of a voxel off at most.
    for h in [25.0, 20.0] {
        let (network, voxel) = pore_network(&path, &run(h), &Exec::silent(2).unwrap()).unwrap();
        assert!((voxel / h - 1.0).abs() < 0.02);
        assert_eq!((network.pores.len(), network.throats.len()), (27, 54));
        for pore in &network.pores {
            assert!((pore.diameter_um / (400.0 * 2f64.sqrt()) - 1.0).abs() < 0.02, "{pore:?}");
            let outer = pore.sides.iter().filter(|side| **side).count();
            assert_eq!(pore.coordination, 6 - outer, "{pore:?}");
        }
        for throat in &network.throats {
            assert!((throat.diameter_um / 400.0 - 1.0).abs() < 0.02, "{throat:?}");
            assert!((throat.length_um / 500.0 - 1.0).abs() < 0.03, "{throat:?}");
        }
        let volume: f64 = network.pores.iter().map(|p| p.volume_mm3).sum();
        let lattice = Cubic { pore: 400.0, strut: 100.0, cells: 3 };
        assert!((volume / (lattice.porosity() * 1.6f64.powi(3)) - 1.0).abs() < 0.02, "{volume}");
    }
    // On a torus every pore has six.
    let periodic = Run { cut: poregauge::design::CutPores::Periodic, ..run(25.0) };
    let bar = |axis: usize| {
        let (mut low, mut high) = ([200.0; 3], [300.0; 3]);
        (low[axis], high[axis]) = (0.0, 500.0);
        common::cuboid(low, high)
    };
    let cell = common::join(&[bar(0), bar(1), bar(2)]);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &cell).unwrap();
    let (network, _) = pore_network(&path, &periodic, &Exec::silent(2).unwrap()).unwrap();
    assert_eq!(network.pores.len(), 1, "the pore meets itself through its windows: {network:?}");
}

#[test]
fn the_command_writes_both_tables_or_says_why_not() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let (net, pores) = (place("network.csv"), place("pores.csv"));
    let design = program::mesh("pass-cubic.stl");
    let arguments = ["network", &design, "-o", &net, "--pores", &pores, "--resolution", "60um", "--threads"];
    let run = |threads: &str| poregauge(&[&arguments[..], &[threads]].concat());
    let one = run("1");
    assert_eq!(code(&one), 0, "{}", text(&one.stderr));
    assert!(text(&one.stdout).lines().all(|l| l.chars().count() <= 80), "{}", text(&one.stdout));
    let written = std::fs::read(&net).unwrap();
    assert!(text(&written).starts_with("pore.coords[0],") && text(&written).contains("throat.conns[1]"));
    let rows = text(&std::fs::read(&pores).unwrap()).lines().count();
    assert!(text(&one.stdout).contains(&format!("pores         {}, ", rows - 1)), "{}", text(&one.stdout));
    assert_eq!(run("2").stdout, one.stdout);
    assert_eq!(std::fs::read(&net).unwrap(), written, "the same at any number of threads");
    let bad = place("bad.stl");
    std::fs::write(&bad, b"").unwrap();
    let refused = poregauge(&["network", &bad, "-o", &net]);
    assert!(code(&refused) == 2 && text(&refused.stderr).contains("bad.stl"), "{}", text(&refused.stderr));
}

#[test]
fn as_many_bottlenecks_as_asked_for() {
    let ask = |count: &str| {
        let design = program::mesh("pass-cubic.stl");
        let format = ["--format", "json", "--quiet", "--resolution", "60um"];
        let out = poregauge(
            &[&["measure", &design, "--measures", "porosity.total", "--throats", count][..], &format].concat(),
        );
        let report: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        report["designs"][0]["throats"]["y"].as_array().unwrap().len()
    };
    assert_eq!((ask("1"), ask("5")), (1, 5));
}
