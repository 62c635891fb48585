//! Members of a tar archive, told by their headers alone, since they are read where they lie (POSIX.1-2017, pax,
//! "ustar Interchange Format"). Names are taken by their last part: archives packed anew have folders before them.

use std::collections::HashMap;
use std::io;
use std::ops::Range;

use crate::source::file::{self, File};

const BLOCK: usize = 512;

#[derive(Debug, Default)]
pub struct Members {
    /// By name without its folders.
    pub by_name: HashMap<Vec<u8>, Range<u64>>,
    /// Why the walk ended early, if it did.
    pub damage: Option<String>,
}

/// Whether these are the first bytes of a tar archive.
pub fn is_tar(head: &[u8]) -> bool {
    head.get(257..262) == Some(b"ustar")
}

/// # Errors
/// What the system says.
pub fn members(file: &File) -> crate::error::Result<Members> {
    let handle = file.positioned()?;
    let mut members = Members::default();
    let mut at = 0;
    let mut long_name: Option<Vec<u8>> = None;
    let failed = |e: io::Error| crate::error::Error::file(&file.shown, &e);
    loop {
        let mut header = [0; BLOCK];
        let got = file::read_full_at(&handle, &mut header, at).map_err(failed)?;
        if got == 0 || header == [0; BLOCK] {
            return Ok(members);
        }
        let size = (got == BLOCK && is_sound(&header)).then(|| number(&header[124..136])).flatten();
        let Some(size) = size else {
            members.damage = Some(format!("damaged at byte {at}: this is no header of a tar member"));
            return Ok(members);
        };
        let start = at + BLOCK as u64;
        let end = start.saturating_add(size);
        if end > file.bytes {
            members.damage = Some(format!("damaged at byte {}: the tar archive ends within a member", file.bytes));
        }
        match header[156] {
            // GNU: the next member's name, which is too long for its header.
            b'L' => {
                let mut name = vec![0; usize::try_from(size.min(4096)).unwrap_or(0)];
                let got = file::read_full_at(&handle, &mut name, start).map_err(failed)?;
                name.truncate(got.min(name.iter().position(|byte| *byte == 0).unwrap_or(got)));
                long_name = Some(name);
            }
            b'0' | 0 => {
                let short = &header[..header[..100].iter().position(|byte| *byte == 0).unwrap_or(100)];
                let name = long_name.take().unwrap_or_else(|| short.to_vec());
                let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                // What macOS puts beside each file.
                if !base.starts_with(b"._") {
                    members.by_name.entry(base.to_vec()).or_insert(start..end.min(file.bytes));
                }
            }
            _ => {}
        }
        if members.damage.is_some() {
            return Ok(members);
        }
        at = end.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64);
    }
}

/// Whether the sum of the header's bytes is what it says, its own field taken as blanks.
fn is_sound(header: &[u8; BLOCK]) -> bool {
    let blanks = u64::from(b' ') * 8;
    let sum: u64 = header.iter().map(|byte| u64::from(*byte)).sum();
    let field: u64 = header[148..156].iter().map(|byte| u64::from(*byte)).sum();
    number(&header[148..156]) == Some(sum - field + blanks)
}

/// Octal digits, or with the highest bit set a number of 64 bits.
fn number(field: &[u8]) -> Option<u64> {
    if field[0] & 0x80 != 0 {
        return field[field.len() - 8..].iter().try_fold(0_u64, |value, byte| {
            value.checked_mul(256).map(|value| value | u64::from(*byte))
        });
    }
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ').take_while(|byte| !matches!(byte, 0 | b' '));
    digits.into_iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 8)?;
        value.checked_mul(8)?.checked_add(u64::from(digit))
    })
}
