//! Workbooks: `.xlsx` and `.xlsm` (a zip archive of XML), `.ods` (the same of OpenDocument), `.xlsb` and `.xls` (binary
//! records). Each sheet with rows is a table of the source. Those in XML are streamed and never held; begin at
//! [`cell::Rows`], which all kinds come down to, then [`header`] and [`typing`].

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::coverage::Coverage;
use crate::model::{name, zone};
use crate::source::file::File;
use crate::source::infer::Reading;
use crate::source::{Content, Offer, Reader, Source, Spec, bundle, scratch};

mod binary;
mod book;
mod cell;
mod cfb;
mod fill;
mod header;
mod label;
mod look;
mod ods;
mod package;
mod serial;
mod sheet;
mod sums;
mod table;
mod tail;
mod typing;
mod xml;

use binary::{Held, HeldRows};
use book::Book;
use cell::{Rows, Strings};
use header::Header;
use look::Look;
use package::Package;
use table::SheetTable;
use typing::Typing;

/// Told by content. A workbook is a database source even with one sheet (`export.Sheet1`), as a SQLite file with one
/// table is: a second sheet in next month's export must not change what the first one is called.
pub const READER: Reader = Reader { kind: "xlsx", claims: is_workbook, open };

const ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";
const CONTENT: &str = "content.xml";
/// Sheets after these are not looked at.
const SHEETS_MAX: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Excel,
    ExcelBinary,
    OpenDocument,
    Old,
}

/// Whether a file is a workbook, whatever it is called.
pub fn is_workbook(file: &File) -> bool {
    flavour(file).is_some()
}

fn flavour(file: &File) -> Option<Flavour> {
    let head = &file.head();
    if head.starts_with(cfb::MAGIC) {
        // What lies packed in an archive is told once it is unpacked.
        let is_workbook = || cfb::Container::of(file, false).is_some_and(|container| container.is_workbook());
        return (!file.is_seekable() || is_workbook()).then_some(Flavour::Old);
    }
    if !head.starts_with(b"PK\x03\x04") {
        return None;
    }
    if memchr::memmem::find(&head[..head.len().min(256)], ODS).is_some() {
        return Some(Flavour::OpenDocument);
    }
    let names = bundle::names(file);
    // An archive that lost its end, or lies in another one, names its members before each.
    let has = |part: &str| match names.is_empty() {
        true => memchr::memmem::find(head, part.as_bytes()).is_some(),
        false => names.iter().any(|name| name.replace('\\', "/").trim_start_matches('/').starts_with(part)),
    };
    if has("xl/workbook.bin") {
        return Some(Flavour::ExcelBinary);
    }
    // A package may be laid out in another way than Excel's.
    let is_bare = || ["workbook.xml", "[Content_Types].xml"].iter().all(|part| names.iter().any(|name| name == part));
    (has("xl/workbook.xml") || has("xl/worksheets/") || is_bare()).then_some(Flavour::Excel)
}

/// An open workbook: what its sheets are read from.
pub enum Workbook {
    Excel { package: Package, book: Book },
    OpenDocument { package: Package, none: Strings },
    Held { sheets: Arc<[Held]>, none: Strings },
}

/// A sheet before it is looked at.
struct Found {
    name: String,
    is_hidden: bool,
    /// What it is, if no sheet of cells: `chart`.
    other: Option<String>,
}

impl Workbook {
    /// The rows of a sheet from its beginning.
    fn rows(&self, sheet: usize, ahead: bool) -> Result<Box<dyn Rows>, String> {
        let failed = |error: Error| error.detail.unwrap_or(error.message);
        match self {
            Workbook::Excel { package, book } => {
                let part = &book.sheets[sheet].part;
                let xml =
                    package.xml(part, ahead).ok_or_else(|| format!("the workbook lacks the sheet's part `{part}`"))?;
                Ok(Box::new(sheet::SheetRows::of(xml.map_err(failed)?, book.forms.clone(), book.epoch)))
            }
            Workbook::OpenDocument { package, .. } => {
                let xml = package.xml(CONTENT, ahead).ok_or("the workbook lacks its content")?;
                let mut document = ods::Document::of(xml.map_err(failed)?);
                for _ in 0..=sheet {
                    document.next_sheet()?;
                }
                Ok(Box::new(document))
            }
            Workbook::Held { sheets, .. } => Ok(Box::new(HeldRows::of(sheets.clone(), sheet))),
        }
    }

    fn strings(&self) -> &Strings {
        match self {
            Workbook::Excel { book, .. } => &book.strings,
            Workbook::OpenDocument { none, .. } | Workbook::Held { none, .. } => none,
        }
    }

    /// Bytes on disk of what a sheet is read from.
    fn bytes(&self, sheet: usize) -> u64 {
        let part = match self {
            Workbook::Excel { package, book } => package.part(&book.sheets[sheet].part),
            Workbook::OpenDocument { package, .. } => package.part(CONTENT),
            Workbook::Held { .. } => None,
        };
        part.map_or(0, |part| part.bytes)
    }

    /// Its sheets, each with a first look at it.
    fn look(&self, lost: &mut Vec<String>, said: Option<bool>) -> Vec<(Found, Option<Look>)> {
        let other = |kind: &str| (kind != "worksheet").then(|| kind.trim_end_matches("sheet").to_string());
        match self {
            Workbook::Excel { book, .. } => {
                let found = book.sheets.iter().take(SHEETS_MAX).enumerate().map(|(index, sheet)| {
                    let found =
                        Found { name: sheet.name.clone(), is_hidden: sheet.is_hidden, other: other(&sheet.kind) };
                    let look = if found.other.is_some() { None } else { Some(self.look_at(index, &found, lost, said)) };
                    (found, look.flatten())
                });
                found.collect()
            }
            Workbook::Held { sheets, .. } => {
                let found = sheets.iter().take(SHEETS_MAX).enumerate().map(|(index, sheet)| {
                    let other = sheet.is_chart.then(|| "chart".to_string());
                    let found = Found { name: sheet.name.clone(), is_hidden: sheet.is_hidden, other };
                    let look = if found.other.is_some() { None } else { Some(self.look_at(index, &found, lost, said)) };
                    (found, look.flatten())
                });
                found.collect()
            }
            Workbook::OpenDocument { package, none } => {
                let mut all = Vec::new();
                let Some(Ok(xml)) = package.xml(CONTENT, false) else { return all };
                let mut document = ods::Document::of(xml);
                while all.len() < SHEETS_MAX {
                    match document.next_sheet() {
                        Ok(Some(head)) => {
                            let found = Found { name: head.name, is_hidden: head.is_hidden, other: None };
                            all.push((found, Some(Look::at(&mut document, none, said))));
                        }
                        Ok(None) => return all,
                        Err(why) => {
                            lost.push(format!("damaged: {why}"));
                            return all;
                        }
                    }
                }
                all
            }
        }
    }

    fn look_at(&self, index: usize, found: &Found, lost: &mut Vec<String>, said: Option<bool>) -> Option<Look> {
        match self.rows(index, false) {
            Ok(mut rows) => Some(Look::at(&mut *rows, self.strings(), said)),
            Err(why) => {
                lost.push(format!("damaged: sheet `{}` cannot be read: {why}", found.name));
                None
            }
        }
    }
}

fn open(spec: &Spec, _: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one workbook", spec.name))
            .hint("name each one: a=first.xlsx b=second.xlsx"));
    };
    let (file, damage) = scratch::seekable(file, &spec.scratch)?;
    let mut lost: Vec<String> = damage.into_iter().collect();
    let (workbook, format) = workbook(&file, &mut lost)?;
    let workbook = Arc::new(workbook);
    let mut source = Source {
        name: spec.name.clone(),
        kind: "xlsx",
        is_database: true,
        tables: Vec::new(),
        notes: Vec::new(),
        lost: Vec::new(),
    };
    let (mut empty, mut others, mut seen) = (Vec::new(), Vec::new(), std::collections::HashMap::new());
    for (index, (found, look)) in workbook.look(&mut lost, spec.header).into_iter().enumerate() {
        match (found.other, look) {
            (Some(other), _) => others.push(format!("the {other} sheet `{}`", found.name)),
            (None, Some(look)) if look.head.is_empty() && look.is_whole => empty.push(format!("`{}`", found.name)),
            (None, None) => {}
            (None, Some(look)) => {
                let called = called(&found.name, &mut seen);
                let mut offer = offer(spec, &file, &workbook, (index, &found.name), &called, &look, format)?;
                if called != found.name {
                    offer.notes.insert(0, format!("sheet `{}` is called {called} here", found.name));
                }
                if found.is_hidden {
                    offer.notes.push("the sheet is hidden in the workbook".into());
                }
                source.tables.push(offer);
            }
        }
    }
    if let Some(empty) = name::counted("empty sheet", empty) {
        source.notes.push(format!("no rows: {empty}"));
    }
    if !others.is_empty() {
        source.notes.push(format!("not data: {}", others.join(", ")));
    }
    source.lost = lost;
    if source.tables.is_empty() {
        let why = source.lost.join("; ");
        let error = Error::evidence(format!("`{}` is a workbook without a row", file.shown));
        return Err(if why.is_empty() { error } else { error.detail(why) });
    }
    Ok(source)
}

fn workbook(file: &Arc<File>, lost: &mut Vec<String>) -> Result<(Workbook, &'static str)> {
    let held = |sheets: Vec<Held>| Workbook::Held { sheets: sheets.into(), none: Strings::default() };
    match flavour(file) {
        Some(Flavour::Old) => {
            if cfb::Container::of(file, false).is_some_and(|container| container.is_encrypted()) {
                return Err(binary::protected(file));
            }
            Ok((held(binary::xls(file)?), "xls"))
        }
        Some(Flavour::ExcelBinary) => {
            let package = Package::open(file)?;
            let sheets = binary::xlsb(file, &package)?;
            lost.extend(package.lost);
            Ok((held(sheets), "xlsb"))
        }
        Some(Flavour::OpenDocument) => {
            let package = Package::open(file)?;
            let is_encrypted = |name: &str| {
                package.part(name).is_some_and(|part| memchr::memmem::find(&part.head(), b":encryption-data").is_some())
            };
            if is_encrypted("META-INF/manifest.xml") || package.part("encrypted-package").is_some() {
                return Err(binary::protected(file));
            }
            if package.part(CONTENT).is_none() {
                return Err(Error::evidence(format!("cannot read `{}`", file.shown))
                    .detail("it lacks its content, `content.xml`"));
            }
            lost.extend(package.lost.iter().cloned());
            Ok((Workbook::OpenDocument { package, none: Strings::default() }, "ods"))
        }
        Some(Flavour::Excel) | None => {
            let package = Package::open(file)?;
            let book = Book::open(&package, &file.shown)?;
            lost.extend(book.lost.iter().cloned());
            Ok((Workbook::Excel { package, book }, "xlsx"))
        }
    }
}

/// A sheet's name in SQL: its own where that needs no quotes, with a number if another is called so.
fn called(sheet: &str, seen: &mut std::collections::HashMap<String, usize>) -> String {
    let is_plain = sheet.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
        && sheet.chars().next().is_some_and(|first| !first.is_ascii_digit())
        && !name::is_reserved(&sheet.to_lowercase());
    let name = if is_plain { sheet.to_string() } else { name::identifier(sheet) };
    name::once(&name, seen)
}

fn offer(
    spec: &Spec,
    file: &Arc<File>,
    workbook: &Arc<Workbook>,
    (sheet, shown): (usize, &str),
    called: &str,
    look: &Look,
    format: &str,
) -> Result<Offer> {
    let strings = workbook.strings();
    let header = header::find(&look.head, strings, look.merges.as_deref(), spec.header);
    let seen = look.columns(&header, strings);
    let mut notes = told(&header);
    if look.is_whole && look.head.len() == header.skipped {
        notes.push("no row stands below the header".into());
    }
    let mut names = name::taken_by_places();
    let (mut own, mut typings, mut percents, mut unnamed) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut is_zoneless = false;
    for (index, (column, seen)) in seen.iter().enumerate() {
        let said = header.names.get(column).filter(|name| !name.is_empty());
        let name = name::once(&said.cloned().unwrap_or_else(|| format!("column{}", index + 1)), &mut names);
        if said.is_none() && !header.rows.is_empty() {
            unnamed.push(format!("`{name}`"));
        }
        let is_text = spec.is_text(&name);
        let typing = if is_text { Typing::Read(Reading::Text) } else { seen.typing(spec.meant(&name)) };
        let is_time =
            matches!(typing, Typing::Read(reading) if reading.kind() == Kind::Time && reading != Reading::Epoch);
        is_zoneless |= is_time && seen.is_zoneless() || typing == Typing::Read(Reading::Compact);
        if seen.is_percent() && typing.kind() != Kind::Text {
            percents.push(format!("`{name}`"));
        }
        if typing == Typing::Read(Reading::Text)
            && !is_text
            && let Some(why) = seen.as_text()
        {
            notes.push(format!("`{name}` is text, since {why}"));
        }
        if typing == Typing::Elapsed && seen.has_long_times() {
            notes.push(format!("`{name}` has 24 hours and more beside times of day: read as spans of time"));
        }
        own.push(Column::new(name, typing.kind()));
        typings.push(typing);
    }
    if let Some(unnamed) = name::counted("column", unnamed) {
        notes.push(format!("no name in the header: {unnamed}"));
    }
    if is_zoneless && !spec.zone_said {
        notes.push(zone::ASSUMED.into());
    }
    if let Some(percents) = name::counted("column", percents) {
        notes.push(format!("shown in percent, and fractions here: {percents}"));
    }
    let places: Vec<u32> = seen.keys().copied().collect();
    let knows_merges = look.is_whole || matches!(**workbook, Workbook::Held { .. });
    let merges = look.merges.as_deref().filter(|_| knows_merges).unwrap_or_default();
    let fills = fill::of(merges, header.rows.last().copied(), &places);
    let shown_name =
        |column: u32| places.iter().position(|place| *place == column).map(|at| format!("`{}`", own[at].name));
    notes.extend(fill::told(&fills, shown_name));
    let is_hidden = |column: &&u32| look.hidden.iter().any(|(first, last)| (first..=last).contains(column));
    let hidden: Vec<String> = places.iter().filter(is_hidden).filter_map(|column| shown_name(*column)).collect();
    if let Some(hidden) = name::counted("column", hidden) {
        notes.push(format!("hidden in the workbook, and read: {hidden}"));
    }
    let format = match header.rows.as_slice() {
        [] => format.to_string(),
        [only] => format!("{format}, header in row {only}"),
        [first, .., last] => format!("{format}, header in rows {first} to {last}"),
    };
    let table = SheetTable {
        workbook: workbook.clone(),
        sheet,
        place: format!("{}#{shown}", file.shown).into(),
        frame: look.frame(&header),
        header: header.rows.last().copied(),
        fills,
        knows_merges,
        stands_in: places,
        typings,
        columns: table::with_places(own),
        clock: spec.clock(),
    };
    let offer = Offer::new(called.to_string(), file.bytes, format, Content::Scanned(Arc::new(table)));
    Ok(Offer { notes, shares_bytes: true, ..offer })
}

/// What was assumed of where a table stands in its sheet.
fn told(header: &Header) -> Vec<String> {
    let mut notes = Vec::new();
    match header.above.as_slice() {
        [] => {}
        [(row, text)] => notes.push(format!("row {row} stands above the table and is not in it: {text}")),
        [(first, text), .., (last, _)] => {
            notes.push(format!("rows {first} to {last} stand above the table and are not in it: {text}, …"));
        }
    }
    if header.rows.is_empty() {
        notes.push("no header row; columns are called column1, column2, …".into());
    }
    if header.is_guessed {
        notes.push(
            "the header is taken to be of several rows by its gaps, since merged cells are not known here".into(),
        );
    }
    notes
}
