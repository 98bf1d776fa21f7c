//! What stays of what was said: written before the entry goes.

use prost::Message as _;
use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::receipt::VerifiedReceipt;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::{Id, Time};

use super::entry::{Part, damaged, read_part};
use super::{Entry, SendGroup, entries};
use crate::failure::Failure;
use crate::identity::text;
use crate::mailbox::message::{LetterState, Message, MessageLeaf, letter_path};
use crate::mailbox::{check_record, corrected};
use crate::office::OwnLetter;
use crate::post::Post;
use crate::vault::{Vault, VaultLock};

/// The folder of letters that this vault sent.
const SENT: &str = "sent";

/// The folder of the last message to each institution.
const PREVIOUS: &str = "previous";

/// A letter that this vault made and the log has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SentRecord {
    /// The institution it went to.
    #[serde(with = "text::one")]
    pub to: Id,
    /// Digest of its envelope.
    #[serde(with = "text::one")]
    pub envelope: Hash,
    /// Index of its leaf.
    pub index: u64,
    /// When this PC learned that it was accepted, by its own clock.
    #[serde(with = "text::one")]
    pub confirmed: Time,
}

/// The last message to an institution.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Previous {
    #[serde(with = "text::one")]
    id: Id,
    #[serde(with = "text::one")]
    envelope: Hash,
    index: u64,
}

/// The record of a letter that this vault sent.
#[must_use]
pub fn sent_path(id: Id) -> String {
    format!("{SENT}/{id}")
}

/// Whether this vault made the message: it sent it, or still tries to.
pub(crate) fn was_made_here(vault: &Vault, own: Id, id: Id) -> Result<bool, Failure> {
    // In this order: another process writes the record of what was sent before its entry goes.
    if entries(vault)?.iter().any(|entry| entry.messages().contains(&(own, id))) {
        return Ok(true);
    }
    Ok(vault.read(&sent_path(id))?.is_some())
}

/// Id and envelope digest of the last message to an institution that the log has, by whichever
/// terminal of ours.
pub(crate) fn previous_message(vault: &Vault, to: Id) -> Result<Option<(Id, Hash)>, Failure> {
    let previous: Option<Previous> = vault.read_json(&previous_path(to))?;
    Ok(previous.map(|previous| (previous.id, previous.envelope)))
}

/// Notes an own message as the last one to its institution, if it is.
pub(crate) fn remember_previous(
    vault: &Vault,
    lock: &VaultLock<'_>,
    message: &Message,
) -> Result<(), Failure> {
    let Some((leaf, lines)) = message.envelope() else { return Ok(()) };
    let path = previous_path(lines.to.institution);
    let known: Option<Previous> = vault.read_json(&path)?;
    if known.is_none_or(|known| known.index < leaf.at.index) {
        let (envelope, index) = (leaf.statement.digest(), leaf.at.index);
        lock.write_json(&path, &Previous { id: lines.id, envelope, index })?;
    }
    Ok(())
}

/// Records letters whose receipts verified, in the order of the group: message, own copy, sent.
///
/// A crash in between leaves the entry; saying it again brings the same receipts, and this the same
/// records.
pub(super) fn record_sent(
    post: &impl Post,
    entry: &Entry,
    group: &SendGroup,
    receipts: Vec<(VerifiedReceipt, v1::Receipt)>,
) -> Result<Vec<(Id, LogPosition)>, Failure> {
    let vault = post.vault();
    let lock = vault.lock()?;
    let mut sent = Vec::with_capacity(receipts.len());
    for (place, (verified, receipt)) in receipts.into_iter().enumerate() {
        let letter = read_part(vault, entry.id, group.revision, place, Part::Letter)?;
        let leaf = leaf(&verified, receipt, Vec::new())?;
        let AnyBody::Envelope(lines) = leaf.statement.body.clone() else {
            return Err(Failure::fault("the outbox holds something else than an envelope"));
        };
        lock.write(&letter_path(lines.from, lines.id), &letter)?;
        let mut message = Message::load_or_new(vault, lines.from, lines.id)?;
        let (at, envelope) = (leaf.at, leaf.statement.digest());
        // The mailbox tells this terminal nothing new of its own envelope: what it replaces is marked here.
        if let Some(corrected) = corrected(post, &lines, leaf.clone())? {
            corrected.save(&lock)?;
        }
        message.add(leaf);
        message.letter = LetterState::Kept;
        message.save(&lock)?;
        remember_previous(vault, &lock, &message)?;
        let (to, confirmed) = (lines.to.institution, post.now());
        let record = SentRecord { to, envelope, index: at.index, confirmed };
        lock.write_json(&sent_path(lines.id), &record)?;
        if lines.to.institution == lines.from {
            let author = author(&letter).ok_or_else(|| damaged(entry.id))?;
            let own = OwnLetter { id: lines.id, index: at.index, author: &author };
            crate::office::take_in(vault, &lock, &own)?;
        }
        sent.push((lines.id, at));
    }
    Ok(sent)
}

/// Records an answer whose receipt verified, or the one of a colleague that stands in its place.
///
/// # Errors
/// An alarm: it is not signed by a terminal of ours that counts there.
pub(super) fn record_answer(
    post: &impl Post,
    (from, id): (Id, Id),
    (verified, receipt): (VerifiedReceipt, v1::Receipt),
    detail: &[u8],
) -> Result<LogPosition, Failure> {
    let lock = post.vault().lock()?;
    let mut message = Message::load_or_new(post.vault(), from, id)?;
    let leaf = leaf(&verified, receipt, detail.to_vec())?;
    check_record(post, &message, &leaf)?;
    message.add(leaf);
    message.save(&lock)?;
    Ok(verified.at)
}

/// A verified leaf with its record, as messages keep it.
fn leaf(
    verified: &VerifiedReceipt,
    receipt: v1::Receipt,
    detail: Vec<u8>,
) -> Result<MessageLeaf, Failure> {
    let statement = Statement::parse(&verified.record)
        .map_err(|error| Failure::bad_proof("the record is not a statement").because(error))?;
    let receipt = v1::Receipt { record: verified.record.clone().into(), ..receipt };
    Ok(MessageLeaf { at: verified.at, statement, receipt, detail })
}

/// What the worker wrote, in a letter of our own.
fn author(letter: &[u8]) -> Option<v1::Author> {
    v1::Author::decode(&v1::Letter::decode(letter).ok()?.author[..]).ok()
}

fn previous_path(to: Id) -> String {
    format!("{PREVIOUS}/{to}")
}
