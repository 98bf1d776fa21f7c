//! A body piece by piece, for whoever takes it slowly.

use std::sync::PoisonError;

use super::{BodyError, BodyLocation, BodyReader};

/// Reads a body from its beginning. Between two pieces it holds no memory and no open file.
#[derive(Clone, Debug)]
pub struct BodyPieces {
    reader: BodyReader,
    location: BodyLocation,
    /// Bytes that were read.
    offset: u64,
    checksum: crc32fast::Hasher,
}

impl BodyPieces {
    pub(super) fn new(reader: BodyReader, location: BodyLocation) -> Self {
        Self { reader, location, offset: 0, checksum: crc32fast::Hasher::new() }
    }

    /// The next piece, of at most `most` bytes; nothing after the last. A body of a segment is one
    /// piece, whatever `most` is: it has at most [`SEGMENT_BODY_MAX`](super::SEGMENT_BODY_MAX) bytes.
    ///
    /// # Errors
    /// As [`BodyReader::read`]. Damage is found with the last piece, which is not given then; whether
    /// the digest is the body's is for whoever has all of it to compute.
    pub fn next(&mut self, most: usize) -> Result<Option<Vec<u8>>, BodyError> {
        let length = self.location.length();
        if self.offset >= length {
            return Ok(None);
        }
        let BodyLocation::File { checksum, digest, .. } = self.location else {
            self.offset = length;
            return self.reader.read(&self.location).map(Some);
        };
        let left = usize::try_from(length - self.offset).unwrap_or(usize::MAX).min(most.max(1));
        let part = {
            let gate = self.reader.gate.read();
            let _shared = gate.unwrap_or_else(PoisonError::into_inner);
            self.reader.files.read_part(self.location, &digest, self.offset, left)?
        };
        self.checksum.update(&part);
        self.offset += part.len() as u64;
        let is_last = self.offset == length;
        if part.len() < left || is_last && self.checksum.clone().finalize() != checksum {
            return Err(BodyError::Damaged { location: self.location });
        }
        Ok(Some(part))
    }
}

#[cfg(test)]
mod tests {
    use super::super::{BodyStore, SEGMENT_BODY_MAX};
    use super::*;

    fn all(mut pieces: BodyPieces, most: usize) -> Result<Vec<Vec<u8>>, BodyError> {
        std::iter::from_fn(|| pieces.next(most).transpose()).collect()
    }

    fn stored(store: &mut BodyStore, length: usize) -> (Vec<u8>, BodyLocation) {
        let body: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
        let location = store.put(&body, [length as u8; 32]).unwrap();
        store.sync().unwrap();
        (body, location)
    }

    #[test]
    fn pieces_make_the_body() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = BodyStore::open(folder.path()).unwrap();
        for length in [1, SEGMENT_BODY_MAX, SEGMENT_BODY_MAX + 1, 3 * SEGMENT_BODY_MAX] {
            let (body, location) = stored(&mut store, length);
            let pieces = all(store.reader().pieces(location), SEGMENT_BODY_MAX).unwrap();
            assert_eq!(pieces.concat(), body);
            assert_eq!(pieces.len(), length.div_ceil(SEGMENT_BODY_MAX));
        }
    }

    #[test]
    fn damage_and_destruction_are_found_on_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = BodyStore::open(folder.path()).unwrap();
        let (_, location) = stored(&mut store, 200_000);
        let name = hex::encode([200_000_usize as u8; 32]);
        let path = folder.path().join("files").join(&name[..2]).join(&name);
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[10] ^= 1;
        std::fs::write(&path, &bytes).unwrap();
        let damaged = all(store.reader().pieces(location), 100_000);
        assert!(matches!(damaged, Err(BodyError::Damaged { .. })));
        std::fs::write(&path, &bytes[..150_000]).unwrap();
        let cut = all(store.reader().pieces(location), 100_000);
        assert!(matches!(cut, Err(BodyError::Damaged { .. })));
        let mut pieces = store.reader().pieces(location);
        pieces.next(100).unwrap();
        store.destroy(&location).unwrap();
        assert!(matches!(pieces.next(100), Err(BodyError::Absent { .. })));
    }
}
