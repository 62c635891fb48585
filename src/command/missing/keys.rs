//! Keys of one table that another lacks: those asked for, those of `[entities]`, or columns of names that mean the same
//! and whose values overlap.

use super::pairs::{composite, inferred};
use super::{Finding, Kind, Search, few};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind as ColumnKind;
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::{Session, Table};

/// How two keys are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    AsWritten,
    /// Whatever the case of letters, blanks around them and zeros before a number.
    Alike,
}

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

    /// Its value as text, the same of a whole number whether its column holds fractions or not; NULL if any part is.
    /// Several parts stand there as in a CSV, so that no two keys have the same text.
    fn sql(&self) -> String {
        let part = |column: &String| match self.table.column(column).map(|column| column.kind) {
            Some(ColumnKind::Int | ColumnKind::Float | ColumnKind::Time | ColumnKind::Date | ColumnKind::Bool) => {
                text(self.table, column)
            }
            _ => format!("rca_part({})", text(self.table, column)),
        };
        match (self.columns.as_slice(), self.form) {
            ([only], Form::AsWritten) => text(self.table, only),
            ([only], Form::Alike) => alike(&text(self.table, only)),
            (columns, _) => columns.iter().map(part).collect::<Vec<_>>().join(" || ', ' || "),
        }
    }

    /// In which form most of two keys are the same, and how many the first has, the second, and both.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn matched(&self, session: &Session, other: &Key) -> Result<(Form, (i64, i64, i64))> {
        let written = shared(session, self, other)?;
        let are_same = |(left, right, both): (i64, i64, i64)| both * 2 >= left.min(right);
        if are_same(written) || self.columns.len() > 1 {
            return Ok((Form::AsWritten, written));
        }
        let alike = shared(session, &self.in_form(Form::Alike), &other.in_form(Form::Alike))?;
        Ok(if are_same(alike) { (Form::Alike, alike) } else { (Form::AsWritten, written) })
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

    /// Whether it is of the same two tables and one of these columns at least.
    pub fn has_either(&self, one: &Key, other: &Key) -> bool {
        let is = |mine: &Key, key: &Key| mine.table.name == key.table.name;
        let has = |mine: &Key, key: &Key| mine.columns == key.columns;
        is(&self.left, one) && is(&self.right, other) && (has(&self.left, one) || has(&self.right, other))
            || is(&self.left, other) && is(&self.right, one) && (has(&self.left, other) || has(&self.right, one))
    }

    /// In the form in which they are the same, if they are in any.
    fn matched(self, session: &Session) -> Result<Pair<'a>> {
        let form = self.left.matched(session, &self.right)?.0;
        Ok(Pair { left: self.left.in_form(form), right: self.right.in_form(form), ..self })
    }
}

/// # Errors
/// If the evidence cannot be read, or `--keys` names what is not there.
pub fn search<'a>(search: &mut Search<'a>, tables: &[&'a Table]) -> Result<()> {
    if !search.wants(&[Kind::AbsentKey]) {
        return Ok(());
    }
    let is_asked = !search.args.keys.is_empty();
    let mut pairs = if is_asked { asked(search.session, &search.args.keys)? } else { inferred(search, tables)? };
    for pair in &mut pairs {
        restrict(search, pair)?;
        let Pair { left, right, of_left, of_right } = &*pair;
        if left.form == Form::Alike {
            search.notes.push(format!(
                "{} and {} are compared whatever the case of letters, blanks around them and zeros before numbers: as \
                 written fewer than half are the same",
                left.said(),
                right.said()
            ));
        }
        if *of_left {
            compare(search, left, right)?;
        }
        if *of_right {
            compare(search, right, left)?;
        }
        if is_asked {
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
        let mut together = composite(search, tables)?;
        together.retain(|(present, lacking)| !are_compared(present, lacking));
        for (present, lacking) in &together {
            compare(search, present, lacking)?;
        }
        compared.extend(together);
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

/// A value of a column as text; a whole number is the same whether its column holds fractions or not.
pub fn text(table: &Table, column: &str) -> String {
    let name = quote::readable_name(column);
    match table.column(column).map(|column| column.kind) {
        Some(ColumnKind::Float) => {
            format!(
                "CASE WHEN {name} = floor({name}) AND abs({name}) <= 9007199254740992 THEN {name}::BIGINT::VARCHAR ELSE {name}::VARCHAR END"
            )
        }
        Some(ColumnKind::Decimal { .. }) => format!("regexp_replace({name}::VARCHAR, '\\.0+$', '')"),
        // An empty text is no key.
        _ => format!("nullif({name}::VARCHAR, '')"),
    }
}

/// The same text whatever the case of letters, blanks around it, and zeros before a number.
fn alike(text: &str) -> String {
    format!("nullif(regexp_replace(lower(trim({text})), '^0+([0-9]+)$', '\\1'), '')")
}

fn values(of: &Key) -> String {
    let key = of.sql();
    format!("SELECT DISTINCT {key} AS key FROM {} WHERE {key} IS NOT NULL", of.table.sql())
}

/// How many keys the first and the second have, and how many both.
pub fn shared(session: &Session, left: &Key, right: &Key) -> Result<(i64, i64, i64)> {
    let sql = format!(
        "WITH rca_left AS ({}), rca_right AS ({}) SELECT (SELECT count(*) FROM rca_left), (SELECT count(*) FROM rca_right), \
         (SELECT count(*) FROM rca_left SEMI JOIN rca_right USING (key))",
        values(left),
        values(right),
    );
    let row = session.engine.counted(&sql)?;
    Ok((row[0].int(), row[1].int(), row[2].int()))
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

fn compare(search: &mut Search, present: &Key, lacking: &Key) -> Result<()> {
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
    } else if finding.missing > 0 {
        search.findings.push(finding);
    }
    Ok(())
}

/// Each key with its first time, and whether the other table has it.
fn spread(search: &Search, present: &Key, lacking: &Key) -> String {
    let (key, table) = (present.sql(), present.table);
    let time = table.roles.time.as_ref();
    let time = time.map_or_else(|| "NULL".into(), |time| format!("min({}::TIMESTAMP)", quote::name(time)));
    format!(
        "SELECT {key} AS key, {time} AS ts, {key} IN ({}) AS has FROM {} WHERE {key} IS NOT NULL AND ({}) GROUP BY 1",
        values(lacking),
        table.sql(),
        search.condition(table),
    )
}

/// Keys of `present` that `lacking` has not.
fn compared(search: &Search, present: &Key, lacking: &Key) -> Result<Finding> {
    let table = present.table;
    let key = present.sql();
    let condition = search.condition(table);
    let keys = format!(
        "SELECT {key} AS key, count(*) AS rows FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY 1",
        table.sql(),
        values(lacking),
    );
    // Where a time is part of the key, it says since when.
    let time = table.roles.time.as_ref().filter(|time| present.columns.len() > 1 && present.columns.contains(time));
    let time = time.map_or_else(|| "NULL".into(), |time| format!("{}::TIMESTAMP", quote::name(time)));
    let row = search.session.engine.counted(&format!(
        "SELECT (SELECT count(DISTINCT {key}) FROM {} WHERE {condition}), count(*), coalesce(sum(rows), 0), min(key), min(since), max(until) FROM \
         (SELECT {key} AS key, count(*) AS rows, min({time}) AS since, max({time}) AS until FROM {} \
         WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) GROUP BY 1)",
        table.sql(),
        table.sql(),
        values(lacking),
    ))?;
    let (expected, missing, rows) = (row[0].int(), row[1].int(), row[2].int());
    let otherwise = match present.columns.as_slice() {
        [_] if missing > 0 && present.form == Form::AsWritten => written_otherwise(search, present, lacking)?,
        _ => None,
    };
    let at = |place: usize| row.get(place).filter(|at| !at.is_null()).map(Value::int);
    Ok(Finding {
        kind: Kind::AbsentKey,
        source: lacking.table.source.clone(),
        table_name: lacking.table.short_name.clone(),
        series: None,
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
        counter: super::cause::Counter::None,
        keys: Some(format!("{}={}", present.said(), lacking.said())),
        track: None,
    })
}

/// What is to be said of keys that are there in another way of writing.
fn written_otherwise(search: &Search, present: &Key, lacking: &Key) -> Result<Option<String>> {
    let (key, condition) = (present.sql(), search.condition(present.table));
    let row = search.session.engine.counted(&format!(
        "SELECT count(DISTINCT {key}) FROM {} WHERE {key} IS NOT NULL AND ({condition}) AND {key} NOT IN ({}) AND {} IN ({})",
        present.table.sql(),
        values(lacking),
        present.in_form(Form::Alike).sql(),
        values(&lacking.in_form(Form::Alike)),
    ))?;
    Ok(row.first().map(Value::int).filter(|count| *count > 0).map(|count| {
        let (number, are) = (grouped(count.unsigned_abs()), if count == 1 { "is" } else { "are" });
        format!("; {number} of them {are} there in another case, with blanks around or zeros before")
    }))
}
