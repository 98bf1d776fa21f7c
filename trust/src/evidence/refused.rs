//! Why evidence proves nothing.

use super::MAX_EVIDENCE;
use crate::directory::Refusal;
use crate::hash::Hash;
use crate::receipt::ReceiptError;
use crate::statement::Malformed;

/// The file is refused as a whole: what one leaf proves is worth nothing beside a wrong one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceRefused {
    /// More than [`MAX_EVIDENCE`] bytes.
    #[error("evidence has at most {MAX_EVIDENCE} bytes")]
    TooLarge,
    /// The last line is not the checksum of those before it.
    #[error("the checksum does not fit: the file is damaged or cut off")]
    Checksum,
    /// A line is not in its one spelling, or not in its place.
    #[error("line {line} is not in the form of evidence")]
    Form {
        /// Line number, from 1.
        line: usize,
    },
    /// The checkpoint is malformed, another log's, or bears a signature that is not the log's.
    #[error("the checkpoint is not signed by the log, and by it alone")]
    Checkpoint,
    /// Trust list 1 is not shown as entry 0 of the log.
    #[error("trust list 1 is missing")]
    NoTrustList,
    /// The envelope of the message is not shown.
    #[error("the envelope of the message is missing")]
    NoEnvelope,
    /// The proof of a leaf does not lead to the checkpoint.
    #[error("the leaf at index {index} is not in the log that the checkpoint shows")]
    NotIncluded {
        /// Index of the leaf.
        index: u64,
    },
    /// A time, number or digest goes back or breaks the chain.
    #[error("the leaf at index {index} does not continue those before it")]
    Continuity {
        /// Index of the leaf.
        index: u64,
    },
    /// A statement breaks a rule of section 2.2.
    #[error("the statement at index {index} breaks a rule")]
    Rule {
        /// Index of its leaf.
        index: u64,
        /// Which.
        source: Refusal,
    },
    /// A leaf that no rule needs.
    #[error("the leaf at index {index} has no part in the proof")]
    Unrelated {
        /// Index of the leaf.
        index: u64,
    },
    /// The root fingerprint is not the one that was given.
    #[error("the evidence is of another exchange, with root fingerprint {shown}")]
    OtherRoot {
        /// The fingerprint that the evidence has.
        shown: Hash,
    },
    /// The clear chain that was given has something else at this place: one of the two is forged, or
    /// the exchange shows two histories.
    #[error("the leaf at index {index} is not in the clear chain that was given")]
    OtherChain {
        /// Index of the leaf.
        index: u64,
    },
    /// The letter does not fit.
    #[error("the letter does not fit the log")]
    Letter(#[from] ContentFault),
    /// A detail does not fit.
    #[error("the detail of index {index} does not fit the log")]
    Detail {
        /// Index of the leaf that it belongs to.
        index: u64,
        /// Why.
        source: ContentFault,
    },
}

/// Why a letter or detail does not fit what the log says of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContentFault {
    /// The log commits to other bytes, or to none.
    #[error("the log does not commit to these bytes")]
    Commitment,
    /// Not the message that it should be; the text says which part.
    #[error("{0} is malformed")]
    Malformed(&'static str),
    /// A statement inside is malformed.
    #[error("a statement inside is malformed")]
    Statement(#[from] Malformed),
    /// The worker's admission is neither shown as a leaf nor proved by its own receipt.
    #[error("the worker's admission is not proved")]
    Admission(#[from] ReceiptError),
    /// Worker or author note break a rule.
    #[error("the worker's word does not count")]
    Rule(#[from] Refusal),
    /// The card is not the one that the institution committed to.
    #[error("the worker's card is not the admitted one")]
    Card,
}

impl EvidenceRefused {
    pub(super) fn rule(index: u64, source: impl Into<Refusal>) -> Self {
        Self::Rule { index, source: source.into() }
    }
}
