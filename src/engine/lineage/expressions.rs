//! What an expression is made of: the names of columns in it, and texts, which may name fields; each with what is done to it.

use serde_json::Value;

use super::functions::{self, Does};
use super::{Lineage, before, each, has_column, has_star, list};
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
            "STAR" | "POSITIONAL_REFERENCE" => {
                of.extend(self.fields(tree));
                of.push((ANY.into(), way));
            }
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
            "STRUCT_EXTRACT" if self.is_row(&tree["children"][0]) => {
                let (row, field) = (&tree["children"][0], &tree["children"][1]["value"]["value"]);
                match field.as_str() {
                    Some(field) => {
                        of.push((field.to_string(), way));
                        let row = list(&row["column_names"]).last().and_then(Value::as_str);
                        of.extend(row.and_then(|row| self.field_of(row, field)));
                    }
                    None => self.gather(&tree["children"][1], Way::Part, of),
                }
            }
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
        if functions::counts(name) {
            of.extend(self.repeated.iter().cloned());
        }
        match functions::does(name) {
            Does::Tell if functions::measures(name) => {
                children().filter(|child| !is_column(child)).for_each(|child| self.gather(child, Way::Part, of));
            }
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
        of.extend(before.iter().filter_map(|name| match self.tables.contains(&name.to_lowercase()) {
            true => self.field_of(name, last),
            false => Some(((*name).to_string(), Way::Part)),
        }));
    }

    /// What is called like a table and has no column of that name may be a column with such a field.
    fn field_of(&self, name: &str, field: &str) -> Option<(String, Way)> {
        (!self.evidence.contains(&field.to_lowercase())).then(|| (name.to_string(), Way::Field))
    }

    /// Of `person.*` the column whose fields they are, if `person` is no table.
    pub fn fields(&self, star: &Value) -> Option<(String, Way)> {
        let name = star["relation_name"].as_str().filter(|name| !name.is_empty())?;
        (!self.tables.contains(&name.to_lowercase())).then(|| (name.to_string(), Way::Part))
    }

    /// What tells how many rows there are: of a column that says it the rows that are counted are its value.
    pub fn repeats(&self, tree: &Value, of: &mut Vec<(String, Way)>) {
        let mut take = |part: &Value| {
            if has_column(part) {
                let mut made = Vec::new();
                self.gather(part, Way::Part, &mut made);
                of.extend(made.into_iter().map(|(name, _)| (name, Way::Field)));
            }
        };
        let kind = tree["type"].as_str().unwrap_or_default();
        match tree["class"].as_str().unwrap_or_default() {
            "FUNCTION" if tree["function_name"].as_str().is_some_and(functions::repeats) => take(&tree["children"]),
            "WINDOW" => ["start_expr", "end_expr"].iter().for_each(|frame| take(&tree[*frame])),
            "" if kind.starts_with("LIMIT") => ["limit", "offset"].iter().for_each(|rows| take(&tree[*rows])),
            _ => {}
        }
        each(tree, |below| self.repeats(below, of));
    }

    pub fn is_row(&self, column: &Value) -> bool {
        let name = list(&column["column_names"]).last().and_then(Value::as_str);
        name.is_some_and(|name| self.tables.contains(&name.to_lowercase()))
    }
}

/// A column, or its text, whose length is that of its value.
fn is_column(tree: &Value) -> bool {
    let is_text = tree["class"] == "CAST" && tree["cast_type"]["id"] == "VARCHAR";
    tree["class"] == "COLUMN_REF" || is_text && tree["child"]["class"] == "COLUMN_REF"
}

/// A text may name a field: `'name'`, and each word of `$.person.name` and `/person/name`.
fn constant(tree: &Value, way: Way, of: &mut Vec<(String, Way)>) {
    let Some(value) = tree["value"]["value"].as_str() else { return };
    // By itself it is what whoever asks has written.
    of.push((value.to_string(), if way == Way::Part { way } else { Way::Word }));
    if value.starts_with(['$', '/']) {
        let is_sign = |c: char| !c.is_alphanumeric() && c != '_';
        of.extend(value.split(is_sign).filter(|word| !word.is_empty()).map(|word| (word.into(), Way::Part)));
    }
}
