//! Large bodies: one file each, `files/ab/ab…` (64 hex digits of the digest), written atomically.

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::{BodyError, BodyLocation, DIGEST};
use crate::atomic::{self, Access, list};
use crate::disk::sync_directory;
use crate::error::DiskError;
use crate::fault::FaultPlan;

/// The folder of large bodies.
#[derive(Clone, Debug)]
pub(super) struct Files {
    root: PathBuf,
}

impl Files {
    pub(super) fn open(store: &Path) -> Result<Self, BodyError> {
        let root = store.join("files");
        atomic::create_dir_durable(&root)?;
        for shard in list(&root)? {
            atomic::sweep_temporaries(&shard)?;
        }
        Ok(Self { root })
    }

    /// A crash leaves no file of this name or a whole one, to which nothing may point yet.
    pub(super) fn put(
        &self,
        body: &[u8],
        digest: [u8; DIGEST],
        faults: &FaultPlan,
    ) -> Result<BodyLocation, BodyError> {
        let path = self.path(&digest);
        if let Some(shard) = path.parent() {
            atomic::create_dir_durable(shard)?;
        }
        // Also when there is one: an earlier run may have left it, with what nobody has checked.
        atomic::replace(&path, body, Access::Private, faults)?;
        let checksum = crc32fast::hash(body);
        Ok(BodyLocation::File { length: body.len() as u64, checksum, digest })
    }

    pub(super) fn read(
        &self,
        location: BodyLocation,
        length: u64,
        checksum: u32,
        digest: &[u8; DIGEST],
    ) -> Result<Vec<u8>, BodyError> {
        let body = match atomic::read_limited(&self.path(digest), length) {
            Err(DiskError::Missing { .. }) => return Err(BodyError::Absent { location }),
            Err(DiskError::TooLong { .. }) => return Err(BodyError::Damaged { location }),
            read => read?,
        };
        if body.len() as u64 != length || crc32fast::hash(&body) != checksum {
            return Err(BodyError::Damaged { location });
        }
        Ok(body)
    }

    /// At most `most` bytes from an offset on; the file is closed again, so that a reader who takes
    /// his time holds nothing.
    pub(super) fn read_part(
        &self,
        location: BodyLocation,
        digest: &[u8; DIGEST],
        offset: u64,
        most: usize,
    ) -> Result<Vec<u8>, BodyError> {
        let path = self.path(digest);
        let mut file = match fs::File::open(&path).map_err(DiskError::io("open the file", &path)) {
            Err(DiskError::Missing { .. }) => return Err(BodyError::Absent { location }),
            opened => opened?,
        };
        let reading = || DiskError::io("read the file", &path);
        file.seek(SeekFrom::Start(offset)).map_err(reading())?;
        let mut part = Vec::new();
        file.take(most as u64).read_to_end(&mut part).map_err(reading())?;
        Ok(part)
    }

    /// A crash leaves the files or some of them; the repetition removes the rest.
    pub(super) fn destroy(
        &self,
        digests: &[[u8; DIGEST]],
        faults: &FaultPlan,
    ) -> Result<(), BodyError> {
        for digest in digests {
            let path = self.path(digest);
            match atomic::remove(&path, faults) {
                // Not even the folder is there: then no file was.
                Err(DiskError::Missing { .. }) => {}
                removed => removed?,
            }
        }
        Ok(())
    }

    /// Removes every file whose digest is not to be kept.
    pub(super) fn retain(
        &self,
        mut keep: impl FnMut(&[u8; DIGEST]) -> bool,
        faults: &FaultPlan,
    ) -> Result<usize, BodyError> {
        let mut removed = 0;
        for shard in list(&self.root)? {
            let before = removed;
            for path in list(&shard)? {
                let digest = self.digest_of(&path)?;
                if !keep(&digest) {
                    fs::remove_file(&path).map_err(DiskError::io("remove the file", &path))?;
                    removed += 1;
                }
            }
            if removed > before {
                sync_directory(&shard, faults)?;
            }
        }
        Ok(removed)
    }

    fn path(&self, digest: &[u8; DIGEST]) -> PathBuf {
        let name = hex::encode(digest);
        let shard = name.get(..2).unwrap_or_default();
        self.root.join(shard).join(&name)
    }

    fn digest_of(&self, path: &Path) -> Result<[u8; DIGEST], BodyError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let mut digest = [0; DIGEST];
        match hex::decode_to_slice(name.as_bytes(), &mut digest) {
            Ok(()) if self.path(&digest) == path => Ok(digest),
            _ => Err(BodyError::BadName { name: name.into_owned() }),
        }
    }
}
