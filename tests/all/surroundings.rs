//! Surroundings that are not as they should be: no right to read or write, streams that are closed, limits of the
//! shell, signals, an environment with nothing in it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::hostile::{said, write};
use crate::rca::{command, folder, root};

/// Runs a line of shell with `rca` on its path.
fn shell(place: &Path, line: &str) -> Output {
    command("sh", place).args(["-c", line]).stdin(Stdio::null()).output().expect("sh starts")
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set");
}

/// How to run something that permissions hold for: root must lay down what lets it pass over them.
fn without_rights() -> Option<&'static str> {
    const DROPPED: &str = "setpriv --bounding-set=-dac_override,-dac_read_search";
    let place = folder();
    write(place.path(), "t", "x");
    set_mode(&place.path().join("t"), 0);
    let is_denied = |with: &str| {
        let output = shell(place.path(), &format!("{with} cat t; echo $?"));
        said(&output).contains("denied") && shown(&output).trim() == "1"
    };
    ["", DROPPED].into_iter().find(|with| is_denied(with))
}

#[test]
#[expect(clippy::print_stderr, reason = "why a test did not look is to be seen")]
fn what_may_not_be_read_is_told_and_the_rest_is_read() {
    let Some(with) = without_rights() else {
        eprintln!("not looked at: permissions do not hold for root here, and setpriv cannot lay that down");
        return;
    };
    let place = folder();
    for name in ["d/a.csv", "d/b.csv", "d/shut/c.csv", "d/blind/e.csv", "b.csv"] {
        write(place.path(), name, "a,b\n1,2\n");
    }
    write(place.path(), "case/rca.toml", "timezone = \"UTC\"\n");
    let modes = [("d/b.csv", 0), ("b.csv", 0), ("d/shut", 0), ("d/blind", 0o444), ("case/rca.toml", 0), ("ro", 0o555)];
    std::fs::create_dir(place.path().join("ro")).expect("made");
    modes.iter().for_each(|(name, mode)| set_mode(&place.path().join(name), *mode));
    let lost = ["permission denied: d/b.csv", "permission denied: d/blind/e.csv", "permission denied: d/shut"];
    for (arguments, code, out, told) in [
        ("query 'select sum(a) as s from d' d", 0, "s\n1\n", &lost[..]),
        ("query 'select sum(a) as s from d' 'd/*.csv'", 0, "s\n1\n", &lost[..1]),
        ("query 'select sum(a) as s from d' 'd/**/*.csv'", 0, "s\n1\n", &lost[..]),
        ("query 'select sum(a) as s from a' d/a.csv d/b.csv", 0, "s\n1\n", &["d/b.csv", "permission denied"]),
        ("sources b.csv", 3, "", &["cannot read `b.csv`", "permission denied"]),
        ("sources d/shut", 3, "", &["cannot read `d/shut`", "permission denied"]),
        ("sources d/shut/c.csv", 3, "", &["cannot read `d/shut/c.csv`", "permission denied"]),
        ("sources d/blind", 3, "", &["permission denied: d/blind/e.csv"]),
        ("sources 'd/blind/*.csv'", 3, "", &["permission denied: d/blind/e.csv"]),
        ("sources -C case", 3, "", &["cannot read `case/rca.toml`", "permission denied"]),
        ("sources d/a.csv -o ro/x.csv", 2, "", &["cannot write `ro/x.csv`", "permission denied"]),
        ("query 'select sum(a) as s from a' d/a.csv --strict", 0, "s\n1\n", &[]),
    ] {
        let output = shell(place.path(), &format!("{with} rca {arguments} -f csv"));
        assert_eq!(output.status.code(), Some(code), "{arguments}: {}", said(&output));
        assert_eq!(shown(&output), out, "{arguments}: {}", said(&output));
        told.iter().for_each(|part| assert!(said(&output).contains(part), "{arguments}: {part} in {}", said(&output)));
    }
    // In a directory that cannot be written, for temporary files too.
    let output = shell(&place.path().join("ro"), &format!("{with} rca query 'from a' ../d/a.csv -f csv"));
    assert!(output.status.success(), "{}", said(&output));
    let output = shell(&place.path().join("ro"), &format!("TMPDIR=. {with} rca sources ../d/a.csv"));
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("hint: point TMPDIR at a directory that can be written"), "{}", said(&output));
    // So that the directory can be removed.
    ["d/shut", "d/blind", "ro"].iter().for_each(|name| set_mode(&place.path().join(name), 0o755));
}

#[test]
fn a_file_past_the_shells_limit_is_an_error_and_leaves_nothing() {
    let place = folder();
    write(place.path(), "t.csv", "a,b\n1,2\n");
    std::fs::create_dir(place.path().join("tmp")).expect("made");
    let sql = "select i, md5(i::varchar) as x from range(100000) t(i)";
    let asked = |line: &str| {
        let output =
            shell(place.path(), &format!("ulimit -f 40; TMPDIR=tmp; export TMPDIR; {line}; echo $?; ls -A . tmp"));
        (shown(&output), said(&output))
    };
    for ending in ["csv", "json", "html", "parquet"] {
        let (left, why) = asked(&format!("rca query \"{sql}\" t.csv -o out.{ending}"));
        assert_eq!(left, "2\n.:\nt.csv\ntmp\n\ntmp:\n", "{ending}: {why}");
        assert!(why.starts_with("error: ") && why.contains("File too large"), "{ending}: {why}");
    }
    let (left, why) = asked("yes 1,2 | head -100000 | rca query 'from stdin' -");
    assert_eq!(left, "3\n.:\nt.csv\ntmp\n\ntmp:\n", "{why}");
    assert!(why.contains("File too large"), "{why}");
}

#[test]
fn streams_may_be_closed_and_the_environment_empty() {
    let place = folder();
    write(place.path(), "t.csv", "a,b\n1,2\n");
    let library = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    let empty = format!("env -i PATH=\"$PATH\" LD_LIBRARY_PATH='{library}'");
    for (line, code, out) in [
        ("rca query 'select a from t' t.csv -f csv <&-", 0, "a\n1\n"),
        ("rca query 'select a from t' t.csv -f csv 2>&-", 0, "a\n1\n"),
        ("rca query 'select a from t' t.csv -f csv >&-", 0, ""),
        ("rca query 'select a from t' t.csv -o o.csv <&- >&- 2>&-; cat o.csv", 0, "a\n1\n"),
        ("rca sources nothing.csv <&- >&- 2>&-", 3, ""),
        ("rca query 'select 1 as a' - -f csv <&-", 0, "a\n1\n"),
        ("{empty} rca query 'select a from t' t.csv -f csv", 0, "a\n1\n"),
        ("{empty} TMPDIR=/nonexistent rca query 'select a from t' t.csv -f csv", 2, ""),
        ("{empty} TMPDIR=/etc/passwd rca query 'select a from t' t.csv -f csv", 2, ""),
        ("{empty} TMPDIR=. rca query 'select a from t' t.csv -f csv", 0, "a\n1\n"),
        (
            "{empty} HOME=/dev/null LANG=C LC_ALL=xx TERM=dumb COLUMNS=1 TZ=Nowhere rca query 'select a from t' t.csv -f csv",
            0,
            "a\n1\n",
        ),
        ("mkdir gone; cd gone; rmdir ../gone; rca query 'select a from t' \"$OLDPWD/t.csv\" -f csv", 0, "a\n1\n"),
    ] {
        let output = shell(place.path(), &line.replace("{empty}", &empty));
        assert_eq!((output.status.code(), shown(&output).as_str()), (Some(code), out), "{line}: {}", said(&output));
    }
}

#[test]
fn a_signal_ends_it_in_order_unless_nohup_has_it_ignored() {
    let place = folder();
    let scratch = folder();
    let slow = "select count(*) from range(100000000000) a where hash(a.range) = 1";
    let start = |wrapper: &[&str], more: &[&str]| {
        let line = [wrapper, &["rca", "query", slow], &["examples/laptop-anomaly/predictions.csv"], more].concat();
        command(line[0], &root())
            .args(&line[1..])
            .args(["-o", &place.path().join("answer.csv").to_string_lossy()])
            .env("TMPDIR", scratch.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("rca starts")
    };
    let count = |folder: &Path| std::fs::read_dir(folder).expect("a directory").count();
    let is_asked = || {
        (0..1_000).any(|_| {
            std::thread::sleep(Duration::from_millis(20));
            count(scratch.path()) == 1 && count(place.path()) == 1
        })
    };
    // Under nohup the tests themselves have it ignored, and so do those that they start.
    let ignored = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = ignored.lines().find_map(|line| u64::from_str_radix(line.strip_prefix("SigIgn:")?.trim(), 16).ok());
    let is_ignored = |signal: &&str| *signal == "-HUP" && ignored.is_some_and(|set| set & 1 == 1);
    for signal in ["-HUP", "-XCPU", "-TERM"].into_iter().filter(|signal| !is_ignored(signal)) {
        let mut child = start(&[], &[]);
        assert!(is_asked(), "it opens its output");
        assert!(Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill").success());
        assert_eq!(child.wait().expect("ends").code(), Some(130), "{signal}");
        assert_eq!((count(scratch.path()), count(place.path())), (0, 0), "{signal} leaves something");
    }
    // It goes on until its own time is up.
    let mut child = start(&["nohup"], &["--timeout", "3s"]);
    assert!(is_asked(), "it opens its output");
    let began = std::time::Instant::now();
    assert!(Command::new("kill").args(["-HUP", &child.id().to_string()]).status().expect("kill").success());
    assert_eq!(child.wait().expect("ends").code(), Some(130));
    assert!(began.elapsed() > Duration::from_millis(500), "a hangup that is ignored ended it");
    assert_eq!((count(scratch.path()), count(place.path())), (0, 0));
}
