//! The findings as `explain` asks for them: what is missing of which series and when, or which keys are. Each is of one
//! series, before what is alike is folded, and without its cause.

use super::{Finding, Kind, MissingArgs, Search, keys};
use crate::args::Common;
use crate::error::Result;
use crate::session::Session;

/// What is missing, and what holds of the rows that it concerns.
#[derive(Debug, Clone)]
pub enum Absence {
    /// Rows of a series were not there for a time.
    Stretch {
        /// `telemetry: sequence_gap`
        name: String,
        table: String,
        /// The columns that tell the series from others, with its values.
        columns: Vec<(String, Option<String>)>,
        /// UTC microseconds.
        since: i64,
        until: i64,
    },
    /// Keys that a table lacks in a column: the first column of the SQL.
    Keys { name: String, table: String, column: String, sql: String },
}

/// All of them, over the whole of the evidence.
///
/// # Errors
/// If the evidence cannot be read.
pub fn told(session: &Session) -> Result<Vec<Absence>> {
    let args = MissingArgs {
        sources: Vec::new(),
        kind: Vec::new(),
        series: Vec::new(),
        every: None,
        keys: Vec::new(),
        min_share: None,
        common: Common::default(),
    };
    let (mut search, tables) = args.look(session, &mut Vec::new())?;
    keys::search(&mut search, &tables)?;
    Ok(search.findings.iter().filter_map(|finding| one(&search, finding)).collect())
}

fn one(search: &Search, finding: &Finding) -> Option<Absence> {
    let table = finding.table();
    let name = format!("{table}: {}", finding.kind.name());
    if finding.kind == Kind::AbsentKey {
        let column = finding.column_name.clone().filter(|column| !column.contains(','))?;
        return Some(Absence::Keys { name, table, column, sql: finding.sql.clone() });
    }
    let is_of_time = [Kind::TimeGap, Kind::SequenceGap, Kind::Flatline, Kind::VolumeDrop, Kind::Ended, Kind::Late];
    let (since, until) = finding.since.zip(finding.until).filter(|_| is_of_time.contains(&finding.kind))?;
    let columns = match &finding.series {
        None => Vec::new(),
        Some(series) => {
            let regular = search.regular.iter().find(|regular| regular.table.name == table)?;
            let (_, values) = regular.series.iter().find(|(label, _)| label == series)?;
            regular.columns.iter().cloned().zip(values.iter().cloned()).collect()
        }
    };
    Some(Absence::Stretch { name, table, columns, since, until })
}
