//! The miner's result: the templates of all messages that were counted, and the template of each.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashTable;

use super::mask::mask;
use super::merge::merge;
use super::pen::WILD;
use super::seen::Seen;
use super::tally::{Tally, hash};
use super::template::{Template, text};

/// A skeleton and its template.
struct Known {
    hash: u64,
    skeleton: Box<[u8]>,
    template: usize,
}

/// The templates of the messages that a tally has counted.
pub struct Mined {
    templates: Vec<Template>,
    known: HashTable<Known>,
    hasher: FixedState,
    tally: Tally,
    dropped: Option<usize>,
}

impl Mined {
    /// Mines the templates of what `tally` has counted.
    pub fn new(mut tally: Tally) -> Self {
        let (seen, dropped) = tally.take();
        let (skeletons, seen): (Vec<Vec<u8>>, Vec<Seen>) = seen.into_iter().unzip();
        let borrowed: Vec<&[u8]> = skeletons.iter().map(Vec::as_slice).collect();
        let texts: Vec<String> = merge(tally.rules(), &borrowed).iter().map(|skeleton| text(skeleton)).collect();
        let mut sums: BTreeMap<&str, Seen> = BTreeMap::new();
        for (text, seen) in texts.iter().zip(seen) {
            sums.entry(text).or_default().merge(seen);
        }
        let anything = text(&[WILD]);
        let has_dropped = dropped.count > 0;
        if has_dropped {
            sums.entry(&anything).or_default().merge(dropped);
        }
        let mut templates: Vec<Template> =
            sums.into_iter().map(|(text, seen)| Template { text: text.into(), seen }).collect();
        templates.sort_by(|one, other| other.seen.count.cmp(&one.seen.count).then_with(|| one.text.cmp(&other.text)));
        let at: BTreeMap<&str, usize> = templates.iter().zip(0..).map(|(template, at)| (&*template.text, at)).collect();
        let hasher = FixedState::with_seed(0);
        let mut known = HashTable::with_capacity(skeletons.len());
        for (skeleton, text) in skeletons.into_iter().zip(&texts) {
            let hash = hash(&hasher, &skeleton);
            let entry = Known { hash, skeleton: skeleton.into(), template: at[text.as_str()] };
            known.insert_unique(hash, entry, |entry| entry.hash);
        }
        let dropped = has_dropped.then(|| at[anything.as_str()]);
        Self { templates, known, hasher, tally, dropped }
    }

    /// The templates: the most frequent first, equally frequent ones by their text.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// Whether the templates tell more than their counts, for which there must be room.
    pub fn has_details(&self) -> bool {
        self.tally.has_details()
    }

    /// Where in [`Self::templates`] the template of `message` is. None for a message that was not counted and is like
    /// none that was. `skeleton` is room to work in, worth keeping from call to call.
    #[inline]
    pub fn template_of(&self, message: &[u8], skeleton: &mut Vec<u8>) -> Option<usize> {
        mask(self.tally.rules(), message, skeleton);
        self.known_as(skeleton)
            .or_else(|| {
                let crowded = self.tally.crowded(skeleton)?;
                self.known_as(&crowded)
            })
            .or(self.dropped)
    }

    #[inline]
    fn known_as(&self, skeleton: &[u8]) -> Option<usize> {
        let hash = hash(&self.hasher, skeleton);
        self.known.find(hash, |known| *known.skeleton == *skeleton).map(|known| known.template)
    }
}

#[cfg(test)]
mod tests {
    use super::super::rules::Rules;
    use super::super::seen::Sighting;
    use super::*;

    fn mined(lines: &[String], rules: Rules) -> Mined {
        let mut tally = Tally::new(rules);
        lines.iter().for_each(|line| tally.see(line.as_bytes(), Sighting::default()));
        Mined::new(tally)
    }

    #[test]
    fn templates_with_counts_and_the_template_of_each_message() {
        let users = ["ann", "bob", "eve", "mallory", "trent"];
        let lines: Vec<String> = (0..20)
            .map(|at| format!("connection {} of {} {}", at, users[at % 5], ["opened", "closed"][at % 2]))
            .collect();
        let mined = mined(&lines, Rules::default());
        let texts: Vec<&str> = mined.templates().iter().map(|template| template.text.as_str()).collect();
        assert_eq!(texts, ["connection <*> of <*> closed", "connection <*> of <*> opened"]);
        assert_eq!(mined.templates().iter().map(|template| template.seen.count).sum::<u64>(), 20);
        let mut room = Vec::new();
        assert_eq!(mined.template_of(b"connection 777 of eve closed", &mut room), Some(0));
        assert_eq!(mined.template_of(b"something else", &mut room), None);
    }

    #[test]
    fn what_a_message_is_named_keeps_it_apart() {
        let classes: Vec<String> = ('a'..='z').map(|letter| format!("{letter}Error")).collect();
        let lines: Vec<String> = (0..260)
            .map(|at| format!("unit {at} failed\n\u{3}{}", classes[at % 26]))
            .chain(["Traceback:\n\u{3}KeyError".to_string()])
            .collect();
        let mined = mined(&lines, Rules::default());
        assert_eq!(mined.templates().len(), 27);
        assert_eq!(mined.templates()[0].text, "unit <*> failed: aError");
        assert_eq!(mined.templates()[26].text, "Traceback: KeyError");
        assert_eq!(mined.template_of("unit 7 failed\n\u{3}bError".as_bytes(), &mut Vec::new()), Some(1));
    }

    #[test]
    fn more_skeletons_than_there_is_room_for() {
        let rules = Rules { skeletons: 300, bucket: 64, ..Rules::default() };
        let name = |at: usize| at.to_string().bytes().map(|digit| char::from(digit + 49)).collect::<String>();
        let lines: Vec<String> =
            (0..5000).map(|at| format!("user {} logged {}", name(at), ["in", "out"][at % 2])).collect();
        let mined = mined(&lines, rules);
        assert_eq!(mined.templates().len(), 2);
        let mut room = Vec::new();
        assert!(lines.iter().all(|line| mined.template_of(line.as_bytes(), &mut room).is_some()));
    }

    #[test]
    fn more_frames_than_there_is_room_for() {
        let rules = Rules { skeletons: 50, bucket: 8, ..Rules::default() };
        let lines: Vec<String> = (0..500).map(|at| "a, b. ".repeat(at + 1)).collect();
        let mined = mined(&lines, rules);
        assert!(mined.templates().len() <= 51);
        assert_eq!(mined.templates().iter().map(|template| template.seen.count).sum::<u64>(), 500);
        let mut room = Vec::new();
        assert!(lines.iter().all(|line| mined.template_of(line.as_bytes(), &mut room).is_some()));
    }
}
