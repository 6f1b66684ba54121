//! The reader of a scanner's log on any bytes.

#![no_main]

use libfuzzer_sys::fuzz_target;
use poregauge::input::volume::skyscan;

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(stated)) = skyscan::spacing(data) {
        assert!(stated.spacing.iter().all(|v| *v > 0.0));
    }
});
