//! What labels, predictions and scores there are, before it is known how they are compared.

use super::roles::{Place, Roles, is_number};
use super::rows::own_columns;
use crate::error::Result;
use crate::model::value::Value;
use crate::session::Session;

/// More classes than these are none.
pub const CLASSES_MAX: usize = 1000;
/// Rows that tell whether numbers have more values.
const LOOKED_AT: i64 = 20_000;

/// Pairs of labels and predictions are kept with their rows as `rca_said`; of numbers that have more values than classes
/// may be, only the most frequent ones of the first rows, as `rca_said_first`.
pub struct Said<'a> {
    session: &'a Session,
    pub rows: u64,
    labels: &'static str,
    predictions: &'static str,
}

const ALL: &str = "rca_said";
const FIRST: &str = "rca_said_first";

impl<'a> Said<'a> {
    /// # Errors
    /// If the evidence cannot be read.
    pub fn find(roles: &Roles<'a>) -> Result<Said<'a>> {
        let population = &roles.population;
        let session = population.session;
        let own = own_columns(roles);
        let mut said: Vec<&str> = own.iter().map(String::as_str).collect();
        said.push(&population.condition);
        let from = format!(
            "FROM {} WHERE {}",
            population.relation(&population.needed(&said), Some(&said)),
            population.condition
        );
        let sql = |place: Option<&Place>| place.map_or_else(|| "NULL::DOUBLE".to_string(), |place| place.sql.clone());
        let (label, prediction) = (sql(Some(&roles.label)), sql(roles.prediction.as_ref()));
        session.engine.keep_first(
            FIRST,
            &format!("SELECT {label} AS label, {prediction} AS prediction, 1 AS rows {from}"),
            LOOKED_AT,
        )?;
        let counts = format!("SELECT count(DISTINCT label), count(DISTINCT prediction) FROM {FIRST}");
        let counts = session.engine.counted(&counts)?;
        let is_many = |at: usize, place: Option<&Place>| {
            place.is_some_and(|place| is_number(place.kind))
                && counts.get(at).is_some_and(|count| count.int() > CLASSES_MAX as i64)
        };
        let (many_labels, many_predictions) = (is_many(0, Some(&roles.label)), is_many(1, roles.prediction.as_ref()));
        let of = |is_many: bool, sql: String| if is_many { "NULL::DOUBLE".to_string() } else { sql };
        let score = format!("({})::DOUBLE", sql(roles.score.as_ref()));
        session.engine.keep_found(
            ALL,
            &format!(
                "SELECT label, prediction, count(*) AS rows, min(score) FILTER (isfinite(score)) AS lowest, \
                 max(score) FILTER (isfinite(score)) AS highest FROM \
                 (SELECT {} AS label, {} AS prediction, {score} AS score {from}) GROUP BY ALL",
                of(many_labels, label),
                of(many_predictions, prediction),
            ),
        )?;
        let rows = session.one_row(&format!("SELECT coalesce(sum(rows), 0)::BIGINT FROM {ALL}"))?[0].int();
        let place = |is_many: bool| if is_many { FIRST } else { ALL };
        let (labels, predictions) = (place(many_labels), place(many_predictions));
        Ok(Said { session, rows: rows.unsigned_abs(), labels, predictions })
    }

    /// The labels, the most frequent first; one more than there may be classes if they are more.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn labels(&self) -> Result<Vec<String>> {
        self.values("label", self.labels)
    }

    /// The predictions in the same way.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn predictions(&self) -> Result<Vec<String>> {
        self.values("prediction", self.predictions)
    }

    fn values(&self, column: &str, table: &str) -> Result<Vec<String>> {
        let sql = format!(
            "SELECT {column}::VARCHAR, sum(rows)::BIGINT FROM {table} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {}",
            CLASSES_MAX + 1
        );
        Ok(self.session.engine.rows(&sql)?.rows.iter().map(|row| row[0].shown()).collect())
    }

    /// Whether all scores are between 0 and 1.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn is_probability(&self) -> Result<bool> {
        let sql = format!("SELECT coalesce(min(lowest) >= 0 AND max(highest) <= 1, false) FROM {ALL}");
        Ok(self.session.engine.counted(&sql)?.first() == Some(&Value::Bool(true)))
    }

    /// The prediction whose scores are all as high as those of the other one, or higher.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn higher_scored(&self) -> Result<Option<String>> {
        let sql = format!(
            "SELECT prediction::VARCHAR, min(lowest), max(highest) FROM {ALL} \
             WHERE lowest IS NOT NULL AND prediction IS NOT NULL GROUP BY 1 ORDER BY 2"
        );
        let rows = self.session.engine.rows(&sql)?.rows;
        let [lower, higher] = rows.as_slice() else { return Ok(None) };
        Ok(match (&lower[1], &lower[2], &higher[1]) {
            (Value::Float(least), Value::Float(most), Value::Float(next)) if most <= next && least < next => {
                Some(higher[0].shown())
            }
            _ => None,
        })
    }

    /// The most frequent labels of rows with a prediction, and how many rows have each.
    ///
    /// # Errors
    /// If the engine fails.
    pub fn classes(&self, most: usize) -> Result<Vec<(String, u64)>> {
        let sql = format!(
            "SELECT label::VARCHAR, sum(rows)::BIGINT FROM {ALL} WHERE label IS NOT NULL AND prediction IS NOT NULL \
             GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {most}"
        );
        let rows = self.session.engine.rows(&sql)?.rows;
        Ok(rows.iter().map(|row| (row[0].shown(), row[1].int().unsigned_abs())).collect())
    }
}
