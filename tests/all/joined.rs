//! `rca errors --by`: errors get what is said of the very thing they are about, and it is told by what, and who gets none.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

const OUTBOX: &str = "ts,msg_id,device,error_code\n2025-03-01T10:00:00Z,M1,d1,E10\n2025-03-01T10:00:01Z,M2,d1,\n\
                      2025-03-01T10:00:02Z,M3,d2,E20\n2025-03-01T10:00:03Z,M4,d2,E20\n2025-03-01T10:00:04Z,M9,d2,E30\n";
const RECEIVED: &str = "ts,msg_id,device,lot\n2025-03-01T10:01:00Z,M1,d1,A\n2025-03-01T10:01:01Z,M2,d1,B\n\
                        2025-03-01T10:01:02Z,M3,d2,C\n2025-03-01T10:01:03Z,M4,d2,D\n2025-03-01T10:01:04Z,M4,d2,E\n";

/// What `[entities]` may say, each a case of its own.
const ENTITIES: &[&[(&str, &str)]] = &[
    &[],
    &[("device", "device"), ("msg", "msg_id")],
    &[("a_msg", "msg_id"), ("device", "device")],
    &[("device", "device")],
];

fn place(entities: &[(&str, &str)]) -> tempfile::TempDir {
    let place = folder();
    fs::write(place.path().join("outbox.csv"), OUTBOX).expect("written");
    fs::write(place.path().join("received.csv"), RECEIVED).expect("written");
    let mut case = "[sources.outbox]\npath = \"outbox.csv\"\n[sources.received]\npath = \"received.csv\"\n".to_string();
    if !entities.is_empty() {
        case.push_str("[entities]\n");
    }
    for (name, column) in entities {
        case.push_str(&format!("{name} = [\"outbox.{column}\", \"received.{column}\"]\n"));
    }
    fs::write(place.path().join("rca.toml"), case).expect("written");
    place
}

fn by(place: &Path, arguments: &[&str], column: &str) -> Vec<(String, String, i64)> {
    let row = |row: &serde_json::Value| {
        let text = |key: &str| row[key].as_str().unwrap_or_default().to_string();
        (text("code"), text(column), row["count"].as_i64().expect("a count"))
    };
    rows_in(place, &[&["errors", "--by"], arguments].concat()).iter().map(row).collect()
}

fn said(place: &Path, arguments: &[&str]) -> String {
    String::from_utf8(run_in(place, &[&["errors", "--by"], arguments].concat()).stderr).expect("text")
}

#[test]
fn errors_are_joined_by_the_finest_of_what_both_tables_are_about() {
    for entities in ENTITIES {
        let place = place(entities);
        let found = by(place.path(), &["received.lot"], "lot");
        let expected = [("E10", "A", 1), ("E20", "C", 1), ("E20", "D + E", 1), ("E30", "", 1)];
        assert_eq!(found, expected.map(|(code, lot, n)| (code.into(), lot.into(), n)), "{entities:?}");
        let said = said(place.path(), &["received.lot"]);
        for part in [
            "received.lot is told by outbox.msg_id = received.msg_id, the finest of ",
            "1 of 4 errors of outbox has no row in received by msg_id, and so no lot",
            "1 of 4 errors of outbox has several values of lot by msg_id, which stand together",
        ] {
            assert!(said.contains(part), "{entities:?}: {part}: {said}");
        }
    }
}

#[test]
fn a_finer_column_that_no_error_shares_is_not_taken() {
    let place = place(&[]);
    let other = RECEIVED.replace(",M", ",N");
    fs::write(place.path().join("received.csv"), other).expect("written");
    let found = by(place.path(), &["lot"], "lot");
    let expected = [("E20", "C + D + E", 2), ("E10", "A + B", 1), ("E30", "C + D + E", 1)];
    assert_eq!(found, expected.map(|(code, lot, n)| (code.into(), lot.into(), n)));
    assert!(said(place.path(), &["lot"]).contains("told by outbox.device = received.device, the finest of"));
}

#[test]
fn a_table_of_anything_that_both_have_can_be_joined() {
    let place = folder();
    fs::write(place.path().join("outbox.csv"), OUTBOX).expect("written");
    fs::write(place.path().join("labels.csv"), "msg_id,label\nM1,good\nM3,bad\n").expect("written");
    let sources = ["labels.label", "outbox.csv", "labels.csv"];
    let expected = [("E10", "good", 1), ("E20", "", 1), ("E20", "bad", 1), ("E30", "", 1)];
    let mut found = by(place.path(), &sources, "label");
    found.sort();
    assert_eq!(found, expected.map(|(code, label, n)| (code.into(), label.into(), n)));
    let window = [&sources[..], &["--where", "device = 'd1'"]].concat();
    assert!(!said(place.path(), &window).contains("left out"), "what is joined is not left out");
    // Labels are of what they share with the failures, too.
    let faults = rows_in(place.path(), &["errors", "--audit", "outbox.csv", "labels.csv"]);
    let lacking: i64 =
        faults.iter().filter(|row| row["fault"] == "unlabelled").filter_map(|row| row["count"].as_i64()).sum();
    assert_eq!(lacking, 2, "{faults:?}");
}
