//! The reader of TIFF stacks on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::tiff;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(tiff::read(data, &LIMITS)));
