//! Which table of one side is which of the other, of two sources: by their whole names, else by their short ones where
//! these are told apart by nothing else.

use std::collections::{BTreeMap, HashMap};

use crate::session::Table;

/// A table of the baseline, and of the incident.
pub type Both<'a> = [Option<&'a Table>; 2];

/// The tables of both sides.
pub struct Matched<'a> {
    pub pairs: Vec<Both<'a>>,
    /// Those that may be another one of the other side.
    pub unsure: Vec<&'a Table>,
}

/// What a table is called on its side.
struct Names<'a> {
    side: &'a str,
    /// The name of the file that the baseline is, if it is one.
    stem: Option<&'a str>,
    /// One source against one: whatever they are called.
    is_one: bool,
}

fn is_file(table: &Table) -> bool {
    table.source == table.short_name
}

impl Names<'_> {
    fn source<'t>(&self, table: &'t Table) -> &'t str {
        table.source.strip_prefix(self.side).and_then(|rest| rest.strip_prefix('_')).unwrap_or(&table.source)
    }

    fn short(&self, table: &Table) -> String {
        let name = match (is_file(table), table.source == self.side) {
            (true, true) => self.stem.unwrap_or(&table.source),
            (true, false) => self.source(table),
            (false, _) => &table.short_name,
        };
        name.to_lowercase()
    }

    fn whole(&self, table: &Table) -> String {
        match (self.is_one, is_file(table)) {
            (true, true) => String::new(),
            (true, false) | (false, true) => self.short(table),
            (false, false) => format!("{}.{}", self.source(table), table.short_name).to_lowercase(),
        }
    }
}

/// The tables of the source `side`, and of those that have its name before theirs, with those of all others.
pub fn matched<'a>(side: &str, stem: Option<&str>, tables: &[&'a Table]) -> Matched<'a> {
    let prefix = format!("{side}_");
    let is_baseline = |table: &&&Table| table.source == side || table.source.starts_with(&prefix);
    let (baseline, incident): (Vec<&Table>, Vec<&Table>) = tables.iter().partition(is_baseline);
    let sides = [baseline, incident];
    let sources = |tables: &[&Table]| {
        let mut names: Vec<&str> = tables.iter().map(|table| table.source.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let names = Names { side, stem, is_one: sides.iter().all(|tables| sources(tables) == 1) };
    let keys: [&dyn Fn(&Table) -> String; 3] = [
        &|table| names.whole(table),
        // A database's table is rather another database's than a file.
        &|table| format!("{} {}", is_file(table), names.short(table)),
        &|table| names.short(table),
    ];
    let mut pairs: Vec<Both> = Vec::new();
    let mut taken: HashMap<&str, usize> = HashMap::new();
    for (which, key) in keys.into_iter().enumerate() {
        let mut called: BTreeMap<String, [Vec<&'a Table>; 2]> = BTreeMap::new();
        for (side, tables) in sides.iter().enumerate() {
            tables.iter().for_each(|table| called.entry(key(table)).or_default()[side].push(table));
        }
        for both in called.into_values() {
            let [[one], [other]] = both.each_ref().map(Vec::as_slice) else { continue };
            if !taken.contains_key(one.name.as_str()) && !taken.contains_key(other.name.as_str()) {
                pairs.push([Some(one), Some(other)]);
                taken.extend([(one.name.as_str(), which), (other.name.as_str(), which)]);
            }
        }
    }
    let mut unsure = Vec::new();
    for side in [0, 1] {
        for table in sides[side].iter().filter(|table| !taken.contains_key(table.name.as_str())) {
            // What is the other side's by its whole name is nobody else's.
            let may_be = |other: &&&Table| {
                taken.get(other.name.as_str()) != Some(&0) && names.short(other) == names.short(table)
            };
            if sides[1 - side].iter().any(|other| may_be(&other)) {
                unsure.push(*table);
            } else {
                let mut both = [None, None];
                both[side] = Some(*table);
                pairs.push(both);
            }
        }
    }
    Matched { pairs, unsure }
}

impl<'a> Matched<'a> {
    /// Those that are named; two that are named alone, one of each side, are compared whatever they are called.
    pub fn named(mut self, side: &str, names: &[&'a Table]) -> Matched<'a> {
        if names.is_empty() {
            return self;
        }
        let is_named = |table: &Table| names.iter().any(|one| one.name == table.name);
        self.pairs.retain(|both| both.iter().flatten().any(|table| is_named(table)));
        self.unsure.retain(|table| is_named(table));
        let prefix = format!("{side}_");
        let is_baseline = |table: &Table| table.source == side || table.source.starts_with(&prefix);
        match names {
            [one, other] if is_baseline(one) != is_baseline(other) => {
                let (one, other) = if is_baseline(one) { (*one, *other) } else { (*other, *one) };
                Matched { pairs: vec![[Some(one), Some(other)]], unsure: Vec::new() }
            }
            _ => self,
        }
    }
}
