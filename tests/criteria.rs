//! Criteria files as a lab writes them: files that extend others, regions, mistakes with their place, every format.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod program;

use std::path::Path;
use std::process::{Command, Output};

use program::{code, mesh, text};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poregauge"))
        .current_dir(folder)
        .env("POREGAUGE_CACHE", "off")
        .env_remove("GITHUB_STEP_SUMMARY")
        .args(arguments)
        .output()
        .unwrap()
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A lattice of 90.3 % void, judged in two regions: one passes, one fails.
const REGIONS: &str = "[[check]]\nid = \"low\"\ntitle = \"void below\"\nmeasure = \"porosity.total\"\nmin = 0.85\n\
    region = { axial = \"z\", to = 0.5 }\n[[check]]\nid = \"rim\"\ntitle = \"void at the rim\"\nmeasure = \"porosity.total\"\n\
    min = 0.97\nregion = { radial = [0.5, 1] }\nhelp = \"Cells come in there.\"\nsource = \"lab note 3\"\n";

#[test]
fn checks_of_regions_are_named_in_every_format() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "regions.toml", REGIONS);
    let design = mesh("pass-cubic.stl");
    let ask = |format: &str| {
        let arguments =
            ["check", &design, "--criteria", "regions.toml", "--resolution", "100um", "--quiet", "--format"];
        let output = run(folder.path(), &[&arguments[..], &[format]].concat());
        assert_eq!(code(&output), 1, "{format}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    for (format, expected) in [
        ("text", "in radius 50–100 %"),
        ("text", "1 of 2 checks fails (void at the rim, radius 50–100 %)"),
        ("csv", "porosity.total@z:0-0.5 [1]"),
        ("markdown", "| void at the rim, radius 50–100 % |"),
        ("html", "void at the rim, radius 50–100 %"),
        ("junit", "<property name=\"region\" value=\"radius 50–100 %\"/>"),
        ("junit", "message=\"void at the rim, radius 50–100 %"),
        ("sarif", "void at the rim, radius 50–100 %: porosity.total@r:0.5-1 >= 0.97"),
        ("github", "void at the rim%2C radius 50–100 %25::"),
    ] {
        let shown = ask(format);
        assert!(shown.contains(expected), "{format}: {shown}");
    }
    let report: serde_json::Value = serde_json::from_str(&ask("json")).unwrap();
    let schema: serde_json::Value = serde_json::from_slice(&run(folder.path(), &["report", "schema"]).stdout).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let design = &report["designs"][0];
    let check = &design["checks"][1];
    assert_eq!((&check["region"]["kind"], &check["region"]["from"]), (&"radial".into(), &0.5.into()));
    let key = format!("{}@{}", check["measure"].as_str().unwrap(), check["region"]["id"].as_str().unwrap());
    assert_eq!(design["measurements"][&key]["value"], check["measured"]["value"]);
    assert_eq!(design["measurements"][&key]["region"], check["region"]);

    let explained = run(folder.path(), &["explain", "rim", "--criteria", "regions.toml"]);
    for part in ["in radius 50–100 %", "Region    radius 50–100 %: a shell", "Cells come in there", "lab note 3"] {
        assert!(text(&explained.stdout).contains(part), "{}", text(&explained.stdout));
    }
    let schema: serde_json::Value =
        serde_json::from_slice(&run(folder.path(), &["criteria", "schema"]).stdout).unwrap();
    let asked: toml::Table = toml::from_str(REGIONS).unwrap();
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&serde_json::to_value(&asked).unwrap()));
}

#[test]
fn a_file_may_extend_a_file_and_masks_lie_beside_the_file_that_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let lab = "extends = \"review\"\ntitle = \"our lab\"\n[[check]]\nid = \"porosity\"\nmin = 0.8\n[[check]]\nid = \"core\"\n\
               measure = \"porosity.total\"\nmin = 0.5\nregion = { mask = \"core.stl\" }\n";
    write(folder.path(), "shared/lab.toml", lab);
    write(folder.path(), "mine.toml", "extends = \"shared/lab.toml\"\n[[check]]\nid = \"porosity\"\nmax = 0.95\n");
    write(folder.path(), "loop.toml", "extends = \"back.toml\"\n");
    write(folder.path(), "back.toml", "title = \"x\"\nextends = \"loop.toml\"\n");
    let missing = run(folder.path(), &["criteria", "validate", "mine.toml"]);
    assert_eq!(code(&missing), 2);
    assert!(text(&missing.stderr).contains("there is no mask shared/core.stl"), "{}", text(&missing.stderr));
    std::fs::copy(mesh("pass-cubic.stl"), folder.path().join("shared/core.stl")).unwrap();
    assert_eq!(code(&run(folder.path(), &["criteria", "validate", "mine.toml"])), 0);
    let shown = text(&run(folder.path(), &["criteria", "show", "mine.toml"]).stdout);
    for part in ["our lab", "0.8 <= porosity.total <= 0.95", "in mask shared/core.stl", "throat-z"] {
        assert!(shown.contains(part), "{shown}");
    }
    let turned = run(folder.path(), &["criteria", "validate", "loop.toml"]);
    assert!(
        text(&turned.stderr).contains("back.toml: line 2, column 11: loop.toml: extends itself"),
        "{}",
        text(&turned.stderr)
    );

    // The mask is the lattice itself: nothing but solid lies in it, but for what its voxels know of its border.
    let judged = run(
        folder.path(),
        &[
            "check",
            &mesh("pass-cubic.stl"),
            "--criteria",
            "mine.toml",
            "--resolution",
            "100um",
            "--format",
            "json",
            "--quiet",
        ],
    );
    let report: serde_json::Value = serde_json::from_slice(&judged.stdout).unwrap();
    let core = report["designs"][0]["checks"].as_array().unwrap().iter().find(|c| c["id"] == "core").unwrap();
    assert!(core["verdict"] != "pass" && core["region"]["file"] == "shared/core.stl", "{core}");
    // Another mask under the same name is another run.
    let other = poregauge::mesh::Mesh {
        vertices: (0..4u8)
            .map(|k| poregauge::mesh::V3::from_fn(|a, _| if usize::from(k) == a + 1 { 3e3 } else { 0.0 }))
            .collect(),
        triangles: vec![[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]],
    };
    let mut file = std::fs::File::create(folder.path().join("shared/core.stl")).unwrap();
    poregauge::export::stl::write(&mut file, &other).unwrap();
    let cached = || {
        let mut program = Command::new(env!("CARGO_BIN_EXE_poregauge"));
        let folder = folder.path();
        program
            .current_dir(folder)
            .env("POREGAUGE_CACHE", folder.join("cache"))
            .env("POREGAUGE_CACHE_SECRET", "of this test");
        let arguments = ["--criteria", "mine.toml", "--resolution", "100um", "--format", "json", "--quiet"];
        program.args(["check", &mesh("pass-cubic.stl")]).args(arguments).output().unwrap().stdout
    };
    let first = cached();
    assert_ne!(first, judged.stdout);
    assert_eq!(cached(), first);
    std::fs::copy(mesh("pass-cubic.stl"), folder.path().join("shared/core.stl")).unwrap();
    assert_eq!(cached(), judged.stdout, "the mask belongs to the key of the cache");
}

#[test]
fn mistakes_in_criteria_are_named_with_their_place_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let check = "[[check]]\nid = \"a\"\nmeasure = \"pore_size.d50\"\n";
    for (text_of_file, expected) in [
        (
            "extends = \"revue\"\n".to_owned(),
            "line 1, column 11: there are no criteria `revue`: did you mean `review`?",
        ),
        (format!("{check}min = 300\n"), "line 4, column 7: check `a`: the limit 300 needs a unit"),
        (format!("{check}min = nan\n"), "line 4, column 7"),
        (format!("{check}max = \"infmm\"\n"), "line 4, column 7"),
        (format!("{check}min = \"3parsec\"\n"), "`parsec` is not a unit"),
        (format!("{check}mni = \"3um\"\n"), "did you mean `min`?"),
        (format!("{check}min = \"3um\"\nbasis = \"revew\"\n"), "did you mean `review`?"),
        (
            "[[check]]\nid = \"a\"\nmeasure = \"pore_siez.d50\"\n".to_owned(),
            "line 3, column 11: check `a`: there is no measure `pore_siez.d50`: did you mean `pore_size.d50`?",
        ),
        (format!("{check}min = \"3um\"\ntolerance = -1\n"), "line 5, column 13: check `a`: the limit -1 needs a unit"),
        (
            format!("{check}min = \"3um\"\ntolerance = \"-1um\"\n"),
            "line 5, column 13: check `a`: a tolerance is not negative",
        ),
        (
            format!("{check}min = \"3um\"\nregion = {{ axial = \"z\", to = 3 }}\n"),
            "line 5, column 30: check `a`: `3` is no part",
        ),
        (
            format!("{check}min = \"3um\"\n{check}min = \"4um\"\n"),
            "line 6, column 6: check `a`: stands in the file twice",
        ),
    ] {
        write(folder.path(), "wrong.toml", &text_of_file);
        let output = run(folder.path(), &["criteria", "validate", "wrong.toml"]);
        let said = text(&output.stderr);
        assert!(code(&output) == 2 && said.contains("wrong.toml") && said.contains(expected), "{text_of_file}: {said}");
    }
    write(folder.path(), "good.toml", &format!("{check}min = \"3um\"\n"));
    write(folder.path(), "other.toml", &format!("{check}min = 3\n"));
    let all = run(folder.path(), &["criteria", "validate", "wrong.toml", "good.toml", "other.toml"]);
    assert_eq!(code(&all), 2);
    assert!(text(&all.stdout).contains("good.toml: 1 checks"));
    assert!(text(&all.stderr).contains("wrong.toml") && text(&all.stderr).contains("other.toml"));
    // A file is looked for by its name as well.
    let near = run(folder.path(), &["criteria", "show", "god.toml"]);
    assert!(text(&near.stderr).contains("did you mean `good.toml`?"), "{}", text(&near.stderr));
}
