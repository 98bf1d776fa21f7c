//! What the office knows: the newest record of each key.

use prost::Message;
use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::value::Id;

use super::entry::{Entry, Key};
use crate::failure::Failure;
use crate::identity::text::{self, Bytes};
use crate::vault::{Vault, VaultError, VaultLock};

/// The folder of what the log has.
const LOGGED: &str = "office";

/// The folder of what this PC wrote and the log does not have yet.
const UNSENT: &str = "office-unsent";

/// The newest record of a key.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Kept {
    /// What it says.
    pub(crate) entry: Entry,
    /// Index of its letter's leaf; none while only this PC has it.
    pub(crate) index: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    /// Bytes of `OfficeRecord`.
    record: Bytes,
    index: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredUnsent {
    /// Bytes of `OfficeRecord`.
    record: Bytes,
    /// The letter that takes it to the log.
    #[serde(with = "text::one")]
    message: Id,
}

/// The newest record of a key: what this PC wrote last, else what the log has.
///
/// # Errors
/// The vault.
pub(crate) fn get(vault: &Vault, key: &Key) -> Result<Option<Kept>, Failure> {
    let logged = logged(vault, &path(LOGGED, key))?;
    let unsent = unsent(vault, &path(UNSENT, key))?;
    // A later revision of a colleague's has overtaken what still waits here.
    let newer = |ours: &Entry| {
        logged.as_ref().is_none_or(|theirs| ours.revision() >= theirs.entry.revision())
    };
    match unsent.filter(newer) {
        Some(entry) => Ok(Some(Kept { entry, index: None })),
        None => Ok(logged),
    }
}

/// The newest record of every key of one sort: `draft`, `case`, `worker`, `claim` or `note`.
///
/// # Errors
/// The vault.
pub(crate) fn all(vault: &Vault, sort: &str) -> Result<Vec<Kept>, Failure> {
    let mut keys = Vec::new();
    for folder in [LOGGED, UNSENT] {
        for path in vault.list(&format!("{folder}/{sort}"))? {
            let entry = match folder {
                LOGGED => logged(vault, &path)?.map(|kept| kept.entry),
                _ => unsent(vault, &path)?,
            };
            keys.extend(entry.map(|entry| entry.key().clone()));
        }
    }
    keys.sort_unstable();
    keys.dedup();
    keys.iter().filter_map(|key| get(vault, key).transpose()).collect()
}

/// Takes in what the log has, unless it has something newer of that key.
///
/// # Errors
/// The vault.
pub(super) fn join(
    vault: &Vault,
    lock: &VaultLock<'_>,
    entry: &Entry,
    index: u64,
) -> Result<(), Failure> {
    let path = path(LOGGED, entry.key());
    let known = logged(vault, &path)?;
    let place = |kept: &Kept| (kept.entry.revision(), kept.index);
    if known.is_some_and(|known| place(&known) >= (entry.revision(), Some(index))) {
        return Ok(());
    }
    let stored = Stored { record: Bytes::new(entry.record().encode_to_vec()), index };
    Ok(lock.write_json(&path, &stored)?)
}

/// Keeps what was written here until the log has it.
pub(super) fn keep_unsent(
    lock: &VaultLock<'_>,
    entry: &Entry,
    message: Id,
) -> Result<(), VaultError> {
    let stored = StoredUnsent { record: Bytes::new(entry.record().encode_to_vec()), message };
    lock.write_json(&path(UNSENT, entry.key()), &stored)
}

/// Forgets it, when the log has that letter. A later one of the same key stays.
pub(super) fn forget_unsent(
    vault: &Vault,
    lock: &VaultLock<'_>,
    key: &Key,
    message: Id,
) -> Result<(), Failure> {
    let path = path(UNSENT, key);
    let stored: Option<StoredUnsent> = vault.read_json(&path)?;
    if stored.is_some_and(|stored| stored.message == message) {
        lock.remove(&path)?;
    }
    Ok(())
}

fn logged(vault: &Vault, path: &str) -> Result<Option<Kept>, Failure> {
    let Some(stored) = vault.read_json::<Stored>(path)? else { return Ok(None) };
    let entry = decode(&stored.record, path)?;
    Ok(Some(Kept { entry, index: Some(stored.index) }))
}

fn unsent(vault: &Vault, path: &str) -> Result<Option<Entry>, Failure> {
    let stored: Option<StoredUnsent> = vault.read_json(path)?;
    stored.map(|stored| decode(&stored.record, path)).transpose()
}

fn decode(record: &Bytes, path: &str) -> Result<Entry, Failure> {
    let damaged = |error| Failure::new("vault.damaged").with("file", path).because(error);
    Entry::decode(&record.0).map_err(damaged)
}

fn path(folder: &str, key: &Key) -> String {
    format!("{folder}/{}", key.path())
}

/// What a snapshot says of a record.
pub(super) fn snapshot_entry(kept: &Kept) -> Option<v1::SnapshotEntry> {
    let index = kept.index?;
    Some(v1::SnapshotEntry { record: Some(kept.entry.record()), index })
}

/// Every record that the log has.
pub(super) fn all_logged(vault: &Vault) -> Result<Vec<Kept>, Failure> {
    let paths = vault.list(LOGGED)?;
    paths.iter().filter_map(|path| logged(vault, path).transpose()).collect()
}
