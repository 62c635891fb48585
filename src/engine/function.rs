//! Functions of a text that SQL can call and that are computed here, by all of the engine's threads.

use std::sync::Arc;

use duckdb::core::{DataChunkHandle, LogicalTypeHandle, LogicalTypeId};
use duckdb::ffi::duckdb_string_t;
use duckdb::types::DuckString;
use duckdb::vscalar::{ScalarFunctionSignature, VScalar};
use duckdb::vtab::arrow::WritableVector;

/// Gives a number for each of many texts; `None` is NULL. Several threads call it at once.
pub type OfTexts = Arc<dyn Fn(&[Option<&[u8]>], &mut [i64]) + Send + Sync>;

/// `PER_ROW` functions are called for every row, others once for texts that are known to be the same.
pub struct TextFunction<const PER_ROW: bool>;

impl<const PER_ROW: bool> VScalar for TextFunction<PER_ROW> {
    type State = OfTexts;

    fn invoke(
        of_texts: &OfTexts,
        input: &mut DataChunkHandle,
        output: &mut dyn WritableVector,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let rows = input.len();
        let mut column = input.flat_vector(0);
        let nulls: Vec<bool> = (0..rows).map(|row| column.row_is_null(row as u64)).collect();
        // SAFETY: the one signature takes a VARCHAR, and the engine hands over that many rows of it.
        let strings = unsafe { column.as_mut_slice_with_len::<duckdb_string_t>(rows) };
        let texts: Vec<Option<&[u8]>> = strings
            .iter_mut()
            .zip(nulls)
            .map(|(string, is_null)| (!is_null).then(|| DuckString::new(string).as_bytes()))
            .collect();
        let mut numbers = output.flat_vector();
        // SAFETY: the one signature returns a BIGINT for each row.
        of_texts(&texts, unsafe { numbers.as_mut_slice_with_len::<i64>(rows) });
        Ok(())
    }

    fn signatures() -> Vec<ScalarFunctionSignature> {
        let of = |id: LogicalTypeId| LogicalTypeHandle::from(id);
        vec![ScalarFunctionSignature::exact(vec![of(LogicalTypeId::Varchar)], of(LogicalTypeId::Bigint))]
    }

    fn volatile() -> bool {
        PER_ROW
    }
}
