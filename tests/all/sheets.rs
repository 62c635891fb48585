//! Workbooks against what their makers wrote (`fixtures/sheets/make.py` states it in `truth.json`), and workbooks that
//! are broken or made to harm.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

use crate::rca::{command, folder, root, rows, rows_in, run, run_in};

fn fixture(name: &str) -> String {
    format!("fixtures/sheets/{name}")
}

fn truth() -> Value {
    let text = std::fs::read_to_string(root().join("fixtures/sheets/truth.json")).expect("the truth");
    serde_json::from_str(&text).expect("JSON")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_workbook_yields_what_was_written_into_it() {
    let truth = truth();
    let files = truth.as_object().expect("files");
    assert_eq!(files.len(), 7);
    for (file, tables) in files {
        let source = file.split('.').next().expect("a stem");
        for (table, expected) in tables.as_object().expect("tables") {
            let name = format!("{source}.{table}");
            let mut columns: Vec<Value> = rows(&["schema", "--table", &name, &fixture(file)]);
            columns.retain(|column| !matches!(column["column_name"].as_str(), Some("_file" | "_line")));
            let of = |key: &str| Value::from(columns.iter().map(|column| column[key].clone()).collect::<Vec<_>>());
            assert_eq!(of("column_name"), expected["columns"], "{file}");
            assert_eq!(of("type"), expected["types"], "{file}");
            let found = rows(&[
                "query",
                &format!("select * exclude (_file, _line), _line as line from {name}"),
                &fixture(file),
            ]);
            let lines: Vec<Value> = found.iter().map(|row| row["line"].clone()).collect();
            assert_eq!(Value::from(lines), expected["lines"], "{file}");
            for (row, truth) in found.iter().zip(expected["rows"].as_array().expect("rows")) {
                let values: Vec<Value> = row.as_object().expect("a row").values().cloned().collect();
                assert_eq!(told(&values[..values.len() - 1]), told(truth.as_array().expect("values")), "{file}");
            }
        }
    }
}

/// Numbers as 64-bit floats: `1` and `1.0` are one.
fn told(values: &[Value]) -> Vec<Value> {
    values.iter().map(|value| value.as_f64().map_or_else(|| value.clone(), Value::from)).collect()
}

#[test]
fn what_was_assumed_and_left_out_of_a_sheet_is_said_with_its_place() {
    let output = run(&["sources", &fixture("export.xlsx"), "-f", "ndjson"]);
    let said = said(&output);
    for line in [
        "export.test_results_may: sheet `Test Results (May)` is called test_results_may here",
        "export.test_results_may_2: sheet `test-results may` is called test_results_may_2 here",
        "rows 2 to 3 stand above the table and are not in it: Quality report, line 4, …",
        "no name in the header: the column `column7`",
        "1 cell of `Temperature max` holds #N/A and is NULL here (fixtures/sheets/export.xlsx#Test Results (May):10)",
        "1 formula of `Temperature max` has no stored result and is NULL here (fixtures/sheets/export.xlsx#Test Results (May):11)",
        "2 rows have sums or remarks of the table and are not in it (fixtures/sheets/export.xlsx#Test Results (May):48, fixtures/sheets/export.xlsx#Test Results (May):50)",
        "export.limits: the sheet is hidden in the workbook",
        "export: no rows: the empty sheet `empty`",
        "export: not data: the chart sheet `chart`",
        "export.test_results_may_2: no header row; columns are called column1, column2, …",
    ] {
        assert!(said.contains(line), "{line}\n{said}");
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let formats: Vec<Value> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row")["format"].clone()).collect();
    assert_eq!(json!(formats), json!(["xlsx, header in row 1", "xlsx, header in rows 5 to 6", "xlsx"]));
    // A formula without a result is lost; an error is all that a cell has.
    assert_eq!(
        run(&["query", "select 1 from export.test_results_may", "--strict", &fixture("export.xlsx")]).status.code(),
        Some(0)
    );
    let strict =
        ["query", "select \"Temperature max\" from export.test_results_may", "--strict", &fixture("export.xlsx")];
    assert_eq!(run(&strict).status.code(), Some(3));
    assert_eq!(run(&["query", "select * from kinds.kinds", "--strict", &fixture("kinds.xlsx")]).status.code(), Some(0));
}

#[test]
fn commands_work_on_sheets_as_on_any_table() {
    let first =
        &rows(&["timeline", "--timezone", "+08:00", "--limit", "1", "--entity", "S0003", &fixture("runs.ods")])[0];
    assert_eq!(first["ts"], "2025-03-01T00:15:00Z");
    assert_eq!(first["origin"], "fixtures/sheets/runs.ods#runs:5");
    let nulls = rows(&["missing", "--kind", "null_rate", &fixture("export.xlsx")]);
    assert_eq!((&nulls[0]["column_name"], &nulls[0]["missing"]), (&json!("Temperature max"), &json!(2)));
    let shown = rows(&["query", nulls[0]["sql"].as_str().expect("SQL"), &fixture("export.xlsx")]);
    assert_eq!(shown.len(), 2);
    let text = rows(&[
        "query",
        "select temperature from runs.runs limit 1",
        "--set",
        "sources.runs.text=[\"temperature\"]",
        &fixture("runs.xls"),
    ]);
    assert!(text[0]["temperature"].is_string(), "{text:?}");
}

#[test]
fn a_workbook_is_told_by_its_content_wherever_it_lies() {
    let place = folder();
    let bytes = |name: &str| std::fs::read(root().join(fixture(name))).expect("a fixture");
    std::fs::write(place.path().join("odd.dat"), bytes("runs.xlsx")).expect("written");
    let mut gzip = flate2::write::GzEncoder::new(
        std::fs::File::create(place.path().join("p.ods.gz")).expect("made"),
        flate2::Compression::fast(),
    );
    gzip.write_all(&bytes("runs.ods")).expect("written");
    gzip.finish().expect("finished");
    zipped(
        &place.path().join("b.zip"),
        &[("in/x.xls", &bytes("runs.xls")), ("in/y.xlsb", &bytes("runs.xlsb")), ("in/z.xlsx", &bytes("runs.xlsx"))],
    );
    let sum = |table: &str, source: &str| {
        rows_in(place.path(), &["query", &format!("select sum(temperature)::decimal(9,2) as t from {table}"), source])
    };
    let truth = rows(&["query", "select sum(temperature)::decimal(9,2) as t from runs.runs", &fixture("runs.xlsx")]);
    for (table, source) in
        [("odd.runs", "odd.dat"), ("p.runs", "p.ods.gz"), ("x.runs", "b.zip"), ("y.runs", "b.zip"), ("z.runs", "b.zip")]
    {
        assert_eq!(sum(table, source), truth, "{table}");
    }
    let mut child = command("rca", place.path())
        .args(["query", "select sum(temperature)::decimal(9,2) as t from stdin.runs", "-", "-f", "ndjson", "-q"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("starts");
    child.stdin.take().expect("a pipe").write_all(&bytes("runs.xlsb")).expect("written");
    let output = child.wait_with_output().expect("ends");
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).expect("a row"), truth[0]);
}

pub fn zipped(path: &Path, parts: &[(&str, &[u8])]) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(path).expect("made"));
    for (name, bytes) in parts {
        archive.start_file(*name, SimpleFileOptions::default()).expect("a member");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("written");
}

/// A workbook of one sheet, its XML and its shared strings as given.
fn made(path: &Path, sheet: &str, strings: Option<&str>) {
    const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let relations = format!(
        "<Relationships><Relationship Id=\"r1\" Type=\"{KIND}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Type=\"{KIND}/externalLink\" Target=\"file:///etc/passwd\" TargetMode=\"External\"/></Relationships>"
    );
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("xl/workbook.xml", b"<workbook><sheets><sheet name=\"s\" r:id=\"r1\"/></sheets></workbook>"),
        ("xl/_rels/workbook.xml.rels", relations.as_bytes()),
        ("xl/styles.xml", b"<styleSheet><cellXfs><xf/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend(strings.map(|strings| ("xl/sharedStrings.xml", strings.as_bytes())));
    zipped(path, &parts);
}

const HEADER: &str = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>name</t></is></c><c r=\"B1\" t=\"inlineStr\"><is><t>n</t></is></c></row>";

/// The rows of the sheet, and what was said.
fn asked(sheet: &str, strings: Option<&str>) -> (Vec<Value>, String) {
    let place = folder();
    made(&place.path().join("w.xlsx"), sheet, strings);
    let output = run_in(place.path(), &["query", "select name, n from w.s", "w.xlsx", "-f", "ndjson"]);
    let rows = String::from_utf8_lossy(&output.stdout)
        .lines()
        .map(|line| serde_json::from_str(line).expect("a row"))
        .collect();
    (rows, said(&output))
}

#[test]
fn what_is_broken_in_a_sheet_is_said_and_the_rest_is_read() {
    let row = |number: usize| {
        format!(
            "<row r=\"{number}\"><c r=\"A{number}\" t=\"s\"><v>0</v></c><c r=\"B{number}\"><v>{number}</v></c></row>"
        )
    };
    let strings = "<sst><si><t>a</t></si></sst>";
    // Cut off in the middle of a row.
    let (rows, said) =
        asked(&format!("<worksheet><sheetData>{HEADER}{}{}<row r=\"4\"><c", row(2), row(3)), Some(strings));
    assert_eq!(rows, [json!({"name": "a", "n": 2}), json!({"name": "a", "n": 3})]);
    assert!(said.contains("what follows is lost (w.xlsx#s:3)"), "{said}");
    // Its shared texts are missing.
    let (rows, said) = asked(&format!("<sheetData>{HEADER}{}</sheetData>", row(2)), None);
    assert_eq!(rows, [json!({"name": null, "n": 2})]);
    assert!(
        said.contains("1 value of `name` is no text of those that its cells share and NULL here (w.xlsx#s:2)"),
        "{said}"
    );
    // It says it is as large as can be, and a cell stands past that.
    let far = "<dimension ref=\"A1:XFD1048576\"/>";
    let (rows, said) = asked(
        &format!("{far}<sheetData>{HEADER}{}<row r=\"1048577\"><c><v>1</v></c></row></sheetData>", row(2)),
        Some(strings),
    );
    assert_eq!(rows.len(), 1);
    assert!(said.contains("a row stands past row 1048576"), "{said}");
    // Entities of its own stay as they are written.
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;\">]>";
    let (rows, _) = asked(
        &format!("<sheetData>{HEADER}{}</sheetData>", row(2)),
        Some(&format!("{bomb}<sst uniqueCount=\"9999999999999\"><si><t>&b;</t></si></sst>")),
    );
    assert_eq!(rows, [json!({"name": "&b;", "n": 2})]);
    // Values that do not fit, a blank row, a cell twice.
    let odd = "<row r=\"4\"><c r=\"A4\" t=\"s\"><v>0</v></c><c r=\"B4\" t=\"str\"><v>many</v></c></row>";
    let many: String = (5..320_000 / 2).map(row).collect();
    let (rows, said) = asked(
        &format!(
            "<sheetData>{HEADER}{}{many}{}<row r=\"200000\"><c r=\"A200000\" t=\"s\"><v>0</v></c><c r=\"B200000\" t=\"str\"><v>many</v></c><c r=\"B200000\"><v>1</v></c></row></sheetData>",
            row(2),
            odd.replace('4', "160001")
        ),
        Some(strings),
    );
    assert_eq!(rows.len(), 1 + 160_000 - 5 + 2);
    assert!(said.contains("2 values of `n` are no integer and NULL here (w.xlsx#s:160001, w.xlsx#s:200000)"), "{said}");
    assert!(said.contains("1 row has another number of fields than the header (w.xlsx#s:200000)"), "{said}");
    assert!(said.contains("blank rows (w.xlsx#s:3, w.xlsx#s:4, w.xlsx#s:160000, …)"), "{said}");
}

#[test]
fn cells_without_values_are_no_rows() {
    let place = folder();
    let mut sheet = format!("<worksheet><sheetData>{HEADER}");
    for number in 2..20_000 {
        write!(sheet, "<row r=\"{number}\">{}</row>", "<c s=\"1\"/>".repeat(100)).expect("text");
    }
    sheet.push_str("<row r=\"20000\"><c r=\"A20000\" t=\"str\"><v>x</v></c><c r=\"B20000\"><v>1</v></c></row></sheetData></worksheet>");
    made(&place.path().join("w.xlsx"), &sheet, None);
    let found = rows_in(place.path(), &["query", "select name, n, _line as line from w.s", "w.xlsx"]);
    assert_eq!(found, [json!({"name": "x", "n": 1, "line": 20_000})]);
}

/// A container with empty streams of these names (MS-CFB, version 3).
fn container(names: &[&str]) -> Vec<u8> {
    let mut bytes = vec![0; 512 * 3];
    bytes[..8].copy_from_slice(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1");
    let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
    put(24, &[0x3E, 0, 3, 0, 0xFE, 0xFF, 9, 0, 6, 0]);
    put(44, &1_u32.to_le_bytes());
    put(48, &1_u32.to_le_bytes());
    put(56, &4096_u32.to_le_bytes());
    put(60, &[0xFE, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFE, 0xFF, 0xFF, 0xFF]);
    (76..512).for_each(|at| put(at, &[0xFF]));
    put(76, &0_u32.to_le_bytes());
    (512..1024).for_each(|at| put(at, &[0xFF]));
    put(512, &[0xFD, 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF]);
    for (index, name) in ["Root Entry"].iter().chain(names).enumerate() {
        let at = 1024 + index * 128;
        let letters: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        put(at, &letters);
        put(at + 64, &(letters.len() as u16 + 2).to_le_bytes());
        put(at + 66, &[if index == 0 { 5 } else { 2 }]);
        put(at + 116, &[0xFE, 0xFF, 0xFF, 0xFF]);
    }
    bytes
}

#[test]
fn what_is_no_workbook_or_cannot_be_opened_is_refused_in_plain_words() {
    let place = folder();
    let refused = |name: &str, words: &str| {
        let output = run_in(place.path(), &["sources", name]);
        assert_eq!(output.status.code(), Some(3), "{name}: {}", said(&output));
        assert!(said(&output).contains(words), "{name}: {}", said(&output));
    };
    let whole = std::fs::read(root().join(fixture("runs.xlsx"))).expect("a fixture");
    std::fs::write(place.path().join("cut.xlsx"), &whole[..whole.len() / 2]).expect("written");
    refused("cut.xlsx", "it is cut off or damaged: the list of its parts, at its end, cannot be read");
    zipped(&place.path().join("letter.xlsx"), &[("word/document.xml", b"<w/>"), ("[Content_Types].xml", b"<T/>")]);
    refused("letter.xlsx", "a document of another program than a spreadsheet");
    std::fs::write(place.path().join("secret.xlsx"), container(&["EncryptionInfo", "EncryptedPackage"]))
        .expect("written");
    refused("secret.xlsx", "it is protected by a password");
    std::fs::write(place.path().join("letter.doc"), container(&["WordDocument"])).expect("written");
    refused("letter.doc", "is no evidence that rca can read");
    std::fs::write(place.path().join("old.xls"), container(&["Workbook"])).expect("written");
    refused("old.xls", "`old.xls` is a workbook without a row");
    made(&place.path().join("empty.xlsx"), "<worksheet><sheetData/></worksheet>", None);
    refused("empty.xlsx", "`empty.xlsx` is a workbook without a row");
    let manifest = b"<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    let mut archive = zip::ZipWriter::new(std::fs::File::create(place.path().join("secret.ods")).expect("made"));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, bytes) in [
        ("mimetype", &b"application/vnd.oasis.opendocument.spreadsheet"[..]),
        ("META-INF/manifest.xml", manifest),
        ("content.xml", b"junk"),
    ] {
        archive.start_file(name, stored).expect("a member");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("written");
    refused("secret.ods", "it is protected by a password");
}

/// The names of the members of an archive, each with where its directory keeps its checksum.
fn checksums(archive: &[u8]) -> Vec<(String, usize)> {
    let at = |place: usize| u16::from_le_bytes([archive[place], archive[place + 1]]) as usize;
    let entries = (0..archive.len() - 46).filter(|place| archive[*place..].starts_with(b"PK\x01\x02"));
    let named = |place: usize| String::from_utf8_lossy(&archive[place + 46..place + 46 + at(place + 28)]).into_owned();
    entries.map(|place| (named(place), place + 16)).collect()
}

#[test]
fn a_part_that_is_not_as_it_was_written_is_said_to_be() {
    let is_read =
        |name: &str| ["sheet1.", "content.xml", "sharedStrings.", "styles.xml"].iter().any(|part| name.contains(part));
    let mut parts = Vec::new();
    for book in ["runs.xlsx", "runs.ods", "runs.xlsb"] {
        let whole = std::fs::read(root().join(fixture(book))).expect("read");
        for (name, place) in checksums(&whole).into_iter().filter(|(name, _)| is_read(name) && !name.contains("_rels"))
        {
            if book == "runs.ods" && name != "content.xml" {
                continue;
            }
            let folder = folder();
            let mut other = whole.clone();
            other[place] ^= 1;
            std::fs::write(folder.path().join(book), other).expect("written");
            let output = run_in(folder.path(), &["sources", book, "--strict"]);
            let said = said(&output);
            assert!(said.contains("its checksum is another than the archive says"), "{book}, {name}: {said}");
            assert_eq!(output.status.code(), Some(3), "{book}, {name}: {said}");
            parts.push(name);
        }
    }
    assert!(parts.len() >= 4, "{parts:?}");
}
