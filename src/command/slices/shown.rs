//! The SQL of a slice, to be pasted: it counts the figures of its row from the evidence.

use super::rows::Rows;
use crate::engine::quote;

/// SQL of the rows judged of which conditions hold, to be pasted: their figures as a row of the answer has them.
pub fn figures(rows: &Rows, conditions: &[&str]) -> String {
    let population = &rows.roles.population;
    let judgement = rows.judgement();
    let mut parts: Vec<&str> = vec![&population.condition, &judgement.is_judged];
    parts.retain(|part| *part != "true");
    parts.extend(conditions);
    let (mut columns, mut figures) = (Vec::new(), Vec::new());
    let mut share = |part: &str, whole: &str, name: &str| {
        let count = |condition: &str| match condition {
            "" => "count(*)".to_string(),
            _ => format!("count(*) FILTER (WHERE {condition})"),
        };
        figures.push(format!("{} / nullif({}, 0) AS {name}", count(part), count(whole)));
    };
    if let Some(right) = &judgement.is_right {
        columns.push(format!("{right} AS is_right"));
        share("is_right", "", "accuracy");
    }
    if let Some(positive) = &judgement.is_positive {
        columns.push(format!("{positive} AS is_positive"));
    }
    if let (Some(_), Some(said)) = (&judgement.is_positive, &judgement.is_said) {
        columns.push(format!("{said} AS is_said"));
        share("is_positive AND is_said", "is_said", "precision");
        share("is_positive AND is_said", "is_positive", "recall");
        figures.push(
            "2 * count(*) FILTER (WHERE is_positive AND is_said) / \
             nullif(count(*) FILTER (WHERE is_said) + count(*) FILTER (WHERE is_positive), 0) AS f1"
                .into(),
        );
        let mut share = |part: &str, whole: &str, name: &str| {
            figures
                .push(format!("count(*) FILTER (WHERE {part}) / nullif(count(*) FILTER (WHERE {whole}), 0) AS {name}"));
        };
        share("is_said AND NOT is_positive", "NOT is_positive", "fpr");
        share("is_positive AND NOT is_said", "is_positive", "fnr");
    }
    if let (Some(score), Some(_)) = (&judgement.score, &judgement.is_positive) {
        columns.push(format!("{score} AS model_score"));
        columns.push(format!(
            "rank() OVER (PARTITION BY {score} IS NULL ORDER BY {score}) + (count(*) OVER (PARTITION BY {score}) - 1) / 2 AS place"
        ));
        let (up, down) = ("is_positive AND model_score IS NOT NULL", "NOT is_positive AND model_score IS NOT NULL");
        figures.push(format!(
            "(sum(place) FILTER (WHERE {up}) - count(*) FILTER (WHERE {up}) * (count(*) FILTER (WHERE {up}) + 1) / 2) / \
             nullif(count(*) FILTER (WHERE {up}) * count(*) FILTER (WHERE {down}), 0) AS auc"
        ));
        figures.push("avg((model_score - is_positive::INTEGER) ** 2) AS brier".into());
    }
    if let Some(error) = &judgement.error {
        columns.push(format!("{error} AS model_error"));
        figures
            .push("avg(abs(model_error)) AS mae, sqrt(avg(model_error ** 2)) AS rmse, avg(model_error) AS bias".into());
    }
    let mut said: Vec<&str> = parts.clone();
    said.extend(columns.iter().map(String::as_str));
    let with = population.needed(&said);
    quote::one_line(&format!(
        "SELECT count(*) AS rows, {} FROM (SELECT {} FROM {} WHERE {})",
        figures.join(", "),
        columns.join(", "),
        population.relation(&with, Some(&said)),
        parts.join(" AND ")
    ))
}
