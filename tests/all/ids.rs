//! Ids that are empty, blank, called `NULL`, or written otherwise from some row on: what is said of one thing is said of
//! it, and of nothing else.

use std::fmt::Write as _;
use std::path::Path;

use crate::alike::{stamp, write as csv};
use crate::hostile::{Case, hold};
use crate::rca::{folder, rows_in};

/// 600 tests, of which each second one failed with E200.
fn tests(place: &Path, serial: fn(u64) -> String) {
    let result = |n: u64| if n.is_multiple_of(2) { "FAIL,E200" } else { "PASS," };
    csv(
        place,
        "tests.csv",
        "ts,serial,result,error_code",
        (0..600).map(|n| format!("{},{},{}", stamp(60 * n), serial(n), result(n))),
    );
}

/// Labels of all units but the first 20 that failed, and one of nobody.
fn blank_label(place: &Path) {
    tests(place, |n| format!("SN{n:05}"));
    let labelled = (0..600).filter(|n| n % 2 == 1 || *n >= 40).map(|n| format!("sn{n:05},bad"));
    csv(place, "labels.csv", "serial,label", labelled.chain(["\" \",bad".into()]));
}

/// Serials of which some have a blank behind them, in other rows in either table.
fn padded(place: &Path) {
    let padded =
        |n: u64, from: u64| if (from..from + 20).contains(&n) { format!("\"SN{n:05} \"") } else { format!("SN{n:05}") };
    let result = |n: u64| if n.is_multiple_of(2) { "FAIL,E200" } else { "PASS," };
    csv(
        place,
        "tests.csv",
        "ts,serial,result,error_code",
        (0..600).map(|n| format!("{},{},{}", stamp(60 * n), padded(n, 100), result(n))),
    );
    let labelled = (0..600).filter(|n| n % 2 == 1 || *n >= 40);
    csv(place, "labels.csv", "serial,label", labelled.map(|n| format!("{},bad", padded(n, 200))));
}

/// The letters of serials are small behind row 5,500, of 12,000.
fn changed_late(place: &Path) {
    let serial = |n: u64| if n < 5_500 { format!("SN{n:05}") } else { format!("sn{n:05}") };
    let result = |n: u64| if n % 10 == 3 { "FAIL,E1" } else { "PASS," };
    csv(
        place,
        "tests.csv",
        "ts,serial,result,error_code",
        (0..12_000).map(|n| format!("{},{},{}", stamp(10 * n), serial(n), result(n))),
    );
    csv(place, "mes.csv", "serial,lot", (0..12_000).map(|n| format!("SN{n:05},L{}", n % 10)));
    csv(place, "labels.csv", "serial,label", (0..12_000).filter(|n| n % 400 != 3).map(|n| format!("SN{n:05},bad")));
}

/// Every 40th test, and as many lots, are of no serial.
fn empty(place: &Path) {
    let database = rusqlite::Connection::open(place.join("x.db")).expect("opened");
    let mut sql = String::from(
        "create table tests(ts text, serial text, result text, error_code text);
         create table materials(serial text, lot text);
         create table preds(serial text, prediction int);
         create table labels(serial text, label int);
         insert into labels values('', 1);",
    );
    for n in 0..400 {
        let serial = if n % 40 == 0 { String::new() } else { format!("SN{n:04}") };
        let (result, code) = if n % 4 == 0 { ("FAIL", "'E1'") } else { ("PASS", "NULL") };
        let label = u8::from(n % 3 == 0);
        let prediction = if n % 20 == 1 { 1 - label } else { label };
        write!(
            sql,
            "insert into tests values('{}', '{serial}', '{result}', {code});
             insert into materials values('{serial}', 'L{}');
             insert into preds values('{serial}', {prediction});",
            stamp(60 * n),
            n % 4
        )
        .expect("a text");
        if !serial.is_empty() {
            writeln!(sql, "insert into labels values('{serial}', {label});").expect("a text");
        }
    }
    database.execute_batch(&sql).expect("written");
}

/// Serials of which every tenth is blank; two have no label.
fn blank_serials(place: &Path) {
    let serial = |n: u64| if n.is_multiple_of(10) { "\"  \"".to_string() } else { format!("SN{n:05}") };
    csv(place, "tests.csv", "ts,serial,result", (0..200).map(|n| format!("{},{},PASS", stamp(60 * n), serial(n))));
    let labelled = (0..200).filter(|n| n % 10 > 0 && !(51..53).contains(n));
    csv(place, "labels.csv", "serial,label", labelled.map(|n| format!("{},bad", serial(n))));
}

/// The same rows in two tables; in `cloud` some are lost, by series.
fn two(place: &Path, series: [(&str, &str); 4], ahead: u64, lost: impl Fn(usize, u64) -> (bool, bool)) {
    let rows = |is_edge: bool| {
        let mut lines = Vec::new();
        for n in 0..1_440 {
            for (at, (here, there)) in series.iter().enumerate() {
                let lost = lost(at, n);
                if !(if is_edge { lost.1 } else { lost.0 }) {
                    let (unit, late) = if is_edge { (there, ahead) } else { (here, 0) };
                    lines.push(format!("{},{unit},{}.{at}", stamp(60 * n + late), n * 731 % 1_300));
                }
            }
        }
        lines.into_iter()
    };
    csv(place, "cloud.csv", "ts,device,volt", rows(false));
    csv(place, "edge.csv", "ts,device,volt", rows(true));
}

/// The gaps of cloud, of the first and the second series, whose rows edge has.
fn lost_on_the_way(at: usize, n: u64) -> (bool, bool) {
    (at == 0 && (600..700).contains(&n) || at == 1 && (900..1_000).contains(&n), false)
}

/// Gaps that both have: the devices were silent.
fn silent(at: usize, n: u64) -> (bool, bool) {
    let is_silent = match at {
        0 => (300..360).contains(&n) || (800..890).contains(&n),
        1 => (500..575).contains(&n),
        3 => (1_000..1_100).contains(&n),
        _ => false,
    };
    (is_silent, is_silent)
}

/// Every second monitor is of the ward ICU: these were silent together, and each third value of theirs is missing.
fn wards(place: &Path) {
    let mut lines = Vec::new();
    for n in 0..600 {
        for monitor in 0..16 {
            let is_icu = monitor % 2 == 0;
            if is_icu && (300..360).contains(&n) {
                continue;
            }
            let value =
                if is_icu && n % 3 == 0 { String::new() } else { format!("{}.5", 60 + (n * 7 + monitor * 3) % 40) };
            lines.push(format!("{},mon{monitor:02}x,{value}", stamp(60 * n)));
        }
    }
    csv(place, "vitals.csv", "ts,monitor_id,heart_rate", lines.into_iter());
    let ward = |monitor: u64| if monitor.is_multiple_of(2) { "ICU" } else { "WARD" };
    csv(place, "monitors.csv", "monitor_id,ward", (0..16).map(|n| format!("MON{n:02}X,{}", ward(n))));
}

/// The gap of the first series, under either name.
const LOST: Case = Case {
    name: "",
    place: |_| {},
    arguments: &[
        "missing",
        "cloud.csv",
        "edge.csv",
        "--kind",
        "time_gap",
        "--series",
        "device",
        "--where",
        "device::VARCHAR IN ('NULL', '000', '0')",
    ],
    code: 0,
    shown: &["lost between edge and cloud (likely: edge has 100 rows in that time"],
    said: &[],
};

const CASES: &[Case] = &[
    Case {
        name: "a label of nobody",
        place: blank_label,
        arguments: &["errors", "--audit", "tests.csv", "labels.csv"],
        code: 0,
        shown: &["20 of the 300 serial values that failed with E200 in tests have no label"],
        said: &["compared whatever the case"],
    },
    Case {
        name: "letters that are small behind the first rows: labels",
        place: changed_late,
        arguments: &["errors", "--audit", "tests.csv", "labels.csv"],
        code: 0,
        shown: &["30 of the 1200 serial values that failed with E1 in tests have no label"],
        said: &["compared whatever the case"],
    },
    Case {
        name: "letters that are small behind the first rows: lots",
        place: changed_late,
        arguments: &["errors", "--by", "lot", "tests.csv", "mes.csv"],
        code: 0,
        shown: &[r#""count":1200"#, "L3"],
        said: &["compared whatever the case"],
    },
    Case {
        name: "letters that are small behind the first rows: what explains",
        place: changed_late,
        arguments: &["explain", "--table", "tests", "--bad", "result = 'FAIL'", "tests.csv", "mes.csv"],
        code: 0,
        shown: &[r#""bad":1200"#, "mes.lot = L3"],
        said: &["compared whatever the case"],
    },
    Case {
        name: "blank serials: keys",
        place: blank_serials,
        arguments: &["missing", "tests.csv", "labels.csv", "--kind", "absent_key"],
        code: 0,
        shown: &[r#""expected":180"#, r#""missing":2"#],
        said: &[],
    },
    Case {
        name: "no serial: what explains",
        place: empty,
        arguments: &["explain", "--table", "x.tests", "--bad", "result = 'FAIL'", "x.db"],
        code: 0,
        shown: &["x.materials.lot = L0", r#""bad":90"#],
        said: &[],
    },
    Case {
        name: "no serial: judged",
        place: empty,
        arguments: &["slices", "--table", "x.preds", "--label", "x.labels.label", "x.db"],
        code: 0,
        shown: &[],
        said: &["of 400 rows 390 are judged"],
    },
    Case {
        name: "a series called NULL",
        place: |place| two(place, [("NULL", "NULL"), ("A1", "A1"), ("B2", "B2"), ("C3", "C3")], 0, lost_on_the_way),
        ..LOST
    },
    Case {
        name: "000 and 0",
        place: |place| two(place, [("000", "0"), ("001", "1"), ("002", "2"), ("003", "3")], 0, lost_on_the_way),
        ..LOST
    },
    Case {
        name: "clocks of series that are written otherwise",
        place: |place| {
            two(
                place,
                [("dev0b", "DEV0B"), ("dev1b", "DEV1B"), ("dev2b", "DEV2B"), ("dev3b", "DEV3B")],
                10_800,
                silent,
            );
        },
        arguments: &["missing", "cloud.csv", "edge.csv", "--kind", "time_gap", "--series", "device"],
        code: 0,
        shown: &["the producer was silent"],
        said: &["the clock of edge is 3h ahead"],
    },
    Case {
        name: "a list that is written otherwise: gaps",
        place: wards,
        arguments: &["missing", "vitals.csv", "monitors.csv", "--kind", "time_gap"],
        code: 0,
        shown: &["all 8 series of ward (monitors) ICU, and no other"],
        said: &[],
    },
    Case {
        name: "a list that is written otherwise: nulls",
        place: wards,
        arguments: &["missing", "vitals.csv", "monitors.csv", "--kind", "null_rate"],
        code: 0,
        shown: &["depends on monitors.ward=ICU"],
        said: &[],
    },
];

#[test]
fn an_id_is_one_thing_however_it_is_written() {
    hold(CASES);
}

/// Blanks around an id are another writing of it, and no other id: what is counted, the SQL shows.
#[test]
fn what_is_counted_is_what_its_sql_shows() {
    let place = folder();
    padded(place.path());
    let faults = rows_in(place.path(), &["errors", "--audit", "tests.csv", "labels.csv"]);
    let fault = faults.iter().find(|row| row["fault"] == "unlabelled").expect("told");
    let sql = fault["sql"].as_str().expect("SQL");
    let shown = rows_in(place.path(), &["query", sql, "tests.csv", "labels.csv"]);
    assert_eq!(fault["count"], 20);
    assert_eq!(shown.len(), 20);
}
