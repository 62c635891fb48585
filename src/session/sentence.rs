//! A row as a sentence: a log's own text, else the columns that tell something, the outcome first.

use super::{Session, Table};
use crate::engine::quote;
use crate::model::column::{Column, Kind};

/// A sentence of more columns is none.
const COLUMNS_MAX: usize = 24;

impl Session {
    /// A log's text, and the fields of lines that name them; of another table the message column, then the other
    /// columns by name.
    pub(super) fn message_sql(&self, table: &Table) -> String {
        let entities = self.entity_columns(table);
        if table.kind == "log" {
            let is_new = |name: &&String| !entities.contains(name);
            let said: Vec<String> =
                table.telling.iter().filter(is_new).filter_map(|name| table.column(name)).map(said).collect();
            return match said.is_empty() {
                true => "message".into(),
                false => format!("concat_ws(' ', message, {})", said.join(", ")),
            };
        }
        let roles = &table.roles;
        let is = |role: &Option<String>, name: &str| role.as_deref() == Some(name);
        let stands_elsewhere = |name: &str| {
            is(&roles.time, name)
                || is(&roles.message, name)
                || (is(&roles.level, name) && name.eq_ignore_ascii_case("level"))
                || entities.iter().any(|entity| entity == name)
        };
        let mut telling: Vec<&Column> =
            table.own_columns().filter(|column| !stands_elsewhere(&column.name) && column.kind != Kind::Blob).collect();
        let outcome = |column: &&Column| match &column.name {
            name if is(&roles.result, name) => 0,
            name if is(&roles.code, name) => 1,
            name if is(&roles.end, name) => 3,
            _ => 2,
        };
        telling.sort_by_key(outcome);
        let left_out = telling.len().saturating_sub(COLUMNS_MAX);
        telling.truncate(COLUMNS_MAX);
        // A day alone stands before all that happened on it.
        let is_day =
            roles.time.as_ref().and_then(|time| table.column(time)).is_some_and(|time| time.kind == Kind::Date);
        let mark = if roles.is_load_stamp { Some("(loaded)") } else { is_day.then_some("(that day)") };
        let mut parts: Vec<String> = mark.map(quote::text).into_iter().collect();
        parts.extend(roles.message.iter().map(|name| quote::name(name)));
        parts.extend(telling.into_iter().map(said));
        if let (Some(time), Some(end)) = (&roles.time, &roles.end) {
            let (time, end) = (quote::name(time), quote::name(end));
            parts.push(format!(
                "CASE WHEN {end} IS NULL THEN 'no end' WHEN isfinite({end}::TIMESTAMP) AND isfinite({time}::TIMESTAMP) \
                 THEN 'took=' || rca_length(epoch_us({end}::TIMESTAMP) - epoch_us({time}::TIMESTAMP)) END"
            ));
        }
        if left_out > 0 {
            parts.push(quote::text(&format!("(and {left_out} more columns)")));
        }
        if parts.is_empty() { "''".into() } else { format!("concat_ws(' ', {})", parts.join(", ")) }
    }
}

/// `station=ST05`, or NULL.
fn said(column: &Column) -> String {
    let name = quote::name(&column.name);
    let value = match column.kind {
        Kind::Time => format!("rca_rfc3339({name})"),
        _ => format!("{name}::VARCHAR"),
    };
    format!("{} || {value}", quote::text(&format!("{}=", column.name)))
}
