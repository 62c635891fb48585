//! What the targets in `tests/fuzz` call: any bytes read as a dump, every table of it to its end.

use std::path::Path;
use std::sync::Arc;

use super::file::File;
use super::sql::lexer::{Lexer, Mark};
use super::sql::{Dialect, Spelling, literal};
use super::{Content, Reader, Spec, pgdump, sqlite};
use crate::model::column::Batch;
use crate::model::coverage::Coverage;
use crate::model::scan::Request;
use crate::model::zone::Zone;

/// An archive: `toc.dat`, custom format or tar.
pub fn archive(bytes: &[u8]) {
    read(&pgdump::READER, bytes);
}

/// The data of a COPY, with its columns.
pub fn copy(bytes: &[u8]) {
    let head = b"CREATE TABLE t (a integer, b text, c numeric(8,2)[], d timestamptz, e bytea, f interval);\n\
        COPY t (a, b, c, d, e, f) FROM stdin;\n";
    read(&pgdump::READER, &[head, bytes, b"\n\\.\n"].concat());
}

/// A script of Postgres.
pub fn postgres(bytes: &[u8]) {
    pieces_agree(bytes, Dialect::Postgres);
    read(&pgdump::READER, bytes);
}

/// A script of SQLite.
pub fn sqlite(bytes: &[u8]) {
    pieces_agree(bytes, Dialect::Sqlite);
    read(&sqlite::SCRIPT, bytes);
}

/// Statements are the same wherever the text is cut, and every value ends.
fn pieces_agree(bytes: &[u8], dialect: Dialect) {
    let spelling = Spelling::of(dialect);
    let whole = ends(bytes, spelling, bytes.len().max(1));
    assert_eq!(whole, ends(bytes, spelling, 3));
    for at in 0..bytes.len().min(64) {
        assert!(literal::literal(bytes, at, spelling).1 >= at);
    }
}

fn ends(bytes: &[u8], spelling: Spelling, step: usize) -> Vec<usize> {
    let (mut lexer, mut ends) = (Lexer::new(spelling), Vec::new());
    for (index, piece) in bytes.chunks(step).enumerate() {
        let mut at = 0;
        loop {
            let (next, mark) = lexer.next(piece, at);
            at = next;
            match mark {
                None => break,
                Some(Mark::Command) => at += 1,
                Some(Mark::End) => ends.push(index * step + at),
                Some(_) => {}
            }
        }
    }
    ends
}

fn read(reader: &Reader, bytes: &[u8]) {
    let folder = Path::new("/dev/shm").join(format!("rca-fuzz-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a directory");
    let path = folder.join("t");
    std::fs::write(&path, bytes).expect("written");
    let spec = Spec {
        name: "t".into(),
        files: vec![Arc::new(File::open(&path, "t").expect("opens"))],
        zone: Zone::UTC,
        zone_said: true,
        skew: 0,
        format: None,
        code: None,
        delimiter: None,
        as_text: Vec::new(),
        formats: Arc::default(),
        scratch: folder.clone(),
    };
    let tables = (reader.open)(&spec, &Arc::default()).map(|source| source.tables).unwrap_or_default();
    for content in tables.into_iter().map(|table| table.content) {
        let Content::Scanned(table) = content else { continue };
        let kinds: Vec<_> = table.columns().iter().map(|column| column.kind).collect();
        let request = Request {
            projection: (0..kinds.len()).collect(),
            needles: Vec::new(),
            coverage: Arc::new(Coverage::default()),
            table: "t".into(),
            threads: 1,
            ahead: false,
        };
        let Ok(scan) = table.scan(request) else { continue };
        for split in 0..scan.splits() {
            let Ok(mut cursor) = scan.cursor(split) else { continue };
            let mut more = true;
            while more {
                let mut batch = Batch::new(kinds.iter().copied());
                more = cursor.fill(&mut batch).unwrap_or(false);
                let is_even = batch.columns.iter().all(|column| column.valid.len() == batch.rows);
                assert!(is_even, "columns of one length");
            }
        }
    }
    // What was unpacked stays for no other input.
    std::fs::remove_dir_all(&folder).ok();
}
