//! The log that scanners of Bruker (SkyScan) and their reconstruction leave beside the slices: it holds the size of a pixel,
//! which the slices themselves do not.
//!
//! Lines `Key=value` in sections. The size of a pixel of the slices is that of the reconstruction; a log that knows only the
//! scan has that of the projections, which the reconstruction keeps. Slices lie a whole number of pixels apart.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::input::{FileSpacing, InputError, InputErrorKind};
use crate::units::LengthUnit;

/// Bytes of a log that are looked at.
const MOST: u64 = 1 << 20;

/// Keys of the size of a pixel, the one that counts most first.
const PIXEL: [&str; 3] = ["pixel size (um)", "scaled image pixel size (um)", "image pixel size (um)"];

/// Key of the pixels from slice to slice.
const STEP: &str = "section to section step";

/// The files of the format's name in a folder, by name, with their bytes.
///
/// # Errors
/// When one of them cannot be read.
pub fn list(folder: &Path) -> Result<Vec<(PathBuf, Vec<u8>)>, InputError> {
    let unreadable = |e: std::io::Error| InputError::new(InputErrorKind::Unreadable, format!("cannot be read: {e}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("log")) && path.is_file() {
            let mut data = Vec::new();
            std::fs::File::open(&path).and_then(|f| f.take(MOST).read_to_end(&mut data)).map_err(unreadable)?;
            found.push((path, data));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a picture is the one that shows the object from the side, which the reconstruction leaves beside its slices.
pub fn is_view(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem.to_string_lossy().to_ascii_lowercase().ends_with("_spr"))
}

/// The spacing that a log states; `None` where it states none.
///
/// # Errors
/// When what it states is no length, or no number of pixels.
pub fn spacing(data: &[u8]) -> Result<Option<FileSpacing>, InputError> {
    let text = String::from_utf8_lossy(data);
    let mut pixel: Option<(usize, f64)> = None;
    let mut step = 1.0;
    for (number, line) in text.lines().enumerate() {
        let Some((key, value)) = line.split_once('=') else { continue };
        let key = key.trim().to_ascii_lowercase();
        let rank = PIXEL.iter().position(|k| *k == key);
        if rank.is_none() && key != STEP {
            continue;
        }
        let size = value.trim().parse::<f64>().ok().filter(|v| v.is_finite() && *v > 0.0).ok_or_else(|| {
            InputError::new(InputErrorKind::Malformed, format!("has a log with `{}`", line.trim()))
                .at(format!("line {}", number + 1))
                .remedy("correct the log, or leave it out of the folder and give --spacing")
        })?;
        match rank {
            Some(rank) if pixel.is_none_or(|(best, _)| rank <= best) => pixel = Some((rank, size)),
            Some(_) => {}
            None => step = size,
        }
    }
    let spacing = pixel.map(|(_, p)| [p, p, p * step]);
    if spacing.is_some_and(|s| !(s[2].is_finite() && s[2] > 0.0)) {
        return Err(InputError::new(
            InputErrorKind::Malformed,
            "has a log with a spacing beyond all numbers".to_owned(),
        )
        .remedy("correct the log, or leave it out of the folder and give --spacing"));
    }
    Ok(spacing.map(|spacing| FileSpacing { spacing, unit: Some(LengthUnit::Micrometre) }))
}

/// The spacing that all logs state which state one.
///
/// # Errors
/// When a log is broken, or two state different ones.
pub fn common(logs: &[(PathBuf, Vec<u8>)]) -> Result<Option<FileSpacing>, InputError> {
    let mut found: Option<(FileSpacing, String)> = None;
    for (path, data) in logs {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let stated = spacing(data).map_err(|e| {
            let place = e.at.as_ref().map_or_else(|| name.clone(), |at| format!("{name}, {at}"));
            e.at(place)
        })?;
        let Some(stated) = stated else { continue };
        match &found {
            Some((other, first)) if *other != stated => {
                return Err(InputError::new(
                    InputErrorKind::Malformed,
                    format!("has logs of different spacing: {first} and {name}"),
                )
                .remedy("leave the log of these slices in the folder, or none and give --spacing"));
            }
            _ => found = Some((stated, name)),
        }
    }
    Ok(found.map(|f| f.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCAN: &str = "[System]\r\nScanner=X\r\n[Acquisition]\r\nImage Pixel Size (um)=   9.920\r\n";

    fn stated(text: &str) -> Option<[f64; 3]> {
        spacing(text.as_bytes()).unwrap().map(|s| s.spacing)
    }

    #[test]
    fn the_reconstruction_has_the_last_word() {
        assert_eq!(stated("[System]\nScanner=X\n"), None);
        assert_eq!(stated(SCAN), Some([9.92; 3]));
        let whole = format!("{SCAN}[Reconstruction]\r\nSection to Section Step=2\r\nPixel Size (um)=19.84\r\n");
        assert_eq!(stated(&whole), Some([19.84, 19.84, 39.68]));
        // The same in any order and with letters of another alphabet beside it.
        let turned =
            format!("[Reconstruction]\nPixel Size (um)=19.84\n{SCAN}Temp (\u{b0}C)=20\nSection to Section Step=2");
        assert_eq!(stated(&turned), stated(&whole));
        for cut in 0..whole.len() {
            let _ = spacing(&whole.as_bytes()[..cut]);
        }
    }

    #[test]
    fn what_is_no_length_is_refused_with_its_line() {
        for value in ["0", "-3", "nan", "inf", "9,92", "", "1e999"] {
            let error = spacing(format!("[A]\nImage Pixel Size (um)={value}\n").as_bytes()).unwrap_err();
            assert_eq!(error.at.as_deref(), Some("line 2"), "{value}");
        }
        for step in ["1e300", "1e-300"] {
            let pixel = if step.contains('-') { "1e-300" } else { "1e300" };
            let text = format!("Pixel Size (um)={pixel}\nSection to Section Step={step}\n");
            assert_eq!(spacing(text.as_bytes()).unwrap_err().kind, InputErrorKind::Malformed, "{text}");
        }
        let log = |name: &str, text: &str| (PathBuf::from(name), text.as_bytes().to_vec());
        let other = SCAN.replace("9.920", "5");
        let error = common(&[log("a.log", SCAN), log("b.log", &other)]).unwrap_err();
        assert!(error.message.contains("a.log") && error.message.contains("b.log"), "{error}");
        let one = common(&[log("a.log", SCAN), log("install.log", "all done"), log("c.log", SCAN)]).unwrap();
        assert_eq!(one.unwrap().spacing, [9.92; 3]);
        let error = common(&[log("a.log", "Pixel Size (um)=x")]).unwrap_err();
        assert_eq!(error.at.as_deref(), Some("a.log, line 1"));
    }
}
