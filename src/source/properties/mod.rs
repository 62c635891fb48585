//! What must hold of every text reader: any division of a file gives the same rows, what was written is what is
//! read, and any bytes at all give rows or counted faults and never a panic. Splits are 64 bytes long in tests.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::file::File;
use super::trial::{self, Rows, spec};
use super::{Content, Reader, Spec, csv, json, log, pgdump, reader_of, sqlite, xlsx};
use crate::model::coverage::Report;
use crate::model::scan::Table;

mod dumps;
mod found;
mod logs;
mod others;
mod sheets;

/// All rows of a table, its splits read from the last to the first, but put in their own order.
fn scan(table: &Arc<dyn Table>) -> (Rows, Report) {
    scan_by(table, 1)
}

/// Read by so many cursors at once, a batch each in turn; the rows of each split in their order.
fn scan_by(table: &Arc<dyn Table>, threads: usize) -> (Rows, Report) {
    trial::read(table, threads).expect("reads")
}

/// The first table of a file, if it is read through a cursor.
fn table(reader: &Reader, path: &Path, as_text: &[&str]) -> Option<Arc<dyn Table>> {
    table_by(reader, path, as_text, Some(b','))
}

fn table_by(reader: &Reader, path: &Path, as_text: &[&str], delimiter: Option<u8>) -> Option<Arc<dyn Table>> {
    let source = (reader.open)(&Spec { delimiter, ..spec(path, as_text) }, &Arc::default()).ok()?;
    match source.tables.into_iter().next()?.content {
        Content::Scanned(table) => Some(table),
        Content::Parquet(_) => None,
    }
}

/// The rows of these bytes as a plain file, divided, and as a compressed one, which is read in one go.
fn both_ways(reader: &Reader, bytes: &[u8], as_text: &[&str]) -> Option<(Rows, Report)> {
    both_ways_by(reader, bytes, as_text, Some(b','))
}

fn both_ways_by(reader: &Reader, bytes: &[u8], as_text: &[&str], delimiter: Option<u8>) -> Option<(Rows, Report)> {
    let folder = tempfile::tempdir().expect("a directory");
    let (plain, packed) = (folder.path().join("t"), folder.path().join("t.gz"));
    std::fs::write(&plain, bytes).expect("written");
    let mut gzip =
        flate2::write::GzEncoder::new(std::fs::File::create(&packed).expect("made"), flate2::Compression::fast());
    gzip.write_all(bytes).expect("written");
    gzip.finish().expect("finished");
    let divided = table_by(reader, &plain, as_text, delimiter).map(|table| scan(&table));
    let stream = table_by(reader, &packed, as_text, delimiter);
    let whole = stream.as_ref().map(scan);
    match (divided, whole) {
        (Some((rows, report)), Some((whole, in_whole))) => {
            assert_eq!(rows, whole);
            // Who reads which part of a stream is chance; what all read together is not.
            let (mut together, by_three) = scan_by(stream.as_ref().expect("a table"), 3);
            let mut sorted = whole;
            together.sort();
            sorted.sort();
            assert_eq!(together, sorted);
            assert_eq!(by_three.rows, in_whole.rows);
            assert!(
                by_three
                    .faults
                    .iter()
                    .zip(&in_whole.faults)
                    .all(|((a, b), (c, d))| (a, b.count, &b.places) == (c, d.count, &d.places))
            );
            assert_eq!(report.faults.len(), in_whole.faults.len());
            for ((fault, here), (_, there)) in report.faults.iter().zip(&in_whole.faults) {
                assert_eq!((here.count, &here.places), (there.count, &there.places), "{fault:?}");
            }
            Some((rows, report))
        }
        (None, None) => None,
        _ => panic!("only one of plain and packed could be opened"),
    }
}

/// Without `_file` and `_line`.
fn own(rows: &Rows) -> Rows {
    rows.iter().map(|row| row[..row.len() - 2].to_vec()).collect()
}

/// So many cases, or as many more as `PROPTEST_CASES` says of its 256.
fn cases(usual: u32) -> u32 {
    (u64::from(usual) * u64::from(ProptestConfig::default().cases) / 256) as u32
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{0,8}", "[a-z,\"\n;\t\\\\ ]{0,12}", "\\PC{0,6}", "[a-z]{60,90}",]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn csv_is_read_as_it_was_written(records in prop::collection::vec(prop::collection::vec(field(), 3), 1..20)) {
        let mut writer = ::csv::WriterBuilder::new().quote_style(::csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["alpha", "beta", "gamma"]).expect("written");
        records.iter().for_each(|record| writer.write_record(record).expect("written"));
        let bytes = writer.into_inner().expect("written");
        let (rows, report) = both_ways(&csv::BY_NAME, &bytes, &["alpha", "beta", "gamma"]).expect("a table");
        let expected: Rows = records.iter().map(|record| record.iter().cloned().map(Some).collect()).collect();
        prop_assert_eq!(own(&rows), expected);
        prop_assert_eq!(report.lost(), 0);
    }

    #[test]
    fn csv_with_few_quotes_is_read_as_another_reader_reads_it(records in prop::collection::vec(prop::collection::vec(field(), 3), 1..20)) {
        let mut writer = ::csv::Writer::from_writer(Vec::new());
        writer.write_record(["alpha", "beta", "gamma"]).expect("written");
        records.iter().for_each(|record| writer.write_record(record).expect("written"));
        let bytes = writer.into_inner().expect("written");
        let mut reader = ::csv::Reader::from_reader(bytes.as_slice());
        // An empty field without quotes is NULL here, and rows of nothing are blank.
        let expected: Vec<Vec<String>> = reader.records().map(|record| record.expect("read").iter().map(String::from).collect()).filter(|record: &Vec<String>| record.iter().any(|text| !text.is_empty())).collect();
        let (rows, _) = both_ways(&csv::BY_NAME, &bytes, &["alpha", "beta", "gamma"]).expect("a table");
        let read: Vec<Vec<String>> = own(&rows).into_iter().map(|row| row.into_iter().map(Option::unwrap_or_default).collect()).filter(|record: &Vec<String>| record.iter().any(|text| !text.is_empty())).collect();
        prop_assert_eq!(read, expected);
    }

    #[test]
    fn json_lines_are_read_as_they_were_written(values in prop::collection::vec((field(), any::<i64>()), 1..20)) {
        let line = |(text, number): &(String, i64)| serde_json::json!({"text": text, "number": number}).to_string();
        let bytes = values.iter().map(line).collect::<Vec<_>>().join("\n");
        let (rows, report) = both_ways(&json::READER, bytes.as_bytes(), &["text"]).expect("a table");
        let expected: Rows = values.iter().map(|(text, number)| vec![Some(text.clone()), Some(number.to_string())]).collect();
        prop_assert_eq!(own(&rows), expected);
        prop_assert_eq!(report.lost(), 0);
    }

    #[test]
    fn copied_rows_are_read_as_postgres_wrote_them(values in prop::collection::vec((prop::option::of(field()), any::<i64>()), 0..20)) {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r");
        let line = |(text, number): &(Option<String>, i64)| format!("{}\t{number}\n", text.as_deref().map_or("\\N".into(), escaped));
        let body: String = values.iter().map(line).collect();
        let dump = format!("CREATE TABLE public.t (a text, b bigint);\nCOPY public.t (a, b) FROM stdin;\n{body}\\.\n\n");
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("t");
        std::fs::write(&path, dump).expect("written");
        let (rows, report) = scan(&table(&pgdump::READER, &path, &["a"]).expect("a table"));
        let expected: Rows = values.iter().map(|(text, number)| vec![text.clone(), Some(number.to_string())]).collect();
        prop_assert_eq!(own(&rows), expected);
        prop_assert_eq!(report.lost(), 0);
    }

    #[test]
    fn every_line_of_a_log_is_in_exactly_one_record(lines in prop::collection::vec(prop_oneof![
        "2025-03-01 08:00:0[0-9],[0-9]{3} (INFO|ERROR) \\[[a-z]{1,5}\\] [a-z.]{1,9} - [a-z ]{0,80}",
        "\tat [a-z.]{1,40}",
        "[a-z ]{0,30}",
        Just(String::new()),
    ], 1..30)) {
        let mut text = lines.join("\n");
        // One line that makes it a log for certain.
        text.push_str("\n2025-03-01 08:00:00,000 INFO [z] z.Z - end\n");
        let Some((rows, _)) = both_ways(&log::KNOWN, text.as_bytes(), &[]) else { return Ok(()) };
        let message = |row: &Vec<Option<String>>| row[3].clone().unwrap_or_default();
        let words = |text: &str| text.split_whitespace().filter(|word| word.chars().all(|c| c.is_ascii_lowercase())).count();
        let (inside, all): (usize, usize) = (rows.iter().map(|row| words(&message(row))).sum(), lines.iter().map(|line| match line.split_once(" - ") {
            Some((head, message)) if head.starts_with("2025") => words(message),
            _ => words(line),
        }).sum());
        prop_assert_eq!(inside, all + 1);
        let starts: Vec<i64> = rows.iter().map(|row| row[row.len() - 1].as_deref().expect("a line").parse().expect("a number")).collect();
        prop_assert!(starts.windows(2).all(|pair| pair[0] < pair[1]), "{:?}", starts);
    }

    #[test]
    fn any_bytes_give_rows_or_faults_and_no_panic(bytes in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "[\"a,\n;{}:\\[\\]\t\\\\0-9. ]{0,200}".prop_map(String::into_bytes),
    ]) {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("t");
        std::fs::write(&path, &bytes).expect("written");
        let file = File::open(&path, "t").expect("opens");
        reader_of(&file);
        for reader in [&csv::BY_NAME, &json::READER, &log::KNOWN, &log::GENERIC, &pgdump::READER, &xlsx::READER] {
            if let Some(table) = table(reader, &path, &[]) {
                scan(&table);
            }
        }
        let is_text = std::str::from_utf8(&bytes).is_ok() && !bytes.contains(&0) && !bytes.contains(&b'\r');
        if is_text {
            both_ways(&csv::BY_NAME, &bytes, &[]);
        }
    }

    #[test]
    fn stored_rows_are_read_as_they_were_stored(
        values in prop::collection::btree_map(-40_i64..40, (prop::option::of(field()), prop::option::of(any::<i64>())), 0..40),
        has_rowid in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("t.db");
        let database = rusqlite::Connection::open(&path).expect("opens");
        let without = if has_rowid { "" } else { "WITHOUT ROWID" };
        database.execute_batch(&format!("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER) {without}")).expect("made");
        for (id, (a, b)) in &values {
            database.execute("INSERT INTO t VALUES (?, ?, ?)", rusqlite::params![id, a, b]).expect("stored");
        }
        drop(database);
        let (rows, report) = scan(&table(&sqlite::READER, &path, &["a"]).expect("a table"));
        let text = |number: &Option<i64>| number.map(|number| number.to_string());
        let expected: Rows = values.iter().map(|(id, (a, b))| vec![Some(id.to_string()), a.clone(), text(b)]).collect();
        prop_assert_eq!(own(&rows), expected);
        prop_assert_eq!(report.lost(), 0);
    }
}
