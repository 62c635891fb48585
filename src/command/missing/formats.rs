//! Fields of a log of several files that only some of them have: what the format of a file does not have is not missing in
//! its lines.

use super::Search;
use super::spread::{Lack, Within};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Column;
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::{Table, order};

/// Where a part of a log stands, as its name tells.
type Place = (String, i64, std::cmp::Reverse<u64>, String);

/// Of more files nobody asks which have which fields.
const FILES_MAX: usize = 1_000;
/// Files that are named.
const SAID_MAX: usize = 3;

/// One file of a log.
struct Lines {
    name: String,
    /// The name without the date or number of a part, and where the part stands among those of one log.
    log: String,
    place: Place,
    rows: i64,
    /// Which of the fields it has at all.
    has: Vec<bool>,
    /// How many lines lack each field that is asked for.
    lacking: Vec<i64>,
}

/// What is lacking in the files that could have it: those that have it somewhere, or are else as such a file. What no such
/// line lacks is left out, and named. Behind those asked for, as many as are returned first, is what all lines lack of them.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of<'a>(search: &Search, table: &Table, lacks: Vec<Lack<'a>>) -> Result<(usize, Vec<Lack<'a>>, Vec<String>)> {
    let asked: Vec<&Column> = lacks.iter().filter(|lack| lack.sentinel.is_none()).map(|lack| lack.column).collect();
    if table.kind != "log" || search.session.files.len() < 2 || asked.is_empty() {
        return Ok((lacks.len(), lacks, Vec::new()));
    }
    let fields: Vec<&Column> = table.own_columns().collect();
    let files = files(search, table, &fields, &asked)?;
    let (mut kept, mut whole, mut unlike): (Vec<Lack>, Vec<Lack>, Vec<String>) = Default::default();
    let mut places = 0..asked.len();
    for lack in lacks {
        let place = if lack.sentinel.is_none() { places.next() } else { None };
        let field = fields.iter().position(|field| field.name == lack.column.name);
        let (Some(place), Some(field)) = (place, field) else {
            kept.push(lack);
            continue;
        };
        let is_alike = |one: &Lines, other: &Lines| {
            let is_other = other.log != one.log && other.has[field];
            is_other && one.has.iter().zip(&other.has).enumerate().all(|(at, (a, b))| at == field || a == b)
        };
        let could = |one: &&Lines| {
            one.has[field] || files.iter().any(|other| is_alike(one, other)) || has_lost(one, field, &files)
        };
        let of: Vec<&Lines> = files.iter().filter(could).collect();
        if of.is_empty() || of.len() == files.len() {
            kept.push(lack);
            continue;
        }
        let rows: i64 = of.iter().map(|file| file.lacking[place]).sum();
        if rows == 0 {
            unlike.push(lack.column.name.clone());
            continue;
        }
        let others: Vec<&Lines> = files.iter().filter(|file| !of.iter().any(|one| one.name == file.name)).collect();
        let within = if of.len() <= others.len() { listed("IN", &of) } else { listed("NOT IN", &others) };
        let within_rows = of.iter().map(|file| file.rows).sum();
        kept.push(Lack {
            holds: format!("{} AND {within}", lack.holds),
            rows,
            within: Some(Within { rows: within_rows, holds: within, said: said(&of, place), whole: whole.len() }),
            ..lack.clone()
        });
        whole.push(lack);
    }
    let count = kept.len();
    kept.iter_mut().filter_map(|lack| lack.within.as_mut()).for_each(|within| within.whole += count);
    kept.extend(whole);
    Ok((count, kept, unlike))
}

/// Whether a part of a log lacks a field that the parts before it mostly have, up to one that is otherwise nearly as it is.
/// What a later part is the first to have is new, and lacked by none before; what few had was tried.
fn has_lost(one: &Lines, field: usize, files: &[Lines]) -> bool {
    const HAVING_LEAST: usize = 2;
    let mut before: Vec<&Lines> = files.iter().filter(|file| file.log == one.log && file.place < one.place).collect();
    before.sort_by(|a, b| a.place.cmp(&b.place));
    let Some(last) = before.iter().rposition(|file| file.has[field]) else { return false };
    let having = before[..=last].iter().filter(|file| file.has[field]).count();
    let others =
        || one.has.iter().zip(&before[last].has).enumerate().filter(|(at, _)| *at != field).map(|(_, has)| has);
    let unlike = others().filter(|(a, b)| a != b).count();
    let known = others().filter(|(a, b)| **a || **b).count();
    having >= HAVING_LEAST && 2 * having > last && 4 * unlike <= known
}

fn listed(is: &str, files: &[&Lines]) -> String {
    let names: Vec<String> = files.iter().map(|file| quote::text(&file.name)).collect();
    format!("_file {is} ({})", names.join(", "))
}

/// In which files.
fn said(of: &[&Lines], place: usize) -> String {
    let lacking: Vec<&&Lines> = of.iter().filter(|file| file.lacking[place] > 0).collect();
    let one = |file: &&&Lines| {
        let rows = grouped(file.lacking[place].unsigned_abs());
        format!("{rows} of {} of {}", plural(file.rows.unsigned_abs(), "line"), file.name)
    };
    match lacking.len() {
        ..=SAID_MAX => format!(" in {}", lacking.iter().map(one).collect::<Vec<_>>().join(", ")),
        count => format!(" in {} of the {} files that could have it", count, of.len()),
    }
}

/// Which fields each file has; none if there are too many.
fn files(search: &Search, table: &Table, fields: &[&Column], asked: &[&Column]) -> Result<Vec<Lines>> {
    let condition = search.condition(table);
    let has = fields.iter().map(|field| format!("count({})", quote::name(&field.name)));
    // Other lines may have what those asked for lack.
    let lacking = asked
        .iter()
        .map(|field| format!("count(CASE WHEN ({condition}) AND {} IS NULL THEN 1 END)", quote::name(&field.name)));
    let list: Vec<String> = has.chain(lacking).collect();
    let rows = search.session.engine.counted_by(&format!(
        "SELECT _file, count(CASE WHEN {condition} THEN 1 END), {} FROM {} GROUP BY 1 ORDER BY 1 LIMIT {}",
        list.join(", "),
        table.sql(),
        FILES_MAX + 1
    ))?;
    if rows.len() > FILES_MAX {
        return Ok(Vec::new());
    }
    let file = |row: &Vec<Value>| Lines {
        name: row[0].shown(),
        log: order(&row[0].shown()).0,
        place: order(&row[0].shown()),
        rows: row[1].int(),
        has: row[2..2 + fields.len()].iter().map(|count| count.int() > 0).collect(),
        lacking: row[2 + fields.len()..].iter().map(Value::int).collect(),
    };
    Ok(rows.iter().map(file).collect())
}
