//! Evidence that misleads whoever looks for what is missing: rows without a time or with an infinite one, levels that look
//! like series, counters that roll over in an outage, windows that begin in one; and notes of what was not looked for.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

/// `2025-03-01T…Z` plus so many seconds.
fn stamp(second: u64) -> String {
    let (day, of_day) = (second / 86_400 + 1, second % 86_400);
    format!("2025-03-{day:02}T{:02}:{:02}:{:02}Z", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

fn write(place: &Path, name: &str, header: &str, lines: impl Iterator<Item = String>) {
    let text: String = std::iter::once(header.to_string()).chain(lines).map(|line| line + "\n").collect();
    fs::write(place.join(name), text).expect("written");
}

fn missing(place: &Path, more: &[&str]) -> Vec<Value> {
    rows_in(place, &[&["missing"], more].concat())
}

/// What is said on standard error.
fn said(place: &Path, more: &[&str]) -> String {
    let output = run_in(place, &[&["missing", "-f", "csv"], more].concat());
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(output.status.success(), "{said}");
    said
}

fn told(rows: &[Value]) -> Vec<(&str, i64)> {
    rows.iter().map(|row| (row["kind"].as_str().expect("a kind"), row["missing"].as_i64().expect("a count"))).collect()
}

/// The rows that a finding's SQL shows.
fn shown(place: &Path, finding: &Value, files: &[&str]) -> Vec<Value> {
    rows_in(place, &[&["query", finding["sql"].as_str().expect("SQL")], files].concat())
}

fn sum(rows: &[Value]) -> i64 {
    rows.iter().filter_map(|row| row["missing"].as_f64()).sum::<f64>() as i64
}

#[test]
fn a_row_of_a_clock_that_was_not_set_hides_no_gap_and_makes_none() {
    let place = folder();
    let rows = |odd: &str| {
        let row = |n: u64| format!("{},ST{}", stamp(n / 5 * 60), n % 5);
        let kept = (0..10_000).filter(|n| n % 5 != 3 || !(500..560).contains(&(n / 5)));
        kept.map(row).chain([odd.to_string()].into_iter().filter(|odd| !odd.is_empty())).collect::<Vec<_>>()
    };
    for (odd, far) in [
        ("", ""),
        ("2019-05-05T00:00:00Z,ST3", "1 row is of 2019-05-05T00:00:00Z, 2127d before all others"),
        ("2031-05-05T00:00:00Z,ST3", "1 row is of 2031-05-05T00:00:00Z"),
    ] {
        write(place.path(), "t.csv", "ts,station", rows(odd).into_iter());
        let found = missing(place.path(), &["t.csv"]);
        assert_eq!(told(&found), [("time_gap", 60)], "{odd}");
        assert_eq!(sum(&shown(place.path(), &found[0], &["t.csv"])), 60, "{odd}");
        let said = said(place.path(), &["t.csv"]);
        assert!(said.contains(far), "{odd}: {said}");
        assert_eq!(said.contains("all others"), !far.is_empty(), "{odd}: {said}");
    }
    // Of events without a cadence.
    let events = |odd: &str| {
        let mut at = 0;
        let rows = (0..20_000_u64).map(|n| {
            at += 1 + n * n * 7919 % 37;
            (at, n)
        });
        let kept: Vec<String> = rows
            .filter(|(at, _)| !(150_000..165_000).contains(at))
            .map(|(at, n)| format!("{},{n}.5", stamp(at)))
            .collect();
        kept.into_iter().chain([odd.to_string()].into_iter().filter(|odd| !odd.is_empty())).collect::<Vec<_>>()
    };
    let mut of_each = Vec::new();
    for odd in ["", "2019-05-05T00:00:00Z,7.5"] {
        write(place.path(), "e.csv", "ts,v", events(odd).into_iter());
        let found = missing(place.path(), &["e.csv", "--kind", "volume_drop"]);
        assert_eq!(found.len(), 1, "{odd}");
        of_each.push(told(&found)[0].1);
    }
    assert_eq!(of_each[0], of_each[1]);
}

#[test]
fn an_infinite_time_is_no_moment() {
    let place = folder();
    let rows = |more: &str| {
        let own: String = (0..60).map(|n| format!("{n}\t{}\n", stamp(n * 3600).replace('T', " "))).collect();
        own + more
    };
    for (name, rows) in [
        ("few", "1\t2025-03-01 00:00:00+00\n2\tinfinity\n3\t2025-03-02 00:00:00+00\n".to_string()),
        ("many", rows("70\tinfinity\n71\t-infinity\n")),
    ] {
        let text = format!(
            "--\n-- PostgreSQL database dump\n--\n\nCREATE TABLE public.lease (\n    id integer,\n    \
             valid_until timestamp with time zone\n);\n\nCOPY public.lease (id, valid_until) FROM stdin;\n{rows}\\.\n\n\
             --\n-- PostgreSQL database dump complete\n--\n"
        );
        fs::write(place.path().join(format!("{name}.sql")), text).expect("written");
        let found = missing(place.path(), &[&format!("{name}.sql")]);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_level_is_no_series() {
    let place = folder();
    let line = |n: u64| {
        let (level, code) = if n % 10 == 3 { ("ERROR", "E12") } else { ("INFO", "I00") };
        format!("{},{level},{code},{}.5", stamp(n), n * 7 % 11)
    };
    write(place.path(), "t.csv", "ts,level,code,value", (0..250).map(line));
    assert_eq!(told(&missing(place.path(), &["t.csv"])), []);
    let notes = said(place.path(), &["t.csv"]);
    assert!(notes.contains("t: 1 series, 250 rows, cadence 1s as found, no gap over 1.5s"), "{notes}");
}

#[test]
fn a_number_that_came_without_a_time_is_not_missing() {
    let place = folder();
    let line = |n: u64| {
        let time = if (100..110).contains(&n) { String::new() } else { stamp(n * 10) };
        format!("{time},{n},{}.5", n * 7 % 11)
    };
    write(place.path(), "all.csv", "ts,seq,v", (0..300).map(line));
    assert_eq!(told(&missing(place.path(), &["all.csv"])), [("null_rate", 10)]);
    let notes = said(place.path(), &["all.csv"]);
    assert!(notes.contains("all: 10 numbers would be missing that rows without a time have"), "{notes}");
    assert!(!notes.contains("no gap over") && notes.contains("no hole in the sequence"), "{notes}");
    write(place.path(), "some.csv", "ts,seq,v", (0..300).filter(|n| !(104..107).contains(n)).map(line));
    for window in [&["some.csv"][..], &["some.csv", "--from", "2025-03-01"]] {
        let found = missing(place.path(), &[window, &["--kind", "sequence_gap"]].concat());
        assert_eq!(told(&found), [("sequence_gap", 3)], "{found:#?}");
        assert_eq!(sum(&shown(place.path(), &found[0], &["some.csv"])), 3, "{found:#?}");
    }
    // After a new beginning nobody knows which of two numbers it is.
    let anew = |n: u64| line(n).replacen(&format!(",{n},"), &format!(",{},", if n < 200 { n } else { n - 200 }), 1);
    write(place.path(), "anew.csv", "ts,seq,v", (0..400).map(anew));
    let found = missing(place.path(), &["anew.csv", "--kind", "sequence_gap"]);
    assert_eq!((told(&found), sum(&shown(place.path(), &found[0], &["anew.csv"]))), (vec![("sequence_gap", 10)], 10));
    let notes = said(place.path(), &["anew.csv"]);
    assert!(notes.contains("anew: 10 rows without a time may be among those that are missing"), "{notes}");
}

#[test]
fn copies_are_counted_as_their_sql_shows_them() {
    let place = folder();
    let twice = |n: u64| {
        let time = if n == 8 { String::new() } else { stamp(n * 60) };
        let again = usize::from(n == 8 || n == 30) + 1;
        std::iter::repeat_n((time, n), again)
    };
    write(place.path(), "d.csv", "ts,seq", (0..60).flat_map(twice).map(|(time, n)| format!("{time},{n}")));
    write(place.path(), "v.csv", "ts,v", (0..60).flat_map(twice).map(|(time, n)| format!("{time},{}.5", n * 7 % 11)));
    for file in ["d.csv", "v.csv"] {
        let found = missing(place.path(), &[file, "--kind", "duplicate"]);
        assert!(
            found.len() == 1 && found[0]["detail"].as_str().is_some_and(|text| text.starts_with("1 row ")),
            "{found:#?}"
        );
        assert_eq!(shown(place.path(), &found[0], &[file]).len(), 1, "{found:#?}");
    }
}

#[test]
fn what_was_not_looked_for_or_is_left_out_is_not_denied() {
    let place = folder();
    let lacking = (0..300).filter(|n| !(100..110).contains(n) && *n != 120);
    write(place.path(), "t.csv", "ts,seq,v", lacking.map(|n| format!("{},{n},{}.5", stamp(n * 10), n * 7 % 11)));
    for more in [&["--kind", "late"][..], &["--kind", "time_gap"], &["--min-share", "0.9"]] {
        let notes = said(place.path(), &[&["t.csv"], more].concat());
        assert!(notes.contains("cadence 10s as found") && !notes.contains(", no "), "{more:?}: {notes}");
    }
    let silent = (0..300).filter(|n| !(100..110).contains(n)).zip(0..);
    write(place.path(), "s.csv", "ts,seq,v", silent.map(|(n, q)| format!("{},{q},{}.5", stamp(n * 10), n * 7 % 11)));
    let notes = said(place.path(), &["s.csv", "--kind", "sequence_gap"]);
    assert!(!notes.contains("no gap over") && notes.contains(", no hole in the sequence"), "{notes}");
}

#[test]
fn tables_without_a_time_are_named() {
    let place = folder();
    write(place.path(), "u.csv", "unit,v", (0..30).map(|n| format!("u{n},{n}.5")));
    let note = "note: no gaps in time or in sequence from tables without a time: u\n";
    assert!(said(place.path(), &["u.csv"]).contains(note));
    assert!(!said(place.path(), &["u.csv", "--kind", "null_rate"]).contains(note));
}

#[test]
fn a_counter_that_rolls_over_in_an_outage_lost_what_was_due() {
    let place = folder();
    // The longer loss is of nearly all numbers, when it is known already at how many it rolls over.
    for (lost, missing) in [(250..300, 51), (1_144..1_364, 221)] {
        let rows = (0..2_500_u64).filter(|n| !lost.contains(n) && *n != 700);
        write(place.path(), "w.csv", "ts,seq", rows.map(|n| format!("{},{}", stamp(n * 10), n % 256)));
        let found = self::missing(place.path(), &["w.csv"]);
        assert!(found.iter().all(|row| row["kind"] == "sequence_gap"), "{found:#?}");
        assert_eq!(sum(&found), missing, "{found:#?}");
        for finding in &found {
            assert_eq!(sum(&shown(place.path(), finding, &["w.csv"])), finding["missing"].as_i64().expect("a count"));
        }
    }
}

#[test]
fn a_window_that_begins_in_an_outage_lacks_the_rows_due_in_it() {
    let place = folder();
    let line = |n: u64, station: &str, number: u64| format!("{},{station},{number}", stamp(n * 10));
    let lost = |n: u64| {
        let a = (!(400..410).contains(&n)).then(|| line(n, "A", n));
        a.into_iter().chain([line(n, "B", n)])
    };
    write(place.path(), "lost.csv", "ts,station,seq", (0..600).flat_map(lost));
    let silent = |n: u64| {
        let a = (!(400..410).contains(&n)).then(|| line(n, "A", if n < 400 { n } else { n - 10 }));
        a.into_iter().chain([line(n, "B", n)])
    };
    write(place.path(), "silent.csv", "ts,station,seq", (0..600).flat_map(silent));
    for (file, cause) in [("lost.csv", "lost on the way"), ("silent.csv", "the producer was silent")] {
        let found = missing(place.path(), &[file, "--from", "2025-03-01T01:07:00Z"]);
        assert_eq!(told(&found), [("time_gap", 8)], "{found:#?}");
        assert_eq!((&found[0]["series"], &found[0]["since"]), (&"station=A".into(), &"2025-03-01T01:07:00Z".into()));
        let detail = found[0]["detail"].as_str().expect("a text");
        assert!(detail.contains("the last one is 30s before it") && detail.contains(cause), "{detail}");
        assert_eq!(sum(&shown(place.path(), &found[0], &[file])), 8, "{found:#?}");
        let notes = said(place.path(), &[file, "--from", "2025-03-01T01:07:00Z"]);
        assert_eq!(notes.contains("no hole in the sequence"), file == "silent.csv", "{notes}");
    }
    // A series that begins in the window had nothing to lose.
    let begins = |n: u64| (n > 410).then(|| line(n, "A", n)).into_iter().chain([line(n, "B", n)]);
    write(place.path(), "begins.csv", "ts,station,seq", (0..600).flat_map(begins));
    let found = missing(place.path(), &["begins.csv", "--from", "2025-03-01T01:07:00Z"]);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_cadence_is_the_step_that_nearly_all_are() {
    let place = folder();
    // Noon in Berlin, on either side of the end of March.
    let line = |n: u64| {
        let (month, day) = if n < 31 { (3, n + 1) } else { (4, n - 30) };
        format!("2025-{month:02}-{day:02} 12:00:00,{}.5", n * 7 % 11)
    };
    write(place.path(), "d.csv", "ts,v", (0..60).map(line));
    let notes = said(place.path(), &["d.csv", "--timezone", "Europe/Berlin"]);
    assert!(notes.contains("60 rows, cadence 1d as found, no gap over 1d12h"), "{notes}");
}

#[test]
fn what_is_null_in_all_rows_is_explained_by_no_other_column() {
    let place = folder();
    let level = |n: u64| if n.is_multiple_of(12) { "" } else { ["info", "warn", "error"][n as usize % 3] };
    write(
        place.path(),
        "t.csv",
        "ts,station,level,humidity,once",
        (0..400).map(|n| format!("{},S{},{},,{}", stamp(n), n % 4, level(n), if n == 7 { "x" } else { "" })),
    );
    let nulls = missing(place.path(), &["t.csv", "--kind", "null_rate"]);
    let of = |column: &str| nulls.iter().find(|row| row["column_name"] == column).expect("a finding");
    let told = |column: &str| (of(column)["expected"].as_i64(), of(column)["missing"].as_i64());
    assert_eq!((told("humidity"), &of("humidity")["detail"]), ((Some(400), Some(400)), &"null in all rows".into()));
    assert_eq!(told("level"), (Some(400), Some(34)));
    let notes = said(place.path(), &["t.csv"]);
    assert!(!notes.contains("nulls that another column explains"), "{notes}");
    // Fields that only the format of a log has are not missing in it.
    let line = |n: u64| {
        format!(
            "10.0.0.{} - - [01/Mar/2025:{} +0000] \"GET /a{n} HTTP/1.1\" 200 {} \"-\" \"curl\"",
            n % 9,
            &stamp(n)[11..19],
            n % 50
        )
    };
    write(place.path(), "access.log", &line(0), (1..200).map(line));
    for more in [&[][..], &["--from", "2025-03-01T00:01:00Z"]] {
        let found = missing(place.path(), &[&["access.log", "--kind", "null_rate"], more].concat());
        assert!(found.is_empty(), "{found:#?}");
        let notes = said(place.path(), &[&["access.log", "--kind", "null_rate"], more].concat());
        assert!(!notes.contains("nulls that another column explains"), "{notes}");
    }
}

#[test]
fn a_hint_names_the_columns_that_may_divide_a_table() {
    let place = folder();
    // Beats, and what is said besides of some.
    let beat = |n: u64| {
        let of = |host: u64| {
            let chat = n * (host + 3) % 10 < 3;
            let rows = [Some(n * 30 + host * n % 3), chat.then(|| n * 30 + 4 + n * host * host % 19)];
            rows.into_iter().flatten().map(move |at| format!("{},h{host},{}", stamp(at), at % 11))
        };
        (1..4).filter(|host| *host != 2 || !(100..120).contains(&n)).flat_map(of).collect::<Vec<_>>()
    };
    write(place.path(), "hb.csv", "ts,host,value", (0..400).flat_map(beat));
    let notes = said(place.path(), &["hb.csv"]);
    let hint =
        "hb; if rows are due at one, say it with --every, and what tells its series apart with --series: hb has host";
    assert!(notes.contains(hint), "{notes}");
    let notes = said(place.path(), &["hb.csv", "--every", "30s"]);
    assert!(notes.contains("hb is looked at as one series: --series divides it, maybe by host"), "{notes}");
    let found = missing(place.path(), &["hb.csv", "--every", "30s", "--series", "host", "--kind", "time_gap"]);
    assert!(found.iter().any(|row| row["series"] == "host=h2" && row["missing"].as_i64() > Some(17)), "{found:#?}");
}
