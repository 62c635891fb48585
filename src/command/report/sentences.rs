//! The answer in three sentences: what explains the bad rows, what is missing and why, what the codes hide, and else where
//! a model is worse or how much was looked at. Each says no more than the findings do, and no more surely.

use super::evidence::Span;
use crate::model::coverage::grouped;
use crate::model::document::Stage;
use crate::model::figure::{percent, plural};
use crate::model::time;

/// What the parts of the report have told.
#[derive(Debug, Default)]
pub struct Told {
    /// Findings, codes, faults, lost entities and explanations, for `--exit-code`.
    pub found: u64,
    pub tables: u64,
    pub rows: u64,
    /// Records and values that could not be read.
    pub unread: u64,
    /// What was lost, in so many lines.
    pub losses: u64,
    pub spans: Vec<Span>,
    /// Findings of what is missing, and series that were looked at.
    pub findings: u64,
    /// Those of them that are of nulls in columns.
    pub nulls: u64,
    pub series: u64,
    /// Keys that were compared with others.
    pub keys: u64,
    pub largest: Option<Largest>,
    /// None where they cannot be asked for.
    pub errors: Option<Errors>,
    pub faults: u64,
    pub fault: Option<Fault>,
    /// No error has a code, so that nothing of codes was looked at.
    pub is_uncoded: bool,
    /// Where most entities were lost.
    pub stage: Option<Stage>,
    /// What `explain` says in a sentence.
    pub explained: Option<String>,
    /// What `slices` says in a sentence, if it found one.
    pub sliced: Option<String>,
}

/// What most is missing: one finding, or several of one cause at one time.
#[derive(Debug, Clone)]
pub struct Largest {
    pub kind: String,
    pub table: String,
    pub column: Option<String>,
    /// One of them.
    pub series: Option<String>,
    /// How many series.
    pub count: u64,
    pub since: Option<i64>,
    pub until: Option<i64>,
    pub missing: u64,
    pub expected: u64,
    /// Whether rows are missing that were due.
    pub is_of_rows: bool,
    /// What the finding says.
    pub detail: String,
    /// And how surely.
    pub cause: Option<(String, String)>,
}

#[derive(Debug, Default)]
pub struct Errors {
    pub total: u64,
    pub kinds: u64,
    /// The most frequent: code, description, count.
    pub first: (Option<String>, String, u64),
}

/// The worst fault of the codes.
#[derive(Debug, Clone)]
pub struct Fault {
    pub fault: &'static str,
    pub code: Option<String>,
    pub count: u64,
    pub share: f64,
    pub templates: Option<i64>,
}

impl Told {
    /// The earliest and the latest time of any table.
    pub fn ends(&self) -> Option<(i64, i64)> {
        let spans = self.spans.iter().map(|span| (span.first, span.last));
        spans.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// What was asked comes first, if anybody said which rows are bad.
pub fn of(told: &Told) -> [String; 3] {
    match &told.explained {
        Some(explained) => [explained.clone(), missing(told), codes(told)],
        None => [missing(told), codes(told), rest(told)],
    }
}

fn missing(told: &Told) -> String {
    let Some(largest) = &told.largest else {
        return match (told.rows, told.series) {
            (0, _) => "There was nothing to look at, so nothing can be said to be missing.".into(),
            (_, 0) => format!(
                "Nothing was found missing in columns{}; gaps in time could not be looked for, since no series has a regular \
                 cadence.",
                match (told.keys, told.tables) {
                    (0, ..=1) => "",
                    (0, _) => ", and no keys were compared",
                    _ => " and keys",
                }
            ),
            (_, series) => format!(
                "Nothing was found missing: {} series with a regular cadence {} no gap, and no column {}.",
                grouped(series),
                if series == 1 { "has" } else { "have" },
                match (told.keys, told.tables) {
                    (0, ..=1) => "lacks more than is usual",
                    (0, _) => "lacks more than is usual; no keys were compared",
                    _ => "or key lacks more than is usual",
                }
            ),
        };
    };
    // Nulls come last: one that is of more values is no smaller loss.
    let (findings, besides) = match told.nulls {
        nulls if nulls == 0 || largest.kind == "null_rate" => (told.findings, String::new()),
        nulls => (told.findings.saturating_sub(nulls), format!(", besides {} of nulls in columns", grouped(nulls))),
    };
    let of = match findings {
        0 | 1 => besides,
        findings if is_loss(largest) => format!(", the largest loss among {} findings{besides}", grouped(findings)),
        findings => format!(", the first of {} findings{besides}", grouped(findings)),
    };
    let cause = match &largest.cause {
        Some((cause, sure)) => format!("; the cause, {sure}: {cause}"),
        // They come last: where they are the largest there is nothing else.
        None if largest.kind == "null_rate" => "; no missing row or key was found".into(),
        None if largest.is_of_rows => "; no cause can be told from this evidence".into(),
        None => String::new(),
    };
    format!("{}{of}{cause}.", what(largest))
}

/// Whether anything is missing, rather than there twice or late.
fn is_loss(largest: &Largest) -> bool {
    largest.is_of_rows || matches!(largest.kind.as_str(), "null_rate" | "absent_key")
}

fn what(largest: &Largest) -> String {
    let (missing, expected, table) = (grouped(largest.missing), grouped(largest.expected), &largest.table);
    let when = match largest.since.zip(largest.until) {
        Some((since, until)) => format!(" between {} and {}", time::rfc3339(since), time::rfc3339(until)),
        None => String::new(),
    };
    let whose = match (&largest.series, largest.count) {
        (Some(series), 1) => format!("series {series} of {table}"),
        (Some(_), count) => format!("{} series of {table}", grouped(count)),
        _ => table.clone(),
    };
    let column = largest.column.as_ref().map_or_else(|| table.clone(), |column| format!("{table}.{column}"));
    match largest.kind.as_str() {
        "null_rate" => format!("{missing} of {expected} values of {column} are missing{when} (null_rate)"),
        "absent_key" => format!("{missing} of {expected} keys are not in {column} ({}; absent_key)", largest.detail),
        kind if largest.is_of_rows => {
            format!("{missing} of {expected} rows due in {whose} are missing{when} ({kind})")
        }
        kind => format!("{kind} in {whose}{when}: {}", largest.detail),
    }
}

fn codes(told: &Told) -> String {
    let Some(errors) = &told.errors else {
        return match told.rows {
            0 => "There were no errors to look at either.".into(),
            _ => "Nothing in this evidence has an error code, a level or a result, so nothing can be said of errors."
                .into(),
        };
    };
    if errors.total == 0 {
        return "No row of the evidence is an error.".into();
    }
    let (code, description, count) = &errors.first;
    let share = percent(*count as f64 / errors.total as f64);
    let name = match code {
        Some(code) if description.is_empty() => code.clone(),
        Some(code) => format!("{code} ({description})"),
        None => format!("one without a code ({description})"),
    };
    let most = if errors.kinds == 1 {
        format!("All {} are of one kind, {name}", plural(errors.total, "error row"))
    } else {
        format!(
            "The most frequent of {} kinds of error rows is {name}, {} of {} ({share})",
            grouped(errors.kinds),
            grouped(*count),
            grouped(errors.total)
        )
    };
    match &told.fault {
        None if told.is_uncoded => format!("{most}; no error has a code that is known."),
        None => format!("{most}, and no fault of the codes was found."),
        Some(fault) => format!("{most}; {}.", wrong(fault, told.faults)),
    }
}

/// What the worst fault of the codes is.
fn wrong(fault: &Fault, all: u64) -> String {
    let count = grouped(fault.count);
    let code = fault.code.as_deref().unwrap_or("no code");
    let share = percent(fault.share);
    let (errors, have) = (plural(fault.count, "error"), if fault.count == 1 { "has" } else { "have" });
    let stands = if fault.count == 1 { "stands" } else { "stand" };
    let worst = match fault.fault {
        "catch_all" => format!(
            "{errors} ({share} of their table’s) {stands} under {code}, a catch-all for {} unlike messages",
            fault.templates.unwrap_or(0)
        ),
        "overloaded" => format!(
            "{errors} ({share} of their table’s) {stands} under {code}, which has {} unlike messages",
            fault.templates.unwrap_or(0)
        ),
        "unlabelled" => format!("{count} that failed with {code} {have} no label"),
        "unclassified" => format!("{errors} ({share} of their table’s) {have} no code"),
        "synonym" => format!("the codes {code} may mean the same"),
        "undocumented" => format!("{code}, {count} times in the evidence, is in no codebook"),
        "never_seen" => format!("{code} of the codebook never occurs"),
        other => format!("{other} of {code}, {count} times"),
    };
    match all {
        1 => format!("the fault of the codes: {worst} ({})", fault.fault),
        all => format!("the worst of {all} faults of the codes: {worst} ({})", fault.fault),
    }
}

/// Where a model is worse, else where entities were lost, else what was looked at.
fn rest(told: &Told) -> String {
    if let Some(sliced) = &told.sliced {
        return sliced.clone();
    }
    let lost = match (told.unread, told.losses) {
        (0, 0) => "all of it was read".to_string(),
        (0, _) => "not all of it could be read".to_string(),
        (1, _) => "1 record or value could not be read".to_string(),
        (unread, _) => format!("{} records or values could not be read", grouped(unread)),
    };
    let looked = format!("{} of {}", plural(told.rows, "row"), plural(told.tables, "table"));
    match &told.stage {
        Some(stage) => format!(
            "Of {} that entered stage {}, {} were lost there ({}); {looked} were looked at, {lost}.",
            grouped(stage.entered),
            stage.name,
            grouped(stage.lost),
            percent(if stage.entered == 0 { 0.0 } else { stage.lost as f64 / stage.entered as f64 })
        ),
        None if told.tables == 0 => "No table was found in the evidence.".into(),
        None => format!("This was told from {looked}; {lost}."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> Told {
        Told { tables: 2, rows: 1_300, series: 6, keys: 1, errors: Some(Errors::default()), ..Told::default() }
    }

    #[test]
    fn where_nothing_was_found_it_says_what_was_looked_at() {
        insta::assert_debug_snapshot!(of(&told()), @r#"
        [
            "Nothing was found missing: 6 series with a regular cadence have no gap, and no column or key lacks more than is usual.",
            "No row of the evidence is an error.",
            "This was told from 1,300 rows of 2 tables; all of it was read.",
        ]
        "#);
    }

    #[test]
    fn keys_are_said_to_be_whole_only_where_they_were_compared() {
        let first = |told: Told| of(&told)[0].clone();
        let none = first(Told { keys: 0, ..told() });
        assert!(none.ends_with("and no column lacks more than is usual; no keys were compared."), "{none}");
        let none = first(Told { keys: 0, series: 0, ..told() });
        assert!(none.starts_with("Nothing was found missing in columns, and no keys were compared; gaps"), "{none}");
        let one = first(Told { keys: 0, series: 0, tables: 1, ..told() });
        assert!(one.starts_with("Nothing was found missing in columns; gaps in time"), "{one}");
    }

    #[test]
    fn where_there_is_nothing_nothing_is_claimed() {
        insta::assert_debug_snapshot!(of(&Told::default()), @r#"
        [
            "There was nothing to look at, so nothing can be said to be missing.",
            "There were no errors to look at either.",
            "No table was found in the evidence.",
        ]
        "#);
    }

    #[test]
    fn a_cause_is_told_as_surely_as_it_was_found() {
        let largest = Largest {
            kind: "sequence_gap".into(),
            table: "telemetry".into(),
            column: Some("seq".into()),
            series: Some("station=ST05".into()),
            count: 6,
            since: Some(0),
            until: Some(3_600_000_000),
            missing: 242,
            expected: 1_631,
            is_of_rows: true,
            detail: String::new(),
            cause: Some(("lost between agent and telemetry".into(), "very likely".into())),
        };
        let fault =
            Fault { fault: "catch_all", code: Some("E999".into()), count: 40, share: 0.1434, templates: Some(4) };
        let errors = Errors { total: 575, kinds: 13, first: (Some("E101".into()), "Overheating".into(), 88) };
        let stage = Stage { name: "labelled".into(), entered: 1_154, passed: 1_132, lost: 22 };
        let told = Told {
            findings: 11,
            largest: Some(largest),
            errors: Some(errors),
            faults: 8,
            fault: Some(fault),
            stage: Some(stage),
            unread: 3,
            ..told()
        };
        insta::assert_debug_snapshot!(of(&told), @r#"
        [
            "242 of 1,631 rows due in 6 series of telemetry are missing between 1970-01-01T00:00:00Z and 1970-01-01T01:00:00Z (sequence_gap), the largest loss among 11 findings; the cause, very likely: lost between agent and telemetry.",
            "The most frequent of 13 kinds of error rows is E101 (Overheating), 88 of 575 (15 %); the worst of 8 faults of the codes: 40 errors (14 % of their table’s) stand under E999, a catch-all for 4 unlike messages (catch_all).",
            "Of 1,154 that entered stage labelled, 22 were lost there (1.9 %); 1,300 rows of 2 tables were looked at, 3 records or values could not be read.",
        ]
        "#);
    }
}
