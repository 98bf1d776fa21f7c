//! Why the store of attachments refused.

use crate::error::DiskError;

/// A refusal of the store of attachments.
#[derive(Debug, thiserror::Error)]
pub enum AttachmentError {
    /// The bytes begin beyond what is there.
    #[error("the upload has {received} bytes, and what follows begins beyond them")]
    Hole {
        /// Bytes that are there.
        received: u64,
    },
    /// More bytes than were announced. What came before them is kept.
    #[error("the upload is longer than was announced")]
    TooLong,
    /// All bytes are there and do not have the digest: the upload was discarded.
    #[error("the upload does not have the announced digest, and was discarded")]
    WrongDigest,
    /// The upload was discarded while somebody was at it.
    #[error("the upload was given up; it begins anew")]
    GivenUp,
    /// The owner has too many uploads that no letter names.
    #[error("too many uploads that no letter names yet")]
    TooMany,
    /// The owner's uploads that no letter names are too long together.
    #[error("too many bytes of uploads that no letter names yet")]
    TooMuch,
    /// There is no complete attachment of that name.
    #[error("the attachment is not there")]
    Absent,
    /// The attachment's bytes are not as they were written.
    #[error("the attachment is damaged")]
    Damaged,
    /// The folder holds a name that the store did not make.
    #[error("{name:?} is not the name of an attachment's file")]
    BadName {
        /// The name.
        name: String,
    },
    /// A file could not be read, written, or synced. An upload that was being written was discarded.
    #[error(transparent)]
    Disk(#[from] DiskError),
}
