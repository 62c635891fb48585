//! What the spelling of a column's numbers tells that each of them alone does not: thousands in groups, and versions.

use std::collections::BTreeSet;

/// Columns of versions have few values.
const VERSIONS_MAX: usize = 64;

/// How the numbers of a column are written.
#[derive(Debug, Clone)]
pub struct Spelling {
    /// Every comma, or every point, could stand between thousands.
    comma_may_group: bool,
    point_may_group: bool,
    /// The first number with a comma, or a point, that could.
    grouped: Option<String>,
    /// The fewest and the most digits behind a point.
    decimals: Option<(usize, usize)>,
    /// The first number whose last digit behind a point is a zero that a number would lose.
    kept_zero: Option<String>,
    values: BTreeSet<Box<[u8]>>,
    has_comma: bool,
    has_point: bool,
    /// A number with several commas; and one with a first group that is none of three digits.
    has_several_commas: bool,
    has_short_group: bool,
}

impl Default for Spelling {
    fn default() -> Spelling {
        Spelling {
            comma_may_group: true,
            point_may_group: true,
            grouped: None,
            decimals: None,
            kept_zero: None,
            values: BTreeSet::new(),
            has_comma: false,
            has_point: false,
            has_several_commas: false,
            has_short_group: false,
        }
    }
}

impl Spelling {
    pub fn see(&mut self, text: &[u8]) {
        let shown = || String::from_utf8_lossy(text).into_owned();
        self.comma_may_group &= may_be_grouped(text, b',');
        self.point_may_group &= may_be_grouped(text, b'.');
        let dot = memchr::memchr(b'.', text);
        self.has_point |= dot.is_some();
        if let Some(comma) = memchr::memchr(b',', text) {
            self.has_comma = true;
            self.has_several_commas |= memchr::memchr(b',', &text[comma + 1..]).is_some();
            self.has_short_group |= text[..comma].strip_prefix(b"-").unwrap_or(&text[..comma]).len() < 3;
        }
        if self.grouped.is_none() && (dot.is_some() || memchr::memchr(b',', text).is_some()) {
            self.grouped = Some(shown());
        }
        if let Some(dot) = dot {
            let behind = text.len() - dot - 1;
            let (fewest, most) = self.decimals.unwrap_or((behind, behind));
            self.decimals = Some((fewest.min(behind), most.max(behind)));
            if self.kept_zero.is_none() && behind > 1 && text.ends_with(b"0") {
                self.kept_zero = Some(shown());
            }
        }
        if self.values.len() <= VERSIONS_MAX && !self.values.contains(text) {
            self.values.insert(text.into());
        }
    }

    /// A number whose commas could all stand before fractions or between thousands.
    pub fn grouped_by_comma(&self) -> Option<&str> {
        self.grouped.as_deref().filter(|_| self.comma_may_group)
    }

    /// A number whose points could.
    pub fn grouped_by_point(&self) -> Option<&str> {
        self.grouped.as_deref().filter(|_| self.point_may_group)
    }

    /// Commas that stand between thousands, since there are several in a number; not those of a list of codes, each of
    /// three digits.
    pub fn has_thousands(&self) -> bool {
        self.has_several_commas && self.has_short_group
    }

    /// Commas and points: one of them stands between thousands.
    pub fn has_both_signs(&self) -> bool {
        self.has_comma && self.has_point
    }

    pub fn has_fraction_by_point(&self) -> bool {
        self.has_point && !self.point_may_group
    }

    /// A number with a comma, where others have a point or none.
    pub fn mixed(&self) -> Option<&str> {
        self.grouped.as_deref().filter(|_| self.has_comma)
    }

    /// A number with a comma or a point.
    pub fn divided(&self) -> Option<&str> {
        self.grouped.as_deref()
    }

    /// A number such as `1.10` beside `1.9`, of few that all may be versions, which are no fractions.
    pub fn version(&self) -> Option<&str> {
        let differ = self.decimals.is_some_and(|(fewest, most)| fewest < most);
        let are_few = self.values.len() <= VERSIONS_MAX;
        self.kept_zero.as_deref().filter(|_| differ && are_few && self.values.iter().all(|text| may_be_version(text)))
    }
}

/// Whether the sign of a number could be one between thousands: `12,500`, but not `2,6`, `0,125` or `1234,500`.
fn may_be_grouped(text: &[u8], sign: u8) -> bool {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let Some(at) = memchr::memchr(sign, digits) else { return true };
    (1..=3).contains(&at)
        && digits[0] != b'0'
        && digits.len() - at - 1 == 3
        && digits[at + 1..].iter().all(u8::is_ascii_digit)
}

/// Writes a number into `copy` without what divides its thousands, with a point before its fraction, and returns its
/// length. `None` if groups are not of three digits, or a sign stands where it cannot.
pub fn ungrouped(text: &[u8], mark: u8, copy: &mut [u8; 64]) -> Option<usize> {
    let point = if mark == b',' { b'.' } else { b',' };
    if text.len() > copy.len() {
        return None;
    }
    let sign = usize::from(text.starts_with(b"-"));
    let behind = memchr::memchr(point, text).unwrap_or(text.len());
    let (whole, fraction) = (text.get(sign..behind)?, &text[behind..]);
    let mut groups = whole.split(|byte| *byte == mark);
    let first = groups.next()?;
    let is_group = |group: &[u8]| group.len() == 3 && group.iter().all(u8::is_ascii_digit);
    let is_divided = first.len() < whole.len();
    let begins = (1..=3).contains(&first.len()) && first[0] != b'0' && first.iter().all(u8::is_ascii_digit);
    if is_divided && !(begins && groups.all(is_group))
        || fraction.iter().skip(1).any(|byte| matches!(byte, b',' | b'.'))
    {
        return None;
    }
    let mut length = 0;
    for byte in text.iter().filter(|byte| **byte != mark) {
        copy[length] = if *byte == point { b'.' } else { *byte };
        length += 1;
    }
    Some(length)
}

/// Whether a number may be a version: `1`, `1.0` or `1.10`, but not `-1.5`, `1.05`, `1.2345` or `1e5`.
fn may_be_version(text: &[u8]) -> bool {
    let is_number = |part: &[u8]| part == b"0" || part.iter().all(u8::is_ascii_digit) && !part.starts_with(b"0");
    let mut parts = text.splitn(2, |byte| *byte == b'.');
    parts.next().is_some_and(is_number)
        && parts.next().is_none_or(|minor| (1..=3).contains(&minor.len()) && is_number(minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(texts: &[&str]) -> Spelling {
        let mut spelling = Spelling::default();
        texts.iter().for_each(|text| spelling.see(text.as_bytes()));
        spelling
    }

    #[test]
    fn versions_are_told_from_fractions() {
        for (texts, version) in [
            (&["1.1", "1.10", "1.1"][..], Some("1.10")),
            (&["10.1", "10.9", "10.10", "10.100"], Some("10.10")),
            (&["1.50", "2.25", "3.00"], None),
            (&["12.0", "12.25"], None),
            (&["0.05", "1.50", "2.5"], None),
            (&["-1.50", "2.5"], None),
            (&["1e5", "1.50", "2.5"], None),
            (&["1", "2.5"], None),
        ] {
            assert_eq!(seen(texts).version(), version, "{texts:?}");
        }
        let many: Vec<String> =
            (0..200).map(|n| if n % 2 == 0 { format!("{n}.10") } else { format!("{n}.5") }).collect();
        assert_eq!(seen(&many.iter().map(String::as_str).collect::<Vec<_>>()).version(), None);
    }

    #[test]
    fn thousands_in_groups_are_told_where_they_may_be() {
        assert_eq!(seen(&["999", "1.234", "12.000"]).grouped_by_point(), Some("1.234"));
        assert_eq!(seen(&["999", "1.234", "1.5"]).grouped_by_point(), None);
        assert_eq!(seen(&["-1,234", "7"]).grouped_by_comma(), Some("-1,234"));
        assert_eq!(seen(&["1,234", "0,125"]).grouped_by_comma(), None);
        assert_eq!(seen(&["1", "2"]).grouped_by_point(), None);
    }
}
