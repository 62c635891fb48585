//! Archives of other evidence, as support bundles are: zip, and tar in any compression. Members are read where they
//! lie; no name in an archive is ever a path that is written to.

use std::cell::Cell;
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::model::printable::one_line;
use crate::model::time::{self, DAY, HOUR, MINUTE, SECOND};
use crate::source::file::{EndsEarly, File, Handle, Inside, OtherSum};
use crate::source::locate::some;
use crate::source::packing::Steady;
use crate::source::{pgdump, scratch, together, unlisted, xlsx};

/// Archives within archives are opened this deep.
const DEPTH_MAX: usize = 3;
/// No more members are looked at.
const MEMBERS_MAX: usize = 100_000;
/// What is read for one member of a tar archive, with the records before it that say its name and more.
const HEADER_BYTES_MAX: u64 = 1 << 20;
/// What a tar archive is made of (POSIX.1-2017, pax, ustar interchange format).
const BLOCK: u64 = 512;
/// The year 10000: no member was changed then, whatever its header says.
const SECONDS_MAX: u64 = 253_402_300_800;
/// No link says a longer path.
const PATH_MAX: u64 = 4096;
const ENDS_BEFORE: &str = "the archive ends before this member does; what follows is lost";

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Members {
    pub files: Vec<Arc<File>>,
    /// What cannot be read of it, and why.
    pub left_out: Vec<String>,
}

fn is_zip(file: &File) -> bool {
    file.head().starts_with(b"PK\x03\x04") && file.is_seekable()
}

/// A workbook or document is a zip archive too, and no bundle.
fn is_document(file: &File) -> bool {
    const OPEN_DOCUMENT: &[u8] = b"mimetypeapplication/vnd.oasis.opendocument.";
    is_zip(file)
        && (xlsx::is_workbook(file)
            || memchr::memmem::find(file.head().get(..256).unwrap_or(&file.head()), OPEN_DOCUMENT).is_some()
            || names(file).iter().any(|name| name == "[Content_Types].xml"))
}

/// The names in a zip archive; none if it is none, or has lost its end.
pub fn names(file: &File) -> Vec<String> {
    if !is_zip(file) {
        return Vec::new();
    }
    let archive = Positioned::of(file).ok().and_then(|file| zip::ZipArchive::new(file).ok());
    archive.map_or_else(Vec::new, |archive| {
        archive.file_names().filter_map(|name| name.ok().map(|name| name.into_owned())).collect()
    })
}

/// The members of a zip archive that is one piece of evidence, and those that cannot be read.
///
/// # Errors
/// If it is no zip archive, or a broken one.
pub fn parts(file: &Arc<File>) -> Result<Members> {
    let mut members = Members::default();
    members.files = of_zip(file, &mut members)?.into_iter().map(Arc::new).collect();
    Ok(members)
}

fn is_tar(file: &File) -> bool {
    file.head().get(257..262) == Some(b"ustar")
}

/// The files in an archive; `None` if it is none.
///
/// # Errors
/// If it cannot be read at all.
pub fn members(file: &Arc<File>, scratch: &Path) -> Result<Option<Members>> {
    let mut members = Members::default();
    Ok(expand(file, scratch, 0, &mut members)?.then_some(members))
}

/// Adds the files in an archive. Returns whether it is one.
fn expand(file: &Arc<File>, scratch: &Path, depth: usize, members: &mut Members) -> Result<bool> {
    let file = &Arc::new(file.with_head());
    // A dump and a document may be archives too.
    if depth > DEPTH_MAX || is_document(file) || pgdump::is_tar(file) {
        return Ok(false);
    }
    let inner = if is_zip(file) {
        of_zip(file, members).or_else(|broken| of_unlisted(file, members).ok_or(broken))?
    } else if is_tar(file) {
        of_tar(file, scratch, members)?
    } else {
        return Ok(false);
    };
    let mut inner = together::gathered(inner).into_iter();
    while let Some(member) = inner.next() {
        if members.files.len() >= MEMBERS_MAX {
            let more = inner.len() + 1;
            let files = if more == 1 { "1 member".to_string() } else { format!("{more} members") };
            members.left_out.push(format!("{files} past the {MEMBERS_MAX} that are looked at: {}", file.shown));
            break;
        }
        let member = Arc::new(member);
        match expand(&member, scratch, depth + 1, members) {
            Ok(true) => {}
            Ok(false) => members.files.push(member),
            Err(error) => members.left_out.push(format!("{}: {}", error.detail.unwrap_or(error.message), member.shown)),
        }
    }
    Ok(true)
}

/// A compressed archive is unpacked once into the temporary directory; its members lie there one after another.
fn of_tar(file: &Arc<File>, scratch: &Path, members: &mut Members) -> Result<Vec<File>> {
    let (plain, damage) = scratch::seekable(file, scratch)?;
    members.left_out.extend(damage.map(|why| format!("{}: {why}", file.shown)));
    // The records before a member are read whole, and may say any length.
    let left = Cell::new(HEADER_BYTES_MAX);
    let mut archive = tar::Archive::new(Headers { archive: Positioned::of(&plain)?, left: &left });
    let mut found = Vec::new();
    let mut end_mark = Some(0);
    let (mut links, mut names) = (Vec::new(), HashSet::new());
    let entries = archive.entries_with_seek().map_err(|e| Error::file(&file.shown, &e))?;
    for entry in entries {
        left.set(HEADER_BYTES_MAX);
        // What follows a broken header cannot be found.
        let entry = match entry {
            Ok(entry) => entry,
            Err(cause) => {
                members.left_out.push(format!("{}: the archive is broken ({cause}); what follows is lost", file.shown));
                end_mark = None;
                break;
            }
        };
        let (start, size) = (entry.raw_file_position(), entry.size());
        // A header may say any size.
        let behind = start.saturating_add(size);
        // Of a sparse file less lies here than it has.
        end_mark = (!entry.header().entry_type().is_gnu_sparse()).then(|| behind.div_ceil(BLOCK).saturating_mul(BLOCK));
        let name = String::from_utf8_lossy(&entry.path_bytes()).trim_start_matches("./").to_string();
        let kind = entry.header().entry_type();
        if let Some(target) = entry.link_name_bytes().filter(|_| kind.is_symlink() || kind.is_hard_link()) {
            let target = String::from_utf8_lossy(&target).into_owned();
            // One of the other kind says where its file is in the archive.
            let from = if kind.is_symlink() { name.as_str() } else { "" };
            links.push((led_to(from, &target), name));
            continue;
        }
        names.insert(name.trim_end_matches('/').to_string());
        if !kind.is_file() || size == 0 {
            continue;
        }
        let end = behind.min(plain.bytes);
        let mut member = plain.part(start..end.max(start), &format!("{}/{}", file.shown, one_line(&name)))?;
        if end < behind {
            end_mark = None;
            members.left_out.push(format!("{ENDS_BEFORE}: {}", member.shown));
        }
        let modified = entry.header().mtime().ok().filter(|at| *at < SECONDS_MAX);
        member.modified = modified.map_or(file.modified, |at| at as i64 * SECOND);
        found.push(member.sampled()?.among(found.len()));
    }
    members.left_out.extend(leading_out(file, &links, &names));
    // Two blocks of zeros end an archive; one that was cut off between two members lacks them.
    if end_mark.is_some_and(|at| at >= plain.bytes) {
        members.left_out.push(format!("{}: the archive lacks its end mark; members may be missing", file.shown));
    }
    Ok(found)
}

fn of_zip(file: &Arc<File>, members: &mut Members) -> Result<Vec<File>> {
    let broken = |e: &zip::result::ZipError| {
        Error::evidence(format!("cannot read `{}`", file.shown)).detail(format!("the archive is broken: {e}"))
    };
    let mut archive = zip::ZipArchive::new(Positioned::of(file)?).map_err(|e| broken(&e))?;
    let mut found = Vec::new();
    let (mut links, mut names) = (Vec::new(), HashSet::new());
    for index in 0..archive.len() {
        let raw = match archive.by_index_raw(index) {
            Ok(raw) => raw,
            Err(cause) => {
                members.left_out.push(format!("{}: a member cannot be read ({cause})", file.shown));
                continue;
            }
        };
        let name = raw.name().map_or_else(|_| format!("member {index}"), |name| name.into_owned());
        let name = name.trim_start_matches("./").to_string();
        if raw.is_symlink() {
            drop(raw);
            let mut target = String::new();
            let told = archive.by_index(index).map(|link| link.take(PATH_MAX).read_to_string(&mut target));
            links.push((told.ok().and_then(|_| led_to(&name, &target)), name));
            continue;
        }
        names.insert(name.trim_end_matches('/').to_string());
        if !raw.is_file() || raw.size() == 0 {
            continue;
        }
        let shown = format!("{}/{}", file.shown, one_line(&name));
        let modified = raw.last_modified().map(|at| {
            let day = time::days(at.year().into(), at.month().into(), at.day().into()).unwrap_or(0);
            day * DAY + i64::from(at.hour()) * HOUR + i64::from(at.minute()) * MINUTE + i64::from(at.second()) * SECOND
        });
        let (encrypted, method, crc) = (raw.encrypted(), raw.compression(), raw.crc32());
        let start = raw.data_start();
        // A header may say any size.
        let behind = start.map(|start| start.saturating_add(raw.compressed_size()));
        let lies = start.zip(behind).map(|(start, behind)| start..behind.min(file.bytes).max(start));
        if behind.is_some_and(|behind| behind > file.bytes) {
            members.left_out.push(format!("{ENDS_BEFORE}: {shown}"));
        }
        drop(raw);
        let why = match (method, encrypted) {
            (_, true) => Some("it is encrypted".to_string()),
            (zip::CompressionMethod::Stored | zip::CompressionMethod::Deflated, _) => None,
            (other, _) => Some(format!("packed with {other}, which is not read")),
        };
        let (Some(lies), None) = (lies, &why) else {
            members.left_out.push(format!("{}: {shown}", why.unwrap_or_else(|| "its data cannot be found".into())));
            continue;
        };
        let mut member = match method {
            zip::CompressionMethod::Stored => file.part(lies, &shown)?,
            _ => {
                let bytes = lies.end - lies.start;
                file.inside(Arc::new(Deflated { packed: file.part(lies, &shown)?, crc: Some(crc) }), bytes, &shown)
            }
        };
        // Without a zone: an hour or a day off is as good as it gets.
        member.modified = modified.unwrap_or(file.modified);
        match member.sampled() {
            Ok(member) => found.push(member),
            Err(error) => members.left_out.push(format!("{}: {shown}", error.detail.unwrap_or(error.message))),
        }
    }
    members.left_out.extend(leading_out(file, &links, &names));
    Ok(found)
}

/// Where a link in an archive leads to there, given its own name; `None` if out of it.
fn led_to(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if target.starts_with('/') {
        return None;
    }
    for part in target.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." => drop(parts.pop()?),
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// What is said of links that lead to nothing in the archive: what others lead to is found under its own name.
fn leading_out(file: &File, links: &[(Option<String>, String)], names: &HashSet<String>) -> Option<String> {
    let mut inside: HashSet<&str> = links.iter().map(|(_, name)| name.as_str()).collect();
    for name in names {
        let folders = name.match_indices('/').map(|(at, _)| &name[..at]);
        inside.extend(folders.chain([name.as_str()]));
    }
    let is_inside = |target: &Option<String>| target.as_deref().is_some_and(|to| to.is_empty() || inside.contains(to));
    let out: Vec<String> = links
        .iter()
        .filter(|(target, _)| !is_inside(target))
        .map(|(_, name)| format!("{}/{}", file.shown, one_line(name)))
        .collect();
    match out.len() {
        0 => None,
        1 => Some(format!("a link out of the archive, which is not followed: {}", out[0])),
        count => Some(format!("{count} links out of the archive, which are not followed: {}", some(&out))),
    }
}

/// What is still there of a zip archive that lost its list of members; `None` if that is nothing.
fn of_unlisted(file: &Arc<File>, members: &mut Members) -> Option<Vec<File>> {
    let unlisted::Found { members: unlisted, is_whole } = unlisted::members(file).ok()?;
    // The parts of a document are no evidence by themselves.
    if unlisted.is_empty() || unlisted.iter().any(|member| member.name == "[Content_Types].xml") {
        return None;
    }
    let lost = if is_whole { "" } else { "; what came after the last of them is lost" };
    members.left_out.push(format!(
        "the list of members at the end of `{}`, which is cut off or damaged: they are read without it{lost}",
        file.shown
    ));
    let mut found = Vec::new();
    for member in unlisted {
        if member.name.ends_with('/') || member.lies.is_empty() {
            continue;
        }
        let shown = format!("{}/{}", file.shown, one_line(member.name.trim_start_matches("./")));
        if let Some(fault) = member.fault {
            members.left_out.push(format!("{fault}: {shown}"));
            continue;
        }
        if member.crc.is_none() && !member.is_deflated {
            members.left_out.push(format!("the archive ends before this member does; what follows is lost: {shown}"));
        }
        let bytes = member.lies.end - member.lies.start;
        let part = file.part(member.lies, &shown).map(|packed| match member.is_deflated {
            true => file.inside(Arc::new(Deflated { packed, crc: member.crc }), bytes, &shown),
            false => packed,
        });
        match part.and_then(File::sampled) {
            Ok(part) => found.push(part),
            Err(error) => members.left_out.push(format!("{}: {shown}", error.detail.unwrap_or(error.message))),
        }
    }
    Some(found)
}

/// A deflated member of a zip archive, unpacked as it is read.
#[derive(Debug)]
struct Deflated {
    packed: File,
    /// Of what it unpacks to; none if the archive ends before it does.
    crc: Option<u32>,
}

impl Inside for Deflated {
    fn stream(&self) -> io::Result<Box<dyn Read + Send>> {
        let packed = Positioned::of(&self.packed).map_err(|e| io::Error::other(e.message))?;
        let inner = flate2::read::DeflateDecoder::new(io::BufReader::with_capacity(256 << 10, packed));
        Ok(Steady::of(Checked { inner, sum: flate2::Crc::new(), expected: self.crc }))
    }
}

/// A stream whose checksum is compared at its end.
struct Checked<R> {
    inner: R,
    sum: flate2::Crc,
    expected: Option<u32>,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.inner.read(buffer)?;
        self.sum.update(&buffer[..got]);
        match self.expected {
            _ if got > 0 || buffer.is_empty() => Ok(got),
            None => Err(EndsEarly::error("the archive ends before this member does")),
            Some(sum) if sum == self.sum.sum() => Ok(0),
            Some(_) => Err(OtherSum::error()),
        }
    }
}

/// The headers of an archive, of which only so much is read at once.
struct Headers<'a> {
    archive: Positioned,
    left: &'a Cell<u64>,
}

impl Read for Headers<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.archive.read(buffer)?;
        let left = self.left.get().checked_sub(got as u64);
        self.left.set(left.ok_or_else(|| {
            io::Error::other(format!("what stands before a member is longer than {} MiB", HEADER_BYTES_MAX >> 20))
        })?);
        Ok(got)
    }
}

impl Seek for Headers<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.archive.seek(to)
    }
}

/// A file read and sought as the archive crates want it.
pub struct Positioned {
    handle: Handle,
    length: u64,
    at: u64,
}

impl Positioned {
    /// # Errors
    /// If the file cannot be opened.
    pub fn of(file: &File) -> Result<Positioned> {
        Ok(Positioned { handle: file.positioned()?, length: file.bytes, at: 0 })
    }
}

impl Read for Positioned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let got = self.handle.read_at(buffer, self.at)?;
        self.at += got as u64;
        Ok(got)
    }
}

impl Seek for Positioned {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
