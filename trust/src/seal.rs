//! Sealing: age files (C2SP age 1.1.0) to post-quantum recipients, under a shared key, or under a
//! passphrase.
//!
//! | sealed to | stanza | made by | opened by |
//! |---|---|---|---|
//! | institutions' key sets | `mlkem768x25519` | [`seal_to`] | [`open_with`] |
//! | administrators, of a backup | `mlkem768x25519` | [`SealingWriter`] | [`open_head`], [`SealedReader`] |
//! | whoever has a letter's key | `tsumugu-key` | [`seal_with_key`] | [`open_with_key`] |
//! | whoever has an attachment's key | `tsumugu-key` | [`seal_stream`] | [`open_stream`], [`SealedReader`] |
//! | whoever knows a passphrase | `scrypt`, armored | [`seal_with_passphrase`] | [`open_with_passphrase`] |
//!
//! Anyone can seal to a public recipient: sealing proves nothing about who did it. The signed
//! statement that names the sealed bytes does.
//!
//! Opening gives the whole plaintext, authenticated to its last byte, or an error: nothing of a
//! truncated file is ever released. The exceptions are [`open_stream`] and [`SealedReader`], for files
//! that do not fit into memory: each chunk is authenticated at its place, and whether the file is whole
//! is known at the end.

mod bech32;
mod exchange;
mod file;
mod head;
mod header;
mod hybrid;
mod identity;
mod keyed;
mod mark;
mod passphrase;
mod payload;
mod reader;
mod recipient;
mod stream;
mod writer;

use std::collections::HashSet;

use age::EncryptError;
use age_core::format::{FileKey, Stanza};
use zeroize::Zeroizing;

pub use bech32::KeyTextError;
pub use head::{SealedFileKey, head_of, open_head};
pub use header::{MAX_HEADER, MAX_STANZAS};
pub use identity::SealingIdentity;
pub use keyed::{open_with_key, seal_with_key};
pub use mark::Mark;
pub use passphrase::{
    DEFAULT_WORK_FACTOR, MAX_ARMORED, MAX_WORK_FACTOR, open_with_passphrase, seal_with_passphrase,
};
pub use reader::SealedReader;
pub use recipient::SealingRecipient;
pub use stream::{STREAM_HEADER, StreamError, open_stream, seal_stream, sealed_length};
pub use writer::SealingWriter;

/// The most recipients of one sealed file. Leaves room in [`MAX_STANZAS`] for the stanza of random
/// bytes that age adds.
pub const MAX_RECIPIENTS: usize = 16;

/// Seals `plain` to every one of `recipients`; each can open it alone.
///
/// The length of the result depends on the plaintext's length, and varies from one sealing to the
/// next by some 270 bytes: age adds a stanza of random bytes to keep readers honest.
///
/// # Errors
///
/// [`SealError::NoRecipients`], [`SealError::TooManyRecipients`] above [`MAX_RECIPIENTS`].
pub fn seal_to(recipients: &[SealingRecipient], plain: &[u8]) -> Result<Vec<u8>, SealError> {
    match recipients.len() {
        0 => Err(SealError::NoRecipients),
        1..=MAX_RECIPIENTS => file::seal(&Hybrid(recipients), plain),
        _ => Err(SealError::TooManyRecipients),
    }
}

/// Opens what was sealed to one of `identities`, where its plaintext has at most `limit` bytes.
///
/// Stanzas of other types are passed over, as the age specification demands.
///
/// # Errors
///
/// [`OpenError`] tells whose fault it is. A stanza that was changed on its way cannot be told from
/// one for somebody else: both are [`OpenError::NotForTheseKeys`].
pub fn open_with(
    identities: &[&SealingIdentity],
    sealed: &[u8],
    limit: usize,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let file = file::SealedFile::parse(sealed, limit)?;
    let wrapped: Vec<_> = file
        .stanzas()
        .iter()
        .filter(|stanza| stanza.tag == hybrid::TAG)
        .map(hybrid::WrappedKey::parse)
        .collect::<Result<_, _>>()?;
    for wrapped in &wrapped {
        for identity in identities {
            if let Some(file_key) = identity.unwrap_key(wrapped)? {
                return file.open(&file_key);
            }
        }
    }
    Err(OpenError::NotForTheseKeys)
}

/// Why nothing was sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The list of recipients is empty.
    #[error("nothing is sealed to nobody")]
    NoRecipients,
    /// The plaintext is beyond what the reader of this kind of file takes.
    #[error("the plaintext is too long to be sealed this way")]
    TooLarge,
    /// More than [`MAX_RECIPIENTS`].
    #[error("a file is sealed to at most {MAX_RECIPIENTS} recipients")]
    TooManyRecipients,
    /// A recipient's key does not lead to a secret.
    #[error("a recipient's key is unusable")]
    UnusableRecipient,
    /// Not 1 to [`MAX_WORK_FACTOR`].
    #[error("the work factor is not 1 to {MAX_WORK_FACTOR}")]
    WorkFactor,
}

/// Why nothing was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key fits, and the file was changed or cut off after it was sealed.
    #[error("the sealed file is damaged")]
    Damaged,
    /// Not a sealed file of the expected kind: the sender's program is at fault.
    #[error("not a sealed file of the expected kind")]
    Malformed,
    /// None of the keys opens it, or the passphrase is wrong.
    #[error("the sealed file is not for these keys")]
    NotForTheseKeys,
    /// The plaintext would be longer than the caller takes.
    #[error("the sealed file holds more than {limit} bytes")]
    TooLarge {
        /// The most bytes that the caller takes.
        limit: usize,
    },
    /// The passphrase's work factor is above [`MAX_WORK_FACTOR`]: opening could take hours.
    #[error("the sealed file demands work factor {asked}; at most {MAX_WORK_FACTOR} is done")]
    TooMuchWork {
        /// The work factor that the file asks for, a binary logarithm.
        asked: u8,
    },
}

/// The recipients of one file, as age wraps its file key for them.
struct Hybrid<'a>(&'a [SealingRecipient]);

impl age::Recipient for Hybrid<'_> {
    fn wrap_file_key(
        &self,
        file_key: &FileKey,
    ) -> Result<(Vec<Stanza>, HashSet<String>), EncryptError> {
        let stanzas = self
            .0
            .iter()
            .map(|recipient| recipient.wrap_key(file_key, &mut rand::rngs::OsRng))
            .collect::<Option<_>>()
            .ok_or(EncryptError::MissingRecipients)?;
        // The label that keeps age from adding a recipient without post-quantum protection.
        Ok((stanzas, HashSet::from(["postquantum".to_owned()])))
    }
}

#[cfg(test)]
mod tests;
