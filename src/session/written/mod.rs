//! How ids are written: whether two columns hold the same ones as they stand, or only whatever the case of letters, blanks
//! around them and zeros before numbers, or without what all of one column begin with. Everybody who compares ids asks here,
//! so that nobody takes for lost what is only written otherwise.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

mod form;
mod key;
mod said;

pub use form::{ENDS, Form, beginning};
pub use key::{Written, text, text_of, text_of_kind};
pub use said::{said, said_otherwise};

use super::{Session, Table};
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::value::Value;

/// Fewer ids may have the same beginning by chance.
pub const KEYS_LEAST: i64 = 10;

/// The forms in which most ids of two sides are the same, if they are in any, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Agreed {
    pub forms: (Form, Form),
    pub left: i64,
    pub right: i64,
    pub both: i64,
}

impl Agreed {
    /// Whether at least half of the smaller side's are in the other.
    pub fn is_of_most(&self) -> bool {
        are_same(self.both, self.left, self.right)
    }

    /// Whether both have ids, and not one is the same.
    pub fn is_of_none(&self) -> bool {
        self.both == 0 && self.left > 0 && self.right > 0
    }
}

/// Whether some of either side are not in the other, and in another form so many more are that it is that in which they
/// are the same: an update wrote them otherwise from some day on.
pub fn gains((both, left, right): (i64, i64, i64), otherwise: i64) -> bool {
    const SHARE: i64 = 100;
    both < left.min(right) && otherwise - both >= KEYS_LEAST.max(left.min(right) / SHARE)
}

/// Whether at least half of the smaller of two sides is in the other.
pub fn are_same(both: i64, left: i64, right: i64) -> bool {
    both * 2 >= left.min(right)
}

/// Mere numbers, numbers behind what all ids begin with, or neither.
enum Ids {
    Numbers,
    Behind(String),
    Other,
}

/// Keys are compared with those of many tables, so that they are read once; more of a table, or of all, are not kept.
const KEPT_MAX: i64 = 500_000;
const KEPT_OF_ALL_MAX: i64 = 5_000_000;

/// The different keys of a side, as a relation of `key`.
#[derive(Clone)]
struct Kept {
    relation: String,
    count: i64,
}

/// What was found out of keys, of pairs of them, and of columns.
#[derive(Default)]
struct Found {
    kept: RefCell<HashMap<String, Kept>>,
    /// How many keys are kept in all.
    all: Cell<i64>,
    agreed: RefCell<HashMap<(String, String), Agreed>>,
    shapes: RefCell<HashMap<(String, String), Shape>>,
}

/// What ids look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shape {
    has_capitals: bool,
    has_small: bool,
    has_zeros: bool,
    has_blanks: bool,
    are_numbers: bool,
}

const NUMBERS: Shape =
    Shape { has_capitals: false, has_small: false, has_zeros: false, has_blanks: false, are_numbers: true };

impl Shape {
    /// Whether others of this shape cannot be the same ids written otherwise: so many zeros, or letters in other cases.
    fn is_settled(self) -> bool {
        !(self.has_zeros || self.has_blanks || self.has_capitals && self.has_small)
    }
}

impl Session {
    /// In which forms two keys are the same: as written if at least half of the smaller's are, unless far more are
    /// whatever the case; else in another form if they are in that.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn agreed(&self, left: &Written, right: &Written) -> Result<Agreed> {
        let found = self.once(|| Ok(Found::default()))?;
        let place = (left.values(&Form::AsWritten), right.values(&Form::AsWritten));
        if let Some(known) = found.agreed.borrow().get(&place) {
            return Ok(known.clone());
        }
        if let Some(known) = found.agreed.borrow().get(&(place.1.clone(), place.0.clone())) {
            let Agreed { forms: (of_right, of_left), left, right, both } = known.clone();
            return Ok(Agreed { forms: (of_left, of_right), left: right, right: left, both });
        }
        let agreed = self.agreeing(left, right)?;
        found.agreed.borrow_mut().insert(place, agreed.clone());
        Ok(agreed)
    }

    fn agreeing(&self, left: &Written, right: &Written) -> Result<Agreed> {
        let written = self.shared_as_written(left, right)?;
        if written.is_of_most() && written.both == written.left.min(written.right) {
            return Ok(written);
        }
        let alike = self.counted_in((left, Form::Alike), (right, Form::Alike))?;
        // What is not one id any more was not the same one.
        let keeps = |of: fn(&Agreed) -> i64| 100 * of(&alike) >= 99 * of(&written);
        let are_kept = keeps(|agreed| agreed.left) && keeps(|agreed| agreed.right);
        let is_better = !written.is_of_most() || gains((written.both, written.left, written.right), alike.both);
        if alike.is_of_most() && are_kept && is_better {
            return Ok(alike);
        }
        if written.is_of_most() {
            return Ok(written);
        }
        if let Some(forms) = self.without_beginning(left, right)? {
            let without = self.counted_in((left, forms.0), (right, forms.1))?;
            if without.is_of_most() && without.left.min(without.right) >= KEYS_LEAST {
                return Ok(without);
            }
        }
        Ok(written)
    }

    /// How many keys two sides share as they are written.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn shared_as_written(&self, left: &Written, right: &Written) -> Result<Agreed> {
        self.counted_in((left, Form::AsWritten), (right, Form::AsWritten))
    }

    fn counted_in(&self, left: (&Written, Form), right: (&Written, Form)) -> Result<Agreed> {
        let (own, others) = (self.kept(left.0, &left.1)?, self.kept(right.0, &right.1)?);
        let both = match own.count.min(others.count) {
            0 => 0,
            _ => {
                let sql = format!("SELECT count(*) FROM {} SEMI JOIN {} USING (key)", own.relation, others.relation);
                self.engine.counted(&sql)?[0].int()
            }
        };
        Ok(Agreed { forms: (left.1, right.1), left: own.count, right: others.count, both })
    }

    /// The different keys of a side in a form, kept unless they are too many.
    fn kept(&self, side: &Written, form: &Form) -> Result<Kept> {
        let found = self.once(|| Ok(Found::default()))?;
        let values = side.values(form);
        let known = found.kept.borrow().get(&values).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let name = format!("rca_keys_{}", found.kept.borrow().len());
        let room = KEPT_MAX.min(KEPT_OF_ALL_MAX - found.all.get());
        let kept = match self.engine.keep_if_few(&name, &values, room)? {
            Some(count) => {
                found.all.set(found.all.get() + count);
                Kept { relation: name, count }
            }
            None => {
                let relation = format!("({values})");
                let count = self.engine.counted(&format!("SELECT count(*) FROM {relation}"))?[0].int();
                Kept { relation, count }
            }
        };
        found.kept.borrow_mut().insert(values, kept.clone());
        Ok(kept)
    }

    /// Of numbers on one side and numbers behind what all begin with on the other. Two that begin differently are of
    /// different things.
    fn without_beginning(&self, left: &Written, right: &Written) -> Result<Option<(Form, Form)>> {
        if !left.is_single() || !right.is_single() {
            return Ok(None);
        }
        Ok(match (self.begins(left)?, self.begins(right)?) {
            (Ids::Numbers, Ids::Behind(beginning)) => Some((Form::Alike, Form::Without(beginning))),
            (Ids::Behind(beginning), Ids::Numbers) => Some((Form::Without(beginning), Form::Alike)),
            _ => None,
        })
    }

    fn begins(&self, side: &Written) -> Result<Ids> {
        let row =
            self.engine.counted(&format!("SELECT {ENDS} FROM {}", self.kept(side, &Form::AsWritten)?.relation))?;
        Ok(match row[2] == Value::Bool(true) {
            true => Ids::Numbers,
            false => beginning(&row).map_or(Ids::Other, Ids::Behind),
        })
    }

    /// The forms in which a column of each of two tables holds the same ids: as written without a comparison, if all
    /// look alike and cannot be written otherwise.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn forms(&self, left: (&Table, &str), right: (&Table, &str)) -> Result<(Form, Form)> {
        let shape = self.shape(left)?;
        if shape.is_settled() && shape == self.shape(right)? {
            return Ok((Form::AsWritten, Form::AsWritten));
        }
        let written = |(table, column): (&Table, &str)| Written::of(table, &[column.to_string()]);
        Ok(self.agreed(&written(left), &written(right))?.forms)
    }

    fn shape(&self, (table, column): (&Table, &str)) -> Result<Shape> {
        match table.column(column).map(|column| column.kind) {
            Some(Kind::Text) => {}
            Some(Kind::Uuid) => return Ok(Shape { has_small: true, are_numbers: false, ..NUMBERS }),
            _ => return Ok(NUMBERS),
        }
        let found = self.once(|| Ok(Found::default()))?;
        let place = (table.name.clone(), column.to_string());
        if let Some(known) = found.shapes.borrow().get(&place) {
            return Ok(*known);
        }
        let keys = format!("SELECT {} AS key FROM {}", text(table, column), table.sql());
        // Of all rows, since those behind the first may be written otherwise.
        let row = self.engine.counted(&format!(
            "SELECT bool_or(key <> lower(key)), bool_or(key <> upper(key)), bool_or(regexp_full_match(trim(key), '[^0-9]*0[0-9]+')), \
             bool_or(key <> trim(key)), bool_and(regexp_full_match(trim(key), '[0-9]+')) FROM ({keys}) WHERE key <> ''",
        ))?;
        let is = |at: usize| row.get(at) == Some(&Value::Bool(true));
        let shape =
            Shape { has_capitals: is(0), has_small: is(1), has_zeros: is(2), has_blanks: is(3), are_numbers: is(4) };
        found.shapes.borrow_mut().insert(place, shape);
        Ok(shape)
    }

    /// That two keys have no value in common, with one of each.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn share_none(&self, left: (&Table, &[String]), right: (&Table, &[String])) -> Result<String> {
        Ok(format!("{} and {} share no id", self.described(left.0, left.1)?, self.described(right.0, right.1)?))
    }

    /// ``shipments.orderId (such as `ORD-100001`)``
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn described(&self, table: &Table, columns: &[String]) -> Result<String> {
        let key = Written::of(table, columns).key(&Form::AsWritten);
        let row = self.engine.counted(&format!("SELECT min({key}) FROM {}", table.sql()))?;
        let example = row.first().filter(|value| !value.is_null()).map(Value::shown);
        let such = example.map_or_else(String::new, |id| format!(" (such as `{id}`)"));
        Ok(format!("{}.{}{such}", table.name, columns.join("+")))
    }
}
