//! The metrics that slices are ordered by: of which rows each is made, and what is wrong of a row.

use clap::ValueEnum;

use super::judge::Judged;
use crate::command::judged::Split;
use crate::error::{Error, Result};
use crate::model::slices::{JUDGED, Measure, POSITIVE, RIGHT, SAID, SCORED};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Metric {
    /// Share of rows whose prediction is the label
    Accuracy,
    /// Share of rows whose prediction is not the label
    Error,
    /// Of rows said to be positive, the share that is
    Precision,
    /// Of positive rows, the share that was said to be
    Recall,
    /// 2 tp / (2 tp + fp + fn)
    F1,
    /// Of negative rows, the share that was said to be positive
    Fpr,
    /// Of positive rows, the share that was not said to be
    Fnr,
    /// Area under the ROC curve of the score
    Auc,
    /// Mean square of the score less 1 for positive rows, 0 for others
    Brier,
    /// Mean score less the share that is positive
    Calibration,
    /// Mean absolute error of a number
    Mae,
    /// Root of the mean square error of a number
    Rmse,
    /// Mean of prediction less label
    Bias,
}

/// How a metric is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Share,
    Mean,
    Ranks,
}

impl Metric {
    pub fn name(self) -> String {
        self.to_possible_value().map(|value| value.get_name().to_string()).unwrap_or_default()
    }

    pub fn way(self) -> Way {
        match self {
            Metric::Auc => Way::Ranks,
            Metric::Brier | Metric::Calibration | Metric::Mae | Metric::Rmse | Metric::Bias => Way::Mean,
            _ => Way::Share,
        }
    }

    pub fn measure(self) -> Measure {
        match self {
            Metric::Accuracy | Metric::Precision | Metric::Recall => Measure::GOOD,
            Metric::F1 => Measure::F1,
            Metric::Auc => Measure::AREA,
            Metric::Rmse => Measure::ROOT,
            Metric::Bias | Metric::Calibration => Measure::SIGNED,
            Metric::Error | Metric::Fpr | Metric::Fnr | Metric::Brier | Metric::Mae => Measure::BAD,
        }
    }

    /// Of which of the rows judged it is made.
    fn is_of(self, marks: u16) -> bool {
        match self {
            Metric::Precision => marks & SAID != 0,
            Metric::Recall | Metric::Fnr => marks & POSITIVE != 0,
            Metric::F1 => marks & (SAID | POSITIVE) != 0,
            Metric::Fpr => marks & POSITIVE == 0,
            Metric::Auc | Metric::Brier | Metric::Calibration => marks & SCORED != 0,
            Metric::Accuracy | Metric::Error | Metric::Mae | Metric::Rmse | Metric::Bias => true,
        }
    }

    /// The same in words.
    pub fn rows(self) -> &'static str {
        match self {
            Metric::Precision => "rows said to be positive",
            Metric::Recall | Metric::Fnr => "positive rows",
            Metric::F1 => "rows that are positive or said to be",
            Metric::Fpr => "negative rows",
            Metric::Auc | Metric::Brier | Metric::Calibration => "rows with a score",
            Metric::Accuracy | Metric::Error | Metric::Mae | Metric::Rmse | Metric::Bias => "rows",
        }
    }

    /// When such a row is at fault.
    fn is_bad(self, marks: u16) -> bool {
        match self {
            Metric::Accuracy | Metric::Error => marks & RIGHT == 0,
            Metric::Precision => marks & POSITIVE == 0,
            Metric::Recall | Metric::Fnr => marks & SAID == 0,
            Metric::F1 => marks & (SAID | POSITIVE) != SAID | POSITIVE,
            Metric::Fpr => marks & SAID != 0,
            _ => false,
        }
    }

    /// The rows that it is made of, and those at fault.
    pub fn split(self) -> Split {
        Split::of(|marks| marks & JUDGED != 0 && self.is_of(marks), |marks| self.is_bad(marks))
    }

    /// What is averaged: of a row's number, which is its score or its error, and of 1 if it is positive and else 0.
    pub fn value(self) -> fn(f64, f64) -> f64 {
        match self {
            Metric::Brier => |score, positive| (score - positive).powi(2),
            Metric::Calibration => |score, positive| score - positive,
            Metric::Mae => |error, _| error.abs(),
            Metric::Rmse => |error, _| error.powi(2),
            _ => |number, _| number,
        }
    }

    /// The fields behind the contract's that tell of it.
    pub fn fields(self) -> &'static [&'static str] {
        match self {
            Metric::Auc => &["auc"],
            Metric::Brier => &["brier"],
            Metric::Calibration => &["mean_score", "positive"],
            Metric::Mae | Metric::Rmse | Metric::Bias => &["mae", "rmse", "bias"],
            _ => &[],
        }
    }

    fn is_of_numbers(self) -> bool {
        matches!(self, Metric::Mae | Metric::Rmse | Metric::Bias)
    }

    fn needs_score(self) -> bool {
        matches!(self, Metric::Auc | Metric::Brier | Metric::Calibration)
    }

    fn needs_positive(self) -> bool {
        !self.is_of_numbers() && !matches!(self, Metric::Accuracy | Metric::Error)
    }

    /// Whether the metric asks for numbers and not for classes.
    pub fn wants_numbers(asked: Option<Metric>) -> Option<bool> {
        asked.map(Metric::is_of_numbers)
    }

    /// The metric asked for, or that which fits the model: the mean absolute error of numbers, the accuracy of classes,
    /// the area of scores alone.
    ///
    /// # Errors
    /// If the model does not have what the metric is made of.
    pub fn chosen(asked: Option<Metric>, judged: &Judged) -> Result<Metric> {
        let metric = asked.unwrap_or(match () {
            () if judged.is_of_numbers() => Metric::Mae,
            () if judged.is_by_threshold() => Metric::Auc,
            () => Metric::Accuracy,
        });
        let refused =
            |why: &str, hint: String| Err(Error::question(format!("--metric {} {why}", metric.name())).hint(hint));
        if metric.is_of_numbers() != judged.is_of_numbers() {
            return match metric.is_of_numbers() {
                true => refused("is of numbers, and these are classes", "ask for --metric accuracy".into()),
                false => refused("is of classes, and these are numbers", "ask for --metric mae".into()),
            };
        }
        if metric.needs_positive() && !judged.has_positive() {
            return refused("is of one class, and it is not known which", judged.positive_hint());
        }
        if !metric.is_of_numbers() && !metric.needs_score() && !judged.has_said() {
            return refused(
                "is of predictions, and the scores are not between 0 and 1",
                "say from which score on a row is said to be positive: --threshold X".into(),
            );
        }
        if metric.needs_score() && !judged.has_score {
            return refused("is of a score, and there is none", "say which column it is: --score COLUMN".into());
        }
        if metric != Metric::Auc && metric.needs_score() && !judged.is_probability {
            return refused(
                "is of probabilities, and the scores are not between 0 and 1",
                "ask for --metric auc".into(),
            );
        }
        Ok(metric)
    }
}
