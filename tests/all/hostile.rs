//! Evidence that is cut off, changed or of another kind than its name says: each reader, each defect. The answer is the
//! right rows, or a message with the place; never a fault of rca's own, never a hang, never a row lost in silence.

use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rca::{command, folder, root, rows_in};

/// How long one run may take; it reads a few hundred small files at most.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Runs `rca` for a limited time, and holds that it is no fault of its own how it ends.
pub fn run(place: &Path, arguments: &[&str]) -> Output {
    let mut child = command("rca", place)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(place.join(".out")).expect("made"))
        .stderr(std::fs::File::create(place.join(".err")).expect("made"))
        .spawn()
        .expect("rca starts");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().expect("waits") {
            break status;
        }
        if start.elapsed() > TIME_MAX {
            child.kill().expect("killed");
            panic!("rca {arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let read = |name: &str| std::fs::read(place.join(name)).expect("read");
    let output = Output { status, stdout: read(".out"), stderr: read(".err") };
    let said = said(&output);
    assert!(matches!(status.code(), Some(0 | 2 | 3)), "rca {arguments:?} ends with {status}: {said}");
    assert!(!said.contains("panicked") && !said.contains("fault of rca"), "rca {arguments:?}: {said}");
    output
}

pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn rows(output: &Output) -> Vec<Value> {
    let text = String::from_utf8_lossy(&output.stdout);
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(root().join("fixtures").join(name)).expect("a fixture")
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, bytes).expect("packed");
    packed.finish().expect("packed")
}

fn csv() -> Vec<u8> {
    let line = |n: usize| format!("2025-03-01T08:{:02}:{:02}Z,ST0{},{n}.{},note {n}\n", n / 60, n % 60, n % 3, n % 7);
    format!("ts,station,value,note\n{}", (0..80).map(line).collect::<String>()).into_bytes()
}

fn ndjson() -> Vec<u8> {
    let line = |n: usize| format!("{{\"unit\":\"U{n}\",\"value\":{n}.5,\"nested\":{{\"a\":[{n},2]}}}}\n");
    (0..60).map(line).collect::<String>().into_bytes()
}

fn log() -> Vec<u8> {
    let line = |n: usize| format!("2025-03-01 08:00:{n:02},123 INFO [main] a.B - message {n}\n");
    (0..60).map(line).collect::<String>().into_bytes()
}

/// A kind of evidence: its ending, its bytes, and how many rows a part of it has, where a line is a row.
type Kind = (&'static str, Vec<u8>, Option<fn(&[u8]) -> usize>);

fn lines(bytes: &[u8]) -> usize {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count()
}

fn kinds() -> Vec<Kind> {
    let document = format!("[{}]", String::from_utf8_lossy(&ndjson()).trim_end().replace('\n', ",\n"));
    vec![
        ("csv", csv(), Some(|part: &[u8]| lines(part).saturating_sub(1))),
        ("csv.gz", gzipped(&csv()), None),
        ("ndjson", ndjson(), Some(lines)),
        ("json", document.into_bytes(), None),
        ("log", log(), None),
        ("log.gz", gzipped(&log()), None),
        ("db", fixture("readers/kinds.db"), None),
        ("sql", fixture("readers/sqlite_script.sql"), None),
        ("sql", fixture("readers/small.sql"), None),
        ("sql", fixture("dumps/server_18_inserts.sql"), None),
        ("dump", fixture("dumps/custom_17.dump"), None),
        ("dump", fixture("dumps/custom_18_lz4.dump"), None),
        ("dump", fixture("dumps/server_18.dump"), None),
        ("dump", fixture("dumps/custom_none.dump"), None),
        ("tar", fixture("dumps/tar.tar"), None),
        ("tar", fixture("dumps/tar_18.tar"), None),
        ("sql", fixture("dumps/plain_18.sql"), None),
        ("log", fixture("logs/iis.log"), None),
        ("export", fixture("logs/journal.export"), None),
        ("xml", fixture("logs/events.xml"), None),
        ("tar.gz", fixture("logs/bundle.tar.gz"), None),
        ("zip", fixture("logs/bundle.zip"), None),
        ("csv", fixture("readers/utf16.csv"), None),
    ]
}

/// Every defect of one file: cut off at each 64th, single bits flipped, bytes that are NUL or no text.
fn defects(whole: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut defects = vec![("empty".into(), Vec::new()), ("byte".into(), whole[..1].to_vec())];
    defects.extend((1..64).map(|n| (format!("cut{n:02}"), whole[..whole.len() * n / 64].to_vec())));
    let mut at = 7;
    for n in 0..24 {
        // Places all over the file, the same in each run.
        at = (at * 1_103_515_245 + 12_345) % (1 << 31);
        let place = at % whole.len();
        let mut changed = whole.to_vec();
        match n % 4 {
            0 => changed[place] = 0,
            1 => changed[place] = 0xff,
            _ => changed[place] ^= 1 << (n % 8),
        }
        defects.push((format!("changed{n:02}"), changed));
    }
    defects
}

#[test]
fn every_reader_survives_every_defect() {
    survived(kinds().into_iter().step_by(2));
}

#[test]
fn every_other_reader_survives_every_defect() {
    survived(kinds().into_iter().skip(1).step_by(2));
}

fn survived(kinds: impl Iterator<Item = Kind>) {
    for (ending, whole, expected) in kinds {
        let place = folder();
        let defects = defects(&whole);
        let names: Vec<String> = defects.iter().map(|(name, _)| format!("{name}.{ending}")).collect();
        for (name, (_, bytes)) in names.iter().zip(&defects) {
            std::fs::write(place.path().join(name), bytes).expect("written");
        }
        let files: Vec<&str> = names.iter().map(String::as_str).collect();
        let output = run(place.path(), &[&["sources", "-f", "ndjson"], &files[..]].concat());
        let (rows, said) = (rows(&output), said(&output));
        for ((name, bytes), file) in defects.iter().zip(&names) {
            let own: Vec<&Value> = rows.iter().filter(|row| row["source"].as_str() == Some(name)).collect();
            let is_said = said.contains(file.as_str()) || said.contains(name.as_str());
            assert!(!own.is_empty() || is_said, "{file}: neither read nor said\n{said}");
            let Some(expected) = expected.filter(|_| name.starts_with("cut")) else { continue };
            let count = |field: &str| own.iter().filter_map(|row| row[field].as_u64()).sum::<u64>() as usize;
            let (read, lost) = (count("rows"), count("unread"));
            if own.is_empty() {
                continue;
            }
            let expected = expected(bytes);
            assert!(read == expected || read + lost == expected, "{file}: {read} rows, {lost} lost, of {expected}");
            // A line that is cut in its middle is told.
            let is_whole = bytes.ends_with(b"\n") || expected == 0;
            assert!(is_whole || lost > 0 || read == expected, "{file}: nothing lost of a line cut off");
        }
        // Values are read as well as counted.
        let some: Vec<&str> = files.iter().copied().step_by(18).collect();
        run(place.path(), &[&["schema", "-f", "ndjson"], &some[..]].concat());
    }
}

/// What must be said or shown of evidence in one directory.
pub struct Case {
    pub name: &'static str,
    pub place: fn(&Path),
    pub arguments: &'static [&'static str],
    pub code: i32,
    /// Parts of standard output, and of standard error.
    pub shown: &'static [&'static str],
    pub said: &'static [&'static str],
}

pub fn write(place: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let path = place.join(name);
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    std::fs::write(path, bytes).expect("written");
}

/// A directory with a file, a loop, a link out of it, links to nothing, a pipe and a socket.
fn odd_directory(place: &Path) {
    write(place, "loop/a.csv", "a,b\n1,2\n");
    write(place, "apart/z.csv", "a,b\n3,4\n");
    let inside = |name: &str| place.join("loop").join(name);
    symlink("..", inside("up")).expect("linked");
    symlink("a.csv", inside("again.csv")).expect("linked");
    symlink("../apart", inside("out")).expect("linked");
    symlink("nowhere", inside("broken.csv")).expect("linked");
    drop(UnixListener::bind(inside("socket.csv")).expect("bound"));
    let made = std::process::Command::new("mkfifo").arg(inside("pipe.csv")).status().expect("mkfifo");
    assert!(made.success());
}

const COUNTED: &[&str] = &["broken.csv", "pipe.csv", "socket.csv", "3 not readable"];

const CASES: &[Case] = &[
    Case {
        name: "a header alone",
        place: |place| write(place, "t.csv", "a,b,c\n"),
        arguments: &["sources", "t.csv"],
        code: 0,
        shown: &[r#""rows":0"#, r#""unread":0"#],
        said: &[],
    },
    Case {
        name: "JSON under the name of a table",
        place: |place| write(place, "t.csv", r#"[{"a":1},{"a":2}]"#),
        arguments: &["query", "select sum(a) as s from t", "t.csv"],
        code: 0,
        shown: &[r#"{"s":3}"#],
        said: &[],
    },
    Case {
        name: "a table under the name of a database",
        place: |place| write(place, "t.db", "a,b\n1,2\n3,4\n"),
        arguments: &["query", "select sum(a) as s from t", "t.db"],
        code: 0,
        shown: &[r#"{"s":4}"#],
        said: &[],
    },
    Case {
        name: "names that are no names",
        place: |place| write(place, "t.csv", "a,A,a,,\"x \"\"q\"\"\",\"new\nline\",select,_file\n1,2,3,4,5,6,7,8\n"),
        arguments: &["query", "from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":1,"A_2":2,"a_3":3,"column4":4,"x \"q\"":5,"new\nline":6,"select":7,"_file_2":8,"#],
        said: &[],
    },
    Case {
        name: "a name of 10 kB",
        place: |place| write(place, "t.csv", format!("a,{}\n1,2\n", "n".repeat(10_240))),
        arguments: &["query", "select sum(columns(c -> length(c) > 9000)) as s from t", "t.csv"],
        code: 0,
        shown: &["{\"s\":2}"],
        said: &[],
    },
    Case {
        name: "numbers past 64 bits and past the range",
        place: |place| write(place, "t.csv", "a,b,c\n9223372036854775807,18446744073709551616,1e400\n1,2,1e-400\n"),
        arguments: &["query", "select a, b, c from t", "t.csv"],
        code: 0,
        shown: &[
            r#"{"a":9223372036854775807,"b":"18446744073709551616","c":"1e400"}"#,
            r#"{"a":1,"b":"2","c":"1e-400"}"#,
        ],
        said: &[],
    },
    Case {
        name: "half of a surrogate pair among other kinds",
        place: |place| write(place, "t.ndjson", "{\"a\":1}\n{\"a\":\"\\ud800\"}\n{\"a\":[2]}\n"),
        arguments: &["query", "select a from t", "t.ndjson"],
        code: 0,
        shown: &[r#"{"a":"1"}"#, "{\"a\":\"\u{fffd}\"}", r#"{"a":"[2]"}"#],
        said: &["t.ndjson:2", "1 not readable"],
    },
    Case {
        name: "days of year 0 and 9999, and days that are none",
        place: |place| {
            write(place, "t.csv", "ts\n0000-01-01T00:00:00Z\n9999-12-31T23:59:59.999999Z\n2025-02-29T00:00:00Z\n");
        },
        arguments: &["query", "select ts from t", "t.csv"],
        code: 0,
        shown: &["0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "null"],
        said: &["t.csv:4", "1 not readable"],
    },
    Case {
        name: "JSON 100,000 deep, and one that stays open",
        place: |place| {
            let (open, shut) = ("{\"a\":".repeat(100_000), "}".repeat(100_000));
            write(place, "t.ndjson", format!("{{\"a\":1}}\n{open}1{shut}\n{open}\n{{\"a\":2}}\n"));
        },
        arguments: &["query", "select count(*) as n, count(a) as v from t", "t.ndjson"],
        code: 0,
        shown: &[r#"{"n":3,"v":3}"#],
        said: &["t.ndjson:3", "1 not readable"],
    },
    Case {
        name: "a line of 4 MB",
        place: |place| write(place, "t.csv", format!("a,b\n1,{}\n2,y\n", "x".repeat(4 << 20))),
        arguments: &["query", "select a, length(b) as n from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":1,"n":4194304}"#, r#"{"a":2,"n":1}"#],
        said: &["nothing lost"],
    },
    Case {
        name: "100,000 columns",
        place: |place| write(place, "t.csv", format!("{}c\n{}1\n", "c,".repeat(99_999), "1,".repeat(99_999))),
        arguments: &["sources", "t.csv"],
        code: 3,
        shown: &[],
        said: &["`t` has 100,002 columns, and at most 16,386 can be read"],
    },
    Case {
        name: "a directory with all that is no file",
        place: odd_directory,
        arguments: &["query", "from loop", "loop"],
        code: 0,
        shown: &[r#"{"a":1,"b":2,"_file":"loop/a.csv","_line":2}"#],
        said: &[
            "loop/broken.csv",
            "loop/pipe.csv",
            "loop/socket.csv",
            "not followed: loop/out",
            "not followed: loop/up",
            "5 not readable",
        ],
    },
    Case {
        name: "a glob with all that is no file",
        place: odd_directory,
        arguments: &["query", "select sum(a) as s from loop", "loop/*.csv"],
        code: 0,
        shown: &[r#"{"s":1}"#],
        said: COUNTED,
    },
    Case {
        name: "a glob through a loop",
        place: odd_directory,
        arguments: &["query", "select sum(a) as s from loop", "loop/**/*.csv"],
        code: 0,
        shown: &[r#"{"s":1}"#],
        said: &["not followed: loop/out"],
    },
    Case {
        name: "all that a shell's star finds",
        place: odd_directory,
        arguments: &["query", "select sum(a) as s from a", "loop/a.csv", "loop/broken.csv", "loop/socket.csv"],
        code: 0,
        shown: &[r#"{"s":1}"#],
        said: &["loop/broken.csv", "loop/socket.csv", "2 not readable"],
    },
    Case {
        name: "a socket",
        place: odd_directory,
        arguments: &["sources", "loop/socket.csv"],
        code: 3,
        shown: &[],
        said: &["cannot read `loop/socket.csv`", "not a regular file"],
    },
    Case {
        name: "a pipe without a writer",
        place: odd_directory,
        arguments: &["sources", "loop/pipe.csv"],
        code: 3,
        shown: &[],
        said: &["cannot read `loop/pipe.csv`", "nothing writes into this pipe"],
    },
    Case {
        name: "a file that cannot be read among others",
        place: |place| {
            write(place, "d/a.csv", "a,b\n1,2\n");
            symlink("/proc/self/mem", place.join("d/memory.csv")).expect("linked");
        },
        arguments: &["query", "select sum(a) as s from d", "d"],
        code: 0,
        shown: &[r#"{"s":1}"#],
        said: &["d/memory.csv", "1 not readable"],
    },
    Case {
        name: "kinds mixed in one directory, one of them broken",
        place: |place| {
            write(place, "d/a.csv", "a,b\n1,2\n");
            write(place, "d/e.csv", "");
            write(place, "d/p.parquet", b"PAR1\0\0\0\0\0\0\0\0\0\0\0\0PAR1");
            write(place, "d/q.db", b"SQLite format 3\0");
            write(place, "d/j.ndjson", "{\"a\":5}\n");
        },
        arguments: &["query", "select (select sum(a) from a) + (select sum(a) from j) as s", "d"],
        code: 0,
        shown: &[r#"{"s":6}"#],
        said: &["`p` cannot be read as Parquet", "d/q.db", "2 not readable"],
    },
    Case {
        name: "UTF-16 that ends within a character",
        place: |place| {
            let text: Vec<u8> = "\u{feff}a,b\nü,1\nx,2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
            write(place, "t.csv", &text[..text.len() - 1]);
        },
        arguments: &["query", "select a from t", "t.csv"],
        code: 0,
        shown: &[r#"{"a":"ü"}"#, r#"{"a":"x"}"#],
        said: &["not UTF-8", "1 not readable"],
    },
];

#[test]
fn every_odd_evidence_gives_its_rows_or_says_where_it_is_broken() {
    hold(CASES);
}

pub fn hold(cases: &[Case]) {
    for case in cases {
        let place = folder();
        (case.place)(place.path());
        let output = run(place.path(), &[case.arguments, &["-f", "ndjson"]].concat());
        let (shown, said) = (String::from_utf8_lossy(&output.stdout).into_owned(), said(&output));
        let name = case.name;
        assert_eq!(output.status.code(), Some(case.code), "{name}: {said}");
        case.shown.iter().for_each(|part| assert!(shown.contains(part), "{name}: `{part}` in\n{shown}{said}"));
        case.said.iter().for_each(|part| assert!(said.contains(part), "{name}: `{part}` in\n{said}"));
    }
}

#[test]
fn a_pipe_is_read_whether_its_writer_comes_before_or_after() {
    let place = folder();
    let pipe = place.path().join("t");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let writer = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(400));
        let mut pipe = std::fs::File::options().write(true).open(pipe).expect("opened");
        for line in ["a,b\n", "1,2\n", "3,4\n"] {
            std::io::Write::write_all(&mut pipe, line.as_bytes()).expect("written");
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let output = run(place.path(), &["query", "select sum(b) as s from pipe", "t", "-f", "ndjson"]);
    writer.join().expect("wrote");
    assert_eq!(rows(&output), [serde_json::json!({"s": 6})], "{}", said(&output));
}

#[test]
fn a_file_that_is_cut_off_or_goes_while_it_is_read_ends_the_answer_in_order() {
    for (wait, is_removed) in [(30, false), (90, false), (60, true)] {
        let place = folder();
        let path = place.path().join("t.csv");
        let lines: String = (0..400_000).map(|n| format!("{n},xxxxxxxxxxxxxxxxxxxxxxxxxxxx\n")).collect();
        std::fs::write(&path, format!("a,b\n{lines}")).expect("written");
        let spoiler = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(wait));
            if is_removed {
                std::fs::remove_file(path).expect("removed");
            } else {
                std::fs::File::options().write(true).open(path).expect("opened").set_len(1000).expect("cut");
            }
        });
        let output =
            run(place.path(), &["query", "select count(*) as n, count(a) as a from t", "t.csv", "-f", "ndjson"]);
        spoiler.join().expect("spoilt");
        if output.status.success() {
            let row = &rows(&output)[0];
            let said = said(&output);
            // Cut before it was opened, it is a file of 1000 bytes.
            let is_told = !said.contains("nothing lost") || said.contains("1000 B");
            assert!(row["n"] == 400_000 || is_told, "{row} {said}");
        }
    }
}

#[test]
fn parquet_may_have_columns_that_are_called_as_ours() {
    let place = folder();
    write(place.path(), "t.csv", "a,filename,file_row_number,_file,_line,rca_file\n1,mine,7,there,9,x\n");
    let sql = "select a, filename, file_row_number, _file_2 as _file, _line_2 as _line, rca_file from t";
    run(place.path(), &["query", sql, "t.csv", "-o", "p.parquet"]);
    let rows = rows_in(place.path(), &["query", "from p", "p.parquet"]);
    let own = r#"[{"a":1,"filename":"mine","file_row_number":7,"_file":"there","_line":9,"rca_file":"x"}]"#;
    assert_eq!(serde_json::to_value(rows).expect("JSON"), serde_json::from_str::<Value>(own).expect("JSON"));
}
