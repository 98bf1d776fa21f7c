//! Reading an archive into a folder.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Read, Write};
use std::path::Path;

use tsumugu_durable::atomic::{create_dir_durable, list, settle_directory};
use tsumugu_durable::crash_point;
use tsumugu_trust::backup::{ArchiveReader, BackupSummary, BadArchive, Entry, WriteOrBad};
use tsumugu_trust::note::VerifyingKey;

use super::RestoreError;
use super::contents::is_taken;

/// Writes every file of an archive into a folder that is there and empty, and makes all of it last.
///
/// # Errors
/// [`RestoreError`]: what is in the folder then is nobody's word.
pub(super) fn unpack(
    sealed: impl Read,
    folder: &Path,
    log_keys: &[VerifyingKey],
) -> Result<BackupSummary, RestoreError> {
    let mut archive = ArchiveReader::new(sealed).map_err(RestoreError::Archive)?;
    let summary = loop {
        match archive.entry(log_keys).map_err(RestoreError::Archive)? {
            Entry::End(summary) => break *summary,
            Entry::File(file) => {
                if !is_taken(file.name()) {
                    return Err(RestoreError::Archive(BadArchive::Malformed));
                }
                let path = folder.join(file.name());
                if let Some(parent) = path.parent() {
                    create_dir_durable(parent)?;
                }
                let mut out = BufWriter::new(create_private(&path).map_err(RestoreError::Write)?);
                file.copy_to(&mut out).map_err(|error| match error {
                    WriteOrBad::Bad(bad) => RestoreError::Archive(bad),
                    WriteOrBad::Write(error) => RestoreError::Write(error),
                })?;
                out.flush().map_err(RestoreError::Write)?;
                out.get_ref().sync_all().map_err(RestoreError::Write)?;
                crash_point("server.restore.file");
            }
        }
    };
    settle(folder)?;
    Ok(summary)
}

/// A name that is there already, in whatever case the file system distinguishes, is refused.
fn create_private(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn settle(folder: &Path) -> Result<(), RestoreError> {
    for path in list(folder)? {
        if path.is_dir() {
            settle(&path)?;
        }
    }
    Ok(settle_directory(folder)?)
}
