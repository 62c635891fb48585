//! What a query that the engine has no tree of does to values, told by its words and signs.

use super::functions::{self, Does};
use crate::engine::tokens::{Token, Tokens};
use crate::model::redact::Way;

/// Words before a bracket that call nothing.
const KEYWORDS: &str = "\
    select distinct from where in using on by as over values and or not join for with when then else exists any \
    all union filter exclude pivot unpivot having materialized";

/// Words of what puts values beside others, which may be of another type.
const BESIDE: [&str; 10] =
    ["case", "except", "full", "intersect", "lag", "lead", "natural", "union", "unpivot", "values"];

/// Words that all columns may follow: none of them is the name of one.
const ALL: [&str; 3] = ["select", "distinct", "all"];

/// How a query has values, if it only moves and counts them: it has no sign that makes one of another, and calls nothing
/// that does.
pub fn way(sql: &str) -> Option<Way> {
    let (mut last, mut before) = (String::new(), b' ');
    let mut way = Way::Whole;
    for token in Tokens::of(sql) {
        match token {
            Token::Word(word) => {
                // In quotes it is a name, whatever it says.
                let start = word.as_ptr() as usize - sql.as_ptr() as usize;
                let is_quoted = sql[..start].ends_with('"');
                (last, before) = (word.to_lowercase(), b'w');
                if is_quoted {
                    last.push('"');
                }
                // A time in another zone is another.
                if last == "at" {
                    return None;
                }
                if BESIDE.contains(&&*last) || functions::puts_beside(&last) {
                    way = Way::Beside;
                }
            }
            Token::Text(_) => before = b't',
            Token::Mark(b'(') => {
                let is_known =
                    functions::does(last.trim_end_matches('"')) != Does::Change || functions::has(KEYWORDS, &last);
                if before == b'w' && !is_known {
                    return None;
                }
                before = b'(';
            }
            Token::Mark(b'*') => {
                let is_all = matches!(before, b'(' | b',' | b'.') || before == b'w' && ALL.contains(&&*last);
                if !is_all {
                    return None;
                }
                before = b'*';
            }
            Token::Mark(mark) if b"),.;=<>!".contains(&mark) => before = mark,
            _ => return None,
        }
    }
    Some(way)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::{Engine, Limits};

    #[test]
    fn a_sign_between_two_columns_makes_another_value_whatever_they_are_called() {
        let moved = "pivot (select distinct * from staff) on name using count(*)";
        assert_eq!(way(moved), Some(Way::Whole));
        for made in
            ["select \"by\" * badge as z", "select filter * badge as z", "select bd at time zone 'Asia/Taipei' as z"]
        {
            assert_eq!(way(&format!("pivot ({made} from staff) on z using count(*)")), None, "{made}");
        }
    }

    #[test]
    fn the_engine_has_each_keyword_that_is_known_here() {
        let limits = Limits { threads: 1, memory: None, spill: std::env::temp_dir() };
        let engine = Engine::open(&limits, Arc::default()).expect("opens");
        let rows = engine.rows("SELECT keyword_name FROM duckdb_keywords()").expect("answered").rows;
        let there: Vec<String> = rows.iter().map(|row| row[0].shown()).collect();
        for word in KEYWORDS.split_ascii_whitespace() {
            assert!(there.iter().any(|name| name == word), "{word}");
        }
    }
}
