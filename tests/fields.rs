//! Diffusion, flow, stiffness and strength of whole designs against shapes whose answers are known on paper.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;
mod program;

use common::{assert_close, cuboid, figure, join, measure, measure_file, run};
use poregauge::criteria::{Verdict, built_in};
use poregauge::design::CutPores;
use poregauge::fate::Library;
use poregauge::gauge::{Run, check};
use poregauge::grid::{Frame, Mask};
use poregauge::measure::Culture;
use poregauge::parallel::Exec;
use poregauge::report::DesignEntry;
use poregauge::units::Length;

fn fields(measures: &[&str], h: f64) -> Run {
    Run {
        measures: measures.iter().map(|m| (*m).to_owned()).collect(),
        flow_resolution: Some(Length::from_um(h)),
        ..run(h)
    }
}

/// Walls round a square channel of width `a` along z, in a block of side `side`.
fn channel(side: f64, a: f64, height: f64) -> poregauge::mesh::Mesh {
    let (low, high) = ((side - a) / 2.0, (side + a) / 2.0);
    join(&[
        cuboid([0.0, 0.0, 0.0], [side, low, height]),
        cuboid([0.0, high, 0.0], [side, side, height]),
        cuboid([0.0, low, 0.0], [low, high, height]),
        cuboid([high, low, 0.0], [side, high, height]),
    ])
}

#[test]
fn a_square_channel_conducts_flows_and_carries_as_it_must() {
    let (side, a) = (800.0, 430.0);
    let mesh = channel(side, a, 400.0);
    let measures = [
        "porosity",
        "surface",
        "tortuosity",
        "diffusivity",
        "permeability",
        "stiffness",
        "stiffness.bound",
        "strength",
    ];
    let design = measure(&mesh, &fields(&measures, 25.0));
    let open = a * a / (side * side);
    assert_close(&design, "tortuosity.z", 1.0, 0.3);
    assert_close(&design, "diffusivity.z", open, 0.5);
    // A square duct: Boussinesq's series, summed here: 0.4217 (a/2)² / 3 of its own cross-section.
    let series: f64 = (0..40)
        .map(|k| {
            let n = f64::from(2 * k + 1);
            (n * std::f64::consts::FRAC_PI_2).tanh() / n.powi(5)
        })
        .sum();
    let duct = a * a / 12.0 * (1.0 - 192.0 / std::f64::consts::PI.powi(5) * series);
    assert!((duct / (0.4217 * a * a / 12.0) - 1.0).abs() < 1e-3);
    assert_close(&design, "permeability.z", duct * open * 1e-12, 3.0);
    assert_close(&design, "stiffness.relative.z", 1.0 - open, 1.0);
    assert_close(&design, "strength.relative.z", 1.0 - open, 2.0);
    // Across the channel there is no way through, and the walls bend.
    assert!(!design.measurements.contains_key("tortuosity.x") && !design.measurements.contains_key("permeability.x"));
    assert!(design.findings.iter().any(|f| f.kind == "interconnectivity.does_not_percolate"));
    assert!(figure(&design, "stiffness.relative.x").value < 1.0 - open);
    // Held at all faces it can but be stiffer, and no stiffer than the share of the solid allows (Voigt).
    for axis in ["x", "z"] {
        let held = figure(&design, &format!("stiffness.bound.{axis}")).value;
        assert!(held >= figure(&design, &format!("stiffness.relative.{axis}")).value * 0.999, "{axis}: {held}");
        assert!(held <= (1.0 - open) * 1.01, "{axis}: {held}");
        // Left free under an even pull it can but be softer.
        let free = figure(&design, &format!("stiffness.bound.lower.{axis}")).value;
        assert!(
            free > 0.0 && free <= figure(&design, &format!("stiffness.relative.{axis}")).value * 1.001,
            "{axis}: {free}"
        );
    }
    assert!((figure(&design, "stiffness.bound.lower.z").value / (1.0 - open) - 1.0).abs() < 0.01);
    assert_eq!(design.details.tensors["stiffness.bound.lower"].value.len(), 6);
    let estimate = figure(&design, "permeability.estimated").value;
    assert!(estimate > 0.1 * duct * open * 1e-12 && estimate < 10.0 * duct * open * 1e-12);
}

#[test]
fn a_material_turns_ratios_into_megapascals() {
    let (side, a) = (800.0, 400.0);
    let pcl = Library::built_in().unwrap().material("pcl").unwrap();
    let modulus = pcl.modulus_gpa.typical * 1e3;
    let strength = pcl.strength_mpa;
    let run = Run { material: Some(pcl), ..fields(&["stiffness.z", "strength"], 50.0) };
    let design = measure(&channel(side, a, 400.0), &run);
    let solid = 1.0 - a * a / (side * side);
    assert!((figure(&design, "stiffness.z").value / (modulus * solid) - 1.0).abs() < 0.01);
    let z = figure(&design, "strength.z");
    assert!((z.value / (strength.typical * solid) - 1.0).abs() < 0.02);
    let range = z.range.unwrap();
    assert!(range[0] <= strength.low * solid && range[1] >= strength.high * solid * 0.98);
    let weakest = figure(&design, "strength.weakest").value;
    assert!(
        weakest < z.value && weakest == figure(&design, "strength.x").value.min(figure(&design, "strength.y").value)
    );
}

/// A volume of two values, solid where `inside` says so.
fn volume(
    size: [usize; 3],
    name: &str,
    inside: impl Fn([usize; 3]) -> bool,
) -> (tempfile::TempDir, std::path::PathBuf) {
    let frame = Frame { size, spacing: [10.0; 3], origin: [5.0; 3] };
    let mut mask = Mask::empty(size);
    for i in 0..frame.len() {
        let v = frame.voxel(i);
        if inside(v) {
            mask.insert(v[0], v[1], v[2]);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    poregauge::export::nrrd::write(&mut std::fs::File::create(&path).unwrap(), &frame, None, &mask).unwrap();
    (folder, path)
}

#[test]
fn voxels_of_two_values_are_taken_as_they_are() {
    // A channel of 6 × 6 voxels in 12 × 12, and one voxel wide dead ends off it.
    let inside = |v: [usize; 3]| {
        let channel = (3..9).contains(&v[0]) && (3..9).contains(&v[1]);
        let dead = v[1] == 5 && v[2] == 10 && v[0] < 11 && v[0] > 8;
        !(channel || dead)
    };
    let (_folder, path) = volume([12, 12, 24], "channel.nrrd", inside);
    let mut run = fields(&["tortuosity", "diffusivity", "stiffness.z"], 10.0);
    run.resolution = None;
    let design = measure_file(&path, &run, 2);
    let d = figure(&design, "diffusivity.z").value;
    assert!((d - 0.25).abs() < 0.25 * 2e-3, "{d}");
    let share = (36.0 * 24.0 + 2.0) / (144.0 * 24.0);
    assert!((figure(&design, "tortuosity.z").value - share / d).abs() < 1e-9);
    assert!((figure(&design, "stiffness.relative.z").value - 0.75).abs() < 0.01);
    // The same at any number of threads.
    let one = measure_file(&path, &run, 1);
    assert_eq!(serde_json::to_string(&one).unwrap(), serde_json::to_string(&design).unwrap());
}

#[test]
fn islands_carry_nothing_and_a_repeating_cell_has_its_tensors() {
    // A cross of struts through the cell, and an island between.
    let on = |c: usize| (6..10).contains(&c);
    let inside = move |v: [usize; 3]| {
        let strut = (0..3).any(|a| (0..3).filter(|b| *b != a).all(|b| on(v[b])));
        strut || v.iter().all(|c| *c < 2)
    };
    let (_folder, path) = volume([16, 16, 16], "cross.nrrd", inside);
    let measures = ["stiffness", "strength", "diffusivity", "permeability"];
    let mut run = Run { cut: CutPores::Periodic, ..fields(&measures, 10.0) };
    run.resolution = None;
    run.options.envelope = poregauge::design::EnvelopeChoice::Grid;
    let pcl = Library::built_in().unwrap().material("pcl").unwrap();
    let modulus = pcl.modulus_gpa.typical * 1e3;
    run.material = Some(pcl);
    let design = measure_file(&path, &run, 2);
    assert!(design.findings.iter().any(|f| f.kind == "stiffness.loose_solid"), "{:?}", design.findings);
    for of in ["x", "shear_yz", "stiffest", "softest"] {
        let ratio = figure(&design, &format!("stiffness.relative.{of}")).value;
        let absolute = figure(&design, &format!("stiffness.{of}"));
        assert!((absolute.value / (modulus * ratio) - 1.0).abs() < 1e-12 && absolute.range.is_some(), "{of}");
    }
    let tensor = &design.details.tensors["stiffness.relative"].value;
    assert!((tensor[0][0] - tensor[2][2]).abs() < 1e-6 && (tensor[3][3] - tensor[5][5]).abs() < 1e-6);
    // The cell has the axes of a cube: its shear stands alone, and struts along the axes are stiffest along them.
    let value = |id: &str| figure(&design, id).value;
    assert!((value("stiffness.relative.shear_yz") - tensor[3][3]).abs() < 1e-6);
    assert!((value("stiffness.poisson.xy") - tensor[0][1] / (tensor[0][0] + tensor[0][1])).abs() < 1e-4);
    assert!((value("stiffness.relative.stiffest") - value("stiffness.relative.x")).abs() < 1e-6);
    assert!(value("stiffness.relative.softest") < 0.5 * value("stiffness.relative.x"));
    // Below the upper bound of Hashin and Shtrikman for the bulk modulus, above nothing.
    let (e, nu, f) = (1.0f64, 0.3f64, (3.0 * 16.0 * 16.0 - 2.0 * 64.0) / 4096.0);
    let (k, g) = (e / (3.0 * (1.0 - 2.0 * nu)), e / (2.0 * (1.0 + nu)));
    let bulk = (tensor[0][0] + 2.0 * tensor[0][1]) / 3.0;
    let bound = f * k / (1.0 + (1.0 - f) * 3.0 * k / (4.0 * g));
    assert!(bulk > 0.0 && bulk < bound, "{bulk} {bound}");
    let d = &design.details.tensors["diffusivity"].value;
    let upper = 1.0 - f;
    assert!(d[0][0] < upper * 2.0 / (3.0 - upper) + 1e-6 && (d[0][0] - d[1][1]).abs() < 1e-5, "{d:?}");
    let p = &design.details.tensors["permeability"].value;
    // The island breaks the mirrors; what one axis gives along another it takes back (Onsager).
    assert!(p[0][0] > 0.0 && (p[0][1] - p[1][0]).abs() < 1e-3 * p[0][0], "{p:?}");
}

#[test]
fn solid_that_leads_nowhere_has_no_stiffness() {
    let (_folder, path) = volume([16; 3], "rod.nrrd", |v| v[0] < 4 && v[1] < 4 || v.iter().all(|c| *c > 12));
    let mut run = fields(&["stiffness"], 10.0);
    run.resolution = None;
    let design = measure_file(&path, &run, 2);
    assert!(design.measurements.contains_key("stiffness.relative.z"));
    assert!(!design.measurements.contains_key("stiffness.relative.x"));
    assert!(design.findings.iter().any(|f| f.kind == "stiffness.nothing_carries"));
}

#[test]
fn a_perfused_square_channel_shears_its_walls_as_the_series_says() {
    // The force on the walls balances the fall of pressure: the mean shear is G a / 4, with G = μ U / k of the channel.
    let (side, a, height) = (800.0, 430.0, 400.0);
    let run = Run { perfusion: Some(50.0), ..fields(&["permeability.z", "wall_shear.mean.z"], 25.0) };
    let design = measure(&channel(side, a, height), &run);
    let k = figure(&design, "permeability.z").value * 1e12;
    let viscosity = 0.78;
    assert_close(&design, "wall_shear.mean.z", viscosity * 50.0 / k * a / 4.0, 8.0);
    // Without a flow there is none, and it is said.
    let design = measure(&channel(side, a, height), &fields(&["wall_shear"], 25.0));
    assert!(!design.measurements.keys().any(|id| id.starts_with("wall_shear")));
    assert!(design.findings.iter().any(|f| f.kind == "wall_shear.perfusion"));
}

#[test]
fn oxygen_reaches_as_deep_into_a_channel_as_cells_let_it() {
    // A channel open at both ends: the middle is half its length away.
    let (side, a, length) = (600.0, 300.0, 2000.0);
    let mesh = channel(side, a, length);
    let none = measure(&mesh, &fields(&["oxygen"], 25.0));
    assert_close(&none, "oxygen.distance", length / 2.0, 2.0);
    assert!(none.findings.iter().any(|f| f.kind == "oxygen.cells"));
    // So few that all are supplied: nearly constant use, q x (L - x) / 2 D is missing in the middle.
    let of = |cells: f64| Run { culture: Some(Culture::of(cells)), ..fields(&["oxygen"], 25.0) };
    let few = Culture::of(2e5);
    let rate = few.cells_per_ml * 1e6 * few.use_fmol_per_h * 1e-15 / 3600.0 / few.outside_mm / 2620.0;
    let design = measure(&mesh, &of(2e5));
    let plenty = few.outside_mm / (few.outside_mm + 0.005);
    let lowest = 1.0 - rate * plenty * length * length / 8.0;
    assert!(lowest > 0.9);
    assert_close(&design, "oxygen.lowest", lowest, 0.5);
    assert_close(&design, "oxygen.depth", length / 2.0, 2.0);
    assert_eq!(figure(&design, "oxygen.starved_fraction").value, 0.0);
    // So many that the middle starves: against the equation on a line, solved by shooting from where c and its slope end.
    let many = Culture::of(3e8);
    let rate = rate * 3e8 / 2e5;
    let (half, limit) = (0.005 / many.outside_mm, many.limit_mm / many.outside_mm);
    let depth = {
        // From the first integral c'^2 / 2 = q (c - K ln(1 + c / K)), with c and c' 0 deep inside: x = ∫ dc / c'.
        let slope = |c: f64| (2.0 * rate * (c - half * (1.0 + c / half).ln())).sqrt();
        let n = 20_000;
        let step = (1.0 - limit) / f64::from(n);
        (0..n).map(|k| step / slope(limit + (f64::from(k) + 0.5) * step)).sum::<f64>()
    };
    assert!(depth < length / 4.0, "{depth}");
    let design = measure(&mesh, &of(3e8));
    assert!(
        (figure(&design, "oxygen.depth").value - depth).abs() < 25.0,
        "{depth} {}",
        figure(&design, "oxygen.depth").value
    );
    assert_close(&design, "oxygen.starved_fraction", 1.0 - 2.0 * depth / length, 3.0);
    assert!(figure(&design, "oxygen.starved_fraction").uncertainty < 0.06);
    assert!(design.findings.iter().any(|f| f.kind == "oxygen.starved" && f.at_um.is_some()));
}

#[test]
fn moduli_in_every_direction_are_drawn() {
    let on = |c: usize| (4..8).contains(&c);
    let cross = move |v: [usize; 3]| (0..3).any(|a| (0..3).filter(|b| *b != a).all(|b| on(v[b])));
    let (folder, path) = volume([12; 3], "cross.nrrd", cross);
    let path = path.to_string_lossy().into_owned();
    let names = ["e.svg", "e.html"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    let measure = ["measure", &path, "--measures", "stiffness", "--quiet", "--envelope", "grid", "--plot", &names[0]];
    let output = program::poregauge(&[&measure[..], &["--periodic", "--format", "html", "-o", &names[1]]].concat());
    assert_eq!(program::code(&output), 0, "{}", program::text(&output.stderr));
    let [drawing, page] = [0, 1].map(|k| std::fs::read_to_string(&names[k]).unwrap());
    // The same body in both, the drawing a whole by itself.
    assert!(drawing.starts_with("<svg ") && drawing.trim_end().ends_with("</svg>"));
    let facets = |text: &str| text.matches("<polygon ").count();
    assert!(facets(&drawing) > 200 && facets(&drawing) == facets(&page), "{}", facets(&drawing));
    assert!(page.contains("Young's modulus in every direction"));
    // A sample has no tensor to draw.
    let sample = program::poregauge(&measure);
    assert!(program::code(&sample) == 2 && program::text(&sample.stderr).contains("--periodic"));
}

#[test]
fn what_cannot_be_flowed_through_has_a_finding_and_no_figure() {
    let channel = |v: [usize; 3], width: usize| (4..4 + width).contains(&v[0]) && (4..4 + width).contains(&v[1]);
    let solve = |inside: &dyn Fn([usize; 3]) -> bool| {
        let (_folder, path) = volume([12; 3], "case.nrrd", inside);
        let mut run = fields(&["tortuosity", "diffusivity", "permeability"], 10.0);
        run.resolution = None;
        run.options.envelope = poregauge::design::EnvelopeChoice::Grid;
        check(&[path], &run, &Exec::silent(2).unwrap()).unwrap().designs.remove(0)
    };
    let has = |d: &DesignEntry, kind: &str| d.findings.iter().filter(|f| f.kind == kind).count();
    let figures = |d: &DesignEntry, axis: &str| {
        d.measurements.keys().filter(|id| id.ends_with(axis)).cloned().collect::<Vec<_>>()
    };
    // A chamber that ends within: nothing leads through along any axis.
    let dead = solve(&|v| !(channel(v, 4) && v[2] < 9));
    assert_eq!(has(&dead, "interconnectivity.does_not_percolate"), 6);
    assert!([".x", ".y", ".z"].iter().all(|a| figures(&dead, a).is_empty()), "{:?}", dead.measurements.keys());
    // One voxel wide it diffuses, but how it flows is not resolved; two wide it does both.
    let thin = solve(&|v| !channel(v, 1));
    assert_eq!(has(&thin, "permeability.unresolved"), 1);
    assert!((figure(&thin, "tortuosity.z").value - 1.0).abs() < 1e-6);
    assert!(!thin.measurements.contains_key("permeability.z"));
    let pinched = solve(&|v| !channel(v, if v[2] == 6 { 1 } else { 4 }));
    assert_eq!((has(&pinched, "permeability.unresolved"), figures(&pinched, "permeability.z").len()), (1, 0));
    let wide = solve(&|v| !channel(v, 2));
    assert_eq!((has(&wide, "permeability.unresolved"), figures(&wide, "permeability.z").len()), (0, 1));
    for whole in [true, false] {
        let design = solve(&|_| whole);
        assert!(design.measurements.is_empty() && design.errors[0].kind == "volume.single_value");
    }
}

#[test]
fn what_cannot_carry_has_a_finding_and_no_figure() {
    let bars = |v: [usize; 3], width: usize| {
        let within = |c: usize| (4..4 + width).contains(&c);
        (0..3).any(|a| (0..3).all(|b| a == b || within(v[b])))
    };
    let solve = |cut: CutPores, solid: &dyn Fn([usize; 3]) -> bool| {
        let (_folder, path) = volume([12; 3], "case.nrrd", solid);
        let mut run = fields(&["stiffness", "strength"], 10.0);
        run.resolution = None;
        run.cut = cut;
        run.options.envelope = poregauge::design::EnvelopeChoice::Grid;
        check(&[path], &run, &Exec::silent(2).unwrap()).unwrap().designs.remove(0)
    };
    let has = |d: &DesignEntry, kind: &str| d.findings.iter().filter(|f| f.kind == kind).count();
    let figures = |d: &DesignEntry| {
        let of = |id: &&String| id.starts_with("stiffness.") || id.starts_with("strength.");
        d.measurements.keys().filter(of).cloned().collect::<Vec<_>>()
    };
    for cut in [CutPores::Open, CutPores::Periodic] {
        // Two plates that do not touch carry along themselves, and nothing across.
        let apart = solve(cut, &|v| v[2] < 3 || (6..9).contains(&v[2]));
        assert_eq!(has(&apart, "stiffness.nothing_carries"), 1, "{cut:?}");
        assert!(figures(&apart).iter().all(|id| !id.ends_with(".z")) && figures(&apart).len() >= 4, "{cut:?}");
        // Bars a voxel wide along all axes do not resolve how they bend; a pinch is as bad; two voxels are enough.
        let thin = solve(cut, &|v| bars(v, 1));
        assert_eq!((has(&thin, "stiffness.unresolved"), figures(&thin)), (3, Vec::new()), "{cut:?}");
        // So no check of strength fails on them.
        let (_folder, path) = volume([12; 3], "case.nrrd", |v| bars(v, 1));
        let mut run = fields(&["strength"], 10.0);
        (run.resolution, run.cut, run.load) = (None, cut, Some(0.5));
        run.options.envelope = poregauge::design::EnvelopeChoice::Grid;
        run.criteria = Some(built_in("review").unwrap());
        run.material = Some(Library::built_in().unwrap().material("WE43").unwrap());
        let judged = check(&[path], &run, &Exec::silent(2).unwrap()).unwrap().designs.remove(0);
        let strength = judged.checks.iter().find(|c| c.id == "strength-initial").unwrap();
        assert_eq!(strength.verdict, Verdict::Inconclusive, "{strength:?}");
        assert!(strength.reason.as_ref().unwrap().contains("a single voxel wide"), "{strength:?}");
        let pinched = solve(cut, &|v| bars(v, if v[2] == 9 { 1 } else { 3 }));
        assert!(has(&pinched, "stiffness.unresolved") == 1 && !figures(&pinched).iter().any(|id| id.ends_with(".z")));
        let wide = solve(cut, &|v| bars(v, 2));
        assert_eq!(has(&wide, "stiffness.unresolved"), 0, "{cut:?}");
        assert!(figures(&wide).iter().filter(|id| id.ends_with(".z")).count() >= 2, "{cut:?}");
    }
    for whole in [true, false] {
        let design = solve(CutPores::Open, &|_| whole);
        assert!(design.measurements.is_empty() && design.errors[0].kind == "volume.single_value");
    }
}
