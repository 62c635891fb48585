//! `rca report`: its figures are those of the commands, nothing of the evidence becomes anything but text, and it says
//! what could not be asked.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::page::{Table, markdown_is_whole, of_html, of_markdown, parts};
use crate::rca::{folder, rows, rows_in, run, run_in};

/// A sensor that was silent and lost numbers, units with results and codes, and labels that some of them never got.
fn place() -> tempfile::TempDir {
    let place = folder();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).expect("written");
    let mut sensor = String::from("ts,seq,value\n");
    let mut seq = 0;
    for step in 0..240_u64 {
        if (50..70).contains(&step) {
            continue;
        }
        seq += 1;
        if ![100, 101, 105].contains(&step) {
            let (hour, minute, second) = (8 + step / 120, step / 2 % 60, step % 2 * 30);
            writeln!(sensor, "2025-03-01T{hour:02}:{minute:02}:{second:02}Z,{seq},{}", 20 + step * 7 % 5)
                .expect("text");
        }
    }
    write("sensor.csv", &sensor);
    let (mut tests, mut labels) =
        (String::from("ts,serial,line,error_code,result\n"), String::from("ts,serial,label\n"));
    for n in 0..60 {
        let is_bad = n % 5 == 0;
        let (line, code) = (if is_bad { "L2" } else { "L1" }, ["E1", "E2", "E1"][n / 5 % 3]);
        let (code, result) = if is_bad { (code, "FAIL") } else { ("", "PASS") };
        writeln!(tests, "2025-03-01T08:{n:02}:10Z,SN{n:04},{line},{code},{result}").expect("text");
        if n % 7 != 0 {
            writeln!(labels, "2025-03-01T09:{n:02}:00Z,SN{n:04},{}", if is_bad { "bad" } else { "good" })
                .expect("text");
        }
    }
    write("tests.csv", &tests);
    write("labels.csv", &labels);
    place
}

const ALL: [&str; 3] = ["sensor.csv", "tests.csv", "labels.csv"];
const BAD: [&str; 4] = ["--bad", "result = 'FAIL'", "--table", "tests"];

fn written(place: &Path, flags: &[&str]) -> String {
    let output = run_in(place, &[&["report", "-q"], flags].concat());
    assert!(output.status.success(), "{flags:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The rows of a table on a page are the first ones of a command, in all columns that it has.
fn same(table: &Table, rows: &[Value]) {
    assert!(!table.rows.is_empty() && table.rows.len() <= rows.len(), "{} rows of {}", table.rows.len(), rows.len());
    for (shown, row) in table.rows.iter().zip(rows) {
        for (column, cell) in shown.iter().filter(|(column, _)| *column != "row") {
            let wanted = &row[column.as_str()];
            let is_same = match wanted {
                Value::Null => cell.is_empty(),
                Value::Number(number) => cell.parse().ok() == number.as_f64(),
                Value::String(text) if text.chars().count() > 600 => {
                    cell.strip_suffix('…').is_some_and(|cut| text.starts_with(cut.trim()))
                }
                Value::String(text) => cell.trim().replace('\t', " ") == text.trim().replace('\t', " "),
                other => panic!("{other}"),
            };
            assert!(is_same, "{column}: {cell} on the page, {wanted} by the command");
        }
    }
}

/// Each part's caption, and the command with the same rows.
const PARTS: [(&str, &[&str]); 5] = [
    ("Tables of the evidence, with what of them was not read", &["sources"]),
    ("Findings", &["missing"]),
    ("Errors by code, or by what is said where there is none", &["errors"]),
    ("Faults of the classification, the worst first", &["errors", "--audit"]),
    ("Stages in order", &["trace"]),
];
const EXPLAINED: &str = "Explanations beyond chance, the best first";

#[test]
fn the_worked_case_has_the_figures_of_its_commands() {
    const CASE: [&str; 2] = ["-C", "examples/laptop-anomaly"];
    const ASKED: [&str; 6] = ["--bad", "predicted = 0", "--table", "predictions", "--where", "labels.label = 'faulty'"];
    let output = run(&[&["report", "-q", "--limit", "400"], &CASE[..], &ASKED].concat());
    assert!(output.status.success(), "{output:?}");
    let page = String::from_utf8(output.stdout).expect("UTF-8");
    markdown_is_whole(&page);
    for (caption, command) in PARTS {
        let asked = rows(&[command, &CASE].concat());
        let table = of_markdown(&page, caption);
        assert_eq!(table.rows.len(), asked.len(), "{caption}");
        same(&table, &asked);
    }
    let sliced = of_markdown(&page, "All rows, then slices that are worse, the worst first");
    same(&sliced, &rows(&[&["slices", "--metric", "recall"], &CASE[..]].concat()));
    same(&of_markdown(&page, EXPLAINED), &rows(&[&["explain"], &CASE[..], &ASKED].concat()));
    let histogram = rows(&[&["timeline", "--every", "10m"], &CASE[..]].concat());
    let table = of_markdown(&page, "Events by stretches of 10m, source and level");
    assert_eq!(table.rows.len(), histogram.len());
    same(&table, &histogram);
    // The answer: what was planted, no more surely than it was found.
    let answer: Vec<&str> = page.split("## The answer").nth(1).expect("an answer").trim().lines().take(5).collect();
    let missing: i64 = rows(&[&["missing", "--kind", "sequence_gap"], &CASE[..]].concat())
        .iter()
        .map(|row| row["missing"].as_i64().expect("a count"))
        .sum();
    assert!(answer[0].starts_with("20 of 111 rows are bad (18 %); the best explanation, telemetry: sequence\\_gap"));
    assert!(answer[2].starts_with(&format!("{missing} of ")), "{answer:?}");
    assert!(answer[2].contains("very likely: lost between agent and telemetry"), "{answer:?}");
    assert!(answer[4].contains("stand under E999, a catch-all for 4"), "{answer:?}");
}

#[test]
fn html_has_what_markdown_has_and_is_whole() {
    let place = place();
    let html = written(place.path(), &[&["-f", "html"], &BAD[..], &ALL].concat());
    let markdown = written(place.path(), &[&BAD[..], &ALL].concat());
    markdown_is_whole(&markdown);
    let captions = PARTS.iter().map(|(caption, _)| *caption).chain([EXPLAINED]);
    for caption in captions {
        let (of_html, of_markdown) = (of_html(&html, caption), of_markdown(&markdown, caption));
        let trimmed = |table: &Table| -> Vec<Vec<String>> {
            table.rows.iter().map(|row| row.values().map(|cell| cell.trim().to_string()).collect()).collect()
        };
        assert_eq!(trimmed(&of_html), trimmed(&of_markdown), "{caption}");
    }
    // Headings in order, a name for each picture and table, one page with its landmarks.
    let mut level = 0;
    let mut count = std::collections::BTreeMap::<String, usize>::new();
    let tags: Vec<_> = parts(&html).into_iter().filter_map(Result::ok).collect();
    let ids: Vec<&String> =
        tags.iter().flat_map(|tag| &tag.attributes).filter(|(name, _)| name == "id").map(|(_, id)| id).collect();
    for tag in &tags {
        if let Some(next) = tag.name.strip_prefix('h').and_then(|text| text.parse::<usize>().ok()) {
            assert!(next <= level + 1, "h{next} after h{level}");
            level = next;
        }
        *count.entry(tag.name.clone()).or_default() += 1;
        for (name, value) in &tag.attributes {
            if name == "aria-labelledby" {
                assert!(value.split(' ').all(|id| ids.contains(&&id.to_string())), "{value}");
            }
        }
        let has = |name: &str| tag.attributes.iter().any(|(known, _)| known == name);
        assert!(tag.name != "svg" || tag.attributes.is_empty() || (has("role") && has("aria-labelledby")), "{tag:?}");
    }
    assert_eq!(ids.len(), ids.iter().collect::<std::collections::BTreeSet<_>>().len(), "an id twice");
    for name in ["main", "nav", "header", "footer", "h1"] {
        assert_eq!(count[name], 2, "{name} begins and ends once");
    }
    assert_eq!(count["svg"], 8, "lanes, strips, a Pareto chart and a funnel");
    assert_eq!(count["caption"], count["table"]);
    assert!(html.contains("default-src 'none'") && !html.contains("<script"));
}

#[test]
fn the_sql_behind_a_part_gives_its_figures() {
    let place = place();
    let page = written(place.path(), &ALL);
    let sql_of = |title: &str| {
        let part = page.split(&format!("## {title}")).nth(1).expect("a part").split("\n## ").next().expect("its text");
        let sql = part.rsplit("The same as SQL").next().expect("its SQL");
        sql.split("```sql\n").nth(1).and_then(|rest| rest.split("\n```").next()).expect("a block").to_string()
    };
    let ask = |sql: &str| rows_in(place.path(), &[&["query", sql], &ALL[..]].concat());
    let counts = |rows: &[Value], keys: &[&str]| -> Vec<Vec<Value>> {
        let mut counts: Vec<Vec<Value>> =
            rows.iter().map(|row| keys.iter().map(|key| row[*key].clone()).collect()).collect();
        counts.sort_by_key(|row| format!("{row:?}"));
        counts
    };
    let asked = |command: &[&str]| rows_in(place.path(), &[command, &ALL].concat());
    let keys = ["table_name", "rows", "first", "last"];
    assert_eq!(counts(&ask(&sql_of("Evidence and coverage")), &keys), counts(&asked(&["sources"]), &keys));
    let keys = ["bucket", "source", "level", "count"];
    let every = page.split("--every ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a length");
    let histogram = asked(&["timeline", "--every", every]);
    assert!(histogram.len() > 20, "{every}");
    assert_eq!(counts(&ask(&sql_of("What happened, over time")), &keys), counts(&histogram, &keys));
    let keys = ["entered", "passed", "lost"];
    let stages = asked(&["trace"]);
    assert!(stages.iter().any(|stage| stage["lost"].as_i64() > Some(0)), "{stages:?}");
    assert_eq!(counts(&ask(&sql_of("Where entities were lost")), &keys), counts(&stages, &keys));
    assert_eq!(
        counts(&ask(&sql_of("What the error codes say")), &["code", "count"]),
        counts(&asked(&["errors"]), &["code", "count"])
    );
}

#[test]
fn the_page_is_the_same_from_any_number_of_threads() {
    let place = place();
    let page = |threads: &str, format: &str| {
        written(place.path(), &[&["--threads", threads, "-f", format], &BAD[..], &ALL].concat())
    };
    assert_eq!(page("1", "html"), page("4", "html"));
    assert_eq!(page("1", "markdown"), page("7", "markdown"));
}

#[test]
fn nothing_of_the_evidence_is_more_than_text() {
    let place = folder();
    let evil = "\"><img src=x onerror=alert(1)></details></td></svg><script>alert('1')</script>";
    let mut text = format!("ts,serial,\"<b onclick=x>{}\",error_code,result,\"a|b`c\"\n", "http://example.com/");
    for n in 0..80 {
        let (code, result) = if n % 4 == 0 { (evil.replace('"', "\"\""), "FAIL") } else { (String::new(), "PASS") };
        let cell = if n % 3 == 0 { "`|\u{202E}\u{1b}[31m</code>\n| a | b |\n" } else { "" };
        writeln!(text, "2025-03-01T08:{:02}:{:02}Z,SN{n}<i>,x,\"{code}\",{result},\"{cell}\"", n / 60, n % 60)
            .expect("text");
    }
    fs::write(place.path().join("a<i>b.csv"), &text).expect("written");
    fs::write(place.path().join("log.log"), format!("2025-03-01 08:00:00 ERROR {evil}\n").repeat(30)).expect("written");
    let asked = ["--title", evil, "--question", "# `a` | <b>", "a<i>b.csv", "log.log"];
    let html = written(place.path(), &[&["-f", "html"], &asked[..]].concat());
    let all = parts(&html);
    let texts: String = all.iter().filter_map(|part| part.as_ref().err()).map(String::as_str).collect();
    assert!(texts.contains("<script>alert('1')</script>"), "it is there, as text");
    assert!(!html.contains('\u{1b}') && !html.contains('\u{202E}') && texts.contains("U+202E"));
    let markdown = written(place.path(), &asked);
    let outside = markdown_is_whole(&markdown);
    assert!(!outside.replace("<details>", "").replace("</details>", "").contains("</details"), "{outside}");
    assert!(!outside.contains("<script") && !outside.contains("<img"), "{outside}");
    assert!(markdown.starts_with("# \">&lt;img src"), "{}", &markdown[..200]);
}

#[test]
fn a_page_stays_small_whatever_the_evidence() {
    let place = folder();
    let mut text = String::from("ts,serial,error_code,result,message\n");
    for n in 0..3_000 {
        let long = format!("<&{n}>").repeat(400);
        writeln!(text, "2025-03-{:02}T08:{:02}:00Z,SN{n},{},FAIL,{long}", 1 + n % 28, n % 60, long).expect("text");
    }
    fs::write(place.path().join("big.csv"), &text).expect("written");
    for format in ["html", "markdown"] {
        let page = written(place.path(), &["-f", format, "--limit", "100000", "big.csv"]);
        assert!(page.len() < 1_000_000, "{} bytes of {format}", page.len());
        assert!(page.contains("more, by"), "what is left out is said");
    }
}

#[test]
fn finding_nothing_says_what_was_looked_at() {
    let place = folder();
    let mut text = String::from("ts,value\n");
    for step in 0..200 {
        let (hour, minute, second) = (8 + step / 120, step / 2 % 60, step % 2 * 30);
        writeln!(text, "2025-03-01T{hour:02}:{minute:02}:{second:02}Z,{}.{}", 20 + step * 7 % 11, step * step % 97)
            .expect("text");
    }
    fs::write(place.path().join("calm.csv"), &text).expect("written");
    let page = written(place.path(), &["calm.csv"]);
    let answer = page.split("## The answer").nth(1).expect("an answer").split("##").next().expect("it");
    assert!(answer.contains("Nothing was found missing: 1 series with a regular cadence has no gap"), "{answer}");
    assert!(answer.contains("so nothing can be said of errors"), "{answer}");
    assert!(answer.contains("200 rows of 1 table; all of it was read"), "{answer}");
    // What could not be asked is said in a line, and is no error.
    assert!(page.contains("\nStages were not followed: "), "{page}");
    assert!(page.contains("\nError codes were not asked for: "), "{page}");
    assert!(page.contains("\nNobody said which rows are bad"), "{page}");
    let found = |name: &str| run_in(place.path(), &["report", "-q", "--exit-code", name]).status.code();
    assert_eq!(found("calm.csv"), Some(0));
    fs::write(place.path().join("empty.csv"), "ts,value\n").expect("written");
    assert_eq!(found("empty.csv"), Some(0));
    parts(&written(place.path(), &["-f", "html", "empty.csv"]));
}

#[test]
fn settings_and_flags_say_what_it_is_about() {
    let place = place();
    let case = "[sources.tests]\npath = 'tests.csv'\n[sources.labels]\npath = 'labels.csv'\n\
                [report]\ntitle = 'The title'\nquestion = 'Why?'\nbad = \"result = 'FAIL'\"\ntable = 'tests'\n";
    fs::write(place.path().join("rca.toml"), case).expect("written");
    let page = written(place.path(), &[]);
    assert!(page.starts_with("# The title\n\nWhy?\n"), "{page}");
    assert!(
        page.contains(
            "12 of 60 rows are bad (20 %); the best explanation, line = L2, holds of all of them and of no other row"
        ),
        "{page}"
    );
    let page = written(place.path(), &["--title", "Another", "--bad", "line = 'L1'", "--table", "tests"]);
    assert!(page.starts_with("# Another\n") && page.contains("48 of 60 rows are bad"), "{page}");
    let narrowed = written(place.path(), &["--where", "line = 'L2'"]);
    assert!(narrowed.contains("All 12 rows are bad") && narrowed.contains("of those for which line = 'L2' holds"));
    let tables = of_markdown(&narrowed, PARTS[0].0);
    assert_eq!(tables.rows[1]["rows"], "60", "only the rows judged are fewer");
    fs::write(place.path().join("rca.toml"), format!("{case}titel = 'x'\n")).expect("written");
    let output = run_in(place.path(), &["report"]);
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean `title`"));
}

#[test]
fn a_file_chooses_its_format_and_others_are_refused() {
    let place = place();
    let refused = |flags: &[&str]| {
        let output = run_in(place.path(), &[&["report"], flags, &ALL].concat());
        (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
    };
    for flags in [["-f", "json"], ["-o", "a.csv"], ["-o", "a.parquet"], ["-f", "table"]] {
        let (code, said) = refused(&flags);
        assert!(code == Some(2) && said.contains("-o report.html"), "{flags:?}: {said}");
    }
    assert!(fs::read_dir(place.path()).expect("read").count() == 3, "nothing was written");
    let (code, said) = refused(&["--table", "tests"]);
    assert!(code == Some(2) && said.contains("--bad"), "{said}");
    let (code, said) = refused(&["--bad", "nothing = 1"]);
    assert!(code == Some(2) && said.contains("no table has rows"), "{said}");
    let (code, said) = refused(&["--from", "soon"]);
    assert!(code == Some(2) && said.contains("`--from soon` is no time"), "{said}");
    for (file, begin) in [("r.html", "<!doctype html>"), ("r.md", "# Root causes: sensor, tests, labels")] {
        let output = run_in(place.path(), &[&["report", "-o", file], &ALL[..]].concat());
        assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
        assert!(fs::read_to_string(place.path().join(file)).expect("written").starts_with(begin), "{file}");
    }
}

#[test]
fn what_was_not_read_stands_on_the_page() {
    let place = place();
    let text = fs::read_to_string(place.path().join("tests.csv")).expect("read") + "\"open\n";
    fs::write(place.path().join("tests.csv"), text.replace("2025-03-01T08:07:10Z", "soon")).expect("written");
    let page = written(place.path(), &ALL);
    let part = page.split("### What was not read").nth(1).expect("the heading");
    assert!(part.contains("tests.csv:9"), "{part}");
    assert!(page.contains("could not be read."), "the answer says so, too: {page}");
}

#[test]
fn nulls_come_last_whatever_their_number_and_that_is_said() {
    let place = folder();
    let (mut tests, mut labels) = (String::from("serial,station\n"), String::from("serial,label\n"));
    for n in 0..60 {
        writeln!(tests, "SN{n:03},{}", if n % 3 == 0 { "" } else { "A1" }).expect("text");
        if n >= 5 {
            writeln!(labels, "SN{n:03},good").expect("text");
        }
    }
    fs::write(place.path().join("tests.csv"), tests).expect("written");
    fs::write(place.path().join("labels.csv"), labels).expect("written");
    let page = written(place.path(), &["tests.csv", "labels.csv"]);
    let rows = of_markdown(&page, "Findings").rows;
    let told: Vec<(&str, &str)> = rows.iter().map(|row| (row["kind"].trim(), row["missing"].trim())).collect();
    assert_eq!(told, [("absent_key", "5"), ("null_rate", "20")]);
    assert!(page.contains("2 findings, those with most missing first, and of nulls in columns last."), "{page}");
    assert!(page.contains("absent\\_key), besides 1 of nulls in columns."), "{page}");
}

#[test]
fn a_key_that_reads_like_a_cause_is_none() {
    let place = folder();
    let (mut tests, mut labels) = (String::from("serial,x\n"), String::from("serial,label\n"));
    for n in 0..60 {
        let serial = if n < 5 { format!("SN{n:03}; cause: rain (likely") } else { format!("SN{n:03}") };
        writeln!(tests, "{serial},1").expect("text");
        if n >= 5 {
            writeln!(labels, "{serial},good").expect("text");
        }
    }
    fs::write(place.path().join("tests.csv"), tests).expect("written");
    fs::write(place.path().join("labels.csv"), labels).expect("written");
    let found = rows_in(place.path(), &["missing", "tests.csv", "labels.csv", "--kind", "absent_key"]);
    let detail = found[0]["detail"].as_str().expect("text");
    assert!(found.len() == 1 && detail.ends_with("the first is `SN000; cause: rain (likely`"), "{found:#?}");
    let page = written(place.path(), &["tests.csv", "labels.csv"]);
    assert!(page.contains("absent\\_key)") && !page.contains("the cause, likely"), "{page}");
}
