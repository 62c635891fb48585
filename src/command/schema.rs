//! `rca schema`: the columns of tables, and what is in them.

use clap::Args;

use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote;
use crate::error::Result;
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
        let mut number = 0;
        let mut selects = Vec::new();
        for table in tables {
            let within = table
                .roles
                .time
                .as_ref()
                .map_or_else(|| "true".into(), |time| window.sql(&format!("{}::TIMESTAMP", quote::name(time))));
            for column in table.own_columns() {
                number += 1;
                selects.push(row(
                    table,
                    &column.name,
                    &column.kind.name(),
                    number,
                    &format!("{within} AND ({condition})"),
                ));
            }
        }
        if selects.is_empty() {
            return Ok(Answer::of(
                "SELECT '' AS source, '' AS table_name, '' AS column_name, '' AS type, 0 AS nulls, 0 AS n_distinct, '' AS min, '' AS max, '' AS example LIMIT 0",
            ));
        }
        let sql = format!("SELECT * EXCLUDE (number) FROM ({}) ORDER BY number", selects.join(" UNION ALL "));
        Ok(Answer { sql, notes, ..Answer::default() })
    }
}

fn row(table: &Table, column: &str, kind: &str, number: usize, condition: &str) -> String {
    let name = quote::name(column);
    quote::fill(
        include_str!("schema.sql"),
        &[
            ("number", &number.to_string()),
            ("source", &quote::text(&table.source)),
            ("table_name", &quote::text(&table.short_name)),
            ("column_name", &quote::text(column)),
            ("type", &quote::text(kind)),
            ("shown", if kind == "TIMESTAMP" { "rca_rfc3339" } else { "" }),
            ("column", &name),
            ("table", &table.sql()),
            ("condition", condition),
        ],
    )
}
