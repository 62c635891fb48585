//! Very many rows, columns and tables, and long names: what is told of them is of all, or says of how many it is.

use crate::hostile::{Case, hold, write};

fn at(second: u32) -> String {
    let (day, rest) = (second / 86_400, second % 86_400);
    format!("2025-03-{:02} {:02}:{:02}:{:02}", 1 + day, rest / 3_600, rest / 60 % 60, rest % 60)
}

/// Rows every 10 s of six series, of which one is silent for an hour.
fn named(before: &str) -> String {
    let rows =
        (0..2_000).flat_map(|n| (0..6).map(move |s| (n, s))).filter(|(n, s)| *s != 3 || !(1_000..1_360).contains(n));
    let line = |(n, s): (u32, u32)| format!("{},{before}sensor{s},{}.5\n", at(10 * n), n * 37 % 101);
    "ts,topic,v\n".to_string() + &rows.map(line).collect::<String>()
}

/// A counter under this name, with forty numbers lost.
fn counted(name: &str) -> String {
    let line = |n: u32| format!("{},{},{}.5\n", at(10 * n), n + 1, n * 37 % 101);
    format!("ts,{name},v\n") + &(0..2_000).filter(|n| !(500..540).contains(n)).map(line).collect::<String>()
}

/// Rows every half a second, one in five of them a second late.
fn late() -> String {
    let mut text = "ts,v\n".to_string();
    for n in (0..520_000_u32).step_by(5) {
        for half in [0, 2, 3, 1, 4].map(|own| n + own) {
            text += &format!("{}.{},{}.5\n", at(half / 2), half % 2 * 5, half % 7);
        }
    }
    text
}

/// A table of ten numbers that all change at once, and of a name.
fn changed(side: u32) -> String {
    let names: Vec<String> = (0..10).map(|n| format!("n{n}")).collect();
    let row = |n: u32| {
        let values =
            (0..10).map(|c| (n * (37 + 2 * c) % 101 + 500 * side * u32::from(n.is_multiple_of(4))).to_string());
        format!("{},ST0{},{}\n", at(10 * n + 3_600 * 5 * side), n % 4, values.collect::<Vec<_>>().join(","))
    };
    let head = if side == 0 { format!("ts,station,{}\n", names.join(",")) } else { String::new() };
    head + &(0..1_800).map(row).collect::<String>()
}

const CASES: &[Case] = &[
    Case {
        name: "series that differ behind forty characters",
        place: |place| write(place, "t.csv", named("factory/plant-1/building-22/area-south/line-4/")),
        arguments: &["missing", "t.csv", "--kind", "time_gap"],
        code: 0,
        shown: &[r#""series":"topic=factory/plant-1/building-22/area-south/line-4/sensor3""#, r#""missing":360"#],
        said: &["by topic"],
    },
    Case {
        name: "series that differ behind a hundred characters",
        place: |place| write(place, "t.csv", named(&"a/long/name/".repeat(12))),
        arguments: &["missing", "t.csv", "--kind", "time_gap"],
        code: 0,
        shown: &[r#"/sensor3""#, r#""missing":360"#],
        said: &["by topic"],
    },
    Case {
        name: "numbers of rows in capitals",
        place: |place| write(place, "n.csv", counted("ID")),
        arguments: &["missing", "n.csv"],
        code: 0,
        shown: &[r#""kind":"time_gap""#, r#""missing":40"#],
        said: &[],
    },
    Case {
        name: "more late rows than anybody lists",
        place: |place| write(place, "l.csv", late()),
        arguments: &["missing", "l.csv", "--kind", "late"],
        code: 0,
        shown: &["104,000 rows behind a later one, by up to 1s"],
        said: &[],
    },
    Case {
        name: "rows that are late by about a cadence",
        place: |place| {
            // The next row is behind by 10.3 s, 10 s or 9 s.
            let late = |n: u32| if n % 20 == 7 { [203, 200, 190][n as usize / 20 % 3] } else { 0 };
            let line = |n: u32| format!("{}.{},{}.5\n", at(10 * n + late(n) / 10), late(n) % 10, n % 7);
            write(place, "l.csv", "ts,v\n".to_string() + &(0..3_000).map(line).collect::<String>());
        },
        arguments: &["missing", "l.csv", "--kind", "late"],
        code: 0,
        shown: &["50 rows behind a later one, by up to 10.3"],
        said: &[],
    },
    Case {
        name: "a counter at the end of what can be counted",
        place: |place| {
            let line = |n: u32| format!("{},9223372036854775807\n", at(10 * n));
            write(place, "m.csv", "ts,seq\n".to_string() + &(0..100).map(line).collect::<String>());
        },
        arguments: &["missing", "m.csv"],
        code: 0,
        shown: &[],
        said: &["`seq` does not count the rows one by one and is not used"],
    },
    Case {
        name: "more tables than are compared by several columns",
        place: |place| {
            for table in 0..42 {
                let line = |n: u32| format!("{},u{n},{}\n", at(60 * n + table), n % 5);
                let rows: String = (0..12).map(line).collect();
                write(place, &format!("t{table:02}.csv"), format!("ts,a{table},b{table}\n{rows}"));
            }
        },
        arguments: &["missing", "."],
        code: 0,
        shown: &[],
        said: &["of 42 tables the first 40 are compared by several columns together, up to t39"],
    },
    Case {
        name: "more keys under names of different things than are looked at",
        place: |place| {
            for (table, thing) in
                ["order", "unit", "user", "device", "batch", "ticket", "part", "site", "job", "lot"].iter().enumerate()
            {
                let rows: String = (0..12).map(|n| format!("{thing}-{n},k\n")).collect();
                write(place, &format!("t{table}.csv"), format!("{thing}_id,v\n{rows}"));
            }
        },
        arguments: &["missing", "."],
        code: 0,
        shown: &[],
        said: &["of 45 pairs of keys under names of different things the first 40 are looked at"],
    },
    Case {
        name: "more changes of numbers than are asked whose they are",
        place: |place| write(place, "c.csv", changed(0) + &changed(1)),
        arguments: &[
            "compare",
            "c.csv",
            "--baseline",
            "2025-03-01 00:00..2025-03-01 05:00",
            "--incident",
            "2025-03-01 05:00..2025-03-01 10:00",
        ],
        code: 0,
        shown: &[r#""column_name":"n9""#],
        said: &["c: of 10 changes of numbers the first 8 are asked whether one name's rows are all of it"],
    },
];

#[test]
fn nothing_is_cut_off_in_silence() {
    hold(CASES);
}
