//! The reader of legacy VTK on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::vtk;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(vtk::read(data, &LIMITS)));
