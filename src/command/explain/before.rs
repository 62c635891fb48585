//! What other tables say of a row's entity in some time before it: which values stood there, and the median of numbers.

use super::attributes::Attribute;
use super::population::{Joined, Population, columns};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::Kind;
use crate::model::duration;
use crate::model::name;
use crate::model::time::{HOUR, SECOND};

/// Values of a column that are looked at one by one. Of numbers with more their median is.
const VALUES_MAX: i64 = 50;

/// Attributes by the tables with a time; of the rows before those judged, and not at their time.
///
/// # Errors
/// If the length is none, the rows judged have no time, or the evidence cannot be read.
pub fn find(population: &Population, said: &str, notes: &mut Vec<String>) -> Result<Vec<Attribute>> {
    let length = duration::parse(said).filter(|length| *length > 0).ok_or_else(|| {
        Error::question(format!("`--before {said}` is no length of time")).hint("write --before 30m, 72h or 7d")
    })?;
    let table = population.table;
    let time = table.roles.time.as_ref().ok_or_else(|| {
        Error::question(format!("table `{}` has no time, so --before cannot be asked of it", table.name))
    })?;
    let now = format!("{}.{}::TIMESTAMP", population.alias(), quote::readable_name(time));
    let mut all = Vec::new();
    let mut left_out = Vec::new();
    for joined in population.joined.iter().filter(|joined| joined.table.roles.time.is_some()) {
        let before = Before { population, joined, now: &now, length, said };
        let entities = population.session.entity_columns(joined.table);
        let wanted: Vec<_> = columns(joined.table)
            .filter(|column| !joined.is_key(&column.name) && !matches!(column.kind, Kind::Time | Kind::Date))
            .filter(|column| !column.kind.is_spelled())
            .collect();
        let counts: Vec<String> =
            wanted.iter().map(|column| format!("count(DISTINCT {})", quote::readable_name(&column.name))).collect();
        if counts.is_empty() {
            continue;
        }
        let sql = format!("SELECT {} FROM {}", counts.join(", "), joined.table.sql());
        let counts = population.session.one_row(&sql)?;
        for (column, count) in wanted.into_iter().zip(counts) {
            // The number of a thing has no middle.
            let is_number = matches!(column.kind, Kind::Int | Kind::Float | Kind::Decimal { .. })
                && !entities.contains(&column.name);
            match count.int() {
                0 => {}
                1..=VALUES_MAX => all.extend(before.values(&column.name)?),
                _ if is_number => all.push(before.median(&column.name)),
                _ => left_out.push(format!("{}.{}", joined.table.name, column.name)),
            }
        }
    }
    if !left_out.is_empty() {
        let listed = name::listed(&left_out);
        notes.push(format!("left out of what was before, with more than {VALUES_MAX} values: {listed}"));
    }
    Ok(all)
}

struct Before<'a> {
    population: &'a Population<'a>,
    joined: &'a Joined<'a>,
    /// The time of the row judged.
    now: &'a str,
    length: i64,
    /// The same as it was typed.
    said: &'a str,
}

impl Before<'_> {
    /// Whether each value stood there.
    fn values(&self, column: &str) -> Result<Vec<Attribute>> {
        let of = quote::readable_name(column);
        let sql =
            format!("SELECT DISTINCT {of}::VARCHAR FROM {} WHERE {of} IS NOT NULL ORDER BY 1", self.joined.table.sql());
        let rows = self.population.session.engine.rows(&sql)?.rows;
        let one = |value: String| {
            let is = format!("rca_before.{of}::VARCHAR = {}", quote::text(&value));
            Attribute {
                name: format!("{}.{column} = {value} within {} before", self.joined.table.name, self.said),
                sql: format!("EXISTS (SELECT 1 FROM {} AND {is})", self.rows()),
                kind: Kind::Bool,
                column: None,
                is_finding: false,
                is_mark: true,
                is_many: false,
                is_entity: false,
            }
        };
        Ok(rows.iter().map(|row| one(row[0].shown())).collect())
    }

    /// Of numbers the median, which no order of rows changes.
    fn median(&self, column: &str) -> Attribute {
        let of = quote::readable_name(column);
        Attribute {
            name: format!("median({}.{column}) within {} before", self.joined.table.name, self.said),
            sql: format!("(SELECT median(rca_before.{of}::DOUBLE) FROM {})", self.rows()),
            kind: Kind::Float,
            column: None,
            is_finding: false,
            is_mark: false,
            is_many: false,
            is_entity: false,
        }
    }

    /// The rows of the same entity in the time before.
    fn rows(&self) -> String {
        let joined = self.joined;
        let time = joined.table.roles.time.as_ref().map(|name| quote::readable_name(name)).unwrap_or_default();
        let (own, theirs) = joined.keys(&self.population.alias(), "rca_before");
        let (now, at) = (self.now, format!("rca_before.{time}::TIMESTAMP"));
        format!(
            "{} rca_before WHERE {theirs} = {own} AND {at} >= {now} - {} AND {at} < {now}",
            joined.table.sql(),
            interval(self.length)
        )
    }
}

fn interval(micros: i64) -> String {
    match micros {
        _ if micros % HOUR == 0 => format!("INTERVAL {} HOUR", micros / HOUR),
        _ if micros % SECOND == 0 => format!("INTERVAL {} SECOND", micros / SECOND),
        _ => format!("INTERVAL {micros} MICROSECOND"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_in_the_largest_unit_that_is_whole() {
        assert_eq!(interval(72 * HOUR), "INTERVAL 72 HOUR");
        assert_eq!(interval(90 * SECOND), "INTERVAL 90 SECOND");
        assert_eq!(interval(1_500), "INTERVAL 1500 MICROSECOND");
    }
}
