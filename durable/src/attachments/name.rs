//! Names of uploads and of their files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::{AttachmentError, NAMED, UPLOADS, Upload};
use crate::atomic::{self, list};
use crate::error::DiskError;

/// Length of an owner's id in bytes.
pub const OWNER: usize = 16;
/// Length of a digest in bytes (SHA-256).
pub(super) const DIGEST: usize = 32;

const PART: &str = "part";
const WHOLE: &str = "whole";

/// Whose attachment, and which: what a letter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentKey {
    /// Id of the institution that uploaded it.
    pub owner: [u8; OWNER],
    /// SHA-256 of the whole.
    pub digest: [u8; DIGEST],
}

/// Whose upload, and what of. Another length is another upload: only one of them can be finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UploadName {
    /// Id of the institution that uploads.
    pub owner: [u8; OWNER],
    /// SHA-256 of the whole.
    pub digest: [u8; DIGEST],
    /// Its length in bytes.
    pub length: u64,
}

impl UploadName {
    /// Without the length.
    #[must_use]
    pub fn key(&self) -> AttachmentKey {
        AttachmentKey { owner: self.owner, digest: self.digest }
    }

    /// Where all of its bytes may lie, below the store's folder: among those that a letter named, or still
    /// among the uploads. What a backup takes, and calls by the first of the two.
    #[must_use]
    pub fn places(&self) -> [String; 2] {
        let (owner, digest) = (hex::encode(self.owner), hex::encode(self.digest));
        let length = self.length;
        [
            format!("{NAMED}/{owner}/{digest}"),
            format!("{UPLOADS}/{owner}/{digest}-{length}.{WHOLE}"),
        ]
    }

    pub(super) fn first_of(owner: [u8; OWNER]) -> Self {
        Self { owner, digest: [0; DIGEST], length: 0 }
    }

    pub(super) fn last_of(owner: [u8; OWNER]) -> Self {
        Self { owner, digest: [u8::MAX; DIGEST], length: u64::MAX }
    }

    pub(super) fn part(&self) -> PathBuf {
        self.file(PART)
    }

    pub(super) fn whole(&self) -> PathBuf {
        self.file(WHOLE)
    }

    fn file(&self, state: &str) -> PathBuf {
        let name = format!("{}-{}.{state}", hex::encode(self.digest), self.length);
        Path::new(&hex::encode(self.owner)).join(name)
    }

    /// Reads what [`Self::file`] wrote; with it whether it is whole.
    fn parse(owner: [u8; OWNER], name: &str) -> Option<(Self, bool)> {
        let (stem, state) = name.split_once('.')?;
        let (digest, length) = stem.split_once('-')?;
        let length: u64 = length.parse().ok()?;
        let upload = Self { owner, digest: digits(digest)?, length };
        let is_whole = state == WHOLE;
        let spelt = upload.file(if is_whole { WHOLE } else { PART });
        (spelt.file_name()?.to_str()? == name).then_some((upload, is_whole))
    }
}

/// The uploads in a folder. Of one that is there under both names the whole one counts: it was
/// finished, and begun again by a run that did not see it.
pub(super) fn found(uploads: &Path) -> Result<BTreeMap<UploadName, Arc<Upload>>, AttachmentError> {
    let mut found = BTreeMap::new();
    for (folder, owner) in owners(uploads)? {
        atomic::sweep_temporaries(&folder)?;
        for path in list(&folder)? {
            let name = file_name(&path);
            let (upload, is_whole) =
                UploadName::parse(owner, &name).ok_or(AttachmentError::BadName { name })?;
            let touched_ms = modified_ms(&path)?;
            if is_whole {
                found.insert(upload, Arc::new(Upload::whole(upload, touched_ms)));
            } else {
                found.entry(upload).or_insert_with(|| Arc::new(Upload::unread(upload, touched_ms)));
            }
        }
    }
    Ok(found)
}

/// Each file that a letter named.
pub(super) fn named(folder: &Path) -> Result<Vec<AttachmentKey>, AttachmentError> {
    let mut named = Vec::new();
    for (folder, owner) in owners(folder)? {
        for path in list(&folder)? {
            let name = file_name(&path);
            let digest = digits(&name).ok_or(AttachmentError::BadName { name })?;
            named.push(AttachmentKey { owner, digest });
        }
    }
    Ok(named)
}

fn owners(directory: &Path) -> Result<Vec<(PathBuf, [u8; OWNER])>, AttachmentError> {
    let folders = list(directory)?.into_iter().map(|folder| {
        let name = file_name(&folder);
        let owner = digits(&name).ok_or(AttachmentError::BadName { name })?;
        Ok((folder, owner))
    });
    folders.collect()
}

/// Lower-case hex digits of exactly this many bytes.
fn digits<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    (hex::encode(bytes) == text).then_some(bytes)
}

fn modified_ms(path: &Path) -> Result<u64, DiskError> {
    let modified = fs::metadata(path).and_then(|metadata| metadata.modified());
    let modified = modified.map_err(DiskError::io("ask for the time of the file", path))?;
    let since = modified.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_spelling() {
        let upload = UploadName { owner: [1; OWNER], digest: [0xab; DIGEST], length: 70 };
        let digest = "ab".repeat(32);
        assert_eq!(upload.part(), Path::new(&"01".repeat(16)).join(format!("{digest}-70.part")));
        let parse = |name: &str| UploadName::parse([1; OWNER], name);
        assert_eq!(parse(&format!("{digest}-70.part")), Some((upload, false)));
        assert_eq!(parse(&format!("{digest}-70.whole")), Some((upload, true)));
        for bad in [
            String::new(),
            digest.clone(),
            format!("{digest}-70"),
            format!("{digest}-70.parts"),
            format!("{digest}-070.part"),
            format!("{digest}-+7.part"),
            format!("{digest}-.part"),
            format!("{digest}-18446744073709551616.part"),
            format!("{}-70.part", digest.to_uppercase()),
            format!("{}-70.part", &digest[2..]),
            format!("{digest}-70.part.part"),
        ] {
            assert_eq!(parse(&bad), None, "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_name_is_read_or_refused(name in "[0-9a-fA-F]{60,66}-?[0-9+]{0,21}\\.?(part|whole)?|.{0,80}") {
            if let Some((upload, is_whole)) = UploadName::parse([1; OWNER], &name) {
                let path = if is_whole { upload.whole() } else { upload.part() };
                assert_eq!(path.file_name().unwrap().to_str(), Some(&*name));
            }
        }
    }
}
