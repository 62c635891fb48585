//! What must hold of logs: every byte is in one record, whatever formats are mixed, wherever the file is divided and
//! however it is packed; and a time is the one that was written, whatever the line leaves out of it.

use std::fmt::Write as _;

use proptest::prelude::*;

use super::{both_ways, cases, log, table};
use crate::model::time::{self, DAY, HOUR, MINUTE, SECOND};

/// Lines of many formats, heads and what follows them; `@` is where a word of its own goes.
const LINES: &[&str] = &[
    "2025-03-01 13:10:04,118 WARN  [ingest-3] c.f.Forwarder - @ queue full",
    "java.io.IOException: @ disk full",
    "\tat a.B.c(B.java:@)",
    "Mar  1 13:10:04 gw01 sshd[42]: @ accepted",
    "<11>Mar  1 13:10:05 gw01 kernel: @ link down",
    "192.0.2.7 - - [01/Mar/2025:13:10:04 +0000] \"GET /@ HTTP/1.1\" 503 0",
    "{\"ts\":\"2025-03-01T13:10:04Z\",\"level\":\"error\",\"msg\":\"@\"}",
    "{\"ts\":\"2025-03-01T13:10:04Z\",\"level\":\"error\",\"msg\":\"@",
    "level=warn ts=2025-03-01T13:10:04Z msg=\"@ here\"",
    "web-1  | 2025-03-01 13:10:04,118 INFO  [main] c.f.Main - @ up",
    "\u{1b}[31m2025-03-01 13:10:04\u{1b}[0m ERROR @ red",
    "2025-03-01T13:10:04.118123456Z stdout F @ said",
    "2025-03-01T13:10:04.118123456Z stdout P @ said in",
    "2025-03-01T13:10:04.118123456Z stderr P @ said in",
    "    @ an indented line",
    "@",
    "I0301 13:10:04.118207 42 main.go:7] @ ready",
    "13:10:04.118 @ no date",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(96), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_byte_is_in_one_record(lines in prop::collection::vec(0..LINES.len(), 1..40), ends in "\n|\r\n") {
        let mut text = String::new();
        for (number, index) in lines.iter().enumerate() {
            text.push_str(&LINES[*index].replace('@', &format!("word{number}x")));
            text.push_str(&ends);
        }
        let Some((rows, report)) = both_ways(&log::KNOWN, text.as_bytes(), &[]) else { return Ok(()) };
        for number in 0..lines.len() {
            let word = format!("word{number}x");
            // A line of JSON that names no message is its own message: its fields say it again.
            let holds = |row: &&Vec<Option<String>>| row.iter().flatten().any(|cell| cell.contains(&word));
            prop_assert_eq!(rows.iter().filter(holds).count(), 1, "{} in {}", word, text);
        }
        prop_assert_eq!(report.lost(), 0);
    }

    #[test]
    fn messages_in_pieces_are_whole(
        messages in prop::collection::vec((any::<bool>(), prop::collection::vec("[a-z ]{0,90}", 1..5)), 1..12),
    ) {
        let mut text = String::new();
        let mut truth = Vec::new();
        for (number, (is_error, pieces)) in messages.iter().enumerate() {
            for (at, piece) in pieces.iter().enumerate() {
                let (stream, tag) = (if *is_error { "stderr" } else { "stdout" }, if at + 1 < pieces.len() { 'P' } else { 'F' });
                let before = if at == 0 { format!("m{number} ") } else { String::new() };
                writeln!(text, "2025-03-01T13:10:04.118123456Z {stream} {tag} {before}{piece}.").expect("written");
            }
            truth.push(Some(format!("m{number} {}.", pieces.join("."))));
        }
        let (rows, report) = both_ways(&log::KNOWN, text.as_bytes(), &[]).expect("a log");
        let found: Vec<Option<String>> = rows.iter().map(|row| row[3].clone()).collect();
        prop_assert_eq!(found, truth, "{}", text);
        prop_assert!(report.faults.is_empty(), "{:?}", report.faults);
    }

    #[test]
    fn years_that_lines_do_not_say_are_found(
        start in 0..3_000_i64,
        steps in prop::collection::vec(prop_oneof![
            8 => 0..3 * DAY,
            // Two of these are less than a year: longer ones could be a device that started anew.
            2 => 20 * DAY..170 * DAY,
            // A late line.
            1 => -10 * MINUTE..0,
        ], 1..60),
        after in 0..20 * HOUR,
    ) {
        let mut at = (14_000 + start) * DAY;
        let mut truth = Vec::new();
        let mut text = String::new();
        let mut latest = at;
        for step in steps {
            at += step / SECOND * SECOND;
            latest = latest.max(at);
            let shown = time::rfc3339(at);
            writeln!(text, "{} {} gw01 kernel: eth0 up", day_of(&shown), &shown[11..19]).expect("written");
            truth.push(Some(at.to_string()));
        }
        let folder = tempfile::tempdir().expect("a directory");
        let path = folder.path().join("syslog");
        std::fs::write(&path, &text).expect("written");
        let file = std::fs::File::options().write(true).open(&path).expect("opens");
        let modified = std::time::UNIX_EPOCH + std::time::Duration::from_micros((latest + after) as u64);
        file.set_modified(modified).expect("its time is set");
        drop(file);
        let (rows, _) = super::scan(&table(&log::KNOWN, &path, &[]).expect("a log"));
        let found: Vec<Option<String>> = rows.iter().map(|row| row[0].clone()).collect();
        prop_assert_eq!(found, truth, "{}", text);
    }

    #[test]
    fn lines_that_say_less_of_their_time_are_told_by_those_before_them_in_any_division(
        start in 0..3_000_i64,
        lines in prop::collection::vec((0..10 * HOUR, 0..3_usize), 1..60),
    ) {
        let mut at = (14_000 + start) * DAY;
        let mut truth = vec![Some(at.to_string())];
        let mut text = format!("{} INFO begins\n", time::rfc3339(at));
        for (step, says) in lines {
            at += step / SECOND * SECOND;
            let shown = time::rfc3339(at);
            match says {
                0 => writeln!(text, "{shown} INFO says all"),
                1 => writeln!(text, "{} {} gw01 kernel: says no year", day_of(&shown), &shown[11..19]),
                _ => writeln!(text, "{},001 WARN [main] c.f.Main - says no day", &shown[11..19]),
            }
            .expect("written");
            truth.push(Some((at + i64::from(says == 2) * 1_000).to_string()));
        }
        let (rows, _) = both_ways(&log::KNOWN, text.as_bytes(), &[]).expect("a log");
        let found: Vec<Option<String>> = rows.iter().map(|row| row[0].clone()).collect();
        prop_assert_eq!(found, truth, "{}", text);
    }
}

/// As syslog writes it.
fn day_of(shown: &str) -> String {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = shown[5..7].parse::<usize>().expect("a month") - 1;
    let day: u32 = shown[8..10].parse().expect("a day");
    format!("{} {day:>2}", MONTHS[month])
}
