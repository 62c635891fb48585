//! The pen: writes a skeleton, wildcards in place of parameters and the rest as it stands in the line. Lists of
//! parameters become one.

use super::class::{BLANK, JOINT, START, at, is};

/// The byte of a wildcard in a skeleton. In a message it is a blank, as every control character is.
pub const WILD: u8 = 1;

pub struct Pen<'a> {
    pub line: &'a [u8],
    out: &'a mut Vec<u8>,
    /// From where the line is not written yet. What stays is written in pieces as long as can be.
    from: usize,
    /// Whether parameters side by side are one.
    lists: bool,
}

impl<'a> Pen<'a> {
    pub fn new(line: &'a [u8], out: &'a mut Vec<u8>, lists: bool) -> Self {
        out.clear();
        Self { line, out, from: 0, lists }
    }

    /// Writes the line up to `end` as it is.
    #[inline]
    fn keep(&mut self, end: usize) {
        self.out.extend_from_slice(&self.line[self.from..end]);
        self.from = end;
    }

    /// From where the line is not written yet: what was taken for a parameter lies before.
    #[inline]
    pub fn from(&self) -> usize {
        self.from
    }

    /// What lies before `start`: what of it is not written yet, or else what is written.
    #[inline]
    pub fn before(&self, start: usize) -> &[u8] {
        if self.from < start { &self.line[self.from..start] } else { self.out }
    }

    /// Takes back what [`Self::before`] ends with. The new start.
    #[inline]
    pub fn back(&mut self, start: usize, count: usize) -> usize {
        if self.from < start {
            return start - count;
        }
        self.out.truncate(self.out.len() - count);
        start
    }

    /// Takes the blanks at `start`: one blank with what is before, none at the start. Where to go on.
    pub fn blanks(&mut self, start: usize) -> usize {
        self.keep(start);
        let mut end = start + 1;
        while at(self.line, end, BLANK) {
            end += 1;
        }
        if self.out.last().is_some_and(|&last| last != b' ') {
            self.out.push(b' ');
        }
        self.from = end;
        end
    }

    /// Writes a wildcard for `start..end`. With only a divider between it and another, both are one.
    #[inline]
    pub fn wild(&mut self, start: usize, end: usize) -> usize {
        self.keep(start);
        self.from = end;
        let divider = match self.out.as_slice() {
            [.., WILD, b',' | b'|' | b';', b' '] => 2,
            [.., WILD, b' ', b'-', b' '] => 3,
            [.., WILD, b' ' | b',' | b':' | b'/' | b'|' | b';'] => 1,
            _ => 0,
        };
        let kept = self.out.len() - divider;
        // `blk_<*> <*>` is no list: the wildcard before is part of a word.
        let alone = divider > 0 && (kept == 1 || !is(self.out[kept - 2], START | JOINT));
        if alone && self.lists && !at(self.line, end, START) {
            self.out.truncate(kept);
        } else {
            self.out.push(WILD);
        }
        end
    }

    /// Writes a wildcard for `parameter..end` in the word that starts at `start`. The same prefix with a wildcard
    /// before it makes a list.
    #[inline]
    pub fn wild_after(&mut self, start: usize, parameter: usize, end: usize) -> usize {
        self.keep(start);
        let prefix = &self.line[start..parameter];
        let before = self.out.strip_suffix(b" ").map(|out| out.strip_suffix(b",").unwrap_or(out));
        let listed = before.and_then(|out| out.strip_suffix(&[WILD])).and_then(|out| out.strip_suffix(prefix));
        match listed {
            Some(out) if self.lists && !out.last().is_some_and(|&byte| is(byte, START | JOINT)) => {
                self.out.truncate(out.len() + prefix.len() + 1);
            }
            _ => {
                self.keep(parameter);
                self.out.push(WILD);
            }
        }
        self.from = end;
        end
    }

    /// Writes a wildcard for `start..end`, which is no list's, and goes on at `next`.
    #[inline]
    pub fn wild_within(&mut self, start: usize, end: usize, next: usize) -> usize {
        self.keep(start);
        self.out.push(WILD);
        self.from = end;
        next
    }

    /// Writes what is left, without a blank at the end.
    pub fn end(mut self) {
        self.keep(self.line.len());
        while self.out.last() == Some(&b' ') {
            self.out.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(line: &str, write: impl Fn(&mut Pen)) -> String {
        let mut out = Vec::new();
        let mut pen = Pen::new(line.as_bytes(), &mut out, true);
        write(&mut pen);
        pen.end();
        String::from_utf8(out).unwrap().replace('\x01', "*")
    }

    #[test]
    fn wildcards_and_blanks_among_what_stays() {
        let at = |calls: &'static [(usize, usize)]| {
            move |pen: &mut Pen| {
                calls.iter().for_each(|&(start, end)| {
                    pen.wild(start, end);
                })
            }
        };
        let after = |pen: &mut Pen| {
            [(0, 2, 3), (4, 6, 7)].into_iter().for_each(|(start, parameter, end)| {
                pen.wild_after(start, parameter, end);
            })
        };
        let blanks = |pen: &mut Pen| {
            [0, 3].into_iter().for_each(|start| {
                pen.blanks(start);
            })
        };
        assert_eq!(written("at 17 ", at(&[(3, 5)])), "at *");
        assert_eq!(written("1, 2 - 3", at(&[(0, 1), (3, 4), (7, 8)])), "*");
        assert_eq!(written("\t a \x01 b", blanks), "a b");
        assert_eq!(written("b_1 b_2", after), "b_*");
        assert_eq!(written("a_1 b_2", after), "a_* b_*");
    }
}
