//! The first rows of another command's answer, within bounds: a page must open wherever it is pasted.

use crate::command::Answer;
use crate::error::Result;
use crate::model::document::Table;
use crate::model::scan::Sink;
use crate::model::value::Value;
use crate::session::Session;

/// Characters of a cell's text.
const CELL_MAX: usize = 600;
/// Characters of a line of text, of a note.
const TEXT_MAX: usize = 1_500;
/// Bytes that the cells of a table come to on a page.
const TABLE_MAX: usize = 48_000;
/// The same of the SQL of its rows, and of one.
const SQL_MAX: usize = 36_000;
const ONE_SQL_MAX: usize = 9_000;

/// Rows of an answer.
pub struct Taken {
    pub table: Table,
    /// All rows that there are.
    pub count: u64,
}

/// How many bytes a text takes on a page at most: what is marked up there is replaced by a longer name.
pub fn weight(text: &str) -> usize {
    text.chars()
        .map(|c| match c {
            '<' | '>' | '&' | '"' | '\'' | '\n' | '|' | '\\' | '*' | '`' | '[' | ']' | '_' => 6,
            c if c.is_control() => 8,
            c => c.len_utf8().max(if c.is_ascii() { 1 } else { 3 }),
        })
        .sum()
}

/// The beginning of a text that is too long.
pub fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_string(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// A text that stands by itself.
pub fn line(text: &str) -> String {
    cut(text, TEXT_MAX)
}

/// Notes, of which a page has a few.
pub fn few(notes: Vec<String>) -> Vec<String> {
    const NOTES_MAX: usize = 12;
    const WEIGHT_MAX: usize = 9_000;
    let all = notes.len();
    let mut kept = Vec::new();
    let mut used = 0;
    for note in notes {
        let note = line(&note);
        used += weight(&note);
        if kept.len() == NOTES_MAX || used > WEIGHT_MAX {
            break;
        }
        kept.push(note);
    }
    if kept.len() < all {
        kept.push(format!("… and {} more", all - kept.len()));
    }
    kept
}

/// Takes the first rows of an answer, at most `limit`, and shows every row to `each` with the names of its columns. The
/// column `sql` of an answer is the SQL of its rows.
///
/// # Errors
/// If the evidence cannot be read.
pub fn take(
    session: &Session,
    answer: &Answer,
    limit: u64,
    each: &mut dyn FnMut(&[String], &[Value]),
) -> Result<Taken> {
    let mut taking = Taking { keeping: Keeping::new(&[], limit), columns: Vec::new(), each };
    session.engine.query(&answer.sql, &answer.params, &mut taking)?;
    Ok(taking.keeping.taken())
}

struct Taking<'a> {
    keeping: Keeping,
    columns: Vec<String>,
    each: &'a mut dyn FnMut(&[String], &[Value]),
}

impl Sink for Taking<'_> {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        self.columns = columns.to_vec();
        self.keeping = Keeping::new(columns, self.keeping.limit);
        Ok(())
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        (self.each)(&self.columns, row);
        self.keeping.add(row);
        Ok(())
    }
}

/// Keeps rows while they are few and short, and counts all.
pub struct Keeping {
    limit: u64,
    table: Table,
    /// Which column is the SQL of its row.
    sql: Option<usize>,
    count: u64,
    used: usize,
    used_by_sql: usize,
    is_full: bool,
}

impl Keeping {
    pub fn new(columns: &[String], limit: u64) -> Keeping {
        let sql = columns.iter().position(|name| name == "sql");
        let shown = |(at, _): &(usize, &String)| Some(*at) != sql;
        let columns = columns.iter().enumerate().filter(shown).map(|(_, name)| cut(name, CELL_MAX)).collect();
        let table = Table { columns, ..Table::default() };
        Keeping { limit, table, sql, count: 0, used: 0, used_by_sql: 0, is_full: false }
    }

    pub fn add(&mut self, row: &[Value]) {
        self.count += 1;
        if self.is_full || self.count > self.limit {
            return;
        }
        let shown = row.iter().enumerate().filter(|(at, _)| Some(*at) != self.sql).map(|(_, value)| short(value));
        let cells: Vec<Value> = shown.collect();
        let used: usize = cells.iter().map(|value| 20 + weight(&value.shown())).sum();
        // Its first row it has in any case.
        if self.used + used > TABLE_MAX && self.count > 1 {
            self.is_full = true;
            return;
        }
        self.used += used;
        self.table.rows.push(cells);
        if let Some(at) = self.sql {
            let sql = row[at].shown();
            let used = weight(&sql);
            // SQL that is cut would not run, or would show something else.
            let fits = used <= ONE_SQL_MAX && self.used_by_sql + used <= SQL_MAX && !sql.is_empty();
            self.used_by_sql += if fits { used } else { 0 };
            self.table.sql.push(fits.then_some(sql));
        }
    }

    pub fn taken(self) -> Taken {
        Taken { table: self.table, count: self.count }
    }
}

impl Taken {
    /// Without columns that others tell.
    pub fn without(mut self, columns: &[&str]) -> Taken {
        for name in columns {
            if let Some(at) = self.table.columns.iter().position(|column| column == name) {
                self.table.columns.remove(at);
                self.table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
        self
    }

    /// The table under its caption, without empty columns, with how many of its rows are left out and what has them.
    pub fn table(mut self, caption: impl Into<String>, command: &str) -> Table {
        let left_out = self.count - self.table.rows.len() as u64;
        self.table.caption = line(&caption.into());
        // Columns in which nothing stands.
        let is_empty = |at: usize, rows: &[Vec<Value>]| rows.iter().all(|row| row[at].shown().is_empty());
        for at in (0..self.table.columns.len()).rev() {
            if !self.table.rows.is_empty() && is_empty(at, &self.table.rows) {
                self.table.columns.remove(at);
                self.table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
            }
        }
        self.table.more = (left_out > 0).then(|| (left_out, command.to_string()));
        self.table
    }
}

fn short(value: &Value) -> Value {
    match value {
        Value::Text(_) | Value::Blob(_) | Value::Nested(_) | Value::Decimal(_) => {
            let text = value.shown();
            let is_long = text.chars().nth(CELL_MAX).is_some();
            match value {
                Value::Decimal(_) if !is_long => value.clone(),
                _ => Value::Text(cut(&text, CELL_MAX)),
            }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_what_fits_and_counts_the_rest() {
        let mut keeping = Keeping::new(&["a".into(), "sql".into()], 20);
        for _ in 0..100 {
            keeping.add(&[Value::Text("&".repeat(5_000)), Value::Text("SELECT 1".into())]);
        }
        let taken = keeping.taken();
        assert_eq!((taken.count, taken.table.columns.len()), (100, 1));
        assert_eq!(taken.table.rows.len(), 13, "of 3,620 bytes each");
        assert_eq!(taken.table.rows[0][0].shown().chars().count(), CELL_MAX + 1);
        let table = taken.table("x", "rca x");
        assert_eq!(table.more, Some((87, "rca x".into())));
    }

    #[test]
    fn sql_is_whole_or_not_there() {
        let mut keeping = Keeping::new(&["a".into(), "sql".into()], 20);
        keeping.add(&[Value::Int(1), Value::Text("x".repeat(ONE_SQL_MAX + 1))]);
        keeping.add(&[Value::Int(2), Value::Text("SELECT 2".into())]);
        assert_eq!(keeping.taken().table.sql, [None, Some("SELECT 2".into())]);
    }
}
