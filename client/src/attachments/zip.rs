//! The directory of a zip file (PKWARE APPNOTE 6.3.10), read strictly: what two readers could
//! understand differently is refused. For Office files only, so no ZIP64, no comment, no encryption.

use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};

use flate2::read::DeflateDecoder;

use super::inspect::read_at;
use super::{Forbidden, Inspected};

/// Most parts of a file.
pub(super) const MAX_ENTRIES: usize = 4_096;

/// Most bytes of the directory.
pub(super) const MAX_DIRECTORY: usize = 1024 * 1024;

/// Bytes of the end record (section 4.3.16), without a comment.
const END: usize = 22;

/// Bytes of a directory header (4.3.12) and of a local header (4.3.7), without names.
const CENTRAL: usize = 46;
const LOCAL: usize = 30;

/// The longest data descriptor (4.3.9).
const DESCRIPTOR: u64 = 24;

/// Flags (4.4.4): encrypted; a data descriptor follows; strong encryption; masked headers.
const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
const DESCRIBED: u16 = 1 << 3;

/// Methods (4.4.5).
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// A part.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path, in lower case.
    pub(super) name: String,
    flags: u16,
    method: u16,
    packed: u64,
    length: u64,
    local: u64,
    data: u64,
}

/// All parts. They lie one behind the other from the first byte to the directory, each is where both of
/// its headers say, and no two have one name.
pub(super) fn entries(file: &mut (impl Read + Seek)) -> Result<Vec<Entry>, Inspected> {
    let length = file.seek(SeekFrom::End(0))?;
    let at = length.checked_sub(END as u64).ok_or(Forbidden::Damaged)?;
    let end = read_at(file, at, END)?;
    if !end.starts_with(b"PK\x05\x06") || u16_at(&end, 4)? != 0 || u16_at(&end, 6)? != 0 {
        return Err(Forbidden::Damaged.into());
    }
    let count = usize::from(u16_at(&end, 8)?);
    let (size, start) = (u64::from(u32_at(&end, 12)?), u64::from(u32_at(&end, 16)?));
    if count > MAX_ENTRIES || size > MAX_DIRECTORY as u64 {
        return Err(Forbidden::TooComplex.into());
    }
    if usize::from(u16_at(&end, 10)?) != count || u16_at(&end, 20)? != 0 || start + size != at {
        return Err(Forbidden::Damaged.into());
    }
    let directory = read_at(file, start, size as usize)?;
    let mut entries = central(&directory, count)?;
    entries.sort_unstable_by_key(|entry| entry.local);
    let mut expected = 0..=0;
    for entry in &mut entries {
        if !expected.contains(&entry.local) {
            return Err(Forbidden::Damaged.into());
        }
        entry.data = locate(file, entry)?;
        let end = entry.data + entry.packed;
        let gap = if entry.flags & DESCRIBED == 0 { 0 } else { DESCRIPTOR };
        expected = end..=end + gap;
    }
    if expected.contains(&start) { Ok(entries) } else { Err(Forbidden::Damaged.into()) }
}

/// The content of a part of at most `limit` bytes.
pub(super) fn content(
    file: &mut (impl Read + Seek),
    entry: &Entry,
    limit: u64,
) -> Result<Vec<u8>, Inspected> {
    if entry.length > limit {
        return Err(Forbidden::TooComplex.into());
    }
    file.seek(SeekFrom::Start(entry.data))?;
    let packed = file.take(entry.packed);
    let mut bytes = Vec::new();
    let read = match entry.method {
        STORED => packed.take(limit + 1).read_to_end(&mut bytes),
        _ => DeflateDecoder::new(packed).take(limit + 1).read_to_end(&mut bytes),
    };
    match read {
        Ok(read) if read as u64 == entry.length => Ok(bytes),
        Err(error) if !is_of_the_data(&error) => Err(error.into()),
        _ => Err(Forbidden::Damaged.into()),
    }
}

/// Whether somewhere at its end a file has the end record of a zip file, as unpackers look for it.
pub(super) fn ends_as_archive(file: &mut (impl Read + Seek)) -> io::Result<bool> {
    const MOST: u64 = END as u64 + u16::MAX as u64;
    let length = file.seek(SeekFrom::End(0))?;
    let start = length.saturating_sub(MOST);
    let tail = read_at(file, start, MOST as usize)?;
    let is_end = |(at, record): (usize, &[u8])| {
        let number = |from: usize| u32_at(record, from).map(u64::from).unwrap_or(u64::MAX);
        let comment = u16_at(record, 20).map(usize::from).unwrap_or(usize::MAX);
        record.starts_with(b"PK\x05\x06")
            && at.saturating_add(END).saturating_add(comment) <= tail.len()
            && number(12).saturating_add(number(16)) <= start + at as u64
    };
    Ok(tail.windows(END).enumerate().any(is_end))
}

/// Whether an error of a decoder says that the data are wrong, not that they cannot be read.
pub(super) fn is_of_the_data(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof)
        || (error.kind() == io::ErrorKind::InvalidData && error.get_ref().is_none())
}

fn central(directory: &[u8], count: usize) -> Result<Vec<Entry>, Forbidden> {
    let (mut entries, mut names) = (Vec::with_capacity(count), HashSet::new());
    let mut rest = directory;
    for _ in 0..count {
        let (head, behind) = rest.split_at_checked(CENTRAL).ok_or(Forbidden::Damaged)?;
        let lengths = [u16_at(head, 28)?, u16_at(head, 30)?, u16_at(head, 32)?].map(usize::from);
        let (name, behind) = behind.split_at_checked(lengths[0]).ok_or(Forbidden::Damaged)?;
        rest = behind.get(lengths[1] + lengths[2]..).ok_or(Forbidden::Damaged)?;
        let entry = Entry {
            name: path(name)?,
            flags: u16_at(head, 8)?,
            method: u16_at(head, 10)?,
            packed: u32_at(head, 20)?.into(),
            length: u32_at(head, 24)?.into(),
            local: u32_at(head, 42)?.into(),
            data: 0,
        };
        if entry.flags & ENCRYPTED != 0 {
            return Err(Forbidden::Encrypted);
        }
        let is_sound = head.starts_with(b"PK\x01\x02")
            && u16_at(head, 34)? == 0
            && (entry.method == DEFLATED
                || (entry.method == STORED && entry.packed == entry.length));
        if !is_sound || !names.insert(entry.name.clone()) {
            return Err(Forbidden::Damaged);
        }
        entries.push(entry);
    }
    if rest.is_empty() { Ok(entries) } else { Err(Forbidden::Damaged) }
}

/// Where the data of a part begin, by its local header, which must say the same as the directory.
fn locate(file: &mut (impl Read + Seek), entry: &Entry) -> Result<u64, Inspected> {
    let head = read_at(file, entry.local, LOCAL)?;
    let name_length = usize::from(u16_at(&head, 26)?);
    let extra = u64::from(u16_at(&head, 28)?);
    let name = read_at(file, entry.local + LOCAL as u64, name_length)?;
    let is_same = head.starts_with(b"PK\x03\x04")
        && u16_at(&head, 6)? == entry.flags
        && u16_at(&head, 8)? == entry.method
        && path(&name)? == entry.name;
    if is_same {
        Ok(entry.local + LOCAL as u64 + name_length as u64 + extra)
    } else {
        Err(Forbidden::Damaged.into())
    }
}

/// A path inside the file, in lower case; none that leads out of it.
fn path(name: &[u8]) -> Result<String, Forbidden> {
    let name = std::str::from_utf8(name).map_err(|_| Forbidden::Damaged)?;
    let inside = name.strip_suffix('/').unwrap_or(name);
    let is_plain = |segment: &str| !matches!(segment, "" | "." | "..");
    if !inside.split('/').all(is_plain) || name.contains(|c: char| c == '\\' || c.is_control()) {
        return Err(Forbidden::Damaged);
    }
    Ok(name.to_lowercase())
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Forbidden> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map(|bytes| u16::from_le_bytes(*bytes)).ok_or(Forbidden::Damaged)
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Forbidden> {
    let bytes = bytes.get(at..).and_then(|rest| rest.first_chunk());
    bytes.map(|bytes| u32::from_le_bytes(*bytes)).ok_or(Forbidden::Damaged)
}
