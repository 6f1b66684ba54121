//! `poregauge.toml`: the designs of a repository, how each is judged, and what reports are written.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::Failure;
use super::args::FormatArg;
use super::settings::Settings;
use crate::text::{Step, did_you_mean, place, placed, suggest};

/// Name of the file.
pub const NAME: &str = "poregauge.toml";

/// What `poregauge init` writes.
pub const TEMPLATE: &str = include_str!("poregauge.toml");

/// The file as it stands.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    defaults: Settings,
    design: Vec<RawDesign>,
    output: Vec<RawOutput>,
}

#[derive(Debug, Deserialize)]
struct RawDesign {
    /// Files, as a pattern or a list of patterns relative to the folder of the file.
    files: Patterns,
    #[serde(flatten)]
    rest: toml::Table,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Patterns {
    One(String),
    Several(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutput {
    format: FormatArg,
    file: Option<PathBuf>,
}

/// A design's entry.
#[derive(Debug)]
pub struct Entry {
    /// Which `[[design]]` it is, from 0.
    pub number: usize,
    /// The patterns of its files.
    pub patterns: Vec<glob::Pattern>,
    /// What is set for it.
    pub settings: Settings,
}

/// The file, looked through.
#[derive(Debug)]
pub struct Config {
    /// The folder that it lies in; patterns and paths are relative to it.
    pub folder: PathBuf,
    /// Its text, to find places in.
    text: String,
    /// What is set for all designs.
    pub defaults: Settings,
    /// The designs.
    pub entries: Vec<Entry>,
    /// Reports to write when nothing is said on the command line.
    pub outputs: Vec<(FormatArg, Option<PathBuf>)>,
}

impl Config {
    /// The nearest file upwards from a folder, if there is one.
    pub fn find(from: &Path) -> Result<Option<Self>, Failure> {
        let found = from.ancestors().map(|folder| folder.join(NAME)).find(|path| path.is_file());
        found.map(|path| Self::read(&path)).transpose()
    }

    fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text =
            std::fs::read_to_string(path).map_err(|e| Failure::Message(format!("{shown} cannot be read: {e}")))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Self::parse(&text, folder).map_err(|what| Failure::Message(format!("{shown}: {what}")))
    }

    /// Reads the text of a file that lies in `folder`.
    fn parse(text: &str, folder: PathBuf) -> Result<Self, String> {
        let syntax = |e: toml::de::Error| suggest(e.to_string().trim_end());
        let raw: Raw = toml::from_str(text).map_err(syntax)?;
        let mut entries = Vec::new();
        for (k, design) in raw.design.into_iter().enumerate() {
            let patterns = match design.files {
                Patterns::One(one) => vec![one],
                Patterns::Several(several) => several,
            };
            let patterns: Vec<glob::Pattern> = patterns
                .iter()
                .enumerate()
                .map(|(n, p)| {
                    glob::Pattern::new(p)
                        .map_err(|e| placed(pattern_place(text, k, n), &format!("`{p}` is no pattern: {e}")))
                })
                .collect::<Result<_, _>>()?;
            if patterns.is_empty() {
                return Err(placed(
                    pattern_place(text, k, 0),
                    "`files` is empty: name the designs, or remove the entry",
                ));
            }
            let settings = settings(text, k, &design.rest)?;
            entries.push(Entry { number: k, patterns, settings });
        }
        let outputs = raw.output.into_iter().map(|o| (o.format, o.file.map(|f| folder.join(f)))).collect();
        Ok(Self { folder, text: text.to_owned(), defaults: raw.defaults, entries, outputs })
    }

    /// The files of all designs, each with the number of its entry, in the order of entries and names. A file that
    /// several entries match belongs to the first.
    pub fn files(&self) -> Result<Vec<(PathBuf, usize)>, Failure> {
        let mut all = Vec::new();
        walk(&self.folder, Path::new(""), &mut all);
        let mut found: Vec<(PathBuf, usize)> = Vec::new();
        for (k, entry) in self.entries.iter().enumerate() {
            for (n, pattern) in entry.patterns.iter().enumerate() {
                let place = pattern_place(&self.text, k, n);
                let wrong = |what: String| Failure::Message(format!("{NAME}: {}", placed(place, &what)));
                let mut any = false;
                for path in all.iter().filter(|path| matches(pattern, path)) {
                    any = true;
                    if !found.iter().any(|f| f.0 == *path) {
                        found.push((path.clone(), k));
                    }
                }
                if !any {
                    return Err(wrong(format!(
                        "no file matches `{}`{}; correct the pattern or remove it",
                        pattern.as_str(),
                        unmatched(pattern.as_str(), &all)
                    )));
                }
            }
        }
        Ok(found)
    }

    /// Where a setting of an entry stands, or that of the defaults where the entry has none; `None` where neither has.
    pub fn place(&self, entry: Option<usize>, key: &str) -> Option<(usize, usize)> {
        let table: toml::Table = toml::from_str(&self.text).ok()?;
        let own = entry.filter(|k| table.get("design").and_then(|d| d.get(*k)).is_some_and(|d| d.get(key).is_some()));
        match own {
            Some(k) => place(&self.text, &[Step::Key("design"), Step::Item(k), Step::Key(key)]),
            None if table.get("defaults").is_some_and(|d| d.get(key).is_some()) => {
                place(&self.text, &[Step::Key("defaults"), Step::Key(key)])
            }
            None => None,
        }
    }

    /// The entry whose pattern matches a file.
    pub fn entry(&self, file: &Path) -> Option<&Entry> {
        let absolute = std::path::absolute(file).ok()?;
        let folder = std::path::absolute(&self.folder).ok()?;
        let relative = absolute.strip_prefix(folder).ok()?;
        self.entries.iter().find(|e| e.patterns.iter().any(|p| matches(p, relative)))
    }
}

/// Whether a path relative to the folder of the file matches a pattern. Names that are no text match as they are shown,
/// so that no design is passed over for its name.
fn matches(pattern: &glob::Pattern, path: &Path) -> bool {
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let shown: Vec<_> = path.components().map(|c| c.as_os_str().to_string_lossy()).collect();
    let pattern_text = pattern.as_str().strip_prefix("./");
    match pattern_text.map(glob::Pattern::new) {
        Some(Ok(plain)) => plain.matches_with(&shown.join("/"), options),
        _ => pattern.matches_with(&shown.join("/"), options),
    }
}

/// All files and folders below a folder, by name; what begins with a dot is passed over.
fn walk(root: &Path, below: &Path, all: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root.join(below)) else { return };
    let mut names: Vec<_> = entries.flatten().map(|e| e.file_name()).collect();
    names.sort();
    for name in names {
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = below.join(&name);
        all.push(path.clone());
        let whole = root.join(&path);
        if whole.is_dir() && !whole.is_symlink() {
            walk(root, &path, all);
        }
    }
}

/// The settings of the k-th design; an error names its line and column in the whole text.
fn settings(text: &str, k: usize, rest: &toml::Table) -> Result<Settings, String> {
    rest.clone().try_into::<Settings>().map_err(|error| {
        let message = error.message().to_owned();
        let key = rest.keys().find(|key| message.contains(&format!("`{key}`"))).cloned().or_else(|| {
            // The value that does not fit: the one that fails alone.
            rest.iter().find_map(|(key, value)| {
                let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
                alone.try_into::<Settings>().is_err().then(|| key.clone())
            })
        });
        let at = key.and_then(|key| key_place(text, k, &key));
        let at = at.or_else(|| place(text, &[Step::Key("design"), Step::Item(k)]));
        suggest(&placed(at, message.trim_end()))
    })
}

/// Where the n-th pattern of the k-th design stands.
fn pattern_place(text: &str, k: usize, n: usize) -> Option<(usize, usize)> {
    place(text, &[Step::Key("design"), Step::Item(k), Step::Key("files"), Step::Item(n)])
}

/// Line and column of a key of the k-th `[[design]]`.
fn key_place(text: &str, k: usize, key: &str) -> Option<(usize, usize)> {
    let mut design = 0;
    for (number, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        if trimmed.starts_with("[[design]]") {
            design += 1;
        }
        let word = trimmed.split(['=', ' ']).next().unwrap_or("").trim_matches('"');
        if design == k + 1 && word == key {
            return Some((number + 1, line.len() - trimmed.len() + 1));
        }
    }
    None
}

/// Why a pattern may match nothing: the nearest folder or file of the first part of it that is not there, or what there is.
fn unmatched(pattern: &str, all: &[PathBuf]) -> String {
    let mut folder = PathBuf::new();
    let parts: Vec<&str> = pattern.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    for (k, part) in parts.iter().enumerate() {
        let here: Vec<&PathBuf> = all.iter().filter(|p| p.parent() == Some(folder.as_path())).collect();
        let name = |p: &PathBuf| p.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let names: Vec<String> = here.iter().map(|p| name(p)).collect();
        if part.contains(['*', '?', '[']) {
            let mut kinds: Vec<String> =
                here.iter().filter_map(|p| Some(format!(".{}", p.extension()?.to_string_lossy()))).collect();
            kinds.sort();
            kinds.dedup();
            let place = if k == 0 { "this folder".to_owned() } else { format!("`{}`", parts[..k].join("/")) };
            return if kinds.is_empty() {
                format!(": there is no file in {place}")
            } else {
                format!(": in {place} there are {}", kinds.join(", "))
            };
        }
        if !names.iter().any(|n| n == part) {
            return did_you_mean(part, names.iter().map(String::as_str), "");
        }
        folder.push(part);
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Length;

    fn error(text: &str) -> String {
        Config::parse(text, PathBuf::new()).unwrap_err()
    }

    #[test]
    fn a_file_says_how_each_design_is_judged() {
        let text = "[defaults]\nunit = \"mm\"\n[[design]]\nfiles = \"a/*.stl\"\nprocess = \"sla\"\nresolution = \"20um\"\n\
                    [[design]]\nfiles = [\"b.nrrd\", \"c.npy\"]\nthreshold = 120\n[[output]]\nformat = \"json\"\nfile = \"r.json\"\n";
        let config = Config::parse(text, PathBuf::from("/lab")).unwrap();
        assert_eq!(config.defaults.unit, Some(LengthUnitMm::MM));
        assert_eq!(config.entries[0].settings.resolution, Some(Some(Length::from_um(20.0))));
        assert_eq!(config.entries[1].patterns.len(), 2);
        assert_eq!(config.outputs[0].1.as_deref(), Some(Path::new("/lab/r.json")));
    }

    struct LengthUnitMm;
    impl LengthUnitMm {
        const MM: crate::units::LengthUnit = crate::units::LengthUnit::Millimetre;
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place_and_the_nearest_name() {
        let misspelt = error("[[design]]\nfiles = \"a\"\n  proces = \"sla\"\n");
        assert!(misspelt.contains("line 3, column 3") && misspelt.contains("did you mean `process`"), "{misspelt}");
        let top = error("[defaults]\nuint = \"mm\"\n");
        assert!(top.contains("line 2") && top.contains("did you mean `unit`"), "{top}");
        let bare = error("[[design]]\nfiles = \"a\"\nresolution = \"20\"\n");
        assert!(bare.contains("line 3") && bare.contains("20um"), "{bare}");
        let table = error("[[designs]]\nfiles = \"a\"\n");
        assert!(table.contains("did you mean `design`"), "{table}");
        assert!(error("[[output]]\nformat = \"jsn\"\n").contains("did you mean `json`"));
        assert!(error("[[design]]\nprocess = \"sla\"\n").contains("files"));
        let pattern = error("[[design]]\nfiles = [\"a\", \"b[\"]\n");
        assert!(pattern.contains("line 2, column 15") && pattern.contains("no pattern"), "{pattern}");
        assert!(error("[[design]]\nfiles = []\n").contains("line 2, column 9: `files` is empty"));
    }

    #[test]
    fn an_unmatched_pattern_says_what_is_there_instead() {
        let all = ["designs", "designs/a.stl", "designs/b.nrrd", "mine.toml"].map(PathBuf::from);
        assert!(unmatched("desings/*.stl", &all).contains("did you mean `designs`"));
        assert!(unmatched("./designs/a.slt", &all).contains("did you mean `a.stl`"));
        assert!(unmatched("designs/*.obj", &all).contains("in `designs` there are .nrrd, .stl"));
        assert!(unmatched("*.obj", &all).contains("in this folder there are .toml"));
        assert_eq!(unmatched("nothing/like/it", &all), "");
    }

    #[test]
    fn the_template_is_a_file_that_can_be_read() {
        Config::parse(TEMPLATE, PathBuf::new()).unwrap();
    }
}
