//! What is read is what an independent reader reads of the same bytes: the `csv` crate whatever the delimiter, quotes,
//! line ends and header, and `serde_json` whatever stands in an object and however objects follow each other.

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::{Rows, both_ways, own};
use crate::source::{csv, json};

/// A text that tells no type and is no missing value, so that a column of it is text.
fn word() -> impl Strategy<Value = String> {
    prop_oneof!["w[a-z]{0,6}", "w[a-z,;|\t\"\n ]{0,10}", "w\\PC{0,5}"]
}

fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        (-999..999_i64).prop_map(|number| number.to_string())
    ]
}

/// A value of an object's key: what serde_json and Python call one.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("JSON has it", |number| number.is_finite()).prop_map(Value::from),
        "[a-z\"\\\\{}\\[\\],:/\n\u{0}é🙂 ]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-c\"{é]{0,3}", inner, 0..4)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: super::cases(96), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_delimiter_is_found_and_divides_as_another_reader_does(
        records in prop::collection::vec((number(), word(), word()), 2..30),
        delimiter in prop::sample::select(b",;\t|".to_vec()),
        crlf in any::<bool>(),
        has_header in any::<bool>(),
        style in prop::sample::select(vec![::csv::QuoteStyle::Necessary, ::csv::QuoteStyle::Always, ::csv::QuoteStyle::NonNumeric]),
    ) {
        let end = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
        let mut writer = ::csv::WriterBuilder::new().delimiter(delimiter).terminator(end).quote_style(style).from_writer(Vec::new());
        if has_header {
            writer.write_record(["count", "alpha", "beta"]).expect("written");
        }
        for (number, alpha, beta) in &records {
            writer.write_record([number, alpha, beta]).expect("written");
        }
        let bytes = writer.into_inner().expect("written");
        let mut reader = ::csv::ReaderBuilder::new().delimiter(delimiter).has_headers(has_header).from_reader(bytes.as_slice());
        let expected: Rows = reader.records().map(|record| record.expect("read").iter().map(|text| Some(text.to_string())).collect()).collect();
        // The others are text of themselves.
        let (rows, report) = both_ways_undelimited(&bytes).expect("a table");
        prop_assert_eq!(own(&rows), expected);
        prop_assert_eq!(report, 0);
    }

    #[test]
    fn objects_hold_what_another_reader_finds_in_them(
        records in prop::collection::vec(prop::collection::btree_map("[a-d]", value(), 1..4), 1..12),
        form in 0..4,
    ) {
        let objects: Vec<Value> = records.into_iter().map(|pairs| Value::Object(Map::from_iter(pairs))).collect();
        let each = |pretty: bool| objects.iter().map(move |object| if pretty { format!("{object:#}") } else { object.to_string() });
        let text = match form {
            0 => each(false).collect::<Vec<_>>().join("\n"),
            1 => Value::from(objects.clone()).to_string(),
            2 => format!("{:#}\n", Value::from(objects.clone())),
            _ => each(true).collect::<Vec<_>>().join("\n"),
        };
        let (rows, report) = both_ways(&json::READER, text.as_bytes(), &["a", "b", "c", "d"]).expect("a table");
        prop_assert_eq!(report.lost(), 0, "{}", text);
        // Both read the same digits: a number may not be the one that was written to the last bit.
        let mut objects: Vec<Value> = objects.iter().map(|object| serde_json::from_str(&object.to_string()).expect("JSON")).collect();
        // A document that is one list of objects has those as its rows.
        if let ([sole], true) = (objects.as_slice(), matches!(form, 0 | 3)) && let Some(rows) = listed(sole) {
            objects = rows;
        }
        // Columns come in the order in which their keys do.
        let mut keys: Vec<&String> = Vec::new();
        for key in objects.iter().flat_map(|object| object.as_object().expect("an object").keys()) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        prop_assert_eq!(rows.len(), objects.len());
        for (row, object) in own(&rows).iter().zip(&objects) {
            for (cell, key) in row.iter().zip(&keys) {
                let meant = object.get(key.as_str()).unwrap_or(&Value::Null);
                let read = match (cell, meant) {
                    (Some(text), Value::String(_)) => Value::from(text.as_str()),
                    (Some(text), _) => serde_json::from_str(text).expect("JSON"),
                    (None, _) => Value::Null,
                };
                prop_assert_eq!(&read, meant, "{} in {}", key, text);
            }
        }
    }
}

/// The objects of the list that is all of an object, if any has a key.
fn listed(object: &Value) -> Option<Vec<Value>> {
    let pairs = object.as_object().filter(|pairs| pairs.len() == 1)?;
    let rows = pairs.values().next()?.as_array()?;
    let has_keys = |row: &Value| row.as_object().is_some_and(|pairs| !pairs.is_empty());
    (rows.iter().all(Value::is_object) && rows.iter().any(has_keys)).then(|| rows.clone())
}

/// As [`both_ways`] with the delimiter left to be found; the rows, and how many values were lost.
fn both_ways_undelimited(bytes: &[u8]) -> Option<(Rows, u64)> {
    let (rows, report) = super::both_ways_by(&csv::BY_NAME, bytes, &["alpha", "beta", "column2", "column3"], None)?;
    Some((rows, report.lost()))
}
