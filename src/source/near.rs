//! Finding a byte that is probably near: most fields are shorter than the set-up of a search made for long texts.

/// The first `byte` in `text`: the first sixteen bytes eight at a time, the rest as `memchr` does.
#[inline]
pub fn find(byte: u8, text: &[u8]) -> Option<usize> {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGHS: u64 = 0x8080_8080_8080_8080;
    let mut at = 0;
    while at < 16 {
        let Some(eight) = text.get(at..at + 8).and_then(|eight| <[u8; 8]>::try_from(eight).ok()) else { break };
        // A byte that is equal becomes zero, and the lowest zero shows in its high bit (Mycroft's test).
        let differing = u64::from_le_bytes(eight) ^ (ONES * u64::from(byte));
        let zeros = differing.wrapping_sub(ONES) & !differing & HIGHS;
        if zeros != 0 {
            return Some(at + zeros.trailing_zeros() as usize / 8);
        }
        at += 8;
    }
    if text.len() - at < 8 {
        return text[at..].iter().position(|known| *known == byte).map(|found| at + found);
    }
    memchr::memchr(byte, &text[at..]).map(|found| at + found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_finds_what_memchr_finds(byte in any::<u8>(), text in prop::collection::vec(any::<u8>(), 0..60)) {
            prop_assert_eq!(super::find(byte, &text), memchr::memchr(byte, &text));
            let few: Vec<u8> = text.iter().map(|byte| byte % 4).collect();
            prop_assert_eq!(super::find(byte % 4, &few), memchr::memchr(byte % 4, &few));
        }
    }
}
