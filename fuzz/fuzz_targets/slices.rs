//! The readers of slices (TIFF, PNG, BMP) on any bytes.

#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::slices;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(slices::read(&[PathBuf::from("slice")], &[data.to_vec()], &LIMITS)));
