//! Members of a tar archive, told by their headers alone, since they are read where they lie (POSIX.1-2017, pax,
//! "ustar Interchange Format"). Names are taken by their last part: archives packed anew have folders before them.

use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use super::Told;
use crate::error::{Error, Result};
use crate::source::file::{self, File};
use crate::source::{locate, together};

const BLOCK: usize = 512;

#[derive(Debug, Default)]
pub struct Members {
    /// By name without its folders.
    pub by_name: HashMap<Vec<u8>, Range<u64>>,
    /// Why the walk ended early, if it did.
    pub damage: Option<String>,
}

impl Members {
    /// What lies in a dump's own archive and is no part of it.
    pub fn others(&self, told: &Told) -> Option<String> {
        let names = self.by_name.keys().map(|name| String::from_utf8_lossy(name).into_owned());
        let mut names: Vec<String> = names.filter(|name| name != "toc.dat" && !told.has(name)).collect();
        names.sort();
        (!names.is_empty()).then(|| format!("left out, no part of the dump: {}", locate::some(&names)))
    }
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
    let mut members = Members::default();
    let read = |at: u64, buffer: &mut [u8]| file::read_full_at(&handle, buffer, at);
    let walked = walk(read, file.bytes, |name, range| {
        members.by_name.entry(parted(name).1.to_vec()).or_insert(range);
        true
    });
    members.damage = walked.map_err(|e| Error::file(&file.shown, &e))?;
    Ok(members)
}

/// Whether a table of contents is the first member, as pg_dump writes it, or all members lie in one folder with one and
/// are files of a dump: a directory, packed. Only these are looked at, and no further than up to the first other one.
pub fn is_of_dump(file: &File) -> bool {
    const CONTENTS: &[u8] = b"toc.dat";
    let head = file.head();
    if head.starts_with(b"toc.dat\0") {
        return true;
    }
    let (mut folder, mut has_contents, mut is_other) = (None, false, false);
    let see = |name: &[u8], _: Range<u64>| {
        let (own, base) = parted(name);
        has_contents |= base == CONTENTS;
        is_other = *folder.get_or_insert_with(|| own.to_vec()) != *own
            || !std::str::from_utf8(base).is_ok_and(together::is_of_dump);
        !is_other
    };
    // As far as it can be read.
    if file.is_seekable() {
        file.positioned().and_then(|handle| {
            let read = |at: u64, buffer: &mut [u8]| file::read_full_at(&handle, buffer, at);
            walk(read, file.bytes, see).map_err(|e| Error::file(&file.shown, &e))
        })
    } else {
        file.stream(None).and_then(|mut stream| {
            let mut passed = 0;
            let read = |at: u64, buffer: &mut [u8]| {
                passed += io::copy(&mut (&mut stream).take(at - passed), &mut io::sink())?;
                let got = if passed == at { file::read_full(&mut stream, buffer)? } else { 0 };
                passed += got as u64;
                Ok(got)
            };
            walk(read, u64::MAX, see).map_err(|e| Error::file(&file.shown, &e))
        })
    }
    .ok();
    has_contents && !is_other
}

/// A member's folder, and its name in it.
fn parted(name: &[u8]) -> (&[u8], &[u8]) {
    name.split_at(memchr::memrchr(b'/', name).map_or(0, |at| at + 1))
}

/// Steps from header to header, as long as `see` wants to see more. `read` fills a buffer from a place at or after the
/// last one. Returns why the walk ended early, if the archive is damaged.
fn walk(
    mut read: impl FnMut(u64, &mut [u8]) -> io::Result<usize>,
    bytes: u64,
    mut see: impl FnMut(&[u8], Range<u64>) -> bool,
) -> io::Result<Option<String>> {
    let mut at = 0;
    let mut long_name: Option<Vec<u8>> = None;
    loop {
        let mut header = [0; BLOCK];
        let got = read(at, &mut header)?;
        if got == 0 || header == [0; BLOCK] {
            return Ok(None);
        }
        let size = (got == BLOCK && is_sound(&header)).then(|| number(&header[124..136])).flatten();
        let Some(size) = size else {
            return Ok(Some(format!("damaged at byte {at}: this is no header of a tar member")));
        };
        let start = at + BLOCK as u64;
        let end = start.saturating_add(size);
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
                // What macOS puts beside each file.
                let is_beside = parted(&name).1.starts_with(b"._");
                if !is_beside && !see(&name, start..end.min(bytes)) {
                    return Ok(None);
                }
            }
            _ => {}
        }
        if end > bytes {
            return Ok(Some(format!("damaged at byte {bytes}: the tar archive ends within a member")));
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
