//! The journal: an append-only sequence of rounds in a folder of segment files.
//!
//! A *round* is what commits together: any number of frames and the frame that ends it. It is
//! written with one write and made durable with one `fdatasync`, which is the only commit point:
//!
//! ```text
//! pwrite(segment, round)      a crash leaves any part of the round; start-up drops what is not whole
//! fdatasync(segment)          the round is there from here on
//! ```
//!
//! A crash between the two may also leave the whole round: start-up then takes it, although nobody
//! was told. A caller must therefore be able to apply a round that it does not remember.
//!
//! The formats are in [`frame`](self::Frame), in the file `segment.rs`, and in `erase.rs`.

mod erase;
mod error;
pub(crate) mod frame;
mod position;
mod reader;
mod replay;
mod segment;
mod snapshot;
mod tail;

use std::path::{Path, PathBuf};

pub use self::erase::{Erasure, MAX_ERASURES};
pub use self::error::{Damage, JournalError};
pub use self::frame::{FRAME_OVERHEAD, Frame, MAX_FRAME, ROUND_END};
pub use self::position::Position;
pub use self::reader::JournalReader;
pub use self::replay::Round;
pub use self::segment::{MAX_LABEL, MAX_SEGMENTS, SegmentInfo};
pub use self::snapshot::{CopyError, JournalSnapshot};

use self::replay::{Bad, EXTENT, Replayed, encode_extent};
use self::segment::Segment;
use crate::atomic::sweep_temporaries;
use crate::crash::{crash_point, is_armed};
use crate::disk::sync_directory;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// Longest round in bytes, with all overhead and its end: 64 MiB.
pub const MAX_ROUND: usize = 64 * 1024 * 1024;

/// Longest end of a round, in bytes.
pub const MAX_END: usize = MAX_FRAME - EXTENT;

/// The journal, open for appending. There is one per folder, under a [`FolderLock`](crate::FolderLock).
#[derive(Debug)]
pub struct Journal {
    directory: PathBuf,
    reader: JournalReader,
    /// Where the next round begins, in the last segment.
    length: u64,
    dropped: Option<DroppedTail>,
    /// Set before every step that changes the disk and cleared when it has succeeded.
    stopped: bool,
    faults: FaultPlan,
}

/// A last round that a crash had torn and that [`Journal::open`] cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DroppedTail {
    /// The segment that it stood in.
    pub segment: u32,
    /// Where it began, in bytes: the length of the segment now.
    pub offset: u64,
    /// How many bytes of it there were.
    pub length: u64,
}

impl Journal {
    /// Opens the journal in a folder that exists (an empty one is a journal without segments), and
    /// gives every whole round to `visit`, in order.
    ///
    /// In this order: temporary files of a crash are removed; an interrupted erasure is done again;
    /// the rounds are read; a last round that is not whole is cut off, if it is certain that a
    /// crash tore it; the last whole round is written once more and synced. The last is for a sync
    /// that failed: Linux then keeps the pages and calls them clean, so the round can be read and
    /// yet not be on the disk (Rebello and others, ATC 2020). A crash anywhere here leaves a
    /// folder that opens in the same way.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] names segment and offset of the first thing that is not as it was
    /// written; rounds before it were visited, and nothing was changed or repaired.
    pub fn open(directory: &Path, visit: impl FnMut(Round)) -> Result<Self, JournalError> {
        Self::open_with(directory, FaultPlan::none(), visit)
    }

    /// [`Self::open`] under a plan of faults, which tests arm.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(
        directory: &Path,
        faults: FaultPlan,
        mut visit: impl FnMut(Round),
    ) -> Result<Self, JournalError> {
        sweep_temporaries(directory)?;
        // A segment that an earlier run made may have a name that is not durable yet.
        sync_directory(directory, &faults)?;
        let segments = segment::open_all(directory, &faults)?;
        erase::redo(directory, &segments, &faults)?;

        let mut length = 0;
        let mut dropped = None;
        for (index, segment) in segments.iter().enumerate() {
            let replayed = replay::replay(segment, &mut visit)?;
            length = replayed.whole;
            if index + 1 == segments.len() {
                dropped = settle_tail(segment, &replayed)?;
            } else if let Some(bad) = &replayed.bad {
                return Err(damaged(segment, bad));
            }
        }
        Ok(Self {
            directory: directory.to_owned(),
            reader: JournalReader::new(segments),
            length,
            dropped,
            stopped: false,
            faults,
        })
    }

    /// Appends a round and makes it durable; when this returns, it is committed.
    ///
    /// The positions are those of `frames`, in their order. `end` closes the round, such as the
    /// signed checkpoint that it leads to.
    ///
    /// # Errors
    /// What was given is refused before anything is written. After a failed write or sync
    /// ([`JournalError::Disk`]) the round may or may not be there: the journal has stopped, and
    /// every later call is refused with [`JournalError::Stopped`].
    pub fn append_round(
        &mut self,
        frames: &[Frame],
        end: &[u8],
    ) -> Result<Vec<Position>, JournalError> {
        self.check_running()?;
        let segment = self.reader.segments().len() as u32;
        if segment == 0 {
            return Err(JournalError::NoSegment);
        }
        let (bytes, positions) = encode_round(segment, self.length, frames, end)?;
        self.changing(|journal| {
            let segments = journal.reader.segments();
            let current = segments.last().ok_or(JournalError::NoSegment)?;
            Ok(commit(current, journal.length, &bytes)?)
        })?;
        self.length += bytes.len() as u64;
        Ok(positions)
    }

    /// Begins a new segment, to which all later rounds go.
    ///
    /// `first` is the number of the first leaf that will stand in it, by the caller's count; it
    /// never goes back. The label, such as `2026-11`, is for people. A crash leaves the new segment
    /// there, whole and empty, or not there.
    ///
    /// # Errors
    /// [`JournalError::BadLabel`], [`JournalError::FirstGoesBack`] and [`JournalError::Full`]
    /// refuse; after [`JournalError::Disk`] the journal has stopped.
    pub fn roll(&mut self, first: u64, label: &str) -> Result<(), JournalError> {
        self.check_running()?;
        let number = {
            let segments = self.reader.segments();
            let number = segments.len() as u32 + 1;
            segment::check_first(segments.last(), number, first)?;
            number
        };
        if number > MAX_SEGMENTS {
            return Err(JournalError::Full);
        }
        segment::check_label(label)?;
        let info = SegmentInfo { number, first, label: label.to_owned() };
        self.changing(|journal| {
            let segment = Segment::create(&journal.directory, info, &journal.faults)?;
            journal.reader.segments_mut().push(segment);
            Ok(())
        })?;
        self.length = segment::HEADER;
        Ok(())
    }

    /// Overwrites one frame with another of the same length: see [`Self::erase_all`].
    ///
    /// # Errors
    /// As [`Self::erase_all`].
    pub fn erase(
        &mut self,
        position: Position,
        replacement_type: u8,
        replacement: &[u8],
    ) -> Result<(), JournalError> {
        let frame_type = replacement_type;
        self.erase_all(&[Erasure { position, frame_type, replacement: replacement.to_vec() }])
    }

    /// Overwrites frames in place, all or none: what the log must forget after its retention time.
    ///
    /// Each new payload is the replacement, filled up with zeros to the old length; its type must
    /// tell the reader where the zeros begin. Repeating an erasure changes nothing. A crash in the
    /// middle is made good by the next [`Self::open`].
    ///
    /// # Errors
    /// Positions without a frame, replacements that are too long and the end of a round are refused
    /// before anything is changed; after [`JournalError::Disk`] the journal has stopped.
    pub fn erase_all(&mut self, erasures: &[Erasure]) -> Result<(), JournalError> {
        self.check_running()?;
        let plan = erase::Plan::check(&self.reader.segments(), erasures)?;
        if plan.is_empty() {
            return Ok(());
        }
        self.changing(|journal| {
            let segments = journal.reader.segments_mut();
            plan.carry_out(&journal.directory, &segments, &journal.faults)
        })
    }

    /// Reads one frame: see [`JournalReader::read`].
    ///
    /// # Errors
    /// As [`JournalReader::read`].
    pub fn read(&self, position: Position) -> Result<Frame, JournalError> {
        self.reader.read(position)
    }

    /// A reader for other threads.
    #[must_use]
    pub fn reader(&self) -> JournalReader {
        self.reader.clone()
    }

    /// The segments, oldest first.
    #[must_use]
    pub fn segments(&self) -> Vec<SegmentInfo> {
        self.reader.segments().iter().map(|segment| segment.info.clone()).collect()
    }

    /// The torn last round that [`Self::open`] cut off, if there was one.
    #[must_use]
    pub fn dropped(&self) -> Option<DroppedTail> {
        self.dropped
    }

    /// Whether a write or sync failed, so that only a restart can tell what the disk holds.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    fn check_running(&self) -> Result<(), JournalError> {
        if self.stopped { Err(JournalError::Stopped) } else { Ok(()) }
    }

    /// Does a step after which, should it fail or panic, the state of the disk is unknown.
    fn changing(
        &mut self,
        step: impl FnOnce(&Self) -> Result<(), JournalError>,
    ) -> Result<(), JournalError> {
        self.stopped = true;
        step(self)?;
        self.stopped = false;
        Ok(())
    }
}

fn encode_round(
    segment: u32,
    start: u64,
    frames: &[Frame],
    end: &[u8],
) -> Result<(Vec<u8>, Vec<Position>), JournalError> {
    let mut size = end.len() + EXTENT + FRAME_OVERHEAD;
    for frame in frames {
        let length = frame.payload.len();
        if frame.frame_type == ROUND_END {
            return Err(JournalError::ReservedType);
        }
        if length > MAX_FRAME {
            return Err(JournalError::FrameTooLong { length });
        }
        size += length + FRAME_OVERHEAD;
    }
    if end.len() > MAX_END {
        return Err(JournalError::FrameTooLong { length: end.len() + EXTENT });
    }
    if size > MAX_ROUND {
        return Err(JournalError::RoundTooLong { length: size });
    }

    let mut bytes = Vec::with_capacity(size);
    let mut positions = Vec::with_capacity(frames.len());
    for Frame { frame_type, payload } in frames {
        let offset = start + bytes.len() as u64;
        positions.push(Position { segment, offset, length: payload.len() as u32 });
        frame::encode(&mut bytes, *frame_type, &[payload]);
    }
    let extent = encode_extent(start, bytes.len() as u32);
    frame::encode(&mut bytes, ROUND_END, &[&extent, end]);
    Ok((bytes, positions))
}

/// The commit point: the round is there if the sync returns.
fn commit(segment: &Segment, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
    if is_armed("journal.half-written") {
        let (first, second) = bytes.split_at(bytes.len() / 2);
        segment.file.write_at(offset, first)?;
        crash_point("journal.half-written");
        segment.file.write_at(offset + first.len() as u64, second)?;
    } else {
        segment.file.write_at(offset, bytes)?;
    }
    crash_point("journal.written");
    segment.file.sync_data()?;
    crash_point("journal.synced");
    Ok(())
}

/// Brings the last segment to a state that is on the disk: cut to whole rounds, and synced.
fn settle_tail(
    segment: &Segment,
    replayed: &Replayed,
) -> Result<Option<DroppedTail>, JournalError> {
    let dropped = match &replayed.bad {
        None => None,
        Some(bad) => {
            let length = segment.file.length()? - replayed.whole;
            if !is_torn(segment, replayed.whole, length, bad)? {
                return Err(damaged(segment, bad));
            }
            segment.file.truncate(replayed.whole)?;
            let segment = segment.info.number;
            Some(DroppedTail { segment, offset: replayed.whole, length })
        }
    };
    if let Some((offset, bytes)) = &replayed.last_round {
        segment.file.write_at(*offset, bytes)?;
        segment.file.sync_all()?;
    }
    Ok(dropped)
}

fn is_torn(segment: &Segment, start: u64, length: u64, bad: &Bad) -> Result<bool, JournalError> {
    match bad.damage {
        // Every frame is whole and the file ends: there is nothing behind to look for.
        Damage::NoRoundEnd => return Ok(true),
        // A whole frame that no crash can have made.
        Damage::RoundExtent => return Ok(false),
        _ => {}
    }
    if length > MAX_ROUND as u64 {
        // More than one write: not all of this can be the torn one.
        return Ok(false);
    }
    let tail = segment.file.read_at(start, length as usize)?;
    Ok(tail.is_some_and(|tail| tail::is_torn(&tail, start, bad.at)))
}

fn damaged(segment: &Segment, bad: &Bad) -> JournalError {
    JournalError::Damaged { segment: segment.info.number, offset: bad.at, damage: bad.damage }
}

#[cfg(test)]
mod tests;
