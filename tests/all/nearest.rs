//! `timeline --limit`: which rows are shown of too many.

use serde_json::Value;

use crate::hostile::write;
use crate::rca::{folder, rows_in, run_in};
use crate::timeline::{origins, texts};

#[test]
fn a_limit_keeps_what_is_nearest_to_errors() {
    let place = folder();
    let line = |n: usize| {
        let (level, text) = match n {
            500 | 700 => ("ERROR", "disk full"),
            600 => ("ERROR", "no route"),
            _ => ("INFO", "ok"),
        };
        format!("2025-03-01 08:{:02}:{:02},000 {level} [a] c.d.E - {text}\n", n / 60, n % 60)
    };
    write(place.path(), "a.log", (0..1000).map(line).collect::<String>());
    let shown = rows_in(place.path(), &["timeline", "a.log", "--limit", "8"]);
    let lines = [499, 500, 501, 502, 600, 601, 602, 701].map(|line| format!("a.log:{line}"));
    assert_eq!(origins(&shown), lines, "the first of a kind before the second");
    let read = run_in(place.path(), &["timeline", "a.log", "--limit", "8", "-f", "markdown"]);
    let text = String::from_utf8(read.stdout).expect("UTF-8");
    let left_out: usize =
        text.lines().filter_map(|line| line.split("… ").nth(1)?.split(" row").next()?.parse::<usize>().ok()).sum();
    assert_eq!(left_out, 992, "{text}");
    let note = String::from_utf8(read.stderr).expect("UTF-8");
    assert!(
        note.contains(
            "8 of 1,000 rows are shown (--limit): those nearest to errors, the first of each kind before others"
        ),
        "{note}"
    );
    let none = run_in(place.path(), &["timeline", "a.log", "--limit", "0", "-f", "csv"]);
    let note = String::from_utf8(none.stderr).expect("UTF-8");
    assert!(note.contains("0 of 1,000 rows are shown") && !note.contains("no event"), "{note}");
    // Without errors and warnings the first ones, in data and for readers alike.
    let calm = rows_in(place.path(), &["timeline", "a.log", "--limit", "2", "--where", "message = 'ok'"]);
    assert_eq!(origins(&calm), ["a.log:1", "a.log:2"]);
}

/// Lines of the rows nearest to errors as the definition says, by asking every row of every error.
fn nearest(kinds: &[Option<usize>], limit: usize) -> Vec<usize> {
    let mut met = std::collections::BTreeMap::new();
    let mut errors = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        if let Some(kind) = kind {
            let before = met.entry(kind).or_insert(0);
            errors.push((at, 2 * *before));
            *before += 1;
        }
    }
    let distance = |at: usize| errors.iter().map(|(error, further)| error.abs_diff(at) + further).min();
    let mut all: Vec<(Option<usize>, bool, usize)> =
        kinds.iter().enumerate().map(|(at, kind)| (distance(at), kind.is_none(), at)).collect();
    all.sort_unstable();
    let mut lines: Vec<usize> = all[..limit].iter().map(|(.., at)| at + 1).collect();
    lines.sort_unstable();
    lines
}

#[test]
fn the_nearest_rows_are_those_that_asking_every_row_gives() {
    let mut seed = 20_250_301_u64;
    let mut next = |below: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    // Rows, one in how many of them an error, kinds of errors, rows of a second.
    for (rows, one_in, kinds_most, per_second) in
        [(400, 50, 3, 1), (900, 4, 2, 30), (1200, 90, 40, 7), (300, 1, 1, 300), (320_000, 20_000, 2, 1)]
    {
        let place = folder();
        let kinds: Vec<Option<usize>> =
            (0..rows).map(|_| (next(one_in) == 0).then(|| next(kinds_most) as usize)).collect();
        let mut log = String::new();
        for (at, kind) in kinds.iter().enumerate() {
            let second = at / per_second;
            let (day, hour, minute, second) = (1 + second / 86_400, second / 3600 % 24, second / 60 % 60, second % 60);
            let (level, text) = match kind {
                Some(kind) => {
                    ("ERROR", format!("failed at {}", ["dock", "belt", "oven", "gate"][kind % 4].repeat(1 + kind / 4)))
                }
                None => ("INFO", "ok".to_string()),
            };
            log.push_str(&format!(
                "2025-03-{day:02} {hour:02}:{minute:02}:{second:02},000 {level} [a] c.d.E - {text}\n"
            ));
        }
        write(place.path(), "a.log", &log);
        let has_few = kinds.iter().filter(|kind| kind.is_some()).count() < 200;
        for limit in [1, 2, 9, 60, 250].into_iter().filter(|limit| has_few || *limit < 100) {
            let shown = rows_in(place.path(), &["timeline", "a.log", "--limit", &limit.to_string()]);
            let lines: Vec<String> = nearest(&kinds, limit).iter().map(|line| format!("a.log:{line}")).collect();
            assert_eq!(origins(&shown), lines, "{limit} of {rows}");
        }
    }
}

#[test]
fn only_events_that_fit_are_counted() {
    let place = folder();
    let mut log = String::new();
    for n in 0..300_000 {
        let (level, said) =
            (["INFO", "WARN", "INFO"][n % 3], ["belt at rest", "oven is hot", "retrying the dock"][n * 7 / 4 % 3]);
        let (hour, minute, second) = (n / 36_000, n / 600 % 60, n / 10 % 60);
        log.push_str(&format!(
            "2025-03-01 {hour:02}:{minute:02}:{second:02},000 {level} [a] c.d.E - {said} of unit {n}\n"
        ));
    }
    write(place.path(), "a.log", &log);
    for asked in [
        &["--grep", "retry.*unit [0-9]*[02468]$"][..],
        &["--grep", "dock", "--where", "contains(message, '7')", "--from", "2025-03-01T01:00"],
        &["--level", "warn", "--where", "NOT contains(message, '1')"],
    ] {
        let all = rows_in(place.path(), &[&["timeline", "a.log"][..], asked].concat()).len();
        let limited = run_in(place.path(), &[&["timeline", "a.log", "--limit", "3", "-f", "csv"][..], asked].concat());
        let note = String::from_utf8(limited.stderr).expect("UTF-8");
        let of = note.split("3 of ").nth(1).and_then(|rest| rest.split(' ').next()).expect("a count").replace(',', "");
        assert_eq!(of, all.to_string(), "{asked:?}: {note}");
    }
}

#[test]
fn rows_of_one_line_and_one_time_are_each_shown_once() {
    let place = folder();
    let row = |n: usize| {
        let level = if n % 10 == 3 { "error" } else { "info" };
        format!(r#"{{"ts": "2025-03-01T08:00:0{}Z", "serial": "SN7", "level": "{level}", "n": {n}}}"#, n / 20)
    };
    write(place.path(), "t.json", format!("[{}]\n", (0..40).map(row).collect::<Vec<_>>().join(", ")));
    let numbers = |more: &[&str]| {
        let found = rows_in(place.path(), &[&["timeline", "t.json"][..], more].concat());
        let message = |row: &Value| row["message"].as_str().expect("a message").to_string();
        let mut messages: Vec<String> = found.iter().map(message).collect();
        messages.sort_unstable();
        let count = messages.len();
        messages.dedup();
        assert_eq!(messages.len(), count, "no row twice: {messages:?}");
        messages
    };
    let all = numbers(&[]);
    assert_eq!(all.len(), 40);
    assert_eq!(numbers(&["--entity", "SN7"]), all);
    assert_eq!(numbers(&["--limit", "40"]), all);
    for limit in ["1", "4", "7", "39"] {
        let some = numbers(&["--limit", limit]);
        assert_eq!(some.len().to_string(), limit);
        assert!(some.iter().all(|message| all.contains(message)));
    }
    let errors = rows_in(place.path(), &["timeline", "t.json", "--limit", "4"]);
    assert!(texts(&errors, "level").contains(&"error"));
}
