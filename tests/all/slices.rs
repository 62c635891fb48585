//! `rca slices` against what was planted: slices of one, two and three values in which a model is worse, with all their
//! figures by brute force; scores, numbers and several classes; labels in another table and in other words; what the
//! worked case has.

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

/// A unit, what it is and what the model says of it.
#[derive(Clone)]
struct Unit {
    line: u64,
    lot: u64,
    shift: u64,
    is_faulty: bool,
    is_said: bool,
    has_label: bool,
    has_prediction: bool,
    score: f64,
}

const SHIFTS: [&str; 3] = ["day", "late", "night"];

impl Unit {
    fn holds(&self, slice: &str) -> bool {
        slice == "(all rows)"
            || slice.split(" and ").all(|part| match part.split_once(" = ").expect("an equation") {
                ("line", value) => format!("L{}", self.line) == value,
                ("lot" | "labels.lot", value) => format!("B{}", self.lot) == value,
                ("shift", value) => SHIFTS[self.shift as usize] == value,
                other => panic!("{other:?} was not planted"),
            })
    }
}

/// Units of which one in five is faulty and the model is wrong of 4 in 100, or of `odds` in 100 where it is worse.
fn made(seed: u64, count: usize, odds: impl Fn(&Unit) -> u64) -> Vec<Unit> {
    let mut dice = Dice(seed.wrapping_mul(7919) + 1);
    let one = |_| {
        let mut unit = Unit {
            line: dice.below(5),
            lot: dice.below(8),
            shift: dice.below(3),
            is_faulty: dice.below(5) == 0,
            is_said: false,
            has_label: dice.below(50) > 0,
            has_prediction: dice.below(60) > 0,
            score: 0.0,
        };
        let is_wrong = dice.below(100) < odds(&unit);
        unit.is_said = unit.is_faulty != is_wrong;
        // Twenty values, so that many are equal.
        unit.score = (dice.below(10) + if unit.is_said { 10 } else { 0 }) as f64 / 20.0;
        unit
    };
    (0..count).map(one).collect()
}

/// Writes what the model says, and in another table the labels and lots.
fn written(place: &Path, units: &[Unit]) {
    let mut said = String::from("serial,line,shift,load,predicted,score\n");
    let mut labels = String::from("serial,lot,label\n");
    for (at, unit) in units.iter().enumerate() {
        let prediction = if unit.has_prediction { u8::from(unit.is_said).to_string() } else { String::new() };
        let shift = SHIFTS[unit.shift as usize];
        writeln!(said, "SN{at:06},L{},{shift},{}.5,{prediction},{}", unit.line, at * 7919 % 997, unit.score)
            .expect("text");
        let label = if unit.is_faulty { "faulty" } else { "ok" };
        writeln!(labels, "SN{at:06},B{},{}", unit.lot, if unit.has_label { label } else { "" }).expect("text");
    }
    fs::write(place.join("said.csv"), said).expect("written");
    fs::write(place.join("labels.csv"), labels).expect("written");
}

pub fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("no number {key} in {row}"))
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().expect("a text")
}

fn slices(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| text(row, "slice")).collect()
}

pub fn near(row: &Value, key: &str, wanted: Option<f64>) {
    let is = match (row[key].as_f64(), wanted.filter(|wanted| wanted.is_finite())) {
        (Some(is), Some(wanted)) => (is - wanted).abs() < 6e-5,
        (is, wanted) => is.is_none() && wanted.is_none(),
    };
    assert!(is, "{key} should be {wanted:?}: {row}");
}

fn judged(units: &[Unit]) -> Vec<&Unit> {
    units.iter().filter(|unit| unit.has_label && unit.has_prediction).collect()
}

/// The share of pairs in the right order, one by one.
fn area(units: &[&Unit]) -> f64 {
    let of = |is: bool| units.iter().filter(move |unit| unit.is_faulty == is).map(|unit| unit.score);
    let win = |a: f64, b: f64| {
        if a > b {
            1.0
        } else if a == b {
            0.5
        } else {
            0.0
        }
    };
    let sum: f64 = of(true).map(|a| of(false).map(|b| win(a, b)).sum::<f64>()).sum();
    sum / (of(true).count() * of(false).count()) as f64
}

/// The figures of a slice, counted one by one.
fn check(units: &[Unit], row: &Value) {
    let all = judged(units);
    let slice: Vec<&Unit> = all.iter().copied().filter(|unit| unit.holds(text(row, "slice"))).collect();
    let count = |faulty: bool, said: bool| {
        slice.iter().filter(|unit| unit.is_faulty == faulty && unit.is_said == said).count() as f64
    };
    let (tp, fp, miss, tn) = (count(true, true), count(false, true), count(true, false), count(false, false));
    let rows = slice.len() as f64;
    assert_eq!(number(row, "rows"), rows, "{row}");
    near(row, "share", Some(rows / all.len() as f64));
    near(row, "accuracy", Some((tp + tn) / rows));
    near(row, "precision", Some(tp / (tp + fp)));
    near(row, "recall", Some(tp / (tp + miss)));
    near(row, "f1", Some(2.0 * tp / (2.0 * tp + fp + miss)));
    near(row, "fpr", Some(fp / (fp + tn)));
    near(row, "fnr", Some(miss / (miss + tp)));
    near(row, "positive", Some((tp + miss) / rows));
    near(row, "auc", Some(area(&slice)));
    let square = |unit: &&Unit| (unit.score - f64::from(u8::from(unit.is_faulty))).powi(2);
    near(row, "brier", Some(slice.iter().map(square).sum::<f64>() / rows));
    let bin = |at: usize| {
        let inside = slice.iter().filter(|unit| ((unit.score * 10.0) as usize).min(9) == at);
        inside.map(|unit| unit.score - f64::from(u8::from(unit.is_faulty))).sum::<f64>().abs()
    };
    near(row, "calibration_error", Some((0..10).map(bin).sum::<f64>() / rows));
}

/// A slice's accuracy against that of all and of the others.
fn check_accuracy(units: &[Unit], row: &Value) {
    let all = judged(units);
    let right = |units: &[&Unit]| units.iter().filter(|unit| unit.is_faulty == unit.is_said).count() as f64;
    let (slice, rest): (Vec<&Unit>, Vec<&Unit>) = all.iter().partition(|unit| unit.holds(text(row, "slice")));
    let (n, m) = (slice.len() as f64, rest.len() as f64);
    let (p, q, whole) = (right(&slice) / n, right(&rest) / m, right(&all) / (n + m));
    near(row, "difference", Some(p - whole));
    let z = 1.959_963_985_f64;
    let wilson = |p: f64, n: f64| {
        let (middle, reach) = (p + z * z / 2.0 / n, z * (p * (1.0 - p) / n + z * z / 4.0 / n / n).sqrt());
        ((middle - reach) / (1.0 + z * z / n), (middle + reach) / (1.0 + z * z / n))
    };
    let ((l1, u1), (l2, u2)) = (wilson(p, n), wilson(q, m));
    let weight = m / (n + m);
    near(row, "ci_low", Some((p - q - ((p - l1).powi(2) + (u2 - q).powi(2)).sqrt()) * weight));
    near(row, "ci_high", Some((p - q + ((u1 - p).powi(2) + (q - l2).powi(2)).sqrt()) * weight));
    let beta = |k: f64, n: f64| ((k + 1.0) / (n + 2.0), (k + 1.0) * (n - k + 1.0) / ((n + 2.0).powi(2) * (n + 3.0)));
    let ((a, v), (b, w)) = (beta(n - right(&slice), n), beta(n + m - right(&all), n + m));
    assert!((number(row, "t") - (a - b).abs() / (v + w).sqrt()).abs() < 1e-3 * number(row, "t").max(1e-3), "{row}");
    let score = 0.95 * ((1.0 - p) / (1.0 - whole) - 1.0) - 0.05 * ((n + m) / n - 1.0);
    assert!((number(row, "sliceline") - score).abs() < 6e-4 * score.abs().max(1.0), "{row}: {score}");
}

/// The SQL of a row shows its figures.
pub fn check_sql(place: &Path, sources: &[&str], row: &Value, keys: &[&str]) {
    let shown = rows_in(place, &[&["query", text(row, "sql")], sources].concat());
    assert_eq!(shown.len(), 1);
    for key in keys {
        let by = 6e-5 * row[*key].as_f64().unwrap_or(0.0).abs().max(1.0);
        match (row[*key].as_f64(), shown[0][*key].as_f64()) {
            (Some(told), Some(shown)) => assert!((told - shown).abs() < by, "{key}: {told} {shown} {row}"),
            (told, shown) => assert_eq!(told, shown, "{key} {row}"),
        }
    }
}

const SOURCES: [&str; 2] = ["said.csv", "labels.csv"];
pub const METRICS: [&str; 9] = ["rows", "accuracy", "precision", "recall", "f1", "fpr", "fnr", "auc", "brier"];

#[test]
fn planted_slices_of_one_two_and_three_values_are_found_with_the_figures_of_brute_force() {
    for seed in 1..=2 {
        let place = folder();
        let odds = |unit: &Unit| match unit {
            Unit { lot: 7, .. } => 35,
            Unit { line: 2, lot: 5, .. } => 60,
            Unit { line: 1, lot: 0, shift: 2, .. } => 85,
            _ => 4,
        };
        let units = made(seed, 6000, odds);
        written(place.path(), &units);
        let found = rows_in(place.path(), &[&["slices", "--min-support", "0.005"], &SOURCES[..]].concat());
        let mut told = slices(&found);
        assert_eq!(told[0], "(all rows)");
        assert!(found.windows(2).skip(1).all(|two| number(&two[0], "sliceline") >= number(&two[1], "sliceline")));
        told.sort_unstable();
        let planted = [
            "(all rows)",
            "labels.lot = B7",
            "line = L1 and shift = night and labels.lot = B0",
            "line = L2 and labels.lot = B5",
        ];
        assert_eq!(told, planted, "seed {seed}");
        assert!(found[0]["difference"].is_null() && found[0]["p_adjusted"].is_null());
        for row in &found {
            check(&units, row);
            check_sql(place.path(), &SOURCES, row, &METRICS);
        }
        for row in &found[1..] {
            check_accuracy(&units, row);
            assert!(number(row, "p_adjusted") <= 0.05 && number(row, "ci_high") < 0.0, "{row}");
        }
    }
}

#[test]
fn all_slices_have_the_figures_of_brute_force() {
    let place = folder();
    let units = made(3, 900, |unit| if unit.line == 4 { 20 } else { 6 });
    written(place.path(), &units);
    let arguments = ["slices", "--all", "--order", "2", "--by", "line,lot,shift", "--min-support", "0.02"];
    let found = rows_in(place.path(), &[&arguments, &SOURCES[..]].concat());
    // 5 lines, 8 lots, 3 shifts, and all pairs of them with eighteen rows or more.
    let all = judged(&units);
    let least = (0.02 * all.len() as f64).ceil() as usize;
    let mut expected = 1;
    for (lines, lots, shifts) in [(5, 0, 0), (0, 8, 0), (0, 0, 3), (5, 8, 0), (5, 0, 3), (0, 8, 3)] {
        let of = |most: u64| if most == 0 { 0..1_u64 } else { 0..most };
        for (line, lot, shift) in of(lines).flat_map(|a| of(lots).flat_map(move |b| of(shifts).map(move |c| (a, b, c))))
        {
            let holds = |unit: &&&Unit| {
                (lines == 0 || unit.line == line)
                    && (lots == 0 || unit.lot == lot)
                    && (shifts == 0 || unit.shift == shift)
            };
            expected += usize::from(all.iter().filter(holds).count() >= least);
        }
    }
    assert_eq!(found.len(), expected);
    found.iter().for_each(|row| check(&units, row));
    found[1..].iter().for_each(|row| check_accuracy(&units, row));
}

#[test]
fn a_metric_is_of_its_own_rows() {
    let place = folder();
    let odds = |unit: &Unit| match unit {
        Unit { line: 3, is_faulty: true, .. } => 70,
        Unit { lot: 2, is_faulty: false, .. } => 45,
        _ => 3,
    };
    let units = made(8, 4000, odds);
    written(place.path(), &units);
    for (metric, slice) in [("recall", "line = L3"), ("fnr", "line = L3"), ("fpr", "labels.lot = B2")] {
        let found = rows_in(place.path(), &[&["slices", "--metric", metric], &SOURCES[..]].concat());
        assert_eq!(slices(&found), ["(all rows)", slice], "{metric}");
        let difference = number(&found[1], metric) - number(&found[0], metric);
        assert!((number(&found[1], "difference") - difference).abs() < 1.1e-4, "{metric} {found:?}");
        found.iter().for_each(|row| check(&units, row));
    }
    // What is missed lowers precision too, and what is said wrongly does most.
    let found = rows_in(place.path(), &[&["slices", "--metric", "precision"], &SOURCES[..]].concat());
    assert_eq!(slices(&found)[..3], ["(all rows)", "labels.lot = B2", "line = L3"]);
    let found = rows_in(place.path(), &[&["slices", "--metric", "f1"], &SOURCES[..]].concat());
    assert!(slices(&found).contains(&"line = L3") && slices(&found).contains(&"labels.lot = B2"), "{found:?}");
    for row in &found[1..] {
        let difference = number(row, "f1") - number(&found[0], "f1");
        assert!((number(row, "difference") - difference).abs() < 1.1e-4);
        assert!(number(row, "ci_low") < difference && difference < number(row, "ci_high"), "{row}");
    }
}

#[test]
fn scores_alone_are_judged_by_their_order_and_by_a_threshold() {
    let place = folder();
    let units = made(4, 3000, |unit| if unit.lot == 3 { 45 } else { 5 });
    let mut csv = String::from("line,lot,shift,truth,risk_score\n");
    for unit in &units {
        let (lot, shift) = (unit.lot, SHIFTS[unit.shift as usize]);
        writeln!(csv, "L{},B{lot},{shift},{},{}", unit.line, unit.is_faulty, unit.score).expect("text");
    }
    fs::write(place.path().join("scored.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["slices", "scored.csv"]);
    assert_eq!(slices(&found), ["(all rows)", "lot = B3"]);
    let units: Vec<Unit> =
        units.into_iter().map(|unit| Unit { has_label: true, has_prediction: true, ..unit }).collect();
    for row in &found {
        check(&units, row);
        check_sql(place.path(), &["scored.csv"], row, &METRICS);
        assert!(number(row, "auc_low") < number(row, "auc") && number(row, "auc") < number(row, "auc_high"));
    }
    let difference = number(&found[1], "auc") - number(&found[0], "auc");
    assert!((number(&found[1], "difference") - difference).abs() < 1.1e-4);
    let said: Vec<Unit> = units.into_iter().map(|unit| Unit { is_said: unit.score >= 0.8, ..unit }).collect();
    let found = rows_in(place.path(), &["slices", "scored.csv", "--threshold", "0.8", "--metric", "accuracy"]);
    found.iter().for_each(|row| check(&said, row));
    let notes = String::from_utf8(run_in(place.path(), &["slices", "scored.csv"]).stderr).expect("text");
    assert!(notes.contains("a score of 0.5 or more says so, since --threshold is not given"), "{notes}");
}

#[test]
fn errors_of_numbers_are_compared_by_welchs_test() {
    let place = folder();
    let mut dice = Dice(77);
    let mut csv = String::from("site,kind,y_true,y_pred\n");
    let mut made: Vec<(u64, f64, f64)> = Vec::new();
    for at in 0..2000 {
        let (site, kind) = (dice.below(6), dice.below(3));
        let actual = dice.below(10_000) as f64 / 100.0;
        let noise = (dice.below(2001) as f64 - 1000.0) / 1000.0 * if site == 4 { 9.0 } else { 3.0 };
        let said = actual + noise + if site == 2 { 2.5 } else { 0.0 };
        // Some are not known, and some are none.
        match at % 100 {
            17 => writeln!(csv, "S{site},K{kind},,{said}"),
            34 => writeln!(csv, "S{site},K{kind},{actual},"),
            _ => {
                made.push((site, actual, said));
                writeln!(csv, "S{site},K{kind},{actual},{said}")
            }
        }
        .expect("text");
    }
    fs::write(place.path().join("forecasts.csv"), csv).expect("written");
    let errors = |site: Option<u64>, is: bool| -> Vec<f64> {
        made.iter().filter(|one| site.is_none_or(|site| (one.0 == site) == is)).map(|one| one.2 - one.1).collect()
    };
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let absolute = |values: Vec<f64>| values.into_iter().map(f64::abs).collect::<Vec<_>>();
    for (metric, site) in [("mae", 4), ("rmse", 4), ("bias", 2)] {
        let found = rows_in(place.path(), &["slices", "forecasts.csv", "--metric", metric, "--order", "1"]);
        assert!(slices(&found)[..2] == ["(all rows)", format!("site = S{site}").as_str()], "{metric} {found:?}");
        for row in &found {
            let own = text(row, "slice").strip_prefix("site = S").map(|site| site.parse().expect("a site"));
            let own = errors(own, true);
            assert_eq!(number(row, "rows"), own.len() as f64);
            let close = |key: &str, wanted: f64| {
                assert!((number(row, key) - wanted).abs() < 1e-5 * wanted.abs().max(0.1), "{key} {wanted} {row}");
            };
            close("mae", mean(&absolute(own.clone())));
            close("rmse", mean(&own.iter().map(|error| error * error).collect::<Vec<_>>()).sqrt());
            close("bias", mean(&own));
            assert!(row["accuracy"].is_null() && row["recall"].is_null());
            check_sql(place.path(), &["forecasts.csv"], row, &["rows", "mae", "rmse", "bias"]);
        }
    }
    // The mean absolute error is what is asked of numbers without a word.
    let found = rows_in(place.path(), &["slices", "forecasts.csv", "--order", "1"]);
    let (own, all) = (absolute(errors(Some(4), true)), absolute(errors(None, true)));
    let variance = |values: &[f64]| {
        let middle = mean(values);
        values.iter().map(|value| (value - middle).powi(2)).sum::<f64>() / (values.len() - 1) as f64
    };
    let t = (mean(&own) - mean(&all)).abs()
        / (variance(&own) / own.len() as f64 + variance(&all) / all.len() as f64).sqrt();
    assert!((number(&found[1], "t") - t).abs() < 1e-3 * t, "{t} {found:?}");
    assert!((number(&found[1], "difference") - (mean(&own) - mean(&all))).abs() < 1e-4);
    let middle = (number(&found[1], "ci_low") + number(&found[1], "ci_high")) / 2.0;
    assert!((middle - number(&found[1], "difference")).abs() < 1e-3 && number(&found[1], "ci_low") > 0.0);
}

#[test]
fn of_several_classes_accuracy_is_over_all_and_others_are_of_the_one_told() {
    let place = folder();
    let mut dice = Dice(5);
    let names = ["cat", "dog", "owl"];
    let mut csv = String::from("camera,label,prediction\n");
    let mut made: Vec<(u64, usize, usize)> = Vec::new();
    for _ in 0..2000 {
        let (camera, is) = (dice.below(4), dice.below(3) as usize);
        let odds = if camera == 1 { 50 } else { 5 };
        let said = if dice.below(100) < odds { (is + 1) % 3 } else { is };
        made.push((camera, is, said));
        writeln!(csv, "C{camera},{},{}", names[is], names[said]).expect("text");
    }
    fs::write(place.path().join("seen.csv"), csv).expect("written");
    let count = |camera: Option<u64>, fits: &dyn Fn(usize, usize) -> bool| {
        made.iter().filter(|one| camera.is_none_or(|camera| one.0 == camera) && fits(one.1, one.2)).count() as f64
    };
    let found = rows_in(place.path(), &["slices", "seen.csv"]);
    assert_eq!(slices(&found), ["(all rows)", "camera = C1"]);
    let dogs = rows_in(place.path(), &["slices", "seen.csv", "--positive", "dog"]);
    for (at, camera) in [None, Some(1)].into_iter().enumerate() {
        let accuracy = count(camera, &|is, said| is == said) / count(camera, &|_, _| true);
        near(&found[at], "accuracy", Some(accuracy));
        assert!(found[at]["recall"].is_null() && found[at]["precision"].is_null());
        near(&dogs[at], "accuracy", Some(accuracy));
        let both = count(camera, &|is, said| is == 1 && said == 1);
        near(&dogs[at], "recall", Some(both / count(camera, &|is, _| is == 1)));
        near(&dogs[at], "precision", Some(both / count(camera, &|_, said| said == 1)));
        check_sql(place.path(), &["seen.csv"], &dogs[at], &METRICS[..7]);
    }
}

#[test]
fn where_nothing_was_planted_nothing_is_told() {
    let mut told = 0;
    for seed in 1..=8 {
        let place = folder();
        written(place.path(), &made(seed, 600, |_| 8));
        told += rows_in(place.path(), &[&["slices"], &SOURCES[..]].concat()).len() - 1;
    }
    assert!(told <= 1, "{told} slices of 8 times nothing");
}

#[test]
fn the_answer_is_the_same_from_any_threads_and_order_of_sources() {
    let place = folder();
    written(place.path(), &made(6, 5000, |unit| if unit.line == 2 || unit.lot == 1 { 30 } else { 4 }));
    let mut csv = String::from("site,y_true,y_pred\n");
    let mut dice = Dice(9);
    for _ in 0..5000 {
        let (site, actual) = (dice.below(9), dice.below(1_000_000) as f64 / 7.0);
        writeln!(
            csv,
            "S{site},{actual},{}",
            actual * (1.0 + dice.below(100) as f64 / if site == 3 { 300.0 } else { 999.0 })
        )
        .expect("text");
    }
    fs::write(place.path().join("forecasts.csv"), csv).expect("written");
    let answer = |arguments: &[&str], threads: &str| {
        let output = run_in(place.path(), &[arguments, &["--threads", threads, "-f", "ndjson"]].concat());
        assert!(output.status.success(), "{output:?}");
        assert!(output.stdout.iter().filter(|byte| **byte == b'\n').count() > 1);
        output.stdout
    };
    for metric in ["accuracy", "auc", "brier"] {
        let one = answer(&["slices", "--metric", metric, "said.csv", "labels.csv"], "1");
        assert!(one == answer(&["slices", "--metric", metric, "said.csv", "labels.csv"], "4"), "{metric}");
        assert!(one == answer(&["slices", "--metric", metric, "labels.csv", "said.csv"], "3"), "{metric}");
    }
    assert!(answer(&["slices", "forecasts.csv"], "1") == answer(&["slices", "forecasts.csv"], "4"));
}

#[test]
fn a_range_of_several_tenths_is_one_slice_however_many_blocks_its_rows_lie_in() {
    let place = folder();
    let mut dice = Dice(21);
    let mut csv = String::from("load,speed,label,prediction,score\n");
    let mut made: Vec<(u64, bool)> = Vec::new();
    for _ in 0..40_000 {
        let (load, is_faulty) = (dice.below(5000), dice.below(3) == 0);
        let is_right = dice.below(100) >= if load >= 3500 { 30 } else { 5 };
        let score = (dice.below(50) + if is_right == is_faulty { 50 } else { 0 }) as f64 / 100.0;
        made.push((load, is_right));
        writeln!(csv, "{load},{}.5,{},{},{score}", dice.below(40), is_faulty, is_right == is_faulty).expect("text");
    }
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let answer = |metric: &str, threads: &str| {
        run_in(place.path(), &["slices", "t.csv", "--metric", metric, "--threads", threads, "-f", "ndjson"]).stdout
    };
    for metric in ["accuracy", "auc", "brier"] {
        assert!(answer(metric, "1") == answer(metric, "4"), "{metric}");
    }
    let found = rows_in(place.path(), &["slices", "t.csv", "--metric", "accuracy"]);
    let bound = slices(&found).get(1).and_then(|slice| slice.strip_prefix("load >= ")).expect("a bound").to_string();
    let bound: u64 = bound.parse().expect("a number");
    assert!(found.len() == 2 && (3400..3600).contains(&bound), "{found:?}");
    let inside: Vec<bool> = made.iter().filter(|one| one.0 >= bound).map(|one| one.1).collect();
    assert_eq!(number(&found[1], "rows"), inside.len() as f64);
    near(&found[1], "accuracy", Some(inside.iter().filter(|is_right| **is_right).count() as f64 / inside.len() as f64));
    for row in &found {
        check_sql(place.path(), &["t.csv"], row, &METRICS);
    }
}

const CASE: [&str; 2] = ["-C", "examples/laptop-anomaly"];

#[test]
fn the_model_of_the_worked_case_misses_faults_where_its_data_was_lost() {
    let found = rows(&[&["slices", "--metric", "recall"], &CASE[..]].concat());
    let truth: toml::Table = fs::read_to_string(root().join("examples/laptop-anomaly/truth.toml"))
        .expect("the truth")
        .parse()
        .expect("TOML");
    let model = |key: &str| truth["model"][key].as_float().expect("a share");
    near(&found[0], "recall", Some(model("recall")));
    assert_eq!(found.len(), 3, "{found:?}");
    assert_eq!(text(&found[1], "slice"), "telemetry: sequence_gap");
    assert!(text(&found[2], "slice").ends_with(": time_gap"), "{found:?}");
    for row in &found {
        check_sql(&root(), &CASE, row, &METRICS);
    }
    // Without both the model finds what it does elsewhere.
    let missed = |row: &Value| number(row, "rows") * number(row, "positive") * number(row, "fnr");
    let lost: f64 = found[1..].iter().map(missed).sum();
    let counted = |key: &str| truth["model"][key].as_integer().expect("a count") as f64;
    assert_eq!(lost.round(), counted("missed_by_loss") + counted("missed_by_silence"));
    let output = run(&[&["slices", "--metric", "recall"], &CASE[..]].concat());
    let said = String::from_utf8(output.stderr).expect("text");
    for part in [
        "label is labels.label, prediction is predicted, score is score",
        "positive is label faulty, prediction 1",
        "of 1,154 rows 1,132 are judged, 22 without a label; 111 are positive (9.8 %)",
        "labels are missing more often than elsewhere (1.9 % of all) where",
        "code E999: catch_all (20 of 20, 100 %)",
        "recall is 0.8198 over 111 positive rows; the worst slice is telemetry: sequence_gap, with 0 (-0.8198).",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
}

#[test]
fn people_read_the_contracts_fields_and_that_of_the_metric() {
    let place = folder();
    written(place.path(), &made(2, 500, |_| 10));
    let head = |arguments: &[&str]| {
        let output = run_in(place.path(), &[&["slices"], arguments, &SOURCES[..]].concat());
        let text = String::from_utf8(output.stdout).expect("text");
        text.lines().find(|line| line.contains("share")).expect("a head").replace(['|', ' '], ",").replace(",,,", ",")
    };
    let contract = "slice,rows,share,accuracy,precision,recall,f1,fpr,fnr,difference,ci_low,ci_high,p_adjusted,sql";
    let behind = "sliceline,t,positive,auc,auc_low,auc_high,mean_score,brier,calibration_error";
    assert_eq!(head(&["-f", "csv"]), format!("{contract},{behind}"));
    assert_eq!(head(&["-f", "markdown"]).trim_matches(','), contract);
    assert_eq!(head(&["-f", "markdown", "--metric", "auc"]).trim_matches(','), format!("{contract},auc"));
}
