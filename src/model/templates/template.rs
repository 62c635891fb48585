//! Templates: what a message says whatever its parameters, as text, with an identity and what is seen of its messages.

use std::fmt;

use super::digest::digest;
use super::pen::WILD;
use super::seen::Seen;
use super::skeleton::NAME;

/// How a parameter is written.
const PARAMETER: &[u8] = b"<*>";

/// The text that messages have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// The text, `<*>` for each parameter.
    pub text: String,
    /// What is seen of the messages that have it.
    pub seen: Seen,
}

impl Template {
    /// The identity of a template: the digest of its text, so that it is the same wherever the text is.
    pub fn id(&self) -> Id {
        Id(digest(self.text.as_bytes()))
    }
}

/// A template's identity, shown as sixteen hex digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

impl fmt::Display for Id {
    fn fmt(&self, out: &mut fmt::Formatter) -> fmt::Result {
        write!(out, "{:016x}", self.0)
    }
}

/// A skeleton as text. What is no UTF-8 is replaced.
pub fn text(skeleton: &[u8]) -> String {
    let mut text = Vec::with_capacity(skeleton.len() + 16);
    for part in skeleton.split_inclusive(|&byte| byte == WILD) {
        match part.split_last() {
            Some((&WILD, before)) => {
                text.extend_from_slice(before);
                text.extend_from_slice(PARAMETER);
            }
            _ => text.extend_from_slice(part),
        }
    }
    if let Some(at) = text.iter().position(|&byte| byte == NAME) {
        let divider: &[u8] = if text[..at].ends_with(b":") { b" " } else { b": " };
        text.splice(at..=at, divider.iter().copied());
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shown_as_text_with_a_stable_identity() {
        assert_eq!(text(b"blk_\x01 of \x01"), "blk_<*> of <*>");
        assert_eq!(text(b"\xff"), "\u{fffd}");
        let template = Template { text: "user <*> logged in".into(), seen: Seen::default() };
        assert_eq!(template.id().to_string(), "62b33885b51b24a6");
    }
}
