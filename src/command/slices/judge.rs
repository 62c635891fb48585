//! How label and prediction of a row are compared: as classes, as a score past a threshold, or as numbers; which class is
//! the positive one; and the SQL of all this over any names of the columns.

use super::SlicesArgs;
use super::metric::Metric;
use super::roles::{Roles, is_number};
use super::said::{CLASSES_MAX, Said};
use super::words::{Pair, canonical, matched, sides};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::name;

/// Numbers of more values are no classes.
const CLASSES_OF_NUMBERS_MAX: usize = 20;
/// What is written where there is no label.
const NONE: [&str; 9] = ["", "unknown", "unlabelled", "unlabeled", "n/a", "na", "null", "?", "-"];

/// The classes that mean the positive one, of labels and of predictions.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Positive {
    label: Option<String>,
    prediction: Option<String>,
}

enum Way {
    Classes {
        /// Classes of labels and of predictions that are one, if they are not written alike.
        pairs: Option<Vec<Pair>>,
        positive: Option<Positive>,
        is_binary: bool,
    },
    Threshold {
        positive: String,
        /// `None` if nobody said one and scores are of no known range.
        threshold: Option<f64>,
    },
    Numbers,
}

pub struct Judged {
    way: Way,
    label: Kind,
    prediction: Kind,
    /// Texts of labels that say that there is none.
    none: Vec<String>,
    classes: Vec<String>,
    pub has_score: bool,
    /// All scores are between 0 and 1.
    pub is_probability: bool,
    /// How it was told which is which.
    pub note: Option<String>,
    /// Nobody told, so that it must fit what came.
    pub is_guessed: bool,
}

/// The judgement of a row as SQL.
pub struct Judgement {
    pub is_labelled: String,
    pub is_judged: String,
    pub is_right: Option<String>,
    pub is_positive: Option<String>,
    pub is_said: Option<String>,
    pub error: Option<String>,
    pub score: Option<String>,
}

/// Whether a column has a value, as SQL.
fn equals(sql: &str, kind: Kind, value: &str) -> String {
    match kind {
        Kind::Text => format!("{sql} = {}", quote::text(value)),
        // NaN and the infinite are no numbers to SQL.
        Kind::Float if value.parse().is_ok_and(|number: f64| !number.is_finite()) => {
            format!("{sql} = {}::DOUBLE", quote::text(value))
        }
        Kind::Int | Kind::Float | Kind::Decimal { .. } | Kind::Bool => format!("{sql} = {value}"),
        _ => format!("{sql}::VARCHAR = {}", quote::text(value)),
    }
}

impl Judged {
    /// # Errors
    /// If labels and predictions cannot be compared, or it is not certain how.
    pub fn find(said: &Said, roles: &Roles, args: &SlicesArgs) -> Result<Judged> {
        let label = roles.label.kind;
        let mut judged = Judged {
            way: Way::Numbers,
            label,
            prediction: roles.prediction.as_ref().map_or(Kind::Float, |place| place.kind),
            none: Vec::new(),
            classes: said.labels()?,
            has_score: roles.score.is_some(),
            is_probability: false,
            note: None,
            is_guessed: false,
        };
        if judged.has_score {
            judged.is_probability = said.is_probability()?;
        }
        let predictions = match &roles.prediction {
            Some(_) => said.predictions()?,
            None => Vec::new(),
        };
        if label == Kind::Text {
            let is_none = |value: &String| NONE.contains(&value.trim().to_lowercase().as_str());
            judged.none = judged.classes.iter().filter(|v| is_none(v) && !predictions.contains(v)).cloned().collect();
            judged.classes.retain(|value| !judged.none.contains(value));
        }
        if judged.classes.is_empty() {
            return Err(Error::question(format!("no row has a label in `{}`", roles.label.sql))
                .hint("say which column has the labels: --label COLUMN"));
        }
        if roles.prediction.is_none() {
            judged.way = judged.threshold(args)?;
            return Ok(judged);
        }
        if judged.are_numbers(&predictions, roles, args)? {
            judged.note = args.metric.is_none().then(|| {
                "labels are numbers of many values, so errors are measured; --metric accuracy takes them as classes"
                    .into()
            });
            return Ok(judged);
        }
        if predictions.is_empty() {
            let what = roles.prediction.as_ref().map_or("", |place| place.sql.as_str());
            return Err(Error::question(format!("no row has a prediction in `{what}`"))
                .hint("say which column has the predictions: --prediction COLUMN"));
        }
        if judged.classes.len().max(predictions.len()) > CLASSES_MAX {
            return Err(Error::question(format!("labels or predictions have over {CLASSES_MAX} values"))
                .hint("say which columns they are: --label COLUMN --prediction COLUMN"));
        }
        judged.way = judged.classes_of(said, &predictions, args)?;
        Ok(judged)
    }

    fn are_numbers(&self, predictions: &[String], roles: &Roles, args: &SlicesArgs) -> Result<bool> {
        let both = is_number(self.label) && is_number(self.prediction);
        if Metric::wants_numbers(args.metric) == Some(true) {
            let of = || roles.prediction.as_ref().map_or(String::new(), |place| place.sql.clone());
            return if both {
                Ok(true)
            } else {
                let which = if is_number(self.label) { of() } else { roles.label.sql.clone() };
                Err(Error::question(format!("`{which}` is no number, so it has no error"))
                    .hint("ask for --metric accuracy"))
            };
        }
        if !both || args.positive.is_some() || Metric::wants_numbers(args.metric).is_some() {
            return Ok(false);
        }
        let are_classes = self.classes.len() <= CLASSES_OF_NUMBERS_MAX
            && matched((&self.classes, self.label), (predictions, self.prediction)).is_some();
        if are_classes {
            return Ok(false);
        }
        if self.classes.len() <= 2 {
            let column = roles.prediction.as_ref().map_or("", |place| place.sql.as_str());
            return Err(Error::question(format!("`{column}` has other values than `{}`", roles.label.sql))
                .detail(format!("labels are {}; predictions are such as {}", shown(&self.classes), shown(predictions)))
                .hint(format!("if it is a score, say so: --score {column} --threshold 0.5")));
        }
        Ok(true)
    }

    /// Labels against a score past a threshold.
    fn threshold(&mut self, args: &SlicesArgs) -> Result<Way> {
        let threshold = args.threshold.or(self.is_probability.then_some(0.5));
        let positive = match &args.positive {
            Some(told) => self.class_of(told).ok_or_else(|| {
                Error::question(format!("no label is `{told}`")).detail(format!("labels are {}", shown(&self.classes)))
            })?,
            None => {
                let sides = sides(&self.classes).and_then(|sides| sides.positive);
                sides.ok_or_else(|| {
                    Error::question("it is not known which class the score is of")
                        .detail(format!("labels are {}", shown(&self.classes)))
                        .hint(self.positive_hint())
                })?
            }
        };
        let said = match (threshold, args.threshold) {
            (Some(threshold), Some(_)) => format!("a score of {threshold} or more says so"),
            (Some(threshold), None) => {
                format!("a score of {threshold} or more says so, since --threshold is not given")
            }
            (None, _) => "scores are not between 0 and 1, so --threshold must say from which on one says so".into(),
        };
        let inferred = if args.positive.is_some() { "" } else { " (by its name; --positive says otherwise)" };
        self.note = Some(format!("positive is label {positive}{inferred}; {said}"));
        self.is_guessed = args.positive.is_none();
        Ok(Way::Threshold { positive, threshold })
    }

    fn classes_of(&mut self, said: &Said, predictions: &[String], args: &SlicesArgs) -> Result<Way> {
        let told = args.positive.as_deref().map(|told| self.told(told, predictions)).transpose()?;
        let found = matched((&self.classes, self.label), (predictions, self.prediction));
        let is_binary = self.classes.len() <= 2 && predictions.len() <= 2;
        let pairs = match (found, &told) {
            (Some(pairs), _) if told.as_ref().is_none_or(|told| fits(&pairs, told)) => pairs,
            // Of two classes the other ones go together.
            (_, Some(Positive { label: Some(label), prediction: Some(prediction) })) if is_binary => {
                let other = |all: &[String], one: &String| all.iter().find(|value| *value != one).cloned();
                vec![
                    (Some(label.clone()), Some(prediction.clone())),
                    (other(&self.classes, label), other(predictions, prediction)),
                ]
            }
            _ => {
                let truth = sides(predictions).and_then(|sides| sides.positive);
                let hint = match (self.classes.first(), truth.as_ref().or(predictions.first())) {
                    (Some(label), Some(prediction)) if is_binary => {
                        format!("say which go together: --positive {label}={prediction}, or another pair")
                    }
                    _ => "write both with the same names of classes".into(),
                };
                return Err(Error::question("it is not certain which predictions are which labels")
                    .detail(format!("labels are {}; predictions are {}", shown(&self.classes), shown(predictions)))
                    .hint(hint));
            }
        };
        let classes = pairs.len();
        let mut why = "by their names";
        let mut positive = match told {
            Some(told) => Some(told),
            None if classes <= 2 => positive_of(&pairs),
            None => None,
        };
        if positive.is_none() && classes == 2 && self.has_score {
            positive = said.higher_scored()?.and_then(|higher| {
                let pair = pairs.iter().find(|(_, prediction)| prediction.as_ref() == Some(&higher))?;
                Some(Positive { label: pair.0.clone(), prediction: pair.1.clone() })
            });
            why = "its scores are the higher ones";
        }
        let alike =
            pairs.iter().all(|(label, prediction)| label.is_none() || prediction.is_none() || label == prediction);
        let is_same_kind = self.label == self.prediction || (is_number(self.label) && is_number(self.prediction));
        self.is_guessed = args.positive.is_none() && !alike && !is_number(self.label);
        self.note = Some(match &positive {
            None if classes <= 2 => format!("which class is positive is not known: {}", self.positive_hint()),
            None => format!(
                "{classes} classes: accuracy is over all of them, and --positive CLASS says of which precision, recall and the like are{}",
                if is_number(self.label) { "; --metric mae takes them as numbers" } else { "" }
            ),
            Some(Positive { label, prediction }) => {
                let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "(none)".into());
                let inferred = match args.positive {
                    Some(_) => String::new(),
                    None => format!(" ({why}; --positive says otherwise)"),
                };
                format!("positive is label {}, prediction {}{inferred}", text(label), text(prediction))
            }
        });
        let pairs = (!(alike && is_same_kind || is_number(self.label) && is_number(self.prediction))).then_some(pairs);
        Ok(Way::Classes { pairs, positive, is_binary: classes <= 2 })
    }

    /// A class of the labels by how it was typed.
    fn class_of(&self, told: &str) -> Option<String> {
        let is = |value: &&String| canonical(value, self.label) == canonical(told, self.label);
        self.classes.iter().find(is).or_else(|| self.classes.iter().find(|v| v.eq_ignore_ascii_case(told))).cloned()
    }

    /// `CLASS`, or `LABEL=PREDICTION`.
    fn told(&self, told: &str, predictions: &[String]) -> Result<Positive> {
        let prediction_of = |told: &str| {
            let is = |value: &&String| canonical(value, self.prediction) == canonical(told, self.prediction);
            predictions.iter().find(is).or_else(|| predictions.iter().find(|v| v.eq_ignore_ascii_case(told))).cloned()
        };
        for (at, _) in told.match_indices('=') {
            let (label, prediction) = (self.class_of(&told[..at]), prediction_of(&told[at + 1..]));
            if label.is_some() && prediction.is_some() {
                return Ok(Positive { label, prediction });
            }
        }
        let (label, mut prediction) = (self.class_of(told), prediction_of(told));
        if label.is_some() && prediction.is_none() {
            let pairs = matched((&self.classes, self.label), (predictions, self.prediction)).unwrap_or_default();
            let known = pairs.into_iter().find(|(known, _)| *known == label);
            prediction = match known {
                Some((_, prediction)) => prediction,
                // Who says which label is positive means by 1 that it is.
                None => sides(predictions).filter(|sides| sides.is_truth).and_then(|sides| sides.positive),
            };
        }
        if label.is_none() && prediction.is_none() {
            return Err(Error::question(format!("no label and no prediction is `{told}`"))
                .detail(format!("labels are {}; predictions are {}", shown(&self.classes), shown(predictions)))
                .hint(self.positive_hint()));
        }
        Ok(Positive { label, prediction })
    }

    pub fn positive_hint(&self) -> String {
        format!("--positive says it, such as --positive {}", quoted(self.classes.last().map_or("", String::as_str)))
    }

    pub fn is_of_numbers(&self) -> bool {
        matches!(self.way, Way::Numbers)
    }

    pub fn is_by_threshold(&self) -> bool {
        matches!(self.way, Way::Threshold { .. })
    }

    /// Whether a row is said to be of a class, and not only given a score.
    pub fn has_said(&self) -> bool {
        !matches!(self.way, Way::Numbers | Way::Threshold { threshold: None, .. })
    }

    pub fn has_positive(&self) -> bool {
        matches!(self.way, Way::Threshold { .. } | Way::Classes { positive: Some(_), .. })
    }

    /// The judgement of rows that have label, prediction and score under these names.
    pub fn sql(&self, label: &str, prediction: Option<&str>, score: Option<&str>) -> Judgement {
        let finite = |sql: &str| format!("isfinite({sql}::DOUBLE)");
        let mut is_labelled = match self.way {
            Way::Numbers => format!("coalesce({}, false)", finite(label)),
            _ => format!("{label} IS NOT NULL"),
        };
        if !self.none.is_empty() {
            let none: Vec<String> = self.none.iter().map(|value| quote::text(value)).collect();
            is_labelled = format!("({is_labelled} AND {label} NOT IN ({}))", none.join(", "));
        }
        let scored = score.map(|score| format!("CASE WHEN {} THEN {score}::DOUBLE END", finite(score)));
        let prediction = prediction.unwrap_or("NULL");
        let judged = |with: &str| format!("{is_labelled} AND {with}");
        let empty = Judgement {
            is_judged: judged(&format!("{prediction} IS NOT NULL")),
            is_labelled: is_labelled.clone(),
            is_right: None,
            is_positive: None,
            is_said: None,
            error: None,
            score: None,
        };
        match &self.way {
            Way::Numbers => Judgement {
                is_judged: judged(&format!("coalesce({}, false)", finite(prediction))),
                error: Some(format!("{prediction}::DOUBLE - {label}::DOUBLE")),
                ..empty
            },
            Way::Threshold { positive, threshold } => {
                let score = score.unwrap_or("NULL");
                let is = equals(label, self.label, positive);
                let said = threshold.map(|threshold| format!("{score} >= {threshold}"));
                Judgement {
                    is_judged: judged(&format!("coalesce({}, false)", finite(score))),
                    is_right: said.as_ref().map(|said| format!("({is}) = ({said})")),
                    is_positive: Some(is),
                    is_said: said,
                    score: scored,
                    ..empty
                }
            }
            Way::Classes { pairs, positive, is_binary } => {
                let or_false = |sql: Option<String>| sql.unwrap_or_else(|| "false".into());
                let is = |positive: &Positive| or_false(positive.label.as_ref().map(|v| equals(label, self.label, v)));
                let said = |positive: &Positive| {
                    or_false(positive.prediction.as_ref().map(|v| equals(prediction, self.prediction, v)))
                };
                let is_positive = positive.as_ref().map(is);
                let is_said = positive.as_ref().map(said);
                let is_right = match (pairs, &is_positive, &is_said) {
                    (_, Some(is), Some(said)) if *is_binary => format!("({is}) = ({said})"),
                    (None, ..) => format!("{label} = {prediction}"),
                    (Some(pairs), ..) => {
                        let both = pairs.iter().filter_map(|(own, other)| own.as_ref().zip(other.as_ref()));
                        let any: Vec<String> = both
                            .map(|(a, b)| {
                                format!(
                                    "({} AND {})",
                                    equals(label, self.label, a),
                                    equals(prediction, self.prediction, b)
                                )
                            })
                            .collect();
                        if any.is_empty() { "false".into() } else { format!("({})", any.join(" OR ")) }
                    }
                };
                let score = scored.filter(|_| is_positive.is_some());
                Judgement { is_right: Some(is_right), is_positive, is_said, score, ..empty }
            }
        }
    }
}

fn fits(pairs: &[Pair], told: &Positive) -> bool {
    pairs.iter().any(|(label, prediction)| *label == told.label && *prediction == told.prediction)
}

/// The positive one of two classes by the words of either side.
fn positive_of(pairs: &[Pair]) -> Option<Positive> {
    let side = |of: fn(&Pair) -> &Option<String>| {
        let values: Vec<String> = pairs.iter().filter_map(|pair| of(pair).clone()).collect();
        sides(&values)
    };
    let by_label = side(|pair| &pair.0).and_then(|sides| sides.positive).map(|value| (true, value));
    let by_prediction = || side(|pair| &pair.1).and_then(|sides| sides.positive).map(|value| (false, value));
    let (is_label, value) = by_label.or_else(by_prediction)?;
    let is = |pair: &&Pair| {
        let known = if is_label { &pair.0 } else { &pair.1 };
        known.as_ref() == Some(&value)
    };
    pairs.iter().find(is).map(|(label, prediction)| Positive { label: label.clone(), prediction: prediction.clone() })
}

fn quoted(value: &str) -> String {
    let is_plain = value.chars().all(|c| c.is_alphanumeric() || "._+-".contains(c)) && !value.is_empty();
    if is_plain { value.to_string() } else { format!("'{}'", value.replace('\'', "'\\''")) }
}

/// A few of them.
fn shown(values: &[String]) -> String {
    const SHOWN: usize = 5;
    match values.len() {
        more if more > SHOWN => format!("{} and {} more", name::listed(&values[..SHOWN]), more - SHOWN),
        _ => name::listed(values),
    }
}
