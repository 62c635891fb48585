//! By which columns a table tells of what the rows of another one are about, where their values say so too: `meters` of
//! the meters that `readings` have. `monitor` may be the `monitor_id` of another table.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::written::{Form, Written};
use super::{Session, Table, written};
use crate::error::Result;
use crate::model::column::{Column, Kind};

/// Of more tables it is not asked: each would be compared with each.
const TABLES_MAX: usize = 1_000;
/// Lists are small, so that they are asked of in fewer tables.
const LISTS_MAX: usize = 200;
/// Of two tables that share more names the first tell enough: each further pair of columns costs a look at both.
const LOOKED_AT: usize = 8;
/// A key is in one of the tables some times at most: what is there more often in both may be a mere category.
const ROWS_OF_KEY_MAX: i64 = 5;

/// A column of each of two tables whose values are the same ids, and the forms in which they are.
#[derive(Debug, Clone)]
pub struct Linked<'a> {
    pub mine: &'a Column,
    pub other: &'a Column,
    pub forms: (Form, Form),
}

/// A column of one table and one of another, and the forms in which their values are the same.
type Pair = (String, String, (Form, Form));

/// What was found out of two tables and of single columns, by their names.
#[derive(Default)]
struct Links {
    pairs: RefCell<HashMap<(String, String), Option<Pair>>>,
    columns: RefCell<HashMap<String, Rc<Vec<Named>>>>,
    keys: RefCell<HashMap<(String, String), Rows>>,
    lists: RefCell<HashMap<(String, String), bool>>,
}

/// A column that may be a key, what it is the key of, and what it would be if its name said so.
struct Named {
    column: String,
    thing: Option<String>,
    bare: Option<String>,
    is_text: bool,
}

/// A column of each of two tables that may hold the same ids, as their names tell.
struct Candidate {
    own: String,
    theirs: String,
    are_texts: bool,
}

/// Rows that have a key, and how many different ones.
#[derive(Clone, Copy)]
struct Rows {
    all: i64,
    distinct: i64,
}

impl Rows {
    fn is_once(self) -> bool {
        self.all == self.distinct
    }

    /// A number that is there often may be counted anew for each of many.
    fn is_key(self, is_text: bool) -> bool {
        self.all <= self.distinct * if is_text { ROWS_OF_KEY_MAX } else { 1 }
    }
}

impl Session {
    /// The columns by which rows of `other` tell of what rows of `mine` are about; `None` if there are none, or if their
    /// values are others: half of the smaller table's must be in the other, and one table has each a few times at most.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn linked<'a>(&self, mine: &'a Table, other: &'a Table) -> Result<Option<Linked<'a>>> {
        if self.tables.len() > TABLES_MAX || mine.is_prose() || other.is_prose() {
            return Ok(None);
        }
        let links = self.once(|| Ok(Links::default()))?;
        let place = (mine.name.clone(), other.name.clone());
        let known = links.pairs.borrow().get(&place).cloned();
        let found = match known {
            Some(known) => known,
            None => {
                let found = self.looked_at(&links, mine, other)?;
                links.pairs.borrow_mut().insert(place, found.clone());
                found
            }
        };
        let linked = |(own, theirs, forms): Pair| {
            Some(Linked { mine: mine.column(&own)?, other: other.column(&theirs)?, forms })
        };
        Ok(found.and_then(linked))
    }

    /// As [`Session::linked`], but only where the other table has each key once, as lists of things do.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn listed_in<'a>(&self, mine: &'a Table, other: &'a Table) -> Result<Option<Linked<'a>>> {
        if self.tables.len() > LISTS_MAX || mine.is_prose() || other.is_prose() {
            return Ok(None);
        }
        let links = self.once(|| Ok(Links::default()))?;
        for candidate in self.named_alike(&links, mine, other) {
            if self.is_list(&links, other, &candidate.theirs)? {
                return self.linked(mine, other);
            }
        }
        Ok(None)
    }

    fn looked_at(&self, links: &Links, mine: &Table, other: &Table) -> Result<Option<Pair>> {
        let mut best: Option<((bool, bool, i64), Pair)> = None;
        for Candidate { own, theirs, are_texts } in self.named_alike(links, mine, other).into_iter().take(LOOKED_AT) {
            let rows = (self.rows_of_key(links, mine, &own)?, self.rows_of_key(links, other, &theirs)?);
            if !rows.0.is_key(are_texts) && !rows.1.is_key(are_texts) {
                continue;
            }
            // A table that has each key once tells of it; of several such columns the finest does.
            let rank = (rows.1.is_once(), rows.0.is_once(), rows.1.distinct);
            if best.as_ref().is_some_and(|(most, _)| *most >= rank) {
                continue;
            }
            let written = |table: &Table, column: &String| Written::of(table, std::slice::from_ref(column));
            let agreed = self.agreed(&written(mine, &own), &written(other, &theirs))?;
            if agreed.both >= 2 && agreed.is_of_most() {
                best = Some((rank, (own, theirs, agreed.forms)));
            }
        }
        Ok(best.map(|(_, columns)| columns))
    }

    /// Columns of two tables whose names mean one thing, or would if they said that they are keys, as `monitor` and
    /// `monitor_id`, or two texts of the name `monitor`. Those of the same name come first.
    fn named_alike(&self, links: &Links, mine: &Table, other: &Table) -> Vec<Candidate> {
        let (own, others) = (self.named_of(links, mine), self.named_of(links, other));
        let mut found = Vec::new();
        for one in own.iter() {
            for theirs in others.iter() {
                let is_one = match (&one.thing, &theirs.thing) {
                    (Some(thing), Some(other)) => thing == other,
                    (None, Some(thing)) => one.bare.as_ref() == Some(thing),
                    (Some(thing), None) => theirs.bare.as_ref() == Some(thing),
                    // Numbers under a name that says nothing are most often measured.
                    (None, None) => one.bare.is_some() && one.bare == theirs.bare && one.is_text && theirs.is_text,
                };
                if is_one {
                    let are_texts = one.is_text && theirs.is_text;
                    found.push(Candidate { own: one.column.clone(), theirs: theirs.column.clone(), are_texts });
                }
            }
        }
        found.sort_by_key(|one| !one.own.eq_ignore_ascii_case(&one.theirs));
        found
    }

    fn named_of(&self, links: &Links, table: &Table) -> Rc<Vec<Named>> {
        let known = links.columns.borrow().get(&table.name).cloned();
        known.unwrap_or_else(|| {
            let named = |column: &Column| Named {
                thing: self.key_thing(table, &column.name),
                bare: self.bare_thing(table, &column.name),
                is_text: matches!(column.kind, Kind::Text | Kind::Uuid),
                column: column.name.clone(),
            };
            let all: Rc<Vec<Named>> = Rc::new(table.own_columns().filter(may_be).map(named).collect());
            links.columns.borrow_mut().insert(table.name.clone(), all.clone());
            all
        })
    }

    fn rows_of_key(&self, links: &Links, table: &Table, column: &str) -> Result<Rows> {
        let place = (table.name.clone(), column.to_string());
        let known = links.keys.borrow().get(&place).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let text = table.column(column).map(written::text_of).unwrap_or_default();
        let sql = format!("SELECT count(key), count(DISTINCT key) FROM (SELECT {text} AS key FROM {})", table.sql());
        let row = self.engine.counted(&sql)?;
        let rows = Rows { all: row[0].int(), distinct: row[1].int() };
        links.keys.borrow_mut().insert(place, rows);
        Ok(rows)
    }

    /// Whether a table has each value of a column once, and is no larger than lists of things are.
    fn is_list(&self, links: &Links, table: &Table, column: &str) -> Result<bool> {
        const ROWS_MAX: i64 = 2_000_000;
        let place = (table.name.clone(), column.to_string());
        let known = links.lists.borrow().get(&place).copied();
        if let Some(known) = known {
            return Ok(known);
        }
        let text = table.column(column).map(written::text_of).unwrap_or_default();
        let sql =
            format!("SELECT count(key), approx_count_distinct(key) FROM (SELECT {text} AS key FROM {})", table.sql());
        let row = self.engine.counted(&sql)?;
        let (rows, about) = (row[0].int(), row[1].int());
        // Exactly only where it may be.
        let may_be = rows <= ROWS_MAX && 10 * about >= 7 * rows;
        let is_list = may_be && self.rows_of_key(links, table, column)?.is_once();
        links.lists.borrow_mut().insert(place, is_list);
        Ok(is_list)
    }

    /// The thing that a column's name would mean if it said that its values are keys; `None` if it says so.
    pub fn bare_thing(&self, table: &Table, column: &str) -> Option<String> {
        match self.key_thing(table, column) {
            Some(_) => None,
            None => self.key_thing(table, &format!("{column}_id")),
        }
    }
}

fn may_be(column: &&Column) -> bool {
    matches!(column.kind, Kind::Text | Kind::Int | Kind::Uuid | Kind::Float | Kind::Decimal { .. })
}
