//! Times, lengths of time, sizes and numbers of arguments and cells, against the standard library and `chrono`.
#![no_main]

use rca::fuzzed;

libfuzzer_sys::fuzz_target!(|text: &str| {
    // What RFC 3339 allows, within the engine's range, is the same instant; what is read is shown as what it is.
    let read = fuzzed::instant(text, "UTC");
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text)
        && text.as_bytes().get(10).is_some_and(|sign| matches!(sign, b'T' | b' '))
        && text.is_ascii()
        && !text.contains(":60")
        && let Some(read) = read
    {
        assert_eq!(read, time.timestamp_micros(), "{text:?}");
    }
    if let Some(micros) = read.filter(|micros| micros.unsigned_abs() < 1 << 62) {
        assert_eq!(fuzzed::instant(&fuzzed::rfc3339(micros), "UTC"), Some(micros), "{text:?}");
    }
    for zone in ["Europe/Berlin", "-03:30", text] {
        fuzzed::instant(text, zone);
    }
    if let Some(length) = fuzzed::duration(text) {
        let shown = fuzzed::duration_shown(length);
        let again = fuzzed::duration(&shown).unwrap_or_else(|| panic!("{shown:?} is no length"));
        // Of two units the second is rounded, within a twenty-fourth part; below a minute to a millisecond.
        assert!((again - length).abs() <= length.abs() / 24 + 500, "{text:?}: {length} is shown as {shown}");
        assert!(!text.contains(char::is_whitespace));
    }
    if let Some(size) = fuzzed::size(text) {
        assert!(text.starts_with(|c: char| c.is_ascii_digit() || c == '.'), "{text:?}: {size}");
    }
    let plain = text.strip_prefix('+').unwrap_or(text);
    if let Some(number) = fuzzed::int(text) {
        assert_eq!(plain.parse::<i64>().ok(), Some(number), "{text:?}");
    } else if let Ok(number) = text.parse::<i64>() {
        // Digits that a number does not need are those of a code.
        assert!(text != number.to_string(), "{text:?}");
    }
    if let Some(number) = fuzzed::float(text) {
        let other: f64 = text.trim().parse().unwrap_or_else(|_| panic!("{text:?} is no number, and read as {number}"));
        assert!(number == other || number.is_nan() && other.is_nan(), "{text:?}: {number} and {other}");
    }
});
