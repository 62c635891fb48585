//! Arrays and ranges in their text form (PostgreSQL manual, 8.15.6 and 8.17.5).

use std::borrow::Cow;

use super::kind::PgKind;
use super::moment;
use crate::model::column::Buffer;
use crate::model::zone::Clock;

/// The text without the bounds that an array may carry: `[0:1][-1:0]={..}`.
fn body(text: &[u8]) -> &[u8] {
    match text {
        [b'[', ..] => memchr::memchr(b'=', text).map_or(text, |equal| &text[equal + 1..]),
        _ => text,
    }
}

/// How deep an array is nested; 0 of an empty one.
pub fn depth(text: &[u8]) -> u8 {
    let body = body(text);
    if body == b"{}" {
        return 0;
    }
    body.iter().take_while(|byte| **byte == b'{').count().min(6) as u8
}

/// Adds an array as a list. `false` if it does not fit: then it is NULL.
pub fn push(text: &[u8], item: &PgKind, depth: u8, divider: u8, clock: Clock, out: &mut Buffer) -> bool {
    let rows = out.valid.len();
    let mut reader = Reader { text: body(text), at: 0, item, divider, clock };
    if reader.list(depth, out).is_some() && reader.at == reader.text.len() {
        return true;
    }
    out.truncate(rows);
    out.push_null();
    false
}

/// The items of an array of any depth that are not NULL.
pub fn items(text: &[u8], divider: u8) -> impl Iterator<Item = &[u8]> {
    let is_mark = move |byte: &u8| *byte == divider || matches!(byte, b'{' | b'}');
    body(text).split(is_mark).filter(|item| !item.is_empty() && *item != b"NULL")
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    item: &'a PgKind,
    divider: u8,
    clock: Clock,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn list(&mut self, depth: u8, out: &mut Buffer) -> Option<()> {
        if !self.eat(b'{') {
            return None;
        }
        if !self.eat(b'}') {
            loop {
                let items = out.items.as_mut()?;
                if depth > 1 {
                    self.list(depth - 1, items)?
                } else {
                    self.item(items)?
                }
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(self.divider) {
                    return None;
                }
            }
        }
        out.push_list();
        Some(())
    }

    fn item(&mut self, out: &mut Buffer) -> Option<()> {
        let text: Cow<'_, [u8]> = if self.peek() == Some(b'"') {
            Cow::Owned(self.quoted()?)
        } else {
            let start = self.at;
            while self.peek().is_some_and(|byte| byte != self.divider && byte != b'}') {
                // A brace or quote here means another depth than was told.
                if matches!(self.peek(), Some(b'{' | b'"' | b'\\')) {
                    return None;
                }
                self.at += 1;
            }
            let plain = &self.text[start..self.at];
            if plain == b"NULL" {
                out.push_null();
                return Some(());
            }
            if plain.is_empty() {
                return None;
            }
            Cow::Borrowed(plain)
        };
        self.item.push(&text, self.clock, out).then_some(())
    }

    fn quoted(&mut self) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            let byte = self.peek()?;
            self.at += 1;
            match byte {
                b'"' => return Some(text),
                b'\\' => {
                    text.push(self.peek()?);
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
    }
}

/// A range or multirange of instants, each bound in UTC as Postgres would write it.
pub fn range_in_utc(text: &[u8], clock: Clock) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    if text == "empty" {
        return Some(text.to_string());
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| !"[](){},".contains(c)) {
        shown.push_str(&rest[..at]);
        let (bound, after) = match rest[at..].strip_prefix('"') {
            Some(inner) => {
                let end = inner.find('"')?;
                (&inner[..end], &inner[end + 1..])
            }
            None => rest[at..].split_at(rest[at..].find([',', ')', ']', '}'])?),
        };
        let spelled = moment::spelled(moment::timestamp(bound.as_bytes(), clock)?.0);
        if spelled.contains(' ') {
            shown.push_str(&format!("\"{spelled}\""))
        } else {
            shown.push_str(&spelled)
        }
        rest = after;
    }
    shown.push_str(rest);
    Some(shown)
}
