//! Templates of log messages, mined online: the same whatever the order of the messages and however they are divided
//! among threads.
//!
//! Count messages in a [`Tally`] on each thread, [`Tally::merge`] them, and mine the sum:
//!
//! ```
//! use rca::model::templates::{Mined, Rules, Sighting, Tally};
//!
//! let mut tally = Tally::new(Rules::default());
//! for port in 1000..1010 {
//!     tally.see(format!("connection from 10.0.0.7:{port} closed").as_bytes(), Sighting::default());
//! }
//! let mined = Mined::new(tally);
//! let template = &mined.templates()[0];
//! assert_eq!((template.text.as_str(), template.seen.count), ("connection from <*> closed", 10));
//! let mut room = Vec::new();
//! assert_eq!(mined.template_of(b"connection from 10.0.0.8:1 closed", &mut room), Some(0));
//! ```

mod bucket;
mod class;
mod cover;
mod crowd;
mod date;
mod digest;
mod ident;
mod level;
mod mask;
mod merge;
mod mined;
mod pen;
#[cfg(test)]
mod properties;
mod rules;
mod seen;
mod skeleton;
mod slot;
mod span;
mod sparse;
mod table;
mod tally;
mod template;

pub use mined::Mined;
pub use rules::Rules;
pub use seen::Sighting;
pub use tally::Tally;
pub use template::Template;
