//! Keys of one table that another lacks: those asked for, those of `[entities]`, or columns of names that mean the same
//! and whose values overlap.

use std::collections::BTreeSet;

use super::pairs::inferred;
use super::{Finding, Kind, Search, arrived, branches, by_key, composite};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::branches::Side;
use crate::session::written::{self, Agreed, Form, Written};
use crate::session::{Session, Table, few};

/// A column of a table, or several that are a key together.
#[derive(Clone)]
pub struct Key<'a> {
    pub table: &'a Table,
    pub columns: Vec<String>,
    form: Form,
}

impl<'a> Key<'a> {
    pub fn of((table, column): (&'a Table, String)) -> Key<'a> {
        Key::together(table, vec![column])
    }

    pub fn together(table: &'a Table, columns: Vec<String>) -> Key<'a> {
        Key { table, columns, form: Form::AsWritten }
    }

    pub fn in_form(&self, form: Form) -> Key<'a> {
        Key { form, ..self.clone() }
    }

    /// Its columns as people read them: `serial`, `(ts, machine)`.
    fn shown(&self) -> String {
        match self.columns.as_slice() {
            [only] => only.clone(),
            columns => format!("({})", columns.join(", ")),
        }
    }

    /// As `--keys` takes it.
    pub fn said(&self) -> String {
        format!("{}.{}", self.table.name, self.columns.join("+"))
    }

    /// Both as `--keys` takes them from a shell.
    pub fn with(&self, other: &Key) -> String {
        crate::model::shell::quoted(&format!("{}={}", self.said(), other.said()))
    }

    /// Its value as text, in its form.
    pub fn sql(&self) -> String {
        self.written().key(&self.form)
    }

    /// All its values, as a query.
    pub fn values(&self) -> String {
        let key = self.sql();
        format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", self.table.sql())
    }

    pub fn written(&self) -> Written {
        Written::of(self.table, &self.columns)
    }

    pub fn side(&self) -> Side<'a> {
        Side::of(self.table, &self.columns)
    }

    /// One of its values as it is written, of those that are one in its form.
    fn one_written(&self) -> String {
        match self.form {
            Form::AsWritten => self.sql(),
            _ => format!("min({})", self.written().key(&Form::AsWritten)),
        }
    }

    /// The form in which most of two keys are the same, and how many there are.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn agreed(&self, session: &Session, other: &Key) -> Result<Agreed> {
        session.agreed(&self.written(), &other.written())
    }

    /// That two keys have no value in common, with one of each.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn share_none(&self, session: &Session, other: &Key) -> Result<String> {
        session.share_none((self.table, &self.columns), (other.table, &other.columns))
    }

    /// What is to be said of rows of which a part of the key is null or an empty text.
    fn without(&self, search: &Search) -> Result<Option<String>> {
        let (key, condition) = (self.sql(), search.condition(self.table));
        let row = search.session.engine.counted(&format!(
            "SELECT count(*), count(*) FILTER (WHERE ({key}) IS NULL) FROM {} WHERE {condition}",
            self.table.sql()
        ))?;
        let (all, without) = (row[0].int(), row[1].int());
        let what = match self.columns.as_slice() {
            [only] => format!("no {only}"),
            _ => format!("no whole key {}", self.shown()),
        };
        let have = if without == 1 { "has" } else { "have" };
        Ok((without > 0).then(|| {
            let name = &self.table.name;
            format!("{name}: {without} of {} {have} {what} and cannot be compared", plural(all.unsigned_abs(), "row"))
        }))
    }
}

/// Keys that may be the same things, and which of them the other side may lack.
pub struct Pair<'a> {
    pub left: Key<'a>,
    pub right: Key<'a>,
    pub of_left: bool,
    pub of_right: bool,
}

impl<'a> Pair<'a> {
    pub fn of(left: Key<'a>, right: Key<'a>) -> Pair<'a> {
        Pair { left, right, of_left: true, of_right: true }
    }

    /// Those of which some may be absent, with where they are looked for.
    fn ways(&self) -> impl Iterator<Item = (Key<'a>, Key<'a>)> {
        let ways = [(&self.left, &self.right, self.of_left), (&self.right, &self.left, self.of_right)];
        ways.into_iter().filter(|way| way.2).map(|(present, lacking, _)| (present.clone(), lacking.clone()))
    }

    /// Whether it is of the same two tables and one of these columns at least.
    pub fn has_either(&self, one: &Key, other: &Key) -> bool {
        let is = |mine: &Key, key: &Key| mine.table.name == key.table.name;
        let has = |mine: &Key, key: &Key| mine.columns == key.columns;
        is(&self.left, one) && is(&self.right, other) && (has(&self.left, one) || has(&self.right, other))
            || is(&self.left, other) && is(&self.right, one) && (has(&self.left, other) || has(&self.right, one))
    }

    /// In the form in which they are the same, if they are in any.
    pub fn matched(self, session: &Session) -> Result<Pair<'a>> {
        let (left, right) = self.left.agreed(session, &self.right)?.forms;
        Ok(Pair { left: self.left.in_form(left), right: self.right.in_form(right), ..self })
    }
}

/// # Errors
/// If the evidence cannot be read, or `--keys` names what is not there.
pub fn search<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<()> {
    if search.wants(&[Kind::AbsentKey]) {
        return look(search, tables);
    }
    // Causes of gaps are the same whatever kinds are asked for.
    if by_key::may_tell(search) || arrived::may_tell(search) {
        let said = search.notes.clone();
        look(search, tables)?;
        (search.notes, search.compared) = (said, 0);
    }
    Ok(())
}

fn look<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<()> {
    let is_asked = !search.args.keys.is_empty();
    let mut pairs = if is_asked { asked(search.session, &search.args.keys)? } else { inferred(search, tables)? };
    for pair in &mut pairs {
        restrict(search, pair)?;
    }
    let ways: Vec<(Key, Key)> = pairs.iter().flat_map(Pair::ways).collect();
    let told = if is_asked { BTreeSet::new() } else { branches::search(search, &ways)? };
    let mut way = 0..;
    for pair in &pairs {
        let Pair { left, right, of_left, of_right } = pair;
        search.notes.extend(written::said(&[(&left.said(), &left.form), (&right.said(), &right.form)]));
        for (present, lacking, is_looked) in [(left, right, *of_left), (right, left, *of_right)] {
            match is_looked {
                true if way.next().is_some_and(|way| told.contains(&way)) => {}
                true => compare(search, present, lacking)?,
                // All are there.
                false => search.looked_for.push((present.clone(), lacking.clone())),
            }
        }
        let told = [repeated(search, left, right)?, repeated(search, right, left)?];
        search.notes.extend(told.into_iter().flatten());
        if is_asked {
            if left.agreed(search.session, right)?.is_of_none() {
                search
                    .notes
                    .push(format!("{}: they may not be the same things", left.share_none(search.session, right)?));
            }
            for key in [left, right].into_iter().zip([of_left, of_right]).filter(|one| *one.1).map(|one| one.0) {
                let without = key.without(search)?;
                search.notes.extend(without);
            }
        }
    }
    let mut compared: Vec<(Key, Key)> = pairs.into_iter().map(|pair| (pair.left, pair.right)).collect();
    if !is_asked {
        let are_compared = |a: &Key, b: &Key| {
            let is = |left: &Key, right: &Key| left.table.name == a.table.name && right.table.name == b.table.name;
            compared.iter().any(|(left, right)| is(left, right) || is(right, left))
        };
        let mut together = composite::of(search, tables)?;
        together.retain(|pair| !are_compared(&pair.present, &pair.lacking));
        let ways = together.iter().filter(|pair| pair.lacks_some);
        let ways: Vec<(Key, Key)> = ways.map(|pair| (pair.present.clone(), pair.lacking.clone())).collect();
        let told = branches::search(search, &ways)?;
        for (_, (present, lacking)) in ways.iter().enumerate().filter(|(way, _)| !told.contains(way)) {
            compare(search, present, lacking)?;
        }
        compared.extend(together.into_iter().map(|pair| (pair.present, pair.lacking)));
    }
    search.compared = compared.len();
    let several = tables.iter().filter(|table| !table.is_prose()).count() > 1;
    search.notes.extend(several.then(|| said(&compared)));
    Ok(())
}

/// Which keys were compared.
fn said(compared: &[(Key, Key)]) -> String {
    const SHOWN: usize = 8;
    if compared.is_empty() {
        return "no keys were compared: no columns of two tables have names that mean the same and values in common; name \
                them with --keys TABLE.COLUMN=TABLE.COLUMN"
            .into();
    }
    let one = |(left, right): &(Key, Key)| format!("{}={}", left.said(), right.said());
    let mut shown: Vec<String> = compared.iter().map(one).collect();
    shown.sort_unstable();
    shown.truncate(SHOWN);
    if compared.len() > SHOWN {
        shown.push(format!("{} more", compared.len() - SHOWN));
    }
    format!("keys compared: {}", shown.join(", "))
}

/// What is said with `--where` holds of the keys that are asked about, and not of those among which they are looked for.
/// So only the table that it fits is asked about.
fn restrict(search: &mut Search, pair: &mut Pair) -> Result<()> {
    let Some(condition) = &search.args.common.evidence.condition else { return Ok(()) };
    let fits = |key: &Key| search.session.fits(&key.table.sql(), condition);
    let (of_left, of_right) = (fits(&pair.left), fits(&pair.right));
    let (left, right) = (&pair.left.table.name, &pair.right.table.name);
    let are_asked = !search.args.keys.is_empty();
    let told = match (of_left, of_right) {
        (true, true) => are_asked.then(|| {
            format!("keys of {left}, and of {right}, for which --where holds are looked for in all rows of the other")
        }),
        (true, false) => Some(one_way(left, right)),
        (false, true) => Some(one_way(right, left)),
        (false, false) if are_asked => {
            return Err(Error::question(format!("--where fits neither {left} nor {right}, whose keys are compared"))
                .hint(format!("use columns of {left} or of {right}")));
        }
        (false, false) => None,
    };
    (pair.of_left, pair.of_right) = (pair.of_left && of_left, pair.of_right && of_right);
    search.notes.extend(told);
    Ok(())
}

fn one_way(asked: &str, other: &str) -> String {
    format!(
        "keys of {asked} for which --where holds are looked for in all rows of {other}; not the other way round, since --where does not fit {other}"
    )
}

fn asked<'a>(session: &'a Session, keys: &[String]) -> Result<Vec<Pair<'a>>> {
    let pair = |text: &String| match text.split_once('=') {
        Some((left, right)) => {
            let (left, right) = (columns(session, left)?, columns(session, right)?);
            if left.columns.len() != right.columns.len() {
                return Err(Error::question(format!("`--keys {text}` has more columns on one side than on the other")));
            }
            Pair::of(left, right).matched(session)
        }
        None => Err(Error::question(format!("`--keys {text}` has no `=`"))
            .hint("write --keys station.units.serial=mes.materials.serial")),
    };
    keys.iter().map(pair).collect()
}

/// `TABLE.COL` or `TABLE.COL+COL`
fn columns<'a>(session: &'a Session, text: &str) -> Result<Key<'a>> {
    let Some((table, columns)) = text.rsplit_once('.').filter(|(_, columns)| columns.contains('+')) else {
        return session.table_column(text).map(Key::of);
    };
    let found: Vec<(&Table, String)> =
        columns.split('+').map(|column| session.table_column(&format!("{table}.{column}"))).collect::<Result<_>>()?;
    Ok(Key::together(found[0].0, found.into_iter().map(|(_, column)| column).collect()))
}

/// Keys of the first of a pair `A.COL=B.COL` that the second has not, whether there are any or not, and what is to be said
/// of the first one's rows without a key.
///
/// # Errors
/// If there are no such columns, or the evidence cannot be read.
pub fn absent(search: &Search, pair: &str) -> Result<(Finding, Option<String>)> {
    let pairs = asked(search.session, &[pair.to_string()])?;
    let Pair { left, right, .. } = &pairs[0];
    Ok((compared(search, left, right)?, left.without(search)?))
}

fn compare<'a>(search: &mut Search<'a>, present: &Key<'a>, lacking: &Key<'a>) -> Result<()> {
    let finding = compared(search, present, lacking)?;
    // Who names keys wants to know.
    let is_told = search.args.keys.is_empty() && search.session.settings.entities.is_empty();
    let few = if is_told && 2 * finding.missing > finding.expected {
        few::of(search.session, &spread(search, present, lacking))?
    } else {
        None
    };
    if let Some((own, all)) = few {
        search.notes.push(format!(
            "{} has {} of the {} keys of {}, from all over their time: a table of a few, such as of repairs, and no loss; \
             --keys {} counts the others",
            lacking.said(),
            grouped(own.unsigned_abs()),
            grouped(all.unsigned_abs()),
            present.said(),
            present.with(lacking),
        ));
        return Ok(());
    }
    search.looked_for.push((present.clone(), lacking.clone()));
    if finding.missing > 0 {
        search.findings.push(finding);
        search.absent.push((present.clone(), lacking.clone()));
    }
    Ok(())
}

/// What is to be said of keys that stand for several rows on both sides, mostly for as many, and of which the other side
/// has fewer: what is missing there is no key.
fn repeated(search: &Search, present: &Key, lacking: &Key) -> Result<Option<String>> {
    const ROWS_MAX: i64 = 5_000_000;
    const MOST: f64 = 0.75;
    let rows = |key: &Key| search.profiles.get(&key.table.name).map_or(0, |profile| profile.rows);
    let keys = present.agreed(search.session, lacking)?.left;
    let is_whole = search.args.common.evidence.condition.is_none() && search.window.is_open();
    if !is_whole || rows(present) <= keys || rows(lacking) == 0 || rows(present).max(rows(lacking)) > ROWS_MAX {
        return Ok(None);
    }
    let counted = |of: &Key| {
        let key = of.sql();
        let condition = search.condition(of.table);
        format!(
            "SELECT {key} AS key, count(*) AS n FROM {} WHERE {key} IS NOT NULL AND ({condition}) GROUP BY 1",
            of.table.sql()
        )
    };
    let row = search.session.engine.counted(&format!(
        "SELECT count(*) FILTER (here.n > 1), count(*) FILTER (here.n = there.n AND here.n > 1), count(*) FILTER (there.n < here.n), \
         coalesce(sum(here.n - there.n) FILTER (there.n < here.n), 0)::BIGINT, count(*) FILTER (here.n > 1 AND there.n IS NOT NULL) \
         FROM ({}) AS here LEFT JOIN ({}) AS there USING (key)",
        counted(present),
        counted(lacking),
    ))?;
    let [several, same, fewer, rows, both] = [0, 1, 2, 3, 4].map(|at| row.get(at).map_or(0, Value::int));
    let number = |count: i64| grouped(count.unsigned_abs());
    Ok((fewer > 0 && same as f64 >= MOST * both as f64).then(|| {
        let (stand, has) = (if several == 1 { "stands" } else { "stand" }, plural(rows.unsigned_abs(), "row"));
        format!(
            "{}: {} of {} keys {stand} for more than one row, and {} has fewer of {} of them ({has}): that cannot be told by \
             this key, and is not counted as absent",
            present.said(),
            number(several),
            number(keys),
            lacking.table.name,
            number(fewer),
        )
    }))
}

/// Each key with its first time, and whether the other table has it.
fn spread(search: &Search, present: &Key, lacking: &Key) -> String {
    let (key, table) = (present.sql(), present.table);
    let time = table.roles.time.as_ref();
    let time = time.map_or_else(|| "NULL".into(), |time| format!("min({}::TIMESTAMP)", quote::name(time)));
    format!(
        "SELECT {key} AS key, {time} AS ts, {key} IN ({}) AS has FROM {} WHERE {key} IS NOT NULL AND ({}) GROUP BY 1",
        lacking.values(),
        table.sql(),
        search.condition(table),
    )
}

/// Keys of `present` that `lacking` has not.
fn compared(search: &Search, present: &Key, lacking: &Key) -> Result<Finding> {
    let table = present.table;
    let key = present.sql();
    let condition = search.condition(table);
    // They are shown as they are written.
    let (shown, by) = (present.one_written(), if present.form == Form::AsWritten { "1" } else { &key });
    let keys = format!(
        "SELECT {shown} AS key, count(*) AS rows FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY {by}",
        table.sql(),
        lacking.values(),
    );
    // Where a time is part of the key, it says since when.
    let time = table.roles.time.as_ref().filter(|time| present.columns.len() > 1 && present.columns.contains(time));
    let time = time.map_or_else(|| "NULL".into(), |time| format!("{}::TIMESTAMP", quote::name(time)));
    let row = search.session.engine.counted(&format!(
        "SELECT (SELECT count(DISTINCT {key}) FROM {} WHERE {condition}), count(*), coalesce(sum(rows), 0), min(key), min(since), max(until) FROM \
         (SELECT {shown} AS key, count(*) AS rows, min({time}) AS since, max({time}) AS until FROM {} \
         WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY {by})",
        table.sql(),
        table.sql(),
        lacking.values(),
    ))?;
    let (expected, missing, rows) = (row[0].int(), row[1].int(), row[2].int());
    let otherwise = match present.columns.as_slice() {
        [_] if missing > 0 && present.form == Form::AsWritten => written_otherwise(search, present, lacking)?,
        _ => None,
    };
    let at = |place: usize| row.get(place).and_then(Value::whole);
    Ok(Finding {
        column_name: Some(lacking.columns.join(", ")),
        since: at(4),
        until: at(5),
        expected,
        observed: expected - missing,
        missing,
        detail: format!(
            "keys of {}.{} ({rows} rows there) that {}.{} lacks; the first is `{}`{}",
            table.name,
            present.shown(),
            lacking.table.name,
            lacking.shown(),
            row[3].shown(),
            otherwise.unwrap_or_default(),
        ),
        sql: quote::one_line(&format!("{keys} ORDER BY 1")),
        keys: Some(format!("{}={}", present.said(), lacking.said())),
        ..Finding::of(Kind::AbsentKey, lacking.table)
    })
}

/// What is to be said of keys that are there in another way of writing.
fn written_otherwise(search: &Search, present: &Key, lacking: &Key) -> Result<Option<String>> {
    let (key, condition) = (present.sql(), search.condition(present.table));
    let row = search.session.engine.counted(&format!(
        "SELECT count(DISTINCT {key}) FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) AND {} IN ({})",
        present.table.sql(),
        lacking.values(),
        present.in_form(Form::Alike).sql(),
        lacking.in_form(Form::Alike).values(),
    ))?;
    Ok(row
        .first()
        .map(Value::int)
        .filter(|count| *count > 0)
        .map(|count| format!("; {}", written::said_otherwise(count, "them", "there"))))
}
