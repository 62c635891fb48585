//! Sheets as people make them: sums between rows, headers on each page, cells merged over groups, ids of many digits,
//! and what a workbook shows in another way than it stores it.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, write};
use crate::sheets::zipped;

/// A workbook `w.xlsx` of a sheet `s`: `|` divides cells and `/` rows, a number is one, an empty cell is none. `^1:` before
/// a value is the cell's format: a date, a time of day, five zeros.
fn book(place: &Path, rows: &str, around: (&str, &str), settings: &str) {
    let mut sheet = String::new();
    // Dates have a `;` for each `/`.
    let rows: Vec<String> = rows.split('/').map(|line| line.replace(';', "/")).collect();
    for (at, line) in rows.iter().enumerate() {
        let hidden = if line.starts_with('~') { " hidden=\"1\"" } else { "" };
        write!(sheet, "<row r=\"{}\"{hidden}>", at + 1).expect("text");
        for (column, text) in line.trim_start_matches('~').split('|').enumerate().filter(|(_, text)| !text.is_empty()) {
            let place = format!("{}{}", char::from(b'A' + column as u8), at + 1);
            let (style, text) = match text.strip_prefix('^').and_then(|rest| rest.split_once(':')) {
                Some((style, text)) => (style, text),
                None => ("0", text),
            };
            match text.parse::<f64>() {
                Ok(_) => write!(sheet, "<c r=\"{place}\" s=\"{style}\"><v>{text}</v></c>"),
                Err(_) => write!(sheet, "<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>"),
            }
            .expect("text");
        }
        sheet.push_str("</row>");
    }
    let kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet";
    let parts = [
        ("xl/workbook.xml", format!("<workbook>{settings}<sheets><sheet name=\"s\" r:id=\"r1\"/></sheets></workbook>")),
        (
            "xl/_rels/workbook.xml.rels",
            format!("<Relationships><Relationship Id=\"r1\" Type=\"{kind}\" Target=\"sheet.xml\"/></Relationships>"),
        ),
        (
            "xl/styles.xml",
            "<styleSheet><numFmts><numFmt numFmtId=\"164\" formatCode=\"00000\"/></numFmts><cellXfs><xf/>\
             <xf numFmtId=\"14\"/><xf numFmtId=\"21\"/><xf numFmtId=\"164\"/></cellXfs></styleSheet>"
                .into(),
        ),
        ("xl/sheet.xml", format!("<worksheet>{}<sheetData>{sheet}</sheetData>{}</worksheet>", around.0, around.1)),
    ];
    let parts: Vec<(&str, &[u8])> = parts.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    zipped(&place.join("w.xlsx"), &parts);
}

fn plain(place: &Path, rows: &str) {
    book(place, rows, ("", ""), "");
}

const SUM: &[&str] = &["query", "select count(*) as n, sum(units) as s from w.s", "w.xlsx"];

const CASES: &[Case] = &[
    Case {
        name: "sums of groups and of all",
        place: |place| {
            plain(
                place,
                "Station|Day|Units/ST1|0|10/ST1|1|10/Subtotal||20/ST2|0|10/ST2|1|10/Subtotal||20/Grand Total||40",
            );
        },
        arguments: SUM,
        code: 0,
        shown: &[r#"{"n":4,"s":40}"#],
        said: &["3 rows have sums or remarks of the table and are not in it (w.xlsx#s:4, w.xlsx#s:7, w.xlsx#s:8)"],
    },
    Case {
        name: "a sum that says more",
        place: |place| {
            plain(place, "Station|Day|Units/ST1|0|10/ST2|1|20/ST1|2|10/Total for all||40/Average|1|13.33/Max|2|20")
        },
        arguments: SUM,
        code: 0,
        shown: &[r#"{"n":3,"s":40}"#],
        said: &["3 rows have sums or remarks"],
    },
    Case {
        name: "a product that is called Total",
        place: |place| plain(place, "Product|Day|Units/BP|0|10/Total|1|25/Shell|2|10/Total|3|17"),
        arguments: SUM,
        code: 0,
        shown: &[r#"{"n":4,"s":62}"#],
        said: &["2 rows look like sums, and are rows (w.xlsx#s:3, w.xlsx#s:5)"],
    },
    Case {
        name: "ids past 2^53",
        place: |place| {
            plain(place, "id|v/90071992547410930|1/90071992547410931|2/90071992547410932|3/7|4");
        },
        arguments: &["query", "select max(id) as m, count(distinct id) as n, typeof(min(id)) as t from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"m":90071992547410932,"n":4,"t":"BIGINT"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "ids past 64 bits",
        place: |place| plain(place, "id|v/12345678901234567890|1/12345678901234567891|2"),
        arguments: &["query", "select max(id) as m, count(distinct id) as n from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"m":"12345678901234567891","n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "ids past 2^53 in an OpenDocument sheet",
        place: |place| {
            let cell = |value: &str| {
                format!(
                    "<table-row><table-cell value-type=\"float\" value=\"{value}\"/><table-cell value-type=\"float\" value=\"1\"/></table-row>"
                )
            };
            let head = "<table-row><table-cell value-type=\"string\"><p>id</p></table-cell><table-cell value-type=\"string\"><p>v</p></table-cell></table-row>";
            let rows = format!("{head}{}{}", cell("90071992547410930"), cell("90071992547410931"));
            let content = format!(
                "<d><spreadsheet><table name=\"s\"><table-column visibility=\"collapse\"/>{rows}</table></spreadsheet></d>"
            );
            let mut archive = zip::ZipWriter::new(std::fs::File::create(place.join("w.ods")).expect("made"));
            let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
            for (name, text) in
                [("mimetype", "application/vnd.oasis.opendocument.spreadsheet"), ("content.xml", &content)]
            {
                archive.start_file(name, stored).expect("a member");
                std::io::Write::write_all(&mut archive, text.as_bytes()).expect("written");
            }
            archive.finish().expect("written");
        },
        arguments: &["query", "select max(id) as m, count(distinct id) as n from w.s", "w.ods"],
        code: 0,
        shown: &[r#"{"m":90071992547410931,"n":2}"#],
        said: &["hidden in the workbook, and read: the column `id`"],
    },
    Case {
        name: "a header on each page",
        place: |place| plain(place, "id|v|units/1|2|1/2|3|1/id|v|units/3|2|1/4|2|1/id|v|units/5|2|1"),
        arguments: SUM,
        code: 0,
        shown: &[r#"{"n":5,"s":5}"#],
        said: &["2 lines are the header once more and no rows (w.xlsx#s:4, w.xlsx#s:7)"],
    },
    Case {
        name: "cells merged over groups",
        place: |place| {
            let merges = "<mergeCells><mergeCell ref=\"A2:A4\"/><mergeCell ref=\"A5:A6\"/></mergeCells>";
            book(place, "Station|Serial|Units/ST1|a|1/|b|2/|c|3/ST2|d|4/|e|5", ("", merges), "");
        },
        arguments: &["query", "select station, sum(units) as s from w.s group by 1 order by 1", "w.xlsx"],
        code: 0,
        shown: &[r#"{"Station":"ST1","s":6}"#, r#"{"Station":"ST2","s":9}"#],
        said: &["2 merged cells hold for all of their rows and are filled down: the column `Station`"],
    },
    Case {
        name: "cells merged over one another",
        place: |place| {
            let merges = "<mergeCells><mergeCell ref=\"A2:A6\"/><mergeCell ref=\"A4:A6\"/></mergeCells>";
            book(place, "Station|Serial|Units/ST1|a|1/|b|2/ST2|c|3/|d|4/|e|5", ("", merges), "");
        },
        arguments: &["query", "select station, sum(units) as s from w.s group by 1 order by 1", "w.xlsx"],
        code: 0,
        shown: &[r#"{"Station":"ST1","s":3}"#, r#"{"Station":"ST2","s":12}"#],
        said: &[],
    },
    Case {
        name: "dates that are texts, of which day or month may be first",
        place: |place| plain(place, "d|v/03;01;2025|1/03;02;2025|2"),
        arguments: &["query", "select count(*) as n from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["`d` is text, since it is not told whether the day or the month comes first in `03/01/2025`"],
    },
    Case {
        name: "times of day of a workbook of 1904, midnight among them",
        place: |place| {
            book(place, "id|t/1|^2:0/2|^2:0.25/3|^2:0.5", ("", ""), "<workbookPr date1904=\"1\"/>");
        },
        arguments: &["query", "select typeof(min(t)) as k, min(t)::varchar as t from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"k":"TIME","t":"00:00:00"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "spans of a day and more under a format for times of day",
        place: |place| plain(place, "id|t/1|^2:0.5/2|^2:1.25/3|^2:1.5"),
        arguments: &["query", "select typeof(max(t)) as k, max(t)::varchar as t from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"k":"INTERVAL","t":"36:00:00"}"#],
        said: &["`t` has 24 hours and more beside times of day: read as spans of time"],
    },
    Case {
        name: "zeros that a format shows",
        place: |place| plain(place, "sn|v/^3:123|1/^3:45678|2"),
        arguments: &["query", "select sn from w.s where v = 1", "w.xlsx"],
        code: 0,
        shown: &[r#"{"sn":"00123"}"#],
        said: &["`sn` is text, since its cells show zeros that a number does not have, as in `00123`"],
    },
    Case {
        name: "rows and columns that are hidden",
        place: |place| {
            let columns = "<cols><col min=\"2\" max=\"2\" hidden=\"1\"/></cols>";
            book(place, "id|v|units/1|2|1/~2|3|1/~3|2|1", (columns, ""), "");
        },
        arguments: SUM,
        code: 0,
        shown: &[r#"{"n":3,"s":3}"#],
        said: &[
            "2 rows are hidden in the workbook, and read (w.xlsx#s:3, w.xlsx#s:4)",
            "hidden in the workbook, and read: the column `v`",
        ],
    },
    Case {
        name: "another table below",
        place: |place| plain(place, "id|v|units/1|2|1/2|3|1//Code|Text|Count/E1|fan|3"),
        arguments: &["query", "select count(*) as n from w.s", "w.xlsx"],
        code: 0,
        shown: &[r#"{"n":4}"#],
        said: &[
            "1 row after a gap reads like the header of another table: it and those below are rows of this one (w.xlsx#s:5)",
        ],
    },
    Case {
        name: "a header below wide rows, which is said to be there",
        place: |place| {
            plain(
                place,
                "Report:|Yield|Date:|2025-03-01/Line:|L3|Shift:/serial|station|units|ok/a|ST1|4|5/b|ST1|6|5/c|ST2|7|5",
            )
        },
        arguments: &[
            "query",
            "select count(*) as n, sum(units) as s from w.s",
            "w.xlsx",
            "--set",
            "sources.w.header=true",
        ],
        code: 0,
        shown: &[r#"{"n":3,"s":17}"#],
        said: &["rows 1 to 2 stand above the table and are not in it"],
    },
    Case {
        name: "a header that is said to be none",
        place: |place| plain(place, "a|b/x|1"),
        arguments: &[
            "query",
            "select count(*) as n, min(column1) as m from w.s",
            "w.xlsx",
            "--set",
            "sources.w.header=false",
        ],
        code: 0,
        shown: &[r#"{"n":2,"m":"a"}"#],
        said: &["no header row"],
    },
    Case {
        name: "days and times of day in two columns",
        place: |place| write(place, "t.csv", "Date,Time,Serial\n2025-03-01,08:07:00,A\n2025-03-02,09:07:00,B\n"),
        arguments: &["query", "select count(*) as n from t", "t.csv"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["`Date` has days and `Time` times of day: rows stand at the beginning of their day"],
    },
];

#[test]
fn sheets_as_people_make_them_give_their_rows_and_say_what_is_none() {
    hold(CASES);
}
