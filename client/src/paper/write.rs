//! Making a record.

use tsumugu_trust::value::{Id, Time};

use super::Said;
use crate::failure::Failure;
use crate::letters::{OffSystemLines, Signer, record_off_system};
use crate::outbox::{Entry, queue_off_system};
use crate::post::Post;

/// The id of a record that is made now.
pub(crate) fn new_record_id(post: &impl Post, now: Time) -> Id {
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    Id::for_message(now, &random)
}

/// Queues a record under a worker's name. It is on this PC at once, and at the others when they have it
/// from the log.
///
/// # Errors
/// `letter.too-large`; the vault. Nothing was queued then.
pub(crate) fn queue_record(
    post: &impl Post,
    (id, about): (Id, Option<Id>),
    said: &Said,
    signer: Signer<'_>,
) -> Result<Entry, Failure> {
    let keys = post.keys()?;
    let terminal = keys.terminal_key(post.origin())?;
    let lines = OffSystemLines { from: keys.institution, id, about, recorded: post.now() };
    let sealed = post.with_random(|rng| {
        record_off_system(post.directory(), lines, said.record(), signer, &terminal, rng)
    })?;
    queue_off_system(post, (keys.institution, id), &sealed.statement, &sealed.sealed)
}
