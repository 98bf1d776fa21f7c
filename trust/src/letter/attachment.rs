//! Attachments (添付): files of their own, sealed under keys that only the letter's readers have
//! (`docs/FORMATS.md`, section 4.4).
//!
//! Sealed and opened as a stream: a file of [`MAX_ATTACHMENT`] bytes never is in memory.

use std::io::{self, Read, Seek, Write};
use std::ops::RangeInclusive;

use rand::{CryptoRng, RngCore};

use super::padme;
use crate::hash::Hasher;
use crate::seal::{
    self, MAX_HEADER, STREAM_HEADER, SealedReader, StreamError, open_stream, seal_stream,
};
use crate::statement::BytesRef;

/// Most bytes of a plain attachment: 200 MiB.
pub const MAX_ATTACHMENT: u64 = 200 * 1024 * 1024;

/// An attachment before and after it was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SealedAttachment {
    /// The file's bytes: what the letter names.
    pub plain: BytesRef,
    /// The sealed file: what the envelope names.
    pub sealed: BytesRef,
}

/// Seals a file of exactly `length` bytes under its own key.
///
/// # Errors
/// [`AttachmentError::TooLarge`], [`AttachmentError::Length`] where the file has another length by now,
/// [`AttachmentError::Stream`].
pub fn seal_attachment(
    key: &[u8; 32],
    mut plain: impl Read,
    length: u64,
    sealed: impl Write,
    rng: &mut (impl RngCore + CryptoRng + ?Sized),
) -> Result<SealedAttachment, AttachmentError> {
    let padding = padded(length)? - length;
    let mut hashed = Hashed { from: plain.by_ref().take(length), hasher: Hasher::default() };
    let sealed = seal_stream(key, hashed.by_ref().chain(io::repeat(0).take(padding)), sealed, rng)?;
    let given = hashed.hasher.finish();
    let more = plain.read(&mut [0]).map_err(StreamError::Read)?;
    if given.length != length || more != 0 {
        return Err(AttachmentError::Length);
    }
    Ok(SealedAttachment { plain: given, sealed })
}

/// Opens what [`seal_attachment`] made, and holds it against what the letter names. Gives digest and
/// length of the sealed bytes, which are to be held against the envelope.
///
/// What reached `out` before an error is to be thrown away.
///
/// # Errors
/// [`AttachmentError`]
pub fn open_attachment(
    key: &[u8; 32],
    sealed: impl Read,
    named: BytesRef,
    out: impl Write,
) -> Result<BytesRef, AttachmentError> {
    let padded = padded(named.length)?;
    let mut unpadded =
        Unpadded { out, left: named.length, hasher: Hasher::default(), padding: 0, is_zero: true };
    let sealed = open_stream(key, sealed, &mut unpadded, padded)?;
    if !unpadded.is_zero || unpadded.left > 0 || named.length + unpadded.padding != padded {
        return Err(AttachmentError::Length);
    }
    if unpadded.hasher.finish() != named {
        return Err(AttachmentError::Digest);
    }
    Ok(sealed)
}

/// Opens what [`seal_attachment`] made to be read at any place. Only its length is held against what the
/// letter names: [`open_attachment`] knows the rest.
///
/// # Errors
/// [`AttachmentError::Length`], [`AttachmentError::TooLarge`], [`AttachmentError::Stream`].
pub fn read_attachment<R: Read + Seek>(
    key: &[u8; 32],
    sealed: R,
    named: BytesRef,
) -> Result<SealedReader<R>, AttachmentError> {
    let padded = padded(named.length)?;
    let reader = SealedReader::new(key, sealed, padded)?;
    if reader.length() == padded {
        Ok(reader.cut_to(named.length))
    } else {
        Err(AttachmentError::Length)
    }
}

/// Bytes that are sealed for a file of `length` bytes: its Padmé length, so that the exchange does not
/// learn which well-known file it is.
///
/// # Errors
/// [`AttachmentError::TooLarge`] above [`MAX_ATTACHMENT`].
pub fn padded(length: u64) -> Result<u64, AttachmentError> {
    let fits = usize::try_from(length).ok().filter(|_| length <= MAX_ATTACHMENT);
    fits.map(|length| padme(length) as u64).ok_or(AttachmentError::TooLarge)
}

/// The lengths that a sealed file of `length` plain bytes may have: headers differ.
///
/// # Errors
/// As [`padded`].
pub fn sealed_lengths(length: u64) -> Result<RangeInclusive<u64>, AttachmentError> {
    let shortest = seal::sealed_length(padded(length)?);
    Ok(shortest..=shortest - STREAM_HEADER + MAX_HEADER as u64)
}

/// Why an attachment was not sealed or not opened.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The plain bytes are not those that the letter names.
    #[error("the file is not the one that the letter names")]
    Digest,
    /// The file is longer or shorter than the letter, or the file system, says.
    #[error("the file has another length than was said")]
    Length,
    /// Reading, writing, or the seal.
    #[error(transparent)]
    Stream(#[from] StreamError),
    /// More than [`MAX_ATTACHMENT`].
    #[error("an attachment has at most {MAX_ATTACHMENT} bytes")]
    TooLarge,
}

/// Computes the digest of what is read through it.
struct Hashed<R> {
    from: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.hasher.update(into.get(..read).unwrap_or_default());
        Ok(read)
    }
}

/// Hands on the first bytes, and looks whether the rest is zeros.
struct Unpadded<W> {
    out: W,
    /// Bytes of the file that are still to come.
    left: u64,
    hasher: Hasher,
    /// Bytes after the file.
    padding: u64,
    is_zero: bool,
}

impl<W: Write> Write for Unpadded<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes.len());
        let (file, padding) = bytes.split_at(count);
        self.out.write_all(file)?;
        self.hasher.update(file);
        self.left -= count as u64;
        self.padding += padding.len() as u64;
        self.is_zero &= padding.iter().all(|byte| *byte == 0);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, SeekFrom};

    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::hash::sha256;

    const KEY: [u8; 32] = [3; 32];

    fn sealed(plain: &[u8]) -> (Vec<u8>, SealedAttachment) {
        let (mut out, mut rng) = (Vec::new(), StdRng::seed_from_u64(5));
        let made = seal_attachment(&KEY, plain, plain.len() as u64, &mut out, &mut rng).unwrap();
        (out, made)
    }

    fn named(plain: &[u8]) -> BytesRef {
        BytesRef { digest: sha256(&[plain]), length: plain.len() as u64 }
    }

    #[test]
    fn files_come_back_and_their_lengths_are_padded() {
        for length in [0, 1, 2, 1_000, 65_535, 65_536, 65_537, 300_001] {
            let plain: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let (file, made) = sealed(&plain);
            assert_eq!((made.plain, made.sealed), (named(&plain), named(&file)), "{length}");
            assert!(sealed_lengths(length as u64).unwrap().contains(&made.sealed.length));
            let mut out = Vec::new();
            let read = open_attachment(&KEY, &file[..], made.plain, &mut out).unwrap();
            assert!(out == plain && read == made.sealed, "{length}");
            let mut reader = read_attachment(&KEY, Cursor::new(&file), made.plain).unwrap();
            let mut shown = Vec::new();
            reader.read_to_end(&mut shown).unwrap();
            assert!(shown == plain, "{length}");
            assert_eq!(reader.seek(SeekFrom::End(0)).unwrap(), length as u64);
        }
        assert_eq!(sealed(&[1; 300_001]).0.len(), sealed(&[2; 300_005]).0.len());
    }

    #[test]
    fn another_file_another_length_and_a_padding_of_something_are_refused() {
        let (plain, mut rng) = (vec![7; 100_000], StdRng::seed_from_u64(6));
        let (file, made) = sealed(&plain);
        let open = |file: &[u8], named| open_attachment(&KEY, file, named, io::sink());
        let other = BytesRef { digest: sha256(&[b"other"]), ..made.plain };
        assert!(matches!(open(&file, other), Err(AttachmentError::Digest)));
        for length in [made.plain.length - 1, made.plain.length + 1, 1] {
            let other = BytesRef { length, ..made.plain };
            assert!(open(&file, other).is_err(), "{length}");
            let read = read_attachment(&KEY, Cursor::new(&file), other);
            assert!(length + 1 == made.plain.length || length > 1 || read.is_err(), "{length}");
        }
        let mut dirty = Vec::new();
        let padded = padded(100_000).unwrap() as usize;
        let bytes = [plain.as_slice(), &vec![1; padded - plain.len()]].concat();
        seal_stream(&KEY, &bytes[..], &mut dirty, &mut rng).unwrap();
        assert!(matches!(open(&dirty, made.plain), Err(AttachmentError::Length)));
        let mut bare = Vec::new();
        seal_stream(&KEY, &plain[..], &mut bare, &mut rng).unwrap();
        assert!(matches!(open(&bare, made.plain), Err(AttachmentError::Length)));
    }

    #[test]
    fn a_file_that_changes_while_it_is_sealed_is_refused() {
        let mut rng = StdRng::seed_from_u64(7);
        for length in [4, 6] {
            let made = seal_attachment(&KEY, &b"bytes"[..], length, io::sink(), &mut rng);
            assert!(matches!(made, Err(AttachmentError::Length)), "{length}");
        }
        let too_long = MAX_ATTACHMENT + 1;
        let made = seal_attachment(&KEY, io::empty(), too_long, io::sink(), &mut rng);
        assert!(matches!(made, Err(AttachmentError::TooLarge)));
        assert!(sealed_lengths(MAX_ATTACHMENT).is_ok() && sealed_lengths(too_long).is_err());
    }
}
