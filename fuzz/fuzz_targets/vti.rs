//! The reader of VTI on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::vti;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(vti::read(data, &LIMITS)));
