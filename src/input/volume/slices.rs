//! A folder of slices: grey TIFF (one page each), PNG or BMP files, in the order of the numbers in their names.

use std::path::{Path, PathBuf};

use super::placing::Place;
use super::samples::voxels;
use super::{bmp, skyscan, tiff};
use crate::grid::{Levels, Volume};
use crate::input::{Content, InputError, InputErrorKind, Read};
use crate::limits::Limits;

/// The slices of a folder that are `wanted`, in their order, and views of the object that a scanner left beside them.
///
/// # Errors
/// When it cannot be read, has no slices, or slices of both formats.
pub fn list(folder: &Path, wanted: impl Fn(&Path) -> bool) -> Result<(Vec<PathBuf>, Vec<PathBuf>), InputError> {
    let unreadable = |e: std::io::Error| InputError::new(InputErrorKind::Unreadable, format!("cannot be read: {e}"));
    let mut found: Vec<(&str, PathBuf)> = Vec::new();
    let mut views = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let extension = path.extension().map(|e| e.to_string_lossy().to_ascii_lowercase());
        let kind = match extension.as_deref() {
            Some("tif" | "tiff") => "TIFF",
            Some("png") => "PNG",
            Some("bmp") => "BMP",
            _ => continue,
        };
        if !wanted(&path) {
            continue;
        }
        if skyscan::is_view(&path) {
            views.push(path);
        } else {
            found.push((kind, path));
        }
    }
    if found.is_empty() {
        return Err(InputError::new(InputErrorKind::Empty, "holds no slices".to_owned())
            .remedy("name a folder of grey TIFF, PNG or BMP slices, or a file"));
    }
    if let Some(other) = found.iter().find(|f| f.0 != found[0].0) {
        let (a, b) = (found[0].0.min(other.0), found[0].0.max(other.0));
        return Err(InputError::new(InputErrorKind::Malformed, format!("holds both {a} and {b} files"))
            .remedy("leave the slices of one stack in the folder"));
    }
    let mut slices: Vec<PathBuf> = found.into_iter().map(|f| f.1).collect();
    slices.sort_by_cached_key(|path| natural(&path.file_name().unwrap_or_default().to_string_lossy()));
    Ok((slices, views))
}

/// Words and numbers of a name in turn, so that slice 9 comes before slice 10.
fn natural(name: &str) -> Vec<(String, u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(digits);
        let end = tail.find(|c: char| !c.is_ascii_digit()).unwrap_or(tail.len());
        let (number, next) = tail.split_at(end);
        parts.push((word.to_owned(), number.parse().unwrap_or(u64::MAX), number.to_owned()));
        rest = next;
    }
    parts
}

/// Reads slices as one volume, the first at z = 0. No spacing.
///
/// # Errors
/// When a slice is broken, not grey, or of another size than the first; the message names it.
pub fn read(files: &[PathBuf], data: &[Vec<u8>], limits: &Limits) -> Read {
    let mut size: Option<[usize; 2]> = None;
    let mut levels: Option<Levels> = None;
    for (file, data) in files.iter().zip(data) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let named = |e: InputError| {
            let at = e.at.as_ref().map_or_else(|| name.to_string(), |at| format!("{name}, {at}"));
            e.at(at)
        };
        let slice = match () {
            () if data.starts_with(b"\x89PNG") => png(data, limits),
            () if data.starts_with(bmp::MAGIC) => bmp::read(data, limits),
            () => page(data, limits),
        };
        let (this, slice) = slice.map_err(named)?;
        if *size.get_or_insert(this) != this {
            return Err(named(
                InputError::new(
                    InputErrorKind::Malformed,
                    format!("has slices of different sizes: {:?} and {this:?}", size.unwrap_or(this)),
                )
                .remedy("leave the slices of one stack in the folder"),
            ));
        }
        voxels([this[0], this[1], files.len()], limits)?;
        let fits = match &mut levels {
            None => {
                let first = levels.insert(slice);
                first.reserve(first.len() * (files.len() - 1));
                true
            }
            Some(all) => all.append(slice),
        };
        if !fits {
            return Err(named(
                InputError::new(InputErrorKind::Malformed, "has slices of different types of numbers".to_owned())
                    .remedy("save all of them with the same number of bits a pixel"),
            ));
        }
    }
    let ([nx, ny], Some(levels)) = (size.unwrap_or([0; 2]), levels) else {
        return Err(InputError::new(InputErrorKind::Empty, "is a folder without slices".to_owned()));
    };
    let volume = Volume { size: [nx, ny, files.len()], levels };
    Ok((Content::Volume { volume, spacing: None, place: Place::at([0.0; 3]) }, Vec::new()))
}

/// The one page of a TIFF.
fn page(data: &[u8], limits: &Limits) -> Result<([usize; 2], Levels), InputError> {
    match tiff::pages(data, limits)?.0 {
        Content::Volume { volume: Volume { size: [nx, ny, 1], levels }, .. } => Ok(([nx, ny], levels)),
        _ => Err(InputError::new(InputErrorKind::Unsupported, "is a slice of several pages".to_owned())
            .remedy("name the stack itself, not its folder")),
    }
}

fn png(data: &[u8], limits: &Limits) -> Result<([usize; 2], Levels), InputError> {
    let broken = |e: png::DecodingError| {
        let kind = match &e {
            png::DecodingError::LimitsExceeded => InputErrorKind::TooLarge,
            png::DecodingError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
                InputErrorKind::Truncated
            }
            _ => InputErrorKind::Malformed,
        };
        InputError::new(kind, format!("is a PNG that cannot be read: {e}"))
    };
    let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
    let mut decoder = png::Decoder::new_with_limits(std::io::Cursor::new(data), png::Limits { bytes: memory });
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(broken)?;
    let too_large = || InputError::new(InputErrorKind::TooLarge, "has too many pixels".to_owned());
    let length = reader.output_buffer_size().ok_or_else(too_large)?;
    let mut bytes = limits.try_vec("a slice", length, 0u8)?;
    let info = reader.next_frame(&mut bytes).map_err(broken)?;
    let size = [info.width as usize, info.height as usize];
    let count = voxels([size[0], size[1], 1], limits)?;
    let levels = match (info.color_type, info.bit_depth) {
        (png::ColorType::Grayscale, png::BitDepth::Eight) => Levels::U8(bytes[..count.min(length)].to_vec()),
        (png::ColorType::Grayscale, png::BitDepth::Sixteen) => {
            Levels::U16(bytes.chunks_exact(2).take(count).map(|b| u16::from_be_bytes([b[0], b[1]])).collect())
        }
        (colour, _) => {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("is not grey ({colour:?})"))
                .remedy("save grey slices"));
        }
    };
    Ok((size, levels))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(value: u16, deep: bool) -> Vec<u8> {
        let mut data = Vec::new();
        let mut encoder = png::Encoder::new(&mut data, 3, 2);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(if deep { png::BitDepth::Sixteen } else { png::BitDepth::Eight });
        let pixels: Vec<u8> =
            (0..6).flat_map(|_| if deep { value.to_be_bytes().to_vec() } else { vec![value as u8] }).collect();
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        data
    }

    #[test]
    fn slices_come_in_the_order_of_their_numbers() {
        let folder = tempfile::tempdir().unwrap();
        let names = ["s_10.png", "s_9.png", "s_1.png", "s_100.png"];
        for name in names {
            let number: u16 = name[2..].trim_end_matches(".png").parse().unwrap();
            std::fs::write(folder.path().join(name), slice(number, true)).unwrap();
        }
        std::fs::write(folder.path().join("notes.txt"), b"x").unwrap();
        let files = list(folder.path(), |_| true).unwrap().0;
        let data: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
        let limits = Limits { memory: 1 << 20 };
        let Content::Volume { volume, .. } = read(&files, &data, &limits).unwrap().0 else { panic!("a volume") };
        assert_eq!(volume.size, [3, 2, 4]);
        assert_eq!([0, 6, 12, 18].map(|i| volume.levels.get(i)), [1.0, 9.0, 10.0, 100.0]);
        std::fs::write(folder.path().join("s_5.png"), slice(7, false)).unwrap();
        let files = list(folder.path(), |_| true).unwrap().0;
        let data: Vec<Vec<u8>> = files.iter().map(|f| std::fs::read(f).unwrap()).collect();
        let error = read(&files, &data, &limits).unwrap_err();
        assert_eq!((error.kind, error.at.as_deref()), (InputErrorKind::Malformed, Some("s_5.png")));
        let whole = slice(3, false);
        for n in 0..whole.len() - 12 {
            assert!(png(&whole[..n], &limits).is_err(), "cut at {n}");
        }
    }
}
