//! Amounts that several holders take parts of, with a most for each and a most for all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What is shared. Its memory grows with those who hold a part, and with nothing else.
#[derive(Debug)]
pub struct Share<K> {
    each: u64,
    all: u64,
    taken: Mutex<Taken<K>>,
}

#[derive(Debug)]
struct Taken<K> {
    by: HashMap<K, u64>,
    sum: u64,
}

/// What a holder has taken: given back when dropped.
#[derive(Debug)]
pub struct Part<K: Copy + Eq + Hash> {
    share: Arc<Share<K>>,
    by: K,
    amount: u64,
}

/// Which of the two is exhausted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Each,
    All,
}

impl<K: Copy + Eq + Hash> Share<K> {
    /// At most `each` for one holder, and `all` for all of them.
    #[must_use]
    pub fn new(each: u64, all: u64) -> Arc<Self> {
        let taken = Taken { by: HashMap::new(), sum: 0 };
        Arc::new(Self { each, all, taken: Mutex::new(taken) })
    }

    pub(super) fn each(&self) -> u64 {
        self.each
    }

    pub(super) fn all(&self) -> u64 {
        self.all
    }

    pub(super) fn take(self: &Arc<Self>, by: K, amount: u64) -> Result<Part<K>, Over> {
        let mut part = self.nothing(by);
        part.grow(amount)?;
        Ok(part)
    }

    pub(super) fn nothing(self: &Arc<Self>, by: K) -> Part<K> {
        Part { share: Arc::clone(self), by, amount: 0 }
    }

    fn taken(&self) -> MutexGuard<'_, Taken<K>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Copy + Eq + Hash> Part<K> {
    /// What cannot be gone over.
    pub(super) fn most(&self, over: Over) -> u64 {
        match over {
            Over::Each => self.share.each,
            Over::All => self.share.all,
        }
    }

    /// Takes more; a refusal changes nothing.
    pub(super) fn grow(&mut self, amount: u64) -> Result<(), Over> {
        let mut taken = self.share.taken();
        let before = taken.by.get(&self.by).copied().unwrap_or(0);
        let (mine, sum) = (before.saturating_add(amount), taken.sum.saturating_add(amount));
        if mine > self.share.each {
            return Err(Over::Each);
        }
        if sum > self.share.all {
            return Err(Over::All);
        }
        if mine > 0 {
            taken.by.insert(self.by, mine);
        }
        taken.sum = sum;
        self.amount += amount;
        Ok(())
    }
}

impl<K: Copy + Eq + Hash> Drop for Part<K> {
    fn drop(&mut self) {
        let mut taken = self.share.taken();
        taken.sum = taken.sum.saturating_sub(self.amount);
        if let Some(mine) = taken.by.get_mut(&self.by) {
            *mine = mine.saturating_sub(self.amount);
            if *mine == 0 {
                taken.by.remove(&self.by);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_and_all_have_their_edges() {
        let share = Share::new(3, 5);
        let mut one = share.take('a', 2).unwrap();
        one.grow(1).unwrap();
        assert_eq!(one.grow(1), Err(Over::Each));
        let two = share.take('b', 2).unwrap();
        assert_eq!(share.take('c', 1).unwrap_err(), Over::All);
        drop(one);
        let three = share.take('c', 3).unwrap();
        assert_eq!(share.take('a', 1).unwrap_err(), Over::All);
        drop((two, three));
        assert!(share.taken().by.is_empty());
        assert_eq!(share.taken().sum, 0);
        assert_eq!(share.take('a', 4).unwrap_err(), Over::Each);
        assert_eq!(share.take('a', u64::MAX).unwrap_err(), Over::Each);
        assert!(share.taken().by.is_empty(), "a refusal leaves nothing behind");
    }
}
