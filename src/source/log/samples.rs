//! The sample lines of a format file, read with it: its tests.

use std::sync::Arc;

use super::calendar::{Calendar, Clock, Place};
use super::capture::{Capture, Span};
use super::code;
use super::formats::{FormatFile, Formats, SampleLine};
use super::keys::Keys;
use super::level::Level;
use super::stamp::Lack;
use crate::model::{time, zone::Zone};

/// What became of a sample line of a format file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    pub line: String,
    /// What was found instead of what was expected; none if all is as expected.
    pub differences: Vec<String>,
}

/// Reads the sample lines of a format file with it.
///
/// # Errors
/// Says what in the file is not understood.
pub fn try_samples(name: &str, file: &FormatFile) -> Result<Vec<Tried>, String> {
    let mut formats = Formats::default();
    formats.add(name, file)?;
    file.samples.iter().map(|sample| try_sample(&formats, sample)).collect()
}

fn try_sample(formats: &Formats, sample: &SampleLine) -> Result<Tried, String> {
    let line = sample.line.as_bytes();
    let mut capture = Capture::default();
    let mut tried = Tried { line: sample.line.clone(), differences: Vec::new() };
    let (fields, is_read, line) = match (formats.lines.first(), formats.schemas.first()) {
        (Some(format), _) => (format.fields.clone(), format.read(line, &mut capture), line.to_vec()),
        (None, Some(schema)) => {
            let keys = Keys::learn(schema.syntax, &[line], &formats.schemas);
            let Some(keys) = keys.filter(|keys| keys.name == schema.name) else {
                tried.differences.push("the line has not all keys that are required, or no time".into());
                return Ok(tried);
            };
            let record = keys.records(line).into_iter().next().map_or_else(|| line.to_vec(), String::into_bytes);
            (keys.fields.clone(), keys.read(&record, &mut capture), record)
        }
        (None, None) => return Err("there is no format".into()),
    };
    if !is_read {
        let rest =
            String::from_utf8_lossy(&line[capture.reached.min(line.len())..]).chars().take(24).collect::<String>();
        tried.differences.push(format!(
            "no pattern fits the line; the best one does up to column {}, before `{rest}`",
            capture.reached + 1
        ));
        return Ok(tried);
    }
    let text = |span: Span| String::from_utf8_lossy(capture.text(span, &line)).into_owned();
    let calendar = capture.written.map(|written| {
        // So that any time of day is on 1 March, and any minute in its last hour.
        let written_at: &[u8] = match written.lacks() {
            Lack::Day => b"2025-03-01T11:59:59Z",
            Lack::Hour => b"2025-03-01T23:29:59Z",
            Lack::Nothing | Lack::Year => b"2025-03-01T23:59:59Z",
        };
        Arc::new(Calendar::of_one(written, time::iso_whole(written_at).map_or(0, |stamp| stamp.wall)))
    });
    let place = Place { zone: Zone::UTC, skew: 0 };
    let ts = capture.written.zip(calendar).map(|(written, calendar)| Clock::new(place, calendar).utc(written, 0).0);
    let mut compare = |what: &str, found: Option<String>, expected: Option<&String>| {
        if found.as_ref() != expected {
            tried.differences.push(match (found, expected) {
                (Some(found), None) => format!("{what} is `{found}`, which the sample does not list"),
                (Some(found), Some(expected)) => format!("{what} is `{found}` and not `{expected}`"),
                (None, expected) => {
                    format!("{what} is not found; expected is `{}`", expected.map_or("", String::as_str))
                }
            });
        }
    };
    compare("ts", ts.map(time::rfc3339), sample.ts.as_ref());
    let said = || Level::of_message(capture.text(capture.message, &line));
    compare("level", capture.level.or_else(said).map(|level| level.name().to_string()), sample.level.as_ref());
    let message = text(capture.message);
    let code = capture.code.map(text).or_else(|| Some(message[code::find(message.as_bytes())?].to_string()));
    compare("code", code, sample.code.as_ref());
    if sample.message.is_some() {
        compare("message", Some(text(capture.message)), sample.message.as_ref());
    }
    for (name, expected) in &sample.fields {
        let index = fields.iter().position(|field| field.name == *name);
        compare(name, index.and_then(|index| capture.fields[index]).map(text), Some(expected));
    }
    Ok(tried)
}
