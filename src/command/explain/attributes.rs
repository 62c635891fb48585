//! What is known of a row: its columns, those of tables that know its entity, hours and days of times, and findings.

use super::ExplainArgs;
use super::any;
use super::before;
use super::findings::{self, Mark};
use super::lengths::{self, Text};
use super::population::{Population, columns, is_message};
use super::status;
use crate::command::slices::is_of_a_model;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::column::{Column, Kind};
use crate::model::name;
use crate::session::Table;

/// Columns that are looked at for such values.
const KNOWN_MAX: usize = 300;

/// Something that each row has a value of.
pub struct Attribute {
    /// `station`, `mes.materials.lot`
    pub name: String,
    /// Over the rows judged.
    pub sql: String,
    pub kind: Kind,
    /// The column that it is, and the place of its table among those joined.
    pub column: Option<(Option<usize>, String)>,
    pub is_finding: bool,
    /// Something that holds or not: that it does not is no explanation.
    pub is_mark: bool,
    /// Its NULL may mean several values.
    pub is_many: bool,
    /// It names things, such as machines, and nobody asked for it: those with few rows each are no explanation.
    pub is_entity: bool,
}

/// All attributes that may be looked at, and notes on those that are not. Of the joined tables `skipped` say nothing of
/// why, nor does it that those in `after` lack what is bad.
///
/// # Errors
/// If --by names what is not there, or the evidence cannot be read.
pub fn find(
    population: &Population,
    args: &ExplainArgs,
    (skipped, after): (&[usize], &[usize]),
    notes: &mut Vec<String>,
) -> Result<Vec<Attribute>> {
    let mut all = Vec::new();
    let mut times = Vec::new();
    let mut lengths = Vec::new();
    let session = population.session;
    let said = population.bad.to_lowercase();
    let speaks_of = |column: &Column| has_word(&said, &column.name.to_lowercase());
    let speaks_of_a_model = columns(population.table).any(|column| is_of_a_model(column) && speaks_of(column));
    let of_status = status::made(population, speaks_of)?;
    let (mut named, mut said_by_model) = (Vec::new(), Vec::new());
    let mut numbering = Vec::new();
    let mut add = |table: &Table, place: Option<usize>, is_many: bool| -> Result<()> {
        let entities = session.entity_columns(table);
        let only_numbers = match place {
            Some(at) if args.by.is_empty() => population.numbering(at)?,
            _ => Vec::new(),
        };
        let asked = |column: &&Column| args.by.iter().any(|by| is_called(&column.name, by));
        let messages = table.values().filter(|column| is_message(table, column)).filter(asked);
        let is_key = |column: &&Column| place.is_some_and(|at| population.joined[at].is_key(&column.name));
        for column in columns(table).chain(messages).filter(|column| !is_key(column)) {
            let sql = quote::readable_name(&column.name);
            let (name, sql) = match place {
                None => (column.name.clone(), sql),
                Some(at) => {
                    let alias = quote::readable_name(&population.joined[at].alias);
                    (format!("{}.{}", table.name, column.name), format!("{alias}.{sql}"))
                }
            };
            let is_named = match place {
                None => speaks_of(column),
                Some(_) => said.contains(&sql.to_lowercase()),
            };
            let is_asked = args.by.iter().any(|by| is_called(&name, by));
            if is_named && !is_asked {
                named.push(name);
                continue;
            }
            // That a model agrees with itself is no explanation.
            if place.is_none() && speaks_of_a_model && is_of_a_model(column) && !is_asked {
                said_by_model.push(name);
                continue;
            }
            if place.is_none() && !is_asked && of_status.as_ref().is_some_and(|(_, made)| made.contains(&&*name)) {
                continue;
            }
            if only_numbers.contains(&column.name) {
                numbering.push(name);
                continue;
            }
            if column.kind == Kind::Text && !is_entity_of(&entities, column) && !is_message(table, column) && !is_many {
                let of = (table.sql(), quote::name(&column.name));
                lengths.push(Text { of, name: name.clone(), sql: sql.clone() });
            }
            let into = if matches!(column.kind, Kind::Time | Kind::Date) { &mut times } else { &mut all };
            let is_entity = is_entity_of(&entities, column);
            let of_column = of_column(column, (&name, &sql), place, (is_many, is_entity));
            into.extend(of_column.into_iter().map(|one| Attribute { is_entity: is_entity && !is_asked, ..one }));
        }
        Ok(())
    };
    add(population.table, None, false)?;
    let joined = || (0..population.joined.len()).filter(|at| !skipped.contains(at));
    for at in joined() {
        let (table, is_many) = (population.joined[at].table, population.is_many(at)?);
        notes.extend(population.joined[at].told(population.table));
        if !(args.before.is_some() && is_many && table.roles.time.is_some()) {
            add(table, Some(at), is_many)?;
        }
    }
    for at in joined() {
        if args.before.is_none() && population.is_many(at)? {
            all.extend(any::find(population, at)?);
        }
    }
    if !named.is_empty() {
        notes.push(format!("left out, since --bad speaks of them: {}", name::listed(&named)));
    }
    if !said_by_model.is_empty() {
        let why = "left out, since they are what a model said";
        notes.push(format!("{why}: {}", said_by_model.join(", ")));
    }
    if let Some((status, made)) = of_status.filter(|_| args.by.is_empty()) {
        let why = format!("left out, since they are told by {status}, of which --bad speaks");
        notes.push(format!("{why}: {}", made.join(", ")));
    }
    if !numbering.is_empty() {
        notes.push(format!("left out, since they only number the rows of their table: {}", name::listed(&numbering)));
    }
    all.extend(lengths::find(session, lengths)?);
    all.append(&mut times);
    if let Some(before) = &args.before {
        all.extend(before::find(population, before, notes)?);
    }
    if !args.by.is_empty() {
        return only(all, &args.by);
    }
    let marks = findings::find(population, after, notes)?;
    let finding = |Mark { name, sql }: Mark| Attribute {
        name,
        sql,
        kind: Kind::Bool,
        column: None,
        is_finding: true,
        is_mark: true,
        is_many: false,
        is_entity: false,
    };
    let mut all: Vec<Attribute> = marks.into_iter().map(finding).chain(all).collect();
    if all.len() > KNOWN_MAX {
        notes.push(format!("{} columns are not looked at: --by says which to look at", all.len() - KNOWN_MAX));
        all.truncate(KNOWN_MAX);
    }
    Ok(all)
}

fn is_entity_of(entities: &[String], column: &Column) -> bool {
    entities.contains(&column.name)
}

/// Whether a text has a name as a word of its own.
pub fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

fn of_column(
    column: &Column,
    (name, sql): (&str, &str),
    place: Option<usize>,
    (is_many, is_entity): (bool, bool),
) -> Vec<Attribute> {
    let one = |name: String, sql: String, kind: Kind, column: Option<(Option<usize>, String)>| Attribute {
        name,
        sql,
        kind,
        column,
        is_finding: false,
        is_mark: false,
        is_many,
        is_entity: false,
    };
    match column.kind {
        Kind::Time => vec![
            one(format!("hour({name})"), format!("hour({sql}::TIMESTAMP)"), Kind::Int, None),
            one(format!("day({name})"), format!("({sql}::TIMESTAMP)::DATE"), Kind::Date, None),
        ],
        // Of the number of a machine there is no range.
        _ if is_entity => {
            let place = Some((place, quote::readable_name(&column.name)));
            let sql = if column.kind == Kind::Text { sql.to_string() } else { format!("{sql}::VARCHAR") };
            vec![one(name.to_string(), sql, Kind::Text, place)]
        }
        // Numbers of more digits than a float tells are compared as floats.
        Kind::Decimal { width: 16.., .. } => {
            let place = Some((place, quote::readable_name(&column.name)));
            vec![one(name.to_string(), format!("{sql}::DOUBLE"), Kind::Float, place)]
        }
        kind if kind.is_spelled() => {
            let place = Some((place, quote::readable_name(&column.name)));
            vec![one(name.to_string(), format!("{sql}::VARCHAR"), Kind::Text, place)]
        }
        kind => {
            vec![one(name.to_string(), sql.to_string(), kind, Some((place, quote::readable_name(&column.name))))]
        }
    }
}

/// Those that --by names, by their whole names or those of their columns.
fn only(all: Vec<Attribute>, by: &[String]) -> Result<Vec<Attribute>> {
    let names: Vec<String> = all.iter().map(|attribute| attribute.name.clone()).collect();
    for wanted in by {
        if !names.iter().any(|name| is_called(name, wanted)) {
            let near = name::nearest(wanted, names.iter().map(String::as_str));
            return Err(Error::question(format!("no column `{wanted}` can be looked at"))
                .near_or(&near, format!("there are {}", name::listed(&names))));
        }
    }
    Ok(all.into_iter().filter(|attribute| by.iter().any(|wanted| is_called(&attribute.name, wanted))).collect())
}

/// Whether --by means an attribute: by its whole name or that of its column.
pub fn is_called(name: &str, wanted: &str) -> bool {
    let inner = name.split(" = ").next().unwrap_or(name);
    let inner = inner.split(" within ").next().unwrap_or(inner).trim_end_matches(')');
    let inner =
        ["hour(", "day(", "length(", "median("].iter().find_map(|start| inner.strip_prefix(start)).unwrap_or(inner);
    let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_string();
    inner.eq_ignore_ascii_case(wanted)
        || name.eq_ignore_ascii_case(wanted)
        || (!wanted.contains('.') && last(inner).eq_ignore_ascii_case(wanted))
}
