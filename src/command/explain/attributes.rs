//! What is known of a row: its columns, those of tables that know its entity, hours and days of times, and findings; and
//! which values of these are looked at.

use chrono::{Days, NaiveDate};

use super::ExplainArgs;
use super::findings::{self, Mark};
use super::numbers::{FEW, NONE, Tally, float_of_key, key_of_float};
use super::population::{Population, columns};
use super::rows::{Coded, Rows, Seen};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::contrast::Covered;
use crate::model::name;
use crate::session::Table;

/// Columns with values that enough bad rows have; more are left out, and said.
pub const COLUMNS_MAX: usize = 40;
/// Columns that are looked at for such values.
const KNOWN_MAX: usize = 300;
/// Of a column with more values none is looked at, but ranges of numbers.
pub const VALUES_MAX: usize = 1_000;
/// Values of one column that are looked at.
const ITEMS_MAX: usize = 250;

/// Something that each row has a value of.
pub struct Attribute {
    /// `station`, `mes.materials.lot`
    pub name: String,
    /// Over the rows judged.
    pub sql: String,
    pub kind: Kind,
    /// The column that it is, and the place of its table among those joined.
    pub column: Option<(Option<usize>, String)>,
    pub is_finding: bool,
    /// Its NULL may mean several values.
    pub is_many: bool,
}

/// A value of an attribute that enough bad rows have.
pub struct Item {
    pub attribute: usize,
    /// `lot = L7`
    pub text: String,
    /// `mes.lot = 'L7'`, over the rows judged.
    pub sql: String,
    pub holds: Holds,
    /// Ranges of an attribute exclude each other, as its values do.
    pub is_range: bool,
    pub covered: Covered,
}

/// Of which values as they are kept an item holds.
pub enum Holds {
    Codes(Vec<u16>),
    Key(i64),
    /// Keys from the first one to below the second.
    Between(i64, Option<i64>),
}

/// All attributes that may be looked at, and notes on those that are not.
///
/// # Errors
/// If --by names what is not there, or the evidence cannot be read.
pub fn find(population: &Population, args: &ExplainArgs, notes: &mut Vec<String>) -> Result<Vec<Attribute>> {
    let mut all = Vec::new();
    let mut times = Vec::new();
    let session = population.session;
    let said = population.bad.to_lowercase();
    let mut named = Vec::new();
    let mut add = |table: &Table, place: Option<usize>, is_many: bool| {
        let entities = session.entity_columns(table);
        for column in columns(table).filter(|column| !entities.contains(&column.name)) {
            let sql = quote::readable_name(&column.name);
            let (name, sql) = match place {
                None => (column.name.clone(), sql),
                Some(at) => {
                    let alias = quote::readable_name(&population.joined[at].alias);
                    (format!("{}.{}", table.name, column.name), format!("{alias}.{sql}"))
                }
            };
            let is_named = match place {
                None => has_word(&said, &column.name.to_lowercase()),
                Some(_) => said.contains(&sql.to_lowercase()),
            };
            if is_named {
                named.push(name);
                continue;
            }
            let into = if matches!(column.kind, Kind::Time | Kind::Date) { &mut times } else { &mut all };
            into.extend(of_column(column, (&name, &sql), place, is_many));
        }
    };
    add(population.table, None, false);
    for at in 0..population.joined.len() {
        add(population.joined[at].table, Some(at), population.is_many(at)?);
    }
    if !named.is_empty() {
        notes.push(format!("left out, since --bad speaks of them: {}", name::listed(&named)));
    }
    all.append(&mut times);
    if !args.by.is_empty() {
        return only(all, &args.by);
    }
    let marks = findings::find(population)?;
    let finding = |Mark { name, sql }: Mark| Attribute {
        name,
        sql,
        kind: Kind::Bool,
        column: None,
        is_finding: true,
        is_many: false,
    };
    let mut all: Vec<Attribute> = marks.into_iter().map(finding).chain(all).collect();
    if all.len() > KNOWN_MAX {
        notes.push(format!("{} columns are not looked at: --by says which to look at", all.len() - KNOWN_MAX));
        all.truncate(KNOWN_MAX);
    }
    Ok(all)
}

/// Whether a text has a name as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

fn of_column(column: &Column, (name, sql): (&str, &str), place: Option<usize>, is_many: bool) -> Vec<Attribute> {
    let one = |name: String, sql: String, kind: Kind, column: Option<(Option<usize>, String)>| Attribute {
        name,
        sql,
        kind,
        column,
        is_finding: false,
        is_many,
    };
    match column.kind {
        Kind::Time => vec![
            one(format!("hour({name})"), format!("hour({sql}::TIMESTAMP)"), Kind::Int, None),
            one(format!("day({name})"), format!("({sql}::TIMESTAMP)::DATE"), Kind::Date, None),
        ],
        // Numbers of more digits than a float tells are compared as floats.
        Kind::Decimal { width: 16.., .. } => {
            let place = Some((place, quote::readable_name(&column.name)));
            vec![one(name.to_string(), format!("{sql}::DOUBLE"), Kind::Float, place)]
        }
        kind => {
            vec![one(name.to_string(), sql.to_string(), kind, Some((place, quote::readable_name(&column.name))))]
        }
    }
}

/// Those that --by names, by their whole names or those of their columns.
fn only(all: Vec<Attribute>, by: &[String]) -> Result<Vec<Attribute>> {
    let names: Vec<String> = all.iter().map(|attribute| attribute.name.clone()).collect();
    let is = |name: &str, wanted: &str| {
        let inner = name.trim_start_matches("hour(").trim_start_matches("day(").trim_end_matches(')');
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
        inner.eq_ignore_ascii_case(wanted)
            || name.eq_ignore_ascii_case(wanted)
            || (!wanted.contains('.') && last(inner).eq_ignore_ascii_case(wanted))
    };
    for wanted in by {
        if !names.iter().any(|name| is(name, wanted)) {
            let near = name::nearest(wanted, names.iter().map(String::as_str));
            let error = Error::question(format!("no column `{wanted}` can be looked at"));
            return Err(match near.is_empty() {
                true => error.hint(format!("there are {}", name::listed(&names))),
                false => error.hint(format!("did you mean {}", name::listed(&near))),
            });
        }
    }
    Ok(all.into_iter().filter(|attribute| by.iter().any(|wanted| is(&attribute.name, wanted))).collect())
}

const BY_THEMSELVES: &str = "since they tell good from bad by themselves";

/// What the values of one attribute are.
#[derive(Default)]
pub struct Values {
    pub items: Vec<Item>,
    /// Values that enough rows have to be explanations at all.
    pub tests: usize,
    /// Why it is left out.
    pub left_out: Option<&'static str>,
}

/// The values of an attribute that at least `least` bad rows have. Numbers of many values give ranges besides.
///
/// # Errors
/// If the temporary directory cannot be read.
pub fn values(rows: &Rows, attribute: &Attribute, at: usize, least: u64) -> Result<Values> {
    let maker = Maker { attribute, at, rows: rows.whole.rows, least };
    let has_ranges = |seen: &[Coded<i64>]| {
        attribute.kind == Kind::Int && !maker.is_hour() && seen.iter().filter(|seen| seen.value.is_some()).count() > FEW
    };
    match rows.seen(at) {
        Seen::TooMany => Ok(Values::left_out("with too many values")),
        Seen::Texts(seen) => Ok(maker.of_codes(seen, Clone::clone)),
        Seen::Numbers(seen) if has_ranges(&seen) => {
            let sorted = sorted(seen);
            let mut found = maker.of_ranges(&sorted);
            if found.left_out.is_none() {
                found.put_before(maker.of_codes(sorted, |value| shown(attribute.kind, *value)));
            }
            Ok(found)
        }
        Seen::Numbers(seen) => Ok(maker.of_codes(sorted(seen), |value| shown(attribute.kind, *value))),
        Seen::Keys(tally) => maker.of_keys(rows, &tally),
    }
}

/// NULL first.
fn sorted(mut seen: Vec<Coded<i64>>) -> Vec<Coded<i64>> {
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
struct Maker<'a> {
    attribute: &'a Attribute,
    at: usize,
    rows: u64,
    least: u64,
}

impl Maker<'_> {
    fn is_hour(&self) -> bool {
        self.attribute.name.starts_with("hour(")
    }

    /// Values that are kept by codes.
    fn of_codes<V>(&self, seen: Vec<Coded<V>>, text: impl Fn(&V) -> String) -> Values {
        let is_finding = self.attribute.is_finding;
        let known: Vec<&Covered> = seen.iter().filter(|seen| seen.value.is_some()).map(|seen| &seen.covered).collect();
        if !is_finding && known.len() == 2 && seen.len() == 2 && is_apart(&known) {
            return Values::left_out(BY_THEMSELVES);
        }
        let mut values: Vec<(Option<String>, u16, Covered)> =
            seen.iter().map(|seen| (seen.value.as_ref().map(&text), seen.code, seen.covered)).collect();
        values.sort_by(|a, b| b.2.bad.cmp(&a.2.bad).then_with(|| a.0.cmp(&b.0)));
        let mut found = Values::default();
        for (value, code, covered) in values {
            if !is_finding || value.as_deref() == Some("true") {
                found.add(self.item(value.as_deref(), Holds::Codes(vec![code]), covered), self);
            }
        }
        found
    }

    /// Tenths of all rows by whole numbers that are kept by codes, in ascending order.
    fn of_ranges(&self, sorted: &[Coded<i64>]) -> Values {
        let known: Vec<&Coded<i64>> = sorted.iter().filter(|seen| seen.value.is_some()).collect();
        let covered: Vec<&Covered> = known.iter().map(|seen| &seen.covered).collect();
        if known.len() == sorted.len() && is_apart(&covered) {
            return Values::left_out(BY_THEMSELVES);
        }
        let bounds = tenths(&covered);
        let texts: Vec<String> =
            bounds.iter().filter_map(|at| known[*at].value).map(|value| value.to_string()).collect();
        let mut found = Values::default();
        for (place, (text, sql)) in
            parts(&self.attribute.name, &self.attribute.sql, &texts, &texts).into_iter().enumerate()
        {
            let from = place.checked_sub(1).map_or(0, |before| bounds[before]);
            let inside = &known[from..bounds.get(place).copied().unwrap_or(known.len())];
            let covered = inside.iter().fold(Covered::default(), |sum, seen| Covered {
                rows: sum.rows + seen.covered.rows,
                bad: sum.bad + seen.covered.bad,
            });
            let holds = Holds::Codes(inside.iter().map(|seen| seen.code).collect());
            found.add(Item { attribute: self.at, text, sql, holds, is_range: true, covered }, self);
        }
        found
    }

    /// Numbers that are kept by keys: single values where they are few, else tenths of all rows.
    fn of_keys(&self, rows: &Rows, tally: &Tally) -> Result<Values> {
        let nulls = Covered { rows: tally.nulls.iter().sum(), bad: tally.nulls[1] };
        let is_few = tally.few().is_some_and(|few| few.len() != 2);
        if nulls.rows == 0 && !is_few && tally.is_apart() {
            return Ok(Values::left_out(BY_THEMSELVES));
        }
        let mut found = Values::default();
        if let Some(few) = tally.few() {
            let mut values: Vec<(Option<String>, Holds, Covered)> = few
                .iter()
                .map(|(key, [good, bad])| {
                    (Some(self.number(*key)), Holds::Key(*key), Covered { rows: good + bad, bad: *bad })
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
        let bounds = rows.tenths(self.at, between)?;
        let texts: Vec<String> = bounds.iter().map(|key| self.number(*key)).collect();
        let literals: Vec<String> = texts.iter().map(|text| self.literal(text)).collect();
        let covered = rows.ranges(self.at, &bounds)?;
        let parts = parts(&self.attribute.name, &self.attribute.sql, &texts, &literals);
        for (place, ((text, sql), covered)) in parts.into_iter().zip(covered).enumerate() {
            let from = place.checked_sub(1).map_or(NONE + 1, |before| bounds[before]);
            let holds = Holds::Between(from, bounds.get(place).copied());
            found.add(Item { attribute: self.at, text, sql, holds, is_range: true, covered }, self);
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

    fn item(&self, value: Option<&str>, holds: Holds, covered: Covered) -> Item {
        let Attribute { name, sql: of, kind, is_finding, is_many, .. } = self.attribute;
        let text = match value {
            _ if *is_finding => name.clone(),
            None if *is_many => format!("{name} is null or has several values"),
            None => format!("{name} is null"),
            Some(value) => format!("{name} = {value}"),
        };
        let sql = match value {
            _ if *is_finding => of.clone(),
            None => format!("{of} IS NULL"),
            Some(value) => match kind {
                Kind::Text => format!("{of} = {}", quote::text(value)),
                Kind::Int | Kind::Bool => format!("{of} = {value}"),
                Kind::Float | Kind::Decimal { .. } => format!("{of} = {}", self.literal(value)),
                _ => format!("{of}::VARCHAR = {}", quote::text(value)),
            },
        };
        Item { attribute: self.at, text, sql, holds, is_range: false, covered }
    }
}

impl Values {
    fn left_out(why: &'static str) -> Values {
        Values { left_out: Some(why), ..Values::default() }
    }

    /// What enough rows have is tested, and looked at if enough of them are bad.
    fn add(&mut self, item: Item, of: &Maker) {
        if (of.least..of.rows).contains(&item.covered.rows) {
            self.tests += 1;
            if item.covered.bad >= of.least && self.items.len() < ITEMS_MAX {
                self.items.push(item);
            }
        }
    }

    fn put_before(&mut self, mut first: Values) {
        first.tests += self.tests;
        first.items.append(&mut self.items);
        *self = first;
    }
}

/// Whether all values of bad rows are below or above all of good ones; of at least two rows each.
fn is_apart(sorted: &[&Covered]) -> bool {
    let bad: u64 = sorted.iter().map(|covered| covered.bad).sum();
    let good: u64 = sorted.iter().map(|covered| covered.rows - covered.bad).sum();
    let changes = sorted.windows(2).filter(|pair| (pair[0].bad > 0) != (pair[1].bad > 0)).count();
    let is_mixed = sorted.iter().any(|covered| covered.bad > 0 && covered.bad < covered.rows);
    !is_mixed && changes == 1 && bad > 1 && good > 1
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

/// Texts of the ranges between bounds, and what holds in them: of bounds as they are shown and as SQL says them.
fn parts(name: &str, of: &str, bounds: &[String], literals: &[String]) -> Vec<(String, String)> {
    let ends = bounds.first().zip(literals.first()).zip(bounds.last().zip(literals.last()));
    let Some(((first, first_sql), (last, last_sql))) = ends else { return Vec::new() };
    let between = bounds.windows(2).zip(literals.windows(2)).map(|(shown, sql)| {
        (format!("{name} in [{}, {})", shown[0], shown[1]), format!("({of} >= {} AND {of} < {})", sql[0], sql[1]))
    });
    std::iter::once((format!("{name} < {first}"), format!("{of} < {first_sql}")))
        .chain(between)
        .chain([(format!("{name} >= {last}"), format!("{of} >= {last_sql}"))])
        .collect()
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
    fn values_apart_are_told() {
        let apart = |counts: &[(u64, u64)]| is_apart(&covered(counts).iter().collect::<Vec<_>>());
        assert!(apart(&[(3, 0), (4, 0), (5, 5)]));
        assert!(!apart(&[(3, 0), (4, 1), (5, 5)]));
        assert!(!apart(&[(3, 3), (4, 0), (5, 5)]));
        assert!(!apart(&[(9, 0), (1, 1)]));
    }
}
