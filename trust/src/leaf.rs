//! Leaf entries of the log (`docs/FORMATS.md`, section 3).

use crate::hash::{Hash, sha256};
use crate::merkle;
use crate::statement::{Malformed, Statement};
use crate::value::Time;

const PREFIX: &[u8] = b"tsumugu/v1/leaf\0";
const RECORD: &[u8] = b"tsumugu/v1/record\0";
const CLEAR: u8 = 1;
const PRIVATE: u8 = 2;

/// Bytes of a private leaf entry.
pub const PRIVATE_LEAF: usize = PREFIX.len() + 8 + 1 + 32;

/// Where a leaf stands. Times never go back in a log, so both parts order alike; the time is part of
/// the leaf and so of every proof, the index is proved by inclusion only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    /// The leaf's time.
    pub time: Time,
    /// Its index.
    pub index: u64,
}

/// A leaf entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leaf {
    /// Anyone may read the statement.
    Clear(ClearLeaf),
    /// Only the blinded digest of a record.
    Private(PrivateLeaf),
}

/// A leaf of the clear chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClearLeaf {
    /// The exchange's time.
    pub time: Time,
    /// Number in the clear chain, from 0.
    pub number: u64,
    /// SHA-256 of the clear leaf entry before it; zeros for the first.
    pub previous: Hash,
    /// The statement as it travels.
    pub statement: Vec<u8>,
}

/// A leaf that shows nobody's traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrivateLeaf {
    /// The exchange's time.
    pub time: Time,
    /// [`record_digest`] of salt and record.
    pub record: Hash,
}

impl Leaf {
    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Clear(leaf) => leaf.encode(),
            Self::Private(leaf) => leaf.encode(),
        }
    }

    /// Reads an entry. The statement of a clear one is not parsed.
    #[must_use]
    pub fn parse(entry: &[u8]) -> Option<Self> {
        let rest = entry.strip_prefix(PREFIX)?;
        let (time, rest) = rest.split_first_chunk::<8>()?;
        let (kind, rest) = rest.split_first()?;
        let time = Time(u64::from_be_bytes(*time));
        match *kind {
            CLEAR => {
                let (number, rest) = rest.split_first_chunk::<8>()?;
                let (previous, statement) = rest.split_first_chunk::<32>()?;
                Some(Self::Clear(ClearLeaf {
                    time,
                    number: u64::from_be_bytes(*number),
                    previous: Hash(*previous),
                    statement: statement.to_vec(),
                }))
            }
            PRIVATE => {
                Some(Self::Private(PrivateLeaf { time, record: Hash(rest.try_into().ok()?) }))
            }
            _ => None,
        }
    }

    /// The exchange's time.
    #[must_use]
    pub fn time(&self) -> Time {
        match self {
            Self::Clear(leaf) => leaf.time,
            Self::Private(leaf) => leaf.time,
        }
    }

    /// RFC 6962 leaf hash.
    #[must_use]
    pub fn hash(&self) -> Hash {
        merkle::leaf_hash(&self.encode())
    }
}

impl ClearLeaf {
    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head(self.time, CLEAR);
        out.extend(self.number.to_be_bytes());
        out.extend(self.previous.0);
        out.extend(&self.statement);
        out
    }

    /// SHA-256 of the entry: what the next clear leaf points back to.
    #[must_use]
    pub fn chain_hash(&self) -> Hash {
        sha256(&[&self.encode()])
    }

    /// The statement, parsed.
    ///
    /// # Errors
    /// [`Malformed`]
    pub fn parse_statement(&self) -> Result<Statement, Malformed> {
        Statement::parse(&self.statement)
    }
}

impl PrivateLeaf {
    /// The leaf of a record under a salt.
    #[must_use]
    pub fn of(time: Time, salt: &[u8; 32], record: &[u8]) -> Self {
        Self { time, record: record_digest(salt, record) }
    }

    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head(self.time, PRIVATE);
        out.extend(self.record.0);
        out
    }
}

/// The blinded digest of a record.
#[must_use]
pub fn record_digest(salt: &[u8; 32], record: &[u8]) -> Hash {
    sha256(&[RECORD, salt, record])
}

fn head(time: Time, kind: u8) -> Vec<u8> {
    let mut out = PREFIX.to_vec();
    out.extend(time.0.to_be_bytes());
    out.push(kind);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_bytes() {
        let clear = ClearLeaf {
            time: Time(1),
            number: 2,
            previous: Hash([3; 32]),
            statement: b"tsumugu/v1/tick\nx\n".to_vec(),
        };
        let text = hex::encode(clear.encode());
        let want = format!(
            "7473756d7567752f76312f6c65616600{:016x}01{:016x}{}{}",
            1,
            2,
            "03".repeat(32),
            hex::encode("tsumugu/v1/tick\nx\n")
        );
        assert_eq!(text, want);
        let private = PrivateLeaf { time: Time(1), record: Hash([9; 32]) };
        assert_eq!(private.encode().len(), PRIVATE_LEAF);
    }

    proptest! {
        #[test]
        fn what_parses_is_its_one_spelling(mut bytes in proptest::collection::vec(any::<u8>(), 0..120), prefix: bool) {
            if prefix { bytes.splice(0..0, PREFIX.iter().copied()); }
            if let Some(leaf) = Leaf::parse(&bytes) { prop_assert_eq!(leaf.encode(), bytes); }
        }
    }
}
