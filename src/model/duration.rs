//! Lengths of time as people type and read them: `30s`, `5m`, `1.5h`, `-2h`, `250ms`.

use super::time::{DAY, HOUR, MINUTE, SECOND};

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

/// `36m`, `1h12m`, `30s`, `1.5s`: the two largest units.
pub fn shown(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let micros = micros.abs();
    let pair = |large: i64, name: &str, small: i64, small_name: &str| {
        let rest = micros % large / small;
        if rest == 0 {
            format!("{sign}{}{name}", micros / large)
        } else {
            format!("{sign}{}{name}{rest}{small_name}", micros / large)
        }
    };
    match micros {
        DAY.. => pair(DAY, "d", HOUR, "h"),
        HOUR.. => pair(HOUR, "h", MINUTE, "m"),
        MINUTE.. => pair(MINUTE, "m", SECOND, "s"),
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
    }
}
