//! `rca missing` against what was planted: over seeds, every fault is found with its exact figures and nothing else is,
//! and in clean data nothing at all.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::rca::{folder, rows_in, run_in};

/// A generator of its own, so that the cases are the same everywhere (xorshift, Marsaglia 2003).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn between(&mut self, from: u64, to: u64) -> u64 {
        from + self.below(to - from + 1)
    }
}

/// `2025-03-01T…Z` plus so many milliseconds, as the program writes it.
fn stamp(milli: u64) -> String {
    let (days, of_day) = (milli / 86_400_000, milli % 86_400_000);
    // March has days enough for any case here, April follows.
    let (month, day) = if days < 31 { (3, days + 1) } else { (4, days - 30) };
    let (seconds, milli) = (of_day / 1000, of_day % 1000);
    let fraction = if milli == 0 { String::new() } else { format!(".{milli:03}") };
    format!("2025-{month:02}-{day:02}T{:02}:{:02}:{:02}{fraction}Z", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    None,
    /// The producer stops, and its counter waits.
    Silent,
    /// Rows are lost one by one.
    Lost,
    /// A gap in time within which some rows were counted and lost.
    Both,
    /// A silence and, elsewhere, losses.
    Apart,
    /// Rows come twice.
    Twice,
    Ended,
    /// A sensor repeats one value.
    Flat,
    /// A row stands in the file behind later ones.
    Late,
    /// A sensor is stuck while rows of it are lost, and others of them come twice.
    OnTop,
}

const FAULTS: [Fault; 10] = [
    Fault::None,
    Fault::Silent,
    Fault::Lost,
    Fault::Both,
    Fault::Apart,
    Fault::Twice,
    Fault::Ended,
    Fault::Flat,
    Fault::Late,
    Fault::OnTop,
];

/// Kind, series, since, until, missing.
type Truth = BTreeSet<(String, String, String, String, i64)>;

/// The row of a series from which on its sensor is stuck.
const STUCK: u64 = 150;

/// One table of a few series, the first of which has the fault.
fn table(dice: &mut Dice, place: &Path, name: &str) -> Truth {
    let fault = FAULTS[dice.below(FAULTS.len() as u64) as usize];
    let cadence = [200, 1_000, 5_000, 30_000, 60_000, 600_000][dice.below(6) as usize];
    let series = if fault == Fault::Ended { dice.between(2, 5) } else { dice.between(1, 5) };
    let slots = dice.between(240, 400);
    let has_counter = matches!(fault, Fault::Twice | Fault::OnTop) || dice.below(3) > 0;
    // How many rows are due until an end is as exact as the cadence.
    let jitter = if fault == Fault::Ended { 0 } else { cadence / 100 * dice.below(3) };
    let column = format!("unit_{name}");
    let (silent, losing) = (dice.between(60, 90), dice.between(170, 190));
    let length = dice.between(3, 30);
    let mut lines: Vec<(u64, String)> = Vec::new();
    let mut truth = Truth::new();
    for producer in 0..series {
        let is_faulty = producer == 0 && fault != Fault::None;
        let phase = dice.below(cadence);
        let mut number = 0;
        // When, with which number, and whether it arrived.
        let mut sent: Vec<(u64, u64, bool)> = Vec::new();
        for slot in 0..slots {
            let wobble = if jitter == 0 { 0 } else { dice.below(2 * jitter + 1) };
            let at = phase + slot * cadence + wobble;
            let in_silence = (silent..silent + length).contains(&slot);
            let in_losses = (losing..losing + 40).contains(&slot);
            let is_off = match fault {
                Fault::Silent | Fault::Apart => in_silence,
                // Every third was sent all the same.
                Fault::Both => in_silence && slot % 3 != 0,
                Fault::Ended => slot >= slots - 60,
                _ => false,
            };
            if is_faulty && is_off {
                continue;
            }
            number += 1;
            let lost = match fault {
                Fault::Lost | Fault::Apart | Fault::OnTop => in_losses && (slot == losing || dice.below(4) == 0),
                Fault::Both => in_silence,
                _ => false,
            };
            sent.push((at, number, !(is_faulty && lost)));
        }
        // A single series needs no name.
        let label = if series == 1 { String::new() } else { format!("{column}=P{producer}") };
        let arrived: Vec<(u64, u64)> = sent.iter().filter(|row| row.2).map(|row| (row.0, row.1)).collect();
        let numbers = dice.between(3, 6);
        for (index, (at, number)) in arrived.iter().enumerate() {
            let counter = if has_counter { number.to_string() } else { String::new() };
            let is_stuck = is_faulty
                && matches!(fault, Fault::Flat | Fault::OnTop)
                && (STUCK..STUCK + 40).contains(&(index as u64));
            let (whole, part) = if is_stuck { (41, 25) } else { (20 + dice.below(9), dice.below(997)) };
            let line = format!("{},P{producer},{counter},{whole}.{part}", stamp(*at));
            if is_faulty
                && matches!(fault, Fault::Twice | Fault::OnTop)
                && (100..100 + numbers).contains(&(index as u64))
            {
                lines.push((*at, line.clone()));
            }
            lines.push((*at, line));
        }
        if is_faulty {
            let planted = planted(fault, &arrived, cadence, has_counter, &label);
            truth.extend(planted);
            if matches!(fault, Fault::Flat | Fault::OnTop) {
                let (since, until) = (arrived[STUCK as usize].0, arrived[STUCK as usize + 39].0);
                truth.insert(("flatline".into(), label.clone(), stamp(since), stamp(until), 40));
            }
            if matches!(fault, Fault::Twice | Fault::OnTop) {
                truth.insert((
                    "duplicate".into(),
                    label,
                    stamp(arrived[100].0),
                    stamp(arrived[99 + numbers as usize].0),
                    0,
                ));
            }
        }
    }
    lines.sort_by_key(|line| line.0);
    if fault == Fault::Late {
        let own = lines.iter().position(|(_, line)| line.split(',').nth(1) == Some("P0")).expect("rows");
        let late = lines.remove(own + 100 / series as usize * series as usize);
        let at = lines.partition_point(|line| line.0 < late.0 + 12 * cadence);
        let producer = late.1.split(',').nth(1).expect("a producer").to_string();
        let label = if series == 1 { String::new() } else { format!("{column}={producer}") };
        truth.insert(("late".into(), label, stamp(late.0), stamp(late.0), 0));
        lines.insert(at, late);
    }
    let mut text = format!("ts,{column},{},value\n", if has_counter { "seq" } else { "spare" });
    lines.iter().for_each(|(_, line)| {
        let _ = writeln!(text, "{line}");
    });
    if !has_counter {
        // A column that is always empty would be a finding of its own.
        text = text.replace(",spare,", ",").replace(",,", ",");
    }
    fs::write(place.join(format!("{name}.csv")), text).expect("written");
    if fault == Fault::Ended {
        let last = |producer: &str| {
            lines.iter().filter(|(_, line)| line.split(',').nth(1) == Some(producer)).map(|line| line.0).max()
        };
        let own = last("P0").expect("rows");
        let end = lines.last().expect("rows").0;
        truth.insert((
            "ended".into(),
            format!("{column}=P0"),
            stamp(own),
            stamp(end),
            ((end - own + cadence / 10) / cadence) as i64,
        ));
    }
    truth
}

/// What the rows that arrived show, if one knows the cadence: gaps, and holes in the numbers.
fn planted(fault: Fault, arrived: &[(u64, u64)], cadence: u64, has_counter: bool, label: &str) -> Truth {
    let mut truth = Truth::new();
    // All that is planted in one place lies within sixty cadences.
    let mut gaps: Vec<(u64, u64, i64)> = Vec::new();
    let mut holes: Vec<(u64, u64, i64)> = Vec::new();
    for pair in arrived.windows(2) {
        let ((from, before), (to, after)) = (pair[0], pair[1]);
        let due = ((to - from) as f64 / cadence as f64).round() as i64 - 1;
        let hole = if has_counter { (after - before) as i64 - 1 } else { 0 };
        if hole > 0 {
            holes.push((from, to, hole));
        }
        if due > 0 && (due - hole) as f64 > 0.1 * due as f64 {
            gaps.push((from, to, due - hole));
        }
    }
    for (kind, found) in [("time_gap", gaps), ("sequence_gap", holes)] {
        let mut clusters: Vec<(u64, u64, i64)> = Vec::new();
        for (from, to, missing) in found {
            match clusters.last_mut() {
                Some(last) if from - last.1 <= 60 * cadence => *last = (last.0, to, last.2 + missing),
                _ => clusters.push((from, to, missing)),
            }
        }
        for (from, to, missing) in clusters {
            truth.insert((kind.into(), label.into(), stamp(from), stamp(to), missing));
        }
    }
    assert!(fault != Fault::Silent || truth.len() == 1, "one silence is one gap: {truth:?}");
    truth
}

fn text(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_default().to_string()
}

#[test]
fn over_seeds_every_fault_is_found_and_nothing_else() {
    // Ten tables at once: each has a name of its own for its series, so that none tells of another.
    const RUNS: u64 = 20;
    const TABLES: u64 = 10;
    let seeds: u64 = std::env::var("RCA_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
    let mut kinds = BTreeSet::new();
    for run in 0..RUNS * seeds {
        let place = folder();
        let mut dice = Dice(0x9E37_79B9_7F4A_7C15 ^ (run + 1).wrapping_mul(0x2545_F491_4F6C_DD1D));
        let names: Vec<String> = (0..TABLES).map(|index| format!("t{index}")).collect();
        let mut planted: BTreeSet<(String, String, String, String, String, i64)> = BTreeSet::new();
        for name in &names {
            for (kind, series, since, until, missing) in table(&mut dice, place.path(), name) {
                kinds.insert(kind.clone());
                planted.insert((name.clone(), kind, series, since, until, missing));
            }
        }
        let files: Vec<String> = names.iter().map(|name| format!("{name}.csv")).collect();
        let arguments: Vec<&str> = std::iter::once("missing").chain(files.iter().map(String::as_str)).collect();
        let rows = rows_in(place.path(), &arguments);
        let found: BTreeSet<_> = rows
            .iter()
            .map(|row| {
                let missing = row["missing"].as_i64().expect("a count");
                (
                    text(row, "source"),
                    text(row, "kind"),
                    text(row, "series"),
                    text(row, "since"),
                    text(row, "until"),
                    missing,
                )
            })
            .collect();
        let missed: Vec<_> = planted.difference(&found).collect();
        let invented: Vec<_> = found.difference(&planted).collect();
        assert!(missed.is_empty() && invented.is_empty(), "run {run}: missed {missed:#?}, invented {invented:#?}");
        // The SQL of a finding shows its number.
        for row in rows.iter().filter(|row| ["time_gap", "sequence_gap"].contains(&text(row, "kind").as_str())).take(2)
        {
            let sql = text(row, "sql");
            let shown = rows_in(place.path(), &[&["query", sql.as_str()][..], &arguments[1..]].concat());
            let sum: f64 = shown.iter().filter_map(|row| row["missing"].as_f64()).sum();
            assert_eq!(sum as i64, row["missing"].as_i64().expect("a count"), "{sql}");
        }
    }
    assert_eq!(kinds.len(), 6, "all kinds were planted: {kinds:?}");
}

fn nothing_in(name: &str, csv: &str) {
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv"]);
    assert!(found.is_empty(), "{name}: {found:#?}");
}

#[test]
fn in_clean_data_nothing_is_found() {
    let mut dice = Dice(42);
    let mut value = || 20.0 + (dice.below(1000) as f64) / 97.0;
    let mut series = |times: &[u64]| {
        times.iter().fold("ts,value\n".to_string(), |text, at| text + &format!("{},{:.3}\n", stamp(*at), value()))
    };
    let minute = 60_000;
    let hour = 60 * minute;
    let day = 24 * hour;
    let mut wobble = Dice(7);
    let jittered: Vec<u64> = (0..800).map(|n| n * 10_000 + wobble.below(6_001)).collect();
    nothing_in("a jitter of 30 %", &series(&jittered));
    for share in [50, 150, 400, 700, 760] {
        let mut at = 0;
        let times: Vec<u64> = (0..800)
            .map(|n| {
                at += if n < share { 30_000 } else { 10_000 };
                at
            })
            .collect();
        nothing_in("sampling that changes once", &series(&times));
    }
    let mut at = 0;
    let slower: Vec<u64> = (0..500)
        .map(|n| {
            at += if n < 450 { 10 * minute } else { 30 * minute };
            at
        })
        .collect();
    nothing_in("sampling that becomes slower", &series(&slower));
    let nights_off: Vec<u64> =
        (0..20 * 24 * 60).map(|n| n * minute).filter(|at| (9 * hour..17 * hour).contains(&(at % day))).collect();
    nothing_in("nights off", &series(&nights_off));
    // The first of March 2025 is a Saturday.
    let business: Vec<u64> = nights_off.iter().copied().filter(|at| !matches!(at / day % 7, 0 | 1)).collect();
    nothing_in("business hours", &series(&business));
    let months = (0..60).fold("month,value\n".to_string(), |text, n| {
        text + &format!("{}-{:02}-01,{}\n", 2020 + n / 12, n % 12 + 1, n * 7 % 13)
    });
    nothing_in("months", &months);
    let berlin = (0..400_u64).fold("ts,value\n".to_string(), |text, n| {
        // Over the end of March, when Berlin goes from +01:00 to +02:00.
        let at = 22 * day + n * hour;
        let is_summer = at >= 29 * day + hour;
        let local = stamp(at + if is_summer { 2 * hour } else { hour }).replace('Z', "");
        text + &format!("{local}{},{}\n", if is_summer { "+02:00" } else { "+01:00" }, n % 17)
    });
    nothing_in("daylight saving", &berlin);
    let people: Vec<u64> = {
        let mut at = 0;
        (0..500)
            .map(|_| {
                at += wobble.between(1_000, 90_000);
                at
            })
            .collect()
    };
    nothing_in("people", &series(&people));
}

#[test]
fn finding_nothing_says_what_was_looked_at() {
    let place = folder();
    let csv = (0..100_u64)
        .fold("ts,seq,value\n".to_string(), |text, n| text + &format!("{},{n},{}\n", stamp(n * 30_000), n % 7));
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let output = run_in(place.path(), &["missing", "t.csv", "-f", "csv"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(
        said.contains("t: 1 series, 100 rows, cadence 30s as found, no gap over 45s, no hole in the sequence"),
        "{said}"
    );
}

#[test]
fn a_blank_number_is_a_row_and_no_hole() {
    let place = folder();
    let csv = (0..60_u64).filter(|n| *n != 40).fold("ts,seq,value\n".to_string(), |text, n| {
        let number = if n == 20 { String::new() } else { n.to_string() };
        text + &format!("{},{number},{}.5\n", stamp(n * 30_000), n % 7)
    });
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv", "--kind", "sequence_gap"]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((found[0]["since"].as_str(), found[0]["missing"].as_i64()), (Some("2025-03-01T00:19:30Z"), Some(1)));
}

#[test]
fn a_counter_that_series_share_counts_them_together() {
    let place = folder();
    let mut number = 0;
    let csv = (0..200_u64).fold("ts,station,seq,value\n".to_string(), |mut text, n| {
        for (station, phase) in [("A", 0), ("B", 7_000)] {
            // B is silent for forty rows; three rows are lost elsewhere.
            if station == "B" && (100..140).contains(&n) {
                continue;
            }
            number += 1;
            if !(station == "A" && (20..23).contains(&n)) {
                text.push_str(&format!("{},{station},{number},{}.5\n", stamp(n * 30_000 + phase), n * 13 % 7));
            }
        }
        text
    });
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv"]);
    let told: Vec<_> = found
        .iter()
        .map(|row| (text(row, "kind"), text(row, "series"), row["missing"].as_i64().expect("a count")))
        .collect();
    assert_eq!(told.len(), 2, "{found:#?}");
    assert!(told.contains(&("time_gap".into(), "station=B".into(), 40)), "{told:?}");
    assert!(told.contains(&("time_gap".into(), "station=A".into(), 3)), "{told:?}");
    let of = |series: &str| text(found.iter().find(|row| row["series"] == series).expect("found"), "detail");
    assert!(
        of("station=A").contains("cause: lost on the way (likely: the numbers of these rows are missing too"),
        "{found:#?}"
    );
    assert!(
        of("station=B").contains("cause: the producer was silent (likely: sequence numbers go on without a hole"),
        "{found:#?}"
    );
}

#[test]
fn a_counter_is_known_by_how_it_counts_and_copies_by_their_values() {
    let place = folder();
    let line = |n: u64| format!("{},{n},{}.5\n", stamp(n * 30_000), n * 13 % 7);
    let csv = (0..100).filter(|n| *n != 50).fold("ts,msg_no,value\n".to_string(), |text, n| text + &line(n));
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv"]);
    assert_eq!(
        (found.len(), text(&found[0], "kind").as_str(), text(&found[0], "column_name").as_str()),
        (1, "sequence_gap", "msg_no")
    );
    let csv = (0..100_u64).fold("ts,value\n".to_string(), |text, n| {
        let line = format!("{},{}.5\n", stamp(n * 30_000), n * 13 % 7);
        text + &line + if (40..45).contains(&n) { &line } else { "" }
    });
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv"]);
    assert_eq!((found.len(), text(&found[0], "kind").as_str()), (1, "duplicate"), "{found:?}");
    assert!(text(&found[0], "detail").starts_with("5 rows equal in every value"), "{found:?}");
}

#[test]
fn pauses_do_not_hide_outages() {
    let place = folder();
    let minute = 60_000;
    let (hour, day) = (60 * minute, 24 * 60 * minute);
    let write = |times: Vec<u64>| {
        let text = times
            .iter()
            .fold("ts,value\n".to_string(), |text, at| text + &format!("{},{}.5\n", stamp(*at), at / minute * 7 % 13));
        fs::write(place.path().join("t.csv"), text).expect("written");
        rows_in(place.path(), &["missing", "t.csv", "--kind", "time_gap"])
    };
    let open = |at: &u64| (6 * hour..22 * hour).contains(&(at % day));
    let nights: Vec<u64> = (0..20 * 24 * 12).map(|n| n * 5 * minute).filter(open).collect();
    // Three whole days are gone, and an hour of another.
    let found = write(
        nights
            .iter()
            .copied()
            .filter(|at| !(8..11).contains(&(at / day)) && !(15 * day + 9 * hour..15 * day + 10 * hour).contains(at))
            .collect(),
    );
    let told: Vec<_> = found.iter().map(|row| (text(row, "since"), text(row, "until"))).collect();
    let gap = |from: u64, to: u64| (stamp(from), stamp(to));
    // What lies between nights.
    let lost = |number: u64| gap(number * day + 6 * hour, (number + 1) * day - 2 * hour - 5 * minute);
    let one = gap(15 * day + 9 * hour - 5 * minute, 15 * day + 10 * hour);
    let days = (lost(8).0, lost(10).1);
    assert_eq!(told, [days, one], "{found:#?}");
    assert_eq!(found[0]["missing"], 3 * 16 * 12);
    // An outage at the same hour of three days of seven is none of the usual.
    let found = write(
        (0..7 * 24 * 12)
            .map(|n| n * 5 * minute)
            .filter(|at| !([1, 3, 5].contains(&(at / day)) && (10 * hour..12 * hour).contains(&(at % day))))
            .collect(),
    );
    assert_eq!(found.iter().filter_map(|row| row["missing"].as_i64()).sum::<i64>(), 72, "{found:#?}");
}

#[test]
fn series_that_fall_silent_together_are_one_finding_with_what_they_share() {
    let place = folder();
    let mut csv = String::from("ts,station,value\n");
    let mut stations = String::from("ts,station,gateway\n");
    for station in 0..8_u64 {
        stations.push_str(&format!("{},S{station},{}\n", stamp(station), if station < 5 { "GW-A" } else { "GW-B" }));
        for n in 0..200_u64 {
            let is_silent = station >= 5 && (80..120).contains(&n);
            if !is_silent {
                csv.push_str(&format!("{},S{station},{}.{n}\n", stamp(n * 60_000 + station * 100), n * 31 % 17));
            }
        }
    }
    fs::write(place.path().join("t.csv"), csv).expect("written");
    fs::write(place.path().join("lines.csv"), stations).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv", "lines.csv", "--kind", "time_gap"]);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((text(&found[0], "series").as_str(), found[0]["missing"].as_i64()), ("station=S5,S6,S7", Some(120)));
    let detail = text(&found[0], "detail");
    assert!(detail.contains("over the same time in all 3 series of gateway (lines) GW-B, and no other"), "{detail}");
    let sql = text(&found[0], "sql");
    let shown = rows_in(place.path(), &["query", &sql, "t.csv", "lines.csv"]);
    assert_eq!(shown.iter().filter_map(|row| row["missing"].as_i64()).sum::<i64>(), 120, "{sql}");
}

#[test]
fn where_nulls_are_is_told() {
    let place = folder();
    let csv = (0..600_u64).fold("ts,station,note,value\n".to_string(), |text, n| {
        let station = n % 3;
        // Station 2 has none from the middle on; notes are blank here and there.
        let value = if station == 2 && n >= 300 { String::new() } else { format!("{}.5", n * 13 % 11) };
        let note = if n * 7_919 % 10 == 3 { "" } else { "x" };
        text + &format!("{},S{station},{note},{value}\n", stamp(n * 61_000 + n * n % 977))
    });
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let found = rows_in(place.path(), &["missing", "t.csv", "--kind", "null_rate"]);
    let detail = |column: &str| {
        let row =
            found.iter().find(|row| row["column_name"] == column).unwrap_or_else(|| panic!("{column}: {found:?}"));
        (text(row, "detail"), row["missing"].as_i64().expect("a count"))
    };
    let (value, count) = detail("value");
    assert_eq!(count, 100);
    // The first row of the station from then on, of which the share is told.
    let told = "on in 100.0 % of the rows of station=S2, before in none";
    assert!(value.contains("T05:07:02.") && value.contains(told), "{value}");
    assert!(value.contains("depends on station=S2: 50.0 % there, 0.0 % elsewhere"), "{value}");
    let (note, count) = detail("note");
    assert_eq!(count, 60);
    assert!(note.ends_with("; the other column of few values does not tell where, nor does the time"), "{note}");
}

#[test]
fn entities_are_traced_through_their_stages() {
    let place = folder();
    let (mut built, mut tested, mut shipped) =
        (String::from("ts,serial,line\n"), String::from("ts,sn\n"), String::from("ts,serial_no\n"));
    for n in 0..40_u64 {
        built.push_str(&format!("{},SN{n:03},{}\n", stamp(n * 60_000), if n % 2 == 0 { "L1" } else { "L2" }));
        // Two are lost, one is skipped, one comes late, one twice.
        if n != 7 && n != 9 && n != 11 {
            let delay = if n == 20 { 3_600_000 } else { 300_000 + n % 3 * 1_000 };
            tested.push_str(&format!("{},SN{n:03}\n", stamp(n * 60_000 + delay)));
        }
        if n == 21 {
            tested.push_str(&format!("{},SN{n:03}\n", stamp(n * 60_000 + 330_000)));
        }
        if n != 7 && n != 9 {
            shipped.push_str(&format!("{},SN{n:03}\n", stamp(n * 60_000 + 9_000_000)));
        }
    }
    for (name, text) in [("built", built), ("tested", tested), ("shipped", shipped)] {
        fs::write(place.path().join(format!("{name}.csv")), text).expect("written");
    }
    let trace = |more: &[&str]| {
        rows_in(place.path(), &[&["trace", "shipped.csv", "built.csv", "tested.csv"][..], more].concat())
    };
    let told = |row: &Value| {
        let number = |key: &str| row[key].as_i64().expect("a count");
        (text(row, "stage"), text(row, "part"), number("entered"), number("passed"), number("lost"))
    };
    let all: Vec<_> = trace(&[]).iter().map(told).collect();
    let expected = [("built", 40, 40, 0), ("tested", 40, 37, 3), ("shipped", 38, 38, 0)];
    assert_eq!(
        all,
        expected.map(|(stage, entered, passed, lost)| (stage.into(), String::new(), entered, passed, lost))
    );
    let by: Vec<_> = trace(&["--by", "line"]).iter().map(told).collect();
    assert_eq!(by[2], ("tested".into(), "L2".into(), 20, 17, 3), "all odd numbers are of one line");
    let states =
        |entity: &str| -> Vec<String> { trace(&["--entity", entity]).iter().map(|row| text(row, "state")).collect() };
    assert_eq!(states("SN007"), ["passed", "lost", "not_reached"]);
    assert_eq!(states("SN011"), ["passed", "skipped", "passed"]);
    assert_eq!(states("SN020"), ["passed", "late", "passed"]);
    assert_eq!(states("SN021"), ["passed", "passed", "duplicated", "passed"]);
    let output = run_in(place.path(), &["trace", "shipped.csv", "built.csv", "tested.csv", "-f", "csv"]);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(said.contains("stages by serial, in the order of their times: built, tested, shipped"), "{said}");
    assert!(said.contains("tested: 1 of the lost skipped it and are in a later stage"), "{said}");
    assert!(said.contains("1 late, after more than") && said.contains("1 more than once"), "{said}");
}
