//! Which keys of lines that name their fields are the time, level, message and code: as a format knows it, or by their names.

use super::called::{CODE, LEVEL, MESSAGE, TIME};
use super::keys::Schema;
use super::paths::{Leveled, Paths};
use crate::source::infer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Time,
    Received,
    Level,
    Message,
    Code,
}

/// The path of each role.
pub struct Roles {
    pub time: Option<String>,
    pub received: Option<String>,
    pub level: Option<String>,
    pub message: Option<String>,
    pub code: Option<String>,
}

impl Roles {
    pub fn of(paths: &Paths, schema: Option<&Schema>) -> Roles {
        let named = |names: &[&str]| paths.named(names, |_| true);
        Roles {
            time: time(paths, schema.and_then(|schema| schema.time.as_ref())),
            received: schema.and_then(|schema| schema.received.clone()),
            level: schema.map_or_else(|| level(paths), |schema| schema.level.clone()),
            message: schema.map_or_else(|| message(paths), |schema| schema.message.clone()),
            // A format that knows of no code does not say that its lines have none.
            code: schema.and_then(|schema| schema.code.clone()).or_else(|| named(CODE)),
        }
    }

    pub fn all(&self) -> impl Iterator<Item = (&String, Role)> {
        let all = [
            (&self.time, Role::Time),
            (&self.received, Role::Received),
            (&self.level, Role::Level),
            (&self.message, Role::Message),
            (&self.code, Role::Code),
        ];
        all.into_iter().filter_map(|(path, role)| Some((path.as_ref()?, role)))
    }
}

/// One that most lines have and that holds words for levels, before one of numbers, which may be those of other things.
fn level(paths: &Paths) -> Option<String> {
    let are = |leveled: Leveled| move |path: &str| paths.leveled(path) == leveled;
    let said = || paths.named(LEVEL, |path| paths.leveled(path) == Leveled::Words && paths.is_in_most(path));
    let others = || {
        let all = [Leveled::Numbers, Leveled::Words, Leveled::Texts];
        all.into_iter().find_map(|leveled| paths.named(LEVEL, are(leveled)))
    };
    said().or_else(others)
}

/// One that holds texts: of an object by such a name the text within it, where there is one.
fn message(paths: &Paths) -> Option<String> {
    paths.named(MESSAGE, |path| !paths.is_object(path)).or_else(|| paths.named(MESSAGE, |_| true))
}

/// The path that the format says, or one that is called like a time and holds times; of the latter the fuller one, if
/// there is one.
fn time(paths: &Paths, said: Option<&String>) -> Option<String> {
    if let Some(said) = said {
        return Some(said.clone());
    }
    let timed = |path: &str| paths.is_timed(path);
    let is_time = |path: &&String| paths.seen[*path].is_at_top() && timed(path) && infer::names_a_time(path);
    let found = paths.named(TIME, timed).or_else(|| paths.list.iter().find(is_time).cloned())?;
    Some(paths.fuller(&found).cloned().unwrap_or(found))
}
