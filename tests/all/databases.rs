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

/// 3,000 rows over many pages of 512 bytes, and a second table.
fn many_pages(path: &Path) {
    made(
        path,
        "PRAGMA page_size = 512; CREATE TABLE t(id INTEGER PRIMARY KEY, x);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
         INSERT INTO t SELECT i, 'row number ' || i FROM n;
         CREATE TABLE other(y); INSERT INTO other VALUES (1), (2);",
    );
}

fn count(place: &Path, table: &str, file: &str) -> u64 {
    let rows = rows_in(place, &["query", &format!("select count(*) as n, count(x) as x from {table}"), file]);
    assert_eq!(rows[0]["n"], rows[0]["x"]);
    rows[0]["n"].as_u64().expect("a count")
}

#[test]
fn a_page_that_cannot_be_read_loses_its_own_rows_alone() {
    let place = folder();
    let path = place.path().join("a.db");
    many_pages(&path);
    let mut bytes = fs::read(&path).expect("a database");
    let marker = b"row number 1500";
    let at = bytes.windows(marker.len()).position(|part| part == marker).expect("the row");
    let page = at / 512 * 512;
    let held = bytes[page..page + 512].windows(11).filter(|part| part.starts_with(b"row number ")).count() as u64;
    bytes[page..page + 512].fill(0xff);
    fs::write(&path, bytes).expect("written");
    assert_eq!(count(place.path(), "a.t", "a.db"), 3000 - held);
    let strict = run_in(place.path(), &["query", "select max(x) from a.t", "a.db", "--strict"]);
    assert_eq!(strict.status.code(), Some(3));
    let said = String::from_utf8_lossy(&strict.stderr).into_owned();
    assert!(said.contains("damaged: ") && said.contains("are lost"), "{said}");
}

#[test]
fn a_database_without_its_end_gives_what_is_before_it() {
    let place = folder();
    let path = place.path().join("a.db");
    many_pages(&path);
    let bytes = fs::read(&path).expect("a database");
    fs::write(&path, &bytes[..bytes.len() * 3 / 4]).expect("written");
    let found = count(place.path(), "a.t", "a.db");
    assert!(found > 1000 && found < 3000, "{found}");
    let output = run_in(place.path(), &["sources", "a.db", "--strict", "-f", "csv"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("damaged at byte"), "{output:?}");
    assert_eq!(fs::read(&path).expect("the evidence").len(), bytes.len() * 3 / 4, "the evidence is as it was");
}

#[test]
fn odd_tables_are_read_and_hide_no_others() {
    let place = folder();
    let path = place.path().join("a.db");
    made(
        &path,
        "CREATE TABLE named(rowid TEXT, oid INT, _rowid_ REAL, x); INSERT INTO named VALUES ('a', 1, 2.5, 'y'), ('b', 2, 3, 'z');
         CREATE TABLE keyed(k TEXT COLLATE NOCASE PRIMARY KEY, x) WITHOUT ROWID; INSERT INTO keyed VALUES ('b', 1), ('A', 2);
         CREATE TABLE unnamed(\"\"); INSERT INTO unnamed VALUES (7);",
    );
    assert_eq!(count(place.path(), "a.named", "a.db"), 2);
    assert_eq!(count(place.path(), "a.keyed", "a.db"), 2);
    assert_eq!(rows_in(place.path(), &["query", "select unnamed from a.unnamed", "a.db"])[0]["unnamed"], 7);
}

#[test]
fn a_write_ahead_log_that_breaks_off_is_said_to() {
    let place = folder();
    let path = place.path().join("live.db");
    let writer = rusqlite::Connection::open(&path).expect("opens");
    writer.execute_batch("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE t(x);").expect("made");
    for number in 0..50 {
        writer.execute("INSERT INTO t VALUES (?)", [number]).expect("stored");
    }
    let whole = run_in(place.path(), &["query", "select count(*) from live.t", "live.db", "--strict", "-f", "csv"]);
    assert!(whole.status.success() && whole.stdout.ends_with(b"\n50\n"), "{whole:?}");
    fs::copy(&path, place.path().join("cut.db")).expect("copied");
    let log = fs::read(place.path().join("live.db-wal")).expect("a log");
    let mut flipped = log.clone();
    flipped[log.len() / 2] ^= 1;
    for broken in [&log[..log.len() - 100], &flipped] {
        fs::write(place.path().join("cut.db-wal"), broken).expect("written");
        let output = run_in(place.path(), &["query", "select count(*) from cut.t", "cut.db", "--strict"]);
        assert_eq!(output.status.code(), Some(3), "{output:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("of its -wal file"), "{output:?}");
    }
}

#[test]
fn a_link_to_a_database_finds_what_lies_beside_it() {
    let place = folder();
    let real = place.path().join("real.db");
    let writer = rusqlite::Connection::open(&real).expect("opens");
    writer.execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE t(x); INSERT INTO t VALUES (1), (2);").expect("made");
    fs::create_dir(place.path().join("links")).expect("made");
    std::os::unix::fs::symlink(&real, place.path().join("links/l.db")).expect("linked");
    assert_eq!(count(place.path(), "l.t", "links/l.db"), 2);
}

#[test]
fn what_a_script_changes_or_computes_is_said() {
    let place = folder();
    let script = "BEGIN TRANSACTION;\nCREATE TABLE t(a, b DEFAULT 5);\nINSERT INTO t(a) VALUES(1);\n\
        INSERT OR REPLACE INTO t VALUES(1, 2);\nCREATE TABLE u AS SELECT * FROM t;\nDROP TABLE IF EXISTS t;\n\
        WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x;\nALTER TABLE t RENAME TO v;\nCOMMIT;\n";
    fs::write(place.path().join("s.sql"), script).expect("written");
    let output = run_in(place.path(), &["sources", "s.sql", "-f", "csv"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    for what in [
        "4 statements",
        "ALTER TABLE",
        "CREATE TABLE .. AS",
        "DROP TABLE",
        "WITH .. INSERT",
        "OR REPLACE",
        "whatever their default",
    ] {
        assert!(said.contains(what), "{what} is not in: {said}");
    }
}

#[test]
fn a_table_of_as_many_columns_as_there_can_be_is_read_whole() {
    let place = folder();
    let names: Vec<String> = (0..2_000).map(|n| format!("c{n}")).collect();
    let values = |row: i64| (0..2_000).map(|n| (row * 10_000 + n).to_string()).collect::<Vec<_>>().join(", ");
    let rows: Vec<String> = (0..3).map(|row| format!("INSERT INTO w VALUES ({});", values(row))).collect();
    let sql = format!("CREATE TABLE w ({} INTEGER); {}", names.join(" INTEGER, "), rows.concat());
    made(&place.path().join("w.db"), &sql);
    let output = run_in(place.path(), &["query", "select * from w.w", "w.db", "-f", "ndjson"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nothing lost"), "{said}");
    let rows: Vec<serde_json::Value> = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object"))
        .collect();
    let told: Vec<[i64; 2]> =
        rows.iter().map(|row| ["c0", "c1999"].map(|name| row[name].as_i64().expect("a number"))).collect();
    assert_eq!(told, [[0, 1_999], [10_000, 11_999], [20_000, 21_999]]);
}
