//! `tsumugu-server backup` and `restore` (控えと復元).
//!
//! A backup holds what cannot be made anew: keys and settings, what waits, the journal, bodies and
//! attachments. Views, tiles and quotas are left out: the first two are rebuilt from the journal, the
//! last are of one day. The file is sealed to every administrator, so that whoever has the disk or the
//! cloud folder that it lies on has nothing (`trust::backup`, `docs/FORMATS.md`, section 8.1).
//!
//! | step of `backup` | what a crash there leaves |
//! |---|---|
//! | the journal is read through | nothing |
//! | everything is sealed into a temporary file | that file, which is of no use |
//! | it is synced and named | no file of that name, or a whole one |
//!
//! | step of `restore` | what a crash there leaves |
//! |---|---|
//! | the request | a folder with `restore.request` and `restore.secret`, used again |
//! | the archive is read into `restoring/`, opened, views and tiles made | `restoring/`, begun anew |
//! | `restoring/whole` is written, everything moves to its place, the log key last | both; the next call goes on |

pub(crate) mod command;
mod contents;
mod make;
mod request;
mod restore;
mod unpack;

use tsumugu_durable::DiskError;
use tsumugu_durable::journal::JournalError;
use tsumugu_trust::backup::{BadArchive, BadKey, NotOfABackup};
use tsumugu_trust::seal::OpenError as SealedError;

pub use contents::MAX_SMALL_FILE;
pub use make::{Backup, backup};
pub use request::{REQUEST, Requested, request};
pub use restore::{RESTORED, Restored, Wanted, restore};

use crate::keys::KeyError;
use crate::ledger::OpenError;
use crate::run::RunError;

/// How far it is: bytes done, and bytes in all.
pub type OnProgress<'a> = &'a mut dyn FnMut(u64, u64);

/// No backup was made. Nothing has the name that it should have got.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The folder is no exchange, or its keys cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The log is damaged.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// Nobody could open it.
    #[error("there is no administrator yet to whom a backup could be sealed")]
    NoAdministrator,
    /// It would be in the next backup.
    #[error("a backup cannot lie in the folder of the exchange")]
    Inside,
    /// The disk refused, or there is a file of that name.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The file cannot be written.
    #[error("the backup cannot be written")]
    Write(#[source] std::io::Error),
}

/// Nothing was restored. There is no exchange in the folder, and a second try may be made.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// The folder holds something else.
    #[error("the folder is not empty: {name}")]
    NotEmpty {
        /// What is in it.
        name: String,
    },
    /// The file is no backup.
    #[error("this is not a backup of Tsumugu")]
    NotABackup,
    /// The key came before the request, or for another backup.
    #[error("nothing was asked of an administrator for this backup yet")]
    NoRequest,
    /// The key file is not the answer to the request.
    #[error("the key file does not fit")]
    Key(#[source] BadKey),
    /// The backup is another exchange's.
    #[error("the backup is of {found}, not of {wanted}")]
    OtherOrigin {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        wanted: String,
    },
    /// The backup is of an exchange that begins otherwise.
    #[error("the backup is of an exchange with another root fingerprint")]
    OtherRoot,
    /// What should be kept as shown by a client is not signed by this log.
    #[error("the file of --ahead is not a checkpoint of this log")]
    NotAhead,
    /// The file was cut or changed.
    #[error("the backup is cut off or damaged")]
    Damaged(#[source] SealedError),
    /// What was sealed is not a whole archive, or not vouched for by the log.
    #[error("the backup cannot be taken")]
    Archive(#[source] BadArchive),
    /// Something that an exchange needs is not in it, or does not fit the rest.
    #[error("the backup does not hold a whole exchange: {what}")]
    Incomplete {
        /// What is missing or does not fit.
        what: &'static str,
    },
    /// What was restored does not open.
    #[error("what was restored does not open")]
    Open(#[from] OpenError),
    /// Its keys cannot be read.
    #[error(transparent)]
    LogKey(#[from] KeyError),
    /// Its settings or CA cannot be read.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The disk refused.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A file cannot be written.
    #[error("a file cannot be written")]
    Write(#[source] std::io::Error),
    /// The backup cannot be read.
    #[error("the backup cannot be read")]
    Read(#[source] std::io::Error),
}

impl From<JournalError> for BackupError {
    fn from(error: JournalError) -> Self {
        Self::Open(error.into())
    }
}

impl From<NotOfABackup> for RestoreError {
    fn from(_: NotOfABackup) -> Self {
        Self::NotABackup
    }
}
