//! The reader of raw volumes on any bytes, with a layout taken from the first of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::raw;
use poregauge::input::{RawLayout, RawType};
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|input: (u8, [u16; 3], u16, &[u8])| {
    let (kind, size, header, data) = input;
    let names = ["u8", "i8", "u16le", "i16be", "u32le", "i32be", "u64le", "i64be", "f32le", "f64be"];
    let Ok(kind) = names[usize::from(kind) % names.len()].parse::<RawType>() else { return };
    let layout = RawLayout { size: size.map(usize::from), kind, header: usize::from(header) };
    sound(raw::read(data, &layout, &LIMITS));
});
