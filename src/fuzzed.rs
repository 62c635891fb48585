//! What the targets in `tests/fuzz` call, room by room; what is to be held of it stands there, or beside what is asked.

use crate::command::check;
use crate::error::{Error, Kind};
use crate::model::column::Buffer;
use crate::model::redact::{self, Redactor};
use crate::model::templates::{Mined, Rules, Sighting, Tally};
use crate::model::zone::{Clock, Zone};
use crate::model::{column, duration, size, time};
use crate::settings::{self, Layer};
use crate::source::infer::Reading;
use crate::source::log::formats::{FormatFile, Formats};
use crate::source::scalar;

pub use crate::engine::fuzzed::Parser;
pub use crate::source::fuzzed::*;

/// Settings of any text: whether they are such. What is refused is refused as a question, with words.
pub fn settings(text: &str) -> bool {
    let Ok(table) = text.parse::<toml::Table>() else { return false };
    let taken = settled(table);
    if let Err(error) = &taken {
        assert!(error.kind == Kind::Question, "{error:?}");
        assert!(!error.message.trim().is_empty() && !error.message.contains('\n'), "{error:?}");
    }
    taken.is_ok()
}

fn settled(table: toml::Table) -> Result<(), Error> {
    let settings = settings::merge(vec![Layer { origin: "rca.toml".into(), table }])?;
    settings.timezone.as_deref().map_or(Ok(()), |text| settings::zone(text, "timezone").map(drop))?;
    for (name, source) in &settings.sources {
        source.zone(name)?;
        source.skew(name)?;
        source.every(name)?;
    }
    let mut formats = Formats::default();
    for table in settings.formats {
        let file: Result<FormatFile, _> = table.try_into();
        let file = file.map_err(|e| Error::question("a format").detail(e.to_string()))?;
        let file = file.with_letters();
        formats.add("own", &file).map_err(|why| Error::question("a format").detail(why))?;
    }
    check::valid(settings.checks)
}

/// `KEY=VALUE` of `--set`.
pub fn assignment(text: &str) -> bool {
    Layer::of_assignment(text).and_then(|layer| settings::merge(vec![layer])).is_ok()
}

/// A text with pseudonyms; `known` are values of a named column, and `redact` a second time says what is found again.
pub fn redacted(text: &str, known: &[&str]) -> String {
    let mut redactor = Redactor::new("a key that nobody guesses", &["customer".into()]);
    redactor.know(known.iter().map(|value| ((*value).to_string(), redact::Kind::Value)).collect()).expect("few");
    redactor.text(text)
}

/// The templates of messages, each with how many messages are of it, and the template of each message.
pub fn templates(messages: &[&[u8]]) -> (Vec<(String, u64)>, Vec<usize>) {
    let mut tally = Tally::new(Rules { skeletons: 200, bucket: 50, ..Rules::default() });
    messages.iter().for_each(|message| tally.see(message, Sighting::default()));
    let mined = Mined::new(tally);
    let mut room = Vec::new();
    let of = messages.iter().map(|message| mined.template_of(message, &mut room).expect("it was counted")).collect();
    let templates = mined.templates().iter().map(|template| (template.text.clone(), template.seen.count)).collect();
    (templates, of)
}

/// Microseconds since 1970 of a text that is a time as a whole, in this zone.
pub fn instant(text: &str, zone: &str) -> Option<i64> {
    let zone = Zone::parse(zone)?;
    time::iso_whole(text.as_bytes()).map(|stamp| zone.resolve(stamp))
}

pub fn rfc3339(micros: i64) -> String {
    time::rfc3339(micros)
}

pub fn duration(text: &str) -> Option<i64> {
    duration::parse(text)
}

pub fn duration_shown(micros: i64) -> String {
    duration::shown(micros)
}

pub fn size(text: &str) -> Option<u64> {
    size::parse(text)
}

pub fn int(text: &str) -> Option<i64> {
    scalar::int(text.as_bytes())
}

/// What a column of floating-point numbers makes of a text.
pub fn float(text: &str) -> Option<f64> {
    let mut out = Buffer::new(column::Kind::Float);
    let fits = Reading::Float.push(text.as_bytes(), Clock { zone: Zone::UTC, ahead: 0 }, &mut out);
    (fits && out.valid[0]).then(|| out.floats[0])
}
