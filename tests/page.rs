//! The HTML report in a real browser, and what its pictures are drawn from against shapes with known answers.
//!
//! With `POREGAUGE_SCREENSHOTS=folder` the first test also writes pictures of its pages there, to be looked at.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail loudly, and say what it skips")]

mod browser;
mod common;
mod program;

use std::path::{Path, PathBuf};

use browser::{Browser, chromium};
use common::{measure, run};
use poregauge::generate::cubic::Cubic;
use poregauge::picture::{Block, Point, STEPS, Section};
use poregauge::report::Report;
use program::{code, mesh, poregauge, text};

/// WebGL without a graphics card.
const SOFTWARE: [&str; 2] = ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

/// The browser, or a word that there is none.
fn found() -> Option<PathBuf> {
    let program = chromium();
    if program.is_none() {
        println!("skipped: no Chromium on the path (POREGAUGE_CHROMIUM names one)");
    }
    program
}

/// A report as a page in a folder; the exit code has to be the expected one.
fn page(folder: &Path, name: &str, arguments: &[&str], expected: i32) -> PathBuf {
    let file = folder.join(name);
    let output = poregauge(&[arguments, &["--quiet", "--format", "html", "-o", file.to_str().unwrap()]].concat());
    assert_eq!(code(&output), expected, "{}", text(&output.stderr));
    file
}

/// Colours in a canvas, and a sum that changes with its pixels.
fn look(browser: &mut Browser, canvas: &str) -> (u64, f64) {
    let found = browser.value(&format!(
        "(() => {{ const from = document.querySelector('{canvas}'), to = document.createElement('canvas');
         to.width = from.width; to.height = from.height; const c = to.getContext('2d'); c.drawImage(from, 0, 0);
         const d = c.getImageData(0, 0, to.width, to.height).data, colours = new Set(); let sum = 0;
         for (let k = 0; k < d.length; k += 4) {{
           colours.add(d[k] << 16 | d[k + 1] << 8 | d[k + 2]);
           sum = (sum * 31 + d[k] + 7 * d[k + 1] + 13 * d[k + 2]) % 1000003;
         }} return [colours.size, sum]; }})()"
    ));
    (found[0].as_u64().unwrap(), found[1].as_f64().unwrap())
}

/// Two frames, so that what was asked for is drawn.
fn drawn(browser: &mut Browser) {
    browser.value("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
}

fn show_solid(browser: &mut Browser) {
    browser.value("document.querySelector('.stage').scrollIntoView()");
    browser.wait("document.querySelector('.stage').dataset.ready === 'yes'");
    drawn(browser);
}

#[test]
fn sections_and_solid_answer_to_keys_and_mouse_and_nothing_is_fetched() {
    let Some(program) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let design = folder.path().join("odd <b> & \"x\".stl");
    std::fs::copy(mesh("fail-porosity.stl"), &design).unwrap();
    let design = design.to_str().unwrap();
    let file = page(folder.path(), "page.html", &["check", design, "--resolution", "30um"], 1);
    let figures =
        poregauge(&["measure", design, "--resolution", "30um", "--measures", "volume", "--quiet", "--format", "json"]);
    let figures: serde_json::Value = serde_json::from_slice(&figures.stdout).unwrap();
    let solid = figures["designs"][0]["measurements"]["volume.solid"]["value"].as_f64().unwrap();

    let mut browser = Browser::start(&program, &SOFTWARE);
    browser.window(1280, 900, false);
    browser.open(&file);
    assert_eq!(browser.text("document.querySelector('h1').textContent"), "odd <b> & \"x\"");
    assert!(browser.text("document.querySelector('.verdict').textContent").starts_with("FAIL"));
    assert_eq!(browser.value("document.querySelectorAll('.criteria li').length"), 5);

    // A section moves by the arrow keys.
    let place = "document.querySelector('figure[data-axis=\"2\"] output').textContent";
    let before = browser.text(place);
    browser.value("document.querySelector('figure[data-axis=\"2\"] input').focus()");
    browser.key("ArrowRight", 39);
    browser.wait("document.querySelector('figure[data-axis=\"2\"] canvas') !== null");
    drawn(&mut browser);
    assert_ne!(browser.text(place), before);
    let (colours, first) = look(&mut browser, "figure[data-axis=\"2\"] canvas");
    assert!(colours > 8, "{colours} colours in a section");
    for _ in 0..12 {
        browser.key("ArrowRight", 39);
    }
    drawn(&mut browser);
    assert_ne!(look(&mut browser, "figure[data-axis=\"2\"] canvas").1, first);

    // The solid is drawn as large as it was measured, turns, comes nearer and is cut.
    show_solid(&mut browser);
    let canvas = ".stage canvas";
    let (colours, begin) = look(&mut browser, canvas);
    assert!(colours > 200, "{colours} colours in the solid");
    let said = browser.text("document.querySelector('.drawn').textContent");
    let shown: f64 = said.split(" round ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!((shown / solid - 1.0).abs() < 0.06, "{shown} mm³ are drawn of {solid}");
    browser.value("document.querySelector('.stage canvas').focus()");
    let mut last = begin;
    for (key, code) in [("ArrowLeft", 37), ("ArrowUp", 38), ("+", 107), ("PageUp", 33), ("PageDown", 34)] {
        browser.key(key, code);
        drawn(&mut browser);
        let now = look(&mut browser, canvas).1;
        assert!((now - last).abs() > 0.0, "{key} changes nothing");
        last = now;
    }
    assert_eq!(browser.text("document.querySelector('[name=cut]').value"), "2");
    browser.drag(canvas, (80.0, 30.0));
    drawn(&mut browser);
    let dragged = look(&mut browser, canvas).1;
    assert!((dragged - last).abs() > 0.0, "the mouse does not turn it");
    browser.value(
        "(() => { const s = document.querySelector('[name=colour]'); s.value = 'pores'; s.dispatchEvent(new Event('change')); })()",
    );
    drawn(&mut browser);
    assert!((look(&mut browser, canvas).1 - dragged).abs() > 0.0, "the choice of colours changes nothing");
    browser.key("Home", 36);
    browser.value("document.querySelector('.places button').click()");
    browser.wait("document.querySelector('.places button').getAttribute('aria-pressed') === 'true'");

    // On a phone and in the dark nothing is wider than the screen.
    for (width, height, dark) in [(1280, 900, true), (390, 844, false), (390, 844, true)] {
        browser.window(width, height, dark);
        drawn(&mut browser);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{wide} on {width}");
        let ground = browser.text("getComputedStyle(document.body).backgroundColor");
        assert_eq!(ground != "rgb(255, 255, 255)", dark, "{ground}");
    }
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
    screenshots(&mut browser, folder.path());
}

/// Pictures for people, where a folder is named.
fn screenshots(browser: &mut Browser, folder: &Path) {
    let Some(to) = std::env::var_os("POREGAUGE_SCREENSHOTS").map(PathBuf::from) else { return };
    std::fs::create_dir_all(&to).unwrap();
    let broken = folder.join("broken.stl");
    std::fs::write(&broken, &std::fs::read(mesh("pass-cubic.stl")).unwrap()[..3000]).unwrap();
    for (name, design, exit) in [
        ("pass", mesh("pass-cubic.stl"), 0),
        ("fail", mesh("fail-small-pores.stl"), 1),
        ("scan", mesh("scan.nrrd"), 1),
        ("broken", broken.to_str().unwrap().to_owned(), 2),
    ] {
        let file = page(folder, &format!("{name}.html"), &["check", &design], exit);
        for (width, height, size) in [(1280, 900, "desktop"), (390, 844, "phone")] {
            for dark in [false, true] {
                browser.window(width, height, dark);
                browser.open(&file);
                if name != "broken" {
                    show_solid(browser);
                }
                let scheme = if dark { "dark" } else { "light" };
                browser.picture(&to.join(format!("{name}-{size}-{scheme}.png")));
            }
        }
    }
}

#[test]
fn several_designs_share_the_stage_and_a_broken_one_has_its_reason() {
    let Some(program) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("broken.stl");
    std::fs::write(&broken, b"solid x\nfacet").unwrap();
    let designs = [mesh("fail-porosity.stl"), mesh("pass-wide.stl"), broken.to_str().unwrap().to_owned()];
    let arguments = ["check", &designs[0], &designs[1], &designs[2], "--resolution", "60um"];
    let file = page(folder.path(), "page.html", &arguments, 2);
    let mut browser = Browser::start(&program, &SOFTWARE);
    browser.window(390, 844, true);
    browser.open(&file);
    assert_eq!(browser.value("document.querySelectorAll('main').length"), 3);
    assert!(browser.text("document.querySelector('#d2').textContent").contains("input."));
    assert_eq!(browser.value("document.querySelectorAll('#d2 .view').length"), 0);
    for design in ["#d0", "#d1", "#d0"] {
        browser.value(&format!("document.querySelector('{design} .stage').scrollIntoView()"));
        browser.wait(&format!("document.querySelector('{design} .stage').dataset.ready === 'yes'"));
        drawn(&mut browser);
        assert_eq!(browser.value("document.querySelectorAll('.stage canvas').length"), 1);
        assert!(look(&mut browser, ".stage canvas").0 > 100);
    }
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn a_comparison_fits_a_phone_and_shows_where_material_is_extra() {
    let Some(program) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let [old, new, file] = ["old.stl", "new.stl", "page.html"].map(|name| folder.path().join(name));
    let [old, new, shown] = [&old, &new, &file].map(|path| path.to_str().unwrap());
    // Struts of 100 and of 180 µm at the same places: 40 µm more all round.
    let kind = ["generate", "cubic", "--pore", "400um", "--strut", "100um", "--cells", "1", "-o", old];
    assert_eq!(code(&poregauge(&kind)), 0);
    assert_eq!(code(&poregauge(&["adjust", old, "--offset", "40um", "-o", new, "--quiet"])), 0);
    let output = poregauge(&["compare", old, new, "--resolution", "50um", "--quiet", "--format", "html", "-o", shown]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    let mut browser = Browser::start(&program, &SOFTWARE);
    for (width, dark) in [(1280, false), (390, true)] {
        browser.window(width, 844, dark);
        browser.open(&file);
        let wide = browser.value("document.documentElement.scrollWidth");
        assert!(wide.as_u64().unwrap() <= u64::from(width), "{wide} on {width}");
    }
    let said = browser.text("document.querySelector('.verdict').textContent");
    assert!(said.contains("no missing material") && said.contains("of extra material"), "{said}");
    assert_eq!(browser.value("document.querySelectorAll('.sections img').length"), 3);
    assert!(
        browser.value("document.querySelectorAll('.pin').length").as_u64().unwrap() >= 3,
        "each view has its lumps"
    );
    // Blue where there is more, in every view.
    for k in 0..3 {
        let blue = browser.value(&format!(
            "(() => {{ const from = document.querySelectorAll('.sections img')[{k}], to = document.createElement('canvas');
             to.width = from.naturalWidth; to.height = from.naturalHeight; const c = to.getContext('2d');
             c.drawImage(from, 0, 0); const d = c.getImageData(0, 0, to.width, to.height).data; let n = 0;
             for (let i = 0; i < d.length; i += 4) n += d[i + 3] > 100 && d[i] < 30 && d[i + 2] > 150; return n; }})()"
        ));
        assert!(blue.as_u64().unwrap() > 50, "{blue} points of view {k}");
    }
    assert!(browser.complaints().is_empty(), "{:?}", browser.complaints());
}

#[test]
fn without_webgl_the_page_says_so_and_shows_the_rest() {
    let Some(program) = found() else { return };
    let folder = tempfile::tempdir().unwrap();
    let file = page(folder.path(), "page.html", &["check", &mesh("fail-porosity.stl"), "--resolution", "60um"], 1);
    let mut browser = Browser::start(&program, &["--disable-3d-apis"]);
    browser.window(1280, 900, false);
    browser.open(&file);
    browser.value("document.querySelector('.stage').scrollIntoView()");
    browser.wait("document.querySelector('.message').textContent.includes('WebGL')");
    browser.value("document.querySelector('figure[data-axis=\"0\"] input').focus()");
    browser.key("ArrowRight", 39);
    browser.wait("document.querySelector('figure[data-axis=\"0\"] canvas') !== null");
}

#[test]
fn the_same_bytes_at_any_number_of_threads_and_all_of_it_in_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let design = mesh("fail-porosity.stl");
    let of = |threads: &str| {
        let arguments = ["check", &design, "--resolution", "60um", "--threads", threads];
        std::fs::read_to_string(page(folder.path(), &format!("{threads}.html"), &arguments, 1)).unwrap()
    };
    let one = of("1");
    assert_eq!(one, of("3"));
    for address in ["http:", "https:", "src=\"//", "@import", "url("] {
        // Sources of limits are named as text; nothing is loaded by address.
        let loads = one.match_indices(address).filter(|(at, _)| {
            let before = &one[at.saturating_sub(6)..*at];
            before.ends_with("src=\"") || before.ends_with("href=\"") || address == "@import" || address == "url("
        });
        assert_eq!(loads.count(), 0, "{address}");
    }
    for (count, needed) in [(3, "<img alt=\"Section across"), (1, "<noscript>"), (3, "type=\"range\" min=\"0\"")] {
        assert!(one.matches(needed).count() >= count, "{needed}");
    }
}

#[test]
fn sections_show_struts_as_wide_as_they_are() {
    // Struts of 100 µm, pores of 400 µm, two cells: 1100 µm. The section through a strut layer and one between.
    let cubic = Cubic { pore: 400.0, strut: 100.0, cells: 2 };
    let mut asked = run(10.01);
    asked.pictures = true;
    let design = measure(&cubic.mesh(None), &asked);
    let block = design.picture.unwrap();
    assert_eq!(block.frame.size, [110; 3]);
    let share = |number: usize| {
        let section = Section::of(&block, 2, number);
        let solid = section.points.iter().filter(|p| **p == Point::Solid).count();
        solid as f64 / section.points.len() as f64
    };
    // In the middle of a strut layer the bars cross; between layers only the nine bars along z are cut.
    let layer = 1.0 - (800.0f64 / 1100.0).powi(2);
    let between = (300.0f64 / 1100.0).powi(2);
    assert!((share(5) - layer).abs() < 0.01, "{} {layer}", share(5));
    assert!((share(30) - between).abs() < 0.01, "{} {between}", share(30));
    // In the middle of a pore the sphere that fits between the bars of the cell's edges, in the pore's diagonal.
    let centre = block.frame.index(30, 30, 30);
    assert!((f64::from(block.diameter[centre]) - 400.0 * 2f64.sqrt()).abs() < 3.0, "{}", block.diameter[centre]);
    let bar = block.frame.index(5, 5, 30);
    assert!((f64::from(block.diameter[bar]) - 100.0).abs() < 3.0, "{}", block.diameter[bar]);
    // A voxel inside a strut, 5 µm from the wall, is half a spacing deep.
    assert!((f64::from(block.distance[block.frame.index(9, 5, 30)]) + 0.5 * STEPS).abs() <= 1.0);
}

#[test]
fn a_large_grid_is_thinned_and_its_samples_stay_exact() {
    let mut asked = run(5.004);
    asked.pictures = true;
    asked.measures = vec!["porosity".to_owned()];
    let design = measure(&Cubic { pore: 400.0, strut: 100.0, cells: 2 }.mesh(None), &asked);
    let block = design.picture.unwrap();
    // 220 voxels of 5 µm along each side, one of two is kept: the second, the fourth, …
    assert_eq!(block.frame.size, [110; 3]);
    assert!((block.frame.origin[0] - 7.5).abs() < 1e-3 && (block.frame.spacing[0] - 10.0).abs() < 1e-3);
    // At 97.5 µm, 2.5 µm inside the wall: a quarter of a spacing.
    let inner = block.frame.index(9, 5, 30);
    assert!((block.frame.centre([9, 5, 30])[0] - 97.5).abs() < 1e-3);
    assert!((f64::from(block.distance[inner]) + 0.25 * STEPS).abs() <= 1.0, "{}", block.distance[inner]);
    assert_eq!(Section::of(&block, 0, 3).size, [220, 220]);
    // Once more by two: the fourth voxel, the eighth, … with the same distances and sections.
    let thin = block.thinned();
    assert_eq!(thin.frame.size, [55; 3]);
    assert!((thin.frame.centre([4, 2, 14])[0] - 97.5).abs() < 1e-3);
    assert!((f64::from(thin.distance[thin.frame.index(4, 2, 14)]) + 0.125 * STEPS).abs() <= 1.0);
    let solid = |b: &Block, number: usize| {
        let section = Section::of(b, 2, number);
        section.points.iter().filter(|p| **p == Point::Solid).count() as f64 / section.points.len() as f64
    };
    assert!((solid(&thin, 2) - solid(&block, 5)).abs() < 0.01);
}

#[test]
fn a_section_is_there_when_its_figures_are() {
    let design = mesh("fail-porosity.stl");
    let arguments =
        ["measure", &design, "--measures", "porosity", "--resolution", "60um", "--quiet", "--format", "json"];
    let output = poregauge(&arguments);
    let mut report: Report = serde_json::from_slice(&output.stdout).unwrap();
    let headings = |report: &Report| -> Vec<String> {
        let page = poregauge::report::render::html::render(report);
        page.split("<h2>").skip(1).map(|part| part.split("</h2>").next().unwrap().to_owned()).collect()
    };
    assert_eq!(headings(&report), ["Findings"]);
    let figure = report.designs[0].measurements["porosity.total"].clone();
    for (id, heading) in [
        ("tortuosity.x", "Diffusion and flow"),
        ("permeability.z", "Diffusion and flow"),
        ("stiffness.relative.x", "Stiffness and strength"),
    ] {
        report.designs[0].measurements.insert(id.to_owned(), figure.clone());
        assert_eq!(headings(&report), [heading, "Findings"], "{id}");
        report.designs[0].measurements.remove(id);
    }
    let course =
        ["timeline", &design, "--resolution", "60um", "--material", "WE43", "--tissue", "trabecular_contained"];
    let output = poregauge(&[&course[..], &["--quiet", "--format", "json"]].concat());
    let report: Report = serde_json::from_slice(&output.stdout).unwrap();
    assert!(headings(&report).contains(&"Degradation against tissue growth".to_owned()));
}

#[test]
fn even_noise_keeps_the_page_below_five_megabytes() {
    let mut asked = run(7.0);
    asked.pictures = true;
    asked.measures = vec!["porosity".to_owned()];
    let mut design = measure(&Cubic { pore: 400.0, strut: 100.0, cells: 2 }.mesh(None), &asked);
    let block = design.picture.as_mut().unwrap();
    assert!(block.frame.size[0] > 150);
    // Distances and diameters without any pattern: the worst that a scan may be.
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32
    };
    block.distance.iter_mut().for_each(|d| *d = (next() % 49) as i8 - 24);
    block.diameter.iter_mut().for_each(|d| *d = (next() % 1000) as f32);
    let page = poregauge::report::render::html::render(&Report::new(Vec::new(), vec![design]));
    assert!((1_000_000..5_000_000).contains(&page.len()), "{} bytes", page.len());
}
