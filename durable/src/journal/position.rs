//! Where a frame stands: small enough for an index to hold millions.

use std::fmt;

use super::MAX_FRAME;

/// Where a frame of the journal stands.
///
/// It stays valid for ever: frames are never moved, and an erased one is replaced in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Number of the segment, counted from 1.
    pub segment: u32,
    /// Where in the segment's file the frame begins, in bytes.
    pub offset: u64,
    /// Length of the frame's payload in bytes, at most [`MAX_FRAME`].
    pub length: u32,
}

impl Position {
    /// Length of an encoded position in bytes.
    pub const ENCODED: usize = 16;

    /// `u32be segment | u64be offset | u32be length`: ordered as the frames are.
    #[must_use]
    pub fn to_bytes(self) -> [u8; Self::ENCODED] {
        let mut bytes = [0; Self::ENCODED];
        bytes[..4].copy_from_slice(&self.segment.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.offset.to_be_bytes());
        bytes[12..].copy_from_slice(&self.length.to_be_bytes());
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything that no frame can have.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; Self::ENCODED] = bytes.try_into().ok()?;
        let (segment, rest) = bytes.split_first_chunk()?;
        let (offset, length) = rest.split_first_chunk()?;
        let position = Self {
            segment: u32::from_be_bytes(*segment),
            offset: u64::from_be_bytes(*offset),
            length: u32::from_be_bytes(length.try_into().ok()?),
        };
        (position.segment > 0 && position.length as usize <= MAX_FRAME).then_some(position)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "segment {}, byte {}, length {}", self.segment, self.offset, self.length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_is_exact_and_strict() {
        let position = Position { segment: 1, offset: 0x0203, length: MAX_FRAME as u32 };
        let bytes = position.to_bytes();
        assert_eq!(bytes, [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 3, 0, 2, 0, 0]);
        assert_eq!(Position::from_bytes(&bytes), Some(position));
        assert_eq!(Position::from_bytes(&bytes[1..]), None);
        let over = Position { length: MAX_FRAME as u32 + 1, ..position };
        assert_eq!(Position::from_bytes(&over.to_bytes()), None);
        let nowhere = Position { segment: 0, ..position };
        assert_eq!(Position::from_bytes(&nowhere.to_bytes()), None);
    }
}
