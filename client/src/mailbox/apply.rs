//! One record of the log: checked at its place, and put to its message.

use tsumugu_proto::v1;
use tsumugu_trust::directory::{
    Directory, Refusal, check_disposition, check_opened, check_recall, check_worker,
    check_worker_removed,
};
use tsumugu_trust::hash::sha256;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::statement::{AnyBody, DetailRef, Envelope, Statement};
use tsumugu_trust::value::Id;

use super::message::{Doubt, LetterState, Message, MessageLeaf};
use super::receive::waiting_path;
use crate::failure::Failure;
use crate::messages::Sentence;
use crate::outbox::{remember_previous, was_made_here};
use crate::paper;
use crate::post::Post;
use crate::workers::{is_made_here, is_removed, note_admitted};

/// What a record changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// Something.
    New,
    /// Nothing: it was known.
    Known,
    /// It is about the office itself (workers, what went by FAX), not about a message.
    OfTheOffice,
    /// It does not count: it is left out, and the message is doubted.
    SetAside,
}

/// Verifies a record and takes it into its message.
///
/// # Errors
/// An alarm: the receipt does not verify, or the record has no place in this mailbox.
pub(crate) async fn apply_record(
    post: &mut impl Post,
    receipt: v1::Receipt,
    detail: &[u8],
) -> Result<Applied, Failure> {
    let verified = post.verify(&receipt, None).await?;
    let statement = Statement::parse(&verified.record)
        .map_err(|error| Failure::bad_proof("the record is not a statement").because(error))?;
    if matches!(statement.body, AnyBody::OffSystem(_)) {
        let kept = paper::keep(post, &verified, receipt, detail)?;
        return Ok(if kept { Applied::OfTheOffice } else { Applied::Known });
    }
    let Some((from, id)) = subject(&statement.body) else {
        return of_the_office(post, verified.at, &statement);
    };
    let leaf = MessageLeaf { at: verified.at, statement, receipt, detail: detail.to_vec() };
    check_detail(&leaf)?;
    if let AnyBody::Envelope(lines) = &leaf.statement.body {
        let lines = lines.clone();
        return apply_envelope(post, leaf, &lines);
    }
    // Another process may take in another record of the same message: read and written under the lock.
    let lock = post.vault().lock()?;
    let mut message = Message::load(post.vault(), from, id)?
        .filter(|message| message.envelope().is_some())
        .ok_or_else(|| Failure::bad_proof("a record comes before its envelope"))?;
    check_about(post, &message, &leaf)?;
    if !counts(post.directory(), &message, &leaf) {
        message.doubt(Doubt::RecordOutOfPlace);
        message.save(&lock)?;
        return Ok(Applied::SetAside);
    }
    if !message.add(leaf) {
        return Ok(Applied::Known);
    }
    message.save(&lock)?;
    Ok(Applied::New)
}

/// Checks a record that a command was answered with, before it enters its message.
///
/// # Errors
/// An alarm: it is of another message, or nobody who may say it has signed it at its place.
pub(crate) fn check_record(
    post: &impl Post,
    message: &Message,
    leaf: &MessageLeaf,
) -> Result<(), Failure> {
    check_about(post, message, leaf)?;
    let counts = counts(post.directory(), message, leaf);
    if counts { Ok(()) } else { Err(Failure::bad_proof("a record does not count at its place")) }
}

fn apply_envelope(
    post: &impl Post,
    leaf: MessageLeaf,
    lines: &Envelope,
) -> Result<Applied, Failure> {
    let own = post.keys()?.institution;
    if own != lines.from && own != lines.to.institution {
        return Err(Failure::bad_proof("an envelope of others"));
    }
    let lock = post.vault().lock()?;
    let mut message = Message::load_or_new(post.vault(), lines.from, lines.id)?;
    if message.digest().is_some_and(|known| known != leaf.statement.digest()) {
        return Err(Failure::bad_proof("two envelopes have one id"));
    }
    let correction = leaf.clone();
    if !message.add(leaf) {
        return Ok(Applied::Known);
    }
    // That colleagues keep records at another PC is no news.
    let is_news = !message.is_of_the_office() || !is_of_another_terminal(post, &message)?;
    if own == lines.from && is_news && !was_made_here(post.vault(), own, lines.id)? {
        made_elsewhere(post, &message)?;
    }
    // An envelope that does not count is set aside: its body is not even fetched, and what it says
    // that it replaces stands.
    let counts = message.checked_envelope(post.directory()).is_ok();
    if !counts {
        message.letter = LetterState::Unreadable("envelope".to_owned());
    }
    let corrected = if counts { corrected(post, lines, correction)? } else { None };
    if message.letter != LetterState::Kept {
        // Before the message: a crash in between leaves a mark without a message, which is cleared.
        lock.write(&waiting_path(lines.from, lines.id), &[])?;
    }
    if own == lines.from {
        remember_previous(post.vault(), &lock, &message)?;
    }
    if let Some(corrected) = corrected {
        corrected.save(&lock)?;
    }
    message.save(&lock)?;
    Ok(Applied::New)
}

/// The earlier message that a correction replaces, with the correction's envelope in it; only one of
/// the same two institutions.
pub(crate) fn corrected(
    post: &impl Post,
    lines: &Envelope,
    correction: MessageLeaf,
) -> Result<Option<Message>, Failure> {
    let Some(id) = lines.replaces else { return Ok(None) };
    let Some(mut corrected) = Message::load(post.vault(), lines.from, id)? else { return Ok(None) };
    let is_replaced = corrected.envelope().is_some_and(|(earlier, before)| {
        before.to.institution == lines.to.institution && earlier.at < correction.at
    });
    Ok((is_replaced && corrected.add(correction)).then_some(corrected))
}

/// Our institution is the sender, and this vault knows nothing of it: another terminal of ours, which is
/// well (one that nobody here admitted is a strange record, said at every command); or, under our own key,
/// somebody who has a copy of this vault.
fn made_elsewhere(post: &impl Post, message: &Message) -> Result<(), Failure> {
    if !is_of_another_terminal(post, message)? {
        post.note(&Sentence::new("mailbox.made-by-a-copy").with("id", message.id()));
    }
    Ok(())
}

/// Whether another terminal than this one signed the envelope.
fn is_of_another_terminal(post: &impl Post, message: &Message) -> Result<bool, Failure> {
    let own = post.keys()?.terminal;
    let signer = message.checked_envelope(post.directory()).map(|checked| checked.terminal());
    Ok(signer != Ok(own))
}

/// What the record says must be about this message, and signed by who may say it.
fn check_about(post: &impl Post, message: &Message, leaf: &MessageLeaf) -> Result<(), Failure> {
    let (envelope, lines) = message.envelope().ok_or_else(wrong_message)?;
    let digest = envelope.statement.digest();
    let (directory, at, statement) = (post.directory(), leaf.at, &leaf.statement);
    let checked = match &statement.body {
        AnyBody::Fetched(said) => {
            let fits = said.envelope == digest && said.by == lines.to.institution;
            return if fits { Ok(()) } else { Err(wrong_message()) };
        }
        AnyBody::Undelivered(said) if said.envelope == digest => return Ok(()),
        AnyBody::Destroyed(said) if said.envelope == digest => return Ok(()),
        AnyBody::Opened(_) => check_opened(directory, at, statement, lines, digest).map(|_| ()),
        AnyBody::Disposition(_) => {
            check_disposition(directory, at, statement, lines, digest).map(|_| ())
        }
        AnyBody::Recall(_) => check_recall(directory, at, statement, lines, digest).map(|_| ()),
        _ => return Err(wrong_message()),
    };
    checked.map_err(|refusal| Failure::bad_proof(&refusal.to_string()).because(refusal))
}

/// Whether evidence could show it: it stands after its envelope, and a body went to a terminal that the
/// recipient had admitted then.
fn counts(directory: &Directory, message: &Message, leaf: &MessageLeaf) -> bool {
    let stands_after = message.envelope().is_some_and(|(envelope, _)| envelope.at < leaf.at);
    let fetcher_counts = match &leaf.statement.body {
        AnyBody::Fetched(said) => {
            let terminals = directory.member(said.by).map(|member| &member.terminals);
            let terminal = terminals.and_then(|terminals| terminals.get(&said.terminal));
            terminal.is_some_and(|terminal| terminal.counts_at(leaf.at))
        }
        _ => true,
    };
    stands_after && fetcher_counts
}

/// The detail that came along is the one that the statement names.
fn check_detail(leaf: &MessageLeaf) -> Result<(), Failure> {
    let named: Option<&DetailRef> = match &leaf.statement.body {
        AnyBody::Disposition(said) => said.detail.as_ref(),
        AnyBody::Recall(said) => said.detail.as_ref(),
        _ => None,
    };
    let fits = match named {
        // The exchange may have erased it; who answered is then not shown.
        Some(_) if leaf.detail.is_empty() => true,
        Some(named) => {
            named.sealed.length == leaf.detail.len() as u64
                && named.sealed.digest == sha256(&[&leaf.detail])
        }
        None => leaf.detail.is_empty(),
    };
    if fits { Ok(()) } else { Err(Failure::bad_proof("the detail is not the one that is named")) }
}

/// Sender and id of the message that a record is about.
pub(crate) fn subject(body: &AnyBody) -> Option<(Id, Id)> {
    match body {
        AnyBody::Envelope(lines) => Some((lines.from, lines.id)),
        AnyBody::Fetched(lines) => Some((lines.from, lines.id)),
        AnyBody::Undelivered(lines) => Some((lines.from, lines.id)),
        AnyBody::Destroyed(lines) => Some((lines.from, lines.id)),
        AnyBody::Opened(lines) => Some((lines.from, lines.id)),
        AnyBody::Disposition(lines) => Some((lines.from, lines.id)),
        AnyBody::Recall(lines) => Some((lines.from, lines.id)),
        _ => None,
    }
}

/// Records about the office itself: its workers.
fn of_the_office(
    post: &mut impl Post,
    at: LogPosition,
    statement: &Statement,
) -> Result<Applied, Failure> {
    let own = post.keys()?.institution;
    let broken = |refusal: Refusal| Failure::bad_proof(&refusal.to_string()).because(refusal);
    match &statement.body {
        AnyBody::Worker(lines) if lines.institution == own => {
            check_worker(post.directory(), at, statement).map_err(broken)?;
            let keys = post.keys()?;
            if lines.terminal == keys.terminal
                && !is_made_here(post.vault(), keys, lines.worker, statement.digest())?
                && !is_removed(post.vault(), lines.worker)?
            {
                post.note(&Sentence::new("mailbox.worker-of-a-copy"));
            }
            note_admitted(post.vault(), lines)?;
        }
        AnyBody::WorkerRemoved(lines) if lines.institution == own => {
            check_worker_removed(post.directory(), at, statement).map_err(broken)?;
            post.forget_worker(lines.worker, at.index)?;
        }
        AnyBody::Worker(_) | AnyBody::WorkerRemoved(_) => return Err(wrong_message()),
        _ => return Err(Failure::bad_proof("a record that has no place in a mailbox")),
    }
    Ok(Applied::OfTheOffice)
}

fn wrong_message() -> Failure {
    Failure::bad_proof("a record names another message than it must")
}
