//! Settings: which of them wins, and what each does to the evidence.

use crate::rca::{command, folder, rows_in};

fn place() -> tempfile::TempDir {
    let place = folder();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).expect("written");
    write("gw.log", "#1# 2025-03-01 08:00:00 up\n#2# 2025-03-01 08:00:10 down\n");
    write("codes.csv", "code,description\nE1,first\nE2,second\n");
    write(
        "t.csv",
        "ts,error_code,serial\n2025-03-01 08:00:05,E1,S1\n2025-03-01 08:00:06,E1,S2\n2025-03-01 08:00:07,E9,S2\n",
    );
    place
}

fn first(place: &tempfile::TempDir, flags: &[&str], variable: Option<&str>) -> String {
    let mut rca = command("rca", place.path());
    rca.args(["timeline", "t.csv", "-f", "ndjson", "-q", "--limit", "1"]).args(flags);
    if let Some(zone) = variable {
        rca.env("RCA_TIMEZONE", zone);
    }
    let output = rca.output().expect("rca starts");
    let row: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a row");
    row["ts"].as_str().expect("a time").to_string()
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_users_file() {
    let place = place();
    std::fs::create_dir_all(place.path().join("config/rca")).expect("made");
    std::fs::write(place.path().join("config/rca/config.toml"), "timezone = '+01:00'\n").expect("written");
    assert_eq!(first(&place, &[], None), "2025-03-01T08:00:05Z");
    let with_file = command("rca", place.path())
        .env("XDG_CONFIG_HOME", place.path().join("config"))
        .args(["timeline", "t.csv", "-f", "csv", "-q", "--limit", "1"])
        .output()
        .expect("rca starts");
    assert!(String::from_utf8_lossy(&with_file.stdout).contains("2025-03-01T07:00:05Z"));
    assert_eq!(first(&place, &[], Some("+02:00")), "2025-03-01T06:00:05Z");
    assert_eq!(first(&place, &["--timezone", "+08:00"], Some("+02:00")), "2025-03-01T00:00:05Z");
    assert_eq!(first(&place, &["--set", "sources.t.timezone=-03:30"], Some("+02:00")), "2025-03-01T11:30:05Z");
}

#[test]
fn a_clock_that_ran_ahead_is_set_back() {
    assert_eq!(first(&place(), &["--set", "sources.t.skew=-1.5s"], None), "2025-03-01T08:00:03.500Z");
}

#[test]
fn a_format_of_ones_own_reads_its_lines() {
    let place = place();
    let case = "[sources.gw]\npath = 'gw.log'\n[[formats]]\nname = 'numbered'\npattern = '#{number:int}# {ts:%Y-%m-%d %H:%M:%S} {message}'\n";
    std::fs::write(place.path().join("rca.toml"), case).expect("written");
    let rows = rows_in(place.path(), &["query", "select number, message from gw order by 1"]);
    assert_eq!(rows[1], serde_json::json!({"number": 2, "message": "down"}));
    let sources = rows_in(place.path(), &["sources"]);
    assert_eq!(sources[0]["format"], "numbered");
}

#[test]
fn a_codebook_may_be_a_file() {
    let place = place();
    let rows = rows_in(place.path(), &["errors", "t.csv", "--codebook", "codes.csv"]);
    let told: Vec<(&str, Option<&str>, i64)> = rows
        .iter()
        .map(|row| {
            (
                row["code"].as_str().expect("a code"),
                row["description"].as_str(),
                row["entities"].as_i64().expect("a count"),
            )
        })
        .collect();
    assert_eq!(told, [("E1", Some("first"), 2), ("E9", None, 1)]);
    let faults = rows_in(place.path(), &["errors", "t.csv", "--codebook", "codes.csv", "--audit"]);
    let named: Vec<&str> = faults.iter().filter_map(|row| row["fault"].as_str()).collect();
    assert_eq!(named, ["undocumented", "never_seen"]);
}

#[test]
fn a_window_is_half_open_and_may_count_back_from_the_latest_time() {
    let place = place();
    let count = |flags: &[&str]| {
        rows_in(place.path(), &[&["query", "select count(*) as n from t", "t.csv"], flags].concat())[0]["n"].clone()
    };
    assert_eq!(count(&["--from", "2025-03-01 08:00:06"]), 2);
    assert_eq!(count(&["--to", "2025-03-01 08:00:06"]), 1);
    assert_eq!(count(&["--from", "-1s"]), 2);
    let around = rows_in(place.path(), &["timeline", "t.csv", "--around", "2025-03-01T08:00:05Z", "--window", "1s"]);
    assert_eq!(around.len(), 2, "both ends are around it");
}

#[test]
fn a_database_with_a_write_ahead_log_is_read_whole_and_left_alone() {
    let place = folder();
    let path = place.path().join("live.db");
    let database = rusqlite::Connection::open(&path).expect("opens");
    database.execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t(a); PRAGMA wal_autocheckpoint = 0; INSERT INTO t VALUES (1), (2);").expect("made");
    let files = || {
        let mut files: Vec<(String, u64)> = std::fs::read_dir(place.path())
            .expect("the directory")
            .map(|entry| entry.expect("an entry"))
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.metadata().expect("there").len()))
            .collect();
        files.sort();
        files
    };
    let before = files();
    assert!(before.iter().any(|(name, bytes)| name == "live.db-wal" && *bytes > 0), "{before:?}");
    assert_eq!(rows_in(place.path(), &["query", "select count(*) as n from live.t", "live.db"])[0]["n"], 2);
    assert_eq!(files(), before);
}

#[test]
fn the_readmes_settings_are_all_known() {
    let readme = std::fs::read_to_string(crate::rca::root().join("README.md")).expect("the README");
    let start = readme.find("```toml\n").expect("a block of settings") + "```toml\n".len();
    let block = &readme[start..start + readme[start..].find("```").expect("its end")];
    let place = folder();
    std::fs::write(place.path().join("rca.toml"), block).expect("written");
    // Its evidence is not here, which is another error than an unknown key.
    let output = crate::rca::run_in(place.path(), &["sources"]);
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn a_clock_is_set_back_however_its_times_are_written() {
    let place = folder();
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).expect("written");
    write("c.csv", "ts,v\n1740816000,1\n1740816001,2\n");
    write("j.ndjson", "{\"ts\":1740816000,\"v\":1}\n{\"ts\":1740816001,\"v\":2}\n");
    write(
        "d.sql",
        "CREATE TABLE public.t (ts timestamp with time zone);\nCOPY public.t (ts) FROM stdin;\n2025-03-01 08:00:00+00\ninfinity\n\\.\n",
    );
    let database = rusqlite::Connection::open(place.path().join("s.db")).expect("opens");
    database.execute_batch("CREATE TABLE t(ts); INSERT INTO t VALUES (1740816000), (1740816001);").expect("made");
    drop(database);
    for (table, file) in [("c", "c.csv"), ("j", "j.ndjson"), ("d.t", "d.sql"), ("s.t", "s.db")] {
        let source = table.split('.').next().expect("a name");
        let skew = format!("sources.{source}.skew=-2s");
        let sql = format!("select min(ts) as first, max(ts) as last_ts from {table}");
        let row = &rows_in(place.path(), &["query", &sql, file, "--set", &skew])[0];
        assert_eq!(row["first"], "2025-03-01T07:59:58Z", "{file}");
        assert!(file != "d.sql" || row["last_ts"] == "infinity", "{row}");
    }
}

#[test]
fn what_ends_a_line_or_begins_a_quoted_value_is_no_delimiter() {
    let place = place();
    for delimiter in ["\"\\\"\"", "\"\\n\"", "\"\\r\"", "\"\\u0000\"", "\"::\""] {
        let setting = format!("sources.t.delimiter={delimiter}");
        let rca =
            command("rca", place.path()).args(["sources", "t.csv", "--set", &setting]).output().expect("rca starts");
        let said = String::from_utf8_lossy(&rca.stderr).into_owned();
        assert_eq!(rca.status.code(), Some(2), "{setting}: {said}");
        assert!(said.contains("is no delimiter"), "{said}");
    }
}
