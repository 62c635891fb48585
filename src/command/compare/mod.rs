//! `rca compare`: what changed between two windows, or between two sources.

use super::errors::Changes;
use super::{Answer, Ask};
use crate::args::Common;
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::name;
use crate::model::statistics;
use crate::model::value::Value;
use crate::session::{Named, Session, Span, Table};

mod args;
mod codes;
mod counts;
mod cut;
mod fold;
mod found;
mod hours;
mod judge;
mod looks;
mod matched;
mod only;
mod quantiles;
mod sides;
mod since;
mod snapshots;
mod table;
mod templates;

pub use args::CompareArgs;
use cut::Cut;
use fold::Marked;
use found::{FIELDS, Finding, Hidden, What};
use matched::Both;
use sides::{Pair, Sides};
use table::Seen;
use templates::Templates;

/// Adjusted p-values up to this are a change.
const FALSE_DISCOVERY_RATE: f64 = 0.05;

impl Ask for CompareArgs {
    fn common(&self) -> &Common {
        &self.common
    }

    fn sources(&self) -> &[String] {
        self.own()
    }

    fn check(&self) -> Result<()> {
        CompareArgs::check(self)
    }

    fn extra_sources(&self) -> Vec<Named> {
        self.others().into_iter().collect()
    }

    fn run(&self, session: &Session) -> Result<Answer> {
        let mut notes = Vec::new();
        let condition = self.common.evidence.condition.as_deref();
        let mut tables = super::tables_with(session, condition, &mut notes)?;
        let named: Vec<&Table> = self.table.iter().map(|name| session.table(name)).collect::<Result<_>>()?;
        // Of two sources one side is named for both.
        if !named.is_empty() && self.others().is_none() {
            tables.retain(|table| named.iter().any(|one| one.name == table.name));
        }
        let sides = self.sides(session, &tables, &mut notes)?;
        let both = self.both(&sides, &tables, &named, &mut notes);
        let mut pairs = pairs(session, &sides, both, condition, &mut notes)?;
        let codes = codes::changes(session, &self.common, &sides, &pairs)?;
        let templates = mine(session, &sides, &pairs, condition)?;
        for (place, pair) in pairs.iter_mut().enumerate() {
            let more = more(pair, place, &codes, &templates);
            pair.relation = sides::relation(session, &sides, pair, place, &more, condition)?;
        }
        let mut seen = Vec::new();
        for (place, pair) in pairs.iter_mut().enumerate() {
            let skipped: Vec<String> = codes
                .columns
                .iter()
                .filter(|(table, _)| *table == pair.name)
                .map(|(_, column)| column.clone())
                .collect();
            seen.push(table::look(session, &sides, (place, pair), &skipped, &templates)?);
        }
        if self.others().is_some() {
            notes.extend(snapshots::note(self, session, &pairs)?);
            notes.extend(snapshots::asked(self, session));
        }
        let comparison = Comparison { session, sides: &sides, pairs: &pairs, codes: &codes };
        comparison.answer(seen, notes)
    }
}

impl CompareArgs {
    /// Which tables of both sides are compared with each other.
    fn both<'a>(
        &self,
        sides: &Sides,
        tables: &[&'a Table],
        named: &[&'a Table],
        notes: &mut Vec<String>,
    ) -> Vec<Both<'a>> {
        let Sides::Sources(side) = sides else {
            return tables.iter().map(|table| [Some(*table), Some(*table)]).collect();
        };
        let found = matched::matched(side, self.stem().as_deref(), tables).named(side, named);
        if !found.unsure.is_empty() {
            let mut names: Vec<String> = found.unsure.iter().map(|table| table.name.clone()).collect();
            names.sort();
            notes.push(format!(
                "not compared, since the other side has a table of that name that is, or may be, another one's: {}; --table ONE,OTHER compares two",
                names.join(", ")
            ));
        }
        found.pairs
    }
}

/// The tables of both sides that can be compared.
fn pairs<'a>(
    session: &'a Session,
    sides: &Sides,
    tables: Vec<Both<'a>>,
    condition: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<Vec<Pair<'a>>> {
    let mut pairs = Vec::new();
    let (mut timeless, mut loaded, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for both in tables {
        let Some(table) = both[1].or(both[0]) else { continue };
        let cut = match sides {
            Sides::Sources(_) => Cut::of_sources(spans(session, both)?),
            Sides::Windows(windows) => {
                if table.roles.time.is_none() {
                    timeless.push(table.name.clone());
                    continue;
                }
                if session.is_load_stamp(table)? {
                    loaded.push(table.name.clone());
                    continue;
                }
                let ends = session.ends(&[table])?.map(|(first, last)| Span { from: first, to: last + 1 });
                let is_in = |span: Span| span.shared(windows.baseline) + span.shared(windows.incident) > 0;
                if !ends.is_some_and(is_in) {
                    elsewhere.push(table.name.clone());
                    continue;
                }
                Cut::of_windows(windows)
            }
        };
        pairs.push(Pair {
            name: table.name.clone(),
            tables: both,
            cut,
            columns: sides::columns(both),
            relation: String::new(),
            holds: sides::holds(sides, table, condition),
        });
    }
    // The same answer whatever the order in which sources are named.
    pairs.sort_by(|a, b| a.name.cmp(&b.name));
    for (names, why) in [
        (timeless, "without a time"),
        (loaded, "whose time tells when rows were loaded"),
        (elsewhere, "without a row in either window"),
    ] {
        if !names.is_empty() {
            notes.push(format!("left out, {why}: {}", name::listed(&names)));
        }
    }
    if pairs.is_empty() {
        return Err(Error::question("no table has rows to be compared"));
    }
    Ok(pairs)
}

/// The time that each side's table tells of, if both do.
fn spans(session: &Session, tables: [Option<&Table>; 2]) -> Result<Option<[Span; 2]>> {
    let mut spans = Vec::new();
    for table in tables.into_iter().flatten() {
        spans.extend(session.ends(&[table])?.map(|(first, last)| Span { from: first, to: last + 1 }));
    }
    Ok(<[Span; 2]>::try_from(spans).ok())
}

fn mine(session: &Session, sides: &Sides, pairs: &[Pair], condition: Option<&str>) -> Result<Templates> {
    let texts = |pair: &Pair, message: &str| {
        let of = |side: usize| {
            let table = pair.tables[side].or(pair.tables[0]).map(Table::sql).unwrap_or_default();
            let within = condition.map_or_else(|| "true".into(), |said| format!("({said})"));
            let within = if pair.holds[side].is_empty() { within } else { pair.holds[side].clone() };
            format!("SELECT {}::VARCHAR AS text FROM {table} WHERE {within}", quote::name(message))
        };
        match sides {
            Sides::Windows(_) => {
                let (before, now) = (&pair.holds[0], &pair.holds[1]);
                let table = pair.table().map(Table::sql).unwrap_or_default();
                format!("SELECT {}::VARCHAR AS text FROM {table} WHERE ({before}) OR ({now})", quote::name(message))
            }
            Sides::Sources(_) => format!("{} UNION ALL {}", of(0), of(1)),
        }
    };
    Templates::mine(session, pairs, texts)
}

/// What the relation of a table has besides its columns: the template of its message, and which of the codes that changed
/// a row has.
fn more(pair: &Pair, place: usize, codes: &Changes, templates: &Templates) -> Vec<(String, String)> {
    let message = pair.table().and_then(|table| table.roles.message.as_ref()).filter(|_| templates.has(place));
    let template = message.map(|message| {
        let text = format!("{}::VARCHAR", quote::name(message));
        (format!("CASE WHEN {text} IS NOT NULL THEN nullif(rca_template_of({text}), -1) END"), "t".to_string())
    });
    let of_codes = codes.codes.iter().enumerate().filter_map(|(at, code)| {
        let (_, holds) = code.places.iter().find(|(table, _)| *table == pair.name)?;
        Some((holds.clone(), format!("k{at}")))
    });
    template.into_iter().chain(of_codes).collect()
}

struct Comparison<'a> {
    session: &'a Session,
    sides: &'a Sides,
    pairs: &'a [Pair<'a>],
    codes: &'a Changes,
}

impl Comparison<'_> {
    fn answer(&self, mut seen: Vec<Seen>, mut notes: Vec<String>) -> Result<Answer> {
        let tests = adjust(&mut seen);
        let mut of_codes = self.findings_of_codes(&seen)?;
        let mut bursts = Vec::new();
        for (place, one) in seen.iter_mut().enumerate() {
            self.finish(place, one, &mut of_codes)?;
            notes.append(&mut one.notes);
            bursts.append(&mut one.bursts);
        }
        // Of windows each is a change of its rows per time, or a consequence of one.
        if !bursts.is_empty() && matches!(self.sides, Sides::Sources(_)) {
            const LISTED: usize = 8;
            let more = match bursts.len().saturating_sub(LISTED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            bursts.truncate(LISTED);
            notes.push(format!("on one side only, but in bursts that may be chance: {}{more}", bursts.join("; ")));
        }
        let mut found: Vec<Finding> = Vec::new();
        let mut folded = 0;
        for (place, one) in seen.iter().enumerate() {
            for finding in one.findings.iter().filter(|finding| is_sure(finding)) {
                if finding.is_folded {
                    folded += 1;
                    continue;
                }
                let mut finding = finding.clone();
                finding.since = since::tell(self.session, self.sides, &self.pairs[place], one, &finding)?;
                found.push(finding);
            }
        }
        folded += of_codes.iter().filter(|(finding, _)| finding.is_folded).count();
        found.extend(of_codes.into_iter().map(|(finding, _)| finding).filter(|finding| !finding.is_folded));
        found.sort_by(|a, b| {
            let name =
                |one: &Finding| (one.what as usize, one.table_name.clone(), one.column_name.clone(), one.value.clone());
            b.effect.total_cmp(&a.effect).then_with(|| name(a).cmp(&name(b)))
        });
        notes.extend(only::notes(&found));
        self.say(&mut notes, tests, folded);
        let hidden = hidden(&seen);
        notes.extend(hidden.map(|hidden| self.said(hidden)));
        let rows: Vec<Vec<Value>> = found.iter().map(Finding::row).collect();
        let summary = summary(&found, hidden.is_some(), tests + self.codes.tests);
        let sql = self.session.engine.keep("changes_found", &FIELDS, &rows)?;
        Ok(Answer { summary: Some(summary), notes, ..Answer::of(sql) })
    }

    /// The codes that changed, each with the places of the tables that have it.
    fn findings_of_codes(&self, seen: &[Seen]) -> Result<Vec<(Finding, Vec<usize>)>> {
        let mut of: Vec<Vec<usize>> = vec![Vec::new(); self.codes.codes.len()];
        for (place, pair) in self.pairs.iter().enumerate() {
            let here: Vec<usize> = (0..of.len())
                .filter(|at| self.codes.codes[*at].places.iter().any(|(table, _)| *table == pair.name))
                .collect();
            if here.is_empty() {
                continue;
            }
            let counts: Vec<String> = here.iter().map(|at| format!("count(*) FILTER (WHERE k{at})")).collect();
            let row = self.session.engine.counted(&format!("SELECT {} FROM {}", counts.join(", "), pair.relation))?;
            here.iter().zip(&row).filter(|(_, n)| n.int() > 0).for_each(|(at, _)| of[*at].push(place));
        }
        let finding = |(code, of): (&super::errors::CodeChange, Vec<usize>)| {
            let rows = [0, 1].map(|side| of.iter().map(|at| seen[*at].rows.of(side) as f64).sum());
            (codes::finding(code, self.sides, self.pairs, &of, &self.codes.columns, rows), of)
        };
        Ok(self.codes.codes.iter().zip(of).map(finding).collect())
    }

    /// Tells the changes of one table by their figures, and folds those that others explain.
    fn finish(&self, place: usize, seen: &mut Seen, of_codes: &mut [(Finding, Vec<usize>)]) -> Result<()> {
        let pair = &self.pairs[place];
        let sure: Vec<usize> = (0..seen.findings.len()).filter(|at| is_sure(&seen.findings[*at])).collect();
        let numbers: Vec<usize> = sure.iter().copied().filter(|at| seen.differs.contains_key(at)).collect();
        quantiles::tell(self.session, pair, seen, &numbers)?;
        only::tell(self.session, pair, seen, &numbers)?;
        let places = fold::together(seen, &sure);
        let here: Vec<usize> = (0..of_codes.len()).filter(|at| of_codes[*at].1.contains(&place)).collect();
        let codes: Vec<Marked> = here
            .iter()
            .map(|at| Marked {
                sql: format!("k{at}"),
                effect: of_codes[*at].0.effect,
                is_cause: true,
                is_consequence: of_codes[*at].1.len() == 1,
                spread: 1.0,
                rank: 0,
            })
            .collect();
        let changes = fold::Changes { places: &places, codes: &codes, sure: &sure };
        for (other, cause) in fold::fold(self.session, self.sides, pair, seen, &changes)? {
            let said = match places.get(other) {
                Some(at) => seen.findings[*at].shown(),
                None => of_codes[here[other - places.len()]].0.shown(),
            };
            match places.get(cause) {
                Some(at) => seen.findings[*at].also.push(said),
                None => of_codes[here[cause - places.len()]].0.also.push(said),
            }
            match places.get(other) {
                Some(at) => seen.findings[*at].is_folded = true,
                None => of_codes[here[other - places.len()]].0.is_folded = true,
            }
        }
        Ok(())
    }

    /// A difference that is no change, since it may be variation.
    fn said(&self, hidden: &Hidden) -> String {
        let Hidden { text, within, .. } = hidden;
        let narrower = match self.sides {
            Sides::Windows(_) if *within == "incident" => "; a narrower window may tell it",
            _ => "",
        };
        format!("not told: {text} varies as much within the {within} itself{narrower}")
    }

    fn say(&self, notes: &mut Vec<String>, tests: usize, folded: usize) {
        notes.push(format!(
            "{} at a false-discovery rate of {FALSE_DISCOVERY_RATE}{}",
            plural(tests as u64, "test"),
            match self.codes.tests {
                0 => String::new(),
                codes => format!(
                    ", and of {} codes and errors without one among themselves, as errors --baseline has it",
                    grouped(codes as u64)
                ),
            }
        ));
        if folded > 0 {
            let are = if folded == 1 {
                "1 change is a consequence".to_string()
            } else {
                format!("{folded} changes are consequences")
            };
            notes.push(format!("{are} of others and named in their field `also`"));
        }
        if self.codes.rare > 0 {
            notes.push(format!(
                "{} codes are new and too rare to be told from chance: errors --baseline lists them",
                self.codes.rare
            ));
        }
    }
}

/// Adjusts the p-values of all tests of all tables together. Returns how many there were.
fn adjust(seen: &mut [Seen]) -> usize {
    let mut p_values: Vec<f64> = Vec::new();
    for one in seen.iter() {
        p_values.extend(one.findings.iter().filter_map(|found| found.p));
        p_values.extend(&one.others);
    }
    let adjusted = statistics::adjusted(&p_values);
    let mut next = 0;
    for one in seen {
        for found in one.findings.iter_mut().filter(|found| found.p.is_some()) {
            found.p_adjusted = Some(adjusted[next]);
            next += 1;
        }
        next += one.others.len();
    }
    p_values.len()
}

/// Whether a change is to be told: what was tested beyond chance, and what needs no test.
fn is_sure(found: &Finding) -> bool {
    found.p.is_none() || found.p_adjusted.is_some_and(|p| p <= FALSE_DISCOVERY_RATE)
}

/// The largest of the differences that are no change, since they may be variation.
fn hidden<'a>(seen: &'a [Seen]) -> Option<&'a Hidden> {
    let findings =
        |one: &'a Seen| one.findings.iter().filter(|found| !is_sure(found)).filter_map(|found| found.hidden.as_ref());
    let all = seen.iter().flat_map(|one| one.hidden.iter().chain(findings(one)));
    all.reduce(|most, one| if one.effect > most.effect { one } else { most })
}

fn summary(found: &[Finding], is_hidden: bool, tests: usize) -> String {
    match found {
        [] if is_hidden => {
            format!("Nothing changed beyond how it varies within the windows ({} tests).", grouped(tests as u64))
        }
        [] => format!("Nothing changed beyond chance ({} tests).", grouped(tests as u64)),
        [worst, ..] => {
            let things = if found.len() == 1 { "1 thing".to_string() } else { format!("{} things", found.len()) };
            let table = if worst.what == What::Table { "" } else { " in " };
            let place = if table.is_empty() { String::new() } else { format!("{table}{}", worst.table_name) };
            let only = worst.only.as_ref().map_or_else(String::new, |only| format!(", of {only} alone"));
            format!("{things} changed, most of all {}{place}{only}.", worst.shown())
        }
    }
}
