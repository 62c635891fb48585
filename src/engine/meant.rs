//! Tables near to a name that no table has: as SQL takes them here, since the engine's own proposals leave out whose
//! they are, or are tables of its own.

use super::Engine;
use crate::model::name;

impl Engine {
    /// The engine's message without its own proposal, and the tables that may be meant; `None` if it is about no table.
    pub(super) fn meant(&self, message: &str) -> Option<(String, Vec<String>)> {
        let wanted = message.strip_prefix("Table with name ")?.split_once(" does not exist")?.0;
        let known = self
            .rows(
                "SELECT view_name, CASE WHEN database_name = current_database() THEN view_name ELSE database_name || '.' || view_name END AS name \
                 FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' ORDER BY ALL",
            )
            .ok()?
            .rows;
        let known: Vec<[String; 2]> = known.iter().map(|row| [row[0].shown(), row[1].shown()]).collect();
        let near = name::nearest(wanted, known.iter().map(|[short, _]| short.as_str()));
        let names = near.iter().flat_map(|near| known.iter().filter(move |[short, _]| short == near));
        let lines: Vec<&str> = message.lines().filter(|line| !line.starts_with("Did you mean")).collect();
        Some((lines.join("\n"), names.map(|[_, name]| name.clone()).collect()))
    }
}
