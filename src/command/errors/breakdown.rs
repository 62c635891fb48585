//! All errors by code. Those without one are told apart by what their messages say.

use super::question::Question;
use super::{Answer, meanings};
use crate::command::templates;
use crate::engine::quote::{self, fill};
use crate::error::Result;
use crate::model::codes;
use crate::model::figure::plural;
use crate::model::name;
use crate::session::{Session, Window};

/// How many parts the trend has.
const TREND: usize = 12;

/// As many errors are kept as they were read; where there are more, the evidence is read for each thing asked of them.
const ROWS_KEPT: i64 = 200_000;

/// What is mined of a row: its message, and behind its first line the class of its exception, which tells failures apart
/// that are announced by the same words.
const SAID: &str = "CASE WHEN thrown IS NULL OR thrown = '' OR contains(split_part(text, chr(10), 1), thrown) THEN text \
                    ELSE split_part(text, chr(10), 1) || chr(10) || chr(3) || thrown END";

/// All candidates as SQL, with the `number` of their template where they have no code. Their messages are mined at
/// once, whatever part of the window they are in.
///
/// # Errors
/// If the evidence cannot be read.
pub fn numbered(question: &Question, window: Window) -> Result<String> {
    const KEPT: &str = "rca_errors_rows";
    let mut candidates = question.candidates(window);
    if question.session.engine.keep_few(KEPT, &candidates, ROWS_KEPT)? {
        candidates = format!("SELECT * FROM {KEPT}");
    }
    let uncoded = match question.places.iter().any(|place| place.message.is_some()) {
        true => {
            format!("SELECT {SAID} AS text FROM ({candidates}) WHERE is_error AND code IS NULL AND text IS NOT NULL")
        }
        false => "SELECT NULL::VARCHAR AS text WHERE false".into(),
    };
    templates::mine(question.session, &uncoded)?;
    Ok(format!(
        "SELECT *, CASE WHEN code IS NULL AND text IS NOT NULL THEN rca_template_of({SAID}) END AS number FROM ({candidates})"
    ))
}

pub fn run(question: Question) -> Result<Answer> {
    let candidates = numbered(&question, question.window)?;
    let sql = relation(&question, &candidates)?;
    let session = question.session;
    let said = [
        levelless(&question)?,
        pareto(session)?,
        said_twice(session)?,
        not_counted(&question)?,
        nought(session)?,
        sources(session)?,
        written(&question)?,
    ];
    let mut notes = question.notes;
    notes.extend(said.into_iter().flatten());
    Ok(Answer { notes, ..Answer::of(sql) })
}

/// The breakdown of these candidates as SQL. What their codes mean is looked up on the way.
///
/// # Errors
/// If the evidence cannot be read.
pub fn relation(question: &Question, candidates: &str) -> Result<String> {
    let session = question.session;
    session.engine.keep_found("rca_errors_found", &fill(include_str!("found.sql"), &[("candidates", candidates)]))?;
    meanings::keep(question, "rca_errors_found")?;
    let counts: Vec<String> = (0..TREND).map(|part| format!("count(*) FILTER (WHERE part = {part})")).collect();
    let told = fill(
        include_str!("told.sql"),
        &[
            ("candidates", candidates),
            ("parts", &TREND.to_string()),
            ("trend", &format!("rca_strip([{}])", counts.join(", "))),
        ],
    );
    session.engine.keep_found("rca_errors_told", &told)?;
    Ok(fill(include_str!("errors.sql"), &[]))
}

/// Where there is no error: logs that say no level at all, of which that tells nothing.
fn levelless(question: &Question) -> Result<Option<String>> {
    let engine = &question.session.engine;
    if engine.counted("SELECT count(*) FROM rca_errors_told")?[0].int() > 0 {
        return Ok(None);
    }
    let mut found = Vec::new();
    for table in question.places.iter().map(|place| place.table).filter(|table| table.kind == "log") {
        let Some(level) = &table.roles.level else { continue };
        let counted =
            engine.counted(&format!("SELECT count(*), count({}) FROM {}", quote::name(level), table.sql()))?;
        if counted[0].int() > 0 && counted[1].int() == 0 {
            found.push(table.name.clone());
        }
    }
    Ok((!found.is_empty()).then(|| {
        format!(
            "no line of {} says a level, so that its failures are not told from the rest: rca templates lists what it says",
            name::listed(&found)
        )
    }))
}

/// How few codes make most of the errors.
fn pareto(session: &Session) -> Result<Option<String>> {
    const CODES_LEAST: i64 = 6;
    let sql = "WITH summed AS (SELECT sum(count) OVER (ORDER BY count DESC ROWS UNBOUNDED PRECEDING) AS below, count, \
               sum(count) OVER () AS total FROM rca_errors_told) \
               SELECT count(*) FILTER (WHERE below - count < 0.8 * total), count(*), any_value(total)::BIGINT FROM summed";
    let row = session.one_row(sql)?;
    let is_told = row[1].int() >= CODES_LEAST && 2 * row[0].int() <= row[1].int();
    Ok(is_told.then(|| format!("{} of {} kinds make 80 % of all {} errors", row[0].int(), row[1].int(), row[2].int())))
}

/// Which rows have a code and are no errors all the same.
fn not_counted(question: &Question) -> Result<Option<String>> {
    let session = question.session;
    let rows = session
        .engine
        .rows("SELECT name, sum(n)::BIGINT FROM rca_errors_found WHERE NOT is_error GROUP BY 1 ORDER BY 1")?
        .rows;
    let tables: Vec<String> = rows.iter().map(|row| format!("{} {}", row[0].shown(), row[1].int())).collect();
    Ok((!tables.is_empty()).then(|| {
        let which = match &question.args.level {
            Some(level) => format!("passed, or are below --level {level},"),
            None => "passed, or whose level is below a warning (--level info counts these),".to_string(),
        };
        format!("rows with a code that {which} are no errors and not counted: {}", tables.join(", "))
    }))
}

/// Which codes of errors are taken for none.
fn nought(session: &Session) -> Result<Option<String>> {
    let sql =
        "SELECT nought, sum(n)::BIGINT FROM rca_errors_found WHERE nought IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1";
    let rows = session.engine.rows(sql)?.rows;
    let codes: Vec<String> = rows
        .iter()
        .map(|row| format!("{} in {}", row[0].shown(), plural(row[1].int().unsigned_abs(), "error")))
        .collect();
    Ok((!codes.is_empty()).then(|| {
        format!(
            "taken for no code, since it says that there is no error: {}; a codebook that calls it one makes it a code",
            codes.join(", ")
        )
    }))
}

/// Where the descriptions of public codes are from.
fn sources(session: &Session) -> Result<Option<String>> {
    let rows = session.engine.rows("SELECT code FROM rca_public_meanings ORDER BY 1")?.rows;
    let sources: std::collections::BTreeSet<&str> =
        rows.iter().filter_map(|row| meanings::system(&row[0].shown())).map(|system| system.source()).collect();
    let list: Vec<&str> = sources.into_iter().collect();
    Ok((!list.is_empty()).then(|| format!("codes of public systems are described after {}", list.join("; "))))
}

/// How a code stands in the evidence that is shown behind the name of its public system: by the first one that has rows
/// without that name. Others have it there too.
fn written(question: &Question) -> Result<Option<String>> {
    const ASKED: usize = 8;
    let engine = &question.session.engine;
    let rows = engine.rows(
        "SELECT code, name FROM rca_errors_found WHERE is_error AND code IS NOT NULL GROUP BY ALL ORDER BY sum(n) DESC, code, name",
    )?;
    let said = rows.rows.iter().filter_map(|row| {
        let (code, name) = (row[0].shown(), row[1].shown());
        let bare = codes::bare(&code)?;
        let place = question.places.iter().find(|place| place.table.name == name)?;
        let condition = place.raw.as_ref()?.is(bare)?;
        let text =
            format!("`{code}` stands in {name} as {bare}, without the name of its system: --where \"{condition}\"");
        Some((format!("SELECT 1 FROM {} WHERE {condition} LIMIT 1", place.table.sql()), text))
    });
    for (sql, text) in said.take(ASKED) {
        if !engine.rows(&sql)?.rows.is_empty() {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Where several tables have the same codes as often: their rows tell of the same failures, and all are counted.
fn said_twice(session: &Session) -> Result<Option<String>> {
    let sql = "WITH counts AS (SELECT name, code, sum(n) AS n FROM rca_errors_found WHERE is_error AND code IS NOT NULL GROUP BY ALL), \
               tables AS (SELECT name, count(*) AS codes, sum(n) AS n, list(code || ' ' || n ORDER BY code) AS all_counts FROM counts GROUP BY name) \
               SELECT string_agg(name, ', ' ORDER BY name), any_value(n)::BIGINT FROM tables WHERE codes > 1 GROUP BY all_counts HAVING count(*) > 1 ORDER BY 1";
    Ok(session.engine.rows(sql)?.rows.first().map(|row| {
        format!(
            "{} have the same codes as often ({} rows with a code each), and so tell of the same failures: counts are of the rows of all; --code TABLE.COLUMN counts one alone",
            row[0].shown(),
            row[1].int()
        )
    }))
}
