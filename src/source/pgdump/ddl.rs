//! What a dump's statements declare: `CREATE TABLE` with columns and types, the names of views. Never runs them.

/// A statement as words: identifiers unquoted and folded, everything else as single tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An unquoted word, in lower case.
    Word(String),
    /// A quoted identifier, as it is.
    Name(String),
    /// A string literal.
    Text(String),
    Sign(char),
}

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Token::Word(text) if text == word)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Token::Word(text) | Token::Name(text) => Some(text),
            _ => None,
        }
    }
}

pub fn tokens(statement: &str) -> Vec<Token> {
    let chars: Vec<char> = statement.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        if c.is_whitespace() {
            at += 1;
        } else if c == '"' || c == '\'' {
            let mut text = String::new();
            at += 1;
            while at < chars.len() {
                if chars[at] == c {
                    if chars.get(at + 1) != Some(&c) {
                        break;
                    }
                    at += 1;
                }
                text.push(chars[at]);
                at += 1;
            }
            at += 1;
            tokens.push(if c == '"' { Token::Name(text) } else { Token::Text(text) });
        } else if c.is_alphanumeric() || c == '_' {
            let start = at;
            while at < chars.len() && (chars[at].is_alphanumeric() || matches!(chars[at], '_' | '$')) {
                at += 1;
            }
            tokens.push(Token::Word(chars[start..at].iter().collect::<String>().to_lowercase()));
        } else {
            tokens.push(Token::Sign(c));
            at += 1;
        }
    }
    tokens
}

/// `schema.name` or `name` at the start; the schema is `public` where none is written. Also how many tokens.
pub fn qualified(tokens: &[Token]) -> Option<((String, String), usize)> {
    let first = tokens.first()?.name()?.to_string();
    if tokens.get(1) == Some(&Token::Sign('.')) {
        Some(((first, tokens.get(2)?.name()?.to_string()), 3))
    } else {
        Some((("public".into(), first), 1))
    }
}

#[derive(Debug, PartialEq, Eq)]
pub struct CreateTable {
    pub name: (String, String),
    /// Names and declared types.
    pub columns: Vec<(String, String)>,
}

/// The table that a statement creates, if it does.
pub fn create_table(tokens: &[Token]) -> Option<CreateTable> {
    let mut rest = tokens;
    if !rest.first()?.is("create") {
        return None;
    }
    rest = &rest[1..];
    while rest.first().is_some_and(|token| {
        ["unlogged", "foreign", "temporary", "temp", "global", "local"].iter().any(|word| token.is(word))
    }) {
        rest = &rest[1..];
    }
    if !rest.first()?.is("table") {
        return None;
    }
    rest = &rest[1..];
    if rest.first()?.is("if") {
        rest = rest.get(3..)?;
    }
    let (name, used) = qualified(rest)?;
    rest = &rest[used..];
    let mut columns = Vec::new();
    if rest.first() == Some(&Token::Sign('(')) {
        for item in items(&rest[1..]) {
            columns.extend(column(item));
        }
    }
    Some(CreateTable { name, columns })
}

/// The parts of a bracketed list, up to its closing bracket.
fn items(tokens: &[Token]) -> Vec<&[Token]> {
    let mut items = Vec::new();
    let (mut depth, mut start) = (0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match token {
            Token::Sign('(') => depth += 1,
            Token::Sign(')') if depth == 0 => {
                items.push(&tokens[start..at]);
                return items;
            }
            Token::Sign(')') => depth -= 1,
            Token::Sign(',') if depth == 0 => {
                items.push(&tokens[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items
}

/// A column's name and type; `None` for a constraint.
fn column(item: &[Token]) -> Option<(String, String)> {
    const CONSTRAINTS: [&str; 7] = ["constraint", "primary", "unique", "check", "exclude", "foreign", "like"];
    const AFTER_TYPE: [&str; 12] = [
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
    ];
    let first = item.first()?;
    if CONSTRAINTS.iter().any(|word| first.is(word)) {
        return None;
    }
    let mut declared = String::new();
    for token in &item[1..] {
        match token {
            Token::Word(word) if AFTER_TYPE.contains(&word.as_str()) => break,
            Token::Word(word) => {
                if declared.ends_with(|c: char| c.is_alphanumeric() || c == ')') {
                    declared.push(' ');
                }
                declared.push_str(word);
            }
            Token::Name(name) => declared.push_str(name),
            Token::Text(_) => {}
            Token::Sign(sign) => declared.push(*sign),
        }
    }
    Some((first.name()?.to_string(), declared))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_understood_with_its_odd_names_and_types() {
        let sql = r#"CREATE TABLE public."Order" (
            id integer DEFAULT nextval('public.seq'::regclass) NOT NULL,
            "from" timestamp(3) without time zone,
            price numeric(10,2) DEFAULT 0.00 CHECK ((price >= (0)::numeric)),
            tags text[],
            CONSTRAINT c CHECK ((id > 0))
        ) WITH (fillfactor=70)"#;
        let table = create_table(&tokens(sql)).expect("a table");
        assert_eq!(table.name, ("public".into(), "Order".into()));
        let columns: Vec<String> = table.columns.iter().map(|(name, declared)| format!("{name}: {declared}")).collect();
        assert_eq!(
            columns,
            ["id: integer", "from: timestamp(3) without time zone", "price: numeric(10,2)", "tags: text[]"]
        );
        assert_eq!(create_table(&tokens("CREATE VIEW v AS SELECT 1")), None);
    }
}
