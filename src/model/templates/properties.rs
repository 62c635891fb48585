//! The result depends neither on the messages' order nor on how they are divided among tallies, with much room and
//! with little; it is what a second look at the messages says; and no bytes make it panic.

use std::collections::BTreeMap;

use super::seen::Seen;
use super::{Mined, Rules, Sighting, Tally};
use proptest::prelude::*;

/// Messages of a few words and parameters, so that some come twice, and of many forms.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        4 => "[a-d]{1,2}",
        2 => "[g-k]{3}",
        1 => "[0-9]{1,3}",
        1 => "(blk_|eth)[0-9]{1,2}",
        1 => "[a-c]=[g-i]{1,2}",
        1 => "[g-i]\\.[g-i]",
        1 => Just("()".to_string()),
        1 => Just("\"q q\"".to_string()),
    ];
    let text = prop::collection::vec(word, 0..6).prop_map(|words| words.join(" ").into_bytes());
    prop_oneof![20 => text, 1 => prop::collection::vec(any::<u8>(), 0..40)]
}

type Message = (Vec<u8>, Sighting);

/// Few times, so that several messages have the first one.
fn message() -> impl Strategy<Value = Message> {
    let sighting = (prop::option::of(-2i64..3), 0u8..7, 0u32..4);
    (text(), sighting.prop_map(|(at, severity, table)| Sighting { at, severity, table }))
}

/// Little room, so that crowds and dropped buckets come about; and the room that there is by default.
fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![
        Just(Rules::default()),
        (1usize..120, 1usize..20).prop_map(|(skeletons, bucket)| Rules { skeletons, bucket, ..Rules::default() }),
    ]
}

fn tally(rules: &Rules, messages: &[Message]) -> Tally {
    let mut tally = Tally::new(rules.clone());
    messages.iter().for_each(|(text, sighting)| tally.see(text, *sighting));
    tally
}

/// The templates with what is seen of each, and the template of each of `messages`.
fn result(tally: Tally, messages: &[Message]) -> (Vec<(String, Seen)>, Vec<String>) {
    let mined = Mined::new(tally);
    let mut room = Vec::new();
    let of = messages.iter().map(|(text, _)| mined.template_of(text, &mut room).expect("it was counted"));
    let of = of.map(|at| mined.templates()[at].text.clone()).collect();
    (mined.templates().iter().map(|template| (template.text.clone(), template.seen.clone())).collect(), of)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(ProptestConfig::default().cases / 4))]

    #[test]
    fn any_order(
        (messages, shuffled) in prop::collection::vec(message(), 0..200)
            .prop_flat_map(|messages| (Just(messages.clone()), Just(messages).prop_shuffle())),
        rules in rules(),
    ) {
        prop_assert_eq!(
            result(tally(&rules, &messages), &messages),
            result(tally(&rules, &shuffled), &messages)
        );
    }

    #[test]
    fn any_division(
        messages in prop::collection::vec(message(), 0..200),
        cuts in prop::collection::vec(0usize..200, 0..5),
        backwards: bool,
        rules in rules(),
    ) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(messages.len())).collect();
        cuts.extend([0, messages.len()]);
        cuts.sort_unstable();
        let mut parts: Vec<Tally> = cuts.windows(2).map(|cut| tally(&rules, &messages[cut[0]..cut[1]])).collect();
        if backwards {
            parts.reverse();
        }
        let sum = parts.into_iter().reduce(|mut sum, part| {
            sum.merge(part);
            sum
        });
        let sum = sum.unwrap_or_else(|| Tally::new(rules.clone()));
        prop_assert_eq!(result(sum, &messages), result(tally(&rules, &messages), &messages));
    }

    #[test]
    fn a_second_look_says_the_same(messages in prop::collection::vec(message(), 0..200), rules in rules()) {
        let (templates, of) = result(tally(&rules, &messages), &messages);
        let mut again: BTreeMap<String, Seen> = BTreeMap::new();
        for (template, (text, sighting)) in of.into_iter().zip(&messages) {
            again.entry(template).or_default().add(text, *sighting);
        }
        prop_assert_eq!(templates.into_iter().collect::<BTreeMap<_, _>>(), again);
    }

    #[test]
    fn no_bytes_panic(message in prop::collection::vec(any::<u8>(), 0..5000)) {
        let messages = [(message, Sighting::default())];
        let (templates, _) = result(tally(&Rules::default(), &messages), &messages);
        prop_assert_eq!(templates.len(), 1);
    }
}
