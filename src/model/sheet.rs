//! What is odd among the rows of a sheet, and loses nothing: said with its places, as other faults are.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Oddity {
    /// Sums and remarks below and among the rows: none of them.
    Sum,
    /// A row that is called as a sum, and is none of the rows above.
    LikeSum,
    /// A row of words after a gap, where a column of values has one.
    LikeHeader,
    /// Cells that are merged over several rows, of a sheet too large for them to be known: NULL but in the first.
    MergedDown,
    /// A row that is not shown, as where a filter left it out.
    Hidden,
}

impl Oddity {
    /// Said of so many, `n` as people write it.
    pub fn described(self, is_one: bool, n: &str) -> String {
        let text = match (self, is_one) {
            (Oddity::Sum, true) => "row has sums or remarks of the table and is not in it",
            (Oddity::Sum, false) => "rows have sums or remarks of the table and are not in it",
            (Oddity::LikeSum, true) => "row looks like a sum, and is a row",
            (Oddity::LikeSum, false) => "rows look like sums, and are rows",
            (Oddity::LikeHeader, true) => {
                "row after a gap reads like the header of another table: it and those below are rows of this one"
            }
            (Oddity::LikeHeader, false) => {
                "rows after gaps read like headers of other tables: they and those below are rows of this one"
            }
            (Oddity::MergedDown, true) => "cell is merged over several rows, and NULL in all but the first",
            (Oddity::MergedDown, false) => "cells are merged over several rows, and NULL in all but the first",
            (Oddity::Hidden, true) => "row is hidden in the workbook, and read",
            (Oddity::Hidden, false) => "rows are hidden in the workbook, and read",
        };
        format!("{n} {text}")
    }
}
