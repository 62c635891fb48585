//! Whether lines that a delimiter divides alike are rows of a table, or records of a log that has the delimiter in its
//! sentences or between its parts.

use super::capture::Capture;
use super::detect::lines;
use super::generic::{self, Generic};
use crate::source::file::File;

/// Whether the lines are rows of a table: a header without a time, then lines with as many fields.
pub fn is_table(text: &[u8], delimiter: u8) -> bool {
    let mut lines = lines(text);
    let Some(header) = lines.next() else { return false };
    let rows: Vec<&[u8]> = lines.take(50).collect();
    let fields = |line: &[u8]| line.iter().filter(|byte| **byte == delimiter).count();
    let names = fields(header);
    // A banner has signs too: only a header names the column of times.
    let names_a_time = header.split(|byte| *byte == delimiter).any(|name| {
        let name = String::from_utf8_lossy(name).trim().trim_matches('"').to_lowercase();
        !name.contains(' ')
            && (crate::source::infer::names_a_time(&name) || name.contains("time") || name.contains("date"))
    });
    !rows.is_empty()
        && names > 0
        && names_a_time
        && !generic::is_head(header)
        && rows.iter().all(|row| fields(row) == names)
        && rows.iter().filter(|row| generic::is_head(row)).count() * 2 > rows.len()
}

/// Whether nearly all lines begin with a time that goes on in words, or has the delimiter within itself: a sentence
/// with a comma is no CSV.
fn has_sentences(head: &[u8], delimiter: u8) -> bool {
    let mut capture = Capture::default();
    let mut total = 0;
    let mut told = 0;
    for line in lines(head).take(200) {
        total += 1;
        let first = line.split(|byte| *byte == delimiter).next().unwrap_or(line);
        let is_word = |word: &&[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphabetic);
        let is_text = |word: &&[u8]| is_word(word) && word.len() > 3 && word.iter().any(u8::is_ascii_lowercase);
        let mut words = first.split(|byte| *byte == b' ');
        let has_words = words.clone().filter(is_word).count() >= 2 || words.any(|word| is_text(&word));
        let mut has_time = || Generic::learn(&[first], false).is_some_and(|generic| generic.read(first, &mut capture));
        let is_within = delimiter != b'\t' && first.len() < line.len() && generic::spans(line, first.len());
        // A bracket around a time, or one that is opened and not closed, is no part of a value:
        // `[ST05|2025-03-01 13:10:04|E] fan stalled`.
        let is_opened = |open: u8, close: u8| first.contains(&open) && !first.contains(&close);
        let is_bracketed = generic::is_head(line)
            && (is_opened(b'{', b'}')
                || matches!(line.first(), Some(b'[' | b'<' | b'('))
                || generic::has_level_or_day_before(line, first.len()));
        told += usize::from(is_within || is_bracketed || has_words && has_time());
    }
    total > 0 && told * 10 >= total * 9
}

/// Whether the lines of a file, which a delimiter divides alike, are records of a log: sentences; or each has a time, the
/// first one too, and a level among its parts, or words in a file that is called a log.
pub fn is_log(file: &File, delimiter: u8) -> bool {
    const COLUMNS: usize = 12;
    let head = file.head();
    if has_sentences(&head, delimiter) {
        return true;
    }
    let sample: Vec<&[u8]> = lines(&head).take(200).collect();
    let timed = sample.iter().filter(|line| generic::is_head(line)).count();
    if !sample.first().is_some_and(|line| generic::is_head(line)) || timed * 10 < sample.len() * 6 {
        return false;
    }
    let column = |number: usize| -> Vec<&[u8]> {
        sample
            .iter()
            .filter_map(|line| line.split(|byte| *byte == delimiter).nth(number))
            .map(<[u8]>::trim_ascii)
            .collect()
    };
    let is_called_log = is_called_log(file);
    (0..COLUMNS).map(column).take_while(|values| !values.is_empty()).any(|values| {
        let all = |is: fn(&[u8]) -> bool| values.iter().filter(|value| is(value)).count() * 10 >= sample.len() * 9;
        all(ends_with_level)
            || is_called_log && values.iter().filter(|value| is_of_words(value)).count() * 2 > sample.len()
    })
}

/// A level, alone or behind a time.
fn ends_with_level(value: &[u8]) -> bool {
    value.rsplit(|byte| *byte == b' ').next().is_some_and(generic::is_level)
        && value.iter().filter(|byte| **byte == b' ').count() < 3
}

/// Two words, of which one is no time, or an object.
fn is_of_words(value: &[u8]) -> bool {
    let is_word = |word: &&[u8]| word.len() > 1 && word.iter().filter(|byte| byte.is_ascii_lowercase()).count() > 1;
    value.first() == Some(&b'{')
        || value.contains(&b' ') && value.split(|byte| *byte == b' ').any(|word| is_word(&word))
}

/// `app.log`, `app.log.1`, `build.out`.
fn is_called_log(file: &File) -> bool {
    let name = file.shown.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.split('.').skip(1).any(|part| matches!(part, "log" | "out" | "err" | "trace"))
}
