//! Backups (控え) of an exchange: what is in the file, who opens it, and what vouches for it
//! (`docs/FORMATS.md`, section 8.1).
//!
//! ```text
//! age file, sealed to every administrator of the newest trust list
//!   └─ archive          files, one after the other, each with its digest
//!        └─ summary     signed with the log key: how much there is, and the digest of all of it
//! ```
//!
//! To restore it, the exchange's new machine asks ([`RestoreRequest`]: the head of the sealed file, and
//! a one-time recipient), and one administrator answers ([`BackupKey`]: the file key, sealed to that
//! recipient, with the log keys that the administrator knows). The administrator needs neither the
//! backup nor the exchange for it.

mod archive;
mod key;
mod request;
mod summary;

pub use archive::{
    ArchiveReader, ArchiveWriter, BadArchive, Entry, FileEntry, MAX_DEPTH, MAX_NAME, MAX_PIECE,
    WriteOrBad, is_entry_name,
};
pub use key::{BackupKey, BadKey, MAX_BACKUP_KEY, MAX_SEALED_KEY};
pub use request::{MAX_REQUEST, RestoreRequest};
pub use summary::{BackupSummary, MAX_SUMMARY};

use crate::seal::Mark;
use crate::value::Origin;

/// What stands in the head of every backup of this log, so that an administrator who opens a head opens
/// nothing but a backup: invitations' secrets are sealed to administrators as well.
#[must_use]
pub fn mark_of(origin: &Origin) -> Mark<'_> {
    Mark { kind: "tsumugu-backup", of: origin.as_str() }
}

/// Why a text of this module is refused. Says nothing of its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotOfABackup {
    /// Not in its one spelling.
    #[error("not what a program of Tsumugu wrote for a backup")]
    Malformed,
    /// Made by a later version of the program.
    #[error("made by a later version of the program")]
    Newer,
    /// It carries no valid signature by a log key that is known.
    #[error("not signed by a key of this log")]
    NotSigned,
}

/// The first line of a text, if it is `tsumugu/v1/<kind>`; the rest of the lines.
fn lines_of<'a>(text: &'a str, heading: &str) -> Result<std::str::Lines<'a>, NotOfABackup> {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    if first == heading {
        return Ok(lines);
    }
    let (_, kind) = heading.rsplit_once('/').unwrap_or_default();
    let is_later = first
        .strip_prefix("tsumugu/v")
        .and_then(|rest| rest.split_once('/'))
        .is_some_and(|(_, named)| named == kind);
    Err(if is_later { NotOfABackup::Newer } else { NotOfABackup::Malformed })
}

/// The value of the next line, which has this name.
fn value<'a>(lines: &mut std::str::Lines<'a>, name: &str) -> Result<&'a str, NotOfABackup> {
    let line = lines.next().ok_or(NotOfABackup::Malformed)?;
    let value = line.strip_prefix(name).and_then(|rest| rest.strip_prefix(' '));
    value.ok_or(NotOfABackup::Malformed)
}

#[cfg(test)]
mod tests;
