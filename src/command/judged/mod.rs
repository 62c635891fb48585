//! Rows that are judged, kept and counted: `explain` asks what the bad ones have, `slices` where a model is worse. They are
//! read from the evidence once and lie apart by class, as codes and keys in blocks of a temporary file (begin at
//! [`Rows`]). From these come the values that are looked at ([`values`]), the bits of what each row has ([`Bits`]), and
//! the rows in the order of a number ([`Sorted`]). All threads take part, and what they count does not depend on them.

mod bits;
mod blocks;
mod classes;
mod fit;
mod numbers;
mod rows;
mod sorted;
mod taken;
mod values;

pub use bits::Bits;
pub use classes::{Classes, Split};
pub use fit::{Fit, is_answer};
pub use rows::{Asked, Rows};
pub use sorted::Sorted;
pub use values::{Item, Looked, look};

/// Of a column with more values none is looked at, but ranges of numbers.
pub const VALUES_MAX: usize = 1_000;
