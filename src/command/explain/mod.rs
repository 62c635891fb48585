//! `rca explain`: what the bad rows have that the others have not.

use clap::Args;

use super::judged::{Asked, Classes, Rows, Split, look};
use super::{Answer, Ask};
use crate::args::{Common, share};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::contrast::{Covered, Whole, possible};
use crate::model::coverage::grouped;
use crate::model::figure::{self, digits, percent, rounded};
use crate::model::value::Value;
use crate::session::Session;

mod any;
pub mod attributes;
mod before;
mod findings;
mod later;
mod lengths;
pub mod population;
mod restated;
mod search;
mod status;
mod telling;
mod unjoined;

use attributes::{Attribute, NoReasons};
use population::Population;
use search::{Explanation, Search};
use telling::Telling;

/// Classes of rows: good ones, bad ones, and those of which --bad says nothing, which count as good.
const BAD: u16 = 1;
const UNSAID: u16 = 2;

/// Tell what distinguishes the rows for which a condition holds: values, findings, and conjunctions of them
///
/// Rows of one table are bad where --bad holds, and good where it does not. Looked at are the columns of the table, those
/// of tables that know the same entity (as TABLE.COLUMN, also in --bad and --where), hours and days of times, and what
/// `missing` and `errors --audit` find: a row was in a gap of its station's sensor, its entity failed under a catch-all
/// code. The risk ratio is the share of bad rows among those covered by that among all others. A longer explanation is
/// given only where it says more than its length costs, and one that says nothing more once the rows of a better one are
/// taken away is named in a note. One that holds of all bad rows and of no other comes first, and what a column says of
/// bad rows alone, such as an error code, last: the others are told without them. Names of things are values as others
/// are where each has several rows. Listed is what is beyond chance, of all that was tested (5 % false discoveries).
///
/// Examples:
///   rca explain -C examples/laptop-anomaly --bad "predicted = 0" --where "labels.label = 'faulty'"
///   rca explain --bad "result = 'FAIL'" --table station.tests station.db mes.sql
///   rca explain --bad "failure = 'comp2'" --before 72h failures.csv errors.csv telemetry.csv
///   rca explain --bad 'status >= 500' --by host,path,version access.csv
///   rca explain --bad 'duration_ms > 1000' --order 2 --min-support 0.2 requests.ndjson
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ExplainArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// The SQL condition that makes a row bad
    #[arg(long, value_name = "SQL")]
    pub bad: String,
    /// The table whose rows are judged, where several have the columns of the condition
    #[arg(long, value_name = "T")]
    pub table: Option<String>,
    /// Look at these columns only
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Look at what other tables have of the same entity in this time before each row, such as 72h
    #[arg(long, value_name = "DURATION")]
    pub before: Option<String>,
    /// Only explanations of at least this share of the bad rows, and of two rows
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.05")]
    pub min_support: f64,
    /// Only explanations whose rows are bad at least so many times as often as others
    #[arg(long, value_name = "RATIO", value_parser = ratio, default_value = "1.5")]
    pub min_ratio: f64,
    /// At most so many values together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3), default_value = "3")]
    pub order: u8,
    #[command(flatten)]
    pub common: Common,
}

fn ratio(text: &str) -> std::result::Result<f64, String> {
    text.parse()
        .ok()
        .filter(|ratio: &f64| *ratio >= 1.0 && ratio.is_finite())
        .ok_or_else(|| "a ratio is 1 or more".into())
}

const FIELDS: [(&str, Kind); 11] = [
    ("rank", Kind::Int),
    ("explanation", Kind::Text),
    ("support", Kind::Float),
    ("bad", Kind::Int),
    ("good", Kind::Int),
    ("risk_ratio", Kind::Float),
    ("ci_low", Kind::Float),
    ("ci_high", Kind::Float),
    ("p_adjusted", Kind::Float),
    ("lift_removed", Kind::Float),
    ("sql", Kind::Text),
];

impl Ask for ExplainArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn conditions(&self) -> Vec<(&'static str, &str)> {
        let flag = |condition| ("--where", condition);
        let said = self.common.evidence.condition.as_deref().map(flag);
        std::iter::once(("--bad", self.bad.as_str())).chain(said).collect()
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let population = Population::find(session, self)?;
        let mut notes = Vec::new();
        let (skipped, after) = not_why(&population, self, &mut notes)?;
        let no_reasons = NoReasons { skipped: &skipped, after: &after };
        let attributes = attributes::find(&population, self, no_reasons, &mut notes)?;
        let rows = keep(&population, &attributes, &mut notes)?;
        let split = Split::of(|_| true, |class| class == BAD);
        let whole = rows.whole(split);
        let least = ((self.min_support * whole.bad as f64 - 1e-9).ceil() as u64).max(2);
        let looked = look(&rows, attributes.iter().enumerate(), (split, least), &mut notes)?;
        let tests = possible(&looked.tests, usize::from(self.order));
        let (items, searched, telling) = telling::parted(looked, whole, &tests, self.min_ratio);
        let search = Search {
            engine: &session.engine,
            rows: &rows,
            split,
            whole,
            attributes: &attributes,
            items: &items,
            searched,
            tests,
            least,
            least_ratio: self.min_ratio,
            order: usize::from(self.order),
        };
        let told = |places: &[usize]| telling::explained(places, &items, whole, &tests);
        let mut found = told(&telling.exact);
        found.extend(search.run(&mut notes)?);
        found.extend(told(&telling.of_bad));
        notes.extend(said_telling(&search, &telling));
        let asked = search.tests.iter().sum();
        notes.extend(found.iter().enumerate().filter_map(|(at, one)| also(&search, at + 1, one)));
        let rows: Vec<Vec<Value>> = found
            .iter()
            .enumerate()
            .map(|(at, one)| {
                let conditions: Vec<&str> =
                    one.items.iter().map(|item| items[usize::from(*item)].sql.as_str()).collect();
                row(at + 1, &search.text(&one.items), one, whole, population.counted(&conditions))
            })
            .collect();
        let summary = summary(&search, &found, &telling, asked);
        let sql = session.engine.keep("explanations", &FIELDS, &rows)?;
        Ok(Answer { summary: Some(summary), notes, ..Answer::of(sql) })
    }
}

/// The joined tables that say nothing of why rows are bad, and those of them that lack rows since others do.
fn not_why(population: &Population, args: &ExplainArgs, notes: &mut Vec<String>) -> Result<(Vec<usize>, Vec<usize>)> {
    if !args.by.is_empty() {
        return Ok((Vec::new(), Vec::new()));
    }
    let (mut skipped, after) = restated::find(population, notes)?;
    skipped.extend(&after);
    let later = later::find(population, &skipped, notes)?;
    skipped.extend(later);
    notes.extend(unjoined::said(population)?);
    Ok((skipped, after))
}

/// Keeps the rows judged with all that is known of them.
fn keep(population: &Population, attributes: &[Attribute], notes: &mut Vec<String>) -> Result<Rows> {
    let bad = &population.bad;
    let class = format!("CASE WHEN {bad} THEN {BAD} WHEN ({bad}) IS NULL THEN {UNSAID} ELSE 0 END");
    let rows = Rows::keep(Asked { population, attributes, class: &class, number: None })?;
    if rows.count(Classes::ALL) == 0 {
        return Err(Error::question(format!("table `{}` has no row to be judged", population.table.name))
            .hint("ask for more with --where, --from and --to"));
    }
    let unsaid = rows.count(Classes::of(|class| class == UNSAID));
    if unsaid > 0 {
        notes.push(format!("of {} rows --bad is null: they count as good", grouped(unsaid)));
    }
    let mut said: Vec<&str> = attributes.iter().map(|attribute| attribute.sql.as_str()).collect();
    said.extend([population.bad.as_str(), population.condition.as_str()]);
    for at in population.needed(&said) {
        if population.is_many(at)? {
            let name = &population.joined[at].table.name;
            let any = "and whether any row of it has a value, where values are few";
            notes
                .push(format!("{name} has several rows for one entity: of a column those with one value count, {any}"));
            let joined = &population.joined[at];
            let asked = joined.table.own_columns().find(|column| population.asks_for_any(&joined.alias, &column.name));
            notes.extend(
                asked.map(|column| format!("{name}.{} is null where no row of the entity has a value", column.name)),
            );
        }
    }
    Ok(rows)
}

/// What is told by itself, and why.
fn said_telling(search: &Search, telling: &Telling) -> Vec<String> {
    let listed = |places: &[usize]| {
        let texts: Vec<&str> = places.iter().map(|at| search.items[*at].text.as_str()).collect();
        texts.join(", ")
    };
    let holds = |places: &[usize]| if places.len() == 1 { "holds" } else { "each hold" };
    let mut notes = Vec::new();
    if !telling.exact.is_empty() {
        notes.push(format!(
            "{} {} of all bad rows and of no other: that may be why, or another name for the same thing; the others are told without it",
            listed(&telling.exact),
            holds(&telling.exact),
        ));
    }
    if !telling.of_bad.is_empty() {
        notes.push(format!(
            "{} {} of bad rows alone, of a column that says the same, or nothing, of all good ones: that may be what was bad rather than why, and is told last",
            listed(&telling.of_bad),
            holds(&telling.of_bad),
        ));
    }
    notes
}

/// What goes with an explanation.
fn also(search: &Search, rank: usize, one: &Explanation) -> Option<String> {
    const LISTED: usize = 5;
    let texts: Vec<String> = one.also.iter().take(LISTED).map(|items| search.text(items)).collect();
    let more = match one.also.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    (!texts.is_empty()).then(|| format!("also, and nothing more once {rank} is known: {}{more}", texts.join("; ")))
}

fn row(rank: usize, text: &str, one: &Explanation, whole: Whole, sql: String) -> Vec<Value> {
    let Covered { rows, bad } = one.covered;
    let float = |value: f64| Value::Float(value);
    vec![
        Value::Int(rank as i128),
        Value::Text(text.into()),
        float(figure::share(whole.support(one.covered))),
        Value::Int(bad.into()),
        Value::Int((rows - bad).into()),
        float(rounded(one.ratio.ratio, 3)),
        float(rounded(one.ratio.low, 3)),
        float(rounded(one.ratio.high, 3)),
        float(digits(one.p_adjusted, 3)),
        float(figure::share(one.lift_removed)),
        Value::Text(sql),
    ]
}

/// How much is bad, and what the best explanation would take away.
fn summary(search: &Search, found: &[Explanation], telling: &Telling, asked: usize) -> String {
    let whole = search.whole;
    let all = if whole.rows == 0 { 0.0 } else { whole.bad as f64 / whole.rows as f64 };
    let bad = format!("{} of {} rows are bad ({})", grouped(whole.bad), grouped(whole.rows), percent(all));
    let (exact, of_bad) = (telling.exact.len(), telling.of_bad.len());
    let covers =
        |one: &Explanation| format!("{} of them ({})", grouped(one.covered.bad), percent(whole.support(one.covered)));
    let times = |one: &Explanation| {
        format!("{:.1} times as likely as others ({:.1}..{:.1})", one.ratio.ratio, one.ratio.low, one.ratio.high)
    };
    match found.first() {
        _ if whole.bad == 0 => format!("None of {} rows is bad.", grouped(whole.rows)),
        _ if whole.bad == whole.rows => {
            format!("All {} rows are bad, so nothing distinguishes them.", grouped(whole.rows))
        }
        None => format!(
            "{bad}; nothing that was looked at distinguishes them beyond chance ({} possible explanations).",
            grouped(asked as u64)
        ),
        Some(best) if exact > 0 => {
            let rest = found[exact..].iter().take(found.len() - exact - of_bad).next().map(|next| {
                format!(
                    "; of the rest the best, {}, covers {}, {}",
                    search.text(&next.items),
                    covers(next),
                    times(next)
                )
            });
            format!(
                "{bad}; the best explanation, {}, holds of all of them and of no other row, so that it may be another name for the same thing{}.",
                search.text(&best.items),
                rest.unwrap_or_default(),
            )
        }
        Some(first) if of_bad == found.len() => format!(
            "{bad}; nothing that was looked at distinguishes them beyond chance ({} possible explanations) but what is said of bad rows alone, as {}, which covers {}.",
            grouped(asked as u64),
            search.text(&first.items),
            covers(first),
        ),
        Some(best) => format!(
            "{bad}; the best explanation, {}, covers {}, {}; without it the share would be {}.",
            search.text(&best.items),
            covers(best),
            times(best),
            percent(all * (1.0 - best.lift_removed)),
        ),
    }
}
