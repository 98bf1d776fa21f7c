//! What an institution signed is not verified again: its workers' admissions come with every letter.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::hash::{Hash, sha256};
use crate::note::VerifyingKey;
use crate::statement::Statement;

/// How many statements are remembered: the workers whose letters come on one day.
pub(super) const MAX_REMEMBERED: usize = 256;

/// The last statements of institutions whose signature was verified. Clones remember together.
///
/// It answers just what [`Statement::is_signed_by`] would, sooner: another byte in the statement, or
/// another key, is verified anew.
#[derive(Debug, Clone, Default)]
pub(super) struct SignatureMemory(Arc<Mutex<VecDeque<Hash>>>);

impl SignatureMemory {
    /// As [`Statement::is_signed_by`]; what is refused is not remembered.
    pub(super) fn is_signed_by(&self, statement: &Statement, key: &VerifyingKey) -> bool {
        let name = key.name().as_bytes();
        let this = sha256(&[name, b"\n", key.public(), &statement.bytes()]);
        if self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&this) {
            return true;
        }
        let is_signed = statement.is_signed_by(key);
        if is_signed {
            let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            last.push_front(this);
            last.truncate(MAX_REMEMBERED);
        }
        is_signed
    }
}

/// What is remembered changes no answer, so it tells no two directories apart.
impl PartialEq for SignatureMemory {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for SignatureMemory {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::SigningKey;
    use crate::statement::{WorkerRemoved, sign};
    use crate::value::{Id, Origin, Role};

    fn origin() -> Origin {
        "exchange.example".parse().unwrap()
    }

    fn key(seed: u8) -> SigningKey {
        let name = origin().key_name(Role::Institution, Id([9; 16]));
        SigningKey::from_seed(&name, &[seed; 32]).unwrap()
    }

    fn statement(worker: u16, key: &SigningKey) -> Statement {
        let [high, low] = worker.to_be_bytes();
        let mut id = [0; 16];
        (id[0], id[1]) = (high, low);
        let removed = WorkerRemoved { institution: Id([9; 16]), worker: Id(id) };
        sign(&origin(), &removed, &[key]).unwrap()
    }

    #[test]
    fn it_answers_as_the_verification_does() {
        let (ours, other) = (key(1), key(2));
        let memory = SignatureMemory::default();
        let good = statement(1, &ours);
        for _ in 0..2 {
            assert!(memory.is_signed_by(&good, ours.verifying_key()));
            assert!(!memory.is_signed_by(&good, other.verifying_key()));
            assert!(!memory.is_signed_by(&statement(1, &other), ours.verifying_key()));
            let bytes = good.bytes();
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                if let Ok(bad) = Statement::parse(&bad) {
                    assert!(!memory.is_signed_by(&bad, ours.verifying_key()), "{at}");
                }
            }
        }
        assert_eq!(memory.0.lock().unwrap().len(), 1);
    }

    #[test]
    fn it_keeps_the_last_ones() {
        let (ours, memory) = (key(1), SignatureMemory::default());
        for worker in 0..=u16::try_from(MAX_REMEMBERED).unwrap() {
            assert!(memory.is_signed_by(&statement(worker, &ours), ours.verifying_key()));
        }
        assert_eq!(memory.0.lock().unwrap().len(), MAX_REMEMBERED);
    }
}
