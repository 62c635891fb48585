//! Flag bundles that commands share, as they are typed. What they mean is decided in `settings` and the commands.

mod common;

pub use common::{Color, Common, Format};

/// A flag's share of a whole.
///
/// # Errors
/// If it is not between 0 and 1.
pub fn share(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|share| (0.0..=1.0).contains(share)).ok_or_else(|| "a share is between 0 and 1".into())
}
