//! Files that other programs wrote (`tests/files/make.py` says which and how): each is read back with the size, spacing,
//! unit and values that it was written with.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use proptest::prelude::*;

use poregauge::grid::{Lie, Space};
use poregauge::input::{Content, Place, RawLayout, detect, load, load_with};
use poregauge::limits::Limits;
use poregauge::mesh::V3;
use poregauge::units::LengthUnit;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

const SIZE: [usize; 3] = [5, 6, 7];

/// Whether a volume has the value x + 10 y + 100 z everywhere.
fn whole(volume: &poregauge::grid::Volume) -> bool {
    let [nx, ny, _] = SIZE;
    let value = |i: usize| (i % nx + 10 * (i / nx % ny) + 100 * (i / (nx * ny))) as f32;
    volume.size == SIZE && (0..volume.levels.len()).all(|i| volume.levels.get(i) == value(i))
}

#[test]
fn volumes_of_other_programs_are_read_back() {
    let limits = Limits::default();
    let mm = Some(LengthUnit::Millimetre);
    for (name, format, unit) in [
        ("nibabel.nii.gz", "nifti", mm),
        ("nibabel2.nii", "nifti", mm),
        ("pynrrd.nrrd", "nrrd", mm),
        ("simpleitk.mha", "metaimage", None),
        ("simpleitk.nrrd", "nrrd", None),
        ("simpleitk.nii.gz", "nifti", mm),
        ("simpleitk.vtk", "vtk", None),
        ("imagej.tif", "tiff", mm),
        ("ome.ome.tif", "tiff", Some(LengthUnit::Micrometre)),
        ("pyvista.vti", "vti", None),
        ("vtk-raw.vti", "vti", None),
        ("vtk-raw-zlib.vti", "vti", None),
        ("vtk-base64.vti", "vti", None),
        ("vtk-ascii.vti", "vti", None),
        ("vtk.vtk", "vtk", None),
        ("vtk-ascii.vtk", "vtk", None),
    ] {
        let loaded = load(&file(name), &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Content::Volume { volume, spacing, .. } = loaded.content else { panic!("{name} is a volume") };
        assert!(whole(&volume), "{name}: {:?}", volume.size);
        let spacing = spacing.unwrap_or_else(|| panic!("{name} has a spacing"));
        assert_eq!((loaded.format.id(), spacing.unit), (format, unit), "{name}");
        let per_um = if unit == Some(LengthUnit::Micrometre) { 1.0 } else { 1e3 };
        for (found, truth) in spacing.spacing.iter().zip([12.0, 12.0, 20.0]) {
            // Resolution tags and float32 headers hold no more digits.
            assert!((found * per_um / truth - 1.0).abs() < 1e-5, "{name}: {:?}", spacing.spacing);
        }
    }
}

/// What a volume holds, and where it lies.
fn placed(path: &Path) -> (poregauge::grid::Volume, Place) {
    let Content::Volume { volume, place, .. } = load(path, &Limits::default()).unwrap().content else { panic!() };
    (volume, place)
}

#[test]
fn volumes_that_lie_turned_lie_alike_in_the_files_of_other_programs() {
    // As they were written: x along -y, y along x and down, z back and up, from (1, 2, 3); along the axes that is:
    let origin = [-2.0, 0.8 - 1.8, 0.6 + 2.4];
    let axes = [V3::new(0.0, -1.0, 0.0), V3::new(0.8, 0.0, -0.6), V3::new(0.6, 0.0, 0.8)];
    for (name, space) in [
        ("turned.mha", Space::Lps),
        ("turned.nrrd", Space::Lps),
        ("turned.nii.gz", Space::Ras),
        ("turned.vti", Space::Unsaid),
    ] {
        let (volume, place) = placed(&file(name));
        assert!(whole(&volume), "{name}");
        assert!((0..3).all(|a| (place.origin[a] - origin[a]).abs() < 1e-6), "{name}: {:?}", place.origin);
        let lie = place.lie.unwrap_or_else(|| panic!("{name} says how it lies"));
        assert_eq!(lie.space, space, "{name}");
        assert_eq!(
            Lie { axes, space: if space == Space::Ras { Space::Lps } else { space } }.turn_from(&lie),
            None,
            "{name}"
        );
    }
    // Of programs that know of no directions.
    for name in ["numpy.npy", "imagej.tif", "vtk-ascii.vtk", "vtk-raw.vti"] {
        assert_eq!(placed(&file(name)).1.lie, None, "{name}");
    }
}

#[test]
fn series_are_sorted_by_place_and_mixed_ones_refused() {
    let limits = Limits::default();
    let loaded = load(&file("series"), &limits).unwrap();
    let Content::Volume { volume, spacing, place } = loaded.content else { panic!("a volume") };
    assert!(whole(&volume));
    assert_eq!((loaded.format.id(), place.origin), ("dicom", [1.0, 2.0, 3.0]));
    let spacing = spacing.unwrap();
    assert!(spacing.spacing.iter().zip([0.012, 0.012, 0.02]).all(|(a, b)| (a / b - 1.0).abs() < 1e-9));
    assert_eq!(spacing.unit, Some(LengthUnit::Millimetre));
    // Frames of one file, of either sign, scaled: values that were odd lost their last bit.
    let Content::Volume { volume, spacing, .. } = load(&file("pydicom.dcm"), &limits).unwrap().content else {
        panic!()
    };
    let value = |i: usize| ((i % 5 + 10 * (i / 5 % 6) + 100 * (i / 30)) / 2 * 2) as f32;
    assert!(volume.size == SIZE && (0..210).all(|i| volume.levels.get(i) == value(i)));
    assert!((spacing.unwrap().spacing[2] - 0.02).abs() < 1e-12);

    let folder = tempfile::tempdir().unwrap();
    let copy = |from: &str, to: &str| assert!(std::fs::copy(file(from), folder.path().join(to)).unwrap() > 0);
    let mut names: Vec<_> = std::fs::read_dir(file("series")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    names.iter().for_each(|n| copy(&format!("series/{}", n.to_string_lossy()), &n.to_string_lossy()));
    copy("numpy.npy", "notes.txt");
    assert!(load(folder.path(), &limits).is_ok());
    copy("series/1.dcm", "again.dcm");
    assert!(load(folder.path(), &limits).unwrap_err().message.contains("same place"));
    std::fs::remove_file(folder.path().join("again.dcm")).unwrap();
    // The number 3, of the second slice of seven: a gap.
    std::fs::remove_file(folder.path().join("4.dcm")).unwrap();
    assert!(load(folder.path(), &limits).unwrap_err().message.contains("mm apart"));
    copy("pydicom.dcm", "other.dcm");
    assert!(load(folder.path(), &limits).unwrap_err().message.contains("more than one series"));
    assert!(load(&file("series/1.dcm"), &limits).unwrap_err().message.contains("single slice"));
}

#[test]
fn pictures_with_loss_are_read_and_said_to_be_such() {
    let limits = Limits::default();
    let read = |name: &str| {
        let loaded = load(&file(name), &limits).unwrap();
        let Content::Volume { volume, spacing, .. } = loaded.content else { panic!("a volume") };
        (volume, spacing, loaded.notes.iter().any(|n| n.kind == "file.lossy"))
    };
    let (near, spacing, lossy) = read("jpeg-lossy.dcm");
    let (truth, same, plain) = read("same/explicit.dcm");
    assert!(lossy && !plain && spacing == same && near.size == truth.size);
    let off: Vec<f32> = (0..truth.levels.len()).map(|i| (near.levels.get(i) - truth.levels.get(i)).abs()).collect();
    let mean = off.iter().sum::<f32>() / off.len() as f32;
    assert!(mean > 0.0 && mean < 3.0, "{mean}");
    // What no pure decoder is at hand for is refused with what to do.
    let folder = tempfile::tempdir().unwrap();
    let bytes = std::fs::read(file("jpeg-lossy.dcm")).unwrap();
    let at = bytes.windows(22).position(|w| w == b"1.2.840.10008.1.2.4.50").unwrap();
    let mut other = bytes;
    other[at + 20..at + 22].copy_from_slice(b"90");
    std::fs::write(folder.path().join("a.dcm"), other).unwrap();
    let error = load(&folder.path().join("a.dcm"), &limits).unwrap_err();
    assert!(error.kind.id() == "input.unsupported" && error.remedy.is_some(), "{error}");
}

#[test]
fn slices_take_their_spacing_from_the_log_of_the_scanner() {
    let limits = Limits::default();
    let folder = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(file("same/slices-bmp")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
    }
    let spacing = |log: Option<&str>| {
        if let Some(log) = log {
            std::fs::write(folder.path().join("scan_rec.log"), log).unwrap();
        }
        let loaded = load(folder.path(), &limits).unwrap();
        let Content::Volume { spacing, .. } = loaded.content else { panic!("a volume") };
        (spacing.map(|s| (s.spacing, s.unit)), loaded.sha256)
    };
    let (none, before) = spacing(None);
    assert_eq!(none, None);
    let (found, after) = spacing(Some("[Acquisition]\r\nImage Pixel Size (um)=12.50\r\n"));
    assert_eq!(found, Some(([12.5; 3], Some(LengthUnit::Micrometre))));
    assert!(before != after);
    std::fs::write(folder.path().join("other.log"), "Pixel Size (um)=-1").unwrap();
    assert_eq!(load(folder.path(), &limits).unwrap_err().at.as_deref(), Some("other.log, line 1"));
}

#[test]
fn a_folder_of_a_scanner_is_read_with_its_log_and_without_its_view() {
    let loaded = load(&file("skyscan"), &Limits::default()).unwrap();
    let Content::Volume { volume, spacing, .. } = loaded.content else { panic!("a volume") };
    let value = |i: usize| (i % 5 + 5 * (i / 5 % 6) + 30 * (i / 30)) as f32;
    assert_eq!(volume.size, SIZE);
    assert!((0..210).all(|i| volume.levels.get(i) == value(i)));
    // Every second section of the reconstruction, whose pixels are twice those of the scan.
    let spacing = spacing.unwrap();
    assert_eq!((spacing.spacing, spacing.unit), ([12.0, 12.0, 24.0], Some(LengthUnit::Micrometre)));
    let notes: Vec<_> = loaded.notes.iter().map(|n| n.kind).collect();
    assert_eq!(notes, ["file.left_out"]);
    assert!(loaded.notes[0].message.contains("scan_rec_spr.bmp"));
}

#[test]
fn a_pattern_stands_for_the_slices_of_a_stack() {
    let limits = Limits::default();
    let read = |name: &str| {
        let Content::Volume { volume, spacing, .. } = load(&file(name), &limits)?.content else { panic!("a volume") };
        Ok::<_, poregauge::input::InputError>((volume, spacing))
    };
    let (all, _) = read("same/slices-tif").unwrap();
    assert_eq!(read("same/slices-tif/*.tif").unwrap().0, all);
    // The slices 10 to 15, which are the last ones.
    let (last, _) = read("same/slices-tif/slice1?.tif").unwrap();
    let [nx, ny, nz] = all.size;
    assert_eq!((last.size, nz), ([nx, ny, 6], 16));
    assert!((0..last.levels.len()).all(|i| last.levels.get(i) == all.levels.get(i + 10 * nx * ny)));
    // With the log beside them; a series of DICOM likewise.
    let (part, spacing) = read("skyscan/*42[0-9].bmp").unwrap();
    assert_eq!((part.size[2], spacing.unwrap().spacing), (5, [12.0, 12.0, 24.0]));
    assert_eq!(read("series/[1-7].dcm").unwrap().0, read("series").unwrap().0);
    let none = read("same/slices-tif/x*.tif").unwrap_err();
    assert!(none.kind.id() == "input.empty" && none.remedy.is_some(), "{none}");
    assert_eq!(read("nowhere/*.tif").unwrap_err().kind.id(), "input.unreadable");
}

#[test]
fn files_of_cad_programs_are_known_and_refused_with_the_export_to_use() {
    let blank = " ".repeat(72);
    let archive = {
        let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        for name in ["Document.xml", "PartShape.brp"] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    };
    let long = |start: &[u8]| [start, &[0; 300]].concat();
    for (data, name) in [
        (b"ISO-10303-21;\nHEADER;\n".to_vec(), "STEP"),
        (format!("{blank}S      1\n{blank}S      2\n").into_bytes(), "IGES"),
        (format!("{:72}S0000001\r\n", "made by hand").into_bytes(), "IGES"),
        (b"**ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz**".to_vec(), "Parasolid"),
        (long(b"PS\0\0\0?: TRANSMIT FILE"), "Parasolid"),
        (b"DBRep_DrawableShape\n".to_vec(), "BREP"),
        (b"700 0 1 0\n16 Program 19 ASM 223 ACIS\n".to_vec(), "ACIS"),
        (long(b"ACIS BinaryFile"), "ACIS"),
        (long(b"3D Geometry File Format        "), "Rhino"),
        (long(b"V5_CFV2"), "CATIA"),
        (long(b"#UGC:2 PART 1"), "Creo"),
        (long(b"Version 9.5 JT  DM 6.4.0.0"), "JT"),
        (archive, "FreeCAD"),
    ] {
        let error = detect(&data).unwrap_err();
        assert!(error.kind.id() == "input.unsupported" && error.message.contains(name), "{name}: {error}");
        assert!(error.remedy.unwrap().contains("as STL, PLY or 3MF"), "{name}");
    }
    for (data, name) in [(long(b"\xff\xd8\xff\xe0"), "JPEG"), (long(b"%PDF-1.4\n"), "PDF")] {
        let error = detect(&data).unwrap_err();
        assert!(error.kind.id() == "input.unsupported" && error.message.contains(name), "{name}: {error}");
    }
}

#[test]
fn files_that_are_not_whole_say_where_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |name: &str, data: &[u8]| {
        std::fs::write(folder.path().join(name), data).unwrap();
        load(&folder.path().join(name), &Limits::default()).unwrap_err()
    };
    let obj = std::fs::read_to_string(file("trimesh.obj")).unwrap();
    let error = refused("a.obj", obj.replace('.', ",").as_bytes());
    assert!(error.at.unwrap().starts_with("line ") && error.remedy.unwrap().contains("decimal point"));
    let ply = std::fs::read_to_string(file("same/frame-text.ply")).unwrap();
    let (header, body) = ply.split_once("end_header").unwrap();
    let error = refused("a.ply", format!("{header}end_header{}", body.replacen('.', ",", 1)).as_bytes());
    assert!(error.at.unwrap().starts_with("vertex ") && error.remedy.unwrap().contains("decimal point"));
    // What is packed is not whole without the end that says what it adds up to.
    for name in ["nibabel.nii.gz", "same/gzip.nrrd", "same/bzip2.nrrd", "same/packed.mha"] {
        let data = std::fs::read(file(name)).unwrap();
        for cut in [1, 4, 9, data.len() / 2] {
            let error = refused(name.rsplit('/').next().unwrap(), &data[..data.len() - cut]);
            assert!(["input.truncated", "input.malformed"].contains(&error.kind.id()), "{name} less {cut}: {error}");
        }
    }
    let nifti = std::fs::read(file("nibabel2.nii")).unwrap();
    for cut in [4, 6, 100, 500, 700] {
        assert_eq!(refused("a.nii", &nifti[..cut]).kind.id(), "input.truncated", "{cut}");
    }
}

#[test]
fn arrays_without_spacing_are_read_back_and_have_none() {
    let limits = Limits::default();
    let raw = RawLayout { size: SIZE, kind: "u16be".parse().unwrap(), header: 0 };
    for (name, raw) in [("numpy.npy", None), ("numpy.npz", None), ("numpy.raw", Some(&raw))] {
        let loaded = load_with(&file(name), raw, &limits).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Content::Volume { volume, spacing, .. } = loaded.content else { panic!("{name} is a volume") };
        assert!(whole(&volume) && spacing.is_none(), "{name}");
    }
    let error = load(&file("numpy.raw"), &limits).unwrap_err().to_string();
    assert!(error.contains("420 bytes") && error.contains("--raw-size"), "{error}");
}

#[test]
fn meshes_of_other_programs_are_read_back() {
    for (name, unit) in [
        ("stl", None),
        ("ply", None),
        ("obj", None),
        ("off", None),
        ("3mf", Some(LengthUnit::Millimetre)),
        ("glb", Some(LengthUnit::Metre)),
    ] {
        let loaded = load(&file(&format!("trimesh.{name}")), &Limits::default()).unwrap();
        let Content::Mesh { triangles, unit: found } = loaded.content else { panic!("{name} is a mesh") };
        let triangles = triangles.apart();
        let volume: f64 = triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
        assert!((volume - 6.0).abs() < 1e-6 && triangles.len() == 12, "{name}: {volume}");
        assert_eq!(found, unit, "{name}");
    }
}

#[test]
fn beams_of_lib3mf_are_read_back() {
    use std::f64::consts::PI;
    let loaded = load(&file("lib3mf-beams.3mf"), &Limits::default()).unwrap();
    let Content::Mesh { triangles, unit } = loaded.content else { panic!("a mesh") };
    let triangles = triangles.apart();
    assert_eq!(unit, Some(LengthUnit::Micrometre));
    // As shells: a cylinder with half a ball, a frustum, and the whole ball where the frustum begins.
    let ball = 4.0 / 3.0 * PI * 1e6;
    let frustum = PI / 3.0 * 2000.0 * (100.0 * 100.0 + 100.0 * 50.0 + 50.0 * 50.0);
    let truth = PI * 1e4 * 1000.0 + ball / 2.0 + frustum + ball;
    let volume: f64 = triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
    assert!((volume / truth - 1.0).abs() < 1e-4, "{volume} {truth}");
}

#[test]
fn what_is_written_is_read_back() {
    use poregauge::export::Target;
    use poregauge::grid::{Frame, Levels};
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame { size: SIZE, spacing: [12.0, 12.0, 20.0], origin: [100.0, 200.0, 300.0] };
    let value = |i: usize| i % 5 + 10 * (i / 5 % 6) + 100 * (i / 30);
    let levels = Levels::U16((0..210).map(|i| value(i) as u16).collect());
    for name in ["a.vti", "a.nii", "a.nii.gz", "a.npy"] {
        let path = folder.path().join(name);
        let target = Target::of(&path).unwrap();
        target.volume(&mut std::fs::File::create(&path).unwrap(), &frame, None, &levels).unwrap().unwrap();
        let Content::Volume { volume, spacing, .. } = load(&path, &Limits::default()).unwrap().content else {
            panic!()
        };
        assert!(whole(&volume), "{name}");
        if let Some(s) = spacing {
            assert!(s.spacing.iter().zip([0.012, 0.012, 0.02]).all(|(a, b)| (a / b - 1.0).abs() < 1e-6), "{name}");
        }
        assert_eq!(spacing.is_none(), name == "a.npy");
    }
}

#[test]
fn a_turned_volume_is_written_as_it_lies() {
    use poregauge::export::{self, Target};
    use poregauge::grid::{Frame, Mask};
    let folder = tempfile::tempdir().unwrap();
    let frame = Frame { size: SIZE, spacing: [12.0, 12.0, 20.0], origin: [100.0, 200.0, 300.0] };
    let axes = [V3::new(0.0, -1.0, 0.0), V3::new(0.8, 0.0, 0.6), V3::new(0.6, 0.0, -0.8)];
    let mut mask = Mask::empty(SIZE);
    mask.insert(1, 2, 3);
    for space in [Space::Unsaid, Space::Lps, Space::Ras, Space::Las] {
        let lie = Lie { axes, space };
        for name in ["a.vti", "a.nii", "a.nrrd"] {
            let path = folder.path().join(name);
            let mut out = std::fs::File::create(&path).unwrap();
            match Target::of(&path).unwrap() {
                Target::Nrrd => export::nrrd::write(&mut out, &frame, Some(&lie), &mask).unwrap(),
                target => target.volume(&mut out, &frame, Some(&lie), &export::mask_levels(&mask)).unwrap().unwrap(),
            }
            let (volume, place) = placed(&path);
            assert_eq!(volume.levels.get(frame.index(1, 2, 3)), 255.0);
            let um = if name == "a.nrrd" { 1.0 } else { 1e3 };
            assert!(
                (0..3).all(|a| (place.origin[a] * um - frame.origin[a]).abs() < 1e-4),
                "{name}: {:?}",
                place.origin
            );
            assert_eq!(place.lie.unwrap().turn_from(&lie), None, "{name}, {space:?}");
        }
    }
}

/// All committed files with their bytes.
static CORPUS: std::sync::LazyLock<Vec<(String, Vec<u8>)>> = std::sync::LazyLock::new(|| {
    let mut all: Vec<(String, Vec<u8>)> = std::fs::read_dir(file(""))
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e != "py"))
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect();
    all.sort();
    assert!(all.len() > 20);
    all
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed, cut out, doubled or cut off: an error or a file within bounds, never a panic, never a volume whose
    /// values do not match its size, never a spacing that is none.
    #[test]
    fn broken_files_never_break_the_reader(
        pick in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..5), 1..6),
    ) {
        let (name, bytes) = pick.get(&CORPUS);
        let mut data = bytes.clone();
        for (at, byte, how) in changes {
            if data.is_empty() {
                break;
            }
            let i = at.index(data.len());
            match how {
                0 => data[i] = byte,
                1 => data[i] ^= 1 << (byte % 8),
                2 => data.truncate(i),
                3 => drop(data.drain(i..(i + 1 + usize::from(byte) % 16).min(data.len()))),
                _ => {
                    let again = data[i..(i + 1 + usize::from(byte) % 16).min(data.len())].to_vec();
                    data.splice(i..i, again);
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, &data).unwrap();
        let raw = RawLayout { size: SIZE, kind: "u16be".parse().unwrap(), header: 0 };
        let raw = name.ends_with(".raw").then_some(&raw);
        if let Ok(loaded) = load_with(&path, raw, &Limits { memory: 1 << 22 }) {
            match loaded.content {
                Content::Volume { volume, spacing, .. } => {
                    prop_assert_eq!(volume.size.iter().product::<usize>(), volume.levels.len());
                    let all_positive = |s: [f64; 3]| s.iter().all(|v| v.is_finite() && *v > 0.0);
                    prop_assert!(spacing.is_none_or(|s| all_positive(s.spacing)));
                    prop_assert!((0..volume.levels.len()).all(|i| volume.levels.get(i).is_finite()));
                }
                Content::Mesh { triangles, .. } => {
                    prop_assert!(triangles.apart().iter().flatten().flatten().all(|c| c.is_finite()));
                }
            }
        }
    }
}
