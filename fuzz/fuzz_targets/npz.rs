//! The reader of NPZ on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::npz;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(npz::read(data, &LIMITS)));
