//! Sizes of memory as people type them: `500MB`, `1.5GiB`.

/// Bytes of a size; `None` if it is none.
pub fn parse(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let number: f64 = text[..digits].parse().ok()?;
    let unit: f64 = match text[digits..].trim().to_lowercase().as_str() {
        "b" => 1.0,
        "kb" => 1e3,
        "mb" => 1e6,
        "gb" => 1e9,
        "tb" => 1e12,
        "kib" => 1024.0,
        "mib" => 1_048_576.0,
        "gib" => 1_073_741_824.0,
        "tib" => 1_099_511_627_776.0,
        _ => return None,
    };
    Some((number * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        assert_eq!(parse("500MB"), Some(500_000_000));
        assert_eq!(parse("1.5 GiB"), Some(1_610_612_736));
        assert_eq!((parse("500"), parse("MB"), parse("5 parsecs")), (None, None, None));
    }
}
