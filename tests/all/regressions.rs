//! What once went wrong on real evidence, each as small as it could be made.

use std::process::Output;

use crate::rca::{self, command, folder, rows_in, run_in};

/// A directory with these files.
fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        std::fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn piped(arguments: &[&str], input: &str) -> Output {
    let place = folder();
    let mut command = command("rca", place.path());
    command.args(arguments);
    rca::piped(command, input)
}

#[test]
fn evidence_is_not_written_over_by_its_own_answer() {
    let place = place(&[("a.csv", "x,y\n1,2\n")]);
    let output = run_in(place.path(), &["query", "select 1 as z", "a.csv", "-o", "a.csv"]);
    assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    assert_eq!(std::fs::read_to_string(place.path().join("a.csv")).expect("read"), "x,y\n1,2\n");
}

#[test]
fn an_empty_answer_chains() {
    for input in ["", "[]\n"] {
        let output = piped(&["query", "select kind from stdin where missing > 3", "-", "-f", "ndjson"], input);
        assert!(output.status.success(), "{}", said(&output));
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn order_by_all_and_errors_by_a_column_are_answered() {
    let place = place(&[("a.csv", "ts,unit,error_code\n2025-03-01T08:00:00Z,U2,E2\n2025-03-01T08:00:01Z,U1,E1\n")]);
    let sql = "select unit, count(*) as n from a group by all order by all";
    assert_eq!(rows_in(place.path(), &["query", sql, "a.csv"])[0]["unit"], "U1");
    let by = rows_in(place.path(), &["errors", "--by", "unit", "a.csv"]);
    assert_eq!(by.iter().map(|row| row["code"].as_str()).collect::<Vec<_>>(), [Some("E1"), Some("E2")]);
    let only = rows_in(place.path(), &["errors", "--where", "unit = 'U1'", "a.csv"]);
    assert_eq!((only.len(), &only[0]["code"]), (1, &"E1".into()));
}

#[test]
fn several_statements_are_refused_rather_than_half_answered() {
    let place = place(&[("a.csv", "x\n1\n")]);
    assert_eq!(run_in(place.path(), &["query", "select 1; select 2", "a.csv"]).status.code(), Some(2));
}

#[test]
fn an_incident_lasts_as_long_as_its_evidence() {
    let line = |hour: usize, level: &str| format!("2025-01-01 {hour:02}:30:00,000 {level} [main] a.B - failed\n");
    let log: String = (0..24)
        .map(|hour| line(hour, if hour < 12 || hour % 2 == 0 && hour < 20 { "ERROR" } else { "INFO " }))
        .collect();
    let place = place(&[("a.log", &log)]);
    let rows = rows_in(
        place.path(),
        &[
            "errors",
            "a.log",
            "--baseline",
            "2025-01-01..2025-01-01 12:00",
            "--from",
            "2025-01-01 12:00",
            "--code",
            "f(ail)ed",
            "--level",
            "info",
        ],
    );
    let row = rows.iter().find(|row| row["code"] == "ail").expect("the code");
    assert_eq!((row["baseline_count"].as_i64(), row["count"].as_i64()), (Some(12), Some(12)));
    assert_eq!(row["change"], "same");
}

#[test]
fn a_key_that_comes_late_is_a_column_all_the_same() {
    let mut text: String = (0..6_000).map(|n| format!("ts=2025-03-01T08:00:00Z level=info msg=ok n={n}\n")).collect();
    text.push_str("ts=2025-03-01T08:00:01Z level=error msg=bad error_code=E7\n");
    let place = place(&[("a.log", &text)]);
    assert_eq!(rows_in(place.path(), &["errors", "a.log"])[0]["code"], "E7");
}

#[test]
fn a_record_keeps_all_of_its_words() {
    let place = place(&[(
        "a.log",
        "2025-01-01 00:00:00 host42 unit SN123 ERROR: failed\n2025-01-01 00:00:01 host42 unit SN124 done, all well\n",
    )]);
    let rows = rows_in(place.path(), &["timeline", "--entity", "SN123", "a.log"]);
    assert_eq!((rows.len(), &rows[0]["level"]), (1, &"error".into()));
    assert_eq!(rows[0]["message"], "host42 unit SN123 ERROR: failed");
}

#[test]
fn zones_in_letters_count() {
    let place =
        place(&[("a.log", "2025-04-12 00:14:12.837 CEST [7] LOG: x\n2025-04-12 00:14:13.837 CEST [7] LOG: y\n")]);
    assert_eq!(rows_in(place.path(), &["timeline", "a.log"])[0]["ts"], "2025-04-11T22:14:12.837Z");
}

#[test]
fn what_is_left_out_is_a_loss() {
    let place =
        place(&[("a.log", "2025-03-01 08:00:00,000 INFO  [main] a.B - one\n"), ("notes", "no time here\nnor here\n")]);
    let output = run_in(place.path(), &["sources", ".", "--strict", "-q"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("notes"), "{}", said(&output));
    let both = run_in(place.path(), &["query", "select count(*) as n from a", "a.log", "notes", "-q", "-f", "csv"]);
    assert!(both.status.success() && said(&both).contains("left out"), "{}", said(&both));
}

#[test]
fn what_cannot_be_read_is_not_read_as_something_else() {
    let mysql = "-- MySQL dump 10.13\n\nCREATE TABLE `t` (`a` int) ENGINE=InnoDB;\nINSERT INTO `t` VALUES (1);\n";
    let mut tar = vec![0_u8; 1024];
    tar[..5].copy_from_slice(b"a.log");
    tar[257..262].copy_from_slice(b"ustar");
    let place = place(&[("dump.sql", mysql)]);
    std::fs::write(place.path().join("a.tar"), tar).expect("written");
    assert_eq!(run_in(place.path(), &["sources", "dump.sql"]).status.code(), Some(3));
    assert_eq!(run_in(place.path(), &["sources", "a.tar"]).status.code(), Some(3));
}

#[test]
fn an_open_quote_is_said_to_swallow_the_rest() {
    let rest: String = (0..50).map(|n| format!("{n},x\n")).collect();
    let place = place(&[("a.csv", &format!("n,t\n1,\"open\n{rest}"))]);
    let output = run_in(place.path(), &["sources", "a.csv", "--strict"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("never closed"), "{}", said(&output));
}

#[test]
fn a_small_database_is_not_taken_for_old_macintosh_text() {
    let place = folder();
    let path = place.path().join("a.db");
    let database = rusqlite::Connection::open(&path).expect("opens");
    database.execute_batch("CREATE TABLE t(a); INSERT INTO t VALUES(1.5), (2);").expect("made");
    drop(database);
    assert_eq!(rows_in(place.path(), &["query", "select sum(a) as s from a.t", "a.db"])[0]["s"], 3.5);
}

#[test]
fn keys_are_equal_as_numbers_are() {
    let one: String = (1..30).map(|n| format!("{n},m\n")).collect();
    let other: String = (1..30).map(|n| format!("{n}.0,0.5\n")).collect();
    let place = place(&[("one.csv", &format!("id,model\n{one}")), ("other.csv", &format!("id,value\n{other}7.5,1\n"))]);
    let found = rows_in(
        place.path(),
        &["missing", "--keys", "one.id=other.id", "--kind", "absent_key", "one.csv", "other.csv"],
    );
    assert_eq!(found.iter().map(|row| row["missing"].as_i64()).collect::<Vec<_>>(), [Some(1)]);
}

#[test]
fn parquet_times_take_the_zone_too() {
    let place = place(&[("a.csv", "ts,v\n2025-03-09 01:30:00,1\n2025-03-09 03:30:00,2\n")]);
    let made = run_in(place.path(), &["query", "select ts, v from a", "a.csv", "-o", "p.parquet"]);
    assert!(made.status.success(), "{}", said(&made));
    let rows =
        rows_in(place.path(), &["query", "select ts from p order by v", "p.parquet", "--timezone", "America/New_York"]);
    let times: Vec<&str> = rows.iter().filter_map(|row| row["ts"].as_str()).collect();
    assert_eq!(times, ["2025-03-09T06:30:00Z", "2025-03-09T07:30:00Z"]);
}

#[test]
fn names_that_sql_confuses_are_told_apart() {
    let dump = "CREATE TABLE public.t (\"Id\" integer, id integer);\nCOPY public.t (\"Id\", id) FROM stdin;\n1\t2\n\\.\nCREATE TABLE public.\"T\" (a text);\nCOPY public.\"T\" (a) FROM stdin;\nx\n\\.\n";
    let place = place(&[("d.sql", dump), ("at.csv", "at,v\n2025-03-01T08:00:00Z,1\n2025-03-01T08:00:30Z,2\n")]);
    let row = &rows_in(place.path(), &["query", "select * from d.t", "d.sql"])[0];
    assert_eq!((&row["Id"], &row["id_2"]), (&1.into(), &2.into()));
    let output = run_in(place.path(), &["missing", "at.csv"]);
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_columns_of_a_parent_are_in_the_child() {
    let dump = "CREATE TABLE public.p (id integer, at timestamp with time zone);\nCREATE TABLE public.c (extra text)\nINHERITS (public.p);\nCOPY public.c (id, at, extra) FROM stdin;\n7\t2025-03-01 08:00:00+08\tx\n\\.\n";
    let place = place(&[("d.sql", dump)]);
    let row = &rows_in(place.path(), &["query", "select id, \"at\", extra from d.c", "d.sql"])[0];
    assert_eq!((&row["id"], &row["at"], &row["extra"]), (&7.into(), &"2025-03-01T00:00:00Z".into(), &"x".into()));
}

#[test]
fn lines_of_a_document_are_those_of_its_objects() {
    let place = place(&[("a.json", "[\n{\"a\": 1},\n\n{\"a\": 2, \"late\": true}\n]\n")]);
    let rows = rows_in(place.path(), &["query", "select a, late, _line from a", "a.json"]);
    assert_eq!(rows.iter().map(|row| row["_line"].as_i64()).collect::<Vec<_>>(), [Some(2), Some(4)]);
    assert_eq!(rows[1]["late"], true);
}

#[test]
fn a_header_longer_than_what_is_looked_at_is_still_the_header() {
    let row = |cell: &dyn Fn(usize) -> String| (0..9_000).map(cell).collect::<Vec<_>>().join(",");
    let text = format!(
        "{}\n{}\n{}\n",
        row(&|n| format!("column_{n}")),
        row(&|n| n.to_string()),
        row(&|n| (n * 2).to_string())
    );
    let place = place(&[("wide.csv", &text)]);
    let rows = rows_in(place.path(), &["query", "select count(*) as n, sum(column_8999) as s from wide", "wide.csv"]);
    assert_eq!(rows[0], serde_json::json!({"n": 2, "s": 8_999 * 3}));
}

#[test]
fn bytes_that_an_encoding_does_not_have_are_counted() {
    let place = folder();
    let mut text: Vec<u8> = vec![0xff, 0xfe];
    text.extend("a,b\n1,x".encode_utf16().flat_map(u16::to_le_bytes));
    text.extend([0x00, 0xd8]);
    text.extend("y\n".encode_utf16().flat_map(u16::to_le_bytes));
    std::fs::write(place.path().join("a.csv"), text).expect("written");
    let output = run_in(place.path(), &["query", "select b from a", "a.csv", "--strict", "-f", "csv"]);
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "b\nx\u{fffd}y\n");
}
