//! What was read, from when to when, and what of it could not be read.

use super::asking::Asking;
use super::taken::{few, take};
use crate::command::Ask;
use crate::command::sources::SourcesArgs;
use crate::engine::quote;
use crate::error::Result;
use crate::model::document::{Part, Section};
use crate::model::figure::plural;
use crate::model::time;
use crate::model::value::Value;

/// The ends of a table's times.
#[derive(Debug, Clone)]
pub struct Span {
    pub table: String,
    pub first: i64,
    pub last: i64,
}

/// # Errors
/// If the evidence cannot be read.
pub fn section(asking: &mut Asking) -> Result<Section> {
    let args = SourcesArgs { common: asking.common.clone(), ..SourcesArgs::default() };
    let answer = args.run(asking.session)?;
    let told = &mut asking.told;
    let taken = take(asking.session, &answer, asking.limit, &mut |columns, row| {
        let of = |name: &str| columns.iter().position(|column| column == name).map_or(&Value::Null, |at| &row[at]);
        told.tables += 1;
        told.rows += of("rows").int().unsigned_abs();
        told.unread += of("unread").int().unsigned_abs();
        if let (Value::Time(first), Value::Time(last)) = (of("first"), of("last")) {
            let (source, short) = (of("source").shown(), of("table_name").shown());
            let table = if source == short { source } else { format!("{source}.{short}") };
            told.spans.push(Span { table, first: *first, last: *last });
        }
    })?;
    let command = asking.command("sources", &[], None);
    let when = match asking.told.ends() {
        Some((first, last)) => format!(", {} to {}", time::rfc3339(first), time::rfc3339(last)),
        None => String::new(),
    };
    let tables = plural(asking.told.tables, "table");
    let mut parts = vec![Part::Text(format!("{} in {tables}{when}.", plural(asking.told.rows, "row")))];
    let losses = asking.session.coverage.losses();
    if losses.is_empty() {
        parts.push(Part::Text("Everything was read: no record and no value was lost.".into()));
    } else {
        asking.told.losses = losses.len() as u64;
        parts.push(Part::Heading("What was not read"));
        parts.push(Part::Notes(few(losses)));
    }
    parts.push(Part::Table(taken.table("Tables of the evidence, with what of them was not read", &command)));
    parts.push(Part::Notes(few(answer.notes)));
    parts.push(Asking::behind(&command, sql(asking)?));
    Ok(Section { id: "evidence", title: "Evidence and coverage", parts })
}

/// Rows and times of all tables.
fn sql(asking: &Asking) -> Result<Option<String>> {
    let window = asking.window()?;
    let condition = asking.common.evidence.condition.as_deref();
    let fits = |sql: &str| condition.is_none_or(|condition| asking.session.fits(sql, condition));
    let one = |table: &&crate::session::Table| {
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let ends = time.as_ref().map_or("NULL, NULL".to_string(), |time| format!("min({time}), max({time})"));
        let within = time.filter(|_| !window.is_open()).map(|time| window.sql(&time));
        let parts: Vec<String> = within.into_iter().chain(condition.map(|text| format!("({text})"))).collect();
        let held = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
        format!("SELECT {}, count(*), {ends} FROM {}{held}", quote::text(&table.name), table.sql())
    };
    let tables = asking.session.tables.iter().filter(|table| fits(&table.sql()));
    let all: Vec<String> = tables.map(|table| one(&table)).collect();
    Ok((!all.is_empty()).then(|| {
        format!(
            "SELECT * FROM ({}) AS counted(table_name, rows, first, last) ORDER BY table_name",
            all.join(" UNION ALL ")
        )
    }))
}
