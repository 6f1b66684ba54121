//! The package of a 3MF: a ZIP archive whose parts name each other by relationships (Open Packaging Conventions).

use std::collections::BTreeMap;
use std::io::{Cursor, Read as _};

use super::xml::{Space, Xml, text};
use crate::input::{InputError, InputErrorKind};
use crate::limits::Limits;

/// The relationship to the part that a package begins with.
const MODEL: &str = "http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel";

/// The relationship to a print ticket, of which there is one at most.
const TICKET: &str = "http://schemas.microsoft.com/3dmanufacturing/2013/01/printticket";

/// Whether the archive is a package.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    zip::ZipArchive::new(Cursor::new(data)).is_ok_and(|archive| {
        archive.file_names().flatten().any(|name| {
            name == "[Content_Types].xml" || name == "_rels/.rels" || name.to_ascii_lowercase().ends_with(".model")
        })
    })
}

/// A package that was opened.
pub struct Package<'a> {
    archive: zip::ZipArchive<Cursor<&'a [u8]>>,
    /// Number of each part in the archive, by its name in small letters with a `/` before it.
    parts: BTreeMap<String, usize>,
    limits: Limits,
}

fn broken(e: &dyn std::fmt::Display) -> InputError {
    InputError::new(InputErrorKind::Malformed, format!("is no whole archive: {e}"))
        .remedy("copy or export the file again")
}

fn wrong(what: String, part: &str) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).at(part).remedy("export the design again")
}

/// A name as parts are found by: from the root, in small letters.
fn key(name: &str) -> String {
    let raw = name.as_bytes();
    let mut bytes = Vec::new();
    let mut i = 0;
    while i < raw.len() {
        let hex = raw.get(i + 1..i + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let decoded = hex.filter(|_| raw[i] == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(decoded.unwrap_or(raw[i]));
        i += if decoded.is_some() { 3 } else { 1 };
    }
    format!("/{}", String::from_utf8_lossy(&bytes).trim_start_matches('/').to_lowercase())
}

impl<'a> Package<'a> {
    /// Opens a package and follows its relationships; returns it with the name of the part that it begins with.
    pub fn open(data: &'a [u8], limits: &Limits) -> Result<(Self, String), InputError> {
        let archive = zip::ZipArchive::new(Cursor::new(data)).map_err(|e| broken(&e))?;
        let mut package = Self { archive, parts: BTreeMap::new(), limits: *limits };
        for i in 0..package.archive.len() {
            let entry = package.archive.by_index(i).map_err(|e| broken(&e))?;
            let name = entry.name().map_err(|e| broken(&e))?.into_owned();
            if package.parts.insert(key(&name), i).is_some() && !name.ends_with('/') {
                return Err(wrong("has two parts of the same name".to_owned(), &name));
            }
        }
        if !package.parts.contains_key("/[content_types].xml") {
            return Err(wrong(
                "is no whole package: its list of content types is missing".to_owned(),
                "[Content_Types].xml",
            ));
        }
        let start = package.relationships("/_rels/.rels")?;
        let [start] = &start[..] else {
            return Err(match start.len() {
                0 => InputError::new(InputErrorKind::Malformed, "is a package without a 3D model".to_owned())
                    .remedy("export the design again; a document or a spreadsheet is no design"),
                n => wrong(format!("begins with {n} models, not one"), "_rels/.rels"),
            });
        };
        // The relationships of the first part have to hold as well.
        let (folder, name) = start.rsplit_once('/').unwrap_or(("", start));
        let own = format!("{folder}/_rels/{name}.rels");
        if package.parts.contains_key(&key(&own)) {
            package.relationships(&own)?;
        }
        let start = start.clone();
        Ok((package, start))
    }

    /// The bytes of a part.
    pub fn part(&mut self, name: &str) -> Result<Vec<u8>, InputError> {
        let Some(&i) = self.parts.get(&key(name)) else {
            return Err(wrong("names a part that is not there".to_owned(), name));
        };
        let entry = self.archive.by_index(i).map_err(|e| broken(&e))?;
        // A text of its size and the mesh that it describes have to fit.
        self.limits.check(name, entry.size(), 2)?;
        let size = entry.size();
        let mut bytes = Vec::new();
        entry.take(size.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| broken(&e).at(name))?;
        Ok(bytes)
    }

    /// Reads a list of relationships; returns the models among its targets.
    fn relationships(&mut self, list: &str) -> Result<Vec<String>, InputError> {
        let data = self.part(list)?;
        let content = text(&data)?;
        let folder = list.trim_end_matches(|c| c != '/').trim_end_matches('/').trim_end_matches("_rels");
        let mut ids = std::collections::BTreeSet::new();
        let mut models = Vec::new();
        let mut tickets = 0;
        let mut xml = Xml::new(&content);
        let parts = &self.parts;
        let in_list = |e: InputError| {
            let at = e.at.as_ref().map_or_else(|| list.to_owned(), |at| format!("{list}, {at}"));
            e.at(at)
        };
        let mut each = |xml: &mut Xml| {
            xml.next()?;
            xml.children(|_, element| {
                if !element.is(Space::Relations, "Relationship") {
                    return Ok(());
                }
                let (target, kind) = (element.need("Target")?.into_owned(), element.need("Type")?.into_owned());
                if !ids.insert(element.need("Id")?.into_owned()) {
                    return Err(element.wrong("has two relationships of the same id".to_owned()));
                }
                let target = if target.starts_with('/') { target } else { resolve(folder, &target) };
                let external = element.get("TargetMode").is_some_and(|m| m.eq_ignore_ascii_case("external"));
                if (external && kind == MODEL) || (!external && !parts.contains_key(&key(&target))) {
                    return Err(element.wrong(format!("names the part `{target}`, which is not in the package")));
                }
                tickets += usize::from(kind == TICKET);
                if tickets > 1 {
                    return Err(element.wrong("has more than one print ticket".to_owned()));
                }
                if kind == MODEL {
                    models.push(target);
                }
                Ok(())
            })
        };
        each(&mut xml).map_err(in_list)?;
        Ok(models)
    }
}

/// A relative target from the folder of its source.
fn resolve(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|p| !p.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}
