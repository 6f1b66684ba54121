//! Files that other programs wrote (`tests/files/make.py` says which and how): each is read back with the size, spacing,
//! unit and values that it was written with.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::{Path, PathBuf};

use poregauge::input::{Content, RawLayout, load, load_with};
use poregauge::limits::Limits;
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
    for (name, unit) in
        [("stl", None), ("ply", None), ("obj", None), ("off", None), ("3mf", Some(LengthUnit::Millimetre))]
    {
        let loaded = load(&file(&format!("trimesh.{name}")), &Limits::default()).unwrap();
        let Content::Mesh { triangles, unit: found } = loaded.content else { panic!("{name} is a mesh") };
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
    assert_eq!(unit, Some(LengthUnit::Micrometre));
    // As shells: a cylinder with half a ball, a frustum, and the whole ball where the frustum begins.
    let ball = 4.0 / 3.0 * PI * 1e6;
    let frustum = PI / 3.0 * 2000.0 * (100.0 * 100.0 + 100.0 * 50.0 + 50.0 * 50.0);
    let truth = PI * 1e4 * 1000.0 + ball / 2.0 + frustum + ball;
    let volume: f64 = triangles.iter().map(|[a, b, c]| a.dot(&b.cross(c)) / 6.0).sum();
    assert!((volume / truth - 1.0).abs() < 1e-4, "{volume} {truth}");
}
