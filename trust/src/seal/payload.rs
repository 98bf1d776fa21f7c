//! The payload of an age file, chunk by chunk (C2SP age, "Payload"): the STREAM construction of
//! Hoang, Reyhanitabar, Rogaway and Vizár (CRYPTO 2015) over ChaCha20-Poly1305 (RFC 8439).
//!
//! Works in place, so that a large file is copied nowhere.

use age_core::format::FileKey;
use age_core::primitives::hkdf;
use age_core::secrecy::ExposeSecret;
use aws_lc_rs::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::OpenError;

/// Bytes of plaintext in a chunk; only the last one is shorter.
pub(super) const CHUNK: usize = 64 * 1024;

/// Bytes that authenticate a chunk.
pub(super) const TAG: usize = 16;

/// Bytes of a whole sealed chunk.
pub(super) const SEALED_CHUNK: usize = CHUNK + TAG;

/// Bytes between header and first chunk.
pub(super) const NONCE: usize = 16;

/// Seals and opens the chunks of one file.
pub(super) struct PayloadKey(LessSafeKey);

impl PayloadKey {
    pub(super) fn derive(file_key: &FileKey, nonce: &[u8; NONCE]) -> Self {
        let key = Zeroizing::new(hkdf(nonce, b"payload", file_key.expose_secret()));
        let key = UnboundKey::new(&CHACHA20_POLY1305, key.as_slice());
        Self(LessSafeKey::new(key.expect("ChaCha20-Poly1305 takes every key of 32 bytes")))
    }

    /// Seals the first `length` bytes of `chunk` in place; gives the bytes of the sealed chunk.
    pub(super) fn seal<'a>(
        &self,
        place: Place,
        chunk: &'a mut [u8; SEALED_CHUNK],
        length: usize,
    ) -> &'a [u8] {
        let (plain, rest) = chunk.split_at_mut(length.min(CHUNK));
        let tag = self.0.seal_in_place_separate_tag(place.nonce(), Aad::empty(), plain);
        let tag = tag.expect("a chunk is far below the cipher's limit of 256 GiB");
        rest[..TAG].copy_from_slice(tag.as_ref());
        &chunk[..length.min(CHUNK) + TAG]
    }

    /// Opens a sealed chunk in place; gives its plaintext.
    pub(super) fn open<'a>(
        &self,
        place: Place,
        sealed: &'a mut [u8],
    ) -> Result<&'a [u8], OpenError> {
        let opened = self.0.open_in_place(place.nonce(), Aad::empty(), sealed);
        opened.map(|plain| &*plain).map_err(|_| OpenError::Damaged)
    }
}

/// Where a chunk stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// From 0.
    pub(super) number: u64,
    /// Nothing follows.
    pub(super) is_last: bool,
}

impl Place {
    /// Eleven bytes of number, big-endian, and one that marks the last chunk.
    fn nonce(self) -> Nonce {
        let mut nonce = [0; 12];
        nonce[3..11].copy_from_slice(&self.number.to_be_bytes());
        nonce[11] = u8::from(self.is_last);
        Nonce::assume_unique_for_key(nonce)
    }
}

/// Bytes of plaintext in a payload of this length: only the last chunk is shorter than the others,
/// and it is not empty unless it is the only one.
pub(super) fn plain_length(payload: u64) -> Result<u64, OpenError> {
    const WHOLE: u64 = SEALED_CHUNK as u64;
    const TAG_ONLY: u64 = TAG as u64;
    let chunks = payload.checked_sub(NONCE as u64).ok_or(OpenError::Damaged)?;
    let (full, last) = (chunks / WHOLE, chunks % WHOLE);
    match (full, last) {
        (0, TAG_ONLY) => Ok(0),
        (0, 0) | (_, 1..=TAG_ONLY) => Err(OpenError::Damaged),
        (_, 0) => Ok(full * CHUNK as u64),
        _ => Ok(full * CHUNK as u64 + last - TAG_ONLY),
    }
}

/// Bytes of a payload with so many bytes of plaintext.
pub(super) fn payload_length(plain: u64) -> u64 {
    let chunks = plain.div_ceil(CHUNK as u64).max(1);
    NONCE as u64 + plain + chunks * TAG as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        let sealed =
            |chunks: &[usize]| (NONCE + chunks.iter().map(|c| c + TAG).sum::<usize>()) as u64;
        for chunks in [&[0][..], &[1], &[CHUNK - 1], &[CHUNK], &[CHUNK, 1], &[CHUNK, CHUNK]] {
            let plain = chunks.iter().sum::<usize>() as u64;
            assert_eq!(plain_length(sealed(chunks)), Ok(plain), "{chunks:?}");
            assert_eq!(payload_length(plain), sealed(chunks), "{chunks:?}");
        }
        let short = [0, NONCE - 1, NONCE, NONCE + TAG - 1].map(|short| short as u64);
        for payload in short.into_iter().chain([sealed(&[CHUNK, 0])]) {
            assert_eq!(plain_length(payload), Err(OpenError::Damaged), "{payload}");
        }
    }
}
