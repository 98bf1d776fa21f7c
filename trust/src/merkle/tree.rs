//! The tree that grows: what the exchange appends to and makes proofs from.

use super::{empty_root, node_hash};
use crate::hash::Hash;

/// An append-only Merkle tree in memory.
///
/// Keeps the hash of every complete subtree, two hashes (64 bytes) a leaf, so that appending,
/// roots of any earlier size and proofs take a number of steps logarithmic in the size. Entries
/// themselves are not kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// `levels[k][n]` is the hash over the leaves `n * 2^k .. (n + 1) * 2^k`.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Appends a leaf by its [`leaf_hash`](super::leaf_hash), and returns its index.
    pub fn append(&mut self, leaf: Hash) -> u64 {
        let index = self.size();
        let mut hash = leaf;
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let nodes = &mut self.levels[level];
            nodes.push(hash);
            // An even count means that this node and the one before it are a new subtree's halves.
            match nodes.as_slice() {
                [.., left, right] if nodes.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => break,
            }
        }
        index
    }

    /// The root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.range_root(0, self.size())
    }

    /// The root that the tree had when it held `size` leaves.
    ///
    /// # Errors
    ///
    /// [`BeyondTree`] where it has never held as many.
    pub fn root_at(&self, size: u64) -> Result<Hash, BeyondTree> {
        self.check(size)?;
        Ok(self.range_root(0, size))
    }

    /// The hash over the leaves `n * 2^level .. (n + 1) * 2^level`, or nothing where the tree does
    /// not hold all of them.
    #[must_use]
    pub fn level_hash(&self, level: u8, n: u64) -> Option<Hash> {
        self.levels.get(usize::from(level))?.get(usize::try_from(n).ok()?).copied()
    }

    /// The hashes that lead from leaf `index` to the root of the first `size` leaves, the leaf's
    /// sibling first (RFC 6962, section 2.1.1).
    ///
    /// # Errors
    ///
    /// [`BeyondTree`] where the tree has fewer than `size` leaves, or those do not include `index`.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, BeyondTree> {
        self.check(size)?;
        if index >= size {
            return Err(BeyondTree { asked: index, size });
        }
        let (mut start, mut end) = (0, size);
        let mut proof = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                proof.push(self.range_root(middle, end));
                end = middle;
            } else {
                proof.push(self.range_root(start, middle));
                start = middle;
            }
        }
        proof.reverse();
        Ok(proof)
    }

    /// The hashes that show that the first `old` leaves are the beginning of the first `new` ones
    /// (RFC 6962, section 2.1.2). Empty where `old` is 0 or equal to `new`.
    ///
    /// # Errors
    ///
    /// [`BeyondTree`] unless `old <= new <= size()`.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, BeyondTree> {
        self.check(new)?;
        if old > new {
            return Err(BeyondTree { asked: old, size: new });
        }
        if old == 0 || old == new {
            return Ok(Vec::new());
        }
        let (mut start, mut end) = (0, new);
        let mut proof = Vec::new();
        while end != old {
            let middle = start + split(end - start);
            if old <= middle {
                proof.push(self.range_root(middle, end));
                end = middle;
            } else {
                proof.push(self.range_root(start, middle));
                start = middle;
            }
        }
        // A subtree that begins at leaf 0 is the old tree itself: its root is known already.
        if start != 0 {
            proof.push(self.range_root(start, end));
        }
        proof.reverse();
        Ok(proof)
    }

    fn check(&self, size: u64) -> Result<(), BeyondTree> {
        if size > self.size() {
            return Err(BeyondTree { asked: size, size: self.size() });
        }
        Ok(())
    }

    /// The root over `start..end` of leaves that are held. `start` is a multiple of the smallest
    /// power of two that is not below the range's length, as in every range that a proof names.
    fn range_root(&self, start: u64, end: u64) -> Hash {
        let mut root = None;
        let mut end = end;
        // From the right: the complete subtrees that the range falls into, smallest first.
        while end > start {
            let level = (end - start).trailing_zeros();
            let left = self.levels[level as usize][((end - 1) >> level) as usize];
            root = Some(root.map_or(left, |right| node_hash(&left, &right)));
            end -= 1 << level;
        }
        root.unwrap_or_else(empty_root)
    }
}

impl Extend<Hash> for Tree {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        for leaf in leaves {
            self.append(leaf);
        }
    }
}

/// A size or an index beyond the leaves that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{asked} is beyond the {size} leaves of the tree")]
pub struct BeyondTree {
    /// The size or index asked for.
    pub asked: u64,
    /// The number of leaves that limits it.
    pub size: u64,
}

/// The largest power of two below `n`, where `n > 1`.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}
