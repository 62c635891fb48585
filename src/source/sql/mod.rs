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

/// What only scripts of SQLite have.
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

/// The beginning of a text that may be a script, in small letters.
struct Beginning {
    lower: Vec<u8>,
    /// Where its first statement begins.
    start: usize,
}

impl Beginning {
    fn of(head: &[u8]) -> Beginning {
        let mut start = literal::skip_blanks(head, 0);
        // What only some servers run stands in comments that end as statements do.
        while head.get(start) == Some(&b';') {
            start = literal::skip_blanks(head, start + 1);
        }
        Beginning { lower: head[..head.len().min(32 << 10)].to_ascii_lowercase(), start }
    }

    fn has(&self, text: &str) -> bool {
        memchr::memmem::find(&self.lower, text.as_bytes()).is_some()
    }

    fn first(&self) -> &[u8] {
        self.lower.get(self.start..).unwrap_or_default()
    }

    /// Whether its first statement is one that scripts begin with.
    fn is_statement(&self) -> bool {
        const FIRST: [&[u8]; 18] = [
            b"set ",
            b"begin;",
            b"begin ",
            b"begin\n",
            b"begin\r",
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
            b"\\unrestrict",
            b".dbconfig",
        ];
        FIRST.iter().any(|word| self.first().starts_with(word))
    }

    fn is_script(&self) -> bool {
        self.is_statement() && (self.has("insert into ") || self.has("insert or ") || self.has("create table "))
    }

    /// A title, or a comment that only MySQL and MariaDB run: `/*!40101 SET .. */`, `/*M!999999\- .. */`.
    fn begins_as_mysql(&self) -> bool {
        let text = self.lower.trim_ascii_start();
        [&b"/*m!"[..], b"-- mysql dump", b"-- mariadb dump"].iter().any(|start| text.starts_with(start))
            || text.starts_with(b"/*!") && text.get(3).is_some_and(u8::is_ascii_digit)
    }

    /// Scripts of MySQL and SQL Server have other quotes and types.
    fn other(&self) -> Option<&'static str> {
        const MYSQL: [&str; 8] = [
            "-- mysql dump",
            "-- mariadb dump",
            "engine=innodb",
            "engine=myisam",
            "engine=aria",
            "\n/*!4",
            "\n/*!5",
            "\n/*m!",
        ];
        const SQL_SERVER: [&str; 3] = ["\ngo\n", "\ngo\r\n", "[dbo]"];
        let has = |marks: &[&str]| marks.iter().any(|mark| self.has(mark));
        // Tools for SQLite quote so too, within a transaction.
        let is_quoted = || self.has("insert into `") && !has(&SQLITE);
        if self.begins_as_mysql() || self.is_script() && (has(&MYSQL) || is_quoted()) {
            return Some("MySQL or MariaDB");
        }
        (self.is_script() && has(&SQL_SERVER)).then_some("SQL Server")
    }
}

/// Whether a text begins as a script does: with a comment, a command of psql or a statement.
pub fn begins_script(head: &[u8]) -> bool {
    let text = head.trim_ascii_start();
    text.starts_with(b"--") || text.starts_with(b"/*") || Beginning::of(head).is_statement()
}

/// The database whose script this is, if those are not read.
pub fn not_read(head: &[u8]) -> Option<&'static str> {
    Beginning::of(head).other()
}

/// Whether a text is nothing but statements, of which none declares a table or has a row.
pub fn is_bare(head: &[u8]) -> bool {
    let beginning = Beginning::of(head);
    let mut lines =
        beginning.lower.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
    beginning.is_statement()
        && !beginning.is_script()
        && lines.all(|line| line.ends_with(b";") || line.starts_with(b"--"))
}

/// The dialect of a script, told by its beginning. `None` if it is none, or of a database whose scripts are not read.
pub fn dialect_of(head: &[u8]) -> Option<Dialect> {
    let beginning = Beginning::of(head);
    if !beginning.is_script() || beginning.other().is_some() {
        return None;
    }
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
    if [&b"set "[..], b"copy ", b"\\"].iter().any(|word| beginning.first().starts_with(word)) {
        return Some(Dialect::Postgres);
    }
    if SQLITE.iter().any(|word| beginning.has(word)) {
        return Some(Dialect::Sqlite);
    }
    Some(if POSTGRES.iter().any(|word| beginning.has(word)) { Dialect::Postgres } else { Dialect::Sqlite })
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
