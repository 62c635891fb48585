//! Plain values that every room speaks of. No I/O, no clock, no engine.

pub mod codes;
pub mod column;
pub mod contrast;
pub mod coverage;
pub mod document;
pub mod duration;
mod fault;
pub mod figure;
pub mod level;
pub mod meaning;
pub mod name;
pub mod printable;
pub mod redact;
pub mod retain;
pub mod role;
pub mod scan;
pub mod sheet;
pub mod shell;
pub mod size;
pub mod slices;
pub mod statistics;
pub mod templates;
pub mod time;
pub mod value;
pub mod zone;
