//! Which lines are records: several formats in one file, however late and however few; lines of another layout between
//! others; text that only speaks of times; logs that a delimiter divides; records of several lines.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, write};
use crate::rca::{folder, rows_in};

/// Lines of Java at a second's distance, but those that `other` gives.
fn java(count: usize, other: impl Fn(usize, &str) -> Option<String>) -> String {
    let mut text = String::new();
    for n in 0..count {
        let at = format!("2025-03-01 {:02}:{:02}:{:02}", n / 3_600 + 6, n / 60 % 60, n % 60);
        let line = other(n, &at).unwrap_or_else(|| format!("{at},118 INFO  [main] c.x.A - ok {n}"));
        writeln!(text, "{line}").expect("written");
    }
    text
}

fn json(at: &str) -> String {
    format!("{{\"level\":\"error\",\"time\":\"{}Z\",\"msg\":\"boom\"}}", at.replace(' ', "T"))
}

fn counts(place: &Path, name: &str) -> (u64, u64, u64) {
    let sql = "select count(*) as n, count(*) filter (where level = 'error') as e, count(ts) as t from t";
    let row = &rows_in(place, &["query", sql, &format!("t={name}")])[0];
    let of = |key: &str| row[key].as_u64().expect("a count");
    (of("n"), of("e"), of("t"))
}

#[test]
fn a_second_format_is_found_wherever_it_begins() {
    let place = folder();
    for (first, second) in [(1_000, 5), (2_500, 2_500), (3_000, 3_000), (6_000, 500), (20_000, 20_000)] {
        write(place.path(), "a.log", java(first + second, |n, at| (n >= first).then(|| json(at))));
        let all = (first + second) as u64;
        assert_eq!(counts(place.path(), "a.log"), (all, second as u64, all), "{first} {second}");
    }
}

/// A line of this time.
type OfTime = fn(&str) -> String;

#[test]
fn a_few_lines_of_another_format_within_a_file_are_records() {
    let lines: [(&str, OfTime); 10] = [
        ("json", json),
        ("slog", |at| format!("time={}Z level=ERROR msg=\"boom\"", at.replace(' ', "T"))),
        ("klog", |at| format!("E0301 {}.123456       1 x.go:5] boom", &at[11..])),
        ("syslog", |at| format!("Mar  1 {} h app[1]: error: boom", &at[11..])),
        ("cassandra", |at| format!("ERROR [main] {at},123 X.java:5 - boom")),
        ("bracket", |at| format!("[{at}] ERROR boom")),
        ("level first", |at| format!("ERROR {at},123 boom")),
        ("thread first", |at| format!("thread-5 {at},123 ERROR boom")),
        ("indented", |at| format!("  {at},123 ERROR boom")),
        ("ctime", |at| format!("Sat Mar  1 {} 2025 ERROR boom", &at[11..])),
    ];
    let place = folder();
    for (name, line) in lines {
        for few in [1, 50] {
            let is_other = |n: usize| (3_000..3_000 + few).contains(&n);
            write(place.path(), "a.log", java(6_000, |n, at| is_other(n).then(|| line(at))));
            assert_eq!(counts(place.path(), "a.log"), (6_000, few as u64, 6_000), "{few} of {name}");
        }
    }
}

#[test]
fn lines_of_another_layout_are_records_in_any_part_of_a_large_file() {
    // Larger than what is looked through: 40 MB.
    let place = folder();
    let pad = "x".repeat(2_000);
    let text = java(20_000, |n, at| match n {
        9_700 => Some(format!("ERROR {at},123 boom")),
        9_800 => Some(json(at)),
        9_900 => Some(format!("E0301 {}.123456       1 x.go:5] boom", &at[11..])),
        _ => Some(format!("{at},118 INFO  [main] c.x.A - ok {pad}")),
    });
    write(place.path(), "a.log", text);
    assert_eq!(counts(place.path(), "a.log"), (20_000, 3, 20_000));
    let years = rows_in(place.path(), &["query", "select count(*) as n from t where year(ts) = 2025", "t=a.log"]);
    assert_eq!(years[0]["n"], 20_000);
}

const TOLD: &str = "2025-03-01 06:25:24,123 ERROR [main] c.A - boom\n    at a.b(c.java:1)\n2025-03-01 caused a problem, ERROR here\n\
                    \x20 2025-03-01 06:25:24 is the time in the trace\n06:25:24 something\nCaused by: x: 2025-03-01 06:25:24,123 ERROR inner\n\
                    2025-03-01 06:25:25,123 INFO  [main] c.A - SQL:\nSELECT * FROM t WHERE ts >\n'2025-03-01 06:25:24'\nAND level = 'ERROR'\n\
                    2025-03-01 06:25:26,123 INFO  [main] c.A - payload\n{\"level\":\"error\",\"time\":\"2020-01-01T00:00:00Z\",\"msg\":\"p\"}\n\
                    2025-03-01 06:25:27,123 INFO  [main] c.A - table\n2020-01-01 00:00:00 | ERROR | old row\n2020-01-02 00:00:00 | ERROR | old row\n";

fn postgres(severity: &str, code: &str, message: &str, end: &str) -> String {
    format!(
        "2025-03-01 13:10:04.118 UTC,\"app\",\"shop\",1235,\"127.0.0.1:5000\",65eff0a4.4d3,1,\"INSERT\",2025-03-01 13:10:00 UTC,\
         3/42,0,{severity},{code},\"{message}\",,,,,,\"INSERT INTO orders\n(id) VALUES (500)\",,,\"psql\"{end}\n"
    )
}

const SLOW: &str = "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n\
    Tcp port: 3306  Unix socket: /run/mysqld.sock\nTime                 Id Command    Argument\n\
    # Time: 2025-03-01T06:25:24.123456Z\n# User@Host: app[app] @ localhost []  Id:    12\n\
    # Query_time: 5.5  Lock_time: 0.1 Rows_sent: 1  Rows_examined: 500\nuse shop;\nSET timestamp=1740810319;\nSELECT *\nFROM orders;\n\
    # User@Host: web[web] @ localhost []  Id:    13\n# Query_time: 2.5  Lock_time: 0.1 Rows_sent: 1  Rows_examined: 5\n\
    SET timestamp=1740810322;\nselect 2;\n";

const STATEMENTS: &str = "# Time: 2025-03-01T10:00:00.123456Z\n# User@Host: root[root] @ localhost []  Id:     8\n\
    # Query_time: 5.0  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 0\nSET timestamp=1740823195;\nselect 1;\n\
    # User@Host: root[root] @  [10.0.0.1]  Id:     9\n# Query_time: 2.0  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 0\n\
    SET timestamp=1740823199;\nINSERT INTO t VALUES ('a\n# Time: not really\n# User@Host: nobody\nb');\n\
    # User@Host: web[web] @ web1 [10.0.0.2]  Id:    10\n# Query_time: 1.0  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 0\n\
    SET timestamp=1740823205;\n# administrator command: Quit;\n";

const CASES: &[Case] = &[
    Case {
        name: "a statement with lines that begin as a slow query's head does",
        place: |place| write(place, "slow.log", STATEMENTS),
        arguments: &["query", "select ts, host, ip, message as m from slow order by _line", "slow.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T10:00:00.123456Z","host":"localhost","ip":null,"m":"select 1;"}"#,
            r#"{"ts":"2025-03-01T09:59:59Z","host":null,"ip":"10.0.0.1","m":"INSERT INTO t VALUES ('a\n# Time: not really\n# User@Host: nobody\nb');"}"#,
            r##"{"ts":"2025-03-01T10:00:05Z","host":"web1","ip":"10.0.0.2","m":"# administrator command: Quit;"}"##,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "a line within quotes that begins with a time",
        place: |place| {
            let text =
                postgres("ERROR", "23505", "duplicate key", "").replace("(id) VALUES", "2025-03-01 13:10:04.118 CET");
            write(place, "pg.csv", text.repeat(3));
        },
        arguments: &["query", "select count(*) as n, max(query) as q from pg", "pg.csv"],
        code: 0,
        shown: &[r#"{"n":3,"q":"INSERT INTO orders\n2025-03-01 13:10:04.118 CET (500)"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a foreign line between records",
        place: |place| {
            let text = postgres("ERROR", "23505", "duplicate key", "");
            write(place, "pg.csv", format!("{text}2025-03-01 13:10:05 CET LOG:  started\n{text}"));
        },
        arguments: &["query", "select count(*) as n from pg", "pg.csv"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["1 line has a time as records do, and is of no format of its file"],
    },
    Case {
        name: "text that speaks of times, and what is told in records",
        place: |place| write(place, "m.log", TOLD),
        arguments: &["query", "select count(*) as n, count(*) filter (where level = 'error') as e from m", "m.log"],
        code: 0,
        shown: &[r#"{"n":4,"e":1}"#],
        said: &["3 lines have a time as records do, and are of no format of their file"],
    },
    Case {
        name: "a line that begins as a server's header does",
        place: |place| {
            write(
                place,
                "my.log",
                "2025-03-01 13:10:04 0 [ERROR] InnoDB: tablespace 17 is missing\nTCP Port: [blocked] by a rule\n\
                 /usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n\
                 Tcp port: 3306  Unix socket: /run/mysqld.sock\n2025-03-01 13:10:05 0 [Note] ready\n",
            )
        },
        arguments: &["query", "select message as m from my", "my.log"],
        code: 0,
        shown: &[r#"{"m":"InnoDB: tablespace 17 is missing\nTCP Port: [blocked] by a rule"}"#, r#"{"m":"ready"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "one line of another layout among few",
        place: |place| {
            write(
                place,
                "o.log",
                "2025-03-01 06:25:20 INFO a\nSat Mar  1 06:25:26 2025 ERROR boom\n2025-03-01 06:25:30 INFO b\n",
            )
        },
        arguments: &["query", "select level, ts from o where level = 'error'", "o.log"],
        code: 0,
        shown: &[r#"{"level":"error","ts":"2025-03-01T06:25:26Z"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "quotes within a request, a status that is none",
        place: |place| {
            let line = |request: &str, status: &str| {
                format!("10.0.0.3 - - [01/Mar/2025:06:00:03 +0000] \"{request}\" {status} 12 \"-\" \"x\"\n")
            };
            let odd = line("GET /s?q=\"a b\" HTTP/1.1", "500") + &line("-", "000") + &line("-", "-");
            write(place, "a.log", line("GET /s HTTP/1.1", "200").repeat(5) + &odd);
        },
        arguments: &[
            "query",
            "select count(*) as n, count(*) filter (where level = 'error') as e, max(request) as r from a",
            "a.log",
        ],
        code: 0,
        shown: &[r#"{"n":8,"e":1,"r":"GET /s?q=\"a b\" HTTP/1.1"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a bare record of Python's between others",
        place: |place| write(place, "p.log", java(5, |n, _| (n == 3).then(|| "ERROR:root:boom".into()))),
        arguments: &["query", "select level, message from p where ts is null", "p.log"],
        code: 0,
        shown: &[r#"{"level":"error","message":"boom"}"#],
        said: &["1 row has no time (p.log:4)"],
    },
    Case {
        name: "a machine's log whose parts a bar divides",
        place: |place| {
            write(place, "d/app.log", "2025-03-01 06:25:24,123 ERROR E1001 boom\n");
            let line = |second: u32| format!("2025-03-01 06:25:{second}|ERROR|Axis {second}|E4711 following error\n");
            write(place, "d/plc.log", line(24) + &line(25));
        },
        arguments: &["errors", "d"],
        code: 0,
        shown: &[r#""code":"E4711""#, r#""count":2"#],
        said: &["nothing lost"],
    },
    Case {
        name: "sentences with commas that have their time at the end",
        place: |place| {
            let line = |n: u32| format!("proc-{n} says, job {n} at 2025-03-01 06:25:0{n}\n");
            write(place, "d.log", line(1) + &line(2));
        },
        arguments: &["query", "select count(*) as n, count(ts) as t from d", "d.log"],
        code: 0,
        shown: &[r#"{"n":2,"t":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "packets and settings of a line",
        place: |place| {
            let packet = |n: u32| {
                format!("2025-03-01 06:25:0{n}.123456 ARP, Request who-has 10.0.0.{n} tell 10.0.0.2, length 28\n")
            };
            write(place, "t.log", (1..8).map(packet).collect::<String>());
            let row = |n: u32| format!("2025-03-01 06:25:0{n},ST0{n},{n}.5\n");
            write(place, "v.log", (1..8).map(row).collect::<String>());
        },
        arguments: &["sources", "t.log", "v.log"],
        code: 0,
        shown: &[
            r#""source":"t","kind":"log","table_name":"t","rows":7"#,
            r#""source":"v","kind":"csv","table_name":"v","rows":7"#,
        ],
        said: &[],
    },
    Case {
        name: "a log that pm2 or Fluentd wrote",
        place: |place| {
            write(
                place,
                "p.log",
                "0|app  | 2025-03-01T06:25:24: Error: boom\n0|app  |     at x (a.js:1:1)\n1|web  | 2025-03-01T06:25:25: ok\n",
            );
            let line = |level: &str| {
                format!("2025-03-01T06:25:24+01:00\tapp.tag\t{{\"level\":\"{level}\",\"message\":\"m\"}}\n")
            };
            write(place, "f.log", line("error") + &line("info"));
        },
        arguments: &[
            "query",
            "select (select count(*) from p) as p, (select count(*) from f where level = 'error') as f",
            "p.log",
            "f.log",
        ],
        code: 0,
        shown: &[r#"{"p":2,"f":1}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "PostgreSQL's log as CSV, of several versions",
        place: |place| {
            let record = postgres("ERROR", "23505", "duplicate \"\"pk\"\"\non shop", "");
            write(place, "pg.csv", record + &postgres("LOG", "00000", "checkpoint", ",\"checkpointer\",,0"));
        },
        arguments: &["query", "select ts, level, code, message, query, process_id from pg order by _line", "pg.csv"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T13:10:04.118Z","level":"error","code":"23505","message":"duplicate \"pk\"\non shop","query":"INSERT INTO orders\n(id) VALUES (500)","process_id":1235}"#,
            r#""level":"info","code":null,"message":"checkpoint""#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "slow queries, two of them under one time, below a server's header",
        place: |place| write(place, "slow.log", SLOW),
        arguments: &["query", "select ts, \"user\", query_time, message from slow order by _line", "slow.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T06:25:24.123456Z","user":"app","query_time":5.5,"message":"use shop;\nSELECT *\nFROM orders;"}"#,
            r#"{"ts":"2025-03-01T06:25:22Z","user":"web","query_time":2.5,"message":"select 2;"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "a date that a later line tells",
        place: |place| {
            let line = |n: usize| format!("03/{}/2025 06:00:00 ERROR line {n}\n", if n < 5_000 { 12 } else { 13 });
            write(place, "u.log", (0..6_000).map(line).collect::<String>());
        },
        arguments: &["query", "select min(ts) as a, max(ts) as b, count(*) as n from u", "u.log"],
        code: 0,
        shown: &[r#"{"a":"2025-03-12T06:00:00Z","b":"2025-03-13T06:00:00Z","n":6000}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a date that another file of the same log tells",
        place: |place| {
            write(place, "d/app.log", "03/13/2025 06:25:24 ERROR E1001 a\n");
            write(place, "d/app.log.1", "03/11/2025 06:25:24 ERROR E1001 a\n03/12/2025 06:25:24 ERROR E1001 a\n");
        },
        arguments: &["query", "select min(ts) as a, count(*) as n from d", "d"],
        code: 0,
        shown: &[r#"{"a":"2025-03-11T06:25:24Z","n":3}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the same file, packed and not",
        place: |place| {
            let line = "2025-03-01 06:25:24 ERROR E1001 a\n";
            write(place, "d/app.log", line);
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut packed, line.as_bytes()).expect("packed");
            write(place, "d/app.log.gz", packed.finish().expect("packed"));
        },
        arguments: &["sources", "d"],
        code: 0,
        shown: &["are the same: 1 line is counted twice"],
        said: &[],
    },
    Case {
        name: "two lines with seconds since boot",
        place: |place| {
            write(place, "dm.log", "[    0.000000] Linux version 6.1\n[   13.000000][  T123] usb 1-1: new\n")
        },
        arguments: &["query", "select count(*) as n, count(uptime) as u from dm", "dm.log"],
        code: 0,
        shown: &[r#"{"n":2,"u":2}"#],
        said: &["2 rows have no time"],
    },
];

#[test]
fn every_record_is_one() {
    hold(CASES);
}
