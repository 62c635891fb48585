//! `rca schema`: the columns of tables, and what is in them.

use std::collections::BTreeMap;

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Column;
use crate::session::{Session, Table};

/// List the columns of tables with type, nulls, distinct values and an example
///
/// Examples:
///   rca schema station.db
///   rca schema --table mes.materials -C examples/laptop-anomaly
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct SchemaArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// Only this table
    #[arg(long, value_name = "TABLE")]
    pub table: Option<String>,
    #[command(flatten)]
    pub common: Common,
}

impl Ask for SchemaArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let evidence = &self.common.evidence;
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        let mut notes = Vec::new();
        let tables = match &self.table {
            Some(name) => vec![session.table(name)?],
            None => super::tables_with(session, evidence.condition.as_deref(), &mut notes)?,
        };
        let condition = evidence.condition.as_deref().unwrap_or("true");
        let mut number = 1;
        let mut selects = Vec::new();
        for table in tables {
            let within = table
                .roles
                .time
                .as_ref()
                .map_or_else(|| "true".into(), |time| window.sql(&format!("{}::TIMESTAMP", quote::name(time))));
            let condition = format!("{within} AND ({condition})");
            let columns: Vec<&Column> = table.own_columns().collect();
            let numbered = columns.iter().enumerate().map(|(at, column)| (number + at, *column));
            if columns.len() > COLUMNS_FEW {
                let mut by_type: BTreeMap<String, Vec<(usize, &Column)>> = BTreeMap::new();
                numbered.for_each(|(at, column)| by_type.entry(column.kind.name()).or_default().push((at, column)));
                selects.extend(by_type.values().map(|alike| rows(table, alike, &condition)));
            } else {
                selects.extend(numbered.map(|(at, column)| row(table, column, at, &condition)));
            }
            number += columns.len();
        }
        if selects.is_empty() {
            return Ok(Answer::of(
                "SELECT '' AS source, '' AS table_name, '' AS column_name, '' AS type, 0 AS nulls, 0 AS n_distinct, '' AS min, '' AS max, '' AS example LIMIT 0",
            ));
        }
        let found = if selects.len() > TOGETHER_MAX { kept(session, &selects)? } else { selects };
        let sql = format!("SELECT * EXCLUDE (number) FROM ({}) ORDER BY number", found.join(" UNION ALL "));
        Ok(Answer { sql, notes, ..Answer::default() })
    }
}

/// More questions are not asked together: to plan them takes time with their square.
const TOGETHER_MAX: usize = 200;

/// What is found by many questions, so many together.
fn kept(session: &Session, selects: &[String]) -> Result<Vec<String>> {
    let keep = |(at, together): (usize, &[String])| {
        let table = format!("rca_schema_{at}");
        session.engine.keep_found(&table, &together.join(" UNION ALL "))?;
        Ok(format!("SELECT * FROM {table}"))
    };
    selects.chunks(TOGETHER_MAX).enumerate().map(keep).collect()
}

/// Of more columns than these all are asked with one look at the table, which must be divided into values first.
const COLUMNS_FEW: usize = 32;

fn row(table: &Table, column: &Column, number: usize, condition: &str) -> String {
    let own = [
        ("number", number.to_string()),
        ("column_name", quote::text(&column.name)),
        ("column", quote::name(&column.name)),
    ];
    filled(include_str!("schema.sql"), table, column, condition, &own)
}

/// The same of several columns of one type.
fn rows(table: &Table, columns: &[(usize, &Column)], condition: &str) -> String {
    let listed = |text: &dyn Fn(&(usize, &Column)) -> String| columns.iter().map(text).collect::<Vec<_>>().join(", ");
    let own = [
        ("numbers", listed(&|(number, _)| number.to_string())),
        ("names", listed(&|(_, column)| quote::text(&column.name))),
        ("columns", listed(&|(_, column)| quote::name(&column.name))),
    ];
    filled(include_str!("schema_wide.sql"), table, columns[0].1, condition, &own)
}

/// A question of a column, or of several that are of its type.
fn filled(question: &str, table: &Table, column: &Column, condition: &str, own: &[(&str, String)]) -> String {
    let kind = column.kind.name();
    let (source, name, kind_text, sql) =
        (quote::text(&table.source), quote::text(&table.short_name), quote::text(&kind), table.sql());
    let mut parts: Vec<(&str, &str)> = vec![
        ("source", &source),
        ("table_name", &name),
        ("type", &kind_text),
        ("shown", if kind == "TIMESTAMP" { "rca_rfc3339" } else { "" }),
        ("table", &sql),
        ("condition", condition),
    ];
    parts.extend(own.iter().map(|(key, text)| (*key, text.as_str())));
    quote::fill(question, &parts)
}
