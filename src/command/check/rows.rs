//! `rows`: how many rows a table has.

use super::asking::Asking;
use super::said::Check;
use super::{Kind, Verdict};
use crate::error::Result;

pub const KIND: Kind = Kind {
    key: "rows",
    needs: &["table"],
    takes: &["where", "from", "to"],
    valid: |check| check.rows.valid("`rows`"),
    is_analysis: false,
    ask,
    name: |check| format!("{} rows", check.table.as_deref().unwrap_or_default()),
};

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let table = asking.table(check)?;
    let sql = format!("SELECT count(*) AS rows{}", asking.rows(check, table, &[])?);
    let rows = asking.session.one_row(&sql)?[0].int();
    let holds = check.rows.hold(rows as f64);
    let expected = check.rows.shown();
    let detail = match holds {
        true => format!("{} has {rows} rows", table.name),
        false => format!("{} has {rows} rows where {expected} are wanted", table.name),
    };
    Ok(Verdict { holds, expected, observed: rows.to_string(), detail, sql })
}
