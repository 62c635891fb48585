//! Archives of Postgres: the table of contents, data blocks, tar headers. Any bytes give rows or losses that are told,
//! the same twice.
#![no_main]

use rca::fuzzed::{self, How, POSTGRES};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let once = fuzzed::read(POSTGRES, bytes, How::default());
    let again = fuzzed::read(POSTGRES, bytes, How { threads: 3, ..How::default() });
    let sorted = |told: Option<fuzzed::Told>| {
        told.map(|mut told| {
            told.tables.iter_mut().for_each(|table| table.rows.sort());
            told.tables
        })
    };
    assert_eq!(sorted(once), sorted(again));
});
