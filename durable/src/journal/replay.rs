//! Reading a segment from its first round to its last.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::error::{Damage, JournalError};
use super::frame::{self, FRAME_HEADER, FRAME_OVERHEAD, Frame, NotAFrame, ROUND_END};
use super::segment::{HEADER, Segment};
use super::{MAX_ROUND, Position};
use crate::error::DiskError;

/// Bytes in front of the caller's in the frame that ends a round: where the round begins in its
/// segment and how long its frames are, `u64be offset | u32be length`.
///
/// An end that names its round cannot be taken for another round's, and a round that lost frames in
/// its middle cannot be taken for a shorter one.
pub(super) const EXTENT: usize = 12;

/// What the end of a round says in front of the caller's bytes.
pub(super) fn encode_extent(start: u64, length: u32) -> [u8; EXTENT] {
    let mut extent = [0; EXTENT];
    extent[..8].copy_from_slice(&start.to_be_bytes());
    extent[8..].copy_from_slice(&length.to_be_bytes());
    extent
}

const READ_AHEAD: usize = 256 * 1024;

/// A whole round as it was committed: it is there with all its frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Round {
    /// The frames, in the order in which they were appended, each with where it stands.
    pub frames: Vec<(Position, Frame)>,
    /// Where the frame stands that ends the round.
    pub end_position: Position,
    /// What the caller gave as the round's end, such as the signed checkpoint.
    pub end: Vec<u8>,
}

/// What is left to say about a segment after its whole rounds were visited.
pub(super) struct Replayed {
    /// Where the last whole round ends.
    pub(super) whole: u64,
    /// The last whole round, with its offset.
    pub(super) last_round: Option<(u64, Vec<u8>)>,
    /// What cannot be read after it, if anything.
    pub(super) bad: Option<Bad>,
}

/// The first bytes in a segment that cannot be read.
pub(super) struct Bad {
    pub(super) at: u64,
    pub(super) damage: Damage,
}

/// Visits every whole round of a segment up to the first thing that is not whole.
pub(super) fn replay(
    segment: &Segment,
    visit: &mut impl FnMut(Round),
) -> Result<Replayed, JournalError> {
    let path = segment.file.path();
    let length = segment.file.length()?;
    let mut file = File::open(path).map_err(DiskError::io("open the file", path))?;
    file.seek(SeekFrom::Start(HEADER)).map_err(DiskError::io("read the file", path))?;
    let mut input = BufReader::with_capacity(READ_AHEAD, file);

    let mut replayed = Replayed { whole: HEADER, last_round: None, bad: None };
    while replayed.whole < length {
        let read = read_round(&mut input, segment.info.number, replayed.whole, length)
            .map_err(DiskError::io("read the file", path))?;
        match read {
            Ok((bytes, round)) => {
                let start = replayed.whole;
                replayed.whole += bytes.len() as u64;
                replayed.last_round = Some((start, bytes));
                visit(round);
            }
            Err(bad) => {
                replayed.bad = Some(bad);
                break;
            }
        }
    }
    Ok(replayed)
}

/// Reads the round at `start` of a file of `length` bytes, in which `input` stands there.
pub(super) fn read_round(
    input: &mut impl Read,
    segment: u32,
    start: u64,
    length: u64,
) -> io::Result<Result<(Vec<u8>, Round), Bad>> {
    let mut bytes = Vec::new();
    let mut frames = Vec::new();
    loop {
        let frame_start = bytes.len();
        let at = start + frame_start as u64;
        if let Err(damage) = read_frame(input, &mut bytes, length - at)? {
            return Ok(Err(Bad { at, damage }));
        }
        let checked = match frame::check(bytes.get(frame_start..).unwrap_or_default()) {
            Ok(checked) => checked,
            Err(fault) => return Ok(Err(Bad { at, damage: fault.into() })),
        };
        let position = Position { segment, offset: at, length: checked.payload.len() as u32 };
        if checked.frame_type != ROUND_END {
            frames.push((position, Frame::new(checked.frame_type, checked.payload)));
            continue;
        }
        let extent = encode_extent(start, frame_start as u32);
        let Some(end) = checked.payload.strip_prefix(&extent).map(<[u8]>::to_vec) else {
            return Ok(Err(Bad { at, damage: Damage::RoundExtent }));
        };
        return Ok(Ok((bytes, Round { frames, end_position: position, end })));
    }
}

/// Appends the next frame's bytes, unchecked, of the `left` that the file still has.
fn read_frame(
    input: &mut impl Read,
    bytes: &mut Vec<u8>,
    left: u64,
) -> io::Result<Result<(), Damage>> {
    if left == 0 {
        return Ok(Err(Damage::NoRoundEnd));
    }
    if left < FRAME_OVERHEAD as u64 {
        return Ok(Err(Damage::ShortFrame));
    }
    let mut header = [0; FRAME_HEADER];
    input.read_exact(&mut header)?;
    let size = match frame::announced_length(&header) {
        Ok(length) => length + FRAME_OVERHEAD,
        Err(fault) => return Ok(Err(fault.into())),
    };
    if size as u64 > left {
        return Ok(Err(Damage::ShortFrame));
    }
    if bytes.len() + size > MAX_ROUND {
        return Ok(Err(Damage::RoundTooLong));
    }
    bytes.extend_from_slice(&header);
    let body = bytes.len();
    bytes.resize(body + size - FRAME_HEADER, 0);
    input.read_exact(bytes.get_mut(body..).unwrap_or_default())?;
    Ok(Ok(()))
}

impl From<NotAFrame> for Damage {
    fn from(fault: NotAFrame) -> Self {
        match fault {
            NotAFrame::Short => Self::ShortFrame,
            NotAFrame::TooLong => Self::FrameTooLong,
            NotAFrame::Checksum => Self::Checksum,
        }
    }
}
