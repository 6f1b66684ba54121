//! Legacy VTK files (`.vtk`) of structured points: lines of text, then the values as text or as big-endian bytes, x
//! fastest. Spacing has no unit.
//!
//! Format: <https://docs.vtk.org/en/latest/vtk_file_formats/vtk_legacy_file_format.html>.

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use super::vti::of_numbers;
use crate::grid::Volume;
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;

/// What every file of the format begins with.
const MAGIC: &[u8] = b"# vtk DataFile";

/// Whether the file begins as one of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    data.starts_with(MAGIC)
}

fn malformed(what: String, line: usize) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).at(format!("line {line}")).remedy("save the volume again")
}

/// The spacing of a VTK file. Where none was set VTK writes 1 × 1 × 1, which says nothing.
pub(super) fn spacing(s: [f64; 3]) -> Result<(Option<FileSpacing>, Vec<Note>), InputError> {
    if !s.iter().all(|v| v.is_finite() && *v > 0.0) {
        return Err(InputError::new(
            InputErrorKind::Malformed,
            format!("has the spacing {} × {} × {}, which is not positive", s[0], s[1], s[2]),
        )
        .remedy("save the volume again with its spacing"));
    }
    if s == [1.0; 3] {
        let message = "the spacing in the file is 1 × 1 × 1, which is written where none was set: it was ignored";
        return Ok((None, vec![Note { kind: "file.no_spacing", message: message.to_owned() }]));
    }
    Ok((Some(FileSpacing { spacing: s, unit: None }), Vec::new()))
}

/// The lines before the values.
struct Lines<'a> {
    rest: &'a [u8],
    number: usize,
}

impl Lines<'_> {
    /// The next line that is not empty, and its number.
    fn next(&mut self) -> Result<String, InputError> {
        loop {
            let end = self.rest.iter().take(10_000).position(|b| *b == b'\n').ok_or_else(|| {
                InputError::new(InputErrorKind::Truncated, "ends before its voxels".to_owned())
                    .at(format!("line {}", self.number + 1))
                    .remedy("copy or export the file again")
            })?;
            let line = String::from_utf8_lossy(&self.rest[..end]).trim().to_owned();
            self.rest = &self.rest[end + 1..];
            self.number += 1;
            if !line.is_empty() {
                return Ok(line);
            }
        }
    }
}

/// Reads a volume.
///
/// # Errors
/// When the header is broken or of another kind of data, or the voxels are cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let mut lines = Lines { rest: data, number: 0 };
    let unsupported = |what: String, remedy: &str| InputError::new(InputErrorKind::Unsupported, what).remedy(remedy);
    lines.next()?;
    // The title may be empty, so it is not passed over like other empty lines.
    let title = lines.rest.iter().position(|b| *b == b'\n').map_or(lines.rest.len(), |n| n + 1);
    lines.rest = &lines.rest[title..];
    lines.number += 1;
    let text = match lines.next()?.to_ascii_uppercase().as_str() {
        "ASCII" => true,
        "BINARY" => false,
        other => return Err(malformed(format!("`{other}` is neither ASCII nor BINARY"), lines.number)),
    };
    let (mut size, mut step, mut corner) = (None, None, [0.0; 3]);
    let mut cells = None;
    let sample = loop {
        let line = lines.next()?;
        let at = lines.number;
        let words: Vec<&str> = line.split_whitespace().collect();
        let three = || -> Result<[f64; 3], InputError> {
            let numbers: Vec<f64> =
                words[1..].iter().filter_map(|w| w.parse().ok()).filter(|v: &f64| v.is_finite()).collect();
            numbers[..].try_into().map_err(|_| malformed(format!("`{line}` has not three numbers"), at))
        };
        let kind = match words[0].to_ascii_uppercase().as_str() {
            "DATASET" if words.get(1) == Some(&"STRUCTURED_POINTS") => continue,
            "DATASET" => {
                return Err(unsupported(
                    format!("is a VTK file of the kind {}, not STRUCTURED_POINTS", words.get(1).unwrap_or(&"")),
                    "save the volume as structured points, or as .vti",
                ));
            }
            "DIMENSIONS" => {
                size = Some(three()?);
                continue;
            }
            "ORIGIN" => {
                corner = three()?;
                continue;
            }
            "SPACING" | "ASPECT_RATIO" => {
                step = Some(three()?);
                continue;
            }
            "POINT_DATA" => {
                cells = Some(false);
                continue;
            }
            "CELL_DATA" => {
                cells = Some(true);
                continue;
            }
            "FIELD" if words.get(2) == Some(&"1") => {
                // One array: its name, components, values and type.
                let line = lines.next()?;
                let words: Vec<&str> = line.split_whitespace().collect();
                if words.get(1) != Some(&"1") {
                    return Err(unsupported(
                        format!("holds `{line}`, not one number a voxel"),
                        "save one grey value a voxel",
                    ));
                }
                words.get(3).unwrap_or(&"").to_ascii_lowercase()
            }
            "SCALARS" => {
                if words.get(3).is_some_and(|n| *n != "1") {
                    return Err(unsupported("has several numbers a voxel".to_owned(), "save one grey value a voxel"));
                }
                let kind = words.get(2).unwrap_or(&"").to_ascii_lowercase();
                if lines.rest.trim_ascii_start().starts_with(b"LOOKUP_TABLE") {
                    lines.next()?;
                }
                kind
            }
            other => {
                return Err(unsupported(
                    format!("holds `{other}` before its values"),
                    "save one array of scalars as structured points, or as .vti",
                )
                .at(format!("line {at}")));
            }
        };
        break match kind.as_str() {
            "unsigned_char" => Sample::U8,
            "char" | "signed_char" => Sample::I8,
            "unsigned_short" => Sample::U16,
            "short" => Sample::I16,
            "unsigned_int" => Sample::U32,
            "int" => Sample::I32,
            "unsigned_long" | "vtktypeuint64" => Sample::U64,
            "long" | "vtktypeint64" => Sample::I64,
            "float" => Sample::F32,
            "double" => Sample::F64,
            other => return Err(unsupported(format!("holds values of the type `{other}`"), "save integers or floats")),
        };
    };
    let missing = |what: &str| malformed(format!("has no `{what}` before its values"), lines.number);
    let cells = cells.ok_or_else(|| missing("POINT_DATA"))?;
    let dimensions = size.ok_or_else(|| missing("DIMENSIONS"))?;
    let mut size = [0usize; 3];
    for a in 0..3 {
        let n = dimensions[a] - f64::from(u8::from(cells));
        if !(n.fract() == 0.0 && (0.0..1e9).contains(&n)) {
            return Err(malformed(format!("has {n} voxels along an axis"), lines.number));
        }
        size[a] = n as usize;
    }
    let count = voxels(size, limits)?;
    let levels = if text {
        let body = String::from_utf8_lossy(lines.rest);
        let mut values = Vec::new();
        for word in body.split_ascii_whitespace().take(count) {
            let value = word.parse::<f64>().map_err(|_| malformed(format!("`{word}` is no number"), lines.number))?;
            values.push(value as f32);
        }
        of_numbers(values, sample, count)?
    } else {
        decode(lines.rest, sample, Endian::Big, count, limits)?
    };
    let step = step.ok_or_else(|| missing("SPACING"))?;
    let (spacing, mut notes) = spacing(step)?;
    let after = lines.rest.get(count * sample.bytes()..).filter(|_| !text).unwrap_or(&[]).trim_ascii();
    if !after.is_empty() && !after.starts_with(b"METADATA") {
        let message = "what follows the first array of the file was ignored".to_owned();
        notes.push(Note { kind: "file.left_out", message });
    }
    let used = spacing.map_or([1.0; 3], |s| s.spacing);
    let half = if cells { 0.5 } else { 0.0 };
    let origin = std::array::from_fn(|a| corner[a] + half * used[a]);
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place: Place::at(origin) }, notes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    fn file(kind: &str, body: &[u8]) -> Vec<u8> {
        let mut data = format!(
            "# vtk DataFile Version 3.0\n\n{kind}\nDATASET STRUCTURED_POINTS\nDIMENSIONS 2 3 4\nORIGIN 1 2 3\n\
             SPACING 0.01 0.01 0.02\nPOINT_DATA 24\nSCALARS im short 1\nLOOKUP_TABLE default\n"
        )
        .into_bytes();
        data.extend(body);
        data.push(b'\n');
        data
    }

    #[test]
    fn text_and_bytes_give_the_same_and_cuts_are_refused() {
        let text: String = (-3..21).map(|i| format!("{i} ")).collect();
        let bytes: Vec<u8> = (-3..21i16).flat_map(i16::to_be_bytes).collect();
        for data in [file("ASCII", text.as_bytes()), file("BINARY", &bytes)] {
            assert!(looks_like(&data));
            let Content::Volume { volume, spacing, place: Place { origin, .. } } = read(&data, &LIMITS).unwrap().0
            else {
                panic!("a volume")
            };
            assert_eq!((volume.size, volume.levels.get(0), volume.levels.get(23)), ([2, 3, 4], -3.0, 20.0));
            assert_eq!((spacing.unwrap().spacing, origin), ([0.01, 0.01, 0.02], [1.0, 2.0, 3.0]));
            for n in 0..data.len() - 5 {
                assert!(read(&data[..n], &LIMITS).is_err(), "cut at {n}");
            }
        }
        let good = String::from_utf8(file("ASCII", text.as_bytes())).unwrap();
        for (from, to, kind) in [
            ("STRUCTURED_POINTS", "POLYDATA", InputErrorKind::Unsupported),
            ("2 3 4", "2 3", InputErrorKind::Malformed),
            ("2 3 4", "99999 99999 99999", InputErrorKind::TooLarge),
            ("0.02", "0", InputErrorKind::Malformed),
            ("short 1", "short 3", InputErrorKind::Unsupported),
            ("-3 -2", "nan -2", InputErrorKind::NonFinite),
            ("SPACING 0.01 0.01 0.02\n", "", InputErrorKind::Malformed),
        ] {
            assert_eq!(read(good.replace(from, to).as_bytes(), &LIMITS).unwrap_err().kind, kind, "{from}");
        }
    }
}
