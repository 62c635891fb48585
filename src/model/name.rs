//! Names: of sources made from paths, of SQL identifiers, and the nearest one to a misspelt one.

use std::collections::HashMap;

use crate::error::Error;

/// A path's text as an SQL identifier that needs no quotes: `gateway-logs` is `gateway_logs`.
pub fn identifier(text: &str) -> String {
    let mut name: String =
        text.chars().map(|c| if c.is_alphanumeric() { c.to_ascii_lowercase() } else { '_' }).collect();
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    let name = name.trim_matches('_');
    match name.chars().next() {
        None => "source".into(),
        Some(first) if first.is_ascii_digit() || is_reserved(name) || is_taken(name) => format!("t_{name}"),
        Some(_) => name.to_string(),
    }
}

/// Names that rca or the engine has for things of its own: no source can be called so.
pub fn is_taken(name: &str) -> bool {
    ["events", "main", "memory", "system", "temp", "public", "information_schema", "pg_catalog"]
        .iter()
        .any(|taken| name.eq_ignore_ascii_case(taken))
}

/// Whether SQL keeps the word for itself, so that a name would need quotes.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Words that SQL keeps for itself: no name without quotes can be called so. A test asks the engine for them.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "anti",
    "any",
    "array",
    "as",
    "asc",
    "asof",
    "asymmetric",
    "at",
    "authorization",
    "between",
    "binary",
    "both",
    "by",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "default",
    "deferrable",
    "desc",
    "describe",
    "distinct",
    "do",
    "else",
    "end",
    "escape",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "glob",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lambda",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "positional",
    "primary",
    "qualify",
    "references",
    "returning",
    "right",
    "select",
    "semi",
    "show",
    "similar",
    "some",
    "summarize",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "unpack",
    "unpivot",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];

/// The names that every table of text or of a database has besides its own columns.
pub fn taken_by_places() -> HashMap<String, usize> {
    ["_file", "_line"].map(|name| (name.to_string(), 1)).into()
}

/// A column's name, or a word where it has none; with a number if SQL would take it for one that was there before.
pub fn once(name: &str, seen: &mut HashMap<String, usize>) -> String {
    let name = if name.is_empty() { "unnamed" } else { name };
    let count = seen.entry(name.to_lowercase()).or_insert(0);
    *count += 1;
    let mut number = *count;
    let mut once = name.to_string();
    while number > 1 {
        once = format!("{name}_{number}");
        // A column may be called so already.
        if seen.insert(once.to_lowercase(), 1).is_none() {
            break;
        }
        number += 1;
    }
    once
}

/// What is to be said of columns that [`once`] calls otherwise than the evidence does: whoever asks for `a` has the first.
pub fn renamed<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    const SAID: usize = 5;
    let mut seen = taken_by_places();
    // By what SQL takes for one name: the names as they are given, and what the later ones are called.
    let mut order: Vec<String> = Vec::new();
    let mut alike: HashMap<String, (Vec<&str>, Vec<String>)> = HashMap::new();
    for name in names.filter(|name| !name.is_empty()) {
        let called = once(name, &mut seen);
        let lower = name.to_lowercase();
        let (given, later) = alike.entry(lower.clone()).or_default();
        given.push(name);
        if called != name {
            if later.is_empty() {
                order.push(lower);
            }
            later.push(format!("`{called}`"));
        }
    }
    let said = |lower: &String| {
        let (given, later) = &alike[lower];
        let are = |one: &str| match later.as_slice() {
            [only] => format!("the {one} is {only}"),
            _ => format!("the later ones are {}", later.join(", ")),
        };
        if later.len() == given.len() {
            // rca or a column before it has the name already.
            format!("`{}` is taken: {}", given[0], are("column"))
        } else if given.iter().all(|name| *name == given[0]) {
            let count = if given.len() == 2 { "two".into() } else { given.len().to_string() };
            format!("{count} columns are called `{}`: {}", given[0], are("second"))
        } else {
            let names = given.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            format!("{names} differ in case alone, which SQL does not tell apart: {}", are("second"))
        }
    };
    let mut notes: Vec<String> = order.iter().take(SAID).map(said).collect();
    if order.len() > SAID {
        notes
            .push(format!("{} more names come twice: the later columns have a number behind them", order.len() - SAID));
    }
    notes
}

/// A file's name without its endings: `x.csv.gz` is `x`. A rotated log (`app.log.2.gz`) is `app`.
pub fn stem(file_name: &str) -> &str {
    match file_name.find('.') {
        Some(0) | None => file_name.trim_start_matches('.'),
        Some(dot) => &file_name[..dot],
    }
}

/// `3 views (a, b, c)`, `the view a`; nothing of none.
pub fn counted(what: &str, names: Vec<String>) -> Option<String> {
    const SHOWN: usize = 5;
    let more = if names.len() > SHOWN { ", …" } else { "" };
    let list = names.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => None,
        1 => Some(format!("the {what} {list}")),
        count => Some(format!("{count} {what}s ({list}{more})")),
    }
}

/// The names of `known` nearest to `wanted`, best first, at most three, none too far off to be meant.
pub fn nearest<'a>(wanted: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let mut scored: Vec<(f64, String)> = known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), name.to_string()))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    scored.dedup_by(|a, b| a.1 == b.1);
    scored.into_iter().take(3).map(|(_, name)| name).collect()
}

/// `` `a`, `b` or `c` ``; of many, the first ones and how many more.
pub fn listed(names: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut quoted: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        quoted.push(format!("{} more", names.len() - SHOWN));
    }
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// What near names are for.
impl Error {
    /// With the names that are near what was written, if there are any.
    #[must_use]
    pub fn near(self, names: &[String]) -> Self {
        if names.is_empty() { self } else { self.hint(format!("did you mean {}", listed(names))) }
    }

    /// The same; where there is none, with another hint.
    #[must_use]
    pub fn near_or(self, names: &[String], otherwise: impl Into<String>) -> Self {
        if names.is_empty() { self.hint(otherwise) } else { self.near(names) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_identifiers() {
        assert_eq!(identifier("gateway-logs"), "gateway_logs");
        assert_eq!(identifier("2024 Q1 (final)"), "t_2024_q1_final");
        assert_eq!(identifier("events"), "t_events");
        assert_eq!(identifier("Array"), "t_array");
        assert_eq!(stem("x.csv.gz"), "x");
        assert_eq!(stem(".hidden"), "hidden");
    }

    #[test]
    fn columns_that_are_called_otherwise_are_told() {
        let told = |names: &[&str]| renamed(names.iter().copied()).join("; ");
        assert_eq!(told(&["a", "b", ""]), "");
        assert_eq!(told(&["a", "a", "b"]), "two columns are called `a`: the second is `a_2`");
        assert_eq!(told(&["a", "a", "a"]), "3 columns are called `a`: the later ones are `a_2`, `a_3`");
        assert_eq!(
            told(&["A", "a"]),
            "`A`, `a` differ in case alone, which SQL does not tell apart: the second is `a_2`"
        );
        assert_eq!(told(&["_file", "x"]), "`_file` is taken: the column is `_file_2`");
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbours() {
        assert_eq!(nearest("timezon", ["timezone", "time", "sources"]), ["timezone", "time"]);
        assert!(nearest("xyz", ["timezone"]).is_empty());
        assert_eq!(listed(&["a".into(), "b".into(), "c".into()]), "`a`, `b` or `c`");
    }
}
