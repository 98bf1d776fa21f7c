//! The store of sealed attachments (添付): large files that arrive in pieces, and go one day.
//!
//! ```text
//! uploads/OWNER/DIGEST-LENGTH.part     being uploaded: whole blocks from the beginning, no hole
//! uploads/OWNER/DIGEST-LENGTH.whole    all there, with that digest; no letter names it yet
//! named/OWNER/DIGEST                   a committed letter names it; until it is destroyed
//! ```
//!
//! OWNER is the id of the institution that uploads, 32 hex digits: nobody can use or probe what
//! another one uploaded, even if it knows the digest. Giving uploads up touches `uploads/` only, so
//! no fault in the count of references can take a file that a letter names with it.
//!
//! | step | what a crash there leaves |
//! |---|---|
//! | blocks are written | blocks that were not synced: taken if their checksums hold, else cut |
//! | blocks are synced | what was acknowledged |
//! | `.part` becomes `.whole` | either name; one that is all there is finished when it is next asked for |
//! | the letter is committed (the journal's part) | a `.whole` that a letter names: start-up moves it |
//! | `.whole` moves to `named/` | either name; readers look at both, start-up moves it |
//! | destroyed: unlinked, then the folder synced | the file or not: start-up repeats what the log says |
//!
//! Everything here blocks on the disk: call it from a thread that may.

mod blocks;
mod error;
mod name;
mod upload;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Bound;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::blocks::{ATTACHMENT_BLOCK, ATTACHMENT_MAGIC};
pub use self::error::AttachmentError;
pub use self::name::{AttachmentKey, OWNER, UploadName};
pub use self::writer::UploadWriter;

use self::upload::Upload;
use crate::atomic::{self, create_dir_durable};
use crate::crash::crash_point;
use crate::disk::{directory_of, sync_directory};
use crate::error::DiskError;
use crate::fault::{FaultPlan, Step};

const UPLOADS: &str = "uploads";
const NAMED: &str = "named";

/// How much of an upload is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes from the beginning, without a hole, that survive a crash.
    pub received: u64,
    /// All are there and have the digest.
    pub complete: bool,
}

/// What one owner's uploads that no letter names yet may take together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Their number.
    pub uploads: u64,
    /// The sum of their lengths as announced, in bytes.
    pub bytes: u64,
}

/// The store. Clones are cheap and share it; one per folder, under a
/// [`FolderLock`](crate::FolderLock).
#[derive(Clone, Debug)]
pub struct AttachmentStore {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    root: PathBuf,
    faults: FaultPlan,
    /// What no letter names yet. Held for a moment only, never during work on the disk.
    index: Mutex<BTreeMap<UploadName, Arc<Upload>>>,
    /// Folders below `named/` that this run has made sure of.
    named_folders: Mutex<BTreeSet<[u8; OWNER]>>,
}

impl AttachmentStore {
    /// Opens the store in a folder, which is made if it is not there. Reads names, no contents.
    ///
    /// # Errors
    /// [`AttachmentError::BadName`] for what the store did not make, or [`AttachmentError::Disk`].
    pub fn open(directory: &Path) -> Result<Self, AttachmentError> {
        Self::open_with(directory, FaultPlan::none())
    }

    /// [`Self::open`] under a plan of faults, which tests arm.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(directory: &Path, faults: FaultPlan) -> Result<Self, AttachmentError> {
        for folder in [UPLOADS, NAMED] {
            create_dir_durable(&directory.join(folder))?;
        }
        let index = name::found(&directory.join(UPLOADS))?;
        let inner = Inner {
            root: directory.to_owned(),
            faults,
            index: Mutex::new(index),
            named_folders: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Begins an upload, or goes on with one, from `offset` on. What is there already is skipped.
    ///
    /// # Errors
    /// [`AttachmentError::Hole`] when `offset` is beyond what is there,
    /// [`AttachmentError::TooMany`] or [`AttachmentError::TooMuch`] over the quota, or
    /// [`AttachmentError::Disk`].
    pub fn upload(
        &self,
        name: UploadName,
        offset: u64,
        quota: Quota,
        now_ms: u64,
    ) -> Result<UploadWriter, AttachmentError> {
        let writer = UploadWriter::new(self.clone(), self.entry(name, quota, now_ms)?, offset);
        let received = writer.written()?;
        if offset > received {
            return Err(AttachmentError::Hole { received });
        }
        Ok(writer)
    }

    /// How much of an upload is there and survives a crash; nothing of one that never began or was
    /// given up. Who asks keeps it from being given up for a while.
    ///
    /// # Errors
    /// [`AttachmentError::WrongDigest`] when all is there and is not what was announced: it is
    /// discarded. [`AttachmentError::Disk`].
    pub fn progress(&self, name: UploadName, now_ms: u64) -> Result<Progress, AttachmentError> {
        let upload = self.index().get(&name).cloned();
        match upload {
            None => Ok(Progress::default()),
            Some(upload) => match upload.settle(self, now_ms) {
                Err(AttachmentError::GivenUp) => Ok(Progress::default()),
                settled => settled,
            },
        }
    }

    /// Whether an upload is complete and no letter names it yet. Does not wait for the disk.
    #[must_use]
    pub fn is_whole(&self, name: UploadName) -> bool {
        self.index().get(&name).is_some_and(|upload| upload.is_whole())
    }

    /// A letter that names this upload was committed: from now on only [`Self::destroy`] removes it.
    ///
    /// Nothing is synced: a power cut may put the file back to where it was, and start-up calls
    /// this again. One that is not there is well: it was moved before.
    ///
    /// # Errors
    /// [`AttachmentError::Disk`]: the file is under either name.
    pub fn name(&self, name: UploadName) -> Result<(), AttachmentError> {
        if self.index().remove(&name).is_none() {
            return Ok(());
        }
        let target = self.named_path(&name.key());
        let mut folders = lock(&self.inner.named_folders);
        if folders.insert(name.owner) {
            create_dir_durable(directory_of(&target))?;
        }
        drop(folders);
        let moved = self
            .inner
            .faults
            .around(Step::Rename, || atomic::rename(&self.whole_path(&name), &target));
        moved.map_err(DiskError::io("move the attachment to its name", &target))?;
        crash_point("attachment.named");
        Ok(())
    }

    /// The complete uploads that no letter names as far as this store knows, for start-up.
    #[must_use]
    pub fn whole(&self) -> Vec<UploadName> {
        let index = self.index();
        index.iter().filter(|(_, upload)| upload.is_whole()).map(|(name, _)| *name).collect()
    }

    /// How many uploads there are that no letter names yet, complete or not.
    #[must_use]
    pub fn unnamed(&self) -> usize {
        self.index().len()
    }

    /// Gives up what no letter names and nobody has touched since `before_ms`: at most `most`
    /// uploads. Says how many.
    ///
    /// Nothing is synced: what comes back after a power cut is given up again.
    ///
    /// # Errors
    /// [`AttachmentError::Disk`]
    pub fn give_up(&self, before_ms: u64, most: usize) -> Result<usize, AttachmentError> {
        let old: Vec<(UploadName, Arc<Upload>)> = self
            .index()
            .iter()
            .filter(|(_, upload)| upload.touched_ms() < before_ms)
            .take(most)
            .map(|(name, upload)| (*name, upload.clone()))
            .collect();
        for (_, upload) in &old {
            upload.discard(self)?;
        }
        Ok(old.len())
    }

    /// Destroys attachments for good: unlinks their files, and syncs each folder once. It may be
    /// repeated; a file that is gone is well. An upload of the same digest goes, too: start-up
    /// cannot tell it from one that was named and not moved.
    ///
    /// # Errors
    /// [`AttachmentError::Disk`]: each of them may be there or not.
    pub fn destroy(&self, attachments: &[AttachmentKey]) -> Result<(), AttachmentError> {
        let mut folders = BTreeSet::new();
        for key in attachments {
            let path = self.named_path(key);
            let removed = self.inner.faults.around(Step::Remove, || remove_if_there(&path));
            removed.map_err(DiskError::io("remove the attachment", &path))?;
            crash_point("attachment.unlinked");
            folders.insert(directory_of(&path).to_owned());
            for upload in self.uploads_of(key) {
                upload.discard(self)?;
                folders.insert(self.inner.root.join(UPLOADS).join(hex::encode(key.owner)));
            }
        }
        for folder in folders.iter().filter(|folder| folder.exists()) {
            sync_directory(folder, &self.inner.faults)?;
        }
        Ok(())
    }

    /// Reads at most `most` bytes of a complete attachment from `offset` on, in memory for them and
    /// one block; nothing at its end. Checksums are checked: a damaged block is not given out.
    ///
    /// # Errors
    /// [`AttachmentError::Absent`] when it is gone or not complete, [`AttachmentError::Damaged`]
    /// when its bytes or its length are not as they were, [`AttachmentError::Disk`].
    pub fn read(
        &self,
        name: UploadName,
        offset: u64,
        most: usize,
    ) -> Result<Vec<u8>, AttachmentError> {
        let named = self.named_path(&name.key());
        // It may move from one to the other between two looks, but not back.
        for path in [&named, &self.whole_path(&name), &named] {
            match blocks::read(path, name.length, offset, most) {
                Err(AttachmentError::Disk(DiskError::Missing { .. })) => {}
                read => return read,
            }
        }
        Err(AttachmentError::Absent)
    }

    /// Reads all of a complete attachment and compares its digest.
    ///
    /// # Errors
    /// As [`Self::read`]; [`AttachmentError::Damaged`] also for another digest.
    pub fn verify(&self, name: UploadName) -> Result<(), AttachmentError> {
        let mut hash = upload::Hasher::new();
        let mut offset = 0;
        loop {
            let piece = self.read(name, offset, 16 * ATTACHMENT_BLOCK)?;
            if piece.is_empty() {
                break;
            }
            hash.update(&piece);
            offset += piece.len() as u64;
        }
        if hash.digest() == name.digest { Ok(()) } else { Err(AttachmentError::Damaged) }
    }

    /// Every attachment that a letter named, for comparing with the log.
    ///
    /// # Errors
    /// [`AttachmentError::BadName`] for what the store did not make, or [`AttachmentError::Disk`].
    pub fn named(&self) -> Result<Vec<AttachmentKey>, AttachmentError> {
        name::named(&self.inner.root.join(NAMED))
    }

    fn entry(
        &self,
        name: UploadName,
        quota: Quota,
        now_ms: u64,
    ) -> Result<Arc<Upload>, AttachmentError> {
        let mut index = self.index();
        if let Some(upload) = index.get(&name) {
            return Ok(upload.clone());
        }
        let (first, last) = (UploadName::first_of(name.owner), UploadName::last_of(name.owner));
        let (mut uploads, mut bytes) = (1, name.length);
        for (other, _) in index.range((Bound::Included(first), Bound::Included(last))) {
            uploads += 1;
            bytes = bytes.saturating_add(other.length);
        }
        if uploads > quota.uploads {
            return Err(AttachmentError::TooMany);
        }
        if bytes > quota.bytes {
            return Err(AttachmentError::TooMuch);
        }
        let upload = Arc::new(Upload::new(name, now_ms));
        index.insert(name, upload.clone());
        Ok(upload)
    }

    fn uploads_of(&self, key: &AttachmentKey) -> Vec<Arc<Upload>> {
        let of = |length| UploadName { owner: key.owner, digest: key.digest, length };
        self.index().range(of(0)..=of(u64::MAX)).map(|(_, upload)| upload.clone()).collect()
    }

    /// Forgets an upload, unless a newer one of that name has taken its place.
    fn forget(&self, upload: &Upload) {
        let mut index = self.index();
        if index.get(upload.name()).is_some_and(|there| std::ptr::eq(&**there, upload)) {
            index.remove(upload.name());
        }
    }

    fn faults(&self) -> &FaultPlan {
        &self.inner.faults
    }

    fn part_path(&self, name: &UploadName) -> PathBuf {
        self.inner.root.join(UPLOADS).join(name.part())
    }

    fn whole_path(&self, name: &UploadName) -> PathBuf {
        self.inner.root.join(UPLOADS).join(name.whole())
    }

    fn named_path(&self, key: &AttachmentKey) -> PathBuf {
        self.inner.root.join(NAMED).join(hex::encode(key.owner)).join(hex::encode(key.digest))
    }

    fn index(&self) -> MutexGuard<'_, BTreeMap<UploadName, Arc<Upload>>> {
        lock(&self.inner.index)
    }
}

fn remove_if_there(path: &Path) -> std::io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// What the locks guard is whole between any two statements, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
