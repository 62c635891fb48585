//! What statements declare: tables with columns and types, types, partitions. A statement that is not understood
//! declares nothing.

use super::Dialect;
use super::token::{Token, tokens};

/// A schema, empty where none is written, and a name in it.
pub type Name = (String, String);

/// A column as declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDef {
    pub name: String,
    pub kind: TypeName,
    /// Computed from other columns, and not in a dump.
    pub is_generated: bool,
}

/// A type as written: `character varying(20)`, `public.mood[]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeName {
    pub schema: String,
    /// In lower case where it was not quoted, words one blank apart, without what stands in brackets.
    pub name: String,
    pub modifiers: Vec<i32>,
    pub is_array: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CreateTable {
    pub name: Name,
    pub columns: Vec<ColumnDef>,
    pub inherits: Vec<Name>,
    pub of_type: Option<Name>,
    pub partition_of: Option<Name>,
    pub is_partitioned: bool,
    pub is_foreign: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declaration {
    Table(CreateTable),
    /// A domain over another type.
    Domain(Name, TypeName),
    /// A type of fields.
    Composite(Name, Vec<ColumnDef>),
    /// Any other type: an enum, a range and what it is of.
    Type(Name, Option<TypeName>),
    /// A table gets one more column.
    Column(Name, ColumnDef),
    /// A child becomes a part of its parent.
    Attach {
        parent: Name,
        child: Name,
    },
    /// What rows are made from and not stored: `view`, `materialized view`, `virtual table`.
    NotData {
        what: &'static str,
        name: Name,
    },
}

pub fn declaration(statement: &str, dialect: Dialect) -> Option<Declaration> {
    let tokens = tokens(statement, dialect);
    let rest = Cursor { tokens: &tokens, at: 0 };
    create(rest.clone()).or_else(|| alter(rest))
}

/// The first word of a statement that changes rows which stand elsewhere in a script.
pub fn changes_rows(statement: &[u8]) -> Option<&'static str> {
    const OWN: [&str; 3] = ["sqlite_", "pg_catalog.", "\"sqlite_"];
    let start = String::from_utf8_lossy(&statement[..statement.len().min(256)]).to_ascii_lowercase();
    let mut words = start.split_ascii_whitespace();
    let first = words.next()?;
    let all = || start.split_ascii_whitespace();
    let has = |word: &str| all().any(|other| other == word);
    let follows = |a: &str, b: &str| all().zip(all().skip(1)).any(|pair| pair == (a, b));
    let what = match first {
        "update" => "UPDATE",
        "delete" => "DELETE",
        "truncate" => "TRUNCATE",
        "merge" => "MERGE",
        "with" if has("insert") => "WITH .. INSERT",
        "create" if has("table") && (follows("as", "select") || follows("as", "with")) => "CREATE TABLE .. AS",
        "alter" if has("table") && (has("rename") || follows("drop", "column")) => "ALTER TABLE",
        _ => return None,
    };
    // What a database writes about itself changes no row that is read.
    (!words.any(|word| OWN.iter().any(|own| word.starts_with(own)))).then_some(what)
}

/// Whether a statement that creates a routine or a trigger is still within its body: `BEGIN ATOMIC ..; END`.
pub fn is_open_body(statement: &str, dialect: Dialect) -> bool {
    let tokens = tokens(statement, dialect);
    let makes_code = tokens.iter().take(8).any(|t| ["function", "procedure", "trigger"].iter().any(|w| t.is(w)));
    if !makes_code || !tokens.first().is_some_and(|token| token.is("create")) {
        return false;
    }
    let mut depth = 0_i32;
    let mut has_body = false;
    for (at, token) in tokens.iter().enumerate() {
        if token.is("begin") && (dialect == Dialect::Sqlite || tokens.get(at + 1).is_some_and(|t| t.is("atomic"))) {
            has_body = true;
            depth += 1;
        } else if has_body && token.is("case") {
            depth += 1;
        } else if has_body && token.is("end") {
            depth -= 1;
        }
    }
    depth > 0
}

#[derive(Clone)]
pub struct Cursor<'a> {
    pub tokens: &'a [Token],
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub fn peek(&self) -> Option<&'a Token> {
        self.tokens.get(self.at)
    }

    fn peek_is(&self, word: &str) -> bool {
        self.peek().is_some_and(|token| token.is(word))
    }

    /// Steps over these words if they come next.
    pub fn eat(&mut self, words: &[&str]) -> bool {
        let here = words.iter().zip(&self.tokens[self.at.min(self.tokens.len())..]);
        if here.filter(|(word, token)| token.is(word)).count() == words.len() {
            self.at += words.len();
            return true;
        }
        false
    }

    pub fn eat_sign(&mut self, sign: char) -> bool {
        let is_next = self.peek().is_some_and(|token| token.is_sign(sign));
        self.at += usize::from(is_next);
        is_next
    }

    fn eat_any(&mut self, words: &[&str]) {
        while words.iter().any(|word| self.eat(&[word])) {}
    }

    /// `schema.name` or `name`; of three parts the last two.
    pub fn name(&mut self) -> Option<Name> {
        let mut schema = String::new();
        let mut name = self.identifier()?;
        while self.eat_sign('.') {
            schema = std::mem::replace(&mut name, self.identifier()?);
        }
        Some((schema, name))
    }

    /// SQLite takes a string for a name too.
    fn identifier(&mut self) -> Option<String> {
        let name = match self.peek()? {
            Token::Word(text) | Token::Name(text) | Token::Text(text) => text.clone(),
            Token::Sign(_) => return None,
        };
        self.at += 1;
        Some(name)
    }

    /// The parts of a bracketed list that opens here, divided by commas.
    pub fn list(&mut self) -> Option<Vec<&'a [Token]>> {
        if !self.eat_sign('(') {
            return None;
        }
        let (mut items, mut depth, mut start) = (Vec::new(), 0, self.at);
        while let Some(token) = self.peek() {
            match token {
                Token::Sign('(') => depth += 1,
                Token::Sign(')') if depth == 0 => {
                    if self.at > start {
                        items.push(&self.tokens[start..self.at]);
                    }
                    self.at += 1;
                    return Some(items);
                }
                Token::Sign(')') => depth -= 1,
                Token::Sign(',') if depth == 0 => {
                    items.push(&self.tokens[start..self.at]);
                    start = self.at + 1;
                }
                _ => {}
            }
            self.at += 1;
        }
        None
    }

    /// A type's words up to what says more about a column.
    fn kind(&mut self) -> TypeName {
        const AFTER: [&str; 20] = [
            "not",
            "null",
            "default",
            "generated",
            "collate",
            "constraint",
            "primary",
            "unique",
            "check",
            "references",
            "storage",
            "compression",
            "as",
            "on",
            "deferrable",
            "initially",
            "autoincrement",
            "asc",
            "desc",
            "options",
        ];
        let mut kind = TypeName::default();
        while let Some(token) = self.peek() {
            match token {
                Token::Word(_) if AFTER.iter().any(|word| token.is(word)) => break,
                Token::Word(word) if word == "array" => kind.is_array = true,
                Token::Word(word) | Token::Name(word) | Token::Text(word) => {
                    if !kind.name.is_empty() {
                        kind.name.push(' ');
                    }
                    // `"char"` is a byte of Postgres' own; `char` is `character`.
                    let is_byte = matches!(token, Token::Name(_)) && word == "char";
                    kind.name.push_str(if is_byte { "\"char\"" } else { word });
                }
                Token::Sign('.') => {
                    kind.schema = std::mem::take(&mut kind.name);
                }
                Token::Sign('(') => {
                    for item in self.list().unwrap_or_default() {
                        let digits = item.iter().filter_map(Token::name).collect::<String>();
                        let negative = item.first().is_some_and(|token| token.is_sign('-'));
                        kind.modifiers.extend(digits.parse::<i32>().map(|n| if negative { -n } else { n }));
                    }
                    continue;
                }
                Token::Sign('[') => kind.is_array = true,
                Token::Sign(']') => {}
                Token::Sign(_) => break,
            }
            self.at += 1;
        }
        kind
    }
}

fn create(mut rest: Cursor) -> Option<Declaration> {
    if !rest.eat(&["create"]) {
        return None;
    }
    rest.eat(&["or", "replace"]);
    let is_foreign = rest.peek_is("foreign");
    rest.eat_any(&["unlogged", "foreign", "temporary", "temp", "global", "local", "recursive"]);
    if rest.eat(&["table"]) {
        return table(rest, is_foreign).map(Declaration::Table);
    }
    if rest.eat(&["domain"]) {
        let name = rest.name()?;
        rest.eat(&["as"]);
        return Some(Declaration::Domain(name, rest.kind()));
    }
    if rest.eat(&["type"]) {
        let name = rest.name()?;
        if !rest.eat(&["as"]) {
            return Some(Declaration::Type(name, None));
        }
        if rest.eat(&["range"]) {
            let items = rest.list()?;
            let of = items.iter().find(|item| item.first().is_some_and(|token| token.is("subtype")));
            return Some(Declaration::Type(name, of.map(|item| Cursor { tokens: item, at: 2 }.kind())));
        }
        if rest.eat(&["enum"]) {
            return Some(Declaration::Type(name, None));
        }
        return Some(Declaration::Composite(name, rest.list()?.into_iter().filter_map(column).collect()));
    }
    let what = if rest.eat(&["materialized", "view"]) {
        "materialized view"
    } else if rest.eat(&["view"]) {
        "view"
    } else if rest.eat(&["virtual", "table"]) {
        "virtual table"
    } else {
        return None;
    };
    rest.eat(&["if", "not", "exists"]);
    Some(Declaration::NotData { what, name: rest.name()? })
}

fn table(mut rest: Cursor, is_foreign: bool) -> Option<CreateTable> {
    rest.eat(&["if", "not", "exists"]);
    let mut table = CreateTable { name: rest.name()?, is_foreign, ..CreateTable::default() };
    if rest.eat(&["of"]) {
        table.of_type = rest.name();
    }
    if rest.eat(&["partition", "of"]) {
        table.partition_of = rest.name();
    }
    if rest.peek().is_some_and(|token| token.is_sign('(')) {
        let items = rest.list()?;
        table.columns = items.into_iter().filter_map(column).collect();
        if table.of_type.is_some() {
            // Only constraints of columns that the type has.
            table.columns.clear();
        }
    }
    while rest.peek().is_some() {
        if rest.eat(&["inherits"]) {
            let parents = rest.list().unwrap_or_default();
            table.inherits = parents.into_iter().filter_map(|item| Cursor { tokens: item, at: 0 }.name()).collect();
        } else if rest.eat(&["partition", "by"]) {
            table.is_partitioned = true;
        } else if rest.peek().is_some_and(|token| token.is_sign('(')) {
            rest.list()?;
        } else {
            rest.at += 1;
        }
    }
    Some(table)
}

/// A column; `None` for a constraint.
fn column(item: &[Token]) -> Option<ColumnDef> {
    const CONSTRAINTS: [&str; 7] = ["constraint", "primary", "unique", "check", "exclude", "foreign", "like"];
    if CONSTRAINTS.iter().any(|word| item.first().is_some_and(|first| first.is(word))) {
        return None;
    }
    let mut rest = Cursor { tokens: item, at: 0 };
    let name = rest.identifier()?;
    let kind = rest.kind();
    let mut is_generated = false;
    while rest.peek().is_some() {
        if rest.eat(&["generated", "always", "as"]) || rest.eat(&["as"]) {
            is_generated |= rest.peek().is_some_and(|token| token.is_sign('('));
        } else if rest.list().is_none() {
            rest.at += 1;
        }
    }
    Some(ColumnDef { name, kind, is_generated })
}

/// `ALTER TABLE ONLY parent ATTACH PARTITION child FOR VALUES ..`, `ALTER TABLE t ADD COLUMN c integer`
fn alter(mut rest: Cursor) -> Option<Declaration> {
    if !rest.eat(&["alter", "table"]) {
        return None;
    }
    rest.eat(&["if", "exists"]);
    rest.eat(&["only"]);
    let parent = rest.name()?;
    if rest.eat(&["add"]) {
        rest.eat(&["column"]);
        rest.eat(&["if", "not", "exists"]);
        return column(&rest.tokens[rest.at..]).map(|column| Declaration::Column(parent, column));
    }
    if !rest.eat(&["attach", "partition"]) {
        return None;
    }
    Some(Declaration::Attach { parent, child: rest.name()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(kind: &TypeName) -> String {
        let modifiers: Vec<String> = kind.modifiers.iter().map(ToString::to_string).collect();
        format!("{}|{}|{}{}", kind.schema, kind.name, modifiers.join(","), if kind.is_array { "|[]" } else { "" })
    }

    #[test]
    fn a_table_is_understood_with_its_odd_names_and_types() {
        let sql = r#"CREATE UNLOGGED TABLE public."Or""der" (
            id integer DEFAULT nextval('public.seq'::regclass) NOT NULL, -- a comment, with a comma
            "from" timestamp(3) without time zone,
            price numeric(10,-2) DEFAULT 0.00 CHECK ((price >= (0)::numeric)),
            tags text[], mood "Weird Schema"."Mood, Two" COLLATE "C",
            twice integer GENERATED ALWAYS AS ((id * 2)) STORED,
            serial bigint GENERATED BY DEFAULT AS IDENTITY,
            CONSTRAINT c CHECK ((id > 0))
        ) INHERITS (public.a, b) WITH (fillfactor=70)"#;
        let Some(Declaration::Table(table)) = declaration(sql, Dialect::Postgres) else { panic!("no table") };
        assert_eq!(table.name, ("public".into(), "Or\"der".into()));
        assert_eq!(table.inherits, [("public".into(), "a".into()), (String::new(), "b".into())]);
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| {
                format!(
                    "{}: {}{}",
                    column.name,
                    shown(&column.kind),
                    if column.is_generated { " generated" } else { "" }
                )
            })
            .collect();
        insta::assert_debug_snapshot!(columns, @r#"
        [
            "id: |integer|",
            "from: |timestamp without time zone|3",
            "price: |numeric|10,-2",
            "tags: |text||[]",
            "mood: Weird Schema|Mood, Two|",
            "twice: |integer| generated",
            "serial: |bigint|",
        ]
        "#);
    }

    #[test]
    fn other_declarations_are_told_apart() {
        let of = |sql: &str| declaration(sql, Dialect::Postgres);
        let name = |schema: &str, name: &str| (schema.to_string(), name.to_string());
        assert!(
            matches!(of("CREATE DOMAIN public.d AS public.mood[] NOT NULL"), Some(Declaration::Domain(_, kind)) if kind.is_array)
        );
        assert_eq!(of("CREATE TYPE m AS ENUM ('a', 'b')"), Some(Declaration::Type(name("", "m"), None)));
        assert_eq!(
            of("ALTER TABLE ONLY public.p ATTACH PARTITION s.c FOR VALUES IN ('x')"),
            Some(Declaration::Attach { parent: name("public", "p"), child: name("s", "c") })
        );
        assert_eq!(
            of("CREATE MATERIALIZED VIEW public.v AS SELECT 1"),
            Some(Declaration::NotData { what: "materialized view", name: name("public", "v") })
        );
        assert_eq!(of("CREATE INDEX i ON t (x)"), None);
        assert!(
            matches!(of("ALTER TABLE t ADD COLUMN n integer DEFAULT 1"), Some(Declaration::Column(_, column)) if column.kind.name == "integer")
        );
        assert_eq!(of("ALTER TABLE ONLY t ADD CONSTRAINT c PRIMARY KEY (id)"), None);
        assert_eq!(changes_rows(b"UPDATE t SET a = 1"), Some("UPDATE"));
        assert_eq!(changes_rows(b"DELETE FROM sqlite_sequence"), None);
        assert_eq!(changes_rows(b"CREATE TABLE t AS SELECT 1"), Some("CREATE TABLE .. AS"));
        assert_eq!(changes_rows(b"CREATE TABLE t (a int GENERATED ALWAYS AS (1))"), None);
        assert_eq!(changes_rows(b"ALTER TABLE t DROP CONSTRAINT c"), None);
        assert_eq!(changes_rows(b"ALTER TABLE t RENAME TO u"), Some("ALTER TABLE"));
        let Some(Declaration::Table(part)) = of("CREATE TABLE c PARTITION OF p FOR VALUES FROM (1) TO (2)") else {
            panic!()
        };
        assert_eq!(part.partition_of, Some(name("", "p")));
    }

    #[test]
    fn a_body_with_semicolons_is_open_until_its_end() {
        let open = "CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END";
        assert!(is_open_body(open, Dialect::Postgres));
        assert!(!is_open_body(&format!("{open}; END"), Dialect::Postgres));
        assert!(is_open_body("CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT 1", Dialect::Sqlite));
    }
}
