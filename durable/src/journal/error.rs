//! Why the journal refused, and what a damaged one looks like.

use std::fmt;

use super::{MAX_ERASURES, MAX_FRAME, MAX_LABEL, MAX_ROUND, MAX_SEGMENTS, Position};
use crate::error::DiskError;

/// A refusal of the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// An earlier write or sync failed, so nobody knows what the disk holds; start-up finds out.
    #[error("the journal stopped after a failed write; a restart decides what was kept")]
    Stopped,
    /// A new journal has no segment: the caller has to [`roll`](super::Journal::roll) first.
    #[error("the journal has no segment yet")]
    NoSegment,
    /// The caller used the frame type that ends rounds.
    #[error("frame type {} is reserved for the end of a round", super::ROUND_END)]
    ReservedType,
    /// The caller's frame is too long.
    #[error("a frame of {length} bytes is longer than {MAX_FRAME}")]
    FrameTooLong {
        /// Length of its payload in bytes.
        length: usize,
    },
    /// The caller's round is too long.
    #[error("a round of {length} bytes is longer than {MAX_ROUND}")]
    RoundTooLong {
        /// Length of the encoded round in bytes.
        length: usize,
    },
    /// The caller's label is not one.
    #[error("the label {label:?} is not 1 to {MAX_LABEL} of a-z, 0-9 and -")]
    BadLabel {
        /// What was given.
        label: String,
    },
    /// A segment would begin before the one in front of it.
    #[error("segment {segment} begins with leaf {first}, before {previous} of the one in front")]
    FirstGoesBack {
        /// The segment.
        segment: u32,
        /// Its first leaf.
        first: u64,
        /// The first leaf of the segment in front of it.
        previous: u64,
    },
    /// There are as many segments as there can be.
    #[error("the journal has {MAX_SEGMENTS} segments, and there can be no more")]
    Full,
    /// The position was never given out by this journal, or its round was dropped.
    #[error("there is no frame at {position}")]
    NoFrameAt {
        /// The position.
        position: Position,
    },
    /// The text that shall replace a frame is longer than the frame.
    #[error("the replacement of {length} bytes is longer than the frame at {position}")]
    ReplacementTooLong {
        /// The frame to be replaced.
        position: Position,
        /// Length of the replacement in bytes.
        length: usize,
    },
    /// More frames than one erasure may take.
    #[error("{count} erasures at once are more than {MAX_ERASURES}")]
    TooManyErasures {
        /// How many were given.
        count: usize,
    },
    /// Bytes are not as they were written. Nothing was repaired: an operator has to decide.
    #[error("journal segment {segment} is damaged at byte {offset}: {damage}")]
    Damaged {
        /// Number of the segment, the first digits of its file's name.
        segment: u32,
        /// Where in the file the damage was met, in bytes.
        offset: u64,
        /// What is wrong there.
        damage: Damage,
    },
    /// A file whose name ends like a segment's but is not one.
    #[error("{name:?} is not the name of a journal segment")]
    BadName {
        /// The name.
        name: String,
    },
    /// A segment is gone, or is there twice.
    #[error("journal segment {segment} is missing, or there twice")]
    NotInOrder {
        /// The number that was expected.
        segment: u32,
    },
    /// The intent of an interrupted erasure does not fit the journal.
    #[error("the file erase-intent is damaged or belongs to another journal")]
    BadIntent,
    /// A file could not be read, written, or synced.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

/// What is wrong with the bytes of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The segment's header is short, has another magic, or fails its checksum.
    Header,
    /// The file ends within a frame.
    ShortFrame,
    /// A frame says that it is longer than [`MAX_FRAME`].
    FrameTooLong,
    /// A frame fails its checksum.
    Checksum,
    /// The frames since the last end of a round are more than [`MAX_ROUND`] bytes.
    RoundTooLong,
    /// The end of a round names another beginning or length than the round has.
    RoundExtent,
    /// The file ends without the end of a round.
    NoRoundEnd,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "the header is not whole",
            Self::ShortFrame => "the file ends within a frame",
            Self::FrameTooLong => "a frame is too long",
            Self::Checksum => "the checksum of a frame is wrong",
            Self::RoundTooLong => "a round is too long",
            Self::RoundExtent => "the end of a round does not fit the round",
            Self::NoRoundEnd => "the file ends within a round",
        })
    }
}
