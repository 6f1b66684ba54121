//! A whole measurement of a generated scaffold, and its stages, at grids of growing size.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly")]

use divan::{Bencher, black_box};
use poregauge::design::{CutPores, Design, EnvelopeChoice, Options, Resolution, Study};
use poregauge::generate::cubic::Cubic;
use poregauge::limits::Limits;
use poregauge::measure::{After, Needs, survey};
use poregauge::parallel::Exec;
use poregauge::voxel::ridge::ridge;

fn main() {
    divan::main();
}

/// Voxels along each side of the box.
const SIZES: [usize; 2] = [64, 128];

/// Seven cells of 350 µm pores: the design `meshes/pass-cubic.stl`.
fn design(exec: &Exec) -> Design {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cubic.stl");
    let mesh = Cubic { pore: 350.0, strut: 73.0, cells: 7 }.mesh(None);
    poregauge::export::stl::write(&mut std::fs::File::create(&path).unwrap(), &mesh).unwrap();
    let limits = Limits::default();
    let options = Options { envelope: EnvelopeChoice::Box, ..Options::default() };
    Design::new(poregauge::input::load(&path, &limits).unwrap(), &options, &limits, exec).unwrap()
}

fn study<'a>(design: &'a Design, n: usize, exec: &Exec) -> Study<'a> {
    let h = (design.envelope.body.high - design.envelope.body.low).max() / n as f64;
    Study::new(design, &design.envelope, Resolution::Spacing(h), CutPores::Open, &Limits::default(), exec).unwrap()
}

fn voxels(n: usize) -> divan::counter::ItemsCount {
    divan::counter::ItemsCount::new(n.pow(3))
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn distance_field(bencher: Bencher, n: usize) {
    let exec = Exec::silent(2).unwrap();
    let design = design(&exec);
    bencher.counter(voxels(n)).bench_local(|| black_box(study(&design, n, &exec)));
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn ridge_of_the_void(bencher: Bencher, n: usize) {
    let exec = Exec::silent(2).unwrap();
    let design = design(&exec);
    let study = study(&design, n, &exec);
    bencher.counter(voxels(n)).bench_local(|| black_box(ridge(&study.field, &study.void, &exec)));
}

#[divan::bench(args = SIZES, sample_count = 3)]
fn all_measures(bencher: Bencher, n: usize) {
    let exec = Exec::silent(2).unwrap();
    let design = design(&exec);
    let mut study = study(&design, n, &exec);
    let needs = Needs {
        pore_size: true,
        shares: vec![("300um_1200um".to_owned(), 300.0, 1200.0)],
        strut: true,
        pictures: false,
        interconnectivity: true,
        doubt: 0.0,
        accessible: vec![("100um".to_owned(), 100.0)],
        ..Needs::default()
    };
    bencher
        .counter(voxels(n))
        .bench_local(|| black_box(survey(&mut study, &needs, After::Kept, &Limits::default(), &exec).unwrap()));
}
