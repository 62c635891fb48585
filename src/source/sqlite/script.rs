//! Texts that `.dump` of SQLite's shell, `.recover`, `.mode insert` or Python's `iterdump` write: tables with their
//! declared types, rows in INSERT statements. Nothing is run: values are read, and get the class that SQLite would
//! store them as.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::types::ValueRef;

use super::affinity::{Affinity, Value};
use super::not_data;
use super::stored::{self, Declared, Misfit, Seen, Shape};
use crate::error::{Error, Result};
use crate::model::column::{Buffer, Column};
use crate::model::coverage::{Coverage, Fault, Report};
use crate::model::name;
use crate::model::zone::Clock;
use crate::source::blocks::Framing;
use crate::source::file::{self, File, Handle};
use crate::source::sql::ddl::{self, ColumnDef, Declaration, declaration};
use crate::source::sql::insert::{self, Inserts, Rows, Run, Runs};
use crate::source::sql::literal::Literal;
use crate::source::sql::script::Script;
use crate::source::sql::token::tokens;
use crate::source::sql::wanted::Wanted;
use crate::source::sql::{self, Dialect, Spelling, not_applied};
use crate::source::text::{Format, Slot, TextTable};
use crate::source::transcode::Encoding;
use crate::source::{Content, Offer, Reader, Source, Spec, sample, scratch};

pub const READER: Reader = Reader { kind: "sqlite", claims, open };

const SPELLING: Spelling = Spelling::of(Dialect::Sqlite);

fn claims(file: &File) -> bool {
    sql::dialect_of(&file.head()) == Some(Dialect::Sqlite) || file.head().starts_with(b"PRAGMA foreign_keys=OFF;")
}

/// What a script holds.
#[derive(Debug, Default)]
struct Dump {
    /// In the order of the script: names and columns.
    tables: Vec<(String, Vec<ColumnDef>)>,
    runs: Vec<Run>,
    views: Vec<String>,
    virtual_tables: Vec<String>,
    lost: Vec<String>,
    /// Some INSERTs replace rows or leave them out.
    is_conditional: bool,
    /// Of a table that is cut off, where.
    cut: HashMap<String, String>,
    /// How many rows `sqlite_stat1` says a table had.
    expected: HashMap<String, u64>,
}

fn open(spec: &Spec, coverage: &Arc<Coverage>) -> Result<Source> {
    let [file] = spec.files.as_slice() else {
        return Err(Error::question(format!("source `{}` is more than one SQL script", spec.name))
            .hint("name each one: a=first.sql b=second.sql"));
    };
    // Such a script is UTF-8 whatever its broken bytes make it look like.
    let file = if file.encoding == Encoding::Latin1 { &Arc::new(file.undecoded()) } else { file };
    let (plain, damage) = scratch::seekable(file, &spec.scratch)?;
    let plain = Arc::new(plain.undecoded());
    let dump = read(&plain, coverage)?;
    let mut source = Source {
        name: spec.name.clone(),
        kind: "sqlite",
        is_database: true,
        tables: Vec::new(),
        notes: Vec::new(),
        lost: damage.into_iter().chain(dump.lost.iter().cloned()).collect(),
    };
    source.notes.extend(file.encoding.assumption().map(str::to_string));
    source.notes.extend(not_data(dump.views.clone(), dump.virtual_tables.clone()));
    if dump.is_conditional {
        source.notes.push("rows that INSERT OR REPLACE or OR IGNORE would replace or leave out are all here".into());
    }
    let mut names: Vec<String> = dump.tables.iter().map(|(name, _)| name.clone()).collect();
    for run in &dump.runs {
        if !names.iter().any(|name| is_same(name, &run.header.table.1)) {
            names.push(run.header.table.1.clone());
        }
    }
    // What the database keeps about itself, and rows that would make tables of others.
    names.retain(|name| !name.to_ascii_lowercase().starts_with("sqlite_"));
    names.retain(|name| !dump.virtual_tables.iter().any(|other| is_same(name, other)) || dump.has_rows(name));
    let share = sample::share(names.len());
    for name in names {
        source.tables.push(offer(spec, &plain, &dump, name, share)?);
    }
    if source.tables.is_empty() && source.lost.is_empty() {
        return Err(Error::evidence(format!("`{}` declares no table", file.shown)));
    }
    Ok(source)
}

fn is_same(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

impl Dump {
    fn has_rows(&self, table: &str) -> bool {
        self.runs.iter().any(|run| is_same(&run.header.table.1, table))
    }

    /// Whether a statement drops a table that the script has made before.
    fn dropped(&self, statement: &str) -> Option<&'static str> {
        let tokens = tokens(statement, Dialect::Sqlite);
        let mut rest = ddl::Cursor { tokens: &tokens, at: 0 };
        if !rest.eat(&["drop", "table"]) {
            return None;
        }
        rest.eat(&["if", "exists"]);
        let (_, name) = rest.name()?;
        self.tables.iter().any(|(table, _)| is_same(table, &name)).then_some("DROP TABLE")
    }

    fn keep(&mut self, run: Option<Run>) {
        self.runs.extend(run);
    }

    fn declare(&mut self, statement: &str) {
        match declaration(statement, Dialect::Sqlite) {
            Some(Declaration::Table(table)) if !self.tables.iter().any(|(name, _)| is_same(name, &table.name.1)) => {
                self.tables.push((table.name.1, table.columns));
            }
            Some(Declaration::Column(table, column)) => {
                let known = self.tables.iter_mut().find(|(name, _)| is_same(name, &table.1));
                known.into_iter().for_each(|(_, columns)| columns.push(column.clone()));
            }
            Some(Declaration::NotData { what: "virtual table", name }) => self.virtual_tables.push(name.1),
            Some(Declaration::NotData { name, .. }) => self.views.push(name.1),
            _ => {}
        }
    }
}

fn read(file: &Arc<File>, coverage: &Arc<Coverage>) -> Result<Dump> {
    let handle = file.positioned()?;
    let mut script = Script::new(&handle, SPELLING);
    let mut dump = Dump::default();
    let mut runs = Runs::default();
    let (mut changes, mut strange) = (Vec::new(), Vec::new());
    let (mut is_open, mut number, mut end) = (false, 0_u64, 0);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    while script.next().map_err(|e| Error::file(&file.shown, &e))? {
        let statement = &script.statement;
        number += 1;
        if number.is_multiple_of(1024) && coverage.is_interrupted() {
            return Err(Error::interrupted());
        }
        dump.lost.extend(errors_between(&handle, end, statement.bytes.start));
        end = statement.bytes.end;
        let is_insert = statement.begins("insert") || statement.begins("replace");
        if is_insert {
            dump.keep(runs.add(statement, SPELLING, text));
            note(&mut dump, &text(&statement.text[..statement.text.len().min(4096)]));
        } else {
            dump.keep(runs.close());
        }
        changes.extend(ddl::changes_rows(&statement.text));
        if !sql::is_known(&statement.text) && !statement.is_command && statement.is_whole {
            strange.push(statement.bytes.start);
        }
        if statement.begins("drop") {
            changes.extend(dump.dropped(&text(&statement.text)));
        }
        let is_conditional =
            statement.begins("insert") && statement.text.get(6..10).is_some_and(|or| or.eq_ignore_ascii_case(b" or "));
        dump.is_conditional |= is_conditional || statement.begins("replace");
        if statement.begins("create") || statement.begins("alter") {
            dump.declare(&text(&statement.text));
        }
        is_open |= statement.begins("begin");
        if statement.begins("commit") || statement.begins("end") {
            is_open = false;
        }
        if statement.begins("rollback") {
            is_open = false;
            dump.lost.push(format!(
                "damaged at byte {}: the script ends in ROLLBACK: SQLite met errors, and rows may be missing",
                statement.bytes.start
            ));
        }
        if !statement.is_whole {
            let why = format!("damaged at byte {}: the script ends within a statement", statement.bytes.end);
            dump.keep(runs.close());
            match dump.runs.last() {
                Some(run) if is_insert => {
                    dump.cut.insert(run.header.table.1.to_lowercase(), format!("{why}; what follows is lost"));
                }
                _ => dump.lost.push(format!("{why}; what follows is lost")),
            }
            is_open = false;
        }
    }
    dump.keep(runs.close());
    if is_open {
        let end = file.bytes;
        dump.lost.push(format!("damaged at byte {end}: the script ends without COMMIT; what follows is lost"));
    }
    dump.lost.extend(runs.computed());
    dump.lost.extend(not_applied(&changes));
    dump.lost.extend(sql::not_understood(&strange));
    Ok(dump)
}

/// What sqlite3 writes into a comment where it could not read on.
fn errors_between(handle: &Handle, from: u64, to: u64) -> Option<String> {
    const SAID: &[u8] = b"/****** CORRUPTION ERROR";
    const BYTES_MAX: u64 = 64 << 10;
    let mut between = vec![0; to.saturating_sub(from).min(BYTES_MAX) as usize];
    if between.len() < SAID.len() {
        return None;
    }
    let got = file::read_full_at(handle, &mut between, from).unwrap_or(0);
    let at = memchr::memmem::find(&between[..got], SAID)?;
    let place = from + at as u64;
    Some(format!("damaged at byte {place}: sqlite3 found the database corrupt here; rows or tables may be missing"))
}

/// What a row of a table of the database's own tells: a virtual table, or how many rows a table had.
fn note(dump: &mut Dump, statement: &str) {
    let lower = statement.to_ascii_lowercase();
    if lower.starts_with("insert into sqlite_stat1") {
        let mut parts = statement.split('\'').skip(1).step_by(2);
        if let (Some(table), Some(statistics)) = (parts.next(), parts.last())
            && let Some(rows) = statistics.split(' ').next().and_then(|rows| rows.parse().ok())
        {
            dump.expected.insert(table.to_lowercase(), rows);
        }
    } else if (lower.starts_with("insert into sqlite_schema") || lower.starts_with("insert into sqlite_master"))
        && let Some(at) = lower.find("'create ")
    {
        let inner = statement[at + 1..].trim_end().trim_end_matches(')').trim_end_matches('\'').replace("''", "'");
        dump.declare(&inner);
    }
}

fn offer(spec: &Spec, file: &Arc<File>, dump: &Dump, name: String, share: u64) -> Result<Offer> {
    let runs: Vec<Run> = dump.runs.iter().filter(|run| is_same(&run.header.table.1, &name)).cloned().collect();
    let declared = dump.tables.iter().find(|(table, _)| is_same(table, &name)).map(|(_, columns)| columns.as_slice());
    let layout = Layout::of(declared, &runs, file)?;
    let wanted: Vec<usize> = (0..layout.columns.len()).collect();
    let tagged = layout.rows(file, runs.clone(), vec![Shape::Tagged; wanted.len()], Clock::UTC);
    let mut seen: Vec<Seen> = layout.columns.iter().map(Seen::of).collect();
    let bytes = runs.iter().flat_map(|run| &run.bodies).map(|body| body.end - body.start).sum();
    for batch in sample::rows(tagged, &wanted, bytes, share)?.batches {
        for (column, seen) in batch.columns.iter().zip(&mut seen) {
            (0..batch.rows).filter(|row| column.valid[*row]).for_each(|row| seen.see_tagged(column.text(row)));
        }
    }
    let (shapes, mut notes) = stored::shapes(&layout.columns, &seen, spec);
    notes.extend(name::renamed(layout.columns.iter().map(|column| column.name.as_str())));
    let leaves_out = |run: &Run| {
        let named = &run.header.columns;
        !named.is_empty() && layout.columns.iter().any(|column| !named.iter().any(|name| is_same(name, &column.name)))
    };
    if runs.iter().any(leaves_out) {
        notes.push(insert::LEFT_OUT.to_string());
    }
    if !layout.generated.is_empty() {
        notes.push(format!("`{}` is generated, and its values are not in a dump", layout.generated.join("`, `")));
    }
    let rows: u64 = runs.iter().map(|run| run.statements).sum();
    if let Some(expected) = dump.expected.get(&name.to_lowercase()).filter(|expected| rows < **expected) {
        notes.push(format!("sqlite_stat1 says that it had {expected} rows, here are {rows}: rows may be missing"));
    }
    let mut report = Report::default();
    if let Some(why) = dump.cut.get(&name.to_lowercase()) {
        report.fault(Fault::Damaged(why.clone()), || (file.shown.clone(), 0));
    }
    let content = Content::Scanned(layout.rows(file, runs, shapes, spec.clock()));
    Ok(Offer { notes, report, ..Offer::new(name, bytes, "SQL script".into(), content) })
}

/// The columns of a table, and which of them each run's fields are.
struct Layout {
    columns: Vec<Declared>,
    affinities: Vec<Affinity>,
    fields: Vec<Vec<Option<usize>>>,
    generated: Vec<String>,
}

impl Layout {
    fn of(declared: Option<&[ColumnDef]>, runs: &[Run], file: &File) -> Result<Layout> {
        let mut layout =
            Layout { columns: Vec::new(), affinities: Vec::new(), fields: Vec::new(), generated: Vec::new() };
        for column in declared.unwrap_or_default() {
            if column.is_generated {
                layout.generated.push(column.name.clone());
            } else {
                layout.add(&column.name, &column.kind.name);
            }
        }
        for run in runs {
            let mut fields: Vec<String> = run.header.columns.clone();
            if fields.is_empty() && declared.is_some() {
                fields = layout.columns.iter().map(|column| column.name.clone()).collect();
            } else if fields.is_empty() {
                // Neither the table nor the statement names columns.
                fields = (1..=width(run, file)?).map(|number| format!("column{number}")).collect();
            }
            for name in &fields {
                let is_known = layout.columns.iter().any(|column| is_same(&column.name, name));
                let is_rowid =
                    declared.is_some() && ["rowid", "_rowid_", "oid"].iter().any(|other| is_same(other, name));
                if !is_known && !is_rowid && !layout.generated.iter().any(|other| is_same(other, name)) {
                    layout.add(name, "");
                }
            }
            let place = |name: &String| layout.columns.iter().position(|column| is_same(&column.name, name));
            layout.fields.push(fields.iter().map(place).collect());
        }
        Ok(layout)
    }

    fn add(&mut self, name: &str, kind: &str) {
        self.columns.push(Declared { name: name.to_string(), kind: kind.to_string() });
        self.affinities.push(Affinity::of(kind));
    }

    fn rows(&self, file: &Arc<File>, runs: Vec<Run>, shapes: Vec<Shape>, clock: Clock) -> Arc<TextTable<ScriptRows>> {
        let mut seen = name::taken_by_places();
        let named = self.columns.iter().zip(&shapes);
        let columns =
            named.map(|(column, shape)| Column::new(name::once(&column.name, &mut seen), shape.kind())).collect();
        let files = runs.iter().map(|_| file.clone()).collect();
        let names = self.columns.iter().map(|column| column.name.clone()).collect();
        let about = About { names, affinities: self.affinities.clone(), shapes, clock };
        let format = ScriptRows { runs, fields: self.fields.clone(), about: Arc::new(about) };
        Arc::new(TextTable::new(files, format, columns))
    }
}

/// How many values the first row of a run has.
fn width(run: &Run, file: &File) -> Result<usize> {
    let Some(body) = run.bodies.first() else { return Ok(0) };
    let mut text = vec![0; (body.end - body.start) as usize];
    let read = file::read_full_at(&file.positioned()?, &mut text, body.start);
    let got = read.map_err(|e| Error::file(&file.shown, &e))?;
    text.truncate(got);
    Ok(insert::width(&text, SPELLING))
}

/// What all rows of a table share.
struct About {
    names: Vec<String>,
    affinities: Vec<Affinity>,
    shapes: Vec<Shape>,
    clock: Clock,
}

struct ScriptRows {
    runs: Vec<Run>,
    fields: Vec<Vec<Option<usize>>>,
    about: Arc<About>,
}

impl Format for ScriptRows {
    type Parser = Rows<Cells>;

    fn framing(&self, _: usize) -> Arc<dyn Framing> {
        Arc::new(Inserts(SPELLING))
    }

    fn bodies(&self, run: usize, _: u64) -> Vec<std::ops::Range<u64>> {
        self.runs[run].bodies.clone()
    }

    fn parser(&self, run: usize, slots: &[Slot]) -> Rows<Cells> {
        let fields = &self.fields[run];
        let cells = Cells { wanted: Wanted::new(fields, slots), width: fields.len(), about: self.about.clone() };
        Rows::new(cells, SPELLING)
    }
}

struct Cells {
    wanted: Wanted,
    width: usize,
    about: Arc<About>,
}

impl insert::Cells for Cells {
    fn width(&self) -> usize {
        self.width
    }

    fn wants(&self, field: usize) -> bool {
        self.wanted.of(field).is_some()
    }

    fn push(&mut self, field: usize, literal: Literal<'_>, out: &mut [Buffer], faults: &mut Vec<Fault>) {
        let Some((slot, column)) = self.wanted.of(field) else { return };
        let (shape, out) = (self.about.shapes[column], &mut out[slot]);
        let misfit = match Value::of(literal).map(|value| value.stored_as(self.about.affinities[column])) {
            Some(value) => {
                let value = match &value {
                    Value::Null => ValueRef::Null,
                    Value::Int(value) => ValueRef::Integer(*value),
                    Value::Real(value) => ValueRef::Real(*value),
                    Value::Text(text) => ValueRef::Text(text),
                    Value::Blob(bytes) => ValueRef::Blob(bytes),
                };
                stored::push(value, shape, self.about.clock, out)
            }
            None => {
                out.push_null();
                Some(Misfit::Kind)
            }
        };
        faults.extend(misfit.map(|misfit| misfit.fault(&self.about.names[column], shape)));
    }

    fn finish(&mut self, from: usize, out: &mut [Buffer]) {
        self.wanted.fill(from, out);
    }
}
