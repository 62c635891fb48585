//! Which columns of a query are made of which: told by the engine's own syntax tree, by names alone. Where names do not
//! tell it, nothing is told: any column may then be made of any other.

use std::collections::HashSet;

use serde_json::Value;

use super::{Engine, quote};

/// The names that a query gives to expressions, each with the names of columns in the expression.
pub type Made = Vec<(String, Vec<String>)>;

/// Functions in FROM whose columns are made of their arguments alone.
const SERIES: [&str; 2] = ["range", "generate_series"];

impl Engine {
    /// What the columns of a query are made of. Counts are left out: they say nothing of the values. `None` where names do
    /// not tell: columns are named by their places or by a pattern, a row is taken as one value, the engine has no tree of
    /// the query, or one so deep that it is not read.
    pub fn made_of(&self, sql: &str) -> Option<Made> {
        let tree = self.rows(&format!("SELECT json_serialize_sql({})::VARCHAR", quote::text(sql))).ok()?;
        let text = tree.rows.first()?.first()?.shown();
        // Trees of more than 128 levels are refused here.
        let tree: Value = serde_json::from_str(&text).ok()?;
        if tree["error"] != Value::Bool(false) {
            return None;
        }
        let mut seen = Seen::default();
        seen.tables(&tree);
        seen.look(&tree)?;
        Some(seen.made)
    }
}

#[derive(Default)]
struct Seen {
    /// The names of tables, in lower case: one that stands for a column is a whole row.
    tables: HashSet<String>,
    made: Made,
}

impl Seen {
    fn tables(&mut self, tree: &Value) {
        let mut take = |name: &Value| self.tables.extend(name.as_str().map(str::to_lowercase));
        if tree["type"].is_string() && !tree["class"].is_string() {
            take(&tree["alias"]);
            take(&tree["table_name"]);
        }
        if let Some(ctes) = tree["cte_map"]["map"].as_array() {
            ctes.iter().for_each(|cte| take(&cte["key"]));
        }
        each(tree, |below| {
            self.tables(below);
            Some(())
        });
    }

    /// Takes what expressions are called. `None` where that is not all.
    fn look(&mut self, tree: &Value) -> Option<()> {
        // An order names nothing, `ORDER BY ALL` neither.
        if tree["type"] == "ORDER_MODIFIER" {
            return Some(());
        }
        self.names_tell(tree)?;
        if let Some(alias) = tree["alias"].as_str().filter(|alias| !alias.is_empty() && tree["class"].is_string()) {
            let mut names = Vec::new();
            gather(tree, &mut names)?;
            self.made.push((alias.to_string(), names));
        }
        // One without a name is called as it is written, which is looked at where it is shown.
        for item in tree["select_list"].as_array().into_iter().flatten().filter(|item| item["class"] != "STAR") {
            gather(item, &mut Vec::new())?;
        }
        each(tree, |below| self.look(below))
    }

    /// Whether names tell what is made of what here.
    fn names_tell(&self, tree: &Value) -> Option<()> {
        let has = |key: &str| tree[key].as_array().is_some_and(|list| !list.is_empty());
        let is_untold = match tree["type"].as_str().unwrap_or_default() {
            "PIVOT" | "SHOW_REF" | "COLUMN_DATA" => true,
            "TABLE_FUNCTION" => {
                let name = tree["function"]["function_name"].as_str().unwrap_or_default();
                !SERIES.contains(&name) || has_column(tree)
            }
            "EXPRESSION_LIST" => has_column(tree),
            "STAR" => {
                let is_named = tree["alias"].as_str().is_some_and(|alias| !alias.is_empty());
                is_named || tree["columns"] == Value::Bool(true) || has("rename_list") || has("replace_list")
            }
            "COLUMN_REF" => self.is_row(tree),
            // Of a union the first part gives the names; a recursion is one.
            kind => kind.ends_with("_NODE") && !matches!(kind, "SELECT_NODE" | "CTE_NODE"),
        };
        // `WITH t(a) AS (…)` and `FROM (…) AS t(a)` name columns by their places.
        (!is_untold && !has("aliases") && !has("column_name_alias")).then_some(())
    }

    fn is_row(&self, column: &Value) -> bool {
        let name = column["column_names"].as_array().and_then(|path| path.last()).and_then(Value::as_str);
        name.is_some_and(|name| self.tables.contains(&name.to_lowercase()))
    }
}

/// The names of columns in an expression, and texts, which may name fields. `None` if it has all of a table's.
fn gather(tree: &Value, names: &mut Vec<String>) -> Option<()> {
    if tree["function_name"].as_str().is_some_and(|name| name.starts_with("count") || name.starts_with("approx_count"))
    {
        return Some(());
    }
    match tree["class"].as_str().unwrap_or_default() {
        "STAR" => return None,
        "COLUMN_REF" => {
            let path = tree["column_names"].as_array();
            names.extend(path.and_then(|path| path.last()).and_then(Value::as_str).map(str::to_string));
        }
        "CONSTANT" => names.extend(tree["value"]["value"].as_str().map(str::to_string)),
        _ => {}
    }
    each(tree, |below| gather(below, names))
}

fn has_column(tree: &Value) -> bool {
    tree["class"] == "COLUMN_REF" || each(tree, |below| (!has_column(below)).then_some(())).is_none()
}

fn each(tree: &Value, mut then: impl FnMut(&Value) -> Option<()>) -> Option<()> {
    match tree {
        Value::Array(items) => items.iter().try_for_each(&mut then),
        Value::Object(fields) => fields.values().try_for_each(&mut then),
        _ => Some(()),
    }
}
