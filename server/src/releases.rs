//! The files of the catalogue's releases (様式集の版), and those that were handed in for the next one.
//!
//! ```text
//! catalogue/<sha256>    one file's bytes
//! ```
//!
//! The log has each file's digest, not the file. A file is written atomically before the release that
//! names it is in the log, and never removed after: a crash leaves a file that nothing names.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tsumugu_durable::DiskError;
use tsumugu_durable::atomic::{
    create_dir_durable, list, read_limited, remove_durable, sweep_temporaries, write_atomic,
};
use tsumugu_trust::hash::{Hash, sha256};
use tsumugu_trust::statement::CatalogueRelease;
use tsumugu_trust::value::Value;

/// The files' folder.
pub const CATALOGUE: &str = "catalogue";
/// Longest file, bytes: what the programs that read it take, too.
pub const MAX_CATALOGUE_FILE: usize = 1 << 20;
/// Most files that no release names. Four of the largest releases; then the oldest make room.
pub const MAX_UNRELEASED: usize = 256;

/// The folder of the files. They are changed under [`Pending::lock`](crate::pending::Pending::lock).
#[derive(Debug)]
pub struct Releases {
    dir: PathBuf,
}

impl Releases {
    /// Opens the folder.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn open(dir: &Path) -> Result<Self, DiskError> {
        let dir = dir.join(CATALOGUE);
        create_dir_durable(&dir)?;
        sweep_temporaries(&dir)?;
        Ok(Self { dir })
    }

    /// The bytes under a digest's name. They are not compared with it: who fetches them does.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn file(&self, digest: Hash) -> Result<Option<Vec<u8>>, DiskError> {
        let path = self.path(digest);
        if path.exists() {
            read_limited(&path, MAX_CATALOGUE_FILE as u64).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Keeps a file under its digest. One that is there is written again: it may be spoilt.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn put(&self, content: &[u8]) -> Result<(), DiskError> {
        write_atomic(&self.path(sha256(&[content])), content)
    }

    /// Digests of the files of a release that are not here, or are not what it names.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn missing(&self, release: &CatalogueRelease) -> Result<Vec<Hash>, DiskError> {
        let mut missing = Vec::new();
        for file in &release.files {
            let digest = file.content.digest;
            let there = match self.file(digest) {
                // Longer than any that was handed in: spoilt.
                Err(DiskError::TooLong { .. }) => None,
                there => there?,
            };
            let is_it = |bytes: &Vec<u8>| {
                bytes.len() as u64 == file.content.length && sha256(&[bytes]) == digest
            };
            if !there.as_ref().is_some_and(is_it) {
                missing.push(digest);
            }
        }
        Ok(missing)
    }

    /// Removes the oldest files outside `kept` until one more is within [`MAX_UNRELEASED`]. A crash
    /// in between leaves more of them than that, and the next upload goes on.
    ///
    /// # Errors
    /// [`DiskError`]
    pub fn make_room(&self, kept: &BTreeSet<Hash>) -> Result<(), DiskError> {
        let mut loose: Vec<(SystemTime, PathBuf)> = list(&self.dir)?
            .into_iter()
            .filter(|path| {
                let digest = path.file_name().and_then(|name| Hash::decode(name.to_str()?));
                digest.is_some_and(|digest| !kept.contains(&digest))
            })
            .map(|path| {
                let written = path.metadata().and_then(|file| file.modified());
                (written.unwrap_or(SystemTime::UNIX_EPOCH), path)
            })
            .collect();
        loose.sort();
        let surplus = (loose.len() + 1).saturating_sub(MAX_UNRELEASED);
        loose.iter().take(surplus).try_for_each(|(_, path)| remove_durable(path))
    }

    fn path(&self, digest: Hash) -> PathBuf {
        self.dir.join(digest.encode())
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::statement::{BytesRef, CatalogueFile};

    use super::*;

    fn release(contents: &[&[u8]]) -> CatalogueRelease {
        let file = |content: &&[u8]| CatalogueFile {
            name: "flow.toml".into(),
            content: BytesRef { digest: sha256(&[content]), length: content.len() as u64 },
        };
        CatalogueRelease { version: 1, files: contents.iter().map(file).collect() }
    }

    #[test]
    fn what_is_not_what_the_release_names_is_missing() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path()).unwrap();
        let wanted = release(&[b"one", b"two"]);
        releases.put(b"one").unwrap();
        assert_eq!(releases.missing(&wanted).unwrap(), [sha256(&[b"two"])]);
        releases.put(b"two").unwrap();
        assert!(Releases::open(folder.path()).unwrap().missing(&wanted).unwrap().is_empty());
        for spoilt in [b"onf".to_vec(), vec![b'o'; MAX_CATALOGUE_FILE + 1]] {
            std::fs::write(releases.path(sha256(&[b"one"])), spoilt).unwrap();
            assert_eq!(releases.missing(&wanted).unwrap(), [sha256(&[b"one"])]);
        }
        releases.put(b"one").unwrap();
        assert!(releases.missing(&wanted).unwrap().is_empty());
    }

    #[test]
    fn files_that_no_release_names_make_room_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let releases = Releases::open(folder.path()).unwrap();
        let named = sha256(&[b"named"]);
        let kept = BTreeSet::from([named]);
        releases.put(b"named").unwrap();
        for number in 0..MAX_UNRELEASED {
            releases.make_room(&kept).unwrap();
            releases.put(number.to_string().as_bytes()).unwrap();
        }
        let there = || list(&releases.dir).unwrap().len();
        assert_eq!(there(), MAX_UNRELEASED + 1);
        releases.make_room(&kept).unwrap();
        assert_eq!(there(), MAX_UNRELEASED);
        assert!(releases.file(named).unwrap().is_some());
    }
}
