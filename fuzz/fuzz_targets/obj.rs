//! The reader of OBJ on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::mesh::obj;
use poregauge_fuzz::sound;

fuzz_target!(|data: &[u8]| sound(obj::read(data)));
