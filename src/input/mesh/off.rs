//! OFF, the object file format of Geomview: counts, vertices, faces; colours and normals are passed over. There is no
//! unit.

use super::faces::{Faces, number};
use crate::input::{InputError, InputErrorKind, Read};

/// Reads an OFF of text.
///
/// # Errors
/// When it is cut short, binary, or a face names a vertex that is not there.
pub fn read(data: &[u8]) -> Read {
    let text = String::from_utf8_lossy(data);
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(i, line)| (i + 1, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty());
    let malformed = |what: &str, at: usize| {
        InputError::new(InputErrorKind::Malformed, what.to_owned()).at(format!("line {at}")).remedy("export it again")
    };
    let cut = |at: usize| {
        InputError::new(InputErrorKind::Truncated, "ends before its last face".to_owned())
            .at(format!("line {at}"))
            .remedy("copy the file again")
    };
    let (_, head) = lines.next().ok_or_else(|| cut(1))?;
    let (word, rest) = head.split_once(char::is_whitespace).unwrap_or((head, ""));
    if !matches!(word, "OFF" | "COFF" | "NOFF" | "CNOFF" | "STOFF") || rest.contains("BINARY") {
        return Err(InputError::new(InputErrorKind::Unsupported, format!("is an OFF of the kind `{head}`"))
            .remedy("save it as a text OFF, or as STL"));
    }
    let (at, counts) = if rest.trim().is_empty() { lines.next().ok_or_else(|| cut(1))? } else { (1, rest) };
    let mut counts = counts.split_whitespace().map(str::parse::<usize>);
    let (Some(Ok(vertices)), Some(Ok(count))) = (counts.next(), counts.next()) else {
        return Err(malformed("the counts of vertices and faces are missing", at));
    };
    let mut faces = Faces::default();
    let mut last = at;
    for _ in 0..vertices {
        let (at, line) = lines.next().ok_or_else(|| cut(last))?;
        last = at;
        let place = || format!("line {at}");
        let mut words = line.split_whitespace();
        let v = [number(words.next(), place)?, number(words.next(), place)?, number(words.next(), place)?];
        faces.vertex(v, place)?;
    }
    let mut numbers = Vec::new();
    for _ in 0..count {
        let (at, line) = lines.next().ok_or_else(|| cut(last))?;
        last = at;
        let mut words = line.split_whitespace().map(str::parse::<usize>);
        let Some(Ok(corners)) = words.next() else { return Err(malformed("a face has no count of corners", at)) };
        numbers.clear();
        for _ in 0..corners {
            let Some(Ok(n)) = words.next() else { return Err(malformed("a face has fewer corners than it says", at)) };
            numbers.push(n);
        }
        faces.face(&numbers, || format!("line {at}"))?;
    }
    faces.finish(Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::Content;

    const CUBE: &str =
        "OFF # a tetrahedron\n4 4 6\n0 0 0\n1 0 0\n0 1 0\n0 0 1\n3 0 2 1\n3 0 1 3 255 0 0\n3 1 2 3\n3 0 3 2\n";

    #[test]
    fn a_tetrahedron_is_read_and_every_cut_is_refused() {
        let Content::Mesh { triangles, .. } = read(CUBE.as_bytes()).unwrap().0 else { panic!("a mesh") };
        let triangles = triangles.apart();
        assert_eq!(triangles.len(), 4);
        for n in 0..CUBE.len() - 3 {
            assert!(read(&CUBE.as_bytes()[..n]).is_err(), "cut at {n}");
        }
        assert_eq!(read(b"OFF BINARY\n").unwrap_err().kind, InputErrorKind::Unsupported);
        assert!(read(b"OFF\n99999999999 1 0\n").is_err());
    }
}
