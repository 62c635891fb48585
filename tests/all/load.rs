//! Much of everything: many files, many tables, many columns, more rows than memory is given for, two at once. What is
//! held is that nothing is lost and that the answer does not change; how long it takes is for the benchmarks.

use std::fmt::Write;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::json;

use crate::hostile::said;
use crate::rca::{command, folder, root, rows_in, run_in, watched};

fn write(place: &Path, name: &str, text: &str) {
    std::fs::write(place.join(name), text).expect("written");
}

#[test]
fn a_thousand_logs_of_several_services_are_each_read_in_their_format() {
    let place = folder();
    std::fs::create_dir(place.path().join("logs")).expect("made");
    for number in 0..1_200 {
        let second = number % 60;
        let lines = match number % 3 {
            0 => format!(
                "2025-03-01 08:00:{second:02},001 ERROR [main] a.B - unit {number}\njava.io.IOException: gone\n\tat a.B.run(B.java:7)\n\
                 2025-03-01 08:00:{second:02},002 INFO [main] a.B - unit {number} done\n"
            ),
            1 => format!("Mar  1 08:00:{second:02} host sshd[{number}]: session opened\n"),
            _ => {
                format!("{{\"time\":\"2025-03-01T08:00:{second:02}Z\",\"level\":\"warn\",\"msg\":\"unit {number}\"}}\n")
            }
        };
        write(place.path(), &format!("logs/{number:04}.log"), &lines);
    }
    let sql = "select count(*) as n, count(ts) as timed, count(distinct _file) as files, \
               count(*) filter (level = 'error') as errors, count(*) filter (level = 'warn') as warnings, \
               count(exception) as traces from logs";
    let answer = rows_in(place.path(), &["query", sql, "logs"]);
    let expected = json!({"n": 1_600, "timed": 1_600, "files": 1_200, "errors": 400, "warnings": 400, "traces": 400});
    assert_eq!(answer, [expected]);
}

#[test]
fn files_with_the_same_lines_are_told_however_many_there_are() {
    let place = folder();
    std::fs::create_dir(place.path().join("logs")).expect("made");
    for number in 0..600 {
        let line =
            |n: usize| format!("2025-03-01 08:{:02}:{:02},001 INFO [main] a.B - unit {n} is well\n", n / 60, n % 60);
        // Every hundredth has the lines of the first, and one of its own.
        let text = if number % 100 == 0 { format!("{}{}", line(0), line(number + 1)) } else { line(number).repeat(2) };
        write(place.path(), &format!("logs/{number:03}.log"), &text);
    }
    write(place.path(), "logs/copy.log", &std::fs::read_to_string(place.path().join("logs/007.log")).expect("read"));
    let output = run_in(place.path(), &["sources", "logs", "-f", "csv"]);
    assert!(
        said(&output).contains("logs/007.log and logs/copy.log are the same: 2 lines are counted twice"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_glob_of_a_thousand_files_is_one_table() {
    let place = folder();
    for number in 0..1_000 {
        // Some have a quote, some another order of columns.
        let text = match number % 50 {
            7 => format!("station,seq\n\"ST{}\",{number}\n", number % 5),
            _ => format!("seq,station\n{number},ST{}\n", number % 5),
        };
        write(place.path(), &format!("part-{number:04}.csv"), &text);
    }
    let sql = "select count(*) as n, sum(seq) as seqs, count(distinct station) as stations from parts";
    let ordered = |text: &str| format!("parts={text}");
    let same_header = rows_in(place.path(), &["query", sql, &ordered("part-*[0-689].csv")]);
    assert_eq!(same_header[0]["stations"], 5);
    let n: i64 = (0..1_000).filter(|number| number % 10 != 7).count() as i64;
    let seqs: i64 = (0..1_000).filter(|number| number % 10 != 7).sum();
    assert_eq!(same_header, [json!({"n": n, "seqs": seqs, "stations": 5})]);
}

#[test]
fn hundreds_of_tables_of_a_dump_are_each_counted_with_their_bytes() {
    const TABLES: usize = 400;
    let place = folder();
    let mut dump = String::from("--\n-- PostgreSQL database dump\n--\n\n");
    for table in 0..TABLES {
        writeln!(dump, "CREATE TABLE public.t{table:03} (\n    id integer,\n    station text\n);\n").expect("text");
    }
    for table in 0..TABLES {
        write!(dump, "COPY public.t{table:03} (id, station) FROM stdin;\n1\tST1\n2\tST2\n\\.\n\n").expect("text");
    }
    dump.push_str("--\n-- PostgreSQL database dump complete\n--\n");
    write(place.path(), "mes.sql", &dump);
    let output = run_in(place.path(), &["sources", "mes.sql", "-f", "ndjson"]);
    let text = String::from_utf8_lossy(&output.stdout);
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect();
    let sum = |key: &str| rows.iter().map(|row| row[key].as_u64().expect("a number")).sum::<u64>();
    assert_eq!((rows.len(), sum("rows")), (TABLES, 2 * TABLES as u64));
    // Tables of as many bytes are no less bytes for that.
    let kib = sum("bytes") as f64 / 1024.0;
    assert!(said(&output).contains(&format!("read {TABLES} tables, {kib:.1} KiB, nothing lost")), "{}", said(&output));
}

#[test]
fn two_thousand_columns_are_read_and_asked() {
    const COLUMNS: usize = 2_000;
    let place = folder();
    let row = |cell: &dyn Fn(usize) -> String| (0..COLUMNS).map(cell).collect::<Vec<_>>().join(",");
    let mut text = row(&|column| if column == 0 { "ts".into() } else { format!("c{column}") });
    for second in 0..60 {
        let cell = |column: usize| match column {
            0 => format!("2025-03-01T08:00:{second:02}Z"),
            5 | 1_005 if second % 3 == 0 => String::new(),
            11 | 1_011 if second / 10 == 2 => "-999".into(),
            _ => ((second * column) % 7).to_string(),
        };
        write!(text, "\n{}", row(&cell)).expect("text");
    }
    write(place.path(), "wide.csv", &text);
    let schema = rows_in(place.path(), &["schema", "wide.csv"]);
    assert_eq!(schema.len(), COLUMNS);
    let told = |row: &serde_json::Value| (row["n_distinct"].as_u64(), row["min"].as_str().map(str::to_string));
    assert_eq!(told(&schema[0]), (Some(60), Some("2025-03-01T08:00:00Z".into())));
    assert_eq!(told(&schema[7]), (Some(1), Some("0".into())));
    assert_eq!(told(&schema[1_999]), (Some(7), Some("0".into())));
    let sum: usize = (0..60).map(|second| (second * 1_999) % 7).sum();
    let answer = rows_in(place.path(), &["query", "select sum(c1999) as s from wide", "wide.csv"]);
    assert_eq!(answer, [json!({"s": sum})]);
    let missing = rows_in(place.path(), &["missing", "wide.csv"]);
    let lacking = |row: &serde_json::Value| (row["column_name"].to_string(), row["missing"].as_u64().unwrap_or(0));
    let mut lacks: Vec<_> = missing.iter().filter(|row| row["kind"] == "null_rate").map(lacking).collect();
    lacks.sort_unstable();
    let expected = [("c1005", 20), ("c1011", 10), ("c11", 10), ("c5", 20)];
    assert_eq!(lacks, expected.map(|(column, rows)| (format!("{column:?}"), rows)));
    let compared =
        run_in(place.path(), &["compare", "--incident", "2025-03-01T08:00:30..2025-03-01T08:01", "wide.csv"]);
    assert_eq!(compared.status.code(), Some(0), "{}", said(&compared));
}

/// Few errors are kept as they were read, of many the evidence is read again.
#[test]
fn many_errors_are_counted_as_few_are() {
    let place = folder();
    for rows in [1_000, 200_001] {
        let mut text = String::from("ts,level,code,message\n");
        for row in 0..rows {
            let (level, code) = if row % 4 == 3 { ("WARN", "E9") } else { ("ERROR", ["E1", "", "E2"][row % 4]) };
            writeln!(text, "2025-03-01 08:{:02}:{:02},{level},{code},axis {row} stuck", row / 60 % 60, row % 60)
                .expect("text");
        }
        write(place.path(), "errors.csv", &text);
        let output = run_in(place.path(), &["errors", "errors.csv", "-f", "ndjson"]);
        let text = String::from_utf8_lossy(&output.stdout);
        let rows_of = |line: &str| serde_json::from_str::<serde_json::Value>(line).expect("a row")["count"].as_u64();
        assert_eq!(text.lines().filter_map(rows_of).sum::<u64>(), rows as u64, "{text}");
        assert!(text.contains("axis <*> stuck") && said(&output).contains("nothing lost"), "{text}{}", said(&output));
        assert!(!said(&output).contains("not read to its end"), "{}", said(&output));
    }
}

#[test]
fn copies_among_many_rows_are_counted() {
    let rows = |count: u64, from: u64| {
        (from..from + count).fold(String::new(), |mut text, n| {
            let (second, value) = (n / 500, n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20);
            let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
            let _ = writeln!(text, "2025-03-01T{hour:02}:{minute:02}:{second:02}Z,st{},{value}", n % 3);
            text
        })
    };
    let place = folder();
    // More rows than are compared with one another by their values; then copies than are.
    let few = rows(1_100_000, 0) + &rows(7, 500_000) + &rows(7, 500_000) + &rows(2, 0);
    let many = rows(600_000, 0) + &rows(600_000, 0) + &rows(2, 0) + &rows(9, 600_000);
    for (text, expected) in [(few, [16, 1_100_000]), (many, [600_002, 600_009])] {
        write(place.path(), "t.csv", &format!("ts,station,value\n{text}"));
        let asked = ["missing", "t.csv", "--kind", "duplicate", "--series", "station", "--memory", "300MB"];
        let found = rows_in(place.path(), &asked);
        let sum = |name: &str| found.iter().map(|row| row[name].as_i64().expect("a number")).sum::<i64>();
        let series: Vec<&str> = found.iter().filter_map(|row| row["series"].as_str()).collect();
        assert_eq!(series, ["station=st0", "station=st1", "station=st2"], "{found:?}");
        assert_eq!([sum("observed") - sum("expected"), sum("expected")], expected, "{found:?}");
    }
}

#[test]
fn columns_of_a_wide_table_are_described_as_each_alone() {
    let place = folder();
    let cell = |column: usize, row: usize| match (column % 5, (row * 7 + column) % 11) {
        (_, 3) => String::new(),
        (0, n) => n.to_string(),
        (1, n) => format!("{n}.5"),
        (2, n) => format!("2025-03-01T08:00:{n:02}Z"),
        (3, n) => format!("text {n}"),
        (_, n) => (n % 2 == 0).to_string(),
    };
    let of = |columns: &[usize], rows: usize| {
        let line = |cells: Vec<String>| cells.join(",") + "\n";
        let header = line(columns.iter().map(|column| format!("c{column}")).collect());
        let row = |row: usize| line(columns.iter().map(|column| cell(*column, row)).collect());
        header + &(0..rows).map(row).collect::<String>()
    };
    let all: Vec<usize> = (0..60).collect();
    write(place.path(), "wide.csv", &of(&all, 50));
    let mut wide = rows_in(place.path(), &["schema", "t=wide.csv"]);
    assert_eq!(wide.len(), 60);
    for (columns, wide) in all.chunks(20).zip(wide.chunks_mut(20)) {
        write(place.path(), "narrow.csv", &of(columns, 50));
        assert_eq!(rows_in(place.path(), &["schema", "t=narrow.csv"]), wide);
    }
    let none = rows_in(place.path(), &["schema", "t=wide.csv", "--where", "c0 > 1000"]);
    assert!(none.len() == 60 && none.iter().all(|row| row["n_distinct"] == 0 && row["min"].is_null()));
}

/// Every command that can be asked of the worked case.
const ASKED: [&[&str]; 10] = [
    &["sources"],
    &["schema"],
    &["timeline", "--limit", "200"],
    &["missing"],
    &["trace", "--stages", "agent,gateway,telemetry", "--by", "packet_id"],
    &["errors", "--by", "code"],
    &["templates"],
    &["explain", "--table", "predictions", "--bad", "predicted = 0", "--where", "labels.label = 'faulty'"],
    &["compare", "--baseline", "auto"],
    &["query", "select * from telemetry order by all limit 500"],
];

#[test]
fn columns_of_many_tables_are_described_as_those_of_one() {
    let place = folder();
    let place = place.path();
    let names: Vec<String> = (0..90).map(|table| format!("t{table:02}.csv")).collect();
    for (table, name) in names.iter().enumerate() {
        write(place, name, &format!("a,b,c\n{table},x,\n{table},y,1.5\n{},y,\n", table + 1));
    }
    let asked: Vec<&str> = std::iter::once("schema").chain(names.iter().map(String::as_str)).collect();
    let all = rows_in(place, &asked);
    assert_eq!(all.len(), 270);
    let one = rows_in(place, &["schema", "t83.csv"]);
    assert_eq!(&all[3 * 83..3 * 84], one.as_slice());
    assert_eq!((&one[0]["max"], &one[1]["example"], &one[2]["nulls"]), (&json!("84"), &json!("y"), &json!(2)));
}

#[test]
fn one_thread_and_sixteen_print_the_same_bytes() {
    for asked in ASKED {
        let answer = |threads: &str| {
            run_in(&root(), &[asked, &["-C", "examples/laptop-anomaly", "-f", "csv", "--threads", threads]].concat())
        };
        let (one, many) = (answer("1"), answer("16"));
        assert_eq!(one.status.code(), many.status.code(), "{asked:?}: {}", said(&one));
        assert!(one.stdout == many.stdout, "{asked:?}");
        assert_eq!(said(&one), said(&many), "{asked:?}");
    }
}

#[test]
fn several_at_once_on_one_case_do_not_disturb_each_other() {
    let scratch = folder();
    let asked: [&[&str]; 4] = [ASKED[2], ASKED[3], ASKED[5], ASKED[3]];
    let start = |arguments: &&[&str]| {
        command("rca", &root())
            .args([arguments, &["-C", "examples/laptop-anomaly", "-f", "csv"][..]].concat())
            .env("TMPDIR", scratch.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("rca starts")
    };
    let together: Vec<_> = asked.iter().map(start).collect();
    let together: Vec<Output> = together.into_iter().map(|child| child.wait_with_output().expect("ends")).collect();
    for (arguments, together) in asked.iter().zip(together) {
        let alone = start(arguments).wait_with_output().expect("ends");
        assert!(alone.status.success() && alone.stdout == together.stdout, "{arguments:?}: {}", said(&together));
    }
    assert_eq!(std::fs::read_dir(scratch.path()).expect("read").count(), 0, "something is left behind");
}

/// Two processors' worth of threads hold about as much in a build without optimisation as with it.
#[test]
fn what_many_rows_take_stays_near_the_memory_given() {
    const GIVEN: u64 = 250_000_000;
    let place = folder();
    let mut log = String::new();
    for n in 0..900_000_u64 {
        let mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20;
        let (second, level) = (n / 40, if mixed % 991 == 0 { "ERROR" } else { "INFO" });
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let said = ["packet accepted from gateway", "station ready for next unit", "upload to collector again"];
        writeln!(
            log,
            "2025-03-01 {hour:02}:{minute:02}:{second:02},{:03} {level} [worker-{}] a.b.Line - {} unit SN{} took {} ms",
            n % 40 * 25,
            mixed % 8,
            said[(mixed % 3) as usize],
            mixed % 1_000_000,
            mixed % 900
        )
        .expect("text");
    }
    write(place.path(), "line.log", &log);
    for asked in [
        &["timeline", "line.log", "--limit", "20"][..],
        &["timeline", "line.log", "--collapse", "--limit", "20"],
        &["missing", "line.log"],
        &["errors", "line.log"],
        &["templates", "line.log"],
    ] {
        let more = ["--memory", "250MB", "--threads", "2"];
        let (ended, said, most) = watched(place.path(), &[asked, &more].concat());
        assert_eq!(ended, Some(0), "{asked:?}: {said}");
        assert!(most < GIVEN + GIVEN / 5, "{asked:?}: {most} bytes of memory");
    }
}
