//! `unclassified`: errors without a code, in tables whose errors have codes.

use super::{Audit, Fault, first_line};
use crate::engine::quote;
use crate::model::figure::{percent, plural};

/// Messages that are listed.
const LISTED: usize = 3;

pub fn find(audit: &Audit, faults: &mut Vec<Fault>) {
    for (at, place) in audit.question.places.iter().enumerate() {
        let of_place = || audit.counts.iter().filter(|count| count.place == at);
        let count: i64 = of_place().filter(|count| count.code.is_none()).map(|count| count.count).sum();
        let is_coded = of_place().any(|count| count.code.is_some());
        // A log that has no codes at all lacks none.
        if count == 0 || place.raw.is_none() || (!is_coded && place.table.kind == "log") {
            continue;
        }
        let templates: Vec<_> = of_place().filter(|count| count.code.is_none() && count.template.is_some()).collect();
        let listed: Vec<String> = templates
            .iter()
            .take(LISTED)
            .map(|count| {
                format!("{} × {}", count.count, audit.shown(first_line(count.template.as_deref().unwrap_or_default())))
            })
            .collect();
        let more = match templates.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let said = match listed.is_empty() {
            true => String::new(),
            false => format!("; what their messages say: {}{more}", listed.join("; ")),
        };
        let share = audit.share(at, count);
        let name = &place.table.name;
        faults.push(Fault {
            fault: "unclassified",
            code: None,
            count,
            share,
            templates: (!templates.is_empty()).then_some(templates.len() as i64),
            detail: format!(
                "{count} of {} of {name} ({}) {} no code: nobody can count or label them by it{said}{}",
                plural(audit.totals[at].unsigned_abs(), "error"),
                percent(share),
                if count == 1 { "has" } else { "have" },
                if audit.labels.iter().any(|labels| labels.is_of(name)) { audit.cost(None) } else { String::new() },
            ),
            sql: quote::one_line(&format!(
                "SELECT * FROM {} WHERE {}",
                place.table.sql(),
                audit.question.are_of(place, None),
            )),
        });
    }
}
