//! How often a party may have its certificate renewed: a renewal is asked for without a certificate,
//! and issuing costs a signature.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tsumugu_trust::directory::RenewalHolder;
use tsumugu_trust::hash::Hash;
use tsumugu_trust::value::Time;

use crate::refused::Refused;

/// Renewals of one party within [`SPAN_MS`]. One in two months is the rule; the others are for programs
/// that lost the answer.
pub const MAX_RENEWALS: usize = 10;
/// The time in which they are counted, in milliseconds: an hour.
pub const SPAN_MS: u64 = 60 * 60 * 1000;

/// The renewals of the last hour. In memory: who restarts the exchange starts the count anew.
#[derive(Debug, Default)]
pub struct Renewals(Mutex<BTreeMap<RenewalHolder, Vec<Taken>>>);

/// A renewal that was answered, and when.
#[derive(Debug, Clone, Copy)]
struct Taken {
    at: Time,
    digest: Hash,
}

impl Renewals {
    /// Counts a renewal, by the digest of its statement; the same one again is not counted.
    ///
    /// # Errors
    /// [`Refused`] with the limit `renewals_per_hour`.
    pub fn take(&self, of: RenewalHolder, digest: Hash, now: Time) -> Result<(), Refused> {
        // A panic while it is held leaves a count, which is still one.
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, taken| {
            taken.retain(|one| now.0.abs_diff(one.at.0) < SPAN_MS);
            !taken.is_empty()
        });
        let taken = all.entry(of).or_default();
        if taken.iter().any(|one| one.digest == digest) {
            return Ok(());
        }
        if taken.len() >= MAX_RENEWALS {
            return Err(Refused::limit("renewals_per_hour", MAX_RENEWALS));
        }
        taken.push(Taken { at: now, digest });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tsumugu_trust::value::Id;

    use super::*;

    #[test]
    fn the_limit_is_for_each_party_and_an_hour_and_repeats_are_free() {
        let renewals = Renewals::default();
        let (one, other) =
            (RenewalHolder::Administrator(Id([1; 16])), RenewalHolder::Administrator(Id([2; 16])));
        let take = |of, n: u8, now| renewals.take(of, Hash([n; 32]), Time(now)).is_ok();
        for n in 0..MAX_RENEWALS as u8 {
            assert!(take(one, n, 1_000));
        }
        assert!(!take(one, 99, 1_000));
        assert!(take(one, 3, 1_000));
        assert!(take(other, 99, 1_000));
        assert!(!take(one, 99, 1_000 + SPAN_MS - 1));
        assert!(take(one, 99, 1_000 + SPAN_MS));
    }
}
