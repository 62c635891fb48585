//! Numbers as codes are written: decimal, hexadecimal, and signed where 32 bits were meant.

/// A decimal number without a sign; `503.0` is one too, as columns with gaps are exported.
pub fn decimal(code: &str) -> Option<u64> {
    let digits = code.strip_suffix(".0").unwrap_or(code);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().ok()).flatten()
}

/// The number behind `0x`, up to 32 bits.
pub fn hex(code: &str) -> Option<u32> {
    let digits = code.strip_prefix("0x").or_else(|| code.strip_prefix("0X"))?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_number.then(|| u32::from_str_radix(digits, 16).ok()).flatten()
}

/// 32 bits, as hexadecimal or as a decimal with or without a sign: -2147024891 is 0x80070005.
pub fn bits(code: &str) -> Option<u32> {
    let signed = || {
        let number: i32 = code.strip_suffix(".0").unwrap_or(code).parse().ok()?;
        Some(number.cast_unsigned())
    };
    hex(code).or_else(|| decimal(code).and_then(|number| number.try_into().ok())).or_else(signed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_written() {
        assert_eq!(decimal("0503"), Some(503));
        assert_eq!(decimal("503.0"), Some(503));
        assert_eq!(hex("0X80070005"), Some(0x8007_0005));
        for code in ["0x80070005", "2147942405", "-2147024891", "-2147024891.0"] {
            assert_eq!(bits(code), Some(0x8007_0005), "{code}");
        }
    }

    #[test]
    fn other_words_are_no_numbers() {
        for code in ["", "-", ".0", "0x", "0x1FFFFFFFF", "1e3", "5x", "4294967296", "-2147483649", "E101"] {
            assert_eq!(bits(code), None, "{code}");
        }
        assert_eq!(decimal("-5"), None);
        assert_eq!(decimal("99999999999999999999"), None);
    }
}
