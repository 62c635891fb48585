//! Lengths of time as people type and read them: `30s`, `5m`, `1.5h`, `-2h`, `250ms`.

use super::time::{DAY, HOUR, MINUTE, SECOND};

/// Lengths that people think in, in microseconds. Those below a day divide it.
pub const ROUND: [i64; 25] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
    14 * DAY,
    28 * DAY,
    91 * DAY,
    364 * DAY,
    3640 * DAY,
];

/// Microseconds of a duration such as `30s`, `-1.5s`, `2h30m`, `500ms`. `None` if it is none.
pub fn parse(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let mut total = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        let unit_end = rest[digits..].find(|c: char| !c.is_ascii_alphabetic()).map_or(rest.len(), |end| digits + end);
        let unit = match &rest[digits..unit_end] {
            "us" => 1,
            "ms" => 1_000,
            "s" => SECOND,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            "w" => 7 * DAY,
            _ => return None,
        };
        total += number * unit as f64;
        rest = &rest[unit_end..];
    }
    let micros = total.round();
    (micros < 9e18).then_some(if negative { -(micros as i64) } else { micros as i64 })
}

/// `36m`, `1h12m`, `30s`, `1.5s`: the two largest units, rounded.
pub fn shown(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.saturating_abs();
    let pair = |large: i64, name: &str, small: i64, small_name: &str| {
        let smalls = micros / small + i64::from(micros % small >= small / 2);
        let (whole, rest) = (smalls / (large / small), smalls % (large / small));
        if rest == 0 { format!("{sign}{whole}{name}") } else { format!("{sign}{whole}{name}{rest}{small_name}") }
    };
    match micros {
        // What rounds up to a unit is told in it.
        _ if micros >= DAY - MINUTE / 2 => pair(DAY, "d", HOUR, "h"),
        _ if micros >= HOUR - SECOND / 2 => pair(HOUR, "h", MINUTE, "m"),
        _ if micros >= MINUTE - 500 => pair(MINUTE, "m", SECOND, "s"),
        0 => "0s".into(),
        1..1_000 => format!("{sign}{micros}us"),
        _ => format!("{sign}{}s", (micros as f64 / SECOND as f64 * 1_000.0).round() / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_written() {
        assert_eq!(parse("30s"), Some(30 * SECOND));
        assert_eq!(parse("-1.5s"), Some(-1_500_000));
        assert_eq!(parse("2h30m"), Some(150 * MINUTE));
        assert_eq!(parse("30"), None);
        assert_eq!(parse("5 parsecs"), None);
        assert_eq!(shown(36 * MINUTE + 30 * SECOND), "36m30s");
        assert_eq!(shown(1_500_000), "1.5s");
        assert_eq!(shown(2 * DAY), "2d");
        assert_eq!(shown(599_900_000), "10m");
        assert_eq!(shown(8 * HOUR - 147_000), "8h");
        assert_eq!(shown(-59_999_900), "-1m");
        assert_eq!(shown(DAY - SECOND), "1d");
        assert_eq!(shown(40), "40us");
        assert_eq!(shown(i64::MAX), "106751991d4h");
        assert_eq!(shown(i64::MIN), "-106751991d4h");
    }
}
