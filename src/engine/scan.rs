//! The table function through which all readers feed the engine: the columns asked for, splits to any thread,
//! cursors kept in a pool between calls since the engine shares the function's state among its threads.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use duckdb::Connection;
use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::vtab::{BindInfo, InitInfo, TableFunctionInfo, VTab};

use super::ahead::Ahead;
use super::{runs, vector};
use crate::error::{Error, Kind};
use crate::model::column::{Batch, Kind as ColumnKind};
use crate::model::coverage::Coverage;
use crate::model::scan::{self, Cursor, Request, Table};

/// Divides needles in the function's argument: no evidence is looked up by it.
const NEEDLE_END: char = '\u{1f}';

/// The tables that SQL can reach, by number.
#[derive(Clone)]
pub struct Registry(Arc<Shared>);

struct Shared {
    tables: Mutex<Vec<(Arc<dyn Table>, Label)>>,
    coverage: Arc<Coverage>,
    threads: usize,
    record_bytes: usize,
    in_order: AtomicBool,
    /// What a reader failed with: the engine keeps only its text.
    failure: Mutex<Option<Error>>,
}

/// What coverage calls a table, and the evidence it stands in: other tables may stand in the same.
#[derive(Debug, Clone)]
pub struct Label {
    pub table: String,
    pub evidence: String,
    pub bytes: u64,
}

/// While it lives, scans run on one thread and yield rows in the order of the evidence.
pub struct InOrder(Arc<Shared>);

impl Drop for InOrder {
    fn drop(&mut self) {
        self.0.in_order.store(false, Ordering::Relaxed);
    }
}

impl Registry {
    /// `record_bytes`: how long a record may be.
    pub fn new(coverage: Arc<Coverage>, threads: usize, record_bytes: usize) -> Registry {
        Registry(Arc::new(Shared {
            tables: Mutex::default(),
            coverage,
            threads,
            record_bytes,
            in_order: AtomicBool::new(false),
            failure: Mutex::default(),
        }))
    }

    pub fn install(&self, connection: &Connection) -> duckdb::Result<()> {
        connection.register_table_function_with_extra_info::<Scan, Registry>("rca_scan", self)
    }

    pub fn add(&self, table: Arc<dyn Table>, label: Label) -> String {
        let mut tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        tables.push((table, label));
        format!("rca_scan({})", tables.len() - 1)
    }

    pub fn threads(&self) -> usize {
        self.0.threads.max(1)
    }

    /// The names of all floating-point columns, in lower case.
    pub fn floats(&self) -> HashSet<String> {
        let tables = self.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = tables.iter().flat_map(|(table, _)| table.columns());
        columns
            .filter(|column| matches!(column.kind, ColumnKind::Float | ColumnKind::List(ColumnKind::Float)))
            .map(|column| column.name.to_lowercase())
            .collect()
    }

    pub fn in_order(&self) -> InOrder {
        self.0.in_order.store(true, Ordering::Relaxed);
        InOrder(self.0.clone())
    }

    pub fn take_failure(&self) -> Option<Error> {
        self.0.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps a reader's error and gives its text to the engine.
    fn fail(&self, error: Error) -> Box<dyn std::error::Error> {
        let text = error.message.clone();
        let mut failure = self.0.failure.lock().unwrap_or_else(PoisonError::into_inner);
        // The first one is the cause; an interrupt explains all others.
        if failure.is_none() || error.kind == Kind::Interrupted {
            *failure = Some(error);
        }
        text.into()
    }
}

/// A scan of `table` for records that hold one of the needles.
pub fn with_needles(scan: &str, needles: &[String]) -> String {
    let joined: String = needles.join(&NEEDLE_END.to_string());
    format!("{}, needles := {})", scan.trim_end_matches(')'), super::quote::text(&joined))
}

struct Scan;

struct Bound {
    table: Arc<dyn Table>,
    label: Label,
    needles: Vec<Vec<u8>>,
}

struct State {
    scan: Arc<dyn scan::Scan>,
    /// Where rows are wanted in the order of the evidence, and there are several threads.
    ahead: Option<Ahead>,
    coverage: Arc<Coverage>,
    table: String,
    kinds: Vec<Option<ColumnKind>>,
    next: AtomicUsize,
    finished: AtomicUsize,
    idle: Mutex<VecDeque<Work>>,
    bytes_max: usize,
}

struct Work {
    cursor: Box<dyn Cursor>,
    batch: Batch,
}

impl Drop for State {
    fn drop(&mut self) {
        if !self.coverage.is_interrupted() {
            let is_whole = self.finished.load(Ordering::Relaxed) >= self.scan.splits();
            self.coverage.ended(&self.table, is_whole);
        }
    }
}

impl State {
    /// A cursor to go on with: one that is not in use, or the next split's.
    fn take(&self) -> Result<Option<Work>, Error> {
        if let Some(work) = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop_front() {
            return Ok(Some(work));
        }
        let split = self.next.fetch_add(1, Ordering::Relaxed);
        if split >= self.scan.splits() {
            return Ok(None);
        }
        let batch =
            Batch::new(self.kinds.iter().map(|kind| kind.unwrap_or(ColumnKind::Int))).with_at_most(self.bytes_max);
        Ok(Some(Work { cursor: self.scan.cursor(split)?, batch }))
    }

    /// Rows for one chunk; `false` once there is nothing left to take.
    fn chunk(&self, output: &DataChunkHandle) -> Result<bool, Error> {
        if let Some(ahead) = &self.ahead {
            return self.chunk_ahead(ahead, output);
        }
        while let Some(mut work) = self.take()? {
            work.batch.clear();
            let more = work.cursor.fill(&mut work.batch)?;
            let rows = work.batch.rows;
            self.write(&work.batch, output)?;
            if more {
                self.idle.lock().unwrap_or_else(PoisonError::into_inner).push_back(work);
            } else {
                self.finished.fetch_add(1, Ordering::Relaxed);
            }
            if rows > 0 {
                output.set_len(rows);
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl State {
    fn chunk_ahead(&self, ahead: &Ahead, output: &DataChunkHandle) -> Result<bool, Error> {
        loop {
            let Some((batch, more)) = ahead.next()? else { return Ok(false) };
            self.finished.fetch_add(usize::from(!more), Ordering::Relaxed);
            let rows = batch.rows;
            self.write(&batch, output)?;
            ahead.give_back(batch);
            if rows > 0 {
                output.set_len(rows);
                return Ok(true);
            }
        }
    }

    fn write(&self, batch: &Batch, output: &DataChunkHandle) -> Result<(), Error> {
        for (index, (buffer, kind)) in batch.columns.iter().zip(&self.kinds).enumerate() {
            if let Some(kind) = kind {
                vector::write(output, index, buffer, *kind, batch.rows)?;
            }
        }
        Ok(())
    }
}

impl VTab for Scan {
    type InitData = State;
    type BindData = Bound;

    fn bind(bind: &BindInfo) -> Result<Bound, Box<dyn std::error::Error>> {
        // SAFETY: the function is only ever installed with a `Registry`, which the engine's catalogue keeps alive.
        let registry = unsafe { &*bind.get_extra_info::<Registry>() };
        let number = usize::try_from(bind.get_parameter(0).to_int64()).unwrap_or(usize::MAX);
        let tables = registry.0.tables.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((table, label)) = tables.get(number).cloned() else { return Err("no such table".into()) };
        for column in table.columns() {
            bind.add_result_column(&column.name, logical_type(column.kind));
        }
        let needles = bind.get_named_parameter("needles").map(|value| value.to_string()).unwrap_or_default();
        let needles = needles
            .split(NEEDLE_END)
            .filter(|needle| !needle.is_empty())
            .map(|needle| needle.as_bytes().to_vec())
            .collect();
        Ok(Bound { table, label, needles })
    }

    fn init(init: &InitInfo) -> Result<State, Box<dyn std::error::Error>> {
        // SAFETY: as in `bind`; the bind data are those that `bind` returned.
        let (registry, bound) = unsafe { (&*init.get_extra_info::<Registry>(), &*init.get_bind_data::<Bound>()) };
        let columns = bound.table.columns();
        // A number past the columns is the row number that `count(*)` asks for; nobody reads its values.
        let projection: Vec<usize> =
            init.get_column_indices().iter().map(|index| usize::try_from(*index).unwrap_or(usize::MAX)).collect();
        let kinds: Vec<_> = projection.iter().map(|index| columns.get(*index).map(|column| column.kind)).collect();
        let is_in_order = registry.0.in_order.load(Ordering::Relaxed);
        let threads = if is_in_order { 1 } else { registry.0.threads.max(1) };
        let is_ahead = is_in_order && registry.0.threads > 1;
        let coverage = registry.0.coverage.clone();
        coverage.asked(&bound.label.table, &bound.label.evidence, bound.label.bytes);
        let table = bound.label.table.clone();
        let request = Request {
            projection,
            needles: bound.needles.clone(),
            coverage: coverage.clone(),
            table: table.clone(),
            threads,
            ahead: is_ahead,
            record_bytes: registry.0.record_bytes,
        };
        let scan = bound.table.clone().scan(request).map_err(|error| registry.fail(error))?;
        let scan = runs::joined(scan.into(), bound.label.bytes, registry.0.threads);
        let filled: Arc<[ColumnKind]> = kinds.iter().map(|kind: &Option<_>| kind.unwrap_or(ColumnKind::Int)).collect();
        let ahead = is_ahead.then(|| Ahead::start(&scan, &filled, registry.0.threads, registry.0.record_bytes));
        init.set_max_threads(threads.min(scan.splits()).max(1) as u64);
        Ok(State {
            scan,
            ahead,
            coverage,
            table,
            kinds,
            next: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            idle: Mutex::default(),
            bytes_max: registry.0.record_bytes,
        })
    }

    fn func(info: &TableFunctionInfo<Self>, output: &mut DataChunkHandle) -> Result<(), Box<dyn std::error::Error>> {
        // SAFETY: as in `bind`.
        let registry = unsafe { &*info.get_extra_info::<Registry>() };
        let state = info.get_init_data();
        if !state.chunk(output).map_err(|error| registry.fail(error))? {
            output.set_len(0);
        }
        Ok(())
    }

    fn supports_pushdown() -> bool {
        true
    }

    fn parameters() -> Option<Vec<LogicalTypeHandle>> {
        Some(vec![LogicalTypeId::Bigint.into()])
    }

    fn named_parameters() -> Option<Vec<(String, LogicalTypeHandle)>> {
        Some(vec![("needles".into(), LogicalTypeId::Varchar.into())])
    }
}

fn logical_type(kind: ColumnKind) -> LogicalTypeHandle {
    match kind {
        ColumnKind::Bool => LogicalTypeId::Boolean.into(),
        ColumnKind::Int => LogicalTypeId::Bigint.into(),
        ColumnKind::Float => LogicalTypeId::Double.into(),
        ColumnKind::Decimal { width, scale } => LogicalTypeHandle::decimal(width, scale),
        ColumnKind::Time => LogicalTypeId::Timestamp.into(),
        ColumnKind::Date => LogicalTypeId::Date.into(),
        ColumnKind::TimeOfDay => LogicalTypeId::Time.into(),
        ColumnKind::Interval => LogicalTypeId::Interval.into(),
        ColumnKind::Uuid => LogicalTypeId::Uuid.into(),
        ColumnKind::List(item) => LogicalTypeHandle::list(&logical_type(*item)),
        ColumnKind::Text | ColumnKind::Nested => LogicalTypeId::Varchar.into(),
        ColumnKind::Blob => LogicalTypeId::Blob.into(),
    }
}
