//! Scripts of SQLite: statements are the same wherever the text is cut; and of a script that SQLite itself runs without
//! an error, each table has the rows that SQLite has, unless the source says that it lost or did not do something.
#![no_main]

use rca::fuzzed::{self, How, SQLITE_SCRIPT};
use rca_fuzz::{is_packed, losses};
use rusqlite::Connection;
use rusqlite::hooks::{AuthAction, Authorization};
use rusqlite::limits::Limit;

/// The rows of each table once SQLite has run the script; `None` if it meets an error.
fn counts(script: &str) -> Option<Vec<(String, u64)>> {
    let database = Connection::open_in_memory().expect("opens");
    database.set_limit(Limit::SQLITE_LIMIT_LENGTH, 1 << 20).ok()?;
    let mut steps = 0;
    database.progress_handler(
        1_000,
        Some(move || {
            steps += 1;
            steps > 200
        }),
    );
    // What no dump has: it would only tell what rca does not do, and says.
    database.authorizer(Some(|context: rusqlite::hooks::AuthContext<'_>| match context.action {
        AuthAction::Attach { .. } | AuthAction::CreateTrigger { .. } | AuthAction::CreateTempTrigger { .. } => {
            Authorization::Deny
        }
        AuthAction::CreateVtable { .. } | AuthAction::CreateTempTable { .. } => Authorization::Deny,
        AuthAction::Pragma { pragma_name: "foreign_keys", .. } => Authorization::Allow,
        AuthAction::Pragma { .. } => Authorization::Deny,
        AuthAction::AlterTable { .. } | AuthAction::Select => Authorization::Deny,
        _ => Authorization::Allow,
    }));
    database.execute_batch(script).ok()?;
    database.authorizer(None::<fn(rusqlite::hooks::AuthContext<'_>) -> Authorization>);
    let mut names = database
        .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~'")
        .ok()?;
    let names: Vec<String> = names.query_map([], |row| row.get(0)).ok()?.collect::<Result<_, _>>().ok()?;
    names
        .into_iter()
        .map(|name| {
            let asked = format!("SELECT count(*) FROM \"{}\"", name.replace('"', "\"\""));
            let count: i64 = database.query_row(&asked, [], |row| row.get(0)).ok()?;
            Some((name, count as u64))
        })
        .collect()
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    fuzzed::pieces_agree(bytes, true);
    if is_packed(bytes) {
        return;
    }
    let Some(told) = fuzzed::read(SQLITE_SCRIPT, bytes, How::default()) else { return };
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // SQLite's shell takes lines that begin with a point for its own; an embedded zero ends a text.
    if text.contains('\0')
        || text.starts_with('\u{feff}')
        || text.lines().any(|line| line.trim_start().starts_with('.'))
    {
        return;
    }
    let is_conditional = told.notes.iter().any(|note| note.contains("OR REPLACE"));
    if losses(&told) > 0 || is_conditional {
        return;
    }
    let Some(counts) = counts(text) else { return };
    for (name, count) in counts {
        let table = told.tables.iter().find(|table| table.name.eq_ignore_ascii_case(&name));
        let rows = table.map_or(0, |table| table.rows.len() as u64);
        assert_eq!(rows, count, "{name} of {text:?}");
    }
});
