//! The few system calls under the journal and the bodies, on Unix and Windows, with the fault seam.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::DiskError;
use crate::fault::{Fault, FaultPlan, Step, injected};

/// An open file that is read and written at given offsets: it has no cursor that threads could share.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    path: PathBuf,
    faults: FaultPlan,
    /// What was there before each write since the last sync, for [`Fault::NotPersisted`] syncs.
    #[cfg(debug_assertions)]
    unsynced: std::sync::Mutex<Vec<Before>>,
}

impl DiskFile {
    /// Opens a file that exists, for reading and writing.
    pub(crate) fn open(path: &Path, faults: &FaultPlan) -> Result<Self, DiskError> {
        Self::open_as(path, OpenOptions::new().read(true).write(true), faults)
    }

    /// Opens a file that exists, for reading only.
    pub(crate) fn open_to_read(path: &Path) -> Result<Self, DiskError> {
        Self::open_as(path, OpenOptions::new().read(true), &FaultPlan::none())
    }

    fn open_as(path: &Path, options: &OpenOptions, faults: &FaultPlan) -> Result<Self, DiskError> {
        let file = options.open(path).map_err(DiskError::io("open the file", path))?;
        Ok(Self {
            file,
            path: path.to_owned(),
            faults: faults.clone(),
            #[cfg(debug_assertions)]
            unsynced: std::sync::Mutex::default(),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn length(&self) -> Result<u64, DiskError> {
        let metadata = self.file.metadata();
        Ok(metadata.map_err(DiskError::io("ask for the length of the file", &self.path))?.len())
    }

    /// Reads exactly `length` bytes; `None` when the file ends before.
    pub(crate) fn read_at(&self, offset: u64, length: usize) -> Result<Option<Vec<u8>>, DiskError> {
        read_at(&self.file, offset, length).map_err(DiskError::io("read the file", &self.path))
    }

    /// Writes all of `bytes`. A crash may leave any part of them, in any order of pages.
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<(), DiskError> {
        self.try_write(offset, bytes).map_err(DiskError::io("write the file", &self.path))
    }

    /// `fdatasync`: the bytes and the length are on the disk when this returns.
    pub(crate) fn sync_data(&self) -> Result<(), DiskError> {
        self.try_sync(File::sync_data).map_err(DiskError::io("sync the file", &self.path))
    }

    /// `fsync`: as [`Self::sync_data`], with the file's other metadata.
    pub(crate) fn sync_all(&self) -> Result<(), DiskError> {
        self.try_sync(File::sync_all).map_err(DiskError::io("sync the file", &self.path))
    }

    /// Sets the file's time of change, in milliseconds since 1970: the clock of who asks need not be
    /// the system's. Nothing is synced, and a failure leaves the time that the system set.
    pub(crate) fn touch(&self, ms: u64) {
        let time = std::time::UNIX_EPOCH.checked_add(std::time::Duration::from_millis(ms));
        let _ = time.map(|time| self.file.set_modified(time));
    }

    /// Cuts the file to `length` and syncs it. A crash leaves the old length or the new one.
    pub(crate) fn truncate(&self, length: u64) -> Result<(), DiskError> {
        let cut = self.faults.around(Step::Write, || self.file.set_len(length));
        cut.map_err(DiskError::io("cut the file", &self.path))?;
        self.sync_all()
    }

    fn try_write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        #[cfg(debug_assertions)]
        self.remember(offset, bytes.len())?;
        match self.faults.next(Step::Write) {
            None => write_at(&self.file, offset, bytes),
            Some(fault) => {
                let kept = match fault {
                    Fault::NotPersisted => 0,
                    Fault::Half => bytes.len() / 2,
                    Fault::Persisted => bytes.len(),
                };
                write_at(&self.file, offset, bytes.get(..kept).unwrap_or(bytes))?;
                Err(injected())
            }
        }
    }

    fn try_sync(&self, sync: impl FnOnce(&File) -> io::Result<()>) -> io::Result<()> {
        let fault = self.faults.next(Step::Sync);
        #[cfg(debug_assertions)]
        self.settle(fault)?;
        match fault {
            None => sync(&self.file),
            Some(_) => Err(injected()),
        }
    }

    #[cfg(debug_assertions)]
    fn remember(&self, offset: u64, length: usize) -> io::Result<()> {
        if !self.faults.is_pending() {
            return Ok(());
        }
        let old_length = self.file.metadata()?.len();
        let covered = old_length.saturating_sub(offset).min(length as u64) as usize;
        let bytes = read_at(&self.file, offset, covered)?.unwrap_or_default();
        self.unsynced().push(Before { offset, bytes, length: old_length });
        Ok(())
    }

    /// A sync that lost everything puts back what was there, as a power cut would have shown it.
    #[cfg(debug_assertions)]
    fn settle(&self, fault: Option<Fault>) -> io::Result<()> {
        let unsynced = std::mem::take(&mut *self.unsynced());
        if !matches!(fault, Some(Fault::NotPersisted | Fault::Half)) {
            return Ok(());
        }
        for before in unsynced.iter().rev() {
            write_at(&self.file, before.offset, &before.bytes)?;
            self.file.set_len(before.length)?;
        }
        Ok(())
    }

    #[cfg(debug_assertions)]
    fn unsynced(&self) -> std::sync::MutexGuard<'_, Vec<Before>> {
        self.unsynced.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// What a write covered: the bytes that it replaced and the length that the file had.
#[cfg(debug_assertions)]
#[derive(Debug)]
struct Before {
    offset: u64,
    bytes: Vec<u8>,
    length: u64,
}

/// Makes the names in a directory last: `open(O_DIRECTORY)`, `fsync`, `close`.
///
/// Windows has no such call; there [`crate::atomic`] flushes the file under its new name instead.
pub(crate) fn sync_directory(directory: &Path, faults: &FaultPlan) -> Result<(), DiskError> {
    faults
        .around(Step::SyncDirectory, || fsync_directory(directory))
        .map_err(DiskError::io("sync the directory", directory))
}

/// The directory that holds the name `path`.
pub(crate) fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

#[cfg(not(windows))]
fn fsync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(windows)]
fn fsync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// Reads of more bytes than this ask for the file's length first.
const ASKED_FIRST: usize = 64 * 1024;

fn read_at(file: &File, offset: u64, length: usize) -> io::Result<Option<Vec<u8>>> {
    let end = offset.checked_add(length as u64).filter(|end| *end <= i64::MAX as u64);
    let Some(end) = end else { return Ok(None) };
    // A long one is checked before memory is taken for it, so that a wrong one costs nothing. Of a short
    // one the read itself tells.
    if length > ASKED_FIRST && end > file.metadata()?.len() {
        return Ok(None);
    }
    let mut bytes = vec![0; length];
    match fill_at(file, &mut bytes, offset) {
        Ok(()) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(unix)]
fn fill_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, bytes, offset)
}

#[cfg(unix)]
fn write_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn fill_at(file: &File, mut bytes: &mut [u8], mut offset: u64) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_read(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                bytes = bytes.get_mut(read..).unwrap_or_default();
                offset += read as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(windows)]
fn write_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    while !bytes.is_empty() {
        match file.seek_write(bytes, offset) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => {
                bytes = bytes.get(written..).unwrap_or_default();
                offset += written as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::*;

    #[test]
    fn a_lost_sync_takes_back_appends_and_overwrites() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"0123456789").unwrap();
        let faults = FaultPlan::none();
        let file = DiskFile::open(&path, &faults).unwrap();
        faults.arm(Step::Sync, 2, Fault::NotPersisted);
        file.write_at(0, b"a").unwrap();
        file.sync_data().unwrap();
        file.write_at(8, b"xyz").unwrap();
        file.write_at(1, b"b").unwrap();
        assert!(file.sync_data().is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"a123456789");
    }

    #[test]
    fn a_half_write_leaves_half() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"").unwrap();
        let faults = FaultPlan::none();
        let file = DiskFile::open(&path, &faults).unwrap();
        faults.arm(Step::Write, 1, Fault::Half);
        assert!(file.write_at(0, b"abcd").is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"ab");
    }

    #[test]
    fn reading_past_the_end_is_none_and_takes_no_memory() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        std::fs::write(&path, b"abc").unwrap();
        let file = DiskFile::open(&path, &FaultPlan::none()).unwrap();
        assert_eq!(file.read_at(1, 2).unwrap(), Some(b"bc".to_vec()));
        assert_eq!(file.read_at(1, 3).unwrap(), None);
        assert_eq!(file.read_at(0, usize::MAX).unwrap(), None);
        assert_eq!(file.read_at(u64::MAX, 1).unwrap(), None);
    }
}
