//! What seems to be lost and is not: rows that came late, rows of another branch, and the hour that a clock showed twice.

use std::path::Path;

use crate::alike::{stamp, write as csv};
use crate::hostile::{Case, hold};
use crate::rca::{folder, rows_in};

/// Orders, one each minute.
fn placed(place: &Path, orders: std::ops::Range<u64>) {
    let row = |n: u64| format!("{},A{n:05},{}", stamp(60 * n), n % 97);
    csv(place, "orders.csv", "ts,order_id,amount", orders.map(row));
}

/// Orders, one each minute for two days, and their payments a few seconds later: those of an hour came five hours late, and
/// `lost` of another hour never did.
fn payments(place: &Path, lost: u64) {
    let orders = 0..2_880_u64;
    placed(place, orders.clone());
    let is_late = |n: u64| (600..660).contains(&n);
    let is_lost = |n: u64| (1_800..1_800 + lost).contains(&n);
    let mut paid: Vec<(u64, u64)> = orders
        .filter(|n| !is_lost(*n))
        .map(|n| (60 * n + 5 + n % 7 + if is_late(n) { 18_000 } else { 0 }, n))
        .collect();
    paid.sort_unstable();
    csv(
        place,
        "payments.csv",
        "ts,order_id,method",
        paid.into_iter().map(|(at, n)| format!("{},A{n:05},card", stamp(at))),
    );
}

/// Each order goes through one of three warehouses; of the second, 40 are lost.
fn warehouses(place: &Path) {
    let orders = 0..1_200_u64;
    placed(place, orders.clone());
    for (at, name) in ["north", "south", "west"].into_iter().enumerate() {
        let own = orders.clone().filter(|n| n % 3 == at as u64);
        let rows = own.map(|n| format!("{},A{n:05},box", stamp(60 * n + 1_800)));
        csv(place, &format!("wh_{name}.csv"), "ts,order_id,pack", rows);
    }
    let is_lost = |n: u64| n % 3 == 1 && (300..420).contains(&n);
    let shipped = orders.filter(|n| !is_lost(*n));
    csv(place, "shipments.csv", "ts,order_id,truck", shipped.map(|n| format!("{},A{n:05},T1", stamp(60 * n + 7_200))));
}

/// A row each minute by the clock of New York, over the night in which daylight saving ends.
fn doubled(place: &Path) {
    let local = |minute: u64| {
        // 2025-11-02T00:00 is four hours behind UTC, and five from 06:00Z on.
        let wall = if minute < 120 { minute } else { minute - 60 };
        format!("2025-11-02 {:02}:{:02}:00", wall / 60, wall % 60)
    };
    csv(place, "gate.csv", "ts,parcel", (0..600).map(|n| format!("{},P{n:05}", local(n))));
}

const CASES: &[Case] = &[
    Case {
        name: "rows that came late",
        place: |place| payments(place, 0),
        arguments: &["missing", "orders.csv", "payments.csv"],
        code: 0,
        shown: &[],
        said: &["are no loss: all ", "keys that orders has in that time are here, by up to 5h"],
    },
    Case {
        name: "rows that came late, and others that were lost",
        place: |place| payments(place, 50),
        arguments: &["missing", "orders.csv", "payments.csv"],
        code: 0,
        shown: &[r#""kind":"absent_key""#, r#""missing":50"#, "lost between orders and payments"],
        said: &["keys that orders has in that time are here, by up to 5h"],
    },
    Case {
        name: "branches",
        place: warehouses,
        arguments: &[
            "missing",
            "orders.csv",
            "wh_north.csv",
            "wh_south.csv",
            "wh_west.csv",
            "shipments.csv",
            "--kind",
            "absent_key",
        ],
        code: 0,
        shown: &[r#""missing":40"#],
        said: &["1,200 of the 1,200 keys of orders.order_id are in one of"],
    },
    Case {
        name: "the way through branches",
        place: warehouses,
        arguments: &["trace", "orders.csv", "wh_north.csv", "wh_south.csv", "wh_west.csv", "shipments.csv"],
        code: 0,
        shown: &[
            r#""stage":"wh_north/wh_south/wh_west","table_name":"wh_north, wh_south, wh_west""#,
            r#""entered":1200,"passed":1200,"lost":0"#,
            r#""entered":1200,"passed":1160,"lost":40"#,
        ],
        said: &["wh_north, wh_south, wh_west share few or no ids", "they are one stage"],
    },
    Case {
        name: "the way through branches, by a column of theirs",
        place: warehouses,
        arguments: &[
            "trace",
            "orders.csv",
            "wh_north.csv",
            "wh_south.csv",
            "wh_west.csv",
            "shipments.csv",
            "--by",
            "pack",
        ],
        code: 0,
        shown: &[r#""part":"box","entered":1200,"passed":1160,"lost":40"#],
        said: &[],
    },
    Case {
        name: "the way through branches, declared under one name",
        place: |place| {
            warehouses(place);
            let stage = |name: &str, table: &str| {
                format!("[[stages]]\nname = \"{name}\"\ntable = \"{table}\"\nkey = \"order_id\"\n")
            };
            let branches = ["wh_north", "wh_south", "wh_west"].map(|table| stage("warehouse", table)).concat();
            let declared = [stage("orders", "orders"), branches, stage("truck", "shipments")].concat();
            std::fs::write(place.join("rca.toml"), declared).expect("written");
        },
        arguments: &["trace", "-C", ".", "orders.csv", "wh_north.csv", "wh_south.csv", "wh_west.csv", "shipments.csv"],
        code: 0,
        shown: &[
            r#""stage":"warehouse","table_name":"wh_north, wh_south, wh_west""#,
            r#""entered":1200,"passed":1200,"lost":0"#,
            r#""entered":1200,"passed":1160,"lost":40"#,
        ],
        said: &[],
    },
    Case {
        name: "the way of one through branches",
        place: warehouses,
        arguments: &[
            "trace",
            "orders.csv",
            "wh_north.csv",
            "wh_south.csv",
            "wh_west.csv",
            "shipments.csv",
            "--entity",
            "A00301",
        ],
        code: 0,
        shown: &[
            r#""table_name":"wh_south","ts":"2025-03-01T05:31:00Z""#,
            r#""stage":"shipments","table_name":"shipments","ts":null,"origin":null,"state":"lost""#,
        ],
        said: &["they are one stage"],
    },
    Case {
        name: "the hour that the clock showed twice",
        place: doubled,
        arguments: &["missing", "gate.csv", "--timezone", "America/New_York", "--kind", "time_gap"],
        code: 0,
        shown: &[],
        said: &[
            "is an hour that the clock showed twice as daylight saving ended",
            "nobody can tell what is missing in either",
        ],
    },
];

#[test]
fn what_came_late_or_another_way_is_not_lost() {
    hold(CASES);
}

#[test]
fn nothing_more_is_told_of_it() {
    let kinds = |place: &Path, arguments: &[&str]| -> Vec<String> {
        let rows = rows_in(place, &[&["missing"], arguments].concat());
        rows.iter().map(|row| row["kind"].as_str().expect("a kind").to_string()).collect()
    };
    let place = folder();
    payments(place.path(), 0);
    assert_eq!(kinds(place.path(), &["orders.csv", "payments.csv"]), Vec::<String>::new());
    let place = folder();
    doubled(place.path());
    assert_eq!(
        kinds(place.path(), &["gate.csv", "--timezone", "America/New_York", "--kind", "time_gap"]),
        Vec::<String>::new()
    );
    let place = folder();
    warehouses(place.path());
    let all = ["orders.csv", "wh_north.csv", "wh_south.csv", "wh_west.csv", "shipments.csv", "--kind", "absent_key"];
    assert!(kinds(place.path(), &all).iter().all(|kind| kind == "absent_key"));
    let missing: Vec<i64> = rows_in(place.path(), &[&["missing"], &all[..]].concat())
        .iter()
        .map(|row| row["missing"].as_i64().expect("a number"))
        .collect();
    assert!(missing.iter().all(|missing| *missing <= 40), "{missing:?}");
}
