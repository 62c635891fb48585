//! `rca missing` tells series from states that a machine is in, and judges no order that is not one of arrival.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::kinds::shows;
use crate::rca::{folder, rows_in, run_in};

/// Of a millisecond since the first of March 2025, a Saturday.
fn stamp(milli: u64) -> String {
    let (days, of_day) = (milli / 86_400_000, milli % 86_400_000);
    let (seconds, milli) = (of_day / 1000, of_day % 1000);
    format!("2025-03-{:02}T{:02}:{:02}:{:02}.{milli:03}Z", days + 1, seconds / 3600, seconds / 60 % 60, seconds % 60)
}

fn missing(place: &Path, arguments: &[&str]) -> Vec<Value> {
    let findings = rows_in(place, &[&["missing"], arguments].concat());
    for finding in &findings {
        shows(finding, &rows_in(place, &["query", finding["sql"].as_str().expect("SQL"), arguments[0]]));
    }
    findings
}

/// `time_gap pump=p1 40`
fn told(findings: &[Value]) -> Vec<String> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_string();
    let one = |finding: &Value| {
        format!(
            "{} {} {}",
            text(finding, "kind"),
            text(finding, "series"),
            finding["missing"].as_i64().expect("a count")
        )
    };
    findings.iter().map(one).collect()
}

fn said(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, &[&["missing"], arguments].concat()).stderr).expect("UTF-8")
}

/// A table with a row every `every` seconds: the columns behind its value, and what they hold in each row.
struct Table {
    every: u64,
    columns: &'static str,
    row: fn(u64) -> String,
    /// How it is divided.
    by: &'static str,
}

const TABLES: [Table; 8] = [
    Table { every: 30, columns: "running", row: |n| u64::from(n % 500 < 400).to_string(), by: "" },
    Table {
        every: 30,
        columns: "mode",
        row: |n| ["heat", "hold", "cool", "idle"][n as usize / 200 % 4].into(),
        by: "",
    },
    Table { every: 60, columns: "shift", row: |n| (n / 480 % 3 + 1).to_string(), by: "" },
    Table { every: 30, columns: "fault", row: |n| u64::from((1000..1040).contains(&n)).to_string(), by: "" },
    Table {
        every: 10,
        columns: "machine,program",
        row: |n| format!("M{},P{}", n % 3, (n / 600 + n % 3) % 4),
        by: " by machine ",
    },
    Table {
        every: 30,
        columns: "station,running",
        row: |n| format!("S{},{}", n % 2, u64::from(n % 500 < 400)),
        by: " by station ",
    },
    Table { every: 10, columns: "device", row: |n| (1000 + n % 5).to_string(), by: " by device " },
    // One of the sensors is replaced by another.
    Table {
        every: 15,
        columns: "sensor",
        row: |n| if n % 4 == 2 && n > 1500 { "s9".into() } else { format!("s{}", n % 4) },
        by: " by sensor ",
    },
];

#[test]
fn a_state_is_no_series_and_nothing_is_missing_when_it_changes() {
    let place = folder();
    for table in TABLES {
        let mut csv = format!("ts,value,{}\n", table.columns);
        for n in 0..3000 {
            let _ = writeln!(csv, "{},{}.5,{}", stamp(n * table.every * 1000), 20 + n * 7919 % 97, (table.row)(n));
        }
        fs::write(place.path().join("t.csv"), csv).expect("written");
        let mut found = missing(place.path(), &["t.csv"]);
        found.retain(|finding| finding["kind"] != "ended");
        assert_eq!(found, Vec::<Value>::new(), "{}", table.columns);
        let notes = said(place.path(), &["t.csv"]);
        assert_eq!(notes.contains(" series by "), !table.by.is_empty(), "{}: {notes}", table.columns);
        assert!(notes.contains(table.by), "{}: {notes}", table.columns);
    }
}

#[test]
fn series_stay_series_when_rows_are_lost_and_states_change() {
    // Three pumps at the same instants, of which one is silent for a while; what they do changes slowly.
    let mut csv = String::from("ts,pump,state,flow\n");
    for n in 0..1000_u64 {
        for pump in 0..3 {
            if pump != 1 || !(500..540).contains(&n) {
                let state = ["off", "on"][(n / 130 + pump) as usize % 2];
                let _ = writeln!(csv, "{},p{pump},{state},{}.5", stamp(n * 60_000), (n * 7 + pump) % 89);
            }
        }
    }
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    assert_eq!(told(&missing(place.path(), &["t.csv"])), ["time_gap pump=p1 40"]);
}

#[test]
fn pauses_are_those_of_the_series_that_have_them() {
    // Three stations from 6 to 22 h and one day and night, each ten minutes, three weeks.
    let place = folder();
    let write = |name: &str, days: u64, lost: std::ops::Range<u64>| {
        let mut csv = String::from("ts,station\n");
        for n in 0..days * 144 {
            let works = (36..132).contains(&(n % 144));
            for station in (0..4).filter(|station| *station == 3 && !lost.contains(&n) || *station < 3 && works) {
                let _ = writeln!(csv, "{},s{station}", stamp(n * 600_000));
            }
        }
        fs::write(place.path().join(name), csv).expect("written");
    };
    // What is lost in a pause of the others is missing.
    write("night.csv", 21, 9 * 144 + 132..10 * 144 + 36);
    assert_eq!(told(&missing(place.path(), &["night.csv"])), ["time_gap station=s3 48"]);
    // No row is due in a pause at the end, and those are that are due before it.
    write("whole.csv", 21, 0..0);
    assert_eq!(told(&missing(place.path(), &["whole.csv"])), Vec::<String>::new());
    assert!(said(place.path(), &["whole.csv"]).contains(", no gap over 15m but for pauses"));
    let whole = fs::read_to_string(place.path().join("whole.csv")).expect("read");
    let is_there = |line: &&str| !line.ends_with("s1") || *line < "2025-03-21T16";
    let csv: String = whole.lines().filter(is_there).map(|line| format!("{line}\n")).collect();
    fs::write(place.path().join("ended.csv"), csv).expect("written");
    assert_eq!(told(&missing(place.path(), &["ended.csv"])), ["ended station=s1 36"]);
    let found = missing(place.path(), &["ended.csv", "--kind", "ended"]);
    let detail = found[0]["detail"].as_str().expect("a text");
    assert!(detail.contains("with one due every 10m but for pauses"), "{detail}");
}

#[test]
fn rows_of_a_dump_are_in_no_order_of_arrival() {
    let place = folder();
    let rows = |days: std::ops::Range<u64>| {
        let row = |n: u64| format!("{n}\t{}\t{}.5\n", stamp(n * 600_000), n * 7 % 31);
        days.flat_map(|day| day * 144..(day + 1) * 144).map(row).collect::<String>()
    };
    let copy = |name: &str, rows: &str| format!("COPY public.{name} (id, at, temp) FROM stdin;\n{rows}\\.\n\n");
    let table = "(id integer, at timestamp with time zone, temp double precision)";
    let sql = format!(
        "-- PostgreSQL database dump\nCREATE TABLE public.ev {table} PARTITION BY RANGE (at);\n\
         CREATE TABLE public.ev_new {table};\nCREATE TABLE public.ev_old {table};\n\
         ALTER TABLE ONLY public.ev ATTACH PARTITION public.ev_new FOR VALUES FROM ('2025-03-03') TO ('2025-04-01');\n\
         ALTER TABLE ONLY public.ev ATTACH PARTITION public.ev_old DEFAULT;\n{}{}",
        copy("ev_new", &rows(2..10)),
        copy("ev_old", &rows(0..2)),
    );
    fs::write(place.path().join("ev.sql"), sql).expect("written");
    assert_eq!(missing(place.path(), &["ev.sql"]), Vec::<Value>::new());
    let notes = said(place.path(), &["ev.sql"]);
    assert!(notes.contains("the order in which they are stored"), "{notes}");
}

#[test]
fn figures_of_duplicates_are_of_all_rows_with_a_counter_and_without() {
    let place = folder();
    let twice = |n: &u64| std::iter::repeat_n(*n, 1 + usize::from(*n % 20 == 7));
    let csv = |header: &str, cell: &dyn Fn(u64) -> String| {
        let rows = (0..100).collect::<Vec<u64>>();
        let line = |n: u64| format!("{},{}\n", stamp(n * 60_000), cell(n));
        format!("{header}\n{}", rows.iter().flat_map(twice).map(line).collect::<String>())
    };
    fs::write(place.path().join("counted.csv"), csv("ts,seq", &|n| n.to_string())).expect("written");
    fs::write(place.path().join("plain.csv"), csv("ts,v", &|n| format!("{}.5", n * 7 % 31))).expect("written");
    for file in ["counted.csv", "plain.csv"] {
        let found = missing(place.path(), &[file, "--kind", "duplicate"]);
        let [one] = found.as_slice() else { panic!("one finding: {found:#?}") };
        assert_eq!((one["expected"].as_i64(), one["observed"].as_i64()), (Some(100), Some(105)), "{one:#}");
    }
}
