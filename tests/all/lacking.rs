//! What rows lack for a time or in one place, what lacks nothing though it is empty, and what repeats itself: each is told
//! where and since when it is, or is none.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, write};

fn at(minute: usize) -> String {
    format!("2025-07-{:02}T{:02}:{:02}:00Z", 1 + minute / 1_440, minute / 60 % 24, minute % 60)
}

/// Pumps with a row every ten minutes, whose value is as `of` says of a pump and a row.
fn pumps(place: &Path, of: impl Fn(usize, usize) -> String) {
    let mut rows = "ts,pump,flow\n".to_string();
    for n in 0..600 {
        for (pump, name) in ["a", "b", "c", "d", "e"].iter().enumerate() {
            writeln!(rows, "{},{name},{}", at(10 * n), of(pump, n)).expect("text");
        }
    }
    write(place, "pump.csv", rows);
}

fn wave(pump: usize, n: usize) -> f64 {
    40.0 + (n * 37 % 101) as f64 / 10.0 + pump as f64
}

fn unless(is: bool, pump: usize, n: usize) -> String {
    if is { String::new() } else { wave(pump, n).to_string() }
}

fn two_spells(place: &Path) {
    pumps(place, |pump, n| {
        unless(pump == 1 && (50..110).contains(&n) || pump == 4 && (300..380).contains(&n), pump, n)
    });
}

fn to_the_end(place: &Path) {
    pumps(place, |pump, n| unless(pump == 3 && n >= 500, pump, n));
}

/// One in a hundred lacks it everywhere, and one pump all of it for a time.
fn noisy(place: &Path) {
    pumps(place, |pump, n| unless((5 * n + pump) % 97 == 0 || pump == 2 && (200..300).contains(&n), pump, n));
}

/// Half of all for a time, and every fifth of one pump at all times.
fn outage_and_leak(place: &Path) {
    pumps(place, |pump, n| unless((200..300).contains(&n) && n % 2 == 0 || pump == 0 && n % 5 == 0, pump, n));
}

fn log(place: &Path, name: &str, day: usize, fields: impl Fn(usize) -> String) {
    let mut lines = String::new();
    for n in 0..200 {
        let text = ["step started", "step done", "checkout done"][n % 3];
        let at = at((day - 1) * 1_440 + 7 * n);
        writeln!(
            lines,
            r#"{{"time":"{at}","level":"info","logger":"l{}","msg":"{text}","build":"b-{n}"{}}}"#,
            n % 4,
            fields(n)
        )
        .expect("text");
    }
    write(place, &format!("logs/{name}"), lines);
}

/// A log a day, of which one has lost a field and has another that was tried for that day.
fn days(place: &Path) {
    for day in 1..=7 {
        let fields =
            |n: usize| if day == 4 { r#","retry":1"#.to_string() } else { format!(r#","trace_id":"t{day}{n}""#) };
        log(place, &format!("ci-2025-07-{day:02}.jsonl"), day, fields);
    }
}

/// Files of two writers at the same time, of which one file lacks what the others of its writer have.
fn two_writers(place: &Path) {
    for part in 1..=3 {
        log(place, &format!("scan-{part}.jsonl"), part, |n| {
            let weight = if part == 2 { String::new() } else { format!(r#","weight":{}"#, 200 + n) };
            format!(r#","tray":"T{}"{weight}"#, n % 5)
        });
        log(place, &format!("belt-{part}.jsonl"), part, |n| format!(r#","speed":{}"#, n % 9));
    }
}

/// Picks with an error's code and text, which are empty of each that went well; the text as a database has it.
fn picks(place: &Path) {
    let mut sql = "CREATE TABLE picks (ts TEXT, arm TEXT, result TEXT, error_text TEXT);\n".to_string();
    for n in 0..400 {
        let (result, text) = if n % 25 == 0 { ("FAIL", "grip lost") } else { ("OK", "") };
        writeln!(sql, "INSERT INTO picks VALUES ('{}', 'A{}', '{result}', '{text}');", at(n), n % 3).expect("text");
    }
    write(place, "picks.sql", sql);
}

/// Robots whose errors are few, or none.
fn robots(place: &Path) {
    let mut rows = "ts,robot,err,return_code,lidar\n".to_string();
    for n in 0..900 {
        let code = if n % 30 == 0 { "17" } else { "" };
        writeln!(rows, "{},R{},,{code},{}", at(n / 3), n % 3, wave(n % 3, n)).expect("text");
    }
    write(place, "fleet.csv", rows);
}

/// Sensors: one is stuck and says so, one drops to 0 four times, one of whole numbers is stuck, one cannot measure.
fn sensors(place: &Path) {
    let mut rows = "ts,bed,temp,rate,oxygen,quality\n".to_string();
    for n in 0..2_000_usize {
        for bed in 0..5 {
            let (mut temp, mut rate, mut oxygen, mut quality) =
                (wave(bed, n), 60 + (n * 31 + bed * 7) % 29, 94 + (n * n % 101 + n / 7) % 6, "GOOD");
            if bed == 1 && (700..900).contains(&n) {
                (temp, quality) = (41.37, "STALE");
            }
            if bed == 2 && n % 500 >= 478 {
                temp = 0.0;
            }
            if bed == 3 && (1_200..1_360).contains(&n) {
                rate = 72;
            }
            if bed == 4 && (300..330).contains(&n) {
                oxygen = 127;
            }
            writeln!(rows, "{},B{bed},{temp},{rate},{oxygen},{quality}", at(n)).expect("text");
        }
    }
    write(place, "vitals.csv", rows);
}

const CASES: &[Case] = &[
    Case {
        name: "two spells in two series",
        place: two_spells,
        arguments: &["missing", "pump.csv"],
        code: 0,
        shown: &[
            r#""series":"pump=b","column_name":"flow","since":"2025-07-01T08:20:00Z","until":"2025-07-01T18:10:00Z""#,
            r#""expected":60,"observed":0,"missing":60"#,
            r#""series":"pump=e","column_name":"flow","since":"2025-07-03T02:00:00Z","until":"2025-07-03T15:10:00Z""#,
            r#""expected":80,"observed":0,"missing":80"#,
        ],
        said: &[],
    },
    Case {
        name: "a spell that lasts to the end",
        place: to_the_end,
        arguments: &["missing", "pump.csv"],
        code: 0,
        shown: &[
            r#""series":"pump=d""#,
            r#""expected":100,"observed":0,"missing":100"#,
            "from 2025-07-04T11:20:00Z on in 100.0 % of the rows of pump=d, before in none",
        ],
        said: &[],
    },
    Case {
        name: "a spell of one series where all lack some",
        place: noisy,
        arguments: &["missing", "pump.csv"],
        code: 0,
        shown: &["of pump=c from about 2025-07-02T09:20:00Z to about 2025-07-03T02:00:00Z in 100.0 % of the rows"],
        said: &[],
    },
    Case {
        name: "a field that one day lost and one that it tried",
        place: days,
        arguments: &["missing", "logs"],
        code: 0,
        shown: &[
            r#""column_name":"trace_id""#,
            r#""missing":200"#,
            "from 2025-07-04T00:00:00Z to 2025-07-04T23:13:00Z",
        ],
        said: &["in each of their lines, are no finding: retry"],
    },
    Case {
        name: "a spell within the files that could have it",
        place: two_writers,
        arguments: &["missing", "logs"],
        code: 0,
        shown: &[
            r#""expected":200,"observed":0,"missing":200"#,
            "null in 200 of 200 lines of logs/scan-2.jsonl; from 2025-07-02T00:00:00Z to 2025-07-02T23:13:00Z in 100.0 % of the rows, else in none",
        ],
        said: &[],
    },
    Case {
        name: "an outage of all beside what one lacks most of",
        place: outage_and_leak,
        arguments: &["missing", "pump.csv"],
        code: 0,
        shown: &[r#""detail":"null; from about 2025-07-02T"#, "depends on pump=a"],
        said: &[],
    },
    Case {
        name: "an empty text that another column explains",
        place: picks,
        arguments: &["missing", "picks.sql"],
        code: 0,
        shown: &[],
        said: &["nulls that another column explains are no finding: error_text by result"],
    },
    Case {
        name: "errors that there are none of",
        place: robots,
        arguments: &["missing", "fleet.csv"],
        code: 0,
        shown: &[],
        said: &["columns of what went wrong that are empty in all rows are no finding: err", "no finding: return_code"],
    },
    Case {
        name: "sensors that are stuck, drop out, and cannot measure",
        place: sensors,
        arguments: &["missing", "--series", "bed", "vitals.csv"],
        code: 0,
        shown: &[
            "the value 41.37 200 times in a row, where 1 in a row is usual at most (quality = STALE in these rows)",
            "the value 0 22 times in a row",
            "the value 72 161 times in a row",
            "the value '127' stands for none",
        ],
        said: &[],
    },
];

#[test]
fn what_is_lacking_is_told_with_its_place() {
    hold(CASES);
}
