//! The reader of ISQ on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::isq;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(isq::read(data, &LIMITS)));
