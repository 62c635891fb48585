//! Dates whose numbers may be taken for each other: of `03/04/05` the lines of the file tell together which is the day,
//! the month and the year.

use std::sync::LazyLock;

use super::generic::{FAR_PREFIX_BYTES, STAMPS, search};
use super::stamp::{StampFormat, Written};
use crate::model::time;

/// Those that may be taken for each other.
pub const ORDERS: [&[&str]; 3] = [
    &["%d/%m/%Y %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f"],
    &["%y/%m/%d %H:%M:%S%.f", "%d/%m/%y %H:%M:%S%.f", "%m/%d/%y %H:%M:%S%.f"],
    &["%y-%m-%d %H:%M:%S%.f", "%d-%m-%y %H:%M:%S%.f", "%m-%d-%y %H:%M:%S%.f"],
];

/// Where they stand among the stamps.
static ORDERED: LazyLock<[Vec<usize>; 3]> = LazyLock::new(|| {
    let place = |order: &&str| STAMPS.iter().position(|stamp| Ok(stamp) == StampFormat::compile(order).as_ref());
    ORDERS.map(|orders| orders.iter().filter_map(place).collect())
});

/// Of dates whose numbers may be taken for each other, the order that the lines tell; none if they do not.
pub fn told_apart(usual: &mut Vec<(usize, usize, u64)>, lines: &[&[u8]]) {
    for places in ORDERED.iter() {
        let Some((_, far, count)) = usual.iter().find(|(index, ..)| places.contains(index)).copied() else { continue };
        usual.retain(|(index, ..)| !places.contains(index));
        usual.extend(decided(places, lines).map(|order| (order, far, count)));
    }
}

/// The order that the most lines fit, in years that logs are of; of several that do as well, the one whose dates follow
/// one another by far the most closely.
fn decided(places: &[usize], lines: &[&[u8]]) -> Option<usize> {
    const YEARS: std::ops::Range<i64> = 2010..2036;
    const CLOSER: i64 = 10;
    let walls = |index: usize| -> Vec<i64> {
        let read = lines.iter().filter_map(|line| match search(line, FAR_PREFIX_BYTES, index..index + 1)?.3 {
            Written::Whole(stamp) => Some(stamp.wall),
            _ => None,
        });
        let is_any = STAMPS[index].has_whole_years();
        read.filter(|wall| is_any || YEARS.contains(&time::year(*wall))).collect()
    };
    let readings: Vec<(usize, Vec<i64>)> = places.iter().map(|index| (*index, walls(*index))).collect();
    let most = readings.iter().map(|(_, walls)| walls.len()).max().filter(|most| *most > 0)?;
    let steps = |walls: &[i64]| walls.windows(2).map(|two| (two[1] - two[0]).abs()).sum::<i64>();
    let fitting = readings.iter().filter(|(_, walls)| walls.len() == most);
    let mut fitting: Vec<(i64, usize)> = fitting.map(|(index, walls)| (steps(walls), *index)).collect();
    fitting.sort_unstable();
    match fitting[..] {
        [(_, only)] => Some(only),
        [(least, nearest), (next, _), ..] if next / CLOSER > least => Some(nearest),
        _ => None,
    }
}

/// Whether the numbers of the date at the start of a text may be taken for each other.
pub fn is_undecided(text: &[u8], index: usize) -> bool {
    let reads = |index: &&usize| STAMPS[**index].read(text).is_some();
    ORDERED.iter().any(|places| places.contains(&index) && places.iter().filter(reads).count() > 1)
}

/// The order of the dates that lines of these patterns begin with, if nothing else of a line tells it. Years of four
/// digits and dates in brackets are a program's own.
pub fn of_patterns(patterns: &[String]) -> Option<usize> {
    let begins = |order: &str| {
        let date = order.split(' ').next().unwrap_or(order);
        patterns.iter().any(|pattern| pattern.strip_prefix("{ts:").is_some_and(|stamp| stamp.starts_with(date)))
    };
    let orders = ORDERS[1..].iter().flat_map(|orders| orders.iter());
    orders.zip(ORDERED[1..].iter().flatten()).find(|(order, _)| begins(order)).map(|(_, index)| *index)
}

/// Whether the dates of lines are of this order.
pub fn is_of(lines: &[&[u8]], order: usize) -> bool {
    ORDERED.iter().any(|places| places.contains(&order) && decided(places, lines) == Some(order))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(dates: &[&str]) -> Option<&'static str> {
        let lines: Vec<String> = dates.iter().map(|date| format!("{date} 10:00:00 x")).collect();
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        let order = decided(&ORDERED[1], &lines)?;
        ORDERED[1].iter().zip(ORDERS[1]).find(|(index, _)| **index == order).map(|(_, text)| &text[..8])
    }

    #[test]
    fn the_lines_tell_the_order_of_their_dates() {
        assert_eq!(told(&["25/03/01"]), Some("%y/%m/%d"));
        assert_eq!(told(&["31/12/24", "01/01/25"]), Some("%d/%m/%y"));
        assert_eq!(told(&["03/12/24", "03/13/24"]), Some("%m/%d/%y"));
        // Days follow one another, and not months or years.
        assert_eq!(told(&["01/02/24", "02/02/24", "03/02/24"]), Some("%d/%m/%y"));
        assert_eq!(told(&["02/01/24", "02/02/24", "02/03/24"]), Some("%m/%d/%y"));
        assert_eq!(told(&["11/12/10", "11/12/11", "11/12/12"]), Some("%y/%m/%d"));
        assert_eq!(told(&["03/04/24", "03/04/24"]), None);
        assert_eq!(told(&["31/12/25", "31/12/25"]), None);
        assert_eq!(told(&["no date"]), None);
    }
}
