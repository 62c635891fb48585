//! Sheets of an OpenDocument workbook, row by row from its one document (OASIS OpenDocument 1.3, part 3, chapter 9).
//! Rows and cells that are said once for many are many here, within the limits of a sheet.

use std::collections::HashSet;

use quick_xml::events::Event;

use super::cell::{Cell, Merge, Row, Rows, iso_duration, written};
use super::sheet::{COLUMNS_MAX, moment};
use super::xml::{self, Xml, ends_early};
use crate::model::time::DAY;

const ROWS_MAX: u32 = 1_048_576;
const MERGES_MAX: usize = 100_000;
/// Blanks that one element may stand for.
const BLANKS_MAX: usize = 4096;

/// The document from its beginning, one sheet after the other.
pub struct Document {
    xml: Xml,
    hidden: HashSet<String>,
    is_in_sheet: bool,
    /// Elements that are open in one that holds no cells, such as a drawing or a note.
    aside: usize,
    /// Of the sheet: the last row begun, from 1, and how often that row is there.
    number: u32,
    times: u32,
    column: u32,
    open: Open,
    merges: Vec<Merge>,
    /// Columns that are not shown, first and last; and the column that is said next.
    hidden_columns: Vec<(u32, u32)>,
    next_column: u32,
    /// A row that is there again, and how often.
    again: (Row, u32),
}

/// The cell being read.
#[derive(Default)]
struct Open {
    kind: String,
    value: Option<String>,
    is_error: bool,
    has_formula: bool,
    times: u32,
    paragraphs: usize,
    is_in_paragraph: bool,
    text: Vec<u8>,
}

pub struct Head {
    pub name: String,
    pub is_hidden: bool,
}

impl Document {
    pub fn of(xml: Xml) -> Document {
        Document {
            xml,
            hidden: HashSet::new(),
            is_in_sheet: false,
            aside: 0,
            number: 0,
            times: 1,
            column: 0,
            open: Open::default(),
            merges: Vec::new(),
            hidden_columns: Vec::new(),
            next_column: 0,
            again: (Row::default(), 0),
        }
    }

    /// Goes to the beginning of the next sheet, over what is left of this one; `None` at the end.
    ///
    /// # Errors
    /// Why it cannot be read on.
    pub fn next_sheet(&mut self) -> Result<Option<Head>, String> {
        let mut deep = usize::from(self.is_in_sheet);
        let mut style = String::new();
        loop {
            match self.xml.next()? {
                Event::Start(element) if element.local_name().as_ref() == "table" => {
                    if deep == 0 {
                        let raw = element.attributes_raw();
                        let said = |name: &str| xml::attribute(raw, name).unwrap_or_default();
                        let is_hidden = self.hidden.contains(&said("style-name"));
                        let head = Head { name: said("name"), is_hidden };
                        (self.number, self.times, self.column) = (0, 1, 0);
                        (self.is_in_sheet, self.aside) = (true, 0);
                        self.merges.clear();
                        self.hidden_columns.clear();
                        self.next_column = 0;
                        self.again.1 = 0;
                        return Ok(Some(head));
                    }
                    deep += 1;
                }
                Event::End(element) if element.local_name().as_ref() == "table" => deep = deep.saturating_sub(1),
                Event::Start(element) | Event::Empty(element) if deep == 0 => {
                    let raw = element.attributes_raw();
                    match element.local_name().as_ref() {
                        "style" => style = xml::attribute(raw, "name").unwrap_or_default(),
                        "table-properties" if xml::attribute(raw, "display").as_deref() == Some("false") => {
                            self.hidden.insert(style.clone());
                        }
                        _ => {}
                    }
                }
                Event::Eof if deep == 0 => return Ok(None),
                Event::Eof => return Err(ends_early()),
                _ => {}
            }
        }
    }
}

/// How often a row or column is there, and whether it is hidden.
fn repeated(raw: &str, name: &str) -> (u32, bool) {
    let (mut times, mut is_hidden) = (1, false);
    for (key, value) in xml::attributes(raw) {
        match key {
            "visibility" => is_hidden = matches!(value, "collapse" | "filter"),
            key if key == name => times = value.parse().unwrap_or(1).max(1),
            _ => {}
        }
    }
    (times, is_hidden)
}

impl Open {
    /// Begins a cell; says how many columns and rows it covers.
    fn begin(&mut self, raw: &str) -> (u32, u32) {
        self.kind.clear();
        self.text.clear();
        *self = Open {
            times: 1,
            kind: std::mem::take(&mut self.kind),
            text: std::mem::take(&mut self.text),
            ..Open::default()
        };
        let mut spans = (1, 1);
        for (key, value) in xml::attributes(raw) {
            match key {
                // The one of LibreOffice's own says besides that a text is an error.
                "value-type" if value == "error" => self.is_error = true,
                "value-type" if self.kind.is_empty() => self.kind.push_str(value),
                "value" | "date-value" | "time-value" | "boolean-value" | "string-value" => {
                    self.value = Some(xml::plain(value));
                }
                "formula" => self.has_formula = true,
                "number-columns-repeated" => self.times = value.parse().unwrap_or(1),
                "number-columns-spanned" => spans.0 = value.parse().unwrap_or(1),
                "number-rows-spanned" => spans.1 = value.parse().unwrap_or(1),
                _ => {}
            }
        }
        spans
    }

    fn push_blanks(&mut self, count: usize) {
        let length = self.text.len() + count.min(BLANKS_MAX);
        self.text.resize(length, b' ');
    }

    /// Adds the cell to its row, as often as it is there.
    fn finish(&self, column: u32, row: &mut Row) {
        let said = self.value.as_deref();
        let number = || said.and_then(|text| text.trim().parse::<f64>().ok()).filter(|number| number.is_finite());
        let text = match said {
            Some(said) if self.kind == "string" && !said.is_empty() => said.as_bytes(),
            _ => &self.text,
        };
        let cell = match &*self.kind {
            _ if self.is_error => {
                let (start, end) = row.keep(text);
                Some(Cell::Error { start, end })
            }
            "" if self.has_formula => Some(Cell::NoValue),
            "" | "void" => return,
            "float" | "currency" => said.and_then(|text| written(text.trim(), row)),
            "percentage" => number().map(Cell::Percent),
            "boolean" => said.map(|said| Cell::Bool(said == "true")),
            "date" => said.and_then(|said| moment(said.as_bytes())),
            "time" => said.and_then(iso_duration).map(|micros| match micros {
                0..DAY => Cell::OfDay(micros),
                _ => Cell::Elapsed(micros),
            }),
            _ if text.is_empty() && (self.has_formula || self.paragraphs == 0) => return,
            _ => {
                let (start, end) = row.keep(text);
                Some(Cell::Text { start, end })
            }
        };
        let cell = cell.unwrap_or_else(|| {
            let (start, end) = row.keep(said.map_or(text, str::as_bytes));
            Cell::Broken { start, end }
        });
        let last = column.saturating_add(self.times).min(COLUMNS_MAX);
        row.cells.extend((column..last).map(|column| (column, cell)));
    }
}

/// Whether an element within a sheet holds no cells of it.
fn is_aside(name: &str) -> bool {
    matches!(name, "annotation" | "shapes" | "forms" | "frame" | "tracked-changes" | "table" | "custom-shape")
}

impl Rows for Document {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        if self.again.1 > 0 {
            self.again.1 -= 1;
            self.again.0.number += 1;
            row.clone_from(&self.again.0);
            return Ok(true);
        }
        if !self.is_in_sheet {
            return Ok(false);
        }
        row.clear(self.number);
        loop {
            match self.xml.next()? {
                Event::Start(_) if self.aside > 0 => self.aside += 1,
                Event::End(_) if self.aside > 0 => self.aside -= 1,
                Event::Eof => return Err(ends_early()),
                _ if self.aside > 0 => {}
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "table-column" => {
                    let (times, is_hidden) = repeated(element.attributes_raw(), "number-columns-repeated");
                    let next = self.next_column.saturating_add(times);
                    if is_hidden && self.hidden_columns.len() < COLUMNS_MAX as usize {
                        self.hidden_columns.push((self.next_column, next - 1));
                    }
                    self.next_column = next;
                }
                Event::Start(element) => match element.local_name().as_ref() {
                    "table-row" => {
                        let (times, is_hidden) = repeated(element.attributes_raw(), "number-rows-repeated");
                        self.number = self.number.saturating_add(self.times);
                        (self.times, self.column) = (times, 0);
                        row.clear(self.number);
                        row.is_hidden = is_hidden;
                    }
                    "table-cell" | "covered-table-cell" => {
                        let (wide, high) = self.open.begin(element.attributes_raw());
                        if (wide > 1 || high > 1) && self.merges.len() < MERGES_MAX {
                            self.merges.push(Merge {
                                rows: (self.number, self.number.saturating_add(high.saturating_sub(1))),
                                columns: (self.column, self.column.saturating_add(wide.saturating_sub(1))),
                            });
                        }
                    }
                    "p" => {
                        if self.open.paragraphs > 0 {
                            self.open.text.push(b'\n');
                        }
                        self.open.paragraphs += 1;
                        self.open.is_in_paragraph = true;
                    }
                    name if is_aside(name) => self.aside = 1,
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    "table-row" => {
                        self.number = self.number.saturating_add(self.times);
                        self.times = repeated(element.attributes_raw(), "number-rows-repeated").0;
                    }
                    "table-cell" | "covered-table-cell" => {
                        self.open.begin(element.attributes_raw());
                        self.open.finish(self.column, row);
                        self.column = self.column.saturating_add(self.open.times);
                    }
                    "p" => self.open.paragraphs += 1,
                    "s" => {
                        let count = xml::attribute(element.attributes_raw(), "c").and_then(|count| count.parse().ok());
                        self.open.push_blanks(count.unwrap_or(1));
                    }
                    "tab" => self.open.text.push(b'\t'),
                    "line-break" => self.open.text.push(b'\n'),
                    _ => {}
                },
                Event::Text(text) if self.open.is_in_paragraph => {
                    self.open.text.extend_from_slice(text.xml10_content().as_bytes());
                }
                Event::GeneralRef(reference) if self.open.is_in_paragraph => {
                    xml::push_reference(&reference, &mut self.open.text);
                }
                Event::End(element) => match element.local_name().as_ref() {
                    "p" => self.open.is_in_paragraph = false,
                    "table-cell" | "covered-table-cell" => {
                        self.open.finish(self.column, row);
                        self.column = self.column.saturating_add(self.open.times);
                    }
                    "table-row" if !row.cells.is_empty() => {
                        if self.number.saturating_add(self.times - 1) > ROWS_MAX {
                            return Err(format!("a row stands past row {ROWS_MAX}; what follows is lost"));
                        }
                        if self.times > 1 {
                            self.again = (row.clone(), self.times - 1);
                        }
                        return Ok(true);
                    }
                    "table" => {
                        self.is_in_sheet = false;
                        return Ok(false);
                    }
                    _ => {}
                },
                _ => {}
            }
        }
    }

    fn merges(&mut self, _: bool) -> Option<Vec<Merge>> {
        Some(std::mem::take(&mut self.merges))
    }

    fn end(&mut self) -> Result<(), String> {
        self.xml.end()
    }

    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        self.hidden_columns.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(tables: &str) -> Document {
        let text = format!(
            "<document><automatic-styles><style:style style:name=\"h\"><style:table-properties table:display=\"false\"/>\
             </style:style></automatic-styles><spreadsheet>{tables}</spreadsheet></document>"
        );
        Document::of(Xml::of(Box::new(std::io::Cursor::new(text))))
    }

    #[test]
    fn sheets_are_found_one_after_the_other_and_hidden_ones_told() {
        let row = "<table-row><table-cell value-type=\"float\" value=\"1\"/></table-row>";
        let mut document = document(&format!(
            "<table name=\"a\">{row}{row}</table><table name=\"b &amp; c\" style-name=\"h\">{row}</table>"
        ));
        let first = document.next_sheet().expect("read").expect("a sheet");
        assert_eq!((&*first.name, first.is_hidden), ("a", false));
        let mut row = Row::default();
        assert_eq!(document.next(&mut row), Ok(true));
        let second = document.next_sheet().expect("read").expect("a sheet");
        assert_eq!((&*second.name, second.is_hidden), ("b & c", true));
        assert_eq!(document.next(&mut row), Ok(true));
        assert_eq!(document.next(&mut row), Ok(false));
        assert!(document.next_sheet().expect("read").is_none());
    }

    #[test]
    fn what_is_said_once_for_many_is_many_and_notes_are_no_text() {
        let mut document = document(
            "<table name=\"a\"><table-row number-rows-repeated=\"3\"><table-cell number-columns-repeated=\"2\"/></table-row>\
             <table-row number-rows-repeated=\"2\"><table-cell number-columns-repeated=\"2\" value-type=\"string\">\
             <annotation><p>no</p></annotation><p>a<s c=\"2\"/>b</p><p>c</p></table-cell>\
             <table-cell value-type=\"time\" time-value=\"PT36H\"/><table-cell formula=\"of:=1\"/></table-row>\
             <table-row number-rows-repeated=\"1048000\"><table-cell/></table-row></table>",
        );
        document.next_sheet().expect("read");
        let mut row = Row::default();
        let mut told = Vec::new();
        while document.next(&mut row).expect("read") {
            told.push((row.number, row.cells.len()));
        }
        assert_eq!(told, [(4, 4), (5, 4)]);
        assert_eq!(row.bytes, b"");
        assert_eq!(document.again.0.bytes, b"a  b\nc");
        assert_eq!(document.again.0.cells[2..], [(2, Cell::Elapsed(36 * 3600 * 1_000_000)), (3, Cell::NoValue)]);
    }

    #[test]
    fn a_row_for_ever_is_refused() {
        let mut document = document(
            "<table name=\"a\"><table-row number-rows-repeated=\"4000000000\"><table-cell value-type=\"float\" value=\"1\"/>\
             </table-row></table>",
        );
        document.next_sheet().expect("read");
        assert!(document.next(&mut Row::default()).expect_err("refused").contains("past row"));
    }
}
