//! The rules of the house, kept by a test: who may speak of whom, small rooms, one door for output.

use std::fs;
use std::path::{Path, PathBuf};

use crate::rca::root;

/// A room and the rooms it may use. Arrows go down only.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &["model", "error"]),
    ("error", &["error"]),
    ("source", &["source", "model", "error"]),
    ("settings", &["settings", "model", "error"]),
    ("engine", &["engine", "model", "error"]),
    ("session", &["session", "engine", "source", "settings", "model", "error"]),
    ("args", &["args"]),
    ("command", &["command", "args", "session", "engine", "settings", "model", "error"]),
    ("render", &["render", "args", "model", "error"]),
    ("terminal", &["args", "render", "model", "error"]),
];

const LINES_MAX: usize = 500;

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a directory").filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|known| known == ending) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Each source file with its room and its text; the code before its tests.
fn rooms() -> Vec<(String, String, String)> {
    let source = root().join("src");
    files(&source, "rs")
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&source).expect("inside").to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).expect("read");
            let room = name.split(['/', '.']).next().unwrap_or_default().to_string();
            (room, name, text)
        })
        .collect()
}

fn code(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}

#[test]
fn arrows_go_down_only() {
    for (room, name, text) in rooms() {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| *known == room) else { continue };
        let word = |rest: &'_ str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().map(String::from);
        for used in text.split("crate::").skip(1).filter_map(word).chain(climbed(&name, code(&text))) {
            assert!(used.is_empty() || allowed.contains(&used.as_str()), "src/{name} uses `{used}`");
        }
    }
}

/// How many modules a file is within, itself counted.
fn depth(name: &str) -> usize {
    name.trim_end_matches(".rs").trim_end_matches("/mod").split('/').count()
}

/// The rooms that a file reaches by going up to the root.
fn climbed(name: &str, text: &str) -> Vec<String> {
    let depth = depth(name);
    let ups = regex::Regex::new(r"\b((?:super::)+)(\w+)").expect("a pattern");
    let rooms = ups.captures_iter(text).filter(|up| up[1].matches("super::").count() == depth);
    rooms.map(|up| up[2].to_string()).collect()
}

#[test]
fn what_goes_up_to_the_root_is_a_room_too() {
    assert_eq!(climbed("command/errors/question.rs", "super::super::super::render::csv"), ["render"]);
    assert!(climbed("command/errors/mod.rs", "super::timeline::X, super::super::is_any").contains(&"is_any".into()));
    assert!(climbed("command/errors/question.rs", "super::super::is_any").is_empty());
}

#[test]
fn what_commands_share_is_called_by_its_whole_name() {
    for (_, name, text) in rooms().into_iter().filter(|(room, ..)| room == "command") {
        let past = "super::".repeat((depth(&name) - 1).max(2));
        assert!(!code(&text).contains(&past), "src/{name} goes past its command by `{past}`");
    }
}

#[test]
fn only_the_engine_knows_the_engine_and_only_it_is_unsafe() {
    for (room, name, text) in rooms() {
        if room != "engine" {
            assert!(!text.contains("duckdb::"), "src/{name} names DuckDB");
            assert!(!text.contains("unsafe "), "src/{name} is unsafe");
        }
        let reasons = text.matches("// SAFETY:").count() + text.matches("# Safety").count();
        assert!(code(&text).matches("unsafe {").count() <= reasons + 1, "src/{name} has unsafe code without a reason");
    }
}

#[test]
fn every_room_says_what_it_is_and_is_small() {
    for (_, name, text) in rooms() {
        assert!(text.starts_with("//!"), "src/{name} does not say what it owns");
        let lines = code(&text).lines().count();
        assert!(lines <= LINES_MAX, "src/{name} has {lines} lines: which noun is missing?");
    }
}

#[test]
fn surroundings_are_asked_for_at_the_door() {
    let words = ["println!", "eprintln!", "process::exit", "env::var", "Utc::now", "Local::now", "SystemTime::now"];
    for (_, name, text) in
        rooms().into_iter().filter(|(_, name, _)| !matches!(name.as_str(), "main.rs" | "terminal.rs" | "build.rs"))
    {
        for word in words {
            assert!(!code(&text).contains(word), "src/{name} says `{word}`");
        }
    }
}

#[test]
fn every_sql_file_begins_with_its_question() {
    for path in files(&root().join("src"), "sql") {
        let text = fs::read_to_string(&path).expect("read");
        assert!(text.starts_with("-- "), "{} has no head comment", path.display());
    }
}

#[test]
fn the_map_is_short_and_every_dependency_has_a_reason() {
    let map = fs::read_to_string(root().join("src/ARCHITECTURE.md")).expect("the map");
    assert!(map.lines().count() < 150, "{} lines", map.lines().count());
    let cargo = fs::read_to_string(root().join("Cargo.toml")).expect("read");
    let mut in_dependencies = false;
    let mut has_reason = false;
    for line in cargo.lines() {
        if line.starts_with('[') {
            in_dependencies = line.contains("dependencies");
        } else if line.starts_with('#') {
            has_reason = true;
        } else if line.is_empty() {
            has_reason = false;
        } else if in_dependencies {
            assert!(has_reason, "`{line}` has no comment that says why");
        }
    }
}

/// A table of the evidence may be called as any word: what a question calls its own parts must not hide it.
#[test]
fn parts_of_questions_hide_no_table_of_the_evidence() {
    let named = regex::Regex::new(r"(?:WITH|,)\s*([a-z_]+) AS \(").expect("a pattern");
    for path in files(&root().join("src"), "sql") {
        let text = fs::read_to_string(&path).expect("read");
        let body: String =
            text.lines().filter(|line| !line.starts_with("--")).map(|line| format!("{line}\n")).collect();
        // What stands behind a part and is filled in may have tables.
        let filled =
            ["FROM {", "JOIN {", "FROM ({", "JOIN ({"].iter().filter_map(|opens| body.rfind(opens)).max().unwrap_or(0);
        for part in named.captures_iter(&body) {
            let (name, end) = (&part[1], part.get(0).map_or(0, |found| found.end()));
            let next = named.find_at(&body, end).map_or(body.len(), |next| next.start());
            let is_filled_later = filled > next;
            assert!(!is_filled_later || name.starts_with("rca_"), "{}: {name}", path.display());
        }
    }
}
