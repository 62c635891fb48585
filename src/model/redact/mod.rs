//! Pseudonyms for what names people, machines and secrets, in everything that leaves: values, texts, SQL shown. Evidence
//! is counted and grouped by its true values; only what is shown is replaced. Begin at [`Redactor::text`].
//!
//! A pseudonym is a kind and 50 bits of HMAC-SHA-256 (RFC 2104, FIPS 180-4) of the value under the case's key, so it is
//! the same in every table and every command of one case, and no list of all addresses gives it back without the key.
//! Of a million different values two have the same pseudonym with a probability of 0.0004.
//!
//! | given | call |
//! |---|---|
//! | a sentence, SQL, a message | [`Redactor::text`] |
//! | a text that stands alone, which may be a value as a whole | [`Redactor::whole`] |
//! | a cell of an answer, by the name of its column | [`Redactor::cell`], which chooses among those below |
//! | a value of a named column, or one that is a secret by its name | `of_column` |
//! | a value of a named column, however it is shown | `of_named` |
//! | a value of an expression over named columns, `max(name)` | `of_derived` |
//! | what is made of their parts, `left(name, 2)`: all of it | `of_all` |
//! | a value that was found in a text | `of_found` |
//!
//! All of them end in `of_kind`, or, for what a rule found, in `pseudonym`.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::{LazyLock, PoisonError, RwLock};

use regex::{Captures, Regex};
use sha2::{Digest, Sha256};

use super::document::{Chart, Document, Part, Table};
use crate::error::Error;

mod addresses;
mod cells;
mod faults;
mod known;
mod lower;
mod named;
mod rules;
mod secrets;

pub use addresses::{bare_mac, is_mac_name};
pub use known::{Known, VALUES_MAX, is_long};
pub use named::{ANY, Made, MadeOf, WITHIN, Way};
pub use rules::{has_form, is_pseudonym};
pub use secrets::{is_none, is_secret_name};

use lower::{Lowered, lower};
use named::{Holds, Named, Writing};
use rules::Span;

/// What is replaced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Kind {
    Email,
    Ip,
    Mac,
    User,
    Secret,
    /// Of a named column.
    #[default]
    Value,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Email => "email",
            Kind::Ip => "ip",
            Kind::Mac => "mac",
            Kind::User => "user",
            Kind::Secret => "secret",
            Kind::Value => "value",
        }
    }
}

pub struct Redactor {
    key: [u8; 32],
    /// The key as it was written, which is never shown.
    spelled: Option<String>,
    named: Named,
    known: Known,
    /// What names of columns tell, which each cell asks.
    told: RwLock<HashMap<String, ColumnTraits>>,
    /// Pseudonyms that were said, and made ones that their form does not tell.
    odd: RwLock<HashSet<String>>,
    /// Values of the evidence that have the form of one.
    alike: HashSet<String>,
}

/// What the name of a column tells of its values.
#[derive(Debug, Clone, Copy)]
struct ColumnTraits {
    is_named: bool,
    is_secret: bool,
    is_mac: bool,
    /// Of an answer: what it has of named ones.
    holds: Holds,
}

impl Redactor {
    pub fn new(key: &str, columns: &[String]) -> Redactor {
        Redactor {
            key: Sha256::digest(key.as_bytes()).into(),
            spelled: Some(key.to_string()).filter(|key| !key.is_empty()),
            named: Named::new(columns),
            known: Known::default(),
            told: RwLock::default(),
            odd: RwLock::default(),
            alike: HashSet::new(),
        }
    }

    /// Takes the values of the named columns, which are then replaced in all texts too.
    ///
    /// # Errors
    /// If they are too many to be looked for.
    pub fn know(&mut self, values: HashMap<String, Kind>) -> Result<(), Error> {
        self.known = Known::of(values)?;
        Ok(())
    }

    /// Takes columns whose names tell that they are secrets as named, and names that values are shown under too.
    pub fn name(&mut self, columns: &[String], also: &[String]) {
        self.named.add(columns, also);
        self.told = RwLock::default();
    }

    /// Takes what the columns of an answer are made of: each name with the names in its expression. `None` if that cannot
    /// be told: then all count as made of named ones. `said` are names of columns that hide nothing.
    pub fn follow(&self, made: Option<&[MadeOf]>, said: &[String]) {
        self.named.follow(made, said);
        // What was told of names before holds no longer.
        self.told.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Takes which columns there are, and whether they have texts: what SQL puts beside these is spelled as before.
    pub fn spell<'a>(&mut self, columns: impl Iterator<Item = (&'a str, bool)>) {
        self.named.spell(columns);
    }

    pub fn is_named(&self, column: &str) -> bool {
        let told = self.told(column);
        told.is_named || told.is_secret
    }

    fn told(&self, column: &str) -> ColumnTraits {
        const KEPT: usize = 10_000;
        if let Some(told) = self.told.read().ok().and_then(|known| known.get(column).copied()) {
            return told;
        }
        let (is_named, is_secret) = (self.named.has(column), is_secret_name(column));
        let told = ColumnTraits { is_named, is_secret, is_mac: is_mac_name(column), holds: self.named.held(column) };
        // Keys of JSON may be any number.
        if let Some(mut known) = self.told.write().ok().filter(|known| known.len() < KEPT) {
            known.insert(column.to_string(), told);
        }
        told
    }

    /// Whether values of a column that are no texts may have to be replaced.
    pub fn may_hide(&self, column: &str) -> bool {
        !self.known.is_empty() || self.told(column).holds > Holds::Nothing
    }

    /// A text with pseudonyms in place of what it must not say. Words that were cut off (`alice@exam…`) are left out,
    /// since nobody can tell what they were.
    pub fn text(&self, text: &str) -> String {
        self.text_of(text, false)
    }

    /// The name of a column of an answer, which may be a value where rows were turned into columns.
    pub fn column(&self, name: &str) -> String {
        match self.named.any_holds() {
            _ if self.is_named(name) => self.text(name),
            Holds::Nothing | Holds::Within => self.text(name),
            Holds::Secrets | Holds::Derived if !self.named.is_said(name) => self.of_named(name),
            _ => self.of_derived(name),
        }
    }

    /// `is_made`: of values of named columns, which are then replaced however short they are.
    fn text_of(&self, text: &str, is_made: bool) -> String {
        let mut text = rules::without_cut_words(text).into_owned();
        if let Some(key) = self.spelled.as_ref().filter(|key| text.contains(*key)) {
            text = text.replace(key, "(key)");
        }
        // Bytes are shown with `\x22` for quotes, which hides where words begin.
        if let Some(plain) = rules::unescaped(&text) {
            let shown = self.replaced(&plain, is_made);
            if shown != plain {
                return shown;
            }
        }
        // Of a URL only what it says of known values is decoded.
        if let Some(plain) = Some(&self.known).filter(|known| !known.is_empty()).and_then(|_| rules::url_decoded(&text))
        {
            let found = |text: &str| self.known.found(&Lowered::of(text)).len();
            if found(&plain) > found(&text) {
                return self.replaced(&plain, is_made);
            }
        }
        self.replaced(&text, is_made)
    }

    fn replaced(&self, text: &str, is_made: bool) -> String {
        let mut spans = rules::spans(text, |kind, value| self.pseudonym(kind, value));
        let written = Writing::of(text);
        if !self.known.is_empty() || !self.named.is_empty() {
            let lowered = Lowered::of(text);
            let is_replaced = |text: &str| self.is_pseudonym(text);
            let named = self.named.found(&lowered, &self.known, written, is_replaced);
            let is_bare = |hit: &known::Hit| !text[..hit.start].ends_with('\'') && !text[..hit.start].ends_with('"');
            let quoted = |hit: known::Hit| match written.is_sql && is_bare(&hit) {
                true => Span { shown: format!("'{}'", self.of_found(text, &hit)), start: hit.start, end: hit.end },
                false => Span { shown: self.of_found(text, &hit), start: hit.start, end: hit.end },
            };
            let named: Vec<Span> = named.into_iter().map(quoted).collect();
            let within = if is_made { self.known.within(&lowered) } else { Vec::new() };
            let known = self.known.found(&lowered).into_iter().chain(within);
            let known = known.map(|hit| Span { shown: self.of_found(text, &hit), start: hit.start, end: hit.end });
            let mut all: Vec<Span> = named.into_iter().chain(known).collect();
            if !all.is_empty() {
                let is_free = |one: &Span| spans.iter().all(|span| span.end <= one.start || one.end <= span.start);
                let standing: Vec<Span> = rules::pseudonyms(text, is_replaced).into_iter().filter(is_free).collect();
                spans.extend(standing);
                spans.sort_by_key(|span| span.start);
                all.sort_by_key(|span| (span.start, std::cmp::Reverse(span.end)));
                spans = merged(spans, all);
            }
        }
        let shown = rules::with(text, &spans);
        if written.is_sql { askable(&shown).into_owned() } else { shown }
    }

    fn of_found(&self, text: &str, hit: &known::Hit) -> String {
        let written = &text[hit.start..hit.end];
        // A secret is hashed as it is written.
        match lower(written) == hit.value {
            true => self.of_named(written),
            false => self.of_named(&hit.value),
        }
    }

    /// A page.
    pub fn document(&self, document: &Document) -> Document {
        let texts = |texts: &[String]| texts.iter().map(|text| self.text(text)).collect::<Vec<_>>();
        let mut page = document.clone();
        page.title = self.text(&page.title);
        page.question = self.text(&page.question);
        page.answer = texts(&page.answer);
        page.foot = self.text(&page.foot);
        for part in page.sections.iter_mut().flat_map(|section| &mut section.parts) {
            match part {
                Part::Heading(_) => {}
                Part::Text(text) => *text = self.text(text),
                Part::Notes(notes) => *notes = texts(notes),
                Part::Figure(figure) => {
                    figure.title = self.text(&figure.title);
                    figure.told = self.text(&figure.told);
                    for name in names(&mut figure.chart) {
                        *name = self.text(name);
                    }
                }
                Part::Table(table) => self.table(table),
                Part::Behind(behind) => {
                    behind.command = self.text(&behind.command);
                    behind.sql = behind.sql.as_ref().map(|sql| self.text(sql));
                }
            }
        }
        page
    }

    fn table(&self, table: &mut Table) {
        table.caption = self.text(&table.caption);
        table.rows = table.rows.iter().map(|row| self.row(&table.columns, row)).collect();
        table.columns = table.columns.iter().map(|name| self.text(name)).collect();
        table.sql = table.sql.iter().map(|sql| sql.as_ref().map(|sql| self.text(sql))).collect();
        if let Some((_, command)) = &mut table.more {
            *command = self.text(command);
        }
    }

    /// A value of a column that is named, or is a secret by its name.
    fn of_column(&self, column: &str, value: &str) -> String {
        match self.told(column) {
            // What stands there in place of a secret is none.
            ColumnTraits { is_secret: true, .. } if is_none(value.trim()) => value.to_string(),
            ColumnTraits { is_secret: true, .. } => self.of_kind(Kind::Secret, value),
            _ => self.of_named(value),
        }
    }

    /// A value of a named column. One that is an address as a whole has the pseudonym that it has in texts.
    fn of_named(&self, value: &str) -> String {
        self.of_kind(self.known.kind(&lower(value.trim())), value)
    }

    fn of_kind(&self, kind: Kind, value: &str) -> String {
        let value = value.trim();
        if value.is_empty() || self.is_pseudonym(value) {
            return value.to_string();
        }
        let by_rule = rules::replaced(value, |kind, value| self.pseudonym(kind, value));
        match kind {
            _ if by_rule != value && self.is_pseudonym(&by_rule) => by_rule,
            Kind::Secret => self.pseudonym(kind, value.trim_end_matches(['.', ':', '!', '?'])),
            Kind::Mac => self.pseudonym(kind, &bare_mac(value).unwrap_or_else(|| value.to_lowercase())),
            _ => self.pseudonym(kind, &one_spelling(value)),
        }
    }

    /// `ip-7k2m9q4hd0`: the kind, and ten digits of base 32 (Crockford's) of the keyed hash.
    fn pseudonym(&self, kind: Kind, value: &str) -> String {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let hash = hmac(&self.key, value.as_bytes());
        let number = hash[..8].iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let digits: String = (0..10).map(|at| char::from(DIGITS[(number >> (59 - 5 * at)) as usize & 31])).collect();
        let made = format!("{}-{digits}", kind.name());
        if !rules::is_pseudonym(&made) {
            self.odd.write().unwrap_or_else(PoisonError::into_inner).insert(made.clone());
        }
        made
    }

    /// Whether it is a pseudonym: by its form, unless evidence has it, or one that was made or said.
    fn is_pseudonym(&self, text: &str) -> bool {
        let is_one = || self.odd.read().unwrap_or_else(PoisonError::into_inner).contains(text);
        rules::is_pseudonym(text) && !self.alike.contains(text) || rules::has_form(text) && is_one()
    }

    /// Takes pseudonyms that stand in what was asked.
    pub fn take_said(&self, text: &str) {
        let mut odd = self.odd.write().unwrap_or_else(PoisonError::into_inner);
        odd.extend(rules::of_form(text).filter(|one| !rules::is_pseudonym(one)).map(str::to_string));
    }

    /// Takes values of named columns that look like pseudonyms and are none.
    pub fn take_alike(&mut self, values: Vec<String>) {
        self.alike.extend(values);
    }

    /// Takes the words of conditions that are asked: faults may tell them.
    pub fn take_words(&self, words: &[String]) {
        self.named.take_words(words);
    }
}

/// Values of named columns where no rule has found what they are a part of. One that a rule has found more of is that;
/// one that has more than rules found is one value.
fn merged(rules: Vec<Span>, named: Vec<Span>) -> Vec<Span> {
    let mut kept = rules;
    let mut taken = 0;
    for span in named.into_iter() {
        if span.start < taken {
            continue;
        }
        let touches = |one: &&Span| one.start < span.end && span.start < one.end;
        let is_part = kept.iter().filter(touches).any(|one| one.start <= span.start && span.end <= one.end);
        if is_part {
            continue;
        }
        // What is found in part is hidden as a whole.
        let (mut start, mut end) = (span.start, span.end);
        for one in kept.iter().filter(touches) {
            (start, end) = (start.min(one.start), end.max(one.end));
        }
        kept.retain(|one| !(one.start < span.end && span.start < one.end));
        taken = end;
        let at = kept.partition_point(|one| one.start < start);
        kept.insert(at, Span { start, end, shown: span.shown });
    }
    kept
}

/// SQL in which pseudonyms stand can be asked again, under the same key, where a column is compared with one.
fn askable(sql: &str) -> Cow<'_, str> {
    static COMPARED: LazyLock<Regex> = LazyLock::new(|| {
        let pseudonym = "'(?:email|ip|mac|user|secret|value)-[0-9a-z]{10}'";
        let column = r#"(?:"[^"]+"|\b[A-Za-z_]\w*)(?:\.(?:"[^"]+"|[A-Za-z_]\w*))*"#;
        let one = format!(
            r"(?P<sign>\s*(?:=|!=|<>|IS NOT DISTINCT FROM|IS DISTINCT FROM)\s*)(?:DATE |TIMESTAMP )?(?P<value>{pseudonym})(?:::[A-Z]+)?"
        );
        let several = format!(r"(?P<list>\s+(?:NOT )?IN \({pseudonym}(?:, ?{pseudonym})*\))");
        Regex::new(&format!("(?P<column>{column})(?:{one}|{several})"))
            .expect("a pattern of this file compiles, which a test holds")
    });
    COMPARED.replace_all(sql, |found: &Captures| {
        let part = |name: &str| found.name(name).map_or("", |part| part.as_str());
        format!("redact({}){}{}{}", part("column"), part("sign"), part("value"), part("list"))
    })
}

/// Times and numbers have several spellings: in SQL, in answers, in a column of whole numbers and in one of fractions; and
/// a date may stand as the time at which it begins.
fn one_spelling(value: &str) -> String {
    let lower = lower(value);
    let bytes = lower.as_bytes();
    let is_time = bytes.len() >= 16 && bytes[4] == b'-' && matches!(bytes[10], b't' | b' ') && bytes[13] == b':';
    if is_time && bytes[0].is_ascii_digit() {
        let plain =
            lower.trim_end_matches('z').trim_end_matches("+00:00").trim_end_matches("+00").replacen('t', " ", 1);
        let fraction: &[char] = if plain.contains('.') { &['0'] } else { &[] };
        let plain = plain.trim_end_matches(fraction).trim_end_matches('.');
        return plain.strip_suffix(" 00:00:00").or(plain.strip_suffix(" 00:00")).unwrap_or(plain).to_string();
    }
    let whole = lower.split_once('.').filter(|(_, zeros)| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'));
    match whole
        .map(|(whole, _)| whole)
        .filter(|whole| whole.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit()))
    {
        Some(whole) if !whole.is_empty() => whole.to_string(),
        _ => lower,
    }
}

fn names(chart: &mut Chart) -> Vec<&mut String> {
    match chart {
        Chart::Lanes(lanes) => lanes.lanes.iter_mut().map(|lane| &mut lane.name).collect(),
        Chart::Strips(strips) => strips.strips.iter_mut().map(|(name, _)| name).collect(),
        Chart::Pareto(pareto) => pareto.bars.iter_mut().map(|(name, _)| name).collect(),
        Chart::Funnel(stages) => stages.iter_mut().map(|stage| &mut stage.name).collect(),
    }
}

/// RFC 2104 with a key of 32 bytes.
fn hmac(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
    let padded = |with: u8| {
        let mut block = [with; 64];
        block.iter_mut().zip(key).for_each(|(byte, key)| *byte ^= key);
        block
    };
    let inner = Sha256::new().chain_update(padded(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(padded(0x5c)).chain_update(inner).finalize().into()
}

#[cfg(test)]
mod tests;
