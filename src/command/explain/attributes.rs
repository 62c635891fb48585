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

/// Joined tables that say nothing of why, and those of which it is no reason that they lack what is bad, by their places.
#[derive(Clone, Copy, Default)]
pub struct NoReasons<'a> {
    pub skipped: &'a [usize],
    pub after: &'a [usize],
}

/// All attributes that may be looked at, and notes on those that are not.
///
/// # Errors
/// If --by names what is not there, or the evidence cannot be read.
pub fn find(
    population: &Population,
    args: &ExplainArgs,
    NoReasons { skipped, after }: NoReasons,
    notes: &mut Vec<String>,
) -> Result<Vec<Attribute>> {
    let mut known = Collector::new(population, args)?;
    known.add(population.table, None, false)?;
    let joined = || (0..population.joined.len()).filter(|at| !skipped.contains(at));
    for at in joined() {
        let (table, is_many) = (population.joined[at].table, population.is_many(at)?);
        notes.extend(population.joined[at].told(population.table));
        if !(args.before.is_some() && is_many && table.roles.time.is_some()) {
            known.add(table, Some(at), is_many)?;
        }
    }
    for at in joined() {
        if args.before.is_none() && population.is_many(at)? {
            known.all.extend(any::find(population, at)?);
        }
    }
    notes.extend(known.left_out());
    let Collector { mut all, mut times, lengths, .. } = known;
    all.extend(lengths::find(population.session, lengths)?);
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

/// The columns of one table after the other, as far as they may be looked at.
struct Collector<'c, 'p> {
    population: &'c Population<'p>,
    args: &'c ExplainArgs,
    /// What --bad says, in small letters.
    said: String,
    speaks_of_a_model: bool,
    /// A column of status of which --bad speaks, and the columns that always say the same.
    of_status: Option<(String, Vec<&'static str>)>,
    all: Vec<Attribute>,
    /// What is made of times, which comes behind the others.
    times: Vec<Attribute>,
    lengths: Vec<Text>,
    /// Left out: columns of which --bad speaks, what a model said, and what numbers the rows of its table.
    named: Vec<String>,
    said_by_model: Vec<String>,
    numbering: Vec<String>,
}

impl<'c, 'p> Collector<'c, 'p> {
    fn new(population: &'c Population<'p>, args: &'c ExplainArgs) -> Result<Collector<'c, 'p>> {
        let said = population.bad.to_lowercase();
        let speaks_of = |column: &Column| has_word(&said, &column.name.to_lowercase());
        Ok(Collector {
            population,
            args,
            speaks_of_a_model: columns(population.table).any(|column| is_of_a_model(column) && speaks_of(column)),
            of_status: status::made(population, speaks_of)?,
            said,
            all: Vec::new(),
            times: Vec::new(),
            lengths: Vec::new(),
            named: Vec::new(),
            said_by_model: Vec::new(),
            numbering: Vec::new(),
        })
    }

    /// Adds the columns of the table judged, or of the joined one at a place.
    fn add(&mut self, table: &Table, place: Option<usize>, is_many: bool) -> Result<()> {
        let population = self.population;
        let entities = population.session.entity_columns(table);
        let only_numbers = match place {
            Some(at) if self.args.by.is_empty() => population.numbering(at)?,
            _ => Vec::new(),
        };
        let by = &self.args.by;
        let asked = |column: &&Column| by.iter().any(|by| is_called(&column.name, by));
        let messages = table.values().filter(|column| is_message(table, column)).filter(asked);
        let is_key = |column: &&Column| place.is_some_and(|at| population.joined[at].is_key(&column.name));
        for column in columns(table).chain(messages).filter(|column| !is_key(column)) {
            let known = Known::of(population, column, place, is_many, entities.contains(&column.name));
            if self.leaves_out(&known, only_numbers.contains(&column.name)) {
                continue;
            }
            let is_entity = known.is_entity;
            if column.kind == Kind::Text && !is_entity && !is_message(table, column) && !is_many {
                let of = (table.sql(), quote::name(&column.name));
                self.lengths.push(Text { of, name: known.name.clone(), sql: known.sql.clone() });
            }
            let is_asked = self.is_asked(&known.name);
            let into = if matches!(column.kind, Kind::Time | Kind::Date) { &mut self.times } else { &mut self.all };
            let of_column = known.attributes().into_iter();
            into.extend(of_column.map(|one| Attribute { is_entity: is_entity && !is_asked, ..one }));
        }
        Ok(())
    }

    fn is_asked(&self, name: &str) -> bool {
        self.args.by.iter().any(|by| is_called(name, by))
    }

    /// Whether a column is left out, which is kept to be said.
    fn leaves_out(&mut self, known: &Known, only_numbers: bool) -> bool {
        let Known { column, name, sql, place, .. } = known;
        let (is_asked, is_own) = (self.is_asked(name), place.is_none());
        let is_named = match is_own {
            true => has_word(&self.said, &column.name.to_lowercase()),
            false => self.said.contains(&sql.to_lowercase()),
        };
        if is_named && !is_asked {
            self.named.push(name.clone());
            return true;
        }
        // That a model agrees with itself is no explanation.
        if is_own && self.speaks_of_a_model && is_of_a_model(column) && !is_asked {
            self.said_by_model.push(name.clone());
            return true;
        }
        if is_own && !is_asked && self.of_status.as_ref().is_some_and(|(_, made)| made.contains(&name.as_str())) {
            return true;
        }
        if only_numbers {
            self.numbering.push(name.clone());
        }
        only_numbers
    }

    /// What is to be said of the columns that were left out.
    fn left_out(&self) -> Vec<String> {
        let mut notes = Vec::new();
        if !self.named.is_empty() {
            notes.push(format!("left out, since --bad speaks of them: {}", name::listed(&self.named)));
        }
        if !self.said_by_model.is_empty() {
            let why = "left out, since they are what a model said";
            notes.push(format!("{why}: {}", self.said_by_model.join(", ")));
        }
        if let Some((status, made)) = self.of_status.as_ref().filter(|_| self.args.by.is_empty()) {
            let why = format!("left out, since they are told by {status}, of which --bad speaks");
            notes.push(format!("{why}: {}", made.join(", ")));
        }
        if !self.numbering.is_empty() {
            let why = "left out, since they only number the rows of their table";
            notes.push(format!("{why}: {}", name::listed(&self.numbering)));
        }
        notes
    }
}

/// Whether a text has a name as a word of its own.
pub fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + name.len()..].starts_with(is_part))
}

/// A column as it is called among the rows judged.
struct Known<'a> {
    column: &'a Column,
    /// Of a joined table.
    place: Option<usize>,
    name: String,
    sql: String,
    is_many: bool,
    is_entity: bool,
}

impl<'a> Known<'a> {
    fn of(
        population: &Population,
        column: &'a Column,
        place: Option<usize>,
        is_many: bool,
        is_entity: bool,
    ) -> Known<'a> {
        let sql = quote::readable_name(&column.name);
        let (name, sql) = match place {
            None => (column.name.clone(), sql),
            Some(at) => {
                let joined = &population.joined[at];
                let name = format!("{}.{}", joined.table.name, column.name);
                (name, format!("{}.{sql}", quote::readable_name(&joined.alias)))
            }
        };
        Known { column, place, name, sql, is_many, is_entity }
    }

    /// What is looked at of it.
    fn attributes(&self) -> Vec<Attribute> {
        let Known { column, place, name, sql, is_many, is_entity } = self;
        let one = |name: String, sql: String, kind: Kind, column: Option<(Option<usize>, String)>| Attribute {
            name,
            sql,
            kind,
            column,
            is_finding: false,
            is_mark: false,
            is_many: *is_many,
            is_entity: false,
        };
        let own = || Some((*place, quote::readable_name(&column.name)));
        match column.kind {
            Kind::Time => vec![
                one(format!("hour({name})"), format!("hour({sql}::TIMESTAMP)"), Kind::Int, None),
                one(format!("day({name})"), format!("({sql}::TIMESTAMP)::DATE"), Kind::Date, None),
            ],
            // Of the number of a machine there is no range.
            _ if *is_entity => {
                let sql = if column.kind == Kind::Text { sql.clone() } else { format!("{sql}::VARCHAR") };
                vec![one(name.clone(), sql, Kind::Text, own())]
            }
            // Numbers of more digits than a float tells are compared as floats.
            Kind::Decimal { width: 16.., .. } => vec![one(name.clone(), format!("{sql}::DOUBLE"), Kind::Float, own())],
            kind if kind.is_spelled() => vec![one(name.clone(), format!("{sql}::VARCHAR"), Kind::Text, own())],
            kind => vec![one(name.clone(), sql.clone(), kind, own())],
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
