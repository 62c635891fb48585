//! Sensors that repeat one value: the same number far more often in a row than ever else.

use super::{Finding, Kind, Search, series};
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::session::Table;

pub fn search(search: &mut Search, table: &Table) -> Result<()> {
    let Some(time) = table.roles.time.clone() else { return Ok(()) };
    if !search.wants(&[Kind::Flatline]) || table.is_prose() {
        return Ok(());
    }
    let said = search.session.settings.sources.get(&table.source).map(|said| said.series.clone()).unwrap_or_default();
    let columns = match search.divided.get(&table.name) {
        Some(found) => found.clone(),
        None if search.args.series.is_empty() => said,
        None => search.args.series.clone(),
    };
    let own = columns.iter().map(String::as_str).filter(|name| table.column(name).is_some());
    let label = series::label(own.map(|name| (name, name)));
    for column in table.own_columns().filter(|column| column.kind == ColumnKind::Float) {
        let sql = fill(
            include_str!("flatline.sql"),
            &[
                ("series", &label),
                ("time", &format!("{}::TIMESTAMP", quote::readable_name(&time))),
                ("value", &quote::readable_name(&column.name)),
                ("table", &table.sql()),
                ("condition", &search.condition(table)),
                ("sentinels", &super::nulls::numbers()),
            ],
        );
        for row in search.session.engine.rows(&sql)?.rows {
            let (rows, usual) = (row[4].int(), row[5].int());
            search.findings.push(Finding {
                kind: Kind::Flatline,
                source: table.source.clone(),
                table_name: table.short_name.clone(),
                series: Some(row[0].shown()).filter(|text| !text.is_empty()),
                column_name: Some(column.name.clone()),
                since: Some(row[1].int()),
                until: Some(row[2].int()),
                expected: rows,
                observed: 0,
                missing: rows,
                detail: format!(
                    "the value {} {rows} times in a row, where {usual} in a row is usual at most",
                    row[3].shown()
                ),
                sql: quote::one_line(&format!(
                    "SELECT * FROM ({sql}) WHERE series = {} AND since = {}",
                    quote::text(&row[0].shown()),
                    quote::time(row[1].int())
                )),
                counter: super::cause::Counter::None,
            });
        }
    }
    Ok(())
}
