//! The worked case against what was planted in it: `truth.toml`, which its generator wrote from its own plan.

use serde_json::Value;

use crate::rca::{root, rows, rows_in};

/// The case kept here, or one that `generate.py --seed N --out DIR` made: `RCA_CASE=DIR cargo test case`.
fn case() -> String {
    std::env::var("RCA_CASE").unwrap_or_else(|_| "examples/laptop-anomaly".into())
}

fn truth() -> toml::Table {
    std::fs::read_to_string(root().join(case()).join("truth.toml")).expect("the truth").parse().expect("TOML")
}

fn ask(arguments: &[&str]) -> Vec<Value> {
    rows(&[arguments, &["-C", &case()]].concat())
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or_else(|| panic!("{value} is a count"))
}

#[test]
fn every_row_of_every_table_is_counted() {
    let sources = ask(&["sources"]);
    for (table, expected) in truth()["rows"].as_table().expect("rows") {
        let (source, short) = table.split_once('.').unwrap_or((table, table));
        let row = sources.iter().find(|row| row["source"] == source && row["table_name"] == short);
        let row = row.unwrap_or_else(|| panic!("{table} is listed"));
        assert_eq!(Some(number(&row["rows"])), expected.as_integer(), "{table}");
        assert_eq!(row["unread"], 0, "{table}");
    }
}

#[test]
fn the_silent_sensor_is_found_and_nothing_else_is_silent() {
    let silent = &truth()["silent"];
    let gaps: Vec<Value> =
        ask(&["missing", "--kind", "time_gap"]).into_iter().filter(|row| row["source"] == "telemetry").collect();
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    let series = format!(
        "station={} sensor={}",
        silent["station"].as_str().expect("text"),
        silent["sensor"].as_str().expect("text")
    );
    assert_eq!(gaps[0]["series"], series.as_str());
    assert_eq!(Some(number(&gaps[0]["missing"])), silent["missing"].as_integer());
    assert_eq!(gaps[0]["since"].as_str(), silent["since"].as_str());
    assert_eq!(gaps[0]["until"].as_str(), silent["until"].as_str());
}

#[test]
fn the_lost_packets_are_counted_per_series() {
    let found = ask(&["missing", "--kind", "sequence_gap"]);
    let truth = truth();
    let lost = truth["lost"].as_array().expect("lost");
    assert_eq!(found.len(), lost.len());
    for expected in lost {
        let text = |key: &str| expected[key].as_str().expect("text");
        let series = format!("station={} sensor={}", text("station"), text("sensor"));
        let row =
            found.iter().find(|row| row["series"] == series.as_str()).unwrap_or_else(|| panic!("{series} is found"));
        assert_eq!(Some(number(&row["missing"])), expected["missing"].as_integer(), "{series}");
        assert_eq!(row["since"], text("since"), "{series}");
        assert_eq!(row["until"], text("until"), "{series}");
        let holes = format!("{} holes", expected["gaps"].as_integer().expect("a count"));
        assert!(row["detail"].as_str().is_some_and(|detail| detail.starts_with(&holes)), "{row}");
    }
}

#[test]
fn the_absent_materials_are_these_serials() {
    let found = ask(&["missing", "--kind", "absent_key"]);
    let of = |table: &str| {
        found.iter().find(|row| row["table_name"] == table).unwrap_or_else(|| panic!("{table} lacks keys"))
    };
    let truth = truth();
    assert_eq!(Some(number(&of("materials")["missing"])), truth["materials"]["absent"].as_integer());
    assert_eq!(Some(number(&of("labels")["missing"])), truth["unlabelled"]["units"].as_integer());
    let keys = ask(&["query", of("materials")["sql"].as_str().expect("SQL")]);
    let serials: Vec<&str> = keys.iter().filter_map(|row| row["key"].as_str()).collect();
    let expected: Vec<&str> = truth["materials"]["serials"]
        .as_array()
        .expect("serials")
        .iter()
        .filter_map(|serial| serial.as_str())
        .collect();
    assert_eq!(serials, expected);
}

#[test]
fn the_sql_of_every_finding_shows_its_number() {
    for finding in ask(&["missing"]) {
        let shown = ask(&["query", finding["sql"].as_str().expect("SQL")]);
        let number = |value: &Value| value.as_f64().expect("a number") as i64;
        let counted = match shown.first() {
            Some(row) if row.get("missing").is_some() => shown.iter().map(|row| number(&row["missing"])).sum(),
            _ => i64::try_from(shown.len()).expect("a count"),
        };
        assert_eq!(counted, number(&finding["missing"]), "{finding}");
    }
}

#[test]
fn codes_are_counted_where_they_stand() {
    let errors = ask(&["errors", "--code", "station.tests.error_code"]);
    for (code, count) in truth()["codes"].as_table().expect("codes") {
        let row = errors.iter().find(|row| row["code"] == code.as_str()).unwrap_or_else(|| panic!("{code} is listed"));
        assert_eq!(Some(number(&row["count"])), count.as_integer(), "{code}");
    }
}

#[test]
fn the_audit_names_what_was_planted_and_no_other_fault() {
    let truth = truth();
    let faults = ask(&["errors", "--audit"]);
    let of = |fault: &str| faults.iter().filter(|row| row["fault"] == fault).collect::<Vec<_>>();
    let [catch_all] = of("catch_all")[..] else { panic!("one catch-all: {faults:?}") };
    assert_eq!(catch_all["code"].as_str(), truth["catch_all"]["code"].as_str());
    assert_eq!(Some(number(&catch_all["count"])), truth["catch_all"]["failures"].as_integer());
    assert_eq!(Some(number(&catch_all["templates"])), truth["catch_all"]["templates"].as_integer());
    let inside = ask(&["query", catch_all["sql"].as_str().expect("SQL")]);
    let mut planted: Vec<i64> = truth["catch_all"]["by_template"]
        .as_table()
        .expect("templates")
        .values()
        .filter_map(toml::Value::as_integer)
        .collect();
    planted.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(inside.iter().map(|row| number(&row["count"])).collect::<Vec<_>>(), planted);
    for (code, units) in truth["unlabelled"]["by_code"].as_table().expect("codes") {
        let row = of("unlabelled")
            .into_iter()
            .find(|row| row["code"] == code.as_str())
            .unwrap_or_else(|| panic!("{code} is unlabelled"));
        assert_eq!(Some(number(&row["count"])), units.as_integer(), "{code}");
        assert_eq!(ask(&["query", row["sql"].as_str().expect("SQL")]).len() as i64, number(&row["count"]));
    }
    let unclassified = of("unclassified")
        .into_iter()
        .find(|row| row["detail"].as_str().is_some_and(|text| text.contains("station.tests")));
    assert_eq!(unclassified.map(|row| number(&row["count"])), truth["unclassified"]["failures"].as_integer());
    let codes = |fault: &str| {
        of(fault).into_iter().filter_map(|row| row["code"].as_str()).map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(codes("undocumented"), [truth["undocumented"]["code"].as_str().expect("a code")]);
    let never: Vec<String> = truth["never_seen"]["codes"]
        .as_array()
        .expect("codes")
        .iter()
        .filter_map(|code| code.as_str())
        .map(String::from)
        .collect();
    assert_eq!(codes("never_seen"), never);
    assert!(of("synonym").is_empty() && of("overloaded").is_empty(), "{faults:?}");
}

#[test]
fn a_units_timeline_is_whole_and_in_order() {
    for expected in truth()["timeline"].as_array().expect("timelines") {
        let serial = expected["serial"].as_str().expect("a serial");
        let shown = ask(&["timeline", "--entity", serial]);
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_string();
        let events: Vec<String> = shown
            .iter()
            .map(|row| [text(row, "ts"), text(row, "source"), text(row, "table_name"), text(row, "origin")].join(" | "))
            .collect();
        // The truth writes milliseconds always, the program where there are some.
        let planted: Vec<String> = expected["events"]
            .as_array()
            .expect("events")
            .iter()
            .filter_map(|event| Some(event.as_str()?.replace(".000Z", "Z")))
            .collect();
        assert_eq!(events, planted, "{serial}");
        assert!(shown.iter().all(|row| row["entity"] == serial));
    }
}

#[test]
fn the_recall_that_was_lost_is_explained_by_what_was_found() {
    let model = &truth()["model"];
    let sql = "select count(*) faulty, count(*) filter (predicted = 1) caught from mes.labels join predictions using (serial) where label = 'faulty'";
    let row = &ask(&["query", sql])[0];
    assert_eq!(Some(number(&row["faulty"])), model["faulty"].as_integer());
    assert_eq!(Some(number(&row["caught"])), model["caught"].as_integer());
}

#[test]
fn the_same_bytes_from_any_number_of_threads() {
    let commands: [&[&str]; 5] =
        [&["sources"], &["missing"], &["errors"], &["errors", "--audit"], &["timeline", "--collapse"]];
    for command in commands {
        let answer = |threads: &str| rows(&[command, &["-C", &case(), "--threads", threads]].concat());
        assert_eq!(answer("1"), answer("7"), "{command:?}");
    }
}

#[test]
fn without_a_case_file_the_data_say_the_same() {
    let folder = root().join(case());
    let sources = ["telemetry/*.csv", "station.db", "mes.sql"];
    let found =
        rows_in(&folder, &[&["missing", "--kind", "time_gap,sequence_gap,absent_key"][..], &sources[..]].concat());
    let sum = |kind: &str, source: &str| {
        found
            .iter()
            .filter(|row| row["kind"] == kind && row["source"] == source)
            .map(|row| number(&row["missing"]))
            .sum::<i64>()
    };
    let truth = truth();
    assert_eq!(Some(sum("time_gap", "telemetry")), truth["silent"]["missing"].as_integer());
    assert_eq!(Some(sum("sequence_gap", "telemetry")), truth["lost_total"]["packets"].as_integer());
    assert_eq!(
        found.iter().filter(|row| row["table_name"] == "materials").map(|row| number(&row["missing"])).max(),
        truth["materials"]["absent"].as_integer()
    );
}
