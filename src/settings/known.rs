//! The keys that there are. An unknown one is refused with the nearest known, since a misspelt key would otherwise
//! leave its default standing in silence.

use toml::{Table, Value};

use super::Layer;
use crate::error::{Error, Result};
use crate::model::name;

/// Keys by the table they stand in; `*` stands for a name of the user's.
const KEYS: &[(&str, &[&str])] = &[
    ("", &["timezone", "sources", "formats", "entities", "codebook", "labels", "stages", "checks", "report", "redact"]),
    (
        "sources.*",
        &[
            "path",
            "timezone",
            "skew",
            "format",
            "code",
            "delimiter",
            "header",
            "text",
            "time",
            "series",
            "sequence",
            "every",
            "expect",
        ],
    ),
    ("sources.*.expect", &["series", "rows", "from", "to"]),
    (
        "formats",
        &[
            "name",
            "title",
            "source",
            "pattern",
            "patterns",
            "regex",
            "time",
            "levels",
            "default_level",
            "pattern_levels",
            "message",
            "wraps",
            "may_wrap",
            "pieces",
            "timeless",
            "syntax",
            "requires",
            "received",
            "level",
            "code",
            "each",
            "samples",
        ],
    ),
    ("formats.samples", &["line", "ts", "level", "code", "message", "fields"]),
    ("codebook", &["table", "code", "description"]),
    ("labels", &["table", "key", "label"]),
    ("stages", &["name", "table", "key"]),
    ("redact", &["on", "key", "columns"]),
    ("report", &["title", "question", "bad", "table", "where"]),
    (
        "checks",
        &[
            "name",
            "severity",
            "table",
            "series",
            "column",
            "where",
            "from",
            "to",
            "rows",
            "fresh",
            "now",
            "gaps",
            "kinds",
            "nulls",
            "unique",
            "keys",
            "codes",
            "baseline",
            "audit",
            "code",
            "metric",
            "label",
            "prediction",
            "positive",
            "sql",
            "is",
            "min",
            "max",
            "equals",
        ],
    ),
    ("checks.rows", &["min", "max"]),
    ("checks.nulls", &["max"]),
    ("checks.codes", &["new", "known"]),
    (
        "checks.audit",
        &["catch_all", "unlabelled", "unclassified", "overloaded", "synonym", "undocumented", "never_seen"],
    ),
];

pub fn check(layer: &Layer) -> Result<()> {
    walk(layer, "", "", &layer.table)
}

/// `path` is what the user sees, `place` the same with `*` for names of the user's.
fn walk(layer: &Layer, path: &str, place: &str, table: &Table) -> Result<()> {
    let known = KEYS.iter().find(|(known, _)| *known == place).map(|(_, keys)| *keys);
    for (key, value) in table {
        let join =
            |parent: &str, key: &str| if parent.is_empty() { key.to_string() } else { format!("{parent}.{key}") };
        let (path, next) = (join(path, key), join(place, if place == "sources" { "*" } else { key }));
        if let Some(known) = known.filter(|known| !known.contains(&key.as_str())) {
            let near = name::nearest(key, known.iter().copied());
            let all: Vec<String> = known.iter().map(|key| (*key).to_string()).collect();
            return Err(Error::question(format!("unknown key `{path}`"))
                .detail(format!("in {}", layer.origin))
                .near_or(&near, format!("known keys are {}", name::listed(&all))));
        }
        match value {
            Value::Table(inner) if next != "entities" => walk(layer, &path, &next, inner)?,
            Value::Array(items) => {
                for item in items {
                    if let Value::Table(inner) = item {
                        walk(layer, &path, &next, inner)?;
                    }
                }
            }
            _ => {}
        }
    }
    Ok(())
}
