//! What classes are called: which of two is the positive one, and which classes of labels and of predictions are one.

use crate::model::column::Kind;

/// Classes that something is said to have or be, against being as it should.
const CONDITIONS: &[&str] = &[
    "faulty",
    "fault",
    "defect",
    "defective",
    "anomaly",
    "anomalous",
    "abnormal",
    "outlier",
    "fraud",
    "fraudulent",
    "spam",
    "attack",
    "malicious",
    "intrusion",
    "positive",
    "pos",
    "sick",
    "diseased",
    "churn",
    "churned",
    "scrap",
    "nok",
    "ng",
];
/// As it should be.
const USUAL: &[&str] = &[
    "good",
    "ok",
    "okay",
    "normal",
    "healthy",
    "benign",
    "ham",
    "legit",
    "legitimate",
    "negative",
    "neg",
    "inlier",
    "fine",
];
const YES: &[&str] = &["true", "yes", "y", "t", "1"];
const NO: &[&str] = &["false", "no", "n", "f", "0", "-1"];

/// A value as it is compared: numbers without needless digits, truth as 1 and 0 only among its own kind.
pub fn canonical(value: &str, kind: Kind) -> String {
    match (kind, value.trim().parse::<f64>()) {
        (Kind::Int | Kind::Float | Kind::Decimal { .. }, Ok(number)) if number.is_finite() => format!("{number}"),
        (Kind::Text, Ok(number)) if number.is_finite() && value.trim().starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{number}")
        }
        _ => value.to_string(),
    }
}

fn folded(value: &str) -> String {
    value.trim().to_lowercase()
}

/// A class as labels have it, and as predictions do; either may lack it.
pub type Pair = (Option<String>, Option<String>);

/// The positive and the other class of at most two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sides {
    pub positive: Option<String>,
    pub negative: Option<String>,
    /// By yes and no, true and false, 1 and 0.
    pub is_truth: bool,
}

/// Which of at most two classes is the positive one, if their words tell it.
pub fn sides(values: &[String]) -> Option<Sides> {
    if values.is_empty() || values.len() > 2 {
        return None;
    }
    let of = |words: &[&str]| -> Vec<&String> {
        values.iter().filter(|value| words.contains(&canonical(&folded(value), Kind::Text).as_str())).collect()
    };
    let (yes, no) = (of(YES), of(NO));
    if yes.len() + no.len() == values.len() && yes.len() <= 1 && no.len() <= 1 {
        let one = |found: &[&String]| found.first().map(|value| (*value).clone());
        return Some(Sides { positive: one(&yes), negative: one(&no), is_truth: true });
    }
    let (conditions, usual) = (of(CONDITIONS), of(USUAL));
    match (conditions.as_slice(), values) {
        ([condition], values) => Some(Sides {
            positive: Some((*condition).clone()),
            negative: values.iter().find(|value| value != condition).cloned(),
            is_truth: false,
        }),
        ([], [only]) if usual.len() == 1 => {
            Some(Sides { positive: None, negative: Some(only.clone()), is_truth: false })
        }
        _ => None,
    }
}

/// Which class of the predictions each class of the labels is: pairs of which one may be missing; `None` if that is not
/// certain. They are the same words, the same but for case and spaces, or the positive class of two is told by both.
pub fn matched(labels: (&[String], Kind), predictions: (&[String], Kind)) -> Option<Vec<Pair>> {
    let same = |of: &dyn Fn(&str, Kind) -> String| {
        let left: Vec<String> = labels.0.iter().map(|value| of(value, labels.1)).collect();
        let right: Vec<String> = predictions.0.iter().map(|value| of(value, predictions.1)).collect();
        let is_injective = |all: &[String]| (1..all.len()).all(|at| !all[..at].contains(&all[at]));
        let common = left.iter().filter(|value| right.contains(value)).count();
        let is_part = common == left.len() || common == right.len();
        if !is_injective(&left) || !is_injective(&right) || common == 0 || !(is_part || common >= 2) {
            return None;
        }
        let mut pairs: Vec<Pair> = left
            .iter()
            .zip(labels.0)
            .map(|(key, label)| {
                let other = right.iter().position(|value| value == key).map(|at| predictions.0[at].clone());
                (Some(label.clone()), other)
            })
            .collect();
        let extra = right.iter().zip(predictions.0).filter(|(key, _)| !left.contains(key));
        pairs.extend(extra.map(|(_, prediction)| (None, Some(prediction.clone()))));
        Some(pairs)
    };
    let by_words = || {
        let (left, right) = (sides(labels.0)?, sides(predictions.0)?);
        Some(vec![(left.positive, right.positive), (left.negative, right.negative)])
    };
    same(&canonical).or_else(|| same(&|value, _| folded(value))).or_else(by_words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(labels: &[&str], kind: Kind, predictions: &[&str], other: Kind) -> Option<String> {
        let texts = |values: &[&str]| values.iter().map(|value| (*value).to_string()).collect::<Vec<_>>();
        let found = matched((&texts(labels), kind), (&texts(predictions), other))?;
        let text = |one: &Option<String>| one.clone().unwrap_or_else(|| "-".into());
        Some(found.iter().map(|(a, b)| format!("{}={}", text(a), text(b))).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn classes_are_matched_where_that_is_certain() {
        let is = |labels: &[&str], kind, predictions: &[&str], other, wanted: Option<&str>| {
            assert_eq!(pairs(labels, kind, predictions, other).as_deref(), wanted, "{labels:?} {predictions:?}");
        };
        is(&["a", "b", "c"], Kind::Text, &["c", "a"], Kind::Text, Some("a=a b=- c=c"));
        is(&["0", "1"], Kind::Int, &["1.0", "0.0"], Kind::Float, Some("0=0.0 1=1.0"));
        is(&["OK", "Faulty"], Kind::Text, &["faulty", "ok"], Kind::Text, Some("OK=ok Faulty=faulty"));
        is(&["good", "faulty"], Kind::Text, &["0", "1"], Kind::Int, Some("faulty=1 good=0"));
        is(&["true", "false"], Kind::Bool, &["0", "1"], Kind::Int, Some("true=1 false=0"));
        is(&["normal", "anomaly"], Kind::Text, &["ok", "defect"], Kind::Text, Some("anomaly=defect normal=ok"));
        is(&["-1", "1"], Kind::Int, &["true", "false"], Kind::Bool, Some("1=true -1=false"));
        // It may be either way round, or nothing of the kind.
        is(&["pass", "fail"], Kind::Text, &["0", "1"], Kind::Int, None);
        is(&["cat", "dog"], Kind::Text, &["0", "1"], Kind::Int, None);
        is(&["a", "b", "c"], Kind::Text, &["c", "d", "e"], Kind::Text, None);
    }

    #[test]
    fn the_positive_class_is_told_by_words() {
        let told = |values: &[&str]| {
            sides(&values.iter().map(|value| (*value).to_string()).collect::<Vec<_>>()).and_then(|sides| sides.positive)
        };
        assert_eq!(told(&["good", "faulty"]).as_deref(), Some("faulty"));
        assert_eq!(told(&["1", "0"]).as_deref(), Some("1"));
        assert_eq!(told(&["false", "true"]).as_deref(), Some("true"));
        assert_eq!(told(&["<=50K", ">50K"]), None);
        assert_eq!(told(&["pass", "fail"]), None);
    }
}
