//! `rca errors` against what was planted: which codes there are and of which system, by columns of other tables, before
//! and after a change, and what the audit says of them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Code, count and description of each row.
fn told(rows: &[Value]) -> Vec<(String, i64, String)> {
    let one = |row: &Value| {
        (text(row, "code").to_string(), row["count"].as_i64().expect("a count"), text(row, "description").to_string())
    };
    rows.iter().map(one).collect()
}

fn told_in(place: &Path, arguments: &[&str]) -> Vec<(String, i64, String)> {
    told(&rows_in(place, arguments))
}

fn row(code: &str, count: i64, description: &str) -> (String, i64, String) {
    (code.into(), count, description.into())
}

fn notes(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, arguments).stderr).expect("UTF-8")
}

#[test]
fn codes_of_several_systems_are_kept_apart_and_described() {
    let log = "2025-03-01 08:00:00,000 ERROR [a] db.Pool - query failed, SQLSTATE 57014\n\
               2025-03-01 08:00:01,000 ERROR [a] web.Api - upstream said HTTP/1.1 503\n\
               2025-03-01 08:00:02,000 ERROR [a] web.Api - upstream said HTTP/1.1 503\n\
               2025-03-01 08:00:03,000 ERROR [a] job.Run - worker ended with exit code 137\n\
               2025-03-01 08:00:04,000 ERROR [a] net.Link - connect: ECONNREFUSED\n\
               2025-03-01 08:00:05,000 ERROR [a] unit.Test - failed with E999\n";
    let place =
        place(&[("a.log", log), ("web.csv", "ts,http_status\n2025-03-01T09:00:00Z,200\n2025-03-01T09:00:01Z,503\n")]);
    assert_eq!(
        told_in(place.path(), &["errors", "a.log", "web.csv"]),
        [
            row("HTTP 503", 3, "Service Unavailable"),
            row("E999", 1, ""),
            row("ECONNREFUSED", 1, "ECONNREFUSED: Connection refused"),
            row("SQLSTATE 57014", 1, "query_canceled: Statement cancelled on request or by a timeout"),
            row("exit 137", 1, "SIGKILL: Killed by signal 9, often for lack of memory"),
        ]
    );
    assert!(notes(place.path(), &["errors", "a.log"]).contains("described after"), "the sources are named");
}

#[test]
fn a_codebook_of_ones_own_wins_over_a_public_system() {
    let place = place(&[
        ("tests.csv", "ts,serial,http_status\n2025-03-01T09:00:00Z,S1,503\n2025-03-01T09:00:01Z,S2,404\n"),
        ("codes.csv", "code,meaning\n503,gripper open\n404,lid missing\n"),
    ]);
    assert_eq!(
        told_in(place.path(), &["errors", "tests.csv", "codes.csv"]),
        [row("404", 1, "lid missing"), row("503", 1, "gripper open")]
    );
}

#[test]
fn the_column_of_a_code_is_told_by_its_values() {
    let place = place(&[
        ("line.csv", "ts,unit,ende,outcome\n2025-03-01T09:00:00Z,U1,K-77,fail\n2025-03-01T09:00:01Z,U2,,pass\n"),
        ("kinds.csv", "code,meaning\nK-77,belt torn\nK-78,belt loose\n"),
        ("shaped.csv", "ts,unit,last,outcome\n2025-03-01T09:00:00Z,U1,ERR-12,fail\n2025-03-01T09:00:01Z,U2,,pass\n"),
        ("parts.csv", "code,name\nE100,bolt\nE200,nut\n"),
    ]);
    let by_book = ["errors", "line.csv", "kinds.csv", "--codebook", "kinds"];
    assert_eq!(told_in(place.path(), &by_book), [row("K-77", 1, "belt torn")]);
    assert!(notes(place.path(), &by_book).contains("line.ende is taken for its code: 1 of its 1 values are in kinds"));
    assert_eq!(told_in(place.path(), &["errors", "shaped.csv"]), [row("ERR-12", 1, "")]);
    // A list of parts that have codes is none of errors.
    assert_eq!(run_in(place.path(), &["errors", "parts.csv"]).status.code(), Some(2));
}

#[test]
fn a_code_in_a_note_is_no_error_and_is_said_to_be_left_out() {
    let log = "2025-03-01T08:00:00.000000Z 0 [System] [MY-010116] [Server] mysqld (mysqld 8.0.36) starting as process 1\n\
               2025-03-01T08:00:01.000000Z 0 [Warning] [MY-010068] [Server] CA certificate ca.pem is self signed.\n\
               2025-03-01T08:00:02.000000Z 8 [ERROR] [MY-012592] [InnoDB] Operating system error number 2\n";
    let place = place(&[("mysql.log", log)]);
    let codes = |flags: &[&str]| -> Vec<String> {
        told_in(place.path(), &[&["errors", "mysql.log"], flags].concat()).into_iter().map(|row| row.0).collect()
    };
    assert_eq!(codes(&[]), ["MY-010068", "MY-012592"]);
    assert_eq!(codes(&["--level", "error"]), ["MY-012592"]);
    assert_eq!(codes(&["--level", "info"]), ["MY-010068", "MY-010116", "MY-012592"]);
    assert!(notes(place.path(), &["errors", "mysql.log"]).contains("not counted: mysql 1"));
}

#[test]
fn errors_without_a_code_are_told_apart_by_what_they_say() {
    let mut log = String::new();
    for n in 0..12 {
        let message = if n % 3 == 0 { format!("disk sd{n} is full") } else { format!("no answer from 10.0.0.{n}") };
        writeln!(log, "2025-03-01 08:00:{n:02},000 ERROR [a] b.C - {message}").expect("text");
    }
    let place = place(&[("a.log", &log)]);
    assert_eq!(
        told_in(place.path(), &["errors", "a.log"]),
        [row("", 8, "no answer from <*>"), row("", 4, "disk sd<*> is full")]
    );
}

const TESTS: &str = "ts,serial,result,error_code\n\
    2025-03-01T08:00:00Z,S1,FAIL,E1\n2025-03-01T08:00:01Z,S2,FAIL,E1\n2025-03-01T08:00:02Z,S2,PASS,\n\
    2025-03-01T08:00:03Z,S3,FAIL,E1\n2025-03-01T08:00:04Z,S4,FAIL,E2\n2025-03-01T08:00:05Z,S5,FAIL,\n";

#[test]
fn errors_are_broken_down_by_columns_of_tables_that_know_the_entity() {
    let materials = "serial_no,lot\nS1,L1\nS2,L2\nS2,L2\nS3,L1\nS3,L3\nS5,L1\nS9,L9\n";
    let place = place(&[("tests.csv", TESTS), ("materials.csv", materials)]);
    let by = |column: &str| -> Vec<(String, String, i64)> {
        rows_in(place.path(), &["errors", "--by", column, "tests.csv", "materials.csv"])
            .iter()
            .map(|row| (text(row, "code").into(), text(row, "lot").into(), row["count"].as_i64().expect("a count")))
            .collect()
    };
    // A unit of two lots counts once, under both; one without a lot has none.
    let expected = [("E1", "L1", 1), ("E1", "L1 + L3", 1), ("E1", "L2", 1), ("E2", "", 1), ("", "L1", 1)];
    assert_eq!(by("materials.lot"), expected.map(|(code, lot, count)| (code.into(), lot.into(), count)));
    assert_eq!(by("materials.lot"), by("lot"));
}

/// Tests of units: `failing` of each 1,000 fail with E1, others with E2 at a steady rate.
fn shift(hours: std::ops::Range<usize>, each_hour: usize, failing: usize, out: &mut String) {
    for hour in hours {
        for n in 0..each_hour {
            let at = n * 3_600_000 / each_hour;
            let spread = (n * 7_919 + hour * 104_729) % 1_000;
            let (result, code) = match spread {
                _ if spread < failing => ("FAIL", "E1"),
                _ if spread >= 970 => ("FAIL", "E2"),
                _ => ("PASS", ""),
            };
            let (minutes, seconds, milli) = (at / 60_000, at / 1_000 % 60, at % 1_000);
            writeln!(out, "2025-03-01T{hour:02}:{minutes:02}:{seconds:02}.{milli:03}Z,S{hour}-{n},{result},{code}")
                .expect("text");
        }
    }
}

fn changes(place: &Path, flags: &[&str]) -> Vec<(String, String, Option<f64>)> {
    rows_in(place, &[&["errors", "t.csv"], flags].concat())
        .iter()
        .map(|row| (text(row, "code").into(), text(row, "change").into(), row["risk_ratio"].as_f64()))
        .collect()
}

#[test]
fn twice_the_production_with_the_same_share_of_failures_is_no_change() {
    let mut tests = String::from("ts,serial,result,error_code\n");
    shift(0..8, 500, 40, &mut tests);
    shift(8..12, 1_000, 40, &mut tests);
    let place = place(&[("t.csv", &tests)]);
    let found = rows_in(place.path(), &["errors", "t.csv", "--baseline", "2025-03-01..2025-03-01 08:00"]);
    for row in &found {
        assert_eq!(row["change"], "same", "{row}");
        assert!(row["rate_ratio"].as_f64().is_some_and(|ratio| (1.8..2.2).contains(&ratio)), "{row}");
        assert!(row["risk_ratio"].as_f64().is_some_and(|ratio| (0.9..1.1).contains(&ratio)), "{row}");
    }
    assert_eq!(found.len(), 2);
}

#[test]
fn what_rose_is_told_with_its_interval_and_since_when() {
    let mut tests = String::from("ts,serial,result,error_code\n");
    shift(0..9, 500, 20, &mut tests);
    shift(9..12, 500, 80, &mut tests);
    let place = place(&[("t.csv", &tests)]);
    let window = ["--baseline", "2025-03-01..2025-03-01 09:00"];
    let found = rows_in(place.path(), &[&["errors", "t.csv"], &window[..]].concat());
    let of = |code: &str| found.iter().find(|row| row["code"] == code).expect("the code");
    let (rose, stayed) = (of("E1"), of("E2"));
    assert_eq!((text(rose, "change"), text(stayed, "change")), ("up", "same"));
    let number = |key: &str| rose[key].as_f64().expect("a number");
    assert!(number("ci_low") < number("risk_ratio") && number("risk_ratio") < number("ci_high"), "{rose}");
    assert!(number("p_adjusted") < 0.001 && (3.5..4.5).contains(&number("risk_ratio")), "{rose}");
    // The same by itself: the moment is found, and what changed first is said.
    let auto = ["errors", "t.csv", "--baseline", "auto"];
    let said = notes(place.path(), &auto);
    assert!(said.contains("what changed first: E1 (up), since 2025-03-01T09:0"), "{said}");
    assert_eq!(
        changes(place.path(), &auto[2..]).into_iter().map(|row| (row.0, row.1)).collect::<Vec<_>>(),
        [("E1".to_string(), "up".to_string()), ("E2".into(), "same".into())]
    );
}

#[test]
fn where_nothing_changed_no_change_is_found() {
    let mut tests = String::from("ts,serial,result,error_code\n");
    shift(0..12, 400, 40, &mut tests);
    let place = place(&[("t.csv", &tests)]);
    assert!(changes(place.path(), &["--baseline", "auto"]).iter().all(|row| row.1 == "same"));
    assert!(
        notes(place.path(), &["errors", "t.csv", "--baseline", "auto"]).contains("no moment at which rates changed")
    );
}

#[test]
fn an_incident_is_never_a_part_of_its_own_baseline() {
    let mut tests = String::from("ts,serial,result,error_code\n");
    shift(0..12, 200, 50, &mut tests);
    let place = place(&[("t.csv", &tests)]);
    for baseline in
        ["2025-03-01..2025-03-01 06:00", "2025-03-01 06:00..2025-03-02", "2025-03-01 03:00..2025-03-01 05:00"]
    {
        let found = rows_in(place.path(), &["errors", "t.csv", "--baseline", baseline]);
        let sum = |key: &str| found.iter().filter_map(|row| row[key].as_i64()).sum::<i64>();
        let all: i64 = told_in(place.path(), &["errors", "t.csv"]).iter().map(|row| row.1).sum();
        assert_eq!(sum("count") + sum("baseline_count"), all, "{baseline}");
    }
}

#[test]
fn codes_that_come_together_far_more_often_than_chance_are_synonyms() {
    let mut errors = String::from("datetime,machineID,errorID\n");
    for n in 0..600_usize {
        let (day, hour, machine) = (1 + n * 31 % 28, n * 7 % 24, n * 13 % 40);
        let mut write = |code: &str| {
            writeln!(errors, "2025-03-{day:02} {hour:02}:00:00,{machine},{code}").expect("text");
        };
        write(["e1", "e4", "e5"][n % 3]);
        if n % 5 == 0 {
            write("e2");
            write("e3");
        }
    }
    let place = place(&[("errors.csv", &errors)]);
    let found = rows_in(place.path(), &["errors", "--audit", "errors.csv"]);
    let together: Vec<&Value> = found.iter().filter(|row| text(row, "code") == "e2, e3").collect();
    let [one] = together[..] else { panic!("one finding: {found:?}") };
    assert_eq!((text(one, "fault"), one["count"].as_i64()), ("synonym", Some(120)));
    let shown = rows_in(place.path(), &["query", text(one, "sql"), "errors.csv"]);
    assert_eq!(shown.len(), 120);
    assert!(!found.iter().any(|row| text(row, "code") == "e1, e4"), "{found:?}");
    assert!(notes(place.path(), &["errors", "--audit", "errors.csv"]).contains("e2 with e3"));
}

#[test]
fn what_separates_the_failures_under_one_code_is_named_and_a_split_proposed() {
    let mut tests = String::from("ts,serial,step,result,error_code,message\n");
    let kinds = [("psu", "rail sagged to # V"), ("fan", "rotor stalled at # rpm"), ("wifi", "no beacon on channel #")];
    for n in 0..60 {
        let (step, message) = kinds[n % 3];
        writeln!(tests, "2025-03-01T08:00:{n:02}Z,S{n},{step},FAIL,E9,{}", message.replace('#', &n.to_string()))
            .expect("text");
        writeln!(tests, "2025-03-01T08:00:{n:02}Z,T{n},{step},PASS,,").expect("text");
    }
    let labels: String =
        std::iter::once("serial,label\n".to_string()).chain((0..40).map(|n| format!("S{n},faulty\n"))).collect();
    let place = place(&[("t.csv", &tests), ("labels.csv", &labels)]);
    let found = rows_in(place.path(), &["errors", "--audit", "t.csv", "labels.csv"]);
    let of = |fault: &str| found.iter().find(|row| text(row, "fault") == fault).expect("the fault");
    let (mixed, unlabelled) = (of("overloaded"), of("unlabelled"));
    let detail = text(mixed, "detail");
    for said in ["told apart by step (60 of 60)", "proposal: split it into E9-1", "cost: 20 of the 60 serial values"] {
        assert!(detail.contains(said), "{detail}");
    }
    assert_eq!((mixed["count"].as_i64(), mixed["templates"].as_i64()), (Some(60), Some(3)));
    assert_eq!(unlabelled["count"].as_i64(), Some(20));
    let counts = rows_in(place.path(), &["query", text(mixed, "sql"), "t.csv", "labels.csv"]);
    assert_eq!(counts.iter().filter_map(|row| row["count"].as_i64()).collect::<Vec<_>>(), [20, 20, 20]);
}

#[test]
fn an_audit_that_is_pasted_into_a_ticket_speaks_for_itself() {
    let place = place(&[("t.csv", TESTS)]);
    let said = |format: &str| {
        let output = run_in(place.path(), &["errors", "--audit", "-q", "-f", format, "t.csv"]);
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for format in ["markdown", "jira", "html"] {
        let page = said(format);
        assert!(page.contains("1 error has no code"), "{page}");
        assert!(page.contains(&format!("rca errors --audit -q -f {format} t.csv")), "{page}");
    }
    assert!(!said("csv").contains("Made by") && !said("table").contains("Made by"));
}

#[test]
fn the_answer_is_the_same_whatever_the_threads_and_the_order_of_sources() {
    let mut tests = String::from("ts,serial,result,error_code\n");
    shift(0..6, 900, 60, &mut tests);
    let log: String = (0..3_000)
        .map(|n| format!("2025-03-01 0{}:00:00,000 ERROR [a] b.C - lost link {n} to node{}\n", n % 6, n % 9))
        .collect();
    let place = place(&[("t.csv", &tests), ("a.log", &log)]);
    for flags in [&[][..], &["--audit"], &["--baseline", "auto"], &["--by", "error_code"]] {
        let answer = |more: &[&str]| {
            let output = run_in(place.path(), &[&["errors", "-q", "-f", "csv"], flags, more].concat());
            (output.status.code(), String::from_utf8(output.stdout).expect("UTF-8"))
        };
        let one = answer(&["t.csv", "a.log", "--threads", "1"]);
        assert_eq!(one.0, Some(0), "{flags:?}");
        assert_eq!(one, answer(&["a.log", "t.csv", "--threads", "7"]), "{flags:?}");
    }
}

#[test]
fn a_code_that_the_codebook_calls_an_error_is_one() {
    let rows = (0..9).fold("ts,result,error_code,message\n".to_string(), |csv, n| {
        let (result, code) = [("FAIL", "E0"), ("FAIL", "E7"), ("PASS", "E0"), ("FAIL", "0")][n % 4];
        csv + &format!("2025-01-01T00:0{n}:00Z,{result},{code},disk full\n")
    });
    let place = place(&[
        ("t.csv", &rows),
        ("book.csv", "code,description\nE0,no signal of the bus\nE7,fan\n0,No error\n"),
        ("fine.csv", "code,description\nE0,OK\nE7,fan\n"),
        (
            "rca.toml",
            "[sources.t]\npath = \"t.csv\"\n[sources.book]\npath = \"book.csv\"\n[codebook]\ntable = \"book\"\n",
        ),
    ]);
    let known = [row("E0", 3, "no signal of the bus"), row("E7", 2, "fan"), row("", 2, "disk full")];
    for asked in [&["errors", "t.csv", "--codebook", "book.csv"][..], &["errors", "t.csv", "book.csv"], &["errors"]] {
        assert_eq!(told_in(place.path(), asked), known, "{asked:?}");
        let said = notes(place.path(), asked);
        assert!(said.contains("book calls E0 an error"), "{said}");
        assert!(said.contains("it says that there is no error: 0 in 2 errors"), "{said}");
    }
    // Each code's rows are those that its SQL counts.
    let faults = rows_in(place.path(), &["errors", "--audit", "t.csv", "book.csv"]);
    assert!(faults.iter().all(|fault| fault["fault"] != "never_seen"), "{faults:?}");
    for unexplained in [&["errors", "t.csv"][..], &["errors", "t.csv", "--codebook", "fine.csv"]] {
        let codes: Vec<(String, i64)> =
            told_in(place.path(), unexplained).into_iter().map(|(code, count, _)| (code, count)).collect();
        assert_eq!(codes, [(String::new(), 5), ("E7".into(), 2)], "{unexplained:?}");
        let said = notes(place.path(), unexplained);
        assert!(said.contains("it says that there is no error: E0 in 3 errors, 0 in 2 errors"), "{said}");
    }
}

#[test]
fn what_describes_that_all_is_well_is_no_error() {
    let place = place(&[("x.csv", "x\n1\n")]);
    let is_fault = |text: &str| {
        let found = rows_in(place.path(), &["query", &format!("SELECT rca_is_fault('{text}') AS it"), "x.csv"]);
        found[0]["it"].as_bool().expect("told")
    };
    for text in
        ["No error", "OK", "no fault detected", "Test passed", "Kein Fehler", "正常", "Success", " ", "not an error"]
    {
        assert!(!is_fault(text), "{text}");
    }
    for text in ["no signal", "bus fault", "not ready", "not OK", "异常", "Motor overcurrent", "communication error"]
    {
        assert!(is_fault(text), "{text}");
    }
}
