//! Where records of a log begin: at lines that a format of the file knows.

use std::sync::Arc;

use memchr::{memchr, memrchr};

use super::capture::Capture;
use super::pieces::LOOKED_BACK;
use super::plan::FileFormats;
use crate::source::blocks::{Framing, without_return};

/// Records begin where a line is known.
pub struct Heads(pub Arc<FileFormats>);

pub fn line_end(buffer: &[u8], at: usize) -> usize {
    memchr(b'\n', &buffer[at..]).map_or(buffer.len(), |found| at + found)
}

/// The line at `at` without its end.
pub fn line(buffer: &[u8], at: usize) -> &[u8] {
    without_return(&buffer[at..line_end(buffer, at)])
}

impl Framing for Heads {
    fn looks_back(&self) -> usize {
        if self.0.looks_back() { LOOKED_BACK } else { 1 }
    }

    fn next_start(&self, buffer: &[u8], from: usize, is_file_end: bool) -> Option<usize> {
        let mut capture = Capture::default();
        let mut at = from + memchr(b'\n', &buffer[from - 1..])?;
        while at < buffer.len() {
            let end = line_end(buffer, at);
            // The buffer may end within a line: then it cannot be judged yet.
            if end == buffer.len() && !is_file_end {
                return None;
            }
            if self.0.is_head(buffer, at, &mut capture) {
                return Some(at);
            }
            at = end + 1;
        }
        None
    }

    fn last_start(&self, buffer: &[u8]) -> Option<usize> {
        let mut capture = Capture::default();
        let mut end = memrchr(b'\n', buffer)?;
        loop {
            let start = memrchr(b'\n', &buffer[..end]).map_or(0, |newline| newline + 1);
            if self.0.is_head(buffer, start, &mut capture) {
                return Some(start);
            }
            end = start.checked_sub(1)?;
        }
    }

    fn start_before(&self, buffer: &[u8], low: usize, at: usize) -> usize {
        let mut capture = Capture::default();
        let mut at = at;
        loop {
            let start = memrchr(b'\n', &buffer[low..at]).map_or(low, |newline| low + newline + 1);
            if start == low || self.0.is_head(buffer, start, &mut capture) {
                return start;
            }
            at = start - 1;
        }
    }
}
