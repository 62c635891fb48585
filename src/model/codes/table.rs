//! A table of codes: parsing its text, and finding rows by code or by name. Knows no system.

use std::borrow::Cow;
use std::collections::HashMap;
use std::collections::hash_map::Entry::{Occupied, Vacant};

use super::number;
use super::{Meaning, System};

/// A code, its symbolic names and what it means.
pub struct Row {
    pub code: &'static str,
    names: &'static str,
    pub text: &'static str,
}

impl Row {
    /// The first name, or empty.
    pub fn name(&self) -> &'static str {
        self.names.split(' ').next().unwrap_or_default()
    }
}

/// The codes of a system.
pub struct Table {
    system: System,
    source: &'static str,
    rows: Vec<Row>,
    by_code: HashMap<&'static str, usize>,
    /// By names as `spoken` has them; `None` for those that several codes have.
    by_name: HashMap<String, Option<usize>>,
}

impl Table {
    /// Reads a table: lines of `# ` are its head, the others are code, names and description between tabs.
    pub fn parse(system: System, tsv: &'static str) -> Table {
        let source = tsv.lines().find_map(|line| line.strip_prefix("# Source: ")).unwrap_or_default();
        let rows: Vec<Row> = tsv.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect();
        let by_code = rows.iter().enumerate().map(|(at, row)| (row.code, at)).collect();
        let mut by_name = HashMap::new();
        for (at, row) in rows.iter().enumerate() {
            for name in row.names.split(' ').filter(|name| !name.is_empty()) {
                match by_name.entry(spoken(name)) {
                    Vacant(place) => _ = place.insert(Some(at)),
                    Occupied(mut place) => _ = place.insert(None),
                }
            }
        }
        Table { system, source, rows, by_code, by_name }
    }

    pub fn source(&self) -> &'static str {
        self.source
    }

    /// The row of a code as it stands in the table.
    pub fn code(&self, code: &str) -> Option<&Row> {
        self.by_code.get(code).and_then(|at| self.rows.get(*at))
    }

    /// The row of a name; `DeadlineExceeded` and `deadline-exceeded` name `DEADLINE_EXCEEDED` too.
    pub fn named(&self, name: &str) -> Option<&Row> {
        self.by_name.get(&spoken(name)).copied().flatten().and_then(|at| self.rows.get(at))
    }

    /// Whether a name is in the table letter by letter.
    pub fn has_name(&self, name: &str) -> bool {
        self.named(name).is_some_and(|row| row.names.split(' ').any(|known| known == name))
    }

    /// The row of a decimal number or a name.
    pub fn find(&self, code: &str) -> Option<&Row> {
        match number::decimal(code) {
            Some(number) => self.code(&number.to_string()),
            None => self.named(code),
        }
    }

    pub fn meaning(&self, row: &Row) -> Meaning {
        Meaning { name: row.name(), text: Cow::Borrowed(row.text), system: self.system }
    }

    /// What the codes of a class mean where only the class is known.
    pub fn class(&self, text: &str, class: &str) -> Meaning {
        Meaning { name: "", text: format!("{text} (class {class})").into(), system: self.system }
    }
}

/// Reads codes that are decimal numbers or names.
pub fn read(table: &Table, code: &str) -> Option<Meaning> {
    table.find(code).map(|row| table.meaning(row))
}

fn row(line: &'static str) -> Option<Row> {
    let (code, rest) = line.split_once('\t')?;
    let (names, text) = rest.split_once('\t')?;
    Some(Row { code, names, text })
}

/// A name in capitals without what parts its words.
fn spoken(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).map(|c| c.to_ascii_uppercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::super::REGISTRY;
    use super::*;

    /// Characters of the longest description.
    const LENGTH_MAX: usize = 70;

    #[test]
    fn every_table_is_whole_sorted_and_without_doubles() {
        for entry in &REGISTRY {
            let (system, table) = (entry.system, &entry.table);
            assert!(system.source().contains(", https://"), "{system:?}: {}", system.source());
            assert!(table.rows.len() > 10, "{system:?}");
            assert_eq!(table.by_code.len(), table.rows.len(), "{system:?} has a code twice");
            let order = |row: &Row| (row.code.len(), row.code);
            assert!(table.rows.is_sorted_by_key(order), "{system:?}");
            for Row { code, names, text } in &table.rows {
                assert!(!code.is_empty() && code.trim() == *code, "{system:?} {code}");
                assert!(!text.is_empty() && text.trim() == *text, "{system:?} {code}");
                assert!(text.chars().count() <= LENGTH_MAX, "{system:?} {code}: {text}");
                assert!(!text.ends_with('.') && !text.contains('\t'), "{system:?} {code}: {text}");
                assert!(text.starts_with(|c: char| c.is_uppercase()), "{system:?} {code}: {text}");
                assert!(!names.contains("  ") && names.trim() == *names, "{system:?} {code}: {names}");
            }
        }
    }

    #[test]
    fn every_line_is_read_and_every_code_is_found_by_its_system() {
        for entry in &REGISTRY {
            for row in entry.table.rows.iter().filter(|row| entry.system != System::Sqlstate || row.code.len() == 5) {
                let found = entry.system.describe(row.code).map(|meaning| meaning.text);
                assert_eq!(found.as_deref(), Some(row.text), "{:?} {}", entry.system, row.code);
            }
        }
    }

    #[test]
    fn lines_are_heads_or_rows() {
        for (file, tsv) in [
            ("bugcheck", include_str!("bugcheck.tsv")),
            ("curl", include_str!("curl.tsv")),
            ("errno", include_str!("errno.tsv")),
            ("exit", include_str!("exit.tsv")),
            ("grpc", include_str!("grpc.tsv")),
            ("hresult", include_str!("hresult.tsv")),
            ("http", include_str!("http.tsv")),
            ("mysql", include_str!("mysql.tsv")),
            ("ntstatus", include_str!("ntstatus.tsv")),
            ("oracle", include_str!("oracle.tsv")),
            ("signal", include_str!("signal.tsv")),
            ("sqlstate", include_str!("sqlstate.tsv")),
            ("systemd", include_str!("systemd.tsv")),
            ("win32", include_str!("win32.tsv")),
            ("xid", include_str!("xid.tsv")),
        ] {
            for line in tsv.lines() {
                assert!(line.starts_with("# ") || line.matches('\t').count() == 2, "{file}: {line}");
            }
            assert!(tsv.lines().any(|line| line.starts_with("# Source: ") && line.contains("https://")), "{file}");
        }
    }

    #[test]
    fn a_name_of_several_codes_names_none() {
        assert!(System::Sqlstate.table().named("modifying_sql_data_not_permitted").is_none());
        assert!(System::Sqlstate.table().named("query_canceled").is_some());
    }
}
