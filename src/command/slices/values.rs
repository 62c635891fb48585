//! Which values of an attribute are looked at: single ones, and of numbers with many values their tenths.

use crate::command::explain::attributes::{Attribute, VALUES_MAX};
use crate::command::explain::population::Population;
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::contrast::Covered;

/// Numbers of more values are cut by quantiles.
const NUMBERS_MAX: i64 = 20;
/// Values of one column that are looked at: a code has a byte.
const ITEMS_MAX: usize = 250;

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
    let is_whole = distinct <= if attribute.kind == Kind::Int { VALUES_MAX as i64 } else { NUMBERS_MAX };
    if is_whole || (!is_number && distinct <= VALUES_MAX as i64) {
        let sql = format!(
            "SELECT {of}::VARCHAR, count(*), count(*) FILTER (is_bad) FROM rca_explained{} GROUP BY 1 HAVING count(*) BETWEEN {least} AND {} ORDER BY 3 DESC, 1 NULLS FIRST",
            if attribute.is_mark { format!(" WHERE {of}") } else { String::new() },
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
        _ if attribute.is_mark => name.clone(),
        None if attribute.is_many => format!("{name} is null or has several values"),
        None => format!("{name} is null"),
        Some(value) => format!("{name} = {value}"),
    };
    let holds = |of: &str| match value {
        _ if attribute.is_mark => of.to_string(),
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
