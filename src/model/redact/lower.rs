//! A text in lower case, and where each byte of it stands in the text; and what a word is made of.

use super::known::Hit;

/// In lower case, each character by itself, so that a part of a text is what it is in the text. Of the two small sigmas,
/// which differ by their place in a word, one stands for both.
pub fn lower(text: &str) -> String {
    text.chars().flat_map(small).collect()
}

fn small(c: char) -> impl Iterator<Item = char> {
    c.to_lowercase().map(|c| if c == 'ς' { 'σ' } else { c })
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

pub struct Lowered {
    pub lower: String,
    places: Vec<usize>,
}

impl Lowered {
    pub fn of(text: &str) -> Lowered {
        let mut lower = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len() + 1);
        for (at, c) in text.char_indices() {
            for small in small(c) {
                lower.push(small);
                places.resize(lower.len(), at);
            }
        }
        places.push(text.len());
        Lowered { lower, places }
    }

    /// What was found in lower case, by its place in the text.
    pub fn hit(&self, start: usize, end: usize, value: String) -> Hit {
        Hit { start: self.places[start], end: self.places[end], value }
    }
}
