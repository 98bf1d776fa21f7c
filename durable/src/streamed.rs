//! Files that do not fit into memory: written piece by piece, named once they are whole.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::atomic::{Access, Temporary, move_to, name_new};
use crate::crash::crash_point;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// A file that is being written under a temporary name; dropped before it was named, it goes.
///
/// ```text
/// create, write               a crash leaves a temporary file, which sweep_temporaries removes
/// replace, or name_new        as write_atomic, or write_new
/// ```
pub struct NewFile {
    file: File,
    temporary: Temporary,
}

impl NewFile {
    /// Begins one in the directory in which it will stay.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn create(directory: &Path, access: Access) -> Result<Self, DiskError> {
        let (temporary, file) = Temporary::create(directory, access)?;
        Ok(Self { file, temporary })
    }

    /// Puts it at `path`, in place of whatever file was there.
    ///
    /// # Errors
    /// [`DiskError::Io`]: then the old file or the new one is there, whole; which one is not known.
    pub fn replace(self, path: &Path) -> Result<(), DiskError> {
        let temporary = self.synced()?;
        move_to(&temporary.path, path, &FaultPlan::none())
    }

    /// Puts it at `path` if nothing has that name.
    ///
    /// # Errors
    /// [`DiskError::Exists`] when the name is taken, by whatever; that file was not touched.
    pub fn name_new(self, path: &Path) -> Result<(), DiskError> {
        name_new(self.synced()?, path, &FaultPlan::none())
    }

    fn synced(self) -> Result<Temporary, DiskError> {
        self.file.sync_all().map_err(DiskError::io("sync the file", &self.temporary.path))?;
        crash_point("atomic.temporary-synced");
        // Windows moves no open file.
        drop(self.file);
        Ok(self.temporary)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A file that comes in pieces, over several runs: it stays as far as it came.
///
/// ```text
/// open, write                 a crash leaves what was there and perhaps a part of what was written; a
///                             power cut may leave zeros in it: whoever finishes it checks its digest
/// finish                      PATH is there, whole
/// ```
///
/// One writer at a time: that is for the caller to see to.
pub struct PartFile {
    file: File,
    path: PathBuf,
}

impl PartFile {
    /// Opens the part at `path`, for more at its end, or begins it.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn open(path: &Path) -> Result<Self, DiskError> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(DiskError::io("open the file", path))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// How much is there.
    ///
    /// # Errors
    /// [`DiskError::Io`].
    pub fn length(&self) -> Result<u64, DiskError> {
        let metadata = self.file.metadata();
        Ok(metadata.map_err(DiskError::io("ask for the length of the file", &self.path))?.len())
    }

    /// Adds to its end.
    ///
    /// # Errors
    /// [`DiskError::Io`]: a part of it may be there.
    pub fn add(&mut self, bytes: &[u8]) -> Result<(), DiskError> {
        self.file.write_all(bytes).map_err(DiskError::io("write the file", &self.path))
    }

    /// Gives it its name in the same directory, in place of whatever file was there.
    ///
    /// # Errors
    /// [`DiskError::Io`]: then it is there under one of the two names.
    pub fn finish(self, path: &Path) -> Result<(), DiskError> {
        self.file.sync_all().map_err(DiskError::io("sync the file", &self.path))?;
        drop(self.file);
        move_to(&self.path, path, &FaultPlan::none())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn names(directory: &Path) -> usize {
        fs::read_dir(directory).unwrap().count()
    }

    #[test]
    fn a_file_is_there_whole_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        let begun = |bytes: &[u8]| {
            let mut file = NewFile::create(directory.path(), Access::Private).unwrap();
            file.write_all(bytes).unwrap();
            file
        };
        drop(begun(b"given up"));
        assert_eq!(names(directory.path()), 0);
        begun(b"one").name_new(&path).unwrap();
        assert!(matches!(begun(b"two").name_new(&path), Err(DiskError::Exists { .. })));
        assert_eq!(fs::read(&path).unwrap(), b"one");
        begun(b"three").replace(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(directory.path())), (b"three".to_vec(), 1));
    }

    #[test]
    fn a_part_goes_on_where_it_was() {
        let directory = tempfile::tempdir().unwrap();
        let (part, path) = (directory.path().join("a.part"), directory.path().join("a"));
        for (piece, before) in [(b"one", 0), (b"two", 3)] {
            let mut file = PartFile::open(&part).unwrap();
            assert_eq!(file.length().unwrap(), before);
            file.add(piece).unwrap();
        }
        PartFile::open(&part).unwrap().finish(&path).unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(directory.path())), (b"onetwo".to_vec(), 1));
    }
}
