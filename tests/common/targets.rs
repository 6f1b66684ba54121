//! What every fuzz target does with its bytes, and what it holds its reader to; `fuzz` makes programs of it, `tests/fuzz.rs`
//! replays what was kept of their runs.

use std::io::{Cursor, Write as _};
use std::path::{Path, PathBuf};

use poregauge::input::mesh::{gltf, obj, off, ply, stl, threemf};
use poregauge::input::volume::{
    aim, dicom, isq, metaimage, nifti, npy, npz, nrrd, raw, skyscan, slices, tiff, vti, vtk,
};
use poregauge::input::{Content, InputError, Note, RawLayout, RawType, detect, stands_alone};
use poregauge::limits::Limits;
use zip::write::SimpleFileOptions;

/// A budget that no header's word may break.
const LIMITS: Limits = Limits { memory: 1 << 26 };

/// Every target, by name.
pub const TARGETS: [(&str, fn(&[u8])); 22] = [
    ("aim", |data| sound(aim::read(data, &LIMITS))),
    ("detect", |data| {
        let _ = detect(data);
        let _ = stands_alone(data);
    }),
    ("dicom", |data| {
        sound(dicom::read(&[("slice".to_owned(), data)], &LIMITS));
        sound(dicom::read(&[("one".to_owned(), data), ("two".to_owned(), data)], &LIMITS));
    }),
    ("gltf", |data| sound(gltf::read(data, &LIMITS))),
    ("isq", |data| sound(isq::read(data, &LIMITS))),
    ("metaimage", |data| sound(metaimage::read(data, Path::new("/nowhere"), &LIMITS))),
    ("nifti", |data| sound(nifti::read(data, &LIMITS))),
    ("npy", |data| sound(npy::read(data, &LIMITS))),
    ("npz", |data| sound(npz::read(&archive(data, &[("im.npy", None)]), &LIMITS))),
    ("nrrd", |data| sound(nrrd::read(data, Path::new("/nowhere"), &LIMITS))),
    ("obj", |data| sound(obj::read(data))),
    ("off", |data| sound(off::read(data))),
    ("ply", |data| sound(ply::read(data))),
    ("raw", |data| {
        let Some((head, data)) = data.split_at_checked(9) else { return };
        let word = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
        let names = ["u8", "i8", "u16le", "i16be", "u32le", "i32be", "u64le", "i64be", "f32le", "f64be"];
        let Ok(kind) = names[usize::from(head[0]) % names.len()].parse::<RawType>() else { return };
        let layout = RawLayout { size: [word(1), word(3), word(5)], kind, header: word(7) };
        sound(raw::read(data, &layout, &LIMITS));
    }),
    ("skyscan", |data| {
        if let Ok(Some(stated)) = skyscan::spacing(data) {
            assert!(stated.spacing.iter().all(|v| v.is_finite() && *v > 0.0));
        }
    }),
    ("slices", |data| {
        sound(slices::read(&[PathBuf::from("slice")], &[data.to_vec()], &LIMITS));
        sound(slices::read(&["one", "two"].map(PathBuf::from), &[data.to_vec(), data.to_vec()], &LIMITS));
    }),
    ("stl_binary", |data| sound(stl::read_binary(data))),
    ("stl_text", |data| sound(stl::read_ascii(data))),
    ("threemf", |data| {
        let parts =
            [("[Content_Types].xml", Some(TYPES)), ("_rels/.rels", Some(RELATIONS)), ("3D/3dmodel.model", None)];
        sound(threemf::read(&archive(data, &parts), &LIMITS));
    }),
    ("tiff", |data| sound(tiff::read(data, &LIMITS))),
    ("vti", |data| sound(vti::read(data, &LIMITS))),
    ("vtk", |data| sound(vtk::read(data, &LIMITS))),
];

const TYPES: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>
</Types>"#;

const RELATIONS: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Target="/3D/3dmodel.model" Id="r" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>"#;

/// Does what the target of that name does.
///
/// # Panics
/// When the reader does not hold to it, or there is no such target.
pub fn run(target: &str, data: &[u8]) {
    let (_, target) = TARGETS.iter().find(|(name, _)| *name == target).expect("a target");
    target(data);
}

/// The bytes themselves if they begin as an archive; else an archive of the parts, with the bytes as the one that has no
/// text: a change of a byte in an archive breaks the checksum of its part and shows nothing of what reads the part.
fn archive(data: &[u8], parts: &[(&str, Option<&str>)]) -> Vec<u8> {
    if data.starts_with(b"PK") {
        return data.to_vec();
    }
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in parts {
        zip.start_file(*name, stored).expect("room in memory");
        zip.write_all(text.map_or(data, str::as_bytes)).expect("room in memory");
    }
    zip.finish().expect("room in memory").into_inner()
}

/// Accepts errors that say what to do, and files whose values match their size and are numbers.
fn sound(read: Result<(Content, Vec<Note>), InputError>) {
    match read {
        Err(error) => {
            assert!(!error.message.is_empty());
            assert!(error.remedy.is_some() || error.kind.id() == "input.too_large", "no remedy: {error}");
        }
        Ok((Content::Mesh { triangles, .. }, _)) => {
            assert!(triangles.apart().iter().flatten().flatten().all(|c| c.is_finite()));
        }
        Ok((Content::Volume { volume, spacing, place }, _)) => {
            assert_eq!(volume.size.iter().product::<usize>(), volume.levels.len());
            assert!((0..volume.levels.len()).all(|i| volume.levels.get(i).is_finite()));
            assert!(spacing.is_none_or(|s| s.spacing.iter().all(|v| v.is_finite() && *v > 0.0)));
            assert!(place.lie.is_none_or(|lie| lie.axes.iter().all(|a| (a.norm() - 1.0).abs() < 1e-9)));
            assert!(place.origin.iter().all(|o| o.is_finite()));
        }
    }
}
