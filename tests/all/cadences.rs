//! `rca missing` on tables whose rhythm is not simple: rows that waver, cadences that change, series that report together,
//! counters without a cadence, rows in any order; and what is expected or shared besides.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::kinds::shows;
use crate::rca::{folder, rows_in, run_in};

/// `YYYY-MM-DD HH:MM:SS.mmm` of a millisecond since the first of March 2025.
fn stamp(milli: u64) -> String {
    let (days, of_day) = (milli / 86_400_000, milli % 86_400_000);
    let (seconds, milli) = (of_day / 1000, of_day % 1000);
    format!("2025-03-{:02} {:02}:{:02}:{:02}.{milli:03}", days + 1, seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Numbers below `limit` that look random, the same everywhere.
fn dice(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |limit| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % limit
    }
}

/// The findings of these files, each with SQL that shows it.
fn missing(files: &[(&str, String)], flags: &[&str]) -> Vec<Value> {
    let place = folder();
    let names: Vec<String> = files.iter().map(|(name, _)| format!("{name}.csv")).collect();
    for ((_, text), name) in files.iter().zip(&names) {
        fs::write(place.path().join(name), text).expect("written");
    }
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let findings = rows_in(place.path(), &[&["missing"], &names[..], flags].concat());
    for finding in &findings {
        let sql = finding["sql"].as_str().expect("SQL");
        shows(finding, &rows_in(place.path(), &[&["query", sql], &names[..]].concat()));
    }
    findings
}

fn told(findings: &[Value]) -> Vec<(String, String, i64)> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_string();
    let one = |finding: &Value| {
        (text(finding, "kind"), text(finding, "series"), finding["missing"].as_i64().expect("a count"))
    };
    findings.iter().map(one).collect()
}

fn expected(findings: &[(&str, &str, i64)]) -> Vec<(String, String, i64)> {
    findings.iter().map(|(kind, series, missing)| ((*kind).into(), (*series).into(), *missing)).collect()
}

#[test]
fn rows_that_waver_by_a_third_have_gaps_all_the_same() {
    let mut dice = dice(3);
    let mut csv = String::from("ts,station,value\n");
    for n in 0..400_u64 {
        for station in ["A", "B"] {
            let wobble = dice(3_000);
            if station != "B" || !(200..212).contains(&n) {
                let _ = writeln!(csv, "{},{station},{}.{}", stamp(n * 10_000 + wobble), 20 + dice(9), dice(997));
            }
        }
    }
    assert_eq!(told(&missing(&[("t", csv)], &[])), expected(&[("time_gap", "station=B", 12)]));
}

#[test]
fn a_cadence_may_change_and_gaps_are_told_by_the_one_that_holds() {
    for (before, after) in [(10_000, 25_000), (25_000, 10_000), (30_000, 20_000), (20_000, 30_000)] {
        let mut csv = String::from("ts,value\n");
        let mut at = 0;
        for n in 0..300_u64 {
            at += if n < 137 { before } else { after };
            // Six rows are missing in each half.
            at += match n {
                50 => 6 * before,
                220 => 6 * after,
                _ => 0,
            };
            let _ = writeln!(csv, "{},{}.5", stamp(at), n * 7 % 31);
        }
        let found = missing(&[("t", csv)], &["--kind", "time_gap"]);
        assert_eq!(told(&found), expected(&[("time_gap", "", 6), ("time_gap", "", 6)]), "{before} to {after}");
    }
}

#[test]
fn series_that_report_at_the_same_times_or_in_turn_are_told_apart() {
    for phase in [0, 15_000] {
        let mut csv = String::from("ts,unit,lot,value\n");
        for n in 0..240_u64 {
            for unit in 0..2_u64 {
                // The lot changes with time: it makes no series.
                if unit == 0 || !(100..120).contains(&n) {
                    let _ = writeln!(csv, "{},U{unit},L{},{}.5", stamp(n * 30_000 + unit * phase), n / 80, n * 7 % 31);
                }
            }
        }
        assert_eq!(told(&missing(&[("t", csv)], &[])), expected(&[("time_gap", "unit=U1", 20)]), "phase {phase}");
    }
}

#[test]
fn a_counter_tells_losses_where_there_is_no_cadence() {
    let mut dice = dice(11);
    let (mut csv, mut at) = (String::from("ts,node,msg_no,value\n"), [0_u64; 3]);
    for n in 0..300_u64 {
        for (node, at) in at.iter_mut().enumerate() {
            *at += 1_000 + dice(90_000) * (1 + dice(3));
            if node != 1 || !(120..125).contains(&n) {
                let _ = writeln!(csv, "{},N{node},{},{}.5", stamp(*at), n + 7_000 * node as u64, n * 7 % 31);
            }
        }
    }
    let found = missing(&[("t", csv)], &["--kind", "sequence_gap,time_gap,duplicate"]);
    assert_eq!(told(&found), expected(&[("sequence_gap", "node=N1", 5)]));
}

#[test]
fn numbers_lost_while_a_counter_rolls_over_or_beside_blank_ones_are_counted_once() {
    let rolling = (0..600_u64).filter(|n| !(254..259).contains(n)).fold("ts,seq,value\n".to_string(), |text, n| {
        text + &format!("{},{},{}.5\n", stamp(n * 1_000), n % 256, n * 7 % 31)
    });
    assert_eq!(told(&missing(&[("t", rolling)], &[])), expected(&[("sequence_gap", "", 5)]));
    let blank = (0..200_u64).filter(|n| *n != 49).fold("ts,seq,value\n".to_string(), |text, n| {
        let number = if n == 50 || n % 40 == 7 { String::new() } else { n.to_string() };
        text + &format!("{},{number},{}.5\n", stamp(n * 1_000), n * 7 % 31)
    });
    let found = missing(&[("t", blank)], &["--kind", "sequence_gap,time_gap"]);
    assert_eq!(told(&found), expected(&[("sequence_gap", "", 1)]));
}

#[test]
fn rows_in_any_order_have_the_same_gaps() {
    let mut dice = dice(5);
    let mut lines: Vec<String> = Vec::new();
    for n in 0..300_u64 {
        for station in 0..4_u64 {
            let is_lost = station == 2 && (100..110).contains(&n) || station == 3 && n % 50 == 49;
            if !is_lost {
                lines.push(format!("{},S{station},{n},{}.{}", stamp(n * 30_000 + station * 7), n * 7 % 31, dice(99)));
            }
        }
    }
    let csv = |lines: &[String]| format!("ts,station,seq,value\n{}\n", lines.join("\n"));
    let in_order = missing(&[("t", csv(&lines))], &[]);
    assert_eq!(told(&in_order)[0], ("sequence_gap".to_string(), "station=S2".to_string(), 10));
    let mut by_series = lines.clone();
    by_series.sort_by_key(|line| line.split(',').nth(1).map(str::to_string));
    let mut shuffled = lines.clone();
    for at in (1..shuffled.len()).rev() {
        shuffled.swap(at, dice(at as u64 + 1) as usize);
    }
    for lines in [by_series, shuffled] {
        let found = missing(&[("t", csv(&lines))], &["--threads", "3"]);
        assert_eq!(found, in_order, "findings do not depend on the order of rows");
    }
}

#[test]
fn the_gateway_that_loses_rows_is_named() {
    let mut dice = dice(17);
    let mut csv = String::from("ts,station,gateway,seq,value\n");
    for n in 0..300_u64 {
        for station in 0..12_u64 {
            let gateway = station % 3;
            let is_lost = gateway == 1 && (100..160).contains(&n) && dice(5) == 0;
            if !is_lost {
                let at = stamp(n * 10_000 + station * 100);
                let _ = writeln!(csv, "{at},S{station:02},GW{gateway},{n},{}.5", n * 7 % 31);
            }
        }
    }
    let found = missing(&[("t", csv)], &[]);
    assert!(!found.is_empty() && found.iter().all(|finding| finding["kind"] == "sequence_gap"), "{found:#?}");
    for finding in found {
        let detail = finding["detail"].as_str().expect("text");
        assert!(detail.contains("in all 4 series of gateway GW1, and no other"), "{detail}");
    }
}

#[test]
fn times_that_stand_for_none_are_nulls_and_no_gap() {
    let csv = (0..200_u64).fold("ts,value\n".to_string(), |text, n| {
        let at = if n % 40 == 11 { "1970-01-01 00:00:00".into() } else { stamp(n * 30_000) };
        text + &format!("{at},{}.5\n", n * 7 % 31)
    });
    let found = missing(&[("t", csv)], &[]);
    let nulls = found.iter().find(|finding| finding["kind"] == "null_rate").expect("found");
    assert_eq!((nulls["column_name"].as_str(), nulls["missing"].as_i64()), (Some("ts"), Some(5)));
    assert!(nulls["detail"].as_str().expect("text").starts_with("the value '1970-01-01' stands for none"), "{nulls}");
    let gaps: i64 = found
        .iter()
        .filter(|finding| finding["kind"] == "time_gap")
        .map(|gap| gap["missing"].as_i64().unwrap_or(0))
        .sum();
    assert_eq!(gaps, 5, "their rows are missing where they belong: {found:#?}");
}

#[test]
fn rows_and_times_that_are_expected_are_asked_for() {
    let csv = (0..120_u64).fold("ts,station,value\n".to_string(), |text, n| {
        text + &format!("{},A,{}.5\n", stamp(3_600_000 + n * 30_000), n * 7 % 31)
    });
    let expect = r#"sources.t.expect=[["A"], ["B"], { series = ["A"], rows = 150 }, { series = ["A"], from = "2025-03-01 00:30", to = "2025-03-01 02:00" }]"#;
    let found = missing(&[("t", csv.clone())], &["--set", "sources.t.series=[\"station\"]", "--set", expect]);
    let all = [("time_gap", "station=A", 60), ("volume_drop", "station=A", 30), ("never_seen", "station=B", 1)];
    assert_eq!(told(&found), expected(&all), "{found:#?}");
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let output = run_in(place.path(), &["missing", "t.csv", "--set", "sources.t.expect=[{ row = 1 }]"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    let odd = run_in(place.path(), &["missing", "t.csv", "--set", "sources.t.expect=[\"A\"]"]);
    let odd = String::from_utf8(odd.stderr).expect("UTF-8");
    assert!(odd.contains("write the values of a series"), "{odd}");
    assert!(said.contains("unknown key `sources.t.expect.row`") && said.contains("did you mean `rows`"), "{said}");
}

#[test]
fn keys_of_several_columns_are_compared() {
    let mut failures = String::from("datetime,machineID,failure\n");
    let mut repairs = String::from("datetime,machineID,comp,cost\n");
    for n in 0..90_u64 {
        let (at, machine) = (stamp(n * 3_600_000 * 7), n % 13);
        let _ = writeln!(failures, "{at},{machine},c{}", n % 4);
        if !(20..24).contains(&n) {
            let _ = writeln!(repairs, "{at},{machine},c{},{}.5", n % 4, n % 7);
        }
        let _ = writeln!(repairs, "{},{machine},c{},{}.5", stamp(n * 3_600_000 * 7 + 1_800_000), n % 4, n % 7);
    }
    let files = [("failures", failures), ("repairs", repairs)];
    let found = missing(&files, &["--kind", "absent_key"]);
    assert_eq!(told(&found), expected(&[("absent_key", "", 4)]), "found by itself: {found:#?}");
    assert_eq!(found[0]["column_name"], "datetime, machineID");
    assert_eq!(found[0]["since"], "2025-03-06T20:00:00Z");
    let keys = "failures.datetime+machineID+failure=repairs.datetime+machineID+comp";
    let asked = missing(&files, &["--kind", "absent_key", "--keys", keys]);
    let numbers: Vec<_> =
        asked.iter().map(|finding| (finding["table_name"].as_str(), finding["missing"].as_i64())).collect();
    assert_eq!(numbers, [(Some("failures"), Some(90)), (Some("repairs"), Some(4))]);
}

#[test]
fn rows_that_lack_several_texts_are_counted_together() {
    let csv = (0..200_u64).fold("id,job,country,age\n".to_string(), |text, n| {
        let job = if n % 10 == 0 { "?" } else { "clerk" };
        let country = if n % 25 == 0 { "?" } else { "NL" };
        text + &format!("{n},{job},{country},{}\n", 20 + n % 50)
    });
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let output = run_in(place.path(), &["missing", "t.csv", "-f", "csv"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    // 20 and 8, of which 4 lack both.
    assert!(said.contains("t: 24 rows lack at least one of job, country"), "{said}");
}
