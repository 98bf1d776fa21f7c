//! How much the disk can still take.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::DiskError;

/// Tells the free space.
pub trait FreeSpace: Send + Sync + std::fmt::Debug {
    /// Bytes that this process may still write.
    ///
    /// # Errors
    /// [`DiskError::Io`]: the system does not tell.
    fn free(&self) -> Result<u64, DiskError>;
}

/// The free space of the file system that holds a folder (statvfs(3), `GetDiskFreeSpaceEx`).
#[derive(Debug)]
pub struct DiskSpace {
    folder: PathBuf,
}

impl DiskSpace {
    /// Of the folder's file system.
    #[must_use]
    pub fn of(folder: impl Into<PathBuf>) -> Arc<Self> {
        Arc::new(Self { folder: folder.into() })
    }
}

impl FreeSpace for DiskSpace {
    fn free(&self) -> Result<u64, DiskError> {
        fs4::available_space(&self.folder)
            .map_err(DiskError::io("ask for the free space of", &self.folder))
    }
}

/// Free space that a test sets.
#[derive(Debug)]
pub struct SetSpace(AtomicU64);

impl SetSpace {
    /// So many bytes.
    #[must_use]
    pub fn of(bytes: u64) -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(bytes)))
    }

    /// So many bytes from now on.
    pub fn set(&self, bytes: u64) {
        self.0.store(bytes, Ordering::SeqCst);
    }

    /// The system does not tell from now on.
    pub fn set_unknown(&self) {
        self.set(u64::MAX);
    }
}

impl FreeSpace for SetSpace {
    fn free(&self) -> Result<u64, DiskError> {
        match self.0.load(Ordering::SeqCst) {
            u64::MAX => {
                let unknown = std::io::Error::from(std::io::ErrorKind::Unsupported);
                Err(DiskError::io("ask for the free space of", std::path::Path::new("."))(unknown))
            }
            bytes => Ok(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_room_and_no_folder_has_none_to_tell() {
        let folder = tempfile::tempdir().unwrap();
        assert!(DiskSpace::of(folder.path()).free().unwrap() > 0);
        assert!(DiskSpace::of(folder.path().join("none")).free().is_err());
    }
}
