//! Every console block of the README, the example and `tests/cmd` is run, and must print what it shows. With
//! `RCA_UPDATE=1` the files are written anew instead; read what changed before you keep it.

use std::fs;
use std::path::Path;

use crate::rca;

/// What a shell prints for the commands of one block, standard error included, and the exit code if it is not 0.
fn replay(block: &str, folder: &Path) -> String {
    let mut shown = String::new();
    for line in commands(block) {
        shown.push_str(&format!("$ {line}\n"));
        let output = rca::command("sh", folder).arg("-c").arg(format!("{{ {line}\n}} 2>&1")).output().expect("a shell");
        shown.push_str(&String::from_utf8_lossy(&output.stdout));
        match output.status.code() {
            Some(0) => {}
            Some(code) => shown.push_str(&format!("[exit {code}]\n")),
            None => shown.push_str("[killed]\n"),
        }
    }
    shown
}

/// The commands of a block: after `$ `, going on after a backslash at a line's end.
fn commands(block: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in block.lines() {
        if goes_on {
            let last = commands.last_mut().expect("a command to go on");
            last.push('\n');
            last.push_str(line);
        } else if let Some(command) = line.strip_prefix("$ ") {
            commands.push(command.to_string());
        } else {
            continue;
        }
        goes_on = line.ends_with('\\');
    }
    commands
}

/// Replays all console blocks of a file. Returns what the file would be.
fn replayed(text: &str, folder: &Path) -> (String, usize) {
    let mut result = String::new();
    let mut rest = text;
    let mut count = 0;
    while let Some(start) = rest.find("```console\n") {
        let body = start + "```console\n".len();
        let length = rest[body..].find("```").expect("the block ends");
        result.push_str(&rest[..body]);
        result.push_str(&replay(&rest[body..body + length], folder));
        rest = &rest[body + length..];
        count += 1;
    }
    result.push_str(rest);
    (result, count)
}

fn check(path: &str) {
    let file = rca::root().join(path);
    let text = fs::read_to_string(&file).expect("the file is there");
    let (now, count) = replayed(&text, &rca::root());
    assert!(count > 0, "{path} has no console block");
    if std::env::var("RCA_UPDATE").is_ok() {
        fs::write(&file, now).expect("written");
        return;
    }
    for (line, (was, is)) in text.lines().zip(now.lines()).enumerate() {
        assert_eq!(was, is, "{path}:{} differs; see it all with RCA_UPDATE=1", line + 1);
    }
    assert_eq!(text.lines().count(), now.lines().count(), "{path} differs in length; see it with RCA_UPDATE=1");
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    check("README.md");
}

#[test]
fn the_worked_case_reads_as_it_runs() {
    check("examples/laptop-anomaly/TRANSCRIPT.md");
}

#[test]
fn errors_read_as_in_the_gallery() {
    check("tests/cmd/errors.md");
}

#[test]
fn formats_read_as_shown() {
    check("tests/cmd/formats.md");
}

#[test]
fn readers_answer_as_shown() {
    check("tests/cmd/readers.md");
}

#[test]
fn logs_read_as_shown() {
    check("tests/cmd/logs.md");
}

#[test]
fn timelines_read_as_shown() {
    check("tests/cmd/timeline.md");
}

#[test]
fn what_the_readme_tells_make_to_do_make_knows() {
    let readme = fs::read_to_string(rca::root().join("README.md")).expect("the README");
    let makefile = fs::read_to_string(rca::root().join("Makefile")).expect("the Makefile");
    let targets: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("make "))
        .map(|rest| rest.split_whitespace().next().unwrap_or(rest))
        .collect();
    assert!(targets.contains(&"demo") && targets.contains(&"test"), "{targets:?}");
    for target in targets {
        assert!(makefile.lines().any(|line| line.starts_with(&format!("{target}:"))), "no target `{target}`");
    }
}
