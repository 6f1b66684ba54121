//! Real files of every format, broken in every way: cut off, bits turned, numbers in headers blown up, bytes swapped, parts
//! of other files put in. No reader panics, takes memory on a header's word, or lets through what is no number; what can
//! still be read can be measured, and no figure is NaN.
//!
//! The same mutations in every run: round `k` is made from the number `k`. `POREGAUGE_MUTATIONS` says how many rounds there
//! are, or which (`5000..9000`); `POREGAUGE_MUTATION` names one to be run alone, whose file is left behind.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail loudly, and say how far it is")]

mod common;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use poregauge::gauge::{Run, check};
use poregauge::input::{Content, RawLayout, load_with};
use poregauge::limits::Limits;
use poregauge::parallel::Exec;
use poregauge::units::Length;

/// What readers may use, and what the process may have grown by: the file itself, unpacked data and the volume are held
/// at the same time, and threads reserve address space.
const LIMITS: Limits = Limits { memory: 1 << 24 };
const GROWTH: u64 = 1 << 29;

/// Rounds of a test run.
const ROUNDS: u64 = 2500;

/// One of this many files that could be read is measured too.
const MEASURED: u64 = 12;

/// A file, or a folder with its files.
#[derive(Clone)]
struct Sample {
    name: String,
    folder: bool,
    parts: Vec<(String, Vec<u8>)>,
}

/// All files that other programs wrote, with the files beside them that they need.
fn corpus() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files");
    let bytes = |path: &Path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(path).unwrap());
    let listed = |folder: &Path| {
        let mut all: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
        all.sort();
        all
    };
    let mut samples = Vec::new();
    for path in listed(&root).into_iter().chain(listed(&root.join("same"))) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() && name != "same" {
            let parts = listed(&path).iter().map(|p| bytes(p)).collect();
            samples.push(Sample { name, folder: true, parts });
        } else if path.is_file() && !name.ends_with(".py") && name != "float.raw" {
            let mut parts = vec![bytes(&path)];
            if name == "float.mhd" {
                parts.push(bytes(&path.with_extension("raw")));
            }
            samples.push(Sample { name, folder: false, parts });
        }
    }
    assert!(samples.len() > 70, "{}", samples.len());
    samples
}

/// Numbers from a seed (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        let mut dice = Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        for _ in 0..4 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `n`, which is not 0.
    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 16) as usize % n
    }

    /// A place, half of the time near the start, where headers are.
    fn place(&mut self, n: usize) -> usize {
        let near = if self.below(2) == 0 { n.min(600) } else { n };
        self.below(near)
    }
}

/// Numbers that headers should not hold.
const EXTREME: [u64; 12] =
    [0, 1, 2, 0x7f, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 40, i64::MAX as u64, u64::MAX];
const WORDS: [&str; 10] =
    ["0", "-1", "4294967295", "99999999999999999999", "1e308", "-0", "nan", "inf", "0.0000000000000001", "x"];

/// Where a decimal number stands in a text, the `k`-th of them.
fn decimal(data: &[u8], k: usize) -> Option<std::ops::Range<usize>> {
    let digit = |b: &u8| b.is_ascii_digit() || matches!(b, b'.' | b'-');
    let starts: Vec<usize> = (0..data.len().min(4096))
        .filter(|&i| digit(&data[i]) && (i == 0 || !data[i - 1].is_ascii_alphanumeric() && !digit(&data[i - 1])))
        .collect();
    let from = *starts.get(k % starts.len().max(1))?;
    Some(from..from + data[from..].iter().take_while(|b| digit(b)).count())
}

/// One change of a file.
fn change(data: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    if data.is_empty() {
        return;
    }
    let at = dice.place(data.len());
    match dice.below(9) {
        0 => data.truncate(at),
        1 => data[at] ^= 1 << dice.below(8),
        2 => data[at] = dice.next() as u8,
        3 => {
            // A number of 1 to 8 bytes, in either order.
            let width = [1, 2, 4, 8][dice.below(4)];
            let at = at / width * width;
            let value = EXTREME[dice.below(EXTREME.len())].to_le_bytes();
            let turned = dice.below(2) == 0;
            for (k, byte) in data[at..].iter_mut().take(width).enumerate() {
                *byte = value[if turned { width - 1 - k } else { k }];
            }
        }
        4 => {
            let end = (at + [2, 4, 8][dice.below(3)]).min(data.len());
            data[at..end].reverse();
        }
        5 => drop(data.drain(at..(at + 1 + dice.below(24)).min(data.len()))),
        6 => {
            let again = data[at..(at + 1 + dice.below(24)).min(data.len())].to_vec();
            data.splice(at..at, again);
        }
        7 => {
            if let Some(range) = decimal(data, dice.below(64)) {
                data.splice(range, WORDS[dice.below(WORDS.len())].bytes());
            }
        }
        _ if !other.is_empty() => {
            let from = dice.place(other.len());
            let to = (from + 1 + dice.below(200)).min(other.len());
            let end = (at + to - from).min(data.len());
            data.splice(at..end, other[from..to].iter().copied());
        }
        _ => {}
    }
}

/// Changes what is inside of a packed file and packs it again; `None` where it is not packed.
fn inside(name: &str, data: &[u8], dice: &mut Dice) -> Option<Vec<u8>> {
    if name.ends_with(".gz") {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(data).read_to_end(&mut plain).unwrap();
        change(&mut plain, &[], dice);
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&plain).unwrap();
        return Some(packer.finish().unwrap());
    }
    if !name.ends_with(".npz") && !name.ends_with(".3mf") {
        return None;
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(data)).unwrap();
    let mut out = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let broken = dice.below(archive.len());
    for k in 0..archive.len() {
        let mut entry = archive.by_index(k).unwrap();
        let mut plain = Vec::new();
        entry.read_to_end(&mut plain).unwrap();
        if k == broken || dice.below(3) == 0 {
            change(&mut plain, &[], dice);
        }
        out.start_file(entry.name().unwrap(), zip::write::SimpleFileOptions::default()).unwrap();
        out.write_all(&plain).unwrap();
    }
    Some(out.finish().unwrap().into_inner())
}

/// The most address space that this process has had, in bytes, where the system tells it.
fn peak() -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find(|l| l.starts_with("VmPeak:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Reads a sample from disk, and says whether it could be read.
fn read(sample: &Sample, folder: &Path) -> bool {
    let place = if sample.folder { folder.join(&sample.name) } else { folder.to_owned() };
    std::fs::create_dir_all(&place).unwrap();
    sample.parts.iter().for_each(|(name, data)| std::fs::write(place.join(name), data).unwrap());
    let path = folder.join(&sample.name);
    let Ok(loaded) = load_with(&path, raw(&sample.name).as_ref(), &LIMITS) else { return false };
    match loaded.content {
        Content::Volume { volume, spacing, place } => {
            assert_eq!(volume.size.iter().product::<usize>(), volume.levels.len());
            assert!(!volume.levels.is_empty());
            assert!(spacing.is_none_or(|s| s.spacing.iter().all(|v| v.is_finite() && *v > 0.0)), "{spacing:?}");
            assert!(place.origin.iter().all(|o| o.is_finite()), "{place:?}");
            assert!((0..volume.levels.len()).all(|i| volume.levels.get(i).is_finite()));
        }
        Content::Mesh { triangles, .. } => assert!(triangles.apart().iter().flatten().flatten().all(|c| c.is_finite())),
    }
    true
}

/// What is said of raw volumes.
fn raw(name: &str) -> Option<RawLayout> {
    let (size, kind) = match name {
        "numpy.raw" => ([5, 6, 7], "u16be"),
        "i32be.raw" => ([24, 16, 16], "i32be"),
        _ => return None,
    };
    Some(RawLayout { size, kind: kind.parse().unwrap(), header: 0 })
}

/// Measures what could be read: figures or errors, but no figure that is no number.
fn measure(sample: &Sample, folder: &Path) {
    let mut run: Run = common::run(61.0);
    run.limits = Limits { memory: 1 << 26 };
    run.max_voxels = 1 << 16;
    run.measures = ["porosity", "surface", "volume", "solid", "pore_size"].map(str::to_owned).to_vec();
    run.options.raw = raw(&sample.name);
    run.options.envelope = poregauge::design::EnvelopeChoice::Auto;
    if ["npy", "npz", "raw", "png", "bmp", "tif"].iter().any(|end| sample.name.ends_with(end)) {
        run.options.spacing = Some([Length::from_um(15.0); 3]);
    }
    if !sample.name.starts_with("frame") && !sample.name.starts_with("trimesh") {
        run.resolution = None;
    }
    let report = check(&[folder.join(&sample.name)], &run, &Exec::silent(1).unwrap()).unwrap();
    for (id, figure) in &report.designs[0].measurements {
        assert!(figure.value.is_finite() && figure.uncertainty.is_finite(), "{id}: {figure:?}");
    }
}

/// Cuts at every length class: all short ones, those near powers of two, and those near the end.
fn cuts(length: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..length.min(24)).chain(length.saturating_sub(6)..length).collect();
    for power in 4..24 {
        all.extend([-1i64, 0, 1].iter().map(|d| ((1i64 << power) + d) as usize).filter(|n| *n < length));
    }
    all.extend((1..8).map(|k| length * k / 8));
    all.sort_unstable();
    all.dedup();
    all
}

/// Runs `f` and keeps what it panics with.
fn guarded(what: String, failures: &mut BTreeMap<String, String>, f: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(f)) {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default();
        let kind: String = text.chars().filter(|c| !c.is_ascii_digit()).take(60).collect();
        failures.entry(kind).or_insert(format!("{what}: {text}"));
    }
}

#[test]
fn broken_files_of_every_format_are_errors_or_files() {
    let samples = corpus();
    let folder = tempfile::tempdir().unwrap();
    let mut before = peak();
    let mut failures = BTreeMap::new();
    let mut could_read = 0u64;
    for sample in &samples {
        assert!(read(sample, folder.path()), "{} is whole", sample.name);
    }
    let asked = std::env::var("POREGAUGE_MUTATIONS").unwrap_or_default();
    let (from, to) = asked.split_once("..").unwrap_or(("0", &asked));
    let rounds = from.parse().unwrap_or(0)..to.parse().unwrap_or(ROUNDS);
    let only: Option<u64> = std::env::var("POREGAUGE_MUTATION").ok().and_then(|n| n.parse().ok());
    for round in only.map_or(rounds.clone(), |k| k..k + 1) {
        let mut dice = Dice::new(round);
        let mut sample = samples[round as usize % samples.len()].clone();
        let other = &samples[dice.below(samples.len())].parts[0].1;
        let part = dice.below(sample.parts.len());
        let (name, data) = &mut sample.parts[part];
        let whole = data.clone();
        match inside(name, data, &mut dice) {
            Some(packed) if dice.below(4) > 0 => *data = packed,
            _ => (0..1 + dice.below(4)).for_each(|_| change(data, other, &mut dice)),
        }
        guarded(format!("{} in round {round}", sample.name), &mut failures, || {
            if read(&sample, folder.path()) {
                could_read += 1;
                if could_read.is_multiple_of(MEASURED) || only.is_some() {
                    measure(&sample, folder.path());
                }
            }
            let grown = peak() - std::mem::replace(&mut before, peak());
            assert!(grown < GROWTH, "took memory: {grown} bytes");
        });
        // The next sample of a folder finds the other files whole.
        sample.parts[part].1 = whole;
        if sample.parts.len() > 1 {
            read(&sample, folder.path());
        }
        if round > 0 && round.is_multiple_of(100_000) {
            eprintln!("{round} rounds, {could_read} files read, {} kinds of failure", failures.len());
        }
    }
    for sample in samples.iter().filter(|_| only.is_none()) {
        let length = sample.parts[0].1.len();
        for cut in cuts(length) {
            let mut sample = sample.clone();
            sample.parts[0].1.truncate(cut);
            guarded(format!("{} cut at {cut} of {length}", sample.name), &mut failures, || {
                read(&sample, folder.path());
            });
        }
        read(sample, folder.path());
    }
    if only.is_some() {
        eprintln!("left in {}", folder.keep().display());
    }
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(only.is_some() || could_read > rounds.count() as u64 / 20, "{could_read} could be read");
}
