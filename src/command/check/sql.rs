//! `sql`: what any query says: that it has no rows, or what its first value is.

use toml::Value as Toml;

use super::asking::{Asking, plural};
use super::said::{Bounds, Check};
use super::{Kind, Verdict};
use crate::engine::guard;
use crate::error::{Error, Result};
use crate::model::value::Value;

pub const KIND: Kind = Kind {
    key: "sql",
    needs: &[],
    takes: &["is", "min", "max", "equals"],
    valid,
    is_analysis: false,
    ask,
    name: |check| {
        let words: Vec<&str> = check.sql.as_deref().unwrap_or_default().split_whitespace().collect();
        let text = words.join(" ");
        match text.char_indices().nth(60) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text,
        }
    },
};

fn bounds(check: &Check) -> Option<Bounds> {
    Some(Bounds { min: check.min, max: check.max }).filter(|bounds| *bounds != Bounds::default())
}

fn valid(check: &Check) -> Result<()> {
    guard::question(check.sql.as_deref().unwrap_or_default(), false)?;
    let said = [check.is.is_some(), bounds(check).is_some(), check.equals.is_some()];
    if said.iter().filter(|said| **said).count() > 1 {
        return Err(Error::question("`is`, `equals`, and `min` or `max` do not go together")
            .hint("say one of them, or none: then a row is a failure"));
    }
    if let Some(is) = check.is.as_deref().filter(|is| *is != "empty") {
        return Err(Error::question(format!("`is = \"{is}\"` means nothing")).hint("write is = \"empty\""));
    }
    if matches!(check.equals, Some(Toml::Table(_) | Toml::Array(_))) {
        return Err(Error::question("`equals` takes one value"));
    }
    bounds(check).map_or(Ok(()), |bounds| bounds.valid("the check"))
}

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let session = asking.session;
    let sql = check.sql.as_deref().unwrap_or_default().trim().trim_end_matches(';').trim_end().to_string();
    if let (None, None) = (bounds(check), &check.equals) {
        let (rows, first) = asking.counted(&sql)?;
        let detail = match rows {
            0 => "it has no row".to_string(),
            _ => format!("it has {}; the first: {first}", plural(rows, "row")),
        };
        let observed = plural(rows, "row");
        return Ok(Verdict { holds: rows == 0, expected: "0 rows".into(), observed, detail, sql });
    }
    let (rows, seen) = session.asked_of(&sql, || {
        let mut rows = session.engine.rows(&format!("SELECT * FROM ({sql}\n) LIMIT 1"))?;
        let seen = rows.rows.first().map(|row| session.shown_row(&rows.columns, row)).unwrap_or_default();
        rows.columns = session.shown_columns(&rows.columns);
        Ok((rows, seen))
    })?;
    let expected = match (bounds(check), &check.equals) {
        (_, Some(wanted)) => shown(wanted),
        (bounds, None) => bounds.unwrap_or_default().shown(),
    };
    let value = rows.rows.first().and_then(|row| row.first()).unwrap_or(&Value::Null);
    let holds = match (bounds(check), &check.equals) {
        _ if value.is_null() => false,
        (_, Some(wanted)) => value.shown() == shown(wanted) || is_same_number(&value.shown(), &shown(wanted)),
        (bounds, None) => {
            let number: f64 = value
                .shown()
                .parse()
                .map_err(|_| Error::question(format!("its first value is no number: `{}`", seen[0].shown())))?;
            bounds.is_some_and(|bounds| bounds.hold(number))
        }
    };
    let observed = match (seen.first(), value.is_null()) {
        (None, _) => "no row".to_string(),
        (_, true) => "null".into(),
        (Some(seen), _) => seen.shown(),
    };
    let name = rows.columns.first().map_or("its first value", String::as_str);
    let detail = match holds {
        true => format!("{name} is {observed}"),
        false => format!("{name} is {observed} where {expected} is wanted"),
    };
    Ok(Verdict { holds, expected, observed, detail, sql })
}

fn shown(value: &Toml) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_string)
}

fn is_same_number(a: &str, b: &str) -> bool {
    matches!((a.parse::<f64>(), b.parse::<f64>()), (Ok(a), Ok(b)) if a == b)
}
