//! Digests: hashes of text that are the same on every machine and with every version.

/// FNV-1a, and every bit mixed into every other at the end.
pub fn digest(text: &[u8]) -> u64 {
    mix(text.iter().fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)))
}

/// A number in which every bit depends on every bit of `value`.
pub fn mix(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_for_ever() {
        assert_eq!(digest(b""), mix(0xcbf2_9ce4_8422_2325));
        assert_eq!(digest(b"user <*> logged in"), digest(b"user <*> logged in"));
        assert_ne!(digest(b"a"), digest(b"b"));
    }
}
