//! Checks of regions: slabs, shells and masks of designs whose parts are known.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::f64::consts::{PI, TAU};
use std::path::{Path, PathBuf};

use common::{assert_close, assert_close_faceted, cuboid, figure, join, measure_file};
use poregauge::criteria::{Criteria, Verdict};
use poregauge::design::{CutPores, EnvelopeChoice, Options};
use poregauge::gauge::{Run, check, with_masks};
use poregauge::grid::{Frame, Lie, Mask, Space};
use poregauge::limits::Limits;
use poregauge::mesh::{Mesh, V3};
use poregauge::parallel::Exec;
use poregauge::report::DesignEntry;
use poregauge::units::Length;

/// A run that asks measures of regions; each with limits that decide nothing here.
fn asking(envelope: EnvelopeChoice, h: f64, asked: &[(&str, &str)]) -> Run {
    let of_length = |m: &str| (m.starts_with("pore_size") || m.starts_with("strut")) && !m.contains("share");
    let checks: String = asked
        .iter()
        .enumerate()
        .map(|(k, (measure, region))| {
            let limit = if of_length(measure) { "\"1um\"" } else { "0" };
            format!("[[check]]\nid = \"c{k}\"\nmeasure = \"{measure}\"\nmin = {limit}\nregion = {region}\n")
        })
        .collect();
    Run {
        options: Options { envelope, ..Options::default() },
        criteria: Some(Criteria::parse(&checks, "regions").unwrap()),
        resolution: Some(Length::from_um(h)),
        ..Run::default()
    }
}

fn stl(folder: &Path, mesh: &Mesh) -> PathBuf {
    let path = folder.join("design.stl");
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), mesh).unwrap();
    path
}

fn nrrd(folder: &Path, name: &str, frame: &Frame, covers: impl Fn([usize; 3]) -> bool) -> PathBuf {
    let mut mask = Mask::empty(frame.size);
    (0..frame.len()).map(|i| frame.voxel(i)).filter(|v| covers(*v)).for_each(|[x, y, z]| mask.insert(x, y, z));
    let path = folder.join(name);
    poregauge::export::nrrd::write(&mut std::fs::File::create(&path).unwrap(), frame, None, &mask).unwrap();
    path
}

fn value(design: &DesignEntry, id: &str) -> f64 {
    figure(design, id).value
}

/// Three square bars along x in each half of a cube of 2 mm: of 200 µm below, of 300 µm above. Two lie in the edges.
fn bars() -> Mesh {
    let bar = |y: f64, z: f64, w: f64| cuboid([0.0, y, z], [2e3, y + w, z + w]);
    join(&[
        bar(0.0, 0.0, 200.0),
        bar(1800.0, 0.0, 200.0),
        bar(900.0, 500.0, 200.0),
        bar(0.0, 1700.0, 300.0),
        bar(1700.0, 1700.0, 300.0),
        bar(850.0, 1150.0, 300.0),
    ])
}

#[test]
fn halves_have_their_own_figures_and_add_up_to_the_whole() {
    let (low, high) = ("{ axial = \"z\", to = 0.5 }", "{ axial = \"z\", from = \"1mm\" }");
    let sliver = "{ axial = \"z\", to = \"150um\" }";
    let mut asked: Vec<(&str, &str)> = Vec::new();
    for region in [low, high] {
        for measure in [
            "porosity.total",
            "volume.total",
            "volume.solid",
            "surface.area",
            "surface.per_solid_volume",
            "surface.per_total_volume",
            "strut.max",
            "strut.d50",
        ] {
            asked.push((measure, region));
        }
    }
    asked.extend([("porosity.total", sliver), ("surface.area", sliver)]);
    let folder = tempfile::tempdir().unwrap();
    // 40 µm do not divide 150: a plane of voxels lies in the sliver in part.
    let design = measure_file(&stl(folder.path(), &bars()), &asking(EnvelopeChoice::Box, 40.0, &asked), 2);
    for (zone, w) in [("z:0-0.5", 0.2), ("z:1000um-1", 0.3)] {
        let id = |measure: &str| format!("{measure}@{zone}");
        let solid = 3.0 * w * w * 2.0;
        // Of a bar in an edge two sides are open, of the one in the middle four.
        let open = 8.0 * w * 2.0;
        assert_close(&design, &id("volume.total"), 4.0, 1e-6);
        // The file holds single precision.
        assert_close_faceted(&design, &id("volume.solid"), solid, 1e-4, 1e-6);
        assert_close(&design, &id("porosity.total"), 1.0 - solid / 4.0, 1e-4);
        assert_close(&design, &id("surface.area"), open, 1e-4);
        assert_close(&design, &id("surface.per_total_volume"), open / 4.0, 1e-4);
        assert_close(&design, &id("surface.per_solid_volume"), open / solid, 1e-4);
        assert_close(&design, &id("strut.max"), 1e3 * w, 0.5);
        assert_close(&design, &id("strut.d50"), 1e3 * w, 1.0);
    }
    // The two bars in the edges, cut at 150 of 200 µm: their inner sides, and nothing of their tops.
    assert_close(&design, "porosity.total@z:0-150um", 1.0 - 2.0 * 0.2 / 2.0, 1e-4);
    assert_close(&design, "surface.area@z:0-150um", 2.0 * 0.15 * 2.0, 1e-4);
    let both = |measure: &str| {
        ["z:0-0.5", "z:1000um-1"].iter().map(|z| value(&design, &format!("{measure}@{z}"))).sum::<f64>()
    };
    for measure in ["volume.total", "volume.solid", "surface.area"] {
        assert!((both(measure) / value(&design, measure) - 1.0).abs() < 1e-6, "{measure}");
    }
}

/// Slots across x between plates of 100 µm, in two storeys parted by a floor: 200 µm wide below, 500 µm above.
fn slots([x, _, z]: [usize; 3], mirrored: bool) -> bool {
    let z = if mirrored { 39 - z } else { z };
    let period = if z < 20 { 6 } else { 12 };
    (19..21).contains(&z) || x % period < 2
}

#[test]
fn sizes_are_those_of_whole_pores_and_mirrored_halves_exchange_them() {
    let (low, high) = ("{ axial = \"z\", to = 0.475 }", "{ axial = \"z\", from = 0.525 }");
    let mut asked = Vec::new();
    for region in [low, high] {
        for measure in ["pore_size.d50", "pore_size.max", "pore_size.share_150um_250um", "porosity.total", "strut.d50"]
        {
            asked.push((measure, region));
        }
    }
    let run = Run { resolution: None, ..asking(EnvelopeChoice::Grid, 50.0, &asked) };
    let frame = Frame { size: [38, 24, 40], spacing: [50.0; 3], origin: [25.0; 3] };
    let folder = tempfile::tempdir().unwrap();
    let [plain, mirrored] = [false, true].map(|mirrored| {
        let path = nrrd(folder.path(), &format!("{mirrored}.nrrd"), &frame, |v| slots(v, mirrored));
        let design = measure_file(&path, &run, 2);
        assert_eq!(design.measurements, measure_file(&path, &run, 1).measurements, "at any number of threads");
        design
    });
    let (low, high) = ("z:0-0.475", "z:0.525-1");
    // 7 plates of 2 voxels of 38 below; 4 above, of which the last one is cut to 2.
    for (zone, plates, gap) in [(low, 7.0, 200.0), (high, 4.0, 500.0)] {
        let id = |measure: &str| format!("{measure}@{zone}");
        let porosity = figure(&plain, &id("porosity.total"));
        assert!((porosity.value - (1.0 - plates * 2.0 / 38.0)).abs() < 1e-9 && porosity.uncertainty < 1e-6);
        for measure in ["pore_size.d50", "pore_size.max"] {
            let m = figure(&plain, &id(measure));
            assert!((m.value - gap).abs() <= m.uncertainty && m.uncertainty < 100.0, "{measure}: {m:?}, {gap}");
        }
        let share = value(&plain, &id("pore_size.share_150um_250um"));
        assert!((share - f64::from(u8::from(gap < 300.0))).abs() < 0.03, "{share}");
    }
    for (measure, _) in &asked {
        for (here, there) in [(low, high), (high, low)] {
            let (a, b) = (value(&plain, &format!("{measure}@{here}")), value(&mirrored, &format!("{measure}@{there}")));
            // Centres of balls are found from one end on, and with them the walls around them: a quarter of a voxel for
            // the one largest ball, three twentieths for the others.
            let most = match *measure {
                "pore_size.max" => 12.5,
                _ if a > 1.0 => 7.5,
                "porosity.total" => 1e-9,
                _ => 5e-3,
            };
            assert!((a - b).abs() <= most, "{measure}: {a} {b}");
        }
    }
}

#[test]
fn a_voxel_that_the_border_cuts_counts_in_part() {
    // Slots of 200 µm and of 500 µm between plates; the border lies a quarter of a voxel within the wider one.
    let frame = Frame { size: [32, 16, 16], spacing: [50.0; 3], origin: [25.0; 3] };
    let folder = tempfile::tempdir().unwrap();
    let path = nrrd(folder.path(), "slots.nrrd", &frame, |[x, ..]| matches!(x, 0..2 | 6..8 | 18..20));
    for (voxels, share) in [(8.25, 4.0 / 4.25), (8.0, 1.0), (17.5, 4.0 / 13.5)] {
        let region = format!("{{ axial = \"x\", to = {} }}", voxels / 32.0);
        let asked = [("pore_size.share_150um_250um", &*region)];
        // Mirrored, so that no sphere is cut.
        let run = Run { resolution: None, cut: CutPores::Mirror, ..asking(EnvelopeChoice::Grid, 50.0, &asked) };
        let design = measure_file(&path, &run, 2);
        let found = value(&design, &format!("pore_size.share_150um_250um@x:0-{}", voxels / 32.0));
        assert!((found - share).abs() < 1e-3, "{voxels}: {found}, not {share}");
    }
}

/// A prism over a ring of facets, from radius `inner` (0 for none) to `outer`.
fn ring(inner: f64, outer: f64, height: f64) -> Mesh {
    const N: usize = 128;
    let corner = |r: f64, k: usize, z: f64| {
        let angle = TAU * (k % N) as f64 / N as f64;
        V3::new(r * angle.cos(), r * angle.sin(), z)
    };
    let mut triangles: Vec<[V3; 3]> = Vec::new();
    let mut quad = |a: V3, b: V3, c: V3, d: V3| {
        triangles.extend([[a, b, c], [a, c, d]].into_iter().filter(|t| t[0] != t[1] && t[1] != t[2] && t[2] != t[0]));
    };
    for k in 0..N {
        let at = |r: f64, j: usize, z: f64| corner(r, k + j, z);
        for z in [[0.0, height / 2.0], [height / 2.0, height]] {
            quad(at(outer, 0, z[0]), at(outer, 1, z[0]), at(outer, 1, z[1]), at(outer, 0, z[1]));
            if inner > 0.0 {
                quad(at(inner, 1, z[0]), at(inner, 0, z[0]), at(inner, 0, z[1]), at(inner, 1, z[1]));
            }
        }
        quad(at(inner, 0, 0.0), at(inner, 1, 0.0), at(outer, 1, 0.0), at(outer, 0, 0.0));
        quad(at(inner, 0, height), at(outer, 0, height), at(outer, 1, height), at(inner, 1, height));
    }
    Mesh::weld(&triangles).unwrap()
}

#[test]
fn shells_of_a_rod_in_a_tube_have_their_shares() {
    let shells = ["{ radial = [0, 0.5] }", "{ radial = [0.5, 1] }", "{ radial = [0, \"200um\"] }"];
    let asked: Vec<(&str, &str)> = shells
        .into_iter()
        .flat_map(|shell| {
            ["porosity.total", "volume.total", "volume.solid", "surface.per_total_volume"].map(|m| (m, shell))
        })
        .collect();
    let folder = tempfile::tempdir().unwrap();
    let mesh = join(&[ring(0.0, 300.0, 600.0), ring(800.0, 1000.0, 600.0)]);
    let run = asking(EnvelopeChoice::Cylinder, 40.0, &asked);
    let design = measure_file(&stl(folder.path(), &mesh), &run, 2);
    // Facets take 1 − sin(2π/n)/(2π/n) of a disc, 0.04 %.
    let disc = |r: f64| PI * r * r * 0.6;
    for (zone, inner, outer, solid, open) in [
        ("r:0-0.5", 0.0, 0.5, disc(0.3), TAU * 0.3 * 0.6),
        ("r:0.5-1", 0.5, 1.0, disc(1.0) - disc(0.8), TAU * 0.8 * 0.6),
    ] {
        let id = |measure: &str| format!("{measure}@{zone}");
        let total = disc(outer) - disc(inner);
        assert_close_faceted(&design, &id("volume.total"), total, 1.0, 0.0);
        assert_close_faceted(&design, &id("porosity.total"), 1.0 - solid / total, 0.1, 4e-4);
        assert_close_faceted(&design, &id("surface.per_total_volume"), open / total, 1.0, 2e-3);
    }
    assert!(value(&design, "porosity.total@r:0-200um") < 1e-9, "the rod fills its middle");
    for measure in ["volume.total", "volume.solid"] {
        let sum = ["r:0-0.5", "r:0.5-1"].iter().map(|z| value(&design, &format!("{measure}@{z}"))).sum::<f64>();
        assert!((sum / value(&design, measure) - 1.0).abs() < 1e-6, "{measure}: {sum}");
    }
}

#[test]
fn a_mask_of_a_slab_gives_the_slab() {
    let folder = tempfile::tempdir().unwrap();
    // A slab of 20 to 60 % in voxels of another size, and as a mesh that reaches beyond the design.
    let frame = Frame { size: [5, 5, 20], spacing: [400.0, 400.0, 100.0], origin: [200.0, 200.0, 50.0] };
    nrrd(folder.path(), "slab.nrrd", &frame, |[_, _, z]| (4..12).contains(&z));
    // The same along z, -x and y.
    let lie = Lie { axes: [V3::z(), -V3::x(), V3::y()], space: Space::Unsaid };
    let frame = Frame { size: [20, 5, 5], spacing: [100.0, 400.0, 400.0], origin: [50.0, -1800.0, 200.0] };
    let mut mask = Mask::empty(frame.size);
    (0..25).for_each(|row| mask.insert_run(row % 5, row / 5, 4, 12));
    let mut out = std::fs::File::create(folder.path().join("turned.nrrd")).unwrap();
    poregauge::export::nrrd::write(&mut out, &frame, Some(&lie), &mask).unwrap();
    let slab = cuboid([-50.0, -50.0, 400.0], [2100.0, 2100.0, 1200.0]);
    poregauge::export::stl::write(&mut std::fs::File::create(folder.path().join("slab.stl")).unwrap(), &slab).unwrap();
    let measures = ["porosity.total", "volume.solid", "strut.mean", "pore_size.d50", "surface.per_total_volume"];
    let masks = ["slab.nrrd", "slab.stl", "turned.nrrd"];
    let mut regions = vec!["{ axial = \"z\", from = 0.2, to = 0.6 }".to_owned()];
    regions.extend(masks.map(|mask| format!("{{ mask = \"{mask}\" }}")));
    let asked: Vec<_> = regions.iter().flat_map(|region| measures.map(|measure| (measure, &**region))).collect();
    let exec = Exec::silent(2).unwrap();
    let voxels = Frame { size: [38, 24, 40], spacing: [50.0; 3], origin: [25.0; 3] };
    let volume = nrrd(folder.path(), "design.nrrd", &voxels, |v| slots(v, false));
    for (path, envelope) in [(volume, EnvelopeChoice::Grid), (stl(folder.path(), &bars()), EnvelopeChoice::Box)] {
        let is_mesh = envelope == EnvelopeChoice::Box;
        let mut run = asking(envelope, 80.0, &asked);
        run.resolution = is_mesh.then(|| Length::from_um(80.0));
        let unread = check(std::slice::from_ref(&path), &run, &exec).unwrap();
        assert_eq!(unread.designs[0].errors[0].kind, "region");
        let criteria = run.criteria.take().unwrap();
        let read = with_masks(&criteria, folder.path(), &Options::default(), &Limits::default(), &exec);
        run.criteria = Some(read.unwrap());
        let design = measure_file(&path, &run, 2);
        for measure in measures {
            let truth = figure(&design, &format!("{measure}@z:0.2-0.6"));
            for mask in masks {
                let found = figure(&design, &format!("{measure}@mask:{mask}"));
                let off = (found.value - truth.value).abs();
                // Of a mesh the slab is exact, and the mask is counted in voxels; facets that a mask cuts are divided.
                let most = match measure {
                    "surface.per_total_volume" => 0.02 * truth.value,
                    "porosity.total" | "volume.solid" if is_mesh => found.uncertainty,
                    _ => 1e-6 * truth.value,
                };
                assert!(off <= most, "{measure} in {mask}: {found:?} {truth:?}");
                assert!(found.uncertainty < 0.6 * found.value, "{measure} in {mask}: {found:?}");
            }
        }
        let region = design.checks.iter().find_map(|c| c.region.as_ref().filter(|r| r.kind == "mask")).unwrap();
        assert_eq!((region.file.as_deref(), region.sha256.as_ref().map(String::len)), (Some("slab.nrrd"), Some(64)));
    }
}

#[test]
fn a_graded_design_is_judged_part_by_part_and_wrong_regions_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    let path = stl(folder.path(), &bars());
    let text = "[[check]]\nid = \"low\"\nmeasure = \"porosity.total\"\nmin = 0.93\nregion = { axial = \"z\", to = 0.5 }\n\
                [[check]]\nid = \"high\"\nmeasure = \"porosity.total\"\nmin = 0.93\nregion = { axial = \"z\", from = 0.5 }\n\
                [[check]]\nid = \"whole\"\nmeasure = \"porosity.total\"\nmin = 0.9\n";
    let mut run = asking(EnvelopeChoice::Box, 80.0, &[("porosity.total", "{ axial = \"z\" }")]);
    let judged =
        |run: &Run| check(std::slice::from_ref(&path), run, &Exec::silent(2).unwrap()).unwrap().designs.remove(0);
    run.criteria = Some(Criteria::parse(text, "graded").unwrap());
    let design = judged(&run);
    let verdicts: Vec<Verdict> = design.checks.iter().map(|c| c.verdict).collect();
    assert_eq!(verdicts, [Verdict::Pass, Verdict::Fail, Verdict::Pass], "{:?}", design.checks);
    assert_eq!(design.checks[1].requirement, "porosity.total@z:0.5-1 >= 0.93");
    for (region, what) in [
        (
            "{ axial = \"x\", from = \"1mm\", to = \"2.5mm\" }",
            "x 1000–2500 µm: it reaches beyond the envelope, whose extent along x is 2000 µm",
        ),
        ("{ axial = \"x\", from = \"2.5mm\" }", "ends before it begins"),
        ("{ radial = [0, \"3mm\"] }", "whose radius is"),
    ] {
        run.criteria =
            Some(Criteria::parse(&text.replacen("{ axial = \"z\", to = 0.5 }", region, 1), "graded").unwrap());
        let design = judged(&run);
        assert!(design.checks.is_empty() && design.errors[0].message.contains(what), "{region}: {:?}", design.errors);
    }
}
