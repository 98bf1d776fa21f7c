//! What evidence proves.

use tsumugu_proto::v1;

use crate::hash::Hash;
use crate::state::MessageState;
use crate::statement::{Answer, BytesRef, Envelope};
use crate::value::{Id, InstitutionKind, InstitutionNumber, Origin, Text, Time, words};

words! {
    /// How far the proof reaches. Refusal is an error instead.
    Outcome {
        /// Everything verifies under the root fingerprint that was given.
        Anchored = "anchored",
        /// Everything verifies; no fingerprint was given, so anyone may have made up the exchange.
        ConsistentOnly = "consistent-only",
    }
}

words! {
    /// Whose word a time is.
    Word {
        /// The exchange's: the leaf's time. Others' checkpoints bound it.
        Exchange = "exchange",
        /// The sender's clock.
        Sender = "sender",
        /// The recipient's clock.
        Recipient = "recipient",
    }
}

words! {
    /// What happened.
    Happening {
        /// The sender composed the letter.
        Composed = "composed",
        /// The exchange logged the envelope.
        Accepted = "accepted",
        /// The exchange logged that it could not deliver.
        Undelivered = "undelivered",
        /// The exchange logged that it hands out the body.
        Fetched = "fetched",
        /// The exchange logged that a person opened the letter.
        Opened = "opened",
        /// The recipient answered.
        Answered = "answered",
        /// The exchange logged the answer.
        AnswerLogged = "answer-logged",
        /// The sender took the letter back.
        Recalled = "recalled",
        /// The exchange logged the recall.
        RecallLogged = "recall-logged",
        /// The exchange logged that it destroyed its copy.
        Destroyed = "destroyed",
    }
}

/// What evidence proves about one message. Only [`verify`](super::verify()) makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How far the proof reaches.
    pub outcome: Outcome,
    /// Whether the signers were checked against the whole clear chain up to the last leaf shown. If
    /// not, a removal or suspension may have been left out (削除は未確認).
    pub removals_checked: bool,
    /// Digest of trust list 1 (根の指紋).
    pub root_fingerprint: Hash,
    /// The log.
    pub origin: Origin,
    /// Size of the log at the checkpoint.
    pub checkpoint_size: u64,
    /// Root of the log at the checkpoint.
    pub checkpoint_root: Hash,
    /// The envelope's lines.
    pub envelope: Envelope,
    /// Digest of the envelope.
    pub envelope_digest: Hash,
    /// The sender, as registered when the envelope was logged.
    pub sender: Party,
    /// The recipient, likewise.
    pub recipient: Party,
    /// State by the leaves that are shown.
    pub state: MessageState,
    /// Every time that is shown, in log order, with whose word it is.
    pub moments: Vec<Moment>,
    /// The letter, if it is revealed.
    pub letter: Option<LetterReport>,
    /// Every answer in log order; the first counts.
    pub answers: Vec<AnswerReport>,
    /// Every recall in log order.
    pub recalls: Vec<RecallReport>,
}

/// An institution as the administrators registered it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Party {
    /// Id.
    pub institution: Id,
    /// 医療機関コード, 介護事業所番号, or given.
    pub number: InstitutionNumber,
    /// Name (名称).
    pub name: Text,
    /// Reading (かな).
    pub kana: Text,
    /// What it is.
    pub kind: InstitutionKind,
}

/// A time, and whose word it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// What happened.
    pub happening: Happening,
    /// When.
    pub time: Time,
    /// Who says so.
    pub word: Word,
    /// Index of the leaf that says so.
    pub index: u64,
    /// The terminal that signed, or to which the body went.
    pub terminal: Option<Id>,
}

/// A worker, by the card that the institution committed to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportedWorker {
    /// Id.
    pub id: Id,
    /// Name as on the card (氏名).
    pub name: Text,
    /// Role, such as 主任介護支援専門員.
    pub role: Option<Text>,
}

/// What is told of a revealed letter: never what the form says.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LetterReport {
    /// What the letter is.
    pub kind: v1::LetterKind,
    /// The form's id, where the body is a filled form.
    pub form: Option<String>,
    /// Its attachments, in its order.
    pub attachments: Vec<AttachmentReport>,
    /// Who wrote it.
    pub author: ReportedWorker,
}

/// An attachment of a revealed letter: the log fixes the sealed file, the letter the plain one.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AttachmentReport {
    /// File name; nothing where the letter has none that can be shown.
    pub name: Option<Text>,
    /// The plain file; nothing where the letter has no digest of it.
    pub plain: Option<BytesRef>,
    /// The sealed file, as the envelope names it.
    pub sealed: BytesRef,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AnswerReport {
    /// Index of its leaf.
    pub index: u64,
    /// The answer.
    pub answer: Answer,
    /// Whether it is the one that counts.
    pub counts: bool,
    /// When, the recipient's word.
    pub answered: Time,
    /// When, the exchange's word.
    pub logged: Time,
    /// The terminal that signed.
    pub terminal: Id,
    /// Who answered, if the detail is revealed.
    pub worker: Option<ReportedWorker>,
    /// Free text, if the detail is revealed. As written: escape it before it is shown.
    pub comment: Option<String>,
}

/// A recall.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecallReport {
    /// Index of its leaf.
    pub index: u64,
    /// When, the sender's word.
    pub recalled: Time,
    /// When, the exchange's word.
    pub logged: Time,
    /// The terminal that signed.
    pub terminal: Id,
    /// Who recalled, if the detail is revealed.
    pub worker: Option<ReportedWorker>,
    /// Free text, if the detail is revealed. As written: escape it before it is shown.
    pub comment: Option<String>,
}
