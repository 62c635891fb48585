//! Reading pages back: tables of Markdown and HTML, and whether a page is made of the tags it may be made of.

use std::collections::BTreeMap;

/// A table as it stands on a page: names of columns, and cells of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<BTreeMap<String, String>>,
}

/// The cells of a line of a Markdown table.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut chars = line.trim().trim_start_matches('|').chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => cells.last_mut().expect("a cell").extend(chars.next()),
            '|' => cells.push(String::new()),
            c => cells.last_mut().expect("a cell").push(c),
        }
    }
    assert_eq!(cells.pop().as_deref(), Some(""), "a row ends with a bar: {line}");
    cells.iter().map(|cell| cell.trim().replace("<br>", "\n").replace("&lt;", "<").replace("&amp;", "&")).collect()
}

/// The table under a caption, after which stands an empty line. All its rows have as many cells as its head.
pub fn of_markdown(page: &str, caption: &str) -> Table {
    let starts = [format!("\n{caption}:\n"), format!("Figures: {caption}</summary>\n")];
    let at = starts.iter().find_map(|start| Some(page.find(start)? + start.len()));
    let lines = page[at.unwrap_or_else(|| panic!("no table `{caption}`"))..].trim_start().lines();
    let lines: Vec<&str> = lines.take_while(|line| line.starts_with('|')).collect();
    let columns = cells(lines[0]);
    assert!(cells(lines[1]).iter().all(|rule| rule.trim_end_matches(':').chars().all(|c| c == '-')), "{}", lines[1]);
    let rows = lines[2..].iter().map(|line| {
        let cells = cells(line);
        assert_eq!(cells.len(), columns.len(), "{line}");
        columns.iter().cloned().zip(cells).collect()
    });
    Table { rows: rows.collect(), columns }
}

/// All lines that begin and end like a table's have as many cells as their head, and blocks of code end. Returns what
/// stands outside of code.
pub fn markdown_is_whole(page: &str) -> String {
    let mut outside = String::new();
    let mut fence: Option<String> = None;
    let mut width = None;
    for line in page.lines() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match &fence {
            Some(open) => {
                if line == open.as_str() {
                    fence = None;
                }
                continue;
            }
            None if ticks.len() >= 3 => fence = Some(ticks),
            None => {}
        }
        // A command is one span of code.
        if !line.starts_with("The same: `") {
            outside.push_str(line);
            outside.push('\n');
        }
        if line.starts_with('|') {
            let count = cells(line).len();
            assert_eq!(*width.get_or_insert(count), count, "{line}");
        } else {
            width = None;
        }
    }
    assert_eq!(fence, None, "a block of code is not closed");
    outside
}

/// A tag, with what is in it.
#[derive(Debug)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
    is_end: bool,
    is_closed: bool,
}

fn text(html: &str) -> String {
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&apos;", "'"), ("&amp;", "&")];
    plain.iter().fold(html.to_string(), |text, (name, sign)| text.replace(name, sign))
}

fn tag(inside: &str) -> Tag {
    let is_end = inside.starts_with('/');
    let is_closed = inside.ends_with('/');
    let inside = inside.trim_matches('/');
    let (name, mut rest) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
    let mut attributes = Vec::new();
    while !rest.trim().is_empty() {
        let (name, behind) = rest.trim_start().split_once('=').unwrap_or_else(|| panic!("no value: <{inside}>"));
        let behind = behind.strip_prefix('"').unwrap_or_else(|| panic!("not in quotes: <{inside}>"));
        let (value, behind) = behind.split_once('"').unwrap_or_else(|| panic!("not closed: <{inside}>"));
        attributes.push((name.to_string(), text(value)));
        rest = behind;
    }
    Tag { name: name.to_string(), attributes, is_end, is_closed }
}

/// A page's tags and the texts between them, in order. Fails where a tag is not closed, closed wrongly or not one of
/// those that a report is made of; and where one could load, run or send anything.
pub fn parts(html: &str) -> Vec<Result<Tag, String>> {
    const NAMES: &str = " html head meta title style body a header h1 h2 h3 p nav ul ol li main section figure figcaption div \
                         table caption thead tbody tr th td wbr b i span details summary pre code footer svg desc rect line \
                         polyline polygon circle text ";
    const VOID: [&str; 3] = ["meta", "wbr", "br"];
    let mut rest = html.strip_prefix("<!doctype html>\n").expect("a document type");
    let (mut parts, mut open): (Vec<Result<Tag, String>>, Vec<String>) = (Vec::new(), Vec::new());
    while let Some(at) = rest.find('<') {
        let between = &rest[..at];
        assert!(!between.contains('>') || open.last().is_some_and(|name| name == "style"), "a bare > in {between}");
        parts.push(Err(text(between)));
        let end = rest[at..].find('>').expect("a tag's end") + at;
        let tag = tag(&rest[at + 1..end]);
        rest = &rest[end + 1..];
        assert!(NAMES.contains(&format!(" {} ", tag.name)), "a tag that is none of a report: {tag:?}");
        for (name, value) in &tag.attributes {
            assert!(
                !name.starts_with("on") && !["src", "style", "xmlns", "action"].contains(&name.as_str()),
                "{tag:?}"
            );
            assert!(name != "href" || value.starts_with('#'), "{tag:?}");
            assert!(!value.contains("://") || name == "aria-label", "{tag:?}");
        }
        if tag.is_end {
            assert_eq!(open.pop().as_ref(), Some(&tag.name), "closed is what was opened last");
        } else if !tag.is_closed && !VOID.contains(&tag.name.as_str()) {
            open.push(tag.name.clone());
        }
        parts.push(Ok(tag));
    }
    assert!(open.is_empty(), "not closed: {open:?}");
    parts
}

/// The table under a caption, of HTML. A text that stands below its row is a cell of it.
pub fn of_html(html: &str, wanted: &str) -> Table {
    let mut found = Table { columns: Vec::new(), rows: Vec::new() };
    let mut lines: Vec<Vec<String>> = Vec::new();
    let (mut caption, mut is_in) = (String::new(), "");
    for part in parts(html) {
        match part {
            Ok(tag) if tag.is_end && tag.name == "table" => {
                if caption == wanted {
                    break;
                }
                (caption, lines) = (String::new(), Vec::new());
            }
            Ok(tag) if tag.is_end => {
                if ["caption", "th", "td"].contains(&tag.name.as_str()) {
                    is_in = "";
                }
            }
            Ok(tag) => match tag.name.as_str() {
                "tr" => lines.push(Vec::new()),
                "caption" => is_in = "caption",
                "th" | "td" => {
                    lines.last_mut().expect("a row").push(String::new());
                    is_in = "cell";
                }
                _ => {}
            },
            Err(text) if is_in == "caption" => caption.push_str(&text),
            Err(text) if is_in == "cell" => {
                lines.last_mut().and_then(|line| line.last_mut()).expect("a cell").push_str(&text);
            }
            Err(_) => {}
        }
    }
    assert_eq!(caption, wanted, "no such table");
    found.columns = lines.remove(0);
    let mut below = None;
    for line in lines {
        if line.len() == 1 && found.columns.len() > 1 {
            let (name, text) = line[0].split_once(": ").expect("a name and a text");
            below = Some(name.to_string());
            found.rows.last_mut().expect("a row above").insert(name.to_string(), text.to_string());
        } else {
            assert_eq!(line.len(), found.columns.len(), "{line:?}");
            found.rows.push(found.columns.iter().cloned().zip(line).collect());
        }
    }
    found.columns.extend(below);
    found
}
