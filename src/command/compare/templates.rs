//! The templates of all messages that are compared, mined at once, so that both sides have the same.

use std::sync::Arc;

use super::sides::Pair;
use crate::command::templates as mining;
use crate::engine::quote;
use crate::error::Result;
use crate::model::statistics::Blocks;
use crate::model::templates::Mined;
use crate::session::Session;

/// What was mined, and the places of the tables whose messages were.
#[derive(Default)]
pub struct Templates {
    mined: Option<Arc<Mined>>,
    tables: Vec<usize>,
}

impl Templates {
    /// Mines the messages of the tables that have some. `rows` gives the texts of a table in both sides.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn mine(session: &Session, pairs: &[Pair], rows: impl Fn(&Pair, &str) -> String) -> Result<Templates> {
        let message = |pair: &Pair| {
            let [before, now] = pair.tables.map(|table| table.and_then(|table| table.roles.message.clone()));
            before.filter(|name| now.as_ref() == Some(name))
        };
        let tables: Vec<usize> = (0..pairs.len()).filter(|at| message(&pairs[*at]).is_some()).collect();
        if tables.is_empty() {
            return Ok(Templates::default());
        }
        let texts: Vec<String> =
            tables.iter().map(|at| rows(&pairs[*at], &message(&pairs[*at]).unwrap_or_default())).collect();
        let texts = format!("SELECT text FROM ({}) WHERE rca_said(text) IS NOT NULL", texts.join(" UNION ALL "));
        Ok(Templates { mined: Some(mining::mine(session, &texts)?), tables })
    }

    pub fn has(&self, table: usize) -> bool {
        self.tables.contains(&table)
    }

    /// The template of a number.
    pub fn text(&self, number: &str) -> String {
        let template = self.mined.as_ref().zip(number.parse::<usize>().ok());
        template.and_then(|(mined, at)| mined.templates().get(at)).map_or_else(String::new, |one| one.text.clone())
    }

    /// A pattern that holds of a template's messages and of no others, to be pasted; none where there is no such pattern.
    ///
    /// # Errors
    /// If the evidence cannot be read.
    pub fn holds(&self, session: &Session, pair: &Pair, text: &str, blocks: &Blocks<u32>) -> Result<Option<String>> {
        let Some(message) = pair.table().and_then(|table| table.roles.message.as_ref()) else { return Ok(None) };
        let message = quote::readable_name(message);
        let first = format!("split_part({message}, chr(10), 1)");
        let counts = [blocks.sum(0) as i64, blocks.sum(1) as i64];
        let like = mining::like(text.lines().next().unwrap_or_default());
        for column in [&message, &first] {
            let holds = format!("{column} LIKE {like}");
            let row = session.one_row(&pair.shown(&format!("count(*) FILTER (WHERE {holds})")))?;
            if [row[0].int(), row[1].int()] == counts {
                return Ok(Some(holds));
            }
        }
        Ok(None)
    }
}
