//! Erasing frames in place, so that a crash in the middle does not look like damage.
//!
//! ```text
//! erase-intent  "tsumugu/v1/erase-intent\n" | u32be count |
//!               count times (position | new frame) | u32be CRC-32 of all of the above
//! ```
//!
//! The new frame has the old one's length, so the journal around it stays as it is.

use std::path::{Path, PathBuf};

use super::frame::{self, FRAME_OVERHEAD};
use super::segment::{HEADER, Segment};
use super::{JournalError, MAX_FRAME, Position, ROUND_END, reader};
use crate::atomic::{self, Access};
use crate::crash::crash_point;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// Most frames that one erasure may take.
pub const MAX_ERASURES: usize = 256;

const INTENT: &str = "erase-intent";
const MAGIC: &[u8] = b"tsumugu/v1/erase-intent\n";
const MAX_INTENT: usize =
    MAGIC.len() + 4 + MAX_ERASURES * (Position::ENCODED + FRAME_OVERHEAD + MAX_FRAME) + 4;

/// One frame to be erased, and what shall stand in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// The frame to be erased.
    pub position: Position,
    /// The type of the frame that replaces it; not [`ROUND_END`].
    pub frame_type: u8,
    /// How the new payload begins; zeros fill it up to the old one's length.
    pub replacement: Vec<u8>,
}

/// A frame's bytes that are to stand at a position.
struct Overwrite {
    position: Position,
    frame: Vec<u8>,
}

/// What erasing will do, checked against what the journal holds.
pub(super) struct Plan(Vec<Overwrite>);

impl Plan {
    /// Checks every erasure; frames that are erased in this very way already are left out.
    pub(super) fn check(segments: &[Segment], erasures: &[Erasure]) -> Result<Self, JournalError> {
        if erasures.len() > MAX_ERASURES {
            return Err(JournalError::TooManyErasures { count: erasures.len() });
        }
        let mut overwrites = Vec::new();
        for Erasure { position, frame_type, replacement } in erasures {
            let position = *position;
            let old = reader::read(segments, position)?;
            if old.frame_type == ROUND_END || *frame_type == ROUND_END {
                return Err(JournalError::ReservedType);
            }
            let length = replacement.len();
            let filling = (position.length as usize)
                .checked_sub(length)
                .ok_or(JournalError::ReplacementTooLong { position, length })?;
            let mut payload = replacement.clone();
            payload.resize(length + filling, 0);
            if old.frame_type != *frame_type || old.payload != payload {
                let mut frame = Vec::new();
                frame::encode(&mut frame, *frame_type, &[&payload]);
                overwrites.push(Overwrite { position, frame });
            }
        }
        Ok(Self(overwrites))
    }

    /// Whether there is nothing to do.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Erases, so that either all or none of it is to be seen after a crash and the next start.
    ///
    /// ```text
    /// write_atomic(erase-intent)   a crash before: nothing is erased
    /// pwrite each frame            a crash: frames may be half overwritten; start-up does all again
    /// fdatasync each segment       a crash: the same
    /// unlink, fsync(DIR)           a crash: start-up does all again, which changes nothing
    /// ```
    ///
    /// The old bytes are gone as far as the file system shows. What a drive keeps of overwritten
    /// sectors, and older backups, are for disk encryption and the operator to deal with.
    pub(super) fn carry_out(
        &self,
        directory: &Path,
        segments: &[Segment],
        faults: &FaultPlan,
    ) -> Result<(), JournalError> {
        atomic::replace(&intent_path(directory), &self.encode(), Access::Private, faults)?;
        crash_point("erase.intent-written");
        self.overwrite(directory, segments, faults)
    }

    fn overwrite(
        &self,
        directory: &Path,
        segments: &[Segment],
        faults: &FaultPlan,
    ) -> Result<(), JournalError> {
        let mut touched: Vec<&Segment> = Vec::new();
        for Overwrite { position, frame } in &self.0 {
            let segment = reader::segment(segments, position.segment)
                .ok_or(JournalError::NoFrameAt { position: *position })?;
            segment.file.write_at(position.offset, frame)?;
            if touched.iter().all(|other| other.info.number != segment.info.number) {
                touched.push(segment);
            }
        }
        crash_point("erase.overwritten");
        for segment in touched {
            segment.file.sync_data()?;
        }
        crash_point("erase.synced");
        Ok(atomic::remove(&intent_path(directory), faults)?)
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&(self.0.len() as u32).to_be_bytes());
        for Overwrite { position, frame } in &self.0 {
            bytes.extend_from_slice(&position.to_bytes());
            bytes.extend_from_slice(frame);
        }
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_be_bytes());
        bytes
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (count, mut rest) = bytes.strip_prefix(MAGIC)?.split_first_chunk()?;
        let count = u32::from_be_bytes(*count) as usize;
        if count > MAX_ERASURES {
            return None;
        }
        let mut overwrites = Vec::new();
        for _ in 0..count {
            let (position, frames) = rest.split_first_chunk::<{ Position::ENCODED }>()?;
            let position = Position::from_bytes(position)?;
            let (frame, after) =
                frames.split_at_checked(position.length as usize + FRAME_OVERHEAD)?;
            let checked = frame::check(frame).ok()?;
            if checked.payload.len() != position.length as usize || checked.frame_type == ROUND_END
            {
                return None;
            }
            overwrites.push(Overwrite { position, frame: frame.to_vec() });
            rest = after;
        }
        let plan = Self(overwrites);
        (plan.encode() == bytes).then_some(plan)
    }

    /// Whether each frame stands where there is one of its length.
    ///
    /// A crash may have left any mixture of old and new bytes, but both have the same length field.
    fn fits(&self, segments: &[Segment]) -> Result<bool, JournalError> {
        for Overwrite { position, frame } in &self.0 {
            let Some(segment) = reader::segment(segments, position.segment) else {
                return Ok(false);
            };
            let there = segment.file.read_at(position.offset, frame.len())?;
            if position.offset < HEADER || there.is_none_or(|there| there[..4] != frame[..4]) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Start-up: does again what an interrupted erasure had announced.
pub(super) fn redo(
    directory: &Path,
    segments: &[Segment],
    faults: &FaultPlan,
) -> Result<(), JournalError> {
    let bytes = match atomic::read_limited(&intent_path(directory), MAX_INTENT as u64) {
        Err(DiskError::Missing { .. }) => return Ok(()),
        Err(DiskError::TooLong { .. }) => return Err(JournalError::BadIntent),
        read => read?,
    };
    // It was written atomically: one that cannot be read is damage, not the trace of a crash.
    let plan = Plan::parse(&bytes).ok_or(JournalError::BadIntent)?;
    if !plan.fits(segments)? {
        return Err(JournalError::BadIntent);
    }
    plan.overwrite(directory, segments, faults)
}

fn intent_path(directory: &Path) -> PathBuf {
    directory.join(INTENT)
}
