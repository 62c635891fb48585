//! What `rca slices` asks back where columns, classes or the positive one are not certain, and what it takes for certain.

use std::fs;

use crate::rca::{folder, rows_in, run_in};
use crate::slices::{METRICS, check_sql, near};

/// What is said of a small table, and the exit code.
fn said(csv: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let output = run_in(place.path(), &[&["slices", "t.csv"], arguments].concat());
    (output.status.code(), String::from_utf8(output.stderr).expect("text"))
}

/// Rows of a label and a prediction, so many times each.
fn table(head: &str, rows: &[(&str, usize)]) -> String {
    let lines: Vec<String> = rows.iter().flat_map(|(row, times)| vec![(*row).to_string(); *times]).collect();
    format!("{head}\n{}\n", lines.join("\n"))
}

#[test]
fn what_is_not_certain_is_asked_for() {
    let unlike = table("x,label,prediction", &[("a,pass,1", 20), ("b,fail,0", 20), ("a,pass,0", 5)]);
    let (code, text) = said(&unlike, &[]);
    assert!(code == Some(2) && text.contains("not certain which predictions are which labels"), "{text}");
    assert!(text.contains("--positive pass=1"), "{text}");
    let (code, text) = said(&unlike, &["--positive", "fail=0"]);
    assert!(code == Some(0) && text.contains("accuracy is 0.8889 over 45 rows"), "{text}");
    let (code, text) = said(&unlike, &["--positive", "pass"]);
    assert!(code == Some(0) && text.contains("accuracy is 0.8889"), "{text}");
    let (code, text) = said(&unlike, &["--positive", "nothing"]);
    assert!(code == Some(2) && text.contains("no label and no prediction is `nothing`"), "{text}");
    // Words that tell it, and what came that tells otherwise.
    let words = |right: usize, wrong: usize| {
        table(
            "x,label,prediction",
            &[("a,faulty,1", right), ("b,ok,0", right), ("a,faulty,0", wrong), ("b,ok,1", wrong)],
        )
    };
    let (code, text) = said(&words(30, 10), &[]);
    assert!(code == Some(0) && text.contains("accuracy is 0.75 over 80 rows"), "{text}");
    let (code, text) = said(&words(10, 30), &[]);
    assert!(code == Some(2) && text.contains("go together less often than by chance"), "{text}");
    let (code, text) = said(&words(10, 30), &["--positive", "faulty=1"]);
    assert!(code == Some(0) && text.contains("accuracy is 0.25"), "{text}");
}

#[test]
fn classes_are_compared_however_they_are_written() {
    for (label, prediction) in [
        (["1", "0"], ["1.0", "0.0"]),
        (["true", "false"], ["1", "0"]),
        (["Faulty", "OK"], ["faulty", "ok"]),
        (["anomaly", "normal"], ["true", "false"]),
        (["yes", "no"], ["yes", "no"]),
        (["1", "-1"], ["1", "0"]),
    ] {
        let row = |is: usize, said: usize| format!("7,{},{}", label[is], prediction[said]);
        let (a, b, c, d) = (row(0, 0), row(1, 1), row(0, 1), row(1, 0));
        let csv = table("x,label,prediction", &[(a.as_str(), 30), (b.as_str(), 50), (c.as_str(), 10), (d.as_str(), 5)]);
        let place = folder();
        fs::write(place.path().join("t.csv"), csv).expect("written");
        let found = rows_in(place.path(), &["slices", "t.csv"]);
        near(&found[0], "accuracy", Some(80.0 / 95.0));
        near(&found[0], "recall", Some(0.75));
        near(&found[0], "precision", Some(30.0 / 35.0));
        check_sql(place.path(), &["t.csv"], &found[0], &METRICS[..7]);
    }
}

#[test]
fn a_class_without_a_telling_name_is_told_by_its_scores() {
    let rows = [("a,cat,cat,0.2", 20), ("a,dog,dog,0.9", 15), ("a,cat,dog,0.7", 5), ("b,dog,cat,0.4", 3)];
    let csv = table("x,label,prediction,score", &rows);
    let (code, text) = said(&csv, &[]);
    assert!(
        code == Some(0) && text.contains("positive is label dog, prediction dog (its scores are the higher"),
        "{text}"
    );
    let (code, text) = said(&csv, &["--score", "x"]);
    assert!(code == Some(2) && text.contains("`x` is no number"), "{text}");
    let without = table("x,label,prediction", &[("a,cat,cat", 20), ("a,dog,dog", 15), ("a,cat,dog", 5)]);
    let (code, text) = said(&without, &[]);
    assert!(code == Some(0) && text.contains("which class is positive is not known"), "{text}");
    let (code, text) = said(&without, &["--metric", "recall"]);
    assert!(code == Some(2) && text.contains("--metric recall is of one class"), "{text}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let (code, text) = said("a,b\n1,2\n", &[]);
    assert!(code == Some(2) && text.contains("no table has a column called like a prediction or a score"), "{text}");
    let (code, text) = said("label,pred_a,pred_b\n1,1,0\n0,0,0\n", &[]);
    assert!(code == Some(2) && text.contains("several columns of `t` may be the prediction"), "{text}");
    assert!(text.contains("--prediction pred_a"), "{text}");
    let (code, text) = said("pred,x\n1,1\n0,0\n", &[]);
    assert!(code == Some(2) && text.contains("called like a label") && text.contains("--label COLUMN"), "{text}");
    let (code, text) = said("pred,x\n1,1\n0,0\n", &["--label", "y"]);
    assert!(code == Some(2) && text.contains("no column `y`"), "{text}");
    let (code, text) = said("label,pred\n,1\n,0\n", &[]);
    assert!(code == Some(2) && text.contains("no row has a label in `label`"), "{text}");
    let (code, text) = said("label,pred\n1,1\n0,0\n", &["--where", "pred = 7"]);
    assert!(code == Some(2) && text.contains("no row to be judged"), "{text}");
    let (code, text) = said("label,pred\n1,1\n0,0\n", &["--metric", "auc"]);
    assert!(code == Some(2) && text.contains("of a score, and there is none"), "{text}");
    let (code, text) = said("label,pred\n1,1\n0,0\n", &["--metric", "rmse"]);
    assert!(code == Some(0) && text.contains("rmse is 0 over 2 rows"), "{text}");
    let percent: String = (0..40).map(|at| format!("{},{at}\n", u8::from(at * 7 % 40 > 20))).collect();
    let percent = format!("label,score\n{percent}");
    let (code, text) = said(&percent, &[]);
    assert!(code == Some(0) && text.contains("scores are not between 0 and 1, so --threshold must say"), "{text}");
    let (code, text) = said(&percent, &["--metric", "accuracy"]);
    assert!(code == Some(2) && text.contains("--threshold X"), "{text}");
    let (code, text) = said(&percent, &["--threshold", "20", "--metric", "accuracy"]);
    assert!(code == Some(0) && text.contains("a score of 20 or more says so\n"), "{text}");
    let (code, text) = said("label,pred\n1,1\n0,0\n", &["--prediction", "pred", "--threshold", "1"]);
    assert!(code == Some(2) && text.contains("a prediction needs no threshold"), "{text}");
    let (code, text) = said("label,score\n1,0.3\n1,0.2\n", &[]);
    assert!(code == Some(2) && text.contains("2 of 2 rows are positive, so there is no auc"), "{text}");
    // Whether numbers are classes is said.
    let numbers = |most: usize| {
        let rows: String = (0..200).map(|at| format!("{},{}\n", at % most, (at + at / 150) % most)).collect();
        format!("label,pred\n{rows}")
    };
    let (code, text) = said(&numbers(50), &[]);
    assert!(
        code == Some(0) && text.contains("so errors are measured; --metric accuracy takes them as classes"),
        "{text}"
    );
    let (code, text) = said(&numbers(50), &["--metric", "accuracy"]);
    assert!(code == Some(0) && text.contains("accuracy is 0.75 over 200 rows"), "{text}");
    let (code, text) = said(&numbers(4), &[]);
    assert!(
        code == Some(0) && text.contains("4 classes: ") && text.contains("--metric mae takes them as numbers"),
        "{text}"
    );
    let many: String = (0..40).map(|at| format!("{},0.{at:02}\n", at % 2)).collect();
    let (code, text) = said(&format!("label,prediction\n{many}"), &[]);
    assert!(code == Some(2) && text.contains("--score prediction --threshold 0.5"), "{text}");
}

#[test]
fn what_the_worst_slice_differs_by_is_the_difference_of_what_is_said() {
    // Scores that are too high where x is b, and right a little less often there.
    let mut csv = String::from("x,label,prediction,score\n");
    for n in 0..600 {
        let (x, is_bad) = (["a", "b"][n % 2], n / 2 % 3 == 0);
        let is_said = is_bad != (n % 2 == 1 && n / 2 % 5 == 0);
        let score = if n % 2 == 1 { 0.75 } else { 0.3 } + (n / 2 % 7) as f64 / 50.0;
        csv += &format!("{x},{},{},{score:.3}\n", u8::from(is_bad), u8::from(is_said));
    }
    for (metric, name) in
        [("calibration", "calibration (the mean score less the share that is positive)"), ("error", "error")]
    {
        let (code, text) = said(&csv, &["--metric", metric, "--by", "x"]);
        assert_eq!(code, Some(0), "{text}");
        let line =
            text.lines().find(|line| line.contains("the worst slice is x = b")).unwrap_or_else(|| panic!("{text}"));
        let number = |before: &str| -> f64 {
            let rest = line.split(before).nth(1).unwrap_or_else(|| panic!("{before}: {line}"));
            let end = rest.find([' ', ')']).unwrap_or(rest.len());
            rest[..end].trim_end_matches('.').parse().unwrap_or_else(|_| panic!("{before}: {line}"))
        };
        let (all, worst, apart) = (number(&format!("{name} is ")), number(", with "), number(" (+"));
        assert!(apart > 0.01 && (worst - all - apart).abs() < 1.1e-4, "{line}");
    }
}

#[test]
fn several_labels_of_one_entity_are_not_said_to_be_none() {
    let place = folder();
    let mut predictions = String::from("serial,predicted\n");
    let mut labels = String::from("serial,label\n");
    for n in 0..100 {
        predictions += &format!("S{n},{}\n", n % 2);
        // Three have none, two have both, one has the same twice.
        let own: &[usize] = match n {
            0..3 => &[],
            3..5 => &[0, 1],
            5 => &[1, 1],
            _ => &[n % 2],
        };
        labels += &own.iter().map(|label| format!("S{n},{label}\n")).collect::<String>();
    }
    predictions += "S3,1\n";
    fs::write(place.path().join("p.csv"), predictions).expect("written");
    fs::write(place.path().join("labels.csv"), labels).expect("written");
    let output = run_in(place.path(), &["slices", "p.csv", "labels.csv"]);
    let text = String::from_utf8(output.stderr).expect("text");
    assert!(text.contains("of 101 rows 95 are judged, 3 without a label, 3 with several labels;"), "{text}");
}

/// A dump with predictions and labels, and with labels of the same name in another schema if there are `two`.
fn dump(two: bool) -> String {
    let mut text =
        "--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 16.1\n-- Dumped by pg_dump version \
                    16.1\n\nSET client_encoding = 'UTF8';\nCREATE SCHEMA old;\n"
            .to_string();
    let mut add = |name: &str, column: &str, rows: String| {
        text += &format!("CREATE TABLE {name} (\n    serial text,\n    {column} integer\n);\n");
        text += &format!("COPY {name} (serial, {column}) FROM stdin;\n{rows}\\.\n\n");
    };
    let is_bad = |n: usize| n.is_multiple_of(3);
    let predicted = |n: usize| usize::from(is_bad(n) != n.is_multiple_of(7));
    add("public.preds", "prediction", (0..600).map(|n| format!("SN{n:05}\t{}\n", predicted(n))).collect());
    // Every twentieth has no label, some have both.
    let labels = |n: usize| match (n % 20, n % 50) {
        (0, _) => vec![],
        (_, 1) => vec![0, 1],
        _ => vec![usize::from(is_bad(n))],
    };
    let row = |n: usize| labels(n).into_iter().map(|label| format!("SN{n:05}\t{label}\n")).collect::<String>();
    add("public.labels", "label", (0..600).map(row).collect());
    if two {
        add("old.labels", "label", "ZZ1\t1\nZZ2\t0\n".into());
    }
    text + "--\n-- PostgreSQL database dump complete\n--\n"
}

#[test]
fn a_table_of_labels_in_one_of_two_schemas_is_one_like_any_other() {
    let place = folder();
    fs::write(place.path().join("one.sql"), dump(false)).expect("written");
    fs::write(place.path().join("two.sql"), dump(true)).expect("written");
    let two = ["two.sql", "--table", "two.preds", "--label", "two.public.labels.label"];
    for arguments in [&["one.sql"][..], &two] {
        let output = run_in(place.path(), &[&["slices"], arguments, &["-f", "csv"]].concat());
        let (shown, text) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{text}");
        assert!(text.contains("of 600 rows 558 are judged, 30 without a label, 12 with several labels;"), "{text}");
        // What the label says is no slice.
        assert!(!shown.contains("label = 1 in any row"), "{shown}");
    }
}
