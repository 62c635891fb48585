//! How ids are written: whether two columns hold the same ones as they stand, or only whatever the case of letters, blanks
//! around them and zeros before numbers, or without what all of one column begin with. Everybody who compares ids asks here,
//! so that nobody takes for lost what is only written otherwise.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use super::{Session, Table};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::{Column, Kind};
use crate::model::coverage::grouped;
use crate::model::value::Value;

/// Fewer ids may have the same beginning by chance.
pub const KEYS_LEAST: i64 = 10;

/// In which form ids are compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Form {
    #[default]
    AsWritten,
    /// Whatever the case of letters, blanks around them and zeros before a number, which may stand behind letters.
    Alike,
    /// The same, without this beginning.
    Without(String),
}

impl Form {
    /// SQL of a text in this form.
    pub fn sql(&self, text: &str) -> String {
        let alike = |text: &str| format!("nullif(regexp_replace({text}, '^([^0-9]*)0+([0-9]+)$', '\\1\\2'), '')");
        let small = format!("lower(trim({text}))");
        match self {
            Form::AsWritten => text.to_string(),
            Form::Alike => alike(&small),
            Form::Without(beginning) => alike(&format!(
                "regexp_replace({small}, {}, '')",
                quote::text(&format!("^{}", regex::escape(&beginning.to_lowercase())))
            )),
        }
    }

    /// A text in this form; `None` if nothing is left of it.
    pub fn of(&self, text: &str) -> Option<String> {
        match self {
            Form::AsWritten => Some(text.to_string()),
            Form::Alike => alike(text),
            Form::Without(beginning) => {
                let small = text.trim_matches(' ').to_lowercase();
                alike(small.strip_prefix(&beginning.to_lowercase()).unwrap_or(&small))
            }
        }
    }
}

/// As [`Form::Alike`]; `None` for what is empty then.
fn alike(text: &str) -> Option<String> {
    let small = text.trim_matches(' ').to_lowercase();
    let (before, digits) = small.split_at(small.find(|c: char| c.is_ascii_digit()).unwrap_or(small.len()));
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let shown = match digits.trim_start_matches('0') {
        "" if is_number => format!("{before}0"),
        rest if is_number => format!("{before}{rest}"),
        _ => small,
    };
    Some(shown).filter(|shown| !shown.is_empty())
}

/// A key of a table as texts of its parts.
#[derive(Debug, Clone)]
pub struct Written {
    scan: String,
    /// SQL of each part, and whether a comma may stand in it.
    parts: Vec<(String, bool)>,
}

impl Written {
    pub fn of(table: &Table, columns: &[String]) -> Written {
        let is_plain = |column: &String| {
            let kind = table.column(column).map(|column| column.kind);
            matches!(kind, Some(Kind::Int | Kind::Float | Kind::Time | Kind::Date | Kind::Bool))
        };
        let parts = columns.iter().map(|column| (text(table, column), !is_plain(column))).collect();
        Written { scan: table.sql(), parts }
    }

    /// Its value as text; NULL if any part is. Several parts stand there as in a CSV, so that no two keys have the same
    /// text.
    pub fn key(&self, form: &Form) -> String {
        let part = |(sql, may_have_comma): &(String, bool)| {
            let sql = form.sql(sql);
            if *may_have_comma { format!("rca_part({sql})") } else { sql }
        };
        match self.parts.as_slice() {
            [(only, _)] => form.sql(only),
            parts => parts.iter().map(part).collect::<Vec<_>>().join(" || ', ' || "),
        }
    }

    /// All its values, as a query.
    pub fn values(&self, form: &Form) -> String {
        let key = self.key(form);
        format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", self.scan)
    }
}

/// An id in a column as text. Wherever ids are compared, counted or shown it is this one.
pub fn text_of(column: &Column) -> String {
    text_of_kind(&quote::readable_name(&column.name), column.kind)
}

/// The same, of a column by its name.
pub fn text(table: &Table, column: &str) -> String {
    table.column(column).map_or_else(|| quote::readable_name(column), text_of)
}

/// The same, of SQL. A whole number is the same whether it stands among fractions or not, as it does where some rows have
/// none; what is blank is no id.
pub fn text_of_kind(sql: &str, kind: Kind) -> String {
    match kind {
        // Those behind 2^53 stand for several whole numbers.
        Kind::Float => {
            format!(
                "CASE WHEN {sql} = floor({sql}) AND abs({sql}) <= 9007199254740992 THEN {sql}::BIGINT::VARCHAR ELSE {sql}::VARCHAR END"
            )
        }
        Kind::Decimal { .. } => format!("regexp_replace({sql}::VARCHAR, '\\.0+$', '')"),
        Kind::Text => format!("CASE WHEN trim({sql}) <> '' THEN {sql} END"),
        _ => format!("{sql}::VARCHAR"),
    }
}

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

/// That some of those that are not there as they are written are there in [`Form::Alike`]: `3 of the lost are there …`.
pub fn said_otherwise(count: i64, of: &str, place: &str) -> String {
    let (number, are) = (grouped(count.unsigned_abs()), if count == 1 { "is" } else { "are" });
    format!("{number} of {of} {are} {place} in another case, with blanks around or zeros before")
}

/// In which form these are compared, if it is not as they are written.
pub fn said(names: &[(&str, &Form)]) -> Option<String> {
    if names.iter().all(|(_, form)| **form == Form::AsWritten) {
        return None;
    }
    let (last, others) = names.split_last()?;
    let others: Vec<&str> = others.iter().map(|(name, _)| *name).collect();
    let without: Vec<String> = names
        .iter()
        .filter_map(|(name, form)| match form {
            Form::Without(beginning) => Some(format!(", and {name} without the `{beginning}` that all begin with")),
            _ => None,
        })
        .collect();
    Some(format!(
        "{} and {} are compared whatever the case of letters, blanks around them and zeros before numbers{}: as written \
         fewer are the same",
        others.join(", "),
        last.0,
        without.concat()
    ))
}

/// What ids begin with, of the first of [`ENDS`]; whatever the case of letters if some are written in another.
pub fn beginning(ends: &[Value]) -> Option<String> {
    let [first, last, _, small_first, small_last, ..] = ends else { return None };
    common(&first.shown(), &last.shown()).or_else(|| common(&small_first.shown(), &small_last.shown()))
}

/// What the first and the last of texts begin with, if all have it and a digit stands behind it.
fn common(first: &str, last: &str) -> Option<String> {
    let common: String = first.chars().zip(last.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect();
    let beginning = common.trim_end_matches(|c: char| c.is_ascii_digit());
    let goes_on = |text: &str| text[beginning.len()..].starts_with(|c: char| c.is_ascii_digit());
    (!beginning.is_empty() && goes_on(first) && goes_on(last)).then(|| beginning.to_string())
}

/// SQL of what tells a beginning, over `key`: the first id and the last, whether all are plain numbers, and the first and
/// the last in small letters.
pub const ENDS: &str = "min(trim(key)), max(trim(key)), bool_and(regexp_full_match(trim(key), '[0-9]+')), \
                        min(lower(trim(key))), max(lower(trim(key)))";

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
        if left.parts.len() > 1 || right.parts.len() > 1 {
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};

    #[test]
    fn a_beginning_stands_before_a_digit() {
        for (first, last, expected) in [
            ("ORD-100001", "ORD-106000", Some("ORD-")),
            ("tx00000001", "tx00008000", Some("tx")),
            ("ord-100001", "ord-x", None),
            ("100001", "106000", None),
            ("ab1", "cd2", None),
            ("s", "s", None),
        ] {
            assert_eq!(common(first, last).as_deref(), expected, "{first} {last}");
        }
    }

    /// What is compared here and what the engine compares is one.
    #[test]
    fn a_form_is_the_same_in_sql() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let texts = [
            "000", "0", " 07", "aB", "Äß", "", " ", "0x", "00a", "SN-007", "sn-", "\t7", "٣", "sn-0", "SN-x ", "sn-00",
            "A0B01", "Ä٣010", "SN 1.010",
        ];
        for form in [Form::AsWritten, Form::Alike, Form::Without("SN-".into())] {
            for text in texts {
                let row = engine.counted(&format!("SELECT {}", form.sql(&quote::text(text)))).expect("asked");
                let in_sql = Some(&row[0]).filter(|value| !value.is_null()).map(Value::shown);
                assert_eq!(form.of(text), in_sql, "{text:?} in {form:?}");
            }
        }
    }

    /// An id is one text in each column that may hold it, and what is blank is none.
    #[test]
    fn an_id_is_one_text_in_columns_of_any_kind() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let decimal = Kind::Decimal { width: 9, scale: 2 };
        let text = "CASE WHEN trim(id) <> '' THEN id END";
        let cut = "regexp_replace(id::VARCHAR, '\\.0+$', '')";
        let whole =
            "CASE WHEN id = floor(id) AND abs(id) <= 9007199254740992 THEN id::BIGINT::VARCHAR ELSE id::VARCHAR END";
        for (kind, sql, values) in [
            (
                Kind::Text,
                text,
                &[("'A1'", Some("A1")), ("' A1'", Some(" A1")), ("'7.0'", Some("7.0")), ("''", None), ("'  '", None)][..],
            ),
            (Kind::Int, "id::VARCHAR", &[("7", Some("7")), ("NULL::INT", None)]),
            (
                Kind::Float,
                whole,
                &[
                    ("7::DOUBLE", Some("7")),
                    ("-0.0::DOUBLE", Some("0")),
                    ("7.5::DOUBLE", Some("7.5")),
                    ("1e300::DOUBLE", Some("1e+300")),
                ],
            ),
            (decimal, cut, &[("7::DECIMAL(9, 2)", Some("7")), ("7.50::DECIMAL(9, 2)", Some("7.50"))]),
            (Kind::Bool, "id::VARCHAR", &[("true", Some("true"))]),
            (Kind::Date, "id::VARCHAR", &[("DATE '2025-03-01'", Some("2025-03-01"))]),
        ] {
            let column = Column::new("id", kind);
            assert_eq!(text_of(&column), sql, "{kind:?}");
            for (value, expected) in values {
                let row = engine.counted(&format!("SELECT {sql} FROM (SELECT {value} AS id)")).expect("asked");
                let shown = Some(&row[0]).filter(|value| !value.is_null()).map(Value::shown);
                assert_eq!(shown.as_deref(), *expected, "{value} in {kind:?}");
            }
        }
    }

    #[test]
    fn what_is_written_otherwise_is_said_once() {
        let told = said(&[("a.id", &Form::Alike), ("b.id", &Form::Without("ORD-".into()))]).expect("told");
        assert!(told.starts_with("a.id and b.id are compared whatever the case"), "{told}");
        assert!(told.contains(", and b.id without the `ORD-` that all begin with: as written fewer"), "{told}");
        assert_eq!(said(&[("a.id", &Form::AsWritten), ("b.id", &Form::AsWritten)]), None);
    }
}
