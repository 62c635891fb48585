//! Which values of an attribute are looked at: single ones, and of numbers with many values their tenths.

use std::collections::BTreeMap;
use std::ops::Range;

use chrono::{Days, NaiveDate};

use super::VALUES_MAX;
use super::classes::Split;
use super::fit::Fit;
use super::numbers::{FEW, NONE, Tally, float_of_key, key_of_float};
use super::rows::{Coded, Rows, Seen};
use crate::command::explain::attributes::Attribute;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::contrast::Covered;

/// Columns with values that enough bad rows have; more are left out, and said.
const COLUMNS_MAX: usize = 40;
/// Values of one column that are looked at.
const ITEMS_MAX: usize = 250;

/// A value of an attribute that enough bad rows have.
pub struct Item {
    pub attribute: usize,
    /// `lot = L7`
    pub text: String,
    /// `mes.lot = 'L7'`, over the rows judged.
    pub sql: String,
    pub holds: Holds,
    pub covered: Covered,
    /// It is a range of several tenths, each of which is an item besides.
    pub is_wide: bool,
}

/// Of which values as they are kept an item holds.
pub enum Holds {
    Codes(Vec<u16>),
    Key(i64),
    /// Keys from the first one to below the second.
    Between(i64, Option<i64>),
}
const TOO_MANY: &str = "with too many values";
const SINGLE: &str = "since few rows have the same one";
/// Of what names things fewer rows each tell of no thing that it is worse than others.
const ROWS_OF_ONE_LEAST: u64 = 10;

/// What the values of one attribute are.
#[derive(Default)]
struct Values {
    items: Vec<Item>,
    /// Values that enough rows have to be explanations at all; and without ranges of several tenths.
    tests: usize,
    narrow: usize,
    fit: Option<Fit>,
    /// Why it is left out.
    left_out: Option<&'static str>,
}

/// The values that enough bad rows have, and of each attribute whether it is a finding and how many values enough rows
/// have.
#[derive(Default)]
pub struct Looked {
    pub items: Vec<Item>,
    pub tests: Vec<(bool, usize)>,
    /// The same without ranges of several tenths.
    pub narrow: Vec<(bool, usize)>,
    /// Attributes that tell by themselves which rows are bad. Of an exact one its exact values come first.
    pub fits: BTreeMap<usize, Fit>,
}

/// The values of attributes that at least `least` bad rows have. Numbers of many values give ranges besides.
///
/// # Errors
/// If the temporary directory cannot be read.
pub fn look<'a>(
    rows: &Rows,
    attributes: impl Iterator<Item = (usize, &'a Attribute)>,
    (split, least): (Split, u64),
    notes: &mut Vec<String>,
) -> Result<Looked> {
    let mut looked = Looked::default();
    let mut left_out: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut used = 0;
    for (at, attribute) in attributes {
        let found = values(&Maker { attribute, at, rows, all: rows.count(split.seen), split, least })?;
        let is_too_many = used == COLUMNS_MAX && !attribute.is_mark && !found.items.is_empty();
        let why = found.left_out.or(is_too_many.then_some("behind the first 40 columns (--by says which to look at)"));
        if let Some(why) = why {
            left_out.entry(why).or_default().push(attribute.name.clone());
            continue;
        }
        used += usize::from(!found.items.is_empty() && !attribute.is_mark);
        looked.tests.push((attribute.is_finding, found.tests));
        looked.narrow.push((attribute.is_finding, found.narrow));
        looked.items.extend(found.items);
        looked.fits.extend(found.fit.map(|fit| (at, fit)));
    }
    notes.extend(left_out.iter().map(|(why, names)| format!("left out, {why}: {}", names.join(", "))));
    Ok(looked)
}

fn values(maker: &Maker) -> Result<Values> {
    let kind = maker.attribute.kind;
    match maker.rows.seen(maker.at, maker.split) {
        Seen::TooMany if maker.names_single(VALUES_MAX as u64, maker.all) => Ok(Values::left_out(SINGLE)),
        Seen::TooMany => Ok(Values::left_out(TOO_MANY)),
        Seen::Texts(seen) if maker.names_single_of(&seen) => Ok(Values::left_out(SINGLE)),
        Seen::Texts(seen) => Ok(maker.of_codes(seen, Clone::clone)),
        Seen::Numbers(seen) if maker.has_ranges(&seen) => {
            let sorted = sorted(seen);
            let mut found = maker.of_ranges(&sorted);
            found.put_before(maker.of_codes(sorted, |value| shown(kind, *value)));
            Ok(found)
        }
        Seen::Numbers(seen) => Ok(maker.of_codes(sorted(seen), |value| shown(kind, *value))),
        Seen::Keys(tallies) => maker.of_keys(&tallies),
    }
}

/// NULL first.
pub(super) fn sorted(mut seen: Vec<Coded<i64>>) -> Vec<Coded<i64>> {
    seen.sort_unstable_by_key(|seen| seen.value);
    seen
}

/// A whole number as the engine writes it.
fn shown(kind: Kind, value: i64) -> String {
    match kind {
        Kind::Bool => (value != 0).to_string(),
        Kind::Date => {
            let epoch = NaiveDate::default();
            let days = Days::new(value.unsigned_abs());
            let date = if value < 0 { epoch.checked_sub_days(days) } else { epoch.checked_add_days(days) };
            date.map_or_else(|| value.to_string(), |date| date.to_string())
        }
        _ => value.to_string(),
    }
}

/// Makes the items of one attribute.
pub(super) struct Maker<'a> {
    pub attribute: &'a Attribute,
    pub at: usize,
    pub rows: &'a Rows,
    /// How many rows are looked at.
    pub all: u64,
    pub split: Split,
    pub least: u64,
}

impl Maker<'_> {
    fn is_hour(&self) -> bool {
        self.attribute.name.starts_with("hour(")
    }

    /// Whether it names things of which each has few rows.
    fn names_single(&self, values: u64, rows: u64) -> bool {
        self.attribute.is_entity && rows < ROWS_OF_ONE_LEAST * values
    }

    fn names_single_of(&self, seen: &[Coded<String>]) -> bool {
        let known = || seen.iter().filter(|seen| seen.value.is_some());
        self.names_single(known().count() as u64, known().map(|seen| seen.covered.rows).sum())
    }

    pub(super) fn has_ranges(&self, seen: &[Coded<i64>]) -> bool {
        let known = seen.iter().filter(|seen| seen.value.is_some()).count();
        self.attribute.kind == Kind::Int && !self.is_hour() && known > FEW
    }

    /// Values that are kept by codes.
    fn of_codes<V>(&self, seen: Vec<Coded<V>>, text: impl Fn(&V) -> String) -> Values {
        let is_mark = self.attribute.is_mark;
        let mut values: Vec<(Option<String>, u16, Covered)> =
            seen.iter().map(|seen| (seen.value.as_ref().map(&text), seen.code, seen.covered)).collect();
        values.sort_by(|a, b| b.2.bad.cmp(&a.2.bad).then_with(|| a.0.cmp(&b.0)));
        let mut found = Values { fit: self.fit_of_codes(&seen), ..Values::default() };
        for (value, code, covered) in values {
            if !is_mark || value.as_deref() == Some("true") {
                found.add(self.item(value.as_deref(), Holds::Codes(vec![code]), covered), self);
            }
        }
        found
    }

    /// Tenths of all rows by whole numbers that are kept by codes, in ascending order.
    fn of_ranges(&self, sorted: &[Coded<i64>]) -> Values {
        let is_answer = self.is_answer_of_many(sorted);
        let known: Vec<&Coded<i64>> = sorted.iter().filter(|seen| seen.value.is_some()).collect();
        let covered: Vec<&Covered> = known.iter().map(|seen| &seen.covered).collect();
        let bounds = tenths(&covered);
        let texts: Vec<String> =
            bounds.iter().filter_map(|at| known[*at].value).map(|value| value.to_string()).collect();
        let starts: Vec<usize> = std::iter::once(0).chain(bounds.iter().copied()).chain([known.len()]).collect();
        let mut found = Values::default();
        if is_answer {
            let of_bad: Vec<&Coded<i64>> = known.iter().copied().filter(|seen| seen.covered.bad > 0).collect();
            let first = |is_bad: bool| known.iter().find(|seen| (seen.covered.bad > 0) == is_bad)?.value;
            let is_high = known.first().is_some_and(|seen| seen.covered.bad == 0);
            let bound = first(is_high).map_or_else(String::new, |value| value.to_string());
            let covered = sum(of_bad.iter().map(|seen| &seen.covered));
            let holds = Holds::Codes(of_bad.iter().map(|seen| seen.code).collect());
            found.add_exact(self.beyond(is_high, (&bound, &bound), holds, covered), self);
        }
        for Part { text, sql, tenths } in parts(&self.attribute.name, &self.attribute.sql, &texts, &texts) {
            let is_wide = tenths.len() > 1;
            let inside = &known[starts[tenths.start]..starts[tenths.end]];
            let covered = sum(inside.iter().map(|seen| &seen.covered));
            let holds = Holds::Codes(inside.iter().map(|seen| seen.code).collect());
            found.add(Item { attribute: self.at, text, sql, holds, covered, is_wide }, self);
        }
        found
    }

    /// Numbers that are kept by keys: single values where they are few, else tenths of all rows.
    fn of_keys(&self, tallies: &[Tally; 2]) -> Result<Values> {
        let is_answer = self.is_answer_of_keys(tallies);
        let [good, bad] = tallies;
        let nulls = Covered { rows: good.nulls + bad.nulls, bad: bad.nulls };
        let mut found = Values { fit: self.fit_of_keys(tallies), ..Values::default() };
        if let Some(few) = joined(good, bad).few() {
            let of_bad = bad.few().unwrap_or_default();
            let mut values: Vec<(Option<String>, Holds, Covered)> = few
                .iter()
                .map(|(key, rows)| {
                    let bad = of_bad.iter().find(|(known, _)| known == key).map_or(0, |(_, bad)| *bad);
                    (Some(self.number(*key)), Holds::Key(*key), Covered { rows: *rows, bad })
                })
                .collect();
            values.push((None, Holds::Key(NONE), nulls));
            values.sort_by(|a, b| b.2.bad.cmp(&a.2.bad).then_with(|| a.0.cmp(&b.0)));
            for (value, holds, covered) in values {
                found.add(self.item(value.as_deref(), holds, covered), self);
            }
            return Ok(found);
        }
        let between = match self.attribute.kind {
            Kind::Int => (NONE, i64::MAX),
            _ => (key_of_float(Some(f64::NEG_INFINITY)), key_of_float(Some(f64::INFINITY))),
        };
        let bounds = self.rows.tenths(self.at, self.split.seen, between)?;
        let exact: Vec<String> = bounds.iter().map(|key| self.number(*key)).collect();
        let literals: Vec<String> = exact.iter().map(|text| self.literal(text)).collect();
        let mut texts: Vec<String> = exact.iter().map(|text| short(text)).collect();
        if texts.windows(2).any(|pair| pair[0] == pair[1]) {
            texts = exact;
        }
        if is_answer {
            let is_high = bad.lowest > good.highest;
            let key = if is_high { bad.lowest } else { good.lowest };
            let (text, literal) = (self.number(key), self.literal(&self.number(key)));
            let holds = if is_high { Holds::Between(key, None) } else { Holds::Between(NONE + 1, Some(key)) };
            let covered = Covered { rows: bad.known, bad: bad.known };
            found.add_exact(self.beyond(is_high, (&text, &literal), holds, covered), self);
        }
        let covered = self.rows.ranges(self.at, self.split, &bounds)?;
        for Part { text, sql, tenths } in parts(&self.attribute.name, &self.attribute.sql, &texts, &literals) {
            let from = tenths.start.checked_sub(1).map_or(NONE + 1, |before| bounds[before]);
            let holds = Holds::Between(from, bounds.get(tenths.end - 1).copied());
            let is_wide = tenths.len() > 1;
            let covered = sum(covered[tenths].iter());
            found.add(Item { attribute: self.at, text, sql, holds, covered, is_wide }, self);
        }
        found.add(self.item(None, Holds::Key(NONE), nulls), self);
        Ok(found)
    }

    /// The number of a key, in as few digits as tell it.
    fn number(&self, key: i64) -> String {
        match self.attribute.kind {
            Kind::Int => key.to_string(),
            _ => format!("{:?}", float_of_key(key)).trim_end_matches(".0").to_string(),
        }
    }

    /// The number in SQL: of more than 15 digits it would be a decimal that is only near it.
    fn literal(&self, text: &str) -> String {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let is_plain = self.attribute.kind == Kind::Int || (digits <= 15 && !text.contains(['e', 'i', 'N']));
        if is_plain { text.to_string() } else { format!("{}::DOUBLE", quote::text(text)) }
    }

    /// All from a number on, or all below it.
    fn beyond(&self, is_high: bool, (text, literal): (&str, &str), holds: Holds, covered: Covered) -> Item {
        let sign = if is_high { ">=" } else { "<" };
        Item {
            attribute: self.at,
            text: format!("{} {sign} {text}", self.attribute.name),
            sql: format!("{} {sign} {literal}", self.attribute.sql),
            holds,
            covered,
            is_wide: true,
        }
    }

    fn item(&self, value: Option<&str>, holds: Holds, covered: Covered) -> Item {
        let Attribute { name, sql: of, kind, is_mark, is_many, .. } = self.attribute;
        let text = match value {
            _ if *is_mark => name.clone(),
            None if *is_many => format!("{name} is null or has several values"),
            None => format!("{name} is null"),
            Some(value) => format!("{name} = {value}"),
        };
        let sql = match value {
            _ if *is_mark => of.clone(),
            None => format!("{of} IS NULL"),
            Some(value) => match kind {
                Kind::Text => format!("{of} = {}", quote::text(value)),
                Kind::Int | Kind::Bool => format!("{of} = {value}"),
                Kind::Float | Kind::Decimal { .. } => format!("{of} = {}", self.literal(value)),
                _ => format!("{of}::VARCHAR = {}", quote::text(value)),
            },
        };
        Item { attribute: self.at, text, sql, holds, covered, is_wide: false }
    }
}

impl Values {
    fn left_out(why: &'static str) -> Values {
        Values { left_out: Some(why), ..Values::default() }
    }

    /// What enough rows have is tested, and looked at if enough of them are bad.
    fn add(&mut self, item: Item, of: &Maker) {
        if (of.least..of.all).contains(&item.covered.rows) {
            self.tests += 1;
            self.narrow += usize::from(!item.is_wide);
            if item.covered.bad >= of.least && self.items.len() < ITEMS_MAX {
                self.items.push(item);
            }
        }
    }

    /// What is all bad rows and no other.
    fn add_exact(&mut self, item: Item, of: &Maker) {
        self.fit = Some(Fit::Exact);
        self.add(item, of);
    }

    fn put_before(&mut self, mut first: Values) {
        first.fit = self.fit.or(first.fit);
        first.tests += self.tests;
        first.narrow += self.narrow;
        first.items.append(&mut self.items);
        *self = first;
    }
}

/// A number in six digits, if it has more than nine.
fn short(text: &str) -> String {
    const DIGITS: usize = 9;
    match text.parse::<f64>() {
        Ok(number) if text.contains('.') && text.bytes().filter(u8::is_ascii_digit).count() > DIGITS => {
            let short = format!("{number:.5e}").parse().unwrap_or(number);
            format!("{short:?}").trim_end_matches(".0").to_string()
        }
        _ => text.to_string(),
    }
}

/// The places of the values that are the tenths of all rows: each is the first of its range.
fn tenths(sorted: &[&Covered]) -> Vec<usize> {
    let rows: u64 = sorted.iter().map(|covered| covered.rows).sum();
    let mut places = Vec::new();
    let (mut sum, mut tenth) = (0, 1);
    for (at, covered) in sorted.iter().enumerate() {
        sum += covered.rows;
        let before = tenth;
        while tenth <= 9 && sum * 10 >= rows * tenth {
            tenth += 1;
        }
        if tenth > before {
            places.push(at);
        }
    }
    places
}

/// Some tenths of all rows by a number, one behind the other.
struct Part {
    text: String,
    sql: String,
    tenths: Range<usize>,
}

/// Each tenth, all below each bound and all from it on: of bounds as they are shown, and as SQL says them.
fn parts(name: &str, of: &str, bounds: &[String], literals: &[String]) -> Vec<Part> {
    let count = bounds.len();
    let below = |at: usize| Part {
        text: format!("{name} < {}", bounds[at]),
        sql: format!("{of} < {}", literals[at]),
        tenths: 0..at + 1,
    };
    let from = |at: usize| Part {
        text: format!("{name} >= {}", bounds[at]),
        sql: format!("{of} >= {}", literals[at]),
        tenths: at + 1..count + 1,
    };
    let between = |at: usize| Part {
        text: format!("{name} in [{}, {})", bounds[at - 1], bounds[at]),
        sql: format!("({of} >= {} AND {of} < {})", literals[at - 1], literals[at]),
        tenths: at..at + 1,
    };
    (0..count).map(below).chain((0..count).map(from)).chain((1..count).map(between)).collect()
}

/// What is seen of good rows and of bad ones.
pub(super) fn joined(good: &Tally, bad: &Tally) -> Tally {
    let mut all = good.clone();
    all.join(bad);
    all
}

fn sum<'a>(parts: impl Iterator<Item = &'a Covered>) -> Covered {
    parts.fold(Covered::default(), |sum, part| Covered { rows: sum.rows + part.rows, bad: sum.bad + part.bad })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(counts: &[(u64, u64)]) -> Vec<Covered> {
        counts.iter().map(|(rows, bad)| Covered { rows: *rows, bad: *bad }).collect()
    }

    #[test]
    fn tenths_begin_where_a_tenth_of_the_rows_is_reached() {
        let even = covered(&[(1, 0); 20]);
        // Of 20 rows the first tenth is reached with the second row.
        assert_eq!(tenths(&even.iter().collect::<Vec<_>>()), [1, 3, 5, 7, 9, 11, 13, 15, 17]);
        let one = covered(&[(5, 0), (90, 0), (5, 0)]);
        assert_eq!(tenths(&one.iter().collect::<Vec<_>>()), [1]);
    }

    #[test]
    fn long_numbers_are_shown_in_six_digits() {
        assert_eq!(
            ["176.3834397048702", "0.0996", "3", "12345678901"].map(short),
            ["176.383", "0.0996", "3", "12345678901"]
        );
        assert_eq!(short("-0.000012345678912"), "-1.23457e-5");
    }
}
