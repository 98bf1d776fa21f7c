//! When a connection that shows no certificate has to end.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::bounds::Activity;

/// The end of a connection: at an age, or when nothing is under way on it for a while.
#[derive(Debug)]
pub(super) struct Leaving {
    end: Instant,
    idle: Duration,
    activity: Arc<Activity>,
    timer: Pin<Box<Sleep>>,
}

impl Leaving {
    pub(super) fn after(age: Duration, idle: Duration, activity: Arc<Activity>) -> Self {
        let now = Instant::now();
        let timer = Box::pin(sleep_until(now + age.min(idle)));
        Self { end: now + age, idle, activity, timer }
    }

    /// Ready when the connection has to end.
    pub(super) fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if self.timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            let due = due(self.end, self.idle, self.activity.quiet_since(), now);
            if due <= now {
                return Poll::Ready(());
            }
            self.timer.as_mut().reset(due);
        }
    }
}

/// When to look again, or since when the end is due. While something is under way, idleness has not
/// begun.
fn due(end: Instant, idle: Duration, quiet_since: Option<Instant>, now: Instant) -> Instant {
    end.min(quiet_since.unwrap_or(now) + idle)
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[test]
    fn silence_ends_it_early_and_work_does_not_make_it_last() {
        let begun = Instant::now();
        let at = |seconds| begun + Duration::from_secs(seconds);
        let due = |quiet, now| due(at(120), Duration::from_secs(30), quiet, now);
        assert_eq!(due(Some(begun), at(29)), at(30));
        assert_eq!(due(Some(begun), at(30)), at(30), "the end is due");
        assert_eq!(due(None, at(30)), at(60), "something is under way");
        assert_eq!(due(Some(at(50)), at(60)), at(80));
        assert_eq!(due(None, at(119)), at(120));
        assert_eq!(due(Some(at(119)), at(121)), at(120));
    }

    #[tokio::test]
    async fn what_is_due_is_ready_and_what_is_under_way_is_counted() {
        let activity = Arc::<Activity>::default();
        let (one, two) = (activity.begin(), activity.begin());
        assert_eq!(activity.quiet_since(), None);
        drop(one);
        assert_eq!(activity.quiet_since(), None);
        drop(two);
        assert!(activity.quiet_since().is_some());
        let mut leaving = Leaving::after(Duration::ZERO, Duration::MAX / 4, activity);
        poll_fn(|context| leaving.poll(context)).await;
    }
}
