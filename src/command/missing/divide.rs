//! Which columns divide a table into series, and which is its counter: as said, or as a sample of its rows shows.

use super::Search;
use super::best::Divider;
use super::numbering::SEQUENCE;
use super::sample::Sample;
use super::series::Series;
use super::trial::{COUNTING_LEAST, REGULAR_LEAST};
use crate::error::Result;
use crate::model::column::Kind as ColumnKind;
use crate::session::{Table, known_column};

/// A table as series, and what is known of them.
pub struct Divided<'a> {
    pub series: Series<'a>,
    /// The counter counts the rows of all series together.
    pub counts_together: bool,
    /// Whether the series have a cadence, as far as the sample tells.
    pub is_regular: bool,
    /// Of a table that was not divided: the columns that hold identities of things, which may divide it.
    pub dividing: Vec<String>,
}

/// # Errors
/// If the evidence cannot be read, or a column that was said is not there.
pub fn divide<'a>(search: &mut Search, table: &'a Table, time: String) -> Result<Divided<'a>> {
    let (mut series, are_said) = said(search, table, time)?;
    let sample = Sample::take(search, &series)?;
    let mut is_regular = true;
    if !are_said {
        let mut trial = Divider { sample: &sample, search, series: &series }.best()?;
        is_regular = trial.regular >= REGULAR_LEAST;
        if !is_regular && series.sequence.is_none() && !table.is_prose() {
            trial = Divider { sample: &sample, search, series: &series }.counted()?.unwrap_or(trial);
        }
        if is_regular || trial.counting >= COUNTING_LEAST {
            series.columns = trial.columns.clone();
            let place = |name: &String| table.columns.iter().position(|column| column.name == *name);
            series.columns.sort_by_key(place);
            series.found = trial.found(&series.columns);
            if series.sequence.is_none() {
                series.sequence = trial.counter;
            }
        }
    }
    let may_divide = |name: &&String| search.session.thing(table, name).is_some();
    let telling = sample.telling.iter().map(|(name, _)| name).filter(may_divide);
    let dividing = telling.filter(|_| series.columns.is_empty()).cloned().collect();
    let mut counts_together = false;
    match series.sequence.clone() {
        Some(sequence) => {
            let together = Series { columns: Vec::new(), ..series.clone() };
            let counting = sample.trial(search, &series)?.counting;
            if counting < COUNTING_LEAST && !series.columns.is_empty() {
                counts_together = sample.trial(search, &together)?.counting >= COUNTING_LEAST;
            }
            if counts_together {
                search.notes.push(format!("{}: `{sequence}` counts the rows of all series together", table.name));
            } else if counting < COUNTING_LEAST {
                search
                    .notes
                    .push(format!("{}: `{sequence}` does not count the rows one by one and is not used", table.name));
                series.sequence = None;
            }
        }
        None => {
            series.sequence = Divider { sample: &sample, search, series: &series }.counter()?;
            if let Some(counter) = &series.sequence {
                search.notes.push(format!("{}: `{counter}` counts the rows (found)", table.name));
            }
        }
    }
    series.known = sample.known(search, &series)?;
    sample.discard(search)?;
    Ok(Divided { series, counts_together, is_regular, dividing })
}

/// The series as far as somebody said them, and whether their columns are.
fn said<'a>(search: &Search, table: &'a Table, time: String) -> Result<(Series<'a>, bool)> {
    let said = search.session.settings.sources.get(&table.source);
    let own = |column: &String, by: &str| known_column(&table.name, &table.columns, column, by);
    let columns = if search.args.series.is_empty() {
        said.map(|said| said.series.clone()).unwrap_or_default()
    } else {
        search.args.series.clone()
    };
    let every = match search.every {
        Some(every) => Some(every),
        None => said.map(|said| said.every(&table.source)).transpose()?.flatten(),
    };
    let sequence = match said.and_then(|said| said.sequence.as_ref()) {
        Some(column) if table.column(column).is_some() || table.name == table.source => Some(own(column, "sequence")?),
        _ => SEQUENCE
            .iter()
            .find_map(|name| table.column(name))
            .filter(|column| column.kind == ColumnKind::Int)
            .map(|column| column.name.clone()),
    };
    let has_all = columns.iter().all(|column| table.column(column).is_some());
    let are_said = !columns.is_empty() && (has_all || !search.args.series.is_empty());
    let mut series = Series { sequence, every, ..Series::plain(table, time, search.timed(table)) };
    if are_said {
        series.columns = columns.iter().map(|column| own(column, "series")).collect::<Result<_>>()?;
        series.found = format!(" by {}", series.columns.join(", "));
    }
    Ok((series, are_said))
}
