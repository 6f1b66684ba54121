//! The reader of 3MF on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::threemf;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(threemf::read(data, &LIMITS)));
