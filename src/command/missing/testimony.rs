//! What other tables with the same series tell of what one of them lacks. A table tells only of what lies between rows
//! that it has of that series: a log that ends before, or whose numbers are others, tells nothing.

use std::collections::HashMap;
use std::rc::Rc;

use super::clocks;
use super::finding::{Edges, Lost};
use super::regular::Regular;
use super::series::{self, Series};
use super::walk::counter::{Counter, Hole, Life, Turn};
use super::walk::line::Step;
use super::walk::{self, NAMED_MAX, Seen};
use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::time::MINUTE;
use crate::session::written::Form;
use crate::session::{Session, Table};

/// A series as it was seen in one table. Times are in microseconds.
#[derive(Debug)]
pub struct Course {
    pub(super) first: i64,
    pub(super) last: i64,
    rows: u64,
    pub(super) cadence: i64,
    pub(super) counter: Counter,
    pub(super) steps: Vec<Step>,
}

impl Course {
    /// The lowest number.
    pub(super) fn lowest(&self) -> i64 {
        self.counter.ends()[0]
    }
}

/// The values that tell a series apart; `None` for NULL.
pub type Key = Vec<Option<String>>;

/// The series of a table, divided by these columns.
#[derive(Debug)]
pub struct Witness {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
    /// What each of them holds, if its name tells.
    things: Vec<Option<String>>,
    pub(super) sequence: Option<String>,
    pub(super) courses: HashMap<Key, Course>,
    /// The time of the last row of all series.
    last: i64,
}

/// A series in two tables, here and there, where its values may be written otherwise.
#[derive(Clone, Copy)]
pub struct Both<'a> {
    pub(super) key: &'a Key,
    pub(super) mine: &'a Course,
    pub(super) there: &'a Key,
    pub(super) theirs: &'a Course,
}

/// What a table has of what another one lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Testimony {
    pub other: String,
    /// Rows or numbers that are missing there, of which it can tell, and how many of them it has.
    pub asked: i64,
    pub there: i64,
    /// Of gaps in time: all rows that it has in them, those at their edges too, whose times another clock may have
    /// moved there; and how many gaps it can tell of.
    pub rows: i64,
    pub gaps: usize,
    /// How much later rows come in it than in the table that lacks something, in microseconds, where that shows.
    pub offset: Option<i64>,
    /// How much later the same rows are by its clock, in microseconds: what it has was looked for with that.
    pub apart: i64,
    /// Told by keys of rows, not by times and numbers of the same series.
    pub is_by_key: bool,
}

/// Where so many rows would be usual and there is none, that tells something.
const ROWS_LEAST: f64 = 5.0;
/// More stretches of time are not looked into at once.
const WINDOWS_MAX: usize = 10_000;

/// Keeps by what a table was divided and, if another one may have the same series, what was seen of them.
pub fn keep(search: &mut Search, series: &Series, mut seen: Vec<Seen>) {
    let session = search.session;
    let has_all =
        |other: &Table| series.columns.iter().all(|name| same(session, (series.table, name), other).is_some());
    let mut others = session.tables.iter().filter(|other| other.name != series.table.name);
    if !others.any(|other| other.roles.time.is_some() && has_all(other)) {
        seen.clear();
    }
    search.witnesses.push(Rc::new(Witness::of(session, series, seen)));
}

/// The column of another table that tells the same series apart: of the same name, else the only one that holds the same
/// thing.
pub(super) fn same(session: &Session, (table, name): (&Table, &str), other: &Table) -> Option<String> {
    if let Some(column) = other.column(name) {
        return Some(column.name.clone());
    }
    let thing = session.key_thing(table, name)?;
    let mut all = other.own_columns().filter(|column| session.key_thing(other, &column.name).as_ref() == Some(&thing));
    all.next().filter(|_| all.next().is_none()).map(|column| column.name.clone())
}

/// What other tables tell of these findings of one table, by the findings' places.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(
    search: &Search,
    regular: &Regular,
    findings: &[usize],
    notes: &mut Vec<String>,
) -> Result<HashMap<usize, Vec<Testimony>>> {
    let mut told: HashMap<usize, Vec<Testimony>> = HashMap::new();
    // A table without series columns and without a counter shares nothing with this one.
    if findings.is_empty() || regular.columns.is_empty() && regular.sequence.is_none() {
        return Ok(told);
    }
    let Some(own) = search.witnesses.iter().find(|own| own.table == regular.table.name).cloned() else {
        return Ok(told);
    };
    let session = search.session;
    let mut others: Vec<&Table> = session.tables.iter().filter(|other| other.name != regular.table.name).collect();
    others.sort_by(|a, b| a.name.cmp(&b.name));
    for other in others {
        let Some(witness) = witness(search, regular, other, findings)? else { continue };
        let apart = clocks::of(search, (&own, &witness), other)?;
        notes.extend(clocks::said(&regular.table, other, apart).filter(|note| !notes.contains(note)));
        let mut gaps = Gaps { apart, ..Gaps::default() };
        for place in findings {
            let finding = &search.findings[*place];
            let Some(key) = key(regular, finding) else { continue };
            let course = own.courses.get_key_value(key);
            let Some(Both { mine, there, theirs, .. }) = course.and_then(|own_course| own.both(&witness, own_course))
            else {
                continue;
            };
            if finding.kind != Kind::SequenceGap {
                gaps.add(*place, finding, mine, (&witness, theirs), there.clone());
                continue;
            }
            let holes = finding.track.iter().flat_map(|track| &track.holes);
            let heard: Vec<Testimony> = holes.filter_map(|hole| numbers(mine, hole, theirs, apart)).collect();
            if let Some(testimony) = summed(&other.name, &heard, finding.missing) {
                told.entry(*place).or_default().push(Testimony { apart, ..testimony });
            }
        }
        for (place, testimony) in gaps.counted(search, &witness, other)? {
            told.entry(place).or_default().push(testimony);
        }
    }
    Ok(told)
}

/// The values of a finding's series.
fn key<'a>(regular: &'a Regular, finding: &Finding) -> Option<&'a Key> {
    let label = finding.series.as_deref().unwrap_or_default();
    regular.series.iter().find(|(own, _)| own == label).map(|(_, values)| values)
}

/// What a table has of the same series: as it was seen already, or looked at now.
fn witness(search: &Search, regular: &Regular, other: &Table, findings: &[usize]) -> Result<Option<Rc<Witness>>> {
    let Some(time) = &other.roles.time else { return Ok(None) };
    let name = |name: &String| other.column(name).map(|column| column.name.clone());
    let own = |name: &String| same(search.session, (&regular.table, name), other);
    let Some(columns) = regular.columns.iter().map(own).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let sequence = regular.sequence.as_ref().map(name);
    if sequence == Some(None) {
        return Ok(None);
    }
    let sequence = sequence.flatten();
    let of_other = || search.witnesses.iter().filter(|witness| witness.table == other.name);
    // What is one series here are several there.
    if of_other().any(|witness| witness.columns.iter().any(|column| !columns.contains(column))) {
        return Ok(None);
    }
    let is_same = |witness: &&Rc<Witness>| {
        witness.columns.len() == columns.len() && (sequence.is_none() || witness.sequence == sequence)
    };
    if let Some(known) = of_other().find(is_same) {
        return Ok(Some(known.clone()));
    }
    let mut series = Series { columns, sequence, ..Series::plain(other, time.clone(), search.timed(other)) };
    let mut labels: Vec<String> = findings
        .iter()
        .filter_map(|place| key(regular, &search.findings[*place]))
        .map(|key| series.label_of(key))
        .collect();
    labels.sort_unstable();
    labels.dedup();
    if !series.columns.is_empty() && labels.len() <= NAMED_MAX {
        series.condition = series.is_one_of(&labels.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let seen = walk::walk(search.session, &series, &[], &[])?.series;
    Ok(Some(Rc::new(Witness::of(search.session, &series, seen))))
}

impl Witness {
    fn of(session: &Session, series: &Series, seen: Vec<Seen>) -> Witness {
        let last = seen.iter().map(|seen| seen.line.last).max().unwrap_or(0);
        let course = |seen: Seen| {
            let (cadence, line) = (seen.cadence(), seen.line);
            let told = *line.told;
            let (first, counter, steps) = (told.first, told.counter, told.steps);
            (seen.values, Course { first, last: line.last, rows: line.rows, cadence, counter, steps })
        };
        Witness {
            table: series.table.name.clone(),
            things: series.columns.iter().map(|name| session.key_thing(series.table, name)).collect(),
            columns: series.columns.clone(),
            sequence: series.sequence.clone(),
            courses: seen.into_iter().map(course).collect(),
            last,
        }
    }

    /// What was seen of these values, maybe of the only ones that are the same but for the case of letters and zeros before
    /// numbers.
    fn course(&self, key: &Key) -> Option<(&Key, &Course)> {
        const LOOKED_THROUGH: usize = 2_000;
        let alike = |key: &Key| -> Key { key.iter().map(|value| Form::Alike.of(value.as_deref()?)).collect() };
        self.courses.get_key_value(key).or_else(|| {
            if self.courses.len() > LOOKED_THROUGH {
                return None;
            }
            let wanted = alike(key);
            let mut same = self.courses.iter().filter(|(own, _)| alike(own) == wanted);
            same.next().filter(|_| same.next().is_none())
        })
    }

    /// One of its series, if another table has it too.
    pub fn both<'a>(&self, other: &'a Witness, (key, mine): (&'a Key, &'a Course)) -> Option<Both<'a>> {
        let (there, theirs) = other.course(&self.key_in(other, key))?;
        Some(Both { key, mine, there, theirs })
    }

    /// These values in the order of the columns of another table.
    fn key_in(&self, other: &Witness, key: &Key) -> Key {
        let place = |(name, thing): (&String, &Option<String>)| {
            let is_called = self.columns.iter().position(|own| own.eq_ignore_ascii_case(name));
            is_called.or_else(|| self.things.iter().position(|own| own.is_some() && own == thing))
        };
        let columns = other.columns.iter().zip(&other.things);
        columns.map(|column| place(column).and_then(|place| key.get(place)?.clone())).collect()
    }
}

/// Several testimonies of one table as one, if they are about half of what is missing at least.
fn summed(other: &str, heard: &[Testimony], missing: i64) -> Option<Testimony> {
    let sum = |of: fn(&Testimony) -> i64| heard.iter().map(of).sum::<i64>();
    let (asked, there) = (sum(|one| one.asked), sum(|one| one.there));
    let offset = agreed(&heard.iter().filter_map(|one| one.offset).collect::<Vec<_>>());
    (asked > 0 && 2 * asked >= missing).then(|| Testimony {
        other: other.into(),
        asked,
        there,
        rows: there,
        gaps: 0,
        offset,
        apart: 0,
        is_by_key: false,
    })
}

/// Where clocks are far apart, times do not tell which table a row comes to first.
fn told_by_times(offset: Option<i64>, apart: i64) -> Option<i64> {
    offset.filter(|_| apart.abs() < clocks::APART_LEAST).map(|offset| offset + apart)
}

/// The middle of what rows that both tables have say, if none of them contradicts it.
fn agreed(offsets: &[i64]) -> Option<i64> {
    let (least, most) = (offsets.iter().min()?, offsets.iter().max()?);
    (least.signum() == most.signum()).then(|| least + (most - least) / 2)
}

/// How far clocks of two sides may differ, for so long a gap, in microseconds.
fn edge(length: i64) -> i64 {
    (length / 20).min(5 * MINUTE)
}

/// What another table has of the numbers of a hole: its own holes in the life of its counter that has the numbers around
/// this one at about the same time.
fn numbers(mine: &Course, hole: &Hole, theirs: &Course, shift: i64) -> Option<Testimony> {
    // A counter of something else.
    if theirs.counter.follows * 2 + 1 < theirs.counter.numbers {
        return None;
    }
    let lives = mine.counter.all_lives();
    // As the other clock has it.
    let mut there = *hole;
    (there.since, there.until) = (hole.since + shift, hole.until + shift);
    let hole = &there;
    let life = lives.get(hole.life as usize)?;
    let life = &Life { since: life.since + shift, until: life.until + shift, ..*life };
    let slack = 5 * MINUTE + hole.until - hole.since;
    let apart = |other: &Life| (other.since - hole.until).max(hole.since - other.until).max(0);
    let has_both = |(_, other, adds): &(u32, Life, i64)| {
        other.bottom <= hole.after + adds && hole.before + adds <= other.top && apart(other) <= slack
    };
    let (at, other, adds) = (0_u32..)
        .zip(theirs.counter.all_lives())
        .filter_map(|(at, other)| Some((at, other, added(mine, (life, hole), (theirs, &other))?)))
        .filter(has_both)
        .min_by_key(|(at, other, _)| (apart(other), *at))?;
    let (after, before) = (hole.after + adds, hole.before + adds);
    let mut offsets = Vec::new();
    let mut lacks = 0;
    for own in theirs.counter.holes.above(at, after).take_while(|own| own.after < before) {
        lacks += (own.before.min(before) - own.after.max(after) - 1).clamp(0, own.missing());
        offsets.extend((own.after == after).then_some(own.since - hole.since));
        offsets.extend((own.before == before).then_some(own.until - hole.until));
    }
    if offsets.is_empty() {
        offsets.extend((other.bottom == life.bottom + adds).then_some(other.since - life.since));
        offsets.extend((other.top == life.top + adds).then_some(other.until - life.until));
    }
    let asked = hole.missing();
    let there = (asked - lacks).max(0);
    let offset = told_by_times(agreed(&offsets), shift);
    Some(Testimony { other: String::new(), asked, there, rows: there, gaps: 0, offset, apart: shift, is_by_key: false })
}

/// What is to be added to the numbers of one life for those of another, of which either may have rolled over more often:
/// by roll-overs at about the same time, near the hole. `None` where there are no such.
fn added(mine: &Course, (life, hole): (&Life, &Hole), (theirs, other): (&Course, &Life)) -> Option<i64> {
    let of = |counter: &Counter, life: &Life| -> Vec<Turn> {
        let within = |turn: &&Turn| (life.since..=life.until).contains(&turn.at);
        counter.turned.iter().filter(within).copied().collect()
    };
    let (own, their) = (of(&mine.counter, life), of(&theirs.counter, other));
    if own.is_empty() && their.is_empty() {
        return Some(0);
    }
    let modulus = mine.counter.modulus.filter(|modulus| theirs.counter.modulus == Some(*modulus))?;
    let turn = own.iter().min_by_key(|turn| (turn.at - hole.since).abs().min((turn.at - hole.until).abs()))?;
    let same = their.iter().min_by_key(|other| (other.at - turn.at).abs())?;
    let is_same = (same.at - turn.at).abs() <= (modulus / 4).saturating_mul(mine.cadence.max(1));
    is_same.then_some(same.adds - turn.adds)
}

/// A gap of a finding as a stretch of time in another table, by its clock.
struct Window {
    /// Of the finding.
    place: usize,
    series: Key,
    since: i64,
    until: i64,
    /// The same without what at either end may be rows around it by another clock.
    within: (i64, i64),
}

/// What a finding lacks in its windows.
#[derive(Clone, Copy)]
struct Lacking {
    place: usize,
    rows: i64,
    /// How many rows would be usual in the other table in so much time.
    usual: f64,
    offset: Option<i64>,
}

/// Stretches of time in which rows of another table are counted.
#[derive(Default)]
struct Gaps {
    /// How much later the same rows are by the other clock.
    apart: i64,
    windows: Vec<Window>,
    lacking: Vec<Lacking>,
}

impl Gaps {
    /// Adds the gaps of a finding of which the other table can tell.
    fn add(
        &mut self,
        place: usize,
        finding: &Finding,
        mine: &Course,
        (witness, theirs): (&Witness, &Course),
        series: Key,
    ) {
        let mut gaps = finding.gaps_or_whole(Edges::Due);
        for gap in &mut gaps {
            (gap.since, gap.until) = (gap.since + self.apart, gap.until + self.apart);
        }
        let covers = |Lost { since, until, .. }: &Lost| {
            let edge = edge(until - since);
            match finding.kind {
                // Of a series that has ended there can be no row behind it, but of others.
                Kind::Ended => {
                    theirs.first <= since + edge
                        && theirs.last >= since - edge.max(2 * theirs.cadence)
                        && witness.last >= until - edge
                }
                _ if finding.track.is_none() => {
                    theirs.first <= since + edge.max(theirs.cadence) && theirs.last >= until - edge
                }
                _ => theirs.first <= since + edge && theirs.last >= until - edge,
            }
        };
        gaps.retain(covers);
        // The beginning of a window is no row.
        let is_beginning = finding.kind == Kind::TimeGap && finding.track.is_none();
        let missing: i64 = gaps.iter().map(|gap| gap.missing).sum();
        let length: i64 = gaps.iter().map(|gap| gap.until - gap.since).sum();
        if missing == 0 || 2 * missing < finding.missing || self.windows.len() + gaps.len() > WINDOWS_MAX {
            return;
        }
        let usual = theirs.rows as f64 / (theirs.last - theirs.first).max(1) as f64 * length as f64;
        let offset = told_by_times(later(mine, &gaps, theirs, self.apart), self.apart);
        self.lacking.push(Lacking { place, rows: missing, usual, offset });
        self.windows.extend(gaps.iter().map(|gap| {
            let edge = edge(gap.until - gap.since);
            let (since, within) =
                if is_beginning { (gap.since - 1, gap.since - 1) } else { (gap.since, gap.since + edge) };
            Window { place, series: series.clone(), since, until: gap.until, within: (within, gap.until - edge) }
        }));
    }

    /// Counts the rows in all of them, in one look.
    fn counted(self, search: &Search, witness: &Witness, other: &Table) -> Result<Vec<(usize, Testimony)>> {
        let Some(time) = other.roles.time.as_ref().filter(|_| !self.windows.is_empty()) else { return Ok(Vec::new()) };
        let label = series::label(witness.columns.iter().map(|name| (name.as_str(), name.as_str())));
        let time = format!("{}::TIMESTAMP", quote::name(time));
        let named = |key: &Key| quote::text(&series::label_of(&witness.columns, key));
        let windows: Vec<String> = self
            .windows
            .iter()
            .map(|Window { place, series, since, until, within }| {
                let times = [*since, *until, within.0, within.1].map(quote::time).join(", ");
                format!("({place}, {}, {times})", named(series))
            })
            .collect();
        let first = self.windows.iter().map(|window| window.since).min().unwrap_or(0);
        let last = self.windows.iter().map(|window| window.until).max().unwrap_or(0);
        let sql = fill(
            include_str!("testimony.sql"),
            &[
                ("windows", &windows.join(", ")),
                ("label", &label),
                ("time", &time),
                ("table", &other.sql()),
                ("first", &quote::time(first)),
                ("last", &quote::time(last)),
            ],
        );
        let rows = search.session.engine.counted_by(&sql)?;
        let there: HashMap<i64, (i64, i64)> =
            rows.iter().map(|row| (row[0].int(), (row[1].int(), row[2].int()))).collect();
        let told = |Lacking { place, rows: asked, usual, offset }: Lacking| {
            let (there, rows) = there.get(&(place as i64)).copied().unwrap_or((0, 0));
            let gaps = self.windows.iter().filter(|window| window.place == place).count();
            // Rows of another kind, that come far more seldom or more often, are no other side of a link.
            let is_like = usual >= 0.5 * asked as f64 && usual <= 2.0 * asked as f64;
            let tells = is_like || there == 0 && usual >= ROWS_LEAST;
            tells.then(|| {
                let (other, apart) = (other.name.clone(), self.apart);
                (place, Testimony { other, asked, there, rows, gaps, offset, apart, is_by_key: false })
            })
        };
        Ok(self.lacking.iter().copied().filter_map(told).collect())
    }
}

/// How much later rows come in another table: by gaps that both have, else by where both begin or end with the same row.
fn later(mine: &Course, gaps: &[Lost], theirs: &Course, apart: i64) -> Option<i64> {
    let mut offsets = Vec::new();
    for Lost { since, until, .. } in gaps {
        let near = (until - since) / 4;
        let first = theirs.steps.partition_point(|step| step.since < since - near);
        let same = |step: &&Step| (step.since - since).abs() <= near && (step.until - until).abs() <= near;
        if let Some(step) = theirs.steps[first..].first().filter(same) {
            offsets.extend([step.since - since, step.until - until]);
        }
    }
    if offsets.is_empty() {
        let ends = [theirs.first - mine.first - apart, theirs.last - mine.last - apart];
        offsets.extend(ends.into_iter().filter(|apart| 2 * apart.abs() < mine.cadence));
    }
    agreed(&offsets)
}
