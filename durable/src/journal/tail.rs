//! Is the end of the journal torn, or is it damaged?
//!
//! A crash tears only what was being written: the last round, which was never acknowledged, so
//! dropping it loses nothing. Anything else that cannot be read is damage to acknowledged rounds,
//! and dropping it would be silent loss. The difference is looked for in the bytes from the start
//! of the last round that is not whole to the end of the file:
//!
//! 1. A round was torn, so nothing whole follows. Where the end of a *later* round is found, or the
//!    round's own end with anything after it, the bytes in front of it are damage.
//! 2. The round's own end can stand at the end of the file although it is torn: a file system may
//!    write the pages of one write in any order, and shows those that it did not get to as zeros.
//!    So the round is torn if the frame that cannot be read has a *hole*, a disk sector that is
//!    zero from end to end. Without one (a flipped bit, other bytes) it is damage.
//!
//! In a torn round, bytes that a sender chose could pass for the end of a later round; they would
//! have to name the very offset at which they stand. Then start-up refuses, and nothing is lost.

use super::frame::{self, FRAME_HEADER, FRAME_OVERHEAD, ROUND_END};
use super::replay::{EXTENT, encode_extent};

/// The smallest unit that a disk writes; a write to it happens wholly or not at all.
const SECTOR: u64 = 512;

/// Fewer zeros than this at the edge of a sector can be part of a frame, such as of its length.
const SMALLEST_HOLE: u64 = 8;

/// Whether `tail`, the file from `round_start` to its end, is one round torn by a crash.
///
/// `bad_at` is the offset in the file of the first frame in it that cannot be read.
pub(super) fn is_torn(tail: &[u8], round_start: u64, bad_at: u64) -> bool {
    let bad = (bad_at - round_start) as usize;
    let mut own_end = None;
    for index in bad..tail.len() {
        let candidate = tail.get(index..).unwrap_or_default();
        let Some(found) = round_end(candidate, round_start + index as u64) else { continue };
        if found.start == round_start && index + found.size == tail.len() {
            own_end = Some(index);
        } else if found.start >= round_start {
            return false;
        }
    }
    own_end.is_none_or(|end| has_hole(tail, round_start, bad, end))
}

struct RoundEnd {
    start: u64,
    size: usize,
}

/// The end of a round that the bytes at `at` begin with, if the round that it names ends there.
fn round_end(bytes: &[u8], at: u64) -> Option<RoundEnd> {
    // The type is looked at first: it rules out nearly all places before any checksum is computed.
    if bytes.get(FRAME_HEADER - 1) != Some(&ROUND_END) {
        return None;
    }
    let frame = frame::check(bytes).ok()?;
    let extent = frame.payload.first_chunk::<EXTENT>()?;
    let start = u64::from_be_bytes(*extent.first_chunk()?);
    let fits = *extent == encode_extent(start, u32::try_from(at.checked_sub(start)?).ok()?);
    fits.then_some(RoundEnd { start, size: frame.payload.len() + FRAME_OVERHEAD })
}

/// Whether a sector that the unreadable frame at `bad` touches is zero within `tail[..end]`.
fn has_hole(tail: &[u8], round_start: u64, bad: usize, end: usize) -> bool {
    let announced = frame::announced_length(tail.get(bad..).unwrap_or_default());
    let bad_end = announced.map_or(end, |length| (bad + length + FRAME_OVERHEAD).min(end));
    let first = (round_start + bad as u64) / SECTOR;
    let last = (round_start + bad_end as u64).saturating_sub(1) / SECTOR;
    (first..=last).any(|sector| {
        // Sectors are counted from the start of the file; what is in front of the round is not its.
        let from = (sector * SECTOR).max(round_start) - round_start;
        let to = ((sector + 1) * SECTOR - round_start).min(end as u64);
        let zero = |bytes: &[u8]| bytes.iter().all(|&byte| byte == 0);
        to.saturating_sub(from) >= SMALLEST_HOLE
            && tail.get(from as usize..to as usize).is_some_and(zero)
    })
}
