//! Writing an office record: a letter to the own institution.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_proto::v1::office_record::Entry as Said;
use tsumugu_trust::statement::{Destination, Urgency};
use tsumugu_trust::value::{Id, Unit};

use super::entry::{BadRecord, Entry};
use super::state::keep_unsent;
use crate::failure::Failure;
use crate::identity::WorkerSecret;
use crate::letters::{Content, Header, SealedLetter, Signer, compose, seal};
use crate::outbox::{self, previous_message, queue_send, sealing, sent_path};
use crate::post::Post;

/// Queues a record under a worker's name. It counts on this PC at once, and at the others when they
/// have it from the log.
///
/// The letter is queued first: a crash after it leaves a record that counts here, too, only when it was
/// sent.
///
/// # Errors
/// `office.bad-record`; the vault; nothing was queued then.
pub(crate) fn write(
    post: &impl Post,
    worker: &WorkerSecret,
    said: Said,
) -> Result<outbox::Entry, Failure> {
    let entry = Entry::check(said).map_err(bad)?;
    let (message, letter) = sealed(post, worker, entry.record())?;
    let queued = queue_send(post, &[letter])?;
    let lock = post.vault().lock()?;
    // An agent may have said it by now: then what the log has counts already.
    if post.vault().read(&sent_path(message))?.is_none() {
        keep_unsent(&lock, &entry, message)?;
    }
    Ok(queued)
}

/// A letter to the own institution, with its id.
pub(super) fn sealed(
    post: &impl Post,
    worker: &WorkerSecret,
    record: v1::OfficeRecord,
) -> Result<(Id, SealedLetter), Failure> {
    let (keys, origin, now) = (post.keys()?, post.origin(), post.now());
    let own = keys.institution;
    let header = Header {
        id: post.with_random(|rng| {
            let mut random = [0; 10];
            rng.fill_bytes(&mut random);
            Id::for_message(now, &random)
        }),
        from: own,
        to: Destination { institution: own, unit: Unit::main() },
        attachments: Vec::new(),
        urgency: Urgency::Normal,
        ack_by: None,
        replaces: None,
        composed: now,
    };
    let content = Content {
        kind: v1::LetterKind::OfficeRecord,
        about: None,
        passed_on: None,
        case_id: None,
        attachments: Vec::new(),
        body: record.encode_to_vec().into(),
    };
    let (key, shown) = (worker.signing_key(origin)?, worker.shown()?);
    let signer = Signer { key: &key, shown: &shown };
    let terminal = keys.terminal_key(origin)?;
    let with = sealing(post, &terminal, previous_message(post.vault(), own)?)?;
    let id = header.id;
    post.with_random(|rng| {
        let composed = compose(origin, header, &content, signer, rng)?;
        Ok((id, seal(&composed, with, rng)?))
    })
}

pub(super) fn bad(error: BadRecord) -> Failure {
    Failure::new("office.bad-record").because(error)
}
