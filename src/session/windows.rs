//! The two windows that are compared: a baseline, and an incident that is never a part of it.

use super::{Session, Table, Window};
use crate::engine::quote;
use crate::error::{Error, Result};
use crate::model::time;

/// A window that is shorter by more has no rate to compare.
const SHORTER_MOST: i64 = 10_000;

/// `from <= ts < to`, in UTC microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: i64,
    pub to: i64,
}

impl Span {
    pub fn length(self) -> i64 {
        self.to - self.from
    }

    pub fn sql(self) -> String {
        format!("ts >= {} AND ts < {}", quote::time(self.from), quote::time(self.to))
    }

    pub fn shown(self) -> String {
        format!("{}..{}", time::rfc3339(self.from), time::rfc3339(self.to))
    }

    /// How much of it is in another one.
    pub fn shared(self, other: Span) -> i64 {
        (self.to.min(other.to) - self.from.max(other.from)).max(0)
    }
}

#[derive(Debug, Clone, Copy)]
pub struct Windows {
    pub baseline: Span,
    pub incident: Span,
    /// What was asked for as the incident, where a part of that is the baseline's.
    pub asked: Option<Span>,
}

impl Windows {
    /// Those of `--baseline FROM..TO` and of what is asked for as the incident: without a beginning or an end it is all
    /// time of which these tables have evidence, and that is not in the baseline.
    ///
    /// # Errors
    /// If one of them has no length.
    pub fn said(session: &Session, tables: &[&Table], baseline: &str, incident: Window) -> Result<Windows> {
        let said = session.span(baseline, "--baseline")?;
        let ends = session.ends(tables)?;
        let (first, last) = ends.map_or((None, None), |(first, last)| (Some(first), Some(last + 1)));
        let (Some(from), Some(to)) = (said.from.or(first), said.to.or(last)) else {
            return Err(Error::question("the baseline has no beginning or no end")
                .hint("write --baseline FROM..TO, such as --baseline 2025-03-01..2025-03-02"));
        };
        let baseline = Span { from, to };
        let is_in = |at: Option<i64>| at.is_some_and(|at| at > from && at < to);
        let is_cut =
            is_in(incident.from) || is_in(incident.to) || incident.from == Some(from) || incident.to == Some(to);
        let incident = Span { from: incident.from.or(first).unwrap_or(from), to: incident.to.or(last).unwrap_or(to) };
        let asked = (is_cut && incident.shared(baseline) > 0).then_some(incident);
        Windows { baseline, incident, asked }.told(session)
    }

    /// The incident, and as its baseline all time before it of which these tables have evidence.
    ///
    /// # Errors
    /// If there is none before it, or no evidence of the incident.
    pub fn before(session: &Session, tables: &[&Table], incident: Window) -> Result<Windows> {
        let Some((first, last)) = session.ends(tables)? else {
            return Err(Error::question("no row has a time, so there is nothing before the incident"));
        };
        let incident = Span { from: incident.from.unwrap_or(first), to: incident.to.unwrap_or(last + 1) };
        if incident.from <= first {
            return Err(Error::question("there is no evidence before the incident")
                .detail(format!(
                    "the incident is {}, the evidence begins at {}",
                    incident.shown(),
                    time::rfc3339(first)
                ))
                .hint("say what to compare it with: --baseline FROM..TO"));
        }
        Windows { baseline: Span { from: first, to: incident.from }, incident, asked: None }.told(session)
    }

    /// The same without what they share, and cut to the evidence.
    fn told(self, session: &Session) -> Result<Windows> {
        let all: Vec<&Table> = session.tables.iter().collect();
        let evidence = session.ends(&all)?.map(|(first, last)| Span { from: first, to: last + 1 });
        let Windows { baseline, mut incident, asked } = self;
        // A baseline at either end leaves one stretch of time.
        if baseline.from <= incident.from && baseline.to < incident.to {
            incident.from = incident.from.max(baseline.to);
        } else if baseline.to >= incident.to && baseline.from > incident.from {
            incident.to = incident.to.min(baseline.from);
        }
        // Time that no evidence tells of is not time without errors.
        let told = |span: Span, what: &str| match evidence {
            Some(evidence) if span.shared(evidence) > 0 => {
                Ok(Span { from: span.from.max(evidence.from), to: span.to.min(evidence.to) })
            }
            Some(evidence) if span.length() > 0 => Err(Error::question(format!("the {what} holds no evidence"))
                .detail(format!("it is {}, the evidence {}", span.shown(), evidence.shown()))),
            _ => Ok(span),
        };
        let (baseline, incident) = (told(baseline, "baseline")?, told(incident, "incident")?);
        let windows = Windows { baseline, incident, asked };
        let is_moment = windows.incident_length() < baseline.length() / SHORTER_MOST;
        if is_moment && windows.incident_length() > 0 {
            return Err(Error::question("the incident is too short for a rate")
                .detail(format!("baseline {}, incident {}", baseline.shown(), incident.shown()))
                .hint("end the baseline earlier, or say with --from and --to when the incident was"));
        }
        if baseline.length() <= 0 || windows.incident_length() <= 0 {
            return Err(Error::question("the baseline leaves no time for the incident").detail(format!(
                "baseline {}, incident {}",
                baseline.shown(),
                incident.shown()
            )));
        }
        Ok(windows)
    }

    /// The incident without what the baseline has of it.
    pub fn incident_length(&self) -> i64 {
        self.incident.length() - self.incident.shared(self.baseline)
    }

    /// Conditions on `ts`: in the baseline, and in the incident.
    pub fn sql(&self) -> (String, String) {
        let baseline = self.baseline.sql();
        (baseline.clone(), format!("{} AND NOT ({baseline})", self.incident.sql()))
    }

    pub fn shown(&self) -> String {
        let without = if self.incident.shared(self.baseline) > 0 { " without the baseline" } else { "" };
        let asked = self.asked.map_or_else(String::new, |asked| {
            format!(
                "; asked for as the incident was {}, what it shares with the baseline is the baseline's",
                asked.shown()
            )
        });
        format!("baseline {}; incident {}{without}{asked}", self.baseline.shown(), self.incident.shown())
    }
}
