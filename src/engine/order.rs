//! The same rows in the same order from any number of threads. Evidence is read in parallel where the answer is
//! sorted or counted, with every column as the last tie-breaker; where neither is so, or the order of rows is seen,
//! the engine takes its rows in their own order (`ahead.rs`).

use std::collections::HashSet;

use duckdb::Connection;
use serde_json::{Value, json};

use super::{Engine, quote};
use crate::error::Result;

/// Functions whose result depends on the order of their rows, as plans write them. Those of windows depend on it where
/// rows are as early as one another.
const BY_ORDER: [&str; 20] = [
    "first(",
    "last(",
    "any_value(",
    "list(",
    "array_agg(",
    "string_agg(",
    "group_concat(",
    "listagg(",
    "arg_",
    "mode(",
    "approx_quantile(",
    "approx_top_k(",
    "row_number(",
    "ntile(",
    "lag(",
    "lead(",
    "first_value(",
    "last_value(",
    "nth_value(",
    "rows between",
];
/// Functions whose result depends on it in the last digit, over floating-point numbers.
const BY_ROUNDING: [&str; 11] =
    ["sum(", "avg(", "stddev", "var_", "corr(", "regr_", "covar_", "kurtosis", "skewness", "product(", "entropy("];
/// Where numbers become floating-point ones.
const FLOATS: [&str; 7] = ["double", "float", "epoch(", "date_part(", "median(", "quantile_cont(", "similarity("];
/// What a subquery that stands for one value is asked for besides its first row, so that it has no second one.
const ONE_ROW: &str = "more than one row returned by a subquery";

/// While it is there, the engine keeps rows in no order: threads need not wait for one another.
pub struct Disorder<'a>(&'a Engine);

impl Engine {
    /// # Errors
    /// If the engine refuses.
    pub(super) fn in_no_order(&self) -> Result<Disorder<'_>> {
        self.execute("SET preserve_insertion_order = false")?;
        Ok(Disorder(self))
    }
}

impl Drop for Disorder<'_> {
    fn drop(&mut self) {
        // It was let do the opposite.
        self.0.execute("SET preserve_insertion_order = true").ok();
    }
}

/// How a query is run so that its answer does not depend on threads.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub sql: String,
    /// Take the evidence in its own order.
    pub in_order: bool,
    /// Numbers are rounded in an order that the engine's own threads make: of what is joined, or grouped before.
    pub alone: bool,
}

/// `floats` are the names of floating-point columns, in lower case.
pub fn plan(connection: &Connection, sql: &str, floats: &HashSet<String>) -> Run {
    let as_it_is = |alone| Run { sql: sql.to_string(), in_order: true, alone };
    let text = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, String>(1)).ok();
    // What cannot be explained is refused with its own words when it is run, or has parameters.
    let explained = text(format!("EXPLAIN (FORMAT JSON) {sql}")).and_then(|plan| serde_json::from_str(&plan).ok());
    let Some(Value::Array(roots)) = explained else { return as_it_is(false) };
    let mut seen = Seen::default();
    roots.iter().for_each(|root| seen.look(root, Place::Outermost, floats, false));
    let alone = seen.mixes && seen.has_floats;
    if !seen.is_sorted_or_counted {
        return as_it_is(alone);
    }
    match with_tie_breakers(connection, sql) {
        Some(sql) => Run { sql, in_order: seen.order || (seen.rounds && seen.has_floats), alone },
        None => as_it_is(alone),
    }
}

/// What was found in a plan.
#[derive(Default)]
struct Seen {
    is_sorted_or_counted: bool,
    /// Something sees the order of its rows.
    order: bool,
    rounds: bool,
    has_floats: bool,
    /// Below what rounds stands what gives its rows in the order in which threads come to them.
    mixes: bool,
}

/// Where an operator stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Nothing but projections is above it: its rows are those of the answer.
    Outermost,
    /// Below the check of a subquery that it has one row.
    OneRow,
    Inner,
}

impl Seen {
    fn look(&mut self, operator: &Value, place: Place, floats: &HashSet<String>, is_rounded: bool) {
        let name = operator["name"].as_str().unwrap_or_default();
        let has = |text: &str| name.contains(text);
        let texts = texts(&operator["extra_info"]);
        let say = |words: &[&str]| texts.iter().any(|text| words.iter().any(|word| text.contains(word)));
        self.is_sorted_or_counted |= ["ORDER_BY", "TOP_N", "GROUP_BY", "AGGREGATE"].iter().any(|kind| has(kind));
        // Which rows are within a limit is seen by what is above it; the answer itself is sorted by all of its columns.
        let is_limit = has("LIMIT") || has("TOP_N");
        self.order |= is_limit && (place != Place::Outermost || !has("TOP_N") && !is_sorted(operator));
        self.order |= place != Place::OneRow && say(&BY_ORDER);
        self.rounds |= say(&BY_ROUNDING);
        self.mixes |= is_rounded && ["JOIN", "WINDOW", "GROUP_BY", "UNION", "DISTINCT"].iter().any(|kind| has(kind));
        self.has_floats |= say(&FLOATS) || has("SCAN") && texts.iter().any(|text| floats.contains(text));
        let below = match place {
            _ if say(&[ONE_ROW]) => Place::OneRow,
            Place::Outermost if name == "PROJECTION" => Place::Outermost,
            _ => Place::Inner,
        };
        let children = operator["children"].as_array();
        let is_rounded = is_rounded || say(&BY_ROUNDING);
        children.into_iter().flatten().for_each(|child| self.look(child, below, floats, is_rounded));
    }
}

/// Whether the rows of a limit come sorted.
fn is_sorted(limit: &Value) -> bool {
    let child = &limit["children"][0];
    match child["name"].as_str() {
        Some("ORDER_BY" | "TOP_N") => true,
        Some("PROJECTION") => is_sorted(child),
        _ => false,
    }
}

/// All that a plan says of an operator, in lower case and without the quotes that it writes around words of SQL.
fn texts(of: &Value) -> Vec<String> {
    match of {
        Value::String(text) => vec![text.replace('"', "").to_lowercase()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Object(items) => items.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The statement sorted by what it is sorted by, then by all of its columns.
fn with_tie_breakers(connection: &Connection, sql: &str) -> Option<String> {
    let columns: i64 = connection.prepare(&format!("DESCRIBE {sql}")).ok()?.query([]).ok().map(|mut rows| {
        let mut count = 0;
        while matches!(rows.next(), Ok(Some(_))) {
            count += 1;
        }
        count
    })?;
    let tree: String = connection
        .query_row(&format!("SELECT json_serialize_sql({})::VARCHAR", quote::text(sql)), [], |row| row.get(0))
        .ok()?;
    let mut tree: Value = serde_json::from_str(&tree).ok()?;
    let statements = tree.get_mut("statements")?.as_array_mut().filter(|list| list.len() == 1)?;
    let modifiers = statements[0].get_mut("node")?.get_mut("modifiers")?.as_array_mut()?;
    let position = |number: i64| {
        json!({"type": "ORDER_DEFAULT", "null_order": "ORDER_DEFAULT", "expression": {
            "class": "CONSTANT", "type": "VALUE_CONSTANT", "alias": "", "query_location": 0,
            "value": {"type": {"id": "INTEGER", "type_info": null}, "is_null": false, "value": number}}})
    };
    let all: Vec<Value> = (1..=columns).map(position).collect();
    let is = |kind: &'static str| move |modifier: &Value| modifier["type"] == kind;
    match modifiers.iter().position(is("ORDER_MODIFIER")) {
        // `ORDER BY ALL` is by every column already.
        Some(at) if modifiers[at].to_string().contains("\"STAR\"") => {}
        Some(at) => modifiers[at].get_mut("orders")?.as_array_mut()?.extend(all),
        None => {
            let at = modifiers.iter().position(is("LIMIT_MODIFIER")).unwrap_or(modifiers.len());
            modifiers.insert(at, json!({"type": "ORDER_MODIFIER", "orders": all}));
        }
    }
    let back = format!("SELECT json_deserialize_sql({}::JSON)", quote::text(&tree.to_string()));
    connection.query_row(&back, [], |row| row.get(0)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sorted_and_counted_answers_get_tie_breakers_and_others_one_thread() {
        let connection = Connection::open_in_memory().expect("opens");
        connection.execute_batch("CREATE TABLE t (a INTEGER, b DOUBLE)").expect("creates");
        let floats = HashSet::from(["b".into()]);
        let planned = |sql: &str| plan(&connection, sql, &floats);
        let counted = planned("SELECT a, count(*) FROM t GROUP BY a ORDER BY 2 DESC LIMIT 3");
        assert!(!counted.in_order);
        assert!(counted.sql.contains("ORDER BY 2 DESC, 1, 2"), "{}", counted.sql);
        let all = planned("SELECT a, count(*) FROM t GROUP BY ALL ORDER BY ALL");
        assert!(!all.in_order && !all.sql.contains("1, 2"), "{}", all.sql);
        let many: Vec<String> = (0..200).map(|number| format!("count(a + {number})")).collect();
        let many = many.join(", ");
        for sql in [
            "SELECT a FROM t WHERE a > 1",
            "SELECT sum(b) FROM t",
            "SELECT sum(a / 3) FROM t",
            "SELECT first(a), count(*) FROM t",
            "SELECT any_value(a) FROM t",
            "SELECT a, lag(b) OVER (ORDER BY a) FROM t ORDER BY a",
            "SELECT count(b) FROM (SELECT b FROM t LIMIT 10)",
            "SELECT count(b) FROM (SELECT b FROM t ORDER BY a LIMIT 10)",
            &format!("SELECT {many}, first(a) FROM t"),
        ] {
            assert!(planned(sql).in_order, "{sql}");
        }
        for sql in [
            "SELECT sum(a) FROM t",
            "SELECT a FROM t ORDER BY a LIMIT 10",
            "SELECT a FROM t ORDER BY a LIMIT 100000",
            "SELECT count(*), (SELECT max(a) FROM t) FROM t WHERE a > (SELECT min(a) FROM t)",
            &format!("SELECT {many} FROM t"),
        ] {
            assert!(!planned(sql).in_order, "{sql}");
        }
        for (sql, alone) in [
            ("SELECT avg(b) FROM t", false),
            ("SELECT avg(t.b) FROM t JOIN t s ON s.a = t.a", true),
            ("SELECT sum(b) FROM (SELECT a, sum(b) AS b FROM t GROUP BY a)", true),
            ("SELECT sum(r * b) FROM (SELECT b, rank() OVER (ORDER BY a) AS r FROM t)", true),
            ("SELECT count(t.b) FROM t JOIN t s ON s.a = t.a", false),
            ("SELECT a, sum(b) FROM t GROUP BY a", false),
        ] {
            assert_eq!(planned(sql).alone, alone, "{sql}");
        }
    }
}
