//! Where a body stands: what the journal's records hold in its place.

use crate::journal::FRAME_OVERHEAD;

/// Length of a digest in bytes (SHA-256).
pub const DIGEST: usize = 32;

/// Where a body stands, and the digest that its reader has to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BodyLocation {
    /// In a segment file, together with many others.
    Segment {
        /// Number of the segment, counted from 1.
        segment: u32,
        /// Where in the segment its frame begins, in bytes.
        offset: u64,
        /// Length of the body in bytes, at most [`SEGMENT_BODY_MAX`](super::SEGMENT_BODY_MAX).
        length: u32,
        /// SHA-256 of the body, as the caller computed it.
        digest: [u8; DIGEST],
    },
    /// In a file of its own, named after the digest.
    File {
        /// Length of the body in bytes.
        length: u64,
        /// CRC-32 of the body.
        checksum: u32,
        /// SHA-256 of the body, as the caller computed it.
        digest: [u8; DIGEST],
    },
}

const SEGMENT: u8 = 1;
const FILE: u8 = 2;

impl BodyLocation {
    /// Longest encoded location in bytes.
    pub const MAX_ENCODED: usize = 1 + 4 + 8 + 4 + DIGEST;

    /// The digest that the caller gave when it put the body.
    #[must_use]
    pub fn digest(&self) -> &[u8; DIGEST] {
        match self {
            Self::Segment { digest, .. } | Self::File { digest, .. } => digest,
        }
    }

    /// Length of the body in bytes.
    #[must_use]
    pub fn length(&self) -> u64 {
        match self {
            Self::Segment { length, .. } => u64::from(*length),
            Self::File { length, .. } => *length,
        }
    }

    /// The file that it stands in, below the store's folder, and how many bytes of that file it needs from
    /// the file's beginning: what a backup takes.
    #[must_use]
    pub fn file(&self) -> (String, u64) {
        match self {
            Self::Segment { segment, offset, length, .. } => {
                let frame = (DIGEST + FRAME_OVERHEAD) as u64 + u64::from(*length);
                (format!("segments/{segment:06}.bodies"), offset.saturating_add(frame))
            }
            Self::File { length, digest, .. } => {
                let name = hex::encode(digest);
                let (shard, _) = name.split_at(2);
                (format!("files/{shard}/{name}"), *length)
            }
        }
    }

    /// `1 | u32be segment | u64be offset | u32be length | digest`, or
    /// `2 | u64be length | u32be CRC-32 | digest`.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(Self::MAX_ENCODED);
        match self {
            Self::Segment { segment, offset, length, digest } => {
                bytes.push(SEGMENT);
                bytes.extend_from_slice(&segment.to_be_bytes());
                bytes.extend_from_slice(&offset.to_be_bytes());
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(digest);
            }
            Self::File { length, checksum, digest } => {
                bytes.push(FILE);
                bytes.extend_from_slice(&length.to_be_bytes());
                bytes.extend_from_slice(&checksum.to_be_bytes());
                bytes.extend_from_slice(digest);
            }
        }
        bytes
    }

    /// Reads what [`Self::to_bytes`] wrote; `None` for anything else.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (tag, rest) = bytes.split_first()?;
        let location = match *tag {
            SEGMENT => {
                let (segment, rest) = rest.split_first_chunk()?;
                let (offset, rest) = rest.split_first_chunk()?;
                let (length, digest) = rest.split_first_chunk()?;
                Self::Segment {
                    segment: u32::from_be_bytes(*segment),
                    offset: u64::from_be_bytes(*offset),
                    length: u32::from_be_bytes(*length),
                    digest: digest.try_into().ok()?,
                }
            }
            FILE => {
                let (length, rest) = rest.split_first_chunk()?;
                let (checksum, digest) = rest.split_first_chunk()?;
                Self::File {
                    length: u64::from_be_bytes(*length),
                    checksum: u32::from_be_bytes(*checksum),
                    digest: digest.try_into().ok()?,
                }
            }
            _ => return None,
        };
        Some(location)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BodyStore, SEGMENT_BODY_MAX};
    use super::*;

    #[test]
    fn a_body_stands_in_the_named_file_and_nothing_of_it_beyond_the_named_length() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = BodyStore::open(folder.path()).unwrap();
        for body in [&b"first"[..], b"second", &vec![1; SEGMENT_BODY_MAX + 1]] {
            let location = store.put(body, [body.len() as u8; DIGEST]).unwrap();
            store.sync().unwrap();
            let (file, needed) = location.file();
            let there = std::fs::metadata(folder.path().join(file)).unwrap().len();
            assert_eq!(there, needed, "it was the last one put");
        }
    }

    #[test]
    fn encoding_is_exact_and_strict() {
        let digest = [7; DIGEST];
        let segment = BodyLocation::Segment { segment: 1, offset: 2, length: 3, digest };
        let file = BodyLocation::File { length: 4, checksum: 5, digest };
        assert_eq!(segment.to_bytes()[..17], [1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 3]);
        assert_eq!(file.to_bytes()[..13], [2, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 5]);
        for location in [segment, file] {
            let bytes = location.to_bytes();
            assert!(bytes.len() <= BodyLocation::MAX_ENCODED);
            assert_eq!(BodyLocation::from_bytes(&bytes), Some(location));
            assert_eq!(location.digest(), &digest);
            assert_eq!(BodyLocation::from_bytes(&[&bytes[..], &[0]].concat()), None);
            for cut in 0..bytes.len() {
                assert_eq!(BodyLocation::from_bytes(&bytes[..cut]), None);
            }
        }
        assert_eq!(BodyLocation::from_bytes(&[3; 49]), None);
    }
}
