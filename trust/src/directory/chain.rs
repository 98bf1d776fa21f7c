//! The clear chain: clear leaves linked by number and digest.

use super::model::Directory;
use super::refusal::Refusal;
use crate::hash::Hash;
use crate::leaf::{ChainHead, ClearLeaf, Leaf, LogPosition};
use crate::value::Origin;

/// A clear chain from number 0, and the directory it gives.
#[derive(Debug, Clone)]
pub struct ClearChain {
    directory: Directory,
    next_number: u64,
    head: Hash,
}

/// The exchange showed a clear chain that no honest exchange shows (警報).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChainAlarm {
    /// Not a clear leaf.
    #[error("not a clear leaf")]
    NotALeaf,
    /// Number or digest does not continue the chain: something was left out, or another history is shown.
    #[error("clear leaf {number} does not continue the chain that this terminal knows")]
    Broken {
        /// The number that was expected.
        number: u64,
    },
    /// A rule is broken.
    #[error("clear leaf {number} breaks a rule")]
    Rule {
        /// Its number.
        number: u64,
        /// Which.
        source: Refusal,
    },
}

impl ClearChain {
    /// Before number 0.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { directory: Directory::new(origin), next_number: 0, head: Hash([0; 32]) }
    }

    /// Takes in the next clear leaf entry. On an alarm nothing has changed.
    ///
    /// # Errors
    /// [`ChainAlarm`]
    pub fn push(&mut self, index: u64, entry: &[u8]) -> Result<ClearLeaf, ChainAlarm> {
        let Some(Leaf::Clear(leaf)) = Leaf::parse(entry) else { return Err(ChainAlarm::NotALeaf) };
        let number = self.next_number;
        if leaf.number != number || leaf.previous != self.head {
            return Err(ChainAlarm::Broken { number });
        }
        let rule = |source| ChainAlarm::Rule { number, source };
        let statement = leaf.parse_statement().map_err(|malformed| rule(malformed.into()))?;
        let at = LogPosition::of_clear(leaf.number, index, leaf.time);
        self.directory.apply(at, &statement).map_err(rule)?;
        self.next_number += 1;
        self.head = leaf.chain_hash();
        self.directory.heads.push((self.head, leaf.time));
        Ok(leaf)
    }

    /// The directory that the chain gives.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// Mutable, for what only the exchange adds.
    pub fn directory_mut(&mut self) -> &mut Directory {
        &mut self.directory
    }

    /// The number of the next clear leaf.
    #[must_use]
    pub fn next_number(&self) -> u64 {
        self.next_number
    }

    /// The last clear leaf; `None` before the first.
    #[must_use]
    pub fn chain_head(&self) -> Option<ChainHead> {
        let number = self.next_number.checked_sub(1)?;
        Some(ChainHead { number, hash: self.head })
    }

    /// SHA-256 of the last clear leaf entry; zeros before the first.
    #[must_use]
    pub fn head(&self) -> Hash {
        self.head
    }
}
