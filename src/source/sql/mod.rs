//! SQL text as dumps write it, in two dialects: split into statements, never run. What declares a table is looked
//! at, what inserts rows is read as rows.

pub mod ddl;
mod escapes;
pub mod insert;
pub mod lexer;
pub mod literal;
pub mod script;
pub mod token;
pub mod wanted;

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
    // SQLite has no such statements.
    let first = lower.get(start..).unwrap_or_default();
    if [&b"set "[..], b"copy ", b"\\"].iter().any(|word| first.starts_with(word)) {
        return Some(Dialect::Postgres);
    }
    if SQLITE.iter().any(|word| has(word)) {
        return Some(Dialect::Sqlite);
    }
    Some(if POSTGRES.iter().any(|word| has(word)) { Dialect::Postgres } else { Dialect::Sqlite })
}

/// Whether a statement begins with a word that statements of either dialect begin with.
pub fn is_known(statement: &[u8]) -> bool {
    const WORDS: &str = " abort alter analyze attach begin call checkpoint close cluster comment commit copy create \
        deallocate declare delete detach discard do drop end execute explain fetch grant import insert listen load lock \
        merge move notify pragma prepare reassign refresh reindex release replace reset revoke rollback savepoint \
        security select set show start table truncate unlisten update vacuum values with ";
    let start = literal::skip_blanks(statement, 0);
    let word: Vec<u8> = statement[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).copied().collect();
    let word = String::from_utf8_lossy(&word).to_ascii_lowercase();
    (!word.is_empty() && WORDS.contains(&format!(" {word} "))) || statement[start..].starts_with(b"(")
}

/// What is said of statements that are none.
pub fn not_understood(places: &[u64]) -> Option<String> {
    let first = places.first()?;
    let (s, are) = if places.len() == 1 { ("", "is") } else { ("s", "are") };
    Some(format!("damaged at byte {first}: {} statement{s} {are} not understood, and may have had rows", places.len()))
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
