//! `rca missing` where rows waver: what is lost is counted to the row, and what only came late, in bursts or by night is
//! no loss. The evidence is made here, from numbers that look random, so that what is true of it is known.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::kinds::shows;
use crate::rca::{folder, rows_in, run_in};

/// Numbers from 0 to 1 that look random.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Waits of this mean length, as of calls and customers.
    fn wait(&mut self, mean: f64) -> f64 {
        -mean * (1.0 - self.next()).ln()
    }
}

/// Seconds since Monday the third of March 2025.
fn stamp(seconds: f64) -> String {
    let milli = (seconds * 1000.0).round() as u64;
    let (days, of_day) = (milli / 86_400_000, milli % 86_400_000);
    let (seconds, milli) = (of_day / 1000, of_day % 1000);
    format!("2025-03-{:02}T{:02}:{:02}:{:02}.{milli:03}Z", days + 3, seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What `missing` finds of rows, each with a label, and what it says: kind, series, rows that are missing.
fn found(rows: &mut [(f64, String)]) -> (Vec<(String, String, i64)>, String) {
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut noise = Noise(42);
    let mut csv = String::from("ts,source,value\n");
    for (at, label) in rows {
        let _ = writeln!(csv, "{},{label},{:.4}", stamp(*at), noise.next());
    }
    let place = folder();
    fs::write(place.path().join("t.csv"), csv).expect("written");
    let findings = rows_in(place.path(), &["missing", "t.csv"]);
    for finding in &findings {
        shows(finding, &rows_in(place.path(), &["query", finding["sql"].as_str().expect("SQL"), "t.csv"]));
    }
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_string();
    let one = |finding: &Value| {
        (text(finding, "kind"), text(finding, "series"), finding["missing"].as_i64().expect("a count"))
    };
    let said = String::from_utf8(run_in(place.path(), &["missing", "t.csv"]).stderr).expect("UTF-8");
    (findings.iter().map(one).collect(), said)
}

fn labelled(times: Vec<f64>) -> Vec<(f64, String)> {
    times.into_iter().map(|at| (at, "a".to_string())).collect()
}

#[test]
fn losses_on_a_grid_are_counted_to_the_row_however_it_wavers() {
    for waver in [0.0, 0.1, 0.2, 0.3] {
        for share in [0.0, 0.01, 0.05, if waver > 0.0 { 0.06 } else { 0.1 }] {
            let mut noise = Noise(7);
            let mut lost = 0;
            let mut times = Vec::new();
            for n in 0..1200 {
                let at = f64::from(n) * 60.0 + 60.0 * waver * noise.next();
                if (5..1195).contains(&n) && noise.next() < share {
                    lost += 1;
                } else {
                    times.push(at);
                }
            }
            let (found, said) = found(&mut labelled(times));
            let missing: i64 = found.iter().map(|one| one.2).sum();
            assert_eq!(missing, lost, "wavers by {waver}, {share} lost: {said}");
            assert!(found.iter().all(|one| one.0 == "time_gap"), "{found:?}");
        }
    }
}

#[test]
fn sensors_that_sleep_in_a_loop_are_series_and_an_outage_of_one_is_found() {
    let mut rows = Vec::new();
    for sensor in 0..6 {
        let mut noise = Noise(100 + sensor);
        let mut at = 30.0 * noise.next();
        while at < 43_200.0 {
            if sensor != 2 || !(20_000.0..20_420.0).contains(&at) {
                rows.push((at, format!("s{sensor}")));
            }
            at += 30.0 * (0.9 + 0.2 * noise.next());
        }
    }
    let (found, said) = found(&mut rows);
    assert_eq!(found.len(), 1, "{found:?} {said}");
    assert_eq!((found[0].0.as_str(), found[0].1.as_str()), ("time_gap", "source=s2"));
    assert!((13..=14).contains(&found[0].2), "{found:?}");
}

#[test]
fn rows_that_come_late_are_not_missing() {
    let mut noise = Noise(3);
    let times = (0..3000)
        .map(|n| f64::from(n) * 30.0 + if noise.next() < 0.02 { 26.0 * noise.next() } else { 0.5 * noise.next() });
    let (found, said) = found(&mut labelled(times.collect()));
    assert_eq!(found, [], "{said}");
    // No silence is denied that there is: the longest is of a row that came late.
    let longest = said.split("no gap over ").nth(1).and_then(|rest| rest.split(['s', '\n', ';', ',']).next());
    assert!(longest.and_then(|longest| longest.parse::<f64>().ok()).is_some_and(|longest| longest > 50.0), "{said}");
}

#[test]
fn where_a_single_loss_may_pass_unseen_it_is_said() {
    let mut noise = Noise(9);
    let times = (0..1500).map(|n| f64::from(n) * 60.0 + 48.0 * noise.next()).collect();
    let (_, said) = found(&mut labelled(times));
    assert!(said.contains("where rows waver so far that what is missing in less than"), "{said}");
    let (_, said) = found(&mut labelled((0..1500).map(|n| f64::from(n) * 60.0).collect()));
    assert!(!said.contains("waver"), "{said}");
}

#[test]
fn silences_between_bursts_are_no_gaps_and_it_is_said() {
    let mut noise = Noise(11);
    let (mut times, mut at) = (Vec::new(), 0.0);
    while times.len() < 1500 {
        for _ in 0..1 + noise.wait(12.0) as usize {
            at += 5.0 + 0.2 * noise.next();
            times.push(at);
        }
        at += 10.0 + noise.wait(120.0);
    }
    let (found, said) = found(&mut labelled(times));
    assert_eq!(found, [], "{said}");
    assert!(said.contains("its rows come in bursts, every 5."), "{said}");
}

/// Events of a fortnight at this rate an hour, by day and hour.
fn events(rate: impl Fn(usize, usize) -> f64) -> Vec<f64> {
    let mut noise = Noise(5);
    let mut times = Vec::new();
    for hour in 0..14 * 24 {
        let own = rate(hour / 24, hour % 24);
        let mut at = noise.wait(3600.0 / own);
        while at < 3600.0 {
            times.push(hour as f64 * 3600.0 + at);
            at += noise.wait(3600.0 / own);
        }
    }
    times
}

#[test]
fn nights_and_weekends_of_events_are_no_drop_and_an_outage_by_day_is_one() {
    let office = |day: usize, hour: usize| match hour {
        _ if day % 7 >= 5 => 4.0,
        8..18 => 180.0,
        _ => 3.0,
    };
    let (all, said) = found(&mut labelled(events(office)));
    assert_eq!(all, [], "{said}");
    // Forty minutes of the second Tuesday.
    let outage = 8.0 * 86_400.0 + 39_000.0..8.0 * 86_400.0 + 41_400.0;
    let mut times = events(office);
    let before = times.len();
    times.retain(|at| !outage.contains(at));
    let lost = (before - times.len()) as f64;
    let (all, said) = found(&mut labelled(times));
    assert_eq!(all.len(), 1, "{all:?} {said}");
    assert_eq!(all[0].0, "volume_drop");
    assert!((all[0].2 as f64 - lost).abs() < 0.25 * lost, "{} of {lost}", all[0].2);
}

#[test]
fn a_shift_that_is_lost_beside_a_weekend_counts_alone() {
    let mut rows = Vec::new();
    for station in 0..3 {
        for minute in 0..14 * 1440 {
            let (day, of_day) = (minute / 1440, minute % 1440);
            let works = day % 7 < 5 && (360..1320).contains(&of_day);
            // The late shift of the first Friday at one of them.
            if works && !(station == 1 && day == 4 && of_day >= 840) {
                rows.push((f64::from(minute) * 60.0, format!("st{station}")));
            }
        }
    }
    let (found, said) = found(&mut rows);
    assert_eq!(found, [("time_gap".to_string(), "source=st1".to_string(), 480)], "{said}");
    assert!(said.contains("weekends are no gaps"), "{said}");
}
