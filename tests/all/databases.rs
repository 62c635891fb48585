//! SQLite databases that are damaged or odd: what they still hold, and what is said of the rest.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

fn made(path: &Path, sql: &str) {
    let database = rusqlite::Connection::open(path).expect("opens");
    database.execute_batch(sql).expect("made");
}

#[test]
fn rows_out_of_order_are_read_once_and_said() {
    let place = folder();
    let path = place.path().join("a.db");
    made(
        &path,
        "CREATE TABLE t(x); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 6000)
         INSERT INTO t SELECT 'marker-' || i || '.' FROM n;",
    );
    let mut bytes = fs::read(&path).expect("a database");
    let marker = b"marker-2500.";
    let at = bytes.windows(marker.len()).position(|part| part == marker).expect("the row");
    // Before a text stand its header of two bytes, and before that the rowid, here of two bytes: it becomes 5.
    bytes[at - 4..at - 2].copy_from_slice(&[0x80, 5]);
    fs::write(&path, bytes).expect("written");
    let rows = rows_in(place.path(), &["query", "select count(*) as n, count(distinct x) as d from a.t", "a.db"]);
    assert_eq!((rows[0]["n"].as_u64(), rows[0]["d"].as_u64()), (Some(6000), Some(6000)));
    let strict = run_in(place.path(), &["query", "select count(*) from a.t", "a.db", "--strict"]);
    assert_eq!(strict.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&strict.stderr).contains("out of order"));
}

#[test]
fn a_column_of_several_classes_loses_nothing() {
    let place = folder();
    let path = place.path().join("a.db");
    made(
        &path,
        "CREATE TABLE t(i INTEGER, r REAL, flag BOOLEAN, big INTEGER);
         WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 5000)
         INSERT INTO t SELECT k, k / 2.0, k % 2, k FROM n;
         INSERT INTO t VALUES ('oops', 1.5, 1, 9007199254740993), (x'00ff', 2, 0, 0.5);",
    );
    let schema = rows_in(place.path(), &["schema", "a.db"]);
    let types: Vec<&str> = schema.iter().filter_map(|row| row["type"].as_str()).collect();
    assert_eq!(types, ["VARCHAR", "DOUBLE", "BOOLEAN", "VARCHAR"]);
    let sql = "select i, big from a.t where try_cast(i as integer) is null order by i";
    let odd = rows_in(place.path(), &["query", sql, "a.db"]);
    assert_eq!(odd[0]["i"], "X'00FF'");
    assert_eq!((&odd[1]["i"], &odd[1]["big"]), (&"oops".into(), &"9007199254740993".into()));
    assert_eq!(run_in(place.path(), &["sources", "a.db", "--strict"]).status.code(), Some(0));
}

#[test]
fn a_database_that_lost_its_write_ahead_log_is_said_to() {
    let place = folder();
    let path = place.path().join("live.db");
    let writer = rusqlite::Connection::open(&path).expect("opens");
    writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1);").expect("made");
    writer.execute_batch("PRAGMA wal_checkpoint(TRUNCATE); INSERT INTO t VALUES (2);").expect("stored");
    fs::copy(&path, place.path().join("alone.db")).expect("copied");
    let output = run_in(place.path(), &["query", "select count(*) as n from alone.t", "alone.db", "-f", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n1\n");
    assert!(String::from_utf8_lossy(&output.stderr).contains("-wal"), "{output:?}");
    let whole = rows_in(place.path(), &["query", "select count(*) as n from live.t", "live.db"]);
    assert_eq!(whole[0]["n"], 2);
}
