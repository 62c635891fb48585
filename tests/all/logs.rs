//! Logs as they really lie there: holes, blanks, odd keys, several formats, traces behind prefixes, bundles cut off.

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

const JAVA: &str = "2025-03-01 13:10:04,118 INFO  [main] a.B - m\n";

/// The only row that `sources` gives for a file with this content.
fn source(name: &str, content: &[u8]) -> Value {
    let place = folder();
    std::fs::write(place.path().join(name), content).expect("written");
    let rows = rows_in(place.path(), &["sources", name]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].clone()
}

/// The rows of a query over a file with this content, which is called `t`.
fn rows(name: &str, content: &[u8], sql: &str) -> Vec<Value> {
    let place = folder();
    std::fs::write(place.path().join(name), content).expect("written");
    rows_in(place.path(), &["query", sql, &format!("t={name}")])
}

fn texts(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter().map(|row| row[field].as_str().unwrap_or("-").to_string()).collect()
}

fn set_time(path: &Path, seconds: u64) {
    let file = std::fs::File::options().write(true).open(path).expect("opens");
    file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds)).expect("its time is set");
}

#[test]
fn holes_and_blank_lines_before_a_log_hide_nothing() {
    for before in [vec![0; 300_000], vec![b'\n'; 70_000], vec![0; 64]] {
        let row = source("app.log", &[&before, JAVA.repeat(100).as_bytes()].concat());
        assert_eq!((&row["kind"], &row["format"], &row["rows"]), (&"log".into(), &"java".into(), &100.into()));
    }
    let hole = [JAVA.repeat(10).as_bytes(), &[0; 512], JAVA.repeat(10).as_bytes()].concat();
    assert_eq!(source("app.log", &hole)["rows"], 20);
}

#[test]
fn records_of_a_format_that_no_sample_shows_are_records() {
    let mut text = JAVA.repeat(5_000);
    for _ in 0..7 {
        text.push_str("192.0.2.44 - - [01/Mar/2025:13:10:04 +0000] \"GET /x HTTP/1.1\" 503 12 \"-\" \"curl\"\n");
    }
    let found = rows("app.log", text.as_bytes(), "select count(*) as n, count(code) as codes from t");
    assert_eq!((&found[0]["n"], &found[0]["codes"]), (&5_007.into(), &7.into()));
}

#[test]
fn traces_behind_what_wraps_a_line_belong_to_their_record() {
    let lines = ["2025-03-01 13:10:04,118 ERROR [main] a.B - bad", "java.io.IOException: x", "\tat a.B.c(B.java:1)"];
    let last = "2025-03-01 13:10:05,118 INFO  [main] a.B - ok";
    let wrap = |before: &str| {
        lines.iter().chain([&last]).fold(String::new(), |mut text, line| {
            writeln!(text, "{before}{line}").expect("written");
            text
        })
    };
    for before in ["web-1  | ", "2025-03-01T13:10:04.123456789Z stdout F ", "2025-03-01T13:10:04.123456789Z "] {
        let found = rows("t.log", wrap(before).as_bytes(), "select level, exception, message from t");
        assert_eq!(texts(&found, "level"), ["error", "info"], "{before}");
        assert_eq!(texts(&found, "exception"), ["java.io.IOException", "-"], "{before}");
        assert_eq!(texts(&found, "message")[0], "bad\njava.io.IOException: x\n\tat a.B.c(B.java:1)", "{before}");
    }
}

#[test]
fn only_what_begins_as_a_record_does_is_told_and_where_it_stands() {
    // Of a container's line only the text is its own, and nothing is cut of zeros.
    let place = folder();
    let trace = ["13:10:04,118 ERROR [main] a.B - bad", "java.io.IOException: x", "\tat a.B.c(B.java:1)"];
    let mut text = String::new();
    for (index, line) in trace.iter().cycle().take(12).enumerate() {
        let day = if index % 3 == 0 { "2025-03-01 " } else { "" };
        writeln!(text, "2025-03-01T13:10:04.118000000Z stdout F {day}{line}").expect("written");
    }
    std::fs::write(place.path().join("pod.log"), text).expect("written");
    let output = run_in(place.path(), &["query", "select count(*) as n from pod", "pod.log", "-f", "csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n4\n", "{said}");
    assert!(!said.contains("a time as records do") && !said.contains("finer"), "{said}");

    let plain = [JAVA, "\tat a.B.c(B.java:1)\n2025/03/01 13:10:05 of another program\n", JAVA].concat();
    std::fs::write(place.path().join("app.log"), plain).expect("written");
    let output = run_in(place.path(), &["sources", "app.log", "--set", "sources.app.format=\"java\""]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("it is in the record before it (app.log:3)"), "{said}");
}

/// Rotated within the hour that the clock shows twice: a file may lie in the second one alone.
#[test]
fn rotated_files_go_on_in_the_hour_that_the_one_before_them_ends_in() {
    let place = folder();
    // Minutes since 01:00 of the night in Berlin, where 120 is the hour's second beginning.
    for (name, minutes) in
        [("app.log.3", 0..90), ("app.log.2", 90..130), ("app.log.1", 130..160), ("app.log", 160..240)]
    {
        let line = |minute: i64| {
            let hour = 1 + minute / 60 - i64::from(minute >= 120);
            format!("2025-10-26 {hour:02}:{:02}:00,000 INFO [main] a.B - m{minute}\n", minute % 60)
        };
        std::fs::write(place.path().join(name), minutes.map(line).collect::<String>()).expect("written");
    }
    let sql = "select count(*) as n from x where epoch_ms(ts) <> 1761433200000 + 60000 * right(message, -1)::int";
    let wrong = rows_in(place.path(), &["query", sql, "x=app.log*", "--timezone", "Europe/Berlin"]);
    assert_eq!(wrong[0]["n"], 0);
}

#[test]
fn keys_of_any_name_and_number_are_read() {
    let odd = r#"{"ts":"2025-03-01T13:00:00Z","level":"info","msg":"m","\u0000":1,"":2}"#;
    assert_eq!(source("a.json", format!("{odd}\n").repeat(3).as_bytes())["rows"], 3);
    let mut many = String::new();
    for n in 0..3_000 {
        writeln!(many, r#"{{"ts":"2025-03-01T13:00:00Z","level":"info","msg":"m","k{n}":{n}}}"#).expect("written");
    }
    let row = source("a.json", many.as_bytes());
    assert_eq!((&row["kind"], &row["rows"]), (&"log".into(), &3_000.into()));
    // Too many to be columns; what is none is counted.
    assert!(row["unread"].as_i64().is_some_and(|unread| (1_900..=2_010).contains(&unread)), "{row}");
}

#[test]
fn json_of_several_shapes_in_one_file_says_the_same_by_other_names() {
    let text = r#"{"time":"2025-03-01T10:00:00Z","level":"INFO","msg":"a"}
{"timestamp":"2025-03-01T10:00:01Z","severity":"ERROR","message":"b"}
"#;
    let found = rows("t.json", text.repeat(3).as_bytes(), "select level, message, ts from t limit 2");
    assert_eq!(texts(&found, "level"), ["info", "error"]);
    assert_eq!(texts(&found, "message"), ["a", "b"]);
}

#[test]
fn tables_stay_tables_and_logs_logs() {
    let csv = source("t.txt", b"time,value\n2025-03-01 13:00:00,7\n2025-03-01 13:00:01,250\n");
    assert_eq!((&csv["kind"], &csv["rows"]), (&"csv".into(), &2.into()));
    for log in [
        "[ST05|2025-03-01 13:10:04.118|E] TEST fan FAIL\n",
        "2025-03-01T13:10:04Z {\"level\":\"error\",\"msg\":\"x\",\"code\":503}\n",
        "Sat, 01 Mar 2025 13:10:00 +0100 ERROR disk x 0\n",
        "[2025-03-01 13:10:00] a|b|c|0\n",
    ] {
        let row = source("t.log", log.repeat(4).as_bytes());
        assert_eq!((&row["kind"], &row["rows"]), (&"log".into(), &4.into()), "{log}");
    }
    let place = folder();
    std::fs::write(place.path().join("app.yaml"), "name: x\ncreated: 2025-03-01 13:10:04\na: b\nc: d\n")
        .expect("written");
    assert_eq!(run_in(place.path(), &["sources", "app.yaml"]).status.code(), Some(3));
}

#[test]
fn a_day_that_a_directive_states_goes_on_over_all_pieces_of_a_file() {
    let mut text =
        "#Version: 1.0\n#Date: 2024-03-01 22:00:00\n#Fields: time c-ip cs-method cs-uri-stem sc-status\n".to_string();
    for n in 0..25_000_u64 {
        let second = 22 * 3_600 + n * 20;
        let (hour, minute) = (second / 3_600 % 24, second / 60 % 60);
        writeln!(text, "{hour:02}:{minute:02}:{:02} 192.0.2.1 GET /{n}{} 200", second % 60, "q".repeat(170))
            .expect("written");
    }
    let sql = "select count(*) as n, max(ts) as last from (select ts, lag(ts) over (order by _line) as p from t) where p is null or ts > p";
    let found = rows("t.log", text.as_bytes(), sql);
    assert_eq!((&found[0]["n"], &found[0]["last"]), (&25_000.into(), &"2024-03-07T16:53:00Z".into()));
}

#[test]
fn what_lines_leave_out_is_told_by_the_file() {
    let place = folder();
    let write = |name: &str, text: &str, seconds: u64| {
        std::fs::write(place.path().join(name), text).expect("written");
        set_time(&place.path().join(name), seconds);
    };
    let times = |name: &str, more: &[&str]| {
        let arguments = ["query", "select ts from t", &format!("t={name}")];
        texts(&rows_in(place.path(), &[&arguments[..], more].concat()), "ts")
    };
    // glog's files are named by their start; they were written last on 2023-06-03.
    let glog = "I0601 10:00:00.000000   123 a.cc:10] one\nI0603 10:00:00.000000   123 a.cc:10] two\n";
    write("prog.host.user.log.INFO.20230601-100000.123", glog, 1_685_786_401);
    let found = times("prog.host.user.log.INFO.20230601-100000.123", &[]);
    assert_eq!(found, ["2023-06-01T10:00:00Z", "2023-06-03T10:00:00Z"]);
    // A clock that ran 30 hours ahead; the file was written on 2024-05-31.
    write("app.log", "03:00:00 INFO quux one\n03:10:00 INFO quux two\n", 1_717_146_601);
    let found = times("app.log", &["--set", "sources.t.skew=30h"]);
    assert_eq!(found, ["2024-05-31T09:00:00Z", "2024-05-31T09:10:00Z"]);
    // The hour that occurs twice.
    let fold = ["01:50", "02:10", "02:50", "02:05", "02:40", "03:10"];
    let lines: String = fold.iter().fold(String::new(), |mut text, at| {
        for second in 0..5 {
            writeln!(text, "2024-10-27 {at}:{second:02} INFO x tick").expect("written");
        }
        text
    });
    write("fold.log", &lines, 1_730_000_000);
    let found = times("fold.log", &["--timezone", "Europe/Berlin"]);
    let firsts: Vec<&str> = found.iter().step_by(5).map(|ts| &ts[11..16]).collect();
    assert_eq!(firsts, ["23:50", "00:10", "00:50", "01:05", "01:40", "02:10"]);
}

#[test]
fn a_bundle_that_is_cut_off_gives_what_is_there_and_says_so() {
    let place = folder();
    let bundle = std::fs::read(crate::rca::root().join("fixtures/logs/bundle.tar.gz")).expect("the fixture");
    std::fs::write(place.path().join("cut.tar.gz"), &bundle[..bundle.len() - 120]).expect("written");
    let output = run_in(place.path(), &["sources", "cut.tar.gz", "-f", "csv"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains("what follows is lost"), "{said}");
    // The first members are whole.
    let rows = rows_in(place.path(), &["sources", "cut.tar.gz"]);
    assert!(rows[0]["rows"].as_i64().is_some_and(|rows| rows > 0), "{rows:?}");
}

#[test]
fn the_same_lines_in_two_files_are_noticed() {
    let place = folder();
    for name in ["app.log", "app.log.1"] {
        std::fs::write(place.path().join(name), JAVA.repeat(10)).expect("written");
    }
    let rows = rows_in(place.path(), &["sources", "."]);
    assert!(rows[0]["note"].as_str().is_some_and(|note| note.contains("10 lines are counted twice")), "{rows:?}");
}

/// ECS, written by two programs: one has an object for `log.level`, the other a key. Which comes last says nothing.
#[test]
fn a_level_within_an_object_and_one_beside_it_are_both_read() {
    let line = |n: usize, level: &str| {
        format!(
            "{{\"@timestamp\":\"2025-03-01T00:{:02}:{:02}Z\",{level},\"message\":\"unit {n} done\"}}\n",
            n / 60,
            n % 60
        )
    };
    let name = |n: usize| if n.is_multiple_of(5) { "error" } else { "info" };
    let within = |n: usize| line(n, &format!("\"log\":{{\"level\":\"{}\"}}", name(n)));
    let beside = |n: usize| line(n, &format!("\"log.level\":\"{}\"", name(n)));
    let deep = |n: usize| line(n, &format!("\"log\":{{\"origin\":{{}},\"level\":\"{}\"}}", name(n)));
    let all = |is_within: fn(usize) -> bool| {
        (0..101).map(|n| if is_within(n) { within(n) } else { beside(n) }).collect::<String>()
    };
    let sql = "select count(*) as n, count(*) filter (level = 'error') as errors, count(level_raw) as raw from t";
    for text in [all(|n| n < 100), all(|n| n > 0), all(|n| n % 2 == 0), all(|n| n % 2 == 0) + &deep(100) + &beside(101)]
    {
        let found = rows("t.jsonl", text.as_bytes(), sql);
        let (lines, errors) = (text.lines().count(), text.matches("\"error\"").count());
        assert_eq!(found[0], serde_json::json!({ "n": lines, "errors": errors, "raw": lines }));
    }
}

#[test]
fn lines_of_another_shape_may_have_capitals_in_their_keys() {
    const WORDS: [&str; 2] = ["\"info\"", "\"error\""];
    const NUMBERS: [&str; 2] = ["9", "17"];
    for (others, levels) in [
        (["timestamp", "severity", "message"], WORDS),
        (["Timestamp", "Severity", "Message"], WORDS),
        (["Time", "Level", "Msg"], WORDS),
        (["@T", "@L", "@M"], WORDS),
        (["TIMESTAMP", "SeverityNumber", "MESSAGE"], NUMBERS),
    ] {
        let mut text = String::new();
        for n in 0..200 {
            let (keys, levels) = if n < 100 { (["time", "level", "msg"], WORDS) } else { (others, levels) };
            let ([time, level, message], is_error) = (keys, n % 4 == 0);
            let (at, word) = (format!("2025-03-01T00:{:02}:{:02}Z", n / 60, n % 60), levels[usize::from(is_error)]);
            writeln!(text, "{{\"{time}\":\"{at}\",\"{level}\":{word},\"{message}\":\"unit {n} stopped\"}}")
                .expect("written");
        }
        let sql = "select count(ts) as times, count(*) filter (level = 'error') as errors, \
                   count(*) filter (message = concat('unit ', _line - 1, ' stopped')) as messages from t";
        let found = rows("t.jsonl", text.as_bytes(), sql);
        assert_eq!(found[0], serde_json::json!({ "times": 200, "errors": 50, "messages": 200 }), "{others:?}");
    }
}

#[test]
fn of_more_keys_than_columns_the_rarest_are_left_out() {
    let line = |n: usize, more: &str| {
        let at = format!("2025-03-01T00:{:02}:{:02}Z", n / 60, n % 60);
        format!("{{\"ts\":\"{at}\",\"level\":\"info\",\"message\":\"unit done\"{more}}}\n")
    };
    let settings: String = (0..1_100).map(|n| format!(",\"setting_{n}\":{n}")).collect();
    let text: String = std::iter::once(line(0, &settings))
        .chain((1..=300).map(|n| line(n, &format!(",\"serial\":\"SN{n}\""))))
        .collect();
    let sql = "select count(serial) as serials, max(setting_0) as first from t";
    assert_eq!(rows("t.jsonl", text.as_bytes(), sql)[0], serde_json::json!({ "serials": 300, "first": 0 }));
}
