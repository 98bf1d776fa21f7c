//! The clear chain in the vault: every key, removal and suspension that this vault was ever shown.
//!
//! ```text
//! chain/0000000000    clear leaves 0 to 63, each: u64be index | u32be length | leaf entry
//! chain/0000000064    …
//! ```
//!
//! Opening it replays every leaf through the rules (`docs/FORMATS.md`, section 2.2), so what lies on
//! this disk is trusted no more than what the exchange sends. Only leaves that were proved to be in
//! the log are written; a crash between two records leaves a shorter chain, which the next
//! synchronisation completes.

use tsumugu_trust::directory::{ChainAlarm, ClearChain, Directory};
use tsumugu_trust::hash::Hash;
use tsumugu_trust::leaf::{ClearLeaf, Leaf};
use tsumugu_trust::merkle::leaf_hash;
use tsumugu_trust::statement::{AnyBody, Statement};
use tsumugu_trust::value::Origin;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::vault::{Vault, VaultLock};

/// The folder of the records in the vault.
pub const RECORDS: &str = "chain";

/// Clear leaves in a record. 64 of the longest statements are 1 MiB, within the vault's limit.
pub const LEAVES_PER_RECORD: u64 = 64;

/// Bytes before each entry: index and length.
const HEAD: usize = 8 + 4;

/// The clear chain, replayed, with what proofs need.
#[derive(Debug)]
pub struct ChainStore {
    chain: ClearChain,
    root: Hash,
    places: Vec<LeafPlace>,
    trust_lists: Vec<Vec<u8>>,
    last: Option<ClearLeaf>,
    /// Index and entry of the leaves from number `tail_start` on: those that records still change.
    tail: Vec<(u64, Vec<u8>)>,
    tail_start: u64,
}

/// Where a clear leaf is said to stand, and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafPlace {
    /// Index in the log, the exchange's word until it was proved.
    pub index: u64,
    /// RFC 6962 leaf hash.
    pub hash: Hash,
}

impl ChainStore {
    /// A chain without leaves. `root` is the root fingerprint that leaf 0 has to have.
    #[must_use]
    pub fn new(origin: Origin, root: Hash) -> Self {
        Self {
            chain: ClearChain::new(origin),
            root,
            places: Vec::new(),
            trust_lists: Vec::new(),
            last: None,
            tail: Vec::new(),
            tail_start: 0,
        }
    }

    /// Reads and replays the chain of a vault.
    ///
    /// # Errors
    /// As [`Vault::read`]; `vault.damaged` where a record does not continue the one before.
    pub fn open(vault: &Vault, origin: Origin, root: Hash) -> Result<Self, Failure> {
        let mut store = Self::new(origin, root);
        for path in vault.list(RECORDS)? {
            let damaged = || Failure::new("vault.damaged").with("file", &path);
            if path != record_path(store.chain.next_number()) {
                return Err(damaged());
            }
            let bytes = vault.read(&path)?.ok_or_else(damaged)?;
            for (index, entry) in split(&bytes).ok_or_else(damaged)? {
                store.push(index, entry).map_err(|alarm| damaged().because(alarm))?;
            }
        }
        Ok(store)
    }

    /// Takes in the next clear leaf. On an alarm nothing has changed.
    ///
    /// # Errors
    /// [`BadChain`]
    pub fn push(&mut self, index: u64, entry: &[u8]) -> Result<Statement, BadChain> {
        let number = self.chain.next_number();
        let statement = match Leaf::parse(entry) {
            Some(Leaf::Clear(leaf)) => leaf.parse_statement().ok(),
            _ => None,
        };
        if number == 0 && statement.as_ref().is_some_and(|first| first.digest() != self.root) {
            return Err(BadChain::OtherRoot);
        }
        if self.places.last().is_some_and(|before| before.index >= index) {
            return Err(BadChain::Index { number });
        }
        let leaf = self.chain.push(index, entry)?;
        // The chain has parsed it too.
        let statement = statement.ok_or(ChainAlarm::NotALeaf)?;
        if matches!(statement.body, AnyBody::TrustList(_)) {
            self.trust_lists.push(statement.bytes());
        }
        self.places.push(LeafPlace { index, hash: leaf_hash(entry) });
        self.last = Some(leaf);
        self.tail.push((index, entry.to_vec()));
        Ok(statement)
    }

    /// Writes what is new, under the vault's lock. Call it only once the last leaf is proved to be in
    /// the log.
    ///
    /// A record that another process has made longer meanwhile is left alone.
    ///
    /// # Errors
    /// As [`Vault::write`].
    pub fn save(&mut self, vault: &Vault, lock: &VaultLock<'_>) -> Result<(), Failure> {
        let mut start = self.tail_start;
        for leaves in self.tail.chunks(LEAVES_PER_RECORD as usize) {
            let path = record_path(start);
            let bytes = join(leaves);
            let there = vault.read(&path)?.map_or(0, |there| there.len());
            if there < bytes.len() {
                lock.write(&path, &bytes)?;
            }
            start += leaves.len() as u64;
        }
        let full = self.tail.len() as u64 / LEAVES_PER_RECORD * LEAVES_PER_RECORD;
        self.tail.drain(..full as usize);
        self.tail_start += full;
        Ok(())
    }

    /// The chain.
    #[must_use]
    pub fn chain(&self) -> &ClearChain {
        &self.chain
    }

    /// The directory that the chain gives.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        self.chain.directory()
    }

    /// The last leaf; nothing before the first.
    #[must_use]
    pub fn last(&self) -> Option<&ClearLeaf> {
        self.last.as_ref()
    }

    /// Where each leaf is said to stand, by its number.
    #[must_use]
    pub fn places(&self) -> &[LeafPlace] {
        &self.places
    }

    /// The trust lists, signed notes, from version 1 on.
    #[must_use]
    pub fn trust_lists(&self) -> &[Vec<u8>] {
        &self.trust_lists
    }
}

/// The exchange showed a chain that no honest exchange shows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChain {
    /// The rules or the links of the chain.
    #[error(transparent)]
    Alarm(#[from] ChainAlarm),
    /// Leaf 0 is not the trust list whose digest is the root fingerprint.
    #[error("clear leaf 0 is not the trust list of the root fingerprint")]
    OtherRoot,
    /// Indexes do not grow.
    #[error("clear leaf {number} is said to stand before the one that it continues")]
    Index {
        /// Its number.
        number: u64,
    },
}

/// The record that begins with the clear leaf of this number; numbers stand in order as text too.
fn record_path(start: u64) -> String {
    format!("{RECORDS}/{start:010}")
}

fn join(leaves: &[(u64, Vec<u8>)]) -> Zeroizing<Vec<u8>> {
    let length = leaves.iter().map(|(_, entry)| HEAD + entry.len()).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(length));
    for (index, entry) in leaves {
        out.extend(index.to_be_bytes());
        // A clear leaf entry is at most a statement and its head.
        out.extend((entry.len() as u32).to_be_bytes());
        out.extend(entry);
    }
    out
}

fn split(bytes: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let mut leaves = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (index, after) = rest.split_first_chunk::<8>()?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (entry, after) = after.split_at_checked(length)?;
        leaves.push((u64::from_be_bytes(*index), entry));
        rest = after;
    }
    Some(leaves)
}

#[cfg(test)]
mod tests;
