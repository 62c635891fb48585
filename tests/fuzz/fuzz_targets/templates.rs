//! Templates of messages: every message is of one, counted once, and the order of the messages is not seen.
#![no_main]

use rca::fuzzed::templates;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut messages: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let (told, of) = templates(&messages);
    assert_eq!(told.iter().map(|(_, count)| count).sum::<u64>(), messages.len() as u64);
    for (at, (text, count)) in told.iter().enumerate() {
        assert_eq!(of.iter().filter(|template| **template == at).count() as u64, *count, "{text:?}");
    }
    let of: Vec<&str> = of.into_iter().map(|at| told[at].0.as_str()).collect();
    messages.reverse();
    let (mut backwards, of_backwards) = templates(&messages);
    let of_backwards: Vec<&str> = of_backwards.into_iter().rev().map(|at| backwards[at].0.as_str()).collect();
    assert_eq!(of, of_backwards);
    let mut told = told.clone();
    told.sort();
    backwards.sort();
    assert_eq!(told, backwards);
});
