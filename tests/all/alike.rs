//! What hangs together though it looks otherwise: keys under other names or written otherwise, rows by another clock, and
//! tables that are of a few and lost nothing.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

/// `2025-03-01T…Z` plus so many seconds, of up to a month.
pub fn stamp(second: u64) -> String {
    let (day, rest) = (second / 86_400 + 1, second % 86_400);
    format!("2025-03-{day:02}T{:02}:{:02}:{:02}Z", rest / 3600, rest / 60 % 60, rest % 60)
}

pub fn write(place: &Path, name: &str, header: &str, lines: impl Iterator<Item = String>) {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    fs::write(place.join(name), text).expect("written");
}

/// What is said on standard error.
pub fn said(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, &[arguments, &["-f", "csv"]].concat()).stderr).expect("UTF-8")
}

/// Columns that lack keys, and how many.
fn absent(place: &Path, arguments: &[&str]) -> Vec<(String, i64)> {
    let found = rows_in(place, &[&["missing", "--kind", "absent_key"], arguments].concat());
    let told = |row: &serde_json::Value| {
        let text = |key: &str| row[key].as_str().expect("a name");
        (format!("{}.{}", text("table_name"), text("column_name")), row["missing"].as_i64().expect("a count"))
    };
    found.iter().map(told).collect()
}

#[test]
fn keys_under_names_that_mean_the_same_are_compared() {
    let place = folder();
    // A unit in seven is tested twice, and one in nine has no label.
    let tries = (0..90).flat_map(|n| std::iter::repeat_n(n, if n % 7 == 0 { 2 } else { 1 }));
    write(place.path(), "tests.csv", "serial,v", tries.map(|n| format!("SN{n:03},1")));
    let labelled = || (0..90).filter(|n| n % 9 != 4);
    write(place.path(), "labels.csv", "sn,label", labelled().map(|n| format!("SN{n:03},x")));
    write(place.path(), "sent.csv", "msg_id,w", (0..90).map(|n| format!("m-{n:03},1")));
    write(place.path(), "got.csv", "message_id,w", labelled().map(|n| format!("m-{n:03},1")));
    write(place.path(), "flash.csv", "unit_id,w", labelled().map(|n| format!("SN{n:03},1")));
    let files = ["tests.csv", "labels.csv", "sent.csv", "got.csv", "flash.csv"];
    let expected = [("got.message_id".to_string(), 10), ("labels.sn".to_string(), 10)];
    assert_eq!(absent(place.path(), &files), expected);
    let notes = said(place.path(), &[&["missing"], &files[..]].concat());
    assert!(notes.contains("note: keys compared: "), "{notes}");
    for pair in ["tests.serial=labels.sn", "sent.msg_id=got.message_id"] {
        let (left, right) = pair.split_once('=').expect("a pair");
        assert!(notes.contains(pair) || notes.contains(&format!("{right}={left}")), "{pair}: {notes}");
    }
    // What is said to be comparable is compared when it is pasted.
    let told = notes.lines().find(|line| line.contains("under names of different things")).expect("a note");
    let keys = told.split("--keys ").nth(1).and_then(|rest| rest.split(' ').next()).expect("keys");
    assert!(keys.contains("flash.unit_id"), "{told}");
    absent(place.path(), &[&["--keys", keys], &files[..]].concat());
    let page = run_in(place.path(), &["report", "tests.csv", "other=flash.csv", "-f", "markdown"]);
    let page = String::from_utf8(page.stdout).expect("UTF-8");
    assert!(page.contains("Nothing was found missing in columns, and no keys were compared"), "{page}");
}

#[test]
fn keys_written_otherwise_are_the_same() {
    for (of_tests, of_labels) in [("SN-{}", " sn-{}"), ("7{}", "0007{}")] {
        let place = folder();
        let key = |form: &str, n: u64| form.replace("{}", &format!("{n:03}"));
        write(place.path(), "tests.csv", "serial,v", (0..60).map(|n| format!("{},1", key(of_tests, n))));
        let labels = (0..60).filter(|n| n % 10 > 0).map(|n| format!("\"{}\",x", key(of_labels, n)));
        write(place.path(), "labels.csv", "serial,label", labels);
        let files = ["tests.csv", "labels.csv"];
        let expected = [("labels.serial".to_string(), 6)];
        assert_eq!(absent(place.path(), &files), expected, "{of_tests} {of_labels}");
        let pasted = [&files[..], &["--keys", "tests.serial=labels.serial"]].concat();
        assert_eq!(absent(place.path(), &pasted), expected);
        let notes = said(place.path(), &[&["missing"], &files[..]].concat());
        assert!(notes.contains("are compared whatever the case of letters, blanks around them and zeros"), "{notes}");
    }
    let place = folder();
    write(place.path(), "a.csv", "serial,v", (0..60).map(|n| format!("SN{n:03},1")));
    let some = (0..60).map(|n| if n % 12 == 0 { format!("sn{n:03},1") } else { format!("SN{n:03},1") });
    write(place.path(), "b.csv", "serial,w", some);
    let found = rows_in(place.path(), &["missing", "a.csv", "b.csv", "--kind", "absent_key"]);
    let detail = found[0]["detail"].as_str().expect("a text");
    assert!(detail.ends_with("; 5 of them are there in another case, with blanks around or zeros before"), "{detail}");
    let timed = |n: u64| stamp(n * 600);
    write(place.path(), "c.csv", "ts,serial", (0..60).map(|n| format!("{},SN{n:03}", timed(n))));
    let some = (0..50).map(|n| format!("{},{}{n:03}", timed(n + 1), if n % 10 == 0 { "sn" } else { "SN" }));
    write(place.path(), "d.csv", "ts,serial", some);
    let notes = said(place.path(), &["trace", "c.csv", "d.csv"]);
    let told =
        "d: 5 of the lost are there in another case, with blanks around or zeros before; 1 of the lost may still be";
    assert!(notes.contains(told), "{notes}");
    let failed = |n: u64| if n.is_multiple_of(3) { "FAIL,E1" } else { "PASS," };
    let lines = (0..60).map(|n| format!("{},SN{n:03},{}", timed(n), failed(n)));
    write(place.path(), "tests.csv", "ts,serial,result,error_code", lines);
    let labels = (0..60).map(|n| format!("{}{n:03},bad", if n % 12 == 0 { "sn" } else { "SN" }));
    write(place.path(), "labels.csv", "serial,label", labels);
    let notes = said(place.path(), &["errors", "--audit", "tests.csv", "labels.csv"]);
    let told = "5 of the 5 failed serial values without a label are in labels in another case, with blanks around";
    assert!(notes.contains(told), "{notes}");
}

#[test]
fn a_table_of_a_few_lost_nothing_and_a_link_that_loses_most_is_told() {
    let place = folder();
    let line = |late: u64| move |n: u64| format!("{},SN{n:04}", stamp(n * 600 + late));
    write(place.path(), "units.csv", "ts,serial", (0..1_000).map(line(0)));
    write(place.path(), "tests.csv", "ts,serial", (0..1_000).map(line(100)));
    // One in twenty all the time; all until a time and few from then on; none from a time on.
    write(place.path(), "repairs.csv", "ts,serial", (0..1_000).filter(|n| n * 13 % 20 == 0).map(line(5_000)));
    write(place.path(), "link.csv", "ts,serial", (0..1_000).filter(|n| *n < 120 || n % 10 == 3).map(line(200)));
    write(place.path(), "stopped.csv", "ts,serial", (0..200).map(line(200)));
    let of = |other: &str| absent(place.path(), &["units.csv", other]);
    assert_eq!(of("repairs.csv"), []);
    assert_eq!(of("link.csv"), [("link.serial".to_string(), 792)]);
    assert_eq!(of("stopped.csv"), [("stopped.serial".to_string(), 800)]);
    let notes = said(place.path(), &["missing", "units.csv", "repairs.csv"]);
    assert!(notes.contains("repairs.serial has 50 of the 1,000 keys of units.serial, from all over"), "{notes}");
    let asked = ["units.csv", "repairs.csv", "--keys", "units.serial=repairs.serial"];
    assert_eq!(absent(place.path(), &asked), [("repairs.serial".to_string(), 950)]);
    let stages = |files: &[&str]| -> Vec<String> {
        let rows = rows_in(place.path(), &[&["trace"], files].concat());
        rows.iter().map(|row| format!("{} {}", row["stage"].as_str().expect("a name"), row["lost"])).collect()
    };
    assert_eq!(stages(&["units.csv", "tests.csv", "repairs.csv"]), ["units 0", "tests 0"]);
    assert_eq!(stages(&["units.csv", "tests.csv", "stopped.csv"]), ["units 0", "tests 0", "stopped 800"]);
    let notes = said(place.path(), &["trace", "units.csv", "tests.csv", "repairs.csv"]);
    assert!(notes.contains("repairs has 50 of 1,000 serials, from all over the time: a table of a few"), "{notes}");
    assert_eq!(stages(&["units.csv", "repairs.csv"]), ["units 0", "repairs 950"]);
    let page = run_in(place.path(), &["report", "units.csv", "repairs.csv", "-f", "markdown"]);
    let page = String::from_utf8(page.stdout).expect("UTF-8");
    assert!(page.contains("1,000 entities entered the first stage; repairs has but a few of them."), "{page}");
}

#[test]
fn a_clock_that_is_an_hour_off_turns_no_cause_around() {
    for is_counted in [true, false] {
        let place = folder();
        for (name, late) in [("device", 3_601), ("store", 1)] {
            let mut number = [0; 4];
            let mut lines = Vec::new();
            for n in 0..900_u64 {
                for (sensor, own) in number.iter_mut().enumerate() {
                    // One is silent for half an hour, and of two others the store lacks some.
                    if sensor == 3 && (300..360).contains(&n) {
                        continue;
                    }
                    *own += 1;
                    if name == "store" && sensor < 2 && (500..515).contains(&n) {
                        continue;
                    }
                    let at = stamp(n * 30 + sensor as u64 * 3 + late);
                    let number = if is_counted { format!(",{own}") } else { String::new() };
                    lines.push(format!("{at},T{sensor}{number}"));
                }
            }
            let header = if is_counted { "ts,sensor,seq" } else { "ts,sensor" };
            write(place.path(), &format!("{name}.csv"), header, lines.into_iter());
        }
        let files = ["device.csv", "store.csv"];
        let found = rows_in(place.path(), &[&["missing"], &files[..]].concat());
        let detail = |row: &serde_json::Value| row["detail"].as_str().expect("a text").to_string();
        let silent: Vec<String> = found.iter().filter(|row| row["series"] == "sensor=T3").map(detail).collect();
        assert_eq!(silent.len(), 2, "{found:#?}");
        for detail in silent {
            assert!(detail.contains("cause: the producer was silent"), "{detail}");
            assert!(detail.contains(" has no row in that time either"), "{detail}");
        }
        let lost: Vec<String> = found.iter().filter(|row| row["missing"] == 15).map(detail).collect();
        assert_eq!(lost.len(), 2, "{found:#?}");
        for detail in lost {
            assert!(
                detail.contains("cause: lost between device and store (very likely: device (by a clock"),
                "{detail}"
            );
            assert!(detail.contains("over the same time in 2 of 4 series"), "no more than their names: {detail}");
        }
        let notes = said(place.path(), &[&["missing"], &files[..]].concat());
        let note = "note: the clock of device is 1h ahead of that of store, by the rows that both have";
        assert_eq!(notes.matches(note).count(), 1, "{notes}");
        let setting = "sources.device.skew=-1h";
        assert!(notes.contains(&format!("if device is wrong, --set {setting}")), "{notes}");
        let notes = said(place.path(), &[&["missing", "--set", setting], &files[..]].concat());
        assert!(!notes.contains("the clock of"), "{notes}");
    }
}

#[test]
fn the_largest_of_many_findings_has_its_cause() {
    let place = folder();
    let row = |n: &u64| format!("{},A,{n}", stamp(n * 10));
    write(place.path(), "agent.csv", "ts,station,seq", (0..8_000).map(|n| row(&n)));
    // 79 holes, and the largest is the last.
    let is_lost = |n: &u64| n % 100 == 50 && *n < 7_850 || (7_850..7_950).contains(n);
    let late = (0..8_000).filter(|n| !is_lost(n)).map(|n| format!("{},A,{n}", stamp(n * 10 + 1)));
    write(place.path(), "store.csv", "ts,station,seq", late);
    let found = rows_in(place.path(), &["missing", "agent.csv", "store.csv", "--kind", "sequence_gap"]);
    assert!(found.len() > 50 && found[0]["missing"] == 100, "{} {}", found.len(), found[0]);
    for row in &found {
        let detail = row["detail"].as_str().expect("a text");
        let has = if row["missing"] == 1 { "it;" } else { "all 100 of them;" };
        assert!(detail.contains(&format!("cause: lost between agent and store (likely: agent has {has}")), "{row}");
    }
}

#[test]
fn tables_that_have_the_entity_and_are_no_stage_are_named() {
    let place = folder();
    write(place.path(), "smt.csv", "ts,serial,result", (0..40).map(|n| format!("{},SN{n:03},PASS", stamp(n * 60))));
    // Of one the retry passes, and one never does.
    let tests = (0..40).flat_map(|n| {
        let row = |late: u64, result: &str| format!("{},SN{n:03},{result}", stamp(n * 60 + late));
        match n {
            7 => vec![row(300, "FAIL"), row(330, "PASS")],
            9 => vec![row(300, "FAIL")],
            11 => vec![row(300, "PASS"), row(330, "PASS")],
            _ => vec![row(300, "PASS")],
        }
    });
    write(place.path(), "tests.csv", "ts,sn,result", tests);
    write(place.path(), "flash.csv", "ts,unit_id", (0..40).map(|n| format!("03/03/2025 10:{n:02}:00,SN{n:03}")));
    write(place.path(), "box.csv", "serial,box", (0..40).map(|n| format!("SN{n:03},B{}", n % 4)));
    let packed = (0..40).filter(|n| n % 8 != 3).map(|n| format!("202503010{}{:02}15,SN{n:03}", 2 + n / 60, n % 60));
    write(place.path(), "pack.csv", "ts,serial", packed);
    let files = ["smt.csv", "tests.csv", "flash.csv", "box.csv", "pack.csv"];
    let found = rows_in(place.path(), &[&["trace"], &files[..]].concat());
    let stages: Vec<_> =
        found.iter().map(|row| (row["stage"].as_str().expect("a name"), row["lost"].as_i64())).collect();
    assert_eq!(stages, [("smt", Some(0)), ("tests", Some(0)), ("pack", Some(5))]);
    let notes = said(place.path(), &[&["trace"], &files[..]].concat());
    assert!(notes.contains("box has serial in serial and is no stage: it has no time"), "{notes}");
    assert!(notes.contains("flash has serial in unit_id and is no stage: its ts is not known as a time"), "{notes}");
    assert!(notes.contains("pack: times carry no zone"), "{notes}");
    let states = |serial: &str| -> Vec<String> {
        let rows = rows_in(place.path(), &["trace", "smt.csv", "tests.csv", "--entity", serial]);
        rows.iter().map(|row| row["state"].as_str().expect("a state").to_string()).collect()
    };
    assert_eq!(states("SN007"), ["passed", "failed", "passed"]);
    assert_eq!(states("SN009"), ["passed", "failed"]);
    assert_eq!(states("SN011"), ["passed", "passed", "duplicated"]);
}

#[test]
fn rows_are_of_when_they_were_sampled_and_times_of_digits_are_times() {
    let place = folder();
    let both = (0..40).map(|n| format!("{},{},N1", stamp(n * 30 + 5), stamp(n * 30)));
    write(place.path(), "t.csv", "received_at,sampled_at,node", both);
    fs::write(
        place.path().join("j.json"),
        (0..40).map(|n| format!("{{\"time\":202503011200{:02},\"v\":{n}}}\n", n)).collect::<String>(),
    )
    .expect("written");
    write(place.path(), "n.csv", "order_no,v", (0..40).map(|n| format!("202503011200{n:02},{n}")));
    let found = rows_in(place.path(), &["sources", "t.csv", "j.json", "n.csv"]);
    let told: Vec<_> = found.iter().map(|row| (row["source"].clone(), row["time_column"].clone())).collect();
    let column = |name: &str| told.iter().find(|one| one.0 == name).expect("a row").1.clone();
    assert_eq!((column("t"), column("j"), column("n")), ("sampled_at".into(), "time".into(), serde_json::Value::Null));
    assert_eq!(found.iter().find(|row| row["source"] == "j").expect("a row")["last"], "2025-03-01T12:00:39Z");
}
