//! Which templates say the same failure: a retry's number behind it or another file in it makes no other one.

use std::collections::{BTreeMap, BTreeSet};

/// Words that sentences of all kinds have.
const COMMON: [&str; 33] = [
    "to", "at", "of", "the", "an", "in", "on", "after", "is", "was", "are", "were", "for", "with", "from", "and", "by",
    "or", "be", "been", "has", "have", "had", "than", "as", "it", "its", "this", "that", "into", "ms", "mm", "mb",
];

/// Of the fewer words of two templates, how many the other must have.
const SHARED_LEAST: f64 = 0.75;

/// Templates that say the same.
#[derive(Debug)]
pub struct Failure {
    /// Places in the list, the most frequent first.
    pub templates: Vec<usize>,
    pub count: i64,
}

/// Puts templates with their counts, the most frequent first, together by what they say.
pub fn failures(templates: &[(&str, i64)]) -> Vec<Failure> {
    let names = names(templates);
    let words: Vec<BTreeSet<String>> = templates.iter().map(|(template, _)| words(template)).collect();
    let mut failures: Vec<Failure> = Vec::new();
    for (at, (_, count)) in templates.iter().enumerate() {
        let same = failures.iter_mut().find(|failure| {
            let first = failure.templates[0];
            is_same(&words[first], &words[at]) || (names[at].is_some() && names[first] == names[at])
        });
        match same {
            Some(failure) => {
                failure.templates.push(at);
                failure.count += count;
            }
            None => failures.push(Failure { templates: vec![at], count: *count }),
        }
    }
    failures.sort_by(|a, b| b.count.cmp(&a.count).then(a.templates.cmp(&b.templates)));
    failures
}

/// Sentences that differ in one word at the same place, in so many ways that it is a name: of each its frame.
fn names(templates: &[(&str, i64)]) -> Vec<Option<String>> {
    const NAMES_LEAST: usize = 5;
    let frames_of = |template: &str| -> Vec<String> {
        let words: Vec<&str> = template.split_whitespace().collect();
        let frame = |at: usize| [&words[..at], &["*"], &words[at + 1..]].concat().join(" ");
        if words.len() < 2 { Vec::new() } else { (0..words.len()).map(frame).collect() }
    };
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for (template, _) in templates {
        frames_of(template).into_iter().for_each(|frame| *counts.entry(frame).or_default() += 1);
    }
    let most = |(template, _): &(&str, i64)| {
        let frames = frames_of(template).into_iter();
        frames.filter(|frame| counts[frame] >= NAMES_LEAST).max_by_key(|frame| counts[frame])
    };
    templates.iter().map(most).collect()
}

/// What stands for words that differ.
const ANY: &str = "<*>";
/// A longer sentence is called by so many words.
const WORDS_MOST: usize = 60;

/// What templates of one failure, the most frequent first, have in common, with `<*>` where they differ. One that has no
/// telling word of the others is left out of it.
pub fn common(templates: &[&str]) -> String {
    let Some((first, others)) = templates.split_first() else { return String::new() };
    let words_of = |template: &&'_ str| -> Vec<String> {
        template.split_whitespace().take(WORDS_MOST).map(String::from).collect()
    };
    let all = words_of(first);
    let mut words = all.clone();
    for other in others {
        let both = in_both(&words, &words_of(other));
        if both.iter().any(|word| is_telling(word)) {
            words = both;
        }
    }
    if words == all { (*first).to_string() } else { words.join(" ") }
}

/// The longest sequence of words that two sentences have, with one `<*>` wherever either has others.
fn in_both(one: &[String], other: &[String]) -> Vec<String> {
    // How many words they share from a place in each on.
    let mut shared = vec![vec![0; other.len() + 1]; one.len() + 1];
    for (at, word) in one.iter().enumerate().rev() {
        for (place, own) in other.iter().enumerate().rev() {
            shared[at][place] = match word == own {
                true => shared[at + 1][place + 1] + 1,
                false => shared[at + 1][place].max(shared[at][place + 1]),
            };
        }
    }
    let (mut both, mut at, mut place) = (Vec::new(), 0, 0);
    while at < one.len() || place < other.len() {
        if at < one.len() && place < other.len() && one[at] == other[place] {
            both.push(one[at].clone());
            (at, place) = (at + 1, place + 1);
            continue;
        }
        both.push(ANY.to_string());
        match at < one.len() && (place == other.len() || shared[at + 1][place] >= shared[at][place + 1]) {
            true => at += 1,
            false => place += 1,
        }
    }
    both.dedup_by(|word, before| word == ANY && before == ANY);
    both
}

/// The words that tell what a template is about.
fn words(template: &str) -> BTreeSet<String> {
    template
        .replace("<*>", " ")
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() > 1 && word.chars().any(char::is_alphabetic))
        .map(str::to_lowercase)
        .filter(|word| !COMMON.contains(&word.as_str()))
        .collect()
}

/// Whether a word tells what a sentence is about.
pub fn is_telling(word: &str) -> bool {
    word.chars().count() > 2 && word.chars().any(char::is_alphabetic) && !COMMON.contains(&word.to_lowercase().as_str())
}

fn is_same(one: &BTreeSet<String>, other: &BTreeSet<String>) -> bool {
    let least = one.len().min(other.len());
    let shared = one.intersection(other).count();
    match least {
        0 | 1 => one == other,
        _ => shared as f64 >= SHARED_LEAST * least as f64,
    }
}

/// How many failures a distribution has, each counted by its share: the exponential of its entropy.
pub fn effective(counts: impl Iterator<Item = i64> + Clone) -> f64 {
    let all = counts.clone().sum::<i64>() as f64;
    let entropy: f64 = counts.filter(|count| *count > 0).map(|count| count as f64 / all).map(|p| -p * p.ln()).sum();
    entropy.exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variants_of_one_failure_are_one() {
        let list = [
            ("fan <*> stalled at <*> rpm after <*> s", 20),
            ("fan <*> stalled at <*> rpm after <*> s (retry <*>)", 9),
            ("psu rail <*> sagged to <*> V at <*> A", 7),
            ("psu rail <*> sagged", 3),
            ("<*>", 2),
        ];
        let counts: Vec<i64> = failures(&list).iter().map(|failure| failure.count).collect();
        assert_eq!(counts, [29, 10, 2]);
    }

    #[test]
    fn a_name_in_a_sentence_makes_no_other_failure() {
        let people = ["ann", "bob", "eve", "mallory", "trent", "walter"].map(|name| format!("{name} denied"));
        let list: Vec<(&str, i64)> = people.iter().map(|text| (text.as_str(), 3)).chain([("disk gone", 2)]).collect();
        assert_eq!(failures(&list).iter().map(|failure| failure.count).collect::<Vec<_>>(), [18, 2]);
    }

    #[test]
    fn variants_are_called_by_what_they_have_in_common() {
        for (templates, called) in [
            (
                &["lock on fact_a lost after <*> s", "lock on fact_b lost after <*> s"][..],
                "lock on <*> lost after <*> s",
            ),
            (&["column price not found", "column vat not found in <*>"], "column <*> not found <*>"),
            (&["fan stalled at <*> rpm", "fan stalled at <*> rpm (retry <*>)"], "fan stalled at <*> rpm <*>"),
            (&["ann denied", "bob denied", "disk gone"], "<*> denied"),
            (&["fan  stalled"], "fan  stalled"),
            (&[], ""),
        ] {
            assert_eq!(common(templates), called, "{templates:?}");
        }
    }

    #[test]
    fn equal_shares_count_fully() {
        assert!((effective([5, 5, 5, 5].into_iter()) - 4.0).abs() < 1e-9);
        assert!(effective([97, 1, 1, 1].into_iter()) < 1.3);
    }
}
