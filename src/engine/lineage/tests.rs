//! What is told of queries, and that what is not known of a tree tells that any column may be made of any.

use std::sync::Arc;

use super::*;
use crate::engine::Limits;

fn engine() -> Engine {
    let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
    Engine::open(&limits, Arc::default()).expect("opens")
}

fn lineage(engine: &Engine) -> Lineage<'_> {
    let (tables, own, columns) = (HashSet::new(), HashMap::new(), RefCell::default());
    Lineage {
        engine,
        blank: engine.tree("SELECT 1").expect("a tree"),
        tables,
        own,
        columns,
        made: Vec::new(),
        evidence: HashSet::new(),
        repeated: Vec::new(),
    }
}

fn of(name: &str, way: Way) -> Vec<(String, Way)> {
    vec![(name.to_string(), way)]
}

#[test]
fn columns_that_are_called_otherwise_are_told_with_what_they_are_made_of() {
    let mut made =
        engine().made_of("select upper(name) as q, max(badge), unit from people", HashSet::new()).expect("a tree");
    made.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(made, [("max(badge)".into(), of("badge", Way::Whole)), ("q".into(), of("name", Way::Part))]);
}

#[test]
fn an_expression_that_the_tree_has_otherwise_may_be_made_of_any_column() {
    let engine = engine();
    let lineage = lineage(&engine);
    let column = || json!({"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "column_names": ["badge"]});
    let known = json!({"class": "FUNCTION", "type": "FUNCTION", "function_name": "max", "children": [column()]});
    assert_eq!(lineage.gathered(&known), of("badge", Way::Whole));
    for other in [
        json!({"class": "FUNCTION", "type": "FUNCTION", "function_name": "max", "arguments": [column()]}),
        json!({"class": "FUNCTION", "type": "FUNCTION", "function_name": "count", "arguments": [column()]}),
        json!({"class": "WINDOW", "type": "WINDOW_LAG", "function_name": "lag", "arguments": [column()]}),
        json!({"class": "OPERATOR", "type": "OPERATOR_COALESCE", "operands": [column()]}),
        json!({"class": "CAST", "type": "OPERATOR_CAST", "operand": column(), "cast_type": {"id": "VARCHAR"}}),
        json!({"class": "CASE", "type": "CASE_EXPR", "checks": [{"then_expr": column()}], "else_expr": column()}),
        json!({"class": "COLUMN_REF", "type": "COLUMN_REF", "names": ["badge"]}),
        json!({"class": "SUBQUERY", "type": "SUBQUERY", "subquery_type": "SCALAR", "query": {}}),
        json!({"class": "MATCH", "type": "MATCH", "alias": ""}),
    ] {
        assert_eq!(lineage.gathered(&other), of(ANY, Way::Part), "{other}");
        assert!(has_column(&other), "{other}");
        let within = json!({"class": "FUNCTION", "type": "FUNCTION", "function_name": "max", "children": [other]});
        assert_eq!(lineage.gathered(&within), of(ANY, Way::Part), "{within}");
    }
}

#[test]
fn what_stands_in_from_and_is_not_known_may_have_any_column() {
    let engine = engine();
    let mut lineage = lineage(&engine);
    for (kind, made) in [("BASE_TABLE", 0), ("EMPTY", 0), ("GRAPH_TABLE", 1)] {
        let from = json!({"type": kind, "alias": "g", "sample": null, "table_name": "people"});
        lineage.visit(&json!({"type": "SELECT_NODE", "select_list": [], "from_table": from}));
        assert_eq!(lineage.made.len(), made, "{kind}");
    }
    assert_eq!(lineage.made, [any(Way::Part)]);
}
