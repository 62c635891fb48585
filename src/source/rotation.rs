//! Files that are parts of one log: their order in time as their names tell it, days in names, and lines that two
//! files both have.

use std::cmp::Reverse;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::model::coverage::grouped;
use crate::model::time;
use crate::source::abreast;
use crate::source::file::{self, File};

/// Files of one log in the order they were written: `app.log.2.gz`, `app.log.1`, `app.log`; by their dates where
/// names have them. Others in the order of their names.
pub fn in_time_order(files: &[Arc<File>]) -> Vec<Arc<File>> {
    let mut files = files.to_vec();
    files.sort_by_cached_key(|file| order(&file.shown));
    files
}

/// Whether two files are parts of one log by their names.
pub fn is_one_log(a: &File, b: &File) -> bool {
    order(&a.shown).0 == order(&b.shown).0
}

/// The name without what rotation adds, and the place among those of one name.
pub fn order(shown: &str) -> (String, i64, Reverse<u64>, String) {
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

/// The day that a folder of a path is called by: `2024-03-12/app.log`, `2024/03/12/app.log`.
pub fn day_of_folder(shown: &str) -> Option<i64> {
    let folders: Vec<&str> = shown.split('/').rev().skip(1).collect();
    let whole = |text: &str| dated(text).filter(|(_, length, _)| *length == text.len()).map(|(_, _, day)| day);
    let of_three = |three: &[&str]| whole(&[three[2], three[1], three[0]].join("-"));
    folders.iter().find_map(|folder| whole(folder)).or_else(|| folders.windows(3).find_map(of_three))
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
    let starts = abreast::each(files.len(), |index| {
        let head = files[index].head();
        head[..head.len().min(START)].to_vec()
    });
    let mut pairs = twins(files);
    let paired: HashSet<usize> = pairs.iter().map(|(_, later)| *later).collect();
    pairs.extend(alike(&starts).into_iter().filter(|(_, later)| !paired.contains(later)));
    pairs.sort_by_key(|(_, later)| *later);
    told(files, &pairs)
}

/// The same of files that are packed beside what they were packed from: `gzip -k`.
pub fn packed_too(files: &[Arc<File>]) -> Vec<String> {
    told(files, &twins(files))
}

/// Files that are called alike but for their packing, each with the first of the name.
fn twins(files: &[Arc<File>]) -> Vec<(usize, usize)> {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut pairs = Vec::new();
    for (index, file) in files.iter().enumerate() {
        match first.entry(unpacked(&file.shown)) {
            Entry::Occupied(known) if files[*known.get()].shown != file.shown => pairs.push((*known.get(), index)),
            Entry::Occupied(_) => {}
            Entry::Vacant(free) => drop(free.insert(index)),
        }
    }
    pairs
}

fn told(files: &[Arc<File>], pairs: &[(usize, usize)]) -> Vec<String> {
    const SHOWN: usize = 3;
    let told = abreast::each(pairs.len(), |index| {
        let (earlier, later) = (&files[pairs[index].0], &files[pairs[index].1]);
        let (lines, is_all) = common(earlier, later)?;
        let what = if is_all { "are the same" } else { "begin alike" };
        let lines = if lines == 1 { "1 line is".to_string() } else { format!("{} lines are", grouped(lines)) };
        Some(format!("{} and {} {what}: {lines} counted twice", earlier.shown, later.shown))
    });
    let mut notes: Vec<String> = told.into_iter().flatten().collect();
    let more = notes.len().saturating_sub(SHOWN);
    notes.truncate(SHOWN);
    if more > 0 {
        notes.push(format!("{more} more files have the lines of others, which are counted twice"));
    }
    notes
}

/// How much of a file's beginning must be that of another, before the rest is looked at.
const START: usize = 512;
/// Files that are shorter say too little.
const START_MIN: usize = 64;

/// Each text that begins as an earlier one does, or is the beginning of an earlier one, with the first such: in the
/// order of the later.
fn alike(starts: &[Vec<u8>]) -> Vec<(usize, usize)> {
    let mut sorted: Vec<usize> = (0..starts.len()).filter(|index| starts[*index].len() >= START_MIN).collect();
    sorted.sort_by(|a, b| starts[*a].cmp(&starts[*b]).then(a.cmp(b)));
    // In sorted order what a text begins with stands before it, and nothing between the two begins otherwise. Of those
    // that the text at hand begins with: each, the first among its own, and the first of what begins with it.
    let mut above: Vec<(usize, usize, usize)> = Vec::new();
    let mut first: Vec<usize> = (0..starts.len()).collect();
    let mut close = |above: &mut Vec<(usize, usize, usize)>| {
        if let Some((index, before, below)) = above.pop() {
            first[index] = before.min(below);
            above.iter_mut().last().iter_mut().for_each(|outer| outer.2 = outer.2.min(below));
        }
    };
    for index in sorted {
        while above.last().is_some_and(|(outer, ..)| !starts[index].starts_with(&starts[*outer])) {
            close(&mut above);
        }
        let before = above.last().map_or(index, |(outer, before, _)| *outer.min(before));
        above.push((index, before, index));
    }
    while !above.is_empty() {
        close(&mut above);
    }
    (0..starts.len()).filter(|index| first[*index] < *index).map(|index| (first[index], index)).collect()
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
    fn texts_alike_are_found_as_by_a_look_at_all_pairs() {
        // A few words again and again: prefixes, copies and chains of them.
        let text = |number: usize| {
            let words = ["a", "b", "ab", "ba"];
            let tail: String = (0..number % 5).map(|place| words[(number / 7 + place * number) % 4]).collect();
            format!("{}{tail}", "x".repeat(START_MIN)).into_bytes()
        };
        for seed in 0..200 {
            let starts: Vec<Vec<u8>> = (0..12).map(|index| text(seed * 31 + index * 17 + seed / 3)).collect();
            let is_alike = |a: &[u8], b: &[u8]| a.starts_with(b) || b.starts_with(a);
            let pair = |later: usize| {
                let earlier = (0..later).find(|earlier| is_alike(&starts[*earlier], &starts[later]))?;
                Some((earlier, later))
            };
            let pairs: Vec<(usize, usize)> = (0..starts.len()).filter_map(pair).collect();
            assert_eq!(alike(&starts), pairs, "seed {seed}");
        }
        let many: Vec<Vec<u8>> = vec![vec![b'x'; START]; 100_000];
        assert_eq!(alike(&many).len(), 99_999);
    }

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
        let folder = |name: &str| day_of_folder(name).map(time::date);
        assert_eq!(folder("2024-01-05/app.log").as_deref(), Some("2024-01-05"));
        assert_eq!(folder("logs/2024/01/05/node/app.log").as_deref(), Some("2024-01-05"));
        assert_eq!(folder("bundle-2024-01-05/app.log"), None);
    }
}
