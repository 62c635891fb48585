//! Workbooks of binary records, `.xls` and `.xlsb`: calamine reads them, and their cells are held in memory. A file
//! made to harm may make it fail in the middle; that is an error here, and no end of the program.

use std::io::{BufReader, Read};
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Mutex, PoisonError};

use calamine::{Data, DataRef, ExcelDateTime, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb};

use super::cell::{Cell, Merge, Row, Rows};
use super::package::Package;
use super::serial::{self, Epoch, Form};
use super::{cfb, sheet};
use crate::error::{Error, Result};
use crate::source::bundle::Positioned;
use crate::source::file::{self, File};

/// What a `.xls` may hold at most, in bytes: it is read into memory several times over.
const XLS_BYTES_MAX: u64 = 256 << 20;
/// What the parts of a `.xlsb` may unpack to together.
const UNPACKED_BYTES_MAX: u64 = 1 << 30;
/// Cells of one workbook, each of 32 bytes and its text.
const CELLS_MAX: usize = 16 << 20;

/// The cells of a sheet, those with a value in them.
#[derive(Default)]
pub struct Held {
    pub name: String,
    pub is_hidden: bool,
    pub is_chart: bool,
    /// By row from 1 and column from 0, in order.
    cells: Vec<(u32, u32, Cell)>,
    bytes: Vec<u8>,
    merges: Option<Vec<Merge>>,
    /// Why there are no more.
    pub broken: Option<String>,
}

impl Held {
    fn new(sheet: &calamine::Sheet) -> Held {
        Held {
            name: sheet.name.clone(),
            is_hidden: sheet.visible != SheetVisible::Visible,
            is_chart: sheet.typ != SheetType::WorkSheet,
            ..Held::default()
        }
    }

    fn push(&mut self, place: (u32, u32), value: &DataRef, epoch: Epoch) {
        let mut keep = |text: &str| {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(text.as_bytes());
            (start, self.bytes.len())
        };
        let cell = match value {
            DataRef::Empty => return,
            DataRef::Int(value) => match (*value as f64).abs() < 9e15 {
                true => Cell::Number(*value as f64),
                false => Cell::Whole(*value),
            },
            DataRef::Float(value) => Cell::Number(*value),
            DataRef::String(text) => {
                let (start, end) = keep(text);
                Cell::Text { start, end }
            }
            DataRef::SharedString(text) => {
                let (start, end) = keep(text);
                Cell::Text { start, end }
            }
            DataRef::Bool(value) => Cell::Bool(*value),
            DataRef::DateTime(at) => dated(at, epoch).unwrap_or_else(|| {
                let (start, end) = keep(&at.as_f64().to_string());
                Cell::Broken { start, end }
            }),
            DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => {
                sheet::moment(text.as_bytes()).unwrap_or_else(|| {
                    let (start, end) = keep(text);
                    Cell::Text { start, end }
                })
            }
            DataRef::Error(error) => {
                let (start, end) = keep(&error.to_string());
                Cell::Error { start, end }
            }
        };
        self.cells.push((place.0 + 1, place.1, cell));
    }
}

fn dated(at: &ExcelDateTime, epoch: Epoch) -> Option<Cell> {
    serial::cell(at.as_f64(), if at.is_duration() { Form::Elapsed } else { Form::Time }, epoch)
}

fn epoch(is_1904: bool) -> Epoch {
    if is_1904 { Epoch::Of1904 } else { Epoch::Of1900 }
}

/// Runs what may panic over a broken file, without a word on standard error.
fn contained<T>(work: impl FnOnce() -> T) -> Option<T> {
    // The hook is the program's: one at a time.
    static HOOK: Mutex<()> = Mutex::new(());
    let _turn = HOOK.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(work));
    panic::set_hook(hook);
    result.ok()
}

fn refused(file: &File, why: impl Into<String>) -> Error {
    Error::evidence(format!("cannot read `{}`", file.shown)).detail(why)
}

/// The sheets of a `.xls`.
///
/// # Errors
/// If it cannot be read, or is larger than what is read into memory.
pub fn xls(file: &Arc<File>) -> Result<Vec<Held>> {
    if file.bytes > XLS_BYTES_MAX {
        return Err(refused(file, "a .xls of more than 256 MiB is not read").hint("save it as .xlsx"));
    }
    cfb::check(file).map_err(|why| refused(file, why))?;
    let input = BufReader::new(Positioned::of(file)?);
    let read = contained(|| -> std::result::Result<Vec<Held>, XlsError> {
        let mut workbook = Xls::new(input)?;
        let epoch = epoch(workbook.has_1904_epoch());
        let mut all = Vec::new();
        for sheet in workbook.sheets_metadata().to_vec() {
            let mut held = Held::new(&sheet);
            held.merges = workbook.merge_cells_by_sheet_name(&sheet.name).ok().map(|merges| {
                merges
                    .iter()
                    .filter(|merge| merge.start.0 <= merge.end.0 && merge.start.1 <= merge.end.1)
                    .map(|merge| Merge {
                        rows: (merge.start.0.saturating_add(1), merge.end.0.saturating_add(1)),
                        columns: (merge.start.1, merge.end.1),
                    })
                    .collect()
            });
            let range = workbook.worksheet_range(&sheet.name).unwrap_or_default();
            let start = range.start().unwrap_or_default();
            for (row, column, value) in range.used_cells() {
                let place = (start.0 + row as u32, start.1 + column as u32);
                held.push(place, &borrowed(value), epoch);
            }
            all.push(held);
        }
        Ok(all)
    });
    match read {
        Some(Ok(sheets)) => Ok(sheets),
        Some(Err(XlsError::Password)) => Err(protected(file)),
        Some(Err(cause)) => Err(refused(file, format!("the workbook is broken: {cause}"))),
        None => Err(refused(file, "the workbook is broken: its records are not what they say they are")),
    }
}

/// Why a workbook that is encrypted is not read.
pub fn protected(file: &File) -> Error {
    refused(file, "it is protected by a password, and its content is encrypted")
        .hint("open it with the password and save a copy without one")
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(at) => DataRef::DateTime(*at),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// The sheets of a `.xlsb`.
///
/// # Errors
/// If it cannot be read, or unpacks to more than what is read into memory.
pub fn xlsb(file: &Arc<File>, package: &Package) -> Result<Vec<Held>> {
    let mut unpacked = 0;
    let mut damage: Option<String> = None;
    let mut parts: Vec<&Arc<File>> =
        package.parts().filter(|part| part.shown.to_lowercase().ends_with(".bin")).collect();
    parts.sort_by(|a, b| a.shown.cmp(&b.shown));
    for part in parts {
        let mut stream = part.stream(None)?.take(UNPACKED_BYTES_MAX - unpacked + 1);
        match std::io::copy(&mut stream, &mut std::io::sink()) {
            Ok(bytes) => unpacked += bytes,
            Err(cause) => damage = damage.or_else(|| Some(format!("{}: {}", part.shown, file::damage(&cause)))),
        }
        if unpacked > UNPACKED_BYTES_MAX {
            let why = "a .xlsb whose parts unpack to more than 1 GiB is not read";
            return Err(refused(file, why).hint("save it as .xlsx"));
        }
    }
    let input = BufReader::new(Positioned::of(file)?);
    let broken = || refused(file, "the workbook is broken: its records are not what they say they are");
    let opened = contained(|| Xlsb::new(input)).ok_or_else(broken)?;
    let mut workbook = opened.map_err(|cause| refused(file, format!("the workbook is broken: {cause}")))?;
    let epoch = epoch(workbook.has_1904_epoch());
    let mut all: Vec<Held> = Vec::new();
    let mut cells = 0;
    for sheet in workbook.sheets_metadata().to_vec() {
        let mut held = Held::new(&sheet);
        if !held.is_chart {
            let read = contained(|| {
                let mut reader = workbook.worksheet_cells_reader(&sheet.name).map_err(|cause| cause.to_string())?;
                while let Some(cell) = reader.next_cell().map_err(|cause| cause.to_string())? {
                    if cells == CELLS_MAX {
                        return Err(
                            "a .xlsb of more than 16 million cells is not read further; what follows is lost".into()
                        );
                    }
                    cells += 1;
                    let place = cell.get_position();
                    if place.1 < sheet::COLUMNS_MAX {
                        held.push(place, cell.get_value(), epoch);
                    }
                }
                Ok(())
            });
            held.broken = match read {
                // Of which sheet it is a part nobody says.
                Some(read) => read.err().or_else(|| damage.clone()),
                None => Some("its records are not what they say they are; what follows is lost".into()),
            };
        }
        all.push(held);
    }
    Ok(all)
}

/// The rows of a sheet that is held.
pub struct HeldRows {
    sheets: Arc<[Held]>,
    sheet: usize,
    at: usize,
}

impl HeldRows {
    pub fn of(sheets: Arc<[Held]>, sheet: usize) -> HeldRows {
        HeldRows { sheets, sheet, at: 0 }
    }
}

impl Rows for HeldRows {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        let held = &self.sheets[self.sheet];
        let Some((number, ..)) = held.cells.get(self.at) else {
            return held.broken.clone().map_or(Ok(false), Err);
        };
        row.clear(*number);
        while let Some((_, column, cell)) = held.cells.get(self.at).filter(|cell| cell.0 == *number) {
            let cell = match *cell {
                Cell::Text { start, end } => {
                    let (start, end) = row.keep(&held.bytes[start..end]);
                    Cell::Text { start, end }
                }
                Cell::Error { start, end } => {
                    let (start, end) = row.keep(&held.bytes[start..end]);
                    Cell::Error { start, end }
                }
                Cell::Broken { start, end } => {
                    let (start, end) = row.keep(&held.bytes[start..end]);
                    Cell::Broken { start, end }
                }
                other => other,
            };
            row.cells.push((*column, cell));
            self.at += 1;
        }
        Ok(true)
    }

    fn merges(&mut self, _: bool) -> Option<Vec<Merge>> {
        self.sheets[self.sheet].merges.clone()
    }
}
