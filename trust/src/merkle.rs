//! The Merkle tree of the log and its proofs (RFC 6962, section 2; verification after RFC 9162,
//! sections 2.1.3.2 and 2.1.4.2, which compute the same).
//!
//! Leaves are hashed with a 00 byte before them and inner nodes with a 01 byte, so that neither
//! can stand for the other. A tree that is not full splits at the largest power of two below its
//! size.

mod proof;
mod tree;

pub use proof::{MAX_PROOF, ProofError, verify_consistency, verify_inclusion};
pub use tree::{BeyondTree, Tree};

use crate::hash::{Hash, sha256};

/// The hash of a leaf: `SHA-256(00 || entry)`.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

/// The hash of an inner node: `SHA-256(01 || left || right)`.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], &left.0, &right.0])
}

/// The root of the tree without leaves: `SHA-256("")`.
#[must_use]
pub fn empty_root() -> Hash {
    sha256(&[])
}

#[cfg(test)]
mod tests;
