//! The body store: sealed letters and attachments, which are destroyed one day, beside the journal,
//! which stays.
//!
//! A body is put and synced *before* the round of the journal that holds its location is committed,
//! so a committed location always leads to a whole body. What a crash leaves that no location leads
//! to is sealed bytes that nobody asks for.

mod error;
mod files;
mod location;
mod pieces;
mod segments;

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

pub use self::error::BodyError;
pub use self::location::{BodyLocation, DIGEST};
pub use self::pieces::BodyPieces;

use self::files::Files;
use self::segments::{Folder, Segments};
use crate::atomic::create_dir_durable;
use crate::fault::FaultPlan;

/// Longest body that goes into a segment, in bytes: 64 KiB. A longer one gets a file of its own.
pub const SEGMENT_BODY_MAX: usize = 64 * 1024;

/// Longest body segment, in bytes: 64 MiB. A body that does not fit begins the next one.
pub const SEGMENT_ROLL: u64 = 64 * 1024 * 1024;

/// The body store, open for writing. One per folder, under a [`FolderLock`](crate::FolderLock).
#[derive(Debug)]
pub struct BodyStore {
    segments: Segments,
    files: Files,
    /// Readers hold it shared while they read, destruction alone while it overwrites.
    gate: Arc<RwLock<()>>,
    /// Set before every step that changes the disk and cleared when it has succeeded.
    stopped: bool,
    faults: FaultPlan,
}

/// A reader of bodies. Clones are cheap and may be used from any thread.
#[derive(Clone, Debug)]
pub struct BodyReader {
    folder: Folder,
    files: Files,
    gate: Arc<RwLock<()>>,
}

impl BodyStore {
    /// Opens the store in a folder, which is made if it is not there.
    ///
    /// # Errors
    /// [`BodyError::BadSegment`] or [`BodyError::BadName`] for what the store did not write, or
    /// [`BodyError::Disk`].
    pub fn open(directory: &Path) -> Result<Self, BodyError> {
        Self::open_with(directory, FaultPlan::none())
    }

    /// [`Self::open`] under a plan of faults, which tests arm.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with(directory: &Path, faults: FaultPlan) -> Result<Self, BodyError> {
        create_dir_durable(directory)?;
        Ok(Self {
            segments: Segments::open(directory, &faults)?,
            files: Files::open(directory)?,
            gate: Arc::default(),
            stopped: false,
            faults,
        })
    }

    /// Puts a body, whose SHA-256 is `digest`: the caller has checked that it is.
    ///
    /// A body of at most [`SEGMENT_BODY_MAX`] bytes lasts only after the next [`Self::sync`]; a
    /// longer one lasts when this returns, and one of the same digest takes the same place: whoever
    /// shares it must [`destroy`](Self::destroy) it only when nobody else needs it.
    ///
    /// # Errors
    /// [`BodyError::Disk`]: the store has stopped, and every later change is refused with
    /// [`BodyError::Stopped`]. [`BodyError::Full`] after a million segments.
    pub fn put(&mut self, body: &[u8], digest: [u8; DIGEST]) -> Result<BodyLocation, BodyError> {
        self.changing(|store| {
            if body.len() <= SEGMENT_BODY_MAX {
                store.segments.put(body, digest)
            } else {
                store.files.put(body, digest, &store.faults)
            }
        })
    }

    /// Makes everything that was put last; nothing is synced when nothing was put into a segment.
    ///
    /// Before this returns, no location of the round may be committed.
    ///
    /// # Errors
    /// [`BodyError::Disk`]: the store has stopped.
    pub fn sync(&mut self) -> Result<(), BodyError> {
        self.changing(|store| store.segments.sync())
    }

    /// Destroys one body: see [`Self::destroy_all`].
    ///
    /// # Errors
    /// As [`Self::destroy_all`].
    pub fn destroy(&mut self, location: &BodyLocation) -> Result<(), BodyError> {
        self.destroy_all(std::slice::from_ref(location))
    }

    /// Destroys bodies for good: overwrites them with zeros and syncs, or unlinks their files.
    ///
    /// ```text
    /// pwrite zeros, for each body of a segment      a crash: bodies half overwritten
    /// fdatasync, once per segment                   a crash before: they may come back
    /// unlink, fsync(DIR), for each file             a crash before: they may come back
    /// ```
    ///
    /// It may be repeated, and start-up repeats what the log says was to be destroyed: a body that
    /// is gone is well, as is a location where there is none. What a drive keeps of overwritten
    /// sectors, and backups, are for disk encryption and the operator to deal with.
    ///
    /// # Errors
    /// [`BodyError::Disk`]: the store has stopped, and each body may be there or not.
    pub fn destroy_all(&mut self, locations: &[BodyLocation]) -> Result<(), BodyError> {
        let mut in_segments = Vec::new();
        let mut in_files = Vec::new();
        for location in locations {
            match *location {
                BodyLocation::Segment { segment, offset, length, .. } => {
                    in_segments.push((segment, offset, length));
                }
                BodyLocation::File { digest, .. } => in_files.push(digest),
            }
        }
        let gate = Arc::clone(&self.gate);
        self.changing(|store| {
            let _alone = gate.write().unwrap_or_else(PoisonError::into_inner);
            store.segments.destroy(&in_segments)?;
            store.files.destroy(&in_files, &store.faults)
        })
    }

    /// Removes the large bodies that `keep` does not know, and says how many.
    ///
    /// For start-up, when all locations are known: a crash between the writing of a file and the
    /// commit of its location leaves a file that nothing would ever destroy.
    ///
    /// # Errors
    /// [`BodyError::BadName`] for a file that the store did not make; [`BodyError::Disk`].
    pub fn retain_files(
        &mut self,
        keep: impl FnMut(&[u8; DIGEST]) -> bool,
    ) -> Result<usize, BodyError> {
        self.changing(|store| store.files.retain(keep, &store.faults))
    }

    /// Reads one body: see [`BodyReader::read`].
    ///
    /// # Errors
    /// As [`BodyReader::read`].
    pub fn read(&self, location: &BodyLocation) -> Result<Vec<u8>, BodyError> {
        self.reader().read(location)
    }

    /// A reader for other threads.
    #[must_use]
    pub fn reader(&self) -> BodyReader {
        let (folder, files) = (self.segments.folder(), self.files.clone());
        BodyReader { folder, files, gate: Arc::clone(&self.gate) }
    }

    /// Whether a write or sync failed, so that only a restart can tell what the disk holds.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Does a step after which, should it fail or panic, the state of the disk is unknown.
    fn changing<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, BodyError>,
    ) -> Result<T, BodyError> {
        if self.stopped {
            return Err(BodyError::Stopped);
        }
        self.stopped = true;
        let done = step(self)?;
        self.stopped = false;
        Ok(done)
    }
}

impl BodyReader {
    /// Reads a body and checks its length and checksum, and in a segment that it was put under the
    /// location's digest. Whether the digest *is* the body's is for the caller to compute.
    ///
    /// # Errors
    /// [`BodyError::Destroyed`] or [`BodyError::Absent`] when it is gone, [`BodyError::Damaged`]
    /// when its bytes are not as they were written.
    pub fn read(&self, location: &BodyLocation) -> Result<Vec<u8>, BodyError> {
        let _shared = self.gate.read().unwrap_or_else(PoisonError::into_inner);
        match location {
            BodyLocation::Segment { segment, offset, length, digest } => {
                self.folder.read(*location, (*segment, *offset, *length), digest)
            }
            BodyLocation::File { length, checksum, digest } => {
                self.files.read(*location, *length, *checksum, digest)
            }
        }
    }

    /// The body in pieces, none of which is read before it is asked for.
    #[must_use]
    pub fn pieces(&self, location: BodyLocation) -> BodyPieces {
        BodyPieces::new(self.clone(), location)
    }
}

#[cfg(test)]
mod tests;
