//! DICOM: a folder with one file a slice, or one file of many frames. Slices are sorted by where they lie along the
//! normal of their plane, whatever their names and numbers; values are scaled by slope and intercept; spacing is in
//! millimetres, that between slices taken from their positions.
//!
//! Standard: NEMA PS3 (ISO 12052). Read are the transfer syntaxes that do not pack the pixels, in either byte order, those
//! that pack the whole file (deflate) or each frame as runs (RLE), and of JPEG the lossless ones and those of eight bits;
//! the others, all of them pictures, are refused.

use std::borrow::Cow;
use std::io::{Cursor, Read as _};
use std::path::{Path, PathBuf};

use dicom_object::{DefaultDicomObject, InMemDicomObject, OpenFileOptions, Tag};

use super::dicom_jpeg::{self as pictures, LOSSLESS, LOSSY};
use super::dicom_lengths as lengths;
use super::dicom_pixels::{self as packing, BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, RUNS};
use super::placing::Place;
use super::samples::{finite, voxels};
use crate::grid::{Levels, Space, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::mesh::V3;
use crate::units::LengthUnit;

/// Relative difference of gaps, spacings and directions that counts as none.
const SAME: f64 = 0.01;

/// Whether the file begins as one of the format.
#[must_use]
pub fn looks_like(data: &[u8]) -> bool {
    data.get(128..132) == Some(b"DICM")
}

/// The files of the format in a folder, by name; other files are passed over.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    let unreadable = |e: std::io::Error| InputError::new(InputErrorKind::Unreadable, format!("cannot be read: {e}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let index = path.file_name().is_some_and(|n| n.eq_ignore_ascii_case("DICOMDIR"));
        if path.is_file() && !index {
            let mut start = Vec::new();
            let read = std::fs::File::open(&path).and_then(|file| file.take(132).read_to_end(&mut start));
            if read.is_ok() && looks_like(&start) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// A slice of a series.
struct Slice {
    name: String,
    position: Option<V3>,
    levels: Levels,
}

/// What all slices of a series have in common.
#[derive(Clone, PartialEq)]
struct Common {
    series: String,
    size: [usize; 2],
    spacing: Option<[f64; 2]>,
    /// Directions of rows and columns.
    directions: Option<[V3; 2]>,
    bits: (u16, u16, bool),
    between: Option<f64>,
    dark_is_high: bool,
    /// Whether packing has changed the values.
    lossy: bool,
}

fn wrong(kind: InputErrorKind, what: String, name: &str) -> InputError {
    InputError::new(kind, what).at(name)
}

/// An attribute of the file, or of the groups that all of its frames share.
fn floats(object: &InMemDicomObject, tag: Tag) -> Option<Vec<f64>> {
    if let Some(element) = object.get(tag) {
        return element.to_multi_float64().ok();
    }
    let shared = object.get(Tag(0x5200, 0x9229)).and_then(|e| e.items())?.first()?;
    shared.iter().filter_map(|e| e.items()?.first()?.get(tag)?.to_multi_float64().ok()).next()
}

/// Positions of the frames of a file that has one for each.
fn frame_positions(object: &InMemDicomObject) -> Vec<Option<V3>> {
    let frames = object.get(Tag(0x5200, 0x9230)).and_then(|e| e.items()).unwrap_or(&[]);
    let position = |frame: &InMemDicomObject| {
        let plane = frame.get(Tag(0x0020, 0x9113))?.items()?.first()?;
        vector(&plane.get(POSITION)?.to_multi_float64().ok()?)
    };
    frames.iter().map(position).collect()
}

fn vector(v: &[f64]) -> Option<V3> {
    let v: [f64; 3] = v.get(..3)?.try_into().ok()?;
    v.iter().all(|c| c.is_finite()).then(|| V3::from(v))
}

const POSITION: Tag = Tag(0x0020, 0x0032);

fn parse(data: &[u8], name: &str, limits: &Limits) -> Result<(Common, Vec<Slice>), InputError> {
    let broken = |e: &dyn std::fmt::Display| {
        wrong(InputErrorKind::Malformed, format!("is a DICOM file that cannot be read: {e}"), name)
            .remedy("copy or export the files again")
    };
    let cut = || broken(&"it ends within an element");
    let head = packing::Head::of(data).ok_or_else(cut)?;
    let unpacked = (head.syntax == DEFLATED)
        .then(|| packing::unpacked(data, &head, limits).map_err(|e| e.at(name)))
        .transpose()?;
    let syntax = if unpacked.is_some() { EXPLICIT } else { &head.syntax };
    let data = unpacked.as_deref().unwrap_or(data);
    let pictured = LOSSLESS.contains(&syntax) || LOSSY.contains(&syntax);
    if !pictured && ![IMPLICIT, EXPLICIT, BIG_ENDIAN, RUNS].contains(&syntax) {
        return Err(wrong(
            InputErrorKind::Unsupported,
            format!("has its pixels packed as pictures (transfer syntax {syntax}), which is not read"),
            name,
        )
        .remedy("save it unpacked, with `gdcmconv --raw` or from the program that shows it"));
    }
    // What reads the elements takes the memory that they ask for.
    if !lengths::fit(data, head.start, syntax) {
        return Err(cut());
    }
    let file: DefaultDicomObject = OpenFileOptions::new().from_reader(Cursor::new(data)).map_err(|e| broken(&e))?;
    let object: &InMemDicomObject = &file;
    let number = |tag: Tag, what: &str| -> Result<u32, InputError> {
        let element = object.get(tag).and_then(|e| e.to_int::<u32>().ok());
        element.ok_or_else(|| broken(&format!("{what} is missing")))
    };
    let optional = |tag: Tag| object.get(tag).and_then(|e| e.to_int::<u32>().ok());
    let text =
        |tag: Tag| object.get(tag).and_then(|e| e.to_str().ok()).map(|t| t.trim_end_matches(['\0', ' ']).to_owned());
    let size = [number(Tag(0x0028, 0x0011), "Columns")? as usize, number(Tag(0x0028, 0x0010), "Rows")? as usize];
    if optional(Tag(0x0028, 0x0002)).is_some_and(|n| n != 1) {
        return Err(wrong(InputErrorKind::Unsupported, "has several numbers a pixel".to_owned(), name)
            .remedy("export the grey series, not pictures of it"));
    }
    let frames = optional(Tag(0x0028, 0x0008)).unwrap_or(1).max(1) as usize;
    let allocated = number(Tag(0x0028, 0x0100), "BitsAllocated")?;
    let stored = optional(Tag(0x0028, 0x0101)).unwrap_or(allocated);
    let high = optional(Tag(0x0028, 0x0102)).unwrap_or(stored.wrapping_sub(1));
    // In the other byte order, words of 16 bits come turned; nothing says so of longer ones.
    let turned = syntax == BIG_ENDIAN && allocated == 32;
    if !matches!(allocated, 1 | 8 | 16 | 32) || turned || stored == 0 || stored > allocated || high != stored - 1 {
        return Err(wrong(
            InputErrorKind::Unsupported,
            format!("holds {stored} bits of {allocated} up to bit {high}, which is not read"),
            name,
        )
        .remedy("save it with 8 or 16 bits a pixel"));
    }
    let signed = optional(Tag(0x0028, 0x0103)) == Some(1);
    let count = voxels([size[0], size[1], frames], limits)?;
    let element = object.get(Tag(0x7FE0, 0x0010)).ok_or_else(|| broken(&"it has no pixels"))?;
    let width = allocated.div_ceil(8) as usize;
    let short = |held: usize, needed: usize| {
        wrong(InputErrorKind::Truncated, format!("holds {held} bytes of pixels where {needed} belong"), name)
            .remedy("copy or export the files again")
    };
    let pixels: Cow<[u8]> = if syntax == RUNS {
        let parts = element.fragments().unwrap_or(&[]);
        if parts.len() != frames {
            return Err(broken(&format!("it has {} packed frames, not {frames}", parts.len())));
        }
        let mut all = limits.try_vec("the volume", 0, 0u8)?;
        for part in parts {
            let frame = packing::runs(part, size[0] * size[1], width, limits)?;
            all.extend(frame.ok_or_else(|| broken(&"a packed frame does not give its pixels"))?);
        }
        all.into()
    } else if pictured {
        let parts = pictures::frames(element.fragments().unwrap_or(&[]));
        if parts.len() != frames {
            return Err(broken(&format!("it has {} packed frames, not {frames}", parts.len())));
        }
        let mut all = limits.try_vec("the volume", 0, 0u8)?;
        for part in parts {
            all.extend(pictures::unpack(&part, size, width, limits).map_err(|e| e.at(name))?);
        }
        all.into()
    } else {
        element.to_bytes().map_err(|e| broken(&e))?
    };
    let pixels = if allocated == 1 {
        if pixels.len() < count.div_ceil(8) {
            return Err(short(pixels.len(), count.div_ceil(8)));
        }
        packing::bits(&pixels, count, limits)?.into()
    } else {
        pixels
    };
    if pixels.len() < count * width {
        return Err(short(pixels.len(), count * width));
    }
    let first = |tag: Tag| floats(object, tag).and_then(|v| v.first().copied());
    let (slope, intercept) = (first(Tag(0x0028, 0x1053)).unwrap_or(1.0), first(Tag(0x0028, 0x1052)).unwrap_or(0.0));
    let form = packing::Form { width, stored, signed, slope, intercept };
    let positions = frame_positions(object);
    let position = floats(object, POSITION).and_then(|v| vector(&v));
    let slices = pixels[..count * width]
        .chunks_exact(size[0] * size[1] * width)
        .enumerate()
        .map(|(k, bytes)| Slice {
            name: if frames > 1 { format!("{name}, frame {}", k + 1) } else { name.to_owned() },
            position: positions.get(k).copied().flatten().or(position.filter(|_| frames == 1)),
            levels: packing::numbers(bytes, &form),
        })
        .collect();
    let spacing = floats(object, Tag(0x0028, 0x0030));
    let directions = floats(object, Tag(0x0020, 0x0037));
    let common = Common {
        series: text(Tag(0x0020, 0x000E)).unwrap_or_default(),
        size,
        // Between rows first, which is along y.
        spacing: spacing.as_deref().and_then(|s| match s {
            [y, x] if [x, y].iter().all(|v| v.is_finite() && **v > 0.0) => Some([*x, *y]),
            _ => None,
        }),
        directions: directions.and_then(|d| Some([vector(&d)?, vector(d.get(3..)?)?])),
        bits: (allocated as u16, stored as u16, signed),
        between: first(Tag(0x0018, 0x0088)).map(f64::abs).filter(|b| b.is_finite() && *b > 0.0),
        dark_is_high: text(Tag(0x0028, 0x0004)).as_deref() == Some("MONOCHROME1"),
        lossy: LOSSY.contains(&syntax),
    };
    Ok((common, slices))
}

/// Reads the files of a series, each with its name.
///
/// # Errors
/// When a file is broken or packed, belongs to another series, or the slices do not lie at equal distances.
pub fn read(files: &[(String, &[u8])], limits: &Limits) -> Read {
    let mut common: Option<Common> = None;
    let mut slices: Vec<Slice> = Vec::new();
    for (name, data) in files {
        let (own, more) = parse(data, name, limits)?;
        let first = common.get_or_insert_with(|| own.clone());
        if let Some(what) = difference(first, &own) {
            return Err(wrong(
                InputErrorKind::Malformed,
                format!("holds slices of more than one series: this one differs in {what}"),
                name,
            )
            .remedy("leave the files of one series in the folder"));
        }
        slices.extend(more);
        voxels([first.size[0], first.size[1], slices.len()], limits)?;
    }
    let Some(common) = common.filter(|_| slices.len() > 1) else {
        return Err(InputError::new(InputErrorKind::Unsupported, "is a single slice".to_owned())
            .remedy("name the folder that holds the slices of the series"));
    };
    let (between, place) = arrange(&common, &mut slices)?;
    let mut notes = Vec::new();
    if common.dark_is_high {
        notes.push(Note {
            kind: "file.white_is_zero",
            message: "the series is marked as white-is-zero: its values were kept, so that dark is high".to_owned(),
        });
    }
    if common.lossy {
        notes.push(Note {
            kind: "file.lossy",
            message: "the pixels were packed with loss (JPEG): thresholds and surfaces may be off by what it changed"
                .to_owned(),
        });
    }
    let spacing = common
        .spacing
        .zip(between)
        .map(|([x, y], z)| FileSpacing { spacing: [x, y, z], unit: Some(LengthUnit::Millimetre) });
    let size = [common.size[0], common.size[1], slices.len()];
    let levels = packing::joined(slices.into_iter().map(|s| s.levels).collect(), limits)?;
    finite(&levels)?;
    Ok((Content::Volume { volume: Volume { size, levels }, spacing, place }, notes))
}

/// What tells two slices apart that belong to different series.
fn difference(a: &Common, b: &Common) -> Option<&'static str> {
    let near = |a: f64, b: f64| (a - b).abs() <= SAME * a.abs().max(b.abs());
    let spacing = match (a.spacing, b.spacing) {
        (Some(a), Some(b)) => near(a[0], b[0]) && near(a[1], b[1]),
        (a, b) => a == b,
    };
    let directions = match (a.directions, b.directions) {
        (Some(a), Some(b)) => (a[0] - b[0]).amax() <= SAME && (a[1] - b[1]).amax() <= SAME,
        (a, b) => a == b,
    };
    match () {
        () if a.series != b.series => Some("the series that it names"),
        () if a.size != b.size => Some("its size"),
        () if a.bits != b.bits || (a.dark_is_high, a.lossy) != (b.dark_is_high, b.lossy) => {
            Some("the type of its values")
        }
        () if !spacing => Some("its pixel spacing"),
        () if !directions => Some("its orientation"),
        () => None,
    }
}

/// Sorts slices by their place; returns the distance between them and where the first lies.
fn arrange(common: &Common, slices: &mut [Slice]) -> Result<(Option<f64>, Place), InputError> {
    let malformed =
        |what: String, name: &str| wrong(InputErrorKind::Malformed, what, name).remedy("export the whole series again");
    let positions: Option<Vec<V3>> = slices.iter().map(|s| s.position).collect();
    let (Some(positions), Some([row, column])) = (positions, common.directions) else {
        // Frames of one file are in order; files without a place are not.
        if slices.iter().all(|s| s.position.is_none() && s.name.contains(", frame ")) {
            return Ok((common.between, Place::at([0.0; 3])));
        }
        let name = slices.iter().find(|s| s.position.is_none()).map_or("", |s| &s.name).to_owned();
        return Err(malformed("has a slice that does not say where it lies".to_owned(), &name));
    };
    let normal = row.cross(&column);
    if (normal.norm() - 1.0).abs() > SAME {
        return Err(malformed("has rows and columns that are not at right angles".to_owned(), &slices[0].name));
    }
    let start = positions[0];
    let height = |s: &Slice| s.position.map_or(0.0, |p| normal.dot(&(p - start)));
    slices.sort_by(|a, b| height(a).total_cmp(&height(b)));
    let mut gaps: Vec<f64> = slices.windows(2).map(|w| height(&w[1]) - height(&w[0])).collect();
    let order = gaps.clone();
    gaps.sort_by(f64::total_cmp);
    let gap = gaps[gaps.len() / 2];
    for (k, own) in order.into_iter().enumerate() {
        let (a, b) = (&slices[k], &slices[k + 1]);
        if own <= 1e-6 || (own - gap).abs() > SAME * gap {
            let what = if own <= 1e-6 {
                "two slices at the same place".to_owned()
            } else {
                format!("slices {own:.4} mm apart where others are {gap:.4} mm apart")
            };
            return Err(malformed(format!("has {what}: {} and {}", a.name, b.name), &b.name));
        }
        let across = b.position.zip(a.position).map_or(0.0, |(b, a)| (b - a - normal * own).norm());
        if across > SAME * gap.max(common.spacing.map_or(0.0, |s| s[0].min(s[1]))) {
            return Err(malformed("has slices that are shifted sideways (a tilted scanner?)".to_owned(), &b.name));
        }
    }
    let first = slices[0].position.unwrap_or(start);
    Ok((Some(gap), Place::along(first, Some([row, column, normal]), Space::Lps)))
}
