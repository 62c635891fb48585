//! What SQL of others and killed processes could do, and do not: no other file is read or written, nothing is said to
//! the network, memory and time are limited, and nothing half is left.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::rca::{command, folder};

const SECRET: &str = "CANARY-7f3a";

/// A directory with evidence, one with a secret beside it, and one for temporary files.
struct Place {
    folder: tempfile::TempDir,
}

type Listing = BTreeMap<String, (u64, Option<SystemTime>, Vec<u8>)>;

impl Place {
    fn new() -> Place {
        let folder = folder();
        for name in ["evidence", "canary", "tmp", "out"] {
            fs::create_dir(folder.path().join(name)).expect("made");
        }
        let place = Place { folder };
        place.write(
            "evidence/t.csv",
            "ts,code,serial,message\n2025-03-01 08:00:00,E1,SN1,a\n2025-03-01 08:01:00,E2,SN2,b\n",
        );
        place.write("evidence/app.log", "2025-03-01 08:00:00 INFO a\n2025-03-01 08:01:00 ERROR E1 b\n");
        place.write("canary/c.csv", &format!("{SECRET},1\n"));
        place.write("canary/schema.sql", &format!("create table {SECRET} (a int);\n"));
        let made =
            place.rca(&["query", &format!("select '{SECRET}' as x"), "evidence/t.csv", "-o", "canary/c.parquet"]);
        assert!(made.status.success());
        let made = place.rca(&["query", "select 1 as x", "evidence/t.csv", "-o", "evidence/p.parquet"]);
        assert!(made.status.success());
        place
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_string_lossy().into_owned()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).expect("written");
    }

    fn command(&self, program: &str) -> Command {
        let mut command = command(program, self.folder.path());
        command.env("TMPDIR", self.folder.path().join("tmp"));
        command
    }

    fn rca(&self, arguments: &[&str]) -> Output {
        self.command("rca").args(arguments).stdin(Stdio::null()).output().expect("rca starts")
    }

    /// Names, sizes, times and contents.
    fn listing(&self, name: &str) -> Listing {
        let entries = fs::read_dir(self.folder.path().join(name)).expect("read");
        let of = |entry: fs::DirEntry| {
            let metadata = entry.metadata().expect("metadata");
            let bytes = if metadata.is_file() { fs::read(entry.path()).expect("read") } else { Vec::new() };
            (entry.file_name().to_string_lossy().into_owned(), (metadata.len(), metadata.modified().ok(), bytes))
        };
        entries.map(|entry| of(entry.expect("an entry"))).collect()
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn has_secret(output: &Output) -> bool {
    // The path of the canary is in errors, its content must not be; the engine lowers a message's first letter.
    said(output).to_lowercase().contains(&SECRET.to_lowercase())
}

/// SQL that reads a file, as a table.
const READING: &[&str] = &[
    "read_csv('{c}.csv')",
    "read_csv_auto('{c}.csv', header = false)",
    "read_text('{c}.csv')",
    "read_blob('{c}.csv')",
    "read_json('{c}.csv')",
    "read_ndjson_objects('{c}.csv')",
    "read_parquet('{c}.parquet')",
    "parquet_metadata('{c}.parquet')",
    "parquet_schema('{c}.parquet')",
    "parquet_kv_metadata('{c}.parquet')",
    "sniff_csv('{c}.csv')",
    "glob('{c}*')",
    "'{c}.csv'",
    "'{c}.parquet'",
    "'{C}.PARQUET'",
    "read_text('evidence/../canary/c.csv')",
    "read_text('evidence/p.parquet/../../canary/c.csv')",
    "read_text('{c}.cs' || 'v')",
    "read_text(['evidence/p.parquet', '{c}.csv'])",
    "read_text(current_setting('temp_directory') || '/../../../canary/c.csv')",
    "read_text(current_setting('temp_directory') || '/../lock')",
    "read_text('file://{c}.csv')",
    "read_text('{link}')",
    "query('from read_text(''{c}.csv'')')",
    "query_table('{c}.csv')",
    "read_parquet('evidence/*.parquet')",
    "glob('evidence/*')",
    "read_text('evidence/t.csv')",
    "read_csv('https://127.0.0.1:9/x.csv')",
    "read_csv('s3://bucket/x.csv')",
    "read_text('/proc/self/environ')",
    "read_text('/dev/stdin')",
    "duckdb_secrets()",
];

/// Statements that change something or reach out.
const STATEMENTS: &[&str] = &[
    "COPY (SELECT 1) TO '{o}.csv'",
    "COPY t TO '{o}.parquet' (FORMAT parquet)",
    "COPY (SELECT 1 AS a) TO '{o}' (FORMAT csv, PARTITION_BY a)",
    "COPY (SELECT 1) TO '{o}.csv'; SELECT 1",
    "SELECT 1; COPY (SELECT 1) TO '{o}.csv'",
    "EXPORT DATABASE '{o}'",
    "IMPORT DATABASE 'canary'",
    "ATTACH '{o}.db'",
    "ATTACH '{o}.db' AS x (TYPE sqlite)",
    "INSTALL httpfs",
    "FORCE INSTALL sqlite FROM community",
    "LOAD httpfs",
    "LOAD '{c}.csv'",
    "UPDATE EXTENSIONS",
    "SET enable_external_access = true",
    "SET allowed_directories = ['/']",
    "SET memory_limit = '1TB'",
    "RESET lock_configuration",
    "PRAGMA enable_profiling = 'json'",
    "PRAGMA profiling_output = '{o}.json'",
    "CALL enable_logging(storage = 'file', storage_path = '{o}')",
    "FROM enable_profiling(format = 'json', save_location = '{o}.json')",
    "FROM enable_logging(storage = 'file', storage_config = {'path': '{o}'})",
    "FROM query('FROM force_checkpoint()')",
    "CREATE PERSISTENT SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "CREATE SECRET s (TYPE http, BEARER_TOKEN 'x')",
    "CREATE TABLE x AS SELECT * FROM read_text('{c}.csv')",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{o}.csv'",
    "EXPLAIN ANALYZE SELECT * FROM read_text('{c}.csv')",
    "WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x",
    "PREPARE p AS SELECT 1",
    "VACUUM",
    "CHECKPOINT",
    "DROP VIEW t",
    "BEGIN",
];

fn filled(place: &Place, text: &str) -> String {
    let canary = place.path("canary/c");
    text.replace("{c}", &canary)
        .replace("{C}", &canary.to_uppercase())
        .replace("{o}", &place.path("out/made"))
        .replace("{link}", &place.path("out/link"))
}

#[test]
fn sql_of_a_question_reaches_no_other_file() {
    let place = Place::new();
    std::os::unix::fs::symlink(place.path("canary/c.csv"), place.path("out/link")).expect("linked");
    let before = (place.listing("evidence"), place.listing("canary"), place.listing("out"));
    let asked = READING.iter().map(|source| format!("SELECT * FROM {source}"));
    for sql in asked.chain(STATEMENTS.iter().map(|sql| (*sql).to_string())) {
        let sql = filled(&place, &sql);
        for output in [&[][..], &["-o", "out/answer.parquet"]] {
            let output = place.rca(&[&["query", &sql, "evidence/t.csv", "evidence/p.parquet"], output].concat());
            assert_eq!(output.status.code(), Some(2), "{sql}: {}", said(&output));
            assert!(!has_secret(&output), "{sql}: {}", said(&output));
        }
    }
    // Out of the parentheses of a Parquet answer.
    let escaped = format!("SELECT 1) TO '{}' ; --", place.path("out/made.csv"));
    assert_eq!(place.rca(&["query", &escaped, "evidence/t.csv", "-o", "out/answer.parquet"]).status.code(), Some(2));
    let after = (place.listing("evidence"), place.listing("canary"), place.listing("out"));
    assert!(before == after, "something was written");
    assert!(place.listing("tmp").is_empty());
    // What is asked of the evidence is answered, a Parquet source behind a link too.
    std::os::unix::fs::symlink(place.path("evidence/p.parquet"), place.path("out/q.parquet")).expect("linked");
    let output = place.rca(&[
        "query",
        "SELECT count(*) n FROM q, p, t",
        "evidence/t.csv",
        "evidence/p.parquet",
        "out/q.parquet",
        "-f",
        "csv",
    ]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "n\n2\n", "{}", said(&output));
}

#[test]
fn a_condition_of_any_command_reaches_no_other_file() {
    let place = Place::new();
    place.write("checks.toml", "[[checks]]\ntable = 't'\nrows = { min = 1 }\nwhere = '''{w}'''\n[[checks]]\nsql = '''SELECT * FROM t WHERE {w}'''\n");
    let before = (place.listing("evidence"), place.listing("canary"), place.listing("out"));
    let conditions = [
        "exists (FROM read_text('{c}.csv') WHERE error(content))",
        "code = (SELECT content FROM read_text('{c}.csv')) OR error((SELECT content FROM read_text('{c}.csv')))",
        "1 = 1) UNION ALL SELECT content FROM read_text('{c}.csv') --",
        "1 = 1); COPY (SELECT 1) TO '{o}.csv'; --",
        "1 = 1); SET memory_limit = '1TB'; SELECT (1",
        "1 = 1 /*",
        "exists (FROM enable_profiling(format = 'json', save_location = '{o}.json'))",
        "1 = 0 UNION ALL SELECT * FROM t",
        "1 = 1 LIMIT 1",
        "1 = 0 --\r) UNION ALL SELECT * FROM t --\n",
        "'a' = \u{a0}E'\\'') UNION ALL SELECT * FROM t --'",
    ];
    let commands: &[&[&str]] = &[
        &["sources"],
        &["schema"],
        &["query", "SELECT * FROM t"],
        &["timeline"],
        &["missing"],
        &["errors"],
        &["errors", "--audit"],
        &["errors", "--by", "serial"],
        &["templates"],
        &["trace", "--by", "serial"],
        &["explain", "--bad", "code = 'E1'"],
        &[
            "compare",
            "--baseline",
            "2025-03-01 08:00..2025-03-01 08:01",
            "--incident",
            "2025-03-01 08:01..2025-03-01 08:02",
        ],
        &["report", "--bad", "code = 'E1'", "-f", "markdown"],
    ];
    for condition in conditions {
        let condition = filled(&place, condition);
        for said_by in commands {
            let output =
                place.rca(&[said_by, &["--where", &condition, "evidence/t.csv", "evidence/app.log"][..]].concat());
            assert!(matches!(output.status.code(), Some(2 | 3)), "{said_by:?} {condition}: {}", said(&output));
            assert!(!has_secret(&output), "{said_by:?} {condition}: {}", said(&output));
        }
        for said_by in ["explain", "report"] {
            let output =
                place.rca(&[said_by, "--bad", &condition, "--table", "t", "evidence/t.csv", "evidence/app.log"]);
            assert!(!has_secret(&output), "{said_by} --bad {condition}: {}", said(&output));
            assert_ne!(output.status.code(), Some(0), "{said_by} --bad {condition}");
        }
        let checks = fs::read_to_string(place.path("checks.toml")).expect("read").replace("{w}", &condition);
        place.write("asked.toml", &checks);
        let output = place.rca(&["check", "--file", "asked.toml", "evidence/t.csv"]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "check {condition}: {}", said(&output));
        assert!(!has_secret(&output), "check {condition}: {}", said(&output));
    }
    let after = (place.listing("evidence"), place.listing("canary"), place.listing("out"));
    assert!(before == after, "something was written");
}

#[test]
fn files_are_reached_when_it_is_allowed_and_evidence_is_not_written_over() {
    let place = Place::new();
    let ask = |sql: &str| place.rca(&["query", &filled(&place, sql), "evidence/t.csv", "--allow-files"]);
    let read = ask("SELECT content FROM read_text('{c}.csv')");
    assert!(read.status.success() && has_secret(&read));
    assert!(said(&read).contains("note: the SQL may read and write files besides the evidence"), "{}", said(&read));
    let written = ask("COPY (SELECT count(*) AS n FROM t) TO '{o}.csv'");
    assert!(written.status.success(), "{}", said(&written));
    assert_eq!(fs::read_to_string(place.path("out/made.csv")).expect("read"), "n\n2\n");
    std::os::unix::fs::symlink(place.path("evidence/t.csv"), place.path("out/link.csv")).expect("linked");
    let before = place.listing("evidence");
    for sql in [
        "COPY (SELECT 1) TO 'evidence/t.csv'",
        "COPY (SELECT 1) TO 'out/../evidence/t.csv'",
        "COPY (SELECT 1) TO 'out/link.csv'",
        "COPY (SELECT 1 AS a) TO 'evidence' (FORMAT csv, PARTITION_BY a, OVERWRITE true)",
        "COPY (SELECT 1) TO ('evidence/' || 't.csv')",
        "EXPLAIN ANALYZE COPY (SELECT 1) TO 'evidence/t.csv'",
        "FROM enable_profiling(format = 'query_tree', save_location = 'evidence/t.txt')",
        "LOAD httpfs",
        "INSTALL httpfs",
        "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
        "SET enable_external_access = true",
        "SELECT 1; SELECT 2",
    ] {
        let output = ask(sql);
        assert_eq!(output.status.code(), Some(2), "{sql}: {}", said(&output));
    }
    assert!(before == place.listing("evidence"), "evidence was written");
}

#[test]
fn time_and_memory_are_limited() {
    let place = Place::new();
    let slow = "SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1";
    let began = Instant::now();
    let output = place.rca(&["query", slow, "evidence/t.csv", "--timeout", "700ms", "-o", "out/a.csv"]);
    assert_eq!(output.status.code(), Some(130));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    assert!(said(&output).starts_with("error: there was no answer after 700ms\n"), "{}", said(&output));
    assert!(place.listing("out").is_empty() && place.listing("tmp").is_empty());
    let output = place.rca(&["query", "SELECT 1 AS a", "evidence/t.csv", "--timeout", "5m", "-f", "csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "a\n1\n");
    for bad in ["0s", "-5s", "soon"] {
        let output = place.rca(&["sources", "evidence/t.csv", &format!("--timeout={bad}")]);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
    }
    // The engine does not count a text that is being made.
    for sql in ["SELECT length(repeat('x', 4000000000)) AS n", "SELECT list(i) FROM range(100000000) t(i)"] {
        let output = place.rca(&["query", sql, "evidence/t.csv", "--memory", "200MB"]);
        assert_eq!(output.status.code(), Some(2), "{sql}: {}", said(&output));
        assert!(said(&output).contains("the answer needs more memory than it may use"), "{}", said(&output));
    }
}
