//! How the report was made: so that it can be made again, and believed.

use super::asking::Asking;
use super::taken::few;
use crate::model::document::{Behind, Part, Section};
use crate::model::time;

const VERSION: &str = env!("CARGO_PKG_VERSION");

pub fn section(asking: &Asking) -> Section {
    let mut parts = vec![
        Part::Text(format!("Made by rca {VERSION} from the files as they lie there. {}", when(asking))),
        Part::Text(format!(
            "A table here has at most {} rows and texts of at most 600 characters; what is left out is counted, and the \
             command behind a table has all of it. Times are UTC. The SQL runs with rca query \"SQL\" over the same sources.",
            asking.limit
        )),
        Part::Behind(Behind { command: asking.own_command(), sql: None }),
        Part::Heading("Coverage"),
    ];
    parts.push(Part::Notes(few(asking.session.coverage.lines())));
    Section { id: "made", title: "How it was made", parts }
}

fn when(asking: &Asking) -> String {
    let evidence = &asking.common.evidence;
    let of = match asking.told.ends() {
        Some((first, last)) => format!("Its evidence is of {} to {}", time::rfc3339(first), time::rfc3339(last)),
        None => "Its evidence has no times".into(),
    };
    let asked: Vec<String> = [("--from", &evidence.from), ("--to", &evidence.to), ("--where", &evidence.condition)]
        .into_iter()
        .filter_map(|(flag, value)| Some(format!("{flag} {}", value.as_ref()?)))
        .collect();
    let asked = if asked.is_empty() { String::new() } else { format!(", asked for with {}", asked.join(" ")) };
    super::taken::line(&format!("{of}{asked}."))
}

pub fn foot(asking: &Asking) -> String {
    format!("rca {VERSION}. {}", when(asking))
}
