//! `--data` of chapter 6: observations with one coordinate and with two.
#![no_main]

use chapter6::observations::Observations;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for names in [&["t", "x"][..], &["t", "x", "y"]] {
        if let Ok(found) = Observations::from_csv("file", bytes, names, 10.0) {
            assert!(found.times.is_sorted() && found.times.len() == found.values.len());
            assert!(found.values.iter().all(|row| row.len() + 1 == names.len() && row.iter().all(|x| x.is_finite())));
        }
    }
});
