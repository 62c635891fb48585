//! The data of a COPY into columns of six types: every line is a row or counted.
#![no_main]

use rca::fuzzed::{self, How, POSTGRES};
use rca_fuzz::{losses, parts};

const HEAD: &[u8] = b"CREATE TABLE t (a integer, b text, c numeric(8,2)[], d timestamptz, e bytea, f interval);\n\
    COPY t (a, b, c, d, e, f) FROM stdin;\n";

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let whole = [HEAD, bytes, b"\n\\.\n"].concat();
    let Some(told) = fuzzed::read(POSTGRES, &whole, How::default()) else { panic!("a dump") };
    let ends = |line: &&[u8]| line.strip_suffix(b"\r").unwrap_or(line) == b"\\.";
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    // What follows the end of the data is a script again.
    if lines.iter().any(|line| ends(line)) || parts(bytes).len() > 64 {
        return;
    }
    let [table] = told.tables.as_slice() else { panic!("one table") };
    let (rows, unread) = (table.rows.len() as u64, table.fault("Unread"));
    assert!(
        rows + unread + table.fault("Blank") == lines.len() as u64,
        "{rows} rows, {unread} unread of {}",
        lines.len()
    );
    // A tab behind a backslash is a part of the value.
    let fields = |line: &[u8]| {
        let (mut fields, mut is_escaped) = (1, false);
        for byte in line {
            fields += usize::from(*byte == b'\t' && !is_escaped);
            is_escaped = *byte == b'\\' && !is_escaped;
        }
        fields
    };
    assert!(lines.iter().all(|line| fields(line) == 6) || losses(&told) > 0, "fields that are not there are told");
    let other = fuzzed::read(POSTGRES, &whole, How { is_packed: true, ..How::default() }).expect("a dump");
    assert_eq!(other.tables[0].rows, table.rows);
    assert_eq!(other.tables[0].faults, table.faults);
});
