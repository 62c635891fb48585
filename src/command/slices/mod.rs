//! `rca slices`: where a model is worse than elsewhere.

use clap::Args;

use super::judged::{Bits, Classes, Looked, Split};
use super::{Answer, Ask, Reading};
use crate::args::{Common, share};
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::contrast::{Covered, Items, Whole, possible};
use crate::model::coverage::grouped;
use crate::model::figure::rounded;
use crate::model::slices::{JUDGED, LeftOut, Means, Outcome, POSITIVE, Plan, Ranks, Shares};
use crate::model::value::Value;
use crate::session::Session;

mod choice;
mod count;
mod coverage;
mod figures;
mod judge;
mod metric;
mod roles;
mod rows;
mod said;
mod shown;
mod words;

use choice::{Choice, Count, Slice, text};
use count::{Asked, Counter};
use coverage::Coverage;
use figures::{FIELDS, Figures};
use metric::{Metric, Way};
use roles::Roles;
pub use roles::is_of_a_model;
use rows::{Rows, marked};

/// Tell in which slices of its rows a model is worse than elsewhere: values, findings, and conjunctions of them
///
/// The first row is of all rows; then come slices that are worse, the worst first. What is a slice: columns of the table,
/// of tables that know the same entity, hours and days, and what `missing` and `errors --audit` find, as for `explain`.
/// Label, prediction and score are found by their names, also in two tables of the same entities. `difference` is that
/// of --metric from all rows, with its interval of 95 %; `p_adjusted` is of the test against the other rows, adjusted
/// for all slices that were possible (5 % false discoveries). Slices are sorted by SliceLine's score: how much more error
/// than in all rows, against size. One is told only as far as it says more than its parts and than those above it, and
/// not if it differs by less than 0.01. `t` is DivExplorer's; the interval of `auc` is DeLong's.
///
/// Examples:
///   rca slices predictions.csv
///   rca slices -C examples/laptop-anomaly --metric recall
///   rca slices --label labels.outcome --prediction predicted --positive faulty predictions.csv labels.csv
///   rca slices --score risk --threshold 0.8 --by site,version scored.parquet
///   rca slices --metric rmse --min-support 0.05 --order 2 forecasts.csv
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct SlicesArgs {
    /// PATH, GLOB, DIR or NAME=PATH; `-` is standard input
    #[arg(value_name = "SOURCE")]
    pub sources: Vec<String>,
    /// The table whose rows are judged
    #[arg(long, value_name = "T")]
    pub table: Option<String>,
    /// The column that says what is so, as COLUMN or TABLE.COLUMN
    #[arg(long, value_name = "COL")]
    pub label: Option<String>,
    /// The column that says what the model said
    #[arg(long, value_name = "COL")]
    pub prediction: Option<String>,
    /// The column that says how sure the model was of the positive class
    #[arg(long, value_name = "COL")]
    pub score: Option<String>,
    /// The positive class, or LABEL=PREDICTION where they are written in two ways
    #[arg(long, value_name = "CLASS")]
    pub positive: Option<String>,
    /// From which score on a row without a prediction is said to be positive (0.5)
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    pub threshold: Option<f64>,
    /// What slices are worse in: accuracy, without a prediction auc, of numbers mae
    #[arg(long, value_name = "METRIC")]
    pub metric: Option<Metric>,
    /// Look at these columns only
    #[arg(long, value_name = "COL", value_delimiter = ',')]
    pub by: Vec<String>,
    /// Only slices with at least this share of the rows that the metric is made of
    #[arg(long, value_name = "SHARE", value_parser = share, default_value = "0.01")]
    pub min_support: f64,
    /// At most so many values together
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=3), default_value = "3")]
    pub order: u8,
    /// SliceLine's weight of more error against more rows
    #[arg(long, value_name = "WEIGHT", value_parser = share, default_value = "0.95")]
    pub alpha: f64,
    /// All slices with enough rows, also those that are no worse or may be chance
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub common: Common,
}

impl Ask for SlicesArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        &self.sources
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut notes = Vec::new();
        let roles = Roles::find(session, self)?;
        let mut rows = Rows::keep(roles, self, &mut notes)?;
        let metric = Metric::chosen(self.metric, &rows.judged)?;
        let mut told = vec![rows.told()];
        told.extend(rows.judged.note.clone());
        let coverage = Coverage::of(&rows, &mut told)?;
        notes.splice(0..0, told);
        rows.leave_out_copies(metric, !self.by.is_empty(), &mut notes);
        let size = defined(&rows, metric)?;
        let least = ((self.min_support * size as f64 - 1e-9).ceil() as u64).max(least_of(metric));
        // All rows that the metric is made of may be in a slice.
        let whole = Split { bad: metric.split().seen, ..metric.split() };
        let looked = rows.values(whole, least, &mut notes)?;
        let bits = Bits::keep(rows.engine, &rows.kept, &looked.items, marked(JUDGED))?;
        let counter = Counter::new(rows.engine, bits);
        let (slices, left_out) = self.slices(&rows, metric, &counter, &looked, least)?;
        coverage.missing(&rows, &mut notes)?;
        notes.extend(left_out_note(left_out));
        notes.extend(slices.iter().filter_map(|slice| also(&looked, slice)));
        let items: Vec<Items> = slices.iter().map(|slice| slice.items.clone()).collect();
        let figures = Figures::count(&rows, &counter, &items)?;
        fits(&rows, &figures)?;
        notes.extend(figures.note());
        // These two are no field of their own.
        let own = match metric {
            Metric::Error => figures.confusion[0].accuracy().map(|accuracy| 1.0 - accuracy),
            Metric::Calibration => Some(mean(&counter, metric)?),
            _ => None,
        };
        let answer = answer(session, &rows, (metric, size, own), &figures, (&looked, &slices))?;
        Ok(Answer { notes, found: Some(slices.len() as u64), ..answer })
    }
}

/// What slices are judged by.
struct Measured<'a, T: Outcome> {
    metric: Metric,
    rule: T::Rule,
    /// What a difference is measured against.
    unit: f64,
    count: &'a Count<'a, T>,
}

impl SlicesArgs {
    fn slices(
        &self,
        rows: &Rows,
        metric: Metric,
        counter: &Counter,
        looked: &Looked,
        least: u64,
    ) -> Result<(Vec<Slice>, LeftOut)> {
        let asked = Asked::of(metric);
        match metric.way() {
            Way::Share => {
                let count = |items: &[Items], chosen: &[Items]| counter.count::<Shares>(asked, &(), items, chosen);
                self.choose(rows, Measured { metric, rule: (), unit: 1.0, count: &count }, looked, least)
            }
            Way::Ranks => {
                let count = |items: &[Items], chosen: &[Items]| counter.ranks(items, chosen);
                self.choose::<Ranks>(rows, Measured { metric, rule: (), unit: 1.0, count: &count }, looked, least)
            }
            Way::Mean => {
                let scale = counter.scale(asked)?;
                let unit = if rows.judged.is_of_numbers() { root_mean_square(counter)? } else { 1.0 };
                let count = |items: &[Items], chosen: &[Items]| counter.count::<Means>(asked, &scale, items, chosen);
                self.choose(rows, Measured { metric, rule: scale, unit, count: &count }, looked, least)
            }
        }
    }

    fn choose<T: Outcome>(
        &self,
        rows: &Rows,
        measured: Measured<T>,
        looked: &Looked,
        least: u64,
    ) -> Result<(Vec<Slice>, LeftOut)> {
        let Measured { metric, rule, unit, count } = measured;
        let of_items: Vec<usize> = looked.items.iter().map(|item| item.attribute).collect();
        // Ranges of several tenths have so many rows that `SliceLine`'s bound of all of their conjunctions is the highest
        // there is: they would keep others from being counted. Their tenths are in conjunctions.
        let alone: Vec<bool> = looked.items.iter().map(|item| item.is_wide).collect();
        let order = usize::from(self.order);
        let [findings, values, ..] = possible(&looked.tests, 1);
        let [.., pairs, triples] = possible(&looked.narrow, order);
        let choice = Choice::<T> {
            count,
            rule,
            measure: metric.measure(),
            attributes: &rows.attributes,
            items: &looked.items,
            plan: Plan { attributes: &of_items, alone: &alone, order, least, alpha: self.alpha },
            tests: [findings, values, pairs, triples],
            unit,
            is_all: self.all,
        };
        choice.run()
    }
}

/// Fewer rows tell nothing of a mean or of ranks.
fn least_of(metric: Metric) -> u64 {
    match metric.way() {
        Way::Share => 2,
        Way::Mean | Way::Ranks => 10,
    }
}

/// The rows that a metric is made of.
fn defined(rows: &Rows, metric: Metric) -> Result<u64> {
    let split = metric.split();
    let size = rows.kept.count(split.seen);
    let positive = rows.kept.count(Classes::of(|marks| split.seen.has(marks) && marks & POSITIVE != 0));
    if metric == Metric::Auc && (positive == 0 || positive == size) {
        return Err(Error::question(format!(
            "{} of {} rows are positive, so there is no auc",
            grouped(positive),
            grouped(size)
        ))
        .hint("ask for --metric accuracy, or say which class is meant: --positive CLASS"));
    }
    if size == 0 {
        return Err(Error::question(format!("there are no {}, so there is no {}", metric.rows(), metric.name()))
            .hint("ask for --metric accuracy, or say which class is meant: --positive CLASS"));
    }
    Ok(size)
}

/// What a difference between numbers is measured against.
fn root_mean_square(counter: &Counter) -> Result<f64> {
    Ok(mean(counter, Metric::Rmse)?.sqrt())
}

/// The mean that a metric is of, of all rows.
fn mean(counter: &Counter, metric: Metric) -> Result<f64> {
    let asked = Asked::of(metric);
    let scale = counter.scale(asked)?;
    let all: Vec<Means> = counter.count(asked, &scale, &[Items::new()], &[])?;
    Ok(all[0].mean(scale))
}

/// Classes that were matched by their words must go together more often than by chance.
fn fits(rows: &Rows, figures: &Figures) -> Result<()> {
    let all = figures.confusion[0];
    if !rows.judged.is_guessed || !rows.judged.has_positive() {
        return Ok(());
    }
    let said = Whole { rows: all.rows, bad: all.said }.ratio(Covered { rows: all.positive, bad: all.both });
    if all.positive < all.rows && said.ratio < 1.0 && said.p < 0.05 {
        return Err(Error::question("labels and predictions go together less often than by chance")
            .detail(format!(
                "{}; right are {} of {}",
                rows.judged.note.clone().unwrap_or_default(),
                all.right,
                all.rows
            ))
            .hint("say which class is positive: --positive LABEL=PREDICTION"));
    }
    Ok(())
}

fn left_out_note(left_out: LeftOut) -> Option<String> {
    (left_out.conjunctions > 0).then(|| {
        format!(
            "{} conjunctions are not counted, the least promising ones: no SliceLine score of theirs is above {:.2}; --by or --order 2 asks for fewer",
            grouped(left_out.conjunctions as u64),
            left_out.bound
        )
    })
}

/// What goes with a slice.
fn also(looked: &Looked, slice: &Slice) -> Option<String> {
    const LISTED: usize = 3;
    let texts: Vec<String> = slice.also.iter().take(LISTED).map(|items| text(&looked.items, items)).collect();
    let more = match slice.also.len().saturating_sub(LISTED) {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    let own = text(&looked.items, &slice.items);
    (!texts.is_empty()).then(|| format!("also, and no worse without the rows of {own}: {}{more}", texts.join("; ")))
}

fn answer(
    session: &Session,
    rows: &Rows,
    (metric, size, own): (Metric, u64, Option<f64>),
    figures: &Figures,
    (looked, slices): (&Looked, &[Slice]),
) -> Result<Answer> {
    let mut made = vec![figures.row(0, "(all rows)", None, shown::figures(rows, &[]))];
    for (at, slice) in slices.iter().enumerate() {
        let conditions: Vec<&str> =
            slice.items.iter().map(|item| looked.items[usize::from(*item)].sql.as_str()).collect();
        let sql = shown::figures(rows, &conditions);
        made.push(figures.row(at + 1, &text(&looked.items, &slice.items), Some(slice), sql));
    }
    let fields: Vec<(&str, Kind)> = FIELDS.into_iter().chain(figures.more()).collect();
    let value = |row: &[Value], own: Option<f64>| match own {
        Some(own) => Value::Float(rounded(own, 4)).shown(),
        None => {
            let at = fields.iter().position(|(known, _)| *known == metric.name());
            at.map(|at| row[at].shown()).unwrap_or_default()
        }
    };
    let all = format!("{} is {} over {} {}", shown_name(metric), value(&made[0], own), grouped(size), metric.rows());
    let summary = match slices.first() {
        None => format!("{all}; in no slice that was looked at is it worse beyond chance."),
        Some(worst) => format!(
            "{all}; the worst slice is {}, with {} ({:+.4}).",
            text(&looked.items, &worst.items),
            value(&made[1], own.map(|_| worst.contrast.value)),
            worst.contrast.difference
        ),
    };
    let reading = reading(session, metric, &fields, &made)?;
    let sql = session.engine.keep("slices", &fields, &made)?;
    Ok(Answer { summary: Some(summary), reading: Some(reading), ..Answer::of(sql) })
}

/// For people: of what stands behind the contract's fields that which the metric is of.
fn reading(session: &Session, metric: Metric, fields: &[(&str, Kind)], rows: &[Vec<Value>]) -> Result<Reading> {
    let is_read = |at: &usize| *at < FIELDS.len() || metric.fields().contains(&fields[*at].0);
    let (read, more): (Vec<usize>, Vec<usize>) = (0..fields.len()).partition(is_read);
    let of = |at: &usize| fields[*at];
    let rows: Vec<Vec<Value>> = rows.iter().map(|row| read.iter().map(|at| row[*at].clone()).collect()).collect();
    let names: Vec<&str> = more.iter().map(|at| fields[*at].0).collect();
    Ok(Reading {
        sql: session.engine.keep("slices_read", &read.iter().map(of).collect::<Vec<_>>(), &rows)?,
        notes: vec![format!("-f csv or ndjson has besides: {}", names.join(", "))],
    })
}

/// The metric as the summary calls it.
fn shown_name(metric: Metric) -> String {
    match metric {
        Metric::Calibration => "calibration (the mean score less the share that is positive)".into(),
        metric => metric.name(),
    }
}
