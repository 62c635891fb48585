//! The changes of codes as `compare` asks for them: the same figures as those of `errors --baseline`.

use super::judge::{Change, FALSE_DISCOVERY_RATE, Pair};
use super::{Compared, Key, compared, keep_timed};
use crate::args::Common;
use crate::command::errors::ErrorsArgs;
use crate::command::errors::question::Question;
use crate::error::{Error, Result};
use crate::session::{Session, Windows};

/// A code that changed beyond chance.
pub struct CodeChange {
    pub code: String,
    /// `new`, `gone`, `up` or `down`.
    pub change: &'static str,
    pub baseline_count: u64,
    pub count: u64,
    pub rate_ratio: Option<f64>,
    pub risk_ratio: Option<f64>,
    pub p_adjusted: f64,
    pub since: Option<i64>,
    /// The tables that have it, each with what holds of its rows with this code, over the table's own columns.
    pub places: Vec<(String, String)>,
}

/// What there is to tell.
#[derive(Default)]
pub struct Changes {
    pub codes: Vec<CodeChange>,
    /// How many codes, and messages of errors without one, were compared.
    pub tests: usize,
    /// The columns that hold codes, by table.
    pub columns: Vec<(String, String)>,
    /// How many are new and too rare to tell from chance.
    pub rare: usize,
}

fn args(common: &Common) -> ErrorsArgs {
    let mut common = common.clone();
    (common.evidence.from, common.evidence.to) = (None, None);
    ErrorsArgs { common, ..ErrorsArgs::default() }
}

/// The windows before and after the moment at which the rates of errors changed; the two halves where there is none.
///
/// # Errors
/// If there are no errors with a time, or the evidence cannot be read.
pub fn auto(session: &Session, common: &Common) -> Result<(Windows, bool)> {
    let args = ErrorsArgs { common: common.clone(), ..ErrorsArgs::default() };
    let mut question = Question::found(session, &args)?;
    if question.places.is_empty() {
        return Err(Error::question("no table has errors, by whose rates the moment of a change is found")
            .detail("errors are told by a code, a level or a result")
            .hint(
                "say which windows to compare: --baseline 2025-03-01..2025-03-02 --incident 2025-03-02..2025-03-03",
            ));
    }
    keep_timed(&mut question, &mut Vec::new())?;
    super::auto::windows(&question)
}

/// All codes of these tables that changed from the baseline to the incident; none where none of them has a code and a time.
///
/// # Errors
/// If the evidence cannot be read.
pub fn changes(session: &Session, common: &Common, windows: &Windows, tables: &[&str]) -> Result<Changes> {
    let args = args(common);
    let mut question = Question::found(session, &args)?;
    question.places.retain(|place| place.table.roles.time.is_some() && tables.contains(&place.table.name.as_str()));
    if question.places.is_empty() {
        return Ok(Changes::default());
    }
    let Compared { keys, pairs, changes, .. } = compared(&question, windows)?;
    let is_sure = |change: &Change| change.change != "same" && change.p_adjusted <= FALSE_DISCOVERY_RATE;
    let columns = question
        .places
        .iter()
        .filter_map(|place| Some((place.table.name.clone(), place.raw.as_ref()?.column()?.to_string())));
    let told = |((key, pair), change): ((&Key, &Pair), &Change)| {
        let code = key.code.clone().filter(|_| is_sure(change))?;
        let places = question
            .places
            .iter()
            .filter(|place| place.raw.is_some())
            .map(|place| (place.table.name.clone(), question.are_of(place, Some(&[code.as_str()]))))
            .collect();
        Some(CodeChange {
            change: change.change,
            baseline_count: pair.baseline.count,
            count: pair.incident.count,
            rate_ratio: change.rate_ratio,
            risk_ratio: change.risk_ratio,
            p_adjusted: change.p_adjusted,
            since: change.since,
            places,
            code,
        })
    };
    let is_rare = |(key, change): &(&Key, &Change)| {
        key.code.is_some() && change.change == "new" && change.p_adjusted > FALSE_DISCOVERY_RATE
    };
    Ok(Changes {
        tests: keys.len(),
        columns: columns.collect(),
        rare: keys.iter().zip(&changes).filter(is_rare).count(),
        codes: keys.iter().zip(&pairs).zip(&changes).filter_map(told).collect(),
    })
}
