//! How long to wait before the next attempt.

use std::time::Duration;

use crate::letters::Randomness;

/// The first pause is at most this.
pub(crate) const SHORTEST_PAUSE: Duration = Duration::from_secs(1);

/// No pause is longer: an office that is back on line has its mail within two minutes.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(120);

/// Doubles with each failure up to a cap, and draws the pause from its upper half: hundreds that were
/// cut off in one moment come back one after the other.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// The next pause.
    pub(crate) fn next(&mut self, random: &mut (impl Randomness + ?Sized)) -> Duration {
        let doubled = SHORTEST_PAUSE.saturating_mul(1 << self.failures.min(16));
        self.failures = self.failures.saturating_add(1);
        let half = doubled.min(LONGEST_PAUSE) / 2;
        let spread = u64::try_from(half.as_millis()).unwrap_or(u64::MAX);
        half + Duration::from_millis(random.next_u64() % (spread + 1))
    }

    /// The connection held: the next pause is a short one.
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn pauses_double_to_the_cap_within_their_upper_half() {
        let mut random = StdRng::seed_from_u64(1);
        let mut backoff = Backoff::default();
        for expected in [1, 2, 4, 8, 16, 32, 64, 120, 120] {
            let (pause, most) = (backoff.next(&mut random), Duration::from_secs(expected));
            assert!(pause >= most / 2 && pause <= most, "{pause:?} of {most:?}");
        }
        backoff.reset();
        assert!(backoff.next(&mut random) <= SHORTEST_PAUSE);
    }

    #[test]
    fn those_cut_off_together_come_back_apart() {
        let pauses = (0..300).map(|seed| {
            let mut backoff = Backoff { failures: 5 };
            backoff.next(&mut StdRng::seed_from_u64(seed)).as_millis()
        });
        let distinct: std::collections::BTreeSet<_> = pauses.collect();
        assert!(distinct.len() > 250, "{}", distinct.len());
    }

    #[test]
    fn very_many_failures_stay_at_the_cap() {
        let mut backoff = Backoff { failures: u32::MAX };
        assert!(backoff.next(&mut StdRng::seed_from_u64(1)) <= LONGEST_PAUSE);
    }
}
