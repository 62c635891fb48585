//! Which columns divide a table into series, and which is its counter: as said, or as the data show.

use super::Search;
use super::series::Series;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::value::Value;
use crate::session::{Table, known_column};

/// Names of a counter.
pub const SEQUENCE: [&str; 9] =
    ["seq", "sequence", "seq_no", "seqno", "seq_num", "sequence_number", "counter", "fcnt", "frame_counter"];

/// Names by which every table numbers its own rows.
pub const NUMBERED: [&str; 5] = ["id", "rowid", "index", "pk", "row"];

/// The series of a table: as said, or as the data show.
pub fn divide<'a>(search: &mut Search, table: &'a Table, time: String) -> Result<Option<Series<'a>>> {
    let said = search.session.settings.sources.get(&table.source);
    let own = |columns: &[String]| {
        columns
            .iter()
            .map(|column| known_column(&table.name, &table.columns, column, "series"))
            .collect::<Result<Vec<String>>>()
    };
    let said_columns = if search.args.series.is_empty() {
        said.map(|said| said.series.clone()).unwrap_or_default()
    } else {
        search.args.series.clone()
    };
    let every = match search.every {
        Some(every) => Some(every),
        None => said.map(|said| said.every(&table.source)).transpose()?.flatten(),
    };
    let sequence = match said.and_then(|said| said.sequence.as_deref()) {
        Some(column) if table.column(column).is_some() => {
            Some(known_column(&table.name, &table.columns, column, "sequence")?)
        }
        Some(column) if table.name == table.source => {
            Some(known_column(&table.name, &table.columns, column, "sequence")?)
        }
        _ => SEQUENCE
            .iter()
            .find_map(|name| table.column(name))
            .filter(|column| column.kind == ColumnKind::Int)
            .map(|column| column.name.clone()),
    };
    let mut series = Series {
        table,
        time,
        columns: Vec::new(),
        sequence,
        every,
        condition: search.condition(table),
        is_gap: "true".into(),
        found: String::new(),
    };
    if !said_columns.is_empty()
        && (!search.args.series.is_empty() || said_columns.iter().all(|column| table.column(column).is_some()))
    {
        series.columns = own(&said_columns)?;
        series.found = format!(" by {}", series.columns.join(", "));
    } else {
        let Some((columns, score)) = infer(search, &series)? else { return Ok(None) };
        series.found = match columns.as_slice() {
            [] => String::new(),
            columns => format!(" by {} (found: {:.0} % of the steps are regular)", columns.join(", "), score * 100.0),
        };
        series.columns = columns;
    }
    if series.sequence.is_none()
        && let Some(counter) = counter(search, &series)?
    {
        search.notes.push(format!("{}: `{counter}` counts the rows (found)", table.name));
        series.sequence = Some(counter);
    }
    Ok(Some(series))
}

/// A column that counts the rows of each series one by one, whatever its name.
fn counter(search: &Search, series: &Series) -> Result<Option<String>> {
    const LEAST: f64 = 0.8;
    let is_own = |name: &str| !series.columns.iter().any(|column| column == name) && !NUMBERED.contains(&name);
    for column in series.table.own_columns().filter(|column| column.kind == ColumnKind::Int && is_own(&column.name)) {
        let trial = Series { sequence: Some(column.name.clone()), ..series.clone() };
        if trial.contiguity(search.session)? >= LEAST {
            return Ok(Some(column.name.clone()));
        }
    }
    Ok(None)
}

/// The columns that make the cadence most regular and the counter most contiguous; fewer columns win where they are as good. `None` if none is.
fn infer(search: &Search, series: &Series) -> Result<Option<(Vec<String>, f64)>> {
    const COLUMNS_MAX: usize = 6;
    const ROWS_MIN: i64 = 20;
    let engine = &search.session.engine;
    let table = series.table;
    let candidates: Vec<&str> = table
        .own_columns()
        .filter(|column| matches!(column.kind, ColumnKind::Text | ColumnKind::Int))
        .map(|column| column.name.as_str())
        .filter(|name| {
            *name != series.time
                && series.sequence.as_deref() != Some(name)
                && table.roles.message.as_deref() != Some(name)
        })
        .collect();
    let counts: Vec<String> = candidates.iter().map(|name| format!("count(DISTINCT {})", quote::name(name))).collect();
    let list = std::iter::once("count(*)".to_string()).chain(counts).collect::<Vec<_>>().join(", ");
    // Regularity shows in any long stretch; a table of any size is judged by its first hundred thousand rows.
    let sample = format!(
        "CREATE OR REPLACE TEMP TABLE series_sample AS SELECT * FROM {} WHERE {} IS NOT NULL AND ({}) ORDER BY {} LIMIT 100000",
        table.sql(),
        quote::name(&series.time),
        series.condition,
        quote::name(&series.time),
    );
    engine.execute(&sample)?;
    let row = search.session.one_row(&format!("SELECT {list} FROM series_sample"))?;
    let rows = row[0].int();
    if rows < ROWS_MIN {
        return Ok(None);
    }
    let mut telling: Vec<(&str, i64)> = candidates
        .iter()
        .zip(&row[1..])
        .map(|(name, count)| (*name, count.int()))
        .filter(|(_, count)| *count >= 2 && *count * 5 <= rows)
        .collect();
    telling.sort_by_key(|(_, count)| *count);
    telling.truncate(COLUMNS_MAX);
    let names: Vec<&str> = telling.iter().map(|(name, _)| *name).collect();
    let mut sets: Vec<Vec<&str>> = vec![Vec::new()];
    sets.extend(names.iter().map(|name| vec![*name]));
    for (index, first) in names.iter().enumerate() {
        sets.extend(names[index + 1..].iter().map(|second| vec![*first, *second]));
    }
    let mut best: Option<(f64, f64, Vec<&str>)> = None;
    for set in sets {
        let trial = Series {
            columns: set.iter().map(|name| (*name).to_string()).collect(),
            every: None,
            condition: "true".into(),
            is_gap: "true".into(),
            found: String::new(),
            time: series.time.clone(),
            sequence: series.sequence.clone(),
            table,
        };
        let sql = trial.sql_over("series_sample", include_str!("regularity.sql"));
        let row = search.session.one_row(&sql)?;
        let share = |place: usize| if let Some(Value::Float(share)) = row.get(place) { *share } else { 0.0 };
        let (score, contiguity) = (share(0), if series.sequence.is_some() { share(1) } else { 0.0 });
        // Series that lie evenly between each other are regular together too, but do not count together.
        let good = score + contiguity / 2.0;
        if score >= 0.8 && best.as_ref().is_none_or(|(most, ..)| good > most + 0.02) {
            best = Some((good, score, set));
        }
    }
    let found = best.map(|(_, score, set)| (set.into_iter().map(str::to_string).collect::<Vec<_>>(), score));
    if found.is_none() && series.every.is_some() {
        return Ok(Some((Vec::new(), 0.0)));
    }
    Ok(found)
}
