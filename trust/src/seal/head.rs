//! The head of an age file apart from its payload: who has the head and an identity can hand the key of
//! this one file to somebody else, without having the file.

use std::fmt;

use age_core::format::{FILE_KEY_BYTES, FileKey};
use age_core::secrecy::ExposeSecret;

use super::header::Header;
use super::stream::is_authentic;
use super::{Mark, OpenError, SealingIdentity, hybrid};

/// The key of one sealed file. Wiped when dropped; Debug shows nothing.
pub struct SealedFileKey(pub(super) FileKey);

impl SealedFileKey {
    /// Bytes of it.
    pub const LENGTH: usize = FILE_KEY_BYTES;

    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; FILE_KEY_BYTES]) -> Self {
        Self(FileKey::new(Box::new(*bytes)))
    }

    /// The bytes: whoever has them opens the file.
    #[must_use]
    pub fn bytes(&self) -> &[u8; FILE_KEY_BYTES] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SealedFileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealedFileKey").finish_non_exhaustive()
    }
}

/// The head of an age file that `beginning` begins with; the first [`MAX_HEADER`](super::MAX_HEADER) bytes
/// of a file are always enough.
///
/// # Errors
/// [`OpenError::Malformed`]
pub fn head_of(beginning: &[u8]) -> Result<&[u8], OpenError> {
    let header = Header::parse(beginning)?;
    beginning.get(..header.length).ok_or(OpenError::Malformed)
}

/// The key of the file whose head this is, where it was sealed to `identity` and bears this mark. An
/// identity opens files of several kinds: a key that is handed to somebody else must be of the kind that
/// he may have. The head's own authentication code, which covers the mark, is checked.
///
/// # Errors
/// As [`open_with`](super::open_with); [`OpenError::Malformed`] for a file of another kind, and
/// [`OpenError::NotForTheseKeys`] for one of something else.
pub fn open_head(
    identity: &SealingIdentity,
    head: &[u8],
    mark: Mark<'_>,
) -> Result<SealedFileKey, OpenError> {
    let header = Header::parse(head)?;
    if header.length != head.len() {
        return Err(OpenError::Malformed);
    }
    mark.check(&header.stanzas)?;
    for stanza in header.stanzas.iter().filter(|stanza| stanza.tag == hybrid::TAG) {
        if let Some(file_key) = identity.unwrap_key(&hybrid::WrappedKey::parse(stanza)?)? {
            is_authentic(&file_key, head)?;
            return Ok(SealedFileKey(file_key));
        }
    }
    Err(OpenError::NotForTheseKeys)
}
