//! One watch: its silence and its numbers.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tsumugu_proto::v1;
use tsumugu_proto::v1::subscribe_response::Part;

use crate::failure::Failure;
use crate::mailbox::gap;
use crate::post::{Post, Watching};
use crate::rpc::LIVE_IDLE;

/// Without a sign of life for so long the connection counts as dead: two heartbeats and some.
pub(crate) const SILENCE: Duration = LIVE_IDLE;

/// A sign of life.
#[derive(Debug)]
pub(crate) enum Sign {
    /// Events, in order and without a gap.
    Events(Vec<v1::MailboxEvent>),
    /// Nothing new.
    Quiet,
}

/// An open watch.
pub(crate) struct Live<W> {
    watching: W,
    /// The number of the event that comes next.
    next: u64,
    /// The first heartbeat says how long the mailbox is, not what comes next.
    begun: bool,
    last: Instant,
}

impl<W: Watching> Live<W> {
    /// Opens a watch from a number on.
    ///
    /// # Errors
    /// As [`Post::watch`].
    pub(crate) async fn open<P>(post: &mut P, start: u64) -> Result<Self, Failure>
    where
        P: Post<Watching = W>,
    {
        let watching = post.watch(start).await?;
        Ok(Self { watching, next: start, begun: false, last: Instant::now() })
    }

    /// The next sign. A call that is given up loses nothing, and the silence goes on to count.
    ///
    /// # Errors
    /// `connection.no-answer` after [`SILENCE`]; `connection.lost` at the end; an alarm where a number
    /// was left out.
    pub(crate) async fn next(&mut self) -> Result<Sign, Failure> {
        let piece = timeout_at(self.last + SILENCE, self.watching.next()).await;
        let piece = piece.map_err(|late| Failure::new("connection.no-answer").because(late))??;
        self.last = Instant::now();
        let part = piece.ok_or_else(|| Failure::new("connection.lost"))?.part;
        let begun = std::mem::replace(&mut self.begun, true);
        match part {
            Some(Part::Events(events)) => {
                for event in &events.events {
                    if event.number != self.next {
                        return Err(gap(self.next, event.number));
                    }
                    self.next += 1;
                }
                Ok(Sign::Events(events.events))
            }
            Some(Part::Heartbeat(next)) if begun && next != self.next => Err(gap(self.next, next)),
            Some(Part::Heartbeat(_)) => Ok(Sign::Quiet),
            None => Err(crate::rpc::incomplete("part")),
        }
    }
}
