//! One time in each way of writing it is the same in a CSV, in JSON lines that are a log and that are none, in a log and in
//! SQLite.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::hostile::{rows, said, write};
use crate::rca::{folder, run_in};

/// As `strftime` has them. Of dates whose numbers could be taken for each other all days tell which they are.
const WAYS: [&str; 26] = [
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%dT%H:%MZ",
    "%Y/%m/%d %H:%M",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%-m/%-d/%Y %-I:%M %p",
    "%d/%m/%Y, %H:%M",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y %H:%M",
    "%d %b %Y %H:%M",
    "%b %d, %Y %I:%M %p",
    "%b %d, %Y %I:%M:%S %p",
    "%Y%m%dT%H%M%SZ",
    "%a, %d %b %Y %H:%M:%S GMT",
    "%Y-%m-%d %I:%M:%S %p",
    "%Y-%m-%d %H:%M:%S +0000",
    "%Y-%m-%d %H:%M:%S UTC",
];

fn times() -> impl Iterator<Item = DateTime<Utc>> {
    let first = DateTime::parse_from_rfc3339("2025-05-20T22:50:07Z").expect("a time").to_utc();
    (0..40).map(move |number| first + TimeDelta::minutes(431 * number))
}

fn write_all(place: &Path, texts: &[String]) {
    let lines = |line: &dyn Fn(usize, &str) -> String| -> String {
        texts.iter().enumerate().map(|(number, text)| line(number, text) + "\n").collect()
    };
    write(place, "a.csv", format!("seen_at,v\n{}", lines(&|n, text| format!("\"{text}\",{n}"))));
    write(place, "b.jsonl", lines(&|n, text| format!(r#"{{"time":"{text}","level":"info","message":"m{n}"}}"#)));
    write(place, "c.jsonl", lines(&|n, text| format!(r#"{{"time":"{text}","v":{n}}}"#)));
    write(place, "d.log", lines(&|n, text| format!("{text} INFO message number {n}")));
    let database = rusqlite::Connection::open(place.join("e.db")).expect("opened");
    database.execute("CREATE TABLE t (seen_at TEXT, v INT)", []).expect("made");
    for (number, text) in texts.iter().enumerate() {
        database.execute("INSERT INTO t VALUES (?1, ?2)", (text, number)).expect("written");
    }
}

#[test]
fn a_time_is_the_same_wherever_it_is_written() {
    for way in WAYS {
        let place = folder();
        let texts: Vec<String> = times().map(|time| time.format(way).to_string()).collect();
        write_all(place.path(), &texts);
        let precision = if way.contains("%S") { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%dT%H:%M:00Z" };
        let wanted: Vec<String> = times().map(|time| time.format(precision).to_string()).collect();
        for file in ["a.csv", "b.jsonl", "c.jsonl", "d.log", "e.db"] {
            let output = run_in(place.path(), &["timeline", file, "-f", "ndjson"]);
            let found: Vec<String> =
                rows(&output).iter().map(|row| row["ts"].as_str().unwrap_or("none").to_string()).collect();
            assert_eq!(found, wanted, "`{way}` in {file}: {}", said(&output));
        }
    }
}

/// Nobody knows whether 5 March or 3 May is meant: that is said, and not guessed.
#[test]
fn a_date_that_may_be_two_is_none_and_said() {
    let place = folder();
    write_all(place.path(), &["03/05/2025 10:00".into(), "05/03/2025 11:00".into()]);
    for file in ["a.csv", "c.jsonl", "e.db"] {
        let output = run_in(place.path(), &["sources", file]);
        assert!(
            said(&output).contains("it is not told whether the day or the month comes first"),
            "{file}: {}",
            said(&output)
        );
    }
}
