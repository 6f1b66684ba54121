//! Telling formats apart on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::{detect, stands_alone};

fuzz_target!(|data: &[u8]| {
    let _ = detect(data);
    let _ = stands_alone(data);
});
