//! A worker whom somebody shows us, checked.

use prost::Message;
use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedWorker, Directory, check_author_note, check_worker};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{Leaf, LogPosition, PrivateLeaf};
use tsumugu_trust::letter::card_commitment;
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::receipt;
use tsumugu_trust::statement::Statement;
use tsumugu_trust::value::{Id, Text, Value};

use super::Unreadable;

/// A worker, by the card that the worker's institution committed to. Only the checks of this module
/// make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedWorker {
    id: Id,
    name: String,
    role: String,
}

impl NamedWorker {
    /// Id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// Name as on the card (氏名).
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Role, such as 主任介護支援専門員.
    #[must_use]
    pub fn role(&self) -> &str {
        &self.role
    }
}

/// What the worker's signature has to cover, and where it stands.
pub(super) struct Signed<'a> {
    /// The institution that the worker has to be of.
    pub(super) institution: Id,
    /// Where envelope or disposition stands in the log.
    pub(super) at: LogPosition,
    /// Statement of kind `author`.
    pub(super) note: &'a [u8],
    /// Header that the note has to name.
    pub(super) header: Hash,
    /// Digest of the author part that it has to name.
    pub(super) author: Hash,
}

/// Checks the worker who is shown: admission in the log, card, and signature.
pub(super) fn check_signer(
    directory: &Directory,
    shown: Option<&v1::ShownWorker>,
    signed: &Signed<'_>,
) -> Result<NamedWorker, Unreadable> {
    let shown = shown.ok_or(Unreadable::Malformed("the worker"))?;
    let worker = check_admission(directory, shown, signed)?;
    let note =
        Statement::parse(signed.note).map_err(|_| Unreadable::Malformed("the author note"))?;
    check_author_note(directory, signed.at, &note, &worker, signed.header, signed.author)
        .map_err(Unreadable::Author)?;
    let salt = shown.card_salt[..].try_into().map_err(|_| Unreadable::Card)?;
    if card_commitment(salt, &shown.card) != worker.worker().card {
        return Err(Unreadable::Card);
    }
    let card = v1::WorkerCard::decode(&shown.card[..]).map_err(|_| Unreadable::Card)?;
    let is_shown_as_it_is = |text: &str| Text::decode(text).is_some();
    if !is_shown_as_it_is(&card.name) || !(card.role.is_empty() || is_shown_as_it_is(&card.role)) {
        return Err(Unreadable::Card);
    }
    Ok(NamedWorker { id: worker.worker().worker, name: card.name, role: card.role })
}

fn check_admission(
    directory: &Directory,
    shown: &v1::ShownWorker,
    signed: &Signed<'_>,
) -> Result<CheckedWorker, Unreadable> {
    use tsumugu_trust::directory::Refusal;
    let receipt = shown.receipt.as_ref().ok_or(Unreadable::Malformed("the worker's receipt"))?;
    let keys = all_log_keys(directory);
    let (origin, memory) = (directory.origin(), directory.checkpoints());
    let known = Some(&*shown.statement);
    let verified = receipt::verify_remembering(receipt, known, origin, &keys, memory)
        .map_err(Unreadable::Receipt)?;
    let Leaf::Private(leaf) = &verified.leaf else {
        return Err(Unreadable::Malformed("the worker's receipt"));
    };
    stands_in_our_chain(directory, leaf)?;
    let statement = Statement::parse(&shown.statement)
        .map_err(|_| Unreadable::Malformed("the worker's statement"))?;
    let worker = check_worker(directory, verified.at, &statement).map_err(Unreadable::Worker)?;
    let lines = worker.worker();
    if lines.institution != signed.institution {
        return Err(Unreadable::Worker(Refusal::Mismatch));
    }
    // A worker's key lives in one terminal: what it signs ends with that terminal.
    let terminal =
        directory.member(lines.institution).and_then(|m| m.terminals.get(&lines.terminal));
    if !terminal.is_some_and(|terminal| terminal.counts_at(signed.at)) {
        return Err(Unreadable::Worker(Refusal::NotAdmitted));
    }
    Ok(worker)
}

/// The admission was made after a clear leaf that this terminal holds too; else the sender was shown
/// other members and keys.
fn stands_in_our_chain(directory: &Directory, leaf: &PrivateLeaf) -> Result<(), Unreadable> {
    let last = directory.last().map(|last| last.clear);
    match directory.holds(leaf) {
        Some(true) => Ok(()),
        Some(false) => Err(Unreadable::OtherChain),
        None if last.is_none_or(|last| leaf.after.number > last) => Err(Unreadable::ChainBehind),
        // A chain that is shown with gaps, as in evidence, cannot tell.
        None => Ok(()),
    }
}

/// The log's keys by every trust list: a worker may have been admitted under an earlier one.
pub(crate) fn all_log_keys(directory: &Directory) -> Vec<VerifyingKey> {
    let lists = directory.trust_lists().iter().flat_map(|list| &list.body.logs);
    let mut keys: Vec<_> = lists.map(|log| log.0.clone()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys
}
