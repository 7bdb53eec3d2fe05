//! `--alist`: a code; what is read is the same when it is written and read again.
#![no_main]

use chapter5::codes::Code;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if let Ok(code) = Code::from_alist(&String::from_utf8_lossy(bytes)) {
        assert_eq!(Code::from_alist(&code.to_alist()).expect("what was written"), code);
    }
});
