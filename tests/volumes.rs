//! Volumes of two values and of grey levels against shapes whose answers are known on paper, and overlapping grains
//! against the expectations of the Boolean model.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::f64::consts::PI;
use std::path::Path;

use common::{figure, measure_file, run};
use poregauge::design::{EnvelopeChoice, Options, Threshold};
use poregauge::gauge::Run;
use poregauge::grid::{Frame, Lie, Mask, Space};
use poregauge::limits::Limits;
use poregauge::mesh::V3;
use poregauge::parallel::Exec;
use poregauge::report::DesignEntry;
use poregauge::units::LengthUnit;

fn frame(size: [usize; 3]) -> Frame {
    Frame { size, spacing: [10.0; 3], origin: [5.0; 3] }
}

/// Measures the two-valued volume that is solid where `inside` says so at the centre of a voxel.
fn binary(frame: &Frame, inside: impl Fn(&V3) -> bool) -> DesignEntry {
    binary_as(frame, &whole(), inside)
}

fn binary_as(frame: &Frame, run: &Run, inside: impl Fn(&V3) -> bool) -> DesignEntry {
    let mut mask = Mask::empty(frame.size);
    for i in 0..frame.len() {
        let [x, y, z] = frame.voxel(i);
        if inside(&V3::from(frame.centre([x, y, z]))) {
            mask.insert(x, y, z);
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.nrrd");
    poregauge::export::nrrd::write(&mut std::fs::File::create(&path).unwrap(), frame, None, &mask).unwrap();
    measure_file(&path, run, 2)
}

/// Measures the grey volume whose level falls across the surface where `signed` (µm, negative inside) is zero, over two
/// voxels to each side.
fn grey(frame: &Frame, threshold: Threshold, signed: impl Fn(&V3) -> f64) -> DesignEntry {
    let header = format!(
        "{{'descr': '<f4', 'fortran_order': True, 'shape': ({}, {}, {}), }}\n",
        frame.size[0], frame.size[1], frame.size[2]
    );
    let mut data = b"\x93NUMPY\x01\x00".to_vec();
    data.extend((header.len() as u16).to_le_bytes());
    data.extend(header.as_bytes());
    for i in 0..frame.len() {
        let level = 100.0 - 40.0 * (signed(&V3::from(frame.centre(frame.voxel(i)))) / 20.0).clamp(-1.0, 1.0);
        data.extend((level as f32).to_le_bytes());
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shape.npy");
    std::fs::write(&path, data).unwrap();
    let mut run = whole();
    run.options.spacing = Some([poregauge::units::Length::from_um(10.0); 3]);
    run.options.threshold = threshold;
    measure_file(&path, &run, 2)
}

fn whole() -> Run {
    let mut run = run(10.0);
    run.resolution = None;
    run.options.envelope = EnvelopeChoice::Grid;
    run
}

/// Within `percent` of the truth, and the truth within the stated interval.
fn holds(design: &DesignEntry, id: &str, truth: f64, percent: f64) {
    let m = figure(design, id);

    let off = (m.value - truth).abs();
    assert!(100.0 * off <= percent * truth.abs(), "{id}: {} against {truth} (± {})", m.value, m.uncertainty);
    assert!(off <= m.uncertainty + 1e-9 * truth.abs(), "{id}: {truth} is outside {} ± {}", m.value, m.uncertainty);
}

#[test]
fn a_bubble_of_20_voxels() {
    let frame = frame([48, 44, 46]);
    let middle = V3::new(243.0, 221.0, 232.0);
    let (r, block) = (100.0f64, frame.extent().iter().product::<f64>());
    let two = binary(&frame, |p| (p - middle).norm() > r);
    holds(&two, "pore_size.max", 2.0 * r, 5.0);
    holds(&two, "pore_size.mean", 2.0 * r, 5.0);
    holds(&two, "surface.closed_area", 4.0 * PI * r * r * 1e-6, 1.0);
    // Phase volumes of two values are counts, exactly.
    let voxels = (0..frame.len()).filter(|&i| (V3::from(frame.centre(frame.voxel(i))) - middle).norm() <= r).count();
    let closed = figure(&two, "porosity.closed").value;
    assert!((closed - voxels as f64 / frame.len() as f64).abs() < 1e-12);
    // Otsu's threshold lies off the middle where voxels hold both phases: its doubt has to cover that.
    for (threshold, percent) in [(Threshold::Above(100.0), 1.0), (Threshold::Otsu, 10.0)] {
        let soft = grey(&frame, threshold, |p| r - (p - middle).norm());
        holds(&soft, "pore_size.max", 2.0 * r, percent);
        holds(&soft, "pore_size.mean", 2.0 * r, percent);
        holds(&soft, "surface.closed_area", 4.0 * PI * r * r * 1e-6, percent);
        holds(&soft, "porosity.total", 4.0 / 3.0 * PI * r.powi(3) / block, 1.5 * percent);
    }
}

#[test]
fn a_volume_of_more_voxels_than_the_finest_grid_is_joined_in_blocks() {
    // A bubble of 40 voxels across, of which blocks of 2 and 3 are made; the far sides fill no whole block.
    let frame = frame([67, 71, 65]);
    let middle = V3::new(333.0, 351.0, 322.0);
    let r = 200.0f64;
    let held = |p: &V3| (p - middle).norm() <= r;
    let voxels = (0..frame.len()).filter(|&i| held(&V3::from(frame.centre(frame.voxel(i))))).count();
    for (max_voxels, resolution, block) in [(60_000, None, 2), (14_000, None, 3), (1 << 27, Some(20.0), 2)] {
        let resolution = resolution.map(poregauge::units::Length::from_um);
        let run = Run { max_voxels, resolution, ..whole() };
        let two = binary_as(&frame, &run, |p| !held(p));
        let h = block as f64 * 10.0;
        let seen = two.grid.as_ref().unwrap();
        assert_eq!((seen.size, seen.levels_um.as_slice()), (frame.size.map(|n| n.div_ceil(block)), &[2.0 * h, h][..]));
        assert_eq!(two.findings.iter().any(|f| f.kind == "volume.joined"), resolution.is_none(), "{:?}", two.findings);
        // What is solid is counted by the voxels of the volume.
        let porosity = figure(&two, "porosity.total").value;
        assert!((porosity - voxels as f64 / frame.len() as f64).abs() < 1e-12, "{porosity}");
        holds(&two, "pore_size.max", 2.0 * r, 3.0);
        holds(&two, "pore_size.mean", 2.0 * r, 3.0);
        holds(&two, "surface.closed_area", 4.0 * PI * r * r * 1e-6, 2.0);
        holds(&two, "porosity.closed", 4.0 / 3.0 * PI * r.powi(3) / frame.extent().iter().product::<f64>(), 3.0);
        assert!(figure(&two, "pore_size.max").uncertainty > 10.0, "two values leave a voxel of their own open");
    }
}

#[test]
fn round_pores_of_two_values_lie_within_their_interval() {
    // The middle lies off the centres of voxels, as nowhere in particular.
    for d in [123.0f64, 243.0, 323.0] {
        let n = (d / 10.0).ceil() as usize + 12;
        let middle = V3::repeat(5.0 * n as f64 + 1.7);
        let two = binary(&frame([n; 3]), |p| (p - middle).norm() > d / 2.0);
        holds(&two, "pore_size.mean", d, 9.0);
    }
}

#[test]
fn solids_of_two_values_20_voxels_across() {
    // A ball, a round rod, a plate and square bars straight and on edge, none centred on the grid; all but the ball go on
    // beyond it.
    let frame = frame([60, 56, 58]);
    let (w, r) = (200.0f64, 100.0f64);
    let from = |p: &V3| p - V3::new(303.1, 281.7, 288.3);
    let [_, y, z] = frame.extent();
    let ball = binary(&frame, |p| from(p).norm() <= r);
    holds(&ball, "strut.mean", w, 5.0);
    holds(&ball, "surface.area", 4.0 * PI * r * r * 1e-6, 1.0);
    let rod = binary(&frame, |p| from(p).xy().norm() <= r);
    holds(&rod, "strut.mean", w, 5.0);
    holds(&rod, "surface.area", PI * w * z * 1e-6, 1.0);
    let plate = binary(&frame, |p| from(p).x.abs() <= r);
    holds(&plate, "strut.mean", w, 5.0);
    holds(&plate, "surface.area", 2.0 * y * z * 1e-6, 0.1);
    // Local thickness of a square bar: w (1 − (4 − π)/12).
    let bar = binary(&frame, |p| from(p).x.abs().max(from(p).z.abs()) <= r);
    holds(&bar, "strut.mean", w * (1.0 - (4.0 - PI) / 12.0), 5.0);
    holds(&bar, "surface.area", 4.0 * w * y * 1e-6, 0.1);
    let turned = binary(&frame, |p| {
        let q = from(p);
        ((q.x + q.z).abs().max((q.x - q.z).abs())) / 2f64.sqrt() <= r
    });
    holds(&turned, "strut.mean", w * (1.0 - (4.0 - PI) / 12.0), 5.0);
    holds(&turned, "surface.area", 4.0 * w * y * 1e-6, 8.0);
}

#[test]
fn plates_straight_and_tilted() {
    let frame = frame([60, 40, 60]);
    // Plates of 80 µm with gaps of 200 µm: straight, and turned by 25 degrees.
    for angle in [0.0f64, 25.0] {
        let normal = V3::new(angle.to_radians().sin(), 0.0, angle.to_radians().cos());
        let signed = |p: &V3| ((normal.dot(p) + 33.0).rem_euclid(280.0) - 140.0).abs() - 40.0;
        let two = binary(&frame, |p| signed(p) < 0.0);
        holds(&two, "pore_size.d50", 200.0, 5.0);
        holds(&two, "strut.d50", 80.0, 12.0);
        for (threshold, percent) in [(Threshold::Above(100.0), 1.0), (Threshold::Otsu, 10.0)] {
            let soft = grey(&frame, threshold, signed);
            holds(&soft, "pore_size.d50", 200.0, percent);
            holds(&soft, "strut.d50", 80.0, 2.0 * percent);
        }
    }
}

/// A number from 0 to 1, the next of a fixed series (xorshift).
fn next(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

#[test]
fn random_overlapping_balls_follow_the_boolean_model() {
    // Balls of radius 120 µm at random places, 0.6 of their volume per volume: void exp(−0.6), surface λS·exp(−λV).
    let (frame, r) = (frame([64; 3]), 120.0f64);
    let volume = 4.0 / 3.0 * PI * r.powi(3);
    let lambda = 0.6 / volume;
    let side = 640.0 + 2.0 * r;
    let mut figures: Vec<[f64; 3]> = Vec::new();
    for seed in 1..=16u64 {
        let mut state = seed * 0x9E37_79B9_7F4A_7C15;
        // A Poisson number of balls by counting exponential gaps.
        let mut balls: Vec<V3> = Vec::new();
        let mut sum = -next(&mut state).max(1e-300).ln();
        while sum < lambda * side.powi(3) {
            balls.push(V3::from_fn(|_, _| next(&mut state) * side - r));
            sum -= next(&mut state).max(1e-300).ln();
        }
        let design = binary(&frame, |p| balls.iter().any(|c| (p - c).norm_squared() <= r * r));
        figures.push([
            figure(&design, "porosity.total").value,
            figure(&design, "surface.area_crofton").value,
            figure(&design, "surface.area").value + figure(&design, "surface.closed_area").value,
        ]);
        // The rounded surface is low where balls meet in creases; its uncertainty knows.
        let spread = figure(&design, "surface.area").uncertainty;
        let [_, crofton, rounded] = figures[figures.len() - 1];
        assert!((crofton - rounded).abs() <= spread + figure(&design, "surface.closed_area").uncertainty);
    }
    let void = (-0.6f64).exp();
    let area = lambda * 4.0 * PI * r * r * void * frame.extent().iter().product::<f64>() * 1e-6;
    for (k, truth) in [void, area].into_iter().enumerate() {
        let n = figures.len() as f64;
        let mean = figures.iter().map(|f| f[k]).sum::<f64>() / n;
        let error = (figures.iter().map(|f| (f[k] - mean).powi(2)).sum::<f64>() / (n - 1.0) / n).sqrt();
        // Voxels of a twelfth of the radius lose a little surface in the creases.
        assert!((mean - truth).abs() <= 3.0 * error + 0.05 * truth, "{k}: {mean} ± {error} against {truth}");
    }
}

#[test]
fn voxels_that_no_scan_has_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("odd.nrrd");
    let kind = |spacing: &str| {
        let header = format!(
            "NRRD0004\ntype: uint8\ndimension: 3\nsizes: 8 8 8\nencoding: raw\nspacings: {spacing}\nspace units: \"mm\"\n\n"
        );
        let voxels = (0..512u16).map(|i| u8::from(i % 8 > 3));
        std::fs::write(&path, header.into_bytes().into_iter().chain(voxels).collect::<Vec<u8>>()).unwrap();
        let report = poregauge::gauge::check(std::slice::from_ref(&path), &whole(), &Exec::silent(1).unwrap());
        report.unwrap().designs[0].errors.first().map(|e| e.kind.clone())
    };
    assert_eq!(kind("0.01 0.01 0.02"), None);
    for spacing in ["1e300 1e300 1e300", "1e-30 1e-30 1e-30", "0.01 0.01 1e9", "1e-12 0.01 0.01"] {
        assert_eq!(kind(spacing).as_deref(), Some("design.size"), "{spacing}");
    }
}

#[test]
fn a_spacing_without_unit_that_makes_no_scan_is_said_to_be_odd() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bare.mha");
    let said = |spacing: &str, unit: Option<LengthUnit>| {
        let header = format!(
            "ObjectType = Image\nNDims = 3\nDimSize = 8 8 8\nElementSpacing = {spacing}\nElementType = MET_UCHAR\n\
             ElementDataFile = LOCAL\n"
        );
        let voxels = (0..512u16).map(|i| u8::from(i % 8 > 3));
        std::fs::write(&path, header.into_bytes().into_iter().chain(voxels).collect::<Vec<u8>>()).unwrap();
        let options = Options { unit, ..Options::default() };
        let exec = Exec::silent(1).unwrap();
        let limits = Limits::default();
        let file =
            poregauge::gauge::inspect(std::slice::from_ref(&path), &options, &limits, &exec).unwrap().files.remove(0);
        let odd: Vec<_> =
            file.findings.into_iter().filter(|f| f.kind == "unit.implausible").map(|f| f.message).collect();
        odd.concat()
    };
    // 8 voxels of 0.02: 0.16 mm. Of 50, as if they were micrometres: 400 mm. Of 2e-5, as in metres: 0.16 µm.
    assert_eq!(said("0.02 0.02 0.02", None), "");
    assert!(said("50 50 50", None).contains("400 mm across; if it was meant as 0.4 mm, say `--unit um`"));
    assert!(said("2e-5 2e-5 2e-5", None).contains("0.00016 mm across; if it was meant as 0.16 mm, say `--unit m`"));
    assert_eq!(said("50 50 50", Some(LengthUnit::Micrometre)), "");
}

#[test]
fn a_mesh_of_the_body_lies_in_a_turned_volume_where_it_lies_in_the_file() {
    // Slots across x that widen along y, in a body that is none of the grid's middle.
    let (size, first) = ([24, 20, 16], V3::new(35.0, -20.0, 50.0));
    let voxels = (0..24 * 20 * 16).map(|i| u8::from(i % 24 % 8 > 2 + i / 24 % 20 / 7));
    let voxels: Vec<u8> = voxels.collect();
    let body = common::cuboid([57.0, 3.0, 68.0], [221.0, 146.0, 183.0]);
    let rotation = nalgebra::Rotation3::from_euler_angles(0.3, -0.7, 2.0);
    let plain = [V3::x(), V3::y(), V3::z()];
    let read = |axes: [V3; 3]| {
        let world = |own: V3| (0..3).map(|a| axes[a] * own[a]).sum::<V3>() / 1000.0;
        let vector = |v: V3| format!("({:?},{:?},{:?})", v.x, v.y, v.z);
        let folder = tempfile::tempdir().unwrap();
        let (scan, mesh) = (folder.path().join("scan.nrrd"), folder.path().join("body.obj"));
        let header = format!(
            "NRRD0004\ntype: uint8\ndimension: 3\nsizes: {} {} {}\nencoding: raw\nspace dimension: 3\n\
             space directions: {}\nspace units: \"mm\" \"mm\" \"mm\"\nspace origin: {}\n\n",
            size[0],
            size[1],
            size[2],
            axes.map(|axis| vector(axis / 100.0)).join(" "),
            vector(world(first))
        );
        std::fs::write(&scan, [header.as_bytes(), &voxels].concat()).unwrap();
        let mut text = String::new();
        for v in &body.vertices {
            let v = world(*v);
            text += &format!("v {:?} {:?} {:?}\n", v.x, v.y, v.z);
        }
        for [a, b, c] in &body.triangles {
            text += &format!("f {} {} {}\n", a + 1, b + 1, c + 1);
        }
        std::fs::write(&mesh, text).unwrap();
        let mut run = whole();
        run.measures.push("volume".to_owned());
        let exec = Exec::silent(2).unwrap();
        run.options.envelope = poregauge::gauge::envelope_from(&mesh, &run.options, &run.limits, &exec).unwrap();
        measure_file(&scan, &run, 2)
    };
    let truth = read(plain);
    assert!((figure(&truth, "volume.total").value / (164.0 * 143.0 * 115.0 * 1e-9) - 1.0).abs() < 1e-6);
    let told = |design: &DesignEntry| design.findings.iter().any(|f| f.kind == "envelope.turned");
    assert!(!told(&truth));
    for axes in [[V3::y(), -V3::x(), V3::z()], [V3::z(), V3::y(), V3::x()], plain.map(|axis| rotation * axis)] {
        let turned = read(axes);
        assert!(told(&turned), "{axes:?}");
        assert_eq!(turned.measurements.len(), truth.measurements.len());
        for (id, m) in &truth.measurements {
            let value = figure(&turned, id).value;
            assert!((value - m.value).abs() <= 1e-6 * m.value.abs(), "{axes:?}, {id}: {value} against {}", m.value);
        }
    }
}

/// Writes what covers places of a file, in µm from its own axes, as a volume of two values along these axes.
fn turned_nrrd(path: &Path, frame: &Frame, axes: [V3; 3], covers: impl Fn(V3) -> bool) {
    let lie = Lie { axes, space: Space::Lps };
    let mut mask = Mask::empty(frame.size);
    for voxel in (0..frame.len()).map(|i| frame.voxel(i)) {
        if covers(V3::from(lie.place(frame.centre(voxel)))) {
            mask.insert(voxel[0], voxel[1], voxel[2]);
        }
    }
    poregauge::export::nrrd::write(&mut std::fs::File::create(path).unwrap(), frame, Some(&lie), &mask).unwrap();
}

#[test]
fn a_mask_of_other_axes_covers_of_the_scan_what_it_covers_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let (scan, mask) = (folder.path().join("scan.nrrd"), folder.path().join("mask.nrrd"));
    let plain = [V3::x(), V3::y(), V3::z()];
    // Slots across x that widen along y, over 240 × 200 × 160 µm round a place away from the origin.
    let (middle, half) = (V3::new(500.0, -300.0, 250.0), V3::new(120.0, 100.0, 80.0));
    let slots = |p: V3| (p.x - 380.0).rem_euclid(80.0) > 20.0 + (p.y + 400.0) / 7.0;
    turned_nrrd(&scan, &frame_of(middle, half, [10.0, 10.0, 10.0]), plain, slots);
    let asked = |envelope: EnvelopeChoice| {
        let run = Run {
            options: Options { envelope, ..Options::default() },
            measures: vec![
                "volume.total".to_owned(),
                "porosity.total".to_owned(),
                "surface.area".to_owned(),
                "pore_size.mean".to_owned(),
            ],
            ..Run::default()
        };
        measure_file(&scan, &run, 2)
    };
    let exec = Exec::silent(2).unwrap();
    let masked = |axes: [V3; 3], half: V3, step: [f64; 3], covers: &dyn Fn(V3) -> bool| {
        let own = V3::from(axes.map(|axis| axis.dot(&middle)));
        turned_nrrd(&mask, &frame_of(own, half, step), axes, covers);
        asked(poregauge::gauge::envelope_from(&mask, &Options::default(), &Limits::default(), &exec).unwrap())
    };
    let told = |design: &DesignEntry| design.findings.iter().any(|f| f.kind == "envelope.turned");
    // Quarter turns and mirrors move the voxels of the mask onto the same places.
    let corner = |p: V3| p.x < 560.0 && p.y < -240.0 && p.z > 210.0 && (p.x < 480.0 || p.z > 250.0);
    let truth = masked(plain, half, [10.0, 10.0, 20.0], &corner);
    assert!(!told(&truth));
    for (axes, half, step) in [
        ([-V3::x(), V3::y(), V3::z()], half, [10.0, 10.0, 20.0]),
        ([V3::z(), -V3::x(), V3::y()], V3::new(half.z, half.x, half.y), [20.0, 10.0, 10.0]),
    ] {
        let turned = masked(axes, half, step, &corner);
        assert!(told(&turned), "{axes:?}");
        assert_eq!(turned.measurements.len(), truth.measurements.len());
        for (id, m) in &truth.measurements {
            let value = figure(&turned, id).value;
            assert!((value - m.value).abs() <= 1e-6 * m.value.abs(), "{axes:?}, {id}: {value} against {}", m.value);
        }
    }
    // A ball is the same along any axes, but for its voxels.
    let ball = |p: V3| (p - middle).norm() < 70.0;
    let truth = masked(plain, V3::repeat(80.0), [5.0; 3], &ball);
    let rotation = nalgebra::Rotation3::from_euler_angles(0.3, -0.7, 2.0);
    let turned = masked(plain.map(|axis| rotation * axis), V3::repeat(80.0), [5.0; 3], &ball);
    assert!(told(&turned));
    for (id, within) in
        [("volume.total", 5e-3), ("porosity.total", 1e-2), ("surface.area", 2e-2), ("pore_size.mean", 1e-2)]
    {
        let (value, truth) = (figure(&turned, id).value, figure(&truth, id).value);
        assert!((value / truth - 1.0).abs() < within, "{id}: {value} against {truth}");
    }
}

/// The voxels of a size that fill a box round a place.
fn frame_of(middle: V3, half: V3, spacing: [f64; 3]) -> Frame {
    let size = std::array::from_fn(|a| (2.0 * half[a] / spacing[a]).round() as usize);
    Frame { size, spacing, origin: std::array::from_fn(|a| middle[a] - half[a] + spacing[a] / 2.0) }
}
