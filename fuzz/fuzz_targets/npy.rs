//! The reader of NPY on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::npy;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(npy::read(data, &LIMITS)));
