//! What is known of a row: its columns, those of tables that know its entity, hours and days of times, and findings; and
//! which values of these are looked at.

use super::ExplainArgs;
use super::findings::{self, Mark};
use super::population::{Population, columns};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::contrast::Covered;
use crate::model::name;
use crate::session::Table;

/// Columns with values that enough bad rows have; more are left out, and said.
pub const COLUMNS_MAX: usize = 40;
/// Columns that are looked at for such values.
const KNOWN_MAX: usize = 300;
const VALUES_MAX: i64 = 1_000;
/// Whole numbers of more values are cut by quantiles besides.
const NUMBERS_MAX: i64 = 20;
/// Values of one column that are looked at: a code has a byte.
pub const ITEMS_MAX: usize = 250;

/// Something that each row has a value of.
pub struct Attribute {
    /// `station`, `mes.materials.lot`
    pub name: String,
    /// Over the rows judged.
    pub sql: String,
    pub kind: Kind,
    pub is_finding: bool,
    /// Its NULL may mean several values.
    pub is_many: bool,
}

/// A value of an attribute that enough bad rows have.
pub struct Item {
    pub attribute: usize,
    /// `lot = L7`
    pub text: String,
    /// `mes.lot = 'L7'`, over the rows judged.
    pub sql: String,
    /// The same over the rows kept.
    pub kept: String,
    /// Ranges of an attribute exclude each other, as its values do.
    pub is_range: bool,
    pub covered: Covered,
}

/// All attributes that may be looked at, and notes on those that are not.
///
/// # Errors
/// If --by names what is not there, or the evidence cannot be read.
pub fn find(population: &Population, args: &ExplainArgs, notes: &mut Vec<String>) -> Result<Vec<Attribute>> {
    let mut all = Vec::new();
    let mut times = Vec::new();
    let session = population.session;
    let said = population.bad.to_lowercase();
    let mut named = Vec::new();
    let mut add = |table: &Table, place: Option<usize>, is_many: bool| {
        let entities = session.entity_columns(table);
        for column in columns(table).filter(|column| !entities.contains(&column.name)) {
            let sql = quote::readable_name(&column.name);
            let (name, sql) = match place {
                None => (column.name.clone(), sql),
                Some(at) => {
                    let alias = quote::readable_name(&population.joined[at].alias);
                    (format!("{}.{}", table.name, column.name), format!("{alias}.{sql}"))
                }
            };
            let is_named = match place {
                None => has_word(&said, &column.name.to_lowercase()),
                Some(_) => said.contains(&sql.to_lowercase()),
            };
            if is_named {
                named.push(name);
                continue;
            }
            let into = if matches!(column.kind, Kind::Time | Kind::Date) { &mut times } else { &mut all };
            into.extend(of_column(column, &name, &sql, is_many));
        }
    };
    add(population.table, None, false);
    for at in 0..population.joined.len() {
        add(population.joined[at].table, Some(at), population.is_many(at)?);
    }
    if !named.is_empty() {
        notes.push(format!("left out, since --bad speaks of them: {}", name::listed(&named)));
    }
    all.append(&mut times);
    if !args.by.is_empty() {
        return only(all, &args.by);
    }
    let marks = findings::find(population)?;
    let finding =
        |Mark { name, sql }: Mark| Attribute { name, sql, kind: Kind::Bool, is_finding: true, is_many: false };
    let mut all: Vec<Attribute> = marks.into_iter().map(finding).chain(all).collect();
    if all.len() > KNOWN_MAX {
        notes.push(format!("{} columns are not looked at: --by says which to look at", all.len() - KNOWN_MAX));
        all.truncate(KNOWN_MAX);
    }
    Ok(all)
}

/// Whether a text has a name as a word of its own.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

fn of_column(column: &Column, name: &str, sql: &str, is_many: bool) -> Vec<Attribute> {
    let one = |name: String, sql: String, kind: Kind| Attribute { name, sql, kind, is_finding: false, is_many };
    match column.kind {
        Kind::Time => vec![
            one(format!("hour({name})"), format!("hour({sql}::TIMESTAMP)"), Kind::Int),
            one(format!("day({name})"), format!("({sql}::TIMESTAMP)::DATE"), Kind::Date),
        ],
        kind => vec![one(name.to_string(), sql.to_string(), kind)],
    }
}

/// Those that --by names, by their whole names or those of their columns.
fn only(all: Vec<Attribute>, by: &[String]) -> Result<Vec<Attribute>> {
    let names: Vec<String> = all.iter().map(|attribute| attribute.name.clone()).collect();
    let is = |name: &str, wanted: &str| {
        let inner = name.trim_start_matches("hour(").trim_start_matches("day(").trim_end_matches(')');
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
        inner.eq_ignore_ascii_case(wanted)
            || name.eq_ignore_ascii_case(wanted)
            || (!wanted.contains('.') && last(inner).eq_ignore_ascii_case(wanted))
    };
    for wanted in by {
        if !names.iter().any(|name| is(name, wanted)) {
            let near = name::nearest(wanted, names.iter().map(String::as_str));
            let error = Error::question(format!("no column `{wanted}` can be looked at"));
            return Err(match near.is_empty() {
                true => error.hint(format!("there are {}", name::listed(&names))),
                false => error.hint(format!("did you mean {}", name::listed(&near))),
            });
        }
    }
    Ok(all.into_iter().filter(|attribute| by.iter().any(|wanted| is(&attribute.name, wanted))).collect())
}

/// What the values of one attribute are, of which the rows are kept in `rca_explained` as `a{at}`.
pub struct Values {
    pub items: Vec<Item>,
    /// Values that enough rows have to be explanations at all.
    pub tests: usize,
    /// Why it is left out.
    pub left_out: Option<&'static str>,
}

/// The values of an attribute that at least `least` bad rows have. Numbers of many values give ranges besides.
///
/// # Errors
/// If the evidence cannot be read.
pub fn values(population: &Population, attribute: &Attribute, at: usize, (rows, least): (u64, u64)) -> Result<Values> {
    let engine = &population.session.engine;
    let of = format!("a{at}");
    let counted = population.session.one_row(&format!(
        "SELECT count(DISTINCT {of}), count({of}) < count(*), min({of}) FILTER (is_bad) > max({of}) FILTER (NOT is_bad) \
         OR max({of}) FILTER (is_bad) < min({of}) FILTER (NOT is_bad), count({of}) FILTER (is_bad), count({of}) FILTER (NOT is_bad) FROM rca_explained"
    ))?;
    let distinct = counted[0].int();
    let has_nulls = counted[1] == crate::model::value::Value::Bool(true);
    let is_apart = counted[2] == crate::model::value::Value::Bool(true);
    let is_number = matches!(attribute.kind, Kind::Int | Kind::Float | Kind::Decimal { .. });
    let none = |why| Ok(Values { items: Vec::new(), tests: 0, left_out: Some(why) });
    let both = counted[3].int() > 1 && counted[4].int() > 1;
    if !attribute.is_finding
        && !has_nulls
        && is_apart
        && both
        && (distinct == 2 || (is_number && distinct > NUMBERS_MAX))
    {
        return none("since they tell good from bad by themselves");
    }
    let mut found = Values { items: Vec::new(), tests: 0, left_out: None };
    let is_whole = distinct <= if attribute.kind == Kind::Int { VALUES_MAX } else { NUMBERS_MAX };
    if is_whole || (!is_number && distinct <= VALUES_MAX) {
        let sql = format!(
            "SELECT {of}::VARCHAR, count(*), count(*) FILTER (is_bad) FROM rca_explained{} GROUP BY 1 HAVING count(*) BETWEEN {least} AND {} ORDER BY 3 DESC, 1 NULLS FIRST",
            if attribute.is_finding { format!(" WHERE {of}") } else { String::new() },
            rows - 1
        );
        for row in engine.rows(&sql)?.rows {
            let value = (!row[0].is_null()).then(|| row[0].shown());
            let covered = Covered { rows: row[1].int().unsigned_abs(), bad: row[2].int().unsigned_abs() };
            found.add(item(attribute, at, value.as_deref(), covered), least);
        }
    } else if !is_number {
        return none("with too many values");
    }
    if is_number && distinct > NUMBERS_MAX && !attribute.name.starts_with("hour(") {
        ranges(population, attribute, at, (rows, least), !is_whole, &mut found)?;
    }
    Ok(found)
}

impl Values {
    fn add(&mut self, item: Item, least: u64) {
        self.tests += 1;
        if item.covered.bad >= least && self.items.len() < ITEMS_MAX {
            self.items.push(item);
        }
    }
}

fn item(attribute: &Attribute, at: usize, value: Option<&str>, covered: Covered) -> Item {
    let name = &attribute.name;
    let text = match value {
        _ if attribute.is_finding => name.clone(),
        None if attribute.is_many => format!("{name} is null or has several values"),
        None => format!("{name} is null"),
        Some(value) => format!("{name} = {value}"),
    };
    let holds = |of: &str| match value {
        _ if attribute.is_finding => of.to_string(),
        None => format!("{of} IS NULL"),
        Some(value) => match attribute.kind {
            Kind::Text => format!("{of} = {}", quote::text(value)),
            Kind::Int | Kind::Bool => format!("{of} = {value}"),
            _ => format!("{of}::VARCHAR = {}", quote::text(value)),
        },
    };
    Item { attribute: at, text, sql: holds(&attribute.sql), kept: holds(&format!("a{at}")), is_range: false, covered }
}

/// Tenths of all rows by a number.
fn ranges(
    population: &Population,
    attribute: &Attribute,
    at: usize,
    (rows, least): (u64, u64),
    with_null: bool,
    found: &mut Values,
) -> Result<()> {
    let engine = &population.session.engine;
    let is_finite = format!("isfinite(a{at}::DOUBLE)");
    let sql = format!(
        "SELECT DISTINCT bound::VARCHAR, bound FROM (SELECT unnest(quantile_disc(a{at}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])) AS bound \
         FROM rca_explained WHERE {is_finite}) ORDER BY bound"
    );
    let bounds: Vec<String> = engine.rows(&sql)?.rows.iter().map(|row| row[0].shown()).collect();
    let (name, of) = (&attribute.name, &attribute.sql);
    let mut parts: Vec<(String, String)> = Vec::new();
    if let (Some(first), Some(last)) = (bounds.first(), bounds.last()) {
        parts.push((format!("{name} < {first}"), format!("{{of}} < {first}")));
        for pair in bounds.windows(2) {
            let (from, to) = (&pair[0], &pair[1]);
            parts.push((format!("{name} in [{from}, {to})"), format!("({{of}} >= {from} AND {{of}} < {to})")));
        }
        parts.push((format!("{name} >= {last}"), format!("{{of}} >= {last}")));
    }
    if with_null {
        let null = if attribute.is_many { " is null or has several values" } else { " is null" };
        parts.push((format!("{name}{null}"), "{of} IS NULL".into()));
    }
    let counts: Vec<String> = parts
        .iter()
        .map(|(_, sql)| sql.replace("{of}", &format!("a{at}")))
        .map(|sql| format!("count(*) FILTER ({sql}), count(*) FILTER ({sql} AND is_bad)"))
        .collect();
    if counts.is_empty() {
        return Ok(());
    }
    let row = population.session.one_row(&format!("SELECT {} FROM rca_explained", counts.join(", ")))?;
    for (place, (text, sql)) in parts.into_iter().enumerate() {
        let covered =
            Covered { rows: row[2 * place].int().unsigned_abs(), bad: row[2 * place + 1].int().unsigned_abs() };
        if covered.rows >= least && covered.rows < rows {
            let kept = sql.replace("{of}", &format!("a{at}"));
            found.add(Item { attribute: at, text, sql: sql.replace("{of}", of), kept, is_range: true, covered }, least);
        }
    }
    Ok(())
}
