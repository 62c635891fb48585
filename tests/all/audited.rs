//! Codes, lists of codes and texts beside them that are called otherwise than usual, and clocks that were put or were not:
//! what is told of them, and what is said where nothing can be told.

use std::fmt::Write as _;
use std::path::Path;

use crate::hostile::{Case, hold, rows, run, said, write};
use crate::rca::folder;

/// Runs of jobs, some of which end with numbers of their own, and one of which is killed.
fn runs(place: &Path) {
    let texts = ["could not lock table fact_a", "could not lock table fact_b", "no space left on disk"];
    let mut runs = "run_id,started,exit_code,message\n".to_string();
    for n in 0..60 {
        let (code, text) = match n % 6 {
            0 => (42, texts[n / 6 % 3]),
            1 if n < 30 => (137, "killed"),
            2 if n < 20 => (7, "license server unreachable"),
            _ => (0, "finished"),
        };
        writeln!(runs, "{n},2025-02-01T00:{n:02}:00Z,{code},{text}").expect("text");
    }
    write(place, "runs.csv", runs);
    let list = "0,success\n42,job failed\n137,out of memory\n9,config error\n";
    write(place, "exit_codes.csv", format!("exit_code,meaning\n{list}"));
    write(place, "exit_codes_of_jobs.csv", format!("code,meaning\n{list}"));
    write(place, "book.csv", format!("rc,meaning\n{list}"));
}

/// Tests that fail by F99 in two ways, with a text in a column of this name.
fn tested(place: &Path, text: &str) {
    let mut tests = format!("ts,serial,operator,result,error_code,{text}\n");
    for n in 0..90 {
        let (result, code, text) = match n % 9 {
            0 => ("FAIL", "F99", "door contact open"),
            1 => ("FAIL", "F99", "emergency stop pressed"),
            2 => ("FAIL", "F10", "fan stalled"),
            _ => ("PASS", "", ""),
        };
        let at = format!("2025-03-01T08:{:02}:{:02}Z", n / 60, n % 60);
        writeln!(tests, "{at},SN{n},Ann van Dyck {},{result},{code},{text}", n % 3).expect("text");
    }
    write(place, "tests.csv", tests);
}

const AUDIT: &[&str] = &["errors", "--audit"];
const OVERLOADED: &str = r#""fault":"overloaded","code":"F99","count":20"#;

const CASES: &[Case] = &[
    Case {
        name: "a codebook whose column is called as that of the evidence",
        place: runs,
        arguments: &[AUDIT[0], AUDIT[1], "runs.csv", "exit_codes.csv"],
        code: 0,
        shown: &[r#""fault":"undocumented","code":"7","count":3"#, r#""fault":"never_seen","code":"9""#],
        said: &["codes are described by exit_codes"],
    },
    Case {
        name: "a codebook that is called after the evidence's column",
        place: runs,
        arguments: &["errors", "runs.csv", "exit_codes_of_jobs.csv"],
        code: 0,
        shown: &[r#""code":"42","description":"job failed""#, r#""code":"7","description":null"#],
        said: &["codes are described by exit_codes_of_jobs"],
    },
    Case {
        name: "a codebook that is named has its codes beside what they mean",
        place: runs,
        arguments: &[AUDIT[0], AUDIT[1], "runs.csv", "--codebook", "book.csv"],
        code: 0,
        shown: &[r#""fault":"undocumented","code":"7","count":3"#, r#""fault":"never_seen","code":"9""#],
        said: &[],
    },
    Case {
        name: "what is known of exit codes is told beside a program's own",
        place: runs,
        arguments: &["errors", "runs.csv"],
        code: 0,
        shown: &[r#""code":"exit 137","description":"SIGKILL"#, r#""code":"exit 7","description":null"#],
        said: &[],
    },
    Case {
        name: "a program's own exit code may hide several failures, called by what their messages have in common",
        place: runs,
        arguments: &[AUDIT[0], AUDIT[1], "runs.csv"],
        code: 0,
        shown: &[
            r#""fault":"overloaded","code":"exit 42","count":10"#,
            "7 × could not lock table …; 3 × no space left on disk",
            "THEN 'could not lock table …'",
        ],
        said: &[],
    },
    Case {
        name: "a text that is called after errors",
        place: |place| tested(place, "errmsg"),
        arguments: &[AUDIT[0], AUDIT[1], "tests.csv"],
        code: 0,
        shown: &[OVERLOADED, "10 × door contact open; 10 × emergency stop pressed"],
        said: &[],
    },
    Case {
        name: "a text in words of another language",
        place: |place| tested(place, "Bemerkung"),
        arguments: &[AUDIT[0], AUDIT[1], "tests.csv"],
        code: 0,
        shown: &[OVERLOADED, r#"\"Bemerkung\" LIKE 'door contact open'"#],
        said: &["tests.Bemerkung is taken for its text: its values are sentences"],
    },
    Case {
        name: "no text beside codes: names of people are none",
        place: |place| {
            tested(place, "errmsg");
            let text = std::fs::read_to_string(place.join("tests.csv")).expect("read");
            let lines = text.lines().map(|line| line.rsplit_once(',').map_or(line, |(rest, _)| rest));
            write(place, "tests.csv", lines.collect::<Vec<_>>().join("\n"));
        },
        arguments: &[AUDIT[0], AUDIT[1], "tests.csv"],
        code: 0,
        shown: &[],
        said: &[
            "no text stands beside the codes of `tests`: whether one means several things cannot be told",
            "No fault of the classification was found where it could be looked for.",
        ],
    },
    Case {
        name: "more codes than can be kept are no answer",
        place: |place| {
            let mut text = "ts,level,error_code,message\n".to_string();
            (0..100_002).for_each(|n| writeln!(text, "2025-03-01T08:00:00Z,error,E{n},x").expect("text"));
            write(place, "t.csv", text);
            write(place, "codes.csv", "code,meaning\nE1,one\nE999999,never\n");
        },
        arguments: &[AUDIT[0], AUDIT[1], "t.csv", "--codebook", "codes.csv"],
        code: 2,
        shown: &[],
        said: &["there are more than 100,000 different codes"],
    },
    Case {
        name: "rates of errors that are none tell of no change",
        place: |place| write(place, "t.csv", "ts,v\n2025-03-01T08:00:00Z,1\n2025-03-01T09:00:00Z,2\n"),
        arguments: &["compare", "--baseline", "auto", "t.csv"],
        code: 2,
        shown: &[],
        said: &[
            "no table has errors, by whose rates the moment of a change is found",
            "hint: say which windows to compare",
        ],
    },
    Case {
        name: "the last field of an access log may be the request's id",
        place: |place| {
            let line = |last: &str| {
                format!(
                    "192.0.2.7 - - [01/Mar/2025:08:00:00 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"curl\" \"{last}\"\n"
                )
            };
            let ids = ["00005345876601bf425828eb0eff5a7a", "5f0c7b1e-9a00-4c1e-8f2c-00aa00bb00cc", "198.51.100.4"];
            write(place, "a.log", ids.map(line).concat());
        },
        arguments: &["query", "select request_id, forwarded_for from a order by _line", "a.log"],
        code: 0,
        shown: &[
            r#"{"request_id":"00005345876601bf425828eb0eff5a7a","forwarded_for":null}"#,
            r#"{"request_id":"5f0c7b1e-9a00-4c1e-8f2c-00aa00bb00cc","forwarded_for":null}"#,
            r#"{"request_id":null,"forwarded_for":"198.51.100.4"}"#,
        ],
        said: &[],
    },
    Case {
        name: "level and code of an access log are told by its status",
        place: |place| {
            let line = |n: usize| {
                let (host, status) =
                    if n.is_multiple_of(10) { ("node1", 500) } else { (["node2", "node3"][n % 2], 200) };
                let at = format!("01/Mar/2025:08:{:02}:{:02} +0000", n / 60, n % 60);
                format!("192.0.2.7 - {host} [{at}] \"GET /a HTTP/1.1\" {status} 1 \"-\" \"curl\"\n")
            };
            write(place, "a.log", (0..600).map(line).collect::<String>());
        },
        arguments: &["explain", "--bad", "status >= 500", "a.log"],
        code: 0,
        shown: &[r#"{"rank":1,"explanation":"user = node1""#],
        said: &["left out, since they are told by status, of which --bad speaks: level, code"],
    },
    Case {
        name: "what a model said explains no mistake of it",
        place: |place| {
            let mut text = "id,site,score,prediction,label\n".to_string();
            for n in 0..400 {
                let (site, is_wrong) = (n % 4, n % 4 == 2 && n % 3 == 0);
                let score = if is_wrong { 900 } else { n * 7 % 800 };
                writeln!(text, "{n},S{site},0.{score:03},{},{}", u8::from(is_wrong), 0).expect("text");
            }
            write(place, "p.csv", text);
        },
        arguments: &["explain", "--bad", "prediction <> label", "p.csv"],
        code: 0,
        shown: &[r#"{"rank":1,"explanation":"site = S2""#],
        said: &["left out, since they are what a model said: score"],
    },
];

#[test]
fn what_is_called_otherwise_is_known_or_said() {
    hold(CASES);
}

#[test]
fn a_folders_name_is_a_column_that_no_file_lacks() {
    let place = folder();
    write(place.path(), "t.csv", "a,b\n1,2\n3,4\n");
    for day in ["2025-03-01", "2025-03-02"] {
        std::fs::create_dir_all(place.path().join(format!("scada/dt={day}"))).expect("made");
        let file = format!("scada/dt={day}/p.parquet");
        let columns = if day.ends_with('1') { "a, b" } else { "a" };
        run(place.path(), &["query", &format!("select {columns} from t"), "t.csv", "-o", &file]);
    }
    let output =
        run(place.path(), &["query", "select count(*) as n, count(dt) as days from scada", "scada", "-f", "ndjson"]);
    assert_eq!(rows(&output), [serde_json::json!({"n": 4, "days": 4})], "{}", said(&output));
    assert!(said(&output).contains("`dt` is told by the names of folders"), "{}", said(&output));
    assert!(!said(&output).contains("lack `dt`") && said(&output).contains("lacks `b`"), "{}", said(&output));
}

/// Units that pass a gate each minute, and the next one a while behind it, by a clock that is `off` by minutes.
fn gates(place: &Path, start: i64, off: fn(i64) -> i64, zone: &str) {
    let (mut one, mut two) = ("ts,unit_id\n".to_string(), "ts,unit_id\n".to_string());
    for n in 0..600 {
        let shown = |at: i64| chrono::DateTime::from_timestamp(at, 0).expect("an instant").format("%Y-%m-%d %H:%M:%S");
        writeln!(one, "{}Z,U{n:05}", shown(start + 60 * n)).expect("text");
        let behind = 60 + n * 7_919 % 181;
        writeln!(two, "{}{zone},U{n:05}", shown(start + 60 * n + behind + 60 * off(n))).expect("text");
    }
    write(place, "one.csv", one);
    write(place, "two.csv", two);
}

#[test]
fn a_clock_that_is_put_is_told_though_units_take_their_time() {
    // Five hours before 2025-03-30T01:00Z, when clocks in Berlin are put forward.
    let start = 1_743_296_400 - 5 * 3_600;
    let check = |off: fn(i64) -> i64, zone: &str, more: &[&str]| {
        let place = folder();
        gates(place.path(), start, off, zone);
        let output =
            run(place.path(), &[&["timeline", "--check-clocks", "one.csv", "two.csv", "-f", "ndjson"], more].concat());
        let found = rows(&output);
        assert_eq!(found.len(), 1, "{found:?} {}", said(&output));
        found[0].clone()
    };
    let berlin: &[&str] = &["--set", "sources.two.timezone=Europe/Berlin"];
    for (off, zone, more, told, setting) in [
        (
            (|_| 60) as fn(i64) -> i64,
            "",
            berlin,
            "as a clock that stays at +01:00 while those in Europe/Berlin are put",
            Some("+01:00"),
        ),
        (
            |n| if n < 300 { 60 } else { 120 },
            "",
            &[],
            "as clocks in Europe/Berlin are put to summer or winter time",
            Some("Europe/Berlin"),
        ),
        (|n| if n < 300 { 60 } else { 120 }, "Z", &[], "no fixed offset is right", None),
        (
            |n| if n < 300 { 0 } else { 20 },
            "Z",
            &[],
            "whether a clock was put or what happens between these events changed",
            None,
        ),
        (|_| 0, "Z", &[], "tells nothing of the clocks", None),
    ] {
        let found = check(off, zone, more);
        let (detail, source) = (found["detail"].as_str().unwrap_or_default(), found["source"].as_str());
        assert!(detail.contains(told), "{found}");
        let setting = setting.map(|zone| format!("--set sources.{}.timezone={zone}", source.unwrap_or_default()));
        assert_eq!(found["setting"].as_str(), setting.as_deref(), "{found}");
        assert!(setting.is_none() || source == Some("two"), "{found}");
    }
}
