//! Whether the codes can be trusted: failures without a code, codes that hide several failures, failures under several
//! codes, codes that no codebook knows, failed entities that never got a label. A fault is a file.

use std::collections::BTreeMap;

use super::question::Question;
use crate::command::{Answer, templates};
use crate::engine::quote;
use crate::error::Result;
use crate::model::column::Kind;
use crate::model::figure;
use crate::model::name;
use crate::model::retain::retain_at;
use crate::model::shell;
use crate::model::value::Value;
use crate::session::Session;

mod alike;
mod documented;
mod labels;
mod mixed;
mod synonyms;
mod together;
mod unclassified;

use labels::Labels;

/// One fault of the classification.
pub struct Fault {
    pub fault: &'static str,
    pub code: Option<String>,
    pub count: i64,
    pub share: f64,
    pub templates: Option<i64>,
    pub detail: String,
    pub sql: String,
}

/// What an audit came to.
pub struct Audited {
    /// The worst first.
    pub faults: Vec<Fault>,
    pub notes: Vec<String>,
    summary: Option<String>,
    /// Whether there is a codebook, and a table of labels, without which some faults are not looked for.
    pub has_codebook: bool,
    pub has_labels: bool,
    /// The errors that were looked at, of which none has a code.
    pub errors: i64,
    pub is_uncoded: bool,
    /// The same by code, as people paste it.
    pub sql: String,
}

const COLUMNS: [(&str, Kind); 7] = [
    ("fault", Kind::Text),
    ("code", Kind::Text),
    ("count", Kind::Int),
    ("share", Kind::Float),
    ("templates", Kind::Int),
    ("detail", Kind::Text),
    ("sql", Kind::Text),
];

/// The worst first: what hides failures, then what hides meaning.
const ORDER: [&str; 7] =
    ["catch_all", "unlabelled", "unclassified", "overloaded", "synonym", "undocumented", "never_seen"];

/// How often a template is under a code in a table.
struct Count {
    place: usize,
    code: Option<String>,
    template: Option<String>,
    number: Option<i64>,
    count: i64,
}

/// What all faults are told from.
struct Audit<'a, 'b> {
    question: &'b Question<'a>,
    /// Of each table whose failures should have labels.
    labels: Vec<Labels<'a>>,
    counts: Vec<Count>,
    /// Errors of each place.
    totals: Vec<i64>,
}

pub fn run(question: Question) -> Result<Answer> {
    let session = question.session;
    audited(question)?.answer(session)
}

impl Audited {
    /// # Errors
    /// If the engine refuses to keep the faults.
    pub fn answer(&self, session: &Session) -> Result<Answer> {
        let rows: Vec<Vec<Value>> = self.faults.iter().map(Fault::row).collect();
        let sql = session.engine.keep("faults", &COLUMNS, &rows)?;
        Ok(Answer { summary: self.summary.clone(), notes: self.notes.clone(), ..Answer::of(sql) })
    }
}

/// # Errors
/// If the evidence cannot be read.
pub fn audited(mut question: Question) -> Result<Audited> {
    let mut notes = std::mem::take(&mut question.notes);
    let (audit, mut faults) = examine(&question, &mut notes)?;
    faults.sort_by(|a, b| {
        let place = |fault: &Fault| ORDER.iter().position(|name| *name == fault.fault);
        place(a)
            .cmp(&place(b))
            .then(b.count.cmp(&a.count))
            .then_with(|| a.code.cmp(&b.code))
            .then_with(|| a.detail.cmp(&b.detail))
    });
    let summary = audit.summary(&faults);
    notes.extend(audit.untold());
    let file = question.args.codebook.as_deref().filter(|text| std::path::Path::new(text).is_file());
    if let Some(path) = file.filter(|_| faults.iter().any(|fault| fault.fault == "never_seen")) {
        let source = shell::quoted(&format!("{}={path}", super::codebook::FILE));
        notes.push(format!(
            "SQL that reads the codebook takes it under that name: rca query \"SQL\" {source} and the other sources"
        ));
    }
    let (has_labels, errors) = (!audit.labels.is_empty(), audit.totals.iter().sum());
    let is_uncoded = audit.is_uncoded();
    let sql = format!("SELECT code, count(*) AS count FROM ({}) GROUP BY 1 ORDER BY 2 DESC, 1", question.pasted());
    Ok(Audited {
        faults,
        notes,
        summary,
        has_codebook: question.codebook.is_some(),
        has_labels,
        errors,
        is_uncoded,
        sql,
    })
}

/// All faults, and what they were told from.
fn examine<'a, 'b>(question: &'b Question<'a>, notes: &mut Vec<String>) -> Result<(Audit<'a, 'b>, Vec<Fault>)> {
    let labels = Labels::find(question, notes)?;
    let (counts, totals) = count(question)?;
    let mut audit = Audit { question, labels, counts, totals };
    // Tables that tell of the same failures are looked at once.
    let echoes: Vec<bool> = audit.labels.iter().map(|labels| audit.is_echo(labels.place())).collect();
    retain_at(&mut audit.labels, |place| !echoes[place]);
    let mut faults = Vec::new();
    mixed::find(&audit, &mut faults)?;
    synonyms::find(&audit, &mut faults)?;
    together::find(&audit, &mut faults)?;
    unclassified::find(&audit, &mut faults);
    documented::find(&audit, &mut faults)?;
    labels::find(&audit, &mut faults)?;
    Ok((audit, faults))
}

/// A fault as `explain` asks for it: its kind, its code, and which entities have no label.
pub struct Found {
    pub fault: &'static str,
    pub code: Option<String>,
    pub labels: Option<Unlabelled>,
}

/// Entities without a label in a table of labels, as the only column of SQL, which is of this kind.
pub struct Unlabelled {
    pub table: String,
    pub kind: Kind,
    pub sql: String,
}

/// The faults alone.
///
/// # Errors
/// If the evidence cannot be read.
pub fn found(question: &Question) -> Result<Vec<Found>> {
    let (audit, faults) = examine(question, &mut Vec::new())?;
    let labels = |fault: &Fault| {
        let labels = audit.labels.first().filter(|_| fault.fault == "unlabelled")?;
        Some(Unlabelled { table: labels.name().to_string(), kind: labels.kind(question), sql: fault.sql.clone() })
    };
    Ok(faults
        .iter()
        .map(|fault| Found { fault: fault.fault, code: fault.code.clone(), labels: labels(fault) })
        .collect())
}

/// Counts errors by table, code and template. All their messages are mined at once, without the codes in them.
fn count(question: &Question) -> Result<(Vec<Count>, Vec<i64>)> {
    let errors = format!("SELECT *, {} AS said FROM ({})", without_code(), question.errors(question.window));
    templates::mine(question.session, &format!("SELECT said AS text FROM ({errors}) WHERE said IS NOT NULL"))?;
    let rows = question.session.engine.rows(&format!(
        "SELECT name, code, number, template, n FROM (SELECT name, code, rca_template_of(said) AS number, count(*) AS n FROM ({errors}) GROUP BY ALL) \
         LEFT JOIN rca_templates USING (number) ORDER BY name, code NULLS LAST, n DESC, template NULLS LAST"
    ))?;
    let places: BTreeMap<&str, usize> =
        question.places.iter().enumerate().map(|(at, place)| (place.table.name.as_str(), at)).collect();
    let mut totals = vec![0; question.places.len()];
    let text = |value: &Value| (!value.is_null()).then(|| value.shown());
    let mut counts = Vec::new();
    for row in &rows.rows {
        let Some(place) = places.get(row[0].shown().as_str()) else { continue };
        totals[*place] += row[4].int();
        counts.push(Count {
            place: *place,
            code: text(&row[1]),
            template: text(&row[3]),
            number: (!row[3].is_null()).then(|| row[2].int()),
            count: row[4].int(),
        });
    }
    Ok((counts, totals))
}

/// A message's text without the row's own code, which would tell messages apart that say the same.
fn without_code() -> &'static str {
    "CASE WHEN length(raw_code) > 2 AND regexp_matches(raw_code, '[A-Za-z]') THEN replace(text, trim(raw_code), '<*>') ELSE text END"
}

impl Audit<'_, '_> {
    /// Counts by code: `count`s of one code in one place.
    fn by_code(&self, place: usize) -> BTreeMap<&str, Vec<&Count>> {
        let mut codes: BTreeMap<&str, Vec<&Count>> = BTreeMap::new();
        for count in self.counts.iter().filter(|count| count.place == place) {
            if let Some(code) = &count.code {
                codes.entry(code).or_default().push(count);
            }
        }
        codes
    }

    /// How many errors of a code there are in all places together.
    fn count_of(&self, code: &str) -> i64 {
        self.counts.iter().filter(|count| count.code.as_deref() == Some(code)).map(|count| count.count).sum()
    }

    fn share(&self, place: usize, count: i64) -> f64 {
        share(count, self.totals[place])
    }

    /// That a row is an error with this code, as people paste it.
    fn where_code(&self, place: usize, code: &str) -> String {
        self.question.are_of(&self.question.places[place], Some(&[code]))
    }

    /// Whether another place before it has the same codes as often, so that both tell of the same failures.
    fn is_echo(&self, place: usize) -> bool {
        let counts = |place: usize| -> Vec<(&str, i64)> {
            self.by_code(place)
                .into_iter()
                .map(|(code, counts)| (code, counts.iter().map(|count| count.count).sum()))
                .collect()
        };
        let mine = counts(place);
        // Of two that say the same a table of results is the one to count, rather than a log.
        let rank = |place: usize| (self.question.places[place].table.kind == "log", place);
        (0..self.totals.len()).any(|other| rank(other) < rank(place) && mine.len() > 1 && counts(other) == mine)
    }

    /// A template as people read it; what names somebody is replaced while its gaps tell where it may stand.
    fn shown(&self, template: &str) -> String {
        shown(&self.question.session.shown(template))
    }

    /// ` (Other / unspecified failure)`, or nothing.
    fn called(&self, code: &str) -> Result<String> {
        let description = self.description(code)?;
        Ok(description.map_or_else(String::new, |text| format!(" ({})", first_line(&text))))
    }

    fn description(&self, code: &str) -> Result<Option<String>> {
        let own = match &self.question.codebook {
            None => None,
            Some(book) => self
                .question
                .session
                .one_row(&format!(
                    "SELECT description FROM ({}) WHERE code = {}",
                    book.sql(),
                    quote::text(book.known_as(code).unwrap_or(code))
                ))?
                .first()
                .filter(|value| !value.is_null())
                .map(Value::shown),
        };
        Ok(own.or_else(|| super::meanings::public(code)))
    }

    /// What a fault costs: of the entities that failed with the code those that have no label.
    fn cost(&self, code: Option<&str>) -> String {
        let with = if code.is_some() { "with it" } else { "without a code" };
        match self.labels.iter().find_map(|labels| labels.of(code).map(|units| (labels, units))) {
            Some((labels, units)) if units.unlabelled > 0 && units.unlabelled == units.failed => {
                format!("; cost: none of the {} {} that failed {with} has a label", units.failed, labels.things())
            }
            Some((labels, units)) if units.unlabelled > 0 => format!(
                "; cost: {} of the {} {} that failed {with} have no label",
                units.unlabelled,
                units.failed,
                labels.things()
            ),
            _ => String::new(),
        }
    }

    /// What is said of codes without a text, of which it is not known what they stand for.
    fn untold(&self) -> Option<String> {
        let is_untold = |at: &usize| {
            let coded = || self.counts.iter().filter(|count| count.place == *at && count.code.is_some());
            self.question.places[*at].message.is_none()
                && coded().any(|count| count.code.as_deref().is_some_and(|code| !super::meanings::is_public(code)))
        };
        let untold = (0..self.totals.len()).filter(is_untold).map(|at| self.question.places[at].table.name.clone());
        let untold: Vec<String> = untold.collect();
        (!untold.is_empty()).then(|| {
            format!(
                "no text stands beside the codes of {}: whether one means several things cannot be told",
                name::listed(&untold)
            )
        })
    }

    /// Whether there are errors, and none has a code.
    fn is_uncoded(&self) -> bool {
        !self.counts.is_empty() && self.counts.iter().all(|count| count.code.is_none())
    }

    /// The answer in a sentence: how many errors stand under codes that do not say what failed.
    fn summary(&self, faults: &[Fault]) -> Option<String> {
        let told =
            |kinds: &[&str]| -> Vec<&Fault> { faults.iter().filter(|fault| kinds.contains(&fault.fault)).collect() };
        if faults.is_empty() {
            if self.is_uncoded() {
                let is_one = self.totals.iter().sum::<i64>() == 1;
                let have = if is_one { "The only error has no code" } else { "No error has a code" };
                return Some(format!(
                    "{have} that is known, so nothing of codes could be looked at: --code COLUMN or --code REGEX says where they are."
                ));
            }
            return Some(match self.untold() {
                None => "No fault of the classification was found.".into(),
                Some(_) => "No fault of the classification was found where it could be looked for.".into(),
            });
        }
        let codes =
            |faults: &[&Fault]| faults.iter().filter_map(|fault| fault.code.clone()).collect::<Vec<_>>().join(", ");
        let mut parts = Vec::new();
        let mixed = told(&["catch_all", "overloaded"]);
        if !mixed.is_empty() {
            let count: i64 = mixed.iter().map(|fault| fault.count).sum();
            parts.push(format!("{count} failures stand under a code that means several things ({})", codes(&mixed)));
        }
        let uncoded: i64 = told(&["unclassified"]).iter().map(|fault| fault.count).sum();
        if uncoded > 0 {
            parts.push(match uncoded {
                1 => "1 error has no code".to_string(),
                _ => format!("{uncoded} errors have no code"),
            });
        }
        for labels in self.labels.iter().filter(|labels| labels.unlabelled > 0) {
            parts.push(format!("{} of {} failed {} have no label", labels.unlabelled, labels.failed, labels.things()));
        }
        let synonyms = told(&["synonym"]);
        if !synonyms.is_empty() {
            // Each by itself: one pair has nothing to do with another.
            let each: Vec<String> = synonyms
                .iter()
                .filter_map(|fault| fault.code.as_ref())
                .map(|codes| codes.replace(", ", " with "))
                .collect();
            parts.push(format!("codes that may mean the same: {}", each.join(", ")));
        }
        let unknown = told(&["undocumented"]);
        if !unknown.is_empty() {
            parts.push(format!("not in the codebook: {}", codes(&unknown)));
        }
        let unseen = told(&["never_seen"]).len();
        if unseen > 0 {
            parts.push(format!("{unseen} of the codebook's codes never occur"));
        }
        Some(format!("{}.", parts.join("; ")))
    }
}

impl Fault {
    fn row(&self) -> Vec<Value> {
        vec![
            Value::Text(self.fault.into()),
            self.code.clone().map_or(Value::Null, Value::Text),
            Value::Int(self.count.into()),
            Value::Float(figure::share(self.share)),
            self.templates.map_or(Value::Null, |count| Value::Int(count.into())),
            Value::Text(self.detail.clone()),
            Value::Text(self.sql.clone()),
        ]
    }
}

fn share(count: i64, total: i64) -> f64 {
    if total == 0 { 0.0 } else { count as f64 / total as f64 }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

/// A template as people read it.
fn shown(template: &str) -> String {
    template.replace("<*>", "…")
}
