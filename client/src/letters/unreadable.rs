//! Why a letter or a detail is not shown to anybody.

use tsumugu_trust::directory::Refusal;
use tsumugu_trust::letter::PackError;
use tsumugu_trust::receipt::ReceiptError;
use tsumugu_trust::seal::OpenError;

/// A letter that does not verify, by the first check that failed (検証できない手紙).
///
/// It is set aside and answered `unreadable` by the terminal itself; nothing of it is shown. Where the
/// fault lies: the exchange (`Body`, `Receipt`, `OtherChain`), the sender's program (the rest), or somebody who
/// pretends to be the sender (`Envelope`, `Author`, `Worker`).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// The envelope's signature, parties or keys do not count at its place in the log.
    #[error("the envelope does not count")]
    Envelope(#[source] Refusal),
    /// The bytes are not those that the envelope names.
    #[error("the sealed bytes are not those that the envelope names")]
    Body,
    /// The envelope names a key set of ours that this terminal has no secret for. Nobody is at fault:
    /// a terminal that has it can open the letter, so this one makes no answer.
    #[error("sealed to a key that this terminal does not have")]
    KeyNotHere,
    /// Not sealed to the key set that it names, or damaged.
    #[error("the seal does not open")]
    Seal(#[source] OpenError),
    /// Not a packed letter.
    #[error("the plaintext is not a packed letter")]
    Packing(#[source] PackError),
    /// Not the letter that the log fixed.
    #[error("the letter is not the one that the log fixed")]
    Content,
    /// A part of the letter is absent or in the wrong form.
    #[error("{0} is absent or malformed")]
    Malformed(&'static str),
    /// The worker's signature does not cover this letter.
    #[error("the author's signature does not count for this letter")]
    Author(#[source] Refusal),
    /// The worker was not admitted by the sender, or not at a terminal that counts.
    #[error("the worker does not count")]
    Worker(#[source] Refusal),
    /// The worker's admission is not proved to be in the log.
    #[error("the worker's admission is not proved")]
    Receipt(#[source] ReceiptError),
    /// The worker's admission names another clear leaf than this terminal holds at its number.
    #[error("the worker was admitted in another clear chain")]
    OtherChain,
    /// The worker's admission stands after the newest clear leaf that this terminal knows. Nobody is at
    /// fault: once the chain is up to date the letter can be checked, so there is no answer.
    #[error("the clear chain of this terminal does not reach the worker's admission yet")]
    ChainBehind,
    /// The card is not the one that the institution committed to.
    #[error("the worker's card is not the one that the institution admitted")]
    Card,
}

impl Unreadable {
    /// A stable word for records and programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Envelope(_) => "envelope",
            Self::Body => "body",
            Self::KeyNotHere => "key-not-here",
            Self::Seal(_) => "seal",
            Self::Packing(_) => "packing",
            Self::Content => "content",
            Self::Malformed(_) => "malformed",
            Self::Author(_) => "author",
            Self::Worker(_) => "worker",
            Self::Receipt(_) => "receipt",
            Self::OtherChain => "other-chain",
            Self::ChainBehind => "chain-behind",
            Self::Card => "card",
        }
    }

    /// Whether the terminal answers `unreadable` by itself.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::KeyNotHere | Self::ChainBehind)
    }
}
