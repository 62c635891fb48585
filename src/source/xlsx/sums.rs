//! Whether a row holds figures of the rows above it. A label alone is not believed: the row's numbers must be sums,
//! means and the like of their columns, of all rows or of those since an earlier sum. What is in doubt stays a row.

use std::collections::VecDeque;

use super::cell::{self, Cell, Row, Strings};
use super::label::{Figure, Label};

/// So many earlier sums are remembered as places where a group may begin.
const MARKS_MAX: usize = 32;
/// Sheets may have 16,384 columns; sums are looked for in these.
const COLUMNS_MAX: usize = 512;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Row,
    /// A sum, wherever it stands.
    Sum,
    /// A sum or a remark if no row follows, and a row else.
    Below {
        is_labelled: bool,
    },
    /// A row that looks like a sum.
    Doubt,
    /// The same, if no row follows.
    DoubtBelow,
}

/// What the rows have in one column.
#[derive(Debug, Default, Clone, Copy)]
struct Stat {
    filled: u64,
    numbers: u64,
    words: u64,
    /// Numbers that add to a sum.
    parts: u64,
    sum: f64,
    squares: f64,
    size: f64,
    range: (f64, f64),
}

impl Stat {
    fn add(&mut self, number: Option<f64>, is_text: bool) {
        self.filled += 1;
        let Some(number) = number else {
            self.words += u64::from(is_text);
            return;
        };
        self.range = match self.numbers {
            0 => (number, number),
            _ => (self.range.0.min(number), self.range.1.max(number)),
        };
        self.numbers += 1;
        self.parts += u64::from(number != 0.0);
        self.sum += number;
        self.squares += number * number;
        self.size += number.abs();
    }

    fn mean(&self) -> f64 {
        self.sum / self.numbers as f64
    }

    /// Standard deviation of all rows, and of a sample of them.
    fn spreads(&self) -> [f64; 2] {
        let count = self.numbers as f64;
        let squares = (self.squares - self.sum * self.sum / count).max(0.0);
        [(squares / count).sqrt(), (squares / (count - 1.0).max(1.0)).sqrt()]
    }
}

/// How a number fits what stands above it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Misses,
    /// It cannot be told, as of a formula without a result.
    Unknown,
    /// It is how many rows there are, or a mean beside sums: it may be so by chance.
    Allowed,
    /// It is one of the numbers above, too.
    Fits,
    /// It is none of the numbers above.
    Tells,
}

/// The rows of a table so far.
#[derive(Debug, Default)]
pub struct Sums {
    rows: u64,
    /// Since the last sum.
    group_rows: u64,
    all: Vec<Stat>,
    group: Vec<Stat>,
    /// What `all` was at earlier sums.
    marks: VecDeque<Vec<Stat>>,
}

impl Sums {
    /// Takes in a row of the table.
    pub fn add(&mut self, row: &Row, strings: &Strings) {
        self.rows += 1;
        self.group_rows += 1;
        for (column, cell) in &row.cells {
            let at = *column as usize;
            if at >= COLUMNS_MAX {
                continue;
            }
            if self.all.len() <= at {
                self.all.resize(at + 1, Stat::default());
                self.group.resize(at + 1, Stat::default());
            }
            let number = number(*cell, row, strings);
            self.all[at].add(number, is_text(*cell));
            self.group[at].add(number, is_text(*cell));
        }
    }

    /// A sum stands here, and another group may begin.
    pub fn close(&mut self) {
        if self.group_rows > 0 {
            self.marks.push_back(self.all.clone());
            if self.marks.len() > MARKS_MAX {
                self.marks.pop_front();
            }
            self.group_rows = 0;
            self.group.fill(Stat::default());
        }
    }

    /// Whether all cells of the row are words where a column of other values has one.
    pub fn is_like_header(&self, row: &Row, strings: &Strings) -> bool {
        let is_word = |(_, cell): &(u32, Cell)| is_text(*cell) && number(*cell, row, strings).is_none();
        let is_over_values = |(column, _): &(u32, Cell)| {
            self.all.get(*column as usize).is_some_and(|stat| stat.filled > 1 && stat.words == 0)
        };
        row.cells.len() > 1 && row.cells.iter().all(is_word) && row.cells.iter().any(is_over_values)
    }

    /// `width` is how many columns the table has; `is_apart` that blank rows or sums stand right above, `follows` that sums do.
    pub fn judge(&self, row: &Row, strings: &Strings, width: usize, (is_apart, follows): (bool, bool)) -> Verdict {
        let Some((_, first)) = row.cells.first() else { return Verdict::Row };
        let label = label(*first, row, strings);
        let is_remark = row.cells.len() == 1 && is_text(*first) && width > 2;
        let Some(label) = label else {
            if is_remark && (is_apart || follows) {
                return Verdict::Below { is_labelled: false };
            }
            return self.unlabelled(row, strings);
        };
        if row.cells.len() == 1 {
            return match label.is_plain || is_apart || follows {
                true if width > 1 && (label.figure == Figure::Sum || is_remark && (is_apart || follows)) => {
                    Verdict::Below { is_labelled: true }
                }
                _ => Verdict::Row,
            };
        }
        let fits = self.fits(row, strings, label.figure);
        match label.figure {
            Figure::Sum => self.sum(row, &fits, label.is_plain),
            _ => self.statistic(row, &fits, label.figure, follows),
        }
    }

    fn sum(&self, row: &Row, fits: &Fits, is_plain: bool) -> Verdict {
        let is_sparse = self.is_sparse(row);
        let is_certain = is_sparse || self.rows >= 3 || fits.tells > 1;
        match (is_plain, fits) {
            (true, Fits { tells: 1.., .. }) if fits.tells + fits.fits >= fits.misses + fits.words => match is_certain {
                true => Verdict::Sum,
                false => Verdict::Below { is_labelled: true },
            },
            (true, Fits { misses: 0, words: 0, .. }) => match is_sparse && fits.fits + fits.unknown > 0 {
                true => Verdict::Sum,
                false if self.rows > 0 => Verdict::Below { is_labelled: true },
                false => Verdict::Doubt,
            },
            (true, _) => Verdict::Doubt,
            (false, Fits { tells: 1.., misses: 0, words: 0, .. }) if is_certain => Verdict::Sum,
            (false, _) if fits.tells > 0 || is_sparse => Verdict::Doubt,
            (false, _) => Verdict::Row,
        }
    }

    fn statistic(&self, row: &Row, fits: &Fits, figure: Figure, follows: bool) -> Verdict {
        let below = Verdict::Below { is_labelled: true };
        let is_sparse = self.is_sparse(row);
        if fits.words > 0 || fits.misses > 0 {
            return if follows && fits.words == 0 { below } else { Verdict::Row };
        }
        let is_extreme = matches!(figure, Figure::Least | Figure::Most | Figure::Count);
        match fits.tells {
            // A person called Max may have the most of one thing by chance.
            1.. if follows || !is_extreme && self.rows >= 3 => Verdict::Sum,
            1.. if is_sparse || fits.tells > 1 || !is_extreme => below,
            1.. => Verdict::Doubt,
            0 if follows || is_sparse => below,
            0 => Verdict::Row,
        }
    }

    /// A row that leaves empty what all rows have, and whose numbers are sums; or with a label further on.
    fn unlabelled(&self, row: &Row, strings: &Strings) -> Verdict {
        let is_sum = |(_, cell): &(u32, Cell)| {
            is_text(*cell)
                && is_short(*cell, row, strings)
                && label(*cell, row, strings).is_some_and(|label| label.figure == Figure::Sum && label.is_plain)
        };
        if row.cells.iter().skip(1).any(is_sum) {
            let fits = self.fits(row, strings, Figure::Sum);
            return if fits.tells > 0 && fits.misses == 0 { Verdict::Doubt } else { Verdict::Row };
        }
        if row.cells.iter().any(|(_, cell)| is_text(*cell)) || !self.is_sparse(row) || self.rows < 3 {
            return Verdict::Row;
        }
        let fits = self.fits(row, strings, Figure::Sum);
        if fits.tells > 0 && fits.misses + fits.fits == 0 { Verdict::DoubtBelow } else { Verdict::Row }
    }

    /// Whether it leaves a column empty that all rows above have a value in.
    fn is_sparse(&self, row: &Row) -> bool {
        let is_full = |stat: &Stat| stat.filled == self.rows && stat.filled > 0;
        let full = self.all.iter().filter(|stat| is_full(stat)).count();
        let has = |(column, _): &&(u32, Cell)| self.all.get(*column as usize).is_some_and(is_full);
        row.cells.iter().filter(has).count() < full
    }

    fn fits(&self, row: &Row, strings: &Strings, figure: Figure) -> Fits {
        let mut fits = Fits::default();
        for (column, cell) in row.cells.iter().skip(usize::from(is_text(row.cells[0].1))) {
            let fit = match number(*cell, row, strings) {
                Some(number) => self.fit(*column as usize, number, figure),
                None if matches!(cell, Cell::NoValue | Cell::Error { .. }) => Fit::Unknown,
                None if is_text(*cell) => {
                    fits.words += u64::from(label(*cell, row, strings).is_none());
                    continue;
                }
                None => {
                    fits.words += 1;
                    continue;
                }
            };
            match fit {
                Fit::Misses => fits.misses += 1,
                Fit::Unknown => fits.unknown += 1,
                Fit::Allowed => {}
                Fit::Fits => fits.fits += 1,
                Fit::Tells => fits.tells += 1,
            }
        }
        fits
    }

    fn fit(&self, column: usize, number: f64, figure: Figure) -> Fit {
        let Some(all) = self.all.get(column).filter(|stat| stat.numbers > 0) else { return Fit::Unknown };
        let counts = [self.rows, self.group_rows, all.filled];
        let is_count = || counts.iter().any(|count| *count > 1 && *count as f64 == number);
        let group = self.group.get(column).filter(|stat| stat.numbers > 0);
        let extents = || [Some(all), group].into_iter().flatten();
        let told = |is_told: bool| if is_told { Fit::Tells } else { Fit::Fits };
        let of = |stat: &Stat, figure: Figure| {
            let is = |expected: f64| is_near(number, expected, stat.size);
            let varies = stat.range.0 != stat.range.1;
            match figure {
                Figure::Sum if is(stat.sum) => told(stat.parts > 1),
                Figure::Mean if is(stat.mean()) => told(varies),
                Figure::Least if is(stat.range.0) => told(varies),
                Figure::Most if is(stat.range.1) => told(varies),
                Figure::Spread if stat.spreads().into_iter().any(is) => told(varies),
                Figure::Count if is_count() => told(true),
                Figure::Other => Fit::Unknown,
                _ => Fit::Misses,
            }
        };
        let best = |figure: Figure| extents().map(|stat| of(stat, figure)).max().unwrap_or(Fit::Misses);
        if figure != Figure::Sum {
            return best(figure);
        }
        // A row of sums has means of what has no sum, or says how many rows there are.
        let beside = best(Figure::Mean).max(best(Figure::Count)).min(Fit::Allowed);
        let since_mark = self.marks.iter().map(|mark| {
            let before = mark.get(column).copied().unwrap_or_default();
            match is_near(number, all.sum - before.sum, all.size) && all.numbers > before.numbers {
                true => told(all.parts - before.parts > 1),
                false => Fit::Misses,
            }
        });
        best(Figure::Sum).max(beside).max(since_mark.max().unwrap_or(Fit::Misses))
    }
}

/// How the numbers of a row fit.
#[derive(Debug, Default)]
struct Fits {
    misses: u64,
    unknown: u64,
    fits: u64,
    tells: u64,
    /// Texts behind the label, and what else is no number.
    words: u64,
}

/// Whether a number is another one, as far as its decimals go.
fn is_near(number: f64, expected: f64, size: f64) -> bool {
    let text = number.to_string();
    let decimals = text.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let rounded = if decimals == 0 { 0.0 } else { 0.500_001 * 10_f64.powi(-(decimals as i32)) };
    (number - expected).abs() <= rounded.max(1e-9 * size)
}

pub fn is_text(cell: Cell) -> bool {
    matches!(cell, Cell::Text { .. } | Cell::Shared(_))
}

fn label(cell: Cell, row: &Row, strings: &Strings) -> Option<Label> {
    if !is_text(cell) {
        return None;
    }
    let mut text = Vec::new();
    cell::text(cell, row, strings, &mut text);
    Label::of(std::str::from_utf8(&text).ok()?)
}

/// Whether a text is as short as a word for sums, and begins as one; to pass over most texts of a table.
fn is_short(cell: Cell, row: &Row, strings: &Strings) -> bool {
    let text = match cell {
        Cell::Text { start, end } => &row.bytes[start..end],
        Cell::Shared(index) => strings.get(index).unwrap_or_default(),
        _ => return false,
    };
    let begins =
        |first: &u8| first.is_ascii_whitespace() || matches!(first.to_ascii_lowercase(), b't' | b's' | b'g' | 0x80..);
    text.len() <= 24 && text.first().is_some_and(begins)
}

/// The number in a cell; spans of time in microseconds.
fn number(cell: Cell, row: &Row, strings: &Strings) -> Option<f64> {
    let text = match cell {
        Cell::Number(value) | Cell::Percent(value) => return Some(value),
        Cell::Whole(value) | Cell::Padded(value, _) | Cell::OfDay(value) | Cell::Elapsed(value) => {
            return Some(value as f64);
        }
        Cell::Text { start, end } => &row.bytes[start..end],
        Cell::Shared(index) => strings.get(index)?,
        _ => return None,
    };
    if !text.first().is_some_and(|first| first.is_ascii_digit() || *first == b'-') {
        return None;
    }
    std::str::from_utf8(text).ok()?.trim().parse().ok().filter(|value: &f64| value.is_finite())
}
