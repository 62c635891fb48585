//! The result depends neither on the messages' order nor on how they are divided among tallies, with much room and
//! with little; and no bytes make it panic.

use super::{Mined, Rules, Tally};
use proptest::prelude::*;

/// Messages of a few words and parameters, so that some come twice, and of many forms.
fn message() -> impl Strategy<Value = Vec<u8>> {
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

/// Little room, so that crowds and dropped buckets come about; and the room that there is by default.
fn rules() -> impl Strategy<Value = Rules> {
    prop_oneof![
        Just(Rules::default()),
        (1usize..120, 1usize..20).prop_map(|(skeletons, bucket)| Rules { skeletons, bucket, ..Rules::default() }),
    ]
}

fn tally(rules: &Rules, messages: &[Vec<u8>]) -> Tally {
    let mut tally = Tally::new(rules.clone());
    messages.iter().for_each(|message| tally.add(message));
    tally
}

/// The templates with their counts, and the template of each of `messages`.
fn result(tally: Tally, messages: &[Vec<u8>]) -> (Vec<(String, u64)>, Vec<String>) {
    let mined = Mined::new(tally);
    let mut room = Vec::new();
    let of = messages.iter().map(|message| mined.template_of(message, &mut room).expect("it was counted"));
    let of = of.map(|at| mined.templates()[at].text.clone()).collect();
    (mined.templates().iter().map(|template| (template.text.clone(), template.count)).collect(), of)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

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
    fn each_message_is_counted_once(messages in prop::collection::vec(message(), 0..200), rules in rules()) {
        let (templates, of) = result(tally(&rules, &messages), &messages);
        for (text, count) in &templates {
            prop_assert_eq!(of.iter().filter(|template| *template == text).count() as u64, *count, "{}", text);
        }
    }

    #[test]
    fn no_bytes_panic(message in prop::collection::vec(any::<u8>(), 0..5000)) {
        let (templates, _) = result(tally(&Rules::default(), std::slice::from_ref(&message)), &[message]);
        prop_assert_eq!(templates.len(), 1);
    }
}
