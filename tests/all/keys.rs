//! Keys: of several columns as they are and not as one text, and rows that have none.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn notes(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, arguments).stderr).expect("text")
}

/// The status and the detail of the only check.
fn checked(place: &Path, check: &str, sources: &[&str]) -> (String, String) {
    fs::write(place.join("checks.toml"), format!("[[checks]]\nname = \"it\"\n{check}\n")).expect("written");
    let output = run_in(place, &[&["check", "--file", "checks.toml", "-f", "ndjson", "-q"], sources].concat());
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a row");
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_string();
    (text("status"), text("detail"))
}

#[test]
fn keys_of_several_columns_are_not_run_together() {
    let place = place(&[
        ("a.csv", "x,y,v\na b,c,1\np,q,2\n\"s, t\",u,3\n\"say \"\"n\"\"\",o,4\n"),
        ("b.csv", "x,y,w\na,b c,1\np,q,2\ns,\"t, u\",3\n\"say \"\"n\"\"\",o,4\n"),
    ]);
    let found = rows_in(place.path(), &["missing", "a.csv", "b.csv", "--keys", "a.x+y=b.x+y"]);
    let absent: Vec<_> = found.iter().filter(|row| row["kind"] == "absent_key").collect();
    assert_eq!(absent.len(), 2, "{found:?}");
    for row in absent {
        assert_eq!((row["expected"].as_i64(), row["missing"].as_i64()), (Some(4), Some(2)), "{row}");
        let sql = row["sql"].as_str().expect("SQL");
        assert_eq!(rows_in(place.path(), &["query", sql, "a.csv", "b.csv"]).len(), 2, "{sql}");
    }
    let (status, detail) = checked(place.path(), "keys = \"a.x+y=b.x+y\"", &["a.csv", "b.csv"]);
    assert_eq!(status, "fail", "{detail}");
    assert!(detail.starts_with("2 of 4 are absent in b"), "{detail}");
}

#[test]
fn rows_without_a_key_are_said() {
    let place = place(&[
        ("a.csv", "x,y,v\na,,1\np,q,2\nz,,1\n"),
        ("b.csv", "x,y,w\na,,1\np,q,2\n"),
        ("k.csv", "k,v\nA,1\n,3\nB,4\n"),
    ]);
    let said = notes(place.path(), &["missing", "a.csv", "b.csv", "--keys", "a.x+y=b.x+y"]);
    assert!(said.contains("a: 2 of 3 rows have no whole key (x, y) and cannot be compared"), "{said}");
    assert!(said.contains("b: 1 of 2 rows has no whole key (x, y) and cannot be compared"), "{said}");
    let sources = ["a.csv", "b.csv", "k.csv"];
    let (status, detail) = checked(place.path(), "keys = \"a.x+y=b.x+y\"", &sources);
    assert_eq!(status, "pass", "{detail}");
    assert!(detail.ends_with("; a: 2 of 3 rows have no whole key (x, y) and cannot be compared"), "{detail}");
    let (status, detail) = checked(place.path(), "table = \"a\"\nunique = [\"x\", \"y\"]", &sources);
    assert_eq!(
        (status.as_str(), detail.split_once("; ").map(|both| both.1)),
        ("pass", Some("2 of 3 rows have no whole key (x, y)"))
    );
    let (_, detail) = checked(place.path(), "table = \"k\"\nunique = [\"k\"]", &sources);
    assert!(detail.ends_with("; 1 of 3 rows has no k"), "{detail}");
    let (_, detail) = checked(place.path(), "table = \"k\"\nunique = [\"v\"]", &sources);
    assert!(!detail.contains(';'), "{detail}");
}

#[test]
fn tables_may_be_called_as_the_sides_of_a_comparison() {
    let rows = |from: usize| (from..from + 20).fold("serial,v\n".to_string(), |csv, n| csv + &format!("S{n},1\n"));
    let place = place(&[("l.csv", &rows(0)), ("r.csv", &rows(2))]);
    let found = rows_in(place.path(), &["missing", "l.csv", "r.csv"]);
    let absent: Vec<_> = found.iter().filter(|row| row["kind"] == "absent_key").collect();
    assert_eq!(absent.iter().filter(|row| row["missing"] == 2).count(), 2, "{found:?}");
}
