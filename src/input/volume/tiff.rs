//! TIFF with one page a slice: grey, 8, 16 or 32 bits, integer or float, classic or Big TIFF.
//!
//! Spacing comes from what `ImageJ` writes into the description, or from the attributes of OME-XML. Resolution tags
//! alone are no spacing: most programs write 72 dpi whatever the picture, and none says how far apart the pages are.

use std::io::Cursor;

use tiff::ColorType;
use tiff::decoder::{Decoder, DecodingResult, Limits as TiffLimits};
use tiff::tags::Tag;

use super::placing::Place;
use super::samples::{finite, voxels};
use crate::grid::{Levels, Volume};
use crate::input::{Content, FileSpacing, InputError, InputErrorKind, Note, Read};
use crate::limits::Limits;
use crate::units::LengthUnit;

/// Pages that a file may have; a chain of pages that runs in a circle ends here.
const PAGES: usize = 100_000;

/// Reads a stack.
///
/// # Errors
/// When a page is broken, of another size or type than the first, or not grey, or there is one page only.
pub fn read(data: &[u8], limits: &Limits) -> Read {
    let read = pages(data, limits)?;
    if matches!(&read.0, Content::Volume { volume, .. } if volume.size[2] == 1) {
        return Err(InputError::new(InputErrorKind::Unsupported, "has a single page".to_owned())
            .remedy("name the folder of the slices, or save all of them as pages of one file"));
    }
    Ok(read)
}

/// Reads one page or more.
pub(super) fn pages(data: &[u8], limits: &Limits) -> Read {
    let broken = |page: usize| {
        move |e: tiff::TiffError| {
            let kind = match &e {
                tiff::TiffError::UnsupportedError(_) => InputErrorKind::Unsupported,
                tiff::TiffError::LimitsExceeded => InputErrorKind::TooLarge,
                tiff::TiffError::IoError(io) if io.kind() == std::io::ErrorKind::UnexpectedEof => {
                    InputErrorKind::Truncated
                }
                _ => InputErrorKind::Malformed,
            };
            let error = InputError::new(kind, format!("is a TIFF that cannot be read: {e}")).at(format!("page {page}"));
            match kind {
                InputErrorKind::Unsupported => error.remedy(
                    "save it as grey pages of 8, 16 or 32 bits, unpacked or packed by deflate, LZW or PackBits",
                ),
                _ => error,
            }
        }
    };
    let mut budget = TiffLimits::default();
    let memory = usize::try_from(limits.memory).unwrap_or(usize::MAX);
    budget.decoding_buffer_size = memory;
    budget.intermediate_buffer_size = memory;
    let mut decoder = Decoder::new(Cursor::new(data)).map_err(broken(1))?.with_limits(budget);
    let (width, height) = decoder.dimensions().map_err(broken(1))?;
    let description = decoder.get_tag_ascii_string(Tag::ImageDescription).unwrap_or_default();
    let resolution = |decoder: &mut Decoder<Cursor<&[u8]>>, tag| {
        decoder.find_tag(tag).ok().flatten().and_then(|v| match v {
            tiff::decoder::ifd::Value::Rational(n, d) if n > 0 => Some(f64::from(d) / f64::from(n)),
            _ => None,
        })
    };
    let pixel = [resolution(&mut decoder, Tag::XResolution), resolution(&mut decoder, Tag::YResolution)];
    let mut slices: Vec<Levels> = Vec::new();
    let mut notes = Vec::new();
    let mut inverted = false;
    loop {
        let page = slices.len() + 1;
        let size = decoder.dimensions().map_err(broken(page))?;
        if size != (width, height) {
            return Err(InputError::new(
                InputErrorKind::Malformed,
                format!("has pages of different sizes: {width} × {height} and {} × {}", size.0, size.1),
            )
            .at(format!("page {page}"))
            .remedy("save one stack of slices, without thumbnails"));
        }
        let colour = decoder.colortype().map_err(broken(page))?;
        if !matches!(colour, ColorType::Gray(_)) {
            return Err(InputError::new(
                InputErrorKind::Unsupported,
                format!("has a page that is not grey ({colour:?})"),
            )
            .at(format!("page {page}"))
            .remedy("save it as a grey stack"));
        }
        inverted |= decoder.find_tag_unsigned::<u16>(Tag::PhotometricInterpretation).ok().flatten() == Some(0);
        voxels([width as usize, height as usize, page], limits)?;
        let pixels = width as usize * height as usize;
        let levels = match decoder.read_image().map_err(broken(page))? {
            DecodingResult::U8(v) if matches!(colour, ColorType::Gray(1)) => {
                // Rows are packed, the first pixel in the highest bit.
                let row = (width as usize).div_ceil(8);
                Levels::U8(
                    (0..pixels)
                        .map(|i| {
                            let (x, y) = (i % width as usize, i / width as usize);
                            v.get(y * row + x / 8).map_or(0, |b| b >> (7 - x % 8) & 1)
                        })
                        .collect(),
                )
            }
            DecodingResult::U8(v) => Levels::U8(v),
            DecodingResult::U16(v) => Levels::U16(v),
            DecodingResult::U32(v) => Levels::F32(v.into_iter().map(|x| x as f32).collect()),
            DecodingResult::U64(v) => Levels::F32(v.into_iter().map(|x| x as f32).collect()),
            DecodingResult::I8(v) => Levels::F32(v.into_iter().map(f32::from).collect()),
            DecodingResult::I16(v) => Levels::F32(v.into_iter().map(f32::from).collect()),
            DecodingResult::I32(v) => Levels::F32(v.into_iter().map(|x| x as f32).collect()),
            DecodingResult::I64(v) => Levels::F32(v.into_iter().map(|x| x as f32).collect()),
            DecodingResult::F32(v) => Levels::F32(v),
            DecodingResult::F64(v) => Levels::F32(v.into_iter().map(|x| x as f32).collect()),
            DecodingResult::F16(v) => Levels::F32(v.into_iter().map(f32::from).collect()),
        };
        if levels.len() != pixels {
            return Err(InputError::new(
                InputErrorKind::Unsupported,
                format!("has a page of {} values for {pixels} pixels", levels.len()),
            )
            .at(format!("page {page}"))
            .remedy("save it with 8, 16 or 32 bits a pixel"));
        }
        slices.push(levels);
        if slices.len() > PAGES {
            return Err(InputError::new(InputErrorKind::Malformed, format!("has more than {PAGES} pages")));
        }
        if !decoder.more_images() {
            break;
        }
        decoder.next_image().map_err(broken(slices.len() + 1))?;
    }
    announced(&description, slices.len())?;
    if inverted {
        notes.push(Note {
            kind: "file.white_is_zero",
            message: "pages are marked as white-is-zero: their values were inverted, so that bright is high".to_owned(),
        });
    }
    let levels = stack(slices)?;
    finite(&levels)?;
    let size = [width as usize, height as usize, levels.len() / (width as usize * height as usize)];
    Ok((
        Content::Volume {
            volume: Volume { size, levels },
            spacing: spacing(&description, pixel),
            place: Place::at([0.0; 3]),
        },
        notes,
    ))
}

/// Refuses stacks whose description promises slices that are not pages, or mixes channels into them.
fn announced(description: &str, pages: usize) -> Result<(), InputError> {
    let number = |key: &str| description.lines().find_map(|l| l.strip_prefix(key)?.trim().parse::<usize>().ok());
    let counted = |key: &str| attribute(description, key).and_then(|n| n.parse::<usize>().ok());
    let (images, channels, frames) = if description.starts_with("ImageJ=") {
        (number("images="), number("channels="), number("frames="))
    } else {
        (counted("SizeZ"), counted("SizeC"), counted("SizeT"))
    };
    for (what, count) in [("channels", channels), ("frames", frames)] {
        if count.is_some_and(|n| n > 1) {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("has several {what}"))
                .remedy("save one channel and one time point"));
        }
    }
    if let Some(images) = images.filter(|n| *n != pages) {
        return Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("announces {images} slices and has {pages} pages"),
        )
        .remedy("save it again with one page a slice (an ImageJ stack over 4 GB has one page only)"));
    }
    Ok(())
}

/// An attribute of the XML of OME, whose first element of that kind is the picture.
fn attribute<'a>(description: &'a str, key: &str) -> Option<&'a str> {
    let at = description.find(&format!(" {key}=\""))? + key.len() + 3;
    description[at..].split('"').next()
}

fn stack(slices: Vec<Levels>) -> Result<Levels, InputError> {
    let count: usize = slices.iter().map(Levels::len).sum();
    let mut slices = slices.into_iter();
    let mut all = slices.next().unwrap_or(Levels::U8(Vec::new()));
    all.reserve(count - all.len());
    if !slices.all(|slice| all.append(slice)) {
        return Err(InputError::new(InputErrorKind::Malformed, "has pages of different pixel types".to_owned()));
    }
    Ok(all)
}

/// Spacing from the description: `ImageJ`'s keys with the resolution tags, or OME-XML's attributes.
fn spacing(description: &str, pixel: [Option<f64>; 2]) -> Option<FileSpacing> {
    if description.starts_with("ImageJ=") {
        let value = |key: &str| description.lines().find_map(|l| l.strip_prefix(key)).map(str::trim);
        let unit = |text: &str| text.replace("\\u00B5", "µ").parse::<LengthUnit>().ok();
        let first = unit(value("unit=")?)?;
        // Axes have units of their own only where they differ.
        let own = |key: &str| value(key).map_or(Some(first), unit);
        return stated(
            [pixel[0]?, pixel[1]?, value("spacing=")?.parse().ok()?],
            [first, own("yunit=")?, own("zunit=")?],
        );
    }
    let size = |axis: &str| attribute(description, &format!("PhysicalSize{axis}"))?.parse().ok();
    let unit = |axis: &str| {
        attribute(description, &format!("PhysicalSize{axis}Unit"))
            .map_or(Some(LengthUnit::Micrometre), |u| u.parse().ok())
    };
    stated([size("X")?, size("Y")?, size("Z")?], [unit("X")?, unit("Y")?, unit("Z")?])
}

/// Sizes of voxels in a unit for each axis.
fn stated(size: [f64; 3], units: [LengthUnit; 3]) -> Option<FileSpacing> {
    let one = units.iter().all(|u| *u == units[0]);
    let unit = if one { units[0] } else { LengthUnit::Micrometre };
    let spacing = if one { size } else { std::array::from_fn(|a| size[a] * units[a].in_um()) };
    spacing.iter().all(|v| v.is_finite() && *v > 0.0).then_some(FileSpacing { spacing, unit: Some(unit) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use tiff::encoder::{Rational, TiffEncoder, colortype};

    const LIMITS: Limits = Limits { memory: 1 << 22 };

    fn stack_file(description: &str, pages: u8) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut file).unwrap();
        for z in 0..pages {
            let mut page = encoder.new_image::<colortype::Gray8>(3, 2).unwrap();
            page.encoder().write_tag(Tag::ImageDescription, description).unwrap();
            page.encoder().write_tag(Tag::XResolution, Rational { n: 50, d: 1 }).unwrap();
            page.encoder().write_tag(Tag::YResolution, Rational { n: 40, d: 1 }).unwrap();
            page.write_data(&(0..6).map(|i| i + 6 * z).collect::<Vec<u8>>()).unwrap();
        }
        file.into_inner()
    }

    #[test]
    fn pages_are_slices_and_imagej_gives_the_spacing() {
        let data = stack_file("ImageJ=1.53\nimages=4\nslices=4\nunit=mm\nspacing=0.03\n", 4);
        let Content::Volume { volume, spacing, .. } = read(&data, &LIMITS).unwrap().0 else { panic!() };
        assert_eq!(volume, Volume { size: [3, 2, 4], levels: Levels::U8((0..24).collect()) });
        let spacing = spacing.unwrap();
        assert_eq!((spacing.spacing, spacing.unit), ([0.02, 0.025, 0.03], Some(LengthUnit::Millimetre)));
    }

    #[test]
    fn resolution_tags_alone_are_no_spacing_and_ome_is() {
        let plain = stack_file("made by hand", 3);
        assert!(matches!(read(&plain, &LIMITS).unwrap().0, Content::Volume { spacing: None, .. }));
        let ome = stack_file("<OME><Pixels PhysicalSizeX=\"5\" PhysicalSizeY=\"5\" PhysicalSizeZ=\"10\"/></OME>", 3);
        let Content::Volume { spacing, .. } = read(&ome, &LIMITS).unwrap().0 else { panic!() };
        assert_eq!(spacing, Some(FileSpacing { spacing: [5.0, 5.0, 10.0], unit: Some(LengthUnit::Micrometre) }));
    }

    #[test]
    fn every_axis_may_have_a_unit_of_its_own() {
        let um = Some(LengthUnit::Micrometre);
        let found = |description: &str| {
            let read = read(&stack_file(description, 3), &LIMITS).unwrap();
            let Content::Volume { spacing, .. } = read.0 else { panic!() };
            spacing.map(|s| (s.spacing, s.unit))
        };
        let ome = |z: &str| {
            format!("<OME><Pixels PhysicalSizeX=\"5\" PhysicalSizeY=\"4000\" PhysicalSizeYUnit=\"nm\" {z}/></OME>")
        };
        assert_eq!(found(&ome("PhysicalSizeZ=\"0.01\" PhysicalSizeZUnit=\"mm\"")), Some(([5.0, 4.0, 10.0], um)));
        // No length: nothing is known of that axis, so nothing is said of any.
        assert_eq!(found(&ome("PhysicalSizeZ=\"10\" PhysicalSizeZUnit=\"pixel\"")), None);
        let imagej = |more: &str| format!("ImageJ=1.54\nimages=3\nunit=mm\nspacing=30\n{more}");
        assert_eq!(found(&imagej("zunit=\\u00B5m\n")), Some(([20.0, 25.0, 30.0], um)));
        assert_eq!(found(&imagej("yunit=sec\n")), None);
    }

    #[test]
    fn broken_files_are_refused() {
        let short = stack_file("ImageJ=1.53\nimages=9\n", 4);
        assert_eq!(read(&short, &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported);
        for several in ["SizeC=\"2\"", "SizeT=\"3\"", "SizeZ=\"9\""] {
            let mixed = stack_file(&format!("<OME><Pixels {several} PhysicalSizeX=\"5\"/></OME>"), 4);
            assert_eq!(read(&mixed, &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported, "{several}");
        }
        let whole = stack_file("", 4);
        for n in 4..whole.len() {
            // The directory of the last page lies at the end, so every cut loses something.
            assert!(read(&whole[..n], &LIMITS).is_err(), "cut at {n} of {}", whole.len());
        }
        assert_eq!(read(&stack_file("", 1), &LIMITS).unwrap_err().kind, InputErrorKind::Unsupported);
    }
}
