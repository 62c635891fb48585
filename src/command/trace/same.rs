//! Whether stages hold the same ids: as they are written, in another form, or none at all. A table that shares no id with the
//! others is no stage of theirs: that all were lost there would only say that its ids are others.

use super::stages::Stage;
use crate::error::Result;
use crate::model::value::Value;
use crate::session::Session;
use crate::session::written::{self, ENDS, Form, KEYS_LEAST, are_same};

/// What the stages share, by their places.
struct Seen {
    own: Vec<i64>,
    both: Vec<Vec<i64>>,
}

impl Seen {
    fn are_same(&self, (one, other): (usize, usize)) -> bool {
        are_same(self.both[one][other], self.own[one], self.own[other])
    }

    /// Whether far more of both are the same as seen otherwise.
    fn gains(&self, (one, other): (usize, usize), otherwise: &Seen) -> bool {
        written::gains((self.both[one][other], self.own[one], self.own[other]), otherwise.both[one][other])
    }
}

/// What came of it.
#[derive(Default)]
pub struct Settled {
    pub notes: Vec<String>,
    /// Whether first passages are others now.
    pub is_changed: bool,
}

/// Keeps the first passages of stages in the form that their ids have.
type Keep<'a> = &'a dyn Fn(&[Stage]) -> Result<()>;

/// Gives the stages the form in which most of their ids are the same, and takes those away that share none with the
/// others, as `keep` keeps their first passages: `stage`, `key`, `ts`.
///
/// # Errors
/// If the evidence cannot be read.
pub fn settle(
    session: &Session,
    stages: &mut Vec<Stage>,
    thing: &str,
    (firsts, keep): (&str, Keep),
) -> Result<Settled> {
    let mut settled = Settled::default();
    let mut seen = seen(session, stages.len(), firsts, "key")?;
    if let Some(forms) = forms(session, stages, &seen, (firsts, keep))? {
        stages.iter_mut().zip(forms).for_each(|(stage, form)| stage.form = form);
        keep(stages)?;
        seen = self::seen(session, stages.len(), firsts, "key")?;
        settled.is_changed = true;
        let names: Vec<String> = stages.iter().map(|stage| format!("{}.{}", stage.table.name, stage.key())).collect();
        let names: Vec<(&str, &Form)> =
            names.iter().map(String::as_str).zip(stages.iter().map(|stage| &stage.form)).collect();
        settled.notes.extend(written::said(&names));
    }
    let kept = hanging_together(&seen);
    if kept.len() == stages.len() {
        return Ok(settled);
    }
    let largest = kept.iter().copied().max_by_key(|place| (seen.own[*place], std::cmp::Reverse(*place)));
    for place in (0..stages.len()).filter(|place| !kept.contains(place)) {
        let other = &stages[largest.unwrap_or_default()];
        let described = |stage: &Stage| session.described(&stage.table, &stage.keys);
        let (own, theirs) = (described(&stages[place])?, described(other)?);
        settled.notes.push(format!(
            "{} is no stage behind or before {}: {own} and {theirs} share no {thing}, so none is told to be lost there",
            stages[place].name, other.name
        ));
    }
    let mut place = 0..;
    stages.retain(|_| place.next().is_some_and(|place: usize| kept.contains(&place)));
    keep(stages)?;
    settled.is_changed = true;
    Ok(settled)
}

/// Which ids the stages share, of which `key` is the SQL over first passages.
fn seen(session: &Session, stages: usize, firsts: &str, key: &str) -> Result<Seen> {
    let rows = session.engine.counted_by(&format!(
        "SELECT seen, count(*) FROM (SELECT {key} AS id, bit_or(1::BIGINT << stage) AS seen FROM {firsts} GROUP BY id) \
         WHERE id IS NOT NULL GROUP BY seen"
    ))?;
    let mut seen = Seen { own: vec![0; stages], both: vec![vec![0; stages]; stages] };
    for row in rows {
        let (bits, count) = (row[0].int(), row[1].int());
        let places: Vec<usize> = (0..stages).filter(|place| bits & (1 << place) != 0).collect();
        for one in &places {
            seen.own[*one] += count;
            places.iter().for_each(|other| seen.both[*one][*other] += count);
        }
    }
    Ok(seen)
}

/// The forms in which stages hold the same ids, if some hold them in no way as they are written, or far more in another.
fn forms(
    session: &Session,
    stages: &[Stage],
    written: &Seen,
    (firsts, keep): (&str, Keep),
) -> Result<Option<Vec<Form>>> {
    let pairs: Vec<(usize, usize)> =
        (0..stages.len()).flat_map(|one| (0..one).map(move |other| (one, other))).collect();
    let differ = |seen: &Seen| -> Vec<(usize, usize)> {
        let fewer = |pair: &(usize, usize)| seen.own[pair.0].min(seen.own[pair.1]);
        let differ = |pair: &&(usize, usize)| fewer(pair) > 0 && seen.both[pair.0][pair.1] < fewer(pair);
        pairs.iter().filter(differ).copied().collect()
    };
    let apart = differ(written);
    if apart.is_empty() {
        return Ok(None);
    }
    let is_single = stages.iter().all(|stage| stage.keys.len() == 1);
    let alike = if is_single {
        seen(session, stages.len(), firsts, &Form::Alike.sql("key"))?
    } else {
        let mut other = stages.to_vec();
        other.iter_mut().for_each(|stage| stage.form = Form::Alike);
        keep(&other)?;
        let alike = seen(session, stages.len(), firsts, "key")?;
        keep(stages)?;
        alike
    };
    // What is not one id any more was not the same one.
    let are_kept = written.own.iter().zip(&alike.own).all(|(own, alike)| 100 * alike >= 99 * own);
    if !are_kept {
        return Ok(None);
    }
    let mut forms = vec![Form::Alike; stages.len()];
    let others: Vec<(usize, usize)> = differ(&alike).into_iter().filter(|pair| !alike.are_same(*pair)).collect();
    let without = if is_single { without(session, &others, stages.len(), firsts)? } else { Vec::new() };
    let is_otherwise = !without.is_empty();
    for (place, form) in without {
        forms[place] = form;
    }
    let is_better = |pair: &(usize, usize)| !written.are_same(*pair) || written.gains(*pair, &alike);
    let is_alike = apart.iter().any(|pair| alike.are_same(*pair) && is_better(pair));
    Ok((is_alike || is_otherwise).then_some(forms))
}

/// Stages whose ids are those of another one, which are mere numbers, behind what all of them begin with.
fn without(session: &Session, apart: &[(usize, usize)], stages: usize, firsts: &str) -> Result<Vec<(usize, Form)>> {
    if apart.is_empty() {
        return Ok(Vec::new());
    }
    let place = |value: &Value| usize::try_from(value.int()).unwrap_or(0);
    let mut numbers = Vec::new();
    let mut found = Vec::new();
    for row in session.engine.counted_by(&format!("SELECT stage, {ENDS} FROM {firsts} GROUP BY stage"))? {
        if row[3] == Value::Bool(true) {
            numbers.push(place(&row[0]));
        } else if let Some(beginning) = written::beginning(&row[1..]) {
            found.push((place(&row[0]), Form::Without(beginning)));
        }
    }
    let has_numbers = |one: usize| {
        let pairs = apart.iter().flat_map(|pair| [*pair, (pair.1, pair.0)]);
        pairs
            .filter(move |pair| pair.0 == one)
            .map(|pair| pair.1)
            .filter(|other| numbers.contains(other))
            .collect::<Vec<_>>()
    };
    found.retain(|(one, _)| !has_numbers(*one).is_empty());
    if found.is_empty() {
        return Ok(found);
    }
    let cases: String = found.iter().map(|(one, form)| format!(" WHEN {one} THEN {}", form.sql("key"))).collect();
    let seen = seen(session, stages, firsts, &format!("CASE stage{cases} ELSE {} END", Form::Alike.sql("key")))?;
    found.retain(|(one, _)| {
        let is_same =
            |other: &usize| seen.own[*one].min(seen.own[*other]) >= KEYS_LEAST && seen.are_same((*one, *other));
        has_numbers(*one).iter().any(is_same)
    });
    Ok(found)
}

/// The stages that hang together by ids that they share: most of them, else those with most ids. One without any id is
/// of theirs, since it has none of others.
fn hanging_together(seen: &Seen) -> Vec<usize> {
    let stages = seen.own.len();
    let mut group: Vec<usize> = (0..stages).collect();
    for one in 0..stages {
        for other in 0..one {
            let (from, to) = (group[one], group[other]);
            if seen.both[one][other] > 0 && from != to {
                group.iter_mut().filter(|group| **group == from).for_each(|group| *group = to);
            }
        }
    }
    let of =
        |wanted: usize| (0..stages).filter(|place| group[*place] == wanted && seen.own[*place] > 0).collect::<Vec<_>>();
    let weight = |wanted: &usize| {
        let places = of(*wanted);
        (places.len(), places.iter().map(|place| seen.own[*place]).sum::<i64>(), std::cmp::Reverse(*wanted))
    };
    let best = (0..stages).max_by_key(weight).unwrap_or_default();
    (0..stages).filter(|place| group[*place] == best || seen.own[*place] == 0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shares_nothing_is_left_out() {
        let seen = |own: &[i64], shared: &[(usize, usize)]| {
            let mut both = vec![vec![0; own.len()]; own.len()];
            for (one, other) in shared {
                (both[*one][*other], both[*other][*one]) = (1, 1);
            }
            hanging_together(&Seen { own: own.to_vec(), both })
        };
        assert_eq!(seen(&[5, 5], &[(0, 1)]), [0, 1]);
        assert_eq!(seen(&[5, 9, 5], &[(0, 2)]), [0, 2]);
        assert_eq!(seen(&[5, 0, 5], &[(0, 2)]), [0, 1, 2], "an empty one has lost all");
        assert_eq!(seen(&[5, 9], &[]), [1]);
    }
}
