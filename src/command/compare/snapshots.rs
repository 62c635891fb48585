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
                words(flags(args).into_iter().chain(condition(args)).chain([own.clone()])),
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

/// How the SQL of an answer is asked again: all sources under the names that they have in it, and what is said of how
/// they are read. What --where says is in the SQL.
pub fn asked(args: &CompareArgs, session: &Session) -> Option<String> {
    let (said, named) = (args.other()?, args.others()?);
    let typed = said.strip_prefix(&format!("{}=", named.name.as_deref().unwrap_or_default())).unwrap_or(said);
    let (sources, none) = session.reopened();
    // As it was typed, where it is from here.
    let as_typed = |source: String| match source.split_once('=') {
        Some((name, path)) => match path.strip_prefix(&named.path) {
            Some(rest) => {
                format!("{name}={typed}{}", if typed.ends_with('/') { rest.trim_start_matches('/') } else { rest })
            }
            None => source,
        },
        None => source,
    };
    let of_sides = session.said_of_sides().into_iter().flat_map(|said| ["--set".to_string(), said]);
    let mut all = flags(args);
    // Of what the settings of this directory name, they say how it is read.
    if args.own().is_empty() && args.common.evidence.case.is_none() {
        all.extend(["-C".to_string(), ".".to_string()]);
    }
    let all = words(all.into_iter().chain(of_sides).chain(sources.into_iter().map(as_typed)));
    let none = match none.as_slice() {
        [] => String::new(),
        none => format!("; {} are several files that no pattern names, and not asked again so", none.join(", ")),
    };
    Some(format!("the SQL shown asks of both sources: rca query SQL {all}{none}"))
}

fn words(all: impl Iterator<Item = String>) -> String {
    all.map(|word| shell::quoted(&word)).collect::<Vec<_>>().join(" ")
}

/// The flags that say how sources are read.
fn flags(args: &CompareArgs) -> Vec<String> {
    let evidence = &args.common.evidence;
    let case = evidence.case.iter().flat_map(|case| ["-C".to_string(), case.to_string_lossy().into_owned()]);
    let set = evidence.set.iter().flat_map(|said| ["--set".to_string(), said.clone()]);
    let zone = evidence.timezone.iter().flat_map(|zone| ["--timezone".to_string(), zone.clone()]);
    case.chain(set).chain(zone).collect()
}

fn condition(args: &CompareArgs) -> impl Iterator<Item = String> {
    args.common.evidence.condition.iter().flat_map(|said| ["--where".to_string(), said.clone()])
}
