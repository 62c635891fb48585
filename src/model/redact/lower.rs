//! A text in lower case, and where each byte of it stands in the text.

use super::known::Hit;

pub struct Lowered {
    pub lower: String,
    places: Vec<usize>,
}

impl Lowered {
    pub fn of(text: &str) -> Lowered {
        let mut lower = String::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len() + 1);
        for (at, c) in text.char_indices() {
            for small in c.to_lowercase() {
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
