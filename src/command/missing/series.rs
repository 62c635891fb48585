//! Series with a cadence and maybe a counter: gaps in time, gaps in sequence, duplicates, late rows, series that
//! ended or never came.

use super::{Finding, Kind, Search};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::model::value::Value;
use crate::model::{duration, time};
use crate::session::{Table, known_column};

/// A table as a set of series.
struct Series<'a> {
    table: &'a Table,
    time: String,
    /// Columns that tell the series apart.
    columns: Vec<String>,
    sequence: Option<String>,
    /// Microseconds, where somebody said so.
    every: Option<i64>,
    condition: String,
    /// How the columns came about.
    found: String,
}

/// Names of a counter.
const SEQUENCE: [&str; 9] = ["seq", "sequence", "seq_no", "seqno", "seq_num", "sequence_number", "counter", "fcnt", "frame_counter"];

/// Returns whether the table has a cadence.
pub fn search(search: &mut Search, table: &Table) -> Result<bool> {
    let Some(time) = table.roles.time.clone() else { return Ok(false) };
    let kinds = [Kind::TimeGap, Kind::SequenceGap, Kind::Duplicate, Kind::Late, Kind::Ended, Kind::NeverSeen];
    if !search.wants(&kinds) {
        return Ok(true);
    }
    let Some(series) = divide(search, table, time)? else { return Ok(false) };
    let overview = search.session.engine.rows(&series.sql(include_str!("cadence.sql")))?.rows;
    let regular: Vec<&Vec<Value>> = overview.iter().filter(|row| int(&row[6]) == 1).collect();
    if !regular.is_empty() {
        let cadences: Vec<i64> = regular.iter().map(|row| int(&row[4])).collect();
        let (least, most) = (cadences.iter().min().copied().unwrap_or(0), cadences.iter().max().copied().unwrap_or(0));
        let each = if most - least > least / 10 { format!("{} to {}", duration::shown(least), duration::shown(most)) } else { duration::shown(cadences[cadences.len() / 2]) };
        let rows: i64 = overview.iter().map(|row| int(&row[1])).sum();
        search.notes.push(format!(
            "{}: {} series{}, {} rows, cadence {each}{}",
            table.name,
            overview.len(),
            series.found,
            crate::model::coverage::grouped(rows.unsigned_abs()),
            if series.every.is_some() { " as said" } else { " as found" },
        ));
    }
    time_gaps(search, &series)?;
    if series.sequence.is_some() {
        sequence_gaps(search, &series)?;
        duplicates(search, &series)?;
    }
    late(search, &series)?;
    ended(search, &series, &overview);
    never_seen(search, &series, &overview)?;
    Ok(!regular.is_empty())
}

/// The series of a table: as said, or as the data show.
fn divide<'a>(search: &mut Search, table: &'a Table, time: String) -> Result<Option<Series<'a>>> {
    let said = search.session.settings.sources.get(&table.source);
    let own = |columns: &[String]| columns.iter().map(|column| known_column(&table.name, &table.columns, column, "series")).collect::<Result<Vec<String>>>();
    let said_columns = if search.args.series.is_empty() { said.map(|said| said.series.clone()).unwrap_or_default() } else { search.args.series.clone() };
    let every = match search.every {
        Some(every) => Some(every),
        None => said.map(|said| said.every(&table.source)).transpose()?.flatten(),
    };
    let sequence = match said.and_then(|said| said.sequence.as_deref()) {
        Some(column) if table.column(column).is_some() => Some(known_column(&table.name, &table.columns, column, "sequence")?),
        Some(column) if table.name == table.source => Some(known_column(&table.name, &table.columns, column, "sequence")?),
        _ => SEQUENCE.iter().find_map(|name| table.column(name)).filter(|column| column.kind == ColumnKind::Int).map(|column| column.name.clone()),
    };
    let mut series = Series { table, time, columns: Vec::new(), sequence, every, condition: search.condition(table), found: String::new() };
    if !said_columns.is_empty() && (!search.args.series.is_empty() || said_columns.iter().all(|column| table.column(column).is_some())) {
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
    Ok(Some(series))
}

/// The columns that make the cadence most regular; fewer columns win where they are as good. `None` if none is.
fn infer(search: &Search, series: &Series) -> Result<Option<(Vec<String>, f64)>> {
    const COLUMNS_MAX: usize = 6;
    const ROWS_MIN: i64 = 20;
    let engine = &search.session.engine;
    let table = series.table;
    let candidates: Vec<&str> = table
        .own_columns()
        .filter(|column| matches!(column.kind, ColumnKind::Text | ColumnKind::Int))
        .map(|column| column.name.as_str())
        .filter(|name| *name != series.time && series.sequence.as_deref() != Some(name) && table.roles.message.as_deref() != Some(name))
        .collect();
    let counts: Vec<String> = candidates.iter().map(|name| format!("count(DISTINCT {})", quote::name(name))).collect();
    let list = std::iter::once("count(*)".to_string()).chain(counts).collect::<Vec<_>>().join(", ");
    // Regularity shows in any long stretch; a table of any size is judged by its first hundred thousand rows.
    let sample = format!(
        "CREATE OR REPLACE TEMP TABLE series_sample AS SELECT * FROM {} WHERE {} IS NOT NULL AND ({}) ORDER BY {} LIMIT 100000",
        table.sql(), quote::name(&series.time), series.condition, quote::name(&series.time),
    );
    engine.execute(&sample)?;
    let row = search.session.one_row(&format!("SELECT {list} FROM series_sample"))?;
    let rows = int(&row[0]);
    if rows < ROWS_MIN {
        return Ok(None);
    }
    let mut telling: Vec<(&str, i64)> = candidates
        .iter()
        .zip(&row[1..])
        .map(|(name, count)| (*name, int(count)))
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
    let mut best: Option<(f64, Vec<&str>)> = None;
    for set in sets {
        let trial = Series { columns: set.iter().map(|name| (*name).to_string()).collect(), every: None, condition: "true".into(), found: String::new(), time: series.time.clone(), sequence: None, table };
        let sql = trial.sql_over("series_sample", include_str!("regularity.sql"));
        let score = match search.session.one_row(&sql)?.first() {
            Some(Value::Float(score)) => *score,
            _ => 0.0,
        };
        if score > best.as_ref().map_or(0.8, |(most, _)| most + 0.02) || (best.is_none() && score >= 0.8) {
            best = Some((score, set));
        }
    }
    let found = best.map(|(score, set)| (set.into_iter().map(str::to_string).collect::<Vec<_>>(), score));
    if found.is_none() && series.every.is_some() {
        return Ok(Some((Vec::new(), 0.0)));
    }
    Ok(found)
}

impl Series<'_> {
    /// The label of a row's series, as SQL: `station=ST03 sensor=temp_c`.
    fn label(&self) -> String {
        if self.columns.is_empty() {
            return "''".into();
        }
        let parts: Vec<String> =
            self.columns.iter().map(|name| format!("{} || coalesce({}::VARCHAR, 'NULL')", quote::text(&format!("{name}=")), quote::readable_name(name))).collect();
        format!("concat_ws(' ', {})", parts.join(", "))
    }

    fn sql(&self, file: &str) -> String {
        self.sql_over(&self.table.sql(), file)
    }

    fn sql_over(&self, table: &str, file: &str) -> String {
        let sequence = self.sequence.as_ref().map_or_else(|| "NULL::BIGINT".into(), |name| quote::readable_name(name));
        let every = self.every.map_or_else(|| "NULL::DOUBLE".into(), |every| format!("{every}::DOUBLE"));
        let text = strip_comments(file);
        let steps = fill(
            strip_comments(include_str!("steps.sql")).as_str(),
            &[("table", table), ("time", &format!("{}::TIMESTAMP", quote::readable_name(&self.time))), ("series", &self.label()), ("sequence", &sequence), ("condition", &self.condition)],
        );
        fill(&text, &[("steps", &steps), ("every", &every)])
    }

    /// A finding of this table.
    fn finding(&self, kind: Kind, series: &Value) -> Finding {
        Finding {
            kind,
            source: self.table.source.clone(),
            table_name: self.table.short_name.clone(),
            series: Some(series.shown()).filter(|text| !text.is_empty()),
            column_name: None,
            since: None,
            until: None,
            expected: 0,
            observed: 0,
            missing: 0,
            detail: String::new(),
            sql: String::new(),
        }
    }

    /// The SQL of the gaps behind a finding: pasted into `rca query`, its `missing` adds up to the finding's.
    fn shown(&self, file: &str, series: &Value, since: i64, until: i64) -> String {
        let rows = self.sql(file);
        one_line(&format!(
            "SELECT * FROM ({rows}) WHERE series = {} AND since >= TIMESTAMP {} AND until <= TIMESTAMP {}",
            quote::text(&series.shown()), quote::text(&stamp(since)), quote::text(&stamp(until)),
        ))
    }
}

fn stamp(micros: i64) -> String {
    time::rfc3339(micros).trim_end_matches('Z').replace('T', " ")
}

/// SQL files begin with a comment for their reader; what is pasted into a ticket does not.
pub fn strip_comments(sql: &str) -> String {
    sql.lines().filter(|line| !line.trim_start().starts_with("--")).collect::<Vec<_>>().join("\n")
}

/// SQL as one line, as it is pasted into a shell.
pub fn one_line(sql: &str) -> String {
    sql.split_whitespace().collect::<Vec<_>>().join(" ").replace("( ", "(").replace(" )", ")")
}

pub fn int(value: &Value) -> i64 {
    match value {
        Value::Int(number) => i64::try_from(*number).unwrap_or(i64::MAX),
        Value::Float(number) => number.round() as i64,
        Value::Time(micros) => *micros,
        _ => 0,
    }
}

/// Gaps within an hour at one row a minute, as cadences.
const CLUSTER_CADENCES: &str = "60";

fn clustered(rows: &str, hole: &str) -> String {
    fill(&strip_comments(include_str!("clusters.sql")), &[("gaps", rows), ("gap", CLUSTER_CADENCES), ("hole", hole)])
}

fn time_gaps(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::TimeGap]) {
        return Ok(());
    }
    let file = include_str!("time_gaps.sql");
    for row in search.session.engine.rows(&clustered(&series.sql(file), "sum(hole)"))?.rows {
        let (since, until, cadence) = (int(&row[1]), int(&row[2]), int(&row[6]));
        let (gaps, missing, observed) = (int(&row[3]), int(&row[4]), int(&row[5]));
        let counter = match &row[7] {
            Value::Null => String::new(),
            hole if int(hole) <= 0 => "; sequence numbers go on without a hole, so nothing was lost on the way: the producer was silent".into(),
            hole => format!("; {} more are missing by sequence number and listed as sequence_gap", int(hole)),
        };
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            expected: missing + observed,
            observed,
            missing,
            detail: format!("{} of {} where a row is due every {}{counter}", count(gaps, "gap"), duration::shown(until - since), duration::shown(cadence)),
            sql: series.shown(file, &row[0], since, until),
            ..series.finding(Kind::TimeGap, &row[0])
        });
    }
    Ok(())
}

fn count(number: i64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

fn sequence_gaps(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::SequenceGap]) {
        return Ok(());
    }
    let file = include_str!("sequence_gaps.sql");
    for row in search.session.engine.rows(&clustered(&series.sql(file), "NULL"))?.rows {
        let (since, until) = (int(&row[1]), int(&row[2]));
        let (gaps, missing, observed) = (int(&row[3]), int(&row[4]), int(&row[5]));
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            column_name: series.sequence.clone(),
            expected: missing + observed,
            observed,
            missing,
            detail: format!("{} in the sequence, {} never arrived: they were lost on the way, or are late", count(gaps, "hole"), count(missing, "number")),
            sql: series.shown(file, &row[0], since, until),
            ..series.finding(Kind::SequenceGap, &row[0])
        });
    }
    Ok(())
}

fn duplicates(search: &mut Search, series: &Series) -> Result<()> {
    if !search.wants(&[Kind::Duplicate]) {
        return Ok(());
    }
    for row in search.session.engine.rows(&series.sql(include_str!("duplicates.sql")))?.rows {
        let (since, until, rows, distinct) = (int(&row[1]), int(&row[2]), int(&row[3]), int(&row[4]));
        let sql = format!(
            "SELECT series, q AS sequence, count(*) AS rows FROM ({}) WHERE series = {} GROUP BY ALL HAVING count(*) > 1 ORDER BY q",
            series.sql("{steps}"), quote::text(&row[0].shown()),
        );
        search.findings.push(Finding {
            since: Some(since),
            until: Some(until),
            column_name: series.sequence.clone(),
            expected: distinct,
            observed: rows,
            missing: 0,
            detail: format!("{} with a number that was there before", count(rows - distinct, "row")),
            sql: one_line(&sql),
            ..series.finding(Kind::Duplicate, &row[0])
        });
    }
    Ok(())
}

/// Rows that stand behind a later one in their file.
fn late(search: &mut Search, series: &Series) -> Result<()> {
    let has_lines = series.table.columns.iter().any(|column| column.name == "_line");
    if !search.wants(&[Kind::Late]) || !has_lines || series.table.kind == "log" {
        return Ok(());
    }
    let rows = fill(
        &strip_comments(include_str!("late.sql")),
        &[
            ("cadence", &series.sql(include_str!("cadence.sql"))),
            ("table", &series.table.sql()),
            ("time", &format!("{}::TIMESTAMP", quote::readable_name(&series.time))),
            ("series", &series.label()),
            ("condition", &series.condition),
        ],
    );
    let sql = format!("SELECT series, min(ts), max(ts), count(*), max(late_s), max(n) FROM ({rows}) GROUP BY series ORDER BY series");
    for row in search.session.engine.rows(&sql)?.rows {
        let late = int(&row[3]);
        let most = if let Value::Float(seconds) = row[4] { (seconds * 1e6) as i64 } else { 0 };
        search.findings.push(Finding {
            since: Some(int(&row[1])),
            until: Some(int(&row[2])),
            expected: int(&row[5]),
            observed: int(&row[5]),
            missing: 0,
            detail: format!("{} behind a later one, by up to {}", count(late, "row"), duration::shown(most)),
            sql: one_line(&format!("SELECT * FROM ({rows}) WHERE series = {}", quote::text(&row[0].shown()))),
            ..series.finding(Kind::Late, &row[0])
        });
    }
    Ok(())
}

/// Series that stop at least five cadences before the table does.
fn ended(search: &mut Search, series: &Series, overview: &[Vec<Value>]) {
    let end = overview.iter().map(|row| int(&row[3])).max().unwrap_or(0);
    if !search.wants(&[Kind::Ended]) || overview.len() < 2 {
        return;
    }
    for row in overview.iter().filter(|row| int(&row[6]) == 1) {
        let (rows, last, cadence) = (int(&row[1]), int(&row[3]), int(&row[4]).max(1));
        let missing = (end - last) / cadence;
        if missing < 5 {
            continue;
        }
        let sql = format!("SELECT max({}::TIMESTAMP) AS last FROM {} WHERE {} = {}", quote::readable_name(&series.time), series.table.sql(), series.label(), quote::text(&row[0].shown()));
        search.findings.push(Finding {
            since: Some(last),
            until: Some(end),
            expected: rows + missing,
            observed: rows,
            missing,
            detail: format!("the last row is {} before the last of the other series, with one due every {}", duration::shown(end - last), duration::shown(cadence)),
            sql: one_line(&sql),
            ..series.finding(Kind::Ended, &row[0])
        });
    }
}

fn never_seen(search: &mut Search, series: &Series, overview: &[Vec<Value>]) -> Result<()> {
    let expect = search.session.settings.sources.get(&series.table.source).map(|said| said.expect.clone()).unwrap_or_default();
    if !search.wants(&[Kind::NeverSeen]) || series.columns.is_empty() {
        return Ok(());
    }
    for values in expect {
        let label = series.columns.iter().zip(&values).map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ");
        if values.len() != series.columns.len() {
            return Err(crate::error::Error::question(format!("`expect` of source `{}` has {} values for {} columns", series.table.source, values.len(), series.columns.len()))
                .detail(format!("series is {}", series.columns.join(", "))));
        }
        if overview.iter().any(|row| row[0].shown() == label) {
            continue;
        }
        search.findings.push(Finding {
            expected: 1,
            missing: 1,
            detail: "`expect` names this series, and it has no row".into(),
            sql: format!("SELECT count(*) AS rows FROM {} WHERE {} = {}", series.table.sql(), series.label(), quote::text(&label)),
            ..series.finding(Kind::NeverSeen, &Value::Text(label.clone()))
        });
    }
    Ok(())
}
