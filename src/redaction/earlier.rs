//! Values that an earlier answer says and the evidence has no more: findings of named columns name them.

use serde_json::{Map, Value};

use crate::session::Table;

/// What a table and its columns are called.
pub fn names(table: &Table) -> impl Iterator<Item = &str> {
    let own = [&table.name, &table.short_name, &table.source].into_iter().map(String::as_str);
    own.chain(table.columns.iter().map(|column| column.name.as_str()))
}

/// The values in the rows of an answer: behind a named column in `series`, and in backticks where a row speaks of one.
pub fn values(text: &str, is_named: impl Fn(&str) -> bool, is_name: impl Fn(&str) -> bool) -> Vec<String> {
    let rows: Vec<Map<String, Value>> = match text.trim_start().starts_with('[') {
        true => serde_json::from_str(text).unwrap_or_default(),
        false => text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect(),
    };
    let mut found = Vec::new();
    for row in &rows {
        let said = |key: &str| row.get(key).and_then(Value::as_str).unwrap_or_default();
        found.extend(of_series(said("series"), &is_named));
        let detail = said("detail");
        let own = said("column_name").to_string() + " " + &detail.split('`').step_by(2).collect::<String>();
        if own.split(|c: char| !c.is_alphanumeric() && c != '_').any(&is_named) {
            let quoted = detail.split('`').skip(1).step_by(2);
            found.extend(quoted.filter(|text| !is_name(text) && !text.is_empty()).map(str::to_string));
        }
    }
    found
}

/// `name=Xenobia Parkwell site=3`: a value goes up to the next name.
fn of_series(series: &str, is_named: &impl Fn(&str) -> bool) -> Vec<String> {
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (sign, _) in series.match_indices('=') {
        let start = series[..sign].rfind(' ').map_or(0, |at| at + 1);
        places.push((start, sign));
    }
    let ends = places.iter().skip(1).map(|(start, _)| *start).chain([series.len()]).collect::<Vec<_>>();
    let named = places.iter().zip(ends).filter(|((start, sign), _)| is_named(&series[*start..*sign]));
    let values = named.filter_map(|((_, sign), end)| series.get(sign + 1..end));
    values.map(|value| value.trim().to_string()).filter(|value| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_of_a_named_column_says_its_values() {
        let answer = r#"[{"column_name":"name","detail":"keys of t.name that `u` lacks; the first is `Al Moon`"},
            {"column_name":"x","series":"site=3 name=Bo B. Fox line=7","detail":"`Q` is odd"},
            {"column_name":null,"detail":"keys of t.name; the first is `Cy`"}]"#;
        assert_eq!(values(answer, |column| column == "name", |text| text == "u"), ["Al Moon", "Bo B. Fox", "Cy"]);
        assert!(values("[[checks]]", |_| true, |_| false).is_empty());
    }
}
