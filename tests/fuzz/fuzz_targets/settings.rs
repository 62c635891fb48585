//! `rca.toml` and `--set`: any text is settings, or is refused with words.
#![no_main]

use rca::fuzzed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    fuzzed::settings(text);
    fuzzed::assignment(text);
});
