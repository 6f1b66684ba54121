//! STL, binary and text.
//!
//! Binary: an 80-byte header that means nothing (many programs begin it with `solid`), a count, 50 bytes a triangle.
//! Text: `solid … endsolid`, any number of them; names may be anything. Normals in the file are ignored: what counts is
//! the order of the corners. There is no unit.

use crate::input::{Content, InputError, InputErrorKind, Note, Read};
use crate::mesh::{Triangles, V3};

const HEADER: usize = 84;
const RECORD: usize = 50;

fn count(data: &[u8]) -> Option<u64> {
    let bytes: [u8; 4] = data.get(80..HEADER)?.try_into().ok()?;
    Some(u64::from(u32::from_le_bytes(bytes)))
}

/// Whether the size of the file fits the count in a binary header.
#[must_use]
pub fn looks_binary(data: &[u8]) -> bool {
    let Some(count) = count(data) else { return false };
    let records = (data.len() - HEADER) as u64;
    let text =
        data[..data.len().min(4096)].iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || *b >= 0x80);
    if looks_ascii(data) && text {
        return false;
    }
    records >= count * RECORD as u64 && (count > 0 || records % RECORD as u64 <= 2) && !foreign(data)
}

/// Whether the file begins with the words of a text STL.
#[must_use]
pub fn looks_ascii(data: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&data[..data.len().min(1024)]).to_lowercase();
    let start = start.trim_start_matches('\u{feff}').trim_start();
    start.strip_prefix("solid").is_some_and(|rest| {
        rest.is_empty()
            || (rest.starts_with(char::is_whitespace) && (rest.contains("facet") || rest.contains("endsolid")))
    })
}

/// Whether the file begins as one of another format.
fn foreign(data: &[u8]) -> bool {
    [
        &b"PK\x03\x04"[..],
        b"ISO-10303",
        b"\x1f\x8b",
        b"glTF",
        b"\x89PNG",
        b"\x89HDF",
        b"\xff\xd8\xff",
        b"%PDF",
        b"\xd0\xcf\x11\xe0",
        b"<?xml",
        b"# vtk",
    ]
    .iter()
    .any(|magic| data.starts_with(magic))
}

/// Why a file of no other format is no binary STL either.
///
/// # Errors
/// Always, unless the file is whole.
pub fn explain_binary(data: &[u8]) -> Result<(), InputError> {
    let Some(count) = count(data) else {
        return Err(InputError::new(InputErrorKind::Truncated, "ends within the header of an STL".to_owned()));
    };
    let present = (data.len() - HEADER) as u64 / RECORD as u64;
    if count > present {
        let kind = if present > 0 { InputErrorKind::Truncated } else { InputErrorKind::UnknownFormat };
        return Err(InputError::new(
            kind,
            format!(
                "is of no known format, or a binary STL cut short: it announces {count} triangles and holds {present}"
            ),
        )
        .at(format!("byte {}", data.len()))
        .remedy("export the design again, or copy the file again"));
    }
    Ok(())
}

/// Reads a binary STL.
///
/// # Errors
/// When it is cut short, or a coordinate is not finite.
pub fn read_binary(data: &[u8]) -> Read {
    explain_binary(data)?;
    let mut notes = Vec::new();
    let announced = count(data).unwrap_or(0);
    let rest = (data.len() - HEADER) as u64 - announced * RECORD as u64;
    let mut used = announced;
    if rest >= RECORD as u64 && rest.is_multiple_of(RECORD as u64) {
        used = announced + rest / RECORD as u64;
        notes.push(Note {
            kind: "file.wrong_count",
            message: format!("the header announces {announced} triangles, the file holds {used}: all were read"),
        });
    } else if rest > 0 {
        notes.push(Note {
            kind: "file.trailing_bytes",
            message: format!("{rest} bytes after the last triangle were ignored"),
        });
    }
    let records = data[HEADER..][..used as usize * RECORD].chunks_exact(RECORD);
    let mut triangles: Vec<[V3; 3]> = Vec::new();
    triangles
        .try_reserve_exact(records.len())
        .map_err(|_| InputError::new(InputErrorKind::TooLarge, "does not fit into memory".to_owned()))?;
    // Behind the normal, and before two bytes of attributes.
    let bits = |record: &[u8], k: usize| u32::from_le_bytes([record[k], record[k + 1], record[k + 2], record[k + 3]]);
    let exponent = f32::INFINITY.to_bits();
    let broken = |record: &[u8]| (3..12).fold(false, |any, k| any | (bits(record, 4 * k) & exponent == exponent));
    if let Some(t) = records.clone().position(broken) {
        return Err(non_finite(t, &format!("byte {}", HEADER + t * RECORD)));
    }
    let coordinate = |record: &[u8], k: usize| f64::from(f32::from_bits(bits(record, 4 * k)));
    let corner = |r: &[u8], k: usize| V3::new(coordinate(r, k), coordinate(r, k + 1), coordinate(r, k + 2));
    triangles.extend(records.map(|record| [corner(record, 3), corner(record, 6), corner(record, 9)]));
    some(triangles, notes)
}

fn non_finite(triangle: usize, at: &str) -> InputError {
    InputError::new(InputErrorKind::NonFinite, format!("has a coordinate that is not a number in triangle {triangle}"))
        .at(at)
        .remedy("export the design again")
}

fn some(triangles: Vec<[V3; 3]>, notes: Vec<Note>) -> Read {
    if triangles.is_empty() {
        return Err(
            InputError::new(InputErrorKind::Empty, "has no triangles".to_owned()).remedy("export the design again")
        );
    }
    Ok((Content::Mesh { triangles: Triangles::Apart(triangles), unit: None }, notes))
}

/// Reads a text STL: every solid in it.
///
/// # Errors
/// When a line is not what belongs there, the file is cut short, or a coordinate is not finite.
pub fn read_ascii(data: &[u8]) -> Read {
    let text = String::from_utf8_lossy(data);
    let text = text.trim_start_matches('\u{feff}');
    let mut triangles: Vec<[V3; 3]> = Vec::new();
    let mut corners: Vec<V3> = Vec::new();
    let mut solids = 0;
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        let at = || format!("line {}", number + 1);
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        // Nearly all programs write small letters: only others take a copy.
        let small = first.bytes().any(|b| b.is_ascii_uppercase()).then(|| first.to_ascii_lowercase());
        match small.as_deref().unwrap_or(first) {
            "solid" => {
                open = true;
                solids += 1;
            }
            "endsolid" => open = false,
            "facet" => corners.clear(),
            "vertex" => {
                let mut corner = V3::zeros();
                for a in 0..3 {
                    let word = words.next().unwrap_or("");
                    let value: f64 = word.parse().map_err(|_| {
                        let remedy = if word.contains(',') {
                            "numbers need a decimal point: export with an English number format"
                        } else {
                            "export the design again"
                        };
                        InputError::new(InputErrorKind::Malformed, format!("`{word}` is not a number"))
                            .at(at())
                            .remedy(remedy)
                    })?;
                    if !value.is_finite() {
                        return Err(non_finite(triangles.len(), &at()));
                    }
                    corner[a] = value;
                }
                corners.push(corner);
            }
            "endfacet" => {
                let facet: [V3; 3] = corners[..].try_into().map_err(|_| {
                    InputError::new(InputErrorKind::Malformed, format!("a facet has {} corners, not 3", corners.len()))
                        .at(at())
                        .remedy("export the design again as triangles")
                })?;
                triangles.push(facet);
            }
            "outer" | "endloop" | "color" => {}
            other => {
                return Err(InputError::new(
                    InputErrorKind::Malformed,
                    format!("`{other}` does not belong into a text STL"),
                )
                .at(at())
                .remedy("export the design again"));
            }
        }
    }
    if open {
        return Err(InputError::new(InputErrorKind::Truncated, "ends before `endsolid`".to_owned())
            .at(format!("line {}", text.lines().count()))
            .remedy("export the design again, or copy the file again"));
    }
    let mut notes = Vec::new();
    if solids > 1 {
        notes.push(Note { kind: "file.several_solids", message: format!("{solids} solids were read as one design") });
    }
    some(triangles, notes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Format, detect};
    use crate::mesh::shapes;

    fn binary(header: &[u8], announced: u32, extra: &[u8]) -> Vec<u8> {
        let mesh = shapes::cuboid([0.0; 3], [1.0; 3]);
        let mut data = vec![0u8; 80];
        data[..header.len()].copy_from_slice(header);
        data.extend(announced.to_le_bytes());
        for t in 0..12 {
            data.extend([0u8; 12]);
            for c in mesh.corners(t) {
                c.iter().for_each(|&x| data.extend((x as f32).to_le_bytes()));
            }
            data.extend([0, 0]);
        }
        data.extend(extra);
        data
    }

    fn triangles(read: Read) -> usize {
        match read.unwrap().0 {
            Content::Mesh { triangles, .. } => triangles.len(),
            Content::Volume { .. } => panic!("a mesh"),
        }
    }

    #[test]
    fn binary_files_are_known_by_their_size_whatever_the_header() {
        for (header, announced, extra) in
            [(&b""[..], 12, &b""[..]), (b"solid part", 12, b""), (b"solid", 12, b"\n"), (b"", 10, b""), (b"", 0, b"")]
        {
            let data = binary(header, announced, extra);
            assert_eq!(detect(&data), Ok(Format::StlBinary), "{header:?} {announced}");
            assert_eq!(triangles(read_binary(&data)), 12);
        }
        assert_eq!(read_binary(&binary(b"", 10, b"")).unwrap().1[0].kind, "file.wrong_count");
        assert_eq!(read_binary(&binary(b"", 12, b"x")).unwrap().1[0].kind, "file.trailing_bytes");
    }

    #[test]
    fn binary_records_hold_what_another_reader_finds_in_them() {
        // Numbers of all sizes: the bits of a sequence, but for those of NaN and infinity.
        let mut data = vec![0u8; 80];
        data.extend(200u32.to_le_bytes());
        let mut state = 7u32;
        for _ in 0..200 {
            for _ in 0..12 {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                data.extend((state & 0xbfff_ffff).to_le_bytes());
            }
            data.extend([1, 2]);
        }
        let Content::Mesh { triangles, .. } = read_binary(&data).unwrap().0 else { panic!("a mesh") };
        let triangles = triangles.apart();
        let other: Vec<[V3; 3]> = stl_io::create_stl_reader(&mut std::io::Cursor::new(&data))
            .unwrap()
            .map(|t| t.unwrap().vertices.map(|v| V3::from(v.0.map(f64::from))))
            .collect();
        assert_eq!(triangles, other);
    }

    #[test]
    fn a_file_cut_anywhere_is_refused_and_never_panics() {
        let data = binary(b"solid part", 12, b"");
        for n in 0..data.len() {
            let cut = &data[..n];
            let read = detect(cut).and_then(|format| match format {
                Format::StlAscii => read_ascii(cut),
                _ => read_binary(cut),
            });
            assert!(read.is_err(), "cut at {n}");
            assert!(read_binary(cut).is_err());
        }
        let mut huge = binary(b"", u32::MAX, b"");
        assert_eq!(detect(&huge).unwrap_err().kind, InputErrorKind::Truncated);
        huge.truncate(84);
        assert!(detect(&huge).is_err());
        let mut nan = binary(b"", 12, b"");
        nan[84 + 50 * 3 + 12..84 + 50 * 3 + 16].copy_from_slice(&f32::NAN.to_le_bytes());
        let error = read_binary(&nan).unwrap_err();
        assert_eq!((error.kind, error.at.as_deref()), (InputErrorKind::NonFinite, Some("byte 234")));
    }

    const ASCII: &str = "solid Größe ö\n facet normal 0 0 1\n  outer loop\n   vertex 0 0 0\n   vertex 1 0 0\r\n   vertex 0 1e0 0\n  endloop\n endfacet\nendsolid\n";

    #[test]
    fn text_files_may_hold_several_solids_with_any_name() {
        let two = format!("\u{feff}{ASCII}{}", ASCII.replace("solid Größe ö", "SOLID"));
        assert_eq!(detect(two.as_bytes()), Ok(Format::StlAscii));
        assert_eq!(triangles(read_ascii(two.as_bytes())), 2);
    }

    #[test]
    fn text_errors_name_the_line() {
        for (from, to, kind, line) in [
            ("1e0", "1,5", InputErrorKind::Malformed, "line 6"),
            ("1e0", "nan", InputErrorKind::NonFinite, "line 6"),
            ("endloop", "endlop", InputErrorKind::Malformed, "line 7"),
            ("   vertex 1 0 0\r\n", "", InputErrorKind::Malformed, "line 7"),
        ] {
            let error = read_ascii(ASCII.replace(from, to).as_bytes()).unwrap_err();
            assert_eq!((error.kind, error.at.as_deref()), (kind, Some(line)), "{error}");
        }
        let cut = &ASCII[..ASCII.len() - 9];
        assert_eq!(read_ascii(cut.as_bytes()).unwrap_err().kind, InputErrorKind::Truncated);
    }
}
