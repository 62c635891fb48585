//! The document as one HTML file, with landmarks, headings in order, and a name for everything that is not text.

use super::{svg, visible};
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::document::{Chart, Document, Figure, Part, Section, Table};
use crate::model::value::Value;

/// Nothing is loaded and nothing is run, whatever stands in the evidence.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

/// Of longer texts a column stands below its rows.
const LONG: usize = 60;

/// A text of the evidence, between tags and in attributes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in visible(text).chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c => safe.push(c),
        }
    }
    safe
}

/// # Errors
/// If a chart cannot be drawn.
pub fn page(document: &Document) -> Result<String> {
    let title = escaped(&document.title);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n<style>\n{}{}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#answer\">Skip to the answer</a>\n\
         <header>\n<h1>{title}</h1>\n<p>{}</p>\n</header>\n<nav aria-label=\"Parts of this report\">\n<ul>\n",
        include_str!("report.css"),
        svg::rules(),
        escaped(&document.question)
    );
    page.push_str("<li><a href=\"#answer\">The answer</a></li>\n");
    for section in &document.sections {
        page.push_str(&format!("<li><a href=\"#{}\">{}</a></li>\n", section.id, escaped(section.title)));
    }
    page.push_str("</ul>\n</nav>\n<main>\n<section id=\"answer\" aria-labelledby=\"answer-h\">\n<h2 id=\"answer-h\">The answer</h2>\n");
    document.answer.iter().for_each(|sentence| page.push_str(&format!("<p>{}</p>\n", escaped(sentence))));
    page.push_str("</section>\n");
    for one in &document.sections {
        section(&mut page, one)?;
    }
    page.push_str(&format!("</main>\n<footer>\n<p>{}</p>\n</footer>\n</body>\n</html>\n", escaped(&document.foot)));
    Ok(page)
}

fn section(page: &mut String, section: &Section) -> Result<()> {
    let (id, title) = (section.id, escaped(section.title));
    page.push_str(&format!("<section id=\"{id}\" aria-labelledby=\"{id}-h\">\n<h2 id=\"{id}-h\">{title}</h2>\n"));
    for (at, part) in section.parts.iter().enumerate() {
        let id = format!("{id}-{at}");
        match part {
            Part::Heading(text) => page.push_str(&format!("<h3>{}</h3>\n", escaped(text))),
            Part::Text(text) => page.push_str(&format!("<p>{}</p>\n", escaped(text))),
            Part::Notes(notes) if notes.is_empty() => {}
            Part::Notes(notes) => {
                let list: String = notes.iter().map(|note| format!("<li>{}</li>\n", escaped(note))).collect();
                page.push_str(&format!("<ul class=\"notes\">\n{list}</ul>\n"));
            }
            Part::Figure(figure) => self::figure(page, figure, &id)?,
            Part::Table(one) => table(page, one),
            Part::Behind(behind) => {
                page.push_str(&format!(
                    "<p class=\"behind\">The same: <code>{}</code></p>\n",
                    escaped(&behind.command)
                ));
                if let Some(sql) = &behind.sql {
                    folded(page, "The same as SQL", &format!("<pre><code>{}</code></pre>\n", escaped(sql)));
                }
            }
        }
    }
    page.push_str("</section>\n");
    Ok(())
}

fn folded(page: &mut String, summary: &str, inside: &str) {
    page.push_str(&format!("<details>\n<summary>{}</summary>\n{inside}</details>\n", escaped(summary)));
}

fn figure(page: &mut String, figure: &Figure, id: &str) -> Result<()> {
    let key: &[(&str, &str)] = match figure.chart {
        Chart::Lanes(_) => &[
            ("plain", "above the line: all events"),
            ("bad", "below it: errors"),
            ("warn", "below it, a frame: warnings"),
            ("", "stretches without any event are left out, most of them at the dashed lines"),
            ("", "heights are the square roots of the share of the lane’s highest"),
        ],
        Chart::Strips(_) => &[("bad", "as high as the share of the rows due that is missing, from none to all")],
        Chart::Pareto(_) => &[("plain", "bars: errors of a code"), ("warn line", "line: their share together")],
        Chart::Funnel(_) => &[("plain", "passed"), ("bad", "lost")],
    };
    let key: String = key
        .iter()
        .map(|(class, text)| match *class {
            "" => format!("<li>{text}</li>\n"),
            class => format!("<li><i class=\"{class}\"></i>{text}</li>\n"),
        })
        .collect();
    let title = escaped(&figure.title);
    page.push_str(&format!(
        "<figure>\n<figcaption>{title}</figcaption>\n<div class=\"box\" role=\"region\" tabindex=\"0\" aria-label=\"Chart: {title}\">\n{}</div>\n<ul class=\"key\">\n{key}</ul>\n</figure>\n",
        svg::element(figure, id, escaped)?
    ));
    Ok(())
}

fn cell(value: &Value) -> String {
    let text = escaped(&value.shown());
    match value {
        Value::Int(_) | Value::Float(_) | Value::Decimal(_) => format!("<td class=\"n\">{text}</td>"),
        Value::Time(_) => format!("<td class=\"t\">{}</td>", text.replace('T', "T<wbr>")),
        Value::Date(_) => format!("<td class=\"t\">{text}</td>"),
        // Bars made of letters are read out as nothing that anyone would understand.
        Value::Text(bars) if bars.chars().all(|c| matches!(c, ' ' | '▁'..='█')) => {
            format!("<td><span aria-hidden=\"true\">{text}</span></td>")
        }
        _ => format!("<td>{}</td>", text.replace('_', "_<wbr>")),
    }
}

/// A name that may be broken between its words.
fn name(text: &str) -> String {
    escaped(text).replace('_', "_<wbr>")
}

/// A column of long texts, which stand below their rows and as wide as the page.
fn long(table: &Table) -> Option<usize> {
    let length = |row: &Vec<Value>, at: usize| match &row[at] {
        Value::Text(text) => text.chars().count(),
        _ => 0,
    };
    let longest = |at: usize| table.rows.iter().map(|row| length(row, at)).max().unwrap_or(0);
    let widest = (0..table.columns.len()).max_by_key(|at| longest(*at))?;
    (longest(widest) > LONG && table.columns.len() > 2).then_some(widest)
}

fn table(page: &mut String, table: &Table) {
    let caption = escaped(&table.caption);
    let is_numbered = !table.sql.is_empty();
    let number = if is_numbered { "<th scope=\"col\">row</th>" } else { "" };
    let long = long(table);
    let beside = || (0..table.columns.len()).filter(|at| Some(*at) != long);
    let is_number =
        |at: usize| table.rows.iter().any(|row| matches!(row[at], Value::Int(_) | Value::Float(_) | Value::Decimal(_)));
    let names: String = beside()
        .map(|at| {
            let class = if is_number(at) { " class=\"n\"" } else { "" };
            format!("<th scope=\"col\"{class}>{}</th>", name(&table.columns[at]))
        })
        .collect();
    let mut html = format!(
        "<div class=\"box\" role=\"region\" tabindex=\"0\" aria-label=\"Table: {caption}\">\n<table>\n<caption>{caption}</caption>\n<thead>\n<tr>{number}{names}</tr>\n</thead>\n"
    );
    if long.is_none() {
        html.push_str("<tbody>\n");
    }
    for (at, row) in table.rows.iter().enumerate() {
        let cells: String = beside().map(|column| cell(&row[column])).collect();
        let below = long.filter(|column| !row[*column].shown().is_empty());
        let (scope, span) = if below.is_some() { ("rowgroup", " rowspan=\"2\"") } else { ("row", "") };
        let number = if is_numbered { format!("<th scope=\"{scope}\"{span}>{}</th>", at + 1) } else { String::new() };
        let begin = if long.is_some() { "<tbody>\n" } else { "" };
        html.push_str(&format!("{begin}<tr>{number}{cells}</tr>\n"));
        if let Some(column) = below {
            html.push_str(&format!(
                "<tr class=\"below\"><td colspan=\"{}\"><div><b>{}:</b> {}</div></td></tr>\n",
                beside().count(),
                name(&table.columns[column]),
                escaped(&row[column].shown())
            ));
        }
        if long.is_some() {
            html.push_str("</tbody>\n");
        }
    }
    if long.is_none() {
        html.push_str("</tbody>\n");
    }
    html.push_str("</table>\n</div>\n");
    if let Some((more, command)) = &table.more {
        html.push_str(&format!(
            "<p class=\"more\">… and {} more, by <code>{}</code></p>\n",
            grouped(*more),
            escaped(command)
        ));
    }
    if table.is_folded {
        folded(page, &format!("Figures: {}", table.caption), &html);
    } else {
        page.push_str(&html);
    }
    if is_numbered {
        let one = |sql: &Option<String>| match sql {
            Some(sql) => format!("<li><pre><code>{}</code></pre></li>\n", escaped(sql)),
            None => "<li>too long to stand here: it is in the field sql of the command’s answer</li>\n".to_string(),
        };
        let list: String = table.sql.iter().map(one).collect();
        folded(page, &format!("SQL that shows each row: {}", table.caption), &format!("<ol>\n{list}</ol>\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_evidence_becomes_a_tag() {
        assert_eq!(
            escaped("<script>alert('x')</script> \"&\" \0"),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &quot;&amp;&quot; U+0000"
        );
    }
}
