//! The container of a `.xls` (MS-CFB) and the records of its workbook (MS-XLS), looked at before they are read: whether
//! there is a workbook at all, whether it is encrypted, and whether its cells would fill the memory.

use std::collections::HashSet;

use crate::source::file::{self, File};

pub const MAGIC: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";
/// Sectors that are no place: the end of a chain, a free one.
const END: u32 = 0xFFFF_FFF0;
/// A sheet's cells are laid out as a rectangle in memory.
const RECTANGLE_MAX: u64 = 8 << 20;

/// Names of what is in the container, and the bytes of its workbook.
pub struct Container {
    pub names: Vec<String>,
    workbook: Vec<u8>,
    /// A chain of sectors that is read goes round in a circle.
    is_circular: bool,
}

/// Of each sector, whether the chain that goes on from it never ends.
fn circular(chains: &[u32]) -> Vec<bool> {
    const UNSEEN: u32 = 0;
    // In which walk a sector was seen first, and what came of it.
    let (mut walk, mut never_ends) = (vec![UNSEEN; chains.len()], vec![false; chains.len()]);
    for start in 0..chains.len() {
        let (own, mut path, mut at) = (start as u32 + 1, Vec::new(), start);
        while at < chains.len() && walk[at] == UNSEEN {
            walk[at] = own;
            path.push(at);
            at = chains[at] as usize;
        }
        let is_circle = at < chains.len() && (walk[at] == own || never_ends[at]);
        path.into_iter().for_each(|sector| never_ends[sector] = is_circle);
    }
    never_ends
}

/// Names are the same in any case.
fn is_workbook(name: &str) -> bool {
    name.eq_ignore_ascii_case("Workbook") || name.eq_ignore_ascii_case("Book")
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 2).map(|two| u32::from(u16::from_le_bytes([two[0], two[1]])))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4).map(|four| u32::from_le_bytes([four[0], four[1], four[2], four[3]]))
}

impl Container {
    /// `None` if it is none, or a broken one.
    pub fn of(file: &File, with_workbook: bool) -> Option<Container> {
        let handle = file.positioned().ok()?;
        let mut header = vec![0; 512];
        file::read_full_at(&handle, &mut header, 0).ok()?;
        if !header.starts_with(MAGIC) {
            return None;
        }
        let size = 1_usize.checked_shl(u16_at(&header, 30)?).filter(|size| matches!(size, 512 | 4096))?;
        let sectors = file.bytes / size as u64 + 1;
        let sector = |number: u32| -> Option<Vec<u8>> {
            let mut bytes = vec![0; size];
            let got = file::read_full_at(&handle, &mut bytes, (u64::from(number) + 1) * size as u64).ok()?;
            (got > 0 && number < END).then_some(bytes)
        };
        let numbers = |bytes: &[u8]| -> Vec<u32> { bytes.chunks_exact(4).filter_map(|four| u32_at(four, 0)).collect() };
        // Which sectors hold the chains.
        let mut places = numbers(&header[76..512]);
        let mut next = u32_at(&header, 68)?;
        let mut steps = 0;
        while next < END && steps < sectors {
            let mut list = numbers(&sector(next)?);
            next = list.pop()?;
            places.extend(list);
            steps += 1;
        }
        let mut chains = Vec::new();
        for place in places.into_iter().filter(|place| *place < END).take(sectors as usize) {
            chains.extend(numbers(&sector(place)?));
        }
        let follow = |start: u32, bytes_max: usize| -> Vec<u8> {
            let (mut bytes, mut next, mut seen) = (Vec::new(), start, HashSet::new());
            while next < END && bytes.len() < bytes_max && seen.insert(next) {
                let Some(more) = sector(next) else { break };
                bytes.extend(more);
                next = chains.get(next as usize).copied().unwrap_or(END);
            }
            bytes
        };
        let directory = follow(u32_at(&header, 48)?, 4 << 20);
        let never_ends = if with_workbook { circular(&chains) } else { Vec::new() };
        let goes_round = |start: u32| never_ends.get(start as usize) == Some(&true);
        // Whoever follows a chain to its end, or for as long as it says it is, would never be done.
        let mut is_circular =
            goes_round(u32_at(&header, 48)?) || u32_at(&header, 64)? > 0 && goes_round(u32_at(&header, 60)?);
        let (mut names, mut workbook) = (Vec::new(), Vec::new());
        for entry in directory.chunks_exact(128) {
            let length = (u16_at(entry, 64)? as usize).clamp(2, 64) - 2;
            let letters: Vec<u16> =
                entry[..length].chunks_exact(2).map(|two| u16::from_le_bytes([two[0], two[1]])).collect();
            let name = String::from_utf16_lossy(&letters);
            is_circular |= u32_at(entry, 120)? >= 4096 && goes_round(u32_at(entry, 116)?);
            let is_workbook = is_workbook(&name);
            // Streams of less than 4096 bytes lie elsewhere; no workbook is as small.
            if is_workbook && with_workbook && workbook.is_empty() {
                workbook = follow(u32_at(entry, 116)?, u32_at(entry, 120)? as usize);
            }
            names.push(name);
        }
        Some(Container { names, workbook, is_circular })
    }

    pub fn is_workbook(&self) -> bool {
        self.is_encrypted() || self.names.iter().any(|name| is_workbook(name))
    }

    /// A workbook in XML, encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.names.iter().any(|name| name == "EncryptedPackage")
    }
}

/// Looks at the records of a `.xls`.
///
/// # Errors
/// Why it must not be read, as people read it.
pub fn check(file: &File) -> Result<(), String> {
    let Some(container) = Container::of(file, true) else { return Err("its container is broken".into()) };
    if container.is_circular {
        return Err("its container is broken: a chain of its sectors goes round in a circle".into());
    }
    let mut rest = container.workbook.as_slice();
    let (mut rows, mut columns, mut cells): ((u32, u32), (u32, u32), u64) = ((u32::MAX, 0), (u32::MAX, 0), 0);
    while let (Some(kind), Some(length)) = (u16_at(rest, 0), u16_at(rest, 2)) {
        let body = rest.get(4..4 + length as usize).unwrap_or_default();
        match kind {
            // The beginning of a sheet.
            0x0809 => (rows, columns, cells) = ((u32::MAX, 0), (u32::MAX, 0), 0),
            // Its size, which room is made for: rows 32 bits each, columns 16.
            0x0200 if body.len() >= 14 => {
                let wide = u16_at(body, 10).zip(u16_at(body, 8)).map_or(0, |(to, from)| to.saturating_sub(from));
                let high = u32_at(body, 4).zip(u32_at(body, 0)).map_or(0, |(to, from)| to.saturating_sub(from));
                if wide > 256 || high > 65_536 {
                    return Err("a sheet says it is larger than sheets of .xls can be".into());
                }
            }
            // NUMBER, LABEL, LABELSST, RK, BOOLERR, FORMULA, RSTRING; MULRK ends with its last column.
            0x0203 | 0x0204 | 0x00FD | 0x027E | 0x0205 | 0x0006 | 0x00D6 | 0x00BD => {
                let (Some(row), Some(column)) = (u16_at(body, 0), u16_at(body, 2)) else { break };
                let last =
                    if kind == 0x00BD { u16_at(body, body.len().saturating_sub(2)).unwrap_or(column) } else { column };
                if last >= 256 {
                    return Err("a cell stands past column 256, where sheets of .xls end".into());
                }
                rows = (rows.0.min(row), rows.1.max(row));
                columns = (columns.0.min(column), columns.1.max(last));
                cells += u64::from(last.saturating_sub(column)) + 1;
            }
            // The end of a sheet.
            0x000A if cells > 0 => {
                let room = u64::from(rows.1 - rows.0 + 1) * u64::from(columns.1 - columns.0 + 1);
                if room > RECTANGLE_MAX && room / 64 > cells {
                    return Err("a few cells stand so far apart that they would fill the memory".into());
                }
            }
            0x002F => return Err("it is protected by a password, and its content is encrypted".into()),
            _ => {}
        }
        rest = rest.get(4 + length as usize..).unwrap_or_default();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_that_go_round_are_told_from_those_that_end() {
        let end = 0xFFFF_FFFE;
        assert_eq!(circular(&[1, 2, end, 3, 5, 6, 5, 0]), [false, false, false, true, true, true, true, false]);
    }

    #[test]
    fn a_container_that_never_ends_is_broken() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/sheets/runs.xls");
        let whole = std::fs::read(path).expect("a fixture");
        let folder = tempfile::tempdir().expect("made");
        let said = |bytes: &[u8]| {
            let path = folder.path().join("runs.xls");
            std::fs::write(&path, bytes).expect("written");
            check(&File::open(&path, "runs.xls").expect("opened"))
        };
        assert_eq!(said(&whole), Ok(()));
        // The directory's first sector is followed by itself.
        let chains = (u32_at(&whole, 76).expect("a sector") as usize + 1) * 512;
        let directory = u32_at(&whole, 48).expect("a sector");
        let mut broken = whole.clone();
        broken[chains + 4 * directory as usize..][..4].copy_from_slice(&directory.to_le_bytes());
        assert_eq!(said(&broken), Err("its container is broken: a chain of its sectors goes round in a circle".into()));
    }
}
