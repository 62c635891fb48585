//! The only room that knows DuckDB: opening it shut off from the network, handing it our tables, running SQL and
//! bringing rows back. Its faults stay here: a failed fetch is an error and no panic, a reader's own error comes
//! back as it was.

use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use duckdb::arrow::array::StructArray;
use duckdb::{Connection, Statement, params_from_iter};

use crate::error::{Error, Result};
use crate::model::coverage::Coverage;
use crate::model::scan::{Kept, Sink, Table};
use crate::model::value::Value;

mod ahead;
mod columns;
mod convert;
mod function;
#[cfg(fuzzing)]
pub mod fuzzed;
pub mod guard;
mod keep;
mod lineage;
mod meant;
mod memory;
mod order;
pub mod quote;
mod runs;
mod scan;
mod tokens;
mod vector;

pub use columns::Columns;
pub use function::Message;
pub use lineage::words;
use memory::Memory;
use scan::Registry;
pub use scan::{Label, with_needles};

/// How the engine may use the machine.
#[derive(Debug, Clone)]
pub struct Limits {
    pub threads: usize,
    /// Bytes that the whole program may use, about.
    pub memory: Option<u64>,
    /// Where it spills to.
    pub spill: PathBuf,
}

pub struct Engine {
    connection: Connection,
    registry: Registry,
    coverage: Arc<Coverage>,
    spill: PathBuf,
    memory: Memory,
}

/// Stops what the engine does, from another thread.
pub struct Interrupt(Arc<duckdb::InterruptHandle>);

impl Interrupt {
    pub fn now(&self) {
        self.0.interrupt();
    }
}

impl Engine {
    /// # Errors
    /// If a limit is not understood.
    pub fn open(limits: &Limits, coverage: Arc<Coverage>) -> Result<Engine> {
        const STREAMED: u64 = 64_000_000;
        let config = (|| {
            let config = duckdb::Config::default()
                .enable_autoload_extension(false)?
                .with("allow_community_extensions", "false")?
                .with("temp_directory", limits.spill.to_string_lossy())?
                .threads(i64::try_from(limits.threads).unwrap_or(1))?;
            match limits.memory {
                Some(memory) => config.max_memory(&format!("{}B", memory::share(memory, 0))),
                None => Ok(config),
            }
        })();
        let connection = config.and_then(Connection::open_in_memory_with_flags).map_err(|e| {
            Error::question(format!(
                "cannot use {} bytes of memory and {} threads",
                limits.memory.unwrap_or(0),
                limits.threads
            ))
            .detail(e.to_string())
        })?;
        let record_bytes = memory::record_bytes(limits.memory);
        let registry = Registry::new(coverage.clone(), limits.threads, record_bytes);
        let memory = Memory::of(limits.memory);
        let engine = Engine { connection, registry, coverage, spill: limits.spill.clone(), memory };
        engine
            .registry
            .install(&engine.connection)
            .map_err(|e| Error::internal("cannot install the table function").detail(e.to_string()))?;
        // Only a build with ICU has a zone to set; one without is in UTC anyway.
        engine.connection.execute_batch("SET TimeZone = 'UTC'").ok();
        // Of an answer that streams: with the usual one megabyte all threads wait for the one that takes it.
        let buffer = limits.memory.map_or(STREAMED, |memory| (memory / 25).min(STREAMED));
        engine.execute(&format!("SET streaming_buffer_size = '{buffer}B'"))?;
        // What one thread let go of is given back also where it has nothing more to do.
        engine.execute("SET allocator_background_threads = true")?;
        engine.execute(include_str!("macros.sql"))?;
        let now = engine.counted("SELECT epoch_us(now())")?[0].int();
        engine.execute(&quote::fill(include_str!("moment.sql"), &[("now", &now.to_string())]))?;
        Ok(engine)
    }

    pub fn interrupt(&self) -> Interrupt {
        Interrupt(self.connection.interrupt_handle())
    }

    pub fn threads(&self) -> usize {
        self.registry.threads()
    }

    /// Where what does not fit the memory is written. The directory need not be there yet.
    pub fn spill(&self) -> &Path {
        &self.spill
    }

    /// Tells other threads whether somebody asked to stop.
    pub fn stop_asked(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let coverage = self.coverage.clone();
        move || coverage.is_interrupted()
    }

    /// Makes a table known; the text is how SQL reads it.
    pub fn register(&self, table: Arc<dyn Table>, label: Label) -> String {
        self.registry.add(table, label)
    }

    /// From here on SQL can reach no file but these, which cannot be taken back. What the engine spills it still can.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn shut(&self, files: &[PathBuf]) -> Result<()> {
        let list = files.iter().map(|path| quote::text(&absolute(path))).collect::<Vec<_>>().join(", ");
        self.execute(&format!("SET allowed_paths = [{list}]; SET enable_external_access = false;"))
    }

    /// Lets one thread answer where the last digits of this SQL's answer would hang on how many there are.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn settle(&self, sql: &str) -> Result<()> {
        let alone = order::plan(&self.connection, sql, &self.registry.floats()).alone;
        if alone { self.execute("SET threads = 1") } else { Ok(()) }
    }

    /// From here on SQL can change no setting.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn lock(&self) -> Result<()> {
        self.execute("SET lock_configuration = true")
    }

    /// Lets the engine write an answer as a Parquet file.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn write_parquet(&self, sql: &str, path: &Path) -> Result<()> {
        guard::question(sql, false)?;
        let to = quote::text(&path.to_string_lossy());
        self.execute(&format!("COPY ({sql}\n) TO {to} (FORMAT parquet, COMPRESSION zstd)"))
    }

    /// Runs statements that return no rows.
    ///
    /// # Errors
    /// What the engine says of the SQL, or a reader of the evidence.
    pub fn execute(&self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(|e| self.failed(&e))
    }

    /// Whether a query can be asked: its words are SQL, and what it names is there.
    pub fn understands(&self, sql: &str) -> bool {
        self.asks(sql).is_ok()
    }
    /// # Errors
    /// What the engine says of a query that cannot be asked.
    pub fn asks(&self, sql: &str) -> Result<()> {
        self.connection.prepare(sql).map(drop).map_err(|e| self.failed(&e))
    }

    /// Runs a query and hands its rows to `sink` as they come. Rows come in a fixed order: where the SQL does not
    /// say one, the evidence is read by one thread, in its own order.
    ///
    /// # Errors
    /// What the engine says of the SQL, a reader of the evidence, or the sink.
    pub fn query(&self, sql: &str, params: &[(String, String)], sink: &mut dyn Sink) -> Result<()> {
        if guard::statements(sql).len() > 1 {
            return Err(Error::question("the SQL has several statements, and one can be answered")
                .hint("ask them one after the other"));
        }
        let run = order::plan(&self.connection, sql, &self.registry.floats());
        let _order = run.in_order.then(|| self.registry.in_order());
        self.run(&run.sql, params, sink)
    }

    /// Hands the rows of a query to `sink` by columns: sorted as the SQL says, else in the order of the evidence. They
    /// are taken as they come, on a thread of their own, while the engine goes on with the next ones.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn walk(&self, sql: &str, mut sink: impl FnMut(&Columns) -> Result<()> + Send) -> Result<()> {
        const BATCHES_WAITING: usize = 256;
        let _order = self.registry.in_order();
        let mut statement = self.connection.prepare(sql).map_err(|e| self.failed(&e))?;
        drop(statement.stream_arrow([]).map_err(|e| self.failed(&e))?);
        let (give, take) = sync_channel::<StructArray>(BATCHES_WAITING);
        thread::scope(|scope| {
            let taken = scope.spawn(move || take.iter().try_for_each(|batch| sink(&Columns(&batch))));
            let stepped = self.step(&mut statement, &mut |batch| {
                // Nobody takes rows any more once the sink has failed, which says why.
                give.send(batch).map_err(|_| Error::internal("an answer was not taken"))
            });
            drop(give);
            let taken = taken.join().unwrap_or_else(|_| Err(Error::internal("looking at an answer failed")));
            taken.and(stepped)
        })
    }

    /// Hands the rows of a query by columns to as many takers as the engine has threads, in no order, and returns the
    /// takers.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn share_out<T: Send>(
        &self,
        sql: &str,
        taker: impl Fn() -> T,
        take: impl Fn(&mut T, &Columns) -> Result<()> + Sync,
    ) -> Result<Vec<T>> {
        const BATCHES_WAITING: usize = 256;
        let mut takers: Vec<T> = (0..self.threads()).map(|_| taker()).collect();
        let _disorder = self.in_no_order()?;
        let mut statement = self.connection.prepare(sql).map_err(|e| self.failed(&e))?;
        drop(statement.stream_arrow([]).map_err(|e| self.failed(&e))?);
        let (give, given) = sync_channel::<StructArray>(BATCHES_WAITING);
        let given = Mutex::new(given);
        let next = || given.lock().unwrap_or_else(PoisonError::into_inner).recv();
        thread::scope(|scope| {
            let works: Vec<_> = takers
                .iter_mut()
                .map(|taker| {
                    scope.spawn(|| {
                        while let Ok(batch) = next() {
                            take(taker, &Columns(&batch))?;
                        }
                        Ok(())
                    })
                })
                .collect();
            let stepped = self.step(&mut statement, &mut |batch| {
                give.send(batch).map_err(|_| Error::internal("an answer was not taken"))
            });
            drop(give);
            let failed = |_| Err(Error::internal("looking at an answer failed"));
            let taken = works.into_iter().try_for_each(|work| work.join().unwrap_or_else(failed));
            taken.and(stepped)
        })?;
        Ok(takers)
    }

    fn run(&self, sql: &str, params: &[(String, String)], sink: &mut dyn Sink) -> Result<()> {
        let mut statement = self.connection.prepare(sql).map_err(|e| self.failed(&e))?;
        let values = named(&statement, params)?;
        drop(statement.stream_arrow(params_from_iter(values)).map_err(|e| self.failed(&e))?);
        let schema = statement.schema();
        let columns: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
        sink.begin(&columns)?;
        let mut row = Vec::with_capacity(columns.len());
        self.step(&mut statement, &mut |batch| {
            for index in 0..duckdb::arrow::array::Array::len(&batch) {
                row.clear();
                row.extend(batch.columns().iter().map(|column| convert::value(column, index)));
                sink.row(&row)?;
            }
            Ok(())
        })
    }

    /// All batches of a statement that streams.
    fn step(&self, statement: &mut Statement<'_>, each: &mut dyn FnMut(StructArray) -> Result<()>) -> Result<()> {
        // The iterator of the crate panics where this returns an error.
        while let Some(batch) = statement.step().map_err(|e| self.failed(&e))? {
            if self.coverage.is_interrupted() {
                return Err(Error::interrupted());
            }
            each(batch)?;
        }
        Ok(())
    }

    /// Counts, minima and maxima: one row whose values depend on no order, so that none has to be planned.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn counted(&self, sql: &str) -> Result<Vec<Value>> {
        let rows = self.counted_by(sql)?;
        debug_assert!(rows.len() <= 1, "{} rows of {sql}", rows.len());
        Ok(rows.into_iter().next().unwrap_or_default())
    }

    /// As [`Engine::counted`], of a table that is kept, and a few columns at a time: each count of distinct values takes
    /// memory of its own.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn counted_apart(&self, kept: &str, list: &[String]) -> Result<Vec<Value>> {
        const AT_ONCE: usize = 32;
        let few = |few: &[String]| self.counted(&format!("SELECT {} FROM {kept}", few.join(", ")));
        list.chunks(AT_ONCE).map(few).collect::<Result<Vec<_>>>().map(|counted| counted.concat())
    }

    /// Counts, minima and maxima by groups, in any order of them, so that none has to be planned.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn counted_by(&self, sql: &str) -> Result<Vec<Vec<Value>>> {
        let mut kept = Kept::default();
        self.run(sql, &[], &mut kept)?;
        Ok(kept.rows)
    }

    /// All rows of a query.
    ///
    /// # Errors
    /// As [`Engine::query`].
    pub fn rows(&self, sql: &str) -> Result<Kept> {
        let mut kept = Kept::default();
        self.query(sql, &[], &mut kept)?;
        Ok(kept)
    }

    fn failed(&self, cause: &duckdb::Error) -> Error {
        if let Some(error) = self.registry.take_failure() {
            return error;
        }
        if self.coverage.is_interrupted() {
            return Error::interrupted();
        }
        let text = cause.to_string();
        let (kind, message) = text.split_once(": ").unwrap_or(("", &text));
        // `error(x)` says whatever it is given, and is never a fault of the machine.
        let is_said = kind == "Invalid Input Error";
        let has = |words: &str| !is_said && message.contains(words);
        match kind {
            _ if has("No space left on device") || has("max_temp_directory_size") => {
                Error::question("the temporary directory has no room left")
                    .detail(message.lines().next().unwrap_or_default())
                    .hint("point TMPDIR at a directory with room, or ask for less with --where")
            }
            _ if has("could not write file") && has("File too large") => {
                Error::question("a file would be larger than any may be here")
                    .detail(message.lines().next().unwrap_or_default())
                    .hint("allow larger files (ulimit -f), or ask for less with --where")
            }
            _ if message.contains("arrow_large_buffer_size") => {
                Error::question("a few rows of the answer have more than 2 GiB of text")
                    .hint("ask for less of it: left(x, 1000)")
            }
            "Out of Memory Error" => Error::question("the answer needs more memory than it may use")
                .detail(message.lines().next().unwrap_or_default())
                .hint("allow more with --memory, or ask for less with --where"),
            _ if is_of_parquet(message) => {
                let error = Error::evidence("a Parquet file is damaged");
                if is_said { error } else { error.detail(message.lines().next().unwrap_or_default()) }
            }
            "INTERNAL Error" => Error::internal("the engine failed").detail(message),
            _ => match self.meant(message) {
                Some((message, names)) => sql_error(kind, &message).near(&names),
                None => sql_error(kind, message),
            },
        }
    }
}

/// Whether a message is of pages that the engine's reader of Parquet could not make sense of.
fn is_of_parquet(message: &str) -> bool {
    let has = |words: &[&str]| words.iter().any(|word| message.contains(word));
    has(&["ecompression failure", "TProtocolException", "don't know what type"])
        || has(&["Parquet"]) && has(&["corrupt", "has invalid"])
}

/// The engine's first line as the message, the rest (where it points with a caret) as the detail.
fn sql_error(kind: &str, message: &str) -> Error {
    let (first, rest) = message.split_once('\n').unwrap_or((message, ""));
    let first = first.trim_end_matches(['!', '.', ' ']);
    let mut lower = first.chars();
    let first = lower.next().map_or_else(String::new, |c| c.to_lowercase().collect::<String>() + lower.as_str());
    let kind = kind.to_lowercase();
    let kind = kind.strip_suffix(" error").unwrap_or(&kind);
    let error = Error::question(if kind.is_empty() { first } else { format!("SQL: {kind}: {first}") });
    let rest = rest.trim_matches('\n');
    if rest.is_empty() { error } else { error.detail(rest) }
}

fn absolute(path: &Path) -> String {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf()).to_string_lossy().into_owned()
}

/// Values in the order of the statement's parameters, which are bound as text.
fn named(statement: &duckdb::Statement<'_>, params: &[(String, String)]) -> Result<Vec<String>> {
    let mut values = Vec::new();
    for index in 1..=statement.parameter_count() {
        let name = statement.parameter_name(index).unwrap_or_default();
        match params.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => values.push(value.clone()),
            None => {
                return Err(Error::question(format!("the SQL has a parameter `${name}` without a value"))
                    .hint(format!("give it one: --param {name}=VALUE")));
            }
        }
    }
    if let Some((name, _)) = params.iter().find(|(name, _)| {
        !(1..=statement.parameter_count())
            .any(|index| statement.parameter_name(index).is_ok_and(|known| known == *name))
    }) {
        return Err(Error::question(format!("the SQL has no parameter `${name}`"))
            .hint(format!("write ${name} where the value shall stand")));
    }
    Ok(values)
}
