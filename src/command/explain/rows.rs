//! The rows judged, kept as codes: of each attribute a small number that stands for its value, or the key of a number of
//! many values. They are read from the evidence once, and good rows lie apart from bad ones.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::attributes::{Attribute, VALUES_MAX};
use super::blocks::{Blocks, Place};
use super::numbers::{self, Counts, NONE, Tally};
use super::population::Population;
use crate::engine::Columns;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::contrast::{BLOCK_ROWS, Covered, Dictionary, NULL, Whole};

/// Rows of a table that tell whether a whole number has many values.
const LOOKED_AT: i64 = 20_000;

/// How the values of an attribute are kept.
#[derive(Clone)]
enum Kept {
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
    Keys(Tally),
}

/// A value with its rows; `None` is NULL.
pub struct Coded<V> {
    pub value: Option<V>,
    pub code: u16,
    pub covered: Covered,
}

pub struct Rows {
    kept: Vec<Kept>,
    blocks: Blocks,
    counts: Vec<Vec<[u64; 2]>>,
    tallies: Vec<Tally>,
    pub whole: Whole,
    /// Rows that the condition says nothing of.
    pub unsaid: u64,
}

impl Rows {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn keep(population: &Population, attributes: &[Attribute]) -> Result<Rows> {
        let kept = first_ways(population, attributes)?;
        let mut rows = Rows::read(population, attributes, kept)?;
        let has_too_many = |kept: &Kept| matches!(kept, Kept::Numbers(known) if known.values().is_none());
        if rows.kept.iter().any(has_too_many) {
            // The first rows of these have few values, and the others many.
            let kept = rows.kept.iter().map(|one| if has_too_many(one) { Kept::Keys } else { one.clone() });
            rows = Rows::read(population, attributes, kept.collect())?;
        }
        Ok(rows)
    }

    fn read(population: &Population, attributes: &[Attribute], kept: Vec<Kept>) -> Result<Rows> {
        let engine = &population.session.engine;
        let blocks = Blocks::new(engine)?;
        let sql = sql(population, attributes, &kept)?;
        let is_float: Vec<bool> = attributes.iter().map(|attribute| attribute.kind != Kind::Int).collect();
        let taker = || Taker {
            parts: [(); 2].map(|()| Part::new(&kept)),
            counts: vec![vec![[0; 2]; VALUES_MAX + 2]; kept.len()],
            tallies: vec![Tally::default(); kept.len()],
            rows: [0; 2],
            unsaid: 0,
        };
        let mut takers = engine.share_out(&sql, taker, |taker, batch| taker.take(batch, &kept, &is_float, &blocks))?;
        let Some(mut sum) = takers.pop() else { return Err(Error::internal("nobody took the rows")) };
        sum.write_rest(&blocks)?;
        for mut taker in takers {
            taker.write_rest(&blocks)?;
            sum.join(&taker);
        }
        let whole = Whole { rows: sum.rows.iter().sum(), bad: sum.rows[1] };
        let Taker { counts, tallies, unsaid, .. } = sum;
        Ok(Rows { kept, blocks, counts, tallies, whole, unsaid })
    }

    /// What is known of the values of an attribute.
    pub fn seen(&self, at: usize) -> Seen {
        match &self.kept[at] {
            Kept::Keys => Seen::Keys(self.tallies[at].clone()),
            Kept::Numbers(known) => {
                known.values().map_or(Seen::TooMany, |values| Seen::Numbers(self.coded(at, values)))
            }
            Kept::Texts(known) => known.values().map_or(Seen::TooMany, |values| {
                let text = |(value, code): (Vec<u8>, u16)| (String::from_utf8_lossy(&value).into_owned(), code);
                Seen::Texts(self.coded(at, values.into_iter().map(text).collect()))
            }),
        }
    }

    fn coded<V>(&self, at: usize, values: Vec<(V, u16)>) -> Vec<Coded<V>> {
        let null = std::iter::once((None, NULL));
        null.chain(values.into_iter().map(|(value, code)| (Some(value), code)))
            .filter_map(|(value, code)| {
                let [good, bad] = self.counts[at].get(usize::from(code)).copied()?;
                (good + bad > 0).then_some(Coded { value, code, covered: Covered { rows: good + bad, bad } })
            })
            .collect()
    }

    /// The tenths of an attribute that is kept by keys, of keys between two.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn tenths(&self, at: usize, between: (i64, i64)) -> Result<Vec<i64>> {
        numbers::tenths(between, |look, none| {
            let takers = self.blocks.share_out(
                false,
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
    pub fn ranges(&self, at: usize, bounds: &[i64]) -> Result<Vec<Covered>> {
        let none = || vec![Covered::default(); bounds.len() + 1];
        let takers = self.blocks.share_out(false, none, |counts, place| {
            for key in self.keys(at, place)?.into_iter().filter(|key| *key != NONE) {
                let range = &mut counts[bounds.partition_point(|bound| *bound <= key)];
                range.rows += 1;
                range.bad += u64::from(place.is_bad);
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

    /// Has each block of good rows and of bad ones looked at; see [`Blocks::share_out`].
    ///
    /// # Errors
    /// If `take` fails, or somebody asked to stop.
    pub fn share_out<T: Send>(
        &self,
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, Place) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        self.blocks.share_out(false, taker, take)
    }

    /// The codes of an attribute in a block.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn codes(&self, at: usize, place: Place) -> Result<Vec<u16>> {
        let mut bytes = vec![0; place.rows * 2];
        self.blocks.read(place, self.offset(at, place.rows), &mut bytes)?;
        Ok(bytes.as_chunks::<2>().0.iter().map(|bytes| u16::from_le_bytes(*bytes)).collect())
    }

    /// The keys of an attribute in a block.
    ///
    /// # Errors
    /// If the temporary directory cannot be read.
    pub fn keys(&self, at: usize, place: Place) -> Result<Vec<i64>> {
        let mut bytes = vec![0; place.rows * 8];
        self.blocks.read(place, self.offset(at, place.rows), &mut bytes)?;
        Ok(bytes.as_chunks::<8>().0.iter().map(|bytes| i64::from_le_bytes(*bytes)).collect())
    }

    /// Where an attribute begins in a block of so many rows.
    fn offset(&self, at: usize, rows: usize) -> usize {
        self.kept[..at].iter().map(|kept| if matches!(kept, Kept::Keys) { 8 * rows } else { 2 * rows }).sum()
    }
}

/// How each attribute is kept, as far as the first rows of its table tell.
fn first_ways(population: &Population, attributes: &[Attribute]) -> Result<Vec<Kept>> {
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
        let row = population.session.one_row(&format!("SELECT {} FROM rca_first", counts.join(", ")))?;
        for ((at, _), count) in columns.iter().zip(row) {
            if count.int() > VALUES_MAX as i64 {
                kept[*at] = Kept::Keys;
            }
        }
    }
    Ok(kept)
}

/// SQL of the rows: whether they are bad (0 and 1; 2 where nothing is said), then a column of codes or keys for each
/// attribute.
fn sql(population: &Population, attributes: &[Attribute], kept: &[Kept]) -> Result<String> {
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
    said.extend([population.bad.as_str(), population.condition.as_str()]);
    let with = population.needed(&said);
    Ok(format!(
        "SELECT (CASE WHEN {bad} THEN 1 WHEN ({bad}) IS NULL THEN 2 ELSE 0 END)::USMALLINT{list} FROM {} WHERE {}",
        population.relation(&with, Some(&said)),
        population.condition,
        bad = population.bad
    ))
}

/// Rows on their way into a block.
struct Part {
    rows: usize,
    lanes: Vec<Vec<u8>>,
}

impl Part {
    fn new(kept: &[Kept]) -> Part {
        Part { rows: 0, lanes: kept.iter().map(|_| Vec::new()).collect() }
    }
}

/// What takes rows on one thread: good ones and bad ones.
struct Taker {
    parts: [Part; 2],
    counts: Vec<Vec<[u64; 2]>>,
    tallies: Vec<Tally>,
    rows: [u64; 2],
    unsaid: u64,
}

impl Taker {
    fn take(&mut self, batch: &Columns, kept: &[Kept], is_float: &[bool], blocks: &Blocks) -> Result<()> {
        let lost = || Error::internal("a column of codes is none");
        let said = batch.codes(0).ok_or_else(lost)?;
        let mut chosen: [Vec<usize>; 2] = [Vec::with_capacity(said.len()), Vec::new()];
        for (row, said) in said.iter().enumerate() {
            chosen[usize::from(*said == 1)].push(row);
        }
        self.unsaid += said.iter().filter(|said| **said == 2).count() as u64;
        for (of, mut chosen) in chosen.iter().map(Vec::as_slice).enumerate() {
            self.rows[of] += chosen.len() as u64;
            while !chosen.is_empty() {
                let (now, later) = chosen.split_at(chosen.len().min(BLOCK_ROWS - self.parts[of].rows));
                chosen = later;
                for (at, kept) in kept.iter().enumerate() {
                    let lane = &mut self.parts[of].lanes[at];
                    if !matches!(kept, Kept::Keys) {
                        let codes = batch.codes(at + 1).ok_or_else(lost)?;
                        for code in now.iter().map(|row| codes[*row]) {
                            lane.extend(code.to_le_bytes());
                            if let Some(count) = self.counts[at].get_mut(usize::from(code)) {
                                count[of] += 1;
                            }
                        }
                        continue;
                    }
                    let mut add = |key: i64| {
                        lane.extend(key.to_le_bytes());
                        self.tallies[at].add(key, of == 1);
                    };
                    if is_float[at] {
                        let floats = batch.floats(at + 1).ok_or_else(lost)?;
                        now.iter().for_each(|row| add(numbers::key_of_float(floats.get(*row))));
                    } else {
                        let ints = batch.ints(at + 1).ok_or_else(lost)?;
                        now.iter().for_each(|row| add(numbers::key_of_int(ints.get(*row))));
                    }
                }
                self.parts[of].rows += now.len();
                if self.parts[of].rows == BLOCK_ROWS {
                    self.write(of, blocks)?;
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, of: usize, blocks: &Blocks) -> Result<()> {
        let part = &mut self.parts[of];
        if part.rows > 0 {
            blocks.add(part.rows, of == 1, &part.lanes.concat())?;
        }
        part.rows = 0;
        part.lanes.iter_mut().for_each(Vec::clear);
        Ok(())
    }

    fn write_rest(&mut self, blocks: &Blocks) -> Result<()> {
        self.write(0, blocks)?;
        self.write(1, blocks)
    }

    fn join(&mut self, other: &Taker) {
        for of in 0..2 {
            self.rows[of] += other.rows[of];
        }
        self.unsaid += other.unsaid;
        for (sums, counts) in self.counts.iter_mut().zip(&other.counts) {
            for (sum, count) in sums.iter_mut().zip(counts) {
                sum.iter_mut().zip(count).for_each(|(sum, count)| *sum += count);
            }
        }
        self.tallies.iter_mut().zip(&other.tallies).for_each(|(sum, tally)| sum.join(tally));
    }
}
