//! Nulls and sentinels. Nulls that another column explains whole (a code is null exactly where the result is PASS) are no
//! finding; a column that no row has a value of is explained by none.

use super::spell::{self, Spell};
use super::spread::{Lack, Part, Spread, closer};
use super::{Finding, Kind, Search, formats, mechanism, profile, renamed, sentinels};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind as ColumnKind};
use crate::model::meaning;
use crate::model::value::Value;
use crate::session::Table;

pub fn search(search: &mut Search, table: &Table) -> Result<()> {
    if !search.wants(&[Kind::NullRate]) || table.is_prose() {
        return Ok(());
    }
    let columns: Vec<&Column> = table.values().filter(|column| column.kind != ColumnKind::Blob).collect();
    let rows = profile::of(search, table)?.rows;
    let lacks = lacks(search, table, &columns, rows)?;
    let lacks = without_formats(search, table, lacks, rows)?;
    let (count, lacks, unlike) = formats::of(search, table, lacks)?;
    let spread = Spread::of(search, table, &lacks)?;
    let others = renamed::pairs(search, table, &lacks, rows)?;
    let first = search.findings.len();
    let (explained, sparse, fine, closer_looks) = (Vec::new(), Vec::new(), Vec::new(), 0);
    let mut lacking = Lacking {
        table,
        rows,
        columns: &columns,
        lacks: &lacks,
        spread: &spread,
        others: &others,
        explained,
        sparse,
        fine,
        closer_looks,
    };
    for (place, lack) in lacks.iter().enumerate().take(count) {
        match &lack.sentinel {
            Some(value) => lacking.sentinel(search, (lack, place), value)?,
            None => lacking.nulls(search, (lack, place))?,
        }
    }
    let Lacking { explained, sparse, fine, .. } = lacking;
    let doubtful: Vec<&str> =
        lacks.iter().filter(|lack| lack.codes.is_some()).map(|lack| lack.column.name.as_str()).collect();
    lacking_any(search, table, first, &doubtful)?;
    for (what, columns) in [
        ("fields that only some of its files have, in each of their lines, are no finding", unlike),
        ("texts that are empty more often than not are no finding", sparse),
        ("columns of what went wrong that are empty in all rows are no finding", fine),
        ("nulls that another column explains are no finding", explained),
    ] {
        if !columns.is_empty() {
            search.notes.push(format!("{}: {what}: {}", table.name, columns.join(", ")));
        }
    }
    Ok(())
}

/// What the rows of a table lack, and what is told of it so far.
struct Lacking<'n, 'a> {
    table: &'n Table,
    rows: i64,
    columns: &'n [&'a Column],
    lacks: &'n [Lack<'a>],
    spread: &'n Spread<'n>,
    /// Columns that are null exactly where another one is not, and that one.
    others: &'n [(String, String)],
    /// Columns whose nulls another one explains, with that one.
    explained: Vec<String>,
    /// Texts that are empty more often than not.
    sparse: Vec<String>,
    /// Columns of what went wrong of which no row has a value.
    fine: Vec<String>,
    closer_looks: usize,
}

impl Lacking<'_, '_> {
    /// A value that stands for none.
    fn sentinel(&mut self, search: &mut Search, (lack, place): (&Lack, usize), value: &str) -> Result<()> {
        let (table, rows) = (self.table, self.rows);
        if value.is_empty() {
            // A database writes '' where a file has nothing.
            if let Explained::Wholly(by) = explanation(self.columns, lack, (self.spread, place)) {
                self.explained.push(format!("{} by {by}", lack.column.name));
                return Ok(());
            }
            if self.is_sparse((lack, place)) {
                self.sparse.push(lack.column.name.clone());
                return Ok(());
            }
        }
        let times = self.times(search, (lack, place))?;
        let (told, spell) = told(search, table, (lack, place), (self.spread, &times), rows)?;
        let stands = match lack.codes.filter(|_| !is_bare(self.spread, (lack, place), value, rows)) {
            Some(others) => format!("may stand for none, or be a code as the {others} others of its column are"),
            None => "stands for none".into(),
        };
        found(search, table, lack, rows, format!("the value '{value}' {stands}{told}"), spell);
        Ok(())
    }

    fn nulls(&mut self, search: &mut Search, (lack, place): (&Lack, usize)) -> Result<()> {
        let (table, rows, column, nulls) = (self.table, self.rows, lack.column, lack.rows);
        if nulls == rows && is_of_failures(table, column) {
            self.fine.push(column.name.clone());
            return Ok(());
        }
        if nulls == rows {
            found(search, table, lack, rows, "null in all rows".into(), None);
            return Ok(());
        }
        let whole = lack.within.as_ref().map_or(place, |within| within.whole);
        match explanation(self.columns, &self.lacks[whole], (self.spread, whole)) {
            Explained::Wholly(by) => self.explained.push(format!("{} by {by}", column.name)),
            Explained::But { by, values, left, of } if whole == place => {
                let name = quote::readable_name(&by);
                let list = values.iter().map(|value| quote::text(value)).collect::<Vec<_>>().join(", ");
                let holds = format!("{} AND coalesce({name}::VARCHAR, '') NOT IN ({list})", lack.holds);
                let values = values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(" or ");
                let left = Lack { holds, rows: left, ..lack.clone() };
                found(search, table, &left, of, format!("null though `{by}` is not {values}"), None);
            }
            Explained::But { .. } | Explained::Not if self.is_sparse((lack, place)) => {
                self.sparse.push(column.name.clone());
            }
            Explained::But { .. } | Explained::Not => self.unexplained(search, (lack, place))?,
        }
        Ok(())
    }

    /// Whether it is a text that is empty more often than not, at all times, and no other column has it instead.
    fn is_sparse(&self, (lack, place): (&Lack, usize)) -> bool {
        (lack.column.kind == ColumnKind::Text || is_of_failures(self.table, lack.column))
            && 2 * lack.rows >= lack.of(self.rows)
            && !mechanism::rises(self.spread, place)
            && self.other(lack).is_none()
    }

    fn other(&self, lack: &Lack) -> Option<&String> {
        self.others.iter().find(|(of, _)| *of == lack.column.name).map(|(_, other)| other)
    }

    /// Nulls that no column tells, with when and where they are.
    fn unexplained(&mut self, search: &mut Search, (lack, place): (&Lack, usize)) -> Result<()> {
        let times = self.times(search, (lack, place))?;
        let (told, spell) = told(search, self.table, (lack, place), (self.spread, &times), self.rows)?;
        // A time in which most lack it is one spell, whatever series they are of.
        let is_one = spell.as_ref().is_some_and(|spell| 2 * lack.rows >= spell.expected);
        let each = match self.other(lack) {
            None if !is_one => spell::each(search, self.table, (lack, place), self.spread)?,
            _ => Vec::new(),
        };
        let is_each = !each.is_empty();
        for own in each {
            let only = Lack { holds: format!("{} AND {}", lack.holds, own.holds), rows: own.rows, ..lack.clone() };
            let (expected, said) = (own.spell.expected, format!("null; {}", own.spell.said));
            found(search, self.table, &only, expected, said, Some(own.spell));
        }
        if is_each {
            return Ok(());
        }
        let instead = self.other(lack).map_or_else(String::new, |other| {
            // From some time on the one and before it the other: it is the name that changed.
            let is_new = if mechanism::turn(&times, 0).is_some() { ": renamed?" } else { "" };
            format!(" exactly where `{other}` is not{is_new}")
        });
        let lines = lack.within.as_ref().map_or("", |within| &within.said);
        found(search, self.table, lack, lack.of(self.rows), format!("null{instead}{lines}{told}"), spell);
        Ok(())
    }

    /// When it is lacking; of the first ones with a closer look.
    fn times(&mut self, search: &mut Search, (lack, place): (&Lack, usize)) -> Result<Vec<Part>> {
        const LOOKS_MAX: usize = 12;
        self.closer_looks += 1;
        let parts = &self.spread.by_time;
        if self.closer_looks > LOOKS_MAX {
            return Ok(parts.iter().map(|part| part.of(place)).collect());
        }
        closer(search, self.table, (lack, place), parts)
    }
}

/// What rows lack: column after column, first its nulls, then its sentinels.
fn lacks<'a>(search: &Search, table: &Table, columns: &[&'a Column], rows: i64) -> Result<Vec<Lack<'a>>> {
    let counted = profile::columns(search, table, columns)?;
    let keys = search.session.entity_columns(table);
    // The number of a thing is one, whatever it is.
    let is_key =
        |column: &Column| matches!(column.kind, ColumnKind::Int | ColumnKind::Float) && keys.contains(&column.name);
    let suspects = columns.iter().zip(&counted).filter(|(column, counts)| counts.may_have_sentinels && !is_key(column));
    let suspects: Vec<&Column> = suspects.map(|(column, _)| *column).collect();
    let mut found = sentinels::of(search, table, &suspects)?.into_iter().peekable();
    let mut lacks = Vec::new();
    for (column, counts) in columns.iter().zip(&counted) {
        if counts.values < rows {
            let holds = format!("{} IS NULL", quote::readable_name(&column.name));
            lacks.push(Lack { column, holds, rows: rows - counts.values, sentinel: None, codes: None, within: None });
        }
        while let Some(one) = found.next_if(|one| one.column.name == column.name) {
            let codes = sentinels::other_codes(search, table, &one)?;
            lacks.push(Lack {
                column,
                holds: one.holds(),
                rows: one.rows,
                sentinel: Some(one.value),
                codes,
                within: None,
            });
        }
    }
    Ok(lacks)
}

/// What is lacking but for fields of a log that no row has at all: its format has them, and its lines need not.
fn without_formats<'a>(search: &Search, table: &Table, mut lacks: Vec<Lack<'a>>, rows: i64) -> Result<Vec<Lack<'a>>> {
    let is_whole = |lack: &Lack| lack.sentinel.is_none() && lack.rows == rows;
    let whole: Vec<&Column> = lacks.iter().filter(|lack| is_whole(lack)).map(|lack| lack.column).collect();
    if table.kind != "log" || whole.is_empty() {
        return Ok(lacks);
    }
    let mut counts = vec![Value::Int(0); whole.len()];
    // Other rows may have what those asked for lack.
    if search.condition(table) != "true" {
        let list: Vec<String> = whole.iter().map(|column| format!("count({})", quote::name(&column.name))).collect();
        counts = search.session.engine.counted(&format!("SELECT {} FROM {}", list.join(", "), table.sql()))?;
    }
    let never: Vec<&str> = whole
        .iter()
        .zip(&counts)
        .filter(|(_, count)| count.int() == 0)
        .map(|(column, _)| column.name.as_str())
        .collect();
    lacks.retain(|lack| !never.contains(&lack.column.name.as_str()));
    Ok(lacks)
}

/// Whether rows with this value in place of none lack nearly always what others have: then it is no code.
fn is_bare(spread: &Spread, (lack, place): (&Lack, usize), value: &str, rows: i64) -> bool {
    const LACKING_LEAST: f64 = 0.9;
    let Some(crossing) = spread.by_value.iter().find(|crossing| crossing.by.name() == lack.column.name) else {
        return false;
    };
    let Some(own) = crossing.groups.iter().find(|group| group.value.shown().trim() == value) else { return false };
    let share = |lacking: i64, of: i64| lacking as f64 / of.max(1) as f64;
    (0..own.lacking.len()).filter(|other| *other != place).any(|other| {
        let all: i64 = crossing.groups.iter().map(|group| group.lacking[other]).sum();
        let others = share(all - own.lacking[other], rows - own.rows);
        share(own.lacking[other], own.rows) >= LACKING_LEAST && others < 0.5
    })
}

/// How many rows lack any of several texts that are said with a word, but for those whose words may be codes: they often
/// lack them together.
fn lacking_any(search: &mut Search, table: &Table, first: usize, doubtful: &[&str]) -> Result<()> {
    let columns: Vec<String> = search.findings[first..]
        .iter()
        .filter(|finding| finding.observed > 0)
        .filter_map(|finding| finding.column_name.clone())
        .filter(|name| table.column(name).is_some_and(|column| column.kind == ColumnKind::Text))
        .filter(|name| !doubtful.contains(&name.as_str()))
        .collect();
    let mut columns = columns;
    columns.dedup();
    if columns.len() < 2 {
        return Ok(());
    }
    let lacks = |name: &String| {
        let name = quote::name(name);
        format!("{name} IS NULL OR {}", sentinels::is_text_sql(&name))
    };
    let any: Vec<String> = columns.iter().map(lacks).collect();
    let condition = search.condition(table);
    let sql = format!("SELECT count(*) FROM {} WHERE ({}) AND ({condition})", table.sql(), any.join(" OR "));
    let rows = search.session.engine.counted(&sql)?.first().map_or(0, Value::int);
    search.notes.push(format!(
        "{}: {} rows lack at least one of {}",
        table.name,
        crate::model::coverage::grouped(rows.unsigned_abs()),
        columns.join(", ")
    ));
    Ok(())
}

/// What is told of when and where something is lacking, as text behind a finding's detail.
fn told(
    search: &mut Search,
    table: &Table,
    (lack, place): (&Lack, usize),
    (spread, times): (&Spread, &[Part]),
    rows: i64,
) -> Result<(String, Option<Spell>)> {
    let rows = lack.of(rows);
    let spell = spell::of(search, table, (lack, place), (spread, times), rows)?;
    let mut change = spell.as_ref().map(|spell| spell.said.clone());
    if change.is_none() && !times.is_empty() && mechanism::is_telling(lack, rows) {
        change = spell::within(search, table, (lack, place), spread, rows)?;
    }
    let change = change.or_else(|| mechanism::change(times, 0));
    Ok((mechanism::told(spread, (lack, place), change, rows), spell))
}

/// A finding of what is lacking of `expected` rows, or of those of a time.
fn found(search: &mut Search, table: &Table, lack: &Lack, expected: i64, detail: String, spell: Option<Spell>) {
    let condition = search.condition(table);
    let within = if condition == "true" { String::new() } else { format!(" AND ({condition})") };
    let sql = format!("SELECT * FROM {} WHERE {}{within}", table.sql(), lack.holds);
    let expected = spell.as_ref().map_or(expected, |spell| spell.expected);
    search.findings.push(Finding {
        series: spell.as_ref().and_then(|spell| spell.series.clone()),
        column_name: Some(lack.column.name.clone()),
        since: spell.as_ref().map(|spell| spell.since),
        until: spell.as_ref().map(|spell| spell.until),
        expected,
        observed: expected - lack.rows,
        missing: lack.rows,
        detail,
        sql: quote::one_line(&sql),
        ..Finding::of(Kind::NullRate, table)
    });
}

enum Explained {
    /// Null exactly where this column says so.
    Wholly(String),
    /// Always null where `by` has one of `values`; `left` of `of` other rows are null too.
    But {
        by: String,
        values: Vec<String>,
        left: i64,
        of: i64,
    },
    Not,
}

/// Whether a column says what went wrong, so that it is well where it says nothing: its table's code, or one called so.
fn is_of_failures(table: &Table, column: &Column) -> bool {
    const WORDS: [&str; 12] = [
        "err",
        "error",
        "errors",
        "fault",
        "faults",
        "alarm",
        "alarms",
        "failure",
        "failures",
        "exception",
        "warning",
        "warnings",
    ];
    const CODED: [&str; 5] = ["return", "exit", "status", "reason", "abort"];
    let words = meaning::words(&column.name);
    let is_code = || words.last().is_some_and(|last| matches!(last.as_str(), "code" | "no" | "number"));
    let says = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    table.roles.code.as_ref() == Some(&column.name) || says(&WORDS) || is_code() && says(&CODED)
}

/// The column, of few values, whose values tell nearly all nulls: in their rows this one is always null, and in others
/// mostly not.
fn explanation(columns: &[&Column], lack: &Lack, (spread, place): (&Spread, usize)) -> Explained {
    let mut best: Option<(i64, i64, String, Vec<String>)> = None;
    let is_other = |by: &str| by != lack.column.name && columns.iter().any(|column| column.name == by);
    for crossing in spread.by_value.iter().filter(|crossing| crossing.may_explain() && is_other(crossing.by.name())) {
        let groups = &crossing.groups;
        let whole = || {
            groups.iter().filter(|group| group.rows == group.lacking[place] && group.rows > 0 && !group.value.is_null())
        };
        let told: i64 = whole().map(|group| group.rows).sum();
        let others = groups.iter().map(|group| group.rows).sum::<i64>() - told;
        let left = lack.rows - told;
        if told * 10 >= lack.rows * 9 && 2 * left <= others && best.as_ref().is_none_or(|(most, ..)| told > *most) {
            let values = whole().map(|group| group.value.shown()).collect();
            best = Some((told, others, crossing.by.name().to_string(), values));
        }
    }
    match best {
        Some((told, _, by, _)) if told == lack.rows => Explained::Wholly(by),
        Some((told, of, by, values)) => Explained::But { by, values, left: lack.rows - told, of },
        None => Explained::Not,
    }
}
