//! Dates whose numbers may be taken for each other: of `03/04/05` the lines of the file tell together which is the day,
//! the month and the year, and so do the values of one key. AM and PM stand behind a time of any of them (`tail.rs`).

use std::sync::LazyLock;

use super::generic::{FAR_PREFIX_BYTES, PREFIX_BYTES, STAMPS, search, whole_of};
use super::stamp::{StampFormat, Written};
use crate::model::time;

/// Those that may be taken for each other.
pub const ORDERS: [&[&str]; 9] = [
    &["%d/%m/%Y %H:%M:%S%.f", "%m/%d/%Y %H:%M:%S%.f"],
    &["%d/%m/%Y, %H:%M:%S%.f", "%m/%d/%Y, %H:%M:%S%.f"],
    &["%d-%m-%Y %H:%M:%S%.f", "%m-%d-%Y %H:%M:%S%.f"],
    &["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"],
    &["%d/%m/%Y, %H:%M", "%m/%d/%Y, %H:%M"],
    &["%d-%m-%Y %H:%M", "%m-%d-%Y %H:%M"],
    &["%y/%m/%d %H:%M:%S%.f", "%d/%m/%y %H:%M:%S%.f", "%m/%d/%y %H:%M:%S%.f"],
    &["%y-%m-%d %H:%M:%S%.f", "%d-%m-%y %H:%M:%S%.f", "%m-%d-%y %H:%M:%S%.f"],
    &["%y/%m/%d %H:%M", "%d/%m/%y %H:%M", "%m/%d/%y %H:%M"],
];

/// Of those, the ones whose years have all their digits come first.
const WHOLE_YEARS: usize = 6;

/// Where they stand among the stamps.
static ORDERED: LazyLock<[Vec<usize>; ORDERS.len()]> = LazyLock::new(|| {
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

/// A stamp near the start of a line, if the numbers of its date may be taken for each other, and a format that it is in.
pub fn undecided(line: &[u8]) -> Option<(&[u8], String)> {
    let (index, start, end, _) = search(line, PREFIX_BYTES, 0..STAMPS.len())?;
    let stamp = &line[start..end];
    let is_fine = stamp.iter().rev().take_while(|byte| !matches!(byte, b':')).any(|byte| matches!(byte, b'.' | b','));
    let format = format_of(index)?.replace("%.f", if is_fine { "%.f" } else { "" });
    is_undecided(&line[start..], index).then_some((stamp, format))
}

/// How dates of this order are written.
fn format_of(index: usize) -> Option<&'static str> {
    let all = ORDERS.iter().flat_map(|orders| orders.iter());
    all.zip(ORDERED.iter().flatten()).find(|(_, place)| **place == index).map(|(order, _)| *order)
}

/// Whether a text is a time and nothing else, of whose date the numbers could be taken for each other.
pub fn is_ordered(text: &[u8]) -> bool {
    // Most texts are no times, which their beginning tells: a day, maybe behind its name.
    const DATE_WITHIN: usize = 14;
    let digits = text.iter().position(|byte| matches!(byte, b'/' | b'-')).unwrap_or(0);
    (1..=DATE_WITHIN).contains(&digits)
        && whole_of(text, 0..STAMPS.len())
            .is_some_and(|(index, ..)| ORDERED.iter().any(|places| places.contains(&index)))
}

/// The order that such times tell together; none if they do not.
pub fn of_times(times: &[&[u8]]) -> Option<usize> {
    ORDERED.iter().find_map(|places| decided(places, times))
}

/// A time that is the whole of a text, if its date has its numbers in this order.
pub fn read(text: &[u8], order: usize) -> Option<Written> {
    whole_of(text, order..order + 1).map(|(.., written)| written)
}

/// The order of the dates that lines of these patterns begin with, if nothing else of a line tells it. Years of four
/// digits and dates in brackets are a program's own.
pub fn of_patterns(patterns: &[String]) -> Option<usize> {
    let begins = |order: &str| {
        let date = order.split(' ').next().unwrap_or(order);
        patterns.iter().any(|pattern| pattern.strip_prefix("{ts:").is_some_and(|stamp| stamp.starts_with(date)))
    };
    let orders = ORDERS[WHOLE_YEARS..].iter().flat_map(|orders| orders.iter());
    orders.zip(ORDERED[WHOLE_YEARS..].iter().flatten()).find(|(order, _)| begins(order)).map(|(_, index)| *index)
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
        let order = decided(&ORDERED[WHOLE_YEARS], &lines)?;
        ORDERED[WHOLE_YEARS]
            .iter()
            .zip(ORDERS[WHOLE_YEARS])
            .find(|(index, _)| **index == order)
            .map(|(_, text)| &text[..8])
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

    /// Each is read as all of them are, whether it could be read otherwise or not.
    #[test]
    fn times_tell_together_how_each_is_read() {
        let walls = |times: &[&str]| -> Vec<String> {
            let times: Vec<&[u8]> = times.iter().map(|text| text.as_bytes()).collect();
            assert!(times.iter().all(|text| is_ordered(text)));
            let order = of_times(&times);
            let wall = |text: &[u8]| match read(text, order?)? {
                Written::Whole(stamp) => Some(time::rfc3339(stamp.wall)),
                _ => None,
            };
            times.iter().map(|text| wall(text).unwrap_or_default()).collect()
        };
        let days = ["2025-01-03T13:10:00Z", "2025-01-28T00:10:00Z"];
        assert_eq!(walls(&["03/01/2025 01:10:00 PM", "28/01/2025 12:10:00 AM"]), days);
        assert_eq!(walls(&["1/3/2025, 1:10:00 PM", "1/28/2025, 12:10:00 AM"]), days);
        assert_eq!(walls(&["03/01/2025 13:10:00", "28/01/2025 00:10:00"]), days);
        assert_eq!(walls(&["03/01/2025 01:10:00 PM"]), [""]);
        assert!(
            !["2025-01-03 13:10:00", "10:00:00", "03/01/2025 01:10:00 PM and on", "-"]
                .iter()
                .any(|text| is_ordered(text.as_bytes()))
        );
    }
}
