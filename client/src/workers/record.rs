//! What the mailbox tells of the institution's workers: names are on cards, which only the terminals
//! that admitted a worker hold.

use serde::{Deserialize, Serialize};
use tsumugu_trust::statement::Worker;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::identity::text;
use crate::post::Post;
use crate::vault::Vault;

/// The folder of records of workers.
const RECORDS: &str = "worker";

/// A worker of the institution, as its log records have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerRecord {
    /// Terminals at which the worker was admitted, removed ones too.
    #[serde(with = "text::many")]
    pub terminals: Vec<Id>,
    /// Whether the worker was removed.
    pub removed: bool,
    /// Index of the removal's leaf: what the worker signed counts before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed_at: Option<u64>,
}

/// Takes in that a worker was admitted at a terminal.
///
/// # Errors
/// As [`Vault::read_json`] and [`Vault::write_json`].
pub(crate) fn note_admitted(vault: &Vault, lines: &Worker) -> Result<(), Failure> {
    change(vault, lines.worker, |record| {
        if !record.terminals.contains(&lines.terminal) {
            record.terminals.push(lines.terminal);
        }
    })
}

/// Takes in that a worker was removed, by the leaf of that index; of several the first counts.
pub(super) fn note_removed(vault: &Vault, worker: Id, index: u64) -> Result<(), Failure> {
    change(vault, worker, |record| {
        record.removed = true;
        record.removed_at = Some(record.removed_at.map_or(index, |known| known.min(index)));
    })
}

/// Who left this vault's own institution, and when. Correspondents do not see removals: they rely on the
/// institution for which worker it was.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Leavers<'v> {
    vault: &'v Vault,
    own: Option<Id>,
}

impl<'v> Leavers<'v> {
    /// As a vault knows them by its mailbox.
    pub(crate) fn of(post: &'v impl Post) -> Self {
        Self { vault: post.vault(), own: post.keys().ok().map(|keys| keys.institution) }
    }

    /// Whether a worker of our own was removed before a leaf: what stands there under the worker's name
    /// names nobody. So it does where that cannot be read.
    pub(crate) fn had_left(self, by: Id, worker: Id, leaf: u64) -> bool {
        let before = |record: WorkerRecord| record.removed_at.is_some_and(|removed| removed < leaf);
        let record = || self.vault.read_json::<WorkerRecord>(&path(worker));
        self.own == Some(by) && record().map_or(true, |record| record.is_some_and(before))
    }
}

/// Whether a worker is known to be removed.
///
/// # Errors
/// As [`Vault::read_json`].
pub(crate) fn is_removed(vault: &Vault, worker: Id) -> Result<bool, Failure> {
    Ok(vault.read_json::<WorkerRecord>(&path(worker))?.is_some_and(|record| record.removed))
}

/// Every worker that the mailbox told of, by id.
///
/// # Errors
/// As [`Vault::read_json`].
pub(crate) fn records(vault: &Vault) -> Result<Vec<(Id, WorkerRecord)>, Failure> {
    let mut all = Vec::new();
    for path in vault.list(RECORDS)? {
        let id = path.split('/').next_back().and_then(|id| id.parse().ok());
        if let (Some(id), Some(record)) = (id, vault.read_json(&path)?) {
            all.push((id, record));
        }
    }
    Ok(all)
}

fn change(
    vault: &Vault,
    worker: Id,
    change: impl FnOnce(&mut WorkerRecord),
) -> Result<(), Failure> {
    let lock = vault.lock()?;
    let before: Option<WorkerRecord> = vault.read_json(&path(worker))?;
    let mut record = before.clone().unwrap_or_default();
    change(&mut record);
    if before.as_ref() != Some(&record) {
        lock.write_json(&path(worker), &record)?;
    }
    Ok(())
}

fn path(worker: Id) -> String {
    format!("{RECORDS}/{worker}")
}
