//! Reading single frames, from any number of threads while the journal grows.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::error::{Damage, JournalError};
use super::frame::{self, FRAME_OVERHEAD, Frame, ROUND_END};
use super::replay::EXTENT;
use super::segment::{HEADER, Segment};
use super::{MAX_FRAME, Position};

/// A reader of committed frames. Clones are cheap and may be used from any thread.
///
/// Reads do not wait for appends; they wait for an erasure to end, so that none sees half of it.
#[derive(Clone, Debug)]
pub struct JournalReader {
    segments: Arc<RwLock<Vec<Segment>>>,
}

impl JournalReader {
    pub(super) fn new(segments: Vec<Segment>) -> Self {
        Self { segments: Arc::new(RwLock::new(segments)) }
    }

    /// Reads the frame at a position that the journal gave out, and checks its checksum.
    ///
    /// The frame that ends a round comes with type [`ROUND_END`] and what the caller gave as end.
    ///
    /// # Errors
    /// [`JournalError::NoFrameAt`] when there is none of this length, as after a last round that
    /// start-up dropped; [`JournalError::Damaged`] when there is one and its bytes are not as they
    /// were written.
    pub fn read(&self, position: Position) -> Result<Frame, JournalError> {
        read(&self.segments(), position)
    }

    /// The segments, for reading frames and for appending: neither changes a committed byte.
    pub(super) fn segments(&self) -> RwLockReadGuard<'_, Vec<Segment>> {
        self.segments.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The segments, for adding one or for overwriting a frame, while nobody reads.
    pub(super) fn segments_mut(&self) -> RwLockWriteGuard<'_, Vec<Segment>> {
        self.segments.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The segment of this number.
pub(super) fn segment(segments: &[Segment], number: u32) -> Option<&Segment> {
    segments.get(usize::try_from(number.checked_sub(1)?).ok()?)
}

/// Reads and checks the frame at `position`.
pub(super) fn read(segments: &[Segment], position: Position) -> Result<Frame, JournalError> {
    let nothing = || JournalError::NoFrameAt { position };
    let segment = segment(segments, position.segment).ok_or_else(nothing)?;
    let length = position.length as usize;
    if length > MAX_FRAME || position.offset < HEADER {
        return Err(nothing());
    }
    let bytes = segment.file.read_at(position.offset, length + FRAME_OVERHEAD)?;
    let bytes = bytes.ok_or_else(nothing)?;
    if frame::announced_length(&bytes) != Ok(length) {
        return Err(nothing());
    }
    let checked = frame::check(&bytes).map_err(|fault| JournalError::Damaged {
        segment: position.segment,
        offset: position.offset,
        damage: fault.into(),
    })?;
    let payload = match checked.frame_type {
        ROUND_END => checked.payload.get(EXTENT..).ok_or(JournalError::Damaged {
            segment: position.segment,
            offset: position.offset,
            damage: Damage::RoundExtent,
        })?,
        _ => checked.payload,
    };
    Ok(Frame::new(checked.frame_type, payload))
}
