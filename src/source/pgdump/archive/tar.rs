//! Members of a tar archive, told by their headers alone, since they are read where they lie (POSIX.1-2017, pax,
//! "ustar Interchange Format"). Names are taken by their last part: archives packed anew have folders before them.

use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use crate::error::{Error, Result};
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

/// The members of an archive that can be read at any place.
///
/// # Errors
/// If the file cannot be read.
pub fn members(file: &File) -> Result<Members> {
    let handle = file.positioned()?;
    walk(|at, buffer| file::read_full_at(&handle, buffer, at), file.bytes).map_err(|e| Error::file(&file.shown, &e))
}

/// Whether a compressed archive has a member of this name.
pub fn has_member(file: &File, name: &[u8]) -> bool {
    let Ok(mut stream) = file.stream(None) else { return false };
    let mut passed = 0;
    let read = |at: u64, buffer: &mut [u8]| {
        passed += io::copy(&mut (&mut stream).take(at - passed), &mut io::sink())?;
        let got = if passed == at { file::read_full(&mut stream, buffer)? } else { 0 };
        passed += got as u64;
        Ok(got)
    };
    walk(read, u64::MAX).is_ok_and(|members| members.by_name.contains_key(name))
}

/// Steps from header to header. `read` fills a buffer from a place at or after the last one.
fn walk(mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>, bytes: u64) -> io::Result<Members> {
    let mut members = Members::default();
    let mut at = 0;
    let mut long_name: Option<Vec<u8>> = None;
    loop {
        let mut header = [0; BLOCK];
        let got = read(at, &mut header)?;
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
        if end > bytes {
            members.damage = Some(format!("damaged at byte {bytes}: the tar archive ends within a member"));
        }
        match header[156] {
            // GNU: the next member's name, which is too long for its header.
            b'L' => {
                let mut name = vec![0; usize::try_from(size.min(4096)).unwrap_or(0)];
                let got = read(start, &mut name)?;
                name.truncate(got.min(name.iter().position(|byte| *byte == 0).unwrap_or(got)));
                long_name = Some(name);
            }
            b'0' | 0 => {
                let short = &header[..header[..100].iter().position(|byte| *byte == 0).unwrap_or(100)];
                let name = long_name.take().unwrap_or_else(|| short.to_vec());
                let base = name.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
                // What macOS puts beside each file.
                if !base.starts_with(b"._") {
                    members.by_name.entry(base.to_vec()).or_insert(start..end.min(bytes));
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
        return field[field.len() - 8..]
            .iter()
            .try_fold(0_u64, |value, byte| value.checked_mul(256).map(|value| value | u64::from(*byte)));
    }
    let digits = field.iter().copied().skip_while(|byte| *byte == b' ').take_while(|byte| !matches!(byte, 0 | b' '));
    digits.into_iter().try_fold(0_u64, |value, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 8)?;
        value.checked_mul(8)?.checked_add(u64::from(digit))
    })
}
