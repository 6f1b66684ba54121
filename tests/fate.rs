//! Degradation and healing as a user meets them: checks, timelines, tables, and what is refused.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;
mod program;

use common::implicit;
use program::{code, mesh, poregauge, text};

/// Criteria of degradation alone, so that little is measured.
const MATCHING: &str = "[[check]]\nid = \"gap\"\nmeasure = \"matching.gap\"\nmax_by_class = { shared = 0.3 }\n\
    [[check]]\nid = \"degradable\"\nmeasure = \"degradation.mass_after_10y\"\nmax = 0.05\n\
    [[check]]\nid = \"load\"\nmeasure = \"strength.estimated\"\nmin_of = \"load\"\n";

fn verdicts(arguments: &[&str]) -> (i32, Vec<(String, String)>) {
    let folder = tempfile::tempdir().unwrap();
    let criteria = folder.path().join("m.toml");
    std::fs::write(&criteria, MATCHING).unwrap();
    let criteria = criteria.to_string_lossy().into_owned();
    let file = mesh("pass-cubic.stl");
    let mut all = vec!["check", &file, "--criteria", &criteria, "--resolution", "60um", "--format", "json"];
    all.extend(arguments);
    let output = poregauge(&all);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["designs"][0]["checks"].as_array().unwrap();
    let word = |c: &serde_json::Value, key: &str| c[key].as_str().unwrap().to_owned();
    (code(&output), checks.iter().map(|c| (word(c, "id"), word(c, "verdict"))).collect())
}

#[test]
fn the_verdict_on_degradation_comes_from_material_and_tissue() {
    let named = |checks: &[(String, String)], id: &str| checks.iter().find(|c| c.0 == id).unwrap().1.clone();
    let (exit, nothing) = verdicts(&[]);
    assert_eq!((exit, nothing.iter().all(|c| c.1 == "not-assessed")), (0, true), "{nothing:?}");
    let (exit, good) = verdicts(&["--material", "PLGA_85_15", "--tissue", "trabecular_contained", "--load", "0.1MPa"]);
    assert_eq!((exit, good.iter().all(|c| c.1 == "pass")), (0, true), "{good:?}");
    // It is gone before the tissue is there at every corner of the ranges but the slowest, and never carries 10 MPa.
    let (exit, weak) = verdicts(&["--material", "WE43", "--tissue", "trabecular_contained", "--load", "10MPa"]);
    assert_eq!((exit, named(&weak, "gap"), named(&weak, "load")), (1, "inconclusive".into(), "fail".into()));
    let (exit, stays) = verdicts(&["--material", "Ti6Al4V", "--tissue", "trabecular_contained"]);
    assert_eq!((exit, named(&stays, "degradable")), (1, "fail".into()));
    let (_, sintered) = verdicts(&["--material", "HA", "--tissue", "trabecular_contained"]);
    assert_eq!(named(&sintered, "degradable"), "fail");
    // A soft tissue is not asked for what carries load.
    let (_, soft) = verdicts(&["--material", "collagen_GAG_DRT", "--tissue", "dermis"]);
    assert_eq!(named(&soft, "gap"), "declared");
    // What only the library leaves open gates under --strict.
    let open = ["--material", "PCL_TCP_80_20", "--tissue", "trabecular_contained", "--load", "0.1MPa"];
    let (exit, checks) = verdicts(&open);
    if checks.iter().any(|c| c.1 == "inconclusive") {
        assert_eq!(exit, 0, "{checks:?}");
        assert_eq!(verdicts(&[&open[..], &["--strict"]].concat()).0, 1);
    }
}

#[test]
fn what_carries_less_than_tissue_at_first_fails_unless_a_load_is_declared() {
    let file = mesh("pass-cubic.stl");
    let checked = |more: &[&str]| {
        let mut all = vec!["check", &file, "--resolution", "60um", "--flow-resolution", "120um", "--format", "json"];
        all.extend(more);
        let output = poregauge(&all);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let checks = report["designs"][0]["checks"].as_array().unwrap();
        let check = checks.iter().find(|c| c["id"] == "adequate").unwrap();
        check.clone()
    };
    let told = |c: &serde_json::Value| format!("{} {}", c["verdict"].as_str().unwrap(), c["gates"]);
    let bone = "trabecular_contained";
    let check = checked(&[]);
    assert_eq!(told(&check), "not-assessed false");
    let check = checked(&["--tissue", bone]);
    assert_eq!(told(&check), "inconclusive true");
    assert_eq!(check["reason"], "declare a material");
    // At 90 % of porosity nothing is left of alginate's modulus, and magnesium has enough of both.
    let check = checked(&["--tissue", bone, "--material", "alginate"]);
    assert_eq!(told(&check), "fail true");
    assert!(check["advice"].as_str().unwrap().contains("99 % of the stiffness"), "{check}");
    let check = checked(&["--tissue", bone, "--material", "WE43"]);
    assert_eq!(told(&check), "pass false");
    // What only the library leaves open is told with the worst of its ends, and gates under strict rules.
    let check = checked(&["--tissue", bone, "--material", "PCL"]);
    let strict = checked(&["--tissue", bone, "--material", "PCL", "--strict"]);
    assert_eq!([told(&check), told(&strict)], ["inconclusive false", "inconclusive true"]);
    let reason = check["reason"].as_str().unwrap();
    assert!(reason.contains("worst where its modulus is 2") && reason.contains("material of your own"), "{reason}");
    let check = checked(&["--tissue", "dermis", "--material", "collagen_GAG_DRT"]);
    assert_eq!(told(&check), "declared false");
    // A load that is known counts in its place.
    let check = checked(&["--tissue", bone, "--material", "alginate", "--load", "1Pa"]);
    assert_eq!((told(&check), check["required"].as_bool()), ("fail false".to_owned(), Some(false)));
}

#[test]
fn a_timeline_has_its_arrays_and_they_go_the_way_they_must() {
    let arguments = [
        "timeline",
        &mesh("pass-cubic.stl"),
        "--material",
        "WE43",
        "--tissue",
        "trabecular_contained",
        "--days",
        "0,5,30,200",
        "--resolution",
        "60um",
        "--format",
        "json",
    ];
    let output = poregauge(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report));
    let timeline = &report["designs"][0]["timeline"];
    let array =
        |name: &str| -> Vec<f64> { timeline[name].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect() };
    assert_eq!(array("days"), [0.0, 5.0, 30.0, 200.0]);
    for name in ["mass", "stiffness"] {
        let values = array(name);
        assert_eq!(values[0], 1.0);
        assert!(values.windows(2).all(|w| w[0] >= w[1]), "{name}: {values:?}");
    }
    assert!(array("fill").windows(2).all(|w| w[0] <= w[1]));
    for name in ["mass", "stiffness", "fill", "combined"] {
        let (low, mid, high) = (array(&format!("{name}_low")), array(name), array(&format!("{name}_high")));
        assert!((0..4).all(|k| low[k] <= mid[k] && mid[k] <= high[k]), "{name}");
    }
    // Square struts of 73 µm that corrode by 1 mm a year are gone after 73/2 µm of front: 13.3 days, nodes later.
    let gone = report["designs"][0]["measurements"]["degradation.gone_day"]["value"].as_f64().unwrap();
    assert!((10.0..16.0).contains(&gone), "{gone}");
    assert_eq!(array("mass")[2], 0.0);
}

#[test]
fn what_is_not_known_is_refused_with_what_is() {
    let file = mesh("pass-cubic.stl");
    for (arguments, expected) in [
        (&["check", &file, "--material", "unobtainium"][..], "PLGA_85_15"),
        (&["check", &file, "--tissue", "hair"], "trabecular_contained"),
        (&["check", &file, "--load", "3"], "0.5MPa"),
        (&["timeline", &file, "--material", "PCL"], "--tissue"),
        (&["timeline", &file, "--material", "PCL", "--tissue", "dermis", "--days", "5,3"], "rising"),
        (&["materials", "show", "x"], "PLLA"),
    ] {
        let output = poregauge(arguments);
        assert_eq!(code(&output), 2, "{arguments:?}");
        assert!(text(&output.stderr).contains(expected), "{arguments:?}: {}", text(&output.stderr));
    }
    let shown = text(&poregauge(&["materials", "show", "alginate"]).stdout);
    assert!(shown.contains("half-life of stiffness") && shown.contains("KONG2004"), "{shown}");
    assert!(shown.lines().all(|l| l.chars().count() <= 80), "{shown}");
    assert!(text(&poregauge(&["tissues", "list"]).stdout).contains("cortical_segmental"));
}

/// The timeline of a course and the figures beside it.
fn course(file: &str, more: &[&str]) -> (serde_json::Value, serde_json::Value) {
    let mut arguments = vec!["timeline", file, "--material", "PCL", "--tissue", "trabecular_contained"];
    arguments.extend(["--resolution", "60um", "--flow-resolution", "40um", "--format", "json", "--quiet"]);
    arguments.extend(more);
    let output = poregauge(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let design = &report["designs"][0];
    (design["timeline"].clone(), design["measurements"].clone())
}

fn numbers(values: &serde_json::Value) -> Vec<f64> {
    values.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}

#[test]
fn tissue_grows_in_the_void_as_it_is_and_the_slower_of_both_counts() {
    let file = mesh("pass-cubic.stl");
    let days = ["--days", "0,50,100,200,400,800"];
    let fill = |law: &str| numbers(&course(&file, &[&days[..], &["--tissue-growth", law]].concat()).0["fill"]);
    let (healing, apposition, slower) = (fill("healing"), fill("apposition"), fill("slower"));
    for k in 0..healing.len() {
        assert!((slower[k] - healing[k].min(apposition[k])).abs() < 1e-12, "{slower:?}");
    }
    assert!(apposition.windows(2).all(|w| w[0] <= w[1]) && apposition[5] > 0.95, "{apposition:?}");
    // Windows of 350 µm between struts of 73 µm: the ball of the middle has a radius of about 250 µm, so that the last
    // place is filled 14 d + 1500 µm / 25 µm/d + 250 µm / 0.6 µm/d after implantation at the latest, and nothing before 14 d.
    let by_then = course(&file, &["--days", "0,14,491", "--tissue-growth", "apposition"]).0;
    let by_then = numbers(&by_then["fill"]);
    assert!(by_then[1] == 0.0 && by_then[2] > 0.999, "{by_then:?}");
    // A throat of 350 µm lets 300 µm pass, and 400 µm not.
    let reached = |throat: &str| {
        let figures = course(&file, &["--tissue-growth", "apposition", "--tissue-throat", throat]).1;
        figures["tissue.reached"]["value"].as_f64().unwrap()
    };
    let (open, shut) = (reached("300um"), reached("400um"));
    assert!(open > 0.95 && shut < 0.9, "{open} {shut}");
    // A repeating cell has no faces that a front could come through, and says so.
    let cell =
        corroding(&file, &["--resolution", "60um", "--periodic", "--days", "0,50", "--tissue-growth", "apposition"]);
    let told = |report: &serde_json::Value| {
        report["designs"][0]["findings"].as_array().unwrap().iter().any(|f| f["kind"] == "tissue.no_front")
    };
    assert!(told(&cell));
    // By curvature the hollows at the nodes fill, and what is left between struts is nowhere concave.
    let (curvature, figures) = course(&file, &["--days", "0,200,2000,4000", "--tissue-growth", "curvature"]);
    let fill = numbers(&curvature["fill"]);
    assert!(fill[1] > 0.0 && fill[2] < 0.5 && fill[2] == fill[3], "{fill:?}");
    assert_eq!(figures["tissue.t90_day"]["value"], 36_525.0);
}

#[test]
fn a_tissue_without_the_rate_of_its_law_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("mine.toml");
    let times = "[tissue.mine]\nname = \"Mine\"\nclass = \"shared\"\nmodulus_mpa = 10\nlag_d = 5\nt50_d = 20\nt90_d = 60\n\
                 maturity_exponent = 1\n";
    std::fs::write(&own, times).unwrap();
    let (file, own) = (mesh("pass-cubic.stl"), own.to_string_lossy().into_owned());
    let arguments = ["check", &file, "--material", "PCL", "--tissue", &own, "--tissue-growth", "apposition"];
    let output = poregauge(&arguments);
    assert_eq!(code(&output), 2);
    let said = text(&output.stderr);
    assert!(said.contains("ingrowth_um_per_day") && said.contains("mine"), "{said}");
}

/// Corrosion of WE43 in µm a day, as is to be expected.
const PACE: f64 = 1000.0 / 365.25;

/// The report of a course of WE43.
fn corroding(file: &str, more: &[&str]) -> serde_json::Value {
    let mut arguments = vec!["timeline", file, "--tissue", "trabecular_contained", "--quiet", "--format", "json"];
    if !more.contains(&"--material") {
        arguments.extend(["--material", "WE43"]);
    }
    arguments.extend(more);
    let output = poregauge(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_solid_falls_apart_where_and_when_its_neck_is_gone() {
    // Two blocks joined by a round neck of 160 µm in the middle; the blocks end at the box, where they do not corrode.
    let neck = |p: &poregauge::mesh::V3| {
        let block = 150.0 - (p.z - 300.0).abs();
        let rod = (p.x - 300.0).hypot(p.y - 300.0) - 80.0;
        block.min(rod)
    };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("neck.stl");
    let dumbbell = implicit([600.0; 3], 60, neck);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &dumbbell).unwrap();
    let path = path.to_string_lossy().into_owned();
    let report = corroding(&path, &["--resolution", "12um", "--envelope", "box", "--days", "0,20,28,31"]);
    let design = &report["designs"][0];
    let apart = &design["measurements"]["degradation.falls_apart_day"];
    let day = apart["value"].as_f64().unwrap();
    assert!((day / (80.0 / PACE) - 1.0).abs() < 0.03, "{day} against {}", 80.0 / PACE);
    let at = numbers(&apart["at_um"]);
    assert!((at[0] - 300.0).abs() < 15.0 && (at[1] - 300.0).abs() < 15.0 && (at[2] - 300.0).abs() < 160.0, "{at:?}");
    let event = design["timeline"]["events"].as_array().unwrap().iter().find(|e| e["kind"] == "falls-apart").unwrap();
    assert_eq!(event["day"].as_f64(), Some(day));
    let (mass, stiffness) = (numbers(&design["timeline"]["mass"]), numbers(&design["timeline"]["stiffness"]));
    // There is much mass left then, and no stiffness.
    assert!(mass[3] > 0.4 && stiffness[2] > 0.2 && stiffness[3] == 0.0, "{mass:?} {stiffness:?}");
    // Of a material of one's own at just one rate the grid leaves open what it makes of the neck, and no more.
    let own = folder.path().join("mine.toml");
    let exact = "[material.mine]\nname = \"Mine\"\nclass = \"metal\"\ndensity_g_cm3 = 1.8\nmodulus_gpa = 44\nstrength_mpa = 200\n\
                 law = \"corrosion\"\nrate_mm_per_year = 1.0\n";
    std::fs::write(&own, exact).unwrap();
    let asked = ["--resolution", "12um", "--envelope", "box", "--days", "0", "--material", &own.to_string_lossy()];
    let settled = corroding(&path, &asked);
    let figure = &settled["designs"][0]["measurements"]["degradation.falls_apart_day"];
    let (low, high) = (figure["range"][0].as_f64().unwrap(), figure["range"][1].as_f64().unwrap());
    // Facets 14 µm long lie within the round neck by at most their sagitta.
    let (truth, facets) = (80.0 / PACE, 2.0 * 10f64.powi(2) / (8.0 * 80.0) / PACE);
    assert!(low < high && low <= truth && truth <= high + facets && high - low < 0.2 * truth, "{low} {truth} {high}");
    // The struts in the edges of a lattice corrode from within alone: 73 µm of front, at any resolution.
    for h in ["60um", "30um"] {
        let lattice = corroding(&mesh("pass-cubic.stl"), &["--resolution", h, "--days", "0"]);
        let day = lattice["designs"][0]["measurements"]["degradation.falls_apart_day"]["value"].as_f64().unwrap();
        assert!((day / (73.0 / PACE) - 1.0).abs() < 0.03, "{h}: {day} against {}", 73.0 / PACE);
    }
    // Across the neck it holds on until the blocks, 150 µm thick, are gone.
    let across = corroding(&path, &["--resolution", "12um", "--envelope", "box", "--axis", "x"]);
    let day = across["designs"][0]["measurements"]["degradation.falls_apart_day"]["value"].as_f64().unwrap();
    assert!((day / (150.0 / PACE) - 1.0).abs() < 0.05, "{day} against {}", 150.0 / PACE);
}

#[test]
fn the_computed_stiffness_of_a_bar_goes_with_its_section() {
    // A square bar of 200 µm along z in the middle of a volume: its modulus is its section, (1 − 2x/w)², and not the square
    // of that, as the estimate for lattices has it.
    let (size, h) = ([40usize, 40, 24], 10.0f64);
    let mut bytes = format!(
        "NRRD0004\ntype: uint8\ndimension: 3\nsizes: {} {} {}\nspacings: 0.01 0.01 0.01\nencoding: raw\n\n",
        size[0], size[1], size[2]
    )
    .into_bytes();
    let within = |c: usize| (10..30).contains(&c);
    bytes.extend((0..size.iter().product()).map(|i: usize| u8::from(within(i % 40) && within(i / 40 % 40))));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bar.nrrd");
    std::fs::write(&path, bytes).unwrap();
    let days = format!("0,{},{}", 25.0 / PACE, 50.0 / PACE);
    let path = path.to_string_lossy().into_owned();
    let stiffness = |more: &[&str]| {
        let report = corroding(&path, &[&["--days", &days][..], more].concat());
        numbers(&report["designs"][0]["timeline"]["stiffness"])
    };
    let (computed, estimated) = (stiffness(&["--stiffness-days", "6", "--axis", "z"]), stiffness(&[]));
    for (k, depth) in [0.0f64, 25.0, 50.0].into_iter().enumerate() {
        let section: f64 = (1.0 - 2.0 * depth / (20.0 * h)).powi(2);
        assert!((computed[k] - section).abs() < 0.04, "{depth}: {} against {section}", computed[k]);
        assert!(
            (estimated[k] - section * section).abs() < 0.04,
            "{depth}: {} against {}",
            estimated[k],
            section * section
        );
    }
    // At first it is the modulus of the material times the section of the bar, a quarter of the volume's.
    let report = corroding(&path, &["--days", "0", "--stiffness-days", "1", "--axis", "z"]);
    let first = report["designs"][0]["timeline"]["scaffold"][0].as_f64().unwrap();
    assert!((first / (44_000.0 / 4.0) - 1.0).abs() < 0.02, "{first}");
}

#[test]
fn a_course_is_a_table_and_a_drawing() {
    let folder = tempfile::tempdir().unwrap();
    let (table, drawing) = (folder.path().join("c.csv"), folder.path().join("c.svg"));
    let (table_name, drawing_name) = (table.to_string_lossy().into_owned(), drawing.to_string_lossy().into_owned());
    let file = mesh("pass-cubic.stl");
    let mut arguments = vec!["timeline", &file, "--material", "WE43", "--tissue", "trabecular_contained"];
    arguments.extend(["--resolution", "60um", "--days", "0,5,10,20,200", "--quiet", "--plot", &drawing_name]);
    arguments.extend(["--format", "json", "--format", "csv", "-o", &table_name]);
    let output = poregauge(&arguments);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let timeline = &report["designs"][0]["timeline"];
    let mut rows = csv::Reader::from_path(&table).unwrap();
    let head = rows.headers().unwrap().clone();
    let column = |name: &str| head.iter().position(|h| h == name).unwrap_or_else(|| panic!("{name}: {head:?}"));
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    for (name, key) in [
        ("day", "days"),
        ("mass [1]", "mass"),
        ("stiffness low [1]", "stiffness_low"),
        ("tissue fill high [1]", "fill_high"),
        ("scaffold [MPa]", "scaffold"),
        ("tissue [MPa]", "tissue"),
        ("together [MPa]", "combined"),
        ("front [um]", "front_um"),
    ] {
        let written: Vec<f64> = rows.iter().map(|r| r[column(name)].parse().unwrap()).collect();
        assert_eq!(written, numbers(&timeline[key]), "{name}");
    }
    let sum = |k: usize| timeline["scaffold"][k].as_f64().unwrap() + timeline["tissue"][k].as_f64().unwrap();
    (0..5).for_each(|k| assert!((sum(k) / timeline["combined"][k].as_f64().unwrap() - 1.0).abs() < 1e-9));
    // The drawing is whole, and has a line and a band for each of six curves, the marks of what happens, and sections.
    let drawn = std::fs::read_to_string(&drawing).unwrap();
    let mut reader = quick_xml::Reader::from_str(&drawn);
    let mut tags: std::collections::BTreeMap<String, usize> = std::collections::BTreeMap::new();
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => {
                *tags.entry(String::from_utf8_lossy(tag.name().as_ref()).into_owned()).or_default() += 1;
            }
            _ => {}
        }
    }
    let count = |tag: &str| tags.get(tag).copied().unwrap_or(0);
    assert_eq!((count("polyline"), count("polygon"), count("svg")), (6, 6, 1), "{tags:?}");
    // On day 20 the nodes are still there, on day 200 nothing is.
    assert_eq!(count("image"), 5, "{tags:?}");
    assert!(drawn.contains("falls apart along") && drawn.contains("least support"), "{drawn}");
    // As a picture it is the same, at twice the size, and not one colour.
    let picture = folder.path().join("c.png").to_string_lossy().into_owned();
    let mut arguments =
        vec!["timeline", &file, "--material", "WE43", "--tissue", "trabecular_contained", "--plot", &picture];
    arguments.extend(["--resolution", "60um", "--days", "0,5,10,20,200", "--quiet"]);
    assert_eq!(code(&poregauge(&arguments)), 0);
    let mut reader =
        png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&picture).unwrap())).read_info().unwrap();
    let side = |name: &str| -> u32 {
        let from = drawn.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        drawn[from..].split('"').next().unwrap().parse().unwrap()
    };
    assert_eq!((reader.info().width, reader.info().height), (2 * side("width"), 2 * side("height")));
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let colours: std::collections::BTreeSet<&[u8]> = pixels.chunks_exact(4).collect();
    for line in [[0x00, 0x72, 0xb2, 255], [0xd5, 0x5e, 0x00, 255], [0x00, 0x9e, 0x73, 255]] {
        assert!(colours.contains(&line[..]), "{line:?}");
    }
    let wrong = poregauge(&["timeline", &file, "--material", "PCL", "--tissue", "dermis", "--plot", "c.bmp"]);
    assert!(code(&wrong) == 2 && text(&wrong.stderr).contains(".svg"), "{}", text(&wrong.stderr));
}

#[test]
fn the_knob_that_makes_it_match_stands_in_the_course_and_in_the_advice() {
    let file = mesh("pass-cubic.stl");
    let report = corroding(&file, &["--resolution", "60um", "--days", "0,50"]);
    let schema: serde_json::Value = serde_json::from_slice(&poregauge(&["report", "schema"]).stdout).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&report));
    let tuning = &report["designs"][0]["timeline"]["tuning"];
    assert_eq!(tuning["holds"], false);
    let knobs = tuning["knobs"].as_array().unwrap();
    let of = |name: &str| knobs.iter().find(|k| k["knob"] == name).unwrap();
    let (struts, rate) = (of("strut thickness"), of("rate"));
    let thick = numbers(&struts["holds"])[0] / struts["now"].as_f64().unwrap();
    let slow = numbers(&rate["holds"])[1] / rate["now"].as_f64().unwrap();
    assert!(thick > 2.0 && (thick * slow - 1.0).abs() < 0.05, "{thick} {slow}");
    // The same as the advice of a check that fails.
    let output = poregauge(&[
        "check",
        &file,
        "--material",
        "PTMC",
        "--tissue",
        "trabecular_contained",
        "--resolution",
        "60um",
        "--format",
        "json",
        "--quiet",
    ]);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let checks = report["designs"][0]["checks"].as_array().unwrap();
    let failing: Vec<_> = checks
        .iter()
        .filter(|c| c["verdict"] == "fail" && c["id"].as_str().unwrap().starts_with("matching-"))
        .collect();
    assert!(!failing.is_empty());
    for check in failing {
        let advice = check["advice"].as_str().unwrap();
        assert!(advice.contains("rate") && advice.contains("µm/day (now 5)"), "{advice}");
    }
    // Titanium has no knob, and says so.
    let output = poregauge(&[
        "timeline",
        &file,
        "--material",
        "Ti6Al4V",
        "--tissue",
        "trabecular_contained",
        "--resolution",
        "60um",
        "--quiet",
    ]);
    assert!(text(&output.stdout).contains("no knob"), "{}", text(&output.stdout));
}

#[test]
fn every_material_is_judged_in_every_tissue() {
    let output = poregauge(&["materials", "match"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    let row = |id: &str| -> String {
        let line =
            shown.lines().find(|l| l.split_whitespace().next() == Some(id)).unwrap_or_else(|| panic!("{id}: {shown}"));
        line.split_whitespace().skip(1).collect()
    };
    // Titanium stays, sintered hydroxyapatite nearly so.
    assert!(row("Ti6Al4V").chars().all(|c| c == '✗') && row("HA").chars().all(|c| c == '✗'));
    let marks: String = poregauge::fate::Library::built_in().unwrap().materials.keys().map(|id| row(id)).collect();
    assert_eq!(marks.chars().count(), 37 * 7);
    let open = marks.chars().filter(|c| *c == '~').count();
    let told = format!("{open} ({} %) are open", poregauge::units::significant(100.0 * open as f64 / 259.0, 3));
    assert!(open > 0 && shown.contains(&told), "{told}: {shown}");
    assert!(shown.lines().all(|l| l.chars().count() <= 80), "{shown}");
    // Thicker struts last longer: zinc of 1 mm outlasts a bone that zinc of 10 µm does not wait for.
    let zinc = |strut: &str| {
        let output = poregauge(&["materials", "match", "--strut", strut]);
        let shown = text(&output.stdout);
        shown.lines().find(|l| l.starts_with("Zn ")).unwrap().to_owned()
    };
    assert_ne!(zinc("10um"), zinc("1mm"));
    let wrong = poregauge(&["materials", "match", "--porosity", "90"]);
    assert!(code(&wrong) == 2 && text(&wrong.stderr).contains("0.9"));
}

#[test]
fn a_material_that_the_configuration_does_not_know_is_named_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(mesh("pass-cubic.stl"), folder.path().join("a.stl")).unwrap();
    let config = "[defaults]\nunit = \"mm\"\n\n[[design]]\nfiles = \"*.stl\"\nmaterial = \"unobtainium\"\n";
    std::fs::write(folder.path().join("poregauge.toml"), config).unwrap();
    let run = |more: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_poregauge"));
        program.current_dir(folder.path()).env("POREGAUGE_CACHE", "off").arg("check").args(more);
        text(&program.output().unwrap().stderr)
    };
    let said = run(&[]);
    assert!(said.contains("poregauge.toml: line 6, column 12: there is no material `unobtainium`"), "{said}");
    assert!(said.contains("PLGA_85_15"), "{said}");
    // One that is named on the command line is not looked for in the file.
    assert!(!run(&["a.stl", "--material", "unobtainium"]).contains("line 6"));
}

#[test]
fn a_course_is_the_same_at_any_number_of_threads() {
    let file = mesh("pass-cubic.stl");
    let run = |threads: &str| {
        let mut arguments =
            vec!["timeline", &file, "--material", "WE43", "--tissue", "trabecular_contained", "--quiet"];
        arguments.extend(["--resolution", "80um", "--flow-resolution", "80um", "--tissue-growth", "curvature"]);
        arguments.extend(["--stiffness-days", "2", "--axis", "z", "--format", "json", "--threads", threads]);
        let output = poregauge(&arguments);
        assert_eq!(code(&output), 0, "{}", text(&output.stderr));
        output.stdout
    };
    assert_eq!(run("1"), run("3"));
}
