//! Where errors stand: which tables have them, in which column the code is, and to which code system it belongs. A
//! code's column is told by its name, else by a codebook that has its values, else by their shape.

use std::collections::BTreeSet;

use super::codebook::Codebook;
use crate::engine::quote;
use crate::error::Result;
use crate::model::codes::System;
use crate::model::column::{Column, Kind};
use crate::model::meaning;
use crate::session::{Session, Table, known_column};

/// Rows that are looked at to tell what a column holds.
const ROWS: i64 = 2_048;
/// Columns of these names hold codes of many things besides errors.
const GENERAL: [&str; 2] = ["code", "status_code"];
/// Columns that hold HTTP's status if all of their numbers are such.
const STATUSES: [&str; 6] = ["status", "response", "http", "sc", "result", "rc"];

/// Words of the name of a table that has nothing but errors.
const EVENTS: [&str; 8] = ["error", "alarm", "fault", "failure", "incident", "defect", "crashe", "exception"];

/// A table with errors.
#[derive(Debug)]
pub struct Place<'a> {
    pub table: &'a Table,
    /// The code as a row has it: SQL text that is NULL where there is none.
    pub raw: Option<Raw>,
    pub system: Option<System>,
    /// What is surely no error, as SQL over `raw_code`, `raw_result` and `raw_level`: most rows are told by that at the
    /// price of a comparison.
    pub harmless: String,
}

/// Where a row's code is.
#[derive(Debug, Clone)]
pub enum Raw {
    Column(String),
    /// The first group of a regular expression in the message.
    Found {
        message: String,
        pattern: String,
    },
}

impl Raw {
    /// As SQL. For people it is without needless quotes.
    pub fn sql(&self, is_read: bool) -> String {
        let name = |name: &str| if is_read { quote::readable_name(name) } else { quote::name(name) };
        match self {
            Raw::Column(column) if is_read => name(column),
            Raw::Column(column) => format!("{}::VARCHAR", name(column)),
            Raw::Found { message, pattern } => {
                let group = usize::from(regex::Regex::new(pattern).is_ok_and(|regex| regex.captures_len() > 1));
                format!("nullif(regexp_extract({}, {}, {group}), '')", name(message), quote::text(pattern))
            }
        }
    }
}

/// What `--code` says.
#[derive(Debug)]
pub enum Said {
    Nothing,
    /// A column, of one table or of all that have it.
    Column(Option<String>, String),
    Regex(String),
}

impl<'a> Place<'a> {
    /// The place that a table is, with what is to be said of how it was told; `None` if it can have no errors.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn of(
        session: &'a Session,
        table: &'a Table,
        said: &Said,
        codebook: Option<&Codebook>,
    ) -> Result<Option<(Place<'a>, Option<String>)>> {
        let column = match said {
            Said::Column(Some(named), _) if *named != table.name => return Ok(None),
            Said::Column(_, column) => match known_column(&table.name, &table.columns, column, "--code") {
                Ok(column) => return Ok(Some((Place::with(session, table, Some(column), codebook)?, None))),
                Err(_) => return Ok(None),
            },
            Said::Regex(pattern) => {
                let raw = table.roles.message.clone().map(|message| Raw::Found { message, pattern: pattern.clone() });
                return Ok(raw.map(|raw| (Place::new(table, Some(raw), None), None)));
            }
            Said::Nothing => table.roles.code.clone(),
        };
        let roles = &table.roles;
        if let Some(column) = column {
            // Without time, level and outcome it may be a list of things that have codes.
            let is_bare = roles.time.is_none() && roles.level.is_none() && roles.result.is_none();
            let is_general = GENERAL.iter().any(|name| column.eq_ignore_ascii_case(name));
            let is_list = is_bare && (is_general || is_list(session, table, &column)?);
            return Ok(if is_list { None } else { Some((Place::with(session, table, Some(column), codebook)?, None)) });
        }
        for column in table.own_columns().filter(|column| may_be_code(session, table, column)) {
            let seen = peeked(session, table, &column.name)?;
            let told = told_by_values(column, &seen, codebook);
            if let Some((why, system)) = told {
                let note = format!("{}.{} is taken for its code: {why}", table.name, column.name);
                let raw = Some(Raw::Column(column.name.clone()));
                return Ok(Some((Place::new(table, raw, system), Some(note))));
            }
        }
        let can_fail = roles.level.is_some() || roles.result.is_some();
        Ok(can_fail.then_some((Place::new(table, None, None), None)))
    }

    fn with(
        session: &Session,
        table: &'a Table,
        column: Option<String>,
        codebook: Option<&Codebook>,
    ) -> Result<Place<'a>> {
        let system = match &column {
            Some(column) if table.kind != "log" => match System::of_column(column) {
                // The user's own codebook says what its codes are.
                Some(_) if codebook.is_some_and(|book| !book.codes.is_empty()) => {
                    let seen = peeked(session, table, column)?;
                    let is_own = codebook.is_some_and(|book| seen.iter().any(|code| book.codes.contains(code)));
                    System::of_column(column).filter(|_| !is_own)
                }
                system => system,
            },
            _ => None,
        };
        Ok(Place::new(table, column.map(Raw::Column), system))
    }

    fn new(table: &'a Table, raw: Option<Raw>, system: Option<System>) -> Place<'a> {
        Place { table, raw, system, harmless: "false".into() }
    }

    /// Looks at the first rows for the words by which outcomes and levels say that all is well. `levels` are those of
    /// errors, as a list in SQL.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn learn_harmless(&mut self, session: &Session, levels: &str) -> Result<()> {
        if self.is_all_errors() {
            return Ok(());
        }
        let roles = &self.table.roles;
        let mut parts = vec!["raw_code IS NULL".to_string()];
        let level = format!("NOT coalesce(rca_level(value) IN {levels}, false)");
        for (role, raw, is_fine) in [
            (&roles.result, "raw_result", "rca_failed(value) IS DISTINCT FROM true"),
            (&roles.level, "raw_level", level.as_str()),
        ] {
            let Some(column) = role else { continue };
            let words: Vec<String> =
                peek(session, self.table, column, is_fine)?.iter().map(|word| quote::text(word)).collect();
            parts.push(match words.is_empty() {
                true => format!("{raw} IS NULL"),
                false => format!("coalesce({raw} IN ({}), true)", words.join(", ")),
            });
        }
        self.harmless = parts.join(" AND ");
        Ok(())
    }

    /// Whether every row is an error, since the table is called after them and says neither level nor outcome.
    pub fn is_all_errors(&self) -> bool {
        let roles = &self.table.roles;
        let names = meaning::words(&self.table.short_name);
        roles.level.is_none()
            && roles.result.is_none()
            && self.raw.is_some()
            && names.iter().any(|word| EVENTS.contains(&word.trim_end_matches('s')))
    }

    /// The code as it is shown, as SQL over columns of the row; NULL where there is none. Numbers of a public system
    /// stand behind its name, so that `HTTP 503` and `exit 3` are told from codes of one's own.
    pub fn code_sql(&self, raw: &str, message: &str) -> String {
        let code = format!("rca_code({raw})");
        match self.system {
            Some(System::Http) => format!("CASE WHEN try_cast({raw} AS INTEGER) >= 400 THEN 'HTTP ' || {code} END"),
            Some(System::Sqlstate) => {
                format!("CASE WHEN left({code}, 2) NOT IN ('00', '01', '02') THEN 'SQLSTATE ' || {code} END")
            }
            Some(system) if !system.label().is_empty() => {
                format!(
                    "CASE WHEN regexp_full_match({code}, '-?[0-9]+') THEN {} ELSE '' END || {code}",
                    quote::text(&format!("{} ", system.label()))
                )
            }
            Some(_) => code,
            None if self.table.kind == "log" => {
                let is_of_http = self
                    .table
                    .own_columns()
                    .any(|column| System::of_column(&column.name) == Some(System::Http) || column.name == "status");
                format!("rca_log_code({code}, {message}, {is_of_http})")
            }
            None => code,
        }
    }
}

/// The distinct codes of a column among the first rows, trimmed; what says that there is none is left out.
///
/// # Errors
/// If the evidence cannot be read.
pub fn peeked(session: &Session, table: &Table, column: &str) -> Result<BTreeSet<String>> {
    let codes = peek(session, table, column, "rca_code(value) IS NOT NULL")?;
    Ok(codes.into_iter().map(|code| code.trim().to_string()).collect())
}

/// The distinct values of a column among the first rows of which a condition holds.
fn peek(session: &Session, table: &Table, column: &str, condition: &str) -> Result<Vec<String>> {
    let rows = format!("SELECT {}::VARCHAR AS value FROM {}", quote::name(column), table.scan(&[]));
    session.engine.keep_first("rca_peeked", &rows, ROWS)?;
    let sql = format!("SELECT DISTINCT value FROM rca_peeked WHERE value IS NOT NULL AND ({condition}) ORDER BY 1");
    Ok(session.engine.rows(&sql)?.rows.iter().map(|row| row[0].shown()).collect())
}

/// Whether each code stands in the column once, as in a list of codes.
fn is_list(session: &Session, table: &Table, column: &str) -> Result<bool> {
    let rows = format!("SELECT {}::VARCHAR AS code FROM {}", quote::name(column), table.scan(&[]));
    session.engine.keep_first("rca_peeked", &rows, ROWS)?;
    let row = session.one_row("SELECT count(code), count(DISTINCT code) FROM rca_peeked")?;
    Ok(row[0].int() > 1 && row[0].int() == row[1].int())
}

/// Whether a column of a table without a named code is worth looking at.
fn may_be_code(session: &Session, table: &Table, column: &Column) -> bool {
    let roles = &table.roles;
    let is_taken = [&roles.level, &roles.message].into_iter().flatten().any(|name| *name == column.name);
    let happens = roles.time.is_some() || roles.level.is_some() || roles.result.is_some();
    table.kind != "log"
        && happens
        && !is_taken
        && matches!(column.kind, Kind::Text | Kind::Int)
        && !session.entity_columns(table).contains(&column.name)
}

/// What the values of a column say of it.
fn told_by_values(
    column: &Column,
    seen: &BTreeSet<String>,
    codebook: Option<&Codebook>,
) -> Option<(String, Option<System>)> {
    if seen.is_empty() {
        return None;
    }
    if let Some(book) = codebook {
        let known = seen.iter().filter(|code| book.codes.contains(*code) && code.len() > 2).count();
        if known > 0 && 10 * known >= 8 * seen.len() {
            return Some((format!("{known} of its {} values are in {}", seen.len(), book.table.name), None));
        }
    }
    if column.kind == Kind::Int {
        let is_called = STATUSES.iter().any(|name| column.name.to_lowercase().contains(name));
        let are_statuses = seen.iter().all(|code| code.len() == 3 && matches!(code.as_bytes()[0], b'1'..=b'5'));
        return (is_called && are_statuses && seen.len() > 1)
            .then(|| ("its values are those of HTTP".into(), Some(System::Http)));
    }
    let shaped = seen.iter().filter(|code| is_shaped(code) || System::of_code(code).is_some()).count();
    (10 * shaped >= 9 * seen.len()).then(|| ("its values are shaped as codes".into(), None))
}

/// `E101`, `ERR-7`, `ALM_0042`.
fn is_shaped(code: &str) -> bool {
    let letters = code.chars().take_while(char::is_ascii_alphabetic).count();
    let digits = code[letters..].trim_start_matches(['-', '_', ' ']);
    ["e", "err", "error", "alm", "alarm", "flt", "fault"].contains(&code[..letters].to_lowercase().as_str())
        && (1..=6).contains(&digits.len())
        && digits.chars().all(|c| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_by_their_shape() {
        assert!(["E101", "ERR-7", "ALM_0042", "fault 12"].iter().all(|code| is_shaped(code)));
        assert!(["ST01", "SN240001", "E", "E1A", "Ä12", "101", ""].iter().all(|code| !is_shaped(code)));
    }
}
