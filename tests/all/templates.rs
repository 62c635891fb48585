//! `rca templates`: each message has one template, whatever the order of the lines, the files and the threads.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::rca::{folder, rows_in};

/// Forty minutes of a service's log, of five kinds of messages.
fn lines() -> Vec<String> {
    let users = ["ann", "bob", "eve", "mallory", "trent", "walter"];
    (0..600_usize)
        .map(|n| {
            let (level, message) = match n % 5 {
                0 => ("INFO", format!("connection from 10.0.{}.{}:{} accepted", n % 7, n % 251, 1024 + n)),
                1 => ("INFO", format!("user {} logged in after {} ms", users[n % 6], n * 7 % 900)),
                2 => ("WARN", format!("queue is {} % full", n % 100)),
                3 => ("ERROR", format!("cannot write \"/data/part-{n:04}.bin\": No space left on device")),
                _ => ("INFO", format!("job {:08x}-{:04x} done", n * 7_919, n % 65_536)),
            };
            format!("2025-03-01 08:{:02}:{:02},000 {level} [main] Service - {message}", n / 15, n % 15 * 4)
        })
        .collect()
}

fn templates(files: &[(&str, Vec<String>)], flags: &[&str]) -> Vec<Value> {
    let place = folder();
    fs::create_dir(place.path().join("logs")).expect("made");
    for (name, lines) in files {
        fs::write(place.path().join("logs").join(name), lines.join("\n") + "\n").expect("written");
    }
    rows_in(place.path(), &[&["templates", "logs"], flags].concat())
}

fn told(rows: &[Value]) -> BTreeMap<String, (i64, String, String)> {
    let text = |row: &Value, key: &str| row[key].as_str().expect("text").to_string();
    let one = |row: &Value| {
        let count = row["count"].as_i64().expect("a count");
        (text(row, "template"), (count, text(row, "level"), text(row, "template_id")))
    };
    rows.iter().map(one).collect()
}

#[test]
fn what_varies_is_a_parameter_and_all_messages_are_counted() {
    let rows = templates(&[("service.log", lines())], &[]);
    let found: Vec<(String, i64, String)> =
        told(&rows).into_iter().map(|(template, (count, level, _))| (template, count, level)).collect();
    let expected = [
        ("cannot write \"/data/<*>\": No space left on device", "error"),
        ("connection from <*> accepted", "info"),
        ("job <*> done", "info"),
        ("queue is <*> full", "warn"),
        ("user <*> logged in after <*>", "info"),
    ];
    let expected: Vec<_> = expected.map(|(template, level)| (template.to_string(), 120, level.to_string())).into();
    assert_eq!(found, expected);
    assert_eq!(rows[0]["share"].as_f64(), Some(0.2));
    assert_eq!(rows[0]["first"].as_str().map(|at| &at[..16]), Some("2025-03-01T08:00"));
}

#[test]
fn order_files_and_threads_change_nothing() {
    let whole = templates(&[("service.log", lines())], &[]);
    let (mut first, mut second) = (lines(), Vec::new());
    second.extend(first.split_off(217));
    let parts = [("a.log", second), ("b.log", first)];
    for threads in ["1", "2", "7"] {
        let divided = templates(&parts, &["--threads", threads]);
        assert_eq!(told(&divided), told(&whole), "with {threads} threads");
    }
}

#[test]
fn each_message_has_a_row_with_its_origin() {
    let whole = told(&templates(&[("service.log", lines())], &[]));
    let rows = templates(&[("service.log", lines())], &["--rows"]);
    assert_eq!(rows.len(), 600);
    let mut counts: BTreeMap<String, i64> = BTreeMap::new();
    for row in &rows {
        *counts.entry(row["template_id"].as_str().expect("text").to_string()).or_default() += 1;
    }
    let expected: BTreeMap<String, i64> = whole.into_values().map(|(count, _, id)| (id, count)).collect();
    assert_eq!(counts, expected);
    assert_eq!(
        (rows[3]["origin"].as_str(), rows[3]["template"].as_str()),
        (Some("logs/service.log:4"), Some("cannot write \"/data/<*>\": No space left on device"))
    );
}
