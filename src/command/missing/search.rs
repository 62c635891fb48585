//! A search: what was asked, what all kinds of searches have come to know, and what must hold of the rows they look at.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::MissingArgs;
use super::finding::{Finding, Kind};
use super::keys::Key;
use super::profile::{Counts, Profile};
use super::regular::Regular;
use super::testimony::Witness;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::duration;
use crate::session::{Session, Table, Window};

/// What all kinds of searches share.
pub struct Search<'a> {
    pub session: &'a Session,
    pub args: &'a MissingArgs,
    pub findings: Vec<Finding>,
    pub notes: Vec<String>,
    /// By table: what one look at all of its rows told.
    pub profiles: HashMap<String, Rc<Profile>>,
    /// By table: what the walk has counted of its columns.
    pub counted: HashMap<String, HashMap<String, Counts>>,
    /// By table: columns of few values.
    pub categories: HashMap<String, Rc<Vec<String>>>,
    /// Tables with a cadence.
    pub regular: Vec<Regular>,
    /// Tables without a cadence, each with the columns that may divide it.
    pub irregular: Vec<(String, Vec<String>)>,
    pub walked: Vec<Walked>,
    /// Tables with numbers that only rows without a time have.
    pub filled: HashSet<String>,
    /// How many keys were compared with others.
    pub compared: usize,
    /// Keys of which a table lacks some that another one has: the one that has them first.
    pub absent: Vec<(Key<'a>, Key<'a>)>,
    /// All keys that were compared, the table whose keys were looked for first.
    pub looked_for: Vec<(Key<'a>, Key<'a>)>,
    /// Tables whose series other tables may have too.
    pub witnesses: Vec<Rc<Witness>>,
    /// `--every` in microseconds.
    pub every: Option<i64>,
    pub window: Window,
}

impl<'a> Search<'a> {
    /// Nothing is known yet.
    ///
    /// # Errors
    /// If what was said of times cannot be.
    pub fn begin(args: &'a MissingArgs, session: &'a Session) -> Result<Search<'a>> {
        let evidence = &args.common.evidence;
        let every = match &args.every {
            Some(text) => Some(duration::parse(text).filter(|every| *every > 0).ok_or_else(|| {
                Error::question(format!("`--every {text}` is no length of time")).hint("write --every 30s, 5m or 2h")
            })?),
            None => None,
        };
        let window = session.window(evidence.from.as_deref(), evidence.to.as_deref())?;
        Ok(Search {
            session,
            args,
            findings: Vec::new(),
            notes: Vec::new(),
            profiles: HashMap::new(),
            counted: HashMap::new(),
            categories: HashMap::new(),
            regular: Vec::new(),
            irregular: Vec::new(),
            walked: Vec::new(),
            filled: HashSet::new(),
            compared: 0,
            absent: Vec::new(),
            looked_for: Vec::new(),
            witnesses: Vec::new(),
            every,
            window,
        })
    }

    pub fn wants(&self, kinds: &[Kind]) -> bool {
        self.args.kind.is_empty() || kinds.iter().any(|kind| self.args.kind.contains(kind))
    }

    /// What must hold besides of the rows of a table that are looked at by their times.
    pub fn timed(&self, table: &Table) -> String {
        let condition = self.condition(table);
        match self.profiles.get(&table.name).and_then(|profile| profile.is_time.as_ref()) {
            Some(is_time) if condition == "true" => is_time.clone(),
            Some(is_time) => format!("{condition} AND {is_time}"),
            None => condition,
        }
    }

    /// What must hold of the rows of any table and time: `--where`.
    pub fn said(&self) -> String {
        let said = self.args.common.evidence.condition.as_ref();
        said.map_or_else(|| "true".into(), |condition| format!("({condition})"))
    }

    /// What holds of the rows of a table that have no time, or a sentinel in its place.
    pub fn untimed(&self, table: &Table) -> String {
        let is_time = self.profiles.get(&table.name).and_then(|profile| profile.is_time.as_ref());
        let is_untimed = match (is_time, &table.roles.time) {
            (Some(is_time), _) => format!("NOT coalesce({is_time}, false)"),
            (None, Some(time)) => format!("{} IS NULL", quote::readable_name(time)),
            (None, None) => "true".into(),
        };
        match self.said().as_str() {
            "true" => is_untimed,
            said => format!("{said} AND {is_untimed}"),
        }
    }

    /// What must hold of the rows of a table: the window and `--where`.
    pub fn condition(&self, table: &Table) -> String {
        let time = table.roles.time.as_ref().map(|time| format!("{}::TIMESTAMP", quote::readable_name(time)));
        let within = time.filter(|_| !self.window.is_open()).map(|time| self.window.sql(&time));
        let said = Some(self.said()).filter(|said| said != "true");
        let parts: Vec<String> = within.into_iter().chain(said).collect();
        if parts.is_empty() { "true".into() } else { parts.join(" AND ") }
    }
}

/// A table that was walked through by its times.
#[derive(Debug, Clone)]
pub struct Walked {
    pub table: String,
    /// Of its series.
    pub labels: Vec<String>,
    /// Whether it has a counter.
    pub is_numbered: bool,
}
