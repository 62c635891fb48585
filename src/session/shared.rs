//! By which columns rows of one table tell of the same things as rows of another.

use super::{Session, Table, written};
use crate::error::Result;
use crate::model::column::Column;
use crate::model::meaning;

/// Numbers of these are counted anew in every table: the same one is not the same thing.
const COUNTED: [&str; 6] = ["seq", "sequence", "row", "record", "attempt", "retry"];

/// A column of each of two tables that hold the identity of one thing.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    pub mine: &'a Column,
    pub other: &'a Column,
}

impl Session {
    /// What a column holds the identity of, if that is one thing wherever it stands.
    pub fn key_thing(&self, table: &Table, column: &str) -> Option<String> {
        self.thing(table, column).filter(|thing| !COUNTED.contains(&thing.as_str()))
    }

    /// Whether two tables have columns of one thing.
    pub fn is_shared(&self, mine: &Table, other: &Table) -> bool {
        !self.all_shared(mine, other).is_empty()
    }

    /// All columns of two tables that hold the identity of one thing; those of the same name first, then those of what
    /// rows are mostly about.
    pub fn all_shared<'a>(&self, mine: &'a Table, other: &'a Table) -> Vec<Shared<'a>> {
        let named = |table: &'a Table| -> Vec<(&'a Column, String)> {
            table.own_columns().filter_map(|column| Some((column, self.key_thing(table, &column.name)?))).collect()
        };
        let others = named(other);
        let mut all: Vec<Shared> = named(mine)
            .into_iter()
            .flat_map(|(mine, thing)| {
                let same = others.iter().filter(move |(_, other)| *other == thing);
                same.map(move |(other, _)| Shared { mine, other })
            })
            .collect();
        all.sort_by_key(|shared| {
            let rank = self.thing(mine, &shared.mine.name).and_then(|thing| meaning::rank(&thing));
            (!shared.mine.name.eq_ignore_ascii_case(&shared.other.name), rank.unwrap_or(usize::MAX))
        });
        all
    }

    /// Of all of them the finest: that whose values are nearest to one per row of the other table. One of which both
    /// tables have a value goes before one of which they have none.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn finest<'a>(&self, mine: &'a Table, other: &'a Table) -> Result<Option<Shared<'a>>> {
        let all = self.all_shared(mine, other);
        if all.len() < 2 {
            return Ok(all.first().copied());
        }
        let mut best: Option<((bool, i64), Shared)> = None;
        for shared in all {
            let forms = self.forms((mine, &shared.mine.name), (other, &shared.other.name))?;
            let of_mine = forms.0.sql(&written::text_of(shared.mine));
            let of_other = forms.1.sql(&written::text_of(shared.other));
            let row = self.engine.counted(&format!(
                "SELECT count(DISTINCT key), count(*) FILTER (key IN (SELECT {of_mine} FROM {})) FROM (SELECT {of_other} AS key FROM {}) \
                 WHERE key IS NOT NULL",
                mine.sql(),
                other.sql(),
            ))?;
            let rank = (row[1].int() > 0, row[0].int());
            if best.is_none_or(|(most, _)| rank > most) {
                best = Some((rank, shared));
            }
        }
        Ok(best.map(|(_, shared)| shared))
    }

    /// What rows of two tables are of by such columns, as SQL that is the same for the same thing; and what is to be said
    /// of how it is written.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn keys_of(&self, mine: &Table, other: &Table, shared: &Shared) -> Result<([String; 2], Option<String>)> {
        let forms = self.forms((mine, &shared.mine.name), (other, &shared.other.name))?;
        let keys = [forms.0.sql(&self.key_of(mine, shared.mine)), forms.1.sql(&self.key_of(other, shared.other))];
        let name = |table: &Table, column: &Column| format!("{}.{}", table.name, column.name);
        let names = (name(mine, shared.mine), name(other, shared.other));
        Ok((keys, written::said(&[(&names.0, &forms.0), (&names.1, &forms.1)])))
    }

    /// What a row is of by such a column, as SQL: where the settings say that several columns hold it, the first that
    /// has it.
    fn key_of(&self, table: &Table, column: &Column) -> String {
        let thing = self.thing(table, &column.name);
        let said = thing.as_ref().filter(|thing| self.settings.entities.contains_key(*thing));
        let more = said.into_iter().flat_map(|thing| {
            table.own_columns().filter(move |other| {
                other.name != column.name && self.thing(table, &other.name).as_ref() == Some(thing)
            })
        });
        let all: Vec<String> = std::iter::once(column).chain(more).map(written::text_of).collect();
        if all.len() == 1 { all.concat() } else { format!("coalesce({})", all.join(", ")) }
    }
}
