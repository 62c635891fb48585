//! Of two sources: whether one holds what the other does and goes on, as a dump of today does; and how what is shown is
//! asked again.

use super::CompareArgs;
use super::sides::Pair;
use crate::engine::quote;
use crate::error::Result;
use crate::model::shell;
use crate::session::{Session, Span, Table};

/// What is to be said of sources of which one is a later state of the other.
///
/// # Errors
/// If the evidence cannot be read.
pub fn note(args: &CompareArgs, session: &Session, pairs: &[Pair]) -> Result<Option<String>> {
    let [own] = args.own() else { return Ok(None) };
    for pair in pairs {
        let ([Some(before), Some(now)], Some([old, new])) = (pair.tables, pair.cut.spans) else { continue };
        if !(new.from <= old.from && new.to > old.to) {
            continue;
        }
        let rows = [rows(session, before, old)?, rows(session, now, old)?];
        if rows[0] == rows[1] && rows[0].is_some() {
            let added = Span { from: old.to, to: new.to };
            return Ok(Some(format!(
                "`{}` has the rows of the other source and those after them, so that what is new is mixed with what was; \
                 apart they are compared by rca compare {} --baseline {} --incident {}",
                pair.name,
                shell::quoted(own),
                old.shown(),
                added.shown()
            )));
        }
    }
    Ok(None)
}

/// How many rows there are in that time, and a hash of when each is; `None` if there are none.
fn rows(session: &Session, table: &Table, span: Span) -> Result<Option<(i64, String)>> {
    let Some(time) = &table.roles.time else { return Ok(None) };
    let at = format!("{}::TIMESTAMP", quote::name(time));
    let sql = format!(
        "SELECT count(*), sum(hash({at})::HUGEINT)::VARCHAR FROM {} WHERE {at} >= {} AND {at} < {}",
        table.sql(),
        quote::time(span.from),
        quote::time(span.to)
    );
    let row = session.one_row(&sql)?;
    Ok(Some((row[0].int(), row[1].shown())).filter(|(count, _)| *count > 0))
}

/// How the SQL of an answer is asked again: the source to compare with needs its name.
pub fn asked(args: &CompareArgs) -> Option<String> {
    let named = args.others()?;
    let name = named.name?;
    let said = args.other()?;
    let source = if said.starts_with(&format!("{name}=")) { said.clone() } else { format!("{name}={said}") };
    let own: Vec<String> = args.own().iter().map(|source| shell::quoted(source)).collect();
    Some(format!("the SQL shown asks of both sources: rca query SQL {} {}", shell::quoted(&source), own.join(" ")))
}
