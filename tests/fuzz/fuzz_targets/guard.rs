//! What the guard takes for one condition or one statement is that for the engine's own parser too, and SQL put on one
//! line means what it meant.
#![no_main]

use std::cell::RefCell;

use rca::fuzzed::Parser;

thread_local! {
    static PARSER: RefCell<Parser> = RefCell::new(Parser::open());
}

libfuzzer_sys::fuzz_target!(|text: &str| {
    if !text.contains('\0') && text.len() < 512 {
        PARSER.with_borrow(|parser| parser.agrees(text));
    }
});
