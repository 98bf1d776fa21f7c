//! The office's own register of its workers: office records with the card, so that every PC knows who
//! they are. The log's records (`worker`, `worker-removed`) decide who may sign; these only tell names.

use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::value::Id;

use crate::failure::Failure;
use crate::identity::{Seed, WorkerSecret};
use crate::office::{self, Key};
use crate::outbox;
use crate::post::Post;
use crate::vault::Vault;

/// A worker whom the office's records name.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    /// Id.
    pub(crate) id: Id,
    /// Bytes of the card.
    pub(crate) card: Vec<u8>,
    /// What blinds the card's commitment.
    pub(crate) salt: Seed,
}

impl Registered {
    /// The card, which was checked when the record came.
    pub(crate) fn card(&self) -> Option<v1::WorkerCard> {
        prost::Message::decode(self.card.as_slice()).ok()
    }
}

/// Everyone whom the office's records name and who has not left.
///
/// # Errors
/// The vault.
pub(crate) fn registered(vault: &Vault) -> Result<Vec<Registered>, Failure> {
    let read = |kept: &office::Kept| match kept.entry.said() {
        Said::Worker(said) if !said.removed => Some(Registered {
            id: said.worker_id.parse().ok()?,
            card: said.card.to_vec(),
            salt: Seed::new(said.card_salt[..].try_into().ok()?),
        }),
        _ => None,
    };
    Ok(office::all(vault, "worker")?.iter().filter_map(read).collect())
}

/// Queues a record for every worker of this PC whom the register does not have yet: the one who was just
/// added, and those who came by an enrolment. Gives the last entry of the outbox, where there was one.
///
/// # Errors
/// As [`office::write`].
pub(crate) fn register(post: &impl Post) -> Result<Option<outbox::Entry>, Failure> {
    let mut last = None;
    for worker in post.keys()?.workers.clone() {
        if office::get(post.vault(), &Key::Worker(worker.id))?.is_some() {
            continue;
        }
        let said = v1::OfficeWorker {
            worker_id: worker.id.to_string(),
            revision: 1,
            card: worker.card.0.to_vec().into(),
            card_salt: worker.card_salt.bytes().to_vec().into(),
            removed: false,
        };
        last = Some(office::write(post, &worker, Said::Worker(said))?);
    }
    Ok(last)
}

/// Queues, under the name of `by`, that a worker left: name and role go from the register, too.
///
/// # Errors
/// As [`office::write`].
pub(crate) fn unregister(
    post: &impl Post,
    by: &WorkerSecret,
    worker: Id,
) -> Result<Option<outbox::Entry>, Failure> {
    let known = office::get(post.vault(), &Key::Worker(worker))?;
    let Some(known) = known else { return Ok(None) };
    if matches!(known.entry.said(), Said::Worker(said) if said.removed) {
        return Ok(None);
    }
    let said = v1::OfficeWorker {
        worker_id: worker.to_string(),
        revision: known.entry.revision() + 1,
        removed: true,
        ..v1::OfficeWorker::default()
    };
    office::write(post, by, Said::Worker(said)).map(Some)
}
