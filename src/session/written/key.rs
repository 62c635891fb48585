//! An id as text, in SQL: the value of one column, or of several that are a key together.

use super::form::Form;
use crate::engine::quote;
use crate::model::column::{Column, Kind};
use crate::session::Table;

/// A key of a table as texts of its parts.
#[derive(Debug, Clone)]
pub struct Written {
    scan: String,
    /// SQL of each part, and whether a comma may stand in it.
    parts: Vec<(String, bool)>,
}

impl Written {
    pub fn of(table: &Table, columns: &[String]) -> Written {
        let is_plain = |column: &String| {
            let kind = table.column(column).map(|column| column.kind);
            matches!(kind, Some(Kind::Int | Kind::Float | Kind::Time | Kind::Date | Kind::Bool))
        };
        let parts = columns.iter().map(|column| (text(table, column), !is_plain(column))).collect();
        Written { scan: table.sql(), parts }
    }

    /// Its value as text; NULL if any part is. Several parts stand there as in a CSV, so that no two keys have the same
    /// text.
    pub fn key(&self, form: &Form) -> String {
        let part = |(sql, may_have_comma): &(String, bool)| {
            let sql = form.sql(sql);
            if *may_have_comma { format!("rca_part({sql})") } else { sql }
        };
        match self.parts.as_slice() {
            [(only, _)] => form.sql(only),
            parts => parts.iter().map(part).collect::<Vec<_>>().join(" || ', ' || "),
        }
    }

    /// Whether it is one column.
    pub(super) fn is_single(&self) -> bool {
        self.parts.len() < 2
    }

    /// All its values, as a query.
    pub fn values(&self, form: &Form) -> String {
        let key = self.key(form);
        format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", self.scan)
    }
}

/// An id in a column as text. Wherever ids are compared, counted or shown it is this one.
pub fn text_of(column: &Column) -> String {
    text_of_kind(&quote::readable_name(&column.name), column.kind)
}

/// The same, of a column by its name.
pub fn text(table: &Table, column: &str) -> String {
    table.column(column).map_or_else(|| quote::readable_name(column), text_of)
}

/// The same, of SQL. A whole number is the same whether it stands among fractions or not, as it does where some rows have
/// none; what is blank is no id.
pub fn text_of_kind(sql: &str, kind: Kind) -> String {
    match kind {
        // Those behind 2^53 stand for several whole numbers.
        Kind::Float => {
            format!(
                "CASE WHEN {sql} = floor({sql}) AND abs({sql}) <= 9007199254740992 THEN {sql}::BIGINT::VARCHAR ELSE {sql}::VARCHAR END"
            )
        }
        Kind::Decimal { .. } => format!("regexp_replace({sql}::VARCHAR, '\\.0+$', '')"),
        Kind::Text => format!("CASE WHEN trim({sql}) <> '' THEN {sql} END"),
        _ => format!("{sql}::VARCHAR"),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};
    use crate::model::value::Value;

    /// An id is one text in each column that may hold it, and what is blank is none.
    #[test]
    fn an_id_is_one_text_in_columns_of_any_kind() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let decimal = Kind::Decimal { width: 9, scale: 2 };
        let text = "CASE WHEN trim(id) <> '' THEN id END";
        let cut = "regexp_replace(id::VARCHAR, '\\.0+$', '')";
        let whole =
            "CASE WHEN id = floor(id) AND abs(id) <= 9007199254740992 THEN id::BIGINT::VARCHAR ELSE id::VARCHAR END";
        for (kind, sql, values) in [
            (
                Kind::Text,
                text,
                &[("'A1'", Some("A1")), ("' A1'", Some(" A1")), ("'7.0'", Some("7.0")), ("''", None), ("'  '", None)][..],
            ),
            (Kind::Int, "id::VARCHAR", &[("7", Some("7")), ("NULL::INT", None)]),
            (
                Kind::Float,
                whole,
                &[
                    ("7::DOUBLE", Some("7")),
                    ("-0.0::DOUBLE", Some("0")),
                    ("7.5::DOUBLE", Some("7.5")),
                    ("1e300::DOUBLE", Some("1e+300")),
                ],
            ),
            (decimal, cut, &[("7::DECIMAL(9, 2)", Some("7")), ("7.50::DECIMAL(9, 2)", Some("7.50"))]),
            (Kind::Bool, "id::VARCHAR", &[("true", Some("true"))]),
            (Kind::Date, "id::VARCHAR", &[("DATE '2025-03-01'", Some("2025-03-01"))]),
        ] {
            let column = Column::new("id", kind);
            assert_eq!(text_of(&column), sql, "{kind:?}");
            for (value, expected) in values {
                let row = engine.counted(&format!("SELECT {sql} FROM (SELECT {value} AS id)")).expect("asked");
                let shown = Some(&row[0]).filter(|value| !value.is_null()).map(Value::shown);
                assert_eq!(shown.as_deref(), *expected, "{value} in {kind:?}");
            }
        }
    }
}
