//! What `rca compare` is asked of: the codes of the tables that are compared, tables of two sources by their names, and
//! what it says of differences and windows that it cannot take as they are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

const INCIDENT: &str = "2025-03-01T08:00..2025-03-01T10:00";

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

/// Notes, and the answer as CSV.
fn said(place: &Path, arguments: &[&str]) -> (String, String) {
    let output = run_in(place, &[arguments, &["-f", "csv"]].concat());
    let notes = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "rca {arguments:?}: {notes}");
    (notes, String::from_utf8(output.stdout).expect("text"))
}

fn write(place: &Path, name: &str, csv: &str) {
    let path = place.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, csv).expect("written");
}

/// A test a minute for ten hours; `fails` says of a minute whether the unit fails, with E1.
fn tests(fails: impl Fn(u64) -> bool) -> String {
    let mut csv = String::from("ts,serial,result,error_code\n");
    for minute in 0..600 {
        let (result, code) = if fails(minute) { ("FAIL", "E1") } else { ("PASS", "") };
        writeln!(csv, "2025-03-01T{:02}:{:02}:00Z,SN{minute},{result},{code}", minute / 60, minute % 60).expect("text");
    }
    csv
}

/// Two tables with the same code, which rises in the incident, and one without codes.
fn place() -> tempfile::TempDir {
    let place = folder();
    write(place.path(), "first.csv", &tests(|minute| minute % 40 == 7 || (minute >= 480 && minute % 3 == 0)));
    write(place.path(), "second.csv", &tests(|minute| minute % 60 == 9 || (minute >= 480 && minute % 4 == 0)));
    let mut levels = String::from("ts,level_mm\n");
    (0..600).for_each(|minute| {
        writeln!(levels, "2025-03-01T{:02}:{:02}:30Z,{}", minute / 60, minute % 60, 40 + minute * 7 % 9).expect("text");
    });
    write(place.path(), "levels.csv", &levels);
    place
}

const SOURCES: [&str; 3] = ["first.csv", "second.csv", "levels.csv"];

#[test]
fn codes_are_counted_of_the_compared_tables_alone() {
    let place = place();
    let asked = |table: &str| {
        let asked = [&["compare", "--incident", INCIDENT, "--table", table], &SOURCES[..]].concat();
        rows_in(place.path(), &asked)
    };
    for (table, baseline, incident) in [("first", 12.0, 42.0), ("second", 8.0, 32.0)] {
        let found = asked(table);
        let row = found.iter().find(|row| row["what"] == "code").unwrap_or_else(|| panic!("no code: {found:?}"));
        assert_eq!(row["table_name"], table);
        let counted = rows_in(place.path(), &[&["query", text(row, "sql")], &SOURCES[..]].concat());
        for key in ["baseline", "incident"] {
            assert_eq!(counted[0][key].as_f64(), row[key].as_f64(), "{key} of {row}");
        }
        assert_eq!((row["baseline"].as_f64(), row["incident"].as_f64()), (Some(baseline), Some(incident)), "{row}");
    }
    let found = asked("levels");
    assert!(found.iter().all(|row| row["table_name"] == "levels" && row["what"] != "code"), "{found:?}");
}

#[test]
fn a_condition_asks_for_no_codes_where_there_are_none() {
    let place = place();
    let asked = ["compare", "--incident", INCIDENT, "levels.csv"];
    let whole = said(place.path(), &asked).1;
    assert_eq!(said(place.path(), &[&asked[..], &["--where", "level_mm is not null"]].concat()).1, whole);
    let wrong = run_in(place.path(), &[&asked[..], &["--where", "level_cm > 1"]].concat());
    assert_eq!(wrong.status.code(), Some(2));
}

/// A database with these tables, as a script.
fn database(place: &Path, name: &str, tables: &[(&str, usize)]) {
    let mut script = String::new();
    for (table, rows) in tables {
        writeln!(script, "CREATE TABLE {table} (id INTEGER, kind TEXT);").expect("text");
        for id in 0..*rows {
            writeln!(script, "INSERT INTO {table} VALUES ({id}, '{}');", ["a", "b"][id % 2]).expect("text");
        }
    }
    fs::write(place.join(name), script).expect("written");
}

/// `table change` of the tables that came or went.
fn came_or_went(rows: &[Value]) -> Vec<String> {
    let tables = rows.iter().filter(|row| row["what"] == "table");
    let mut all: Vec<String> =
        tables.map(|row| format!("{} {}", text(row, "table_name"), text(row, "change"))).collect();
    all.sort();
    all
}

#[test]
fn tables_of_two_sources_are_matched_by_their_short_names() {
    let place = folder();
    database(place.path(), "mon.sql", &[("tests", 40), ("units", 30)]);
    database(place.path(), "tue.sql", &[("tests", 40), ("units", 30), ("extra", 12)]);
    write(place.path(), "other.csv", "id,kind\n1,a\n2,b\n");
    let asked = ["compare", "--against", "mon.sql", "tue=tue.sql", "other.csv"];
    assert_eq!(came_or_went(&rows_in(place.path(), &asked)), ["other new", "tue.extra new"]);
    // A file of the same name is not taken for the table, nor said to be new.
    fs::rename(place.path().join("other.csv"), place.path().join("tests.csv")).expect("renamed");
    let asked = ["compare", "--against", "mon.sql", "tue=tue.sql", "tests.csv"];
    assert_eq!(came_or_went(&rows_in(place.path(), &asked)), ["tue.extra new"]);
    let (notes, _) = said(place.path(), &asked);
    assert!(notes.contains("not compared") && notes.contains("another one's: tests;"), "{notes}");
    // Of two databases with the same table neither is guessed.
    database(place.path(), "wed.sql", &[("tests", 40)]);
    let asked = ["compare", "--against", "mon.sql", "tue=tue.sql", "wed=wed.sql"];
    assert_eq!(came_or_went(&rows_in(place.path(), &asked)), ["tue.extra new"]);
    let (notes, _) = said(place.path(), &asked);
    assert!(notes.contains("another one's: baseline.tests, tue.tests, wed.tests;"), "{notes}");
    // Named, they are.
    let named = [&asked[..], &["--table", "baseline.tests,wed.tests"]].concat();
    assert_eq!(said(place.path(), &named).0.matches("not compared").count(), 0);
    assert_eq!(came_or_went(&rows_in(place.path(), &named)), [] as [&str; 0]);
}

#[test]
fn a_file_is_compared_with_that_of_its_name() {
    let place = folder();
    fs::create_dir(place.path().join("old")).expect("made");
    let rows = |kind: &str| (0..300).fold("id,kind\n".to_string(), |csv, id| csv + &format!("{id},{kind}\n"));
    write(place.path(), "old/tests.csv", &rows("a"));
    write(place.path(), "tests.csv", &rows("a"));
    write(place.path(), "lots.csv", "lot,size\nL1,5\n");
    let asked = ["compare", "--against", "old/tests.csv", "tests.csv", "lots.csv"];
    assert_eq!(came_or_went(&rows_in(place.path(), &asked)), ["lots new"]);
    let one = [&asked[..], &["--table", "tests"]].concat();
    assert_eq!(came_or_went(&rows_in(place.path(), &one)), [] as [&str; 0]);
}

#[test]
fn a_large_difference_that_varies_within_the_incident_is_said() {
    let place = folder();
    let mut csv = String::from("ts,kind\n");
    for minute in 0..4 * 1_440_u64 {
        // On the fourth day alone, for six hours of twelve, eight of ten are c, else one.
        let often = if minute >= 3 * 1_440 && minute / 360 % 2 == 0 { 8 } else { 1 };
        let kind = if minute * 7 % 10 < often { "c" } else { "a" };
        let (day, minute) = (minute / 1_440, minute % 1_440);
        writeln!(csv, "2025-03-{:02}T{:02}:{:02}:00Z,{kind}", 1 + day, minute / 60, minute % 60).expect("text");
    }
    write(place.path(), "det.csv", &csv);
    let (notes, rows) = said(place.path(), &["compare", "--incident", "2025-03-03..2025-03-05", "det.csv"]);
    assert_eq!(rows.lines().count(), 1, "{rows}");
    assert!(notes.contains("not told: det.kind = c 0.1 -> 0.275 varies as much within the incident itself"), "{notes}");
    assert!(notes.contains("Nothing changed beyond how it varies within the windows"), "{notes}");
    let (notes, rows) = said(place.path(), &["compare", "--incident", "2025-03-04..2025-03-04T06:00", "det.csv"]);
    assert!(rows.contains("category,det,kind,c,0.1,0.8"), "{rows}");
    assert!(!notes.contains("not told"), "{notes}");
    // Where nothing differs nothing is hidden.
    let (notes, _) = said(place.path(), &["compare", "--incident", "2025-03-02..2025-03-03", "det.csv"]);
    assert!(notes.contains("Nothing changed beyond chance"), "{notes}");
}

#[test]
fn an_incident_that_is_cut_where_the_baseline_is_is_said() {
    let place = place();
    let windows = ["--baseline", "2025-03-01..2025-03-01T06:00", "--from", "2025-03-01T03:00", "first.csv"];
    let cut = "incident 2025-03-01T06:00:00Z..2025-03-01T09:59:00.000001Z; asked for as the incident was \
               2025-03-01T03:00:00Z..2025-03-01T09:59:00.000001Z, what it shares with the baseline is the baseline's";
    for command in ["errors", "compare"] {
        let (notes, _) = said(place.path(), &[&[command], &windows[..]].concat());
        assert!(notes.contains(cut), "{notes}");
    }
    // What was not asked for is not cut.
    for open in [&["errors"][..], &["errors", "--from", "2025-03-01T06:00"]] {
        let (notes, _) = said(place.path(), &[open, &windows[..2], &windows[4..]].concat());
        assert!(notes.contains("incident 2025-03-01T06:00:00Z") && !notes.contains("asked for"), "{notes}");
    }
    let check = |from: &str| {
        let text = format!("[[checks]]\ncodes = {{ new = 9 }}\nbaseline = \"{}\"\nfrom = \"{from}\"\n", windows[1]);
        write(place.path(), "checks.toml", &text);
        said(place.path(), &["check", "--file", "checks.toml", "first.csv"]).1
    };
    let shared = "what from and to share with the baseline is the baseline's";
    assert!(check("2025-03-01T03:00").contains(shared) && !check("2025-03-01T06:00").contains(shared));
}

#[test]
fn a_later_state_of_the_same_table_is_told_from_another_table() {
    let place = folder();
    let state = |minutes: u64| {
        let mut csv = String::from("ts,id,status\n");
        (0..minutes).for_each(|minute| {
            let fails = if minute < 600 { minute % 10 == 0 } else { minute % 3 == 0 };
            let status = if fails { "FAIL" } else { "PASS" };
            writeln!(
                csv,
                "2025-03-{:02}T{:02}:{:02}:00Z,{minute},{status}",
                1 + minute / 1440,
                minute / 60 % 24,
                minute % 60
            )
            .expect("text");
        });
        csv
    };
    write(place.path(), "yesterday.csv", &state(600));
    write(place.path(), "today.csv", &state(1200));
    let (notes, _) = said(place.path(), &["compare", "yesterday.csv", "today.csv"]);
    let begin = "apart they are compared by rca ";
    let hint = notes.split(begin).nth(1).and_then(|rest| rest.lines().next()).expect(&notes);
    assert_eq!(
        hint,
        "compare today.csv --baseline 2025-03-01T00:00:00Z..2025-03-01T09:59:00.000001Z \
         --incident 2025-03-01T09:59:00.000001Z..2025-03-01T19:59:00.000001Z"
    );
    let rows = rows_in(place.path(), &hint.split(' ').collect::<Vec<_>>());
    let failures = rows.iter().find(|row| text(row, "value") == "FAIL").expect("a change");
    assert_eq!((&failures["baseline"], &failures["incident"]), (&0.1.into(), &0.333_333.into()), "{failures}");
    // Sources that do not hold one another are compared as they are.
    write(place.path(), "other.csv", &state(1200).replace("2025-03-01T05", "2025-03-01T06"));
    let (notes, _) = said(place.path(), &["compare", "yesterday.csv", "other.csv"]);
    assert!(!notes.contains(begin), "{notes}");
}

#[test]
fn the_sql_of_two_sources_is_asked_again_as_the_notes_say() {
    let place = folder();
    let rates = |every: u64| {
        let mut csv = String::from("id,status\n");
        (0..2_000).for_each(|n| writeln!(csv, "{n},{}", if n % every == 0 { "FAIL" } else { "PASS" }).expect("text"));
        csv
    };
    write(place.path(), "a.csv", &rates(10));
    write(place.path(), "b.csv", &rates(3));
    let (notes, _) = said(place.path(), &["compare", "a.csv", "b.csv"]);
    let sources = notes.split("rca query SQL ").nth(1).and_then(|rest| rest.lines().next()).expect(&notes);
    let found = rows_in(place.path(), &["compare", "a.csv", "b.csv"]);
    assert!(!found.is_empty(), "{notes}");
    for finding in found {
        rows_in(
            place.path(),
            &[&["query", text(&finding, "sql")], &sources.split(' ').collect::<Vec<_>>()[..]].concat(),
        );
    }
}

/// The words of the command that the SQL of an answer is asked again by; of what needs no quotes.
fn again(notes: &str) -> Vec<String> {
    let line = notes.lines().find_map(|line| line.split_once("rca query SQL ")).expect("the command").1;
    line.split(' ').map(|word| word.trim_matches('\'').to_string()).collect()
}

#[test]
fn sql_of_directories_and_cases_is_asked_again_as_it_is_said() {
    let place = folder();
    let place = place.path();
    for (day, fails) in [("yd", 40), ("td", 3)] {
        write(place, &format!("{day}/tests.csv"), &tests(|minute| minute % fails == 1));
        write(place, &format!("{day}/parts.csv"), &tests(|minute| minute % 40 == 1).replace("FAIL", "LOST"));
        let log = |n: u32| {
            let level = if n.is_multiple_of(fails as u32) { "ERROR" } else { "INFO" };
            format!("2025-03-01 {:02}:{:02}:00,000 {level} [main] a.B - it is {level}\n", n / 60, n % 60)
        };
        for part in 0..2 {
            let lines: String = (part * 300..part * 300 + 300).map(log).collect();
            write(place, &format!("{day}/logs/app{part}.log"), &lines);
        }
        let case = "timezone = \"Asia/Taipei\"\n[sources.tests]\npath = \"tests.csv\"\n[sources.app]\npath = \"logs/\"\n\
                    timezone = \"+05:00\"\n";
        write(place, &format!("{day}/rca.toml"), case);
    }
    let inside = place.join("td");
    for (folder, asked) in [
        (place, &["compare", "yd", "td"][..]),
        (place, &["compare", "before=yd/", "td", "--timezone", "+02:00"]),
        (place, &["compare", "-C", "td", "--against", "yd"]),
        (&inside, &["compare", "--against", "../yd/"]),
    ] {
        let (notes, _) = said(folder, asked);
        let again = again(&notes);
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let rows = rows_in(folder, asked);
        assert!(rows.iter().any(|row| row["what"] == "category"), "{rows:?}");
        let mut shown = 0;
        for row in &rows {
            let found = rows_in(folder, &[&["query", text(row, "sql")], &again[..]].concat());
            let side = |key: &str| found.first().and_then(|found| found[key].as_f64());
            let is_plain = found.len() == 1 && side("baseline").is_some() && row["baseline"].is_number();
            if is_plain && row["what"] == "category" {
                assert_eq!(
                    (side("baseline"), side("incident")),
                    (row["baseline"].as_f64(), row["incident"].as_f64()),
                    "{row}"
                );
                shown += 1;
            }
        }
        assert!(shown > 0, "{asked:?}");
    }
}
