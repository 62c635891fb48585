//! Evidence that misleads whoever looks for what is missing: rows without a time or with an infinite one, levels that look
//! like series, counters that roll over in an outage, windows that begin in one; and notes of what was not looked for.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

/// `2025-03-01T…Z` plus so many seconds.
fn stamp(second: u64) -> String {
    let (day, of_day) = (second / 86_400 + 1, second % 86_400);
    format!("2025-03-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn write(place: &Path, name: &str, header: &str, lines: impl Iterator<Item = String>) {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    fs::write(place.join(name), text).expect("written");
}

fn missing(place: &Path, more: &[&str]) -> Vec<Value> {
    rows_in(place, &[&["missing"], more].concat())
}

/// What is said on standard error.
fn said(place: &Path, more: &[&str]) -> String {
    let output = run_in(place, &[&["missing", "-f", "csv"], more].concat());
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    said
}

fn told(rows: &[Value]) -> Vec<(&str, i64)> {
    rows.iter().map(|row| (row["kind"].as_str().expect("a kind"), row["missing"].as_i64().expect("a count"))).collect()
}

/// The rows that a finding's SQL shows.
fn shown(place: &Path, finding: &Value, files: &[&str]) -> Vec<Value> {
    rows_in(place, &[&["query", finding["sql"].as_str().expect("SQL")], files].concat())
}

fn sum(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|row| row["missing"].as_f64()).sum::<f64>() as i64
}

#[test]
fn a_cadence_is_the_step_that_nearly_all_are() {
    let place = folder();
    // Noon in Berlin, on either side of the end of March.
    let line = |n: u64| {
        let (month, day) = if n < 31 { (3, n + 1) } else { (4, n - 30) };
        format!("2025-{month:02}-{day:02} 12:00:00,{}.5", n * 7 % 11)
    };
    write(place.path(), "d.csv", "ts,v", (0..60).map(line));
    let notes = said(place.path(), &["d.csv", "--timezone", "Europe/Berlin"]);
    assert!(notes.contains("60 rows, cadence 1d as found, no gap over 1d12h"), "{notes}");
}
