//! Interrupts, closed pipes, and what is left behind.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use crate::rca::{command, folder, root};

#[test]
fn a_closed_pipe_is_no_error() {
    let sql = "select * from range(3000000)";
    let line = format!(
        "rca query \"{sql}\" examples/laptop-anomaly/predictions.csv -f csv | head -1; echo ${{PIPESTATUS[0]}}"
    );
    let output = command("bash", &root()).arg("-c").arg(line).output().expect("bash");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "range\n0\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_interrupt_ends_at_once_with_130_and_leaves_nothing() {
    let scratch = folder();
    let slow = "select count(*) from range(100000000000) a where hash(a.range) = 1";
    let mut child = command("rca", &root())
        .args(["query", slow, "examples/laptop-anomaly/predictions.csv"])
        .env("TMPDIR", scratch.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("rca starts");
    // It can be interrupted from when its temporary directory is there.
    let is_there = || std::fs::read_dir(scratch.path()).expect("the directory").next().is_some();
    let waited = (0..30_000).any(|_| {
        std::thread::sleep(Duration::from_millis(1));
        is_there()
    });
    assert!(waited, "no temporary directory within half a minute");
    command("kill", &root()).args(["-INT", &child.id().to_string()]).status().expect("kill");
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    assert_eq!(std::fs::read_dir(scratch.path()).expect("the directory").count(), 0);
}

#[test]
fn evidence_is_never_touched() {
    let case = folder();
    let database = case.path().join("station.db");
    std::fs::copy(root().join("examples/laptop-anomaly/station.db"), &database).expect("copied");
    let before = std::fs::read(&database).expect("read");
    let output = command("rca", case.path()).args(["sources", "station.db"]).output().expect("rca starts");
    assert!(output.status.success());
    assert!(std::fs::read(&database).expect("read") == before);
    assert_eq!(
        std::fs::read_dir(case.path()).expect("the directory").count(),
        1,
        "a side file lies beside the database"
    );
}

#[test]
fn an_output_appears_whole_or_not_at_all() {
    let place = folder();
    let run = |sql: &str| {
        command("rca", place.path())
            .args(["query", sql, "-", "-o", "answer.csv"])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .and_then(|mut child| {
                child.stdin.take().expect("a pipe").write_all(b"a,b\n1,2\n3,4\n")?;
                child.wait()
            })
            .expect("rca runs")
    };
    assert_eq!(run("select error('stop') from stdin").code(), Some(2));
    assert_eq!(std::fs::read_dir(place.path()).expect("the directory").count(), 0);
    assert!(run("select sum(a) s from stdin").success());
    assert_eq!(std::fs::read_to_string(place.path().join("answer.csv")).expect("written"), "s\n4\n");
}

/// Whether there is a file anywhere below a directory whose name begins as given.
fn has_file(folder: &std::path::Path, beginning: &str) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else { return false };
    entries.filter_map(Result::ok).any(|entry| {
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.path().is_dir() { has_file(&entry.path(), beginning) } else { name.starts_with(beginning) }
    })
}

#[test]
fn a_timeline_that_spills_is_whole_and_an_interrupted_one_leaves_nothing() {
    let place = folder();
    let scratch = folder();
    let mut log = std::io::BufWriter::new(std::fs::File::create(place.path().join("a.log")).expect("a file"));
    for n in 0..400_000_u64 {
        // Out of order, so that there is something to sort.
        let second = n * 7_919 % 86_400;
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        writeln!(
            log,
            "2025-03-01 {hour:02}:{minute:02}:{second:02},{:03} INFO [w] a.b.C - packet {n} is stored, {:064x}",
            n % 1000,
            n
        )
        .expect("written");
    }
    log.flush().expect("written");
    drop(log);
    let start = || {
        let mut command = command("rca", place.path());
        command.args(["timeline", "a.log", "--memory", "120MB", "-f", "csv", "-q"]).env("TMPDIR", scratch.path());
        command
    };
    let mut child = start().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("rca starts");
    let spills = (0..6_000).any(|_| {
        std::thread::sleep(Duration::from_millis(5));
        has_file(scratch.path(), "duckdb_temp")
    });
    assert!(spills, "it is more than fits into the memory");
    command("kill", &root()).args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let left = || std::fs::read_dir(scratch.path()).expect("the directory").count();
    assert_eq!(left(), 0, "after an interrupt");
    let output = start().output().expect("rca starts");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let times: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(['Z', '.']).next()).collect();
    assert_eq!((times.len(), output.status.code()), (400_000, Some(0)));
    assert!(times.is_sorted());
    assert_eq!(left(), 0);
}
