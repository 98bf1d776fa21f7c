//! One process per folder.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::DiskError;

/// The name of the lock file inside the folder. It stays when the lock goes; it is always empty.
pub const LOCK_FILE: &str = "lock";

/// How long one wait between two tries of [`FolderLock::acquire`] lasts.
const PAUSE: Duration = Duration::from_millis(50);

/// Proof that this process is the only one that writes into a folder; dropped, it lets go.
///
/// It is an advisory lock (`flock`; `LockFileEx` on Windows) on `FOLDER/lock`. The operating system
/// lets go when the process dies however it dies, so a crash leaves a file that locks nobody out.
/// It protects against a second copy of our programs, not against other programs, and not between
/// computers that share a folder over a network.
#[derive(Debug)]
pub struct FolderLock {
    /// Open as long as the lock is held: closing it is what releases.
    _file: File,
    folder: PathBuf,
}

impl FolderLock {
    /// Takes the lock of a folder that exists, trying again for as long as `patience`.
    ///
    /// Patience helps where the earlier owner is just ending; zero means one try.
    ///
    /// # Errors
    /// [`LockError::Held`] when another process (or another part of this one) has it throughout.
    pub fn acquire(folder: &Path, patience: Duration) -> Result<Self, LockError> {
        let path = folder.join(LOCK_FILE);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(DiskError::io("open the lock file", &path))?;
        let mut left = patience;
        loop {
            match fs4::FileExt::try_lock(&file) {
                Ok(()) => return Ok(Self { _file: file, folder: folder.to_owned() }),
                Err(fs4::TryLockError::Error(source)) => {
                    return Err(DiskError::io("lock the file", &path)(source).into());
                }
                Err(fs4::TryLockError::WouldBlock) if left.is_zero() => {
                    return Err(LockError::Held { folder: folder.to_owned() });
                }
                Err(fs4::TryLockError::WouldBlock) => {
                    let pause = PAUSE.min(left);
                    std::thread::sleep(pause);
                    left = left.saturating_sub(pause);
                }
            }
        }
    }

    /// The folder that is locked.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

/// Why a folder could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process uses the folder.
    #[error("{}: another process uses this folder", folder.display())]
    Held {
        /// The folder.
        folder: PathBuf,
    },
    /// The lock file could not be opened or locked.
    #[error(transparent)]
    Disk(#[from] DiskError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_owner_is_refused_until_the_first_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path(), Duration::ZERO).unwrap();
        assert_eq!(first.folder(), folder.path());
        let refused = FolderLock::acquire(folder.path(), Duration::ZERO).unwrap_err();
        assert!(matches!(refused, LockError::Held { .. }));
        assert!(refused.to_string().ends_with("another process uses this folder"));
        drop(first);
        FolderLock::acquire(folder.path(), Duration::ZERO).unwrap();
    }

    #[test]
    fn patience_outlasts_an_owner_that_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = FolderLock::acquire(folder.path(), Duration::ZERO).unwrap();
        let ending = std::thread::spawn(move || {
            std::thread::sleep(PAUSE * 2);
            drop(first);
        });
        FolderLock::acquire(folder.path(), Duration::from_secs(30)).unwrap();
        ending.join().unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_a_disk_error() {
        let folder = tempfile::tempdir().unwrap();
        let absent = folder.path().join("absent");
        let error = FolderLock::acquire(&absent, Duration::ZERO).unwrap_err();
        assert!(matches!(error, LockError::Disk(DiskError::Missing { .. })));
    }
}
