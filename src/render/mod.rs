//! An answer's rows as text. A format is a file here and a line in [`FORMATS`]; it sees columns and rows, one after
//! the other, and nothing of the command.

use std::io::Write;
use std::path::Path;

use crate::args::Format;
use crate::error::{Error, Kind, Result};
use crate::model::scan::Sink;

mod checks;
mod delimited;
mod html;
mod jira;
mod json;
mod junit;
mod lanes;
mod markdown;
mod page;
mod sarif;
mod table;
mod toml;

pub use page::write;

/// How it shall look.
#[derive(Debug, Clone, Default)]
pub struct Style {
    pub colour: bool,
    /// Of the terminal, in columns; none in a pipe, where nothing is ever cut or wrapped.
    pub width: Option<u16>,
    /// The rows are events, which a page also draws.
    pub events: bool,
    pub told: Option<Told>,
}

/// What stands around a table that is pasted into a ticket, which must speak for itself.
#[derive(Debug, Clone)]
pub struct Told {
    /// The answer in a sentence.
    pub summary: String,
    /// The command line that made it.
    pub command: String,
}

/// A format that rows are written in.
pub trait Renderer: Sink {
    /// Writes what comes after the last row. Returns what to say of the answer besides.
    ///
    /// # Errors
    /// If it cannot be written.
    fn finish(&mut self) -> Result<Vec<String>>;
}

type Make = fn(Box<dyn Write>, Style) -> Box<dyn Renderer>;

/// The formats, each with the file endings that choose it.
pub const FORMATS: &[(Format, &[&str], Make)] = &[
    (Format::Table, &["txt"], table::make),
    (Format::Markdown, &["md", "markdown"], markdown::make),
    (Format::Jira, &["jira"], jira::make),
    (Format::Html, &["html", "htm"], html::make),
    (Format::Csv, &["csv"], delimited::csv),
    (Format::Tsv, &["tsv"], delimited::tsv),
    (Format::Json, &["json"], json::array),
    (Format::Ndjson, &["ndjson", "jsonl"], json::lines),
    (Format::Junit, &["junit.xml", "xml"], junit::make),
    (Format::Sarif, &["sarif", "sarif.json"], sarif::make),
    (Format::Toml, &["toml"], toml::make),
];

/// The format that a file's ending chooses.
///
/// # Errors
/// If it chooses none.
pub fn of_ending(path: &Path) -> Result<Format> {
    let name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let ends_with = |ending: &str| name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.'));
    if ends_with("parquet") {
        return Ok(Format::Parquet);
    }
    // `x.sarif.json` is more than a file of JSON.
    let longest = |endings: &[&str]| endings.iter().filter(|ending| ends_with(ending)).map(|ending| ending.len()).max();
    let chosen = FORMATS.iter().filter_map(|(format, endings, _)| Some((longest(endings)?, *format)));
    chosen.max_by_key(|(length, _)| *length).map(|(_, format)| format).ok_or_else(|| {
        let known: Vec<&str> = FORMATS.iter().map(|(_, endings, _)| endings[0]).collect();
        Error::question(format!("the ending of `{}` chooses no format", path.display()))
            .hint(format!("name one with -f, or end the file in .{} or .parquet", known.join(", .")))
    })
}

/// Whether people read it, rather than programs.
pub fn is_read(format: Format) -> bool {
    matches!(format, Format::Table | Format::Markdown | Format::Jira | Format::Html)
}

/// Whether it is pasted or opened by itself, and says around its table what that is.
pub fn is_document(format: Format) -> bool {
    matches!(format, Format::Markdown | Format::Jira | Format::Html)
}

pub fn make(format: Format, output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    let make = FORMATS.iter().find(|(known, ..)| *known == format).map_or(table::make as Make, |(.., make)| *make);
    make(output, style)
}

/// A write that failed; the reader of a pipe that went away is no error.
fn written(result: std::io::Result<()>) -> Result<()> {
    result.map_err(|cause| {
        let error = Error::question("cannot write the answer").detail(cause.to_string());
        if cause.kind() == std::io::ErrorKind::BrokenPipe { Error { kind: Kind::ClosedPipe, ..error } } else { error }
    })
}
