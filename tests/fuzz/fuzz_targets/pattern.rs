//! Patterns of logs: any text is one or is refused with words, and reads a line as a slow reading does that tries all
//! ends of all fields. The input is a line, a pattern, and maybe another one.
#![no_main]

use rca::fuzzed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    let mut parts = text.splitn(3, '\n');
    let (Some(line), Some(one)) = (parts.next(), parts.next()) else { return };
    if line.len() > 256 || one.len() > 256 {
        return;
    }
    let levels = [("E".to_string(), "error".to_string()), ("<W>".to_string(), "warn".to_string())];
    fuzzed::pattern(one, line.as_bytes(), &[]);
    fuzzed::pattern(one, line.as_bytes(), &levels);
    if let Some(other) = parts.next() {
        fuzzed::patterns_exclude(one, other, line.as_bytes());
    }
});
