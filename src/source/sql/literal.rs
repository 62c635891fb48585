//! A value in the list of an INSERT, at a place of a block that holds all of it. Nothing is evaluated but what dumps
//! themselves write: strings in their spellings, casts, and the functions by which SQLite spells control characters.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::escapes::{escape, replaced, unicode};
use super::{Dialect, Spelling};

#[derive(Debug, Clone, PartialEq)]
pub enum Literal<'a> {
    Null,
    /// The word DEFAULT: whatever the column computes.
    Default,
    /// As written, and `Inf` too.
    Number(&'a [u8]),
    Bool(bool),
    Text(Cow<'a, [u8]>),
    /// The bytes of `X'..'`; in Postgres its bits, as text.
    Blob(Vec<u8>),
    /// Something to be computed, whose value is not in the text.
    Expression,
}

/// The value at `at`, and where it ends: before a comma or the closing bracket.
pub fn literal(text: &[u8], at: usize, spelling: Spelling) -> (Literal<'_>, usize) {
    let mut reader = Reader { text, at, spelling };
    let value = reader.value().filter(|_| reader.is_end());
    match value {
        Some(value) => (value, reader.at),
        None => (Literal::Expression, skip_expression(text, at, spelling)),
    }
}

/// Behind the blanks and comments at `at`.
#[inline]
pub fn skip_blanks(text: &[u8], mut at: usize) -> usize {
    loop {
        match (text.get(at), text.get(at + 1)) {
            (Some(byte), _) if byte.is_ascii_whitespace() => at += 1,
            (Some(b'-'), Some(b'-')) => at += memchr(b'\n', &text[at..]).unwrap_or(text.len() - at),
            (Some(b'/'), Some(b'*')) => {
                at += memchr::memmem::find(&text[at..], b"*/").map_or(text.len() - at, |end| end + 2);
            }
            _ => return at,
        }
    }
}

/// The comma or bracket that ends the expression at `from`.
fn skip_expression(text: &[u8], from: usize, spelling: Spelling) -> usize {
    let mut depth = 0_u32;
    let mut at = from;
    while at < text.len() {
        match text[at] {
            b',' if depth == 0 => return at,
            b')' if depth == 0 => return at,
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'\'' | b'"' => {
                at = skip_quoted(text, at, spelling);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    at
}

/// Behind the string or quoted name that begins at `at`.
fn skip_quoted(text: &[u8], at: usize, spelling: Spelling) -> usize {
    let quote = text[at];
    let is_marked = at > 0 && matches!(text[at - 1], b'e' | b'E');
    let escapes = quote == b'\'' && spelling.dialect == Dialect::Postgres && (spelling.backslashes || is_marked);
    let mut end = at + 1;
    while let Some(&byte) = text.get(end) {
        end += 1;
        if byte == b'\\' && escapes {
            end += 1;
        } else if byte == quote {
            if text.get(end) != Some(&quote) {
                return end;
            }
            end += 1;
        }
    }
    text.len()
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    spelling: Spelling,
}

impl<'a> Reader<'a> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn blanks(&mut self) {
        self.at = skip_blanks(self.text, self.at);
    }

    fn is_end(&mut self) -> bool {
        self.blanks();
        matches!(self.peek(0), b',' | b')')
    }

    /// A value with its casts, or several joined by `||`.
    fn value(&mut self) -> Option<Literal<'a>> {
        let mut value = self.single()?;
        loop {
            self.blanks();
            match (self.peek(0), self.peek(1)) {
                (b':', b':') => {
                    self.at += 2;
                    self.kind()?;
                }
                (b'|', b'|') => {
                    self.at += 2;
                    let Literal::Text(left) = value else { return None };
                    let Literal::Text(right) = self.single()? else { return None };
                    value = Literal::Text(Cow::Owned([left, right].concat()));
                }
                _ => return Some(value),
            }
        }
    }

    fn single(&mut self) -> Option<Literal<'a>> {
        self.blanks();
        match (self.peek(0), self.peek(1)) {
            (b'\'', _) => self.string(self.spelling.backslashes).map(Literal::Text),
            (b'e' | b'E', b'\'') if self.spelling.dialect == Dialect::Postgres => {
                self.at += 1;
                self.string(true).map(Literal::Text)
            }
            (b'n' | b'N', b'\'') => {
                self.at += 1;
                self.string(false).map(Literal::Text)
            }
            (b'u' | b'U', b'&') if self.peek(2) == b'\'' => {
                self.at += 2;
                let text = self.string(false)?;
                unicode(&text).map(|text| Literal::Text(Cow::Owned(text)))
            }
            (b'b' | b'B', b'\'') => {
                self.at += 1;
                self.string(false).map(Literal::Text)
            }
            (b'x' | b'X', b'\'') => {
                self.at += 1;
                let digits = self.string(false)?;
                self.hex(&digits)
            }
            (b'$', _) if self.spelling.dialect == Dialect::Postgres => self.dollar(),
            (b'0'..=b'9' | b'-' | b'+' | b'.', _) => self.number(),
            (first, _) if first.is_ascii_alphabetic() => self.word(),
            _ => None,
        }
    }

    /// A string whose quote is next.
    fn string(&mut self, escapes: bool) -> Option<Cow<'a, [u8]>> {
        let escapes = escapes && self.spelling.dialect == Dialect::Postgres;
        self.at += 1;
        let mut owned: Option<Vec<u8>> = None;
        let mut from = self.at;
        loop {
            let rest = &self.text[self.at..];
            let found = match (escapes, self.spelling.wide) {
                (false, _) => memchr(b'\'', rest)?,
                (true, false) => memchr2(b'\'', b'\\', rest)?,
                (true, true) => rest.iter().position(|byte| matches!(byte, b'\'' | b'\\') || *byte >= 0x81)?,
            };
            self.at += found;
            let byte = self.peek(0);
            let is_double = byte == b'\'' && self.peek(1) == b'\'';
            if byte == b'\'' && !is_double {
                let piece = &self.text[from..self.at];
                self.at += 1;
                return Some(match owned {
                    None => Cow::Borrowed(piece),
                    Some(mut whole) => {
                        whole.extend_from_slice(piece);
                        Cow::Owned(whole)
                    }
                });
            }
            if byte >= 0x81 {
                self.at += 2;
                continue;
            }
            let whole = owned.get_or_insert_default();
            whole.extend_from_slice(&self.text[from..self.at]);
            if is_double {
                whole.push(b'\'');
                self.at += 2;
            } else {
                self.at += 1;
                self.at += escape(self.text.get(self.at..)?, whole)?;
            }
            from = self.at;
        }
    }

    fn hex(&self, digits: &[u8]) -> Option<Literal<'a>> {
        let digit = |byte: u8| char::from(byte).to_digit(16);
        if self.spelling.dialect == Dialect::Postgres {
            let bits =
                digits.iter().map(|byte| digit(*byte).map(|value| format!("{value:04b}"))).collect::<Option<String>>();
            return bits.map(|bits| Literal::Text(Cow::Owned(bits.into_bytes())));
        }
        if !digits.len().is_multiple_of(2) {
            return None;
        }
        let bytes = digits.chunks(2).map(|pair| Some((digit(pair[0])? * 16 + digit(pair[1])?) as u8));
        bytes.collect::<Option<Vec<u8>>>().map(Literal::Blob)
    }

    fn dollar(&mut self) -> Option<Literal<'a>> {
        let rest = &self.text[self.at..];
        let length = memchr(b'$', &rest[1..])? + 2;
        let tag = &rest[..length];
        let end = memchr::memmem::find(&rest[length..], tag)?;
        self.at += end + 2 * length;
        Some(Literal::Text(Cow::Borrowed(&rest[length..length + end])))
    }

    fn number(&mut self) -> Option<Literal<'a>> {
        let rest = &self.text[self.at..];
        let sign = usize::from(matches!(rest[0], b'-' | b'+'));
        let length = rest[sign..]
            .iter()
            .enumerate()
            .take_while(|(at, byte)| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'.' | b'_')
                    || (matches!(byte, b'-' | b'+') && *at > 0 && matches!(rest[sign + at - 1], b'e' | b'E'))
            })
            .count();
        let number = &rest[..sign + length];
        let digits = &number[sign..];
        let is_infinite = digits.eq_ignore_ascii_case(b"inf") || digits.eq_ignore_ascii_case(b"infinity");
        if !is_infinite && !std::str::from_utf8(digits).is_ok_and(|text| text.parse::<f64>().is_ok()) {
            return None;
        }
        self.at += sign + length;
        Some(Literal::Number(number))
    }

    fn word(&mut self) -> Option<Literal<'a>> {
        let rest = &self.text[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = &rest[..length];
        let is = |text: &str| word.eq_ignore_ascii_case(text.as_bytes());
        self.at += length;
        if is("null") {
            return Some(Literal::Null);
        }
        if is("default") {
            return Some(Literal::Default);
        }
        if is("true") || is("false") {
            return Some(Literal::Bool(is("true")));
        }
        if is("inf") && self.spelling.dialect == Dialect::Sqlite {
            return Some(Literal::Number(word));
        }
        self.blanks();
        if self.peek(0) == b'(' {
            self.at += 1;
            return self.call(word);
        }
        // A type before a string: `timestamp '2025-03-01'`.
        if self.peek(0) == b'\'' && self.spelling.dialect == Dialect::Postgres {
            return self.string(self.spelling.backslashes).map(Literal::Text);
        }
        None
    }

    /// The few functions whose value the text holds.
    fn call(&mut self, name: &[u8]) -> Option<Literal<'a>> {
        let is = |text: &str| name.eq_ignore_ascii_case(text.as_bytes());
        if is("cast") {
            let value = self.value()?;
            self.blanks();
            let rest = &self.text[self.at..];
            if !rest.get(..2)?.eq_ignore_ascii_case(b"as") {
                return None;
            }
            self.at += 2;
            let from = self.at;
            self.kind()?;
            let kind = self.text[from..self.at].trim_ascii().to_ascii_uppercase();
            self.blanks();
            let closes = self.peek(0) == b')';
            self.at += 1;
            return Some(value).filter(|_| closes).and_then(|value| self.cast(value, &kind));
        }
        if self.spelling.dialect != Dialect::Sqlite {
            return None;
        }
        let arguments = self.arguments()?;
        let text = |index: usize| match arguments.get(index)? {
            Literal::Text(text) => Some(&text[..]),
            _ => None,
        };
        let whole = match arguments.len() {
            3 if is("replace") => replaced(text(0)?, text(1)?, text(2)?),
            1 if is("unistr") => unicode(text(0)?)?,
            _ if is("char") => arguments
                .iter()
                .map(|value| match value {
                    Literal::Number(digits) => {
                        char::from_u32(std::str::from_utf8(digits).ok()?.parse().ok()?).map(String::from)
                    }
                    _ => None,
                })
                .collect::<Option<String>>()?
                .into_bytes(),
            _ => return None,
        };
        Some(Literal::Text(Cow::Owned(whole)))
    }

    /// A value as another type: in Postgres the column decides, in SQLite bytes can become text. What would change a
    /// number is computed, and not here.
    fn cast(&self, value: Literal<'a>, kind: &[u8]) -> Option<Literal<'a>> {
        if self.spelling.dialect == Dialect::Postgres {
            return Some(value);
        }
        let is_text = [&b"TEXT"[..], b"CHAR", b"CLOB"].iter().any(|word| memchr::memmem::find(kind, word).is_some());
        match value {
            Literal::Blob(bytes) if is_text => Some(Literal::Text(Cow::Owned(bytes))),
            Literal::Text(_) if is_text => Some(value),
            Literal::Number(digits) if digits.iter().all(u8::is_ascii_digit) && kind.starts_with(b"INT") => Some(value),
            _ => None,
        }
    }

    fn arguments(&mut self) -> Option<Vec<Literal<'a>>> {
        let mut values = Vec::new();
        loop {
            values.push(self.value()?);
            self.blanks();
            let byte = self.peek(0);
            self.at += 1;
            match byte {
                b',' => {}
                b')' => return Some(values),
                _ => return None,
            }
        }
    }

    /// Steps over the name of a type: `double precision`, `public."Mood"[]`, `numeric(10,2)`.
    fn kind(&mut self) -> Option<()> {
        loop {
            self.blanks();
            match self.peek(0) {
                b'"' => self.at = skip_quoted(self.text, self.at, Spelling::of(Dialect::Postgres)),
                b'(' => self.at += memchr(b')', &self.text[self.at..])? + 1,
                b'.' | b'[' | b']' => self.at += 1,
                byte if byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80 => self.at += 1,
                _ => return Some(()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, dialect: Dialect) -> (String, usize) {
        let (value, end) = literal(text.as_bytes(), 0, Spelling::of(dialect));
        let shown = match value {
            Literal::Text(text) => format!("{:?}", String::from_utf8_lossy(&text)),
            Literal::Number(digits) => String::from_utf8_lossy(digits).into_owned(),
            other => format!("{other:?}"),
        };
        (shown, end)
    }

    #[test]
    fn values_are_read_as_postgres_writes_them() {
        for (text, expected) in [
            ("'it''s',", "\"it's\""),
            ("E'a\\tb\\\\\\101\\x41\\u00e9\\'',", "\"a\tb\\\\AAé'\""),
            ("'back\\slash',", "\"back\\\\slash\""),
            ("-1.5e+308)", "-1.5e+308"),
            ("'x'::public.\"Mood Two\"[])", "\"x\""),
            ("CAST('7' AS numeric(10,2)))", "\"7\""),
            ("B'101',", "\"101\""),
            ("X'1F',", "\"00011111\""),
            ("U&'\\0041\\+01F600',", "\"A😀\""),
            ("$q$ it's, $$ $q$,", "\" it's, $$ \""),
            ("NULL)", "Null"),
            ("DEFAULT,", "Default"),
            ("true,", "Bool(true)"),
            ("now() + interval '1, 2' ,", "Expression"),
            ("'a' || 'b',", "\"ab\""),
        ] {
            let (shown, end) = read(text, Dialect::Postgres);
            assert_eq!(shown.replace("\\t", "\t"), expected, "{text}");
            assert_eq!(end, text.len() - 1, "{text}");
        }
    }

    #[test]
    fn values_are_read_as_sqlite_writes_them() {
        for (text, expected) in [
            ("replace(replace('a\\nb\\r','\\r',char(13)),'\\n',char(10)),", "\"a\\nb\\r\""),
            ("unistr('x\\u000ay\\\\'),", "\"x\\ny\\\\\""),
            ("X'00ff',", "Blob([0, 255])"),
            ("-1e999,", "-1e999"),
            ("Inf)", "Inf"),
            ("-Inf)", "-Inf"),
            ("'l'||char(10)||'m',", "\"l\\nm\""),
            ("'E\\',", "\"E\\\\\""),
            ("CAST(X'48c3a9' AS TEXT),", "\"Hé\""),
            ("CAST(1.5 AS INTEGER),", "Expression"),
        ] {
            assert_eq!(read(text, Dialect::Sqlite), (expected.to_string(), text.len() - 1), "{text}");
        }
    }
}
