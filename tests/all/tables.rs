//! What is one table, what its columns are called, and what stands in no table: CSVs whose headers differ, dumps without
//! some of their data, names that come twice, numbers with marks in them.

use std::fmt::Write;
use std::path::Path;

use crate::hostile::{Case, hold, run, said, write};
use crate::rca::{folder, rows_in};

/// A day of one sensor, a row a minute; `is_wider` has one more column, `is_turned` another order.
fn day(number: u32, is_wider: bool, is_turned: bool) -> String {
    let more = if is_wider { ",fw" } else { "" };
    let mut text = if is_turned { format!("v,sensor,ts{more}\n") } else { format!("ts,sensor,v{more}\n") };
    for minute in 0..1_440 {
        let ts = format!("2025-03-{number:02}T{:02}:{:02}:00Z", minute / 60, minute % 60);
        let fields = if is_turned { format!("20.{number},s1,{ts}") } else { format!("{ts},s1,20.{number}") };
        writeln!(text, "{fields}{}", if is_wider { ",2.0" } else { "" }).expect("text");
    }
    text
}

/// Days 1, 2, 4 and 5, of which one has another order of columns and one a column more.
fn days(place: &Path) {
    for number in [1, 2, 4, 5] {
        write(place, &format!("tel/day{number}.csv"), day(number, number == 5, number == 2));
    }
}

const COUNT: &str = "select count(*) as n, count(fw) as fw, count(ts) as ts, count(sensor) as s from tel";
const ALL: &[&str] = &[r#"{"n":5760,"fw":1440,"ts":5760,"s":5760}"#];
const LACK: &[&str] = &["nothing lost", "3 of 4 files lack `fw`, which is NULL there: tel/day1.csv, tel/day2.csv"];

const DECLARED: &str = "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\n\
                        CREATE TABLE public.big (a integer);\nCREATE TABLE public.none (a integer);\n\
                        CREATE TABLE public.late (a integer);\n\n";
const END: &str = "--\n-- PostgreSQL database dump complete\n--\n\n";
const SECTION: &str = "--\n-- Data for Name: none; Type: TABLE DATA; Schema: public; Owner: a\n--\n\n";

const UNITS: &str = "SET client_encoding = 'UTF8';\nCREATE DOMAIN public.sn AS character(8);\n\
                     CREATE TABLE public.units (serial character(8), d public.sn, tags character(4)[], v character varying(9));\n";

const CASES: &[Case] = &[
    Case {
        name: "a pattern, one file of which has a column more and one another order",
        place: days,
        arguments: &["query", COUNT, "tel/*.csv"],
        code: 0,
        shown: ALL,
        said: LACK,
    },
    Case {
        name: "the same of a directory with a name",
        place: days,
        arguments: &["query", COUNT, "tel=tel/"],
        code: 0,
        shown: ALL,
        said: LACK,
    },
    Case {
        name: "the same of a directory whose files are numbered",
        place: days,
        arguments: &["query", COUNT, "tel"],
        code: 0,
        shown: ALL,
        said: LACK,
    },
    Case {
        name: "a day that is not there",
        place: days,
        arguments: &["missing", "tel/*.csv", "--kind", "time_gap"],
        code: 0,
        shown: &[r#""table_name":"tel""#, r#""missing":1440"#],
        said: &[],
    },
    Case {
        name: "settings of a source hold for what is one table",
        place: |place| {
            days(place);
            write(place, "tel/notes.csv", "code,text\nE1,x\nE2,y\n");
            write(place, "rca.toml", "[sources.tel]\npath = \"tel/*.csv\"\ntime = \"ts\"\nseries = [\"sensor\"]\n");
        },
        arguments: &["sources"],
        code: 0,
        shown: &[r#""table_name":"tel","rows":5760"#, r#""table_name":"notes","rows":2"#, r#""time_column":"ts""#],
        said: &[
            "`tel` has the 4 files whose headers have most names in common; others are tables of their own: notes",
            "what is set of sources.tel is not of notes",
        ],
    },
    Case {
        name: "files without headers, as it is said of them",
        place: |place| {
            write(place, "d/x.csv", "ST01,ok\nST02,bad\n");
            write(place, "d/y.csv", "ST03,bad\nST04,ok\n");
        },
        arguments: &["query", "select count(*) as n from d", "d/*.csv", "--set", "sources.d.header=false"],
        code: 0,
        shown: &[r#"{"n":4}"#],
        said: &["no header line"],
    },
    Case {
        name: "a pattern of unlike tables",
        place: |place| {
            write(place, "d/units.csv", "serial,lot\nS1,a\n");
            write(place, "d/tests.csv", "id,result,at\n1,PASS,2025-03-01T08:00:00Z\n");
        },
        arguments: &["query", "select (select count(*) from units) as u, (select count(*) from tests) as t", "d/*.csv"],
        code: 0,
        shown: &[r#"{"u":1,"t":1}"#],
        said: &["the headers of `d` have too few names in common for one table: each is one of its own: tests, units"],
    },
    Case {
        name: "tables of a directory stay apart, though their headers are nearly alike",
        place: |place| {
            write(place, "d/units.csv", "id,serial,at\n1,S1,2025-03-01T08:00:00Z\n");
            write(place, "d/tests.csv", "id,serial,at,result\n1,S1,2025-03-01T08:00:00Z,PASS\n");
        },
        arguments: &["query", "select (select count(*) from units) as u, (select count(*) from tests) as t", "d"],
        code: 0,
        shown: &[r#"{"u":1,"t":1}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "files that have nothing in them",
        place: |place| {
            write(place, "e/a.csv", "id,v\n1,2\n");
            write(place, "e/b.csv", "");
            write(place, "e/c.csv", "");
        },
        arguments: &["sources", "e", "--strict"],
        code: 0,
        shown: &[r#""table_name":"e","rows":1"#, "2 files are empty: e/b.csv, e/c.csv"],
        said: &["e: 2 files are empty: e/b.csv, e/c.csv"],
    },
    Case {
        name: "keys that Postgres fills up with blanks",
        place: |place| {
            let rows = "SN12    \tS1      \t{\"a   \",\"b c \"}\tx \n";
            write(place, "d.sql", format!("{UNITS}COPY public.units (serial, d, tags, v) FROM stdin;\n{rows}\\.\n"));
        },
        arguments: &["query", "select * exclude (_file, _line) from d.units where serial = 'SN12'", "d.sql"],
        code: 0,
        shown: &[r#"{"serial":"SN12","d":"S1","tags":["a","b c"],"v":"x "}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the same in INSERT statements, also where the column is wanted as text",
        place: |place| {
            let rows = "INSERT INTO public.units VALUES ('SN12    ', 'S1      ', '{\"a   \"}', 'x ');\n";
            write(place, "d.sql", format!("{UNITS}{rows}"));
        },
        arguments: &[
            "query",
            "select serial, d, tags, v from d.units where serial = 'SN12'",
            "d.sql",
            "--set",
            "sources.d.text=[\"serial\"]",
        ],
        code: 0,
        shown: &[r#"{"serial":"SN12","d":"S1","tags":["a"],"v":"x "}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "a key that is filled up follows to its events, and to other tables",
        place: |place| {
            let rows: String = (10..30).map(|n| format!("SN{n}    \t2025-03-01 00:{n}:00+00\n")).collect();
            let table = "CREATE TABLE public.units (serial character(8), at timestamp with time zone);\n";
            write(place, "mes.sql", format!("{table}COPY public.units (serial, at) FROM stdin;\n{rows}\\.\n"));
            write(place, "labels.csv", format!("serial\n{}", (10..29).map(|n| format!("SN{n}\n")).collect::<String>()));
        },
        arguments: &["missing", "mes.sql", "labels.csv", "--kind", "absent_key"],
        code: 0,
        shown: &[r#""table_name":"labels""#, r#""missing":1,"#],
        said: &[],
    },
    Case {
        name: "a table whose data were not dumped, beside one that is empty",
        place: |place| {
            let data = "COPY public.none (a) FROM stdin;\n\\.\n\nCOPY public.late (a) FROM stdin;\n1\n\\.\n\n";
            write(place, "d.sql", format!("{DECLARED}{data}{END}"));
        },
        arguments: &["sources", "d.sql", "--strict"],
        code: 0,
        shown: &[
            r#""table_name":"big","rows":0"#,
            r#""note":"it is declared, and its data is not in the dump""#,
            r#""table_name":"none","rows":0"#,
            r#""note":"""#,
        ],
        said: &["d.big: it is declared, and its data is not in the dump"],
    },
    Case {
        name: "a dump of declarations alone",
        place: |place| write(place, "d.sql", format!("{DECLARED}{END}")),
        arguments: &["query", "select count(*) as n from d.big", "d.sql"],
        code: 0,
        shown: &[r#"{"n":0}"#],
        said: &["d.big: it is declared, and its data is not in the dump", "nothing lost"],
    },
    Case {
        name: "tables after the place where a script is cut off",
        place: |place| write(place, "d.sql", format!("{DECLARED}COPY public.big (a) FROM stdin;\n1\n2\n")),
        arguments: &["query", "select count(*) as n from d.late", "d.sql"],
        code: 0,
        shown: &[r#"{"n":0}"#],
        said: &["d.late: it is declared, and its data is not in the script, which is cut off before its end (d.sql)"],
    },
    Case {
        name: "columns whose names differ in case alone",
        place: |place| write(place, "t.csv", "A,a,b,b\n2,3,1,1\n2,-3,1,1\n"),
        arguments: &["query", "select sum(A) as x, sum(a_2) as y, sum(b_2) as z from t", "t.csv"],
        code: 0,
        shown: &[r#"{"x":4,"y":0,"z":2}"#],
        said: &[
            "t: `A`, `a` differ in case alone, which SQL does not tell apart: the second is `a_2`",
            "t: two columns are called `b`: the second is `b_2`",
        ],
    },
    Case {
        name: "the same of keys",
        place: |place| write(place, "t.ndjson", "{\"A\":1,\"a\":2}\n{\"A\":3,\"a\":4}\n"),
        arguments: &["query", "select sum(A) as x, sum(a_2) as y from t", "t.ndjson"],
        code: 0,
        shown: &[r#"{"x":4,"y":6}"#],
        said: &["t: `A`, `a` differ in case alone, which SQL does not tell apart: the second is `a_2`"],
    },
    Case {
        name: "the same of a dump",
        place: |place| {
            let table = "CREATE TABLE public.t (\"A\" integer, a integer);\n";
            write(place, "d.sql", format!("{table}COPY public.t (\"A\", a) FROM stdin;\n1\t2\n\\.\n"));
        },
        arguments: &["query", "select \"A\" as x, a_2 as y from d.t", "d.sql"],
        code: 0,
        shown: &[r#"{"x":1,"y":2}"#],
        said: &["d.t: `A`, `a` differ in case alone, which SQL does not tell apart: the second is `a_2`"],
    },
    Case {
        name: "a key that comes twice",
        place: |place| write(place, "t.ndjson", "{\"id\":5,\"id\":6}\n{\"id\":7}\n"),
        arguments: &["query", "select id from t", "t.ndjson"],
        code: 0,
        shown: &[r#"{"id":5}"#, r#"{"id":7}"#],
        said: &["1 object has the key `id` more than once: the first value counts (t.ndjson:1)"],
    },
    Case {
        name: "rows that are all that a document has",
        place: |place| {
            let rows: String = (0..200).map(|n| format!("{{\"a\":{n},\"b\":{{\"c\":\"]}}\"}}}},\n")).collect();
            write(place, "t.json", format!("{{ \"rows\": [\n{}\n] }}\n", rows.trim_end().trim_end_matches(',')));
        },
        arguments: &["query", "select count(*) as n, sum(a) as s, min(_line) as l, max(b) as b from t", "t.json"],
        code: 0,
        shown: &[r#"{"n":200,"s":19900,"l":2,"b":"{\"c\":\"]}\"}"}"#],
        said: &["t: its rows are the objects of `rows`, which is all that its document has", "nothing lost"],
    },
    Case {
        name: "the same, cut off",
        place: |place| write(place, "t.json", "{\"rows\":[{\"a\":1},{\"a\":2},{\"a\":"),
        arguments: &["query", "select sum(a) as s from t", "t.json"],
        code: 0,
        shown: &[r#"{"s":3}"#],
        said: &["1 record could not be read", "the document ends before the `]` that closes it"],
    },
    Case {
        name: "text behind a closing quote",
        place: |place| write(place, "t.csv", "id,v\n1,\"x\"y\n2,\"z\n3,ok\n4,\"p\"\n5,\"q\" \n"),
        arguments: &["query", "select count(*) as n, max(v) filter (id = 5) as v from t", "t.csv"],
        code: 0,
        shown: &[r#"{"n":3,"v":"q "}"#],
        said: &[
            "2 not readable",
            "2 rows have text behind a closing quote: fields, or rows, may be run together there (t.csv:2, t.csv:3)",
        ],
    },
    Case {
        name: "points that may stand between thousands where semicolons divide",
        place: |place| write(place, "t.csv", "id;amt\n1;12.500\n2;13.750\n3;9.100\n"),
        arguments: &["query", "select max(amt) as m from t", "t.csv"],
        code: 0,
        shown: &[r#"{"m":"9.100"}"#],
        said: &["`amt` is text, since it is not told what the point divides in `12.500`"],
    },
    Case {
        name: "points of fractions beside others that tell so",
        place: |place| write(place, "t.csv", "id;amt;v\n1;12.500;0.5\n2;13.750;1.5\n"),
        arguments: &["query", "select max(amt) as m from t", "t.csv"],
        code: 0,
        shown: &[r#"{"m":13.75}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "thousands in groups, with commas and with points",
        place: |place| {
            write(place, "e.csv", "id,amt,n\n1,\"13,750.25\",\"1,009,100\"\n2,\"9,100.5\",\"12,500\"\n3,800,7\n");
            write(place, "g.csv", "id;amt\n1;12.500,25\n2;9.100\n3;7,5\n");
        },
        arguments: &[
            "query",
            "select (select max(amt) from e) as a, (select sum(n) from e) as n, (select max(amt) from g) as g",
            "e.csv",
            "g.csv",
        ],
        code: 0,
        shown: &[r#"{"a":13750.25,"n":1021607,"g":12500.25}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "numbers that no one way of writing reads",
        place: |place| write(place, "t.csv", "a,b\n\"101,102,103\",\"1,5\"\n\"101,102\",2.5\n"),
        arguments: &["query", "select a, b from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":"101,102,103","b":"1,5"}"#],
        said: &[
            "`a` is text, since it is not told what the signs divide in `101,102,103`",
            "`b` is text, since its numbers are written in more than one way: `1,5`",
        ],
    },
];

#[test]
fn what_is_a_table_and_a_column_is_as_the_evidence_has_it_or_told() {
    hold(CASES);
}

#[test]
fn a_dump_of_inserts_does_not_tell_an_empty_table() {
    for inserts in ["INSERT INTO public.late VALUES (1);\n", ""] {
        let place = folder();
        write(place.path(), "d.sql", format!("{DECLARED}{SECTION}{inserts}{END}"));
        let output = run(place.path(), &["sources", "d.sql"]);
        assert!(!said(&output).contains("it is declared"), "{}", said(&output));
    }
}

#[test]
fn rows_within_a_document_are_had_by_what_is_said_of_them() {
    let place = folder();
    let rows = r#"[{"id":1,"who":"it's","x":{"a":[1]}},{"id":2,"v":2.5,"ok":true},{"v":3}]"#;
    write(place.path(), "d1.json", format!("{{\"meta\":1,\"rows\":{rows}}}"));
    let output = run(place.path(), &["sources", "d1.json"]);
    let said = said(&output);
    let sql = said.split_once("its rows: ").expect("a way to them").1.lines().next().expect("a line");
    let found = rows_in(place.path(), &["query", sql, "d1.json"]);
    assert_eq!(
        serde_json::Value::from(found),
        serde_json::json!([
            {"id": 1, "who": "it's", "x": "{\"a\":[1]}", "v": null, "ok": null},
            {"id": 2, "who": null, "x": null, "v": 2.5, "ok": true},
            {"id": null, "who": null, "x": null, "v": 3.0, "ok": null},
        ])
    );
}
