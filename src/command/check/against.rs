//! `--against`: what an earlier answer found, and whether today's evidence still has it.

use std::collections::{HashMap, HashSet};

use clap::ValueEnum;

use super::asking::{Asking, nothing};
use super::earlier::{Earlier, Item, Of};
use super::rerun::{self, Rerun};
use super::said::{Check, Said};
use super::{Row, asked, audit, gaps};
use crate::command::missing::{Finding, Searched};
use crate::error::{Error, Kind, Result};
use crate::model::time;
use crate::session::{Table, Window};

/// Of checks: those that say that something is wrong.
const WRONG: [&str; 5] = ["fail", "warn", "error", "still", "new"];

/// # Errors
/// If today's question cannot be asked.
pub fn compared(asking: &Asking, earlier: &Earlier, checks: impl FnOnce() -> Result<Vec<Said>>) -> Result<Vec<Row>> {
    let today = match earlier.of {
        Of::Check => return Ok(of_checks(asking, &earlier.items, asked(asking, &checks()?)?)),
        Of::Missing | Of::Audit => Today::of(asking, earlier.of)?,
    };
    let items: Vec<Item> = earlier.items.iter().map(|item| today.series.divided(item.clone())).collect();
    let given = today.given(&items);
    let mut rows: Vec<Option<Row>> = Vec::new();
    // Whether what is not found could have been, which the analyses know.
    let mut looked_for = Vec::new();
    for (at, item) in items.iter().enumerate() {
        rows.push(today.still(item, at, &given, &items));
        looked_for.push(if rows[at].is_some() { Ok(()) } else { is_looked_for(asking, earlier.of, item) });
    }
    let counts_otherwise = |at: usize, item: &Item| {
        let mut own = (0..given.len()).filter(|place| given[*place] == Some(at)).map(|place| &today.single[place]);
        own.any(|single| !single.counts_like(item))
    };
    let otherwise: Vec<bool> = items.iter().enumerate().map(|(at, item)| counts_otherwise(at, item)).collect();
    if rows.iter().any(Option::is_none) || otherwise.contains(&true) {
        rerun::prepare(asking)?;
    }
    for (at, ((row, looked_for), item)) in rows.iter_mut().zip(looked_for).zip(&items).enumerate() {
        match row {
            None => *row = Some(not_found(asking, earlier.of, item, looked_for)?),
            Some(row) if otherwise[at] => measured_again(asking, earlier.of, item, row)?,
            Some(_) => {}
        }
    }
    Ok(rows.into_iter().flatten().chain(today.came(&given)).collect())
}

/// What today's analysis found.
struct Today {
    /// As it is shown: what is alike in several series is one.
    told: Vec<Item>,
    /// Each of one series.
    single: Vec<Item>,
    /// The same with pseudonyms, which an earlier answer may have, or be of before there were any.
    shown: Vec<Item>,
    series: Labels,
}

/// The series that there are, by their tables.
#[derive(Default)]
struct Labels {
    /// The columns that tell them apart, or of the table, where it has none that are known to.
    columns: HashMap<String, Vec<String>>,
    /// Also as they are shown.
    all: HashSet<(String, String)>,
}

impl Labels {
    fn of(asking: &Asking, searched: &Searched) -> Labels {
        let mut labels = Labels::default();
        for table in &asking.session.tables {
            let regular = searched.regular.iter().find(|regular| regular.table.name == table.name);
            let own = || table.columns.iter().map(|column| column.name.clone()).collect();
            labels.columns.insert(table.name.clone(), regular.map_or_else(own, |regular| regular.columns.clone()));
        }
        for walked in &searched.walked {
            for label in &walked.labels {
                labels.all.insert((walked.table.clone(), asking.session.shown(label)));
                labels.all.insert((walked.table.clone(), label.clone()));
            }
        }
        labels
    }

    fn divided(&self, item: Item) -> Item {
        let table = item.table.clone();
        let columns = self.columns.get(&table).map_or(&[][..], Vec::as_slice);
        item.divided(columns, |label| self.all.contains(&(table.clone(), label.to_string())))
    }
}

impl Today {
    fn of(asking: &Asking, of: Of) -> Result<Today> {
        let everything = Check::default();
        let mut series = Labels::default();
        let (told, single): (Vec<Item>, Vec<Item>) = match of {
            Of::Audit => {
                let faults: Vec<Item> = asking.audited(&everything)?.faults.iter().map(Item::of_fault).collect();
                (faults.clone(), faults)
            }
            Of::Missing | Of::Check => {
                let searched = asking.searched(&everything)?;
                series = Labels::of(asking, &searched);
                let item = |finding: &Finding| series.divided(Item::of_finding(finding));
                (searched.findings.iter().map(item).collect(), searched.single.iter().map(item).collect())
            }
        };
        let shown = single.iter().map(|item| series.divided(item.shown(asking.session))).collect();
        Ok(Today { told, single, shown, series })
    }

    fn is(&self, at: usize, item: &Item) -> bool {
        self.single[at].is(item) || self.shown[at].is(item)
    }

    /// Which earlier finding each of today's is. One that could be several is the nearest, so that none counts twice.
    fn given(&self, earlier: &[Item]) -> Vec<Option<usize>> {
        let nearest = |at: usize| {
            let nearness = |place: &usize| {
                let near = self.single[at].nearness(&earlier[*place]).max(self.shown[at].nearness(&earlier[*place]));
                (near, std::cmp::Reverse(*place))
            };
            (0..earlier.len()).filter(|place| self.is(at, &earlier[*place])).max_by_key(nearness)
        };
        (0..self.single.len()).map(nearest).collect()
    }

    /// What is still there of the earlier finding at this place.
    fn still(&self, item: &Item, place: usize, given: &[Option<usize>], earlier: &[Item]) -> Option<Row> {
        let own: Vec<&Item> =
            (0..given.len()).filter(|at| given[*at] == Some(place)).map(|at| &self.single[at]).collect();
        if let Some(first) = own.first() {
            let figure: i64 = own.iter().filter_map(|one| one.figure.parse::<i64>().ok()).sum();
            return Some(row(item, "still", figure.to_string(), first.detail.clone(), &first.sql));
        }
        let at = (0..given.len()).find(|at| self.is(*at, item))?;
        let with = given[at].map(|other| earlier[other].name()).unwrap_or_default();
        let detail = format!("it is one with what `{with}` is today, and counted there; earlier: {}", item.detail);
        Some(row(item, "still", String::new(), detail, &self.single[at].sql))
    }

    /// What no earlier finding is.
    fn came(&self, given: &[Option<usize>]) -> Vec<Row> {
        let told: HashSet<&str> = self.told.iter().map(|told| told.sql.as_str()).collect();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (at, single) in self.single.iter().enumerate() {
            places.entry(&single.sql).or_insert(at);
        }
        let untold: Vec<usize> =
            (0..self.single.len()).filter(|at| !told.contains(self.single[*at].sql.as_str())).collect();
        let mut rows = Vec::new();
        for told in &self.told {
            let of: Vec<usize> = match places.get(told.sql.as_str()) {
                Some(at) => vec![*at],
                None => untold.iter().copied().filter(|at| told.is(&self.single[*at])).collect(),
            };
            let new = |item: &Item| {
                let mut zero = item.clone();
                zero.figure = "0".into();
                row(&zero, "new", item.figure.clone(), item.detail.clone(), &item.sql)
            };
            match of.iter().any(|at| given[*at].is_some()) {
                false => rows.push(new(told)),
                // Of several series some were found before.
                true => rows.extend(of.iter().filter(|at| given[**at].is_none()).map(|at| new(&self.single[*at]))),
            }
        }
        rows
    }
}

fn row(item: &Item, status: &'static str, observed: String, detail: String, sql: &str) -> Row {
    Row { name: item.name(), status, expected: item.figure.clone(), observed, detail, sql: sql.to_string() }
}

/// That today's analysis could have found an earlier finding.
fn is_looked_for(asking: &Asking, of: Of, item: &Item) -> Result<()> {
    let everything = Check::default();
    if of == Of::Audit {
        return audit::is_looked_for(&item.kind, &*asking.audited(&everything)?);
    }
    let table = table_of(asking, item)?;
    let kinds: Vec<_> =
        gaps::Missing::value_variants().iter().copied().filter(|kind| kind.name() == item.kind).collect();
    let searched = asking.searched(&everything)?;
    // Of several series together none is named alone.
    let is_one = |label: &str| {
        let is_own = |own: &String| asking.session.is_said(own, label);
        !label.contains(',') || searched.walked.iter().any(|walked| walked.labels.iter().any(is_own))
    };
    let series = item.series.as_deref().filter(|series| is_one(series));
    gaps::is_looked_for(asking, table, &kinds, false, series, &searched)
}

fn table_of<'a>(asking: &Asking<'a>, item: &Item) -> Result<&'a Table> {
    let table = asking.session.tables.iter().find(|table| table.name == item.table);
    table.ok_or_else(|| Error::question(format!("there is no table `{}` today", item.table)))
}

/// What today's analysis does not find may be there all the same, where the earlier answer was asked for by flags that
/// today's is not: its own SQL tells. It is gone only where there was something to look at.
fn not_found(asking: &Asking, of: Of, item: &Item, looked_for: Result<()>) -> Result<Row> {
    let rerun = rerun::asked(asking, of, item)?;
    if let Rerun::There(figure) = rerun {
        let detail = format!("its own SQL, asked again, has it; today's search does not; earlier: {}", item.detail);
        return Ok(row(item, "still", figure.to_string(), detail, &item.sql));
    }
    let told = rerun.told().and_then(|()| has_something(asking, of, item)).and_then(|reach| looked_for.map(|()| reach));
    match told {
        Ok(reach) => Ok(row(item, "gone", "0".into(), format!("{reach}earlier: {}", item.detail), &item.sql)),
        Err(error) if error.kind == Kind::Question => {
            let parts = [Some(error.message), error.detail].into_iter().flatten().collect::<Vec<_>>();
            let detail = format!("today's evidence cannot tell: {}; earlier: {}", parts.join("; "), item.detail);
            Ok(row(item, "error", String::new(), detail.replace('\n', " "), &item.sql))
        }
        Err(error) => Err(error),
    }
}

/// Of a finding that today's search counts by another cadence: its figure by its own.
fn measured_again(asking: &Asking, of: Of, item: &Item, row: &mut Row) -> Result<()> {
    if let Rerun::There(figure) = rerun::asked(asking, of, item)? {
        row.detail = format!("by the earlier cadence; by today's {}: {}", row.observed, row.detail);
        (row.observed, row.sql) = (figure.to_string(), item.sql.clone());
    }
    Ok(())
}

/// That there is something to look at where the finding was: rows of its tables, and its time. What is to be said where it
/// is gone for the reason that its time is not in the evidence any more.
fn has_something(asking: &Asking, of: Of, item: &Item) -> Result<String> {
    if of == Of::Missing {
        table_of(asking, item)?;
    }
    for table in asking.session.tables.iter().filter(|table| item.asks().any(|name| name == table.name)) {
        let rows = asking.session.one_row(&format!("SELECT count(*) FROM {}", table.sql()))?;
        if rows[0].int() == 0 {
            return Err(nothing(&format!("`{}` has no row", table.name)));
        }
    }
    let Some((since, until)) = item.time else { return Ok(String::new()) };
    let Window { from, to } = asking.window(&Check::default())?;
    if from.is_some_and(|from| until < from) || to.is_some_and(|to| since >= to) {
        let (since, until) = (time::rfc3339(since), time::rfc3339(until));
        return Err(Error::question(format!("--from and --to leave out its time, {since} to {until}")));
    }
    let Some(table) = asking.session.tables.iter().find(|table| table.name == item.table) else {
        return Ok(String::new());
    };
    Ok(match asking.session.ends(&[table])? {
        Some((first, _)) if until < first => {
            format!("today's evidence begins after it, at {}; ", time::rfc3339(first))
        }
        Some((_, last)) if since > last => {
            format!("today's evidence ends before it, at {}; ", time::rfc3339(last))
        }
        _ => String::new(),
    })
}

/// Checks that failed, by their names.
fn of_checks(asking: &Asking, earlier: &[Item], today: Vec<Row>) -> Vec<Row> {
    let is_said = |name: &str, said: &str| asking.session.is_said(name, said);
    let was_wrong =
        |name: &str| earlier.iter().any(|item| is_said(name, &item.table) && WRONG.contains(&item.kind.as_str()));
    let mut rows = Vec::new();
    for item in earlier.iter().filter(|item| WRONG.contains(&item.kind.as_str())) {
        let now = today.iter().find(|row| is_said(&row.name, &item.table));
        let status = match now {
            // What could be asked before and cannot today is neither still so nor mended.
            Some(row) if row.status == "error" && item.kind != "error" => "error",
            Some(row) if WRONG.contains(&row.status) => "still",
            Some(_) => "gone",
            None => "error",
        };
        let no_check = || format!("there is no check `{}` today; earlier: {}", item.table, item.detail);
        rows.push(Row {
            name: item.table.clone(),
            status,
            expected: item.figure.clone(),
            observed: now.map(|row| row.observed.clone()).unwrap_or_default(),
            detail: now.map_or_else(no_check, |row| row.detail.clone()),
            sql: now.map_or_else(|| item.sql.clone(), |row| row.sql.clone()),
        });
    }
    let is_new = |row: &Row| WRONG.contains(&row.status) && !was_wrong(&row.name);
    rows.extend(today.into_iter().filter(is_new).map(|row| Row { status: "new", ..row }));
    rows
}
