//! Files: what format they are, and their bytes as a mesh or a [`Volume`] with unit and spacing.
//!
//! A format is told from the content, never from the name. Readers take bytes and say what is wrong where; no unit is
//! guessed: what a file does not say is marked as assumed, and a volume without spacing is refused.

mod error;
pub mod mesh;
pub mod volume;

use std::path::Path;

use sha2::{Digest, Sha256};

pub use error::{InputError, InputErrorKind};

use crate::grid::Volume;
use crate::limits::{Limits, bytes};
use crate::mesh::V3;
use crate::units::LengthUnit;

/// A format that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// STL, binary.
    StlBinary,
    /// STL, text.
    StlAscii,
    /// `NumPy` array.
    Npy,
    /// Nearly raw raster data.
    Nrrd,
    /// Tagged image file format, one page a slice.
    Tiff,
}

impl Format {
    /// Name in machine-readable reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::StlBinary | Self::StlAscii => "stl",
            Self::Npy => "npy",
            Self::Nrrd => "nrrd",
            Self::Tiff => "tiff",
        }
    }

    /// Name for people.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::StlBinary => "binary STL",
            Self::StlAscii => "ASCII STL",
            Self::Npy => "NPY",
            Self::Nrrd => "NRRD",
            Self::Tiff => "TIFF stack",
        }
    }
}

/// Something worth knowing about a file that could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Kind, as findings name it.
    pub kind: &'static str,
    /// What was seen and what was made of it.
    pub message: String,
}

/// Spacing as a file gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FileSpacing {
    /// Along x, y, z, in `unit` or, where the file names none, in units unknown.
    pub spacing: [f64; 3],
    /// The unit that the file names.
    pub unit: Option<LengthUnit>,
}

/// What a reader found.
#[derive(Clone, Debug)]
pub enum Content {
    /// Triangles, in the file's own unit.
    Mesh {
        /// Corners of each triangle.
        triangles: Vec<[V3; 3]>,
        /// The unit that the file names.
        unit: Option<LengthUnit>,
    },
    /// Voxels.
    Volume {
        /// The values.
        volume: Volume,
        /// The spacing, when the file has it.
        spacing: Option<FileSpacing>,
        /// Centre of the first voxel, in the unit of the spacing.
        origin: [f64; 3],
    },
}

/// A file that was read.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it is.
    pub format: Format,
    /// SHA-256 of its bytes, in hexadecimal.
    pub sha256: String,
    /// What it holds.
    pub content: Content,
    /// What its reader noticed.
    pub notes: Vec<Note>,
}

/// What a reader makes of the bytes of its format.
pub(crate) type Read = Result<(Content, Vec<Note>), InputError>;

/// Reads a file.
///
/// # Errors
/// When it cannot be opened, its format is not known or not supported, or its content is broken or too large.
pub fn load(path: &Path, limits: &Limits) -> Result<Loaded, InputError> {
    let unreadable = |e: &std::io::Error| {
        InputError::new(InputErrorKind::Unreadable, format!("cannot be read: {e}"))
            .remedy("check the path and its permissions")
    };
    let metadata = std::fs::metadata(path).map_err(|e| unreadable(&e))?;
    if metadata.is_dir() {
        return Err(InputError::new(InputErrorKind::Unsupported, "is a folder".to_owned())
            .remedy("name a file; folders of slices are not read: join them into one multi-page TIFF"));
    }
    if metadata.len() > limits.memory {
        return Err(InputError::new(
            InputErrorKind::TooLarge,
            format!("has {}, more than the {} of memory that may be used", bytes(metadata.len()), bytes(limits.memory)),
        )
        .remedy("raise --memory"));
    }
    let data = std::fs::read(path).map_err(|e| unreadable(&e))?;
    let sha256 = Sha256::digest(&data).iter().map(|b| format!("{b:02x}")).collect();
    let format = detect(&data)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let (content, notes) = match format {
        Format::StlBinary => mesh::stl::read_binary(&data),
        Format::StlAscii => mesh::stl::read_ascii(&data),
        Format::Npy => volume::npy::read(&data, limits),
        Format::Nrrd => volume::nrrd::read(&data, folder, limits),
        Format::Tiff => volume::tiff::read(&data, limits),
    }?;
    Ok(Loaded { format, sha256, content, notes })
}

/// Whether a file holds all of its content: it names no other file that holds some.
#[must_use]
pub fn stands_alone(data: &[u8]) -> bool {
    match detect(data) {
        Ok(Format::Nrrd) => volume::nrrd::stands_alone(data),
        _ => true,
    }
}

/// Tells the format from the content.
///
/// # Errors
/// When the file is empty, or of a format that is not read; the message says what to export instead.
pub fn detect(data: &[u8]) -> Result<Format, InputError> {
    if data.is_empty() {
        return Err(InputError::new(InputErrorKind::Empty, "is empty".to_owned()).remedy("export the design again"));
    }
    let starts = |magic: &[u8]| data.starts_with(magic);
    if starts(b"\x93NUMPY") {
        return Ok(Format::Npy);
    }
    if starts(b"NRRD000") {
        return Ok(Format::Nrrd);
    }
    if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| starts(m)) {
        return Ok(Format::Tiff);
    }
    let known = [
        (&b"PK\x03\x04"[..], "a ZIP archive (3MF or NPZ?)"),
        (b"ISO-10303-21", "a STEP file"),
        (b"ply", "a PLY file"),
        (b"OFF", "an OFF file"),
        (b"\x1f\x8b", "a gzip file (NIfTI?)"),
        (b"glTF", "a glTF file"),
        (b"ObjectType", "a MetaImage file"),
        (b"<?xml", "an XML file"),
        (b"# vtk", "a legacy VTK file"),
        (b"\x89PNG", "a PNG picture"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\xd0\xcf\x11\xe0", "a Microsoft compound file (CAD native?)"),
    ];
    if mesh::stl::looks_binary(data) {
        return Ok(Format::StlBinary);
    }
    if mesh::stl::looks_ascii(data) {
        return Ok(Format::StlAscii);
    }
    for (magic, name) in known {
        if starts(magic) {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("looks like {name}, which is not read"))
                .remedy("export a mesh as STL, a volume as NPY, NRRD or multi-page TIFF"));
        }
    }
    if data.len() >= 84 {
        // No other format has a meaning here, so let the reader say what is wrong with it as an STL.
        return mesh::stl::explain_binary(data).map(|()| Format::StlBinary);
    }
    Err(InputError::new(InputErrorKind::UnknownFormat, "is of no format that is known".to_owned())
        .remedy("export a mesh as STL, a volume as NPY, NRRD or multi-page TIFF"))
}
