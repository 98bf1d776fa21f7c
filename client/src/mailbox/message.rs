//! A message as this vault keeps it: the leaves that concern it, and where its letter is.
//!
//! ```text
//! message/FROM/ID    JSON: state of the letter, leaves by index, each a receipt with its record
//! letter/FROM/ID     the letter's bytes, once it passed every check
//! ```

use prost::Message as _;
use serde::{Deserialize, Serialize};
use tsumugu_proto::v1;
use tsumugu_trust::directory::{CheckedEnvelope, Directory, Refusal, check_envelope};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::LogPosition;
use tsumugu_trust::state::{Event, MessageState};
use tsumugu_trust::statement::{AnyBody, Envelope, Statement};
use tsumugu_trust::value::{Id, Time};
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::identity::text::Bytes;
use crate::letters::{Incoming, OpenedLetter, check_letter};
use crate::vault::{Vault, VaultError, VaultLock};

/// The folder of messages in the vault.
pub const RECORDS: &str = "message";

/// The folder of letters in the vault.
pub const LETTERS: &str = "letter";

/// Where the letter of a message is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LetterState {
    /// Still at the exchange.
    #[default]
    Waiting,
    /// In this vault, checked.
    Kept,
    /// Sealed to a key that this terminal does not have.
    KeyNotHere,
    /// Set aside: the word of the check that failed.
    Unreadable(String),
    /// No longer at the exchange, and not here.
    Gone,
}

/// A message and what became of it.
#[derive(Debug, Clone)]
pub struct Message {
    from: Id,
    id: Id,
    leaves: Vec<MessageLeaf>,
    /// Where its letter is.
    pub letter: LetterState,
    /// What its letter told of the log that this terminal did not see so: to be looked into.
    pub doubts: Vec<Doubt>,
}

/// What does not fit the log that this terminal knows (記録簿の食い違い). It is shown, and stops nothing.
///
/// Most of it is the sender's word alone, and whoever sends can lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Doubt {
    /// An earlier message to us, which the mailbox never showed.
    MessageWithheld,
    /// Clear leaves that this terminal was not shown, or other ones.
    ChainDiffers,
    /// A checkpoint that the log did not sign.
    ForeignCheckpoint,
    /// The exchange logged something of the message that does not count: before its envelope, or for a
    /// terminal that the recipient had not admitted. It was left out.
    RecordOutOfPlace,
}

/// A leaf that concerns a message, verified before it came here.
#[derive(Debug, Clone)]
pub struct MessageLeaf {
    /// Where it stands in the log.
    pub at: LogPosition,
    /// Its statement.
    pub statement: Statement,
    /// Its receipt, with the record.
    pub receipt: v1::Receipt,
    /// The sealed detail that it commits to; empty where there is none.
    pub detail: Vec<u8>,
}

impl Message {
    /// A message of which nothing is known yet.
    #[must_use]
    pub fn new(from: Id, id: Id) -> Self {
        Self { from, id, leaves: Vec::new(), letter: LetterState::Waiting, doubts: Vec::new() }
    }

    /// Reads it from the vault.
    ///
    /// # Errors
    /// As [`Vault::read_json`].
    pub fn load(vault: &Vault, from: Id, id: Id) -> Result<Option<Self>, Failure> {
        let path = path(from, id);
        let Some(stored) = vault.read_json::<Stored>(&path)? else { return Ok(None) };
        let leaves = stored.leaves.iter().map(StoredLeaf::read).collect::<Option<_>>();
        let leaves = leaves.ok_or_else(|| Failure::new("vault.damaged").with("file", &path))?;
        Ok(Some(Self { from, id, leaves, letter: stored.letter, doubts: stored.doubts }))
    }

    /// Reads it, or begins it.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn load_or_new(vault: &Vault, from: Id, id: Id) -> Result<Self, Failure> {
        Ok(Self::load(vault, from, id)?.unwrap_or_else(|| Self::new(from, id)))
    }

    /// Writes it.
    ///
    /// # Errors
    /// As [`Vault::write_json`].
    pub fn save(&self, lock: &VaultLock<'_>) -> Result<(), VaultError> {
        let leaves = self.leaves.iter().map(StoredLeaf::of).collect();
        let (letter, doubts) = (self.letter.clone(), self.doubts.clone());
        let stored = Stored { letter, doubts, leaves };
        lock.write_json(&path(self.from, self.id), &stored)
    }

    /// Notes a doubt, once.
    pub fn doubt(&mut self, doubt: Doubt) {
        if !self.doubts.contains(&doubt) {
            self.doubts.push(doubt);
        }
    }

    /// Takes in a verified leaf; `false` when it was there already.
    ///
    /// A colleague's answer that comes in place of our own comes without its detail, which the mailbox
    /// brings later: then it is completed.
    pub fn add(&mut self, leaf: MessageLeaf) -> bool {
        match self.leaves.binary_search_by_key(&leaf.at.index, |known| known.at.index) {
            Ok(place) => match self.leaves.get_mut(place) {
                Some(known) if known.detail.is_empty() && !leaf.detail.is_empty() => {
                    known.detail = leaf.detail;
                    true
                }
                _ => false,
            },
            Err(place) => {
                self.leaves.insert(place, leaf);
                true
            }
        }
    }

    /// The sender.
    #[must_use]
    pub fn from(&self) -> Id {
        self.from
    }

    /// The message's id.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }

    /// The leaves, by index.
    #[must_use]
    pub fn leaves(&self) -> &[MessageLeaf] {
        &self.leaves
    }

    /// The envelope's leaf and lines; nothing before the envelope was seen.
    #[must_use]
    pub fn envelope(&self) -> Option<(&MessageLeaf, &Envelope)> {
        self.leaves.iter().find_map(|leaf| match &leaf.statement.body {
            AnyBody::Envelope(lines) if lines.id == self.id => Some((leaf, lines)),
            _ => None,
        })
    }

    /// Whether it went to the sender itself: a record of the office, which no list of messages shows.
    #[must_use]
    pub fn is_of_the_office(&self) -> bool {
        self.envelope().is_some_and(|(_, lines)| lines.from == lines.to.institution)
    }

    /// Digest of the newest disposition in log order.
    #[must_use]
    pub fn last_answer(&self) -> Option<Hash> {
        let answers = self
            .leaves
            .iter()
            .filter(|leaf| matches!(leaf.statement.body, AnyBody::Disposition(_)));
        answers.max_by_key(|leaf| leaf.at).map(|leaf| leaf.statement.digest())
    }

    /// Digest of the envelope.
    #[must_use]
    pub fn digest(&self) -> Option<Hash> {
        self.envelope().map(|(leaf, _)| leaf.statement.digest())
    }

    /// The envelope, checked at its place.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Mismatch`] before the envelope was seen.
    pub fn checked_envelope(&self, directory: &Directory) -> Result<CheckedEnvelope, Refusal> {
        let (leaf, _) = self.envelope().ok_or(Refusal::Mismatch)?;
        check_envelope(directory, leaf.at, &leaf.statement)
    }

    /// The state, by all leaves.
    #[must_use]
    pub fn state(&self) -> MessageState {
        let mut state = MessageState::default();
        for leaf in &self.leaves {
            if let Some(event) = self.event(&leaf.statement.body) {
                state.join(leaf.at, event);
            }
        }
        state
    }

    /// Whether an answer was asked for by a time that has passed, and there is none.
    #[must_use]
    pub fn is_overdue(&self, now: Time) -> bool {
        let due = self.envelope().and_then(|(_, lines)| lines.ack_by);
        due.is_some_and(|due| due < now) && self.state().answer().is_none()
    }

    /// The letter, if this vault has it; it passes every check again.
    ///
    /// # Errors
    /// As [`Vault::read`]; `message.quarantined` where it does not verify any more.
    pub fn read_letter(
        &self,
        vault: &Vault,
        directory: &Directory,
    ) -> Result<Option<OpenedLetter>, Failure> {
        let Some(bytes) = vault.read(&letter_path(self.from, self.id))? else { return Ok(None) };
        let bad = |reason: &str| Failure::quarantined(&self.id.to_string(), reason);
        let envelope =
            self.checked_envelope(directory).map_err(|error| bad("envelope").because(error))?;
        let at = self.envelope().map(|(leaf, _)| leaf.at).ok_or_else(|| bad("envelope"))?;
        let letter = check_letter(directory, Incoming { envelope: &envelope, at }, &bytes);
        letter.map(Some).map_err(|error| bad(error.word()).because(error))
    }

    /// What a leaf means for this message. A correction's envelope stands with the corrected one too.
    fn event(&self, body: &AnyBody) -> Option<Event> {
        match body {
            AnyBody::Envelope(lines) if lines.id == self.id => Some(Event::Accepted),
            AnyBody::Envelope(_) => Some(Event::Superseded),
            AnyBody::Undelivered(_) => Some(Event::Undelivered),
            AnyBody::Fetched(_) => Some(Event::Fetched),
            AnyBody::Opened(_) => Some(Event::Opened),
            AnyBody::Disposition(lines) => Some(Event::Answered(lines.answer)),
            AnyBody::Recall(_) => Some(Event::Withdrawn),
            _ => None,
        }
    }
}

/// The record of a message.
#[must_use]
pub fn path(from: Id, id: Id) -> String {
    format!("{RECORDS}/{from}/{id}")
}

/// The record of its letter.
#[must_use]
pub fn letter_path(from: Id, id: Id) -> String {
    format!("{LETTERS}/{from}/{id}")
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    letter: LetterState,
    doubts: Vec<Doubt>,
    leaves: Vec<StoredLeaf>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredLeaf {
    /// Bytes of `Receipt`, with the record.
    receipt: Bytes,
    detail: Bytes,
}

impl StoredLeaf {
    fn of(leaf: &MessageLeaf) -> Self {
        Self {
            receipt: Bytes(Zeroizing::new(leaf.receipt.encode_to_vec())),
            detail: Bytes::new(leaf.detail.as_slice()),
        }
    }

    fn read(&self) -> Option<MessageLeaf> {
        let receipt = v1::Receipt::decode(self.receipt.0.as_slice()).ok()?;
        let statement = Statement::parse(&receipt.record).ok()?;
        let (leaf, _) = tsumugu_trust::receipt::leaf_of(&receipt, &receipt.record).ok()?;
        let at = leaf.at(receipt.index);
        Some(MessageLeaf { at, statement, receipt, detail: self.detail.0.to_vec() })
    }
}
