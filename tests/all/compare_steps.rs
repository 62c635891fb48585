//! Steps that `rca compare` tells and when they were: in one of several series of a column, at the edge of the windows and
//! within the incident, and of which machine's rows they are.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

/// The minute of the step: 2025-03-04T07:20.
const STEP: u64 = 3 * 1440 + 440;

fn stamp(minute: u64, second: u64) -> String {
    format!("2025-03-{:02}T{:02}:{:02}:{second:02}Z", 1 + minute / 1440, minute / 60 % 24, minute % 60)
}

fn dice(at: u64, below: u64) -> u64 {
    let mut z = at.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    ((z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33) % below
}

/// Six days of a reading a minute of each series, which stands in `column`; `level` says of minute and series what it is.
fn readings(place: &Path, (column, prefix, series): (&str, &str, u64), level: impl Fn(u64, u64) -> f64) {
    let mut csv = format!("ts,{column},reading\n");
    for minute in 0..6 * 1440 {
        for one in 0..series {
            let noise = dice(minute * series + one, 2000) as f64 / 1000.0 - 1.0;
            let reading = level(minute, one) * (1.0 + noise / 100.0);
            writeln!(csv, "{},{prefix}{one},{reading:.3}", stamp(minute, one)).expect("text");
        }
    }
    fs::write(place.join("r.csv"), csv).expect("written");
}

fn said(place: &Path, incident: &str) -> String {
    let output = run_in(place, &["compare", "r.csv", "--incident", incident, "-f", "csv"]);
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn found(place: &Path, incident: &str) -> Vec<Value> {
    rows_in(place, &["compare", "r.csv", "--incident", incident])
}

#[test]
fn the_step_of_one_of_several_series_is_told_since_its_first_reading() {
    for series in [2, 6] {
        let place = folder();
        readings(
            place.path(),
            ("channel", "V", series),
            |minute, one| {
                if one == 1 && minute >= STEP { 3.3 } else { 3300.0 }
            },
        );
        // At the edge of the windows, before and behind it, in a short incident and a long one.
        for incident in [
            "2025-03-04T07:20..2025-03-07",
            "2025-03-04..2025-03-07",
            "2025-03-03..2025-03-07",
            "2025-03-04T06:00..2025-03-04T12:00",
        ] {
            let found = found(place.path(), incident);
            assert_eq!(found.len(), 1, "{series} {incident}: {found:?}");
            assert_eq!(found[0]["column_name"], "reading of V1");
            assert_eq!(found[0]["since"], "2025-03-04T07:20:01Z", "{series} {incident}");
        }
    }
}

#[test]
fn what_goes_up_and_down_within_the_incident_is_no_step() {
    let place = folder();
    readings(place.path(), ("channel", "V", 2), |minute, one| {
        if one == 1 && minute >= STEP && minute / 300 % 3 == 0 { 3.3 } else { 3300.0 }
    });
    let rows = found(place.path(), "2025-03-04..2025-03-07");
    assert!(rows.is_empty(), "{rows:?}");
}

#[test]
fn the_machine_whose_numbers_changed_is_named() {
    for column in ["rig", "machine"] {
        let place = folder();
        readings(place.path(), (column, "M", 5), |minute, one| {
            40.0 + one as f64 / 10.0 + if one == 3 && minute >= 3 * 1440 { 6.0 } else { 0.0 }
        });
        let notes = said(place.path(), "2025-03-04..2025-03-07");
        let only = format!("of {column} = M3 alone");
        assert!(notes.contains(&only) && notes.contains("of the rows of"), "{notes}");
        // Where all changed none is named.
        readings(place.path(), (column, "M", 5), |minute, _| if minute >= 3 * 1440 { 46.0 } else { 40.0 });
        let notes = said(place.path(), "2025-03-04..2025-03-07");
        assert!(notes.contains("1 thing changed") && !notes.contains("alone"), "{notes}");
    }
}
