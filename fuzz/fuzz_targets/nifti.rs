//! The reader of NIfTI on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::nifti;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(nifti::read(data, &LIMITS)));
