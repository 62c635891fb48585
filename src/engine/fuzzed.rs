//! What the engine's own parser says of SQL that the guard lets through.

use std::ffi::CString;

use duckdb::{Connection, ffi};
use serde_json::Value;

use super::{guard, quote};

/// A parser, and nothing that it could read.
pub struct Parser {
    connection: Connection,
    /// The same of another database, as C has them.
    database: ffi::duckdb_database,
    raw: ffi::duckdb_connection,
}

impl Parser {
    /// # Panics
    /// If the engine does not open.
    pub fn open() -> Parser {
        let mut parser = Parser {
            connection: Connection::open_in_memory().expect("opens"),
            database: std::ptr::null_mut(),
            raw: std::ptr::null_mut(),
        };
        // SAFETY: both are handles of ours, null before, and closed where the parser ends.
        unsafe {
            ffi::duckdb_open(std::ptr::null(), &mut parser.database);
            ffi::duckdb_connect(parser.database, &mut parser.raw);
        }
        parser
    }

    /// The syntax tree of a text that is one `SELECT`.
    fn tree(&self, sql: &str) -> Option<Value> {
        let asked = format!("SELECT json_serialize_sql({})::VARCHAR", quote::text(sql));
        let text: String = self.connection.query_row(&asked, [], |row| row.get(0)).ok()?;
        let mut tree: Value = serde_json::from_str(&text).ok()?;
        without_places(&mut tree);
        (tree["error"] == false).then_some(tree)
    }

    /// How many statements the engine finds in a text; 0 if it understands none.
    fn statements(&self, sql: &str) -> u64 {
        let Ok(text) = CString::new(sql) else { return 0 };
        let mut statements = std::ptr::null_mut();
        // SAFETY: the connection is open, and the text outlives the call; what is found is freed once.
        unsafe {
            let count = ffi::duckdb_extract_statements(self.raw, text.as_ptr(), &mut statements);
            ffi::duckdb_destroy_extracted(&mut statements);
            count
        }
    }

    /// What the guard takes for one condition is one expression for the engine, wherever it is put; what it takes for
    /// one statement is no more than one. Returns whether the engine understands it.
    ///
    /// # Panics
    /// If that does not hold.
    pub fn agrees(&self, text: &str) -> bool {
        let mut is_understood = false;
        if guard::condition("--where", text).is_ok() {
            let sql = format!("SELECT 1 AS one FROM t WHERE (false OR ({text}\n)) AND its_end");
            if let Some(tree) = self.tree(&sql) {
                is_understood = true;
                let node = &tree["statements"][0]["node"];
                let both = &node["where_clause"]["children"];
                let is_one = tree["statements"].as_array().map(Vec::len) == Some(1)
                    && node["type"] == "SELECT_NODE"
                    && node["where_clause"]["type"] == "CONJUNCTION_AND"
                    && both.as_array().map(Vec::len) == Some(2)
                    && both[0]["type"] == "CONJUNCTION_OR"
                    && both[1]["column_names"][0] == "its_end";
                assert!(is_one, "no single condition: {text:?}");
            } else {
                let count = self.statements(&sql);
                assert!(count <= 1, "{count} statements of a condition: {text:?}");
            }
        }
        if text.len() < 256 && guard::question(text, false).is_ok() {
            let count = self.statements(text);
            assert!(count <= 1, "{count} statements: {text:?}");
            if let Some(tree) = self.tree(text) {
                is_understood = true;
                let line = quote::one_line(text);
                assert_eq!(self.tree(&line), Some(tree), "{text:?} is another as one line: {line:?}");
            }
        }
        is_understood
    }
}

impl Drop for Parser {
    fn drop(&mut self) {
        // SAFETY: both were opened with the parser.
        unsafe {
            ffi::duckdb_disconnect(&mut self.raw);
            ffi::duckdb_close(&mut self.database);
        }
    }
}

/// A tree without where in the text things stand.
fn without_places(tree: &mut Value) {
    match tree {
        Value::Object(fields) => {
            fields.shift_remove("query_location");
            fields.values_mut().for_each(without_places);
        }
        Value::Array(items) => items.iter_mut().for_each(without_places),
        _ => {}
    }
}
