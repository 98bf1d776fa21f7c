//! Checkpoints: a log's signed statement of its size and root (C2SP tlog-checkpoint 1.0.0).
//!
//! ```text
//! origin LF
//! size, decimal LF
//! base64(root) LF
//! ```
//!
//! The origin is the log's name and the name of its key. Extension lines are refused: this log
//! writes none, and a line that a reader does not understand must not be vouched for.

mod memory;

use std::str::FromStr;

use base64::{Engine, prelude::BASE64_STANDARD};

use crate::hash::Hash;
use crate::merkle::empty_root;
use crate::note::{Note, NoteError, SigningKey, VerifyError, VerifyingKey, is_key_name};

pub use memory::{CheckpointMemory, MAX_REMEMBERED};

/// A log's size and root, as they stand in a checkpoint's text. Not checked by itself:
/// [`VerifiedCheckpoint`] is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Hash,
}

impl Checkpoint {
    /// A checkpoint to be signed.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::Origin`] where the origin cannot be a key's name,
    /// [`CheckpointError::EmptyRoot`] where the size is 0 and the root not that of the empty tree.
    pub fn new(origin: &str, size: u64, root: Hash) -> Result<Self, CheckpointError> {
        // A checkpoint is signed under its origin, so what cannot name a key cannot be one.
        if !is_key_name(origin) {
            return Err(CheckpointError::Origin);
        }
        if size == 0 && root != empty_root() {
            return Err(CheckpointError::EmptyRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over these leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The note's text: three lines.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64_STANDARD.encode(self.root))
    }

    /// Signs the checkpoint with the log's key.
    ///
    /// Whoever calls this has made the leaves durable: a crash after the signature left the
    /// process and before the leaves are on disk would make the log fork from its own word.
    ///
    /// # Errors
    ///
    /// [`CheckpointError::OtherKey`] where the key is not named by the origin.
    pub fn sign(&self, key: &SigningKey) -> Result<Note, CheckpointError> {
        if key.name() != self.origin {
            return Err(CheckpointError::OtherKey);
        }
        let mut note = Note::new(self.text())?;
        note.sign(key)?;
        Ok(note)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads a note's text. There is one spelling: what is accepted is what
    /// [`Checkpoint::text`] gives back.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), Some(""), None) =
            (lines.next(), lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(CheckpointError::Lines);
        };
        let size: u64 = size.parse().map_err(|_| CheckpointError::Size)?;
        let root = BASE64_STANDARD.decode(root).map_err(|_| CheckpointError::Root)?;
        let root = <[u8; Hash::LENGTH]>::try_from(root).map_err(|_| CheckpointError::Root)?;
        let checkpoint = Self::new(origin, size, Hash(root))?;
        // Catches "+7" and "007", which `parse` reads as 7.
        if checkpoint.text() == text { Ok(checkpoint) } else { Err(CheckpointError::Size) }
    }
}

/// A checkpoint that the log's key has signed. [`VerifiedCheckpoint::verify`] is the only way to
/// one.
///
/// It says that the log has vouched for this root, not that the root continues an earlier one:
/// that is [`verify_consistency`](crate::merkle::verify_consistency).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCheckpoint {
    checkpoint: Checkpoint,
    note: Vec<u8>,
}

impl VerifiedCheckpoint {
    /// Checks a signed checkpoint of the log `origin`.
    ///
    /// `keys` are the log's keys, the present one and those before it; keys named otherwise than
    /// `origin` are passed over. One of them must have signed. Lines of unknown keys, such as
    /// witnesses' cosignatures, are kept and not checked.
    ///
    /// # Errors
    ///
    /// [`CheckpointError`] says whether the note, its text or its signature is at fault.
    pub fn verify(
        note: impl AsRef<[u8]>,
        origin: &str,
        keys: &[VerifyingKey],
    ) -> Result<Self, CheckpointError> {
        let bytes = note.as_ref();
        let note = Note::parse(bytes)?;
        let mut signed = None;
        for key in keys.iter().filter(|key| key.name() == origin) {
            match note.verify(key) {
                Ok(verified) => signed = Some(verified.text()),
                Err(VerifyError::NotSigned) => {}
                Err(bad) => return Err(bad.into()),
            }
        }
        let checkpoint: Checkpoint = signed.ok_or(VerifyError::NotSigned)?.parse()?;
        // One key could be known under several logs' names only by mistake; the text decides.
        if checkpoint.origin != origin {
            return Err(CheckpointError::OtherLog { origin: checkpoint.origin });
        }
        Ok(Self { checkpoint, note: bytes.to_vec() })
    }

    /// What the log has signed.
    #[must_use]
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The log's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.checkpoint.origin()
    }

    /// The number of leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.checkpoint.size()
    }

    /// The Merkle root over these leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.checkpoint.root()
    }

    /// The note with its text and the lines of these keys alone: what others wrote beside them, which may
    /// be long, is left out.
    ///
    /// # Errors
    /// [`CheckpointError`] when none of `keys` signed it.
    pub fn bare(&self, keys: &[VerifyingKey]) -> Result<Vec<u8>, CheckpointError> {
        let note = Note::parse(&self.note)?;
        let mut bare = Note::new(self.checkpoint.text())?;
        for line in note.signatures() {
            let is_of =
                |key: &&VerifyingKey| key.name() == line.name() && key.key_id() == line.key_id();
            if keys.iter().any(|key| is_of(&key)) {
                bare.add(line.clone())?;
            }
        }
        let bare = bare.encode().into_bytes();
        Self::verify(&bare, self.origin(), keys).map(|bare| bare.note)
    }

    /// The note as it was received, byte for byte, with all its signature lines.
    #[must_use]
    pub fn note_bytes(&self) -> &[u8] {
        &self.note
    }
}

/// Not a checkpoint of this log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The size is 0 and the root is not that of the empty tree.
    #[error("a checkpoint of size 0 has another root than the empty tree")]
    EmptyRoot,
    /// Not exactly three lines; a fourth would be an extension.
    #[error("a checkpoint has exactly three lines")]
    Lines,
    /// The note around the checkpoint is malformed.
    #[error("the checkpoint is not a well-formed note")]
    Note(#[from] NoteError),
    /// The first line cannot be a log's name.
    #[error("the checkpoint's first line is not a log's name")]
    Origin,
    /// The key that was to sign bears another name than the origin.
    #[error("a checkpoint is signed by the key that its origin names")]
    OtherKey,
    /// The checkpoint is signed, and of another log.
    #[error("the checkpoint is of another log, {origin}")]
    OtherLog {
        /// The log that the text names.
        origin: String,
    },
    /// The third line is not the base64 of 32 bytes.
    #[error("the checkpoint's root is not the base64 of 32 bytes")]
    Root,
    /// The second line is not a decimal number below 2^64 without leading zeros.
    #[error("the checkpoint's size is not a decimal number")]
    Size,
    /// The log has not signed it.
    #[error("the checkpoint's signature does not hold")]
    Signature(#[from] VerifyError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::sha256;

    const ORIGIN: &str = "exchange.example/log";

    fn key(name: &str, seed: u8) -> SigningKey {
        SigningKey::from_seed(name, &[seed; 32]).unwrap()
    }

    fn public(key: &SigningKey) -> VerifyingKey {
        key.verifying_key().clone()
    }

    fn sample() -> Checkpoint {
        Checkpoint::new(ORIGIN, 7, sha256(&[b"root"])).unwrap()
    }

    fn verify(note: &str, keys: &[VerifyingKey]) -> Result<VerifiedCheckpoint, CheckpointError> {
        VerifiedCheckpoint::verify(note, ORIGIN, keys)
    }

    #[test]
    fn signed_and_verified() {
        let log = key(ORIGIN, 1);
        let mut note = sample().sign(&log).unwrap();
        note.sign(&key("witness.example/w", 2)).unwrap();
        let text = note.encode();
        let verified = verify(&text, &[public(&key(ORIGIN, 9)), public(&log)]).unwrap();
        assert_eq!(verified.checkpoint(), &sample());
        assert_eq!(verified.note_bytes(), text.as_bytes());
        assert_eq!((verified.origin(), verified.size()), (ORIGIN, 7));
        assert_eq!(verified.root(), sha256(&[b"root"]));
    }

    #[test]
    fn only_the_log_s_own_key_counts() {
        let text = sample().sign(&key(ORIGIN, 1)).unwrap().encode();
        let not_signed = CheckpointError::Signature(VerifyError::NotSigned);
        assert_eq!(verify(&text, &[]), Err(not_signed.clone()));
        assert_eq!(verify(&text, &[public(&key(ORIGIN, 2))]), Err(not_signed.clone()));
        let witness = key("witness.example/w", 3);
        let mut note = Note::new(sample().text()).unwrap();
        note.sign(&witness).unwrap();
        assert_eq!(verify(&note.encode(), &[public(&witness)]), Err(not_signed));
        assert_eq!(sample().sign(&witness), Err(CheckpointError::OtherKey));
    }

    #[test]
    fn a_changed_size_is_noticed() {
        let log = key(ORIGIN, 1);
        let text = sample().sign(&log).unwrap().encode().replacen("\n7\n", "\n8\n", 1);
        let bad = VerifyError::BadSignature { name: ORIGIN.to_owned() };
        assert_eq!(verify(&text, &[public(&log)]), Err(CheckpointError::Signature(bad)));
    }

    #[test]
    fn another_log_s_text_under_this_key() {
        let log = key(ORIGIN, 1);
        let mut note = Note::new(sample().text().replace(ORIGIN, "other.example")).unwrap();
        note.sign(&log).unwrap();
        let origin = "other.example".to_owned();
        let got = verify(&note.encode(), &[public(&log)]);
        assert_eq!(got, Err(CheckpointError::OtherLog { origin }));
    }

    #[test]
    fn one_spelling() {
        let text = "a.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n";
        assert_eq!(text.parse::<Checkpoint>().unwrap().text(), text);
        let good = sample().text();
        assert_eq!(good.parse::<Checkpoint>().unwrap(), sample());
        let with_size = |size: &str| good.replacen("\n7\n", &format!("\n{size}\n"), 1);
        assert_eq!(with_size(&u64::MAX.to_string()).parse::<Checkpoint>().unwrap().size, u64::MAX);
        for size in ["", "07", "+7", "-7", "7 ", "0x7", "18446744073709551616", "７"] {
            let got = with_size(size).parse::<Checkpoint>();
            assert_eq!(got, Err(CheckpointError::Size), "{size}");
        }
        assert_eq!(with_size("0").parse::<Checkpoint>(), Err(CheckpointError::EmptyRoot));
        let extension = format!("{good}extension\n");
        for text in ["", "a\n", "a\n1\n", good.trim_end(), &extension, &format!("{good}\n")] {
            assert_eq!(text.parse::<Checkpoint>(), Err(CheckpointError::Lines), "{text}");
        }
        for origin in ["", "a b", "a+b", "a\tb"] {
            let got = good.replacen(ORIGIN, origin, 1).parse::<Checkpoint>();
            assert_eq!(got, Err(CheckpointError::Origin), "{origin}");
        }
        for root in ["", "AAAA", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"] {
            let got = format!("a\n1\n{root}\n").parse::<Checkpoint>();
            assert_eq!(got, Err(CheckpointError::Root), "{root}");
        }
    }
}
