//! What a run leaves: its answer whole or not at all, no temporary directory, nothing beside the evidence, no word to
//! the network. As the system saw it, by strace.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::rca::{command, folder, root};

/// Commands over the worked example, each with a file to write.
const ASKED: &[&[&str]] = &[
    &["sources", "-o", "{out}/a.csv"],
    &["schema", "-o", "{out}/a.md"],
    &["query", "SELECT * FROM events ORDER BY message", "--memory", "120MB", "-o", "{out}/a.parquet"],
    &["timeline", "--limit", "50", "-o", "{out}/a.html"],
    &["missing", "-o", "{out}/a.json"],
    &["errors", "--audit", "-o", "{out}/a.jira"],
    &["templates", "-o", "{out}/a.tsv"],
    &["trace", "-o", "{out}/a.txt"],
    &["check", "--from-findings", "-o", "{out}/a.toml"],
    &["report", "-o", "{out}/report.html"],
];

fn sums(folder: &Path) -> Vec<(String, u64, Option<std::time::SystemTime>, u64)> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("read").map(|entry| entry.expect("an entry")) {
        let path = entry.path();
        let metadata = entry.metadata().expect("metadata");
        if metadata.is_dir() {
            found.extend(sums(&path));
        } else {
            let mut hash = DefaultHasher::new();
            fs::read(&path).expect("read").hash(&mut hash);
            found.push((path.to_string_lossy().into_owned(), metadata.len(), metadata.modified().ok(), hash.finish()));
        }
    }
    found.sort();
    found
}

fn count(folder: &Path) -> usize {
    fs::read_dir(folder).expect("read").count()
}

/// Whether a program can be run at all here.
fn can(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
#[expect(clippy::print_stderr, reason = "why a test did not look is to be seen")]
fn no_word_to_the_network_and_nothing_written_but_the_answer_and_temporary_files() {
    if !can("strace", &["-f", "true"]) {
        eprintln!("not looked at: strace is not there, or may not trace");
        return;
    }
    let place = folder();
    let (scratch, out) = (place.path().join("tmp"), place.path().join("out"));
    fs::create_dir(&scratch).expect("made");
    fs::create_dir(&out).expect("made");
    let case = root().join("examples/laptop-anomaly");
    let before = sums(&case);
    let trace = place.path().join("trace");
    for asked in ASKED {
        let filled = asked.iter().map(|word| word.replace("{out}", &out.to_string_lossy()));
        let output = command("strace", &root())
            .env("TMPDIR", &scratch)
            .args(["-f", "--seccomp-bpf", "-qq", "-s", "4096", "-o", &trace.to_string_lossy()])
            .args(["-e", "trace=%network,%file,io_uring_setup", "rca"])
            .args(filled)
            .args(["-C", &case.to_string_lossy()])
            .output()
            .expect("strace starts");
        assert!(output.status.success(), "{asked:?}: {}", String::from_utf8_lossy(&output.stderr));
        let text = fs::read_to_string(&trace).expect("read");
        assert!(text.contains("openat("), "nothing was traced");
        for line in text.lines() {
            let call = line.split_once(' ').map_or(line, |(_, rest)| rest.trim_start());
            let name = call.split('(').next().unwrap_or_default();
            let network = ["socket", "connect", "bind", "listen", "sendto", "sendmsg", "io_uring_setup"];
            assert!(!network.contains(&name), "{asked:?}: {line}");
            let is_opened = matches!(name, "open" | "openat" | "openat2" | "creat");
            let writes = match is_opened {
                true => ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"].iter().any(|flag| call.contains(flag)),
                false => [
                    "rename", "unlink", "mkdir", "rmdir", "link", "symlink", "chmod", "chown", "trunc", "utime",
                    "mknod",
                ]
                .iter()
                .any(|word| name.contains(word) && name != "readlink" && name != "readlinkat"),
            };
            // What failed has written nothing; it may be tried (a directory that is there already).
            if writes && !line.contains(") = -1 ") {
                let paths: Vec<&str> = call.split('"').skip(1).step_by(2).collect();
                // Removal of a directory goes by a handle and a bare name.
                let is_inside = |path: &&str| {
                    !path.starts_with('/') && call.contains("unlinkat(") && !call.contains("AT_FDCWD")
                        || Path::new(path).starts_with(&scratch)
                        || Path::new(path).starts_with(&out)
                };
                assert!(paths.iter().all(is_inside), "{asked:?}: {line}");
            }
        }
        assert_eq!(count(&scratch), 0, "{asked:?}");
    }
    assert_eq!(count(&out), ASKED.len(), "each answer, and nothing else");
    assert!(before == sums(&case), "the evidence is not as it was");
}

#[test]
fn an_answer_is_whole_or_not_there_whenever_the_process_is_killed() {
    let place = folder();
    let (scratch, out) = (place.path().join("tmp"), place.path().join("out"));
    fs::create_dir(&scratch).expect("made");
    fs::create_dir(&out).expect("made");
    let answer = out.join("answer.csv");
    let sql = "SELECT i, repeat('x', 100) AS x FROM range(60000) t(i)";
    let start = || {
        command("rca", &root())
            .env("TMPDIR", &scratch)
            .args(["query", sql, "examples/laptop-anomaly/predictions.csv", "-o", &answer.to_string_lossy()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rca starts")
    };
    let began = std::time::Instant::now();
    assert!(start().wait().expect("it ends").success());
    let whole = (fs::metadata(&answer).expect("written").len(), began.elapsed());
    fs::remove_file(&answer).expect("removed");
    let (mut unfinished, mut killed) = (0, 0);
    for step in 0..18_u32 {
        let signal = ["-KILL", "-TERM", "-INT"][step as usize % 3];
        let mut child = start();
        // From before the first byte to after the last one.
        std::thread::sleep(whole.1.mul_f64(f64::from(step) / 17.0));
        command("kill", &root()).args([signal, &child.id().to_string()]).stderr(Stdio::null()).status().expect("kill");
        let status = child.wait().expect("it ends");
        killed += usize::from(status.code() != Some(0));
        unfinished += usize::from(signal == "-KILL" && count(&scratch) > 0);
        if let Ok(metadata) = fs::metadata(&answer) {
            assert_eq!(metadata.len(), whole.0, "{signal} at step {step}: half an answer");
            fs::remove_file(&answer).expect("removed");
        }
        if signal != "-KILL" && status.code() == Some(130) {
            let mine = fs::read_dir(&scratch).expect("read").count() + count(&out);
            // What the kill before it left was removed by this run, if it came so far.
            assert!(mine <= 2, "{signal} at step {step} left something");
        }
    }
    assert!(killed > 5 && unfinished > 0, "{killed} were killed, {unfinished} left a directory");
    // The next run removes what was left, and nothing of a run that is still there.
    let mut other = command("rca", &root())
        .env("TMPDIR", &scratch)
        .args(["query", "SELECT count(*) FROM range(100000000000) a WHERE hash(a.range) = 1"])
        .args(["examples/laptop-anomaly/predictions.csv", "-o", &out.join("other.csv").to_string_lossy()])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("rca starts");
    let is_asked = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        count(&scratch) == 1 && count(&out) == 1
    });
    assert!(is_asked, "the other run cleans up and opens its output");
    assert!(start().wait().expect("it ends").success());
    assert_eq!(
        (count(&scratch), count(&out)),
        (1, 2),
        "the other's directory and unfinished file are there, and the answer"
    );
    command("kill", &root()).args(["-TERM", &other.id().to_string()]).status().expect("kill");
    assert_eq!(other.wait().expect("it ends").code(), Some(130));
    assert_eq!((count(&scratch), count(&out)), (0, 1));
}

#[test]
#[expect(clippy::print_stderr, reason = "why a test did not look is to be seen")]
fn a_full_disk_is_an_error_and_leaves_no_half_file() {
    if !can("unshare", &["-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]) {
        eprintln!("not looked at: no small file system can be mounted here");
        return;
    }
    let place = folder();
    // The small file system is there for this process alone.
    let on_small = |variable: &str, sql: &str, more: &str| {
        let script = format!(
            "mount -t tmpfs -o size=2m tmpfs small && {variable} rca query \"{sql}\" $EVIDENCE {more}; \
             echo code $?; ls -A small | wc -l"
        );
        fs::create_dir_all(place.path().join("small")).expect("made");
        let output = command("unshare", place.path())
            .env("EVIDENCE", root().join("examples/laptop-anomaly/predictions.csv"))
            .args(["-rm", "sh", "-c", &script])
            .output()
            .expect("unshare starts");
        (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let long = "SELECT i, md5(i::VARCHAR) AS x FROM range(300000) t(i)";
    for ending in ["csv", "json", "html", "txt", "parquet"] {
        let (code, why) = on_small("", long, &format!("-o small/answer.{ending}"));
        assert_eq!(code, "code 2\n0\n", "{ending}: {why}");
        assert!(why.contains("No space left") || why.contains("the disk is full"), "{ending}: {why}");
    }
    let spills = "SELECT count(*) FROM (SELECT i, md5(i::VARCHAR) AS x FROM range(3000000) t(i) ORDER BY x)";
    let (code, why) = on_small("TMPDIR=small", &spills.replace("count(*)", "max(x || i)"), "--memory 120MB");
    assert_eq!(code, "code 2\n0\n", "{why}");
    assert!(why.starts_with("error: the temporary directory has no room left\n"), "{why}");
}
