//! Delimited text against a plain state machine of RFC 4180: each record is a row with these values and this line, or
//! a blank one that is counted; whatever the splits, as a stream, and by several cursors.
#![no_main]

use rca::fuzzed::{self, CSV, How, Read};
use rca_fuzz::{is_packed, line_of};

#[derive(Debug)]
struct Record {
    line: u64,
    /// Each with whether it stood in quotes.
    fields: Vec<(Vec<u8>, bool)>,
    is_blank: bool,
    is_open: bool,
    /// More than blanks stands behind a closing quote.
    is_run_on: bool,
}

fn records(text: &[u8], delimiter: u8) -> Vec<Record> {
    let mut records = Vec::new();
    let mut at = separator_line(text);
    while at < text.len() {
        let start = at;
        let (mut fields, mut is_open, mut is_run_on) = (Vec::new(), false, false);
        loop {
            let mut value = Vec::new();
            let is_quoted = text.get(at) == Some(&b'"');
            if is_quoted {
                at += 1;
                loop {
                    match text.get(at) {
                        None => {
                            is_open = true;
                            break;
                        }
                        Some(b'"') if text.get(at + 1) == Some(&b'"') => {
                            value.push(b'"');
                            at += 2;
                        }
                        Some(b'"') => {
                            at += 1;
                            break;
                        }
                        Some(byte) => {
                            value.push(*byte);
                            at += 1;
                        }
                    }
                }
            }
            let behind = value.len();
            while text.get(at).is_some_and(|byte| *byte != delimiter && *byte != b'\n') {
                value.push(text[at]);
                at += 1;
            }
            is_run_on |= is_quoted && !value[behind..].trim_ascii().is_empty();
            let is_last = text.get(at) != Some(&delimiter);
            while is_last && value.len() > behind && value.ends_with(b"\r") {
                value.pop();
            }
            fields.push((value, is_quoted));
            at += 1;
            if is_last {
                break;
            }
        }
        let whole = &text[start..(at - 1).min(text.len())];
        let is_blank = whole.iter().all(|byte| *byte == delimiter || *byte == b'\r');
        records.push(Record { line: line_of(text, start), fields, is_blank, is_open, is_run_on });
    }
    records
}

/// The length of a first line `sep=;`, which is for Excel.
fn separator_line(text: &[u8]) -> usize {
    let Some(end) = text.iter().position(|byte| *byte == b'\n') else { return 0 };
    let line = String::from_utf8_lossy(&text[..end]).to_ascii_lowercase();
    let line = line.strip_suffix('\r').unwrap_or(&line);
    let said = line.strip_prefix('"').and_then(|said| said.strip_suffix('"')).unwrap_or(line);
    if said.strip_prefix("sep=").is_some_and(|delimiter| delimiter.chars().count() == 1) { end + 1 } else { 0 }
}

/// The numbers in what is said of a file, by a part of it.
fn numbers(notes: &[String], part: &str) -> Option<Vec<usize>> {
    let words = notes.iter().find(|note| note.contains(part))?;
    Some(words.split([' ', ';']).filter_map(|word| word.parse().ok()).collect())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if is_packed(bytes) {
        return;
    }
    let (encoding, text) = fuzzed::decoded(bytes, 1 << 20);
    let how = |is_packed, threads| How { as_text: true, is_packed, threads, delimiter: None };
    let Some(told) = fuzzed::read(CSV, bytes, how(false, 1)) else {
        assert!(records(&text, b',').iter().all(|record| record.is_blank || record.fields.len() == 1), "not opened");
        return;
    };
    let plain = &told.tables[0];
    let delimiter = (0..=u8::MAX).find(|byte| plain.format == format!("delimiter {:?}", char::from(*byte)));
    let records = records(&text, delimiter.expect("a delimiter"));
    let has_header = !plain.notes.iter().any(|note| note.starts_with("no header line"));
    let above = numbers(&plain.notes, " above the header and no row").map_or(0, |told| told[0]);
    let mut rows: Vec<&Record> = records.iter().filter(|record| !record.is_blank).skip(above).collect();
    let width = plain.columns.len() - 2;
    if has_header {
        let named = numbers(&plain.notes, " and the header names ").map_or(width, |told| told[1]);
        let header = &rows.remove(0).fields;
        assert_eq!(header.len(), named, "fields of the header");
        let is_again = |row: &&Record| {
            let first = row.fields[0].0.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&row.fields[0].0);
            row.fields.len() == header.len() && first == header[0].0 && row.fields[1..] == header[1..]
        };
        let again = if header.len() > 1 { rows.iter().filter(|row| is_again(row)).count() } else { 0 };
        assert!(plain.fault("HeaderAgain") <= again as u64, "headers between rows");
        if plain.fault("HeaderAgain") > 0 {
            rows.retain(|row| !is_again(&row));
        }
    } else {
        assert!(rows.iter().take(200).any(|row| row.fields.len() == width), "columns");
    }
    let value = |(value, is_quoted): &(Vec<u8>, bool)| {
        (!value.is_empty() || *is_quoted).then(|| String::from_utf8_lossy(value).into_owned())
    };
    let expected: Vec<Vec<Option<String>>> =
        rows.iter().map(|record| (0..width).map(|field| record.fields.get(field).and_then(value)).collect()).collect();
    let own = |read: &Read| read.rows.iter().map(|row| row[..width].to_vec()).collect::<Vec<_>>();
    assert_eq!(own(plain), expected);
    assert_eq!(plain.lines(), rows.iter().map(|record| record.line).collect::<Vec<_>>());
    assert_eq!(plain.fault("Ragged"), rows.iter().filter(|record| record.fields.len() != width).count() as u64);
    assert_eq!(plain.fault("OpenQuote"), rows.iter().filter(|record| record.is_open).count() as u64);
    assert_eq!(plain.fault("AfterQuote"), rows.iter().filter(|record| record.is_run_on).count() as u64);
    let is_broken = |(value, _): &&(Vec<u8>, bool)| std::str::from_utf8(value).is_err();
    let broken: usize = rows.iter().map(|record| record.fields.iter().take(width).filter(is_broken).count()).sum();
    // What another encoding does not have is counted of the file.
    assert!(plain.fault("Replaced") == broken as u64 || encoding != "Utf8");
    assert!(plain.fault("Blank") <= records.iter().filter(|record| record.is_blank).count() as u64);

    let packed = fuzzed::read(CSV, bytes, how(true, 1)).expect("opens as a stream too");
    assert_eq!(packed.tables[0].rows, plain.rows);
    assert_eq!(packed.tables[0].faults, plain.faults);
    let mut by_three = fuzzed::read(CSV, bytes, how(true, 3)).expect("opens as a stream too").tables.remove(0);
    let mut sorted = plain.rows.clone();
    sorted.sort();
    by_three.rows.sort();
    assert_eq!(by_three.rows, sorted);
    assert_eq!(by_three.faults, plain.faults);
    // With types values may be NULL, and rows are the same.
    let typed = fuzzed::read(CSV, bytes, How::default()).expect("opens");
    assert_eq!(typed.tables[0].lines(), plain.lines());
});
