//! What an expression is made of: the names of columns in it, and texts, which may name fields; each with what is done to it.

use serde_json::Value;

use super::functions::{self, Does};
use super::{Lineage, before, each, has_star, list};
use crate::model::redact::{ANY, Way};

/// What holds the parts of an expression in the tree, by its class. `None` of a class that is not known here.
fn parts(class: &str) -> Option<&'static [&'static str]> {
    Some(match class {
        "BETWEEN" | "COMPARISON" | "CONJUNCTION" | "POSITIONAL_REFERENCE" | "STAR" => &[],
        "COLUMN_REF" => &["column_names"],
        "CONSTANT" => &["value"],
        "CASE" => &["case_checks", "else_expr"],
        "CAST" => &["child", "cast_type"],
        "COLLATE" => &["child"],
        "FUNCTION" | "WINDOW" => &["function_name", "children"],
        "LAMBDA" => &["lhs", "expr"],
        "OPERATOR" => &["children"],
        "SUBQUERY" => &["subquery_type", "subquery"],
        // What is no expression holds some.
        "" => &[],
        _ => return None,
    })
}

/// Whether it is no expression, or one that the engine's tree has as it is known here.
pub fn is_known(tree: &Value) -> bool {
    let parts = parts(tree["class"].as_str().unwrap_or_default());
    parts.is_some_and(|parts| parts.iter().all(|part| !tree[part].is_null()))
}

impl Lineage<'_> {
    pub fn gathered(&self, tree: &Value) -> Vec<(String, Way)> {
        let mut of = Vec::new();
        self.gather(tree, Way::Whole, &mut of);
        of
    }

    /// What the expression is made of, if `way` is done to it.
    pub fn gather(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        if !is_known(tree) {
            return of.push((ANY.into(), Way::Part));
        }
        match tree["class"].as_str().unwrap_or_default() {
            "STAR" | "POSITIONAL_REFERENCE" => of.push((ANY.into(), way)),
            "COLUMN_REF" => self.column(tree, way, of),
            "CONSTANT" => constant(tree, way, of),
            // They tell nothing of the values.
            "COMPARISON" | "CONJUNCTION" | "BETWEEN" => {}
            "OPERATOR" => self.operator(tree, way, of),
            "CASE" => {
                let then = list(&tree["case_checks"]).iter().map(|check| &check["then_expr"]);
                self.beside(then.chain([&tree["else_expr"]]), way, of);
            }
            "CAST" => self.cast(tree, way, of),
            "FUNCTION" | "WINDOW" => self.function(tree, way, of),
            "SUBQUERY" => self.subquery(tree, way, of),
            "" => self.each_part(tree, way, of),
            _ => self.each_part(tree, Way::Part, of),
        }
    }

    fn each_part(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        each(tree, |below| self.gather(below, way, of));
    }

    fn operator(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        match tree["type"].as_str().unwrap_or_default() {
            "COMPARE_IN" | "COMPARE_NOT_IN" | "OPERATOR_NOT" | "OPERATOR_IS_NULL" | "OPERATOR_IS_NOT_NULL" => {}
            "OPERATOR_TRY" => self.each_part(tree, way, of),
            "OPERATOR_COALESCE" | "ARRAY_CONSTRUCTOR" => self.beside(list(&tree["children"]).iter(), way, of),
            // A field of a whole row is that column.
            "STRUCT_EXTRACT" if self.is_row(&tree["children"][0]) => self.gather(&tree["children"][1], way, of),
            _ => self.each_part(tree, Way::Part, of),
        }
    }

    fn cast(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        let is_text = tree["cast_type"]["id"] == "VARCHAR" && !self.is_row(&tree["child"]);
        let is_spelled = is_text && way.beside() == Way::Beside && tree["child"]["class"] == "COLUMN_REF";
        self.gather(&tree["child"], if is_spelled { Way::Spelled } else { Way::Part }, of);
    }

    fn function(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        let name = tree["function_name"].as_str().unwrap_or_default();
        let before = before(tree);
        let children = || before.iter().chain(list(&tree["children"]));
        match functions::does(name) {
            Does::Tell => {}
            // Of one row it is the value itself, so what it sums must be the column as it is.
            Does::Sum => {
                for child in children() {
                    let is_column = child["class"] == "COLUMN_REF" && !self.is_row(child);
                    self.gather(child, if is_column { way } else { Way::Part }, of);
                }
            }
            Does::Move => {
                let default = Some(&tree["default_expr"]).filter(|default| default.is_object());
                match functions::puts_beside(name) || default.is_some() {
                    true => self.beside(children().chain(default), way, of),
                    false => children().for_each(|child| self.gather(child, way, of)),
                }
            }
            Does::Change => children().for_each(|child| self.gather(child, Way::Part, of)),
        }
    }

    fn subquery(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        match tree["subquery_type"].as_str().unwrap_or_default() {
            "EXISTS" | "NOT_EXISTS" | "ANY" => {}
            _ if tree["subquery"]["node"]["type"] == "SELECT_NODE" => {
                self.gather(&tree["subquery"]["node"]["select_list"], way, of);
            }
            _ => of.push((ANY.into(), way)),
        }
    }

    /// Values of which one is taken, or that become a list: all are of one type then.
    fn beside<'t>(&self, items: impl Iterator<Item = &'t Value> + Clone, way: Way, of: &mut Vec<(String, Way)>) {
        let is_null = |item: &Value| item["class"] == "CONSTANT" && item["value"]["is_null"] == true;
        let are_several = items.clone().filter(|item| !is_null(item)).count() > 1 || items.clone().any(has_star);
        items.for_each(|item| self.gather(item, if are_several { way.beside() } else { way }, of));
    }

    /// A column, by its own name first, or a field of one.
    fn column(&self, tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
        let path: Vec<&str> = list(&tree["column_names"]).iter().filter_map(Value::as_str).collect();
        let Some((last, before)) = path.split_last() else { return };
        match self.is_row(tree) {
            true => of.push((ANY.into(), way)),
            false => of.push(((*last).to_string(), way)),
        }
        let fields = before.iter().filter(|name| !self.tables.contains(&name.to_lowercase()));
        of.extend(fields.map(|name| ((*name).to_string(), Way::Part)));
    }

    fn is_row(&self, column: &Value) -> bool {
        let name = list(&column["column_names"]).last().and_then(Value::as_str);
        name.is_some_and(|name| self.tables.contains(&name.to_lowercase()))
    }
}

/// A text may name a field: `'name'`, and each word of `$.person.name` and `/person/name`.
fn constant(tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
    let Some(value) = tree["value"]["value"].as_str() else { return };
    of.push((value.to_string(), way));
    if value.starts_with(['$', '/']) {
        let is_sign = |c: char| !c.is_alphanumeric() && c != '_';
        of.extend(value.split(is_sign).filter(|word| !word.is_empty()).map(|word| (word.into(), Way::Part)));
    }
}
