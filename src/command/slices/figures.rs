//! The figures of slices as rows of the answer, counted for all of them at once.

use super::choice::Slice;
use super::count::{Asked, Counter};
use super::metric::Metric;
use super::rows::Rows;
use crate::command::judged::Classes;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::contrast::Items;
use crate::model::figure;
use crate::model::slices::{Bins, Confusion, Means, Outcome, Ranks, SCORED, Scale};
use crate::model::statistics::NORMAL_95;
use crate::model::value::Value;

/// The contract's fields.
pub const FIELDS: [(&str, Kind); 14] = [
    ("slice", Kind::Text),
    ("rows", Kind::Int),
    ("share", Kind::Float),
    ("accuracy", Kind::Float),
    ("precision", Kind::Float),
    ("recall", Kind::Float),
    ("f1", Kind::Float),
    ("fpr", Kind::Float),
    ("fnr", Kind::Float),
    ("difference", Kind::Float),
    ("ci_low", Kind::Float),
    ("ci_high", Kind::Float),
    ("p_adjusted", Kind::Float),
    ("sql", Kind::Text),
];

/// All rows judged.
const JUDGED: Asked = Asked { of: Classes::ALL, bad: Classes::NONE, value: |_, _| 0.0 };

/// Those with a score, and their scores.
fn scored() -> Asked {
    Asked { of: Classes::of(|marks| marks & SCORED != 0), value: |score, _| score, ..JUDGED }
}

/// A mean of values that are counted in steps of this size.
struct Mean {
    of: Vec<Means>,
    scale: Scale,
}

impl Mean {
    fn count(counter: &Counter, asked: Asked, slices: &[Items]) -> Result<Mean> {
        let scale = counter.scale(asked)?;
        Ok(Mean { of: counter.count(asked, &scale, slices, &[])?, scale })
    }

    fn get(&self, at: usize) -> Option<f64> {
        let own = self.of[at];
        (own.rows() > 0 && !own.is_blurred()).then(|| own.mean(self.scale))
    }
}

/// Figures of scores.
struct Scored {
    ranks: Vec<Ranks>,
    means: Mean,
    bins: Option<(Vec<Bins>, Scale)>,
}

/// Figures of numbers.
struct Numbers {
    absolute: Mean,
    square: Mean,
    signed: Mean,
}

/// The figures of all rows, and of slices after them.
pub struct Figures {
    pub confusion: Vec<Confusion>,
    scored: Option<Scored>,
    numbers: Option<Numbers>,
    has_positive: bool,
    has_said: bool,
}

impl Figures {
    /// # Errors
    /// If the engine fails.
    pub fn count(rows: &Rows, counter: &Counter, slices: &[Items]) -> Result<Figures> {
        let mut all = vec![Items::new()];
        all.extend(slices.iter().cloned());
        let judged = &rows.judged;
        let scored = (judged.has_score && judged.has_positive()).then(|| {
            let scale = counter.scale(scored())?;
            let bins = judged.is_probability.then(|| counter.count(scored(), &scale, &all, &[]));
            Ok::<_, crate::error::Error>(Scored {
                ranks: counter.ranks(&all, &[])?,
                means: Mean::count(counter, scored(), &all)?,
                bins: bins.transpose()?.map(|bins| (bins, scale)),
            })
        });
        let of = |metric: Metric| Mean::count(counter, Asked::of(metric), &all);
        let numbers = judged.is_of_numbers().then(|| {
            Ok::<_, crate::error::Error>(Numbers {
                absolute: of(Metric::Mae)?,
                square: of(Metric::Rmse)?,
                signed: of(Metric::Bias)?,
            })
        });
        Ok(Figures {
            confusion: counter.count(JUDGED, &(), &all, &[])?,
            scored: scored.transpose()?,
            numbers: numbers.transpose()?,
            has_positive: judged.has_positive(),
            has_said: judged.has_said(),
        })
    }

    /// What is left empty since it would not be exact.
    pub fn note(&self) -> Option<String> {
        let numbers = self.numbers.as_ref()?;
        let all = numbers.absolute.of.iter().chain(&numbers.square.of);
        let count = all.filter(|means| means.is_blurred()).count();
        (count > 0).then(|| {
            format!("{count} figures are too small beside the greatest error to be exact, and left empty: leave such rows out with --where")
        })
    }

    /// What stands behind the contract's fields.
    pub fn more(&self) -> Vec<(&'static str, Kind)> {
        let mut names = vec!["sliceline", "t"];
        if self.has_positive {
            names.push("positive");
        }
        if let Some(scored) = &self.scored {
            names.extend(["auc", "auc_low", "auc_high", "mean_score"]);
            if scored.bins.is_some() {
                names.extend(["brier", "calibration_error"]);
            }
        }
        if self.numbers.is_some() {
            names.extend(["mae", "rmse", "bias"]);
        }
        names.into_iter().map(|name| (name, Kind::Float)).collect()
    }

    /// A row of the answer: the first, of all rows, is of no slice.
    pub fn row(&self, at: usize, text: &str, slice: Option<&Slice>, sql: String) -> Vec<Value> {
        let (own, all) = (self.confusion[at], self.confusion[0]);
        let is = |known: bool, value: Option<f64>| share(value.filter(|_| known));
        let positive = self.has_positive && self.has_said;
        let of = |value: fn(&Slice) -> f64| slice.map(value);
        let mut row = vec![
            Value::Text(text.into()),
            Value::Int(own.rows.into()),
            Value::Float(figure::share(own.rows as f64 / all.rows.max(1) as f64)),
            is(self.has_said, own.accuracy()),
            is(positive, own.precision()),
            is(positive, own.recall()),
            is(positive, own.f1()),
            is(positive, own.fpr()),
            is(positive, own.fnr()),
            self.difference(of(|slice| slice.contrast.difference)),
            self.difference(of(|slice| slice.contrast.low)),
            self.difference(of(|slice| slice.contrast.high)),
            digits(of(|slice| slice.p_adjusted), 3),
            Value::Text(sql),
            digits(of(|slice| slice.score), 4),
            digits(of(|slice| slice.contrast.t), 5),
        ];
        if self.has_positive {
            row.push(Value::Float(figure::share(own.positive as f64 / own.rows.max(1) as f64)));
        }
        if let Some(scored) = &self.scored {
            let area = scored.ranks[at].area();
            let reach = scored.ranks[at].variance().map(|variance| NORMAL_95 * variance.sqrt());
            let end = |by: f64| area.zip(reach).map(|(area, reach)| (area + by * reach).clamp(0.0, 1.0));
            row.extend([share(area), share(end(-1.0)), share(end(1.0)), digits(scored.means.get(at), 5)]);
            if let Some((bins, scale)) = &scored.bins {
                row.extend([share(bins[at].brier(*scale)), share(bins[at].calibration_error(*scale))]);
            }
        }
        if let Some(numbers) = &self.numbers {
            let root = numbers.square.get(at).map(f64::sqrt);
            row.extend([numbers.absolute.get(at), root, numbers.signed.get(at)].map(|value| digits(value, 6)));
        }
        row
    }

    /// Of shares to four places, of numbers to six digits.
    fn difference(&self, value: Option<f64>) -> Value {
        if self.numbers.is_some() { digits(value, 6) } else { share(value) }
    }
}

fn share(value: Option<f64>) -> Value {
    match value {
        Some(value) if value.is_finite() => Value::Float(figure::rounded(value, 4)),
        _ => Value::Null,
    }
}

fn digits(value: Option<f64>, digits: usize) -> Value {
    match value {
        Some(value) if value.is_finite() => Value::Float(figure::digits(value, digits)),
        _ => Value::Null,
    }
}
