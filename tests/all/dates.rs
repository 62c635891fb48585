//! Dates as spreadsheets of other countries write them: read where one reading is certain, else said.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, write};

/// A table of two days, hour by hour.
fn hours(place: &Path, name: &str, of: impl Fn(usize, usize) -> String) {
    let mut rows = "ts,n\n".to_string();
    for n in 0..48 {
        writeln!(rows, "{},{n}", of(12 + n / 24, n % 24)).expect("text");
    }
    write(place, name, rows);
}

fn tables(place: &Path) {
    hours(place, "japan.csv", |day, hour| format!("2025/4/{day} {hour}:00"));
    hours(place, "china.csv", |day, hour| format!("2025/04/{day:02} {hour}:00"));
    hours(place, "germany.csv", |day, hour| format!("{day}.04.25 {hour:02}:00"));
    let half =
        |hour: usize| (if hour.is_multiple_of(12) { 12 } else { hour % 12 }, if hour < 12 { "am" } else { "pm" });
    hours(place, "america.csv", |day, hour| format!("4/{day}/25 {}:00:00{}", half(hour).0, half(hour).1));
    // The year stands first, which nothing tells.
    hours(place, "either.csv", |day, hour| format!("25/04/{day} {hour:02}:00"));
}

fn logs(place: &Path) {
    let mut short = String::new();
    let mut either = String::new();
    for n in 0..60 {
        writeln!(short, "02.04.25 05:{n:02}:06 ERROR valve {n} stuck").expect("text");
        writeln!(either, "04/02/2025 05:{n:02}:06 AM|ERROR|valve {n} stuck").expect("text");
    }
    write(place, "plant/short.log", short);
    write(place, "plant/either.log", &either);
    write(place, "plant/other.log", &either);
    write(place, "either.log", either);
}

const WHOLE: &[&str] = &[r#""first":"2025-04-12T00:00:00Z","last":"2025-04-13T23:00:00Z","n":48"#];

const CASES: &[Case] = &[
    Case {
        name: "the year first, without zeros",
        place: tables,
        arguments: &["query", "SELECT min(ts) AS first, max(ts) AS last, count(ts) AS n FROM japan", "japan.csv"],
        code: 0,
        shown: WHOLE,
        said: &[],
    },
    Case {
        name: "the year first, an hour without its zero",
        place: tables,
        arguments: &["query", "SELECT min(ts) AS first, max(ts) AS last, count(ts) AS n FROM china", "china.csv"],
        code: 0,
        shown: WHOLE,
        said: &[],
    },
    Case {
        name: "a year of two digits behind dots",
        place: tables,
        arguments: &["query", "SELECT min(ts) AS first, max(ts) AS last, count(ts) AS n FROM germany", "germany.csv"],
        code: 0,
        shown: WHOLE,
        said: &[],
    },
    Case {
        name: "a year of two digits that stays while days go by",
        place: tables,
        arguments: &["query", "SELECT min(ts) AS first, max(ts) AS last, count(ts) AS n FROM america", "america.csv"],
        code: 0,
        shown: WHOLE,
        said: &[],
    },
    Case {
        name: "a last number that is a day or a year",
        place: tables,
        arguments: &["query", "SELECT typeof(any_value(ts)) AS kind FROM either", "either.csv"],
        code: 0,
        shown: &[r#""kind":"VARCHAR""#],
        said: &["`ts` is text, since it is not told whether the day or the month comes first in `25/04/12 00:00`"],
    },
    Case {
        name: "logs of a folder whose days are not told are counted each",
        place: logs,
        arguments: &["query", "SELECT min(ts) AS first, count(*) AS n FROM plant", "plant"],
        code: 0,
        shown: &[r#""first":"2025-04-02T05:00:06Z","n":60"#],
        said: &[
            "2 not readable",
            "other.log: times such as `04/02/2025 05:00:06 AM` do not tell day, month and year apart",
        ],
    },
    Case {
        name: "the pattern that is proposed fits the lines",
        place: logs,
        arguments: &["query", "SELECT 1", "either.log"],
        code: 3,
        shown: &[],
        said: &["`{ts:%d/%m/%Y %I:%M:%S %p} {level} {message}`"],
    },
];

#[test]
fn dates_are_read_where_they_are_certain() {
    hold(CASES);
}
