//! Flag bundles that commands share, as they are typed. What they mean is decided in `settings` and the commands.

mod common;

pub use common::{Color, Common, Format};
