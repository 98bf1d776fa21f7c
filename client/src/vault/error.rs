//! What can go wrong with the vault, and whose matter it is.

use std::io;
use std::path::{Path, PathBuf};

use tsumugu_durable::DiskError;

use super::record::MAX_RECORD_BYTES;
use crate::failure::Failure;

/// Why the vault did not do it.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The home folder has no vault.
    #[error("{}: there is no vault", folder.display())]
    NotThere {
        /// Where it would be.
        folder: PathBuf,
    },
    /// The home folder has a vault already.
    #[error("{}: there is a vault already", folder.display())]
    AlreadyThere {
        /// Where it is.
        folder: PathBuf,
    },
    /// The passphrase does not open the key. (Nor would it if just the sealed key's own bytes were
    /// damaged: the two cannot be told apart.)
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The file was changed, cut, moved from another place, or is missing from a vault in use.
    #[error("{}: the file is damaged or was moved", file.display())]
    Damaged {
        /// The file.
        file: PathBuf,
    },
    /// The file is of a version that this program does not know.
    #[error("{}: written by a newer program, version {version}", file.display())]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u32,
    },
    /// Another process held the lock for [`super::LOCK_PATIENCE`].
    #[error("{}: another process writes into the vault", folder.display())]
    Busy {
        /// The vault.
        folder: PathBuf,
    },
    /// The record has more than [`super::MAX_RECORD_BYTES`].
    #[error("a record has at most {MAX_RECORD_BYTES} bytes")]
    TooLarge,
    /// The program asked for a path that is no record path.
    #[error("not a record path")]
    BadPath,
    /// The program gave a value that JSON cannot express.
    #[error("the value cannot be written as JSON")]
    NotJson,
    /// The operating system gave no randomness.
    #[error("no randomness")]
    NoRandomness,
    /// The key could not be sealed.
    #[error("the key could not be sealed")]
    Sealing(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The disk.
    #[error("{}: the disk failed", file.display())]
    Disk {
        /// The file or folder.
        file: PathBuf,
        /// How.
        source: DiskError,
    },
    /// The folder cannot be listed.
    #[error("{}: the folder cannot be listed", folder.display())]
    Listing {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
}

pub(super) fn disk(file: &Path) -> impl FnOnce(DiskError) -> VaultError + '_ {
    move |source| VaultError::Disk { file: file.to_owned(), source }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        let failure = match &error {
            VaultError::NotThere { folder } => {
                Self::new("vault.not-there").with("folder", folder.display())
            }
            VaultError::AlreadyThere { folder } => {
                Self::new("vault.already-there").with("folder", folder.display())
            }
            VaultError::WrongPassphrase => Self::new("vault.wrong-passphrase"),
            VaultError::Damaged { file } => Self::new("vault.damaged").with("file", file.display()),
            VaultError::Newer { file, version } => {
                Self::new("vault.newer").with("file", file.display()).with("version", version)
            }
            VaultError::Busy { folder } => Self::new("vault.busy").with("folder", folder.display()),
            VaultError::TooLarge => Self::new("vault.too-large").with("limit", MAX_RECORD_BYTES),
            VaultError::Disk { file, .. } | VaultError::Listing { folder: file, .. } => {
                Self::new("vault.disk").with("file", file.display())
            }
            VaultError::BadPath
            | VaultError::NotJson
            | VaultError::NoRandomness
            | VaultError::Sealing(_) => Self::fault(&error.to_string()),
        };
        failure.because(error)
    }
}
