//! Functions of messages that SQL can call and that are computed here, by all of the engine's threads.

use std::sync::Arc;

use duckdb::core::{DataChunkHandle, FlatVector, Inserter, LogicalTypeHandle, LogicalTypeId};
use duckdb::ffi::duckdb_string_t;
use duckdb::types::DuckString;
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::WritableVector;

use super::Engine;
use crate::error::Result;

impl Engine {
    /// Makes a function of a text known to SQL, which gives a whole number for each.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn add_text_function(
        &self,
        name: &str,
        of_texts: impl Fn(&[Option<&[u8]>], &mut [i64]) + Send + Sync + 'static,
    ) -> Result<()> {
        let of_texts: OfTexts = Arc::new(of_texts);
        let added = self.connection.register_scalar_function_with_state::<TextFunction>(name, &of_texts);
        added.map_err(|e| self.failed(&e))
    }

    /// Makes a function of a whole number known to SQL, which gives another for each.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn add_number_function(
        &self,
        name: &str,
        of_numbers: impl Fn(&[Option<i64>], &mut [i64]) + Send + Sync + 'static,
    ) -> Result<()> {
        self.add_function_of_numbers::<false>(name, Arc::new(of_numbers))
    }

    /// As [`Engine::add_number_function`], of a function that takes account of every row.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn add_counting_function(
        &self,
        name: &str,
        of_numbers: impl Fn(&[Option<i64>], &mut [i64]) + Send + Sync + 'static,
    ) -> Result<()> {
        self.add_function_of_numbers::<true>(name, Arc::new(of_numbers))
    }

    fn add_function_of_numbers<const EACH_ROW: bool>(&self, name: &str, of_numbers: OfNumbers) -> Result<()> {
        let added = self.connection.register_scalar_function_with_state::<NumberFunction<EACH_ROW>>(name, &of_numbers);
        added.map_err(|e| self.failed(&e))
    }

    /// Makes a function of a column's name, the column that the row speaks of, and a value known to SQL, which gives a text
    /// for each.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn add_cell_function(
        &self,
        name: &str,
        of_cells: impl Fn(&str, &str, &str) -> String + Send + Sync + 'static,
    ) -> Result<()> {
        let of_cells: OfCells = Arc::new(of_cells);
        let added = self.connection.register_scalar_function_with_state::<CellFunction>(name, &of_cells);
        added.map_err(|e| self.failed(&e))
    }

    /// Makes a function of messages known to SQL, which takes account of every row: of its text, its time and whether it
    /// has one, its level and its table's number, all of them never NULL.
    ///
    /// # Errors
    /// If the engine refuses.
    pub fn add_message_function(
        &self,
        name: &str,
        of_messages: impl Fn(&[Message<'_>]) + Send + Sync + 'static,
    ) -> Result<()> {
        let of_messages: OfMessages = Arc::new(of_messages);
        let added = self.connection.register_scalar_function_with_state::<MessageFunction>(name, &of_messages);
        added.map_err(|e| self.failed(&e))
    }
}

/// Gives a number for each of many texts; `None` is NULL. Several threads call it at once.
pub type OfTexts = Arc<dyn Fn(&[Option<&[u8]>], &mut [i64]) + Send + Sync>;

/// Gives a number for each of many whole numbers; `None` is NULL. Several threads call it at once.
pub type OfNumbers = Arc<dyn Fn(&[Option<i64>], &mut [i64]) + Send + Sync>;

/// Gives a text for a column's name, the column that the row speaks of, and a value. Several threads call it at once.
pub type OfCells = Arc<dyn Fn(&str, &str, &str) -> String + Send + Sync>;

/// Takes account of many messages. Several threads call it at once.
pub type OfMessages = Arc<dyn Fn(&[Message<'_>]) + Send + Sync>;

/// A message with what is known of it.
pub struct Message<'a> {
    pub text: &'a [u8],
    /// Microseconds UTC.
    pub at: Option<i64>,
    /// Empty where nobody said.
    pub level: &'a [u8],
    pub table: u32,
}

/// `f(text)` is a number, computed once for texts that are known to be the same.
pub struct TextFunction;

impl VScalar for TextFunction {
    type State = OfTexts;

    fn invoke(
        of_texts: &OfTexts,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let rows = input.len();
        let mut column = input.flat_vector(0);
        // SAFETY: the one signature takes a VARCHAR, and the engine hands over that many rows of it.
        let texts: Vec<Option<&[u8]>> = unsafe { texts(&mut column, rows) }.collect();
        let mut numbers = output.flat_vector();
        // SAFETY: the one signature returns a BIGINT for each row.
        of_texts(&texts, unsafe { numbers.as_mut_slice_with_len::<i64>(rows) });
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        vec![signature(&[LogicalTypeId::Varchar])]
    }
}

/// `f(number)` is a number, computed for each row, or once for numbers that are known to be the same.
pub struct NumberFunction<const EACH_ROW: bool>;

impl<const EACH_ROW: bool> VScalar for NumberFunction<EACH_ROW> {
    type State = OfNumbers;

    fn invoke(
        of_numbers: &OfNumbers,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let rows = input.len();
        let mut column = input.flat_vector(0);
        let nulls: Vec<bool> = (0..rows).map(|row| column.row_is_null(row as u64)).collect();
        // SAFETY: the one signature takes a BIGINT, and the engine hands over that many rows of it.
        let numbers = unsafe { column.as_mut_slice_with_len::<i64>(rows) };
        let numbers: Vec<Option<i64>> =
            numbers.iter().zip(nulls).map(|(number, is_null)| (!is_null).then_some(*number)).collect();
        let mut given = output.flat_vector();
        // SAFETY: the one signature returns a BIGINT for each row.
        of_numbers(&numbers, unsafe { given.as_mut_slice_with_len::<i64>(rows) });
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        vec![signature(&[LogicalTypeId::Bigint])]
    }

    fn volatile() -> bool {
        EACH_ROW
    }
}

/// `f(text, ts, timed, level, table)` is 1 for every row, and takes account of those with a text. A column that is NULL
/// everywhere would keep the engine from calling it: so `ts` is any time where `timed` is false, and `level` empty.
pub struct MessageFunction;

impl VScalar for MessageFunction {
    type State = OfMessages;

    fn invoke(
        of_messages: &OfMessages,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let rows = input.len();
        let [mut text, mut ts, mut timed, mut level, mut table] =
            [0, 1, 2, 3, 4].map(|column| input.flat_vector(column));
        // SAFETY: these are the types of the one signature, and the engine hands over that many rows of each.
        let (strings, times, timed, tables) = unsafe {
            let strings = texts(&mut text, rows).zip(texts(&mut level, rows));
            let times = ts.as_mut_slice_with_len::<i64>(rows);
            (strings, times, timed.as_mut_slice_with_len::<u8>(rows), table.as_mut_slice_with_len::<u32>(rows))
        };
        let messages: Vec<Message> = strings
            .zip(times.iter().zip(timed.iter()).zip(tables.iter()))
            .filter_map(|((text, level), ((at, timed), table))| {
                let at = (*timed != 0).then_some(*at);
                Some(Message { text: text?, at, level: level.unwrap_or_default(), table: *table })
            })
            .collect();
        of_messages(&messages);
        let mut ones = output.flat_vector();
        // SAFETY: the one signature returns a BIGINT for each row.
        unsafe { ones.as_mut_slice_with_len::<i64>(rows) }.fill(1);
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        use LogicalTypeId::{Boolean, Timestamp, UInteger, Varchar};
        vec![signature(&[Varchar, Timestamp, Boolean, Varchar, UInteger])]
    }

    fn volatile() -> bool {
        true
    }
}

/// `f(column, said, value)` is a text; NULL where any of them is.
pub struct CellFunction;

impl VScalar for CellFunction {
    type State = OfCells;

    fn invoke(
        of_cells: &OfCells,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let rows = input.len();
        let [mut column, mut said, mut value] = [0, 1, 2].map(|column| input.flat_vector(column));
        // SAFETY: the one signature takes three VARCHARs, and the engine hands over that many rows of each.
        let (columns, saids, values) =
            unsafe { (texts(&mut column, rows), texts(&mut said, rows), texts(&mut value, rows)) };
        let mut given = output.flat_vector();
        for (row, ((column, said), value)) in columns.zip(saids).zip(values).enumerate() {
            match (column, said, value) {
                (Some(column), Some(said), Some(value)) => {
                    let [column, said, value] = [column, said, value].map(String::from_utf8_lossy);
                    given.insert(row, of_cells(&column, &said, &value).as_str());
                }
                _ => given.set_null(row),
            }
        }
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        let parameters = (0..3).map(|_| LogicalTypeId::Varchar.into()).collect();
        vec![ScalarFunctionSignature::exact(parameters, LogicalTypeHandle::from(LogicalTypeId::Varchar))]
    }
}

/// The texts of a column; `None` is NULL.
///
/// # Safety
/// The column is a VARCHAR and has that many rows.
unsafe fn texts<'a>(column: &'a mut FlatVector<'_>, rows: usize) -> impl Iterator<Item = Option<&'a [u8]>> {
    let nulls: Vec<bool> = (0..rows).map(|row| column.row_is_null(row as u64)).collect();
    // SAFETY: said above.
    let strings = unsafe { column.as_mut_slice_with_len::<duckdb_string_t>(rows) };
    strings.iter_mut().zip(nulls).map(|(string, is_null)| (!is_null).then(|| DuckString::new(string).as_bytes()))
}

fn signature(parameters: &[LogicalTypeId]) -> ScalarFunctionSignature {
    let parameters = parameters.iter().map(|&id| id.into()).collect();
    ScalarFunctionSignature::exact(parameters, LogicalTypeHandle::from(LogicalTypeId::Bigint))
}
