//! What is found by its form. Each rule says where the secret stands and, of the spellings that one thing has, which is
//! hashed. What the rules are: `secrets.rs`, `addresses.rs`.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::{Kind, addresses, secrets};

/// The one spelling of what was found, if it is what it looks like; given the text, where it begins and ends.
pub type Spelled = fn(&str, usize, usize) -> Option<String>;
/// Of a text the part that is meant.
pub type Narrowed = fn(&str, usize, usize) -> (usize, usize);

/// Groups of a pattern: what is replaced is the first of them that took part. A pattern that knows several ways in which
/// one thing is quoted needs a group for each.
const GROUPS: [&str; 8] = ["v", "w", "x", "y", "z", "u", "t", "s"];

pub struct Rule {
    kind: Kind,
    /// A byte without which nothing can be found: most texts have not all of them.
    needs: Option<u8>,
    pattern: Regex,
    narrowed: Option<Narrowed>,
    spelled: Spelled,
}

impl Rule {
    /// What is replaced is one of the `GROUPS`.
    pub fn new(kind: Kind, pattern: &str) -> Rule {
        let pattern = Regex::new(pattern).expect("a pattern of this room compiles, which a test holds");
        Rule { kind, needs: None, pattern, narrowed: None, spelled: as_is }
    }

    pub fn needs(self, byte: u8) -> Rule {
        Rule { needs: Some(byte), ..self }
    }

    /// Less than the pattern finds, where that tells what it is by what stands around it.
    pub fn narrowed(self, narrowed: Narrowed) -> Rule {
        Rule { narrowed: Some(narrowed), ..self }
    }

    /// Hashed in this spelling, and only if there is one.
    pub fn spelled(self, spelled: Spelled) -> Rule {
        Rule { spelled, ..self }
    }
}

/// A place of a text, and what is shown there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    pub shown: String,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| secrets::rules().into_iter().chain(addresses::rules()).collect());

/// Where something stands in a text, and its pseudonym, in order. A rule sees what those before it have left.
pub fn spans(text: &str, pseudonym: impl Fn(Kind, &str) -> String) -> Vec<Span> {
    let mut left = Left { text: Cow::Borrowed(text), pieces: Vec::new() };
    for rule in RULES.iter() {
        if rule.needs.is_some_and(|byte| !left.text.as_bytes().contains(&byte)) {
            continue;
        }
        let mut found = Vec::new();
        for hit in rule.pattern.captures_iter(&left.text) {
            let Some((start, end)) = place(&hit) else { continue };
            let (start, end) = rule.narrowed.map_or((start, end), |narrowed| narrowed(&left.text, start, end));
            if is_replaced(&left.text[start..end], &left) {
                continue;
            }
            if let Some(spelled) = (rule.spelled)(&left.text, start, end) {
                found.push(Span { start, end, shown: pseudonym(rule.kind, &spelled) });
            }
        }
        if !found.is_empty() {
            left = left.with(found);
        }
    }
    left.pieces.into_iter().map(|(_, span)| span).collect()
}

/// A text of which some is replaced: each piece with where it begins now, and its place in the text as it was.
struct Left<'a> {
    text: Cow<'a, str>,
    pieces: Vec<(usize, Span)>,
}

impl Left<'_> {
    fn with(self, found: Vec<Span>) -> Self {
        let mut pieces: Vec<(usize, Span)> = Vec::new();
        let mut text = String::with_capacity(self.text.len());
        let (mut copied, mut old) = (0, self.pieces.iter().peekable());
        for Span { start, end, shown } in found {
            // Those that stand before it stay; those within it are part of it.
            while let Some((at, piece)) = old.next_if(|(at, _)| *at < end) {
                if *at + piece.shown.len() <= start {
                    pieces.push((text.len() + at - copied, piece.clone()));
                }
            }
            let place = Span { start: self.origin(start, false), end: self.origin(end, true), shown };
            text.push_str(&self.text[copied..start]);
            copied = end;
            let at = text.len();
            text.push_str(&place.shown);
            pieces.push((at, place));
        }
        pieces.extend(old.map(|(at, piece)| (text.len() + at - copied, piece.clone())));
        text.push_str(&self.text[copied..]);
        Left { text: Cow::Owned(text), pieces }
    }

    /// Where a place stood in the text as it was; within a piece it is the piece's beginning or end.
    fn origin(&self, place: usize, is_end: bool) -> usize {
        let before = self.pieces.partition_point(|(at, _)| if is_end { *at < place } else { *at <= place });
        let Some((at, piece)) = before.checked_sub(1).map(|last| &self.pieces[last]) else { return place };
        match place.checked_sub(at + piece.shown.len()) {
            Some(behind) => piece.end + behind,
            None if is_end => piece.end,
            None => piece.start,
        }
    }
}

/// The text with each thing in it replaced.
pub fn replaced(text: &str, pseudonym: impl Fn(Kind, &str) -> String) -> String {
    with(text, &spans(text, pseudonym))
}

/// The text with what is to be shown at some places, which are in order.
pub fn with(text: &str, spans: &[Span]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut copied = 0;
    for span in spans {
        shown.push_str(&text[copied..span.start]);
        shown.push_str(&span.shown);
        copied = span.end;
    }
    shown.push_str(&text[copied..]);
    shown
}

static PSEUDONYM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(?:email|ip|mac|user|secret|value)-[0-9a-z]{10}\b")
        .expect("a pattern of this file compiles, which a test holds")
});

/// Whether all of a text that tells anything is replaced already.
fn is_replaced(text: &str, left: &Left) -> bool {
    let is_made = |one: &str| is_pseudonym(one) || left.pieces.iter().any(|(_, piece)| piece.shown == one);
    let mut has_one = false;
    let rest = PSEUDONYM.replace_all(text, |found: &Captures| {
        has_one |= is_made(&found[0]);
        if is_made(&found[0]) { String::new() } else { found[0].to_string() }
    });
    has_one && !rest.contains(char::is_alphanumeric)
}

/// What of a text is its own: without pseudonyms, whose digits tell nothing of it.
pub fn own(text: &str) -> Cow<'_, str> {
    PSEUDONYM
        .replace_all(text, |found: &Captures| if is_pseudonym(&found[0]) { String::new() } else { found[0].into() })
}

/// Where pseudonyms stand already.
pub fn pseudonyms(text: &str, is_one: impl Fn(&str) -> bool) -> Vec<Span> {
    let found = PSEUDONYM.find_iter(text).filter(|found| is_one(found.as_str()));
    found.map(|found| Span { start: found.start(), end: found.end(), shown: found.as_str().to_string() }).collect()
}

fn place(found: &Captures) -> Option<(usize, usize)> {
    let group = GROUPS.iter().find_map(|name| found.name(name))?;
    Some((group.start(), group.end()))
}

/// A text without the words that were cut off.
pub fn without_cut_words(text: &str) -> Cow<'_, str> {
    static CUT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"[^\s,]*[\p{L}\p{N}_.@%+/\\:-]…").expect("a pattern of this file compiles, which a test holds")
    });
    if text.contains('…') { CUT.replace_all(text, "…") } else { Cow::Borrowed(text) }
}

/// A text with what `\x22` and `\u00e4` stand for, if it has any that can be shown.
pub fn unescaped(text: &str) -> Option<String> {
    static ESCAPES: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?:\\x[0-9A-Fa-f]{2})+|(?:\\u[0-9A-Fa-f]{4})+")
            .expect("a pattern of this file compiles, which a test holds")
    });
    if !text.contains("\\x") && !text.contains("\\u") {
        return None;
    }
    let plain = ESCAPES.replace_all(text, |found: &Captures| {
        let is_unicode = found[0].starts_with("\\u");
        let numbers = found[0].split(['\\', 'x', 'u']).filter_map(|digits| u16::from_str_radix(digits, 16).ok());
        let shown = match is_unicode {
            true => String::from_utf16(&numbers.collect::<Vec<u16>>()).ok(),
            // Bytes of UTF-8, or else of Latin-1.
            false => {
                let bytes: Vec<u8> = numbers.map(|number| number as u8).collect();
                let latin = || bytes.iter().map(|byte| char::from(*byte)).collect();
                Some(String::from_utf8(bytes.clone()).unwrap_or_else(|_| latin()))
            }
        };
        shown.filter(|shown| !shown.contains(char::is_control)).unwrap_or_else(|| found[0].to_string())
    });
    match plain {
        Cow::Owned(plain) if plain != text => Some(plain),
        _ => None,
    }
}

/// A text with what `%20` and `+` stand for in URLs, if it has any.
pub fn url_decoded(text: &str) -> Option<String> {
    if !text.contains(['%', '+']) {
        return None;
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&byte) = rest.next() {
        let digits =
            rest.as_slice().get(..2).filter(|_| byte == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(decoded) => {
                bytes.push(decoded);
                rest.nth(1);
            }
            None => bytes.push(if byte == b'+' { b' ' } else { byte }),
        }
    }
    String::from_utf8(bytes).ok().filter(|plain| plain != text && !plain.contains(char::is_control))
}

/// Whether it is what this program puts in the place of others, by its form. `user-0000012345` and `user-00c0ffee00` are
/// ids of another's; of a thousand pseudonyms one has no letter behind `f` either, and is known since it was made.
pub fn is_pseudonym(text: &str) -> bool {
    has_form(text) && text.rsplit('-').next().is_some_and(|digits| digits.bytes().any(|b| b > b'f'))
}

/// What in a text has the form of a pseudonym.
pub fn of_form(text: &str) -> impl Iterator<Item = &str> {
    PSEUDONYM.find_iter(text).map(|found| found.as_str()).filter(|one| has_form(one))
}

pub fn has_form(text: &str) -> bool {
    let Some((kind, digits)) = text.split_once('-') else { return false };
    let is_digit = |b: u8| b.is_ascii_digit() || (b.is_ascii_lowercase() && !matches!(b, b'i' | b'l' | b'o' | b'u'));
    matches!(kind, "email" | "ip" | "mac" | "user" | "secret" | "value")
        && digits.len() == 10
        && digits.bytes().all(is_digit)
}

pub fn as_is(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_string())
}

pub fn small(text: &str, start: usize, end: usize) -> Option<String> {
    Some(text[start..end].to_lowercase())
}
