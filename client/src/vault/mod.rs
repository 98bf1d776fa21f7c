//! The vault (金庫): what this PC keeps for its office, sealed under the office passphrase.
//!
//! ```text
//! HOME/vault/key.age            the vault's random key, an age scrypt file under the passphrase
//! HOME/vault/PATH.sealed        one record: XChaCha20-Poly1305 under that key, bound to its PATH
//! HOME/vault/lock               one writer at a time
//! ```
//!
//! A record is replaced in one step that lasts (`tsumugu_durable::atomic`): after a crash it is the
//! old one or the new one, whole. Records are not tied to each other: whoever can write to the
//! folder can put back an older version of a record or delete it, but not read, change, make or
//! move one. What must not be forgotten is therefore compared with the exchange's log.

mod error;
mod key;
mod path;
mod record;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{
    create_dir_durable, read_limited, remove_durable, sweep_temporaries, write_atomic, write_new,
};
use tsumugu_durable::lock::{FolderLock, LockError};
use zeroize::Zeroizing;

pub use error::VaultError;
pub use key::{TEST_WORK_FACTOR, WORK_FACTOR};
pub use path::MAX_PATH_BYTES;
pub use record::MAX_RECORD_BYTES;

use crate::attachments;
use crate::passphrase::{NewPassphrase, Passphrase};
use error::disk;
use key::VaultKey;
use path::RecordPath;

/// The vault's folder in the home folder.
pub const FOLDER: &str = "vault";

/// The name of the sealed key inside it.
pub const KEY_FILE: &str = "key.age";

/// How long a writer waits for another process that writes.
pub const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// How the name of a record's file ends.
const RECORD_SUFFIX: &str = ".sealed";

/// An opened vault. Several processes may have the same one open; each write takes the lock.
///
/// The calls block on the disk, and opening also on scrypt (about half a second): in asynchronous
/// code they belong into `spawn_blocking`.
#[derive(Debug)]
pub struct Vault {
    folder: PathBuf,
    key: VaultKey,
}

impl Vault {
    /// Whether `home` has a vault.
    #[must_use]
    pub fn exists(home: &Path) -> bool {
        home.join(FOLDER).join(KEY_FILE).exists()
    }

    /// Makes the vault of `home`, and `home` itself if it is missing.
    ///
    /// # Errors
    /// [`VaultError::AlreadyThere`]; [`VaultError::Damaged`] where records lie without their key: a
    /// new key could not open them.
    pub fn create(home: &Path, passphrase: &NewPassphrase) -> Result<Self, VaultError> {
        let folder = home.join(FOLDER);
        create_dir_durable(&folder).map_err(disk(&folder))?;
        let _lock = acquire(&folder, LOCK_PATIENCE)?;
        let file = folder.join(KEY_FILE);
        if file.exists() {
            return Err(VaultError::AlreadyThere { folder });
        }
        if !records(&folder)?.is_empty() {
            return Err(VaultError::Damaged { file });
        }
        let key = VaultKey::generate()?;
        let sealed = key.seal(passphrase.as_ref())?;
        // A crash before this leaves a folder without a key, which is no vault; after it, a vault.
        match write_new(&file, sealed.as_bytes()) {
            Err(DiskError::Exists { .. }) => Err(VaultError::AlreadyThere { folder }),
            written => written.map_err(disk(&file)).map(|()| Self { folder, key }),
        }
    }

    /// Opens the vault of `home`, and removes what a crash left half-written in it.
    ///
    /// # Errors
    /// [`VaultError::NotThere`], [`VaultError::WrongPassphrase`]; [`VaultError::Damaged`] and
    /// [`VaultError::Newer`] for the file of the key.
    pub fn open(home: &Path, passphrase: &Passphrase) -> Result<Self, VaultError> {
        let folder = home.join(FOLDER);
        let file = folder.join(KEY_FILE);
        let sealed = match read_limited(&file, key::MAX_FILE_BYTES) {
            Ok(sealed) => sealed,
            Err(DiskError::Missing { .. }) if !folder.is_dir() || records(&folder)?.is_empty() => {
                return Err(VaultError::NotThere { folder });
            }
            Err(DiskError::Missing { .. } | DiskError::TooLong { .. }) => {
                return Err(VaultError::Damaged { file });
            }
            Err(error) => return Err(disk(&file)(error)),
        };
        let key = VaultKey::open(&sealed, passphrase, &file)?;
        match acquire(&folder, Duration::ZERO) {
            Ok(_lock) => sweep(&folder)?,
            // Somebody writes: the temporary files may be theirs. The next opening sweeps.
            Err(VaultError::Busy { .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(Self { folder, key })
    }

    /// The record at `path`, if there is one.
    ///
    /// A record path is `[a-z0-9-]+(/[a-z0-9-]+)*`, at most [`MAX_PATH_BYTES`]; it is visible to
    /// whoever sees the folder, so it holds kinds and ids, never names.
    ///
    /// # Errors
    /// [`VaultError::Damaged`] also for a record that was moved here; [`VaultError::Newer`].
    pub fn read(&self, path: &str) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
        let path = RecordPath::parse(path)?;
        let file = self.file(&path);
        match read_limited(&file, record::MAX_FILE_BYTES) {
            Ok(sealed) => record::open(&self.key, &path, &sealed, &file).map(Some),
            Err(DiskError::Missing { .. }) => Ok(None),
            Err(DiskError::TooLong { .. }) => Err(VaultError::Damaged { file }),
            Err(error) => Err(disk(&file)(error)),
        }
    }

    /// The JSON record at `path`, if there is one.
    ///
    /// # Errors
    /// As [`Self::read`]; [`VaultError::Damaged`] for a record that is not a `T`.
    pub fn read_json<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, VaultError> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        // serde's message may quote the record: it is not kept.
        let damaged = |_| match RecordPath::parse(path) {
            Ok(path) => VaultError::Damaged { file: self.file(&path) },
            Err(error) => error,
        };
        serde_json::from_slice(&bytes).map(Some).map_err(damaged)
    }

    /// The paths of the records at and below `prefix` (whole segments; empty: of all), in order.
    ///
    /// # Errors
    /// [`VaultError::Disk`], [`VaultError::BadPath`].
    pub fn list(&self, prefix: &str) -> Result<Vec<String>, VaultError> {
        let mut paths = if prefix.is_empty() {
            records(&self.folder)?
        } else {
            // Only that folder is walked: a vault of many years has very many records.
            let path = RecordPath::parse(prefix)?;
            let mut paths = records_below(&self.folder, prefix)?;
            paths.extend(self.file(&path).is_file().then(|| prefix.to_owned()));
            paths
        };
        paths.sort();
        Ok(paths)
    }

    /// Takes the lock for several steps, such as to read, change and write a record.
    ///
    /// While it is held, [`Self::write`] and [`Self::remove`] of this vault would wait for it in
    /// vain: write through it.
    ///
    /// # Errors
    /// [`VaultError::Busy`] after [`LOCK_PATIENCE`].
    pub fn lock(&self) -> Result<VaultLock<'_>, VaultError> {
        Ok(VaultLock { vault: self, _lock: acquire(&self.folder, LOCK_PATIENCE)? })
    }

    /// Puts a record at `path`, in place of the one that was there.
    ///
    /// # Errors
    /// [`VaultError::TooLarge`] above [`MAX_RECORD_BYTES`], [`VaultError::Busy`],
    /// [`VaultError::BadPath`], [`VaultError::Disk`].
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), VaultError> {
        self.lock()?.write(path, bytes)
    }

    /// Puts `value` as JSON at `path`.
    ///
    /// # Errors
    /// As [`Self::write`]; [`VaultError::NotJson`].
    pub fn write_json<T: Serialize>(&self, path: &str, value: &T) -> Result<(), VaultError> {
        self.lock()?.write_json(path, value)
    }

    /// Removes the record at `path`; one that is not there is well.
    ///
    /// The bytes may remain on the medium until they are overwritten; without the key they are noise.
    ///
    /// # Errors
    /// [`VaultError::Busy`], [`VaultError::BadPath`], [`VaultError::Disk`].
    pub fn remove(&self, path: &str) -> Result<(), VaultError> {
        self.lock()?.remove(path)
    }

    /// The folder: records, and sealed files that are none.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    fn file(&self, path: &RecordPath<'_>) -> PathBuf {
        self.folder.join(format!("{}{RECORD_SUFFIX}", path.as_str()))
    }
}

/// The right to write into a vault; nobody else has it meanwhile. Reading needs none.
#[derive(Debug)]
pub struct VaultLock<'a> {
    vault: &'a Vault,
    _lock: FolderLock,
}

impl VaultLock<'_> {
    /// As [`Vault::write`], under this lock.
    ///
    /// # Errors
    /// As [`Vault::write`], but never busy.
    pub fn write(&self, path: &str, bytes: &[u8]) -> Result<(), VaultError> {
        let path = RecordPath::parse(path)?;
        let file = self.vault.file(&path);
        let sealed = record::seal(&self.vault.key, &path, bytes)?;
        if let Some(folder) = file.parent() {
            create_dir_durable(folder).map_err(disk(folder))?;
        }
        write_atomic(&file, &sealed).map_err(disk(&file))
    }

    /// As [`Vault::write_json`], under this lock.
    ///
    /// # Errors
    /// As [`Vault::write_json`], but never busy.
    pub fn write_json<T: Serialize>(&self, path: &str, value: &T) -> Result<(), VaultError> {
        let bytes = serde_json::to_vec(value).map_err(|_| VaultError::NotJson)?;
        self.write(path, &Zeroizing::new(bytes))
    }

    /// As [`Vault::remove`], under this lock.
    ///
    /// # Errors
    /// As [`Vault::remove`], but never busy.
    pub fn remove(&self, path: &str) -> Result<(), VaultError> {
        let file = self.vault.file(&RecordPath::parse(path)?);
        match remove_durable(&file) {
            // The folder above it was never made.
            Err(DiskError::Missing { .. }) => Ok(()),
            removed => removed.map_err(disk(&file)),
        }
    }
}

fn acquire(folder: &Path, patience: Duration) -> Result<FolderLock, VaultError> {
    FolderLock::acquire(folder, patience).map_err(|error| match error {
        LockError::Held { folder } => VaultError::Busy { folder },
        LockError::Disk(error) => disk(folder)(error),
    })
}

/// The paths of all records below `folder`, in no order. Other files are not ours and are left alone.
fn records(folder: &Path) -> Result<Vec<String>, VaultError> {
    record_paths(entries(folder)?)
}

/// Those below one folder of it, which need not be there.
/// How many records lie below `prefix` in the vault of `home`: they can be counted without a key.
///
/// # Errors
/// [`VaultError::Disk`]: the folder cannot be read.
pub(crate) fn count_records(home: &Path, prefix: &str) -> Result<usize, VaultError> {
    records_below(&home.join(FOLDER), prefix).map(|records| records.len())
}

fn records_below(folder: &Path, prefix: &str) -> Result<Vec<String>, VaultError> {
    if !folder.join(prefix).is_dir() {
        return Ok(Vec::new());
    }
    record_paths(walk(folder, format!("{prefix}/"))?)
}

fn record_paths(found: Vec<Entry>) -> Result<Vec<String>, VaultError> {
    let names = found.into_iter().filter(|entry| !entry.is_folder);
    let paths = names.filter_map(|entry| Some(entry.name.strip_suffix(RECORD_SUFFIX)?.to_owned()));
    Ok(paths.filter(|path| RecordPath::parse(path).is_ok()).collect())
}

fn sweep(folder: &Path) -> Result<(), VaultError> {
    // Attachments are sealed and swept under a lock of their own: it takes longer than a record.
    let folders = entries(folder)?.into_iter().filter(|entry| entry.is_folder);
    let folders = folders.filter(|entry| entry.name != attachments::FOLDER);
    let below = folders.map(|entry| folder.join(entry.name));
    std::iter::once(folder.to_owned())
        .chain(below)
        .try_for_each(|folder| sweep_temporaries(&folder).map(|_| ()).map_err(disk(&folder)))
}

/// A file or folder in the vault.
struct Entry {
    /// From the vault's folder, with `/` between segments.
    name: String,
    is_folder: bool,
}

/// Everything below `folder`; links are not followed.
fn entries(folder: &Path) -> Result<Vec<Entry>, VaultError> {
    walk(folder, String::new())
}

fn walk(folder: &Path, below: String) -> Result<Vec<Entry>, VaultError> {
    let mut found = Vec::new();
    let mut waiting = vec![below];
    while let Some(prefix) = waiting.pop() {
        let here = folder.join(&prefix);
        let unreadable = |source| VaultError::Listing { folder: here.clone(), source };
        for entry in std::fs::read_dir(&here).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let is_folder = entry.file_type().map_err(unreadable)?.is_dir();
            let Ok(name) = entry.file_name().into_string() else { continue };
            let name = format!("{prefix}{name}");
            if is_folder {
                waiting.push(format!("{name}/"));
            }
            found.push(Entry { name, is_folder });
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
