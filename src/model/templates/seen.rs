//! What is known of the messages counted under one skeleton or template: how many, since and until when, how severe, in
//! which tables, and one of them as an example. All of it adds up in any order.

/// How many characters of a message are kept for an example, which has fewer: what begins in these is told by what follows.
const EXAMPLE_CHARS: usize = 1000;

/// What is known of a message besides its text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sighting {
    /// When it was written, in microseconds UTC.
    pub at: Option<i64>,
    /// How severe it is; 0 where nobody said.
    pub severity: u8,
    /// The number of the table that it is in.
    pub table: u32,
}

/// Messages taken together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// The most severe one's; 0 where nobody said.
    pub severity: u8,
    /// The numbers of the tables, ascending, and how many of the messages are in each.
    pub tables: Vec<(u32, u64)>,
    /// The beginning of the first message, and of several at one time the least. Those without a time come last.
    pub example: Option<Box<[u8]>>,
}

impl Seen {
    /// Counts a message. How many bytes were written to keep what it tells: none by nearly all.
    #[inline]
    pub fn add(&mut self, text: &[u8], sighting: Sighting) -> usize {
        let (at, first) = (time(sighting.at), time(self.first));
        let mut written = 0;
        // Most messages are later than the example and decided by that.
        if self.example.as_deref().is_none_or(|example| at < first || at == first && beginning(text) < example) {
            let example = beginning(text);
            self.example = Some(example.into());
            written += example.len();
        }
        self.count += 1;
        self.first = earlier(self.first, sighting.at);
        self.last = self.last.max(sighting.at);
        self.severity = self.severity.max(sighting.severity);
        match self.tables.as_mut_slice() {
            [(table, count), ..] if *table == sighting.table => *count += 1,
            _ => written += self.count_in(sighting.table, 1),
        }
        written
    }

    /// Takes over what others are known of.
    pub fn merge(&mut self, other: Self) {
        let taken = match (&self.example, &other.example) {
            (_, None) => false,
            (None, _) => true,
            (Some(mine), Some(its)) => (time(other.first), its) < (time(self.first), mine),
        };
        if taken {
            self.example = other.example;
        }
        self.count += other.count;
        self.first = earlier(self.first, other.first);
        self.last = self.last.max(other.last);
        self.severity = self.severity.max(other.severity);
        if self.tables.is_empty() {
            self.tables = other.tables;
        } else {
            for (table, count) in other.tables {
                self.count_in(table, count);
            }
        }
    }

    /// How many bytes it has besides its own.
    pub fn bytes(&self) -> usize {
        self.example.as_ref().map_or(0, |example| example.len()) + size_of_val(&*self.tables)
    }

    /// Forgets everything but the count.
    pub fn only_count(&mut self) {
        *self = Self { count: self.count, ..Self::default() };
    }

    /// Counts in a table. How many bytes that took more.
    fn count_in(&mut self, table: u32, more: u64) -> usize {
        match self.tables.binary_search_by_key(&table, |&(table, _)| table) {
            Ok(at) => {
                self.tables[at].1 += more;
                0
            }
            Err(at) => {
                self.tables.insert(at, (table, more));
                size_of::<(u32, u64)>()
            }
        }
    }
}

/// No time is later than all others.
fn time(at: Option<i64>) -> i64 {
    at.unwrap_or(i64::MAX)
}

fn earlier(one: Option<i64>, other: Option<i64>) -> Option<i64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// The first characters of a text.
fn beginning(text: &[u8]) -> &[u8] {
    if text.len() <= EXAMPLE_CHARS {
        return text;
    }
    let starts = text.iter().enumerate().filter(|(_, byte)| **byte & 0xc0 != 0x80);
    starts.map(|(at, _)| at).nth(EXAMPLE_CHARS).map_or(text, |end| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(messages: &[(&str, Option<i64>, u8, u32)]) -> Seen {
        let mut seen = Seen::default();
        for &(text, at, severity, table) in messages {
            seen.add(text.as_bytes(), Sighting { at, severity, table });
        }
        seen
    }

    #[test]
    fn the_first_message_and_then_the_least_is_the_example() {
        let messages = [("d", None, 2, 1), ("c", Some(5), 4, 0), ("b", Some(5), 0, 1), ("a", Some(7), 3, 1)];
        let all = seen(&messages);
        let expected = Seen {
            count: 4,
            first: Some(5),
            last: Some(7),
            severity: 4,
            tables: vec![(0, 1), (1, 3)],
            example: Some(b"b"[..].into()),
        };
        assert_eq!(all, expected);
        for cut in 0..=messages.len() {
            let (mut one, mut other) = (seen(&messages[..cut]), seen(&messages[cut..]));
            let both = one.clone();
            one.merge(other.clone());
            other.merge(both);
            assert_eq!((&one, &other), (&all, &all));
        }
    }

    #[test]
    fn an_example_ends_between_characters() {
        let text = "\u{e4}".repeat(EXAMPLE_CHARS + 100);
        assert_eq!(beginning(text.as_bytes()), "\u{e4}".repeat(EXAMPLE_CHARS).as_bytes());
        assert_eq!(beginning(b"short"), b"short");
    }
}
