//! MetaImage (`.mha`, `.mhd`): lines `Key = value`, then the voxels in the same file (`ElementDataFile = LOCAL`) or in
//! another one beside it, raw or packed by zlib, x fastest. Spacing has no unit.
//!
//! Format: <https://itk.org/Wiki/ITK/MetaIO/Documentation>.

use std::io::Read as _;
use std::path::Path;

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::{Space, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Read};
use crate::limits::Limits;
use crate::mesh::V3;

/// Keys that a file of the format begins with.
const FIRST: [&str; 4] = ["ObjectType", "NDims", "Comment", "ObjectSubType"];

/// Whether the file begins as a MetaImage does.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&data[..data.len().min(64)]);
    FIRST.iter().any(|key| start.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with('=')))
}

/// Whether the voxels are in the same file; a broken header counts as such.
#[must_use]
pub(in crate::input) fn stands_alone(data: &[u8]) -> bool {
    header(data).map_or(true, |(fields, _)| fields.get("ElementDataFile").is_none_or(|f| f == "LOCAL"))
}

type Fields = std::collections::BTreeMap<String, String>;

fn malformed(what: String) -> InputError {
    InputError::new(InputErrorKind::Malformed, what).remedy("save the volume again")
}

/// The fields up to the data file, and where the voxels begin.
fn header(data: &[u8]) -> Result<(Fields, usize), InputError> {
    let mut fields = Fields::new();
    let mut at = 0;
    for number in 1.. {
        let Some(end) = data[at..].iter().take(100_000).position(|b| *b == b'\n') else { break };
        let line = String::from_utf8_lossy(&data[at..at + end]).trim().to_owned();
        at += end + 1;
        if line.is_empty() {
            continue;
        }
        let (key, value) = line
            .split_once('=')
            .ok_or_else(|| malformed(format!("`{line}` is no line of the header")).at(format!("line {number}")))?;
        let key = key.trim().to_owned();
        fields.insert(key.clone(), value.trim().to_owned());
        if key == "ElementDataFile" {
            return Ok((fields, at));
        }
    }
    // The last line may lack its end.
    let rest = String::from_utf8_lossy(&data[at..]);
    if let Some((key, value)) = rest.split_once('=').filter(|(key, _)| key.trim() == "ElementDataFile") {
        fields.insert(key.trim().to_owned(), value.trim().to_owned());
        return Ok((fields, data.len()));
    }
    Err(InputError::new(InputErrorKind::Truncated, "ends before `ElementDataFile`".to_owned())
        .remedy("copy the file again"))
}

/// Reads a volume; a detached data file is looked for in `folder`.
///
/// # Errors
/// When the header is broken or asks for something that is not read, or the voxels are cut short.
pub fn read(data: &[u8], folder: &Path, limits: &Limits) -> Read {
    let (fields, start) = header(data)?;
    let field = |key: &str| fields.get(key).map(String::as_str);
    let numbers = |key: &str| -> Result<Option<Vec<f64>>, InputError> {
        field(key)
            .map(|text| {
                text.split_whitespace()
                    .map(|w| w.parse().map_err(|_| malformed(format!("`{key} = {text}` holds no numbers"))))
                    .collect()
            })
            .transpose()
    };
    let unsupported = |what: String, remedy: &str| InputError::new(InputErrorKind::Unsupported, what).remedy(remedy);
    if field("NDims") != Some("3") {
        return Err(unsupported(
            format!("has {} dimensions, not 3", field("NDims").unwrap_or("no")),
            "save one three-dimensional volume",
        ));
    }
    if field("ElementNumberOfChannels").is_some_and(|n| n != "1") {
        return Err(unsupported("has several channels".to_owned(), "save one channel"));
    }
    let size: Vec<usize> = field("DimSize")
        .unwrap_or("")
        .split_whitespace()
        .map(|w| w.parse().map_err(|_| malformed(format!("`DimSize` holds `{w}`"))))
        .collect::<Result<_, _>>()?;
    let size: [usize; 3] = size[..].try_into().map_err(|_| malformed("`DimSize` has not three numbers".to_owned()))?;
    let sample = match field("ElementType").unwrap_or("") {
        "MET_UCHAR" => Sample::U8,
        "MET_CHAR" => Sample::I8,
        "MET_USHORT" => Sample::U16,
        "MET_SHORT" => Sample::I16,
        "MET_UINT" | "MET_ULONG" => Sample::U32,
        "MET_INT" | "MET_LONG" => Sample::I32,
        "MET_ULONG_LONG" => Sample::U64,
        "MET_LONG_LONG" => Sample::I64,
        "MET_FLOAT" => Sample::F32,
        "MET_DOUBLE" => Sample::F64,
        other => return Err(unsupported(format!("holds values of the type `{other}`"), "save integers or floats")),
    };
    let yes = |key: &str| field(key).is_some_and(|v| v.eq_ignore_ascii_case("true"));
    if field("BinaryData").is_some_and(|v| v.eq_ignore_ascii_case("false")) {
        return Err(unsupported("holds its voxels as text".to_owned(), "save it as binary data"));
    }
    let endian = if yes("BinaryDataByteOrderMSB") || yes("ElementByteOrderMSB") { Endian::Big } else { Endian::Little };
    let count = voxels(size, limits)?;
    let needed = count * sample.bytes();
    let name = field("ElementDataFile").unwrap_or("LOCAL");
    let detached;
    let mut body = if name == "LOCAL" {
        &data[start..]
    } else {
        detached = super::detached(folder, name)?;
        &detached[..]
    };
    let unpacked;
    if yes("CompressedData") {
        let mut out = Vec::new();
        flate2::read::ZlibDecoder::new(body)
            .take(needed as u64 + 1)
            .read_to_end(&mut out)
            .map_err(|e| malformed(format!("its packed voxels are broken: {e}")))?;
        unpacked = out;
        body = &unpacked[..];
    } else if let Some(skip) = field("HeaderSize") {
        let skip: i64 = skip.parse().map_err(|_| malformed(format!("`HeaderSize = {skip}`")))?;
        body = match usize::try_from(skip) {
            Ok(skip) => body.get(skip..).unwrap_or(&[]),
            // -1: the voxels are the last bytes.
            Err(_) => body.len().checked_sub(needed).map_or(body, |from| &body[from..]),
        };
    }
    let levels = decode(body, sample, endian, count, limits)?;
    let spacing = numbers("ElementSpacing")?.or(numbers("ElementSize")?);
    let spacing = match spacing.as_deref() {
        None => None,
        Some(&[x, y, z]) if [x, y, z].iter().all(|s| s.is_finite() && *s > 0.0) => {
            Some(FileSpacing { spacing: [x, y, z], unit: None })
        }
        Some(_) => return Err(malformed("`ElementSpacing` has not three positive numbers".to_owned())),
    };
    let matrix = numbers("TransformMatrix")?.or(numbers("Rotation")?).or(numbers("Orientation")?);
    let directions = match matrix.as_deref() {
        Some(&[a, b, c, d, e, f, g, h, i]) => Some([V3::new(a, b, c), V3::new(d, e, f), V3::new(g, h, i)]),
        _ => None,
    };
    let origin = numbers("Offset")?.or(numbers("Origin")?).or(numbers("Position")?);
    let origin = match origin.as_deref() {
        Some(&[x, y, z]) => [x, y, z],
        _ => [0.0; 3],
    };
    let place = Place::along(origin.into(), directions, Space::Lps);
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place }, Vec::new()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn file(extra: &str, body: &[u8]) -> Vec<u8> {
        let mut data = format!(
            "ObjectType = Image\nNDims = 3\n{extra}ElementSpacing = 0.01 0.01 0.02\nDimSize = 2 3 4\n\
             ElementType = MET_SHORT\nElementDataFile = LOCAL\n"
        )
        .into_bytes();
        data.extend(body);
        data
    }

    #[test]
    fn raw_and_packed_voxels_are_read_and_cuts_refused() {
        let limits = Limits { memory: 1 << 20 };
        let body: Vec<u8> = (0..24i16).flat_map(|i| (i - 5).to_le_bytes()).collect();
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&body).unwrap();
        let packed = packer.finish().unwrap();
        let big: Vec<u8> = (0..24i16).flat_map(|i| (i - 5).to_be_bytes()).collect();
        for data in
            [file("", &body), file("CompressedData = True\n", &packed), file("BinaryDataByteOrderMSB = True\n", &big)]
        {
            assert!(looks_like(&data));
            let Content::Volume { volume, spacing, .. } = read(&data, Path::new(""), &limits).unwrap().0 else {
                panic!("a volume")
            };
            assert_eq!((volume.size, volume.levels.get(23)), ([2, 3, 4], 18.0));
            assert_eq!(spacing.unwrap().spacing, [0.01, 0.01, 0.02]);
            for n in 0..data.len() - 1 {
                assert!(read(&data[..n], Path::new(""), &limits).is_err(), "cut at {n}");
            }
        }
        let outside = String::from_utf8_lossy(&file("", &[])).replace("LOCAL", "../x.raw");
        assert_eq!(read(outside.as_bytes(), Path::new(""), &limits).unwrap_err().kind, InputErrorKind::Unsupported);
    }
}
