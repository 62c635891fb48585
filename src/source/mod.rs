//! Bytes to columns. A reader recognises a kind of evidence and opens it as tables; a table is read in splits that
//! any thread can take in any order. Adding a kind is a file here and a line in [`READERS`].

use std::sync::Arc;

use crate::error::Result;
use crate::model::coverage::{Coverage, Report};
use crate::model::scan::Table;
use crate::model::zone::{Clock, Zone};
use file::File;

pub mod abreast;
mod ahead;
pub mod blocks;
mod bundle;
pub mod csv;
mod divide;
pub mod file;
#[cfg(fuzzing)]
pub mod fuzzed;
pub mod infer;
pub mod json;
pub mod lacking;
pub mod locate;
pub mod log;
mod lz4;
mod near;
mod packing;
pub mod parquet;
pub mod pgdump;
mod pipe;
#[cfg(test)]
mod properties;
pub mod rotation;
pub mod sample;
pub mod scalar;
pub mod scratch;
mod spelling;
pub mod sql;
pub mod sqlite;
pub mod text;
mod together;
pub mod transcode;
#[cfg(any(test, fuzzing))]
mod trial;
mod unlisted;
mod walk;
pub mod xlsx;

/// One source as the user named it, with the files found for it and what the settings say.
#[derive(Debug, Clone)]
pub struct Spec {
    pub name: String,
    pub files: Vec<Arc<File>>,
    /// Of times that carry no zone.
    pub zone: Zone,
    /// Whether somebody said so, or it is assumed.
    pub zone_said: bool,
    /// Microseconds that this source's clock runs ahead, subtracted from its times.
    pub skew: i64,
    /// The log format to read with, whatever the lines look like.
    pub format: Option<String>,
    /// What finds the code in a log's messages: its first group, or all of it.
    pub code: Option<regex::bytes::Regex>,
    pub delimiter: Option<u8>,
    /// Whether the first line of a CSV file names its columns.
    pub header: Option<bool>,
    /// The column that is said to hold the times.
    pub time: Option<String>,
    /// Columns to be read as text.
    pub as_text: Vec<String>,
    /// Log formats of the user's own.
    pub formats: Arc<log::formats::Formats>,
    /// Where compressed databases are unpacked to.
    pub scratch: std::path::PathBuf,
}

impl Spec {
    pub fn clock(&self) -> Clock {
        Clock { zone: self.zone, ahead: self.skew }
    }

    /// The name that tells how a column's values are meant: a column that is said to hold times is as one called so.
    pub fn meant<'a>(&self, column: &'a str) -> &'a str {
        if self.time.as_deref().is_some_and(|time| time.eq_ignore_ascii_case(column)) { "ts" } else { column }
    }

    /// Whether a column was said to be text.
    pub fn is_text(&self, column: &str) -> bool {
        self.as_text.iter().any(|name| name.eq_ignore_ascii_case(column))
    }

    /// A source of one table, called as the source is.
    pub fn one_table(&self, kind: &'static str, format: String, notes: Vec<String>, content: Content) -> Source {
        let bytes = self.files.iter().map(|file| file.bytes).sum();
        let table = Offer { notes, ..Offer::new(self.name.clone(), bytes, format, content) };
        Source {
            name: self.name.clone(),
            kind,
            is_database: false,
            tables: vec![table],
            notes: Vec::new(),
            lost: Vec::new(),
        }
    }
}

/// What a source offers: its kind, and its tables.
pub struct Source {
    pub name: String,
    pub kind: &'static str,
    /// A database: its tables stand in a schema of the source's name.
    pub is_database: bool,
    pub tables: Vec<Offer>,
    /// Said once of the source as a whole.
    pub notes: Vec<String>,
    /// What of the source as a whole cannot be read.
    pub lost: Vec<String>,
}

/// One table of a source.
pub struct Offer {
    /// Within the source; a file source's only table has the source's name.
    pub name: String,
    /// `public` of a Postgres dump; other sources have none.
    pub schema: Option<String>,
    pub bytes: u64,
    /// These bytes are those of the file, which other tables stand in too.
    pub shares_bytes: bool,
    /// What `sources` says of its format: a log format, a delimiter, a version.
    pub format: String,
    pub notes: Vec<String>,
    /// What is known to be lost before a row is read.
    pub report: Report,
    /// Its rows are in another table of the source too: it can be asked for by name, and is not listed.
    pub is_part: bool,
    /// Columns of a log that say what its messages do not.
    pub telling: Vec<String>,
    pub content: Content,
}

impl Offer {
    /// A table of which nothing is known but where its rows are.
    pub fn new(name: String, bytes: u64, format: String, content: Content) -> Offer {
        Offer {
            name,
            schema: None,
            bytes,
            shares_bytes: false,
            format,
            notes: Vec::new(),
            report: Report::default(),
            is_part: false,
            telling: Vec::new(),
            content,
        }
    }
}

/// How a table's rows reach the engine.
#[derive(Clone)]
pub enum Content {
    /// Through a cursor of this room.
    Scanned(Arc<dyn Table>),
    /// Through the engine's own Parquet reader.
    Parquet(Vec<Arc<File>>),
}

/// A kind of evidence.
pub struct Reader {
    pub kind: &'static str,
    /// Whether this file is of that kind, told by its content (and its name only where content cannot tell).
    pub claims: fn(&File) -> bool,
    pub open: fn(&Spec, &Arc<Coverage>) -> Result<Source>,
}

/// Asked in this order: what a signature tells comes first, what a guess tells last.
pub const READERS: &[Reader] = &[
    sqlite::READER,
    parquet::READER,
    xlsx::READER,
    pgdump::READER,
    sqlite::SCRIPT,
    csv::BY_NAME,
    log::KNOWN,
    json::READER,
    csv::BY_SHAPE,
    log::GENERIC,
];

/// The reader of a file, or `None` if it is no evidence of a known kind.
pub fn reader_of(file: &File) -> Option<&'static Reader> {
    READERS.iter().find(|reader| (reader.claims)(file))
}
