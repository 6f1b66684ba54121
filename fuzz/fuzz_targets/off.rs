//! The reader of OFF on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::off;
use poregauge_fuzz::sound;

fuzz_target!(|data: &[u8]| sound(off::read(data)));
