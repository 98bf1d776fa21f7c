//! Sealed attachments in the vault's folder.
//!
//! ```text
//! HOME/vault/attachment/DIGEST.age     a sealed attachment; DIGEST is that of these bytes
//! HOME/vault/attachment/DIGEST.part    one that is being fetched, as far as it came
//! ```
//!
//! They are no records of the vault: each is encrypted under a key of its own, which only its letter
//! holds, and the letter is a record.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tsumugu_durable::atomic::{TEMPORARY_SUFFIX, create_dir_durable};
use tsumugu_trust::hash::Hasher;
use tsumugu_trust::statement::BytesRef;

use crate::failure::Failure;
use crate::vault::Vault;

/// The folder inside the vault's.
pub(crate) const FOLDER: &str = "attachment";

/// Where sealed attachments lie.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn of(vault: &Vault) -> Self {
        Self { folder: vault.folder().join(FOLDER) }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes the folder.
    pub(crate) fn create(&self) -> Result<(), Failure> {
        create_dir_durable(&self.folder).map_err(|error| unusable(&self.folder, error))
    }

    pub(crate) fn file(&self, sealed: &BytesRef) -> PathBuf {
        self.folder.join(format!("{}.age", sealed.digest))
    }

    pub(crate) fn part(&self, sealed: &BytesRef) -> PathBuf {
        self.folder.join(format!("{}.part", sealed.digest))
    }

    /// Whether it is here, whole by its length.
    pub(crate) fn has(&self, sealed: &BytesRef) -> bool {
        std::fs::metadata(self.file(sealed)).is_ok_and(|file| file.len() == sealed.length)
    }

    /// Bytes of it that are here.
    pub(crate) fn received(&self, sealed: &BytesRef) -> u64 {
        if self.has(sealed) {
            return sealed.length;
        }
        std::fs::metadata(self.part(sealed)).map_or(0, |part| part.len().min(sealed.length))
    }

    /// Opens it; nothing where it is not here.
    pub(crate) fn open(&self, sealed: &BytesRef) -> Result<Option<File>, Failure> {
        let path = self.file(sealed);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, error)),
        }
    }

    /// Whether something half-written lies here, of somebody who seals now or died while sealing.
    pub(crate) fn has_temporaries(&self) -> bool {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return false };
        let names = entries.flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_string_lossy().ends_with(TEMPORARY_SUFFIX))
    }

    /// Whether its bytes are the ones that it is named by.
    pub(crate) fn is_sound(&self, sealed: &BytesRef) -> Result<bool, Failure> {
        let Some(mut file) = self.open(sealed)? else { return Ok(false) };
        let found = digest(&mut file).map_err(|error| unusable(&self.file(sealed), error))?;
        Ok(found.finish() == *sealed)
    }
}

/// Takes in everything that a file still has.
pub(crate) fn digest(file: &mut impl Read) -> io::Result<Hasher> {
    let (mut hasher, mut buffer) = (Hasher::default(), vec![0; 1 << 18]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hasher),
            Ok(read) => hasher.update(buffer.get(..read).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The disk failed at a file of the store.
pub(crate) fn unusable(
    file: &Path,
    cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> Failure {
    Failure::new("vault.disk").with("file", file.display()).because(cause)
}
