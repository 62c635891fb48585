//! `rca explain` against what was planted: the conjunction that makes rows bad, with its figures by brute force; nothing
//! where nothing was planted; the causes of the worked case.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, root, rows, rows_in, run, run_in};

/// Whole numbers that look random, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A row of the made evidence.
struct Made {
    line: String,
    lot: String,
    shift: String,
    is_bad: bool,
}

/// Rows that are bad by 3 in 100, and by 70 in 100 where `planted` says so.
fn made(seed: u64, count: usize, planted: impl Fn(&Made) -> bool) -> Vec<Made> {
    let mut dice = Dice(seed.wrapping_mul(7919) + 1);
    let one = |_| {
        let mut row = Made {
            line: format!("L{}", dice.below(5)),
            lot: format!("B{}", dice.below(8)),
            shift: ["day", "late", "night"][dice.below(3) as usize].into(),
            is_bad: false,
        };
        let odds = if planted(&row) { 70 } else { 3 };
        row.is_bad = dice.below(100) < odds;
        row
    };
    (0..count).map(one).collect()
}

/// Writes the rows in two tables: units, and what another system has of their lots.
fn written(place: &Path, rows: &[Made], seed: u64) {
    let mut dice = Dice(seed + 99);
    let (mut units, mut parts) = (String::from("serial,line,shift,load,outcome\n"), String::from("serial,lot,note\n"));
    for (at, row) in rows.iter().enumerate() {
        let outcome = if row.is_bad { "scrap" } else { "ok" };
        writeln!(units, "SN{at:06},{},{},{}.5,{outcome}", row.line, row.shift, dice.below(1000)).expect("text");
        writeln!(parts, "SN{at:06},{},n{}", row.lot, dice.below(100_000)).expect("text");
    }
    fs::write(place.join("units.csv"), units).expect("written");
    fs::write(place.join("parts.csv"), parts).expect("written");
}

const ASKED: [&str; 5] = ["explain", "units.csv", "parts.csv", "--bad", "outcome = 'scrap'"];

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().expect("a number")
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect("a text")
}

fn holds(row: &Made, explanation: &str) -> bool {
    explanation.split(" and ").all(|part| match part.split_once(" = ").expect("an equation") {
        ("line", value) => row.line == value,
        ("shift", value) => row.shift == value,
        ("parts.lot", value) => row.lot == value,
        other => panic!("{other:?} was not planted"),
    })
}

/// The figures of an explanation, counted one by one.
fn check(rows: &[Made], found: &Value) {
    let explanation = text(found, "explanation");
    let count = |covered: bool, bad: bool| {
        rows.iter().filter(|row| holds(row, explanation) == covered && row.is_bad == bad).count() as f64
    };
    let (a, b, c, d) = (count(true, true), count(true, false), count(false, true), count(false, false));
    assert_eq!((number(found, "bad"), number(found, "good")), (a, b), "{explanation}");
    let near = |key: &str, wanted: f64, by: f64| {
        assert!((number(found, key) - wanted).abs() <= by, "{key} of {explanation}: {wanted}, {found}");
    };
    near("support", a / (a + c), 6e-5);
    let ratio = (a / (a + b)) / (c / (c + d));
    near("risk_ratio", ratio, 6e-4);
    let error = (1.0 / a - 1.0 / (a + b) + 1.0 / c - 1.0 / (c + d)).sqrt();
    near("ci_low", (ratio.ln() - 1.959_963_985 * error).exp(), 6e-4);
    near("ci_high", (ratio.ln() + 1.959_963_985 * error).exp(), 6e-4);
    near("lift_removed", (a - (a + b) * c / (c + d)) / (a + c), 6e-5);
    assert!(number(found, "p_adjusted") <= 0.05 && number(found, "risk_ratio") >= 1.5);
}

fn explanations(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "explanation")).collect()
}

#[test]
fn a_planted_conjunction_is_found_with_the_figures_of_brute_force() {
    for seed in 1..=3 {
        let place = folder();
        let rows = made(seed, 3000, |row| row.line == "L2" && row.lot == "B5");
        written(place.path(), &rows, seed);
        let found = rows_in(place.path(), &ASKED);
        assert_eq!(explanations(&found), ["line = L2 and parts.lot = B5"], "seed {seed}");
        found.iter().for_each(|one| check(&rows, one));
        let shown = rows_in(place.path(), &["query", text(&found[0], "sql"), "units.csv", "parts.csv"]);
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&found[0]["bad"], &found[0]["good"]));
    }
}

#[test]
fn three_values_together_and_a_value_alone_are_told_apart() {
    let place = folder();
    let is_three = |row: &Made| row.line == "L1" && row.lot == "B0" && row.shift == "night";
    let rows = made(11, 6000, |row| is_three(row) || row.lot == "B7");
    written(place.path(), &rows, 11);
    let found = rows_in(place.path(), &ASKED);
    assert_eq!(explanations(&found), ["parts.lot = B7", "line = L1 and shift = night and parts.lot = B0"]);
    found.iter().for_each(|one| check(&rows, one));
    // No longer ones are given than asked for.
    let short = rows_in(place.path(), &[&ASKED[..], &["--order", "1"]].concat());
    assert!(explanations(&short).iter().all(|text| !text.contains(" and ")), "{short:?}");
    let by = rows_in(place.path(), &[&ASKED[..], &["--by", "shift,load"]].concat());
    assert!(explanations(&by).iter().all(|text| !text.contains("lot") && !text.contains("line")), "{by:?}");
}

#[test]
fn where_nothing_was_planted_nothing_is_told() {
    let mut told = 0;
    for seed in 1..=12 {
        let place = folder();
        written(place.path(), &made(seed, 400, |_| false), seed);
        told += usize::from(!rows_in(place.path(), &ASKED).is_empty());
    }
    assert!(told <= 1, "{told} of 12");
}

#[test]
fn the_answer_is_the_same_from_any_threads_and_order_of_sources() {
    let place = folder();
    written(place.path(), &made(5, 3000, |row| row.line == "L2" || row.lot == "B1"), 5);
    let answer = |first: &str, second: &str, threads: &str| {
        let output = run_in(
            place.path(),
            &["explain", first, second, "--bad", "outcome = 'scrap'", "--threads", threads, "-f", "ndjson"],
        );
        assert!(output.status.success(), "{output:?}");
        output.stdout
    };
    let one = answer("units.csv", "parts.csv", "1");
    assert!(
        !one.is_empty() && one == answer("units.csv", "parts.csv", "7") && one == answer("parts.csv", "units.csv", "3")
    );
}

const CASE: [&str; 6] =
    ["-C", "examples/laptop-anomaly", "--table", "predictions", "--where", "labels.label = 'faulty'"];

#[test]
fn the_causes_of_the_worked_case_come_first_and_alone() {
    let found = rows(&[&["explain", "--bad", "predicted = 0"], &CASE[..]].concat());
    let truth: toml::Table = fs::read_to_string(root().join("examples/laptop-anomaly/truth.toml"))
        .expect("the truth")
        .parse()
        .expect("TOML");
    let of_model = |key: &str| truth["model"][key].as_integer().expect("a count");
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(text(&found[0], "explanation"), "telemetry: sequence_gap");
    assert_eq!(found[0]["bad"].as_i64(), Some(of_model("missed_by_loss")));
    assert!(text(&found[1], "explanation").ends_with(": time_gap"), "{found:?}");
    assert_eq!(found[1]["bad"].as_i64(), Some(of_model("missed_by_silence")));
    for one in &found {
        let shown = rows(&["query", text(one, "sql"), "-C", "examples/laptop-anomaly"]);
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{}", text(one, "sql"));
    }
    let said =
        String::from_utf8(run(&[&["explain", "--bad", "predicted = 0"], &CASE[..]].concat()).stderr).expect("text");
    assert!(
        said.contains("20 of 111 rows are bad (18 %); the best explanation, telemetry: sequence_gap, covers 12"),
        "{said}"
    );
    assert!(said.contains("since they are what a model said: score"), "{said}");
}

#[test]
fn what_cannot_be_asked_is_said() {
    let place = folder();
    fs::write(place.path().join("a.csv"), "id,x\n1,2\n2,\n").expect("written");
    fs::write(place.path().join("b.csv"), "id,x\n1,2\n2,3\n").expect("written");
    let said = |arguments: &[&str]| {
        let output = run_in(place.path(), &[&["explain", "a.csv", "b.csv", "--bad"], arguments].concat());
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    let (code, text) = said(&["x > 2"]);
    assert!(code == Some(2) && text.contains("they are `a` or `b`") && text.contains("--table a"), "{text}");
    let (code, text) = said(&["nothing = 2"]);
    assert!(code == Some(2) && text.contains("no table has rows"), "{text}");
    let (code, text) = said(&["x > 2", "--table", "a"]);
    assert!(
        code == Some(0) && text.contains("of 1 rows --bad is null") && text.contains("None of 2 rows is bad"),
        "{text}"
    );
    let (code, _) = said(&["x > 2", "--table", "a", "--where", "x = 17"]);
    assert_eq!(code, Some(2));
}

/// Rows of numbers of every kind, of which those of one stretch are bad by 6 in 10.
fn numbers(seed: u64, column: &str) -> String {
    let mut dice = Dice(seed + 41);
    let mut dump = String::from(
        "-- PostgreSQL database dump\nCREATE TABLE public.units (id bigint, part integer, fine double precision, \
         wide numeric(20,0), few double precision, count integer, day date, flag boolean, outcome text);\n\
         COPY public.units (id, part, fine, wide, few, count, day, flag, outcome) FROM stdin;\n",
    );
    for at in 0..6000_u64 {
        let fine = format!("{}.{:017}", dice.below(7), dice.below(1 << 33) * 11_641_532);
        let wide = format!("19{:018}", dice.below(1 << 33) * 100_000_007);
        let (part, few) = (dice.below(100), ["0.5", "1.25", "-3e-7", "\\N"][dice.below(4) as usize]);
        let (count, day) = (dice.below(5000), 1 + dice.below(9));
        let is_in = match column {
            "fine" => fine.starts_with('6'),
            "wide" => wide.as_str() >= "19180000000000000000",
            "few" => few == "-3e-7",
            "count" => count >= 4500,
            "day" => day == 4,
            "null" => few == "\\N",
            _ => part == 17 || part == 18,
        };
        let outcome = if dice.below(100) < if is_in { 60 } else { 2 } { "scrap" } else { "ok" };
        let flag = dice.below(2) == 1;
        let flag = if flag { "t" } else { "f" };
        writeln!(dump, "{at}\t{part}\t{fine}\t{wide}\t{few}\t{count}\t2025-02-0{day}\t{flag}\t{outcome}")
            .expect("text");
    }
    dump + "\\.\n"
}

#[test]
fn numbers_of_every_kind_are_told_with_sql_that_shows_their_figures() {
    for (seed, column) in ["fine", "wide", "few", "count", "day", "null", "part"].into_iter().enumerate() {
        let place = folder();
        fs::write(place.path().join("mes.sql"), numbers(seed as u64, column)).expect("written");
        let asked = ["explain", "mes.sql", "--bad", "outcome = 'scrap'", "--min-support", "0.02"];
        let found = rows_in(place.path(), &asked);
        let wanted = if column == "null" { "few is null" } else { column };
        assert!(explanations(&found).iter().any(|one| one.contains(wanted)), "{column}: {found:?}");
        for one in &found {
            let shown = rows_in(place.path(), &["query", text(one, "sql"), "mes.sql"]);
            assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{column}: {one}");
        }
    }
}

#[test]
fn a_number_whose_first_values_are_few_is_read_again() {
    let place = folder();
    let mut csv = String::from("id,step,outcome\n");
    let mut dice = Dice(5);
    // Of the first 25,000 rows 5 steps, then 20,000 of them.
    for at in 0..45_000_u64 {
        let step = if at < 25_000 { at % 5 } else { at - 20_000 };
        let odds = if step >= 24_000 { 50 } else { 1 };
        writeln!(csv, "{at},{step},{}", if dice.below(100) < odds { "scrap" } else { "ok" }).expect("text");
    }
    fs::write(place.path().join("units.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["explain", "units.csv", "--bad", "outcome = 'scrap'"]);
    assert!(explanations(&found).iter().any(|one| one.contains("step")), "{found:?}");
    for one in &found {
        let shown = rows_in(place.path(), &["query", text(one, "sql"), "units.csv"]);
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{one}");
    }
}

#[test]
fn what_was_before_a_row_is_told_by_value_and_by_median() {
    let place = folder();
    let mut dice = Dice(3);
    let (mut failures, mut errors, mut readings) = (
        String::from("ts,machine_id,part\n"),
        String::from("ts,machine_id,code\n"),
        String::from("ts,machine_id,load\n"),
    );
    // A failure of the pump has E7 in the 6 hours before, others have E1 or E7 longer before; a belt runs hot.
    let (mut pumps, mut with_e7) = (0, [0, 0]);
    for at in 0..400_u64 {
        let (machine, hour) = (at % 40, 10 + at / 40 * 20);
        let part = ["pump", "belt", "gear", "gear"][dice.below(4) as usize];
        let stamp = |hour: u64| format!("2025-03-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24);
        writeln!(failures, "{},{machine},{part}", stamp(hour)).expect("text");
        let is_missed = dice.below(20) == 0;
        let (code, before) = match part {
            "pump" if !is_missed => ("E7", 1 + dice.below(6)),
            _ if dice.below(4) == 0 => ("E7", 7 + dice.below(3)),
            _ => ("E1", 1 + dice.below(6)),
        };
        writeln!(errors, "{},{machine},{code}", stamp(hour - before)).expect("text");
        // What stands at the time of the failure itself was not before it.
        writeln!(errors, "{},{machine},E7", stamp(hour)).expect("text");
        let load = if part == "belt" { 80 } else { 20 };
        for earlier in 1..=3 {
            writeln!(readings, "{},{machine},{}.{}", stamp(hour - earlier), load + dice.below(60), dice.below(1000))
                .expect("text");
        }
        pumps += usize::from(part == "pump");
        with_e7[usize::from(part == "pump")] += usize::from(code == "E7" && before <= 6);
    }
    for (name, text) in [("failures.csv", failures), ("errors.csv", errors), ("readings.csv", readings)] {
        fs::write(place.path().join(name), text).expect("written");
    }
    let asked = |part: &str, before: &str| {
        let bad = format!("part = '{part}'");
        let sources = ["failures.csv", "errors.csv", "readings.csv", "--table", "failures"];
        rows_in(place.path(), &[&["explain"], &sources[..], &["--bad", &bad, "--before", before]].concat())
    };
    let found = asked("pump", "6h");
    assert_eq!(explanations(&found), ["errors.code = E7 within 6h before"]);
    assert_eq!((number(&found[0], "bad"), number(&found[0], "good")), (with_e7[1] as f64, with_e7[0] as f64));
    assert!((number(&found[0], "support") - with_e7[1] as f64 / pumps as f64).abs() < 6e-5);
    let hot = asked("belt", "6h");
    assert!(text(&hot[0], "explanation").starts_with("median(readings.load) within 6h before"), "{hot:?}");
    for one in found.iter().chain(&hot) {
        let shown = rows_in(place.path(), &["query", text(one, "sql"), "failures.csv", "errors.csv", "readings.csv"]);
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{one}");
    }
}

/// Units of one to four parts, each of one of ten lots; those that have any part of lot L3 fail half of the time.
#[test]
fn what_any_of_several_rows_says_explains() {
    let mut dice = Dice(17);
    let (mut tests, mut parts) = (String::from("serial,station,result\n"), String::from("serial,part,lot\n"));
    let (mut bad, mut good) = (0, 0);
    for unit in 0..900 {
        let lots: Vec<u64> = (0..=dice.below(4)).map(|_| dice.below(10)).collect();
        let has_it = lots.contains(&3);
        let fails = dice.below(100) < if has_it { 50 } else { 5 };
        bad += u64::from(has_it && fails);
        good += u64::from(has_it && !fails);
        writeln!(tests, "SN{unit:04},ST{},{}", dice.below(3), if fails { "FAIL" } else { "PASS" }).expect("text");
        for (at, lot) in lots.iter().enumerate() {
            writeln!(parts, "SN{unit:04},P{at},L{lot}").expect("text");
        }
    }
    let place = folder();
    fs::write(place.path().join("tests.csv"), tests).expect("written");
    fs::write(place.path().join("parts.csv"), parts).expect("written");
    let found = rows_in(place.path(), &["explain", "--bad", "result = 'FAIL'", "tests.csv", "parts.csv"]);
    let best = &found[0];
    assert_eq!(best["explanation"], "parts.lot = L3 in any row", "{found:?}");
    assert_eq!((&best["bad"], &best["good"]), (&bad.into(), &good.into()));
    let again = rows_in(place.path(), &["query", best["sql"].as_str().expect("SQL"), "tests.csv", "parts.csv"]);
    assert_eq!((&again[0]["bad"], &again[0]["good"]), (&bad.into(), &good.into()));
}
