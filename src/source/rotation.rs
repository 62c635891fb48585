//! Files that are parts of one log: their order in time as their names tell it, days in names, and lines that two
//! files both have.

use std::cmp::Reverse;
use std::sync::Arc;

use crate::model::coverage::grouped;
use crate::model::time;
use crate::source::file::{self, File};

/// Files of one log in the order they were written: `app.log.2.gz`, `app.log.1`, `app.log`; by their dates where
/// names have them. Others in the order of their names.
pub fn in_time_order(files: &[Arc<File>]) -> Vec<Arc<File>> {
    let mut files = files.to_vec();
    files.sort_by_cached_key(|file| order(&file.shown));
    files
}

/// The name without what rotation adds, and the place among those of one name.
fn order(shown: &str) -> (String, i64, Reverse<u64>, String) {
    let mut name = unpacked(shown);
    let mut number = 0;
    if let Some((rest, last)) = name.rsplit_once('.')
        && let Ok(found) = last.parse::<u64>()
        && found < 100_000
    {
        (name, number) = (rest, found + 1);
    } else if let Some(rest) = [".old", ".bak", ".prev", "~"].iter().find_map(|end| name.strip_suffix(end)) {
        (name, number) = (rest, 1);
    }
    match dated(name) {
        Some((at, length, day)) => {
            let base = [&name[..at], &name[at + length..]].concat();
            (base.trim_matches(['-', '.', '_']).to_string(), day, Reverse(number), shown.to_string())
        }
        // What has no date is being written.
        None => (name.to_string(), i64::MAX, Reverse(number), shown.to_string()),
    }
}

fn unpacked(shown: &str) -> &str {
    const ENDS: [&str; 6] = [".gz", ".zst", ".bz2", ".xz", ".lz4", ".Z"];
    ENDS.iter().find_map(|end| shown.strip_suffix(end)).unwrap_or(shown)
}

/// The day since 1970 in a file's name, the last if there are several: `messages-20231231`, `app.2024-01-05.log`.
pub fn day_in_name(shown: &str) -> Option<i64> {
    let name = shown.rsplit('/').next().unwrap_or(shown);
    dated(name).map(|(_, _, day)| day)
}

/// Where the last date in a text stands, how long it is, and its day.
fn dated(text: &str) -> Option<(usize, usize, i64)> {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len()).rev().filter(|at| *at == 0 || !is_digit(at - 1)).find_map(|at| {
        let rest = &bytes[at..];
        let year = i64::from(time::digits(rest, 4)?);
        let divided = matches!(rest.get(4), Some(b'-' | b'_' | b'.')) && rest.get(7) == rest.get(4);
        let (month, day, length) = match divided {
            true => (time::digits(&rest[5..], 2)?, time::digits(rest.get(8..)?, 2)?, 10),
            false => (time::digits(&rest[4..], 2)?, time::digits(rest.get(6..)?, 2)?, 8),
        };
        let is_whole = !is_digit(at + length);
        let day = time::days(year, month, day)?;
        (is_whole && (1990..2100).contains(&year)).then_some((at, length, day))
    })
}

/// What is to be said of files that begin with the same lines: a copy, or one that was copied while it grew.
pub fn repeated(files: &[Arc<File>]) -> Vec<String> {
    const SAME: usize = 64;
    const SHOWN: usize = 3;
    let mut notes = Vec::new();
    let mut more = 0;
    for (index, later) in files.iter().enumerate() {
        let start = &later.head[..later.head.len().min(4096)];
        if start.len() < SAME {
            continue;
        }
        let is_alike = |earlier: &&Arc<File>| {
            let length = start.len().min(earlier.head.len());
            length >= SAME && earlier.head[..length] == start[..length]
        };
        if let Some(earlier) = files[..index].iter().find(is_alike)
            && let Some((lines, is_all)) = common(earlier, later)
        {
            let what = if is_all { "are the same" } else { "begin alike" };
            let lines = format!("{} {}", grouped(lines), if lines == 1 { "line" } else { "lines" });
            more += usize::from(notes.len() == SHOWN);
            if notes.len() < SHOWN {
                notes.push(format!("{} and {} {what}: {lines} are counted twice", earlier.shown, later.shown));
            }
        }
    }
    if more > 0 {
        notes.push(format!("{more} more files have the lines of others, which are counted twice"));
    }
    notes
}

/// How many whole lines two files have in common at their beginning, and whether that is all of both. `None` if it
/// is not all of one of them: then they only have the same header.
fn common(a: &File, b: &File) -> Option<(u64, bool)> {
    let (mut one, mut other) = (a.stream(None).ok()?, b.stream(None).ok()?);
    let (mut left, mut right) = (vec![0; 1 << 20], vec![0; 1 << 20]);
    let mut lines = 0;
    loop {
        let got = file::read_full(&mut one, &mut left).ok()?;
        let same = file::read_full(&mut other, &mut right).ok()?;
        let length = got.min(same);
        let differs = (0..length).find(|at| left[*at] != right[*at]);
        let end = differs.unwrap_or(length);
        lines += memchr::memchr_iter(b'\n', &left[..end]).count() as u64;
        let is_end = got < left.len() || same < right.len();
        match differs {
            Some(_) => return None,
            None if is_end => {
                let has_open_line = end > 0 && left[end - 1] != b'\n';
                return Some((lines + u64::from(has_open_line && got == same), got == same));
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_ordered_by_age() {
        let mut names = vec![
            "l/app.log",
            "l/app.log.1",
            "l/app.log.10.gz",
            "l/app.log.2.gz",
            "l/db-2025-03-02.log",
            "l/db-2025-02-28.log",
            "l/db.log",
            "l/messages-20250301.xz",
            "l/messages",
        ];
        names.sort_by_cached_key(|name| order(name));
        assert_eq!(
            names,
            [
                "l/app.log.10.gz",
                "l/app.log.2.gz",
                "l/app.log.1",
                "l/app.log",
                "l/db-2025-02-28.log",
                "l/db-2025-03-02.log",
                "l/db.log",
                "l/messages-20250301.xz",
                "l/messages",
            ]
        );
    }

    #[test]
    fn days_in_names_are_found() {
        let day = |name: &str| day_in_name(name).map(time::date);
        assert_eq!(day("l/messages-20231231.gz").as_deref(), Some("2023-12-31"));
        assert_eq!(day("app.2024-01-05.log").as_deref(), Some("2024-01-05"));
        assert_eq!(day("build-20241399.log"), None);
        assert_eq!(day("id-123456789.log"), None);
        assert_eq!(day("2024-01-05/app.log"), None);
    }
}
