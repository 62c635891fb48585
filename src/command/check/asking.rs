//! What all kinds of checks ask by: the table, the rows of it that are meant, an analysis that several share.

use std::cell::RefCell;
use std::rc::Rc;

use super::said::Check;
use crate::args::Common;
use crate::command::errors::{Audited, ErrorsArgs};
use crate::command::missing::{MissingArgs, Searched};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::scan::Kept;
use crate::model::value::Value;
use crate::session::{Session, Table, Window};

/// Analyses, by the flags they were made with.
type Made<T> = RefCell<Vec<(Asked, Rc<T>)>>;

/// `--from`, `--to` and `--where`.
type Asked = [Option<String>; 3];

pub struct Asking<'a> {
    pub session: &'a Session,
    pub notes: RefCell<Vec<String>>,
    common: &'a Common,
    searched: Made<Searched>,
    audited: Made<Audited>,
}

impl<'a> Asking<'a> {
    pub fn new(session: &'a Session, common: &'a Common) -> Asking<'a> {
        Asking { session, common, notes: RefCell::default(), searched: RefCell::default(), audited: RefCell::default() }
    }

    /// The window of a check: its own `from` and `to`, else those of the flags.
    ///
    /// # Errors
    /// If one of them is no time, or the window is empty.
    pub fn window(&self, check: &Check) -> Result<Window> {
        let [from, to, _] = self.flags(check);
        self.session.window(from.as_deref(), to.as_deref())
    }

    /// Whether any of `--from`, `--to` and `--where` is given.
    pub fn has_flags(&self) -> bool {
        let evidence = &self.common.evidence;
        [&evidence.from, &evidence.to, &evidence.condition].into_iter().any(Option::is_some)
    }

    /// Whether `--from` or `--to` is given.
    pub fn has_window(&self) -> bool {
        self.common.evidence.from.is_some() || self.common.evidence.to.is_some()
    }

    fn flags(&self, check: &Check) -> Asked {
        let evidence = &self.common.evidence;
        let both = |own: &Option<String>, flag: &Option<String>| own.clone().or_else(|| flag.clone());
        let condition = match (&check.condition, &evidence.condition) {
            (Some(own), Some(flag)) => Some(format!("({own}) AND ({flag})")),
            (own, flag) => both(own, flag),
        };
        [both(&check.from, &evidence.from), both(&check.to, &evidence.to), condition]
    }

    /// The flags of another command that make it look at the rows that a check means.
    pub fn common(&self, check: &Check) -> Common {
        let mut common = self.common.clone();
        let [from, to, condition] = self.flags(check);
        (common.evidence.from, common.evidence.to, common.evidence.condition) = (from, to, condition);
        common
    }

    /// # Errors
    /// If there is no such table.
    pub fn table(&self, check: &Check) -> Result<&'a Table> {
        self.session.table(check.table.as_deref().unwrap_or_default())
    }

    /// ` FROM telemetry WHERE …`: the rows of a table that a check means, with what must hold besides.
    ///
    /// # Errors
    /// If the check asks for a window of a table without times.
    pub fn rows(&self, check: &Check, table: &Table, besides: &[String]) -> Result<String> {
        let window = self.window(check)?;
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        if time.is_none() && (check.from.is_some() || check.to.is_some()) {
            return Err(Error::question(format!("`{}` has no time for `from` and `to`", table.name)));
        }
        let within = time.filter(|_| !window.is_open()).map(|time| window.sql(&time));
        let [_, _, condition] = self.flags(check);
        let parts: Vec<String> = within
            .into_iter()
            .chain(condition.map(|condition| format!("({condition})")))
            .chain(besides.iter().cloned())
            .collect();
        let held = if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) };
        Ok(format!(" FROM {}{held}", table.sql()))
    }

    /// What `rca missing` finds in the rows that a check means.
    ///
    /// # Errors
    /// As `rca missing`.
    pub fn searched(&self, check: &Check) -> Result<Rc<Searched>> {
        kept(&self.searched, self.flags(check), || {
            let args = MissingArgs { common: self.common(check), ..MissingArgs::default() };
            args.search(self.session)
        })
    }

    /// What `rca errors --audit` finds in the rows that a check means.
    ///
    /// # Errors
    /// As `rca errors`.
    pub fn audited(&self, check: &Check) -> Result<Rc<Audited>> {
        kept(&self.audited, self.flags(check), || {
            let args = ErrorsArgs { audit: true, common: self.common(check), ..ErrorsArgs::default() };
            // Its hints are of flags that are not a check's.
            args.audited(self.session).map_err(|error| Error { hints: Vec::new(), ..error })
        })
    }

    /// How many rows a query has, and the first of them as people read them.
    ///
    /// # Errors
    /// As the engine says.
    pub fn counted(&self, sql: &str) -> Result<(i64, String)> {
        self.session.asked_of(sql, || {
            let count = self.session.one_row(&format!("SELECT count(*) FROM ({sql}\n)"))?;
            let mut first = self.session.engine.rows(&format!("SELECT * FROM ({sql}\n) LIMIT 3"))?;
            // Before they are cut.
            let Kept { columns, rows } = &mut first;
            rows.iter_mut().for_each(|row| *row = self.session.shown_row(columns, row));
            *columns = self.session.shown_columns(columns);
            Ok((count[0].int(), shown(&first)))
        })
    }
}

fn kept<T>(all: &Made<T>, flags: Asked, make: impl FnOnce() -> Result<T>) -> Result<Rc<T>> {
    if let Some((_, made)) = all.borrow().iter().find(|(known, _)| *known == flags) {
        return Ok(made.clone());
    }
    let made = Rc::new(make()?);
    all.borrow_mut().push((flags, made.clone()));
    Ok(made)
}

/// `serial=SN1 rows=2, serial=SN7 rows=3`
fn shown(rows: &Kept) -> String {
    const LENGTH: usize = 200;
    let one = |row: &Vec<Value>| {
        let value = |(name, value): (&String, &Value)| match value.is_null() {
            true => None,
            false => Some(format!("{name}={}", value.shown())),
        };
        rows.columns.iter().zip(row).filter_map(value).collect::<Vec<_>>().join(" ")
    };
    let text = rows.rows.iter().map(one).collect::<Vec<_>>().join(", ").replace(['\n', '\r'], " ");
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// `3 rows`, `1 row`
pub fn plural(number: i64, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// The error of a check that has nothing to look at.
pub fn nothing(what: &str) -> Error {
    Error::question(format!("{what} in what this check looks at, so nothing was checked"))
}
