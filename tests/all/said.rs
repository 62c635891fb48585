//! What a line of a log says of itself: its time in the zone it names, its level, and its message from the first word on.

use crate::hostile::{Case, hold, write};
use crate::rca::{folder, rows_in};

/// A log, and the time, level and message of each of its records, a line each.
struct Log {
    name: &'static str,
    text: &'static str,
    records: &'static str,
}

const ZONES: &[Log] = &[
    Log {
        name: "an offset behind a fraction with a comma",
        text: "2024-03-12 06:25:24,123 -0500 ERROR boom\n2024-03-12 06:25:24,123 +05:00 INFO fine\n",
        records: "2024-03-12T11:25:24.123Z|error|boom\n2024-03-12T01:25:24.123Z|info|fine\n",
    },
    Log {
        name: "an offset that is neither a peer nor a process",
        text: "2024-03-12 06:25:24 -05:00 ERROR boom\n2024-03-12 06:25:25 -05 ERROR boom\n",
        records: "2024-03-12T11:25:24Z|error|boom\n2024-03-12T11:25:25Z|error|boom\n",
    },
    Log {
        name: "the name of a zone between time and host",
        text: "Mar 12 2024 06:25:24 CET: %ASA-3-713902: boom\n000124: Jul 12 2024 06:25:26.123 EDT: %LINK-3-UPDOWN: down\n",
        records: "2024-03-12T05:25:24Z|error|boom\n2024-07-12T10:25:26.123Z|error|down\n",
    },
    Log {
        name: "minutes from Greenwich",
        text: "2024-03-12-06.25.24.123456+060 I1A5 LEVEL: Error\nMESSAGE : boom\n",
        records: "2024-03-12T05:25:24.123456Z|error|I1A5 LEVEL: Error\nMESSAGE : boom\n",
    },
    Log {
        name: "a zone before the class, whose level is on the next line",
        text: "Mar 12, 2024 6:25:24 PM CET com.x.Pump run\nSEVERE: boom\n",
        records: "2024-03-12T17:25:24Z|error|SEVERE: boom\n",
    },
];

const DATES: &[Log] = &[
    Log {
        name: "the day first, and a year of two digits",
        text: "31/12/24 23:59:59 ERROR Main: boom\n01/01/25 00:00:01 ERROR Main: boom\n",
        records: "2024-12-31T23:59:59Z|error|Main: boom\n2025-01-01T00:00:01Z|error|Main: boom\n",
    },
    Log {
        name: "the month first",
        text: "03/12/24 06:25:24 INFO server: started\n03/13/24 06:25:24 INFO server: started\n",
        records: "2024-03-12T06:25:24Z|info|server: started\n2024-03-13T06:25:24Z|info|server: started\n",
    },
    Log {
        name: "days that follow one another",
        text: "01/02/24 06:25:24 INFO a: x\n02/02/24 06:25:24 INFO a: x\n",
        records: "2024-02-01T06:25:24Z|info|a: x\n2024-02-02T06:25:24Z|info|a: x\n",
    },
    Log {
        name: "the year first",
        text: "25/03/01 20:10:40 INFO BlockManager: x\n25/03/02 20:10:40 INFO BlockManager: x\n",
        records: "2025-03-01T20:10:40Z|info|x\n2025-03-02T20:10:40Z|info|x\n",
    },
    Log {
        name: "the year behind the time",
        text: "Mar 12 06:25:27 2024 ERROR boom\n",
        records: "2024-03-12T06:25:27Z|error|boom\n",
    },
    Log {
        name: "a crash that has the time of day alone",
        text: "2024-03-12T06:25:26.123456Z 12 [ERROR] [MY-012345] [InnoDB] boom\n06:25:32 UTC - mysqld got signal 11 ;\n\
               2024-03-12T06:25:40.123456Z 0 [System] [MY-010116] [Server] start\n",
        records: "2024-03-12T06:25:26.123456Z|error|boom\n2024-03-12T06:25:32Z|fatal|mysqld got signal 11\n\
                  2024-03-12T06:25:40.123456Z|info|start\n",
    },
    Log {
        name: "times of day around midnight behind a whole one",
        text: "2024-03-12 23:59:58,123 INFO  [a.B] (main) x\n23:59:59,123 ERROR [a.B] (main) y\n00:00:01,123 ERROR [a.B] (main) z\n",
        records: "2024-03-12T23:59:58.123Z|info|x\n2024-03-12T23:59:59.123Z|error|y\n2024-03-13T00:00:01.123Z|error|z\n",
    },
    Log {
        name: "a line without its year before one that has it",
        text: "Mar 12 06:25:24 lb1 haproxy[1]: Server s/a is DOWN\nMar 12 06:25:24 lb1 haproxy[1]: 10.0.1.2:33317 \
               [12/Mar/2024:06:25:24.655] in s/a 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 \"GET / HTTP/1.1\"\n",
        records: "2024-03-12T06:25:24Z|null|Server s/a is DOWN\n2024-03-12T06:25:24.655Z|info|GET / HTTP/1.1\n",
    },
];

const LEVELS: &[Log] = &[
    Log {
        name: "a level behind thread and class",
        text: "2024-03-12 06:25:26.123 [main] c.x.A ERROR - boom\n",
        records: "2024-03-12T06:25:26.123Z|error|boom\n",
    },
    Log {
        name: "a level behind a thread of many parts",
        text: "2024-03-12 06:25:24,123+0100 http-nio-8080-exec-1 ERROR bob 385x boom\n",
        records: "2024-03-12T05:25:24.123Z|error|http-nio-8080-exec-1 ERROR bob 385x boom\n",
    },
    Log {
        name: "levels of four letters",
        text: "ERRO[2024-03-12T06:25:25Z] boom\nDEBU[2024-03-12T06:25:26Z] fine\n",
        records: "2024-03-12T06:25:25Z|error|boom\n2024-03-12T06:25:26Z|debug|fine\n",
    },
    Log {
        name: "levels spelled otherwise",
        text: "t=2024-03-12T06:25:24+0000 lvl=eror msg=boom logger=x\nt=2024-03-12T06:25:25+0000 lvl=dbug msg=fine logger=x\n",
        records: "2024-03-12T06:25:24Z|error|boom\n2024-03-12T06:25:25Z|debug|fine\n",
    },
    Log {
        name: "a level in the place of a program",
        text: "2024-03-12T06:25:24.123Z - error: disk full\n2024-03-12T06:25:25.123Z - info: fine\n",
        records: "2024-03-12T06:25:24.123Z|error|disk full\n2024-03-12T06:25:25.123Z|info|fine\n",
    },
    Log {
        name: "a level behind a program",
        text: "2024-03-12T06:25:24.123Z app: error: x\n2024-03-12T06:25:25.123Z myapp ERROR: y\n",
        records: "2024-03-12T06:25:24.123Z|error|app: error: x\n2024-03-12T06:25:25.123Z|error|myapp ERROR: y\n",
    },
    Log {
        name: "records in messages of syslog",
        text: "<11>1 2024-03-12T06:25:24Z h app 1 - - {\"level\":\"error\",\"msg\":\"a\"}\n<14>1 2024-03-12T06:25:25Z h app 1 - - plain\n\
               <14>1 2024-03-12T06:25:26Z h app 1 - - @cee: {\"level\":\"error\",\"msg\":\"b\"}\n",
        records: "2024-03-12T06:25:24Z|error|a\n2024-03-12T06:25:25Z|info|plain\n2024-03-12T06:25:26Z|error|b\n",
    },
    Log {
        name: "records of Java in messages of syslog",
        text: "Mar 12 2024 06:25:26 h app[1]: 2024-03-12 06:25:26,123 ERROR [main] c.x.A - boom\n",
        records: "2024-03-12T06:25:26.123Z|error|boom\n",
    },
    Log {
        name: "JSON behind a time",
        text: "2024-03-12T06:25:24.123Z {\"level\":\"error\",\"msg\":\"boom\"}\n2024-03-12T06:25:25.123Z {\"level\":\"info\",\"msg\":\"fine\"}\n",
        records: "2024-03-12T06:25:24.123Z|error|boom\n2024-03-12T06:25:25.123Z|info|fine\n",
    },
    Log {
        name: "numbers of syslog as levels",
        text: "{\"time\":\"2024-03-12T06:25:24Z\",\"level\":3,\"msg\":\"boom\"}\n{\"time\":\"2024-03-12T06:25:25Z\",\"level\":6,\"msg\":\"fine\"}\n",
        records: "2024-03-12T06:25:24Z|error|boom\n2024-03-12T06:25:25Z|info|fine\n",
    },
    Log {
        name: "numbers of OpenTelemetry as levels",
        text: "{\"timestamp\":\"2024-03-12T06:25:24Z\",\"severityNumber\":17,\"body\":\"boom\"}\n\
               {\"timestamp\":\"2024-03-12T06:25:25Z\",\"severityNumber\":9,\"body\":\"fine\"}\n",
        records: "2024-03-12T06:25:24Z|error|boom\n2024-03-12T06:25:25Z|info|fine\n",
    },
    Log {
        name: "alerts that tell of a recovery, and a sentence about an error",
        text: "[1710224725] HOST ALERT: h;UP;HARD;1;fine\n[1710224726] HOST ALERT: h;DOWN;HARD;1;boom\n",
        records: "2024-03-12T06:25:25Z|info|fine\n2024-03-12T06:25:26Z|error|boom\n",
    },
    Log {
        name: "a sentence about an error",
        text: "2024-03-12 06:25:03 No ERROR found\n2024-03-12 06:25:04 started\n",
        records: "2024-03-12T06:25:03Z|null|No ERROR found\n2024-03-12T06:25:04Z|null|started\n",
    },
];

const MESSAGES: &[Log] = &[
    Log {
        name: "the first word of a message behind a thread",
        text: "2024-03-12T06:25:24.123Z worker-1 ERROR Upload failed\n2024-03-12T06:25:25.123Z worker-1 ERROR Download failed\n",
        records: "2024-03-12T06:25:24.123Z|error|worker-1 ERROR Upload failed\n\
                  2024-03-12T06:25:25.123Z|error|worker-1 ERROR Download failed\n",
    },
    Log {
        name: "the first word of a message behind a process",
        text: "2024-03-12 06:25:24.123 1234 ERROR Upload failed\n",
        records: "2024-03-12T06:25:24.123Z|error|1234 ERROR Upload failed\n",
    },
    Log {
        name: "a message behind tabs",
        text: "2024-03-12T06:25:24.123Z\tb52a4ab4-d5d7-4d0c-9f7c-1f4d8c2f0e55\tINFO\tgot 5 items: ok\n",
        records: "2024-03-12T06:25:24.123Z|info|got 5 items: ok\n",
    },
    Log {
        name: "a message before its class and thread",
        text: "2024-03-12 06:25:25,123 | ERROR | Failed to start connector | org.apache.activemq.Broker | main\n",
        records: "2024-03-12T06:25:25.123Z|error|Failed to start connector\n",
    },
    Log {
        name: "a level in the place of a class",
        text: "Mar 12, 2024 6:25:24 PM ERROR e\n",
        records: "2024-03-12T18:25:24Z|error|e\n",
    },
];

const OTHERS: &[Case] = &[
    Case {
        name: "a note with a code",
        place: |place| {
            let line = |prio: u8, label: &str| {
                format!(
                    "{{\"prio\":{prio},\"err_code\":10909,\"msg\":\"n\",\"time\":\"2024-03-12T06:25:26.5Z\",\"label\":\"{label}\"}}\n"
                )
            };
            write(place, "m.log", line(3, "Note") + &line(3, "Note") + &line(1, "Error"));
        },
        arguments: &["errors", "m.log"],
        code: 0,
        shown: &["\"count\":1,"],
        said: &[],
    },
    Case {
        name: "the client before its proxies",
        place: |place| {
            let line =
                "203.0.113.7, 10.0.0.1 - - [29/Feb/2024:06:25:24 +0000] \"GET / HTTP/1.1\" 200 12 \"-\" \"curl\"\n";
            write(place, "a.log", line.repeat(2));
        },
        arguments: &["query", "select distinct client, proxies from a", "a.log"],
        code: 0,
        shown: &[r#"{"client":"203.0.113.7","proxies":"10.0.0.1"}"#],
        said: &[],
    },
    Case {
        name: "a further time without its year",
        place: |place| {
            write(place, "n.log", "Mar 12 06:25:27 nx1 : 2024 Mar 12 06:25:26 UTC: %ETHPORT-3-IF_DOWN: x\n");
        },
        arguments: &["query", "select ts, received from n", "n.log"],
        code: 0,
        shown: &[r#"{"ts":"2024-03-12T06:25:26Z","received":"2024-03-12T06:25:27Z"}"#],
        said: &[],
    },
    Case {
        name: "a date in the header",
        place: |place| {
            let header = "Log file created at: 2024/03/12 06:25:00\nRunning on machine: h\n";
            write(place, "app.INFO", format!("{header}E0312 06:25:25.123456  123 a.cc:1] boom\n"));
        },
        arguments: &["query", "select ts from x where ts is not null", "x=app.INFO"],
        code: 0,
        shown: &[r#"{"ts":"2024-03-12T06:25:25.123456Z"}"#],
        said: &["(2024-03-12)"],
    },
    Case {
        name: "a date in the name of the folder",
        place: |place| write(place, "2024-03-12/app.log", "06:25:25.123 [main] ERROR a.B - boom\n"),
        arguments: &["query", "select ts from x", "x=2024-03-12/app.log"],
        code: 0,
        shown: &[r#"{"ts":"2024-03-12T06:25:25.123Z"}"#],
        said: &["(2024-03-12)"],
    },
    Case {
        name: "a date in the name of the file before",
        place: |place| {
            write(place, "log/messages", "Jan 15 23:59:59 h a[1]: y\n");
            write(place, "log/messages-20240114", "Jan 13 23:59:59 h a[1]: x\n");
        },
        arguments: &["query", "select min(ts) as a, max(ts) as z from log", "log"],
        code: 0,
        shown: &[r#"{"a":"2024-01-13T23:59:59Z","z":"2024-01-15T23:59:59Z"}"#],
        said: &[],
    },
    Case {
        name: "dated lines that tell the day of others",
        place: |place| write(place, "s.log", "2024-03-12 06:25:24.123 +00:00 [INF] x\n[06:25:25 ERR] boom\n"),
        arguments: &["query", "select max(ts) as ts from s", "s.log"],
        code: 0,
        shown: &[r#"{"ts":"2024-03-12T06:25:25Z"}"#],
        said: &["times of some lines carry no date; the lines around them that do tell it"],
    },
    Case {
        name: "failures announced by the same words",
        place: |place| {
            let classes = ["Null", "Connect", "Timeout", "State", "Io", "Sql", "Eof", "Key"];
            let record = |at: usize| {
                format!(
                    "2024-03-12 06:00:{at:02},123 ERROR [http-0] c.x.Api - Unhandled exception\na.b.{}Exception: no\n\tat a.b(C.java:1)\n",
                    classes[at % 8]
                )
            };
            write(place, "x.log", (0..40).map(record).collect::<String>());
        },
        arguments: &["errors", "x.log"],
        code: 0,
        shown: &[
            r#""description":"Unhandled exception: NullException","count":5"#,
            r#""description":"Unhandled exception: KeyException","count":5"#,
        ],
        said: &[],
    },
];

#[test]
fn the_zone_in_a_line_is_that_of_its_time() {
    read(ZONES);
}

#[test]
fn what_a_date_leaves_open_the_lines_around_it_tell() {
    read(DATES);
}

#[test]
fn a_level_is_found_where_it_is_said_and_not_where_it_is_spoken_of() {
    read(LEVELS);
}

#[test]
fn a_message_has_all_its_words() {
    read(MESSAGES);
}

#[test]
fn files_their_names_and_headers_tell_of_their_lines() {
    hold(OTHERS);
}

fn read(logs: &[Log]) {
    for log in logs {
        let place = folder();
        write(place.path(), "a.log", log.text);
        let rows = rows_in(place.path(), &["query", "select ts, level, message from a order by _line", "a.log"]);
        let said = |value: &serde_json::Value| value.as_str().unwrap_or("null").to_string();
        let found: String = rows
            .iter()
            .map(|row| format!("{}|{}|{}\n", said(&row["ts"]), said(&row["level"]), said(&row["message"])))
            .collect();
        assert_eq!(found, log.records, "{}", log.name);
    }
}
