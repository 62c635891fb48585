//! Pauses of most days, such as nights.

use std::collections::BTreeSet;

use super::pause::{Pause, near};
use crate::model::time::DAY;

/// On fewer days nothing recurs.
const DAYS_LEAST: usize = 3;
/// A pause is one of the day if it comes on this share of the days that have rows, of which the last is not over, and on
/// this share of all.
const DAYS_WITH_ROWS: f64 = 0.8;
const DAYS_OF_ALL: f64 = 0.6;
/// Among silences of any length a few are alike by chance: of those that are about as long as it and longer, so many are
/// to hold it.
const AS_LONG: f64 = 0.4;
/// A silence of days holds any pause: so many of those that hold one are to begin and end as it does.
const ALIKE: f64 = 0.5;

/// Of silences in a life of so many days with rows, and of so many in all.
pub fn of(nights: &[(i64, i64)], apart: i64, days: (i64, i64)) -> Vec<Pause> {
    recurring(nights, apart).into_iter().filter(|pause| is_usual(pause, nights, days)).collect()
}

fn is_usual(pause: &Pause, nights: &[(i64, i64)], (with_rows, all): (i64, i64)) -> bool {
    let own: Vec<i64> = nights.iter().filter_map(|night| pause.number_in(night)).collect();
    let as_long = nights.iter().filter(|night| 2 * (night.1 - night.0) >= pause.length()).count();
    let are_many = own.len() as f64 >= AS_LONG * as_long as f64;
    let days = own.into_iter().collect::<BTreeSet<i64>>().len() as f64;
    let are_alike = pause.count as f64 >= ALIKE * days;
    are_many && are_alike && days >= DAYS_WITH_ROWS * (with_rows - 1) as f64 && days >= DAYS_OF_ALL * (all - 1) as f64
}

/// Silences that begin and end at about the same times of several days.
fn recurring(nights: &[(i64, i64)], apart: i64) -> Vec<Pause> {
    // Longer ones hold a day on which rows are due.
    let nights: Vec<(i64, i64)> = nights.iter().copied().filter(|night| night.1 - night.0 < DAY).collect();
    let mut pauses = Vec::new();
    for by_begin in near(&nights, apart, DAY, |night| night.0) {
        for group in near(&by_begin, apart, DAY, |night| night.1) {
            let Some(pause) = Pause::of(&group, DAY) else { continue };
            let days: BTreeSet<i64> = group.iter().filter_map(|night| pause.number_in(night)).collect();
            if days.len() >= DAYS_LEAST {
                pauses.push(pause);
            }
        }
    }
    pauses
}
