//! NRRD, "nearly raw raster data": a text header, then the voxels in the same file or in another one.
//!
//! Format: <https://teem.sourceforge.net/nrrd/format.html>. The first axis runs fastest. Encodings: raw, gzip, bzip2,
//! text, hex. Spacing comes from `spacings` or from the lengths of `space directions`.

use std::io::Read as _;
use std::path::Path;

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::{Levels, Space, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::units::LengthUnit;

/// The fields of a header that matter here.
#[derive(Default)]
struct Header {
    sample: Option<Sample>,
    dimension: Option<usize>,
    size: Vec<usize>,
    encoding: Option<String>,
    endian: Option<Endian>,
    spacings: Option<Vec<f64>>,
    directions: Option<[V3; 3]>,
    space: Space,
    units: Vec<LengthUnit>,
    origin: Option<Vec<f64>>,
    data_file: Option<String>,
    line_skip: usize,
    byte_skip: i64,
}

/// Whether the voxels are in the same file; a broken header counts as such.
#[must_use]
pub(in crate::input) fn stands_alone(data: &[u8]) -> bool {
    header(data).map_or(true, |(header, _)| header.data_file.is_none())
}

/// Reads a volume; a detached data file is looked for in `folder`.
///
/// # Errors
/// When the header is broken or asks for something that is not read, or the voxels are cut short.
pub fn read(data: &[u8], folder: &Path, limits: &Limits) -> Read {
    let (header, body) = header(data)?;
    let malformed = |what: &str| InputError::new(InputErrorKind::Malformed, format!("is not a whole NRRD: {what}"));
    let sample = header.sample.ok_or_else(|| malformed("`type` is missing"))?;
    if header.dimension.ok_or_else(|| malformed("`dimension` is missing"))? != 3 {
        return Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("has {} dimensions, not 3", header.dimension.unwrap_or(0)),
        )
        .remedy("save one three-dimensional volume"));
    }
    let size: [usize; 3] = header.size[..].try_into().map_err(|_| malformed("`sizes` does not have three numbers"))?;
    let count = voxels(size, limits)?;
    let detached;
    let body = match &header.data_file {
        None => body,
        Some(name) => {
            detached = super::detached(folder, name)?;
            &detached[..]
        }
    };
    let mut body = body;
    for _ in 0..header.line_skip {
        let end = body.iter().position(|&b| b == b'\n').ok_or_else(|| malformed("`line skip` goes beyond the end"))?;
        body = &body[end + 1..];
    }
    let encoding = header.encoding.as_deref().ok_or_else(|| malformed("`encoding` is missing"))?;
    let needed = count * sample.bytes();
    let unpacked;
    let mut bytes = match encoding {
        "raw" => body,
        "gzip" | "gz" => {
            unpacked = unpack(flate2::read::MultiGzDecoder::new(body), needed, header.byte_skip, limits)?;
            &unpacked[..]
        }
        "bzip2" | "bz2" => {
            unpacked = unpack(bzip2::read::MultiBzDecoder::new(body), needed, header.byte_skip, limits)?;
            &unpacked[..]
        }
        "txt" | "text" | "ascii" => {
            let levels = text(body, count)?;
            return finish(header, Volume { size, levels }, 0);
        }
        "hex" => {
            unpacked = hex(body, needed)?;
            &unpacked[..]
        }
        other => {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("is encoded as `{other}`"))
                .remedy("save it with raw or gzip encoding"));
        }
    };
    // A NIfTI volume as data file has a header before its voxels, which would be taken for some of them.
    if header.data_file.is_some() && header.byte_skip == 0 && super::nifti::looks_like(bytes) {
        return Err(InputError::new(
            InputErrorKind::Malformed,
            format!(
                "has its voxels in the NIfTI volume `{}`, whose own header it does not skip",
                header.data_file.as_deref().unwrap_or("")
            ),
        )
        .remedy("read that volume itself, or add `byte skip: -1` to the header"));
    }
    if header.byte_skip == -1 {
        bytes = bytes.len().checked_sub(needed).map_or(bytes, |start| &bytes[start..]);
    } else {
        let skip = usize::try_from(header.byte_skip).map_err(|_| malformed("`byte skip` is negative"))?;
        bytes = bytes.get(skip..).ok_or_else(|| malformed("`byte skip` goes beyond the end"))?;
    }
    if sample.bytes() > 1 && header.endian.is_none() {
        return Err(malformed("`endian` is missing"));
    }
    let levels = decode(bytes, sample, header.endian.unwrap_or(Endian::Little), count, limits)?;
    let surplus = bytes.len().saturating_sub(needed);
    finish(header, Volume { size, levels }, surplus)
}

fn finish(header: Header, volume: Volume, surplus: usize) -> Read {
    let mut notes = Vec::new();
    if surplus > 0 {
        notes.push(Note {
            kind: "file.trailing_bytes",
            message: format!("{surplus} bytes after the last voxel were ignored: is a `byte skip` missing?"),
        });
    }
    let spacing = match header.spacings.as_deref() {
        Some([x, y, z]) if [x, y, z].iter().all(|s| s.is_finite() && **s > 0.0) => {
            let unit = header.units.first().copied();
            if header.units.iter().any(|u| Some(*u) != unit) {
                return Err(InputError::new(
                    InputErrorKind::Unsupported,
                    "names different units for its axes".to_owned(),
                ));
            }
            Some(FileSpacing { spacing: [*x, *y, *z], unit })
        }
        Some(_) => {
            notes.push(Note {
                kind: "file.no_spacing",
                message: "the spacing in the file is no positive number and was ignored".to_owned(),
            });
            None
        }
        None => None,
    };
    let origin = match header.origin.as_deref() {
        Some([x, y, z]) => [*x, *y, *z],
        _ => [0.0; 3],
    };
    let place = Place::along(origin.into(), header.directions, header.space);
    Ok((Content::Volume { volume, spacing, place }, notes))
}

fn header(data: &[u8]) -> Result<(Header, &[u8]), InputError> {
    let mut header = Header::default();
    let mut rest = data;
    let mut number = 0;
    loop {
        let Some(end) = rest.iter().position(|&b| b == b'\n') else {
            // A detached header may end without the empty line.
            if header.data_file.is_some() {
                return Ok((header, &[]));
            }
            return Err(InputError::new(InputErrorKind::Truncated, "ends within its header".to_owned()));
        };
        let line = String::from_utf8_lossy(&rest[..end]);
        let line = line.trim_end_matches('\r');
        rest = &rest[end + 1..];
        number += 1;
        if line.is_empty() {
            return Ok((header, rest));
        }
        if number == 1 || line.starts_with('#') || line.contains(":=") {
            continue;
        }
        let Some((key, value)) = line.split_once(':') else {
            return Err(InputError::new(InputErrorKind::Malformed, format!("`{line}` is no field of a NRRD header"))
                .at(format!("line {number}")));
        };
        field(&mut header, key.trim().to_ascii_lowercase().as_str(), value.trim())
            .map_err(|e| e.at(format!("line {number}")))?;
    }
}

fn field(header: &mut Header, key: &str, value: &str) -> Result<(), InputError> {
    let wrong = || InputError::new(InputErrorKind::Malformed, format!("`{value}` is no value for `{key}`"));
    let numbers = |text: &str| -> Result<Vec<f64>, InputError> {
        text.split_whitespace().map(|w| w.parse::<f64>().map_err(|_| wrong())).collect()
    };
    match key {
        "type" => {
            header.sample = Some(match value {
                "uchar" | "unsigned char" | "uint8" | "uint8_t" => Sample::U8,
                "signed char" | "int8" | "int8_t" => Sample::I8,
                "ushort" | "unsigned short" | "unsigned short int" | "uint16" | "uint16_t" => Sample::U16,
                "short" | "short int" | "signed short" | "signed short int" | "int16" | "int16_t" => Sample::I16,
                "uint" | "unsigned int" | "uint32" | "uint32_t" => Sample::U32,
                "int" | "signed int" | "int32" | "int32_t" => Sample::I32,
                "ulonglong" | "unsigned long long" | "uint64" | "uint64_t" => Sample::U64,
                "longlong" | "long long" | "int64" | "int64_t" => Sample::I64,
                "float" => Sample::F32,
                "double" => Sample::F64,
                _ => {
                    return Err(InputError::new(
                        InputErrorKind::Unsupported,
                        format!("holds values of type `{value}`"),
                    ));
                }
            });
        }
        "dimension" => header.dimension = Some(value.parse().map_err(|_| wrong())?),
        "sizes" => {
            header.size = value.split_whitespace().map(|w| w.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
        }
        "encoding" => header.encoding = Some(value.to_ascii_lowercase()),
        "endian" => {
            header.endian = Some(match value {
                "little" => Endian::Little,
                "big" => Endian::Big,
                _ => return Err(wrong()),
            });
        }
        "spacings" => header.spacings = Some(numbers(value)?),
        "space directions" => {
            let (mut lengths, mut directions) = (Vec::new(), Vec::new());
            for vector in value.split(')').map(str::trim).filter(|v| !v.is_empty()) {
                // An axis that is none of space has no direction.
                let vector = vector.replace("none", "").replace(['(', ','], " ");
                if vector.trim().is_empty() {
                    continue;
                }
                let v = numbers(&vector)?;
                lengths.push(v.iter().map(|c| c * c).sum::<f64>().sqrt());
                directions.extend(<[f64; 3]>::try_from(v).map(V3::from));
            }
            header.directions = directions.try_into().ok();
            header.spacings = Some(lengths);
        }
        "space" => {
            header.space = match value.to_ascii_lowercase().as_str() {
                "left-posterior-superior" | "lps" => Space::Lps,
                "right-anterior-superior" | "ras" => Space::Ras,
                "left-anterior-superior" | "las" => Space::Las,
                _ => Space::Unsaid,
            };
        }
        "space origin" => header.origin = Some(numbers(&value.trim_matches(['(', ')']).replace(',', " "))?),
        "space units" | "units" => {
            // A unit of no meaning for lengths is as good as none.
            header.units =
                value.split('"').map(str::trim).filter(|u| !u.is_empty()).filter_map(|u| u.parse().ok()).collect();
        }
        "data file" | "datafile" => header.data_file = Some(value.to_owned()),
        "line skip" | "lineskip" => header.line_skip = value.parse().map_err(|_| wrong())?,
        "byte skip" | "byteskip" => header.byte_skip = value.parse().map_err(|_| wrong())?,
        _ => {}
    }
    Ok(())
}

/// Unpacks no more than is needed, and a byte: the end of what is packed tells whether it is whole.
fn unpack(reader: impl std::io::Read, needed: usize, skip: i64, limits: &Limits) -> Result<Vec<u8>, InputError> {
    let most =
        if skip < 0 { limits.memory } else { (needed as u64).saturating_add(skip.unsigned_abs()).saturating_add(1) };
    limits.check("the volume with what it skips", most, 1)?;
    let mut bytes = Vec::new();
    reader.take(most).read_to_end(&mut bytes).map_err(|e| {
        InputError::new(InputErrorKind::Truncated, format!("has packed voxels that cannot be unpacked: {e}"))
            .remedy("copy or export the file again")
    })?;
    Ok(bytes)
}

fn text(body: &[u8], count: usize) -> Result<Levels, InputError> {
    let text = String::from_utf8_lossy(body);
    let mut values = Vec::new();
    for word in text.split([' ', '\t', '\r', '\n', ',']).filter(|w| !w.is_empty()).take(count) {
        let value: f32 = word.parse().map_err(|_| {
            InputError::new(InputErrorKind::Malformed, format!("`{word}` among the voxels is no number"))
        })?;
        values.push(value);
    }
    if values.len() < count {
        return Err(InputError::new(
            InputErrorKind::Truncated,
            format!("holds {} voxels where {count} belong", values.len()),
        ));
    }
    let levels = Levels::F32(values);
    super::samples::finite(&levels)?;
    Ok(levels)
}

fn hex(body: &[u8], needed: usize) -> Result<Vec<u8>, InputError> {
    let digits: Vec<u8> =
        body.iter().copied().filter(|b| !b.is_ascii_whitespace()).take(needed.saturating_mul(2)).collect();
    digits
        .chunks(2)
        .map(|pair| {
            std::str::from_utf8(pair).ok().and_then(|p| u8::from_str_radix(p, 16).ok()).ok_or_else(|| {
                InputError::new(InputErrorKind::Malformed, "has voxels that are no hexadecimal digits".to_owned())
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    fn nrrd(fields: &str, body: &[u8]) -> Vec<u8> {
        let mut data = format!("NRRD0004\n# a comment\n{fields}\n\n").into_bytes();
        data.extend(body);
        data
    }

    const FIELDS: &str = "type: uchar\ndimension: 3\nsizes: 2 3 4\nencoding: raw\nspacings: 0.5 0.5 1.5";

    fn volume(data: &[u8]) -> (Volume, Option<FileSpacing>) {
        match read(data, Path::new(""), &LIMITS).unwrap().0 {
            Content::Volume { volume, spacing, .. } => (volume, spacing),
            Content::Mesh { .. } => panic!(),
        }
    }

    #[test]
    fn every_encoding_gives_the_same_voxels() {
        let raw: Vec<u8> = (0..24).collect();
        let expected = Volume { size: [2, 3, 4], levels: Levels::U8(raw.clone()) };
        assert_eq!(volume(&nrrd(FIELDS, &raw)).0, expected);
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gz.write_all(&raw).unwrap();
        assert_eq!(volume(&nrrd(&FIELDS.replace("raw", "gzip"), &gz.finish().unwrap())).0, expected);
        let mut bz = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::default());
        bz.write_all(&raw).unwrap();
        assert_eq!(volume(&nrrd(&FIELDS.replace("raw", "bzip2"), &bz.finish().unwrap())).0, expected);
        let hex: String = raw.iter().map(|b| format!("{b:02x} ")).collect();
        assert_eq!(volume(&nrrd(&FIELDS.replace("raw", "hex"), hex.as_bytes())).0, expected);
        let ascii: String = raw.iter().map(|b| format!("{b}\n")).collect();
        let read = volume(&nrrd(&FIELDS.replace("raw", "ascii"), ascii.as_bytes())).0;
        assert!((0..24).all(|i| read.levels.get(i) == i as f32));
        let mut skipped = vec![9; 5];
        skipped.extend(&raw);
        assert_eq!(volume(&nrrd(&format!("{FIELDS}\nbyte skip: -1"), &skipped)).0, expected);
        assert_eq!(volume(&nrrd(&format!("{FIELDS}\nbyte skip: 5"), &skipped)).0, expected);
    }

    #[test]
    fn spacing_and_unit_come_from_the_file() {
        let body = [0; 24];
        assert_eq!(volume(&nrrd(FIELDS, &body)).1, Some(FileSpacing { spacing: [0.5, 0.5, 1.5], unit: None }));
        let directions = FIELDS.replace(
            "spacings: 0.5 0.5 1.5",
            "space directions: (0.3,0.4,0) (0,0.004,0) (0,0,-2)\nspace units: \"mm\" \"mm\" \"mm\"\nspace origin: (10,20,30)",
        );
        let Content::Volume { place: Place { origin, .. }, .. } =
            read(&nrrd(&directions, &body), Path::new(""), &LIMITS).unwrap().0
        else {
            panic!("a volume")
        };
        assert!((origin[0] - 22.0).abs() < 1e-12 && origin[1..] == [20.0, -30.0], "{origin:?}");
        let spacing = volume(&nrrd(&directions, &body)).1.unwrap();
        assert!((spacing.spacing[0] - 0.5).abs() < 1e-12);
        assert_eq!((spacing.spacing[1], spacing.spacing[2], spacing.unit), (0.004, 2.0, Some(LengthUnit::Millimetre)));
    }

    #[test]
    fn broken_files_are_refused() {
        let kind = |fields: &str, n: usize| read(&nrrd(fields, &vec![0; n]), Path::new(""), &LIMITS).unwrap_err().kind;
        assert_eq!(kind(FIELDS, 23), InputErrorKind::Truncated);
        assert_eq!(kind(&FIELDS.replace("2 3 4", "2000000 3000000 4"), 24), InputErrorKind::TooLarge);
        assert_eq!(kind(&FIELDS.replace("dimension: 3", "dimension: 4"), 24), InputErrorKind::Unsupported);
        let four = format!(
            "{}\nspace directions: none (1,0,0) (0,1,0) (0,0,1) none",
            FIELDS.replace("dimension: 3", "dimension: 4")
        );
        assert_eq!(kind(&four, 24), InputErrorKind::Unsupported);
        assert_eq!(kind(&FIELDS.replace("raw", "zstd"), 24), InputErrorKind::Unsupported);
        assert_eq!(kind(&FIELDS.replace("raw", "gzip"), 24), InputErrorKind::Truncated);
        assert_eq!(kind(&FIELDS.replace("sizes: 2 3 4", "sizes: 2 x 4"), 24), InputErrorKind::Malformed);
        assert_eq!(kind(&FIELDS.replace("uchar", "short"), 48), InputErrorKind::Malformed);
        // What is skipped is unpacked too, so it counts: this fills more than may be used.
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut gzip, &vec![0; LIMITS.memory as usize + 1]).unwrap();
        let bomb =
            nrrd(&format!("{}\nbyte skip: 999999999999", FIELDS.replace("raw", "gzip")), &gzip.finish().unwrap());
        assert_eq!(read(&bomb, Path::new(""), &LIMITS).unwrap_err().kind, InputErrorKind::TooLarge);
        let whole = nrrd(FIELDS, &[0; 24]);
        for n in 0..whole.len() {
            assert!(read(&whole[..n], Path::new(""), &LIMITS).is_err(), "cut at {n}");
        }
    }
}
