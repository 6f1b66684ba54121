//! Files: what format they are, and their bytes as a mesh or a [`Volume`] with unit and spacing.
//!
//! A format is told from the content, never from the name. Readers take bytes and say what is wrong where; no unit is
//! guessed: what a file does not say is marked as assumed, and a volume without spacing is refused.

mod error;
pub mod mesh;
pub mod volume;

use std::io::Read as _;
use std::path::{Path, PathBuf};

use glob::Pattern;
use sha2::{Digest, Sha256};

pub use error::{InputError, InputErrorKind};
pub use volume::placing::Place;
pub use volume::raw::{RawLayout, RawType};

use crate::grid::Volume;
use crate::limits::{Limits, bytes};
use crate::mesh::Triangles;
use crate::units::LengthUnit;

/// A format that was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// STL, binary.
    StlBinary,
    /// STL, text.
    StlAscii,
    /// Wavefront OBJ.
    Obj,
    /// Polygon file format.
    Ply,
    /// Object file format.
    Off,
    /// 3D manufacturing format.
    ThreeMf,
    /// glTF.
    Gltf,
    /// `NumPy` array.
    Npy,
    /// Archive of `NumPy` arrays.
    Npz,
    /// NIfTI, perhaps packed by gzip.
    Nifti,
    /// MetaImage.
    MetaImage,
    /// Nearly raw raster data.
    Nrrd,
    /// XML image data of VTK.
    Vti,
    /// Legacy VTK file of structured points.
    Vtk,
    /// Tagged image file format, one page a slice.
    Tiff,
    /// DICOM, a series of slices or one file of several frames.
    Dicom,
    /// Scan of a Scanco scanner.
    Isq,
    /// Volume of Scanco's image processing.
    Aim,
    /// Raw voxels.
    Raw,
    /// Folder of slices.
    Slices,
}

impl Format {
    /// Name in machine-readable reports.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::StlBinary | Self::StlAscii => "stl",
            Self::Obj => "obj",
            Self::Ply => "ply",
            Self::Off => "off",
            Self::ThreeMf => "3mf",
            Self::Gltf => "gltf",
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Nifti => "nifti",
            Self::MetaImage => "metaimage",
            Self::Nrrd => "nrrd",
            Self::Vti => "vti",
            Self::Vtk => "vtk",
            Self::Tiff => "tiff",
            Self::Dicom => "dicom",
            Self::Isq => "isq",
            Self::Aim => "aim",
            Self::Raw => "raw",
            Self::Slices => "slices",
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
        /// Its triangles.
        triangles: Triangles,
        /// The unit that the file names.
        unit: Option<LengthUnit>,
    },
    /// Voxels.
    Volume {
        /// The values.
        volume: Volume,
        /// The spacing, when the file has it.
        spacing: Option<FileSpacing>,
        /// Where it lies.
        place: Place,
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

/// Reads a file, the slices in a folder, or those that a pattern stands for.
///
/// # Errors
/// When it cannot be opened, its format is not known or not supported, or its content is broken or too large.
pub fn load(path: &Path, limits: &Limits) -> Result<Loaded, InputError> {
    load_with(path, None, limits)
}

/// As [`load`]; a file of no known format, or named as raw volumes are, is read as `raw` says.
///
/// # Errors
/// As [`load`].
pub fn load_with(path: &Path, raw: Option<&RawLayout>, limits: &Limits) -> Result<Loaded, InputError> {
    let unreadable = |e: &std::io::Error| {
        InputError::new(InputErrorKind::Unreadable, format!("cannot be read: {e}"))
            .remedy("check the path and its permissions")
    };
    let metadata = match (std::fs::metadata(path), pattern(path)) {
        (Err(_), Some((place, names))) => return folder(&place, Some(&names), limits),
        (metadata, _) => metadata.map_err(|e| unreadable(&e))?,
    };
    if metadata.is_dir() {
        return folder(path, None, limits);
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
    let format = match (raw, detect(&data)) {
        (Some(_), found) if volume::raw::named(path) || found.is_err() => Format::Raw,
        // What is named so and looks like an STL does so by its length alone.
        (None, Err(_) | Ok(Format::StlBinary)) if volume::raw::named(path) && !data.is_empty() => {
            return Err(volume::raw::undeclared(path, data.len()));
        }
        (_, found) => found?,
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    let (content, notes) = match format {
        Format::StlBinary => mesh::stl::read_binary(&data),
        Format::StlAscii => mesh::stl::read_ascii(&data),
        Format::Npy => volume::npy::read(&data, limits),
        Format::Obj => mesh::obj::read(&data),
        Format::Ply => mesh::ply::read(&data),
        Format::Off => mesh::off::read(&data),
        Format::ThreeMf => mesh::threemf::read(&data, limits),
        Format::Gltf => mesh::gltf::read(&data, limits),
        Format::Npz => volume::npz::read(&data, limits),
        Format::Nifti if data.starts_with(GZIP) => volume::nifti::read(&unpack(&data, limits)?, limits),
        Format::Nifti => volume::nifti::read(&data, limits),
        Format::MetaImage => volume::metaimage::read(&data, folder, limits),
        Format::Nrrd => volume::nrrd::read(&data, folder, limits),
        Format::Vti => volume::vti::read(&data, limits),
        Format::Vtk => volume::vtk::read(&data, limits),
        Format::Isq => volume::isq::read(&data, limits),
        Format::Aim => volume::aim::read(&data, limits),
        Format::Raw => {
            raw.map_or_else(|| Err(volume::raw::undeclared(path, data.len())), |l| volume::raw::read(&data, l, limits))
        }
        Format::Dicom => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            volume::dicom::read(&[(name, &data)], limits)
        }
        // A file is never told to be a folder.
        Format::Tiff | Format::Slices => volume::tiff::read(&data, limits),
    }?;
    Ok(Loaded { format, sha256, content, notes })
}

/// The folder and the names of slices that a pattern stands for, such as `scan/*_00[0-4]?.tif`.
fn pattern(path: &Path) -> Option<(PathBuf, Pattern)> {
    let name = path.file_name()?.to_str().filter(|name| name.contains(['*', '?', '[']))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Some((folder.to_owned(), Pattern::new(name).ok()?))
}

/// Reads a folder of slices, or those whose names a pattern stands for: a DICOM series, or pictures.
fn folder(path: &Path, names: Option<&Pattern>, limits: &Limits) -> Result<Loaded, InputError> {
    let wanted =
        |file: &Path| names.is_none_or(|names| names.matches(&file.file_name().unwrap_or_default().to_string_lossy()));
    let mut series = volume::dicom::list(path)?;
    series.retain(|file| wanted(file));
    let format = if series.is_empty() { Format::Slices } else { Format::Dicom };
    let (files, views) = if series.is_empty() { volume::slices::list(path, wanted)? } else { (series, Vec::new()) };
    let mut digest = Sha256::new();
    let mut data = Vec::new();
    let mut held = 0;
    for file in &files {
        let bytes = std::fs::read(file).map_err(|e| {
            InputError::new(InputErrorKind::Unreadable, format!("has a slice that cannot be read: {e}"))
                .at(file.file_name().unwrap_or_default().to_string_lossy())
        })?;
        held += bytes.len() as u64;
        limits.check("the slices", held, 1)?;
        digest.update(&bytes);
        data.push(bytes);
    }
    let (content, notes) = if format == Format::Dicom {
        let name = |f: &PathBuf| f.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let named: Vec<(String, &[u8])> = files.iter().map(name).zip(data.iter().map(Vec::as_slice)).collect();
        volume::dicom::read(&named, limits)?
    } else {
        let (mut content, mut notes) = volume::slices::read(&files, &data, limits)?;
        notes.extend(views.iter().map(|view| Note {
            kind: "file.left_out",
            message: format!(
                "{} was left out: it shows the object from the side, and is no slice",
                view.file_name().unwrap_or_default().to_string_lossy()
            ),
        }));
        let logs = volume::skyscan::list(path)?;
        logs.iter().for_each(|(_, log)| digest.update(log));
        if let (Content::Volume { spacing, .. }, Some(stated)) = (&mut content, volume::skyscan::common(&logs)?) {
            *spacing = Some(stated);
        }
        (content, notes)
    };
    let sha256 = digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok(Loaded { format, sha256, content, notes })
}

/// What a gzip file begins with.
const GZIP: &[u8] = b"\x1f\x8b";

/// The content of a gzip file.
fn unpack(data: &[u8], limits: &Limits) -> Result<Vec<u8>, InputError> {
    let mut out = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(data).take(limits.memory);
    decoder.read_to_end(&mut out).map_err(|e| packed_badly(&e))?;
    Ok(out)
}

/// Whether a gzip file holds a NIfTI volume: its first bytes say so.
///
/// # Errors
/// When they cannot be unpacked.
fn packed_nifti(data: &[u8]) -> Result<bool, InputError> {
    let mut start = Vec::new();
    flate2::read::MultiGzDecoder::new(data).take(540).read_to_end(&mut start).map_err(|e| packed_badly(&e))?;
    Ok(volume::nifti::looks_like(&start))
}

fn packed_badly(e: &std::io::Error) -> InputError {
    let kind = match e.kind() {
        std::io::ErrorKind::UnexpectedEof => InputErrorKind::Truncated,
        _ => InputErrorKind::Malformed,
    };
    InputError::new(kind, format!("is a gzip file that cannot be unpacked: {e}")).remedy("copy the file again")
}

/// Whether a file holds all of its content: it names no other file that holds some.
#[must_use]
pub fn stands_alone(data: &[u8]) -> bool {
    match detect(data) {
        Ok(Format::Nrrd) => volume::nrrd::stands_alone(data),
        Ok(Format::MetaImage) => volume::metaimage::stands_alone(data),
        _ => true,
    }
}

/// The name of a format of CAD programs that describes solids by curved faces.
fn boundary_model(data: &[u8]) -> Option<&'static str> {
    let whole = String::from_utf8_lossy(&data[..data.len().min(256)]);
    let start = whole.trim_start_matches('\u{feff}').trim_start();
    // Lines of 80 columns, of which the last eight are the section and the number; the others may be blank.
    let line = &data[..data.len().min(80)];
    let iges = line.len() == 80
        && line.is_ascii()
        && line[72] == b'S'
        && String::from_utf8_lossy(&line[73..]).trim().trim_start_matches('0') == "1";
    let archive = data.starts_with(b"PK\x03\x04");
    let holds = |name: &[u8]| data[..data.len().min(4096)].windows(name.len()).any(|w| w == name);
    match () {
        () if start.starts_with("ISO-10303-21") => Some("a STEP file"),
        () if start.starts_with("**ABCDEFGHIJKLMNOPQRSTUVWXYZ") => Some("a Parasolid file"),
        () if data.starts_with(b"PS\0\0\0") => Some("a Parasolid file"),
        () if start.starts_with("DBRep_DrawableShape") || start.starts_with("CASCADE Topology") => Some("a BREP file"),
        () if start.contains("ACIS") && start.starts_with(|c: char| c.is_ascii_digit()) => Some("an ACIS file"),
        () if start.starts_with("ACIS BinaryFile") || start.starts_with("ASM BinaryFile") => Some("an ACIS file"),
        () if start.starts_with("3D Geometry File Format") => Some("a Rhino file"),
        () if start.starts_with("V5_CFV2") => Some("a CATIA file"),
        () if start.starts_with("#UGC:") => Some("a Creo file"),
        () if start.starts_with("Version ") && start.contains(" JT ") => Some("a JT file"),
        () if archive && holds(b"Document.xml") && holds(b".brp") => Some("a FreeCAD file"),
        () if iges => Some("an IGES file"),
        () => None,
    }
}

/// What to do about a file that is not read.
const EXPORT: &str = "export a mesh as STL, OBJ, PLY, OFF or 3MF, a volume as NIfTI, NRRD, MetaImage, VTI, TIFF or NPY";

/// Tells the format from the content.
///
/// # Errors
/// When the file is empty, or of a format that is not read; the message says what to export instead.
pub fn detect(data: &[u8]) -> Result<Format, InputError> {
    if data.is_empty() {
        return Err(InputError::new(InputErrorKind::Empty, "is empty".to_owned()).remedy("export the design again"));
    }
    let starts = |magic: &[u8]| data.starts_with(magic);
    if let Some(name) = boundary_model(data) {
        return Err(InputError::new(
            InputErrorKind::Unsupported,
            format!("is {name}: it holds curved faces, which are not read"),
        )
        .remedy("export the solid from the CAD program as STL, PLY or 3MF, with a chord error of a few µm"));
    }
    if starts(b"\x93NUMPY") {
        return Ok(Format::Npy);
    }
    if starts(b"NRRD000") {
        return Ok(Format::Nrrd);
    }
    if [&b"II*\0"[..], b"MM\0*", b"II+\0", b"MM\0+"].iter().any(|m| starts(m)) {
        return Ok(Format::Tiff);
    }
    if starts(b"PK\x03\x04") && volume::npz::looks_like(data) {
        return Ok(Format::Npz);
    }
    if starts(b"PK\x03\x04") && mesh::threemf::looks_like(data) {
        return Ok(Format::ThreeMf);
    }
    if volume::nifti::looks_like(data) || (starts(GZIP) && packed_nifti(data)?) {
        return Ok(Format::Nifti);
    }
    if volume::metaimage::looks_like(data) {
        return Ok(Format::MetaImage);
    }
    if mesh::gltf::looks_like(data) {
        return Ok(Format::Gltf);
    }
    if volume::dicom::looks_like(data) {
        return Ok(Format::Dicom);
    }
    if starts(volume::isq::MAGIC) {
        return Ok(Format::Isq);
    }
    if volume::aim::looks_like(data) {
        return Ok(Format::Aim);
    }
    if volume::vti::looks_like(data) {
        return Ok(Format::Vti);
    }
    if volume::vtk::looks_like(data) {
        return Ok(Format::Vtk);
    }
    if starts(b"ply\n") || starts(b"ply\r") {
        return Ok(Format::Ply);
    }
    if [&b"OFF"[..], b"COFF", b"NOFF", b"CNOFF", b"STOFF"].iter().any(|m| starts(m)) {
        return Ok(Format::Off);
    }
    let known = [
        (&b"PK\x03\x04"[..], "a ZIP archive, but not of a 3MF or NPZ"),
        (GZIP, "a gzip file, but not of a NIfTI volume"),
        (b"<?xml", "an XML file"),
        (b"\x89PNG", "a PNG picture"),
        (b"BM", "a BMP picture"),
        (b"\x89HDF", "an HDF5 file"),
        (b"\xff\xd8\xff", "a JPEG"),
        (b"%PDF", "a PDF"),
        (b"\xd0\xcf\x11\xe0", "a Microsoft compound file (CAD native?)"),
    ];
    if mesh::stl::looks_binary(data) {
        return Ok(Format::StlBinary);
    }
    if mesh::stl::looks_ascii(data) {
        return Ok(Format::StlAscii);
    }
    if mesh::obj::looks_like(data) {
        return Ok(Format::Obj);
    }
    for (magic, name) in known {
        if starts(magic) && name.ends_with("picture") {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("is {name}, a single slice"))
                .remedy("name the folder that holds all slices"));
        }
        if starts(magic) {
            return Err(InputError::new(InputErrorKind::Unsupported, format!("looks like {name}, which is not read"))
                .remedy(EXPORT));
        }
    }
    if data.len() >= 84 {
        // No other format has a meaning here, so let the reader say what is wrong with it as an STL.
        return mesh::stl::explain_binary(data).map(|()| Format::StlBinary);
    }
    Err(InputError::new(InputErrorKind::UnknownFormat, "is of no format that is known".to_owned()).remedy(EXPORT))
}
