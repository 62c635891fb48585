//! `rca check --against` findings that today's search does not make again: those of flags that are not today's are asked by
//! their own SQL, those of which there is nothing to look at are errors, and each finding is told from others.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, root, run_in};

fn write(place: &Path, name: &str, text: &str) {
    fs::write(place.join(name), text).expect("written");
}

/// Makes `old.json` of a question.
fn ask(place: &Path, arguments: &[&str]) {
    let made = run_in(place, &[arguments, &["-q", "-o", "old.json"]].concat());
    assert!(made.status.success(), "rca {arguments:?}: {}", String::from_utf8_lossy(&made.stderr));
}

/// Name, status, expected and observed of each row, and the exit code.
fn told(place: &Path, more: &[&str]) -> (Vec<[String; 4]>, i32) {
    let output = run_in(place, &[&["check", "--against", "old.json", "-f", "ndjson", "-q"], more].concat());
    let code = output.status.code().expect("an exit code");
    assert!(code < 2, "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).expect("a row");
        ["name", "status", "expected", "observed"].map(|key| row[key].as_str().unwrap_or_default().to_string())
    };
    (String::from_utf8(output.stdout).expect("UTF-8").lines().map(row).collect(), code)
}

/// The same without names, and an exit code that goes with it.
fn statuses(place: &Path, more: &[&str]) -> Vec<String> {
    let (rows, code) = told(place, more);
    assert_eq!(code, i32::from(rows.iter().any(|row| row[1] != "gone")), "{rows:?}");
    rows.iter().map(|[_, status, expected, observed]| format!("{status} {expected} {observed}")).collect()
}

#[test]
fn findings_of_flags_are_asked_by_their_own_sql() {
    let place = folder();
    let place = place.path();
    write(place, "k1.csv", "id,z\n1,q\n2,r\n3,s\n");
    write(place, "k2.csv", "id,w\n1,a\n2,b\n");
    ask(place, &["missing", "--keys", "k1.id=k2.id", "k1.csv", "k2.csv"]);
    assert_eq!(statuses(place, &["k1.csv", "k2.csv"]), ["still 1 1"]);
    // Without the table that has the keys nobody can tell.
    assert_eq!(statuses(place, &["k2.csv"]), ["error 1 "]);
    write(place, "k2.csv", "id,w\n1,a\n2,b\n3,c\n");
    assert_eq!(statuses(place, &["k1.csv", "k2.csv"]), ["gone 1 0"]);

    let rows = |silent: std::ops::Range<u32>| -> String {
        let line = |n: u32| format!("2025-03-01T08:{:02}:{:02}Z,{}\n", n / 2, n % 2 * 30 + n * 7 % 13, n * 37 % 101);
        "ts,v\n".to_string() + &(0..100).filter(|n| !silent.contains(n)).map(line).collect::<String>()
    };
    write(place, "t.csv", &rows(40..52));
    ask(place, &["missing", "--every", "30s", "--kind", "time_gap", "t.csv"]);
    let of_flags = statuses(place, &["t.csv"]);
    assert!(of_flags.iter().any(|row| row == "still 12 12"), "{of_flags:?}");
    // Rows due every 10 s count otherwise than those of the cadence that is found.
    ask(place, &["missing", "--every", "10s", "--kind", "time_gap", "t.csv"]);
    assert!(statuses(place, &["t.csv"]).iter().all(|row| {
        let words: Vec<&str> = row.split(' ').collect();
        words[0] != "still" || words[1] == words[2]
    }));
    ask(place, &["missing", "--every", "30s", "--kind", "time_gap", "t.csv"]);
    write(place, "t.csv", &rows(0..0));
    assert!(!statuses(place, &["t.csv"]).iter().any(|row| row.starts_with("still")));
}

#[test]
fn what_has_nothing_to_look_at_is_an_error() {
    let place = folder();
    let place = place.path();
    let line = |n: u32| format!("2025-03-01T08:{:02}:{:02}Z,{}\n", n / 2, n % 2 * 30, n * 37 % 101);
    let rows: String = (0..80).filter(|n| !(40..45).contains(n)).map(line).collect();
    write(place, "t.csv", &format!("ts,v\n{rows}"));
    ask(place, &["missing", "t.csv"]);
    assert_eq!(statuses(place, &["t.csv"]), ["still 5 5"]);
    for more in [&["--where", "v > 1000"][..], &["--from", "2026-01-01"], &["--to", "2025-03-01 08:10"]] {
        let found = statuses(place, &[more, &["t.csv"]].concat());
        assert_eq!(found, ["error 5 "], "{more:?}");
    }
    write(place, "t.csv", "ts,v\n");
    assert_eq!(statuses(place, &["t.csv"]), ["error 5 "]);

    let errors = "ts,level,result,error_code,message\n2025-03-01T08:00:00Z,error,FAIL,E1,no fan\n\
                  2025-03-01T08:01:00Z,error,FAIL,,no lid\n";
    write(place, "e.csv", errors);
    ask(place, &["errors", "--audit", "e.csv"]);
    assert_eq!(statuses(place, &["e.csv"]), ["still 1 1"]);
    assert_eq!(statuses(place, &["e.csv", "--from", "2026-01-01"]), ["error 1 "]);
    write(place, "e.csv", &errors.replace("FAIL,,", "FAIL,E2,"));
    assert_eq!(statuses(place, &["e.csv"]), ["gone 1 0"]);
}

#[test]
fn findings_of_one_column_are_told_apart_and_none_counts_twice() {
    let place = folder();
    let place = place.path();
    let line = |n: u32| format!("{n},{}\n", ["a", "b", "", "N/A", "c"][n as usize % 5]);
    let text = "n,c\n".to_string() + &(0..20).map(line).collect::<String>();
    write(place, "t.csv", &text);
    ask(place, &["missing", "t.csv"]);
    let (rows, _) = told(place, &["t.csv"]);
    let both: Vec<_> = rows.iter().filter(|row| row[0].starts_with("null_rate t c")).collect();
    assert!(both.len() == 2 && both.iter().all(|row| row[1..] == ["still", "4", "4"]), "{rows:?}");
    assert_ne!(both[0][0], both[1][0]);
    // One is mended, the other is not.
    write(place, "t.csv", &text.replace("N/A", "d"));
    let mut found = statuses(place, &["t.csv"]);
    found.sort();
    assert_eq!(found, ["gone 4 0", "still 4 4"]);

    let case = root().join("examples/laptop-anomaly");
    let case = case.to_str().expect("UTF-8");
    for question in [&["errors", "--audit", "-C", case][..], &["missing", "-C", case]] {
        ask(place, question);
        let (rows, _) = told(place, &["-C", case]);
        assert!(rows.len() > 7, "{rows:?}");
        for [name, status, expected, observed] in &rows {
            assert_eq!((status.as_str(), expected), ("still", observed), "{name}");
        }
    }
}

#[test]
fn a_clean_answer_is_compared_too() {
    let place = folder();
    let place = place.path();
    let line = |n: u32| format!("2025-03-01T08:{:02}:{:02}Z,{}\n", n / 2, n % 2 * 30, n * 37 % 101);
    let clean = "ts,v\n".to_string() + &(0..80).map(line).collect::<String>();
    write(place, "t.csv", &clean);
    ask(place, &["missing", "t.csv"]);
    assert_eq!(fs::read_to_string(place.join("old.json")).expect("read").trim(), "[]");
    let said = run_in(place, &["check", "--against", "old.json", "t.csv"]);
    assert_eq!(said.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&said.stderr).contains("nothing says of which command it is"), "{said:?}");
    write(
        place,
        "t.csv",
        &clean
            .lines()
            .enumerate()
            .filter(|(n, _)| !(40..45).contains(n))
            .fold(String::new(), |text, (_, line)| text + line + "\n"),
    );
    assert_eq!(statuses(place, &["t.csv"]), ["new 0 5"]);
    // What is suggested where nothing is found says so, and holds.
    write(place, "t.csv", &clean);
    let made = run_in(place, &["check", "--from-findings", "-o", "none.toml", "t.csv"]);
    assert!(made.status.success(), "{made:?}");
    assert_eq!(run_in(place, &["check", "--file", "none.toml", "t.csv"]).status.code(), Some(0));
    // Suggestions are findings to an exit code.
    write(place, "t.csv", "n,c\n1,\n2,a\n3,b\n");
    let suggested = run_in(place, &["check", "--from-findings", "--exit-code", "t.csv"]);
    assert_eq!(suggested.status.code(), Some(1), "{suggested:?}");
}

#[test]
fn a_file_of_checks_goes_with_no_findings() {
    let place = folder();
    let place = place.path();
    write(place, "t.csv", "n,c\n1,\n2,a\n3,b\n");
    write(place, "c.toml", "[[checks]]\ntable = 't'\nrows = { min = 1 }\n");
    ask(place, &["missing", "t.csv"]);
    let refused = run_in(place, &["check", "--against", "old.json", "--file", "c.toml", "t.csv"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--file goes with an earlier answer of rca check"));
}

/// Names with blanks, commas and signs in them are names as others are.
#[test]
fn an_unchanged_answer_is_still_there_whatever_series_are_called() {
    for names in [["Line 1", "Line 2", "Line 3", "Line 4"], ["a,b", "a,c", "a", "d,e"], ["v=1", "v=2 v=3", "x v", "=,"]]
    {
        let place = folder();
        let place = place.path();
        let mut text = "ts,station,v\n".to_string();
        for n in 0..600 {
            for (at, name) in
                names.iter().enumerate().filter(|(at, _)| !(1..4).contains(at) || !(300..360).contains(&n))
            {
                text += &format!(
                    "2025-03-01T{:02}:{:02}:{:02}Z,\"{name}\",{}\n",
                    n / 360,
                    n / 6 % 60,
                    n % 6 * 10,
                    n * 37 % 101 + at
                );
            }
        }
        write(place, "s.csv", &text);
        for more in [&[][..], &["--series", "station"]] {
            ask(place, &[&["missing", "s.csv"], more].concat());
            let found = statuses(place, &["s.csv"]);
            assert!(!found.is_empty() && found.iter().all(|row| row.starts_with("still ")), "{names:?}: {found:?}");
        }
        // What is gone of one of them is told of that one.
        ask(place, &["missing", "s.csv", "--where", &format!("station <> '{}'", names[2])]);
        let found = statuses(place, &["s.csv"]);
        assert!(found.iter().any(|row| row.starts_with("new ")), "{names:?}: {found:?}");
        assert!(found.iter().all(|row| !row.starts_with("gone")), "{names:?}: {found:?}");
    }
}
