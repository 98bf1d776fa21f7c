//! The whole of an age file: the header's authentication and the payload (C2SP age, "Payload").

use std::io::{Read, Write};

use age::{DecryptError, Decryptor, EncryptError, Encryptor};
use age_core::format::{FileKey, Stanza};
use age_core::secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::header::Header;
use super::payload::{CHUNK, TAG, plain_length};
use super::{OpenError, SealError};

/// Makes a binary age file for one recipient, which may stand for several.
pub(super) fn seal(recipient: &dyn age::Recipient, plain: &[u8]) -> Result<Vec<u8>, SealError> {
    let encryptor = Encryptor::with_recipients(std::iter::once(recipient)).map_err(at_wrapping)?;
    write(encryptor, Vec::with_capacity(plain.len() + plain.len() / CHUNK * TAG + 4096), plain)
        .map_err(|_| SealError::UnusableRecipient)
}

/// An age file that follows the format and whose plaintext is short enough to be opened.
pub(super) struct SealedFile<'a> {
    bytes: &'a [u8],
    header: Header,
    limit: usize,
}

impl<'a> SealedFile<'a> {
    pub(super) fn parse(bytes: &'a [u8], limit: usize) -> Result<Self, OpenError> {
        let header = Header::parse(bytes)?;
        Ok(Self { bytes, header, limit })
    }

    pub(super) fn stanzas(&self) -> &[Stanza] {
        &self.header.stanzas
    }

    /// Opens the file with the file key that one of its stanzas gave.
    pub(super) fn open(&self, key: &FileKey) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let decryptor = Decryptor::new_buffered(self.bytes).map_err(at_header)?;
        let identity = Unwrapped(key);
        let mut reader = decryptor
            .decrypt(std::iter::once(&identity as &dyn age::Identity))
            .map_err(at_header)?;
        let length = plain_length((self.bytes.len() - self.header.length) as u64)?;
        let fits = usize::try_from(length).ok().filter(|length| *length <= self.limit);
        let length = fits.ok_or(OpenError::TooLarge { limit: self.limit })?;
        // One allocation of the right size: a vector that grows leaves plaintext behind.
        let mut plain = Zeroizing::new(vec![0; length]);
        reader.read_exact(&mut plain).map_err(|_| OpenError::Damaged)?;
        // Reading on reaches the end of the file, and with it the chunk marked as the last.
        match reader.read(&mut [0]) {
            Ok(0) => Ok(plain),
            _ => Err(OpenError::Damaged),
        }
    }
}

fn write(encryptor: Encryptor, out: Vec<u8>, plain: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut writer = encryptor.wrap_output(out)?;
    writer.write_all(plain)?;
    // Without this the file has no last chunk, and nobody opens it.
    writer.finish()
}

/// The recipients of this module fail only where a key leads to no secret.
fn at_wrapping(_: EncryptError) -> SealError {
    SealError::UnusableRecipient
}

fn at_header(error: DecryptError) -> OpenError {
    match error {
        // The file key fits a stanza, and the header was changed around it.
        DecryptError::InvalidMac => OpenError::Damaged,
        // The header is whole, so it is the nonce that is missing.
        DecryptError::Io(_) => OpenError::Damaged,
        _ => OpenError::Malformed,
    }
}

/// A file key that is already known, in the shape in which age asks for it.
struct Unwrapped<'a>(&'a FileKey);

impl age::Identity for Unwrapped<'_> {
    fn unwrap_stanza(&self, _: &Stanza) -> Option<Result<FileKey, DecryptError>> {
        Some(Ok(FileKey::new(Box::new(*self.0.expose_secret()))))
    }
}
