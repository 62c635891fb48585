//! The SQL behind a finding: pasted into `rca query`, its `missing` adds up to the finding's.

use super::gaps::{Between, Gap};
use super::series::Series;
use super::walk::counter::{Counter, Hole};
use crate::engine::quote;
use crate::model::time;

/// More instants are not listed.
const LISTED_MAX: usize = 500;

/// The rows a statement is about.
pub struct Rows<'a> {
    pub series: &'a Series<'a>,
    /// What holds of them.
    pub which: String,
    /// Whether they are of several series.
    pub are_many: bool,
    /// What there is to know of the counter, of rows of one series.
    pub counter: Option<&'a Counter>,
}

impl Rows<'_> {
    /// Time and number of each row, with those of roll-overs added.
    fn numbered(&self, life: Option<u32>) -> String {
        let series = self.series;
        let label = if self.are_many { format!("{} AS series, ", series.label()) } else { String::new() };
        let number = series.sequence.as_ref().map_or_else(|| "NULL::BIGINT".into(), |name| quote::readable_name(name));
        let within = self.counter.zip(life).map_or_else(String::new, |(counter, life)| self.within(counter, life));
        let is_untimed = self.counter.is_some_and(|counter| counter.untimed > 0 && !counter.is_single());
        let timed = if is_untimed { format!(" AND {} IS NOT NULL", series.time_sql()) } else { String::new() };
        let rows = format!(
            "SELECT {label}{} AS t, {number} AS q FROM {} WHERE {}{within}{timed}",
            series.time_sql(),
            series.table.sql(),
            self.which
        );
        match self.counter.and_then(|counter| counter.modulus) {
            None => rows,
            Some(modulus) => self.unrolled(&rows, modulus),
        }
    }

    /// Numbers that fall by more than half of all are those behind a roll-over, ones that rise by more come late from
    /// before it.
    fn unrolled(&self, rows: &str, modulus: i64) -> String {
        let half = modulus / 2;
        let counter = self.counter.into_iter();
        let begins: Vec<String> = counter.clone().flat_map(|counter| &counter.lives).map(|at| stamp(*at)).collect();
        let anew = match begins.len() {
            0 | LISTED_MAX.. => String::new(),
            _ => format!("WHEN t IN ({}) THEN 0 ", begins.join(", ")),
        };
        let wide = counter.flat_map(|counter| counter.holes.iter()).filter(|hole| hole.before - hole.after > half);
        let wide = wide.map(|hole| hole.until - hole.since).min();
        // So long that more than half are missing in between.
        let (long, soon) = wide.map_or_else(Default::default, |wide| {
            let length = "epoch_us(t) - epoch_us(t0)";
            (format!("WHEN q < q0 AND {length} >= {wide} THEN 1 "), format!(" AND {length} < {wide}"))
        });
        format!(
            "SELECT t, q + {modulus} * sum(CASE {anew}{long}WHEN q0 - q > {half} THEN 1 WHEN q - q0 > {half}{soon} THEN -1 ELSE 0 END) \
             OVER (ORDER BY t, q NULLS FIRST ROWS UNBOUNDED PRECEDING) AS q \
             FROM (SELECT t, q, lag(q IGNORE NULLS) OVER line AS q0, lag(t) OVER line AS t0 FROM ({rows}) {})",
            self.line("t, q NULLS FIRST")
        )
    }

    /// The stretch of time in which a counter was in this life.
    fn within(&self, counter: &Counter, life: u32) -> String {
        let life = life as usize;
        let time = self.series.time_sql();
        let from = life.checked_sub(1).and_then(|at| counter.lives.get(at));
        let from = from.map_or_else(String::new, |at| format!(" AND {time} >= {}", stamp(*at)));
        let to = counter.lives.get(life).map_or_else(String::new, |at| format!(" AND {time} < {}", stamp(*at)));
        from + &to
    }

    /// What holds of rows by one of their columns, of several series by their labels too.
    fn named(&self, values: &[String], column: &str, labels: &[&str]) -> String {
        if !self.are_many {
            return format!("{column} IN ({})", values.join(", "));
        }
        let pair = |(label, value): (&&str, &String)| format!("({}, {value})", quote::text(label));
        let pairs: Vec<String> = labels.iter().zip(values).map(pair).collect();
        format!("(series, {column}) IN ({})", pairs.join(", "))
    }

    fn line(&self, order: &str) -> String {
        let part = if self.are_many { "PARTITION BY series " } else { "" };
        format!("WINDOW line AS ({part}ORDER BY {order})")
    }

    fn series_column(&self) -> &'static str {
        if self.are_many { "series, " } else { "" }
    }

    /// Gaps in time, of several series each with its label. `others` is whether steps in between are as long and no gaps, so that each is to be named.
    pub fn time_gaps(&self, gaps: &[Gap], labels: &[&str], (cadence, limit): (i64, i64), others: bool) -> String {
        let (since, until) = ends(gaps.iter().map(|gap| (gap.step.since, gap.step.until)));
        let series = self.series_column();
        let has_blanks = self.counter.is_some_and(|counter| counter.has_blanks && counter.numbers > 0);
        let lost = match &self.series.sequence {
            None => "0",
            Some(_) if has_blanks => {
                "coalesce(greatest(first_value(q IGNORE NULLS) OVER (line ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) \
                 - last_value(q IGNORE NULLS) OVER (line ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - 1 - blanks, 0), 0)"
            }
            Some(_) => "coalesce(greatest(q - lag(q) OVER line - 1, 0), 0)",
        };
        let rows = if has_blanks { self.with_blanks() } else { self.numbered(None) };
        let named = if (others || self.are_many) && gaps.len() <= LISTED_MAX {
            self.named(&gaps.iter().map(|gap| stamp(gap.step.since)).collect::<Vec<_>>(), "since", labels)
        } else {
            format!("since >= {} AND until <= {}", stamp(since), stamp(until))
        };
        quote::one_line(&format!(
            "SELECT {series}since, until, due - lost AS missing FROM \
             (SELECT *, epoch_us(until) - epoch_us(since) AS us, round((epoch_us(until) - epoch_us(since)) / {cadence})::BIGINT - 1 AS due FROM \
             (SELECT {series}lag(t) OVER line AS since, t AS until, {lost} AS lost FROM ({rows}) {})) \
             WHERE us > {limit} AND due - lost > 0.1 * due AND {named}",
            self.line("t, q NULLS FIRST"),
        ))
    }

    /// The part of a gap in which rows are due, of rows of one series.
    pub fn part(&self, gap: &Gap) -> String {
        let (since, until) = (stamp(gap.since()), stamp(gap.until()));
        let time = self.series.time_sql();
        format!(
            "SELECT {since} AS since, {until} AS until, {} - count(*) AS missing FROM {} WHERE {} AND {time} > {since} AND {time} < {until}",
            gap.missing,
            self.series.table.sql(),
            self.which
        )
    }

    /// Each row with how many rows without a number lie between the numbers around it.
    fn with_blanks(&self) -> String {
        format!(
            "SELECT t, q, count(*) FILTER (q IS NULL) OVER (PARTITION BY stretch) AS blanks FROM \
             (SELECT t, q, coalesce(sum(CASE WHEN q IS NULL THEN 0 ELSE 1 END) OVER (ORDER BY t, q NULLS FIRST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS stretch \
             FROM ({}))",
            self.numbered(None)
        )
    }

    /// Holes in the sequence, of one life of the counter, with the numbers on either side, of several series each with
    /// its label. `others` is whether there are
    /// holes in between that are none of these, so that each is to be named.
    pub fn sequence_gaps(&self, holes: &[Hole], labels: &[&str], others: bool) -> String {
        let series = self.series_column();
        let rows = self.numbered(holes.first().map(|hole| hole.life));
        let bounds = if (others || self.are_many) && holes.len() <= LISTED_MAX {
            self.named(&holes.iter().map(|hole| hole.after.to_string()).collect::<Vec<_>>(), "after", labels)
        } else if self.are_many {
            let (since, until) = ends(holes.iter().map(|hole| (hole.since, hole.until)));
            format!("since >= {} AND until <= {}", stamp(since), stamp(until))
        } else {
            let (after, before) = ends(holes.iter().map(|hole| (hole.after, hole.before)));
            format!("after >= {after} AND before <= {before}")
        };
        let is_blank = self.counter.is_some_and(|counter| counter.has_blanks);
        let blanks = if is_blank {
            format!(" - (SELECT count(*) FROM ({rows}) WHERE q IS NULL AND t > since AND t < until)")
        } else {
            String::new()
        };
        quote::one_line(&format!(
            "SELECT * FROM (SELECT {series}since, until, after, before, before - after - 1{blanks} AS missing FROM \
             (SELECT {series}lag(t) OVER line AS since, t AS until, lag(q) OVER line AS after, q AS before FROM ({rows}) WHERE q IS NOT NULL {})) \
             WHERE missing > 0 AND {bounds}",
            self.line("q, t"),
        ))
    }

    /// Rows whose number was there before, in the same life of the counter.
    pub fn again(&self) -> String {
        let lives = self.counter.map(|counter| counter.lives.as_slice()).unwrap_or_default();
        let timed = if self.counter.is_some_and(|counter| counter.untimed > 0) { " AND t IS NOT NULL" } else { "" };
        let life: Vec<String> = lives.iter().take(LISTED_MAX).map(|at| format!(", t >= {}", stamp(*at))).collect();
        quote::one_line(&format!(
            "SELECT t AS ts, q AS sequence FROM ({}) WHERE q IS NOT NULL{timed} QUALIFY row_number() OVER (PARTITION BY q{} ORDER BY t) > 1 ORDER BY ALL",
            self.numbered(None),
            life.concat()
        ))
    }
}

fn ends(pairs: impl Iterator<Item = (i64, i64)>) -> (i64, i64) {
    pairs.fold((i64::MAX, i64::MIN), |(from, to), (since, until)| (from.min(since), to.max(until)))
}

/// An instant in SQL as people write it.
pub fn stamp(micros: i64) -> String {
    format!("TIMESTAMP '{}'", time::rfc3339(micros).trim_end_matches('Z').replace('T', " "))
}
