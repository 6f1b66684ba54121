//! Raw volumes: voxels and nothing else, x fastest. The bytes do not say how many there are nor of what type; the user
//! does, and the length of the file has to agree.

use std::path::Path;
use std::str::FromStr;

use super::placing::Place;
use super::samples::{Endian, Sample, decode, voxels};
use crate::grid::Volume;
use crate::input::{Content, InputError, InputErrorKind, Read};
use crate::limits::Limits;

/// Endings of names that raw volumes have.
const ENDINGS: [&str; 4] = ["raw", "vol", "bin", "dat"];

/// The type of the numbers of a raw volume, such as `u16le`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawType {
    sample: Sample,
    endian: Endian,
}

impl RawType {
    /// The name as it is written.
    #[must_use]
    pub fn name(self) -> String {
        let kind = format!("{:?}", self.sample).to_lowercase();
        match (self.sample.bytes(), self.endian) {
            (1, _) => kind,
            (_, Endian::Little) => kind + "le",
            (_, Endian::Big) => kind + "be",
        }
    }
}

impl FromStr for RawType {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, endian) = match (text.strip_suffix("le"), text.strip_suffix("be")) {
            (Some(kind), _) => (kind, Some(Endian::Little)),
            (_, Some(kind)) => (kind, Some(Endian::Big)),
            _ => (text, None),
        };
        let sample = match kind {
            "u8" => Sample::U8,
            "i8" => Sample::I8,
            "u16" => Sample::U16,
            "i16" => Sample::I16,
            "u32" => Sample::U32,
            "i32" => Sample::I32,
            "u64" => Sample::U64,
            "i64" => Sample::I64,
            "f32" => Sample::F32,
            "f64" => Sample::F64,
            _ => return Err(format!("`{text}` is no type of numbers: write u8, u16le, i16be, f32le or the like")),
        };
        match endian {
            None if sample.bytes() > 1 => Err(format!(
                "`{text}` leaves the order of the bytes open: write `{text}le` (most computers) or `{text}be`"
            )),
            endian => Ok(Self { sample, endian: endian.unwrap_or(Endian::Little) }),
        }
    }
}

/// What the user says about a raw volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RawLayout {
    /// Number of voxels along x, y, z.
    pub size: [usize; 3],
    /// The type of the numbers.
    pub kind: RawType,
    /// Bytes before the first voxel.
    pub header: usize,
}

/// Whether a file is named as raw volumes are.
#[must_use]
pub(in crate::input) fn named(path: &Path) -> bool {
    path.extension().is_some_and(|e| ENDINGS.iter().any(|ending| e.eq_ignore_ascii_case(ending)))
}

/// What to say of a raw volume that nothing was said about.
#[must_use]
pub(in crate::input) fn undeclared(path: &Path, bytes: usize) -> InputError {
    let beside = ["mhd", "nhdr"].map(|e| path.with_extension(e)).into_iter().find(|p| p.is_file());
    let remedy = match beside {
        Some(header) => {
            let name = header.file_name().unwrap_or_default().to_string_lossy().into_owned();
            format!("name its header {name} instead")
        }
        None => "say `--raw-size 256,256,128 --raw-type u16le --spacing 12um` with its own numbers".to_owned(),
    };
    InputError::new(
        InputErrorKind::UnknownFormat,
        format!("is of no known format; as a raw volume of {bytes} bytes it does not say how many voxels it has"),
    )
    .remedy(remedy)
}

/// Reads a volume. No spacing.
///
/// # Errors
/// When the file is longer or shorter than what was said of it.
pub fn read(data: &[u8], layout: &RawLayout, limits: &Limits) -> Read {
    let count = voxels(layout.size, limits)?;
    let [x, y, z] = layout.size;
    let needed = count.saturating_mul(layout.kind.sample.bytes());
    let held = data.len().saturating_sub(layout.header);
    if held != needed {
        let kind = if held < needed { InputErrorKind::Truncated } else { InputErrorKind::Malformed };
        let remedy = if held > needed && layout.header == 0 {
            format!("correct --raw-size or --raw-type, or say `--raw-header {}`", held - needed)
        } else {
            "correct --raw-size, --raw-type or --raw-header".to_owned()
        };
        return Err(InputError::new(
            kind,
            format!(
                "has {held} bytes behind a header of {}, where {x} × {y} × {z} voxels of {} take {needed}",
                layout.header,
                layout.kind.name()
            ),
        )
        .remedy(remedy));
    }
    let levels = decode(&data[layout.header..], layout.kind.sample, layout.kind.endian, count, limits)?;
    Ok((
        Content::Volume { volume: Volume { size: layout.size, levels }, spacing: None, place: Place::at([0.0; 3]) },
        Vec::new(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { memory: 1 << 20 };

    #[test]
    fn voxels_are_read_as_they_are_said_to_be() {
        let mut data = vec![7u8; 5];
        data.extend((0..24i16).flat_map(|i| (i - 5).to_be_bytes()));
        let layout = RawLayout { size: [2, 3, 4], kind: "i16be".parse().unwrap(), header: 5 };
        let Content::Volume { volume, spacing: None, .. } = read(&data, &layout, &LIMITS).unwrap().0 else { panic!() };
        assert_eq!((volume.size, volume.levels.get(0), volume.levels.get(23)), ([2, 3, 4], -5.0, 18.0));
        let error = read(&data, &RawLayout { header: 0, ..layout }, &LIMITS).unwrap_err();
        assert!(error.to_string().contains("--raw-header 5"), "{error}");
        assert_eq!(read(&data[..50], &layout, &LIMITS).unwrap_err().kind, InputErrorKind::Truncated);
        let huge = RawLayout { size: [usize::MAX, 3, 4], ..layout };
        assert_eq!(read(&data, &huge, &LIMITS).unwrap_err().kind, InputErrorKind::TooLarge);
        assert!(read(&data, &RawLayout { header: usize::MAX, ..layout }, &LIMITS).is_err());
    }

    #[test]
    fn types_say_their_byte_order() {
        for name in ["u8", "i8", "u16le", "i16be", "u32le", "f32be", "f64le"] {
            assert_eq!(name.parse::<RawType>().unwrap().name(), name);
        }
        assert!("u16".parse::<RawType>().unwrap_err().contains("u16le"));
        assert!("short".parse::<RawType>().is_err());
    }
}
