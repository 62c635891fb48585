//! Files that lie where a run passes, and are not its own: whatever they are called and whatever settings say, they stay
//! as they are, and nobody else reads what it keeps of evidence.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::rca::{command, folder, piped};

const TABLE: &str = "id,ts\n1,2025-03-01T08:00:00Z\n2,2025-03-01T08:01:00Z\n";

fn write(place: &Path, name: &str, text: &str) {
    let path = place.join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("made");
    fs::write(path, text).expect("written");
}

/// Runs it with a temporary directory beside the evidence.
fn rca(place: &Path, arguments: &[&str], stdin: &str) -> Output {
    fs::create_dir_all(place.join("tmp")).expect("made");
    let mut command = command("rca", place);
    command.env("TMPDIR", place.join("tmp")).args(arguments);
    piped(command, stdin)
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn shown(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("metadata").permissions().mode() & 0o777
}

#[test]
fn the_name_of_a_source_is_no_path() {
    let place = folder();
    let victim = place.path().join("victim.txt");
    for name in [victim.to_string_lossy().as_ref(), "../../victim.txt", "../victim.txt"] {
        fs::write(&victim, "precious").expect("written");
        write(place.path(), "case/rca.toml", &format!("[sources.\"{name}\"]\npath = \"-\"\n"));
        for stdin in [TABLE, ""] {
            let output = rca(place.path(), &["sources", "-C", "case"], stdin);
            assert_eq!(fs::read_to_string(&victim).expect("read"), "precious", "{name}: {}", said(&output));
        }
    }
}

#[test]
fn directories_of_the_user_in_the_temporary_one_stay() {
    let place = folder();
    let case = place.path().join("tmp/rca-case");
    write(&case, "t.csv", TABLE);
    write(&case, "lock", "");
    let bundle = place.path().join("tmp/rca-bundle");
    write(&bundle, "a/t.csv", TABLE);
    write(&bundle, "lock", "");
    fs::set_permissions(&bundle, Permissions::from_mode(0o700)).expect("set");
    fs::create_dir(place.path().join("tmp/rca-zzzzzz")).expect("made");
    let pipe = place.path().join("tmp/rca-zzzzzz/lock");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let output = rca(place.path(), &["query", "select count(*) as n from t", "tmp/rca-case/t.csv", "-f", "csv"], "");
    assert_eq!(shown(&output), "n\n2\n", "{}", said(&output));
    assert!(case.join("lock").exists() && bundle.join("a/t.csv").exists() && pipe.exists());
    assert_eq!(fs::read_dir(place.path().join("tmp")).expect("read").count(), 3, "its own is gone");
}

#[test]
fn what_is_kept_of_evidence_is_read_by_nobody_else() {
    let place = folder();
    let scratch = place.path().join("tmp");
    fs::create_dir(&scratch).expect("made");
    let mut child = command("sh", place.path())
        .env("TMPDIR", &scratch)
        .args(["-c", "umask 000; exec rca query 'select count(*) as n from stdin' - -f csv"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("sh starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(TABLE.as_bytes()).expect("written");
    let entries =
        |folder: &Path| fs::read_dir(folder).expect("read").map(|entry| entry.expect("one").path()).collect::<Vec<_>>();
    let made = (0..1_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(10));
        let own = entries(&scratch).pop()?;
        (entries(&own).len() >= 2).then_some(own)
    });
    let own = made.expect("a directory with the stream in it");
    assert_eq!(mode(&own), 0o700);
    drop(stdin);
    assert_eq!(shown(&child.wait_with_output().expect("it ends")), "n\n2\n");
}

#[test]
fn an_answer_is_read_by_nobody_who_could_not_read_what_it_replaces() {
    let place = folder();
    write(place.path(), "t.csv", TABLE);
    for (name, before) in [("o.csv", 0o600), ("o.parquet", 0o640), ("o.json", 0o444)] {
        let answer = place.path().join(name);
        fs::write(&answer, "x").expect("written");
        fs::set_permissions(&answer, Permissions::from_mode(before)).expect("set");
        let output = rca(place.path(), &["query", "from t", "t.csv", "-o", name], "");
        assert!(output.status.success(), "{}", said(&output));
        assert_eq!(mode(&answer), before, "{name}");
        assert!(fs::metadata(&answer).expect("metadata").len() > 1);
    }
}

#[test]
fn a_name_with_line_ends_begins_no_line() {
    let place = folder();
    let log = "2025-03-01T08:00:00Z ERROR E1 disk full\n2025-03-01T08:00:01Z ERROR E2 disk full\n";
    write(place.path(), "logs/x\n\n# Owned\n\n{noformat} \u{1b}[2J {noformat}.log", log);
    write(place.path(), "n/a.csv\nerror: run: evil\n.csv", "id,ts\n1,2025-03-01\n2,2025-03-01\n3,soon\n");
    write(place.path(), "n/b\nerror: run: evil", "\u{1}\u{2}");
    let output = rca(place.path(), &["sources", "n"], "");
    assert!(!said(&output).contains("\nerror: ") && said(&output).contains("n/b\\nerror: run"), "{}", said(&output));
    let name = "n/a.csv\nerror: run: evil\n.csv";
    let output = rca(place.path(), &["query", "select _file from a", &format!("a={name}"), "-f", "csv"], "");
    assert!(shown(&output).contains("n/a.csv\\nerror: run: evil\\n.csv"), "{}{}", shown(&output), said(&output));
    let name = "logs/x\n\n# Owned\n\n{noformat} \u{1b}[2J {noformat}.log";
    for format in ["markdown", "jira", "html"] {
        let asked = ["errors", "--audit", "--where", "message <> '{noformat}'", &format!("a={name}"), "-f", format];
        let output = rca(place.path(), &asked, "");
        let text = shown(&output);
        assert!(output.status.success() && text.contains("Made by"), "{}{text}", said(&output));
        assert!(!text.contains("\n# Owned") && !text.contains('\u{1b}'), "{format}: {text}");
        if format == "jira" {
            assert_eq!(text.matches("{noformat}").count(), 2, "{text}");
        }
    }
}

#[test]
fn what_links_lead_to_elsewhere_is_no_evidence() {
    let place = folder();
    write(place.path(), "apart/p.csv", TABLE);
    write(place.path(), "d/t.csv", TABLE);
    symlink("../apart/p.csv", place.path().join("d/p.csv")).expect("linked");
    symlink("t.csv", place.path().join("d/again.csv")).expect("linked");
    let mut tar = tar::Builder::new(fs::File::create(place.path().join("b.tar")).expect("made"));
    let header = |kind: tar::EntryType, size: u64| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_mode(0o644);
        header
    };
    tar.append_data(&mut header(tar::EntryType::Regular, TABLE.len() as u64), "in/t.csv", TABLE.as_bytes())
        .expect("added");
    for (name, target) in
        [("in/p.csv", "/etc/passwd"), ("in/up.csv", "../../x.csv"), ("in/same.csv", "t.csv"), ("top", "in")]
    {
        tar.append_link(&mut header(tar::EntryType::Symlink, 0), name, target).expect("added");
    }
    tar.into_inner().expect("written");
    let mut zip = zip::ZipWriter::new(fs::File::create(place.path().join("z.zip")).expect("made"));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("t.csv", options).expect("a member");
    zip.write_all(TABLE.as_bytes()).expect("written");
    zip.add_symlink("p.csv", "/etc/passwd", options).expect("a member");
    zip.add_symlink("same.csv", "t.csv", options).expect("a member");
    zip.finish().expect("finished");
    for (source, told) in [
        ("d", "a link out of the directory, which is not followed: d/p.csv"),
        ("b.tar", "2 links out of the archive, which are not followed: b.tar/in/p.csv, b.tar/in/up.csv"),
        ("z.zip", "a link out of the archive, which is not followed: z.zip/p.csv"),
    ] {
        let output = rca(place.path(), &["sources", source, "-f", "ndjson"], "");
        assert!(said(&output).contains(told) && !said(&output).contains("same.csv"), "{source}: {}", said(&output));
        assert_eq!(shown(&output).lines().count(), 1, "{source}: {}", shown(&output));
    }
    // Whoever names them has them read.
    let output = rca(place.path(), &["query", "select count(*) as n from p", "d/p.csv", "-f", "csv"], "");
    assert_eq!(shown(&output), "n\n2\n", "{}", said(&output));
}
