//! What is typed: paths with an `=` in them, files that an answer must not take the place of, names in settings that the
//! evidence has not, windows without a row, and names that would steer a terminal.

use std::io::Write;

use crate::hostile::{Case, hold, said, write};
use crate::rca::{folder, rows_in, run_in};

const CASES: &[Case] = &[
    Case {
        name: "a path with an = is a path",
        place: |place| write(place, "date=2025-03-01/part.csv", "a,b\n1,2\n"),
        arguments: &["sources", "date=2025-03-01/part.csv"],
        code: 0,
        shown: &[r#""source":"part","kind":"csv","table_name":"part","rows":1"#],
        said: &[],
    },
    Case {
        name: "a path with an = goes before the other reading, which is told",
        place: |place| {
            write(place, "date=2025-03-01/part.csv", "a,b\n1,2\n");
            write(place, "2025-03-01/part.csv", "a,b\n1,2\n3,4\n");
        },
        arguments: &["sources", "date=2025-03-01/part.csv"],
        code: 0,
        shown: &[r#""source":"part","kind":"csv","table_name":"part","rows":1"#],
        said: &["would be date=./2025-03-01/part.csv"],
    },
    Case {
        name: "the other reading can be asked for",
        place: |place| {
            write(place, "date=2025-03-01/part.csv", "a,b\n1,2\n");
            write(place, "2025-03-01/part.csv", "a,b\n1,2\n3,4\n");
        },
        arguments: &["sources", "date=./2025-03-01/part.csv"],
        code: 0,
        shown: &[r#""source":"date","kind":"csv","table_name":"date","rows":2"#],
        said: &[],
    },
    Case {
        name: "a pattern with an = is a pattern",
        place: |place| {
            write(place, "date=2025-03-01/part.csv", "a,b\n1,2\n");
            write(place, "date=2025-03-02/part.csv", "a,b\n3,4\n");
        },
        arguments: &["query", "select sum(a)::INT as s, count(*) as n from all_parts", "all_parts=date=*/part.csv"],
        code: 0,
        shown: &[r#"{"s":4,"n":2}"#],
        said: &[],
    },
    Case {
        name: "a pattern of folders with an =",
        place: |place| {
            write(place, "d/x.csv", "a,b\n1,2\n");
            write(place, "date=1/part.csv", "a,b\n1,2\n");
            write(place, "date=2/part.csv", "a,b\n3,4\n");
        },
        arguments: &["sources", "date=*/part.csv"],
        code: 0,
        shown: &[r#""rows":2"#],
        said: &[],
    },
    Case {
        name: "what is missing in such a folder is missing there",
        place: |place| write(place, "date=2025-03-01/part.csv", "a,b\n1,2\n"),
        arguments: &["sources", "date=2025-03-01/other.csv"],
        code: 3,
        shown: &[],
        said: &["cannot read `date=2025-03-01/other.csv`"],
    },
    Case {
        name: "a series that no table has",
        place: |place| {
            write(place, "t.csv", "ts,sensor,v\n2025-03-01,a,1\n2025-03-02,a,2\n");
            write(place, "rca.toml", "[sources.t]\npath = \"t.csv\"\nseries = [\"sensr\"]\n");
        },
        arguments: &["missing"],
        code: 2,
        shown: &[],
        said: &["`sources.t.series` names `sensr`", "did you mean `sensor`"],
    },
    Case {
        name: "an entity of a column that is not there",
        place: |place| {
            write(place, "t.csv", "ts,serial,v\n2025-03-01,a,1\n2025-03-02,a,2\n");
            write(place, "rca.toml", "[sources.t]\npath = \"t.csv\"\n[entities]\nunit = [\"t.seril\"]\n");
        },
        arguments: &["timeline"],
        code: 2,
        shown: &[],
        said: &["table `t` has no column `seril`", "entities.unit"],
    },
    Case {
        name: "a window without a row",
        place: |place| {
            let line = |n: u32| format!("2025-03-01T08:{n:02}:00Z,{}\n", n * 7 % 10);
            write(place, "c.csv", "ts,v\n".to_string() + &(0..50).map(line).collect::<String>());
        },
        arguments: &["missing", "c.csv", "--every", "1m", "--from", "2026-03-01"],
        code: 0,
        shown: &[],
        said: &["nothing was looked at in c: none of its 50 rows is in what --from, --to and --where leave"],
    },
    Case {
        name: "flags that mean nothing",
        place: |_| {},
        arguments: &["formats", "--where", "x = 1"],
        code: 2,
        shown: &[],
        said: &["--where chooses rows"],
    },
    Case {
        name: "sources without a path",
        place: |place| write(place, "rca.toml", "[sources.a]\ntimezone = \"UTC\"\n"),
        arguments: &["sources"],
        code: 2,
        shown: &[],
        said: &["without a `path`: `a`", "--set sources.a.path=FILE"],
    },
    Case {
        name: "a file is no case",
        place: |place| write(place, "a.csv", "a,b\n1,2\n"),
        arguments: &["sources", "-C", "a.csv"],
        code: 2,
        shown: &[],
        said: &["it is a file", "hint: name it as a source: rca sources a.csv"],
    },
];

#[test]
fn what_is_typed_is_taken_as_it_is_meant() {
    hold(CASES);
}

#[test]
fn what_says_the_question_is_not_written_over() {
    let place = folder();
    let place = place.path();
    let inputs = [
        ("rca.toml", "[sources.t]\npath = \"t.csv\"\n[[checks]]\ntable = \"t\"\nrows = { min = 1 }\n"),
        ("ck.toml", "[[checks]]\ntable = \"t\"\nrows = { min = 1 }\n"),
        ("q.sql", "select * from t\n"),
        ("old.json", "[]\n"),
        ("f.toml", "name = \"x\"\npattern = \"{ts} {message}\"\n"),
        ("t.csv", "ts,v\n2025-03-01,1\n2025-03-02,\n"),
    ];
    inputs.iter().for_each(|(name, text)| write(place, name, *text));
    for arguments in [
        &["check", "--from-findings", "-C", ".", "-o", "./rca.toml"][..],
        &["sources", "-f", "json", "-o", "rca.toml"],
        &["check", "--file", "ck.toml", "t.csv", "-f", "json", "-o", "ck.toml"],
        &["query", "--file", "q.sql", "t.csv", "-f", "csv", "-o", "q.sql"],
        &["check", "--against", "old.json", "t.csv", "-o", "old.json"],
        &["formats", "--test", "f.toml", "-f", "csv", "-o", "f.toml"],
        &["sources", "t.csv", "-o", "t.csv"],
    ] {
        let output = run_in(place, arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
        assert!(said(&output).contains("is not written over"), "{arguments:?}: {}", said(&output));
        for (name, text) in inputs {
            assert_eq!(std::fs::read_to_string(place.join(name)).expect("read"), text, "{arguments:?}");
        }
    }
    // A file of checks may be written where a case's settings only are beside it.
    assert_eq!(rows_in(place, &["query", "--file", "q.sql", "t.csv"]).len(), 2);
    let output = run_in(place, &["query", "select v from t", "t.csv", "-q", "-f", "csv", "-o", "-"]);
    assert_eq!((output.stdout.as_slice(), place.join("-").exists()), (&b"v\n1\n\n"[..], false));
}

#[test]
fn names_of_the_evidence_do_not_steer_the_terminal() {
    let place = folder();
    let place = place.path();
    let mut zip = zip::ZipWriter::new(std::fs::File::create(place.join("z.zip")).expect("made"));
    for name in ["d/a\u{1b}[31m.bin", "d/b.csv"] {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        zip.write_all(if name.ends_with("csv") { b"a,b\n1,2\n" } else { b"\x00\x01\x02\x03" }).expect("written");
    }
    zip.finish().expect("ended");
    write(place, "c\u{1b}[2J.csv", "a\u{1b}[32m,b\n1,2\n");
    write(place, "t.csv", "a,b\nx\u{202e}y,2\n");
    for arguments in [
        &["sources", "z.zip"][..],
        &["query", "select nope from b", "b=c\u{1b}[2J.csv"],
        &["sources", "none\u{1b}[2J.csv"],
        &["query", "select a from t", "t.csv"],
    ] {
        let output = run_in(place, arguments);
        let all = said(&output) + &String::from_utf8_lossy(&output.stdout);
        let steers = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!all.is_empty() && !all.contains(steers), "{arguments:?}: {all:?}");
    }
}
