//! `rca compare` against what was planted: each kind of change with its exact figures, nothing else, nothing where nothing
//! changed, one row for one cause, and SQL that shows every row's figures.

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

    fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }

    /// Nearly normal, with a mean of 0 and a deviation of 1.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.unit()).sum::<f64>() - 6.0
    }
}

fn text<'a>(row: &'a Value, key: &str) -> &'a str {
    row[key].as_str().unwrap_or_default()
}

fn number(row: &Value, key: &str) -> f64 {
    row[key].as_f64().unwrap_or_else(|| panic!("{key} of {row}"))
}

/// `what column=value change` of each row.
fn told(rows: &[Value]) -> Vec<String> {
    let one = |row: &Value| {
        let of: Vec<&str> =
            ["column_name", "value"].iter().map(|key| text(row, key)).filter(|text| !text.is_empty()).collect();
        format!("{} {} {}", text(row, "what"), of.join("="), text(row, "change"))
    };
    rows.iter().map(one).collect()
}

fn notes(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, arguments).stderr).expect("UTF-8")
}

fn stamp(second: u64) -> String {
    format!("2025-03-{:02}T{:02}:{:02}:{:02}Z", 1 + second / 86_400, second / 3_600 % 24, second / 60 % 60, second % 60)
}

/// A row of the made evidence, as it is before anything happens.
#[derive(Clone)]
struct Made {
    second: u64,
    station: String,
    version: String,
    result: String,
    temp: f64,
    duration: u64,
    pressure: Option<u64>,
}

const HEAD: &str = "ts,station,version,result,temp,duration_ms,pressure\n";

/// Three rows a minute for ten hours, of which the last two are the incident.
fn made(seed: u64) -> Vec<Made> {
    let mut dice = Dice(seed.wrapping_mul(7_919) + 3);
    let one = |at: u64| Made {
        second: at * 4,
        station: format!("ST{}", 1 + dice.below(5)),
        version: ["1.0", "1.1"][dice.below(2) as usize].into(),
        result: if dice.below(20) == 0 { "FAIL" } else { "PASS" }.into(),
        temp: (40.0 + 2.0 * dice.normal()).mul_add(100.0, 0.0).round() / 100.0,
        duration: 100 + dice.below(50),
        pressure: (dice.below(50) > 0).then(|| 900 + dice.below(200)),
    };
    (0..9_000).map(one).collect()
}

fn written(place: &Path, name: &str, rows: &[Made]) {
    let mut csv = String::from(HEAD);
    for row in rows {
        let pressure = row.pressure.map(|pressure| pressure.to_string()).unwrap_or_default();
        let Made { second, station, version, result, temp, duration, .. } = row;
        writeln!(csv, "{},{station},{version},{result},{temp},{duration},{pressure}", stamp(*second)).expect("text");
    }
    fs::write(place.join(name), csv).expect("written");
}

/// The incident begins here, in seconds.
const INCIDENT: u64 = 8 * 3_600;
const ASKED: [&str; 4] = ["compare", "--incident", "2025-03-01T08:00..2025-03-01T10:00", "made.csv"];

/// What is told of rows that `planted` changed in the incident; figures are checked by their SQL.
fn of(seed: u64, planted: impl FnMut(&mut Made, &mut Dice) -> bool) -> (tempfile::TempDir, Vec<Value>) {
    let mut planted = planted;
    let place = folder();
    let mut dice = Dice(seed + 17);
    let mut rows = made(seed);
    rows.retain_mut(|row| row.second < INCIDENT || planted(row, &mut dice));
    written(place.path(), "made.csv", &rows);
    let found = rows_in(place.path(), &ASKED);
    shows(place.path(), &found, &["made.csv"]);
    (place, found)
}

/// The SQL of each row shows its figures.
fn shows(place: &Path, found: &[Value], sources: &[&str]) {
    for row in found {
        let shown = rows_in(place, &[&["query", text(row, "sql")], sources].concat());
        for key in ["baseline", "incident"] {
            assert_eq!(shown[0][key].as_f64(), row[key].as_f64(), "{key} of {row}");
        }
    }
}

#[test]
fn nothing_is_told_where_nothing_changed() {
    for seed in 1..=8 {
        let (_place, found) = of(seed, |_, _| true);
        assert_eq!(told(&found), [] as [&str; 0], "seed {seed}");
    }
}

#[test]
fn a_station_that_stopped_is_told_by_its_volume_and_once() {
    let (place, found) = of(1, |row, _| row.station != "ST4");
    assert_eq!(told(&found), ["volume station=ST4 gone"]);
    let rows = made(1);
    let before: Vec<&Made> = rows.iter().filter(|row| row.second < INCIDENT && row.station == "ST4").collect();
    assert!((number(&found[0], "baseline") - before.len() as f64 / 8.0).abs() < 1e-3, "{}", found[0]);
    assert_eq!(text(&found[0], "since"), stamp(before.last().expect("rows").second));
    assert!(text(&found[0], "also").contains("volume x0.8"), "{}", found[0]);
    assert!(notes(place.path(), &ASKED).contains("1 thing changed, most of all station = ST4 gone in made"));
}

#[test]
fn a_new_value_is_told_since_its_first_row() {
    let (place, found) = of(2, |row, dice| {
        if row.second >= INCIDENT + 1_800 && dice.below(8) == 0 {
            row.version = "2.0".into();
        }
        true
    });
    assert_eq!(told(&found), ["category version=2.0 new"]);
    let csv = fs::read_to_string(place.path().join("made.csv")).expect("read");
    let first = csv.lines().find(|line| line.contains(",2.0,")).expect("a row").split(',').next();
    assert_eq!(Some(text(&found[0], "since")), first);
    let all = csv.lines().skip(1).filter(|line| line[11..13] >= *"08").count() as f64;
    let new = csv.lines().filter(|line| line.contains(",2.0,")).count() as f64;
    assert!((number(&found[0], "incident") - new / all).abs() < 1e-6);
}

#[test]
fn failures_that_rise_are_told_and_their_passes_are_not() {
    let (_place, found) = of(3, |row, dice| {
        if row.second >= INCIDENT + 600 && dice.below(6) == 0 {
            row.result = "FAIL".into();
        }
        true
    });
    let found_told = told(&found);
    assert_eq!(found_told.len(), 1, "{found_told:?}");
    assert!(found_told[0].starts_with("category result=FAIL x"), "{found_told:?}");
    // The moment, to a few minutes.
    let since = text(&found[0], "since");
    assert!(("2025-03-01T08:05".."2025-03-01T08:20").contains(&since), "{since}");
}

#[test]
fn a_shifted_distribution_is_told_by_its_median() {
    let (_place, found) = of(4, |row, _| {
        row.temp = (row.temp * 100.0 + 150.0).round() / 100.0;
        true
    });
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    assert_eq!(
        (text(&found[0], "what"), text(&found[0], "column_name"), text(&found[0], "value")),
        ("distribution", "temp", "p50")
    );
    let median = |is: fn(&Made) -> bool, by: f64| {
        let mut all: Vec<f64> =
            made(4).iter().filter(|row| is(row)).map(|row| (row.temp * 100.0 + by).round() / 100.0).collect();
        all.sort_by(f64::total_cmp);
        all[all.len().div_ceil(2) - 1]
    };
    assert!((number(&found[0], "baseline") - median(|row| row.second < INCIDENT, 0.0)).abs() < 1e-9);
    assert!((number(&found[0], "incident") - median(|row| row.second >= INCIDENT, 150.0)).abs() < 1e-9);
    // The distance of Kolmogorov and Smirnov of two normal distributions 0.75 deviations apart is 0.292.
    let distance: f64 = text(&found[0], "change").trim_start_matches("KS ").parse().expect("a number");
    assert!((0.26..0.33).contains(&distance), "{distance}");
}

#[test]
fn slow_answers_are_told_by_the_quantile_that_grew_most() {
    let (_place, found) = of(5, |row, dice| {
        if dice.below(12) == 0 {
            row.duration *= 20;
        }
        true
    });
    let found_told = told(&found);
    assert_eq!(found.len(), 1, "{found_told:?}");
    assert!(found_told[0].starts_with("latency duration_ms=p9"), "{found_told:?}");
    assert!(number(&found[0], "incident") > 10.0 * number(&found[0], "baseline"));
}

#[test]
fn nulls_that_rise_are_told_in_points() {
    let (_place, found) = of(6, |row, dice| {
        if dice.below(5) == 0 {
            row.pressure = None;
        }
        true
    });
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    assert_eq!((text(&found[0], "what"), text(&found[0], "column_name")), ("null_share", "pressure"));
    assert!((number(&found[0], "incident") - number(&found[0], "baseline") - 0.2).abs() < 0.03);
    let (_place, found) = of(7, |row, _| {
        row.pressure = None;
        true
    });
    assert_eq!(told(&found), ["column pressure gone"]);
}

#[test]
fn what_others_explain_is_named_with_them() {
    // A new version that fails, and is slow and warm on one station.
    let (_place, found) = of(8, |row, dice| {
        if dice.below(6) == 0 {
            row.version = "2.0".into();
            row.result = "FAIL".into();
            row.pressure = None;
        }
        true
    });
    assert_eq!(found.len(), 1, "{:?}", told(&found));
    assert_eq!(text(&found[0], "what"), "category");
    let also = text(&found[0], "also");
    let all = format!("{} {also}", told(&found)[0]);
    for consequence in ["version", "result", "pressure"] {
        assert!(all.contains(consequence), "{all}");
    }
}

#[test]
fn readings_that_depend_on_those_before_are_not_taken_for_independent() {
    // A sensor that drifts: each reading is near the last one, and over a day it goes up and down.
    let mut wrong = 0;
    for seed in 1..=12 {
        let mut dice = Dice(seed * 31);
        let place = folder();
        let mut csv = String::from("ts,temp,load\n");
        let (mut drift, mut load) = (0.0, 0.0);
        for minute in 0..4_320_u64 {
            drift = 0.98 * drift + 0.2 * dice.normal();
            load = 0.9 * load + dice.normal();
            let day = (minute as f64 / 1_440.0 * std::f64::consts::TAU).sin();
            writeln!(csv, "{},{:.3},{:.3}", stamp(minute * 60), 30.0 + 3.0 * day + drift, load).expect("text");
        }
        fs::write(place.path().join("drift.csv"), csv).expect("written");
        // A whole day against two; an hour against all before it.
        for incident in ["2025-03-03..2025-03-04", "2025-03-03T12:00..2025-03-03T13:00"] {
            wrong += usize::from(!rows_in(place.path(), &["compare", "--incident", incident, "drift.csv"]).is_empty());
        }
    }
    assert!(wrong <= 2, "{wrong} of 24 comparisons tell of a change");
}

#[test]
fn codes_have_the_figures_of_errors_and_templates_those_of_templates() {
    let place = folder();
    let mut log = String::new();
    let mut dice = Dice(5);
    for second in (0..36_000_u64).step_by(5) {
        let at = stamp(second).replace('T', " ").replace('Z', ",000");
        let is_late = second >= 28_800;
        let line = match dice.below(40) {
            0 => "ERROR [a] app.Db - query failed, SQLSTATE 57014".to_string(),
            1 | 2 if is_late => "ERROR [a] app.Net - connect: ECONNREFUSED".to_string(),
            3 | 4 if is_late => format!("INFO [a] app.Cache - evicted {} entries at once", dice.below(900)),
            _ => format!("INFO [a] app.Web - served request {} in time", dice.below(9_000)),
        };
        writeln!(log, "{at} {line}").expect("text");
    }
    fs::write(place.path().join("app.log"), log).expect("written");
    let asked = [
        "compare",
        "--baseline",
        "2025-03-01..2025-03-01T08:00",
        "--incident",
        "2025-03-01T08:00..2025-03-01T10:00",
        "app.log",
    ];
    let found = rows_in(place.path(), &asked);
    shows(place.path(), &found, &["app.log"]);
    let errors = rows_in(
        place.path(),
        &[
            "errors",
            "--baseline",
            "2025-03-01..2025-03-01T08:00",
            "--from",
            "2025-03-01T08:00",
            "--to",
            "2025-03-01T10:00",
            "app.log",
        ],
    );
    let code = found.iter().find(|row| text(row, "what") == "code").unwrap_or_else(|| panic!("{:?}", told(&found)));
    let same = errors.iter().find(|row| row["code"] == code["value"]).expect("the code");
    assert_eq!((&code["value"], &code["change"]), (&"ECONNREFUSED".into(), &"new".into()));
    assert_eq!((&code["since"], &code["p_adjusted"]), (&same["since"], &same["p_adjusted"]));
    assert_eq!(
        (number(code, "baseline"), number(code, "incident")),
        (number(same, "baseline_count"), number(same, "count"))
    );
    let template = found.iter().find(|row| text(row, "value").contains("evicted")).expect("the template");
    let templates =
        rows_in(place.path(), &["templates", "--from", "2025-03-01T08:00", "--to", "2025-03-01T10:00", "app.log"]);
    let same = templates.iter().find(|row| row["template"] == template["value"]).expect("the template");
    assert!(same["count"].as_f64().is_some_and(|count| count > 50.0));
    let wanted = match text(template, "what") {
        "volume" => number(same, "count") / 2.0,
        _ => number(same, "share"),
    };
    assert!((number(template, "incident") - wanted).abs() < 1e-4, "{template} {same}");
    assert!(found.len() <= 3, "{:?}", told(&found));
}

#[test]
fn two_sources_are_compared_by_their_tables_and_columns() {
    let place = folder();
    for (name, sql) in [
        (
            "old",
            "CREATE TABLE units (id INTEGER, kind TEXT, weight REAL, note TEXT); CREATE TABLE gone (a INTEGER); INSERT INTO gone VALUES (1);",
        ),
        ("new", "CREATE TABLE units (id INTEGER, kind TEXT, weight TEXT, size REAL); CREATE TABLE fresh (a INTEGER);"),
    ] {
        let mut script = sql.to_string();
        for id in 0..600 {
            let kind = if name == "new" && id % 4 == 0 { "C" } else { ["A", "B"][id % 2] };
            let (third, fourth) = if name == "new" { (format!("'{id} g'"), "1.5") } else { (format!("{id}.5"), "'x'") };
            write!(script, "INSERT INTO units VALUES ({id}, '{kind}', {third}, {fourth});").expect("text");
        }
        fs::write(place.path().join(format!("{name}.sql")), script).expect("written");
    }
    for asked in
        [&["compare", "old=old.sql", "today=new.sql"][..], &["compare", "--against", "old=old.sql", "today=new.sql"]]
    {
        let found = rows_in(place.path(), asked);
        let mut all: Vec<String> = found
            .iter()
            .map(|row| format!("{} {}", text(row, "table_name"), told(std::slice::from_ref(row))[0]))
            .collect();
        all.sort();
        assert_eq!(
            all,
            [
                "old.gone table  gone",
                "today.fresh table  new",
                "today.units category kind=A x0.50",
                "today.units category kind=C new",
                "today.units column note gone",
                "today.units column size new",
                "today.units column weight DOUBLE to VARCHAR",
            ]
        );
        shows(place.path(), &found, &["old=old.sql", "today=new.sql"]);
        let kind = found.iter().find(|row| text(row, "value") == "C").expect("the value");
        assert_eq!((number(kind, "baseline"), number(kind, "incident")), (0.0, 0.25));
    }
}

#[test]
fn two_directories_laid_out_alike_are_compared_table_by_table() {
    let place = folder();
    for (side, seed) in [("monday", 11), ("tuesday", 12)] {
        fs::create_dir(place.path().join(side)).expect("made");
        let mut rows = made(seed);
        if side == "tuesday" {
            rows.retain(|row| row.station != "ST2");
        }
        written(&place.path().join(side), "tests.csv", &rows);
        fs::write(place.path().join(side).join("lots.csv"), "lot,size\nL1,5\nL2,6\n").expect("written");
    }
    let found = rows_in(place.path(), &["compare", "monday", "tuesday"]);
    assert_eq!(told(&found), ["volume station=ST2 gone"]);
    assert_eq!((text(&found[0], "table_name"), number(&found[0], "incident")), ("tests", 0.0));
    fs::write(place.path().join("tuesday/rca.toml"), "[sources.tests]\npath = \"tests.csv\"\ntime = \"ts\"\n")
        .expect("written");
    assert_eq!(
        told(&rows_in(place.path(), &["compare", "-C", "tuesday", "--against", "monday"])),
        ["volume station=ST2 gone"]
    );
}

#[test]
fn the_same_bytes_from_any_number_of_threads() {
    let answer = |threads: &str| {
        let asked = [
            "compare",
            "--incident",
            "2025-03-01T13:10..2025-03-01T14:05",
            "-C",
            "examples/laptop-anomaly",
            "-f",
            "ndjson",
        ];
        run(&[&asked[..], &["--threads", threads]].concat()).stdout
    };
    let one = answer("1");
    assert!(!one.is_empty() && one == answer("4"));
}

#[test]
fn the_gateways_loss_of_the_worked_case_is_what_changed() {
    let case = root().join("examples/laptop-anomaly");
    let found = rows(&["compare", "--incident", "2025-03-01T13:10..2025-03-01T14:05", "-C", "examples/laptop-anomaly"]);
    // The gateway's forwarder speaks for the first time, and telemetry has fewer rows than before.
    assert_eq!(
        (text(&found[0], "what"), text(&found[0], "table_name"), text(&found[0], "change")),
        ("volume", "gateway", "new")
    );
    assert!(text(&found[0], "also").contains("packets waiting for GW-B"), "{}", found[0]);
    let telemetry = found.iter().find(|row| text(row, "table_name") == "telemetry").expect("telemetry");
    assert_eq!(text(telemetry, "what"), "volume");
    // The planted loss begins between 05:09:48 and 05:12:06.
    assert!(("2025-03-01T05:09:30".."2025-03-01T05:12:30").contains(&text(telemetry, "since")), "{telemetry}");
    shows(&case, &found, &[]);
}

#[test]
fn what_cannot_be_compared_is_said() {
    let place = folder();
    written(place.path(), "made.csv", &made(1));
    for (arguments, said) in [
        (&["compare", "made.csv"][..], "nothing says what to compare"),
        (&["compare", "made.csv", "--incident", "2025-02-01..2025-02-02"], "there is no evidence before the incident"),
        (&["compare", "made.csv", "--incident", "2025-04-01..2025-04-02"], "the incident holds no evidence"),
        (&["compare", "made.csv", "--baseline", "2025-01-01..2025-01-02"], "the baseline holds no evidence"),
        (
            &["compare", "made.csv", "--baseline", "auto", "--incident", "2025-03-01T08:00.."],
            "finds the incident by itself",
        ),
        (
            &["compare", "made.csv", "--against", "made.csv", "--from", "2025-03-01"],
            "two sources are compared as they are",
        ),
    ] {
        let output = run_in(place.path(), arguments);
        let told = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(said), "{arguments:?}: {told}");
    }
}

#[test]
fn what_one_side_alone_has_in_a_burst_is_said_and_not_judged() {
    let place = folder();
    let write = |name: &str, burst: bool| {
        let mut csv = String::from("ts,state\n");
        for at in 0..960 {
            let (hour, minute) = (at / 40, at % 40);
            let state = if burst && hour == 13 && minute < 15 { "stuck" } else { "moving" };
            writeln!(csv, "2025-03-01T{hour:02}:{minute:02}:00Z,{state}").expect("text");
        }
        fs::write(place.path().join(name), csv).expect("written");
    };
    write("old.csv", false);
    write("new.csv", true);
    let output = run_in(place.path(), &["compare", "old.csv", "new.csv", "-f", "json"]);
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("on one side only, but in bursts that may be chance"), "{said}");
    assert!(said.contains("state = stuck (0 and 15 rows)"), "{said}");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "[]", "{said}");
}
