//! What codes mean by the user's own word: a table of the evidence or a file, named by a flag, by the settings, or found
//! by its shape: a list of codes, each once, with their descriptions, which other tables have.

use std::collections::HashSet;

use super::places::{is_telling, says_what_happened};
use super::words;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::codes::{self, System};
use crate::model::column::{Column, Kind};
use crate::model::value::Value;
use crate::model::{meaning, name};
use crate::session::{Session, Table, known_column};

/// The name of a source that `--codebook FILE` makes.
pub const FILE: &str = "codebook";

const CODES: [&str; 6] = ["code", "error_code", "errorcode", "err_code", "fault_code", "alarm_code"];
/// What a list's own numbers are called, if it has no code by another name.
const NUMBERS: [&str; 2] = ["id", "errorid"];
/// Names that lists of codes of all kinds have.
const GENERAL: [&str; 3] = ["code", "id", "number"];
const DESCRIPTIONS: [&str; 9] =
    ["description", "meaning", "message", "text", "name", "title", "desc", "detail", "explanation"];
/// What a list of errors' codes is called.
const CALLED: [&str; 6] = ["errorcode", "faultcode", "alarmcode", "failurecode", "codebook", "errorcatalog"];
/// What the words of a column's name begin with that has codes of failures, in the languages that evidence is often in.
const FAILURES: [&str; 9] = ["err", "fault", "alarm", "fail", "fehler", "stör", "stoer", "defect", "defekt"];
/// Of more columns none is told to be the description by its values alone, and texts of so many different ones in a hundred
/// are.
const COLUMNS_MOST: usize = 8;
const DIFFERENT_LEAST: i64 = 95;
/// A list of more codes is none that people wrote.
const CODES_MOST: i64 = 100_000;

pub struct Codebook<'a> {
    pub table: &'a Table,
    pub code: String,
    pub description: Option<String>,
    /// As they are written there.
    pub codes: HashSet<String>,
    /// Those that would be none if the codebook did not call them an error: `E0`, `0`.
    pub called: Vec<String>,
    /// By its shape and codes; nobody named it.
    pub is_found: bool,
}

impl<'a> Codebook<'a> {
    /// `column` is the one that `--code` says.
    ///
    /// # Errors
    /// If the table named is not there, or has no column of codes.
    pub fn find(session: &'a Session, said: Option<&str>, column: Option<&str>) -> Result<Option<Codebook<'a>>> {
        let settings = session.settings.codebook.as_ref();
        let is_file = said.is_some_and(|text| std::path::Path::new(text).is_file());
        let named = if is_file { Some(FILE) } else { said.or(settings.map(|settings| settings.table.as_str())) };
        let Some(named) = named else { return found(session, column) };
        let table = session.table(named)?;
        let of_settings = settings.filter(|settings| settings.table.eq_ignore_ascii_case(named));
        let code = match of_settings.and_then(|settings| settings.code.as_deref()) {
            Some(column) => known_column(&table.name, &table.columns, column, "codebook.code")?,
            None => code_of(table).or_else(|| beside(table)).ok_or_else(|| {
                let names: Vec<String> = table.own_columns().map(|column| column.name.clone()).collect();
                Error::question(format!("codebook `{}` has no column of codes", table.name))
                    .detail(format!("its columns are {}", name::listed(&names)))
                    .hint("say which it is: --set codebook.table=TABLE --set codebook.code=COLUMN")
            })?,
        };
        let description = match of_settings.and_then(|settings| settings.description.as_deref()) {
            Some(column) => Some(known_column(&table.name, &table.columns, column, "codebook.description")?),
            None => match first_of(table, &DESCRIPTIONS) {
                Some(named) => Some(named),
                None => described(session, table, &code)?,
            },
        };
        let codes = codes_of(session, table, &code)?.0;
        Ok(Some(
            Codebook { table, code, description, codes, called: Vec::new(), is_found: false }.with_called(session)?,
        ))
    }

    /// With the codes that it calls an error though they look like none.
    fn with_called(mut self, session: &Session) -> Result<Codebook<'a>> {
        let Some(description) = &self.description else { return Ok(self) };
        let rows = session.engine.rows(&format!(
            "SELECT DISTINCT rca_whole(rca_trimmed({0})) FROM {1} WHERE rca_code({0}) IS NULL \
             AND regexp_matches({0}::VARCHAR, '[0-9]') AND rca_is_fault({2}::VARCHAR) ORDER BY 1",
            quote::name(&self.code),
            self.table.sql(),
            quote::name(description),
        ))?;
        self.called = rows.rows.iter().map(|row| row[0].shown()).collect();
        self.codes.extend(self.called.iter().cloned());
        Ok(self)
    }

    /// A code as SQL over what a row has, NULL where that says that there is no error.
    pub fn code_sql(&self, raw: &str) -> String {
        code_sql(raw, &self.called)
    }

    /// The codebook's own writing of a code as it is shown: that, or the number alone that stands behind the name of its
    /// public system, since the evidence has no more than that. Of a codebook that nobody named small numbers are not
    /// taken for such.
    pub fn known_as<'c>(&self, shown: &'c str) -> Option<&'c str> {
        let bare = || codes::bare(shown).filter(|bare| !self.is_found || is_telling(bare));
        let is_known = |code: &&str| self.codes.contains(*code);
        Some(shown).filter(is_known).or_else(|| bare().filter(is_known))
    }

    /// What is to be said of them.
    pub fn note(&self) -> Option<String> {
        (!self.called.is_empty()).then(|| {
            let (name, called) = (&self.table.name, self.called.join(", "));
            format!("{name} calls {called} an error, which else says that there is none")
        })
    }

    /// `code, description`, each code once: of several descriptions all of them.
    pub fn sql(&self) -> String {
        let description =
            self.description.as_ref().map_or_else(|| "NULL".into(), |column| quote::readable_name(column));
        let code = self.code_sql(&quote::readable_name(&self.code));
        format!(
            "SELECT {code} AS code, string_agg(DISTINCT {description}::VARCHAR, ' / ' ORDER BY {description}::VARCHAR) AS description \
             FROM {} WHERE {code} IS NOT NULL GROUP BY 1",
            self.table.sql()
        )
    }
}

/// The codes of a table, and how many rows have one.
fn codes_of(session: &Session, table: &Table, column: &str) -> Result<(HashSet<String>, i64)> {
    let rows = session
        .engine
        .rows(&format!(
            "SELECT rca_code({0}) AS code, count(*) FROM {1} WHERE rca_code({0}) IS NOT NULL GROUP BY 1 ORDER BY 1 LIMIT {CODES_MOST}",
            quote::name(column),
            table.sql()
        ))?
        .rows;
    let count = rows.iter().map(|row| row[1].int()).sum();
    Ok((rows.into_iter().map(|row| row[0].shown()).collect(), count))
}

/// The list whose codes occur in other tables most; a list that is called after errors is one even if none occurs.
fn found<'a>(session: &'a Session, said: Option<&str>) -> Result<Option<Codebook<'a>>> {
    let mut best: Option<(usize, Codebook)> = None;
    let mut tables: Vec<&Table> = session.tables.iter().filter(|table| table.kind != "log").collect();
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    for table in tables {
        let said = || said.and_then(|said| table.column(said)).map(|column| column.name.clone());
        let Some(code) = code_of(table).or_else(said) else { continue };
        if says_what_happened(session, table, &code) {
            continue;
        }
        let named = first_of(table, &DESCRIPTIONS);
        let Some(description) = (if named.is_some() { named } else { described(session, table, &code)? }) else {
            continue;
        };
        let (codes, count) = codes_of(session, table, &code)?;
        // A few may stand there twice by mistake.
        if code == description || codes.is_empty() || 20 * codes.len() < usize::try_from(19 * count).unwrap_or(0) {
            continue;
        }
        let pattern = words::pattern(&codes);
        let book = Codebook {
            table,
            code: code.clone(),
            description: Some(description),
            codes,
            called: Vec::new(),
            is_found: true,
        };
        let codes = &book.codes;
        let mut shared = 0;
        for other in session.tables.iter().filter(|other| other.name != table.name) {
            let system = || other.own_columns().find(|column| System::of_column(&column.name).is_some());
            let same = || other.column(&code).filter(|_| is_of_failures(&code) && other.kind != "log");
            let named = other.roles.code.as_ref().or_else(|| system().or_else(same).map(|column| &column.name));
            let mut known_here = 0;
            if let Some(column) = named {
                let seen = super::places::codes_of(session, other, column)?;
                // Small numbers are those of a list that is called as they are.
                let is_of_these = is_list_of(table, &code, column);
                let known =
                    seen.iter().filter(|code| codes.contains(*code) && (is_of_these || is_telling(code))).count();
                // Another list with the same codes is no evidence of them.
                if 2 * known >= seen.len() && !super::places::is_list(session, other, column)? {
                    known_here = known;
                }
            }
            if let (0, Some(pattern)) = (known_here, &pattern) {
                known_here = words::said(session, other, &book, pattern)?;
            }
            shared += known_here;
        }
        let is_better = best.as_ref().is_none_or(|(most, _)| shared > *most);
        if is_better && (shared > 0 || is_called(table)) {
            best = Some((shared, book));
        }
    }
    best.map(|(_, book)| book.with_called(session)).transpose()
}

/// The column of a list that has its codes, by its name.
fn code_of(table: &Table) -> Option<String> {
    let of_system = || table.own_columns().find(|column| System::of_column(&column.name).is_some());
    first_of(table, &CODES)
        .or_else(|| table.roles.code.clone().filter(|name| !is_number(name)))
        .or_else(|| of_system().map(|column| column.name.clone()))
        .or_else(|| {
            let of_failures =
                |column: &&Column| matches!(column.kind, Kind::Text | Kind::Int) && is_of_failures(&column.name);
            table
                .own_columns()
                .find(of_failures)
                .filter(|_| table.roles.time.is_none())
                .map(|column| column.name.clone())
        })
        .or_else(|| first_of(table, &NUMBERS))
}

/// Whether a column is called after failures, as `Fehlercode`.
fn is_of_failures(column: &str) -> bool {
    meaning::words(column).iter().any(|word| FAILURES.iter().any(|start| word.starts_with(start)))
}

/// The column of a list, whatever it is called, that says what its codes mean: nearly each has a text of its own.
///
/// # Errors
/// If the evidence cannot be read.
pub fn described(session: &Session, table: &Table, code: &str) -> Result<Option<String>> {
    let texts: Vec<&Column> =
        table.own_columns().filter(|column| column.kind == Kind::Text && column.name != code).collect();
    if table.roles.time.is_some() || texts.is_empty() || table.own_columns().count() > COLUMNS_MOST {
        return Ok(None);
    }
    let counts: Vec<String> = texts
        .iter()
        .map(|column| quote::name(&column.name))
        .map(|name| format!("count(nullif(trim({name}), '')), count(DISTINCT trim({name}))"))
        .collect();
    let sql = format!("SELECT count({}), {} FROM {}", quote::name(code), counts.join(", "), table.sql());
    let row = session.one_row(&sql)?;
    let Some((rows, counts)) = row.split_first() else { return Ok(None) };
    let is_own = |pair: &[Value]| {
        let (said, different) = (pair[0].int(), pair[1].int());
        said > 1 && 2 * said > rows.int() && 100 * different >= DIFFERENT_LEAST * said
    };
    let told = texts.iter().zip(counts.chunks_exact(2)).find(|(_, pair)| is_own(pair));
    Ok(told.map(|(column, _)| column.name.clone()))
}

fn is_number(name: &str) -> bool {
    NUMBERS.iter().any(|number| name.eq_ignore_ascii_case(number))
}

/// The only column of a list beside what it says of each code.
fn beside(table: &Table) -> Option<String> {
    let description = first_of(table, &DESCRIPTIONS)?;
    let mut others = table.own_columns().filter(|column| column.name != description);
    let only = others.next()?;
    others.next().is_none().then(|| only.name.clone())
}

/// Whether a list is called after a column of codes: its own column is, or all of it, as `exit_codes` after `exit_code`.
fn is_list_of(table: &Table, code: &str, column: &str) -> bool {
    let [table, code, column] =
        [&table.short_name, code, column].map(|name| format!("_{}", meaning::words(name).join("_")));
    !GENERAL.contains(&&column[1..]) && (code == column || table.contains(&column))
}

/// Whether a table is called after codes.
pub fn is_called(table: &Table) -> bool {
    let name = table.short_name.to_lowercase().replace('_', "");
    CALLED.iter().any(|word| name.contains(word)) || matches!(name.as_str(), "code" | "codes")
}

/// A code as SQL over what a row has, NULL where that says that there is no error; these are codes all the same.
pub fn code_sql(raw: &str, called: &[String]) -> String {
    if called.is_empty() {
        return format!("rca_code({raw})");
    }
    let called: Vec<String> = called.iter().map(|code| quote::text(code)).collect();
    format!("rca_code_but({raw}, [{}])", called.join(", "))
}

fn first_of(table: &Table, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| table.column(name)).map(|column| column.name.clone())
}
