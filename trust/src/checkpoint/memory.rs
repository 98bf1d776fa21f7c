//! What was verified is not verified again: the same checkpoint comes with many receipts.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{CheckpointError, VerifiedCheckpoint};
use crate::note::VerifyingKey;

/// How many checkpoints are remembered. Receipts that share one come close together; those inside
/// letters are as many as the workers who write.
pub const MAX_REMEMBERED: usize = 64;

/// The last checkpoints whose signature was verified, byte for byte. Clones remember together.
///
/// It answers just what [`VerifiedCheckpoint::verify`] would, sooner: another byte in the note,
/// another origin, or a key that is not among the asked ones is verified anew.
#[derive(Debug, Clone, Default)]
pub struct CheckpointMemory(Arc<Mutex<VecDeque<Remembered>>>);

#[derive(Debug)]
struct Remembered {
    verified: VerifiedCheckpoint,
    keys: Vec<VerifyingKey>,
}

impl CheckpointMemory {
    /// As [`VerifiedCheckpoint::verify`].
    ///
    /// # Errors
    /// [`CheckpointError`]; what is refused is not remembered.
    pub fn verify(
        &self,
        note: impl AsRef<[u8]>,
        origin: &str,
        keys: &[VerifyingKey],
    ) -> Result<VerifiedCheckpoint, CheckpointError> {
        let note = note.as_ref();
        if let Some(known) = self.find(note, origin, keys) {
            return Ok(known);
        }
        let verified = VerifiedCheckpoint::verify(note, origin, keys)?;
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.push_front(Remembered { verified: verified.clone(), keys: keys.to_vec() });
        last.truncate(MAX_REMEMBERED);
        Ok(verified)
    }

    fn find(&self, note: &[u8], origin: &str, keys: &[VerifyingKey]) -> Option<VerifiedCheckpoint> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_this = |known: &&Remembered| {
            known.verified.note == note
                && known.verified.origin() == origin
                && known.keys.iter().all(|key| keys.contains(key))
        };
        last.iter().find(is_this).map(|known| known.verified.clone())
    }
}

/// What is remembered changes no answer, so it tells no two holders apart.
impl PartialEq for CheckpointMemory {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for CheckpointMemory {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Checkpoint;
    use crate::hash::Hash;
    use crate::note::SigningKey;

    const ORIGIN: &str = "log.example";

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(ORIGIN, &[seed; 32]).unwrap()
    }

    fn note(size: u64, key: &SigningKey) -> Vec<u8> {
        let checkpoint = Checkpoint::new(ORIGIN, size, Hash([1; 32])).unwrap();
        checkpoint.sign(key).unwrap().encode().into_bytes()
    }

    #[test]
    fn it_answers_as_the_verification_does() {
        let (ours, other) = (key(1), key(2));
        let (keys, others) = ([ours.verifying_key().clone()], [other.verifying_key().clone()]);
        let memory = CheckpointMemory::default();
        let good = note(3, &ours);
        for _ in 0..2 {
            let verified = memory.verify(&good, ORIGIN, &keys).unwrap();
            assert_eq!(verified, VerifiedCheckpoint::verify(&good, ORIGIN, &keys).unwrap());
            assert!(memory.verify(&good, ORIGIN, &others).is_err());
            assert!(memory.verify(&good, ORIGIN, &[]).is_err());
            assert!(memory.verify(&good, "other.example", &keys).is_err());
            assert!(memory.verify(note(3, &other), ORIGIN, &keys).is_err());
            for at in 0..good.len() {
                let mut bad = good.clone();
                bad[at] ^= 1;
                assert!(memory.verify(&bad, ORIGIN, &keys).is_err(), "{at}");
            }
        }
        assert_eq!(memory.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn it_keeps_the_last_ones() {
        let ours = key(1);
        let keys = [ours.verifying_key().clone()];
        let memory = CheckpointMemory::default();
        for size in 1..=MAX_REMEMBERED as u64 + 1 {
            memory.verify(note(size, &ours), ORIGIN, &keys).unwrap();
        }
        assert_eq!(memory.0.lock().unwrap().len(), MAX_REMEMBERED);
        assert!(memory.find(&note(1, &ours), ORIGIN, &keys).is_none());
        assert!(memory.find(&note(2, &ours), ORIGIN, &keys).is_some());
    }
}
