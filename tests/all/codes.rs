//! What is a code, an error, a codebook, an entity and a baseline, in evidence that would have it otherwise.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

fn place(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    for (name, text) in files {
        fs::write(place.path().join(name), text).expect("written");
    }
    place
}

fn codes(place: &Path, arguments: &[&str]) -> Vec<(String, i64)> {
    rows_in(place, &[&["errors"], arguments].concat())
        .iter()
        .map(|row| (row["code"].as_str().unwrap_or_default().to_string(), row["count"].as_i64().expect("a count")))
        .collect()
}

fn are(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(code, count)| ((*code).to_string(), *count)).collect()
}

fn said(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, &[&["errors"], arguments].concat()).stderr).expect("UTF-8")
}

/// `ts,…` with a row each second.
fn timed(head: &str, rows: &[&str]) -> String {
    let rows = rows.iter().enumerate().map(|(n, row)| format!("2025-03-01T08:{:02}:{:02}Z,{row}\n", n / 60, n % 60));
    std::iter::once(format!("ts,{head}\n")).chain(rows).collect()
}

#[test]
fn the_code_of_a_log_is_its_own_whatever_fields_its_formats_have() {
    let access = "192.0.2.7 - - [01/Mar/2025:08:00:00 +0000] \"GET /a HTTP/1.1\" 404 12 \"-\" \"curl\"\n\
                  192.0.2.7 - - [01/Mar/2025:08:00:01 +0000] \"GET /b HTTP/1.1\" 500 12 \"-\" \"curl\"\n";
    let json = "{\"ts\":\"2025-03-01T08:00:00Z\",\"level\":\"error\",\"message\":\"no\",\"status_code\":503}\n";
    let place = folder();
    fs::create_dir(place.path().join("logs")).expect("made");
    fs::write(place.path().join("logs/access.log"), access).expect("written");
    fs::write(place.path().join("logs/app.log"), json).expect("written");
    assert_eq!(codes(place.path(), &["logs"]), are(&[("HTTP 404", 1), ("HTTP 500", 1), ("HTTP 503", 1)]));
}

#[test]
fn a_column_is_of_http_only_if_its_name_and_its_values_are() {
    let scores = timed("machine,score,result", &["m1,410,fail", "m2,503,pass"]);
    let jobs = timed("job,result,status_code", &["j1,FAIL,1001", "j2,FAIL,12", "j3,FAIL,ERR_X", "j4,OK,0"]);
    let place = place(&[("scores.csv", &scores), ("jobs.csv", &jobs)]);
    assert_eq!(codes(place.path(), &["scores.csv"]), are(&[("", 1)]));
    assert_eq!(codes(place.path(), &["jobs.csv"]), are(&[("1001", 1), ("12", 1), ("ERR_X", 1)]));
}

#[test]
fn a_whole_number_is_the_same_code_and_entity_in_a_column_of_fractions() {
    let tests = timed("serial,result,error_code", &["1001,FAIL,101.0", "1002.0,FAIL,102.0", ",PASS,0.0", "1003,PASS,"]);
    let book = "code,meaning\n101,fan\n102,lid\n";
    let labels = "serial,label\n1001.0,bad\n,bad\n";
    let place = place(&[("t.csv", &tests), ("codes.csv", book), ("labels.csv", labels)]);
    let sources = ["t.csv", "codes.csv", "labels.csv"];
    let found = rows_in(place.path(), &[&["errors"], &sources[..]].concat());
    let described: Vec<&str> = found.iter().filter_map(|row| row["description"].as_str()).collect();
    assert_eq!((codes(place.path(), &sources), described), (are(&[("101", 1), ("102", 1)]), vec!["fan", "lid"]));
    let faults = rows_in(place.path(), &[&["errors", "--audit"], &sources[..]].concat());
    let [one] = &faults[..] else { panic!("one fault: {faults:?}") };
    assert_eq!(
        (one["fault"].as_str(), one["code"].as_str(), one["count"].as_i64()),
        (Some("unlabelled"), Some("102"), Some(1))
    );
    assert_eq!(rows_in(place.path(), &[&["query", one["sql"].as_str().expect("SQL")], &sources[..]].concat()).len(), 1);
}

#[test]
fn what_says_that_there_is_no_error_is_no_code() {
    let fine = ["NO_ERROR", "nan", "0x00000000", "S_OK", "--", "(none)", "E0000", "00", "No Failure", "normal"];
    let rows: Vec<String> = fine.iter().map(|word| format!("s,{word}")).chain(["s,E7".to_string()]).collect();
    let text = timed("serial,error_code", &rows.iter().map(String::as_str).collect::<Vec<_>>());
    let place = place(&[("t.csv", &text)]);
    assert_eq!(codes(place.path(), &["t.csv"]), are(&[("E7", 1)]));
}

#[test]
fn lists_of_things_that_have_codes_are_neither_errors_nor_codebooks() {
    let log = timed("unit,level,error_code", &["u1,error,E101", "u2,error,E101"]);
    let place = place(&[
        ("log.csv", &log),
        ("postal_codes.csv", "code,name\nE101,Aruba\nE102,Bonn\nE103,Cork\n"),
        (
            "error_codes.csv",
            "code,description,severity,updated_at\nE101,fan,high,2025-01-01T00:00:00Z\nE102,lid,low,2025-01-01T00:00:00Z\n",
        ),
        ("countries.csv", "code,name,created_at\nTW,Taiwan,2025-01-01T00:00:00Z\nDE,Germany,2025-01-02T00:00:00Z\n"),
    ]);
    assert_eq!(codes(place.path(), &["log.csv", "error_codes.csv", "countries.csv"]), are(&[("E101", 2)]));
    let described = |sources: &[&str]| {
        rows_in(place.path(), &[&["errors"], sources].concat())[0]["description"]
            .as_str()
            .unwrap_or_default()
            .to_string()
    };
    assert_eq!(described(&["log.csv", "error_codes.csv", "countries.csv"]), "fan");
    // Whichever of two lists is named first, the same one is taken, and it is said which.
    let both = [["log.csv", "postal_codes.csv", "error_codes.csv"], ["error_codes.csv", "postal_codes.csv", "log.csv"]];
    assert_eq!(described(&both[0]), described(&both[1]));
    assert!(said(place.path(), &["log.csv", "error_codes.csv"]).contains("codes are described by error_codes"));
    // Each code once, and of units: these are errors all the same.
    let once = "serial,error_code,remark\nS1,E1,a\nS2,E2,b\nS3,E3,c\n";
    let place = self::place(&[("once.csv", once)]);
    assert_eq!(codes(place.path(), &["once.csv"]), are(&[("E1", 1), ("E2", 1), ("E3", 1)]));
}

#[test]
fn a_code_of_rows_that_passed_was_seen() {
    let text = timed("serial,result,error_code", &["s1,FAIL,E1", "s2,PASS,E2", "s3,FAIL,E1"]);
    let place = place(&[("t.csv", &text), ("codes.csv", "code,meaning\nE1,a\nE2,b\nE3,c\n")]);
    let never = |flags: &[&str]| -> Vec<String> {
        rows_in(place.path(), &[&["errors", "--audit", "t.csv", "codes.csv"], flags].concat())
            .iter()
            .filter(|row| row["fault"] == "never_seen")
            .map(|row| row["code"].as_str().unwrap_or_default().to_string())
            .collect()
    };
    assert_eq!(never(&[]), ["E3"]);
    assert_eq!(never(&["--level", "fatal"]), ["E3"]);
}

#[test]
fn labels_are_asked_of_every_table_whose_units_fail() {
    let of = |rows: &[&str]| timed("serial,result,error_code", rows);
    let (a, b) = (of(&["S1,FAIL,E1", "S2,FAIL,E2"]), of(&["S3,FAIL,E2", "S4,FAIL,E3"]));
    let place = place(&[("a.csv", &a), ("b.csv", &b), ("labels.csv", "serial,label\nS1,x\nS3,x\n")]);
    let found = |sources: &[&str]| -> Vec<Value> { rows_in(place.path(), &[&["errors", "--audit"], sources].concat()) };
    let one = found(&["a.csv", "b.csv", "labels.csv"]);
    let told: Vec<&str> =
        one.iter().filter(|row| row["fault"] == "unlabelled").filter_map(|row| row["code"].as_str()).collect();
    assert_eq!(told, ["E2", "E3"]);
    assert_eq!(one, found(&["labels.csv", "b.csv", "a.csv"]));
}

#[test]
fn a_table_of_failures_alone_is_judged_by_time() {
    let mut text = String::from("ts,serial,result,error_code\n");
    for n in 0..240 {
        let (day, hour) = if n < 20 { (1, n) } else { (2, (n - 20) / 10) };
        writeln!(text, "2025-03-{day:02}T{hour:02}:{:02}:00Z,s{n},FAIL,E{}", n % 60, n % 2).expect("text");
    }
    let place = place(&[("t.csv", &text)]);
    let found = rows_in(place.path(), &["errors", "t.csv", "--baseline", "2025-03-01..2025-03-02"]);
    assert!(found.iter().all(|row| row["change"] == "up" && row["risk_ratio"].is_null()), "{found:?}");
}

#[test]
fn time_without_evidence_is_not_time_without_errors() {
    let rows: Vec<String> = (0..24).map(|hour| format!("2025-03-01T{hour:02}:00:00Z,s{hour},E1\n")).collect();
    let place = place(&[("t.csv", &format!("ts,serial,error_code\n{}", rows.concat()))]);
    let change = |flags: &[&str]| -> Vec<String> {
        rows_in(place.path(), &[&["errors", "t.csv"], flags].concat())
            .iter()
            .map(|row| row["change"].as_str().unwrap_or_default().to_string())
            .collect()
    };
    assert_eq!(change(&["--baseline", "2025-02-01..2025-03-01 12:00"]), ["same"]);
    assert_eq!(change(&["--baseline", "2025-03-01..2025-03-01 12:00", "--to", "2025-03-10"]), ["same"]);
    assert_eq!(change(&["--baseline", "auto", "--to", "2025-04-01"]), ["same"]);
    let refused = run_in(place.path(), &["errors", "t.csv", "--baseline", "2023-01-01..2023-02-01"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("the baseline holds no evidence"));
    let reversed = said(place.path(), &["t.csv", "--baseline", "2025-03-02..2025-03-01"]);
    assert!(reversed.contains("the window of --baseline is empty"), "{reversed}");
}

#[test]
fn nights_and_weekends_are_no_change() {
    let mut text = String::from("ts,serial,error_code\n");
    for day in 1..=10 {
        for hour in 0..24 {
            let each = if (8..16).contains(&hour) { 12 } else { 1 };
            for n in 0..each {
                let (minute, second) = (n * 60 / each, (day * 7 + hour * 11 + n * 13) % 60);
                writeln!(text, "2025-03-{day:02}T{hour:02}:{minute:02}:{second:02}Z,s,E1").expect("text");
            }
        }
    }
    let place = place(&[("t.csv", &text)]);
    let notes = said(place.path(), &["t.csv", "--baseline", "auto"]);
    assert!(notes.contains("no moment at which rates changed"), "{notes}");
}

#[test]
fn columns_called_as_the_answers_own_are_told_from_them() {
    let text = timed("first,count,error_code", &["a,1,E1", "b,2,E1"]);
    let place = place(&[("t.csv", &text)]);
    let found = rows_in(place.path(), &["errors", "--by", "first,count", "t.csv"]);
    let one = found.iter().find(|row| row["by_first"] == "a").expect("a row");
    assert_eq!((one["by_count"].as_str(), one["count"].as_i64()), (Some("1"), Some(1)));
    assert_eq!(one["first"], "2025-03-01T08:00:00Z");
    assert_eq!(run_in(place.path(), &["errors", "--by", "first,first", "t.csv"]).status.code(), Some(2));
}

#[test]
fn what_is_not_counted_is_said() {
    let text =
        "ts,serial,result,error_code\n2025-03-01T08:00:00Z,s1,FAIL,E1\n,s2,FAIL,E2\n2025-03-01T08:00:01Z,s3,F,\n";
    let place = place(&[("t.csv", text)]);
    assert!(said(place.path(), &["t.csv", "--from", "2025-03-01"]).contains("1 error has no time"));
    assert!(
        said(place.path(), &["t.csv"])
            .contains("t.result has words that say neither pass nor fail, and are none of both: `F`")
    );
}

#[test]
fn several_groups_of_a_code_are_alternatives_and_what_is_no_expression_is_refused() {
    let log = "2025-03-01 08:00:00,000 ERROR [a] b.C - foo\n2025-03-01 08:00:01,000 ERROR [a] b.C - code=17\n";
    let place = place(&[("a.log", log)]);
    assert_eq!(codes(place.path(), &["a.log", "--code", "(foo)|code=(\\d+)"]), are(&[("17", 1), ("foo", 1)]));
    for pattern in ["(?R)", "(unclosed", "\\d{1,1500}"] {
        let refused = said(place.path(), &["a.log", "--code", pattern]);
        assert!(refused.contains("is neither a column nor a regular expression"), "{refused}");
    }
}
