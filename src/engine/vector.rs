//! A reader's buffer into a vector of the engine.

use duckdb::core::{DataChunkHandle, FlatVector, Inserter};

use crate::model::column::{Buffer, Kind};

/// Texts up to this length lie in the vector itself (`duckdb_string_t`, inlined form).
const INLINE_BYTES: usize = 12;

/// Writes `rows` values of `buffer` to column `index`.
pub fn write(output: &DataChunkHandle, index: usize, buffer: &Buffer, kind: Kind, rows: usize) {
    let mut vector = output.flat_vector(index);
    debug_assert!(rows <= vector.capacity(), "a batch is no longer than a vector");
    // SAFETY: the type of each slice is the physical type that DuckDB stores for the logical type which
    // `scan::logical_type` declared for this kind; `rows` is at most the vector's capacity; nothing else holds the chunk.
    unsafe {
        match kind {
            Kind::Int | Kind::Time => vector.as_mut_slice_with_len::<i64>(rows).copy_from_slice(&buffer.ints[..rows]),
            Kind::Float => vector.as_mut_slice_with_len::<f64>(rows).copy_from_slice(&buffer.floats[..rows]),
            Kind::Bool => {
                let slots = vector.as_mut_slice_with_len::<u8>(rows).iter_mut();
                slots.zip(&buffer.ints).for_each(|(slot, value)| *slot = u8::from(*value != 0));
            }
            Kind::Date => {
                let slots = vector.as_mut_slice_with_len::<i32>(rows).iter_mut();
                slots.zip(&buffer.ints).for_each(|(slot, value)| *slot = i32::try_from(*value).unwrap_or(i32::MAX));
            }
            Kind::Decimal { width, .. } => decimals(&mut vector, buffer, width, rows),
            Kind::Text | Kind::Blob => texts(&mut vector, buffer, rows),
        }
    }
    for row in (0..rows).filter(|row| !buffer.valid[*row]) {
        vector.set_null(row);
    }
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
            _ => vector.as_mut_slice_with_len::<[u64; 2]>(rows).iter_mut().zip(values).for_each(|(slot, value)| {
                *slot = [*value as u64, (*value >> 64) as u64];
            }),
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
