//! The document as Markdown for a ticket (GitHub's): charts are drawn with letters, SQL is folded.

use super::{blocks, visible};
use crate::model::coverage::grouped;
use crate::model::document::{Document, Part, Table};
use crate::model::value::Value;
use crate::render::markdown::{code, escaped};

pub fn page(document: &Document) -> String {
    let mut page = format!("# {}\n\n{}\n\n## The answer\n\n", text(&document.title), text(&document.question));
    document.answer.iter().for_each(|sentence| page.push_str(&format!("{}\n\n", text(sentence))));
    for section in &document.sections {
        page.push_str(&format!("## {}\n\n", text(section.title)));
        section.parts.iter().for_each(|part| self::part(&mut page, part));
    }
    page.push_str(&format!("---\n\n{}\n", text(&document.foot)));
    page
}

/// A text on one line that stays text.
fn text(text: &str) -> String {
    let line = escaped(&visible(text).replace(['\n', '\t'], " ")).replace('_', "\\_").replace('~', "\\~");
    // A line that begins like a list, a heading or a quotation is none.
    match line.chars().next() {
        Some('#' | '+' | '-' | '>' | '=') => format!("\\{line}"),
        Some(first) if first.is_ascii_digit() => {
            let digits = line.chars().take_while(char::is_ascii_digit).count();
            match line[digits..].chars().next() {
                Some('.' | ')') => format!("{}\\{}", &line[..digits], &line[digits..]),
                _ => line,
            }
        }
        _ => line,
    }
}

fn span(text: &str) -> String {
    code(&visible(text).replace(['\n', '\t'], " "))
}

/// Lines of code, whatever backticks are in them.
fn fenced(language: &str, inside: &str) -> String {
    let longest = inside.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    format!("{fence}{language}\n{}\n{fence}\n\n", visible(inside))
}

fn folded(page: &mut String, summary: &str, inside: &str) {
    page.push_str(&format!(
        "<details>\n<summary>{}</summary>\n\n{inside}</details>\n\n",
        super::html::escaped(summary).replace('\n', " ")
    ));
}

fn part(page: &mut String, part: &Part) {
    match part {
        Part::Heading(heading) => page.push_str(&format!("### {}\n\n", text(heading))),
        Part::Text(told) => page.push_str(&format!("{}\n\n", text(told))),
        Part::Notes(notes) if notes.is_empty() => {}
        Part::Notes(notes) => {
            notes.iter().for_each(|note| page.push_str(&format!("- {}\n", text(note))));
            page.push('\n');
        }
        Part::Figure(figure) => {
            page.push_str(&format!(
                "{}:\n\n{}",
                text(&figure.title),
                fenced("text", &blocks::lines(&figure.chart).join("\n"))
            ));
        }
        Part::Table(one) => table(page, one),
        Part::Behind(behind) => {
            page.push_str(&format!("The same: {}\n\n", span(&behind.command)));
            if let Some(sql) = &behind.sql {
                folded(page, "The same as SQL", &fenced("sql", sql));
            }
        }
    }
}

fn table(page: &mut String, table: &Table) {
    let is_numbered = !table.sql.is_empty();
    let number = |text: &str| if is_numbered { format!("{text} | ") } else { String::new() };
    let cell = |value: &Value| escaped(&visible(&value.shown())).replace('_', "\\_");
    let is_number =
        |at: usize| table.rows.iter().any(|row| matches!(row[at], Value::Int(_) | Value::Float(_) | Value::Decimal(_)));
    let line = |cells: Vec<String>, first: &str| format!("| {}{} |\n", number(first), cells.join(" | "));
    let names = table.columns.iter().map(|name| cell(&Value::Text(name.clone()))).collect();
    let rules = (0..table.columns.len()).map(|at| if is_number(at) { "---:" } else { "---" }.to_string()).collect();
    let mut lines = format!("{}{}", line(names, "row"), line(rules, "---:"));
    for (at, row) in table.rows.iter().enumerate() {
        lines.push_str(&line(row.iter().map(cell).collect(), &(at + 1).to_string()));
    }
    lines.push('\n');
    if let Some((more, command)) = &table.more {
        lines.push_str(&format!("… and {} more, by {}\n\n", grouped(*more), span(command)));
    }
    if table.is_folded {
        folded(page, &format!("Figures: {}", table.caption), &lines);
    } else {
        page.push_str(&format!("{}:\n\n{lines}", text(&table.caption)));
    }
    if is_numbered {
        let one = |(at, sql): (usize, &Option<String>)| match sql {
            Some(sql) => format!("Row {}:\n\n{}", at + 1, fenced("sql", sql)),
            None => {
                format!("Row {}: too long to stand here, it is in the field `sql` of the command's answer\n\n", at + 1)
            }
        };
        let list: String = table.sql.iter().enumerate().map(one).collect();
        folded(page, &format!("SQL that shows each row: {}", table.caption), &list);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stays_text() {
        assert_eq!(text("# a\n- b"), "\\# a - b");
        assert_eq!(text("1. <b>*x*</b> __init__"), "1\\. &lt;b>\\*x\\*&lt;/b> \\_\\_init\\_\\_");
        assert_eq!(text("72 of 72 rows"), "72 of 72 rows");
        assert_eq!(fenced("sql", "a ``` b"), "````sql\na ``` b\n````\n\n");
    }
}
