//! Where a model is worse than elsewhere: what is counted of a slice, how far it lies from the whole and whether that
//! may be chance, how bad it is for its size, and the walk through conjunctions. Begin at [`Outcome`].

mod contrast;
mod counts;
mod means;
#[cfg(test)]
mod published;
mod ranks;
mod search;
mod sliceline;
mod tally;

pub use contrast::{Contrast, Measure};
pub use counts::{Confusion, Shares};
pub use means::{Bins, Means, Scale};
pub use ranks::{Ranked, Ranks};
pub use search::{LeftOut, Plan, parts, search};
pub use sliceline::Sums;
pub use tally::{JUDGED, LABELLED, POSITIVE, RIGHT, SAID, SCORED, Seen, Tally};

/// What a metric is made of: counted over the rows of a slice, and compared with that of all rows.
pub trait Outcome: Clone {
    /// What all of one count share.
    type Rule;
    fn rows(&self) -> u64;
    /// What `SliceLine` judges by.
    fn sums(&self, rule: &Self::Rule) -> Sums;
    /// The metric of a slice of `whole`, and how far it is from that of `whole`.
    fn contrast(&self, whole: &Self, rule: &Self::Rule, measure: &Measure) -> Contrast;
    /// Without the rows of a part of it; `None` if that cannot be told from their figures.
    fn without(&self, part: &Self) -> Option<Self>;
}
