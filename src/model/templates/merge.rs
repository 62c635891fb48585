//! Merging: skeletons become templates. Everything here works on sets, so that no order can matter.

use std::collections::BTreeMap;

use super::rules::Rules;
use super::skeleton::{join, parts};
use super::table::Table;
use super::{cover, slot, sparse};

/// Rounds after which merging ends, whatever could still be done. Each makes a wildcard at least.
const ROUNDS: usize = 64;

/// The template of each of `skeletons`, which are distinct; a template is a skeleton with more wildcards.
pub fn merge(rules: &Rules, skeletons: &[&[u8]]) -> Vec<Vec<u8>> {
    let mut frames: BTreeMap<Vec<u8>, Vec<usize>> = BTreeMap::new();
    for (at, skeleton) in skeletons.iter().enumerate() {
        frames.entry(parts(rules, skeleton).frame).or_default().push(at);
    }
    let mut templates = vec![Vec::new(); skeletons.len()];
    for (frame, members) in frames {
        let words: Vec<Vec<&[u8]>> = members.iter().map(|&at| parts(rules, skeletons[at]).words).collect();
        let mut table = Table::new(rules, &frame, &words);
        for _ in 0..ROUNDS {
            let more = rules.slots && table.widen(&slot::wider(rules, &table))
                || rules.sparse && table.widen(&sparse::wider(rules, &table))
                || rules.cover && table.widen(&cover::wider(&table));
            if !more {
                break;
            }
        }
        for (member, at) in members.into_iter().enumerate() {
            templates[at] = join(&frame, &table.template(member));
        }
    }
    templates
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(skeletons: &[&str]) -> Vec<String> {
        let skeletons: Vec<Vec<u8>> = skeletons.iter().map(|text| text.replace('*', "\x01").into_bytes()).collect();
        let skeletons: Vec<&[u8]> = skeletons.iter().map(Vec::as_slice).collect();
        let templates = merge(&Rules::default(), &skeletons).into_iter();
        templates.map(|template| String::from_utf8(template).unwrap().replace('\x01', "*")).collect()
    }

    #[test]
    fn few_words_stay_and_many_go() {
        let states = ["link * is up", "link * is down", "link * is lost"];
        assert_eq!(merged(&states), states);
        let users = ["user ann is in", "user bob is in", "user eve is in", "user joe is in"];
        assert_eq!(merged(&users), ["user * is in"; 4]);
    }

    #[test]
    fn names_and_empty_parameters_are_parameters() {
        assert_eq!(merged(&["from * (a.b) at *", "from * () at *", "from * (c.d) at *"]), ["from * (*) at *"; 3]);
        assert_eq!(merged(&["load a.b now", "load a.b now"]), ["load a.b now"; 2]);
    }

    #[test]
    fn frames_stay_apart() {
        assert_eq!(merged(&["a b: c", "a b, c", "a b c d"]), ["a b: c", "a b, c", "a b c d"]);
    }
}
