//! Which column of a table is its time, level, code and message: by the settings, else by name and kind.

use super::column::{Column, Kind};

/// The columns of one table that make its rows events. Names as the table has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    pub time: Option<String>,
    pub level: Option<String>,
    pub code: Option<String>,
    pub message: Option<String>,
    /// `PASS`/`FAIL`-like outcome.
    pub result: Option<String>,
}

/// Names of a column for each role, most telling first.
const TIME: &[&str] = &[
    "ts",
    "timestamp",
    "time",
    "datetime",
    "date_time",
    "event_time",
    "eventtime",
    "started_at",
    "created_at",
    "occurred_at",
    "date",
];
const LEVEL: &[&str] = &["level", "severity_text", "severity", "loglevel", "log_level", "lvl", "priority"];
const CODE: &[&str] = &[
    "error_code",
    "errorcode",
    "err_code",
    "errcode",
    "fault_code",
    "status_code",
    "code",
    "errorid",
    "error_id",
    "sqlstate",
    "errno",
    "exit_code",
];
const MESSAGE: &[&str] = &["message", "msg", "text", "log", "description", "event", "detail"];
const RESULT: &[&str] = &["result", "outcome", "verdict", "status", "state"];

impl Roles {
    /// Finds the roles among `columns`; `time` is what the settings say of it.
    pub fn find(columns: &[Column], time: Option<&str>) -> Roles {
        let named = |names: &[&str], fits: fn(Kind) -> bool| {
            names.iter().find_map(|name| {
                columns.iter().find(|c| c.name.eq_ignore_ascii_case(name) && fits(c.kind)).map(|c| c.name.clone())
            })
        };
        let timed = |kind| matches!(kind, Kind::Time | Kind::Date);
        let own = |c: &&Column| !c.name.starts_with('_');
        Roles {
            time: time
                .map(str::to_string)
                .or_else(|| named(TIME, |kind| kind == Kind::Time))
                .or_else(|| columns.iter().find(|c| c.kind == Kind::Time).map(|c| c.name.clone()))
                .or_else(|| named(TIME, timed))
                .or_else(|| columns.iter().filter(own).find(|c| timed(c.kind)).map(|c| c.name.clone())),
            level: named(LEVEL, |kind| matches!(kind, Kind::Text | Kind::Int)),
            code: named(CODE, |kind| matches!(kind, Kind::Text | Kind::Int)),
            message: named(MESSAGE, |kind| kind == Kind::Text),
            result: named(RESULT, |kind| kind == Kind::Text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_roles_and_the_settings_win() {
        let columns = [
            Column::new("received_at", Kind::Time),
            Column::new("TS", Kind::Time),
            Column::new("errorID", Kind::Text),
            Column::new("result", Kind::Text),
        ];
        let roles = Roles::find(&columns, None);
        assert_eq!(roles.time.as_deref(), Some("TS"));
        assert_eq!(roles.code.as_deref(), Some("errorID"));
        assert_eq!(roles.result.as_deref(), Some("result"));
        assert_eq!(Roles::find(&columns, Some("received_at")).time.as_deref(), Some("received_at"));
    }
}
