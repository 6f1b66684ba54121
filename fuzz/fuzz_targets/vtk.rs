//! The reader of legacy VTK on any bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| poregauge_fuzz::run("vtk", data));
