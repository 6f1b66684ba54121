//! Whether a design can be made: overhangs, gaps, what stays inside, and room in the machine, on shapes whose answers are
//! known on paper; and whether it is stiffer than the tissue.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;
mod program;

use std::collections::BTreeSet;

use common::{assert_close, cuboid, figure, implicit, join, measure, measure_file, run};
use poregauge::criteria::{Making, built_in, process};
use poregauge::design::CutPores;
use poregauge::gauge::Run;
use poregauge::generate::cubic::Cubic;
use poregauge::grid::{Frame, Mask};
use poregauge::measure::BuildDirection;
use poregauge::mesh::{Mesh, V3};
use poregauge::report::DesignEntry;
use poregauge::units::Length;
use program::{code, poregauge, text};
use serde_json::Value;

fn made(name: Option<&str>, build: BuildDirection) -> Making {
    Making { process: name.map(|n| process(n).unwrap()), build, ..Making::default() }
}

/// The overhang along a direction, as measured on a grid of 50 µm.
fn overhang(mesh: &Mesh, making: Making) -> f64 {
    let id = making.build.measure();
    let design = measure(mesh, &Run { measures: vec!["overhang".to_owned()], making, ..run(50.0) });
    let told = |bridged: bool| {
        design.measurements.keys().filter(|k| k.starts_with("overhang") && k.contains("bridged") == bridged).count()
    };
    assert_eq!((told(false), told(true) < 2), (1, true));
    figure(&design, id).value
}

/// A table: a plate of 1000 × 1000 × 100 µm on four legs of 100 × 100 × 500.
fn table() -> Mesh {
    let leg = |x: f64, y: f64| cuboid([x, y, 0.0], [x + 100.0, y + 100.0, 500.0]);
    let legs = [leg(0.0, 0.0), leg(900.0, 0.0), leg(0.0, 900.0), leg(900.0, 900.0)];
    // They reach into the plate, so that it is one solid of overlapping shells.
    let into = |m: Mesh| Mesh {
        vertices: m.vertices.iter().map(|v| if v.z > 250.0 { v + V3::z() * 50.0 } else { *v }).collect(),
        triangles: m.triangles,
    };
    let mut parts = legs.map(into).to_vec();
    parts.push(cuboid([-50.0, -50.0, 500.0], [1050.0, 1050.0, 600.0]));
    join(&parts)
}

#[test]
fn a_table_hangs_over_between_its_legs() {
    let (plate, foot) = (1100.0f64 * 1100.0, 4.0 * 1e4);
    let total = 2.0 * plate + 4.0 * 1100.0 * 100.0 + 4.0 * 4.0 * 100.0 * 500.0;
    let upright = overhang(&table(), made(None, BuildDirection::Z));
    assert!((upright - (plate - foot) / total).abs() < 1e-6, "{upright}");
    // Upside down the plate rests, and the feet look up.
    assert_eq!(overhang(&table(), made(None, BuildDirection::MinusZ)), 0.0);
    // On its side the edge of the plate rests; the legs hang in the air beside it, two of them over the others.
    let side = overhang(&table(), made(None, BuildDirection::X));
    assert!((side - 4.0 * 100.0 * 500.0 / total).abs() < 1e-6, "{side}");
}

#[test]
fn a_process_sets_the_angle() {
    // A prism along y whose lower faces rise at 30° from a keel: 19° holds it, 45° does not.
    let rise = 1000.0 * 30f64.to_radians().tan();
    let p = |x: f64, y: f64, z: f64| V3::new(x, y, z);
    let profile = [[1000.0, 0.0], [2000.0, rise], [2000.0, 1500.0], [0.0, 1500.0], [0.0, rise]];
    let n = profile.len() as u32;
    let vertices = [0.0, 1000.0].iter().flat_map(|y| profile.iter().map(|[x, z]| p(*x, *y, *z))).collect();
    let mut triangles = Vec::new();
    for k in 0..n {
        let (a, b) = (k, (k + 1) % n);
        triangles.extend([[a, n + b, b], [a, n + a, n + b]]);
    }
    for k in 1..n - 1 {
        triangles.extend([[0, k, k + 1], [n, n + k + 1, n + k]]);
    }
    let keel = Mesh { vertices, triangles };
    assert!(keel.signed_volume() > 0.0);
    let slope = 1000.0 / 30f64.to_radians().cos() * 1000.0;
    let ends = 2.0 * (2000.0 * 1500.0 - 1000.0 * rise);
    let total = 2.0 * slope + 2000.0 * 1000.0 + 2.0 * (1500.0 - rise) * 1000.0 + ends;
    let fdm = overhang(&keel, made(Some("fdm"), BuildDirection::Z));
    assert!((fdm - 2.0 * slope / total).abs() < 1e-6, "{fdm}");
    assert_eq!(overhang(&keel, made(Some("sla"), BuildDirection::Z)), 0.0);
}

#[test]
fn of_a_scanned_ball_a_cap_hangs_over() {
    let (n, r) = (60usize, 240.0);
    let frame = Frame { size: [n; 3], spacing: [10.0; 3], origin: [5.0; 3] };
    let middle = V3::new(303.0, 298.0, 301.0);
    let mut mask = Mask::empty(frame.size);
    for i in 0..frame.len() {
        let [x, y, z] = frame.voxel(i);
        if (V3::from(frame.centre([x, y, z])) - middle).norm() < r {
            mask.insert(x, y, z);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ball.nrrd");
    poregauge::export::nrrd::write(&mut std::fs::File::create(&path).unwrap(), &frame, None, &mask).unwrap();
    let asked = Run { measures: vec!["overhang".to_owned()], resolution: None, ..run(10.0) };
    for build in [BuildDirection::Z, BuildDirection::MinusX] {
        let design = measure_file(&path, &Run { making: made(Some("fdm"), build), ..asked.clone() }, 2);
        let m = figure(&design, build.measure());
        // Half a voxel above its lowest place a ball rests on a cap of 2πr·h: that much does not hang.
        let truth = (1.0 - 45f64.to_radians().cos()) / 2.0 - 5.0 / (2.0 * r);
        assert!((m.value - truth).abs() < 0.15 * truth, "{} against {truth}", m.value);
        assert!((m.value - truth).abs() <= m.uncertainty, "{truth} lies outside {} ± {}", m.value, m.uncertainty);
        assert!(m.method.contains(&format!("built along {}", build.id())));
    }
}

/// Plates across z with gaps of 400 µm but one of 90.
fn plates() -> Mesh {
    let plate = |z: f64, thick: f64| cuboid([0.0, 0.0, z], [2000.0, 2000.0, z + thick]);
    join(&[plate(0.0, 200.0), plate(600.0, 200.0), plate(890.0, 60.0), plate(1350.0, 200.0)])
}

fn findings<'a>(design: &'a DesignEntry, kind: &str) -> Vec<&'a poregauge::report::FindingEntry> {
    design.findings.iter().filter(|f| f.kind == kind).collect()
}

#[test]
fn the_narrowest_gap_is_found_and_placed() {
    for cut in [CutPores::Open, CutPores::Clip] {
        let asked = Run { measures: vec!["pore_size".to_owned(), "strut".to_owned()], cut, ..run(20.0) };
        let design = measure(&plates(), &Run { making: made(Some("sla"), BuildDirection::Z), ..asked.clone() });
        assert_close(&design, "pore_size.ridge_d01", 90.0, 1.0);
        assert_close(&design, "strut.ridge_d01", 60.0, 1.0);
        // Where it is: between z = 800 and 890, and in the plate above that.
        let told = findings(&design, "pore.narrow");
        assert!((1..=3).contains(&told.len()), "{told:?}");
        for f in &told {
            let at = f.at_um.unwrap();
            assert!(
                (at[2] - 845.0).abs() < 2.0 && f.message.contains(" 90 µm") && f.message.contains("200 µm"),
                "{f:?}"
            );
        }
        let thin = findings(&design, "strut.thin");
        assert!(!thin.is_empty() && thin.iter().all(|f| (f.at_um.unwrap()[2] - 920.0).abs() < 2.0), "{thin:?}");
        // Apart from one another by a sixteenth of the diagonal at least.
        let body = 2000f64.hypot(2000.0).hypot(1550.0);
        for (k, a) in told.iter().enumerate() {
            for b in &told[..k] {
                assert!((V3::from(a.at_um.unwrap()) - V3::from(b.at_um.unwrap())).norm() >= body / 16.0);
            }
        }
        assert_eq!(figure(&design, "strut.ridge_d01").at_um, thin[0].at_um);
        // Without a process nothing is too thin.
        let silent = measure(&plates(), &asked);
        assert!(findings(&silent, "pore.narrow").is_empty() && findings(&silent, "strut.thin").is_empty());
        assert_eq!(figure(&silent, "pore_size.ridge_d01").value, figure(&design, "pore_size.ridge_d01").value);
    }
}

#[test]
fn corners_of_a_channel_are_no_gaps() {
    // A square channel of 400 µm: its corners narrow to nothing, the channel does not.
    let wall = |low: [f64; 2], high: [f64; 2]| cuboid([low[0], low[1], 0.0], [high[0], high[1], 1600.0]);
    let walls = join(&[
        wall([0.0, 0.0], [600.0, 100.0]),
        wall([0.0, 500.0], [600.0, 600.0]),
        wall([0.0, 99.0], [100.0, 501.0]),
        wall([500.0, 99.0], [600.0, 501.0]),
    ]);
    let design = measure(&walls, &Run { measures: vec!["pore_size".to_owned()], ..run(20.0) });
    assert_close(&design, "pore_size.ridge_d01", 400.0, 1.0);
    assert!(figure(&design, "pore_size.d10").value < 390.0);
}

#[test]
fn gaps_grow_with_the_design() {
    let asked = |h: f64| Run { measures: vec!["pore_size".to_owned()], ..run(h) };
    let mut large = plates();
    large.scale(3.0);
    let (small, large) = (measure(&plates(), &asked(20.0)), measure(&large, &asked(60.0)));
    let [a, b] = [&small, &large].map(|d| figure(d, "pore_size.ridge_d01").value);
    assert!((b / a / 3.0 - 1.0).abs() < 1e-4, "{a} {b}");
}

/// A cubic lattice as a file.
fn lattice(folder: &tempfile::TempDir, pore: f64, strut: f64) -> String {
    let path = folder.path().join("lattice.stl");
    let mesh = Cubic { pore, strut, cells: 3 }.mesh(None);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    path.to_string_lossy().into_owned()
}

fn checked(arguments: &[&str]) -> (i32, Value) {
    let output = poregauge(&[&["check"], arguments, &["--format", "json", "--quiet"]].concat());
    let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output.stderr)));
    let schema: Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report));
    (code(&output), report["designs"][0].clone())
}

fn verdict<'a>(design: &'a Value, id: &str) -> &'a str {
    let checks = design["checks"].as_array().unwrap();
    checks.iter().find(|c| c["id"] == id).map_or("not asked", |c| c["verdict"].as_str().unwrap())
}

const MAKING: [&str; 4] = ["strut-process", "gap-process", "trapped-process", "overhang-process"];

#[test]
fn a_lattice_is_held_against_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let path = lattice(&folder, 400.0, 300.0);
    let of = |arguments: &[&str]| {
        let (_, design) = checked(&[&[path.as_str(), "--resolution", "50um"], arguments].concat());
        MAKING.map(|id| verdict(&design, id).to_owned())
    };
    assert_eq!(of(&[]), ["not-assessed"; 4]);
    // Windows of 400 µm let go what needs 300, not what needs 600; each lower face of a bar hangs over.
    assert_eq!(of(&["--process", "slm"]), ["pass", "pass", "pass", "fail"]);
    assert_eq!(of(&["--process", "sls"])[..1], ["fail"]);
    assert_eq!(of(&["--process", "sls"])[2..], ["fail", "declared"]);
    // Filament spans 400 µm between bars.
    assert_eq!(of(&["--process", "fdm"]), ["fail", "pass", "declared", "pass"]);
    assert_eq!(of(&["--process", "mew"]), ["pass", "pass", "declared", "declared"]);
    // Ways of 5 µm are far below the grid, and still there is no doubt about windows of 400.
    assert_eq!(of(&["--process", "two-photon"]), ["pass", "pass", "pass", "declared"]);
    // An endless pattern has no outside.
    assert_eq!(of(&["--process", "slm", "--periodic"])[2], "declared");
}

#[test]
fn what_hangs_over_in_a_lattice_is_the_underside_of_its_bars() {
    let folder = tempfile::tempdir().unwrap();
    let (pore, bar) = (400.0, 250.0);
    let path = lattice(&folder, pore, bar);
    let (code, design) = checked(&[&path, "--resolution", "50um", "--process", "slm", "--build-direction", "-y"]);
    // Cells of 3 × 3 × 3 between 4 bars along each axis. A bar's lower side is free between the posts: bars along x and z at
    // the three upper levels, 12 stretches of each a level.
    let (cells, bars) = (3.0, 4.0);
    let under = (bars - 1.0) * 2.0 * bars * cells * pore * bar;
    let mesh = Cubic { pore, strut: bar, cells: 3 }.mesh(None);
    let value = design["measurements"]["overhang.y"]["value"].as_f64().unwrap();
    assert!((value - under / mesh.area()).abs() < 1e-6, "{value} against {}", under / mesh.area());
    assert_eq!(verdict(&design, "overhang-process"), "fail");
    // It is advice: it fails the design under --strict alone.
    let gates = design["checks"].as_array().unwrap().iter().find(|c| c["id"] == "overhang-process").unwrap();
    assert!(gates["gates"] == false && code != 2);
}

#[test]
fn a_chamber_with_one_way_out_traps_powder() {
    // A block with two chambers of 800 µm behind windows of 400: one has a window in the floor, one in the roof as well.
    let hole = |p: &V3, middle: [f64; 3], half: [f64; 3]| {
        (0..3).map(|a| half[a] - (p[a] - middle[a]).abs()).fold(f64::INFINITY, f64::min)
    };
    let block = |roofs: &'static [f64], floors: &'static [f64]| {
        implicit([2200.0, 1200.0, 1200.0], 88, move |p| {
            let chambers = [600.0, 1600.0].map(|x| hole(p, [x, 600.0, 600.0], [400.0; 3]));
            let window = |x: &f64, z: f64| hole(p, [*x, 600.0, z], [200.0, 200.0, 150.0]);
            let windows = floors.iter().map(|x| window(x, 100.0)).chain(roofs.iter().map(|x| window(x, 1100.0)));
            chambers.into_iter().chain(windows).fold(f64::MIN, f64::max)
        })
    };
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str, mesh: &Mesh| {
        let path = folder.path().join(name);
        poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), mesh).unwrap();
        checked(&[&path.to_string_lossy(), "--resolution", "40um", "--process", "slm"]).1
    };
    let design = of("one.stl", &block(&[1600.0], &[600.0, 1600.0]));
    assert_eq!(verdict(&design, "trapped-process"), "fail");
    let share = design["measurements"]["interconnectivity.trapped_300um"]["value"].as_f64().unwrap();
    // One chamber, with its window or without, of two with three windows.
    let (chamber, window) = (800f64.powi(3), 400.0 * 400.0 * 200.0);
    let void = 2.0 * chamber + 3.0 * window;
    assert!((0.98 * chamber / void..1.02 * (chamber + window) / void).contains(&share), "{share}");
    let places = design["voids"]["trapped_300um"]["places"].as_array().unwrap();
    assert_eq!(places.len(), 1, "{places:?}");
    let at = places[0]["at_um"][0].as_f64().unwrap();
    assert!((at - 600.0).abs() < 100.0, "{at}");
    let open = block(&[600.0, 1600.0], &[600.0, 1600.0]);
    assert_eq!(verdict(&of("two.stl", &open), "trapped-process"), "pass");
    // Ways of 50 µm lie below a grid of 130, on which windows of 400 µm are not resolved: all the void is left open.
    let asked = |h: f64| Run { measures: vec!["interconnectivity.trapped_50um".to_owned()], ..run(h) };
    let doubt = |h: f64| figure(&measure(&open, &asked(h)), "interconnectivity.trapped_50um").uncertainty;
    let (coarse, fine) = (doubt(130.0), doubt(40.0));
    assert!(coarse > 0.9 && fine < 0.1, "{coarse} {fine}");
}

#[test]
fn a_design_has_to_fit_its_machine() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bar.stl").to_string_lossy().into_owned();
    // One corner is dented, so that its hull is another body than its box.
    let mut bar = cuboid([5e3, 0.0, 0.0], [25e3, 8e3, 4e3]);
    bar.vertices[7] = V3::new(24e3, 7.5e3, 3.8e3);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &bar).unwrap();
    let criteria = folder.path().join("fits.toml");
    let text = "[[check]]\nid = \"fits\"\nmeasure = \"fit.least\"\nmin_of = \"build-volume\"\n\
                [[check]]\nid = \"pieces\"\nmeasure = \"solid.components\"\nmax = 1.0\n";
    std::fs::write(&criteria, text).unwrap();
    let criteria = criteria.to_string_lossy().into_owned();
    let of = |volume: &[&str]| {
        checked(&[&[path.as_str(), "--criteria", &criteria, "--resolution", "400um"], volume].concat())
    };
    let room = |design: &Value| {
        ["x", "y", "z", "least"].map(|a| {
            let value = design["measurements"][format!("fit.{a}")]["value"].as_f64().unwrap();
            (value * 1e3).round() / 1e3
        })
    };
    // 20 × 8 × 4 mm.
    let (code, fits) = of(&["--build-volume", "30mm,10mm,5mm"]);
    assert_eq!((code, verdict(&fits, "fits"), room(&fits)), (0, "pass", [10e3, 2e3, 1e3, 1e3]));
    let (code, turned) = of(&["--build-volume", "9mm,6mm,2.5cm"]);
    assert_eq!((code, verdict(&turned, "fits"), room(&turned)), (0, "pass", [1e3, 2e3, 5e3, 1e3]));
    let told = turned["findings"].as_array().unwrap().iter().find(|f| f["kind"] == "fit.turned").unwrap();
    assert!(told["message"].as_str().unwrap().contains("its y along x, its z along y, its x along z"), "{told}");
    let (code, large) = of(&["--build-volume", "15mm"]);
    assert_eq!((code, verdict(&large, "fits"), room(&large)), (1, "fail", [-5e3, 7e3, 11e3, -5e3]));
    assert!(large["findings"].as_array().unwrap().iter().any(|f| f["kind"] == "fit.too_large"));
    // Exactly as large is large enough; without a volume nothing is asked.
    assert_eq!(verdict(&of(&["--build-volume", "20mm,8mm,4mm"]).1, "fits"), "pass");
    let (code, none) = of(&[]);
    assert_eq!((code, verdict(&none, "fits")), (0, "not asked"));
    for (arguments, expected) in [
        (["--build-volume", "20"], "20um"),
        (["--build-volume", "20mm,30mm"], "200mm,200mm,180mm"),
        (["--build-direction", "up"], "-x"),
    ] {
        let refused = poregauge(&[&["check", path.as_str()], &arguments[..]].concat());
        assert_eq!(code_of(&refused), 2);
        assert!(program::text(&refused.stderr).contains(expected), "{}", program::text(&refused.stderr));
    }
}

fn code_of(output: &std::process::Output) -> i32 {
    code(output)
}

#[test]
fn a_design_has_to_fit_its_cavity() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, mesh: &Mesh| {
        let path = folder.path().join(name).to_string_lossy().into_owned();
        poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), mesh).unwrap();
        path
    };
    // A bar of 20 × 8 × 4 mm.
    let bar = write("bar.stl", &cuboid([5e3, 0.0, 0.0], [25e3, 8e3, 4e3]));
    let criteria = folder.path().join("cavity.toml");
    let checks = "[[check]]\nid = \"fits-cavity\"\nmeasure = \"fit.cavity\"\nmin_of = \"cavity\"\n\
                [[check]]\nid = \"pieces\"\nmeasure = \"solid.components\"\nmax = 1.0\n";
    std::fs::write(&criteria, checks).unwrap();
    let criteria = criteria.to_string_lossy().into_owned();
    let of = |more: &[&str]| {
        checked(
            &[&[bar.as_str(), "--criteria", &criteria, "--resolution", "400um", "--envelope", "box"], more].concat(),
        )
    };
    let value = |design: &Value, id: &str| design["measurements"][id]["value"].as_f64().unwrap();
    let found = |design: &Value, kind: &str| -> Vec<Value> {
        design["findings"].as_array().unwrap().iter().filter(|f| f["kind"] == kind).cloned().collect()
    };
    // Round it as it is placed, 1 mm away at the nearest.
    let round = write("round.stl", &cuboid([3e3, -1e3, -2e3], [27e3, 10e3, 7e3]));
    let (exit, design) = of(&["--fits", &round]);
    assert_eq!((exit, verdict(&design, "fits-cavity")), (0, "pass"));
    assert!((value(&design, "fit.cavity") - 1e3).abs() < 20.0 && value(&design, "fit.outside") == 0.0);
    assert!(found(&design, "fit.cavity_moved").is_empty());
    // Elsewhere and turned, 2 mm longer along each axis: 1 mm all round is the most that there is.
    let turned = write("turned.stl", &cuboid([-50e3, 7e3, 1e3], [-44e3, 29e3, 11e3]));
    let (exit, design) = of(&["--fits", &turned]);
    assert_eq!((exit, verdict(&design, "fits-cavity")), (0, "pass"));
    let room = &design["measurements"]["fit.cavity"];
    let (room, off) = (room["value"].as_f64().unwrap(), room["uncertainty"].as_f64().unwrap());
    assert!(room <= 1e3 + 20.0 && room >= 1e3 - off && off < 300.0, "{room} {off}");
    let told = found(&design, "fit.cavity_moved");
    assert!(told.len() == 1 && told[0]["message"].as_str().unwrap().contains("z along x"), "{told:?}");
    // A bent cavity, whose box would hold the bar any way round: in one of its arms alone is room.
    let arm = |to: [f64; 3]| cuboid([0.0; 3], to);
    let bent = write("bent.stl", &join(&[arm([30e3, 6e3, 10e3]), arm([6e3, 30e3, 10e3])]));
    let (exit, design) = of(&["--fits", &bent]);
    assert_eq!((exit, verdict(&design, "fits-cavity")), (0, "pass"), "{}", design["findings"]);
    assert!((value(&design, "fit.cavity") - 1e3).abs() < 350.0, "{}", value(&design, "fit.cavity"));
    // 15 mm long and hardly wider than the bar: of 20 mm two ends stick out, a quarter of it.
    let small = write("small.stl", &cuboid([0.0; 3], [15e3, 8.4e3, 4.4e3]));
    let (exit, design) = of(&["--fits", &small]);
    assert_eq!((exit, verdict(&design, "fits-cavity")), (1, "fail"));
    assert!((value(&design, "fit.cavity") + 2.5e3).abs() < 200.0, "{}", value(&design, "fit.cavity"));
    assert!((value(&design, "fit.outside") - 0.25).abs() < 0.03, "{}", value(&design, "fit.outside"));
    let places: Vec<f64> = found(&design, "fit.outside").iter().map(|f| f["at_um"][0].as_f64().unwrap()).collect();
    assert!(places.iter().any(|x| *x < 6e3) && places.iter().any(|x| *x > 24e3), "{places:?}");
    // Without a cavity nothing is asked; a file that is not there is an error.
    assert_eq!(verdict(&of(&[]).1, "fits-cavity"), "not asked");
    let refused = poregauge(&["check", &bar, "--fits", "no-such.stl"]);
    assert!(code(&refused) == 2 && text(&refused.stderr).contains("no such file"), "{}", text(&refused.stderr));
}

/// An L, 20 mm by 15 mm with arms 6 mm wide, 5 mm thick.
fn bent() -> Mesh {
    let corners = [[0.0, 0.0], [20e3, 0.0], [20e3, 6e3], [6e3, 6e3], [6e3, 15e3], [0.0, 15e3]];
    let vertices = [0.0, 5e3].iter().flat_map(|z| corners.map(|[x, y]| V3::new(x, y, *z))).collect();
    let mut triangles = Vec::new();
    for [a, b, c] in [[0, 1, 3], [1, 2, 3], [3, 4, 5], [5, 0, 3]] {
        triangles.extend([[a, c, b], [a + 6, b + 6, c + 6]]);
    }
    for a in 0..6u32 {
        let b = (a + 1) % 6;
        triangles.extend([[a, b, b + 6], [a, b + 6, a + 6]]);
    }
    Mesh { vertices, triangles }
}

#[test]
fn a_body_goes_into_its_cavity_whichever_way_that_lies() {
    let folder = tempfile::tempdir().unwrap();
    let criteria = folder.path().join("cavity.toml");
    let checks = "[[check]]\nid = \"fits-cavity\"\nmeasure = \"fit.cavity\"\nmin_of = \"cavity\"\n";
    std::fs::write(&criteria, checks).unwrap();
    let criteria = criteria.to_string_lossy().into_owned();
    let write = |name: &str, mesh: &Mesh| {
        let path = folder.path().join(name).to_string_lossy().into_owned();
        poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), mesh).unwrap();
        path
    };
    // Turned by an angle about an axis, and moved.
    let turned = |mesh: &Mesh, degrees: f64, axis: [f64; 3], by: [f64; 3]| {
        let axis = V3::from(axis).normalize();
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut mesh = mesh.clone();
        for v in &mut mesh.vertices {
            *v = *v * cos + axis.cross(v) * sin + axis * (axis.dot(v) * (1.0 - cos)) + V3::from(by);
        }
        mesh
    };
    let of = |body: &Mesh, cavity: &Mesh| {
        let (body, cavity) = (write("body.stl", body), write("cavity.stl", cavity));
        let arguments =
            [body.as_str(), "--criteria", &criteria, "--resolution", "500um", "--envelope", "hull", "--fits", &cavity];
        let (exit, design) = checked(&arguments);
        let room = &design["measurements"]["fit.cavity"];
        let told = design["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["kind"] == "fit.cavity_moved" && f["message"].as_str().unwrap().contains("turned by"));
        let method = room["method"].as_str().unwrap().to_owned();
        (exit, verdict(&design, "fits-cavity").to_owned(), room["value"].as_f64().unwrap(), told, method)
    };
    let bar = cuboid([5e3, 0.0, 0.0], [25e3, 8e3, 4e3]);
    // A body that is its cavity touches all of it, and fits.
    let (exit, verdict, room, told, method) = of(&bar, &bar);
    assert_eq!((exit, verdict.as_str(), room, told), (0, "pass", 0.0, false));
    assert!(method.contains("as placed") && method.contains("touches"), "{method}");
    // The same of one that is bent, wherever the cavity lies.
    let bent = bent();
    for (degrees, axis) in [(37.0, [1.0, 2.0, 3.0]), (140.0, [-2.0, 1.0, 0.3])] {
        let (exit, verdict, room, told, method) = of(&bent, &turned(&bent, degrees, axis, [40e3, -3e3, 7e3]));
        assert_eq!((exit, verdict.as_str(), told), (0, "pass", true), "{degrees}: {room} {method}");
        assert!((0.0..20.0).contains(&room), "{degrees}: {room} {method}");
    }
    // 0.5 mm more on every side, askew: so much room at most, and nearly that.
    let wider = turned(&cuboid([-0.5e3; 3], [20.5e3, 8.5e3, 4.5e3]), 31.0, [0.2, -1.0, 0.7], [9e3, 9e3, 9e3]);
    let (exit, verdict, room, ..) = of(&bar, &wider);
    assert!(exit == 0 && verdict == "pass" && (300.0..=500.1).contains(&room), "{verdict} {room}");
    // Along the diagonal of a cube goes what is longer than its sides: of 15 mm, where 20 mm do not lie along an edge.
    let needle = cuboid([0.0; 3], [20e3, 2e3, 2e3]);
    let (exit, verdict, room, told, _) = of(&needle, &cuboid([0.0; 3], [15e3; 3]));
    assert!(exit == 0 && verdict == "pass" && told && room > 300.0, "{verdict} {room}");
    // No bend holds a plate that is wider than its arms, but its hull would: that is not proven. A slot it is too thick for.
    let plate = cuboid([0.0; 3], [8e3, 8e3, 4e3]);
    let (exit, verdict, room, ..) = of(&plate, &bent);
    assert!(exit == 1 && verdict == "inconclusive" && room < 0.0, "{verdict} {room}");
    let (_, verdict, room, _, method) =
        of(&plate, &turned(&cuboid([0.0; 3], [20e3, 20e3, 3e3]), 31.0, [0.2, -1.0, 0.7], [9e3; 3]));
    assert!(verdict == "fail" && room < 0.0 && method.contains("least width"), "{verdict} {room} {method}");
    // Nothing makes the room for what is a tenth larger.
    let larger = cuboid([0.0; 3], [22e3, 8.8e3, 4.4e3]);
    let (exit, verdict, room, ..) = of(&larger, &turned(&bar, 31.0, [0.2, -1.0, 0.7], [9e3, 9e3, 9e3]));
    assert!(exit == 1 && verdict == "fail" && room < -300.0, "{verdict} {room}");
}

#[test]
fn a_short_bridge_holds_and_a_long_one_hangs() {
    // A beam of 1 × 1 mm on pillars of 1 × 1 × 4 at its ends, which reach into it.
    let bridge = |gap: f64, pillars: usize| {
        let length = gap + 2e3;
        let ends = [0.0, length - 1e3];
        let pillar = |x: &f64| cuboid([*x, 0.0, 0.0], [x + 1e3, 1e3, 4500.0]);
        let mut parts: Vec<Mesh> = ends[..pillars].iter().map(pillar).collect();
        parts.push(cuboid([0.0, 0.0, 4e3], [length, 1e3, 5e3]));
        let (foot, count) = (1e6, pillars as f64);
        let total = 4.0 * length * 1e3 + 2.0 * foot - count * foot + count * (4.0 * 4e6 + foot);
        (join(&parts), (length * 1e3 - count * foot) / total)
    };
    let of = |gap: f64, pillars: usize, process: &str| {
        let (mesh, share) = bridge(gap, pillars);
        let asked =
            Run { measures: vec!["overhang".to_owned()], making: made(Some(process), BuildDirection::Z), ..run(125.0) };
        let design = measure(&mesh, &asked);
        let value = |id: &str| design.measurements.get(id).map(|m| m.value / share);
        (value("overhang.z").unwrap(), value("overhang.bridged.z"))
    };
    let near = |value: f64, truth: f64| (value - truth).abs() < 1e-3;
    // Filament bridges 5 mm: 3 mm hold, 6 mm and a beam with one pillar hang.
    let (hangs, bridged) = of(3e3, 2, "fdm");
    assert!(near(hangs, 0.0) && near(bridged.unwrap(), 1.0), "{hangs} {bridged:?}");
    for (gap, pillars) in [(6e3, 2), (3e3, 1)] {
        let (hangs, bridged) = of(gap, pillars, "fdm");
        assert!(near(hangs, 1.0) && near(bridged.unwrap(), 0.0), "{gap} {pillars}: {hangs} {bridged:?}");
    }
    // A laser on metal bridges nothing.
    let (hangs, bridged) = of(3e3, 2, "slm");
    assert!(near(hangs, 1.0) && bridged.is_none());
}

#[test]
fn a_process_of_ones_own_stands_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = lattice(&folder, 400.0, 300.0);
    let file = folder.path().join("ours.toml");
    let own = "title = \"our printer\"\nmin_strut = \"350um\"\nmin_gap = \"200um\"\noverhang_deg = 40\n\
               [source]\nmin_strut = \"our test part\"\n";
    std::fs::write(&file, own).unwrap();
    let file = file.to_string_lossy().into_owned();
    let (_, design) = checked(&[&path, "--resolution", "50um", "--process", &file]);
    assert_eq!(MAKING.map(|id| verdict(&design, id)), ["fail", "pass", "declared", "fail"]);
    let shown = text(&poregauge(&["processes", "show", &file]).stdout);
    assert!(
        shown.contains("ours: our printer") && shown.contains("350 µm") && shown.contains("our test part"),
        "{shown}"
    );
    std::fs::write(&file, own.replace("350um", "350")).unwrap();
    let refused = poregauge(&["check", &path, "--process", &file]);
    assert!(code(&refused) == 2 && text(&refused.stderr).contains("line 2, column 13"), "{}", text(&refused.stderr));
    // In poregauge.toml it lies beside that.
    std::fs::write(&file, own).unwrap();
    let config = "[[design]]\nfiles = \"lattice.stl\"\nprocess = \"ours.toml\"\nresolution = \"50um\"\n";
    std::fs::write(folder.path().join("poregauge.toml"), config).unwrap();
    let output = program::poregauge_in(folder.path(), &["check", "--format", "json", "--quiet"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verdict(&report["designs"][0], "strut-process"), "fail");
}

#[test]
fn a_stiff_scaffold_shields_its_tissue() {
    let folder = tempfile::tempdir().unwrap();
    let (pore, bar) = (400.0, 250.0);
    let path = lattice(&folder, pore, bar);
    let criteria = folder.path().join("stiff.toml");
    let check = "[[check]]\nid = \"shielding\"\nmeasure = \"matching.shielding\"\nmax_by_class = { structural = 1.0, shared = 1.0 }\n";
    let and_solved = "[[check]]\nid = \"x\"\nmeasure = \"stiffness.x\"\nmin = 1.0\n\
                      [[check]]\nid = \"z\"\nmeasure = \"stiffness.z\"\nmin = 1.0\n";
    let shares = |solved: bool, material: &str, tissue: &str| {
        std::fs::write(&criteria, if solved { format!("{check}{and_solved}") } else { check.to_owned() }).unwrap();
        let criteria = criteria.to_string_lossy().into_owned();
        let at = ["--resolution", "50um", "--flow-resolution", "50um", "--envelope", "box"];
        let (_, design) = checked(
            &[&[path.as_str(), "--criteria", &criteria, "--material", material, "--tissue", tissue], &at[..]].concat(),
        );
        design
    };
    // Ti6Al4V of half a solid is far stiffer than cancellous bone whatever it is estimated by.
    let metal = shares(false, "Ti6Al4V", "trabecular_contained");
    assert_eq!(verdict(&metal, "shielding"), "fail");
    assert!(metal["findings"].as_array().unwrap().iter().any(|f| f["kind"] == "matching.stiff"));
    assert_eq!(verdict(&shares(false, "PCL", "trabecular_contained"), "shielding"), "pass");
    assert_eq!(verdict(&shares(false, "collagen", "dermis"), "shielding"), "declared");
    // Solved for along one axis or more, it is the stiffest of those.
    let bars = join(&[
        cuboid([200.0, 200.0, 0.0], [600.0, 600.0, 800.0]),
        cuboid([0.0, 300.0, 300.0], [800.0, 500.0, 500.0]),
        cuboid([300.0, 0.0, 310.0], [500.0, 800.0, 490.0]),
    ]);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &bars).unwrap();
    let solved = shares(true, "PCL", "trabecular_contained");
    let figures = &solved["measurements"];
    let value = |id: &str| figures[id]["value"].as_f64().unwrap();
    let (x, z) = (value("stiffness.x"), value("stiffness.z"));
    assert!(z > 1.5 * x && (value("matching.shielding") - z / 3000.0).abs() < 1e-12, "{x} {z}");
    assert!(figures["matching.shielding"]["method"].as_str().unwrap().contains("computed"));
    let estimated = shares(false, "PCL", "trabecular_contained");
    let method = estimated["measurements"]["matching.shielding"]["method"].as_str().unwrap().to_owned();
    assert!(method.contains("estimated"), "{method}");
}

#[test]
fn stiff_bars_that_walls_do_not_follow() {
    // A repeating cell of 400 µm: a bar of 160 × 160 along z, and thin ties of 60 × 60 along x and y.
    let bar = |low: [f64; 3], high: [f64; 3]| cuboid(low, high);
    let cell = join(&[
        bar([120.0, 120.0, 0.0], [280.0, 280.0, 400.0]),
        bar([0.0, 170.0, 170.0], [400.0, 230.0, 230.0]),
        bar([170.0, 0.0, 173.0], [230.0, 400.0, 227.0]),
    ]);
    let asked = Run {
        measures: vec!["anisotropy.to_stiffness".to_owned()],
        cut: CutPores::Periodic,
        flow_resolution: Some(Length::from_um(20.0)),
        ..run(20.0)
    };
    let design = measure(&cell, &asked);
    let m = figure(&design, "anisotropy.to_stiffness");
    // Both lead along the bar: by symmetry the angle is nothing.
    assert!(m.value < 1.0 && m.unit == poregauge::units::Unit::Degree, "{m:?}");
    assert!(m.uncertainty > 1.0 && m.uncertainty < 60.0, "{m:?}");
    // Three bars alike have no one direction.
    let even = join(&[0, 1, 2].map(|a| {
        let (mut low, mut high) = ([120.0 + f64::from(a); 3], [280.0 - f64::from(a); 3]);
        (low[a as usize], high[a as usize]) = (0.0, 400.0);
        bar(low, high)
    }));
    let none = measure(&even, &asked);
    assert!(!none.measurements.contains_key("anisotropy.to_stiffness"));
    assert_eq!(findings(&none, "anisotropy.no_direction").len(), 1);
}

#[test]
fn processes_are_listed_with_the_source_of_every_figure() {
    let list = text(&poregauge(&["processes", "list"]).stdout);
    let names: BTreeSet<&str> = list.lines().filter_map(|l| l.split_whitespace().next()).collect();
    assert!(names.len() >= 8 && names.contains("freeze"), "{list}");
    for name in names {
        let shown = text(&poregauge(&["processes", "show", name]).stdout);
        let notes = ["estimate", "recalled", "derived"].map(|kind| shown.matches(&format!("    {kind}")).count());
        let more = ["out by ways of", "\n  bridges  "].map(|row| usize::from(shown.contains(row)));
        let figures = 3 + more.iter().sum::<usize>();
        assert_eq!(notes.iter().sum::<usize>(), figures, "{shown}");
        assert!(shown.lines().all(|l| l.chars().count() <= 80), "{shown}");
    }
    let unknown = poregauge(&["processes", "show", "magic"]);
    assert!(code(&unknown) == 2 && text(&unknown.stderr).contains("two-photon"));
}

#[test]
fn the_review_asks_about_making_only_where_it_is_declared() {
    let review = built_in("review").unwrap();
    for id in MAKING {
        assert!(review.rules.iter().any(|r| r.id == id), "{id}");
    }
    let required = |id: &str| review.rules.iter().find(|r| r.id == id).unwrap().required;
    assert!(required("gap-process") && required("trapped-process") && required("fits"));
    assert!(!required("overhang-process") && !required("shielding") && required("adequate"));
    let volume = Making { volume: Some([Length::from_um(1e5); 3]), ..Making::default() };
    assert_eq!(review.made(&volume), review, "only a process names measures");
}
