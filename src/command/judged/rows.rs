//! The rows judged, kept as codes: of each attribute a small number that stands for its value, or the key of a number of
//! many values; and beside them a number of each row. They are read from the evidence once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::VALUES_MAX;
use super::blocks::{Blocks, Place};
use super::classes::{Classes, Split};
use super::numbers::{self, Counts, NONE, Tally};
use super::taken::{Counted, Taker};
use crate::command::explain::attributes::Attribute;
use crate::command::explain::population::Population;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::contrast::{BLOCK_ROWS, Covered, Dictionary, NULL, Whole};

/// Rows of a table that tell whether a whole number has many values.
const LOOKED_AT: i64 = 20_000;
/// What the rows of a class may take on their way into a block, so that many columns do not take more memory.
const WAITING_BYTES_MAX: usize = 4 << 20;
/// Rows that are counted at once.
const BLOCK_ROWS_MIN: usize = 1 << 12;

/// Which rows are kept, and what of them.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub population: &'a Population<'a>,
    pub attributes: &'a [Attribute],
    /// SQL of the class that a row is of: a whole number below 64.
    pub class: &'a str,
    /// SQL of a number that is kept beside each row.
    pub number: Option<&'a str>,
}

/// How the values of an attribute are kept.
#[derive(Clone)]
pub enum Kept {
    Numbers(Arc<Dictionary<i64>>),
    Texts(Arc<Dictionary<[u8]>>),
    /// By the keys of [`numbers`].
    Keys,
}

/// What is known of an attribute's values.
pub enum Seen {
    TooMany,
    /// Whole numbers, dates as days, or 0 and 1, with their codes.
    Numbers(Vec<Coded<i64>>),
    Texts(Vec<Coded<String>>),
    /// Of good rows, and of bad ones.
    Keys([Tally; 2]),
}

/// A value with its rows; `None` is NULL.
pub struct Coded<V> {
    pub value: Option<V>,
    pub code: u16,
    pub covered: Covered,
}

/// How a row lies in a block: lane by lane, attributes in their order and the number behind them.
pub struct Layout {
    pub kept: Vec<Kept>,
    pub is_float: Vec<bool>,
    pub has_number: bool,
    /// Rows of a block.
    pub rows_most: usize,
}

impl Layout {
    fn of(asked: Asked, kept: Vec<Kept>) -> Layout {
        let is_float = asked.attributes.iter().map(|attribute| attribute.kind != Kind::Int).collect();
        let mut layout = Layout { kept, is_float, has_number: asked.number.is_some(), rows_most: 0 };
        let fitting = WAITING_BYTES_MAX / (layout.offset(layout.kept.len(), 1) + 8);
        layout.rows_most = (fitting / BLOCK_ROWS_MIN * BLOCK_ROWS_MIN).clamp(BLOCK_ROWS_MIN, BLOCK_ROWS);
        layout
    }

    /// Where an attribute begins in a block of so many rows.
    fn offset(&self, at: usize, rows: usize) -> usize {
        self.kept[..at].iter().map(|kept| if matches!(kept, Kept::Keys) { 8 * rows } else { 2 * rows }).sum()
    }
}

pub struct Rows {
    layout: Layout,
    blocks: Blocks,
    /// By class.
    counted: BTreeMap<u16, Counted>,
}

impl Rows {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn keep(asked: Asked) -> Result<Rows> {
        let kept = first_ways(asked)?;
        let mut rows = Rows::read(asked, kept)?;
        let has_too_many = |kept: &Kept| matches!(kept, Kept::Numbers(known) if known.values().is_none());
        if rows.layout.kept.iter().any(has_too_many) {
            // The first rows of these have few values, and the others many.
            let kept = rows.layout.kept.iter().map(|one| if has_too_many(one) { Kept::Keys } else { one.clone() });
            rows = Rows::read(asked, kept.collect())?;
        }
        Ok(rows)
    }

    fn read(asked: Asked, kept: Vec<Kept>) -> Result<Rows> {
        let engine = &asked.population.session.engine;
        let blocks = Blocks::new(engine)?;
        let sql = sql(asked, &kept)?;
        let layout = Layout::of(asked, kept);
        let mut counted: BTreeMap<u16, Counted> = BTreeMap::new();
        for taker in engine.share_out(&sql, Taker::new, |taker, batch| taker.take(batch, &layout, &blocks))? {
            for (class, part) in taker.done(&blocks)? {
                match counted.entry(class) {
                    std::collections::btree_map::Entry::Vacant(none) => drop(none.insert(part)),
                    std::collections::btree_map::Entry::Occupied(mut known) => known.get_mut().join(&part),
                }
            }
        }
        Ok(Rows { layout, blocks, counted })
    }

    fn of(&self, classes: Classes) -> impl Iterator<Item = &Counted> {
        self.counted.iter().filter(move |(class, _)| classes.has(**class)).map(|(_, counted)| counted)
    }

    /// How many rows are of some classes.
    pub fn count(&self, classes: Classes) -> u64 {
        self.of(classes).map(|counted| counted.rows).sum()
    }

    pub fn whole(&self, split: Split) -> Whole {
        Whole { rows: self.count(split.seen), bad: self.count(split.bad) }
    }

    /// What is known of the values of an attribute.
    pub fn seen(&self, at: usize, split: Split) -> Seen {
        match &self.layout.kept[at] {
            Kept::Keys => Seen::Keys([split.good(), split.bad].map(|classes| {
                self.of(classes).fold(Tally::default(), |mut sum, counted| {
                    sum.join(&counted.tallies[at]);
                    sum
                })
            })),
            Kept::Numbers(known) => {
                known.values().map_or(Seen::TooMany, |values| Seen::Numbers(self.coded(at, split, values)))
            }
            Kept::Texts(known) => known.values().map_or(Seen::TooMany, |values| {
                let text = |(value, code): (Vec<u8>, u16)| (String::from_utf8_lossy(&value).into_owned(), code);
                Seen::Texts(self.coded(at, split, values.into_iter().map(text).collect()))
            }),
        }
    }

    fn coded<V>(&self, at: usize, split: Split, values: Vec<(V, u16)>) -> Vec<Coded<V>> {
        let count = |classes: Classes, code: u16| -> u64 {
            self.of(classes).filter_map(|counted| counted.counts[at].get(usize::from(code))).sum()
        };
        let null = std::iter::once((None, NULL));
        null.chain(values.into_iter().map(|(value, code)| (Some(value), code)))
            .filter_map(|(value, code)| {
                let covered = Covered { rows: count(split.seen, code), bad: count(split.bad, code) };
                (covered.rows > 0).then_some(Coded { value, code, covered })
            })
            .collect()
    }

    /// The tenths of an attribute that is kept by keys, of keys between two.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn tenths(&self, at: usize, of: Classes, between: (i64, i64)) -> Result<Vec<i64>> {
        numbers::tenths(between, |look, none| {
            let takers = self.blocks.each(
                of,
                || none.clone(),
                |counts, place| {
                    self.keys(at, place)?.into_iter().for_each(|key| look(key, counts));
                    Ok(())
                },
            )?;
            Ok(takers.iter().fold(none.clone(), |mut sum: Counts, counts| {
                sum.join(counts);
                sum
            }))
        })
    }

    /// The rows of each range that begins with one of `bounds`; the first one is below all of them.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn ranges(&self, at: usize, split: Split, bounds: &[i64]) -> Result<Vec<Covered>> {
        let none = || vec![Covered::default(); bounds.len() + 1];
        let takers = self.blocks.each(split.seen, none, |counts, place| {
            let is_bad = split.bad.has(place.class);
            for key in self.keys(at, place)?.into_iter().filter(|key| *key != NONE) {
                let range = &mut counts[bounds.partition_point(|bound| *bound <= key)];
                range.rows += 1;
                range.bad += u64::from(is_bad);
            }
            Ok(())
        })?;
        let mut sums = none();
        for counts in &takers {
            for (sum, count) in sums.iter_mut().zip(counts) {
                sum.rows += count.rows;
                sum.bad += count.bad;
            }
        }
        Ok(sums)
    }

    /// Has each block of some classes looked at; see [`Blocks::each`].
    ///
    /// # Errors
    /// If `take` fails, or somebody asked to stop.
    pub fn each<T: Send>(
        &self,
        of: Classes,
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, Place) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        self.blocks.each(of, taker, take)
    }

    /// The codes of an attribute in a block.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn codes(&self, at: usize, place: Place) -> Result<Vec<u16>> {
        let mut bytes = vec![0; place.rows * 2];
        self.blocks.read(place, self.layout.offset(at, place.rows), &mut bytes)?;
        Ok(bytes.as_chunks::<2>().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())
    }

    /// The keys of an attribute in a block.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn keys(&self, at: usize, place: Place) -> Result<Vec<i64>> {
        let mut bytes = vec![0; place.rows * 8];
        self.blocks.read(place, self.layout.offset(at, place.rows), &mut bytes)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
    }

    /// The bytes of the numbers of a block; `None` if none are kept.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn number_bytes(&self, place: Place) -> Result<Option<Vec<u8>>> {
        if !self.layout.has_number {
            return Ok(None);
        }
        let mut bytes = vec![0; place.rows * 8];
        self.blocks.read(place, self.layout.offset(self.layout.kept.len(), place.rows), &mut bytes)?;
        Ok(Some(bytes))
    }
}

/// How each attribute is kept, as far as the first rows of its table tell.
fn first_ways(Asked { population, attributes, .. }: Asked) -> Result<Vec<Kept>> {
    let mut kept: Vec<Kept> = attributes
        .iter()
        .map(|attribute| match attribute.kind {
            Kind::Float | Kind::Decimal { .. } => Kept::Keys,
            Kind::Int | Kind::Bool | Kind::Date => Kept::Numbers(Arc::new(Dictionary::new(VALUES_MAX))),
            _ => Kept::Texts(Arc::new(Dictionary::new(VALUES_MAX))),
        })
        .collect();
    let mut by_table: HashMap<Option<usize>, Vec<(usize, &str)>> = HashMap::new();
    for (at, attribute) in attributes.iter().enumerate().filter(|(_, attribute)| attribute.kind == Kind::Int) {
        if let Some((place, column)) = &attribute.column {
            by_table.entry(*place).or_default().push((at, column));
        }
    }
    for (place, columns) in by_table {
        let table = place.map_or(population.table, |at| population.joined[at].table);
        let list: Vec<&str> = columns.iter().map(|(_, column)| *column).collect();
        let engine = &population.session.engine;
        engine.keep_first("rca_first", &format!("SELECT {} FROM {}", list.join(", "), table.sql()), LOOKED_AT)?;
        let counts: Vec<String> = list.iter().map(|column| format!("count(DISTINCT {column})")).collect();
        let row = engine.counted_apart("rca_first", &counts)?;
        for ((at, _), count) in columns.iter().zip(row) {
            if count.int() > VALUES_MAX as i64 {
                kept[*at] = Kept::Keys;
            }
        }
    }
    Ok(kept)
}

/// SQL of the rows: the class of each, then a column of codes or keys for each attribute, then the number.
fn sql(Asked { population, attributes, class, number }: Asked, kept: &[Kept]) -> Result<String> {
    static FUNCTIONS: AtomicUsize = AtomicUsize::new(0);
    let engine = &population.session.engine;
    let mut list = String::new();
    for (attribute, kept) in attributes.iter().zip(kept) {
        let sql = &attribute.sql;
        let function = format!("rca_code{}", FUNCTIONS.fetch_add(1, Ordering::Relaxed));
        let given = match kept {
            Kept::Keys => {
                let kind = if attribute.kind == Kind::Int { "BIGINT" } else { "DOUBLE" };
                list.push_str(&format!(", ({sql})::{kind}"));
                continue;
            }
            Kept::Numbers(known) => {
                let known = known.clone();
                engine.add_number_function(&function, move |numbers, codes| {
                    let values: Vec<Option<&i64>> = numbers.iter().map(Option::as_ref).collect();
                    known.encode(&values, codes);
                })?;
                match attribute.kind {
                    Kind::Bool => format!("({sql})::TINYINT::BIGINT"),
                    Kind::Date => format!("(({sql}) - DATE '1970-01-01')::BIGINT"),
                    _ => format!("({sql})::BIGINT"),
                }
            }
            Kept::Texts(known) => {
                let known = known.clone();
                engine.add_text_function(&function, move |texts, codes| known.encode(texts, codes))?;
                format!("({sql})::VARCHAR")
            }
        };
        list.push_str(&format!(", coalesce({function}({given}), {NULL})::USMALLINT"));
    }
    let mut said: Vec<&str> = attributes.iter().map(|attribute| attribute.sql.as_str()).collect();
    said.extend([class, number.unwrap_or_default(), population.condition.as_str()]);
    let with = population.needed(&said);
    let number = number.map_or(String::new(), |number| format!(", ({number})::DOUBLE"));
    Ok(format!(
        "SELECT ({class})::USMALLINT{list}{number} FROM {} WHERE {}",
        population.relation(&with, Some(&said)),
        population.condition
    ))
}
