//! Evidence is the same before and after, to the byte and to the time of its last change: every command, on everything
//! that the project has. `.ci/run` holds the same of the whole suite.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::rca::{command, folder, root};

/// Names, sizes, times and checksums of all files below a directory.
fn sums(folder: &Path, found: &mut Vec<(PathBuf, u64, Option<SystemTime>, String)>) {
    for entry in std::fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        let metadata = path.symlink_metadata().expect("metadata");
        if metadata.is_dir() {
            sums(&path, found);
        } else {
            let sum = Sha256::digest(std::fs::read(&path).expect("read"));
            let shown = sum.iter().map(|byte| format!("{byte:02x}")).collect();
            found.push((path, metadata.len(), metadata.modified().ok(), shown));
        }
    }
    found.sort();
}

fn evidence() -> Vec<(PathBuf, u64, Option<SystemTime>, String)> {
    let mut found = Vec::new();
    ["fixtures", "examples"].iter().for_each(|name| sums(&root().join(name), &mut found));
    found
}

/// All that the project has, a directory each.
const DIRECTORIES: &[&str] = &["errors", "logs", "readers", "sheets", "timeline"];

/// One of each kind, for commands that look at everything.
const SMALL: &[&str] = &[
    "fixtures/readers/kinds.db",
    "fixtures/readers/happenings.ndjson",
    "fixtures/logs/iis.log",
    "fixtures/logs/bundle.zip",
];

/// Every command that reads evidence, with what it needs to be asked at all.
const COMMANDS: &[&[&str]] = &[
    &["sources"],
    &["schema"],
    &["query", "SELECT count(*) FROM events"],
    &["timeline"],
    &["missing"],
    &["errors"],
    &["errors", "--audit"],
    &["templates"],
    &["trace", "--by", "level"],
    &["check", "--from-findings"],
    &["explain", "--bad", "level = 'error'"],
    &["slices"],
    &["compare", "--baseline", "2025-03-01..2025-03-02", "--incident", "2025-03-02..2025-03-03"],
    &["report", "-f", "markdown"],
];

#[test]
fn no_command_changes_anything_of_what_it_reads() {
    let scratch = folder();
    let before = evidence();
    assert!(before.len() > 50, "{} files", before.len());
    let run = |asked: &[&str], sources: &[&str]| {
        let status = command("rca", &root())
            .args(asked)
            .args(sources)
            .env("TMPDIR", scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .expect("rca starts");
        // Whether it can be answered is asked elsewhere.
        assert!(matches!(status.code(), Some(0..=3)), "{asked:?} {sources:?}: {status}");
        status.success()
    };
    for directory in DIRECTORIES {
        run(&["sources"], &[&format!("fixtures/{directory}")]);
    }
    let answered = COMMANDS.iter().filter(|asked| run(asked, SMALL)).count();
    assert!(answered >= 7, "{answered} were answered");
    assert!(before == evidence(), "evidence is not as it was");
    assert_eq!(std::fs::read_dir(scratch.path()).expect("a directory").count(), 0);
}
