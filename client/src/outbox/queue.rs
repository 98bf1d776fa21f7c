//! Putting something into the outbox. What returns from here survives a power cut.

use tsumugu_durable::crash::crash_point;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::note::SigningKey;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::Id;

use super::entry::{Part, part_path};
use super::{Command, Entry, QueuedAnswer, QueuedLetter, SendGroup};
use crate::failure::Failure;
use crate::letters::{SealedAnswer, SealedLetter, Sealing};
use crate::post::Post;
use crate::vault::VaultLock;

/// Queues letters that go out together, all or none.
///
/// The entry is written last: a crash before it leaves parts that the next flush removes, and nothing
/// that would be sent.
pub(crate) fn queue_send(post: &impl Post, letters: &[SealedLetter]) -> Result<Entry, Failure> {
    queue_replies(post, letters, None)
}

/// As [`queue_send`], with the answer to the letter that these letters reply to or pass on: it goes
/// out once the log has them, so that nobody is told of something that was not sent.
pub(crate) fn queue_replies(
    post: &impl Post,
    letters: &[SealedLetter],
    answer: Option<((Id, Id), &SealedAnswer)>,
) -> Result<Entry, Failure> {
    let queued = letters.iter().map(|letter| QueuedLetter::new(&letter.envelope)).collect();
    let answer = answer.map(|((from, message), answer)| {
        QueuedAnswer::new(from, message, &answer.statement, &answer.sealed)
    });
    let group = SendGroup { revision: 0, letters: queued, answer };
    let entry = new_entry(post, Command::Send(group));
    let lock = post.vault().lock()?;
    write_parts(&lock, entry.id, 0, letters)?;
    crash_point("client.outbox.parts");
    entry.save(&lock)?;
    crash_point("client.outbox.saved");
    Ok(entry)
}

/// Queues that a person opened a letter.
pub(crate) fn queue_opened(
    post: &impl Post,
    (from, message): (Id, Id),
    statement: &Statement,
) -> Result<Entry, Failure> {
    queue(post, Command::Opened(QueuedAnswer::new(from, message, statement, &[])))
}

/// Queues an answer to a letter; `detail` is empty for a terminal's own.
pub(crate) fn queue_answer(
    post: &impl Post,
    (from, message): (Id, Id),
    statement: &Statement,
    detail: &[u8],
) -> Result<Entry, Failure> {
    queue(post, Command::Disposition(QueuedAnswer::new(from, message, statement, detail)))
}

/// Queues a record of what went past the exchange. Statement and sealed detail are one entry, and one
/// leaf of the log: a crash leaves all of a record or nothing.
pub(crate) fn queue_off_system(
    post: &impl Post,
    (from, record): (Id, Id),
    statement: &Statement,
    detail: &[u8],
) -> Result<Entry, Failure> {
    queue(post, Command::OffSystem(QueuedAnswer::new(from, record, statement, detail)))
}

/// Takes an entry out of the outbox, on a person's word; `false` when it is not there.
///
/// Nobody can say of a waiting letter that it was *not* accepted: its answer may have been lost.
pub(crate) fn drop_entry(post: &impl Post, id: Id) -> Result<bool, Failure> {
    let path = super::entry::path(id);
    // Not read: a damaged one goes too.
    let is_there = post.vault().list(&path)?.contains(&path);
    if is_there {
        post.vault().remove(&path)?;
    }
    Ok(is_there)
}

/// What this terminal knows, for a letter to `institution`.
pub(crate) fn sealing<'a>(
    post: &'a impl Post,
    terminal: &'a SigningKey,
    previous: Option<(Id, Hash)>,
) -> Result<Sealing<'a>, Failure> {
    let chain = post.chain();
    let checkpoint = post.checkpoint().ok_or_else(|| Failure::fault("no checkpoint is known"))?;
    Ok(Sealing {
        directory: chain.directory(),
        terminal,
        checkpoint,
        clear_number: chain.next_number().saturating_sub(1),
        clear_head: chain.head(),
        previous,
    })
}

pub(super) fn write_parts(
    lock: &VaultLock<'_>,
    entry: Id,
    revision: u32,
    letters: &[SealedLetter],
) -> Result<(), Failure> {
    for (place, letter) in letters.iter().enumerate() {
        lock.write(&part_path(entry, revision, place, Part::Letter), &letter.letter)?;
        lock.write(&part_path(entry, revision, place, Part::Body), &letter.body)?;
    }
    Ok(())
}

fn queue(post: &impl Post, command: Command) -> Result<Entry, Failure> {
    let entry = new_entry(post, command);
    entry.save(&post.vault().lock()?)?;
    crash_point("client.outbox.saved");
    Ok(entry)
}

fn new_entry(post: &impl Post, command: Command) -> Entry {
    let created = post.now();
    let mut random = [0; 10];
    post.with_random(|rng| rng.fill_bytes(&mut random));
    let id = Id::for_message(created, &random);
    Entry { id, created, attempts: 0, last: None, refused: None, command }
}
