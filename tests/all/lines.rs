//! Evidence whose lines are nearly like the others: times that no clock has, zones that are several, headers between
//! rows, lines of two outputs in turn. Each is a row of its own, or is told with its place.

use std::process::Output;

use crate::hostile::{Case, hold, said, write};
use crate::rca::{command, folder};

const JAVA: &str = "2025-03-01 10:00:00,123 INFO  [main] a.B - ok\n2025-03-01 24:00:01,123 ERROR [main] a.B - bad\n\
                    2025-02-30 10:01:02,123 ERROR [main] a.B - bad2\n\tat a.B.c(B.java:12)\n";
const CENTRAL: &str = "Sun 2025-11-02 00:59:58 CDT gw sshd[1]: Accepted\nSun 2025-11-02 01:59:59 CDT gw app[2]: error: failed E701\n\
                       Sun 2025-11-02 01:00:00 CST gw app[2]: error: failed E801\nSun 2025-11-02 01:00:02 CST gw sshd[1]: Accepted\n";
const MOVED: &str = r#"{"log":"2025-03-01 18:00:00,123 INFO app started\n","stream":"stdout","time":"2025-03-01T10:00:00.2234567Z"}
{"log":"2025-03-01 18:00:05,123 ERROR failed E701\n","stream":"stderr","time":"2025-03-01T10:00:05.2234567Z"}
{"log":"plain line\n","stream":"stderr","time":"2025-03-01T10:00:06.2234567Z"}
"#;
const TWO_OUTPUTS: &str = r#"{"log":"2025-03-01 10:00:00,123 INFO started\n","stream":"stdout","time":"2025-03-01T10:00:00.2Z"}
{"log":"listening\n","stream":"stdout","time":"2025-03-01T10:00:01Z"}
{"log":"Traceback (most recent call last):\n","stream":"stderr","time":"2025-03-01T10:00:02.0Z"}
{"log":"  File \"a.py\", line 3, in <module>\n","stream":"stderr","time":"2025-03-01T10:00:02.1Z"}
{"log":"ValueError: bad E1234\n","stream":"stderr","time":"2025-03-01T10:00:02.2Z"}
{"log":"2025-03-01 10:00:03,123 INFO ok\n","stream":"stdout","time":"2025-03-01T10:00:03.2Z"}
"#;
const JOURNAL: &str = r#"{"__REALTIME_TIMESTAMP":"1740823200000000","PRIORITY":"3","_HOSTNAME":"h","MESSAGE":"fail"}
{"__REALTIME_TIMESTAMP":"1740823201000000","PRIORITY":"3","_HOSTNAME":"h","MESSAGE":"fail"}
{"__REALTIME_TIM"#;

const GENERAL: &str = "/usr/sbin/mysqld, Version: 5.5.62-log (MySQL Community Server (GPL)). started with:\n\
    Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n\
    250301 13:10:04\t    3 Connect\tapp@192.0.2.4 on shop\n\t\t    3 Query\tselect 1\n\
    250301 13:10:05\t    3 Query\tinsert into t values (\n1,\t'a'\n)\n\t\t    3 Query\tselect 2\n\
    \t\t    4 Query\tselect 3\n250301 13:10:06\t    3 Quit\t\n";
const PARAMETERS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<!DOCTYPE log SYSTEM \"logger.dtd\">\n<log>\n\
    <record>\n  <date>2025-03-01T13:10:04.118Z</date>\n  <millis>1740834604118</millis>\n  <level>SEVERE</level>\n  \
    <message>disk failed</message>\n  <param>ST05</param>\n  <param>/dev/sda</param>\n  <param>E310</param>\n</record>\n</log>\n";
const ENTRY: &str = "__CURSOR=s=1\n__REALTIME_TIMESTAMP=1740834604118123\nPRIORITY=3\nCODE_FILE=a.c\nCODE_FILE=b.c\n\
    MESSAGE=one\nMESSAGE=two\n\n";

/// A message in three pieces between whole ones, and a line that its program ended without an end.
fn docker_pieces() -> String {
    let wrapped = |text: &str| {
        let log = serde_json::Value::from(text);
        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2025-03-01T10:00:00.2Z\"}}\n")
    };
    let inner = |level: &str, text: &str| {
        format!("{{\"ts\":\"2025-03-01T10:00:00Z\",\"level\":\"{level}\",\"msg\":\"{text}\"}}\n")
    };
    let long = inner("error", &format!("E701 {}\u{e9}", "\u{fc}".repeat(20_000) + &"z".repeat(20_001)));
    let mut text = wrapped(&inner("info", "started"));
    let mut rest = &long[..];
    while !rest.is_empty() {
        let end = (16_384..)
            .find(|end| *end >= rest.len() || rest.is_char_boundary(*end))
            .map_or(0, |end| end.min(rest.len()));
        text += &wrapped(&rest[..end]);
        rest = &rest[end..];
    }
    text + &wrapped("plain") + &wrapped(&inner("info", "stopped"))
}

const CASES: &[Case] = &[
    Case {
        name: "records whose times no clock or calendar has",
        place: |place| write(place, "m.log", JAVA),
        arguments: &["query", "select ts, level, message from m order by _line", "m.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T10:00:00.123Z","level":"info","message":"ok"}"#,
            r#"{"ts":null,"level":"error","message":"bad"}"#,
            r#"{"ts":null,"level":"error","message":"bad2\n\tat a.B.c(B.java:12)"}"#,
        ],
        said: &["2 values of `ts` are no time and NULL here (m.log:2, m.log:3)"],
    },
    Case {
        name: "a request on the 31st of February",
        place: |place| {
            let line =
                |date: &str, status| format!("10.0.0.1 - - [{date}:10:00:00 +0000] \"GET /d HTTP/1.1\" {status} 17\n");
            write(place, "a.log", line("01/Mar/2025", 200) + &line("31/Feb/2025", 503) + &line("01/Mar/2025", 200));
        },
        arguments: &["query", "select count(*) as n, count(ts) as dated, max(code) as code from a", "a.log"],
        code: 0,
        shown: &[r#"{"n":3,"dated":2,"code":"503"}"#],
        said: &["1 value of `ts` is no time and NULL here (a.log:2)"],
    },
    Case {
        name: "a record of RFC 5424 without a time",
        place: |place| {
            write(place, "s.log", "<34>1 2025-03-01T10:00:00Z h su - - - ok\n<8>1 - h app 1 - - DISK FAILED\n")
        },
        arguments: &["query", "select level, message from s where ts is null", "s.log"],
        code: 0,
        shown: &[r#"{"level":"fatal","message":"DISK FAILED"}"#],
        said: &["1 row has no time (s.log:2)"],
    },
    Case {
        name: "logs put together, each with a byte order mark",
        place: |place| {
            let part = |at: u32| {
                format!(
                    "\u{feff}2025-03-01 10:00:0{at},123 ERROR [main] a.B - x\n2025-03-01 10:00:0{at},500 INFO [main] a.B - y\n"
                )
            };
            write(place, "b.log", part(1) + &part(2));
        },
        arguments: &["query", "select level, count(*) as n from b group by level order by level", "b.log"],
        code: 0,
        shown: &[r#"{"level":"error","n":2}"#, r#"{"level":"info","n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a zone whose name is that of several",
        place: |place| write(place, "z.log", CENTRAL),
        arguments: &["query", "select ts, code, host from z where level = 'error' order by _line", "z.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-11-02T06:59:59Z","code":"E701","host":"gw"}"#,
            r#"{"ts":"2025-11-02T01:00:00Z","code":"E801","host":"gw"}"#,
        ],
        said: &[
            "2 times have no zone, or the name of several, beside others that have one: taken as UTC; say which with --timezone (z.log:3, z.log:4)",
        ],
    },
    Case {
        name: "the same, where the zone is said",
        place: |place| write(place, "z.log", CENTRAL),
        arguments: &[
            "query",
            "select ts from z where level = 'error' order by _line",
            "z.log",
            "--timezone",
            "America/Chicago",
        ],
        code: 0,
        shown: &[r#"{"ts":"2025-11-02T06:59:59Z"}"#, r#"{"ts":"2025-11-02T07:00:00Z"}"#],
        said: &["the order of the lines tells which one is meant"],
    },
    Case {
        name: "zones by place and by distance from Greenwich",
        place: |place| {
            write(place, "p.log", "[01-Mar-2025 18:00:00 Asia/Taipei] PHP Fatal error:  Uncaught X\n");
            write(place, "g.log", "2025-03-01 18:00:00 GMT+08:00 ERROR bad\n2025-03-01 18:00:01 GMT+08:00 INFO fine\n");
        },
        arguments: &["query", "select min(p.ts) as p, min(g.ts) as g from p, g", "p.log", "g.log"],
        code: 0,
        shown: &[r#"{"p":"2025-03-01T10:00:00Z","g":"2025-03-01T10:00:00Z"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "years of two digits, where the days tell the order",
        place: |place| {
            write(place, "m.log", "03/14/25 10:00:00 ERROR a\n04/01/25 10:00:00 INFO b\n");
            write(place, "y.log", "25/03/01 10:00:00 ERROR a\n25/03/02 10:00:00 INFO b\n");
        },
        arguments: &["query", "select max(m.ts) as m, max(y.ts) as y from m, y", "m.log", "y.log"],
        code: 0,
        shown: &[r#"{"m":"2025-04-01T10:00:00Z","y":"2025-03-02T10:00:00Z"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "years of two digits, where nothing does",
        place: |place| write(place, "u.log", "31/12/25 10:00:00 ERROR a\n31/12/25 10:00:01 INFO b\n"),
        arguments: &["sources", "u.log"],
        code: 3,
        shown: &[],
        said: &["times such as `31/12/25 10:00:00`, which do not tell day, month and year apart", "[[formats]]"],
    },
    Case {
        name: "local times within a container's, which tell their zone",
        place: |place| write(place, "d-json.log", MOVED),
        arguments: &["query", "select ts, level from d_json order by ts", "d-json.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T10:00:00.123Z","level":"info"}"#,
            r#"{"ts":"2025-03-01T10:00:05.123Z","level":"error"}"#,
            r#"{"ts":"2025-03-01T10:00:06.223456Z","level":null}"#,
        ],
        said: &[
            "times are finer than a microsecond and cut there",
            "times within lines carry no zone; the times around them, written at once, tell it",
        ],
    },
    Case {
        name: "a trace on one output of a container behind a line on the other",
        place: |place| write(place, "t-json.log", TWO_OUTPUTS),
        arguments: &[
            "query",
            "select stream, message, exception from t_json where _line in (2, 3) order by _line",
            "t-json.log",
        ],
        code: 0,
        shown: &[
            r#"{"stream":"stdout","message":"listening","exception":null}"#,
            r#"{"stream":"stderr","message":"Traceback (most recent call last):\n  File \"a.py\", line 3, in <module>\nValueError: bad E1234","exception":"ValueError"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "a short log whose last line is half written",
        place: |place| write(place, "j.json", JOURNAL),
        arguments: &["query", "select count(*) as n from j where level = 'error'", "j.json"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["1 row has no time (j.json:3)"],
    },
    Case {
        name: "points between thousands, where commas stand before fractions",
        place: |place| write(place, "c.csv", "n;price\n999;1,50\n1.234;2,25\n12.000;3,75\n"),
        arguments: &["query", "select max(n) as n, sum(price) as s from c", "c.csv"],
        code: 0,
        shown: &[r#"{"n":"999","s":7.5}"#],
        said: &["`n` is text, since it is not told what the point divides in `1.234`"],
    },
    Case {
        name: "versions, which are no fractions",
        place: |place| write(place, "v.csv", "fw,n\n1.1,1\n1.10,2\n1.1,3\n"),
        arguments: &["query", "select fw, count(*) as n from v group by fw order by fw", "v.csv"],
        code: 0,
        shown: &[r#"{"fw":"1.1","n":2}"#, r#"{"fw":"1.10","n":1}"#],
        said: &["`fw` is text, since a number would lose the last zero of `1.10`"],
    },
    Case {
        name: "tables put together with their headers",
        place: |place| {
            let part = "\u{feff}ts,v\n2025-03-01 10:00:00,1\n2025-03-01 10:00:10,2\n";
            write(place, "h.csv", part.repeat(3));
        },
        arguments: &["query", "select count(*) as n, sum(v) as s, max(ts) as t from h", "h.csv"],
        code: 0,
        shown: &[r#"{"n":6,"s":9,"t":"2025-03-01T10:00:10Z"}"#],
        said: &["2 lines are the header once more and no rows (h.csv:4, h.csv:7)"],
    },
    Case {
        name: "messages that Docker cut into pieces of 16 KiB",
        place: |place| write(place, "d.log", docker_pieces()),
        arguments: &["query", "select level, code, length(message) as n, _line from d order by _line", "d.log"],
        code: 0,
        shown: &[
            r#"{"level":"info","code":null,"n":7,"_line":1}"#,
            r#"{"level":"error","code":"E701","n":40007,"_line":2}"#,
            r#"{"level":null,"code":null,"n":5,"_line":6}"#,
            r#"{"level":"info","code":null,"n":7,"_line":7}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "what a search finds where a message is in pieces",
        place: |place| {
            let line = |tag: char, text: &str| format!("2025-03-01T10:00:00.5Z stdout {tag} {text}\n");
            write(
                place,
                "c.log",
                line('F', "on") + &line('P', "unit SN1") + &line('F', "042 failed") + &line('F', "off"),
            );
        },
        arguments: &["timeline", "c.log", "--where", "message LIKE '%SN1042%'"],
        code: 0,
        shown: &["unit SN1042 failed"],
        said: &["nothing lost"],
    },
    Case {
        name: "pieces of two outputs in turn",
        place: |place| {
            let line = |stream: &str, tag: char, text: &str| format!("2025-03-01T10:00:00.5Z {stream} {tag} {text}\n");
            let lines =
                [("stdout", 'P', "one "), ("stderr", 'F', "other"), ("stdout", 'P', "two "), ("stdout", 'P', "three")];
            write(place, "t.log", lines.map(|(stream, tag, text)| line(stream, tag, text)).concat());
        },
        arguments: &["query", "select message from t order by _line", "t.log"],
        code: 0,
        shown: &[r#"{"message":"one "}"#, r#"{"message":"other"}"#, r#"{"message":"two three"}"#],
        said: &[
            "2 messages are in pieces whose last piece does not follow the others: what stands elsewhere of them is a record of its own (t.log:1, t.log:3)",
        ],
    },
    Case {
        name: "rows of words, of which one comes twice",
        place: |place| write(place, "w.csv", "a,b\nc,d\na,b\na,b\n"),
        arguments: &["query", "select count(*) as n from w", "w.csv"],
        code: 0,
        shown: &[r#"{"n":4}"#],
        said: &["no header line"],
    },
    Case {
        name: "what stands between objects",
        place: |place| write(place, "o.ndjson", "{\"a\":1} trailing\n{\"a\":2}\n\"x\"\nnull\n{\"a\":3}\n"),
        arguments: &["query", "select sum(a) as s, max(_line) as l from o", "o.ndjson"],
        code: 0,
        shown: &[r#"{"s":6,"l":5}"#],
        said: &["3 records could not be read and are not in the answer (o.ndjson:1, o.ndjson:3"],
    },
    Case {
        name: "nanoseconds since 1970",
        place: |place| write(place, "e.csv", "ts,v\n1740823203000000001,4\n1740823203000000999,5\n"),
        arguments: &["query", "select min(ts) as t from e", "e.csv"],
        code: 0,
        shown: &[r#"{"t":"2025-03-01T10:00:03Z"}"#],
        said: &["times are finer than a microsecond and cut there"],
    },
    Case {
        name: "a level on the line after its time, as java.util.logging has it",
        place: |place| {
            let record = |level: &str| format!("Mar 01, 2025 1:10:04 PM com.foo.Bar connect\n{level}: no db E701\n");
            write(place, "j.log", record("SEVERE") + "\tat com.foo.Bar.connect(Bar.java:12)\n" + &record("INFO"));
        },
        arguments: &["query", "select ts, level, code, message from j order by _line", "j.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T13:10:04Z","level":"error","code":"E701","message":"SEVERE: no db E701\n\tat com.foo.Bar.connect(Bar.java:12)"}"#,
            r#"{"ts":"2025-03-01T13:10:04Z","level":"info","code":"E701","message":"INFO: no db E701"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "half of a surrogate pair in a message",
        place: |place| {
            let line =
                |text: &str| format!("{{\"ts\":\"2025-03-01T10:00:00Z\",\"level\":\"error\",\"msg\":\"{text}\"}}\n");
            write(place, "u.log", line("failed E701 \\ud83d") + &line("\\ud83d\\ude00"));
        },
        arguments: &["query", "select message from u order by _line", "u.log"],
        code: 0,
        shown: &["{\"message\":\"failed E701 \u{fffd}\"}", "{\"message\":\"\u{1f600}\"}"],
        said: &["1 value is not UTF-8, shown with"],
    },
    Case {
        name: "a log that says no level",
        place: |place| {
            write(place, "n.log", "2025-03-01 10:00:00 the pump stands\n2025-03-01 10:00:01 the pump failed\n")
        },
        arguments: &["errors", "n.log"],
        code: 0,
        shown: &[],
        said: &["no line of `n` says a level, so that its failures are not told from the rest: rca templates"],
    },
    Case {
        name: "codes that say that there is no error, in a table that says nothing else",
        place: |place| {
            let row = |at: u32, code: &str| format!("2025-03-01T08:0{at}:00Z,S{at},{code}\n");
            write(place, "t.csv", "ts,serial,code\n".to_string() + &row(0, "E000") + &row(1, "E000") + &row(2, "E001"));
        },
        arguments: &["errors", "t.csv"],
        code: 0,
        shown: &[r#""code":"E001""#],
        said: &[
            "t.code: rows are no errors whose code says that there is none: `E000`; a codebook that calls it one makes it a code",
        ],
    },
    Case {
        name: "lines of a statement that begin with a number and have a tab",
        place: |place| write(place, "q.log", GENERAL),
        arguments: &["query", "select command, message, ts from q order by _line", "q.log"],
        code: 0,
        shown: &[
            r#"{"command":"Query","message":"insert into t values (\n1,\t'a'\n)","ts":"2025-03-01T13:10:05Z"}"#,
            r#"{"command":"Query","message":"select 2","ts":"2025-03-01T13:10:05Z"}"#,
            r#"{"command":"Query","message":"select 3","ts":"2025-03-01T13:10:05Z"}"#,
            r#"{"command":"Quit","message":null,"ts":"2025-03-01T13:10:06Z"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "a field that a record has several times",
        place: |place| {
            write(place, "app.log", PARAMETERS);
            write(place, "j.log", ENTRY);
        },
        arguments: &["query", "select a.param, j.code_file, j.message from app a, j", "app.log", "j.log"],
        code: 0,
        shown: &[r#"{"param":"ST05, /dev/sda, E310","code_file":"a.c, b.c","message":"one\ntwo"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a condition that need not hold again",
        place: |place| write(place, "t.csv", "a,b\n1,2\n"),
        arguments: &["timeline", "t.csv", "--where", "Random () < 0.5"],
        code: 2,
        shown: &[],
        said: &["`--where` asks `Random()`, which need not say the same again", "hash(message) % 10 = 0"],
    },
];

#[test]
fn every_line_is_a_row_of_its_own_or_is_told() {
    hold(CASES);
}

/// Ten minutes apart, from half an hour before the clock is set back to half an hour after it, and the same in spring.
const CHANGES: &str = "SELECT TIMESTAMP '2025-10-26 01:30:00' + to_minutes(10 * n) AS ts, 1 AS x FROM range(18) AS t(n) \
                       UNION ALL SELECT TIMESTAMP '2025-03-30 01:30:00' + to_minutes(10 * n), 2 FROM range(18) AS t(n)";

#[test]
fn local_times_of_parquet_are_told_where_the_clock_is_put() {
    let place = folder();
    write(place.path(), "one.csv", "a\n1\n");
    let ask =
        |arguments: &[&str]| -> Output { command("rca", place.path()).args(arguments).output().expect("rca starts") };
    let made = ask(&["query", CHANGES, "one.csv", "-o", "local.parquet"]);
    assert!(made.status.success(), "{}", said(&made));
    let sql = "SELECT count(*) AS n, count(DISTINCT ts) AS d FROM local";
    let answer = ask(&["query", sql, "local.parquet", "--timezone", "Europe/Berlin", "-f", "csv"]);
    assert_eq!(String::from_utf8_lossy(&answer.stdout), "n,d\n36,30\n", "{}", said(&answer));
    for told in [
        "6 times of `ts` were on the clock twice, as it was set back: they are taken as the first ones",
        "6 times of `ts` were never on the clock, as it was set forward: taken as if it had not been",
    ] {
        assert!(said(&answer).contains(told), "{}", said(&answer));
    }
}
