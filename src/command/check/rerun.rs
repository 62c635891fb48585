//! The SQL of an earlier finding, asked of today's evidence: it counts what it counted then, whatever flags the finding
//! was asked for with.

use super::asking::Asking;
use super::earlier::{Item, Of};
use super::said::Check;
use crate::engine::guard;
use crate::error::{Error, Kind, Result};

/// What the SQL of a finding says today.
pub enum Rerun {
    /// It shows the finding, and how much of it there is.
    There(i64),
    /// It shows nothing of it.
    Absent,
    /// It cannot be asked of today's evidence.
    Unasked(Error),
}

impl Rerun {
    /// # Errors
    /// If the SQL could not be asked.
    pub fn told(self) -> Result<()> {
        match self {
            Rerun::There(_) | Rerun::Absent => Ok(()),
            Rerun::Unasked(error) => Err(error),
        }
    }
}

/// Lets SQL see the rows that `--from`, `--to` and `--where` leave, and change nothing; analyses come before.
///
/// # Errors
/// If the engine refuses.
pub fn prepare(asking: &Asking) -> Result<()> {
    let everything = Check::default();
    let window = asking.window(&everything)?;
    asking.session.restrict(&window, asking.common(&everything).evidence.condition.as_deref())?;
    asking.session.engine.lock()
}

/// # Errors
/// If the evidence cannot be read.
pub fn asked(asking: &Asking, of: Of, item: &Item) -> Result<Rerun> {
    let sql = item.sql.trim().trim_end_matches(';').trim_end();
    if sql.is_empty() {
        return Ok(Rerun::Absent);
    }
    let counted = guard::question(sql, false).and_then(|()| counted(asking, of, item, sql));
    match counted {
        Err(error) if error.kind == Kind::Question => Ok(Rerun::Unasked(error)),
        counted => Ok(counted?.map_or(Rerun::Absent, Rerun::There)),
    }
}

/// How much of a finding its SQL shows, if it shows any: each kind's has rows of its own, whose number or sum is the
/// finding's figure.
fn counted(asking: &Asking, of: Of, item: &Item, sql: &str) -> Result<Option<i64>> {
    let one = |what: &str| -> Result<i64> {
        Ok(asking.session.one_row(&format!("SELECT {what} FROM ({sql}\n)"))?.first().map_or(0, |value| value.int()))
    };
    let some = |figure: i64| Some(figure).filter(|figure| *figure > 0);
    Ok(match (of, item.kind.as_str()) {
        (Of::Missing, "time_gap" | "sequence_gap" | "ended" | "volume_drop") => some(one("sum(missing)::BIGINT")?),
        (Of::Missing, "never_seen") => some(item.expected - one("sum(rows)::BIGINT")?),
        // Rows that are there and late are one, however many.
        (Of::Missing, "late") => some(one("count(*)")?.min(1)),
        (Of::Missing, _) | (Of::Audit, "unclassified" | "unlabelled") => some(one("count(*)")?),
        // A code of the codebook that does not occur.
        (Of::Audit, "never_seen") => (one("count(*)")? > 0 && one("sum(count)::BIGINT")? == 0).then_some(0),
        // How many failures a code may hide is the audit's to judge: its SQL tells only that nothing has changed.
        (Of::Audit, "catch_all" | "overloaded") => {
            some(one("sum(count)::BIGINT")?).filter(|figure| figure.to_string() == item.figure)
        }
        // What is wrong with these is in the codebook, of which their SQL says nothing.
        _ => one("count(*)").map(|_| None)?,
    })
}
