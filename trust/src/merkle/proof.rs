//! Checking proofs that somebody else made.

use super::{empty_root, node_hash};
use crate::hash::Hash;

/// The most hashes in a proof: one per level of a tree with 2^64 leaves.
pub const MAX_PROOF: usize = 64;

/// Checks that `leaf` is the leaf hash at `index` of the tree with `size` leaves and this `root`.
///
/// # Errors
///
/// [`ProofError`]; anything but `Ok` means that nothing is proved.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    check_length(proof)?;
    if index >= size {
        return Err(ProofError::OutOfRange);
    }
    let mut path = Path { node: index, last: size - 1 };
    let mut hash = leaf;
    for sibling in proof {
        hash = match path.climb()? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    path.end()?;
    if hash == *root { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// Checks that the tree with `old` leaves and `old_root` is the beginning of the tree with `new`
/// leaves and `new_root`.
///
/// # Errors
///
/// [`ProofError`]. [`ProofError::RootMismatch`] between two checkpoints of one log key, with the
/// log's own proof, is evidence of a fork.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    check_length(proof)?;
    if old > new {
        return Err(ProofError::OutOfRange);
    }
    if old == 0 || old == new {
        return check_without_proof(old, old_root, new, new_root, proof);
    }
    // The subtree that ends the old tree, named by its position on its own level.
    let level = old.trailing_zeros();
    let mut path = Path { node: (old - 1) >> level, last: (new - 1) >> level };
    let mut hashes = proof.iter();
    // Where that subtree is the whole old tree, the proof leaves its root out.
    let first = if old.is_power_of_two() {
        *old_root
    } else {
        *hashes.next().ok_or(ProofError::WrongLength)?
    };
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in hashes {
        match path.climb()? {
            Side::Left => {
                old_hash = node_hash(sibling, &old_hash);
                new_hash = node_hash(sibling, &new_hash);
            }
            Side::Right => new_hash = node_hash(&new_hash, sibling),
        }
    }
    path.end()?;
    if old_hash == *old_root && new_hash == *new_root {
        Ok(())
    } else {
        Err(ProofError::RootMismatch)
    }
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is not below the size, or the old size above the new one.
    #[error("the proof is asked about leaves that the tree does not have")]
    OutOfRange,
    /// The hashes do not lead from what is known to the root.
    #[error("the proof does not lead to the root")]
    RootMismatch,
    /// More than [`MAX_PROOF`] hashes.
    #[error("the proof has more than {MAX_PROOF} hashes")]
    TooLong,
    /// Not as many hashes as these sizes demand.
    #[error("the proof does not have the number of hashes that the sizes demand")]
    WrongLength,
}

fn check_length(proof: &[Hash]) -> Result<(), ProofError> {
    if proof.len() > MAX_PROOF { Err(ProofError::TooLong) } else { Ok(()) }
}

/// The empty tree begins every tree, and each tree begins itself; neither needs a hash.
fn check_without_proof(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::WrongLength);
    }
    let expected = if old == new { *new_root } else { empty_root() };
    let empty_is_empty = old != 0 || *old_root == empty_root();
    if *old_root == expected && empty_is_empty { Ok(()) } else { Err(ProofError::RootMismatch) }
}

/// Where the next sibling of a proof stands.
enum Side {
    Left,
    Right,
}

/// A node on its way to the root, and the last node of its level.
struct Path {
    node: u64,
    last: u64,
}

impl Path {
    /// Steps to the parent and says on which side the proof's next hash stands.
    fn climb(&mut self) -> Result<Side, ProofError> {
        if self.last == 0 {
            return Err(ProofError::WrongLength);
        }
        let side = if self.node & 1 == 1 || self.node == self.last {
            // The last node of a level that has no sibling moves up until it has one.
            while self.node & 1 == 0 {
                self.halve();
            }
            Side::Left
        } else {
            Side::Right
        };
        self.halve();
        Ok(side)
    }

    fn end(&self) -> Result<(), ProofError> {
        if self.last == 0 { Ok(()) } else { Err(ProofError::WrongLength) }
    }

    fn halve(&mut self) {
        self.node >>= 1;
        self.last >>= 1;
    }
}
