//! Running the program as a user would, in clean surroundings.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The checkout.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A command in `folder` that finds `rca` on its path and nothing of the tester's own settings.
pub fn command(program: &str, folder: &Path) -> Command {
    let binary = Path::new(env!("CARGO_BIN_EXE_rca"));
    let path =
        format!("{}:{}", binary.parent().expect("a folder").display(), std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new(program);
    command
        .current_dir(folder)
        .env_clear()
        .env("PATH", path)
        .env("HOME", "/nonexistent")
        .env("TZ", "Asia/Kolkata")
        .env("LC_ALL", "C.UTF-8");
    for kept in ["LD_LIBRARY_PATH", "TMPDIR", "DUCKDB_LIB_DIR"] {
        if let Ok(value) = std::env::var(kept) {
            command.env(kept, value);
        }
    }
    command
}

/// Runs `rca` in the checkout.
pub fn run(arguments: &[&str]) -> Output {
    run_in(&root(), arguments)
}

pub fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    command("rca", folder).args(arguments).output().expect("rca starts")
}

/// Runs a command that reads this from its standard input.
pub fn piped(mut command: Command, input: &str) -> Output {
    let (stdin, stdout, stderr) = (Stdio::piped(), Stdio::piped(), Stdio::piped());
    let mut child = command.stdin(stdin).stdout(stdout).stderr(stderr).spawn().expect("rca starts");
    // What reads none of it closes its end.
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).ok();
    child.wait_with_output().expect("it ends")
}

/// The rows of an answer; fails with what the program said if it did not answer.
pub fn rows(arguments: &[&str]) -> Vec<serde_json::Value> {
    rows_in(&root(), arguments)
}

pub fn rows_in(folder: &Path, arguments: &[&str]) -> Vec<serde_json::Value> {
    let output = run_in(folder, &[arguments, &["-f", "ndjson", "-q"]].concat());
    assert!(output.status.success(), "rca {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("a row")).collect()
}

/// Runs `rca` without looking at its answer: how it ended, what it said, and the most memory in bytes that it took, 0
/// where the system does not tell.
pub fn watched(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, u64) {
    let said = folder.join(".said");
    let mut child = command("rca", folder)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&said).expect("made"))
        .spawn()
        .expect("rca starts");
    let (began, mut most) = (Instant::now(), 0);
    loop {
        // The peak so far; gone with the process.
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0);
        most = most.max(peak << 10);
        if let Some(status) = child.try_wait().expect("waits") {
            return (status.code(), std::fs::read_to_string(said).expect("read"), most);
        }
        assert!(began.elapsed() < Duration::from_secs(240), "rca {arguments:?} does not end");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// An empty directory that goes away with the value.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a directory")
}
