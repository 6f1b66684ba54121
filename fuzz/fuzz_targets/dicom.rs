//! The reader of DICOM on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::dicom;
use poregauge_fuzz::{LIMITS, sound};

fuzz_target!(|data: &[u8]| sound(dicom::read(&[("slice".to_owned(), data)], &LIMITS)));
