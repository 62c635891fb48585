//! A reader's buffer into a vector of the engine.

use duckdb::core::{DataChunkHandle, FlatVector, Inserter, ListVector};
use duckdb::ffi;

use crate::error::{Error, Result};
use crate::model::column::{Buffer, Kind};

/// Texts up to this length lie in the vector itself (`duckdb_string_t`, inlined form).
const INLINE_BYTES: usize = 12;

/// Texts of more bytes than that need not fit what the system has left.
const TRIED_BYTES: usize = 1 << 20;

/// Writes `rows` values of `buffer` to column `index`.
///
/// # Errors
/// If there is no memory for them.
pub fn write(output: &DataChunkHandle, index: usize, buffer: &Buffer, kind: Kind, rows: usize) -> Result<()> {
    if is_elsewhere(buffer, kind) {
        take_own_memory(output, index, buffer)?;
    }
    match kind {
        Kind::List(item) => lists(&mut output.list_vector(index), buffer, *item, rows),
        _ => values(&mut output.flat_vector(index), buffer, kind, rows),
    }
    Ok(())
}

/// Whether values of a column lie elsewhere than in the vector, so that memory is taken for them.
fn is_elsewhere(buffer: &Buffer, kind: Kind) -> bool {
    match kind {
        Kind::List(_) => true,
        Kind::Text | Kind::Blob => !buffer.bytes.is_empty(),
        _ => false,
    }
}

/// Has texts and lists of a column lie in memory of the system's. For what a vector of the engine's own takes, the engine
/// looks whether its limit allows that, and throws where it does not: through Rust, which ends the process. The engine
/// counts the rows as soon as it keeps them, and says so in an orderly way.
fn take_own_memory(output: &DataChunkHandle, index: usize, buffer: &Buffer) -> Result<()> {
    let refused = || {
        Error::question("the answer needs more memory than it may use")
            .hint("allow more with --memory, or ask for less with --where")
    };
    let bytes = total_bytes(buffer);
    // What is taken grows by doubling. The system's memory may be limited too.
    if bytes > TRIED_BYTES && Vec::<u8>::new().try_reserve_exact(bytes.saturating_mul(2)).is_err() {
        return Err(refused());
    }
    // SAFETY: the column is one of the chunk, nothing else holds the chunk, and a vector of the same type takes the place
    // of its own; what it refers to is counted, and lives as long as anything refers to it.
    unsafe {
        let own = ffi::duckdb_data_chunk_get_vector(output.get_ptr(), index as u64);
        let mut kind = ffi::duckdb_vector_get_column_type(own);
        let mut vector = ffi::duckdb_create_vector(kind, ffi::duckdb_vector_size());
        ffi::duckdb_destroy_logical_type(&raw mut kind);
        if vector.is_null() {
            return Err(refused());
        }
        ffi::duckdb_vector_reference_vector(own, vector);
        ffi::duckdb_destroy_vector(&raw mut vector);
    }
    Ok(())
}

/// Of the texts of a column, and of its lists.
fn total_bytes(buffer: &Buffer) -> usize {
    buffer.bytes.len() + buffer.items.as_ref().map_or(0, |items| total_bytes(items) + items.valid.len() * 16)
}

/// Entries of a list, then all items end to end.
fn lists(vector: &mut ListVector<'_>, buffer: &Buffer, item: Kind, rows: usize) {
    let Some(items) = &buffer.items else { return };
    for row in 0..rows {
        let span = buffer.span(row);
        vector.set_entry(row, span.start, span.len());
        if !buffer.valid[row] {
            vector.set_null(row);
        }
    }
    let count = items.valid.len();
    match item {
        Kind::List(inner) => {
            // Reserves the entries of the inner lists.
            vector.child(count);
            lists(&mut vector.list_child(), items, *inner, count);
        }
        _ => values(&mut vector.child(count), items, item, count),
    }
    vector.set_len(count);
}

fn values(vector: &mut FlatVector<'_>, buffer: &Buffer, kind: Kind, rows: usize) {
    debug_assert!(rows <= vector.capacity(), "a batch is no longer than a vector");
    // SAFETY: the type of each slice is the physical type that DuckDB stores for the logical type which
    // `scan::logical_type` declared for this kind; `rows` is at most the vector's capacity; nothing else holds the chunk.
    unsafe {
        match kind {
            Kind::Int | Kind::Time | Kind::TimeOfDay => {
                vector.as_mut_slice_with_len::<i64>(rows).copy_from_slice(&buffer.ints[..rows]);
            }
            Kind::Float => vector.as_mut_slice_with_len::<f64>(rows).copy_from_slice(&buffer.floats[..rows]),
            Kind::Bool => {
                let slots = vector.as_mut_slice_with_len::<u8>(rows).iter_mut();
                slots.zip(&buffer.ints).for_each(|(slot, value)| *slot = u8::from(*value != 0));
            }
            Kind::Date => {
                let slots = vector.as_mut_slice_with_len::<i32>(rows).iter_mut();
                slots.zip(&buffer.ints).for_each(|(slot, value)| *slot = i32::try_from(*value).unwrap_or(i32::MAX));
            }
            Kind::Interval => {
                // `duckdb_interval`: months and days of 32 bits, microseconds of 64.
                let slots = vector.as_mut_slice_with_len::<[i64; 2]>(rows).iter_mut();
                slots.zip(&buffer.intervals).for_each(|(slot, value)| {
                    *slot = [i64::from(value.days) << 32 | i64::from(value.months as u32), value.micros];
                });
            }
            // A UUID is kept as a signed number, its highest bit flipped so that it sorts as its text does.
            Kind::Uuid => wide(vector, buffer, rows, 1 << 127),
            Kind::Decimal { width, .. } => decimals(vector, buffer, width, rows),
            Kind::Text | Kind::Blob => texts(vector, buffer, rows),
            Kind::List(_) | Kind::Nested => {}
        }
    }
    for row in (0..rows).filter(|row| !buffer.valid[*row]) {
        vector.set_null(row);
    }
}

/// # Safety
/// The vector must be one of 128-bit numbers, with room for `rows`.
unsafe fn wide(vector: &mut FlatVector<'_>, buffer: &Buffer, rows: usize, flip: u128) {
    // SAFETY: DuckDB stores these as two 64-bit halves, the lower one first.
    let slots = unsafe { vector.as_mut_slice_with_len::<[u64; 2]>(rows) };
    slots.iter_mut().zip(&buffer.decimals).for_each(|(slot, value)| {
        let bits = *value as u128 ^ flip;
        *slot = [bits as u64, (bits >> 64) as u64];
    });
}

/// # Safety
/// The vector must be one of decimals of this width, with room for `rows`.
unsafe fn decimals(vector: &mut FlatVector<'_>, buffer: &Buffer, width: u8, rows: usize) {
    let values = buffer.decimals[..rows].iter();
    // SAFETY: DuckDB stores decimals in 16, 32, 64 or 128 bits, by their width.
    unsafe {
        match width {
            0..=4 => vector
                .as_mut_slice_with_len::<i16>(rows)
                .iter_mut()
                .zip(values)
                .for_each(|(slot, value)| *slot = *value as i16),
            5..=9 => vector
                .as_mut_slice_with_len::<i32>(rows)
                .iter_mut()
                .zip(values)
                .for_each(|(slot, value)| *slot = *value as i32),
            10..=18 => vector
                .as_mut_slice_with_len::<i64>(rows)
                .iter_mut()
                .zip(values)
                .for_each(|(slot, value)| *slot = *value as i64),
            _ => wide(vector, buffer, rows, 0),
        }
    }
}

/// # Safety
/// The vector must be one of texts or blobs, with room for `rows`.
unsafe fn texts(vector: &mut FlatVector<'_>, buffer: &Buffer, rows: usize) {
    for row in (0..rows).filter(|row| buffer.valid[*row]) {
        let text = buffer.text(row);
        if text.len() <= INLINE_BYTES {
            let mut inline = [0_u8; 16];
            inline[0] = text.len() as u8;
            inline[4..4 + text.len()].copy_from_slice(text);
            // SAFETY: a `duckdb_string_t` is 16 bytes: a 32-bit length, then up to twelve bytes of the text itself.
            // Readers push valid UTF-8 only.
            unsafe { vector.as_mut_slice_with_len::<[u8; 16]>(rows)[row] = inline };
        } else {
            vector.insert(row, text);
        }
    }
}
