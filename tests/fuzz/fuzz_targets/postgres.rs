//! Scripts of Postgres: statements are the same wherever the text is cut, and a script says the same packed and plain.
#![no_main]

use rca::fuzzed::{self, How, POSTGRES};
use rca_fuzz::is_packed;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzzed::pieces_agree(bytes, false);
    let plain = fuzzed::read(POSTGRES, bytes, How::default());
    if !is_packed(bytes) {
        let packed = fuzzed::read(POSTGRES, bytes, How { is_packed: true, ..How::default() });
        assert_eq!(plain.map(|told| told.tables), packed.map(|told| told.tables));
    }
});
