//! The gate as a repository runs it: configuration, formats, exit codes, cache, baseline.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod program;

use std::path::Path;
use std::process::{Command, Output};

use program::{code, text};

const CRITERIA: &str = "title = \"void only\"\n[[check]]\nid = \"void\"\ntitle = \"void, | & <of> all\"\nmeasure = \"porosity.total\"\n\
    min = 0.9\nadvice = \"more\\nvoid\"\n[[check]]\nid = \"area\"\nmeasure = \"surface.per_total_volume\"\nmin = 100\nrequired = false\n";

/// A repository with five designs, one of them broken, and a criteria file of their own.
fn repository(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let meshes = Path::new(env!("CARGO_MANIFEST_DIR")).join("meshes");
    std::fs::create_dir_all(folder.path().join("designs/deep")).unwrap();
    std::fs::create_dir(folder.path().join(".git")).unwrap();
    for (from, to) in [
        ("pass-cubic.stl", "designs/good.stl"),
        ("fail-small-pores.stl", "designs/odd %,:|<b>&.stl"),
        ("pass-wide.stl", "designs/deep/good.stl"),
    ] {
        std::fs::copy(meshes.join(from), folder.path().join(to)).unwrap();
    }
    // One cell, so that what would make it pass is soon found.
    let dense = poregauge::generate::cubic::Cubic::with_porosity(600.0, 0.83, 1).unwrap().mesh(None);
    let mut file = std::fs::File::create(folder.path().join("designs/dense.stl")).unwrap();
    poregauge::export::stl::write(&mut file, &dense).unwrap();
    std::fs::write(folder.path().join("designs/broken.stl"), b"solid x\nfacet").unwrap();
    std::fs::write(folder.path().join("void.toml"), CRITERIA).unwrap();
    std::fs::write(folder.path().join("poregauge.toml"), config).unwrap();
    folder
}

const CONFIG: &str = "[defaults]\ncriteria = \"void.toml\"\nresolution = \"50um\"\nunit = \"mm\"\n[[design]]\nfiles = \"designs/**/*.stl\"\n";

/// The user's own folders, in this one.
fn home(folder: &Path) -> [(&'static str, std::path::PathBuf); 2] {
    [("HOME", folder.join("home")), ("XDG_DATA_HOME", folder.join("home/data"))]
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_poregauge"))
        .current_dir(folder)
        .env("POREGAUGE_CACHE", folder.join("cache"))
        .envs(home(folder))
        .env_remove("GITHUB_STEP_SUMMARY")
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn every_format_gives_the_same_exit_code_for_every_verdict() {
    let repo = repository(CONFIG);
    // What is a voxel across is not decided.
    let small = "[[check]]\nid = \"p\"\nmeasure = \"pore_size.d50\"\nmin = \"50um\"\n";
    std::fs::write(repo.path().join("small.toml"), small).unwrap();
    for (file, criteria, verdict, expected) in [
        ("designs/good.stl", "void.toml", "pass", 0),
        ("designs/dense.stl", "void.toml", "fail", 1),
        ("designs/good.stl", "small.toml", "inconclusive", 1),
        ("designs/broken.stl", "void.toml", "error", 2),
    ] {
        for format in ["json", "text", "csv", "markdown", "html", "junit", "sarif", "github"] {
            let output =
                run(repo.path(), &["check", file, "--criteria", criteria, "--resolution", "100um", "--format", format]);
            assert_eq!(code(&output), expected, "{file} as {format}: {}", text(&output.stdout));
            assert!(!output.stdout.is_empty(), "{file} as {format}");
            if format == "json" {
                let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                assert_eq!(report["designs"][0]["verdict"], verdict);
            }
        }
    }
    let strict = run(repo.path(), &["check", "designs/good.stl", "--strict"]);
    assert_eq!(code(&strict), 1, "an advisory check gates under --strict");
}

#[test]
fn the_configured_gate_writes_all_its_reports_in_one_run() {
    let outputs = ["json", "csv", "markdown", "junit", "sarif", "github"]
        .map(|f| format!("[[output]]\nformat = \"{f}\"\nfile = \"out/report.{f}\"\n"))
        .concat();
    let repo = repository(&format!("{CONFIG}{outputs}[[output]]\nformat = \"text\"\n"));
    // From a folder below, as a hook may be run.
    let first = run(&repo.path().join("designs"), &["check", "--quiet"]);
    assert_eq!(code(&first), 2, "{}", text(&first.stderr));
    let read = |format: &str| std::fs::read_to_string(repo.path().join("out/report.".to_owned() + format)).unwrap();

    let report: serde_json::Value = serde_json::from_str(&read("json")).unwrap();
    let verdicts: Vec<&str> =
        report["designs"].as_array().unwrap().iter().map(|d| d["verdict"].as_str().unwrap()).collect();
    assert_eq!(verdicts.iter().filter(|v| **v == "pass").count(), 3, "{verdicts:?}");
    assert_eq!(report["designs"][0]["settings"]["unit"]["from"], "poregauge.toml");
    let schema: serde_json::Value = serde_json::from_slice(&run(repo.path(), &["report", "schema"]).stdout).unwrap();
    let errors: Vec<String> =
        jsonschema::validator_for(&schema).unwrap().iter_errors(&report).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");

    let junit = quick_junit::Report::deserialize_from_str(&read("junit")).unwrap();
    assert_eq!((junit.test_suites.len(), junit.failures, junit.errors), (5, 1, 1));

    let errors: Vec<String> = sarif_schema()
        .iter_errors(&serde_json::from_str(&read("sarif")).unwrap())
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let sarif: serde_sarif::sarif::Sarif = serde_json::from_str(&read("sarif")).unwrap();
    let results = sarif.runs[0].results.as_ref().unwrap();
    let errors: Vec<_> = results
        .iter()
        .filter(|r| r.level.as_ref().is_some_and(|l| serde_json::to_value(l).unwrap() == "error"))
        .map(|r| r.rule_id.clone().unwrap())
        .collect();
    assert_eq!(errors.len(), 2, "{errors:?}");
    assert!(read("sarif").contains("designs/odd%20%25%2C%3A%7C%3Cb%3E%26.stl"));

    let table = read("csv");
    assert_eq!(csv::Reader::from_reader(table.as_bytes()).records().map(Result::unwrap).count(), 5);
    let github = read("github");
    assert_eq!(github.lines().filter(|l| l.starts_with("::error ")).count(), 2, "{github}");
    assert!(github.contains("file=designs/odd %25%2C%3A|<b>&.stl"), "{github}");
    assert!(read("markdown").contains("odd %,:\\|&lt;b&gt;&amp;"));
}

/// The schema of SARIF 2.1.0, as the crate that its types come from carries it.
fn sarif_schema() -> jsonschema::Validator {
    let cargo = |arguments: &[&str]| {
        Command::new(env!("CARGO")).current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments).output().unwrap()
    };
    // Crates of other platforms need not have been fetched.
    let version = cargo(&["-vV"]).stdout;
    let host = str::from_utf8(&version).unwrap().lines().find_map(|l| l.strip_prefix("host: ")).unwrap();
    let found = cargo(&["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host]);
    let metadata: serde_json::Value = serde_json::from_slice(&found.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let manifest = packages.iter().find(|p| p["name"] == "serde-sarif").unwrap()["manifest_path"].as_str().unwrap();
    let schema = std::fs::read(Path::new(manifest).with_file_name("src").join("schema.json")).unwrap();
    let mut schema: serde_json::Value = serde_json::from_slice(&schema).unwrap();
    // The pattern of a language in it has a bracket too many, which no reader of patterns takes.
    for of in ["run", "toolComponent"] {
        let language = schema.pointer_mut(&format!("/definitions/{of}/properties/language")).unwrap();
        language.as_object_mut().unwrap().remove("pattern");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "version": "2.1.0", "runs": [{ "results": 3 }] })));
    validator
}

#[test]
fn unchanged_designs_come_from_the_cache_and_a_forged_entry_is_not_believed() {
    let repo = repository(CONFIG);
    let check = || run(repo.path(), &["check", "designs/dense.stl", "--format", "json"]);
    let fresh = check();
    let entries = || {
        let mut found = Vec::new();
        for folder in std::fs::read_dir(repo.path().join("cache")).unwrap() {
            found.extend(std::fs::read_dir(folder.unwrap().path()).unwrap().map(|f| f.unwrap().path()));
        }
        found
    };
    let entry = entries();
    assert_eq!(entry.len(), 1);
    assert_eq!(check().stdout, fresh.stdout, "a hit gives the bytes of a fresh run");
    let honest = std::fs::read_to_string(&entry[0]).unwrap();
    for forged in [
        honest.replace("\"verdict\":\"fail\"", "\"verdict\":\"pass\""),
        honest[..honest.len() / 2].to_owned(),
        String::new(),
    ] {
        assert_ne!(forged, honest);
        std::fs::write(&entry[0], forged).unwrap();
        let again = check();
        assert_eq!((code(&again), &again.stdout), (1, &fresh.stdout));
        assert_eq!(std::fs::read_to_string(&entry[0]).unwrap(), honest, "and it is replaced");
    }
    // The honest entry of another design under this one's key.
    run(repo.path(), &["check", "designs/good.stl", "--format", "json"]);
    let other = entries().into_iter().find(|p| *p != entry[0]).unwrap();
    std::fs::copy(other, &entry[0]).unwrap();
    assert_eq!(check().stdout, fresh.stdout);
    // Another file, or another limit, is another key.
    std::fs::copy(repo.path().join("designs/good.stl"), repo.path().join("designs/dense.stl")).unwrap();
    assert_eq!(code(&check()), 0);
    std::fs::write(repo.path().join("void.toml"), CRITERIA.replace("0.9", "0.95")).unwrap();
    assert_eq!(code(&check()), 1);
}

/// SHA-256 of parts, each behind its length, as the cache takes it.
fn digest(parts: &[&[u8]]) -> String {
    use sha2::Digest as _;
    let mut digest = sha2::Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    digest.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn who_does_not_know_the_secret_of_a_cache_cannot_forge_its_entries() {
    let repo = repository(CONFIG);
    let check = |secret: &str| {
        let arguments = ["check", "designs/dense.stl", "--resolution", "100um", "--format", "json", "--quiet"];
        let mut program = Command::new(env!("CARGO_BIN_EXE_poregauge"));
        program.current_dir(repo.path()).envs(home(repo.path())).env("POREGAUGE_CACHE", repo.path().join("cache"));
        code(&program.env("POREGAUGE_CACHE_SECRET", secret).args(arguments).output().unwrap())
    };
    // Rewrites all entries as one does who has the program, and takes this for the secret.
    let forge = |secret: &[u8]| {
        let program = digest(&[&std::fs::read(env!("CARGO_BIN_EXE_poregauge")).unwrap(), secret]);
        let mut forged = 0;
        for folder in std::fs::read_dir(repo.path().join("cache")).unwrap() {
            let folder = folder.unwrap().path();
            for entry in std::fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap().path();
                let name = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
                let key = name(&folder) + &name(&entry);
                let honest = std::fs::read_to_string(&entry).unwrap();
                let body = honest.split_once('\n').unwrap().1.replace("\"verdict\":\"fail\"", "\"verdict\":\"pass\"");
                let made = digest(&[key.as_bytes(), body.as_bytes(), program.as_bytes()]);
                std::fs::write(&entry, format!("{made}\n{body}")).unwrap();
                forged += 1;
            }
        }
        assert_eq!(forged, 1);
    };
    let empty = || std::fs::remove_dir_all(repo.path().join("cache")).unwrap();
    assert_eq!(check("only we know"), 1);
    forge(b"");
    assert_eq!(check("only we know"), 1, "it is measured again");
    forge(b"only we know");
    assert_eq!(check("only we know"), 0, "the test forges what it says");
    empty();
    // The same with the secret that the program made for itself.
    assert_eq!(check(""), 1);
    forge(b"");
    assert_eq!(check(""), 1, "it is measured again");
    let mut found = Vec::new();
    let mut folders = vec![repo.path().join("home")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    let [own] = &found[..] else { panic!("{found:?}") };
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(own).unwrap().permissions().mode() & 0o077, 0, "nobody else reads it");
    }
    forge(&std::fs::read(own).unwrap());
    assert_eq!(check(""), 0, "the test forges what it says");
    // Where there is no secret to be had nothing is believed, and nothing kept.
    std::fs::write(own, "short").unwrap();
    empty();
    assert_eq!(check(""), 1);
    assert!(!repo.path().join("cache").exists());
}

#[test]
fn against_a_baseline_only_what_got_worse_fails() {
    let repo = repository(CONFIG);
    let before =
        run(repo.path(), &["check", "designs/dense.stl", "designs/good.stl", "--format", "json", "-o", "b.json"]);
    assert_eq!(code(&before), 1);
    let same = run(repo.path(), &["check", "designs/dense.stl", "designs/good.stl", "--baseline", "b.json"]);
    assert_eq!(code(&same), 0, "{}", text(&same.stdout));
    std::fs::copy(repo.path().join("designs/dense.stl"), repo.path().join("designs/good.stl")).unwrap();
    let worse = run(repo.path(), &["check", "designs/dense.stl", "designs/good.stl", "--baseline", "b.json"]);
    assert_eq!(code(&worse), 1);
    let none = run(repo.path(), &["check", "designs/dense.stl", "--baseline", "void.toml"]);
    assert_eq!(code(&none), 2);
}

#[test]
fn mistakes_in_the_configuration_are_named_with_their_place() {
    for (config, expected) in [
        ("[[design]]\nfiles = \"none/*.stl\"\n", "poregauge.toml: line 2, column 9: no file matches"),
        (
            "[[design]]\nfiles = [\"designs/*.stl\", \"desings/*.stl\"]\n",
            "line 2, column 27: no file matches `desings/*.stl`: did you mean `designs`?",
        ),
        ("[[design]]\nfiles = \"designs/*.obj\"\n", "in `designs` there are .stl"),
        (
            "[[design]]\nfiles = \"designs/*.stl\"\nprocess = \"slaa\"\n",
            "line 3, column 11: there is no process `slaa`: did you mean `sla`?",
        ),
        (
            "[defaults]\nmaterial = \"PLC\"\n[[design]]\nfiles = \"designs/*.stl\"\n",
            "line 2, column 12: there is no material `PLC`: did you mean `PCL`?",
        ),
        (
            "[[design]]\nfiles = \"designs/*.stl\"\ncriteria = \"rewiew\"\n",
            "line 3, column 12: there are no criteria `rewiew`: did you mean `review`?",
        ),
        (
            "[[design]]\nfiles = \"designs/*.stl\"\nenvelope = \"bxo\"\n",
            "line 3, column 12: there is no envelope `bxo`: did you mean `box`?",
        ),
        ("[[design]]\nfiles = \"designs/*.stl\"\nmeasures = [\"porositty\"]\n", "line 3, column 12"),
        ("[[design]]\nfiles = \"designs/*.stl\"\nprocess = \"magic\"\n", "known are"),
        ("[[design]]\nfiles = \"designs/*.stl\"\nproces = \"sla\"\n", "line 3"),
        ("[defaults]\nspacing = \"12\"\n", "12um"),
        ("[[design]]\nfiles = \"designs/*.stl\"\ncriteria = \"vodi.toml\"\n", "criteria"),
        ("", "[[design]]"),
    ] {
        let repo = repository(config);
        let output = run(repo.path(), &["check"]);
        assert_eq!(code(&output), 2, "{config}");
        assert!(text(&output.stderr).contains(expected), "{config}: {}", text(&output.stderr));
    }
}

#[test]
fn init_writes_a_configuration_once_and_o_belongs_to_the_format_before_it() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(code(&run(folder.path(), &["init"])), 0);
    assert_eq!(code(&run(folder.path(), &["init"])), 2, "what is there is not overwritten");
    let unmatched = run(folder.path(), &["check"]);
    assert!(text(&unmatched.stderr).contains("no file matches `designs/**/*.stl`"), "{}", text(&unmatched.stderr));
    let repo = repository(CONFIG);
    let output =
        run(repo.path(), &["check", "designs/good.stl", "--format", "json", "-o", "r.json", "--format", "text"]);
    assert_eq!(code(&output), 0, "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("PASS"));
    assert!(std::fs::read_to_string(repo.path().join("r.json")).unwrap().starts_with('{'));
    let nowhere = run(repo.path(), &["check", "designs/good.stl", "-o", "void.toml/x.txt"]);
    assert_eq!(code(&nowhere), 2, "an output that cannot be written is noticed before the work");
}

/// The one line with this beginning in a file of the project, without its indent.
fn line(file: &str, beginning: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let found: Vec<&str> = text.lines().map(str::trim_start).filter(|l| l.starts_with(beginning)).collect();
    assert_eq!(found.len(), 1, "{file}: {found:?}");
    found[0].strip_prefix("- ").unwrap_or(found[0]).to_owned()
}

#[cfg(unix)]
#[test]
fn the_commands_of_the_ready_made_gates_work() {
    let repo = repository(CONFIG);
    let binary = Path::new(env!("CARGO_BIN_EXE_poregauge"));
    let path = format!("{}:{}", binary.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let shell = |script: &str, files: &str| {
        Command::new("sh")
            .current_dir(repo.path())
            .args(["-c", script])
            .env("PATH", &path)
            .env("POREGAUGE_CACHE", ".poregauge-cache")
            .envs(home(repo.path()))
            .env("GITHUB_STEP_SUMMARY", repo.path().join("summary.md"))
            .envs([("FILES", files), ("ARGUMENTS", "--threads 2"), ("SARIF", "p.sarif"), ("JUNIT", "j.xml")])
            .output()
            .unwrap()
    };
    let action = shell(&line("action.yml", "poregauge check"), "");
    assert_eq!(code(&action), 2, "{}", text(&action.stderr));
    assert!(text(&action.stdout).contains("::error file=designs/broken.stl"));
    for written in ["p.sarif", "j.xml", "summary.md"] {
        assert!(repo.path().join(written).metadata().unwrap().len() > 0, "{written}");
    }
    assert_eq!(code(&shell(&line("action.yml", "poregauge check"), "designs/good.stl")), 0);
    let gitlab = shell(&line("templates/poregauge.yml", "- poregauge check"), "");
    assert_eq!(code(&gitlab), 2);
    assert!(repo.path().join("poregauge-junit.xml").exists());
    let hook = line(".pre-commit-hooks.yaml", "entry:");
    let entry = hook.strip_prefix("entry: ").unwrap();
    assert_eq!(code(&shell(&format!("{entry} designs/good.stl designs/dense.stl"), "")), 1);
    assert_eq!(code(&shell(&format!("{entry} designs/good.stl"), "")), 0);
}

#[test]
fn under_strict_rules_every_format_says_what_gates() {
    let folder = repository(CONFIG);
    let ask = |format: &str, strict: bool| {
        let mut arguments = vec!["check", "designs/good.stl", "--format", format, "--quiet"];
        arguments.extend(strict.then_some("--strict"));
        let output = run(folder.path(), &arguments);
        (code(&output), String::from_utf8(output.stdout).unwrap())
    };
    // The area misses an advisory limit.
    for (format, lenient, strict) in [
        ("text", "advisory not met: area", "1 of 2 checks fails (area)"),
        ("junit", "advisory: area", "<failure"),
        ("github", "::warning", "::error"),
        ("sarif", "\"level\": \"warning\"", "\"level\": \"error\""),
        ("json", "\"gates\": false", "\"gates\": true"),
    ] {
        for (word, other, is_strict, expected) in [(lenient, strict, false, 0), (strict, lenient, true, 1)] {
            let (code, text) = ask(format, is_strict);
            assert_eq!(code, expected, "{format}");
            // Of two checks one passes: JSON says of it that it does not gate.
            assert!(text.contains(word) && (format == "json" || !text.contains(other)), "{format}: {text}");
        }
    }
}
