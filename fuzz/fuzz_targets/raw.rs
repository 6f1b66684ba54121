//! The reader of raw volumes on any bytes, with a layout taken from the first of them.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| poregauge_fuzz::run("raw", data));
