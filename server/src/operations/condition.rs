//! In what condition the exchange is: what the health services say, and what open streams wait for.

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
pub struct Conditions(watch::Sender<Condition>);

/// Reads the condition. Clones are cheap.
#[derive(Clone, Debug)]
pub struct ConditionReader(watch::Receiver<Condition>);

impl Conditions {
    /// Begins in a condition.
    #[must_use]
    pub fn new(first: Condition) -> Self {
        Self(watch::Sender::new(first))
    }

    /// The exchange stops: there is no way back from it.
    pub fn stop(&self) {
        self.0.send_replace(Condition::Stopping);
    }

    /// A reader.
    #[must_use]
    pub fn reader(&self) -> ConditionReader {
        ConditionReader(self.0.subscribe())
    }
}

impl ConditionReader {
    /// The condition now.
    #[must_use]
    pub fn now(&self) -> Condition {
        *self.0.borrow()
    }

    /// Waits until the exchange stops; also ends when it is gone.
    pub async fn stopping(&self) {
        let mut reader = self.0.clone();
        // An error means that the sender is gone, and the exchange with it.
        let _ = reader.wait_for(|condition| *condition == Condition::Stopping).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
