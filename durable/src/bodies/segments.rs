//! Small bodies: many in one segment file, so that one sync makes a whole round of them durable.
//!
//! ```text
//! name    segments/NNNNNN.bodies     number from 000001
//! header  "tsumugu/v1/bodies\n"
//! then    frames as in the journal: type 1, payload digest (32 bytes) | body;
//!         destroyed: type 0, payload zeros
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::{BodyError, BodyLocation, DIGEST, SEGMENT_BODY_MAX, SEGMENT_ROLL};
use crate::atomic::{self, Access};
use crate::crash::crash_point;
use crate::disk::DiskFile;
use crate::error::DiskError;
use crate::fault::FaultPlan;
use crate::journal::FRAME_OVERHEAD;
use crate::journal::frame::{self, announced_length};

const MAGIC: &[u8] = b"tsumugu/v1/bodies\n";
const EXTENSION: &str = ".bodies";
const MAX_SEGMENTS: u32 = 999_999;

const DESTROYED: u8 = 0;
const BODY: u8 = 1;

/// The folder of segments, with the last one open for appending.
#[derive(Debug)]
pub(super) struct Segments {
    folder: Folder,
    last: Option<Last>,
    faults: FaultPlan,
}

/// Where the segments are; each read opens its file anew, so that no number of them is too many.
#[derive(Clone, Debug)]
pub(super) struct Folder(PathBuf);

#[derive(Debug)]
struct Last {
    number: u32,
    file: DiskFile,
    /// Where the next body goes.
    length: u64,
    /// Whether something was written since the last sync.
    dirty: bool,
}

impl Segments {
    /// Opens the last segment and appends after whatever it holds.
    ///
    /// A crash may have left half a body at its end, or whole ones of a round that never committed.
    /// No location points at them, so they are in nobody's way; the next body goes behind them.
    pub(super) fn open(store: &Path, faults: &FaultPlan) -> Result<Self, BodyError> {
        let folder = Folder(store.join("segments"));
        atomic::create_dir_durable(&folder.0)?;
        atomic::sweep_temporaries(&folder.0)?;
        let last = match folder.last_number()? {
            None => None,
            Some(number) => Some(Last::open(&folder, number, faults)?),
        };
        Ok(Self { folder, last, faults: faults.clone() })
    }

    pub(super) fn folder(&self) -> Folder {
        self.folder.clone()
    }

    /// Appends a body of at most [`SEGMENT_BODY_MAX`] bytes; it lasts only after [`Self::sync`].
    pub(super) fn put(
        &mut self,
        body: &[u8],
        digest: [u8; DIGEST],
    ) -> Result<BodyLocation, BodyError> {
        let mut bytes = Vec::new();
        frame::encode(&mut bytes, BODY, &[&digest, body]);
        let last = self.last_with_room(bytes.len() as u64)?;
        let (segment, offset) = (last.number, last.length);
        last.dirty = true;
        last.file.write_at(offset, &bytes)?;
        last.length += bytes.len() as u64;
        crash_point("bodies.written");
        Ok(BodyLocation::Segment { segment, offset, length: body.len() as u32, digest })
    }

    pub(super) fn sync(&mut self) -> Result<(), BodyError> {
        if let Some(last) = self.last.as_mut().filter(|last| last.dirty) {
            last.file.sync_data()?;
            last.dirty = false;
            crash_point("bodies.synced");
        }
        Ok(())
    }

    /// Overwrites bodies, given as segment, offset and length, with zeros; one sync per segment.
    pub(super) fn destroy(&self, bodies: &[(u32, u64, u32)]) -> Result<(), BodyError> {
        let mut by_segment: BTreeMap<u32, Vec<(u64, u32)>> = BTreeMap::new();
        for &(segment, offset, length) in bodies {
            by_segment.entry(segment).or_default().push((offset, length));
        }
        for (segment, bodies) in by_segment {
            let file = match DiskFile::open(&self.folder.path(segment), &self.faults) {
                Err(DiskError::Missing { .. }) => continue,
                opened => opened?,
            };
            for (offset, length) in bodies {
                overwrite(&file, offset, length)?;
            }
            crash_point("bodies.overwritten");
            file.sync_data()?;
        }
        Ok(())
    }

    /// The last segment, or a new one when it is full.
    fn last_with_room(&mut self, size: u64) -> Result<&mut Last, BodyError> {
        let full = |last: &Last| last.length + size > SEGMENT_ROLL;
        if self.last.as_ref().is_none_or(full) {
            // What the round wrote to the old one must not be forgotten by the round's sync.
            self.sync()?;
            let number = self.last.as_ref().map_or(0, |last| last.number) + 1;
            if number > MAX_SEGMENTS {
                return Err(BodyError::Full);
            }
            atomic::create(&self.folder.path(number), MAGIC, Access::Private, &self.faults)?;
            self.last = Some(Last::open(&self.folder, number, &self.faults)?);
        }
        self.last.as_mut().ok_or(BodyError::Full)
    }
}

impl Last {
    fn open(folder: &Folder, number: u32, faults: &FaultPlan) -> Result<Self, BodyError> {
        let file = DiskFile::open(&folder.path(number), faults)?;
        let length = file.length()?;
        match file.read_at(0, MAGIC.len())? {
            Some(magic) if magic == MAGIC => Ok(Self { number, file, length, dirty: false }),
            _ => Err(BodyError::BadSegment { segment: number }),
        }
    }
}

impl Folder {
    /// Reads the body at a place and checks that it is the one of this digest.
    pub(super) fn read(
        &self,
        location: BodyLocation,
        (segment, offset, length): (u32, u64, u32),
        digest: &[u8; DIGEST],
    ) -> Result<Vec<u8>, BodyError> {
        let absent = || BodyError::Absent { location };
        if length as usize > SEGMENT_BODY_MAX || offset < MAGIC.len() as u64 {
            return Err(absent());
        }
        let file = match DiskFile::open(&self.path(segment), &FaultPlan::none()) {
            Err(DiskError::Missing { .. }) => return Err(absent()),
            opened => opened?,
        };
        let payload = DIGEST + length as usize;
        let bytes = file.read_at(offset, payload + FRAME_OVERHEAD)?.ok_or_else(absent)?;
        if announced_length(&bytes) != Ok(payload) {
            return Err(absent());
        }
        let frame = frame::check(&bytes).map_err(|_| BodyError::Damaged { location })?;
        match (frame.frame_type, frame.payload.strip_prefix(digest)) {
            (DESTROYED, _) => Err(BodyError::Destroyed),
            (BODY, Some(body)) => Ok(body.to_vec()),
            _ => Err(absent()),
        }
    }

    fn path(&self, number: u32) -> PathBuf {
        self.0.join(format!("{number:06}{EXTENSION}"))
    }

    fn last_number(&self) -> Result<Option<u32>, BodyError> {
        let reading = || DiskError::io("list the directory", &self.0);
        let mut last = None;
        for entry in fs::read_dir(&self.0).map_err(reading())? {
            let name = entry.map_err(reading())?.file_name();
            let name = name.to_string_lossy();
            let Some(digits) = name.strip_suffix(EXTENSION) else { continue };
            let number = digits.parse().ok().filter(|n| (1..=MAX_SEGMENTS).contains(n));
            match number {
                Some(number) if format!("{number:06}") == digits => last = last.max(Some(number)),
                _ => return Err(BodyError::BadName { name: name.into_owned() }),
            }
        }
        Ok(last)
    }
}

/// Puts a destroyed frame of the same length in the place of a body.
///
/// The old frame's checksum is not looked at: a crash may have left it half overwritten, and a
/// rotten body has to be destroyed as well. Its length field is the same before, between and after,
/// so a place where there never was a body of this length is told apart, and left alone.
fn overwrite(file: &DiskFile, offset: u64, length: u32) -> Result<(), BodyError> {
    let payload = DIGEST + length as usize;
    if length as usize > SEGMENT_BODY_MAX || offset < MAGIC.len() as u64 {
        return Ok(());
    }
    let there = file.read_at(offset, payload + FRAME_OVERHEAD)?;
    if there.is_none_or(|there| announced_length(&there) != Ok(payload)) {
        return Ok(());
    }
    let mut destroyed = Vec::new();
    frame::encode(&mut destroyed, DESTROYED, &[&vec![0; payload]]);
    Ok(file.write_at(offset, &destroyed)?)
}
