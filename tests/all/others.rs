//! Where other readers of the same evidence once read something else, and were right. `tests/differential` found these.

use std::io::Write;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::rca::{folder, root, rows_in, run_in};

/// The rows of one file without `_file`, and what is said of them.
fn read(name: &str, bytes: &[u8]) -> (Vec<Value>, String) {
    let place = folder();
    std::fs::write(place.path().join(name), bytes).expect("written");
    asked(place.path(), "select * exclude (_file) from t", name)
}

fn asked(place: &Path, sql: &str, name: &str) -> (Vec<Value>, String) {
    let said = run_in(place, &["query", sql, &format!("t={name}"), "-f", "ndjson"]);
    let text = String::from_utf8(said.stdout).expect("UTF-8");
    let rows = text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    (rows, String::from_utf8_lossy(&said.stderr).into_owned())
}

#[test]
fn lines_above_a_header_are_no_header() {
    let text = "Report of station 5\nmade by;Ann\n\nts;fan;note\n2025-03-01;1,5;x\n2025-03-02;2,5;y\n";
    let (rows, said) = read("a.csv", text.as_bytes());
    assert_eq!(rows[0], json!({"ts": "2025-03-01", "fan": 1.5, "note": "x", "_line": 5}));
    assert_eq!(rows.len(), 2);
    assert!(said.contains("2 lines are above the header and no row: `Report of station 5`"), "{said}");
    assert_eq!(read("a.csv", b"# of st5\na,b\nx,1\ny,2\n").0[0], json!({"a": "x", "b": 1, "_line": 3}));
    // A header that names less than there is stays one.
    let (rows, said) = read("a.csv", b"a,b\nx,1,7\ny,2,8\n");
    assert_eq!(rows[0], json!({"a": "x", "b": 1, "column3": 7, "_line": 2}));
    assert!(said.contains("rows have 3 fields and the header names 2"), "{said}");
    assert!(said.contains("nothing lost"), "{said}");
}

#[test]
fn excel_says_its_delimiter_in_a_line_of_its_own() {
    for line in ["sep=;", "\"sep=;\"", "SEP=;\r"] {
        let (rows, _) = read("a.csv", format!("{line}\na;b\n1;2,5\n").as_bytes());
        assert_eq!(rows, [json!({"a": 1, "b": 2.5, "_line": 3})], "{line}");
    }
}

#[test]
fn a_first_row_of_another_width_takes_no_column_away() {
    let (rows, said) = read("a.csv", b"1,2\n3,4,5\n6,7,8\n9,10,11\n");
    assert_eq!(rows[1], json!({"column1": 3, "column2": 4, "column3": 5, "_line": 2}));
    assert!(said.contains("1 row has another number of fields"), "{said}");
}

#[test]
fn of_two_delimiters_the_one_that_makes_numbers_divides() {
    assert_eq!(read("a.csv", b"1,5;2,5\n2,5;3,5\n").0[0], json!({"column1": 1.5, "column2": 2.5, "_line": 1}));
    // A quote behind a quoted text stands where no quote can.
    let (rows, _) = read("a.csv", b"\"0\"\t\"2952,90\"\n\"-1\"\t\"9798,49\"\n");
    assert_eq!(rows[0], json!({"column1": 0, "column2": 2952.9, "_line": 1}));
}

#[test]
fn zeros_of_a_power_loss_take_no_file_away() {
    let text = [&b"ts,v\n2025-03-01T08:00:00Z,1\n\0\0\0\0\n"[..], &b"2025-03-01T08:00:01Z,2\n".repeat(9)].concat();
    let (rows, said) = read("a.csv", &text);
    assert_eq!((rows.len(), &rows[2]["v"]), (11, &json!(2)));
    assert!(said.contains("1 value of `ts` is no time"), "{said}");
}

#[test]
fn whole_numbers_keep_their_digits_beside_fractions() {
    let exact = json!({"a": "9007199254740993", "_line": 2});
    assert_eq!(read("a.csv", b"a,b\n9007199254740993,1\n0.5,2\n").0[0]["a"], exact["a"]);
    assert_eq!(read("a.json", b"{\"a\":0.5}\n{\"a\":9007199254740993}\n").0[1], exact);
}

#[test]
fn what_is_no_object_in_an_array_is_counted() {
    let (rows, said) = read("a.json", br#"[{"a":1}, 5, "x", null, [true], {"a":2}]"#);
    assert_eq!(rows.iter().map(|row| row["a"].as_i64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert!(said.contains("4 records could not be read"), "{said}");
}

#[test]
fn an_array_without_its_end_is_cut_off() {
    let whole = "[{\"a\":1},\n{\"a\":2}\n]\n";
    let two = whole.trim_matches(['[', ']', '\n']);
    for (text, is_cut) in [
        (whole, false),
        (&whole[..whole.len() - 2], true),
        (&format!("[{two}],["), true),
        // What no bracket opens none has to close.
        (&format!("{two}],["), false),
    ] {
        let (rows, said) = read("a.json", text.as_bytes());
        assert_eq!(
            (rows.len(), said.contains("the document ends before the `]` that closes it")),
            (2, is_cut),
            "{said}"
        );
    }
}

#[test]
fn numbers_that_json_has_not_are_read_as_python_writes_them() {
    let text = b"{\"n\": NaN, \"x\": [NaN], \"t\": \"NaN\"}\n{\"n\": -Infinity}\n{\"n\": 1.5}\n{\"n\": NaN1}\n";
    let place = folder();
    std::fs::write(place.path().join("a.json"), text).expect("written");
    let sql = "select n::varchar as n, x, t from a";
    let rows = rows_in(place.path(), &["query", sql, "a.json"]);
    assert_eq!(rows[0], json!({"n": "nan", "x": "[NaN]", "t": "NaN"}));
    assert_eq!((rows.len(), &rows[1]["n"], &rows[2]["n"]), (3, &json!("-inf"), &json!("1.5")));
}

#[test]
fn an_empty_object_before_others_is_no_line_of_its_own() {
    let (rows, said) = read("a.json", b"{}\n{\n  \"a\": 1\n}\n{\n  \"a\": 2\n}\n");
    assert_eq!(rows.iter().map(|row| row["a"].as_i64()).collect::<Vec<_>>(), [None, Some(1), Some(2)]);
    assert!(said.contains("nothing lost"), "{said}");
}

#[test]
fn frames_and_streams_one_after_the_other_are_one_file() {
    let framed = |text: &[u8]| {
        use lz4_flex::frame::{BlockSize, FrameEncoder, FrameInfo};
        // Blocks of another size in each.
        let size = if text.len() > 10 { BlockSize::Max4MB } else { BlockSize::Max64KB };
        let mut frame = FrameEncoder::with_frame_info(FrameInfo::new().block_size(size), Vec::new());
        frame.write_all(text).expect("written");
        frame.finish().expect("finished")
    };
    let squeezed = |text: &[u8]| {
        let mut stream = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        stream.write_all(text).expect("written");
        stream.finish().expect("finished")
    };
    let long = format!("2,{}\n3,z\n", "y".repeat(200_000));
    let parts: [&[u8]; 4] = [b"", b"a,b\n1,x\n", b"", long.as_bytes()];
    for (name, bytes) in [("a.csv.lz4", parts.map(framed).concat()), ("a.csv.bz2", parts.map(squeezed).concat())] {
        let (rows, said) = read(name, &bytes);
        assert_eq!((rows.len(), said.contains("nothing lost")), (3, true), "{name} {said}");
    }
}

#[test]
fn columns_that_the_engine_reads_otherwise_are_told() {
    let (rows, said) = asked(&root().join("fixtures/readers"), "select * from t", "unlike.parquet");
    let first = json!({
        "id": 1, "wide": null, "at": "2025-03-01T13:10:04.118207Z", "seen": ["2025-03-01T13:10:04.118207Z"],
        "values": [1.5, "NaN", null]
    });
    assert_eq!((&rows[0], &rows[1]["values"]), (&first, &json!(["-Infinity"])));
    for told in ["`wide` is not read and NULL", "`at` is finer than", "`seen` is finer than", "1 not readable"] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[test]
fn a_packed_log_is_as_old_as_what_was_packed() {
    let place = folder();
    let path = place.path().join("messages.gz");
    let file = std::fs::File::create(&path).expect("made");
    // Packed on 2022-08-30, and copied much later.
    let mut gzip = flate2::GzBuilder::new().mtime(1_661_900_252).write(file, flate2::Compression::fast());
    gzip.write_all(b"Jan 11 03:04:27 gw01 sshd[42]: accepted\nJan 11 03:04:28 gw01 sshd[42]: closed\n")
        .expect("written");
    let file = gzip.finish().expect("finished");
    file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_790_000_000)).expect("set");
    let rows = rows_in(place.path(), &["query", "select min(ts) as first from messages", "messages.gz"]);
    assert_eq!(rows[0]["first"], "2022-01-11T03:04:27Z");
}

#[test]
fn a_packed_bundle_of_utf_16_is_no_utf_16() {
    let text: Vec<u8> = format!("a,b\n{}", "1,x\n".repeat(900)).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bundle = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_ustar();
    header.set_size(text.len() as u64);
    header.set_mode(0o644);
    let name = format!("a/{}/t.csv", "d".repeat(60));
    bundle.append_data(&mut header, &name, text.as_slice()).expect("a member");
    let bytes = bundle.into_inner().and_then(flate2::write::GzEncoder::finish).expect("finished");
    let place = folder();
    std::fs::write(place.path().join("b.tar.gz"), bytes).expect("written");
    let rows = rows_in(place.path(), &["query", "select count(*) as n from t", &format!("t=b.tar.gz/{name}")]);
    assert_eq!(rows[0]["n"], 900);
}

#[test]
fn rows_within_the_only_object_are_told() {
    let text = br#"{"total": 2, "rows": [{"a": 1}, {"a": 2}]}"#;
    let (rows, said) = read("a.json", text);
    assert_eq!(rows, [json!({"total": 2, "rows": "[{\"a\": 1}, {\"a\": 2}]", "_line": 1})]);
    assert!(said.contains("unnest(from_json(\"rows\", "), "{said}");
    let place = folder();
    std::fs::write(place.path().join("a.json"), text).expect("written");
    let sql = r#"select unnest(from_json("rows", '[{"a": "BIGINT"}]'), recursive := true) from a"#;
    assert_eq!(rows_in(place.path(), &["query", sql, "a.json"]), [json!({"a": 1}), json!({"a": 2})]);
}

#[test]
fn a_comma_that_could_divide_thousands_makes_no_fraction() {
    let (rows, said) = read("a.csv", b"a,b\nx,\"1,234\"\ny,\"12,500\"\nz,789\n");
    assert_eq!(
        rows.iter().map(|row| row["b"].as_str()).collect::<Vec<_>>(),
        [Some("1,234"), Some("12,500"), Some("789")]
    );
    assert!(said.contains("`b` is text, since"), "{said}");
    assert_eq!(read("a.csv", b"a;b\nx;1,234\ny;0,5\n").0[0]["b"], 1.234);
    // They are values all the same: no header, and no delimiter.
    assert_eq!(read("a.csv", b"1,234;1,500\n2,234;2,500\n").0[1]["column2"], "2,500");
}

#[test]
fn what_looks_as_what_is_below_it_is_no_header() {
    for text in ["x,10:00:00 PM\ny,11:30:00 AM\n", "x,14-Mar-2025\ny,15-Apr-2025\n", "x,50%\ny,7%\n"] {
        let (rows, said) = read("a.csv", text.as_bytes());
        assert_eq!((rows.len(), rows[0]["column1"].as_str()), (2, Some("x")), "{said}");
    }
    assert_eq!(read("a.csv", b"unit,2nd try\nx,7%\n").0[0]["2nd try"], "7%");
}
