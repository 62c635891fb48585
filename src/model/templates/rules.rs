//! The rules' switches and thresholds: one configuration for all systems.

/// What the miner does and from how many values on a position is a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Identifiers that mix letters and digits are parameters, from their first digit to their last.
    pub identifiers: bool,
    /// Text in quotes is a parameter.
    pub quotes: bool,
    /// Paths and URLs are parameters.
    pub paths: bool,
    /// Names of months and weekdays in dates are parts of the parameter.
    pub dates: bool,
    /// Units of size and duration go with their number.
    pub units: bool,
    /// Parameters side by side are one: a list has any length.
    pub lists: bool,
    /// Empty brackets and an empty value after `=` are a parameter that is empty.
    pub empties: bool,
    /// Names with dots and identifiers with digits left out differ without making another template.
    pub names: bool,
    /// A word where the same text has a parameter elsewhere is that parameter's value.
    pub absorb: bool,
    /// Positions with many words become parameters.
    pub slots: bool,
    /// Several positions that vary together become parameters.
    pub sparse: bool,
    /// A text that a template with more wildcards fits is one of its messages.
    pub cover: bool,
    /// A position with more words than this is a parameter.
    pub words: u32,
    /// The same for a value after `=`.
    pub values: u32,
    /// The same for words in capitals, `true` and `false`, which are states rather than names.
    pub states: u32,
    /// The same for a message's first word.
    pub first: u32,
    /// The most that the skeletons of a tally weigh: 1 each, and 1 more for every 64 bytes.
    pub skeletons: usize,
    /// The same for those of one frame and first word.
    pub bucket: usize,
    /// The most bytes that examples and counts by table have in a tally. Where they would have more, it only counts.
    pub details: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            identifiers: true,
            quotes: true,
            paths: true,
            dates: true,
            units: true,
            lists: true,
            empties: true,
            names: true,
            absorb: true,
            slots: true,
            sparse: true,
            cover: true,
            words: 3,
            values: 3,
            states: 12,
            first: 20,
            skeletons: 400_000,
            bucket: 8192,
            details: 64 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_rules_apply_by_default() {
        let rules = Rules::default();
        assert!(rules.identifiers && rules.slots && rules.sparse && rules.cover);
        assert!(rules.words < rules.states && rules.bucket < rules.skeletons);
    }
}
