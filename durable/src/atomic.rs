//! Whole files and directories that appear, change and go in one step and then stay so.
//!
//! Every function here returns only when a power cut can no longer undo what it did. The order of
//! system calls follows what Linux file systems promise and no more: see Pillai and others, "All
//! File Systems Are Not Created Equal" (OSDI 2014), and Rebello and others, "Can Applications
//! Recover from fsync Failures?" (ATC 2020). After the latter, a failed sync is never tried again:
//! the error goes up, and the temporary file, whatever it holds, is not used.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::crash::crash_point;
use crate::disk::{directory_of, sync_directory};
use crate::error::DiskError;
use crate::fault::{FaultPlan, Step};

/// How the name of every temporary file ends; nothing else in our folders ends so.
pub const TEMPORARY_SUFFIX: &str = ".tsumugu-tmp";

/// Who may read a new file or enter a new directory. On Windows the folder's own list decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Only the user that the program runs as: mode 0600, directories 0700.
    Private,
    /// As the user's umask says: what is published, such as tiles, and what was exported.
    Shared,
}

/// Puts a private file of these bytes at `path`, in place of whatever file was there.
///
/// See [`write_atomic_with`].
///
/// # Errors
/// [`DiskError::Io`]: then the old file or the new one is there, whole; which one is not known.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_atomic_with(path, bytes, Access::Private)
}

/// Puts a file of these bytes at `path`, in place of whatever file was there.
///
/// ```text
/// open(DIR/PID-N.tsumugu-tmp, O_CREAT | O_EXCL)
/// write                       a crash leaves a temporary file, empty or in part; PATH as it was
/// fsync(file)                 a crash leaves a whole temporary file;             PATH as it was
/// close
/// rename(temporary, PATH)     a crash leaves PATH old or new, never a mixture
/// fsync(DIR)                  PATH is new from here on
/// ```
///
/// Windows: `MoveFileEx` with replacement, then `FlushFileBuffers` on the file under its new name,
/// since a directory cannot be synced. NTFS keeps the order of the two names in its own log.
///
/// # Errors
/// [`DiskError::Io`]: then the old file or the new one is there, whole; which one is not known.
pub fn write_atomic_with(path: &Path, bytes: &[u8], access: Access) -> Result<(), DiskError> {
    replace(path, bytes, access, &FaultPlan::none())
}

/// Puts a private file of these bytes at `path` if nothing has that name.
///
/// ```text
/// as write_atomic up to close
/// link(temporary, PATH)       fails if PATH exists; a crash leaves PATH absent or whole
/// unlink(temporary)           a crash before leaves a second name, which the sweep removes
/// fsync(DIR)
/// ```
///
/// File systems without hard links (FAT on a memory stick) get an empty file of that name first,
/// which the rename then replaces; only there can a crash leave an empty file.
///
/// # Errors
/// [`DiskError::Exists`] when the name is taken, by whatever; that file was not touched.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), DiskError> {
    write_new_with(path, bytes, Access::Private)
}

/// As [`write_new`], with a choice of who may read.
///
/// # Errors
/// [`DiskError::Exists`] when the name is taken, by whatever; that file was not touched.
pub fn write_new_with(path: &Path, bytes: &[u8], access: Access) -> Result<(), DiskError> {
    create(path, bytes, access, &FaultPlan::none())
}

/// Makes a private directory, and those above it that are missing. One that exists is well.
///
/// ```text
/// mkdir(PATH)                 a crash leaves it or not
/// fsync(PARENT)               also for one that exists: an earlier run may have died before this
/// ```
///
/// # Errors
/// [`DiskError::Io`], also when `path` is a file.
pub fn create_dir_durable(path: &Path) -> Result<(), DiskError> {
    create_dir_durable_with(path, Access::Private)
}

/// As [`create_dir_durable`], with a choice of who may enter.
///
/// # Errors
/// [`DiskError::Io`], also when `path` is a file.
pub fn create_dir_durable_with(path: &Path, access: Access) -> Result<(), DiskError> {
    let parent = directory_of(path);
    match make_directory(path, access) {
        Ok(()) => sync_directory(parent, &FaultPlan::none()),
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent != Path::new(".") => {
            create_dir_durable_with(parent, access)?;
            make_directory(path, access).map_err(DiskError::io("make the directory", path))?;
            sync_directory(parent, &FaultPlan::none())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {
            match sync_directory(parent, &FaultPlan::none()) {
                // Someone else's directory around ours: then someone else made ours, and long ago.
                Err(DiskError::Io { source, .. })
                    if source.kind() == io::ErrorKind::PermissionDenied =>
                {
                    Ok(())
                }
                synced => synced,
            }
        }
        Err(error) => Err(DiskError::io("make the directory", path)(error)),
    }
}

/// Removes a file; one that is not there is well, so that start-up may repeat it.
///
/// ```text
/// unlink(PATH)                a crash leaves it or not
/// fsync(DIR)                  gone from here on
/// ```
///
/// # Errors
/// [`DiskError::Io`]: then the file may or may not come back after a power cut.
pub fn remove_durable(path: &Path) -> Result<(), DiskError> {
    remove(path, &FaultPlan::none())
}

/// Moves a file or a directory to a name that nothing has, in another directory of the same file system.
///
/// ```text
/// rename(FROM, TO)            a crash leaves it at one of the two, whole
/// fsync(DIR of TO)            a crash before: it may be back
/// fsync(DIR of FROM)          a crash before: it may have both names
/// ```
///
/// # Errors
/// [`DiskError::Exists`] when the name is taken; else [`DiskError::Io`]: then it is at one of the two.
pub fn move_durable(from: &Path, to: &Path) -> Result<(), DiskError> {
    if to.symlink_metadata().is_ok() {
        return Err(DiskError::Exists { path: to.to_owned() });
    }
    rename(from, to).map_err(DiskError::io("move it to its place", from))?;
    crash_point("atomic.moved");
    sync_directory(directory_of(to), &FaultPlan::none())?;
    sync_directory(directory_of(from), &FaultPlan::none())
}

/// Reads a whole file of at most `max` bytes, and takes no more memory than that.
///
/// # Errors
/// [`DiskError::Missing`], [`DiskError::TooLong`], or [`DiskError::Io`].
pub fn read_limited(path: &Path, max: u64) -> Result<Vec<u8>, DiskError> {
    let file = File::open(path).map_err(DiskError::io("open the file", path))?;
    let mut bytes = Vec::new();
    file.take(max.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(DiskError::io("read the file", path))?;
    if bytes.len() as u64 > max {
        return Err(DiskError::TooLong { path: path.to_owned(), max });
    }
    Ok(bytes)
}

/// What is in a directory (not below it), in the order of the names.
///
/// # Errors
/// [`DiskError`] when it cannot be read.
pub fn list(directory: &Path) -> Result<Vec<PathBuf>, DiskError> {
    let reading = || DiskError::io("list the directory", directory);
    let mut paths = Vec::new();
    for entry in fs::read_dir(directory).map_err(reading())? {
        paths.push(entry.map_err(reading())?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Makes the names of files in a directory last that were made otherwise than by this module, and each
/// synced by whoever made it.
///
/// # Errors
/// [`DiskError::Io`]
pub fn settle_directory(directory: &Path) -> Result<(), DiskError> {
    sync_directory(directory, &FaultPlan::none())
}

/// Removes the temporary files that a crash left in `directory` (not below it), and says how many.
///
/// For start-up, under the [`FolderLock`](crate::FolderLock): a running writer's temporary file
/// would go too. Nothing is synced: what comes back after a power cut is swept the next time.
///
/// # Errors
/// [`DiskError`] when the directory cannot be read or such a file not be removed.
pub fn sweep_temporaries(directory: &Path) -> Result<usize, DiskError> {
    let reading = || DiskError::io("list the directory", directory);
    let mut swept = 0;
    for entry in fs::read_dir(directory).map_err(reading())? {
        let entry = entry.map_err(reading())?;
        let is_file = entry.file_type().map_err(reading())?.is_file();
        if is_file && entry.file_name().to_string_lossy().ends_with(TEMPORARY_SUFFIX) {
            let path = entry.path();
            fs::remove_file(&path).map_err(DiskError::io("remove the file", &path))?;
            swept += 1;
        }
    }
    Ok(swept)
}

/// [`write_atomic_with`] under a plan of faults.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    access: Access,
    faults: &FaultPlan,
) -> Result<(), DiskError> {
    let temporary = Temporary::write(directory_of(path), bytes, access, faults)?;
    move_to(&temporary.path, path, faults)
}

/// [`write_new_with`] under a plan of faults.
pub(crate) fn create(
    path: &Path,
    bytes: &[u8],
    access: Access,
    faults: &FaultPlan,
) -> Result<(), DiskError> {
    let temporary = Temporary::write(directory_of(path), bytes, access, faults)?;
    name_new(temporary, path, faults)
}

/// Gives a temporary file a name that nothing has.
pub(crate) fn name_new(
    temporary: Temporary,
    path: &Path,
    faults: &FaultPlan,
) -> Result<(), DiskError> {
    let linked = faults.around(Step::Rename, || match fs::hard_link(&temporary.path, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            OpenOptions::new().write(true).create_new(true).open(path)?;
            rename(&temporary.path, path)
        }
        linked => linked,
    });
    match linked {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(DiskError::Exists { path: path.to_owned() });
        }
        linked => linked.map_err(DiskError::io("give the new file its name", path))?,
    }
    crash_point("atomic.renamed");
    drop(temporary);
    settle_name(path, faults)
}

/// Moves a synced file to another name in the same directory, in place of whatever was there.
pub(crate) fn move_to(from: &Path, to: &Path, faults: &FaultPlan) -> Result<(), DiskError> {
    faults
        .around(Step::Rename, || rename(from, to))
        .map_err(DiskError::io("move the new file to its name", to))?;
    crash_point("atomic.renamed");
    settle_name(to, faults)
}

/// [`remove_durable`] under a plan of faults.
pub(crate) fn remove(path: &Path, faults: &FaultPlan) -> Result<(), DiskError> {
    let removed = faults.around(Step::Remove, || match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    });
    removed.map_err(DiskError::io("remove the file", path))?;
    // Also for a file that was gone: the run that removed it may have died before this.
    sync_directory(directory_of(path), faults)
}

/// A file under a temporary name, which goes when this does (unless it was renamed).
pub(crate) struct Temporary {
    pub(crate) path: PathBuf,
}

impl Temporary {
    /// An empty one.
    pub(crate) fn create(directory: &Path, access: Access) -> Result<(Self, File), DiskError> {
        let (path, file) = Self::open(directory, access)?;
        Ok((Self { path }, file))
    }

    fn write(
        directory: &Path,
        bytes: &[u8],
        access: Access,
        faults: &FaultPlan,
    ) -> Result<Self, DiskError> {
        let (temporary, mut file) = Self::create(directory, access)?;
        faults
            .around(Step::Write, || file.write_all(bytes))
            .map_err(DiskError::io("write the file", &temporary.path))?;
        crash_point("atomic.temporary-written");
        faults
            .around(Step::Sync, || file.sync_all())
            .map_err(DiskError::io("sync the file", &temporary.path))?;
        crash_point("atomic.temporary-synced");
        Ok(temporary)
    }

    fn open(directory: &Path, access: Access) -> Result<(PathBuf, File), DiskError> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let name = format!("{}-{number}{TEMPORARY_SUFFIX}", std::process::id());
            let path = directory.join(name);
            match open_new(&path, access) {
                Ok(file) => return Ok((path, file)),
                // Left by a process that had our number and crashed: the sweep's business.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(DiskError::io("make a file", &path)(error)),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename the name is gone already. Should this fail, start-up sweeps.
        let _ = fs::remove_file(&self.path);
    }
}

fn open_new(path: &Path, access: Access) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    options.open(path)
}

fn make_directory(path: &Path, access: Access) -> io::Result<()> {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix has modes to set"))]
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    if access == Access::Private {
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    }
    #[cfg(not(unix))]
    let _ = access;
    builder.create(path)
}

#[cfg(not(windows))]
#[expect(clippy::disallowed_methods, reason = "this is the place that renames with the syncs")]
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Virus scanners hold a new file open for a moment, which Windows reports as "access denied".
#[cfg(windows)]
#[expect(clippy::disallowed_methods, reason = "this is the place that renames with the syncs")]
pub(crate) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    const TRIES: u32 = 20;
    const PAUSE: std::time::Duration = std::time::Duration::from_millis(25);
    for _ in 1..TRIES {
        match fs::rename(from, to) {
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                std::thread::sleep(PAUSE);
            }
            renamed => return renamed,
        }
    }
    fs::rename(from, to)
}

/// Makes the name that a file just got last.
pub(crate) fn settle_name(path: &Path, faults: &FaultPlan) -> Result<(), DiskError> {
    #[cfg(windows)]
    OpenOptions::new()
        .write(true)
        .open(path)
        .and_then(|file| file.sync_all())
        .map_err(DiskError::io("sync the file under its name", path))?;
    sync_directory(directory_of(path), faults)
}

#[cfg(test)]
mod tests;
