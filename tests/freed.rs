//! Tissue, pores and surface of a solid that goes from its surface inward, against closed forms; and curves of one's own.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod program;

use std::path::Path;

use program::{code, mesh, poregauge, text};

/// A volume of two values with voxels of 10 µm, solid where `solid` says so, as a file.
fn volume(folder: &Path, size: [usize; 3], solid: impl Fn([usize; 3]) -> bool) -> String {
    let mut bytes = format!(
        "NRRD0004\ntype: uint8\ndimension: 3\nsizes: {} {} {}\nspacings: 0.01 0.01 0.01\nencoding: raw\n\n",
        size[0], size[1], size[2]
    )
    .into_bytes();
    let voxel = |i: usize| [i % size[0], i / size[0] % size[1], i / size[0] / size[1]];
    bytes.extend((0..size.iter().product()).map(|i| u8::from(solid(voxel(i)))));
    written(folder, "volume.nrrd", &bytes)
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_string_lossy().into_owned()
}

/// A metal that corrodes by 1 µm a day and no more or less.
fn metal(folder: &Path) -> String {
    let text = "[material.mine]\nname = \"Mine\"\nclass = \"metal\"\ndensity_g_cm3 = 1.8\nmodulus_gpa = 44\n\
                strength_mpa = 200\nlaw = \"corrosion\"\nrate_mm_per_year = 0.36525\n";
    written(folder, "metal.toml", text.as_bytes())
}

/// A tissue that begins at once, is everywhere at once, and grows by `pace` µm a day.
fn tissue(folder: &Path, pace: f64) -> String {
    let text = format!(
        "[tissue.mine]\nname = \"Mine\"\nclass = \"shared\"\nmodulus_mpa = 10\nlag_d = 0\nt50_d = 20\nt90_d = 60\n\
         maturity_exponent = 1\ningrowth_um_per_day = 1e6\napposition_um_per_day = {pace}\n"
    );
    written(folder, "tissue.toml", text.as_bytes())
}

fn report(arguments: &[&str]) -> serde_json::Value {
    let output = poregauge(&[&["timeline", "--quiet", "--format", "json"], arguments].concat());
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report));
    report["designs"][0].clone()
}

fn numbers(values: &serde_json::Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// Plates of 80 µm across x with gaps of 320 µm, one of an endless pile.
fn plates(folder: &Path) -> String {
    volume(folder, [40, 16, 16], |v| v[0] < 8)
}

#[test]
fn tissue_fills_what_erosion_frees_and_never_runs_ahead_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (file, metal) = (plates(folder.path()), metal(folder.path()));
    let (gap, half) = (160.0f64, 40.0f64);
    let days = [5.0, 15.0, 30.0, 39.0, 60.0, 120.0, 200.0];
    let asked = days.map(|d| d.to_string()).join(",");
    for pace in [0.5, 20.0] {
        let grown = tissue(folder.path(), pace);
        let arguments =
            [file.as_str(), "--periodic", "--material", &metal, "--tissue", &grown, "--tissue-growth", "apposition"];
        let fill = numbers(&report(&[&arguments[..], &["--days", &asked]].concat())["timeline"]["fill"]);
        for (t, got) in days.iter().zip(&fill) {
            // From each surface into the gap, and back into what is freed, at its own pace or that of the front.
            let filled = (pace * t).min(gap) + (pace.min(1.0) * t).min(half);
            let truth = filled / (gap + t.min(half));
            assert!((got - truth).abs() < 0.02, "{pace}, {t}: {got} against {truth}");
        }
    }
}

#[test]
fn a_closed_pore_is_reached_when_its_wall_is_gone_and_does_not_erode_before() {
    // A cube of 600 µm about a closed one of 200 µm.
    let folder = tempfile::tempdir().unwrap();
    let within = |v: [usize; 3], low: usize, high: usize| v.iter().all(|c| (low..high).contains(c));
    let file = volume(folder.path(), [80; 3], |v| within(v, 10, 70) && !within(v, 30, 50));
    let (metal, grown) = (metal(folder.path()), tissue(folder.path(), 1e3));
    let arguments = [file.as_str(), "--envelope", "grid", "--material", &metal, "--tissue", &grown];
    let design = report(&[&arguments[..], &["--tissue-growth", "apposition", "--days", "0,50,100,185,230"]].concat());
    let mass = numbers(&design["timeline"]["mass"]);
    for (k, x) in [(0, 0.0f64), (1, 50.0), (2, 100.0), (3, 185.0)] {
        let truth = ((600.0 - 2.0 * x).powi(3) - 200f64.powi(3)) / (600f64.powi(3) - 200f64.powi(3));
        assert!((mass[k] - truth).abs() < 0.02, "{x}: {} against {truth}", mass[k]);
    }
    let fill = numbers(&design["timeline"]["fill"]);
    let closed = 200f64.powi(3) / (800f64.powi(3) - 600f64.powi(3) + 200f64.powi(3));
    let reached = design["measurements"]["tissue.reached"]["value"].as_f64().unwrap();
    assert!((reached - (1.0 - closed)).abs() < 0.005, "{reached}");
    // All but the pore is full before its wall is gone, and the pore with what was freed afterwards.
    let void = 800f64.powi(3) - (600.0 - 2.0 * 185.0f64).powi(3) + 200f64.powi(3);
    let before = 1.0 - 200f64.powi(3) / void;
    assert!((fill[3] - before).abs() < 0.01 && fill[4] > 0.999, "{fill:?} {before}");
    let findings = design["findings"].as_array().unwrap();
    let told = findings.iter().find(|f| f["kind"] == "tissue.unreached").unwrap()["message"].as_str().unwrap();
    assert!(told.contains("until the front of degradation opens the way to 100 %"), "{told}");
}

#[test]
fn porosity_pores_and_surface_follow_the_front() {
    let folder = tempfile::tempdir().unwrap();
    let (file, metal) = (plates(folder.path()), metal(folder.path()));
    let arguments =
        [file.as_str(), "--periodic", "--material", &metal, "--tissue", "dermis", "--days", "0,10,20,30,60"];
    let t = report(&arguments)["timeline"].clone();
    let [porosity, surface, pores] =
        ["porosity", "surface_per_total_volume", "pore_size_um"].map(|name| numbers(&t[name]));
    for (k, x) in [0.0f64, 10.0, 20.0, 30.0].into_iter().enumerate() {
        let truth = (320.0 + 2.0 * x) / 400.0;
        assert!((porosity[k] - truth).abs() < 0.01, "{x}: {porosity:?}");
        assert!((surface[k] - 5.0).abs() < 0.25, "{x}: {surface:?}");
        assert!((pores[k] / (320.0 + 2.0 * x) - 1.0).abs() < 0.03, "{x}: {pores:?}");
    }
    assert!(porosity[4] == 1.0 && surface[4] == 0.0 && pores[4].is_nan() && t["pore_size_um"][4].is_null());
    for (name, k) in
        ["porosity", "surface_per_total_volume", "pore_size_um"].iter().flat_map(|n| (0..4).map(move |k| (n, k)))
    {
        let (low, mid, high) =
            (numbers(&t[format!("{name}_low")])[k], numbers(&t[*name])[k], numbers(&t[format!("{name}_high")])[k]);
        assert!(low <= mid && mid <= high, "{name}: {low} {mid} {high}");
    }
    // What is hydrolysed throughout keeps its shape.
    let bulk = report(&[&mesh("pass-cubic.stl"), "--resolution", "60um", "--material", "PCL", "--tissue", "dermis"]);
    assert!(bulk["timeline"].get("porosity").is_none());
    // On a lattice the first day has the figures that are measured.
    let lattice = [&mesh("pass-cubic.stl"), "--resolution", "30um"];
    let after = ["--material", "WE43", "--tissue", "dermis", "--days", "0"];
    let course = report(&[&lattice[..], &after].concat())["timeline"].clone();
    let asked = ["--measures", "surface,porosity,pore_size", "--format", "json", "--quiet"];
    let output = poregauge(&[&["measure"], &lattice[..], &asked].concat());
    let measured: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let truth = |id: &str| measured["designs"][0]["measurements"][id]["value"].as_f64().unwrap();
    let first = |name: &str| numbers(&course[name])[0];
    assert!((first("porosity") - truth("porosity.total")).abs() < 1e-9);
    // Voxels are as wide as 0.4 of a strut, whose surface shrinks to nothing within half of it.
    let area = first("surface_per_total_volume") / truth("surface.per_total_volume");
    assert!((area - 1.0).abs() < 0.1, "{area}");
    // Pores are measured on fewer voxels, and their band says what that leaves open.
    let (low, high) = (first("pore_size_um_low"), first("pore_size_um_high"));
    assert!((low..=high).contains(&truth("pore_size.mean")), "{low} {high}");
}

#[test]
fn the_bands_carry_what_the_grid_leaves_open() {
    // One rate and one tissue without ranges: what is left of the bands is the grid's, and holds the truth.
    let folder = tempfile::tempdir().unwrap();
    let bar = volume(folder.path(), [40, 40, 16], |v| (10..30).contains(&v[0]) && (10..30).contains(&v[1]));
    let (metal, grown) = (metal(folder.path()), tissue(folder.path(), 1.0));
    let arguments = [bar.as_str(), "--material", &metal, "--tissue", &grown, "--days", "0,20,40,60"];
    let t = report(&[&arguments[..], &["--tissue-growth", "apposition"]].concat())["timeline"].clone();
    for name in ["mass", "fill"] {
        let (low, high) = (numbers(&t[format!("{name}_low")]), numbers(&t[format!("{name}_high")]));
        assert!((1..4).any(|k| high[k] > low[k]), "{name}: {low:?} {high:?}");
        assert!(high.iter().chain(&low).all(|v| (0.0..=1.0).contains(v)), "{name}: {low:?} {high:?}");
    }
    let (low, high) = (numbers(&t["mass_low"]), numbers(&t["mass_high"]));
    for (k, x) in [0.0f64, 20.0, 40.0, 60.0].into_iter().enumerate() {
        let truth = (1.0 - 2.0 * x / 200.0).powi(2);
        assert!(low[k] - 0.01 <= truth && truth <= high[k] + 0.01, "{x}: {truth} in {} to {}", low[k], high[k]);
    }
}

/// A polymer of one's own with this curve.
fn polymer(folder: &Path, curve: &str) -> String {
    written(folder, "loss.csv", curve.as_bytes());
    let text = "[material.mine]\nname = \"Mine\"\nclass = \"polymer\"\ndensity_g_cm3 = 1.2\nmodulus_gpa = 2\n\
                strength_mpa = 50\nlaw = \"bulk-hydrolysis\"\nhalf_life_d = 50\nm0_kda = 80\nm_crit_kda = 10\n\
                mass_half_life_d = 20\ncurve = \"loss.csv\"\n";
    written(folder, "polymer.toml", text.as_bytes())
}

#[test]
fn measured_weight_modulus_and_filling_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let file = mesh("pass-cubic.stl");
    let run = |material: &str, tissue: &str| {
        let arguments = [file.as_str(), "--resolution", "60um", "--material", material, "--tissue", tissue];
        report(&[&arguments[..], &["--days", "0,50,100,150,200"]].concat())["timeline"].clone()
    };
    // From 80 to 10 kDa by day 140 on a straight line, and 5 from day 200 on: mass goes from day 140, by halves in 20 days.
    let weight = polymer(folder.path(), "days,molecular_weight\n0,80\n140,10\n200,5\n");
    let t = run(&weight, "dermis");
    let (mass, stiffness) = (numbers(&t["mass"]), numbers(&t["stiffness"]));
    let truth = [1.0, 1.0, 1.0, (-0.5f64).exp2(), (-3.0f64).exp2()];
    for k in 0..5 {
        assert!((mass[k] - truth[k]).abs() < 1e-3, "{mass:?}");
    }
    for (k, share) in [1.0, 1.0 - 50.0 / 160.0, 1.0 - 100.0 / 160.0].into_iter().enumerate() {
        assert!((stiffness[k] - share).abs() < 1e-9, "{stiffness:?}");
    }
    // A measured modulus alone: mass by the law, three half-lives of 50 days to 10 kDa.
    let modulus = polymer(folder.path(), "days,modulus\n0,2000\n100,500\n200,0\n");
    let t = run(&modulus, "dermis");
    let (mass, stiffness) = (numbers(&t["mass"]), numbers(&t["stiffness"]));
    assert!((stiffness[1] - 0.625).abs() < 1e-9 && (stiffness[2] - 0.25).abs() < 1e-9 && stiffness[4] == 0.0);
    assert!(mass[3] == 1.0 && (mass[4] - (-2.5f64).exp2()).abs() < 1e-9, "{mass:?}");
    // A measured healing takes the place of the three days, and is told so.
    written(folder.path(), "fill.csv", b"days,fill\n0,0\n50,0\n150,0.8\n200,1\n");
    let own = "[tissue.mine]\nname = \"Mine\"\nclass = \"shared\"\nmodulus_mpa = 10\nmaturity_exponent = 1\n\
               curve = \"fill.csv\"\n";
    let own = written(folder.path(), "heals.toml", own.as_bytes());
    let design =
        report(&[&file, "--resolution", "60um", "--material", "PCL", "--tissue", &own, "--days", "0,50,100,150,200"]);
    assert_eq!(numbers(&design["timeline"]["fill"]), [0.0, 0.0, 0.4, 0.8, 1.0]);
    let half = &design["measurements"]["tissue.t50_day"];
    assert!(
        (half["value"].as_f64().unwrap() - 112.5).abs() < 1e-9 && half["method"].as_str().unwrap().contains("measured")
    );
}

#[test]
fn curves_of_ones_own_are_refused_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |material: &str, tissue: &str| {
        let output =
            poregauge(&["timeline", &mesh("pass-cubic.stl"), "--material", material, "--tissue", tissue, "--quiet"]);
        assert_eq!(code(&output), 2);
        text(&output.stderr)
    };
    for (curve, told) in [
        ("days,modulus\n0,2\n100,3\n", "line 3: 3 is more than before"),
        ("days,modulus\n0,0\n100,0\n", "line 2: what is left must begin above 0"),
        ("days,colour\n0,1\n1,1\n", "line 1: the head must name"),
        ("days,mass\n3,1\n9,0.5\n", "line 2: it must begin at day 0"),
    ] {
        let said = refused(&polymer(folder.path(), curve), "dermis");
        assert!(said.contains("polymer.toml: line 12") && said.contains("loss.csv") && said.contains(told), "{said}");
    }
    let own = "[tissue.mine]\nname = \"Mine\"\nclass = \"shared\"\nmodulus_mpa = 10\nmaturity_exponent = 1\n";
    for (curve, told) in [
        ("days,fill\n0,0\n9,0.5\n9,0.6\n", "line 4: day 9 does not come after"),
        ("days,fill\n0,0.5\n9,0.4\n", "line 3: 0.4 is less than before"),
        ("days,fill\n0,0\n9,80\n", "line 3: 80 is more than 1"),
        ("days,mass\n0,0\n9,1\n", "line 1: the head must name the columns `days` and `fill`"),
    ] {
        written(folder.path(), "fill.csv", curve.as_bytes());
        let tissue = written(folder.path(), "own.toml", format!("{own}curve = \"fill.csv\"\n").as_bytes());
        let said = refused("PCL", &tissue);
        assert!(said.contains("own.toml: line 6") && said.contains("fill.csv") && said.contains(told), "{said}");
    }
    let said = refused("PCL", &written(folder.path(), "own.toml", own.as_bytes()));
    assert!(said.contains("line 1") && said.contains("lag_d"), "{said}");
    let negative = "[material.mine]\nname = \"Mine\"\nclass = \"polymer\"\ndensity_g_cm3 = 1.2\nmodulus_gpa = 2\n\
                    strength_mpa = 50\nlaw = \"first-order\"\nhalf_life_d = 50\nautocatalysis_um = -3\n";
    let said = refused(&written(folder.path(), "m.toml", negative.as_bytes()), "dermis");
    assert!(said.contains("m.toml: line 9") && said.contains("autocatalysis_um"), "{said}");
}
