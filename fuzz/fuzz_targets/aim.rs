//! The reader of AIM on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::aim;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(aim::read(data, &LIMITS)));
