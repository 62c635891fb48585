//! The same rows in the same order from any number of threads. Evidence is read in parallel where the answer is
//! sorted or counted, with every column as the last tie-breaker; where neither is so, or the order of rows is seen,
//! the engine takes its rows in their own order (`ahead.rs`).

use duckdb::Connection;
use serde_json::{Value, json};

use super::quote;

/// Functions whose result depends on the order of their rows, as plans write them.
const BY_ORDER: [&str; 11] = [
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
    "row_number(",
];
/// Functions whose result depends on it in the last digit, over floating-point numbers.
const BY_ROUNDING: [&str; 8] = ["sum(", "avg(", "stddev", "var_", "corr(", "regr_", "covar_", "kurtosis"];

/// How a query is run so that its answer does not depend on threads.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub sql: String,
    /// Take the evidence in its own order.
    pub in_order: bool,
}

/// `floats` are the names of floating-point columns.
pub fn plan(connection: &Connection, sql: &str, floats: &[String]) -> Run {
    let as_it_is = |in_order| Run { sql: sql.to_string(), in_order };
    let text = |sql: String| connection.query_row(&sql, [], |row| row.get::<_, String>(1)).ok();
    // What cannot be explained is refused with its own words when it is run, or has parameters.
    let Some(plan) = text(format!("EXPLAIN {sql}")) else { return as_it_is(true) };
    let has = |words: &[&str]| words.iter().any(|word| plan.contains(word));
    let rounding = has(&BY_ROUNDING) && floats.iter().any(|name| has_word(&plan, name));
    let in_order = has(&BY_ORDER) || rounding;
    if !has(&["ORDER_BY", "TOP_N", "GROUP_BY", "AGGREGATE"]) {
        return as_it_is(true);
    }
    match with_tie_breakers(connection, sql) {
        Some(sql) => Run { sql, in_order },
        None => as_it_is(true),
    }
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    text.match_indices(word)
        .any(|(at, _)| !is_part(text[..at].chars().next_back()) && !is_part(text[at + word.len()..].chars().next()))
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
        let planned = |sql| plan(&connection, sql, &["b".into()]);
        let counted = planned("SELECT a, count(*) FROM t GROUP BY a ORDER BY 2 DESC LIMIT 3");
        assert!(!counted.in_order);
        assert!(counted.sql.contains("ORDER BY 2 DESC, 1, 2"), "{}", counted.sql);
        assert!(planned("SELECT a FROM t WHERE a > 1").in_order);
        assert!(planned("SELECT sum(b) FROM t").in_order);
        assert!(!planned("SELECT sum(a) FROM t").in_order);
        let all = planned("SELECT a, count(*) FROM t GROUP BY ALL ORDER BY ALL");
        assert!(!all.in_order && !all.sql.contains("1, 2"), "{}", all.sql);
    }
}
