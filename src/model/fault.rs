//! What may be wrong with evidence, and how it is told: each fault is counted by table with its places.

use super::coverage::grouped;
use crate::model::sheet::Oddity;
use crate::model::zone::Doubt;

/// Why something of the evidence is not, or not quite, in the answer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The file ended or broke before its end: what follows is not read.
    Damaged(String),
    /// Bytes of zero in lines of text, as a power loss leaves them.
    Zeros,
    /// A record that could not be read at all; it is not a row.
    Unread,
    /// A row with fewer or more fields than columns: what is missing is NULL, what is too much is left out.
    Ragged,
    /// A value that does not fit its column's type: NULL in the row.
    Value { column: String, kind: String },
    /// A cell of a workbook that holds an error in place of a value: NULL in the row.
    CellError { column: String, error: String },
    /// A formula whose result the workbook does not store: NULL in the row.
    NoResult { column: String },
    /// A key that an object has more than once: the first value is the row's.
    KeyTwice(String),
    /// What is odd among the rows of a sheet.
    Sheet(Oddity),
    /// A key that no sampled object had: its value is not in any column.
    UnknownKey(String),
    /// The same, of keys beyond those that are kept by name.
    OtherKeys,
    /// A log line outside any record that has a time.
    NoTime,
    /// A log record of a format that no sample of its file showed.
    Stray,
    /// A log line that begins with a time as records do, but is of no format of its file.
    LikeRecord,
    /// A message in pieces whose last one does not stand behind the others.
    Torn,
    /// Bytes that are not UTF-8, shown as U+FFFD.
    Replaced,
    /// A time that the clock showed twice when it was set back: the first one is taken, or in a log what the order of
    /// the lines tells.
    TwiceOnClock { column: String, by_order: bool },
    /// A time that the clock, set forward, never showed: taken as if it had not been.
    NeverOnClock { column: String },
    /// Times without a zone in a log whose other times have one.
    NoZone,
    /// Lines with nothing in them.
    Blank,
    /// The header once more, between rows.
    HeaderAgain,
    /// A record longer than the limit, cut there.
    Cut { bytes: usize },
    /// The same, of a field in quotes, which lines may be in.
    LongQuote { bytes: usize },
    /// A quote that is opened and never closed: all that follows is in one field.
    OpenQuote,
    /// Text behind the closing quote of a field: where the field ends, and maybe the row, is not sure.
    AfterQuote,
    /// Files that are of no known kind or cannot be opened.
    LeftOut(String),
}

impl Fault {
    /// Blank lines lose no row and no value, and a line without a time is a row. An error in a cell is all that the
    /// evidence has there.
    pub fn loses(&self) -> bool {
        use Fault::{
            Blank, CellError, HeaderAgain, LikeRecord, NeverOnClock, NoTime, NoZone, Sheet, Stray, Torn, TwiceOnClock,
        };
        let is_told = matches!(
            self,
            NoZone | Blank | HeaderAgain | NoTime | Stray | LikeRecord | CellError { .. } | Sheet(_) | Torn
        );
        !is_told && !matches!(self, TwiceOnClock { .. } | NeverOnClock { .. })
    }

    pub fn described(&self, count: u64) -> String {
        let one = count == 1;
        let n = grouped(count);
        match self {
            Fault::Damaged(why) => why.clone(),
            Fault::OpenQuote => {
                "a quote is opened and never closed, and the rest of the file is in that one field".into()
            }
            Fault::AfterQuote => format!(
                "{n} {} text behind a closing quote: fields, or rows, may be run together there",
                if one { "row has" } else { "rows have" }
            ),
            Fault::KeyTwice(key) => format!(
                "{n} {} the key `{key}` more than once: the first value counts",
                if one { "object has" } else { "objects have" }
            ),
            Fault::LeftOut(files) => format!("left out, {files}"),
            Fault::Zeros => format!(
                "damaged: {n} {} bytes of zero, which no text has; rows near them are wrong or lost",
                if one { "line has" } else { "lines have" }
            ),
            Fault::Unread if one => "1 record could not be read and is not in the answer".into(),
            Fault::Unread => format!("{n} records could not be read and are not in the answer"),
            Fault::Ragged => {
                format!("{n} {} another number of fields than the header", if one { "row has" } else { "rows have" })
            }
            Fault::Value { column, kind } => {
                format!(
                    "{n} {} of `{column}` {} no {kind} and NULL here",
                    if one { "value" } else { "values" },
                    if one { "is" } else { "are" }
                )
            }
            Fault::CellError { column, error } => {
                let (cells, hold) = if one { ("cell", "holds") } else { ("cells", "hold") };
                format!("{n} {cells} of `{column}` {hold} {error} and {} NULL here", if one { "is" } else { "are" })
            }
            Fault::NoResult { column } => format!(
                "{n} {} of `{column}` {} no stored result and {} NULL here",
                if one { "formula" } else { "formulas" },
                if one { "has" } else { "have" },
                if one { "is" } else { "are" }
            ),
            Fault::HeaderAgain if one => "1 line is the header once more and no row".into(),
            Fault::HeaderAgain => format!("{n} lines are the header once more and no rows"),
            Fault::Sheet(oddity) => oddity.described(one, &n),
            Fault::UnknownKey(key) => {
                format!("{n} {} the key `{key}`, which is no column", if one { "object has" } else { "objects have" })
            }
            Fault::OtherKeys => format!("{n} more values have keys that are no columns"),
            Fault::NoTime => format!("{n} {} no time", if one { "row has" } else { "rows have" }),
            Fault::Stray if one => {
                "1 record is of a format that its file is not known to have: its fields are in its message alone".into()
            }
            Fault::Stray => format!(
                "{n} records are of formats that their file is not known to have: their fields are in their messages alone"
            ),
            Fault::LikeRecord if one => {
                "1 line has a time as records do, and is of no format of its file: it is in the record before it".into()
            }
            Fault::LikeRecord => {
                format!(
                    "{n} lines have a time as records do, and are of no format of their file: they are in the records before them"
                )
            }
            Fault::Torn => format!(
                "{n} {} whose last piece does not follow the others: what stands elsewhere of {} is a record of its own",
                if one { "message is in pieces" } else { "messages are in pieces" },
                if one { "it" } else { "them" }
            ),
            Fault::Replaced => {
                format!("{n} {} not UTF-8, shown with `\u{FFFD}`", if one { "value is" } else { "values are" })
            }
            Fault::TwiceOnClock { column, by_order } => format!(
                "{n} {} of `{column}` {} on the clock twice, as it was set back: {}",
                if one { "time" } else { "times" },
                if one { "was" } else { "were" },
                match (by_order, one) {
                    (true, _) => "the order of the lines tells which one is meant, or the first one is taken",
                    (false, true) => "it is taken as the first one",
                    (false, false) => "they are taken as the first ones",
                }
            ),
            Fault::NeverOnClock { column } => format!(
                "{n} {} of `{column}` {} never on the clock, as it was set forward: taken as if it had not been",
                if one { "time" } else { "times" },
                if one { "was" } else { "were" }
            ),
            Fault::NoZone => format!(
                "{n} {} no zone, or the name of several, beside others that have one: taken as UTC; say which with --timezone",
                if one { "time has" } else { "times have" }
            ),
            Fault::Blank => format!("{n} blank {}", if one { "row" } else { "rows" }),
            Fault::Cut { bytes } => {
                format!(
                    "{n} {} longer than {} MiB and cut there",
                    if one { "record is" } else { "records are" },
                    bytes >> 20
                )
            }
            Fault::LongQuote { bytes } => format!(
                "{n} {} longer than {} MiB and cut there; lines in {} up to the closing quote are no rows",
                if one { "field in quotes is" } else { "fields in quotes are" },
                bytes >> 20,
                if one { "it" } else { "them" }
            ),
        }
    }
}

impl Fault {
    /// Of a time of a column.
    pub fn of_doubt(doubt: Doubt, column: &str, by_order: bool) -> Fault {
        match doubt {
            Doubt::Twice => Fault::TwiceOnClock { column: column.into(), by_order },
            Doubt::Never => Fault::NeverOnClock { column: column.into() },
        }
    }
}
