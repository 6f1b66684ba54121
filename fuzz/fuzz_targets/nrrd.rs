//! The reader of NRRD on any bytes.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::nrrd;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(nrrd::read(data, Path::new("/nowhere"), &LIMITS)));
