//! Which columns of a query are made of which, and whether they have their values whole or something made of them: told by
//! the engine's own syntax tree, by names alone. Where names do not tell it, any column may be made of any other, and so it
//! is where the tree has what is not known here.
//!
//! `select upper(name) as q, max(badge), unit from people` gives `("q", [("name", Part)])` and `("max(badge)", [("badge",
//! Whole)])`; `unit`, which is called as it was, is not told of. The name `*` is any column.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

use serde_json::{Value, json};

use super::Engine;
use super::guard;
use super::quote;
use super::tokens::{Token, Tokens};
use crate::model::redact::{ANY, Made, MadeOf, Way};

mod expressions;
mod functions;
#[cfg(test)]
mod tests;
mod words;

use expressions::is_known;

/// Functions in FROM whose columns are made of their arguments alone.
const SERIES: [&str; 2] = ["range", "generate_series"];
/// What may stand in FROM.
const TABLES: [&str; 9] = [
    "BASE_TABLE",
    "COLUMN_DATA",
    "EMPTY",
    "EXPRESSION_LIST",
    "JOIN",
    "PIVOT",
    "SHOW_REF",
    "SUBQUERY",
    "TABLE_FUNCTION",
];

impl Engine {
    /// What the columns of a query are made of. Counts and comparisons are left out: they say nothing of the values. `None`
    /// where nothing is known: the engine has no tree of the query, or one so deep that it is not read.
    ///
    /// `evidence`: what columns of tables are called, in lower case.
    pub fn made_of(&self, sql: &str, evidence: HashSet<String>) -> Option<Made> {
        let Some(tree) = self.tree(sql) else {
            let is_plan = guard::statements(sql).first().is_some_and(|first| first == "explain");
            let way = if is_plan { Some(Way::Whole) } else { words::way(sql) };
            return way.map(|way| vec![any(way)]);
        };
        let mut lineage = Lineage {
            engine: self,
            blank: self.tree("SELECT 1")?,
            tables: HashSet::new(),
            own: HashMap::new(),
            columns: RefCell::default(),
            made: Vec::new(),
            evidence,
            repeated: Vec::new(),
        };
        lineage.tables(&tree);
        let mut repeated = Vec::new();
        lineage.repeats(&tree, &mut repeated);
        lineage.repeated = repeated;
        lineage.visit(&tree);
        Some(lineage.made)
    }

    /// Trees of more than 128 levels are refused here.
    fn tree(&self, sql: &str) -> Option<Value> {
        let tree = self.rows(&format!("SELECT json_serialize_sql({})::VARCHAR", quote::text(sql))).ok()?;
        let tree: Value = serde_json::from_str(&tree.rows.first()?.first()?.shown()).ok()?;
        (tree["error"] == Value::Bool(false)).then_some(tree)
    }
}

/// The words and texts of a query, which whoever asks has written.
pub fn words(sql: &str) -> impl Iterator<Item = String> {
    Tokens::of(sql).filter_map(|token| match token {
        Token::Word(word) => Some(word.to_string()),
        Token::Text(text) => Some(text),
        _ => None,
    })
}

struct Lineage<'a> {
    engine: &'a Engine,
    /// The tree of a query of one item.
    blank: Value,
    /// The names of tables, in lower case: one that stands for a column is a whole row.
    tables: HashSet<String>,
    /// Those that the query makes itself, and what it makes them of. `None` where two have one name.
    own: HashMap<String, Option<&'a Value>>,
    /// The columns of these, as far as they are looked at.
    columns: RefCell<HashMap<String, Option<Made>>>,
    made: Made,
    /// What columns of the evidence are called.
    evidence: HashSet<String>,
    /// What the number of rows is made of.
    repeated: Vec<(String, Way)>,
}

impl<'a> Lineage<'a> {
    fn tables(&mut self, tree: &'a Value) {
        let mut take = |name: &Value| self.tables.extend(name.as_str().map(str::to_lowercase));
        if tree["type"].is_string() && !tree["class"].is_string() {
            take(&tree["alias"]);
            take(&tree["table_name"]);
        }
        for cte in list(&tree["cte_map"]["map"]) {
            take(&cte["key"]);
        }
        for cte in list(&tree["cte_map"]["map"]) {
            let name = cte["key"].as_str().unwrap_or_default().to_lowercase();
            self.own.entry(name).and_modify(|own| *own = None).or_insert(Some(&cte["value"]));
        }
        each(tree, |below| self.tables(below));
    }

    /// Any column may be made of any.
    fn may_be_any(&mut self, way: Way) {
        self.made.push(any(way));
    }

    /// Takes what expressions are called.
    fn visit(&mut self, tree: &Value) {
        let kind = tree["type"].as_str().unwrap_or_default();
        // ORDER BY gives no column a name.
        if kind == "ORDER_MODIFIER" {
            return;
        }
        self.renames(kind, tree);
        if let Some(alias) = text(&tree["alias"]).filter(|_| tree["class"].is_string()) {
            let of = self.gathered(tree);
            self.take(tree, alias.to_string(), of);
        }
        for item in list(&tree["select_list"]).iter().filter(|item| text(&item["alias"]).is_none()) {
            self.item(item);
        }
        each(tree, |below| self.visit(below));
    }

    /// An item of a SELECT without a name of its own.
    fn item(&mut self, item: &Value) {
        let of = self.gathered(item);
        match item["class"].as_str().unwrap_or_default() {
            "STAR" => {}
            // Fields of a column are called by their own names; a column is called as it is.
            "COLUMN_REF" => {
                if let Some(name) = last_name(item).filter(|_| of.len() > 1 || self.is_row(item)) {
                    self.made.push((name, of));
                }
            }
            // A row that is taken apart has columns of its fields' names.
            "FUNCTION" if item["function_name"] == "unnest" => self.made.push((ANY.into(), of)),
            // What reads as its names tell needs none.
            _ if of.is_empty() && !has_column(item) => {}
            _ => match self.called(item) {
                Some(name) => self.take(item, name, of),
                None => self.made.push((ANY.into(), of)),
            },
        }
    }

    /// An expression over all columns of a table has many names.
    fn take(&mut self, tree: &Value, name: String, of: Vec<(String, Way)>) {
        if has_star(tree) {
            self.made.push((ANY.into(), of.clone()));
        }
        self.made.push((name, of));
    }

    /// As the engine calls an expression without a name.
    fn called(&self, item: &Value) -> Option<String> {
        let mut tree = self.blank.clone();
        tree["statements"][0]["node"]["select_list"] = Value::Array(vec![item.clone()]);
        let sql = format!("SELECT json_deserialize_sql({}::JSON)", quote::text(&tree.to_string()));
        let rows = self.engine.rows(&sql).ok()?;
        rows.rows.first()?.first()?.shown().strip_prefix("SELECT ").map(str::to_string)
    }

    /// What of a query does not leave each column its name.
    fn renames(&mut self, kind: &str, tree: &Value) {
        let has = |key: &str| !list(&tree[key]).is_empty();
        match kind {
            "PIVOT" => {
                self.may_be_any(Way::Whole);
                let mut of = Vec::new();
                self.gather(&tree["aggregates"], Way::Whole, &mut of);
                self.gather(&tree["pivots"], Way::Whole, &mut of);
                self.made.push((ANY.into(), of));
                // Columns become one.
                let names = list(&tree["unpivot_names"]).iter().filter_map(Value::as_str);
                self.made.extend(names.map(|name| (name.to_string(), vec![(ANY.into(), Way::Beside)])));
            }
            "JOIN" if tree["join_type"] == "FULL" => {
                let names = list(&tree["using_columns"]).iter().filter_map(Value::as_str);
                self.made.extend(names.map(|name| (name.to_string(), vec![(name.to_string(), Way::Beside)])));
                if tree["ref_type"] == "NATURAL" {
                    self.may_be_any(Way::Beside);
                }
            }
            "SHOW_REF" | "COLUMN_DATA" => self.may_be_any(Way::Whole),
            "TABLE_FUNCTION" => {
                let name = tree["function"]["function_name"].as_str().unwrap_or_default();
                if !SERIES.contains(&name) || has_column(tree) {
                    self.may_be_any(Way::Whole);
                    let of = self.gathered(&tree["function"]);
                    self.made.push((ANY.into(), of));
                }
            }
            "EXPRESSION_LIST" if has_column(tree) => {
                let way = if list(&tree["values"]).len() > 1 { Way::Beside } else { Way::Whole };
                self.may_be_any(way);
                let mut of = Vec::new();
                self.gather(&tree["values"], way, &mut of);
                self.made.push((ANY.into(), of));
            }
            "STAR" => {
                if text(&tree["alias"]).is_some() || tree["columns"] == Value::Bool(true) || has("rename_list") {
                    self.may_be_any(Way::Whole);
                }
                self.made.extend(self.fields(tree).map(|of| (ANY.to_string(), vec![of])));
                for replaced in list(&tree["replace_list"]) {
                    let of = self.gathered(&replaced["value"]);
                    self.take(&replaced["value"], replaced["key"].as_str().unwrap_or(ANY).to_string(), of);
                }
            }
            "POSITIONAL_REFERENCE" => self.may_be_any(Way::Whole),
            "SET_OPERATION_NODE" | "RECURSIVE_CTE_NODE" => match self.columns(tree) {
                Some(columns) => self.made.extend(columns),
                None => self.may_be_any(Way::Beside),
            },
            kind if kind.ends_with("_NODE") && !matches!(kind, "SELECT_NODE" | "CTE_NODE") => {
                self.may_be_any(Way::Beside)
            }
            kind if is_table(tree) && !TABLES.contains(&kind) => self.may_be_any(Way::Part),
            _ => {}
        }
        if kind != "RECURSIVE_CTE_NODE" && has("aliases") {
            let columns = self.columns(&tree["query"]["node"]);
            self.renamed(&tree["aliases"], columns);
        }
        if has("column_name_alias") {
            let columns = match kind {
                "SUBQUERY" => self.columns(&tree["subquery"]["node"]),
                "BASE_TABLE" => self.columns_of(tree),
                _ => None,
            };
            self.renamed(&tree["column_name_alias"], columns);
        }
    }

    /// Columns that are called by their places: `WITH t(a) AS (…)`, `FROM (…) AS t(a)`.
    fn renamed(&mut self, names: &Value, columns: Option<Made>) {
        let Some(columns) = columns else { return self.may_be_any(Way::Whole) };
        let names = list(names).iter().map(|name| name.as_str().unwrap_or(ANY).to_string());
        self.made.extend(names.zip(columns).map(|(name, (_, of))| (name, of)));
    }

    /// The columns of a query in their order, where they can be told one by one. Of several parts the first gives the names.
    fn columns(&self, node: &Value) -> Option<Made> {
        match node["type"].as_str()? {
            "SELECT_NODE" => {
                let mut columns = Vec::new();
                for item in list(&node["select_list"]) {
                    match item["class"].as_str()? {
                        "STAR" if is_plain_star(item) => columns.extend(self.columns_of(&node["from_table"])?),
                        "STAR" => return None,
                        _ if has_star(item) || item["function_name"] == "unnest" => return None,
                        class => {
                            let of = self.gathered(item);
                            let own = match (text(&item["alias"]), class) {
                                (Some(alias), _) => alias.to_string(),
                                (None, "COLUMN_REF") => last_name(item)?,
                                (None, _) => self.called(item)?,
                            };
                            columns.push((own, of));
                        }
                    }
                }
                Some(columns)
            }
            "SET_OPERATION_NODE" | "RECURSIVE_CTE_NODE" => {
                let (left, right) = (self.columns(&node["left"])?, self.columns(&node["right"])?);
                let is_by_name = node["setop_type"] == "UNION_BY_NAME";
                (is_by_name || left.len() == right.len()).then(|| united(left, right, is_by_name))
            }
            "CTE_NODE" => self.columns(&node["child"]),
            _ => None,
        }
    }

    /// The columns of what stands in FROM: of a table of the evidence, of one that the query makes, or of both of a join.
    fn columns_of(&self, table: &Value) -> Option<Made> {
        match table["type"].as_str()? {
            _ if !list(&table["column_name_alias"]).is_empty() => return None,
            "SUBQUERY" => return self.columns(&table["subquery"]["node"]),
            "JOIN" if is_plain_join(table) => {
                let mut columns = self.columns_of(&table["left"])?;
                columns.extend(self.columns_of(&table["right"])?);
                return Some(columns);
            }
            "BASE_TABLE" => {}
            _ => return None,
        }
        let name = table["table_name"].as_str()?;
        let own = name.to_lowercase();
        if let Some(made) = self.own.get(&own) {
            let known = self.columns.borrow().get(&own).cloned();
            return known.unwrap_or_else(|| {
                // One that is made of itself ends here.
                self.columns.borrow_mut().insert(own.clone(), None);
                let made = made.filter(|made| list(&made["aliases"]).is_empty());
                let columns = made.and_then(|made| self.columns(&made["query"]["node"]));
                self.columns.borrow_mut().insert(own, columns.clone());
                columns
            });
        }
        let parts = [text(&table["catalog_name"]), text(&table["schema_name"]), Some(name)];
        let parts: Vec<String> = parts.into_iter().flatten().map(quote::name).collect();
        let described = self.engine.rows(&format!("DESCRIBE SELECT * FROM {}", parts.join("."))).ok()?;
        let names = described.rows.iter().filter_map(|row| row.first()).map(|name| name.shown());
        Some(names.map(|name| (name.clone(), vec![(name, Way::Whole)])).collect())
    }
}

/// What a column is called, without what it is of.
fn last_name(column: &Value) -> Option<String> {
    list(&column["column_names"]).last().and_then(Value::as_str).map(str::to_string)
}

fn is_plain_star(star: &Value) -> bool {
    let has = |key: &str| !list(&star[key]).is_empty();
    text(&star["alias"]).is_none()
        && text(&star["relation_name"]).is_none()
        && star["columns"] != Value::Bool(true)
        && !["exclude_list", "replace_list", "rename_list", "qualified_exclude_list"].into_iter().any(has)
}

/// One whose columns are those of both sides.
fn is_plain_join(join: &Value) -> bool {
    matches!(join["ref_type"].as_str(), Some("REGULAR" | "CROSS"))
        && matches!(join["join_type"].as_str(), Some("INNER" | "LEFT" | "RIGHT" | "FULL"))
        && list(&join["using_columns"]).is_empty()
}

/// The columns of two parts of which one's rows follow the other's: unlike ones become of one type.
fn united(mut left: Made, right: Made, is_by_name: bool) -> Made {
    for (place, (name, more)) in right.into_iter().enumerate() {
        let same = match is_by_name {
            true => left.iter().position(|(own, _)| own.eq_ignore_ascii_case(&name)),
            false => Some(place),
        };
        match same.and_then(|place| left.get_mut(place)) {
            Some((_, of)) if *of == more => {}
            Some((_, of)) => {
                of.extend(more);
                of.iter_mut().for_each(|(_, way)| *way = way.beside());
            }
            None => left.push((name, more)),
        }
    }
    left
}

/// The column before a function: `name.left(5)` is `left(name, 5)`. The tree has it as the function's schema; what the
/// engine's own are in is no column.
fn before(function: &Value) -> Option<Value> {
    let names: Vec<&str> = ["catalog", "schema"].iter().filter_map(|key| text(&function[*key])).collect();
    (!matches!(names[..], [] | ["main" | "pg_catalog"])).then(|| json!({"class": "COLUMN_REF", "column_names": names}))
}

fn has_column(tree: &Value) -> bool {
    let is_before = || matches!(tree["class"].as_str(), Some("FUNCTION" | "WINDOW")) && before(tree).is_some();
    tree["class"] == "COLUMN_REF" || !is_known(tree) || is_before() || some(tree, has_column)
}

/// Whether it stands in FROM: all that may has these two.
fn is_table(tree: &Value) -> bool {
    !tree["class"].is_string() && tree["alias"].is_string() && tree.get("sample").is_some()
}

fn has_star(tree: &Value) -> bool {
    tree["class"] == "STAR" || some(tree, has_star)
}

/// Any column may be made of any.
fn any(way: Way) -> MadeOf {
    (ANY.into(), vec![(ANY.into(), way)])
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn some(tree: &Value, mut is: impl FnMut(&Value) -> bool) -> bool {
    match tree {
        Value::Array(items) => items.iter().any(is),
        Value::Object(fields) => fields.values().any(&mut is),
        _ => false,
    }
}

fn each<'t>(tree: &'t Value, mut then: impl FnMut(&'t Value)) {
    match tree {
        Value::Array(items) => items.iter().for_each(then),
        Value::Object(fields) => fields.values().for_each(&mut then),
        _ => {}
    }
}
