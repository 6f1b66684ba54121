//! The reader of PLY on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::ply;
use poregauge_fuzz::sound;

fuzz_target!(|data: &[u8]| sound(ply::read(data)));
