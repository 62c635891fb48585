//! The order of stages: what the entities say that two of them share, which were in one of them first. The times of all
//! entities together say it only where none is shared: what was lost in an outage shifts them.

use super::stages::Stage;
use crate::engine::quote::fill;
use crate::error::Result;
use crate::model::coverage::grouped;
use crate::model::figure::plural;
use crate::model::value::Value;
use crate::session::Session;

/// What one stage has by itself.
#[derive(Debug, Clone, Default)]
struct Known {
    name: String,
    entities: i64,
    /// When half of its entities had been there, in microseconds.
    middle: i64,
}

/// Two stages, by their places in the list, and the entities that both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shared {
    pair: (usize, usize),
    /// How many were in the first of the two before they were in the second, and the other way round.
    earlier: i64,
    later: i64,
    both: i64,
}

impl Shared {
    /// How many standard deviations of a fair coin the greater number is from the half.
    fn strength(&self) -> f64 {
        (self.earlier - self.later).abs() as f64 / ((self.earlier + self.later).max(1) as f64).sqrt()
    }

    /// Whether it says an order: all agree, or far more than by chance.
    fn is_sure(&self) -> bool {
        self.earlier != self.later && (self.earlier == 0 || self.later == 0 || self.strength() > 2.0)
    }

    /// The stage that comes first, and the other.
    fn said(&self) -> Option<(usize, usize)> {
        let (one, other) = self.pair;
        match self.earlier.cmp(&self.later) {
            std::cmp::Ordering::Greater => Some((one, other)),
            std::cmp::Ordering::Less => Some((other, one)),
            std::cmp::Ordering::Equal => None,
        }
    }

    /// As seen from the first of these stages.
    fn between(&self, one: usize, other: usize) -> Option<Shared> {
        let turned = Shared { pair: (one, other), earlier: self.later, later: self.earlier, both: self.both };
        if self.pair == (one, other) { Some(*self) } else { (self.pair == (other, one)).then_some(turned) }
    }
}

/// The places of these stages in their order, from a table of first passages by `stage`, `key` and `ts`; and what is to
/// be said of it.
///
/// # Errors
/// If the evidence cannot be read.
pub fn of(session: &Session, stages: &[Stage], thing: &str, firsts: &str) -> Result<(Vec<usize>, Vec<String>)> {
    let mut known: Vec<Known> =
        stages.iter().map(|stage| Known { name: stage.name.clone(), ..Known::default() }).collect();
    let sql = format!("SELECT stage, count(*), quantile_disc(ts, 0.5) FROM {firsts} GROUP BY stage");
    let place = |value: &Value| usize::try_from(value.int()).unwrap_or(0);
    for row in session.engine.counted_by(&sql)? {
        let own = &mut known[place(&row[0])];
        (own.entities, own.middle) = (row[1].int(), row[2].int());
    }
    let found = session.engine.counted_by(&fill(include_str!("order.sql"), &[("firsts", firsts)]))?;
    let shared: Vec<Shared> = found
        .iter()
        .map(|row| Shared {
            pair: (place(&row[0]), place(&row[1])),
            earlier: row[2].int(),
            later: row[3].int(),
            both: row[4].int(),
        })
        .collect();
    let order = order(&known, &shared);
    let notes = order.windows(2).filter_map(|two| doubt(&known, &shared, (two[0], two[1]), thing)).collect();
    Ok((order, notes))
}

/// Takes what pairs say, the surest first, as long as it does not contradict what was taken before. Where that leaves
/// several stages to be next, it is the one whose entities were there first.
fn order(known: &[Known], shared: &[Shared]) -> Vec<usize> {
    let mut pairs: Vec<(f64, (usize, usize))> =
        shared.iter().filter_map(|pair| Some((pair.strength(), pair.said()?))).collect();
    let names = |(one, other): (usize, usize)| (&known[one].name, &known[other].name);
    pairs.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| names(a.1).cmp(&names(b.1))));
    // Whether a stage comes before another, maybe with others between them.
    let mut before = vec![vec![false; known.len()]; known.len()];
    for (_, (one, other)) in pairs {
        if before[other][one] || before[one][other] {
            continue;
        }
        let ahead: Vec<usize> = (0..known.len()).filter(|at| *at == one || before[*at][one]).collect();
        let behind: Vec<usize> = (0..known.len()).filter(|at| *at == other || before[other][*at]).collect();
        for first in ahead {
            for second in &behind {
                before[first][*second] = true;
            }
        }
    }
    let mut left: Vec<usize> = (0..known.len()).collect();
    left.sort_by_key(|at| (known[*at].middle, known[*at].name.clone()));
    let mut order = Vec::new();
    while !left.is_empty() {
        let is_next = |at: &usize| !left.iter().any(|other| before[*other][*at]);
        let next = left.iter().position(is_next).unwrap_or(0);
        order.push(left.remove(next));
    }
    order
}

/// What makes the order of two stages that follow each other doubtful.
fn doubt(known: &[Known], shared: &[Shared], (one, other): (usize, usize), thing: &str) -> Option<String> {
    let (first, second) = (&known[one], &known[other]);
    let names = format!("{} and {}", first.name, second.name);
    let Some(pair) = shared.iter().find_map(|pair| pair.between(one, other)) else {
        return Some(format!("{names} share no {thing}: which comes first is told by the middle of their times"));
    };
    let number = |count: i64| grouped(count.unsigned_abs());
    if !pair.is_sure() || pair.earlier < pair.later {
        return Some(format!(
            "whether {} comes before {} is not sure: of {} in both, {} were in {} first and {} in {}",
            first.name,
            second.name,
            plural(pair.both.unsigned_abs(), thing),
            number(pair.earlier),
            first.name,
            number(pair.later),
            second.name
        ));
    }
    // What has everything that the one before it has, and more, may be the one that it came from.
    (pair.both == first.entities && second.entities > first.entities).then(|| {
        format!(
            "{} is before {} by their times, yet {} has every {thing} of {} and {} more: if clocks are apart, declare [[stages]]",
            first.name,
            second.name,
            second.name,
            first.name,
            number(second.entities - first.entities)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(middles: &[i64]) -> Vec<Known> {
        let one = |(at, middle): (usize, &i64)| Known { name: format!("s{at}"), entities: 100, middle: *middle };
        middles.iter().enumerate().map(one).collect()
    }

    fn shared(pair: (usize, usize), earlier: i64, later: i64) -> Shared {
        Shared { pair, earlier, later, both: earlier + later }
    }

    #[test]
    fn entities_that_two_stages_share_tell_which_comes_first() {
        // All times together say the contrary.
        assert_eq!(order(&known(&[3, 2, 1]), &[shared((0, 1), 90, 0), shared((1, 2), 90, 2)]), [0, 1, 2]);
        // Two ways that meet again, and one that shares nothing.
        let ways = [shared((0, 1), 40, 0), shared((0, 2), 40, 0), shared((1, 3), 40, 0), shared((2, 3), 40, 0)];
        assert_eq!(order(&known(&[1, 4, 3, 2]), &ways), [0, 2, 1, 3]);
        assert_eq!(order(&known(&[5, 1, 2]), &[shared((0, 1), 40, 0)]), [2, 0, 1]);
    }

    #[test]
    fn what_contradicts_is_decided_by_the_surest() {
        let circle = [shared((0, 1), 80, 20), shared((1, 2), 90, 10), shared((0, 2), 45, 55)];
        assert_eq!(order(&known(&[0, 0, 0]), &circle), [0, 1, 2]);
        assert_eq!(order(&known(&[2, 1]), &[shared((0, 1), 50, 50)]), [1, 0]);
        assert_eq!(order(&known(&[1, 1]), &[]), [0, 1]);
    }

    #[test]
    fn doubts_are_said() {
        let doubt = |pair: Shared| doubt(&known(&[1, 2]), &[pair], (0, 1), "serial");
        assert_eq!(doubt(shared((0, 1), 40, 3)), None);
        assert_eq!(doubt(shared((1, 0), 0, 1)), None);
        assert_eq!(
            doubt(shared((0, 1), 21, 20)).as_deref(),
            Some("whether s0 comes before s1 is not sure: of 41 serials in both, 21 were in s0 first and 20 in s1")
        );
        let fewer = [
            Known { name: "in".into(), entities: 95, middle: 1 },
            Known { name: "out".into(), entities: 100, middle: 2 },
        ];
        let told = super::doubt(&fewer, &[shared((0, 1), 95, 0)], (0, 1), "serial");
        assert_eq!(
            told.as_deref(),
            Some(
                "in is before out by their times, yet out has every serial of in and 5 more: if clocks are apart, declare [[stages]]"
            )
        );
    }
}
