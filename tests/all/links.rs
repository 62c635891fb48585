//! On which link of the way rows were lost: what tables that have the same series tell of it, in any order, and what they
//! cannot tell.

use std::fs;
use std::path::Path;

use crate::rca::{folder, rows_in, run_in};

/// Rows of two stations, one each ten seconds from 2025-03-01 on.
#[derive(Clone, Copy)]
struct Log {
    /// How much later than in the first table, in milliseconds.
    late: u64,
    /// Rows of station A that are not there.
    lacks: (u64, u64),
    /// At how many the counter rolls over.
    modulus: u64,
    /// From which row of station A on the counter begins anew.
    anew: u64,
    /// Rows, and what is added to all numbers.
    rows: u64,
    adds: u64,
}

const WHOLE: Log = Log { late: 0, lacks: (0, 0), modulus: u64::MAX, anew: u64::MAX, rows: 600, adds: 0 };
const LACKING: Log = Log { late: 80, lacks: (400, 410), ..WHOLE };

impl Log {
    fn write(self, place: &Path, name: &str) {
        self.write_as(place, name, true);
    }

    fn write_as(self, place: &Path, name: &str, is_counted: bool) {
        let mut text = if is_counted { "ts,station,seq\n" } else { "ts,station\n" }.to_string();
        for n in 0..self.rows {
            for station in ["A", "B"] {
                if station == "A" && (self.lacks.0..self.lacks.1).contains(&n) {
                    continue;
                }
                let own = if station == "A" && n >= self.anew { n - self.anew } else { n };
                let (second, number) = (n * 10, (own + self.adds) % self.modulus);
                let clock = format!("{:02}:{:02}:{:02}.{:03}", second / 3600, second / 60 % 60, second % 60, self.late);
                let number = if is_counted { format!(",{number}") } else { String::new() };
                text.push_str(&format!("2025-03-01T{clock}Z,{station}{number}\n"));
            }
        }
        fs::write(place.join(format!("{name}.csv")), text).expect("written");
    }
}

/// The cause and its reasons, of each table with a finding.
fn causes(place: &Path, files: &[&str]) -> Vec<(String, String)> {
    let rows = rows_in(place, &[&["missing"], files].concat());
    let cause = |row: &serde_json::Value| {
        assert_eq!(row["missing"], 10, "{row}");
        let detail = row["detail"].as_str().expect("a text");
        let cause = detail.split_once("cause: ").expect("a cause").1;
        (row["source"].as_str().expect("a name").to_string(), cause.to_string())
    };
    rows.iter().map(cause).collect()
}

fn assert_begins(told: &[(String, String)], expected: &[(&str, &str)]) {
    assert_eq!(told.len(), expected.len(), "{told:#?}");
    for ((source, cause), (name, begin)) in told.iter().zip(expected) {
        assert!(source == name && cause.starts_with(begin), "{told:#?} for {name}: {begin}");
    }
}

#[test]
fn the_order_of_sources_changes_nothing_and_a_table_that_has_them_proves_they_were_sent() {
    for is_counted in [true, false] {
        let place = folder();
        WHOLE.write_as(place.path(), "sent", is_counted);
        Log { late: 40, ..LACKING }.write_as(place.path(), "gate", is_counted);
        LACKING.write_as(place.path(), "recv", is_counted);
        let files = ["sent.csv", "gate.csv", "recv.csv"];
        let asked = |order: [usize; 3]| {
            let output =
                run_in(place.path(), &["missing", files[order[0]], files[order[1]], files[order[2]], "-f", "json"]);
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let answers = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]].map(asked);
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        let told = causes(place.path(), &files);
        assert_begins(&told, &[("gate", "lost between sent and gate ("), ("recv", "lost between sent and gate (")]);
        // By the clock of the first the row that ends the gap lies in it too.
        let reason = if is_counted {
            "sent has all 10 of them; gate lacks them too"
        } else {
            "sent has 11 rows in that time; gate has no row in that time either"
        };
        assert!(told[1].1.contains(reason), "{told:#?}");
    }
}

#[test]
fn some_are_lost_on_one_link_and_the_rest_on_the_next() {
    let place = folder();
    WHOLE.write(place.path(), "sent");
    Log { late: 40, lacks: (400, 404), ..WHOLE }.write(place.path(), "gate");
    LACKING.write(place.path(), "recv");
    let found = rows_in(place.path(), &["missing", "recv.csv", "gate.csv", "sent.csv"]);
    let detail = |at: usize| found[at]["detail"].as_str().expect("a text");
    let cause = "cause: lost between sent and gate, and between gate and recv (very likely: sent has all 10 of them; \
                 gate has 6 of the 10";
    assert!(detail(0).contains(cause), "{found:#?}");
    assert!(detail(1).contains("cause: lost between sent and gate (very likely: sent has all 4"), "{found:#?}");
}

#[test]
fn numbers_of_before_a_roll_over_or_a_new_beginning_are_others() {
    for peculiar in [Log { modulus: 256, ..WHOLE }, Log { anew: 300, ..WHOLE }] {
        let place = folder();
        let lacking = Log { late: 80, lacks: (400, 410), ..peculiar };
        peculiar.write(place.path(), "sent");
        lacking.write(place.path(), "recv");
        let told = causes(place.path(), &["sent.csv", "recv.csv"]);
        assert_begins(&told, &[("recv", "lost between sent and recv (very likely: sent has all 10 of them")]);
        Log { late: 0, ..lacking }.write(place.path(), "sent");
        let told = causes(place.path(), &["sent.csv", "recv.csv"]);
        let (before, both) = ("lost before sent, or never sent (likely: ", [("recv", "sent"), ("sent", "recv")]);
        let expected = both.map(|(own, other)| (own, format!("{before}{other} lacks them too")));
        assert_begins(&told, &expected.each_ref().map(|(own, begin)| (*own, begin.as_str())));
    }
}

#[test]
fn a_log_that_does_not_cover_the_time_tells_nothing() {
    let short = Log { rows: 300, ..WHOLE };
    for (is_counted, sent) in [(true, short), (false, short), (true, Log { adds: 100_000, ..WHOLE })] {
        let place = folder();
        sent.write_as(place.path(), "sent", is_counted);
        LACKING.write_as(place.path(), "recv", is_counted);
        let told = causes(place.path(), &["recv.csv", "sent.csv"]);
        let alone = if is_counted { "lost on the way" } else { "the producer was silent, or its rows were lost" };
        assert_begins(&told, &[("recv", &format!("{alone} (possible: in 1 of 2 series; refuted"))]);
    }
}

#[test]
fn what_another_table_has_is_counted_over_the_whole_time_and_before_the_first_row() {
    let place = folder();
    for late in [200_u64, 3_600_200] {
        let (mut sender, mut telemetry) = (String::from("ts,device,seq\n"), String::from("ts,device,seq,value\n"));
        let stamp = |millis: u64| {
            let (second, rest) = (millis / 1000, millis % 1000);
            format!("2025-03-01T{:02}:{:02}:{:02}.{rest:03}Z", second / 3600, second / 60 % 60, second % 60)
        };
        for n in 0..400_u64 {
            for (at, device) in ["a1", "b2", "c3"].into_iter().enumerate() {
                let millis = n * 30_000 + at as u64 * 1000;
                sender.push_str(&format!("{},{device},{n}\n", stamp(millis)));
                if device == "b2" && n >= 360 || device == "c3" && n < 40 {
                    continue;
                }
                telemetry.push_str(&format!("{},{device},{n},{}\n", stamp(millis + late), n * 37 % 11));
            }
        }
        for (name, text) in [("sender", sender), ("telemetry", telemetry)] {
            fs::write(place.path().join(format!("{name}.csv")), text).expect("written");
        }
        let files = ["telemetry.csv", "sender.csv"];
        let found = rows_in(place.path(), &[&["missing"], &files[..]].concat());
        let of =
            |kind: &str| found.iter().find(|row| row["kind"] == kind).unwrap_or_else(|| panic!("{kind}: {found:#?}"));
        let begin = of("sequence_gap");
        assert_eq!(
            (&begin["table_name"], &begin["series"], &begin["missing"]),
            (&"telemetry".into(), &"device=c3".into(), &40.into())
        );
        let detail = begin["detail"].as_str().expect("a text");
        assert!(detail.starts_with("begins with 40: sender has 40 numbers before it, from 0 on"), "{detail}");
        assert!(detail.contains("; cause: lost between sender and telemetry (likely: "), "{detail}");
        let sql = begin["sql"].as_str().expect("SQL");
        assert_eq!(rows_in(place.path(), &[&["query", sql], &files[..]].concat())[0]["missing"], 40);
        let notes = run_in(place.path(), &[&["missing", "-f", "csv"], &files[..]].concat()).stderr;
        let notes = String::from_utf8(notes).expect("text");
        let looked_at = notes.lines().find(|line| line.starts_with("note: telemetry: 3 series")).expect("a note");
        assert!(!looked_at.contains("no hole in the sequence"), "{looked_at}");
        let ended = of("ended");
        assert_eq!((&ended["series"], &ended["missing"]), (&"device=b2".into(), &40.into()));
        let text = |key: &str| ended[key].as_str().expect("a time").to_string();
        let within = format!(
            "SELECT count(*) AS n FROM sender WHERE device = 'b2' AND ts > '{}' AND ts < '{}'",
            text("since"),
            text("until")
        );
        let rows = &rows_in(place.path(), &["query", &within, "sender.csv"])[0]["n"];
        if late < 1000 {
            assert!(text("detail").contains(&format!("sender has {rows} rows in that time")), "{rows}: {ended}");
        }
    }
}

#[test]
fn a_series_that_begins_when_the_table_does_had_nothing_to_lose() {
    let place = folder();
    WHOLE.write(place.path(), "agent");
    // The file begins in the middle, with a number or two of one series more.
    let text = fs::read_to_string(place.path().join("agent.csv")).expect("read");
    for skipped in [300, 301, 305] {
        let late = text.lines().take(1).chain(text.lines().skip(1 + skipped)).collect::<Vec<_>>().join("\n");
        fs::write(place.path().join("store.csv"), late + "\n").expect("written");
        let found = rows_in(place.path(), &["missing", "agent.csv", "store.csv"]);
        assert!(found.is_empty(), "{skipped}: {found:#?}");
    }
}

/// Rows of a sender and of who takes them six hours later and numbers them as they arrive: those `lost` are in no
/// receiver's, those `unsent` in nobody's.
fn write_sent_and_taken(place: &Path, lost: std::ops::Range<u64>, unsent: std::ops::Range<u64>) {
    let (mut sent, mut taken, mut number) = ("ts,frame_id\n".to_string(), "taken_at,frame_id,entry\n".to_string(), 0);
    let clock =
        |minute: u64| format!("2025-03-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60);
    for n in (0..900).filter(|n| !unsent.contains(n)) {
        sent.push_str(&format!("{},F{n:05}\n", clock(2 * n)));
        if !lost.contains(&n) {
            number += 1;
            taken.push_str(&format!("{},F{n:05},{number}\n", clock(2 * n + 360)));
        }
    }
    fs::write(place.join("frames.csv"), sent).expect("written");
    fs::write(place.join("reduced.csv"), taken).expect("written");
}

#[test]
fn rows_that_the_sender_has_by_their_keys_were_lost_whatever_the_clocks_say() {
    let place = folder();
    write_sent_and_taken(place.path(), 400..410, 0..0);
    let gaps = |arguments: &[&str]| {
        let found = rows_in(place.path(), &[&["missing", "reduced.csv", "frames.csv"], arguments].concat());
        let gap = |row: &&serde_json::Value| row["kind"] == "time_gap";
        found.iter().filter(gap).map(|row| (row["source"].clone(), row["detail"].clone())).collect::<Vec<_>>()
    };
    let told = gaps(&[]);
    let cause = "cause: lost between frames and reduced (very likely: frames has 10 rows between those around it whose keys \
                 are not here; sequence numbers go on without a hole, as those do that rows are given where they arrive";
    assert!(told.len() == 1 && told[0].1.as_str().is_some_and(|detail| detail.contains(cause)), "{told:#?}");
    // Whatever else is looked for.
    assert_eq!(gaps(&["--kind", "time_gap"]), told);

    write_sent_and_taken(place.path(), 700..710, 400..410);
    let told = gaps(&[]);
    let detail = |at: usize| told[at].1.as_str().expect("a text");
    assert_eq!(told.len(), 3, "{told:#?}");
    let lost: Vec<bool> = (0..3).map(|at| detail(at).contains("lost between frames and reduced")).collect();
    assert_eq!(lost.iter().filter(|lost| **lost).count(), 1, "{told:#?}");
    assert!((0..3).all(|at| lost[at] || detail(at).contains("cause: the producer was silent")), "{told:#?}");
}
