//! Lists of codes that nothing but their shape tells, codes that stand in messages alone, and levels that are none.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, write};

/// Jobs of printers: faults with a hint, and what all others say.
fn printers(place: &Path) {
    let mut events = "ts\tprinter\tfault\thint\n".to_string();
    for n in 0..600 {
        let (fault, hint) = match n % 20 {
            0 => ("E05", ["fuser too hot", "network share unreachable", "door open"][n / 20 % 3]),
            1 => ("E01", "paper jam in tray"),
            2 => ("E77", "belt worn out"),
            3 => ("E02", "toner is empty"),
            _ => ("", "job printed"),
        };
        writeln!(events, "2025-04-10T{:02}:{:02}:00Z\tPRN-{}\t{fault}\t{hint}", n / 60, n % 60, n % 7).expect("text");
    }
    write(place, "events.csv", events);
    write(place, "faults.csv", "fault;bedeutung\nE01;Papierstau\nE02;Toner\nE05;sonstiges\nE42;Klappe offen\n");
}

/// Turbines, whose codes only what `--code` says tells.
fn turbines(place: &Path) {
    let mut events = "Zeit;Anlage;Fehlercode;Meldung\n".to_string();
    for n in 0..400 {
        let (code, text) = match n % 10 {
            0 => (101, "Pitch steht"),
            1 => (102, "Netz weg"),
            2 if n % 20 == 2 => (177, "Azimut laut"),
            _ => (0, ""),
        };
        writeln!(events, "2025-01-10 {:02}:{:02}:00;WEA{};{code};{text}", n / 60, n % 60, n % 5).expect("text");
    }
    write(place, "events.csv", events);
    let list = "Fehlercode;Bezeichnung\n101;Pitch\n102;Netz\n103;Bremse\n104;Getriebe\n150;Blitz\n";
    write(place, "codes.csv", list);
}

/// A log whose messages begin with codes, and their list.
fn matches(place: &Path) {
    let mut log = String::new();
    for n in 0..300 {
        let (level, text) = match n % 10 {
            0 => ("ERROR", format!("MM-101: queue {n} is full")),
            1 => (
                "ERROR",
                ["MM-999: host refused join", "MM-999: table unreadable", "MM-999: clock is ahead"][n / 10 % 3].into(),
            ),
            2 if n < 100 => ("ERROR", "MM-204: party split".into()),
            _ => ("INFO", format!("matched {n} players")),
        };
        writeln!(log, "15/01/2025 {:02}:{:02}:00,000 {level} [mm-2] {text}", n / 60, n % 60).expect("text");
    }
    write(place, "mm.log", log);
    write(place, "book.csv", "error,meaning\nMM-101,queue full\nMM-102,bad token\nMM-999,other\n");
}

/// Players of levels, with the level of each line beside.
fn players(place: &Path) {
    let mut lines = String::new();
    for n in 0..200 {
        let (severity, text) = if n % 20 == 0 { ("error", "match server crashed") } else { ("info", "tick late") };
        let (at, level) = (format!("2025-09-01T{:02}:{:02}:00Z", n / 60, n % 60), 1 + n * 7 % 60);
        writeln!(lines, r#"{{"ts":"{at}","level":{level},"severity":"{severity}","msg":"{text}"}}"#).expect("text");
    }
    write(place, "game.json", lines);
}

/// Levels of tanks, which are none of messages.
fn tanks(place: &Path) {
    let mut rows = "ts,tank,level,temp\n".to_string();
    for n in 0..200 {
        writeln!(rows, "2025-09-01T{:02}:{:02}:00Z,T{},{},21.5", n / 60, n % 60, n % 4, 10 * (1 + n % 6))
            .expect("text");
    }
    write(place, "water.csv", rows);
    write(place, "app.log", "2025-09-01 00:00:00 ERROR pump lost\n2025-09-01 00:00:01 INFO pump back\n");
}

/// Events as objects with their text within.
fn events(place: &Path) {
    let mut lines = String::new();
    for n in 0..200 {
        let (level, text) = match n % 20 {
            0 => ("error", "certificate expired"),
            1 => ("error", "quota exceeded"),
            _ => ("info", "flush done"),
        };
        let at = format!("2025-09-01T{:02}:{:02}:00Z", n / 60, n % 60);
        writeln!(lines, r#"{{"@timestamp":"{at}","log":{{"level":"{level}"}},"event":{{"text":"{text}","seq":{n}}}}}"#)
            .expect("text");
    }
    write(place, "app.jsonl", lines);
}

const CASES: &[Case] = &[
    Case {
        name: "a list of codes whose descriptions are called in another language",
        place: printers,
        arguments: &["errors", "events.csv", "faults.csv"],
        code: 0,
        shown: &[
            r#""code":"E05","description":"sonstiges","count":30"#,
            r#""code":"E77","description":null,"count":30"#,
        ],
        said: &["codes are described by faults"],
    },
    Case {
        name: "what such a list lacks, and a code of three failures beside a filler",
        place: printers,
        arguments: &["errors", "--audit", "events.csv", "faults.csv"],
        code: 0,
        shown: &[
            r#""fault":"undocumented","code":"E77","count":30"#,
            r#""fault":"never_seen","code":"E42""#,
            r#""code":"E05","count":30,"share":0.25,"templates":3"#,
        ],
        said: &["events.hint is taken for its text"],
    },
    Case {
        name: "a list of codes in the column that is said",
        place: turbines,
        arguments: &["errors", "--audit", "--code", "Fehlercode", "events.csv", "codes.csv"],
        code: 0,
        shown: &[r#""fault":"undocumented","code":"177","count":20"#, r#""fault":"never_seen","code":"150""#],
        said: &["codes are described by codes"],
    },
    Case {
        name: "codes that stand in messages alone, with those that their list lacks",
        place: matches,
        arguments: &["errors", "--audit", "mm.log", "book.csv"],
        code: 0,
        shown: &[
            r#""code":"MM-999","count":30"#,
            r#""fault":"undocumented","code":"MM-204","count":10"#,
            r#""fault":"never_seen","code":"MM-102""#,
        ],
        said: &["codes of book are taken from mm.message, where they stand as words"],
    },
    Case {
        name: "no code at all",
        place: matches,
        arguments: &["errors", "--audit", "mm.log"],
        code: 0,
        shown: &[],
        said: &["No error has a code that is known, so nothing of codes could be looked at"],
    },
    Case {
        name: "a number that is the level of a player, beside the level of the line",
        place: players,
        arguments: &["errors", "game.json"],
        code: 0,
        shown: &[r#""count":10,"share":1"#, "match server crashed"],
        said: &[],
    },
    Case {
        name: "a number that is the level of a tank",
        place: tanks,
        arguments: &["errors", "water.csv", "app.log"],
        code: 0,
        shown: &[r#""count":1,"share":1"#, "pump lost"],
        said: &[],
    },
    Case {
        name: "a message within an object",
        place: events,
        arguments: &["errors", "app.jsonl"],
        code: 0,
        shown: &["certificate expired", "quota exceeded"],
        said: &[],
    },
];

#[test]
fn codes_are_told_by_what_they_are() {
    hold(CASES);
}
