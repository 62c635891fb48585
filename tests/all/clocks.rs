//! Local times around the hours that clocks show twice or not at all: each is right, or it is said that it may not be.

use std::fmt::Write;

use crate::hostile::{rows, run, said, write};
use crate::rca::folder;

/// Changes of a clock as the IANA database has them: the zone, the instant in seconds since 1970, and the minutes east
/// of UTC before and after it.
const CHANGES: &[(&str, i64, i64, i64)] = &[
    // 2025-10-26T01:00Z and 2025-03-30T01:00Z.
    ("Europe/Berlin", 1_761_440_400, 120, 60),
    ("Europe/Berlin", 1_743_296_400, 60, 120),
    // 2025-11-02T06:00Z and 2025-03-09T07:00Z.
    ("America/New_York", 1_762_063_200, -240, -300),
    ("America/New_York", 1_741_503_600, -300, -240),
    // 2025-04-05T15:00Z and 2025-10-04T15:30Z: by half an hour.
    ("Australia/Lord_Howe", 1_743_865_200, 660, 630),
    ("Australia/Lord_Howe", 1_759_591_800, 630, 660),
];

fn shown(seconds: i64) -> String {
    let at = chrono::DateTime::from_timestamp(seconds, 0).expect("an instant");
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

#[test]
fn local_times_are_right_or_told_when_clocks_are_put() {
    for (zone, at, before, after) in CHANGES {
        let place = folder();
        let (mut csv, mut ndjson, mut log) = ("ts,utc\n".to_string(), String::new(), String::new());
        // Every minute, two hours before and behind it.
        let instants: Vec<i64> = (-120..120).map(|minute| at + 60 * minute).collect();
        for instant in &instants {
            let wall = shown(instant + 60 * if instant < at { before } else { after });
            writeln!(csv, "{wall},{instant}").expect("text");
            writeln!(ndjson, "{{\"ts\":\"{wall}\",\"utc\":\"{instant}\"}}").expect("text");
            writeln!(log, "{wall},000 INFO [main] a.B - {instant}").expect("text");
        }
        let twice =
            |instant: i64| before > after && (instant - at).abs() < 60 * (before - after) + i64::from(instant < *at);
        for (name, text, column) in [("t.csv", &csv, "utc"), ("t.ndjson", &ndjson, "utc"), ("t.log", &log, "message")] {
            write(place.path(), name, text);
            let sql = format!("select epoch(ts)::bigint as ts, {column}::bigint as utc from t");
            let output = run(place.path(), &["query", &sql, name, "--timezone", zone, "-f", "ndjson"]);
            let (rows, said) = (rows(&output), said(&output));
            assert_eq!(rows.len(), instants.len(), "{zone} {name}: {said}");
            let is_wrong = |row: &&serde_json::Value| row["ts"] != row["utc"];
            let wrong: Vec<i64> = rows.iter().filter(is_wrong).filter_map(|row| row["utc"].as_i64()).collect();
            assert!(wrong.iter().all(|instant| twice(*instant)), "{zone} {name}: {wrong:?}");
            // The order of a log's lines tells; rows of a table may be in any.
            assert!(name != "t.log" || wrong.is_empty(), "{zone} {name}: {wrong:?}");
            let doubled = instants.iter().filter(|instant| twice(**instant)).count();
            let told = format!("{doubled} times of `ts` were on the clock twice, as it was set back: ");
            assert_eq!(said.contains(&told), doubled > 0, "{zone} {name}: {doubled} in {said}");
            assert!(!said.contains("never on the clock"), "{zone} {name}: {said}");
        }
        if before < after {
            // The first minute that the clock skipped.
            let wall = shown(at + 60 * before);
            write(place.path(), "n.csv", format!("ts\n{wall}\n"));
            let sql = "select epoch(ts)::bigint as ts from n";
            let output = run(place.path(), &["query", sql, "n.csv", "--timezone", zone, "-f", "ndjson"]);
            assert_eq!(rows(&output)[0]["ts"], *at, "{zone}");
            let told =
                "1 time of `ts` was never on the clock, as it was set forward: taken as if it had not been (n.csv:2)";
            assert!(said(&output).contains(told), "{zone}: {}", said(&output));
        }
    }
}

#[test]
fn a_gap_that_daylight_saving_makes_is_told_as_one() {
    // Every minute from noon to noon in Berlin.
    let day = |from: i64, change: i64, before: i64, after: i64| {
        (0..1_440).fold("ts,v\n".to_string(), |mut text, minute| {
            let instant = from + 60 * minute;
            let wall = shown(instant + 60 * if instant < change { before } else { after });
            writeln!(text, "{wall},{}.5", minute * minute % 997).expect("text");
            text
        })
    };
    let place = folder();
    write(place.path(), "spring.csv", day(1_743_296_400 - 13 * 3_600, 1_743_296_400, 60, 120));
    write(place.path(), "autumn.csv", day(1_761_440_400 - 13 * 3_600, 1_761_440_400, 120, 60));
    for (name, zone, kinds, told) in [
        ("spring.csv", "UTC", vec!["time_gap"], ""),
        (
            "spring.csv",
            "",
            vec!["time_gap"],
            "hour that clocks showed never as daylight saving changed, in Europe/Berlin",
        ),
        ("spring.csv", "Europe/Berlin", vec![], ""),
        ("autumn.csv", "", vec!["late"], "hour that clocks showed twice as daylight saving changed, in Europe/Berlin"),
        (
            "autumn.csv",
            "Europe/Berlin",
            vec!["late"],
            "the gap at 2025-10-26T00:59:00Z is an hour that the clock showed twice",
        ),
    ] {
        let mut arguments = vec!["missing", name, "-f", "ndjson"];
        arguments.extend([zone].iter().filter(|zone| !zone.is_empty()).flat_map(|zone| ["--timezone", zone]));
        let output = run(place.path(), &arguments);
        let found: Vec<String> =
            rows(&output).iter().map(|row| row["kind"].as_str().unwrap_or_default().into()).collect();
        let said = said(&output);
        assert_eq!(found, kinds, "{name} {zone}: {said}");
        assert!(said.contains(told), "{name} {zone}: {said}");
        assert_eq!(said.contains("daylight saving"), !told.is_empty(), "{name} {zone}: {said}");
    }
    // Three rows lost beside it, and thirty other gaps.
    let spring = std::fs::read_to_string(place.path().join("spring.csv")).expect("read");
    let is_lost = |minute: usize| (750..753).contains(&minute) || minute < 700 && minute % 20 < 3;
    let lacking = spring.lines().enumerate().filter(|(minute, _)| *minute == 0 || !is_lost(minute - 1));
    write(place.path(), "lacking.csv", lacking.map(|(_, line)| format!("{line}\n")).collect::<String>());
    let output = run(place.path(), &["missing", "lacking.csv", "-f", "ndjson"]);
    let said = said(&output);
    assert!(
        said.contains("the gap of 60 rows at 2025-03-30T01:59:00Z may be the hour that clocks showed never"),
        "{said}"
    );
}
