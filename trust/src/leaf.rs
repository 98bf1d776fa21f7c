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
pub const PRIVATE_LEAF: usize = PREFIX.len() + 8 + 1 + 8 + 32 + 32;

/// A place in the clear chain: the number of a clear leaf and the digest of its entry.
///
/// Every private leaf carries the head that it was made after. So all who verify one private leaf know
/// that they hold the same clear chain up to there, and in which order it stands to admissions and
/// removals: not by a time or an index that the exchange could state at will.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChainHead {
    /// Number of the clear leaf.
    pub number: u64,
    /// SHA-256 of its entry.
    pub hash: Hash,
}

/// Where a leaf stands. Ordered by what is proved: by the clear chain first, then by the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogPosition {
    /// A clear leaf's own number; for a private leaf the number of the clear leaf before it.
    pub clear: u64,
    /// Whether it is private: then it stands after the clear leaf of that number.
    pub private: bool,
    /// Its index, proved by inclusion.
    pub index: u64,
    /// The leaf's time, the exchange's word. Times never go back in a log.
    pub time: Time,
}

impl LogPosition {
    /// After everything.
    pub const END: Self =
        Self { clear: u64::MAX, private: true, index: u64::MAX, time: Time(u64::MAX) };

    /// The place of a clear leaf.
    #[must_use]
    pub fn of_clear(number: u64, index: u64, time: Time) -> Self {
        Self { clear: number, private: false, index, time }
    }

    /// The place of a private leaf after the clear leaf of a number.
    #[must_use]
    pub fn of_private(after: u64, index: u64, time: Time) -> Self {
        Self { clear: after, private: true, index, time }
    }
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
    /// The clear leaf before it.
    pub after: ChainHead,
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
                let (number, rest) = rest.split_first_chunk::<8>()?;
                let (hash, record) = rest.split_first_chunk::<32>()?;
                let after = ChainHead { number: u64::from_be_bytes(*number), hash: Hash(*hash) };
                let record = Hash(record.try_into().ok()?);
                Some(Self::Private(PrivateLeaf { time, after, record }))
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

    /// Its place, given its index.
    #[must_use]
    pub fn at(&self, index: u64) -> LogPosition {
        match self {
            Self::Clear(leaf) => LogPosition::of_clear(leaf.number, index, leaf.time),
            Self::Private(leaf) => LogPosition::of_private(leaf.after.number, index, leaf.time),
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
    pub fn of(time: Time, after: ChainHead, salt: &[u8; 32], record: &[u8]) -> Self {
        Self { time, after, record: record_digest(salt, record) }
    }

    /// The entry's bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = head(self.time, PRIVATE);
        out.extend(self.after.number.to_be_bytes());
        out.extend(self.after.hash.0);
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
        let private = PrivateLeaf {
            time: Time(1),
            after: ChainHead { number: 7, hash: Hash([8; 32]) },
            record: Hash([9; 32]),
        };
        assert_eq!(private.encode().len(), PRIVATE_LEAF);
    }

    proptest! {
        #[test]
        fn what_parses_is_its_one_spelling(mut bytes in proptest::collection::vec(any::<u8>(), 0..160), prefix: bool) {
            if prefix { bytes.splice(0..0, PREFIX.iter().copied()); }
            if let Some(leaf) = Leaf::parse(&bytes) { prop_assert_eq!(leaf.encode(), bytes); }
        }
    }
}
