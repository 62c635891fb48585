//! What other tables say of what rows are about: by any key that both have, it explains bad rows and values that are not
//! there; what rows lack in a table is not explained by that table. And words, versions and dates that are more than they
//! look like.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

fn write(place: &Path, name: &str, csv: &str) {
    fs::write(place.join(name), csv).expect("written");
}

/// How it ended, and what is said on standard error.
fn asked(place: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = run_in(place, &[arguments, &["-f", "csv"]].concat());
    (output.status.code(), String::from_utf8(output.stderr).expect("UTF-8"))
}

fn texts(rows: &[Value], field: &str) -> Vec<String> {
    rows.iter().map(|row| row[field].as_str().expect("a text").to_string()).collect()
}

/// Whole numbers that look random.
fn dice(at: u64, below: u64) -> u64 {
    let mut z = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33) % below
}

/// `2025-03-…Z`, a minute each.
fn stamp(minute: u64) -> String {
    format!("2025-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60)
}

/// Readings of 30 meters a quarter of an hour each, of which those of one maker are at times no number; and what is
/// known of the meters, whose column is called `key` there.
fn meters(place: &Path, name: &str, key: &str, none: &str) {
    let mut readings = format!("ts,{name},power\n");
    for at in 0..200 {
        for meter in 0..30 {
            let is_lost = meter % 3 == 1 && dice(at * 30 + meter, 12) == 0;
            let power = if is_lost { none.to_string() } else { format!("{}.25", 10 + dice(at * 31 + meter, 900)) };
            writeln!(readings, "{},DE{:05},{power}", stamp(at * 15), 100 + meter * 7).expect("text");
        }
    }
    write(place, "readings.csv", &readings);
    let mut meters = format!("{key},maker,grid\n");
    for meter in 0..30 {
        let (maker, grid) = (["Elster", "Itron", "Kamstrup"][meter % 3], ["north", "south"][meter / 7 % 2]);
        writeln!(meters, "DE{:05},{maker},{grid}", 100 + meter * 7).expect("text");
    }
    write(place, "meters.csv", &meters);
}

#[test]
fn any_key_that_two_tables_have_joins_them_and_bare_names_do_too() {
    for (name, key) in [("meter_id", "meter_id"), ("meter", "meter_id"), ("meterId", "meter_no"), ("meter", "meter")] {
        let place = folder();
        meters(place.path(), name, key, "-999");
        let sources = ["readings.csv", "meters.csv"];
        let found = rows_in(
            place.path(),
            &[&["explain", "--table", "readings", "--bad", "power = -999"], &sources[..]].concat(),
        );
        assert_eq!(texts(&found, "explanation"), ["meters.maker = Itron"], "{name}, {key}");
        let shown = rows_in(place.path(), &[&["query", found[0]["sql"].as_str().expect("SQL")], &sources[..]].concat());
        assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&found[0]["bad"], &found[0]["good"]));
    }
}

#[test]
fn tables_with_the_same_ids_under_other_names_are_told_with_what_joins_them() {
    let place = folder();
    meters(place.path(), "point", "serving", "-999");
    let sources = ["readings.csv", "meters.csv"];
    let asked_for = ["explain", "--table", "readings", "--bad", "power = -999"];
    let ask = |more: &[&'static str]| [&asked_for[..], &sources, more].concat();
    let (code, said) = asked(place.path(), &ask(&[]));
    let wanted = "meters is not joined: 30 of 30 values of readings.point are in meters.serving; \
                  --set 'entities.thing=[\"readings.point\",\"meters.serving\"]' joins it";
    assert!(code == Some(0) && said.contains(wanted), "{said}");
    const SET: &str = "entities.thing=[\"readings.point\",\"meters.serving\"]";
    let found = rows_in(place.path(), &ask(&["--set", SET]));
    assert_eq!(texts(&found, "explanation"), ["meters.maker = Itron"]);
    let (code, said) = asked(place.path(), &ask(&["--where", "meters.grid = 'north'"]));
    assert!(code == Some(2) && said.contains("`meters` is not joined to `readings`, whose rows are judged"), "{said}");
    assert!(said.contains(&format!("join them: --set '{SET}'")), "{said}");
}

#[test]
fn nulls_and_sentinels_are_told_by_what_another_table_says_of_them() {
    for (name, key, none) in [
        ("meter_id", "meter_id", "-999"),
        ("meter_id", "meter_id", ""),
        ("meter", "meter_id", "-999"),
        ("meter", "meter", "-999"),
    ] {
        let place = folder();
        meters(place.path(), name, key, none);
        let ask = ["missing", "--kind", "null_rate", "readings.csv"];
        let found = rows_in(place.path(), &[&ask[..], &["meters.csv"]].concat());
        let detail = &texts(&found, "detail")[0];
        assert!(
            detail.contains("; depends on meters.maker=Itron: ") && detail.contains("there, 0.0 % elsewhere"),
            "{detail}"
        );
        let alone = &texts(&rows_in(place.path(), &ask), "detail")[0];
        assert!(name == "meter" || !alone.contains("there is no other column"), "{alone}");
    }
}

#[test]
fn from_when_on_values_are_not_there_is_told_to_the_row() {
    let place = folder();
    let mut csv = String::from("ts,wind,wind_ms,other\n");
    for at in 0..4000 {
        let (old, new) = if at < 2877 { ("5.5", "") } else { ("", "6.5") };
        writeln!(csv, "{},{old},{new},{}", stamp(at), dice(at, 50)).expect("text");
    }
    write(place.path(), "t.csv", &csv);
    let found = rows_in(place.path(), &["missing", "t.csv", "--kind", "null_rate"]);
    let mut details = texts(&found, "detail");
    details.sort_unstable();
    let renamed = |other: &str, told: &str| format!("null exactly where `{other}` is not: renamed?; {told}");
    let mut expected = [
        renamed("wind_ms", "from 2025-03-02T23:57:00Z on in 100.0 % of the rows, before in none"),
        renamed("wind", "up to 2025-03-02T23:56:00Z in 100.0 % of the rows, after in none"),
    ];
    expected.sort_unstable();
    assert_eq!(details, expected);
}

/// Orders of which results lack those of one ward on two days, and reports what results lack and more; some have two
/// results.
fn orders(place: &Path) {
    let (mut orders, mut results, mut reports) = (
        "sample_id,ordered_at,ward,priority,memo\n".to_string(),
        "sample_id,measured_at,test,value\n".to_string(),
        "sampleId,released\n".to_string(),
    );
    for at in 0..3000_u64 {
        let ward = ["A", "B", "C"][dice(at, 3) as usize];
        let memo = "x".repeat(if dice(at + 9, 20) == 0 { 120 + dice(at, 50) } else { 5 + dice(at, 60) } as usize);
        writeln!(orders, "S{at:05},{},{ward},{},{memo}{at}", stamp(at * 3), dice(at + 5, 4)).expect("text");
        let day = at * 3 / 1440;
        if ward == "B" && day == 2 || memo.len() >= 120 {
            continue;
        }
        for test in ["GLU", "NA"].iter().take(1 + usize::from(at % 2 == 0)) {
            writeln!(results, "S{at:05},{},{test},{}", stamp(at * 3 + 7), dice(at, 90)).expect("text");
        }
        if dice(at + 33, 40) > 0 {
            writeln!(reports, "S{at:05},{}", stamp(at * 3 + 30)).expect("text");
        }
    }
    write(place, "orders.csv", &orders);
    write(place, "results.csv", &results);
    write(place, "reports.csv", &reports);
}

#[test]
fn what_a_table_lacks_is_explained_by_others() {
    let place = folder();
    orders(place.path());
    let sources = ["orders.csv", "results.csv", "reports.csv"];
    for bad in ["results.sample_id is null", "results.test is null", "sample_id not in (select sample_id from results)"]
    {
        let ask = [&["explain", "--table", "orders", "--bad", bad], &sources[..]].concat();
        let found = rows_in(place.path(), &ask);
        let told = texts(&found, "explanation");
        assert!(told.iter().any(|told| told.starts_with("length(memo) >= ")), "{bad}: {told:?}");
        assert!(told.iter().any(|told| told.contains("ward = B") && told.contains("2025-03-03")), "{bad}: {told:?}");
        assert!(!told.iter().any(|told| told.contains("results") || told.contains("reports")), "{bad}: {told:?}");
        let (_, said) = asked(place.path(), &ask);
        for part in [
            "left out, since --bad asks for what is lacking there: `results`",
            "left out, since what is lacking in `results` never came to it: `reports`",
            "`results: absent_key`",
        ] {
            assert!(said.contains(part), "{bad}: {part}: {said}");
        }
        for one in &found {
            let shown = rows_in(place.path(), &[&["query", one["sql"].as_str().expect("SQL")], &sources[..]].concat());
            assert_eq!((&shown[0]["bad"], &shown[0]["good"]), (&one["bad"], &one["good"]), "{one}");
        }
    }
}

#[test]
fn a_word_among_codes_may_be_one_of_them() {
    for (values, is_code) in
        [(["GLU", "CREA", "K", "NA", "CL"], true), (["north", "south", "east", "NA", "west"], false)]
    {
        let place = folder();
        let mut csv = String::from("sample,test,value\n");
        (0..1000_u64).for_each(|at| {
            writeln!(csv, "s{at},{},{}", values[(at % 5) as usize], dice(at, 500)).expect("text");
        });
        write(place.path(), "t.csv", &csv);
        let found = rows_in(place.path(), &["missing", "t.csv", "--kind", "null_rate"]);
        let detail = &texts(&found, "detail")[0];
        let wanted = match is_code {
            true => "the value 'NA' may stand for none, or be a code as the 4 others of its column are",
            false => "the value 'NA' stands for none",
        };
        assert!(detail.starts_with(wanted), "{detail}");
    }
    // What has nothing else either is none.
    let place = folder();
    let mut csv = String::from("sample,test,value\n");
    (0..1000_u64).for_each(|at| {
        let (test, value) = if at % 5 == 3 { ("NA", String::new()) } else { ("GLU", dice(at, 500).to_string()) };
        writeln!(csv, "s{at},{},{value}", if at % 5 == 1 { "K" } else { test }).expect("text");
    });
    write(place.path(), "t.csv", &csv);
    let found = rows_in(place.path(), &["missing", "t.csv", "--kind", "null_rate"]);
    assert!(
        texts(&found, "detail").iter().any(|detail| detail.starts_with("the value 'NA' stands for none")),
        "{found:?}"
    );
}

#[test]
fn a_version_that_reads_as_a_number_tells_failures_apart() {
    let place = folder();
    let mut csv = String::from("ts,software,value,error_code,message\n");
    for at in 0..400_u64 {
        let (version, message) = match at % 10 {
            0 => ("2.9", "lamp intensity below the threshold"),
            5 => ("3.0", "sample carousel jammed at position"),
            _ => (if at % 2 == 0 { "2.9" } else { "3.0" }, ""),
        };
        let code = if message.is_empty() { "" } else { "E12" };
        writeln!(csv, "{},{version},{}.5,{code},{message}", stamp(at), dice(at, 300)).expect("text");
    }
    write(place.path(), "t.csv", &csv);
    let types = rows_in(place.path(), &["schema", "t.csv"]);
    assert_eq!(types[1]["type"], "DOUBLE");
    let found = rows_in(place.path(), &["errors", "--audit", "t.csv"]);
    let detail = &texts(&found, "detail")[0];
    assert!(detail.contains("told apart by software (80 of 80)"), "{detail}");
}

#[test]
fn a_command_that_is_proposed_finds_its_rows() {
    for (code, is_told) in [("signal 11", false), ("404", true)] {
        let place = folder();
        let (column, quiet) = if is_told { ("http_status", "200") } else { ("code", "") };
        let mut csv = format!("ts,level,{column},message\n");
        for at in 0..60 {
            let (level, code) = if at % 3 == 0 { ("ERROR", code) } else { ("INFO", quiet) };
            writeln!(csv, "{},{level},{code},worker {at} said something", stamp(at)).expect("text");
        }
        write(place.path(), "t.csv", &csv);
        let (_, said) = asked(place.path(), &["errors", "t.csv"]);
        let proposed =
            said.split_once("--where \"").and_then(|(_, rest)| rest.split_once('"')).map(|(where_, _)| where_);
        assert_eq!(proposed.is_some(), is_told, "{code}: {said}");
        if let Some(proposed) = proposed {
            let found = rows_in(place.path(), &["errors", "t.csv", "--where", proposed]);
            assert_eq!(found[0]["count"], 20, "{proposed}");
        }
    }
}

#[test]
fn a_table_without_a_time_is_told_with_the_column_that_may_be_one() {
    let place = folder();
    let (mut orders, mut payments) = ("order_id,placed\n".to_string(), "order_id,paid_ms,cents\n".to_string());
    for at in 0..300_u64 {
        writeln!(orders, "{},{}", 100_000 + at, stamp(at)).expect("text");
        let millis = 1_740_787_200_000 + at * 60_000 + 4_321;
        writeln!(payments, "{},{millis},{}", 100_000 + at, 100 + dice(at, 9000)).expect("text");
    }
    write(place.path(), "orders.csv", &orders);
    write(place.path(), "payments.csv", &payments);
    let sources = ["orders.csv", "payments.csv"];
    let wanted = "payments: paid_ms may be its time, in milliseconds since 1970: --set sources.payments.time=paid_ms takes it for that";
    let (_, said) = asked(place.path(), &[&["missing"], &sources[..]].concat());
    assert!(said.contains(wanted), "{said}");
    let (code, said) = asked(place.path(), &[&["trace"], &sources[..]].concat());
    assert!(code == Some(2) && said.contains("payments: it has no time") && said.contains(wanted), "{said}");
    let set = ["--set", "sources.payments.time=paid_ms"];
    let stages = rows_in(place.path(), &[&["trace"], &sources[..], &set].concat());
    assert_eq!(texts(&stages, "table_name"), ["orders", "payments"]);
}

#[test]
fn the_day_comes_first_in_dates_with_dots() {
    for (date, kind, first) in [
        ("02.04.2025 06:00:32", "TIMESTAMP", "2025-04-02T06:00:32Z"),
        ("02/04/2025 06:00:32", "VARCHAR", "02/04/2025 06:00:32"),
    ] {
        let place = folder();
        write(place.path(), "t.csv", &format!("started,n\n{date},1\n{},2\n", date.replacen("02", "03", 1)));
        let columns = rows_in(place.path(), &["schema", "t.csv"]);
        assert_eq!((columns[0]["type"].as_str(), columns[0]["min"].as_str()), (Some(kind), Some(first)), "{date}");
    }
}

#[test]
fn keys_are_compared_under_a_name_that_does_not_say_that_they_are() {
    let place = folder();
    let (mut builds, mut artifacts) = ("build_id,branch\n".to_string(), "build,size\n".to_string());
    for at in 0..400_u64 {
        writeln!(builds, "b{at:04},main").expect("text");
        if at % 9 > 0 {
            writeln!(artifacts, "b{at:04},{}", 1000 + dice(at, 9000)).expect("text");
        }
    }
    write(place.path(), "builds.csv", &builds);
    write(place.path(), "artifacts.csv", &artifacts);
    let found = rows_in(place.path(), &["missing", "builds.csv", "artifacts.csv", "--kind", "absent_key"]);
    let told: Vec<_> = found.iter().map(|row| (row["table_name"].as_str(), row["missing"].as_i64())).collect();
    assert_eq!(told, [(Some("artifacts"), Some(45))]);
}
