//! Columns and tables that are called as something inside of rca is: an alias of its SQL, a word that SQL reserves, a
//! name that needs quotes. Every command gives the same answer, but for the names.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, root, run_in};

/// Names that tell nothing, by what stands in the column.
const PLAIN: [&str; 12] = [
    "qqtime",
    "qqstation",
    "qqserial",
    "qqresult",
    "qqcode",
    "qqvolt",
    "qqint",
    "qqtext",
    "qqlow",
    "qqseq",
    "qqlabel",
    "qqlot",
];

/// Names that tell rca what is in a column, so that answers with them differ; they must be answered all the same.
const TELLING: &[&str] = &[
    "_file",
    "_line",
    "alarm",
    "at",
    "best",
    "closed",
    "code",
    "date",
    "description",
    "detail",
    "done",
    "end",
    "ended",
    "entered",
    "event",
    "failure",
    "fault",
    "host",
    "id",
    "key",
    "last",
    "level",
    "line",
    "log",
    "message",
    "msg",
    "number",
    "opened",
    "origin",
    "result",
    "run",
    "serial",
    "severity",
    "source",
    "start",
    "state",
    "stop",
    "test",
    "text",
    "time",
    "ts",
    "type",
    "unit",
    "until",
    "user",
];

/// Two tables of one serial: 400 units of two stations with a pause and failures that rise, and labels of most of them.
fn evidence(place: &Path, name: &dyn Fn(&str) -> String, extra: &[String], tables: [&str; 2]) {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let header = |names: &[&str], extra: &[String]| {
        let all = names.iter().map(|plain| name(plain)).chain(extra.iter().cloned());
        all.map(|text| quoted(&text)).collect::<Vec<_>>().join(",") + "\n"
    };
    let more: String = (0..extra.len()).map(|n| format!(",x{}", n % 7)).collect();
    let (mut units, mut labels) =
        (header(&PLAIN[..10], extra), header(&["qqtime", "qqserial", "qqlabel", "qqlot"], &[]));
    for n in 0..400 {
        let (station, step) = (n % 2, n / 2);
        let draw = (n * 7919 + 13) % 100;
        let time = |seconds: usize| {
            format!("2025-03-01T{:02}:{:02}:{:02}Z", 8 + seconds / 3600, seconds / 60 % 60, seconds % 60)
        };
        let fails = draw < if station == 1 && step > 120 { 50 } else { 5 };
        if !(station == 0 && (60..75).contains(&step)) {
            let (result, code) = match (fails, draw % 3) {
                (false, _) => ("PASS", ""),
                (true, 0) => ("FAIL", ""),
                (true, code) => ("FAIL", ["", "E101", "E102"][code]),
            };
            let volt = 3 + usize::from(fails);
            let int = if step > 20 { (n * 31 % 40).to_string() } else { String::new() };
            let (text, low) = (["red", "green", "blue"][n % 3], ["low", "high"][n / 3 % 2]);
            writeln!(
                units,
                "{},ST0{station},SN{:05},{result},{code},{volt}.{draw:02},{int},{text},{low},{step}{more}",
                time(30 * step),
                1000 + n
            )
            .expect("text");
        }
        if n % 9 != 0 {
            let label = if fails || draw > 90 { "faulty" } else { "good" };
            writeln!(labels, "{},SN{:05},{label},L{}", time(15 * n + 3600), 1000 + n, n / 50).expect("text");
        }
    }
    let [first, second] = tables;
    let keyed = |plain: &str| toml::Value::String(name(plain)).to_string();
    let of = |table: &str, plain: &str| toml::Value::String(format!("{table}.{}", name(plain))).to_string();
    let (time, serial) = (keyed("qqtime"), keyed("qqserial"));
    let settings = format!(
        "[sources.{first}]\npath = \"{first}.csv\"\ntime = {time}\nseries = [{}]\nsequence = {}\nevery = \"30s\"\n\
         [sources.{second}]\npath = \"{second}.csv\"\ntime = {time}\n\
         [entities]\nserial = [{}, {}]\n[labels]\ntable = \"{second}\"\nkey = {serial}\nlabel = {}\n\
         [[stages]]\ntable = \"{first}\"\nkey = {serial}\n[[stages]]\ntable = \"{second}\"\nkey = {serial}\n",
        keyed("qqstation"),
        keyed("qqseq"),
        of(first, "qqserial"),
        of(second, "qqserial"),
        keyed("qqlabel"),
    );
    for (file, text) in
        [(format!("{first}.csv"), units), (format!("{second}.csv"), labels), ("rca.toml".into(), settings)]
    {
        std::fs::write(place.join(file), text).expect("written");
    }
}

/// Every command, with every flag that adds SQL of its own.
fn commands(name: &dyn Fn(&str) -> String, tables: [&str; 2]) -> Vec<Vec<String>> {
    let bad = format!("\"{}\" = 'FAIL'", name("qqresult").replace('"', "\"\""));
    let (code, station) = (name("qqcode"), name("qqstation"));
    let (from, window) = ("2025-03-01T08:00..2025-03-01T09:00", "2025-03-01T09:00..2025-03-01T11:00");
    let lines: &[&[&str]] = &[
        &["sources"],
        &["schema"],
        &["timeline"],
        &["timeline", "--limit", "50"],
        &["timeline", "--every", "10m"],
        &["timeline", "--collapse"],
        &["timeline", "--entity", "SN01141", "--related"],
        &["timeline", "--around", "2025-03-01T09:10:00Z", "--window", "2m"],
        &["timeline", "--check-clocks"],
        &["missing"],
        &["trace"],
        &["trace", "--by", &station],
        &["trace", "--entity", "SN01141"],
        &["errors", "--code", &code],
        &["errors", "--code", &code, "--by", &name("qqtext")],
        &["errors", "--code", &code, "--by", &name("qqlot")],
        &["errors", "--code", &code, "--audit"],
        &["errors", "--code", &code, "--baseline", from],
        &["explain", "--bad", &bad, "--table", tables[0], "--order", "1"],
        &["explain", "--bad", &bad, "--table", tables[0], "--before", "1h", "--order", "1"],
        &["compare", "--baseline", from, "--incident", window],
        &["check", "--from-findings"],
        &["report", "-f", "markdown"],
    ];
    let is_one = |line: &&&[&str]| !line.contains(&"--by") || !line.iter().any(|word| word.contains(','));
    lines.iter().filter(is_one).map(|line| line.iter().map(|word| (*word).to_string()).collect()).collect()
}

/// The words of an answer's rows, each row and all rows in order, without what is quoted differently.
fn words(text: &str, renamed: &[(String, String)]) -> Vec<Vec<String>> {
    let with_names = |text: &str| renamed.iter().fold(text.to_string(), |text, (from, to)| text.replace(from, to));
    let split = |text: &str| {
        let is_between = |c: char| c.is_whitespace() || "\"',;.()=\\|`*[]".contains(c);
        let mut words: Vec<String> = text.split(is_between).filter(|word| !word.is_empty()).map(String::from).collect();
        words.sort();
        words.join(" ")
    };
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in text.lines() {
        let Ok(Value::Object(row)) = serde_json::from_str(line) else { continue };
        let mut fields: Vec<String> = row
            .iter()
            .filter(|(key, _)| !matches!(key.as_str(), "sql" | "bytes" | "also"))
            .map(|(key, value)| {
                let value = value.as_str().map_or_else(|| value.to_string(), str::to_string);
                format!("{}: {}", split(&with_names(key)), split(&with_names(&value)))
            })
            .collect();
        fields.sort();
        rows.push(fields);
    }
    rows.sort();
    rows
}

/// The answer of every command, and of the SQL that its rows show, all of a command's together.
fn answers(place: &Path, name: &dyn Fn(&str) -> String, tables: [&str; 2]) -> Vec<(String, String)> {
    let mut answers = Vec::new();
    for line in commands(name, tables) {
        let mut arguments: Vec<&str> = line.iter().map(String::as_str).collect();
        if !arguments.contains(&"-f") {
            arguments.extend(["-f", "ndjson"]);
        }
        let output = run_in(place, &arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "rca {line:?}: {said}");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let shown: BTreeSet<String> = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok()?.get("sql")?.as_str().map(String::from))
            .collect();
        if !shown.is_empty() {
            let all: Vec<String> = shown.iter().map(|sql| format!("SELECT count(*) FROM ({sql}\n)")).collect();
            let sql = format!("SELECT * FROM ({}) AS counted(shown_rows) ORDER BY 1", all.join(" UNION ALL "));
            let output = run_in(place, &["query", &sql, "-f", "ndjson"]);
            let said = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(0), "what rca {line:?} shows: {said}\n{sql}");
            answers.push((format!("what rca {line:?} shows"), String::from_utf8(output.stdout).expect("UTF-8")));
        }
        answers.push((format!("rca {line:?}"), text));
    }
    answers
}

/// All answers with plain names, but for the names, are those with these ones.
fn hold_alike(renamed: &[(String, String)], plain_extra: &[String], extra: &[String]) {
    let (plain, other) = (folder(), folder());
    let tables = ["units", "labels"];
    let same = |name: &str| name.to_string();
    let called = |name: &str| {
        renamed.iter().find(|(from, _)| from == name).map_or_else(|| name.to_string(), |(_, to)| to.clone())
    };
    evidence(plain.path(), &same, plain_extra, tables);
    evidence(other.path(), &called, extra, tables);
    let (first, second) = (answers(plain.path(), &same, tables), answers(other.path(), &called, tables));
    let renamed: Vec<(String, String)> =
        renamed.iter().cloned().chain(plain_extra.iter().cloned().zip(extra.iter().cloned())).collect();
    for ((line, first), (_, second)) in first.iter().zip(&second) {
        // The detail is TOML, in which names are quoted once more.
        if !line.contains("from-findings") {
            let (first, second) = (words(first, &renamed), words(second, &[]));
            let differs = first.iter().zip(&second).find(|(a, b)| a != b);
            assert_eq!(first.len(), second.len(), "{line} with {renamed:?}");
            assert!(differs.is_none(), "{line} with {renamed:?}: {differs:#?}");
        }
    }
}

/// The names that the SQL of this program gives to anything.
fn own_names() -> BTreeSet<String> {
    let pattern = regex::Regex::new(r#"\bAS "?([a-z][a-z0-9_]*)"?|\b([a-z][a-z0-9_]*) AS [(]"#).expect("compiles");
    let mut names = BTreeSet::from(["rca_rows".to_string(), "events".into(), "rowid".into()]);
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "sql" || ending == "rs") {
                let text = std::fs::read_to_string(path).expect("text");
                let found = pattern.captures_iter(&text).filter_map(|found| found.get(1).or_else(|| found.get(2)));
                names.extend(found.map(|name| name.as_str().to_string()));
            }
        }
    }
    names
}

#[test]
fn columns_may_be_called_as_our_own_names_are() {
    let names: Vec<String> = own_names().into_iter().filter(|name| !TELLING.contains(&name.as_str())).collect();
    assert!(names.len() > 100, "{names:?}");
    for some in names.chunks(90) {
        let plain: Vec<String> = (0..some.len()).map(|n| format!("zzextra{n:03}")).collect();
        hold_alike(&[], &plain, some);
    }
}

#[test]
fn what_is_asked_for_may_be_called_as_our_own_names_are() {
    for some in [
        ["n", "part", "v", "place", "bucket", "t", "q", "spread", "rca_rows", "first", "share", "rca_key"],
        ["rows", "bad", "missing", "number", "since", "value", "before", "seen", "errors", "here", "good", "example"],
    ] {
        let renamed: Vec<(String, String)> =
            PLAIN.iter().zip(some).map(|(from, to)| ((*from).to_string(), to.to_string())).collect();
        hold_alike(&renamed, &[], &[]);
    }
}

#[test]
fn names_may_need_quotes() {
    for some in [
        ["a  b", "say \"hi\"", "it's", "two\nlines", "Äöü", "SELECT", "a.b", "%s", "{stage}", "verbose", "$1", "( x )"],
        ["semi;", "Binary", "cross", "{table}", "tab\tname", "?", "rowid", "x -- y", "x /* y", "表", "null", "a(b"],
    ] {
        let renamed: Vec<(String, String)> =
            PLAIN.iter().zip(some).map(|(from, to)| ((*from).to_string(), to.to_string())).collect();
        let place = folder();
        let called = |name: &str| {
            renamed.iter().find(|(from, _)| from == name).map_or_else(|| name.to_string(), |(_, to)| to.clone())
        };
        evidence(place.path(), &called, &[], ["units", "labels"]);
        answers(place.path(), &called, ["units", "labels"]);
    }
}

#[test]
fn tables_may_be_called_as_our_own_names_and_words_of_sql() {
    for tables in [["t_order", "t_select"], ["rca_events", "rca_direct"], ["found", "errors"], ["counted", "delays"]] {
        let place = folder();
        let same = |name: &str| name.to_string();
        evidence(place.path(), &same, &[], tables);
        if tables[0].starts_with("t_") {
            // Files called by words of SQL are sources with a name of their own.
            for table in tables {
                let from = place.path().join(format!("{table}.csv"));
                std::fs::copy(from, place.path().join(format!("{}.csv", &table[2..]))).expect("copied");
            }
            let rows = crate::rca::rows_in(place.path(), &["sources", "order.csv", "select.csv"]);
            assert_eq!(rows.iter().map(|row| row["source"].as_str()).collect::<Vec<_>>(), tables.map(Some));
        }
        answers(place.path(), &same, tables);
    }
}

#[test]
fn every_word_that_the_engine_reserves_is_quoted_in_sql_that_is_shown() {
    let place = folder();
    std::fs::write(place.path().join("t.csv"), "a,b\n1,2\n").expect("written");
    let sql = "SELECT keyword_name AS word FROM duckdb_keywords() ORDER BY 1";
    let rows = crate::rca::rows_in(place.path(), &["query", sql, "t.csv"]);
    // A word that is a value makes no header.
    let words: Vec<&str> =
        rows.iter().filter_map(|row| row["word"].as_str()).filter(|word| !matches!(*word, "true" | "false")).collect();
    assert!(words.len() > 300);
    for some in words.chunks(40) {
        let (full, empty) = (vec!["1"; some.len()].join(","), ",".repeat(some.len() - 1));
        let text = format!("row,{}\n1,{full}\n2,{empty}\n3,{empty}\n", some.join(","));
        std::fs::write(place.path().join("t.csv"), text).expect("written");
        let findings = crate::rca::rows_in(place.path(), &["missing", "--kind", "null_rate", "t.csv"]);
        let shown: BTreeSet<String> = findings
            .iter()
            .map(|row| format!("SELECT count(*) AS n FROM ({})", row["sql"].as_str().expect("SQL")))
            .collect();
        assert!(!shown.is_empty(), "{some:?}");
        let all: Vec<String> = shown.into_iter().collect();
        let counts = crate::rca::rows_in(place.path(), &["query", &all.join(" UNION ALL "), "t.csv"]);
        assert!(counts.iter().all(|row| row["n"] == 2), "{counts:?}");
    }
}
