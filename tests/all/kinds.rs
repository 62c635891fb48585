//! Every kind of finding, planted alone in clean data with exact figures, and nothing found where nothing is missing.

use std::fmt::Write;

use serde_json::Value;

use crate::rca::{folder, rows_in};

/// A sample of a telemetry file: series, sequence number, seconds since the start, value.
type Sample = (&'static str, i64, i64, String);

/// Two series of 240 rows, one every 30 seconds, values that change with each.
fn clean() -> Vec<Sample> {
    (0..240).flat_map(|n| ["a", "b"].map(|series| (series, n, n * 30, format!("{}.5", 20 + (n * 7) % 31)))).collect()
}

fn file(samples: &[Sample]) -> tempfile::TempDir {
    let mut text = String::from("ts,sensor,seq,value\n");
    for (series, seq, second, value) in samples {
        let (hour, minute) = (8 + second / 3600, second / 60 % 60);
        writeln!(text, "2025-03-01T{hour:02}:{minute:02}:{:02}Z,{series},{seq},{value}", second % 60).expect("text");
    }
    let place = folder();
    std::fs::write(place.path().join("t.csv"), text).expect("written");
    place
}

fn found(samples: &[Sample], flags: &[&str]) -> Vec<Value> {
    let place = file(samples);
    let findings = rows_in(place.path(), &[&["missing", "t.csv"], flags].concat());
    for finding in &findings {
        let sql = finding["sql"].as_str().expect("SQL");
        shows(finding, &rows_in(place.path(), &["query", sql, "t.csv"]));
    }
    findings
}

/// The rows that the SQL of a finding brings are as many as it says, or add up to it.
pub fn shows(finding: &Value, rows: &[Value]) {
    let number = |key: &str| finding[key].as_i64().expect("a count");
    let summed = || rows.iter().filter_map(|row| row["missing"].as_f64()).sum::<f64>() as i64;
    let (shown, said) = match finding["kind"].as_str().expect("a kind") {
        "time_gap" | "sequence_gap" | "ended" | "volume_drop" => (summed(), number("missing")),
        "never_seen" => (rows[0]["rows"].as_i64().expect("a count"), number("observed")),
        "duplicate" => (rows.len() as i64, number("observed") - number("expected")),
        "late" => {
            let detail = finding["detail"].as_str().expect("text");
            (rows.len() as i64, detail.split(' ').next().and_then(|count| count.parse().ok()).expect("a count"))
        }
        _ => (rows.len() as i64, number("missing")),
    };
    assert_eq!(shown, said, "{finding:#}");
}

/// The one finding, as kind, series, missing and since.
fn only(samples: &[Sample], flags: &[&str]) -> (String, String, i64, String) {
    let findings = found(samples, flags);
    let [finding] = findings.as_slice() else { panic!("one finding: {findings:?}") };
    let text = |key: &str| finding[key].as_str().unwrap_or_default().to_string();
    (text("kind"), text("series"), finding["missing"].as_i64().expect("a count"), text("since"))
}

fn expected(kind: &str, series: &str, missing: i64, since: &str) -> (String, String, i64, String) {
    (kind.into(), series.into(), missing, since.into())
}

#[test]
fn nothing_is_missing_from_clean_data() {
    assert_eq!(found(&clean(), &[]), Vec::<Value>::new());
}

#[test]
fn jitter_is_no_gap() {
    let samples: Vec<Sample> =
        clean().into_iter().map(|(s, n, at, value)| (s, n, at + i64::from(n % 5 == 0), value)).collect();
    assert_eq!(found(&samples, &[]), Vec::<Value>::new());
}

#[test]
fn a_silence_is_a_time_gap() {
    // Sequence numbers go on: the rows after the silence are numbered as if there was none.
    let samples: Vec<Sample> = clean()
        .into_iter()
        .filter(|(s, n, ..)| *s != "a" || *n < 228)
        .map(|(s, n, at, v)| (s, n, if s == "a" && n >= 100 { at + 360 } else { at }, v))
        .collect();
    assert_eq!(only(&samples, &[]), expected("time_gap", "sensor=a", 12, "2025-03-01T08:49:30Z"));
}

#[test]
fn lost_packets_are_a_sequence_gap_and_not_a_time_gap_too() {
    let samples: Vec<Sample> = clean().into_iter().filter(|(s, n, ..)| *s != "b" || !(50..57).contains(n)).collect();
    assert_eq!(only(&samples, &[]), expected("sequence_gap", "sensor=b", 7, "2025-03-01T08:24:30Z"));
}

#[test]
fn a_counter_that_begins_anew_lost_nothing() {
    let samples: Vec<Sample> = clean().into_iter().map(|(s, n, at, v)| (s, n % 150, at, v)).collect();
    assert_eq!(found(&samples, &["--kind", "sequence_gap,time_gap"]), Vec::<Value>::new());
}

#[test]
fn rows_that_came_twice_are_duplicates() {
    let mut samples = clean();
    let again: Vec<Sample> = samples.iter().filter(|(s, n, ..)| *s == "a" && (10..13).contains(n)).cloned().collect();
    samples.splice(40..40, again);
    let findings = found(&samples, &["--kind", "duplicate"]);
    assert_eq!(findings.len(), 1);
    assert_eq!((findings[0]["observed"].as_i64(), findings[0]["expected"].as_i64()), (Some(243), Some(240)));
}

#[test]
fn rows_behind_a_later_one_are_late() {
    let mut samples = clean();
    let late = samples.remove(100);
    samples.insert(140, late);
    let findings = found(&samples, &["--kind", "late"]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0]["detail"], "1 row behind a later one, by up to 10m");
}

#[test]
fn a_stuck_sensor_is_a_flatline() {
    let samples: Vec<Sample> = clean()
        .into_iter()
        .map(|(s, n, at, v)| (s, n, at, if s == "a" && (60..100).contains(&n) { "42".into() } else { v }))
        .collect();
    assert_eq!(only(&samples, &["--series", "sensor"]), expected("flatline", "sensor=a", 40, "2025-03-01T08:30:00Z"));
}

#[test]
fn a_series_that_stops_early_ended() {
    let samples: Vec<Sample> = clean().into_iter().filter(|(s, n, ..)| *s != "a" || *n < 200).collect();
    assert_eq!(only(&samples, &[]), expected("ended", "sensor=a", 40, "2025-03-01T09:39:30Z"));
}

#[test]
fn a_series_that_was_expected_and_never_came_is_named() {
    let set = ["--set", "sources.t.series=[\"sensor\"]", "--set", "sources.t.expect=[[\"a\"],[\"c\"]]"];
    assert_eq!(only(&clean(), &set), expected("never_seen", "sensor=c", 1, ""));
}

#[test]
fn sentinels_and_nulls_are_counted() {
    let samples: Vec<Sample> = clean()
        .into_iter()
        .map(|(s, n, at, v)| {
            (
                s,
                n,
                at,
                match n {
                    0..=9 => "-200".into(),
                    10..=14 => String::new(),
                    _ => v,
                },
            )
        })
        .collect();
    let findings = found(&samples, &["--kind", "null_rate"]);
    let counted: Vec<(i64, &str)> = findings
        .iter()
        .map(|row| (row["missing"].as_i64().expect("a count"), row["detail"].as_str().expect("text")))
        .collect();
    assert_eq!(
        counted,
        [
            (20, "the value '-200' stands for none; up to 2025-03-01T08:04:30Z in 100.0 % of the rows, after in none"),
            (10, "null; from 2025-03-01T08:05:00Z to 2025-03-01T08:07:00Z in 100.0 % of the rows, else in none")
        ]
    );
}

#[test]
fn an_hour_with_few_rows_of_a_log_is_a_drop() {
    let mut log = String::new();
    for minute in 0..24 * 60 {
        let rows = if (600..660).contains(&minute) { 1 } else { 10 + minute % 3 };
        for row in 0..rows {
            writeln!(
                log,
                "2025-03-01 {:02}:{:02}:{:02},000 INFO  [main] a.B - tick",
                minute / 60,
                minute % 60,
                (row * row * 31 + minute * row * 7 + minute) % 60
            )
            .expect("text");
        }
    }
    let place = folder();
    std::fs::write(place.path().join("a.log"), log).expect("written");
    let findings = rows_in(place.path(), &["missing", "a.log", "--kind", "volume_drop"]);
    for finding in &findings {
        let sql = finding["sql"].as_str().expect("SQL");
        shows(finding, &rows_in(place.path(), &["query", sql, "a.log"]));
    }
    let [drop] = findings.as_slice() else { panic!("one drop: {findings:?}") };
    assert_eq!((&drop["since"], &drop["until"]), (&"2025-03-01T10:00:00Z".into(), &"2025-03-01T11:00:00Z".into()));
    assert_eq!(drop["observed"], 60);
}

/// Faults of a table of test results: code, message and how often.
fn faults(results: &[(&str, &str, usize)]) -> Vec<(String, String, i64)> {
    let mut text = String::from("ts,serial,result,error_code,message\n");
    let mut number = 0;
    for (code, message, count) in results {
        for _ in 0..*count {
            number += 1;
            let result = if code.is_empty() && message.is_empty() { "PASS" } else { "FAIL" };
            writeln!(
                text,
                "2025-03-01T08:00:{:02}Z,S{number},{result},{code},{}",
                number % 60,
                message.replace('#', &number.to_string())
            )
            .expect("text");
        }
    }
    let place = folder();
    std::fs::write(place.path().join("t.csv"), text).expect("written");
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_string();
    let found = rows_in(place.path(), &["errors", "--audit", "t.csv"]);
    found.iter().map(|row| (text(row, "fault"), text(row, "code"), row["count"].as_i64().expect("a count"))).collect()
}

#[test]
fn codes_that_mean_one_thing_each_have_no_fault() {
    assert_eq!(faults(&[("E1", "fan # stalled", 20), ("E2", "disk # is full", 15), ("", "", 100)]), []);
}

#[test]
fn a_code_of_two_meanings_is_overloaded_and_one_of_many_is_a_catch_all() {
    let two = faults(&[("E1", "fan # stalled", 20), ("E1", "battery at # volts", 15), ("E2", "disk # is full", 15)]);
    assert_eq!(two, [("overloaded".into(), "E1".into(), 35)]);
    let many = faults(&[
        ("E9", "fan # stalled", 9),
        ("E9", "battery at # volts", 8),
        ("E9", "lid is open", 7),
        ("E9", "no network on #", 7),
        ("E2", "disk # is full", 15),
    ]);
    assert_eq!(many, [("catch_all".into(), "E9".into(), 31)]);
}

#[test]
fn one_message_under_two_codes_is_a_synonym() {
    let found =
        faults(&[("E1", "fan # stalled badly", 20), ("E7", "fan # stalled badly", 11), ("E2", "disk # is full", 15)]);
    assert_eq!(found, [("synonym".into(), "E1, E7".into(), 31)]);
}

#[test]
fn a_failure_without_a_code_is_unclassified() {
    assert_eq!(
        faults(&[("E1", "fan # stalled", 20), ("", "aborted at step #", 4)]),
        [("unclassified".into(), String::new(), 4)]
    );
}

#[test]
fn a_counter_that_runs_on_longer_after_it_began_anew_lost_only_what_it_lost() {
    let mut number = 0;
    let seq: Vec<i64> =
        (1..=100).filter(|n| !(41..=45).contains(n)).chain((1..=200).filter(|n| !(150..160).contains(n))).collect();
    let samples: Vec<Sample> = seq
        .into_iter()
        .map(|seq| {
            number += 1;
            ("a", seq, number * 30, format!("{}.5", 20 + (number * 7) % 31))
        })
        .collect();
    let findings = found(&samples, &["--kind", "sequence_gap,duplicate"]);
    let missing: i64 = findings.iter().map(|row| row["missing"].as_i64().expect("a count")).sum();
    assert_eq!(missing, 15, "{findings:?}");
    assert!(findings.iter().all(|row| row["kind"] == "sequence_gap"), "{findings:?}");
}

#[test]
fn a_flat_line_is_judged_by_the_series_that_were_found() {
    let samples: Vec<Sample> = clean()
        .into_iter()
        .map(|(s, n, at, v)| (s, n, at, if s == "a" && (60..100).contains(&n) { "42".into() } else { v }))
        .collect();
    assert_eq!(only(&samples, &["--kind", "flatline"]), expected("flatline", "sensor=a", 40, "2025-03-01T08:30:00Z"));
}

#[test]
fn the_sql_of_a_fault_asks_what_the_audit_asked() {
    let mut text = String::from("ts,unit,result,error_code,message\n");
    for n in 0..40 {
        let (message, code) = if n % 4 == 0 {
            ("aborted", "")
        } else if n % 2 == 0 {
            ("fan stalled", "E1")
        } else {
            ("lid open", "E1")
        };
        writeln!(text, "2025-03-01T0{}:00:{:02}Z,u{},FAIL,{code},{message}", n / 10, n, n % 2).expect("text");
    }
    let place = folder();
    std::fs::write(place.path().join("t.csv"), text).expect("written");
    for flags in [&["--from", "2025-03-01 02:00:00"][..], &["--where", "unit = 'u0'"], &[]] {
        for fault in rows_in(place.path(), &[&["errors", "--audit", "t.csv"], flags].concat()) {
            let shown = rows_in(place.path(), &["query", fault["sql"].as_str().expect("SQL"), "t.csv"]);
            let counted = match shown.first() {
                Some(row) if row.get("count").is_some() => shown.iter().filter_map(|row| row["count"].as_i64()).sum(),
                _ => i64::try_from(shown.len()).expect("a count"),
            };
            assert_eq!(Some(counted), fault["count"].as_i64(), "{flags:?} {fault}");
        }
    }
}
