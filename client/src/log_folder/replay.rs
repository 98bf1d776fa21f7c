//! A log read from its beginning, entry by entry.

use tsumugu_trust::directory::{ChainAlarm, ClearChain};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::Leaf;
use tsumugu_trust::merkle::{Tree, leaf_hash};
use tsumugu_trust::note::VerifyingKey;
use tsumugu_trust::tiles::Tile;
use tsumugu_trust::value::{Origin, Time};

/// What the entries read so far give. Every rule that needs no secret was asked of each of them.
#[derive(Debug)]
pub struct Replay {
    tree: Tree,
    chain: ClearChain,
    last: Time,
}

/// An entry that no honest log has (警報).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadEntry {
    /// Not a leaf entry in its one spelling.
    #[error("entry {index} is not a leaf")]
    NotALeaf {
        /// Its index.
        index: u64,
    },
    /// Its time is before that of the leaf before it.
    #[error("the time of leaf {index} goes back")]
    TimeWentBack {
        /// Its index.
        index: u64,
    },
    /// A clear leaf that breaks the chain or a rule (`docs/FORMATS.md`, section 2.2).
    #[error("clear leaf {index} is refused")]
    Chain {
        /// Its index.
        index: u64,
        /// Why.
        source: ChainAlarm,
    },
    /// A private leaf that does not name the newest clear leaf before it (section 3).
    #[error("private leaf {index} names another clear leaf than the one before it")]
    Place {
        /// Its index.
        index: u64,
    },
}

impl Replay {
    /// Before the first entry of a log.
    #[must_use]
    pub fn new(origin: Origin) -> Self {
        Self { tree: Tree::new(), chain: ClearChain::new(origin), last: Time(0) }
    }

    /// Takes in the next entry. After an error nothing more is to be taken in.
    ///
    /// # Errors
    /// [`BadEntry`]
    pub fn push(&mut self, entry: &[u8]) -> Result<(), BadEntry> {
        let index = self.tree.size();
        let leaf = Leaf::parse(entry).ok_or(BadEntry::NotALeaf { index })?;
        if leaf.time() < self.last {
            return Err(BadEntry::TimeWentBack { index });
        }
        self.last = leaf.time();
        match &leaf {
            Leaf::Clear(_) => {
                let pushed = self.chain.push(index, entry);
                pushed.map_err(|source| BadEntry::Chain { index, source })?;
            }
            Leaf::Private(private) if self.chain.chain_head() == Some(private.after) => {}
            Leaf::Private(_) => return Err(BadEntry::Place { index }),
        }
        self.tree.append(leaf_hash(entry));
        Ok(())
    }

    /// The tree over all entries.
    #[must_use]
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The clear chain and its directory.
    #[must_use]
    pub fn chain(&self) -> &ClearChain {
        &self.chain
    }

    /// The hash of a leaf, where there are as many.
    #[must_use]
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.tree.level_hash(0, index)
    }

    /// Whether these are the entries of a bundle of this log.
    #[must_use]
    pub fn has<E: AsRef<[u8]>>(&self, bundle: &Tile, entries: &[E]) -> bool {
        entries.len() == usize::from(bundle.width())
            && (bundle.first()..)
                .zip(entries)
                .all(|(index, entry)| self.leaf(index) == Some(leaf_hash(entry.as_ref())))
    }

    /// Every key that the log ever signed with, by its trust lists.
    #[must_use]
    pub fn all_log_keys(&self) -> Vec<VerifyingKey> {
        let lists = self.chain.directory().trust_lists().iter();
        lists.flat_map(|list| list.body.logs.iter().map(|log| log.0.clone())).collect()
    }
}
