//! What all forms of the question share: which tables have errors, which of their rows are errors, and how a row says
//! so in SQL, for the engine and for people who paste it.

use super::ErrorsArgs;
use super::codebook::Codebook;
use super::places::{Place, Raw, Said};
use super::texts;
use crate::command::{event_tables_with, is_any, is_used};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::{codes, level, name};
use crate::session::{Session, Table, Wanted, Window};

pub struct Question<'a> {
    pub session: &'a Session,
    pub args: &'a ErrorsArgs,
    pub places: Vec<Place<'a>>,
    pub codebook: Option<Codebook<'a>>,
    pub window: Window,
    pub notes: Vec<String>,
    /// Levels that are errors by themselves.
    levels: &'static [&'static str],
}

impl<'a> Question<'a> {
    pub fn new(session: &'a Session, args: &'a ErrorsArgs) -> Result<Question<'a>> {
        let question = Question::found(session, args)?;
        if question.places.is_empty() {
            let error = Error::question("no table has a code, a level or a result");
            return Err(match &args.common.evidence.condition {
                Some(condition) => error.detail(format!("of those whose rows can be asked whether {condition}")),
                None => error.hint("say where the code is: --code COLUMN or --code REGEX"),
            });
        }
        Ok(question)
    }

    /// The same where it may be that no table has errors: then it is without places.
    pub fn found(session: &'a Session, args: &'a ErrorsArgs) -> Result<Question<'a>> {
        let mut notes = Vec::new();
        let levels = level::at_least(args.level.as_deref().unwrap_or("error"))?;
        let said = said(session, args)?;
        let column = match &said {
            Said::Column(_, column) => Some(column.as_str()),
            _ => None,
        };
        let codebook = Codebook::find(session, args.codebook.as_deref(), column)?;
        if let Some(book) = codebook.as_ref().filter(|book| book.is_found) {
            notes.push(format!(
                "codes are described by {}, whose codes occur; --codebook names another",
                book.table.name
            ));
        }
        notes.extend(codebook.as_ref().and_then(Codebook::note));
        if let Some((code, bare)) = args.code.as_deref().and_then(|code| Some((code, codes::bare(code)?))) {
            notes.push(format!(
                "--code says where codes stand; errors of the code `{code}` alone, which stands there as {bare}: --where \"code = '{bare}'\""
            ));
        }
        let evidence = &args.common.evidence;
        let condition = evidence.condition.as_deref();
        let (mut places, mut taken) = (Vec::new(), Vec::new());
        for table in event_tables_with(session, condition, &mut notes)? {
            if codebook.as_ref().is_some_and(|book| book.table.name == table.name) {
                continue;
            }
            if let Some((mut place, note)) = Place::of(session, table, &said, codebook.as_ref())? {
                place.called = codebook.as_ref().map(|book| book.called.clone()).unwrap_or_default();
                let unknown = place.learn_harmless(session, levels)?;
                taken.extend(texts::find(session, &mut place)?);
                places.push(place);
                notes.extend(note.into_iter().chain(unknown));
            }
        }
        notes.extend(texts::said(&taken));
        if let Some(book) = &codebook {
            is_used(book.table, &mut notes);
        }
        // The same answer whatever the order in which sources are named.
        places.sort_by(|a, b| a.table.name.cmp(&b.table.name));
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        Ok(Question { session, args, places, codebook, window, notes, levels })
    }

    /// Whether a row is an error, as SQL over what it has of an outcome, a level and a code. Without --level a warning
    /// with a code is one too; a row that passed is none by its code.
    pub fn is_error(&self, failed: Option<&str>, level: Option<&str>, code: Option<&str>) -> String {
        let mut parts = self.by_itself(failed, level);
        if let Some(code) = code {
            let mut coded = vec![format!("{code} IS NOT NULL")];
            coded.extend(self.by_its_code(failed, level));
            parts.push(joined(&coded, " AND "));
        }
        if parts.is_empty() { "false".into() } else { joined(&parts, " OR ") }
    }

    /// What makes a row an error, whether it has a code or not.
    fn by_itself(&self, failed: Option<&str>, level: Option<&str>) -> Vec<String> {
        let failed = failed.filter(|_| self.takes_errors()).map(str::to_string);
        failed.into_iter().chain(level.map(|level| is_any(level, self.levels))).collect()
    }

    /// What a row with a code must be besides to be an error by that.
    fn by_its_code(&self, failed: Option<&str>, level: Option<&str>) -> Vec<String> {
        let failed = failed.map(|failed| match self.takes_errors() {
            true => format!("{failed} IS DISTINCT FROM false"),
            false => format!("{failed} IS NULL"),
        });
        let level = level.map(|level| match &self.args.level {
            Some(_) => format!("{level} IS NULL"),
            None => format!("coalesce({level} NOT IN ('trace', 'debug', 'info'), true)"),
        });
        failed.into_iter().chain(level).collect()
    }

    fn takes_errors(&self) -> bool {
        self.levels.contains(&"error")
    }

    /// Errors with one of these codes, or without a code, over a table's own columns, as people paste it; with what
    /// `--from`, `--to` and `--where` ask.
    pub fn are_of(&self, place: &Place, codes: Option<&[&str]>) -> String {
        let code = self.code_of(place);
        let parts = match codes {
            None => {
                let (failed, level) = self.told_by(place);
                let is_error = self.is_error(failed.as_deref(), level.as_deref(), None);
                let is_error = Some(is_error).filter(|_| !place.is_all_errors());
                is_error.into_iter().chain([format!("{code} IS NULL")]).collect()
            }
            Some([code_of_all]) => self.coded(place, format!("{code} = {}", quote::text(code_of_all))),
            Some(codes) => {
                let list: Vec<String> = codes.iter().map(|code| quote::text(code)).collect();
                self.coded(place, format!("{code} IN ({})", list.join(", ")))
            }
        };
        format!("{}{}", parts.join(" AND "), self.asked_of(place.table))
    }

    /// Outcome and level of a place's rows, as people paste them.
    fn told_by(&self, place: &Place) -> (Option<String>, Option<String>) {
        let roles = &place.table.roles;
        let failed = roles.result.as_ref().map(|result| format!("rca_failed({})", quote::readable_name(result)));
        let level = roles.level.as_ref().map(|level| match place.table.kind {
            "log" => quote::readable_name(level),
            _ => format!("rca_level({})", quote::readable_name(level)),
        });
        (failed, level)
    }

    /// That a row has such a code and is an error.
    fn coded(&self, place: &Place, is_code: String) -> Vec<String> {
        let (failed, level) = self.told_by(place);
        let (failed, level) = (failed.as_deref(), level.as_deref());
        let mut parts = vec![is_code];
        let coded = self.by_its_code(failed, level);
        // Where only the outcome or only the level is known, that of coded rows says all.
        let says_all = coded.is_empty() || (self.args.level.is_none() && failed.is_some() != level.is_some());
        if says_all {
            parts.extend(coded);
        } else {
            let mut any = self.by_itself(failed, level);
            any.push(joined(&coded, " AND "));
            parts.push(joined(&any, " OR "));
        }
        parts
    }

    /// All errors that have a code, as people paste them: `ts, code`.
    pub fn pasted(&self) -> String {
        let of = |place: &Place<'a>| {
            let time = place.table.roles.time.as_ref();
            let time = time.map_or_else(|| "NULL".into(), |time| quote::readable_name(time));
            let code = self.code_of(place);
            let are_coded = self.coded(place, format!("{code} IS NOT NULL")).join(" AND ");
            let (table, asked) = (place.table.sql(), self.asked_of(place.table));
            format!("SELECT {time}::TIMESTAMP AS ts, {code} AS code FROM {table} WHERE {are_coded}{asked}")
        };
        let places: Vec<String> = self.places.iter().filter(|place| place.raw.is_some()).map(of).collect();
        if places.is_empty() {
            return "SELECT NULL::TIMESTAMP AS ts, NULL::VARCHAR AS code WHERE false".into();
        }
        quote::one_line(&places.join(" UNION ALL "))
    }

    /// A row's code over the table's own columns, as people paste it.
    pub fn code_of(&self, place: &Place) -> String {
        let message = place.message.as_ref().map_or_else(|| "NULL".into(), |m| quote::readable_name(m));
        place.raw.as_ref().map_or_else(|| "NULL".into(), |raw| place.code_sql(&raw.sql(true), &message))
    }

    /// Rows of a place in the shape of events, with what tells whether they are errors (`raw_code`, `raw_result`,
    /// `raw_level`), the `text` of their message and the columns of `more`.
    pub fn rows_of(&self, place: &Place, window: Window, more: &[(String, String)]) -> String {
        let roles = &place.table.roles;
        let null = || "NULL::VARCHAR".to_string();
        let column = |role: &Option<String>| role.as_ref().map_or_else(null, |name| quote::name(name));
        let mut columns = vec![
            (place.raw.as_ref().map_or_else(null, |raw| raw.sql(false)), "raw_code".to_string()),
            (column(&roles.result), "raw_result".into()),
            (place.message.as_ref().map_or_else(null, |name| said_by(place.table, name)), "text".into()),
            (
                roles.level.as_ref().map_or_else(null, |level| format!("{}::VARCHAR", quote::name(level))),
                "raw_level".into(),
            ),
            (thrown(place.table), "thrown".into()),
        ];
        columns.extend(more.iter().cloned());
        let wanted = Wanted { window, condition: self.args.common.evidence.condition.clone(), ..Wanted::default() };
        self.session.rows_of(place.table, &wanted, &columns)
    }

    /// The errors of a place: `ts, source, table_name, name, entity, level, failed, code, raw_code, message, text,
    /// thrown, origin, at_file, at_line`.
    pub fn errors_of(&self, place: &Place, window: Window) -> String {
        format!("SELECT * EXCLUDE (is_error) FROM ({}) WHERE is_error", self.candidates_of(place, window))
    }

    /// The same with rows that have a code and are none by their level or outcome: these have `is_error` false.
    pub fn candidates(&self, window: Window) -> String {
        let all: Vec<String> = self.places.iter().map(|place| self.candidates_of(place, window)).collect();
        format!("SELECT * FROM ({}) WHERE is_error OR code IS NOT NULL", all.join(" UNION ALL "))
    }

    fn candidates_of(&self, place: &Place, window: Window) -> String {
        format!(
            "SELECT ts, source, table_name, {} AS name, entity, level, failed, code, raw_code, message, text, thrown, origin, at_file, at_line, is_error FROM ({})",
            quote::text(&place.table.name),
            self.judged(place, &self.rows_of(place, window, &[])),
        )
    }

    /// Rows of [`Self::rows_of`] with their `code` as it is shown, whether they `failed` (NULL where they do not say), and
    /// whether each `is_error`. What is surely none is left out.
    pub fn judged(&self, place: &Place, rows: &str) -> String {
        let roles = &place.table.roles;
        let failed = roles.result.as_ref().map(|_| "failed");
        let level = (roles.level.is_some() || failed.is_some()).then_some("level");
        let code = place.raw.as_ref().map(|_| "code");
        let is_error = if place.is_all_errors() { "true".into() } else { self.is_error(failed, level, code) };
        format!(
            "SELECT *, coalesce({is_error}, false) AS is_error FROM (SELECT *, {} AS code, rca_failed(raw_result) AS failed \
             FROM (SELECT * RENAME (code AS role_code) FROM ({rows}) WHERE NOT ({})))",
            place.code_sql("raw_code", "text"),
            place.harmless,
        )
    }

    /// The errors of all places in one relation.
    pub fn errors(&self, window: Window) -> String {
        self.places.iter().map(|place| self.errors_of(place, window)).collect::<Vec<_>>().join(" UNION ALL ")
    }

    /// Errors without a time, which no window has.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn untimed(&self) -> Result<Option<String>> {
        let row = self.session.engine.counted(&format!(
            "SELECT count(*) FROM ({}) WHERE is_error AND NOT coalesce(isfinite(ts), false)",
            self.candidates(Window::default())
        ))?;
        let count = row[0].int();
        Ok(match count {
            0 => None,
            1 => Some("1 error has no time, and so is in no window and not counted".into()),
            _ => Some(format!("{count} errors have no time, and so are in no window and not counted")),
        })
    }

    /// What `--from`, `--to` and `--where` ask of a table's own rows, for SQL that people paste.
    pub fn asked_of(&self, table: &Table) -> String {
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let window = time.filter(|_| !self.window.is_open()).map(|time| self.window.sql(&time));
        let condition =
            self.args.common.evidence.condition.as_ref().filter(|said| self.session.fits(&table.sql(), said));
        let parts: Vec<String> = window.into_iter().chain(condition.map(|said| format!("({said})"))).collect();
        if parts.is_empty() { String::new() } else { format!(" AND {}", parts.join(" AND ")) }
    }
}

/// What a message says, NULL where that is nothing: logs are read so.
pub(in crate::command) fn said_by(table: &Table, message: &str) -> String {
    let text = format!("{}::VARCHAR", quote::name(message));
    if table.kind == "log" { text } else { format!("rca_said({text})") }
}

/// The class of the exception that a row of a log tells of, without its package.
fn thrown(table: &Table) -> String {
    match table.column("exception").filter(|_| table.kind == "log") {
        Some(_) => r"regexp_extract(exception, '[^.\\$]+$')".into(),
        None => "NULL::VARCHAR".into(),
    }
}

/// Conditions as one, in parentheses where it has parts.
fn joined(parts: &[String], with: &str) -> String {
    match parts {
        [one] => one.clone(),
        _ => format!("({})", parts.join(with)),
    }
}

/// What `--code` means: a column of a table, one of any table, or a regular expression.
fn said(session: &Session, args: &ErrorsArgs) -> Result<Said> {
    let Some(text) = &args.code else { return Ok(Said::Nothing) };
    if let Ok((table, column)) = session.table_column(text) {
        return Ok(Said::Column(Some(table.name.clone()), column));
    }
    if session.tables.iter().any(|table| table.column(text).is_some()) {
        return Ok(Said::Column(None, text.clone()));
    }
    // A word may be meant as either; one that is near a column's name is taken for a slip.
    let is_word = text.chars().all(|c| c.is_alphanumeric() || "_.".contains(c));
    let names = session.tables.iter().flat_map(|table| table.own_columns()).map(|column| column.name.as_str());
    let near = name::nearest(text, names);
    if is_word && !near.is_empty() {
        return Err(Error::question(format!("no table has a column `{text}`"))
            .detail("asked for by --code")
            .near(&near));
    }
    // It is the engine that looks for it.
    session.engine.rows(&format!("SELECT regexp_extract('', {})", quote::text(text))).map_err(|e| {
        Error::question(format!("`--code {text}` is neither a column nor a regular expression")).detail(e.message)
    })?;
    Ok(Said::Regex(text.clone()))
}

impl Raw {
    /// That a row has this code, as people paste it; of a part of a message that is no condition of its own.
    pub fn is(&self, code: &str) -> Option<String> {
        let (code, name) = (quote::text(code), |column: &String| quote::readable_name(column));
        match self {
            Raw::Column(column) => Some(format!("{} = {code}", name(column))),
            Raw::Status { code: column, status } => {
                Some(format!("{code} IN ({}, {}::VARCHAR)", name(column), name(status)))
            }
            Raw::Found { .. } => None,
        }
    }

    /// The column that the code is, if it is one.
    pub fn column(&self) -> Option<&str> {
        match self {
            Raw::Column(column) | Raw::Status { code: column, .. } => Some(column),
            Raw::Found { .. } => None,
        }
    }
}
