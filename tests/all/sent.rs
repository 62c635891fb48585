//! What one table has sent and another one lacks in some time: who was silent, what came late, what was lost.

use std::path::Path;

use crate::alike::{said, stamp, write};
use crate::rca::{folder, rows_in};

/// Rows of two tables in the order in which they came: when, which key, of which shop.
type Rows = Vec<(u64, String, &'static str)>;

struct Case {
    name: &'static str,
    /// What is sent, and what is received.
    tables: fn() -> (Rows, Rows),
    has_shops: bool,
    /// What is found missing in time, of which table and how much.
    found: &'static [(&'static str, i64)],
    said: &'static str,
}

const EVERY: u64 = 20;
const ROWS: u64 = 4_320;

fn key(n: u64) -> String {
    format!("TK{:06}", 3 * n + 1)
}

/// What is received of all that is sent: so much later, or not at all.
fn received(later: fn(u64) -> Option<u64>) -> (Rows, Rows) {
    let sent = (0..ROWS).map(|n| (EVERY * n, key(n), "A"));
    let there = (0..ROWS).filter_map(|n| Some((EVERY * n + 1 + later(n)?, key(n), "A")));
    (sent.collect(), there.collect())
}

fn is_outage(n: u64) -> bool {
    (2_000..2_540).contains(&n)
}

const CASES: &[Case] = &[
    Case { name: "nothing is lost", tables: || received(|_| Some(0)), has_shops: false, found: &[], said: "" },
    Case {
        name: "the sender was silent",
        tables: || {
            let (sent, there) = received(|_| Some(0));
            let is_there = |row: &(u64, String, &str)| !is_outage(row.0 / EVERY);
            (sent.into_iter().filter(is_there).collect(), there.into_iter().filter(is_there).collect())
        },
        has_shops: false,
        found: &[("received", 540), ("sent", 540)],
        said: "",
    },
    Case {
        name: "rows without a key are lost",
        tables: || {
            let (mut sent, there) = received(|n| (!is_outage(n)).then_some(0));
            sent.iter_mut().filter(|row| is_outage(row.0 / EVERY)).for_each(|row| row.1.clear());
            (sent, there)
        },
        has_shops: false,
        found: &[("received", 540)],
        said: "",
    },
    Case {
        name: "all came late",
        tables: || received(|n| Some(if is_outage(n) { 14_400 } else { 0 })),
        has_shops: false,
        found: &[],
        said: "540 keys that sent has in that time are here, by up to 4h",
    },
    Case {
        name: "all came late, by a clock five hours behind",
        tables: || {
            let (mut sent, there) = received(|n| Some(if is_outage(n) { 14_400 } else { 0 }));
            sent.iter_mut().for_each(|row| row.0 += 18_000);
            (sent, there)
        },
        has_shops: false,
        found: &[],
        said: "540 keys that sent has in that time are here, by up to 4h",
    },
    Case {
        name: "most came late, and some were lost",
        tables: || {
            received(|n| match n {
                2_480..2_540 => None,
                _ if is_outage(n) => Some(14_400),
                _ => Some(0),
            })
        },
        has_shops: false,
        found: &[("received", 60)],
        said: "",
    },
    Case {
        name: "those of one shop came late",
        tables: || {
            let shops = ["A", "B", "C"];
            let all = || (0..ROWS / 3).flat_map(|n| (0..3).map(move |shop| (n, shop)));
            let at = |n: u64, shop: usize| 60 * n + shop as u64;
            let key = |n: u64, shop: usize| key(3 * n + shop as u64);
            let late = |n: u64, shop: usize| if shop == 1 && (700..880).contains(&n) { 14_400 } else { 0 };
            let sent = all().map(|(n, shop)| (at(n, shop), key(n, shop), shops[shop]));
            let there = all().map(|(n, shop)| (at(n, shop) + 2 + late(n, shop), key(n, shop), shops[shop]));
            (sent.collect(), there.collect())
        },
        has_shops: true,
        found: &[],
        said: "180 rows that would be due at",
    },
    Case {
        name: "each was tried several times",
        tables: || {
            let (sent, there) = received(|n| Some(if is_outage(n) { 14_400 } else { 0 }));
            let tries = |(at, key, shop): (u64, String, &'static str)| {
                (0..=at / EVERY % 3).map(move |again| (at + again, key.clone(), shop)).collect::<Vec<_>>()
            };
            (sent.into_iter().flat_map(tries).collect(), there)
        },
        has_shops: false,
        found: &[],
        said: "keys that sent has in that time are here, by up to 4h",
    },
    Case {
        name: "the sender's export ends before",
        tables: || {
            let (mut sent, there) = received(|n| (!(4_000..4_200).contains(&n)).then_some(0));
            sent.truncate(3_900);
            (sent, there)
        },
        has_shops: false,
        found: &[("received", 200)],
        said: "",
    },
];

fn written(place: &Path, name: &str, mut rows: Rows, has_shops: bool) {
    rows.sort();
    let line = |(at, key, shop): (u64, String, &str)| match has_shops {
        true => format!("{},{key},{shop}", stamp(at)),
        false => format!("{},{key}", stamp(at)),
    };
    let header = if has_shops { "ts,ticket_id,shop" } else { "ts,ticket_id" };
    write(place, name, header, rows.into_iter().map(line));
}

#[test]
fn who_lacks_what_is_told_by_keys() {
    for case in CASES {
        let (place, name) = (folder(), case.name);
        let place = place.path();
        let (sent, received) = (case.tables)();
        written(place, "sent.csv", sent, case.has_shops);
        written(place, "received.csv", received, case.has_shops);
        let files = ["sent.csv", "received.csv"];
        let asked = [&["missing", "--kind", "time_gap,volume_drop,absent_key"], &files[..]].concat();
        let mut found: Vec<(String, i64)> = rows_in(place, &asked)
            .iter()
            .filter(|row| row["kind"] != "absent_key")
            .map(|row| {
                let text = |field: &str| row[field].as_str().expect("a text").to_string();
                let missing = row["missing"].as_i64().expect("a number");
                let counted = rows_in(place, &[&["query", &text("sql")], &files[..]].concat());
                // What is told by one number can be asked again.
                if let Some(again) = counted.first().and_then(|row| row["missing"].as_i64()) {
                    assert_eq!(again, missing, "{name}: {}", text("sql"));
                }
                (text("table_name"), missing)
            })
            .collect();
        found.sort();
        let expected: Vec<(String, i64)> = case.found.iter().map(|(table, n)| ((*table).to_string(), *n)).collect();
        assert_eq!(found, expected, "{name}");
        let notes = said(place, &asked);
        assert!(notes.contains(case.said), "{name}: {notes}");
    }
}
