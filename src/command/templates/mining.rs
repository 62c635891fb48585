//! Mining the messages of a relation: each of the engine's threads counts in a tally of its own, and what they have
//! counted is put together and mined.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::quote::fill;
use crate::engine::{Engine, Message};
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::level::LEVELS;
use crate::model::templates::{Mined, Rules, Sighting, Tally, Template};
use crate::model::value::Value;

/// Mines the templates of `rows` with what is seen of each: a relation with `text`, `ts`, `level` and `place`, the
/// table's number.
pub fn seen(engine: &Engine, rows: &str, rules: &Rules) -> Result<Arc<Mined>> {
    let tallies: Arc<Mutex<Vec<Tally>>> = Arc::default();
    let (spare, of) = (tallies.clone(), rules.clone());
    engine.add_message_function("rca_tally", move |messages| {
        let taken = spare.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut tally = taken.unwrap_or_else(|| Tally::new(of.clone()));
        messages.iter().for_each(|message| tally.see(message.text, sighting(message)));
        spare.lock().unwrap_or_else(PoisonError::into_inner).push(tally);
    })?;
    engine.counted(&fill(include_str!("tally.sql"), &[("rows", rows)]))?;
    let tallies = std::mem::take(&mut *tallies.lock().unwrap_or_else(PoisonError::into_inner));
    let sum = tallies.into_iter().reduce(|mut sum, tally| {
        sum.merge(tally);
        sum
    });
    Ok(Arc::new(Mined::new(sum.unwrap_or_else(|| Tally::new(rules.clone())))))
}

fn sighting(message: &Message) -> Sighting {
    let level = LEVELS.iter().zip(1..).find(|(level, _)| level.as_bytes() == message.level);
    Sighting { at: message.at, severity: level.map_or(0, |(_, severity)| severity), table: message.table }
}

/// Makes the templates and the template of each message known to SQL.
pub fn make_known(engine: &Engine, mined: &Arc<Mined>) -> Result<()> {
    let columns = [("number", Kind::Int), ("template_id", Kind::Text), ("template", Kind::Text)];
    let row = |(number, template): (usize, &Template)| {
        vec![Value::Int(number as i128), Value::Text(template.id().to_string()), Value::Text(template.text.clone())]
    };
    let rows: Vec<Vec<Value>> = mined.templates().iter().enumerate().map(row).collect();
    let kept = engine.keep("mined", &columns, &rows)?;
    engine.keep_found("rca_templates", &kept)?;
    let of = mined.clone();
    engine.add_text_function("rca_template_of", move |texts, numbers| {
        let mut room = Vec::new();
        for (text, number) in texts.iter().zip(numbers) {
            let known = text.and_then(|text| of.template_of(text, &mut room));
            *number = known.and_then(|at| i64::try_from(at).ok()).unwrap_or(-1);
        }
    })
}
