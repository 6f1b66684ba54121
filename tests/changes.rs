//! Advice that is followed passes, what cannot pass is said so, and a scan is told from its design by what it lacks.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;
mod program;

use std::path::{Path, PathBuf};

use nalgebra::Rotation3;
use poregauge::grid::{Frame, Lie, Mask, Space};
use poregauge::mesh::V3;
use program::{code, poregauge, text};
use serde_json::Value;

/// Porosity of a cubic lattice of n cells in its box, with outer bars of one width and inner ones of another.
fn porosity(n: usize, pore: f64, outer: f64, inner: f64) -> f64 {
    let bars = 2.0 * outer + (n as f64 - 1.0) * inner;
    let s = bars / (bars + n as f64 * pore);
    (1.0 - s).powi(3) + 3.0 * s * (1.0 - s).powi(2)
}

/// A cubic lattice of four cells as a file.
fn cubic(folder: &Path, pore: f64, strut: f64) -> String {
    let path = folder.join("part.stl").to_string_lossy().into_owned();
    let (pore, strut) = (format!("{pore}um"), format!("{strut}um"));
    let made = poregauge(&["generate", "cubic", "--pore", &pore, "--strut", &strut, "--cells", "4", "-o", &path]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    path
}

/// The first design of a check as JSON, which has to fail.
fn failing(arguments: &[&str]) -> Value {
    let mut all = vec!["check", "--format", "json", "--quiet", "--verify-advice"];
    all.extend(arguments);
    let output = poregauge(&all);
    assert_eq!(code(&output), 1, "{}", text(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    report["designs"][0].clone()
}

fn advice_of<'a>(design: &'a Value, check: &str) -> &'a str {
    design["checks"].as_array().unwrap().iter().find(|c| c["id"] == check).unwrap()["advice"].as_str().unwrap()
}

/// Asserts that each predicted figure holds the verified one within its uncertainty and theirs.
fn predictions_hold(design: &Value) {
    let advice = &design["advice"];
    for (id, predicted) in advice["predicted"].as_object().unwrap() {
        let found = &advice["verified"]["measurements"][id];
        let value = |m: &Value, key: &str| m[key].as_f64().unwrap();
        let off = (value(predicted, "value") - value(found, "value")).abs();
        let allowed = value(predicted, "uncertainty") + value(found, "uncertainty") + 1e-9;
        assert!(off <= allowed, "{id}: predicted {predicted}, found {found}");
    }
}

#[test]
fn a_design_too_dense_gets_an_offset_that_passes() {
    let (pore, strut) = (350.0, 110.0);
    let design = failing(&[&program::mesh("fail-porosity.stl")]);
    let advice = &design["advice"];
    let offset = advice["change"]["offset_um"].as_f64().unwrap();
    assert_eq!(advice["change"]["scale"], 1.0, "porosity does not hang on the scale");
    let after = |by: f64| porosity(7, pore - 2.0 * by, strut + by, strut + 2.0 * by);
    assert!(after(0.0) < 0.9 && after(offset) >= 0.9, "{offset} gives {}", after(offset));
    assert!(after(offset / 2.0) < 0.9, "no more than it takes: {offset}");
    assert_eq!(advice["verified"]["verdict"], "pass", "{advice}");
    let found = advice["verified"]["measurements"]["porosity.total"]["value"].as_f64().unwrap();
    assert!((found - after(offset)).abs() < 1e-5, "{found} against {}", after(offset));
    predictions_hold(&design);
    assert!(advice_of(&design, "porosity").contains("off every surface"));
}

#[test]
fn pores_too_small_get_a_scale_that_passes_and_adjust_makes_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = program::mesh("fail-small-pores.stl");
    let design = failing(&[&path]);
    let change = &design["advice"]["change"];
    let scale = change["scale"].as_f64().unwrap();
    // The pore's sphere touches four struts: its diameter is the window's diagonal.
    let least = 300.0 / (200.0 * 2f64.sqrt());
    assert!(change["offset_um"] == 0.0 && scale > least && scale < 1.1 * least, "{change}, {least} is least");
    assert_eq!(design["advice"]["verified"]["verdict"], "pass");
    predictions_hold(&design);
    let scales = &design["advice"]["window"][0]["scale"];
    let low = scales[0].as_f64().unwrap();
    assert!((low - least).abs() < 0.01, "{low} against {least}");

    let out = folder.path().join("better.stl").to_string_lossy().into_owned();
    let made = poregauge(&["adjust", &path, "--advised", "-o", &out, "--quiet"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    assert!(text(&made.stdout).contains(&format!("scaled      by {scale}")), "{}", text(&made.stdout));
    assert_eq!(code(&poregauge(&["check", &out])), 0, "what is advised passes as a file too");
}

/// Overlapping round pores on a cubic lattice of spacing a: the throat is the circle in which neighbours meet.
fn round_pores(folder: &Path, a: f64, radius: f64) -> (String, PathBuf) {
    let mesh = common::implicit([3.0 * a; 3], 60, |p| {
        let centre = p.map(|c| ((c / a).floor().clamp(0.0, 2.0) + 0.5) * a);
        radius - (p - centre).norm()
    });
    let path = folder.join("pores.stl");
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    let criteria = folder.join("throats.toml");
    let throat = |axis: &str| {
        format!(
            "[[check]]\nid = \"throat-{axis}\"\nmeasure = \"interconnectivity.percolation_diameter.{axis}\"\nmin = \"120um\"\n"
        )
    };
    let rest = "[[check]]\nid = \"porosity\"\nmeasure = \"porosity.total\"\nmin = 0.5\nmax = 0.7\n";
    std::fs::write(&criteria, format!("{}{}{}{rest}", throat("x"), throat("y"), throat("z"))).unwrap();
    (path.to_string_lossy().into_owned(), criteria)
}

#[test]
fn a_throat_too_narrow_gets_a_change_that_widens_it() {
    let folder = tempfile::tempdir().unwrap();
    let (a, radius) = (500.0, 254.0);
    let throat = |radius: f64| 2.0 * (radius * radius - a * a / 4.0).sqrt();
    assert!(throat(radius) < 100.0);
    let (path, criteria) = round_pores(folder.path(), a, radius);
    let design = failing(&[&path, "--criteria", criteria.to_str().unwrap()]);
    let advice = &design["advice"];
    let change = |key: &str| advice["change"][key].as_f64().unwrap_or_else(|| panic!("{advice:#}"));
    let (offset, scale) = (change("offset_um"), change("scale"));
    // By itself an offset of 3.1 µm would do; the coarse look asks for a reserve.
    assert!(offset > -7.0 && offset <= 0.0 && scale >= 1.0, "{}", advice["summary"]);
    // 8 %: the throat grows steeply with the offset, and its rim is faceted.
    let after = scale * throat(radius - offset);
    assert!(after > 0.92 * 120.0, "{offset} and {scale} give {after}");
    assert_eq!(advice["verified"]["verdict"], "pass", "{}", advice["verified"]);
    let ways = advice_of(&design, "throat-x");
    assert!(ways.contains("scale by about") || ways.contains("off every surface"), "{ways}");
}

#[test]
fn a_part_too_large_for_the_machine_is_scaled_and_one_that_must_grow_stays_within_it() {
    let folder = tempfile::tempdir().unwrap();
    let criteria = folder.path().join("room.toml");
    let rules = "[[check]]\nid = \"fits\"\nmeasure = \"fit.least\"\nmin_of = \"build-volume\"\n[[check]]\nid = \"pore\"\n\
                 measure = \"pore_size.d50\"\nmin = \"300um\"\n";
    std::fs::write(&criteria, rules).unwrap();
    let asked = ["--criteria", criteria.to_str().unwrap(), "--resolution"];
    let change = |advice: &Value, key: &str| advice["change"][key].as_f64().unwrap_or_else(|| panic!("{advice:#}"));

    // Pores with windows of 350 µm: any scale from 0.61 on keeps their spheres above 300 µm.
    let path = program::mesh("pass-cubic.stl");
    let design = failing(&[&[path.as_str()], &asked[..], &["50um", "--build-volume", "2.5mm,2.5mm,2.5mm"]].concat());
    let advice = &design["advice"];
    let (offset, scale) = (change(advice, "offset_um"), change(advice, "scale"));
    assert!(offset == 0.0 && scale * 3034.0 <= 2500.0 && scale * 3034.0 > 2375.0, "{}", advice["summary"]);
    assert_eq!(advice["verified"]["verdict"], "pass", "{}", advice["verified"]);

    // Pores of 283 µm have to grow by 1.061 at least, which makes the part 1.841 mm long: 1.8 mm asks for thinner struts.
    let path = program::mesh("fail-small-pores.stl");
    let design = failing(&[&[path.as_str()], &asked[..], &["25um", "--build-volume", "1.8mm,1.8mm,1.8mm"]].concat());
    let advice = &design["advice"];
    let (offset, scale) = (change(advice, "offset_um"), change(advice, "scale"));
    assert!(offset < 0.0 && scale * 1736.0 <= 1800.0, "{}", advice["summary"]);
    assert!(scale * (200.0 - 2.0 * offset) * 2f64.sqrt() >= 300.0, "{}", advice["summary"]);
    assert_eq!(advice["verified"]["checks"]["fits"], "pass", "{}", advice["verified"]);
}

#[test]
fn islands_are_to_be_removed_and_the_rest_passes() {
    let design = failing(&[&program::mesh("fail-islands.stl")]);
    let advice = &design["advice"];
    assert_eq!(advice["change"]["remove_islands"], true);
    assert_eq!((&advice["change"]["offset_um"], &advice["change"]["scale"]), (&0.0.into(), &1.0.into()));
    let pieces = design["measurements"]["solid.components"]["value"].as_f64().unwrap() as usize;
    let islands = advice["islands"].as_array().unwrap();
    assert_eq!(islands.len(), pieces - 1);
    // Cubes of a fifth of a pore in the middle of pores.
    for island in islands {
        assert!((island["volume_mm3"].as_f64().unwrap() / 0.07f64.powi(3) - 1.0).abs() < 1e-3);
        for c in island["at_um"].as_array().unwrap() {
            let within = (c.as_f64().unwrap() - 73.0).rem_euclid(423.0);
            assert!((within - 175.0).abs() < 0.01, "{island}");
        }
    }
    assert!(advice_of(&design, "one-piece").contains(&format!("remove {} loose pieces", pieces - 1)));
    assert_eq!(advice["verified"]["verdict"], "pass");
    predictions_hold(&design);
}

#[test]
fn where_no_change_helps_the_binding_check_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = cubic(folder.path(), 350.0, 85.0);
    let design = failing(&[&path, "--process", "sls"]);
    let advice = &design["advice"];
    assert!(advice["change"].is_null() && advice["verified"].is_null());
    let conflict = &advice["conflict"];
    let checks: Vec<&str> = conflict["checks"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
    assert_eq!(checks.last(), Some(&"strut-process"));
    assert!(checks.contains(&"porosity") && checks.len() <= 3, "{checks:?}");
    // Pores of 1200 µm have windows of 849 µm; at 90 % the bars of such a lattice are as thick as this.
    let window = 1200.0 / 2f64.sqrt();
    let bar = (1..4000).map(|k| f64::from(k) * 0.1).filter(|b| porosity(4, window, *b, *b) >= 0.9).fold(0.0, f64::max);
    let best = conflict["best"]["value"].as_f64().unwrap();
    assert!(best > 0.6 * bar && best < 1.15 * bar, "{best} against {bar}");
    let summary = advice["summary"].as_str().unwrap();
    for part in ["at this topology", "porosity ≥ 90 %", "500 µm at least asked"] {
        assert!(summary.contains(part), "{summary}");
    }
    let refused = poregauge(&[
        "adjust",
        &path,
        "--advised",
        "--process",
        "sls",
        "-o",
        &folder.path().join("x.stl").to_string_lossy(),
    ]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("at this topology"), "{}", text(&refused.stderr));
}

#[test]
fn adjust_moves_scales_and_says_what_it_did() {
    let folder = tempfile::tempdir().unwrap();
    let (pore, strut) = (350.0, 85.0);
    let path = cubic(folder.path(), pore, strut);
    let out = folder.path().join("out.stl").to_string_lossy().into_owned();
    let made = poregauge(&["adjust", &path, "--offset", "-10um", "--scale", "2", "-o", &out, "--quiet"]);
    assert_eq!(code(&made), 0, "{}", text(&made.stderr));
    let truth = porosity(4, pore + 20.0, strut - 10.0, strut - 20.0);
    assert!(text(&made.stdout).contains(&format!("→ {:.2} %", 100.0 * truth)), "{}, {truth}", text(&made.stdout));
    let measured = poregauge(&["measure", &out, "--measures", "porosity,strut", "--format", "json", "--quiet"]);
    let report: Value = serde_json::from_slice(&measured.stdout).unwrap();
    let figures = &report["designs"][0]["measurements"];
    assert!((figures["porosity.total"]["value"].as_f64().unwrap() - truth).abs() < 1e-5);
    let median = &figures["strut.d50"];
    let (value, doubt) = (median["value"].as_f64().unwrap(), median["uncertainty"].as_f64().unwrap());
    assert!((value - 2.0 * (strut - 20.0)).abs() <= doubt + 1.0, "{median}");

    // A volume becomes a mesh; grown, it loses void. Its edges, four voxels apart, come out rounded.
    let scan = folder.path().join("scan.nrrd").to_string_lossy().into_owned();
    let kind =
        ["generate", "cubic", "--pore", "288um", "--strut", "96um", "--cells", "2", "--voxel", "24um", "-o", &scan];
    assert_eq!(code(&poregauge(&kind)), 0);
    let grown = poregauge(&["adjust", &scan, "--offset", "12um", "-o", &out, "--quiet"]);
    assert_eq!(code(&grown), 0, "{}", text(&grown.stderr));
    let line = text(&grown.stdout).lines().find(|l| l.starts_with("porosity")).unwrap().to_owned();
    let shares: Vec<f64> = line.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    let truth = [0.0, 12.0].map(|by| 100.0 * porosity(2, 288.0 - 2.0 * by, 96.0 + by, 96.0 + 2.0 * by));
    assert!((shares[0] - truth[0]).abs() < 0.1 && (shares[1] - truth[1]).abs() < 2.5, "{line}, {truth:?}");

    for (arguments, expected) in [
        (&["adjust", &path, "-o", &out][..], "--offset"),
        (&["adjust", &path, "--scale", "2", "-o", "x.obj"], ".stl"),
        (&["adjust", &path, "--offset", "-12", "-o", &out], "-12um"),
        (&["adjust", &path, "--offset", "-400um", "--step", "40um", "-o", &out], "nothing of the solid is left"),
        (&["adjust", "none.stl", "--scale", "2", "-o", &out], "cannot be read"),
    ] {
        let output = poregauge(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}: {}", text(&output.stdout));
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
}

/// Edge of the scan's voxels in µm, and how many lie round the lattice on each side.
const VOXEL: f64 = 16.0;
const ROUND: f64 = 12.0;

/// A noisy grey-level scan of a cubic lattice of three cells, turned about its middle and shifted by a part of a voxel, with
/// or without one strut.
fn scan(path: &Path, pore: f64, strut: f64, turn: &Rotation3<f64>, shift: V3, lacks: Option<(V3, V3)>) {
    const PARTS: usize = 2;
    let (cells, cell) = (3.0, pore + strut);
    let side = cells * pore + (cells + 1.0) * strut;
    let n = (side / VOXEL + 2.0 * ROUND).ceil() as usize;
    let solid = |p: V3| {
        let bars = p.iter().filter(|c| (**c).rem_euclid(cell) < strut).count();
        let lacking = lacks.is_some_and(|(low, high)| (0..3).all(|a| low[a] <= p[a] && p[a] < high[a]));
        p.iter().all(|c| (0.0..side).contains(c)) && bars >= 2 && !lacking
    };
    let mut state = 1u64;
    let mut noise = || {
        let mut uniform = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        };
        (0..12).map(|_| uniform()).sum::<f64>() - 6.0
    };
    let mut data = b"\x93NUMPY\x01\x00".to_vec();
    let header = format!("{{'descr': '|u1', 'fortran_order': True, 'shape': ({n}, {n}, {n}), }}\n");
    data.extend((header.len() as u16).to_le_bytes());
    data.extend(header.as_bytes());
    for z in 0..n {
        for y in 0..n {
            for x in 0..n {
                let mut filled = 0;
                for k in 0..PARTS.pow(3) {
                    let part = [k % PARTS, k / PARTS % PARTS, k / (PARTS * PARTS)];
                    // A .npy begins at the origin: its voxel 0 has its centre there.
                    let at =
                        V3::from_fn(|a, _| ([x, y, z][a] as f64 - 0.5 + (part[a] as f64 + 0.5) / PARTS as f64) * VOXEL);
                    filled += usize::from(solid(laid(&at, side, turn, shift)));
                }
                let grey = 60.0 + 120.0 * filled as f64 / PARTS.pow(3) as f64 + 12.0 * noise();
                data.push(grey.round().clamp(0.0, 255.0) as u8);
            }
        }
    }
    std::fs::write(path, data).unwrap();
}

/// Where a place of the scan lies in the design.
fn laid(at: &V3, side: f64, turn: &Rotation3<f64>, shift: V3) -> V3 {
    let middle = V3::repeat(side / 2.0);
    middle + turn * (at - V3::repeat((ROUND - 0.5) * VOXEL) - middle) + shift
}

/// Where the comparison lays a place of the scan.
fn found_at(difference: &Value, at: &V3) -> V3 {
    let vector = |key: &str| V3::from_fn(|a, _| difference[key][a].as_f64().unwrap());
    let about = vector("about_um");
    let turn = Rotation3::new(vector("rotation_deg").map(f64::to_radians));
    about + vector("shift_um") + turn * (at - about)
}

#[test]
fn a_scan_is_told_from_its_design_by_the_strut_it_lacks_and_by_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let (pore, strut) = (300.0, 90.0);
    let side = 3.0 * pore + 4.0 * strut;
    let design = folder.path().join("part.stl").to_string_lossy().into_owned();
    let made = poregauge(&["generate", "cubic", "--pore", "300um", "--strut", "90um", "--cells", "3", "-o", &design]);
    assert_eq!(code(&made), 0);
    // The strut along x between the second and the third node of an inner line.
    let (low, high) = (V3::new(390.0 + strut, 390.0, 780.0), V3::new(780.0, 390.0 + strut, 780.0 + strut));
    let shift = V3::new(37.3, -21.1, 14.7);
    let slight = Rotation3::new(V3::new(1.0, -2.0, 3.0).normalize() * 4f64.to_radians());
    let far = Rotation3::new(V3::new(-1.2, 1.0, 0.9).normalize() * 13f64.to_radians());
    let schema: Value = serde_json::from_slice(&poregauge(&["compare", "--schema"]).stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let missing = Some((low, high));
    for (turn, lacks) in [(slight, None), (Rotation3::identity(), missing), (far, missing)] {
        let path = folder.path().join("scan.npy");
        scan(&path, pore, strut, &turn, shift, lacks);
        let output = poregauge(&[
            "compare",
            &design,
            path.to_str().unwrap(),
            "--spacing",
            "16um",
            "--align",
            "--format",
            "json",
            "--quiet",
        ]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        let comparison: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(validator.is_valid(&comparison));
        let pair = &comparison["pairs"][0];
        let found = &pair["difference"];
        // A quarter of a voxel at every corner of the scan, and so a rotation to a fifth of a degree.
        for corner in 0..8 {
            let extent = side + 2.0 * ROUND * VOXEL;
            let at = V3::from_fn(|a, _| f64::from(corner >> a & 1) * extent);
            let off = (found_at(found, &at) - laid(&at, side, &turn, shift)).norm();
            assert!(off < 4.0, "{off} µm off, turned by {} for {:?}", found["rotation_deg"], turn.scaled_axis());
        }
        let none = found["rotation_deg"].as_array().unwrap().iter().all(|a| a == 0.0);
        assert_eq!(none, turn == Rotation3::identity(), "{}", found["rotation_deg"]);
        assert_eq!(found["extra"]["count"], 0, "{found}");
        let different: Vec<&String> = pair["measures"]
            .as_object()
            .unwrap()
            .iter()
            .filter(|(_, c)| c["different"] == true)
            .map(|(id, _)| id)
            .collect();
        let worse = pair["checks"].as_array().unwrap().iter().filter(|c| c["worse"] == true).count();
        match lacks {
            None => {
                assert_eq!(found["missing"]["count"], 0, "{found}");
                assert!(different.is_empty(), "{different:?}");
            }
            Some(_) => {
                assert_eq!(found["missing"]["count"], 1, "{found}");
                let lump = &found["missing"]["lumps"][0];
                let middle = (low + high) / 2.0;
                for a in 0..3 {
                    let at = lump["at_um"][a].as_f64().unwrap();
                    assert!((at - middle[a]).abs() < 12.0, "{lump}, {middle}");
                }
                let volume = lump["volume_mm3"].as_f64().unwrap() / ((high - low).product() * 1e-9);
                assert!((volume - 1.0).abs() < 0.25, "{volume}");
                // Where the strut is missing the pore is larger and a loop of the lattice is gone; no other figure is
                // called different.
                let allowed = ["pore_size.max", "topology.connectivity_density", "topology.euler"];
                assert!(different.iter().all(|id| allowed.contains(&id.as_str())), "{different:?}");
            }
        }
        assert_eq!(worse, 0, "{}", pair["checks"]);
    }
}

#[test]
fn a_design_is_compared_with_itself_with_a_report_and_with_a_worse_one() {
    let folder = tempfile::tempdir().unwrap();
    let (good, bad) = (program::mesh("pass-cubic.stl"), program::mesh("fail-porosity.stl"));
    let report = folder.path().join("good.json").to_string_lossy().into_owned();
    let resolution = ["--resolution", "50um"];
    let check =
        poregauge(&["check", &good, "--format", "json", "-o", &report, "--quiet", resolution[0], resolution[1]]);
    assert!(code(&check) < 2);
    let compare = |old: &str, new: &str, format: &str| {
        let output = poregauge(&["compare", old, new, "--format", format, "--quiet", resolution[0], resolution[1]]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let pair = |text: String| serde_json::from_str::<Value>(&text).unwrap()["pairs"][0].clone();
    let same = pair(compare(&report, &report, "json"));
    assert!(same["measures"].as_object().unwrap().values().all(|c| c["difference"] == 0.0 && c["different"] == false));
    assert!(same["distributions"].as_object().unwrap().values().all(|d| d["wasserstein_1"] == 0.0));
    let worse = pair(compare(&report, &bad, "json"));
    let names: Vec<&str> = worse["checks"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["worse"] == true)
        .map(|c| c["id"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["porosity"]);
    assert_eq!(worse["measures"]["porosity.total"]["different"], true);
    let shown = compare(&good, &good, "text");
    assert!(shown.contains("no missing material") && shown.lines().all(|l| l.chars().count() <= 80), "{shown}");
    let page = compare(&report, &bad, "html");
    assert!(page.starts_with("<!doctype html>") && page.contains("porosity.total"));
    let cut = folder.path().join("cut.json");
    std::fs::write(&cut, "{\"schema\": \"poregauge.rep").unwrap();
    let refused = poregauge(&["compare", cut.to_str().unwrap(), &good]);
    assert_eq!(code(&refused), 2);
    assert!(text(&refused.stderr).contains("is no report"), "{}", text(&refused.stderr));
}

#[test]
fn scans_whose_axes_lie_otherwise_are_compared_as_they_lie_in_their_files() {
    let folder = tempfile::tempdir().unwrap();
    // Bars that cross and a foot, alike along no two axes, 1.2 mm wide round a place away from the origin.
    let middle = V3::new(900.0, -400.0, 700.0);
    let covers = |p: V3| {
        let q = p - middle;
        let bar = |a: f64, b: f64, w: f64| a.abs() < w && b.abs() < w;
        let bars = bar(q.x, q.y - 150.0, 160.0) || bar(q.y, q.z + 100.0, 200.0) || bar(q.x + 200.0, q.z, 120.0);
        q.amax() < 560.0 && (bars || q.z < -460.0)
    };
    let write = |name: &str, axes: [V3; 3]| {
        let lie = Lie { axes, space: Space::Ras };
        let own = V3::from(axes.map(|axis| axis.dot(&middle)));
        let frame = Frame { size: [60; 3], spacing: [20.0; 3], origin: (own - V3::repeat(590.0)).into() };
        let mut mask = Mask::empty(frame.size);
        for voxel in (0..frame.len()).map(|i| frame.voxel(i)) {
            if covers(V3::from(lie.place(frame.centre(voxel)))) {
                mask.insert(voxel[0], voxel[1], voxel[2]);
            }
        }
        let path = folder.path().join(name);
        let mut out = std::fs::File::create(&path).unwrap();
        poregauge::export::nrrd::write(&mut out, &frame, Some(&lie), &mask).unwrap();
        path.to_string_lossy().into_owned()
    };
    let compare_on = |grid: &[&str], old: &str, new: &str, format: &str| {
        let output = poregauge(&[&["compare", old, new, "--format", format, "--quiet"], grid].concat());
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let compare = |old: &str, new: &str, format: &str| compare_on(&[], old, new, format);
    let plain = write("plain.nrrd", [V3::x(), V3::y(), V3::z()]);
    let turned = write("turned.nrrd", [V3::y(), V3::z(), V3::x()]);
    let pair = serde_json::from_str::<Value>(&compare(&plain, &turned, "json")).unwrap()["pairs"][0].clone();
    let difference = &pair["difference"];
    assert_eq!(
        (&difference["missing"]["count"], &difference["extra"]["count"]),
        (&0.into(), &0.into()),
        "{difference}"
    );
    assert!(difference["missing"]["volume_mm3"].as_f64().unwrap() < 1e-3, "{difference}");
    let porosity = &pair["measures"]["porosity.total"];
    assert!(porosity["difference"].as_f64().unwrap().abs() < 2e-3, "{porosity}");
    let shown = compare(&plain, &turned, "text");
    let line = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(line.contains("turned by 120° about") && line.contains("so lie the axes of its file"), "{shown}");
    // What is made of them lies in the file as they do.
    let made = |scan: &str| {
        let part = scan.replace(".nrrd", ".stl");
        let output = poregauge(&["adjust", scan, "--offset=-10um", "-o", &part, "--quiet"]);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        part
    };
    let (old, new) = (made(&plain), made(&turned));
    let parts = compare_on(&["--resolution", "20um"], &old, &new, "json");
    let parts = serde_json::from_str::<Value>(&parts).unwrap();
    let difference = &parts["pairs"][0]["difference"];
    for side in ["missing", "extra"] {
        assert!(difference[side]["volume_mm3"].as_f64().unwrap() < 1e-4, "{side}: {difference}");
    }
    let mirrored = write("mirrored.nrrd", [-V3::x(), V3::y(), V3::z()]);
    let shown = compare(&plain, &mirrored, "text").split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("mirror those of the old one"), "{shown}");
}
