//! Records longer than any should be: a line or a field of a gigabyte, a record of very many lines. Memory stays
//! bounded, nothing hangs, and what is cut is said at its own line. Zeros in holes of sparse files cost no disk.

use std::io::Write;
use std::path::Path;

use crate::hostile::{rows, run, said, write};
use crate::rca::{folder, watched};

/// What any of these files may take, in a build without optimisation too.
const MEMORY_MAX: u64 = 900 << 20;

/// A file that begins with a text and goes on with zeros up to this size.
fn sparse(path: &Path, beginning: &str, bytes: u64) {
    let mut file = std::fs::File::create(path).expect("made");
    file.write_all(beginning.as_bytes()).expect("written");
    file.set_len(bytes).expect("grown");
}

fn asked(place: &Path, name: &str) -> (Option<i32>, String, u64) {
    watched(place, &["sources", name, "-f", "ndjson"])
}

#[test]
fn a_gigabyte_without_a_line_end_is_cut_at_its_own_line() {
    const BYTES: u64 = 1 << 30;
    let place = folder();
    for (name, beginning, code, told) in [
        ("t.csv", "", 3, "it begins with the bytes 00 00"),
        ("t.csv", "a,b\n1,2\n3,", 0, "1 record is longer than 64 MiB and cut there (t.csv:3)"),
        ("t.csv", "a,b\n1,2\n3,\"", 0, "1 field in quotes is longer than 64 MiB and cut there"),
        ("t.ndjson", "{\"a\":1}\n{\"a\":\"", 0, "1 record is longer than 64 MiB and cut there (t.ndjson:2)"),
        ("t.log", "2025-03-01 08:00:00,123 INFO [main] a.B - one\n", 0, "cut there (t.log:1)"),
        (
            "t.sql",
            "CREATE TABLE public.t (a integer, b text);\n\nCOPY public.t (a, b) FROM stdin;\n1\tx\n2\t",
            0,
            "1 record is longer than 64 MiB and cut there (t.sql:5)",
        ),
    ] {
        sparse(&place.path().join(name), beginning, BYTES);
        let (ended, said, most) = asked(place.path(), name);
        assert_eq!(ended, Some(code), "{name} {beginning:?}: {said}");
        assert!(said.contains(told), "{name} {beginning:?}: {said}");
        assert!(most < MEMORY_MAX, "{name} {beginning:?}: {most} bytes of memory");
    }
}

#[test]
fn a_quoted_field_of_72_mb_is_said_to_be_cut_and_not_to_be_open() {
    let place = folder();
    write(place.path(), "t.csv", format!("a,b\n1,\"{}\"\n2,y\n", "x\n".repeat(36 << 20)));
    let output = run(place.path(), &["query", "select a from t", "t.csv", "-f", "ndjson"]);
    let (rows, said) = (rows(&output), said(&output));
    assert_eq!(rows.iter().map(|row| row["a"].as_i64()).collect::<Vec<_>>(), [Some(1), Some(2)], "{said}");
    let told = "1 field in quotes is longer than 64 MiB and cut there; lines in it up to the closing quote are no rows";
    assert!(said.contains(&format!("{told} (t.csv:2)")), "{said}");
    assert!(!said.contains("never closed"), "{said}");
}

#[test]
fn a_record_of_many_lines_is_one_row() {
    let place = folder();
    let lines = 200_000;
    let head = |second: usize| format!("2025-03-01 08:00:0{second},123 ERROR [main] a.B - failed\n");
    write(place.path(), "long.log", format!("{}{}{}", head(1), "some words without any time\n".repeat(lines), head(2)));
    let output = run(place.path(), &["query", "select length(message) as n from long", "long.log", "-f", "ndjson"]);
    let lengths: Vec<_> = rows(&output).iter().map(|row| row["n"].as_u64()).collect();
    assert_eq!(lengths, [Some(19 + 28 * lines as u64), Some(19)]);
}
