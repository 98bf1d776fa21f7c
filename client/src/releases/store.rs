//! The files of releases on this PC.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tsumugu_catalogue::limits::MAX_CATALOGUE_FILE_BYTES;
use tsumugu_durable::atomic::{create_dir_durable, read_limited, write_atomic};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::{BytesRef, CatalogueFile, CatalogueRelease};
use tsumugu_trust::value::Value;

use crate::failure::Failure;

/// The folder in the home folder.
const FOLDER: &str = "catalogue";
/// The list of the releases in it.
const LIST: &str = "releases";
/// Longest list, bytes: some hundred releases of 64 files.
const MAX_LIST: u64 = 8 << 20;

/// The folder of the files.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// A release in the list.
#[derive(Serialize, Deserialize)]
struct Listed {
    release: u64,
    files: Vec<(String, String, u64)>,
}

impl Store {
    /// The store of a home folder, which need not be there.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        Self { folder: home.join(FOLDER) }
    }

    /// A file by what a release says of it; nothing while it is not here, or is another.
    #[must_use]
    pub fn file(&self, content: &BytesRef) -> Option<Vec<u8>> {
        let limit = MAX_CATALOGUE_FILE_BYTES as u64;
        let bytes = read_limited(&self.path(content.digest), limit).ok()?;
        is_content(content, &bytes).then_some(bytes)
    }

    /// Keeps a file under its digest. After a crash it is there whole, or not.
    ///
    /// # Errors
    /// `file.unwritable`
    pub fn put(&self, bytes: &[u8]) -> Result<(), Failure> {
        self.write(&self.path(sha256(&[bytes])), bytes)
    }

    /// Whether every file of a release is here.
    #[must_use]
    pub fn has(&self, release: &CatalogueRelease) -> bool {
        release.files.iter().all(|file| self.file(&file.content).is_some())
    }

    /// The releases as they were last listed; none where that cannot be read.
    #[must_use]
    pub fn listed(&self) -> Vec<CatalogueRelease> {
        let bytes = read_limited(&self.folder.join(LIST), MAX_LIST).unwrap_or_default();
        let listed: Vec<Listed> = serde_json::from_slice(&bytes).unwrap_or_default();
        let file = |(name, digest, length): (String, String, u64)| {
            let content = BytesRef { digest: Hash::decode(&digest)?, length };
            Some(CatalogueFile { name, content })
        };
        let release = |one: Listed| CatalogueRelease {
            version: one.release,
            files: one.files.into_iter().filter_map(file).collect(),
        };
        listed.into_iter().map(release).collect()
    }

    /// Lists the releases. A crash leaves the list before, which is a shorter one.
    ///
    /// # Errors
    /// `file.unwritable`
    pub fn list(&self, releases: &[CatalogueRelease]) -> Result<(), Failure> {
        let file = |file: &CatalogueFile| {
            let BytesRef { digest, length } = file.content;
            (file.name.clone(), digest.encode(), length)
        };
        let listed: Vec<Listed> = releases
            .iter()
            .map(|one| Listed { release: one.version, files: one.files.iter().map(file).collect() })
            .collect();
        let bytes =
            serde_json::to_vec(&listed).map_err(|e| Failure::fault("releases").because(e))?;
        self.write(&self.folder.join(LIST), &bytes)
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        create_dir_durable(&self.folder)
            .and_then(|()| write_atomic(path, bytes))
            .map_err(|error| Failure::file_unwritable(path, error))
    }

    fn path(&self, digest: Hash) -> PathBuf {
        self.folder.join(digest.encode())
    }
}

/// Whether bytes are what a release names.
pub(super) fn is_content(content: &BytesRef, bytes: &[u8]) -> bool {
    bytes.len() as u64 == content.length && sha256(&[bytes]) == content.digest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_changed_is_not_there() {
        let home = tempfile::tempdir().unwrap();
        let store = Store::of(home.path());
        let content = BytesRef { digest: sha256(&[b"id"]), length: 2 };
        let file = CatalogueFile { name: "flow.toml".into(), content };
        let release = CatalogueRelease { version: 1, files: vec![file] };
        assert!(!store.has(&release));
        store.put(b"id").unwrap();
        assert!(store.has(&release));
        store.list(std::slice::from_ref(&release)).unwrap();
        assert_eq!(store.listed(), std::slice::from_ref(&release));
        std::fs::write(store.path(content.digest), b"ie").unwrap();
        assert!(!store.has(&release) && store.file(&content).is_none());
        std::fs::write(store.folder.join(LIST), b"[{").unwrap();
        assert_eq!(store.listed(), []);
    }
}
