//! Why a file's lines are read as they are: which formats were chosen, how many lines each knows, which other ones
//! could have been, and which lines no format knows.

use std::io::{BufRead, BufReader, Read};

use super::capture::Capture;
use super::detect::{self, Vote};
use super::formats::Formats;
use super::gathered;
use super::plan::{FileFormats, OwnTime};
use crate::error::Result;
use crate::source::blocks::without_return;
use crate::source::file::{File, RECORD_BYTES_MAX};

/// What is to be said of one format, or of lines that none knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub format: String,
    pub lines: u64,
    /// The number and text of the first such line.
    pub first: Option<(u64, String)>,
    pub note: String,
}

#[derive(Debug, Default)]
struct Tally {
    lines: u64,
    first: Option<(u64, String)>,
}

impl Tally {
    fn add(&mut self, number: u64, line: &[u8]) {
        // Whoever shows it cuts it.
        const KEPT: usize = 64 << 10;
        self.lines += 1;
        let kept = &line[..line.len().min(KEPT)];
        self.first.get_or_insert_with(|| (number, String::from_utf8_lossy(kept).into_owned()));
    }
}

/// Reads all lines of a file, the formats in the order they are tried first.
///
/// # Errors
/// If the file cannot be read.
pub fn explain(file: &File, own: &Formats) -> Result<Vec<Finding>> {
    let detected = detect::detect(file, own, None, gathered::share(1));
    let names: Vec<String> = detected.recognisers.iter().map(super::recogniser::Recogniser::name).collect();
    // Records of several lines that are read as one.
    let is_whole = matches!(detected.recognisers.first(), Some(super::recogniser::Recogniser::Tagged(_)));
    let mut formats = FileFormats::new(detected.recognisers, Vec::new(), OwnTime::default(), false);
    formats.around = detected.around;
    let mut tallies: Vec<Tally> = names.iter().map(|_| Tally::default()).collect();
    let (mut joined, mut unknown, mut blank) = (Tally::default(), Tally::default(), Tally::default());
    let mut strays = Tally::default();
    let mut unknown_numbers: Vec<String> = Vec::new();
    let mut capture = Capture::default();
    let mut reader = BufReader::with_capacity(1 << 20, file.stream(None)?);
    let (mut line, mut number, mut offset, mut has_record) = (Vec::new(), 0, 0, false);
    loop {
        line.clear();
        let got = (&mut reader).take(RECORD_BYTES_MAX as u64).read_until(b'\n', &mut line).unwrap_or(0);
        if got == 0 {
            break;
        }
        number += 1;
        let text = without_return(line.strip_suffix(b"\n").unwrap_or(&line));
        let known = match formats.read(text, offset, &mut capture) {
            Some(index) => Some(index),
            None => formats.recognisers.iter().position(|one| !one.records(text).is_empty()),
        };
        match known {
            Some(index) => {
                tallies.get_mut(index).unwrap_or(&mut strays).add(number, text);
                has_record = true;
            }
            None if formats.is_description(text) => blank.add(number, text),
            None if has_record && formats.stands_alone(text) => {
                unknown.add(number, text);
                unknown_numbers.push(number.to_string());
            }
            None if has_record && is_whole => tallies[0].add(number, text),
            None if has_record => joined.add(number, text),
            None if text.trim_ascii().is_empty() => {}
            None => {
                unknown.add(number, text);
                if unknown_numbers.len() < 5 {
                    unknown_numbers.push(number.to_string());
                }
            }
        }
        offset += got as u64;
    }
    let mut findings: Vec<Finding> = Vec::new();
    for (place, (name, tally)) in names.iter().zip(tallies).enumerate() {
        let note = note(name, place, &detected.votes, detected.tried);
        findings.push(Finding { format: name.clone(), lines: tally.lines, first: tally.first, note });
    }
    let others = [
        (strays, "(other formats)", "records of other formats: they have no columns".to_string()),
        (blank, "(description)", "lines by which the log describes itself".to_string()),
        (joined, "(more of a record)", "lines that no format knows belong to the record before them".to_string()),
        (
            unknown,
            "(no format)",
            format!("rows without a time: lines {}", unknown_numbers[..unknown_numbers.len().min(5)].join(", ")),
        ),
    ];
    for (tally, format, note) in others {
        if tally.lines > 0 {
            findings.push(Finding { format: format.to_string(), lines: tally.lines, first: tally.first, note });
        }
    }
    let is_chosen = |vote: &Vote| names.iter().any(|name| name.split(" > ").next() == Some(&vote.format));
    for vote in detected.votes.iter().filter(|vote| !is_chosen(vote)) {
        let why = match vote.first {
            0 => "a more telling format is tried before it and knows them too",
            _ => "too few to be a format of this file",
        };
        let note = format!("not used; knows {} of {} sampled lines: {why}", vote.knows, detected.tried);
        findings.push(Finding { format: vote.format.clone(), lines: 0, first: None, note });
    }
    Ok(findings)
}

fn note(name: &str, place: usize, votes: &[Vote], tried: usize) -> String {
    let outer = name.split(" > ").next().unwrap_or(name);
    let order = match place {
        0 => "tried first".to_string(),
        _ => format!("tried as number {}", place + 1),
    };
    match votes.iter().find(|vote| vote.format == outer) {
        Some(vote) if tried >= vote.knows && tried > 0 => {
            format!("{order}; knows {} of {tried} sampled lines", vote.knows)
        }
        _ => order,
    }
}
