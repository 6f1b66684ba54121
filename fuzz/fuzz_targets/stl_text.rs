//! The reader of STL as text on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::stl;
use poregauge_fuzz::sound;

fuzz_target!(|data: &[u8]| sound(stl::read_ascii(data)));
