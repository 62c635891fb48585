//! The few tests that findings rest on: exact where counts are small, two-sided, with an effect and its interval beside
//! each p, and the false-discovery rate kept over many of them.

mod adjusted;
mod blocks;
mod change_point;
mod correlation;
mod distribution;
mod frequent;
mod middle;
mod ratio;
mod tail;

pub use adjusted::{adjusted, adjusted_among};
pub use blocks::{
    Blocks, INDEPENDENT, Spread, rate_changed, share_changed, share_changed_among, share_p, share_spreads, typical,
};
pub use change_point::{Series, Stretch, share_shift, shift, stretch};
pub use correlation::correlation;
pub use distribution::{Ks, jensen_shannon, kolmogorov_smirnov, share_distance};
pub use frequent::most_frequent;
pub use middle::middle;
pub use ratio::{Ratio, dispersion, rate_ratio, risk_ratio};
pub use tail::{at_least, normal_above, student_95, student_above};

/// The share of a normal distribution within this many standard deviations of its middle is 95 %.
pub const NORMAL_95: f64 = 1.959_963_985;
