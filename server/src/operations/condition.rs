//! In what condition the exchange is: what the health services say, and what open streams wait for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// The condition of a running exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Takes everything.
    Serving,
    /// Answers what changes nothing, and signs nothing (読み取り専用).
    ReadOnly,
    /// Finishes what is in flight and takes nothing more (停止中).
    Stopping,
}

/// Changes the condition. There is one per running exchange.
#[derive(Debug)]
pub struct Conditions {
    condition: watch::Sender<Condition>,
    /// Stays while the exchange stops: its last round must not sign what it may not sign.
    restrained: Arc<AtomicBool>,
}

/// Reads the condition. Clones are cheap.
#[derive(Clone, Debug)]
pub struct ConditionReader {
    condition: watch::Receiver<Condition>,
    restrained: Arc<AtomicBool>,
}

impl Conditions {
    /// Begins in a condition.
    #[must_use]
    pub fn new(first: Condition) -> Self {
        let restrained = Arc::new(AtomicBool::new(first == Condition::ReadOnly));
        Self { condition: watch::Sender::new(first), restrained }
    }

    /// Nothing is signed any more, unless the exchange stops already.
    pub fn read_only(&self) {
        self.restrained.store(true, Ordering::SeqCst);
        self.change(Condition::Serving, Condition::ReadOnly);
    }

    /// Everything is taken again, unless the exchange stops already.
    pub fn resume(&self) {
        self.restrained.store(false, Ordering::SeqCst);
        self.change(Condition::ReadOnly, Condition::Serving);
    }

    fn change(&self, from: Condition, to: Condition) {
        self.condition.send_if_modified(|condition| {
            let is_so = *condition == from;
            if is_so {
                *condition = to;
            }
            is_so
        });
    }

    /// The exchange stops: there is no way back from it.
    pub fn stop(&self) {
        self.condition.send_replace(Condition::Stopping);
    }

    /// A reader.
    #[must_use]
    pub fn reader(&self) -> ConditionReader {
        ConditionReader {
            condition: self.condition.subscribe(),
            restrained: self.restrained.clone(),
        }
    }
}

impl ConditionReader {
    /// The condition now.
    #[must_use]
    pub fn now(&self) -> Condition {
        *self.condition.borrow()
    }

    /// Whether nothing may be signed, also while it stops.
    #[must_use]
    pub fn is_restrained(&self) -> bool {
        self.restrained.load(Ordering::SeqCst)
    }

    /// Waits until the exchange stops; also ends when it is gone.
    pub async fn stopping(&self) {
        let mut reader = self.condition.clone();
        // An error means that the sender is gone, and the exchange with it.
        let _ = reader.wait_for(|condition| *condition == Condition::Stopping).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stop_is_the_end() {
        let conditions = Conditions::new(Condition::Serving);
        let reader = conditions.reader();
        conditions.resume();
        assert_eq!(reader.now(), Condition::Serving);
        conditions.read_only();
        assert_eq!((reader.now(), reader.is_restrained()), (Condition::ReadOnly, true));
        conditions.resume();
        assert!(!reader.is_restrained());
        assert_eq!(reader.now(), Condition::Serving);
        conditions.stop();
        conditions.read_only();
        assert_eq!((reader.now(), reader.is_restrained()), (Condition::Stopping, true));
        conditions.resume();
        assert_eq!(reader.now(), Condition::Stopping);
    }

    #[tokio::test]
    async fn who_waits_for_the_stop_hears_of_it_late_or_early() {
        let conditions = Conditions::new(Condition::ReadOnly);
        let reader = conditions.reader();
        assert_eq!(reader.now(), Condition::ReadOnly);
        let early = tokio::spawn(async move {
            reader.stopping().await;
            reader.now()
        });
        tokio::task::yield_now().await;
        conditions.stop();
        assert_eq!(early.await.unwrap(), Condition::Stopping);
        conditions.reader().stopping().await;
        let reader = conditions.reader();
        drop(conditions);
        reader.stopping().await;
    }
}
