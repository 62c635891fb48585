//! What is counted of a table: rows, nulls and numbers of all columns in one look, values of many columns in another.

use std::collections::BTreeMap;

use super::looks::{self, Look, VALUES_MOST};
use super::sides::Pair;
use crate::engine::quote::fill;
use crate::error::Result;
use crate::model::statistics::Blocks;
use crate::model::value::Value;
use crate::session::Session;

/// Columns whose values are counted with one look: each takes memory of its own.
const SETS_AT_ONCE: usize = 32;

/// Rows of both sides by block, and since and until when they are.
pub struct Rows {
    pub blocks: Blocks<u32>,
    pub first: [Option<i64>; 2],
    pub last: [Option<i64>; 2],
}

impl Rows {
    pub fn of(&self, side: usize) -> u64 {
        self.blocks.sum(side) as u64
    }
}

/// Adds to a block.
fn put(blocks: &mut Blocks<u32>, row: &[Value], count: i64) {
    let side = usize::from(row[0].int() == 1);
    let all = &mut blocks.sides[side];
    let block = usize::try_from(row[1].int()).unwrap_or(0).min(all.len() - 1);
    all[block] += u32::try_from(count).unwrap_or(u32::MAX);
}

/// # Errors
/// If the evidence cannot be read.
pub fn rows(session: &Session, pair: &Pair) -> Result<Rows> {
    let mut rows = Rows { blocks: pair.cut.zero(), first: [None; 2], last: [None; 2] };
    for row in session.engine.counted_by(&fill(include_str!("rows.sql"), &[("rows", &pair.relation)]))? {
        let side = usize::from(row[0].int() == 1);
        put(&mut rows.blocks, &row, row[2].int());
        rows.first[side] = [rows.first[side], row[3].time()].into_iter().flatten().min();
        rows.last[side] = rows.last[side].max(row[4].time());
    }
    Ok(rows)
}

/// What is counted of a column.
#[derive(Debug, Clone)]
pub struct Column {
    pub values: Blocks<u32>,
    /// Of numbers: those between the cuts.
    pub bins: Vec<Blocks<u32>>,
}

/// Nulls and numbers of all columns.
///
/// # Errors
/// If the evidence cannot be read.
pub fn columns(session: &Session, pair: &Pair, looks: &[Look]) -> Result<Vec<Column>> {
    if pair.columns.is_empty() {
        return Ok(Vec::new());
    }
    let ask = |(known, look): (&super::sides::Known, &Look)| {
        let at = &known.at;
        let bins = match look {
            Look::Numbers { cuts, .. } => {
                format!("map_values(histogram({}, {}))", looks::finite(known), looks::list(cuts))
            }
            _ => "NULL".into(),
        };
        format!("count({at}), {bins}")
    };
    let asked: Vec<String> = pair.columns.iter().zip(looks).map(ask).collect();
    let sql = fill(include_str!("columns.sql"), &[("rows", &pair.relation), ("asked", &asked.join(",\n    "))]);
    let empty = |look: &Look| Column {
        values: pair.cut.zero(),
        bins: match look {
            Look::Numbers { cuts, .. } => vec![pair.cut.zero(); cuts.len() + 1],
            _ => Vec::new(),
        },
    };
    let mut found: Vec<Column> = looks.iter().map(empty).collect();
    for row in session.engine.counted_by(&sql)? {
        for (place, column) in found.iter_mut().enumerate() {
            put(&mut column.values, &row, row[2 + 2 * place].int());
            let Value::Nested(serde_json::Value::Array(counts)) = &row[3 + 2 * place] else { continue };
            for (bin, count) in column.bins.iter_mut().zip(counts) {
                put(bin, &row, count.as_i64().unwrap_or(0));
            }
        }
    }
    Ok(found)
}

/// A value, how often it is in each block, and since and until when.
#[derive(Debug, Clone)]
pub struct Counted {
    pub value: String,
    pub blocks: Blocks<u32>,
    pub first: [Option<i64>; 2],
    pub last: [Option<i64>; 2],
}

/// The values of the columns looked at as such, by their place; none of a column that has too many. `more` are columns of
/// the relation besides, which come behind the others.
///
/// # Errors
/// If the evidence cannot be read.
pub fn values(
    session: &Session,
    pair: &Pair,
    looks: &[Look],
    more: &[(&str, usize)],
) -> Result<BTreeMap<usize, Vec<Counted>>> {
    let own = looks.iter().enumerate().filter(|(_, look)| matches!(look, Look::Values));
    let asked: Vec<(usize, String, usize)> = own
        .map(|(at, _)| (at, pair.columns[at].at.clone(), 4 * VALUES_MOST))
        .chain(more.iter().enumerate().map(|(at, (name, most))| (looks.len() + at, (*name).to_string(), *most)))
        .collect();
    let mut found: BTreeMap<usize, BTreeMap<String, Counted>> = BTreeMap::new();
    for some in asked.chunks(SETS_AT_ONCE) {
        for row in session.engine.counted_by(&values_sql(pair, some))? {
            let set = usize::try_from(row[5].int()).unwrap_or(0);
            let value = &row[6 + set];
            if value.is_null() {
                continue;
            }
            let side = usize::from(row[0].int() == 1);
            let value = value.shown();
            let counted = found.entry(some[set].0).or_default().entry(value.clone()).or_insert_with(|| Counted {
                value,
                blocks: pair.cut.zero(),
                first: [None; 2],
                last: [None; 2],
            });
            put(&mut counted.blocks, &row, row[2].int());
            counted.first[side] = [counted.first[side], row[3].time()].into_iter().flatten().min();
            counted.last[side] = counted.last[side].max(row[4].time());
        }
    }
    let few = |(place, values): (usize, BTreeMap<String, Counted>)| {
        let most = asked.iter().find(|(at, ..)| *at == place).map_or(0, |(.., most)| *most);
        (values.len() <= most).then(|| (place, values.into_values().collect()))
    };
    Ok(found.into_iter().filter_map(few).collect())
}

fn values_sql(pair: &Pair, asked: &[(usize, String, usize)]) -> String {
    let sets: Vec<String> = asked.iter().map(|(_, name, _)| format!("(side, block, {name})")).collect();
    let texts: Vec<String> = asked.iter().map(|(_, name, _)| format!("{name}::VARCHAR")).collect();
    let which: Vec<String> =
        asked.iter().enumerate().map(|(at, (_, name, _))| format!("WHEN grouping({name}) = 0 THEN {at}")).collect();
    fill(
        include_str!("values.sql"),
        &[
            ("rows", &pair.relation),
            ("sets", &sets.join(", ")),
            ("texts", &texts.join(", ")),
            ("which", &which.join(" ")),
        ],
    )
}
