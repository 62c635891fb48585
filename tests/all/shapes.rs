//! Tables and objects in shapes that are less usual: a text sequence, lists for rows, numbers with more digits than a
//! floating-point number has, times by their columns' names.

use std::path::Path;

use crate::hostile::{Case, hold, write};
use crate::rca::{folder, run_in};

const SEQUENCE: &str = "\u{1e}{\"a\":1,\"b\":\"x\"}\n\u{1e}{\"a\":2,\"b\":\"y\"}\n";
const JOURNAL: &str = "\u{1e}{\"__REALTIME_TIMESTAMP\":\"1740834604000000\",\"PRIORITY\":\"3\",\"MESSAGE\":\"fail\"}\n\
    \u{1e}{\"__REALTIME_TIMESTAMP\":\"1740834605000000\",\"PRIORITY\":\"6\",\"MESSAGE\":\"fine\"}\n";

const CASES: &[Case] = &[
    Case {
        name: "a text sequence",
        place: |place| write(place, "x.json", SEQUENCE),
        arguments: &["query", "select sum(a) as s, max(b) as b from x", "x.json"],
        code: 0,
        shown: &[r#"{"s":3,"b":"y"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the journal as a text sequence",
        place: |place| write(place, "x.seq", JOURNAL),
        arguments: &["query", "select ts, level, message from x order by ts limit 1", "x.seq"],
        code: 0,
        shown: &[r#"{"ts":"2025-03-01T13:10:04Z","level":"error","message":"fail"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the journal as a stream of events",
        place: |place| write(place, "x.sse", JOURNAL.replace('\u{1e}', "data: ").replace("}\n", "}\n\n")),
        arguments: &["query", "select level, message from x order by ts", "x.sse"],
        code: 0,
        shown: &[r#"{"level":"error","message":"fail"}"#, r#"{"level":"info","message":"fine"}"#],
        said: &[],
    },
    Case {
        name: "rows that are lists",
        place: |place| {
            write(place, "x.json", r#"[[0, "a0", "2025-03-01 00:00:00"], [1, "a1", "2025-03-01 00:00:01"]]"#)
        },
        arguments: &["sources", "x.json"],
        code: 3,
        shown: &[],
        said: &["it is JSON whose rows are lists", "jq -c"],
    },
    Case {
        name: "a log of brackets",
        place: |place| {
            write(place, "x.log", "[[main]] 2025-03-01 13:10:04 ERROR a\n[[main]] 2025-03-01 13:10:05 INFO b\n")
        },
        arguments: &["query", "select count(ts) as n from x", "x.log"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &[],
    },
    Case {
        name: "amounts with more digits than a floating-point number has",
        place: |place| write(place, "x.csv", "k,amount\n1,12345678901234567.89\n2,12345678901234567.90\n3,0.10\n"),
        arguments: &["query", "select count(distinct amount) as n, min(amount) as m from x", "x.csv"],
        code: 0,
        shown: &[r#"{"n":3,"m":"0.10"}"#],
        said: &[
            "`amount` is text, since a floating-point number would change the digits of `12345678901234567.89`",
            "nothing lost",
        ],
    },
    Case {
        name: "the same in objects",
        place: |place| {
            write(
                place,
                "x.jsonl",
                "{\"k\":1,\"amount\":12345678901234567.89}\n{\"k\":2,\"amount\":12345678901234567.90}\n",
            );
        },
        arguments: &["query", "select count(distinct amount) as n from x", "x.jsonl"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "long fractions",
        place: |place| write(place, "x.csv", "k,mean\n1,33.3333333333333333\n2,0.1000000000000000\n"),
        arguments: &["query", "select typeof(mean) as t, count(*) as n from x group by all", "x.csv"],
        code: 0,
        shown: &[r#"{"t":"DOUBLE","n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "times that names tell",
        place: |place| {
            write(
                place,
                "x.csv",
                "createdAt,startTime,created,ts_ms,total\n1740834604,1740834604000,1740834604,1740834604000,1740834604\n",
            );
        },
        arguments: &[
            "query",
            "select \"createdAt\" = \"startTime\" and created = ts_ms as same, created, total from x",
            "x.csv",
        ],
        code: 0,
        shown: &[r#"{"same":true,"created":"2025-03-01T13:10:04Z","total":1740834604}"#],
        said: &[],
    },
    Case {
        name: "a delimiter that is said, of text that looks like a log",
        place: |place| write(place, "x.txt", "ts~a~b\n2025-03-01 08:00:00~1~2\n2025-03-01 08:00:01~3~4\n"),
        arguments: &["query", "select sum(a) as a, count(ts) as n from x", "x.txt", "--set", "sources.x.delimiter=~"],
        code: 0,
        shown: &[r#"{"a":4,"n":2}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a delimiter that is said, of text that looks like nothing",
        place: |place| write(place, "x.txt", "a~b\n1~2\n3~4\n"),
        arguments: &["query", "select sum(b) as b from x", "x.txt", "--set", "sources.x.delimiter=~"],
        code: 0,
        shown: &[r#"{"b":6}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a trace that stands beside the message",
        place: |place| {
            write(
                place,
                "x.log",
                "{\"asctime\":\"2025-03-01 13:10:04,118\",\"levelname\":\"ERROR\",\"message\":\"no\",\"exc_info\":\"Traceback (most recent call last):\\n  File \\\"a.py\\\", line 3, in f\\nValueError: bad\"}\n",
            );
        },
        arguments: &["query", "select exception from x", "x.log"],
        code: 0,
        shown: &[r#"{"exception":"ValueError"}"#],
        said: &[],
    },
];

#[test]
fn unusual_shapes_keep_all_that_they_hold() {
    hold(CASES);
}

/// A table as Parquet, written by the program itself.
fn parquet(place: &Path, sql: &str, name: &str) {
    write(place, "one.csv", "a\n1\n");
    let output = run_in(place, &["query", sql, "one.csv", "-o", name]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_column_that_one_file_of_parquet_lacks_is_said() {
    let place = folder();
    parquet(place.path(), "select 1 as a, 2 as b, 3 as d", "k1.parquet");
    parquet(place.path(), "select 4 as a, 5 as b", "k2.parquet");
    let output =
        run_in(place.path(), &["query", "select count(d) as n, sum(a) as a from k", "k=k?.parquet", "-f", "csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n,a\n1,5\n", "{said}");
    assert!(said.contains("1 of 2 files lacks `d`, which is NULL there: k2.parquet"), "{said}");
}

#[test]
fn numbers_in_a_column_declared_for_times_are_times() {
    let place = folder();
    let sql = "BEGIN TRANSACTION;\nCREATE TABLE ep (made DATETIME, n INTEGER);\nINSERT INTO ep VALUES(1740834604,1740834604);\nCOMMIT;\n";
    write(place.path(), "s.sql", sql);
    let output = run_in(place.path(), &["query", "select made, n from s.ep", "s.sql", "-f", "csv"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "made,n\n2025-03-01T13:10:04Z,1740834604\n", "{said}");
}
