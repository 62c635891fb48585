//! The shape of a delimited file, told by its first lines: delimiter, header, names.

use super::record;
use crate::source::infer::{self, Guess, Reading};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shape {
    pub delimiter: u8,
    pub has_header: bool,
    pub names: Vec<String>,
    /// Bytes before the first row.
    pub body_start: usize,
    /// Nearly all lines have the same number of fields, and more than one.
    pub is_certain: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Shape { delimiter: b',', has_header: false, names: Vec::new(), body_start: 0, is_certain: false }
    }
}

/// Rows of fields.
type Rows = Vec<Vec<Vec<u8>>>;

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];
const LINES: usize = 200;

/// `None` for a text without a line.
pub fn shape(head: &[u8], said: Option<u8>) -> Option<Shape> {
    let candidates: Vec<u8> = said.map_or_else(|| DELIMITERS.to_vec(), |delimiter| vec![delimiter]);
    let rows = |delimiter: u8| {
        let mut rows: Rows = Vec::new();
        record::each(head, 0, delimiter, LINES, |record| rows.push(record.iter().map(|text| text.to_vec()).collect()));
        rows
    };
    let mut best: Option<(bool, usize, u8, Rows)> = None;
    for delimiter in candidates {
        let rows = rows(delimiter);
        let Some(first) = rows.first() else { continue };
        let same = rows.iter().filter(|row| row.len() == first.len()).count();
        let steady = first.len() > 1 && rows.len() > 1 && same * 100 >= rows.len() * 95;
        let better = best.as_ref().is_none_or(|(other, width, ..)| (steady, first.len()) > (*other, *width));
        if better {
            best = Some((steady, first.len(), delimiter, rows));
        }
    }
    let (is_certain, _, delimiter, rows) = best?;
    let has_header = has_header(&rows);
    let names = if has_header {
        rows[0].iter().enumerate().map(|(index, text)| column_name(index, text)).collect()
    } else {
        (0..rows[0].len()).map(|index| column_name(index, b"")).collect()
    };
    // Blank lines may stand before the header.
    let body_start = if has_header { record::end(head, record::first(head, delimiter), delimiter) } else { 0 };
    Some(Shape { delimiter, has_header, names, body_start, is_certain })
}

fn column_name(index: usize, text: &[u8]) -> String {
    let name = String::from_utf8_lossy(text);
    let name = name.trim().trim_matches('\u{feff}').replace('\0', "");
    if name.is_empty() { format!("column{}", index + 1) } else { name }
}

/// A first line is a header if none of its fields is a number or time, and either some column's other values are,
/// or its texts do not come again below.
pub fn has_header(rows: &[Vec<Vec<u8>>]) -> bool {
    let (first, rest) = (&rows[0], &rows[1..]);
    let is_value = |text: &[u8]| {
        let mut guess = Guess::default();
        guess.see(text);
        guess.reading("ts") != Reading::Text
    };
    if first.iter().any(|text| is_value(text)) || first.iter().all(|text| infer::is_null_word(text)) {
        return false;
    }
    let width = first.len();
    let typed = (0..width).any(|column| {
        let mut guess = Guess::default();
        rest.iter().filter_map(|row| row.get(column)).for_each(|text| guess.see(text));
        guess.reading("") != Reading::Text
    });
    let repeats = (0..width)
        .filter(|column| !first[*column].is_empty())
        .any(|column| rest.iter().any(|row| row.get(column) == Some(&first[column])));
    typed || !repeats
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (char, bool, Vec<String>) {
        let shape = shape(text.as_bytes(), None).expect("a shape");
        (char::from(shape.delimiter), shape.has_header, shape.names)
    }

    #[test]
    fn a_header_below_blank_lines_is_no_row() {
        for text in ["\n\nname,city\nAnn,Ulm\n", ",,\r\nname,city\nAnn,Ulm\n"] {
            let shape = shape(text.as_bytes(), None).expect("a shape");
            assert_eq!((shape.names.join(","), &text[shape.body_start..]), ("name,city".into(), "Ann,Ulm\n"));
        }
    }

    #[test]
    fn delimiters_and_headers_are_told() {
        insta::assert_debug_snapshot!(
            [
                told("ts,station,value\n2025-03-01,a,1\n2025-03-01,b,2\n"),
                told("Date;CO;;\n10/03/2004;2,6;;\n11/03/2004;2,0;;\n"),
                told("39, State-gov, 77516\n50, Self-emp, 83311\n"),
                told("name\tcity\nAnn\tUlm\n"),
                told("\"a,b\",c\n\"1,5\",2\n"),
            ],
            @r#"
        [
            (
                ',',
                true,
                [
                    "ts",
                    "station",
                    "value",
                ],
            ),
            (
                ';',
                true,
                [
                    "Date",
                    "CO",
                    "column3",
                    "column4",
                ],
            ),
            (
                ',',
                false,
                [
                    "column1",
                    "column2",
                    "column3",
                ],
            ),
            (
                '\t',
                true,
                [
                    "name",
                    "city",
                ],
            ),
            (
                ',',
                true,
                [
                    "a,b",
                    "c",
                ],
            ),
        ]
        "#
        );
    }
}
