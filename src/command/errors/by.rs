//! `--by`: errors by code and further columns, which stand in the table of the errors or in another one that knows the
//! same entities.

use super::Answer;
use super::question::Question;
use crate::engine::quote::{self, fill};
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::name;
use crate::session::written::Written;
use crate::session::{Session, Shared, Table};

/// A column to break down by.
struct By<'a> {
    /// As it is called in the answer.
    name: String,
    /// The one table that has it, if the user says so or only one has.
    of: Option<&'a Table>,
}

pub fn run(mut question: Question, wanted: &[String]) -> Result<Answer> {
    let by: Vec<By> = wanted.iter().map(|text| by(&question, text)).collect::<Result<_>>()?;
    for at in 0..by.len() {
        if by[..at].iter().any(|other| other.name == by[at].name) {
            return Err(Error::question(format!("--by names the column `{}` twice", by[at].name)));
        }
    }
    let mut selects = Vec::new();
    let mut left_out = Vec::new();
    let mut notes = Vec::new();
    for at in 0..question.places.len() {
        match counted(&question, at, &by, &mut notes)? {
            Some(select) => selects.push(select),
            None => left_out.push(question.places[at].table.name.clone()),
        }
    }
    if selects.is_empty() {
        return Err(Error::question(format!("no table with errors has the columns `{}`", wanted.join("`, `")))
            .detail("a column of another table can be asked for if both have a column of the same entity"));
    }
    for table in by.iter().filter_map(|by| by.of) {
        crate::command::is_used(table, &mut question.notes);
    }
    question.notes.append(&mut notes);
    if !left_out.is_empty() {
        question.notes.push(format!("left out, without the columns of --by: {}", name::listed(&left_out)));
    }
    let list = listed(by.len());
    let named: String = by
        .iter()
        .enumerate()
        .map(|(number, by)| format!("{} AS {}, ", Names::of(number).by, quote::name(&header(&by.name))))
        .collect();
    let sql = fill(
        include_str!("by.sql"),
        &[
            ("counted", &selects.join(" UNION ALL ")),
            ("by", &list),
            ("named", &named),
            ("order", list.trim_end_matches(", ")),
        ],
    );
    Ok(Answer { notes: question.notes, ..Answer::of(sql) })
}

/// A column that is called as one of the answer's own is told from it.
fn header(name: &str) -> String {
    let is_taken = ["code", "count", "share", "first", "last"].iter().any(|own| name.eq_ignore_ascii_case(own));
    if is_taken { format!("by_{name}") } else { name.to_string() }
}

/// The column that a name means: `station`, `mes.materials.lot`.
fn by<'a>(question: &Question<'a>, text: &str) -> Result<By<'a>> {
    let session = question.session;
    if let Ok((table, column)) = session.table_column(text) {
        return Ok(By { name: column, of: Some(table) });
    }
    let own = question.places.iter().find_map(|place| place.table.column(text));
    if let Some(column) = own {
        return Ok(By { name: column.name.clone(), of: None });
    }
    let others: Vec<&Table> = session
        .tables
        .iter()
        .filter(|table| table.column(text).is_some())
        .filter(|table| question.places.iter().any(|place| session.is_shared(place.table, table)))
        .collect();
    match others.as_slice() {
        [table] => {
            let name = table.column(text).map_or_else(|| text.to_string(), |column| column.name.clone());
            Ok(By { name, of: Some(table) })
        }
        [] => {
            let names: Vec<&str> = session
                .tables
                .iter()
                .flat_map(|table| table.own_columns())
                .map(|column| column.name.as_str())
                .collect();
            let near = name::nearest(text, names);
            let error = Error::question(format!("no table with errors has the columns `{text}`"));
            let holders: Vec<String> = session
                .tables
                .iter()
                .filter(|table| table.column(text).is_some())
                .map(|table| table.name.clone())
                .collect();
            if !holders.is_empty() {
                return Err(Error::question(format!("no table with errors has the column `{text}`")).detail(format!(
                    "{} has it, and no column of an entity by which it could be joined",
                    name::listed(&holders)
                )));
            }
            Err(error.near_or(&near, "`rca schema` lists all columns"))
        }
        several => {
            let names: Vec<String> = several.iter().map(|table| format!("{}.{text}", table.name)).collect();
            Err(Error::question(format!("several tables have a column `{text}`"))
                .hint(format!("say which: {}", name::listed(&names))))
        }
    }
}

/// `code, BY…, n, first, last` of a place; `None` if it has no such columns and cannot be joined to them. Rows are
/// counted by what they say before it is looked at, so that little is computed for each row.
fn counted(question: &Question, at: usize, by: &[By], notes: &mut Vec<String>) -> Result<Option<String>> {
    let place = &question.places[at];
    let mut own = Vec::new();
    let mut joins = String::new();
    let mut names = String::new();
    let mut joined = Vec::new();
    for (number, by) in by.iter().enumerate() {
        let Names { by: column, own: own_name, key, map: map_name, lacks, several } = Names::of(number);
        let mine = place.table.column(&by.name).filter(|_| by.of.is_none_or(|of| of.name == place.table.name));
        if let Some(mine) = mine {
            names.push_str(&format!("rows_of_place.{own_name} AS {column}, "));
            own.push((shown(mine), own_name));
        } else {
            let Some(other) = by.of else { return Ok(None) };
            let Some(shared) = question.session.finest(place.table, other)? else { return Ok(None) };
            let ([mine, theirs], told) = question.session.keys_of(place.table, other, &shared)?;
            notes.extend(told);
            let map = map(other, &theirs, &by.name);
            joins.push_str(&format!(" LEFT JOIN ({map}) {map_name} ON {map_name}.key = rows_of_place.{key}"));
            names.push_str(&format!(
                "{map_name}.value AS {column}, {map_name}.key IS NULL AS {lacks}, \
                 coalesce({map_name}.is_several, false) AS {several}, "
            ));
            own.push((mine, key));
            joined.push(Joined { lacks, several, other, shared, column: &by.name });
        }
    }
    let roles = &place.table.roles;
    // A log's code may be told by its message, which then counts as a part of it.
    let code = place.code_sql("raw_code", "text");
    let (code, judged) = if place.table.kind == "log" { (code.as_str(), "code") } else { ("raw_code", "") };
    let rows = question.rows_of(place, question.window, &own);
    let alike = format!(
        "SELECT {code} AS raw_code, raw_result, raw_level, {names} count(*) AS n, min(ts) AS first, max(ts) AS last \
         FROM (SELECT * FROM ({rows}) WHERE NOT ({})) rows_of_place{joins} GROUP BY ALL",
        place.harmless,
    );
    // Kept, since the engine would ask of every row what is asked of these.
    let kept = format!("rca_alike_{at}");
    question.session.engine.keep_found(&kept, &alike)?;
    let said = if judged.is_empty() { place.code_sql("raw_code", "NULL") } else { "raw_code".into() };
    let level_said = if place.table.kind == "log" { "raw_level" } else { "rca_level(raw_level)" };
    let is_error = match place.is_all_errors() {
        true => "true".into(),
        false => question.is_error(
            roles.result.as_ref().map(|_| "failed"),
            roles.level.as_ref().map(|_| "level"),
            place.raw.as_ref().map(|_| "code"),
        ),
    };
    let errors = format!(
        "FROM (SELECT *, {said} AS code, rca_failed(raw_result) AS failed, {level_said} AS level FROM {kept}) WHERE {is_error}"
    );
    for joined in &joined {
        notes.extend(joined.said(question.session, place.table, &errors)?);
    }
    Ok(Some(format!("SELECT code, {} n, first, last {errors}", listed(by.len()))))
}

/// A table that errors are joined to.
struct Joined<'a> {
    /// The columns that say which errors get nothing or several things of it.
    lacks: String,
    several: String,
    other: &'a Table,
    shared: Shared<'a>,
    /// What is asked of it.
    column: &'a str,
}

/// What a column of --by is called while errors are counted by it, from its place among them.
struct Names {
    /// The column itself.
    by: String,
    /// In a place that has it.
    own: String,
    /// The key by which a place is joined to a table that has it, and that table.
    key: String,
    map: String,
    /// Whether an error has no row there, or rows with several values.
    lacks: String,
    several: String,
}

impl Names {
    fn of(number: usize) -> Names {
        let name = |what: &str| format!("{what}_{number}");
        Names {
            by: name("by"),
            own: name("own"),
            key: name("key"),
            map: name("map"),
            lacks: name("lacks"),
            several: name("several"),
        }
    }
}

/// All of them, for a list of columns: `by_0, by_1, `.
fn listed(columns: usize) -> String {
    (0..columns).map(|number| format!("{}, ", Names::of(number).by)).collect()
}

impl Joined<'_> {
    /// By what it is joined, and which errors get nothing or several things by that.
    fn said(&self, session: &Session, mine: &Table, errors: &str) -> Result<Vec<String>> {
        let Joined { lacks, several, other, shared, column } = self;
        let same = (&mine.name, &shared.mine.name, &other.name, &shared.other.name);
        let mut links: Vec<String> = Vec::new();
        for one in session.all_shared(mine, other) {
            if !links.contains(&one.mine.name) {
                links.push(one.mine.name.clone());
            }
        }
        let finest = match links.len() {
            ..=1 => String::new(),
            _ => format!(", the finest of {}", links.join(", ")),
        };
        let mut notes =
            vec![format!("{}.{column} is told by {}.{} = {}.{}{finest}", same.2, same.0, same.1, same.2, same.3)];
        let row = session.engine.counted(&format!(
            "SELECT coalesce(sum(n), 0)::BIGINT, coalesce(sum(n) FILTER ({lacks}), 0)::BIGINT, \
             coalesce(sum(n) FILTER ({several}), 0)::BIGINT {errors}"
        ))?;
        let [all, lacking, several] = [row[0].int(), row[1].int(), row[2].int()];
        let of = |count: i64| format!("{} of {}", grouped(count.unsigned_abs()), plural(all.unsigned_abs(), "error"));
        let columns = [shared.mine, shared.other].map(|column| [column.name.clone()]);
        let written = || session.agreed(&Written::of(mine, &columns[0]), &Written::of(other, &columns[1]));
        if lacking > 0 && lacking == all && written()?.is_of_none() {
            let none = session.share_none((mine, &columns[0]), (other, &columns[1]))?;
            notes.push(format!("{none}: no {column} can be told of these errors"));
        } else if lacking > 0 {
            let (of, has) = (of(lacking), if lacking == 1 { "has" } else { "have" });
            notes.push(format!("{of} of {} {has} no row in {} by {}, and so no {column}", same.0, same.2, same.1));
        }
        if several > 0 {
            let (of, has) = (of(several), if several == 1 { "has" } else { "have" });
            notes.push(format!(
                "{of} of {} {has} several values of {column} by {}, which stand together",
                same.0, same.1
            ));
        }
        Ok(notes)
    }
}

/// `key, value, is_several` of a column of another table by what both tables are of: what has several values has them
/// all, so that no error is counted twice.
fn map(other: &Table, key: &str, column: &str) -> String {
    let value = other.column(column).map_or_else(|| "NULL::VARCHAR".into(), shown);
    format!(
        "SELECT key, CASE WHEN count(DISTINCT value) < 2 THEN min(value) ELSE string_agg(DISTINCT value, ' + ' ORDER BY value) END AS value, \
         count(DISTINCT value) > 1 AS is_several FROM (SELECT {key} AS key, {value} AS value FROM {}) WHERE key IS NOT NULL GROUP BY 1",
        other.sql(),
    )
}

fn shown(column: &Column) -> String {
    let name = quote::name(&column.name);
    match column.kind {
        Kind::Time => format!("rca_rfc3339({name})"),
        // A text that says nothing is no value of its own.
        Kind::Text => format!("rca_said({name})"),
        _ => format!("{name}::VARCHAR"),
    }
}
