//! What one answer says can be pasted into the next question, and what is said of it is true: codes as they are shown and
//! as they stand in the evidence, times that a clock showed twice, names that are near to others.

use std::fmt::Write;
use std::path::Path;

use crate::hostile::{Case, hold, rows, run, write};
use crate::rca::{folder, rows_in};

/// Six requests, all of them for what is not there.
fn access(place: &Path) {
    let line =
        |n: usize| format!("192.0.2.7 - - [01/Mar/2025:08:00:0{n} +0000] \"GET /a HTTP/1.1\" 404 12 \"-\" \"c\"\n");
    write(place, "access.log", (0..6).map(line).collect::<String>());
    write(
        place,
        "api.csv",
        "ts,http_status\n2025-03-01T10:00:00Z,404\n2025-03-01T10:00:01Z,200\n2025-03-01T10:00:02Z,404\n",
    );
    write(place, "book.csv", "code,description\n404,our own words\n500,never\n");
}

/// One each quarter of an hour around the hour that is there twice, and a case of it.
fn berlin(place: &Path) {
    let mut text = "ts,v\n".to_string();
    for n in 0..24 {
        writeln!(text, "2025-10-25T{:02}:{:02}:00Z,{n}", 20 + n / 8, n % 8 * 7).expect("text");
    }
    write(place, "t.csv", text);
    write(place, "rca.toml", "timezone = \"Europe/Berlin\"\n[sources.t]\npath = \"t.csv\"\n");
}

fn database(place: &Path) {
    let dump = "CREATE TABLE public.labels (msg_id text, label text);\nCOPY public.labels (msg_id, label) FROM stdin;\nM1\tgood\n\\.\n";
    write(place, "mes.sql", format!("-- PostgreSQL database dump\nSET client_encoding = 'UTF8';\n{dump}"));
    write(
        place,
        "logs.csv",
        "ts,level,message\n2025-03-01T10:00:00Z,error,no\n2025-03-01T10:00:01Z,error,no\n2025-03-01T10:00:02Z,info,yes\n",
    );
}

const CASES: &[Case] = &[
    Case {
        name: "a codebook has the code of a log as it stands there",
        place: access,
        arguments: &["errors", "access.log", "--codebook", "book.csv"],
        code: 0,
        shown: &[r#""code":"HTTP 404","description":"our own words","count":6"#, r#""entities":null"#],
        said: &["`HTTP 404` stands in access as 404, without the name of its system: --where \""],
    },
    Case {
        name: "a codebook has the code of a column as it stands there",
        place: access,
        arguments: &["errors", "api.csv", "--codebook", "book.csv"],
        code: 0,
        shown: &[r#""code":"HTTP 404","description":"our own words","count":2"#],
        said: &["`HTTP 404` stands in api as 404, without the name of its system: --where \"http_status = '404'\""],
    },
    Case {
        name: "a code with the name of its system is no place of codes",
        place: access,
        arguments: &["errors", "access.log", "--code", "HTTP 404"],
        code: 0,
        shown: &[],
        said: &["--code says where codes stand; errors of the code `HTTP 404` alone", "--where \"code = '404'\""],
    },
    Case {
        name: "a code with the name of its system stands in no message",
        place: access,
        arguments: &["timeline", "access.log", "--grep", "HTTP 404"],
        code: 0,
        shown: &[],
        said: &[
            "no message has `HTTP 404`, and 6 events the code 404, which rca errors shows so: --where \"code = '404'\"",
        ],
    },
    Case {
        name: "a time that the clock showed twice",
        place: berlin,
        arguments: &["timeline", "--from", "2025-10-26 02:30", "--to", "2025-10-26 02:40"],
        code: 0,
        shown: &[],
        said: &[
            "--from: `2025-10-26 02:30` was on the clock of Europe/Berlin twice",
            "the first one is taken, 2025-10-26T00:30:00Z; the second one is '2025-10-26 02:30+01:00'",
            "--to: `2025-10-26 02:40` was on the clock of Europe/Berlin twice",
        ],
    },
    Case {
        name: "a time that the clock never showed",
        place: berlin,
        arguments: &["timeline", "--around", "2025-03-30 02:30"],
        code: 0,
        shown: &[],
        said: &["--around: `2025-03-30 02:30` was never on the clock", "the clock showed as 2025-03-30T03:30:00+02:00"],
    },
    Case {
        name: "a table of a database that is near",
        place: database,
        arguments: &["query", "select * from mes.lables", "mes.sql", "logs.csv"],
        code: 2,
        shown: &[],
        said: &["hint: did you mean `mes.labels`"],
    },
    Case {
        name: "a source that is near",
        place: database,
        arguments: &["timeline", "--source", "lgos", "mes.sql", "logs.csv"],
        code: 2,
        shown: &[],
        said: &["hint: did you mean `logs`"],
    },
    Case {
        name: "errors that are left out are errors",
        place: database,
        arguments: &["timeline", "--limit", "1", "logs.csv"],
        code: 0,
        shown: &[],
        said: &["1 of 3 rows are shown", "; 1 of 2 errors is left out"],
    },
    Case {
        name: "what a codebook says is no message",
        place: |place| {
            database(place);
            write(place, "error_codes.csv", "code,message\nE1,fan is broken\nE2,lid is broken\n");
        },
        arguments: &["templates", "logs.csv", "error_codes.csv"],
        code: 0,
        shown: &[r#""template":"no","count":2,"share":0.6667"#],
        said: &["error_codes is left out: it is a codebook, whose descriptions are no messages"],
    },
];

#[test]
fn what_is_said_can_be_asked() {
    hold(CASES);
}

#[test]
fn an_audit_knows_the_codes_of_a_codebook_and_its_sql_runs() {
    let place = folder();
    access(place.path());
    for (source, errors) in [("access.log", 6), ("api.csv", 2)] {
        let faults = rows_in(place.path(), &["errors", "--audit", source, "--codebook", "book.csv"]);
        let codes: Vec<_> =
            faults.iter().filter(|row| row["fault"] != "overloaded").map(|row| row["code"].as_str()).collect();
        assert_eq!(codes, [Some("500")], "{errors} errors of {source}: {faults:?}");
        let sql = faults.iter().find(|row| row["fault"] == "never_seen").and_then(|row| row["sql"].as_str());
        let said = run(place.path(), &["errors", "--audit", source, "--codebook", "book.csv"]);
        assert!(
            String::from_utf8_lossy(&said.stderr).contains("rca query \"SQL\" codebook=book.csv and the other sources")
        );
        let found = run(place.path(), &["query", sql.expect("SQL"), source, "codebook=book.csv", "-f", "ndjson"]);
        let found = rows(&found);
        assert_eq!((found.len(), &found[0]["count"]), (1, &0.into()), "{found:?}");
    }
}

#[test]
fn a_clock_that_changes_to_winter_time_gets_no_fixed_offset() {
    let place = folder();
    let (mut sent, mut recv) = ("ts,msg_id\n".to_string(), String::new());
    // Eight hours from 2025-10-25T20:00Z on, of which the last three are after the change.
    for n in 0..480 {
        let at = |seconds: i64| chrono::DateTime::from_timestamp(1_761_422_400 + seconds, 0).expect("an instant");
        writeln!(sent, "{},M{n:04}", at(60 * n).format("%Y-%m-%dT%H:%M:%SZ")).expect("text");
        let local = at(60 * n + if n < 300 { 7_200 } else { 3_600 }).format("%Y-%m-%d %H:%M:%S");
        writeln!(recv, "{local},200 INFO recv.core received M{n:04}").expect("text");
    }
    write(place.path(), "sent.csv", sent);
    write(place.path(), "recv.log", recv);
    let check = |more: &[&str]| {
        let found = rows_in(place.path(), &[&["timeline", "--check-clocks", "sent.csv", "recv.log"], more].concat());
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let detail = |row: &serde_json::Value| row["detail"].as_str().unwrap_or_default().to_string();
    let found = check(&[]);
    assert_eq!(
        (&found["source"], &found["anchors"], &found["setting"]),
        (&"recv".into(), &480.into(), &"--set sources.recv.timezone=Europe/Berlin".into())
    );
    assert_eq!(found["spread_s"], 1800.0, "{found}");
    let expected = "2h ahead of sent (300 anchors), from 2025-10-26T01:00:00Z on 1h ahead of sent (180 anchors): as clocks \
                    in Europe/Berlin are put to summer or winter time";
    assert_eq!(detail(&found), expected);
    let fixed = check(&["--set", "sources.recv.timezone=+02:00"]);
    assert_eq!(fixed["setting"], "--set sources.recv.timezone=Europe/Berlin");
    let fixed = detail(&fixed);
    assert!(fixed.contains("(300 anchors), from 2025-10-26T01:00:00Z on 1h behind sent (180 anchors)"), "{fixed}");
    let named = check(&["--set", "sources.recv.timezone=Europe/Berlin"]);
    assert_eq!(
        (detail(&named).as_str(), &named["spread_s"]),
        ("0.2s apart, which passing it on may take: no correction", &0.0.into())
    );
}

#[test]
fn an_offset_that_grows_or_varies_as_much_as_it_is_large_is_not_steady() {
    let detail = |offset: fn(i64) -> i64| {
        let place = folder();
        let line = |n: i64, off: i64, what: &str| {
            let at = chrono::DateTime::from_timestamp_millis(1_740_787_200_000 + 30_000 * n + off).expect("an instant");
            let at = at.format("%Y-%m-%dT%H:%M:%S%.3fZ");
            format!("{{\"time\":\"{at}\",\"level\":\"info\",\"msg\":\"{what}\",\"request_id\":\"r-{n:05}\"}}\n")
        };
        write(place.path(), "a.jsonl", (0..200).map(|n| line(n, 0, "sent")).collect::<String>());
        write(place.path(), "b.jsonl", (0..200).map(|n| line(n, offset(n), "got")).collect::<String>());
        let found = rows_in(place.path(), &["timeline", "--check-clocks", "a.jsonl", "b.jsonl"]);
        assert!(found[0]["setting"].is_null(), "{found:?}");
        found[0]["detail"].as_str().expect("a text").to_string()
    };
    // It drifts, and is set back by ten seconds once.
    let drifting = detail(|n| 50 + 100 * n - if n < 150 { 0 } else { 10_000 });
    assert!(
        drifting.contains("14.95s") && drifting.contains("0.05s") && drifting.contains("the clocks drift"),
        "{drifting}"
    );
    let varying = detail(|n| 50 + n * 7_919 % 13 * 700);
    assert!(varying.contains("0.05s") && varying.contains("8.45s") && varying.contains("not steady"), "{varying}");
}
