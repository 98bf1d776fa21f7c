//! Fetching the letters of new messages, opening them, and setting aside what does not verify.

use tsumugu_proto::v1;
use tsumugu_trust::checkpoint::VerifiedCheckpoint;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::letter::MAX_SEALED_BODY;
use tsumugu_trust::statement::{AnyBody, Envelope};
use tsumugu_trust::value::Id;

use super::apply::apply_record;
use super::message::{Doubt, LetterState, Message, letter_path};
use crate::failure::{Exit, Failure};
use crate::letters::{Incoming, OpenedLetter, Unreadable, all_log_keys, open, unreadable};
use crate::office::OwnLetter;
use crate::outbox::{Command, entries, queue_answer};
use crate::post::Post;
use crate::turn::Turn;
use crate::vault::Vault;

/// The folder of marks of messages whose letter is still to come.
const WAITING: &str = "waiting";

/// A letter that was dealt with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    /// The sender.
    pub(crate) from: Id,
    /// The message.
    pub(crate) id: Id,
    /// Where its letter is now.
    pub(crate) letter: LetterState,
}

/// A letter that waits on, because of its own body: the others came.
#[derive(Debug)]
pub(crate) struct Unfetched {
    /// The message.
    pub(crate) id: Id,
    /// Why.
    pub(crate) why: Failure,
}

/// The mark of a message whose letter is still to come.
pub(super) fn waiting_path(from: Id, id: Id) -> String {
    format!("{WAITING}/{from}/{id}")
}

/// Receives every letter that waits. One that cannot be fetched keeps no other one back.
///
/// `next` is the number of the mailbox's next event: asking for it tells whether the exchange is out
/// of reach, or only this body.
///
/// # Errors
/// An alarm; the exchange is not reached, or refuses this terminal: what waits then waits on.
pub(super) async fn receive_letters(
    post: &mut impl Post,
    next: u64,
) -> Result<(Vec<Received>, Vec<Unfetched>), Failure> {
    let (mut received, mut unfetched) = (Vec::new(), Vec::new());
    for (from, id) in waiting_letters(post.vault())? {
        // One turn for each: a command beside a busy agent need not wait for all of them.
        let turn = Turn::Mailbox.take(post.home()).await?;
        let letter = receive(post, from, id).await;
        drop(turn);
        match letter {
            Ok(Some(letter)) => received.push(Received { from, id, letter }),
            Ok(None) => {}
            Err(why) if matches!(why.exit(), Exit::Unreachable | Exit::Refused) => {
                post.events(next).await?;
                unfetched.push(Unfetched { id, why });
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok((received, unfetched))
}

/// Sender and id of the messages whose letter is still to come.
///
/// # Errors
/// As [`Vault::list`].
pub(crate) fn waiting_letters(vault: &Vault) -> Result<Vec<(Id, Id)>, Failure> {
    let paths = vault.list(WAITING)?;
    let parsed = paths.iter().filter_map(|path| {
        let mut segments = path.split('/').skip(1);
        Some((segments.next()?.parse().ok()?, segments.next()?.parse().ok()?))
    });
    Ok(parsed.collect())
}

/// Receives one letter; nothing where it has to wait on.
async fn receive(post: &mut impl Post, from: Id, id: Id) -> Result<Option<LetterState>, Failure> {
    let Some(message) = Message::load(post.vault(), from, id)? else {
        // Removed under the lock: whoever writes the mark writes the message under the same one.
        let lock = post.vault().lock()?;
        if Message::load(post.vault(), from, id)?.is_none() {
            lock.remove(&waiting_path(from, id))?;
        }
        return Ok(None);
    };
    let Some((_, lines)) = message.envelope() else { return Ok(None) };
    let lines = lines.clone();
    match message.letter {
        LetterState::Waiting | LetterState::KeyNotHere => {}
        LetterState::Unreadable(_) => {
            answer_unreadable(post, &message)?;
            return settle(post, (from, id), Settled::As(message.letter)).map(Some);
        }
        LetterState::Kept | LetterState::Gone => {
            return settle(post, (from, id), Settled::As(message.letter)).map(Some);
        }
    }
    // What this terminal has no key for is left to one that has it, and stays unfetched.
    if !holds_key(post, &lines)? {
        return wait_for_key(post, (from, id));
    }
    let fetched = match post.fetch(from, id, MAX_SEALED_BODY).await {
        Err(gone) if gone.key() == "server.body-gone" => {
            return settle(post, (from, id), Settled::As(LetterState::Gone)).map(Some);
        }
        fetched => fetched?,
    };
    take_receipt(post, &lines, fetched.receipt).await?;
    // The receipt's leaf went into the record.
    let message = Message::load_or_new(post.vault(), from, id)?;
    let mut opened = open_body(post, &message, &fetched.body);
    if matches!(opened, Err(Unreadable::ChainBehind)) {
        post.sync().await?;
        opened = open_body(post, &message, &fetched.body);
    }
    match opened {
        Ok(letter) => {
            let told = compare_maker(post, &lines, &letter).await?;
            settle(post, (from, id), Settled::Opened(&letter, told)).map(Some)
        }
        Err(Unreadable::ChainBehind) => Err(Failure::new("message.not-here-yet").with("id", id)),
        Err(Unreadable::KeyNotHere) => wait_for_key(post, (from, id)),
        Err(reason) => {
            answer_unreadable(post, &message)?;
            let letter = LetterState::Unreadable(reason.word().to_owned());
            settle(post, (from, id), Settled::As(letter)).map(Some)
        }
    }
}

/// What became of a letter.
enum Settled<'a> {
    /// It passed every check; with what it tells of the log otherwise than this terminal saw it.
    Opened(&'a OpenedLetter, Vec<Doubt>),
    /// Anything else.
    As(LetterState),
}

/// Writes what became of a letter, and clears its mark; in this order, since a crash in between
/// leaves a mark, and nothing undone. The message is read anew: while the letter was fetched, another
/// process may have taken in more of it.
fn settle(
    post: &impl Post,
    (from, id): (Id, Id),
    settled: Settled<'_>,
) -> Result<LetterState, Failure> {
    let lock = post.vault().lock()?;
    let mut message = Message::load_or_new(post.vault(), from, id)?;
    match settled {
        Settled::Opened(letter, told) => {
            lock.write(&letter_path(from, id), letter.bytes())?;
            if let Some((leaf, _)) = message.envelope() {
                let own = OwnLetter { id, index: leaf.at.index, author: letter.author() };
                crate::office::take_in(post.vault(), &lock, &own)?;
            }
            told.into_iter().for_each(|doubt| message.doubt(doubt));
            message.letter = LetterState::Kept;
        }
        Settled::As(letter) => message.letter = letter,
    }
    message.save(&lock)?;
    lock.remove(&waiting_path(from, id))?;
    Ok(message.letter)
}

fn wait_for_key(post: &impl Post, (from, id): (Id, Id)) -> Result<Option<LetterState>, Failure> {
    let lock = post.vault().lock()?;
    let mut message = Message::load_or_new(post.vault(), from, id)?;
    if message.letter == LetterState::KeyNotHere {
        return Ok(None);
    }
    message.letter = LetterState::KeyNotHere;
    message.save(&lock)?;
    Ok(Some(LetterState::KeyNotHere))
}

fn holds_key(post: &impl Post, lines: &Envelope) -> Result<bool, Failure> {
    let keys = post.keys()?;
    let named = [lines.key_sets.sender, lines.key_sets.recipient];
    Ok(keys.key_sets.iter().any(|set| named.contains(&set.digest)))
}

/// The exchange logs that it hands out a body before the first byte: without that receipt the body is
/// not taken. One's own letter comes without.
async fn take_receipt(
    post: &mut impl Post,
    lines: &Envelope,
    receipt: Option<v1::Receipt>,
) -> Result<(), Failure> {
    let is_ours = post.keys()?.institution == lines.from;
    let Some(receipt) = receipt else {
        return if is_ours { Ok(()) } else { Err(crate::rpc::incomplete("receipt")) };
    };
    let is_fetched = tsumugu_trust::statement::Statement::parse(&receipt.record).is_ok_and(|s| {
        matches!(&s.body, AnyBody::Fetched(said) if (said.from, said.id) == (lines.from, lines.id))
    });
    if !is_fetched {
        let failure = Failure::bad_proof("the body comes with another record");
        return Err(post.keep_alarm(failure));
    }
    let applied = apply_record(post, receipt, &[]).await;
    applied.map(|_| ()).map_err(|failure| post.keep_alarm(failure))
}

fn open_body(post: &impl Post, message: &Message, body: &[u8]) -> Result<OpenedLetter, Unreadable> {
    let envelope = message.checked_envelope(post.directory()).map_err(Unreadable::Envelope)?;
    let at = message.envelope().map(|(leaf, _)| leaf.at);
    let at = at.ok_or(Unreadable::Malformed("the envelope"))?;
    let keys = post.keys().map_err(|_| Unreadable::KeyNotHere)?.sealing_identities();
    let identities: Vec<_> = keys.iter().map(|(_, identity)| identity).collect();
    open(post.directory(), Incoming { envelope: &envelope, at }, body, &identities)
}

/// Queues the terminal's own answer, once.
fn answer_unreadable(post: &impl Post, message: &Message) -> Result<(), Failure> {
    let keys = post.keys()?;
    let Some((leaf, lines)) = message.envelope() else { return Ok(()) };
    let named = (message.from(), message.id());
    if lines.from == keys.institution || message.state().answer().is_some() {
        return Ok(());
    }
    let is_queued = |command: &Command| match command {
        Command::Disposition(answer) => (answer.from, answer.message) == named,
        _ => false,
    };
    if entries(post.vault())?.iter().any(|entry| is_queued(&entry.command)) {
        return Ok(());
    }
    let terminal = keys.terminal_key(post.origin())?;
    let digest = leaf.statement.digest();
    let statement = unreadable(post.origin(), lines, digest, post.now(), &terminal)?;
    queue_answer(post, named, &statement, &[]).map(|_| ())
}

/// Holds what the letter tells of the log against what this terminal was shown.
///
/// # Errors
/// An alarm: a checkpoint that the log did sign is not of the log that this terminal knows; the
/// exchange is not reached for the clear leaves that the sender knows and we do not.
async fn compare_maker(
    post: &mut impl Post,
    lines: &Envelope,
    letter: &OpenedLetter,
) -> Result<Vec<Doubt>, Failure> {
    let mut doubts = Vec::new();
    if lines.from != post.keys()?.institution
        && let Some((id, digest)) = letter.previous()
    {
        let known = Message::load(post.vault(), lines.from, id)?.and_then(|known| known.digest());
        if known != Some(digest) {
            doubts.push(Doubt::MessageWithheld);
        }
    }
    let maker = letter.maker();
    if post.directory().head_at(maker.clear_number).is_none() {
        post.sync().await?;
    }
    let head: Option<Hash> = maker.clear_head[..].try_into().ok().map(Hash);
    let ours = post.directory().head_at(maker.clear_number);
    // A doubt and no alarm: it is the sender's word alone, and a member who lies shall not stop an
    // office. What the exchange shows is held against our chain by every private leaf.
    if head.is_none() || head != ours {
        doubts.push(Doubt::ChainDiffers);
    }
    // The sender may have sealed it under a log key that has left the list since.
    let keys = all_log_keys(post.directory());
    match VerifiedCheckpoint::verify(&maker.checkpoint, post.origin().as_str(), &keys) {
        Ok(checkpoint) => post.compare(checkpoint).await?,
        Err(_) => doubts.push(Doubt::ForeignCheckpoint),
    }
    Ok(doubts)
}
