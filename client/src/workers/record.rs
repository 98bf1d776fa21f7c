//! What the mailbox tells of the institution's workers: names are on cards, which only the terminals
//! that admitted a worker hold.

use serde::{Deserialize, Serialize};
use tsumugu_trust::statement::Worker;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::identity::text;
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

/// Takes in that a worker was removed.
pub(super) fn note_removed(vault: &Vault, worker: Id) -> Result<(), Failure> {
    change(vault, worker, |record| record.removed = true)
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
