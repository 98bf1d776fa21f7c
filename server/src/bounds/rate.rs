//! How often something may be asked for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Keys that are remembered. When there are more, those that asked longest ago are forgotten, which
/// gives them their full number back: a flood from that many lines is the network's to stop.
pub const MAX_KEYS: usize = 65_536;

/// A bucket for each key: `most` at once, and as many again in each `period`.
#[derive(Debug)]
pub struct Rate<K> {
    most: u64,
    period_ms: u64,
    buckets: Mutex<HashMap<K, Bucket>>,
}

/// Credit in calls times `period_ms`, so that nothing is lost to rounding.
#[derive(Debug, Clone, Copy)]
struct Bucket {
    credit: u64,
    at_ms: u64,
}

impl<K: Copy + Eq + Hash> Rate<K> {
    /// `most` calls in a period.
    #[must_use]
    pub fn new(most: u32, period_ms: u64) -> Self {
        Self { most: most.into(), period_ms, buckets: Mutex::default() }
    }

    /// Takes one call.
    ///
    /// # Errors
    /// How long to wait for the next one.
    pub fn ask(&self, key: K, now_ms: u64) -> Result<(), Duration> {
        let full = self.most.saturating_mul(self.period_ms);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MAX_KEYS && !buckets.contains_key(&key) {
            forget(&mut buckets);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { credit: full, at_ms: now_ms });
        // A clock that was put back gives nothing, and counts from there on.
        let passed = now_ms.saturating_sub(bucket.at_ms);
        bucket.credit = bucket.credit.saturating_add(passed.saturating_mul(self.most)).min(full);
        bucket.at_ms = now_ms;
        match bucket.credit.checked_sub(self.period_ms) {
            Some(left) => {
                bucket.credit = left;
                Ok(())
            }
            None => {
                let missing = self.period_ms - bucket.credit;
                Err(Duration::from_millis(missing.div_ceil(self.most.max(1))))
            }
        }
    }
}

/// Forgets the older half, so that the search for it is not made for every new key.
fn forget<K: Copy + Eq + Hash>(buckets: &mut HashMap<K, Bucket>) {
    let mut times: Vec<u64> = buckets.values().map(|bucket| bucket.at_ms).collect();
    let middle = times.len() / 2;
    let (_, median, _) = times.select_nth_unstable(middle);
    let median = *median;
    buckets.retain(|_, bucket| bucket.at_ms > median);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_said_and_then_one_after_another() {
        let rate = Rate::new(3, 60_000);
        for _ in 0..3 {
            rate.ask('a', 1_000).unwrap();
        }
        assert_eq!(rate.ask('a', 1_000), Err(Duration::from_secs(20)));
        rate.ask('b', 1_000).unwrap();
        assert_eq!(rate.ask('a', 20_999), Err(Duration::from_millis(1)));
        rate.ask('a', 21_000).unwrap();
        assert!(rate.ask('a', 21_000).is_err());
        for _ in 0..3 {
            rate.ask('a', 200_000).unwrap();
        }
        assert!(rate.ask('a', 200_000).is_err(), "credit does not grow beyond the number");
    }

    #[test]
    fn a_clock_that_is_put_back_gives_nothing() {
        let rate = Rate::new(1, 60_000);
        rate.ask('a', 1_000_000).unwrap();
        assert_eq!(rate.ask('a', 10), Err(Duration::from_secs(60)));
        rate.ask('a', 60_010).unwrap();
    }

    #[test]
    fn memory_has_an_edge() {
        let rate = Rate::new(1, 60_000);
        for key in 0..=MAX_KEYS {
            rate.ask(key, key as u64).unwrap();
        }
        assert!(rate.buckets.lock().unwrap().len() <= MAX_KEYS / 2 + 1);
        assert!(rate.ask(MAX_KEYS, MAX_KEYS as u64).is_err(), "the newest are remembered");
    }

    #[test]
    fn when_all_asked_at_one_time_memory_stays_bounded_too() {
        let rate = Rate::new(1, 60_000);
        for key in 0..MAX_KEYS * 2 {
            rate.ask(key, 5).unwrap();
        }
        assert!(rate.buckets.lock().unwrap().len() <= MAX_KEYS);
    }
}
