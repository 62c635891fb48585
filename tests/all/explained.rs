//! What `rca explain` and `slices` look at and in which order they tell it: machines by their names, a value that is all
//! that is bad, what is said of bad rows alone, tables that were written later, and what --bad asks for itself.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

fn write(place: &Path, name: &str, csv: &str) {
    fs::write(place.join(name), csv).expect("written");
}

/// What is said on standard error.
fn said(place: &Path, arguments: &[&str]) -> String {
    let output = run_in(place, &[arguments, &["-f", "csv"]].concat());
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "rca {arguments:?}: {said}");
    said
}

fn explanations(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["explanation"].as_str().expect("a text")).collect()
}

/// Whole numbers that look random.
fn dice(at: u64, below: u64) -> u64 {
    let mut z = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33) % below
}

/// `2025-03-…Z`, a minute each.
fn stamp(minute: u64) -> String {
    format!("2025-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60)
}

/// The SQL of each explanation counts what it says.
fn is_shown(place: &Path, found: &[Value], sources: &[&str]) {
    for one in found {
        let shown = rows_in(place, &[&["query", one["sql"].as_str().expect("SQL")], sources].concat());
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{one}");
    }
}

#[test]
fn a_machine_explains_whatever_its_column_is_called() {
    for name in ["station", "device", "machine", "unit", "host", "node", "device_id", "serial"] {
        let place = folder();
        for (file, prefix) in [("texts.csv", "K"), ("numbers.csv", "")] {
            let mut csv = format!("ts,{name},value\n");
            for at in 0..3000 {
                let (machine, is_bad) = (at % 6, at % 6 == 4 && at % 5 == 0);
                let value = if is_bad { "-999".into() } else { format!("{}.5", 40 + dice(at, 20)) };
                writeln!(csv, "{},{prefix}{machine},{value}", stamp(at)).expect("text");
            }
            write(place.path(), file, &csv);
            let found = rows_in(place.path(), &["explain", file, "--bad", "value = -999"]);
            assert_eq!(explanations(&found), [format!("{name} = {prefix}4")], "{file}");
            is_shown(place.path(), &found, &[file]);
            let by = rows_in(place.path(), &["explain", file, "--bad", "value = -999", "--by", name]);
            assert_eq!(explanations(&by), explanations(&found));
        }
    }
}

#[test]
fn names_of_single_things_are_left_out_with_the_reason_and_looked_at_when_asked_for() {
    let place = folder();
    let mut csv = String::from("serial,result\n");
    (0..600).for_each(|at| {
        let result = if at / 3 == 50 || dice(at, 100) < 4 { "FAIL" } else { "PASS" };
        writeln!(csv, "SN{},{result}", at / 3).expect("text");
    });
    write(place.path(), "tests.csv", &csv);
    let asked = ["explain", "tests.csv", "--bad", "result = 'FAIL'", "--min-support", "0.01"];
    assert!(rows_in(place.path(), &asked).is_empty());
    let notes = said(place.path(), &asked);
    assert!(notes.contains("left out, since few rows have the same one: serial"), "{notes}");
    let by = [&asked[..], &["--by", "serial,result"]].concat();
    let notes = said(place.path(), &by);
    assert!(!notes.contains("left out"), "{notes}");
    assert!(explanations(&rows_in(place.path(), &by)).contains(&"result = FAIL"));
}

#[test]
fn a_model_is_worse_on_a_machine() {
    for name in ["rig", "device", "host", "unit"] {
        let place = folder();
        let mut csv = format!("ts,{name},label,prediction\n");
        for at in 0..3000 {
            let (machine, label) = (dice(at, 5), dice(at + 1_000_000, 2));
            let odds = if machine == 4 { 30 } else { 5 };
            let said = if dice(at + 2_000_000, 100) < odds { 1 - label } else { label };
            writeln!(csv, "{},D{machine},{label},{said}", stamp(at)).expect("text");
        }
        write(place.path(), "p.csv", &csv);
        let found = rows_in(place.path(), &["slices", "p.csv"]);
        let slices: Vec<&Value> = found[1..].iter().map(|row| &row["slice"]).collect();
        assert_eq!(slices, [&Value::from(format!("{name} = D4"))]);
    }
}

/// Versions by device, of which some have the new one from a day on; `fault` says whether its rows are bad.
fn versions(fault: impl Fn(u64, bool) -> bool) -> String {
    let mut csv = String::from("ts,station,fw,temp,volt\n");
    for at in 0..4000 {
        let is_new = at >= 1440 && at % 5 < 2;
        let temp = if fault(at, is_new) { String::new() } else { format!("{}.5", 30 + dice(at, 9)) };
        // A voltage is low where the temperature is none.
        let volt = if temp.is_empty() { 3.0 } else { 4.5 } + dice(at + 77, 1000) as f64 / 1000.0;
        let fw = if is_new { "v2" } else { "v1" };
        writeln!(csv, "{},S{},{fw},{temp},{volt}", stamp(at), at % 5).expect("text");
    }
    csv
}

#[test]
fn what_is_all_that_is_bad_is_told_first_and_the_rest_is_looked_at() {
    let place = folder();
    write(place.path(), "all.csv", &versions(|_, is_new| is_new));
    write(place.path(), "but_one.csv", &versions(|at, is_new| is_new && at != 2000));
    let found = rows_in(place.path(), &["explain", "all.csv", "--bad", "temp is null"]);
    let told = explanations(&found);
    assert!(told[0] == "fw = v2" && told[1].starts_with("volt < 4.5"), "{told:?}");
    assert!(told.contains(&"station = S1"), "{told:?}");
    for exact in &found[..2] {
        assert_eq!((exact["support"].as_f64(), exact["good"].as_i64()), (Some(1.0), Some(0)), "{exact}");
    }
    is_shown(place.path(), &found, &["all.csv"]);
    let notes = said(place.path(), &["explain", "all.csv", "--bad", "temp is null"]);
    assert!(notes.contains("the best explanation, fw = v2, holds of all of them and of no other row"), "{notes}");
    assert!(notes.contains("of the rest the best, station = S1, covers"), "{notes}");
    let found = rows_in(place.path(), &["explain", "but_one.csv", "--bad", "temp is null", "--by", "station,fw"]);
    assert_eq!(explanations(&found)[0], "fw = v2");
    // The report answers with the same.
    let report = run_in(place.path(), &["report", "all.csv", "--bad", "temp is null", "-f", "markdown"]);
    let report = String::from_utf8(report.stdout).expect("UTF-8");
    assert!(report.contains("the best explanation, fw = v2, holds of all of them"), "{report}");
}

#[test]
fn the_score_of_a_prediction_explains_no_prediction() {
    let place = folder();
    let mut csv = String::from("id,site,score,predicted\n");
    for at in 0..2000 {
        let (site, base) = (dice(at, 4), dice(at + 500, 1000));
        let score = if site == 2 { base / 2 } else { 300 + base * 7 / 10 };
        writeln!(csv, "{at},S{site},0.{score:03},{}", u8::from(score >= 500)).expect("text");
    }
    write(place.path(), "p.csv", &csv);
    let asked = ["explain", "p.csv", "--bad", "predicted = 0"];
    assert_eq!(explanations(&rows_in(place.path(), &asked)), ["site = S2"]);
    let notes = said(place.path(), &asked);
    assert!(notes.contains("left out, since they are what a model said: score"), "{notes}");
}

#[test]
fn what_is_said_of_bad_rows_alone_hides_no_cause() {
    // One code or several, none of good rows or one that says so.
    for (codes, good) in [(1, ""), (3, ""), (3, "OK")] {
        let place = folder();
        let mut csv = String::from("serial,lot,result,error_code\n");
        for at in 0..4000 {
            let lot = at / 400;
            let fails = dice(at, 100) < if lot == 4 { 20 } else { 3 };
            let (result, code) =
                if fails { ("FAIL", format!("E{}", 7 + at % codes)) } else { ("PASS", good.to_string()) };
            writeln!(csv, "SN{at},L{lot},{result},{code}").expect("text");
        }
        write(place.path(), "tests.csv", &csv);
        let asked = ["explain", "tests.csv", "--bad", "result = 'FAIL'"];
        let found = rows_in(place.path(), &asked);
        let told = explanations(&found);
        assert!(told[0] == "lot = L4" && told.len() == 1 + codes as usize, "{told:?}");
        assert!(told[1..].iter().all(|text| text.starts_with("error_code = E")), "{told:?}");
        is_shown(place.path(), &found, &["tests.csv"]);
        let notes = said(place.path(), &asked);
        assert!(notes.contains("of bad rows alone") && notes.contains("the best explanation, lot = L4"), "{notes}");
    }
}

/// Tests of units, of which those that fail are repaired; a lot fails more often.
fn repaired(place: &Path, time: impl Fn(u64) -> u64) {
    let (mut tests, mut repairs) = (String::from("ts,serial,lot,result\n"), String::from("id,serial,at,action\n"));
    let mut number = 0;
    for at in 0..4000_u64 {
        let lot = dice(at + 9_000, 8);
        let fails = dice(at, 100) < if lot == 3 { 25 } else { 3 };
        writeln!(tests, "{},SN{},L{lot},{}", stamp(at), at / 2, if fails { "FAIL" } else { "PASS" }).expect("text");
        if fails {
            number += 1;
            let action = ["reseat", "reflash", "swap"][dice(at + 5, 3) as usize];
            writeln!(repairs, "{number},SN{},{},{action}", at / 2, stamp(time(at))).expect("text");
        }
    }
    write(place, "tests.csv", &tests);
    write(place, "repairs.csv", &repairs);
}

#[test]
fn what_came_of_a_failure_does_not_explain_it() {
    let place = folder();
    repaired(place.path(), |at| at + 30);
    let asked = ["explain", "tests.csv", "repairs.csv", "--table", "tests", "--bad", "result = 'FAIL'"];
    assert_eq!(explanations(&rows_in(place.path(), &asked)), ["lot = L3"]);
    let notes = said(place.path(), &asked);
    assert!(notes.contains("later than the bad ones") && notes.contains("`repairs`"), "{notes}");
    let by = [&asked[..], &["--by", "repairs.action"]].concat();
    assert!(explanations(&rows_in(place.path(), &by)).iter().all(|text| text.starts_with("repairs.action")));
    // What was there before is looked at, but for the number of its row.
    let place = folder();
    repaired(place.path(), |at| at.saturating_sub(30));
    let notes = said(place.path(), &asked);
    assert!(!notes.contains("later than the bad ones"), "{notes}");
    assert!(notes.contains("left out, since they only number the rows of their table: `repairs.id`"), "{notes}");
    assert!(explanations(&rows_in(place.path(), &asked)).iter().all(|text| !text.contains("repairs.id")));
}

#[test]
fn a_finding_of_the_column_that_was_asked_for_is_no_explanation() {
    let place = folder();
    let mut lines = String::new();
    for at in 0..2000 {
        let (level, code, message) = match (dice(at, 20), at % 2) {
            (0, 0) => ("ERROR", "E42", format!("fan stalled on bay {at}")),
            (0, _) => ("ERROR", "E42", format!("psu undervoltage {} mV", 900 + at)),
            (1, _) => ("ERROR", "E7", format!("door open for {at} s")),
            _ => ("INFO", "", format!("cycle done in {} s", dice(at, 60))),
        };
        let ts = stamp(at);
        writeln!(lines, r#"{{"ts":"{ts}","level":"{level}","code":"{code}","message":"{message}"}}"#).expect("text");
    }
    write(place.path(), "station.jsonl", &lines);
    let asked = ["explain", "station.jsonl", "--bad", "code = 'E42'"];
    let found = rows_in(place.path(), &asked);
    assert_eq!(explanations(&found), ["level = error"], "{found:?}");
    let notes = said(place.path(), &asked);
    assert!(notes.contains("left out, since they are of what --bad speaks of: `code E42: overloaded`"), "{notes}");
    // Asked of another column it is told.
    let found = rows_in(place.path(), &["explain", "station.jsonl", "--bad", "message like '%stalled%'"]);
    assert!(explanations(&found).iter().any(|text| text.contains("E42")), "{found:?}");
}
