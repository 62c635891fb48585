//! How far the clocks of sources are apart, by ids that occur in several: the same test's end in a database and in a
//! log is one moment, but for what it takes to pass it on.

use std::collections::{BTreeMap, BTreeSet};

use super::course::{Course, Stretch};
use super::links::{Link, Placed, placed};
use super::otherwise::Otherwise;
use super::zones;
use crate::command::Answer;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::duration;
use crate::model::time::{self, DAY, HOUR, MINUTE, SECOND};
use crate::model::value::Value;
use crate::model::zone::{self, Zone};
use crate::session::{Session, Table, Wanted};

/// Fewer common ids say nothing of a clock.
const ANCHORS_LEAST: i64 = 5;
/// So many kinds of events of a source are looked at, those with the most ids.
const KINDS_MOST: i64 = 40;
/// So many anchors of two sources are looked at.
const ANCHORS_MOST: i64 = 20_000;
/// An id that one kind of event has more often is no anchor.
const TIMES_MOST: i64 = 5;

/// Words of a text that may be ids: with a digit, and long enough to be no mere number.
const WORDS: &str = "list_filter(regexp_extract_all({text}, '[A-Za-z0-9_-]{5,64}'), lambda word: \
                     regexp_matches(word, '[0-9]') AND (regexp_matches(word, '[A-Za-z]') OR length(word) >= 6))";

/// Messages are of one kind if they differ in words with digits, in values behind a name and in words in capitals alone.
const KIND: &str = "regexp_replace(split_part(message, chr(10), 1), \
                    '(=)\\S+|[A-Za-z0-9_-]*[0-9][A-Za-z0-9_-]*|\\b[A-Z][A-Z]+\\b', '\\1<*>', 'g')";

/// The offset of each source against another.
///
/// # Errors
/// If the evidence cannot be read.
pub fn check(session: &Session, tables: &[&Table], wanted: &Wanted) -> Result<Answer> {
    let timed = tables.iter().filter(|table| table.roles.time.is_some() && !table.roles.is_load_stamp);
    let otherwise = Otherwise::find(session, &timed.clone().copied().collect::<Vec<_>>())?;
    let events: Vec<String> = timed.clone().flat_map(|table| anchored(session, table, wanted, &otherwise)).collect();
    let mut links = Vec::new();
    if !events.is_empty() {
        let values = [
            ("events", events.join(" UNION ALL ")),
            ("kinds_most", KINDS_MOST.to_string()),
            ("times_most", TIMES_MOST.to_string()),
        ];
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        session.engine.keep_found("rca_anchors", &quote::fill(include_str!("anchors.sql"), &values))?;
        let sql = quote::fill(include_str!("offsets.sql"), &[("anchors_least", &ANCHORS_LEAST.to_string())]);
        session.engine.keep_found("rca_links", &sql)?;
        let rows = session.engine.rows("SELECT * FROM rca_links ORDER BY source, against")?.rows;
        links = rows.iter().map(|row| link(row)).collect();
        for link in &mut links {
            link.example = otherwise.shown(session, &link.source, std::mem::take(&mut link.example))?;
        }
        take_courses(session, &mut links)?;
    }
    let is_assumed = |table: &&&Table| table.notes.iter().any(|note| note == zone::ASSUMED);
    // A zone is proposed only where no time of a source has one.
    let sure: BTreeSet<&str> =
        timed.clone().filter(|table| !is_assumed(table)).map(|table| table.source.as_str()).collect();
    let assumed: BTreeSet<&str> = timed
        .clone()
        .filter(is_assumed)
        .map(|table| table.source.as_str())
        .filter(|source| !sure.contains(source))
        .collect();
    let logs: BTreeSet<&str> =
        tables.iter().filter(|table| table.kind == "log").map(|table| table.source.as_str()).collect();
    let trust = |source: &str| (assumed.contains(source), logs.contains(source));
    let placed = placed(&links, &trust);
    let mut notes = otherwise.notes;
    let alone: BTreeSet<&str> = timed
        .map(|table| table.source.as_str())
        .filter(|source| !links.iter().any(|link| link.source == *source || link.against == *source))
        .collect();
    if !alone.is_empty() {
        notes.push(format!(
            "nothing to compare {} by: there are no {ANCHORS_LEAST} ids that tie events there to events of another source",
            Vec::from_iter(alone).join(", ")
        ));
    }
    let references: BTreeSet<&str> = placed.iter().filter_map(|one| one.reference.as_deref()).collect();
    for reference in &references {
        let of: Vec<&Placed> = placed.iter().filter(|one| one.reference.as_deref() == Some(reference)).collect();
        if of.iter().any(|one| one.correction.is_some()) {
            notes.push(format!("a setting moves a source onto {reference}, apart from what passing on takes"));
            if of.iter().all(|one| one.correction.is_some()) {
                notes.push(format!(
                    "no source agrees with {reference}: which clock is wrong cannot be told from these alone"
                ));
            }
        }
    }
    let rows: Vec<Vec<Value>> = placed.iter().map(|one| row(session, one, &assumed)).collect();
    let found = placed.iter().filter(|one| one.correction.is_some() || one.link.course.is_stepped()).count();
    let columns = [
        ("source", Kind::Text),
        ("against", Kind::Text),
        ("anchors", Kind::Int),
        ("offset_s", Kind::Float),
        ("spread_s", Kind::Float),
        ("anchored_on", Kind::Text),
        ("example", Kind::Text),
        ("detail", Kind::Text),
        ("setting", Kind::Text),
    ];
    let sql = session.engine.keep("clocks", &columns, &rows)?;
    Ok(Answer { notes, found: Some(found as u64), ..Answer::of(sql) })
}

fn row(session: &Session, placed: &Placed, assumed: &BTreeSet<&str>) -> Vec<Value> {
    let stepped = stepped(session, placed, assumed);
    let link = stepped.as_ref().map_or(&placed.link, |(link, ..)| link);
    let setting = match &stepped {
        Some((.., zone)) => zone.map(|zone| format!("--set sources.{}.timezone={zone}", link.source)),
        None => placed.correction.filter(|off| !is_years(*off)).map(|off| setting(session, &link.source, off, assumed)),
    };
    let detail = stepped.as_ref().map_or_else(|| detail(placed), |(link, why, _)| put(link, why));
    vec![
        Value::Text(link.source.clone()),
        Value::Text(link.against.clone()),
        Value::Int(i128::from(link.anchors)),
        Value::Float(link.later as f64 / SECOND as f64),
        Value::Float(link.course.spread as f64 / SECOND as f64),
        Value::Text(format!("{} ~ {}", link.kind, link.kind_against)),
        Value::Text(link.example.clone()),
        Value::Text(detail),
        setting.map_or(Value::Null, Value::Text),
    ]
}

/// Of two clocks of which one was stepped: the one of which it can be told why it seems so, else the first, with that and
/// the zone that puts it right.
fn stepped(session: &Session, placed: &Placed, assumed: &BTreeSet<&str>) -> Option<(Link, String, Option<Zone>)> {
    if placed.correction.is_some() || !placed.link.course.is_stepped() {
        return None;
    }
    let told = |link: Link| {
        let (zone, is_said) = session.zone_of(&link.source).unwrap_or((Zone::UTC, false));
        let is_read_in = is_said || assumed.contains(link.source.as_str());
        let (why, zone) = zones::told(&link.course, Some(zone).filter(|_| is_read_in)?)?;
        Some((link, why, zone))
    };
    let link = &placed.link;
    let unknown = || Some((link.clone(), zones::untold(&link.course), None));
    told(link.clone()).or_else(|| told(link.turned())).or_else(unknown)
}

fn detail(placed: &Placed) -> String {
    let link = &placed.link;
    let apart = duration::shown(link.later.abs());
    if let Some(off) = placed.correction {
        let way = if off > 0 { "ahead of" } else { "behind" };
        let reference = placed.reference.as_deref().unwrap_or(&link.against);
        if is_years(off) {
            return format!(
                "{} {way} {reference}, as a wrongly guessed year would be: set the times of the files right",
                duration::shown(off.abs())
            );
        }
        let zone = if zone_steps(off).is_some() { ", as a wrong time zone would be" } else { "" };
        let over = if reference == link.against { String::new() } else { format!(" (over {})", link.against) };
        return format!(
            "{} {way} {reference}{over}{zone}, unless the step between these events takes that long{}",
            duration::shown(off.abs()),
            astray(link)
        );
    }
    let course = &link.course;
    if let Some(rival) = link.rival {
        let rival = duration::shown(rival.abs());
        return format!(
            "{apart} apart by these events, {rival} by others that fit as steadily: which is the clock's cannot be told"
        );
    }
    // Whoever is later, it is how far they are apart.
    let (least, most) = if course.most <= 0 { (-course.most, -course.least) } else { (course.least, course.most) };
    let ends = format!("from {} to {}", duration::shown(least), duration::shown(most));
    if let Some(drift) = course.drift {
        let per_hour = (drift * HOUR as f64).round() as i64 * if course.most <= 0 { -1 } else { 1 };
        let way = if per_hour < 0 { "shrinking" } else { "growing" };
        return format!(
            "{ends} apart, {way} by {} per hour: the clocks drift, and no one setting puts that right",
            duration::shown(per_hour.abs())
        );
    }
    if let Some(change) = &course.change {
        // Whoever is later, it is how far they are apart.
        let [before, after] = [change.before, change.after].map(|off| duration::shown(off.abs()));
        return format!(
            "{before} apart, from {} on {after}: whether a clock was put or what happens between these events changed \
             cannot be told",
            time::rfc3339(change.since.1)
        );
    }
    if link.agrees() {
        // What nine of ten vary by as much as it is large is no offset.
        if course.spread > SECOND && 2 * course.spread >= link.later.abs() {
            return format!("{ends} apart, and not steady, which passing it on may take: no correction");
        }
        return format!("{apart} apart, which passing it on may take: no correction{}", astray(link));
    }
    if placed.reference.is_some() {
        return format!("{apart} apart, as is {}: no correction", link.against);
    }
    format!("{apart} apart, and that varies: it is what happens between these events, and tells nothing of the clocks")
}

/// How many anchors say something else.
fn astray(link: &Link) -> String {
    match link.course.astray {
        0 => String::new(),
        one => format!("; {one} of {} anchors are far from that", link.course.anchors),
    }
}

/// What a clock that was put showed before and behind that.
fn put(link: &Link, why: &str) -> String {
    const STRETCHES_MOST: usize = 5;
    let course = &link.course;
    let stretch = |(at, stretch): (usize, &Stretch)| {
        let way = if stretch.later < 0 { "behind" } else { "ahead of" };
        let since = if at == 0 { String::new() } else { format!("from {} on ", time::rfc3339(stretch.since.1)) };
        format!("{since}{} {way} {} ({} anchors)", duration::shown(stretch.later.abs()), link.against, stretch.anchors)
    };
    let told: Vec<String> = course.stretches.iter().enumerate().take(STRETCHES_MOST).map(stretch).collect();
    let more = match course.stretches.len().saturating_sub(STRETCHES_MOST) {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    format!("{}{more}: {why}", told.join(", "))
}

/// Quarters of an hour that an offset is, if it is what a wrong time zone would make it.
fn zone_steps(off: i64) -> Option<i64> {
    let quarters = (off.abs() + 15 * MINUTE / 2) / (15 * MINUTE);
    let rest = (off.abs() - quarters * 15 * MINUTE).abs();
    ((2..=56).contains(&quarters) && rest <= MINUTE / 2).then(|| quarters * off.signum())
}

/// Whether an offset is one of whole years, as stamps without a year may be put wrong.
fn is_years(off: i64) -> bool {
    let years = (off.abs() as f64 / (365.2425 * DAY as f64)).round();
    years >= 1.0 && (off.abs() as f64 - years * 365.2425 * DAY as f64).abs() < 1.8 * DAY as f64
}

/// What a source is started with so that its times stand right.
fn setting(session: &Session, source: &str, off: i64, assumed: &BTreeSet<&str>) -> String {
    let skewed = session.settings.sources.get(source).is_some_and(|said| said.skew.is_some());
    let steps = zone_steps(off).filter(|_| !skewed);
    if let Some(steps) = steps.filter(|_| assumed.contains(source)) {
        let seconds = i32::try_from(steps * 15 * 60).unwrap_or(0);
        return format!("--set sources.{source}.timezone={}", Zone::Fixed(seconds));
    }
    // What is known is how far ahead the clock ran; a skew is what is added.
    let known = session.settings.sources.get(source).and_then(|said| said.skew(source).ok()).unwrap_or(0);
    let off = steps.map_or(off, |steps| steps * 15 * MINUTE);
    format!("--set sources.{source}.skew={}s", (-known - off) as f64 / SECOND as f64)
}

fn link(row: &[Value]) -> Link {
    Link {
        source: row[0].shown(),
        against: row[1].shown(),
        anchors: row[2].int(),
        later: row[3].int(),
        spread: row[4].int(),
        kind: row[5].shown(),
        kind_against: row[6].shown(),
        example: row[7].shown(),
        course: Course::default(),
        rival: (!row[8].is_null()).then(|| row[8].int()),
    }
}

/// What all anchors of each link say.
fn take_courses(session: &Session, links: &mut [Link]) -> Result<()> {
    let values = [("links", "SELECT * FROM rca_links"), ("anchors_most", &ANCHORS_MOST.to_string())];
    let rows = session.engine.rows(&quote::fill(include_str!("courses.sql"), &values))?.rows;
    let mut anchors: BTreeMap<(String, String), Vec<(i64, i64)>> = BTreeMap::new();
    for row in &rows {
        anchors.entry((row[0].shown(), row[1].shown())).or_default().push((row[2].int(), row[3].int()));
    }
    for link in links {
        let of = anchors.get(&(link.source.clone(), link.against.clone()));
        link.course = of.map_or_else(Course::default, |anchors| Course::of(anchors));
    }
    Ok(())
}

/// A table's rows as anchors: when something happened, what kind of thing, and which ids it has.
fn anchored(session: &Session, table: &Table, wanted: &Wanted, otherwise: &Otherwise) -> Vec<String> {
    let roles = &table.roles;
    let is_text = |name: &str| table.kind == "log" && name == "message" || roles.message.as_deref() == Some(name);
    let ids: BTreeMap<&str, String> = table
        .own_columns()
        .filter(|column| matches!(column.kind, Kind::Int | Kind::Text | Kind::Uuid))
        .filter(|column| is_text(&column.name) || session.thing(table, &column.name).is_some())
        .map(|column| {
            let name = format!("{}::VARCHAR", quote::name(&column.name));
            // Of a column the whole value is the id, of a text each word.
            let text = if is_text(&column.name) { name } else { format!("regexp_extract({name}, '^[A-Za-z0-9_-]+$')") };
            let words = WORDS.replace("{text}", &text);
            let all = match otherwise.id(table, &column.name) {
                Some(id) => format!("list_concat({words}, {id})"),
                None => words,
            };
            (column.name.as_str(), all)
        })
        .collect();
    let Some(time) = roles.time.as_ref().filter(|_| !ids.is_empty()) else { return Vec::new() };
    let ids = ids.into_values().collect::<Vec<_>>().join(", ");
    let rows = session.rows_of(table, wanted, &[(format!("list_concat({ids})"), "ids".into())]);
    let kind = |time: &str| quote::text(&format!("{}.{time}", table.name));
    if table.kind == "log" {
        return vec![format!("SELECT source, {KIND} AS kind, ts, ids FROM ({rows})")];
    }
    let mut anchored = vec![format!("SELECT source, {} AS kind, ts, ids FROM ({rows})", kind(time))];
    if let Some(end) = &roles.end {
        let mut ended = table.clone();
        (ended.roles.time, ended.roles.end) = (Some(end.clone()), None);
        anchored.extend(self::anchored(session, &ended, wanted, otherwise));
    }
    anchored
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_zone_is_quarters_of_an_hour() {
        assert_eq!(zone_steps(8 * HOUR + 2 * SECOND), Some(32));
        assert_eq!(zone_steps(-(5 * HOUR + 30 * MINUTE)), Some(-22));
        assert!(is_years(365 * DAY + 8 * HOUR) && is_years(-731 * DAY) && !is_years(300 * DAY) && !is_years(8 * HOUR));
        for off in [10 * MINUTE, 29 * MINUTE + 29 * SECOND, 15 * MINUTE, 24 * HOUR, 15 * HOUR] {
            assert_eq!(zone_steps(off), None, "{off}");
        }
    }
}
