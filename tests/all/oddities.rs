//! More evidence as it should not be, and what a hurried user types: headers with years in them, archives without their
//! end, names that no shell likes, figures without a meaning.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use crate::hostile::{Case, fixture, hold, said, write};
use crate::rca::{command, folder};

/// A zip archive of three tables without its last `lost` bytes; `is_streamed` has sizes behind the data.
fn cut_zip(path: &Path, lost: usize, is_streamed: bool) {
    let rows =
        |first: usize| (first..first + 3_000).map(|n| format!("{n},x{}\n", n * 7_919 % 1_000)).collect::<String>();
    let parts: Vec<(String, String)> =
        (0..3).map(|n| (format!("d/f{n}.csv"), format!("a,b\n{}", rows(n * 3_000)))).collect();
    let options = zip::write::SimpleFileOptions::default();
    let mut bytes = Vec::new();
    if is_streamed {
        let mut archive = zip::ZipWriter::new_stream(&mut bytes);
        for (name, text) in &parts {
            archive.start_file(name.as_str(), options).expect("a member");
            archive.write_all(text.as_bytes()).expect("written");
        }
        archive.finish().expect("finished");
    } else {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(&mut bytes));
        for (name, text) in &parts {
            archive.start_file(name.as_str(), options).expect("a member");
            archive.write_all(text.as_bytes()).expect("written");
        }
        archive.finish().expect("finished");
    }
    std::fs::write(path, &bytes[..bytes.len() - lost]).expect("written");
}

const SUM: &[&str] = &["query", "select count(*) as n, sum(a) as s from z", "z.zip"];
/// Of all three tables: the numbers from 0 to 8,999.
const ALL: &[&str] = &[r#"{"n":9000,"s":40495500}"#];
const NO_LIST: &str =
    "the list of members at the end of `z.zip`, which is cut off or damaged: they are read without it";

const CASES: &[Case] = &[
    Case {
        name: "a pivot by years",
        place: |place| write(place, "t.csv", "station,2023,2024,2025\nST01,5,6,7\nST02,6,7,8\n"),
        arguments: &["query", "select station, \"2024\" as y from t", "t.csv"],
        code: 0,
        shown: &[r#"{"station":"ST01","y":6}"#, r#"{"station":"ST02","y":7}"#],
        said: &["the first line is taken for a header, though `2023` and 2 more look like values", "sources.t.header"],
    },
    Case {
        name: "a pivot by years of which one file is too short to tell",
        place: |place| {
            write(place, "d/a.csv", "station,2023,2024,2025\nST01,5,6,7\nST02,6,7,8\n");
            write(place, "d/b.csv", "station,2023,2024,2025\n");
        },
        arguments: &["query", "select count(*) as n, sum(\"2025\") as s from d", "d"],
        code: 0,
        shown: &[r#"{"n":2,"s":15}"#],
        said: &[],
    },
    Case {
        name: "a header that the user denies",
        place: |place| write(place, "t.csv", "station,2023,2024\nST01,5,6\n"),
        arguments: &["query", "select column2 as c from t", "t.csv", "--set", "sources.t.header=false"],
        code: 0,
        shown: &[r#"{"c":2023}"#, r#"{"c":5}"#],
        said: &["no header line"],
    },
    Case {
        name: "a header that the user knows of",
        place: |place| write(place, "t.csv", "ST01,5\nST02,6\n"),
        arguments: &["query", "select ST01 as c from t", "t.csv", "--set", "sources.t.header=true"],
        code: 0,
        shown: &[r#"{"c":"ST02"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "rows of years without a header",
        place: |place| write(place, "t.csv", "ST01,2023,2024\nST02,2021,2022\nST03,2020,2021\n"),
        arguments: &["query", "select count(*) as n from t", "t.csv"],
        code: 0,
        shown: &[r#"{"n":3}"#],
        said: &["no header line"],
    },
    Case {
        name: "blank lines above a header",
        place: |place| write(place, "t.csv", "\n\r\n,,\na,b,c\n1,2,3\n"),
        arguments: &["query", "select a, b, _line as line from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":1,"b":2,"line":5}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "the line about delimiters that Excel writes",
        place: |place| write(place, "t.csv", "sep=;\r\na;b\r\n1,5;2\r\n"),
        arguments: &["query", "select a, b, _line as line from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":1.5,"b":2,"line":3}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "line ends translated twice",
        place: |place| write(place, "t.csv", "id,name\r\r\n\r\r\n1,x\r\r\n2,\"y\"\r\r\n"),
        arguments: &["query", "select name, _line as line from t", "t.csv"],
        code: 0,
        shown: &[r#"{"name":"x","line":3}"#, r#"{"name":"y","line":4}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "line ends of a log translated twice",
        place: |place| {
            write(
                place,
                "t.log",
                "2026-03-01T08:00:00Z ERROR x failed\r\r\n  at y\r\r\n2026-03-01T08:00:01Z INFO ok\r\r\n",
            )
        },
        arguments: &["query", "select message as m from t", "t.log"],
        code: 0,
        shown: &[r#"{"m":"x failed\n  at y"}"#, r#"{"m":"ok"}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "zeros that a power cut left",
        place: |place| write(place, "t.csv", format!("a,b\n1,2\n3,4\n{}", "\0".repeat(500))),
        arguments: &["query", "select count(*) filter (a > 0) as n from t", "t.csv"],
        code: 0,
        shown: &[r#"{"n":2}"#],
        said: &["1 line has bytes of zero, which no text has; rows near them are wrong or lost (t.csv:4)"],
    },
    Case {
        name: "times that are said to be in a column of names",
        place: |place| write(place, "t.csv", "a,b\n1,x\n"),
        arguments: &["timeline", "t.csv", "--set", "sources.t.time=\"_file\""],
        code: 2,
        shown: &[],
        said: &[
            "`sources.t.time` names the column `_file` of `t`, which holds no times",
            "t.csv:2 holds `t.csv`",
            "hint: name one",
        ],
    },
    Case {
        name: "times that are said to be in a column without a value",
        place: |place| write(place, "t.ndjson", "{\"a\":1,\"at\":null}\n"),
        arguments: &["missing", "t.ndjson", "--set", "sources.t.time=\"at\""],
        code: 2,
        shown: &[],
        said: &["`sources.t.time` names the column `at` of `t`, which holds no times", "it holds no value at all"],
    },
    Case {
        name: "times in a column that only the user knows",
        place: |place| {
            write(place, "t.csv", "stamp_raw,b\n1740787200,x\n1740787230,y\n");
            write(place, "j.ndjson", "{\"n\":1740787260}\n");
        },
        arguments: &[
            "query",
            "select ts from events order by ts",
            "t.csv",
            "j.ndjson",
            "--set",
            "sources.t.time=\"stamp_raw\"",
            "--set",
            "sources.j.time=\"n\"",
        ],
        code: 0,
        shown: &["2025-03-01T00:00:00Z", "2025-03-01T00:00:30Z", "2025-03-01T00:01:00Z"],
        said: &[],
    },
    Case {
        name: "a zip archive without its list",
        place: |place| cut_zip(&place.join("z.zip"), 60, false),
        arguments: SUM,
        code: 0,
        shown: ALL,
        said: &[NO_LIST],
    },
    Case {
        name: "a zip archive that was written as a stream, without its list",
        place: |place| cut_zip(&place.join("z.zip"), 60, true),
        arguments: SUM,
        code: 0,
        shown: ALL,
        said: &[NO_LIST],
    },
    Case {
        name: "a zip archive that ends within its last member",
        place: |place| cut_zip(&place.join("z.zip"), 2_000, false),
        arguments: &["query", "select count(*) filter (_file < 'z.zip/d/f2') as n from z", "z.zip"],
        code: 0,
        shown: &[r#"{"n":6000}"#],
        said: &[
            NO_LIST,
            "what came after the last of them is lost",
            "ends before its data do; what follows is lost (z.zip/d/f2.csv)",
        ],
    },
    Case {
        name: "a zip archive that was written as a stream and ends within its last member",
        place: |place| cut_zip(&place.join("z.zip"), 2_000, true),
        arguments: &["query", "select count(*) filter (_file < 'z.zip/d/f2') as n from z", "z.zip"],
        code: 0,
        shown: &[r#"{"n":6000}"#],
        said: &["ends before its data do; what follows is lost (z.zip/d/f2.csv)"],
    },
    Case {
        name: "a workbook without its end",
        place: |place| {
            let whole = fixture("sheets/runs.xlsx");
            write(place, "w.xlsx", &whole[..whole.len() - 100]);
        },
        arguments: &["sources", "w.xlsx"],
        code: 3,
        shown: &[],
        said: &["it is cut off or damaged: the list of its parts, at its end, cannot be read"],
    },
    Case {
        name: "names that differ in case alone, and stems that do not differ",
        place: |place| {
            write(place, "d/A.csv", "a\n1\n");
            write(place, "d/a.csv", "b\n2\n");
            write(place, "d/x.csv", "c\n3\n");
            write(place, "d/x.json", "[{\"c\":4}]");
        },
        arguments: &["sources", "d"],
        code: 0,
        shown: &[r#""source":"a_csv""#, r#""source":"a_csv2""#, r#""source":"x_csv""#, r#""source":"x_json""#],
        said: &["read 4 tables", "nothing lost"],
    },
    Case {
        name: "one file twice",
        place: |place| write(place, "t.csv", "a\n1\n"),
        arguments: &["sources", "t.csv", "./t.csv"],
        code: 2,
        shown: &[],
        said: &["`./t.csv` is given twice", "hint: name it once"],
    },
    Case {
        name: "a limit of nothing",
        place: |place| write(place, "t.csv", "a\n1\n"),
        arguments: &["query", "from t", "t.csv", "--limit", "0"],
        code: 0,
        shown: &[],
        said: &[],
    },
    Case {
        name: "a limit past what the engine counts to",
        place: |place| write(place, "t.csv", "a\n1\n"),
        arguments: &["query", "select a from t", "t.csv", "--limit", "18446744073709551615"],
        code: 0,
        shown: &[r#"{"a":1}"#],
        said: &[],
    },
    Case {
        name: "more memory than there is",
        place: |place| write(place, "t.csv", "a\n1\n"),
        arguments: &["query", "select a from t", "t.csv", "--memory", "99999999999TB"],
        code: 0,
        shown: &[r#"{"a":1}"#],
        said: &[],
    },
    Case {
        name: "a window that ends before it begins",
        place: |place| write(place, "t.csv", "ts\n2025-03-01T08:00:00Z\n"),
        arguments: &["timeline", "t.csv", "--from", "2025-03-02", "--to", "2025-03-01"],
        code: 2,
        shown: &[],
        said: &["the window is empty: --from is not before --to", "from 2025-03-02T00:00:00Z to 2025-03-01T00:00:00Z"],
    },
    Case {
        name: "a length of time below zero",
        place: |place| write(place, "t.csv", "ts\n2025-03-01T08:00:00Z\n"),
        arguments: &["missing", "t.csv", "--set", "sources.t.every=\"-5s\""],
        code: 2,
        shown: &[],
        said: &["-5s", "no length of time"],
    },
    Case {
        name: "sources that are called as commands are",
        place: |place| {
            write(place, "query", "a,b\n1,2\n");
            write(place, "help", "a,b\n3,4\n");
        },
        arguments: &["query", "select (select a from query) + (select a from help) as s", "query", "help"],
        code: 0,
        shown: &[r#"{"s":4}"#],
        said: &[],
    },
];

#[test]
fn every_oddity_gives_its_rows_or_is_told() {
    hold(CASES);
}

#[test]
fn a_file_may_be_called_anything() {
    let place = folder();
    let long = format!("{}.csv", "n".repeat(251));
    let names = [
        "a\nb.csv",
        "q'q.csv",
        "dq\"x.csv",
        "[1].csv",
        "x*y.csv",
        "?.csv",
        "sp ace.csv",
        "$(id).csv",
        "%s.csv",
        "a;b.csv",
        "é.csv",
        "{a}.csv",
        "#.csv",
        "select.csv",
        "events.csv",
        "C:.csv",
        "./-dash.csv",
        "=x=y.csv",
        &long,
    ];
    for name in names {
        write(place.path(), name, "a,b\n1,2\n");
        let asked = ["query", "select sum(total) as s from (select a as total, _file from source)"];
        let output =
            command("rca", place.path()).args(asked).arg(format!("source={name}")).args(["-f", "csv"]).output();
        let output = output.expect("rca starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "s\n1\n", "{name}: {}", said(&output));
    }
    // A name that is not UTF-8 is found by its directory or a pattern, and cannot be typed.
    let odd = OsStr::from_bytes(b"odd\xff.csv");
    let inside = place.path().join(OsStr::from_bytes(b"d\xfe"));
    std::fs::create_dir(&inside).expect("made");
    std::fs::write(inside.join(odd), "a,b\n1,2\n").expect("written");
    for asked in [".", "*.csv", "odd*"] {
        let sql = ["query", "select sum(a) as s from source", "-f", "csv"];
        let output = command("rca", &inside).args(sql).arg(format!("source={asked}")).output().expect("rca starts");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "s\n1\n", "{asked}: {}", said(&output));
    }
    let output = command("rca", &inside).arg("sources").arg(odd).output().expect("rca starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).starts_with("error: an argument is not UTF-8\nhint: name a file"), "{}", said(&output));
}

/// A table of Parquet with a column of each kind that the engine alone reads, which tells the bad rows from the others.
const NESTED: &str = "SELECT TIMESTAMP '2025-03-01 08:00:00' + to_minutes(n) AS ts, 'SN' || n AS serial, \
                      if(n % 4 = 0, 'FAIL', 'PASS') AS result, [n % 4] AS list, {'a': n % 4} AS struct, \
                      map(['k'], [n % 4]) AS map, TIME '08:00:00' + to_minutes(n % 4) AS clock, \
                      to_minutes(n % 4) AS length, [[{'b': n % 4}]] AS deep FROM range(120) AS t(n)";

#[test]
fn columns_that_the_engine_alone_reads_are_looked_at_by_every_command() {
    let place = folder();
    write(place.path(), "one.csv", "a\n1\n");
    let ask = |arguments: &[&str]| {
        let output = command("rca", place.path()).args(arguments).output().expect("rca starts");
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    ask(&["query", NESTED, "one.csv", "-o", "n.parquet"]);
    let types = ask(&["schema", "n.parquet", "-f", "csv"]);
    for kind in ["list,BIGINT[]", "struct,STRUCT", "map,STRUCT", "clock,TIME", "length,INTERVAL", "deep,STRUCT[][]"] {
        assert!(types.contains(&format!(",{kind},0,4,")), "{kind} in {types}");
    }
    let windows =
        ["--baseline", "2025-03-01T08:00..2025-03-01T09:00", "--incident", "2025-03-01T09:00..2025-03-01T10:00"];
    for command in [&["missing"][..], &["errors"], &["timeline"], &["sources"], &[&["compare"], &windows[..]].concat()]
    {
        ask(&[command, &["n.parquet", "one.csv"]].concat());
    }
    ask(&["report", "n.parquet", "-f", "markdown"]);
    for column in
        ["list = '[0]'", "struct = '{''a'': 0}'", "map = '{k=0}'", "clock = '08:00:00'", "length = '00:00:00'"]
    {
        let by = column.split(' ').next().expect("a name");
        let told = ask(&["explain", "--bad", "result = 'FAIL'", "--by", by, "n.parquet", "-f", "csv"]);
        let (name, value) = column.split_once(" = ").expect("a value");
        let shown = format!("{name} = {}", value.trim_matches('\'').replace("''", "'"));
        assert!(told.contains(&shown) && told.contains(&format!("{name}::VARCHAR = {value}")), "{column}: {told}");
    }
}
