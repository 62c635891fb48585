//! Which columns of a query are made of which: told by the engine's own syntax tree, by names alone.

use serde_json::Value;

use super::{Engine, quote};

impl Engine {
    /// The names that a query gives to expressions, each with the names of columns in the expression. Counts are left out:
    /// they say nothing of the values. Nothing of SQL that the engine has no tree of.
    pub fn made_of(&self, sql: &str) -> Vec<(String, Vec<String>)> {
        let tree = self.rows(&format!("SELECT json_serialize_sql({})::VARCHAR", quote::text(sql)));
        let text = tree.ok().and_then(|tree| Some(tree.rows.first()?.first()?.shown()));
        let tree: Option<Value> = text.and_then(|text| serde_json::from_str(&text).ok());
        let mut made = Vec::new();
        tree.iter().for_each(|tree| look(tree, &mut made));
        made
    }
}

fn look(tree: &Value, made: &mut Vec<(String, Vec<String>)>) {
    if let Some(alias) = tree["alias"].as_str().filter(|alias| !alias.is_empty() && tree["class"].is_string()) {
        let mut names = Vec::new();
        gather(tree, &mut names);
        made.push((alias.to_string(), names));
    }
    // `WITH t(a) AS (SELECT badge …)` and `FROM (…) AS t(a)` name columns by their places.
    for list in ["aliases", "column_name_alias"] {
        let aliases = tree[list].as_array().into_iter().flatten().filter_map(Value::as_str);
        for alias in aliases {
            let mut names = Vec::new();
            gather(tree, &mut names);
            made.push((alias.to_string(), names));
        }
    }
    each(tree, |below| look(below, made));
}

/// The names of columns in an expression.
fn gather(tree: &Value, names: &mut Vec<String>) {
    if tree["function_name"].as_str().is_some_and(|name| name.starts_with("count") || name.starts_with("approx_count"))
    {
        return;
    }
    if let Some(path) = tree["column_names"].as_array().filter(|_| tree["class"] == "COLUMN_REF") {
        names.extend(path.last().and_then(Value::as_str).map(str::to_string));
    }
    each(tree, |below| gather(below, names));
}

fn each(tree: &Value, mut then: impl FnMut(&Value)) {
    match tree {
        Value::Array(items) => items.iter().for_each(&mut then),
        Value::Object(fields) => fields.values().for_each(&mut then),
        _ => {}
    }
}
