//! `nulls`: the share of a column's rows that have no value.

use super::asking::{Asking, nothing, plural};
use super::said::Check;
use super::{Kind, Verdict};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::session::known_column;

pub const KIND: Kind = Kind {
    key: "nulls",
    needs: &["table", "column"],
    takes: &["where", "from", "to"],
    valid: |check| match (0.0..=1.0).contains(&check.nulls.max) {
        true => Ok(()),
        false => Err(Error::question("`nulls` takes a share between 0 and 1").hint("write nulls = { max = 0.01 }")),
    },
    is_analysis: false,
    ask,
    name: |check| {
        format!("{}.{} nulls", check.table.as_deref().unwrap_or_default(), check.column.as_deref().unwrap_or_default())
    },
};

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let table = asking.table(check)?;
    let column = known_column(&table.name, &table.columns, check.column.as_deref().unwrap_or_default(), "`column`")?;
    let name = quote::readable_name(&column);
    let sql = format!(
        "SELECT count(*) AS rows, count(*) - count({name}) AS nulls, (count(*) - count({name})) / count(*) AS share{}",
        asking.rows(check, table, &[])?
    );
    let row = asking.session.one_row(&sql)?;
    let (rows, nulls) = (row[0].int(), row[1].int());
    if rows == 0 {
        return Err(nothing(&format!("`{}` has no row", table.name)));
    }
    let share = nulls as f64 / rows as f64;
    Ok(Verdict {
        holds: share <= check.nulls.max,
        expected: format!("at most {}", check.nulls.max),
        observed: format!("{}", (share * 1e6).round() / 1e6),
        detail: format!("{} is null in {nulls} of {} of {}", column, plural(rows, "row"), table.name),
        sql,
    })
}
