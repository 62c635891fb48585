//! Names of columns that number rows: counters, and the numbers that every table gives its own rows.

/// Names of a counter.
pub const SEQUENCE: [&str; 9] =
    ["seq", "sequence", "seq_no", "seqno", "seq_num", "sequence_number", "counter", "fcnt", "frame_counter"];

/// Names by which every table numbers its own rows.
pub const NUMBERED: [&str; 5] = ["id", "rowid", "index", "pk", "row"];

pub fn is_row_number(column: &str) -> bool {
    NUMBERED.contains(&column.to_lowercase().as_str())
}
