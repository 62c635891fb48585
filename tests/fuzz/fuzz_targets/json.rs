//! JSON against serde_json's own stream of values: each object is a row, each other line or value is counted as not
//! read; whatever the splits, as a stream, and by several cursors. A document that is cut off says so.
#![no_main]

use std::collections::BTreeMap;

use rca::fuzzed::{self, How, JSON};
use rca_fuzz::{is_packed, lines, losses};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// A key that is no Unicode (`\ud800` alone) is the name of no column.
fn is_object(text: &str) -> bool {
    serde_json::from_str::<BTreeMap<String, IgnoredAny>>(text).is_ok()
}

/// Objects, and other values, of a document, or of the array in its only object; `None` if it is none as a whole.
fn document(text: &str, is_wrapped: bool) -> Option<(u64, u64)> {
    let (mut objects, mut others) = (0, 0);
    let mut count = |value: &RawValue| *(if is_object(value.get()) { &mut objects } else { &mut others }) += 1;
    if is_wrapped {
        let inner = serde_json::from_str::<BTreeMap<String, Vec<&RawValue>>>(text).ok()?;
        inner.into_values().flatten().for_each(count);
    } else if text.trim_start().starts_with('[') {
        serde_json::from_str::<Vec<&RawValue>>(text).ok()?.into_iter().for_each(count);
    } else {
        for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
            count(value.ok()?);
        }
    }
    Some((objects, others))
}

/// As [`document`] of one whose commas and brackets alone are wrong, and whether an array, or one behind it, does not close
/// behind the last object.
fn loose(mut text: &str) -> Option<(u64, u64, bool)> {
    let is_array = text.trim_start().starts_with('[');
    let (mut objects, mut others, mut is_open) = (0, 0, is_array);
    loop {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '[' | ']'));
        let skipped = &text[..text.len() - rest.len()];
        is_open = is_array && skipped.rfind(['[', ']']).map_or(is_open, |at| skipped[at..].starts_with('['));
        if rest.is_empty() {
            return Some((objects, others, is_open));
        }
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let value = values.next()?.ok()?;
        match is_object(value.get()) {
            true => objects += 1,
            false => others += 1,
        }
        is_open |= is_array && value.get().starts_with('{');
        text = &rest[values.byte_offset()..];
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if is_packed(bytes) {
        return;
    }
    let (_, text) = fuzzed::decoded(bytes, 1 << 20);
    let how = |is_packed, threads| How { as_text: true, is_packed, threads, delimiter: None };
    let Some(told) = fuzzed::read(JSON, bytes, how(false, 1)) else { return };
    let plain = &told.tables[0];
    // What Python writes is read too, which serde_json refuses: what comes of that, tests beside the reader hold.
    let is_of_python = ["NaN", "Infinity"].iter().any(|word| String::from_utf8_lossy(&text).contains(word));
    if !is_of_python && plain.format == "one object a line" {
        let (mut rows, mut unread, mut blank) = (Vec::new(), 0, 0);
        for (number, (_, line)) in lines(&text).into_iter().enumerate() {
            let line = String::from_utf8_lossy(line.trim_ascii());
            // The sign of a text sequence (RFC 7464), behind which nothing need stand.
            let line = line.strip_prefix('\u{1e}').unwrap_or(&line).trim_ascii();
            match line.strip_suffix(',').unwrap_or(line) {
                _ if line.is_empty() => blank += 1,
                object if is_object(object) => rows.push(number as u64 + 1),
                _ => unread += 1,
            }
        }
        assert_eq!(plain.lines(), rows);
        assert_eq!(plain.fault("Unread"), unread);
        assert_eq!(plain.fault("Blank"), blank);
    } else if !is_of_python && let Ok(text) = std::str::from_utf8(&text) {
        let is_wrapped = plain.notes.iter().any(|note| note.starts_with("its rows are the objects of"));
        match document(text, is_wrapped) {
            Some((objects, others)) => {
                assert_eq!(plain.rows.len() as u64, objects);
                assert_eq!(plain.fault("Unread") > 0, others > 0, "values that are no objects");
            }
            // A comma or bracket too many loses nothing.
            None => match loose(text) {
                Some((objects, others, is_open)) if !is_wrapped => {
                    assert_eq!(plain.rows.len() as u64, objects);
                    assert_eq!(losses(&told) > 0, others > 0 || is_open, "what is cut off or no object is told");
                }
                _ => assert!(losses(&told) > 0, "a broken document is told"),
            },
        }
    }
    let packed = fuzzed::read(JSON, bytes, how(true, 1)).expect("opens as a stream too");
    assert_eq!(packed.tables[0].rows, plain.rows);
    assert_eq!(packed.tables[0].faults, plain.faults);
    let mut by_three = fuzzed::read(JSON, bytes, how(true, 3)).expect("opens as a stream too").tables.remove(0);
    let mut sorted = plain.rows.clone();
    sorted.sort();
    by_three.rows.sort();
    assert_eq!(by_three.rows, sorted);
    assert_eq!(by_three.faults, plain.faults);
    let typed = fuzzed::read(JSON, bytes, How::default()).expect("opens");
    assert_eq!(typed.tables[0].lines(), plain.lines());
});
