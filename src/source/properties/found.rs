//! What fuzzing found, each in its smallest form, and files that are one table or within a document.

use std::io::Write;
use std::sync::Arc;

use super::{Content, Report, Rows, Spec, both_ways, csv, json, own, scan, scan_by, spec, table};
use crate::model::coverage::Fault;
use crate::source::bundle;
use crate::source::file::File;

fn count(report: &Report, fault: &Fault) -> u64 {
    report.faults.get(fault).map_or(0, |tally| tally.count)
}

fn read(text: &str) -> (Rows, Report) {
    let (rows, report) = both_ways(&json::READER, text.as_bytes(), &[]).expect("a table");
    (own(&rows), report)
}

#[test]
fn a_header_below_blank_lines_is_no_row() {
    for text in ["\nname,city\nAnn,Ulm\n", "\r\n,\r\nname,city\r\nAnn,Ulm\r\n"] {
        let (rows, _) = both_ways(&csv::BY_NAME, text.as_bytes(), &[]).expect("a table");
        assert_eq!(own(&rows), [["Ann", "Ulm"].map(|text| Some(text.to_string()))]);
    }
}

#[test]
fn values_between_the_objects_of_a_document_are_counted() {
    let (rows, report) = read("[{\"a\":1}, 5, \"x\", {\"a\":2}, [7],\n{\"a\":3}\n, null]");
    assert_eq!(rows.len(), 3);
    assert_eq!(count(&report, &Fault::Unread), 4);
    let (rows, report) = read("[\n{\"a\":1},\n{\"a\":2}\n]\n");
    assert_eq!((rows.len(), report.lost()), (2, 0));
    let (rows, report) = read("{\n\"a\":1}\n{\"a\":2}\n");
    assert_eq!((rows.len(), report.lost()), (2, 0));
}

#[test]
fn a_document_that_is_cut_off_says_so() {
    let long = (0..40).map(|number| format!("{{\"a\":{number}}},\n")).collect::<String>();
    for text in [format!("[{long}"), format!("[{long}{{\"a\":7}}"), "[{\"a\":1}".to_string()] {
        let (_, report) = read(&text);
        assert!(report.faults.keys().any(|fault| matches!(fault, Fault::Damaged(_))), "{text}");
        let (_, report) = read(&format!("{text}]"));
        assert_eq!(report.lost(), 0, "{text}]");
    }
}

#[test]
fn what_stands_behind_the_end_of_a_document_is_told_alike_in_splits_and_as_a_stream() {
    let many = "{\"a\":1},".repeat(20);
    let (rows, report) = read(&format!("[{many}{{\"a\":2}}]\n[{many}{{\"a\":3}}"));
    assert_eq!(rows.len(), 42);
    assert!(report.faults.keys().any(|fault| matches!(fault, Fault::Damaged(_))));
}

#[test]
fn a_tar_that_is_cut_off_between_two_members_says_so() {
    let mut archive = tar::Builder::new(Vec::new());
    for name in ["a.log", "b.log"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(3);
        header.set_cksum();
        archive.append_data(&mut header, name, &b"one"[..]).expect("written");
    }
    let whole = archive.into_inner().expect("written");
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("t.tar");
    for (length, members) in [(whole.len(), 2), (2048 + 512, 2), (2048, 2), (2000, 2), (1024, 1), (600, 1)] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let file = Arc::new(File::open(&path, "t.tar").expect("opens"));
        let found = bundle::members(&file, folder.path()).expect("read").expect("an archive");
        assert_eq!((found.files.len(), found.left_out.is_empty()), (members, length > 2048), "{length}");
    }
}

#[test]
fn what_a_header_of_an_archive_says_of_size_and_time_is_not_believed() {
    let mut header = tar::Header::new_ustar();
    header.set_path("a.log").expect("a name");
    header.set_size(u64::MAX - 700);
    header.set_mtime(u64::MAX);
    header.set_cksum();
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("t.tar");
    std::fs::write(&path, [header.as_bytes(), &b"one"[..]].concat()).expect("written");
    let file = Arc::new(File::open(&path, "t.tar").expect("opens"));
    let found = bundle::members(&file, folder.path()).expect("read").expect("an archive");
    assert!(!found.left_out.is_empty(), "{:?}", found.left_out);
    assert!(found.files.iter().all(|member| member.modified == file.modified && member.bytes <= 3));
}

#[test]
fn of_damaged_packed_text_the_same_rows_are_there_read_ahead_and_not() {
    let rows: String = (0..5_000).map(|row| format!("{row},{}\n", row * 7919 % 10_007)).collect();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(format!("a,b\n{rows}").as_bytes()).expect("written");
    let mut bytes = gzip.finish().expect("finished");
    let at = bytes.len() * 4 / 5;
    bytes[at..at + 8].fill(0xff);
    let folder = tempfile::tempdir().expect("a directory");
    let path = folder.path().join("t.gz");
    std::fs::write(&path, &bytes).expect("written");
    let csv = || table(&csv::BY_NAME, &path, &[]).expect("a table");
    let ((mut ahead, said), (mut not, _)) = (scan_by(&csv(), 1), scan_by(&csv(), 3));
    ahead.sort();
    not.sort();
    assert_eq!(ahead.len(), not.len());
    assert_eq!(ahead, not);
    // Hardly more is lost than must be.
    assert!(ahead.len() > 2_000, "{}", ahead.len());
    assert!(said.faults.keys().any(|fault| matches!(fault, Fault::Damaged(_))));
}

#[test]
fn files_whose_headers_differ_are_one_table_in_any_division() {
    let line = |n: usize| format!("{n},\"s{}\",{n}.5\n", n % 3);
    let turned = |n: usize| format!("{n}.5,fw{},s{},{n}\n", n % 2, n % 3);
    let one = format!("seq,sensor,v\n{}4,\"x\"y,5\n", (0..60).map(line).collect::<String>());
    let other = format!("v,fw,sensor,seq\n{}5,6\n", (60..120).map(turned).collect::<String>());
    let folder = tempfile::tempdir().expect("a directory");
    let read = |is_packed: bool| {
        let files = [("one", &one), ("other", &other)].map(|(name, text)| {
            let path = folder.path().join(name);
            if is_packed {
                let file = std::fs::File::create(&path).expect("made");
                let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
                gzip.write_all(text.as_bytes()).expect("written");
                gzip.finish().expect("finished");
            } else {
                std::fs::write(&path, text).expect("written");
            }
            Arc::new(File::open(&path, name).expect("opens"))
        });
        let spec = Spec { files: files.to_vec(), ..spec(&folder.path().join("one"), &["fw"]) };
        let source = (csv::BY_NAME.open)(&spec, &Arc::default()).expect("a source");
        let Some(Content::Scanned(table)) = source.tables.into_iter().next().map(|offer| offer.content) else {
            panic!("no table")
        };
        scan(&table)
    };
    let (rows, report) = read(false);
    assert_eq!((rows.len(), count(&report, &Fault::AfterQuote), count(&report, &Fault::Ragged)), (122, 1, 1));
    let cells = |row: usize| rows[row].iter().map(|cell| cell.as_deref().unwrap_or("NULL")).collect::<Vec<_>>();
    assert_eq!(cells(59), ["59", "s2", "59.5", "NULL", "one", "61"]);
    assert_eq!(cells(61), ["60", "s0", "60.5", "fw0", "other", "2"]);
    let (whole, in_whole) = read(true);
    assert_eq!(rows, whole);
    assert_eq!(report.faults.len(), in_whole.faults.len());
}

#[test]
fn rows_within_the_only_array_of_a_document_are_read_in_any_division() {
    let object = |n: usize| format!("{{\"a\":{n},\"b\":\"]}}{n}\"}}");
    let rows: Vec<String> = (0..40).map(object).collect();
    for between in [",", " ,\n  "] {
        let (read, report) = read(&format!("{{\"rows\" : [\n{}\n] }}\n", rows.join(between)));
        assert_eq!((read.len(), report.lost()), (40, 0));
        assert_eq!(read[39], [Some("39".to_string()), Some("]}39".to_string())]);
    }
}
