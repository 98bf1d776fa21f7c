//! Files under a key that are too large for memory: sealed and opened while they are read.
//!
//! The bytes are those of [`keyed`](super::keyed): each side opens what the other made. Memory is two
//! chunks of 64 KiB, whatever the file's length; digests are computed on the way.

use std::io::{self, Cursor, Read, Write};

use age_core::format::{FILE_KEY_BYTES, FileKey, Stanza};
use age_core::primitives::hkdf;
use age_core::secrecy::ExposeSecret;
use aws_lc_rs::hmac;
use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
use rand::{CryptoRng, RngCore};
use zeroize::Zeroizing;

use super::header::{Header, MAC_LINE, MAX_HEADER, decode};
use super::payload::{CHUNK, NONCE, PayloadKey, Place, SEALED_CHUNK, TAG, payload_length};
use super::{OpenError, keyed};
use crate::hash::Hasher;
use crate::statement::BytesRef;

/// Bytes of the header that [`seal_stream`] writes. Others may write a longer one, up to
/// [`MAX_HEADER`].
pub const STREAM_HEADER: u64 = 152;

/// Seals everything that `plain` gives so that whoever has `key` can open it. Gives digest and length
/// of what was written.
///
/// # Errors
/// [`StreamError::Read`], [`StreamError::Write`]: what was written so far is of no use.
pub fn seal_stream(
    key: &[u8; 32],
    mut plain: impl Read,
    mut sealed: impl Write,
    rng: &mut (impl RngCore + CryptoRng + ?Sized),
) -> Result<BytesRef, StreamError> {
    let mut hasher = Hasher::default();
    let mut write = |bytes: &[u8]| {
        hasher.update(bytes);
        sealed.write_all(bytes).map_err(StreamError::Write)
    };
    let file_key = FileKey::init_with_mut(|key: &mut [u8; FILE_KEY_BYTES]| rng.fill_bytes(key));
    write(header_text(key, &file_key, rng).as_bytes())?;
    let mut nonce = [0; NONCE];
    rng.fill_bytes(&mut nonce);
    write(&nonce)?;
    let payload = PayloadKey::derive(&file_key, &nonce);
    let (mut this, mut next) = (chunk(), chunk());
    let mut length = fill(&mut plain, &mut this[..CHUNK])?;
    for number in 0.. {
        let following = fill(&mut plain, &mut next[..CHUNK])?;
        let place = Place { number, is_last: following == 0 };
        write(payload.seal(place, &mut this, length))?;
        if place.is_last {
            break;
        }
        (this, next, length) = (next, this, following);
    }
    Ok(hasher.finish())
}

/// Opens what [`seal_stream`] or [`seal_with_key`](super::seal_with_key) made, where its plaintext has
/// at most `limit` bytes. Gives digest and length of the sealed bytes.
///
/// What reaches `plain` before an error was sealed by somebody who has the key, at that place; but the
/// file is not whole. Whoever calls this throws it away.
///
/// # Errors
/// [`StreamError::Open`] as [`open_with_key`](super::open_with_key);
/// [`StreamError::Read`], [`StreamError::Write`].
pub fn open_stream(
    key: &[u8; 32],
    mut sealed: impl Read,
    mut plain: impl Write,
    limit: u64,
) -> Result<BytesRef, StreamError> {
    let opened = OpenedHeader::read(key, &mut sealed)?;
    let mut hasher = Hasher::default();
    hasher.update(&opened.head);
    let mut rest = Cursor::new(&opened.first).chain(sealed);
    let mut nonce = [0; NONCE];
    if fill(&mut rest, &mut nonce)? < NONCE {
        return Err(OpenError::Damaged.into());
    }
    hasher.update(&nonce);
    let payload = PayloadKey::derive(&opened.file_key, &nonce);
    let (mut this, mut next) = (chunk(), chunk());
    let mut length = fill(&mut rest, this.as_mut_slice())?;
    let mut left = limit;
    for number in 0.. {
        let following = fill(&mut rest, next.as_mut_slice())?;
        let place = Place { number, is_last: following == 0 };
        // An empty chunk is there only where the whole file is empty.
        if length < TAG || (length == TAG && number > 0) {
            return Err(OpenError::Damaged.into());
        }
        hasher.update(&this[..length]);
        let bytes = payload.open(place, &mut this[..length])?;
        left = left.checked_sub(bytes.len() as u64).ok_or_else(|| too_large(limit))?;
        plain.write_all(bytes).map_err(StreamError::Write)?;
        if place.is_last {
            break;
        }
        (this, next, length) = (next, this, following);
    }
    Ok(hasher.finish())
}

/// Bytes that [`seal_stream`] writes for so many bytes of plaintext.
#[must_use]
pub fn sealed_length(plain: u64) -> u64 {
    STREAM_HEADER + payload_length(plain)
}

/// Why a stream was not sealed or opened to its end.
#[derive(Debug, thiserror::Error)]
pub enum StreamError {
    /// The file is not one that this key opens, or is damaged.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The source cannot be read.
    #[error("the source cannot be read")]
    Read(#[source] io::Error),
    /// The destination cannot be written.
    #[error("the destination cannot be written")]
    Write(#[source] io::Error),
}

/// A header that the key fits, with what was read beyond it.
pub(super) struct OpenedHeader {
    /// The header's bytes.
    pub(super) head: Vec<u8>,
    /// The first bytes of the payload.
    pub(super) first: Vec<u8>,
    pub(super) file_key: FileKey,
}

impl OpenedHeader {
    pub(super) fn read(key: &[u8; 32], sealed: &mut impl Read) -> Result<Self, StreamError> {
        Self::read_with(sealed, |stanzas| keyed::file_key(key, stanzas))
    }

    /// A header whose file key `unwrap` gives.
    pub(super) fn read_with(
        sealed: &mut impl Read,
        unwrap: impl FnOnce(&[Stanza]) -> Result<FileKey, OpenError>,
    ) -> Result<Self, StreamError> {
        let mut head = Vec::new();
        let beginning = sealed.by_ref().take(MAX_HEADER as u64).read_to_end(&mut head);
        beginning.map_err(StreamError::Read)?;
        let header = Header::parse(&head)?;
        let first = head.split_off(header.length);
        let file_key = unwrap(&header.stanzas)?;
        is_authentic(&file_key, &head)?;
        Ok(Self { head, first, file_key })
    }
}

/// Whether a head, which was parsed, has the authentication code that the file key gives.
pub(super) fn is_authentic(file_key: &FileKey, head: &[u8]) -> Result<(), OpenError> {
    // Up to and including `---`; a space, the code and LF follow.
    let (covered, mac) = head.split_at(head.len() - MAC_LINE + "---".len());
    let mac = decode(std::str::from_utf8(&mac[1..mac.len() - 1]).unwrap_or_default())?;
    hmac::verify(&mac_key(file_key), covered, &mac).map_err(|_| OpenError::Damaged)
}

/// Reads until `into` is full or the source ends.
pub(super) fn fill(from: &mut impl Read, into: &mut [u8]) -> Result<usize, StreamError> {
    crate::fill::fill(from, into).map_err(StreamError::Read)
}

/// Room for a sealed chunk; plaintext does not stay in it.
pub(super) fn chunk() -> Box<Zeroizing<[u8; SEALED_CHUNK]>> {
    Box::new(Zeroizing::new([0; SEALED_CHUNK]))
}

pub(super) fn too_large(limit: u64) -> OpenError {
    OpenError::TooLarge { limit: usize::try_from(limit).unwrap_or(usize::MAX) }
}

fn header_text(key: &[u8; 32], file_key: &FileKey, rng: &mut (impl RngCore + ?Sized)) -> String {
    let mut salt = [0; keyed::SALT];
    rng.fill_bytes(&mut salt);
    let stanza = keyed::stanza_text(key, &salt, file_key);
    let covered = format!("age-encryption.org/v1\n{stanza}---");
    let mac = hmac::sign(&mac_key(file_key), covered.as_bytes());
    format!("{covered} {}\n", BASE64_STANDARD_NO_PAD.encode(mac))
}

fn mac_key(file_key: &FileKey) -> hmac::Key {
    let key = Zeroizing::new(hkdf(&[], b"header", file_key.expose_secret()));
    hmac::Key::new(hmac::HMAC_SHA256, key.as_slice())
}

#[cfg(test)]
mod tests;
