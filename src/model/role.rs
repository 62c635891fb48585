//! Which column of a table is its time, level, code and message: by the settings, else by name and kind.

use super::column::{Column, Kind};
use super::meaning;

/// The columns of one table that make its rows events. Names as the table has them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roles {
    pub time: Option<String>,
    /// When what began at `time` was over.
    pub end: Option<String>,
    /// `time` tells when a row was loaded, not when anything happened.
    pub is_load_stamp: bool,
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
    "occurred_at",
    "date",
];
/// When a row was made, which may be long after what it tells of.
const CREATED: &[&str] = &["created_at"];
/// The last one is what comes of a level as often as a level.
const LEVEL: &[&str] = &["level", "severity_text", "severity", "loglevel", "log_level", "lvl", "priority"];
const CODE: &[&str] = &[
    "error_code",
    "errorcode",
    "err_code",
    "errcode",
    "fault_code",
    "alarm_code",
    "failure_code",
    "defect_code",
    "trouble_code",
    "reason_code",
    "status_code",
    "code",
    "errorid",
    "error_id",
    "sqlstate",
    "errno",
    "exit_code",
    "error_no",
    "err_no",
    "error_number",
];
/// What failed rather than how; a number under such a name is a label of a model.
const FAILURE: &[&str] = &["failure", "fault", "failure_mode", "failure_type", "fault_type", "alarm"];
const MESSAGE: &[&str] = &["message", "msg", "text", "log", "description", "event", "detail"];
/// Words that a longer name ends with, such as `error_description`, where all before it tell of what went wrong or of who
/// says so: the description of a product tells of no event.
const TEXTS: &[&str] =
    &["text", "description", "detail", "details", "remark", "remarks", "comment", "comments", "note", "notes"];
const TOLD: &[&str] = &[
    "error",
    "err",
    "fault",
    "failure",
    "fail",
    "alarm",
    "alert",
    "event",
    "log",
    "defect",
    "issue",
    "problem",
    "incident",
    "exception",
    "warning",
    "trouble",
    "operator",
    "repair",
];
/// The same by themselves; a note may be anything, and a text of another kind is left to who looks at values.
const REMARKS: &[&str] = &["details", "remark", "remarks", "comment", "comments"];
const RESULT: &[&str] = &["result", "outcome", "verdict", "status", "state"];

/// Words of a name that tell a beginning, and an end.
const BEGINNINGS: &[&str] = &["start", "started", "begin", "began", "begun", "opened", "open"];
const ENDS: &[&str] =
    &["end", "ended", "finish", "finished", "stop", "stopped", "complete", "completed", "closed", "close", "done"];

/// Words of a name that tell when something was seen or done, or by whose clock, and words for when that came to be
/// known or changed where it is kept.
const HAPPENED: &[&str] = &[
    "sampled",
    "sample",
    "measured",
    "measurement",
    "observed",
    "captured",
    "acquired",
    "recorded",
    "occurred",
    "happened",
    "event",
    "reading",
    "scanned",
    "tested",
    "inspected",
    "produced",
    "emitted",
    "sent",
    "device",
    "sensor",
];
const ARRIVED: &[&str] = &[
    "received",
    "receive",
    "recv",
    "arrived",
    "arrival",
    "created",
    "updated",
    "modified",
    "changed",
    "written",
    "stored",
    "saved",
    "processed",
    "server",
    "gateway",
];

/// Words of a name that tell of the way of a row into its table.
const LOADS: &[&str] = &[
    "load",
    "loaded",
    "insert",
    "inserted",
    "ingest",
    "ingested",
    "import",
    "imported",
    "export",
    "exported",
    "etl",
    "extracted",
    "sync",
    "synced",
    "dwh",
];

fn says(name: &str, words: &[&str]) -> bool {
    meaning::words(name).iter().any(|word| words.contains(&word.as_str()))
}

/// Whether a name is that of what is said of a row: `errmsg`, `status_message`, `failure_text`.
fn is_message(name: &str) -> bool {
    let words = meaning::words(name);
    let Some((last, before)) = words.split_last() else { return false };
    let is_told = || !before.is_empty() && before.iter().all(|word| TOLD.contains(&word.as_str()));
    last.ends_with("message") || last.ends_with("msg") || (TEXTS.contains(&last.as_str()) && is_told())
}

/// A name without the words that tell beginning and end.
fn stem(name: &str) -> Vec<String> {
    let is_edge = |word: &String| BEGINNINGS.contains(&word.as_str()) || ENDS.contains(&word.as_str());
    meaning::words(name).into_iter().filter(|word| !is_edge(word)).collect()
}

/// The end that goes with a time: of the same name but for the word, or the only one there is.
fn end(columns: &[Column], time: &str) -> Option<String> {
    let ends: Vec<&str> = columns
        .iter()
        .filter(|c| c.kind == Kind::Time && c.name != time && says(&c.name, ENDS))
        .map(|c| c.name.as_str())
        .collect();
    let same = ends.iter().find(|end| says(time, BEGINNINGS) && stem(end) == stem(time));
    let only = ends.first().filter(|_| ends.len() == 1 && !says(time, ENDS));
    same.or(only).map(|end| (*end).to_string())
}

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
        // A load stamp is better than no time, and worse than any other.
        let happened = |c: &&Column| !says(&c.name, LOADS);
        let was_seen = |c: &&Column| says(&c.name, HAPPENED) && !says(&c.name, ARRIVED) && happened(c);
        let first = |fits: &dyn Fn(&&Column) -> bool| columns.iter().find(fits).map(|c| c.name.clone());
        let found = time
            .map(str::to_string)
            .or_else(|| named(TIME, |kind| kind == Kind::Time))
            .or_else(|| first(&|c| c.kind == Kind::Time && says(&c.name, BEGINNINGS)))
            .or_else(|| first(&|c| c.kind == Kind::Time && was_seen(c)))
            .or_else(|| named(CREATED, |kind| kind == Kind::Time))
            .or_else(|| first(&|c| c.kind == Kind::Time && happened(c)))
            .or_else(|| named(TIME, timed))
            .or_else(|| named(CREATED, timed))
            .or_else(|| first(&|c| timed(c.kind) && own(c) && happened(c)))
            .or_else(|| first(&|c| c.kind == Kind::Time))
            .or_else(|| first(&|c| timed(c.kind) && own(c)));
        let code = named(CODE, |kind| matches!(kind, Kind::Text | Kind::Int | Kind::Float | Kind::Decimal { .. }))
            .or_else(|| named(FAILURE, |kind| kind == Kind::Text));
        let message = named(MESSAGE, |kind| kind == Kind::Text)
            .or_else(|| first(&|c| c.kind == Kind::Text && is_message(&c.name)))
            .or_else(|| named(REMARKS, |kind| kind == Kind::Text));
        // Words say it better than a number, which may be the level of a tank or of a player: only what is told beside it
        // has a level in numbers.
        let is_told = code.is_some() || message.is_some();
        let level = named(&LEVEL[..LEVEL.len() - 1], |kind| kind == Kind::Text)
            .or_else(|| named(LEVEL, |kind| kind == Kind::Int).filter(|_| is_told))
            .or_else(|| named(LEVEL, |kind| kind == Kind::Text));
        Roles {
            end: found.as_deref().and_then(|found| end(columns, found)),
            is_load_stamp: time.is_none() && found.as_deref().is_some_and(|found| says(found, LOADS)),
            time: found,
            level,
            code,
            message,
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

    #[test]
    fn a_message_goes_by_many_names() {
        let message = |names: &[&str]| {
            let columns: Vec<Column> = names.iter().map(|name| Column::new(*name, Kind::Text)).collect();
            Roles::find(&columns, None).message
        };
        for name in
            ["errmsg", "errorMessage", "status_message", "failure_text", "Error Description", "remark", "Comments"]
        {
            assert_eq!(message(&["serial", name]).as_deref(), Some(name));
        }
        for name in ["product_description", "message_id", "severity_text", "notes", "reason", "error", "release_notes"]
        {
            assert_eq!(message(&["serial", name]), None, "{name}");
        }
        assert_eq!(message(&["remark", "error_text", "message"]).as_deref(), Some("message"));
        assert_eq!(message(&["remark", "error_text"]).as_deref(), Some("error_text"));
    }

    #[test]
    fn a_level_in_numbers_is_that_of_something_told() {
        let level = |columns: &[(&str, Kind)]| {
            let columns: Vec<Column> = columns.iter().map(|(name, kind)| Column::new(*name, *kind)).collect();
            Roles::find(&columns, None).level
        };
        let (int, text) = (Kind::Int, Kind::Text);
        assert_eq!(level(&[("tank", text), ("level", int), ("temp", Kind::Float)]), None);
        assert_eq!(level(&[("level", int), ("message", text)]).as_deref(), Some("level"));
        assert_eq!(level(&[("level", int), ("priority", text), ("message", text)]).as_deref(), Some("level"));
        assert_eq!(level(&[("level", int), ("severity", text), ("message", text)]).as_deref(), Some("severity"));
        assert_eq!(level(&[("severity", int), ("fault_code", text)]).as_deref(), Some("severity"));
    }

    fn times(names: &[&str]) -> Roles {
        Roles::find(&names.iter().map(|name| Column::new(*name, Kind::Time)).collect::<Vec<_>>(), None)
    }

    #[test]
    fn an_end_goes_with_its_beginning() {
        for (names, time, end) in [
            (&["started_at", "ended_at"][..], "started_at", Some("ended_at")),
            (&["test_end", "test_start"], "test_start", Some("test_end")),
            (&["burn_start", "cal_end", "burn_end"], "burn_start", Some("burn_end")),
            (&["created_at", "finished_at"], "created_at", Some("finished_at")),
            (&["created_at", "shipped_at"], "created_at", None),
            (&["burn_start", "cal_end", "rework_end"], "burn_start", None),
            (&["ended_at"], "ended_at", None),
        ] {
            let roles = times(names);
            assert_eq!((roles.time.as_deref(), roles.end.as_deref()), (Some(time), end), "{names:?}");
        }
    }

    #[test]
    fn when_it_happened_goes_before_when_it_was_known() {
        for (names, time) in [
            (&["received_at", "sampled_at"][..], "sampled_at"),
            (&["created_at", "measured_at", "updated_at"], "measured_at"),
            (&["gateway_time", "device_time"], "device_time"),
            (&["event_received_at", "sent_at"], "sent_at"),
            (&["received_at", "expires_at"], "received_at"),
            (&["updated_at", "created_at"], "created_at"),
            (&["ts", "sampled_at"], "ts"),
        ] {
            assert_eq!(times(names).time.as_deref(), Some(time), "{names:?}");
        }
    }

    #[test]
    fn a_load_stamp_is_the_last_resort() {
        assert_eq!(times(&["loaded_at", "measured_at"]).time.as_deref(), Some("measured_at"));
        assert!(!times(&["loaded_at", "measured_at"]).is_load_stamp);
        assert!(times(&["etl_ts"]).is_load_stamp);
        assert!(!times(&["downloads_at"]).is_load_stamp);
    }
}
