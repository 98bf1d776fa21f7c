//! How much the disk can still take, and how much a folder takes.

use std::path::{Path, PathBuf};
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

/// Bytes of the files in a folder and below it; 0 where there is none. Other threads may make and remove
/// files meanwhile: what is gone is not counted. Links are not followed.
#[must_use]
pub fn size_of(folder: &Path) -> u64 {
    let mut folders = vec![folder.to_owned()];
    let mut bytes = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(metadata) if metadata.is_dir() => folders.push(entry.path()),
                Ok(metadata) if metadata.is_file() => bytes += metadata.len(),
                _ => {}
            }
        }
    }
    bytes
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

    #[test]
    fn files_at_every_depth_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(size_of(folder.path()), 0);
        std::fs::create_dir_all(folder.path().join("a/b")).unwrap();
        std::fs::write(folder.path().join("one"), [0; 10]).unwrap();
        std::fs::write(folder.path().join("a/b/two"), [0; 32]).unwrap();
        assert_eq!(size_of(folder.path()), 42);
        assert_eq!(size_of(&folder.path().join("none")), 0);
    }
}
