//! One self-contained page with the table: no script, nothing loaded, light and dark as the reader's system is. Events
//! have a figure before it, with a lane for each source.

use std::io::Write;

use super::lanes::{self, Lanes};
use super::{Renderer, Style, Told, written};
use crate::error::Result;
use crate::model::scan::Sink;
use crate::model::value::Value;

const HEAD: &str = concat!(
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n",
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>rca</title>\n<style>\n",
    include_str!("page.css"),
    "</style>\n<body>\n"
);

/// So many bytes of rows wait for the figure that stands before them; of more, the figure comes behind.
const WAITING_MAX: usize = 32 << 20;

/// More lines of a text are folded, to be opened by the reader.
const LINES_SHOWN: usize = 4;

/// A longer text may be broken anywhere.
const LONG: usize = 40;

pub fn make(output: Box<dyn Write>, style: Style) -> Box<dyn Renderer> {
    Box::new(Html {
        output,
        lanes: style.events.then(Lanes::new),
        told: style.told,
        roles: None,
        waiting: style.events.then(String::new),
        columns: 0,
        rows: 0,
    })
}

/// Which columns make a row an event.
#[derive(Clone, Copy)]
struct Roles {
    time: usize,
    source: usize,
    level: usize,
    message: usize,
    repeats: Option<usize>,
}

struct Html {
    output: Box<dyn Write>,
    lanes: Option<Lanes>,
    told: Option<Told>,
    roles: Option<Roles>,
    /// Head and rows so far, while the figure is not made.
    waiting: Option<String>,
    columns: usize,
    rows: usize,
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\0', "\u{FFFD}")
}

/// A cell's text; of many lines the first ones, and the others to be opened.
fn text(value: &Value) -> String {
    let text = value.shown();
    match text.match_indices('\n').nth(LINES_SHOWN) {
        None => escaped(&text),
        Some(_) => {
            let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
            format!("<details><summary>{}</summary>{}</details>", escaped(first), escaped(rest))
        }
    }
}

impl Html {
    fn put(&mut self, html: &str) -> Result<()> {
        match &mut self.waiting {
            Some(waiting) if waiting.len() + html.len() <= WAITING_MAX => waiting.push_str(html),
            Some(_) => {
                self.release()?;
                written(self.output.write_all(html.as_bytes()))?;
            }
            None => written(self.output.write_all(html.as_bytes()))?,
        }
        Ok(())
    }

    /// Writes what waits, without the figure.
    fn release(&mut self) -> Result<()> {
        let waiting = self.waiting.take().unwrap_or_default();
        written(self.output.write_all(waiting.as_bytes()))
    }

    /// Draws a row's event. Returns its level, if it is one.
    fn draw(&mut self, row: &[Value]) -> Result<Option<&'static str>> {
        let (Some(roles), Some(lanes)) = (self.roles, &mut self.lanes) else { return Ok(None) };
        let Value::Time(at) = row[roles.time] else { return Ok(None) };
        let level = lanes::level(&row[roles.level].shown());
        let repeats = roles.repeats.and_then(|index| u64::try_from(row[index].int()).ok()).unwrap_or(1);
        let (source, message) = (row[roles.source].shown(), row[roles.message].shown());
        let is_single = lanes.add(at, &source, level, self.rows, &message, repeats);
        if !is_single && self.waiting.is_some() {
            self.release()?;
        }
        Ok(Some(lanes::level_name(level)))
    }
}

impl Sink for Html {
    fn begin(&mut self, columns: &[String]) -> Result<()> {
        let of = |name: &str| columns.iter().position(|column| column == name);
        self.columns = columns.len();
        if let (Some(time), Some(source), Some(level), Some(message)) =
            (of("ts"), of("source"), of("level"), of("message"))
        {
            self.roles = self.lanes.is_some().then_some(Roles { time, source, level, message, repeats: of("repeats") });
        }
        let cells: String = columns.iter().map(|name| format!("<th scope=\"col\">{}", escaped(name))).collect();
        written(self.output.write_all(HEAD.as_bytes()))?;
        let told = self.told.as_ref().map_or_else(String::new, |told| {
            let (summary, command) = (escaped(&told.summary), escaped(&told.command));
            format!("<caption>{summary}<br>Made by <code>{command}</code></caption>\n")
        });
        self.put(&format!("<table>\n{told}<thead>\n<tr>{cells}\n<tbody>\n"))
    }

    fn row(&mut self, row: &[Value]) -> Result<()> {
        self.rows += 1;
        let told = row.iter().filter(|value| !value.is_null()).count();
        if self.roles.is_some() && told == 1 {
            let text: String = row.iter().map(Value::shown).collect();
            return self.put(&format!("<tr class=\"between\"><td colspan=\"{}\">{}\n", self.columns, escaped(&text)));
        }
        let level = self.draw(row)?;
        let head =
            level.map_or_else(|| "<tr>".to_string(), |level| format!("<tr id=\"r{}\" class=\"{level}\">", self.rows));
        let cell = |value: &Value| {
            let class = match value {
                Value::Int(_) | Value::Float(_) | Value::Decimal(_) => " class=\"n\"",
                Value::Time(_) | Value::Date(_) => " class=\"t\"",
                Value::Text(text) if text.len() > LONG => " class=\"l\"",
                _ => "",
            };
            format!("<td{class}>{}", text(value))
        };
        let cells: String = row.iter().map(cell).collect();
        self.put(&format!("{head}{cells}\n"))
    }
}

impl Renderer for Html {
    fn finish(&mut self) -> Result<Vec<String>> {
        let figure = self.lanes.as_ref().map(|lanes| lanes.html(escaped)).unwrap_or_default();
        // The figure stands before the table wherever that can still be, and is shown so in any case.
        let (before, behind) = if self.waiting.is_some() { (figure, String::new()) } else { (String::new(), figure) };
        written(self.output.write_all(before.as_bytes()))?;
        self.release()?;
        written(write!(self.output, "</table>\n{behind}</body>\n</html>\n"))?;
        written(self.output.flush())?;
        Ok(Vec::new())
    }
}
