//! `unique`: no two rows have the same values in some columns. As in SQL, a row with a null among them has no key.

use super::asking::{Asking, nothing, plural};
use super::said::Check;
use super::{Kind, Verdict};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::session::known_column;

pub const KIND: Kind = Kind {
    key: "unique",
    needs: &["table"],
    takes: &["where", "from", "to"],
    valid: |check| match check.unique.is_empty() {
        true => Err(Error::question("`unique` names no column")),
        false => Ok(()),
    },
    is_analysis: false,
    ask,
    name: |check| format!("{} unique {}", check.table.as_deref().unwrap_or_default(), check.unique.join(", ")),
};

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let table = asking.table(check)?;
    let known = |name: &String| known_column(&table.name, &table.columns, name, "`unique`");
    let columns: Vec<String> = check.unique.iter().map(known).collect::<Result<_>>()?;
    let names: Vec<String> = columns.iter().map(|column| quote::readable_name(column)).collect();
    let list = names.join(", ");
    let are_there: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
    let rows = asking.rows(check, table, &are_there)?;
    let keyed = asking.session.one_row(&format!("SELECT count(*){rows}"))?[0].int();
    let all = asking.session.one_row(&format!("SELECT count(*){}", asking.rows(check, table, &[])?))?[0].int();
    if keyed == 0 {
        return Err(nothing(&format!("`{}` has no row with {}", table.name, columns.join(", "))));
    }
    let sql =
        format!("SELECT {list}, count(*) AS rows{rows} GROUP BY {list} HAVING count(*) > 1 ORDER BY rows DESC, {list}");
    let (repeated, first) = asking.counted(&sql)?;
    let detail = match repeated {
        0 => format!("each of the {} of {} is there once", plural(keyed, "key"), table.name),
        _ => format!("{} more than once in {}; the first: {first}", plural(repeated, "key"), table.name),
    };
    let what = if columns.len() == 1 { columns[0].clone() } else { format!("whole key ({})", columns.join(", ")) };
    let without = match all - keyed {
        0 => String::new(),
        1 => format!("; 1 of {} has no {what}", plural(all, "row")),
        many => format!("; {many} of {} have no {what}", plural(all, "row")),
    };
    Ok(Verdict {
        holds: repeated == 0,
        expected: "0 repeated".into(),
        observed: format!("{repeated} repeated"),
        detail: format!("{detail}{without}"),
        sql,
    })
}
