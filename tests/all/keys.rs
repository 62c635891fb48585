//! Keys: of several columns as they are and not as one text, rows that have none, and entities with several values.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn notes(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, arguments).stderr).expect("text")
}

/// The status and the detail of the only check.
fn checked(place: &Path, check: &str, sources: &[&str]) -> (String, String) {
    fs::write(place.join("checks.toml"), format!("[[checks]]\nname = \"it\"\n{check}\n")).expect("written");
    let output = run_in(place, &[&["check", "--file", "checks.toml", "-f", "ndjson", "-q"], sources].concat());
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a row");
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_string();
    (text("status"), text("detail"))
}

#[test]
fn keys_of_several_columns_are_not_run_together() {
    let place = place(&[
        ("a.csv", "x,y,v\na b,c,1\np,q,2\n\"s, t\",u,3\n\"say \"\"n\"\"\",o,4\n"),
        ("b.csv", "x,y,w\na,b c,1\np,q,2\ns,\"t, u\",3\n\"say \"\"n\"\"\",o,4\n"),
    ]);
    let found = rows_in(place.path(), &["missing", "a.csv", "b.csv", "--keys", "a.x+y=b.x+y"]);
    let absent: Vec<_> = found.iter().filter(|row| row["kind"] == "absent_key").collect();
    assert_eq!(absent.len(), 2, "{found:?}");
    for row in absent {
        assert_eq!((row["expected"].as_i64(), row["missing"].as_i64()), (Some(4), Some(2)), "{row}");
        let sql = row["sql"].as_str().expect("SQL");
        assert_eq!(rows_in(place.path(), &["query", sql, "a.csv", "b.csv"]).len(), 2, "{sql}");
    }
    let (status, detail) = checked(place.path(), "keys = \"a.x+y=b.x+y\"", &["a.csv", "b.csv"]);
    assert_eq!(status, "fail", "{detail}");
    assert!(detail.starts_with("2 of 4 are absent in b"), "{detail}");
}

#[test]
fn whole_keys_beside_fractions_are_whole_as_far_as_such_numbers_are_exact() {
    let place = place(&[
        ("a.csv", "id,v\n1000000000000001.5,1\n1000000000000002,2\n1000000000000003,3\n"),
        ("b.csv", "id,w\n1000000000000002,2\n1000000000000003,3\n"),
    ]);
    let found = rows_in(place.path(), &["missing", "a.csv", "b.csv", "--keys", "a.id=b.id", "--kind", "absent_key"]);
    let told: Vec<_> = found.iter().map(|row| (row["expected"].as_i64(), row["missing"].as_i64())).collect();
    assert_eq!(told, [(Some(3), Some(1))], "{found:?}");
}

#[test]
fn rows_without_a_key_are_said() {
    let place = place(&[
        ("a.csv", "x,y,v\na,,1\np,q,2\nz,,1\n"),
        ("b.csv", "x,y,w\na,,1\np,q,2\n"),
        ("k.csv", "k,v\nA,1\n,3\nB,4\n"),
    ]);
    let said = notes(place.path(), &["missing", "a.csv", "b.csv", "--keys", "a.x+y=b.x+y"]);
    assert!(said.contains("a: 2 of 3 rows have no whole key (x, y) and cannot be compared"), "{said}");
    assert!(said.contains("b: 1 of 2 rows has no whole key (x, y) and cannot be compared"), "{said}");
    let sources = ["a.csv", "b.csv", "k.csv"];
    let (status, detail) = checked(place.path(), "keys = \"a.x+y=b.x+y\"", &sources);
    assert_eq!(status, "pass", "{detail}");
    assert!(detail.ends_with("; a: 2 of 3 rows have no whole key (x, y) and cannot be compared"), "{detail}");
    let (status, detail) = checked(place.path(), "table = \"a\"\nunique = [\"x\", \"y\"]", &sources);
    assert_eq!(
        (status.as_str(), detail.split_once("; ").map(|both| both.1)),
        ("pass", Some("2 of 3 rows have no whole key (x, y)"))
    );
    let (_, detail) = checked(place.path(), "table = \"k\"\nunique = [\"k\"]", &sources);
    assert!(detail.ends_with("; 1 of 3 rows has no k"), "{detail}");
    let (_, detail) = checked(place.path(), "table = \"k\"\nunique = [\"v\"]", &sources);
    assert!(!detail.contains(';'), "{detail}");
}

#[test]
fn tables_may_be_called_as_the_sides_of_a_comparison() {
    let rows =
        |units: std::ops::Range<usize>| units.fold("serial,v\n".to_string(), |csv, n| csv + &format!("S{n},1\n"));
    let place = place(&[("p.csv", &rows(0..24)), ("l.csv", &rows(2..22))]);
    let found = rows_in(place.path(), &["missing", "p.csv", "l.csv"]);
    let absent: Vec<_> = found.iter().filter(|row| row["kind"] == "absent_key").collect();
    assert_eq!(absent.len(), 1, "{found:?}");
    assert_eq!((&absent[0]["table_name"], &absent[0]["missing"]), (&"l".into(), &4.into()), "{found:?}");
}

#[test]
fn a_trace_says_who_has_no_key_and_who_has_several_parts() {
    let first = "ts,serial,line\n2025-03-01T00:00:00Z,SN0,L2\n2025-03-01T00:00:09Z,SN0,L1\n2025-03-01T00:01:00Z,SN1,L1\n\
                 2025-03-01T00:02:00Z,,L1\n2025-03-01T00:03:00Z,SN2,L2\n";
    let second = "ts,serial,result\n2025-03-01T00:06:00Z,SN0,p\n2025-03-01T00:07:00Z,SN1,p\n2025-03-01T00:08:00Z,,f\n\
                  2025-03-01T00:08:30Z,,f\n";
    let place = place(&[("p1.csv", first), ("p2.csv", second)]);
    let asked = ["trace", "p1.csv", "p2.csv", "--by", "line"];
    let said = notes(place.path(), &asked);
    for part in [
        "p1: 1 of 5 rows has no serial and is in no passage",
        "p2: 2 of 4 rows have no serial and are in no passage",
        "1 serial of p1 has several values of line: what counts is the alphabetically first",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let early = notes(place.path(), &[&asked[..], &["--to", "2025-03-01T00:01:30Z"]].concat());
    assert!(!early.contains("no passage"), "{early}");
}

#[test]
fn parts_of_several_columns_are_not_run_together() {
    let first = "ts,serial,line,cell\n2025-03-01T00:00:00Z,SN0,\"a, b\",c\n2025-03-01T00:01:00Z,SN1,a,\"b, c\"\n\
                 2025-03-01T00:02:00Z,SN2,,x\n2025-03-01T00:03:00Z,SN3,x,\n2025-03-01T00:04:00Z,SN4,,\n";
    let second = "ts,serial,result\n2025-03-01T00:06:00Z,SN0,p\n2025-03-01T00:07:00Z,SN1,p\n";
    let place = place(&[("p1.csv", first), ("p2.csv", second)]);
    let found = rows_in(place.path(), &["trace", "p1.csv", "p2.csv", "--by", "line,cell"]);
    let entered: Vec<_> = found.iter().filter(|row| row["stage"] == "p1").map(|row| row["part"].as_str()).collect();
    assert_eq!(entered, [Some("\"a, b\", c"), Some(", x"), Some("a, \"b, c\""), Some("x, "), None]);
}

#[test]
fn a_number_is_the_same_key_whether_its_column_holds_fractions_or_not() {
    let time = |n: usize| format!("2025-03-01T10:{:02}:{:02}Z", n / 60, n % 60);
    let rows = |line: &dyn Fn(usize) -> Option<String>| -> String {
        std::iter::once("order_id,line,ts,v".to_string())
            .chain((0..100).filter_map(line))
            .map(|line| line + "\n")
            .collect()
    };
    let place = place(&[
        ("sent.csv", &rows(&|n| Some(format!("{n},{},{},x", n % 3, time(n))))),
        // As pandas writes them where one is empty, and fractions that both measured.
        (
            "got.csv",
            &rows(&|n| (n % 10 > 0).then(|| format!("{n}.0,,{},x", time(n))).or((n == 0).then(|| ",,,x".into()))),
        ),
        ("m1.csv", &rows(&|n| Some(format!("{n}.5,,{},x", time(n))))),
        ("m2.csv", &rows(&|n| (n % 10 > 0).then(|| format!("{n}.5,,{},x", time(n))))),
    ]);
    let absent = |files: [&str; 2]| -> Vec<(String, i64)> {
        let found = rows_in(place.path(), &["missing", files[0], files[1], "--kind", "absent_key"]);
        let told = |row: &serde_json::Value| {
            let text = |key: &str| row[key].as_str().expect("a name").to_string();
            (format!("{}.{}", text("table_name"), text("column_name")), row["missing"].as_i64().expect("a count"))
        };
        found.iter().filter(|row| row["column_name"] == "order_id").map(told).collect()
    };
    for files in [["sent.csv", "got.csv"], ["got.csv", "sent.csv"]] {
        assert_eq!(absent(files), [("got.order_id".to_string(), 10)]);
    }
    assert!(absent(["m1.csv", "m2.csv"]).is_empty(), "what is measured is no key");
}

#[test]
fn what_is_said_of_rows_holds_of_the_keys_that_are_asked_about() {
    let sent: String = (0..40).fold("msg_id,device,v\n".into(), |csv, n| csv + &format!("M{n},d{},1\n", n % 2));
    let got: String = (0..40).filter(|n| n % 4 > 0).fold("msg_id,w\n".into(), |csv, n| csv + &format!("M{n},1\n"));
    let place = place(&[("sent.csv", &sent), ("got.csv", &got), ("x.csv", "score\n1\n2\n")]);
    let asked = |condition: &str| {
        let keys =
            ["missing", "sent.csv", "got.csv", "x.csv", "--keys", "sent.msg_id=got.msg_id", "--kind", "absent_key"];
        let output = run_in(place.path(), &[&keys[..], &["-f", "ndjson", "--where", condition]].concat());
        let rows: Vec<serde_json::Value> =
            output.stdout.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        let told: Vec<_> = rows.iter().map(|row| (row["expected"].as_i64(), row["missing"].as_i64())).collect();
        (told, String::from_utf8(output.stderr).expect("text"))
    };
    let (told, notes) = asked("device = 'd0'");
    assert_eq!(told, [(Some(20), Some(10))], "{notes}");
    let meant = "keys of sent for which --where holds are looked for in all rows of got; not the other way round";
    assert!(notes.contains(meant), "{notes}");
    let (told, notes) = asked("msg_id <> 'M0'");
    assert_eq!(told, [(Some(39), Some(9))], "{notes}");
    assert!(notes.contains("keys of sent, and of got, for which --where holds are looked for"), "{notes}");
    let (_, refused) = asked("score = 1");
    assert!(refused.contains("error: --where fits neither sent nor got, whose keys are compared"), "{refused}");
}
