//! One file of the journal: its name and its header.
//!
//! ```text
//! name    NNNNNN-LABEL.journal      number from 000001, without gaps; label of a-z, 0-9 and -
//! header  "tsumugu/v1/journal\n" | u64be first leaf | u32be CRC-32 of all of the above
//! then    frames
//! ```

use std::fs;
use std::path::Path;

use super::error::{Damage, JournalError};
use crate::atomic::{self, Access};
use crate::disk::DiskFile;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// Longest label of a segment, in characters.
pub const MAX_LABEL: usize = 32;

/// Most segments that a journal can have: six digits.
pub const MAX_SEGMENTS: u32 = 999_999;

/// Length of a segment's header in bytes; the first frame begins here.
pub(crate) const HEADER: u64 = (MAGIC.len() + 8 + 4) as u64;

const MAGIC: &[u8] = b"tsumugu/v1/journal\n";
const EXTENSION: &str = ".journal";

/// What a segment says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// Its number, counted from 1.
    pub number: u32,
    /// The number that the caller gave as its first leaf's.
    pub first: u64,
    /// The label that the caller gave it, such as its month.
    pub label: String,
}

/// An open segment.
#[derive(Debug)]
pub(crate) struct Segment {
    pub(crate) info: SegmentInfo,
    pub(crate) file: DiskFile,
}

impl Segment {
    /// Makes the file, with its header, in one durable step. The label has been checked.
    pub(crate) fn create(
        directory: &Path,
        info: SegmentInfo,
        faults: &FaultPlan,
    ) -> Result<Self, JournalError> {
        let path = directory.join(file_name(info.number, &info.label));
        atomic::create(&path, &encode_header(info.first), Access::Private, faults)?;
        Ok(Self { info, file: DiskFile::open(&path, faults)? })
    }

    /// The name of its file.
    pub(crate) fn file_name(&self) -> String {
        file_name(self.info.number, &self.info.label)
    }

    fn open(
        directory: &Path,
        number: u32,
        label: String,
        open: &impl Fn(&Path) -> Result<DiskFile, DiskError>,
    ) -> Result<Self, JournalError> {
        let file = open(&directory.join(file_name(number, &label)))?;
        let header = file.read_at(0, HEADER as usize)?;
        let first = header.as_deref().and_then(parse_header).ok_or(JournalError::Damaged {
            segment: number,
            offset: 0,
            damage: Damage::Header,
        })?;
        Ok(Self { info: SegmentInfo { number, first, label }, file })
    }
}

/// Opens all segments of a directory, in order; a gap, or a name twice, is an error.
pub(crate) fn open_all(directory: &Path, faults: &FaultPlan) -> Result<Vec<Segment>, JournalError> {
    open_each(directory, &|path| DiskFile::open(path, faults))
}

/// As [`open_all`], for reading only.
pub(crate) fn open_all_to_read(directory: &Path) -> Result<Vec<Segment>, JournalError> {
    open_each(directory, &DiskFile::open_to_read)
}

fn open_each(
    directory: &Path,
    open: &impl Fn(&Path) -> Result<DiskFile, DiskError>,
) -> Result<Vec<Segment>, JournalError> {
    let mut segments: Vec<Segment> = Vec::new();
    for (number, label) in list(directory)? {
        let expected = segments.len() as u32 + 1;
        if number != expected {
            return Err(JournalError::NotInOrder { segment: expected });
        }
        let segment = Segment::open(directory, number, label, open)?;
        check_first(segments.last(), number, segment.info.first)?;
        segments.push(segment);
    }
    Ok(segments)
}

/// Refuses a segment that would begin before the one in front of it.
pub(crate) fn check_first(
    previous: Option<&Segment>,
    segment: u32,
    first: u64,
) -> Result<(), JournalError> {
    match previous.map(|previous| previous.info.first) {
        Some(previous) if first < previous => {
            Err(JournalError::FirstGoesBack { segment, first, previous })
        }
        _ => Ok(()),
    }
}

/// Refuses what cannot be part of a segment's name.
pub(crate) fn check_label(label: &str) -> Result<(), JournalError> {
    if is_label(label) { Ok(()) } else { Err(JournalError::BadLabel { label: label.to_owned() }) }
}

fn list(directory: &Path) -> Result<Vec<(u32, String)>, JournalError> {
    let reading = || DiskError::io("list the directory", directory);
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).map_err(reading())? {
        let name = entry.map_err(reading())?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(EXTENSION) {
            let parsed = parse_name(&name);
            found.push(parsed.ok_or_else(|| JournalError::BadName { name: name.into_owned() })?);
        }
    }
    found.sort();
    Ok(found)
}

fn file_name(number: u32, label: &str) -> String {
    format!("{number:06}-{label}{EXTENSION}")
}

fn parse_name(name: &str) -> Option<(u32, String)> {
    let (number, label) = name.strip_suffix(EXTENSION)?.split_once('-')?;
    let number = number.parse().ok().filter(|number| (1..=MAX_SEGMENTS).contains(number))?;
    (is_label(label) && file_name(number, label) == name).then(|| (number, label.to_owned()))
}

fn is_label(label: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_LABEL).contains(&label.len()) && label.bytes().all(allowed)
}

fn encode_header(first: u64) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&first.to_be_bytes());
    let checksum = crc32fast::hash(&header);
    header.extend_from_slice(&checksum.to_be_bytes());
    header
}

fn parse_header(header: &[u8]) -> Option<u64> {
    let first = header.strip_prefix(MAGIC)?.first_chunk()?;
    let first = u64::from_be_bytes(*first);
    (encode_header(first) == header).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_parsed_strictly() {
        assert_eq!(parse_name("000001-2026-11.journal"), Some((1, "2026-11".into())));
        let longest = "x".repeat(MAX_LABEL);
        assert_eq!(
            parse_name(&file_name(MAX_SEGMENTS, &longest)),
            Some((MAX_SEGMENTS, longest.clone()))
        );
        for bad in [
            "000000-a.journal",
            "00001-a.journal",
            "+00001-a.journal",
            "0000001-a.journal",
            "1000000-a.journal",
            "000001-.journal",
            "000001-A.journal",
            "000001.journal",
            "000001-a.b.journal",
            ".journal",
            &format!("000001-{longest}x.journal"),
        ] {
            assert_eq!(parse_name(bad), None, "{bad}");
        }
    }

    #[test]
    fn headers_are_parsed_strictly() {
        let header = encode_header(0x0102_0304_0506_0708);
        assert_eq!(header.len() as u64, HEADER);
        assert_eq!(parse_header(&header), Some(0x0102_0304_0506_0708));
        for index in 0..header.len() {
            let mut flipped = header.clone();
            flipped[index] ^= 1;
            assert_eq!(parse_header(&flipped), None, "{index}");
            assert_eq!(parse_header(&header[..index]), None, "{index}");
        }
    }
}
