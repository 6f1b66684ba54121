//! Wavefront OBJ: vertices and faces of any number of corners; normals, textures, groups, materials, lines and points
//! are passed over. There is no unit.

use std::borrow::Cow;

use super::faces::{Faces, number};
use crate::input::{InputError, InputErrorKind, Note, Read};

/// Whether a text begins as an OBJ does: comments, then a keyword of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&data[..data.len().min(4096)]);
    let first =
        start.trim_start_matches('\u{feff}').lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with('#'));
    let word = first.and_then(|l| l.split_whitespace().next());
    let comment_only = first.is_none() && start.trim_start().starts_with('#');
    // A number with a decimal comma is known too, to be refused with its line.
    let numeric = |w: &str| w.parse::<f64>().is_ok() || w.replacen(',', ".", 1).parse::<f64>().is_ok();
    let numbers = |line: &str| line.split_whitespace().nth(1).is_some_and(numeric);
    match word {
        Some("mtllib" | "o" | "g" | "usemtl" | "s") => true,
        Some("v" | "vn" | "vt") => first.is_some_and(numbers),
        _ => comment_only && data.windows(3).any(|w| w == b"\nv "),
    }
}

/// Reads an OBJ.
///
/// # Errors
/// When a line is not what belongs there, or a face names a vertex that is not there.
pub fn read(data: &[u8]) -> Read {
    let text = String::from_utf8_lossy(data);
    let mut faces = Faces::default();
    let mut numbers = Vec::new();
    let mut objects = 0;
    let mut lines = 0usize;
    let mut long = String::new();
    for (index, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        lines = index + 1;
        let at = || format!("line {}", index + 1);
        // A backslash at the end continues the line.
        let line = line.split('#').next().unwrap_or("");
        if let Some(begun) = line.trim_end().strip_suffix('\\') {
            long.push_str(begun);
            long.push(' ');
            continue;
        }
        let whole = if long.is_empty() { Cow::Borrowed(line) } else { Cow::Owned(std::mem::take(&mut long) + line) };
        let mut words = whole.split_whitespace();
        match words.next() {
            Some("v") => {
                let v = [number(words.next(), at)?, number(words.next(), at)?, number(words.next(), at)?];
                faces.vertex(v, at)?;
            }
            Some("f") => {
                numbers.clear();
                for word in words {
                    let first = word.split('/').next().unwrap_or("");
                    let wrong = || {
                        InputError::new(InputErrorKind::Malformed, format!("`{word}` is no corner of a face"))
                            .at(at())
                            .remedy("export the design again")
                    };
                    let given: i64 = first.parse().map_err(|_| wrong())?;
                    let count = faces.vertices.len() as i64;
                    // Negative numbers count back from the last vertex.
                    let number = if given < 0 { count + given } else { given - 1 };
                    numbers.push(usize::try_from(number).map_err(|_| wrong())?);
                }
                faces.face(&numbers, at)?;
            }
            Some("o") => objects += 1,
            Some(
                "vn" | "vt" | "vp" | "g" | "s" | "l" | "p" | "mtllib" | "usemtl" | "usemap" | "mg" | "lod" | "bevel"
                | "c_interp" | "d_interp" | "shadow_obj" | "trace_obj",
            )
            | None => {}
            Some(other) => {
                return Err(InputError::new(
                    InputErrorKind::Unsupported,
                    format!("`{other}` is no part of an OBJ of flat faces"),
                )
                .at(at())
                .remedy("export triangles, not curves or free-form surfaces"));
            }
        }
    }
    if !long.is_empty() {
        return Err(InputError::new(InputErrorKind::Truncated, "ends within a line".to_owned())
            .at(format!("line {lines}"))
            .remedy("copy the file again"));
    }
    let mut notes = Vec::new();
    if objects > 1 {
        notes.push(Note { kind: "file.several_solids", message: format!("{objects} objects were read as one design") });
    }
    faces.finish(notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Content;

    fn count(text: &str) -> usize {
        match read(text.as_bytes()).unwrap().0 {
            Content::Mesh { triangles, .. } => triangles.len(),
            Content::Volume { .. } => panic!("a mesh"),
        }
    }

    const SQUARE: &str =
        "# a square\nmtllib x.mtl\no one\nv 0 0 0\nv 1 0 0 1.0\nv 1 1 0 0.5 0.5 0.5\nv 0 1 0\nvn 0 0 1\nl 1 2\n";

    #[test]
    fn faces_of_every_kind_are_read() {
        assert!(looks_like(SQUARE.as_bytes()));
        assert_eq!(count(&format!("{SQUARE}f 1 2 3 4\n")), 2);
        assert_eq!(count(&format!("{SQUARE}f -4/1/1 -3//1 -2/3\n")), 1);
        assert_eq!(count(&format!("{SQUARE}f 1 2 \\\n 3\nf 1 3 4")), 2);
    }

    #[test]
    fn mistakes_name_their_line() {
        for (tail, kind, line) in [
            ("f 1 2 9\n", InputErrorKind::Malformed, "line 10"),
            ("f 1 2 0\n", InputErrorKind::Malformed, "line 10"),
            ("f 1 2\n", InputErrorKind::Malformed, "line 10"),
            ("v 1,5 0 0\n", InputErrorKind::Malformed, "line 10"),
            ("v nan 0 0\n", InputErrorKind::NonFinite, "line 10"),
            ("curv 0 1 2\n", InputErrorKind::Unsupported, "line 10"),
        ] {
            let error = read(format!("{SQUARE}{tail}").as_bytes()).unwrap_err();
            assert_eq!((error.kind, error.at.as_deref()), (kind, Some(line)), "{error}");
        }
        assert_eq!(read(SQUARE.as_bytes()).unwrap_err().kind, InputErrorKind::Empty);
    }
}
