//! What the targets in `tests/fuzz` ask of readers: any bytes read as a kind of evidence, every table of it to its end.
//! The targets count for themselves and compare.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::file::File;
use super::sql::lexer::{Lexer, Mark};
use super::sql::{Dialect, Spelling, literal};
use super::transcode::{Encoding, Transcoder};
use super::trial::{self, Rows};
use super::{Content, READERS, Reader, Spec, bundle, reader_of};
use crate::model::coverage::{Fault, Report};

pub use super::log::fuzzed::{pattern, patterns_exclude};

/// How bytes are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct How {
    /// All columns as text.
    pub as_text: bool,
    /// As a stream, compressed, not as a plain file in splits.
    pub is_packed: bool,
    /// Cursors at once; 0 is one.
    pub threads: usize,
    pub delimiter: Option<u8>,
}

/// What was read of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Read {
    pub name: String,
    /// As `sources` says it: a delimiter, log formats.
    pub format: String,
    pub notes: Vec<String>,
    pub columns: Vec<String>,
    pub rows: Rows,
    /// By the fault's name: how often.
    pub faults: BTreeMap<String, u64>,
    /// Why the table could not be read to its end, if it could not.
    pub error: Option<String>,
}

impl Read {
    pub fn fault(&self, name: &str) -> u64 {
        self.faults.get(name).copied().unwrap_or(0)
    }

    /// The values of a column.
    pub fn column(&self, name: &str) -> Vec<Option<&str>> {
        let at = self.columns.iter().position(|column| column == name).expect("a column of this name");
        self.rows.iter().map(|row| row[at].as_deref()).collect()
    }

    /// The lines that rows begin on.
    pub fn lines(&self) -> Vec<u64> {
        let number = |text: Option<&str>| text.expect("a line").parse().expect("a number");
        self.column("_line").into_iter().map(number).collect()
    }

    fn count(&mut self, report: &Report) {
        for (fault, tally) in &report.faults {
            let name = match fault {
                Fault::Sheet(oddity) => format!("Sheet{oddity:?}"),
                _ => format!("{fault:?}"),
            };
            let name = name.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_string();
            *self.faults.entry(name).or_default() += tally.count;
            assert!(
                !fault.described(tally.count).is_empty() && !tally.places.is_empty(),
                "a fault is said with a place"
            );
        }
    }
}

/// A source as it was read: its tables, and what it said of itself.
#[derive(Debug, Clone, Default)]
pub struct Told {
    pub tables: Vec<Read>,
    pub notes: Vec<String>,
    pub lost: Vec<String>,
}

/// Where an input lies while it is read.
struct Place(PathBuf);

impl Place {
    fn new() -> Place {
        let folder = Path::new("/dev/shm").join(format!("rca-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a directory");
        Place(folder)
    }

    fn file(&self, bytes: &[u8], is_packed: bool) -> PathBuf {
        let path = self.0.join("t");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        let bytes = if is_packed {
            gzip.write_all(bytes).expect("written");
            &gzip.finish().expect("finished")
        } else {
            bytes
        };
        std::fs::write(&path, bytes).expect("written");
        // Years and days that lines do not say are counted back from it.
        let changed = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_740_873_600);
        let written = std::fs::File::options().write(true).open(&path).expect("opens");
        written.set_modified(changed).expect("its time is set");
        path
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What was unpacked stays for no other input.
        std::fs::remove_dir_all(&self.0).ok();
    }
}

/// Reads bytes as the kind of evidence at this place of the list of readers; `None` if it cannot be opened as that.
pub fn read(reader: usize, bytes: &[u8], how: How) -> Option<Told> {
    read_as(&READERS[reader], bytes, how)
}

pub const SQLITE: usize = 0;
pub const SHEETS: usize = 2;
pub const POSTGRES: usize = 3;
pub const SQLITE_SCRIPT: usize = 4;
pub const CSV: usize = 5;
pub const LOG: usize = 6;
pub const JSON: usize = 7;

/// The place in the list of the reader that claims these bytes.
pub fn claimed(bytes: &[u8]) -> Option<usize> {
    let place = Place::new();
    let path = place.file(bytes, false);
    let file = File::open(&path, "t").ok()?;
    let reader = reader_of(&file)?;
    READERS.iter().position(|known| std::ptr::eq(known, reader))
}

fn read_as(reader: &Reader, bytes: &[u8], how: How) -> Option<Told> {
    let place = Place::new();
    let path = place.file(bytes, how.is_packed);
    let spec =
        |as_text: &[&str]| Spec { delimiter: how.delimiter, scratch: place.0.clone(), ..trial::spec(&path, as_text) };
    let mut source = (reader.open)(&spec(&[]), &Arc::default()).ok()?;
    if how.as_text {
        let names: Vec<String> = source.tables.iter().flat_map(|table| names(&table.content)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        source = (reader.open)(&spec(&names), &Arc::default()).expect("opens again");
    }
    let mut told = Told { notes: source.notes, lost: source.lost, ..Told::default() };
    for offer in source.tables {
        let mut read = Read {
            columns: names(&offer.content),
            name: offer.name,
            format: offer.format,
            notes: offer.notes,
            ..Read::default()
        };
        read.count(&offer.report);
        let Content::Scanned(table) = offer.content else { continue };
        match trial::read(&table, how.threads.max(1)) {
            Ok((rows, report)) => {
                assert_eq!(rows.len() as u64, report.rows, "rows are counted");
                read.rows = rows;
                read.count(&report);
            }
            Err(error) => read.error = Some(error.message),
        }
        told.tables.push(read);
    }
    Some(told)
}

fn names(content: &Content) -> Vec<String> {
    match content {
        Content::Scanned(table) => table.columns().iter().map(|column| column.name.clone()).collect(),
        Content::Parquet(_) => Vec::new(),
    }
}

/// A member of an archive: its name, what was read of it, and whether it broke off.
pub type Member = (String, Vec<u8>, bool);

/// The members of an archive with what is in them, and what was left out; `None` if it is none.
pub fn members(bytes: &[u8]) -> Option<(Vec<Member>, Vec<String>)> {
    let place = Place::new();
    let path = place.file(bytes, false);
    let file = Arc::new(File::open(&path, "t").expect("opens"));
    let members = bundle::members(&file, &place.0).ok()??;
    Some((members.files.iter().map(|member| whole(member)).collect(), members.left_out))
}

/// A file's text, unpacked and decoded.
pub fn unpacked(bytes: &[u8]) -> Member {
    let place = Place::new();
    let path = place.file(bytes, false);
    whole(&File::open(&path, "t").expect("opens"))
}

fn whole(file: &File) -> Member {
    const MOST: u64 = 8 << 20;
    let mut text = Vec::new();
    let read = file.stream(None).map_err(|_| ()).and_then(|stream| {
        stream.take(MOST).read_to_end(&mut text).map(drop).map_err(|cause| {
            assert!(!super::file::damage(&cause).is_empty());
        })
    });
    (file.shown.to_string(), text, read.is_err())
}

/// Bytes as text in the encoding that they seem to be in, given in pieces of so many bytes; and that encoding's name.
pub fn decoded(bytes: &[u8], piece: usize) -> (String, Vec<u8>) {
    struct Pieces<'a>(&'a [u8], usize);
    impl std::io::Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let length = self.0.len().min(self.1).min(buffer.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }
    let encoding = Encoding::of(bytes);
    let mut text = Vec::new();
    if encoding.is_utf8() {
        text.extend_from_slice(bytes);
    } else {
        Transcoder::new(Pieces(bytes, piece), encoding, Box::new(|| {})).read_to_end(&mut text).expect("decodes");
    }
    (format!("{encoding:?}"), text)
}

/// Statements of SQL are the same wherever the text is cut, and every value ends.
pub fn pieces_agree(bytes: &[u8], is_sqlite: bool) {
    let spelling = Spelling::of(if is_sqlite { Dialect::Sqlite } else { Dialect::Postgres });
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

/// Whether a fault of this name loses something.
pub fn loses(name: &str) -> bool {
    match name {
        "Blank" => Fault::Blank.loses(),
        "NoTime" => Fault::NoTime.loses(),
        "Stray" => Fault::Stray.loses(),
        "LikeRecord" => Fault::LikeRecord.loses(),
        "HeaderAgain" => Fault::HeaderAgain.loses(),
        "CellError" => false,
        name if name.starts_with("Sheet") => false,
        _ => true,
    }
}
