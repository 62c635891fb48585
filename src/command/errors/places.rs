//! Where errors stand: which tables have them, in which column the code is, and to which code system it belongs. A
//! code's column is told by its name, else by a codebook that has its values, else by their shape.

use std::collections::BTreeSet;

use super::codebook::Codebook;
use super::words;
use crate::command::is_any;
use crate::engine::quote;
use crate::error::Result;
use crate::model::codes::System;
use crate::model::column::{Column, Kind};
use crate::model::{meaning, name};
use crate::session::{Session, Table, known_column};

/// Rows that are looked at to tell what a column holds.
const ROWS: i64 = 2_048;
/// Columns whose first rows are looked at together.
const COLUMNS_AT_ONCE: usize = 64;
/// Columns of these names hold codes of many things besides errors.
const GENERAL: [&str; 2] = ["code", "status_code"];
/// Columns called by nothing but these words hold HTTP's status if all of their numbers are such.
const STATUSES: [&str; 7] = ["status", "response", "http", "sc", "result", "rc", "code"];
/// Columns of a list that say what its codes mean.
const DESCRIPTIONS: [&str; 7] = ["description", "meaning", "name", "title", "desc", "explanation", "text"];

/// Columns that say since when a list holds, and not when anything happened.
const KEPT: [&str; 12] = [
    "created",
    "updated",
    "modified",
    "changed",
    "valid",
    "effective",
    "introduced",
    "deprecated",
    "retired",
    "released",
    "revised",
    "since",
];

/// Words of the name of a table that has nothing but errors.
const EVENTS: [&str; 8] = ["error", "alarm", "fault", "failure", "incident", "defect", "crashe", "exception"];

/// A table with errors.
#[derive(Debug)]
pub struct Place<'a> {
    pub table: &'a Table,
    /// The code as a row has it: SQL text that is NULL where there is none.
    pub raw: Option<Raw>,
    pub system: Option<System>,
    /// The column that says what happened.
    pub message: Option<String>,
    /// Words that would say that there is no error, and that the codebook calls one.
    pub called: Vec<String>,
    /// What is surely no error, as SQL over `raw_code`, `raw_result` and `raw_level`: most rows are told by that at the
    /// price of a comparison.
    pub harmless: String,
}

/// Where a row's code is.
#[derive(Debug, Clone)]
pub enum Raw {
    Column(String),
    /// A log's code, else the status of HTTP that its lines have, where that is one of an error.
    Status {
        code: String,
        status: String,
    },
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
            Raw::Status { code, status } => {
                let (code, status) = (name(code), name(status));
                format!(
                    "coalesce({code}, CASE WHEN try_cast({status} AS INTEGER) BETWEEN 400 AND 599 THEN {status}::VARCHAR END)"
                )
            }
            Raw::Found { message, pattern } => {
                let groups = regex::Regex::new(pattern).map_or(1, |regex| regex.captures_len());
                let (message, pattern) = (name(message), quote::text(pattern));
                let one = |group: usize| format!("nullif(regexp_extract({message}, {pattern}, {group}), '')");
                match groups {
                    0 | 1 => one(0),
                    2 => one(1),
                    // Of several groups the first that fits.
                    _ => format!("coalesce({})", (1..groups).map(one).collect::<Vec<_>>().join(", ")),
                }
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
            Said::Nothing => {
                if let Some(found) = Place::of_words(session, table, codebook)? {
                    return Ok(Some(found));
                }
                table.roles.code.clone()
            }
        };
        let roles = &table.roles;
        if let Some(column) = column {
            // Without time, level and outcome it may be a list of things that have codes.
            let is_bare = roles.time.is_none() && roles.level.is_none() && roles.result.is_none();
            let is_general = GENERAL.iter().any(|name| column.eq_ignore_ascii_case(name));
            let is_list = table.kind != "log" && ((is_bare && is_general) || is_list(session, table, &column)?);
            return Ok(if is_list { None } else { Some((Place::with(session, table, Some(column), codebook)?, None)) });
        }
        let candidates: Vec<&Column> =
            table.own_columns().filter(|column| may_be_code(session, table, column, codebook)).collect();
        for few in candidates.chunks(COLUMNS_AT_ONCE) {
            let names: Vec<&str> = few.iter().map(|column| column.name.as_str()).collect();
            for (column, seen) in few.iter().zip(codes(session, table, &names)?) {
                if let Some((why, system)) = told_by_values(table, column, &seen, codebook) {
                    let note = format!("{}.{} is taken for its code: {why}", table.name, column.name);
                    let raw = Some(Raw::Column(column.name.clone()));
                    return Ok(Some((Place::new(table, raw, system), Some(note))));
                }
            }
        }
        let can_fail = roles.level.is_some() || roles.result.is_some();
        Ok(can_fail.then_some((Place::new(table, None, None), None)))
    }

    /// The place of a table whose messages say codes of the codebook as words, and which has no code else.
    fn of_words(
        session: &Session,
        table: &'a Table,
        codebook: Option<&Codebook>,
    ) -> Result<Option<(Place<'a>, Option<String>)>> {
        let (Some(book), Some(message)) = (codebook, &table.roles.message) else { return Ok(None) };
        let Some(pattern) = words::pattern(&book.codes) else { return Ok(None) };
        let is_coded = match &table.roles.code {
            Some(column) => !codes_of(session, table, column)?.is_empty(),
            None => false,
        };
        if is_coded || words::said(session, table, book, &pattern)? == 0 {
            return Ok(None);
        }
        let note =
            format!("codes of {} are taken from {}.{message}, where they stand as words", book.table.name, table.name);
        let raw = Raw::Found { message: message.clone(), pattern };
        Ok(Some((Place::new(table, Some(raw), None), Some(note))))
    }

    fn with(
        session: &Session,
        table: &'a Table,
        column: Option<String>,
        codebook: Option<&Codebook>,
    ) -> Result<Place<'a>> {
        let system = match column.as_deref().and_then(System::of_column).filter(|_| table.kind != "log") {
            None => None,
            Some(system) => {
                let seen = codes_of(session, table, column.as_deref().unwrap_or_default())?;
                // The user's own codebook says what its codes are; what a system does not know is none of its codes.
                let is_own = codebook.is_some_and(|book| {
                    let (own, others): (Vec<&String>, Vec<&String>) =
                        seen.iter().partition(|code| book.codes.contains(*code));
                    !own.is_empty() && !others.into_iter().any(|code| is_fine(system, code))
                });
                let known = seen.iter().filter(|code| system.describe(code).is_some()).count();
                let is_of_system = match system {
                    // A program ends with numbers of its own as well.
                    System::Exit => known > 0 && seen.iter().all(|code| is_exit(code)),
                    _ => !seen.is_empty() && 10 * known >= 8 * seen.len(),
                };
                Some(system).filter(|_| !is_own && is_of_system)
            }
        };
        let status = table.own_columns().find(|other| table.kind == "log" && is_status(other));
        let raw = column.map(|code| match status.filter(|status| status.name != code) {
            Some(status) => Raw::Status { code, status: status.name.clone() },
            None => Raw::Column(code),
        });
        Ok(Place::new(table, raw, system))
    }

    fn new(table: &'a Table, raw: Option<Raw>, system: Option<System>) -> Place<'a> {
        let message = table.roles.message.clone();
        Place { table, raw, system, message, called: Vec::new(), harmless: "false".into() }
    }

    /// Looks at the first rows for the words by which outcomes and levels say that all is well. `levels` are those of
    /// errors. Returns what is to be said of words that say nothing.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn learn_harmless(&mut self, session: &Session, levels: &[&str]) -> Result<Option<String>> {
        if self.is_all_errors() {
            return Ok(None);
        }
        let roles = &self.table.roles;
        let mut parts = vec!["raw_code IS NULL".to_string()];
        let level = format!("NOT coalesce({}, false)", is_any("rca_level(value)", levels));
        for (role, raw, is_fine) in [
            (&roles.result, "raw_result", "rca_failed(value) IS DISTINCT FROM true"),
            (&roles.level, "raw_level", level.as_str()),
        ] {
            let Some(column) = role else { continue };
            let words: Vec<String> =
                peeked(session, self.table, column, is_fine)?.iter().map(|word| quote::text(word)).collect();
            parts.push(match words.is_empty() {
                true => format!("{raw} IS NULL"),
                false => format!("coalesce({raw} IN ({}), true)", words.join(", ")),
            });
        }
        self.harmless = parts.join(" AND ");
        let Some(column) = &roles.result else { return self.noughts(session) };
        let unknown = peeked(session, self.table, column, "trim(value) <> '' AND rca_failed(value) IS NULL")?;
        Ok((!unknown.is_empty()).then(|| {
            let listed: Vec<String> = unknown.iter().take(5).cloned().collect();
            format!(
                "{}.{column} has words that say neither pass nor fail, and are none of both: {}",
                self.table.name,
                name::listed(&listed)
            )
        }))
    }

    /// Where neither level nor outcome says what is an error: which codes of the first rows say that there is none.
    fn noughts(&self, session: &Session) -> Result<Option<String>> {
        let Some(Raw::Column(column)) = self.raw.as_ref().filter(|_| self.table.roles.level.is_none()) else {
            return Ok(None);
        };
        let is_nought = format!(
            "regexp_matches(value, '[A-Za-z].*[0-9]') AND rca_code(value) IS NULL AND ({}) IS NULL",
            self.code_sql("value", "NULL")
        );
        let codes: Vec<String> = peeked(session, self.table, column, &is_nought)?.into_iter().collect();
        Ok((!codes.is_empty()).then(|| {
            format!(
                "{}.{column}: rows are no errors whose code says that there is none: {}; a codebook that calls it one makes it a code",
                self.table.name,
                name::listed(&codes)
            )
        }))
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
        let code = super::codebook::code_sql(raw, &self.called);
        match self.system {
            Some(System::Http) => {
                let status = format!("try_cast({raw} AS DOUBLE)");
                format!(
                    "CASE WHEN {status} BETWEEN 400 AND 599 THEN 'HTTP ' || {code} WHEN {status} BETWEEN 100 AND 399 THEN NULL ELSE {code} END"
                )
            }
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
                let is_of_http = self.table.own_columns().any(is_status);
                format!("rca_log_code({code}, {message}, {is_of_http})")
            }
            None => code,
        }
    }
}

/// Whether a code of a public system says that all went well.
fn is_fine(system: System, code: &str) -> bool {
    system == System::Http && code.len() == 3 && matches!(code.as_bytes()[0], b'1'..=b'3')
}

/// Whether a process can end with such a code.
fn is_exit(code: &str) -> bool {
    code.parse::<u8>().is_ok() || System::Exit.describe(code).is_some()
}

/// Whether a field of a log is the status of HTTP.
fn is_status(column: &Column) -> bool {
    column.kind == Kind::Int && (System::of_column(&column.name) == Some(System::Http) || column.name == "status")
}

/// The distinct codes of a column among the first rows, trimmed; what says that there is none is left out.
///
/// # Errors
/// If the evidence cannot be read.
pub fn codes_of(session: &Session, table: &Table, column: &str) -> Result<BTreeSet<String>> {
    Ok(codes(session, table, &[column])?.remove(0))
}

/// The same of each of several columns, with one look.
fn codes(session: &Session, table: &Table, columns: &[&str]) -> Result<Vec<BTreeSet<String>>> {
    let seen = peek(session, table, columns, "rca_code(value) IS NOT NULL")?;
    Ok(seen.iter().map(|codes| codes.iter().map(|code| code.trim().to_string()).collect()).collect())
}

/// The distinct values of a column among the first rows of which a condition holds.
fn peeked(session: &Session, table: &Table, column: &str, condition: &str) -> Result<BTreeSet<String>> {
    Ok(peek(session, table, &[column], condition)?.remove(0))
}

/// The same of each of several columns.
fn peek(session: &Session, table: &Table, columns: &[&str], condition: &str) -> Result<Vec<BTreeSet<String>>> {
    let values: Vec<String> = columns.iter().map(|column| format!("{}::VARCHAR", quote::name(column))).collect();
    let rows = format!("SELECT [{}] AS cells FROM {}", values.join(", "), table.scan(&[]));
    session.engine.keep_first("rca_peeked", &rows, ROWS)?;
    let sql = format!(
        "SELECT DISTINCT place, value FROM (SELECT generate_subscripts(cells, 1) - 1 AS place, unnest(cells) AS value FROM rca_peeked) \
         WHERE value IS NOT NULL AND ({condition}) ORDER BY ALL"
    );
    let mut seen = vec![BTreeSet::new(); columns.len()];
    for row in session.engine.rows(&sql)?.rows {
        seen[usize::try_from(row[0].int()).unwrap_or(0)].insert(row[1].shown());
    }
    Ok(seen)
}

/// Whether it is a list of what codes mean: each stands there once, with a description, and nothing happens in it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn is_list(session: &Session, table: &Table, column: &str) -> Result<bool> {
    if says_what_happened(session, table, column) {
        return Ok(false);
    }
    let is_named = |name: &&str| table.column(name).is_some_and(|other| other.name != column);
    if !DESCRIPTIONS.iter().any(is_named) && super::codebook::described(session, table, column)?.is_none() {
        return Ok(false);
    }
    let rows = format!("SELECT {}::VARCHAR AS code FROM {}", quote::name(column), table.scan(&[]));
    session.engine.keep_first("rca_peeked", &rows, ROWS)?;
    let row = session.one_row("SELECT count(code), count(DISTINCT code) FROM rca_peeked")?;
    // A few may stand there twice by mistake.
    Ok(row[0].int() > 1 && 20 * row[1].int() >= 19 * row[0].int())
}

/// Whether rows of a table with a code tell of something: what came out, of which unit, or when; of one that is called
/// after codes only both of these say so. Those of a list say what is so at any time.
pub fn says_what_happened(session: &Session, table: &Table, code: &str) -> bool {
    let is_unit = |name: &String| name != code && !name.eq_ignore_ascii_case("id");
    let is_kept = |time: &String| meaning::words(time).iter().any(|word| KEPT.contains(&word.as_str()));
    let roles = &table.roles;
    let is_of_units = session.entity_columns(table).iter().any(is_unit);
    let happens = roles.time.as_ref().is_some_and(|time| !roles.is_load_stamp && !is_kept(time));
    let is_called = super::codebook::is_called(table);
    roles.result.is_some() || is_of_units && happens || !is_called && (is_of_units || happens)
}

/// Whether a column of a table without a named code is worth looking at.
fn may_be_code(session: &Session, table: &Table, column: &Column, codebook: Option<&Codebook>) -> bool {
    let roles = &table.roles;
    let can_be_told = codebook.is_some() || is_called_status(column) || says_outcome(table);
    let is_taken = [&roles.level, &roles.message].into_iter().flatten().any(|name| *name == column.name);
    let happens = roles.time.is_some() || roles.level.is_some() || roles.result.is_some();
    table.kind != "log"
        && can_be_told
        && happens
        && !is_taken
        && matches!(column.kind, Kind::Text | Kind::Int)
        && !session.entity_columns(table).contains(&column.name)
}

fn is_called_status(column: &Column) -> bool {
    let words = meaning::words(&column.name);
    column.kind == Kind::Int && !words.is_empty() && words.iter().all(|word| STATUSES.contains(&word.as_str()))
}

/// Whether rows say if all went well.
fn says_outcome(table: &Table) -> bool {
    table.roles.result.is_some() || table.roles.level.is_some()
}

/// What the values of a column say of it.
fn told_by_values(
    table: &Table,
    column: &Column,
    seen: &BTreeSet<String>,
    codebook: Option<&Codebook>,
) -> Option<(String, Option<System>)> {
    if seen.is_empty() {
        return None;
    }
    if let Some(book) = codebook {
        let known = seen.iter().filter(|code| book.codes.contains(*code) && is_telling(code)).count();
        let is_of_http = is_called_status(column) || System::of_column(&column.name) == Some(System::Http);
        let is_mixed = is_of_http && seen.iter().any(|code| !book.codes.contains(code) && is_fine(System::Http, code));
        if known > 0 && 10 * known >= 8 * seen.len() && !is_mixed {
            return Some((format!("{known} of its {} values are in {}", seen.len(), book.table.name), None));
        }
    }
    if column.kind == Kind::Int {
        let are_statuses = seen.iter().all(|code| code.len() == 3 && matches!(code.as_bytes()[0], b'1'..=b'5'));
        return (is_called_status(column) && are_statuses && seen.len() > 1)
            .then(|| ("its values are those of HTTP".into(), Some(System::Http)));
    }
    // What is shaped as a code may be the number of a gate, unless rows also say whether all went well.
    if !says_outcome(table) {
        return None;
    }
    let shaped = seen.iter().filter(|code| is_shaped(code) || System::of_code(code).is_some()).count();
    (10 * shaped >= 9 * seen.len()).then(|| ("its values are shaped as codes".into(), None))
}

/// Whether a code is no small number, which every list of numbers has.
pub fn is_telling(code: &str) -> bool {
    code.len() > 2 || code.chars().any(char::is_alphabetic)
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
