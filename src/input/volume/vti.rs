//! VTI, the XML image data of VTK: one piece, values at points or in cells, as text, base64 or raw bytes, within the
//! element or appended, also packed by zlib, in either byte order. x runs fastest; spacing has no unit.
//!
//! Format: <https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html>.

use std::collections::BTreeMap;
use std::io::Read as _;

use base64::Engine as _;
use quick_xml::events::Event;
use quick_xml::reader::Reader;

use super::placing::Place;
use super::samples::{Endian, Sample, decode, finite, voxels};
use super::vtk;
use crate::grid::{Levels, Lie, Space, Volume};
use crate::input::{Content, InputError, InputErrorKind, Read};
use crate::limits::Limits;
use crate::mesh::V3;

/// Whether the file begins as XML of VTK.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    let start = String::from_utf8_lossy(&data[..data.len().min(1024)]);
    let start = start.trim_start_matches('\u{feff}').trim_start();
    (start.starts_with("<?xml") || start.starts_with("<VTKFile")) && start.contains("<VTKFile")
}

type Attributes = BTreeMap<String, String>;

/// An array as its element describes it.
struct Array {
    attributes: Attributes,
    cells: bool,
    /// The text within the element.
    text: String,
}

/// The part of the file that is XML, looked through.
#[derive(Default)]
struct Document {
    file: Attributes,
    image: Option<Attributes>,
    pieces: Vec<Attributes>,
    arrays: Vec<Array>,
    /// The names of the arrays that are marked as the scalars, of points and of cells.
    active: [Option<String>; 2],
}

fn malformed(what: impl Into<String>) -> InputError {
    InputError::new(InputErrorKind::Malformed, what.into()).remedy("save the volume again")
}

fn unsupported(what: impl Into<String>, remedy: &str) -> InputError {
    InputError::new(InputErrorKind::Unsupported, what.into()).remedy(remedy)
}

fn truncated(what: &str) -> InputError {
    InputError::new(InputErrorKind::Truncated, what.to_owned()).remedy("copy or export the file again")
}

/// Reads a volume.
///
/// # Errors
/// When the XML is broken, describes no single grid of numbers, or the voxels are cut short.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    // Appended raw bytes are no XML: it ends where they begin.
    let appended = data.windows(13).position(|w| w == b"<AppendedData");
    let text = std::str::from_utf8(&data[..appended.unwrap_or(data.len())])
        .map_err(|e| malformed("is no text where XML belongs").at(format!("byte {}", e.valid_up_to())))?;
    let document = parse(text, appended.is_some())?;
    let kind = document.file.get("type").map_or("", String::as_str);
    let image = document.image.as_ref().filter(|_| kind == "ImageData").ok_or_else(|| {
        unsupported(format!("is a VTK file of the kind `{kind}`, not ImageData"), "save the volume as ImageData (.vti)")
    })?;
    let [piece] = &document.pieces[..] else {
        return Err(unsupported(format!("has {} pieces", document.pieces.len()), "save it as one piece"));
    };
    let extent = numbers(piece.get("Extent").or_else(|| image.get("WholeExtent")), "Extent")?;
    let extent: [f64; 6] = extent[..].try_into().map_err(|_| malformed("`Extent` has not six numbers"))?;
    let array = choose(&document)?;
    let mut size = [0usize; 3];
    for a in 0..3 {
        let span = extent[2 * a + 1] - extent[2 * a] + if array.cells { 0.0 } else { 1.0 };
        if !(span.fract() == 0.0 && (0.0..1e9).contains(&span)) {
            return Err(malformed(format!("has the extent {} to {} along an axis", extent[2 * a], extent[2 * a + 1])));
        }
        size[a] = span as usize;
    }
    let count = voxels(size, limits)?;
    let levels = levels(array, &document, appended.map(|at| &data[at..]), count, limits)?;
    let three = |key: &str, default: f64| -> Result<[f64; 3], InputError> {
        let Some(text) = image.get(key) else { return Ok([default; 3]) };
        numbers(Some(text), key)?[..].try_into().map_err(|_| malformed(format!("`{key}` has not three numbers")))
    };
    let (spacing, corner) = (three("Spacing", 1.0)?, three("Origin", 0.0)?);
    let (spacing, notes) = vtk::spacing(spacing)?;
    let step = spacing.map_or([1.0; 3], |s| s.spacing);
    let half = if array.cells { 0.5 } else { 0.0 };
    let mut place = Place::along(corner.into(), directions(image)?, Space::Unsaid);
    for a in 0..3 {
        place.origin[a] += (extent[2 * a] + half) * step[a];
    }
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place }, notes))
}

/// The directions of the axes, the columns of `Direction`; none where they are those of the coordinates, as they are in
/// files of programs that know of no others.
fn directions(image: &Attributes) -> Result<Option<[V3; 3]>, InputError> {
    let Some(text) = image.get("Direction") else { return Ok(None) };
    let rows: [f64; 9] =
        numbers(Some(text), "Direction")?[..].try_into().map_err(|_| malformed("`Direction` has not nine numbers"))?;
    let matrix = nalgebra::Matrix3::from_row_slice(&rows);
    if matrix.column_iter().any(|column| column.norm() == 0.0) {
        return Err(malformed("`Direction` has an axis of no length"));
    }
    let axes = std::array::from_fn(|a| matrix.column(a).into_owned());
    Ok((axes != Lie::PLAIN.axes).then_some(axes))
}

fn numbers(text: Option<&String>, key: &str) -> Result<Vec<f64>, InputError> {
    let text = text.ok_or_else(|| malformed(format!("`{key}` is missing")))?;
    let number = |w: &str| w.parse::<f64>().ok().filter(|v| v.is_finite());
    text.split_whitespace()
        .map(|w| number(w).ok_or_else(|| malformed(format!("`{key}` holds `{w}`, which is no number"))))
        .collect()
}

fn parse(text: &str, appended: bool) -> Result<Document, InputError> {
    let mut reader = Reader::from_str(text);
    let mut document = Document::default();
    let mut path: Vec<String> = Vec::new();
    loop {
        let at = reader.buffer_position();
        let broken = |e: &dyn std::fmt::Display| malformed(format!("is no whole XML: {e}")).at(format!("byte {at}"));
        let event = reader.read_event().map_err(|e| broken(&e))?;
        let (start, empty) = match event {
            Event::Start(start) => (start, false),
            Event::Empty(start) => (start, true),
            Event::End(_) => {
                path.pop();
                continue;
            }
            Event::Text(text) => {
                if path.last().is_some_and(|p| p == "DataArray")
                    && let Some(array) = document.arrays.last_mut()
                {
                    array.text.push_str(&text.decode().map_err(|e| broken(&e))?);
                }
                continue;
            }
            Event::DocType(_) => return Err(malformed("has a document type definition")),
            Event::Eof if path.is_empty() || appended => return Ok(document),
            Event::Eof => return Err(truncated("ends within its XML").at(format!("byte {at}"))),
            _ => continue,
        };
        let name = String::from_utf8_lossy(start.name().into_inner()).into_owned();
        let mut attributes = Attributes::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|e| broken(&e))?;
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(|e| broken(&e))?;
            attributes.insert(String::from_utf8_lossy(attribute.key.into_inner()).into_owned(), value.into_owned());
        }
        let parent = path.last().map_or("", String::as_str);
        match (parent, &*name) {
            ("", "VTKFile") => document.file = attributes,
            ("VTKFile", "ImageData") => document.image = Some(attributes),
            ("ImageData", "Piece") => document.pieces.push(attributes),
            ("Piece", "PointData" | "CellData") => {
                document.active[usize::from(name == "CellData")] = attributes.remove("Scalars");
            }
            ("PointData" | "CellData", "DataArray") => {
                document.arrays.push(Array { attributes, cells: parent == "CellData", text: String::new() });
            }
            _ => {}
        }
        if !empty {
            path.push(name);
        }
    }
}

/// The array that is meant: the one that is marked as the scalars, or the only one of a single component.
fn choose(document: &Document) -> Result<&Array, InputError> {
    let name = |a: &Array| a.attributes.get("Name").cloned().unwrap_or_default();
    let single: Vec<&Array> = document
        .arrays
        .iter()
        .filter(|a| a.attributes.get("NumberOfComponents").is_none_or(|n| n.trim() == "1"))
        .collect();
    let marked: Vec<&&Array> =
        single.iter().filter(|a| document.active[usize::from(a.cells)] == Some(name(a))).collect();
    match (&single[..], &marked[..]) {
        ([only], _) => Ok(only),
        (_, [marked]) => Ok(marked),
        ([], _) => Err(unsupported("has no array of single numbers", "save one grey or label value a voxel")),
        _ => {
            let names: Vec<String> = single.iter().map(|a| format!("`{}`", name(a))).collect();
            Err(unsupported(format!("holds several volumes: {}", names.join(", ")), "save the one that is meant"))
        }
    }
}

fn levels(
    array: &Array,
    document: &Document,
    appended: Option<&[u8]>,
    count: usize,
    limits: &Limits,
) -> Result<Levels, InputError> {
    let kind = array.attributes.get("type").map_or("", String::as_str);
    let sample = match kind {
        "UInt8" => Sample::U8,
        "Int8" => Sample::I8,
        "UInt16" => Sample::U16,
        "Int16" => Sample::I16,
        "UInt32" => Sample::U32,
        "Int32" => Sample::I32,
        "UInt64" => Sample::U64,
        "Int64" => Sample::I64,
        "Float32" => Sample::F32,
        "Float64" => Sample::F64,
        other => return Err(unsupported(format!("holds values of the type `{other}`"), "save integers or floats")),
    };
    let needed = count * sample.bytes();
    let format = array.attributes.get("format").map_or("ascii", String::as_str);
    let bytes = match format {
        "ascii" => {
            let mut values = limits.try_vec("the volume", 0, 0f32)?;
            for word in array.text.split_ascii_whitespace().take(count) {
                let value = word.parse::<f64>().map_err(|_| malformed(format!("`{word}` is no number")))?;
                values.push(value as f32);
            }
            return of_numbers(values, sample, count);
        }
        "binary" => block(&unbase64(array.text.as_bytes())?, document, needed, limits)?,
        "appended" => {
            let section = appended.ok_or_else(|| truncated("ends before its appended data"))?;
            let head =
                section.iter().position(|b| *b == b'>').ok_or_else(|| truncated("ends before its appended data"))?;
            let raw = String::from_utf8_lossy(&section[..head]).contains("\"raw\"");
            let mark = section[head..].iter().position(|b| *b == b'_');
            let start = head + mark.ok_or_else(|| truncated("ends before its appended data"))? + 1;
            let offset = array.attributes.get("offset").and_then(|o| o.trim().parse::<usize>().ok());
            let offset = offset.ok_or_else(|| malformed("an appended array lacks its `offset`"))?;
            let body = section.get(start.saturating_add(offset)..).ok_or_else(|| truncated("ends before an array"))?;
            if raw {
                block(body, document, needed, limits)?
            } else {
                let end = body.iter().position(|b| *b == b'<').unwrap_or(body.len());
                block(&unbase64(&body[..end])?, document, needed, limits)?
            }
        }
        other => return Err(unsupported(format!("holds its values as `{other}`"), "save them as binary")),
    };
    let endian = match document.file.get("byte_order").map(String::as_str) {
        Some("BigEndian") => Endian::Big,
        Some("LittleEndian") => Endian::Little,
        _ => return Err(malformed("`byte_order` is missing")),
    };
    decode(&bytes, sample, endian, count, limits)
}

/// Numbers of text in the type that the file gives them.
pub(super) fn of_numbers(values: Vec<f32>, sample: Sample, count: usize) -> Result<Levels, InputError> {
    if values.len() < count {
        return Err(truncated(&format!("holds {} values where {count} belong", values.len())));
    }
    let whole = |most: f32| values.iter().all(|v| v.fract() == 0.0 && (0.0..=most).contains(v));
    let levels = match sample {
        Sample::U8 if whole(255.0) => Levels::U8(values.iter().map(|v| *v as u8).collect()),
        Sample::U16 if whole(65535.0) => Levels::U16(values.iter().map(|v| *v as u16).collect()),
        _ => Levels::F32(values),
    };
    finite(&levels)?;
    Ok(levels)
}

/// Bytes of base64, which may consist of several runs that each end in padding.
fn unbase64(text: &[u8]) -> Result<Vec<u8>, InputError> {
    let clean: Vec<u8> = text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
    let mut out = Vec::new();
    let mut rest = &clean[..];
    while !rest.is_empty() {
        let end = rest.iter().position(|b| *b == b'=').map_or(rest.len(), |at| (at / 4 + 1) * 4).min(rest.len());
        let run = &rest[..end / 4 * 4];
        if run.is_empty() {
            return Err(truncated("ends within its base64"));
        }
        base64::engine::general_purpose::STANDARD
            .decode_vec(run, &mut out)
            .map_err(|e| malformed(format!("holds broken base64: {e}")))?;
        rest = &rest[end..];
    }
    Ok(out)
}

/// The values of a block: behind its length or, where the file packs them, behind the lengths of its packed pieces.
fn block(data: &[u8], document: &Document, needed: usize, limits: &Limits) -> Result<Vec<u8>, InputError> {
    let wide = document.file.get("header_type").is_some_and(|t| t == "UInt64");
    let big = document.file.get("byte_order").is_some_and(|o| o == "BigEndian");
    let width = if wide { 8 } else { 4 };
    let length = |k: usize| -> Result<usize, InputError> {
        let bytes =
            data.get(k * width..(k + 1) * width).ok_or_else(|| truncated("ends within the lengths of its data"))?;
        let fold = |n: u64, b: &u8| n << 8 | u64::from(*b);
        let value = if big { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) };
        usize::try_from(value).map_err(|_| malformed("says that its data has more bytes than there can be"))
    };
    let Some(compressor) = document.file.get("compressor").filter(|c| !c.is_empty()) else {
        let held = length(0)?;
        if held != needed {
            return Err(malformed(format!("holds {held} bytes of voxels where {needed} belong")));
        }
        let body = data.get(width..width.saturating_add(needed));
        return body.map(<[u8]>::to_vec).ok_or_else(|| truncated("ends within its voxels"));
    };
    if compressor != "vtkZLibDataCompressor" {
        return Err(unsupported(format!("is packed by `{compressor}`"), "save it packed by zlib, or not packed"));
    }
    let pieces = length(0)?;
    if pieces > data.len() / width {
        return Err(truncated("ends within the lengths of its data"));
    }
    limits.check("the volume", needed as u64, 1)?;
    let mut out = Vec::new();
    let mut at = (3 + pieces) * width;
    for k in 0..pieces {
        let packed = at.checked_add(length(3 + k)?).and_then(|end| data.get(at..end));
        let packed = packed.ok_or_else(|| truncated("ends within its voxels"))?;
        at += packed.len();
        flate2::read::ZlibDecoder::new(packed)
            .take((needed - out.len().min(needed)) as u64 + 1)
            .read_to_end(&mut out)
            .map_err(|e| malformed(format!("its packed voxels are broken: {e}")))?;
    }
    if out.len() != needed {
        return Err(malformed(format!("holds {} bytes of voxels where {needed} belong", out.len())));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    /// Values 0 to 23 in 2 × 3 × 4 cells or points, around an array and what follows it.
    fn file(head: &str, cells: bool, array: &str, body: &[u8], tail: &[u8]) -> Vec<u8> {
        let (kind, extent) = if cells { ("CellData", "0 2 0 3 0 4") } else { ("PointData", "0 1 0 2 0 3") };
        let mut data = format!(
            "<?xml version=\"1.0\"?>\n<VTKFile type=\"ImageData\" version=\"1.0\" {head}>\n<ImageData WholeExtent=\"{extent}\" \
             Origin=\"5 6 7\" Spacing=\"0.01 0.01 0.02\">\n<Piece Extent=\"{extent}\">\n<{kind} Scalars=\"im\">\n\
             <DataArray Name=\"im\" {array}>"
        )
        .into_bytes();
        data.extend(body);
        data.extend(format!("</DataArray>\n</{kind}>\n</Piece>\n</ImageData>\n").as_bytes());
        data.extend(tail);
        data.extend(b"\n</VTKFile>\n");
        data
    }

    fn base64(data: &[u8]) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.encode(data).into_bytes()
    }

    fn variants() -> Vec<Vec<u8>> {
        let little: Vec<u8> = (0..24i16).flat_map(i16::to_le_bytes).collect();
        let big: Vec<u8> = (0..24i16).flat_map(i16::to_be_bytes).collect();
        let mut plain = 48u32.to_le_bytes().to_vec();
        plain.extend(&little);
        let mut wide = 48u64.to_be_bytes().to_vec();
        wide.extend(&big);
        let pack = |data: &[u8]| {
            let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(data).unwrap();
            packer.finish().unwrap()
        };
        let (one, two) = (pack(&little[..32]), pack(&little[32..]));
        let lengths: Vec<u8> =
            [2, 32, 16, one.len() as u32, two.len() as u32].iter().flat_map(|n| n.to_le_bytes()).collect();
        let joined = [&one[..], &two].concat();
        let text: String = (0..24).map(|i| format!("{i} ")).collect();
        let le = "byte_order=\"LittleEndian\" header_type=\"UInt32\"";
        let packed = format!("{le} compressor=\"vtkZLibDataCompressor\"");
        let i16 = |format: &str| format!("type=\"Int16\" format=\"{format}\"");
        let raw = [b"<AppendedData encoding=\"raw\">\n_", &plain[..], b"\n</AppendedData>"].concat();
        let coded = [b"<AppendedData encoding=\"base64\">\n_", &base64(&plain)[..], b"\n</AppendedData>"].concat();
        vec![
            file(le, false, &i16("ascii"), text.as_bytes(), b""),
            file(le, true, &i16("binary"), &base64(&plain), b""),
            file("byte_order=\"BigEndian\" header_type=\"UInt64\"", false, &i16("binary"), &base64(&wide), b""),
            file(&packed, true, &i16("binary"), &[base64(&lengths), base64(&joined)].concat(), b""),
            file(le, false, &format!("{} offset=\"0\"", i16("appended")), b"", &raw),
            file(le, false, &format!("{} offset=\"0\"", i16("appended")), b"", &coded),
        ]
    }

    #[test]
    fn every_way_of_holding_the_values_gives_the_same() {
        for (k, data) in variants().iter().enumerate() {
            assert!(looks_like(data));
            let Content::Volume { volume, spacing, place: Place { origin, .. } } = read(data, &LIMITS).unwrap().0
            else {
                panic!("a volume")
            };
            assert_eq!(volume.size, [2, 3, 4], "{k}");
            assert!((0..24).all(|i| volume.levels.get(i) == i as f32), "{k}");
            assert_eq!(spacing.unwrap().spacing, [0.01, 0.01, 0.02]);
            // Cells lie half a step beyond the corner.
            assert!((origin[0] - if k == 1 || k == 3 { 5.005 } else { 5.0 }).abs() < 1e-12, "{k}");
        }
    }

    #[test]
    fn what_is_cut_or_wrong_is_refused() {
        for (k, data) in variants().iter().enumerate() {
            for n in 0..data.len() - 50 {
                if let Ok((Content::Volume { volume, .. }, _)) = read(&data[..n], &LIMITS) {
                    // Only what follows the appended voxels may be missing.
                    assert!(k > 3 && volume.levels.get(23) == 23.0, "{k} cut at {n}");
                }
            }
        }
        let text = String::from_utf8(variants().remove(0)).unwrap();
        for (from, to, kind) in [
            ("ImageData", "PolyData", InputErrorKind::Unsupported),
            ("WholeExtent=\"0 1 0 2 0 3\"", "", InputErrorKind::Malformed),
            ("Extent=\"0 1", "Extent=\"0 99999999", InputErrorKind::TooLarge),
            ("Extent=\"0 1", "Extent=\"0 nan", InputErrorKind::Malformed),
            ("0.01 0.01", "0 0.01", InputErrorKind::Malformed),
            ("Spacing=", "Direction=\"1 0 0 0 1 0 0 0\" Spacing=", InputErrorKind::Malformed),
            ("Spacing=", "Direction=\"1 0 0 0 1 0 0 0 0\" Spacing=", InputErrorKind::Malformed),
            (">0 1 ", ">0 nan ", InputErrorKind::NonFinite),
            ("Int16", "Bit", InputErrorKind::Unsupported),
            ("Name=", "NumberOfComponents=\"3\" Name=", InputErrorKind::Unsupported),
        ] {
            let changed = if from.starts_with("Whole") {
                text.replace(from, to).replace("<Piece Extent=\"0 1 0 2 0 3\"", "<Piece")
            } else {
                text.replace(from, to)
            };
            assert_eq!(read(changed.as_bytes(), &LIMITS).unwrap_err().kind, kind, "{from}");
        }
        let unset = text.replace("0.01 0.01 0.02", "1 1 1");
        let (Content::Volume { spacing, .. }, notes) = read(unset.as_bytes(), &LIMITS).unwrap() else {
            panic!("a volume")
        };
        assert_eq!((spacing, notes[0].kind), (None, "file.no_spacing"));
    }
}
