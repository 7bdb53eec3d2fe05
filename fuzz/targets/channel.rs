//! `--channel`: a matrix in CSV.
#![no_main]

use chapter5::mimo_detection::read_channel;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(rows) = read_channel(&String::from_utf8_lossy(bytes)) {
        assert!(rows.iter().all(|row| row.len() == rows.len() && row.iter().all(|h| h.is_finite())));
    }
});
