//! Encodings: text in pieces of any size is what it is in one, and what `encoding_rs` makes of the whole.
#![no_main]

use rca::fuzzed::decoded;
use rca_fuzz::first;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let (size, bytes) = first(bytes);
    let (encoding, whole) = decoded(bytes, 1 << 20);
    let (_, pieces) = decoded(bytes, usize::from(size).max(1));
    assert_eq!(whole, pieces, "{encoding}");
    let charset = match encoding.as_str() {
        "Utf16Le" => encoding_rs::UTF_16LE,
        "Utf16Be" => encoding_rs::UTF_16BE,
        "Latin1" => encoding_rs::WINDOWS_1252,
        "Utf8" => {
            assert_eq!(whole, bytes);
            return;
        }
        _ => encoding_rs::UTF_8,
    };
    let (text, _) = charset.decode_with_bom_removal(bytes);
    let text = if encoding == "CarriageReturns" { text.replace('\r', "\n") } else { text.into_owned() };
    assert_eq!(String::from_utf8_lossy(&whole), text, "{encoding}");
    // A text in UTF-16 is the text that was written.
    if let Ok(plain) = std::str::from_utf8(bytes) {
        let wide: Vec<u8> = [0xff, 0xfe].into_iter().chain(plain.encode_utf16().flat_map(u16::to_le_bytes)).collect();
        assert_eq!(decoded(&wide, 3).1, plain.strip_prefix('\u{feff}').unwrap_or(plain).as_bytes());
    }
});
