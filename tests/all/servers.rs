//! Logs and dumps as servers and programs write them with other settings than the usual ones. What is not read is said to
//! be so, and never read as something else.

use std::io::Write;
use std::path::Path;

use crate::hostile::{Case, hold, write};

/// A server's log of a restore: it tells of what dumps are made of.
const RESTORE: &str = "2025-03-01 13:10:04.225 UTC [20156] app@shop LOG:  duration: 3.1 ms\n\
    2025-03-01 13:10:04.226 UTC [20156] app@shop LOG:  statement: COPY public.cm (a) FROM stdin;\n\
    2025-03-01 13:10:04.227 UTC [20156] app@shop ERROR:  boom\n";

/// A program's log with the title of a dump, and the lines of one in a value that is quoted.
const TOLD: &str = r#"{"ts":"2025-03-01T08:00:00Z","level":"info","msg":"writes -- PostgreSQL database dump"}
{"ts":"2025-03-01T08:00:01Z","level":"error","msg":"COPY t FROM stdin; failed"}
"#;
const QUOTED: &str = "ts,level,sql\n2025-03-01T08:00:00Z,info,\"-- on\nCOPY public.t (a) FROM stdin;\n-- PostgreSQL database dump\"\n\
    2025-03-01T08:00:01Z,error,x\n";

/// Of a log_line_prefix that no format knows by heart.
fn prefixed(prefix: &str) -> String {
    let line = |n: u32, rest: &str| format!("2025-03-01 13:10:0{n}.118 CET {prefix} {rest}\n");
    line(4, "LOG:  connection received: host=[local]")
        + &line(5, "ERROR:  division by zero")
        + &line(5, "STATEMENT:  select 'P0042' / 0")
        + &line(6, "WARNING:  there is no transaction in progress")
        + &line(7, "FATAL:  role \"nobody\" does not exist")
}

/// The first line of what current servers of MariaDB dump.
const SANDBOX: &str = "/*M!999999\\- enable the sandbox mode */ \n";

/// The three lines that the server begins its logs with.
const STARTED: &str = "mariadbd, Version: 10.11.19-MariaDB-log (Debian 12). started with:\n\
    Tcp port: 0  Unix socket: /run/my.sock\nTime\t\t    Id Command\tArgument\n";

fn general(is_headed: bool) -> String {
    let mut text = if is_headed { STARTED.to_string() } else { String::new() };
    for minute in 10..12 {
        text += &format!("250301 13:{minute}:04\t     3 Connect\troot@localhost on  using Socket\n");
        for n in 0..200 {
            text += &format!("\t\t     3 Query\tselect {n},\n\t\t  b from t\n");
        }
        text += "\t\t     3 Quit\t\n";
    }
    text
}

fn slow() -> String {
    let query = |n: u32| {
        format!(
            "# User@Host: root[root] @ localhost []\n# Query_time: 0.{n}  Lock_time: 0.000000\nSET timestamp=17408346{n};\nselect {n};\n"
        )
    };
    STARTED.to_string() + "# Time: 250301 13:10:12\n" + &query(12) + &query(13)
}

fn record(at: u32, level: &str, rest: &str) -> String {
    format!(
        "<record>\n  <date>2025-03-01T13:10:0{at}.328835200Z</date>\n  <millis>174083460{at}328</millis>\n  \
         <nanos>835200</nanos>\n  <sequence>{at}</sequence>\n  <logger>com.acme.L</logger>\n  <level>{level}</level>\n  \
         <class>L</class>\n  <method>main</method>\n  <thread>1</thread>\n  {rest}\n</record>\n"
    )
}

fn java_xml() -> String {
    let thrown = "<message>disk full</message>\n  <exception>\n    <message>java.io.IOException: E701</message>\n    <frame>\n      \
        <class>a.B</class>\n      <method>c</method>\n      <line>12</line>\n    </frame>\n  </exception>";
    let head =
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n<!DOCTYPE log SYSTEM \"logger.dtd\">\n<log>\n";
    head.to_string()
        + &record(1, "INFO", "<message>two\nlines &amp; more</message>")
        + &record(2, "SEVERE", thrown)
        + "</log>\n"
}

fn bzipped(text: &str) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packed.write_all(text.as_bytes()).expect("packed");
    packed.finish().expect("packed")
}

/// A deflated member that is packed itself.
fn zip_of_bzip(place: &Path) {
    let mut archive = zip::ZipWriter::new(std::fs::File::create(place.join("a.zip")).expect("created"));
    archive.start_file("t.csv.bz2", zip::write::SimpleFileOptions::default()).expect("a member");
    archive.write_all(&bzipped("a,b\n1,x\n2,y\n")).expect("written");
    archive.finish().expect("finished");
}

const LEVELS: &str = "select level, count(*) as n from x group by level order by level";
const OF_PREFIX: &[&str] = &[
    r#"{"level":"error","n":1}"#,
    r#"{"level":"fatal","n":1}"#,
    r#"{"level":"info","n":2}"#,
    r#"{"level":"warn","n":1}"#,
];

const CASES: &[Case] = &[
    Case {
        name: "a server's log of a restore",
        place: |place| write(place, "x.log", RESTORE),
        arguments: &["query", "select level, message from x order by _line", "x.log"],
        code: 0,
        shown: &[
            r#"{"level":"info","message":"statement: COPY public.cm (a) FROM stdin;"}"#,
            r#"{"level":"error","message":"boom"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "objects that tell of a dump",
        place: |place| write(place, "x.jsonl", TOLD),
        arguments: &["query", LEVELS, "x.jsonl"],
        code: 0,
        shown: &[r#"{"level":"error","n":1}"#, r#"{"level":"info","n":1}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a table with the lines of a dump in a value",
        place: |place| write(place, "x.csv", QUOTED),
        arguments: &["query", LEVELS, "x.csv"],
        code: 0,
        shown: &[r#"{"level":"error","n":1}"#, r#"{"level":"info","n":1}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a script that is said to be a log",
        place: |place| {
            write(place, "x.log", "-- PostgreSQL database dump\n".to_string() + RESTORE + RESTORE);
        },
        arguments: &["query", LEVELS, "x.log", "--set", "sources.x.format=postgres"],
        code: 0,
        shown: &[r#"{"level":"error","n":2}"#, r#"{"level":"info","n":4}"#],
        said: &[],
    },
    Case {
        name: "a dump whose beginning is lost",
        place: |place| {
            write(
                place,
                "x.sql",
                "1\ta\n2\tb\n\\.\n\n--\n-- Data for Name: u; Type: TABLE DATA\n--\n\nCOPY public.u (a, b) FROM stdin;\n\
                 1\tx\n2\ty\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n",
            );
        },
        arguments: &["sources", "x.sql"],
        code: 3,
        shown: &[],
        said: &["damaged at byte 0: 1 statement is not understood, and may have had rows"],
    },
    Case {
        name: "a prefix with blanks in it",
        place: |place| write(place, "x.log", prefixed("[14619] client backend")),
        arguments: &["query", LEVELS, "x.log"],
        code: 0,
        shown: OF_PREFIX,
        said: &["nothing lost"],
    },
    Case {
        name: "a prefix of names",
        place: |place| write(place, "x.log", prefixed("[14619] user=app db=shop app=A b client=[local]")),
        arguments: &["query", LEVELS, "x.log"],
        code: 0,
        shown: OF_PREFIX,
        said: &["nothing lost"],
    },
    Case {
        name: "errors of a prefix with the process behind names",
        place: |place| write(place, "x.log", prefixed("app shop [14619]")),
        arguments: &["errors", "x.log"],
        code: 0,
        shown: &["division by zero", "nobody"],
        said: &[],
    },
    Case {
        name: "a dump of MariaDB behind its first comment",
        place: |place| {
            write(
                place,
                "x.sql",
                format!(
                    "{SANDBOX}-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\nCREATE TABLE `t` (\n  `at` datetime\n);\n\
                     INSERT INTO `t` VALUES\n('2025-03-01 00:01:00'),\n('2025-03-01 00:02:00');\n"
                ),
            );
        },
        arguments: &["sources", "x.sql"],
        code: 3,
        shown: &[],
        said: &["it is a dump of MySQL or MariaDB, which is not read"],
    },
    Case {
        name: "rows of MySQL alone",
        place: |place| write(place, "x.sql", "INSERT INTO `p` VALUES\n(1,'C:\\\\tmp'),\n(2,'it\\'s');\n"),
        arguments: &["sources", "x.sql"],
        code: 3,
        shown: &[],
        said: &["it is a dump of MySQL or MariaDB, which is not read"],
    },
    Case {
        name: "rows of SQLite in the quotes of MySQL",
        place: |place| {
            write(
                place,
                "x.sql",
                "BEGIN TRANSACTION;\nCREATE TABLE `p` (`a` INTEGER, `b` TEXT);\nINSERT INTO `p` VALUES (1,'C:\\tmp');\nCOMMIT;\n",
            );
        },
        arguments: &["query", "select a, length(b) as n from x.p", "x.sql"],
        code: 0,
        shown: &[r#"{"a":1,"n":6}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "settings of SQLite without a table",
        place: |place| {
            write(place, "x.sql", "BEGIN;\nPRAGMA encoding = 'UTF-8';\nPRAGMA page_size = '4096';\nCOMMIT;\n")
        },
        arguments: &["sources", "x.sql"],
        code: 3,
        shown: &[],
        said: &["it is SQL that declares no table and has no row"],
    },
    Case {
        name: "a packed file in a packed archive",
        place: zip_of_bzip,
        arguments: &["query", "select sum(a) as n from t", "t=a.zip"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "objects whose zone is the name of several",
        place: |place| {
            let line =
                |n: u32| format!("{{\"ts\":\"2025-03-01 18:10:0{n}.118 CST\",\"level\":\"error\",\"msg\":\"m\"}}\n");
            write(place, "x.jsonl", line(1) + &line(2));
        },
        arguments: &["query", "select min(ts) as t, count(level) as n from x", "x.jsonl", "--timezone", "Asia/Taipei"],
        code: 0,
        shown: &[r#"{"t":"2025-03-01T10:10:01.118Z","n":2}"#],
        said: &[],
    },
    Case {
        name: "a table whose zone is the name of several",
        place: |place| write(place, "x.csv", "ts,v\n2025-03-01 18:10:01 CST,1\n2025-03-01 18:10:02 CST,2\n"),
        arguments: &["query", "select max(ts) as t from x", "x.csv", "--timezone", "Asia/Taipei"],
        code: 0,
        shown: &[r#"{"t":"2025-03-01T10:10:02Z"}"#],
        said: &[],
    },
    Case {
        name: "commands of one second, behind a server's header",
        place: |place| write(place, "x.log", general(true)),
        arguments: &["query", "select ts, command, count(*) as n from x group by all order by all", "x.log"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T13:10:04Z","command":"Connect","n":1}"#,
            r#"{"ts":"2025-03-01T13:10:04Z","command":"Query","n":200}"#,
            r#"{"ts":"2025-03-01T13:11:04Z","command":"Query","n":200}"#,
            r#"{"ts":"2025-03-01T13:11:04Z","command":"Quit","n":1}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "commands of one second without a header, and what was asked for among them",
        place: |place| write(place, "x.log", general(false)),
        arguments: &[
            "query",
            "select ts, message, _line from x where contains(message, 'select 199,') order by _line",
            "x.log",
        ],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T13:10:04Z","message":"select 199,\n\t\t  b from t","_line":400}"#,
            r#"{"ts":"2025-03-01T13:11:04Z","message":"select 199,\n\t\t  b from t","_line":802}"#,
        ],
        said: &[],
    },
    Case {
        name: "slow queries behind a server's header",
        place: |place| write(place, "x.log", slow()),
        arguments: &["query", "select message, query_time from x order by _line", "x.log"],
        code: 0,
        shown: &[r#"{"message":"select 12;","query_time":0.12}"#, r#"{"message":"select 13;","query_time":0.13}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "records of Java as XML",
        place: |place| write(place, "x.xml", java_xml()),
        arguments: &["query", "select ts, level, message, exception, sequence from x order by ts", "x.xml"],
        code: 0,
        shown: &[
            r#"{"ts":"2025-03-01T13:10:01.328835Z","level":"info","message":"two\nlines & more","exception":null,"sequence":1}"#,
            r#""level":"error","message":"disk full\njava.io.IOException: E701\n\tat a.B.c(:12)","exception":"java.io.IOException","#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "records of Java whose class has no package",
        place: |place| {
            let of = |at: u32, level: &str, text: &str| format!("Mar 01, 2025 1:10:0{at} PM S main\n{level}: {text}\n");
            write(
                place,
                "x.log",
                of(1, "SEVERE", "disk full") + &of(2, "SEVERE", "E123 bad sum") + &of(3, "INFO", "ok"),
            );
        },
        arguments: &["query", "select level, code, message, logger from x order by ts", "x.log"],
        code: 0,
        shown: &[
            r#"{"level":"error","code":null,"message":"SEVERE: disk full","logger":"S"}"#,
            r#"{"level":"error","code":"E123","message":"SEVERE: E123 bad sum","logger":"S"}"#,
            r#"{"level":"info","code":null,"message":"INFO: ok","logger":"S"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "records of Java on a German machine",
        place: |place| {
            let of = |at: u32, level: &str| format!("Nov. 30, 2024 1:10:0{at} PM com.acme.App main\n{level}: voll\n");
            write(place, "x.log", of(1, "SCHWERWIEGEND") + &of(2, "WARNUNG"));
        },
        arguments: &["query", "select level, message from x order by ts", "x.log"],
        code: 0,
        shown: &[
            r#"{"level":"error","message":"SCHWERWIEGEND: voll"}"#,
            r#"{"level":"warn","message":"WARNUNG: voll"}"#,
        ],
        said: &["nothing lost"],
    },
    Case {
        name: "a key that says more of the time than another",
        place: |place| {
            let line = |n: u32| {
                format!(
                    "{{\"PRIORITY\":\"err\",\"MESSAGE\":\"m{n}\",\"ISODATE\":\"2025-03-01T17:00:0{n}+08:00\",\"DATE\":\"Mar  1 17:00:0{n}\"}}\n"
                )
            };
            write(place, "x.jsonl", line(1) + &line(2));
        },
        arguments: &["query", "select min(ts) as t from x", "x.jsonl"],
        code: 0,
        shown: &[r#"{"t":"2025-03-01T09:00:01Z"}"#],
        said: &[],
    },
    Case {
        name: "zeros in a line of a log",
        place: |place| {
            let line = |n: u32| format!("2025-03-01 13:10:0{n},118 - a.b - ERROR - m{n}\n");
            write(place, "x.log", line(1) + &"\0".repeat(40) + &line(2) + &line(3));
        },
        arguments: &["query", "select count(*) as n from x", "x.log"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &["1 line has bytes of zero"],
    },
];

#[test]
fn what_servers_write_is_read_as_they_mean_it_or_refused() {
    hold(CASES);
}
