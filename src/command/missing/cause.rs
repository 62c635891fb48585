//! The cause of a finding, never surer than the evidence, with what would refute it.

use super::finding::Counter;
use super::in_common::Together;
use super::lost_between::Link;
use super::{Finding, Kind};
use crate::model::coverage::grouped;

/// Why something is missing.
#[derive(Debug, Clone)]
pub struct Cause {
    /// `lost between agent and telemetry`
    pub what: String,
    pub sure: Sure,
    pub reasons: Vec<String>,
    /// What would refute it, if it were so.
    pub refuted: &'static str,
}

/// How sure a cause is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sure {
    Possible,
    Likely,
    VeryLikely,
}

impl Sure {
    pub fn name(self) -> &'static str {
        match self {
            Sure::Possible => "possible",
            Sure::Likely => "likely",
            Sure::VeryLikely => "very likely",
        }
    }
}

impl Cause {
    /// What a finding itself tells, what its series has in common with others, what other tables have of it, and a log that
    /// was loud then.
    pub fn of(finding: &Finding, together: &Together, link: Link, alarm: Option<&str>) -> Cause {
        let alone = match (&finding.kind, finding.counter) {
            (Kind::SequenceGap, _) => "lost on the way".to_string(),
            (Kind::TimeGap, Counter::GoesOn) => "the producer was silent".into(),
            (Kind::TimeGap, Counter::BeginsAnew) => "the producer began anew, or its counter rolled over".into(),
            (Kind::TimeGap, Counter::Lost) => "lost on the way".into(),
            (Kind::TimeGap, Counter::Holes) => "the producer was silent and rows were lost".into(),
            _ => "the producer was silent, or its rows were lost".into(),
        };
        let mut refuted = match finding.kind {
            Kind::SequenceGap => "the numbers come late",
            _ => "rows of that time come late",
        };
        // Numbers that go on without a hole were not lost on the way, whatever other tables have by their clocks.
        let goes_on = finding.kind == Kind::TimeGap && finding.counter == Counter::GoesOn;
        let contradicts = goes_on && link.cause.is_some() && !link.is_by_key;
        let what = if contradicts { alone } else { link.cause.unwrap_or(alone) };
        let (mut reasons, is_linked) = (link.reasons, link.is_sure && !contradicts);
        match finding.counter {
            Counter::GoesOn if goes_on => {
                let told = match (contradicts, link.is_by_key) {
                    (true, _) => "yet sequence numbers go on without a hole: the clocks may be apart",
                    (_, true) => {
                        "sequence numbers go on without a hole, as those do that rows are given where they arrive"
                    }
                    _ => "sequence numbers go on without a hole",
                };
                reasons.push(told.into());
            }
            Counter::Lost => reasons.push("the numbers of these rows are missing too".into()),
            Counter::BeginsAnew => reasons.push("sequence numbers begin anew behind it".into()),
            _ => {}
        }
        if let Some(shared) = &together.shared {
            reasons.push(format!("over the same time in {shared}"));
            refuted = "series that do not share that are concerned too";
        } else if together.concerned > 1 && !together.is_at_once {
            reasons.push(format!("in {} of {} series, not all at once", together.concerned, together.all));
        } else if together.concerned > 1 {
            reasons.push(format!("over the same time in {} of {} series", together.concerned, together.all));
        } else if together.all > 1 {
            reasons.push(format!("in 1 of {} series", grouped(together.all as u64)));
        }
        reasons.extend(alarm.map(str::to_string));
        let sure = match (is_linked, reasons.len()) {
            _ if contradicts => Sure::Possible,
            (true, 2..) => Sure::VeryLikely,
            (true, _) | (_, 2..) => Sure::Likely,
            _ => Sure::Possible,
        };
        Cause { what, sure, reasons, refuted }
    }
}

impl std::fmt::Display for Cause {
    /// `cause: lost on the way (likely: in 1 of 12 series; refuted if the numbers come late)`
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        let reasons = if self.reasons.is_empty() { String::new() } else { format!(": {}", self.reasons.join("; ")) };
        write!(f, "cause: {} ({}{reasons}; refuted if {})", self.what, self.sure.name(), self.refuted)
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::tests::finding;
    use super::*;

    fn told(finding: &Finding, together: &Together, link: Link) -> String {
        Cause::of(finding, together, link, None).to_string()
    }

    #[test]
    fn a_cause_is_no_surer_than_its_evidence() {
        let alone = Together { concerned: 1, all: 1, is_at_once: true, shared: None };
        let text = told(&finding(Kind::TimeGap), &alone, Link::default());
        assert_eq!(
            text,
            "cause: the producer was silent, or its rows were lost (possible; refuted if rows of that time come late)"
        );
        let link = |cause: Option<&str>, reason: &str| Link {
            cause: cause.map(str::to_string),
            reasons: vec![reason.to_string()],
            is_sure: true,
            is_by_key: false,
        };
        let text = told(
            &finding(Kind::SequenceGap),
            &Together { concerned: 1, all: 12, is_at_once: true, shared: None },
            link(Some("lost between agent and telemetry"), "agent has all 10 of them"),
        );
        assert!(
            text.starts_with(
                "cause: lost between agent and telemetry (very likely: agent has all 10 of them; in 1 of 12 series"
            ),
            "{text}"
        );
        let silent = Finding { counter: Counter::GoesOn, ..finding(Kind::TimeGap) };
        let text = told(&silent, &alone, link(None, "agent has no row in that time either"));
        assert!(
            text.contains(
                "the producer was silent (very likely: agent has no row in that time either; sequence numbers go on"
            ),
            "{text}"
        );
    }

    #[test]
    fn what_only_reads_like_a_cause_is_none() {
        let detail = "`expect` names line=a; cause: rain (likely, and it has no row";
        let named = Finding { detail: detail.into(), ..finding(Kind::TimeGap) };
        assert_eq!((named.likely(), named.said().as_str()), (None, detail));
        let alone = Together { concerned: 1, all: 1, is_at_once: true, shared: None };
        let cause = Some(Cause::of(&named, &alone, Link::default(), None));
        let named = Finding { cause, ..named };
        assert_eq!(named.likely(), Some(("the producer was silent, or its rows were lost", "possible")));
        assert!(named.said().starts_with(&format!("{detail}; cause: the producer was silent, or")), "{}", named.said());
    }
}
