//! Dumps of Postgres: plain scripts and archives. Either says what tables there are (`Catalog`) and where their rows
//! lie (`Segment`); from there on both are one. No SQL of a dump is ever run: statements are split and, where they
//! declare something, looked at.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::source::blocks::without_return;
use crate::source::file::File;
use crate::source::sql::ddl::Name;
use crate::source::sql::{self, Dialect};
use crate::source::transcode::Encoding;
use crate::source::{Reader, Source, Spec, csv, json, log, scratch};

mod archive;
mod catalog;
mod cells;
mod charset;
mod copy;
mod entries;
mod kind;
mod moment;
mod nested;
mod offer;
mod plain;
mod rows;

pub use archive::{Told, told};
use catalog::Catalog;
use charset::Charset;
use rows::Segment;

pub const READER: Reader = Reader { kind: "postgres", claims, open };

/// One database's dump.
#[derive(Debug)]
struct Dump {
    /// Said where a script holds several.
    database: Option<String>,
    catalog: Catalog,
    charset: Charset,
    data: Vec<Data>,
    notes: Vec<String>,
    /// What of it as a whole is lost.
    lost: Vec<String>,
    /// What `sources` says of its format.
    format: String,
    absence: Absence,
}

/// What it means that a table is declared and nothing stands where its rows would.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Absence {
    /// It may be empty: INSERT statements have nothing of an empty table.
    Untold,
    /// An empty table would have an entry too: its data were not dumped.
    NotDumped,
    /// The script is cut off before its end.
    CutOff,
}

impl Default for Dump {
    fn default() -> Dump {
        Dump {
            database: None,
            catalog: Catalog::default(),
            charset: Charset::Utf8,
            data: Vec::new(),
            notes: Vec::new(),
            lost: Vec::new(),
            format: "pg_dump script".into(),
            absence: Absence::Untold,
        }
    }
}

/// Rows of one table, or why there are none.
#[derive(Debug)]
struct Data {
    table: Name,
    /// The one they are loaded into: the table itself, or the root that it is a partition of.
    target: Name,
    segment: Option<Segment>,
    damage: Option<String>,
}

/// Whether a file is a tar archive that pg_dump wrote, or one of a dump in directory format and nothing else.
pub fn is_tar(file: &File) -> bool {
    archive::is_tar_of_dump(file)
}

fn claims(file: &File) -> bool {
    let head = file.head();
    if archive::is_archive(&head) || is_tar(file) {
        return true;
    }
    // A script that lies in an archive is not the archive.
    if archive::tar::is_tar(&head) || head.starts_with(b"PK\x03\x04") {
        return false;
    }
    sql::dialect_of(&head) == Some(Dialect::Postgres) || is_script(&head) && (begins(&head) || !is_another(file))
}

/// Whether a text has a line that only scripts have: a title, or one that rows follow. Elsewhere in a line these are
/// told of, as a server's log does.
fn is_script(head: &[u8]) -> bool {
    head[..head.len().min(16 << 10)].split(|byte| *byte == b'\n').map(without_return).any(|line| {
        line.starts_with(b"-- PostgreSQL database dump")
            || line.starts_with(b"-- PostgreSQL database cluster dump")
            || line.starts_with(b"COPY ") && line.ends_with(b" FROM stdin;")
    })
}

fn begins(head: &[u8]) -> bool {
    sql::begins_script(head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head))
}

/// Whether what does not begin as a script is of another kind: a value of a log or a table may hold the lines of one.
fn is_another(file: &File) -> bool {
    let readers = [csv::BY_NAME, log::KNOWN, json::READER, csv::BY_SHAPE];
    readers.iter().any(|reader| (reader.claims)(file)) || log::begins_with_time(&file.head())
}

fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one Postgres dump", spec.name))
            .hint("name each one: a=first.sql b=second.sql"));
    };
    let mut source = Source {
        name: spec.name.clone(),
        kind: "postgres",
        is_database: true,
        tables: Vec::new(),
        notes: Vec::new(),
        lost: Vec::new(),
    };
    let dumps = if archive::is_archive(&file.head()) || archive::tar::is_tar(&file.head()) {
        vec![entries::read(&archive::open(file, &spec.scratch)?, file)?]
    } else {
        let (plain, damage) = plain_of(file, spec)?;
        source.lost.extend(damage);
        source.notes.extend(file.encoding.assumption().map(str::to_string).filter(|_| !has_encoding(file)));
        let guess =
            if file.encoding == Encoding::Latin1 { Charset::Other(encoding_rs::WINDOWS_1252) } else { Charset::Utf8 };
        plain::read(&plain, guess, coverage)?
    };
    offer::all(spec, dumps, &mut source)?;
    if source.tables.is_empty() && source.lost.is_empty() {
        return Err(Error::evidence(format!("`{}` declares no table", file.shown)));
    }
    Ok(source)
}

/// A script that can be read at any place, in its own encoding. UTF-16 is transcoded, single bytes are not.
fn plain_of(file: &Arc<File>, spec: &Spec) -> Result<(Arc<File>, Option<String>)> {
    let undecoded = matches!(file.encoding, Encoding::Latin1 | Encoding::Utf8);
    let file = if undecoded { Arc::new(file.undecoded()) } else { file.clone() };
    let (plain, damage) = scratch::seekable(&file, &spec.scratch)?;
    // An unpacked copy is looked at anew, and must not be decoded either.
    Ok((Arc::new(plain.undecoded()), damage))
}

/// Whether the script itself says its encoding.
fn has_encoding(file: &File) -> bool {
    memchr::memmem::find(&file.head(), b"client_encoding").is_some()
}
