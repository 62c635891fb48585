//! The ways of entities: in which order stages come where an outage, losses or clocks would have it otherwise, and by
//! which entity tables are linked.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

/// `2025-03-01T…Z` plus so many milliseconds.
fn stamp(millis: u64) -> String {
    let (second, rest) = (millis / 1000, millis % 1000);
    format!("2025-03-01T{:02}:{:02}:{:02}.{rest:03}Z", second / 3600, second / 60 % 60, second % 60)
}

fn write(place: &Path, name: &str, header: &str, lines: impl Iterator<Item = String>) {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    fs::write(place.join(name), text).expect("written");
}

/// Each stage with how many entered it and were lost there.
fn stages(place: &Path, more: &[&str]) -> Vec<(String, i64, i64)> {
    let told = |row: &serde_json::Value| {
        let number = |key: &str| row[key].as_i64().expect("a count");
        (row["stage"].as_str().expect("a name").to_string(), number("entered"), number("lost"))
    };
    rows_in(place, &[&["trace"], more].concat()).iter().map(told).collect()
}

/// What is said on standard error.
fn said(place: &Path, more: &[&str]) -> String {
    String::from_utf8(run_in(place, &[&["trace", "-f", "csv"], more].concat()).stderr).expect("UTF-8")
}

fn own(told: &[(&str, i64, i64)]) -> Vec<(String, i64, i64)> {
    told.iter().map(|(stage, entered, lost)| ((*stage).to_string(), *entered, *lost)).collect()
}

#[test]
fn an_outage_does_not_turn_the_order_of_stages() {
    let place = folder();
    let all = |late: u64, lost: std::ops::Range<u64>| {
        (0..1000).filter(move |n| !lost.contains(n)).map(move |n| format!("{},S{n:04}", stamp(n * 10_000 + late)))
    };
    write(place.path(), "sent.csv", "ts,serial", all(0, 0..0));
    for lost in [800..850, 100..150] {
        write(place.path(), "received.csv", "ts,serial", all(300, lost));
        for files in [["sent.csv", "received.csv"], ["received.csv", "sent.csv"]] {
            assert_eq!(stages(place.path(), &files), own(&[("sent", 1000, 0), ("received", 1000, 50)]));
        }
    }
    // Of four stages a few seconds apart each loses other ones.
    for stage in 0..4_u64 {
        let lines = (0..400).filter(|n| (n * 7 + stage * 3) % 25 != 0 && (stage % 2 == 0 || *n < 380));
        let lines = lines.map(|n| format!("{},S{n}", stamp(n * 10_000 + stage * 5_000)));
        write(place.path(), &format!("s{stage}.csv"), "ts,serial", lines);
    }
    for files in [["s0.csv", "s1.csv", "s2.csv", "s3.csv"], ["s2.csv", "s3.csv", "s1.csv", "s0.csv"]] {
        let found = stages(place.path(), &files);
        let names: Vec<&str> = found.iter().map(|(name, ..)| name.as_str()).collect();
        assert_eq!(names, ["s0", "s1", "s2", "s3"]);
    }
}

#[test]
fn an_order_that_entities_do_not_tell_is_said_to_be_doubtful() {
    let place = folder();
    let file = |name: &str, units: std::ops::Range<u64>, at: &dyn Fn(u64) -> u64| {
        write(place.path(), name, "ts,serial", units.map(|n| format!("{},S{n}", stamp(at(n)))));
    };
    file("even.csv", 0..40, &|n| n * 10_000 + n % 2 * 1_000);
    file("odd.csv", 0..40, &|n| n * 10_000 + (n + 1) % 2 * 1_000);
    // Written by a clock that is two seconds behind.
    file("ahead.csv", 5..40, &|n| n * 10_000 - 2_000);
    let doubts = [
        (
            "odd.csv",
            "whether odd comes before even is not sure: of 40 serials in both, 20 were in odd first and 20 in even",
        ),
        ("ahead.csv", "even has every serial of ahead and 5 more: if clocks are apart, declare [[stages]]"),
    ];
    for (other, doubt) in doubts {
        let notes = said(place.path(), &["even.csv", other]);
        assert!(notes.contains(doubt), "{notes}");
    }
}

#[test]
fn tables_are_linked_by_what_most_of_their_rows_are_about() {
    let place = folder();
    let line = |n: u64, late: u64| format!("{},M{n},dev-{}", stamp(n * 60_000 + late), n % 3);
    write(place.path(), "sent.csv", "ts,msg_id,device", (0..30).map(|n| line(n, 0)));
    write(place.path(), "got.csv", "ts,msg_id,device", (0..30).filter(|n| n % 7 != 0).map(|n| line(n, 5_000)));
    let settings = "[sources.sent]\npath=\"sent.csv\"\n[sources.got]\npath=\"got.csv\"\n[entities]\n\
                    device=[\"sent.device\",\"got.device\"]\nmsg=[\"sent.msg_id\",\"got.msg_id\"]\n";
    fs::write(place.path().join("rca.toml"), settings).expect("written");
    assert_eq!(stages(place.path(), &["sent.csv", "got.csv"]), own(&[("sent", 30, 0), ("got", 30, 5)]));
    assert_eq!(stages(place.path(), &["-C", "."]), own(&[("sent", 30, 0), ("got", 30, 5)]));
    let notes = said(place.path(), &["-C", "."]);
    assert!(notes.contains("stages by msg, in the order of their times: sent, got"), "{notes}");
    assert!(notes.contains("device is in several tables too: follow it with [[stages]] table = "), "{notes}");
    let states = |entity: &str| -> Vec<String> {
        let rows = rows_in(place.path(), &["trace", "-C", ".", "--entity", entity]);
        rows.iter().map(|row| row["state"].as_str().expect("a state").to_string()).collect()
    };
    for lost in ["M7", "msg=M7", "msg_id=M7"] {
        assert_eq!(states(lost), ["passed", "lost"], "{lost}");
    }
    for device in ["dev-1", "device=dev-1"] {
        assert_eq!(states(device).iter().filter(|state| *state == "passed").count(), 2, "{device}");
        let notes = said(place.path(), &["-C", ".", "--entity", device]);
        assert!(notes.contains("stages by device") && notes.contains("with --entity msg_id=VALUE"), "{notes}");
    }
    assert!(states("device=M7").is_empty());
    let refused = said(place.path(), &["-C", ".", "--entity", "ts=M7"]);
    assert!(refused.contains("error: `ts` is no entity that two tables with a time have"), "{refused}");
    assert!(said(place.path(), &["-C", ".", "--entity", "msgg=M7"]).contains("error: no table has a column `msgg`"));
    // Of stages that are declared it is their key.
    let declared = settings.split("[entities]").next().unwrap_or_default().to_string()
        + "[[stages]]\ntable = \"sent\"\nkey = \"msg_id\"\n[[stages]]\ntable = \"got\"\nkey = \"msg_id\"\n";
    fs::write(place.path().join("rca.toml"), declared).expect("written");
    assert_eq!(states("msg_id=M7"), ["passed", "lost"]);
    let refused = said(place.path(), &["-C", ".", "--entity", "device=dev-1"]);
    assert!(refused.contains("error: `device` is the key of no stage") && refused.contains("`msg_id`"), "{refused}");
}

#[test]
fn as_many_stages_as_there_are_bits_are_followed_and_more_refused() {
    let place = folder();
    let files: Vec<String> = (0..63).map(|stage| format!("s{stage:02}.csv")).collect();
    for (stage, file) in files.iter().enumerate() {
        let lines = (0..20_u64).filter(|n| stage < 40 || *n != 3);
        let lines = lines.map(|n| format!("{},S{n}", stamp(n * 300_000 + stage as u64 * 500)));
        write(place.path(), file, "ts,serial", lines);
    }
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let found = stages(place.path(), &names[..62]);
    assert_eq!((found[40].clone(), found[61].clone()), (("s40".into(), 20, 1), ("s61".into(), 19, 0)));
    let refused = run_in(place.path(), &[&["trace"], &names[..]].concat());
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("63 stages are more than the 62"));
}
