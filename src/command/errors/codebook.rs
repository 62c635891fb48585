//! What codes mean by the user's own word: a table of the evidence or a file, named by a flag, by the settings, or found
//! by its shape: a list without times of codes, each once, with their descriptions.

use std::collections::HashSet;

use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::name;
use crate::session::{Session, Table, known_column};

/// The name of a source that `--codebook FILE` makes.
pub const FILE: &str = "codebook";

const CODES: [&str; 8] = ["code", "error_code", "errorcode", "err_code", "fault_code", "alarm_code", "id", "errorid"];
const DESCRIPTIONS: [&str; 9] =
    ["description", "meaning", "message", "text", "name", "title", "desc", "detail", "explanation"];
/// A list of more codes is none that people wrote.
const CODES_MOST: i64 = 100_000;

pub struct Codebook<'a> {
    pub table: &'a Table,
    pub code: String,
    pub description: Option<String>,
    /// As they are written there.
    pub codes: HashSet<String>,
}

impl<'a> Codebook<'a> {
    /// # Errors
    /// If the table named is not there, or has no column of codes.
    pub fn find(session: &'a Session, said: Option<&str>) -> Result<Option<Codebook<'a>>> {
        let settings = session.settings.codebook.as_ref();
        let is_file = said.is_some_and(|text| std::path::Path::new(text).is_file());
        let named = if is_file { Some(FILE) } else { said.or(settings.map(|settings| settings.table.as_str())) };
        let Some(named) = named else { return found(session) };
        let table = session.table(named)?;
        let of_settings = settings.filter(|settings| settings.table.eq_ignore_ascii_case(named));
        let code = match of_settings.and_then(|settings| settings.code.as_deref()) {
            Some(column) => known_column(&table.name, &table.columns, column, "codebook.code")?,
            None => first_of(table, &CODES).ok_or_else(|| {
                let names: Vec<String> = table.own_columns().map(|column| column.name.clone()).collect();
                Error::question(format!("codebook `{}` has no column of codes", table.name))
                    .detail(format!("its columns are {}", name::listed(&names)))
                    .hint("say which it is: --set codebook.table=TABLE --set codebook.code=COLUMN")
            })?,
        };
        let description = match of_settings.and_then(|settings| settings.description.as_deref()) {
            Some(column) => Some(known_column(&table.name, &table.columns, column, "codebook.description")?),
            None => first_of(table, &DESCRIPTIONS),
        };
        let codes = codes(session, table, &code)?.0;
        Ok(Some(Codebook { table, code, description, codes }))
    }

    /// `code, description`, each code once.
    pub fn sql(&self) -> String {
        let description =
            self.description.as_ref().map_or_else(|| "NULL".into(), |column| quote::readable_name(column));
        let code = quote::readable_name(&self.code);
        format!(
            "SELECT trim({code}::VARCHAR) AS code, min({description}::VARCHAR) AS description FROM {} WHERE {code} IS NOT NULL GROUP BY 1",
            self.table.sql()
        )
    }
}

/// The codes of a table, and whether each stands there once.
fn codes(session: &Session, table: &Table, column: &str) -> Result<(HashSet<String>, bool)> {
    let column = quote::name(column);
    let rows = session
        .engine
        .rows(&format!(
            "SELECT trim({column}::VARCHAR), count(*) FROM {} WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {CODES_MOST}",
            table.sql()
        ))?
        .rows;
    let are_single = rows.iter().all(|row| row[1].int() == 1);
    Ok((rows.into_iter().map(|row| row[0].shown()).collect(), are_single))
}

/// A table called after codes comes first, else one whose codes another table has.
fn found(session: &Session) -> Result<Option<Codebook<'_>>> {
    let mut candidates: Vec<Codebook> = Vec::new();
    for table in session.tables.iter().filter(|table| table.roles.time.is_none() && table.kind != "log") {
        let (Some(code), Some(description)) = (first_of(table, &CODES), first_of(table, &DESCRIPTIONS)) else {
            continue;
        };
        let (codes, are_single) = codes(session, table, &code)?;
        if are_single && code != description && !codes.is_empty() {
            candidates.push(Codebook { table, code, description: Some(description), codes });
        }
    }
    let is_called = |codebook: &Codebook| {
        let name = codebook.table.short_name.to_lowercase();
        ["code", "codebook", "error_types", "errors_catalog"].iter().any(|word| name.contains(word))
    };
    if let Some(at) = candidates.iter().position(is_called) {
        return Ok(Some(candidates.swap_remove(at)));
    }
    for candidate in candidates {
        let others = session.tables.iter().filter(|table| table.name != candidate.table.name);
        for (table, code) in others.filter_map(|table| Some((table, table.roles.code.as_ref()?))) {
            let seen = super::places::peeked(session, table, code)?;
            // Small numbers are in every list of numbers.
            let shared = seen.iter().filter(|code| candidate.codes.contains(*code) && code.len() > 2).count();
            if shared > 0 && 2 * shared >= seen.len() {
                return Ok(Some(candidate));
            }
        }
    }
    Ok(None)
}

fn first_of(table: &Table, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| table.column(name)).map(|column| column.name.clone())
}
