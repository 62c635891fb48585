//! JSON: an array of row objects, or one object a line. Columns of one name get a number, since a key counts once.

use std::io::Write;

use serde_json::{Map, Value as Json};

use super::{Renderer, Style, written};
use crate::error::Result;
use crate::model::printable::steers;
use crate::model::scan::Sink;
use crate::model::value::Value;

pub fn array(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(JsonRenderer { output, is_array: true, keys: Vec::new(), rows: 0, is_lossy: false })
}

pub fn lines(output: Box<dyn Write>, _: Style) -> Box<dyn Renderer> {
    Box::new(JsonRenderer { output, is_array: false, keys: Vec::new(), rows: 0, is_lossy: false })
}

struct JsonRenderer {
    output: Box<dyn Write>,
    is_array: bool,
    keys: Vec<String>,
    rows: u64,
    /// A NaN or an infinity was written as null.
    is_lossy: bool,
}

/// With what would steer a terminal and need not be escaped in JSON escaped too: it means the same.
fn without_steering(json: String) -> String {
    if !json.chars().any(steers) {
        return json;
    }
    json.chars().fold(String::with_capacity(json.len()), |mut shown, c| {
        if steers(c) {
            shown.push_str(&format!("\\u{:04x}", c as u32));
        } else {
            shown.push(c);
        }
        shown
    })
}

impl Sink for JsonRenderer {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        for name in columns {
            let mut key = name.clone();
            let mut number = 2;
            while self.keys.contains(&key) {
                key = format!("{name}_{number}");
                number += 1;
            }
            self.keys.push(key);
        }
        if self.is_array { written(write!(self.output, "[")) } else { Ok(()) }
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        let mut object = Map::new();
        for (key, value) in self.keys.iter().zip(row) {
            let (json, is_lossy) = value.json();
            self.is_lossy |= is_lossy;
            object.insert(key.clone(), json);
        }
        let separator = match (self.is_array, self.rows) {
            (true, 0) => "\n",
            (true, _) => ",\n",
            (false, _) => "",
        };
        self.rows += 1;
        let end = if self.is_array { "" } else { "\n" };
        written(write!(self.output, "{separator}{}{end}", without_steering(Json::Object(object).to_string())))
    }
}

impl Renderer for JsonRenderer {
    fn finish(&mut self) -> Result<Vec<String>> {
        if self.is_array {
            written(writeln!(self.output, "{}]", if self.rows > 0 { "\n" } else { "" }))?;
        }
        written(self.output.flush())?;
        Ok(if self.is_lossy {
            vec!["NaN and infinity have no spelling in JSON and are null".into()]
        } else {
            Vec::new()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_steers_a_terminal_and_it_means_the_same() {
        let text = "a\u{9b}31m\u{7f}\u{1b}[2J\u{202e}b é 漢 \u{10ffff}";
        let shown = without_steering(Json::from(text).to_string());
        assert_eq!(shown, r#""a\u009b31m\u007f\u001b[2J\u202eb é 漢 "#.to_string() + "\u{10ffff}\"");
        assert_eq!(serde_json::from_str::<Json>(&shown).expect("JSON"), Json::from(text));
    }
}
