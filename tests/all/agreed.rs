//! A figure of one command beside the same figure of another: the same rows are the same in all kinds of evidence, parts
//! make their whole, and what is left out of a figure is told.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::hostile::{Case, hold, write};
use crate::rca::{folder, rows_in, run_in};

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn said(place: &tempfile::TempDir, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place.path(), arguments).stderr).expect("UTF-8")
}

fn details(rows: &[Value], fault: &str) -> Vec<String> {
    let of = rows.iter().filter(|row| row["fault"] == fault);
    of.map(|row| row["detail"].as_str().expect("a text").to_string()).collect()
}

/// Three rows a day of this many days, as they are written.
fn days(number: u32, row: impl Fn(u32, u32) -> String) -> String {
    (1..=number).flat_map(|day| (1..4).map(move |hour| (day, hour))).map(|(day, hour)| row(day, hour) + "\n").collect()
}

/// Of which days up to the 12th are months too.
#[test]
fn the_days_of_all_rows_tell_how_each_is_written() {
    let at = |day: &str, hour: u32| format!("{day}/2025 {hour:02}:10:00");
    let european = |day: u32, hour: u32| at(&format!("{day:02}/01"), hour);
    let american = |day: u32, hour: u32| at(&format!("01/{day:02}"), hour);
    let log = |time: &str| format!("{time} INFO m started");
    let json = |key: &str, time: &str| format!(r#"{{"{key}":"{time}","level":"info","message":"m"}}"#);
    let csv = |rows: String| format!("ts,level,message\n{rows}");
    let files = [
        ("a.log", days(28, |day, hour| log(&(european(day, hour) + " PM")))),
        ("b.jsonl", days(28, |day, hour| json("ts", &(european(day, hour) + " PM")))),
        ("c.jsonl", days(28, |day, hour| json("ts", &format!("{day}/1/2025, {hour}:10:00 PM")))),
        ("d.jsonl", days(28, |day, hour| json("time", &american(day, hour + 12)))),
        ("e.jsonl", days(28, |day, hour| json("ts", &european(day, hour + 12)))),
        ("f.log", days(28, |day, hour| log(&(american(day, hour) + " PM")))),
        ("g.csv", csv(days(28, |day, hour| european(day, hour) + " PM,info,m"))),
        (
            "h.jsonl",
            days(28, |day, hour| format!(r#"{{"a":{{"ts":"{} PM"}},"level":"info","msg":"m"}}"#, european(day, hour))),
        ),
    ];
    let named = |day: u32, hour: u32| format!("{day:02}-Jan-2025 {:02}:10:00,info,m", hour + 12);
    let files = files.into_iter().chain([("i.csv", csv(days(28, named)))]);
    let place = folder();
    for (name, text) in files {
        write(place.path(), name, text);
        let sql = format!("select count(ts) as n, min(ts) as a, max(ts) as z from {}", &name[..1]);
        let told = rows_in(place.path(), &["query", &sql, name]);
        assert_eq!(told, [json!({"n": 84, "a": "2025-01-01T13:10:00Z", "z": "2025-01-28T15:10:00Z"})], "{name}");
    }
    // What nothing tells is refused.
    write(place.path(), "u.log", "03/04/2025 01:10:00 PM ERROR a\n03/04/2025 01:11:00 PM ERROR b\n");
    let refused = said(&place, &["sources", "u.log"]);
    assert!(
        refused.contains("such as `03/04/2025 01:10:00 PM`, which do not tell day, month and year apart"),
        "{refused}"
    );
}

/// A log of objects in which this one stands among others.
fn objects(odd: &str) -> String {
    let line = |n: u32| {
        format!(r#"{{"ts":"2025-03-01T10:00:{n:02}Z","serial":"S{n}","level":"info","code":null,"message":"m {n}"}}"#)
    };
    (0..30).map(|n| if n == 13 { format!("{odd}\n") } else { line(n) + "\n" }).collect()
}

const CASES: &[Case] = &[
    Case {
        name: "an object whose time and message are null keeps what else it has",
        place: |place| {
            let odd = r#"{"ts":null,"serial":"S13","level":"error","code":null,"message":null}"#;
            write(place, "n.jsonl", objects(odd));
        },
        arguments: &[
            "query",
            "select count(*) as n, count(serial) as s, count(level) as l, max(serial) filter (ts is null) as u, count(message) as m from n",
            "n.jsonl",
        ],
        code: 0,
        shown: &[r#"{"n":30,"s":30,"l":30,"u":"S13","m":29}"#],
        said: &["1 row has no time (n.jsonl:14)"],
    },
    Case {
        name: "the same where only its time is there",
        place: |place| write(place, "t.jsonl", objects(r#"{"ts":"soon","serial":"S13","level":"error"}"#)),
        arguments: &["errors", "t.jsonl"],
        code: 0,
        shown: &[r#""count":1,"#],
        said: &["1 row has no time (t.jsonl:14)"],
    },
    Case {
        name: "a code where others have the name of a thread",
        place: |place| {
            let line =
                |level: &str, code: &str| format!("2025-03-01 00:00:06.000 {level} [{code}] motor 297 stalled\n");
            let lines = [("ERROR", "E101"), ("ERROR", "E102"), ("INFO", "E101"), ("WARN", "E101"), ("ERROR", "W101")];
            write(place, "b.log", lines.map(|(level, code)| line(level, code)).concat());
        },
        arguments: &["query", "select level, code from b order by _line", "b.log"],
        code: 0,
        shown: &[
            r#"{"level":"error","code":"E101"}"#,
            r#"{"level":"error","code":"E102"}"#,
            r#"{"level":"warn","code":"E101"}"#,
            r#"{"level":"error","code":null}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "rows without a time, which no window has",
        place: |place| write(place, "w.csv", "ts,level,message\n2025-03-01T10:00:00Z,error,a\n,error,b\n,info,c\n"),
        arguments: &["timeline", "w.csv", "--from", "2025-03-01"],
        code: 0,
        shown: &[r#""message":"a""#],
        said: &["w: 2 rows have no time (w.csv:3, w.csv:4)"],
    },
    Case {
        name: "blanks around a code, which are none of it",
        place: |place| {
            write(
                place,
                "b.csv",
                "ts,level,error_code\n2025-03-01,error,\"E1 \"\n2025-03-02,error,\" E1\"\n2025-03-03,error,\" \"\n",
            )
        },
        arguments: &["query", "select code, count(*) as n from events group by 1 order by 2", "b.csv"],
        code: 0,
        shown: &[r#"{"code":null,"n":1}"#, r#"{"code":"E1","n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "rows without a time, which are no events",
        place: |place| write(place, "w.csv", "ts,level,message\n2025-03-01T10:00:00Z,error,a\n,error,b\n"),
        arguments: &["query", "select count(*) as n from events", "w.csv"],
        code: 0,
        shown: &[r#"{"n":1}"#],
        said: &["w: 1 row has no time (w.csv:3)"],
    },
];

#[test]
fn a_row_is_the_same_whatever_it_lacks() {
    hold(CASES);
}

/// Each of its codes is there once, as in a list of what codes mean.
#[test]
fn errors_that_are_each_of_another_code_are_no_codebook() {
    let error = |at: u32, code: u32| format!("2025-03-01T{at:02}:00:00Z,SN{at},error,E{code},fan {at} failed\n");
    let table = |rows: String| format!("ts,serial,level,error_code,message\n{rows}");
    let own = table((0..12).map(|at| error(at, 100 + at)).collect());
    let others = table((0..20).map(|at| error(at, 100 + at % 5)).collect());
    let book: String = (100..112).map(|code| format!("E{code},part {code},2024-01-{:02}\n", code - 99)).collect();
    let book = format!("code,description,created_at\n{book}");
    let place = place(&[("own.csv", &own), ("other.csv", &others), ("book.csv", &book)]);
    let found = rows_in(place.path(), &["errors", "own.csv", "other.csv"]);
    assert_eq!(found.iter().filter_map(|row| row["count"].as_i64()).sum::<i64>(), 32, "{found:?}");
    assert_eq!((found.len(), &found[0]["code"], &found[0]["count"]), (12, &json!("E100"), &json!(5)));
    let audit = rows_in(place.path(), &["errors", "--audit", "own.csv", "other.csv"]);
    assert!(details(&audit, "never_seen").is_empty(), "{audit:?}");
    // A list that says when it was made is one all the same.
    let described = rows_in(place.path(), &["errors", "own.csv", "other.csv", "book.csv"]);
    assert_eq!((&described[0]["code"], &described[0]["description"]), (&json!("E100"), &json!("part 100")));
}

#[test]
fn a_text_that_says_nothing_is_none() {
    let mut csv = String::from("ts,serial,site,level,error_code,message\n");
    for n in 0..60 {
        let message = if n % 2 == 0 { "\"  \"".to_string() } else { format!("door {n} open") };
        let site = ["a", "\" \"", ""][n % 3];
        writeln!(csv, "2025-03-01T10:00:{n:02}Z,S{n},{site},error,E1,{message}").expect("text");
    }
    let place = place(&[("x.csv", &csv)]);
    assert_eq!(rows_in(place.path(), &["query", "select count(message) as n from x", "x.csv"]), [json!({"n": 60})]);
    let templates = rows_in(place.path(), &["templates", "x.csv"]);
    assert_eq!(templates.len(), 1, "{templates:?}");
    assert_eq!((&templates[0]["count"], &templates[0]["share"]), (&json!(30), &json!(1.0)));
    let by = rows_in(place.path(), &["errors", "--by", "site", "x.csv"]);
    let counts: Vec<(&Value, &Value)> = by.iter().map(|row| (&row["site"], &row["count"])).collect();
    assert_eq!(counts, [(&Value::Null, &json!(40)), (&json!("a"), &json!(20))]);
    assert!(details(&rows_in(place.path(), &["errors", "--audit", "x.csv"]), "overloaded").is_empty());
}

#[test]
fn the_parts_of_a_fault_make_the_whole() {
    let mut csv = String::from("ts,serial,level,error_code,message\n");
    let messages = [("job # of user # done", 20), ("heartbeat missed", 15), ("link # went down", 1), ("", 2)];
    let all = messages.iter().flat_map(|(message, count)| std::iter::repeat_n(*message, *count));
    for (n, message) in all.enumerate() {
        let message = message.replace('#', &n.to_string());
        writeln!(csv, "2025-03-01T10:00:{n:02}Z,S{},error,E20,{message}", n % 26).expect("text");
    }
    let labels: String = (2..26).map(|n| format!("S{n},bad\n")).collect();
    let place = place(&[("t.csv", &csv), ("labels.csv", &format!("serial,label\n{labels}"))]);
    let found = rows_in(place.path(), &["errors", "--audit", "t.csv", "labels.csv"]);
    let mixed = details(&found, "overloaded");
    assert!(mixed[0].contains("38 of 38 errors of t (100 %) stand under E20"), "{mixed:?}");
    assert!(mixed[0].contains("20 × job … of user … done; 15 × heartbeat missed; 3 others; "), "{mixed:?}");
    let unlabelled = details(&found, "unlabelled");
    let whole = "2 of the 26 serial values that failed with E20 in t have no label in labels (4 of 38 failures)";
    assert!(unlabelled[0].starts_with(whole), "{unlabelled:?}");
}

/// One of very many is not none, and all but one are not all.
#[test]
fn a_share_that_is_not_quite_all_is_not_told_as_all() {
    const ROWS: usize = 50_000;
    let mut csv = String::from("ts,level,error_code,message\n");
    for n in 0..ROWS {
        let (second, code) = (n % 60, if n == 77 { "E2" } else { "E1" });
        let message = if n == 77 { "fan stalled" } else { "door open" };
        writeln!(csv, "2025-03-{:02}T10:{:02}:{second:02}Z,error,{code},{message}", n / 3600 + 1, n / 60 % 60)
            .expect("text");
    }
    let place = place(&[("t.csv", &csv)]);
    for asked in [&["errors", "t.csv"][..], &["templates", "t.csv"], &["errors", "t.csv", "--by", "level"]] {
        let shares: Vec<Value> = rows_in(place.path(), asked).iter().map(|row| row["share"].clone()).collect();
        assert_eq!(shares, [json!(0.999_98), json!(0.000_02)], "{asked:?}");
    }
    let told = said(&place, &["explain", "--bad", "error_code = 'E1'", "t.csv"]);
    assert!(told.contains("49,999 of 50,000 rows are bad (over 99.9 %)"), "{told}");
}
