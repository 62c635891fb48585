//! Columns whose values are replaced by their names, and values that stand behind such a name in a text: `badge=7104`,
//! `badge = 7104`, `"badge": 7104`, `badge IN (7104, 7105)`. There a value is replaced however short it is.

use std::collections::{HashMap, HashSet};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use aho_corasick::AhoCorasick;

use super::known::{Hit, Known};
use super::lower::{Lowered, is_word, lower};

/// Signs between a name and its values, and words, the longer before those that they begin with.
const SIGNS: [&str; 14] = ["==", "=>", "!=", "<>", "<=", ">=", "=", "≠", "≤", "≥", "%3d", ":", "<", ">"];
const WORDS: [&str; 9] = [
    "is not distinct from ",
    "is distinct from ",
    "not in (",
    "in (",
    "not between ",
    "between ",
    "not like ",
    "like ",
    "ilike ",
];

/// In place of a name: any column of a query.
pub const ANY: &str = "*";
/// In place of a name: texts that say values of named columns among others.
pub const WITHIN: &str = "* within";

/// How an expression has a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// `max(name)`: the values as they are.
    Whole,
    /// `coalesce(born, now())`: the engine casts all branches to one type, so that a date may be shown as a time.
    Beside,
    /// `badge::VARCHAR`: as SQL writes them.
    Spelled,
    /// `left(name, 2)`: parts of them, or what else is made of them.
    Part,
    /// `people.name`: parts of a column `people`, if there is one; it may be a table.
    Field,
    /// `'name'`: a word that is called like the column, by which its values may be taken out of others.
    Word,
}

impl Way {
    /// The same, of values that stand beside others.
    pub fn beside(self) -> Way {
        if self == Way::Whole { Way::Beside } else { self }
    }
}

/// The names that a query gives to expressions, each with the names in the expression.
pub type Made = Vec<MadeOf>;
/// A column's name, with the names in its expression and what is done with them.
pub type MadeOf = (String, Vec<(String, Way)>);

/// What of named columns is in a column of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holds {
    /// `count(*)`.
    Nothing,
    /// Texts that say them among others: each is replaced there, but what is made of such a text may have any part of it.
    Within,
    /// Texts of them, as of `max(name)` and `badge::VARCHAR`, which are spelled alike wherever they stand.
    Texts,
    /// Their values, as of `max(badge)`: what is none of these is shown.
    Values,
    /// What is a secret by its name and of no column that was looked at: all of it is hidden.
    Secrets,
    /// What is made of them, as of `left(name, 2)`: all of it is hidden.
    Derived,
}

impl Holds {
    /// Whether there are values as they are.
    pub fn is_values(self) -> bool {
        matches!(self, Holds::Texts | Holds::Values)
    }

    /// Whether all of it is hidden, whatever it is.
    pub fn is_all(self) -> bool {
        self >= Holds::Secrets
    }
}

#[derive(Default)]
pub struct Named {
    /// In lower case.
    columns: HashSet<String>,
    /// Columns that have texts in every table.
    texts: HashSet<String>,
    /// Names under which values of these columns are shown too, such as `operator` of `operator_id`.
    also: HashSet<String>,
    /// What columns of an answer hold of named ones, and what any other may.
    made: RwLock<HashMap<String, Holds>>,
    /// What names of columns may be, of what was asked: its own words, and columns that there are.
    said: RwLock<HashSet<String>>,
    /// The words of conditions, whose faults are told with values too.
    typed: RwLock<HashSet<String>>,
    names: Vec<String>,
    search: Option<AhoCorasick>,
}

impl Named {
    pub fn new(columns: &[String]) -> Named {
        let mut named = Named { columns: columns.iter().map(|name| lower(name)).collect(), ..Named::default() };
        named.prepare();
        named
    }

    /// Takes the names of columns whose names tell that they are secrets, and those that values are shown under too.
    pub fn add(&mut self, columns: &[String], also: &[String]) {
        self.columns.extend(columns.iter().map(|name| lower(name)));
        self.also.extend(also.iter().map(|name| lower(name)));
        self.prepare();
    }

    /// Takes which columns there are, and whether they have texts.
    pub fn spell<'a>(&mut self, columns: impl Iterator<Item = (&'a str, bool)>) {
        let mut others = HashSet::new();
        for (name, is_text) in columns {
            if is_text {
                self.texts.insert(lower(name))
            } else {
                others.insert(lower(name))
            };
        }
        self.texts.retain(|name| !others.contains(name));
    }

    fn prepare(&mut self) {
        self.names = self.columns.union(&self.also).filter(|name| !name.is_empty()).cloned().collect();
        self.names.sort_unstable();
        // Names that are too many for a search are found by their values alone.
        self.search = AhoCorasick::new(&self.names).ok().filter(|_| !self.names.is_empty());
    }

    pub fn has(&self, column: &str) -> bool {
        !self.columns.is_empty() && self.columns.contains(&lower(column))
    }

    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Takes what the columns of an answer are made of, in place of those of the one before. `None` if that cannot be told.
    /// `said` are names that hide nothing.
    pub fn follow(&self, made: Option<&[MadeOf]>, said: &[String]) {
        *self.said.write().unwrap_or_else(PoisonError::into_inner) = said.iter().map(|name| lower(name)).collect();
        let mut known = self.made.write().unwrap_or_else(PoisonError::into_inner);
        known.clear();
        let Some(made) = made else {
            known.insert(ANY.to_string(), if self.columns.is_empty() { Holds::Nothing } else { Holds::Derived });
            return;
        };
        // Whatever is called as it was says nothing new.
        let is_new = |(name, of): &(String, Vec<(String, Way)>)| {
            name == ANY || of.is_empty() || of.iter().any(|(of, way)| of != name || *way != Way::Whole)
        };
        let lower_all = |of: &[(String, Way)]| of.iter().map(|(of, way)| (lower(of), *way)).collect();
        let made = made.iter().map(|(name, of)| (lower(name), lower_all(of)));
        let made: Made = made.filter(is_new).collect();
        loop {
            let mut has_changed = false;
            for (name, of) in &made {
                let holds = of.iter().map(|(of, way)| self.holds(&known, of, *way)).max().unwrap_or(Holds::Nothing);
                let before = known.get(name).copied();
                if before.is_none_or(|before| before < holds) {
                    known.insert(name.clone(), holds);
                    has_changed = true;
                }
            }
            if !has_changed {
                return;
            }
        }
    }

    /// What an expression has of a column.
    fn holds(&self, known: &HashMap<String, Holds>, of: &str, way: Way) -> Holds {
        let own = self.columns.contains(of);
        let is_some = own || of == ANY && !self.columns.is_empty();
        let is_secret = !own && super::is_secret_name(of);
        let is_text = match of {
            ANY => self.columns.is_subset(&self.texts),
            _ => self.texts.contains(of),
        };
        let least = match is_some {
            true if is_text => Holds::Texts,
            true => Holds::Values,
            false if is_secret => Holds::Secrets,
            false if of == WITHIN && !self.columns.is_empty() => Holds::Within,
            false => Holds::Nothing,
        };
        if matches!(way, Way::Field | Way::Word) {
            let holds = known.get(of).copied().unwrap_or(Holds::Nothing).max(least);
            return match way {
                _ if holds == Holds::Nothing => Holds::Nothing,
                Way::Field => Holds::Derived,
                _ => Holds::Within,
            };
        }
        let made = match of {
            ANY => known.values().max().copied(),
            _ => known.get(of).copied().max(known.get(ANY).copied()),
        };
        let holds = made.unwrap_or(Holds::Nothing).max(least);
        match way {
            Way::Part if holds > Holds::Nothing => Holds::Derived,
            // Who knows how they are spelled there?
            Way::Beside if holds == Holds::Values => Holds::Derived,
            // Of a named column the texts are known too.
            Way::Spelled if holds == Holds::Values => {
                if own {
                    Holds::Texts
                } else {
                    Holds::Derived
                }
            }
            _ => holds,
        }
    }

    fn made(&self) -> RwLockReadGuard<'_, HashMap<String, Holds>> {
        self.made.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What any column of an answer may hold of a named one.
    pub fn any_holds(&self) -> Holds {
        self.made().get(ANY).copied().unwrap_or(Holds::Nothing)
    }

    /// Takes the words of conditions that are asked.
    pub fn take_words(&self, words: &[String]) {
        self.typed.write().unwrap_or_else(PoisonError::into_inner).extend(words.iter().map(|word| lower(word)));
    }

    /// Whether a name stands in what was asked, or is that of a column.
    pub fn is_said(&self, name: &str) -> bool {
        let name = lower(name);
        let has =
            |names: &RwLock<HashSet<String>>| names.read().unwrap_or_else(PoisonError::into_inner).contains(&name);
        self.made().contains_key(&name) || has(&self.said) || has(&self.typed)
    }

    /// Whether there are columns whose values a fault may tell.
    pub fn has_columns(&self) -> bool {
        !self.columns.is_empty()
    }

    /// Whether SQL of the user is being asked that may make something of named columns.
    pub fn may_be_taken_apart(&self) -> bool {
        let is_followed = || !self.said.read().unwrap_or_else(PoisonError::into_inner).is_empty();
        !self.columns.is_empty() && is_followed()
    }

    /// What a column of an answer holds of named ones, by what was followed or by its name: `max(badge)`, and `badge_1` of
    /// two that are called `badge`.
    pub fn held(&self, column: &str) -> Holds {
        let lower = lower(column);
        let also = if self.also.contains(&lower) { Holds::Values } else { Holds::Nothing };
        let made = self.made();
        let of = |name: &str| {
            let own = if self.columns.contains(name) { Holds::Values } else { Holds::Nothing };
            made.get(name).copied().unwrap_or(Holds::Nothing).max(own)
        };
        if let Some(told) = made.get(&lower) {
            // That texts of this name say values is told besides what any column may have.
            let any = made.get(ANY).copied().filter(|_| *told == Holds::Within).unwrap_or(Holds::Nothing);
            return (*told).max(also).max(any);
        }
        let again = lower.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(['_', ':']).map(of);
        let least = made.get(ANY).copied().max(again).unwrap_or(Holds::Nothing).max(also);
        let is_count = lower.starts_with("count(") || lower.starts_with("approx_count");
        let is_expression = !is_count && lower.contains(['(', '[', '|']);
        match is_expression && lower.split(|c| !is_word(c)).any(|word| of(word) > Holds::Nothing) {
            // What was not followed is of a question of this program's own.
            true => least.max(if made.is_empty() { Holds::Values } else { Holds::Derived }),
            false => least,
        }
    }

    /// Where values stand behind names. What `is_replaced` knows is no value.
    pub fn found(
        &self,
        text: &Lowered,
        known: &Known,
        written: Writing,
        is_replaced: impl Fn(&str) -> bool,
    ) -> Vec<Hit> {
        let Some(search) = &self.search else { return Vec::new() };
        let lower = &text.lower;
        let mut found = Vec::new();
        for hit in search.find_overlapping_iter(lower) {
            let is_whole = !lower[..hit.start()].ends_with(is_word) && !lower[hit.end()..].starts_with(is_word);
            if !is_whole {
                continue;
            }
            let is_sure = !written.is_check && self.columns.contains(&self.names[hit.pattern().as_usize()]);
            let Some((mut at, sign)) = behind_sign(lower, hit.end()) else { continue };
            let mut is_value = is_sure && sign != Sign::Space;
            while let Some((start, end)) = value_at(lower, at, known, is_value, written) {
                if !is_replaced(&lower[start..end]) {
                    found.push(text.hit(start, end, lower[start..end].replace("''", "'")));
                }
                let rest = lower[end..].trim_start_matches(['\'', '"']);
                let next = match sign {
                    Sign::List => rest.strip_prefix(',').map(str::trim_start),
                    Sign::Between => rest.strip_prefix(" and "),
                    // Several series at once: `badge=7104,7105`.
                    Sign::One => rest.strip_prefix(',').filter(|next| !next.starts_with([' ', '"', '\''])),
                    // All of them: `series of badge 7104, 7105`.
                    Sign::Space => rest.trim_start().strip_prefix(", "),
                };
                let Some(next) = next else { break };
                is_value &= sign != Sign::One;
                at = lower.len() - next.len();
            }
        }
        found
    }
}

/// What a text is.
#[derive(Debug, Clone, Copy)]
pub struct Writing {
    /// In SQL what is no number and not in quotes is a name.
    pub is_sql: bool,
    /// Of a check, which is written as TOML, the keys are no columns: only values that are known are meant.
    pub is_check: bool,
}

impl Writing {
    pub fn of(text: &str) -> Writing {
        let is_sql = text.contains("SELECT ") && text.contains("FROM ");
        Writing { is_sql, is_check: text.starts_with("[[checks]]") }
    }
}

/// What stands between a name and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// Nothing that says that it is one.
    Space,
    One,
    List,
    Between,
}

/// `login_at::TIMESTAMP)::DATE = '2025-03-01'`
fn without_casts(mut text: &str) -> &str {
    while let Some(kind) = text.strip_prefix("::") {
        text = kind.trim_start_matches(is_word).trim_start_matches([')', ']']);
    }
    text
}

/// Where values begin behind a name, and what stands between.
fn behind_sign(lower: &str, end: usize) -> Option<(usize, Sign)> {
    let closed = without_casts(lower[end..].trim_start_matches(['"', '\'', '`', '\\', ')', ']']));
    let rest = closed.trim_start_matches(' ');
    let place = |rest: &str| lower.len() - rest.len();
    let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign) && !rest.starts_with("::"));
    if let Some(sign) = sign {
        let next = rest[sign.len()..].trim_start_matches(' ');
        // `name <*>` and `name <b>` are no comparison.
        let is_number = next.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '\'' | '"'));
        return (!matches!(*sign, "<" | ">") || is_number).then(|| (place(next), Sign::One));
    }
    let word = WORDS.iter().find(|word| closed.starts_with(' ') && rest.starts_with(**word));
    match word {
        Some(word) => {
            let sign = match *word {
                list if list.ends_with('(') => Sign::List,
                between if between.ends_with("between ") => Sign::Between,
                _ => Sign::One,
            };
            Some((place(rest[word.len()..].trim_start()), sign))
        }
        None => {
            let is_open = closed.len() == lower.len() - end && closed.starts_with([' ', '#']);
            is_open.then(|| (place(&closed[1..]), Sign::Space))
        }
    }
}

/// A value at a place: in quotes, one that is known, or, where it must be one, up to the next space.
fn value_at(lower: &str, at: usize, known: &Known, is_sure: bool, written: Writing) -> Option<(usize, usize)> {
    let rest = &lower[at..];
    let typed = ["date ", "timestamp "].iter().find_map(|word| rest.strip_prefix(word));
    let rest = typed.filter(|rest| rest.starts_with('\'')).unwrap_or(rest);
    let opened = rest.trim_start_matches('\\');
    let at = lower.len() - opened.len();
    if let Some(quote) = opened.chars().next().filter(|c| matches!(c, '\'' | '"')) {
        // In SQL it is the name of another column.
        if written.is_sql && quote == '"' {
            return None;
        }
        let inside = &opened[1..];
        let end = quoted_length(inside, quote);
        let value = inside[..end].replace("''", "'");
        let is_value = is_sure && end > 0 && !super::secrets::is_none(&value);
        return (is_value || known.has(&value)).then_some((at + 1, at + 1 + end));
    }
    let at = lower.len() - rest.len();
    if let Some(length) = known.at_start(rest) {
        return Some((at, at + length));
    }
    let end = rest.find(|c: char| c.is_whitespace() || ",;)]}'\"|&<…".contains(c)).unwrap_or(rest.len());
    let value = rest[..end].trim_end_matches(['.', ':', '!', '?']);
    let is_number = value.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let is_value =
        value.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '-' | '+' | '/' | '\\' | '.' | '@' | '#'));
    (is_sure && is_value && (is_number || !written.is_sql) && !super::secrets::is_none(value))
        .then_some((at, at + value.len()))
}

/// How long a text in quotes is, without the backslashes before the quote that ends it. Two quotes in SQL are one.
fn quoted_length(inside: &str, quote: char) -> usize {
    let bytes = inside.as_bytes();
    let is_quote = |at: usize| bytes.get(at).is_some_and(|b| char::from(*b) == quote);
    let mut end = 0;
    while end < bytes.len() && !is_quote(end) || quote == '\'' && is_quote(end) && is_quote(end + 1) {
        end += if is_quote(end) { 2 } else { 1 };
    }
    inside[..end].trim_end_matches('\\').len()
}
