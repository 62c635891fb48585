//! From what the user typed to files of one kind each: a path, a glob, a directory, or standard input.

use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::name;
use crate::model::printable::one_line;
use crate::source::abreast;
use crate::source::bundle::{self, Members};
use crate::source::file::File;
use crate::source::log::formats::Formats;
use crate::source::walk::{Walk, globbed};
use crate::source::{Reader, csv, divide, json, log, pgdump, pipe, reader_of, rotation, sql, together, xlsx};

/// Files that make one source.
pub struct Group {
    pub name: String,
    pub reader: &'static Reader,
    pub files: Vec<Arc<File>>,
}

#[derive(Default)]
pub struct Located {
    pub groups: Vec<Group>,
    /// What was found and cannot be read, and why.
    pub left_out: Vec<String>,
    /// What is to be said of the files together.
    pub notes: Vec<String>,
    /// The name of a stream in which nothing came.
    pub empty: Option<String>,
    /// It is a stream of which only the names of the columns came.
    pub is_bare: bool,
}

/// What settings say of evidence that is to be found.
pub struct Logs<'a> {
    /// Formats of the user's own.
    pub formats: &'a Formats,
    /// Whether the files were asked for as one table, by a name or a pattern.
    pub is_one: bool,
    /// What is said of each source.
    pub of_source: &'a dyn Fn(&str) -> OfSource,
}

/// What settings say of the files of one source.
#[derive(Debug, Clone, Copy, Default)]
pub struct OfSource {
    /// They are to be read as logs, whatever they look like.
    pub is_forced: bool,
    /// Their delimiter is said, so that they are tables, whatever they look like.
    pub is_divided: bool,
    /// Whether the first lines of CSVs name columns, where that is said.
    pub header: Option<bool>,
}

/// Finds the evidence at `typed`, relative to `base`. `said` is the name that the user gave it.
///
/// # Errors
/// If nothing is there, or nothing that can be read.
pub fn locate(typed: &str, said: Option<&str>, base: &Path, scratch: &Path, logs: &Logs) -> Result<Located> {
    let path = base.join(typed);
    let is_glob = typed.contains(['*', '?', '[']) && !path.exists();
    if is_glob && within_bundle(typed, base, scratch)?.is_none() {
        let found = opened(globbed(typed, base)?, scratch);
        return grouped(found, said.map_or_else(|| glob_name(typed, base), str::to_string), typed, logs);
    }
    if path.is_dir() {
        let found = Walk::of(&path, typed.trim_end_matches('/'))?;
        let name = said.map_or_else(|| folder_name(&path), str::to_string);
        return grouped(opened(found, scratch), name, typed, logs);
    }
    if fs::metadata(&path).is_ok_and(|meta| meta.file_type().is_fifo()) {
        // `<(zcat x.gz)` of a shell: read like standard input, under its own name.
        let mut pipe = pipe::opened(&path).map_err(|e| Error::file(typed, &e))?;
        return kept(&mut pipe, said.unwrap_or("pipe"), scratch, logs);
    }
    if let Some(members) = within_bundle(typed, base, scratch)? {
        let is_file = members.files.len() == 1 && *members.files[0].shown == *one_line(typed);
        let name = said.map_or_else(|| if is_file { file_name(typed) } else { folder_name(&path) }, str::to_string);
        return grouped(members, name, typed, logs);
    }
    let file = File::open(&path, typed)?;
    let name = said.map_or_else(|| file_name(typed), str::to_string);
    if let Some(members) = bundle::members(&Arc::new(file.clone()), scratch)? {
        return grouped(members, name, typed, logs);
    }
    let reader = readable(&file, &Said::of(&name, logs))?;
    Ok(Located { groups: vec![Group { name, reader, files: vec![Arc::new(file)] }], ..Located::default() })
}

/// Standard input, kept in a file of the temporary directory, since its kind is told by its content.
///
/// # Errors
/// If it cannot be read or kept, or is of no known kind.
pub fn standard_input(input: &mut dyn Read, said: Option<&str>, scratch: &Path, logs: &Logs) -> Result<Located> {
    kept(input, said.unwrap_or("stdin"), scratch, logs)
}

/// A stream, kept in a file of the temporary directory. One without a byte makes no group.
fn kept(input: &mut dyn Read, name: &str, scratch: &Path, logs: &Logs) -> Result<Located> {
    let failed = |cause: io::Error| {
        Error::evidence(format!("cannot keep `{name}` in the temporary directory")).detail(cause.to_string())
    };
    // What it is called is the settings' word, which may look like a path.
    let copy = tempfile::Builder::new().prefix("stream-").tempfile_in(scratch).map_err(failed)?;
    let (mut copy, path) = copy.keep().map_err(|kept| failed(kept.error))?;
    let empty = || Ok(Located { empty: Some(name.to_string()), ..Located::default() });
    if io::copy(input, &mut copy).map_err(failed)? == 0 {
        return empty();
    }
    let file = File::open(&path, name)?;
    if file.bytes == file.head().len() as u64 && matches!(file.head().trim_ascii(), b"[]" | b"") {
        return empty();
    }
    if let Some(members) = bundle::members(&Arc::new(file.clone()), scratch)? {
        return grouped(members, name.to_string(), name, logs);
    }
    let reader = match readable(&file, &Said::of(name, logs)) {
        // A stream has no ending by which its writer says that it is one.
        Err(_) if csv::may_be_answer(&file.head()) => &csv::BY_NAME,
        reader => reader?,
    };
    let head = file.head();
    let is_bare = reader.kind == "csv" && head.len() as u64 == file.bytes && !head.trim_ascii().contains(&b'\n');
    Ok(Located {
        is_bare,
        groups: vec![Group { name: name.to_string(), reader, files: vec![Arc::new(file)] }],
        ..Located::default()
    })
}

/// Members of a bundle by a path that goes on into it: `bundle.tar.gz/var/log`, `bundle.zip/app/*.log`.
fn within_bundle(typed: &str, base: &Path, scratch: &Path) -> Result<Option<Members>> {
    if base.join(typed).exists() {
        return Ok(None);
    }
    let ends = typed.match_indices('/').map(|(at, _)| at).filter(|at| *at > 0);
    let Some(at) = ends.into_iter().find(|at| base.join(&typed[..*at]).is_file()) else { return Ok(None) };
    let bundle = Arc::new(File::open(&base.join(&typed[..at]), &typed[..at])?);
    let Some(mut members) = bundle::members(&bundle, scratch)? else { return Ok(None) };
    let pattern = glob::Pattern::new(typed).ok();
    let shown = one_line(typed);
    let folder = format!("{}/", shown.trim_end_matches('/'));
    members.files.retain(|file| {
        *file.shown == *shown
            || file.shown.starts_with(&folder)
            || pattern.as_ref().is_some_and(|pattern| pattern.matches(&file.shown))
    });
    if members.files.is_empty() {
        return Err(Error::evidence(format!("`{}` has no member `{}`", &typed[..at], &typed[at + 1..])));
    }
    members.left_out.clear();
    Ok(Some(members))
}

/// The name of a source that is this file; of a dump's table of contents, its folder's.
pub fn file_name(typed: &str) -> String {
    let mut parts = typed.rsplit('/');
    let last = parts.next().unwrap_or(typed);
    let named = if last.starts_with("toc.dat") { parts.next().unwrap_or(last) } else { last };
    name::identifier(name::stem(named))
}

fn folder_name(path: &Path) -> String {
    let named = |path: &Path| path.file_name().map(|name| name::identifier(&name.to_string_lossy()));
    named(path).or_else(|| path.canonicalize().ok().as_deref().and_then(named)).unwrap_or_else(|| "source".into())
}

/// The nearest folder named before the first wildcard.
fn glob_name(typed: &str, base: &Path) -> String {
    let literal = &typed[..typed.find(['*', '?', '[']).unwrap_or(typed.len())];
    let folder = literal.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder_name(&base.join(folder))
}

/// Opens files, and the members of those that are bundles of others.
fn opened(mut found: Walk, scratch: &Path) -> Members {
    let mut opened = Members { left_out: std::mem::take(&mut found.left_out), ..Members::default() };
    found.files.retain(|(path, _)| !together::is_beside_database(path));
    let open = |index: usize| {
        let (path, shown) = &found.files[index];
        let file = Arc::new(File::open(path, shown)?);
        Ok(match bundle::members(&file, scratch)? {
            None => vec![Ok(Arc::unwrap_or_clone(file).among(index).into())],
            Some(members) => members.files.into_iter().map(Ok).chain(members.left_out.into_iter().map(Err)).collect(),
        })
    };
    for (looked, (_, shown)) in abreast::each(found.files.len(), open).into_iter().zip(&found.files) {
        let refused = |error: Error| vec![Err(format!("{}: {shown}", error.detail.unwrap_or(error.message)))];
        for file in looked.unwrap_or_else(refused) {
            match file {
                Ok(file) => opened.files.push(file),
                Err(left_out) => opened.left_out.push(left_out),
            }
        }
    }
    opened
}

/// Puts files of one kind together.
fn grouped(found: Members, name: String, typed: &str, logs: &Logs) -> Result<Located> {
    let mut known: Vec<(&'static Reader, Arc<File>)> = Vec::new();
    let mut unknown = Vec::new();
    let mut left_out = found.left_out;
    let mut files = found.files;
    // Nothing is lost of an empty file.
    let mut notes = Vec::new();
    let empty: Vec<&str> = files.iter().filter(|file| file.bytes == 0).map(|file| &*file.shown).collect();
    match empty.len() {
        0 => {}
        1 => notes.push(format!("1 file is empty: {}", empty[0])),
        count => notes.push(format!("{count} files are empty: {}", some(&empty))),
    }
    // The settings are no evidence.
    files.retain(|file| file.bytes > 0 && !file.shown.ends_with("rca.toml"));
    let said = Said { is_alone: files.len() == 1, ..Said::of(&name, logs) };
    let readers = abreast::each(files.len(), |index| readable(&files[index].with_head(), &said));
    for (reader, file) in readers.into_iter().zip(files) {
        match reader {
            Ok(reader) => known.push((reader, file)),
            Err(_) => match unread(&file, true) {
                Some((what, _)) => left_out.push(format!("{}: {what}", file.shown)),
                None => unknown.push(file),
            },
        }
    }
    // Which number of a date is the day may be told by another file of the same log.
    let is_log = |file: &Arc<File>| {
        let is_part =
            |(reader, other): &(&Reader, Arc<File>)| reader.kind == "log" && rotation::is_one_log(other, file);
        log::undecided(&file.head()).is_some() && known.iter().any(is_part)
    };
    let (parts, unknown): (Vec<_>, Vec<_>) = unknown.into_iter().partition(is_log);
    known.extend(parts.into_iter().map(|file| (&log::KNOWN, file)));
    let (undecided, unknown): (Vec<_>, Vec<_>) =
        unknown.into_iter().partition(|file| log::undecided(&file.head()).is_some());
    let unknown: Vec<String> = unknown.iter().chain(&undecided).map(|file| file.shown.to_string()).collect();
    if known.is_empty() {
        let looked = match (unknown.is_empty(), left_out.is_empty()) {
            (false, _) => format!("looked at {}", some(&unknown)),
            (true, false) => some(&left_out),
            (true, true) => "no file with content in it".into(),
        };
        return Err(Error::evidence(format!("`{typed}` holds no evidence of a known kind")).detail(looked).hint(KINDS));
    }
    let unknown = &unknown[..unknown.len() - undecided.len()];
    if !unknown.is_empty() {
        left_out.push(format!("of no known kind: {}", some(unknown)));
    }
    // Each is counted, as if it were named by itself.
    left_out.extend(undecided.iter().filter_map(|file| {
        let time = log::undecided(&file.head())?;
        Some(format!("{}: times such as `{}` do not tell day, month and year apart", file.shown, time.text))
    }));
    let groups = divide::divide(known, &name, logs.is_one, (logs.of_source)(&name).header);
    notes.extend(divide::apart(&groups, &name).filter(|_| logs.is_one));
    Ok(Located { groups, left_out, notes, ..Located::default() })
}

/// The first few of many names, and how many more there are.
pub fn some(names: &[impl AsRef<str>]) -> String {
    const SHOWN: usize = 5;
    let more = names.len().saturating_sub(SHOWN);
    let list = names.iter().take(SHOWN).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{list} and {more} more") } else { list }
}

const KINDS: &str = "rca reads CSV, JSON, Parquet, logs, workbooks (.xlsx, .xlsb, .xls, .ods), SQLite databases and .dump scripts, and all formats of pg_dump; also as .gz, .zst, .lz4, .bz2 and .xz, and in .zip and .tar archives";

/// What a file is, and what can be done with it, if it is of a kind that is known and not read. `is_text`: no signature
/// tells its kind.
fn unread(file: &File, is_text: bool) -> Option<(String, String)> {
    const EXPORT: &str = "export its tables as CSV, or load it and dump it from SQLite or Postgres";
    let head = file.head();
    if head.starts_with(b"PK\x03\x04") && is_text && !xlsx::is_workbook(file) {
        let what = "it is a document of another program than a spreadsheet, which is not read";
        return Some((what.into(), "save what is a table in it as CSV or .xlsx".into()));
    }
    if !is_text {
        return None;
    }
    if let Some(database) = sql::not_read(&head) {
        return Some((format!("it is a dump of {database}, which is not read"), EXPORT.into()));
    }
    if json::is_rows_of_lists(&head) {
        let what = "it is JSON whose rows are lists, so that nothing names their columns";
        return Some((
            what.into(),
            format!("name them: jq -c '.[] | {{a: .[0], b: .[1]}}' {} > rows.jsonl", file.shown),
        ));
    }
    let is_bare = file.bytes <= head.len() as u64 && sql::is_bare(&head);
    is_bare.then(|| ("it is SQL that declares no table and has no row".into(), EXPORT.into()))
}

/// Whether it is text of a database, and no file or archive of one: then it may tell of a script as a log does.
fn is_script(file: &File) -> bool {
    let head = file.head();
    let is_file = [&b"PK"[..], b"PGDMP", b"SQLite format 3"].iter().any(|magic| head.starts_with(magic));
    !is_file && !pgdump::is_tar(file) && log::detect::is_text(&log::detect::first_text(file))
}

/// What settings say of one source.
struct Said<'a> {
    formats: &'a Formats,
    is_forced: bool,
    is_divided: bool,
    /// It is said of one file, and not of all that are found in a folder.
    is_alone: bool,
}

impl Said<'_> {
    fn of<'a>(name: &str, logs: &Logs<'a>) -> Said<'a> {
        let OfSource { is_forced, is_divided, .. } = (logs.of_source)(name);
        Said { formats: logs.formats, is_forced, is_divided, is_alone: true }
    }
}

/// The reader of a file; of any text that is forced to be one, that of logs or of tables.
fn readable(file: &File, said: &Said) -> Result<&'static Reader> {
    let refused = || Error::evidence(format!("`{}` is no evidence that rca can read", file.shown));
    let reader = reader_of(file);
    let is_text = reader.is_none_or(|reader| matches!(reader.kind, "csv" | "json" | "log"));
    let may_be_forced = || is_text && !file.head().starts_with(b"PK\x03\x04") || is_script(file);
    if said.is_forced && may_be_forced() || is_text && log::detect::is_known_to(file, said.formats) {
        return Ok(&log::KNOWN);
    }
    let is_told = || reader.is_some_and(|reader| reader.kind == "json") || (log::KNOWN.claims)(file);
    if is_text && said.is_divided && log::detect::is_text(&file.head()) && (said.is_alone || !is_told()) {
        return Ok(&csv::BY_NAME);
    }
    if let Some((what, hint)) = unread(file, is_text) {
        return Err(refused().detail(what).hint(hint));
    }
    if let Some(reader) = reader {
        return Ok(reader);
    }
    if file.bytes == 0 {
        return Err(refused().detail("the file is empty"));
    }
    if file.head().is_empty()
        && let Some(damage) = &file.damage
    {
        return Err(refused().detail(damage.clone()));
    }
    let start: Vec<String> = file.head().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    let is_text = std::str::from_utf8(&file.head()[..file.head().len().min(512)]).is_ok() && !file.head().contains(&0);
    if let Some(time) = log::undecided(&file.head()).filter(|_| is_text) {
        return Err(refused()
            .detail(format!("it is text with times such as `{}`, which do not tell day, month and year apart", time.text))
            .hint(format!(
                "say how its lines are written: a pattern such as `{{ts:{}}} {{level}} {{message}}`, in [[formats]] of rca.toml",
                time.format
            )));
    }
    let what = if is_text {
        "it is text in which no line has a time and no delimiter divides the lines alike".to_string()
    } else {
        format!("it begins with the bytes {}", start.join(" "))
    };
    Err(refused().detail(what).hint(KINDS))
}
