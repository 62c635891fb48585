//! A change that was found, with the figures by which it is judged, told and explained by others.

use crate::model::column::Kind;
use crate::model::figure::{digits, rounded};
use crate::model::statistics::{Blocks, INDEPENDENT, Spread};
use crate::model::value::Value;

/// Changes are told of these things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Table,
    Column,
    Volume,
    NullShare,
    Code,
    Template,
    Category,
    Distribution,
    Latency,
}

impl What {
    pub fn name(self) -> &'static str {
        match self {
            What::Table => "table",
            What::Column => "column",
            What::Volume => "volume",
            What::NullShare => "null_share",
            What::Code => "code",
            What::Template => "template",
            What::Category => "category",
            What::Distribution => "distribution",
            What::Latency => "latency",
        }
    }
}

/// The rows that a change concerns, over the relation of its table.
#[derive(Debug, Clone)]
pub struct Hit {
    pub sql: String,
    /// Of which rows they are a share, over the relation and as they are counted.
    pub of: String,
    /// Whether leaving these rows out may explain other changes.
    pub is_cause: bool,
    pub blocks: Blocks<u32>,
    pub rows: Blocks<u32>,
}

/// A large difference that cannot be told from how the same varies within a window.
#[derive(Debug, Clone)]
pub struct Hidden {
    pub effect: f64,
    pub text: String,
    /// The window, by its name.
    pub within: &'static str,
}

impl Hidden {
    pub fn of(effect: f64, text: String, within: &'static str) -> Hidden {
        Hidden { effect, text, within }
    }
}

#[derive(Debug, Clone)]
pub struct Finding {
    pub what: What,
    /// The place of its table among those compared; `None` of codes of several tables.
    pub table: Option<usize>,
    pub table_name: String,
    /// The place of its column.
    pub column: Option<usize>,
    pub column_name: Option<String>,
    pub value: Option<String>,
    pub baseline: Option<f64>,
    pub incident: Option<f64>,
    pub change: String,
    /// That there is no change; `None` of what needs no test.
    pub p: Option<f64>,
    pub p_adjusted: Option<f64>,
    pub since: Option<i64>,
    pub sql: String,
    /// From 0, no change, to 1, nothing in common.
    pub effect: f64,
    pub hit: Option<Hit>,
    pub spread: Spread,
    /// What is said of it if it is no change among all tests.
    pub hidden: Option<Hidden>,
    /// Whose rows alone differ, of a column of names: `rig = M3`.
    pub only: Option<String>,
    /// Changes that are consequences of this one.
    pub also: Vec<String>,
    /// It is a consequence itself, and told by its cause.
    pub is_folded: bool,
    /// What holds of its rows over the table's own columns, to be pasted.
    pub holds: Option<String>,
}

pub const FIELDS: [(&str, Kind); 12] = [
    ("what", Kind::Text),
    ("table_name", Kind::Text),
    ("column_name", Kind::Text),
    ("value", Kind::Text),
    ("baseline", Kind::Float),
    ("incident", Kind::Float),
    ("change", Kind::Text),
    ("p_adjusted", Kind::Float),
    ("since", Kind::Time),
    ("sql", Kind::Text),
    ("effect", Kind::Float),
    ("also", Kind::Text),
];

impl Finding {
    pub fn new(what: What, table: usize, table_name: &str) -> Finding {
        Finding {
            what,
            table: Some(table),
            table_name: table_name.to_string(),
            column: None,
            column_name: None,
            value: None,
            baseline: None,
            incident: None,
            change: String::new(),
            p: None,
            p_adjusted: None,
            since: None,
            sql: String::new(),
            effect: 1.0,
            hit: None,
            spread: INDEPENDENT,
            hidden: None,
            only: None,
            also: Vec::new(),
            is_folded: false,
            holds: None,
        }
    }

    pub fn row(&self) -> Vec<Value> {
        let text = |text: &Option<String>| text.clone().map_or(Value::Null, Value::Text);
        let float = |number: Option<f64>| number.map_or(Value::Null, Value::Float);
        vec![
            Value::Text(self.what.name().into()),
            Value::Text(self.table_name.clone()),
            text(&self.column_name),
            text(&self.value),
            float(self.baseline),
            float(self.incident),
            Value::Text(self.change.clone()),
            float(self.p_adjusted.map(|p| digits(p, 3))),
            self.since.map_or(Value::Null, Value::Time),
            // Of a template that no pattern tells from others there is no SQL.
            if self.sql.is_empty() { Value::Null } else { Value::Text(self.sql.clone()) },
            Value::Float(rounded(self.effect, 4)),
            if self.also.is_empty() { Value::Null } else { Value::Text(self.also.join("; ")) },
        ]
    }

    /// As others name it that it explains.
    pub fn shown(&self) -> String {
        let column = self.column_name.as_deref().unwrap_or(&self.table_name);
        match (&self.value, self.what) {
            (_, What::Volume) if self.value.is_none() => format!("volume {}", self.change),
            (Some(value), What::Distribution | What::Latency) => format!("{value} of {column} {}", self.change),
            (Some(value), What::Code) => format!("code {value} {}", self.change),
            (Some(value), What::Template) => format!("template `{value}` {}", self.change),
            (Some(value), _) => format!("{column} = {value} {}", self.change),
            (None, what) => format!("{} of {column} {}", what.name(), self.change),
        }
    }
}

/// How many times as much: `new`, `gone`, `x3.2`.
pub fn times(baseline: f64, incident: f64) -> String {
    match (baseline, incident) {
        (b, i) if b == 0.0 && i != 0.0 => "new".into(),
        (b, i) if i == 0.0 && b != 0.0 => "gone".into(),
        (b, i) => {
            let ratio = i / b;
            // Two digits behind the point of what is less or about as much, fewer of what is many times as much.
            if ratio.abs() < 10.0 { format!("x{ratio:.2}") } else { format!("x{ratio:.0}") }
        }
    }
}

/// A difference of shares in points of percentage.
pub fn points(baseline: f64, incident: f64) -> String {
    format!("{:+.1} points", 100.0 * (incident - baseline))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_written_as_people_say_them() {
        let said = [times(0.0, 0.1), times(2.0, 0.0), times(1.0, 3.25), times(1.0, 250.0), points(0.5, 0.375)];
        assert_eq!(said, ["new", "gone", "x3.25", "x250", "-12.5 points"]);
    }
}
