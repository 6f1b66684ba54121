//! The reader of a scanner's log on any bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| poregauge_fuzz::run("skyscan", data));
