//! Members of a zip archive that lost its end, where the list of them stands: each has a header of its own before its
//! data (APPNOTE.TXT 4.3.7), and deflated data end by themselves. Nothing that a header says is believed before its
//! bytes are there.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use flate2::{Decompress, FlushDecompress, Status};

use crate::error::Result;
use crate::source::bundle::Positioned;
use crate::source::file::File;

const HEADER: &[u8] = b"PK\x03\x04";
const LIST: &[u8] = b"PK\x01\x02";
/// Sizes that stand in the extra field (4.5.3).
const IN_EXTRA: u64 = 0xFFFF_FFFF;
const MEMBERS_MAX: usize = 100_000;

/// A member as its own header tells it.
#[derive(Debug)]
pub struct Member {
    pub name: String,
    pub lies: Range<u64>,
    pub is_deflated: bool,
    /// Of what it unpacks to; none if the archive ends before the member does.
    pub crc: Option<u32>,
    /// Why it cannot be read.
    pub fault: Option<String>,
}

/// What was found, and whether all of it was: up to the list of members.
#[derive(Debug, Default)]
pub struct Found {
    pub members: Vec<Member>,
    pub is_whole: bool,
}

/// Goes from header to header, as far as they can be found.
///
/// # Errors
/// If the file cannot be opened.
pub fn members(file: &File) -> Result<Found> {
    let mut archive = Positioned::of(file)?;
    let mut found = Found::default();
    let mut at = 0;
    while found.members.len() < MEMBERS_MAX {
        let mut fixed = [0; 30];
        if read_at(&mut archive, at, &mut fixed) < fixed.len() || !fixed.starts_with(HEADER) {
            found.is_whole = fixed.starts_with(LIST);
            break;
        }
        let Some((member, next)) = member(&mut archive, at, &fixed, file.bytes) else { break };
        let is_cut = member.crc.is_none();
        found.members.push(member);
        if is_cut {
            break;
        }
        at = next;
    }
    Ok(found)
}

/// The member whose header begins at `at`, and where the next one's does.
fn member(archive: &mut Positioned, at: u64, fixed: &[u8; 30], length: u64) -> Option<(Member, u64)> {
    let short = |from: usize| u64::from(u16::from_le_bytes([fixed[from], fixed[from + 1]]));
    let long =
        |from: usize| u64::from(u32::from_le_bytes([fixed[from], fixed[from + 1], fixed[from + 2], fixed[from + 3]]));
    let (flags, method) = (short(6), short(8));
    let (name_length, extra_length) = (short(26), short(28));
    let mut named = vec![0; (name_length + extra_length) as usize];
    if read_at(archive, at + 30, &mut named) < named.len() {
        return None;
    }
    let extra = named.split_off(name_length as usize);
    let start = at + 30 + name_length + extra_length;
    let (is_encrypted, is_behind) = (flags & 1 == 1, flags & 8 == 8);
    let mut size = long(18);
    if size == IN_EXTRA {
        size = packed_size(&extra)?;
    }
    let fault = match method {
        _ if is_encrypted => Some("it is encrypted".to_string()),
        0 | 8 => None,
        other => Some(format!("packed with method {other}, which is not read")),
    };
    let mut crc = u32::try_from(long(14)).ok();
    let mut end = start.checked_add(size)?;
    let mut next = end;
    if is_behind && size == 0 {
        // Sizes and checksum stand behind the data, whose end they tell themselves.
        match (method, deflated_end(archive, start)) {
            (8, Some(known)) if !is_encrypted => {
                end = known;
                let described = described(archive, end);
                crc = described.map(|(crc, _)| crc);
                next = described.map_or(length, |(_, next)| next);
            }
            (8, None) if !is_encrypted => (end, crc) = (length, None),
            _ => return None,
        }
    } else if is_behind {
        next = described(archive, end).map_or(end, |(_, next)| next);
    }
    if end > length {
        (end, crc) = (length, None);
    }
    let name = String::from_utf8_lossy(&named).into_owned();
    Some((Member { name, lies: start..end.max(start), is_deflated: method == 8, crc, fault }, next))
}

/// The packed size in an extra field of large files: the second of its numbers.
fn packed_size(extra: &[u8]) -> Option<u64> {
    let mut rest = extra;
    while let [a, b, c, d, more @ ..] = rest {
        let (kind, length) = (u16::from_le_bytes([*a, *b]), usize::from(u16::from_le_bytes([*c, *d])));
        let field = more.get(..length)?;
        if kind == 1 {
            return Some(u64::from_le_bytes(field.get(8..16)?.try_into().ok()?));
        }
        rest = &more[length..];
    }
    None
}

/// What stands behind a member's data (4.3.9): the checksum, and where the next header begins.
fn described(archive: &mut Positioned, at: u64) -> Option<(u32, u64)> {
    let mut bytes = [0; 28];
    let got = read_at(archive, at, &mut bytes);
    let signed = usize::from(bytes.starts_with(b"PK\x07\x08")) * 4;
    let crc = u32::from_le_bytes(bytes[signed..signed + 4].try_into().ok()?);
    let is_header = |from: &usize| bytes[*from..got].starts_with(HEADER) || bytes[*from..got].starts_with(LIST);
    [12, 20].map(|length| signed + length).into_iter().filter(|from| *from < got).find(is_header).map_or_else(
        // The archive may end right behind it.
        || (got >= signed + 12 && got < 24).then_some((crc, at + got as u64)),
        |from| Some((crc, at + from as u64)),
    )
}

/// Where deflated data end that begin at `at`; `None` if they do not.
fn deflated_end(archive: &mut Positioned, at: u64) -> Option<u64> {
    archive.seek(SeekFrom::Start(at)).ok()?;
    let mut state = Decompress::new(false);
    let (mut packed, mut plain) = (vec![0; 64 << 10], vec![0; 256 << 10]);
    loop {
        let got = archive.read(&mut packed).ok()?;
        let mut from = 0;
        while from < got {
            let (before_in, before_out) = (state.total_in(), state.total_out());
            let status = state.decompress(&packed[from..got], &mut plain, FlushDecompress::None).ok()?;
            from += (state.total_in() - before_in) as usize;
            match status {
                Status::StreamEnd => return Some(at + state.total_in()),
                _ if state.total_in() == before_in && state.total_out() == before_out => return None,
                _ => {}
            }
        }
        if got == 0 {
            return None;
        }
    }
}

/// Reads at a place until the buffer is full or the file ends.
fn read_at(archive: &mut Positioned, at: u64, buffer: &mut [u8]) -> usize {
    let mut filled = 0;
    if archive.seek(SeekFrom::Start(at)).is_err() {
        return 0;
    }
    while filled < buffer.len() {
        match archive.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(got) => filled += got,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    filled
}
