//! The guide does what it says: every command that it shows is run, prints what is shown, and every link leads somewhere.
//!
//! A `console` block holds commands behind `$ ` and what they print on standard output; a line `...` stands for any number of
//! lines, and `...` at the end of a line for the rest of it. A block `toml,file=NAME` is written to that file. The commands
//! of a chapter run one after the other in a folder of their own, in which `meshes` lies, with a cache of its own. With `POREGAUGE_BLESS=1` blocks
//! without `...` are rewritten to what was printed.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use mdbook_driver::MDBook;
use mdbook_driver::book::BookItem;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The chapters with their text, in the order of their names.
fn chapters() -> Vec<(PathBuf, String)> {
    let folder = root().join("docs/src");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let files = files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "md"));
    files.map(|f| (f.clone(), std::fs::read_to_string(f).unwrap())).collect()
}

/// Fenced blocks: what stands behind the fence, the lines, and the number of the first.
fn blocks(text: &str) -> Vec<(String, Vec<String>, usize)> {
    let mut found = Vec::new();
    let mut open: Option<(String, Vec<String>, usize)> = None;
    for (number, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => open = Some((info.trim().to_owned(), Vec::new(), number + 2)),
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => block.1.push(line.to_owned()),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// Whether what was printed is what is shown.
fn matches(shown: &[String], printed: &[String]) -> bool {
    match shown.split_first() {
        None => printed.is_empty(),
        Some((line, rest)) if line == "..." => (0..=printed.len()).any(|k| matches(rest, &printed[k..])),
        Some((line, rest)) => printed.split_first().is_some_and(|(first, others)| {
            let same = line.strip_suffix("...").map_or(line == first, |begin| first.starts_with(begin));
            same && matches(rest, others)
        }),
    }
}

/// Runs commands one after the other in a shell; what each printed. `$?` is that of the command before.
#[cfg(unix)]
fn printed(commands: &[String], folder: &Path) -> Vec<Vec<String>> {
    let program = Path::new(env!("CARGO_BIN_EXE_poregauge")).parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&path))).unwrap();
    let mark = "\u{1}";
    let script: String =
        commands.iter().map(|c| format!("{c}\nstatus=$?; printf '{mark}'; (exit $status)\n")).collect();
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env("PATH", path)
        .env("POREGAUGE_CACHE", folder.join(".cache"))
        .env("POREGAUGE_CACHE_SECRET", "of this test")
        .env("NO_COLOR", "1")
        .env("LC_ALL", "C")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let parts: Vec<&str> = text.split(mark).collect();
    assert_eq!(parts.len(), commands.len() + 1, "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    parts[..commands.len()].iter().map(|p| p.lines().map(str::to_owned).collect()).collect()
}

/// A block of commands: each with what is shown below it.
#[cfg(unix)]
fn steps(lines: &[String]) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push((command.to_owned(), Vec::new())),
            (None, Some(step)) => step.1.push(line.clone()),
            (None, None) => panic!("a console block begins with a command: {line}"),
        }
    }
    steps
}

#[cfg(unix)]
fn run_chapter(file: &Path, text: &str) -> (usize, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("meshes"), folder.path().join("meshes")).unwrap();
    let bless = std::env::var_os("POREGAUGE_BLESS").is_some();
    let (mut count, mut wrong, mut blessed) = (0, Vec::new(), text.to_owned());
    for (info, lines, number) in blocks(text) {
        if let Some(name) = info.strip_prefix("toml,file=") {
            std::fs::write(folder.path().join(name), lines.join("\n")).unwrap();
        }
        if info != "console" {
            continue;
        }
        let steps = steps(&lines);
        let commands: Vec<String> = steps.iter().map(|s| s.0.clone()).collect();
        let printed = printed(&commands, folder.path());
        count += commands.len();
        let mut fresh = String::new();
        for ((command, shown), printed) in steps.iter().zip(&printed) {
            if !matches(shown, printed) {
                let printed = printed.join("\n");
                wrong.push(format!("{}:{number}: `{command}` prints\n{printed}\n", file.display()));
            }
            fresh.push_str(&format!("$ {command}\n{}\n", printed.join("\n")));
        }
        if bless && !lines.iter().any(|l| l.ends_with("...")) {
            blessed = blessed.replace(&lines.join("\n"), fresh.replace("\n\n", "\n").trim_end());
        }
    }
    if bless && blessed != text {
        std::fs::write(file, blessed).unwrap();
    }
    (count, wrong)
}

#[test]
#[cfg(unix)]
fn every_command_prints_what_is_shown() {
    let results: Vec<(usize, Vec<String>)> = std::thread::scope(|scope| {
        let chapters = chapters();
        let runs: Vec<_> =
            chapters.into_iter().map(|(file, text)| scope.spawn(move || run_chapter(&file, &text))).collect();
        runs.into_iter().map(|r| r.join().unwrap()).collect()
    });
    let count: usize = results.iter().map(|r| r.0).sum();
    assert!(count > 20, "only {count} commands were seen");
    let wrong: Vec<String> = results.into_iter().flat_map(|r| r.1).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_command_of_ours_stands_where_it_is_not_run() {
    for (file, text) in chapters() {
        for (info, lines, number) in blocks(&text) {
            assert!(
                ["console", "sh", "yaml", "toml"].contains(&info.split(',').next().unwrap()),
                "{}:{number}: `{info}`",
                file.display()
            );
            let loose = info == "sh" && lines.iter().any(|l| l.contains("poregauge "));
            assert!(!loose, "{}:{number}: make it a console block, so that it is run", file.display());
        }
    }
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let text = std::fs::read_to_string(root().join("README.md")).unwrap();
    let shown: Vec<Vec<String>> = blocks(&text).into_iter().filter(|b| b.0 == "text").map(|b| b.1).collect();
    assert_eq!(shown.len(), 2);
    for lines in shown {
        let design = format!("meshes/{}", lines[0].split_whitespace().next().unwrap());
        let mut program = Command::new(env!("CARGO_BIN_EXE_poregauge"));
        program.current_dir(root()).env("POREGAUGE_CACHE", "off").arg("check").arg(&design);
        let output = program.output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(lines.join("\n"), printed.trim_end(), "{design}");
    }
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    kept.chars().filter(|c| c.is_alphanumeric() || *c == ' ' || *c == '-').collect::<String>().replace(' ', "-")
}

#[test]
fn every_link_leads_somewhere_and_every_chapter_is_in_the_summary() {
    let chapters = chapters();
    let (mut linked, mut count) = (BTreeSet::new(), 0);
    for (file, text) in &chapters {
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            if target.starts_with("https://") {
                continue;
            }
            count += 1;
            let (name, place) = target.split_once('#').unwrap_or((target, ""));
            let to = if name.is_empty() { file.clone() } else { file.parent().unwrap().join(name) };
            let there = std::fs::read_to_string(&to).unwrap_or_else(|_| panic!("{}: {target}", file.display()));
            let anchors: Vec<String> =
                there.lines().filter(|l| l.starts_with('#')).map(|l| anchor(l.trim_start_matches('#'))).collect();
            assert!(
                place.is_empty() || anchors.iter().any(|a| a == place),
                "{}: {target}: {anchors:?}",
                file.display()
            );
            if file.ends_with("SUMMARY.md") {
                linked.insert(to);
            }
        }
    }
    assert!(count > 10, "only {count} links were seen");
    let all: BTreeSet<PathBuf> = chapters.iter().map(|c| c.0.clone()).filter(|f| !f.ends_with("SUMMARY.md")).collect();
    assert_eq!(linked, all);
}

/// The places of a page that links may lead to.
fn places(page: &str) -> BTreeSet<&str> {
    page.match_indices(" id=\"").filter_map(|(at, found)| page[at + found.len()..].split('"').next()).collect()
}

#[test]
fn the_book_is_built_with_every_chapter_and_no_dead_link() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = MDBook::load(root().join("docs")).unwrap();
    book.config.build.build_dir = folder.path().to_owned();
    book.build().unwrap();
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"));
    let names: Vec<String> = book
        .iter()
        .filter_map(|item| match item {
            BookItem::Chapter(chapter) => chapter.path.as_ref().map(|p| p.with_extension("html")),
            _ => None,
        })
        .map(|p| p.to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), chapters().len() - 1, "every chapter but the summary: {names:?}");
    let mut links = 0;
    for name in &names {
        let text = page(name);
        let body = text.split("<main>").nth(1).unwrap().split("</main>").next().unwrap();
        assert!(body.contains("<h1"), "{name} has no heading");
        for (at, found) in body.match_indices(" href=\"") {
            let target = body[at + found.len()..].split('"').next().unwrap();
            if target.starts_with("https://") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let there = if file.is_empty() { text.clone() } else { page(file) };
            assert!(place.is_empty() || places(&there).contains(place), "{name}: {target}");
            links += 1;
        }
    }
    assert!(links > 50, "only {links} links were seen");
}

/// Words that begin with `--` in a text.
fn options(text: &str) -> BTreeSet<String> {
    let parts = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
    let long = |p: &&str| p.len() > 3 && p.starts_with("--") && p.as_bytes()[2].is_ascii_lowercase();
    parts.filter(long).map(str::to_owned).collect()
}

#[test]
fn every_option_that_is_named_exists() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_poregauge")).args(arguments).arg("--help").output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let commands = ["check", "measure", "inspect", "compare", "adjust", "network", "timeline", "generate", "man"];
    let mut known: BTreeSet<String> = commands.iter().flat_map(|c| options(&help(&[c]))).collect();
    // Of cargo, in the chapter on installing.
    known.extend(["--path", "--locked"].map(str::to_owned));
    let mut named = BTreeSet::new();
    for (file, text) in chapters() {
        for option in options(&text) {
            assert!(known.contains(&option), "{}: {option}", file.display());
            named.insert(option);
        }
    }
    assert!(named.len() > 10, "{named:?}");
}
