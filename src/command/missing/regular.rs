//! What a search knows of a table whose rows come regularly: its series, their cadence, what was found in all of them.

use super::gaps;
use super::series::Series;
use super::walk::Seen;
use super::walk::rhythm::Segment;
use crate::session::Table;

/// A table whose series, or some of them, have a cadence.
#[derive(Debug, Clone)]
pub struct Regular {
    pub table: Table,
    /// Its time, and what holds of the rows that were looked at.
    pub time: String,
    pub condition: String,
    /// Which tell the series apart.
    pub columns: Vec<String>,
    pub sequence: Option<String>,
    /// All series, each by its label and its values in the order of `columns`; `None` for NULL.
    pub series: Vec<(String, Vec<Option<String>>)>,
    /// Of the shortest and the longest, in microseconds.
    pub cadence: (i64, i64),
    /// A longer step is a gap in any of them, in microseconds.
    pub limit: i64,
    /// A step in which a row is missing may be no longer.
    pub is_coarse: bool,
    pub is_said: bool,
    /// Far more rows come than were said to be due, so that they are counted besides.
    pub has_many: bool,
    pub rows: i64,
    /// How often the cadence was seen in the series that has it most often.
    pub steps: i64,
    /// Series without a cadence, by their labels.
    pub irregular: Vec<String>,
    /// Those whose cadence changed, by their labels: since when which one holds, in microseconds.
    pub changed: Vec<(String, Vec<(i64, i64)>)>,
    /// How the columns came about.
    pub found: String,
    /// Whether gaps, or holes in the sequence, were looked for and not found.
    pub has_no_gap: bool,
    /// Times at which rows come to no series, or not to all.
    pub has_pauses: bool,
    pub has_no_hole: bool,
}

impl Regular {
    /// What was seen of a table, if any of its series has a cadence.
    pub fn of(series: &Series, seen: &[Seen]) -> Option<Regular> {
        let regular = || seen.iter().filter(|seen| series.has_cadence(seen));
        let segments = || regular().flat_map(|seen| &seen.line.told.rhythm.segments);
        let cadences = || segments().map(|segment| segment.cadence().round() as i64);
        let (Some(least), Some(most)) = (cadences().min(), cadences().max()) else { return None };
        // Of rows that somebody said the cadence of each long step is a gap.
        let passed_over =
            regular().filter(|_| series.every.is_none()).map(|seen| gaps::longest_passed_over(&seen.line));
        let since = |segment: &Segment| (segment.since, segment.cadence().round() as i64);
        let cadences_of = |seen: &Seen| seen.line.told.rhythm.segments.iter().map(since).collect::<Vec<_>>();
        let changed = regular().map(|seen| (seen.label.clone(), cadences_of(seen)));
        Some(Regular {
            table: series.table.clone(),
            time: series.time.clone(),
            condition: series.condition.clone(),
            columns: series.columns.clone(),
            sequence: series.sequence.clone(),
            series: seen.iter().map(|seen| (seen.label.clone(), seen.values.clone())).collect(),
            cadence: (least, most),
            limit: segments().map(|segment| segment.limit() as i64).chain(passed_over).max().unwrap_or(0),
            is_coarse: series.every.is_none() && segments().any(Segment::is_coarse),
            is_said: series.every.is_some(),
            has_many: false,
            irregular: seen.iter().filter(|seen| !series.has_cadence(seen)).map(|seen| seen.label.clone()).collect(),
            changed: changed.filter(|(_, cadences)| cadences.len() > 1).collect(),
            rows: seen.iter().map(|seen| seen.line.rows as i64).sum(),
            steps: seen.iter().map(|seen| seen.line.rows as i64 - 1).max().unwrap_or(0),
            found: series.found.clone(),
            has_no_gap: false,
            has_pauses: false,
            has_no_hole: false,
        })
    }

    /// The table as series once more.
    pub fn as_series(&self) -> Series<'_> {
        Series {
            columns: self.columns.clone(),
            sequence: self.sequence.clone(),
            ..Series::plain(&self.table, self.time.clone(), self.condition.clone())
        }
    }
}
