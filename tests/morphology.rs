//! Topology, anisotropy, profiles, wraps, mirrors and small samples on shapes whose answers are known on paper.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::f64::consts::PI;

use common::{assert_close, cuboid, figure, implicit, join, measure, run};
use poregauge::design::{CutPores, Design, EnvelopeChoice, Options, Resolution, Study};
use poregauge::gauge::Run;
use poregauge::generate::cubic::Cubic;
use poregauge::generate::tpms::{Form, Surface, Tpms};
use poregauge::input::load;
use poregauge::limits::Limits;
use poregauge::mesh::{Mesh, V3};
use poregauge::parallel::Exec;
use poregauge::report::DesignEntry;

fn asking(measures: &[&str], base: Run) -> Run {
    Run { measures: measures.iter().map(|m| (*m).to_owned()).collect(), ..base }
}

fn topology(mesh: &Mesh, base: Run) -> DesignEntry {
    measure(mesh, &asking(&["topology"], base))
}

#[test]
fn euler_numbers_of_bodies() {
    let size = [600.0; 3];
    let middle = V3::repeat(300.0);
    let bubble = implicit(size, 48, |p| 120.0 - (p - middle).norm());
    let torus = implicit(size, 48, |p| {
        let q = p - middle;
        (q.x.hypot(q.y) - 180.0).hypot(q.z) - 70.0
    });
    for (mesh, truth) in [(cuboid([0.0; 3], size), 1.0), (bubble, 2.0), (torus, 0.0)] {
        let design = topology(&mesh, run(20.0));
        assert_eq!(figure(&design, "topology.euler").value, truth);
        assert_eq!(figure(&design, "topology.euler").uncertainty, 0.0, "decided on the surface");
        assert!(!design.findings.iter().any(|f| f.kind == "topology.coarse"), "voxels say the same");
    }
}

#[test]
fn a_lattice_is_a_graph_and_what_is_cut_counts_in_part() {
    let lattice = Cubic { pore: 400.0, strut: 100.0, cells: 3 };
    let design = topology(&lattice.mesh(None), run(25.0));
    // 4³ nodes, 3 · 4² · 3 struts.
    let truth = 64.0 - 144.0;
    assert_eq!(figure(&design, "topology.euler").value, truth);
    // On a face of the box nodes and struts count half, on an edge a quarter, in a corner an eighth: along each axis a
    // lattice of 4 nodes has 2 + 2/2 of them and 3 gaps.
    let (nodes, gaps) = (3.0f64, 3.0);
    let share = nodes.powi(3) - 3.0 * nodes.powi(2) * gaps;
    let side = 3.0 * 400.0 + 4.0 * 100.0;
    let density = (1.0 - share) / (side * 1e-3f64).powi(3);
    let found = figure(&design, "topology.connectivity_density");
    assert!((found.value / density - 1.0).abs() < 1e-6, "{} {density}", found.value);
    assert_eq!(serde_json::to_value(found.unit).unwrap(), "1/mm3");
    // One cell of the endless lattice: a node and three struts.
    let bar = |axis: usize| {
        let (mut low, mut high) = ([200.0; 3], [300.0; 3]);
        (low[axis], high[axis]) = (0.0, 500.0);
        cuboid(low, high)
    };
    let periodic = Run { cut: CutPores::Periodic, ..run(25.0) };
    let design = topology(&join(&[bar(0), bar(1), bar(2)]), periodic);
    assert_eq!(figure(&design, "topology.euler").value, -2.0);
    assert_close(&design, "topology.connectivity_density", 2.0 / 0.125, 1e-6);
}

fn anisotropy(mesh: &Mesh, base: Run) -> DesignEntry {
    measure(mesh, &asking(&["anisotropy"], base))
}

/// The axis of the ellipsoid with this number, the longest first.
fn axis(design: &DesignEntry, k: usize) -> V3 {
    let rows = &design.details.tensors["anisotropy.axes"].value;
    V3::new(rows[k][0], rows[k][1], rows[k][2])
}

#[test]
fn plates_rods_and_a_gyroid() {
    let plates: Vec<Mesh> =
        (0..4).map(|k| 200.0 * f64::from(k)).map(|z| cuboid([0.0, 0.0, z], [800.0, 800.0, z + 100.0])).collect();
    // Their sides lie on the envelope and are no walls.
    let design = anisotropy(&join(&plates), run(25.0));
    assert!((figure(&design, "anisotropy.degree").value - 1.0).abs() < 1e-9);
    assert!(!design.measurements.contains_key("anisotropy.ratio"), "lines along plates never end");
    assert!(design.findings.iter().any(|f| f.kind == "anisotropy.endless"));
    assert!((axis(&design, 2) - V3::z()).norm() < 1e-6, "the short axis stands on the plates");

    let rods = |x: f64, y: f64| cuboid([x, y, 0.0], [x + 100.0, y + 100.0, 900.0]);
    let grid: Vec<Mesh> = (0..9).map(|k| rods(400.0 * f64::from(k % 3), 400.0 * f64::from(k / 3))).collect();
    let design = anisotropy(&join(&grid), run(25.0));
    assert!((figure(&design, "anisotropy.degree").value - 1.0).abs() < 0.01);
    assert!((axis(&design, 0) - V3::z()).norm() < 1e-6, "the long axis runs along the rods");

    // A gyroid looks the same along all its axes, and so does its ellipsoid.
    let gyroid = Tpms::with_porosity(Surface::Gyroid, Form::Sheet, 1000.0, [1000.0; 3], 0.8, 24).unwrap();
    let mesh = gyroid.mesh_with(0.8, &Exec::silent(2).unwrap()).unwrap();
    let design = anisotropy(&mesh, Run { cut: CutPores::Periodic, ..run(50.0) });
    assert!(figure(&design, "anisotropy.degree").value < 0.01, "{:?}", figure(&design, "anisotropy.degree"));
    assert!((figure(&design, "anisotropy.ratio").value - 1.0).abs() < 0.01);
}

#[test]
fn a_stretched_lattice_has_the_ellipsoid_of_its_walls() {
    // Boxes of 100 × 200 × 300 in a larger block of void, held by nothing: walls of 6, 3 and 2 in relation.
    let at = |k: usize| [500.0 * (k % 2) as f64, 500.0 * (k / 2 % 2) as f64, 500.0 * (k / 4) as f64];
    let shape = |turn: usize, scale: f64| {
        let parts: Vec<Mesh> = (0..8)
            .map(|k| {
                let mut low = at(k);
                let mut size = [100.0, 200.0, 300.0];
                low.rotate_right(turn);
                size.rotate_right(turn);
                let low = low.map(|c| c * scale);
                cuboid(low, std::array::from_fn(|a| low[a] + size[a] * scale))
            })
            .collect();
        join(&parts)
    };
    // The walls that lie on the box round all of it are no walls; those are the outer half of them.
    let walls = [6.0f64, 3.0, 2.0];
    // Least squares of a quadratic form a·ω² to (Σ wᵢ|ωᵢ|)², by quadrature: the means of ωᵢ² times the function.
    let n = 400;
    let mut moments = [0.0; 3];
    for i in 0..n {
        let z = (f64::from(i) + 0.5) / f64::from(n);
        for j in 0..n {
            let phi = (f64::from(j) + 0.5) / f64::from(n) * PI / 2.0;
            let r = (1.0 - z * z).sqrt();
            let w = [r * phi.cos(), r * phi.sin(), z];
            let value = (0..3).map(|a| walls[a] * w[a]).sum::<f64>().powi(2);
            (0..3).for_each(|a| moments[a] += w[a] * w[a] * value / f64::from(n * n));
        }
    }
    // Means over the sphere: ⟨ωᵢ⁴⟩ = 1/5, ⟨ωᵢ²ωⱼ²⟩ = 1/15; so a = 15/2·m − (3/2)·Σm.
    let sum: f64 = moments.iter().sum();
    let form = moments.map(|m| 7.5 * m - 1.5 * sum);
    let degree = 1.0 - form[2] / form[0];
    for turn in 0..3 {
        for scale in [1.0, 3.0] {
            let design = anisotropy(&shape(turn, scale), run(25.0 * scale));
            let found = figure(&design, "anisotropy.degree");
            assert!((found.value - degree).abs() < 0.005, "{} against {degree}", found.value);
            let ratio = figure(&design, "anisotropy.ratio").value;
            assert!((ratio - (1.0 - found.value).powf(-0.5)).abs() < 1e-9);
            // The most wall faces x before it is turned: the shortest axis.
            let mut short = [1.0, 0.0, 0.0];
            short.rotate_right(turn);
            assert!((axis(&design, 2) - V3::from(short)).norm() < 1e-6);
        }
    }
}

#[test]
fn profiles_are_the_shape_along_the_axes() {
    // A block with a round channel along z, wider in its upper half.
    let mesh = implicit([800.0, 800.0, 1000.0], 80, |p| {
        let r = if p.z < 500.0 { 150.0 } else { 300.0 };
        r - (p.x - 400.0).hypot(p.y - 400.0)
    });
    let design = measure(&mesh, &asking(&["porosity"], run(20.0)));
    let z = &design.distributions["porosity.z"];
    assert_eq!((z.edges.len(), z.fraction.len()), (51, 50));
    assert!((z.edges[0]).abs() < 1e-6 && (z.edges[50] - 1000.0).abs() < 1e-6);
    for (k, r) in [(10, 150.0f64), (40, 300.0)] {
        assert!((z.fraction[k] / (PI * r * r / 640_000.0) - 1.0).abs() < 0.02, "{k}: {}", z.fraction[k]);
    }
    // Slices of one width: their mean is the porosity.
    for name in ["porosity.x", "porosity.y", "porosity.z"] {
        let profile = &design.distributions[name];
        let mean = profile.fraction.iter().sum::<f64>() / profile.fraction.len() as f64;
        assert!((mean - figure(&design, "porosity.total").value).abs() < 0.003, "{name}: {mean}");
    }
    // Round the middle of the box: all void to 150, half of it to 300, then none.
    let radial = &design.distributions["porosity.radial"];
    let at = |r: f64| radial.fraction[radial.edges.iter().rposition(|e| *e <= r).unwrap()];
    assert!((at(100.0) - 1.0).abs() < 1e-6 && (at(230.0) - 0.5).abs() < 0.03 && at(350.0) < 1e-6, "{radial:?}");
    assert!(measure(&mesh, &asking(&["porosity.total"], run(40.0))).distributions.is_empty(), "only when asked for");
}

#[test]
fn a_mirror_makes_cut_pores_whole() {
    // Balls of radius 150 cut by the face x = 0 at their middle, and 50 short of it.
    let (r, off) = (150.0, 50.0);
    let mesh = implicit([400.0, 400.0, 900.0], 90, |p| {
        let half = r - V3::new(p.x, p.y - 200.0, p.z - 220.0).norm();
        let less = r - V3::new(p.x + off, p.y - 200.0, p.z - 680.0).norm();
        half.max(less)
    });
    let mirror = Run { cut: CutPores::Mirror, ..asking(&["pore_size"], run(10.0)) };
    let design = measure(&mesh, &mirror);
    // The half ball and its image are a ball, the cap and its image a lens.
    let largest = figure(&design, "pore_size.max").value;
    assert!((largest / (2.0 * r) - 1.0).abs() < 0.01, "{largest}");
    assert_eq!(figure(&design, "pore_size.cut_fraction").value, 0.0);
    assert!(figure(&design, "pore_size.d50").alternatives.is_empty());
    // The same, mirrored by hand, as one cell of a pattern.
    let doubled = implicit([800.0, 400.0, 900.0], 90, |p| {
        let x = (p.x - 400.0).abs();
        let half = r - V3::new(x, p.y - 200.0, p.z - 220.0).norm();
        let less = r - V3::new(x + off, p.y - 200.0, p.z - 680.0).norm();
        half.max(less)
    });
    let whole = measure(&doubled, &asking(&["pore_size"], run(10.0)));
    for id in ["pore_size.mean", "pore_size.d10", "pore_size.d50", "pore_size.d90"] {
        let (a, b) = (figure(&design, id), figure(&whole, id));
        assert!((a.value / b.value - 1.0).abs() < 0.03, "{id}: {} against {}", a.value, b.value);
    }
    // Struts that a mirror cuts go on: a plate of 60 against the mirror is one of 120.
    let plates = join(&[cuboid([0.0; 3], [60.0, 400.0, 400.0]), cuboid([340.0, 0.0, 0.0], [400.0, 400.0, 400.0])]);
    let plate = |cut| figure(&measure(&plates, &Run { cut, ..asking(&["strut"], run(10.0)) }), "strut.max").value;
    assert!((plate(CutPores::Open) - 60.0).abs() < 1.0 && (plate(CutPores::Mirror) - 120.0).abs() < 1.0);
}

/// Three cubic lattices that make an angle.
fn angle() -> (Mesh, f64) {
    let lattice = Cubic { pore: 200.0, strut: 100.0, cells: 3 };
    let side = 1000.0;
    let moved = |x: f64, y: f64| {
        let mut mesh = lattice.mesh(None);
        mesh.vertices.iter_mut().for_each(|v| *v += V3::new(x, y, 0.0));
        mesh
    };
    // Side by side, a strut's width into each other.
    (join(&[moved(0.0, 0.0), moved(900.0, 0.0), moved(0.0, 900.0)]), side)
}

#[test]
fn a_wrap_follows_a_concave_part() {
    let (mesh, side) = angle();
    let total = (2.0 * side - 100.0) * side + (side - 100.0) * side;
    let with = |envelope| Run {
        options: Options { envelope, ..Options::default() },
        ..asking(&["porosity", "volume"], run(40.0))
    };
    let wrap = measure(&mesh, &with(EnvelopeChoice::Wrap(None)));
    let envelope = wrap.envelope.as_ref().unwrap();
    // A ball of half the height rounds the inner edge.
    let fillet = (1.0 - PI / 4.0) * (side / 4.0).powi(2);
    let truth = (total + fillet) * side * 1e-9;
    assert_eq!(envelope.kind, "wrap");
    // It dips into windows of 200 as far as a ball of 500 can: 21 µm over a part of the surface.
    assert!(
        envelope.volume_mm3 < truth * 1.002 && envelope.volume_mm3 > truth * 0.96,
        "{} {truth}",
        envelope.volume_mm3
    );
    let hull = measure(&mesh, &with(EnvelopeChoice::Hull));
    assert!(figure(&hull, "porosity.total").value > figure(&wrap, "porosity.total").value + 0.03);
    // By rule the hull is taken, and the wrap stands beside it.
    let auto = measure(&mesh, &with(EnvelopeChoice::Auto));
    let porosity = figure(&auto, "porosity.total");
    let beside = porosity.alternatives.iter().find(|a| a.reading.contains("wrap")).unwrap();
    assert!((beside.value.unwrap() - figure(&wrap, "porosity.total").value).abs() < 0.01);
    // A convex part has no other reading of this kind.
    let plain = measure(&Cubic { pore: 200.0, strut: 100.0, cells: 3 }.mesh(None), &with(EnvelopeChoice::Auto));
    assert!(figure(&plain, "porosity.total").alternatives.is_empty());
}

#[test]
fn parts_of_a_small_sample_that_differ_leave_its_figures_open() {
    // Two by two by two bubbles in a block, all alike, and of two sizes.
    let block = |sizes: [f64; 2]| {
        implicit([1000.0; 3], 80, move |p| {
            let cell = p.map(|c| (c / 500.0).floor().clamp(0.0, 1.0));
            let odd = (cell.x + cell.y + cell.z) as usize % 2;
            let middle = cell.map(|c| 250.0 + 500.0 * c);
            sizes[odd] - (p - middle).norm()
        })
    };
    let uncertainty = |sizes| {
        let design = measure(&block(sizes), &asking(&["pore_size"], run(20.0)));
        assert!(design.findings.iter().any(|f| f.kind == "sample.small"));
        figure(&design, "pore_size.mean").uncertainty
    };
    let alike = uncertainty([200.0, 200.0]);
    assert!(alike < 5.0, "{alike}");
    // Four blocks of 300 and four of 400: s/√8 is 18.9, and t 2.365.
    let differ = uncertainty([150.0, 200.0]);
    let spread = 2.365 * 50.0 * (8.0f64 / 7.0).sqrt() / 8.0f64.sqrt();
    assert!((differ - spread).abs() < alike + 4.0, "{differ} {spread}");
    // A large sample has none of it.
    let many = measure(&Cubic { pore: 200.0, strut: 50.0, cells: 8 }.mesh(None), &asking(&["pore_size"], run(50.0)));
    assert!(!many.findings.iter().any(|f| f.kind == "sample.small"));
}

#[test]
fn surfaces_bend_as_on_paper() {
    let bent = |mesh: &Mesh, base: Run| {
        let design = measure(mesh, &asking(&["curvature"], base));
        let value = |id: &str| figure(&design, id).value;
        let of = [value("curvature.hollow_fraction"), value("curvature.mean"), value("curvature.gaussian")];
        for id in ["curvature.mean", "curvature.gaussian"] {
            let d = &design.distributions[id];
            assert!((d.fraction.iter().sum::<f64>() - 1.0).abs() < 1e-9 && d.edges.len() == d.fraction.len() + 1);
        }
        of
    };
    let near = |value: f64, truth: f64, size: f64| assert!((value - truth).abs() < 0.04 * size, "{value} {truth}");
    let size = [600.0; 3];
    let middle = V3::repeat(300.0);
    // A round bubble of 200 µm is a bowl all over: 1/r and 1/r².
    let [hollow, mean, gaussian] = bent(&implicit(size, 48, |p| 200.0 - (p - middle).norm()), run(12.5));
    near(mean, 5.0, 5.0);
    near(gaussian, 25.0, 25.0);
    near(hollow, 1.0, 1.0);
    // A rod of 200 µm is nowhere hollow: −1/2r and 0. Posts in the corners of the box keep its sides away.
    let rod = implicit([700.0, 700.0, 300.0], 56, |p| {
        let post = [p.x, p.y].map(|c| c.min(700.0 - c) - 20.0).into_iter().fold(f64::MIN, f64::max);
        ((p.x - 350.0).hypot(p.y - 350.0) - 200.0).min(post)
    });
    let [hollow, mean, gaussian] = bent(&rod, run(12.5));
    near(mean, -2.5, 2.5);
    near(gaussian, 0.0, 25.0);
    near(hollow, 0.0, 1.0);
    // A gyroid bends as much one way as the other. Its mean Gaussian curvature follows from Gauss and Bonnet: 2πχ over its
    // area, χ = −8 and 3.0915 a² in a cell of side a.
    let gyroid = Tpms {
        surface: Surface::Gyroid,
        form: Form::Network,
        cell: 1000.0,
        size: [1000.0; 3],
        level: 0.0,
        samples: 40,
    };
    let [_, mean, gaussian] =
        bent(&gyroid.mesh(&Exec::silent(2).unwrap()).unwrap(), Run { cut: CutPores::Periodic, ..run(25.0) });
    near(mean, 0.0, 2.0);
    near(gaussian, -16.0 * PI / 3.0915, 16.3);
}

/// Two bars in an L: of their box a good part is beside their hull.
#[test]
fn a_study_in_another_envelope_is_the_one_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let bars = join(&[cuboid([0.0; 3], [900.0, 300.0, 300.0]), cuboid([0.0, 320.0, 0.0], [300.0, 700.0, 300.0])]);
    let path = folder.path().join("l.stl");
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &bars).unwrap();
    let (limits, exec) = (Limits { memory: 1 << 30 }, Exec::silent(2).unwrap());
    let options = Options { envelope: EnvelopeChoice::Box, ..Options::default() };
    let design = Design::new(load(&path, &limits).unwrap(), &options, &limits, &exec).unwrap();
    let at = Resolution::Spacing(20.0);
    let hull = design.envelope.as_hull();
    for cut in [CutPores::Open, CutPores::Clip] {
        let of = |envelope| Study::new(&design, envelope, at, cut, &limits, &exec).unwrap();
        let (anew, taken) = (of(&hull), of(&design.envelope).within(&hull, at, &limits, &exec).unwrap());
        assert_ne!(anew.voxels(), of(&design.envelope).voxels());
        assert_eq!((&taken.field.values, &taken.field.nearest), (&anew.field.values, &anew.field.nearest));
        assert_eq!((&taken.inside, &taken.solid), (&anew.inside, &anew.solid));
        assert_eq!((&taken.void, &taken.region), (&anew.void, &anew.region));
    }
}
