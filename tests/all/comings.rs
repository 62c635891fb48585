//! What comes back, and what came and went: states that look like stuck sensors, nulls of some days, fields of some formats,
//! days without a row. What is missing is told, and what is not is no finding.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

/// `2025-03-01T…Z` plus so many minutes.
fn stamp(minute: u64) -> String {
    format!("2025-03-{:02}T{:02}:{:02}:00Z", minute / 1_440 + 1, minute / 60 % 24, minute % 60)
}

fn write(place: &Path, name: &str, header: &str, lines: impl Iterator<Item = String>) {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    fs::write(place.join(name), text).expect("written");
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_string()
}

/// Kind, series, since and how many.
fn told(rows: &[Value]) -> Vec<(String, String, String, i64)> {
    let one = |row: &Value| {
        (text(row, "kind"), text(row, "series"), text(row, "since"), row["missing"].as_i64().expect("a count"))
    };
    rows.iter().map(one).collect()
}

fn one(kind: &str, series: &str, since: &str, missing: i64) -> (String, String, String, i64) {
    (kind.into(), series.into(), since.into(), missing)
}

/// What is said on standard error.
fn said(place: &Path, arguments: &[&str]) -> String {
    let output = run_in(place, &[arguments, &["-f", "csv"]].concat());
    String::from_utf8(output.stderr).expect("UTF-8")
}

/// What checks come to, whether they hold or not.
fn held(place: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = run_in(place, &[&["check"], arguments, &["-f", "ndjson", "-q"]].concat());
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// Three pumps, a row every five minutes for so many days, that stand from 22 to 6 o'clock; P3 is stuck from a minute on
/// for so many rows.
fn pumps(place: &Path, days: u64, stuck: Option<(u64, u64)>) {
    let rows = (0..days * 288).flat_map(|n| (1..4).map(move |pump| (n, pump)));
    let line = |(n, pump): (u64, u64)| {
        let (minute, hour) = (n * 5, n / 12 % 24);
        let is_stuck = pump == 3 && stuck.is_some_and(|(since, rows)| (since..since + rows * 5).contains(&minute));
        let flow = match hour {
            _ if is_stuck => "30.25".into(),
            6..22 => format!("{}.{}", 28 + (n * 7 + pump) % 5, n * 13 % 10),
            _ => "0".into(),
        };
        format!("{},P{pump},{flow}", stamp(minute))
    };
    write(place, "pumps.csv", "ts,pump,flow", rows.map(line));
}

#[test]
fn what_stands_every_night_is_no_flat_line_and_hides_none() {
    let place = folder();
    for days in [2, 3, 9] {
        pumps(place.path(), days, None);
        assert_eq!(told(&rows_in(place.path(), &["missing", "pumps.csv"])), [], "{days} days");
        let said = said(place.path(), &["missing", "pumps.csv"]);
        let note = "pumps: values that come back for long are states and no flat lines: flow 0 in 3 series";
        assert!(said.contains(note), "{said}");
        let stuck = if days == 2 { 600 } else { 3_480 };
        pumps(place.path(), days, Some((stuck, 60)));
        let found = rows_in(place.path(), &["missing", "pumps.csv"]);
        assert_eq!(told(&found), [one("flatline", "pump=P3", &stamp(stuck), 60)], "{days} days");
        assert_eq!(rows_in(place.path(), &["query", &text(&found[0], "sql"), "pumps.csv"]).len(), 60);
    }
}

#[test]
fn a_flat_line_is_no_finding_where_another_column_says_that_the_machine_stands() {
    let place = folder();
    let of = |state: fn(u64) -> &'static str| {
        let line = |(n, asset): (u64, u64)| {
            let is_stopped = asset == 1 && (300..400).contains(&n);
            let rpm = match n {
                _ if is_stopped => "0".into(),
                500..560 if asset == 2 => "12.005".into(),
                _ => format!("{}.{}", 11 + (n * 7 + asset) % 5, n * 13 % 100),
            };
            format!("{},T{asset},{},{rpm}", stamp(n), if asset == 1 { state(n) } else { "RUN" })
        };
        let rows = (0..800).flat_map(|n| (1..4).map(move |asset| (n, asset)));
        write(place.path(), "scada.csv", "ts,asset,state,rpm", rows.map(line));
        told(&rows_in(place.path(), &["missing", "scada.csv"]))
    };
    let stuck = one("flatline", "asset=T2", &stamp(500), 60);
    let stopped = one("flatline", "asset=T1", &stamp(300), 100);
    // It runs out for some minutes.
    assert_eq!(of(|n| if (295..400).contains(&n) { "STOP" } else { "RUN" }), std::slice::from_ref(&stuck));
    let note = "scada: flat lines that another column explains are no finding: rpm 0 100 times in a row of asset=T1 from \
                2025-03-01T05:00:00Z to 2025-03-01T06:39:00Z, where state = STOP";
    let said = said(place.path(), &["missing", "scada.csv"]);
    assert!(said.contains(note), "{said}");
    // What stays, what is in many other rows, and what is not in all.
    let both = [stopped, stuck];
    assert_eq!(of(|n| if n >= 300 { "v2" } else { "v1" }), both);
    assert_eq!(of(|n| if (200..400).contains(&n) { "STOP" } else { "RUN" }), both);
    assert_eq!(of(|n| if (300..390).contains(&n) { "STOP" } else { "RUN" }), both);
}

#[test]
fn nulls_and_sentinels_of_some_time_are_told_from_the_first_to_the_last() {
    let place = folder();
    for (none, is) in
        [("", "null"), ("-999", "the value '-999' stands for none"), ("3276.7", "the value '3276.7' stands for none")]
    {
        let line = |(n, asset): (u64, u64)| {
            let is_none = asset == 2 && (1_000..1_100).contains(&n) && n % 5 != 3;
            let value = if is_none { none.to_string() } else { format!("{}.5", 50 + (n * 7 + asset) % 9) };
            format!("{},T{asset},{value},{}.25", stamp(n), n * 3 % 17)
        };
        let rows = (0..4_000).flat_map(|n| (1..5).map(move |asset| (n, asset)));
        write(place.path(), "t.csv", "ts,asset,temp,other", rows.map(line));
        let found = rows_in(place.path(), &["missing", "t.csv"]);
        assert_eq!(told(&found), [one("null_rate", "asset=T2", &stamp(1_000), 80)], "{none}");
        let counts = ["expected", "observed"].map(|key| found[0][key].as_i64());
        assert_eq!((counts, text(&found[0], "until")), ([Some(100), Some(20)], stamp(1_099)), "{none}");
        let wanted = format!(
            "{is}; from {} to {} in 80.0 % of the rows of asset=T2, else in none; depends on asset=T2: 2.0 % there",
            stamp(1_000),
            stamp(1_099)
        );
        assert!(text(&found[0], "detail").starts_with(&wanted), "{}", found[0]);
        // They are the same ones to an earlier answer that knew of no series.
        let mut earlier = found.clone();
        for key in ["series", "since", "until"] {
            earlier[0][key] = Value::Null;
        }
        fs::write(place.path().join("old.json"), Value::Array(earlier).to_string()).expect("written");
        let checked = held(place.path(), &["--against", "old.json", "t.csv"]);
        assert_eq!(checked.iter().map(|row| text(row, "status")).collect::<Vec<_>>(), ["still"], "{checked:?}");
    }
}

#[test]
fn a_number_far_from_all_others_that_a_machine_has_is_none_that_stands_for_none() {
    let place = folder();
    let line = |n: u64| {
        let slow = if n % 40 == 7 { 30_000 } else { 80 + n * 7 % 400 };
        let rpm = if n % 300 < 30 { 0 } else { 1_490 + n * 7 % 20 };
        format!("{},{slow},{slow}.5,{rpm},{rpm}.0", stamp(n))
    };
    write(place.path(), "t.csv", "ts,took,took_ms,rpm,speed", (0..2_000).map(line));
    assert_eq!(told(&rows_in(place.path(), &["missing", "t.csv", "--kind", "null_rate"])), []);
}

#[test]
fn a_field_that_the_format_of_a_file_does_not_have_is_not_missing_there() {
    let place = folder();
    fs::create_dir(place.path().join("logs")).expect("a directory");
    let at = |n: u64| stamp(n / 10).replace(":00Z", &format!(":{:02}Z", n % 10 * 6));
    let json = |name: &str, lacks: fn(u64) -> bool| {
        let line = |n: u64| {
            let id = if lacks(n) { String::new() } else { format!(",\"request_id\":\"r{n}\"") };
            format!(
                "{{\"ts\":\"{}\",\"level\":\"info\",\"msg\":\"request {n} is done\",\"attempt\":{}{id}}}\n",
                at(n),
                n % 4
            )
        };
        fs::write(place.path().join("logs").join(name), (0..600).map(line).collect::<String>()).expect("written");
    };
    let klog = |n: u64| format!("I0301 {}.000000 {:>7} notify.go:{}] sent {n}\n", &at(n)[11..19], 1, 10 + n % 50);
    fs::write(place.path().join("logs/notify.log"), (0..600).map(klog).collect::<String>()).expect("written");
    let ask = ["missing", "logs", "--kind", "null_rate"];
    json("edge.json", |_| false);
    json("front.json", |_| false);
    let found = rows_in(place.path(), &ask);
    assert_eq!(told(&found), [], "{found:#?}");
    let said = said(place.path(), &ask);
    assert!(
        said.contains("logs: fields that only some of its files have, in each of their lines, are no finding: "),
        "{said}"
    );
    // In some lines of a file that has it, and in all of one that is else as such a file.
    for (name, lacks, missing, where_) in [
        ("edge.json", (|n| n % 10 == 3) as fn(u64) -> bool, 60, "null in 60 of 600 lines of logs/edge.json"),
        ("pay.json", |_| true, 600, "null in 600 of 600 lines of logs/pay.json"),
    ] {
        json("edge.json", |_| false);
        json(name, lacks);
        let found = rows_in(place.path(), &ask);
        let ids: Vec<&Value> = found.iter().filter(|row| row["column_name"] == "request_id").collect();
        let [only] = ids.as_slice() else { panic!("one finding: {found:#?}") };
        assert_eq!((only["missing"].as_i64(), found.len()), (Some(missing), 1), "{found:#?}");
        assert!(text(only, "detail").starts_with(where_), "{only}");
        assert_eq!(rows_in(place.path(), &["query", &text(only, "sql"), "logs"]).len() as i64, missing);
    }
}

/// Sales of 21 days, of which one is missing and another has all rows twice; and how many rows that one has.
fn sales(place: &Path) -> i64 {
    let (mut at, mut rows) = (0, Vec::new());
    for n in 0.. {
        at += 20 + n * n * 7919 % 331;
        let (day, copies) = (at / 86_400, if at / 86_400 == 15 { 2 } else { 1 });
        if day > 20 {
            break;
        }
        let second = format!(":{:02}Z", at % 60);
        let line = format!("{},O{n},{}.5", stamp(at / 60).replace(":00Z", &second), n * n * 7919 % 1009);
        rows.extend(std::iter::repeat_n(line, if day == 9 { 0 } else { copies }));
    }
    let twice = rows.windows(2).filter(|two| two[0] == two[1]).count();
    write(place, "sales.csv", "sold_at,order_id,price", rows.into_iter());
    twice as i64
}

#[test]
fn a_day_without_a_row_is_missing_whatever_cadence_is_said() {
    let place = folder();
    sales(place.path());
    let kinds = |more: &[&str]| {
        let found = rows_in(place.path(), &[&["missing", "sales.csv"], more].concat());
        found.iter().map(|row| (text(row, "kind"), text(row, "since")[..10].to_string())).collect::<Vec<_>>()
    };
    let wanted =
        |first: &str| [(first.to_string(), "2025-03-09".to_string()), ("duplicate".into(), "2025-03-16".into())];
    assert_eq!(kinds(&["--every", "1d"]), wanted("volume_drop"));
    let said = said(place.path(), &["missing", "sales.csv", "--every", "1d"]);
    assert!(said.contains("cadence 1d as said") && !said.contains("no gap over"), "{said}");
    // A silence that is a gap by what was said is told once.
    assert_eq!(kinds(&["--every", "1h", "--kind", "time_gap,volume_drop"])[0].0, "time_gap");
    assert_eq!(kinds(&["--every", "1h", "--kind", "volume_drop"]).len(), 1);
    let both = kinds(&["--every", "1h"]);
    assert!(!both.iter().any(|(kind, _)| kind == "volume_drop"), "{both:?}");
    let checks = "[[checks]]\ntable = 'sales'\ngaps = 0\nkinds = ['volume_drop']\n";
    fs::write(place.path().join("rca.toml"), format!("{checks}[sources.sales]\npath = 'sales.csv'\nevery = '1d'\n"))
        .expect("written");
    let checked = held(place.path(), &[]);
    assert_eq!(checked.iter().map(|row| text(row, "status")).collect::<Vec<_>>(), ["fail"], "{checked:?}");
}

#[test]
fn what_is_there_twice_is_not_said_to_be_missing() {
    let place = folder();
    let copies = sales(place.path());
    let found = rows_in(place.path(), &["missing", "sales.csv", "--kind", "duplicate"]);
    let twice = found[0]["observed"].as_i64().zip(found[0]["expected"].as_i64()).map(|(all, due)| all - due);
    assert_eq!(twice, Some(copies));
    let of = |rows: &[Value]| {
        let row = rows.iter().find(|row| text(row, "detail").contains("duplicate")).expect("a check");
        (text(row, "expected"), text(row, "observed"))
    };
    let wanted = ("0 rows too many".to_string(), format!("{copies} rows too many"));
    assert_eq!(of(&held(place.path(), &["--from-findings", "sales.csv"])), wanted);
    let checks = "[[checks]]\ntable = 'sales'\ngaps = 0\nkinds = ['duplicate']\n\
                  [[checks]]\ntable = 'sales'\ngaps = 3\nkinds = ['duplicate', 'volume_drop']\n";
    fs::write(place.path().join("checks.toml"), checks).expect("written");
    let checked = held(place.path(), &["--file", "checks.toml", "sales.csv"]);
    assert_eq!(of(&checked), wanted);
    assert_eq!(text(&checked[1], "expected"), "at most 3 missing or rows too many");
    assert!(text(&checked[1], "observed").ends_with(&format!(" missing, {copies} rows too many")), "{}", checked[1]);
}

#[test]
fn keys_of_several_columns_of_which_none_is_missing_were_compared() {
    let place = folder();
    let rows = || (0..400_u64).flat_map(|n| (0..3).map(move |device| (n, device)));
    let write = |name: &str, header: &str, kept: fn(u64, u64) -> bool| {
        let line =
            |(n, device): (u64, u64)| kept(n, device).then(|| format!("{},D{device},{}.5", stamp(n), n * 7 % 31));
        write(place.path(), name, header, rows().filter_map(line));
    };
    write("features.csv", "ts,device,temp", |_, _| true);
    write("scored.csv", "ts,device,score", |_, _| true);
    let note = |pair: &str| {
        let said = said(place.path(), &["missing", "features.csv", "scored.csv"]);
        assert!(said.contains(&format!("keys compared: {pair}\n")), "{said}");
    };
    note("features.ts+device=scored.ts+device");
    write("scored.csv", "ts,device,score", |n, device| n % 40 != 7 || device != 1);
    note("features.ts+device=scored.ts+device");
    write("scored.csv", "ts,device,score", |_, _| true);
    write("features.csv", "ts,device,temp", |n, device| n % 40 != 7 || device != 1);
    note("scored.ts+device=features.ts+device");
}
