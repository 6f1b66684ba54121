//! The readers of slices (TIFF, PNG, BMP) on any bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| poregauge_fuzz::run("slices", data));
