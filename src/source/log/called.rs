//! By which names lines say their time, level, message and code. They are compared whatever the case. Of several that
//! lines have the first counts: `level_name` before `level`, which then is a number.

pub const TIME: &[&str] = &[
    "ts",
    "time",
    "timestamp",
    "@timestamp",
    "@t",
    "t",
    "date",
    "datetime",
    "eventtime",
    "event_time",
    "start",
    "when",
    "created_at",
    "instant",
    "timemillis",
    "asctime",
    "__realtime_timestamp",
    "timeunixnano",
];
pub const LEVEL: &[&str] = &[
    "level_name",
    "level",
    "severity",
    "severity_text",
    "severitytext",
    "log.level",
    "lvl",
    "loglevel",
    "log_level",
    "levelname",
    "@l",
    "priority",
    "s",
    "severitynumber",
    "severity_number",
];
pub const MESSAGE: &[&str] =
    &["message", "msg", "@message", "@m", "@mt", "short_message", "body", "text", "event", "log", "description"];
/// Of those, what a table of values hardly has.
pub const SURE: &[&str] = &["message", "msg", "@message", "@m", "@mt", "short_message"];
pub const CODE: &[&str] = &[
    "code",
    "error_code",
    "errorcode",
    "err_code",
    "errcode",
    "error.code",
    "status_code",
    "statuscode",
    "http_status",
    "httpstatus",
    "errorid",
    "error_id",
    "fault_code",
    "alarm_code",
    "sqlstate",
    "exit_code",
];

/// Keys by which a line is surely a record.
pub fn telling() -> impl Iterator<Item = &'static str> {
    LEVEL.iter().chain(SURE).copied()
}
