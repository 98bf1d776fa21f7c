//! A sealed file, read at any place: what looks into a file before it is written out.

use std::io::{self, Read, Seek, SeekFrom};

use zeroize::Zeroizing;

use super::payload::{CHUNK, NONCE, PayloadKey, Place, SEALED_CHUNK, plain_length};
use super::stream::{OpenedHeader, StreamError, chunk, fill, too_large};
use super::{OpenError, SealedFileKey};

/// The plaintext of a file that [`seal_stream`](super::seal_stream) made, read where it is wanted; one
/// chunk of 64 KiB is in memory.
///
/// Each chunk is authenticated at its place when it is first read, and the last one at the beginning:
/// a file that was cut or extended is refused by [`SealedReader::new`], a changed chunk by the read.
pub struct SealedReader<R> {
    sealed: R,
    payload: PayloadKey,
    /// Where the first chunk begins.
    start: u64,
    length: u64,
    /// How much of it is shown.
    shown: u64,
    position: u64,
    /// The chunk that is open, by number, with its bytes of plaintext.
    open: Option<(u64, usize)>,
    buffer: Box<Zeroizing<[u8; SEALED_CHUNK]>>,
}

impl<R: Read + Seek> SealedReader<R> {
    /// Reads header and last chunk.
    ///
    /// # Errors
    /// As [`open_stream`](super::open_stream); the plaintext has at most `limit` bytes.
    pub fn new(key: &[u8; 32], mut sealed: R, limit: u64) -> Result<Self, StreamError> {
        sealed.seek(SeekFrom::Start(0)).map_err(StreamError::Read)?;
        let opened = OpenedHeader::read(key, &mut sealed)?;
        Self::after(opened, sealed, limit)
    }

    /// As [`Self::new`], of a file whose own key is at hand.
    ///
    /// # Errors
    /// As [`Self::new`]; [`OpenError::Damaged`] when it is the key of another file.
    pub fn with_file_key(
        key: &SealedFileKey,
        mut sealed: R,
        limit: u64,
    ) -> Result<Self, StreamError> {
        sealed.seek(SeekFrom::Start(0)).map_err(StreamError::Read)?;
        let key = SealedFileKey::from_bytes(key.bytes());
        let opened = OpenedHeader::read_with(&mut sealed, |_| Ok(key.0))?;
        Self::after(opened, sealed, limit)
    }

    fn after(opened: OpenedHeader, mut sealed: R, limit: u64) -> Result<Self, StreamError> {
        let head = opened.head.len() as u64;
        let whole = sealed.seek(SeekFrom::End(0)).map_err(StreamError::Read)?;
        let length = plain_length(whole.checked_sub(head).ok_or(OpenError::Damaged)?)?;
        if length > limit {
            return Err(too_large(limit).into());
        }
        sealed.seek(SeekFrom::Start(head)).map_err(StreamError::Read)?;
        let mut nonce = [0; NONCE];
        if fill(&mut sealed, &mut nonce)? < NONCE {
            return Err(OpenError::Damaged.into());
        }
        let payload = PayloadKey::derive(&opened.file_key, &nonce);
        let start = head + NONCE as u64;
        let buffer = chunk();
        let mut reader =
            Self { sealed, payload, start, length, shown: length, position: 0, open: None, buffer };
        reader.load(reader.last())?;
        Ok(reader)
    }

    /// Bytes of plaintext.
    #[must_use]
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Shows the first `length` bytes only, as if there were no more.
    #[must_use]
    pub fn cut_to(self, length: u64) -> Self {
        Self { shown: length.min(self.length), ..self }
    }

    fn last(&self) -> u64 {
        self.length.div_ceil(CHUNK as u64).saturating_sub(1)
    }

    /// Makes `number` the open chunk.
    fn load(&mut self, number: u64) -> Result<usize, StreamError> {
        if let Some((open, length)) = self.open
            && open == number
        {
            return Ok(length);
        }
        self.open = None;
        let at = self.start + number * SEALED_CHUNK as u64;
        self.sealed.seek(SeekFrom::Start(at)).map_err(StreamError::Read)?;
        let length = fill(&mut self.sealed, self.buffer.as_mut_slice())?;
        let place = Place { number, is_last: number == self.last() };
        let plain = self.payload.open(place, &mut self.buffer[..length])?.len();
        self.open = Some((number, plain));
        Ok(plain)
    }
}

impl<R: Read + Seek> Read for SealedReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.shown || into.is_empty() {
            return Ok(0);
        }
        let number = self.position / CHUNK as u64;
        let within = (self.position % CHUNK as u64) as usize;
        let length = self.load(number).map_err(|error| match error {
            StreamError::Read(error) | StreamError::Write(error) => error,
            StreamError::Open(error) => io::Error::new(io::ErrorKind::InvalidData, error),
        })?;
        let there = self.buffer[..length].get(within..).unwrap_or_default();
        let left = usize::try_from(self.shown - self.position).unwrap_or(usize::MAX);
        let count = there.len().min(into.len()).min(left);
        into[..count].copy_from_slice(&there[..count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl<R: Read + Seek> Seek for SealedReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.shown.checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}
