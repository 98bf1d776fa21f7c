//! The frame, the journal's and the body segments' smallest unit.
//!
//! ```text
//! u32be  length of the payload
//! u8     frame type
//!        payload
//! u32be  CRC-32 (IEEE 802.3) of all of the above
//! ```
//!
//! The checksum finds torn and rotten bytes. It is no defence against a person: the log's signed
//! checkpoint is. A run of zero bytes, which is what a file system shows where it had enlarged a
//! file but not written it, is not a frame: the checksum of five zero bytes is not zero.

/// Longest payload of a frame, in bytes: 128 KiB.
pub const MAX_FRAME: usize = 128 * 1024;

/// Bytes of a frame beside its payload.
pub const FRAME_OVERHEAD: usize = FRAME_HEADER + CHECKSUM;

/// The frame type that ends a round; callers use 0 to 254.
pub const ROUND_END: u8 = 255;

/// Length and type.
pub(crate) const FRAME_HEADER: usize = 5;
const CHECKSUM: usize = 4;

/// One frame: a type and a payload of at most [`MAX_FRAME`] bytes, both the caller's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is; the caller's choice of 0 to 254.
    pub frame_type: u8,
    /// The payload.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame of this type and payload. The journal checks the limits when it takes it.
    #[must_use]
    pub fn new(frame_type: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { frame_type, payload: payload.into() }
    }
}

/// A frame whose length and checksum were checked, within the bytes it was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CheckedFrame<'a> {
    pub(crate) frame_type: u8,
    pub(crate) payload: &'a [u8],
}

/// Why bytes do not begin with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAFrame {
    Short,
    TooLong,
    Checksum,
}

/// Appends a frame whose payload is `parts`, one after the other.
///
/// The caller has checked that they are at most [`MAX_FRAME`] bytes together.
pub(crate) fn encode(out: &mut Vec<u8>, frame_type: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(length <= MAX_FRAME);
    let start = out.len();
    out.reserve(length + FRAME_OVERHEAD);
    out.extend_from_slice(&(length as u32).to_be_bytes());
    out.push(frame_type);
    for part in parts {
        out.extend_from_slice(part);
    }
    let checksum = crc32fast::hash(out.get(start..).unwrap_or_default());
    out.extend_from_slice(&checksum.to_be_bytes());
}

/// The payload length that bytes beginning with a frame's header announce, if it is within limits.
pub(crate) fn announced_length(bytes: &[u8]) -> Result<usize, NotAFrame> {
    let field = bytes.first_chunk().ok_or(NotAFrame::Short)?;
    let length = u32::from_be_bytes(*field) as usize;
    if length > MAX_FRAME { Err(NotAFrame::TooLong) } else { Ok(length) }
}

/// The frame that `bytes` begin with.
pub(crate) fn check(bytes: &[u8]) -> Result<CheckedFrame<'_>, NotAFrame> {
    let length = announced_length(bytes)?;
    let (covered, rest) = bytes.split_at_checked(FRAME_HEADER + length).ok_or(NotAFrame::Short)?;
    let checksum = rest.first_chunk().ok_or(NotAFrame::Short)?;
    if crc32fast::hash(covered) != u32::from_be_bytes(*checksum) {
        return Err(NotAFrame::Checksum);
    }
    match covered {
        [_, _, _, _, frame_type, payload @ ..] => {
            Ok(CheckedFrame { frame_type: *frame_type, payload })
        }
        _ => Err(NotAFrame::Short),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_as_documented() {
        let mut out = vec![0xaa];
        encode(&mut out, 7, &[b"ab", b"", b"c"]);
        assert_eq!(out[1..9], [0, 0, 0, 3, 7, b'a', b'b', b'c']);
        assert_eq!(out[9..], crc32fast::hash(&out[1..9]).to_be_bytes());
        assert_eq!(check(&out[1..]), Ok(CheckedFrame { frame_type: 7, payload: b"abc" }));
    }

    #[test]
    fn every_cut_is_short_and_every_flip_is_found() {
        let mut frame = Vec::new();
        encode(&mut frame, 1, &[b"payload"]);
        for cut in 0..frame.len() {
            assert_eq!(check(&frame[..cut]), Err(NotAFrame::Short), "{cut}");
        }
        for bit in 0..frame.len() * 8 {
            let mut flipped = frame.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(check(&flipped).is_err(), "{bit}");
        }
    }

    #[test]
    fn the_limit_is_inclusive() {
        let mut frame = Vec::new();
        encode(&mut frame, 1, &[&vec![9; MAX_FRAME]]);
        assert_eq!(check(&frame).unwrap().payload.len(), MAX_FRAME);
        assert_eq!(announced_length(&(MAX_FRAME as u32).to_be_bytes()), Ok(MAX_FRAME));
        let over = (MAX_FRAME as u32 + 1).to_be_bytes();
        assert_eq!(announced_length(&over), Err(NotAFrame::TooLong));
        assert_eq!(check(&over), Err(NotAFrame::TooLong));
    }

    #[test]
    fn zeros_are_not_a_frame() {
        assert_eq!(check(&[0; 64]), Err(NotAFrame::Checksum));
    }
}
