//! How a column's cells become values. What a cell says of itself counts first; texts are read as those of a CSV file
//! are, and numbers among texts stay text.

use super::cell::{self, Cell, Row, Strings, whole};
use crate::model::column::{Buffer, Interval, Kind};
use crate::model::coverage::Fault;
use crate::model::time::{DAY, Stamp};
use crate::model::zone::Clock;
use crate::source::infer::{Guess, Reading};
use crate::source::scalar::is_null_word;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typing {
    Read(Reading),
    OfDay,
    Elapsed,
}

/// What was seen of a column.
#[derive(Debug, Default, Clone)]
pub struct Seen {
    guess: Guess,
    numbers: u64,
    /// The first number that is shown with zeros before it.
    padded: Option<String>,
    percents: u64,
    texts: u64,
    of_days: u64,
    spans: u64,
    moments: u64,
    /// Dates and times that are no texts.
    days: u64,
    others: u64,
}

impl Seen {
    pub fn see(&mut self, cell: Cell, row: &Row, strings: &Strings, scratch: &mut Vec<u8>) {
        scratch.clear();
        match cell {
            Cell::Error { .. } | Cell::NoValue | Cell::Broken { .. } => return,
            Cell::OfDay(_) => return self.of_days += 1,
            Cell::Elapsed(_) => return self.spans += 1,
            Cell::Text { .. } | Cell::Shared(_) => {
                cell::text(cell, row, strings, scratch);
                self.texts += u64::from(!is_null_word(scratch));
            }
            _ => {
                cell::text(cell, row, strings, scratch);
                self.numbers += u64::from(matches!(cell, Cell::Number(_) | Cell::Percent(_) | Cell::Whole(_)));
                if matches!(cell, Cell::Padded(..)) && self.padded.is_none() && scratch.first() == Some(&b'0') {
                    self.padded = Some(String::from_utf8_lossy(scratch).into_owned());
                }
                self.percents += u64::from(matches!(cell, Cell::Percent(_)));
                self.moments += u64::from(matches!(cell, Cell::Moment(_)));
                self.days += u64::from(matches!(cell, Cell::Date(_) | Cell::Moment(_) | Cell::Instant(_)));
                self.others += 1;
            }
        }
        self.guess.see(scratch);
    }

    /// Joins what was seen in other rows of the column.
    pub fn typing(&self, name: &str) -> Typing {
        if self.of_days + self.spans > 0 {
            return match self.texts + self.others {
                0 if self.spans == 0 => Typing::OfDay,
                0 => Typing::Elapsed,
                _ => Typing::Read(Reading::Text),
            };
        }
        if self.numbers > 0 && self.texts > 0 {
            return Typing::Read(Reading::Text);
        }
        Typing::Read(self.guess.reading(name))
    }

    /// Why a column that is text holds no words, if it does not.
    pub fn as_text(&self) -> Option<String> {
        if let Some(padded) = &self.padded {
            return Some(format!("its cells show zeros that a number does not have, as in `{padded}`"));
        }
        if self.of_days + self.spans > 0 {
            return (self.texts + self.others > 0).then(|| "it has times of day beside others".into());
        }
        if self.days > 0 && self.texts + self.numbers > 0 {
            return Some("it has dates beside texts or numbers".into());
        }
        if self.numbers > 0 && self.texts > 0 {
            return None;
        }
        self.guess.as_text().map(|(value, why)| format!("{why} `{value}`"))
    }

    /// Whether spans of a day and more stand beside times of day.
    pub fn has_long_times(&self) -> bool {
        self.of_days > 0 && self.spans > 0
    }

    /// Whether its times are as a clock on a wall showed them.
    pub fn is_zoneless(&self) -> bool {
        self.moments > 0 || self.guess.is_zoneless()
    }

    pub fn is_percent(&self) -> bool {
        self.percents > 0
    }
}

impl Typing {
    pub fn kind(self) -> Kind {
        match self {
            Typing::Read(reading) => reading.kind(),
            Typing::OfDay => Kind::TimeOfDay,
            Typing::Elapsed => Kind::Interval,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Typing::Read(reading) => reading.name(),
            Typing::OfDay => "time of day",
            Typing::Elapsed => "span of time",
        }
    }

    /// Adds a cell's value, or NULL and why it is.
    #[inline]
    pub fn push(
        self,
        cell: Cell,
        (row, strings): (&Row, &Strings),
        clock: Clock,
        out: &mut Buffer,
        scratch: &mut Vec<u8>,
    ) -> Option<Misfit> {
        match (cell, self) {
            (Cell::Number(value) | Cell::Percent(value), Typing::Read(Reading::Float)) => out.push_float(value),
            (Cell::Whole(value), Typing::Read(Reading::Int)) => out.push_int(value),
            (Cell::Number(value) | Cell::Percent(value), Typing::Read(Reading::Int)) if whole(value).is_some() => {
                out.push_int(value as i64);
            }
            (Cell::Date(days), Typing::Read(Reading::Date)) => out.push_int(days),
            (Cell::Date(days), Typing::Read(Reading::Time | Reading::DayFirst | Reading::MonthFirst)) => {
                out.push_time(clock.resolve(Stamp { wall: days * DAY, offset: None }));
            }
            (Cell::Moment(wall), Typing::Read(Reading::Time | Reading::DayFirst | Reading::MonthFirst)) => {
                out.push_time(clock.resolve(Stamp { wall, offset: None }));
            }
            (Cell::Instant(at), Typing::Read(Reading::Time | Reading::DayFirst | Reading::MonthFirst)) => {
                out.push_int(clock.set_back(at));
            }
            (Cell::Bool(value), Typing::Read(Reading::Bool)) => out.push_int(i64::from(value)),
            (Cell::OfDay(micros), Typing::OfDay) => out.push_int(micros),
            (Cell::OfDay(micros) | Cell::Elapsed(micros), Typing::Elapsed) => {
                out.push_interval(Interval { months: 0, days: 0, micros });
            }
            (Cell::Error { start, end }, _) => {
                out.push_null();
                return Some(Misfit::Error(String::from_utf8_lossy(&row.bytes[start..end]).into_owned()));
            }
            (Cell::NoValue, _) => {
                out.push_null();
                return Some(Misfit::NoValue);
            }
            (Cell::Shared(index), _) if strings.get(index).is_none() => {
                out.push_null();
                return Some(Misfit::Value("text of those that its cells share"));
            }
            (Cell::Broken { .. }, _) => {
                out.push_null();
                return Some(Misfit::Value("value that its cell can hold"));
            }
            (Cell::Text { start, end }, Typing::Read(Reading::Text)) => out.push_bytes(&row.bytes[start..end]),
            (Cell::Shared(index), Typing::Read(Reading::Text)) => {
                out.push_bytes(strings.get(index).unwrap_or_default())
            }
            _ => {
                scratch.clear();
                cell::text(cell, row, strings, scratch);
                let fits = match self {
                    Typing::Read(reading) => reading.push(scratch, clock, out),
                    Typing::OfDay | Typing::Elapsed => {
                        out.push_null();
                        false
                    }
                };
                // `NA` in a column of numbers is a missing value and no loss.
                if !fits && !is_null_word(scratch) {
                    return Some(Misfit::Value(self.name()));
                }
            }
        }
        None
    }
}

/// Why a cell is NULL.
#[derive(Debug, PartialEq, Eq)]
pub enum Misfit {
    Value(&'static str),
    Error(String),
    NoValue,
}

impl Misfit {
    pub fn fault(self, column: &str) -> Fault {
        let column = column.to_string();
        match self {
            Misfit::Value(kind) => Fault::Value { column, kind: kind.into() },
            Misfit::Error(error) => Fault::CellError { column, error },
            Misfit::NoValue => Fault::NoResult { column },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(name: &str, cells: &[Cell], texts: &[&str]) -> Typing {
        let (mut seen, mut row) = (Seen::default(), Row::default());
        texts.iter().for_each(|text| row.push_text(0, text.as_bytes()));
        let cells: Vec<Cell> = cells.iter().copied().chain(row.cells.iter().map(|(_, cell)| *cell)).collect();
        for cell in cells {
            seen.see(cell, &row, &Strings::default(), &mut Vec::new());
        }
        seen.typing(name)
    }

    #[test]
    fn cells_tell_the_type_and_texts_are_read_as_csv_is() {
        use Cell::{Bool, Date, Elapsed, Moment, Number, OfDay, Percent};
        let read = Typing::Read;
        assert_eq!(typed("n", &[Number(1.0), Number(2.0)], &["N/A"]), read(Reading::Int));
        assert_eq!(typed("n", &[Number(1.0), Percent(0.5)], &[]), read(Reading::Float));
        assert_eq!(typed("n", &[Number(1.0), Cell::Whole(1 << 60)], &[]), read(Reading::Int));
        assert_eq!(typed("n", &[Cell::Padded(123, 5)], &[]), read(Reading::Text));
        assert_eq!(typed("n", &[Number(1.0)], &["2"]), read(Reading::Text));
        assert_eq!(typed("n", &[], &["1", "2"]), read(Reading::Int));
        assert_eq!(typed("n", &[], &["007"]), read(Reading::Text));
        assert_eq!(typed("n", &[Number(1e21)], &[]), read(Reading::Float));
        assert_eq!(typed("ts", &[Number(1_740_787_200.0)], &[]), read(Reading::Epoch));
        assert_eq!(typed("d", &[Date(20_000)], &[]), read(Reading::Date));
        assert_eq!(typed("d", &[Date(20_000), Moment(1)], &[]), read(Reading::Time));
        assert_eq!(typed("ts", &[Moment(1), Moment(2), Moment(3)], &["pending"]), read(Reading::Time));
        assert_eq!(typed("note", &[Moment(1)], &["pending"]), read(Reading::Text));
        assert_eq!(typed("b", &[Bool(true)], &["FALSE"]), read(Reading::Bool));
        assert_eq!(typed("t", &[OfDay(1)], &[]), Typing::OfDay);
        assert_eq!(typed("t", &[OfDay(1), Elapsed(2)], &[]), Typing::Elapsed);
        assert_eq!(typed("t", &[OfDay(1), Number(2.0)], &[]), read(Reading::Text));
        assert_eq!(typed("x", &[Cell::NoValue], &[]), read(Reading::Text));
    }
}
