//! Workbooks: of the sheet that the parts of an input make, the rows that `calamine` finds below the header, or they are
//! counted; any bytes as a workbook of any kind.
#![no_main]

use std::io::{Cursor, Write};

use calamine::{DataRef, Reader, Xlsx};
use rca::fuzzed::{self, How, SHEETS};
use rca_fuzz::{losses, parts};

const BOOK: &[u8] = b"<workbook><sheets><sheet name=\"t\" r:id=\"r1\"/></sheets></workbook>";
const LINKS: &[u8] = b"<Relationships><Relationship Id=\"r1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"sheet.xml\"/></Relationships>";

fn workbook(sheet: &[u8], strings: &[u8], styles: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let members = [
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", LINKS),
        ("xl/styles.xml", styles),
        ("xl/sharedStrings.xml", strings),
        ("xl/sheet.xml", sheet),
    ];
    for (name, text) in members {
        let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
        archive.start_file(name, options).expect("a member");
        archive.write_all(text).expect("written");
    }
    archive.finish().expect("written").into_inner()
}

/// The numbers of the rows that have a value.
fn numbers(book: &[u8]) -> Option<Vec<u64>> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(book)).ok()?;
    let mut cells = book.worksheet_cells_reader("t").ok()?;
    let mut numbers = std::collections::BTreeSet::new();
    while let Some(cell) = cells.next_cell().ok()? {
        if !matches!(cell.get_value(), DataRef::Empty | DataRef::SharedString("")) {
            numbers.insert(u64::from(cell.get_position().0) + 1);
        }
    }
    Some(numbers.into_iter().collect())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    if bytes.starts_with(b"PK") || bytes.starts_with(b"\xd0\xcf") {
        fuzzed::read(SHEETS, bytes, How::default());
        return;
    }
    let mut given = parts(bytes).into_iter();
    let mut next = || given.next().unwrap_or_default();
    let (cells, strings, styles) = (next(), next(), next());
    let sheet = [b"<worksheet><sheetData>", cells].concat();
    let strings = [b"<sst>", strings, b"</sst>"].concat();
    let styles = [b"<styleSheet><cellXfs><xf/>", styles, b"</cellXfs></styleSheet>"].concat();
    let book = workbook(&sheet, &strings, &styles);
    let told = fuzzed::read(SHEETS, &book, How::default());
    let whole = [&sheet[..], b"</sheetData></worksheet>"].concat();
    let Some(numbers) = numbers(&workbook(&whole, &strings, &styles)) else { return };
    let Some(told) = told else { return };
    let [table] = told.tables.as_slice() else { return };
    let lines = table.lines();
    assert!(lines.windows(2).all(|pair| pair[0] < pair[1]) || losses(&told) > 0, "{lines:?}");
    let Some(first) = lines.first() else { return };
    let below = numbers.iter().filter(|number| **number >= *first).count() as u64;
    let read = lines.len() as u64 + table.fault("SheetSum") + table.fault("HeaderAgain");
    assert!(read >= below || losses(&told) > 0, "{read} of {below} rows: {}", String::from_utf8_lossy(cells));
});
