//! Noisy scans with known truth: what the threshold with hysteresis keeps and drops, and what the filters gain and cost.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::f64::consts::PI;

use common::{figure, measure_file, run};
use poregauge::design::{EnvelopeChoice, Threshold};
use poregauge::gauge::Run;
use poregauge::grid::{Frame, Levels};
use poregauge::mesh::V3;
use poregauge::report::DesignEntry;
use poregauge::voxel::denoise::Filter;

fn frame(size: [usize; 3]) -> Frame {
    Frame { size, spacing: [10.0; 3], origin: [5.0; 3] }
}

/// A number from 0 to 1, the next of a fixed series (xorshift).
fn next(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1u64 << 53) as f64
}

/// Normal noise of a standard deviation of 1: the sum of twelve even numbers, less its mean.
fn normal(state: &mut u64) -> f64 {
    (0..12).map(|_| next(state)).sum::<f64>() - 6.0
}

/// What is asked about a volume.
fn asked(threshold: Threshold, denoise: Option<Filter>, measures: &[&str]) -> Run {
    let mut run = run(10.0);
    run.resolution = None;
    run.measures = measures.iter().map(|m| (*m).to_owned()).collect();
    run.options.envelope = EnvelopeChoice::Grid;
    run.options.threshold = threshold;
    run.options.denoise = denoise;
    run
}

/// Measures a volume of these levels.
fn measured(frame: &Frame, level: impl FnMut(&V3) -> f64, run: &Run) -> DesignEntry {
    let mut level = level;
    let values = (0..frame.len()).map(|i| level(&V3::from(frame.centre(frame.voxel(i)))).clamp(0.0, 255.0) as u8);
    let levels = Levels::U8(values.collect());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("scan.vti");
    poregauge::export::vti::write(&mut std::fs::File::create(&path).unwrap(), frame, None, &levels).unwrap();
    measure_file(&path, run, 2)
}

/// The share of a voxel that lies inside a surface at this signed distance (µm, negative inside), blurred a little.
fn filled(signed: f64) -> f64 {
    0.5 - 0.5 * (signed / 15.0).clamp(-1.0, 1.0)
}

/// Two rods along x, the second faint, joined by a bright crossing; and faint specks that touch neither.
fn rods(p: &V3, specks: &[V3]) -> f64 {
    let bar = |centre: f64| ((p.y - centre).powi(2) + (p.z - 200.0).powi(2)).sqrt() - 60.0;
    let cross = ((p.x - 200.0).powi(2) + (p.z - 200.0).powi(2)).sqrt() - 60.0;
    let speck = specks.iter().map(|s| (p - s).norm() - 22.0).fold(f64::MAX, f64::min);
    let bright = filled(bar(120.0).min(cross));
    40.0 + (160.0 * bright).max(70.0 * filled(bar(320.0))).max(70.0 * filled(speck))
}

#[test]
fn hysteresis_keeps_a_faint_strut_and_drops_faint_noise() {
    let frame = frame([40, 44, 40]);
    let specks: Vec<V3> = (0..12u32)
        .map(|k| {
            V3::new(
                60.0 + 90.0 * f64::from(k % 4),
                60.0 + 160.0 * f64::from(k / 4),
                if k % 2 == 0 { 55.0 } else { 345.0 },
            )
        })
        .collect();
    let of = |threshold, specks: &[V3]| {
        measured(&frame, |p| rods(p, specks), &asked(threshold, None, &["porosity", "solid", "volume", "surface"]))
    };
    let clean = of(Threshold::Above(75.0), &[]);
    assert_eq!(figure(&clean, "solid.components").value, 1.0);
    // Alone, a threshold takes the specks along, or loses the faint rod.
    let low = of(Threshold::Above(75.0), &specks);
    assert_eq!(figure(&low, "solid.components").value, 13.0);
    let high = of(Threshold::Above(120.0), &specks);
    let rod = |d: &DesignEntry| figure(d, "volume.solid").value;
    assert!(rod(&high) < 0.75 * rod(&clean), "{} {}", rod(&high), rod(&clean));
    // With hysteresis the figures are those of the scan without specks, to the bit: the grey levels at the surface are.
    let both = of(Threshold::Hysteresis(75.0, 120.0), &specks);
    assert_eq!(figure(&both, "solid.components").value, 1.0);
    for id in ["volume.solid", "porosity.total", "surface.area"] {
        let (found, truth) = (figure(&both, id), figure(&clean, id));
        assert!((found.value / truth.value - 1.0).abs() < 1e-9, "{id}: {} {}", found.value, truth.value);
    }
    assert!(both.source.threshold.as_deref().unwrap().contains("above 120, and above 75 where connected"));
    // The same scan in negative, solid being dark.
    let mut run = asked(Threshold::Hysteresis(255.0 - 120.0, 255.0 - 75.0), None, &["volume", "solid"]);
    run.options.invert = true;
    let dark = measured(&frame, |p| 255.0 - rods(p, &specks).clamp(0.0, 255.0).floor(), &run);
    assert!((rod(&dark) / rod(&clean) - 1.0).abs() < 1e-6, "{} {}", rod(&dark), rod(&clean));
    assert_eq!(figure(&dark, "solid.components").value, 1.0);
}

/// A gyroid sheet of 1 mm cells, about 160 µm thick: near enough a signed distance.
fn gyroid(p: &V3) -> f64 {
    let [x, y, z] = [p.x, p.y, p.z].map(|c| 2.0 * PI * c / 640.0);
    let f = x.sin() * y.cos() + y.sin() * z.cos() + z.sin() * x.cos();
    let gradient = V3::new(
        x.cos() * y.cos() - z.sin() * x.sin(),
        y.cos() * z.cos() - x.sin() * y.sin(),
        z.cos() * x.cos() - y.sin() * z.sin(),
    );
    f.abs() / (2.0 * PI / 640.0 * gradient.norm().max(0.3)) - 60.0
}

#[test]
fn filters_lower_the_error_of_a_noisy_scan_and_cost_a_clean_one_little() {
    let frame = frame([64; 3]);
    let measures = ["surface", "pore_size", "porosity"];
    let of = |noise: f64, filter| {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let level = |p: &V3| 60.0 + 120.0 * filled(gyroid(p)) + noise * normal(&mut state);
        measured(&frame, level, &asked(Threshold::Above(120.0), filter, &measures))
    };
    let clean = of(0.0, None);
    let error = |design: &DesignEntry, id: &str| figure(design, id).value / figure(&clean, id).value - 1.0;
    // Noise of a fifth of the gap between the phases: roughens the surface and puts specks into the pores.
    let noisy = of(30.0, None);
    for (filter, cost) in [(Filter::Median, 0.01), (Filter::Gaussian(1.0), 0.02)] {
        let (better, alone) = (of(30.0, Some(filter)), of(0.0, Some(filter)));
        for id in ["surface.per_total_volume", "pore_size.mean", "pore_size.d50"] {
            let (before, after, own) = (error(&noisy, id), error(&better, id), error(&alone, id));
            assert!(after.abs() < 0.5 * before.abs(), "{filter:?}, {id}: {before} {after}");
            assert!(own.abs() < cost, "{filter:?}, {id}: {own}");
        }
        assert!(error(&alone, "porosity.total").abs() < cost);
        assert!(better.findings.iter().any(|f| f.kind == "volume.filtered"));
        assert!(!noisy.findings.iter().any(|f| f.kind == "volume.filtered"));
        let text = better.source.threshold.unwrap();
        assert!(text.starts_with(if filter == Filter::Median { "median of 3" } else { "Gaussian of 1 " }), "{text}");
    }
}

#[test]
fn results_are_kept_apart_by_filter_and_threshold() {
    let plain = asked(Threshold::Window(90.0, 140.0), None, &["porosity"]).fingerprint();
    let others = [
        asked(Threshold::Hysteresis(90.0, 140.0), None, &["porosity"]).fingerprint(),
        asked(Threshold::Window(90.0, 140.0), Some(Filter::Median), &["porosity"]).fingerprint(),
        asked(Threshold::Window(90.0, 140.0), Some(Filter::Gaussian(1.0)), &["porosity"]).fingerprint(),
        asked(Threshold::Window(90.0, 140.0), Some(Filter::Gaussian(1.5)), &["porosity"]).fingerprint(),
    ];
    let all: std::collections::BTreeSet<&String> = others.iter().chain([&plain]).collect();
    assert_eq!(all.len(), 5);
}

#[test]
fn a_filter_moves_a_curved_surface_inward_by_what_it_says() {
    // A ball of solid of 12 voxels: by the median h²/R at most, by the Gaussian σ²/R.
    let frame = frame([40; 3]);
    let (r, middle) = (120.0f64, V3::new(203.0, 199.0, 201.0));
    let radius = |filter| {
        let level = |p: &V3| 60.0 + 120.0 * filled((p - middle).norm() - r);
        let design = measured(&frame, level, &asked(Threshold::Above(120.0), filter, &["volume", "porosity"]));
        (figure(&design, "volume.solid").value * 1e9 * 3.0 / (4.0 * PI)).cbrt()
    };
    let plain = radius(None);
    assert!((plain - r).abs() < 1.0, "{plain}");
    let median = plain - radius(Some(Filter::Median));
    assert!((0.0..=10.0 * 10.0 / r).contains(&median), "{median}");
    for sigma in [1.0f32, 1.5] {
        let moved = plain - radius(Some(Filter::Gaussian(sigma)));
        let truth = (10.0 * f64::from(sigma)).powi(2) / r;
        assert!((moved / truth - 1.0).abs() < 0.25, "{sigma}: {moved} {truth}");
    }
}
