//! SQL text as dumps write it, in two dialects: split into statements, never run. What declares a table is looked
//! at, what inserts rows is read as rows.

pub mod ddl;
mod escapes;
pub mod insert;
pub mod lexer;
pub mod literal;
pub mod script;
pub mod token;

/// What the two databases write differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Dollar quotes, `E'..'`, nested comments, psql commands.
    Postgres,
    /// `[name]` and `` `name` ``, functions that spell control characters.
    Sqlite,
}

/// The dialect of a script, told by its beginning. `None` if it is none, or of a database whose scripts are not read.
pub fn dialect_of(head: &[u8]) -> Option<Dialect> {
    let start = literal::skip_blanks(head, 0);
    let head = &head[..head.len().min(32 << 10)];
    let lower = head.to_ascii_lowercase();
    let has = |text: &str| memchr::memmem::find(&lower, text.as_bytes()).is_some();
    const FIRST: [&[u8]; 14] = [
        b"set ",
        b"begin",
        b"create ",
        b"insert ",
        b"pragma ",
        b"drop ",
        b"copy ",
        b"alter ",
        b"delete ",
        b"select ",
        b"\\connect",
        b"\\restrict",
        b"\\c ",
        b".dbconfig",
    ];
    let begins = FIRST.iter().any(|word| lower.get(start..).is_some_and(|rest| rest.starts_with(word)));
    let is_script = has("insert into ") || has("insert or ") || has("create table ");
    if !begins || !is_script || is_other(&lower) {
        return None;
    }
    const SQLITE: [&str; 8] = [
        "pragma ",
        "autoincrement",
        "sqlite_",
        "begin transaction;",
        "insert or ",
        "unistr(",
        ".dbconfig",
        "without rowid",
    ];
    const POSTGRES: [&str; 10] = [
        "postgres",
        "\n\\c",
        "nextval(",
        "serial",
        "character varying",
        "::",
        "\nset ",
        " from stdin",
        "timestamptz",
        "public.",
    ];
    if SQLITE.iter().any(|word| has(word)) {
        return Some(Dialect::Sqlite);
    }
    Some(if POSTGRES.iter().any(|word| has(word)) { Dialect::Postgres } else { Dialect::Sqlite })
}

/// What is said of statements that change rows, by their first words: a script is not run.
pub fn not_applied(changes: &[&'static str]) -> Option<String> {
    let words: std::collections::BTreeSet<&str> = changes.iter().copied().collect();
    let words: Vec<&str> = words.into_iter().collect();
    let s = if changes.len() == 1 { "" } else { "s" };
    (!changes.is_empty()).then(|| {
        format!("{} statement{s} ({}) not applied: rows are as the INSERTs have them", changes.len(), words.join(", "))
    })
}

/// Scripts of MySQL and SQL Server have other quotes and types.
fn is_other(lower: &[u8]) -> bool {
    ["-- mysql dump", "-- mariadb dump", "engine=innodb", "engine=myisam", "\ngo\n", "\ngo\r\n", "[dbo]"]
        .iter()
        .any(|word| memchr::memmem::find(lower, word.as_bytes()).is_some())
}

/// How strings are written in a part of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spelling {
    pub dialect: Dialect,
    /// A backslash escapes in every string: `standard_conforming_strings` is off.
    pub backslashes: bool,
    /// The second byte of a character may look like a backslash (Shift JIS, Big5, GBK).
    pub wide: bool,
}

impl Spelling {
    pub const fn of(dialect: Dialect) -> Spelling {
        Spelling { dialect, backslashes: false, wide: false }
    }
}
