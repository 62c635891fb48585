//! One sheet of an Excel workbook, row by row from its XML (ECMA-376 part 1, 18.3.1). What the sheet says of its own
//! size is not believed, and cells without a value cost nothing.

use std::sync::Arc;

use quick_xml::events::Event;

use super::book::push_unescaped;
use super::cell::{self, Cell, Merge, Row, Rows};
use super::serial::{self, Epoch, Form};
use super::xml::{self, Xml, ends_early};
use crate::model::time::{self, DAY};

/// Excel's own limits.
const ROWS_MAX: u32 = 1_048_576;
pub const COLUMNS_MAX: u32 = 16_384;
const MERGES_MAX: usize = 100_000;

pub struct SheetRows {
    xml: Xml,
    forms: Arc<[Form]>,
    epoch: Epoch,
    /// The last row begun, from 1.
    number: u32,
    next_column: u32,
    open: Open,
    value: Vec<u8>,
    merges: Vec<Merge>,
    /// Columns that are not shown, first and last.
    hidden: Vec<(u32, u32)>,
    is_data_over: bool,
}

/// The cell being read.
#[derive(Default)]
struct Open {
    column: u32,
    style: usize,
    kind: Kind,
    /// The value is said in `is`, and what stands in `v` besides is a copy.
    is_inline: bool,
    has_formula: bool,
    has_value: bool,
    collects: bool,
    is_phonetic: bool,
}

/// What a cell says its value is.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Kind {
    #[default]
    Number,
    Shared,
    Text,
    Bool,
    Error,
    Date,
}

impl SheetRows {
    pub fn of(xml: Xml, forms: Arc<[Form]>, epoch: Epoch) -> SheetRows {
        SheetRows {
            xml,
            forms,
            epoch,
            number: 0,
            next_column: 0,
            open: Open::default(),
            value: Vec::new(),
            merges: Vec::new(),
            hidden: Vec::new(),
            is_data_over: false,
        }
    }
}

/// The number of a row, the next one where it is not said, and whether it is hidden.
fn row_said(raw: &str, last: u32) -> (u32, bool) {
    let (mut number, mut is_hidden) = (None, false);
    for (key, value) in xml::attributes(raw) {
        match key {
            "r" => number = value.parse().ok(),
            "hidden" => is_hidden = matches!(value, "1" | "true"),
            _ => {}
        }
    }
    (number.unwrap_or(last.saturating_add(1)), is_hidden)
}

/// The columns that an element says are hidden, from 0.
fn hidden(raw: &str) -> Option<(u32, u32)> {
    let number = |name: &str| xml::attribute(raw, name)?.parse::<u32>().ok()?.checked_sub(1);
    let is_hidden = xml::attribute(raw, "hidden").is_some_and(|said| matches!(&*said, "1" | "true"));
    is_hidden.then_some((number("min")?, number("max")?))
}

/// Column from 0 and row from 1 of `AB12`; 0 is a row that is not named.
fn reference(text: &str) -> Option<(u32, u32)> {
    let letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    if letters == 0 || letters > 3 || text.len() - letters > 7 {
        return None;
    }
    let column = text[..letters]
        .bytes()
        .fold(0, |column, letter| column * 26 + u32::from(letter.to_ascii_uppercase() - b'A') + 1);
    let row = if text.len() == letters { 0 } else { text[letters..].parse().ok()? };
    (column <= COLUMNS_MAX).then_some((column - 1, row))
}

/// `B2:D3`
fn merge(text: &str) -> Option<Merge> {
    let (from, to) = text.split_once(':')?;
    let (from, to) = (reference(from)?, reference(to)?);
    (from.0 <= to.0 && from.1 <= to.1).then_some(Merge { rows: (from.1, to.1), columns: (from.0, to.0) })
}

impl Open {
    fn begin(&mut self, raw: &str, next_column: u32) -> Result<(), String> {
        *self = Open { column: next_column, ..Open::default() };
        for (key, value) in xml::attributes(raw) {
            match key {
                "r" => {
                    let place =
                        reference(value).ok_or_else(|| format!("a cell is called `{value}`; what follows is lost"))?;
                    self.column = place.0;
                }
                "s" => self.style = value.parse().unwrap_or(0),
                "t" => {
                    self.is_inline = value == "inlineStr";
                    self.kind = match value {
                        "s" => Kind::Shared,
                        "str" | "inlineStr" => Kind::Text,
                        "b" => Kind::Bool,
                        "e" => Kind::Error,
                        "d" => Kind::Date,
                        _ => Kind::Number,
                    }
                }
                _ => {}
            }
        }
        if self.column >= COLUMNS_MAX {
            return Err(format!("a cell stands past column {COLUMNS_MAX}; what follows is lost"));
        }
        Ok(())
    }

    /// Adds the cell to its row, if there is anything in it.
    fn finish(&self, value: &[u8], forms: &[Form], epoch: Epoch, row: &mut Row) {
        let column = self.column;
        if !self.has_value || (value.is_empty() && self.kind != Kind::Text) {
            if self.has_formula {
                row.cells.push((column, Cell::NoValue));
            }
            return;
        }
        let as_text = || std::str::from_utf8(value).ok().map(str::trim);
        let cell = match self.kind {
            Kind::Text if value.is_empty() && self.has_formula => None,
            Kind::Text => {
                let start = row.bytes.len();
                push_unescaped(value, &mut row.bytes);
                Some(Cell::Text { start, end: row.bytes.len() })
            }
            Kind::Error => return row.push_error(column, value),
            Kind::Shared => as_text().and_then(|text| text.parse().ok()).map(Cell::Shared),
            Kind::Bool => match as_text() {
                Some("1" | "true") => Some(Cell::Bool(true)),
                Some("0" | "false") => Some(Cell::Bool(false)),
                _ => None,
            },
            Kind::Date => moment(value),
            Kind::Number => {
                let form = forms.get(self.style).copied().unwrap_or(Form::Number);
                let number = || as_text().and_then(|text| text.parse().ok());
                match (form, as_text()) {
                    (Form::Number, Some(text)) => cell::written(text, row),
                    _ => number().and_then(|number| serial::cell(number, form, epoch)),
                }
            }
        };
        match cell {
            Some(cell) => row.cells.push((column, cell)),
            // The result of a formula is the empty text: as good as nothing.
            None if self.kind == Kind::Text => {}
            None => row.push_broken(column, value),
        }
    }
}

/// A date or time as ISO 8601 has it.
pub fn moment(text: &[u8]) -> Option<Cell> {
    let stamp = time::iso_whole(text)?;
    Some(match stamp.offset {
        Some(_) => Cell::Instant(crate::model::zone::Zone::UTC.resolve(stamp)),
        None if text.len() == 10 => Cell::Date(stamp.wall.div_euclid(DAY)),
        None => Cell::Moment(stamp.wall),
    })
}

impl Rows for SheetRows {
    fn next(&mut self, row: &mut Row) -> Result<bool, String> {
        if self.is_data_over {
            return Ok(false);
        }
        row.clear(self.number);
        loop {
            match self.xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "c" => {
                        self.open.begin(element.attributes_raw(), self.next_column)?;
                        self.next_column = self.open.column + 1;
                        self.value.clear();
                    }
                    "v" if !self.open.is_inline => (self.open.has_value, self.open.collects) = (true, true),
                    "t" => (self.open.has_value, self.open.collects) = (true, !self.open.is_phonetic),
                    "f" => self.open.has_formula = true,
                    "col" if self.hidden.len() < COLUMNS_MAX as usize => {
                        self.hidden.extend(hidden(element.attributes_raw()));
                    }
                    "rPh" => self.open.is_phonetic = true,
                    "row" => {
                        let (number, is_hidden) = row_said(element.attributes_raw(), self.number);
                        self.number = number;
                        if self.number > ROWS_MAX {
                            return Err(format!("a row stands past row {ROWS_MAX}; what follows is lost"));
                        }
                        self.next_column = 0;
                        row.clear(self.number);
                        row.is_hidden = is_hidden;
                    }
                    _ => {}
                },
                Event::Empty(element) => match element.local_name().as_ref() {
                    "c" => {
                        self.open.begin(element.attributes_raw(), self.next_column)?;
                        self.next_column = self.open.column + 1;
                    }
                    "f" => self.open.has_formula = true,
                    "row" => (self.number, _) = row_said(element.attributes_raw(), self.number),
                    "col" if self.hidden.len() < COLUMNS_MAX as usize => {
                        self.hidden.extend(hidden(element.attributes_raw()));
                    }
                    "sheetData" => {
                        self.is_data_over = true;
                        return Ok(false);
                    }
                    _ => {}
                },
                Event::Text(text) if self.open.collects => {
                    self.value.extend_from_slice(text.xml10_content().as_bytes())
                }
                Event::CData(text) if self.open.collects => {
                    self.value.extend_from_slice(text.xml10_content().as_bytes())
                }
                Event::GeneralRef(reference) if self.open.collects => xml::push_reference(&reference, &mut self.value),
                Event::End(element) => match element.local_name().as_ref() {
                    "v" | "t" => self.open.collects = false,
                    "rPh" => self.open.is_phonetic = false,
                    "c" => self.open.finish(&self.value, &self.forms, self.epoch, row),
                    "row" if !row.cells.is_empty() => return Ok(true),
                    "sheetData" => {
                        self.is_data_over = true;
                        return Ok(false);
                    }
                    _ => {}
                },
                Event::Eof => return Err(ends_early()),
                _ => {}
            }
        }
    }

    fn merges(&mut self, is_over: bool) -> Option<Vec<Merge>> {
        if !is_over {
            return None;
        }
        // They stand behind the cells.
        while let Ok(event) = self.xml.next() {
            match event {
                Event::Start(element) | Event::Empty(element) if element.local_name().as_ref() == "mergeCell" => {
                    let said = xml::attribute(element.attributes_raw(), "ref");
                    self.merges.extend(said.as_deref().and_then(merge));
                }
                Event::End(element) if matches!(element.local_name().as_ref(), "mergeCells" | "worksheet") => break,
                Event::Eof => break,
                _ => {}
            }
            if self.merges.len() >= MERGES_MAX {
                break;
            }
        }
        Some(std::mem::take(&mut self.merges))
    }

    fn end(&mut self) -> Result<(), String> {
        self.xml.end()
    }

    fn hidden_columns(&self) -> Vec<(u32, u32)> {
        self.hidden.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> (Vec<Row>, Option<String>) {
        let xml = Xml::of(Box::new(std::io::Cursor::new(text.to_string())));
        let mut sheet = SheetRows::of(xml, Arc::new([Form::Number, Form::Time]), Epoch::Of1900);
        let (mut rows, mut row) = (Vec::new(), Row::default());
        loop {
            match sheet.next(&mut row) {
                Ok(true) => rows.push(row.clone()),
                Ok(false) => return (rows, None),
                Err(why) => return (rows, Some(why)),
            }
        }
    }

    #[test]
    fn places_are_told_and_counted_where_they_are_not_said() {
        assert_eq!(reference("A1"), Some((0, 1)));
        assert_eq!(reference("xfd1048576"), Some((16_383, 1_048_576)));
        assert_eq!(["XFE1", "1", "", "AAAA1", "A99999999", "A-1"].map(reference), [None; 6]);
        let (rows, why) = rows(
            "<worksheet><sheetData><row><c><v>1</v></c><c><v>2</v></c></row><row r=\"5\"/>\
             <row><c r=\"C9\"><v>3</v></c><c><v>4</v></c></row></sheetData></worksheet>",
        );
        assert_eq!(why, None);
        let told: Vec<_> = rows.iter().map(|row| (row.number, row.cells.clone())).collect();
        let number = Cell::Number;
        assert_eq!(
            told,
            [(1, vec![(0, number(1.0)), (1, number(2.0))]), (6, vec![(2, number(3.0)), (3, number(4.0))])]
        );
    }

    #[test]
    fn each_kind_of_cell_is_what_it_says() {
        let (rows, _) = rows(
            "<sheetData><row r=\"2\"><c t=\"b\"><v>1</v></c><c t=\"e\"><v>#N/A</v></c><c s=\"1\"><v>61</v></c>\
             <c t=\"inlineStr\"><v>no</v><is><r><t>a</t></r><r><t>&lt;b</t></r></is></c><c><f>1+1</f></c><c><f>1+1</f><v>2</v></c>\
             <c t=\"n\"><v>x</v></c><c t=\"s\"><v>7</v></c><c t=\"d\"><v>2025-03-01T08:00:00Z</v></c><c s=\"1\"/>\
             <c t=\"str\"><f>\"\"</f><v></v></c></row></sheetData>",
        );
        let row = &rows[0];
        let shown: Vec<String> = row.cells.iter().map(|(column, cell)| format!("{column}: {cell:?}")).collect();
        insta::assert_snapshot!(shown.join("\n"), @r"
        0: Bool(true)
        1: Error { start: 0, end: 4 }
        2: Date(-25508)
        3: Text { start: 4, end: 7 }
        4: NoValue
        5: Number(2.0)
        6: Broken { start: 7, end: 8 }
        7: Shared(7)
        8: Instant(1740816000000000)
        ");
    }

    #[test]
    fn a_sheet_that_is_cut_off_gives_what_it_has() {
        let (rows, why) = rows("<sheetData><row><c><v>1</v></c></row><row><c><v>2</v>");
        assert_eq!(rows.len(), 1);
        assert!(why.expect("broken").contains("ends before"));
        let (rows, why) =
            super::tests::rows("<dimension ref=\"A1:XFD1048576\"/><sheetData><row r=\"9999999\"><c><v>1</v></c></row>");
        assert!(rows.is_empty() && why.expect("refused").contains("past row"));
    }
}
