//! Receipts: a leaf, the record behind it, and its proof (`docs/FORMATS.md`, section 3).

use tsumugu_proto::v1;

use crate::checkpoint::{CheckpointMemory, VerifiedCheckpoint};
use crate::hash::Hash;
use crate::leaf::{ChainHead, ClearLeaf, Leaf, LogPosition, PrivateLeaf};
use crate::merkle;
use crate::note::VerifyingKey;
use crate::value::{Origin, Time};

/// Most hashes of a proof: a log has fewer than 2^63 leaves.
pub const MAX_PROOF: usize = 63;

/// A record that is proved to be in the log. Only [`verify`] and [`verify_remembering`] make it.
#[derive(Debug, Clone)]
pub struct VerifiedReceipt {
    /// Where it stands.
    pub at: LogPosition,
    /// The leaf.
    pub leaf: Leaf,
    /// Salt of a private leaf.
    pub salt: Option<[u8; 32]>,
    /// The statement's bytes.
    pub record: Vec<u8>,
    /// The checkpoint that the proof leads to.
    pub checkpoint: VerifiedCheckpoint,
}

/// A receipt does not prove what it should. Never a reason to believe the exchange.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// A field is absent or has the wrong length.
    #[error("the receipt is malformed")]
    Malformed,
    /// The checkpoint is not signed by a key of the log.
    #[error("the receipt's checkpoint is not this log's")]
    Checkpoint,
    /// The proof does not lead from the record to the checkpoint.
    #[error("the record is not in the log that the checkpoint shows")]
    NotIncluded,
}

/// Verifies a receipt. `known` is the record where the receipt leaves it out; where the receipt
/// brings one too, both must be the same.
///
/// # Errors
/// [`ReceiptError`]
pub fn verify(
    receipt: &v1::Receipt,
    known: Option<&[u8]>,
    origin: &Origin,
    log_keys: &[VerifyingKey],
) -> Result<VerifiedReceipt, ReceiptError> {
    verify_remembering(receipt, known, origin, log_keys, &CheckpointMemory::default())
}

/// As [`verify`], with a memory of the checkpoints that were verified before.
///
/// # Errors
/// [`ReceiptError`]
pub fn verify_remembering(
    receipt: &v1::Receipt,
    known: Option<&[u8]>,
    origin: &Origin,
    log_keys: &[VerifyingKey],
    memory: &CheckpointMemory,
) -> Result<VerifiedReceipt, ReceiptError> {
    let record = match (known, receipt.record.as_ref()) {
        (None, []) => return Err(ReceiptError::Malformed),
        (Some(known), carried) if !carried.is_empty() && carried != known => {
            return Err(ReceiptError::NotIncluded);
        }
        (Some(known), _) => known.to_vec(),
        (None, carried) => carried.to_vec(),
    };
    let (leaf, salt) = leaf_of(receipt, &record)?;
    let checkpoint = memory
        .verify(&receipt.checkpoint, origin.as_str(), log_keys)
        .map_err(|_| ReceiptError::Checkpoint)?;
    let proof = hashes(&receipt.proof).ok_or(ReceiptError::Malformed)?;
    let at = leaf.at(receipt.index);
    merkle::verify_inclusion(leaf.hash(), at.index, checkpoint.size(), &proof, &checkpoint.root())
        .map_err(|_| ReceiptError::NotIncluded)?;
    Ok(VerifiedReceipt { at, leaf, salt, record, checkpoint })
}

/// The leaf that a receipt's fields and its record give.
///
/// # Errors
/// [`ReceiptError::Malformed`]
pub fn leaf_of(
    receipt: &v1::Receipt,
    record: &[u8],
) -> Result<(Leaf, Option<[u8; 32]>), ReceiptError> {
    use v1::receipt::Visibility;
    let time = Time(receipt.time_ms);
    match receipt.visibility.as_ref().ok_or(ReceiptError::Malformed)? {
        Visibility::Clear(part) => {
            let previous = hash(&part.previous).ok_or(ReceiptError::Malformed)?;
            let leaf =
                ClearLeaf { time, number: part.number, previous, statement: record.to_vec() };
            Ok((Leaf::Clear(leaf), None))
        }
        Visibility::Private(part) => {
            let salt = hash(&part.salt).ok_or(ReceiptError::Malformed)?.0;
            let head = hash(&part.clear_head).ok_or(ReceiptError::Malformed)?;
            let after = ChainHead { number: part.clear_number, hash: head };
            Ok((Leaf::Private(PrivateLeaf::of(time, after, &salt, record)), Some(salt)))
        }
    }
}

/// Hashes as they travel, at most [`MAX_PROOF`].
#[must_use]
pub fn hashes(bytes: &[impl AsRef<[u8]>]) -> Option<Vec<Hash>> {
    if bytes.len() > MAX_PROOF {
        return None;
    }
    bytes.iter().map(|one| hash(one.as_ref())).collect()
}

fn hash(bytes: &[u8]) -> Option<Hash> {
    bytes.try_into().ok().map(Hash)
}
