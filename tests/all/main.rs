//! What the whole program does, in one binary: transcripts, planted truth, the house's own rules.

mod arrangement;
mod cadences;
mod case;
mod check;
mod codes;
mod compare;
mod databases;
mod dumps;
mod errors;
mod explain;
mod help;
mod kinds;
mod logs;
mod missing;
mod page;
mod rca;
mod regressions;
mod report;
mod settings;
mod signals;
mod slices;
mod slices_asked;
mod templates;
mod tidy;
mod timeline;
mod transcripts;
