//! `metric`: how well a model's predictions fit the labels.

use super::asking::{Asking, nothing, plural};
use super::said::{Bounds, Check};
use super::{Kind, Verdict};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::name;
use crate::model::value::Value;
use crate::session::known_column;
use crate::session::written::text as key_text;

pub const KIND: Kind = Kind {
    key: "metric",
    needs: &["table", "label", "prediction", "positive"],
    takes: &["min", "max", "where", "from", "to"],
    valid,
    is_analysis: false,
    ask,
    name: |check| format!("{} of {}", check.metric, check.table.as_deref().unwrap_or_default()),
};

/// Each as a part of a whole, over counts of true and false positives and negatives.
const METRICS: [(&str, &str, &str); 6] = [
    ("accuracy", "tp + tn", "tp + tn + fp + fn"),
    ("precision", "tp", "tp + fp"),
    ("recall", "tp", "tp + fn"),
    ("f1", "2 * tp", "2 * tp + fp + fn"),
    ("fpr", "fp", "fp + tn"),
    ("fnr", "fn", "fn + tp"),
];

fn bounds(check: &Check) -> Bounds {
    Bounds { min: check.min, max: check.max }
}

fn valid(check: &Check) -> Result<()> {
    if !METRICS.iter().any(|(name, ..)| *name == check.metric) {
        let known: Vec<String> = METRICS.iter().map(|(name, ..)| (*name).to_string()).collect();
        return Err(Error::question(format!("`{}` is no metric", check.metric))
            .hint(format!("metrics are {}", name::listed(&known))));
    }
    bounds(check).valid("the check")
}

fn ask(asking: &Asking, check: &Check) -> Result<Verdict> {
    let table = asking.table(check)?;
    let column = |name: &str, key: &str| known_column(&table.name, &table.columns, name, key);
    let (label, prediction) = (column(&check.label, "`label`")?, column(&check.prediction, "`prediction`")?);
    let (label, prediction) = (key_text(table, &label), key_text(table, &prediction));
    let positive = match check.positive.as_ref() {
        Some(toml::Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
        None => String::new(),
    };
    let is_positive = quote::text(&positive);
    let (_, part, whole) = METRICS.into_iter().find(|(name, ..)| *name == check.metric).unwrap_or(METRICS[0]);
    let rows = asking.rows(check, table, &[])?;
    let judged = asking.rows(check, table, &[format!("{label} IS NOT NULL"), format!("{prediction} IS NOT NULL")])?;
    let sql = quote::one_line(&format!(
        "SELECT tp, fp, fn, tn, ({part}) / nullif({whole}, 0) AS {} FROM (SELECT \
         count(*) FILTER (is_positive AND is_said) AS tp, count(*) FILTER (NOT is_positive AND is_said) AS fp, \
         count(*) FILTER (is_positive AND NOT is_said) AS fn, count(*) FILTER (NOT is_positive AND NOT is_said) AS tn \
         FROM (SELECT {label} = {is_positive} AS is_positive, {prediction} = {is_positive} AS is_said{judged}))",
        check.metric
    ));
    let row = asking.session.one_row(&sql)?;
    let [tp, fp, r#fn, tn] = [0, 1, 2, 3].map(|at| row[at].int());
    if tp + fp + r#fn + tn == 0 {
        return Err(nothing(&format!("`{}` has no row with a label and a prediction", table.name)));
    }
    if tp + fp + r#fn == 0 {
        let values =
            asking.session.engine.rows(&format!("SELECT DISTINCT {label} AS label{judged} ORDER BY 1 LIMIT 5"))?;
        let values: Vec<String> = values.rows.iter().map(|row| row[0].shown()).collect();
        return Err(nothing(&format!("`{}` has no `{positive}`", table.name))
            .detail(format!("labels are {}", name::listed(&values))));
    }
    let Value::Float(value) = row[4] else {
        return Err(nothing(&format!("{whole} is 0")));
    };
    let left_out = asking.session.one_row(&format!("SELECT count(*){rows}"))?[0].int() - (tp + fp + r#fn + tn);
    let left_out = match left_out {
        0 => String::new(),
        rows => format!("; {} without a label or a prediction left out", plural(rows, "row")),
    };
    let bounds = bounds(check);
    Ok(Verdict {
        holds: bounds.hold(value),
        expected: bounds.shown(),
        observed: format!("{}", (value * 1e6).round() / 1e6),
        detail: format!(
            "{} is ({part}) / ({whole}) with tp {tp}, fp {fp}, fn {}, tn {tn}{left_out}",
            check.metric, r#fn
        ),
        sql,
    })
}
