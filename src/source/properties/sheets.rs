//! Workbooks: what was written is what is read, in XML as Excel and as OpenDocument have it, and a file with any bytes
//! changed or cut off gives rows, faults or an error, and never a panic.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use zip::write::SimpleFileOptions;

use super::{Rows, cases, scan, spec};
use crate::model::coverage::Report;
use crate::model::time;
use crate::source::{Content, xlsx};

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sheets");

#[derive(Debug, Clone)]
enum Value {
    Whole(i32),
    Number(f64),
    Words(String),
    Flag(bool),
    Day(i32),
}

fn value() -> impl Strategy<Value = Option<Value>> {
    prop::option::of(prop_oneof![
        any::<i32>().prop_map(Value::Whole),
        (-1e9..1e9).prop_map(Value::Number),
        "[a-z<&>'\" é\u{3000}]{1,12}".prop_map(|text| Value::Words(format!("w{text}."))),
        any::<bool>().prop_map(Value::Flag),
        (61..2_958_465).prop_map(Value::Day),
    ])
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

fn zipped(path: &Path, parts: &[(&str, String)]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).expect("made"));
    for (name, text) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a member");
        archive.write_all(text.as_bytes()).expect("written");
    }
    archive.finish().expect("written");
}

fn excel(folder: &Path, rows: &[Vec<Option<Value>>]) -> PathBuf {
    let mut sheet = String::from("<worksheet><sheetData><row r=\"1\">");
    let mut shared = Vec::new();
    for column in 0..rows[0].len() {
        write!(sheet, "<c t=\"inlineStr\"><is><t>c{column}</t></is></c>").expect("text");
    }
    sheet.push_str("</row>");
    for (at, row) in rows.iter().enumerate() {
        write!(sheet, "<row r=\"{}\">", at + 2).expect("text");
        for (column, value) in row.iter().enumerate() {
            let place = format!("{}{}", char::from(b'A' + column as u8), at + 2);
            let cell = match value {
                None => format!("<c r=\"{place}\" s=\"1\"/>"),
                Some(Value::Whole(value)) => format!("<c r=\"{place}\"><v>{value}</v></c>"),
                Some(Value::Number(value)) => format!("<c r=\"{place}\"><v>{value}</v></c>"),
                Some(Value::Flag(value)) => format!("<c r=\"{place}\" t=\"b\"><v>{}</v></c>", u8::from(*value)),
                Some(Value::Day(value)) => format!("<c r=\"{place}\" s=\"1\"><v>{value}</v></c>"),
                Some(Value::Words(text)) => {
                    shared.push(format!("<si><t>{}</t></si>", escaped(text)));
                    format!("<c r=\"{place}\" t=\"s\"><v>{}</v></c>", shared.len() - 1)
                }
            };
            sheet.push_str(&cell);
        }
        sheet.push_str("</row>");
    }
    sheet.push_str("</sheetData></worksheet>");
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
    let path = folder.join("t.xlsx");
    zipped(
        &path,
        &[
            ("xl/workbook.xml", "<workbook><sheets><sheet name=\"t\" r:id=\"r1\"/></sheets></workbook>".into()),
            (
                "xl/_rels/workbook.xml.rels",
                format!(
                    "<Relationships><Relationship Id=\"r1\" Type=\"{kind}\" Target=\"sheet.xml\"/></Relationships>"
                ),
            ),
            ("xl/styles.xml", "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>".into()),
            ("xl/sharedStrings.xml", format!("<sst>{}</sst>", shared.concat())),
            ("xl/sheet.xml", sheet),
        ],
    );
    path
}

fn open_document(folder: &Path, rows: &[Vec<Option<Value>>]) -> PathBuf {
    let mut sheet = String::from("<d><table:table table:name=\"t\"><table:table-row>");
    for column in 0..rows[0].len() {
        let text = format!("<text:p>c{column}</text:p>");
        write!(sheet, "<table:table-cell office:value-type=\"string\">{text}</table:table-cell>").expect("text");
    }
    sheet.push_str("</table:table-row>");
    for row in rows {
        sheet.push_str("<table:table-row>");
        for value in row {
            let (kind, said, inside) = match value {
                None => (String::new(), String::new(), String::new()),
                Some(Value::Whole(value)) => ("float".into(), format!("office:value=\"{value}\""), String::new()),
                Some(Value::Number(value)) => ("float".into(), format!("office:value=\"{value}\""), String::new()),
                Some(Value::Flag(value)) => {
                    ("boolean".into(), format!("office:boolean-value=\"{value}\""), String::new())
                }
                Some(Value::Day(value)) => {
                    let day = time::date(i64::from(*value) - 25_569);
                    ("date".into(), format!("office:date-value=\"{day}\""), String::new())
                }
                Some(Value::Words(text)) => {
                    ("string".into(), String::new(), format!("<text:p>{}</text:p>", escaped(text)))
                }
            };
            write!(sheet, "<table:table-cell office:value-type=\"{kind}\" {said}>{inside}</table:table-cell>")
                .expect("text");
        }
        sheet.push_str("</table:table-row>");
    }
    sheet.push_str("</table:table></d>");
    let path = folder.join("t.ods");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).expect("made"));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    archive.start_file("mimetype", stored).expect("a member");
    archive.write_all(b"application/vnd.oasis.opendocument.spreadsheet").expect("written");
    archive.start_file("content.xml", SimpleFileOptions::default()).expect("a member");
    archive.write_all(sheet.as_bytes()).expect("written");
    archive.finish().expect("written");
    path
}

/// All tables of a workbook, every column as text but its places.
fn read(path: &Path, as_text: &[&str]) -> Option<Vec<(Rows, Report)>> {
    let source = (xlsx::READER.open)(&spec(path, as_text), &std::sync::Arc::default()).ok()?;
    let scanned = source.tables.iter().map(|offer| match &offer.content {
        Content::Scanned(table) => scan(table),
        Content::Parquet(_) => unreachable!("a workbook is scanned"),
    });
    Some(scanned.collect())
}

fn shown(value: &Value) -> String {
    match value {
        Value::Whole(value) => value.to_string(),
        Value::Number(value) if value.abs() < 1e-5 && *value != 0.0 => format!("{value:e}"),
        Value::Number(value) => value.to_string(),
        Value::Words(text) => text.clone(),
        Value::Flag(value) => value.to_string(),
        Value::Day(value) => time::date(i64::from(*value) - 25_569),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn written_cells_are_read_as_they_were_written(mut rows in prop::collection::vec(prop::collection::vec(value(), 4), 1..40)) {
        // The header is certain and no row is blank or looks like a footer.
        rows.iter_mut().enumerate().for_each(|(at, row)| {
            row.insert(0, Some(Value::Whole(at as i32)));
        });
        let folder = tempfile::tempdir().expect("a directory");
        let as_text = ["c0", "c1", "c2", "c3", "c4"];
        for path in [excel(folder.path(), &rows), open_document(folder.path(), &rows)] {
            let tables = read(&path, &as_text).expect("a workbook");
            let [(found, report)] = tables.as_slice() else { panic!("one table") };
            let expected: Rows = rows.iter().map(|row| row.iter().map(|value| value.as_ref().map(shown)).collect()).collect();
            let own: Rows = found.iter().map(|row| row[..5].to_vec()).collect();
            prop_assert_eq!(own, expected);
            let lines: Vec<Option<String>> = found.iter().map(|row| row[6].clone()).collect();
            let numbers: Vec<Option<String>> = (0..rows.len()).map(|at| Some((at + 2).to_string())).collect();
            prop_assert_eq!(lines, numbers);
            prop_assert_eq!(report.lost(), 0);
        }
    }

    #[test]
    fn a_changed_or_cut_workbook_gives_rows_or_an_error_and_no_panic(
        which in 0..6_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let name = ["export.xlsx", "kinds.xlsx", "runs.xlsx", "runs.ods", "runs.xls", "runs.xlsb"][which];
        let mut bytes = std::fs::read(Path::new(FIXTURES).join(name)).expect("a fixture");
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("t");
        std::fs::write(&path, &bytes).expect("written");
        read(&path, &[]);
    }

    #[test]
    fn a_sheet_of_any_xml_gives_rows_or_faults_and_no_panic(
        pieces in prop::collection::vec(prop::sample::select(vec![
            "<row>", "<row r=\"3\">", "<row r=\"x\">", "<row r=\"4294967295\"/>", "</row>", "<row/>", "<c>", "<c r=\"B2\">", "<c r=\"ZZZZ1\">", "<c t=\"s\">",
            "<c t=\"e\">", "<c t=\"b\">", "<c s=\"1\">", "<c s=\"99\">", "<c t=\"inlineStr\">", "</c>", "<c/>", "<v>", "</v>", "<v/>",
            "<is>", "</is>", "<t>", "</t>", "<f>", "</f>", "<f/>", "1", "61", "x", "-1e308", "nan", "&amp;", "&x;", "&#0;", "<![CDATA[y]]>",
            "</sheetData>", "<mergeCell ref=\"A1:B2\"/>", "<mergeCell ref=\"B2:A1\"/>", "<!--", "<", "é",
        ]), 0..40),
    ) {
        let folder = tempfile::tempdir().expect("a directory");
        let path = excel(folder.path(), &[vec![Some(Value::Whole(1))]]);
        let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
        zipped(&path, &[
            ("xl/workbook.xml", "<workbook><sheets><sheet name=\"t\" r:id=\"r1\"/></sheets></workbook>".into()),
            (
                "xl/_rels/workbook.xml.rels",
                format!("<Relationships><Relationship Id=\"r1\" Type=\"{kind}\" Target=\"sheet.xml\"/></Relationships>"),
            ),
            ("xl/styles.xml", "<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>".into()),
            ("xl/sheet.xml", format!("<worksheet><sheetData>{}", pieces.concat())),
        ]);
        read(&path, &[]);
    }
}
