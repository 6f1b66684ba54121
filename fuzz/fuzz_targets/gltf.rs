//! The reader of glTF on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::gltf;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(gltf::read(data, &LIMITS)));
